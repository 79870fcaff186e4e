/* Floor 1, base. Plain versions of the five library functions, for targets without a libc. Link it
 * there only; compile it with -ffreestanding -fno-builtin, or a loop becomes a call of itself.
 * Read first: base/bytes.h. */
#include "base/bytes.h"

void *memcpy(void *restrict to, const void *restrict from, size_t len) {
  uint8_t *out = to;
  const uint8_t *in = from;
  for (size_t i = 0; i < len; i++) out[i] = in[i];
  return to;
}

void *memmove(void *to, const void *from, size_t len) {
  uint8_t *out = to;
  const uint8_t *in = from;
  if ((uintptr_t)out < (uintptr_t)in) {
    for (size_t i = 0; i < len; i++) out[i] = in[i];
  } else {
    for (size_t i = len; i > 0; i--) out[i - 1] = in[i - 1];
  }
  return to;
}

void *memset(void *to, int byte, size_t len) {
  uint8_t *out = to;
  for (size_t i = 0; i < len; i++) out[i] = (uint8_t)byte;
  return to;
}

int memcmp(const void *one, const void *other, size_t len) {
  const uint8_t *a = one;
  const uint8_t *b = other;
  for (size_t i = 0; i < len; i++) {
    if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
  }
  return 0;
}

void *memchr(const void *in, int byte, size_t len) {
  const uint8_t *data = in;
  for (size_t i = 0; i < len; i++) {
    if (data[i] == (uint8_t)byte) return (void *)(uintptr_t)(data + i);
  }
  return NULL;
}
