/* The up stream: what a client writes, what of it may have arrived, what the server confirms.
 * Read first: judge_internal.h; spec/protocol.md, chapter 8. */
#include "oracle/judge_internal.h"

#include <string.h>

enum {
  /* How long after its confirm has arrived an item is remembered, for a client that may not have
   * heard it, and for a server that confirms a repetition. */
  KEPT_MS = 5000,
  KEPT_V1_MS = 30000,
  RESEND_V1_LEAST_MS = EP_TIMER_RESEND_V1_MS * 8 / 10,
  JUMPS = 2,    /* repetitions that may come early, because a clock jumped */
  SURE_MS = 300 /* a connection that lives on so long after a frame arrived has handed it over */
};

static unsigned long long number(uint64_t value) { return (unsigned long long)value; }

static void lead_item(judge *j, const struct client *client, const struct item *item) {
  judge_about(j, client, item ? item_uid(item) : (span){"", 0});
  if (!item) return;
  judge_lead(j, item->written_line);
  judge_lead(j, item->arrived_line);
  judge_lead(j, item->confirmed_line);
}

static void lead_conn(judge *j, const struct conn *conn) {
  judge_lead(j, conn->ask_line);
  judge_lead(j, conn->reply_line);
}

struct item *up_by_uid(struct stream *stream, uint64_t uid) {
  if (!stream) return NULL;
  uint64_t *id = pool_map_get(&stream->uids, uid);
  return id ? stream_at(stream, *id) : NULL;
}

/* The numbering of the up stream that holds on this connection. */
static struct stream *stream_of(const struct conn *conn) {
  if (conn->up) return conn->up;
  return conn->client ? conn->client->up : NULL;
}

/* ---- Numberings ---- */

static void forget_old(const judge *j, const struct client *client, struct stream *stream) {
  uint64_t kept = stream->v1 ? KEPT_V1_MS : KEPT_MS, id = stream->base;
  for (; id < stream->next; id++) {
    const struct item *item = &stream->ring[id & (stream->room - 1)];
    if (!item->content || !item->confirm_arrived || item->confirmed_ms + kept > j->t_ms) break;
    if (!stream->v1 && !item->confirmed) break;
    if (item->unheard || app_waits(client, item->uid)) break;
  }
  stream_forget_below(stream, id);
}

void up_known_below(judge *j, struct client *client, struct stream *stream, uint64_t id) {
  if (id > stream->next) id = stream->next;
  for (; stream->known < id; stream->known++) {
    struct item *item = stream_at(stream, stream->known);
    if (!item || item->confirm_arrived) continue;
    item->confirm_arrived = true;
    item->confirmed_ms = j->t_ms;
    app_heard(client, item->uid);
    if (item->kind != ITEM_SESSION) continue;
    client->session = item->payload; /* EP-LOST-3: refused or not */
    client->session_line = item->written_line;
    client->session_ms = j->t_ms;
  }
  forget_old(j, client, stream);
}

/* EP-LIM-9. A client measures an item with the longest id it could have. */
enum { ID_DIGITS = 20 };

static bool may_be_large(size_t len, uint64_t limit) { return limit && len + ID_DIGITS > limit; }

static void leave_out_large(struct stream *up, uint64_t limit) {
  for (size_t i = up->owed_at; i < up->owed_count; i++) {
    struct owed *owed = &up->owed[i];
    if (!may_be_large(owed->len, limit)) continue;
    owed->must = false;
    if (owed->len > limit) owed->must_not = "EP-LIM-9";
  }
}

void up_close_up(judge *j, const struct conn *conn) {
  struct stream *up = conn->up;
  uint64_t limit = conn->reply_frame, first = conn->up_from, id;
  for (; first < up->next; first++) {
    const struct item *item = stream_at(up, first);
    if (item && may_be_large(item->len, limit)) break;
  }
  if (first >= up->next) return;
  struct stream *rest = stream_new(up->number, false);
  for (id = first; id < up->next; id++) {
    const struct item *item = stream_at(up, id);
    if (!item) continue;
    stream_owe(rest, item, !item->confirm_arrived && !item->refused);
    if (item->mail && may_be_large(item->len, limit)) mail_withdrawn(j->mail, item->mail);
  }
  stream_owe_rest(rest, up);
  stream_cut(up, first, rest);
  leave_out_large(up, limit);
}

void up_renumber(struct conn *conn) {
  struct client *client = conn->client;
  struct stream *before = client->up;
  bool v1 = conn->version == 1;
  struct stream *after = stream_new(++client->numberings, v1);
  stream_begin(after, 0);
  if (before) {
    for (uint64_t id = before->base; id < before->next; id++) {
      const struct item *item = stream_at(before, id);
      if (!item || (v1 && item->kind == ITEM_SESSION)) continue;
      bool heard = item->confirm_arrived && !item->unheard && !app_waits(client, item->uid);
      bool sure = heard && client->left_ms >= item->confirmed_ms + SURE_MS;
      if (sure) continue;
      struct owed *owed = stream_owe(after, item, !item->confirm_arrived && !item->refused);
      bool refused = item->refused_ms && client->left_ms >= item->refused_ms + SURE_MS &&
                     client->crashed_line < item->written_line && !app_waits(client, item->uid);
      if (refused) owed->must_not = "EP-LOST-9";
    }
    stream_owe_rest(after, before);
  }
  if (!v1) leave_out_large(after, conn->reply_frame);
  after->session_due =
      !v1 && client->session && client->left_ms >= client->session_ms + SURE_MS; /* EP-LOST-3 */
  stream_drop(&client->up_before);
  client->up_before = v1 ? client->up : NULL;
  client->up_line = conn->reply_arrived_line;
  if (!v1) stream_drop(&client->up);
  client->up = after;
}

void up_resume_v1(struct conn *conn) {
  const struct stream *up = conn->up;
  conn->resume_at = up->base;
  for (; conn->resume_at < up->next; conn->resume_at++) {
    const struct item *item = stream_at(up, conn->resume_at);
    if (item && !item->confirm_arrived) break;
  }
}

/* ---- Written by the client ---- */

/* A number that was given before stands for the same item. */
static void check_same(judge *j, const struct client *client, const struct item *item,
                       uint64_t content, uint64_t uid, uint64_t id) {
  if (item->content == content) return;
  judge_wrong(j,
              item->uid == uid       ? "EP-MSG-3"
              : client->crashed_line ? "EP-G6-1"
                                     : "EP-SEND-1",
              "The item that has this id.",
              "The client wrote another item under id %llu than before.", number(id));
  lead_item(j, client, item);
}

/* On one connection the ids go up by one; what was written stays written. */
static void check_order_v2(judge *j, struct conn *conn, struct stream *up, uint64_t id) {
  struct pipe *pipe = &conn->way[TRACE_C2S];
  uint64_t due = pipe->items ? pipe->next_id : conn->up_from;
  if (!pipe->items) pipe->first_id = pipe->next_id = conn->up_from;
  pipe->items = true;
  if (id == due) {
    pipe->next_id++;
    return;
  }
  if (id > due && due < up->next) {
    judge_wrong(j, due == conn->up_from ? "EP-RES-1" : "EP-SEND-2",
                "The items in the order of their ids, from the expect of the auth reply on.",
                "The client wrote item %llu, and item %llu is next on this connection.", number(id),
                number(due));
  } else if (id > due) {
    judge_wrong(j, "EP-SEND-1", "The next id.",
                "The client wrote item %llu, and the next id of its up stream is %llu.", number(id),
                number(due));
  } else if (id < pipe->first_id) {
    judge_wrong(j, "EP-RES-1", "Nothing below the expect of the auth reply.",
                "The client wrote item %llu again, and the auth reply expects %llu.", number(id),
                number(pipe->first_id));
  } else if (!conn->lossy && !pipe_take_want(pipe, id)) {
    judge_wrong(j, "EP-SEND-3", "Nothing: the item is on its way.",
                "The client wrote item %llu again on the connection on which it had written it, "
                "and nobody had asked for it.",
                number(id));
  } else {
    return;
  }
  lead_item(j, conn->client, stream_at(up, id));
  lead_conn(j, conn);
}

static void check_window(judge *j, const struct conn *conn, const struct stream *up, uint64_t id) {
  uint64_t known = up->known > conn->up_from ? up->known : conn->up_from;
  if (id < known || id - known < conn->reply_window) return; /* EP-SEND-9 */
  judge_wrong(j, "EP-SEND-9", "At most as many items unconfirmed as the window says.",
              "The client wrote item %llu; all below %llu are confirmed, and the window is %llu.",
              number(id), number(known), number(conn->reply_window));
  judge_lead(j, conn->reply_line);
}

static struct item *add_new(judge *j, struct conn *conn, struct stream *up, uint64_t id,
                            uint64_t content, bool session) {
  struct client *client = conn->client;
  stream_drop(&client->up_before);
  if (id == 0 && up->session_due && !session) {
    judge_wrong(j, "EP-LOST-3", "The last confirmed session as the first item.",
                "The client began its new numbering without its session.");
    judge_lead(j, client->session_line);
  }
  bool knows = client->session || client->old;
  bool repeated = session && id == 0 && knows && !stream_owes(up, content);
  if (!repeated) stream_pay(j, up, content, up->v1 ? "EP-LOST-4" : "EP-LOST-2");
  if (j->wrong) {
    judge_about(j, client, (span){"", 0});
    lead_conn(j, conn);
  }
  struct item *item = stream_append(up, id);
  item->content = content;
  item->written_line = j->line;
  return item;
}

static void written_v2(judge *j, struct conn *conn, const frame *f, const struct letter *letter,
                       uint64_t content, uint64_t payload) {
  struct client *client = conn->client;
  struct stream *up = conn->up;
  bool session = f->action == EP_ACTION_SESSION_UPDATE;
  uint64_t id = f->id, uid = session ? 0 : pool_name(f->uid, 2);
  if (!up->begun) stream_begin(up, id);
  check_order_v2(j, conn, up, id);
  if (j->wrong) return;
  check_window(j, conn, up, id);
  struct item *item = stream_at(up, id);
  if (item) {
    check_same(j, client, item, content, uid, id);
  } else if (id >= up->next) {
    const struct item *other = session ? NULL : up_by_uid(up, uid);
    if (other) {
      judge_wrong(j, "EP-MSG-3", "A uid that no other message has.",
                  "The client gave a uid to message %llu that another message has.", number(id));
      lead_item(j, client, other);
      return;
    }
    item = add_new(j, conn, up, id, content, session);
    item->kind = session ? ITEM_SESSION : ITEM_MESSAGE;
    item->uid = uid;
    item->payload = session && span_is(f->session, "{}") ? 0 : payload;
    item->over = letter->session_over;
    if (!session) {
      item_keep_uid(item, f->uid);
      pool_map_put(&up->uids, uid, id);
    }
    if (f->receipt) notice_asked(j, client, f);
  } else {
    return; /* confirmed, and forgotten here */
  }
  item->len = f->text.len;
  item->conn = conn->number;
  item->written_ms = j->t_ms;
}

/* EP-SEND-8. What the client has written can wait on its way to the wire: so only how often it
 * comes is judged, not when. */
static void check_repeat_v1(judge *j, struct conn *conn, struct item *item, uint64_t id) {
  bool here = item->conn == conn->number && item->written_ms >= conn->reply_arrived_ms;
  item->writings = here ? item->writings + 1 : 1;
  if (!here || conn->lossy || !conn->reply_arrived) return;
  uint64_t passed = j->t_ms - conn->reply_arrived_ms;
  if (item->writings <= 1 + JUMPS + j->jumps + passed / RESEND_V1_LEAST_MS) return;
  if (pipe_take_want(&conn->way[TRACE_C2S], id)) return;
  judge_wrong(j, "EP-SEND-3", "One repetition each time the timer resend_v1 has passed.",
              "The client wrote message %llu for the %u. time, %llu ms after the auth reply.",
              number(id), item->writings, number(passed));
  lead_item(j, conn->client, item);
}

/* EP-RES-5: the session, then every unconfirmed message in order. */
static void check_resume_v1(judge *j, struct conn *conn, const struct stream *up, uint64_t id) {
  if (!conn->reply_arrived) return;
  if (conn->session_due)
    judge_wrong(j, "EP-RES-5", "The session first.",
                "The client wrote a message before its session on a new connection.");
  for (; conn->resume_at < id && conn->resume_at < up->next; conn->resume_at++) {
    const struct item *left_out = stream_at(up, conn->resume_at);
    if (!left_out || left_out->confirm_arrived) continue;
    judge_wrong(j, "EP-RES-5", "Every unconfirmed message in order.",
                "The client wrote message %llu on a new connection and left out message %llu, "
                "which is not confirmed.",
                number(id), number(conn->resume_at));
    lead_item(j, conn->client, left_out);
  }
  if (conn->resume_at == id) conn->resume_at++;
  if (j->wrong) lead_conn(j, conn);
}

/* The name of the client that `to` is the id of; 0: it is a selector. */
static uint64_t addressee(span to) {
  if (scan_kind_of(to) != SCAN_STRING || to.len > 8 * EP_LIMIT_CLIENT_ID) return 0;
  char id[8 * EP_LIMIT_CLIENT_ID];
  return client_name((span){id, scan_unescape(id, to, NULL)});
}

/* An auth reply that asked for a new numbering (EP-LOST-4) may not have been taken in, where the
 * client ended that connection at once; the next reply asks for none. */
static void go_back(struct conn *conn, uint64_t id, uint64_t uid) {
  struct client *client = conn->client;
  struct stream *before = client->up_before;
  if (!before || !conn->reply_known || conn->up != client->up || id == client->up->next) return;
  if (conn->renumbered) return;
  if (!up_by_uid(before, uid) && id != before->next) return;
  stream_drop(&client->up);
  stream_drop(&conn->up);
  client->up = before;
  client->up_before = NULL;
  conn->up = stream_hold(before);
  up_resume_v1(conn);
}

static void written_v1(judge *j, struct conn *conn, const frame *f, uint64_t content,
                       uint64_t payload) {
  struct client *client = conn->client;
  uint64_t id = f->id, uid = pool_name(f->uid, 2);
  if (!client->up) client->up = stream_new(++client->numberings, true);
  go_back(conn, id, uid);
  struct stream *up = stream_of(conn);
  struct item *item = up_by_uid(up, uid);
  check_resume_v1(j, conn, up, id);
  if (item) {
    check_same(j, client, item, content, uid, id);
    check_repeat_v1(j, conn, item, id);
    item->unheard = item->confirm_arrived; /* memory ran out, it seems */
  } else {
    if (!up->begun) stream_begin(up, id);
    if (id < up->base) return; /* confirmed, and forgotten here */
    if (id != up->next) {
      judge_wrong(
          j, "EP-SEND-1", "The next id.",
          "The client wrote a new message with id %llu, and the next id of its up stream is "
          "%llu.",
          number(id), number(up->next));
      lead_item(j, client, stream_at(up, id));
      lead_conn(j, conn);
      return;
    }
    item = add_new(j, conn, up, id, content, false);
    item->uid = uid;
    item->writings = 1;
    item->payload = payload;
    item->to = addressee(f->to);
    item_keep_uid(item, f->uid);
    pool_map_put(&up->uids, uid, id);
  }
  item->len = f->text.len;
  item->conn = conn->number;
  item->written_ms = j->t_ms;
}

void up_written(judge *j, struct conn *conn, const frame *f, struct letter *letter) {
  struct client *client = conn->client;
  bool session = f->action == EP_ACTION_SESSION_UPDATE;
  if (!client || client->rude || conn->rude[TRACE_S2C]) return;
  if (session && !letter->has_id) {
    if (conn->reply_arrived) conn->session_due = false;
    return;
  }
  if (conn->out_of_step) {
    judge_wrong(j, "EP-LOST-6", "A close, and a new connection with a new instance.",
                "The client goes on writing items after an auth reply that does not fit what it "
                "knows.");
    lead_conn(j, conn);
    judge_about(j, client, (span){"", 0});
    return;
  }
  uint64_t to = session ? 0 : pool_name(f->to, 6);
  uint64_t payload = letter->has_payload || session ? pool_name(letter->content, 7) : 0;
  uint64_t content = pool_mix(pool_mix(letter->uid, to), pool_mix(payload, f->receipt));
  if (!session && !app_gave(client, letter->uid, to, payload)) {
    judge_wrong(j, "G1", "Messages that its application gave it, as they are.",
                "The client wrote a message that its application did not give it.");
    judge_about(j, client, f->uid);
    return;
  }
  if (conn->version == 2 && conn->up) {
    written_v2(j, conn, f, letter, content, payload);
  } else if (!session) {
    written_v1(j, conn, f, content, payload);
  }
}
