/* Test support. An allocator that knows what it gave out, checks what it is told, and can fail on
 * demand. Used by the unit tests of every floor.
 * Read first: epigeon.h (ep_allocator). */
#ifndef EP_TEST_MEMORY_H
#define EP_TEST_MEMORY_H

#include <stdlib.h>

#include "epigeon.h"

typedef struct test_memory {
  size_t live;   /* bytes given out now */
  size_t blocks; /* blocks given out now */
  size_t most;   /* the most bytes there ever were */
  size_t calls;  /* requests that could have failed */
  size_t
      fail_at; /* this request fails (the first is 1), and all after it while `fail_on`; 0: none */
  bool fail_on;
} test_memory;

static inline void *test_memory_resize(void *context, void *block, size_t old_size,
                                       size_t new_size) {
  test_memory *memory = (test_memory *)context;
  if ((block == NULL) != (old_size == 0)) abort();
  if (new_size == 0) {
    memory->live -= old_size;
    memory->blocks -= block != NULL;
    free(block);
    return NULL;
  }
  memory->calls++;
  if (memory->fail_at != 0 && memory->calls == memory->fail_at) return NULL;
  if (memory->fail_at != 0 && memory->fail_on && memory->calls > memory->fail_at) return NULL;
  void *moved = malloc(new_size); /* always another place: stale pointers show under valgrind */
  if (moved == NULL) return NULL;
  size_t kept = old_size < new_size ? old_size : new_size;
  for (size_t i = 0; i < kept; i++) ((uint8_t *)moved)[i] = ((uint8_t *)block)[i];
  free(block);
  memory->blocks += block == NULL;
  memory->live = memory->live - old_size + new_size;
  if (memory->live > memory->most) memory->most = memory->live;
  return moved;
}

static inline ep_allocator test_allocator(test_memory *memory) {
  return (ep_allocator){test_memory_resize, memory};
}

/* Numbers that look random and are the same in every run (xorshift64*). */
static inline uint64_t test_random(uint64_t *state) {
  *state ^= *state >> 12;
  *state ^= *state << 25;
  *state ^= *state >> 27;
  return *state * UINT64_C(2685821657736338717);
}

#endif
