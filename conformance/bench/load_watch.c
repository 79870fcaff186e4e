/* epigeon-load: the look at the server. See load_watch.h. */
#define _GNU_SOURCE
#include "load_watch.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net.h"
#include "util.h"

enum { PAGE_MOST = 256 * 1024 };

void watch_open(struct watch *watch, const struct server *server) {
  *watch = (struct watch){.server = server, .metrics_port = server_metrics_port(server)};
}

void watch_close(struct watch *watch) { free(watch->seen); }

static void look(struct watch *watch) {
  if (watch->count == watch->cap) {
    watch->cap = watch->cap ? 2 * watch->cap : 64;
    watch->seen = must_alloc(watch->seen, watch->cap * sizeof *watch->seen);
  }
  uint64_t memory = process_anonymous(watch->server->pid);
  if (memory == 0) die("the server has gone");
  watch->seen[watch->count++] = (double)memory;
}

void watch_tick(struct watch *watch, uint64_t now) {
  if (now < watch->next_ns) return;
  watch->next_ns = now + 1000000000u;
  look(watch);
}

/* The page of metrics, as text with its head; to be freed. */
static char *page_fetch(const struct watch *watch) {
  static const char ask[] = "GET /metrics HTTP/1.1\r\nHost: load\r\nConnection: close\r\n\r\n";
  char *page = must_alloc(NULL, PAGE_MOST);
  size_t len = 0;
  int fd = net_connect(watch->metrics_port, 0);
  if (send(fd, ask, sizeof ask - 1, MSG_NOSIGNAL) != (ssize_t)sizeof ask - 1)
    die("the metrics cannot be asked for: %s", strerror(errno));
  ssize_t got;
  while ((got = recv(fd, page + len, PAGE_MOST - 1 - len, 0)) > 0) len += (size_t)got;
  close(fd);
  page[len] = '\0';
  return page;
}

static double value_in(const char *page, const char *name) {
  size_t len = strlen(name);
  for (const char *at = page; (at = strstr(at, name)) != NULL; at += len)
    if (at > page && at[-1] == '\n' && at[len] == ' ') return strtod(at + len, NULL);
  die("the metrics have no %s", name);
}

double watch_metric(const struct watch *watch, const char *name) {
  char *page = page_fetch(watch);
  double value = value_in(page, name);
  free(page);
  return value;
}

struct holding watch_sum(struct watch *watch) {
  if (watch->count == 0) look(watch);
  char *page = page_fetch(watch);
  struct holding holding = {.memory = median(watch->seen, watch->count),
                            .store = server_store_bytes(watch->server),
                            .core = value_in(page, "epigeon_memory_bytes"),
                            .mailbox = value_in(page, "epigeon_mailbox_bytes"),
                            .messages = value_in(page, "epigeon_mailbox_messages"),
                            .output = value_in(page, "epigeon_output_bytes")};
  free(page);
  watch->count = 0;
  return holding;
}
