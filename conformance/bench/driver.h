/* epigeon-bench: one measurement: a sender that keeps a window of unconfirmed messages full for
 * some time, receivers that check and confirm every message, and what it cost. Read first: peer.h.
 */
#ifndef BENCH_DRIVER_H
#define BENCH_DRIVER_H

#include <stdint.h>
#include <sys/types.h>

#include "frame.h"
#include "hist.h"

struct cell {
  enum proto proto;
  uint16_t port;
  pid_t pid; /* of the server: its CPU time is read */
  unsigned receivers;
  unsigned window;
  unsigned ahead; /* of the slowest receiver, in messages, the sender waits; 0: never */
  double seconds;
  const char *session; /* of each receiver, JSON; NULL: {"g":1} when there are several */
  const char *to;      /* JSON; NULL: the only receiver's id, or {"g":1} */
};

struct result {
  uint64_t deliveries;
  double rate;        /* deliveries per second */
  double server_cpu;  /* seconds per million deliveries */
  double server_busy; /* share of one CPU */
  double driver_busy;
  uint64_t rss;        /* of the server at the end, bytes */
  struct hist receipt; /* ns from handing a message to its connection to reading it at a receiver */
  struct hist confirm; /* the same to reading its confirm at the sender */
};

/* The same clients through several phases, each measured for cell->seconds. */
struct phases {
  unsigned count;
  double before;                                /* seconds of each that do not count */
  void (*begin)(void *context, unsigned phase); /* NULL: nothing */
  void *context;
};
void driver_phases(const struct cell *cell, const struct phases *phases, struct result *results);

/* One phase. All die on a loss, a repetition, a change of order, or 10 s without progress. */
void driver_run(const struct cell *cell, struct result *result);

#endif
