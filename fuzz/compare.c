/* Support of the harness messages.c. See compare.h. */
#include "compare.h"

#include <jansson.h>

#include "fuzz.h"

bool compare_is_whole(const ep_message *message) {
  const unsigned need = EP_HAS_ID | EP_HAS_UID;
  if (message->action == EP_ACTION_UNKNOWN) return false;
  if (message->action != EP_ACTION_MESSAGE_NEW) return true;
  return (message->has & need) == need && message->to_kind != EP_TO_NONE;
}

static void same(ep_bytes one, ep_bytes other) {
  FUZZ_MUST(ep_bytes_equal(one, other), "A member is not what it was when it is read again.");
}

void compare_messages(const ep_message *one, const ep_message *other) {
  FUZZ_MUST(one->action == other->action && one->has == other->has &&
                one->version == other->version && one->known == other->known &&
                one->receipt == other->receipt && one->connected == other->connected,
            "Another message is read again.");
  FUZZ_MUST(one->expect == other->expect && one->window == other->window && one->id == other->id &&
                one->of == other->of && one->from_id == other->from_id &&
                one->count == other->count && one->missed == other->missed,
            "A number is not what it was when it is read again.");
  FUZZ_MUST(one->to_kind == other->to_kind && one->code == other->code,
            "An address or an error is not what it was when it is read again.");
  same(one->client, other->client);
  same(one->instance, other->instance);
  same(one->epoch, other->epoch);
  same(one->secret, other->secret);
  same(one->token, other->token);
  same(one->presence_json, other->presence_json);
  same(one->limits_json, other->limits_json);
  same(one->uid, other->uid);
  same(one->uid_json, other->uid_json);
  same(one->from, other->from);
  same(one->to, other->to);
  same(one->to_json, other->to_json);
  same(one->payload_json, other->payload_json);
}

static bool says_no_more(const json_t *written, const json_t *read, unsigned depth) {
  const char *name;
  json_t *value;
  if (depth == 0 || !json_is_object(written) || !json_is_object(read))
    return json_equal(written, read) == 1;
  json_object_foreach((json_t *)(uintptr_t)written, name, value) {
    /* `connected` that is not true is false; a version is not counted beyond 32 bits. */
    if (strcmp(name, "connected") == 0 || strcmp(name, "version") == 0) continue;
    if (!says_no_more(value, json_object_get(read, name), depth - 1)) return false;
  }
  return true;
}

void compare_texts(ep_bytes read, ep_bytes written) {
  json_t *theirs = json_loadb((const char *)read.data, read.len, JSON_ALLOW_NUL, NULL);
  json_t *ours = json_loadb((const char *)written.data, written.len, JSON_ALLOW_NUL, NULL);
  if (theirs != NULL)
    FUZZ_MUST(ours != NULL && says_no_more(ours, theirs, 2), "This was written and never read.");
  json_decref(theirs);
  json_decref(ours);
}
