/* epigeon-bench: does the histogram say what was put into it? Against values sorted by themselves.
 * Read first: hist.h. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "hist.h"

enum { VALUES = 20000 };

static unsigned passed, failed;

static void check(int good, const char *what) {
  passed += good != 0;
  failed += good == 0;
  if (!good) printf("FAILED: %s\n", what);
}

/* The middle of a slot is at most half a step, 1/128, away from what was put there. */
static int is_near(uint64_t value, uint64_t of) {
  uint64_t away = value > of ? value - of : of - value;
  return away <= of / 128 + 1;
}

static int compare(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

/* Quantiles of values of all sizes, next to the same ones found by sorting. */
static void check_quantiles(void) {
  static const double quantiles[] = {0, 0.5, 0.9, 0.99, 0.999, 1};
  static uint64_t values[VALUES];
  static struct hist hist, half;
  uint64_t state = 1;
  for (unsigned i = 0; i < VALUES; i++) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    values[i] = state >> 24 >> (state % 40);
    hist_add(i % 2 ? &hist : &half, values[i], 1);
  }
  hist_merge(&hist, &half);
  qsort(values, VALUES, sizeof *values, compare);
  check(hist.total == VALUES, "every value counts, also when two are merged");
  for (unsigned i = 0; i < sizeof quantiles / sizeof *quantiles; i++) {
    uint64_t exact = values[(size_t)(quantiles[i] * (VALUES - 1))];
    check(is_near(hist_at(&hist, quantiles[i]), exact), "a quantile is that of the sorted values");
  }
}

static void check_edges(void) {
  static struct hist hist;
  check(hist_at(&hist, 0.5) == 0, "an empty one says 0");
  for (uint64_t value = 0; value < HIST_STEPS; value++)
    check(hist_slot(value) == value, "small values are kept exactly");
  for (unsigned power = 6; power < 41; power++) {
    uint64_t at = (uint64_t)1 << power;
    check(hist_slot(at) == hist_slot(at - 1) + 1, "no slot is left out at a power of two");
  }
  hist_add(&hist, 7, 99);
  hist_add(&hist, UINT64_MAX, 1);
  check(hist_at(&hist, 0.98) == 7, "many at once count as many");
  check(hist_at(&hist, 1) >= (uint64_t)1 << 40, "what is too large is in the last slot");
  hist_clear(&hist);
  check(hist.total == 0 && hist_at(&hist, 1) == 0, "a cleared one is empty");
}

int main(void) {
  check_edges();
  check_quantiles();
  printf("%u passed, %u failed\n", passed, failed);
  return failed != 0;
}
