/* Support of the harness server.c: a server core with a few connections, a clock, a store and
 * scarce memory; and who watches what it writes. Whatever breaks a rule of the spec ends the
 * program. Read first: src/epigeon.h (the server core). Then: server_world.c, server_watch.c. */
#ifndef FUZZ_SERVER_WORLD_H
#define FUZZ_SERVER_WORLD_H

#include "fuzz.h"
#include "records.h"
#include "wire/message.h"

enum { WIRES = 4, UIDS = 8, SENT_MOST = 256, REST_MOST = 8192 };

/* One connection, as its client sees it. */
typedef struct fuzz_wire {
  ep_conn conn; /* 0: none */
  bool lossy, stalled;
  ep_ready waiting; /* given to a reader that is stalled */
  bool is_waiting;
  ep_frame_reader up, down; /* what the client says, as the server reads it; what it hears */
  ep_buffer heard;          /* of a frame that has not ended */
  char client[UID_ROOM];    /* who it said it was first; "" */
  unsigned asked;           /* the version it asked for; 0: none yet */
  unsigned version;         /* that of the reply; 0: none yet */
  bool any;                 /* an item came */
  uint64_t last, next_up;   /* its id; the id for the next item up */
  uint64_t repeats;         /* items asked for again */
  uint64_t confirmed_to; /* no id below is to be written: it may be confirmed before (EP-SEND-4) */
  char uids[UIDS][UID_ROOM]; /* of the last messages */
  unsigned uid_count;
  size_t rest_len;
  uint8_t rest[REST_MOST]; /* what the server has not taken yet */
} fuzz_wire;

typedef struct server_world {
  ep_server *core;
  ep_server_config config;
  fuzz_memory memory;
  fuzz_records store;
  uint64_t now_ms, random;
  bool is_foreign, is_loaded;
  bool broken;         /* its store failed: it closes everything */
  bool scarce;         /* it was once without memory */
  uint64_t kept;       /* copies in mailboxes that this life of the server began with */
  unsigned sent_count; /* at SENT_MOST nothing is compared any more */
  char epoch[EP_LIMIT_NAME + 1];
  /* Up to here it is zeroed for each input. */
  fuzz_wire wires[WIRES];
  ep_frame_scratch scratch_up, scratch_down;
  uint64_t sent[SENT_MOST]; /* what clients sent: fingerprints */
} server_world;

/* Begins: a server that has just started. `config` with digest and trace as its only surroundings.
 * `foreign`, which is taken over, or NULL: a store that somebody else has written; world->is_loaded
 * says whether it was taken, and if not, only ending is left to do. `scarce` as in fuzz_scarce:
 * memory while it starts; if that is too little it starts again with enough. */
void server_world_begin(server_world *world, const ep_server_config *config, fuzz_records *foreign,
                        unsigned scarce);
void server_world_digest(void *context, uint8_t out[32], ep_bytes in);
void server_world_trace(void *context, const ep_trace *line);
void server_world_end(server_world *world); /* checks that nothing is lost and all memory is back */

void server_world_open(server_world *world, fuzz_wire *wire, bool lossy, bool local);
void server_world_hang_up(server_world *world, fuzz_wire *wire);
void server_world_feed(server_world *world, fuzz_wire *wire, ep_bytes bytes);
/* A turn ends; false: the store does not keep its records. */
void server_world_turn(server_world *world, bool stores);
/* Time passes, with all that falls due in it. */
void server_world_pass(server_world *world, uint64_t ms);
/* The reader reads so much again. */
void server_world_unstall(server_world *world, fuzz_wire *wire, size_t len);
/* The server is killed, and starts again from what was stored; `scarce` as in server_world_begin.
 */
void server_world_kill(server_world *world, unsigned scarce);

/* Its operator looks at it, and perhaps stops it, or sets a ceiling for its memory. */
void server_world_look(server_world *world, unsigned how);
/* Memory will be short soon. */
void server_world_scarce(server_world *world, unsigned how);

/* server_say.c: the client says `line`, in the form that its connection speaks or, `other`, in the
 * other one; ' stands for ", and % and a letter for what `in` chooses. */
void server_world_say(server_world *world, fuzz_wire *wire, const char *line, bool other,
                      fuzz_input *in);

/* The client says one of a few lines. */
void server_world_speak(server_world *world, fuzz_wire *wire, unsigned which, fuzz_input *in);

/* server_watch.c: what a client says and the server took; what the server writes. */
void server_watch_said(server_world *world, fuzz_wire *wire, ep_bytes bytes);
void server_watch_heard(server_world *world, fuzz_wire *wire, ep_bytes bytes);
/* The copies in all mailboxes. */
uint64_t server_watch_copies(const server_world *world);
/* The registry is sound, and what was routed is in a mailbox or confirmed (G5). */
void server_watch_mail(const server_world *world);

#endif
