/* Floor 6, programs. Metrics over HTTP, with a plain socket; nothing waits longer than two seconds.
 * Read first: cmd/epigeon_top.h. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "cmd/epigeon_top.h"

enum { ANSWER_MOST = 1024 * 1024, PATIENCE_S = 2, HOST_LEN = 256 };

__attribute__((format(printf, 2, 3))) static bool fail(char words[TOP_WORDS], const char *format,
                                                       ...) {
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(words, TOP_WORDS, format, arguments);
  va_end(arguments);
  return false;
}

/* HOST:PORT or [V6]:PORT in two. */
static bool split(char host[HOST_LEN], const char **port, const char *address) {
  const char *colon = strrchr(address, ':');
  if (colon == NULL || colon == address || colon[1] == '\0') return false;
  size_t len = (size_t)(colon - address);
  if (address[0] == '[' && address[len - 1] == ']') {
    address++;
    len -= 2;
  }
  if (len == 0 || len >= HOST_LEN) return false;
  memcpy(host, address, len);
  host[len] = '\0';
  *port = colon + 1;
  return true;
}

static int connect_to(const struct addrinfo *found) {
  for (; found != NULL; found = found->ai_next) {
    int fd = socket(found->ai_family, found->ai_socktype | SOCK_CLOEXEC, found->ai_protocol);
    if (fd < 0) continue;
    struct timeval patience = {.tv_sec = PATIENCE_S};
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (connect(fd, found->ai_addr, found->ai_addrlen) == 0) return fd;
    int code = errno;
    (void)close(fd);
    errno = code;
  }
  return -1;
}

static int open_address(const char *address, char words[TOP_WORDS]) {
  char host[HOST_LEN];
  const char *port;
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
  if (!split(host, &port, address)) {
    fail(words, "The address %s is not HOST:PORT.", address);
    return -1;
  }
  int code = getaddrinfo(host, port, &hints, &found);
  if (code != 0) {
    fail(words, "The address %s is not known: %s.", address, gai_strerror(code));
    return -1;
  }
  int fd = connect_to(found);
  if (fd < 0)
    fail(words, "No metrics at %s: %s. Start the server with --metrics %s.", address,
         strerror(errno), address);
  freeaddrinfo(found);
  return fd;
}

/* Asks, and reads to the end. Returns the answer (malloc). */
static char *ask(int fd, const char *address) {
  char request[HOST_LEN + 64];
  int len = snprintf(request, sizeof request,
                     "GET /metrics HTTP/1.1\r\nHost: %.200s\r\nConnection: close\r\n\r\n", address);
  if (send(fd, request, (size_t)len, MSG_NOSIGNAL) != len) return NULL;
  char *answer = malloc(ANSWER_MOST + 1);
  size_t got = 0;
  for (ssize_t more = 1; answer != NULL && more > 0 && got < ANSWER_MOST;) {
    more = recv(fd, answer + got, ANSWER_MOST - got, 0);
    if (more > 0) got += (size_t)more;
  }
  if (answer != NULL) answer[got] = '\0';
  return answer;
}

/* ---- Lines ----------------------------------------------------------------------------------- */

/* The value is what follows the last blank; labels may hold blanks. */
static void take_line(top_page *out, char *line) {
  char *blank = strrchr(line, ' ');
  if (line[0] == '#' || blank == NULL || out->count == TOP_SAMPLES_MOST) return;
  *blank = '\0';
  if (strlen(line) >= TOP_KEY_LEN) return;
  top_sample *sample = &out->samples[out->count];
  char *end;
  sample->value = strtod(blank + 1, &end);
  if (end == blank + 1) return;
  (void)snprintf(sample->key, sizeof sample->key, "%s", line);
  out->count++;
}

static bool take_answer(top_page *out, char *answer) {
  char *body = strstr(answer, "\r\n\r\n");
  bool good = strncmp(answer, "HTTP/1.", 7) == 0 && strncmp(answer + 8, " 200 ", 5) == 0;
  if (!good || body == NULL) return false;
  char *rest = NULL;
  for (char *line = strtok_r(body, "\r\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
    take_line(out, line);
  return top_value(out, "epigeon_accepted_total") > 0 || out->count > 0;
}

bool top_fetch(top_page *out, const char *address, char words[TOP_WORDS]) {
  out->count = 0;
  int fd = open_address(address, words);
  if (fd < 0) return false;
  char *answer = ask(fd, address);
  (void)close(fd);
  bool good = answer != NULL && take_answer(out, answer);
  free(answer);
  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  out->at_s = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
  return good || fail(words, "What answers at %s are not the metrics of an epigeond.", address);
}

double top_value(const top_page *page, const char *key) {
  for (size_t i = 0; i < page->count; i++) {
    if (strcmp(page->samples[i].key, key) == 0) return page->samples[i].value;
  }
  return 0;
}
