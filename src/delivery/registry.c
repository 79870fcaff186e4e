/* Floor 3, delivery. The registry itself: applies commands, keeps what they led to.
 * Read first: delivery/registry_internal.h. Then: join.c, upstream.c, route.c, confirm.c. */
#include "delivery/registry_internal.h"

static void registry_limits_check(const ep_registry_config *config) {
  EP_ASSERT(config->clients > 0 && config->clients <= UINT32_MAX / 4);
  EP_ASSERT(config->mailbox > 0 && config->mailbox <= EP_OUTBOX_MOST / 4);
  EP_ASSERT(config->parked <= EP_OUTBOX_MOST / 4);
  EP_ASSERT(config->notices > 0 && config->notices <= EP_OUTBOX_MOST / 4);
  EP_ASSERT(config->held <= UINT32_MAX / 8 && config->dedup > 0 && config->dedup <= UINT32_MAX / 8);
  EP_ASSERT(config->epoch_len > 0 && config->epoch_len <= EP_LIMIT_NAME);
}

static bool effects_reserve(ep_registry *registry, size_t more);

ep_registry *ep_registry_new(const ep_allocator *allocator, const ep_registry_config *config) {
  EP_ASSERT(allocator != NULL && config != NULL);
  registry_limits_check(config);
  ep_registry *registry = allocator->resize(allocator->context, NULL, 0, sizeof(ep_registry));
  if (registry == NULL) return NULL;
  memset(registry, 0, sizeof(*registry));
  registry->allocator = allocator;
  registry->config = *config;
  registry->config.epoch = NULL; /* copied */
  memcpy(registry->key.bytes, config->key, sizeof(registry->key.bytes));
  memcpy(registry->epoch, config->epoch, config->epoch_len);
  registry->epoch_len = config->epoch_len;
  ep_table_init(&registry->by_id, allocator);
  ep_table_init(&registry->by_link, allocator);
  ep_index_init(&registry->index, allocator, &registry->key);
  ep_buffer_init(&registry->uids, allocator);
  ep_buffer_init(&registry->text, allocator);
  ep_buffer_init(&registry->names, allocator);
  ep_buffer_init(&registry->records, allocator);
  ep_selector_init(&registry->selector, allocator);
  registry->matches.allocator = allocator;
  registry->unparking.allocator = allocator;
  if (effects_reserve(registry, 16)) return registry; /* the first outcomes never want for memory */
  ep_registry_free(registry);
  return NULL;
}

static void registry_resize_free(const ep_registry *registry, void *block, size_t size) {
  if (block != NULL) registry->allocator->resize(registry->allocator->context, block, size, 0);
}

void ep_registry_free(ep_registry *registry) {
  if (registry == NULL) return;
  ep_reg_parked_free(registry);
  for (uint32_t i = 0; i < registry->count; i++) {
    ep_reg_account_free(registry, registry->accounts[i]);
  }
  registry_resize_free(registry, registry->accounts, registry->capacity * sizeof(ep_account *));
  registry_resize_free(registry, registry->effects, registry->effects_capacity * sizeof(ep_effect));
  ep_table_free(&registry->by_id);
  ep_table_free(&registry->by_link);
  ep_index_free(&registry->index);
  ep_buffer_free(&registry->uids);
  ep_buffer_free(&registry->text);
  ep_buffer_free(&registry->names);
  ep_buffer_free(&registry->records);
  ep_selector_free(&registry->selector);
  ep_matches_free(&registry->matches);
  ep_matches_free(&registry->unparking);
  registry_resize_free(registry, registry, sizeof(*registry));
}

/* ---- Reserving, and what a step leaves behind ---- */

static bool effects_reserve(ep_registry *registry, size_t more) {
  size_t needed = registry->effects_count + more;
  if (needed <= registry->effects_capacity) return true;
  if (needed > UINT32_MAX / 2) return false;
  size_t capacity = registry->effects_capacity == 0 ? 16 : registry->effects_capacity;
  while (capacity < needed) capacity *= 2;
  ep_effect *effects = registry->allocator->resize(registry->allocator->context, registry->effects,
                                                   registry->effects_capacity * sizeof(ep_effect),
                                                   capacity * sizeof(ep_effect));
  if (effects == NULL) return false;
  registry->effects = effects;
  registry->effects_capacity = (uint32_t)capacity;
  return true;
}

/* Room in a buffer whose contents must outlive a refusal. */
static bool buffer_room(ep_buffer *buffer, size_t more) {
  if (more == 0) return true;
  bool room = ep_buffer_reserve(buffer, more) != NULL;
  buffer->failed = false;
  return room;
}

bool ep_reg_reserve(ep_registry *registry, size_t effects, size_t uid_bytes, size_t record_bytes) {
  EP_ASSERT(registry->config.durable || record_bytes == 0);
  return effects_reserve(registry, effects) && buffer_room(&registry->uids, uid_bytes) &&
         buffer_room(&registry->records, record_bytes);
}

ep_effect *ep_reg_emit(ep_registry *registry, ep_outcome_kind kind, ep_account *account) {
  EP_ASSERT(registry->effects_count < registry->effects_capacity);
  ep_effect *effect = &registry->effects[registry->effects_count++];
  *effect = (ep_effect){
      .kind = (uint8_t)kind, .link = account == NULL ? 0 : account->link, .account = account};
  return effect;
}

void ep_reg_emit_uid(ep_registry *registry, ep_effect *effect, ep_bytes uid_json) {
  effect->uid_at = (uint32_t)ep_buffer_len(&registry->uids);
  effect->uid_len = (uint32_t)uid_json.len;
  if (uid_json.len != 0) ep_buffer_append(&registry->uids, uid_json);
  EP_ASSERT(!registry->uids.failed);
}

void ep_reg_note(ep_registry *registry, ep_account *account, ep_counter counter, uint64_t count,
                 ep_bytes uid_json) {
  ep_effect *note = ep_reg_emit(registry, EP_OUTCOME_NOTE, account);
  note->code = (uint8_t)counter;
  note->number = count;
  ep_reg_emit_uid(registry, note, uid_json);
}

void ep_reg_tell(ep_registry *registry, ep_account *account, ep_counter counter, uint64_t count,
                 ep_bytes uid_json) {
  if (ep_reg_reserve(registry, 1, uid_json.len, 0)) {
    ep_reg_note(registry, account, counter, count, uid_json);
  } else {
    registry->counted[counter] += count;
  }
}

void ep_reg_failed(ep_registry *registry, uint32_t link) {
  EP_ASSERT(link != 0);
  if (registry->failed_link == 0) registry->failed_link = link;
}

void ep_reg_dirty(ep_registry *registry, ep_account *account) {
  if (!registry->config.durable || account->dirty) return;
  account->dirty = true;
  account->next_dirty = registry->dirty;
  registry->dirty = account;
}

ep_fingerprint ep_reg_print(const ep_registry *registry, ep_bytes uid) {
  return ep_fingerprint_of(&registry->key, uid);
}

void ep_reg_item_print(const ep_registry *registry, ep_item *item) {
  static const uint8_t none[sizeof(item->print)];
  uint8_t uid[EP_JSON_ESCAPE_MOST * EP_LIMIT_UID];
  size_t len;
  if (item->kind != EP_ITEM_MESSAGE || memcmp(item->print, none, sizeof(none)) != 0) return;
  ep_bytes inside = ep_bytes_of(item->text + item->uid_at + 1, item->uid_len - 2);
  EP_ASSERT(item->uid_len > 2 && inside.len <= sizeof(uid));
  bool plain = ep_json_unescape(uid, &len, inside, EP_SURROGATES_KEEP);
  EP_ASSERT(plain);
  ep_fingerprint print = ep_reg_print(registry, ep_bytes_of(uid, len));
  memcpy(item->print, print.bytes, sizeof(item->print));
}

/* No step is under way: nothing is reserved, and nobody looks at what was rendered or compiled
 * last. Records that wait for the seal stay. */
void ep_registry_trim(ep_registry *registry, size_t kept) {
  ep_buffer_clear(&registry->text);
  ep_buffer_trim(&registry->text, kept);
  ep_selector_trim(&registry->selector, kept);
  ep_buffer_trim(&registry->records, kept);
}

/* ---- Applying ---- */

static void registry_begin(ep_registry *registry, uint64_t now_ms) {
  registry->effects_count = 0;
  registry->effects_given = 0;
  registry->failed_link = 0;
  ep_buffer_clear(&registry->uids);
  if (now_ms > registry->now_ms) registry->now_ms = now_ms;
}

static void account_apply(ep_registry *registry, ep_account *account, const ep_command *command,
                          ep_bytes bytes) {
  switch (command->kind) {
    case EP_COMMAND_SESSION:
    case EP_COMMAND_MESSAGE:
    case EP_COMMAND_REFUSE: ep_reg_receive(registry, account, command, bytes); break;
    case EP_COMMAND_CONFIRM_ID: ep_reg_confirm_id(registry, account, command->id); break;
    case EP_COMMAND_CONFIRM_UID: ep_reg_confirm_uid(registry, account, command->uid); break;
    case EP_COMMAND_JOIN:
    case EP_COMMAND_LEAVE:
    case EP_COMMAND_TICK: EP_ASSERT(false);
  }
}

/* What a client has received or that it went: nothing that leaves depends on it being stored. */
static bool is_settling(const ep_command *command) {
  return command->kind == EP_COMMAND_CONFIRM_ID || command->kind == EP_COMMAND_CONFIRM_UID ||
         command->kind == EP_COMMAND_LEAVE;
}

bool ep_registry_is_urgent(const ep_registry *registry) { return registry->urgent; }

bool ep_registry_has_records(const ep_registry *registry) {
  return registry->dirty != NULL || ep_buffer_len(&registry->records) != 0;
}

void ep_registry_apply(ep_registry *registry, ep_bytes bytes) {
  ep_command command;
  if (!ep_command_decode(&command, bytes)) {
    registry_begin(registry, 0);
    return;
  }
  registry_begin(registry, command.now_ms);
  if (!is_settling(&command)) registry->urgent = true;
  if (command.kind == EP_COMMAND_TICK) {
    ep_reg_tick(registry);
  } else if (command.link == 0) {
    return; /* nobody speaks */
  } else if (command.kind == EP_COMMAND_JOIN) {
    ep_reg_join(registry, &command);
  } else if (command.kind == EP_COMMAND_LEAVE) {
    ep_reg_leave(registry, &command);
  } else {
    ep_account *account = ep_reg_by_link(registry, command.link);
    if (account == NULL)
      return; /* replaced, or gone: what it had not yet had processed is discarded */
    account_apply(registry, account, &command, bytes);
  }
  ep_reg_retry_parking(registry);
}

bool ep_registry_next_outcome(ep_registry *registry, ep_outcome *out) {
  if (registry->effects_given < registry->effects_count) {
    const ep_effect *effect = &registry->effects[registry->effects_given++];
    bool note = effect->kind == EP_OUTCOME_NOTE;
    *out = (ep_outcome){.kind = (ep_outcome_kind)effect->kind,
                        .link = effect->link,
                        .account = effect->account,
                        .error = note ? EP_ERROR_NONE : (ep_error)effect->code,
                        .known = effect->known,
                        .takeover = effect->takeover,
                        .id = note ? 0 : effect->number,
                        .counter = note ? (ep_counter)effect->code : (ep_counter)0,
                        .count = note ? effect->number : 0};
    if (effect->uid_len != 0) {
      const uint8_t *uids = ep_buffer_bytes(&registry->uids).data;
      out->uid_json = ep_bytes_of(uids + effect->uid_at, effect->uid_len);
    }
    return true;
  }
  if (registry->failed_link == 0) return false;
  *out = (ep_outcome){
      .kind = EP_OUTCOME_FAILED, .link = registry->failed_link, .error = EP_ERROR_FAILED};
  registry->failed_link = 0;
  return true;
}

static uint64_t time_after(uint64_t since_ms, uint64_t wait_ms) {
  return since_ms > UINT64_MAX - wait_ms ? UINT64_MAX : since_ms + wait_ms;
}

uint64_t ep_registry_deadline(const ep_registry *registry) {
  uint64_t deadline = UINT64_MAX;
  const ep_account *gap = registry->gaps.first, *blocked = registry->blocked.first;
  if (gap != NULL) deadline = time_after(gap->gap_since_ms, registry->config.gap_wait_ms);
  if (blocked != NULL) {
    uint64_t due = time_after(blocked->blocked_since_ms, registry->config.mailbox_wait_ms);
    if (due < deadline) deadline = due;
  }
  return deadline;
}

/* ---- Looking ---- */

ep_account *ep_registry_account(const ep_registry *registry, uint32_t index) {
  EP_ASSERT(index < registry->count);
  return registry->accounts[index];
}

uint32_t ep_registry_count(const ep_registry *registry) { return registry->count; }

ep_bytes ep_registry_epoch(const ep_registry *registry) {
  return ep_bytes_of(registry->epoch, registry->epoch_len);
}

uint64_t ep_registry_parked(const ep_registry *registry) { return registry->parked; }

uint64_t ep_registry_parked_bytes(const ep_registry *registry) { return registry->parked_bytes; }

ep_tally *ep_registry_tally(ep_registry *registry) { return &registry->tally; }

uint64_t ep_registry_counted(const ep_registry *registry, ep_counter counter) {
  EP_ASSERT(counter < EP_COUNTER_COUNT);
  return registry->counted[counter];
}

bool ep_registry_matches(const ep_registry *registry, const ep_account *account,
                         const ep_selector *selector) {
  return ep_index_matches(&registry->index, &account->pairs, selector);
}

const uint8_t *ep_registry_key(const ep_registry *registry) { return registry->key.bytes; }
