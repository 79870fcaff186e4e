/* Test support. A client core with a make-believe clock, memory and store, frames in one line, and
 * a small server of both versions for it to talk to.
 * Read first: epigeon.h, test_memory.h. */
#ifndef EP_TEST_CLIENT_H
#define EP_TEST_CLIENT_H

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "machine/client_internal.h"
#include "test/test_memory.h"

/* ---- A client, alone ---- */

typedef struct stored {
  uint8_t table;
  size_t key_len, value_len;
  uint8_t key[EP_LIMIT_NAME], *value;
} stored;

typedef struct desk {
  test_memory memory;
  ep_client_config config;
  ep_client *client;
  uint64_t now;
  uint64_t randoms;
  size_t stored_count;
  bool store_fails;
  size_t heard_len;
  ep_event event;
  /* What follows is large, and not cleared in a new desk. */
  stored store[4096];
  char frame[1 << 16]; /* the last one heard, without end byte */
  uint8_t heard[1 << 20];
} desk;

desk *desk_new(void); /* no client yet: change config, then desk_begin */
void desk_begin(desk *d);
void desk_free(desk *d);    /* checks that no memory is left */
bool desk_restart(desk *d); /* the client dies; a new one loads what was stored */
void desk_commit(desk *d);  /* stores what the client wants stored */
void desk_pass(desk *d, uint64_t ms);
void desk_open(desk *d);               /* connect and opened */
void tell(desk *d, const char *text);  /* bare, ' for " */
void tell1(desk *d, const char *text); /* enveloped */
void see(desk *d, const char *text);   /* the next frame the client writes is this */
void see1(desk *d, const char *text);
void see_nothing(desk *d);
const char *desk_frame(desk *d); /* "" for none; envelope kept */
void see_all(desk *d);
bool desk_event(desk *d, ep_event_type type); /* skips others; d->event */
void desk_no_event(desk *d);
bool bytes_are(ep_bytes bytes, const char *text);
void desk_join2(desk *d, const char *epoch,
                unsigned expect); /* opens, authenticates, skips what was written */
void desk_join1(desk *d, const char *known);
ep_status desk_send(desk *d, const char *to, const char *payload, char uid[37]);

desk *desk_fresh(void);                    /* new, with the configuration as it is */
void see_auth2(desk *d, const char *rest); /* the EP/2 auth request, and what follows instance */
void take_all(desk *d);                    /* all events */
void tell_down(desk *d, unsigned id, const char *uid);  /* a message from bob: "hi" */
void see_up(desk *d, unsigned id, const char *payload); /* a message to bob, bare */

/* ---- A server for it ---- */

enum { PEER_ITEMS = 512 };

typedef struct peer {
  desk *desk;
  unsigned version;
  bool lossy;
  bool known;
  char instance[EP_LIMIT_NAME + 1];
  char epoch[EP_LIMIT_NAME + 1];
  uint64_t up_next;
  int accepted[PEER_ITEMS]; /* payloads, in the order of acceptance */
  char accepted_uid[PEER_ITEMS][37];
  size_t accepted_count;
  int sent_count; /* messages 0…sent_count-1 are for the client */
  int confirmed;  /* of them */
  bool confirmed_v1[PEER_ITEMS];
  int first; /* the message that has id 0 */
  bool in;   /* the connection is authenticated */
  ep_frame_scratch scratch;
  ep_frame_reader reader;
  ep_buffer out;
} peer;

void peer_begin(peer *p, desk *d, unsigned version);
void peer_free(peer *p);
void peer_hears(peer *p, ep_bytes bytes);
void peer_sends(peer *p);   /* one message more for the client */
void peer_repeats(peer *p); /* everything unconfirmed */
void peer_cut(peer *p);

/* The suite's parts. */
void add_client_v2(TCase *tcase);     /* test_client_v2.c */
void add_client_v1(TCase *tcase);     /* test_client_v1.c */
void add_client_limits(TCase *tcase); /* test_client_limits.c */
void add_client_copy(TCase *tcase);   /* test_client_copy.c */
void add_client_faults(TCase *tcase); /* test_client_faults.c */
void add_client_stored(TCase *tcase); /* test_client_stored.c */
void add_client_server(TCase *tcase); /* test_client_server.c */

#endif
