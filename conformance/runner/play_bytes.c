/* The step << raw: the next frame is, byte for byte, a text (EP-FRAME-6 speaks of spelling).
 * Read first: play.h, frames.c. */
#include <string.h>

#include "runner/play.h"

/* Where `$name` in a text stands for a name that is not set yet, it captures up to a quote or a
 * backslash. Returns how much of the bytes the text matches; captured names go to *found. */
static bool is_matched(play *p, const char *words, span bytes, vars *found) {
  size_t at = 0;
  while (*words != '\0') {
    span name;
    size_t used = *words == '$' ? vars_name(words, &name) : 0, len = 0;
    const char *known = used == 0 ? NULL : vars_get(&p->names, name.text, name.len, &len);
    if (used > 0 && known == NULL) {
      size_t from = at;
      while (at < bytes.len && bytes.text[at] != '"' && bytes.text[at] != '\\') at++;
      vars_set(found, text_copy(name.text, name.len), bytes.text + from, at - from);
      words += used;
      continue;
    }
    text piece = {0};
    size_t plain = used > 0 ? used : 1 + strcspn(words + 1, "$");
    if (used > 0)
      text_add(&piece, known, len);
    else
      frames_unescape(&piece, words, plain);
    if (bytes.len - at < piece.len || memcmp(bytes.text + at, piece.at, piece.len) != 0)
      return false;
    at += piece.len;
    words += plain;
  }
  return at == bytes.len;
}

/* The action that the text, read as a frame, would have; NULL. */
static const char *action_of(const char *words) {
  static const char *const known[] = {
      "message.confirm", "message.retry",     "clients.list",  "pong", "ping",
      "client.connect",  "client.disconnect", "session.update"};
  const char *action = strstr(words, "action");
  for (size_t i = 0; action != NULL && i < sizeof known / sizeof *known; i++) {
    const char *found = strstr(action, known[i]);
    if (found != NULL && found - action < 16) return known[i];
  }
  return NULL;
}

bool play_step_bytes(play *p, conn *c) {
  double until;
  vars found = {0};
  const char *words = p->now->words + strlen("raw ");
  if (!play_deadline(p, &until)) return false;
  arrived *one = frames_next(p, c, action_of(words), until);
  if (!play_is_clean(p)) return false;
  if (one == NULL)
    return play_late(p, text_same(words),
                     text_same(c->end != END_OPEN ? "the end of the connection" : "nothing"));
  if (!is_matched(p, words, (span){one->bytes, one->bytes_len}, &found)) {
    text came = {0};
    text_show(&came, (span){one->bytes, one->bytes_len}, 600);
    return play_fail(p, play_requirement(p), text_format("these bytes: %s", words),
                     text_same(text_words(&came)));
  }
  for (size_t i = 0; i < found.count; i++)
    vars_set(&p->names, found.list[i].name, found.list[i].value, found.list[i].len);
  return true;
}
