/* epigeon-bench: the table: acked relay and fan-out, every contestant in every round, against the
 * bounds of the same round. Read first: driver.h, server.h. */
#ifndef BENCH_SUITE_H
#define BENCH_SUITE_H

#include <jansson.h>
#include <stdbool.h>

#include "options.h"

/* Prints the table, appends to "cells" of report; false when a ratio misses its target. */
bool suite_run(const struct options *options, bool relay, bool fanout, json_t *report);

#endif
