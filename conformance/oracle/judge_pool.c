/* Memory, names of texts and a table by name, for the judge.
 * Read first: judge_pool.h. */
#include "oracle/judge_pool.h"

#include <stdlib.h>
#include <string.h>

static void no_memory(void) {
  fputs("epigeon-oracle: There is not enough memory to judge this trace; give it more.\n", stderr);
  exit(3);
}

void *pool_take(size_t size) {
  void *block = calloc(1, size ? size : 1);
  if (!block) no_memory();
  return block;
}

void *pool_resize(void *block, size_t size) {
  block = realloc(block, size ? size : 1);
  if (!block) no_memory();
  return block;
}

char *pool_copy(span text) {
  if (!text.len) return NULL;
  char *copy = malloc(text.len);
  if (!copy) no_memory();
  memcpy(copy, text.text, text.len);
  return copy;
}

/* The finalizer of MurmurHash3: each bit of the number reaches each bit of the name. */
static uint64_t stir(uint64_t x) {
  x ^= x >> 33;
  x *= 0xFF51AFD7ED558CCDull;
  x ^= x >> 33;
  x *= 0xC4CEB9FE1A85EC53ull;
  return x ^ (x >> 33);
}

uint64_t pool_mix(uint64_t a, uint64_t b) {
  uint64_t name = stir(a * 0x9E3779B97F4A7C15ull + stir(b + 0x632BE59BD9B4E019ull));
  return name ? name : 1;
}

uint64_t pool_name(span text, uint64_t seed) {
  uint64_t state = stir(seed + text.len);
  const char *at = text.text;
  size_t left = text.len;
  for (; left >= 8; at += 8, left -= 8) {
    uint64_t word;
    memcpy(&word, at, 8);
    state = (state ^ word) * 0x9FB21C651E98DF25ull;
    state ^= state >> 32;
  }
  uint64_t tail = 0;
  if (left) memcpy(&tail, at, left);
  return pool_mix(state, tail);
}

/* ---- The table: open addressing, linear probing, at most half full ---- */

void pool_map_free(pool_map *map) {
  free(map->slots);
  *map = (pool_map){0};
}

void pool_map_clear(pool_map *map) {
  if (map->count) memset(map->slots, 0, map->room * sizeof *map->slots);
  map->count = 0;
}

static struct pool_slot *slot_of(const pool_map *map, uint64_t name) {
  size_t at = (size_t)stir(name) & (map->room - 1);
  while (map->slots[at].name && map->slots[at].name != name) at = (at + 1) & (map->room - 1);
  return &map->slots[at];
}

uint64_t *pool_map_get(const pool_map *map, uint64_t name) {
  if (!map->count) return NULL;
  struct pool_slot *slot = slot_of(map, name);
  return slot->name ? &slot->value : NULL;
}

static void grow(pool_map *map) {
  pool_map old = *map;
  map->room = old.room ? old.room * 2 : 16;
  map->slots = pool_take(map->room * sizeof *map->slots);
  for (size_t i = 0; i < old.room; i++)
    if (old.slots[i].name) *slot_of(map, old.slots[i].name) = old.slots[i];
  free(old.slots);
}

uint64_t *pool_map_put(pool_map *map, uint64_t name, uint64_t value) {
  if (map->count * 2 >= map->room) grow(map);
  struct pool_slot *slot = slot_of(map, name);
  if (!slot->name) map->count++;
  *slot = (struct pool_slot){name, value};
  return &slot->value;
}

bool pool_map_remove(pool_map *map, uint64_t name) {
  if (!map->count) return false;
  struct pool_slot *slot = slot_of(map, name);
  if (!slot->name) return false;
  map->count--;
  size_t mask = map->room - 1, hole = (size_t)(slot - map->slots);
  for (size_t at = (hole + 1) & mask; map->slots[at].name; at = (at + 1) & mask) {
    size_t home = (size_t)stir(map->slots[at].name) & mask;
    if (((at - home) & mask) < ((at - hole) & mask)) continue; /* it would not be found there */
    map->slots[hole] = map->slots[at];
    hole = at;
  }
  map->slots[hole] = (struct pool_slot){0};
  return true;
}

/* ---- The last names of a row ---- */

void pool_recent_free(pool_recent *recent) {
  pool_map_free(&recent->map);
  free(recent->ring);
  *recent = (pool_recent){0};
}

bool pool_recent_has(const pool_recent *recent, uint64_t name) {
  return pool_map_get(&recent->map, name) != NULL;
}

void pool_recent_add(pool_recent *recent, uint64_t name, size_t most) {
  if (pool_recent_has(recent, name)) return;
  if (recent->map.count >= most) {
    pool_map_remove(&recent->map, recent->ring[recent->at]);
  } else if (recent->map.count == recent->room) {
    recent->room = recent->room ? recent->room * 2 : 16;
    if (recent->room > most) recent->room = most;
    recent->ring = pool_resize(recent->ring, recent->room * sizeof *recent->ring);
    recent->at = recent->map.count;
  }
  recent->ring[recent->at] = name;
  recent->at = (recent->at + 1) % recent->room;
  pool_map_put(&recent->map, name, 1);
}
