/* The memory of one simulated process: blocks that go back all at once when it dies, which is what
 * makes many thousand runs a minute possible. With `use_malloc` every piece comes from malloc
 * instead, so that sanitizers and Valgrind see each one, and what was not freed is counted. It is
 * also where allocations fail when a plan says so.
 * Read first: epigeon.h (ep_allocator). */
#ifndef SIM_ARENA_H
#define SIM_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  ARENA_SMALL = 64, /* classes of 16, 32, … bytes */
  ARENA_LARGE = 32, /* classes of powers of two */
  ARENA_BLOCK = 1 << 18
};

typedef struct arena_block {
  struct arena_block *next;
  size_t size;
} arena_block;

/* Blocks that no process uses now. */
typedef struct arena_pool {
  arena_block *blocks;             /* of ARENA_BLOCK bytes */
  arena_block *large[ARENA_LARGE]; /* larger ones, by class */
} arena_pool;

typedef struct sim_arena {
  arena_pool *pool;
  arena_block *blocks, *large;
  uint8_t *at, *end; /* what is left of the newest block */
  void *free_small[ARENA_SMALL + 1], *free_large[ARENA_LARGE];
  bool use_malloc;
  uint64_t live;       /* bytes */
  uint64_t fail_after; /* so many allocations succeed, the next fails once; 0: none is to fail */
  bool failing;        /* all fail */
  uint64_t failures;
} sim_arena;

void arena_init(sim_arena *arena, arena_pool *pool, bool use_malloc);
/* What ep_allocator wants; context is the arena. */
void *arena_resize(void *context, void *block, size_t old_size, size_t new_size);
void arena_reset(sim_arena *arena); /* everything is gone; not with use_malloc */
void arena_pool_free(arena_pool *pool);

#endif
