/* epigeon-sim --small: the memory of the small world. One arena holds everything that a state of it
 * is: a region for the server's core and one for each client's. A state is saved and put back by
 * copying regions; as they never move, pointers into them stay right.
 * Read first: small.h. */
#ifndef SMALL_MEMORY_H
#define SMALL_MEMORY_H

#include "epigeon.h"

enum { SMALL_SERVER = 0, SMALL_CLIENT = 1, SMALL_REGIONS = 3, SMALL_REGION_BYTES = 1 << 18 };

/* Gives memory of one region. Blocks come from the lowest place that fits, and are zero, so that
 * the same calls, in whatever order those of other regions come, lead to the same bytes. */
ep_allocator small_allocator(unsigned region);
void small_wipe(
    unsigned region); /* as if nothing had ever been allocated: its program was killed */

uint8_t *small_region(unsigned region,
                      size_t *used); /* its bytes, from the first to the last used */
/* Puts back what small_region showed. */
void small_restore(unsigned region, const uint8_t *bytes, size_t used);

/* Texts that states refer to by number: equal numbers mean equal bytes. They are never given back,
 * so they are no part of a state. */
uint32_t small_intern(const void *bytes, size_t len);
ep_bytes small_text(uint32_t number);
size_t small_texts(void); /* how many there are */

#endif
