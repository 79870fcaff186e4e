/* Floor 3, delivery. The uids seen last, as 128-bit keyed fingerprints: a ring of fixed length and
 * a hash index over it. Tells a duplicate where ids cannot (EP/1, and after lost state).
 * Read first: base/hash.h. */
#ifndef EP_DELIVERY_SEEN_H
#define EP_DELIVERY_SEEN_H

#include "base/hash.h"

typedef struct ep_seen {
  const ep_allocator *allocator;
  uint8_t (*ring)[16];
  uint32_t *index; /* open addressing: position in ring + 1, 0 empty */
  uint32_t size;   /* slots allocated in ring; grows to max as it fills */
  uint32_t max;
  uint32_t index_size;
  uint32_t highest; /* while loading: positions below it may be taken */
  uint64_t total;   /* how many were ever added: the next goes to total % max */
} ep_seen;

void ep_seen_init(ep_seen *seen, const ep_allocator *allocator, uint32_t max);
void ep_seen_free(ep_seen *seen);
bool ep_seen_has(const ep_seen *seen, const uint8_t print[16]);
bool ep_seen_reserve(ep_seen *seen); /* so that the next add cannot fail; false: no memory */
uint32_t ep_seen_add(ep_seen *seen,
                     const uint8_t print[16]); /* forgets the oldest when full; returns the ring
                                                  position (key in the store) */
bool ep_seen_load(
    ep_seen *seen, uint32_t position,
    const uint8_t print[16]); /* while loading, any order; false: no memory or a bad position */
/* Ends loading: total as stored. False: what was loaded is not what total says. */
bool ep_seen_loaded(ep_seen *seen, uint64_t total);
void ep_seen_check(const ep_seen *seen); /* asserts the invariant; slow */

#endif
