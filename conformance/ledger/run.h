/* A run: the server is killed again and again while the clients send, and other things go wrong
 * meanwhile; then everything is left in peace, until all that must arrive has arrived.
 *
 *   run.c     the processes, and what they say
 *   faults.c  what goes wrong, one kill after the other
 *   peace.c   the beginning and the end
 *
 * Read first: README.md, book.h, child.h, server.h. */
#ifndef LEDGER_RUN_H
#define LEDGER_RUN_H

#include "ledger/book.h"
#include "ledger/child.h"
#include "ledger/relay.h"
#include "ledger/server.h"

typedef struct ledger_options {
  const char *server, *dir;
  uint64_t seed;
  unsigned kills, clients, patience_s; /* how long nothing comes until it is lost */
  bool own_disk;   /* a small tmpfs for the store, where this user may mount one */
  bool lose_store; /* plant a fault: the store is thrown away at one kill */
  bool help;
} ledger_options;

typedef struct ledger_slot {
  ledger_child child;
  pid_t pid;
  int orders; /* where the driver writes */
  bool ready, idle, fenced, stopped;
} ledger_slot;

typedef struct ledger_counts {
  unsigned kills, client_kills, cuts, full, squeezed, killed_while_full, stalled;
} ledger_counts;

typedef struct ledger_run {
  const ledger_options *options;
  ledger_book book;
  ledger_server server;
  ledger_relay relay;
  ledger_slot slots[LEDGER_CLIENTS_MOST];
  ledger_counts counts;
  int reports[2];
  uint64_t random;
  bool gave_up;    /* not all that must arrive has, for long */
  bool answered;   /* the server has let somebody in since it was started */
  bool has_disk;   /* a disk of its own is mounted */
  char disk[512];  /* where */
  char wrong[640]; /* why the run cannot go on, or "" */
} ledger_run;

uint64_t ledger_now_ms(void);
/* Keeps the first sentence; false, always. */
__attribute__((format(printf, 2, 3))) bool ledger_run_fail(ledger_run *run, const char *format,
                                                           ...);

/* Reads what there is to be read, waiting for it at most so long. False: the run cannot go on. */
bool ledger_run_pump(ledger_run *run, int wait_ms);
bool ledger_run_pump_until(ledger_run *run, uint64_t until_ms);
/* Until `holds` does; fails with the sentence when that takes too long. */
typedef bool ledger_condition(const ledger_run *run);
bool ledger_run_await(ledger_run *run, ledger_condition *holds, const char *otherwise);

bool ledger_run_server_start(ledger_run *run);
void ledger_run_server_kill(ledger_run *run);
bool ledger_run_client_start(ledger_run *run, unsigned client, bool goes);
bool ledger_run_client_kill(ledger_run *run, unsigned client);
void ledger_run_order(ledger_run *run, char order); /* to all clients */

bool ledger_run_faults(ledger_run *run);
bool ledger_run_begin(ledger_run *run);
bool ledger_run_finish(ledger_run *run);
void ledger_run_clean(ledger_run *run); /* ends all processes */

#endif
