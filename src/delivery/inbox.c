/* Floor 3, delivery. The receiving half of a stream: a sorted run of held items, bounded.
 * Read first: delivery/inbox.h. */
#include "delivery/inbox.h"

#include "base/assert.h"

enum { INBOX_LEAST = 8 };

void ep_inbox_check(const ep_inbox *in) {
  EP_ASSERT(in->first + in->count <= in->capacity);
  EP_ASSERT(in->count <= in->max_count && in->bytes <= in->max_bytes);
  uint64_t bytes = 0;
  for (uint32_t i = in->first; i < in->first + in->count; i++) {
    EP_ASSERT(i == in->first || in->held[i - 1].id < in->held[i].id);
    bytes += in->held[i].len;
  }
  EP_ASSERT(bytes == in->bytes);
}

void ep_inbox_init(ep_inbox *in, const ep_allocator *allocator, uint32_t max_count,
                   uint64_t max_bytes) {
  EP_ASSERT(allocator != NULL);
  EP_ASSERT(max_count < UINT32_MAX / 4);
  *in = (ep_inbox){.allocator = allocator, .max_count = max_count, .max_bytes = max_bytes};
}

static void blob_free(const ep_inbox *in, const ep_held *held) {
  if (held->blob != NULL) in->allocator->resize(in->allocator->context, held->blob, held->len, 0);
}

void ep_inbox_drop_all(ep_inbox *in) {
  for (uint32_t i = in->first; i < in->first + in->count; i++) blob_free(in, &in->held[i]);
  if (in->held != NULL) {
    in->allocator->resize(in->allocator->context, in->held, in->capacity * sizeof(ep_held), 0);
  }
  in->held = NULL;
  in->first = in->count = in->capacity = 0;
  in->bytes = 0;
}

void ep_inbox_free(ep_inbox *in) { ep_inbox_drop_all(in); }

/* Where id is, or belongs. */
static uint32_t inbox_find(const ep_inbox *in, uint64_t id) {
  uint32_t low = in->first, high = in->first + in->count;
  if (low < high && in->held[high - 1].id < id) return high;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (in->held[middle].id < id)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/* Room for one more at the end: by closing up, or by growth. */
static bool inbox_room(ep_inbox *in) {
  if (in->first + in->count < in->capacity) return true;
  if (in->first > in->capacity / 2) {
    memmove(in->held, in->held + in->first, in->count * sizeof(ep_held));
    in->first = 0;
    return true;
  }
  uint32_t capacity = in->capacity == 0 ? INBOX_LEAST : in->capacity * 2;
  ep_held *held = in->allocator->resize(in->allocator->context, in->held,
                                        in->capacity * sizeof(ep_held), capacity * sizeof(ep_held));
  if (held == NULL) return false;
  in->held = held;
  in->capacity = capacity;
  return true;
}

static uint8_t *blob_copy(const ep_inbox *in, ep_bytes blob) {
  EP_ASSERT(blob.len > 0);
  uint8_t *copy = in->allocator->resize(in->allocator->context, NULL, 0, blob.len);
  if (copy != NULL) memcpy(copy, blob.data, blob.len);
  return copy;
}

static bool inbox_full(const ep_inbox *in, size_t len) {
  return in->count == in->max_count || len > in->max_bytes - in->bytes;
}

/* When full the higher ids go, as long as there are higher ones than id. */
static bool inbox_evict(ep_inbox *in, uint32_t *dropped, uint64_t id, size_t len) {
  while (inbox_full(in, len)) {
    if (in->count == 0) return false;
    ep_held *highest = &in->held[in->first + in->count - 1];
    if (highest->id < id) return false;
    in->bytes -= highest->len;
    blob_free(in, highest);
    in->count--;
    (*dropped)++;
  }
  return true;
}

ep_hold ep_inbox_hold(ep_inbox *in, uint32_t *dropped, uint64_t id, ep_bytes blob) {
  *dropped = 0;
  uint32_t at = inbox_find(in, id);
  bool last = at == in->first + in->count;
  if (!last && in->held[at].id == id) return EP_HOLD_KNOWN;
  if (in->max_count == 0 || blob.len > in->max_bytes) return EP_HOLD_DROPPED;
  if (last && inbox_full(in, blob.len)) return EP_HOLD_DROPPED;
  if (!inbox_room(in)) return EP_HOLD_NO_MEMORY;
  uint8_t *copy = blob_copy(in, blob);
  if (copy == NULL) return EP_HOLD_NO_MEMORY;
  ep_held held = {id, copy, blob.len};
  if (!inbox_evict(in, dropped, id, blob.len)) {
    blob_free(in, &held);
    return EP_HOLD_DROPPED;
  }
  at = inbox_find(in, id);
  uint32_t after = in->first + in->count - at;
  if (after != 0) memmove(&in->held[at + 1], &in->held[at], after * sizeof(ep_held));
  in->held[at] = held;
  in->count++;
  in->bytes += blob.len;
  return EP_HOLD_KEPT;
}

const ep_held *ep_inbox_lowest(const ep_inbox *in) {
  return in->count == 0 ? NULL : &in->held[in->first];
}

bool ep_inbox_take_lowest(ep_inbox *in, ep_held *out) {
  if (in->count == 0) return false;
  *out = in->held[in->first];
  EP_ASSERT(in->bytes >= out->len);
  in->bytes -= out->len;
  in->first++;
  in->count--;
  if (in->count == 0) ep_inbox_drop_all(in);
  return true;
}

void ep_inbox_drop_lowest(ep_inbox *in) {
  ep_held held;
  bool taken = ep_inbox_take_lowest(in, &held);
  EP_ASSERT(taken);
  blob_free(in, &held);
}
