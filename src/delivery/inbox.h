/* Floor 3, delivery. The receiving half of a stream: which number is next, and what came too early.
 * Holds blobs (whatever the owner needs to go on with the item later) sorted by id, bounded.
 * Read first: base/bytes.h. */
#ifndef EP_DELIVERY_INBOX_H
#define EP_DELIVERY_INBOX_H

#include "base/bytes.h"

typedef struct ep_held {
  uint64_t id;
  uint8_t *blob;
  size_t len;
} ep_held;

typedef struct ep_inbox {
  const ep_allocator *allocator;
  uint64_t expected;               /* the next id that is in order */
  ep_held *held;                   /* sorted by id, ascending */
  uint32_t first, count, capacity; /* held[first] is the lowest */
  uint32_t max_count;
  uint64_t bytes, max_bytes;
} ep_inbox;

typedef enum { EP_HOLD_KEPT, EP_HOLD_KNOWN, EP_HOLD_DROPPED, EP_HOLD_NO_MEMORY } ep_hold;

void ep_inbox_init(ep_inbox *in, const ep_allocator *allocator, uint32_t max_count,
                   uint64_t max_bytes);
void ep_inbox_free(ep_inbox *in);
void ep_inbox_check(const ep_inbox *in);
/* Keeps a copy of blob under id. When full the highest id goes: KEPT if that was another one (its
 * count is told in *dropped), DROPPED if it was this one. KNOWN: the id is already held. */
ep_hold ep_inbox_hold(ep_inbox *in, uint32_t *dropped, uint64_t id, ep_bytes blob);
/* The lowest held item, if any; borrowed until the next call on this inbox. */
const ep_held *ep_inbox_lowest(const ep_inbox *in);
void ep_inbox_drop_lowest(ep_inbox *in);
/* Takes the lowest item out; the caller owns blob (size len) afterwards. */
bool ep_inbox_take_lowest(ep_inbox *in, ep_held *out);
void ep_inbox_drop_all(ep_inbox *in);

#endif
