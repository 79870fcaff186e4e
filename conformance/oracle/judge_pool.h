/* What the judge keeps things in: memory that is never missing, a table from 64-bit names to
 * numbers, and the 64-bit names of texts. Two different texts of one trace have the same name with
 * a chance of about one in 10^8 for a million texts.
 * Read first: trace.h (span). */
#ifndef JUDGE_POOL_H
#define JUDGE_POOL_H

#include "oracle/trace.h"

/* Memory; when there is none, the program says so and ends. */
void *pool_take(size_t size);                /* zeroed */
void *pool_resize(void *block, size_t size); /* what is new is not zeroed */
char *pool_copy(span text);                  /* NULL for an empty text; no zero byte behind it */

/* The 64-bit name of a text. Never 0; `seed` tells kinds of texts apart, or chains them. */
uint64_t pool_name(span text, uint64_t seed);
uint64_t pool_mix(uint64_t a, uint64_t b); /* two names into one; never 0 */

/* From a name that is not 0 to a number. Zeroed memory is an empty table. */
typedef struct pool_map {
  struct pool_slot {
    uint64_t name, value;
  } * slots;
  size_t room, count; /* room: 0, or a power of two */
} pool_map;

void pool_map_free(pool_map *map);
void pool_map_clear(pool_map *map);
uint64_t *pool_map_get(const pool_map *map, uint64_t name); /* NULL: not there */
uint64_t *pool_map_put(pool_map *map, uint64_t name,
                       uint64_t value); /* there before: overwritten */
bool pool_map_remove(pool_map *map, uint64_t name);

/* The last `most` names of a row, the oldest going when it is full. Zeroed memory is empty. */
typedef struct pool_recent {
  pool_map map;
  uint64_t *ring;
  size_t room, at;
} pool_recent;

void pool_recent_free(pool_recent *recent);
bool pool_recent_has(const pool_recent *recent, uint64_t name);
void pool_recent_add(pool_recent *recent, uint64_t name, size_t most);

#endif
