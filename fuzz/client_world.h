/* Support of the harness client.c: a client core with a connection, a clock, a store and scarce
 * memory; and who watches what it writes and tells. Whatever breaks a rule of the spec ends the
 * program.
 * Read first: src/epigeon.h (the client core). Then: client_world.c, client_watch.c. */
#ifndef FUZZ_CLIENT_WORLD_H
#define FUZZ_CLIENT_WORLD_H

#include "fuzz.h"
#include "records.h"
#include "wire/message.h"

enum { TOLD_MOST = 64 };

typedef struct client_world {
  ep_client *core;
  ep_client_config config;
  fuzz_memory memory;
  fuzz_records store;
  uint64_t now_ms, random;
  bool is_foreign, is_loaded;
  bool scarce; /* it was once without memory */
  bool killed; /* once: what it had told then, it may tell again */

  /* The connection, as the server sees it. */
  bool open, greeted; /* greeted: the auth request has come */
  unsigned version;   /* that of the auth reply; 0: none yet */
  ep_frame_reader up,
      down;        /* what the client writes; what the server says, as the client reads it */
  ep_buffer heard; /* of a frame that has not ended */
  bool any;        /* an item came */
  uint64_t last, next_down; /* its id; the id for the next item down */
  uint64_t above;        /* no id from here on was given in this down stream, nor expected by it */
  uint64_t repeats;      /* items asked for again */
  uint64_t confirmed_to; /* no id below is to be written: it may be confirmed before (EP-SEND-4) */

  /* The application. */
  uint64_t sent, confirmed, refused; /* messages */
  unsigned told_count;               /* at TOLD_MOST nothing is compared any more */
  /* Up to here it is zeroed for each input. */
  char told[TOLD_MOST][UID_ROOM + 32]; /* what was delivered: sender and uid */
  ep_frame_scratch scratch_up, scratch_down;
} client_world;

/* Begins: a client that has just started. `config` with trace as its only surroundings. `foreign`,
 * which is taken over, or NULL: a store that somebody else has written; world->is_loaded says
 * whether it was taken, and if not, only ending is left to do. `scarce` as in fuzz_scarce: memory
 * while it starts; if that is too little it starts again with enough. */
void client_world_begin(client_world *world, const ep_client_config *config, fuzz_records *foreign,
                        unsigned scarce);
void client_world_trace(void *context, const ep_trace *line);
void client_world_end(client_world *world); /* checks that nothing is lost and all memory is back */

/* The transport does what the client wants; opening can fail. */
void client_world_follow(client_world *world, bool fails);
void client_world_cut(client_world *world); /* the connection ends */
void client_world_feed(client_world *world, ep_bytes bytes);
/* The client's records are stored, or not, and at most `times` portions of `most` bytes leave. */
void client_world_commit(client_world *world, bool stores);
void client_world_write(client_world *world, size_t most, unsigned times);
void client_world_pass(client_world *world, uint64_t ms);
void client_world_take(client_world *world, unsigned events);
void client_world_send(client_world *world, unsigned how);
/* Memory will be short soon. */
void client_world_scarce(client_world *world, unsigned how);
/* The client is killed, and starts again from what was stored; `scarce` as in client_world_begin.
 */
void client_world_kill(client_world *world, unsigned scarce);

/* client_say.c: the server says `line`; ' stands for ", and % and a letter for what `in` chooses.
 */
void client_world_say(client_world *world, const char *line, bool other, fuzz_input *in);

/* The server says one of a few lines. */
void client_world_speak(client_world *world, unsigned which, fuzz_input *in);

/* client_watch.c: what the server says; what the client writes and tells. */
void client_watch_said(client_world *world, ep_bytes bytes);
void client_watch_heard(client_world *world, ep_bytes bytes);
void client_watch_told(client_world *world, const ep_event *event);
/* The parts of the client are sound, and what was sent is kept, confirmed or refused (G6). */
void client_watch_state(client_world *world);

#endif
