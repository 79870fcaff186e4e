/* epigeon-sim --small: a store, as a list of texts by number. Read first: small_world.h. */
#include <string.h>

#include "sim/small_memory.h"
#include "sim/small_world.h"

/* A record as a text: table, length of the key, key, value. */
static uint32_t text_of(const ep_record *record) {
  uint8_t text[4096];
  size_t len = 2 + record->key.len + record->value.len;
  if (len > sizeof text) return small_intern("", 0); /* damaged: it shows when it is loaded */
  text[0] = record->table;
  text[1] = (uint8_t)record->key.len;
  if (record->key.len > 0) memcpy(text + 2, record->key.data, record->key.len);
  if (record->value.len > 0)
    memcpy(text + 2 + record->key.len, record->value.data, record->value.len);
  return small_intern(text, len);
}

ep_record small_store_record(const small_store *store, uint32_t at) {
  ep_bytes text = small_text(store->records[at]);
  ep_record record = {.table = text.data[0]};
  record.key = (ep_bytes){text.data + 2, text.data[1]};
  record.value = (ep_bytes){text.data + 2 + text.data[1], text.len - 2 - text.data[1]};
  return record;
}

static int order_of(const ep_record *one, const ep_record *other) {
  if (one->table != other->table) return (int)one->table - (int)other->table;
  size_t common = one->key.len < other->key.len ? one->key.len : other->key.len;
  int order = common == 0 ? 0 : memcmp(one->key.data, other->key.data, common);
  return order != 0 ? order : (int)one->key.len - (int)other->key.len;
}

static void put(small_store *store, const ep_record *record) {
  uint32_t at = 0;
  int order = -1;
  for (; at < store->count; at++) {
    ep_record there = small_store_record(store, at);
    order = order_of(&there, record);
    if (order >= 0) break;
  }
  bool there = at < store->count && order == 0;
  size_t after = (store->count - at - (there ? 1 : 0)) * sizeof *store->records;
  if (record->remove) {
    if (!there) return;
    memmove(&store->records[at], &store->records[at + 1], after);
    store->records[--store->count] = 0;
    return;
  }
  if (!there) {
    if (store->count == SMALL_RECORDS) {
      small.wrong = "The store of the small world is full.";
      return;
    }
    memmove(&store->records[at + 1], &store->records[at], after);
    store->count++;
  }
  store->records[at] = text_of(record);
}

void small_store_batch(small_store *store, ep_bytes batch) {
  ep_record record;
  while (ep_record_next(&batch, &record)) put(store, &record);
}
