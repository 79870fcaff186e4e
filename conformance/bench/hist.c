/* epigeon-bench: the cold half of the histogram. See hist.h. */
#include "hist.h"

#include <assert.h>
#include <string.h>

void hist_clear(struct hist *hist) { memset(hist, 0, sizeof *hist); }

void hist_merge(struct hist *into, const struct hist *from) {
  for (unsigned i = 0; i < HIST_STEPS * HIST_POWERS; i++) into->counts[i] += from->counts[i];
  into->total += from->total;
}

/* The middle of the values that fall into a slot. */
static uint64_t slot_value(unsigned slot) {
  if (slot < HIST_STEPS) return slot;
  unsigned shift = slot / HIST_STEPS - 1;
  uint64_t low = (uint64_t)(HIST_STEPS + slot % HIST_STEPS) << shift;
  return low + ((uint64_t)1 << shift) / 2;
}

uint64_t hist_at(const struct hist *hist, double quantile) {
  assert(quantile >= 0 && quantile <= 1);
  if (hist->total == 0) return 0;
  uint64_t wanted = (uint64_t)(quantile * (double)(hist->total - 1)) + 1;
  uint64_t seen = 0;
  for (unsigned i = 0; i < HIST_STEPS * HIST_POWERS; i++) {
    seen += hist->counts[i];
    if (seen >= wanted) return slot_value(i);
  }
  return slot_value(HIST_STEPS * HIST_POWERS - 1);
}
