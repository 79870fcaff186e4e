/* The server core, as its clients see it: routing, parking, receipts, refusals, full mailboxes.
 * Read first: test_server_talk.h, spec/protocol.md chapters 9 and 11. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "test/test_server.h"
#include "test/test_server_talk.h"

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
  b = auth2("b", ",'expect':0");
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
  ep_conn b = auth2("b", ",'expect':0");
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
  b = auth2("b", ",'epoch':'" EPOCH "','expect':1");
  a = auth2("a", ",'epoch':'" EPOCH "','expect':1");
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

TCase *ep_tests_server_routing(void) {
  TCase *tests = tcase_create("routing");
  tcase_add_checked_fixture(tests, server_setup, server_teardown);
  tcase_set_timeout(tests, 20);
  tcase_add_test(tests, selectors);
  tcase_add_test(tests, unusable_messages);
  tcase_add_test(tests, nothing_is_altered_but_what_must_be);
  tcase_add_test(tests, parked_messages_are_routed_in_order);
  tcase_add_test(tests, receipts_tell_who_has_it);
  tcase_add_test(tests, full_mailbox_v2);
  tcase_add_test(tests, full_mailbox_v1_makes_the_sender_wait);
  tcase_add_test(tests, full_mailbox_v1_ends_after_a_time);
  return tests;
}
