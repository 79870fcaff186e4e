/* Floor 3, delivery. The registry as it was, from its records. Nothing stored is trusted: what
 * cannot be is DAMAGED, and then the registry is of no use but to be freed.
 * Read first: delivery/persist.c. */
#include "delivery/pack.h"
#include "delivery/record.h"
#include "delivery/registry_internal.h"

enum {
  META_EPOCH = 1,
  META_FORMAT = 2,
  META_KEY = 4,
  META_SEEN = 8,
  META_SEQUENCE = 16,
  META_ALL = 31
};

/* Comes before the other keys of META. ep_store_backup writes it. */
#define copy_key EP_LITERAL("copy")

/* ---- META ---- */

static ep_status load_format(ep_registry *registry, ep_unpack *value) {
  if (ep_unpack_u64(value) != EP_REG_FORMAT || value->bad) return EP_OTHER_FORMAT;
  registry->loading.meta |= META_FORMAT;
  return EP_OK;
}

static ep_status load_epoch(ep_registry *registry, ep_unpack *value) {
  ep_bytes epoch = value->left;
  if (!ep_is_printable(epoch, EP_LIMIT_NAME)) return EP_DAMAGED;
  registry->loading.meta |= META_EPOCH;
  value->left = EP_NOTHING;
  if (registry->loading.copy) return EP_OK; /* the new one stays */
  memcpy(registry->epoch, epoch.data, epoch.len);
  registry->epoch_len = epoch.len;
  return EP_OK;
}

/* The state of a copy is older than what clients have met since. If it went on under the same
 * names, they would wait for ids that it gives to other items. So it is another state (EP-LOST-2).
 */
static ep_status load_copy(ep_registry *registry) {
  registry->loading.copy = true;
  return EP_OK;
}

static ep_status load_key(ep_registry *registry, ep_unpack *value) {
  ep_bytes key = ep_unpack_bytes(value, sizeof(registry->key.bytes));
  if (value->bad) return EP_DAMAGED;
  memcpy(registry->key.bytes, key.data, key.len);
  registry->index.key = registry->key;
  registry->loading.meta |= META_KEY;
  return EP_OK;
}

static ep_status load_number(ep_registry *registry, ep_unpack *value, unsigned which) {
  uint64_t number = ep_unpack_u64(value);
  if (value->bad) return EP_DAMAGED;
  registry->loading.meta |= which;
  if (which == META_SEQUENCE) {
    if (number > UINT64_MAX / 2) return EP_DAMAGED; /* nobody counts that far; it must go on */
    registry->sequence = registry->sequence_written = number;
    return EP_OK;
  }
  EP_ASSERT(which == META_SEEN);
  if (number == 0 || number > UINT32_MAX / 8) return EP_DAMAGED;
  registry->config.dedup = number; /* the ring of uids keeps the length it was made with */
  return EP_OK;
}

static ep_status load_meta(ep_registry *registry, const ep_record *record) {
  ep_unpack value = {record->value, false};
  ep_status status = EP_OK;
  if (ep_bytes_equal(record->key, EP_LITERAL("format"))) {
    status = load_format(registry, &value);
  } else if (ep_bytes_equal(record->key, EP_LITERAL("epoch"))) {
    status = load_epoch(registry, &value);
  } else if (ep_bytes_equal(record->key, copy_key)) {
    status = load_copy(registry);
  } else if (ep_bytes_equal(record->key, EP_LITERAL("key"))) {
    status = load_key(registry, &value);
  } else if (ep_bytes_equal(record->key, EP_LITERAL("seen"))) {
    status = load_number(registry, &value, META_SEEN);
  } else if (ep_bytes_equal(record->key, EP_LITERAL("sequence"))) {
    status = load_number(registry, &value, META_SEQUENCE);
  } else {
    registry->loading.unknown = true; /* another format, it may turn out */
    return EP_OK;
  }
  if (status != EP_OK) return status;
  return ep_unpack_ended(&value) ? EP_OK : EP_DAMAGED;
}

/* ---- CLIENTS ---- */

static bool load_account_head(ep_account *account, ep_unpack *value) {
  account->version = ep_unpack_u8(value);
  uint8_t claimed = ep_unpack_u8(value);
  ep_bytes secret = ep_unpack_bytes(value, sizeof(account->secret));
  account->instance_len = ep_unpack_u8(value);
  ep_bytes instance = ep_unpack_bytes(value, account->instance_len);
  if (value->bad || claimed > 1 || instance.len > EP_LIMIT_NAME) return false;
  account->claimed = claimed == 1;
  memcpy(account->secret, secret.data, secret.len);
  if (instance.len != 0) memcpy(account->instance, instance.data, instance.len);
  return account->version == (instance.len == 0 ? 1 : 2);
}

static ep_status load_session(ep_registry *registry, ep_account *account, ep_bytes session) {
  ep_pairs pairs;
  ep_status status = ep_selector_compile_session(&registry->selector, session);
  if (status != EP_OK) return status == EP_NO_MEMORY ? status : EP_DAMAGED;
  ep_buffer_clear(&account->session);
  ep_buffer_append(&account->session, session);
  if (account->session.failed) return EP_NO_MEMORY;
  if (!ep_index_prepare(&registry->index, &pairs, &registry->selector)) return EP_NO_MEMORY;
  ep_index_enter(&registry->index, &account->pairs, &pairs);
  return EP_OK;
}

static bool load_streams(ep_account *account, ep_unpack *value) {
  account->up.expected = ep_unpack_u64(value);
  uint64_t base = ep_unpack_u64(value);
  uint64_t next = ep_unpack_u64(value);
  uint64_t shift = ep_unpack_u64(value);
  account->seen_total = ep_unpack_u64(value);
  account->missed = ep_unpack_u64(value);
  if (!ep_unpack_ended(value)) return false;
  if (shift > base || base > next || next - base > EP_OUTBOX_MOST) return false;
  ep_outbox_restore(&account->down, base, next, shift);
  return true;
}

static ep_status load_account(ep_registry *registry, ep_account *account, ep_unpack *value) {
  if (!load_account_head(account, value)) return EP_DAMAGED;
  ep_bytes session = ep_unpack_string(value);
  if (value->bad || !load_streams(account, value)) return EP_DAMAGED;
  return load_session(registry, account, session);
}

static ep_status load_client(ep_registry *registry, const ep_record *record) {
  ep_unpack key = {record->key, false}, value = {record->value, false};
  if (ep_unpack_u32(&key) != registry->count || !ep_unpack_ended(&key)) return EP_DAMAGED;
  ep_bytes id = ep_unpack_bytes(&value, ep_unpack_u8(&value));
  if (value.bad || !ep_is_printable(id, EP_LIMIT_CLIENT_ID)) return EP_DAMAGED;
  if (ep_registry_find(registry, id) != NULL) return EP_DAMAGED;
  if (registry->count == UINT32_MAX / 4 || !ep_reg_account_reserve(registry)) return EP_NO_MEMORY;
  ep_account *account = ep_reg_account_new(registry, id);
  if (account == NULL) return EP_NO_MEMORY;
  ep_reg_account_enter(registry, account);
  return load_account(registry, account, &value);
}

/* ---- LOG ---- */

typedef struct stored_item {
  uint8_t kind, flags;
  uint32_t sender, uid_at, uid_len, recipients;
  uint64_t from_id;
  ep_bytes print, text;
  ep_item_shape shape;
} stored_item;

static bool unpack_item(stored_item *out, ep_unpack *value) {
  out->kind = ep_unpack_u8(value);
  out->flags = ep_unpack_u8(value);
  out->sender = ep_unpack_u32(value);
  out->from_id = ep_unpack_u64(value);
  out->print = ep_unpack_bytes(value, 16);
  out->uid_at = ep_unpack_u32(value);
  out->uid_len = ep_unpack_u32(value);
  out->shape.hole = ep_unpack_u32(value);
  out->shape.v1_end = ep_unpack_u32(value);
  out->shape.len = ep_unpack_u32(value);
  out->text = ep_unpack_bytes(value, out->shape.len);
  out->recipients = ep_unpack_u32(value);
  return !value->bad;
}

static bool item_possible(const ep_registry *registry, const stored_item *in) {
  bool kind =
      in->kind == EP_ITEM_MESSAGE || in->kind == EP_ITEM_RECEIPT || in->kind == EP_ITEM_REFUSAL;
  bool parked = (in->flags & 2) != 0;
  bool uid = (uint64_t)in->uid_at + in->uid_len <= in->shape.len;
  uint32_t braces = in->kind == EP_ITEM_MESSAGE ? 2 : 0; /* only messages have an EP/1 form */
  bool shape =
      in->shape.hole <= in->shape.v1_end && (uint64_t)in->shape.v1_end + braces <= in->shape.len;
  bool flags = in->flags <= 2 || (in->flags == 3);
  bool notice = in->kind == EP_ITEM_MESSAGE || in->flags == 0;
  return kind && uid && shape && flags && notice && in->sender < registry->count &&
         parked == (in->recipients == 0);
}

static ep_item *stored_item_new(const ep_registry *registry, const stored_item *in,
                                uint64_t sequence) {
  ep_item *item = ep_item_new(registry->allocator, (ep_item_kind)in->kind, in->text, in->shape);
  if (item == NULL) return NULL;
  item->receipt = (in->flags & 1) != 0;
  item->sender = in->sender;
  item->from_id = in->from_id;
  item->sequence = sequence;
  item->uid_at = in->uid_at;
  item->uid_len = in->uid_len;
  memcpy(item->print, in->print.data, sizeof(item->print));
  return item;
}

/* Into one mailbox, unless it has been confirmed there. */
static ep_status load_recipient(ep_registry *registry, ep_item *item, ep_unpack *value) {
  uint32_t index = ep_unpack_u32(value);
  uint64_t slot = ep_unpack_u64(value);
  if (value->bad || index >= registry->count) return EP_DAMAGED;
  ep_outbox *down = &registry->accounts[index]->down;
  if (slot < down->base) return EP_OK;
  ep_status status = ep_outbox_place(down, slot, item);
  if (status != EP_OK) return status == EP_FULL ? EP_DAMAGED : status;
  ep_item_share(item);
  item->waiting++;
  return EP_OK;
}

static ep_status load_recipients(ep_registry *registry, ep_item *item, uint32_t count,
                                 ep_unpack *value) {
  for (uint32_t i = 0; i < count; i++) {
    ep_status status = load_recipient(registry, item, value);
    if (status != EP_OK) return status;
  }
  return item->waiting != 0 && ep_unpack_ended(value) ? EP_OK : EP_DAMAGED;
}

static ep_status load_parked(ep_registry *registry, ep_item *item, ep_unpack *value) {
  uint8_t kind = ep_unpack_u8(value);
  ep_bytes to = value->left;
  if (value->bad || (kind != EP_TO_SELECTOR && kind != EP_TO_CLIENT)) return EP_DAMAGED;
  ep_command command = {.to_kind = (ep_to_kind)kind, .to = to, .to_json = to};
  ep_status status = ep_reg_resolve(registry, &command);
  if (status == EP_NO_MEMORY) return status;
  if (status != EP_OK || registry->matches.count != 0) return EP_DAMAGED; /* who is there gets it */
  bool entered = ep_reg_parked_enter(registry, item, (ep_to_kind)kind, to);
  if (entered) ep_item_share(item);
  return entered ? EP_OK : EP_NO_MEMORY;
}

static ep_status load_log(ep_registry *registry, const ep_record *record) {
  ep_unpack key = {record->key, false}, value = {record->value, false};
  stored_item stored;
  uint64_t sequence = ep_unpack_u64(&key);
  if (!ep_unpack_ended(&key) || sequence >= registry->sequence) return EP_DAMAGED;
  if (!unpack_item(&stored, &value) || !item_possible(registry, &stored)) return EP_DAMAGED;
  ep_item *item = stored_item_new(registry, &stored, sequence);
  if (item == NULL) return EP_NO_MEMORY;
  bool parked = stored.recipients == 0;
  ep_status status = parked ? load_parked(registry, item, &value)
                            : load_recipients(registry, item, stored.recipients, &value);
  ep_item_drop(registry->allocator, item); /* mailboxes have their own references */
  return status;
}

/* ---- CONFIRMED, SEEN ---- */

static ep_status load_confirmed(ep_registry *registry, const ep_record *record) {
  ep_unpack key = {record->key, false};
  uint32_t index = ep_unpack_u32(&key);
  uint64_t slot = ep_unpack_u64(&key);
  if (!ep_unpack_ended(&key) || record->value.len != 0) return EP_DAMAGED;
  if (index >= registry->count) return EP_DAMAGED;
  ep_outbox *down = &registry->accounts[index]->down;
  if (down->ring == NULL || slot <= down->base) return EP_DAMAGED;
  if (ep_outbox_at(down, slot) == NULL) return EP_DAMAGED;
  ep_outbox_mark(down, slot);
  return EP_OK;
}

static ep_status load_seen(ep_registry *registry, const ep_record *record) {
  ep_unpack key = {record->key, false};
  uint32_t index = ep_unpack_u32(&key);
  uint32_t position = ep_unpack_u32(&key);
  if (!ep_unpack_ended(&key) || record->value.len != 16) return EP_DAMAGED;
  if (index >= registry->count || position >= registry->config.dedup) return EP_DAMAGED;
  ep_seen *seen = &registry->accounts[index]->seen;
  return ep_seen_load(seen, position, record->value.data) ? EP_OK : EP_NO_MEMORY;
}

/* ---- All of it ---- */

/* Tables in order, and within a table keys in order. */
static bool in_order(ep_loading *loading, const ep_record *record) {
  ep_bytes last = ep_bytes_of(loading->last, loading->last_len);
  if (record->remove || record->table >= EP_TABLE_COUNT || record->table < loading->table) {
    return false;
  }
  if (record->key.len == 0 || record->key.len > sizeof(loading->last)) return false;
  bool same = loading->any && record->table == loading->table;
  if (same && ep_bytes_compare(last, record->key) >= 0) return false;
  loading->any = true;
  loading->table = record->table;
  loading->last_len = record->key.len;
  memcpy(loading->last, record->key.data, record->key.len);
  return true;
}

static bool meta_complete(const ep_loading *loading) {
  return loading->meta == META_ALL && !loading->unknown;
}

ep_status ep_registry_load(ep_registry *registry, const ep_record *record) {
  EP_ASSERT(registry->effects_count == 0 && registry->by_link.count == 0);
  if (!in_order(&registry->loading, record)) return EP_DAMAGED;
  if (record->table == EP_TABLE_META) return load_meta(registry, record);
  if (!meta_complete(&registry->loading)) return EP_DAMAGED;
  switch (record->table) {
    case EP_TABLE_CLIENTS: return load_client(registry, record);
    case EP_TABLE_LOG: return load_log(registry, record);
    case EP_TABLE_CONFIRMED: return load_confirmed(registry, record);
    default: EP_ASSERT(record->table == EP_TABLE_SEEN); return load_seen(registry, record);
  }
}

/* A client of EP/2 goes on when it is known by its instance and knows our epoch. Neither holds now:
 * both sides number anew, and nothing unconfirmed is thrown away (EP-LOST-1, EP-LOST-2,
 * EP-LOST-5). No client has our epoch for its instance. */
static bool begin_epoch(ep_registry *registry) {
  ep_record gone = {.table = EP_TABLE_META, .remove = true, .key = copy_key};
  ep_record_write(&registry->records, &gone);
  if (registry->records.failed) return false;
  for (uint32_t i = 0; i < registry->count; i++) {
    ep_account *account = registry->accounts[i];
    if (account->instance_len == 0) continue; /* EP/1: the uid tells a duplicate */
    memcpy(account->instance, registry->epoch, registry->epoch_len);
    account->instance_len = (uint8_t)registry->epoch_len;
    ep_reg_dirty(registry, account);
  }
  registry->meta_written = false;
  return true;
}

ep_status ep_registry_loaded(ep_registry *registry) {
  if (!registry->loading.any) return EP_OK; /* a new store */
  if (!meta_complete(&registry->loading)) return EP_DAMAGED;
  for (uint32_t i = 0; i < registry->count; i++) {
    ep_account *account = registry->accounts[i];
    if (!ep_outbox_whole(&account->down)) return EP_DAMAGED;
    if (!ep_seen_loaded(&account->seen, account->seen_total)) return EP_DAMAGED;
    registry->with_mail += account->down.bytes != 0;
    account->dirty = false;
    account->next_dirty = NULL;
  }
  registry->dirty = NULL;
  registry->meta_written = true;
  return !registry->loading.copy || begin_epoch(registry) ? EP_OK : EP_NO_MEMORY;
}
