/* epigeon-bench: starting and stopping what is measured: epigeond, or a bare relay as a forked
 * child, pinned to the server's CPU; and the work directory for stores and logs, gone at exit. Read
 * first: util.h. */
#ifndef BENCH_SERVER_H
#define BENCH_SERVER_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum kind { KIND_RELAY, KIND_RELAY_SYNCED, KIND_SERVER_MEMORY, KIND_SERVER_LMDB };

struct server {
  pid_t pid;
  uint16_t port;
  char dir[PATH_MAX]; /* store and log of this one */
};

/* parent: where the work directory is made; a disk, not a tmpfs, or syncing costs nothing. */
void workdir_make(const char *parent);

/* program: the epigeond to start (unused for relays); extra: more options, NULL-terminated, or
 * NULL. Dies, with the end of its log, when it does not come up within 20 s. */
void server_start(struct server *server, enum kind kind, const char *program,
                  const char *const *extra, int cpu);
void server_stop(struct server *server);

/* Where it serves its metrics; it must have been told to at 127.0.0.1, and to log that. */
uint16_t server_metrics_port(const struct server *server);
/* What its store takes on the disk, in bytes; 0: it has none. */
uint64_t server_store_bytes(const struct server *server);

#endif
