/* What one frame says: its form, its action, and every member that chapter 6 of the spec names.
 * And, before that, where frames begin and end in the bytes of a connection.
 * Read first: scan.h; spec/protocol.md, chapters 4 to 6. */
#ifndef FRAME_H
#define FRAME_H

#include "oracle/scan.h"
#include "tables.h"

/* ---- Bytes to frames ---- */

/* Holds the bytes of one direction of one connection until their end byte has come (EP-FRAME-2). */
typedef struct frame_splitter {
  char *bytes;
  size_t len, room;
  size_t at;      /* where the next frame begins */
  size_t seen;    /* up to here no end byte was found for it */
  size_t most;    /* longest frame that is kept whole, without its end byte */
  size_t skipped; /* bytes of the frame at `at` that were thrown away because it is longer */
} frame_splitter;

void frame_splitter_init(frame_splitter *splitter, size_t most);
void frame_splitter_free(frame_splitter *splitter);
/* Takes bytes. False: no memory. */
bool frame_splitter_feed(frame_splitter *splitter, const char *bytes, size_t len);
/* The next whole frame, with its end byte; false: none yet. Of a frame that is longer than `most`
 * the first `most` bytes are given, without an end byte, and *skipped (which may be NULL) says how
 * many more there were. Valid until the next call that feeds. */
bool frame_splitter_next(frame_splitter *splitter, span *out, size_t *skipped);
/* What has come of a frame that has not ended: bytes held. */
size_t frame_splitter_rest(const frame_splitter *splitter);

/* ---- One frame ---- */

typedef enum frame_class {
  FRAME_OK,
  FRAME_INVALID, /* JSON, but not a message of chapter 6: `error` says which answer that asks for */
  FRAME_MALFORMED /* not one JSON object in UTF-8, or the message in its envelope is not */
} frame_class;

typedef enum frame_form { FRAME_BARE, FRAME_ENVELOPED } frame_form;

/* Members by name, at the top of the message or in its payload. */
#define FRAME_FIELDS(X)     \
  X(ACTION, "action")       \
  X(PAYLOAD, "payload")     \
  X(ID, "id")               \
  X(UID, "uid")             \
  X(TO, "to")               \
  X(FROM, "from")           \
  X(FROM_ID, "fromId")      \
  X(RECEIPT, "receipt")     \
  X(TYPE, "type")           \
  X(DATA, "data")           \
  X(VERSION, "version")     \
  X(INSTANCE, "instance")   \
  X(EPOCH, "epoch")         \
  X(EXPECT, "expect")       \
  X(WINDOW, "window")       \
  X(LIMITS, "limits")       \
  X(PRESENCE, "presence")   \
  X(SECRET, "secret")       \
  X(TOKEN, "token")         \
  X(UUID, "uuid")           \
  X(CONNECTED, "connected") \
  X(SESSION, "session")     \
  X(MORE, "more")           \
  X(OF, "of")               \
  X(BY, "by")               \
  X(LEFT, "left")           \
  X(MISSED, "missed")       \
  X(CODE, "code")           \
  X(REASON, "reason")       \
  X(COUNT, "count")

typedef enum frame_field {
#define FRAME_FIELD_ENUM(id, name) FRAME_FIELD_##id,
  FRAME_FIELDS(FRAME_FIELD_ENUM)
#undef FRAME_FIELD_ENUM
      FRAME_FIELD_END
} frame_field;

/* One bit for each field: FRAME_HAS_ID, FRAME_HAS_UID, … */
enum {
#define FRAME_HAS_ENUM(id, name) FRAME_HAS_##id = (int)(1u << FRAME_FIELD_##id),
  FRAME_FIELDS(FRAME_HAS_ENUM)
#undef FRAME_HAS_ENUM
};

/* Spans of raw JSON are exactly as spelled; strings are unescaped. Both point into the frame's
 * bytes or into the parser, and are valid until either changes. A member counts only if its bit is
 * in `has`. */
typedef struct frame {
  frame_class class;
  frame_form form;
  ep_action action; /* UNKNOWN also where this direction does not have the action */
  span action_name; /* unescaped; may hold any character */
  ep_error error;   /* INVALID: bad-message, bad-auth or bad-session */
  const char *why;  /* INVALID, MALFORMED: one sentence */

  bool arguable;     /* the spec does not say for certain whether it is of this class */
  bool over_depth;   /* deeper than the limit `depth`; `class` and members are as if it were not */
  bool over_members; /* more members than the limit `members` in an object that is read */
  bool exact;        /* spelled as a sender should: EP-FRAME-6; ENVELOPED: to the byte of 4.4 */

  unsigned has;         /* FRAME_HAS_…: named for this action and direction, and in form */
  unsigned top, inner;  /* FRAME_HAS_…: spelled at the top, or in an object that is the payload,
                           in form or not, named for this action or not */
  unsigned strangers;   /* members that this action and direction do not name, at both levels */
  span stranger;        /* the name of the first of them, as spelled */
  bool stranger_within; /* that one is in the payload */

  span text;    /* the message: the frame without its end byte, or what was in the envelope */
  span payload; /* raw. PAYLOAD: message.new: its payload; ping, pong, bye: that */

  span client; /* auth c2s, client.connect, client.disconnect (PAYLOAD); session.update s2c (UUID);
                  message.receipt (BY) */
  unsigned version; /* auth: 1 when absent or not usable, else what it says */
  bool known;       /* auth s2c: its payload (PAYLOAD) */
  span instance, epoch, secret, token;
  uint64_t expect, window;
  span presence;                                    /* raw */
  uint64_t limit_frame, limit_depth, limit_session; /* auth s2c: 0 where not said */

  span session; /* raw. session.update (c2s: PAYLOAD, s2c: SESSION), client.connect (SESSION) */
  bool session_over; /* session.update c2s: over the limit `session` or `members` (EP-SESS-4) */
  bool connected;    /* session.update s2c */
  span list;         /* raw. clients.list s2c: the array; c2s: the selector, empty: everybody */
  uint64_t more;     /* clients.list s2c */

  uint64_t id;      /* number in the stream; message.confirm, message.retry: the id in PAYLOAD */
  uint64_t from_id; /* message.new s2c */
  uint64_t of;      /* message.receipt, error */
  uint64_t left, missed, count;
  span uid;      /* message.new, message.receipt, error (UID); message.confirm (UID, not PAYLOAD) */
  span uid_json; /* raw, as spelled */
  span from;     /* message.new */
  span to;       /* raw. message.new; error: the array */
  bool receipt;  /* message.new c2s: asked for */
  span code, reason;
} frame;

/* The parser owns what had to be unescaped. */
typedef struct frame_parser {
  char *envelope, *strings;
  size_t envelope_room, strings_room, strings_len;
  char listed[6 * EP_LIMIT_CLIENT_ID];
} frame_parser;

void frame_parser_init(frame_parser *parser);
void frame_parser_free(frame_parser *parser);

/* Reads one frame, with its end byte. False: no memory. */
bool frame_parse(frame_parser *parser, span bytes, trace_dir dir, frame *out);

/* Goes through clients.list s2c: walk begun with scan_begin(&walk, frame.list, SCAN_DEPTH_MOST).
 * The client id is valid until the next call. 1: one more, 0: the end, -1: this item is not in
 * form. */
typedef struct frame_listed {
  span client, session;
  bool connected;
} frame_listed;
int frame_list_next(frame_parser *parser, scan_walk *walk, frame_listed *out);

/* The name of an action, or of an error code, of the spec; "" for UNKNOWN and NONE. */
const char *frame_action_name(ep_action action);
const char *frame_error_name(ep_error error);
ep_error frame_error_of(span code);

#endif
