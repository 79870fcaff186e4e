/* Floor 5, store. The files of an LMDB store: made, locked, looked at before they are trusted, and
 * the sentences for what can be wrong with them.
 * Read first: store/store.h. Then: lmdb.c. */
#ifndef EP_STORE_LMDB_FILES_H
#define EP_STORE_LMDB_FILES_H

#include <lmdb.h>

#include "store/store.h"

/* Where a sentence goes. */
typedef struct ep_store_words {
  char *text;
  size_t len;
} ep_store_words;

__attribute__((format(printf, 2, 3))) void ep_store_say(ep_store_words words, const char *format,
                                                        ...);

/* Says what an LMDB or system error `code` means for the store at `path`, and gives the status for
 * it. */
ep_status ep_store_fail(ep_store_words words, const char *path, int code);

/* Makes the directory if it is to be one, then takes the lock file beside the data for this
 * process. *lock_fd: to be closed when the store is closed. */
ep_status ep_store_lock(const ep_store_place *place, int *lock_fd, ep_store_words words);

/* Syncs the directory entry of new files. Errors do not matter: some file systems have no such
 * thing. */
void ep_store_sync_names(const ep_store_place *place);

/* Looks whether the file is as long as its own header says, so that no access to the map can end
 * the program. Pages at the end that are missing are free ones (ep_store_check_place has looked);
 * the file is made longer then. 0, or an error code. */
int ep_store_check_length(MDB_env *env);

#endif
