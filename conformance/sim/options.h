/* What the command line says.
 * Read first: epigeon-sim.1. */
#ifndef SIM_OPTIONS_H
#define SIM_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/plan.h"

typedef struct options {
  uint64_t first, last; /* seeds */
  bool one;             /* --seed: say more about it */
  const char *trace, *without;
  plan_size size;
  unsigned jobs;
  bool canary, verbose, keep_going, use_malloc, json, shrink;
} options;

enum {
  OPTIONS_RUN = -1, /* go on; any other value is the exit status */
  OPTIONS_JOBS_MOST = 256
};

/* Reads the command line; speaks to stdout (--help, --version) or stderr (a wrong one). */
int options_read(options *out, int argc, char **argv);
/* The options that change what a seed means, as they are written: " --layer stream", or "". */
void options_words(const options *given, char *out, size_t out_len);

#endif
