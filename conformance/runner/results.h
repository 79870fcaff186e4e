/* The result model: one JSON object, made once, from which every format is written.
 * conformance/README.md describes its members. Read first: play.h. */
#ifndef RESULTS_H
#define RESULTS_H

#include <stdio.h>

#include "runner/play.h"

enum {
  EXIT_CONFORMS,
  EXIT_FAILS,
  EXIT_USAGE,
  EXIT_UNREACHABLE,
  EXIT_INTERNAL,
  EXIT_INCONCLUSIVE,
  EXIT_UNEXPECTED
};

/* What one run of a case gave. */
json_t *results_of_play(const play *p);
/* A run that could not be done at all. */
json_t *results_of_trouble(const test_run *run, verdict what, const char *reason);

typedef struct results_about {
  const char *target;  /* as people name it: HOST:PORT, or the command */
  const char *command; /* what repeats one case, its id to follow */
  const char *role;
  double seconds;
  const char *baseline; /* a file; NULL */
} results_about;

/* The whole: facts, counts, all runs (an array, taken over), the exit code. */
json_t *results_make(const results_about *about, json_t *runs);
/* Marks the failures that the baseline expects. False: *why says what is wrong with the file. */
bool results_apply_baseline(json_t *all, const char *path, char **why);
/* Counts, and decides the exit code; strict: a SHOULD counts like a MUST. */
int results_conclude(json_t *all, bool strict);

/* A text as JSON; what is not UTF-8 becomes \\xHH. */
json_t *results_string(const char *from);
const char *results_text(const json_t *of, const char *member); /* "" where it is not there */
/* How people call the step of a run that did not pass: `step`, or `during` where it has nothing to
 * do with what broke, a rule that is checked on every frame. */
const char *results_step_name(const json_t *run);
/* What came of the whole, after "The server". */
const char *results_outcome(const json_t *all);
bool results_is(const json_t *run, verdict what);
/* A run that people should look at: neither passed nor left out, nor expected. */
bool results_is_bad(const json_t *run);

/* What to do about a requirement that was broken: a sentence; "" for those that say it themselves.
 */
const char *results_advice(const char *requirement);

/* The bad runs of one requirement; those in which the server ended; those without a verdict. */
typedef struct results_group {
  const char *name;              /* the requirement; server-ended, no-verdict */
  const char *title;             /* the same for people */
  const char *sentence, *advice; /* "": there is none */
  bool is_end;
  json_t *runs;
} results_group;

/* All of them, those first in which the server ended, then those with the most runs. */
results_group *results_groups(const json_t *all, size_t *count);

/* The formats. */
void results_tap(FILE *out, const json_t *all);
void results_junit(FILE *out, const json_t *all);
void results_html(FILE *out, const json_t *all);
void results_markdown(FILE *out, const json_t *all);
void results_xml(FILE *out, const char *words);     /* escaped */
void results_diagram(FILE *out, const json_t *run); /* SVG of its wire log */

#endif
