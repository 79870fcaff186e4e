/* epigeon-bench: cost per message against known clients and against unconfirmed messages. A cost is
 * the server's CPU time; it is called flat when the last point costs at most twice the first (what
 * is linear costs thousands of times as much). See curves.h. */
#define _GNU_SOURCE
#include "curves.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crowd.h"
#include "driver.h"
#include "peer.h"
#include "server.h"

/* The least of some runs: what else the machine does can only add. */
enum { CURVE_WINDOW = 64, CURVE_RUNS = 3, MAX_POINTS = 5 };
static const double flat_limit = 2.0;

/* Three ways to reach the same receiver among N known clients. */
enum { WAY_ID, WAY_ONE_PAIR, WAY_TWO_PAIRS, WAYS };
static const char *const way_names[WAYS] = {"known_clients_to_id", "selector_one_pair",
                                            "selector_two_pairs"};

static bool judge(const char *name, const double *costs, unsigned count, json_t *report) {
  double growth = costs[count - 1] / costs[0];
  bool flat = growth <= flat_limit;
  printf("  %-24s last/first = %.2f, expected flat (<= %.1f): %s\n", name, growth, flat_limit,
         flat ? "met" : "MISSED");
  json_t *values = json_array();
  for (unsigned i = 0; i < count; i++) json_array_append_new(values, json_real(costs[i]));
  json_object_set_new(
      report, name,
      json_pack("{s:o, s:f, s:b}", "cpu_us_per_message", values, "growth", growth, "flat", flat));
  return flat;
}

/* One short relay; every run has a group of its own, so that receivers gone before do not match. */
static double cost_of(const struct options *options, const struct server *server, int way) {
  static struct result result;
  static unsigned group;
  char session[64], to[64];
  double least = 0;
  for (unsigned i = 0; i < CURVE_RUNS; i++) {
    snprintf(session, sizeof session, "{\"kind\":\"x\",\"g\":%u}", ++group);
    snprintf(to, sizeof to, way == WAY_TWO_PAIRS ? "{\"kind\":\"x\",\"g\":%u}" : "{\"g\":%u}",
             group);
    struct cell cell = {.proto = PROTO_EP2,
                        .port = server->port,
                        .pid = server->pid,
                        .receivers = 1,
                        .window = CURVE_WINDOW,
                        .seconds = options->seconds / 3,
                        .session = session,
                        .to = way == WAY_ID ? NULL : to};
    driver_run(&cell, &result);
    if (i == 0 || result.server_cpu < least) least = result.server_cpu;
  }
  return least;
}

bool curves_clients(const struct options *options, json_t *report) {
  static const uint64_t points[MAX_POINTS] = {10, 100, 1000, 10000, 100000};
  unsigned count = options->quick ? 3 : MAX_POINTS;
  double costs[WAYS][MAX_POINTS];
  struct server server;
  server_start(&server, KIND_SERVER_MEMORY, options->server, NULL, options->cpus.server);
  printf(
      "\ncost of a message as known clients grow (window %d; server CPU in microseconds, least of "
      "%d)\n"
      "  %9s %8s %22s %24s %8s\n",
      CURVE_WINDOW, CURVE_RUNS, "clients", "to an id", "to 1 of them {g:n}", "{kind:all, g:n}",
      "RSS MB");
  uint64_t known = 0;
  for (unsigned i = 0; i < count; i++) {
    progress("making %" PRIu64 " clients known", points[i]);
    crowd_join(server.port, known, points[i]);
    known = points[i];
    progress("measuring among %" PRIu64 " clients", known);
    for (int way = 0; way < WAYS; way++) costs[way][i] = cost_of(options, &server, way);
    progress("%s", "");
    printf("  %9" PRIu64 " %8.3f %22.3f %24.3f %8.1f\n", known, costs[WAY_ID][i],
           costs[WAY_ONE_PAIR][i], costs[WAY_TWO_PAIRS][i], (double)process_rss(server.pid) / 1e6);
  }
  server_stop(&server);
  bool met = true;
  for (int way = 0; way < WAYS; way++)
    if (!judge(way_names[way], costs[way], count, report)) met = false;
  return met;
}

/* ---- unconfirmed messages ---- */

struct backlog {
  struct loop loop;
  struct peer sender;
  struct peer receiver;
  uint64_t depth; /* what stays unconfirmed by the receiver */
};

static void backlog_turn(struct backlog *backlog, uint64_t until) {
  struct peer *sender = &backlog->sender;
  struct peer *receiver = &backlog->receiver;
  loop_flush(&backlog->loop);
  loop_turn(&backlog->loop, 100);
  uint64_t done = sender->sent > backlog->depth ? sender->sent - backlog->depth : 0;
  if (done > receiver->expect) done = receiver->expect;
  if (receiver->state == PEER_READY) peer_confirm_below(receiver, done);
  while (sender->sent < until && sender->sent - sender->confirmed < CURVE_WINDOW &&
         sender->sent - receiver->acknowledged < backlog->depth + CURVE_WINDOW)
    peer_send(sender);
}

static void backlog_until_confirmed(struct backlog *backlog, uint64_t until) {
  uint64_t end = now_ns() + 60 * 1000000000ull;
  while (backlog->sender.confirmed < until) {
    backlog_turn(backlog, until);
    if (now_ns() > end) die("the server does not confirm: %" PRIu64, backlog->sender.confirmed);
  }
}

/* A receiver that has been there once, is away while depth messages come, and comes back. */
static void backlog_open(struct backlog *backlog, const struct server *server, uint64_t depth) {
  char to[UUID_LEN + 3];
  *backlog = (struct backlog){.depth = depth};
  loop_open(&backlog->loop);
  peer_init(&backlog->receiver, PROTO_EP2);
  peer_init(&backlog->sender, PROTO_EP2);
  peer_connect(&backlog->receiver, &backlog->loop, server->port, 0);
  peers_wait(&backlog->loop, &backlog->receiver, 1);
  conn_close(&backlog->receiver.conn);
  backlog->receiver.state = PEER_CLOSED;
  peer_connect(&backlog->sender, &backlog->loop, server->port, 0);
  peers_wait(&backlog->loop, &backlog->sender, 1);
  snprintf(to, sizeof to, "\"%s\"", backlog->receiver.id);
  peer_address(&backlog->sender, to);
  peer_send(&backlog->sender);
  backlog_until_confirmed(backlog, depth);
  peer_connect(&backlog->receiver, &backlog->loop, server->port, 0);
  peers_wait(&backlog->loop, &backlog->receiver, 1);
}

/* Everything still undelivered must come, in order. */
static void backlog_close(struct backlog *backlog) {
  uint64_t sent = backlog->sender.sent;
  uint64_t end = now_ns() + 20 * 1000000000ull;
  backlog->depth = 0;
  while (backlog->receiver.expect < sent || backlog->sender.confirmed < sent) {
    backlog_turn(backlog, sent);
    if (now_ns() > end) die("LOST: %" PRIu64 " of %" PRIu64, backlog->receiver.expect, sent);
  }
  conn_free(&backlog->sender.conn);
  conn_free(&backlog->receiver.conn);
  loop_close(&backlog->loop);
}

static double backlog_cost(const struct options *options, const struct server *server,
                           struct backlog *backlog, double *per_second) {
  uint64_t start = now_ns();
  uint64_t end = start + (uint64_t)(options->seconds * 0.6e9);
  uint64_t warm = start + (uint64_t)(options->seconds * 0.1e9);
  uint64_t stalled = end + 20 * 1000000000ull;
  while (backlog->loop.now < warm) backlog_turn(backlog, UINT64_MAX);
  uint64_t cpu = process_cpu_ns(server->pid);
  uint64_t from = backlog->receiver.acknowledged;
  start = now_ns();
  while (backlog->loop.now < end || backlog->receiver.acknowledged == from) {
    backlog_turn(backlog, UINT64_MAX);
    if (backlog->loop.now > stalled) die("nothing moves with %" PRIu64 " waiting", backlog->depth);
  }
  double messages = (double)(backlog->receiver.acknowledged - from);
  *per_second = messages * 1e9 / (double)(now_ns() - start);
  return (double)(process_cpu_ns(server->pid) - cpu) / messages / 1e3;
}

bool curves_unconfirmed(const struct options *options, json_t *report) {
  static const uint64_t points[MAX_POINTS] = {10, 100, 1000, 10000, 99500};
  unsigned count = options->quick ? 3 : MAX_POINTS;
  double costs[MAX_POINTS];
  printf(
      "\ncost of a message while so many are unconfirmed by its receiver (a mailbox holds "
      "100,000)\n"
      "  %11s %10s %9s %8s\n",
      "unconfirmed", "CPU us", "msg/s", "RSS MB");
  for (unsigned i = 0; i < count; i++) {
    struct server server;
    struct backlog backlog;
    double per_second = 0;
    server_start(&server, KIND_SERVER_MEMORY, options->server, NULL, options->cpus.server);
    backlog_open(&backlog, &server, points[i]);
    for (unsigned run = 0; run < CURVE_RUNS; run++) {
      double cost = backlog_cost(options, &server, &backlog, &per_second);
      if (run == 0 || cost < costs[i]) costs[i] = cost;
    }
    printf("  %11" PRIu64 " %10.3f %9.0f %8.1f\n", points[i], costs[i], per_second,
           (double)process_rss(server.pid) / 1e6);
    backlog_close(&backlog);
    server_stop(&server);
  }
  return judge("unconfirmed", costs, count, report);
}
