/* Who is addressed: what an address is, and whether a session matches a selector (chapter 9).
 * Read first: scan.h. */
#ifndef MATCH_H
#define MATCH_H

#include "oracle/scan.h"

typedef enum match_address {
  MATCH_CLIENT,     /* a client id */
  MATCH_SELECTOR,   /* an object of scalars */
  MATCH_IMPOSSIBLE, /* neither (EP-ADDR-3) */
  MATCH_ARGUABLE /* more pairs than the limit `selector`: it depends on what the server was told */
} match_address;

/* What the raw value `to` is. */
match_address match_address_of(span to);

/* The client id that `to` spells, unescaped into room (EP_LIMIT_CLIENT_ID bytes); empty: none. */
span match_client(span to, char *room);

/* An object read once, to be compared often: a selector or a session. Needs no text afterwards. */
typedef struct match_object match_object;
match_object *match_read(span object); /* NULL: no memory */
void match_free(match_object *object);

typedef enum match_answer {
  MATCH_YES,
  MATCH_NO,     /* no pair is in the session */
  MATCH_PARTLY, /* some pairs are, not all */
  MATCH_BY_TYPE /* all would be if types were not compared: "7" for 7, 1 for true, … */
} match_answer;

/* EP-ADDR-1, EP-ADDR-2. Why it does not match is worked out only by match_explain. */
bool match_selects(const match_object *selector, const match_object *session);
match_answer match_explain(const match_object *selector, const match_object *session);

#endif
