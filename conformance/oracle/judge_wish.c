/* What a client does by itself because its application wants a connection: when it tries again, and
 * when it must not. Only where the trace tells what the application wants.
 * Read first: judge_internal.h; spec/protocol.md, chapter 7.4. */
#include "oracle/judge_internal.h"

enum {
  /* What lies between the begin of an attempt and its line in the trace differs by so much. */
  SLACK_MS = 1000,
  /* An attempt into nothing, and the longest pause. */
  AGAIN_MS = EP_TIMER_AUTH_MS + EP_TIMER_RECONNECT_MAX_MS + 3000,
  /* Who has heard nothing for so long may be giving the connection up already. */
  QUIET_MS = EP_TIMER_AUTH_MS - 1000
};

void wish_event(judge *j, struct client *client, bool wants) {
  client->wish = (struct wish){.told = true, .wants = wants, .line = j->line, .ms = j->t_ms};
}

/* The application of a program that was killed says again what it wants. */
void wish_forgotten(struct client *client) { client->wish.wants = client->wish.opened = false; }

/* The shortest pause that may come before the next attempt: EP-CLI-5 shortens it. */
static uint64_t least_pause(const struct wish *wish) {
  uint64_t pause = EP_TIMER_RECONNECT_MS;
  for (unsigned i = 0; i < wish->failures && pause < EP_TIMER_RECONNECT_MAX_MS; i++) pause *= 2;
  if (pause > EP_TIMER_RECONNECT_MAX_MS) pause = EP_TIMER_RECONNECT_MAX_MS;
  return pause - pause / 4;
}

/* Attempts that fail are not all seen, and of a pause only the attempts around it: so what counts
 * is how much earlier the client has come than it may, all in all. */
static void check_pause(judge *j, const struct conn *conn) {
  struct wish *wish = &conn->client->wish;
  uint64_t passed = conn->open_ms - wish->opened_ms, least = least_pause(wish);
  wish->early_ms = wish->early_ms + least > passed ? wish->early_ms + least - passed : 0;
  wish->failures++;
  if (wish->early_ms <= SLACK_MS || j->jumps) return;
  judge_wrong(j, "EP-CLI-2", "The timer reconnect, doubled each time, before each new attempt.",
              "The client tries to connect again %llu ms after the attempt before, and all in all "
              "%llu ms too early.",
              (unsigned long long)passed, (unsigned long long)wish->early_ms);
  judge_lead(j, wish->opened_line);
  judge_lead(j, conn->open_line);
}

void wish_asked(judge *j, const struct conn *conn) {
  struct client *client = conn->client;
  struct wish *wish = &client->wish;
  if (!wish->told || client->rude) return;
  if (wish->stopped_line) {
    judge_wrong(j, "EP-CLI-4", "No attempt before its application asks for one.",
                "The client connects again by itself, although it was told an error after which "
                "it must not.");
    judge_lead(j, wish->stopped_line);
  } else if (!wish->wants && conn->open_line > wish->line) {
    judge_wrong(j, "EP-CLI-2", "No attempt while its application wants no connection.",
                "The client connects, and its application wants no connection.");
    judge_lead(j, wish->line);
  } else if (wish->opened && conn->open_ms >= wish->opened_ms) {
    check_pause(j, conn);
  }
  judge_about(j, client, (span){"", 0});
  wish->opened = true;
  wish->opened_ms = conn->open_ms;
  wish->opened_line = conn->open_line;
}

void wish_authenticated(struct client *client) { client->wish.failures = 0; }

void wish_error_arrived(const judge *j, const struct conn *conn, uint64_t heard_ms) {
  const struct pipe *own = &conn->way[TRACE_C2S];
  struct client *client = conn->client;
  bool reads = client && client->client_conn == conn && !own->closed && !own->silent;
  if (!reads || j->memory_fails || conn->rude[TRACE_S2C] || conn->way[TRACE_S2C].noise) return;
  if (conn->reply_arrived && conn->version == 1) return;
  if (j->t_ms < heard_ms + QUIET_MS) client->wish.stopped_line = j->line;
}

/* Whether a connection is wanted, and there is none. */
bool wish_waits(const struct client *client) {
  const struct wish *wish = &client->wish;
  return wish->wants && !wish->stopped_line && !client->client_conn && !client->dead;
}

void wish_judge_end(judge *j, const struct client *client) {
  const struct wish *wish = &client->wish;
  uint64_t since = j->healed_ms;
  if (!wish_waits(client) || client->rude) return;
  if (wish->ms > since) since = wish->ms;
  if (client->ended_ms > since) since = client->ended_ms;
  if (j->t_ms < since + AGAIN_MS) return;
  judge_wrong(j, "EP-CLI-2", "A new attempt, until one succeeds.",
              "The application of a client wants a connection, and the client has not connected "
              "for %llu ms.",
              (unsigned long long)(j->t_ms - since));
  judge_about(j, client, (span){"", 0});
  judge_lead(j, wish->line);
}
