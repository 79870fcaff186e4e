/* Floor 1, base. A byte buffer that grows at its end and is consumed from its front. Failure is
 * sticky: after a refused allocation every append does nothing and `failed` is set, so a writer
 * appends a whole message and looks once.
 * Read first: base/bytes.h. */
#ifndef EP_BASE_BUFFER_H
#define EP_BASE_BUFFER_H

#include "base/bytes.h"

/* Open so that it can be embedded; use the functions, and read `failed` freely. */
typedef struct ep_buffer {
  const ep_allocator *allocator;
  uint8_t *block;
  size_t start;    /* consumed up to here */
  size_t end;      /* written up to here */
  size_t capacity; /* of block */
  size_t most;     /* the capacity never grows above this; SIZE_MAX unless set */
  bool failed;     /* an append could not be done; nothing after it was */
} ep_buffer;

/* Makes `out` an empty buffer that owns no memory. `allocator` must outlive it. */
void ep_buffer_init(ep_buffer *out, const ep_allocator *allocator);

/* Gives back all memory; the buffer is empty, not failed, and can be used again. */
void ep_buffer_free(ep_buffer *buffer);

/* Empties it and clears `failed`; keeps the memory for the next use. */
void ep_buffer_clear(ep_buffer *buffer);

/* Gives back the memory above `kept` bytes (1 or more) that something large has left. Contents
 * stay: when they need more than that, nothing is given back. Room reserved after them is no longer
 * reserved. */
void ep_buffer_trim(ep_buffer *buffer, size_t kept);

/* Makes room for `more` bytes after the end. Returns where they go, or NULL when the allocator
 * refused or `most` would be exceeded (then `failed` is set). Write there at most `more` bytes and
 * tell how many with ep_buffer_commit. Everything that pointed into the buffer is invalid
 * afterwards. */
uint8_t *ep_buffer_reserve(ep_buffer *buffer, size_t more);

/* Adds `len` bytes written into reserved room. */
void ep_buffer_commit(ep_buffer *buffer, size_t len);

/* For ep_buffer_append, when there is no room left. */
void ep_buffer_append_slowly(ep_buffer *buffer, ep_bytes in);

/* Adds bytes as they are. `in` must not lie in this buffer. */
static inline void ep_buffer_append(ep_buffer *buffer, ep_bytes in) {
  if (buffer->failed || in.len == 0 || buffer->capacity - buffer->end < in.len) {
    ep_buffer_append_slowly(buffer, in);
    return;
  }
  memcpy(buffer->block + buffer->end, in.data, in.len);
  buffer->end += in.len;
}

#define ep_buffer_append_literal(buffer, text) ep_buffer_append((buffer), EP_LITERAL(text))

void ep_buffer_append_byte(ep_buffer *buffer, uint8_t byte);

/* Adds a number in decimal digits, without leading zeros. */
void ep_buffer_append_u64(ep_buffer *buffer, uint64_t number);

/* Adds bytes as the inside of a JSON string (no quotes around): `"`, `\` and control characters
 * escaped as JSON.stringify does it. Bytes from 0x80 on pass as they are. */
void ep_buffer_append_escaped(ep_buffer *buffer, ep_bytes in);

/* The same between quotes. */
void ep_buffer_append_json_string(ep_buffer *buffer, ep_bytes in);

/* Takes `len` bytes (at most what is there) away from the front. Costs no move. */
void ep_buffer_consume(ep_buffer *buffer, size_t len);

/* Cuts the contents to the first `len` bytes (at most what is there). */
void ep_buffer_truncate(ep_buffer *buffer, size_t len);

static inline size_t ep_buffer_len(const ep_buffer *buffer) { return buffer->end - buffer->start; }

/* The contents; valid until the next call that changes the buffer. */
static inline ep_bytes ep_buffer_bytes(const ep_buffer *buffer) {
  return buffer->block == NULL ? EP_NOTHING
                               : ep_bytes_of(buffer->block + buffer->start, ep_buffer_len(buffer));
}

/* Decimal digits of `number` at `out` (room for EP_U64_DIGITS). Returns how many. */
#define EP_U64_DIGITS 20
size_t ep_u64_write(uint8_t *out, uint64_t number);

/* The escape sequence of `byte` at `out` (room for 6). Returns its length; 0 when it needs none. */
size_t ep_escape_write(uint8_t *out, uint8_t byte);

#endif
