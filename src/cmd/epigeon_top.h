/* Floor 6, programs. `epigeon top`: what a server does, live in the terminal, from its metrics.
 *
 *   epigeon_top.c        options, the terminal, the loop
 *   epigeon_top_fetch.c  the metrics: asked for over HTTP, taken apart
 *   epigeon_top_view.c   the page
 *
 * Read first: net/metrics.h, which writes what is read here. */
#ifndef EP_CMD_EPIGEON_TOP_H
#define EP_CMD_EPIGEON_TOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { TOP_SAMPLES_MOST = 512, TOP_KEY_LEN = 256, TOP_WORDS = 256 };

/* One line of the metrics: `epigeon_clients{state="away"} 3`. */
typedef struct top_sample {
  char key[TOP_KEY_LEN]; /* name and labels, as they are written */
  double value;
} top_sample;

typedef struct top_page {
  top_sample samples[TOP_SAMPLES_MOST];
  size_t count;
  double at_s; /* when it came; of a clock that does not go back */
} top_page;

/* address: HOST:PORT. False: words receives a sentence. */
bool top_fetch(top_page *out, const char *address, char words[TOP_WORDS]);
/* 0 when there is no such sample. */
double top_value(const top_page *page, const char *key);

typedef struct top_size {
  unsigned columns, rows; /* 0: no bound */
} top_size;

/* Writes the page, with rates where there is an older one (NULL: none). Lines are cut to the size.
 */
void top_view(FILE *out, const char *address, const top_page *page, const top_page *older,
              top_size size);

/* argv[0] is "top". Returns the exit code. */
int cli_top(int argc, char **argv);

#endif
