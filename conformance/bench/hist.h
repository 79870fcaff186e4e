/* epigeon-bench: a latency histogram in the manner of HdrHistogram: logarithmic buckets, 64 steps
 * per power of two, so a value is kept to 1.6 % in constant time and 18 kB. Read first: nothing. */
#ifndef BENCH_HIST_H
#define BENCH_HIST_H

#include <stdint.h>

enum { HIST_STEPS = 64, HIST_POWERS = 36 };

struct hist {
  uint64_t total;
  uint64_t counts[HIST_STEPS * HIST_POWERS];
};

void hist_clear(struct hist *hist);
void hist_merge(struct hist *into, const struct hist *from);
uint64_t hist_at(const struct hist *hist, double quantile); /* 0 when empty */

/* The power of two chooses the group, the six bits below it the step. */
static inline unsigned hist_slot(uint64_t value) {
  if (value < HIST_STEPS) return (unsigned)value;
  unsigned shift = 63u - (unsigned)__builtin_clzll(value) - 6u;
  unsigned slot = (shift + 1) * HIST_STEPS + ((unsigned)(value >> shift) & (HIST_STEPS - 1));
  return slot < HIST_STEPS * HIST_POWERS ? slot : HIST_STEPS * HIST_POWERS - 1;
}

static inline void hist_add(struct hist *hist, uint64_t value, uint64_t times) {
  hist->counts[hist_slot(value)] += times;
  hist->total += times;
}

#endif
