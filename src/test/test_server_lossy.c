/* Tests of the server core (floor 4): what next_ready gives out on a lossy transport, frame by
 * frame, and that a client leaves even when there is no memory.
 * Read first: epigeon.h (ep_ready), test_memory.h. */
#include <string.h>

#include "base/bytes.h"
#include "test/test_memory.h"
#include "test/test_server.h"

#define AUTH2(id) \
  "{\"action\":\"auth\",\"payload\":\"" id "\",\"version\":2,\"instance\":\"i\",\"expect\":0}\f"

static test_memory memory;
static uint64_t chance;
static ep_server *server;

static void fill_random(void *context, uint8_t *out, size_t len) {
  (void)context;
  for (size_t i = 0; i < len; i++) out[i] = (uint8_t)(test_random(&chance) >> 24);
}

static void setup(void) {
  ep_server_config config = {.surroundings = {.random = fill_random}};
  memory = (test_memory){.live = 0};
  chance = 7;
  config.surroundings.allocator = test_allocator(&memory);
  ck_assert_int_eq(ep_server_new(&server, &config), EP_OK);
}

static void teardown(void) {
  ep_server_free(server);
  ck_assert_uint_eq(memory.live, 0);
}

static void tell(ep_conn conn, const char *frame) {
  (void)ep_server_receive(server, conn, ep_bytes_of(frame, strlen(frame)), 1);
}

static ep_conn enter(ep_transport transport, const char *auth) {
  ep_peer peer = {.transport = transport, .local = true};
  ep_conn conn = 0;
  ck_assert_int_eq(ep_server_accept(server, &conn, &peer, 1), EP_OK);
  tell(conn, auth);
  return conn;
}

static void end_turn(void) {
  (void)ep_server_records(server);
  ep_server_committed(server, true, 1);
}

static bool contains(ep_bytes in, const char *text) {
  size_t len = strlen(text);
  if (len == 0) return true;
  for (size_t i = 0; i + len <= in.len; i++)
    if (memcmp(in.data + i, text, len) == 0) return true;
  return false;
}

/* The next one is for conn, and says this. */
static ep_ready ready_with(ep_conn conn, const char *text) {
  ep_ready ready;
  ck_assert(ep_server_next_ready(server, &ready, 1));
  ck_assert_uint_eq(ready.conn, conn);
  ck_assert_msg(contains(ready.output, text), "%.*s", (int)ready.output.len,
                (const char *)ready.output.data);
  return ready;
}

static void nothing_ready(void) {
  ep_ready ready;
  ck_assert(!ep_server_next_ready(server, &ready, 1));
}

START_TEST(frame_is_given_once_until_it_is_sent) {
  ep_conn a = enter(EP_LOSSY, AUTH2("a"));
  end_turn();
  ep_ready first = ready_with(a, "auth");
  tell(a, "{\"action\":\"ping\"}\f"); /* something happens while the frame is under way */
  end_turn();
  nothing_ready();
  ep_server_sent(server, a, first.output.len, 1);
  ready_with(a, "pong");
}
END_TEST

/* EP-TIME-4: what was written before the close leaves before it. */
START_TEST(last_frames_leave_before_the_close) {
  ep_conn a = enter(EP_LOSSY, AUTH2("a"));
  end_turn();
  ep_ready ready = ready_with(a, "auth");
  tell(a, "{\"action\":\"ping\"}\fno frame\f");
  end_turn();
  ep_server_sent(server, a, ready.output.len, 1);
  ready = ready_with(a, "pong");
  ck_assert(!ready.close);
  ep_server_stop(server, 1);
  ep_server_sent(server, a, ready.output.len, 1);
  ready = ready_with(a, "malformed");
  ck_assert(ready.close);
  ep_server_hangup(server, a, 1);
}
END_TEST

/* The first frame waits alone in one buffer, the last ones in another. */
START_TEST(error_behind_a_frame_under_way_leaves_too) {
  ep_conn a = enter(EP_LOSSY, AUTH2("a"));
  tell(a, "{\"action\":\"ping\"}\f");
  end_turn();
  ep_ready ready = ready_with(a, "auth");
  ep_conn b = enter(EP_STREAM, AUTH2("a")); /* EP-TAKE-1: a is told why */
  end_turn();
  ep_server_sent(server, a, ready.output.len, 1);
  ready = ready_with(a, "pong");
  ck_assert(!ready.close);
  ready_with(b, "auth");
  ep_server_sent(server, a, ready.output.len, 1);
  ck_assert(ready_with(a, "replaced").close);
}
END_TEST

/* EP-TIME-5 */
START_TEST(close_does_not_wait_for_a_frame_under_way) {
  ep_conn a = enter(EP_LOSSY, AUTH2("a"));
  tell(a, "{\"action\":\"ping\"}\f");
  end_turn();
  ready_with(a, "auth"); /* never sent */
  tell(a, "{\"action\":\"bye\"}\f");
  end_turn();
  nothing_ready();
  ep_server_tick(server, 2001);
  end_turn();
  ep_ready ready = ready_with(a, "");
  ck_assert(ready.close && ready.output.len == 0);
}
END_TEST

/* EP-ERR-5, EP-PRES-2: whoever is cut off for want of memory has left. */
START_TEST(leaving_needs_no_memory) {
  ep_conn a = enter(EP_STREAM, "{\"action\":\"auth\",\"payload\":\"a\"}\f");
  ep_conn b = enter(EP_STREAM, AUTH2("b"));
  ep_ready ready;
  end_turn();
  while (ep_server_next_ready(server, &ready, 1))
    ep_server_sent(server, ready.conn, ready.output.len, 1);
  memory.fail_at = memory.calls + (size_t)_i;
  memory.fail_on = true;
  tell(a, "{\"action\":\"message.new\",\"payload\":{\"to\":{},\"id\":5,\"uid\":\"u\"}}\f");
  ep_server_hangup(server, a, 1);
  memory.fail_at = 0;
  tell(b, "{\"action\":\"clients.list\"}\f");
  end_turn();
  ready = ready_with(b, "\"uuid\":\"a\",\"state\":\"disconnected\"");
  ep_server_sent(server, b, ready.output.len, 1);
  nothing_ready();
}
END_TEST

/* EP-ERR-5: what there is no memory to read is not wrong, and refusing it would stop the client. */
START_TEST(want_of_memory_is_no_refusal) {
  ep_conn a = enter(EP_STREAM, AUTH2("a"));
  ep_peer peer = {.local = true};
  ep_conn b;
  ep_ready ready;
  end_turn();
  ready = ready_with(a, "auth");
  ep_server_sent(server, a, ready.output.len, 1);
  ck_assert_int_eq(ep_server_accept(server, &b, &peer, 1), EP_OK);
  memory.fail_at = memory.calls + (size_t)_i;
  tell(a, "{\"action\":\"clients.list\",\"payload\":{\"room\":7}}\f");
  tell(b,
       "{\"action\":\"auth\",\"payload\":\"b\",\"version\":2,\"instance\":\"i\",\"expect\":0,"
       "\"presence\":{\"room\":7}}\f");
  end_turn();
  memory.fail_at = 0;
  while (ep_server_next_ready(server, &ready, 1)) {
    ck_assert(!contains(ready.output, "bad-to") && !contains(ready.output, "bad-auth"));
    if (ready.close)
      ep_server_hangup(server, ready.conn, 1);
    else
      ep_server_sent(server, ready.conn, ready.output.len, 1);
  }
}
END_TEST

TCase *ep_tests_server_lossy(void) {
  TCase *tests = tcase_create("lossy");
  tcase_add_checked_fixture(tests, setup, teardown);
  tcase_add_test(tests, frame_is_given_once_until_it_is_sent);
  tcase_add_test(tests, last_frames_leave_before_the_close);
  tcase_add_test(tests, error_behind_a_frame_under_way_leaves_too);
  tcase_add_test(tests, close_does_not_wait_for_a_frame_under_way);
  tcase_add_loop_test(tests, leaving_needs_no_memory, 1, 12);
  tcase_add_loop_test(tests, want_of_memory_is_no_refusal, 1, 24);
  return tests;
}
