/* The server core: each limit of chapter 14 at one below, exactly, and one above; and what is
 * counted then, by limit and by error code. Limits that a server cannot set are reached as they
 * are.
 * Read first: test_server_talk.h, spec/protocol.md chapter 14. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tables.h"
#include "test/test_server.h"
#include "test/test_server_talk.h"

/* EP-LIM-2: bytes before the end byte. */
START_TEST(frame) {
  restart_with(&(ep_server_config){.frame = 1000});
  ep_conn a = enter2("a", "");
  for (size_t len = 999; len <= 1001; len++) {
    say_long(a, "{'action':'ping','payload':'", len - 30, "'}");
    ck_assert_uint_eq(reached("frame"), len > 1000);
    ck_assert_uint_eq(refused("too-large"), len > 1000);
  }
  ep_conn b = fresh1("b");
  say_long(b, "{'action':'clients.list','payload':'", 1000, "'}"); /* nobody is told */
  ck_assert_uint_eq(reached("frame"), 2);
  ck_assert_uint_eq(refused("too-large"), 2);
}
END_TEST

START_TEST(early_frame) {
  for (size_t len = EP_LIMIT_EARLY_FRAME - 1; len <= EP_LIMIT_EARLY_FRAME + 1; len++) {
    ep_conn a = server_driver_open(driver);
    say_long(a, "{'action':'auth','payload':'a','x':'", len - 38, "'}");
    bool over = len > EP_LIMIT_EARLY_FRAME;
    ck_assert_uint_eq(server_driver_take_frame(driver, a).len > 0, !over);
    ck_assert_uint_eq(reached("early_frame"), over);
  }
}
END_TEST

/* EP-LIM-3 */
START_TEST(depth) {
  restart_with(&(ep_server_config){.depth = 5});
  ep_conn a = enter2("a", ""), b = fresh1("b");
  const char *const payloads[] = {"[[]]", "[[[]]]", "[[[[]]]]"}; /* two levels are around it */
  for (int i = 0; i < 3; i++) {
    char text[200];
    snprintf(text, sizeof text,
             "{'action':'message.new','payload':{'to':'x','id':%d,'uid':'u%d','payload':%s}}", i, i,
             payloads[i]);
    say(driver, a, text);
    ck_assert_uint_eq(reached("depth"), i == 2);
    ck_assert_uint_eq(refused("too-deep"), i == 2);
  }
  say1(driver, b,
       "{'action':'message.new','payload':{'to':'x','id':0,'uid':'v','payload':[[[[]]]]}}");
  ck_assert_uint_eq(reached("depth"), 2);
  ck_assert_uint_eq(refused("too-deep"), 2);
}
END_TEST

/* A server that reads deeper takes a session as deep. */
START_TEST(depth_of_a_session) {
  enum { DEPTH = 300 };
  restart_with(&(ep_server_config){.depth = DEPTH});
  ep_conn a = enter2("a", "");
  for (int id = 0; id < 3; id++) {
    int arrays = DEPTH - 2 - 1 + id; /* the frame and the session are two levels */
    char text[2 * DEPTH + 100];
    size_t at = (size_t)sprintf(text, "{'action':'session.update','id':%d,'payload':{'s':", id);
    for (int i = 0; i < arrays; i++) text[at++] = '[';
    for (int i = 0; i < arrays; i++) text[at++] = ']';
    memcpy(text + at, "}}", 3);
    say(driver, a, text);
    ck_assert_uint_eq(refused("bad-session"), 0);
    ck_assert_uint_eq(refused("too-deep"), id == 2);
    ck_assert_uint_eq(reached("depth"), id == 2);
  }
}
END_TEST

/* EP-LIM-3: of the message, of its payload, of a session. */
START_TEST(too_many_members) {
  ep_conn a = enter2("a", "");
  for (int count = EP_LIMIT_MEMBERS - 1; count <= (int)EP_LIMIT_MEMBERS + 1; count++) {
    char members[1200] = "", text[1400];
    bool over = count > (int)EP_LIMIT_MEMBERS;
    for (int i = 0; i < count - 2; i++) sprintf(members + strlen(members), "'m%d':0,", i);
    snprintf(text, sizeof text, "{'action':'ping',%s'last':0}", members);
    say(driver, a, text);
    ck_assert_uint_eq(reached("members"), over);
    snprintf(text, sizeof text, "{'action':'session.update','payload':{%s'y':0,'z':0},'id':%d}",
             members, count - (int)EP_LIMIT_MEMBERS + 1);
    say(driver, a, text);
    ck_assert_uint_eq(reached("members"), over ? 2 : 0);
    ck_assert_uint_eq(refused("bad-session"), over);
  }
}
END_TEST

/* EP-MSG-2, EP-MSG-3 and 6.1: a name of `most` bytes is one, a longer one is not. */
typedef struct name_case {
  const char *limit, *code, *before, *after;
  size_t most;
  bool joins; /* an auth request; else it is said by a client */
} name_case;

static const name_case name_cases[] = {
    {"client_id", "bad-auth", "{'action':'auth','payload':'",
     "','version':2,'instance':'i','expect':0}", 128, true},
    {"client_id", "bad-to", "{'action':'message.new','payload':{'to':'", "','id':%d,'uid':'u%d'}}",
     128, false},
    {"uid", "bad-message", "{'action':'message.new','payload':{'to':'x','id':%d,'uid':'", "'}}",
     128, false},
    {"name", "bad-auth", "{'action':'auth','payload':'a','version':2,'instance':'", "','expect':0}",
     64, true},
    {"name", "bad-auth",
     "{'action':'auth','payload':'a','version':2,'instance':'i','expect':0,'epoch':'", "'}", 64,
     true},
    {"credential", "bad-auth",
     "{'action':'auth','payload':'a','version':2,'instance':'i','expect':0,'token':'", "'}", 256,
     true},
    {"credential", "bad-auth",
     "{'action':'auth','payload':'a','version':2,'instance':'i','expect':0,'secret':'", "'}", 256,
     true},
};

START_TEST(names) {
  const name_case *c = &name_cases[_i];
  ep_conn a = enter2("sender", "");
  for (size_t len = c->most - 1; len <= c->most + 1; len++) {
    char before[200], after[100];
    int id = (int)(len - c->most + 1);
    snprintf(before, sizeof before, c->before, id);
    snprintf(after, sizeof after, c->after, id, id);
    server_driver_kill(driver, true); /* who was there before has no secret, and is not known */
    a = enter2("sender", "");
    if (!c->joins) /* the ids below are used up */
      for (int i = 0; i < id; i++) send2(a, "'y'", i, 100 + i);
    say_long(c->joins ? server_driver_open(driver) : a, before, len, after);
    ck_assert_uint_eq(reached(c->limit), len > c->most);
    ck_assert_uint_eq(refused(c->code), len > c->most);
  }
}
END_TEST

/* EP-SESS-4 */
START_TEST(session) {
  restart_with(&(ep_server_config){.session = 20});
  ep_conn a = enter2("a", ""), b = fresh1("b");
  for (size_t len = 19; len <= 21; len++) {
    char after[20];
    snprintf(after, sizeof after, "'},'id':%d}", (int)len - 19);
    say_long(a, "{'action':'session.update','payload':{'s':'", len - 8, after);
    ck_assert_uint_eq(reached("session"), len > 20);
    ck_assert_uint_eq(refused("bad-session"), len > 20);
  }
  say_long(b, "{'action':'session.update','payload':{'s':'", 13, "'}}");
  ck_assert_uint_eq(reached("session"), 2);
}
END_TEST

/* An object of so many pairs. */
static void put_pairs(char out[400], int pairs) {
  strcpy(out, "{");
  for (int i = 0; i < pairs; i++) sprintf(out + strlen(out), "%s'k%d':0", i > 0 ? "," : "", i);
  strcat(out, "}");
}

/* EP-ADDR-3 */
START_TEST(selector) {
  ep_conn a = enter2("a", "");
  for (int id = 0; id < 3; id++) {
    char to[400], text[600];
    put_pairs(to, (int)EP_LIMIT_SELECTOR - 1 + id);
    snprintf(text, sizeof text, "{'action':'message.new','payload':{'to':%s,'id':%d,'uid':'u%d'}}",
             to, id, id);
    say(driver, a, text);
    ck_assert_uint_eq(reached("selector"), id == 2);
    ck_assert_uint_eq(refused("bad-to"), id == 2);
  }
}
END_TEST

/* EP-AUTH-5: of the presence that is wanted. */
START_TEST(selector_of_presence) {
  for (int i = 0; i < 3; i++) {
    char presence[400], more[500];
    put_pairs(presence, (int)EP_LIMIT_SELECTOR - 1 + i);
    snprintf(more, sizeof more, ",'expect':0,'presence':%s", presence);
    ep_conn a = auth2("a", more);
    ck_assert(server_driver_was_closed(driver, a) == (i == 2));
    ck_assert_uint_eq(reached("selector"), i == 2);
    ck_assert_uint_eq(refused("bad-auth"), i == 2);
  }
}
END_TEST

/* 6.3: what is no selector asks for everybody. */
START_TEST(selector_of_a_list) {
  ep_conn a = enter2("a", "");
  for (int i = 0; i < 3; i++) {
    char wanted[400], text[500];
    put_pairs(wanted, (int)EP_LIMIT_SELECTOR - 1 + i);
    snprintf(text, sizeof text, "{'action':'clients.list','payload':%s}", wanted);
    say(driver, a, text);
    hear(driver, a,
         i < 2 ? "{'action':'clients.list','payload':[]}"
               : "{'action':'clients.list','payload':[{'uuid':'a','state':'connected',"
                 "'session':{}}]}");
    ck_assert_uint_eq(reached("selector"), i == 2);
  }
}
END_TEST

/* EP-LIM-7, and the limit `clients`. */
START_TEST(connections_and_clients) {
  restart_with(&(ep_server_config){.connections = 4, .clients = 2});
  enter2("a", "");
  ck_assert_uint_eq(refused("too-many-clients"), 0);
  enter2("b", "");
  ck_assert_uint_eq(reached("clients"), 0);
  ep_conn third = enter2("c", "");
  ck_assert_uint_eq(reached("clients"), 1);
  ck_assert_uint_eq(refused("too-many-clients"), 1);
  ck_assert(server_driver_was_closed(driver, third));
  enter2("a", ""); /* a known one may always come back: the older connection is closed */
  ck_assert_uint_eq(refused("replaced"), 1);
  ck_assert_uint_eq(reached("clients"), 1);
  ep_conn conn;
  ep_peer peer = {.local = true};
  while (ep_server_connections(server_driver_core(driver)) < 4) server_driver_open(driver);
  ck_assert_uint_eq(reached("connections"), 0);
  ck_assert_int_eq(ep_server_accept(server_driver_core(driver), &conn, &peer, 0), EP_FULL);
  ck_assert_uint_eq(reached("connections"), 1);
}
END_TEST

/* EP-SEND-9 */
START_TEST(window) {
  enter2("a", ",'window':3");
  ep_conn b = enter2("b", "");
  for (int i = 0; i < 4; i++) {
    send2(b, "'a'", i, i);
    ck_assert_uint_eq(reached("window"), i == 3);
  }
}
END_TEST

/* EP-RECV-3 */
START_TEST(held) {
  restart_with(&(ep_server_config){.held = 3});
  ep_conn a = enter2("a", "");
  for (int i = 1; i <= 4; i++) {
    send2(a, "'x'", i, i);
    ck_assert_uint_eq(reached("held"), i == 4);
  }
  ck_assert_uint_eq(reached("held_bytes"), 0);
}
END_TEST

/* EP-LIM-6, EP-LIM-4 */
START_TEST(mailbox) {
  restart_with(&(ep_server_config){.mailbox = 3});
  enter2("b", "");
  ep_conn a = enter2("a", ""), old = fresh1("old");
  for (int i = 0; i < 4; i++) {
    send2(a, "'b'", i, i);
    ck_assert_uint_eq(reached("mailbox"), i == 3);
    ck_assert_uint_eq(refused("mailbox-full"), i == 3);
  }
  send1(old, "'b'", 0, 100); /* it waits */
  ck_assert_uint_eq(reached("mailbox"), 2);
  ck_assert_uint_eq(refused("mailbox-full"), 1);
  ck_assert_uint_eq(reached("mailbox_bytes"), 0);
}
END_TEST

/* A message to b in a mailbox takes as much as its text: the second fits exactly, or not. */
START_TEST(mailbox_bytes) {
  uint64_t one = 0;
  for (int more = -1; more <= 1; more++) {
    ep_server_config config = {.mailbox_bytes = one == 0 ? 0 : 2 * one - (uint64_t)more};
    restart_with(&config);
    enter2("b", "");
    ep_conn a = enter2("a", "");
    send2(a, "'b'", 0, 0);
    ep_server_view view;
    ep_server_look(server_driver_core(driver), &view, NULL, 0);
    if (one == 0) more = -2; /* the first round only measures */
    if (one == 0) one = view.mailbox_bytes;
    send2(a, "'b'", 1, 1);
    ck_assert_uint_eq(reached("mailbox_bytes"), more == 1);
    ck_assert_uint_eq(refused("mailbox-full"), more == 1);
  }
}
END_TEST

START_TEST(parked) {
  restart_with(&(ep_server_config){.parked = 3});
  ep_conn a = enter2("a", ""), old = fresh1("old");
  for (int i = 0; i < 4; i++) {
    send2(a, "'nobody'", i, i);
    ck_assert_uint_eq(reached("parked"), i == 3);
    ck_assert_uint_eq(refused("parked-full"), i == 3);
  }
  send1(old, "'nobody'", 0, 100); /* it waits */
  ck_assert_uint_eq(reached("parked"), 2);
  ck_assert_uint_eq(reached("parked_bytes"), 0);
}
END_TEST

START_TEST(parked_bytes) {
  uint64_t one = 0;
  for (int more = -1; more <= 1; more++) {
    ep_server_config config = {.parked_bytes = one == 0 ? 0 : 2 * one - (uint64_t)more};
    restart_with(&config);
    ep_conn a = enter2("a", "");
    send2(a, "'nobody'", 0, 0);
    ep_server_view view;
    ep_server_look(server_driver_core(driver), &view, NULL, 0);
    if (one == 0) more = -2;
    if (one == 0) one = view.parked_bytes;
    send2(a, "'nobody'", 1, 1);
    ck_assert_uint_eq(reached("parked_bytes"), more == 1);
    ck_assert_uint_eq(refused("parked-full"), more == 1);
  }
}
END_TEST

/* Refusal number id of message `of`: the mailboxes of m1 to m<count> are full. */
static void hear_full(ep_conn conn, int id, int of, unsigned count) {
  char text[1000];
  size_t at = (size_t)sprintf(text,
                              "{'action':'error','payload':{'code':'mailbox-full','reason':'The "
                              "mailbox of the named recipients is full; the others get the "
                              "message.','of':%d,'uid':'u%d','to':[",
                              of, of);
  for (unsigned i = 1; i <= count && i <= EP_LIMIT_NAMED; i++)
    at += (size_t)sprintf(text + at, "%s'm%u'", i > 1 ? "," : "", i);
  sprintf(text + at, "],'count':%u,'id':%d}}", count, id);
  hear(driver, conn, text);
}

/* EP-LIM-6: so many are named in one refusal, and all are counted in it. */
START_TEST(named) {
  restart_with(&(ep_server_config){.mailbox = 1});
  ep_conn a = enter2("a", "");
  int id = 0, refusals = 0;
  for (unsigned count = 1; count <= EP_LIMIT_NAMED + 1; count++) {
    char name[20], to[20];
    snprintf(name, sizeof name, "m%u", count);
    snprintf(to, sizeof to, "'m%u'", count);
    say(driver, enter2(name, ""), "{'action':'session.update','payload':{'g':1},'id':0}");
    send2(a, to, id, id);
    hear_confirm2(a, id++);
    if (count + 1 < EP_LIMIT_NAMED) continue;
    send2(a, "{'g':1}", id, id);
    hear_confirm2(a, id);
    hear_full(a, refusals++, id++, count);
    ck_assert_uint_eq(reached("named"), count > EP_LIMIT_NAMED);
  }
}
END_TEST

/* EP-ERR-3 */
START_TEST(malformed) {
  ep_conn a = fresh1("a");
  for (unsigned i = 1; i <= EP_LIMIT_MALFORMED + 1; i++) {
    say(driver, a, "{");
    bool over = i > EP_LIMIT_MALFORMED;
    ck_assert_uint_eq(reached("malformed"), over);
    ck_assert_uint_eq(refused("malformed"), i);
    ck_assert(server_driver_was_closed(driver, a) == over);
  }
}
END_TEST

/* EP-TIME-6: one below, and at the timer `frame_time`; in EP/1 without a word. A frame that goes on
 * does not have its time anew, the next one does. */
START_TEST(frame_time) {
  restart_with(&(ep_server_config){.frame_time_ms = 1000, .idle_ms = 60000, .ping_ms = 50000});
  ep_conn a = enter2("a", ""), b = fresh1("b");
  server_driver_feed(driver, a, "{\"action\":\"ping\"", 16, 16);
  server_driver_feed(driver, b, "{\"action\":\"ping\"", 16, 16);
  server_driver_pass(driver, 600);
  server_driver_feed(driver, a, ",\"payload\":1", 12, 12);
  server_driver_feed(driver, b, " ", 1, 1); /* does not help */
  server_driver_pass(driver, 399);
  ck_assert(!server_driver_was_closed(driver, a) && !server_driver_was_closed(driver, b));
  server_driver_feed(driver, a, "}\f{\"ac", 6, 6); /* just in time, and another one begins */
  server_driver_pass(driver, 1);
  hear(driver, a, "{'action':'pong','payload':1}");
  ck_assert(!server_driver_was_closed(driver, a) && server_driver_was_closed(driver, b));
  hear_nothing(driver, b);
  server_driver_pass(driver, 998);
  ck_assert(!server_driver_was_closed(driver, a));
  server_driver_pass(driver, 1);
  hear(driver, a,
       "{'action':'error','payload':{'code':'idle','reason':'Nothing was heard for too long.'}}");
  ck_assert(server_driver_was_closed(driver, a));
  ck_assert_uint_eq(server_driver_counter(driver, "slow-frames"), 2);
  ck_assert_uint_eq(refused("idle"), 2);
}
END_TEST

TCase *ep_tests_server_counts(void) {
  TCase *tests = tcase_create("counts");
  tcase_add_checked_fixture(tests, server_setup, server_teardown);
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, frame);
  tcase_add_test(tests, early_frame);
  tcase_add_test(tests, depth);
  tcase_add_test(tests, depth_of_a_session);
  tcase_add_test(tests, too_many_members);
  tcase_add_loop_test(tests, names, 0, (int)(sizeof name_cases / sizeof *name_cases));
  tcase_add_test(tests, session);
  tcase_add_test(tests, selector);
  tcase_add_test(tests, selector_of_presence);
  tcase_add_test(tests, selector_of_a_list);
  tcase_add_test(tests, connections_and_clients);
  tcase_add_test(tests, window);
  tcase_add_test(tests, held);
  tcase_add_test(tests, mailbox);
  tcase_add_test(tests, mailbox_bytes);
  tcase_add_test(tests, parked);
  tcase_add_test(tests, parked_bytes);
  tcase_add_test(tests, named);
  tcase_add_test(tests, malformed);
  tcase_add_test(tests, frame_time);
  return tests;
}
