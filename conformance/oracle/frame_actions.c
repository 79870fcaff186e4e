/* What the members of each action mean, and which of them must be there: chapter 6 of the spec.
 * Read first: frame_internal.h, then the table of actions at the end. */
#include <limits.h>
#include <stddef.h>

#include "oracle/frame_internal.h"
#include "oracle/match.h"

/* What a reader of an action is given. */
typedef struct source {
  frame_parser *parser;
  const frame_members *top, *inner;
} source;

static void invalid(frame *out, ep_error error, const char *why) {
  if (out->class == FRAME_INVALID) return;
  out->class = FRAME_INVALID;
  out->error = error;
  out->why = why;
}

/* ---- Members in form. Each says whether it is there and in form, and marks it so. ---- */

static bool mark(frame *out, frame_field field, bool usable) {
  if (usable) out->has |= 1u << field;
  return usable;
}

static bool there(const frame_members *members, frame_field field) {
  return (members->there >> field & 1u) != 0;
}

static bool is(const frame_members *members, frame_field field, scan_kind kind) {
  return scan_kind_of(members->at[field]) == kind;
}

static bool read_raw(frame *out, const frame_members *members, frame_field field, span *to) {
  if (!mark(out, field, there(members, field))) return false;
  *to = members->at[field];
  return true;
}

static bool read_kind(frame *out, const frame_members *members, frame_field field, scan_kind kind,
                      span *to) {
  return is(members, field, kind) && read_raw(out, members, field, to);
}

static bool read_id(frame *out, const frame_members *members, frame_field field, uint64_t *to) {
  return mark(out, field, scan_id(members->at[field], to));
}

static bool read_printable(frame *out, const source *in, const frame_members *members,
                           frame_field field, size_t most, span *to) {
  return mark(out, field, frame_read_printable(in->parser, members->at[field], most, to));
}

static bool read_string(frame *out, const source *in, const frame_members *members,
                        frame_field field, span *to) {
  return mark(out, field, frame_read_string(in->parser, members->at[field], to));
}

/* EP-MSG-3 */
static bool read_uid(frame *out, const source *in, const frame_members *members,
                     frame_field field) {
  bool usable = frame_read_printable(in->parser, members->at[field], EP_LIMIT_UID, &out->uid);
  if (usable) out->uid_json = members->at[field];
  return mark(out, FRAME_FIELD_UID, usable);
}

/* True or false; anything else is not in form. */
static bool read_bool(frame *out, const frame_members *members, frame_field field, bool *to) {
  *to = is(members, field, SCAN_TRUE);
  return mark(out, field, *to || is(members, field, SCAN_FALSE));
}

/* ---- auth ---- */

static void read_version(frame *out, const frame_members *top) {
  uint64_t version;
  out->version = 1;
  if (!scan_id(top->at[FRAME_FIELD_VERSION], &version) || version < 2) return;
  out->version = version > UINT_MAX ? UINT_MAX : (unsigned)version;
  mark(out, FRAME_FIELD_VERSION, true);
}

/* The spec gives a secret or token a length and no alphabet. */
static void read_credential(frame *out, const source *in, frame_field field, span *to) {
  if (!there(in->top, field)) return;
  if (!read_string(out, in, in->top, field, to) || to->len > EP_LIMIT_CREDENTIAL) {
    invalid(out, EP_ERROR_BAD_AUTH, "Its secret or token is no string, or too long.");
  } else if (!scan_printable(*to, EP_LIMIT_CREDENTIAL)) {
    out->arguable = true;
  }
}

static void read_presence(frame *out, const source *in) {
  if (!there(in->top, FRAME_FIELD_PRESENCE)) return;
  span presence = in->top->at[FRAME_FIELD_PRESENCE];
  match_address address = match_address_of(presence);
  if (address == MATCH_ARGUABLE) out->arguable = true;
  if (address != MATCH_SELECTOR && address != MATCH_ARGUABLE) {
    invalid(out, EP_ERROR_BAD_AUTH, "Its presence is not a selector.");
    return;
  }
  read_raw(out, in->top, FRAME_FIELD_PRESENCE, &out->presence);
}

static void read_stream_state(frame *out, const source *in) {
  const frame_members *top = in->top;
  if (!read_id(out, top, FRAME_FIELD_EXPECT, &out->expect)) {
    invalid(out, EP_ERROR_BAD_AUTH, "It has no usable expect.");
  }
  if (!read_id(out, top, FRAME_FIELD_WINDOW, &out->window) && there(top, FRAME_FIELD_WINDOW)) {
    invalid(out, EP_ERROR_BAD_AUTH, "Its window is not in form.");
  }
}

static void read_auth_up(frame *out, const source *in) {
  const frame_members *top = in->top;
  if (!read_printable(out, in, top, FRAME_FIELD_PAYLOAD, EP_LIMIT_CLIENT_ID, &out->client)) {
    invalid(out, EP_ERROR_BAD_AUTH, "It has no usable client id."); /* EP-MSG-2 */
  }
  read_version(out, top);
  if (out->version < 2) return;
  if (!read_printable(out, in, top, FRAME_FIELD_INSTANCE, EP_LIMIT_NAME, &out->instance)) {
    invalid(out, EP_ERROR_BAD_AUTH, "It has no usable instance.");
  }
  if (!read_printable(out, in, top, FRAME_FIELD_EPOCH, EP_LIMIT_NAME, &out->epoch) &&
      there(top, FRAME_FIELD_EPOCH)) {
    invalid(out, EP_ERROR_BAD_AUTH, "Its epoch is not in form.");
  }
  read_stream_state(out, in);
  read_presence(out, in);
  read_credential(out, in, FRAME_FIELD_SECRET, &out->secret);
  read_credential(out, in, FRAME_FIELD_TOKEN, &out->token);
}

static void read_limits(frame *out, const frame_members *top) {
  span limits;
  if (!read_kind(out, top, FRAME_FIELD_LIMITS, SCAN_OBJECT, &limits)) return;
  if (!scan_id(scan_member_of(limits, "frame"), &out->limit_frame)) out->limit_frame = 0;
  if (!scan_id(scan_member_of(limits, "depth"), &out->limit_depth)) out->limit_depth = 0;
  if (!scan_id(scan_member_of(limits, "session"), &out->limit_session)) out->limit_session = 0;
}

static void read_auth_down(frame *out, const source *in) {
  const frame_members *top = in->top;
  if (!read_bool(out, top, FRAME_FIELD_PAYLOAD, &out->known)) {
    invalid(out, EP_ERROR_BAD_AUTH, "Its payload is neither true nor false.");
  }
  read_version(out, top);
  if (out->version < 2) return;
  if (!read_printable(out, in, top, FRAME_FIELD_EPOCH, EP_LIMIT_NAME, &out->epoch)) {
    invalid(out, EP_ERROR_BAD_AUTH, "It has no usable epoch.");
  }
  read_stream_state(out, in);
  read_limits(out, top);
}

/* ---- session.update, clients.list, client.connect, client.disconnect ---- */

static void read_session_up(frame *out, const source *in) {
  read_id(out, in->top, FRAME_FIELD_ID, &out->id);
  if (!read_kind(out, in->top, FRAME_FIELD_PAYLOAD, SCAN_OBJECT, &out->session)) {
    invalid(out, EP_ERROR_BAD_SESSION, "Its payload is not an object.");
  }
  if (out->session.len > EP_LIMIT_SESSION) out->session_over = true;
}

static void read_session_down(frame *out, const source *in) {
  const frame_members *inner = in->inner;
  if (!read_printable(out, in, inner, FRAME_FIELD_UUID, EP_LIMIT_CLIENT_ID, &out->client)) {
    invalid(out, EP_ERROR_BAD_MESSAGE, "It does not name a client.");
  }
  if (!read_kind(out, inner, FRAME_FIELD_SESSION, SCAN_OBJECT, &out->session)) {
    invalid(out, EP_ERROR_BAD_MESSAGE, "Its session is not an object.");
  }
  if (!read_bool(out, inner, FRAME_FIELD_CONNECTED, &out->connected)) out->arguable = true;
}

static void read_list_up(frame *out, const source *in) {
  if (is(in->top, FRAME_FIELD_PAYLOAD, SCAN_OBJECT)) {
    read_raw(out, in->top, FRAME_FIELD_PAYLOAD, &out->list);
  }
}

static void read_list_down(frame *out, const source *in) {
  if (!read_kind(out, in->top, FRAME_FIELD_PAYLOAD, SCAN_ARRAY, &out->list)) {
    invalid(out, EP_ERROR_BAD_MESSAGE, "Its payload is not an array.");
  }
  read_id(out, in->top, FRAME_FIELD_MORE, &out->more);
}

static void read_presence_event(frame *out, const source *in) {
  const frame_members *top = in->top;
  if (!read_printable(out, in, top, FRAME_FIELD_PAYLOAD, EP_LIMIT_CLIENT_ID, &out->client)) {
    invalid(out, EP_ERROR_BAD_MESSAGE, "It does not name a client.");
  }
  read_kind(out, top, FRAME_FIELD_SESSION, SCAN_OBJECT, &out->session);
}

/* ---- message.new, message.confirm, message.retry, message.receipt ---- */

static void read_message(frame *out, const source *in) {
  const frame_members *inner = in->inner;
  if (!is(in->top, FRAME_FIELD_PAYLOAD, SCAN_OBJECT)) {
    invalid(out, EP_ERROR_BAD_MESSAGE, "Its payload is not an object.");
    return;
  }
  read_printable(out, in, inner, FRAME_FIELD_FROM, EP_LIMIT_CLIENT_ID, &out->from);
  read_raw(out, inner, FRAME_FIELD_TO, &out->to);
  read_id(out, inner, FRAME_FIELD_ID, &out->id);
  read_uid(out, in, inner, FRAME_FIELD_UID);
  read_raw(out, inner, FRAME_FIELD_PAYLOAD, &out->payload);
}

static void read_message_up(frame *out, const source *in) {
  read_message(out, in);
  out->receipt = is(in->inner, FRAME_FIELD_RECEIPT, SCAN_TRUE);
  mark(out, FRAME_FIELD_RECEIPT, out->receipt);
}

static void read_message_down(frame *out, const source *in) {
  read_message(out, in);
  read_id(out, in->inner, FRAME_FIELD_FROM_ID, &out->from_id);
}

static void read_confirm(frame *out, const source *in) {
  if (read_id(out, in->top, FRAME_FIELD_PAYLOAD, &out->id)) return;
  if (read_uid(out, in, in->top, FRAME_FIELD_PAYLOAD)) return;
  invalid(out, EP_ERROR_BAD_MESSAGE, "Its payload is neither an id nor a uid.");
}

static void read_retry(frame *out, const source *in) {
  if (!read_id(out, in->top, FRAME_FIELD_PAYLOAD, &out->id)) {
    invalid(out, EP_ERROR_BAD_MESSAGE, "Its payload is not an id.");
  }
}

static void read_receipt(frame *out, const source *in) {
  const frame_members *inner = in->inner;
  bool all = read_id(out, inner, FRAME_FIELD_ID, &out->id);
  all = read_id(out, inner, FRAME_FIELD_OF, &out->of) && all;
  all = read_uid(out, in, inner, FRAME_FIELD_UID) && all;
  all = read_printable(out, in, inner, FRAME_FIELD_BY, EP_LIMIT_CLIENT_ID, &out->client) && all;
  all = read_id(out, inner, FRAME_FIELD_LEFT, &out->left) && all;
  if (!all) invalid(out, EP_ERROR_BAD_MESSAGE, "It does not say id, of, uid, by and left.");
  read_id(out, inner, FRAME_FIELD_MISSED, &out->missed);
}

/* ---- error, ping, pong, bye ---- */

static void read_error(frame *out, const source *in) {
  const frame_members *inner = in->inner;
  if (!read_string(out, in, inner, FRAME_FIELD_CODE, &out->code) || out->code.len == 0) {
    invalid(out, EP_ERROR_BAD_MESSAGE, "It has no code.");
  }
  if (!read_string(out, in, inner, FRAME_FIELD_REASON, &out->reason)) out->arguable = true;
  read_id(out, inner, FRAME_FIELD_ID, &out->id);
  read_id(out, inner, FRAME_FIELD_OF, &out->of);
  read_uid(out, in, inner, FRAME_FIELD_UID);
  read_kind(out, inner, FRAME_FIELD_TO, SCAN_ARRAY, &out->to);
  read_id(out, inner, FRAME_FIELD_COUNT, &out->count);
}

static void read_payload_alone(frame *out, const source *in) {
  read_raw(out, in->top, FRAME_FIELD_PAYLOAD, &out->payload);
}

/* ---- The table ---- */

typedef struct reader {
  void (*read)(frame *out, const source *in); /* NULL: not written in this direction */
  unsigned top, inner; /* the members that are named; `inner` 0: the payload is not read */
} reader;

enum {
  PLAIN = FRAME_HAS_ACTION | FRAME_HAS_PAYLOAD,
  AUTH = PLAIN | FRAME_HAS_VERSION | FRAME_HAS_EPOCH | FRAME_HAS_EXPECT | FRAME_HAS_WINDOW,
  AUTH_UP = AUTH | FRAME_HAS_INSTANCE | FRAME_HAS_PRESENCE | FRAME_HAS_SECRET | FRAME_HAS_TOKEN,
  MESSAGE = FRAME_HAS_FROM | FRAME_HAS_TO | FRAME_HAS_ID | FRAME_HAS_UID | FRAME_HAS_PAYLOAD,
  SESSION_DOWN = FRAME_HAS_UUID | FRAME_HAS_CONNECTED | FRAME_HAS_SESSION,
  RECEIPT = FRAME_HAS_ID | FRAME_HAS_OF | FRAME_HAS_UID | FRAME_HAS_BY | FRAME_HAS_LEFT,
  ERROR = FRAME_HAS_CODE | FRAME_HAS_REASON | FRAME_HAS_OF | FRAME_HAS_UID | FRAME_HAS_TO,
  NUMBERED_ERROR = ERROR | FRAME_HAS_COUNT | FRAME_HAS_ID
};

/* By action and direction: c2s, s2c. */
static const reader readers[EP_ACTION_COUNT][2] = {
    [EP_ACTION_AUTH] = {{read_auth_up, AUTH_UP, 0}, {read_auth_down, AUTH | FRAME_HAS_LIMITS, 0}},
    [EP_ACTION_SESSION_UPDATE] = {{read_session_up, PLAIN | FRAME_HAS_ID, 0},
                                  {read_session_down, PLAIN, SESSION_DOWN}},
    [EP_ACTION_CLIENTS_LIST] = {{read_list_up, PLAIN, 0},
                                {read_list_down, PLAIN | FRAME_HAS_MORE, 0}},
    [EP_ACTION_CLIENT_CONNECT] = {{NULL, 0, 0},
                                  {read_presence_event, PLAIN | FRAME_HAS_SESSION, 0}},
    [EP_ACTION_CLIENT_DISCONNECT] = {{NULL, 0, 0}, {read_presence_event, PLAIN, 0}},
    [EP_ACTION_MESSAGE_NEW] = {{read_message_up, PLAIN, MESSAGE | FRAME_HAS_RECEIPT},
                               {read_message_down, PLAIN, MESSAGE | FRAME_HAS_FROM_ID}},
    [EP_ACTION_MESSAGE_CONFIRM] = {{read_confirm, PLAIN, 0}, {read_confirm, PLAIN, 0}},
    [EP_ACTION_MESSAGE_RETRY] = {{read_retry, PLAIN, 0}, {read_retry, PLAIN, 0}},
    [EP_ACTION_MESSAGE_RECEIPT] = {{NULL, 0, 0}, {read_receipt, PLAIN, RECEIPT | FRAME_HAS_MISSED}},
    [EP_ACTION_ERROR] = {{read_error, PLAIN, NUMBERED_ERROR}, {read_error, PLAIN, NUMBERED_ERROR}},
    [EP_ACTION_PING] = {{read_payload_alone, PLAIN, 0}, {read_payload_alone, PLAIN, 0}},
    [EP_ACTION_PONG] = {{read_payload_alone, PLAIN, 0}, {read_payload_alone, PLAIN, 0}},
    [EP_ACTION_BYE] = {{read_payload_alone, PLAIN, 0}, {read_payload_alone, PLAIN, 0}},
};

bool frame_action_goes(ep_action action, trace_dir dir) {
  return readers[action][dir].read != NULL;
}

bool frame_reads_payload(ep_action action, trace_dir dir) {
  bool session = action == EP_ACTION_SESSION_UPDATE && dir == TRACE_C2S;
  return session || readers[action][dir].inner != 0;
}

/* Counts the members that are not named here. */
static void find_strangers(frame *out, const frame_members *members, unsigned named, bool within) {
  unsigned unnamed = members->there & ~named;
  if (members->others == 0 && unnamed == 0) return;
  if (out->strangers == 0) {
    out->stranger = members->other;
    out->stranger_within = within;
    for (unsigned i = 0; i < FRAME_FIELD_END && out->stranger.len == 0; i++) {
      if ((unnamed >> i & 1u) != 0) out->stranger = frame_field_name((frame_field)i);
    }
  }
  out->strangers += members->others;
  for (; unnamed != 0; unnamed &= unnamed - 1) out->strangers++;
}

void frame_read_action(frame_parser *parser, const frame_members *top, const frame_members *inner,
                       trace_dir dir, frame *out) {
  if (out->action == EP_ACTION_UNKNOWN) return;
  const reader *with = &readers[out->action][dir];
  source in = {.parser = parser, .top = top, .inner = inner};
  with->read(out, &in);
  find_strangers(out, top, with->top, false);
  if (with->inner == 0) return;
  out->inner = inner->there;
  find_strangers(out, inner, with->inner, true);
}
