/* What a pattern is made of.
 * Read first: pattern.h. */
#ifndef PATTERN_TREE_H
#define PATTERN_TREE_H

#include "runner/pattern.h"

typedef enum pattern_kind {
  PATTERN_ANY,           /* * */
  PATTERN_ANY_OR_ABSENT, /* *? */
  PATTERN_ANY_NUMBER,    /* # */
  PATTERN_ANY_STRING,    /* ""* */
  PATTERN_VARIABLE,      /* $name */
  PATTERN_STRING,        /* compared after undoing escapes */
  PATTERN_SCALAR,        /* compared as spelled */
  PATTERN_EXACT,         /* =JSON: compared byte by byte */
  PATTERN_OBJECT,
  PATTERN_ARRAY,
  PATTERN_OTHERS /* ... */
} pattern_kind;

typedef struct pattern_child {
  char *name; /* of a member; NULL in arrays and for `...` */
  pattern *value;
} pattern_child;

struct pattern {
  pattern_kind kind;
  bool is_wild; /* holds something that is not one certain value */
  bool is_open; /* object: others are allowed */
  char *name;   /* VARIABLE */
  span raw;     /* as spelled, names replaced; not when wild */
  span plain;   /* STRING: escapes undone */
  pattern_child *children;
  size_t count;
};

#endif
