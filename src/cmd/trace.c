/* Floor 6, programs. Traces for people.
 * Read first: cmd/trace.h. */
#define _GNU_SOURCE 1
#include "cmd/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *const side_names[] = {"epigeon:server", "epigeon:client"};

static void print_bytes(ep_bytes bytes) {
  for (size_t i = 0; i < bytes.len; i++) {
    uint8_t c = bytes.data[i];
    if (c < ' ' || c == 0x7f) {
      (void)fprintf(stderr, "\\x%02x", c);
    } else {
      (void)fputc(c, stderr);
    }
  }
}

static void print_head(const char *side, const ep_trace *line) {
  struct timespec now;
  struct tm parts;
  char text[16] = "";
  if (clock_gettime(CLOCK_REALTIME, &now) == 0 && localtime_r(&now.tv_sec, &parts) != NULL) {
    (void)strftime(text, sizeof text, "%H:%M:%S", &parts);
  }
  (void)fprintf(stderr, "%s %s.%03ld ", side, text, now.tv_nsec / 1000000);
  if (line->conn != 0) (void)fprintf(stderr, "#%u ", (unsigned)line->conn);
  print_bytes(line->client_id);
  if (line->client_id.len != 0) (void)fputc(' ', stderr);
}

static void print_state(const ep_trace *line) {
  (void)fprintf(stderr, "%s -> %s", line->from, line->to);
  if (line->input != NULL) (void)fprintf(stderr, " on %s", line->input);
  if (line->requirement != NULL && line->requirement[0] != '\0') {
    (void)fprintf(stderr, " [%s]", line->requirement);
  }
}

static void print_line(const char *side, const ep_trace *line) {
  print_head(side, line);
  if (line->kind == EP_TRACE_STATE) {
    print_state(line);
  } else {
    (void)fputs(line->kind == EP_TRACE_RECEIVED ? "< " : "> ", stderr);
    print_bytes(line->frame);
  }
  (void)fputc('\n', stderr);
}

static void trace_server(void *context, const ep_trace *line) {
  (void)context;
  print_line(side_names[EP_TRACE_SERVER], line);
}

static void trace_client(void *context, const ep_trace *line) {
  (void)context;
  print_line(side_names[EP_TRACE_CLIENT], line);
}

static bool is_asked_for(const char *names, const char *side) {
  static const char separators[] = ", ";
  while (*names != '\0') {
    size_t len = strcspn(names, separators);
    if (len == 1 && names[0] == '*') return true;
    if (len == strlen("epigeon:*") && memcmp(names, "epigeon:*", len) == 0) return true;
    if (len == strlen(side) && memcmp(names, side, len) == 0) return true;
    names += len;
    names += strspn(names, separators);
  }
  return false;
}

void ep_trace_from_environment(ep_surroundings *surroundings, ep_trace_side side) {
  const char *names = getenv("DEBUG");
  if (names == NULL || !is_asked_for(names, side_names[side])) return;
  surroundings->trace = side == EP_TRACE_SERVER ? trace_server : trace_client;
}
