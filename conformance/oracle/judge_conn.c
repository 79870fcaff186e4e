/* One connection: what each frame is, first when it is written, then when it arrives.
 * Read first: judge_internal.h. Then: judge_auth.c, judge_up.c, judge_down.c. */
#include "oracle/judge_internal.h"

#include <stdlib.h>

enum {
  GONE_KEPT = 65536,
  /* How long after the auth reply of a newer connection an older one may still be seen writing. */
  TAKEOVER_MS = EP_TIMER_CLOSE_MS + 1000,
  RIPE_MS = EP_TIMER_SETTLE_MS + 250,
  ACCEPTED_MS = 5000 /* connections may be accepted in another order than they open, so far apart */
};

/* ---- Open and closed ---- */

static struct conn *conn_make(judge *j, const trace_event *event) {
  struct conn *conn = pool_take(sizeof *conn);
  conn->number = event->conn;
  conn->open_ms = j->t_ms;
  if (j->conns_count == j->conns_room) {
    j->conns_room = j->conns_room ? j->conns_room * 2 : 16;
    j->conns = pool_resize(j->conns, j->conns_room * sizeof(struct conn *));
  }
  pool_map_put(&j->conn_names, (uint64_t)event->conn + 1, j->conns_count);
  j->conns[j->conns_count++] = conn;
  return conn;
}

void conn_free(struct conn *conn) {
  stream_drop(&conn->up);
  stream_drop(&conn->down);
  pipe_free(&conn->way[TRACE_C2S]);
  pipe_free(&conn->way[TRACE_S2C]);
  pool_map_free(&conn->view);
  pool_map_free(&conn->sessions);
  match_free(conn->presence);
  free(conn);
}

void conn_open(judge *j, const trace_event *event) {
  struct conn *conn = judge_conn(j, event->conn);
  if (!conn) conn = conn_make(j, event);
  conn->begun = true;
  conn->open_line = j->line;
  conn->lossy = event->lossy;
  conn->remote = event->remote;
  conn->rude[TRACE_C2S] = event->rude_client;
  conn->rude[TRACE_S2C] = event->rude_server;
}

static void conn_remove(judge *j, struct conn *conn) {
  struct client *client = conn->client;
  if (client && conn->asks_arrived && client->ended_open_ms <= conn->open_ms)
    client->ended_open_ms = conn->open_ms + 1;
  pool_recent_add(&j->gone, (uint64_t)conn->number + 1, GONE_KEPT);
  uint64_t at = *pool_map_get(&j->conn_names, (uint64_t)conn->number + 1);
  struct conn *last = j->conns[--j->conns_count];
  j->conns[at] = last;
  pool_map_put(&j->conn_names, (uint64_t)last->number + 1, at);
  pool_map_remove(&j->conn_names, (uint64_t)conn->number + 1);
  conn_free(conn);
}

void conn_close(judge *j, const trace_event *event) {
  struct conn *conn = judge_conn(j, event->conn);
  if (!conn) return;
  due_closed(j, conn);
  if (event->has_dir && event->dir == TRACE_S2C) due_told(j, conn, event->orderly);
  struct client *client = conn->client;
  for (int dir = TRACE_C2S; dir <= TRACE_S2C; dir++) {
    if (event->has_dir && (int)event->dir != dir) continue;
    conn->way[dir].closed = true;
    conn->way[dir].closed_line = j->line;
    if (!client) continue;
    if (dir == TRACE_S2C) down_doubt(j, client, conn);
    if (dir == TRACE_S2C && client->server_conn == conn) {
      client->server_conn = NULL;
      client->server_left_line = j->line;
    }
    if (client->client_conn == conn && conn->reply_arrived) client->left_ms = j->t_ms;
    if (dir != TRACE_C2S || client->client_conn != conn) continue;
    client->client_conn = NULL;
    client->ended_ms = j->t_ms;
  }
  if (!conn->way[TRACE_C2S].closed || !conn->way[TRACE_S2C].closed) return;
  conn_remove(j, conn);
}

/* EP-ERR-5. A server that has said that it closes already need not say so again. */
void conn_failed(judge *j, const trace_event *event) {
  struct conn *conn = judge_conn(j, event->conn);
  if (!conn || conn->failed_line || conn->way[TRACE_S2C].closed || conn->way[TRACE_S2C].silent)
    return;
  conn->failed_ms = j->t_ms;
  conn->failed_line = j->line;
  conn->failed_v2 = event->speaks_v2;
}

/* ---- What the server has certainly processed ---- */

void conn_processed(const judge *j, struct conn *conn, uint64_t n) {
  if (conn->lossy || n <= conn->processed_n) return;
  if (j->t_ms - conn->processed_ms >= RIPE_MS) conn->ripe_n = conn->processed_n;
  if (conn->processed_ms == 0 || conn->ripe_n == conn->processed_n) conn->processed_ms = j->t_ms;
  conn->processed_n = n;
}

/* ---- Written ---- */

/* EP-CLI-4 */
static bool is_final(ep_error code) {
  return code == EP_ERROR_BAD_AUTH || code == EP_ERROR_VERSION || code == EP_ERROR_UNAUTHORIZED ||
         code == EP_ERROR_OTHER_CLIENT || code == EP_ERROR_REPLACED;
}

/* clients.list: an object that is no selector gets an error (EP-ADDR-3). */
static bool is_refusable(const frame *f) {
  if (!f->list.len || scan_kind_of(f->list) != SCAN_OBJECT) return false;
  return match_address_of(f->list) != MATCH_SELECTOR;
}

static struct letter letter_of(const judge *j, const frame *f, span bytes) {
  struct letter letter = {.line = j->line,
                          .bytes_name = pool_name(bytes, 0),
                          .action = f->action,
                          .class = f->class,
                          .arguable = f->arguable,
                          .has_id = (f->has & FRAME_HAS_ID) != 0,
                          .id = f->id};
  switch (f->action) {
    case EP_ACTION_MESSAGE_CONFIRM:
      letter.v1_confirm = (f->has & FRAME_HAS_UID) != 0;
      letter.has_id = !letter.v1_confirm;
      letter.uid = pool_name(f->uid, 2);
      break;
    case EP_ACTION_MESSAGE_NEW:
      letter.uid = pool_name(f->uid, 2);
      letter.uid_text = f->uid;
      letter.uid_json = f->uid_json;
      letter.to = f->to;
      letter.has_payload = f->has & FRAME_HAS_PAYLOAD;
      if (letter.has_payload) letter.content = f->payload;
      break;
    case EP_ACTION_ERROR:
      if (letter.has_id) letter.uid = pool_name(f->uid, 2);
      letter.partly = (f->has & FRAME_HAS_TO) != 0;
      letter.final = !letter.has_id && is_final(frame_error_of(f->code));
      letter.unknown = !letter.has_id && frame_error_of(f->code) == EP_ERROR_UNKNOWN_ID;
      letter.unknown = letter.unknown && (f->has & FRAME_HAS_OF) != 0;
      letter.of = f->of;
      break;
    case EP_ACTION_SESSION_UPDATE:
      letter.content = f->session;
      letter.session_over = f->session_over || f->session.len > j->session_most;
      break;
    case EP_ACTION_CLIENTS_LIST: letter.refusable = is_refusable(f); break;
    case EP_ACTION_PING:
    case EP_ACTION_PONG: letter.payload = pool_name(f->payload, 3); break;
    default: break;
  }
  return letter;
}

static bool code_closes(ep_error code) {
  switch (code) {
#define CODE_CLOSES(id, name, closes, sentence) \
  case EP_ERROR_##id: return closes;
    EP_ERRORS(CODE_CLOSES)
#undef CODE_CLOSES
    default: return false;
  }
}

static void fall_silent(judge *j, struct conn *conn, trace_dir dir, const char *requirement) {
  struct pipe *pipe = &conn->way[dir];
  if (pipe->silent || conn->rude[dir]) return;
  pipe->silent = true;
  pipe->silent_why = requirement;
  pipe->silent_line = j->line;
}

static void pong_written(judge *j, struct conn *conn, trace_dir dir, const frame *f) {
  conn->way[dir].ping_ms = j->t_ms;
  if (pipe_take_ping(&conn->way[dir], pool_name(f->payload, 3)) || conn->rude[dir]) return;
  judge_wrong(j, "EP-TIME-2", "A pong for each ping, with the payload of the ping.",
              "A pong was written with a payload that no unanswered ping had.");
}

/* EP-TAKE-4: whether the client may have joined on another connection that was accepted later, even
 * if that one has ended; when connections open tells this only roughly. */
static bool may_be_replaced(const judge *j, const struct conn *conn) {
  const struct client *client = conn->client;
  if (!client || client->asked_conn != conn->number) return true;
  if (client->ended_open_ms && client->ended_open_ms + ACCEPTED_MS > conn->open_ms) return true;
  for (size_t i = 0; i < j->conns_count; i++) {
    const struct conn *other = j->conns[i];
    if (other == conn || other->client != client || !other->asks_arrived) continue;
    if (other->open_ms + ACCEPTED_MS >= conn->open_ms) return true;
  }
  return false;
}

/* An error that is not an item. */
static void error_written(judge *j, struct conn *conn, trace_dir dir, const frame *f) {
  ep_error code = frame_error_of(f->code);
  struct pipe *pipe = &conn->way[dir];
  if (dir == TRACE_S2C && !conn->rude[dir]) {
    if (code == EP_ERROR_REPLACED && !may_be_replaced(j, conn))
      judge_wrong(j, "EP-TAKE-1", "The error only where a newer connection has joined.",
                  "The server wrote the error replaced, and no newer connection of the client has "
                  "asked for it.");
    bool noise = pipe->noise || conn->way[TRACE_C2S].noise || conn->rude[TRACE_C2S];
    if (code == EP_ERROR_MALFORMED && !noise)
      judge_wrong(j, "EP-FRAME-2", "No error for a frame that is in form.",
                  "The server wrote the error malformed, and no malformed frame has arrived.");
  }
  bool over = code == EP_ERROR_TOO_LARGE || code == EP_ERROR_TOO_DEEP;
  if (dir == TRACE_C2S && over && conn->client) conn->client->reads_less = true;
  if (!conn->version) conn->refused = true;
  if (!code_closes(code)) return;
  fall_silent(j, conn, dir,
              code == EP_ERROR_REPLACED    ? "EP-TAKE-1"
              : code == EP_ERROR_MALFORMED ? "EP-ERR-3"
              : code == EP_ERROR_BAD_AUTH  ? "EP-AUTH-5"
              : code == EP_ERROR_FAILED    ? "EP-ERR-5"
                                           : "EP-TIME-4");
}

static void client_wrote(judge *j, struct conn *conn, const frame *f, struct letter *letter) {
  if (f->class != FRAME_OK) {
    bool auth = f->action == EP_ACTION_AUTH;
    if (auth && f->version > conn->bad_version) conn->bad_version = f->version;
    return;
  }
  switch (f->action) {
    case EP_ACTION_AUTH: auth_asked(j, conn, f, letter); break;
    case EP_ACTION_SESSION_UPDATE:
    case EP_ACTION_MESSAGE_NEW: up_written(j, conn, f, letter); break;
    case EP_ACTION_MESSAGE_CONFIRM: down_confirm_written(j, conn, f); break;
    case EP_ACTION_MESSAGE_RETRY: conn->asked_for = f->id + 1; break;
    case EP_ACTION_PONG: pong_written(j, conn, TRACE_C2S, f); break;
    case EP_ACTION_ERROR: error_written(j, conn, TRACE_C2S, f); break;
    case EP_ACTION_BYE:
      fall_silent(j, conn, TRACE_C2S, "EP-CLI-3");
      if (conn->client) conn->client->absent = true;
      break;
    default: break;
  }
}

static void server_wrote(judge *j, struct conn *conn, const frame *f, struct letter *letter) {
  if (f->class != FRAME_OK) return;
  switch (f->action) {
    case EP_ACTION_AUTH: auth_replied(j, conn, f); break;
    case EP_ACTION_CLIENTS_LIST:
    case EP_ACTION_SESSION_UPDATE:
    case EP_ACTION_CLIENT_CONNECT:
    case EP_ACTION_CLIENT_DISCONNECT: presence_written(j, conn, f); break;
    case EP_ACTION_MESSAGE_NEW:
    case EP_ACTION_MESSAGE_RECEIPT: down_written(j, conn, f); break;
    case EP_ACTION_MESSAGE_CONFIRM: up_confirm_written(j, conn, f); break;
    case EP_ACTION_PONG: pong_written(j, conn, TRACE_S2C, f); break;
    case EP_ACTION_ERROR:
      if (letter->has_id) {
        down_written(j, conn, f);
      } else {
        error_written(j, conn, TRACE_S2C, f);
      }
      break;
    default: break;
  }
}

/* What may be written at this moment at all. */
static void check_turn(judge *j, struct conn *conn, trace_dir dir, const frame *f) {
  struct pipe *pipe = &conn->way[dir];
  if (conn->rude[dir]) return;
  if (pipe->silent) {
    judge_wrong(j, pipe->silent_why, "Nothing more, and the end of the connection.",
                "%s wrote %s after it had written that it closes.",
                dir == TRACE_C2S ? "The client" : "The server", frame_action_name(f->action));
    judge_lead(j, pipe->silent_line);
  }
  if (dir == TRACE_C2S && pipe->written == 1 && f->action != EP_ACTION_AUTH)
    judge_wrong(j, "EP-AUTH-1", "The auth request first.",
                "The first frame that the client wrote on the connection is not an auth request.");
  if (dir == TRACE_S2C && conn->replaced_line && j->t_ms > conn->replaced_ms + TAKEOVER_MS) {
    judge_wrong(j, "EP-TAKE-1", "The older connection closed within the timer close.",
                "The server still writes to a connection %llu ms after a newer one took its client "
                "over.",
                (unsigned long long)(j->t_ms - conn->replaced_ms));
    judge_lead(j, conn->replaced_line);
  }
  if (dir == TRACE_S2C) due_failed(j, conn);
}

/* ---- Arrived ---- */

static void ping_arrived(const judge *j, struct pipe *pipe, uint64_t payload) {
  if (!pipe->pings_count) {
    pipe->ping_ms = j->t_ms;
    pipe->ping_line = j->line;
  }
  pipe_ping(pipe, payload);
}

static void want_arrived(const judge *j, struct pipe *pipe, uint64_t id) {
  bool written = pipe->items && id >= pipe->first_id && id < pipe->next_id;
  pipe_want(pipe, (struct want){.id = id, .ms = j->t_ms, .line = j->line, .due = written});
}

static void at_server(judge *j, struct conn *conn, const struct letter *letter) {
  if (letter->action == EP_ACTION_AUTH) auth_ask_arrived(j, conn, letter);
  if (!conn->asks_arrived) return; /* EP-AUTH-3: it is ignored */
  switch (letter->action) {
    case EP_ACTION_SESSION_UPDATE:
    case EP_ACTION_MESSAGE_NEW: up_arrived(j, conn, letter); break;
    case EP_ACTION_MESSAGE_CONFIRM: down_confirm_arrived(j, conn, letter); break;
    case EP_ACTION_MESSAGE_RETRY: want_arrived(j, &conn->way[TRACE_S2C], letter->id); break;
    case EP_ACTION_CLIENTS_LIST: presence_asked(j, conn, letter); break;
    case EP_ACTION_PING: ping_arrived(j, &conn->way[TRACE_S2C], letter->payload); break;
    default: break;
  }
}

static void at_client(judge *j, struct conn *conn, const struct letter *letter, uint64_t heard_ms) {
  switch (letter->action) {
    case EP_ACTION_AUTH: auth_reply_arrived(j, conn); break;
    case EP_ACTION_MESSAGE_NEW:
    case EP_ACTION_MESSAGE_RECEIPT: down_arrived(j, conn, letter); break;
    case EP_ACTION_MESSAGE_CONFIRM: up_confirm_arrived(j, conn, letter); break;
    case EP_ACTION_MESSAGE_RETRY: want_arrived(j, &conn->way[TRACE_C2S], letter->id); break;
    case EP_ACTION_PING: /* it may not know yet that it speaks EP/2 */
      if (conn->reply_arrived || conn->rude[TRACE_S2C])
        ping_arrived(j, &conn->way[TRACE_C2S], letter->payload);
      break;
    case EP_ACTION_ERROR:
      if (letter->has_id) down_arrived(j, conn, letter);
      if (letter->final) wish_error_arrived(j, conn, heard_ms);
      if (letter->unknown && letter->of + 1 == conn->asked_for)
        due_start_over(j, conn, "EP-LOST-10");
      break;
    default: break;
  }
}

static void arrived(judge *j, struct conn *conn, trace_dir dir, const struct letter *letter) {
  struct pipe *pipe = &conn->way[dir];
  uint64_t heard_ms = pipe->heard_ms > conn->open_ms ? pipe->heard_ms : conn->open_ms;
  pipe->arrived++;
  pipe->heard_ms = j->t_ms;
  if (letter->class != FRAME_OK || letter->arguable) pipe->noise = true;
  if (letter->class != FRAME_OK) return;
  if (dir == TRACE_C2S) {
    at_server(j, conn, letter);
  } else {
    at_client(j, conn, letter, heard_ms);
  }
}

/* ---- Frames ---- */

static bool parse(judge *j, const trace_event *event, frame *out) {
  if (frame_parse(&j->parser, event->bytes, event->dir, out)) return true;
  judge_undecided(j, "There was not enough memory to read a frame.");
  return false;
}

static void written(judge *j, struct conn *conn, const trace_event *event) {
  struct pipe *pipe = &conn->way[event->dir];
  frame f;
  if (!parse(j, event, &f)) return;
  bool clear = pipe->written == pipe->arrived;
  pipe->written++;
  j->frames++;
  check_turn(j, conn, event->dir, &f);
  form_check(j, conn, event->dir, &f, event->bytes);
  if (j->wrong) return;
  if (f.class != FRAME_OK) pipe->noise = true; /* its begin may arrive alone */
  struct letter letter = letter_of(j, &f, event->bytes);
  letter.n = pipe->written;
  if (event->dir == TRACE_C2S) {
    client_wrote(j, conn, &f, &letter);
  } else {
    server_wrote(j, conn, &f, &letter);
  }
  if (clear) due_written(j, conn, event->dir);
  if (event->at == TRACE_WRITTEN) {
    pipe_push(pipe, &letter);
  } else if (!j->wrong) {
    if (pipe->count) conn->lossy = true; /* it overtakes: see again_arrived */
    arrived(j, conn, event->dir, &letter);
  }
}

/* A frame that was seen passing arrives again, or one that was held back arrives after later ones:
 * whatever the transport was said to be, it is no stream. */
static void again_arrived(judge *j, struct conn *conn, const trace_event *event) {
  frame f;
  if (!event->n || event->n > conn->way[event->dir].written || !event->bytes.len) {
    judge_undecided(j, "A frame arrived on connection %u that nobody was seen to write there.",
                    event->conn);
    return;
  }
  if (!parse(j, event, &f)) return;
  conn->lossy = true;
  struct letter letter = letter_of(j, &f, event->bytes);
  letter.n = event->n;
  if (f.class == FRAME_OK && f.action == EP_ACTION_AUTH) { /* EP-AUTH-9 */
    if (event->dir == TRACE_C2S) conn->asks_arrived++;
    return;
  }
  arrived(j, conn, event->dir, &letter);
}

void conn_frame(judge *j, const trace_event *event) {
  struct conn *conn = judge_conn(j, event->conn);
  if (!conn) {
    if (pool_recent_has(&j->gone, (uint64_t)event->conn + 1)) return;
    judge_undecided(j,
                    "Connection %u was open before the trace began; what it carries is not "
                    "judged.",
                    event->conn);
    return;
  }
  if (event->at != TRACE_ARRIVED) {
    written(j, conn, event);
    return;
  }
  struct pipe *pipe = &conn->way[event->dir];
  if (event->damaged) {
    pipe->noise = true;
    pipe->heard_ms = j->t_ms;
    return;
  }
  struct letter *letter = pipe_find(pipe, event, conn->lossy);
  if (!letter) {
    again_arrived(j, conn, event);
    return;
  }
  if (!pipe_is_next(pipe, letter)) conn->lossy = true;
  arrived(j, conn, event->dir, letter);
  pipe_arrived(pipe, letter, conn->lossy);
}
