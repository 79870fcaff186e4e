/* epigeon-load: what the server holds, looked at from outside while it works: /proc, its store, its
 * metrics. Read first: server.h. */
#ifndef BENCH_LOAD_WATCH_H
#define BENCH_LOAD_WATCH_H

#include "server.h"

enum { QUARTERS = 4 };

/* Of one quarter of the run. */
struct holding {
  double memory;  /* of the process, without mapped files: median of what was seen each second */
  uint64_t store; /* bytes on the disk, at its end */
  double core, mailbox, messages, output; /* metrics, at its end */
};

struct watch {
  const struct server *server;
  uint16_t metrics_port;
  double *seen; /* memory, each second of this quarter */
  size_t count, cap;
  uint64_t next_ns;
};

void watch_open(struct watch *watch, const struct server *server);
void watch_close(struct watch *watch);
/* To be called often; looks once a second. */
void watch_tick(struct watch *watch, uint64_t now);
/* The end of a quarter. */
struct holding watch_sum(struct watch *watch);
/* The value of one metric, now. */
double watch_metric(const struct watch *watch, const char *name);

#endif
