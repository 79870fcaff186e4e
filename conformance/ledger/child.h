/* A client: a process with a state file of its own, which sends what the plan says, as fast as its
 * messages are confirmed, and reports each thing to the driver before it goes on. It can be killed
 * at any moment and started again.
 * Read first: plan.h. Then: child.c. */
#ifndef LEDGER_CHILD_H
#define LEDGER_CHILD_H

#include <sys/types.h>

#include "ledger/plan.h"

/* What a client says. All clients write to one pipe, each report in one piece, so that a cause is
 * read before its effect. */
typedef enum ledger_report_kind {
  LEDGER_UP,        /* the server has answered its auth request */
  LEDGER_READY,     /* the server knows its session */
  LEDGER_GIVEN,     /* number: about to be given to the library */
  LEDGER_KEPT,      /* number: this many are in the state file */
  LEDGER_CONFIRMED, /* number: the server has this one */
  LEDGER_REFUSED,   /* number: it does not arrive */
  LEDGER_RECEIPT,   /* number, other: client `other` has it */
  LEDGER_DELIVERED, /* number, other: handed over, from client `other` */
  LEDGER_ALTERED,   /* handed over, and not what anybody sent */
  LEDGER_SKIPPED,   /* number: so many ids never came */
  LEDGER_FENCED,    /* the last message, to everybody, has been given */
  LEDGER_IDLE       /* nothing is unconfirmed */
} ledger_report_kind;

typedef struct ledger_report {
  uint8_t kind, client, other;
  uint32_t number;
} ledger_report;

/* What the driver says to a client: one byte each. */
enum { LEDGER_GO = 'g', LEDGER_STOP = 's', LEDGER_FENCE = 'f', LEDGER_END = 'e' };

typedef struct ledger_child {
  ledger_plan plan;
  unsigned me;
  uint32_t next;   /* the number of its next message */
  unsigned life;   /* how often it was started before */
  bool goes;       /* sends at once, without waiting for LEDGER_GO */
  unsigned port;   /* where to connect, at 127.0.0.1 */
  char state[512]; /* its state file */
  int reports;     /* where it writes */
  int orders;      /* where it reads; when that ends, it ends */
} ledger_child;

/* Forks; all other files than these two are closed in the new process. -1: that failed. */
pid_t ledger_child_start(const ledger_child *child);

#endif
