/* Floor 3, delivery. The registry: every client the server knows, their streams, their mail. It
 * changes by ep_registry_apply(command) only, and is a deterministic function of the commands
 * applied.
 * Read first: delivery/command.h, outbox.h, inbox.h. Then: machine/server.h, which owns it. */
#ifndef EP_DELIVERY_REGISTRY_H
#define EP_DELIVERY_REGISTRY_H

#include "base/memory.h"
#include "delivery/command.h"
#include "delivery/inbox.h"
#include "delivery/outbox.h"
#include "delivery/seen.h"
#include "delivery/selector.h"
#include "wire/tally.h"

/* What the server knows of one client id. Owned by the registry; lives as long as it. Other modules
 * read it, and write only `down` (cursor, repeat) through outbox.h, and `user`. */
typedef struct ep_account {
  ep_bytes id;     /* the client id; owned */
  uint32_t index;  /* place in the order of first authentication */
  uint32_t link;   /* its connection, 0 when away */
  uint8_t version; /* of the newest connection: 1 or 2 */
  uint64_t newest; /* its number; not stored: with the server all connections end */
  bool claimed;    /* a secret is set */
  uint8_t secret[32];
  ep_buffer session; /* JSON text; "{}" until the first update */
  ep_pairs pairs;    /* the session in the selector index */
  uint8_t instance[EP_LIMIT_NAME];
  uint8_t instance_len; /* 0: EP/1 */
  ep_inbox up;          /* what it sends */
  ep_seen seen;         /* EP/1: uids accepted from it */
  ep_outbox down;       /* what it is sent: its mailbox */
  uint64_t missed;      /* receipts left out since the last one */
  /* The up stream waits (a full mailbox, no room to park, no room for a notice): `blocked` is the
   * encoded command at its head, which waits for `blocker` (NULL: for parking room). */
  uint8_t *blocked;
  size_t blocked_len;
  struct ep_account *blocker;
  uint64_t blocked_since_ms;
  struct ep_account *next_blocked, *previous_blocked; /* all that wait, oldest first */
  struct ep_account *next_waiter, *previous_waiter; /* among those who wait for the same mailbox */
  struct ep_account *first_waiter, *last_waiter; /* those who wait for this mailbox, oldest first */
  /* EP/1: a gap holds back what is held. */
  uint64_t gap_since_ms;
  uint64_t gap_expected; /* up.expected when the clock was started */
  struct ep_account *next_gap, *previous_gap;
  bool in_gap, dirty;
  struct ep_account *next_dirty;
  uint64_t seen_total; /* while loading: of the stored seen */
  /* EP/2: the gap for which RETRY was given last (up.expected + 1; 0: none), items held since. */
  uint64_t asked;
  uint32_t asked_held;
  uint64_t came; /* EP/2: one more than the highest id that came on this connection */
  void *user;    /* the connection, for the server machine */
} ep_account;

typedef struct ep_registry_config {
  uint8_t key[16];      /* of the hash tables and fingerprints; a stored one replaces it */
  const uint8_t *epoch; /* random name for a new state; a stored one replaces it; copied */
  size_t epoch_len;
  bool durable;   /* produce records */
  uint64_t frame; /* of a copy, as the recipients read it (EP-LIM-13) */
  uint64_t clients, mailbox, mailbox_bytes, parked, parked_bytes, notices, held, held_bytes, dedup;
  uint64_t gap_wait_ms, mailbox_wait_ms;
  const ep_memory *memory; /* a ceiling below which the limits shrink; NULL: none */
} ep_registry_config;

/* What applying a command led to; pulled after each apply. Pointers are valid until the next apply.
 * */
typedef enum {
  EP_OUTCOME_JOINED,      /* account, link; known, takeover */
  EP_OUTCOME_REFUSED,     /* link, error: JOIN refused */
  EP_OUTCOME_REPLACED,    /* link: lost to a newer connection of account */
  EP_OUTCOME_LEFT,        /* account is away now */
  EP_OUTCOME_SESSION,     /* account has a new session */
  EP_OUTCOME_CONFIRM,     /* account, EP/2: account->up.expected has moved, or must be told again */
  EP_OUTCOME_CONFIRM_UID, /* account, EP/1: uid_json is confirmed to its connection */
  EP_OUTCOME_RETRY,       /* account, EP/2: ask it for id */
  EP_OUTCOME_MAIL,        /* account->down has something new to write, or room in its window */
  EP_OUTCOME_FAILED,      /* link: no memory, this must be closed; the rest of the command has not
                        happened */
  EP_OUTCOME_NOTE         /* something to count and to log: counter, account, count, uid_json */
} ep_outcome_kind;

typedef struct ep_outcome {
  ep_outcome_kind kind;
  uint32_t link;
  ep_account *account;
  ep_error error;
  bool known, takeover;
  uint64_t id;
  ep_counter counter; /* from the spec's table of counters */
  uint64_t count;
  ep_bytes uid_json; /* borrowed from the registry */
} ep_outcome;

typedef struct ep_registry ep_registry;

ep_registry *ep_registry_new(const ep_allocator *allocator,
                             const ep_registry_config *config); /* NULL: no memory */
void ep_registry_free(ep_registry *registry);
void ep_registry_check(const ep_registry *registry); /* asserts the invariants; slow, for tests */

void ep_registry_apply(ep_registry *registry, ep_bytes command);
bool ep_registry_next_outcome(ep_registry *registry, ep_outcome *out);
uint64_t ep_registry_deadline(
    const ep_registry *registry); /* when the next TICK is due; UINT64_MAX: never */

/* How often something happened that no NOTE tells (accepted, routed, confirmed, duplicates, held,
 * parked, unparked, receipts, receipts-missed); 0 for those that notes tell. */
uint64_t ep_registry_counted(const ep_registry *registry, ep_counter counter);

/* Of refusals and of limits reached; the server machine counts its own into it, too. */
ep_tally *ep_registry_tally(ep_registry *registry);

ep_account *ep_registry_find(const ep_registry *registry, ep_bytes id);
ep_account *ep_registry_account(const ep_registry *registry,
                                uint32_t index); /* in order of first authentication */
uint32_t ep_registry_count(const ep_registry *registry);
ep_bytes ep_registry_epoch(const ep_registry *registry);
uint64_t ep_registry_parked(const ep_registry *registry);
uint64_t ep_registry_parked_bytes(const ep_registry *registry);
/* Does account's session match all pairs of a compiled selector? (presence filters, lists) */
bool ep_registry_matches(const ep_registry *registry, const ep_account *account,
                         const ep_selector *selector);
const uint8_t *ep_registry_key(const ep_registry *registry);

/* Whether anything has happened since the last seal that must be stored before what follows from it
 * may leave. When only recipients have confirmed, it need not: a copy that is written again after a
 * kill is known by its number (EP/2), or falls under the declared end of G2 (EP/1). */
bool ep_registry_is_urgent(const ep_registry *registry);
bool ep_registry_has_records(const ep_registry *registry);

/* Store: records that must be kept before anything that follows from them may leave. Sealing writes
 * the state of every account that changed since the last time, once. */
bool ep_registry_seal(ep_registry *registry, ep_buffer *records); /* appends; false: no memory */
/* Between commands: of the memory that the registry works with (not of what it holds), what only
 * something large needed goes back; no buffer keeps more than about `kept` bytes. */
void ep_registry_trim(ep_registry *registry, size_t kept);
ep_status ep_registry_load(
    ep_registry *registry,
    const ep_record *record); /* META, then CLIENTS, then LOG, CONFIRMED, SEEN; each in key order */
ep_status ep_registry_loaded(ep_registry *registry);

#endif
