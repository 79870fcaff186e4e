/* A relay: a process that passes on TCP connections to the server's port, and cuts one in the
 * middle when it is told to; what it holds of it is lost.
 * Read first: README.md. */
#ifndef LEDGER_RELAY_H
#define LEDGER_RELAY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct ledger_relay {
  pid_t pid;
  unsigned port; /* where it listens, at 127.0.0.1 */
  int orders;    /* one byte: cut a connection; its end: the end */
} ledger_relay;

/* False: that failed, errno says why. */
bool ledger_relay_start(ledger_relay *relay, unsigned server_port, uint64_t seed);
void ledger_relay_cut(ledger_relay *relay);
void ledger_relay_stop(ledger_relay *relay);

#endif
