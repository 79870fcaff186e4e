/* Floor 5, store. The store that keeps nothing, and the calls that all stores share.
 * Read first: store/store.h. */
#include "store/store.h"

#include <stdlib.h>

#include "base/assert.h"

ep_status ep_store_load(ep_store *store, ep_store_each *each, void *context) {
  EP_ASSERT(store != NULL && each != NULL);
  return store->load(store, each, context);
}

void ep_store_commit(ep_store *store, ep_bytes batch, ep_store_done *done, void *context) {
  EP_ASSERT(store != NULL && done != NULL);
  store->commit(store, batch, done, context);
}

const char *ep_store_trouble(const ep_store *store) {
  EP_ASSERT(store != NULL);
  return store->trouble(store);
}

bool ep_store_is_broken(const ep_store *store) {
  EP_ASSERT(store != NULL);
  return store->is_broken(store);
}

void ep_store_close(ep_store *store) {
  if (store != NULL) store->close(store);
}

static ep_status memory_load(ep_store *store, ep_store_each *each, void *context) {
  (void)store;
  (void)each;
  (void)context;
  return EP_OK;
}

static void memory_commit(ep_store *store, ep_bytes batch, ep_store_done *done, void *context) {
  (void)store;
  (void)batch;
  done(context, true);
}

static const char *memory_trouble(const ep_store *store) {
  (void)store;
  return "";
}

static bool memory_is_broken(const ep_store *store) {
  (void)store;
  return false;
}

static void memory_close(ep_store *store) { free(store); }

ep_status ep_store_open_memory(ep_store **out) {
  EP_ASSERT(out != NULL);
  *out = malloc(sizeof **out);
  if (*out == NULL) return EP_NO_MEMORY;
  **out = (ep_store){memory_load, memory_commit, memory_trouble, memory_is_broken, memory_close};
  return EP_OK;
}
