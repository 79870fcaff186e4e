/* Floor 3, delivery. The index from a pair to those who have it.
 * Read first: delivery/selector.h. */
#include "base/assert.h"
#include "delivery/selector.h"

enum { POSTING_LEAST = 4 };

static void *index_resize(const ep_index *index, void *block, size_t old_size, size_t new_size) {
  return index->allocator->resize(index->allocator->context, block, old_size, new_size);
}

void ep_index_init(ep_index *out, const ep_allocator *allocator, const ep_hash_key *key) {
  EP_ASSERT(allocator != NULL && key != NULL);
  *out = (ep_index){.allocator = allocator, .key = *key};
  ep_table_init(&out->postings, allocator);
}

void ep_index_free(ep_index *index) {
  EP_ASSERT(index->postings.count == 0);
  ep_table_free(&index->postings);
}

static bool posting_is(const void *key, const void *entry) {
  const ep_bytes *pair = key;
  const ep_posting *posting = entry;
  return ep_bytes_equal(*pair, ep_bytes_of(posting->key, posting->key_len));
}

static void posting_check(const ep_posting *posting) {
  EP_ASSERT(posting->users > 0 && posting->users >= posting->count);
  EP_ASSERT(posting->count + posting->reserved <= posting->capacity);
}

void ep_index_check(const ep_index *index) {
  size_t cursor = 0;
  for (const ep_posting *posting; (posting = ep_table_next(&index->postings, &cursor)) != NULL;) {
    posting_check(posting);
    EP_ASSERT(posting->reserved == 0);
    for (uint32_t i = 0; i < posting->count; i++) {
      const ep_posting_entry *entry = &posting->entries[i];
      EP_ASSERT(entry->pair < entry->pairs->count);
      EP_ASSERT(entry->pairs->items[entry->pair].posting == posting);
      EP_ASSERT(entry->pairs->items[entry->pair].place == i);
    }
  }
}

ep_posting *ep_index_find(const ep_index *index, ep_bytes pair) {
  if (index->postings.count == 0) return NULL;
  return ep_table_find(&index->postings, ep_hash(&index->key, pair), posting_is, &pair);
}

ep_posting *ep_index_acquire(ep_index *index, ep_bytes pair) {
  uint64_t hash = ep_hash(&index->key, pair);
  ep_posting *posting = ep_table_find(&index->postings, hash, posting_is, &pair);
  if (posting == NULL) {
    posting = index_resize(index, NULL, 0, sizeof(ep_posting) + pair.len);
    if (posting == NULL) return NULL;
    *posting = (ep_posting){.hash = hash, .key_len = (uint32_t)pair.len};
    memcpy(posting->key, pair.data, pair.len);
    if (!ep_table_insert(&index->postings, hash, posting)) {
      index_resize(index, posting, sizeof(ep_posting) + pair.len, 0);
      return NULL;
    }
  }
  EP_ASSERT(posting->users < UINT32_MAX);
  posting->users++;
  return posting;
}

void ep_index_release(ep_index *index, ep_posting *posting) {
  posting_check(posting);
  posting->users--;
  if (posting->users != 0) return;
  EP_ASSERT(posting->count == 0 && posting->reserved == 0 && posting->first == NULL);
  void *removed = ep_table_remove(&index->postings, posting->hash, NULL, posting);
  EP_ASSERT(removed == posting);
  if (posting->entries != NULL) {
    index_resize(index, posting->entries, posting->capacity * sizeof(ep_posting_entry), 0);
  }
  index_resize(index, posting, sizeof(ep_posting) + posting->key_len, 0);
}

static bool posting_reserve(ep_index *index, ep_posting *posting) {
  if (posting->count + posting->reserved == posting->capacity) {
    uint32_t capacity = posting->capacity == 0 ? POSTING_LEAST : posting->capacity * 2;
    void *entries =
        index_resize(index, posting->entries, posting->capacity * sizeof(ep_posting_entry),
                     capacity * sizeof(ep_posting_entry));
    if (entries == NULL) return false;
    posting->entries = entries;
    posting->capacity = capacity;
  }
  posting->reserved++;
  return true;
}

/* By address: only who is found where depends on it, never what anybody sees. */
static bool pair_before(const ep_pair *one, const ep_pair *other) {
  return (uintptr_t)one->posting < (uintptr_t)other->posting;
}

static void pairs_sift(ep_pair *items, uint32_t root, uint32_t count) {
  for (uint32_t child = 2 * root + 1; child < count; child = 2 * root + 1) {
    if (child + 1 < count && pair_before(&items[child], &items[child + 1])) child++;
    if (!pair_before(&items[root], &items[child])) return;
    ep_pair item = items[root];
    items[root] = items[child];
    items[child] = item;
    root = child;
  }
}

static void pairs_sort(ep_pair *items, uint32_t count) {
  for (uint32_t root = count / 2; root > 0; root--) pairs_sift(items, root - 1, count);
  for (uint32_t last = count; last > 1; last--) {
    ep_pair item = items[0];
    items[0] = items[last - 1];
    items[last - 1] = item;
    pairs_sift(items, 0, last - 1);
  }
}

static void pairs_free(ep_index *index, ep_pairs *pairs) {
  if (pairs->items != NULL) index_resize(index, pairs->items, pairs->count * sizeof(ep_pair), 0);
  pairs->items = NULL;
  pairs->count = 0;
}

static uint32_t scalars_count(const ep_selector *session) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < session->count; i++) count += session->pairs[i].scalar;
  return count;
}

/* Gives up the first `done` pairs of what was being prepared. */
static void prepared_undo(ep_index *index, ep_pairs *prepared, uint32_t done) {
  for (uint32_t i = 0; i < done; i++) {
    prepared->items[i].posting->reserved--;
    ep_index_release(index, prepared->items[i].posting);
  }
  pairs_free(index, prepared);
}

bool ep_index_prepare(ep_index *index, ep_pairs *prepared, const ep_selector *session) {
  *prepared = (ep_pairs){.count = scalars_count(session)};
  if (prepared->count == 0) return true;
  prepared->items = index_resize(index, NULL, 0, prepared->count * sizeof(ep_pair));
  if (prepared->items == NULL) return false;
  uint32_t done = 0;
  for (uint32_t i = 0; i < session->count; i++) {
    if (!session->pairs[i].scalar) continue;
    ep_posting *posting = ep_index_acquire(index, ep_selector_pair_bytes(session, i));
    if (posting == NULL || !posting_reserve(index, posting)) {
      if (posting != NULL) ep_index_release(index, posting);
      prepared_undo(index, prepared, done);
      return false;
    }
    prepared->items[done++] = (ep_pair){posting, 0};
  }
  EP_ASSERT(done == prepared->count);
  pairs_sort(prepared->items, done);
  return true;
}

void ep_index_abandon(ep_index *index, ep_pairs *prepared) {
  prepared_undo(index, prepared, prepared->count);
}

void ep_index_leave(ep_index *index, ep_pairs *account) {
  for (uint32_t i = 0; i < account->count; i++) {
    ep_posting *posting = account->items[i].posting;
    uint32_t place = account->items[i].place;
    EP_ASSERT(place < posting->count && posting->entries[place].pairs == account);
    ep_posting_entry moved = posting->entries[--posting->count];
    posting->entries[place] = moved;
    moved.pairs->items[moved.pair].place = place;
    ep_index_release(index, posting);
  }
  pairs_free(index, account);
}

void ep_index_enter(ep_index *index, ep_pairs *account, ep_pairs *prepared) {
  EP_ASSERT(account->owner != NULL);
  ep_index_leave(index, account);
  account->items = prepared->items;
  account->count = prepared->count;
  *prepared = (ep_pairs){.count = 0};
  for (uint32_t i = 0; i < account->count; i++) {
    ep_posting *posting = account->items[i].posting;
    EP_ASSERT(posting->reserved > 0);
    posting->reserved--;
    account->items[i].place = posting->count;
    posting->entries[posting->count++] = (ep_posting_entry){account, i};
    posting_check(posting);
  }
}

bool ep_pairs_have(const ep_pairs *pairs, const ep_posting *posting) {
  uint32_t low = 0, high = pairs->count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (pairs->items[middle].posting == posting) return true;
    if ((uintptr_t)pairs->items[middle].posting < (uintptr_t)posting)
      low = middle + 1;
    else
      high = middle;
  }
  return false;
}

/* EP-ADDR-1; by the canonical bytes of a pair, EP-ADDR-2 */
bool ep_index_matches(const ep_index *index, const ep_pairs *account, const ep_selector *selector) {
  for (uint32_t i = 0; i < selector->count; i++) {
    const ep_posting *posting = ep_index_find(index, ep_selector_pair_bytes(selector, i));
    if (posting == NULL || !ep_pairs_have(account, posting)) return false;
  }
  return true;
}

bool ep_matches_reserve(ep_matches *matches, uint32_t capacity) {
  if (capacity <= matches->capacity) return true;
  uint32_t grown = matches->capacity == 0 ? 16 : matches->capacity;
  while (grown < capacity) grown *= 2;
  void *items =
      matches->allocator->resize(matches->allocator->context, matches->items,
                                 matches->capacity * sizeof(void *), grown * sizeof(void *));
  if (items == NULL) return false;
  matches->items = items;
  matches->capacity = grown;
  return true;
}

void ep_matches_free(ep_matches *matches) {
  if (matches->items == NULL) return;
  matches->allocator->resize(matches->allocator->context, matches->items,
                             matches->capacity * sizeof(void *), 0);
  *matches = (ep_matches){.allocator = matches->allocator};
}

bool ep_index_collect(const ep_index *index, ep_matches *out, const ep_selector *selector) {
  EP_ASSERT(selector->count >= 1 && selector->count <= EP_LIMIT_SELECTOR);
  const ep_posting *postings[EP_LIMIT_SELECTOR], *smallest = NULL;
  out->count = 0;
  for (uint32_t i = 0; i < selector->count; i++) {
    postings[i] = ep_index_find(index, ep_selector_pair_bytes(selector, i));
    if (postings[i] == NULL) return true;
    if (smallest == NULL || postings[i]->count < smallest->count) smallest = postings[i];
  }
  if (!ep_matches_reserve(out, smallest->count)) return false;
  for (uint32_t e = 0; e < smallest->count; e++) {
    const ep_pairs *pairs = smallest->entries[e].pairs;
    bool all = true;
    for (uint32_t i = 0; all && i < selector->count; i++) {
      all = postings[i] == smallest || ep_pairs_have(pairs, postings[i]);
    }
    if (all) out->items[out->count++] = pairs->owner;
  }
  return true;
}
