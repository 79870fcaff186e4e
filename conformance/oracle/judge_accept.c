/* The up stream at the server: what may have arrived, and what the server confirms of it.
 * Read first: judge_up.c. */
#include "oracle/judge_internal.h"

/* Of a rude client each connection counts as a numbering of its own. */
#define RUDE_NUMBERING (1ull << 32)

static unsigned long long number(uint64_t value) { return (unsigned long long)value; }

static void lead_item(judge *j, const struct client *client, const struct item *item) {
  judge_about(j, client, item ? item_uid(item) : (span){"", 0});
  if (!item) return;
  judge_lead(j, item->written_line);
  judge_lead(j, item->arrived_line);
}

static void lead_conn(judge *j, const struct conn *conn) {
  judge_lead(j, conn->ask_line);
  judge_lead(j, conn->reply_line);
}

/* ---- Arrived at the server ---- */

/* EP-LIM-13: an EP/1 sender is not told. The names of the members and the ids come to less than
 * AROUND; each level of escaping at most doubles the rest. */
static bool copy_may_be_large(const judge *j, const struct client *client,
                              const struct letter *letter) {
  enum { AROUND = 200 };
  uint64_t most = j->frame_most ? j->frame_most : EP_LIMIT_FRAME;
  uint64_t text = letter->to.len + letter->content.len + letter->uid_json.len;
  return AROUND + 4 * (uint64_t)client->id_len + 2 * text > most;
}

static uint64_t message_arrived(judge *j, const struct conn *conn, const struct letter *letter,
                                uint64_t numbering) {
  const struct client *client = conn->client;
  mail_message message = {.sender = client->mail,
                          .uid = letter->uid_text,
                          .uid_json = letter->uid_json,
                          .rude = client->rude,
                          .id = letter->id,
                          .numbering = numbering,
                          .to = letter->to,
                          .payload = letter->content,
                          .v2 = conn->ask.version >= 2 && conn->version != 1};
  mail_fault fault;
  uint64_t key = mail_arrived(j->mail, &message, j->line, &fault);
  if (!key) {
    judge_mail_wrong(j, &fault);
    judge_about(j, client, letter->uid_text);
  } else if (!message.v2 && copy_may_be_large(j, client, letter)) {
    mail_withdrawn(j->mail, key);
  }
  return key;
}

/* From now on the server may take the item. */
static void may_take(judge *j, struct conn *conn, const struct letter *letter,
                     const struct stream *up, struct item *item) {
  if (item->kind == ITEM_SESSION) {
    item->session = mail_session_arrived(j->mail, conn->client->mail, letter->content, j->line);
  } else {
    item->mail = message_arrived(j, conn, letter, up->number);
  }
}

/* EP/2: the items whose turn has come (EP-RECV-1). */
static void advance(judge *j, struct conn *conn, struct stream *up, const struct letter *letter) {
  struct item *item;
  while ((item = stream_at(up, up->front)) && item->arrivals) {
    may_take(j, conn, item->held ? item->held : letter, up, item);
    item_hold(item, NULL);
    up->front++;
  }
}

/* EP/1: the ids that are used up. */
static void advance_v1(struct stream *up) {
  const struct item *item;
  while ((item = stream_at(up, up->front)) && item->arrivals) up->front++;
}

void up_discard_held(struct stream *up) {
  for (uint64_t id = up->front; id < up->next; id++) {
    struct item *item = stream_at(up, id);
    if (!item || !item->arrivals) continue;
    item->arrivals = 0;
    item_hold(item, NULL);
  }
}

static void item_arrived(judge *j, struct conn *conn, const struct letter *letter,
                         struct stream *up, struct item *item) {
  if (item->arrivals++) {
    mail_arrived_again(j->mail, item->mail, j->line);
    return;
  }
  if (item->kind == ITEM_SESSION && letter->id >= conn->client->sessions_below)
    conn->client->sessions_below = letter->id + 1;
  item->arrived_line = j->line;
  item->arrived_ms = j->t_ms;
  item->arrived_n = letter->n;
  item->first_conn = conn->number;
  if (conn->version != 2) {
    may_take(j, conn, letter, up, item);
    advance_v1(up);
    return;
  }
  if (letter->id > up->front) item_hold(item, letter);
  advance(j, conn, up, letter);
}

/* EP/1, where the server takes it at once; or of a rude client, whose ids are not followed: one
 * that arrives after one with a higher id takes effect before that, or never, and then nobody knows
 * which of them an event shows. */
static void loose_session_arrived(judge *j, struct conn *conn, const struct letter *letter) {
  struct client *client = conn->client;
  uint64_t given = mail_session_arrived(j->mail, client->mail, letter->content, j->line);
  bool late = letter->has_id && letter->id < conn->sessions_below;
  if (letter->has_id && !late) conn->sessions_below = letter->id + 1;
  client->event_number = late ? 0 : given;
  client->event_session = pool_name(letter->content, 7);
  client->event_line = j->line;
  client->set_line = j->session_told ? j->line : 0; /* it may be too large (EP-SESS-4) */
  client->set_conn = conn->number;
}

void up_arrived(judge *j, struct conn *conn, const struct letter *letter) {
  struct client *client = conn->client;
  if (conn->replaced_line || conn->way[TRACE_S2C].silent) return; /* EP-TAKE-2 */
  if (letter->action == EP_ACTION_MESSAGE_NEW) {
    uint64_t name = pool_mix(client->name, letter->uid);
    if (!pool_recent_has(&j->uids, name)) j->messages++;
    pool_recent_add(&j->uids, name, EP_LIMIT_DEDUP);
  }
  if (letter->action == EP_ACTION_SESSION_UPDATE && (!letter->has_id || client->rude)) {
    if (!letter->session_over) loose_session_arrived(j, conn, letter); /* EP-SESS-4 */
    return;
  }
  struct stream *up = client->rude ? NULL : conn->up ? conn->up : client->up;
  struct item *item = NULL;
  if (up) item = conn->version == 2 ? stream_at(up, letter->id) : up_by_uid(up, letter->uid);
  if (item) {
    item_arrived(j, conn, letter, up, item);
  } else if (letter->action == EP_ACTION_MESSAGE_NEW && !(up && letter->id < up->base)) {
    message_arrived(j, conn, letter, up ? up->number : RUDE_NUMBERING + conn->number);
  }
}

/* ---- Confirmed by the server ---- */

static void session_accepted(judge *j, struct client *client, const struct item *item) {
  if (!item->session || item->over) return;
  mail_session_applied(j->mail, client->mail, item->session, j->line);
  client->set_line = item->arrived_line;
  client->set_conn = 0;
}

static void accepted(judge *j, struct client *client, struct item *item) {
  if (item->confirmed) return;
  item->confirmed = true;
  item->confirmed_line = j->line;
  if (item->kind == ITEM_SESSION) {
    session_accepted(j, client, item);
  } else if (item->mail) {
    mail_accepted(j->mail, item->mail, j->line);
  }
}

void up_accepted_below(judge *j, struct client *client, struct stream *up, uint64_t id) {
  if (id > up->next) id = up->next;
  for (; up->confirmed < id; up->confirmed++) {
    struct item *item = stream_at(up, up->confirmed);
    if (item) accepted(j, client, item);
    up->confirmed_line = j->line;
  }
}

static void confirm_v2(judge *j, struct conn *conn, const frame *f) {
  struct client *client = conn->client;
  struct stream *up = conn->up ? conn->up : client->server_up;
  uint64_t id = f->id;
  if (!up || id >= up->front) {
    const struct item *item = stream_at(up, id);
    bool held = item && item->arrivals;
    judge_wrong(j, held ? "EP-RECV-3" : "EP-G5-1",
                "A confirm of what has arrived, with all that comes before it.",
                "The server confirmed all up to item %llu, and item %llu has not arrived.",
                number(id), number(up ? up->front : 0));
    lead_item(j, client, item);
    lead_conn(j, conn);
    return;
  }
  const struct item *item = stream_at(up, id);
  if (item && item->first_conn == conn->number) conn_processed(j, conn, item->arrived_n);
  up_accepted_below(j, client, up, id + 1);
}

/* EP-RECV-6: a message above a gap was taken, because something had been held long enough. */
static bool gap_released(const judge *j, struct stream *up) {
  bool released = false;
  uint64_t last = up->front;
  for (uint64_t id = up->front; id < up->next; id++) {
    const struct item *item = stream_at(up, id);
    if (!item || !item->arrivals) continue;
    last = id + 1;
    if (item->arrived_ms + EP_TIMER_GAP_WAIT_MS <= j->t_ms) released = true;
  }
  if (released) up->front = last;
  advance_v1(up);
  return released;
}

static void confirm_v1(judge *j, struct conn *conn, const frame *f) {
  struct client *client = conn->client;
  struct stream *up = conn->up ? conn->up : client->up;
  struct item *item = up_by_uid(up, pool_name(f->uid, 2));
  if (!item && up && up->begun && up->base) return; /* perhaps forgotten here */
  if (!item || !item->arrivals) {
    judge_wrong(j, "EP-G5-1", "A confirm of a message that has arrived.",
                "The server confirmed a message that has not arrived.");
  } else if (item->confirms >= item->arrivals) {
    judge_wrong(j, "EP-RECV-10", "One confirm for each time the message arrived.",
                "The server confirmed a message for the %u. time, and it has arrived %u times.",
                item->confirms + 1, item->arrivals);
    judge_lead(j, item->confirmed_line);
  } else {
    uint64_t *id = pool_map_get(&up->uids, item->uid);
    if (*id > up->front && !item->confirmed && !gap_released(j, up)) {
      judge_wrong(j, "EP-RECV-3", "No confirm while a lower id is missing.",
                  "The server confirmed message %llu, and message %llu has not arrived.",
                  number(*id), number(up->front));
    } else {
      item->confirms++;
      accepted(j, client, item);
      if (item->first_conn == conn->number) conn_processed(j, conn, item->arrived_n);
      return;
    }
  }
  judge_about(j, client, f->uid);
  lead_item(j, client, item);
  lead_conn(j, conn);
}

void up_confirm_written(judge *j, struct conn *conn, const frame *f) {
  if (conn->rude[TRACE_S2C] || !conn->client || conn->client->rude || !conn->version) return;
  if (conn->version == 1 && f->has & FRAME_HAS_UID) {
    confirm_v1(j, conn, f);
  } else if (conn->version == 2 && !(f->has & FRAME_HAS_UID)) {
    confirm_v2(j, conn, f);
  } else {
    judge_wrong(j, "EP-MSG-4", "A uid in EP/1, an id in EP/2.",
                "The server wrote a message.confirm of the other version.");
    lead_conn(j, conn);
  }
}

/* ---- At the client again ---- */

void up_confirm_arrived(judge *j, struct conn *conn, const struct letter *letter) {
  struct client *client = conn->client;
  if (!client || client->rude || conn->rude[TRACE_S2C] || !conn->up) return;
  if (!letter->v1_confirm) {
    up_known_below(j, client, conn->up, letter->id + 1);
    return;
  }
  struct item *item = up_by_uid(conn->up, letter->uid);
  if (!item || (item->confirm_arrived && !item->unheard)) return;
  item->confirm_arrived = true;
  item->unheard = false;
  item->confirmed_ms = j->t_ms;
  app_heard(client, item->uid);
  up_known_below(j, client, conn->up, 0);
}
