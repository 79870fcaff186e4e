/* What the server shows of clients: lists, arrivals, departures, sessions.
 * Read first: judge_internal.h; spec/protocol.md, chapter 10. */
#include "oracle/judge_internal.h"

/* More pairs of a connection and a client than this are not compared at the end. */
#define JUDGED_MOST 10000000u

/* What a connection has been shown of a client. */
enum { SEEN_GONE, SEEN_LISTED, SEEN_ARRIVING };

/* In EP/1 the event shows that the server has taken the session. */
static void session_shown(judge *j, const frame *f) {
  struct client *client = judge_client_by_name(j, client_name(f->client));
  if (!client || !client->in_mail || !client->event_number) return;
  if (pool_name(f->session, 7) != client->event_session) return;
  mail_session_applied(j->mail, client->mail, client->event_number, j->line);
  client->event_number = 0;
  client->set_line = client->event_line;
  client->set_conn = 0;
}

/* What the reader of this connection now thinks of who is there. */
static void see(judge *j, struct conn *conn, const frame *f) {
  if (conn->version != 1 || conn->lossy) return;
  if (f->action == EP_ACTION_CLIENT_CONNECT || f->action == EP_ACTION_CLIENT_DISCONNECT) {
    bool connect = f->action == EP_ACTION_CLIENT_CONNECT;
    const uint64_t *view = pool_map_get(&conn->view, client_name(f->client));
    if (connect && view && *view == SEEN_ARRIVING) {
      const struct client *who = judge_client_by_name(j, client_name(f->client));
      const struct conn *had = who ? who->server_conn : NULL;
      bool taken = had && (who->took_over || who->asked_conn != had->number);
      judge_wrong(
          j, taken ? "EP-TAKE-3" : "EP-PRES-2",
          "One event for each arrival and departure, and none for a takeover.",
          "The server told %.*s a second time that %.*s has arrived, and not in between that "
          "it has gone.",
          (int)conn->client->id_len, conn->client->id, (int)f->client.len, f->client.text);
      judge_about(j, conn->client, (span){"", 0});
    }
    pool_map_put(&conn->view, client_name(f->client), connect ? SEEN_ARRIVING : SEEN_GONE);
    return;
  }
  if (f->action == EP_ACTION_SESSION_UPDATE)
    pool_map_put(&conn->sessions, client_name(f->client), j->line);
  if (f->action != EP_ACTION_CLIENTS_LIST) return;
  conn->listed_line = j->line;
  pool_map_clear(&conn->view);
  conn->view_partial = f->more > 0;
  scan_walk walk;
  frame_listed listed;
  scan_begin(&walk, f->list, SCAN_DEPTH_MOST);
  while (frame_list_next(&j->parser, &walk, &listed) == 1)
    pool_map_put(&conn->view, client_name(listed.client),
                 listed.connected ? SEEN_LISTED : SEEN_GONE);
}

static bool is_open(const struct conn *conn) {
  return conn && !conn->way[TRACE_C2S].closed && !conn->way[TRACE_S2C].closed &&
         !conn->replaced_line && !conn->way[TRACE_S2C].silent;
}

static bool seen_wrongly(const judge *j, const struct conn *conn, const struct client *client) {
  if (!client->known || client->rude || client == conn->client || client->dead) return false;
  uint64_t *view = pool_map_get(&conn->view, client->name);
  if (is_open(client->server_conn)) return !view || !*view;
  for (size_t i = 0; i < j->conns_count; i++)
    if (j->conns[i]->client == client) return false; /* it is ending */
  return view && *view;
}

/* Whether the connection got no session.update, and no list, after the client's newest session. */
static bool misses_session(const struct conn *conn, const struct client *client) {
  const struct conn *own = client->server_conn;
  if (!client->set_line || client->rude || client->dead) return false;
  if (client->set_conn && (!is_open(own) || own->number != client->set_conn)) return false;
  const uint64_t *shown = pool_map_get(&conn->sessions, client->name);
  return conn->listed_line < client->set_line && (!shown || *shown < client->set_line);
}

static void say_wrong(judge *j, const struct conn *conn, const struct client *client,
                      bool presence) {
  bool here = is_open(client->server_conn);
  if (presence) {
    judge_wrong(j, here ? "EP-PRES-1" : "EP-PRES-2", "One event for each arrival and departure.",
                "The server never told %.*s that %.*s has %s.", (int)conn->client->id_len,
                conn->client->id, (int)client->id_len, client->id, here ? "arrived" : "gone");
  } else {
    judge_wrong(j, "EP-PRES-3", "One session.update for each session that is set.",
                "The server never told %.*s of the newest session of %.*s.",
                (int)conn->client->id_len, conn->client->id, (int)client->id_len, client->id);
    judge_lead(j, client->set_line);
  }
  judge_about(j, client, (span){"", 0});
  judge_lead(j, conn->reply_line);
  if (here) judge_lead(j, client->server_conn->reply_line);
}

size_t presence_wrong(judge *j, bool tell) {
  size_t count = 0;
  if (j->conns_count * j->clients_count > JUDGED_MOST) return 0;
  for (size_t i = 0; i < j->conns_count; i++) {
    const struct conn *conn = j->conns[i];
    if (!is_open(conn) || conn->version != 1 || conn->lossy || conn->view_partial ||
        !conn->client || conn->client->rude || conn->list_due)
      continue;
    for (size_t k = 0; k < j->clients_count; k++) {
      const struct client *client = j->clients[k];
      bool presence = seen_wrongly(j, conn, client);
      if (!presence && !misses_session(conn, client)) continue;
      count++;
      if (tell) say_wrong(j, conn, client, presence);
    }
  }
  return count;
}

/* ---- Lists that were asked for ---- */

enum { ANSWER_MS = 4000 }; /* no answer comes so late where nothing is in its way */

void presence_asked(const judge *j, struct conn *conn, const struct letter *letter) {
  conn->lists_asked++;
  bool refused = letter->refusable && conn->ask.version >= 2;
  if (refused || conn->list_line || conn->replaced_line || conn->way[TRACE_S2C].silent) return;
  conn->list_line = j->line;
  conn->list_ms = j->t_ms;
}

bool presence_unanswered(judge *j, const struct conn *conn, bool tell) {
  if (!j->healed_line || !conn->list_line || !conn->replies || !is_open(conn) ||
      (conn->client && conn->client->rude) || conn->rude[TRACE_S2C])
    return false;
  uint64_t since = conn->list_ms > j->healed_ms ? conn->list_ms : j->healed_ms;
  if (!tell || j->t_ms < since + ANSWER_MS) return true;
  judge_wrong(j, "EP-PRES-4", "One clients.list for each that is asked for.",
              "The server has not answered a clients.list that arrived %llu ms ago.",
              (unsigned long long)(j->t_ms - conn->list_ms));
  judge_about(j, conn->client, (span){"", 0});
  judge_lead(j, conn->list_line);
  return true;
}

/* EP-PRES-3, EP-PRES-5: by the session that the event itself tells. */
static bool is_wanted(const struct conn *conn, const frame *f) {
  bool tells = f->action == EP_ACTION_CLIENT_CONNECT || f->action == EP_ACTION_SESSION_UPDATE;
  if (!tells || conn->version != 2 || !conn->presence || conn->rude[TRACE_C2S]) return true;
  if (!(f->has & FRAME_HAS_SESSION)) return true;
  match_object *session = match_read(f->session);
  bool wanted = match_selects(conn->presence, session);
  match_free(session);
  return wanted;
}

void presence_written(judge *j, struct conn *conn, const frame *f) {
  if (conn->rude[TRACE_S2C]) return;
  bool list = f->action == EP_ACTION_CLIENTS_LIST;
  bool unasked = list ? !conn->lists_asked : true;
  if (conn->version == 2 && !conn->ask.wants_presence && unasked) {
    judge_wrong(j, "EP-PRES-5", "Nothing about others where presence was not asked for.",
                "The server wrote %s to an EP/2 client that asked for nobody's presence.",
                frame_action_name(f->action));
    judge_about(j, conn->client, (span){"", 0});
    judge_lead(j, conn->ask_line);
    return;
  }
  if (!is_wanted(conn, f)) {
    judge_wrong(j, "EP-PRES-5", "The presence of those that match what the client asked for.",
                "The server wrote %s of a client whose session does not match.",
                frame_action_name(f->action));
    judge_about(j, conn->client, (span){"", 0});
    judge_lead(j, conn->ask_line);
    return;
  }
  bool connect = f->action == EP_ACTION_CLIENT_CONNECT;
  if (connect && conn->client && conn->client->name == client_name(f->client)) {
    judge_wrong(j, "EP-PRES-1", "client.connect to the other clients alone.",
                "The server wrote client.connect to the client that has arrived.");
    judge_about(j, conn->client, (span){"", 0});
    judge_lead(j, conn->reply_line);
    return;
  }
  see(j, conn, f);
  if (list) {
    if (!conn->list_due) conn->list_line = 0;
    conn->list_due = false;
    conn->lists_written++;
  } else if (f->action == EP_ACTION_SESSION_UPDATE) {
    session_shown(j, f);
  }
}
