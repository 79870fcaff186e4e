/* Floor 5, net. How many connections each address has open (EP-LIM-12). An address of IPv6 is its
 * first 64 bits: so much belongs to one subscriber. Unix sockets have no address.
 * Read first: base/hash.h. */
#ifndef EP_NET_CROWD_H
#define EP_NET_CROWD_H

#include <sys/socket.h>

#include "base/hash.h"

enum { EP_CROWD_USUAL = 1000 };

typedef struct ep_crowd {
  ep_table places;
  ep_hash_key key;
  uint64_t most; /* of one address; 0: EP_CROWD_USUAL, and no bound for this machine itself */
  uint64_t refused;
} ep_crowd;

/* The connections of one address. */
typedef struct ep_crowd_place ep_crowd_place;

/* allocator must outlive it; key: unpredictable bytes. */
void ep_crowd_init(ep_crowd *out, const ep_allocator *allocator, const ep_hash_key *key,
                   uint64_t most);
void ep_crowd_free(ep_crowd *crowd);

/* One more. FULL: too many; NO_MEMORY. *place goes to leave, in the end. */
ep_status ep_crowd_enter(ep_crowd *crowd, ep_crowd_place **place, const struct sockaddr *address);
void ep_crowd_leave(ep_crowd *crowd, ep_crowd_place *place);

#endif
