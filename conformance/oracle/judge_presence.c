/* What the server shows of clients: lists, arrivals, departures, sessions.
 * Read first: judge_internal.h; spec/protocol.md, chapter 10. */
#include "oracle/judge_internal.h"

/* In EP/1 the event shows that the server has taken the session. */
static void session_shown(judge *j, const frame *f) {
  struct client *client = judge_client_by_name(j, client_name(f->client));
  if (!client || !client->in_mail || !client->event_number) return;
  if (pool_name(f->session, 7) != client->event_session) return;
  mail_session_applied(j->mail, client->mail, client->event_number, j->line);
  client->event_number = 0;
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
  bool connect = f->action == EP_ACTION_CLIENT_CONNECT;
  if (connect && conn->client && conn->client->name == client_name(f->client)) {
    judge_wrong(j, "EP-PRES-1", "client.connect to the other clients alone.",
                "The server wrote client.connect to the client that has arrived.");
    judge_about(j, conn->client, (span){"", 0});
    judge_lead(j, conn->reply_line);
    return;
  }
  if (list) {
    conn->list_due = false;
    conn->lists_written++;
  } else if (f->action == EP_ACTION_SESSION_UPDATE) {
    session_shown(j, f);
  }
}
