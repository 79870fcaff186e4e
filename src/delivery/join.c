/* Floor 3, delivery. Who is there: accounts and their connections.
 * Read first: delivery/registry_internal.h. */
#include "base/secret.h"
#include "delivery/registry_internal.h"

/* ---- Accounts ---- */

static bool account_has_id(const void *key, const void *entry) {
  const ep_bytes *id = key;
  const ep_account *account = entry;
  return ep_bytes_equal(*id, account->id);
}

ep_account *ep_registry_find(const ep_registry *registry, ep_bytes id) {
  return ep_table_find(&registry->by_id, ep_hash(&registry->key, id), account_has_id, &id);
}

/* Links are chosen by this server, so that a plain mix of their bits will do. */
static uint64_t link_hash(uint32_t link) { return (link * UINT64_C(0x9E3779B97F4A7C15)) >> 24; }

static bool account_has_link(const void *key, const void *entry) {
  const uint32_t *link = key;
  const ep_account *account = entry;
  return account->link == *link;
}

ep_account *ep_reg_by_link(const ep_registry *registry, uint32_t link) {
  EP_ASSERT(link != 0);
  return ep_table_find(&registry->by_link, link_hash(link), account_has_link, &link);
}

ep_account *ep_reg_account_new(ep_registry *registry, ep_bytes id) {
  EP_ASSERT(id.len >= 1 && id.len <= EP_LIMIT_CLIENT_ID);
  const ep_allocator *allocator = registry->allocator;
  ep_account *account = allocator->resize(allocator->context, NULL, 0, sizeof(ep_account) + id.len);
  if (account == NULL) return NULL;
  memset(account, 0, sizeof(*account));
  memcpy(account + 1, id.data, id.len);
  account->id = ep_bytes_of(account + 1, id.len);
  account->version = 1;
  account->pairs.owner = account;
  ep_buffer_init(&account->session, allocator);
  ep_inbox_init(&account->up, allocator, (uint32_t)registry->config.held,
                registry->config.held_bytes);
  ep_seen_init(&account->seen, allocator, (uint32_t)registry->config.dedup);
  ep_outbox_init(&account->down, allocator);
  ep_buffer_append_literal(&account->session, "{}"); /* EP-PARK-3 */
  if (!account->session.failed) return account;
  ep_reg_account_free(registry, account);
  return NULL;
}

static void blocked_free(ep_registry *registry, ep_account *account) {
  if (account->blocked == NULL) return;
  registry->allocator->resize(registry->allocator->context, account->blocked, account->blocked_len,
                              0);
  account->blocked = NULL;
}

void ep_reg_account_free(ep_registry *registry, ep_account *account) {
  ep_index_leave(&registry->index, &account->pairs);
  blocked_free(registry, account);
  ep_inbox_free(&account->up);
  ep_seen_free(&account->seen);
  ep_outbox_free(&account->down);
  ep_buffer_free(&account->session);
  registry->allocator->resize(registry->allocator->context, account,
                              sizeof(ep_account) + account->id.len, 0);
}

bool ep_reg_account_reserve(ep_registry *registry) {
  if (!ep_table_reserve(&registry->by_id, 1)) return false;
  if (registry->count < registry->capacity) return true;
  uint32_t capacity = registry->capacity == 0 ? 16 : registry->capacity * 2;
  void *accounts = registry->allocator->resize(registry->allocator->context, registry->accounts,
                                               registry->capacity * sizeof(ep_account *),
                                               capacity * sizeof(ep_account *));
  if (accounts == NULL) return false;
  registry->accounts = accounts;
  registry->capacity = capacity;
  return true;
}

void ep_reg_account_enter(ep_registry *registry, ep_account *account) {
  EP_ASSERT(registry->count < registry->capacity);
  account->index = registry->count;
  registry->accounts[registry->count++] = account;
  bool entered = ep_table_insert(&registry->by_id, ep_hash(&registry->key, account->id), account);
  EP_ASSERT(entered);
  ep_reg_dirty(registry, account);
}

/* ---- Joining ---- */

/* EP-SEC-3 */
static bool shows_secret(const ep_account *account, const ep_command *join) {
  ep_bytes secret = ep_bytes_of(account->secret, sizeof(account->secret));
  ep_bytes shown = ep_bytes_of(join->secret, sizeof(join->secret));
  return join->has_secret && ep_equal_in_constant_time(secret, shown);
}

static bool instance_is(const ep_account *account, ep_bytes instance) {
  return ep_bytes_equal(ep_bytes_of(account->instance, account->instance_len), instance);
}

/* EP-RES-2. EP/2: `expect` tells what this client has of what we sent. */
static bool expect_counts(const ep_registry *registry, const ep_account *account,
                          const ep_command *join) {
  return join->version == 2 && account != NULL && join->has_epoch_expect &&
         instance_is(account, join->instance) &&
         ep_bytes_equal(join->epoch, ep_registry_epoch(registry));
}

static bool join_malformed(const ep_command *join) {
  if (join->client.len == 0 || join->client.len > EP_LIMIT_CLIENT_ID) return true;
  if (join->version == 1) return join->instance.len != 0;
  return join->instance.len == 0 || join->instance.len > EP_LIMIT_NAME;
}

static ep_error join_error(const ep_registry *registry, const ep_account *account,
                           const ep_command *join) {
  if (join_malformed(join)) return EP_ERROR_BAD_AUTH;
  const ep_account *attached = ep_reg_by_link(registry, join->link);
  if (attached != NULL && attached != account) return EP_ERROR_OTHER_CLIENT;
  if (account == NULL) {
    bool room =
        registry->count < registry->config.clients && !ep_memory_is_scarce(registry->config.memory);
    return room ? EP_ERROR_NONE : EP_ERROR_TOO_MANY_CLIENTS;
  }
  bool shown = shows_secret(account, join);
  if (account->claimed && !shown) return EP_ERROR_UNAUTHORIZED;
  if (join->id < account->newest) return EP_ERROR_REPLACED; /* EP-TAKE-4 */
  if (!expect_counts(registry, account, join)) return EP_ERROR_NONE;
  bool sent = join->expect <= account->down.next - account->down.shift;
  return sent ? EP_ERROR_NONE : EP_ERROR_BAD_AUTH; /* EP-RES-3 */
}

static void join_refuse(ep_registry *registry, const ep_command *join, ep_error error) {
  bool room = ep_reg_reserve(registry, 1, 0, 0);
  EP_ASSERT(room); /* the first outcomes never want for memory */
  if (error == EP_ERROR_TOO_MANY_CLIENTS) registry->tally.limits[EP_BOUND_CLIENTS]++;
  ep_effect *refused = ep_reg_emit(registry, EP_OUTCOME_REFUSED, NULL);
  refused->link = join->link;
  refused->code = (uint8_t)error;
}

static void link_set(ep_registry *registry, ep_account *account, uint32_t link) {
  if (account->link == link) return;
  if (account->link != 0) {
    ep_table_remove(&registry->by_link, link_hash(account->link), NULL, account);
  }
  account->link = link;
  if (link == 0) return;
  bool entered = ep_table_insert(&registry->by_link, link_hash(link), account);
  EP_ASSERT(entered); /* reserved */
}

/* It will confirm by uid what it would have confirmed by number. */
static void print_mailbox(const ep_registry *registry, ep_account *account) {
  const ep_outbox *down = &account->down;
  for (uint64_t slot = down->base; slot < down->next; slot++) {
    ep_item *item = ep_outbox_at(down, slot);
    if (item != NULL) ep_reg_item_print(registry, item);
  }
}

/* A new connection: what it had not yet had processed is discarded (EP-TAKE-2); the streams go on
 * (EP-RES-2, EP-RES-4), or begin (EP-LOST-7: EP/1 has no instance)
 * again when the client has lost its state (EP-LOST-1). All that can fail was reserved. */
static void streams_begin(ep_registry *registry, ep_account *account, const ep_command *join) {
  ep_reg_stream_drop(registry, account);
  account->version = join->version;
  account->newest = join->id;
  if (instance_is(account, join->instance)) {
    ep_outbox_rewind(&account->down);
    return;
  }
  account->up.expected = 0;
  if (join->version == 1) print_mailbox(registry, account);
  ep_reg_renumber(registry, account);
  account->instance_len = (uint8_t)join->instance.len;
  if (join->instance.len != 0) memcpy(account->instance, join->instance.data, join->instance.len);
}

/* EP-SEC-1: whoever names a client first, with a secret, keeps it. */
static void claim(ep_account *account, const ep_command *join) {
  if (!join->has_secret || account->claimed) return;
  account->claimed = true;
  memcpy(account->secret, join->secret, sizeof(account->secret));
}

static void emit_joined(ep_registry *registry, ep_account *account, bool known, bool takeover) {
  EP_ASSERT(account->link != 0);
  ep_effect *joined = ep_reg_emit(registry, EP_OUTCOME_JOINED, account);
  joined->known = known;
  joined->takeover = takeover;
}

static void join_known(ep_registry *registry, ep_account *account, const ep_command *join) {
  bool same = account->link == join->link;
  bool again = same && account->version == join->version && instance_is(account, join->instance);
  if (!ep_reg_reserve(registry, 3, 0, 0) || !ep_table_reserve(&registry->by_link, 1) ||
      !ep_reg_unconfirm(registry, account)) {
    ep_reg_failed(registry, join->link);
    return;
  }
  bool takeover = account->link != 0;
  bool expects = expect_counts(registry, account, join);
  if (takeover && !same) ep_reg_emit(registry, EP_OUTCOME_REPLACED, account);
  link_set(registry, account, join->link);
  if (!again) streams_begin(registry, account, join);
  claim(account, join);
  ep_reg_dirty(registry, account);
  emit_joined(registry, account, true, takeover);
  if (ep_outbox_count(&account->down) != 0) ep_reg_emit(registry, EP_OUTCOME_MAIL, account);
  if (account->version == 1 && !ep_reg_skip_notices(registry, account)) {
    ep_reg_failed(registry, join->link);
    return;
  }
  if (expects && join->expect > 0) ep_reg_confirm_id(registry, account, join->expect - 1);
}

static void join_new(ep_registry *registry, const ep_command *join) {
  ep_account *account = ep_reg_account_new(registry, join->client);
  bool room = account != NULL && ep_reg_account_reserve(registry) &&
              ep_table_reserve(&registry->by_link, 1) &&
              ep_reg_unparking_client(registry, join->client) &&
              ep_outbox_reserve_more(&account->down, registry->unparking.count) &&
              ep_reg_reserve(registry, 2, 0, ep_reg_unparking_record_size(registry));
  if (!room) {
    if (account != NULL) ep_reg_account_free(registry, account);
    ep_reg_failed(registry, join->link);
    return;
  }
  ep_reg_account_enter(registry, account);
  registry->somebody_came = true;
  link_set(registry, account, join->link);
  streams_begin(registry, account, join);
  claim(account, join);
  emit_joined(registry, account, false, false);
  ep_reg_unpark(registry, account);
  if (ep_outbox_count(&account->down) != 0) ep_reg_emit(registry, EP_OUTCOME_MAIL, account);
}

void ep_reg_join(ep_registry *registry, const ep_command *join) {
  ep_account *account = ep_registry_find(registry, join->client);
  ep_error error = join_error(registry, account, join);
  if (error != EP_ERROR_NONE) {
    join_refuse(registry, join, error);
  } else if (account != NULL) {
    join_known(registry, account, join);
  } else {
    join_new(registry, join);
  }
}

/* EP-SESS-3: its session and its pairs in the index stay. */
void ep_reg_leave(ep_registry *registry, const ep_command *leave) {
  ep_account *account = ep_reg_by_link(registry, leave->link);
  if (account == NULL) return; /* it was replaced */
  bool room = ep_reg_reserve(registry, 1, 0, 0);
  EP_ASSERT(room); /* the first outcomes never want for memory */
  ep_effect *left = ep_reg_emit(registry, EP_OUTCOME_LEFT, account);
  left->link = leave->link;
  ep_reg_stream_drop(registry, account);
  link_set(registry, account, 0);
}
