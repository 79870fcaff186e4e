/* epigeon-sim --small: goes through every order in which things can happen, up to a depth.
 * Read first: small_world.h. */
#ifndef SMALL_SEARCH_H
#define SMALL_SEARCH_H

#include "sim/small_world.h"

typedef struct small_count {
  uint64_t states;  /* different ones */
  uint64_t steps;   /* taken from one state to another */
  uint64_t paths;   /* that came to the depth, or to where nothing more can happen */
  uint64_t ends;    /* of them, followed to the very end; the others met a state that was */
  uint64_t judged;  /* traces given to the judge */
  unsigned longest; /* steps of the longest path */
} small_count;

/* What was wrong, and the steps that led there. */
typedef struct small_failure {
  char what[1200];
  small_step steps[256];
  size_t step_count;
  size_t free_count; /* of them chosen by the search; those after them are fair */
} small_failure;

/* False: *failure says what is wrong. judge_every: of the paths, each so many-th is judged. */
bool small_search(small_count *count, small_failure *failure, const small_scene *scene,
                  small_plant plant, unsigned depth, uint64_t judge_every);
/* Takes the steps of a failure again, so that the trace is there; says each in words. */
void small_replay(const small_failure *failure, const small_scene *scene, small_plant plant);
void small_search_free(void);

#endif
