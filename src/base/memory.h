/* Floor 1, base. Memory that is counted, and has a ceiling. Who holds much has to give way long
 * before the ceiling, so that others never notice it; the measure is what is left.
 *
 *   0 .............. 3/4 ................. 7/8 .............. 15/16 ........... most
 *     nobody has more    tight: what can be     scarce: nobody      short: nothing
 *     than a quarter     let go of goes, what   new                 large
 *     of what is left    cannot stops growing
 *
 * The last quarter is kept for those who hold little: each mailbox may have an equal part of it.
 * Read first: base/bytes.h. */
#ifndef EP_BASE_MEMORY_H
#define EP_BASE_MEMORY_H

#include "base/bytes.h"

typedef struct ep_memory {
  ep_allocator counted; /* refuses what would go over the ceiling */
  ep_allocator certain; /* counts only: for what must not fail, and is soon given back */
  ep_allocator outer;   /* where both get it from */
  uint64_t most;        /* the ceiling in bytes; 0: none */
  uint64_t used, peak;
  uint64_t refused; /* blocks */
} ep_memory;

/* Must stay where it is: the two allocators point to it. */
void ep_memory_init(ep_memory *out, const ep_allocator *outer, uint64_t most);

/* Bytes below the ceiling; UINT64_MAX: there is none. */
uint64_t ep_memory_left(const ep_memory *memory);

/* memory NULL: no ceiling, in all of these. */
bool ep_memory_is_tight(const ep_memory *memory);
bool ep_memory_is_scarce(const ep_memory *memory);
bool ep_memory_is_short(const ep_memory *memory);

/* What one holder (a mailbox, a session) may hold now, where `limit` is what it may at most: while
 * memory is tight only one part in `parts` of what is left. */
uint64_t ep_memory_allow(const ep_memory *memory, uint64_t limit, uint64_t parts);

/* What each of `holders` may hold, 1 or more, however much others do: an equal part of the last
 * quarter, as long as that is no more than a quarter of what is left. 0: there is no ceiling. */
uint64_t ep_memory_share(const ep_memory *memory, uint64_t holders);

#endif
