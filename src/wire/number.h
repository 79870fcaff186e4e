/* Floor 2, wire. The IEEE-754 double nearest to a decimal number, exactly, without a libc.
 * Selectors compare numbers as doubles: 1 equals 1.0 and 100e-2.
 * Read first: wire/json.h. */
#ifndef EP_WIRE_NUMBER_H
#define EP_WIRE_NUMBER_H

#include "base/bytes.h"

/* The double nearest to `json`, ties to even: a number that the scanner accepted, of any length.
 * Too large is infinity, too small is 0, each with its sign. */
double ep_number_parse(ep_bytes json);

/* The integer that `json` (a JSON value) spells as `0|[1-9][0-9]*`, when it is at most 2^53 - 1:
 * what this protocol takes for an id. False: it is something else. */
bool ep_number_id(uint64_t *out, ep_bytes json);

#define EP_ID_MAX ((UINT64_C(1) << 53) - 1)

#endif
