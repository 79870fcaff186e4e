/* The server core and the ceiling of its memory: those who hold much give way, those who hold
 * little go on.
 * Read first: base/memory.h, test_server_talk.h. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "test/test_memory.h"
#include "test/test_server.h"
#include "test/test_server_talk.h"

enum { MIB = 1 << 20, CEILING = 32 * MIB, HOGS = 100 };

/* ---- Counted memory alone -------------------------------------------------------------------- */

START_TEST(memory_has_a_ceiling) {
  test_memory plain = {0};
  ep_allocator outer = test_allocator(&plain);
  ep_memory memory;
  ep_memory_init(&memory, &outer, MIB);
  const ep_allocator *counted = &memory.counted, *certain = &memory.certain;
  void *large = counted->resize(counted->context, NULL, 0, MIB / 16 * 15 - 8);
  ck_assert_ptr_nonnull(large);
  ck_assert_uint_eq(ep_memory_left(&memory), MIB / 16);
  ck_assert(ep_memory_is_scarce(&memory) && !ep_memory_is_short(&memory));
  ck_assert_uint_eq(ep_memory_allow(&memory, 1000, 256), MIB / 16 / 256);
  ck_assert_uint_eq(ep_memory_share(&memory, 100), MIB / 4 / 100);
  ck_assert_uint_eq(ep_memory_share(&memory, 1), MIB / 16 / 4);
  ck_assert_ptr_null(counted->resize(counted->context, NULL, 0, 64 * 1024 + 1));
  void *small = counted->resize(counted->context, NULL, 0, 64 * 1024 - 8); /* up to the last byte */
  ck_assert_ptr_nonnull(small);
  ck_assert_uint_eq(ep_memory_left(&memory), 0);
  ck_assert_ptr_null(counted->resize(counted->context, NULL, 0, 1));
  ck_assert_uint_eq(memory.refused, 2);
  void *must = certain->resize(certain->context, NULL, 0, 1000);
  ck_assert_ptr_nonnull(must);
  ck_assert_uint_eq(ep_memory_left(&memory), 0);
  must = certain->resize(certain->context, must, 1000, 0);
  small = counted->resize(counted->context, small, 64 * 1024 - 8, 0);
  large = counted->resize(counted->context, large, MIB / 16 * 15 - 8, 100);
  ck_assert_uint_eq(memory.used, 112);
  ck_assert(!ep_memory_is_tight(&memory));
  ck_assert_uint_eq(ep_memory_allow(&memory, 1000, 256), 1000);
  large = counted->resize(counted->context, large, 100, 0);
  ck_assert_uint_eq(memory.used + plain.live, 0);
}
END_TEST

START_TEST(no_ceiling) {
  test_memory plain = {0};
  ep_allocator outer = test_allocator(&plain);
  ep_memory memory;
  ep_memory_init(&memory, &outer, 0);
  ck_assert_uint_eq(ep_memory_left(&memory), UINT64_MAX);
  ck_assert(!ep_memory_is_tight(&memory) && !ep_memory_is_short(NULL));
  ck_assert_uint_eq(ep_memory_allow(&memory, 7, 256), 7);
  ck_assert_uint_eq(ep_memory_allow(NULL, 7, 256), 7);
  ck_assert_uint_eq(ep_memory_share(&memory, 3) + ep_memory_share(NULL, 3), 0);
}
END_TEST

/* ---- The server ------------------------------------------------------------------------------ */

static void with_ceiling(void) { restart_with(&(ep_server_config){.memory = CEILING}); }

static void check_memory(void) {
  ep_server_view view;
  ep_server_look(server_driver_core(driver), &view, NULL, 0);
  ck_assert_uint_le(view.memory_used, view.memory_most);
}

/* An ordinary client: sends itself a message, and confirms it. */
static void check_goes_on(ep_conn conn, int number) {
  skip_frames(driver, conn);
  send2(conn, "'ada'", number, number);
  hear_confirm2(conn, number);
  hear_message(conn, false, "ada", "'ada'", number, number, number);
  confirm2(conn, number);
}

static void feed_filler(ep_conn conn, const char *head, size_t len) {
  static char filler[256 * 1024];
  memset(filler, 'x', sizeof filler);
  if (head != NULL) server_driver_feed(driver, conn, head, strlen(head), 4096);
  for (size_t done = 0; done < len; done += sizeof filler)
    server_driver_feed(driver, conn, filler,
                       len - done < sizeof filler ? len - done : sizeof filler, sizeof filler);
}

static ep_conn enter_hog(int number) {
  char id[20];
  snprintf(id, sizeof id, "hog%d", number);
  return enter2(id, "");
}

/* EP-LIM-1, EP-ERR-5: half frames, four times as much as there may be. */
START_TEST(half_frames) {
  with_ceiling();
  ep_conn ada = enter2("ada", "");
  for (int i = 0; i < HOGS; i++) {
    ep_conn hog = enter_hog(i);
    feed_filler(hog, "{\"action\":\"ping\",\"payload\":\"", 4 * CEILING / HOGS);
    server_driver_turn(driver);
    check_memory();
    check_goes_on(ada, i);
  }
  ck_assert_uint_gt(server_driver_counter(driver, "relieved"), 0);
  ck_assert(!server_driver_was_closed(driver, ada));
}
END_TEST

/* Who is closed because of it is told so, in EP/2; and can come back. */
START_TEST(who_gives_way_is_told) {
  with_ceiling();
  enter2("ada", "");
  ep_conn hog = enter2("hog", "");
  feed_filler(hog, "{\"action\":\"ping\",\"payload\":\"", CEILING);
  server_driver_turn(driver);
  ck_assert(server_driver_was_closed(driver, hog));
  hear(
      driver, hog,
      "{'action':'error','payload':{'code':'failed','reason':'The server could not keep its state; "
      "connect again.'}}");
  hog = enter2("hog", "");
  say(driver, hog, "{'action':'ping'}");
  hear(driver, hog, "{'action':'pong'}");
}
END_TEST

static void feed_message(ep_conn conn, const char *to, int id, size_t len) {
  char head[200];
  snprintf(head, sizeof head,
           "{\"action\":\"message.new\",\"payload\":{\"to\":\"%s\",\"id\":%d,\"uid\":\"u%d\","
           "\"payload\":\"",
           to, id, id);
  feed_filler(conn, head, len);
  server_driver_feed(driver, conn, "\"}}\f", 4, 4);
  server_driver_turn(driver);
}

/* Items over a gap. */
START_TEST(held_items) {
  with_ceiling();
  ep_conn ada = enter2("ada", "");
  for (int i = 0; i < HOGS; i++) {
    ep_conn hog = enter_hog(i);
    for (int item = 1; item <= 20; item++) feed_message(hog, "x", item, 64 * 1024);
    check_memory();
    check_goes_on(ada, i);
  }
  ck_assert_uint_gt(server_driver_counter(driver, "relieved"), 0);
}
END_TEST

/* A client that sends itself mail and confirms nothing of it, then goes. */
static void hoard(int number) {
  char id[20];
  snprintf(id, sizeof id, "hog%d", number);
  ep_conn hog = enter2(id, "");
  server_driver_stall(driver, hog, true);
  for (int item = 0; item < 30; item++) feed_message(hog, id, item, 64 * 1024);
  check_memory();
  server_driver_stall(driver, hog, false);
  server_driver_close(driver, hog);
}

/* Mail that nobody confirms cannot be let go of: it stops growing, and what is small goes on. */
START_TEST(mail) {
  with_ceiling();
  ep_conn ada = enter2("ada", "");
  for (int i = 0; i < HOGS; i++) {
    hoard(i);
    check_goes_on(ada, i);
  }
  ck_assert_uint_gt(server_driver_counter(driver, "mailbox-refused"), 0);
  ck_assert(!server_driver_was_closed(driver, ada));
}
END_TEST

/* EP-LIM-12: whose mailbox holds less than an equal part of the last quarter is refused nothing,
 * whatever others hold. */
START_TEST(who_holds_little_is_not_refused) {
  enum { PART = CEILING / 4 / (HOGS + 1), SIZE = 1024 };
  with_ceiling();
  ep_conn ada = enter2("ada", "");
  for (int i = 0; i < HOGS; i++) hoard(i);
  uint64_t before = refused("mailbox-full");
  ck_assert_uint_gt(before, 0);
  int sent = 0;
  while (refused("mailbox-full") == before && sent < CEILING / SIZE)
    feed_message(ada, "ada", sent++, SIZE);
  ck_assert_int_gt(sent, PART / (SIZE + 200));
  ck_assert_int_lt(sent, CEILING / 4 / SIZE);
  check_memory();
}
END_TEST

/* New clients with large sessions: at some point no more are taken, and those there are go on. */
START_TEST(newcomers) {
  restart_with(&(ep_server_config){.memory = CEILING / 2});
  ep_conn ada = enter2("ada", "");
  for (int i = 0; i < 4000 && refused("too-many-clients") == 0; i++) {
    char id[20];
    snprintf(id, sizeof id, "new%d", i);
    ep_conn conn = enter2(id, "");
    if (!server_driver_was_closed(driver, conn)) {
      feed_filler(conn, "{\"action\":\"session.update\",\"payload\":{\"s\":\"", 65000);
      server_driver_feed(driver, conn, "\"},\"id\":0}\f", 11, 11);
      server_driver_turn(driver);
    }
    server_driver_close(driver, conn);
    check_memory();
  }
  ck_assert_uint_gt(refused("too-many-clients"), 0);
  check_goes_on(ada, 0);
}
END_TEST

TCase *ep_tests_server_ceiling(void) {
  TCase *tests = tcase_create("ceiling");
  tcase_add_checked_fixture(tests, server_setup, server_teardown);
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, memory_has_a_ceiling);
  tcase_add_test(tests, no_ceiling);
  tcase_add_test(tests, half_frames);
  tcase_add_test(tests, who_gives_way_is_told);
  tcase_add_test(tests, held_items);
  tcase_add_test(tests, mail);
  tcase_add_test(tests, who_holds_little_is_not_refused);
  tcase_add_test(tests, newcomers);
  return tests;
}
