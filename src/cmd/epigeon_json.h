/* Floor 6, programs. The little JSON that a command line needs: taking apart what the library has
 * already checked without changing a byte of it, and strings in both directions (with jansson).
 * Read first: epigeon.h. */
#ifndef EP_CMD_EPIGEON_JSON_H
#define EP_CMD_EPIGEON_JSON_H

#include "epigeon.h"

/* A zero-terminated string as bytes; NULL is empty. */
ep_bytes cli_bytes(const char *text);

/* The next value of a JSON array, or member of an object. `rest` is the whole text at first and
 * gets shorter; the results point into it. Only for text that is known to be JSON; false: no more,
 * or no such text. */
bool cli_json_item(ep_bytes *rest, ep_bytes *value);
bool cli_json_member(ep_bytes *rest, ep_bytes *key, ep_bytes *value);
/* The member of that name, as text; empty: there is none. */
ep_bytes cli_json_get(ep_bytes object, const char *name);

/* The characters of a JSON string; to be freed. NULL: no string, or not one that UTF-8 can say. */
char *cli_json_decode(ep_bytes json, size_t *out_len);
/* Text as a JSON string; to be freed. NULL: not UTF-8. */
char *cli_json_encode(ep_bytes text, size_t *out_len);

/* Whether the session has all pairs of the selector: for servers that do not choose themselves. */
bool cli_json_matches(ep_bytes session, ep_bytes selector);

/* Whether a text is an object of scalars, an address. */
bool cli_json_is_selector(ep_bytes text);

/* Why a text is not what was wanted, as the end of a sentence; static until the next call. */
const char *cli_json_trouble(ep_bytes text, bool object);

#endif
