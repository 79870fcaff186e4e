/* What is due on a connection and does not come: answers, repetitions, an end.
 * Read first: judge_internal.h; spec/protocol.md, chapters 8.1 and 13. */
#include "oracle/judge_internal.h"

enum {
  ANSWER_MS = 4000,                     /* no answer comes so late where nothing is in its way */
  IDLE_MS = EP_TIMER_IDLE_MS + 3000,    /* a connection on which nothing comes is closed by then */
  FAILED_MS = EP_TIMER_CLOSE_MS + 1000, /* a connection that failed is closed by then */
  AUTH_MS = 2 * EP_TIMER_RESEND_MAX_MS + 1000, /* an auth request is repeated by then */
  OVER_MS = 5000                               /* who must start over has closed by then */
};

static const char *side(trace_dir dir) { return dir == TRACE_C2S ? "The client" : "The server"; }

static unsigned long long passed(const judge *j, uint64_t since) {
  return (unsigned long long)(j->t_ms - since);
}

/* Whether who writes in this direction is there, and has not said that it closes. */
static bool is_there(const judge *j, const struct conn *conn, trace_dir dir) {
  const struct pipe *pipe = &conn->way[dir];
  bool dead = dir == TRACE_C2S ? !conn->client || conn->client->dead : j->server_down;
  return !dead && !pipe->closed && !pipe->silent && !conn->rude[0] && !conn->rude[1];
}

/* When faults have stopped, a ping that has arrived is answered soon. */
static void check_pings(judge *j, const struct conn *conn, trace_dir dir) {
  const struct pipe *pipe = &conn->way[dir];
  if (!pipe->pings_count || !j->healed_line || pipe->ping_ms < j->healed_ms) return;
  if (j->t_ms < pipe->ping_ms + ANSWER_MS) return;
  judge_wrong(j, "EP-TIME-2", "A pong for each ping.",
              "%s has not answered a ping that arrived %llu ms ago.", side(dir),
              passed(j, pipe->ping_ms));
  judge_about(j, conn->client, (span){"", 0});
  judge_lead(j, pipe->ping_line);
}

/* When faults have stopped, whole frames do not take long, and a dead connection is found dead. */
static void check_silence(judge *j, const struct conn *conn, trace_dir dir) {
  const struct pipe *in = &conn->way[dir == TRACE_C2S ? TRACE_S2C : TRACE_C2S];
  if (conn->version != 2 || !j->healed_line || (dir == TRACE_C2S && !conn->reply_arrived)) return;
  uint64_t since = in->heard_ms > j->healed_ms ? in->heard_ms : j->healed_ms;
  if (conn->open_ms > since) since = conn->open_ms;
  if (j->t_ms < since + IDLE_MS) return;
  judge_wrong(j, "EP-TIME-3", "A close, after the timer idle.",
              "%s keeps a connection open on which nothing has come for %llu ms.", side(dir),
              passed(j, since));
  judge_about(j, conn->client, (span){"", 0});
  judge_lead(j, conn->reply_line);
}

static void check_auth(judge *j, const struct conn *conn) {
  if (!conn->lossy || conn->asks != 1 || conn->reply_arrived || conn->way[TRACE_S2C].arrived)
    return;
  if (j->t_ms < conn->ask_ms + AUTH_MS) return;
  judge_wrong(j, "EP-SEND-7", "The auth request again, until it is answered.",
              "The client wrote its auth request on a lossy connection once, %llu ms ago, and no "
              "answer has arrived.",
              passed(j, conn->ask_ms));
  judge_about(j, conn->client, (span){"", 0});
  judge_lead(j, conn->ask_line);
}

static void wrong_start_over(judge *j, const struct conn *conn, const char *what) {
  judge_wrong(j, conn->over_why, "A close, and a new connection with a new instance.", "%s", what);
  judge_about(j, conn->client, (span){"", 0});
  judge_lead(j, conn->ask_line);
  judge_lead(j, conn->over_line);
}

/* On a lossy transport what it has been told can be late. */
void due_start_over(judge *j, struct conn *conn, const char *requirement) {
  struct client *client = conn->client;
  if (conn->lossy || conn->over_line || !client || client->rude || conn->rude[TRACE_S2C]) return;
  conn->over_why = requirement;
  conn->over_line = j->line;
  conn->over_ms = j->t_ms;
  bool again = client->over_line > client->crashed_line && client->over_instance;
  if (again && client->over_instance == conn->ask.instance)
    wrong_start_over(j, conn, "The client came back with the instance that it had to leave.");
  client->over_line = j->line;
  client->over_instance = conn->ask.instance;
}

static void check_start_over(judge *j, const struct conn *conn) {
  if (!conn->over_line || j->t_ms < conn->over_ms + OVER_MS) return;
  wrong_start_over(j, conn, "The client goes on with numbers that are not those of the server.");
}

/* EP-ERR-5, EP-TIME-5. */
void due_failed(judge *j, const struct conn *conn) {
  if (!conn->failed_line || conn->way[TRACE_S2C].closed || j->server_down) return;
  if (conn->rude[TRACE_S2C] || j->t_ms <= conn->failed_ms + FAILED_MS) return;
  judge_wrong(j, "EP-ERR-5", "A close, in EP/2 after the error failed.",
              "The server could not do what a connection asked, and still has it open after %llu "
              "ms.",
              passed(j, conn->failed_ms));
  judge_about(j, conn->client, (span){"", 0});
  judge_lead(j, conn->failed_line);
}

/* EP-TIME-4: nothing that is known to have gone wrong, nothing that the client did. */
static void left_untold(judge *j, const struct conn *conn) {
  if (conn->version != 2 || conn->failed_line || conn->way[TRACE_C2S].silent) return;
  if (conn->rude[TRACE_C2S] || j->server_fails) return;
  judge_wrong(j, "EP-TIME-4", "An error that says why, before the close.",
              "The server closed an EP/2 connection because it wanted to, without a word.");
  judge_about(j, conn->client, (span){"", 0});
  judge_lead(j, conn->reply_line);
}

void due_told(judge *j, const struct conn *conn, bool orderly) {
  if (!orderly || conn->way[TRACE_S2C].silent || conn->rude[TRACE_S2C] || j->server_down) return;
  left_untold(j, conn);
  if (!conn->failed_line || !conn->failed_v2) return;
  judge_wrong(j, "EP-ERR-5", "The error failed before the close.",
              "The server could not do what an EP/2 connection asked, and closed it without a "
              "word.");
  judge_about(j, conn->client, (span){"", 0});
  judge_lead(j, conn->failed_line);
}

void due_check(judge *j, const struct conn *conn) {
  due_failed(j, conn);
  if (is_there(j, conn, TRACE_S2C)) (void)presence_unanswered((judge *)j, conn, true);
  for (int dir = TRACE_C2S; dir <= TRACE_S2C; dir++) {
    if (!is_there(j, conn, (trace_dir)dir)) continue;
    check_pings(j, conn, (trace_dir)dir);
    if (dir == TRACE_C2S) check_auth(j, conn);
    if (dir == TRACE_C2S) check_start_over(j, conn);
  }
}

void due_closed(judge *j, const struct conn *conn) {
  due_check(j, conn);
  for (int dir = TRACE_C2S; dir <= TRACE_S2C; dir++)
    if (is_there(j, conn, (trace_dir)dir)) check_silence(j, conn, (trace_dir)dir);
}

/* EP-SEND-6. All that was written before has arrived: nothing was in the way of the answer. */
void due_written(judge *j, const struct conn *conn, trace_dir dir) {
  const struct pipe *pipe = &conn->way[dir];
  if (conn->lossy || conn->version != 2 || !is_there(j, conn, dir)) return;
  const struct stream *stream = dir == TRACE_C2S ? conn->up : conn->down;
  for (size_t i = 0; i < pipe->wants_count; i++) {
    const struct want *want = &pipe->wants[i];
    const struct item *item = stream_at(stream, want->id);
    if (!want->due || j->t_ms < want->ms + ANSWER_MS || !item || item->confirm_arrived) continue;
    judge_wrong(j, "EP-SEND-6", "The item again.",
                "%s was asked for item %llu, which is not confirmed, %llu ms ago, and has not "
                "written it again.",
                side(dir), (unsigned long long)want->id, passed(j, want->ms));
    judge_about(j, conn->client, item_uid(item));
    judge_lead(j, item->written_line);
    judge_lead(j, want->line);
    return;
  }
}
