/* Reads a frame: opens its envelope, finds its members, and has them read for its action.
 * Read first: frame.h. Then: frame_actions.c, one function for each action. */
#include <stdlib.h>
#include <string.h>

#include "oracle/frame_internal.h"

static const char *const action_names[EP_ACTION_COUNT] = {"",
#define ACTION_NAME(id, name) name,
                                                          EP_ACTIONS(ACTION_NAME)
#undef ACTION_NAME
};

static const char *const error_names[EP_ERROR_COUNT] = {"",
#define ERROR_NAME(id, name, closes, sentence) name,
                                                        EP_ERRORS(ERROR_NAME)
#undef ERROR_NAME
};

static const span field_names[FRAME_FIELD_END] = {
#define FIELD_NAME(id, name) {name, sizeof(name) - 1},
    FRAME_FIELDS(FIELD_NAME)
#undef FIELD_NAME
};

const char *frame_action_name(ep_action action) { return action_names[action]; }

span frame_field_name(frame_field field) { return field_names[field]; }

const char *frame_error_name(ep_error error) { return error_names[error]; }

ep_error frame_error_of(span code) {
  for (unsigned i = EP_ERROR_NONE + 1; i < EP_ERROR_COUNT; i++) {
    if (span_is(code, error_names[i])) return (ep_error)i;
  }
  return EP_ERROR_NONE;
}

static ep_action action_of(span name) {
  for (unsigned i = EP_ACTION_UNKNOWN + 1; i < EP_ACTION_COUNT; i++) {
    if (span_is(name, action_names[i])) return (ep_action)i;
  }
  return EP_ACTION_UNKNOWN;
}

/* ---- Memory ---- */

void frame_parser_init(frame_parser *parser) { *parser = (frame_parser){.envelope = NULL}; }

void frame_parser_free(frame_parser *parser) {
  free(parser->envelope);
  free(parser->strings);
  frame_parser_init(parser);
}

static bool reserve(char **bytes, size_t *room, size_t needed) {
  if (*room >= needed) return true;
  size_t size = *room == 0 ? 4096 : *room;
  while (size < needed) size *= 2;
  char *grown = malloc(size);
  if (grown == NULL) return false;
  free(*bytes);
  *bytes = grown;
  *room = size;
  return true;
}

/* ---- Members ---- */

static frame_field field_of(const scan_member *member) {
  for (unsigned i = 0; i < FRAME_FIELD_END; i++) {
    if (member->escaped) {
      if (scan_named(member, field_names[i])) return (frame_field)i;
    } else if (member->name.len == field_names[i].len &&
               memcmp(member->name.text, field_names[i].text, member->name.len) == 0) {
      return (frame_field)i;
    }
  }
  return FRAME_FIELD_END;
}

/* EP-JSON-2, EP-JSON-3: the last of a name counts, compared without escapes. */
static scan_result collect(frame_members *out, span text, unsigned depth) {
  scan_walk walk;
  scan_member member;
  *out = (frame_members){.count = 0};
  scan_begin(&walk, text, depth);
  while (scan_next_member(&walk, &member) == SCAN_OK) {
    frame_field field = field_of(&member);
    out->count++;
    if (field < FRAME_FIELD_END) {
      out->at[field] = member.value;
      out->there |= 1u << field;
      continue;
    }
    out->others++;
    if (out->others == 1) out->other = member.name;
  }
  return walk.result;
}

/* Collects the members of an object that may be deeper than the limit `depth`; false: malformed. */
static bool collect_object(frame_members *members, span text, frame *out) {
  scan_result result = collect(members, text, EP_LIMIT_DEPTH);
  if (result == SCAN_TOO_DEEP) {
    out->over_depth = true;
    result = collect(members, text, SCAN_DEPTH_MOST);
    /* Deeper than anybody reads: what follows may be anything. */
    if (result == SCAN_TOO_DEEP) out->arguable = true;
  }
  if (members->count > EP_LIMIT_MEMBERS) out->over_members = true;
  return result == SCAN_END || result == SCAN_TOO_DEEP;
}

bool frame_read_string(frame_parser *parser, span value, span *out) {
  if (scan_kind_of(value) != SCAN_STRING) return false;
  *out = (span){value.text + 1, value.len - 2};
  if (memchr(out->text, '\\', out->len) == NULL) return true;
  char *room = parser->strings + parser->strings_len;
  *out = (span){room, scan_unescape(room, value, NULL)};
  parser->strings_len += out->len;
  return true;
}

bool frame_read_printable(frame_parser *parser, span value, size_t most, span *out) {
  span found;
  if (value.len > 6 * most + 2 || !frame_read_string(parser, value, &found)) return false;
  if (!scan_printable(found, most)) return false;
  *out = found;
  return true;
}

/* ---- Envelopes ---- */

static bool is_enveloped(const frame_members *outer) {
  scan_member type = {.escaped = true, .value = outer->at[FRAME_FIELD_TYPE]};
  if (scan_kind_of(outer->at[FRAME_FIELD_ACTION]) == SCAN_STRING) return false;
  if (scan_kind_of(type.value) != SCAN_STRING) return false;
  type.name = (span){type.value.text + 1, type.value.len - 2};
  if (!scan_named(&type, span_of("_message_"))) return false;
  return scan_kind_of(outer->at[FRAME_FIELD_DATA]) == SCAN_STRING;
}

/* Whether the string is escaped as section 4.4 says: what must be, in the shortest way. */
static bool escaped_shortest(span value) {
  for (size_t i = 1; i + 1 < value.len; i++) {
    if (value.text[i] != '\\') continue;
    i++;
    if (value.text[i] == '/') return false;
    if (value.text[i] != 'u') continue;
    const char *digits = value.text + i + 1;
    if (memcmp(digits, "00", 2) != 0 || (digits[2] != '0' && digits[2] != '1')) return false;
    if (digits[3] >= 'A' && digits[3] <= 'F') return false;
    if (digits[2] == '0' && digits[3] != '\0' && strchr("89acd", digits[3]) != NULL) return false;
    i += 4;
  }
  return true;
}

static bool envelope_exact(span bytes, span data) {
  static const char before[] = "{\"type\":\"_message_\",\"data\":";
  size_t len = sizeof before - 1;
  if (bytes.len != len + data.len + 1 || memcmp(bytes.text, before, len) != 0) return false;
  return data.text == bytes.text + len && escaped_shortest(data);
}

/* EP-FRAME-6: no white space outside strings, and `action` first. */
static bool message_exact(span text) {
  static const char before[] = "{\"action\":\"";
  if (text.len < sizeof before || memcmp(text.text, before, sizeof before - 1) != 0) return false;
  bool in_string = false;
  for (size_t i = 0; i < text.len; i++) {
    char c = text.text[i];
    if (c == '"') in_string = !in_string;
    if (in_string && c == '\\') i++;
    if (!in_string && (c == ' ' || c == '\t' || c == '\n' || c == '\r')) return false;
  }
  return true;
}

static void wrong(frame *out, frame_class class, const char *why) {
  out->class = class;
  out->error = class == FRAME_INVALID ? EP_ERROR_BAD_MESSAGE : EP_ERROR_MALFORMED;
  out->why = why;
}

/* Undoes the envelope: members of the message instead of those of the frame. A surrogate without
 * its partner becomes bytes that are not UTF-8, and so malformed. */
static void open_envelope(frame_parser *parser, frame_members *members, frame *out) {
  span data = members->at[FRAME_FIELD_DATA];
  out->form = FRAME_ENVELOPED;
  out->exact = envelope_exact(out->text, data);
  out->text = (span){parser->envelope, scan_unescape(parser->envelope, data, NULL)};
  if (!collect_object(members, out->text, out)) {
    wrong(out, FRAME_MALFORMED, "The data of the envelope is not a JSON object in UTF-8.");
  }
}

/* ---- The whole ---- */

static void read_message(frame_parser *parser, frame_members *top, trace_dir dir, frame *out) {
  frame_members inner = {.count = 0};
  bool over_members = out->over_members;
  out->top = top->there;
  if (!frame_read_string(parser, top->at[FRAME_FIELD_ACTION], &out->action_name)) {
    wrong(out, FRAME_INVALID, "It has no member `action` that is a string.");
    return;
  }
  span payload = top->at[FRAME_FIELD_PAYLOAD];
  out->action = action_of(out->action_name);
  if (!frame_action_goes(out->action, dir)) out->action = EP_ACTION_UNKNOWN;
  if (scan_kind_of(payload) == SCAN_OBJECT && frame_reads_payload(out->action, dir)) {
    collect_object(&inner, payload, out);
  }
  bool session = out->action == EP_ACTION_SESSION_UPDATE && dir == TRACE_C2S;
  out->session_over = session && inner.count > EP_LIMIT_MEMBERS;
  if (session) out->over_members = over_members; /* a session has its own answer: EP-SESS-4 */
  frame_read_action(parser, top, &inner, dir, out);
  out->exact = out->exact && message_exact(out->text);
}

bool frame_parse(frame_parser *parser, span bytes, trace_dir dir, frame *out) {
  frame_members top;
  *out = (frame){.class = FRAME_OK, .form = FRAME_BARE, .exact = true};
  parser->strings_len = 0;
  if (!reserve(&parser->strings, &parser->strings_room, bytes.len)) return false;
  if (!reserve(&parser->envelope, &parser->envelope_room, bytes.len)) return false;
  if (bytes.len == 0 || bytes.text[bytes.len - 1] != '\f') {
    wrong(out, FRAME_MALFORMED, "It has no end byte.");
    return true;
  }
  out->text = (span){bytes.text, bytes.len - 1};
  if (!collect_object(&top, out->text, out)) {
    wrong(out, FRAME_MALFORMED, "It is not one JSON object in UTF-8.");
    return true;
  }
  if (is_enveloped(&top)) open_envelope(parser, &top, out);
  if (out->class == FRAME_OK) read_message(parser, &top, dir, out);
  return true;
}

int frame_list_next(frame_parser *parser, scan_walk *walk, frame_listed *out) {
  span item;
  scan_result result = scan_next_item(walk, &item);
  if (result != SCAN_OK) return result == SCAN_END ? 0 : -1;
  span uuid = scan_member_of(item, "uuid"), state = scan_member_of(item, "state");
  out->session = scan_member_of(item, "session");
  out->connected = span_is(state, "\"connected\"");
  if (!out->connected && !span_is(state, "\"disconnected\"")) return -1;
  if (scan_kind_of(uuid) != SCAN_STRING || uuid.len > sizeof parser->listed) return -1;
  out->client = (span){parser->listed, scan_unescape(parser->listed, uuid, NULL)};
  bool usable = scan_printable(out->client, EP_LIMIT_CLIENT_ID);
  return usable && scan_kind_of(out->session) == SCAN_OBJECT ? 1 : -1;
}
