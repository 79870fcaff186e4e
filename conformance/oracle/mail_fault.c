/* What is wrong with a copy, or with one that is missing: the requirement and the sentences.
 * Read first: mail_internal.h. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "oracle/mail_internal.h"

enum { SHOWN_MOST = 120 };

int mail_shown(span text) { return text.len > SHOWN_MOST ? SHOWN_MOST : (int)text.len; }

void mail_fault_say(mail_fault *fault, const char *requirement, const char *acceptable,
                    const char *what, ...) {
  va_list arguments;
  *fault = (mail_fault){.requirement = requirement};
  snprintf(fault->acceptable, sizeof fault->acceptable, "%s", acceptable);
  va_start(arguments, what);
  vsnprintf(fault->what, sizeof fault->what, what, arguments);
  va_end(arguments);
}

void mail_fault_line(mail_fault *fault, uint64_t line) {
  size_t most = sizeof fault->lead_up / sizeof *fault->lead_up, at = fault->lead_up_count;
  for (size_t i = 0; i < fault->lead_up_count; i++) {
    if (fault->lead_up[i] == line) return;
  }
  if (line == 0 || fault->lead_up_count == most) return;
  for (; at > 0 && fault->lead_up[at - 1] > line; at--) fault->lead_up[at] = fault->lead_up[at - 1];
  fault->lead_up[at] = line;
  fault->lead_up_count++;
}

/* ---- Nobody sent it ---- */

static const mail_text *text_with_uid(const mail *m, span uid) {
  for (size_t i = 0; i < m->texts.room; i++) {
    if (m->texts.slots[i].name == 0) continue;
    const mail_text *text = (const mail_text *)(uintptr_t)m->texts.slots[i].value;
    if (span_equal((span){text->uid, text->uid_len}, uid)) return text;
  }
  return NULL;
}

void mail_fault_unknown(const mail *m, const mail_copy *copy, mail_fault *fault) {
  uint64_t name = pool_mix(pool_name(copy->from, 0), pool_name(copy->uid, 0));
  const mail_text *other = text_with_uid(m, copy->uid);
  const mail_party *party = &m->parties[copy->recipient];
  if (pool_recent_has(&m->past, name)) {
    mail_fault_say(
        fault, "EP-G2-1", "One copy of a message in a mailbox.",
        "The message %.*s had been everywhere and was put into the mailbox of %.*s again.",
        (int)copy->uid.len, copy->uid.text, (int)party->id_len, party->id);
  } else if (other != NULL) {
    const mail_party *sender = &m->parties[other->sender];
    mail_fault_say(fault, "EP-G1-2", "`from` is the client id that the sender authenticated.",
                   "The message %.*s says from %.*s, but %.*s sent it.", (int)copy->uid.len,
                   copy->uid.text, mail_shown(copy->from), copy->from.text, (int)sender->id_len,
                   sender->id);
    mail_fault_line(fault, other->items->arrival);
  } else {
    mail_fault_say(fault, "G1", "Only what a client has sent is delivered.",
                   "Nobody sent the message %.*s that says it is from %.*s.", (int)copy->uid.len,
                   copy->uid.text, mail_shown(copy->from), copy->from.text);
  }
}

/* ---- Not addressed ---- */

/* The session that is likeliest in effect. */
static match_answer explain(const mail *m, const mail_item *item, uint32_t client) {
  const mail_party *party = &m->parties[client];
  if (item->text->address->selector == NULL) return MATCH_NO;
  return match_explain(item->text->address->selector,
                       party->values[party->values_count - 1].object);
}

void mail_fault_not_addressed(const mail *m, const mail_item *item, uint32_t client,
                              mail_fault *fault) {
  const mail_text *text = item->text;
  const mail_party *party = &m->parties[client];
  span to = {text->address->text, text->address->len};
  const char *requirement = "EP-G7-1";
  const char *acceptable =
      "It goes to the client named, or to those who match, and to nobody else.";
  if (mail_member_of(text->address, client) != NULL) {
    requirement = "EP-ROUTE-1";
    acceptable = "Who matches at the moment when it is routed gets it.";
  } else {
    match_answer answer = explain(m, item, client);
    if (answer == MATCH_PARTLY) {
      requirement = "EP-ADDR-1";
      acceptable = "Who has all of the pairs matches; one of them is not enough.";
    } else if (answer == MATCH_BY_TYPE) {
      requirement = "EP-ADDR-2";
      acceptable = "Values are equal when their types are equal, too.";
    }
  }
  mail_fault_say(fault, requirement, acceptable,
                 "%.*s got the message %.*s, which is addressed to %.*s.", (int)party->id_len,
                 party->id, (int)text->uid_len, text->uid, mail_shown(to), to.text);
  mail_fault_line(fault, item->arrival);
  mail_fault_line(fault, item->accepted_line);
}

/* ---- Missing ---- */

static const char *why_missing(const mail_item *item, const mail_entry *entry) {
  if (entry == NULL || item->maybe_parked) return "EP-PARK-1";
  if (entry->client == item->text->sender || entry->overtaken_line != 0) return "EP-ROUTE-1";
  return "G5";
}

void mail_fault_missing(const mail *m, const mail_item *item, const mail_entry *entry,
                        mail_fault *fault) {
  const mail_text *text = item->text;
  const mail_party *sender = &m->parties[text->sender];
  span somebody = {"anybody", 7};
  span who = entry == NULL ? somebody
                           : (span){m->parties[entry->client].id, m->parties[entry->client].id_len};
  mail_fault_say(fault, why_missing(item, entry),
                 "Every client that matches gets what was accepted, or its sender is told.",
                 "The message %.*s from %.*s was accepted, but never written to %.*s, which it is "
                 "addressed to.",
                 (int)text->uid_len, text->uid, (int)sender->id_len, sender->id, (int)who.len,
                 who.text);
  mail_fault_line(fault, item->arrival);
  mail_fault_line(fault, item->accepted_line);
  mail_fault_line(fault, item->routed_line);
  if (entry != NULL) mail_fault_line(fault, entry->overtaken_line);
}
