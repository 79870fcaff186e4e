/* epigeon-sim --small: a table of digests, open addressing. Read first: small_seen.h. */
#include "sim/small_seen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static small_entry *place_of(const small_seen *seen, uint64_t digest) {
  size_t at = (size_t)digest & (seen->room - 1);
  while (seen->entries[at].digest != 0 && seen->entries[at].digest != digest)
    at = (at + 1) & (seen->room - 1);
  return &seen->entries[at];
}

static uint64_t usable(uint64_t digest) { return digest == 0 ? 1 : digest; }

static void grow(small_seen *seen) {
  small_seen old = *seen;
  seen->room = old.room == 0 ? 1 << 14 : old.room * 2;
  seen->entries = calloc(seen->room, sizeof *seen->entries);
  if (seen->entries == NULL) {
    fputs("epigeon-sim: there is not enough memory for the states seen\n", stderr);
    exit(2);
  }
  for (size_t i = 0; i < old.room; i++)
    if (old.entries[i].digest != 0) *place_of(seen, old.entries[i].digest) = old.entries[i];
  free(old.entries);
}

bool small_seen_get(const small_seen *seen, uint64_t digest, uint64_t *number) {
  if (seen->room == 0) return false;
  const small_entry *entry = place_of(seen, usable(digest));
  *number = entry->number;
  return entry->digest != 0;
}

void small_seen_put(small_seen *seen, uint64_t digest, uint64_t number) {
  if (seen->count * 3 >= seen->room * 2) grow(seen);
  small_entry *entry = place_of(seen, usable(digest));
  if (entry->digest == 0) seen->count++;
  *entry = (small_entry){usable(digest), number};
}

void small_seen_clear(small_seen *seen) {
  if (seen->room > 0) memset(seen->entries, 0, seen->room * sizeof *seen->entries);
  seen->count = 0;
}

void small_seen_free(small_seen *seen) {
  free(seen->entries);
  *seen = (small_seen){.entries = NULL};
}
