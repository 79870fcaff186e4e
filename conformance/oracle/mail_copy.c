/* A copy that was written into a mailbox: whether it may be there, with this content, at this
 * place. Read first: mail_internal.h. Then: mail_fault.c, the sentences. */
#include "oracle/mail_internal.h"

/* How many further copies a mailbox may get before one that was overtaken is called missing rather
 * than late; and how many waiting ones are looked at for each copy. */
enum { LATE_MOST = 64, LOOK_MOST = 64 };

/* ---- Which one it is ---- */

static mail_text *find_text(const mail *m, const mail_copy *copy) {
  uint64_t name = pool_mix(pool_name(copy->from, 0), pool_name(copy->uid, 0));
  uint64_t *at = pool_map_get(&m->texts, name);
  return at == NULL ? NULL : (mail_text *)(uintptr_t)*at;
}

static bool has_id(const mail_item *item, const mail_copy *copy) {
  if (!copy->has_from_id || item->ids_count == MAIL_IDS) return true;
  for (size_t i = 0; i < item->ids_count; i++) {
    if (item->ids[i] == copy->from_id) return true;
  }
  return false;
}

/* The item it is a copy of. A renumbered message can have the same number twice: then nobody can
 * say which copy is of which, and who gets it is not judged any more. */
static mail_item *find_item(mail *m, mail_text *text, const mail_copy *copy) {
  mail_item *found = NULL;
  for (mail_item *item = text->items; item != NULL; item = item->sibling) {
    if (!has_id(item, copy)) continue;
    if (found != NULL) mail_let_loose(m, text);
    if (found == NULL) found = item;
  }
  return found;
}

/* ---- What it says ---- */

static bool check_content(const mail_text *text, const mail_copy *copy, mail_fault *fault) {
  span to = {text->address->text, text->address->len};
  span payload = {text->payload, text->payload_len}, uid = {text->uid_json, text->uid_json_len};
  if (!span_equal(copy->payload, payload)) {
    mail_fault_say(fault, "EP-G1-1", "The payload is the bytes of JSON text that the sender wrote.",
                   "The copy of %.*s has the payload %.*s, not %.*s as it was sent.",
                   (int)text->uid_len, text->uid, mail_shown(copy->payload), copy->payload.text,
                   mail_shown(payload), text->payload);
    return false;
  }
  bool same_uid = uid.len == 0 || copy->uid_json.len == 0 || span_equal(uid, copy->uid_json);
  if (!span_equal(copy->to, to) || !same_uid) {
    mail_fault_say(fault, "EP-MSG-6", "`to` and `uid` are spelled as the sender spelled them.",
                   "The copy of %.*s says to %.*s, not %.*s, or spells the uid otherwise.",
                   (int)text->uid_len, text->uid, mail_shown(copy->to), copy->to.text,
                   mail_shown(to), to.text);
    return false;
  }
  return true;
}

static bool check_not_refused(const mail_item *item, mail_fault *fault) {
  const mail_text *text = item->text;
  if (text->address->kind == MATCH_IMPOSSIBLE) {
    mail_fault_say(fault, "EP-ADDR-3", "It is refused, or confirmed and dropped.",
                   "The message %.*s was delivered although it is addressed to %.*s.",
                   (int)text->uid_len, text->uid,
                   mail_shown((span){text->address->text, text->address->len}),
                   text->address->text);
    return false;
  }
  if (item->refused) {
    mail_fault_say(fault, "EP-ERR-7", "What is refused is not delivered.",
                   "The message %.*s was delivered after it was refused.", (int)text->uid_len,
                   text->uid);
    return false;
  }
  return true;
}

/* ---- Whether it may be there ---- */

static bool check_entry(const mail *m, const mail_item *item, uint32_t client, mail_fault *fault) {
  const mail_text *text = item->text;
  const mail_entry *entry = mail_entry_of(item, client);
  if (entry == NULL) {
    mail_fault_not_addressed(m, item, client, fault);
    return false;
  }
  if (entry->state == COPY_WRITTEN || entry->state == COPY_SETTLED) {
    mail_fault_say(fault, "EP-G2-1", "One copy of a message in a mailbox.",
                   "The message %.*s was put into the mailbox of %.*s twice.", (int)text->uid_len,
                   text->uid, (int)m->parties[client].id_len, m->parties[client].id);
    return false;
  }
  if (entry->state == COPY_REFUSED) {
    mail_fault_say(fault, "EP-LIM-6", "The recipients that the error names do not get it.",
                   "%.*s got the message %.*s although its copy was refused.",
                   (int)m->parties[client].id_len, m->parties[client].id, (int)text->uid_len,
                   text->uid);
    return false;
  }
  return true;
}

/* ---- Whether it comes at its turn ---- */

/* Whether `a` certainly comes before `b`, both of one sender, if none of them was parked. EP/2: by
 * their ids. EP/1: if it was also there first, as a gap may be given up (EP-RECV-6). */
static bool sent_before(const mail_pair *a, const mail_pair *b) {
  if (a->v2 != b->v2) return false;
  if (a->v2) {
    return a->numbering != b->numbering ? a->numbering < b->numbering : a->id < b->id;
  }
  bool once = a->arrivals == 1 && b->arrivals == 1;
  if ((a->rude || b->rude) && !once) return false;
  return a->id < b->id && a->there_since < b->arrival;
}

static mail_pair place_of(const mail *m, const mail_item *item) {
  bool dropped = m->parties[item->text->sender].untaken_line >= item->arrival; /* EP-RECV-3 */
  return (mail_pair){.v2 = item->v2,
                     .rude = item->rude,
                     .numbering = item->numbering,
                     .id = item->ids[0],
                     .arrival = item->arrival,
                     .there_since = dropped ? item->newest_arrival : item->arrival,
                     .copy_line = m->now,
                     .arrivals = item->arrivals,
                     .address = item->text->address};
}

static uint64_t pair_name(const mail_item *item, uint32_t client) {
  return ((uint64_t)item->text->sender << 32 | client) + 1;
}

static void say_late(const mail *m, const mail_item *item, uint32_t client, uint64_t copy_line,
                     const char *requirement, const char *acceptable, mail_fault *fault) {
  const mail_party *party = &m->parties[client];
  mail_fault_say(
      fault, requirement, acceptable,
      "The message %.*s came into the mailbox of %.*s after one that must come after it.",
      (int)item->text->uid_len, item->text->uid, (int)party->id_len, party->id);
  mail_fault_line(fault, item->arrival);
  mail_fault_line(fault, item->accepted_line);
  mail_fault_line(fault, copy_line);
}

/* G3 */
static bool check_sender_order(const mail *m, const mail_item *item, uint32_t client,
                               mail_fault *fault) {
  uint64_t *at = pool_map_get(&m->pair_names, pair_name(item, client));
  if (at == NULL) return true;
  const mail_pair *newest = &m->pairs[*at];
  mail_pair place = place_of(m, item);
  bool same_address = newest->address == place.address;
  if (!sent_before(&place, newest)) return true;
  if (item->maybe_parked && !same_address) return true;
  say_late(m, item, client, newest->copy_line, item->maybe_parked ? "EP-PARK-2" : "EP-RECV-1",
           "The messages of one sender come in the order in which it sent them.", fault);
  mail_fault_line(fault, newest->arrival);
  return false;
}

/* What was certainly routed before another arrived comes first; so does what was certainly accepted
 * before another with the same address arrived, even when both were parked. */
static bool check_time_order(const mail *m, const mail_item *item, uint32_t client,
                             mail_fault *fault) {
  const mail_party *party = &m->parties[client];
  const mail_member *member = mail_member_of(item->text->address, client);
  if (party->newest_arrival > item->routed_line) {
    say_late(m, item, client, party->newest_copy, "EP-G4-1",
             "A message is put into all mailboxes at one moment.", fault);
    mail_fault_line(fault, party->newest_arrival);
    return false;
  }
  bool before = member != NULL && member->newest_arrival > item->accepted_line;
  if (before) {
    say_late(m, item, client, member->newest_copy, item->maybe_parked ? "EP-PARK-2" : "EP-G4-1",
             "Messages with one address come in the order in which they were accepted.", fault);
    mail_fault_line(fault, member->newest_arrival);
    return false;
  }
  return true;
}

static const mail_item *item_by_key(const mail *m, uint64_t key) {
  uint64_t *at = pool_map_get(&m->items, key);
  return at == NULL ? NULL : (const mail_item *)(uintptr_t)*at;
}

static bool check_one_order(mail *m, const mail_item *item, uint32_t client, mail_fault *fault) {
  order_conflict conflict;
  if (item->node == 0) return true;
  if (order_append(m->order, client, item->node, &conflict)) return true;
  const mail_item *first = item_by_key(m, conflict.first);
  const mail_party *one = &m->parties[client], *other = &m->parties[conflict.other_mailbox];
  mail_fault_say(fault, "EP-G4-1", "There is one order of messages that all mailboxes follow.",
                 "%.*s got %.*s before %.*s, but by what %.*s%s got, it is the other way round.",
                 (int)one->id_len, one->id, first == NULL ? 1 : (int)first->text->uid_len,
                 first == NULL ? "?" : first->text->uid, (int)item->text->uid_len, item->text->uid,
                 (int)other->id_len, other->id, conflict.direct ? "" : " and others");
  mail_fault_line(fault, item->arrival);
  if (first != NULL) mail_fault_line(fault, first->arrival);
  return false;
}

/* ---- What it overtakes ---- */

static void overtakes(mail *m, mail_entry *entry) {
  mail_party *party = &m->parties[entry->client];
  if (entry->excused || entry->overtaken_line != 0) return;
  entry->overtaken_line = m->now;
  if (party->overtaken != NULL) return;
  party->overtaken = entry;
  party->copies_since = 0;
}

/* Copies that wait for the same client, and must have come before this one, will not come. */
static void overtake(mail *m, const mail_item *item, uint32_t client) {
  mail_pair place = place_of(m, item);
  unsigned looked = 0;
  mail_entry *next;
  for (mail_entry *entry = m->parties[client].first; entry != NULL; entry = next) {
    next = entry->next;
    mail_item *late = entry->item;
    if (late == item) continue;
    bool routed_before = late->routed_line < item->arrival;
    if (!routed_before && ++looked > LOOK_MOST) return;
    if (routed_before && entry->state == COPY_MAY) {
      mail_entry_becomes(m, entry, COPY_NOT);
      mail_maybe_forget(m, late->text);
      continue;
    }
    mail_pair other = place_of(m, late);
    bool sender_order = late->text->sender == item->text->sender && !late->maybe_parked &&
                        sent_before(&other, &place);
    if (entry->state == COPY_MUST && (routed_before || sender_order)) overtakes(m, entry);
  }
}

static bool check_overtaken(mail *m, uint32_t client, mail_fault *fault) {
  mail_party *party = &m->parties[client];
  if (party->overtaken == NULL || ++party->copies_since <= LATE_MOST) return true;
  mail_fault_missing(m, party->overtaken->item, party->overtaken, fault);
  return false;
}

/* ---- The whole ---- */

static void note_place(mail *m, const mail_item *item, uint32_t client) {
  mail_party *party = &m->parties[client];
  mail_member *member = mail_member_of(item->text->address, client);
  if (item->arrival > party->newest_arrival) {
    party->newest_arrival = item->arrival;
    party->newest_copy = m->now;
  }
  if (member != NULL && item->arrival > member->newest_arrival) {
    member->newest_arrival = item->arrival;
    member->newest_copy = m->now;
  }
  mail_pair place = place_of(m, item);
  uint64_t name = pair_name(item, client), *at = pool_map_get(&m->pair_names, name);
  if (at == NULL) {
    m->pairs = mail_room(m->pairs, &m->pairs_room, m->pairs_count + 1, sizeof *m->pairs);
    pool_map_put(&m->pair_names, name, m->pairs_count);
    m->pairs[m->pairs_count++] = place;
  } else if (!sent_before(&place, &m->pairs[*at])) {
    m->pairs[*at] = place;
  }
}

/* Whoever has one copy of a renumbered message need not get another. */
static void satisfy(mail *m, const mail_text *text, uint32_t client) {
  for (mail_item *item = text->items; item != NULL; item = item->sibling) {
    mail_entry *entry = mail_entry_of(item, client);
    if (entry != NULL && entry->state == COPY_MUST) mail_entry_becomes(m, entry, COPY_MAY);
    mail_nobody_needed(m, item);
  }
}

static bool check_turn(mail *m, const mail_item *item, uint32_t client, mail_fault *fault) {
  return check_sender_order(m, item, client, fault) && check_time_order(m, item, client, fault) &&
         check_one_order(m, item, client, fault);
}

static mail_item *find_checked(mail *m, const mail_copy *copy, mail_fault *fault) {
  mail_text *text = find_text(m, copy);
  if (text == NULL) {
    mail_fault_unknown(m, copy, fault);
    return NULL;
  }
  if (text->contradicted) return text->items;
  mail_item *item = find_item(m, text, copy);
  if (item == NULL) {
    mail_fault_say(fault, "G1", "fromId is the number of the message in its sender's stream.",
                   "The copy of %.*s says fromId %llu, which is not its number.",
                   (int)text->uid_len, text->uid, (unsigned long long)copy->from_id);
    return NULL;
  }
  return check_content(text, copy, fault) ? item : NULL;
}

uint64_t mail_copied(mail *m, const mail_copy *copy, uint64_t line, mail_fault *fault) {
  uint32_t client = copy->recipient;
  m->now = line;
  mail_item *item = find_checked(m, copy, fault);
  if (item == NULL) return 0;
  uint64_t key = item->key;
  if (item->text->loose) return key;
  if (!check_not_refused(item, fault)) return 0;
  mail_accept_before(m, item, line);
  mail_mark_accepted(m, item, line);
  if (item->routed_line == 0) mail_route(m, item, line);
  if (!check_entry(m, item, client, fault) || !check_turn(m, item, client, fault)) return 0;
  note_place(m, item, client);
  mail_entry_becomes(m, mail_entry_of(item, client), COPY_WRITTEN);
  satisfy(m, item->text, client);
  overtake(m, item, client);
  return check_overtaken(m, client, fault) ? key : 0;
}
