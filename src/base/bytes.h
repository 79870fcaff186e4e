/* Floor 1, base. Runs of bytes, and the five functions of the C library that the core uses. A
 * target without a libc takes them from freestanding.c.
 * Read first: epigeon.h (ep_bytes, ep_allocator, ep_status). */
#ifndef EP_BASE_BYTES_H
#define EP_BASE_BYTES_H

#include "epigeon.h"

void *memcpy(void *restrict to, const void *restrict from, size_t len);
void *memmove(void *to, const void *from, size_t len);
void *memset(void *to, int byte, size_t len);
int memcmp(const void *one, const void *other, size_t len);
void *memchr(const void *in, int byte, size_t len);

/* The bytes of a string literal, without its final NUL. */
#define EP_LITERAL(text) ((ep_bytes){(const uint8_t *)("" text), sizeof(text) - 1})

/* Nothing: no data, length 0. */
#define EP_NOTHING ((ep_bytes){NULL, 0})

static inline ep_bytes ep_bytes_of(const void *data, size_t len) {
  return (ep_bytes){(const uint8_t *)data, len};
}

static inline bool ep_bytes_equal(ep_bytes one, ep_bytes other) {
  return one.len == other.len && (one.len == 0 || memcmp(one.data, other.data, one.len) == 0);
}

/* Orders as memcmp does, a prefix before what it begins. Negative, zero or positive. */
static inline int ep_bytes_compare(ep_bytes one, ep_bytes other) {
  size_t common = one.len < other.len ? one.len : other.len;
  int order = common == 0 ? 0 : memcmp(one.data, other.data, common);
  if (order != 0) return order;
  return (one.len > other.len) - (one.len < other.len);
}

/* The bytes from offset `from` (at most in.len) on. */
static inline ep_bytes ep_bytes_from(ep_bytes in, size_t from) {
  return from == 0 ? in : (ep_bytes){in.data + from, in.len - from};
}

#endif
