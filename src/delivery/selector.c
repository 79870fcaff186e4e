/* Floor 3, delivery. Compiles an object into canonical pairs.
 * Read first: delivery/selector.h. Then: index.c. */
#include "delivery/selector.h"

#include "base/assert.h"
#include "delivery/pack.h"

enum { NAME_LEN_SIZE = 4 };

void ep_selector_init(ep_selector *out, const ep_allocator *allocator) {
  EP_ASSERT(allocator != NULL);
  *out = (ep_selector){.count = 0};
  ep_buffer_init(&out->bytes, allocator);
}

void ep_selector_free(ep_selector *selector) {
  const ep_allocator *allocator = selector->bytes.allocator;
  if (selector->pairs != NULL) {
    allocator->resize(allocator->context, selector->pairs,
                      selector->capacity * sizeof(ep_selector_pair), 0);
  }
  ep_buffer_free(&selector->bytes);
  ep_selector_init(selector, allocator);
}

void ep_selector_trim(ep_selector *selector, size_t kept) {
  selector->count = 0;
  ep_buffer_clear(&selector->bytes);
  ep_buffer_trim(&selector->bytes, kept);
}

static bool pairs_room(ep_selector *selector) {
  if (selector->count < selector->capacity) return true;
  const ep_allocator *allocator = selector->bytes.allocator;
  uint32_t capacity = selector->capacity == 0 ? EP_LIMIT_SELECTOR : selector->capacity * 2;
  void *pairs = allocator->resize(allocator->context, selector->pairs,
                                  selector->capacity * sizeof(ep_selector_pair),
                                  capacity * sizeof(ep_selector_pair));
  if (pairs == NULL) return false;
  selector->pairs = pairs;
  selector->capacity = capacity;
  return true;
}

ep_bytes ep_selector_pair_bytes(const ep_selector *selector, uint32_t i) {
  EP_ASSERT(i < selector->count);
  const ep_selector_pair *pair = &selector->pairs[i];
  return ep_bytes_of(ep_buffer_bytes(&selector->bytes).data + pair->at, pair->len);
}

/* Appends the canonical bytes of one member. */
static bool pair_add(ep_selector *selector, const ep_json_member *member, ep_bytes json) {
  ep_bytes spelled = ep_json_name(member, json);
  uint8_t *room = ep_buffer_reserve(&selector->bytes, NAME_LEN_SIZE + spelled.len);
  if (room == NULL || !pairs_room(selector)) return false;
  ep_selector_pair pair = {.at = (uint32_t)ep_buffer_len(&selector->bytes)};
  size_t name_len = 0;
  bool kept = ep_json_unescape(room + NAME_LEN_SIZE, &name_len, spelled, EP_SURROGATES_KEEP);
  EP_ASSERT(kept && name_len <= spelled.len);
  pair.name_len = (uint32_t)name_len;
  ep_pack_u32(room, pair.name_len);
  ep_buffer_commit(&selector->bytes, NAME_LEN_SIZE + name_len);
  pair.scalar = ep_json_scalar_key(&selector->bytes, ep_json_value(member, json));
  if (selector->bytes.failed) return false;
  pair.len = (uint32_t)ep_buffer_len(&selector->bytes) - pair.at;
  selector->pairs[selector->count++] = pair;
  return true;
}

/* By name; of equal names the later first. Total: no two pairs are equal in it. */
static bool pair_before(const ep_selector *selector, uint32_t one, uint32_t other) {
  const ep_selector_pair *a = &selector->pairs[one], *b = &selector->pairs[other];
  const uint8_t *bytes = ep_buffer_bytes(&selector->bytes).data;
  int order = ep_bytes_compare(ep_bytes_of(bytes + a->at + NAME_LEN_SIZE, a->name_len),
                               ep_bytes_of(bytes + b->at + NAME_LEN_SIZE, b->name_len));
  return order != 0 ? order < 0 : a->at > b->at;
}

static void pair_swap(ep_selector *selector, uint32_t one, uint32_t other) {
  ep_selector_pair pair = selector->pairs[one];
  selector->pairs[one] = selector->pairs[other];
  selector->pairs[other] = pair;
}

static void pairs_sift(ep_selector *selector, uint32_t root, uint32_t count) {
  for (uint32_t child = 2 * root + 1; child < count; child = 2 * root + 1) {
    if (child + 1 < count && pair_before(selector, child, child + 1)) child++;
    if (!pair_before(selector, root, child)) return;
    pair_swap(selector, root, child);
    root = child;
  }
}

/* Heapsort: a peer chooses the names, so the worst case counts. */
static void pairs_sort(ep_selector *selector) {
  uint32_t count = selector->count;
  for (uint32_t root = count / 2; root > 0; root--) pairs_sift(selector, root - 1, count);
  for (uint32_t last = count; last > 1; last--) {
    pair_swap(selector, 0, last - 1);
    pairs_sift(selector, 0, last - 1);
  }
}

static bool names_equal(const ep_selector *selector, const ep_selector_pair *a,
                        const ep_selector_pair *b) {
  const uint8_t *bytes = ep_buffer_bytes(&selector->bytes).data;
  return ep_bytes_equal(ep_bytes_of(bytes + a->at + NAME_LEN_SIZE, a->name_len),
                        ep_bytes_of(bytes + b->at + NAME_LEN_SIZE, b->name_len));
}

/* Of doubled names the last counts, as JSON.parse has it. */
static void pairs_unique(ep_selector *selector) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < selector->count; i++) {
    const ep_selector_pair *pair = &selector->pairs[i];
    if (kept > 0 && names_equal(selector, &selector->pairs[kept - 1], pair)) continue;
    selector->pairs[kept++] = *pair;
  }
  selector->count = kept;
}

ep_status ep_selector_compile_session(ep_selector *selector, ep_bytes json) {
  ep_buffer_clear(&selector->bytes);
  selector->count = 0;
  if (json.len == 0 || json.len > UINT32_MAX / 8) return EP_INVALID_ARGUMENT;
  ep_json scan;
  ep_json_member member;
  ep_json_members_begin(&scan, EP_JSON_DEPTH_MAX);
  while (ep_json_members_next(&scan, &member, json)) {
    if (!pair_add(selector, &member, json)) return EP_NO_MEMORY;
  }
  if (scan.result != EP_JSON_DONE) return EP_INVALID_ARGUMENT;
  pairs_sort(selector);
  pairs_unique(selector);
  return EP_OK;
}

ep_status ep_selector_compile(ep_selector *selector, ep_bytes json) {
  ep_status status = ep_selector_compile_session(selector, json);
  if (status != EP_OK) return status;
  if (selector->count > EP_LIMIT_SELECTOR) return EP_INVALID_ARGUMENT;
  for (uint32_t i = 0; i < selector->count; i++) {
    if (!selector->pairs[i].scalar) return EP_INVALID_ARGUMENT;
  }
  return EP_OK;
}
