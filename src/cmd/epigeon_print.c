/* Floor 6, programs. See epigeon_print.h. Lines for programs come from one table of members; text
 * is written byte for byte, with what could drive a terminal escaped.
 * Read first: epigeon_print.h. */
#include "cmd/epigeon_print.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/epigeon_cli.h"
#include "cmd/epigeon_json.h"

/* ---- Text for people ------------------------------------------------------------------------- */

void cli_say(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("epigeon: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
}

static void put_control(FILE *out, uint8_t byte) {
  switch (byte) {
    case '\n': fputs("\\n", out); return;
    case '\r': fputs("\\r", out); return;
    case '\t': fputs("\\t", out); return;
    default: fprintf(out, "\\x%02x", byte);
  }
}

static bool between(uint8_t byte, uint8_t low, uint8_t high) { return low <= byte && byte <= high; }

/* How many bytes at `at` must not reach a terminal as they are: controls (C0, DEL, C1), line
 * separators and marks that change the direction of text. 0: the byte is harmless. */
static size_t dangerous(const uint8_t *at, size_t len) {
  if (at[0] < 0x20 || at[0] == 0x7f) return 1;
  if (len >= 2 && at[0] == 0xc2 && between(at[1], 0x80, 0x9f)) return 2;
  if (len < 3 || at[0] != 0xe2) return 0;
  if (at[1] == 0x80 && (between(at[2], 0x8e, 0x8f) || between(at[2], 0xa8, 0xae))) return 3;
  return at[1] == 0x81 && between(at[2], 0xa6, 0xa9) ? 3 : 0;
}

static void put_escape(FILE *out, const uint8_t *at, size_t len) {
  if (len == 1) {
    put_control(out, at[0]);
    return;
  }
  unsigned point = len == 2 ? at[1] : 0x2000u | (unsigned)(at[1] & 0x3f) << 6 | (at[2] & 0x3fu);
  fprintf(out, "\\u%04x", point);
}

void cli_put_text(FILE *out, ep_bytes text) {
  size_t done = 0;
  for (size_t at = 0; at < text.len;) {
    size_t len = dangerous(text.data + at, text.len - at);
    if (len > 0) {
      fwrite(text.data + done, 1, at - done, out);
      put_escape(out, text.data + at, len);
      done = at + len;
    }
    at += len > 0 ? len : 1;
  }
  if (done < text.len) fwrite(text.data + done, 1, text.len - done, out);
}

/* JSON on one line: the line breaks of its white space become blanks. All that is left of it is
 * verbatim. */
static void put_one_line(FILE *out, ep_bytes json) {
  size_t done = 0;
  for (size_t at = 0; at < json.len; at++) {
    if (json.data[at] != '\n' && json.data[at] != '\r') continue;
    fwrite(json.data + done, 1, at - done, out);
    fputc(' ', out);
    done = at + 1;
  }
  if (done < json.len) fwrite(json.data + done, 1, json.len - done, out);
}

/* The same where a terminal may read it: inside JSON the dangerous stand in strings only (white
 * space apart), and there an escape says the same. */
static void put_one_safe_line(FILE *out, ep_bytes json) {
  size_t done = 0;
  for (size_t at = 0; at < json.len;) {
    size_t len = dangerous(json.data + at, json.len - at);
    if (len > 0) {
      fwrite(json.data + done, 1, at - done, out);
      if (json.data[at] == 0x7f)
        fputs("\\u007f", out);
      else if (len == 1)
        fputc(' ', out);
      else
        put_escape(out, json.data + at, len);
      done = at + len;
    }
    at += len > 0 ? len : 1;
  }
  if (done < json.len) fwrite(json.data + done, 1, json.len - done, out);
}

void cli_put_json(FILE *out, ep_bytes json) {
  static int terminal = -1;
  if (terminal < 0) terminal = isatty(STDOUT_FILENO);
  if (terminal)
    put_one_safe_line(out, json);
  else
    put_one_line(out, json);
}

void cli_put_value(FILE *out, ep_bytes json) {
  size_t len;
  char *text = cli_json_decode(json, &len);
  if (text != NULL)
    cli_put_text(out, (ep_bytes){(const uint8_t *)text, len});
  else
    put_one_safe_line(out, json);
  free(text);
}

void cli_say_refused(const char *what, const ep_event *refusal) {
  fprintf(stderr, "epigeon: %s was refused: ", what);
  cli_put_text(stderr, refusal->reason);
  if (refusal->code) fprintf(stderr, " (%s)", refusal->code);
  if (refusal->json.len > 0) fputs(", for ", stderr);
  cli_put_text(stderr, refusal->json);
  if (refusal->count > 0) fprintf(stderr, ", %" PRIu64 " in all", refusal->count);
  fputc('\n', stderr);
}

void cli_put_message(FILE *out, const ep_event *message) {
  cli_put_text(out, message->client_id);
  fputs(": ", out);
  if (message->json.len == 0)
    fputs("(no payload)", out);
  else
    cli_put_value(out, message->json);
  fputc('\n', out);
}

/* ---- Lines for programs ---------------------------------------------------------------------- */

void cli_put_member_text(FILE *out, const char *key, ep_bytes text) {
  size_t len;
  char *json = cli_json_encode(text, &len);
  if (json != NULL) cli_put_member_json(out, key, (ep_bytes){(const uint8_t *)json, len});
  free(json);
}

void cli_put_member_json(FILE *out, const char *key, ep_bytes json) {
  if (json.len == 0) return;
  fprintf(out, ",\"%s\":", key);
  cli_put_json(out, json);
}

void cli_put_member_number(FILE *out, const char *key, uint64_t number) {
  fprintf(out, ",\"%s\":%" PRIu64, key, number);
}

static void put_member_bool(FILE *out, const char *key, bool value) {
  fprintf(out, ",\"%s\":%s", key, value ? "true" : "false");
}

/* What the line of an event has, in this order; NULL: not that. */
static const struct shape {
  const char *name, *self, *client, *to, *uid, *id, *from_id, *json, *count;
  bool version, reason, code, final;
} shapes[] = {
    [EP_EVENT_CONNECTED] = {.name = "connected"},
    [EP_EVENT_DISCONNECTED] = {.name = "disconnected", .reason = true},
    [EP_EVENT_AUTHENTICATED] = {.name = "authenticated", .self = "uuid", .version = true},
    [EP_EVENT_SESSION_UPDATE] = {.name = "session.update", .client = "uuid", .json = "session"},
    [EP_EVENT_CLIENT_CONNECT] = {.name = "client.connect", .client = "uuid", .json = "session"},
    [EP_EVENT_CLIENT_DISCONNECT] = {.name = "client.disconnect", .client = "uuid"},
    [EP_EVENT_CLIENTS_LIST] = {.name = "clients.list", .json = "clients", .count = "more"},
    [EP_EVENT_MESSAGE] = {.name = "message",
                          .client = "from",
                          .to = "to",
                          .uid = "uid",
                          .id = "id",
                          .from_id = "fromId",
                          .json = "payload"},
    [EP_EVENT_CONFIRMED] = {.name = "confirmed", .uid = "uid"},
    [EP_EVENT_RECEIPT] = {.name = "receipt", .client = "by", .uid = "uid", .count = "left"},
    [EP_EVENT_REFUSED] = {.name = "refused",
                          .uid = "uid",
                          .json = "to",
                          .count = "count",
                          .reason = true,
                          .code = true},
    [EP_EVENT_LOST] = {.name = "lost", .id = "id", .count = "count"},
    [EP_EVENT_ERROR] = {.name = "error", .reason = true, .code = true, .final = true},
    [EP_EVENT_PONG] = {.name = "pong", .count = "ms"},
};

void cli_put_event(FILE *out, const ep_event *event, const char *self) {
  const struct shape *shape = &shapes[event->type];
  fprintf(out, "{\"event\":\"%s\"", shape->name);
  if (shape->self) cli_put_member_text(out, shape->self, cli_bytes(self));
  if (shape->version) cli_put_member_number(out, "version", event->version);
  if (shape->version) put_member_bool(out, "known", event->known);
  if (shape->code) cli_put_member_text(out, "code", cli_bytes(event->code));
  if (shape->reason) cli_put_member_text(out, "reason", event->reason);
  if (shape->final) put_member_bool(out, "final", event->final);
  if (shape->client) cli_put_member_text(out, shape->client, event->client_id);
  if (shape->to) cli_put_member_json(out, shape->to, event->to_json);
  if (shape->uid) cli_put_member_text(out, shape->uid, event->uid);
  if (shape->id) cli_put_member_number(out, shape->id, event->id);
  if (shape->from_id) cli_put_member_number(out, shape->from_id, event->from_id);
  if (shape->count) cli_put_member_number(out, shape->count, event->count);
  if (event->missed > 0) cli_put_member_number(out, "missed", event->missed);
  if (shape->json) cli_put_member_json(out, shape->json, event->json);
  fputs("}\n", out);
}

void cli_flush(void) {
  if (fflush(stdout) == 0 && !ferror(stdout)) return;
  if (errno != EPIPE) cli_say("cannot write to stdout: %s", strerror(errno));
  _exit(CLI_FAILED); /* at once: what was not read must not be confirmed */
}
