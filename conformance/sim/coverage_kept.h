/* epigeon-sim --coverage: what the files about seeds share. Read first: coverage.h. */
#ifndef COVERAGE_KEPT_H
#define COVERAGE_KEPT_H

#include "sim/coverage.h"
#include "sim/options.h"
#include "sim/sim.h"

/* A run is over. */
void coverage_end(const sim_result *result);

/* coverage_choose.c: runs the seeds given and prints the table; dir: or, instead, writes into it as
 * few seeds as reach all that these reach. Returns what main returns. */
int coverage_seeds(const char *dir, const options *given);

#endif
