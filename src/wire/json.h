/* Floor 2, wire. A resumable scanner of one JSON object text (RFC 8259, strict, UTF-8, bounded
 * nesting). It keeps offsets, never pointers: the caller may move the bytes between calls.
 * Read first: spec/protocol.md, the chapter on frames and JSON; then json.rl. */
#ifndef EP_WIRE_JSON_H
#define EP_WIRE_JSON_H

#include "base/buffer.h"
#include "base/bytes.h"
#include "tables.h"

/* No scanner can be told to go deeper than this. */
#define EP_JSON_DEPTH_MAX 1024

typedef enum ep_json_kind {
  EP_JSON_NULL,
  EP_JSON_FALSE,
  EP_JSON_TRUE,
  EP_JSON_NUMBER,
  EP_JSON_STRING,
  EP_JSON_ARRAY,
  EP_JSON_OBJECT
} ep_json_kind;

/* One member of an object: offsets into the text that was scanned. */
typedef struct ep_json_member {
  uint32_t name;      /* first byte of the name, after its quote */
  uint32_t name_end;  /* its closing quote */
  uint32_t value;     /* first byte of the value, a quote or brace included */
  uint32_t value_end; /* after its last byte; 0 while the scan has not got there */
  uint8_t kind;       /* ep_json_kind */
  bool name_escaped;  /* the name holds `\` escapes */
  bool value_escaped; /* the value is a string that holds `\` escapes */
} ep_json_member;

typedef enum ep_json_result {
  EP_JSON_MORE,      /* so far so good: the text goes on */
  EP_JSON_DONE,      /* the object is complete and its end byte 0x0C was read */
  EP_JSON_MALFORMED, /* not the text of a JSON object */
  EP_JSON_TOO_DEEP,  /* nested deeper than allowed */
  EP_JSON_TOO_MANY   /* more members in the object than EP_LIMIT_MEMBERS */
} ep_json_result;

/* The state of a scan and what it found. It can be copied. `top` are the members of the object
 * itself, `inner` those of its last member named `payload`, when that is an object. More than
 * EP_LIMIT_MEMBERS of them are not an error of the scan (a payload may be of any shape):
 * `inner_more` says that some are missing. */
typedef struct ep_json {
  size_t offset;         /* bytes scanned */
  ep_json_result result; /* DONE and the three refusals are final */
  int state;             /* of the machine */
  int depth;             /* open arrays and objects */
  int depth_most;
  uint32_t text_at;  /* where the string being scanned began */
  bool escaped;      /* it holds escapes */
  bool complete;     /* the object is closed */
  bool pull;         /* stop after each member of `top` */
  bool inner_wanted; /* the open object of depth 2 is the payload */
  bool inner_more;
  unsigned top_count;
  unsigned inner_count;
  ep_json_member top[EP_LIMIT_MEMBERS];
  ep_json_member inner[EP_LIMIT_MEMBERS];
  uint8_t stack[EP_JSON_DEPTH_MAX];
} ep_json;

/* Makes `out` ready for a text. `depth_most` is 1 to EP_JSON_DEPTH_MAX. Cheap: it touches no array.
 */
void ep_json_begin(ep_json *out, unsigned depth_most);

/* Goes on scanning. `text` is the whole text from its first byte as far as it is known; scanning
 * starts at json->offset. Less than 4 GiB. Returns json->result; on a refusal json->offset is that
 * of the byte refused. */
ep_json_result ep_json_scan(ep_json *json, ep_bytes text);

/* Scans a complete text that has no end byte: DONE or a refusal, never MORE. */
ep_json_result ep_json_scan_all(ep_json *json, unsigned depth_most, ep_bytes text);

/* Lists the members of an object text of any size, one a call, duplicates included: after
 * ep_json_members_begin call ep_json_members_next until it returns false. Then json->result is
 * EP_JSON_DONE, or the refusal. `text` must be the same each time. */
void ep_json_members_begin(ep_json *out, unsigned depth_most);
bool ep_json_members_next(ep_json *json, ep_json_member *out, ep_bytes text);

/* The last member with this (plain ASCII) name, escapes understood, or NULL. */
const ep_json_member *ep_json_find(const ep_json_member *members, unsigned count, ep_bytes text,
                                   ep_bytes name);

/* The name as spelled, without quotes. */
static inline ep_bytes ep_json_name(const ep_json_member *member, ep_bytes text) {
  return ep_bytes_of(text.data + member->name, member->name_end - member->name);
}

/* The value as spelled. Only for a member whose value is complete. */
static inline ep_bytes ep_json_value(const ep_json_member *member, ep_bytes text) {
  return ep_bytes_of(text.data + member->value, member->value_end - member->value);
}

/* What kind of value a JSON text (without white space around) is: its first byte says. */
static inline ep_json_kind ep_json_kind_of(ep_bytes json) {
  switch (json.data[0]) {
    case '"': return EP_JSON_STRING;
    case '{': return EP_JSON_OBJECT;
    case '[': return EP_JSON_ARRAY;
    case 't': return EP_JSON_TRUE;
    case 'f': return EP_JSON_FALSE;
    case 'n': return EP_JSON_NULL;
    default: return EP_JSON_NUMBER;
  }
}

/* Whether `spelled` (the inside of a JSON string) is `plain` once its escapes are undone. */
bool ep_json_escaped_is(ep_bytes spelled, ep_bytes plain);

/* Whether the member's name is `name` once its escapes are undone. */
static inline bool ep_json_name_is(const ep_json_member *member, ep_bytes text, ep_bytes name) {
  ep_bytes spelled = ep_json_name(member, text);
  return member->name_escaped ? ep_json_escaped_is(spelled, name) : ep_bytes_equal(spelled, name);
}

/* The inside of a complete string value, as spelled. */
static inline ep_bytes ep_json_inside(const ep_json_member *member, ep_bytes text) {
  return ep_bytes_of(text.data + member->value + 1, member->value_end - member->value - 2);
}

/* One byte of a string can be spelled with so many. */
#define EP_JSON_ESCAPE_MOST 6

/* What becomes of a surrogate escape that has no partner. */
typedef enum ep_surrogates {
  EP_SURROGATES_REFUSE, /* it is an error: UTF-8 cannot say it */
  EP_SURROGATES_KEEP    /* its three bytes, as UTF-8 would if it could */
} ep_surrogates;

/* Undoes the escapes of `spelled` (the inside of a JSON string that the scanner accepted) into
 * `out`, which has room for spelled.len bytes and lies elsewhere. False: a surrogate was refused.
 */
bool ep_json_unescape(uint8_t *out, size_t *len, ep_bytes spelled, ep_surrogates surrogates);

/* Appends the canonical bytes of a JSON scalar (text the scanner accepted, no white space around):
 * equal scalars of one type have equal bytes, and no others. A tag, then for a number its IEEE-754
 * double (8 bytes, big-endian, -0 as 0), for a string its bytes unescaped, lone surrogates kept as
 * 3 bytes. False: an array or object, nothing appended. Memory: out->failed. */
bool ep_json_scalar_key(ep_buffer *out, ep_bytes json);

#endif
