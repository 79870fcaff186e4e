/* Floor 1, base. The byte buffer: growth, and what is written into it.
 * Read first: base/buffer.h. */
#include "base/buffer.h"

#include "base/assert.h"
#include "base/skip.h"

enum { BUFFER_LEAST = 64, ESCAPE_MOST = 6, ESCAPE_RUN = 1024 };

static void buffer_check(const ep_buffer *buffer) {
  EP_ASSERT(buffer->start <= buffer->end);
  EP_ASSERT(buffer->end <= buffer->capacity);
}

void ep_buffer_init(ep_buffer *out, const ep_allocator *allocator) {
  EP_ASSERT(allocator != NULL && allocator->resize != NULL);
  *out = (ep_buffer){.allocator = allocator, .most = SIZE_MAX};
}

void ep_buffer_free(ep_buffer *buffer) {
  buffer_check(buffer);
  if (buffer->block != NULL) {
    buffer->allocator->resize(buffer->allocator->context, buffer->block, buffer->capacity, 0);
  }
  size_t most = buffer->most;
  ep_buffer_init(buffer, buffer->allocator);
  buffer->most = most;
}

void ep_buffer_clear(ep_buffer *buffer) {
  buffer_check(buffer);
  buffer->start = 0;
  buffer->end = 0;
  buffer->failed = false;
}

void ep_buffer_trim(ep_buffer *buffer, size_t kept) {
  buffer_check(buffer);
  EP_ASSERT(kept > 0);
  size_t len = ep_buffer_len(buffer);
  if (buffer->capacity <= kept || len > kept) return;
  if (buffer->start != 0) memmove(buffer->block, buffer->block + buffer->start, len);
  buffer->start = 0;
  buffer->end = len;
  const ep_allocator *allocator = buffer->allocator;
  uint8_t *block = allocator->resize(allocator->context, buffer->block, buffer->capacity, kept);
  if (block == NULL) return; /* it stays as large as it was */
  buffer->block = block;
  buffer->capacity = kept;
}

/* Moves the contents to the front when that frees at least as much as it moves: so every byte is
 * moved at most once for each byte consumed. */
static void buffer_close_up(ep_buffer *buffer) {
  size_t len = ep_buffer_len(buffer);
  if (buffer->start == 0 || buffer->start < len) return;
  if (len != 0) memmove(buffer->block, buffer->block + buffer->start, len);
  buffer->start = 0;
  buffer->end = len;
}

/* Twice the capacity, or what is needed when that is more; never above `most`. */
static bool buffer_grow(ep_buffer *buffer, size_t needed) {
  EP_ASSERT(needed > buffer->capacity);
  if (needed > buffer->most) return false;
  size_t capacity = buffer->capacity < BUFFER_LEAST ? BUFFER_LEAST : buffer->capacity;
  while (capacity < needed) capacity = capacity > SIZE_MAX / 2 ? needed : capacity * 2;
  if (capacity > buffer->most) capacity = buffer->most;
  uint8_t *block = buffer->allocator->resize(buffer->allocator->context, buffer->block,
                                             buffer->capacity, capacity);
  if (block == NULL) return false;
  buffer->block = block;
  buffer->capacity = capacity;
  return true;
}

uint8_t *ep_buffer_reserve(ep_buffer *buffer, size_t more) {
  buffer_check(buffer);
  if (buffer->failed) return NULL;
  if (more == 0) more = 1; /* so that there always is a block to point into */
  if (buffer->capacity - buffer->end < more) {
    buffer_close_up(buffer);
    if (buffer->capacity - buffer->end < more &&
        (more > SIZE_MAX - buffer->end || !buffer_grow(buffer, buffer->end + more))) {
      buffer->failed = true;
      return NULL;
    }
  }
  return buffer->block + buffer->end;
}

void ep_buffer_commit(ep_buffer *buffer, size_t len) {
  EP_ASSERT(!buffer->failed);
  EP_ASSERT(len <= buffer->capacity - buffer->end);
  buffer->end += len;
}

void ep_buffer_append_slowly(ep_buffer *buffer, ep_bytes in) {
  if (in.len == 0) return;
  uint8_t *to = ep_buffer_reserve(buffer, in.len);
  if (to == NULL) return;
  memcpy(to, in.data, in.len);
  buffer->end += in.len;
}

void ep_buffer_append_byte(ep_buffer *buffer, uint8_t byte) {
  ep_buffer_append(buffer, ep_bytes_of(&byte, 1));
}

size_t ep_u64_write(uint8_t *out, uint64_t number) {
  uint8_t digits[EP_U64_DIGITS];
  size_t first = EP_U64_DIGITS;
  do {
    digits[--first] = (uint8_t)('0' + number % 10);
    number /= 10;
  } while (number != 0);
  memcpy(out, digits + first, EP_U64_DIGITS - first);
  return EP_U64_DIGITS - first;
}

void ep_buffer_append_u64(ep_buffer *buffer, uint64_t number) {
  uint8_t digits[EP_U64_DIGITS];
  size_t len = ep_u64_write(digits, number);
  ep_buffer_append(buffer, ep_bytes_of(digits, len));
}

size_t ep_escape_write(uint8_t *out, uint8_t byte) {
  static const char hex[] = "0123456789abcdef";
  static const char shorts[] = "btn.fr"; /* 0x08 to 0x0d; 0x0b has none */
  if (!ep_skip_stops(byte, false)) return 0;
  out[0] = '\\';
  out[1] = byte;
  if (byte >= 0x20) return 2;
  if (byte >= 0x08 && byte <= 0x0d && byte != 0x0b) {
    out[1] = (uint8_t)shorts[byte - 0x08];
    return 2;
  }
  memcpy(out + 1, "u00", 3);
  out[4] = (uint8_t)hex[byte >> 4];
  out[5] = (uint8_t)hex[byte & 15];
  return ESCAPE_MOST;
}

/* Copies `from`…`end` escaped to `to`, where six bytes for each and sixteen more are free. */
static uint8_t *escape_run(uint8_t *to, const uint8_t *from, const uint8_t *end) {
#if EP_SKIP_SSE2
  while (end - from >= 16) {
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)from);
    _mm_storeu_si128((__m128i *)(void *)to, bytes);
    unsigned stops = ep_skip_mask(bytes, false);
    unsigned plain = stops == 0 ? 16 : (unsigned)__builtin_ctz(stops);
    from += plain;
    to += plain;
    if (plain < 16) to += ep_escape_write(to, *from++);
  }
#endif
  while (from < end) {
    size_t len = ep_escape_write(to, *from);
    if (len == 0) to[len++] = *from;
    to += len;
    from++;
  }
  return to;
}

void ep_buffer_append_escaped(ep_buffer *buffer, ep_bytes in) {
  for (size_t done = 0; done < in.len;) {
    size_t run = in.len - done < ESCAPE_RUN ? in.len - done : ESCAPE_RUN;
    uint8_t *to = ep_buffer_reserve(buffer, run * ESCAPE_MOST + 16);
    if (to == NULL) return;
    uint8_t *end = escape_run(to, in.data + done, in.data + done + run);
    EP_ASSERT((size_t)(end - to) <= run * ESCAPE_MOST);
    buffer->end += (size_t)(end - to);
    done += run;
  }
}

void ep_buffer_append_json_string(ep_buffer *buffer, ep_bytes in) {
  ep_buffer_append_byte(buffer, '"');
  ep_buffer_append_escaped(buffer, in);
  ep_buffer_append_byte(buffer, '"');
}

void ep_buffer_consume(ep_buffer *buffer, size_t len) {
  EP_ASSERT(len <= ep_buffer_len(buffer));
  buffer->start += len;
  if (buffer->start == buffer->end) {
    buffer->start = 0;
    buffer->end = 0;
  }
}

void ep_buffer_truncate(ep_buffer *buffer, size_t len) {
  EP_ASSERT(len <= ep_buffer_len(buffer));
  buffer->end = buffer->start + len;
}
