/* Writes the lines that trace.c reads.
 * Read first: README.md (the lines), trace.h. */
#include <string.h>

#include "oracle/trace.h"

static void write_text(FILE *file, span text) { (void)fwrite(text.text, 1, text.len, file); }

/* Whether a byte stands for itself in a JSON string. */
static bool is_plain(char c) { return (unsigned char)c >= 0x20 && c != '"' && c != '\\'; }

static void write_escape(FILE *file, char c) {
  static const char letters[] = "\"\\\b\f\n\r\t";
  static const char names[] = "\"\\bfnrt";
  const char *letter = c != '\0' ? strchr(letters, c) : NULL;
  if (letter != NULL)
    (void)fprintf(file, "\\%c", names[letter - letters]);
  else
    (void)fprintf(file, "\\u%04x", (unsigned)c);
}

static void write_string(FILE *file, span text) {
  const char *at = text.text;
  const char *end = text.text + text.len;
  (void)fputc('"', file);
  while (at < end) {
    const char *from = at;
    while (at < end && is_plain(*at)) at++;
    write_text(file, (span){from, (size_t)(at - from)});
    if (at < end) write_escape(file, *at++);
  }
  (void)fputc('"', file);
}

static void write_member(FILE *file, const char *name, span text) {
  if (text.len == 0) return;
  (void)fprintf(file, ",\"%s\":", name);
  write_string(file, text);
}

/* As it is spelled. A line holds no line ends: with one in it, it is told in a string. */
static void write_to(FILE *file, span json) {
  if (json.len == 0) return;
  bool has_line_end =
      memchr(json.text, '\n', json.len) != NULL || memchr(json.text, '\r', json.len) != NULL;
  if (has_line_end) {
    write_member(file, "to_text", json);
    return;
  }
  (void)fputs(",\"to\":", file);
  write_text(file, json);
}

/* The length of the UTF-8 character that begins there; 0: none does. */
static size_t character(const unsigned char *at, size_t len) {
  if (at[0] < 0x80) return 1;
  size_t need = at[0] >= 0xF0 ? 4 : at[0] >= 0xE0 ? 3 : 2;
  if (at[0] < 0xC2 || at[0] > 0xF4 || len < need) return 0;
  for (size_t i = 1; i < need; i++) {
    if (at[i] < 0x80 || at[i] > 0xBF) return 0;
  }
  bool is_overlong = (at[0] == 0xE0 && at[1] < 0xA0) || (at[0] == 0xF0 && at[1] < 0x90);
  bool is_no_character = (at[0] == 0xED && at[1] > 0x9F) || (at[0] == 0xF4 && at[1] > 0x8F);
  return is_overlong || is_no_character ? 0 : need;
}

static bool is_utf8(span text) {
  const unsigned char *at = (const unsigned char *)text.text;
  for (size_t i = 0; i < text.len;) {
    size_t len = character(at + i, text.len - i);
    if (len == 0) return false;
    i += len;
  }
  return true;
}

static void write_bytes(FILE *file, span bytes) {
  if (bytes.len == 0) return;
  if (is_utf8(bytes)) {
    write_member(file, "bytes", bytes);
    return;
  }
  (void)fputs(",\"hex\":\"", file);
  for (size_t i = 0; i < bytes.len; i++)
    (void)fprintf(file, "%02x", (unsigned)(unsigned char)bytes.text[i]);
  (void)fputc('"', file);
}

static const char *dir_name(const trace_event *event) {
  return event->dir == TRACE_S2C ? "s2c" : "c2s";
}

static void write_frame(FILE *file, const trace_event *event) {
  (void)fprintf(file, ",\"dir\":\"%s\",\"conn\":%u", dir_name(event), (unsigned)event->conn);
  if (event->at == TRACE_WRITTEN)
    (void)fputs(event->dropped ? ",\"dropped\":true" : ",\"at\":\"written\"", file);
  if (event->at == TRACE_ARRIVED) (void)fputs(",\"at\":\"arrived\"", file);
  if (event->n > 0) (void)fprintf(file, ",\"n\":%llu", (unsigned long long)event->n);
  if (event->damaged) (void)fputs(",\"damaged\":true", file);
  write_bytes(file, event->bytes);
}

static void write_open(FILE *file, const trace_event *event) {
  static const char *const rude[] = {NULL, "client", "server", "both"};
  (void)fprintf(file, ",\"event\":\"open\",\"conn\":%u", (unsigned)event->conn);
  if (event->lossy) (void)fputs(",\"transport\":\"lossy\"", file);
  if (event->remote) (void)fputs(",\"remote\":true", file);
  int who = (event->rude_client ? 1 : 0) + (event->rude_server ? 2 : 0);
  if (who > 0) (void)fprintf(file, ",\"rude\":\"%s\"", rude[who]);
}

static void write_close(FILE *file, const trace_event *event) {
  (void)fputs(",\"event\":\"close\"", file);
  if (event->has_dir) (void)fprintf(file, ",\"dir\":\"%s\"", dir_name(event));
  (void)fprintf(file, ",\"conn\":%u", (unsigned)event->conn);
  if (event->orderly) (void)fputs(",\"orderly\":true", file);
}

static void write_state(FILE *file, const trace_event *event) {
  const char *state = event->state_lost ? "lost" : event->state_old ? "old" : "kept";
  (void)fprintf(file, ",\"state\":\"%s\"", state);
}

static void write_application(FILE *file, const trace_event *event, const char *what) {
  (void)fprintf(file, ",\"app\":\"%s\"", what);
  write_member(file, "client", event->client);
  write_member(file, "from", event->from);
  write_member(file, "uid", event->uid);
  write_to(file, event->to_json);
  write_member(file, "payload", event->payload_json);
  write_member(file, "code", event->code);
  if (event->has_id) (void)fprintf(file, ",\"id\":%llu", (unsigned long long)event->id);
  if (event->kind == TRACE_RESTARTED) write_state(file, event);
}

bool trace_write(FILE *file, const trace_event *event) {
  (void)fprintf(file, "{\"t_ms\":%llu", (unsigned long long)event->t_ms);
  switch (event->kind) {
    case TRACE_OPEN: write_open(file, event); break;
    case TRACE_CLOSE: write_close(file, event); break;
    case TRACE_FAILED:
      (void)fprintf(file, ",\"event\":\"failed\",\"conn\":%u%s", (unsigned)event->conn,
                    event->speaks_v2 ? ",\"version\":2" : "");
      break;
    case TRACE_FRAME: write_frame(file, event); break;
    case TRACE_SENT: write_application(file, event, "sent"); break;
    case TRACE_DELIVERED: write_application(file, event, "delivered"); break;
    case TRACE_CONFIRMED: write_application(file, event, "confirmed"); break;
    case TRACE_REFUSED: write_application(file, event, "refused"); break;
    case TRACE_STORED: write_application(file, event, "stored"); break;
    case TRACE_CONNECT: write_application(file, event, "connect"); break;
    case TRACE_DISCONNECT: write_application(file, event, "disconnect"); break;
    case TRACE_CRASHED: write_application(file, event, "crashed"); break;
    case TRACE_RESTARTED: write_application(file, event, "restarted"); break;
    case TRACE_HEALED: (void)fputs(",\"event\":\"healed\"", file); break;
    case TRACE_NOTE:
      (void)fputs(",\"note\":", file);
      write_string(file, event->note);
      break;
  }
  (void)fputs("}\n", file);
  return !ferror(file);
}
