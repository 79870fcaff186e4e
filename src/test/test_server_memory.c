/* The server core, when memory runs out: at every allocation in turn.
 * Read first: epigeon.h. */
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "test/test_memory.h"
#include "test/test_server.h"

typedef struct {
  test_memory memory;
  uint64_t random;
} scarce;

static void scarce_random(void *context, uint8_t *out, size_t len) {
  scarce *s = context;
  for (size_t i = 0; i < len; i++) out[i] = (uint8_t)(test_random(&s->random) >> 24);
}

static void *scarce_resize(void *context, void *block, size_t from, size_t to) {
  return test_memory_resize(&((scarce *)context)->memory, block, from, to);
}

static bool contains(ep_bytes in, const char *text) {
  size_t len = strlen(text);
  for (size_t i = 0; i + len <= in.len; i++)
    if (memcmp(in.data + i, text, len) == 0) return true;
  return false;
}

typedef struct {
  bool confirmed, delivered, closed;
} seen_output;

static void settle(ep_server *server, ep_conn sender, seen_output *seen) {
  (void)ep_server_records(server);
  ep_server_committed(server, true, 1);
  ep_ready ready;
  while (ep_server_next_ready(server, &ready, 1)) {
    if (contains(ready.output, "message.confirm") && ready.conn == sender) seen->confirmed = true;
    if (contains(ready.output, "fromId")) seen->delivered = true;
    if (ready.close)
      ep_server_hangup(server, ready.conn, 1);
    else
      ep_server_sent(server, ready.conn, ready.output.len, 1);
    if (ready.close && ready.conn == sender) seen->closed = true;
  }
}

static void tell(ep_server *server, ep_conn conn, const char *frame) {
  (void)ep_server_receive(server, conn, ep_bytes_of(frame, strlen(frame)), 1);
}

static ep_conn enter(ep_server *server, const char *auth) {
  ep_peer peer = {.local = true};
  ep_conn conn = 0;
  if (ep_server_accept(server, &conn, &peer, 1) != EP_OK) return 0;
  tell(server, conn, auth);
  return conn;
}

/* Gives out what there is to write; to `stalled` it stays on its way. True: conn was closed. */
static bool give_out(ep_server *server, ep_conn stalled, size_t *on_its_way, ep_conn conn) {
  bool closed = false;
  ep_ready ready;
  (void)ep_server_records(server);
  ep_server_committed(server, true, 1);
  while (ep_server_next_ready(server, &ready, 1)) {
    if (ready.conn == stalled)
      *on_its_way = ready.output.len;
    else if (ready.close)
      ep_server_hangup(server, ready.conn, 1);
    else
      ep_server_sent(server, ready.conn, ready.output.len, 1);
    if (ready.close && ready.conn == conn) closed = true;
  }
  return closed;
}

/* EP-ERR-5. There is no memory to tell `a` who went. Then a buffer becomes free and somebody else
 * goes: `a` must not be told that alone, but closed. */
bool server_closes_who_missed_output(void) {
  char big[6000];
  size_t on_its_way = 0;
  scarce s = {.random = 7};
  ep_server_config config = {.surroundings = {.allocator = {scarce_resize, &s}}};
  config.surroundings.random = scarce_random;
  config.surroundings.context = &s;
  ep_server *server;
  if (ep_server_new(&server, &config) != EP_OK) return false;
  ep_conn a = enter(server, "{\"action\":\"auth\",\"payload\":\"a\"}\f");
  ep_conn b = enter(server, "{\"action\":\"auth\",\"payload\":\"b\"}\f");
  ep_conn c = enter(server, "{\"action\":\"auth\",\"payload\":\"c\"}\f");
  ep_conn d = enter(server, "{\"action\":\"auth\",\"payload\":\"d\"}\f");
  give_out(server, 0, &on_its_way, a);
  snprintf(big, sizeof big,
           "{\"action\":\"message.new\",\"payload\":{\"to\":\"b\",\"id\":0,"
           "\"uid\":\"u\",\"payload\":\"%05000d\"}}\f",
           0);
  tell(server, c, big);
  give_out(server, b, &on_its_way, a);
  s.memory.fail_at = s.memory.calls + 1;
  s.memory.fail_on = true;
  ep_server_hangup(server, d, 1);
  s.memory.fail_at = 0;
  ep_server_sent(server, b, on_its_way, 1);
  ep_server_hangup(server, c, 1);
  bool closed = give_out(server, 0, &on_its_way, a);
  ep_server_free(server);
  return closed && on_its_way > 5000 && s.memory.live == 0;
}

bool server_survives_failing_allocation(bool *reached, size_t fail_at, bool on) {
  scarce s = {.random = 7};
  s.memory.fail_at = fail_at;
  s.memory.fail_on = on;
  ep_server_config config = {.durable = true};
  config.surroundings.allocator = (ep_allocator){scarce_resize, &s};
  config.surroundings.random = scarce_random;
  config.surroundings.context = &s;
  ep_server *server;
  if (ep_server_new(&server, &config) != EP_OK) return s.memory.live == 0;
  seen_output seen = {0};
  ep_conn a = enter(
      server,
      "{\"action\":\"auth\",\"payload\":\"a\",\"version\":2,\"instance\":\"i\",\"expect\":0}\f");
  ep_conn b = enter(server, "{\"action\":\"auth\",\"payload\":\"b\"}\f");
  settle(server, a, &seen);
  seen.confirmed = false;
  tell(server, b, "{\"action\":\"session.update\",\"payload\":{\"k\":1}}\f");
  tell(server, a,
       "{\"action\":\"message.new\",\"payload\":{\"to\":{\"k\":1},\"id\":0,\"uid\":\"u\","
       "\"receipt\":true}}\f");
  settle(server, a, &seen);
  tell(server, b, "{\"action\":\"message.confirm\",\"payload\":\"u\"}\f");
  tell(server, a,
       "{\"action\":\"message.new\",\"payload\":{\"to\":\"nobody\",\"id\":1,\"uid\":\"v\"}}\f");
  settle(server, a, &seen);
  *reached = s.memory.calls >= fail_at;
  bool kept = !seen.confirmed || seen.delivered;
  if (!kept) { /* the copy may still be in the mailbox of somebody who was cut off */
    s.memory.fail_at = 0;
    ep_conn again = enter(server, "{\"action\":\"auth\",\"payload\":\"b\"}\f");
    settle(server, 0, &seen);
    tell(server, again, "{\"action\":\"session.update\",\"payload\":{\"k\":1}}\f");
    settle(server, 0, &seen);
    kept = seen.delivered;
  }
  ep_server_free(server);
  return kept && s.memory.live == 0;
}
