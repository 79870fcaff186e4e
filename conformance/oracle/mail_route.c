/* What becomes of an item: accepted, routed, and each of its copies on its way.
 * Read first: mail_internal.h. */
#include <stdlib.h>

#include "oracle/mail_internal.h"
#include "tables.h"

/* ---- Copies ---- */

mail_entry *mail_entry_of(const mail_item *item, uint32_t client) {
  size_t low = 0, high = item->entries_count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (item->entries[middle].client == client) return &item->entries[middle];
    if (item->entries[middle].client < client) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return NULL;
}

static bool is_waiting(copy_state state) { return state == COPY_MAY || state == COPY_MUST; }

/* Messages that may have been routed to it, without that it was seen. Only asked when the limit is
 * low. */
static uint64_t perhaps_there(const mail *m, const mail_party *party) {
  uint32_t client = (uint32_t)(party - m->parties);
  uint64_t count = 0;
  for (const mail_address *at = m->addresses; at != NULL; at = at->next) {
    if (at->unrouted == NULL || mail_member_of(at, client) == NULL) continue;
    for (const mail_item *item = at->unrouted; item != NULL; item = item->next_unrouted) count++;
  }
  return count;
}

/* Whether as many copies may be in a mailbox as it can hold. */
static bool is_full(const mail *m, const mail_party *party) {
  uint64_t most = party->outstanding + party->doubtful;
  if (m->mailbox_limit < EP_LIMIT_MAILBOX) most += perhaps_there(m, party);
  return most >= m->mailbox_limit;
}

void mail_leave_mailbox(mail *m, mail_party *party, uint64_t *copies) {
  if (is_full(m, party)) party->full_line = m->now;
  (*copies)--;
}

/* One more, or less, that must come. */
static void owe(mail *m, mail_party *party, int change) {
  party->owed += (size_t)change;
  if (!party->away) m->missing += (size_t)change;
}

static void wait_for(mail *m, mail_entry *entry) {
  mail_party *party = &m->parties[entry->client];
  entry->before = party->last;
  if (party->last != NULL) {
    party->last->next = entry;
  } else {
    party->first = entry;
  }
  party->last = entry;
  if (entry->state == COPY_MUST) owe(m, party, 1);
  party->outstanding++;
}

static void wait_no_more(mail *m, mail_entry *entry) {
  mail_party *party = &m->parties[entry->client];
  if (entry->before != NULL) {
    entry->before->next = entry->next;
  } else {
    party->first = entry->next;
  }
  if (entry->next != NULL) {
    entry->next->before = entry->before;
  } else {
    party->last = entry->before;
  }
  entry->next = NULL;
  entry->before = NULL;
  if (party->overtaken == entry) party->overtaken = NULL;
  if (entry->state == COPY_MUST) owe(m, party, -1);
}

static void nobody_waits(mail *m, mail_item *item) {
  order_node node = item->node;
  item->node = 0;
  if (node != 0) order_complete(m->order, node);
}

void mail_nobody_needed(mail *m, mail_item *item) {
  if (!item->somebody) return;
  item->somebody = false;
  mail_item **at = m->somebodies;
  while (*at != item) at++;
  *at = m->somebodies[--m->somebodies_count];
}

void mail_entry_becomes(mail *m, mail_entry *entry, copy_state state) {
  mail_item *item = entry->item;
  bool waited = is_waiting(entry->state);
  if (is_waiting(state)) { /* MUST becomes MAY */
    if (entry->state == COPY_MUST && state == COPY_MAY) owe(m, &m->parties[entry->client], -1);
    entry->state = state;
    return;
  }
  if (waited) wait_no_more(m, entry);
  entry->state = state;
  if (state == COPY_WRITTEN || state == COPY_REFUSED) mail_nobody_needed(m, item);
  if (state != COPY_WRITTEN) {
    mail_party *party = &m->parties[entry->client];
    mail_leave_mailbox(m, party, &party->outstanding);
    item->open--;
  }
  if (waited && --item->pending == 0) nobody_waits(m, item);
}

/* ---- Routing ---- */

/* Messages that may be parked, this one apart. */
static bool parking_is_full(const mail *m) { return m->unrouted > m->parked_limit; }

static void leave_unrouted(mail *m, mail_item *item) {
  mail_address *address = item->text->address;
  if (parking_is_full(m)) m->parked_full_line = m->now;
  m->unrouted--;
  if (item->before_unrouted != NULL) {
    item->before_unrouted->next_unrouted = item->next_unrouted;
  } else {
    address->unrouted = item->next_unrouted;
  }
  if (item->next_unrouted != NULL) {
    item->next_unrouted->before_unrouted = item->before_unrouted;
  } else {
    address->unrouted_last = item->before_unrouted;
  }
  item->next_unrouted = NULL;
  item->before_unrouted = NULL;
}

static bool possibly_matched(const mail_member *member, uint64_t since) {
  return member->possible || member->possible_until >= since;
}

/* A refusal of it may not be seen: EP-LIM-5, when it has waited; a rude sender may be gone before
 * it is told. */
static bool is_untold(const mail *m, const mail_item *item) {
  uint64_t until = item->accepted_line != 0 ? item->accepted_ms : m->now_ms;
  bool waited = until - item->arrival_ms >= m->mailbox_wait;
  return item->rude || (!item->v2 && waited);
}

static bool was_full(const mail *m, const mail_party *party, const mail_item *item) {
  return is_full(m, party) || party->full_line >= item->arrival;
}

static bool parking_was_full(const mail *m, const mail_item *item) {
  return parking_is_full(m) || m->parked_full_line >= item->arrival;
}

/* A repetition under another numbering may be recognised by its uid: then only who matched ever
 * since the first one came must have it; and who has that one needs no other. */
static bool must_have(const mail *m, const mail_item *item, const mail_member *member) {
  const mail_item *first = item->text->items;
  const mail_party *party = &m->parties[member->client];
  if (item->unsure || item->text->perhaps || item->text->loose) return false;
  if (is_untold(m, item) && was_full(m, party, item)) return false;
  for (const mail_item *at = first; at != item; at = at->sibling) {
    const mail_entry *entry = mail_entry_of(at, member->client);
    if (entry != NULL && entry->state != COPY_NOT && entry->state != COPY_REFUSED) return false;
  }
  return member->certain_since != 0 && member->certain_since <= first->arrival;
}

static int by_client(const void *a, const void *b) {
  uint32_t one = ((const mail_entry *)a)->client, other = ((const mail_entry *)b)->client;
  return one < other ? -1 : one > other;
}

/* Whoever may get it, in item->entries; returns how many must. */
static size_t find_recipients(const mail *m, mail_item *item, bool plain) {
  const mail_address *address = item->text->address;
  uint32_t sender = item->text->sender;
  bool own = mail_sender_matches(m, item);
  size_t must = 0;
  item->entries = pool_take((address->members_count + 1) * sizeof *item->entries);
  for (size_t i = 0; i < address->members_count; i++) {
    const mail_member *member = &address->members[i];
    if (!possibly_matched(member, item->arrival)) continue;
    bool due = must_have(m, item, member);
    bool room = !is_untold(m, item) || !was_full(m, &m->parties[member->client], item);
    if (member->client == sender && own && plain && room) due = true;
    item->entries[item->entries_count++] =
        (mail_entry){.item = item,
                     .client = member->client,
                     .state = due ? COPY_MUST : COPY_MAY,
                     .excused = was_full(m, &m->parties[member->client], item)};
    if (due) must++;
  }
  qsort(item->entries, item->entries_count, sizeof *item->entries, by_client);
  return must;
}

/* Without doubt routed to whoever matched; but nobody certainly did all the time. */
static void find_somebody(mail *m, mail_item *item) {
  if (item->rude) return; /* nobody knows in which order its own sessions were taken */
  if (is_untold(m, item) && parking_was_full(m, item)) return;
  for (size_t i = 0; i < item->entries_count; i++) {
    if (item->entries[i].excused && is_untold(m, item)) return;
  }
  if (item->entries_count == 1) item->entries[0].state = COPY_MUST; /* to whom else? */
  if (item->entries_count < 2) return;
  item->somebody = true;
  m->somebodies =
      mail_room(m->somebodies, &m->somebodies_room, m->somebodies_count + 1, sizeof *m->somebodies);
  m->somebodies[m->somebodies_count++] = item;
}

void mail_route(mail *m, mail_item *item, uint64_t line) {
  const mail_text *text = item->text;
  bool plain = text->items == item && !item->unsure && !text->perhaps && !text->loose;
  leave_unrouted(m, item);
  item->routed_line = line;
  item->maybe_parked = find_recipients(m, item, plain) == 0;
  if (item->maybe_parked && plain) find_somebody(m, item);
  item->open = item->entries_count;
  item->pending = item->entries_count;
  for (size_t i = 0; i < item->entries_count; i++) wait_for(m, &item->entries[i]);
  if (item->entries_count > 1) item->node = order_add(m->order, item->key);
}

/* ---- Accepting ---- */

static void leave_unaccepted(mail *m, mail_item *item) {
  mail_party *sender = &m->parties[item->text->sender];
  bool in_list = item->before_unaccepted != NULL || sender->unaccepted == item;
  if (!in_list) return;
  if (item->before_unaccepted != NULL) {
    item->before_unaccepted->next_unaccepted = item->next_unaccepted;
  } else {
    sender->unaccepted = item->next_unaccepted;
  }
  if (item->next_unaccepted != NULL) {
    item->next_unaccepted->before_unaccepted = item->before_unaccepted;
  } else {
    sender->unaccepted_last = item->before_unaccepted;
  }
  item->next_unaccepted = NULL;
  item->before_unaccepted = NULL;
}

static void note_accepted(mail *m, const mail_item *item) {
  mail_party *sender = &m->parties[item->text->sender];
  if (!item->v2) {
    sender->untaken--;
    return;
  }
  if (item->numbering > sender->accepted_numbering) {
    sender->accepted_numbering = item->numbering;
    sender->accepted_next = 0;
  }
  if (item->numbering < sender->accepted_numbering) return;
  if (item->ids[0] >= sender->accepted_next) sender->accepted_next = item->ids[0] + 1;
}

void mail_mark_accepted(mail *m, mail_item *item, uint64_t line) {
  if (item->accepted_line != 0) return;
  item->accepted_line = line;
  item->accepted_ms = m->now_ms;
  leave_unaccepted(m, item);
  note_accepted(m, item);
}

void mail_accept(mail *m, mail_item *item, uint64_t line) {
  mail_mark_accepted(m, item, line);
  if (item->routed_line != 0) return;
  if (item->text->address->kind == MATCH_IMPOSSIBLE) { /* EP-ADDR-3: dropped */
    mail_route(m, item, line);
    mail_maybe_forget(m, item->text);
  } else if (item->text->address->certain > 0 || mail_sender_matches(m, item)) {
    mail_route(m, item, line);
  }
}

void mail_accept_before(mail *m, mail_item *item, uint64_t line) {
  mail_party *sender = &m->parties[item->text->sender];
  mail_item *next;
  if (!item->v2 || item->rude) return; /* a rude sender can use an id for two messages */
  for (mail_item *at = sender->unaccepted; at != NULL; at = next) {
    next = at->next_unaccepted;
    if (at->numbering > item->numbering) return;
    if (at->numbering == item->numbering && at->ids[0] >= item->ids[0]) return;
    if (at->numbering == item->numbering) mail_accept(m, at, line);
  }
}

/* ---- Forgetting ---- */

void mail_let_loose(mail *m, mail_text *text) {
  text->loose = true;
  for (mail_item *item = text->items; item != NULL; item = item->sibling) {
    mail_nobody_needed(m, item);
    for (size_t i = 0; i < item->entries_count; i++) {
      if (item->entries[i].state == COPY_MUST) mail_entry_becomes(m, &item->entries[i], COPY_MAY);
    }
  }
}

static void forget_text(mail *m, mail_text *text) {
  enum { PAST = 1 << 20 };
  pool_recent_add(&m->past, text->name, PAST);
  pool_map_remove(&m->texts, text->name);
  mail_address_leave(m, text->address);
  free(text->uid);
  free(text->uid_json);
  free(text->payload);
  free(text);
}

static void free_item(mail *m, mail_item *item) {
  leave_unaccepted(m, item);
  if (item->routed_line == 0) leave_unrouted(m, item);
  pool_map_remove(&m->items, item->key);
  free(item->entries);
  free(item);
}

/* All items of a message go together: as long as one is there, copies can be told from others. */
void mail_maybe_forget(mail *m, mail_text *text) {
  mail_item *next;
  for (const mail_item *item = text->items; item != NULL; item = item->sibling) {
    bool done = item->routed_line != 0 && item->open == 0 && !item->somebody;
    if (!done || text->loose) return;
  }
  for (mail_item *item = text->items; item != NULL; item = next) {
    next = item->sibling;
    free_item(m, item);
  }
  forget_text(m, text);
}
