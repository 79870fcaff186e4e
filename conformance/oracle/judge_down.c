/* The down stream: what the server writes, what of it may have arrived, what the client confirms.
 * Read first: judge_internal.h; spec/protocol.md, chapters 8 and 11. */
#include "oracle/judge_internal.h"

enum {
  SURE_MS = EP_TIMER_HEAL_MS, /* a server that lives so long has taken a confirm */
  READ_MS = 5000              /* a connection that lives so long has been read */
};

static unsigned long long number(uint64_t value) { return (unsigned long long)value; }

static void lead_item(judge *j, const struct conn *conn, const struct item *item) {
  judge_about(j, conn->client, item ? item_uid(item) : (span){"", 0});
  if (item) {
    judge_lead(j, item->written_line);
    judge_lead(j, item->arrived_line);
    judge_lead(j, item->confirmed_line);
  }
  judge_lead(j, conn->ask_line);
  judge_lead(j, conn->reply_line);
}

/* ---- Confirms that the server may not have taken in ---- */

static void doubt(judge *j, const struct client *client, struct stream *down, struct item *item) {
  if (!client->in_mail) return;
  item->doubted = true;
  down->doubted++;
  mail_doubted(j->mail, client->mail);
}

static void doubt_no_more(judge *j, const struct client *client, const struct stream *down,
                          struct item *item) {
  if (!item->doubted || down != client->down) return; /* in an older numbering for ever */
  item->doubted = false;
  client->down->doubted--;
  mail_not_doubted(j->mail, client->mail, j->line);
}

static bool may_be_unread(const judge *j, const struct item *item, const struct conn *conn) {
  return item->confirm_conn == conn->number && item->confirm_n > conn->processed_n &&
         item->confirmed_ms + READ_MS >= j->t_ms;
}

void down_doubt(judge *j, struct client *client, const struct conn *conn) {
  struct stream *down = client->down;
  if (!down || client->rude) return;
  for (uint64_t id = down->base; id < down->next; id++) {
    struct item *item = stream_at(down, id);
    if (!item || !item->mail || !item->confirm_arrived || item->settled || item->doubted) continue;
    if (!conn || may_be_unread(j, item, conn)) doubt(j, client, down, item);
  }
}

/* ---- Numberings ---- */

void down_leave(struct client *client) {
  const struct stream *down = client->down;
  for (uint64_t id = down ? down->base : 0; down && id < down->next; id++) {
    const struct item *item = stream_at(down, id);
    if (item && item->arrivals && item->kind == ITEM_MESSAGE)
      pool_recent_add(&client->stale, item->uid, EP_LIMIT_DEDUP);
  }
}

void down_renumber(judge *j, struct client *client, bool v1) {
  struct stream *before = client->down, *after = stream_new(++client->numberings, v1);
  stream_begin(after, 0);
  if (client->server_conn) down_doubt(j, client, client->server_conn);
  down_leave(client);
  if (before) {
    for (uint64_t id = before->base; id < before->next; id++) {
      const struct item *item = stream_at(before, id);
      if (!item || item->settled) continue;
      if (v1 && item->kind != ITEM_MESSAGE) continue; /* EP-LOST-8 */
      stream_owe(after, item, !item->confirm_arrived);
    }
    stream_owe_rest(after, before);
    if (!before->begun) stream_drop(&after), after = stream_new(++client->numberings, v1);
  }
  stream_drop(&client->down);
  client->down = after;
}

/* What the server certainly knows to be confirmed need not be remembered. */
static void settle(judge *j, const struct conn *conn, struct stream *down) {
  uint64_t id = down->base;
  for (; id < down->next; id++) {
    struct item *item = &down->ring[id & (down->room - 1)];
    if (!item->content) continue;
    if (!item->confirm_arrived) break;
    bool ripe = item->confirm_conn == conn->number &&
                (item->confirm_n <= conn->ripe_n || item->confirmed_ms + SURE_MS < j->t_ms);
    if (!item->settled && !ripe) break;
    doubt_no_more(j, conn->client, down, item);
  }
  stream_forget_below(down, id);
}

static void confirm_took(judge *j, struct conn *conn, struct item *item) {
  bool again = item->confirm_arrived;
  if (again && !item->doubted) return;
  doubt_no_more(j, conn->client, conn->down, item);
  item->confirm_arrived = true;
  item->confirmed_ms = j->t_ms;
  item->confirm_conn = conn->number;
  item->confirm_n = conn->way[TRACE_C2S].arrived;
  if (item->kind != ITEM_MESSAGE || again) return;
  if (item->mail) mail_settled(j->mail, conn->client->mail, item->mail, j->line);
  const struct pipe *server = &conn->way[TRACE_S2C];
  bool unheard = conn->replaced_line || server->silent || server->closed;
  if (item->mail && unheard) doubt(j, conn->client, conn->down, item);
  notice_confirmed(j, conn->client, item, !conn->replaced_line);
}

void down_confirmed_below(judge *j, struct conn *conn, struct stream *down, uint64_t id,
                          bool certain) {
  if (!down || !down->begun) return;
  if (id > down->next) id = down->next;
  if (certain) {
    for (uint64_t i = down->base; i < id; i++) {
      struct item *item = stream_at(down, i);
      if (item) confirm_took(j, conn, item), item->settled = true;
    }
    stream_forget_below(down, id);
  }
  for (uint64_t i = down->base; down->doubted && i < id; i++) {
    struct item *item = stream_at(down, i);
    if (item && item->doubted) confirm_took(j, conn, item);
  }
  for (; down->known < id; down->known++) {
    struct item *item = stream_at(down, down->known);
    if (item) confirm_took(j, conn, item);
  }
}

/* ---- Written by the server ---- */

struct said {
  uint64_t content, payload, uid, from;
  item_kind kind;
};

static struct said said_by(const frame *f) {
  struct said said = {.uid = f->has & FRAME_HAS_UID ? pool_name(f->uid, 2) : 0};
  if (f->action == EP_ACTION_MESSAGE_NEW) {
    said.kind = ITEM_MESSAGE;
    said.payload = f->has & FRAME_HAS_PAYLOAD ? pool_name(f->payload, 7) : 0;
    said.from = client_name(f->from);
    uint64_t to = pool_name(f->to, 6);
    said.content = pool_mix(pool_mix(said.uid, to), pool_mix(said.from, f->from_id));
    said.content = pool_mix(said.content, said.payload);
  } else if (f->action == EP_ACTION_MESSAGE_RECEIPT) {
    said.kind = ITEM_RECEIPT;
    said.content = pool_mix(pool_mix(said.uid, f->of), pool_name(f->client, 8));
    said.content = pool_mix(said.content, f->left);
  } else {
    said.kind = ITEM_REFUSAL;
    said.content = pool_mix(pool_mix(said.uid, f->of), pool_name(f->code, 9));
  }
  return said;
}

static void check_same(judge *j, const struct conn *conn, const struct item *item,
                       const struct said *said, uint64_t id) {
  if (item->content == said->content) return;
  bool payload = item->uid == said->uid && item->payload != said->payload;
  judge_wrong(j, payload ? "EP-G1-1" : "EP-SEND-1", "The item that has this id, as it was.",
              "The server wrote item %llu again, and it says something else than before.",
              number(id));
  lead_item(j, conn, item);
}

/* EP-RES-2, EP-RES-4: an item between what is confirmed and this one is left out. */
static void check_skipped(judge *j, struct conn *conn, uint64_t from, uint64_t id) {
  const struct stream *down = conn->down;
  for (; from < id && from < down->next; from++) {
    const struct item *item = stream_at(down, from);
    if (!item || item->confirm_arrived) continue;
    if (down->v1 && item->kind != ITEM_MESSAGE) continue; /* EP-LOST-8 */
    judge_wrong(j, conn->version == 1 ? "EP-RES-4" : "EP-RES-2",
                "Every unconfirmed item of the down stream, in order.",
                "The server wrote item %llu on a new connection and left out item %llu, which is "
                "not confirmed.",
                number(id), number(from));
    lead_item(j, conn, item);
    return;
  }
}

static void check_first(judge *j, struct conn *conn, uint64_t id) {
  struct stream *down = conn->down;
  if (!down->begun) stream_begin(down, id);
  if (conn->down_sure && id < conn->down_from) {
    judge_wrong(j, "EP-RES-2", "Nothing below the expect of the auth request.",
                "The server wrote item %llu, and the auth request expects %llu.", number(id),
                number(conn->down_from));
    lead_item(j, conn, stream_at(down, id));
    return;
  }
  bool missing = id > conn->down_from && !stream_at(down, conn->down_from);
  if (conn->down_sure && missing && !conn->client->old) { /* EP-LOST-10: it let that go */
    judge_wrong(j, "EP-RES-2", "The item that the auth request expects.",
                "The server went on with item %llu, and the auth request expects %llu.", number(id),
                number(conn->down_from));
    lead_item(j, conn, NULL);
    return;
  }
  check_skipped(j, conn, down->base, id);
}

/* On one connection the ids go up; what was written stays written. True: it is new here. */
static bool check_order(judge *j, struct conn *conn, uint64_t id) {
  struct pipe *pipe = &conn->way[TRACE_S2C];
  const struct stream *down = conn->down;
  if (!pipe->items) {
    check_first(j, conn, id);
    pipe->items = true;
    pipe->first_id = pipe->next_id = id;
  }
  if (id >= pipe->next_id) {
    if (id > pipe->next_id) check_skipped(j, conn, pipe->next_id, id);
    pipe->next_id = id + 1;
    return true;
  }
  if (pipe_take_want(pipe, id) || conn->lossy) return false;
  bool first = id < pipe->first_id;
  judge_wrong(j,
              !first               ? "EP-SEND-3"
              : conn->version == 1 ? "EP-RES-4"
                                   : "EP-SEND-2",
              first ? "The items in the order of their ids." : "Nothing: the item is on its way.",
              "The server wrote item %llu %s on this connection, and nobody had asked for it.",
              number(id), first ? "after later ones" : "again");
  lead_item(j, conn, stream_at(down, id));
  return false;
}

static void check_window(judge *j, const struct conn *conn, uint64_t id) {
  const struct stream *down = conn->down;
  if (conn->version != 2 || conn->lossy) return;
  uint64_t window = conn->ask.window;
  if (!conn->ask.has_window && conn->reply_window > window) window = conn->reply_window;
  uint64_t known =
      down->known > conn->way[TRACE_S2C].first_id ? down->known : conn->way[TRACE_S2C].first_id;
  if (id < known || id - known < window) return; /* EP-SEND-9 */
  judge_wrong(j, "EP-SEND-9", "At most as many items unconfirmed as the window says.",
              "The server wrote item %llu; all below %llu are confirmed, and the window is %llu.",
              number(id), number(known), number(window));
  lead_item(j, conn, NULL);
}

/* EP-ROUTE-2 */
static void check_confirmed_first(judge *j, const struct conn *conn, const struct said *said,
                                  const frame *f) {
  const struct client *client = conn->client;
  if (said->from != client->name || client->old) return; /* old: it may have sent it twice */
  const struct stream *up = conn->up;
  const struct item *sent =
      conn->version == 2 ? stream_at(up, f->from_id) : up_by_uid(conn->up, said->uid);
  if (!sent || sent->uid != said->uid || sent->confirmed || !sent->arrivals ||
      sent->first_conn != conn->number)
    return;
  judge_wrong(j, "EP-ROUTE-2", "The confirm first.",
              "The server wrote a message to its own sender before it confirmed it.");
  lead_item(j, conn, sent);
}

static uint64_t copied(judge *j, struct conn *conn, const frame *f) {
  mail_copy copy = {.recipient = conn->client->mail,
                    .from = f->from,
                    .uid = f->uid,
                    .uid_json = f->uid_json,
                    .to = f->to,
                    .payload = f->has & FRAME_HAS_PAYLOAD ? f->payload : (span){"", 0},
                    .from_id = f->from_id,
                    .has_from_id = (f->has & FRAME_HAS_FROM_ID) != 0};
  mail_fault fault;
  uint64_t key = mail_copied(j->mail, &copy, j->line, &fault);
  if (!key && !conn->rude[TRACE_S2C]) {
    judge_mail_wrong(j, &fault);
    judge_about(j, conn->client, f->uid);
  }
  return key;
}

static void add_new(judge *j, struct conn *conn, const frame *f, const struct said *said) {
  struct stream *down = conn->down;
  uint64_t id = f->id;
  if (id > down->next && conn->version == 2) {
    judge_wrong(j, "EP-SEND-1", "The next id.",
                "The server wrote item %llu, and the next id of the down stream is %llu.",
                number(id), number(down->next));
    lead_item(j, conn, NULL);
    return;
  }
  const struct owed *again = stream_pay(j, down, said->content, "EP-LOST-1");
  if (j->wrong) {
    lead_item(j, conn, NULL);
    return;
  }
  uint64_t key = again ? again->mail : 0;
  if (said->kind == ITEM_MESSAGE) {
    check_confirmed_first(j, conn, said, f);
    if (!again) key = copied(j, conn, f);
  } else if (!again) {
    if (said->kind == ITEM_RECEIPT) notice_receipt(j, conn, f);
    if (said->kind == ITEM_REFUSAL) notice_refusal(j, conn, f);
  }
  struct item *item = stream_append(down, id);
  item->content = said->content;
  item->payload = said->payload;
  item->uid = said->uid;
  item->from = said->from;
  item->kind = said->kind;
  item->mail = key;
  item->written_line = j->line;
  item_keep_uid(item, f->uid);
  if (said->kind == ITEM_MESSAGE) stream_note_uid(down, id);
}

/* To a client whose streams are not followed: only G1 and G7. */
static void written_loosely(judge *j, struct conn *conn, const frame *f) {
  if (f->action == EP_ACTION_ERROR) notice_loose_refusal(j, conn, f);
  if (f->action != EP_ACTION_MESSAGE_NEW) return;
  uint64_t name = pool_mix(client_name(f->from), pool_name(f->uid, 2));
  if (pool_recent_has(&conn->client->loose, name)) return;
  pool_recent_add(&conn->client->loose, name, EP_LIMIT_DEDUP);
  copied(j, conn, f);
}

void down_written(judge *j, struct conn *conn, const frame *f) {
  struct client *client = conn->client;
  if (!client || !client->in_mail) return;
  if (client->rude) {
    written_loosely(j, conn, f);
    return;
  }
  if (conn->list_due) {
    judge_wrong(j, "EP-AUTH-6", "The auth reply, then clients.list, then the items.",
                "The server wrote an item before the clients.list that follows the auth reply.");
    lead_item(j, conn, NULL);
    return;
  }
  if (!conn->down) return;
  /* What had to wait for its turn on the wire while another connection took the client over: it
   * comes there, too. */
  if (conn->replaced_line && f->id >= conn->down->next) return;
  struct said said = said_by(f);
  bool here = check_order(j, conn, f->id);
  if (j->wrong) return;
  if (here) check_window(j, conn, f->id);
  struct item *item = stream_at(conn->down, f->id);
  if (item) {
    check_same(j, conn, item, &said, f->id);
  } else if (f->id >= conn->down->next) {
    add_new(j, conn, f, &said);
    item = stream_at(conn->down, f->id);
  } else if (here && !conn->lossy && client->asked_conn == conn->number) {
    judge_wrong(j, conn->version == 1 ? "EP-RES-4" : "EP-RES-2",
                "Only items that are not confirmed.",
                "The server wrote item %llu again, which had been confirmed.", number(f->id));
    lead_item(j, conn, NULL);
  }
  if (!item) return;
  item->conn = conn->number;
  item->written_ms = j->t_ms;
}

/* ---- Arrived at the client ---- */

void down_arrived(judge *j, struct conn *conn, const struct letter *letter) {
  struct stream *down = conn->down;
  struct item *item = stream_at(down, letter->id);
  bool own = conn->ask.epoch && conn->ask.epoch == conn->reply_epoch;
  if (own && letter->id < conn->ask.expect) due_start_over(j, conn, "EP-LOST-11");
  if (!item || conn->client->rude) return;
  if (!item->arrivals) {
    item->arrived_line = j->line;
    item->arrived_ms = j->t_ms;
  }
  item->arrivals++;
  if (down != conn->client->down) pool_recent_add(&conn->client->stale, item->uid, EP_LIMIT_DEDUP);
  if (item->kind == ITEM_REFUSAL) notice_refusal_arrived(j, conn->client, letter);
  if (down->front < down->base) down->front = down->base;
  while ((item = stream_at(down, down->front)) && item->arrivals) down->front++;
}

/* ---- Confirmed by the client ---- */

/* EP-SEND-5: the oldest that is not confirmed; if all are, the last. */
static struct item *by_uid(const struct stream *down, uint64_t uid) {
  const uint64_t *at = pool_map_get(&down->uids, uid);
  struct item *item = at ? stream_at(down, *at) : NULL;
  while (item && item->confirm_arrived && item->same) item = stream_at(down, item->same - 1);
  return item;
}

static void confirm_v1(judge *j, struct conn *conn, const frame *f) {
  struct stream *down = conn->down;
  uint64_t uid = pool_name(f->uid, 2);
  struct item *item = by_uid(down, uid);
  if (!item) {
    if (!down->begun || down->base) return;                 /* perhaps forgotten here */
    if (pool_recent_has(&conn->client->stale, uid)) return; /* its application took it late */
  } else if (item->arrivals) {
    item->confirmed = true;
    item->confirmed_line = j->line;
    return;
  }
  judge_wrong(j, "EP-RECV-8", "A confirm of a message that has arrived.",
              "The client confirmed a message that has not arrived.");
  judge_about(j, conn->client, f->uid);
  lead_item(j, conn, item);
}

static void confirm_v2(judge *j, struct conn *conn, const frame *f) {
  struct stream *down = conn->down;
  uint64_t id = f->id;
  if (id < down->front) {
    if (!app_has_below(conn->client, down, id + 1)) {
      judge_wrong(j, "EP-RECV-8", "A confirm of what the application has.",
                  "The client confirmed all up to item %llu, and has not handed all of that to its "
                  "application.",
                  number(id));
      lead_item(j, conn, stream_at(down, id));
      return;
    }
    if (id + 1 > down->confirmed) {
      down->confirmed = id + 1;
      down->confirmed_line = j->line;
    }
    struct item *item = stream_at(down, id);
    if (item) item->confirmed_line = j->line;
    return;
  }
  const struct item *item = stream_at(down, id);
  judge_wrong(j, item && item->arrivals ? "EP-RECV-3" : "EP-RECV-8",
              "A confirm of what has arrived, with all that comes before it.",
              "The client confirmed all up to item %llu, and item %llu has not arrived.",
              number(id), number(down->front));
  lead_item(j, conn, item);
}

void down_confirm_written(judge *j, struct conn *conn, const frame *f) {
  if (!conn->down || !conn->client || conn->client->rude) return;
  if (conn->version == 1 && f->has & FRAME_HAS_UID) {
    confirm_v1(j, conn, f);
  } else if (conn->version == 2 && !(f->has & FRAME_HAS_UID)) {
    confirm_v2(j, conn, f);
  } else if (conn->reply_arrived) {
    judge_wrong(j, "EP-MSG-4", "A uid in EP/1, an id in EP/2.",
                "The client wrote a message.confirm of the other version.");
  }
}

void down_confirm_arrived(judge *j, struct conn *conn, const struct letter *letter) {
  struct stream *down = conn->down;
  if (!down || conn->client->rude) return;
  if (conn->version == 2) {
    if (letter->has_id && letter->id < down->next)
      down_confirmed_below(j, conn, down, letter->id + 1, false);
  } else if (letter->v1_confirm) {
    struct item *item = by_uid(down, letter->uid);
    if (item) confirm_took(j, conn, item);
  }
  settle(j, conn, down);
}
