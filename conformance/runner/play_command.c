/* Commands of connections: open, join, closed, open still, cut, …
 * Read first: play.h, command.h. Those about items are in play_items.c, those of a server in
 * play_srv.c. */
#include <stdlib.h>
#include <string.h>

#include "runner/adapter.h"
#include "runner/command.h"
#include "runner/play.h"

static bool is_wrong(play *p, const char *why) {
  return play_end(p, VERDICT_ERROR, text_format("%s:%u: %s", p->of->file, p->now->line, why));
}

/* ---- open, join, auth ---- */

static conn *connect_now(play *p) {
  char *why = NULL;
  int fd = wire_connect(p->setup->host, p->setup->port, 5e3 * p->setup->slow, &why);
  if (fd >= 0) return wire_new(p, p->now->who, fd);
  (void)play_fail(p, play_requirement(p), text_same("the server accepts a connection"), why);
  return NULL;
}

static conn *open_conn(play *p) {
  conn *before = play_conn(p, p->now->who);
  if (before != NULL && before->end == END_OPEN) wire_pump(p, wire_now());
  if (before == NULL || before->end != END_OPEN) return connect_now(p);
  (void)is_wrong(p, "This name still has an open connection; close it, or use another name.");
  return NULL;
}

/* open [N]: of several under one name, the newest is what later steps mean. */
static bool open_many(play *p, const char *rest) {
  int64_t count = 1;
  if (*rest != '\0' && !play_number(p, rest, &count)) return false;
  if (open_conn(p) == NULL) return false;
  for (int64_t i = 1; i < count; i++) {
    if (connect_now(p) == NULL) return false;
    wire_keep_up(p);
  }
  return true;
}

/* All connections of the name, where it has several. */
static bool close_all(play *p, conn *newest, bool cuts) {
  wire_close(p, newest, cuts);
  for (size_t i = 0; p->of->role == ROLE_SERVER && i < p->conn_count; i++) {
    if (strcmp(p->conns[i]->name, newest->name) == 0) wire_close(p, p->conns[i], cuts);
  }
  return true;
}

static bool has_member(const char *members, const char *name) {
  char *object = text_format("{%s}", members);
  bool has = scan_member_of(span_of(object), name).len > 0;
  free(object);
  return has;
}

/* v1|v2 [MEMBERS] [as NAME]: the client, and the members. */
static bool read_join(play *p, const char *rest, unsigned *version, const char **members,
                      client **who) {
  char *words = play_expand(p, rest, NULL);
  if (words == NULL) return false;
  if (!text_begins(words, "v1") && !text_begins(words, "v2"))
    return is_wrong(p, "It is written `join v1` or `join v2`, members after it.");
  *version = (unsigned)(words[1] - '0');
  const char *name = p->now->who;
  char *as = strstr(words, " as ");
  if (as != NULL && strpbrk(as, "\"{}") == NULL) {
    *as = '\0';
    name = text_trim(as + 4);
  }
  *members = text_trim(words + 2);
  size_t len = 0;
  const char *id = vars_get(&p->names, name, strlen(name), &len);
  if (id == NULL) return is_wrong(p, "`as` needs a name of this case.");
  span value;
  if (scan_text(span_of(text_format("{%s}", *members)), SCAN_DEPTH_MOST, &value) != SCAN_OK)
    return is_wrong(p, "What stands after the version is not a list of JSON members.");
  *who = play_client(p, text_copy(id, len));
  return true;
}

static char *auth_request(play *p, const client *who, unsigned version, const char *members) {
  text out = {0};
  size_t len = 0;
  const char *token = vars_get(&p->names, "token", strlen("token"), &len);
  text_put(&out, "{\"action\":\"auth\"");
  if (!has_member(members, "payload")) text_putf(&out, ",\"payload\":\"%s\"", who->id);
  if (version == 2) {
    if (!has_member(members, "version")) text_put(&out, ",\"version\":2");
    if (!has_member(members, "instance")) text_putf(&out, ",\"instance\":\"%s\"", who->instance);
    if (!has_member(members, "epoch") && *who->epoch != '\0')
      text_putf(&out, ",\"epoch\":\"%s\"", who->epoch);
    if (!has_member(members, "expect"))
      text_putf(&out, ",\"expect\":%llu", (unsigned long long)who->next_down);
    if (!has_member(members, "token") && token != NULL) text_putf(&out, ",\"token\":\"%s\"", token);
  }
  text_putf(&out, "%s%s}", *members == '\0' ? "" : ",", members);
  return out.at;
}

/* EP-NEG-2, EP-NEG-3: what the reply says beside its payload. */
static bool check_reply(play *p, unsigned version, const arrived *one) {
  const char *wanted = version == 2
                           ? "{\"action\":\"auth\",\"payload\":*,\"version\":2,\"epoch\":\"\"*,"
                             "\"expect\":#,\"window\":#,\"limits\":{...},...}"
                           : "{\"action\":\"auth\",\"payload\":*}";
  char *why = NULL;
  pattern *reply = pattern_read(&p->names, wanted, &why);
  if (reply != NULL && pattern_matches(reply, (span){one->text, one->len}, &p->names, &why))
    return true;
  return play_fail(p, version == 2 ? "EP-NEG-3" : "EP-NEG-2", text_same(wanted),
                   text_format("%s (%s)", frames_show(one), why));
}

static bool read_reply(play *p, conn *c, unsigned version) {
  double until;
  if (!play_deadline(p, &until)) return false;
  arrived *one = frames_next(p, c, "auth", until);
  if (!play_is_clean(p)) return false;
  if (one == NULL)
    return play_late(p, text_same("the auth reply"),
                     text_same(c->end != END_OPEN ? "the end of the connection" : "nothing"));
  if (strcmp(one->action, "auth") != 0)
    return play_fail(p, "EP-AUTH-6", text_same("the auth reply"), frames_show(one));
  if (!check_reply(p, version, one)) return false;
  if (version == 2 && !c->asked.has_presence) return true;
  one = frames_next(p, c, "clients.list", until);
  if (!play_is_clean(p)) return false;
  if (one != NULL && strcmp(one->action, "clients.list") == 0) return true;
  return play_fail(p, "EP-AUTH-6", text_same("clients.list after the auth reply"),
                   one == NULL ? text_same("nothing") : frames_show(one));
}

bool play_join(play *p, conn *c, const char *rest, bool waits) {
  unsigned version = 0;
  const char *members = "";
  client *who = NULL;
  if (!read_join(p, rest, &version, &members, &who)) return false;
  if (c == NULL && (c = open_conn(p)) == NULL) return false;
  c->of = who;
  char *request = auth_request(p, who, version, members);
  bool good = c->asked.is_asked && c->version == 2 ? frames_write_as(p, c, "bare", request)
                                                   : frames_write_as(p, c, "enveloped", request);
  if (good)
    vars_setf(&p->names, text_format("%s_instance", c->name), "%s",
              c->asked.instance == NULL ? "" : c->asked.instance);
  return good && (!waits || read_reply(p, c, version));
}

/* ---- How it stands with a connection ---- */

/* closed [after error CODE] */
static bool step_closed(play *p, conn *c, const char *rest) {
  double until;
  int64_t close_ms;
  char *words = play_expand(p, rest, NULL);
  if (words == NULL || !play_deadline(p, &until)) return false;
  /* EP-TIME-5: what is left may be written first. */
  if (p->now->within == NULL) {
    if (!play_number(p, "$(close+1000)", &close_ms)) return false;
    until = p->step_began_ms + (double)close_ms * p->setup->slow;
  }
  const char *code = text_begins(words, "after error ") ? words + strlen("after error ") : "";
  if (*code == '\0' && *words != '\0')
    return is_wrong(p, "It is written `closed` or `closed after error CODE`.");
  bool told = *code == '\0';
  text others = {0};
  arrived *one;
  while ((one = frames_next(p, c, NULL, until)) != NULL) {
    span got = scan_member_of(scan_member_of((span){one->text, one->len}, "payload"), "code");
    bool is_it = strcmp(one->action, "error") == 0 && got.len >= 2 &&
                 span_is((span){got.text + 1, got.len - 2}, code);
    told = told || is_it;
    if (!is_it) text_putf(&others, "%s%s", others.len == 0 ? "" : ", ", frames_show(one));
  }
  if (!play_is_clean(p)) return false;
  c->is_end_judged = true;
  p->last_came_ms = c->end_ms;
  if (c->end == END_BY_SUITE) return is_wrong(p, "The suite itself closed this connection.");
  if (c->end == END_OPEN)
    return play_late(p, text_same("the connection is closed"),
                     text_format("it is open after %.0f ms%s%s", wire_now() - p->step_began_ms,
                                 others.len == 0 ? "" : ", and there came ", text_words(&others)));
  if (told) return true;
  return play_fail(
      p, play_requirement(p), text_format("the error %s, then the end", code),
      text_format("%s%sthe end", text_words(&others), others.len == 0 ? "" : ", then "));
}

static bool is_answer(play *p, const char *wanted, const arrived *one) {
  char *why = NULL;
  pattern *answer = pattern_read(&p->names, wanted, &why);
  return answer != NULL && pattern_matches(answer, (span){one->text, one->len}, &p->names, &why);
}

/* What comes behind what has come until now; it alone is taken out of the queue. */
static bool wait_for_answer(play *p, conn *c, const char *answer, double until) {
  size_t at = c->queue_count;
  for (;;) {
    for (; at < c->queue_count; at++) {
      if (!is_answer(p, answer, &c->queue[at])) continue;
      frames_drop(c, &c->queue[at]);
      return true;
    }
    if (!play_is_clean(p)) return false;
    if (c->end != END_OPEN)
      return play_fail(p, play_requirement(p), text_same("the connection stays open"),
                       text_same("it was closed"));
    if (wire_now() >= until) return play_late(p, text_same(answer), text_same("no answer"));
    wire_pump(p, until);
  }
}

/* open still: it answers, EP/2 a ping, EP/1 clients.list. Before authentication, and of an EP/1
 * client, nothing can be asked: it is only there.
 */
static bool step_open_still(play *p, conn *c) {
  static unsigned pings;
  double until;
  if (!play_deadline(p, &until)) return false;
  if (c->version == 0 || (c->version == 1 && p->of->role == ROLE_CLIENT)) {
    until = p->step_began_ms + 200;
    while (c->end == END_OPEN && wire_now() < until) wire_pump(p, until);
    return c->end == END_OPEN ||
           play_fail(p, play_requirement(p), text_same("the connection stays open"),
                     text_same("it was closed"));
  }
  char *question = c->version == 2
                       ? text_format("{\"action\":\"ping\",\"payload\":\"open %u\"}", ++pings)
                       : text_same("{\"action\":\"clients.list\",\"payload\":\"\"}");
  const char *answer = c->version == 2
                           ? text_format("{\"action\":\"pong\",\"payload\":\"open %u\"}", pings)
                           : "{\"action\":\"clients.list\",\"payload\":[...]}";
  if (c->fd >= 0 && !frames_write(p, c, question, strlen(question))) return false;
  return wait_for_answer(p, c, answer, until);
}

/* has SESSION: in EP/2 an item that is confirmed (EP-SESS-2), in EP/1 told to who set it, too
 * (EP-PRES-3). */
static bool step_has(play *p, conn *c, const char *rest) {
  double until;
  char *session = play_expand(p, rest, NULL);
  if (session == NULL || !play_deadline(p, &until)) return false;
  if (c->of == NULL || c->version == 0) return is_wrong(p, "Only who has joined has a session.");
  if (c->version == 2) {
    char *message = text_format("{\"action\":\"session.update\",\"payload\":%s,\"id\":%llu}",
                                session, (unsigned long long)c->of->next_up);
    return frames_write(p, c, message, strlen(message)) &&
           play_confirmed(p, c, text_format("%llu", (unsigned long long)c->of->next_up - 1));
  }
  char *message = text_format("{\"action\":\"session.update\",\"payload\":%s}", session);
  if (!frames_write(p, c, message, strlen(message))) return false;
  return wait_for_answer(p, c,
                         text_format("{\"action\":\"session.update\",\"payload\":{\"uuid\":\"%s\","
                                     "\"connected\":true,\"session\":*}}",
                                     c->of->id),
                         until);
}

/* Nothing is unread, and nothing comes; frames about clients of other cases apart. */
static bool step_says_nothing(play *p, conn *c) {
  int64_t ms = 0;
  if (p->now->during == NULL) return is_wrong(p, "It is written `says nothing for N ms`.");
  if (!play_number(p, p->now->during, &ms)) return false;
  double until = p->step_began_ms + (double)ms;
  while (c->end == END_OPEN && c->queue_at == c->queue_count && wire_now() < until)
    wire_pump(p, until);
  if (c->queue_at < c->queue_count)
    return play_fail(p, play_requirement(p), text_same("nothing"),
                     frames_show(&c->queue[c->queue_at]));
  if (!play_is_clean(p)) return false;
  if (frame_splitter_rest(&c->in) > 0)
    return play_fail(p, play_requirement(p), text_same("nothing"),
                     text_same("the beginning of a frame"));
  if (c->end == END_OPEN || play_expects_close(p, c)) return true;
  return play_fail(p, play_requirement(p), text_same("the connection stays open"),
                   text_same("it was closed"));
}

static bool set_split(play *p, conn *c, const char *rest) {
  int64_t bytes = 0;
  if (strcmp(rest, "all") == 0)
    c->is_batching = true;
  else if (strcmp(rest, "none") != 0 && !play_number(p, rest, &bytes))
    return false;
  c->split = (size_t)bytes;
  return true;
}

static bool flush(play *p, conn *c) {
  c->is_batching = false;
  return wire_flush(p, c);
}

static bool set(bool *which, bool value) {
  *which = value;
  return true;
}

static bool command_on(play *p, conn *c, command which, const char *rest) {
  switch (which) {
    case COMMAND_AUTH: return play_join(p, c, rest, false);
    case COMMAND_CLOSED: return step_closed(p, c, rest);
    case COMMAND_OPEN_STILL: return step_open_still(p, c);
    case COMMAND_SAYS_NOTHING: return step_says_nothing(p, c);
    case COMMAND_HAS: return step_has(p, c, rest);
    case COMMAND_HOLDS_BACK: return set(&c->holds_back, true);
    case COMMAND_IS_SILENT: return set(&c->is_silent, true);
    case COMMAND_STOPS_READING: return set(&c->is_not_reading, true);
    case COMMAND_READS: return set(&c->is_not_reading, false);
    case COMMAND_SPLIT: return set_split(p, c, rest);
    case COMMAND_FLUSH: return flush(p, c);
    case COMMAND_CUT:
    case COMMAND_CLOSE: return close_all(p, c, which == COMMAND_CUT);
    default: return play_items(p, c, (int)which, rest);
  }
}

bool play_step_command(play *p) {
  const char *rest;
  command which = command_of(p->now->words, &rest);
  if (p->of->role == ROLE_CLIENT) {
    bool is_done = false;
    bool good = play_srv(p, (int)which, rest, &is_done);
    if (is_done) return good;
  } else if (which == COMMAND_OPEN) {
    return open_many(p, rest);
  } else if (which == COMMAND_JOIN) {
    return play_join(p, NULL, rest, true);
  }
  conn *c = play_conn(p, p->now->who);
  if (c == NULL) return is_wrong(p, text_format("%s has no connection here.", p->now->who));
  return command_on(p, c, which, rest);
}
