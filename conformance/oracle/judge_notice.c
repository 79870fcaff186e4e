/* Receipts and refusals: what a sender is told about its messages.
 * Read first: judge_internal.h; spec/protocol.md, chapters 6.7, 6.8 and 11. */
#include "oracle/judge_internal.h"

#include <stdlib.h>

enum { SOON_MS = 5000 }; /* where there are no faults, a receipt is written by then */

static unsigned long long number(uint64_t value) { return (unsigned long long)value; }

/* ---- Tickets ---- */

static struct ticket *ticket_of(const struct client *client, uint64_t uid) {
  uint64_t *at = pool_map_get(&client->asked, uid);
  return at ? &client->tickets[*at] : NULL;
}

static void ticket_free(struct ticket *ticket) {
  free(ticket->uid_text);
  free(ticket->recipients);
}

static void ticket_remove(struct client *client, struct ticket *ticket) {
  size_t at = (size_t)(ticket - client->tickets);
  pool_map_remove(&client->asked, ticket->uid);
  ticket_free(ticket);
  if (at != --client->tickets_count) {
    client->tickets[at] = client->tickets[client->tickets_count];
    pool_map_put(&client->asked, client->tickets[at].uid, at);
  }
}

void notice_forget(struct client *client) {
  for (size_t i = 0; i < client->tickets_count; i++) ticket_free(&client->tickets[i]);
  client->tickets_count = 0;
  pool_map_clear(&client->asked);
}

void notice_excuse(struct client *client) {
  for (size_t i = 0; i < client->tickets_count; i++)
    for (size_t k = 0; k < client->tickets[i].count; k++)
      client->tickets[i].recipients[k].due = false;
}

void notice_asked(judge *j, struct client *client, const frame *f) {
  uint64_t uid = pool_name(f->uid, 2);
  struct ticket *ticket = ticket_of(client, uid);
  if (ticket) {
    ticket->of_before = ticket->of;
    ticket->of = f->id;
    ticket->any = false;
    return;
  }
  if (client->tickets_count == EP_LIMIT_DEDUP) {
    client->receipts_missed = true;
    ticket_remove(client, &client->tickets[0]);
  }
  if (client->tickets_count == client->tickets_room) {
    client->tickets_room = client->tickets_room ? client->tickets_room * 2 : 8;
    client->tickets = pool_resize(client->tickets, client->tickets_room * sizeof *client->tickets);
  }
  pool_map_put(&client->asked, uid, client->tickets_count);
  client->tickets[client->tickets_count++] = (struct ticket){.uid = uid,
                                                             .of = f->id,
                                                             .of_before = f->id,
                                                             .line = j->line,
                                                             .uid_text = pool_copy(f->uid),
                                                             .uid_len = (uint32_t)f->uid.len};
}

static struct ticket_recipient *recipient_of(struct ticket *ticket, uint64_t name) {
  for (size_t i = 0; i < ticket->count; i++)
    if (ticket->recipients[i].client == name) return &ticket->recipients[i];
  return NULL;
}

void notice_confirmed(judge *j, struct client *recipient, const struct item *item, bool due) {
  struct client *sender = judge_client_by_name(j, item->from);
  struct ticket *ticket = sender ? ticket_of(sender, item->uid) : NULL;
  if (!ticket || recipient_of(ticket, recipient->name)) return;
  if (ticket->count == ticket->room) {
    ticket->room = ticket->room ? ticket->room * 2 : 2;
    ticket->recipients = pool_resize(ticket->recipients, ticket->room * sizeof *ticket->recipients);
  }
  ticket->recipients[ticket->count++] = (struct ticket_recipient){
      .client = recipient->name, .line = j->line, .ms = j->t_ms, .due = due && sender->server_v2};
}

/* ---- Written by the server ---- */

void notice_receipt(judge *j, struct conn *conn, const frame *f) {
  struct client *client = conn->client;
  struct ticket *ticket = ticket_of(client, pool_name(f->uid, 2));
  if (f->has & FRAME_HAS_MISSED) client->receipts_missed = true;
  if (client->old) return; /* it may have sent the message twice */
  if (!ticket) {
    if (client->stranger || client->receipts_missed) return;
    judge_wrong(j, "EP-RCPT-1", "A receipt for a message that asked for one.",
                "The server wrote a receipt for a message that has asked for none, or has had all "
                "of its receipts.");
    judge_about(j, client, f->uid);
    return;
  }
  struct ticket_recipient *by = recipient_of(ticket, client_name(f->client));
  const struct client *recipient = judge_client_by_name(j, client_name(f->client));
  bool rude = recipient && recipient->rude;
  if (f->of != ticket->of && f->of != ticket->of_before) {
    judge_wrong(j, "EP-RCPT-1", "The id of the message in the up stream.",
                "The server wrote a receipt for item %llu, and the message with this uid was item "
                "%llu.",
                number(f->of), number(ticket->of));
  } else if (!by && rude) {
    return;
  } else if (!by) {
    judge_wrong(j, "EP-RCPT-1", "A receipt after the confirm of its recipient has arrived.",
                "The server wrote a receipt by a client whose confirm of the message has not "
                "arrived.");
  } else if (by->given) {
    judge_wrong(j, "EP-RCPT-1", "One receipt for each recipient.",
                "The server wrote a second receipt of one recipient for one message.");
    judge_lead(j, by->line);
  } else if (ticket->any && f->left >= ticket->left) {
    judge_wrong(j, "EP-RCPT-1", "Fewer recipients left with each receipt.",
                "The server says that %llu recipients are left, and said %llu before.",
                number(f->left), number(ticket->left));
    judge_lead(j, by->line);
  } else {
    by->given = true;
    ticket->any = true;
    ticket->left = f->left;
    if (!f->left) ticket_remove(client, ticket);
    return;
  }
  judge_lead(j, ticket->line);
  judge_about(j, client, f->uid);
}

/* Tells mail.h who was refused. */
static void tell_refused(judge *j, const frame *f, uint64_t key) {
  span recipients[EP_LIMIT_NAMED];
  size_t count = 0;
  char *names = pool_take(f->to.len);
  char *at = names;
  scan_walk walk;
  span value;
  if (f->has & FRAME_HAS_TO) {
    scan_begin(&walk, f->to, SCAN_DEPTH_MOST);
    while (count < EP_LIMIT_NAMED && scan_next_item(&walk, &value) == SCAN_OK) {
      size_t len = scan_unescape(at, value, NULL);
      recipients[count++] = (span){at, len};
      at += len;
    }
  }
  mail_refused(j->mail, key, recipients, count, j->line);
  if (count && f->has & FRAME_HAS_COUNT && f->count > count)
    mail_refused_others(j->mail, key, j->line);
  free(names);
}

/* A refusal can come late: of a message that is forgotten here, or of an older instance. */
static bool refusal_of_older(judge *j, const struct client *client, const frame *f) {
  uint64_t key = f->has & FRAME_HAS_UID ? mail_key(j->mail, client->mail, f->uid, f->of) : 0;
  if (key) tell_refused(j, f, key);
  return key != 0;
}

void notice_loose_refusal(judge *j, const struct conn *conn, const frame *f) {
  (void)refusal_of_older(j, conn->client, f);
}

void notice_refusal(judge *j, struct conn *conn, const frame *f) {
  struct client *client = conn->client;
  struct stream *up = client->server_up ? client->server_up : client->up;
  if (!(f->has & FRAME_HAS_OF)) return;
  struct item *item = stream_at(up, f->of);
  uint64_t uid = f->has & FRAME_HAS_UID ? pool_name(f->uid, 2) : 0;
  if (!item || item->uid != uid) {
    if (refusal_of_older(j, client, f)) return;
    if (!item && (client->stranger || (up && f->of < up->base))) return; /* not seen */
    if (!uid && f->of < client->sessions_below) return; /* a session of an older instance */
  }
  if (!item || !item->arrivals || (uid && item->uid != uid)) {
    judge_wrong(j, "EP-ERR-7", "An item of the up stream that has arrived, and its uid.",
                "The server refused item %llu of the up stream, and %s.", number(f->of),
                item && item->arrivals ? "gave the uid of another" : "that has not arrived");
    judge_about(j, client, f->uid);
    if (item) judge_lead(j, item->written_line);
    return;
  }
  if (item->kind == ITEM_SESSION) {
    client->set_line = 0;
    if (item->session) mail_session_dropped(j->mail, client->mail, item->session, j->line);
  } else if (item->mail) {
    tell_refused(j, f, item->mail);
  }
}

void notice_refusal_arrived(const judge *j, struct client *client, const struct letter *letter) {
  uint64_t uid = letter->uid;
  app_heard(client, uid);
  struct item *item = up_by_uid(client->up, uid);
  if (item) {
    item->refused = true;
    if (!letter->partly && !item->refused_ms) item->refused_ms = j->t_ms + 1;
  }
  if (!client->up) return;
  for (size_t i = client->up->owed_at; i < client->up->owed_count; i++)
    if (client->up->owed[i].uid == uid) client->up->owed[i].must = false;
}

/* ---- At the end ---- */

bool notice_missing(judge *j, struct client *client) {
  if (client->receipts_missed || client->old || client->rude || !client->server_v2) return false;
  if (!client->server_conn) return false; /* it has not come back */
  for (size_t i = 0; i < client->tickets_count; i++) {
    const struct ticket *ticket = &client->tickets[i];
    for (size_t k = 0; k < ticket->count; k++) {
      const struct ticket_recipient *by = &ticket->recipients[k];
      const struct client *recipient = judge_client_by_name(j, by->client);
      if (j->t_ms < by->ms + SOON_MS) continue;
      if (!by->due || by->given || recipient->dead || !recipient->server_conn) continue;
      judge_wrong(j, "EP-RCPT-1", "A receipt for each recipient that has confirmed.",
                  "The server never wrote the receipt of %.*s for a message.",
                  (int)recipient->id_len, recipient->id);
      judge_about(j, client, (span){ticket->uid_text, ticket->uid_len});
      judge_lead(j, ticket->line);
      judge_lead(j, by->line);
      return true;
    }
  }
  return false;
}
