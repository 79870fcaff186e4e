/* What rude clients write, and what is slipped in towards clients: lines, with ' for ", and
 *   %i own id   %c a client's id   %a a number   %n the next id of its stream   %u a uid
 *   %d nested too deep   %m many members   %l a long word   %L more than 64 KiB   %S 4 KB
 * Read first: plan.h (plan_rude). */
#ifndef SIM_CATALOGUE_H
#define SIM_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum rude_form { FORM_BARE, FORM_ENVELOPED, FORM_HALF } rude_form; /* HALF: no end byte */

typedef struct rude_line {
  rude_form form;
  const char *text;
  bool joins;      /* an auth request that can succeed */
  bool counts;     /* takes the next id */
  uint32_t skips;  /* so far above the next id */
  uint32_t repeat; /* so often, with ids that follow */
  bool first;      /* slipped in as the first frame of the next connection */
  bool known;      /* slipped in when the client is authenticated, not before */
} rude_line;

typedef struct rude_words {
  const char *id;
  uint32_t client, a, index, next_id;
} rude_words;

/* Beside the lines, as `what` of an act. */
enum { RUDE_OPEN = 1000, RUDE_CLOSE, RUDE_DROP };

extern const rude_line rude_lines[];
extern const size_t rude_line_count;
extern const size_t rude_join_count; /* the first ones: auth requests */
extern const rude_line slip_lines[];
extern const size_t slip_line_count;

#endif
