/* The role client: the suite is the server. Commands of `srv` that only a server has, and the
 * adapter's commands and events. Read first: play.h, adapter.h, play_command.c. */
#include <string.h>
#include <unistd.h>

#include "runner/adapter.h"
#include "runner/command.h"
#include "runner/play.h"

static bool is_wrong(play *p, const char *why) {
  return play_end(p, VERDICT_ERROR, text_format("%s:%u: %s", p->of->file, p->now->line, why));
}

/* ---- The adapter ---- */

/* What `unsupported` or a dead adapter does to the case: false when it ends. */
static bool is_alive(play *p) {
  if (adapter_says_unsupported(p->app))
    return play_end(p, VERDICT_UNSUPPORTED, text_same("The adapter says that it cannot do this."));
  return true;
}

enum { WORDS_MOST = 16 };

/* Words separated by blanks outside of JSON strings. */
static size_t split_words(char *line, char *out[WORDS_MOST]) {
  size_t count = 0;
  bool in_string = false;
  for (char *at = line; *at != '\0' && count < WORDS_MOST;) {
    out[count++] = at;
    for (; *at != '\0' && (in_string || *at != ' '); at++) {
      if (in_string && *at == '\\' && at[1] != '\0')
        at++;
      else if (*at == '"')
        in_string = !in_string;
    }
    while (*at == ' ') *at++ = '\0';
  }
  return count;
}

static bool app_command(play *p) {
  char *line = play_expand(p, p->now->words, NULL), *words[WORDS_MOST];
  if (line == NULL) return false;
  size_t count = split_words(line, words);
  if (adapter_write(p->app, p, words, count)) return is_alive(p);
  return play_end(p, VERDICT_ERROR, text_same("The adapter has ended, and takes no command."));
}

/* Whether the words of an event are those of the pattern; captures only when all are. */
static bool is_event(play *p, const char *event, char *const wanted[], size_t count) {
  char *copy = text_same(event);
  vars found = {0};
  size_t i = 0;
  for (char *at = copy; at != NULL; i++) {
    char *tab = strchr(at, '\t');
    if (tab != NULL) *tab = '\0';
    if (i >= count) return false;
    span name = {NULL, 0};
    size_t len = 0, used = *wanted[i] == '$' ? vars_name(wanted[i], &name) : 0;
    const char *known = used == 0 ? NULL : vars_get(&p->names, name.text, name.len, &len);
    if (used > 0 && wanted[i][used] == '\0' && known == NULL) {
      vars_set(&found, text_copy(name.text, name.len), at, strlen(at));
    } else if (strcmp(wanted[i], "*") != 0) {
      char *expanded = play_expand(p, wanted[i], NULL);
      if (expanded == NULL || strcmp(expanded, at) != 0) return false;
    }
    at = tab == NULL ? NULL : tab + 1;
  }
  if (i != count) return false;
  for (size_t k = 0; k < found.count; k++)
    vars_set(&p->names, found.list[k].name, found.list[k].value, found.list[k].len);
  return true;
}

/* The bound of a step; what the tested program does first has the time of its start, too. */
static bool deadline(play *p, double *out) {
  if (!play_deadline(p, out)) return false;
  *out += adapter_grace(p->app) * p->setup->slow;
  return true;
}

/* Events that count for a step that asks for another one. */
static bool counts(const char *event, const char *asked) {
  static const char *const counting[] = {"message", "confirmed", "refused",
                                         "receipt", "error",     "unsupported"};
  size_t len = strcspn(event, "\t");
  if (strlen(asked) == len && strncmp(event, asked, len) == 0) return true;
  for (size_t i = 0; i < sizeof counting / sizeof *counting; i++) {
    if (strlen(counting[i]) == len && strncmp(event, counting[i], len) == 0) return true;
  }
  return false;
}

static const char *next_event(play *p, const char *asked, double until) {
  for (;;) {
    size_t at = adapter_first(p->app);
    const char *event;
    while ((event = adapter_event(p->app, &at)) != NULL) {
      if (!counts(event, asked)) continue;
      adapter_consume(p->app, at);
      p->last_came_ms = wire_now();
      return event;
    }
    if (p->breach != NULL || adapter_fd(p->app) < 0 || wire_now() >= until) return NULL;
    wire_pump(p, until);
  }
}

static bool app_expect(play *p) {
  double until;
  char *words[WORDS_MOST];
  if (!deadline(p, &until)) return false;
  size_t count = split_words(text_same(p->now->words), words);
  size_t before = adapter_first(p->app);
  const char *event = next_event(p, words[0], until);
  if (!play_is_clean(p) || !is_alive(p)) return false;
  bool matches = event != NULL && is_event(p, event, words, count);
  if (p->verdict == VERDICT_ERROR) return false;
  if (p->now->kind == STEP_APP_MAY_COME) {
    if (!matches) adapter_consume(p->app, before);
    return true;
  }
  if (matches) return true;
  if (event != NULL)
    return play_fail(p, play_requirement(p), text_same(p->now->words), text_same(event));
  if (adapter_fd(p->app) < 0)
    return play_fail(p, play_requirement(p), text_same(p->now->words),
                     text_same("the end of the adapter"));
  return play_late(p, text_same(p->now->words), text_same("no event"));
}

static bool app_not(play *p) {
  int64_t ms;
  char *words[WORDS_MOST];
  if (!play_number(p, p->now->during, &ms)) return false;
  size_t count = split_words(text_same(p->now->words), words), at = adapter_first(p->app);
  double until = p->step_began_ms + (double)ms;
  for (;;) {
    const char *event;
    while ((event = adapter_event(p->app, &at)) != NULL) {
      if (is_event(p, event, words, count))
        return play_fail(p, play_requirement(p),
                         text_format("nothing like %s for %lld ms", p->now->words, (long long)ms),
                         text_same(event));
    }
    if (!play_is_clean(p) || !is_alive(p)) return false;
    if (wire_now() >= until) return true;
    wire_pump(p, until);
  }
}

bool play_step_app(play *p) {
  if (p->now->kind == STEP_APP_COMMAND) return app_command(p);
  return p->now->kind == STEP_APP_NOT ? app_not(p) : app_expect(p);
}

/* ---- Connections of the client ---- */

static conn *take_waiting(play *p, double until) {
  while (p->waiting_count == 0) {
    if (wire_now() >= until || adapter_fd(p->app) < 0) return NULL;
    wire_pump(p, until);
  }
  int fd = p->waiting[0];
  memmove(p->waiting, p->waiting + 1, --p->waiting_count * sizeof *p->waiting);
  p->last_came_ms = wire_now();
  return wire_new(p, "srv", fd);
}

static void name_asked(play *p, const conn *c) {
  vars_setf(&p->names, "app", "%s", c->asked.client);
  vars_setf(&p->names, "app_version", "%u", c->asked.version);
  vars_setf(&p->names, "app_expect", "%llu", (unsigned long long)c->asked.expect);
  vars_setf(&p->names, "app_instance", "%s", c->asked.instance == NULL ? "" : c->asked.instance);
  vars_setf(&p->names, "app_epoch", "%s", c->asked.epoch == NULL ? "" : c->asked.epoch);
}

/* accept: a connection, and the auth request on it, which has to come first (EP-AUTH-1). */
static bool step_accept(play *p, bool reads) {
  double until;
  if (!deadline(p, &until)) return false;
  conn *c = take_waiting(p, until);
  if (!is_alive(p)) return false;
  if (c == NULL && adapter_fd(p->app) < 0 && p->conn_count == 0)
    return play_end(p, VERDICT_ERROR, text_same("The adapter has ended and never connected."));
  if (c == NULL) return play_late(p, text_same("a connection of the client"), text_same("none"));
  if (!reads) return true;
  double came = p->last_came_ms;
  arrived *one = frames_next(p, c, "auth", until);
  p->last_came_ms = came;
  if (!play_is_clean(p)) return false;
  if (one == NULL) return play_late(p, text_same("an auth request"), text_same("nothing"));
  if (strcmp(one->action, "auth") != 0 || c->asked.client == NULL)
    return play_fail(p, "EP-AUTH-1", text_same("an auth request"), frames_show(one));
  name_asked(p, c);
  return true;
}

static bool step_nobody(play *p) {
  int64_t ms;
  if (p->now->during == NULL) return is_wrong(p, "It is written `nobody comes for N ms`.");
  if (!play_number(p, p->now->during, &ms)) return false;
  double until = p->step_began_ms + (double)ms;
  while (p->waiting_count == 0 && wire_now() < until) wire_pump(p, until);
  if (p->waiting_count == 0) return true;
  return play_fail(p, play_requirement(p), text_same("no connection"), text_same("one"));
}

static bool has_member(const char *members, const char *name) {
  return scan_member_of(span_of(text_format("{%s}", members)), name).len > 0;
}

/* welcome v1|v2 [MEMBERS]: the auth reply, enveloped, and in EP/1 the list. */
static bool step_welcome(play *p, conn *c, const char *rest) {
  char *words = play_expand(p, rest, NULL);
  if (words == NULL) return false;
  if (!text_begins(words, "v1") && !text_begins(words, "v2"))
    return is_wrong(p, "It is written `welcome v1` or `welcome v2`, members after it.");
  bool is_v2 = words[1] == '2';
  if (is_v2 && c->asked.is_asked && c->asked.version < 2)
    return play_end(p, VERDICT_UNSUPPORTED, text_same("The client speaks EP/1 alone."));
  const char *members = text_trim(words + 2);
  text out = {0};
  text_put(&out, "{\"action\":\"auth\"");
  if (!has_member(members, "payload")) text_put(&out, ",\"payload\":false");
  if (is_v2) {
    size_t len = 0;
    const char *epoch = vars_get(&p->names, "epoch", 5, &len);
    if (!has_member(members, "version")) text_put(&out, ",\"version\":2");
    if (!has_member(members, "epoch")) text_putf(&out, ",\"epoch\":\"%s\"", epoch);
    bool knows = c->asked.epoch != NULL && strcmp(c->asked.epoch, epoch) == 0;
    if (!has_member(members, "expect"))
      text_putf(&out, ",\"expect\":%llu",
                (unsigned long long)(knows && c->of != NULL ? c->of->next_down : 0));
    if (!has_member(members, "window")) text_put(&out, ",\"window\":4096");
    if (!has_member(members, "limits"))
      text_put(&out, ",\"limits\":{\"frame\":33554432,\"depth\":256,\"session\":65536}");
  }
  text_putf(&out, "%s%s}", *members == '\0' ? "" : ",", members);
  if (!frames_write_as(p, c, "enveloped", out.at)) return false;
  if (is_v2 || c->asked.client == NULL) return true;
  return frames_write_as(
      p, c, "enveloped",
      text_format("{\"action\":\"clients.list\",\"payload\":[{\"uuid\":\"%s\",\"state\":"
                  "\"connected\",\"session\":{}}]}",
                  c->asked.client));
}

static bool step_error(play *p, conn *c, const char *code) {
  char *message = text_format(
      "{\"action\":\"error\",\"payload\":{\"code\":\"%s\",\"reason\":\"The suite says so.\"}}",
      code);
  return c->version == 2 ? frames_write_as(p, c, "bare", message)
                         : frames_write_as(p, c, "enveloped", message);
}

static bool step_start(play *p) {
  char *why = NULL;
  return adapter_restart(p->app, p, &why) || play_end(p, VERDICT_ERROR, why);
}

static bool listen_again(play *p) {
  if (p->listener < 0) p->listener = adapter_listen(p->app);
  return p->listener >= 0 || play_end(p, VERDICT_ERROR, text_same("The port is taken."));
}

static bool stop_listening(play *p) {
  if (p->listener >= 0) (void)close(p->listener);
  p->listener = -1;
  while (p->waiting_count > 0) (void)close(p->waiting[--p->waiting_count]);
  return true;
}

static bool adapter_killed(play *p) {
  adapter_kill(p->app, p);
  return true;
}

bool play_srv(play *p, int which, const char *rest, bool *is_done) {
  conn *c = play_conn(p, p->now->who);
  *is_done = true;
  switch ((command)which) {
    case COMMAND_ACCEPT: return step_accept(p, true);
    case COMMAND_OPEN: return step_accept(p, false);
    case COMMAND_NOBODY_COMES: return step_nobody(p);
    case COMMAND_LISTENS: return listen_again(p);
    case COMMAND_STOPS_LISTENING: return stop_listening(p);
    case COMMAND_KILL: return adapter_killed(p);
    case COMMAND_START: return step_start(p);
    case COMMAND_WELCOME:
      if (c != NULL) return step_welcome(p, c, rest);
      return is_wrong(p, "Nobody has connected; `srv: accept` comes before.");
    case COMMAND_ERROR:
      if (c != NULL) return step_error(p, c, rest);
      return is_wrong(p, "Nobody has connected; `srv: accept` comes before.");
    default: *is_done = false; return true;
  }
}
