/* epigeon-sim --small: regions, and texts by number. Read first: small_memory.h. */
#include "sim/small_memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Sizes of blocks: 64, then four steps to each doubling. */
enum { CLASSES = 48, LEAST = 64, LARGE = 1 << 16, ASIDE_BYTES = 1 << 18 };

/* The head of a region. Offsets, from its first byte; 0: none. */
typedef struct region {
  uint32_t used;
  uint32_t free[CLASSES]; /* blocks, the lowest first */
} region;

static _Alignas(64) uint8_t arena[SMALL_REGIONS][SMALL_REGION_BYTES];

/* Blocks of 64 KiB and more are no part of a state. The cores have one: the ring of lines for the
 * log, which they write and never read, and nobody here asks for them. */
static _Alignas(64) uint8_t aside[SMALL_REGIONS][ASIDE_BYTES];
static uint32_t aside_used[SMALL_REGIONS];

static region *head_of(unsigned which) { return (region *)arena[which]; }

static void give_up(const char *why) {
  fprintf(stderr, "epigeon-sim: %s\n", why);
  exit(2);
}

static unsigned class_of(size_t size, size_t *rounded) {
  unsigned class = 0;
  size_t step = LEAST / 4, at = LEAST;
  while (at < size) {
    at += step;
    if (++class % 4 == 0) step *= 2;
  }
  *rounded = (at + 15) & ~(size_t)15;
  return class;
}

static uint32_t *next_of(unsigned which, uint32_t at) { return (uint32_t *)(arena[which] + at); }

static void *take_large(unsigned which, size_t size) {
  if (aside_used[which] + size > ASIDE_BYTES) give_up("the small world needs more memory aside");
  uint8_t *block = aside[which] + aside_used[which];
  aside_used[which] += (uint32_t)((size + 63) & ~(size_t)63);
  return memset(block, 0, size);
}

static void *take(unsigned which, size_t size) {
  region *head = head_of(which);
  size_t rounded;
  if (size >= LARGE) return take_large(which, size);
  unsigned class = class_of(size, &rounded);
  if (class >= CLASSES) give_up("a block of the small world is too large");
  uint32_t at = head->free[class];
  if (at != 0) {
    head->free[class] = *next_of(which, at);
    *next_of(which, at) = 0;
    return arena[which] + at;
  }
  if (head->used + rounded > SMALL_REGION_BYTES) give_up("the small world needs a larger region");
  at = head->used;
  head->used += (uint32_t)rounded;
  return memset(arena[which] + at, 0, rounded);
}

static void give_back(unsigned which, void *block, size_t size) {
  size_t rounded;
  if (size >= LARGE) return;
  unsigned class = class_of(size, &rounded);
  uint32_t at = (uint32_t)((uint8_t *)block - arena[which]);
  uint32_t *place = &head_of(which)->free[class];
  memset(block, 0, rounded);
  while (*place != 0 && *place < at) place = next_of(which, *place);
  *next_of(which, at) = *place;
  *place = at;
}

static void *resize(void *context, void *block, size_t old_size, size_t new_size) {
  unsigned which = (unsigned)((uint8_t(*)[SMALL_REGION_BYTES])context - arena);
  size_t old_rounded, new_rounded;
  if (block == NULL) return new_size == 0 ? NULL : take(which, new_size);
  if (new_size != 0 && new_size < LARGE && old_size < LARGE &&
      class_of(old_size, &old_rounded) == class_of(new_size, &new_rounded))
    return block;
  void *moved = new_size == 0 ? NULL : take(which, new_size);
  if (moved != NULL) memcpy(moved, block, old_size < new_size ? old_size : new_size);
  give_back(which, block, old_size);
  return moved;
}

ep_allocator small_allocator(unsigned which) {
  return (ep_allocator){.resize = resize, .context = arena[which]};
}

void small_wipe(unsigned which) {
  region *head = head_of(which);
  memset(head, 0, sizeof *head);
  head->used = (uint32_t)((sizeof *head + 63) & ~(size_t)63);
  memset(arena[which] + sizeof *head, 0, head->used - sizeof *head);
  aside_used[which] = 0;
}

uint8_t *small_region(unsigned which, size_t *used) {
  *used = head_of(which)->used;
  return arena[which];
}

void small_restore(unsigned which, const uint8_t *bytes, size_t used) {
  memcpy(arena[which], bytes, used);
}

/* ---- Texts ---- */

typedef struct text {
  uint64_t hash;
  size_t len;
  uint8_t *bytes;
} text;

static text *texts;
static size_t text_count, text_room;
static uint32_t *places; /* a hash table of numbers, plus one; 0: free */
static size_t place_count;

static void *more(void *block, size_t count, size_t size) {
  void *grown = realloc(block, count * size);
  if (grown == NULL) give_up("there is not enough memory for the small world");
  return grown;
}

static uint64_t hash_of(const uint8_t *bytes, size_t len) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (size_t i = 0; i < len; i++) hash = (hash ^ bytes[i]) * 0x100000001b3u;
  return hash ^ hash >> 29;
}

static void grow_places(void) {
  place_count = place_count == 0 ? 1 << 12 : place_count * 2;
  free(places);
  places = calloc(place_count, sizeof *places);
  if (places == NULL) give_up("there is not enough memory for the small world");
  for (size_t i = 0; i < text_count; i++) {
    size_t at = (size_t)texts[i].hash & (place_count - 1);
    while (places[at] != 0) at = (at + 1) & (place_count - 1);
    places[at] = (uint32_t)i + 1;
  }
}

static uint32_t add(uint64_t hash, const void *bytes, size_t len) {
  if (text_count == text_room) {
    text_room = text_room == 0 ? 1 << 10 : text_room * 2;
    texts = more(texts, text_room, sizeof *texts);
  }
  text *made = &texts[text_count];
  *made = (text){hash, len, more(NULL, len + 1, 1)};
  if (len > 0) memcpy(made->bytes, bytes, len);
  made->bytes[len] = 0;
  return (uint32_t)text_count++;
}

uint32_t small_intern(const void *bytes, size_t len) {
  if (text_count * 2 >= place_count) grow_places();
  uint64_t hash = hash_of(bytes, len);
  size_t at = (size_t)hash & (place_count - 1);
  for (; places[at] != 0; at = (at + 1) & (place_count - 1)) {
    const text *known = &texts[places[at] - 1];
    if (known->hash == hash && known->len == len &&
        (len == 0 || memcmp(known->bytes, bytes, len) == 0))
      return places[at] - 1;
  }
  uint32_t number = add(hash, bytes, len);
  places[at] = number + 1;
  return number;
}

ep_bytes small_text(uint32_t number) { return (ep_bytes){texts[number].bytes, texts[number].len}; }

size_t small_texts(void) { return text_count; }
