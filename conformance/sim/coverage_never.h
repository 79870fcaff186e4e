/* epigeon-sim --coverage: what no input can reach, and why. A row that is reached although it
 * stands here is printed, too: then its line must go.
 * Read first: coverage.h. */
#ifndef COVERAGE_NEVER_H
#define COVERAGE_NEVER_H

#include "sim/coverage.h"

typedef struct coverage_never {
  coverage_class class;
  const char *names;   /* states of rows, or names; "*": all */
  const char *details; /* inputs of rows; "*": all; NULL: not a row */
  const char *reason;
} coverage_never;

extern const coverage_never coverage_nevers[];
extern const size_t coverage_never_count;

#endif
