/* A store in memory. See store.h. */
#include "sim/store.h"

#include <stdlib.h>
#include <string.h>

struct store_entry {
  ep_record record; /* points into the batches */
  size_t number;
};

void store_clear(sim_store *store) {
  store->len = 0;
  store->commits = 0;
}

void store_free(sim_store *store) {
  free(store->bytes);
  free(store->entries);
  memset(store, 0, sizeof *store);
}

bool store_commit(sim_store *store, ep_bytes batch) {
  if (batch.len == 0) return true;
  if (store->len + batch.len > store->room) {
    size_t room = 2 * (store->len + batch.len) + 4096;
    uint8_t *grown = realloc(store->bytes, room);
    if (grown == NULL) return false;
    store->bytes = grown;
    store->room = room;
  }
  store->marks[store->commits++ % STORE_MARKS] = store->len;
  memcpy(store->bytes + store->len, batch.data, batch.len);
  store->len += batch.len;
  return true;
}

void store_go_back(sim_store *store, uint32_t commits) {
  uint64_t most = store->commits < STORE_MARKS ? store->commits : STORE_MARKS;
  if (commits > most) commits = (uint32_t)most;
  if (commits == 0) return;
  store->commits -= commits;
  store->len = store->marks[store->commits % STORE_MARKS];
}

static int compare_keys(const ep_record *a, const ep_record *b) {
  if (a->table != b->table) return a->table < b->table ? -1 : 1;
  size_t common = a->key.len < b->key.len ? a->key.len : b->key.len;
  int order = memcmp(a->key.data, b->key.data, common);
  if (order != 0) return order;
  return a->key.len < b->key.len ? -1 : a->key.len > b->key.len;
}

/* By table, key and age: no two entries are equal, so every qsort gives the same order. */
static int compare(const void *one, const void *other) {
  const store_entry *a = one, *b = other;
  int order = compare_keys(&a->record, &b->record);
  if (order != 0) return order;
  return a->number < b->number ? -1 : 1;
}

static bool entries_read(sim_store *store) {
  ep_bytes left = {store->bytes, store->len};
  ep_record record;
  store->entry_count = 0;
  while (ep_record_next(&left, &record)) {
    if (store->entry_count == store->entry_room) {
      size_t room = 2 * store->entry_room + 256;
      store_entry *grown = realloc(store->entries, room * sizeof *grown);
      if (grown == NULL) return false;
      store->entries = grown;
      store->entry_room = room;
    }
    store->entries[store->entry_count] = (store_entry){record, store->entry_count};
    store->entry_count++;
  }
  return true;
}

ep_status store_load(sim_store *store, ep_status (*take)(void *context, const ep_record *record),
                     void *context) {
  if (!entries_read(store)) return EP_SYSTEM;
  if (store->entry_count == 0) return EP_OK;
  qsort(store->entries, store->entry_count, sizeof *store->entries, compare);
  for (size_t i = 0; i < store->entry_count; i++) {
    const ep_record *record = &store->entries[i].record;
    bool newer =
        i + 1 < store->entry_count && compare_keys(record, &store->entries[i + 1].record) == 0;
    if (newer || record->remove) continue;
    ep_status status = take(context, record);
    if (status != EP_OK) return status;
  }
  return EP_OK;
}
