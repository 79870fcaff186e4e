/* Tests of floor 3, delivery: the suite, and what its parts share.
 * Read first: test/test_delivery.h. */
#include "test/test_delivery.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void *plain_resize(void *context, void *block, size_t old_size, size_t new_size) {
  (void)context;
  (void)old_size;
  if (new_size != 0) return realloc(block, new_size);
  free(block);
  return NULL;
}

ep_allocator test_plain_allocator = {plain_resize, NULL};

ep_registry_config world_config(void) {
  return (ep_registry_config){.key = "0123456789abcdef",
                              .epoch = (const uint8_t *)"epoch-1",
                              .epoch_len = 7,
                              .frame = 1 << 20,
                              .clients = 1000,
                              .mailbox = 3,
                              .mailbox_bytes = 1 << 20,
                              .parked = 2,
                              .parked_bytes = 1 << 20,
                              .notices = 2,
                              .held = 4,
                              .held_bytes = 1 << 20,
                              .dedup = 8,
                              .gap_wait_ms = 10000,
                              .mailbox_wait_ms = 60000};
}

world *world_new(const ep_registry_config *config) {
  world *w = malloc(sizeof *w);
  ck_assert_ptr_nonnull(w);
  memset(w, 0, offsetof(world, said));
  w->said[0] = w->mail[0] = '\0';
  w->allocator = test_allocator(&w->memory);
  w->config = *config;
  w->now_ms = 1000;
  ep_buffer_init(&w->command, &test_plain_allocator);
  w->registry = ep_registry_new(&w->allocator, config);
  ck_assert_ptr_nonnull(w->registry);
  return w;
}

void world_free(world *w) {
  ep_registry_check(w->registry);
  ep_registry_free(w->registry);
  ck_assert_uint_eq(w->memory.live, 0);
  ck_assert_uint_eq(w->memory.blocks, 0);
  ep_buffer_free(&w->command);
  free(w);
}

static const char *counter_names[] = {
#define COUNTER_NAME(id, name, sentence) name,
    EP_COUNTERS(COUNTER_NAME)
#undef COUNTER_NAME
};

static const char *error_names[] = {"none",
#define ERROR_NAME(id, name, closes, sentence) name,
                                    EP_ERRORS(ERROR_NAME)
#undef ERROR_NAME
};

static void say(world *w, const char *format, ...) {
  size_t at = strlen(w->said);
  if (at != 0) at += (size_t)snprintf(w->said + at, sizeof(w->said) - at, "; ");
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(w->said + at, sizeof(w->said) - at, format, arguments);
  va_end(arguments);
}

static void say_outcome(world *w, const ep_outcome *o) {
  char who[EP_LIMIT_CLIENT_ID + 1] = "";
  if (o->account != NULL) memcpy(who, o->account->id.data, o->account->id.len);
  int uid_len = (int)o->uid_json.len;
  const char *uid = (const char *)o->uid_json.data;
  switch (o->kind) {
    case EP_OUTCOME_JOINED:
      say(w, "joined %s%s%s", who, o->known ? " known" : "", o->takeover ? " takeover" : "");
      break;
    case EP_OUTCOME_REFUSED: say(w, "refused %u %s", o->link, error_names[o->error]); break;
    case EP_OUTCOME_REPLACED: say(w, "replaced %u", o->link); break;
    case EP_OUTCOME_LEFT: say(w, "left %s", who); break;
    case EP_OUTCOME_SESSION: say(w, "session %s", who); break;
    case EP_OUTCOME_CONFIRM: say(w, "confirm %s %llu", who, (unsigned long long)o->id); break;
    case EP_OUTCOME_CONFIRM_UID: say(w, "confirm %s %.*s", who, uid_len, uid); break;
    case EP_OUTCOME_RETRY: say(w, "retry %s %llu", who, (unsigned long long)o->id); break;
    case EP_OUTCOME_MAIL: say(w, "mail %s", who); break;
    case EP_OUTCOME_FAILED: say(w, "failed %u", o->link); break;
    case EP_OUTCOME_NOTE:
      say(w, "note %s %s %llu", counter_names[o->counter], who, (unsigned long long)o->count);
      break;
  }
}

const char *apply(world *w, const ep_command *command) {
  ep_outcome outcome;
  ep_buffer_clear(&w->command);
  ep_command_encode(&w->command, command);
  ck_assert(!w->command.failed);
  ep_registry_apply(w->registry, ep_buffer_bytes(&w->command));
  memset(ep_buffer_reserve(&w->command, 0) - ep_buffer_len(&w->command), 0xee,
         ep_buffer_len(&w->command)); /* nothing may point into it any more */
  w->said[0] = 0;
  while (ep_registry_next_outcome(w->registry, &outcome)) say_outcome(w, &outcome);
  ep_registry_check(w->registry);
  return w->said;
}

static ep_bytes text_of(const char *text) {
  return text == NULL ? EP_NOTHING : ep_bytes_of(text, strlen(text));
}

const char *join1(world *w, uint32_t link, const char *client) {
  return apply(w, &(ep_command){.kind = EP_COMMAND_JOIN,
                                .now_ms = w->now_ms,
                                .link = link,
                                .version = 1,
                                .client = text_of(client)});
}

const char *join2(world *w, uint32_t link, const char *client, const char *instance) {
  return apply(w, &(ep_command){.kind = EP_COMMAND_JOIN,
                                .now_ms = w->now_ms,
                                .link = link,
                                .version = 2,
                                .client = text_of(client),
                                .instance = text_of(instance)});
}

const char *rejoin2(world *w, uint32_t link, const char *client, const char *instance,
                    const char *epoch, uint64_t expect) {
  return apply(w, &(ep_command){.kind = EP_COMMAND_JOIN,
                                .now_ms = w->now_ms,
                                .link = link,
                                .version = 2,
                                .client = text_of(client),
                                .instance = text_of(instance),
                                .has_epoch_expect = true,
                                .epoch = text_of(epoch),
                                .expect = expect});
}

const char *leave(world *w, uint32_t link) {
  return apply(w, &(ep_command){.kind = EP_COMMAND_LEAVE, .now_ms = w->now_ms, .link = link});
}

const char *session(world *w, uint32_t link, uint64_t id, const char *json) {
  return apply(w, &(ep_command){.kind = EP_COMMAND_SESSION,
                                .now_ms = w->now_ms,
                                .link = link,
                                .id = id,
                                .json = text_of(json)});
}

static const char *send_message(world *w, uint32_t link, uint64_t id, const char *to,
                                const char *uid, bool receipt) {
  char uid_json[300], to_json[300];
  snprintf(uid_json, sizeof(uid_json), "\"%s\"", uid);
  snprintf(to_json, sizeof(to_json), to[0] == '{' ? "%s" : "\"%s\"", to);
  ep_command command = {.kind = EP_COMMAND_MESSAGE,
                        .now_ms = w->now_ms,
                        .link = link,
                        .id = id,
                        .receipt = receipt,
                        .uid = text_of(uid),
                        .uid_json = text_of(uid_json),
                        .to_kind = to[0] == '{' ? EP_TO_SELECTOR : EP_TO_CLIENT,
                        .to_json = text_of(to_json),
                        .json = text_of(uid_json)};
  if (to[0] != '{') command.to = text_of(to);
  return apply(w, &command);
}

const char *message(world *w, uint32_t link, uint64_t id, const char *to, const char *uid) {
  return send_message(w, link, id, to, uid, false);
}

const char *message_receipt(world *w, uint32_t link, uint64_t id, const char *to, const char *uid) {
  return send_message(w, link, id, to, uid, true);
}

const char *refuse(world *w, uint32_t link, uint64_t id, ep_error error, const char *uid) {
  char uid_json[300];
  snprintf(uid_json, sizeof(uid_json), "\"%s\"", uid == NULL ? "" : uid);
  ep_command command = {
      .kind = EP_COMMAND_REFUSE, .now_ms = w->now_ms, .link = link, .id = id, .error = error};
  if (uid != NULL) {
    command.uid = text_of(uid);
    command.uid_json = text_of(uid_json);
  }
  return apply(w, &command);
}

const char *confirm_id(world *w, uint32_t link, uint64_t id) {
  return apply(
      w, &(ep_command){.kind = EP_COMMAND_CONFIRM_ID, .now_ms = w->now_ms, .link = link, .id = id});
}

const char *confirm_uid(world *w, uint32_t link, const char *uid) {
  return apply(
      w,
      &(ep_command){
          .kind = EP_COMMAND_CONFIRM_UID, .now_ms = w->now_ms, .link = link, .uid = text_of(uid)});
}

const char *tick(world *w, uint64_t after_ms) {
  w->now_ms += after_ms;
  return apply(w, &(ep_command){.kind = EP_COMMAND_TICK, .now_ms = w->now_ms});
}

ep_account *account_of(world *w, const char *client) {
  ep_account *account = ep_registry_find(w->registry, text_of(client));
  ck_assert_ptr_nonnull(account);
  return account;
}

const char *mail(world *w, const char *client) {
  const ep_outbox *down = &account_of(w, client)->down;
  char *at = w->mail, *end = w->mail + sizeof(w->mail);
  *at = 0;
  for (uint64_t slot = down->base; slot < down->next; slot++) {
    const ep_outbox_slot *place = &down->ring[slot & (down->capacity - 1)];
    const ep_item *item = place->item;
    if (slot != down->base) at += snprintf(at, (size_t)(end - at), " ");
    if (item->kind != EP_ITEM_MESSAGE) {
      at +=
          snprintf(at, (size_t)(end - at), "%.*s", (int)item->shape.len, (const char *)item->text);
    } else if (place->confirmed) {
      at += snprintf(at, (size_t)(end - at), "(%.*s)", (int)item->uid_len - 2,
                     (const char *)item->text + item->uid_at + 1);
    } else {
      at += snprintf(at, (size_t)(end - at), "%llu:%.*s",
                     (unsigned long long)ep_outbox_id(down, slot), (int)item->uid_len - 2,
                     (const char *)item->text + item->uid_at + 1);
    }
  }
  return w->mail;
}

Suite *ep_suite_delivery(void);

Suite *ep_suite_delivery(void) {
  Suite *suite = suite_create("delivery");
  add_delivery_parts(suite);
  add_delivery_streams(suite);
  add_delivery_routing(suite);
  add_delivery_random(suite);
  add_delivery_persist(suite);
  return suite;
}
