/* Floor 2, wire. Decimal to double: at most 15 digits and a small power of ten are one exact
 * operation (Clinger); everything else is a long division of big integers, bit by bit, and one
 * rounding.
 * Read first: wire/number.h. */
#include "wire/number.h"

#include <float.h>

#include "base/assert.h"

enum {
  DIGITS_KEPT = 800,  /* more than any halfway point between two doubles has: 767 */
  BIG_WORDS = 132,    /* 4,224 bits: 10^1125 needs 3,738, shifted by up to 64 */
  EXPONENT_MOST = 310 /* 10^310 is infinity; below 10^-345 is 0 */
};
#define EXPONENT_CLAMP (INT64_C(1) << 50)

/* A number as 0.d1d2d3… × 10^point, without leading zeros. */
typedef struct {
  bool negative;
  bool inexact; /* digits that are not zero were left out */
  int64_t point;
  size_t count;
  uint8_t digits[DIGITS_KEPT];
} decimal;

static bool is_digit(const uint8_t *at, const uint8_t *end) {
  return at < end && *at >= '0' && *at <= '9';
}

static void decimal_digit(decimal *d, uint8_t digit) {
  if (d->count < DIGITS_KEPT) {
    d->digits[d->count++] = digit;
  } else if (digit != 0) {
    d->inexact = true;
  }
}

static int64_t exponent_read(const uint8_t *at, const uint8_t *end) {
  bool negative = at < end && *at == '-';
  int64_t value = 0;
  if (at < end && (*at == '-' || *at == '+')) at++;
  for (; is_digit(at, end); at++) {
    if (value < EXPONENT_CLAMP) value = value * 10 + (*at - '0');
  }
  return negative ? -value : value;
}

static void decimal_read(decimal *d, ep_bytes json) {
  const uint8_t *at = json.data;
  const uint8_t *end = at + json.len;
  d->inexact = false;
  d->count = 0;
  d->point = 0;
  d->negative = *at == '-';
  if (d->negative) at++;
  EP_ASSERT(is_digit(at, end));
  for (; is_digit(at, end); at++) {
    if (d->count == 0 && *at == '0') continue;
    decimal_digit(d, (uint8_t)(*at - '0'));
    d->point++;
  }
  if (at < end && *at == '.') {
    for (at++; is_digit(at, end); at++) {
      if (d->count == 0 && *at == '0') {
        d->point--;
      } else {
        decimal_digit(d, (uint8_t)(*at - '0'));
      }
    }
  }
  if (at < end) d->point += exponent_read(at + 1, end);
}

/* A natural number: words of 32 bits, the lowest first, the highest not 0. */
typedef struct {
  size_t count;
  uint32_t words[BIG_WORDS];
} big;

/* big = big * factor + add */
static void big_multiply(big *b, uint32_t factor, uint32_t add) {
  uint64_t carry = add;
  for (size_t i = 0; i < b->count; i++) {
    carry += (uint64_t)b->words[i] * factor;
    b->words[i] = (uint32_t)carry;
    carry >>= 32;
  }
  if (carry == 0) return;
  EP_ASSERT(b->count < BIG_WORDS);
  b->words[b->count++] = (uint32_t)carry;
}

static void big_multiply_power(big *b, int64_t power) {
  EP_ASSERT(power >= 0 && power <= 1200);
  for (; power >= 9; power -= 9) big_multiply(b, 1000000000, 0);
  for (; power > 0; power--) big_multiply(b, 10, 0);
}

static int big_bits(const big *b) {
  if (b->count == 0) return 0;
  int bits = (int)(b->count - 1) * 32;
  for (uint32_t top = b->words[b->count - 1]; top != 0; top >>= 1) bits++;
  return bits;
}

static void big_shift(big *b, int by) {
  EP_ASSERT(by >= 0);
  size_t words = (size_t)by / 32;
  unsigned bits = (unsigned)by % 32;
  if (b->count == 0 || by == 0) return;
  EP_ASSERT(b->count + words + 1 <= BIG_WORDS);
  memmove(b->words + words, b->words, b->count * sizeof b->words[0]);
  memset(b->words, 0, words * sizeof b->words[0]);
  b->count += words;
  if (bits != 0) big_multiply(b, UINT32_C(1) << bits, 0);
}

static int big_compare(const big *a, const big *b) {
  if (a->count != b->count) return a->count < b->count ? -1 : 1;
  for (size_t i = a->count; i > 0; i--) {
    if (a->words[i - 1] != b->words[i - 1]) return a->words[i - 1] < b->words[i - 1] ? -1 : 1;
  }
  return 0;
}

/* a -= b, where a >= b. */
static void big_subtract(big *a, const big *b) {
  uint64_t borrow = 0;
  for (size_t i = 0; i < a->count; i++) {
    uint64_t take = borrow + (i < b->count ? b->words[i] : 0);
    borrow = a->words[i] < take;
    a->words[i] = (uint32_t)(a->words[i] - take);
  }
  EP_ASSERT(borrow == 0);
  while (a->count > 0 && a->words[a->count - 1] == 0) a->count--;
}

/* Rounds mantissa (64 bits, the highest set) × 2^(exponent - 63), plus something below one unit
 * when `more`, to the nearest double. Returns its bits. */
static uint64_t double_round(uint64_t mantissa, int exponent, bool more) {
  EP_ASSERT(mantissa >> 63 == 1);
  if (exponent > 1023) return UINT64_C(0x7FF) << 52;
  int drop = exponent >= -1022 ? 11 : 11 + (-1022 - exponent);
  if (drop > 64) return 0;
  uint64_t kept = drop == 64 ? 0 : mantissa >> drop;
  uint64_t half = UINT64_C(1) << (drop - 1);
  uint64_t below = mantissa & (half - 1);
  bool up = (mantissa & half) != 0 && (below != 0 || more || (kept & 1) != 0);
  uint64_t biased = exponent >= -1022 ? (uint64_t)(exponent + 1022) : 0;
  return (biased << 52) + kept + (up ? 1 : 0); /* a carry goes into the exponent, as it must */
}

/* The double nearest to the decimal (not 0, of reasonable size), without its sign. */
static uint64_t decimal_divide(const decimal *d) {
  big over = {0};
  big under = {0};
  big_multiply(&under, 0, 1);
  for (size_t i = 0; i < d->count; i++) big_multiply(&over, 10, d->digits[i]);
  int64_t power = d->point - (int64_t)d->count;
  if (d->inexact) { /* one more digit stands for all that were left out */
    big_multiply(&over, 10, 1);
    power--;
  }
  big_multiply_power(power < 0 ? &under : &over, power < 0 ? -power : power);
  int exponent = big_bits(&over) - big_bits(&under);
  big_shift(exponent < 0 ? &over : &under, exponent < 0 ? -exponent : exponent);
  if (big_compare(&over, &under) < 0) {
    big_shift(&over, 1);
    exponent--;
  }
  uint64_t mantissa = 0;
  for (int bit = 63; bit >= 0; bit--) {
    if (big_compare(&over, &under) >= 0) {
      big_subtract(&over, &under);
      mantissa |= UINT64_C(1) << bit;
    }
    big_multiply(&over, 2, 0);
  }
  return double_round(mantissa, exponent, over.count != 0);
}

static double double_of(uint64_t bits, bool negative) {
  double value;
  if (negative) bits |= UINT64_C(1) << 63;
  memcpy(&value, &bits, sizeof value);
  return value;
}

#if FLT_EVAL_METHOD == 0
/* Both the digits and the power of ten are exact doubles: one operation, one rounding. */
static bool decimal_quick(double *out, const decimal *d) {
  static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                  1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                  1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  int64_t power = d->point - (int64_t)d->count;
  uint64_t digits = 0;
  if (d->count > 15 || power < -22 || power > 22) return false;
  for (size_t i = 0; i < d->count; i++) digits = digits * 10 + d->digits[i];
  double value = (double)digits;
  value = power < 0 ? value / powers[-power] : value * powers[power];
  *out = d->negative ? -value : value;
  return true;
}
#endif

double ep_number_parse(ep_bytes json) {
  decimal d;
  EP_ASSERT(json.len > 0);
  decimal_read(&d, json);
  if (d.count == 0 || d.point < -345) return double_of(0, d.negative);
  if (d.point > EXPONENT_MOST) return double_of(UINT64_C(0x7FF) << 52, d.negative);
#if FLT_EVAL_METHOD == 0
  double quick;
  if (decimal_quick(&quick, &d)) return quick;
#endif
  return double_of(decimal_divide(&d), d.negative);
}

/* EP-JSON-5 */
bool ep_number_id(uint64_t *out, ep_bytes json) {
  uint64_t value = 0;
  if (json.len == 0 || json.len > 16) return false;
  if (json.data[0] == '0' && json.len > 1) return false;
  for (size_t i = 0; i < json.len; i++) {
    if (json.data[i] < '0' || json.data[i] > '9') return false;
    value = value * 10 + (json.data[i] - (uint64_t)'0');
  }
  if (value > EP_ID_MAX) return false;
  *out = value;
  return true;
}
