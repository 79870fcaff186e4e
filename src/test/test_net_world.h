/* Tests of floor 5, net: one loop with a service and clients in it.
 * Read first: epigeon.h (runners). */
#ifndef EP_TEST_NET_WORLD_H
#define EP_TEST_NET_WORLD_H

#include <check.h>
#include <uv.h>

#include "base/bytes.h"
#include "net/service.h"

enum { CLIENTS_MOST = 8, WAIT_MS = 60000 };

typedef struct client {
  ep_dialer *dialer;
  unsigned authenticated, disconnected, messages, confirmed, errors;
  uint64_t bytes;       /* of payloads */
  ep_bytes answer;      /* sent from within on_event, for each message */
  unsigned close_after; /* messages after which the dialer is closed in on_event; 0: never */
  char last[64];        /* the last payload, cut */
  bool gone;
} client;

typedef struct world {
  char where[64];
  char data[80];
  char address[128]; /* of the service */
  char said[512];
  ep_loop *loop;
  ep_service *service;
  client clients[CLIENTS_MOST];
  uv_timer_t limit;
  bool service_gone, late, failed;
} world;

extern world w;

/* Before and after each test. */
void world_make(void);
void world_drop(void);

/* A service that listens on `listen`; data, core: NULL for none, the usual ones. */
ep_status try_serve(ep_service **out, const char *listen, const char *data,
                    const ep_server_config *core);
void serve(const char *listen, const char *data, const ep_server_config *core);
void send_to(client *from, const char *to, ep_bytes payload);

/* For ep_dialer_close. */
void client_gone(void *context);

/* Makes client `index` anew. */
client *dial_at(unsigned index, const char *id, const char *server, const char *state);
client *dial(unsigned index, const char *id);

/* Runs the loop until `until` holds; fails when that takes too long. */
void run_until(bool (*until)(void));
void run_for(uint64_t pause_ms);

/* Stops, closes, and waits for it. */
void service_stop(void);
void client_close(client *c);

/* Things to wait for: clients 0 and 1 are authenticated; client 1, client 0 has a message. */
bool are_two_in(void);
bool has_one(void);
bool has_answer(void);

/* A plain socket connected to the service. */
int plain_connect(void);

TCase *with_world(Suite *suite, const char *name);
TCase *ep_tests_net_crowd(void);  /* test_net_crowd.c */
void add_net_wrong(Suite *suite); /* test_net_wrong.c */
void add_net_tls(Suite *suite);   /* test_net_tls.c */

#endif
