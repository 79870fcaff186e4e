/* Floor 1, base. The hash table of pointers: open addressing with linear probing. An entry lies at
 * or after its home slot with no free slot between, always: deletion shifts back.
 * Read first: base/hash.h. */
#include "base/assert.h"
#include "base/hash.h"

enum { TABLE_LEAST = 8 };

static void table_check(const ep_table *table) {
  EP_ASSERT((table->capacity & (table->capacity - 1)) == 0);
  EP_ASSERT(table->count <= table->capacity - table->capacity / 4);
}

void ep_table_init(ep_table *out, const ep_allocator *allocator) {
  EP_ASSERT(allocator != NULL && allocator->resize != NULL);
  *out = (ep_table){.allocator = allocator};
}

static void slots_free(ep_table *table) {
  if (table->slots == NULL) return;
  table->allocator->resize(table->allocator->context, table->slots,
                           table->capacity * sizeof(ep_table_slot), 0);
}

void ep_table_free(ep_table *table) {
  table_check(table);
  slots_free(table);
  ep_table_init(table, table->allocator);
}

static size_t slot_after(const ep_table *table, size_t at) {
  return (at + 1) & (table->capacity - 1);
}

static size_t slot_home(const ep_table *table, uint64_t hash) {
  return (size_t)hash & (table->capacity - 1);
}

static void slot_take(ep_table *table, uint64_t hash, void *entry) {
  size_t at = slot_home(table, hash);
  while (table->slots[at].entry != NULL) at = slot_after(table, at);
  table->slots[at] = (ep_table_slot){hash, entry};
}

static bool table_resize(ep_table *table, size_t capacity) {
  if (capacity > SIZE_MAX / sizeof(ep_table_slot)) return false;
  size_t size = capacity * sizeof(ep_table_slot);
  ep_table_slot *slots = table->allocator->resize(table->allocator->context, NULL, 0, size);
  if (slots == NULL) return false;
  memset(slots, 0, size);
  ep_table grown = {table->allocator, slots, capacity, table->count};
  for (size_t i = 0; i < table->capacity; i++) {
    if (table->slots[i].entry != NULL) {
      slot_take(&grown, table->slots[i].hash, table->slots[i].entry);
    }
  }
  slots_free(table);
  *table = grown;
  return true;
}

bool ep_table_reserve(ep_table *table, size_t more) {
  table_check(table);
  if (more > SIZE_MAX / 4 - table->count) return false;
  size_t needed = table->count + more;
  size_t capacity = table->capacity;
  if (needed == 0 || needed <= capacity - capacity / 4) return true;
  if (capacity == 0) capacity = TABLE_LEAST;
  while (needed > capacity - capacity / 4) capacity *= 2;
  return table_resize(table, capacity);
}

bool ep_table_insert(ep_table *table, uint64_t hash, void *entry) {
  EP_ASSERT(entry != NULL);
  if (!ep_table_reserve(table, 1)) return false;
  slot_take(table, hash, entry);
  table->count++;
  return true;
}

static bool slot_matches(const ep_table_slot *slot, uint64_t hash, ep_table_equal *equal,
                         const void *key) {
  if (slot->hash != hash) return false;
  return equal == NULL ? slot->entry == key : equal(key, slot->entry);
}

/* The slot of the entry meant, or the capacity when there is none. */
static size_t slot_find(const ep_table *table, uint64_t hash, ep_table_equal *equal,
                        const void *key) {
  table_check(table);
  if (table->count == 0) return table->capacity;
  size_t at = slot_home(table, hash);
  while (table->slots[at].entry != NULL) {
    if (slot_matches(&table->slots[at], hash, equal, key)) return at;
    at = slot_after(table, at);
  }
  return table->capacity;
}

void *ep_table_find(const ep_table *table, uint64_t hash, ep_table_equal *equal, const void *key) {
  size_t at = slot_find(table, hash, equal, key);
  return at == table->capacity ? NULL : table->slots[at].entry;
}

/* Fills the hole at `hole`: moves back each following entry whose home does not lie after the hole.
 */
static void slots_shift_back(ep_table *table, size_t hole) {
  size_t mask = table->capacity - 1;
  for (size_t at = slot_after(table, hole); table->slots[at].entry != NULL;
       at = slot_after(table, at)) {
    size_t from_home = (at - slot_home(table, table->slots[at].hash)) & mask;
    if (from_home < ((at - hole) & mask)) continue;
    table->slots[hole] = table->slots[at];
    hole = at;
  }
  table->slots[hole] = (ep_table_slot){0, NULL};
}

void *ep_table_remove(ep_table *table, uint64_t hash, ep_table_equal *equal, const void *key) {
  size_t at = slot_find(table, hash, equal, key);
  if (at == table->capacity) return NULL;
  void *entry = table->slots[at].entry;
  slots_shift_back(table, at);
  table->count--;
  return entry;
}

void *ep_table_next(const ep_table *table, size_t *cursor) {
  EP_ASSERT(*cursor <= table->capacity);
  while (*cursor < table->capacity) {
    void *entry = table->slots[(*cursor)++].entry;
    if (entry != NULL) return entry;
  }
  return NULL;
}
