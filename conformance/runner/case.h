/* A case: what a document of conformance/cases says about one thing to be tested, as data.
 * Read first: conformance/README.md (the language); text.h. Then: case_file.c, step.c, play.c. */
#ifndef CASE_H
#define CASE_H

#include <stdbool.h>
#include <stddef.h>

#include "runner/text.h"

typedef enum case_level { LEVEL_MUST, LEVEL_SHOULD, LEVEL_MAY } case_level;
typedef enum case_role { ROLE_SERVER, ROLE_CLIENT } case_role;

typedef enum step_kind {
  STEP_WRITE,        /* who> TEXT */
  STEP_WRITE_AS,     /* who>> bare|enveloped|raw TEXT */
  STEP_EXPECT,       /* who< PATTERN */
  STEP_EXPECT_BYTES, /* who<< raw TEXT */
  STEP_MAY_COME,     /* who<? PATTERN */
  STEP_ANY_ORDER,    /* who<& PATTERN */
  STEP_NOT,          /* who! PATTERN for TIME */
  STEP_COMMAND,      /* who: words */
  STEP_SERVER,       /* server: kill|stop|start */
  STEP_WAIT,         /* wait TIME */
  STEP_LET,          /* let NAME = TEXT */
  STEP_APP_COMMAND,  /* app> words */
  STEP_APP_EXPECT,   /* app< words */
  STEP_APP_MAY_COME, /* app<? words */
  STEP_APP_NOT       /* app! words for TIME */
} step_kind;

typedef struct step {
  step_kind kind;
  unsigned line;     /* in the file */
  unsigned version;  /* 0, or the version in whose run alone it is done */
  char *repeat;      /* how often, a text; NULL: once */
  char *source;      /* as written, without remark and requirement */
  char *who;         /* connection, or NAME of let */
  char *words;       /* TEXT, PATTERN, or the words of a command, not yet expanded */
  char *requirement; /* what it shows; "" the case's first */
  char *within;      /* time bound as a text; NULL: the usual one */
  char *after;       /* not earlier than; NULL: whenever */
  char *during;      /* how long nothing may come: `for`; NULL */
} step;

typedef struct test_case {
  char *id; /* streams/gap-is-asked-for */
  char *title, *file, *prose;
  unsigned line;
  char **requirements; /* ids; the first is what a failing step shows that says nothing else */
  size_t requirement_count;
  case_level level;
  case_role role;
  bool in_v1, in_v2;
  bool needs_start, needs_token, is_slow, is_lossy, is_alone;
  step *steps;
  size_t step_count;
} test_case;

/* One run of a case: a case for both versions has two. */
typedef struct test_run {
  const test_case *of;
  unsigned version;
  char *id; /* that of the case; with `@v1` or `@v2` when there are two */
} test_run;

typedef struct case_list {
  test_case *cases;
  size_t count;
  char *trouble; /* NULL, or what is wrong: FILE:LINE: a sentence */
} case_list;

/* Reads one document and adds its cases. False: `trouble` says why. */
bool case_read_file(case_list *list, const char *path);
/* The same from text that is already there; file is its name for people. */
bool case_read_text(case_list *list, const char *file, char *content);
/* Reads all documents (*.md) of a folder, in the order of their names, and json-vectors.tsv. */
bool case_read_folder(case_list *list, const char *folder);
/* conformance/cases/json-vectors.tsv: one case for each of its lines. */
bool case_read_vectors(case_list *list, const char *path);
test_case *case_add(case_list *list);
void case_add_requirement(test_case *one, const char *id);
bool case_fail(case_list *list, const char *file, unsigned line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* A whole file, with a zero byte at its end; NULL: it cannot be read. */
char *case_load(const char *path, size_t *len);

/* Reads one line of a case block and adds the step. NULL, or what is wrong with it. */
const char *step_add(test_case *one, const char *line, unsigned number);
/* Whether the step can fail because of what the tested program does. */
bool step_judges(const step *one);

const char *case_level_name(case_level level);

/* The registry of requirements, from the spec. */
const char *requirement_sentence(const char *id); /* NULL: there is none */
case_level requirement_level(const char *id);

#endif
