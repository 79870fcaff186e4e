/* Floor 3, delivery. The local sequencer: a ring of buffers. In the steady state (submit one, pull
 * one) it is always the same warm buffer, nothing is allocated and nothing copied.
 * Read first: delivery/sequencer.h. */
#include "base/assert.h"
#include "delivery/sequencer.h"

enum { RING_LEAST = 4, BUFFER_KEPT = 64 * 1024 };

static void local_check(const ep_sequencer_local *local) {
  EP_ASSERT((local->capacity & (local->capacity - 1)) == 0);
  EP_ASSERT(local->tail - local->head <= local->capacity);
  EP_ASSERT(!local->borrowed || local->tail != local->head);
}

static ep_buffer *buffer_at(const ep_sequencer_local *local, size_t at) {
  return &local->ring[at & (local->capacity - 1)];
}

/* Doubles the ring. The buffers move; what they hold does not, so a borrowed command stays
 * valid. */
static bool ring_grow(ep_sequencer_local *local) {
  size_t capacity = local->capacity == 0 ? RING_LEAST : local->capacity * 2;
  if (capacity > SIZE_MAX / sizeof(ep_buffer) / 2) return false;
  ep_buffer *ring =
      local->allocator->resize(local->allocator->context, NULL, 0, capacity * sizeof(ep_buffer));
  if (ring == NULL) return false;
  for (size_t i = 0; i < local->capacity; i++) ring[i] = *buffer_at(local, local->head + i);
  for (size_t i = local->capacity; i < capacity; i++) ep_buffer_init(&ring[i], local->allocator);
  local->tail -= local->head;
  local->head = 0;
  if (local->ring != NULL) {
    local->allocator->resize(local->allocator->context, local->ring,
                             local->capacity * sizeof(ep_buffer), 0);
  }
  local->ring = ring;
  local->capacity = capacity;
  return true;
}

static ep_buffer *local_begin(void *context) {
  ep_sequencer_local *local = context;
  local_check(local);
  if (local->tail - local->head == local->capacity && !ring_grow(local)) return NULL;
  ep_buffer *out = buffer_at(local, local->tail);
  ep_buffer_clear(out);
  local->begun = true;
  return out;
}

static bool local_submit(void *context) {
  ep_sequencer_local *local = context;
  EP_ASSERT(local->begun);
  local->begun = false;
  if (buffer_at(local, local->tail)->failed) return false;
  local->tail++;
  return true;
}

/* The borrowed command is done with. One that was large does not keep its memory. */
static void local_release(ep_sequencer_local *local) {
  ep_buffer *done = buffer_at(local, local->head), small;
  ep_buffer_init(&small, local->allocator);
  if (done->capacity > BUFFER_KEPT && ep_buffer_reserve(&small, EP_SEQUENCER_SMALL) != NULL) {
    ep_buffer_free(done);
    *done = small;
  }
  local->borrowed = false;
  local->head++;
  if (local->head != local->tail) return;
  local->head = 0;
  local->tail = 0;
}

static bool local_next(void *context, ep_bytes *command) {
  ep_sequencer_local *local = context;
  local_check(local);
  EP_ASSERT(!local->begun);
  if (local->borrowed) local_release(local);
  if (local->head == local->tail) return false;
  *command = ep_buffer_bytes(buffer_at(local, local->head));
  local->borrowed = true;
  return true;
}

void ep_sequencer_local_init(ep_sequencer_local *out, const ep_allocator *allocator) {
  EP_ASSERT(allocator != NULL && allocator->resize != NULL);
  *out = (ep_sequencer_local){.sequencer = {local_begin, local_submit, local_next, out},
                              .allocator = allocator};
}

bool ep_sequencer_local_reserve(ep_sequencer_local *local) {
  if (local->capacity == 0 && !ring_grow(local)) return false;
  for (size_t i = 0; i < RING_LEAST; i++) {
    if (ep_buffer_reserve(&local->ring[i], EP_SEQUENCER_SMALL) == NULL) return false;
  }
  return true;
}

void ep_sequencer_local_free(ep_sequencer_local *local) {
  local_check(local);
  for (size_t i = 0; i < local->capacity; i++) ep_buffer_free(&local->ring[i]);
  if (local->ring != NULL) {
    local->allocator->resize(local->allocator->context, local->ring,
                             local->capacity * sizeof(ep_buffer), 0);
  }
  ep_sequencer_local_init(local, local->allocator);
}
