/* Commands about items: sends, confirms, confirmed, gets, refused.
 * Read first: play.h; spec/protocol.md, chapter 8. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "runner/command.h"
#include "runner/play.h"

static bool is_wrong(play *p, const char *why) {
  return play_end(p, VERDICT_ERROR, text_format("%s:%u: %s", p->of->file, p->now->line, why));
}

/* The word that `at` begins with; at goes behind it and the blanks after it. */
static char *take_word(char **at) {
  size_t len = strcspn(*at, " ");
  char *word = text_copy(*at, len);
  *at += len;
  *at += strspn(*at, " ");
  return word;
}

/* The JSON value that `at` begins with; NULL: none. */
static char *take_json(char **at) {
  unsigned depth = 0;
  bool in_string = false;
  size_t len = 0;
  for (; (*at)[len] != '\0'; len++) {
    char byte = (*at)[len];
    if (in_string) {
      if (byte == '\\' && (*at)[len + 1] != '\0') len++;
      in_string = byte != '"';
    } else if (byte == '"') {
      in_string = true;
    } else if (byte == '{' || byte == '[') {
      depth++;
    } else if (byte == '}' || byte == ']') {
      depth--;
    } else if (byte == ' ' && depth == 0) {
      break;
    }
  }
  if (len == 0 || in_string || depth != 0) return NULL;
  char *json = text_copy(*at, len);
  *at += len;
  *at += strspn(*at, " ");
  return json;
}

/* EP-SEND-9: the suite, too, has no more items unconfirmed than the peer's window. */
static bool wait_for_window(play *p, conn *c) {
  double until = wire_now() + 10e3 * p->setup->slow;
  for (;;) {
    uint64_t confirmed = c->has_confirmed ? c->confirmed + 1 : c->first_up;
    if (c->window == 0 || c->end != END_OPEN || c->of->next_up - confirmed < c->window) return true;
    if (!play_is_clean(p)) return false;
    if (wire_now() >= until)
      return play_late(p, text_same("confirms, so that the window opens"),
                       text_format("none above %llu for 10 s", (unsigned long long)confirmed));
    wire_pump(p, until);
  }
}

/* ---- sends UID to TO [PAYLOAD] [receipt]; of a server: sends UID [PAYLOAD] from "ID" ---- */

static bool cut_tail(char *words, const char *tail) {
  size_t len = strlen(words), width = strlen(tail);
  if (len < width || strcmp(words + len - width, tail) != 0) return false;
  if (len > width && words[len - width - 1] != ' ') return false;
  words[len - width] = '\0';
  (void)text_trim(words);
  return true;
}

static bool step_sends(play *p, conn *c, const char *rest) {
  char *words = play_expand(p, rest, NULL);
  if (words == NULL) return false;
  bool receipt = cut_tail(words, "receipt");
  char *uid = take_word(&words);
  bool has_to = text_begins(words, "to ");
  if (has_to) words += 3;
  char *to = has_to ? take_json(&words) : NULL;
  if (to == NULL || c->of == NULL)
    return is_wrong(p, "It is written `sends $u0 to \"$bob\" PAYLOAD`, after a join.");
  if (!wait_for_window(p, c)) return false;
  char *payload = *words == '\0' ? text_format("\"%s\"", uid) : words;
  char *message = text_format(
      "{\"action\":\"message.new\",\"payload\":{\"from\":\"%s\",\"to\":%s,\"id\":%llu,\"uid\":"
      "\"%s\",\"payload\":%s%s}}",
      c->of->id, to, (unsigned long long)c->of->next_up, uid, payload,
      receipt ? ",\"receipt\":true" : "");
  return frames_write(p, c, message, strlen(message));
}

static bool server_sends(play *p, conn *c, const char *rest) {
  char *words = play_expand(p, rest, NULL);
  if (words == NULL) return false;
  char *from = strstr(words, "from \"");
  if (from == NULL || c->of == NULL)
    return is_wrong(p, "It is written `sends $u0 PAYLOAD from \"ID\"`, after a welcome.");
  *from = '\0';
  from = text_trim(from + 5);
  char *uid = take_word(&words);
  char *payload = *text_trim(words) == '\0' ? text_format("\"%s\"", uid) : text_trim(words);
  unsigned long long id = c->of->next_up;
  char *message = text_format(
      "{\"action\":\"message.new\",\"payload\":{\"from\":%s,\"to\":\"%s\",\"id\":%llu,\"uid\":"
      "\"%s\",\"payload\":%s,\"fromId\":%llu}}",
      from, c->of->id, id, uid, payload, id);
  return frames_write(p, c, message, strlen(message));
}

/* ---- confirms, confirmed ---- */

static bool write_confirm(play *p, conn *c, const char *what) {
  bool is_id = *what != '\0' && strspn(what, "0123456789") == strlen(what);
  char *message = text_format("{\"action\":\"message.confirm\",\"payload\":%s%s%s}",
                              is_id ? "" : "\"", what, is_id ? "" : "\"");
  return frames_write(p, c, message, strlen(message));
}

static bool step_confirms(play *p, conn *c, const char *rest) {
  char *what = play_expand(p, rest, NULL);
  return what != NULL && write_confirm(p, c, what);
}

/* EP/2: everything up to an id; EP/1: a uid, and each such step uses one confirm up. */
static bool is_confirmed(conn *c, const char *what) {
  if (c->version == 2) return c->has_confirmed && c->confirmed >= strtoull(what, NULL, 10);
  for (size_t i = 0; i < c->confirmed_count; i++) {
    if (strcmp(c->confirmed_uids[i], what) != 0) continue;
    c->confirmed_uids[i] = c->confirmed_uids[--c->confirmed_count];
    return true;
  }
  return false;
}

/* What came as a confirm until now is not looked at again: in EP/1 the one of this uid, in EP/2
 * all. */
static void use_up_confirms(conn *c, const char *what) {
  for (size_t i = c->queue_at; i < c->queue_count; i++) {
    const arrived *one = &c->queue[i];
    if (strcmp(one->action, "message.confirm") != 0) continue;
    if (c->version == 1 && strstr(one->text, what) == NULL) continue;
    frames_drop(c, one);
    if (c->version == 1) return;
  }
}

/* A uid may stand in quotes. */
static char *unquote(char *what) {
  size_t len = strlen(what);
  if (len < 2 || what[0] != '"' || what[len - 1] != '"') return what;
  what[len - 1] = '\0';
  return what + 1;
}

bool play_confirmed(play *p, conn *c, const char *rest) {
  double until;
  char *what = play_expand(p, rest, NULL);
  if (what == NULL || !play_deadline(p, &until)) return false;
  char *most = strstr(what, " in at most ");
  if (most != NULL) *most = '\0';
  what = unquote(what);
  if (c->version == 2 && (*what == '\0' || strspn(what, "0123456789") != strlen(what)))
    return is_wrong(p, "In EP/2 it is written `confirmed ID`.");
  while (!is_confirmed(c, what)) {
    if (!play_is_clean(p)) return false;
    if (c->end != END_OPEN)
      return play_fail(p, play_requirement(p), text_format("a confirm of %s", what),
                       text_same("the end of the connection"));
    if (wire_now() >= until)
      return play_late(p, text_format("a confirm of %s", what),
                       c->has_confirmed
                           ? text_format("confirms up to %llu", (unsigned long long)c->confirmed)
                           : text_same("none"));
    wire_pump(p, until);
  }
  p->last_came_ms = wire_now();
  use_up_confirms(c, what);
  unsigned long allowed = most == NULL ? 0 : strtoul(most + strlen(" in at most "), NULL, 10);
  if (most == NULL || c->confirm_frames <= allowed) return true;
  return play_fail(p, play_requirement(p), text_format("at most %lu confirms", allowed),
                   text_format("%u confirms", c->confirm_frames));
}

/* ---- gets, refused ---- */

static bool confirm_item(play *p, conn *c, const arrived *one) {
  if (c->holds_back) return true;
  if (c->version == 2) return write_confirm(p, c, text_format("%llu", (unsigned long long)one->id));
  return one->uid == NULL || write_confirm(p, c, one->uid);
}

static bool no_item(play *p, const conn *c, const char *wanted) {
  if (!play_is_clean(p)) return false;
  if (c->end != END_OPEN)
    return play_fail(p, play_requirement(p), text_format("message %s", wanted),
                     text_same("the end of the connection"));
  return play_late(p, text_format("message %s", wanted),
                   text_format("nothing for %.0f ms", wire_now() - p->step_began_ms));
}

/* One message.new with this uid is next. In EP/2 the last of all is confirmed, in EP/1 each. */
static bool get_one(play *p, conn *c, const char *uid, double until, bool is_last) {
  wire_keep_up(p);
  const arrived *came = frames_next(p, c, NULL, until);
  if (came == NULL || p->breach != NULL) return no_item(p, c, uid);
  arrived one = *came; /* the queue may move while a confirm is written */
  if (one.uid == NULL || strcmp(one.uid, uid) != 0)
    return play_fail(p, play_requirement(p), text_format("message %s", uid), frames_show(&one));
  return (c->version == 2 && !is_last) || confirm_item(p, c, &one);
}

/* takes N items: of any kind, confirmed as they come */
static bool step_takes(play *p, conn *c, const char *rest) {
  double until;
  char *words = play_expand(p, rest, NULL);
  if (words == NULL || !play_deadline(p, &until)) return false;
  unsigned long count = strtoul(words, NULL, 10);
  if (count == 0) return is_wrong(p, "It is written `takes 10 items`.");
  for (unsigned long i = 0; i < count; i++) {
    const arrived *came = frames_next(p, c, NULL, until);
    if (came == NULL || p->breach != NULL) return no_item(p, c, text_format("%lu", i));
    arrived one = *came;
    if (!one.is_item)
      return play_fail(p, play_requirement(p), text_same("an item"), frames_show(&one));
    bool confirms = c->version != 2 || i + 1 == count || i % 256 == 255;
    if (confirms && !confirm_item(p, c, &one)) return false;
  }
  return true;
}

/* gets UID… | gets N of STEM */
static bool step_gets(play *p, conn *c, const char *rest) {
  double until;
  char *words = play_expand(p, rest, NULL);
  if (words == NULL || !play_deadline(p, &until)) return false;
  char *of = strstr(words, " of ");
  if (of != NULL) {
    unsigned long long count = strtoull(words, NULL, 10);
    for (unsigned long long i = 0; i < count; i++) {
      char *uid = text_format("%s%llu", of + 4, i);
      /* The window would fill up if the last alone were confirmed. */
      if (!get_one(p, c, uid, until, i + 1 == count || i % 256 == 255)) return false;
    }
    return count > 0 || is_wrong(p, "It is written `gets 10 of $u`.");
  }
  if (*words == '\0') return is_wrong(p, "It is written `gets $u0 $u1`.");
  while (*words != '\0') {
    char *uid = take_word(&words);
    if (!get_one(p, c, uid, until, *words == '\0')) return false;
  }
  return true;
}

static bool step_gets_nothing(play *p, conn *c) {
  int64_t ms;
  if (p->now->during == NULL) return is_wrong(p, "It is written `gets nothing for N ms`.");
  if (!play_number(p, p->now->during, &ms)) return false;
  double until = p->step_began_ms + (double)ms;
  size_t at = c->queue_at;
  for (;;) {
    for (; at < c->queue_count; at++) {
      if (c->queue[at].is_item)
        return play_fail(p, play_requirement(p), text_same("no item"), frames_show(&c->queue[at]));
    }
    if (!play_is_clean(p)) return false;
    if (c->end != END_OPEN && !play_expects_close(p, c))
      return play_fail(p, play_requirement(p), text_same("the connection stays open"),
                       text_same("it was closed"));
    if (wire_now() >= until) return true;
    wire_pump(p, until);
  }
}

/* refused CODE [of N] */
static bool step_refused(play *p, conn *c, const char *rest) {
  double until;
  char *why = NULL, *words = play_expand(p, rest, NULL);
  if (words == NULL || !play_deadline(p, &until)) return false;
  char *code = take_word(&words);
  const char *of = text_begins(words, "of ") ? words + 3 : "";
  char *wanted =
      text_format("{\"action\":\"error\",\"payload\":{\"code\":\"%s\",\"reason\":\"\"*,%s%s%s...}}",
                  code, *of != '\0' ? "\"of\":" : "", of, *of != '\0' ? "," : "");
  pattern *refusal = pattern_read(&p->names, wanted, &why);
  if (refusal == NULL) return is_wrong(p, "It is written `refused CODE of N`.");
  const arrived *came = frames_next(p, c, "error", until);
  if (came == NULL || p->breach != NULL) return no_item(p, c, wanted);
  arrived one = *came;
  if (!pattern_matches(refusal, (span){one.text, one.len}, &p->names, &why))
    return play_fail(p, play_requirement(p), wanted,
                     text_format("%s (%s)", frames_show(&one), why));
  return !one.is_item || confirm_item(p, c, &one);
}

bool play_items(play *p, conn *c, int which, const char *rest) {
  switch ((command)which) {
    case COMMAND_SENDS:
      return p->of->role == ROLE_CLIENT ? server_sends(p, c, rest) : step_sends(p, c, rest);
    case COMMAND_CONFIRMS: return step_confirms(p, c, rest);
    case COMMAND_CONFIRMED: return play_confirmed(p, c, rest);
    case COMMAND_GETS: return step_gets(p, c, rest);
    case COMMAND_TAKES: return step_takes(p, c, rest);
    case COMMAND_GETS_NOTHING: return step_gets_nothing(p, c);
    case COMMAND_REFUSED: return step_refused(p, c, rest);
    default: return is_wrong(p, text_format("`%s` cannot be said of %s.", p->now->words, c->name));
  }
}
