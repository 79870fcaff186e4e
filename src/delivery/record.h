/* Floor 3, delivery. Records as bytes: what a core asks a store to keep, one after another in a
 * batch. ep_record_next (epigeon.h) reads what is written here.
 * Read first: epigeon.h (records). */
#ifndef EP_DELIVERY_RECORD_H
#define EP_DELIVERY_RECORD_H

#include "base/buffer.h"

enum { EP_RECORD_HEAD = 7, EP_RECORD_KEY_MOST = 64 };

/* How many bytes a record takes in a batch. */
static inline size_t ep_record_size(size_t key_len, size_t value_len) {
  return EP_RECORD_HEAD + key_len + value_len;
}

/* Appends one record. Memory: out->failed, and nothing was appended. */
void ep_record_write(ep_buffer *out, const ep_record *record);

/* Writes the head of a record and its key to `out` (room for ep_record_size); the value_len bytes
 * of the value belong where the returned pointer points. */
uint8_t *ep_record_begin(uint8_t *out, uint8_t table, bool remove, ep_bytes key, size_t value_len);

#endif
