/* epigeon-bench: the sender, the receivers and the figures. Everything is checked while it is
 * measured: at each receiver ids and the sender's numbers run from 0 without a gap, payloads are
 * unchanged; at the end every message is confirmed and delivered everywhere. See driver.h. */
#define _GNU_SOURCE
#include "driver.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "net.h"
#include "peer.h"
#include "util.h"

enum { STAMPS = 1 << 20, STALL_S = 10, AFTER_MS = 5 };

struct receiver {
  uint64_t got;
  struct driver *driver;
};

struct driver {
  const struct cell *cell;
  struct result *result;
  struct loop loop;
  struct peer *peers; /* receivers, then the sender */
  struct receiver *receivers;
  struct peer *sender;
  uint64_t *stamps; /* when message n was handed over, at n % STAMPS */
  uint64_t delivered;
  uint64_t confirms_seen;
  uint64_t timed;  /* messages below it were sent while warming up: no latency */
  bool last_phase; /* wait for everything at its end */
};

/* What is read twice: at the start and at the end of the measured time. */
struct mark {
  uint64_t at;
  uint64_t server;
  uint64_t driver;
  uint64_t delivered;
};

static struct mark mark_now(const struct driver *driver) {
  return (struct mark){.at = now_ns(),
                       .server = process_cpu_ns(driver->cell->pid),
                       .driver = own_cpu_ns(),
                       .delivered = driver->delivered};
}

static void on_message(struct peer *peer, uint64_t number) {
  struct receiver *receiver = peer->user;
  struct driver *driver = receiver->driver;
  if (number != receiver->got)
    die("client %s: message %" PRIu64 " arrived in the place of %" PRIu64, peer->id, number,
        receiver->got);
  if (number >= driver->sender->sent) die("message %" PRIu64 " was never sent", number);
  if (driver->sender->sent - number > STAMPS) die("a receiver is %d messages behind", STAMPS);
  receiver->got++;
  driver->delivered++;
  if (number >= driver->timed)
    hist_add(&driver->result->receipt, driver->loop.now - driver->stamps[number % STAMPS], 1);
}

static void on_confirm(struct peer *peer, uint64_t confirmed) {
  struct driver *driver = peer->user;
  for (; driver->confirms_seen < confirmed; driver->confirms_seen++) {
    uint64_t stamp = driver->stamps[driver->confirms_seen % STAMPS];
    if (driver->confirms_seen >= driver->timed)
      hist_add(&driver->result->confirm, driver->loop.now - stamp, 1);
  }
}

/* The number behind the last message that may be sent now. */
static uint64_t sendable(const struct driver *driver, uint64_t window) {
  uint64_t end = driver->sender->confirmed + window, ahead = driver->cell->ahead;
  for (unsigned i = 0; ahead != 0 && i < driver->cell->receivers; i++)
    if (driver->receivers[i].got + ahead < end) end = driver->receivers[i].got + ahead;
  return end;
}

static void fill_window(struct driver *driver, uint64_t window) {
  struct peer *sender = driver->sender;
  uint64_t end = sendable(driver, window);
  if (sender->sent >= end) return;
  uint64_t now = now_ns();
  while (sender->sent < end) {
    driver->stamps[sender->sent % STAMPS] = now;
    peer_send(sender);
  }
}

/* One turn of the loop: read what has come, confirm it, and with window > 0 send what may be sent.
 */
static void turn(struct driver *driver, uint64_t window, int timeout_ms) {
  loop_flush(&driver->loop);
  loop_turn(&driver->loop, timeout_ms);
  for (unsigned i = 0; i < driver->cell->receivers; i++) peer_confirm(&driver->peers[i]);
  fill_window(driver, window);
}

static void send_for(struct driver *driver, double seconds) {
  uint64_t window = driver->cell->window;
  if (window > driver->sender->window) window = driver->sender->window;
  uint64_t end = now_ns() + (uint64_t)(seconds * 1e9);
  uint64_t before = driver->delivered;
  uint64_t stalled = now_ns();
  fill_window(driver, window);
  while (driver->loop.now < end) {
    turn(driver, window, 100);
    if (driver->delivered != before) stalled = driver->loop.now;
    before = driver->delivered;
    if (driver->loop.now > stalled + STALL_S * 1000000000ull)
      break; /* drain() says what is missing */
  }
}

/* Waits until everything sent is confirmed and delivered everywhere, then a little for what must
 * not come. */
static void drain(struct driver *driver) {
  const struct peer *sender = driver->sender;
  uint64_t end = now_ns() + STALL_S * 1000000000ull;
  while (sender->confirmed < sender->sent ||
         driver->delivered < sender->sent * driver->cell->receivers) {
    turn(driver, 0, 100);
    if (now_ns() > end)
      die("LOST: %" PRIu64 " sent, %" PRIu64 " confirmed, %" PRIu64 " of %" PRIu64 " delivered",
          sender->sent, sender->confirmed, driver->delivered,
          sender->sent * driver->cell->receivers);
  }
}

static void open_peers(struct driver *driver) {
  const struct cell *cell = driver->cell;
  const char *session = cell->session ? cell->session : "{\"g\":1}";
  char to[UUID_LEN + 3];
  driver->peers = must_alloc(NULL, (cell->receivers + 1) * sizeof *driver->peers);
  driver->receivers = must_alloc(NULL, cell->receivers * sizeof *driver->receivers);
  for (unsigned i = 0; i <= cell->receivers; i++) {
    struct peer *peer = &driver->peers[i];
    peer_init(peer, cell->proto);
    if (i < cell->receivers) {
      driver->receivers[i] = (struct receiver){.driver = driver};
      peer->user = &driver->receivers[i];
      peer->on_message = on_message;
      peer->session = session;
    }
    peer_connect(peer, &driver->loop, cell->port, 0);
  }
  peers_wait(&driver->loop, driver->peers, cell->receivers + 1);
  driver->sender = &driver->peers[cell->receivers];
  driver->sender->user = driver;
  driver->sender->on_confirm = on_confirm;
  snprintf(to, sizeof to, "\"%s\"", driver->peers[0].id);
  peer_address(driver->sender, cell->to ? cell->to : cell->receivers > 1 ? "{\"g\":1}" : to);
}

static void close_peers(struct driver *driver) {
  for (unsigned i = 0; i <= driver->cell->receivers; i++) conn_free(&driver->peers[i].conn);
  loop_close(&driver->loop);
  free(driver->peers);
  free(driver->receivers);
  free(driver->stamps);
}

static void fill_result(struct result *result, const struct mark *from, const struct mark *to) {
  double wall = (double)(to->at - from->at);
  assert(wall > 0 && to->delivered > from->delivered);
  result->deliveries = to->delivered - from->delivered;
  result->rate = (double)result->deliveries * 1e9 / wall;
  result->server_cpu = (double)(to->server - from->server) / (double)result->deliveries / 1e3;
  result->server_busy = (double)(to->server - from->server) / wall;
  result->driver_busy = (double)(to->driver - from->driver) / wall;
}

/* One phase: `before` seconds that do not count, then those that do. */
static void phase_run(struct driver *driver, double before, struct result *result) {
  driver->result = result;
  hist_clear(&result->receipt);
  hist_clear(&result->confirm);
  driver->timed = UINT64_MAX;
  send_for(driver, before);
  struct mark from = mark_now(driver);
  driver->timed = driver->sender->sent;
  send_for(driver, driver->cell->seconds);
  if (driver->last_phase) drain(driver);
  struct mark to = mark_now(driver);
  result->rss = process_rss(driver->cell->pid);
  fill_result(result, &from, &to);
}

void driver_phases(const struct cell *cell, const struct phases *phases, struct result *results) {
  assert(cell->receivers > 0 && cell->window > 0 && phases->count > 0);
  struct driver driver = {.cell = cell, .result = results};
  driver.stamps = must_alloc(NULL, STAMPS * sizeof *driver.stamps);
  loop_open(&driver.loop);
  open_peers(&driver);
  for (unsigned i = 0; i < phases->count; i++) {
    if (phases->begin) phases->begin(phases->context, i);
    driver.last_phase = i + 1 == phases->count;
    phase_run(&driver, phases->before, &results[i]);
  }
  turn(&driver, 0, AFTER_MS);
  close_peers(&driver);
}

void driver_run(const struct cell *cell, struct result *result) {
  struct phases one = {.count = 1, .before = cell->seconds / 10};
  driver_phases(cell, &one, result);
}
