/* The simulator as a library: runs a plan in virtual time, and tells the judge what happens.
 * Read first: plan.h; oracle/judge.h. Then: world.h (how it is built inside), run.c. */
#ifndef SIM_H
#define SIM_H

#include <stdio.h>

#include "oracle/judge.h"
#include "sim/plan.h"

typedef struct sim sim;

typedef struct sim_result {
  judge_verdict verdict;
  const judge_finding *found; /* of the judge; valid until the next run; NULL: nothing */
  const char *trouble;        /* what the simulator itself found wrong, or NULL */
  uint64_t digest;            /* of every event, in order */
  uint64_t end_ms;            /* virtual time */
  uint64_t heal_ms;
  uint64_t steps; /* queue entries handled */
  uint64_t events, frames, messages, delivered;
} sim_result;

typedef struct sim_options {
  FILE *trace;     /* NDJSON of all events; NULL: none */
  bool use_malloc; /* the cores' memory comes from malloc and is really freed (leaks are found) */
  bool canary;     /* plants a bug that only the judge can notice */
} sim_options;

/* NULL: no memory. One sim runs any number of plans, one after the other, keeping its memory. */
sim *sim_new(void);
void sim_free(sim *sim);
void sim_run(sim *sim, const plan *plan, const sim_options *options, sim_result *out);
judge *sim_judge(sim *sim);

#endif
