/* epigeon-bench: many clients: those that were there once, and those that stay and say nothing.
 * Read first: peer.h. */
#ifndef BENCH_CROWD_H
#define BENCH_CROWD_H

#include <stdint.h>

/* Makes clients first .. last-1 known: each authenticates over a connection of its own, leaves a
 * session
 * {"kind":"x","g":1000000+n}, and goes. EP/2, no presence. */
void crowd_join(uint16_t port, uint64_t first, uint64_t last);

#endif
