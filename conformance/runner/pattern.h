/* Patterns: JSON in which $name captures or compares, * is any value, ... allows others.
 * Read first: conformance/README.md; vars.h; oracle/scan.h. */
#ifndef PATTERN_H
#define PATTERN_H

#include "oracle/scan.h"
#include "runner/vars.h"

typedef struct pattern pattern;

/* Reads a pattern with the names as they are now. NULL: *why says what is wrong. */
pattern *pattern_read(vars *all, const char *words, char **why);
/* Whether words can be a pattern at all, whatever the names will be: NULL, or what is wrong. */
const char *pattern_check(const char *words);

/* Whether a message matches; then names that were not set are. Else *why says where not. */
bool pattern_matches(const pattern *of, span message, vars *all, char **why);

/* The action it asks for; NULL: none in particular. */
const char *pattern_action(const pattern *of);

#endif
