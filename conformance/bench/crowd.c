/* epigeon-bench: many clients, and the idle connections. See crowd.h and curves.h. */
#define _GNU_SOURCE
#include "crowd.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "curves.h"
#include "peer.h"
#include "server.h"
#include "util.h"

enum { SLOTS = 64, PORTS_PER_SOURCE = 20000, SETTLE_MS = 500 };
enum { IDLE_COUNT = 10000, IDLE_QUICK = 1000, IDLE_TARGET = 4096, SPARE_FILES = 100 };

struct slot {
  struct peer peer;
  char session[64];
};

static void slot_open(struct slot *slot, struct loop *loop, uint16_t port, uint64_t number) {
  unsigned source = 1 + (unsigned)(number / PORTS_PER_SOURCE) % 200;
  conn_free(&slot->peer.conn);
  peer_init(&slot->peer, PROTO_EP2);
  snprintf(slot->session, sizeof slot->session, "{\"kind\":\"x\",\"g\":%" PRIu64 "}",
           1000000 + number);
  slot->peer.session = slot->session;
  peer_connect(&slot->peer, loop, port, source);
}

void crowd_join(uint16_t port, uint64_t first, uint64_t last) {
  struct loop loop;
  loop_open(&loop);
  struct slot *slots = must_alloc(NULL, SLOTS * sizeof *slots);
  for (unsigned i = 0; i < SLOTS; i++) slots[i].peer = (struct peer){.conn = {.fd = -1}};
  uint64_t next = first, done = first;
  uint64_t end = now_ns() + 20 * 1000000000ull;
  while (done < last) {
    for (unsigned i = 0; i < SLOTS; i++) {
      struct peer *peer = &slots[i].peer;
      if (peer->state == PEER_READY) {
        conn_close(&peer->conn);
        peer->state = PEER_CLOSED;
        done++;
        end = now_ns() + 20 * 1000000000ull;
      }
      if (peer->state == PEER_CLOSED && next < last) slot_open(&slots[i], &loop, port, next++);
    }
    loop_flush(&loop);
    if (done < last) loop_turn(&loop, 100);
    if (now_ns() > end) die("client %" PRIu64 " cannot join: no answer", done);
  }
  for (unsigned i = 0; i < SLOTS; i++) conn_free(&slots[i].peer.conn);
  free(slots);
  loop_close(&loop);
}

/* Opens the peers and keeps answering pings until the server has settled. */
static void idle_connect(struct loop *loop, const struct server *server, struct peer *peers,
                         unsigned count) {
  for (unsigned at = 0; at < count;) {
    unsigned batch = count - at < SLOTS ? count - at : SLOTS;
    for (unsigned i = at; i < at + batch; i++) {
      peer_init(&peers[i], PROTO_EP2);
      peer_connect(&peers[i], loop, server->port, 0);
    }
    peers_wait(loop, peers + at, batch);
    at += batch;
  }
  for (uint64_t end = now_ns() + SETTLE_MS * 1000000ull; now_ns() < end;) {
    loop_turn(loop, 50);
    loop_flush(loop);
  }
}

bool idle_run(const struct options *options, json_t *report) {
  static const char *const extra[] = {"--connections", "20000", NULL};
  unsigned count = options->quick ? IDLE_QUICK : IDLE_COUNT;
  size_t files = raise_open_files();
  if (files < count + SPARE_FILES) {
    count = files > 2 * SPARE_FILES ? (unsigned)(files - SPARE_FILES) : SPARE_FILES;
    printf("\nonly %zu files may be open: %u idle connections\n", files, count);
  }
  struct server server;
  struct loop loop;
  struct peer warm;
  loop_open(&loop);
  server_start(&server, KIND_SERVER_MEMORY, options->server, extra, options->cpus.server);
  idle_connect(&loop, &server, &warm, 1);
  struct peer *peers = must_alloc(NULL, count * sizeof *peers);
  uint64_t before = process_rss(server.pid);
  idle_connect(&loop, &server, peers, count);
  uint64_t after = process_rss(server.pid);
  double each = after > before ? (double)(after - before) / count : 0;
  bool met = each <= IDLE_TARGET;
  printf("\nidle: %u connections, RSS %.1f MB -> %.1f MB: %.0f bytes each, <= %d: %s\n", count,
         (double)before / 1e6, (double)after / 1e6, each, IDLE_TARGET, met ? "met" : "MISSED");
  json_object_set_new(
      report, "idle",
      json_pack("{s:i, s:f, s:b}", "connections", (int)count, "bytes_each", each, "met", met));
  for (unsigned i = 0; i < count; i++) conn_free(&peers[i].conn);
  conn_free(&warm.conn);
  free(peers);
  server_stop(&server);
  loop_close(&loop);
  return met;
}
