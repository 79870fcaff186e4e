/* The judge: takes events, remembers the first thing wrong, and says at the end how it was.
 * Read first: judge.h, judge_internal.h. Then: judge_conn.c. */
#include "oracle/judge_internal.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "requirements.h"

/* ---- Life ---- */

judge *judge_new(void) {
  judge *j = calloc(1, sizeof *j);
  if (!j) return NULL;
  j->mail = mail_new();
  if (!j->mail) {
    free(j);
    return NULL;
  }
  j->session_most = EP_LIMIT_SESSION;
  frame_parser_init(&j->parser);
  return j;
}

static void client_free(struct client *client) {
  stream_drop(&client->up);
  stream_drop(&client->up_before);
  stream_drop(&client->down);
  stream_drop(&client->server_up);
  stream_drop(&client->client_down);
  notice_forget(client);
  pool_map_free(&client->asked);
  free(client->tickets);
  pool_recent_free(&client->loose);
  app_free(client->app);
  pool_map_free(&client->late);
  pool_recent_free(&client->stale);
  free(client->id);
  free(client);
}

static void forget_all(judge *j) {
  for (size_t i = 0; i < j->conns_count; i++) conn_free(j->conns[i]);
  for (size_t i = 0; i < j->clients_count; i++) client_free(j->clients[i]);
  j->conns_count = j->clients_count = 0;
}

void judge_reset(judge *j) {
  forget_all(j);
  mail_reset(j->mail);
  pool_map_clear(&j->conn_names);
  pool_map_clear(&j->client_names);
  pool_recent_free(&j->uids);
  pool_recent_free(&j->gone);
  pool_recent_free(&j->lost_epochs);
  struct judge fresh = {.parser = j->parser,
                        .mail = j->mail,
                        .session_most = EP_LIMIT_SESSION,
                        .conn_names = j->conn_names,
                        .client_names = j->client_names,
                        .conns = j->conns,
                        .conns_room = j->conns_room,
                        .clients = j->clients,
                        .clients_room = j->clients_room};
  *j = fresh;
}

void judge_free(judge *j) {
  if (!j) return;
  forget_all(j);
  mail_free(j->mail);
  frame_parser_free(&j->parser);
  pool_map_free(&j->conn_names);
  pool_map_free(&j->client_names);
  pool_recent_free(&j->uids);
  pool_recent_free(&j->gone);
  pool_recent_free(&j->lost_epochs);
  free(j->conns);
  free(j->clients);
  free(j);
}

void judge_mailbox_limit(judge *j, uint64_t copies) { mail_mailbox_limit(j->mail, copies); }
void judge_parked_limit(judge *j, uint64_t messages) { mail_parked_limit(j->mail, messages); }
void judge_held_limit(judge *j, uint64_t messages) { mail_held_limit(j->mail, messages); }

void judge_session_limit(judge *j, uint64_t bytes) {
  j->session_most = bytes;
  j->session_told = true;
}

void judge_opens_in_order(judge *j) { j->opens_in_order = true; }

void judge_clock_jumps(judge *j, unsigned times) { j->jumps = times; }

void judge_memory_fails(judge *j) { j->memory_fails = true; }

void judge_server_fails(judge *j) { j->server_fails = true; }

void judge_mailbox_wait(judge *j, uint64_t ms) { mail_mailbox_wait(j->mail, ms); }

/* ---- Clients and connections by name ---- */

uint64_t client_name(span id) { return pool_name(id, 1); }

struct client *judge_client_by_name(const judge *j, uint64_t name) {
  uint64_t *at = pool_map_get(&j->client_names, name);
  return at ? j->clients[*at] : NULL;
}

struct client *judge_client(judge *j, span id) {
  uint64_t name = client_name(id);
  struct client *client = judge_client_by_name(j, name);
  if (client) return client;
  client = pool_take(sizeof *client);
  client->name = name;
  client->id = pool_copy(id);
  client->id_len = (uint32_t)id.len;
  if (j->clients_count == j->clients_room) {
    j->clients_room = j->clients_room ? j->clients_room * 2 : 16;
    j->clients = pool_resize(j->clients, j->clients_room * sizeof(struct client *));
  }
  pool_map_put(&j->client_names, name, j->clients_count);
  j->clients[j->clients_count++] = client;
  return client;
}

struct conn *judge_conn(const judge *j, uint32_t number) {
  uint64_t *at = pool_map_get(&j->conn_names, (uint64_t)number + 1);
  return at ? j->conns[*at] : NULL;
}

/* ---- Findings ---- */

static const char *sentence_of(const char *requirement) {
  static const struct {
    const char *id, *sentence;
  } all[] = {
#define SENTENCE(id, force, chapter, sentence, line) {id, sentence},
      EP_REQUIREMENTS(SENTENCE)
#undef SENTENCE
          {"G1", "Nothing is created or altered."},
      {"G2", "Nothing is doubled."},
      {"G3", "The order of a sender is kept."},
      {"G4", "There is one order for all."},
      {"G5", "What was confirmed arrives."},
      {"G6", "Nothing is forgotten early."},
      {"G7", "Nobody else gets it."},
      {"G8", "It finishes."}};
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
    if (!strcmp(all[i].id, requirement)) return all[i].sentence;
  return "";
}

static void begin_finding(judge *j, const char *requirement) {
  j->finding = (judge_finding){.line = j->line,
                               .t_ms = j->t_ms,
                               .conn = j->conn,
                               .requirement = requirement,
                               .sentence = sentence_of(requirement)};
}

void judge_wrong(judge *j, const char *requirement, const char *acceptable, const char *what, ...) {
  if (j->wrong) return;
  j->wrong = true;
  begin_finding(j, requirement);
  va_list list;
  va_start(list, what);
  vsnprintf(j->finding.what, sizeof j->finding.what, what, list);
  va_end(list);
  snprintf(j->finding.acceptable, sizeof j->finding.acceptable, "%s", acceptable);
}

void judge_undecided(judge *j, const char *what, ...) {
  if (j->wrong || j->undecided) return;
  j->undecided = true;
  begin_finding(j, "G8");
  va_list list;
  va_start(list, what);
  vsnprintf(j->finding.what, sizeof j->finding.what, what, list);
  va_end(list);
}

static void copy_text(char *out, size_t size, const char *text, size_t len) {
  if (len >= size) len = size - 1;
  if (len) memcpy(out, text, len);
  out[len] = 0;
}

void judge_about(judge *j, const struct client *client, span uid) {
  judge_finding *finding = &j->finding;
  if (client && !finding->client[0])
    copy_text(finding->client, sizeof finding->client, client->id, client->id_len);
  if (!finding->uid[0]) copy_text(finding->uid, sizeof finding->uid, uid.text, uid.len);
}

void judge_lead(judge *j, uint64_t line) {
  judge_finding *finding = &j->finding;
  if (!line || line == finding->line || finding->lead_up_count == JUDGE_LEAD_UP) return;
  size_t at = finding->lead_up_count;
  while (at && finding->lead_up[at - 1] > line) at--;
  if (at && finding->lead_up[at - 1] == line) return;
  memmove(&finding->lead_up[at + 1], &finding->lead_up[at],
          (finding->lead_up_count - at) * sizeof finding->lead_up[0]);
  finding->lead_up[at] = line;
  finding->lead_up_count++;
}

void judge_mail_wrong(judge *j, const mail_fault *fault) {
  if (j->wrong) return;
  judge_wrong(j, fault->requirement, fault->acceptable, "%s", fault->what);
  for (size_t i = 0; i < fault->lead_up_count; i++) judge_lead(j, fault->lead_up[i]);
}

/* ---- Events ---- */

static void server_event(judge *j, const trace_event *event) {
  j->tells_restarts = true;
  if (event->kind == TRACE_CRASHED) {
    j->server_down = true;
    j->server_crash_line = j->line;
    j->server_crash_ms = j->t_ms;
    return;
  }
  j->server_down = false;
  if (event->state_lost) {
    server_lost(j);
  } else {
    for (size_t i = 0; i < j->clients_count; i++) down_doubt(j, j->clients[i], NULL);
  }
}

static void client_event(judge *j, const trace_event *event) {
  struct client *client = judge_client(j, event->client);
  if (event->kind == TRACE_CRASHED) {
    client->dead = true;
    wish_forgotten(client);
    pool_map_clear(&client->late);
    client->crashed_line = j->line;
    return;
  }
  client->dead = false;
  client->restarted_line = j->line;
  if (!event->state_lost && !event->state_old) return;
  client->old = event->state_old;
  client->forgot = true;
  client->joined = false;
  client->session = client->client_epoch = client->client_instance = 0;
  stream_drop(&client->up);
  stream_drop(&client->client_down);
}

bool judge_event(judge *j, const trace_event *event) {
  if (j->wrong) return false;
  j->line = event->line;
  j->t_ms = event->t_ms;
  j->conn = event->conn;
  mail_clock(j->mail, j->t_ms);
  switch (event->kind) {
    case TRACE_OPEN: conn_open(j, event); break;
    case TRACE_CLOSE: conn_close(j, event); break;
    case TRACE_FAILED: conn_failed(j, event); break;
    case TRACE_FRAME: conn_frame(j, event); break;
    case TRACE_SENT:
    case TRACE_DELIVERED:
    case TRACE_CONFIRMED:
    case TRACE_REFUSED:
    case TRACE_STORED: app_event(j, event); break;
    case TRACE_CRASHED:
    case TRACE_RESTARTED:
      if (!event->client.len) {
        server_event(j, event);
      } else {
        client_event(j, event);
        app_event(j, event);
      }
      break;
    case TRACE_CONNECT:
    case TRACE_DISCONNECT:
      wish_event(j, judge_client(j, event->client), event->kind == TRACE_CONNECT);
      break;
    case TRACE_HEALED:
      j->healed_line = j->line;
      j->healed_ms = j->t_ms;
      break;
    case TRACE_NOTE: break;
  }
  return !j->wrong;
}

judge_verdict judge_end(judge *j, uint64_t t_ms) {
  j->line = j->conn = 0;
  j->t_ms = t_ms;
  if (!j->wrong) end_judge(j);
  if (j->wrong) return JUDGE_REJECTED;
  return j->undecided ? JUDGE_INCONCLUSIVE : JUDGE_ACCEPTED;
}

size_t judge_unfinished(const judge *j) { return j->wrong ? 0 : end_unfinished(j); }

const judge_finding *judge_found(const judge *j) {
  return j->wrong || j->undecided ? &j->finding : NULL;
}

uint64_t judge_frames(const judge *j) { return j->frames; }
uint64_t judge_messages(const judge *j) { return j->messages; }
