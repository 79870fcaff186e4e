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

/* A line never breaks off: what does not fit whole is left out. */
enum { LINE_LEN = 16384, VALUE_MOST = 512, EVENT_MOST = 1024, ESCAPED_MOST = 6, LINE_TAIL = 2 };

static const char *const level_names[] = {"debug", "info", "warn", "error"};

static struct {
  ep_log_level least;
  bool json;
  bool open;  /* between begin and end */
  bool heard; /* the level of this line is not too low */
  size_t len;
  char line[LINE_LEN + LINE_TAIL];
} state = {.least = EP_LOG_INFO};

bool ep_log_set_level(const char *name) {
  for (unsigned i = 0; i <= EP_LOG_ERROR; i++) {
    if (strcmp(level_names[i], name) != 0) continue;
    state.least = (ep_log_level)i;
    return true;
  }
  return false;
}

bool ep_log_hears(ep_log_level level) { return level >= state.least; }

bool ep_log_set_form(const char *name) {
  state.json = strcmp(name, "json") == 0;
  return state.json || strcmp(name, "text") == 0;
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
  (void)snprintf(text + len, sizeof text - len, ".%03uZ", (unsigned)(now.tv_nsec / 1000000) % 1000);
  put_text(text);
}

/* The bytes of the UTF-8 character that begins here; 0: there is none, or it is ASCII. */
static size_t wide_len(ep_bytes in) {
  uint8_t first = in.data[0];
  size_t len = first >= 0xf0 && first <= 0xf4 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  if (first > 0xf4 || len == 0 || len > in.len) return 0;
  for (size_t i = 1; i < len; i++) {
    if ((in.data[i] & 0xc0) != 0x80) return 0;
  }
  bool overlong = (first == 0xe0 && in.data[1] < 0xa0) || (first == 0xf0 && in.data[1] < 0x90);
  bool beyond = (first == 0xed && in.data[1] > 0x9f) || (first == 0xf4 && in.data[1] > 0x8f);
  return overlong || beyond ? 0 : len;
}

/* Text that needs no quotes. */
static bool is_plain(ep_bytes value) {
  for (size_t i = 0; i < value.len;) {
    uint8_t c = value.data[i];
    if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7f) return false;
    size_t len = c < 0x80 ? 1 : wide_len((ep_bytes){value.data + i, value.len - i});
    if (len == 0) return false;
    i += len;
  }
  return value.len != 0;
}

/* What is not UTF-8 is shown as U+FFFD. */
static void put_quoted(ep_bytes value) {
  put_text("\"");
  for (size_t i = 0; i < value.len;) {
    uint8_t c = value.data[i];
    char escaped[8];
    size_t wide = c < 0x80 ? 1 : wide_len((ep_bytes){value.data + i, value.len - i});
    if (c < ' ' || c == 0x7f || wide == 0) {
      (void)snprintf(escaped, sizeof escaped, "\\u%04x", wide == 0 ? 0xfffd : c);
      put_text(escaped);
    } else {
      if (c == '"' || c == '\\') put_text("\\");
      put((const char *)&value.data[i], wide);
    }
    i += wide == 0 ? 1 : wide;
  }
  put_text("\"");
}

/* ---- Lines ----------------------------------------------------------------------------------- */

static ep_bytes bytes_of(const char *text) {
  return (ep_bytes){(const uint8_t *)text, strlen(text)};
}

static void put_head(ep_log_level level, const char *event) {
  if (!state.json) {
    put_time();
    put_text(" ");
    put_text(level_names[level]);
    put_text(" ");
    put_text(event);
    return;
  }
  put_text("{\"time\":\"");
  put_time();
  put_text("\",\"level\":\"");
  put_text(level_names[level]);
  put_text("\",\"event\":");
  put_quoted(bytes_of(event));
}

void ep_log_begin(ep_log_level level, const char *event, ...) {
  EP_ASSERT(!state.open);
  state.open = true;
  state.heard = ep_log_hears(level);
  state.len = 0;
  if (!state.heard) return;
  char text[EVENT_MOST];
  va_list arguments;
  va_start(arguments, event);
  (void)vsnprintf(text, sizeof text, event, arguments);
  va_end(arguments);
  put_head(level, text);
}

static bool put_key(const char *key, size_t value_len) {
  EP_ASSERT(state.open);
  if (!state.heard || LINE_LEN - state.len < strlen(key) + ESCAPED_MOST * value_len + 8)
    return false;
  put_text(state.json ? ",\"" : " ");
  put_text(key);
  put_text(state.json ? "\":" : "=");
  return true;
}

static void put_value(const char *key, ep_bytes value) {
  if (value.len > VALUE_MOST) value.len = VALUE_MOST;
  if (!put_key(key, value.len)) return;
  if (!state.json && is_plain(value))
    put((const char *)value.data, value.len);
  else
    put_quoted(value);
}

void ep_log_text(const char *key, const char *value) { put_value(key, bytes_of(value)); }

void ep_log_bytes(const char *key, ep_bytes value) {
  if (value.len != 0) put_value(key, value);
}

void ep_log_number(const char *key, uint64_t value) {
  char text[24];
  (void)snprintf(text, sizeof text, "%llu", (unsigned long long)value);
  if (put_key(key, strlen(text))) put_text(text);
}

void ep_log_end(void) {
  EP_ASSERT(state.open);
  state.open = false;
  if (!state.heard) return;
  if (state.json) state.line[state.len++] = '}'; /* there are LINE_TAIL bytes more than put uses */
  state.line[state.len++] = '\n';
  if (write(STDERR_FILENO, state.line, state.len) < 0) return; /* nobody reads: nobody to tell */
}
