/* epigeon-hostile: a crowd of connections that each try to make the server grow, in a process of
 * its own. One that is closed comes back at once. What they do is in hostile.c, a kind each.
 * Read first: util.h. */
#ifndef BENCH_HOSTILE_H
#define BENCH_HOSTILE_H

#include <stdint.h>
#include <sys/types.h>

enum hostile_kind {
  HOSTILE_HALF,     /* a frame of nearly the limit `frame`, never ended */
  HOSTILE_EARLY,    /* the same before authentication, of `early_frame` */
  HOSTILE_SLOW,     /* a frame byte by byte */
  HOSTILE_DEEP,     /* brackets without end */
  HOSTILE_UNREAD,   /* asks for lists, reads nothing (EP/1: presence of all, too) */
  HOSTILE_SESSION,  /* sessions of nearly the limit `session` */
  HOSTILE_HELD,     /* items over a gap */
  HOSTILE_MAIL,     /* mail to itself, never confirmed */
  HOSTILE_PARKED,   /* mail for nobody */
  HOSTILE_NEWCOMER, /* a new client id each time, with a session, and away */
  HOSTILE_KINDS
};

struct hostile_counts { /* shared with the process of the crowd */
  uint64_t opened[HOSTILE_KINDS], closed[HOSTILE_KINDS], bytes[HOSTILE_KINDS];
  uint64_t failed; /* connections that could not be opened */
};

struct hostile {
  pid_t pid;
  struct hostile_counts *counts;
};

const char *hostile_name(enum hostile_kind kind);

/* `count` connections, of all kinds in turn, to 127.0.0.1:port. */
void hostile_start(struct hostile *hostile, uint16_t port, unsigned count);
void hostile_stop(struct hostile *hostile);

#endif
