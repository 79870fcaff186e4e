/* epigeon-bench: does the cost of a message grow? With the number of known clients, with the number
 * of those that a selector must not match, with the number of unconfirmed messages; and what an
 * idle connection costs. EP/2, store in memory. Read first: driver.h, server.h. */
#ifndef BENCH_CURVES_H
#define BENCH_CURVES_H

#include <jansson.h>
#include <stdbool.h>

#include "options.h"

/* Each prints its figures and adds them to report; false when a target is missed. */
bool curves_clients(const struct options *options, json_t *report);
bool curves_unconfirmed(const struct options *options, json_t *report);
bool idle_run(const struct options *options, json_t *report);

#endif
