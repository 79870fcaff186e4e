/* What the judge tells: clients, their sessions, messages that arrive, are accepted or refused.
 * Read first: mail.h, mail_internal.h. Then: mail_copy.c. */
#include <stdlib.h>
#include <string.h>

#include "oracle/mail_internal.h"
#include "tables.h"

static const span no_session = {"{}", 2}; /* EP-PARK-3 */

static void set_limits(mail *m) {
  m->mailbox_limit = EP_LIMIT_MAILBOX;
  m->parked_limit = EP_LIMIT_PARKED;
  m->held_limit = EP_LIMIT_HELD;
  m->mailbox_wait = m->now_ms = 0;
}

mail *mail_new(void) {
  mail *m = pool_take(sizeof *m);
  m->order = order_new();
  set_limits(m);
  return m;
}

void mail_mailbox_limit(mail *m, uint64_t copies) { m->mailbox_limit = copies; }

void mail_parked_limit(mail *m, uint64_t messages) { m->parked_limit = messages; }

void mail_held_limit(mail *m, uint64_t messages) { m->held_limit = messages; }

void mail_mailbox_wait(mail *m, uint64_t ms) { m->mailbox_wait = ms; }

void mail_clock(mail *m, uint64_t t_ms) { m->now_ms = t_ms; }

/* ---- Forgetting everything ---- */

static void free_items(mail *m) {
  for (size_t i = 0; i < m->items.room; i++) {
    if (m->items.slots[i].name == 0) continue;
    mail_item *item = (mail_item *)(uintptr_t)m->items.slots[i].value;
    free(item->entries);
    free(item);
  }
  for (size_t i = 0; i < m->texts.room; i++) {
    if (m->texts.slots[i].name == 0) continue;
    mail_text *text = (mail_text *)(uintptr_t)m->texts.slots[i].value;
    free(text->uid);
    free(text->uid_json);
    free(text->payload);
    free(text);
  }
  pool_map_clear(&m->items);
  pool_map_clear(&m->texts);
  while (m->addresses != NULL) mail_address_free(m, m->addresses);
  m->idle = 0;
}

static void free_values(mail_party *party) {
  for (size_t i = 0; i < party->values_count; i++) match_free(party->values[i].object);
  party->values_count = 0;
}

static void add_value(mail_party *party, uint64_t number, span session) {
  party->values =
      mail_room(party->values, &party->values_room, party->values_count + 1, sizeof *party->values);
  party->values[party->values_count++] =
      (mail_value){.number = number, .object = match_read(session)};
}

/* The server knows nothing about the client any more; its id and index stay. */
static void start_again(mail_party *party) {
  mail_party kept = *party;
  free_values(&kept);
  *party = (mail_party){.id = kept.id,
                        .id_len = kept.id_len,
                        .name = kept.name,
                        .values = kept.values,
                        .values_room = kept.values_room,
                        .away = kept.away,
                        .applied = kept.sessions,
                        .sessions = kept.sessions};
  add_value(party, party->sessions, no_session);
}

void mail_lost(mail *m, uint64_t line) {
  m->now = line;
  free_items(m);
  for (size_t i = 0; i < m->parties_count; i++) start_again(&m->parties[i]);
  pool_recent_free(&m->past);
  pool_map_clear(&m->pair_names);
  m->pairs_count = 0;
  order_reset(m->order); /* G4: a lost state begins a new order */
  m->missing = 0;
  m->somebodies_count = 0;
  m->unrouted = m->parked_full_line = 0;
}

void mail_reset(mail *m) {
  mail_lost(m, 0);
  for (size_t i = 0; i < m->parties_count; i++) {
    free_values(&m->parties[i]);
    free(m->parties[i].values);
    free(m->parties[i].id);
  }
  m->parties_count = 0;
  pool_map_clear(&m->party_names);
  m->next_key = 0;
  set_limits(m);
}

void mail_free(mail *m) {
  if (m == NULL) return;
  mail_reset(m);
  order_free(m->order);
  pool_map_free(&m->party_names);
  pool_map_free(&m->address_names);
  pool_map_free(&m->texts);
  pool_map_free(&m->items);
  pool_map_free(&m->pair_names);
  free(m->pairs);
  free(m->somebodies);
  free(m->parties);
  free(m);
}

/* ---- Clients and sessions ---- */

uint32_t mail_client(mail *m, span id, uint64_t line) {
  uint64_t name = pool_name(id, 0);
  uint64_t *there = pool_map_get(&m->party_names, name);
  uint32_t index = there == NULL ? (uint32_t)m->parties_count : (uint32_t)*there;
  m->now = line;
  if (there == NULL) {
    m->parties = mail_room(m->parties, &m->parties_room, m->parties_count + 1, sizeof *m->parties);
    mail_party *party = &m->parties[m->parties_count++];
    *party = (mail_party){.id = pool_copy(id), .id_len = id.len, .name = name};
    add_value(party, 0, no_session);
    pool_map_put(&m->party_names, name, index);
  }
  if (m->parties[index].maybe) return index;
  m->parties[index].maybe = true;
  mail_party_changed(m, index, line);
  return index;
}

void mail_known(mail *m, uint32_t client, uint64_t line) {
  m->now = line;
  if (m->parties[client].known) return;
  m->parties[client].known = true;
  mail_party_changed(m, client, line);
}

uint64_t mail_session_arrived(mail *m, uint32_t client, span session_json, uint64_t line) {
  mail_party *party = &m->parties[client];
  m->now = line;
  add_value(party, ++party->sessions, session_json);
  mail_party_changed(m, client, line);
  return m->parties[client].sessions;
}

/* Removes the values from `from` up to, not with, `to`; one always stays. */
static void remove_values(mail_party *party, size_t from, size_t to) {
  if (to - from == party->values_count) to--;
  for (size_t i = from; i < to; i++) match_free(party->values[i].object);
  memmove(party->values + from, party->values + to,
          (party->values_count - to) * sizeof *party->values);
  party->values_count -= to - from;
}

void mail_session_applied(mail *m, uint32_t client, uint64_t number, uint64_t line) {
  mail_party *party = &m->parties[client];
  size_t older = 0;
  m->now = line;
  if (number <= party->applied) return;
  party->applied = number;
  while (older < party->values_count && party->values[older].number < number) older++;
  if (older == 0) return;
  remove_values(party, 0, older);
  mail_party_changed(m, client, line);
}

void mail_session_dropped(mail *m, uint32_t client, uint64_t number, uint64_t line) {
  mail_party *party = &m->parties[client];
  m->now = line;
  for (size_t i = 0; i < party->values_count; i++) {
    if (party->values[i].number != number || party->values_count == 1) continue;
    remove_values(party, i, i + 1);
    mail_party_changed(m, client, line);
    return;
  }
}

/* ---- Messages ---- */

static mail_text *new_text(mail *m, const mail_message *message, uint64_t name, uint64_t line) {
  mail_text *text = pool_take(sizeof *text);
  text->name = name;
  text->sender = message->sender;
  text->uid = pool_copy(message->uid);
  text->uid_len = message->uid.len;
  text->uid_json = pool_copy(message->uid_json);
  text->uid_json_len = message->uid_json.len;
  text->payload = pool_copy(message->payload);
  text->payload_len = message->payload.len;
  text->address = mail_address_take(m, message->to, line);
  pool_map_put(&m->texts, name, (uint64_t)(uintptr_t)text);
  return text;
}

static bool same_content(const mail_text *text, const mail_message *message) {
  span to = {text->address->text, text->address->len};
  span payload = {text->payload, text->payload_len};
  return span_equal(to, message->to) && span_equal(payload, message->payload);
}

static void add_unrouted(mail *m, mail_item *item) {
  mail_address *address = item->text->address;
  m->unrouted++;
  item->before_unrouted = address->unrouted_last;
  if (address->unrouted_last != NULL) {
    address->unrouted_last->next_unrouted = item;
  } else {
    address->unrouted = item;
  }
  address->unrouted_last = item;
}

static bool comes_before(const mail_item *a, const mail_item *b) {
  if (a->numbering != b->numbering) return a->numbering < b->numbering;
  return a->ids[0] < b->ids[0];
}

/* Keeps what is not accepted in the order of the ids, however it arrived. */
static void add_unaccepted(mail *m, mail_item *item) {
  mail_party *sender = &m->parties[item->text->sender];
  mail_item *before = sender->unaccepted_last;
  while (before != NULL && comes_before(item, before)) before = before->before_unaccepted;
  item->before_unaccepted = before;
  item->next_unaccepted = before == NULL ? sender->unaccepted : before->next_unaccepted;
  if (before != NULL) {
    before->next_unaccepted = item;
  } else {
    sender->unaccepted = item;
  }
  if (item->next_unaccepted != NULL) {
    item->next_unaccepted->before_unaccepted = item;
  } else {
    sender->unaccepted_last = item;
  }
  bool twice = before != NULL && !comes_before(before, item);
  if (!twice) return;
  item->unsure = true;
  before->unsure = true;
}

/* EP-RECV-3: one of those that wait may be dropped for it. */
static void note_held(mail *m, const mail_item *item) {
  mail_party *sender = &m->parties[item->text->sender];
  if (sender->untaken > m->held_limit) sender->untaken_line = m->now;
}

static void came_again(mail *m, mail_item *item) {
  item->newest_arrival = m->now;
  note_held(m, item);
}

static mail_item *new_item(mail *m, mail_text *text, const mail_message *message, uint64_t line) {
  mail_item *item = pool_take(sizeof *item);
  mail_item **last = &text->items;
  while (*last != NULL) {
    if ((*last)->ids[0] == message->id) mail_let_loose(m, text); /* see mail_copy.c, find_item */
    last = &(*last)->sibling;
  }
  *last = item;
  item->key = ++m->next_key;
  item->text = text;
  item->v2 = message->v2;
  item->rude = message->rude;
  item->numbering = message->numbering;
  item->ids[item->ids_count++] = message->id;
  item->arrivals = 1;
  item->arrival = line;
  item->newest_arrival = line;
  item->arrival_ms = m->now_ms;
  item->session = message->session;
  item->unsure = text->address->kind == MATCH_ARGUABLE;
  pool_map_put(&m->items, item->key, (uint64_t)(uintptr_t)item);
  add_unrouted(m, item);
  if (item->v2) {
    add_unaccepted(m, item);
  } else {
    m->parties[text->sender].untaken++;
    note_held(m, item);
  }
  return item;
}

/* EP/1 has one item for all numberings: the uid says that it is the same (EP-RECV-5). */
static mail_item *same_item(const mail_text *text, const mail_message *message) {
  for (mail_item *item = text->items; item != NULL; item = item->sibling) {
    if (item->v2 != message->v2) continue;
    if (!item->v2 || item->numbering == message->numbering) return item;
  }
  return NULL;
}

static void again(mail *m, mail_item *item, const mail_message *message) {
  item->arrivals++;
  came_again(m, item);
  item->rude = item->rude || message->rude;
  for (size_t i = 0; i < item->ids_count; i++) {
    if (item->ids[i] == message->id) return;
  }
  if (item->ids_count < MAIL_IDS) item->ids[item->ids_count++] = message->id;
}

/* Whether the server must drop it: it has had that number (EP/2) or that uid (EP/1). */
static bool is_past(const mail *m, const mail_message *message, uint64_t name) {
  const mail_party *sender = &m->parties[message->sender];
  if (!message->v2) return pool_recent_has(&m->past, name);
  return message->numbering == sender->accepted_numbering && message->id < sender->accepted_next;
}

uint64_t mail_arrived(mail *m, const mail_message *message, uint64_t line, mail_fault *fault) {
  uint64_t name = pool_mix(m->parties[message->sender].name, pool_name(message->uid, 0));
  uint64_t *there = pool_map_get(&m->texts, name);
  mail_text *text = there == NULL ? NULL : (mail_text *)(uintptr_t)*there;
  m->now = line;
  if (text != NULL && !text->contradicted && !same_content(text, message)) {
    if (!message->rude) {
      mail_fault_say(fault, "EP-MSG-3", "A uid is never used for another message.",
                     "The message %.*s came again with another address or payload.",
                     (int)message->uid.len, message->uid.text);
      mail_fault_line(fault, text->items->arrival);
      return 0;
    }
    mail_let_loose(m, text);
    text->contradicted = true;
  }
  mail_item *item = text == NULL ? NULL : same_item(text, message);
  if (item != NULL) {
    again(m, item, message);
    return item->key;
  }
  if (is_past(m, message, name)) return MAIL_FORGOTTEN;
  if (text == NULL) {
    text = new_text(m, message, name, line);
    text->perhaps = pool_recent_has(&m->past, name);
  }
  return new_item(m, text, message, line)->key;
}

uint64_t mail_key(const mail *m, uint32_t sender, span uid, uint64_t id) {
  uint64_t name = pool_mix(m->parties[sender].name, pool_name(uid, 0)), key = 0;
  uint64_t *there = pool_map_get(&m->texts, name);
  bool exact = false;
  if (there == NULL) return 0;
  const mail_item *item = ((const mail_text *)(uintptr_t)*there)->items;
  for (; item != NULL; item = item->sibling) {
    bool same = false;
    for (size_t i = 0; i < item->ids_count; i++) same = same || item->ids[i] == id;
    if (same || !exact) key = item->key;
    exact = exact || same;
  }
  return key;
}

static mail_item *item_of(const mail *m, uint64_t key) {
  uint64_t *at = pool_map_get(&m->items, key);
  return at == NULL ? NULL : (mail_item *)(uintptr_t)*at;
}

void mail_arrived_again(mail *m, uint64_t key, uint64_t line) {
  mail_item *item = item_of(m, key);
  m->now = line;
  if (item != NULL) came_again(m, item);
}

void mail_accepted(mail *m, uint64_t key, uint64_t line) {
  mail_item *item = item_of(m, key);
  m->now = line;
  if (item != NULL) mail_accept(m, item, line);
}

/* ---- Refusals ---- */

static void refuse_waiting(mail *m, mail_item *item, copy_state from, copy_state to) {
  for (size_t i = 0; i < item->entries_count; i++) {
    mail_entry *entry = &item->entries[i];
    if (entry->state == COPY_MUST || entry->state == from) mail_entry_becomes(m, entry, to);
  }
}

static void refuse_one(mail *m, mail_item *item, span id) {
  uint64_t *client = pool_map_get(&m->party_names, pool_name(id, 0));
  mail_entry *entry = client == NULL ? NULL : mail_entry_of(item, (uint32_t)*client);
  if (entry == NULL) return;
  if (entry->state == COPY_NOT) mail_nobody_needed(m, item); /* that is why others overtook it */
  if (entry->state == COPY_MAY || entry->state == COPY_MUST) {
    mail_entry_becomes(m, entry, COPY_REFUSED);
  }
}

void mail_refused(mail *m, uint64_t key, const span *recipients, size_t count, uint64_t line) {
  mail_item *item = item_of(m, key);
  m->now = line;
  if (item == NULL) return;
  mail_mark_accepted(m, item, line);
  if (item->routed_line == 0) mail_route(m, item, line);
  item->refused = item->refused || count == 0;
  for (size_t i = 0; i < count; i++) refuse_one(m, item, recipients[i]);
  if (count == 0) {
    refuse_waiting(m, item, COPY_MAY, COPY_REFUSED);
    mail_nobody_needed(m, item);
  }
  mail_maybe_forget(m, item->text);
}

void mail_withdrawn(mail *m, uint64_t key) {
  mail_item *item = item_of(m, key);
  if (item != NULL) mail_let_loose(m, item->text);
}

void mail_refused_others(mail *m, uint64_t key, uint64_t line) {
  mail_item *item = item_of(m, key);
  m->now = line;
  if (item == NULL) return;
  mail_nobody_needed(m, item);
  refuse_waiting(m, item, COPY_MUST, COPY_MAY);
}

void mail_settled(mail *m, uint32_t recipient, uint64_t key, uint64_t line) {
  mail_item *item = item_of(m, key);
  mail_entry *entry = item == NULL ? NULL : mail_entry_of(item, recipient);
  m->now = line;
  if (entry == NULL || entry->state != COPY_WRITTEN) return;
  mail_entry_becomes(m, entry, COPY_SETTLED);
  mail_maybe_forget(m, item->text);
}

void mail_doubted(mail *m, uint32_t recipient) { m->parties[recipient].doubtful++; }

void mail_not_doubted(mail *m, uint32_t recipient, uint64_t line) {
  mail_party *party = &m->parties[recipient];
  m->now = line;
  mail_leave_mailbox(m, party, &party->doubtful);
}

/* ---- What is missing ---- */

void mail_away(mail *m, uint32_t client, bool away) {
  mail_party *party = &m->parties[client];
  if (party->away == away) return;
  party->away = away;
  m->missing = away ? m->missing - party->owed : m->missing + party->owed;
}

/* The first copy that must come to a client who is not away. Where somebody must get it, and nobody
 * knows who, it may lie in the mailbox of one who is away. */
static const mail_entry *first_owed(const mail *m, const mail_item *item) {
  const mail_entry *first = NULL;
  for (size_t i = 0; i < item->entries_count; i++) {
    const mail_entry *entry = &item->entries[i];
    bool away = m->parties[entry->client].away;
    if (item->somebody && away && entry->state != COPY_REFUSED) return NULL;
    bool owed = entry->state == COPY_MUST || (item->somebody && entry->state != COPY_REFUSED);
    if (owed && !away && first == NULL) first = entry;
  }
  return first;
}

size_t mail_missing(const mail *m) {
  size_t count = m->missing;
  for (size_t i = 0; i < m->somebodies_count; i++) {
    if (first_owed(m, m->somebodies[i]) != NULL) count++;
  }
  return count;
}

bool mail_first_missing(const mail *m, mail_fault *out) {
  const mail_item *first = NULL;
  for (size_t i = 0; i < m->items.room; i++) {
    if (m->items.slots[i].name == 0) continue;
    const mail_item *item = (const mail_item *)(uintptr_t)m->items.slots[i].value;
    bool older = first == NULL || item->key < first->key;
    if (older && first_owed(m, item) != NULL) first = item;
  }
  if (first == NULL) return false;
  mail_fault_missing(m, first, first->somebody ? NULL : first_owed(m, first), out);
  return true;
}
