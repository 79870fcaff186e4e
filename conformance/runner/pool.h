/* Runs cases at the same time, each in a process of its own; a case that crashes the suite's code
 * is an ERROR of that case alone. Read first: play.h. */
#ifndef POOL_H
#define POOL_H

#include "runner/options.h"
#include "runner/play.h"

/* Runs them all; the result of run i becomes item i of the array. NULL: the server cannot be
 * started; *why says why. */
json_t *pool_run(const options *how, play_setup *setup, const test_run *runs, size_t count,
                 char **why);
/* By SIGINT or SIGTERM: nothing is reported then. */
bool pool_was_stopped(void);

#endif
