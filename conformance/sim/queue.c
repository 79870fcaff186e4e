/* A heap of what will happen. See queue.h. */
#include "sim/queue.h"

#include <stdlib.h>
#include <string.h>

void queue_free(sim_queue *queue) {
  free(queue->entries);
  memset(queue, 0, sizeof *queue);
}

void queue_clear(sim_queue *queue) {
  queue->count = 0;
  queue->next_number = 0;
}

static bool before(const queue_entry *one, const queue_entry *other) {
  if (one->t_ms != other->t_ms) return one->t_ms < other->t_ms;
  return one->number < other->number;
}

bool queue_put(sim_queue *queue, uint64_t t_ms, uint32_t kind, uint32_t a, uint64_t b) {
  if (queue->count == queue->room) {
    size_t room = 2 * queue->room + 256;
    queue_entry *grown = realloc(queue->entries, room * sizeof *grown);
    if (grown == NULL) return false;
    queue->entries = grown;
    queue->room = room;
  }
  queue_entry entry = {t_ms, queue->next_number++, kind, a, b};
  size_t at = queue->count++;
  while (at > 0 && before(&entry, &queue->entries[(at - 1) / 2])) {
    queue->entries[at] = queue->entries[(at - 1) / 2];
    at = (at - 1) / 2;
  }
  queue->entries[at] = entry;
  return true;
}

bool queue_take(sim_queue *queue, queue_entry *out) {
  if (queue->count == 0) return false;
  *out = queue->entries[0];
  queue_entry last = queue->entries[--queue->count];
  size_t at = 0;
  for (;;) {
    size_t child = 2 * at + 1;
    if (child >= queue->count) break;
    if (child + 1 < queue->count && before(&queue->entries[child + 1], &queue->entries[child]))
      child++;
    if (!before(&queue->entries[child], &last)) break;
    queue->entries[at] = queue->entries[child];
    at = child;
  }
  if (queue->count > 0) queue->entries[at] = last;
  return true;
}
