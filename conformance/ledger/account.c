/* The ledger: the account at the end. What arrived is compared with what was given: message by
 * message, receiver by receiver, and each receiver's order with that of every other.
 * Read first: book.h, book.c. */
#define _GNU_SOURCE 1
#include <stdlib.h>

#include "ledger/book_internal.h"

/* ---- Each message ---------------------------------------------------------------------------- */

static void message_missing(ledger_book *book, unsigned sender, uint32_t number, unsigned to) {
  const ledger_entry *entry = &book->clients[sender].given[number];
  const char *known = entry->confirmed ? "the server had confirmed" : "its client had stored";
  ledger_book_blame(book, &book->account.lost,
                    "Message %u of client-%u, which %s, never reached client-%u.", number, sender,
                    known, to);
}

static void message_close(ledger_book *book, unsigned sender, uint32_t number) {
  const ledger_entry *entry = &book->clients[sender].given[number];
  unsigned mask = ledger_message_of(&book->plan, sender, number).mask;
  if (!entry->kept) book->account.in_doubt++;
  for (unsigned to = 0; to < book->plan.clients; to++) {
    bool delivered = (entry->delivered >> to & 1) != 0;
    bool owed = entry->kept && !entry->refused && (mask >> to & 1) != 0;
    if (owed && !delivered) message_missing(book, sender, number, to);
    if ((entry->receipts >> to & 1) == 0 || delivered) continue;
    ledger_book_blame(book, &book->account.wrong,
                      "client-%u was told that client-%u has message %u, which it never got.",
                      sender, to, number);
  }
}

/* ---- One order for all (G4) ------------------------------------------------------------------ */

/* For each message where `receiver` has it in its order, counted from 1; 0: it has not. */
static uint32_t *places_of(const ledger_book *book, unsigned receiver, unsigned sender) {
  const ledger_client *client = &book->clients[receiver];
  uint32_t *out = calloc(book->clients[sender].given_count + 1U, sizeof *out);
  if (out == NULL) abort();
  for (uint32_t at = 0; at < client->got_count; at++) {
    if (client->got[at].sender == sender) out[client->got[at].number] = at + 1;
  }
  return out;
}

/* Goes through what `one` has in its order: what `other` has too must come in the same order. */
static void pair_close(ledger_book *book, unsigned one, unsigned other) {
  uint32_t *places[LEDGER_CLIENTS_MOST];
  for (unsigned s = 0; s < book->plan.clients; s++) places[s] = places_of(book, other, s);
  const ledger_client *client = &book->clients[one];
  uint32_t newest = 0;
  for (uint32_t at = 0; at < client->got_count; at++) {
    const ledger_delivery *got = &client->got[at];
    uint32_t place = places[got->sender][got->number];
    if (place != 0 && place < newest) {
      ledger_book_blame(book, &book->account.reordered,
                        "client-%u and client-%u were handed message %u of client-%u in different "
                        "orders with another one.",
                        one, other, got->number, got->sender);
    }
    if (place > newest) newest = place;
  }
  for (unsigned s = 0; s < book->plan.clients; s++) free(places[s]);
}

bool ledger_book_close(ledger_book *book) {
  for (unsigned sender = 0; sender < book->plan.clients; sender++) {
    for (uint32_t n = 0; n < book->clients[sender].given_count; n++) message_close(book, sender, n);
  }
  for (unsigned one = 0; one < book->plan.clients; one++) {
    for (unsigned other = one + 1; other < book->plan.clients; other++) {
      pair_close(book, one, other);
    }
  }
  const ledger_account *account = &book->account;
  return account->lost + account->doubled + account->reordered + account->wrong +
             account->refused ==
         0;
}
