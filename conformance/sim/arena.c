/* Memory of simulated processes. See arena.h. */
#include "sim/arena.h"

#include <stdlib.h>
#include <string.h>

enum { SMALL_MOST = ARENA_SMALL * 16, HEAD = 32 };

void arena_init(sim_arena *arena, arena_pool *pool, bool use_malloc) {
  memset(arena, 0, sizeof *arena);
  arena->pool = pool;
  arena->use_malloc = use_malloc;
}

/* ---- Classes: sizes that are served alike ---- */

static unsigned small_class(size_t size) { return (unsigned)((size + 15) / 16); }

static unsigned large_class(size_t size) {
  unsigned rank = 11;
  while (((size_t)1 << rank) < size) rank++;
  return rank;
}

static size_t room_of(size_t size) {
  return size <= SMALL_MOST ? small_class(size) * (size_t)16 : (size_t)1 << large_class(size);
}

static void **list_of(sim_arena *arena, size_t size) {
  if (size <= SMALL_MOST) return &arena->free_small[small_class(size)];
  return &arena->free_large[large_class(size)];
}

/* ---- Blocks ---- */

static arena_block *block_take(arena_block **from, size_t size) {
  arena_block *block = *from;
  if (block == NULL) {
    block = malloc(size);
    if (block == NULL) return NULL;
    block->size = size;
  } else {
    *from = block->next;
  }
  return block;
}

static void *take_large(sim_arena *arena, size_t room) {
  unsigned rank = large_class(room);
  arena_block *block = block_take(&arena->pool->large[rank], room + HEAD);
  if (block == NULL) return NULL;
  block->next = arena->large;
  arena->large = block;
  return (uint8_t *)block + HEAD;
}

static void *take_new(sim_arena *arena, size_t room) {
  if (room > ARENA_BLOCK / 4) return take_large(arena, room);
  if ((size_t)(arena->end - arena->at) < room) {
    arena_block *block = block_take(&arena->pool->blocks, ARENA_BLOCK);
    if (block == NULL) return NULL;
    block->next = arena->blocks;
    arena->blocks = block;
    arena->at = (uint8_t *)block + HEAD;
    arena->end = (uint8_t *)block + ARENA_BLOCK;
  }
  void *taken = arena->at;
  arena->at += room;
  return taken;
}

void arena_reset(sim_arena *arena) {
  arena_pool *pool = arena->pool;
  for (arena_block *next, *block = arena->blocks; block != NULL; block = next) {
    next = block->next;
    block->next = pool->blocks;
    pool->blocks = block;
  }
  for (arena_block *next, *block = arena->large; block != NULL; block = next) {
    arena_block **list = &pool->large[large_class(block->size - HEAD)];
    next = block->next;
    block->next = *list;
    *list = block;
  }
  bool use_malloc = arena->use_malloc;
  arena_init(arena, pool, use_malloc);
}

static void list_free(arena_block *block) {
  for (arena_block *next; block != NULL; block = next) {
    next = block->next;
    free(block);
  }
}

void arena_pool_free(arena_pool *pool) {
  list_free(pool->blocks);
  for (unsigned rank = 0; rank < ARENA_LARGE; rank++) list_free(pool->large[rank]);
  memset(pool, 0, sizeof *pool);
}

/* ---- Pieces ---- */

static void *take(sim_arena *arena, size_t size) {
  void **list = list_of(arena, size);
  if (*list == NULL) return take_new(arena, room_of(size));
  void *taken = *list;
  memcpy(list, taken, sizeof *list);
  return taken;
}

static void give(sim_arena *arena, void *piece, size_t size) {
  void **list = list_of(arena, size);
  memcpy(piece, list, sizeof *list);
  *list = piece;
}

static bool fails(sim_arena *arena) {
  bool now = arena->failing;
  if (arena->fail_after > 0 && --arena->fail_after == 0) now = true;
  if (now) arena->failures++;
  return now;
}

static void *resize_pieces(sim_arena *arena, void *piece, size_t old_size, size_t new_size) {
  if (piece != NULL && new_size != 0 && room_of(old_size) == room_of(new_size)) return piece;
  void *made = NULL;
  if (new_size != 0) {
    made = take(arena, new_size);
    if (made == NULL) return NULL;
    if (piece != NULL) memcpy(made, piece, old_size < new_size ? old_size : new_size);
  }
  if (piece != NULL) give(arena, piece, old_size);
  return made;
}

void *arena_resize(void *context, void *block, size_t old_size, size_t new_size) {
  sim_arena *arena = context;
  if (new_size > old_size && fails(arena)) return NULL;
  if (!arena->use_malloc) return resize_pieces(arena, block, old_size, new_size);
  if (new_size == 0) {
    free(block);
    arena->live -= old_size;
    return NULL;
  }
  void *made = realloc(block, new_size);
  if (made != NULL) arena->live += new_size - old_size;
  return made;
}
