/* The server core: limits of chapter 14 that cannot be set smaller, or take much to be reached, at
 * one below, exactly, and one above; and that nothing is left of what was large.
 * Read first: test_server_counts.c. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "tables.h"
#include "test/test_server.h"
#include "test/test_server_talk.h"

/* ---- Without the driver, which is made for less: bytes in, and what the core writes to `of` ----
 */

static ep_bytes turn_of(ep_conn wanted) {
  static uint8_t seen[2 * EP_LIMIT_OUTPUT];
  ep_server *core = server_driver_core(driver);
  uint64_t now_ms = server_driver_now(driver);
  ep_bytes out = {seen, 0};
  ep_ready ready;
  (void)ep_server_records(core);
  ep_server_committed(core, true, now_ms);
  while (ep_server_next_ready(core, &ready, now_ms)) {
    if (ready.conn == wanted) {
      ck_assert_uint_le(out.len + ready.output.len, sizeof seen);
      memcpy(seen + out.len, ready.output.data, ready.output.len);
      out.len += ready.output.len;
    }
    ep_server_sent(core, ready.conn, ready.output.len, now_ms);
  }
  return out;
}

static ep_conn come(const char *id) {
  char auth[300];
  ep_peer peer = {.local = true};
  ep_conn conn = 0;
  ck_assert_int_eq(ep_server_accept(server_driver_core(driver), &conn, &peer, 0), EP_OK);
  int len = snprintf(auth, sizeof auth,
                     "{\"action\":\"auth\",\"payload\":\"%s\",\"version\":2,\"instance\":\"i\","
                     "\"expect\":0}\f",
                     id);
  ep_bytes bytes = {(const uint8_t *)auth, (size_t)len};
  ep_server_receive(server_driver_core(driver), conn, bytes, server_driver_now(driver));
  turn_of(conn);
  return conn;
}

static void visit(const char *name, unsigned number) {
  char id[40];
  snprintf(id, sizeof id, "%s%u", name, number);
  ep_server_hangup(server_driver_core(driver), come(id), server_driver_now(driver));
  turn_of(0);
}

static ep_bytes list_for(ep_conn conn) {
  ep_server_receive(server_driver_core(driver), conn,
                    EP_LITERAL("{\"action\":\"clients.list\",\"payload\":{}}\f"),
                    server_driver_now(driver));
  return turn_of(conn);
}

static bool ends_with(ep_bytes output, const char *text) {
  size_t len = strlen(text);
  return output.len >= len && memcmp(output.data + output.len - len, text, len) == 0;
}

START_TEST(listed) {
  ep_conn a = come("a");
  for (unsigned i = 1; i < EP_LIMIT_LISTED - 1; i++) visit("c", i);
  ck_assert(ends_with(list_for(a), "}]}\f"));
  visit("at the limit", 0);
  ck_assert(ends_with(list_for(a), "}]}\f"));
  ck_assert_uint_eq(reached("listed"), 0);
  visit("one more", 0);
  ck_assert(ends_with(list_for(a), ",\"more\":10000}\f")); /* of more, those who are there */
  ck_assert_uint_eq(reached("listed"), 1);
}
END_TEST

/* A list is no longer than a sixteenth of the limit `output`, in bytes, or a small request could
 * cost much. */
START_TEST(listed_bytes) {
  char id[20];
  ep_conn a = come("a");
  for (unsigned i = 0; i < 80; i++) {
    snprintf(id, sizeof id, "c%u", i);
    ep_conn conn = come(id);
    char update[65100] = "{\"action\":\"session.update\",\"payload\":{\"s\":\"";
    size_t head = strlen(update);
    memset(update + head, 'x', 65000);
    int len = snprintf(update + head + 65000, 30, "\"},\"id\":0}\f");
    ep_bytes bytes = {(const uint8_t *)update, head + 65000 + (size_t)len};
    ep_server_receive(server_driver_core(driver), conn, bytes, server_driver_now(driver));
    turn_of(0);
  }
  ep_bytes list = list_for(a);
  ck_assert_uint_lt(list.len, EP_LIMIT_OUTPUT / 16 + 66000);
  ck_assert_uint_ge(list.len, EP_LIMIT_OUTPUT / 16);
  ck_assert(ends_with(list, ",\"more\":63}\f"));
}
END_TEST

/* What is held is held as a command, a little longer than its payload: so three of these are below
 * 64 MiB, and the fourth is not. */
START_TEST(held_bytes) {
  ep_conn a = enter2("a", "");
  for (int i = 1; i <= 4; i++) {
    char before[100];
    snprintf(before, sizeof before,
             "{'action':'message.new','payload':{'to':'x','id':%d,'uid':'u%d','payload':'", i, i);
    say_long(a, before, EP_LIMIT_HELD_BYTES / 4, "'}}");
    ck_assert_uint_eq(reached("held_bytes"), i == 4);
  }
  ck_assert_uint_eq(reached("held"), 0);
}
END_TEST

/* EP-LIM-11: so many refusals wait for one client, and the next item that needs one waits. */
START_TEST(notices) {
  restart_with(&(ep_server_config){.durable = false});
  ep_conn a = enter2("a", ",'window':1");
  for (unsigned i = 0; i <= EP_LIMIT_NOTICES; i++) {
    char text[100];
    int len = snprintf(
        text, sizeof text,
        "{\"action\":\"message.new\",\"payload\":{\"to\":7,\"id\":%u,\"uid\":\"u%u\"}}\f", i, i);
    server_driver_feed(driver, a, text, (size_t)len, sizeof text);
    if (i % 1000 == 0) server_driver_turn(driver);
    if (i + 2 >= EP_LIMIT_NOTICES) ck_assert_uint_eq(reached("notices"), i == EP_LIMIT_NOTICES);
  }
  ck_assert_uint_eq(refused("bad-to"), EP_LIMIT_NOTICES);
}
END_TEST

/* EP-RECV-5: one uid more, and the oldest is forgotten. */
START_TEST(dedup) {
  restart_with(&(ep_server_config){.durable = false});
  ep_conn a = fresh1("a");
  for (unsigned i = 0; i <= EP_LIMIT_DEDUP; i++) {
    char inner[160], text[300];
    snprintf(inner, sizeof inner,
             "{\\\"action\\\":\\\"message.new\\\",\\\"payload\\\":{\\\"to\\\":7,\\\"id\\\":%u,"
             "\\\"uid\\\":\\\"u%u\\\"}}",
             i, i);
    int len = snprintf(text, sizeof text, "{\"type\":\"_message_\",\"data\":\"%s\"}\f", inner);
    server_driver_feed(driver, a, text, (size_t)len, sizeof text);
    if (i % 1000 == 0) server_driver_turn(driver);
    if (i + 2 >= EP_LIMIT_DEDUP) ck_assert_uint_eq(reached("dedup"), i == EP_LIMIT_DEDUP);
  }
}
END_TEST

/* ---- What was large goes back ---- */

enum { MIB = 1 << 20 };

static ep_server_view look(void) {
  ep_server_view view;
  ep_server_look(server_driver_core(driver), &view, NULL, 0);
  return view;
}

static void receive(ep_conn conn, ep_bytes bytes) {
  ep_server *core = server_driver_core(driver);
  ck_assert_uint_eq(ep_server_receive(core, conn, bytes, server_driver_now(driver)), bytes.len);
}

/* `len` bytes x between two texts. */
static void receive_long(ep_conn conn, const char *before, size_t len, const char *after) {
  uint8_t *filler = malloc(len);
  ck_assert_ptr_nonnull(filler);
  memset(filler, 'x', len);
  receive(conn, ep_bytes_of(before, strlen(before)));
  receive(conn, ep_bytes_of(filler, len));
  receive(conn, ep_bytes_of(after, strlen(after)));
  free(filler);
}

#define MESSAGE(id) "{\"action\":\"message.new\",\"payload\":{\"uid\":\"u\",\"id\":" #id ","

/* One large message comes, is delivered, and is confirmed: without a store, and with one. */
START_TEST(one_large_message) {
  restart_with(&(ep_server_config){.durable = _i == 1});
  ep_conn a = come("a");
  uint64_t before = look().memory_used;
  receive_long(a, MESSAGE(0) "\"to\":\"a\",\"payload\":\"", 8 * MIB, "\"}}\f");
  ck_assert_uint_gt(turn_of(a).len, 8 * MIB);
  ck_assert_uint_lt(look().memory_used, before + 13 * MIB); /* the message, and little else */
  receive(a, EP_LITERAL("{\"action\":\"message.confirm\",\"payload\":0}\f"));
  turn_of(a);
  ck_assert_uint_gt(look().memory_peak, before + 24 * MIB);
  ck_assert_uint_lt(look().memory_used, before + 4 * MIB);
}
END_TEST

/* An address may be large, too, and need not lead anywhere. */
START_TEST(one_large_address) {
  restart_with(&(ep_server_config){.parked = 1});
  ep_conn a = come("a");
  receive(a, EP_LITERAL(MESSAGE(0) "\"to\":\"nobody\"}}\f"));
  turn_of(a);
  uint64_t before = look().memory_used;
  receive_long(a, MESSAGE(1) "\"to\":{\"k\":\"", 8 * MIB, "\"}}}\f");
  turn_of(a);
  ck_assert_uint_eq(refused("parked-full"), 1);
  ck_assert_uint_gt(look().memory_peak, before + 24 * MIB);
  ck_assert_uint_lt(look().memory_used, before + 4 * MIB);
}
END_TEST

/* And a session, where that is allowed; who asks for the list gets it. */
START_TEST(one_large_list) {
  restart_with(&(ep_server_config){.session = 9 * MIB});
  ep_conn a = come("a");
  receive_long(a, "{\"action\":\"session.update\",\"payload\":{\"s\":\"", 8 * MIB,
               "\"},\"id\":0}\f");
  turn_of(a);
  uint64_t before = look().memory_used;
  ck_assert_uint_gt(list_for(a).len, 8 * MIB);
  turn_of(a);
  ck_assert_uint_lt(look().memory_used, before + 4 * MIB);
}
END_TEST

/* What one large turn after the other needs is not taken anew in each. */
START_TEST(large_turns_in_a_row) {
  ep_conn a = come("a");
  receive_long(a, MESSAGE(0) "\"to\":\"a\",\"payload\":\"", 8 * MIB, "\"}}\f");
  turn_of(a);
  receive_long(a, MESSAGE(1) "\"to\":\"a\",\"payload\":\"", 8 * MIB, "\"}}\f");
  turn_of(a);
  ck_assert_uint_gt(look().memory_used, 56 * MIB);
  receive(a, EP_LITERAL(MESSAGE(2) "\"to\":\"a\"}}\f"));
  turn_of(a);
  ck_assert_uint_lt(look().memory_used, 28 * MIB);
}
END_TEST

TCase *ep_tests_server_large(void) {
  TCase *tests = tcase_create("large");
  tcase_add_checked_fixture(tests, server_setup, server_teardown);
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, listed);
  tcase_add_test(tests, listed_bytes);
  tcase_add_test(tests, held_bytes);
  tcase_add_test(tests, notices);
  tcase_add_test(tests, dedup);
  tcase_add_loop_test(tests, one_large_message, 0, 2);
  tcase_add_test(tests, one_large_address);
  tcase_add_test(tests, one_large_list);
  tcase_add_test(tests, large_turns_in_a_row);
  return tests;
}
