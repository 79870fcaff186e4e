/* Floor 5, net. Connections by address.
 * Read first: net/crowd.h. */
#define _GNU_SOURCE 1
#include "net/crowd.h"

#include <netinet/in.h>
#include <string.h>

#include "base/assert.h"
#include "net/address.h"

enum { ADDRESS_LEN = 9, NETWORK_LEN = 8, V4_LEN = 4, V4_AT = 12 };

struct ep_crowd_place {
  uint8_t address[ADDRESS_LEN]; /* the family, then 4 or 8 bytes */
  bool here;                    /* this machine */
  uint64_t count;
};

static bool place_equal(const void *key, const void *entry) {
  return memcmp(key, ((const ep_crowd_place *)entry)->address, ADDRESS_LEN) == 0;
}

static void address_of(uint8_t out[ADDRESS_LEN], const struct sockaddr *address) {
  memset(out, 0, ADDRESS_LEN);
  out[0] = 4;
  if (address->sa_family == AF_INET) {
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)address;
    memcpy(out + 1, &v4->sin_addr, V4_LEN);
    return;
  }
  EP_ASSERT(address->sa_family == AF_INET6);
  const struct in6_addr *v6 = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
  if (IN6_IS_ADDR_V4MAPPED(v6)) {
    memcpy(out + 1, v6->s6_addr + V4_AT, V4_LEN);
    return;
  }
  out[0] = 6;
  memcpy(out + 1, v6->s6_addr, NETWORK_LEN);
}

static uint64_t hash_of(const ep_crowd *crowd, const uint8_t address[ADDRESS_LEN]) {
  return ep_hash(&crowd->key, (ep_bytes){address, ADDRESS_LEN});
}

void ep_crowd_init(ep_crowd *out, const ep_allocator *allocator, const ep_hash_key *key,
                   uint64_t most) {
  *out = (ep_crowd){.key = *key, .most = most};
  ep_table_init(&out->places, allocator);
}

void ep_crowd_free(ep_crowd *crowd) {
  EP_ASSERT(crowd->places.count == 0);
  ep_table_free(&crowd->places);
}

static bool is_full(const ep_crowd *crowd, const ep_crowd_place *place) {
  if (crowd->most == 0 && place->here) return false;
  return place->count >= (crowd->most == 0 ? EP_CROWD_USUAL : crowd->most);
}

static ep_crowd_place *place_new(ep_crowd *crowd, const uint8_t address[ADDRESS_LEN], bool here) {
  const ep_allocator *allocator = crowd->places.allocator;
  if (!ep_table_reserve(&crowd->places, 1)) return NULL;
  ep_crowd_place *place = allocator->resize(allocator->context, NULL, 0, sizeof *place);
  if (place == NULL) return NULL;
  *place = (ep_crowd_place){.here = here};
  memcpy(place->address, address, ADDRESS_LEN);
  bool entered = ep_table_insert(&crowd->places, hash_of(crowd, address), place);
  EP_ASSERT(entered);
  return place;
}

ep_status ep_crowd_enter(ep_crowd *crowd, ep_crowd_place **place, const struct sockaddr *address) {
  uint8_t key[ADDRESS_LEN];
  address_of(key, address);
  *place = ep_table_find(&crowd->places, hash_of(crowd, key), place_equal, key);
  if (*place == NULL) *place = place_new(crowd, key, ep_address_is_loopback(address));
  if (*place == NULL) return EP_NO_MEMORY;
  if (is_full(crowd, *place)) {
    crowd->refused++;
    *place = NULL;
    return EP_FULL;
  }
  (*place)->count++;
  return EP_OK;
}

void ep_crowd_leave(ep_crowd *crowd, ep_crowd_place *place) {
  EP_ASSERT(place->count > 0);
  if (--place->count > 0) return;
  const ep_allocator *allocator = crowd->places.allocator;
  void *gone = ep_table_remove(&crowd->places, hash_of(crowd, place->address), NULL, place);
  EP_ASSERT(gone == place);
  allocator->resize(allocator->context, place, sizeof *place, 0);
}
