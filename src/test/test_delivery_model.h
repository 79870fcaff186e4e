/* A naive model of the registry: plain arrays, everything looked through from the start each time.
 * It shares no code with floor 3. Read first: test/test_delivery_model.c. */
#ifndef EP_TEST_DELIVERY_MODEL_H
#define EP_TEST_DELIVERY_MODEL_H

#include <stdbool.h>
#include <stdint.h>

enum {
  M_ACCOUNTS = 7,
  M_MAIL = 4000,
  M_HELD = 4,
  M_SEEN = 8,
  M_PARKED = 4,
  M_MAILBOX = 4,
  M_NOTICES = 3,
  M_GAP = 1000,
  M_WAIT = 3000,
  M_KEYS = 2,
  M_VALUES = 2
};

typedef struct m_command {
  char kind; /* j l s m r i u t: join leave session message refuse confirm-id confirm-uid tick */
  uint64_t now, id, expect;
  int account; /* j: who */
  uint32_t link;
  int version, instance;
  bool expects, receipt;
  int uid;          /* 0: none */
  int to;           /* client, or -1: by keys */
  int keys[M_KEYS]; /* session, selector: value, or -1 */
} m_command;

typedef struct m_mail {
  char kind; /* m, r(eceipt), e(rror) */
  int uid, sender;
  int message; /* which message it is */
  bool receipt, confirmed;
} m_mail;

typedef struct m_account {
  bool exists;
  uint32_t link;
  int version, instance;
  int keys[M_KEYS];
  uint64_t expected, base, next, shift, missed;
  m_mail mail[M_MAIL]; /* by slot */
  m_command held[M_HELD + 1];
  int held_count;
  bool blocked, in_gap;
  m_command head;
  int blocker;          /* account, or -1: parking */
  uint64_t since, turn; /* turn: the order in which they began to wait for this */
  uint64_t block_turn;  /* and in which they began to wait at all */
  uint64_t gap_since, gap_turn, gap_expected;
  int seen[M_SEEN];
  uint64_t seen_total;
} m_account;

typedef struct m_parked {
  m_command command;
  int sender;
  int message;
} m_parked;

typedef struct model {
  m_account accounts[M_ACCOUNTS];
  int order[M_ACCOUNTS], count; /* in order of first authentication */
  int having[M_KEYS][M_VALUES][M_ACCOUNTS], having_count[M_KEYS][M_VALUES];
  m_parked parked[M_PARKED];
  int parked_count;
  uint64_t now, turns;
  bool came; /* somebody new, or with a new session */
  int messages;
  char log[1 << 16]; /* confirms of the last command */
} model;

int model_by_link(const model *m, uint32_t link); /* -1: nobody */
void model_apply(model *m, const m_command *command);

#endif
