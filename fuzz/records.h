/* Support: the store of a core under a harness, in memory, in the order of its keys.
 * Read first: src/epigeon.h (records). */
#ifndef FUZZ_RECORDS_H
#define FUZZ_RECORDS_H

#include "fuzz.h"

typedef struct fuzz_record {
  uint8_t table;
  uint8_t key[64];
  size_t key_len, value_len;
  uint8_t *value;
} fuzz_record;

typedef struct fuzz_records {
  fuzz_record *all;
  size_t count, room;
  bool backwards; /* given out in the other order, which no store does */
} fuzz_records;

/* Puts records that the input spells: table, key length, value length (2), key, value. */
void fuzz_records_read(fuzz_records *records, fuzz_input *in);
/* Puts or removes what the batch says. */
void fuzz_records_apply(fuzz_records *records, ep_bytes batch);
/* The record as a core loads it; valid until the records change. */
ep_record fuzz_records_at(const fuzz_records *records, size_t index);
void fuzz_records_free(fuzz_records *records);

#endif
