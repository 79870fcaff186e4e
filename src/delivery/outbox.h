/* Floor 3, delivery. The sending half of a stream: keeps every item until it is confirmed, in
 * order. A slot is the item's place for ever; its number on the wire is slot - shift, so that
 * renumbering after lost state changes one number and nothing that is stored.
 *
 *      base            cursor              next
 *       | written, not  | not yet written   |
 *       | confirmed     | on this connection|
 * Read first: delivery/item.h. */
#ifndef EP_DELIVERY_OUTBOX_H
#define EP_DELIVERY_OUTBOX_H

#include "base/hash.h"
#include "delivery/item.h"

typedef struct ep_outbox_slot {
  ep_item *item;
  bool confirmed; /* EP/1: confirmed out of order; kept until base passes it */
} ep_outbox_slot;

typedef struct ep_outbox {
  const ep_allocator *allocator;
  ep_outbox_slot *ring;
  uint32_t capacity; /* a power of two, or 0; shrinks to 0 when the outbox is empty */
  uint32_t notices;  /* receipts and refusals among the items */
  uint64_t base, cursor, next, shift;
  uint64_t bytes;     /* of the messages */
  uint64_t repeat_at; /* lossy: when to write again; UINT64_MAX: nothing is owed */
  uint32_t repeat_ms; /* lossy: the wait that leads there */
  uint64_t unordered; /* slots confirmed out of order, base excluded */
  uint32_t *index;    /* fingerprint to oldest slot; NULL until a confirm comes out of order */
} ep_outbox;

/* More than this in one outbox is not possible. */
#define EP_OUTBOX_MOST (UINT32_C(1) << 26)

void ep_outbox_init(ep_outbox *box, const ep_allocator *allocator);
void ep_outbox_free(ep_outbox *box);
void ep_outbox_check(const ep_outbox *box);     /* asserts the invariant */
uint64_t ep_outbox_count(const ep_outbox *box); /* items not yet confirmed in order: next - base */
bool ep_outbox_reserve(ep_outbox *box); /* so that the next push cannot fail; false: no memory */
bool ep_outbox_reserve_more(ep_outbox *box,
                            uint32_t more); /* the same for the next `more` pushes */
uint64_t ep_outbox_push(ep_outbox *box,
                        ep_item *item); /* takes over one reference; returns the slot */
ep_item *ep_outbox_at(const ep_outbox *box, uint64_t slot); /* NULL: outside, or confirmed */
uint64_t ep_outbox_id(const ep_outbox *box, uint64_t slot); /* number on the wire */
bool ep_outbox_slot_of(const ep_outbox *box, uint64_t id,
                       uint64_t *slot); /* false: not unconfirmed */

/* What confirming is made of. Find: the slot of the oldest unconfirmed message with this
 * fingerprint, in O(1) when confirms come in order, and without a walk over all items otherwise.
 * Mark: a slot other than base is confirmed out of order. Pop: takes the front item out (the caller
 * owns its reference then), marked or not; *out says which. False: there is none. */
bool ep_outbox_find_print(ep_outbox *box, const uint8_t print[16], uint64_t *slot);
void ep_outbox_mark(ep_outbox *box, uint64_t slot);
bool ep_outbox_pop(ep_outbox *box, ep_outbox_slot *out);
const ep_outbox_slot *ep_outbox_front(const ep_outbox *box); /* NULL: empty */

void ep_outbox_rewind(
    ep_outbox *box); /* a new connection: everything unconfirmed is written again */
void ep_outbox_renumber(ep_outbox *box); /* the peer lost its state: the oldest unconfirmed is
                                            number 0 again; rewinds */

/* Loading: first the numbers, then the item of each slot between base and next, in any order. Place
 * takes over one reference; FULL: the slot is taken or outside. Whole: no slot is missing. */
void ep_outbox_restore(ep_outbox *box, uint64_t base, uint64_t next, uint64_t shift);
ep_status ep_outbox_place(ep_outbox *box, uint64_t slot, ep_item *item);
bool ep_outbox_whole(const ep_outbox *box);

#endif
