/* Floor 3, delivery. The uids seen last: a ring of fingerprints and a hash index over it.
 * Read first: delivery/seen.h. */
#include "delivery/seen.h"

#include "base/assert.h"

enum { SEEN_LEAST = 16 };

static uint32_t home_of(const ep_seen *seen, const uint8_t print[16]) {
  uint32_t word; /* a fingerprint is keyed already: any of its bits will do */
  memcpy(&word, print, sizeof(word));
  return word & (seen->index_size - 1);
}

void ep_seen_check(const ep_seen *seen) {
  EP_ASSERT(seen->size <= seen->max);
  EP_ASSERT((seen->index_size & (seen->index_size - 1)) == 0);
  EP_ASSERT(seen->index_size >= 2 * (uint64_t)seen->size);
  uint32_t entries = 0;
  for (uint32_t at = 0; at < seen->index_size; at++) {
    if (seen->index[at] == 0) continue;
    EP_ASSERT(seen->index[at] <= seen->size);
    entries++;
  }
  EP_ASSERT(entries == (seen->total < seen->max ? seen->total : seen->max));
}

void ep_seen_init(ep_seen *seen, const ep_allocator *allocator, uint32_t max) {
  EP_ASSERT(allocator != NULL);
  EP_ASSERT(max > 0 && max <= UINT32_MAX / 4);
  *seen = (ep_seen){.allocator = allocator, .max = max};
}

static void *seen_resize(const ep_seen *seen, void *block, size_t old_size, size_t new_size) {
  return seen->allocator->resize(seen->allocator->context, block, old_size, new_size);
}

void ep_seen_free(ep_seen *seen) {
  if (seen->ring != NULL) seen_resize(seen, seen->ring, seen->size * (size_t)16, 0);
  if (seen->index != NULL) seen_resize(seen, seen->index, seen->index_size * sizeof(uint32_t), 0);
  ep_seen_init(seen, seen->allocator, seen->max);
}

bool ep_seen_has(const ep_seen *seen, const uint8_t print[16]) {
  if (seen->index == NULL) return false;
  uint32_t at = home_of(seen, print);
  for (; seen->index[at] != 0; at = (at + 1) & (seen->index_size - 1)) {
    if (memcmp(seen->ring[seen->index[at] - 1], print, 16) == 0) return true;
  }
  return false;
}

static void index_add(ep_seen *seen, uint32_t position) {
  uint32_t at = home_of(seen, seen->ring[position]);
  while (seen->index[at] != 0) at = (at + 1) & (seen->index_size - 1);
  seen->index[at] = position + 1;
}

/* Takes a position out, and moves back what follows unless it is at home or before the hole. */
static void index_remove(ep_seen *seen, uint32_t position) {
  uint32_t mask = seen->index_size - 1;
  uint32_t hole = home_of(seen, seen->ring[position]);
  while (seen->index[hole] != position + 1) {
    EP_ASSERT(seen->index[hole] != 0);
    hole = (hole + 1) & mask;
  }
  for (uint32_t at = (hole + 1) & mask; seen->index[at] != 0; at = (at + 1) & mask) {
    uint32_t home = home_of(seen, seen->ring[seen->index[at] - 1]);
    if (((at - home) & mask) < ((at - hole) & mask)) continue;
    seen->index[hole] = seen->index[at];
    hole = at;
  }
  seen->index[hole] = 0;
}

/* Enters every position of the old index into a new, larger one. */
static bool index_grow(ep_seen *seen, uint32_t size) {
  uint32_t index_size = SEEN_LEAST * 2;
  while (index_size < 2 * (uint64_t)size) index_size *= 2;
  uint32_t *index = seen_resize(seen, NULL, 0, index_size * sizeof(uint32_t));
  if (index == NULL) return false;
  memset(index, 0, index_size * sizeof(uint32_t));
  uint32_t *old = seen->index;
  uint32_t old_size = seen->index_size;
  seen->index = index;
  seen->index_size = index_size;
  for (uint32_t at = 0; at < old_size; at++) {
    if (old[at] != 0) index_add(seen, old[at] - 1);
  }
  if (old != NULL) seen_resize(seen, old, old_size * sizeof(uint32_t), 0);
  return true;
}

static bool seen_grow(ep_seen *seen, uint32_t position) {
  uint64_t size = seen->size == 0 ? SEEN_LEAST : seen->size;
  while (size <= position) size *= 2;
  if (size > seen->max) size = seen->max;
  if (2 * size > seen->index_size && !index_grow(seen, (uint32_t)size)) return false;
  void *ring = seen_resize(seen, seen->ring, seen->size * (size_t)16, (size_t)size * 16);
  if (ring == NULL) return false;
  seen->ring = ring;
  seen->size = (uint32_t)size;
  return true;
}

bool ep_seen_reserve(ep_seen *seen) {
  uint32_t position = (uint32_t)(seen->total % seen->max);
  return position < seen->size || seen_grow(seen, position);
}

uint32_t ep_seen_add(ep_seen *seen, const uint8_t print[16]) {
  uint32_t position = (uint32_t)(seen->total % seen->max);
  EP_ASSERT(position < seen->size);
  if (seen->total >= seen->max) index_remove(seen, position);
  memcpy(seen->ring[position], print, 16);
  index_add(seen, position);
  seen->total++;
  return position;
}

bool ep_seen_load(ep_seen *seen, uint32_t position, const uint8_t print[16]) {
  if (position >= seen->max || seen->total >= seen->max) return false;
  if (position >= seen->size && !seen_grow(seen, position)) return false;
  memcpy(seen->ring[position], print, 16);
  index_add(seen, position);
  seen->total++;
  if (position >= seen->highest) seen->highest = position + 1;
  return true;
}

bool ep_seen_loaded(ep_seen *seen, uint64_t total) {
  uint64_t kept = total < seen->max ? total : seen->max;
  if (seen->total != kept || seen->highest != kept) return false;
  seen->total = total;
  return true;
}
