/* What will happen, by time; of what happens at one time, what was put in first.
 * Read first: nothing. */
#ifndef SIM_QUEUE_H
#define SIM_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct queue_entry {
  uint64_t t_ms;
  uint64_t number;
  uint32_t kind; /* of world.h */
  uint32_t a;
  uint64_t b;
} queue_entry;

typedef struct sim_queue {
  queue_entry *entries; /* a heap */
  size_t count, room;
  uint64_t next_number;
} sim_queue;

void queue_free(sim_queue *queue);
void queue_clear(sim_queue *queue);
bool queue_put(sim_queue *queue, uint64_t t_ms, uint32_t kind, uint32_t a, uint64_t b);
bool queue_take(sim_queue *queue, queue_entry *out); /* false: empty */

#endif
