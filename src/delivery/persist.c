/* Floor 3, delivery. What the registry asks a store to keep. The tables:
 *   META       "epoch", "format", "key", "seen" (uids remembered for one client), "sequence";
 *              "copy", in a backup only (load.c)
 *   CLIENTS    index (4 bytes): all of an account that must outlive a restart, but its mailbox
 *   LOG        sequence (8): an item, and who has it where; or, parked, its address
 *   CONFIRMED  index, slot (4 + 8): confirmed out of order
 *   SEEN       index, position (4 + 4): the fingerprint of a uid
 * Log, confirmed and seen are written as things happen; an account that changed is written once, at
 * seal.
 * Read first: delivery/record.h, delivery/pack.h. Then: load.c, which reads it all back. */
#include "delivery/pack.h"
#include "delivery/record.h"
#include "delivery/registry_internal.h"

enum {
  ITEM_HEAD = 1 + 1 + 4 + 8 + 16 + 5 * 4 + 4, /* up to the number of recipients */
  RECIPIENT_SIZE = 4 + 8,
  KEY_MOST = 12,
  PRINT_SIZE = 16,
  META_NUMBER = 8
};

/* ---- Log ---- */

size_t ep_reg_log_size(const ep_registry *registry, size_t text_len, size_t recipients,
                       size_t to_len) {
  if (!registry->config.durable) return 0;
  size_t to_size = to_len == 0 ? 0 : 1 + to_len;
  return ep_record_size(8, ITEM_HEAD + text_len + recipients * RECIPIENT_SIZE + to_size);
}

/* Room that was reserved. */
static uint8_t *records_room(ep_registry *registry, size_t size) {
  uint8_t *at = ep_buffer_reserve(&registry->records, size);
  EP_ASSERT(at != NULL);
  return at;
}

uint8_t *ep_reg_log_begin(ep_registry *registry, const ep_item *item, uint32_t recipients,
                          size_t to_len) {
  if (!registry->config.durable) return NULL;
  uint8_t key[8];
  size_t size = ep_reg_log_size(registry, item->shape.len, recipients, to_len);
  ep_pack_u64(key, item->sequence);
  uint8_t *at = ep_record_begin(records_room(registry, size), EP_TABLE_LOG, false,
                                ep_bytes_of(key, sizeof(key)), size - ep_record_size(8, 0));
  at = ep_pack_u8(at, item->kind);
  at = ep_pack_u8(at, (uint8_t)((item->receipt ? 1 : 0) | (item->parked ? 2 : 0)));
  at = ep_pack_u32(at, item->sender);
  at = ep_pack_u64(at, item->from_id);
  at = ep_pack_bytes(at, ep_bytes_of(item->print, sizeof(item->print)));
  at = ep_pack_u32(at, item->uid_at);
  at = ep_pack_u32(at, item->uid_len);
  at = ep_pack_u32(at, item->shape.hole);
  at = ep_pack_u32(at, item->shape.v1_end);
  at = ep_pack_u32(at, item->shape.len);
  at = ep_pack_bytes(at, ep_bytes_of(item->text, item->shape.len));
  return ep_pack_u32(at, recipients);
}

uint8_t *ep_reg_log_recipient(uint8_t *at, const ep_account *account, uint64_t slot) {
  if (at == NULL) return NULL;
  at = ep_pack_u32(at, account->index);
  return ep_pack_u64(at, slot);
}

uint8_t *ep_reg_log_to(uint8_t *at, ep_to_kind kind, ep_bytes to) {
  if (at == NULL) return NULL;
  at = ep_pack_u8(at, (uint8_t)kind);
  return ep_pack_bytes(at, to);
}

void ep_reg_log_end(ep_registry *registry, uint8_t *at) {
  if (at == NULL) return;
  ep_buffer *records = &registry->records;
  ep_buffer_commit(records, (size_t)(at - (records->block + records->end)));
}

/* ---- Small records ---- */

size_t ep_reg_key_size(const ep_registry *registry) {
  return registry->config.durable ? ep_record_size(KEY_MOST, PRINT_SIZE) : 0;
}

void ep_reg_log_remove(ep_registry *registry, uint64_t sequence) {
  if (!registry->config.durable) return;
  uint8_t key[8];
  ep_pack_u64(key, sequence);
  ep_record_write(
      &registry->records,
      &(ep_record){.table = EP_TABLE_LOG, .remove = true, .key = ep_bytes_of(key, sizeof(key))});
  EP_ASSERT(!registry->records.failed);
}

void ep_reg_confirmed_write(ep_registry *registry, const ep_account *account, uint64_t slot,
                            bool remove) {
  if (!registry->config.durable) return;
  uint8_t key[12];
  ep_pack_u64(ep_pack_u32(key, account->index), slot);
  ep_record_write(&registry->records, &(ep_record){.table = EP_TABLE_CONFIRMED,
                                                   .remove = remove,
                                                   .key = ep_bytes_of(key, sizeof(key))});
  EP_ASSERT(!registry->records.failed);
}

void ep_reg_seen_write(ep_registry *registry, const ep_account *account, uint32_t position,
                       const ep_fingerprint *print) {
  if (!registry->config.durable) return;
  uint8_t key[8];
  ep_pack_u32(ep_pack_u32(key, account->index), position);
  ep_record_write(&registry->records, &(ep_record){.table = EP_TABLE_SEEN,
                                                   .key = ep_bytes_of(key, sizeof(key)),
                                                   .value = ep_bytes_of(print->bytes, PRINT_SIZE)});
  EP_ASSERT(!registry->records.failed);
}

/* ---- Seal ---- */

static size_t client_size(const ep_account *account) {
  return 1 + account->id.len + 1 + 1 + sizeof(account->secret) + 1 + account->instance_len + 4 +
         ep_buffer_len(&account->session) + 6 * 8;
}

static void client_write(ep_buffer *out, const ep_account *account) {
  uint8_t key[4];
  ep_bytes session = ep_buffer_bytes(&account->session);
  size_t size = client_size(account);
  uint8_t *at = ep_buffer_reserve(out, ep_record_size(sizeof(key), size));
  EP_ASSERT(at != NULL);
  ep_pack_u32(key, account->index);
  at = ep_record_begin(at, EP_TABLE_CLIENTS, false, ep_bytes_of(key, sizeof(key)), size);
  const uint8_t *value = at;
  at = ep_pack_u8(at, (uint8_t)account->id.len);
  at = ep_pack_bytes(at, account->id);
  at = ep_pack_u8(at, account->version);
  at = ep_pack_u8(at, account->claimed ? 1 : 0);
  at = ep_pack_bytes(at, ep_bytes_of(account->secret, sizeof(account->secret)));
  at = ep_pack_u8(at, account->instance_len);
  at = ep_pack_bytes(at, ep_bytes_of(account->instance, account->instance_len));
  at = ep_pack_u32(at, (uint32_t)session.len);
  at = ep_pack_bytes(at, session);
  at = ep_pack_u64(at, account->up.expected);
  at = ep_pack_u64(at, account->down.base);
  at = ep_pack_u64(at, account->down.next);
  at = ep_pack_u64(at, account->down.shift);
  at = ep_pack_u64(at, account->seen.total);
  at = ep_pack_u64(at, account->missed);
  EP_ASSERT(at == value + size);
  ep_buffer_commit(out, ep_record_size(sizeof(key), size));
}

static void meta_write(ep_buffer *out, ep_bytes key, ep_bytes value) {
  ep_record_write(out, &(ep_record){.table = EP_TABLE_META, .key = key, .value = value});
  EP_ASSERT(!out->failed);
}

static void meta_write_number(ep_buffer *out, ep_bytes key, uint64_t number) {
  uint8_t value[META_NUMBER];
  ep_pack_u64(value, number);
  meta_write(out, key, ep_bytes_of(value, sizeof(value)));
}

/* More than all META records take. */
enum { META_SIZE = 5 * (EP_RECORD_HEAD + 8 + EP_LIMIT_NAME) };

static void meta_seal(ep_registry *registry, ep_buffer *out) {
  if (!registry->meta_written) {
    meta_write(out, EP_LITERAL("epoch"), ep_registry_epoch(registry));
    meta_write_number(out, EP_LITERAL("format"), EP_REG_FORMAT);
    meta_write(out, EP_LITERAL("key"),
               ep_bytes_of(registry->key.bytes, sizeof(registry->key.bytes)));
    meta_write_number(out, EP_LITERAL("seen"), registry->config.dedup);
  }
  if (!registry->meta_written || registry->sequence != registry->sequence_written) {
    meta_write_number(out, EP_LITERAL("sequence"), registry->sequence);
  }
  registry->meta_written = true;
  registry->sequence_written = registry->sequence;
}

bool ep_registry_seal(ep_registry *registry, ep_buffer *out) {
  EP_ASSERT(!out->failed);
  registry->urgent = false;
  if (!registry->config.durable) return true;
  size_t size = META_SIZE + ep_buffer_len(&registry->records);
  for (const ep_account *account = registry->dirty; account; account = account->next_dirty) {
    size += ep_record_size(4, client_size(account));
  }
  if (ep_buffer_reserve(out, size) == NULL) return false;
  meta_seal(registry, out);
  for (ep_account *account; (account = registry->dirty) != NULL;) {
    client_write(out, account);
    registry->dirty = account->next_dirty;
    account->next_dirty = NULL;
    account->dirty = false;
  }
  ep_buffer_append(out, ep_buffer_bytes(&registry->records));
  EP_ASSERT(!out->failed);
  ep_buffer_clear(&registry->records);
  return true;
}
