/* epigeon-sim --coverage: what of the protocol has happened in the runs so far: rows of both state
 * machines, error codes written, limits reached, timers that ran out, counters that moved. The
 * cores have no hooks for this: the linker puts coverage_wrap.c between them and a few of their
 * own functions (ld --wrap, see sim.mk).
 * Read first: README.md. Then: coverage.c (the table), coverage_wrap.c (how it is filled),
 * coverage_kept.c (the seeds that are kept), coverage_drill.c (limits too large for a seed). */
#ifndef COVERAGE_H
#define COVERAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef enum coverage_class {
  COVERAGE_SERVER_ROW,
  COVERAGE_CLIENT_ROW,
  COVERAGE_ERROR,
  COVERAGE_LIMIT,
  COVERAGE_TIMER,
  COVERAGE_COUNTER,
  COVERAGE_CLASSES
} coverage_class;

enum { COVERAGE_MOST = 1024 }; /* of all classes together */

/* From now on it is recorded. Before the first call nothing is, and it costs nothing. */
void coverage_begin(void);
bool coverage_is_on(void);
/* Whose doing is what follows: the name of a seed or drill; copied. */
void coverage_name(const char *name);
void coverage_reach(coverage_class class, unsigned index);

/* What the present name has reached: a bit for each thing, COVERAGE_MOST / 64 words. */
const uint64_t *coverage_reached(void);
/* The thing of bit number i, in words. */
void coverage_describe(char *out, size_t out_len, size_t i);
/* How many things can be reached and were not, or cannot and were. */
size_t coverage_missing(void);
/* The table; only_missing: of it, what was never reached. */
void coverage_print(FILE *out, bool only_missing);

/* coverage_kept.c: runs every DIR/NAME.seed twice and prints what became of it. Returns how many
 * were not as they should be; -1: the directory cannot be read. */
int coverage_kept(const char *dir, unsigned *run_count);
/* coverage_drill.c: likewise. */
int coverage_drills(unsigned *run_count);

/* epigeon-sim --coverage, --kept and --choose. Returns what main returns. */
int coverage_main(int argc, char **argv);

#endif
