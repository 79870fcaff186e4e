/* Floor 2, wire. The message catalogue: for each action, what is read and, right after it, what is
 * written. A decoder returns the error of a message that is not valid; an encoder writes what
 * follows `"action":"…"`.
 * Read first: wire/message.h, then spec/protocol.md, the chapter on messages. */
#include "wire/message.h"

#include <limits.h>

#include "base/assert.h"
#include "wire/fields.h"
#include "wire/number.h"
#include "wire/writer.h"

/* What a decoder reads: the members of the message, and of its payload where that is an object. */
typedef struct {
  ep_fields top;
  ep_fields inner;
  bool inner_missing; /* the payload has more members than are kept */
  ep_direction direction;
} source;

static ep_error need(bool held, ep_error otherwise) { return held ? EP_ERROR_NONE : otherwise; }

static void flag(ep_message *out, unsigned has, bool found) {
  if (found) out->has |= has;
}

/* EP-MSG-3 */
static void read_uid(ep_message *out, const ep_fields *fields, ep_field field) {
  if (!ep_field_uid(fields, &out->uid, field)) return;
  out->uid_json = ep_field_json(fields, field);
  out->has |= EP_HAS_UID;
}

static void read_payload(ep_message *out, const ep_fields *fields, ep_field field) {
  out->payload_json = ep_field_json(fields, field);
  flag(out, EP_HAS_PAYLOAD, out->payload_json.len != 0);
}

/* An id, uid or address as a JSON value: as it was spelled, where that is known. */
static void write_spelled(ep_writer *w, ep_bytes json, ep_bytes bytes) {
  if (json.len != 0) {
    ep_write(w, json);
  } else {
    ep_write_string(w, bytes);
  }
}

static void write_number_member(ep_writer *w, ep_bytes before, bool has, uint64_t number) {
  if (!has) return;
  ep_write(w, before);
  ep_write_number(w, number);
}

/* A string member that may be absent, but must be usable when it is there. */
static bool optional_printable(const ep_fields *fields, ep_bytes *out, ep_field field,
                               size_t most) {
  return fields->at[field] == NULL || ep_field_printable(fields, out, field, most);
}

/* ---- auth ---- */

static unsigned read_version(const ep_fields *top) {
  uint64_t version;
  if (!ep_field_id(top, &version, EP_FIELD_VERSION) || version < 2) return 1;
  return version > UINT_MAX ? UINT_MAX : (unsigned)version;
}

static void read_stream_state(ep_message *out, const ep_fields *top) {
  flag(out, EP_HAS_EXPECT, ep_field_id(top, &out->expect, EP_FIELD_EXPECT));
  flag(out, EP_HAS_WINDOW, ep_field_id(top, &out->window, EP_FIELD_WINDOW));
}

static bool auth_members_usable(ep_message *out, const ep_fields *top) {
  if (!optional_printable(top, &out->epoch, EP_FIELD_EPOCH, EP_LIMIT_NAME)) return false;
  if (!optional_printable(top, &out->secret, EP_FIELD_SECRET, EP_LIMIT_CREDENTIAL)) return false;
  if (!optional_printable(top, &out->token, EP_FIELD_TOKEN, EP_LIMIT_CREDENTIAL)) return false;
  if (top->at[EP_FIELD_WINDOW] != NULL && (out->has & EP_HAS_WINDOW) == 0) return false;
  if (top->at[EP_FIELD_PRESENCE] == NULL) return true;
  ep_bytes nobody;
  out->presence_json = ep_field_json(top, EP_FIELD_PRESENCE);
  return ep_field_to(top, &nobody, EP_FIELD_PRESENCE) == EP_TO_SELECTOR;
}

static ep_error decode_auth_c2s(ep_message *out, const source *in) {
  const ep_fields *top = &in->top;
  bool named = ep_field_printable(top, &out->client, EP_FIELD_PAYLOAD, EP_LIMIT_CLIENT_ID);
  out->version = read_version(top);
  if (out->version >= 2) {
    named = ep_field_printable(top, &out->instance, EP_FIELD_INSTANCE, EP_LIMIT_NAME) && named;
    read_stream_state(out, top);
    named = auth_members_usable(out, top) && named && (out->has & EP_HAS_EXPECT) != 0;
  }
  return need(named, EP_ERROR_BAD_AUTH);
}

static ep_error decode_auth_s2c(ep_message *out, const source *in) {
  const ep_fields *top = &in->top;
  out->known = ep_field_is(top, EP_FIELD_PAYLOAD, EP_JSON_TRUE);
  bool usable = out->known || ep_field_is(top, EP_FIELD_PAYLOAD, EP_JSON_FALSE);
  out->version = read_version(top);
  if (out->version >= 2) {
    usable = ep_field_printable(top, &out->epoch, EP_FIELD_EPOCH, EP_LIMIT_NAME) && usable;
    read_stream_state(out, top);
    usable = usable && (out->has & EP_HAS_EXPECT) != 0;
    if (ep_field_is(top, EP_FIELD_LIMITS, EP_JSON_OBJECT)) {
      out->limits_json = ep_field_json(top, EP_FIELD_LIMITS);
    }
  }
  return need(usable, EP_ERROR_BAD_AUTH);
}

static void encode_auth(ep_writer *w, const ep_message *message) {
  ep_write_literal(w, ",\"payload\":");
  if (w->direction == EP_C2S) {
    ep_write_string(w, message->client);
  } else {
    ep_write(w, message->known ? EP_LITERAL("true") : EP_LITERAL("false"));
  }
  if (message->version < 2) return;
  write_number_member(w, EP_LITERAL(",\"version\":"), true, message->version);
  ep_write_string_member(w, EP_LITERAL(",\"instance\":"), message->instance);
  ep_write_string_member(w, EP_LITERAL(",\"epoch\":"), message->epoch);
  write_number_member(w, EP_LITERAL(",\"expect\":"), (message->has & EP_HAS_EXPECT) != 0,
                      message->expect);
  write_number_member(w, EP_LITERAL(",\"window\":"), (message->has & EP_HAS_WINDOW) != 0,
                      message->window);
  ep_write_json_member(w, EP_LITERAL(",\"limits\":"), message->limits_json);
  ep_write_json_member(w, EP_LITERAL(",\"presence\":"), message->presence_json);
  ep_write_string_member(w, EP_LITERAL(",\"secret\":"), message->secret);
  ep_write_string_member(w, EP_LITERAL(",\"token\":"), message->token);
}

/* ---- session.update ---- */

static ep_error decode_session_c2s(ep_message *out, const source *in) {
  flag(out, EP_HAS_ID, ep_field_id(&in->top, &out->id, EP_FIELD_ID));
  if (!ep_field_is(&in->top, EP_FIELD_PAYLOAD, EP_JSON_OBJECT)) return EP_ERROR_BAD_SESSION;
  read_payload(out, &in->top, EP_FIELD_PAYLOAD);
  return EP_ERROR_NONE;
}

static ep_error decode_session_s2c(ep_message *out, const source *in) {
  bool named = ep_field_printable(&in->inner, &out->client, EP_FIELD_UUID, EP_LIMIT_CLIENT_ID);
  out->connected = ep_field_is(&in->inner, EP_FIELD_CONNECTED, EP_JSON_TRUE);
  named = named && ep_field_is(&in->inner, EP_FIELD_SESSION, EP_JSON_OBJECT);
  if (named) read_payload(out, &in->inner, EP_FIELD_SESSION);
  return need(named && !in->inner_missing, EP_ERROR_BAD_MESSAGE);
}

static void encode_session(ep_writer *w, const ep_message *message) {
  ep_write_literal(w, ",\"payload\":");
  if (w->direction == EP_C2S) {
    ep_write(w, message->payload_json);
    bool numbered = w->shape != NULL || (message->has & EP_HAS_ID) != 0;
    if (!numbered || w->form != EP_BARE) return;
    ep_write_literal(w, ",\"id\":");
    ep_write_id(w, message->id);
    return;
  }
  ep_write_literal(w, "{\"uuid\":");
  ep_write_string(w, message->client);
  ep_write(w, message->connected ? EP_LITERAL(",\"connected\":true,\"session\":")
                                 : EP_LITERAL(",\"connected\":false,\"session\":"));
  ep_write(w, message->payload_json);
  ep_write_literal(w, "}");
}

/* ---- clients.list ---- */

static ep_error decode_list_c2s(ep_message *out, const source *in) {
  if (!ep_field_is(&in->top, EP_FIELD_PAYLOAD, EP_JSON_OBJECT)) return EP_ERROR_NONE;
  out->to_kind = ep_field_to(&in->top, &out->to, EP_FIELD_PAYLOAD);
  out->to_json = ep_field_json(&in->top, EP_FIELD_PAYLOAD);
  return EP_ERROR_NONE;
}

static ep_error decode_list_s2c(ep_message *out, const source *in) {
  if (!ep_field_is(&in->top, EP_FIELD_PAYLOAD, EP_JSON_ARRAY)) return EP_ERROR_BAD_MESSAGE;
  read_payload(out, &in->top, EP_FIELD_PAYLOAD);
  if (!ep_field_id(&in->top, &out->count, EP_FIELD_MORE)) out->count = 0;
  return EP_ERROR_NONE;
}

static void encode_list(ep_writer *w, const ep_message *message) {
  ep_write_literal(w, ",\"payload\":");
  if (w->direction == EP_C2S) {
    bool selected = message->to_json.len != 0 && w->form == EP_BARE;
    ep_write(w, selected ? message->to_json : EP_LITERAL("\"\""));
    return;
  }
  ep_write(w, message->payload_json);
  write_number_member(w, EP_LITERAL(",\"more\":"), message->count != 0 && w->form == EP_BARE,
                      message->count);
}

/* ---- client.connect, client.disconnect ---- */

static ep_error decode_presence(ep_message *out, const source *in) {
  if (out->action == EP_ACTION_CLIENT_CONNECT &&
      ep_field_is(&in->top, EP_FIELD_SESSION, EP_JSON_OBJECT)) {
    read_payload(out, &in->top, EP_FIELD_SESSION);
  }
  return need(ep_field_printable(&in->top, &out->client, EP_FIELD_PAYLOAD, EP_LIMIT_CLIENT_ID),
              EP_ERROR_BAD_MESSAGE);
}

static void encode_presence(ep_writer *w, const ep_message *message) {
  ep_write_literal(w, ",\"payload\":");
  ep_write_string(w, message->client);
  if (message->action != EP_ACTION_CLIENT_CONNECT || w->form != EP_BARE) return;
  ep_write_json_member(w, EP_LITERAL(",\"session\":"), message->payload_json);
}

/* ---- message.new ---- */

static ep_error decode_new(ep_message *out, const source *in) {
  const ep_fields *inner = &in->inner;
  flag(out, EP_HAS_ID, ep_field_id(inner, &out->id, EP_FIELD_ID));
  read_uid(out, inner, EP_FIELD_UID);
  if (!ep_field_printable(inner, &out->from, EP_FIELD_FROM, EP_LIMIT_CLIENT_ID)) {
    out->from = EP_NOTHING;
  }
  out->to_kind = ep_field_to(inner, &out->to, EP_FIELD_TO);
  out->to_json = ep_field_json(inner, EP_FIELD_TO);
  read_payload(out, inner, EP_FIELD_PAYLOAD);
  out->receipt = in->direction == EP_C2S && ep_field_is(inner, EP_FIELD_RECEIPT, EP_JSON_TRUE);
  flag(out, EP_HAS_FROM_ID, ep_field_id(inner, &out->from_id, EP_FIELD_FROM_ID));
  return need(in->top.at[EP_FIELD_PAYLOAD] != NULL &&
                  in->top.at[EP_FIELD_PAYLOAD]->kind == EP_JSON_OBJECT && !in->inner_missing,
              EP_ERROR_BAD_MESSAGE);
}

/* EP-MSG-5: these members and no others; EP-MSG-6: `to` and `uid` as spelled. */
static void encode_new(ep_writer *w, const ep_message *message) {
  ep_write_literal(w, ",\"payload\":{");
  ep_write_string_member(w, EP_LITERAL("\"from\":"), message->from);
  ep_write(w, message->from.len == 0 ? EP_LITERAL("\"to\":") : EP_LITERAL(",\"to\":"));
  write_spelled(w, message->to_json, message->to);
  ep_write_literal(w, ",\"id\":");
  ep_write_id(w, message->id);
  ep_write_literal(w, ",\"uid\":");
  write_spelled(w, message->uid_json, message->uid);
  ep_write_json_member(w, EP_LITERAL(",\"payload\":"), message->payload_json);
  write_number_member(w, EP_LITERAL(",\"fromId\":"),
                      w->direction == EP_S2C && (message->has & EP_HAS_FROM_ID) != 0,
                      message->from_id);
  if (ep_write_beyond_v1(w) && message->receipt && w->direction == EP_C2S) {
    ep_write_literal(w, ",\"receipt\":true");
  }
  ep_write_literal(w, "}");
}

/* ---- message.confirm, message.retry ---- */

static ep_error decode_confirm(ep_message *out, const source *in) {
  flag(out, EP_HAS_ID, ep_field_id(&in->top, &out->id, EP_FIELD_PAYLOAD));
  if (out->action == EP_ACTION_MESSAGE_CONFIRM) read_uid(out, &in->top, EP_FIELD_PAYLOAD);
  return need((out->has & (EP_HAS_ID | EP_HAS_UID)) != 0, EP_ERROR_BAD_MESSAGE);
}

static void encode_confirm(ep_writer *w, const ep_message *message) {
  bool by_uid = (message->has & EP_HAS_UID) != 0 &&
                (w->form == EP_ENVELOPED || (message->has & EP_HAS_ID) == 0);
  ep_write_literal(w, ",\"payload\":");
  if (by_uid && message->action == EP_ACTION_MESSAGE_CONFIRM) {
    write_spelled(w, message->uid_json, message->uid);
  } else {
    ep_write_number(w, message->id);
  }
}

/* ---- message.receipt ---- */

static ep_error decode_receipt(ep_message *out, const source *in) {
  const ep_fields *inner = &in->inner;
  flag(out, EP_HAS_ID, ep_field_id(inner, &out->id, EP_FIELD_ID));
  flag(out, EP_HAS_OF, ep_field_id(inner, &out->of, EP_FIELD_OF));
  read_uid(out, inner, EP_FIELD_UID);
  bool named = ep_field_printable(inner, &out->client, EP_FIELD_BY, EP_LIMIT_CLIENT_ID);
  bool counted = ep_field_id(inner, &out->count, EP_FIELD_LEFT);
  if (!ep_field_id(inner, &out->missed, EP_FIELD_MISSED)) out->missed = 0;
  unsigned needed = EP_HAS_ID | EP_HAS_OF | EP_HAS_UID;
  return need(named && counted && (out->has & needed) == needed && !in->inner_missing,
              EP_ERROR_BAD_MESSAGE);
}

static void encode_receipt(ep_writer *w, const ep_message *message) {
  ep_write_literal(w, ",\"payload\":{\"id\":");
  ep_write_id(w, message->id);
  write_number_member(w, EP_LITERAL(",\"of\":"), true, message->of);
  ep_write_literal(w, ",\"uid\":");
  write_spelled(w, message->uid_json, message->uid);
  ep_write_string_member(w, EP_LITERAL(",\"by\":"), message->client);
  write_number_member(w, EP_LITERAL(",\"left\":"), true, message->count);
  write_number_member(w, EP_LITERAL(",\"missed\":"), message->missed != 0, message->missed);
  ep_write_literal(w, "}");
}

/* ---- error ---- */

static ep_bytes error_name(ep_error error) {
  const char *name = ep_error_name(error);
  size_t len = 0;
  while (name[len] != '\0') len++;
  return ep_bytes_of(name, len);
}

static ep_error error_of(ep_bytes name) {
  for (unsigned i = EP_ERROR_NONE + 1; i < EP_ERROR_COUNT; i++) {
    if (ep_bytes_equal(error_name((ep_error)i), name)) return (ep_error)i;
  }
  return EP_ERROR_NONE;
}

static ep_error decode_error(ep_message *out, const source *in) {
  const ep_fields *inner = &in->inner;
  flag(out, EP_HAS_ID, ep_field_id(inner, &out->id, EP_FIELD_ID));
  flag(out, EP_HAS_OF, ep_field_id(inner, &out->of, EP_FIELD_OF));
  read_uid(out, inner, EP_FIELD_UID);
  out->to_json = ep_field_json(inner, EP_FIELD_TO);
  if (!ep_field_id(inner, &out->count, EP_FIELD_COUNT)) out->count = 0;
  out->code_name = ep_field_words(inner, EP_FIELD_CODE);
  out->code = error_of(out->code_name);
  out->reason = ep_field_words(inner, EP_FIELD_REASON);
  return need(out->code_name.len != 0 && !in->inner_missing, EP_ERROR_BAD_MESSAGE);
}

static void encode_error(ep_writer *w, const ep_message *message) {
  bool known = message->code != EP_ERROR_NONE;
  ep_write_literal(w, ",\"payload\":{\"code\":");
  ep_write_string(w, known ? error_name(message->code) : message->code_name);
  ep_write_string_member(w, EP_LITERAL(",\"reason\":"), message->reason);
  write_number_member(w, EP_LITERAL(",\"of\":"), (message->has & EP_HAS_OF) != 0, message->of);
  if ((message->has & EP_HAS_UID) != 0) {
    ep_write_literal(w, ",\"uid\":");
    write_spelled(w, message->uid_json, message->uid);
  }
  ep_write_json_member(w, EP_LITERAL(",\"to\":"), message->to_json);
  write_number_member(w, EP_LITERAL(",\"count\":"), message->count != 0, message->count);
  if (w->shape != NULL || (message->has & EP_HAS_ID) != 0) {
    ep_write_literal(w, ",\"id\":");
    ep_write_id(w, message->id);
  }
  ep_write_literal(w, "}");
}

/* ---- ping, pong, bye ---- */

static ep_error decode_ping(ep_message *out, const source *in) {
  read_payload(out, &in->top, EP_FIELD_PAYLOAD);
  return EP_ERROR_NONE;
}

static void encode_ping(ep_writer *w, const ep_message *message) {
  ep_write_json_member(w, EP_LITERAL(",\"payload\":"), message->payload_json);
}

static ep_error decode_bye(ep_message *out, const source *in) {
  out->reason = ep_field_words(&in->top, EP_FIELD_PAYLOAD);
  return EP_ERROR_NONE;
}

static void encode_bye(ep_writer *w, const ep_message *message) {
  ep_write_string_member(w, EP_LITERAL(",\"payload\":"), message->reason);
}

/* ---- all of them ---- */

typedef ep_error decoder(ep_message *out, const source *in);
typedef void encoder(ep_writer *w, const ep_message *message);

/* NULL: this direction does not have the action. */
typedef struct {
  decoder *decode[2]; /* EP_C2S, EP_S2C */
  encoder *encode;
} codec;

static const codec codecs[EP_ACTION_COUNT] = {
    [EP_ACTION_AUTH] = {{decode_auth_c2s, decode_auth_s2c}, encode_auth},
    [EP_ACTION_SESSION_UPDATE] = {{decode_session_c2s, decode_session_s2c}, encode_session},
    [EP_ACTION_CLIENTS_LIST] = {{decode_list_c2s, decode_list_s2c}, encode_list},
    [EP_ACTION_CLIENT_CONNECT] = {{NULL, decode_presence}, encode_presence},
    [EP_ACTION_CLIENT_DISCONNECT] = {{NULL, decode_presence}, encode_presence},
    [EP_ACTION_MESSAGE_NEW] = {{decode_new, decode_new}, encode_new},
    [EP_ACTION_MESSAGE_CONFIRM] = {{decode_confirm, decode_confirm}, encode_confirm},
    [EP_ACTION_MESSAGE_RETRY] = {{decode_confirm, decode_confirm}, encode_confirm},
    [EP_ACTION_MESSAGE_RECEIPT] = {{NULL, decode_receipt}, encode_receipt},
    [EP_ACTION_ERROR] = {{decode_error, decode_error}, encode_error},
    [EP_ACTION_PING] = {{decode_ping, decode_ping}, encode_ping},
    [EP_ACTION_PONG] = {{decode_ping, decode_ping}, encode_ping},
    [EP_ACTION_BYE] = {{decode_bye, decode_bye}, encode_bye},
};

static const ep_bytes action_names[EP_ACTION_COUNT] = {{NULL, 0},
#define ACTION_NAME(id, name) {(const uint8_t *)(name), sizeof(name) - 1},
                                                       EP_ACTIONS(ACTION_NAME)
#undef ACTION_NAME
};

static ep_action action_of(ep_bytes name, ep_direction direction) {
  for (unsigned i = EP_ACTION_UNKNOWN + 1; i < EP_ACTION_COUNT; i++) {
    if (ep_bytes_equal(action_names[i], name)) {
      return codecs[i].decode[direction] == NULL ? EP_ACTION_UNKNOWN : (ep_action)i;
    }
  }
  return EP_ACTION_UNKNOWN;
}

static void source_collect(source *out, const ep_frame_reader *reader, ep_direction direction) {
  const ep_json *json = ep_frame_members(reader);
  ep_bytes text = ep_frame_text(reader);
  out->direction = direction;
  ep_fields_collect(&out->top, reader->scratch, text, json->top, json->top_count);
  const ep_json_member *payload = out->top.at[EP_FIELD_PAYLOAD];
  bool object = payload != NULL && payload->kind == EP_JSON_OBJECT;
  ep_fields_collect(&out->inner, reader->scratch, text, json->inner,
                    object ? json->inner_count : 0);
  out->inner_missing = object && json->inner_more;
}

/* What a message that was refused while it was scanned is refused with. */
static ep_error scan_error(const ep_json *json) {
  if (json->result == EP_JSON_DONE) return EP_ERROR_NONE;
  return json->result == EP_JSON_TOO_DEEP ? EP_ERROR_TOO_DEEP : EP_ERROR_BAD_MESSAGE;
}

ep_decode ep_message_decode(const ep_frame_reader *reader, ep_direction direction, ep_message *out,
                            ep_error *why) {
  source in;
  EP_ASSERT(ep_frame_members(reader) != NULL);
  reader->scratch->strings_len = 0;
  reader->scratch->over = 0;
  *out = (ep_message){.form = ep_frame_form(reader), .version = 1};
  source_collect(&in, reader, direction);
  out->name = ep_field_words(&in.top, EP_FIELD_ACTION);
  out->action = action_of(out->name, direction);
  /* EP-MSG-1 */
  *why = need(ep_field_is(&in.top, EP_FIELD_ACTION, EP_JSON_STRING), EP_ERROR_BAD_MESSAGE);
  if (out->action != EP_ACTION_UNKNOWN) *why = codecs[out->action].decode[direction](out, &in);
  ep_error scan = scan_error(ep_frame_members(reader));
  if (scan != EP_ERROR_NONE) *why = scan;
  if (*why == EP_ERROR_NONE) return EP_DECODE_OK;
  if (scan == EP_ERROR_TOO_DEEP) reader->scratch->over |= EP_BOUND_BIT(DEPTH);
  if (scan == EP_ERROR_BAD_MESSAGE || in.inner_missing)
    reader->scratch->over |= EP_BOUND_BIT(MEMBERS);
  return EP_DECODE_INVALID;
}

void ep_write_message(ep_writer *w, const ep_message *message) {
  EP_ASSERT(message->action != EP_ACTION_UNKNOWN);
  EP_ASSERT(message->action < EP_ACTION_COUNT);
  ep_write_literal(w, "{\"action\":\"");
  ep_write(w, action_names[message->action]);
  ep_write_literal(w, "\"");
  codecs[message->action].encode(w, message);
  ep_write_literal(w, "}");
}
