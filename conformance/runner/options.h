/* The command line of epigeon-conform.
 * Read first: epigeon-conform.1. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "runner/case.h"
#include "runner/results.h"

enum { OPTIONS_LIST_MOST = 1024 };

typedef struct options {
  bool is_client, is_role_given;
  const char *address; /* server: HOST:PORT, unix:PATH; NULL */
  const char *start;   /* NULL */
  const char *select[OPTIONS_LIST_MOST], *exclude[OPTIONS_LIST_MOST];
  size_t select_count, exclude_count;
  int level;        /* -1: all; else a case_level, and what is stricter */
  unsigned version; /* 0: both */
  bool lists, is_strict, is_quiet;
  bool stops; /* at the first run that does not pass */
  double slow;
  const char *token; /* that the tested server asks for; NULL: none */
  unsigned jobs;
  const char *folder; /* of the cases; NULL: look for it */
  const char *baseline, *junit, *json, *html, *markdown, *tap;
  const char *keep; /* a folder for {dir}s and what tested programs say; NULL: a temporary one */
  char *repeat;     /* the command line without selection and reports */
} options;

/* 0: go on; else the program ends with *code. */
int options_read(options *out, int argc, char **argv, int *code);

/* The runs that are selected: all of them where nothing is said. */
test_run *select_runs(const options *how, const case_list *list, size_t *count);

#endif
