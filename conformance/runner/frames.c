/* Frames written in one form or the other, and the queue of those that came.
 * Read first: play.h; spec/protocol.md, chapter 4. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "runner/play.h"

/* ---- Writing ---- */

void frames_envelope(text *out, span message) {
  text_put(out, "{\"type\":\"_message_\",\"data\":\"");
  static const char named[] = "\b\f\n\r\t\"\\", letters[] = "bfnrt\"\\";
  for (size_t i = 0; i < message.len; i++) {
    char byte = message.text[i];
    const char *found = byte == '\0' ? NULL : strchr(named, byte);
    if (found != NULL)
      text_putf(out, "\\%c", letters[found - named]);
    else if ((unsigned char)byte < 0x20)
      text_putf(out, "\\u%04x", (unsigned)byte);
    else
      text_add(out, &byte, 1);
  }
  text_put(out, "\"}");
}

static bool write_out(play *p, conn *c, span bytes) {
  wire_log(p, c, "out", bytes);
  return wire_write(p, c, bytes);
}

static bool write_form(play *p, conn *c, bool is_bare, span message) {
  text bytes = {0};
  if (is_bare)
    text_add(&bytes, message.text, message.len);
  else
    frames_envelope(&bytes, message);
  text_add(&bytes, "\f", 1);
  watch_wrote(p, c, message); /* before: the answer can come while a long queue is written */
  bool good = write_out(p, c, text_span(&bytes));
  free(bytes.at);
  return good;
}

bool frames_write(play *p, conn *c, const char *message, size_t len) {
  return write_form(p, c, c->version == 2, (span){message, len});
}

void frames_unescape(text *out, const char *words, size_t len) {
  static const char sign[] = "␌";
  for (size_t i = 0; i < len; i++) {
    if (words[i] == '\\' && i + 3 < len && words[i + 1] == 'x' &&
        isxdigit((unsigned char)words[i + 2]) && isxdigit((unsigned char)words[i + 3])) {
      char digits[3] = {words[i + 2], words[i + 3], '\0'};
      char byte = (char)strtoul(digits, NULL, 16);
      text_add(out, &byte, 1);
      i += 3;
    } else if (words[i] == '\\' && i + 1 < len && words[i + 1] == 'f') {
      text_add(out, "\f", 1);
      i++;
    } else if (len - i >= sizeof sign - 1 && memcmp(words + i, sign, sizeof sign - 1) == 0) {
      text_add(out, "\f", 1);
      i += sizeof sign - 2;
    } else {
      size_t plain = 1;
      while (i + plain < len && words[i + plain] != '\\' && words[i + plain] != sign[0]) plain++;
      text_add(out, words + i, plain);
      i += plain - 1;
    }
  }
}

/* What raw writes hold of whole frames, each in one write or in several, is learned from like any
 * other. */
static void learn_raw(play *p, conn *c, span bytes) {
  size_t from = 0, at = c->raw.len;
  text_add(&c->raw, bytes.text, bytes.len);
  for (; at < c->raw.len; at++) {
    if (c->raw.at[at] != '\f') continue;
    watch_wrote(p, c, (span){c->raw.at + from, at - from});
    from = at + 1;
  }
  c->raw.len -= from;
  if (from > 0) memmove(c->raw.at, c->raw.at + from, c->raw.len + 1);
}

/* Pongs that could not stand within a frame. */
static void write_later(conn *c) {
  if (c->raw.len > 0) return;
  text_add(&c->out, c->later.at, c->later.len);
  c->later.len = 0;
}

bool frames_write_as(play *p, conn *c, const char *form, const char *words) {
  size_t len = 0;
  char *expanded = play_expand(p, words, &len);
  if (expanded == NULL) return false;
  text raw = {0};
  text_add(&raw, "", 0);
  if (strcmp(form, "escaped") == 0) {
    frames_unescape(&raw, expanded, len);
    return write_form(p, c, false, text_span(&raw));
  }
  if (strcmp(form, "raw") != 0) {
    return write_form(p, c, strcmp(form, "bare") == 0, (span){expanded, len});
  }
  frames_unescape(&raw, expanded, len);
  learn_raw(p, c, text_span(&raw));
  bool good = write_out(p, c, text_span(&raw));
  write_later(c);
  return good;
}

/* ---- What came ---- */

/* Whether a frame counts for a step that does not ask for its action. */
static bool counts(const play *p, const conn *c, const arrived *one) {
  static const char *const skipped[] = {"ping",           "pong",
                                        "client.connect", "client.disconnect",
                                        "clients.list",   "message.confirm",
                                        "message.retry"};
  for (size_t i = 0; i < sizeof skipped / sizeof *skipped; i++) {
    if (strcmp(one->action, skipped[i]) == 0) return false;
  }
  if (strcmp(one->action, "session.update") != 0) return true;
  return p->of->role == ROLE_CLIENT && c->version == 2;
}

static bool is_asked(const play *p, const conn *c, const arrived *one, const char *action) {
  if (action != NULL && strcmp(action, one->action) == 0) return true;
  return counts(p, c, one);
}

arrived *frames_look(play *p, conn *c, const char *action, size_t *at) {
  while (*at < c->queue_count) {
    arrived *one = &c->queue[(*at)++];
    if (is_asked(p, c, one, action)) return one;
  }
  return NULL;
}

void frames_drop(conn *c, const arrived *one) {
  size_t i = (size_t)(one - c->queue);
  arrived kept = *one;
  memmove(c->queue + c->queue_at + 1, c->queue + c->queue_at, (i - c->queue_at) * sizeof *c->queue);
  c->queue[c->queue_at++] = kept;
}

arrived *frames_next(play *p, conn *c, const char *action, double until_ms) {
  for (;;) {
    while (c->queue_at < c->queue_count) {
      arrived *one = &c->queue[c->queue_at++];
      if (!is_asked(p, c, one, action)) continue;
      p->last_came_ms = one->at_ms;
      return one;
    }
    if (p->breach != NULL || c->end != END_OPEN || wire_now() >= until_ms) return NULL;
    wire_pump(p, until_ms);
  }
}

char *frames_show(const arrived *one) {
  text out = {0};
  text_show(&out, (span){one->text, one->len}, 600);
  return text_same(text_words(&out));
}
