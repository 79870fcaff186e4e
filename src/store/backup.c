/* Floor 5, store. Copies a store that may be in use: LMDB gives a reader one state, whole, however
 * long it reads and whatever is written meanwhile. The pages are copied as they are, so that damage
 * is found in the copy, where it can be looked for. The copy is a file of its own first; only when
 * it was read, marked and synced does it get the name of a store.
 * Read first: store/store.h, store/lmdb_files.h. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/assert.h"
#include "delivery/record.h"
#include "store/lmdb_files.h"

enum { PATH_LEN = 4096 };

static const char store_file[] = "data.mdb", part_file[] = "data.mdb.part";

static bool path_join(char out[PATH_LEN], const char *directory, const char *name) {
  int len = snprintf(out, PATH_LEN, "%s/%s", directory, name);
  return len > 0 && len < PATH_LEN;
}

/* ---- Copying --------------------------------------------------------------------------------- */

static int copy_to(MDB_env *env, int fd) {
  int code = mdb_env_copyfd(env, fd);
  if (code == MDB_MAP_RESIZED) { /* the store has grown since it was opened */
    code = mdb_env_set_mapsize(env, 0);
    if (code == 0 && (ftruncate(fd, 0) != 0 || lseek(fd, 0, SEEK_SET) != 0)) code = errno;
    if (code == 0) code = mdb_env_copyfd(env, fd);
  }
  if (code == 0 && fsync(fd) != 0) code = errno;
  return code;
}

static ep_status copy_from(const char *from, const char *part, int fd, ep_store_words words) {
  MDB_env *env = NULL;
  const char *blamed = from;
  int code = mdb_env_create(&env);
  if (code != 0) return ep_store_fail(words, from, code);
  code = mdb_env_open(env, from, MDB_RDONLY, 0600);
  if (code == ENOENT) {
    ep_store_say(words, "There is no store in %s.", from);
    mdb_env_close(env);
    return EP_SYSTEM;
  }
  if (code == 0) {
    blamed = part;
    code = copy_to(env, fd);
  }
  mdb_env_close(env);
  return code == 0 ? EP_OK : ep_store_fail(words, blamed, code);
}

/* ---- What came out --------------------------------------------------------------------------- */

static ep_status look_at(void *context, const ep_record *record) {
  (void)context;
  (void)record;
  return EP_OK; /* its hash was looked at before */
}

static void note_stored(void *context, bool stored) {
  bool *out = context;
  *out = stored;
}

/* Reads all of it. */
static ep_status copy_check(ep_store *store, ep_store_words words) {
  ep_status status = ep_store_load(store, look_at, NULL);
  if (status != EP_OK) ep_store_say(words, "%s", ep_store_trouble(store));
  return status;
}

/* Writes into it that it is a copy (delivery/load.c). */
static ep_status copy_mark(ep_store *store, const char *part, ep_store_words words) {
  uint8_t mark[EP_RECORD_HEAD + 8];
  bool stored = false;
  const uint8_t *end = ep_record_begin(mark, EP_TABLE_META, false, EP_LITERAL("copy"), 0);
  ep_store_commit(store, ep_bytes_of(mark, (size_t)(end - mark)), note_stored, &stored);
  if (stored) return EP_OK;
  ep_store_say(words, "The copy %s could not be written whole: is there room for it?", part);
  return EP_SYSTEM;
}

/* What is wrong in the copy is wrong in the store. */
static ep_status copy_finish(const char *from, const char *part, ep_store_words words) {
  ep_store *store = NULL;
  char lock[PATH_LEN];
  ep_store_place place = {.path = part, .name = from};
  ep_status status = ep_store_open_lmdb(&store, &place, words.text, words.len);
  if (status == EP_OK) status = copy_check(store, words);
  if (status == EP_OK) status = copy_mark(store, part, words);
  ep_store_close(store);
  int len = snprintf(lock, sizeof lock, "%s.lock", part);
  if (len > 0 && (size_t)len < sizeof lock) (void)unlink(lock);
  return status;
}

/* ---- The whole ------------------------------------------------------------------------------- */

static ep_status copy_make(const char *from, const char *part, ep_store_words words) {
  int fd = open(part, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return ep_store_fail(words, part, errno);
  ep_status status = copy_from(from, part, fd, words);
  (void)close(fd);
  return status == EP_OK ? copy_finish(from, part, words) : status;
}

ep_status ep_store_backup(const char *from, const char *to, char *message, size_t message_len) {
  EP_ASSERT(from != NULL && to != NULL && message != NULL && message_len >= 1);
  char part[PATH_LEN], whole[PATH_LEN];
  ep_store_words words = {message, message_len};
  ep_store_place place = {.path = to, .directory = true};
  message[0] = '\0';
  if (!path_join(part, to, part_file) || !path_join(whole, to, store_file))
    return ep_store_fail(words, to, ENAMETOOLONG);
  if (mkdir(to, 0700) != 0 && errno != EEXIST) return ep_store_fail(words, to, errno);
  if (access(whole, F_OK) == 0) {
    ep_store_say(words, "There is a store in %s already: name another directory.", to);
    return EP_SYSTEM;
  }
  ep_status status = copy_make(from, part, words);
  if (status == EP_OK && rename(part, whole) != 0) status = ep_store_fail(words, to, errno);
  if (status == EP_OK) ep_store_sync_names(&place);
  if (status != EP_OK) (void)unlink(part);
  return status;
}
