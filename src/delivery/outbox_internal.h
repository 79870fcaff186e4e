/* Floor 3, delivery. What outbox.c and outbox_index.c share; nobody else includes this.
 * Read first: delivery/outbox.h. */
#ifndef EP_DELIVERY_OUTBOX_INTERNAL_H
#define EP_DELIVERY_OUTBOX_INTERNAL_H

#include "base/assert.h"
#include "delivery/outbox.h"

static inline ep_outbox_slot *ep_outbox_slot_at(const ep_outbox *box, uint64_t slot) {
  return &box->ring[slot & (box->capacity - 1)];
}

static inline bool ep_outbox_has_print(const ep_outbox_slot *at, const uint8_t print[16]) {
  return !at->confirmed && at->item->kind == EP_ITEM_MESSAGE &&
         memcmp(at->item->print, print, 16) == 0;
}

/* The index: made by the first find that needs it, kept up to date by add and remove until it is
 * dropped. */
bool ep_outbox_index_find(ep_outbox *box, const uint8_t print[16], uint64_t *slot);
void ep_outbox_index_add(ep_outbox *box, uint64_t slot);
void ep_outbox_index_remove(ep_outbox *box, uint64_t slot); /* the oldest with its fingerprint */
void ep_outbox_index_drop(ep_outbox *box);
void ep_outbox_index_check(const ep_outbox *box);

#endif
