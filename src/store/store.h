/* Floor 5, store. Keeps records: a batch whole or not at all. Asynchronous by interface: a batch is
 * submitted now and committed later (both stores here commit before the call returns; a replicated
 * one will not). Nothing that follows from a batch may leave the process before its done(true).
 * Read first: epigeon.h (records). Then: memory.c, lmdb.c. */
#ifndef EP_STORE_STORE_H
#define EP_STORE_STORE_H

#include "epigeon.h"

typedef struct ep_store ep_store;

/* Called once for each commit. stored: whether the batch is kept now, for good; false: nothing of
 * it is. */
typedef void ep_store_done(void *context, bool stored);

/* Called for each record; borrowed for the call. A status other than OK ends the loading. */
typedef ep_status ep_store_each(void *context, const ep_record *record);

/* A store that keeps nothing and commits at once. NO_MEMORY. */
ep_status ep_store_open_memory(ep_store **out);

typedef struct ep_store_place {
  const char *path;
  bool directory; /* path is a directory, made if absent; else one file, with a lock file beside it
                   */
  uint64_t map_size; /* bytes of address space to begin with, grown when full; 0: a usual size */
  const char *name;  /* what sentences call it; NULL: its path */
} ep_store_place;

/* A store on disk (LMDB), made if absent, for this process alone. Every commit is synced to the
 * disk. message (at least 1 byte) receives one sentence when the status is not OK: NO_MEMORY;
 * DAMAGED: not a store, or not whole; OTHER_FORMAT; SYSTEM: no permission, used by another process,
 * disk full and so on. */
ep_status ep_store_open_lmdb(ep_store **out, const ep_store_place *place, char *message,
                             size_t message_len);

/* Copies the store in the directory `from`, which a server may be using, into the directory `to`,
 * made if absent: one state, whole, read again after it was written, synced. A server that is
 * started with the copy begins a new epoch. message as above: DAMAGED, OTHER_FORMAT, NO_MEMORY;
 * SYSTEM: no store there, one here already, disk full and so on. */
ep_status ep_store_backup(const char *from, const char *to, char *message, size_t message_len);

/* Gives every record to `each`, table by table, in the order of keys. The status of `each` if that
 * was not OK; DAMAGED, NO_MEMORY, SYSTEM with ep_store_trouble. */
ep_status ep_store_load(ep_store *store, ep_store_each *each, void *context);

/* Submits a batch (as ep_server_records gives it; borrowed until done). One at a time. done may be
 * called before this returns. */
void ep_store_commit(ep_store *store, ep_bytes batch, ep_store_done *done, void *context);

/* Why the last load or commit failed: a sentence, or "". Valid until the next call on the store. */
const char *ep_store_trouble(const ep_store *store);
/* Whether no commit can work any more (the store is damaged, or was lost from under us). If not, a
 * batch that was not kept may be submitted again, as it is. */
bool ep_store_is_broken(const ep_store *store);

/* No commit may be under way. */
void ep_store_close(ep_store *store);

/* What a kind of store is made of: for memory.c, lmdb.c and further ones. */
struct ep_store {
  ep_status (*load)(ep_store *store, ep_store_each *each, void *context);
  void (*commit)(ep_store *store, ep_bytes batch, ep_store_done *done, void *context);
  const char *(*trouble)(const ep_store *store);
  bool (*is_broken)(const ep_store *store);
  void (*close)(ep_store *store);
};

#endif
