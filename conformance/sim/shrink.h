/* epigeon-sim: makes a failing run small, and shows it. What is left out of the plan one piece
 * after the other is whatever the same failure can do without. Read first: plan.h, sim.h. */
#ifndef SHRINK_H
#define SHRINK_H

#include <stdio.h>

#include "sim/plan.h"
#include "sim/sim.h"

typedef struct shrink_result {
  bool failed;    /* the run that was to be shrunk did fail */
  char what[160]; /* the requirement, or the simulator's own sentence */
  unsigned runs;
  size_t clients, actions, faults, rudes, knobs; /* what is left */
} shrink_result;

/* Leaves out of plan whatever it can without changing what the failure is; at most so many runs. */
void shrink(shrink_result *out, sim *world, plan *p, const sim_options *options,
            unsigned most_runs);

/* Shrinks, and prints: the one command that repeats it (words: the options that go with the seed,
 * " --layer stream" or ""), what was found with a sequence diagram, and a file to keep. */
void shrink_and_tell(FILE *out, sim *world, plan *p, const sim_options *options, const char *words);

#endif
