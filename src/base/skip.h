/* Floor 1, base. Skips over the bytes of a string that need no look, sixteen at a time where the
 * machine can (SSE2, NEON), one at a time elsewhere or with -DEP_SCALAR. Same results either way.
 * Read first: base/bytes.h. */
#ifndef EP_BASE_SKIP_H
#define EP_BASE_SKIP_H

#include "base/bytes.h"

#if !defined(EP_SCALAR) && defined(__SSE2__)
#define EP_SKIP_SSE2 1
#include <emmintrin.h>
#elif !defined(EP_SCALAR) && defined(__ARM_NEON) && defined(__aarch64__)
#define EP_SKIP_NEON 1
#include <arm_neon.h>
#endif

/* Whether a byte ends a run: `"`, `\`, a control character, and (high) whatever is not ASCII. */
static inline bool ep_skip_stops(uint8_t byte, bool high) {
  return byte == '"' || byte == '\\' || byte < 0x20 || (high && byte >= 0x80);
}

static inline const uint8_t *ep_skip_scalar(const uint8_t *from, const uint8_t *end, bool high) {
  while (from < end && !ep_skip_stops(*from, high)) from++;
  return from;
}

#if EP_SKIP_SSE2
/* Bit i is set when byte i ends a run. */
static inline unsigned ep_skip_mask(__m128i bytes, bool high) {
  __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
  __m128i slash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
  __m128i low = high ? _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20)) /* signed: from 0x80 on too */
                     : _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
  return (unsigned)_mm_movemask_epi8(_mm_or_si128(low, _mm_or_si128(quote, slash)));
}
#endif

/* The first byte from `from` on that ends a run, or `end`. */
static inline const uint8_t *ep_skip(const uint8_t *from, const uint8_t *end, bool high) {
#if EP_SKIP_SSE2
  while (end - from >= 16) {
    unsigned stops = ep_skip_mask(_mm_loadu_si128((const __m128i *)(const void *)from), high);
    if (stops != 0) return from + __builtin_ctz(stops);
    from += 16;
  }
#elif EP_SKIP_NEON
  while (end - from >= 16) {
    uint8x16_t bytes = vld1q_u8(from);
    uint8x16_t stops =
        vorrq_u8(vceqq_u8(bytes, vdupq_n_u8('"')), vceqq_u8(bytes, vdupq_n_u8('\\')));
    stops = vorrq_u8(stops, vcltq_u8(bytes, vdupq_n_u8(0x20)));
    if (high) stops = vorrq_u8(stops, vcgeq_u8(bytes, vdupq_n_u8(0x80)));
    if (vmaxvq_u8(stops) != 0) break; /* the loop below finds which */
    from += 16;
  }
#endif
  return ep_skip_scalar(from, end, high);
}

#endif
