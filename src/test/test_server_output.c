/* The server core: what waits to be written to one connection, and that it is bounded by the limit
 * `output` whatever the client asks for and does not read (EP-LIM-1), messages apart.
 * Read first: test_server_talk.h, machine/server_output.c. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "tables.h"
#include "test/test_server.h"
#include "test/test_server_talk.h"

enum { SESSION = 60000 };

static uint64_t waiting_output(void) {
  ep_server_view view;
  ep_server_look(server_driver_core(driver), &view, NULL, 0);
  return view.output_bytes;
}

static size_t take(ep_conn conn, const char *frame, size_t len) {
  return ep_server_receive(server_driver_core(driver), conn, ep_bytes_of(frame, len),
                           server_driver_now(driver));
}

/* A ping of `len` bytes, end byte included, and so long is its pong. */
static bool takes_ping(ep_conn conn, size_t len) {
  static char ping[1 << 17];
  size_t head = (size_t)sprintf(ping, "{\"action\":\"ping\",\"payload\":\"");
  ck_assert(len > head + 3 && len < sizeof ping);
  memset(ping + head, 'x', len - head - 3);
  memcpy(ping + len - 3, "\"}\f", 3);
  size_t taken = take(conn, ping, len);
  ck_assert(taken == len || taken == 0);
  return taken == len;
}

static size_t read_all(ep_conn conn) {
  size_t sum = 0, len;
  server_driver_turn(driver);
  while ((len = server_driver_take_frame(driver, conn).len) > 0) sum += len;
  return sum;
}

static void set_session(ep_conn conn, int id) {
  char after[30];
  snprintf(after, sizeof after, "'},'id':%d}", id);
  say_long(conn, "{'action':'session.update','payload':{'x':'", SESSION, after);
  skip_frames(driver, conn);
}

/* EP-LIM-1: who does not read is not asked for more, once more than the limit waits for it. */
START_TEST(reading_stops) {
  enum { PING = 100000 };
  for (size_t most = EP_LIMIT_OUTPUT - 1; most <= EP_LIMIT_OUTPUT + 1; most++) {
    bool over = most > EP_LIMIT_OUTPUT;
    restart_with(&(ep_server_config){.durable = true});
    ep_conn a = enter2("a", "");
    while (waiting_output() < most - 2 * PING) ck_assert(takes_ping(a, PING));
    size_t left = most - waiting_output();
    ck_assert(takes_ping(a, left / 2) && takes_ping(a, left - left / 2));
    ck_assert_uint_eq(waiting_output(), most);
    ck_assert_uint_eq(reached("output"), over);
    ck_assert(takes_ping(a, 100) == !over);
    ck_assert(takes_ping(a, 100) == false);
    ck_assert_uint_eq(reached("output"), 1);
    ck_assert_uint_eq(read_all(a), most + (over ? 0 : 100));
    ck_assert(takes_ping(a, 100));
  }
}
END_TEST

/* One call writes no more than about a megabyte: what is left of its bytes is taken in a later
 * turn, when others have had theirs. */
START_TEST(much_output_at_a_time) {
  ep_conn a = enter2("a", "");
  static char pings[30 * 100100];
  size_t len = 0;
  for (int i = 0; i < 30; i++) {
    len += (size_t)sprintf(pings + len, "{\"action\":\"ping\",\"payload\":\"");
    memset(pings + len, 'x', 100000);
    len += 100000;
    memcpy(pings + len, "\"}\f", 3);
    len += 3;
  }
  size_t taken = 0, calls = 0;
  for (; taken < len; calls++) {
    taken += take(a, pings + taken, len - taken);
    ck_assert_uint_lt(read_all(a), 1300000);
  }
  ck_assert_uint_eq(calls, 3);
}
END_TEST

/* EP-PRES-6 */
START_TEST(slow_reader_gets_one_list_for_the_events_it_missed) {
  ep_conn slow = enter2("slow", ",'presence':{}"), a = enter2("a", "");
  server_driver_stall(driver, slow, true);
  for (int i = 0; i < 700; i++) {
    set_session(a, i);
    bool missed = server_driver_counter(driver, "presence-skipped") > 0;
    ck_assert_uint_eq(reached("output"), missed);
    if (!missed) ck_assert_uint_lt(waiting_output(), EP_LIMIT_OUTPUT + 3 * SESSION);
  }
  ck_assert_uint_gt(waiting_output(), EP_LIMIT_OUTPUT);
  ck_assert_uint_lt(waiting_output(), EP_LIMIT_OUTPUT + 3 * SESSION); /* one is under way */
  ck_assert_uint_gt(server_driver_counter(driver, "presence-skipped"), 100);
  server_driver_stall(driver, slow, false);
  int lists = 0, frames = 0;
  for (ep_bytes frame; (frame = server_driver_take_frame(driver, slow)).len > 0; frames++)
    lists += memcmp(frame.data, "{\"action\":\"clients.list\"", 24) == 0;
  ck_assert_int_eq(lists, 1);
  ck_assert_int_lt(frames, 600);
  ck_assert_uint_eq(reached("output"), 1);
}
END_TEST

/* What a client can ask for: %0*d is filler. */
typedef struct question {
  const char *text;
  int fill;
  bool enveloped;
  size_t answer; /* not more bytes than this */
} question;

static const question questions[] = {
    {"{'action':'ping','payload':'%0*d'}", 600, false, 1000},
    {"{'action':'message.new','payload':{'to':'x','uid':'%0*d'}}", 128, false, 1000},
    {"{'action':'message.retry','payload':%0*d}", 1, false, SESSION + 1000},
    {"{'action':'clients.list','payload':{},'x':'%0*d'}", 1, false, 2000000},
    {"{'action':'clients.list','payload':{},'x':'%0*d'}", 1, true, 2000000},
    {"{'action':'message.new','payload':{'to':'x','id':0,'uid':'%0*d'}}", 128, true, 1000},
};

static bool takes(ep_conn conn, const question *asked) {
  char text[700], frame[1500];
  size_t len = 0;
  snprintf(text, sizeof text, asked->text, asked->fill, 0);
  if (asked->enveloped) len = (size_t)sprintf(frame, "{\"type\":\"_message_\",\"data\":\"");
  for (const char *c = text; *c != '\0'; c++) {
    if (*c == '\'' && asked->enveloped) frame[len++] = '\\';
    frame[len++] = *c == '\'' ? '"' : *c;
  }
  len += (size_t)sprintf(frame + len, "%s\f", asked->enveloped ? "\"}" : "");
  return take(conn, frame, len) == len;
}

/* EP-LIM-1: one answer is under way, and the one with which the limit is passed is the last. */
START_TEST(output_is_bounded) {
  const question *asked = &questions[_i];
  char name[20];
  for (int i = 0; i < 18; i++) {
    snprintf(name, sizeof name, "c%d", i);
    set_session(enter2(name, ""), 0);
  }
  ep_conn b = enter2("b", ""), a = asked->enveloped ? fresh1("a") : enter2("a", ",'presence':{}");
  say_long(b, "{'action':'message.new','payload':{'to':'a','id':0,'uid':'u','payload':'", SESSION,
           "'}}");
  skip_frames(driver, a);
  server_driver_stall(driver, a, true);
  int asks = 0;
  for (; takes(a, asked); asks++) {
    if (asks < 10) server_driver_turn(driver);
    ck_assert_uint_le(waiting_output(), EP_LIMIT_OUTPUT + 2 * asked->answer);
  }
  ck_assert_uint_gt(waiting_output(), EP_LIMIT_OUTPUT);
  ck_assert_uint_eq(reached("output"), 1);
  for (int i = 1; i < 10; i++) set_session(b, i);
  ck_assert_uint_le(waiting_output(), EP_LIMIT_OUTPUT + 2 * asked->answer);
  server_driver_stall(driver, a, false);
  ck_assert_uint_gt(read_all(a), EP_LIMIT_OUTPUT);
  ck_assert(takes(a, asked) && !server_driver_was_closed(driver, a));
}
END_TEST

/* EP-LIM-1 on a lossy transport: a client that says something now and then, and reads nothing, has
 * not so much the more of its mail waiting for it each time it is repeated. */
START_TEST(repetitions_are_bounded) {
  enum { MESSAGES = 20 };
  ep_conn a = enter2("a", ""), b = server_driver_open_as(driver, EP_LOSSY, true);
  say1(driver, b, "{'action':'auth','payload':'b','version':2,'instance':'i-b','expect':0}");
  skip_frames(driver, b);
  server_driver_stall(driver, b, true);
  for (int i = 0; i < MESSAGES; i++) {
    char before[100];
    snprintf(before, sizeof before,
             "{'action':'message.new','payload':{'to':'b','id':%d,'uid':'u%d','payload':'", i, i);
    say_long(a, before, SESSION, "'}}");
  }
  for (int i = 0; i < 30; i++) {
    server_driver_pass(driver, 1000);
    ck_assert(takes_ping(b, 100));
    ck_assert_uint_lt(waiting_output(), 1000000);
  }
  server_driver_stall(driver, b, false);
  size_t got = read_all(b);
  ck_assert_uint_gt(got, MESSAGES * SESSION); /* each, and some twice */
  ck_assert_uint_gt(server_driver_counter(driver, "repeats"), 0);
  ck_assert(!server_driver_was_closed(driver, b));
}
END_TEST

/* EP-G8-1: whoever reads gets it, however long it is: messages are not what `output` bounds, and a
 * pong is one answer. */
START_TEST(message_longer_than_the_output) {
  enum { LONG = 65 * 1024 * 1024 };
  restart_with(&(ep_server_config){.frame = 100 * 1024 * 1024});
  ep_conn a = enter2("a", ""), b = enter2("b", ""), old = fresh1("old");
  skip_frames(driver, b);
  say_long(a, "{'action':'message.new','payload':{'to':{},'id':0,'uid':'u0','payload':'", LONG,
           "'}}");
  hear_confirm2(a, 0);
  ck_assert_uint_gt(server_driver_take_frame(driver, b).len, LONG);
  ck_assert_uint_gt(server_driver_take_frame(driver, old).len, LONG);
  ck_assert_uint_eq(reached("output"), 0);
  say_long(b, "{'action':'ping','payload':'", LONG, "'}");
  ck_assert_uint_gt(server_driver_take_frame(driver, b).len, LONG);
  ck_assert(!server_driver_was_closed(driver, b) && !server_driver_was_closed(driver, old));
}
END_TEST

TCase *ep_tests_server_output(void) {
  TCase *tests = tcase_create("output");
  tcase_add_checked_fixture(tests, server_setup, server_teardown);
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, reading_stops);
  tcase_add_test(tests, much_output_at_a_time);
  tcase_add_test(tests, slow_reader_gets_one_list_for_the_events_it_missed);
  tcase_add_loop_test(tests, output_is_bounded, 0, (int)(sizeof questions / sizeof *questions));
  tcase_add_test(tests, repetitions_are_bounded);
  tcase_add_test(tests, message_longer_than_the_output);
  return tests;
}
