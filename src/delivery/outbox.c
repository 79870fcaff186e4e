/* Floor 3, delivery. The sending half of a stream: a ring of shared items.
 * Read first: delivery/outbox.h. Then: outbox_index.c, which finds a fingerprint out of order. */
#include "delivery/outbox.h"

#include "base/assert.h"
#include "delivery/outbox_internal.h"

enum { OUTBOX_LEAST = 4, OUTBOX_KEPT = 16 };

static bool is_notice(const ep_item *item) {
  return item->kind == EP_ITEM_RECEIPT || item->kind == EP_ITEM_REFUSAL;
}

static void outbox_check(const ep_outbox *box) {
  EP_ASSERT(box->base <= box->cursor && box->cursor <= box->next);
  EP_ASSERT(box->next - box->base <= box->capacity && box->shift <= box->base);
}

void ep_outbox_check(const ep_outbox *box) {
  outbox_check(box);
  EP_ASSERT((box->capacity & (box->capacity - 1)) == 0);
  uint64_t bytes = 0, notices = 0, unordered = 0;
  for (uint64_t slot = box->base; slot < box->next; slot++) {
    const ep_outbox_slot *at = ep_outbox_slot_at(box, slot);
    EP_ASSERT(at->item != NULL && at->item->refs > 0);
    if (is_notice(at->item))
      notices++;
    else
      bytes += ep_item_size(at->item);
    if (at->confirmed) unordered++;
  }
  EP_ASSERT(box->next == box->base || !ep_outbox_slot_at(box, box->base)->confirmed);
  EP_ASSERT(bytes == box->bytes && notices == box->notices && unordered == box->unordered);
  if (box->index != NULL) ep_outbox_index_check(box);
}

void ep_outbox_init(ep_outbox *box, const ep_allocator *allocator) {
  EP_ASSERT(allocator != NULL);
  *box = (ep_outbox){.allocator = allocator, .repeat_at = UINT64_MAX};
}

static void ring_free(ep_outbox *box) {
  ep_outbox_index_drop(box);
  if (box->ring == NULL) return;
  box->allocator->resize(box->allocator->context, box->ring, box->capacity * sizeof(ep_outbox_slot),
                         0);
  box->ring = NULL;
  box->capacity = 0;
}

void ep_outbox_free(ep_outbox *box) {
  for (uint64_t slot = box->base; box->ring != NULL && slot < box->next; slot++) {
    ep_item *item = ep_outbox_slot_at(box, slot)->item;
    if (item != NULL) ep_item_drop(box->allocator, item); /* NULL: loading was given up */
  }
  ring_free(box);
  ep_outbox_init(box, box->allocator);
}

uint64_t ep_outbox_count(const ep_outbox *box) {
  EP_ASSERT(box->base <= box->next);
  return box->next - box->base;
}

/* A ring of at least `least` slots, with what is in the old one. */
static bool ring_grow(ep_outbox *box, uint64_t least) {
  if (least > EP_OUTBOX_MOST) return false;
  uint32_t capacity = box->capacity == 0 ? OUTBOX_LEAST : box->capacity;
  while (capacity < least) capacity *= 2;
  size_t size = capacity * sizeof(ep_outbox_slot);
  ep_outbox_slot *ring = box->allocator->resize(box->allocator->context, NULL, 0, size);
  if (ring == NULL) return false;
  memset(ring, 0, size);
  if (box->ring != NULL) {
    for (uint64_t slot = box->base; slot < box->next; slot++) {
      ring[slot & (capacity - 1)] = *ep_outbox_slot_at(box, slot);
    }
  }
  ring_free(box);
  box->ring = ring;
  box->capacity = capacity;
  return true;
}

bool ep_outbox_reserve_more(ep_outbox *box, uint32_t more) {
  outbox_check(box);
  uint64_t needed = box->next - box->base + more;
  return needed <= box->capacity || ring_grow(box, needed);
}

bool ep_outbox_reserve(ep_outbox *box) { return ep_outbox_reserve_more(box, 1); }

static void count_in(ep_outbox *box, const ep_item *item) {
  if (is_notice(item))
    box->notices++;
  else
    box->bytes += ep_item_size(item);
}

uint64_t ep_outbox_push(ep_outbox *box, ep_item *item) {
  EP_ASSERT(box->next - box->base < box->capacity);
  uint64_t slot = box->next++;
  *ep_outbox_slot_at(box, slot) = (ep_outbox_slot){item, false};
  count_in(box, item);
  if (box->index != NULL) ep_outbox_index_add(box, slot);
  return slot;
}

ep_item *ep_outbox_at(const ep_outbox *box, uint64_t slot) {
  if (slot < box->base || slot >= box->next) return NULL;
  const ep_outbox_slot *at = ep_outbox_slot_at(box, slot);
  return at->confirmed ? NULL : at->item;
}

uint64_t ep_outbox_id(const ep_outbox *box, uint64_t slot) {
  EP_ASSERT(slot >= box->shift);
  return slot - box->shift;
}

bool ep_outbox_slot_of(const ep_outbox *box, uint64_t id, uint64_t *slot) {
  if (id > UINT64_MAX - box->shift) return false;
  *slot = id + box->shift;
  return ep_outbox_at(box, *slot) != NULL;
}

const ep_outbox_slot *ep_outbox_front(const ep_outbox *box) {
  return box->base == box->next ? NULL : ep_outbox_slot_at(box, box->base);
}

bool ep_outbox_pop(ep_outbox *box, ep_outbox_slot *out) {
  if (box->base == box->next) return false;
  ep_outbox_slot *at = ep_outbox_slot_at(box, box->base);
  EP_ASSERT(at->item != NULL);
  *out = *at;
  if (box->index != NULL && !out->confirmed) ep_outbox_index_remove(box, box->base);
  *at = (ep_outbox_slot){NULL, false};
  if (out->confirmed) box->unordered--;
  if (is_notice(out->item))
    box->notices--;
  else
    box->bytes -= ep_item_size(out->item);
  box->base++;
  if (box->cursor < box->base) box->cursor = box->base;
  if (box->base == box->next && box->capacity > OUTBOX_KEPT) ring_free(box);
  return true;
}

bool ep_outbox_find_print(ep_outbox *box, const uint8_t print[16], uint64_t *slot) {
  const ep_outbox_slot *front = ep_outbox_front(box);
  if (front == NULL) return false;
  *slot = box->base;
  if (ep_outbox_has_print(front, print)) return true;
  return ep_outbox_index_find(box, print, slot);
}

void ep_outbox_mark(ep_outbox *box, uint64_t slot) {
  EP_ASSERT(slot > box->base && slot < box->next);
  ep_outbox_slot *at = ep_outbox_slot_at(box, slot);
  EP_ASSERT(at->item != NULL && !at->confirmed);
  if (box->index != NULL) ep_outbox_index_remove(box, slot);
  at->confirmed = true;
  box->unordered++;
}

void ep_outbox_rewind(ep_outbox *box) {
  outbox_check(box);
  box->cursor = box->base;
  box->repeat_at = UINT64_MAX;
  box->repeat_ms = 0;
}

void ep_outbox_renumber(ep_outbox *box) {
  ep_outbox_rewind(box);
  if (box->unordered != 0) {
    for (uint64_t slot = box->base; slot < box->next; slot++) {
      ep_outbox_slot_at(box, slot)->confirmed = false;
    }
    ep_outbox_index_drop(box);
    box->unordered = 0;
  }
  box->shift = box->base;
}

void ep_outbox_restore(ep_outbox *box, uint64_t base, uint64_t next, uint64_t shift) {
  EP_ASSERT(shift <= base && base <= next && next - base <= EP_OUTBOX_MOST);
  EP_ASSERT(box->next == 0 && box->ring == NULL);
  box->base = box->cursor = base;
  box->next = next;
  box->shift = shift;
}

ep_status ep_outbox_place(ep_outbox *box, uint64_t slot, ep_item *item) {
  if (slot < box->base || slot >= box->next) return EP_FULL;
  if (box->ring == NULL && !ring_grow(box, box->next - box->base)) return EP_NO_MEMORY;
  ep_outbox_slot *at = ep_outbox_slot_at(box, slot);
  if (at->item != NULL) return EP_FULL;
  at->item = item;
  count_in(box, item);
  return EP_OK;
}

bool ep_outbox_whole(const ep_outbox *box) {
  if (box->base == box->next) return true;
  if (box->ring == NULL) return false;
  for (uint64_t slot = box->base; slot < box->next; slot++) {
    if (ep_outbox_slot_at(box, slot)->item == NULL) return false;
  }
  return true;
}
