/* The store of one simulated process: the batches that were committed, one behind the other. Only a
 * restart, which is rare, works out what they come to.
 * Read first: epigeon.h (Records). */
#ifndef SIM_STORE_H
#define SIM_STORE_H

#include "epigeon.h"

typedef struct store_entry store_entry;

enum { STORE_MARKS = 32 };

typedef struct sim_store {
  uint8_t *bytes; /* batches */
  size_t len, room;
  size_t marks[STORE_MARKS]; /* `len` before each of the last commits */
  uint64_t commits;
  store_entry *entries; /* while it is read */
  size_t entry_count, entry_room;
} sim_store;

void store_clear(sim_store *store); /* the state is lost; memory is kept */
void store_free(sim_store *store);
bool store_commit(sim_store *store, ep_bytes batch); /* false: no memory */
/* An old copy is brought back: that of so many commits ago, or the oldest there is. */
void store_go_back(sim_store *store, uint32_t commits);
/* Gives every record that is there, by table, in key order, until `take` returns something other
 * than EP_OK. */
ep_status store_load(sim_store *store, ep_status (*take)(void *context, const ep_record *record),
                     void *context);

#endif
