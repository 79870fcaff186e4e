/* The end of a trace: what is unfinished, and whether that is wrong (G5, G8) or only undecided.
 * Read first: judge_internal.h. */
#include "oracle/judge_internal.h"

static unsigned long long number(uint64_t value) { return (unsigned long long)value; }

static bool is_gone(const struct client *client) { return client->dead || client->absent; }

/* ---- Counting ---- */

static uint64_t first_unconfirmed(const struct stream *stream) {
  uint64_t id = stream->base;
  for (; id < stream->next; id++) {
    const struct item *item = stream_at(stream, id);
    if (item && !item->confirm_arrived) break;
  }
  return id;
}

static size_t unconfirmed(const struct stream *stream) {
  if (!stream) return 0;
  size_t count = 0;
  for (uint64_t id = stream->base; id < stream->next; id++) {
    const struct item *item = stream_at(stream, id);
    if (item && !item->confirm_arrived && !(stream->v1 && item->kind != ITEM_MESSAGE)) count++;
  }
  for (size_t i = stream->owed_at; i < stream->owed_count; i++) count += stream->owed[i].must;
  return count;
}

/* An EP/1 sender that is not confirmed may be waiting for a mailbox (EP-LIM-4), or for room among
 * the parked messages (the limit `parked`). */
static bool may_wait(const judge *j, const struct client *client) {
  const struct stream *up = client->up;
  if (!up || !up->v1 || !client->client_conn) return false;
  const struct item *item = stream_at(up, first_unconfirmed(up));
  if (!item || !item->arrivals || item->conn != client->client_conn->number) return false;
  const struct client *recipient = item->to ? judge_client_by_name(j, item->to) : NULL;
  return !recipient || !recipient->known || unconfirmed(recipient->down);
}

static size_t unread(const struct client *client) {
  return client->reads_less ? 0 : unconfirmed(client->down);
}

static size_t client_unfinished(const judge *j, const struct client *client) {
  if (is_gone(client) || client->rude) return 0;
  bool waits = client->client_conn ? !client->client_conn->reply_arrived : wish_waits(client);
  if (may_wait(j, client)) return waits + unread(client);
  return waits + unconfirmed(client->up) + unread(client) + app_unfinished(client);
}

size_t end_unfinished(const judge *j) {
  size_t count = 0;
  for (size_t i = 0; i < j->clients_count; i++) {
    const struct client *client = j->clients[i];
    count += client_unfinished(j, client);
    bool away = is_gone(client) || client->rude || client->reads_less;
    if (client->in_mail) mail_away(j->mail, client->mail, away);
  }
  for (size_t i = 0; i < j->conns_count; i++)
    count += presence_unanswered((judge *)j, j->conns[i], false);
  return count + mail_missing(j->mail) + presence_wrong((judge *)j, false);
}

/* ---- Judging ---- */

static void name_item(judge *j, const struct client *client, const struct stream *stream, bool up) {
  const struct item *item = stream_at(stream, first_unconfirmed(stream));
  const char *who = up ? "the server" : "the client";
  if (!item) {
    judge_wrong(j, "EP-LOST-5", "All unconfirmed items again, in the new numbering.",
                "%zu items of an earlier numbering were never written again.",
                stream->owed_count - stream->owed_at);
    judge_about(j, client, (span){"", 0});
    return;
  }
  judge_wrong(j, "EP-G8-1", "All of it confirmed within the timer heal.",
              "Item %llu of the %s stream was never confirmed by %s.",
              number(first_unconfirmed(stream)), up ? "up" : "down", who);
  judge_about(j, client, item_uid(item));
  judge_lead(j, item->written_line);
  judge_lead(j, item->arrived_line);
  judge_lead(j, item->confirmed_line);
}

static void judge_client_end(judge *j, struct client *client) {
  if (!client->dead) wish_judge_end(j, client);
  if (j->wrong || is_gone(client) || client->rude) return;
  if (client->client_conn && !client->client_conn->reply_arrived) {
    judge_wrong(j, "EP-G8-1", "An auth reply.", "A connection was never authenticated.");
    judge_about(j, client, (span){"", 0});
    judge_lead(j, client->client_conn->ask_line);
  } else if (unconfirmed(client->up) && !may_wait(j, client)) {
    name_item(j, client, client->up, true);
  } else if (unread(client)) {
    name_item(j, client, client->down, false);
  } else if (app_unfinished(client) && !may_wait(j, client)) {
    judge_wrong(j, "EP-G6-1", "Each message kept, and written, until it is confirmed or refused.",
                "%zu messages that an application sent were never confirmed.",
                app_unfinished(client));
    judge_about(j, client, (span){"", 0});
  }
}

void end_judge(judge *j) {
  size_t open = end_unfinished(j);
  bool healed = j->healed_line && j->t_ms >= j->healed_ms + EP_TIMER_HEAL_MS;
  for (size_t i = 0; i < j->conns_count && !j->wrong; i++) due_check(j, j->conns[i]);
  if (healed) {
    for (size_t i = 0; i < j->clients_count && !j->wrong; i++)
      if (!is_gone(j->clients[i])) notice_missing(j, j->clients[i]);
    mail_fault fault;
    if (!j->wrong && mail_first_missing(j->mail, &fault)) judge_mail_wrong(j, &fault);
    for (size_t i = 0; i < j->clients_count && !j->wrong; i++) judge_client_end(j, j->clients[i]);
    if (!j->wrong) (void)presence_wrong(j, true);
  } else if (open) {
    judge_undecided(j,
                    "The trace ends with %zu thing%s unfinished: items not confirmed, or "
                    "messages not delivered.",
                    open, open == 1 ? "" : "s");
  }
}
