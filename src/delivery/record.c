/* Floor 3, delivery. The batch codec: table, remove, key length, value length, key, value.
 * Read first: delivery/record.h. */
#include "delivery/record.h"

#include "base/assert.h"
#include "delivery/pack.h"

uint8_t *ep_record_begin(uint8_t *out, uint8_t table, bool remove, ep_bytes key, size_t value_len) {
  EP_ASSERT(table < EP_TABLE_COUNT);
  EP_ASSERT(key.len >= 1 && key.len <= EP_RECORD_KEY_MOST && value_len <= UINT32_MAX);
  out = ep_pack_u8(out, table);
  out = ep_pack_u8(out, remove ? 1 : 0);
  out = ep_pack_u8(out, (uint8_t)key.len);
  out = ep_pack_u32(out, (uint32_t)value_len);
  return ep_pack_bytes(out, key);
}

void ep_record_write(ep_buffer *out, const ep_record *record) {
  EP_ASSERT(!record->remove || record->value.len == 0);
  size_t size = ep_record_size(record->key.len, record->value.len);
  uint8_t *at = ep_buffer_reserve(out, size);
  if (at == NULL) return;
  uint8_t *value =
      ep_record_begin(at, record->table, record->remove, record->key, record->value.len);
  uint8_t *end = ep_pack_bytes(value, record->value);
  EP_ASSERT(end == at + size);
  ep_buffer_commit(out, size);
}

bool ep_record_next(ep_bytes *batch, ep_record *out) {
  EP_ASSERT(batch != NULL && out != NULL);
  ep_unpack in = {*batch, false};
  uint8_t table = ep_unpack_u8(&in);
  uint8_t remove = ep_unpack_u8(&in);
  size_t key_len = ep_unpack_u8(&in);
  size_t value_len = ep_unpack_u32(&in);
  ep_bytes key = ep_unpack_bytes(&in, key_len);
  ep_bytes value = ep_unpack_bytes(&in, value_len);
  if (in.bad || table >= EP_TABLE_COUNT || remove > 1 || key_len == 0) return false;
  *out = (ep_record){.table = table, .remove = remove == 1, .key = key, .value = value};
  *batch = in.left;
  return true;
}
