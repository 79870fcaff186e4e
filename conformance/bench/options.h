/* epigeon-bench: what the command line asked for. Read first: nothing. */
#ifndef BENCH_OPTIONS_H
#define BENCH_OPTIONS_H

#include <stdbool.h>

#include "util.h"

struct options {
  const char *server; /* NULL: the bounds alone */
  const char *dir;    /* where the work directory goes */
  const char *json;   /* file, "-" for stdout, or NULL */
  const char *only;   /* relay, fanout, curves, idle, or NULL: all */
  unsigned rounds;
  double seconds;
  bool quick;
  bool check;
  struct cpus cpus;
};

#endif
