/* The ledger: what was given to each client, what its client kept, what the server confirmed, what
 * was delivered, each written down as it is told, and at the end the account: what was lost,
 * doubled, out of order. It shares no code with what it judges.
 * Read first: plan.h. */
#ifndef LEDGER_BOOK_H
#define LEDGER_BOOK_H

#include "ledger/plan.h"

/* A message of one sender. */
typedef struct ledger_entry {
  uint16_t delivered; /* to whom, a bit for each client */
  uint16_t receipts;  /* who has it, as the sender was told */
  bool kept;          /* its client had stored it, or must have */
  bool confirmed;     /* the server had it, as the sender was told */
  bool refused;       /* the sender was told that it does not arrive */
  bool begins_life;   /* the first after the client was started again */
} ledger_entry;

typedef struct ledger_delivery {
  uint32_t number;
  uint8_t sender;
} ledger_delivery;

typedef struct ledger_client {
  ledger_entry *given; /* by number */
  uint32_t given_count, given_room, kept_count;
  bool begins_life;
  ledger_delivery *got; /* in the order of delivery, each once */
  uint32_t got_count, got_room;
  uint32_t again_at;                   /* what is to be delivered again next; NONE: nothing was */
  bool may_repeat;                     /* killed, and nothing new was delivered since */
  int64_t newest[LEDGER_CLIENTS_MOST]; /* by sender: the number delivered last, or -1 */
} ledger_client;

typedef struct ledger_account {
  uint64_t given, kept, confirmed, in_doubt, delivered, again;
  uint64_t lost, doubled, reordered, wrong, refused;
} ledger_account;

typedef struct ledger_book {
  ledger_plan plan;
  ledger_client clients[LEDGER_CLIENTS_MOST];
  ledger_account account;
  uint64_t missing; /* deliveries still owed for what was kept */
  char first[256];  /* the first thing that was wrong, as a sentence; or "" */
} ledger_book;

void ledger_book_init(ledger_book *book, const ledger_plan *plan);
void ledger_book_free(ledger_book *book);

/* The next message of `sender` is about to be given to its client. */
void ledger_book_given(ledger_book *book, unsigned sender);
/* The client has stored all messages with numbers below `count`. */
void ledger_book_kept(ledger_book *book, unsigned sender, uint32_t count);
void ledger_book_confirmed(ledger_book *book, unsigned sender, uint32_t number);
void ledger_book_refused(ledger_book *book, unsigned sender, uint32_t number);
void ledger_book_receipt(ledger_book *book, unsigned sender, uint32_t number, unsigned by);
/* `receiver` was handed a message that says it is number `number` of `sender`. */
void ledger_book_delivered(ledger_book *book, unsigned receiver, unsigned sender, uint32_t number);
/* `receiver` was handed something that nobody sent, or that is not what was sent. */
void ledger_book_altered(ledger_book *book, unsigned receiver);
/* An EP/1 client was told that `count` ids never came (EP-RECV-7). */
void ledger_book_skipped(ledger_book *book, unsigned receiver, uint64_t count);
/* The client was killed: what it was handed last it may be handed again (EP-RECV-8). */
void ledger_book_killed(ledger_book *book, unsigned client);

/* Whether all that must arrive has. */
bool ledger_book_complete(const ledger_book *book);
/* The account: after it nothing more is written down. True: nothing is wrong. */
bool ledger_book_close(ledger_book *book);

#endif
