/* The server core, as its clients see it: order, duplicates, resumption, lost state, routing, parking,
 * receipts, full mailboxes, kills.
 * Read first: server_driver.h, spec/protocol.md chapters 3, 8, 9, 11. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "test/server_driver.h"
#include "test/test_memory.h"
#include "test/test_server.h"

#define EPOCH "5f3c9a1e7b2d4068"
#define WELCOME(known, expect)                                                            \
  "{'action':'auth','payload':" known ",'version':2,'epoch':'" EPOCH "','expect':" expect \
  ",'window':4096,'limits':{'frame':33554432,'depth':256,'session':65536}}"

static server_driver *driver;

static void setup(void) { driver = server_driver_new(); }
static void teardown(void) { server_driver_free(driver); }

static void restart_with(const ep_server_config *config) {
  server_driver_free(driver);
  driver = server_driver_new_with(config);
}

static ep_conn join1(const char *id) {
  char text[300];
  ep_conn conn = server_driver_open(driver);
  snprintf(text, sizeof text, "{'action':'auth','payload':'%s'}", id);
  say1(driver, conn, text);
  return conn;
}

static ep_conn join2(const char *id, const char *more) {
  char text[400];
  ep_conn conn = server_driver_open(driver);
  snprintf(text, sizeof text, "{'action':'auth','payload':'%s','version':2,'instance':'i-%s'%s}",
           id, id, more);
  say1(driver, conn, text);
  return conn;
}

static ep_conn fresh1(const char *id) {
  ep_conn conn = join1(id);
  skip_frames(driver, conn);
  return conn;
}

static ep_conn fresh2(const char *id) {
  ep_conn conn = join2(id, ",'expect':0");
  skip_frames(driver, conn);
  return conn;
}

/* Message number id to `to` (JSON), uid "u<uid>", payload the uid's number. */
static void send2(ep_conn conn, const char *to, int id, int uid) {
  char text[300];
  snprintf(text, sizeof text,
           "{'action':'message.new','payload':{'to':%s,'id':%d,'uid':'u%d','payload':%d}}", to, id,
           uid, uid);
  say(driver, conn, text);
}

static void send1(ep_conn conn, const char *to, int id, int uid) {
  char text[300];
  snprintf(
      text, sizeof text,
      "{'action':'message.new','payload':{'from':'x','to':%s,'id':%d,'uid':'u%d','payload':%d}}",
      to, id, uid, uid);
  say1(driver, conn, text);
}

static void confirm2(ep_conn conn, int id) {
  char text[100];
  snprintf(text, sizeof text, "{'action':'message.confirm','payload':%d}", id);
  say(driver, conn, text);
}

static void hear_confirm2(ep_conn conn, int id) {
  char text[100];
  snprintf(text, sizeof text, "{'action':'message.confirm','payload':%d}", id);
  hear(driver, conn, text);
}

static void hear_confirm1(ep_conn conn, int uid) {
  char text[100];
  snprintf(text, sizeof text, "{'action':'message.confirm','payload':'u%d'}", uid);
  hear1(driver, conn, text);
}

static void hear_message(ep_conn conn, bool enveloped, const char *from, const char *to, int id,
                         int uid, int from_id) {
  char text[400];
  snprintf(
      text, sizeof text,
      "{'action':'message.new','payload':{'from':'%s','to':%s,'id':%d,'uid':'u%d','payload':%d,"
      "'fromId':%d}}",
      from, to, id, uid, uid, from_id);
  (enveloped ? hear1 : hear)(driver, conn, text);
}

/* EP-RECV-1, EP-RECV-2, EP-RECV-3, EP-RECV-4, EP-RECV-11, EP-SEND-4 */
START_TEST(v2_order_gap_duplicate) {
  ep_conn a = fresh2("a"), b = fresh2("b");
  send2(a, "'b'", 2, 2);
  hear(driver, a, "{'action':'message.retry','payload':0}");
  send2(a, "'b'", 1, 1);
  hear_nothing(driver, b);
  send2(a, "'b'", 0, 0);
  hear_confirm2(a, 2);
  for (int i = 0; i < 3; i++) hear_message(b, false, "a", "'b'", i, i, i);
  send2(a, "'b'", 1, 1);
  hear_confirm2(a, 2);
  hear_nothing(driver, b);
  confirm2(b, 99); /* never written: confirms nothing */
  confirm2(b, 1);
  server_driver_close(driver, b);
  b = join2("b", ",'expect':0");
  hear1(driver, b, WELCOME("true", "0"));
  hear_message(b, false, "a", "'b'", 2, 2, 2);
  hear_nothing(driver, b);
}
END_TEST

/* EP-RECV-5, EP-RECV-10, EP-SEND-1 */
START_TEST(v1_duplicates_by_uid) {
  ep_conn a = fresh1("a"), b = fresh1("b");
  skip_frames(driver, a);
  send1(a, "'b'", 0, 0);
  hear_confirm1(a, 0);
  hear_message(b, true, "a", "'b'", 0, 0, 0);
  send1(a, "'b'", 0, 0); /* again */
  hear_confirm1(a, 0);
  send1(a, "'b'", 1, 0); /* known uid, other id: used up */
  hear_confirm1(a, 0);
  hear_nothing(driver, b);
  send1(a, "'b'", 2, 2);
  hear_confirm1(a, 2);
  hear_message(b, true, "a", "'b'", 1, 2, 2);
  send1(a, "'b'", 0, 7); /* an unknown uid under a low id: the client began again */
  hear_confirm1(a, 7);
  hear_message(b, true, "a", "'b'", 2, 7, 0);
}
END_TEST

/* EP-RECV-3, EP-RECV-6 */
START_TEST(v1_gap_is_released_after_a_time) {
  ep_conn a = fresh1("a"), b = fresh1("b");
  skip_frames(driver, a);
  send1(a, "'b'", 9, 9);
  send1(a, "'b'", 7, 7);
  hear_nothing(driver, a);
  send1(a, "'b'", 0, 0); /* held items delay nothing that is in order */
  hear_confirm1(a, 0);
  hear_message(b, true, "a", "'b'", 0, 0, 0);
  server_driver_pass(driver, 9000);
  hear_nothing(driver, b);
  server_driver_pass(driver, 1000);
  hear_confirm1(a, 7);
  hear_confirm1(a, 9);
  hear_message(b, true, "a", "'b'", 1, 7, 7);
  hear_message(b, true, "a", "'b'", 2, 9, 9);
  ck_assert_uint_eq(server_driver_counter(driver, "gaps-released"), 2);
  send1(a, "'b'", 10, 10);
  hear_confirm1(a, 10);
}
END_TEST

/* EP-RECV-3: the limit held */
START_TEST(held_is_bounded) {
  ep_server_config config = {.held = 3};
  restart_with(&config);
  ep_conn a = fresh2("a"), b = fresh2("b");
  for (int i = 5; i > 0; i--) send2(a, "'b'", i, i);
  ck_assert_uint_eq(server_driver_counter(driver, "held-dropped"), 2);
  skip_frames(driver, a);
  send2(a, "'b'", 0, 0);
  hear_confirm2(a, 3);
  for (int i = 0; i < 4; i++) hear_message(b, false, "a", "'b'", i, i, i);
  hear_nothing(driver, b);
}
END_TEST

/* EP-RES-1, EP-RES-2, EP-SEND-2, EP-SEND-3, EP-G5-2 */
START_TEST(v2_resumes_exactly) {
  ep_conn a = fresh2("a"), b = fresh2("b");
  for (int i = 0; i < 5; i++) send2(a, "'b'", i, i);
  skip_frames(driver, b);
  server_driver_close(driver, b);
  send2(a, "'b'", 5, 5);
  b = join2("b", ",'epoch':'" EPOCH "','expect':3");
  hear1(driver, b, WELCOME("true", "0"));
  for (int i = 3; i < 6; i++) hear_message(b, false, "a", "'b'", i, i, i);
  hear_nothing(driver, b);
  server_driver_close(driver, a);
  a = join2("a", ",'epoch':'" EPOCH "','expect':0");
  hear1(driver, a, WELCOME("true", "6"));
}
END_TEST

/* EP-RES-3 */
START_TEST(expect_from_the_future_is_refused) {
  fresh2("a");
  ep_conn a = join2("a", ",'epoch':'" EPOCH "','expect':1");
  hear1(driver, a,
       "{'action':'error','payload':{'code':'bad-auth','reason':'The auth request has no usable "
       "client id, instance or expect.'}}");
  ck_assert(server_driver_was_closed(driver, a));
}
END_TEST

/* EP-RES-4, EP-SEND-5, EP-SEND-3 */
START_TEST(v1_resumes_with_the_same_ids) {
  ep_conn a = fresh1("a"), b = fresh1("b");
  skip_frames(driver, a);
  for (int i = 0; i < 4; i++) send1(a, "'b'", i, i);
  skip_frames(driver, b);
  say1(driver, b, "{'action':'message.confirm','payload':'u2'}"); /* out of order */
  say1(driver, b, "{'action':'message.confirm','payload':'u0'}");
  say1(driver, b, "{'action':'message.confirm','payload':'nobody'}");
  server_driver_pass(driver, 60000);
  hear_nothing(driver, b); /* nothing is written twice on one connection */
  server_driver_kill(driver, false);
  b = join1("b");
  hear1(driver, b, "{'action':'auth','payload':true}");
  (void)server_driver_take_frame(driver, b);
  hear_message(b, true, "a", "'b'", 1, 1, 1);
  hear_message(b, true, "a", "'b'", 3, 3, 3);
  hear_nothing(driver, b);
}
END_TEST

/* EP-LOST-1, EP-LOST-5 */
START_TEST(client_that_lost_its_state) {
  ep_conn a = fresh2("a"), b = fresh2("b");
  for (int i = 0; i < 4; i++) send2(a, "'b'", i, i);
  skip_frames(driver, b);
  confirm2(b, 1);
  ep_conn again = server_driver_open(driver);
  say1(driver, again, "{'action':'auth','payload':'b','version':2,'instance':'other','expect':0}");
  hear1(driver, again, WELCOME("true", "0"));
  hear_message(again, false, "a", "'b'", 0, 2, 2);
  hear_message(again, false, "a", "'b'", 1, 3, 3);
  confirm2(again, 1);
  send2(again, "'a'", 0, 10);
  hear_confirm2(again, 0);
}
END_TEST

/* EP-LOST-7, EP-LOST-8 */
START_TEST(client_that_goes_back_to_v1) {
  ep_conn a = fresh2("a"), b = fresh2("b");
  say(driver, a, "{'action':'message.new','payload':{'to':'b','id':0,'uid':'u0','receipt':true}}");
  server_driver_close(driver, a);
  confirm2(b, 0); /* the receipt waits for a */
  a = fresh1("a");
  hear_nothing(driver, a);
  ck_assert_uint_eq(server_driver_counter(driver, "receipts-missed"), 1);
  server_driver_close(driver, a);
  a = join2("a", ",'epoch':'" EPOCH "','expect':0");
  hear1(driver, a, WELCOME("true", "0"));
  hear_nothing(driver, a);
}
END_TEST

/* EP-LIM-3 */
START_TEST(message_with_too_many_members) {
  char members[1200] = "", text[1500];
  for (int i = 0; i < 61; i++) snprintf(members + strlen(members), 20, ",'m%d':0", i);
  ep_conn a = fresh2("a"), b = fresh1("b");
  for (int more = 0; more < 2; more++) { /* 64 members pass, 65 do not */
    snprintf(text, sizeof text, "{'action':'message.new','payload':{'to':'a','id':%d,'uid':'u%d'%s%s}}",
             more, more, members, more ? ",'last':0" : "");
    say(driver, a, text);
    hear_confirm2(a, more);
    if (more == 0) (void)server_driver_take_frame(driver, a);
  }
  hear(driver, a,
       "{'action':'error','payload':{'code':'bad-message','reason':'The JSON is not a message of this "
       "protocol.','of':1,'uid':'u1','id':1}}");
  snprintf(text, sizeof text, "{'action':'message.new','payload':{'to':'a','id':0,'uid':'u1'%s,'x':0}}",
           members);
  say1(driver, b, text);
  hear_confirm1(b, 1);
  hear_nothing(driver, b);
}
END_TEST

/* EP-SEND-6, EP-SEND-3 */
START_TEST(retry_is_answered) {
  ep_conn a = fresh2("a"), b = fresh2("b"), c = fresh1("c");
  send2(a, "'b'", 0, 0);
  send2(a, "'c'", 1, 1);
  skip_frames(driver, b);
  skip_frames(driver, c);
  say(driver, b, "{'action':'message.retry','payload':0}");
  hear_message(b, false, "a", "'b'", 0, 0, 0);
  say1(driver, c, "{'action':'message.retry','payload':0}");
  hear_message(c, true, "a", "'c'", 0, 1, 1);
  say1(driver, c, "{'action':'message.retry','payload':1}");
  hear_nothing(driver, c);
}
END_TEST

/* EP-SEND-9 */
START_TEST(window_is_kept) {
  ep_conn a = fresh2("a"), b = join2("b", ",'expect':0,'window':2");
  skip_frames(driver, b);
  for (int i = 0; i < 5; i++) send2(a, "'b'", i, i);
  hear_message(b, false, "a", "'b'", 0, 0, 0);
  hear_message(b, false, "a", "'b'", 1, 1, 1);
  hear_nothing(driver, b);
  confirm2(b, 0);
  hear_message(b, false, "a", "'b'", 2, 2, 2);
  hear_nothing(driver, b);
}
END_TEST

/* EP-SEND-7: everything arrives though most frames are lost. */
START_TEST(lossy_transport_repeats) {
  ep_conn a = fresh2("a");
  ep_conn b = server_driver_open_as(driver, EP_LOSSY, true);
  say1(driver, b, "{'action':'auth','payload':'b','version':2,'instance':'i-b','expect':0}");
  skip_frames(driver, b);
  for (int i = 0; i < 3; i++) send2(a, "'b'", i, i);
  skip_frames(driver, b); /* lost */
  server_driver_pass(driver, 199);
  hear_nothing(driver, b);
  server_driver_pass(driver, 1);
  for (int i = 0; i < 3; i++) hear_message(b, false, "a", "'b'", i, i, i);
  confirm2(b, 0);
  server_driver_pass(driver, 200);
  hear_message(b, false, "a", "'b'", 1, 1, 1);
  hear_message(b, false, "a", "'b'", 2, 2, 2);
  hear_nothing(driver, b);
  server_driver_pass(driver, 400); /* twice as long */
  hear_message(b, false, "a", "'b'", 1, 1, 1);
  skip_frames(driver, b);
  confirm2(b, 2);
  server_driver_pass(driver, 4000);
  hear_nothing(driver, b);
}
END_TEST

/* EP-ADDR-1, EP-ADDR-2, EP-ROUTE-1, EP-ROUTE-2, EP-G2-1, EP-G7-1, EP-PARK-3 */
START_TEST(selectors) {
  ep_conn a = fresh2("a"), b = fresh2("b"), c = fresh2("c");
  say(driver, a, "{'action':'session.update','payload':{'room':7,'on':true},'id':0}");
  say(driver, b, "{'action':'session.update','payload':{'room':7.0,'on':'true','n':null},'id':0}");
  say(driver, c, "{'action':'session.update','payload':{'room':'7','list':[1]},'id':0}");
  server_driver_close(driver, b);
  skip_frames(driver, a);
  skip_frames(driver, c);
  send2(a, "{'room':70e-1}", 1, 1);
  hear_confirm2(a, 1); /* first the confirm */
  hear_message(a, false, "a", "{'room':70e-1}", 0, 1, 1);
  send2(a, "{'room':7,'on':true}", 2, 2);
  hear_confirm2(a, 2);
  hear_message(a, false, "a", "{'room':7,'on':true}", 1, 2, 2);
  send2(a, "{}", 3, 3);
  hear_message(c, false, "a", "{}", 0, 3, 3);
  send2(a, "{'r\\u006fom':'\\u0037'}", 4, 4);
  hear_message(c, false, "a", "{'r\\u006fom':'\\u0037'}", 1, 4, 4);
  hear_nothing(driver, c);
  b = join2("b", ",'expect':0");
  hear1(driver, b, WELCOME("true", "1"));
  hear_message(b, false, "a", "{'room':70e-1}", 0, 1, 1);
  hear_message(b, false, "a", "{}", 1, 3, 3);
  hear_nothing(driver, b);
}
END_TEST

/* EP-ADDR-3, EP-ERR-7, EP-ROUTE-3, EP-MSG-3 */
START_TEST(unusable_messages) {
  ep_conn a = fresh2("a"), b = fresh1("b");
  static const char *const to[] = {"7", "null", "''", "{'x':[]}", "['a']", "{'x':{}}"};
  for (int i = 0; i < 6; i++) {
    char text[300];
    send2(a, to[i], i, i);
    hear_confirm2(a, i);
    snprintf(
        text, sizeof text,
        "{'action':'error','payload':{'code':'bad-to','reason':'The address is neither a client "
        "id nor an object of scalars.','of':%d,'uid':'u%d','id':%d}}",
        i, i, i);
    hear(driver, a, text);
    send1(b, to[i], i, i);
    hear_confirm1(b, i);
  }
  say(driver, a, "{'action':'message.new','payload':{'to':'a','uid':'x'}}");
  hear(driver, a,
       "{'action':'error','payload':{'code':'bad-message','reason':'The JSON is not a message of "
       "this protocol.','uid':'x'}}");
  say1(driver, b, "{'action':'message.new','payload':{'to':'b','id':6}}");
  say1(driver, b, "{'action':'message.new','payload':{'to':'b','uid':'x'}}");
  hear1(driver, b, "{'action':'message.confirm','payload':'x'}");
  send1(b, "'b'", 6, 6);
  hear_confirm1(b, 6);
  hear_message(b, true, "b", "'b'", 0, 6, 6);
}
END_TEST

/* EP-G1-1, EP-G1-2, EP-MSG-5, EP-MSG-6, EP-JSON-4 */
START_TEST(nothing_is_altered_but_what_must_be) {
  ep_conn a = fresh2("a"), b = fresh2("b");
  say(driver, a,
      "{'action':'message.new','extra':1,'payload':{'from':'root','to':'b','id':0,'uid':'\\u0078','"
      "x':2,"
      "'payload':{'b' : 1.50e+2, 'a':'\\ud800\\u0041\\/', 'b':[ ]}}}");
  hear(driver, b,
       "{'action':'message.new','payload':{'from':'a','to':'b','id':0,'uid':'\\u0078',"
       "'payload':{'b' : 1.50e+2, 'a':'\\ud800\\u0041\\/', 'b':[ ]},'fromId':0}}");
}
END_TEST

/* EP-PARK-1, EP-PARK-2, EP-SESS-3 */
START_TEST(parked_messages_are_routed_in_order) {
  ep_conn a = fresh2("a");
  send2(a, "'b'", 0, 0);
  send2(a, "{'k':1}", 1, 1);
  send2(a, "{'k':1,'l':2}", 2, 2);
  send2(a, "{'k':2}", 3, 3);
  send2(a, "'b'", 4, 4);
  server_driver_kill(driver, false);
  ep_conn b = join2("b", ",'expect':0");
  hear1(driver, b, WELCOME("false", "0"));
  hear_message(b, false, "a", "'b'", 0, 0, 0);
  hear_message(b, false, "a", "'b'", 1, 4, 4);
  say(driver, b, "{'action':'session.update','payload':{'l':2,'k':1.0},'id':0}");
  hear_confirm2(b, 0);
  hear_message(b, false, "a", "{'k':1}", 2, 1, 1);
  hear_message(b, false, "a", "{'k':1,'l':2}", 3, 2, 2);
  hear_nothing(driver, b);
  ep_conn c = fresh2("c");
  say(driver, c, "{'action':'session.update','payload':{'k':1},'id':0}");
  hear_confirm2(c, 0);
  hear_nothing(driver, c); /* they were routed once */
}
END_TEST

/* EP-RCPT-1, EP-RCPT-2 */
START_TEST(receipts_tell_who_has_it) {
  ep_conn a = fresh2("a"), b = fresh2("b"), c = fresh1("c");
  say(driver, b, "{'action':'session.update','payload':{'g':1},'id':0}");
  say1(driver, c, "{'action':'session.update','payload':{'g':1}}");
  say(driver, a,
      "{'action':'message.new','payload':{'to':{'g':1},'id':0,'uid':'u0','receipt':true}}");
  hear_confirm2(a, 0);
  skip_frames(driver, c);
  say1(driver, c, "{'action':'message.confirm','payload':'u0'}");
  hear(driver, a,
       "{'action':'message.receipt','payload':{'id':0,'of':0,'uid':'u0','by':'c','left':1}}");
  server_driver_kill(driver, false);
  b = join2("b", ",'epoch':'" EPOCH "','expect':1");
  a = join2("a", ",'epoch':'" EPOCH "','expect':1");
  hear1(driver, a, WELCOME("true", "1"));
  hear(driver, a,
       "{'action':'message.receipt','payload':{'id':1,'of':0,'uid':'u0','by':'b','left':0}}");
  hear_nothing(driver, a);
}
END_TEST

/* EP-LIM-6, EP-ERR-7 */
START_TEST(full_mailbox_v2) {
  ep_server_config config = {.mailbox = 2};
  restart_with(&config);
  ep_conn a = fresh2("a"), b = fresh2("b");
  for (int i = 0; i < 2; i++) send2(a, "'b'", i, i);
  skip_frames(driver, a);
  send2(a, "{}", 2, 2);
  hear_confirm2(a, 2);
  hear_message(a, false, "a", "{}", 0, 2, 2);
  hear(driver, a,
       "{'action':'error','payload':{'code':'mailbox-full','reason':'The mailbox of the named "
       "recipients is full; the others get the message.','of':2,'uid':'u2','to':['b'],'count':1,"
       "'id':1}}");
  skip_frames(driver, b);
  confirm2(b, 0);
  send2(a, "'b'", 3, 3);
  hear_message(b, false, "a", "'b'", 2, 3, 3);
}
END_TEST

/* EP-LIM-4 */
START_TEST(full_mailbox_v1_makes_the_sender_wait) {
  ep_server_config config = {.mailbox = 2};
  restart_with(&config);
  ep_conn a = fresh1("a"), b = fresh1("b"), c = fresh1("c");
  skip_frames(driver, a);
  for (int i = 0; i < 4; i++) send1(a, "'b'", i, i);
  send1(a, "'c'", 4, 4);
  hear_confirm1(a, 0);
  hear_confirm1(a, 1);
  hear_nothing(driver, a);
  hear_nothing(driver, c);
  say1(driver, a, "{'action':'clients.list','payload':''}"); /* all else goes on */
  ck_assert_uint_gt(server_driver_take_frame(driver, a).len, 0);
  skip_frames(driver, b);
  say1(driver, b, "{'action':'message.confirm','payload':'u0'}");
  hear_confirm1(a, 2);
  hear_nothing(driver, a);
  say1(driver, b, "{'action':'message.confirm','payload':'u1'}");
  hear_confirm1(a, 3);
  hear_confirm1(a, 4);
  hear_message(c, true, "a", "'c'", 0, 4, 4);
  hear_message(b, true, "a", "'b'", 2, 2, 2);
  hear_message(b, true, "a", "'b'", 3, 3, 3);
}
END_TEST

/* EP-LIM-5 */
START_TEST(full_mailbox_v1_ends_after_a_time) {
  ep_server_config config = {.mailbox = 1};
  restart_with(&config);
  ep_conn a = fresh1("a");
  fresh1("b");
  ep_conn c = fresh1("c");
  skip_frames(driver, a);
  send1(a, "'b'", 0, 0);
  hear_confirm1(a, 0);
  send1(a, "{}", 1, 1);
  hear_nothing(driver, a);
  server_driver_pass(driver, 59999);
  hear_nothing(driver, a);
  server_driver_pass(driver, 1);
  hear_confirm1(a, 1);
  hear_message(a, true, "a", "{}", 0, 1, 1);
  hear_message(c, true, "a", "{}", 0, 1, 1);
  ck_assert_uint_eq(server_driver_counter(driver, "mailbox-refused"), 1);
}
END_TEST

/* EP-G3 by EP-RECV-1, EP-G4-1, EP-G5-1: killed at every turn, nothing is lost, doubled or out of order. */
START_TEST(killed_at_every_turn) {
  for (int kill_at = 0; kill_at < 12; kill_at++) {
    ep_conn a = fresh2("a"), b = fresh2("b");
    int sent = 0, got = 0, turn = 0;
    while (got < 6) {
      if (turn++ == kill_at) {
        char more[100];
        server_driver_kill(driver, false);
        a = join2("a", ",'epoch':'" EPOCH "','expect':0");
        ep_bytes reply = server_driver_take_frame(driver, a);
        const char *expect = strstr((const char *)reply.data, "expect\\\":");
        ck_assert_ptr_nonnull(expect);
        int said = atoi(expect + 9);
        ck_assert_msg(said == sent, "%d was confirmed, the server knows %d", sent, said);
        snprintf(more, sizeof more, ",'epoch':'" EPOCH "','expect':%d", got);
        b = join2("b", more);
        (void)server_driver_take_frame(driver, b);
      }
      if (sent < 6) {
        send2(a, "'b'", sent, sent);
        hear_confirm2(a, sent);
        sent++;
      }
      if (turn % 2 == 0) {
        hear_message(b, false, "a", "'b'", got, got, got);
        confirm2(b, got);
        got++;
      }
    }
    hear_nothing(driver, b);
    server_driver_pass(driver, 50); /* what only recipients confirmed may wait so long */
    ck_assert_uint_le(server_driver_stored(driver), 8);
    server_driver_kill(driver, true);
    teardown();
    setup();
  }
}
END_TEST

/* EP-LOST-2, EP-G8-1: a server without its state tells by another epoch */
START_TEST(server_that_lost_its_state) {
  ep_conn a = fresh2("a");
  send2(a, "'a'", 0, 0);
  server_driver_kill(driver, true);
  a = join2("a", ",'epoch':'" EPOCH "','expect':0");
  ep_bytes reply = server_driver_take_frame(driver, a);
  ck_assert_ptr_null(strstr((const char *)reply.data, EPOCH));
  hear_nothing(driver, a);
  send2(a, "'a'", 0, 0);
  hear_confirm2(a, 0);
  hear_message(a, false, "a", "'a'", 0, 0, 0);
}
END_TEST

/* ---- Allocation failure ---- */

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

bool server_survives_failing_allocation(size_t fail_at, bool on) {
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

TCase *ep_tests_server_streams(void) {
  TCase *tests = tcase_create("streams");
  tcase_add_checked_fixture(tests, setup, teardown);
  tcase_set_timeout(tests, 20);
  tcase_add_test(tests, v2_order_gap_duplicate);
  tcase_add_test(tests, v1_duplicates_by_uid);
  tcase_add_test(tests, v1_gap_is_released_after_a_time);
  tcase_add_test(tests, held_is_bounded);
  tcase_add_test(tests, v2_resumes_exactly);
  tcase_add_test(tests, expect_from_the_future_is_refused);
  tcase_add_test(tests, v1_resumes_with_the_same_ids);
  tcase_add_test(tests, client_that_lost_its_state);
  tcase_add_test(tests, client_that_goes_back_to_v1);
  tcase_add_test(tests, message_with_too_many_members);
  tcase_add_test(tests, retry_is_answered);
  tcase_add_test(tests, window_is_kept);
  tcase_add_test(tests, lossy_transport_repeats);
  tcase_add_test(tests, selectors);
  tcase_add_test(tests, unusable_messages);
  tcase_add_test(tests, nothing_is_altered_but_what_must_be);
  tcase_add_test(tests, parked_messages_are_routed_in_order);
  tcase_add_test(tests, receipts_tell_who_has_it);
  tcase_add_test(tests, full_mailbox_v2);
  tcase_add_test(tests, full_mailbox_v1_makes_the_sender_wait);
  tcase_add_test(tests, full_mailbox_v1_ends_after_a_time);
  tcase_add_test(tests, killed_at_every_turn);
  tcase_add_test(tests, server_that_lost_its_state);
  return tests;
}
