/* Reads JSON text where it lies: what is JSON (RFC 8259 in exact UTF-8) and what is not, and which
 * bytes are which value. The oracle needs the bytes, because G1 speaks of them.
 * Read first: spec/protocol.md, chapters 4 and 5; trace.h (span). */
#ifndef SCAN_H
#define SCAN_H

#include "oracle/trace.h"

typedef enum scan_result {
  SCAN_OK,
  SCAN_END,       /* there is no further member or item */
  SCAN_MALFORMED, /* EP-JSON-1 */
  SCAN_TOO_DEEP   /* nested deeper than was allowed; what follows was not looked at */
} scan_result;

typedef enum scan_kind {
  SCAN_NOTHING, /* an empty span: the member is not there */
  SCAN_STRING,
  SCAN_NUMBER,
  SCAN_TRUE,
  SCAN_FALSE,
  SCAN_NULL,
  SCAN_OBJECT,
  SCAN_ARRAY
} scan_kind;

enum { SCAN_DEPTH_MOST = 65536 };

/* A span over text that ends with a zero byte (a literal, above all). */
span span_of(const char *text);
bool span_equal(span a, span b);
bool span_is(span a, const char *text);

/* Whether text is one JSON value, perhaps with white space around it; *value is then the value
 * alone. At most `depth` (1 to SCAN_DEPTH_MOST) levels of arrays and objects. */
scan_result scan_text(span text, unsigned depth, span *value);

/* Goes through the members of an object, or the items of an array, and checks them on the way:
 * begin, then next until it does not return SCAN_OK. SCAN_END means that all of the text up to the
 * closing bracket, and nothing but white space after it, was right. Depth counts the object or
 * array itself. */
typedef struct scan_walk {
  const char *at, *end;
  unsigned depth;
  bool first;
  scan_result result;
} scan_walk;
typedef struct scan_member {
  span name; /* as spelled, without its quotes */
  bool escaped;
  span value;
} scan_member;
void scan_begin(scan_walk *walk, span text, unsigned depth);
scan_result scan_next_member(scan_walk *walk, scan_member *out);
scan_result scan_next_item(scan_walk *walk, span *out);

/* What a value is, by its first byte. */
scan_kind scan_kind_of(span value);

/* Whether the member has this name once escapes are undone (EP-JSON-3). */
bool scan_named(const scan_member *member, span name);

/* The value of the last member of that name (EP-JSON-2) of an object that was found right; empty
 * when there is none, or when value is not an object. */
span scan_member_of(span value, const char *name);

/* Undoes the escapes of a string value, quotes and all, into `out`, which holds value.len bytes.
 * Returns the bytes written. A surrogate escape without its partner is written as the three bytes
 * that UTF-8 would give it if it could: no other string has those. *lone says that there was one;
 * lone may be NULL. */
size_t scan_unescape(char *out, span value, bool *lone);

/* The number that value spells as an id (EP-JSON-5). */
bool scan_id(span value, uint64_t *out);

/* 1 to `most` bytes of printable ASCII (EP-MSG-2, EP-MSG-3). */
bool scan_printable(span text, size_t most);

#endif
