/* Floor 5, store. Files, lock and sentences of an LMDB store.
 * Read first: store/lmdb_files.h. */
#define _GNU_SOURCE 1
#include "store/lmdb_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/assert.h"

void ep_store_say(ep_store_words words, const char *format, ...) {
  EP_ASSERT(words.text != NULL && words.len >= 1);
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(words.text, words.len, format, arguments);
  va_end(arguments);
}

static bool means_damage(int code) {
  return code == MDB_CORRUPTED || code == MDB_PAGE_NOTFOUND || code == MDB_BAD_TXN ||
         code == MDB_BAD_VALSIZE || code == MDB_CURSOR_FULL;
}

ep_status ep_store_fail(ep_store_words words, const char *path, int code) {
  EP_ASSERT(code != 0);
  if (code == ENOMEM) {
    ep_store_say(words, "There is not enough memory for the store %s.", path);
    return EP_NO_MEMORY;
  }
  if (code == MDB_INVALID) {
    ep_store_say(words, "%s is not a store of e-pigeon: move it away, or choose another place.",
                 path);
    return EP_DAMAGED;
  }
  if (code == MDB_VERSION_MISMATCH) {
    ep_store_say(words, "The store %s was written by another version of LMDB.", path);
    return EP_OTHER_FORMAT;
  }
  if (means_damage(code)) {
    ep_store_say(words, "The store %s is damaged: bring it back from a copy, or move it away.",
                 path);
    return EP_DAMAGED;
  }
  if (code == ENOSPC || code == EDQUOT || code == EFBIG || code == MDB_MAP_FULL) {
    ep_store_say(words, "There is no room left for the store %s: make room.", path);
  } else if (code == EACCES || code == EPERM || code == EROFS) {
    ep_store_say(words, "This user may not write the store %s: change its owner or its place.",
                 path);
  } else if (code == EIO || code == MDB_PANIC) { /* also: LMDB could write a part only */
    ep_store_say(words, "The store %s could not be written whole: the disk is full, or failing.",
                 path);
  } else if (code == ENOENT) {
    ep_store_say(words, "The directory in which the store %s would lie does not exist: make it.",
                 path);
  } else {
    ep_store_say(words, "The store %s cannot be used: %s.", path, mdb_strerror(code));
  }
  return EP_SYSTEM;
}

/* Other processes learn from the lock file who has the store. */
static void lock_sign(int fd) {
  char text[32];
  int len = snprintf(text, sizeof text, "%ld\n", (long)getpid());
  if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)len, 0) != len) {
    /* Only the sentence of the one refused suffers. */
    return;
  }
}

static void lock_refuse(int fd, const char *path, ep_store_words words) {
  char text[32] = {0};
  ssize_t len = pread(fd, text, sizeof text - 1, 0);
  long holder = len > 0 ? strtol(text, NULL, 10) : 0;
  if (holder > 0) {
    ep_store_say(words, "The store %s is in use by process %ld: stop it, or choose another place.",
                 path, holder);
  } else {
    ep_store_say(words, "The store %s is in use by another process.", path);
  }
}

static char *lock_path(const ep_store_place *place) {
  const char *ending = place->directory ? "/lock" : ".lock";
  size_t len = strlen(place->path) + strlen(ending) + 1;
  char *out = malloc(len);
  if (out != NULL) (void)snprintf(out, len, "%s%s", place->path, ending);
  return out;
}

static ep_status lock_file(const ep_store_place *place, const char *file, int *lock_fd,
                           ep_store_words words) {
  int fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return ep_store_fail(words, place->path, errno);
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) {
      lock_refuse(fd, place->path, words);
    } else {
      (void)ep_store_fail(words, place->path, errno);
    }
    (void)close(fd);
    return EP_SYSTEM;
  }
  lock_sign(fd);
  *lock_fd = fd;
  return EP_OK;
}

ep_status ep_store_lock(const ep_store_place *place, int *lock_fd, ep_store_words words) {
  EP_ASSERT(place->path != NULL && lock_fd != NULL);
  if (place->directory && mkdir(place->path, 0700) != 0 && errno != EEXIST) {
    return ep_store_fail(words, place->path, errno);
  }
  char *file = lock_path(place);
  if (file == NULL) return ep_store_fail(words, place->path, ENOMEM);
  ep_status status = lock_file(place, file, lock_fd, words);
  free(file);
  return status;
}

static void sync_directory(const char *path) {
  int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  (void)fsync(fd);
  (void)close(fd);
}

void ep_store_sync_names(const ep_store_place *place) {
  if (place->directory) sync_directory(place->path);
  char *parent = strdup(place->path);
  if (parent == NULL) return;
  char *slash = strrchr(parent, '/');
  if (slash == NULL) {
    sync_directory(".");
  } else {
    slash[slash == parent ? 1 : 0] = '\0';
    sync_directory(parent);
  }
  free(parent);
}

int ep_store_check_length(MDB_env *env) {
  MDB_envinfo info;
  MDB_stat shape;
  struct stat file;
  mdb_filehandle_t fd;
  int code = mdb_env_info(env, &info);
  if (code == 0) code = mdb_env_stat(env, &shape);
  if (code == 0) code = mdb_env_get_fd(env, &fd);
  if (code != 0) return code;
  if (fstat(fd, &file) != 0) return errno;
  size_t here = (size_t)file.st_size / shape.ms_psize;
  size_t needed = info.me_last_pgno + 1;
  if (here >= needed) return 0;
  if (needed > info.me_mapsize / shape.ms_psize) return MDB_CORRUPTED;
  return ftruncate(fd, (off_t)(needed * shape.ms_psize)) == 0 ? 0 : errno;
}
