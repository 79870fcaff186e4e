/* Runs the steps of one case, one after the other, and says what became of it.
 * Read first: play.h. The steps themselves: play_pattern.c, play_command.c, play_items.c,
 * play_srv.c. */
#include "runner/play.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runner/adapter.h"
#include "runner/results.h"
#include "runner/target.h"

enum { USUAL_MS = 2000 };

static const char *const verdict_names[VERDICT_COUNT] = {
    "PASS", "FAIL", "NON-STRICT", "UNSUPPORTED", "SKIP", "INCONCLUSIVE", "ERROR"};

const char *verdict_name(verdict one) { return verdict_names[one]; }

/* ---- How a case ends ---- */

const char *play_requirement(const play *p) {
  bool says = p->now != NULL && *p->now->requirement != '\0';
  return says ? p->now->requirement : p->of->requirements[0];
}

bool play_end(play *p, verdict what, char *reason) {
  p->verdict = what;
  p->reason = reason;
  return false;
}

/* A MUST that does not hold is a failure, a SHOULD is not strict, a MAY is not there. */
bool play_fail(play *p, const char *requirement, char *acceptable, char *came) {
  case_level level = requirement_level(requirement);
  bool is_own = strcmp(requirement, p->of->requirements[0]) == 0;
  if (is_own && p->of->level > level) level = p->of->level;
  p->requirement = requirement;
  p->acceptable = acceptable;
  p->came = came;
  verdict what = level == LEVEL_MUST     ? VERDICT_FAIL
                 : level == LEVEL_SHOULD ? VERDICT_NON_STRICT
                                         : VERDICT_UNSUPPORTED;
  return play_end(p, what, text_format("Acceptable: %s. Came: %s.", acceptable, came));
}

bool play_is_clean(play *p) {
  if (p->breach == NULL) return true;
  p->is_breach = true;
  return play_fail(p, p->breach, p->breach_acceptable, p->breach_came);
}

bool play_late(play *p, char *acceptable, char *came) {
  if (!play_is_clean(p)) return false;
  if (p->lag_ms > (wire_now() - p->step_began_ms) / 4)
    return play_end(p, VERDICT_INCONCLUSIVE,
                    text_format("This machine did not let the suite run for %.0f ms while it "
                                "waited; repeat the case with --slow 4.",
                                p->lag_ms));
  return play_fail(p, play_requirement(p), acceptable, came);
}

/* ---- What steps share ---- */

static bool is_wrong(play *p, char *why) {
  return play_end(p, VERDICT_ERROR, text_format("%s:%u: %s", p->of->file, p->now->line, why));
}

char *play_expand(play *p, const char *words, size_t *len) {
  text out = {0};
  char *why;
  if (!vars_expand(&p->names, words, VARS_ALL, &out, &why)) {
    (void)is_wrong(p, why);
    return NULL;
  }
  if (len != NULL) *len = out.len;
  return out.at;
}

bool play_number(play *p, const char *words, int64_t *out) {
  char *why;
  return vars_number(&p->names, words, out, &why) || is_wrong(p, why);
}

bool play_deadline(play *p, double *out) {
  int64_t ms = USUAL_MS;
  if (p->now->within != NULL && !play_number(p, p->now->within, &ms)) return false;
  *out = p->step_began_ms + (double)ms * p->setup->slow;
  return true;
}

double play_stretch(const play *p) { return p->setup->slow > 1 ? p->setup->slow : 1; }

bool play_expects_close(const play *p, const conn *c) {
  const step *end = p->of->steps + p->of->step_count;
  for (const step *at = p->now; at < end; at++) {
    if (at->kind != STEP_COMMAND || strcmp(at->who, c->name) != 0) continue;
    if (text_begins(at->words, "closed")) return true;
    if (text_begins(at->words, "open") || text_begins(at->words, "join")) return false;
  }
  return false;
}

client *play_client(play *p, const char *id) {
  for (size_t i = 0; i < p->client_count; i++) {
    if (strcmp(p->clients[i]->id, id) == 0) return p->clients[i];
  }
  client *made = text_alloc(sizeof *made);
  made->id = text_same(id);
  made->instance = text_format("i%zu-%.40s", p->client_count, p->setup->tag);
  made->epoch = text_same("");
  p->clients = text_grow(p->clients, (p->client_count + 1) * sizeof(client *));
  p->clients[p->client_count++] = made;
  return made;
}

/* The newest connection of that name; `srv` is the newest of all, `srv2` the one before. */
conn *play_conn(play *p, const char *name) {
  if (p->of->role == ROLE_CLIENT) {
    size_t back = strcmp(name, "srv") == 0 ? 1 : strlen(name) == 4 ? (size_t)(name[3] - '0') : 99;
    return back <= p->conn_count && back > 0 ? p->conns[p->conn_count - back] : NULL;
  }
  for (size_t i = p->conn_count; i-- > 0;) {
    if (strcmp(p->conns[i]->name, name) == 0) return p->conns[i];
  }
  return NULL;
}

/* ---- One step ---- */

/* A plain number is a pause of the suite, which --slow stretches; $(…) is a time of the tested
 * program. */
static bool step_wait(play *p) {
  int64_t ms;
  if (!play_number(p, p->now->words, &ms)) return false;
  bool is_own = strspn(p->now->words, "0123456789") == strlen(p->now->words);
  double until = wire_now() + (double)ms * (is_own ? play_stretch(p) : 1);
  while (wire_now() < until) wire_pump(p, until);
  return true;
}

static bool step_let(play *p) {
  size_t len = 0;
  char *value = play_expand(p, p->now->words, &len);
  if (value == NULL) return false;
  vars_set(&p->names, p->now->who, value, len);
  return true;
}

static bool step_write(play *p, conn *c) {
  size_t len = 0;
  if (p->now->kind == STEP_WRITE) {
    char *message = play_expand(p, p->now->words, &len);
    return message != NULL && frames_write(p, c, message, len);
  }
  const char *blank = strchr(p->now->words, ' ');
  char *form = text_copy(p->now->words, (size_t)(blank - p->now->words));
  if (strcmp(form, "$form") == 0) form = text_same(p->run->version == 2 ? "bare" : "enveloped");
  return frames_write_as(p, c, form, blank + 1);
}

static bool step_of_conn(play *p, size_t *index) {
  conn *c = play_conn(p, p->now->who);
  if (c == NULL) return is_wrong(p, text_format("%s has no connection here.", p->now->who));
  switch (p->now->kind) {
    case STEP_WRITE:
    case STEP_WRITE_AS:
      if (c->fd < 0 && c->end != END_BY_SUITE && !play_expects_close(p, c)) {
        return play_fail(p, play_requirement(p), text_format("%s's connection stays open", c->name),
                         text_same("it was closed before this step"));
      }
      if (c->end == END_BY_SUITE) return is_wrong(p, text_same("The connection is closed."));
      return step_write(p, c);
    case STEP_ANY_ORDER: return play_step_any_order(p, c, index);
    case STEP_NOT: return play_step_not(p, c);
    case STEP_EXPECT_BYTES: return play_step_bytes(p, c);
    default: return play_step_expect(p, c);
  }
}

/* A process has ended; that its connections have is told a little later. */
static void wait_for_ends(play *p) {
  double until = wire_now() + USUAL_MS * play_stretch(p);
  for (size_t i = 0; i < p->conn_count; i++) {
    const conn *c = p->conns[i];
    while (c->fd >= 0 && !c->is_not_reading && wire_now() < until) wire_pump(p, until);
  }
}

static bool step_server(play *p) {
  char *why = NULL;
  if (p->server == NULL) return play_end(p, VERDICT_SKIP, text_same("It needs --start."));
  wire_note(p, NULL, "server: %s", p->now->words);
  if (text_begins(p->now->words, "start"))
    return target_start(p->server, &why) || play_end(p, VERDICT_ERROR, why);
  if (!target_lives(p->server))
    return play_fail(p, play_requirement(p), text_same("the server runs until it is told to stop"),
                     text_same("it had ended by itself"));
  bool good = text_begins(p->now->words, "kill") ? target_kill(p->server, &why)
                                                 : target_stop(p->server, &why);
  if (good) wait_for_ends(p);
  return good || play_fail(p, play_requirement(p), text_same("the server ends"), why);
}

static bool do_step(play *p, size_t *index) {
  switch (p->now->kind) {
    case STEP_WAIT: return step_wait(p);
    case STEP_LET: return step_let(p);
    case STEP_SERVER: return step_server(p);
    case STEP_COMMAND: return play_step_command(p);
    case STEP_APP_COMMAND:
    case STEP_APP_EXPECT:
    case STEP_APP_MAY_COME:
    case STEP_APP_NOT: return play_step_app(p);
    default: return step_of_conn(p, index);
  }
}

/* Not earlier than the time after `after`. It counts from what the suite did last on a connection:
 * what the tested program does, it can see late. With --slow half of it is enough: a slow program
 * looks at its clock early, and acts late. */
static bool is_not_early(play *p) {
  int64_t ms;
  if (p->now->after == NULL) return true;
  if (!play_number(p, p->now->after, &ms)) return false;
  if (p->setup->slow > 1) ms /= 2;
  double took = p->last_came_ms - p->after_ms;
  if (took >= (double)ms) return true;
  return play_fail(p, play_requirement(p), text_format("not before %lld ms", (long long)ms),
                   text_format("after %.0f ms", took));
}

static bool run_once(play *p, size_t *index) {
  p->step_began_ms = p->last_came_ms = wire_now();
  p->after_ms = p->acted_ms;
  p->lag_ms = 0;
  if (step_judges(p->now)) p->judged++;
  wire_keep_up(p);
  return do_step(p, index) && is_not_early(p) && (!step_judges(p->now) || play_is_clean(p));
}

static bool run_step(play *p, size_t *index) {
  int64_t times = 1;
  if (p->now->repeat != NULL && !play_number(p, p->now->repeat, &times)) return false;
  for (int64_t turn = 0; turn < times; turn++) {
    vars_setf(&p->names, "i", "%lld", (long long)turn);
    if (!run_once(p, index)) return false;
  }
  return true;
}

static void record_step(play *p, const step *one, const char *what) {
  bool judges = step_judges(one);
  bool says = *one->requirement != '\0';
  json_t *made =
      json_pack("{s:i,s:s,s:s}", "line", (int)one->line, "text", one->source, "verdict", what);
  if (judges)
    (void)json_object_set_new(made, "requirement",
                              json_string(says ? one->requirement : p->of->requirements[0]));
  (void)json_array_append_new(p->steps, made);
}

static void run_steps(play *p) {
  for (size_t i = 0; i < p->of->step_count; i++) {
    size_t index = i;
    p->now = &p->of->steps[i];
    if (p->now->version != 0 && p->now->version != p->run->version) continue;
    bool good = run_step(p, &index);
    for (size_t done = i; good && done < index; done++) record_step(p, &p->of->steps[done], "done");
    p->now = &p->of->steps[i = index];
    record_step(p, p->now,
                !good                 ? verdict_name(p->verdict)
                : step_judges(p->now) ? "PASS"
                                      : "done");
    if (!good) return;
  }
  if (!play_is_clean(p)) return;
  if (p->judged == 0)
    (void)play_end(p, VERDICT_ERROR,
                   text_same("No step of this run judged anything, so it proves nothing."));
  else if (p->heard == 0)
    (void)play_end(p, VERDICT_ERROR,
                   text_same("No message came in this run, so it proves nothing: whoever says "
                             "nothing at all would pass."));
}

/* ---- The case ---- */

/* As it stands in a JSON string: printable ASCII. */
static char *as_json(const char *words) {
  text out = {0};
  text_add(&out, "", 0);
  for (; *words != '\0'; words++) {
    if (*words == '"' || *words == '\\') text_put(&out, "\\");
    text_add(&out, words, 1);
  }
  return out.at;
}

static void set_names(play *p) {
  const char *tag = text_format("%s-%x", p->setup->tag, (unsigned)rand());
  vars_setf(&p->names, "tag", "%s", tag);
  vars_setf(&p->names, "u", "%s-u", tag);
  vars_setf(&p->names, "form", "%s", p->run->version == 2 ? "bare" : "enveloped");
  vars_setf(&p->names, "version", "%u", p->run->version);
  vars_setf(&p->names, "v", "v%u", p->run->version);
  vars_setf(&p->names, "epoch", "e-%.50s", tag);
  if (p->setup->token != NULL) vars_setf(&p->names, "token", "%s", as_json(p->setup->token));
  vars_setf(&p->names, "port", "%s", p->setup->port == NULL ? "" : p->setup->port);
  for (size_t i = 0; i < p->of->step_count; i++) {
    const char *who = p->of->steps[i].who;
    if (*who == '\0' || p->of->steps[i].kind == STEP_LET) continue;
    vars_setf(&p->names, who, "%s-%s", who, tag);
  }
}

/* Whether the suite writes the auth request of this connection. */
static bool is_joined(const test_case *of, const char *who) {
  for (size_t i = 0; i < of->step_count; i++) {
    const step *one = &of->steps[i];
    if (one->kind != STEP_COMMAND || strcmp(one->who, who) != 0) continue;
    if (text_begins(one->words, "join") || text_begins(one->words, "auth")) return true;
  }
  return false;
}

/* With a token only `join` and `auth` of EP/2 are let in: EP-SEC-2. */
static bool goes_without_token(const play *p) {
  if (p->run->version == 1) return true;
  for (size_t i = 0; i < p->of->step_count; i++) {
    const step *one = &p->of->steps[i];
    bool is_written = one->kind == STEP_WRITE || one->kind == STEP_WRITE_AS;
    if (one->version == 1) continue;
    if (is_written && !is_joined(p->of, one->who)) return true;
    if (is_written && strstr(one->words, "\"auth\"") != NULL) return true;
    if (one->kind == STEP_COMMAND &&
        (text_begins(one->words, "join v1") || text_begins(one->words, "auth v1")))
      return true;
  }
  return false;
}

/* Whether connections of the version that was not selected belong to the run. */
static bool speaks_more(const play *p) {
  char other = p->setup->version == 1 ? '2' : '1';
  for (size_t i = 0; i < p->of->step_count && p->setup->version != 0; i++) {
    const step *one = &p->of->steps[i];
    if (one->kind != STEP_COMMAND || (one->version != 0 && one->version != p->run->version))
      continue;
    bool joins = text_begins(one->words, "join v") || text_begins(one->words, "auth v");
    if (joins && one->words[strlen("join v")] == other) return true;
  }
  return false;
}

/* NULL, or why the case cannot be run as the suite was called. */
static const char *left_out(const play *p) {
  if (p->of->is_lossy) return "It needs a lossy transport; TCP is none.";
  if (p->of->role == ROLE_CLIENT) return NULL;
  if (p->of->needs_start && p->server == NULL)
    return "It restarts the server, which needs --start.";
  if (speaks_more(p)) return "It speaks the other version, too, which --version leaves out.";
  if (p->of->needs_token && p->setup->token == NULL)
    return "It needs a server that asks for a join token: --token.";
  if (p->setup->token != NULL && !p->of->needs_token && goes_without_token(p))
    return "It speaks EP/1, or writes auth requests of its own, which have no token.";
  return NULL;
}

static bool begin(play *p) {
  char *why = NULL;
  if (left_out(p) != NULL) return play_end(p, VERDICT_SKIP, text_same(left_out(p)));
  if (p->of->role == ROLE_CLIENT) {
    p->app = adapter_start(p, &why);
    return p->app != NULL || play_end(p, VERDICT_ERROR, why);
  }
  return true;
}

/* What the evidence of a failure has to say besides. */
static void add_assumption(play *p) {
  bool is_bad = p->verdict == VERDICT_FAIL || p->verdict == VERDICT_NON_STRICT;
  if (!is_bad || !p->of->is_alone || p->setup->start != NULL) return;
  p->reason = text_format(
      "%s This case assumes that nobody else uses the server and that it began "
      "empty; --start gives it one that did.",
      p->reason);
}

static void finish(play *p) {
  add_assumption(p);
  if (p->app != NULL) {
    adapter_end(p->app, p);
    if (p->verdict == VERDICT_PASS && adapter_says_unsupported(p->app))
      (void)play_end(p, VERDICT_UNSUPPORTED, text_same("The adapter says that it cannot do this."));
  }
  for (size_t i = 0; i < p->conn_count; i++) {
    if (p->conns[i]->end == END_OPEN) wire_pump(p, wire_now());
    if (p->conns[i]->fd >= 0) {
      (void)close(p->conns[i]->fd);
      p->conns[i]->fd = -1;
    }
  }
}

json_t *play_case(const play_setup *setup, const test_run *run, target *server) {
  play *p = text_alloc(sizeof *p);
  p->setup = setup;
  p->run = run;
  p->of = run->of;
  p->server = server;
  p->listener = -1;
  p->steps = json_array();
  p->began_ms = p->acted_ms = wire_now();
  frame_parser_init(&p->parser);
  set_names(p);
  if (begin(p)) run_steps(p);
  finish(p);
  return results_of_play(p);
}
