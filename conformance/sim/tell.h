/* What a person reads: of a run, and of a run that failed.
 * Read first: options.h, sim.h. */
#ifndef SIM_TELL_H
#define SIM_TELL_H

#include "sim/options.h"
#include "sim/sim.h"

void tell_command(const options *given, uint64_t seed); /* the one that repeats it */
void tell_run(const options *given, const plan *drawn, const sim_result *result);
void tell_failure(const options *given, const plan *drawn, const sim_result *result);

#endif
