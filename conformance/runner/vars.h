/* The names of a case, and texts in which they stand: $name, $(number), $(number x "text").
 * Read first: conformance/README.md; text.h. */
#ifndef VARS_H
#define VARS_H

#include <stdint.h>

#include "runner/text.h"

typedef struct var {
  char *name;
  char *value;
  size_t len;
} var;

typedef struct vars {
  var *list;
  size_t count;
} vars;

void vars_set(vars *all, const char *name, const char *value, size_t len);
void vars_setf(vars *all, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* NULL: not set. A name u0, u1, …, or uA, uB, … is a uid of this case once `u` is set. */
const char *vars_get(vars *all, const char *name, size_t name_len, size_t *len);

/* How many bytes of `at`, which begins with `$`, are a name with its sign (`$ada`, `${ada}`); 0:
 * none. The name itself goes to *name. */
size_t vars_name(const char *at, span *name);

typedef enum vars_what {
  VARS_ALL,
  VARS_NUMBERS /* $( … ) alone */
} vars_what;
/* Adds `in` to out with everything replaced. False: *why says what cannot be. */
bool vars_expand(vars *all, const char *in, vars_what what, text *out, char **why);
/* The same, and the result has to be a whole number. */
bool vars_number(vars *all, const char *in, int64_t *out, char **why);

/* --limit and --timer: what the tested program was told. False: the spec has no such name. */
bool vars_configure(const char *name, int64_t value, bool is_timer);

#endif
