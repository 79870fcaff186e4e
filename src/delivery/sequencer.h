/* Floor 3, delivery. The sequencer: one total order of commands. Commands are submitted now and
 * come back, committed to that order, later, by being pulled. In one process "later" is at once and
 * the order is that of submission (sequencer_local.c); in a cluster a replicated log stands behind
 * the same three functions, every node pulls the same commands and applies them to its own
 * registry.
 * Read first: delivery/command.h (what is submitted). */
#ifndef EP_DELIVERY_SEQUENCER_H
#define EP_DELIVERY_SEQUENCER_H

#include "base/buffer.h"

/* A sequencer is these functions and what they work on. Use the functions below, not the
 * members. */
typedef struct ep_sequencer {
  ep_buffer *(*begin)(void *context);
  bool (*submit)(void *context);
  bool (*next)(void *context, ep_bytes *command);
  void *context;
} ep_sequencer;

/* Where to write a command: an empty buffer of the sequencer, so that nothing is copied. NULL: no
 * memory. Append to it, then submit; or begin again to drop what was written. */
static inline ep_buffer *ep_sequencer_begin(const ep_sequencer *sequencer) {
  return sequencer->begin(sequencer->context);
}

/* Submits what was written since begin. False: there was no memory, and nothing was submitted. */
static inline bool ep_sequencer_submit(const ep_sequencer *sequencer) {
  return sequencer->submit(sequencer->context);
}

/* The next command of the order, valid until the next call of next; false: none yet. While a
 * command is borrowed more can be begun and submitted. */
static inline bool ep_sequencer_next(const ep_sequencer *sequencer, ep_bytes *command) {
  return sequencer->next(sequencer->context, command);
}

/* Submits a copy of finished bytes. False: no memory, nothing was submitted. */
static inline bool ep_sequencer_submit_bytes(const ep_sequencer *sequencer, ep_bytes command) {
  ep_buffer *out = ep_sequencer_begin(sequencer);
  if (out == NULL) return false;
  ep_buffer_append(out, command);
  return ep_sequencer_submit(sequencer);
}

/* The order of one process: commands come back as they were submitted. */
typedef struct ep_sequencer_local {
  ep_sequencer sequencer; /* give this to whoever submits and pulls */
  const ep_allocator *allocator;
  ep_buffer *ring;   /* capacity buffers; those from head to tail hold commands */
  size_t capacity;   /* a power of two, or 0 */
  size_t head, tail; /* counted up; the place in the ring is the remainder */
  bool begun;        /* the buffer at tail is being written */
  bool borrowed;     /* the command at head was given out and not yet released */
} ep_sequencer_local;

/* Makes `out` an empty order that owns no memory. It must not be moved; `allocator` must outlive
 * it. */
void ep_sequencer_local_init(ep_sequencer_local *out, const ep_allocator *allocator);
/* Takes the memory with which small commands (at most EP_SEQUENCER_SMALL bytes: a LEAVE, a TICK)
 * never fail while fewer than four wait. Once, after init. False: no memory. */
enum { EP_SEQUENCER_SMALL = 64 };
bool ep_sequencer_local_reserve(ep_sequencer_local *local);
void ep_sequencer_local_free(ep_sequencer_local *local);

#endif
