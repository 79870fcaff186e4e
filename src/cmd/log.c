/* Floor 6, programs. Log lines.
 * Read first: cmd/log.h. */
#define _GNU_SOURCE 1
#include "cmd/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/assert.h"

enum { LINE_LEN = 4096, VALUE_MOST = 512, NOTES_A_SECOND = 5, COUNTERS_MOST = 64 };

static const char *const level_names[] = {"debug", "info", "warn", "error"};

static struct {
  ep_log_level least;
  bool open;  /* between begin and end */
  bool heard; /* the level of this line is not too low */
  size_t len;
  char line[LINE_LEN + 1];
} state = {.least = EP_LOG_INFO};

bool ep_log_set_level(const char *name) {
  for (unsigned i = 0; i <= EP_LOG_ERROR; i++) {
    if (strcmp(level_names[i], name) != 0) continue;
    state.least = (ep_log_level)i;
    return true;
  }
  return false;
}

static void put(const char *text, size_t len) {
  if (len > LINE_LEN - state.len) len = LINE_LEN - state.len;
  memcpy(state.line + state.len, text, len);
  state.len += len;
}

static void put_text(const char *text) { put(text, strlen(text)); }

static void put_time(void) {
  struct timespec now;
  struct tm parts;
  char text[32];
  if (clock_gettime(CLOCK_REALTIME, &now) != 0 || gmtime_r(&now.tv_sec, &parts) == NULL) return;
  size_t len = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  (void)snprintf(text + len, sizeof text - len, ".%03uZ ",
                 (unsigned)(now.tv_nsec / 1000000) % 1000);
  put_text(text);
}

void ep_log_begin(ep_log_level level, const char *event, ...) {
  EP_ASSERT(!state.open);
  state.open = true;
  state.heard = level >= state.least;
  state.len = 0;
  if (!state.heard) return;
  put_time();
  put_text(level_names[level]);
  put_text(" ");
  char text[1024];
  va_list arguments;
  va_start(arguments, event);
  (void)vsnprintf(text, sizeof text, event, arguments);
  va_end(arguments);
  put_text(text);
}

static bool is_plain(ep_bytes value) {
  for (size_t i = 0; i < value.len; i++) {
    uint8_t c = value.data[i];
    if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7f) return false;
  }
  return value.len != 0;
}

static void put_quoted(ep_bytes value) {
  put_text("\"");
  for (size_t i = 0; i < value.len; i++) {
    uint8_t c = value.data[i];
    char escaped[8];
    if (c < ' ' || c == 0x7f) {
      (void)snprintf(escaped, sizeof escaped, "\\u%04x", c);
      put_text(escaped);
    } else {
      if (c == '"' || c == '\\') put_text("\\");
      put((const char *)&value.data[i], 1);
    }
  }
  put_text("\"");
}

static void put_value(const char *key, ep_bytes value) {
  EP_ASSERT(state.open);
  if (!state.heard) return;
  put_text(" ");
  put_text(key);
  put_text("=");
  if (value.len > VALUE_MOST) value.len = VALUE_MOST;
  if (is_plain(value))
    put((const char *)value.data, value.len);
  else
    put_quoted(value);
}

void ep_log_text(const char *key, const char *value) {
  put_value(key, (ep_bytes){(const uint8_t *)value, strlen(value)});
}

void ep_log_bytes(const char *key, ep_bytes value) {
  if (value.len != 0) put_value(key, value);
}

void ep_log_number(const char *key, uint64_t value) {
  char text[24];
  (void)snprintf(text, sizeof text, "%llu", (unsigned long long)value);
  ep_log_text(key, text);
}

void ep_log_end(void) {
  EP_ASSERT(state.open);
  state.open = false;
  if (!state.heard) return;
  state.line[state.len++] = '\n'; /* there is one byte more than put uses */
  if (write(STDERR_FILENO, state.line, state.len) < 0) return; /* nobody reads: nobody to tell */
}

/* ---- Notes ----------------------------------------------------------------------------------- */

/* How loud a counter is: what goes on all the time, what an operator likes to know, what is
 * wrong. */
static ep_log_level note_level(const char *counter) {
  static const char *const usual[] = {"connections", "accepted", "routed",     "confirmed",
                                      "parked",      "unparked", "duplicates", "receipts",
                                      "held",        "repeats"};
  static const char *const known[] = {"joined", "replaced", "waits", "early", "presence-skipped"};
  for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
    if (strcmp(usual[i], counter) == 0) return EP_LOG_DEBUG;
  }
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    if (strcmp(known[i], counter) == 0) return EP_LOG_INFO;
  }
  return EP_LOG_WARN;
}

typedef struct rate {
  const char *counter;
  uint64_t second;
  unsigned lines;
  uint64_t left_out;
} rate;

static rate *rate_of(const char *counter) {
  static rate rates[COUNTERS_MOST];
  for (size_t i = 0; i < COUNTERS_MOST; i++) {
    if (rates[i].counter == NULL) rates[i].counter = counter;
    if (strcmp(rates[i].counter, counter) == 0) return &rates[i];
  }
  return NULL;
}

void ep_log_note(const ep_note *note, uint64_t now_ms) {
  ep_log_level level = note_level(note->counter);
  rate *limit = rate_of(note->counter);
  if (level < state.least || limit == NULL) return;
  if (limit->second != now_ms / 1000) {
    limit->second = now_ms / 1000;
    limit->lines = 0;
  }
  if (limit->lines == NOTES_A_SECOND) {
    limit->left_out++;
    return;
  }
  limit->lines++;
  ep_log_begin(level, "%s", note->counter);
  if (note->address != NULL && note->address[0] != '\0') ep_log_text("address", note->address);
  ep_log_bytes("client", note->client_id);
  ep_log_bytes("uid", note->uid);
  if (note->code != NULL) ep_log_text("code", note->code);
  ep_log_number("count", note->count);
  if (limit->left_out != 0) ep_log_number("left-out", limit->left_out);
  limit->left_out = 0;
  ep_log_end();
}
