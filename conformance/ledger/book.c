/* The ledger: writing down.
 * Read first: book.h. Then: account.c, the account at the end. */
#define _GNU_SOURCE 1
#include "ledger/book.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/book_internal.h"

void ledger_book_init(ledger_book *book, const ledger_plan *plan) {
  *book = (ledger_book){.plan = *plan};
  for (unsigned i = 0; i < LEDGER_CLIENTS_MOST; i++) {
    book->clients[i].again_at = LEDGER_NONE;
    for (unsigned j = 0; j < LEDGER_CLIENTS_MOST; j++) book->clients[i].newest[j] = -1;
  }
}

void ledger_book_free(ledger_book *book) {
  for (unsigned i = 0; i < LEDGER_CLIENTS_MOST; i++) {
    free(book->clients[i].given);
    free(book->clients[i].got);
  }
}

void ledger_book_blame(ledger_book *book, uint64_t *count, const char *format, ...) {
  (*count)++;
  if (book->first[0] != '\0') return;
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(book->first, sizeof book->first, format, arguments);
  va_end(arguments);
}

/* Room for one element more. */
static void *grown(void *block, uint32_t count, uint32_t *room, size_t size) {
  if (count < *room) return block;
  *room = *room == 0 ? 1024 : *room * 2;
  void *out = realloc(block, *room * size);
  if (out != NULL) return out;
  (void)fprintf(stderr, "epigeon-ledger: There is not enough memory for the ledger.\n");
  exit(1);
}

/* ---- The sender's side ----------------------------------------------------------------------- */

void ledger_book_given(ledger_book *book, unsigned sender) {
  ledger_client *client = &book->clients[sender];
  client->given =
      grown(client->given, client->given_count, &client->given_room, sizeof *client->given);
  client->given[client->given_count++] = (ledger_entry){.begins_life = client->begins_life};
  client->begins_life = false;
  book->account.given++;
}

static unsigned count_bits(unsigned mask) { return (unsigned)__builtin_popcount(mask); }

/* A client stores its messages in their order: with one, all before it of the same life. */
static void mark_kept(ledger_book *book, unsigned sender, uint32_t number) {
  ledger_client *client = &book->clients[sender];
  for (uint32_t at = number;; at--) {
    ledger_entry *entry = &client->given[at];
    if (entry->kept) return;
    entry->kept = true;
    book->account.kept++;
    unsigned owed = ledger_message_of(&book->plan, sender, at).mask & ~(unsigned)entry->delivered;
    book->missing += entry->refused ? 0 : count_bits(owed);
    if (entry->begins_life || at == 0) return;
  }
}

/* The entry, if that message was given at all. */
static ledger_entry *entry_of(ledger_book *book, unsigned sender, uint32_t number) {
  if (sender >= book->plan.clients || number >= book->clients[sender].given_count) return NULL;
  return &book->clients[sender].given[number];
}

void ledger_book_kept(ledger_book *book, unsigned sender, uint32_t count) {
  if (count > 0) mark_kept(book, sender, count - 1);
}

void ledger_book_confirmed(ledger_book *book, unsigned sender, uint32_t number) {
  ledger_entry *entry = entry_of(book, sender, number);
  if (entry == NULL || entry->confirmed) return;
  mark_kept(book, sender, number);
  entry->confirmed = true;
  book->account.confirmed++;
}

void ledger_book_refused(ledger_book *book, unsigned sender, uint32_t number) {
  ledger_entry *entry = entry_of(book, sender, number);
  if (entry == NULL || entry->refused) return;
  mark_kept(book, sender, number);
  entry->refused = true;
  unsigned owed = ledger_message_of(&book->plan, sender, number).mask & ~(unsigned)entry->delivered;
  book->missing -= count_bits(owed);
  ledger_book_blame(book, &book->account.refused,
                    "client-%u was told that its message %u is refused.", sender, number);
}

void ledger_book_receipt(ledger_book *book, unsigned sender, uint32_t number, unsigned by) {
  ledger_entry *entry = entry_of(book, sender, number);
  if (entry != NULL) entry->receipts = (uint16_t)(entry->receipts | 1u << by);
}

/* ---- The receiver's side --------------------------------------------------------------------- */

/* Where in the order of delivery; it is there. */
static uint32_t place_of(const ledger_client *client, unsigned sender, uint32_t number) {
  uint32_t at = client->got_count;
  while (at-- > 0) {
    if (client->got[at].sender == sender && client->got[at].number == number) break;
  }
  return at;
}

/* It was delivered before. After a kill that may be: the last deliveries, in the same order, up to
 * the very last. */
static void delivered_again(ledger_book *book, unsigned receiver, unsigned sender,
                            uint32_t number) {
  ledger_client *client = &book->clients[receiver];
  uint32_t at = place_of(client, sender, number);
  bool begins = client->may_repeat && client->again_at == LEDGER_NONE;
  if (client->may_repeat && (begins || at == client->again_at)) {
    client->again_at = at + 1;
    book->account.again++;
    return;
  }
  ledger_book_blame(book, &book->account.doubled,
                    "client-%u was handed message %u of client-%u a second time.", receiver, number,
                    sender);
}

/* What was begun to be delivered again must be gone through before anything new. */
static void repeats_end(ledger_book *book, unsigned receiver) {
  ledger_client *client = &book->clients[receiver];
  if (client->again_at != LEDGER_NONE && client->again_at != client->got_count) {
    ledger_book_blame(book, &book->account.reordered,
                      "client-%u was handed something new before all that it had to get again.",
                      receiver);
  }
  client->again_at = LEDGER_NONE;
  client->may_repeat = false;
}

static void delivered_first(ledger_book *book, unsigned receiver, unsigned sender,
                            uint32_t number) {
  ledger_client *client = &book->clients[receiver];
  repeats_end(book, receiver);
  if (client->newest[sender] > (int64_t)number) {
    ledger_book_blame(book, &book->account.reordered,
                      "client-%u was handed message %u of client-%u after message %lld of it.",
                      receiver, number, sender, (long long)client->newest[sender]);
  }
  client->newest[sender] = number;
  client->got = grown(client->got, client->got_count, &client->got_room, sizeof *client->got);
  client->got[client->got_count++] = (ledger_delivery){number, (uint8_t)sender};
  book->account.delivered++;
}

void ledger_book_delivered(ledger_book *book, unsigned receiver, unsigned sender, uint32_t number) {
  ledger_entry *entry = entry_of(book, sender, number);
  if (entry == NULL) {
    ledger_book_blame(book, &book->account.wrong,
                      "client-%u was handed message %u of client-%u, which was never sent.",
                      receiver, number, sender);
    return;
  }
  unsigned bit = 1u << receiver;
  if ((ledger_message_of(&book->plan, sender, number).mask & bit) == 0) {
    ledger_book_blame(book, &book->account.wrong,
                      "client-%u was handed message %u of client-%u, which is not for it.",
                      receiver, number, sender);
    return;
  }
  if ((entry->delivered & bit) != 0) {
    delivered_again(book, receiver, sender, number);
    return;
  }
  mark_kept(book, sender, number);
  if (!entry->refused) book->missing--;
  entry->delivered = (uint16_t)(entry->delivered | bit);
  delivered_first(book, receiver, sender, number);
}

void ledger_book_altered(ledger_book *book, unsigned receiver) {
  ledger_book_blame(book, &book->account.wrong,
                    "client-%u was handed a message that is not what its sender wrote.", receiver);
}

void ledger_book_skipped(ledger_book *book, unsigned receiver, uint64_t count) {
  ledger_book_blame(book, &book->account.wrong, "client-%u was told that %llu ids never came.",
                    receiver, (unsigned long long)count);
}

void ledger_book_killed(ledger_book *book, unsigned client) {
  book->clients[client].begins_life = true;
  book->clients[client].may_repeat = true;
  book->clients[client].again_at = LEDGER_NONE;
}

bool ledger_book_complete(const ledger_book *book) { return book->missing == 0; }
