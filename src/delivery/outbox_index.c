/* Floor 3, delivery. From a fingerprint to the oldest unconfirmed message that has it, for confirms
 * that come out of order (EP/1). One block of numbers, four for each place of the ring:
 *   heads    open addressing, twice as long as the ring: place + 1 of the oldest with a fingerprint
 *   younger  by place: place + 1 of the next younger with the same fingerprint
 *   youngest by place of the oldest: place of the youngest with the same fingerprint
 * Read first: delivery/outbox.h. */
#include "delivery/outbox_internal.h"

enum { INDEX_SCAN = 16 }; /* so few items are looked through without an index */

static uint32_t heads_mask(const ep_outbox *box) { return 2 * box->capacity - 1; }
static uint32_t *younger(const ep_outbox *box) { return box->index + 2 * (size_t)box->capacity; }
static uint32_t *youngest(const ep_outbox *box) { return box->index + 3 * (size_t)box->capacity; }

static uint32_t home_of(const ep_outbox *box, const uint8_t print[16]) {
  uint32_t word; /* a fingerprint is keyed already: any of its bits will do */
  memcpy(&word, print, sizeof(word));
  return word & heads_mask(box);
}

/* Where the head of this fingerprint is, or the free place where it belongs. */
static uint32_t head_find(const ep_outbox *box, const uint8_t print[16]) {
  uint32_t at = home_of(box, print);
  for (; box->index[at] != 0; at = (at + 1) & heads_mask(box)) {
    if (memcmp(box->ring[box->index[at] - 1].item->print, print, 16) == 0) break;
  }
  return at;
}

static void head_remove(ep_outbox *box, uint32_t hole) {
  uint32_t mask = heads_mask(box);
  for (uint32_t at = (hole + 1) & mask; box->index[at] != 0; at = (at + 1) & mask) {
    uint32_t home = home_of(box, box->ring[box->index[at] - 1].item->print);
    if (((at - home) & mask) < ((at - hole) & mask)) continue;
    box->index[hole] = box->index[at];
    hole = at;
  }
  box->index[hole] = 0;
}

void ep_outbox_index_add(ep_outbox *box, uint64_t slot) {
  uint32_t place = (uint32_t)slot & (box->capacity - 1);
  const ep_item *item = box->ring[place].item;
  if (item->kind != EP_ITEM_MESSAGE) return;
  uint32_t at = head_find(box, item->print);
  younger(box)[place] = 0;
  if (box->index[at] == 0) {
    box->index[at] = place + 1;
    youngest(box)[place] = place;
    return;
  }
  uint32_t head = box->index[at] - 1;
  younger(box)[youngest(box)[head]] = place + 1;
  youngest(box)[head] = place;
}

void ep_outbox_index_remove(ep_outbox *box, uint64_t slot) {
  uint32_t place = (uint32_t)slot & (box->capacity - 1);
  const ep_item *item = box->ring[place].item;
  if (item->kind != EP_ITEM_MESSAGE) return;
  uint32_t at = head_find(box, item->print);
  EP_ASSERT(box->index[at] == place + 1);
  uint32_t next = younger(box)[place];
  if (next == 0) {
    head_remove(box, at);
    return;
  }
  youngest(box)[next - 1] = youngest(box)[place];
  box->index[at] = next;
}

void ep_outbox_index_drop(ep_outbox *box) {
  if (box->index == NULL) return;
  EP_ASSERT(box->capacity != 0);
  box->allocator->resize(box->allocator->context, box->index,
                         4 * (size_t)box->capacity * sizeof(uint32_t), 0);
  box->index = NULL;
}

static bool index_build(ep_outbox *box) {
  size_t size = 4 * (size_t)box->capacity * sizeof(uint32_t);
  box->index = box->allocator->resize(box->allocator->context, NULL, 0, size);
  if (box->index == NULL) return false;
  memset(box->index, 0, size / 2); /* the heads */
  for (uint64_t slot = box->base; slot < box->next; slot++) {
    if (!ep_outbox_slot_at(box, slot)->confirmed) ep_outbox_index_add(box, slot);
  }
  return true;
}

static bool scan_find(const ep_outbox *box, const uint8_t print[16], uint64_t *slot) {
  for (uint64_t at = box->base; at < box->next; at++) {
    if (!ep_outbox_has_print(ep_outbox_slot_at(box, at), print)) continue;
    *slot = at;
    return true;
  }
  return false;
}

bool ep_outbox_index_find(ep_outbox *box, const uint8_t print[16], uint64_t *slot) {
  EP_ASSERT(box->capacity != 0);
  bool few = box->next - box->base <= INDEX_SCAN;
  if (box->index == NULL && (few || !index_build(box))) return scan_find(box, print, slot);
  uint32_t at = head_find(box, print);
  if (box->index[at] == 0) return false;
  uint32_t place = box->index[at] - 1;
  uint32_t base_place = (uint32_t)box->base & (box->capacity - 1);
  *slot = box->base + ((place - base_place) & (box->capacity - 1));
  EP_ASSERT(*slot < box->next);
  return true;
}

/* Every unconfirmed message is in exactly one chain, oldest first. */
void ep_outbox_index_check(const ep_outbox *box) {
  uint64_t chained = 0, messages = 0;
  for (uint32_t at = 0; at <= heads_mask(box); at++) {
    if (box->index[at] == 0) continue;
    uint32_t place = box->index[at] - 1, last = place;
    for (uint32_t next = place + 1; next != 0; next = younger(box)[next - 1]) {
      last = next - 1;
      EP_ASSERT(ep_outbox_has_print(&box->ring[last], box->ring[place].item->print));
      chained++;
    }
    EP_ASSERT(youngest(box)[place] == last);
  }
  for (uint64_t slot = box->base; slot < box->next; slot++) {
    const ep_outbox_slot *at = ep_outbox_slot_at(box, slot);
    if (!at->confirmed && at->item->kind == EP_ITEM_MESSAGE) messages++;
  }
  EP_ASSERT(chained == messages);
}
