/* The small disk of the server's folder: a tmpfs in a mount namespace of our own, so that nobody
 * else sees it and nothing is left when the last process of the run has ended.
 * Read first: server.h. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "ledger/server.h"

bool ledger_disk_mount(const char *path, unsigned megabytes) {
  char options[32];
  (void)snprintf(options, sizeof options, "size=%um", megabytes);
  return unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
         mount("tmpfs", path, "tmpfs", 0, options) == 0;
}

static void filler_path(char out[640], const char *path) {
  (void)snprintf(out, 640, "%s/filler", path);
}

bool ledger_disk_fill(const char *path) {
  char file[640];
  static const char block[4096];
  filler_path(file, path);
  int fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) return errno == ENOSPC;
  while (write(fd, block, sizeof block) > 0) continue;
  bool full = errno == ENOSPC;
  (void)close(fd);
  return full;
}

void ledger_disk_free(const char *path) {
  char file[640];
  filler_path(file, path);
  (void)unlink(file);
}

void ledger_disk_unmount(const char *path) { (void)umount2(path, MNT_DETACH); }
