/* epigeon-bench: one client. See peer.h. */
#define _GNU_SOURCE
#include "peer.h"

#include <assert.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "util.h"

enum { HANDSHAKE_WAIT_S = 20 };

static void peer_frame(struct conn *conn, const char *frame, size_t len);

static void peer_gone(struct conn *conn, const char *why) {
  struct peer *peer = conn->user;
  die("connection of client %s lost: %s", peer->id, why);
}

static const struct conn_hooks peer_hooks = {.frame = peer_frame, .gone = peer_gone};

static void put_inner(struct peer *peer, bool enveloped, const char *inner) {
  char frame[FRAME_MAX];
  conn_put(&peer->conn, frame, frame_wrap(enveloped, inner, frame));
}

void peer_init(struct peer *peer, enum proto proto) {
  *peer = (struct peer){.proto = proto, .conn = {.fd = -1}, .window = UINT64_MAX};
  uuid_make(random_u64(), random_u64(), peer->id);
  snprintf(peer->instance, sizeof peer->instance, "bench-%016" PRIx64, random_u64());
}

void peer_connect(struct peer *peer, struct loop *loop, uint16_t port, unsigned source) {
  char inner[512];
  conn_free(&peer->conn);
  conn_open(&peer->conn, loop, net_connect(port, source), &peer_hooks, peer);
  peer->state = PEER_AUTH;
  if (peer->proto == PROTO_RAW) { /* the relay only wants to know which side this is */
    const char *hello = peer->session ? "R\f" : "S\f";
    conn_put(&peer->conn, hello, 2);
    return;
  }
  if (peer->proto == PROTO_EP1) {
    snprintf(inner, sizeof inner, "{\"action\":\"auth\",\"payload\":\"%s\"}", peer->id);
  } else {
    snprintf(inner, sizeof inner,
             "{\"action\":\"auth\",\"payload\":\"%s\",\"version\":2,\"instance\":\"%s\","
             "\"expect\":%" PRIu64 ",\"window\":4096}",
             peer->id, peer->instance, peer->expect);
  }
  put_inner(peer, true, inner);
}

void peers_wait(struct loop *loop, struct peer *peers, unsigned count) {
  uint64_t deadline = now_ns() + (uint64_t)HANDSHAKE_WAIT_S * 1000000000u;
  unsigned ready = 0;
  while (ready < count) {
    loop_flush(loop);
    loop_turn(loop, 100);
    while (ready < count && peers[ready].state == PEER_READY) ready++;
    if (ready < count && now_ns() > deadline)
      die("client %s: no answer to auth or session.update", peers[ready].id);
  }
  loop_flush(loop);
}

void peer_address(struct peer *peer, const char *to_json) {
  maker_init(&peer->maker, peer->proto, peer->id, to_json);
  peer->up_base = peer->up_next;
  assert(peer->sent == 0);
}

void peer_send(struct peer *peer) {
  char *room = conn_room(&peer->conn, maker_size(&peer->maker));
  conn_wrote(&peer->conn, maker_put(&peer->maker, peer->up_next, peer->sent, room));
  peer->up_next++;
  peer->sent++;
}

void peer_confirm_below(struct peer *peer, uint64_t next) {
  static const char start[] = "{\"action\":\"message.confirm\",\"payload\":";
  assert(peer->proto == PROTO_EP2 && next <= peer->expect);
  if (next <= peer->acknowledged) return;
  char *out = conn_room(&peer->conn, sizeof start + 24);
  size_t len = sizeof start - 1;
  memcpy(out, start, len);
  len += put_number(out + len, next - 1);
  memcpy(out + len, "}\f", 2);
  conn_wrote(&peer->conn, len + 2);
  peer->acknowledged = next;
}

void peer_confirm(struct peer *peer) {
  if (peer->proto == PROTO_EP2) peer_confirm_below(peer, peer->expect);
}

/* EP/1 and the relay: one confirm for each message. */
static void confirm_one(struct peer *peer, const char *uid) {
  static const char start[] =
      "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"message.confirm\\\","
      "\\\"payload\\\":\\\"";
  static const char end[] = "\\\"}\"}\f";
  if (peer->proto == PROTO_RAW) {
    conn_put(&peer->conn, raw_confirm, CONFIRM_LEN);
    return;
  }
  char *out = conn_room(&peer->conn, sizeof start + UUID_LEN + sizeof end);
  memcpy(out, start, sizeof start - 1);
  memcpy(out + sizeof start - 1, uid, UUID_LEN);
  memcpy(out + sizeof start - 1 + UUID_LEN, end, sizeof end - 1);
  conn_wrote(&peer->conn, sizeof start - 1 + UUID_LEN + sizeof end - 1);
}

static void got_message(struct peer *peer, const char *frame, size_t len) {
  struct message message;
  if (!frame_message(&peer->scan, peer->proto, frame, len, &message))
    die("client %s got a message that nobody sent: %.*s", peer->id, (int)(len < 600 ? len : 600),
        frame);
  if (message.id != peer->expect)
    die("client %s: %s: got id %" PRIu64 ", expected %" PRIu64, peer->id,
        message.id < peer->expect ? "REPEATED or out of order" : "LOST or out of order", message.id,
        peer->expect);
  peer->expect++;
  if (peer->proto != PROTO_EP2) confirm_one(peer, message.uid);
  if (peer->on_message) peer->on_message(peer, message.number);
}

static void got_confirm(struct peer *peer, const char *frame, size_t len) {
  uint64_t value = 0;
  if (peer->proto == PROTO_RAW) {
    value = peer->confirmed;
  } else if (!frame_confirm(peer->proto, frame, len, &value)) {
    die("client %s: not a confirm: %.*s", peer->id, (int)len, frame);
  }
  if (peer->proto == PROTO_EP2) {
    if (value >= peer->up_next) die("confirmed %" PRIu64 ", which was never sent", value);
    if (peer->state == PEER_SESSION) peer->state = PEER_READY;
    if (value < peer->up_base) return;
    value -= peer->up_base;
  } else if (value != peer->confirmed) {
    die("message %" PRIu64 " confirmed in the place of %" PRIu64, value, peer->confirmed);
  }
  if (value + 1 < peer->confirmed || value >= peer->sent) die("a confirm went back");
  peer->confirmed = value + 1;
  if (peer->on_confirm) peer->on_confirm(peer, peer->confirmed);
}

static uint64_t json_count(const json_t *object, const char *name) {
  const json_t *value = json_object_get(object, name);
  if (!json_is_integer(value) || json_integer_value(value) < 0)
    die("the auth reply has no usable \"%s\"", name);
  return (uint64_t)json_integer_value(value);
}

static void got_auth_v2(struct peer *peer, const char *frame, size_t len) {
  json_t *outer = json_loadb(frame, len, 0, NULL);
  const char *data = json_string_value(json_object_get(outer, "data"));
  json_t *inner = data ? json_loads(data, 0, NULL) : NULL;
  if (!inner) die("the auth reply is not JSON in an envelope: %.*s", (int)len, frame);
  if (!json_object_get(inner, "version") || json_count(inner, "version") != 2)
    die("the server does not speak EP/2: %.*s", (int)len, frame);
  if (json_count(inner, "expect") != peer->up_next)
    die("the server expects id %" PRIu64 " where %" PRIu64 " is next", json_count(inner, "expect"),
        peer->up_next);
  peer->window = json_count(inner, "window");
  json_decref(inner);
  json_decref(outer);
}

static void got_auth(struct peer *peer, const char *frame, size_t len) {
  char inner[512];
  if (peer->state != PEER_AUTH) die("client %s: a second auth reply", peer->id);
  const char *session = peer->session;
  if (peer->proto == PROTO_EP1) {
    snprintf(inner, sizeof inner, "{\"action\":\"session.update\",\"payload\":%s}",
             session ? session : "{}");
    put_inner(peer, true, inner);
    peer->state = PEER_SESSION;
    return;
  }
  got_auth_v2(peer, frame, len);
  peer->state = PEER_READY;
  if (!session || peer->up_next > 0) return; /* none, or the server still has it */
  snprintf(inner, sizeof inner, "{\"action\":\"session.update\",\"payload\":%s,\"id\":%" PRIu64 "}",
           session, peer->up_next++);
  put_inner(peer, false, inner);
  peer->up_base = peer->up_next;
  peer->state = PEER_SESSION;
}

/* The same frame with its second letter changed: a pong carries what the ping carried. */
static void got_ping(struct peer *peer, const char *frame, size_t len) {
  size_t at = 0;
  char *out = conn_room(&peer->conn, len + 1);
  memcpy(out, frame, len);
  const char *name = memmem(frame, len, "ping", 4);
  if (name) at = (size_t)(name - frame);
  out[at + 1] = 'o';
  out[len] = FRAME_END;
  conn_wrote(&peer->conn, len + 1);
}

static void peer_frame(struct conn *conn, const char *frame, size_t len) {
  struct peer *peer = conn->user;
  if (peer->proto == PROTO_RAW && peer->state == PEER_AUTH) {
    peer->state = PEER_READY;
    return;
  }
  switch (frame_action(peer->proto, frame, len)) {
    case ACTION_MESSAGE: got_message(peer, frame, len); break;
    case ACTION_CONFIRM: got_confirm(peer, frame, len); break;
    case ACTION_AUTH: got_auth(peer, frame, len); break;
    case ACTION_PING: got_ping(peer, frame, len); break;
    case ACTION_SESSION: /* EP/1: everybody's updates; ours says that the server has it */
      if (peer->state == PEER_SESSION && memmem(frame, len, peer->id, UUID_LEN))
        peer->state = PEER_READY;
      break;
    case ACTION_ERROR:
    case ACTION_BYE: die("client %s was told: %.*s", peer->id, (int)len, frame);
    case ACTION_OTHER: break;
  }
}
