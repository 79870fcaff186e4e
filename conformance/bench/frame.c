/* epigeon-bench: frames, made from templates and scanned by hand. See frame.h. */
#define _GNU_SOURCE
#include "frame.h"

#include <assert.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "util.h"

#define ENVELOPE "{\"type\":\"_message_\",\"data\":\""
#define EP1_ACTION ENVELOPE "{\\\"action\\\":\\\""
#define EP2_ACTION "{\"action\":\""

#define RAW_CONFIRM "{\"action\":\"message.confirm\",\"payload\":\"000000000000000000\"}\f"
_Static_assert(sizeof RAW_CONFIRM == CONFIRM_LEN + 1, "the bound's confirm has 60 bytes");
const char raw_confirm[CONFIRM_LEN + 1] = RAW_CONFIRM;

static const char payload_text[PAYLOAD_LEN + 1] =
    "abcdefghijklmnopqrstuvwxyz012345ABCDEFGHIJKLMNOPQRSTUVWXYZ-_.:;+"
    "abcdefghijklmnopqrstuvwxyz012345ABCDEFGHIJKLMNOPQRSTUVWXYZ-_.:;+"
    "abcdefghijklmnopqrstuvwxyz012345ABCDEFGHIJKLMNOPQRSTUVWXYZ-_.:;+"
    "abcdefghijklmnopqrstuvwxyz012345ABCDEFGHIJKLMNOPQRSTUVWXYZ-_.:;+";

/* ---- writing ---- */

static const char hex_digits[] = "0123456789abcdef";

static void put_hex(char *out, uint64_t number, int digits) {
  for (int i = digits - 1; i >= 0; i--, number >>= 4) out[i] = hex_digits[number & 15];
}

void uuid_make(uint64_t group, uint64_t number, char out[UUID_LEN + 1]) {
  memcpy(out, "00000000-0000-4000-8000-000000000000", UUID_LEN + 1);
  put_hex(out, group >> 32, 8);
  put_hex(out + 9, group >> 16, 4);
  put_hex(out + 15, group >> 4, 3);
  put_hex(out + 24, number, 12);
}

size_t put_number(char *out, uint64_t number) {
  char digits[20];
  size_t count = 0;
  do {
    digits[sizeof digits - ++count] = (char)('0' + number % 10);
    number /= 10;
  } while (number);
  memcpy(out, digits + sizeof digits - count, count);
  return count;
}

/* text, with quotes and backslashes escaped when it lies inside the envelope's string. */
static size_t put_text(char *out, const char *text, bool enveloped) {
  size_t len = 0;
  for (; *text; text++) {
    assert(len + 2 < FRAME_MAX);
    if (enveloped && (*text == '"' || *text == '\\')) out[len++] = '\\';
    out[len++] = *text;
  }
  return len;
}

size_t frame_wrap(bool enveloped, const char *inner, char out[FRAME_MAX]) {
  assert(2 * strlen(inner) + sizeof ENVELOPE + 3 < FRAME_MAX);
  size_t len = 0;
  if (enveloped) len = put_text(out, ENVELOPE, false);
  len += put_text(out + len, inner, enveloped);
  if (enveloped) len += put_text(out + len, "\"}", false);
  out[len++] = '\f';
  out[len] = '\0';
  return len;
}

void maker_init(struct maker *maker, enum proto proto, const char *from, const char *to_json) {
  bool enveloped = proto == PROTO_EP1;
  char text[FRAME_MAX / 2];
  char uid[UUID_LEN + 1];
  int len =
      enveloped
          ? snprintf(text, sizeof text,
                     "{\"action\":\"message.new\",\"payload\":{\"from\":\"%s\",\"to\":%s,\"id\":",
                     from, to_json)
          : snprintf(text, sizeof text,
                     "{\"action\":\"message.new\",\"payload\":{\"to\":%s,\"id\":", to_json);
  assert(len > 0 && (size_t)len < sizeof text);
  maker->head_len = enveloped ? put_text(maker->head, ENVELOPE, false) : 0;
  maker->head_len += put_text(maker->head + maker->head_len, text, enveloped);

  uuid_make(random_u64(), 0, uid);
  snprintf(text, sizeof text, ",\"uid\":\"%s", uid);
  maker->tail_len = put_text(maker->tail, text, enveloped);
  maker->number_at = maker->tail_len - 12;
  snprintf(text, sizeof text, "\",\"payload\":\"%s\"}}", payload_text);
  maker->tail_len += put_text(maker->tail + maker->tail_len, text, enveloped);
  maker->tail_len += put_text(maker->tail + maker->tail_len, enveloped ? "\"}\f" : "\f", false);
}

size_t maker_size(const struct maker *maker) { return maker->head_len + 20 + maker->tail_len; }

size_t maker_put(const struct maker *maker, uint64_t id, uint64_t number, char *out) {
  memcpy(out, maker->head, maker->head_len);
  size_t len = maker->head_len;
  len += put_number(out + len, id);
  memcpy(out + len, maker->tail, maker->tail_len);
  char *digits = out + len + maker->number_at + 12;
  do {
    *--digits = hex_digits[number & 15];
    number >>= 4;
  } while (number); /* the template has zeros in front */
  return len + maker->tail_len;
}

/* ---- reading ---- */

static const struct {
  const char *name;
  enum action action;
} actions[] = {
    {"message.new", ACTION_MESSAGE},
    {"message.confirm", ACTION_CONFIRM},
    {"auth", ACTION_AUTH},
    {"session.update", ACTION_SESSION},
    {"ping", ACTION_PING},
    {"error", ACTION_ERROR},
    {"bye", ACTION_BYE},
};

static enum action action_named(const char *name, size_t len) {
  for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
    if (strlen(actions[i].name) == len && memcmp(actions[i].name, name, len) == 0)
      return actions[i].action;
  return ACTION_OTHER;
}

/* The action of a frame with members in another order, or with white space. */
static enum action action_by_parser(const char *frame, size_t len) {
  enum action action = ACTION_OTHER;
  json_t *json = json_loadb(frame, len, 0, NULL);
  const char *data = json_string_value(json_object_get(json, "data"));
  if (data) {
    json_t *inner = json_loads(data, 0, NULL);
    json_decref(json);
    json = inner;
  }
  const char *name = json_string_value(json_object_get(json, "action"));
  if (name) action = action_named(name, strlen(name));
  json_decref(json);
  return action;
}

enum action frame_action(enum proto proto, const char *frame, size_t len) {
  bool enveloped = proto == PROTO_EP1 || (len > sizeof ENVELOPE && frame[2] == 't');
  const char *prefix = enveloped ? EP1_ACTION : EP2_ACTION;
  size_t prefix_len = enveloped ? sizeof EP1_ACTION - 1 : sizeof EP2_ACTION - 1;
  if (len < prefix_len || memcmp(frame, prefix, prefix_len) != 0)
    return action_by_parser(frame, len);
  const char *name = frame + prefix_len;
  size_t left = len - prefix_len;
  if (left > 12 && memcmp(name, "message.new", 11) == 0) return ACTION_MESSAGE;
  const char *stop = memchr(name, enveloped ? '\\' : '"', left);
  return stop ? action_named(name, (size_t)(stop - name)) : ACTION_OTHER;
}

/* What follows key in the frame, or NULL; *at is where it was last time. */
static inline __attribute__((always_inline)) const char *after_key(const char *frame, size_t len,
                                                                   const char *key, size_t key_len,
                                                                   size_t *at) {
  if (*at + key_len <= len && memcmp(frame + *at, key, key_len) == 0) return frame + *at + key_len;
  const char *found = memmem(frame, len, key, key_len);
  if (!found) return NULL;
  *at = (size_t)(found - frame);
  return found + key_len;
}

static bool read_number(const char *at, const char *end, uint64_t *value) {
  uint64_t number = 0;
  const char *start = at;
  for (; at < end && *at >= '0' && *at <= '9'; at++) number = number * 10 + (uint64_t)(*at - '0');
  *value = number;
  return at > start && at - start < 19;
}

/* The last 12 digits of a uid. */
static bool read_uid(const char *uid, const char *end, uint64_t *value) {
  if (end - uid < UUID_LEN) return false;
  uint64_t number = 0;
  unsigned bad = 0;
  for (int i = UUID_LEN - 12; i < UUID_LEN; i++) {
    unsigned digit = (unsigned char)uid[i] - (unsigned)'0';
    if (digit > 9) digit = (unsigned char)uid[i] - (unsigned)'a' + 10;
    bad |= digit;
    number = number << 4 | (digit & 15);
  }
  *value = number;
  return bad < 16;
}

#define KEY(text) text, sizeof text - 1

bool frame_message(struct scan *scan, enum proto proto, const char *frame, size_t len,
                   struct message *message) {
  bool enveloped = proto == PROTO_EP1;
  const char *end = frame + len;
  const char *id = enveloped ? after_key(frame, len, KEY("\\\"id\\\":"), &scan->id_at)
                             : after_key(frame, len, KEY("\"id\":"), &scan->id_at);
  message->uid = enveloped ? after_key(frame, len, KEY("\\\"uid\\\":\\\""), &scan->uid_at)
                           : after_key(frame, len, KEY("\"uid\":\""), &scan->uid_at);
  const char *payload = enveloped
                            ? after_key(frame, len, KEY("\\\"payload\\\":\\\""), &scan->payload_at)
                            : after_key(frame, len, KEY("\"payload\":\""), &scan->payload_at);
  if (!id || !message->uid || !payload) return false;
  if (!read_number(id, end, &message->id)) return false;
  if (!read_uid(message->uid, end, &message->number)) return false;
  return end - payload > PAYLOAD_LEN && memcmp(payload, payload_text, PAYLOAD_LEN) == 0 &&
         payload[PAYLOAD_LEN] == (enveloped ? '\\' : '"');
}

bool frame_confirm(enum proto proto, const char *frame, size_t len, uint64_t *value) {
  size_t at = sizeof EP2_ACTION - 1 + sizeof "message.confirm" - 1;
  if (proto == PROTO_EP2) {
    const char *id = after_key(frame, len, KEY("\"payload\":"), &at);
    return id && read_number(id, frame + len, value);
  }
  at = sizeof EP1_ACTION - 1 + sizeof "message.confirm" - 1;
  const char *uid = after_key(frame, len, KEY("\\\"payload\\\":\\\""), &at);
  return uid && read_uid(uid, frame + len, value);
}
