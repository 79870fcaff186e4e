/* epigeon-sim --small: a table of digests, each with a number. Read first: nothing. */
#ifndef SMALL_SEEN_H
#define SMALL_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct small_entry {
  uint64_t digest; /* 0: free */
  uint64_t number;
} small_entry;

typedef struct small_seen {
  small_entry *entries;
  size_t count, room;
} small_seen;

bool small_seen_get(const small_seen *seen, uint64_t digest, uint64_t *number);
void small_seen_put(small_seen *seen, uint64_t digest, uint64_t number);
void small_seen_clear(small_seen *seen);
void small_seen_free(small_seen *seen);

#endif
