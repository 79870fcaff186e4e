/* What is decided beforehand, by a seed: who the clients are, and what the nth message of each of
 * them is: its address and its payload, to the byte. The driver and the clients, which are
 * processes of their own, both know it by this.
 * Read first: README.md. Then: book.h, which keeps what really happened. */
#ifndef LEDGER_PLAN_H
#define LEDGER_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LEDGER_CLIENTS_MOST = 16, LEDGER_RINGS = 2, LEDGER_PAYLOAD_MOST = 200 * 1024 + 128 };

typedef struct ledger_plan {
  uint64_t seed;
  unsigned clients;
} ledger_plan;

/* Random numbers by splitmix64: the same seed, the same numbers, everywhere. */
uint64_t ledger_random(uint64_t *state);
uint64_t ledger_below(uint64_t *state, uint64_t bound); /* 0 to bound - 1 */

/* Every third client speaks EP/1 only. */
unsigned ledger_version_of(unsigned client);
/* Every second client comes through the relay, which cuts connections. */
bool ledger_uses_relay(unsigned client);

enum { LEDGER_NAME_LEN = 24, LEDGER_JSON_LEN = 48 };
void ledger_name_of(char out[LEDGER_NAME_LEN], unsigned client); /* its client id */
void ledger_session_of(char out[LEDGER_JSON_LEN], unsigned client);

typedef struct ledger_message {
  unsigned mask;                 /* the clients to which it is addressed, a bit each */
  bool to_all;                   /* everybody: a selector */
  bool receipt;                  /* a receipt is asked for */
  char to[LEDGER_NAME_LEN];      /* the client id, or "" */
  char to_json[LEDGER_JSON_LEN]; /* the selector, or "" */
} ledger_message;

ledger_message ledger_message_of(const ledger_plan *plan, unsigned sender, uint32_t number);

/* Writes the payload, a JSON object, and returns its length. */
size_t ledger_payload_of(char out[LEDGER_PAYLOAD_MOST], const ledger_plan *plan, unsigned sender,
                         uint32_t number);
/* Whose and which message this payload says that it is; false: it is none. */
bool ledger_payload_read(const char *payload, size_t len, unsigned *sender, uint32_t *number);

#endif
