/* The server core, as its clients see it: connections, authentication, presence, errors, limits,
 * time. Limits and credentials are in test_server_limits.c, streams and routing in
 * test_server_streams.c. Read first: server_driver.h, spec/protocol.md chapters 7, 10, 12, 13. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/test_server.h"
#include "test/test_server_talk.h"

#define LIMITS "'limits':{'frame':33554432,'depth':256,'session':65536}"

/* EP-AUTH-6, EP-PRES-1, EP-PRES-2, EP-PRES-3, EP-PRES-4, EP-SESS-1 */
START_TEST(two_v1_clients_see_each_other) {
  ep_conn a = server_driver_open(driver), b = server_driver_open(driver);
  say1(driver, a, "{'action':'auth','payload':'a'}");
  hear1(driver, a, "{'action':'auth','payload':false}");
  hear1(driver, a,
        "{'action':'clients.list','payload':[{'uuid':'a','state':'connected','session':{}}]}");
  say1(driver, a, "{'action':'session.update','payload':{'name':'a'}}");
  hear1(
      driver, a,
      "{'action':'session.update','payload':{'uuid':'a','connected':true,'session':{'name':'a'}}}");
  say1(driver, b, "{'action':'auth','payload':'b'}");
  hear1(driver, b, "{'action':'auth','payload':false}");
  hear1(
      driver, b,
      "{'action':'clients.list','payload':[{'uuid':'a','state':'connected','session':{'name':'a'}},"
      "{'uuid':'b','state':'connected','session':{}}]}");
  hear1(driver, a, "{'action':'client.connect','payload':'b'}");
  say1(driver, a, "{'action':'clients.list','payload':''}");
  hear1(
      driver, a,
      "{'action':'clients.list','payload':[{'uuid':'a','state':'connected','session':{'name':'a'}},"
      "{'uuid':'b','state':'connected','session':{}}]}");
  server_driver_close(driver, a);
  hear1(driver, b, "{'action':'client.disconnect','payload':'a'}");
  a = server_driver_open(driver);
  say1(driver, a, "{'action':'auth','payload':'a'}");
  hear1(driver, a, "{'action':'auth','payload':true}");
}
END_TEST

/* EP-AUTH-1, EP-AUTH-2, EP-AUTH-3, EP-AUTH-8, EP-SEC-5 */
START_TEST(what_comes_before_auth_is_ignored) {
  ep_conn a = server_driver_open(driver);
  say1(driver, a, "{'action':'message.new','payload':{'to':'a','id':0,'uid':'u','payload':1}}");
  say1(driver, a, "{'action':'session.update','payload':{'x':1}}");
  say1(driver, a, "{'action':'clients.list','payload':''}");
  say1(driver, a, "{'action':'whatever'}");
  say1(driver, a, "{'payload':7}");
  hear_nothing(driver, a);
  ck_assert(!server_driver_was_closed(driver, a));
  say1(driver, a, "{'action':'auth','payload':'a'}");
  hear1(driver, a, "{'action':'auth','payload':false}");
  skip_frames(driver, a);
  say1(driver, a, "{'action':'message.new','payload':{'to':'a','id':0,'uid':'u','payload':1}}");
  hear1(driver, a, "{'action':'message.confirm','payload':'u'}");
}
END_TEST

/* EP-AUTH-4, EP-TIME-5 */
START_TEST(who_does_not_authenticate_is_closed) {
  ep_conn a = server_driver_open(driver);
  server_driver_pass(driver, 9999);
  ck_assert(!server_driver_was_closed(driver, a));
  server_driver_pass(driver, 1);
  ck_assert(server_driver_was_closed(driver, a));
  hear_nothing(driver, a);
}
END_TEST

/* EP-AUTH-5, EP-AUTH-7, EP-NEG-1 */
START_TEST(bad_auth_is_refused) {
  ep_conn a = server_driver_open(driver), b = server_driver_open(driver);
  say1(driver, a, "{'action':'auth','payload':'a','version':2,'expect':0}");
  hear1(driver, a,
        "{'action':'error','payload':{'code':'bad-auth','reason':'The auth request has no usable "
        "client id, instance or expect.'}}");
  ck_assert(server_driver_was_closed(driver, a));
  say1(driver, b, "{'action':'auth','payload':{}}");
  hear_nothing(driver, b);
  ck_assert(server_driver_was_closed(driver, b));
}
END_TEST

/* EP-AUTH-5, when somebody is authenticated already; EP-ERR-1: nothing is said in EP/1. */
START_TEST(bad_second_auth_is_refused) {
  ep_conn a = enter2("a", ""), b = server_driver_open(driver);
  say1(driver, b, "{'action':'auth','payload':'b'}");
  say(driver, a, "{'action':'auth','payload':7}");
  hear(driver, a,
       "{'action':'error','payload':{'code':'bad-auth','reason':'The auth request has no usable "
       "client id, instance or expect.'}}");
  ck_assert(server_driver_was_closed(driver, a));
  skip_frames(driver, b);
  say1(driver, b, "{'action':'auth','payload':'b','version':2,'expect':0}");
  hear_nothing(driver, b);
  ck_assert(server_driver_was_closed(driver, b));
}
END_TEST

/* EP-NEG-2, EP-NEG-3, EP-FRAME-4, EP-FRAME-5 */
START_TEST(version_is_negotiated) {
  ep_conn a = server_driver_open(driver), b = server_driver_open(driver);
  say1(driver, a, "{'action':'auth','payload':'a','version':9,'instance':'i','expect':0}");
  hear1(driver, a,
        "{'action':'auth','payload':false,'version':2,'epoch':'" EPOCH
        "','expect':0,'window':4096," LIMITS "}");
  say(driver, a, "{'action':'ping','payload':[1]}");
  hear(driver, a, "{'action':'pong','payload':[1]}");
  say1(driver, b, "{'action':'auth','payload':'b','version':1,'instance':'i'}");
  hear1(driver, b, "{'action':'auth','payload':false}");
}
END_TEST

/* EP-AUTH-9, EP-AUTH-10 */
START_TEST(second_auth) {
  ep_conn a = enter2("a", ",'presence':{}"), b = enter2("b", "");
  skip_frames(driver, a);
  say1(driver, b, "{'action':'auth','payload':'b','version':2,'instance':'i-b','expect':0}");
  hear(driver, b,
       "{'action':'auth','payload':true,'version':2,'epoch':'" EPOCH
       "','expect':0,'window':4096," LIMITS "}");
  hear_nothing(driver, a);
  say1(driver, b, "{'action':'auth','payload':'c','version':2,'instance':'i-b','expect':0}");
  hear(driver, b,
       "{'action':'error','payload':{'code':'other-client','reason':'This connection already "
       "belongs to another client id or version.'}}");
  ck_assert(server_driver_was_closed(driver, b));
  hear(driver, a, "{'action':'client.disconnect','payload':'b'}");
}
END_TEST

/* EP-TAKE-1, EP-TAKE-2, EP-TAKE-3 */
START_TEST(newer_connection_takes_over) {
  ep_conn watcher = enter2("w", ",'presence':{}");
  ep_conn old = enter2("a", "");
  skip_frames(driver, watcher);
  say(driver, old, "{'action':'message.new','payload':{'to':'w','id':1,'uid':'u1'}}"); /* held */
  skip_frames(driver, old);
  ep_conn new = enter2("a", "");
  hear(driver, old,
       "{'action':'error','payload':{'code':'replaced','reason':'A newer connection of the same "
       "client id has taken over.'}}");
  ck_assert(server_driver_was_closed(driver, old));
  hear_nothing(driver, watcher);
  say(driver, new, "{'action':'message.new','payload':{'to':'w','id':0,'uid':'u0'}}");
  hear(driver, new, "{'action':'message.confirm','payload':0}");
  hear(driver, watcher,
       "{'action':'message.new','payload':{'from':'a','to':'w','id':0,'uid':'u0','fromId':0}}");
  hear_nothing(driver, watcher); /* u1 was discarded */
}
END_TEST

/* EP-PRES-5, EP-PRES-3, EP-SESS-2 */
/* EP-TAKE-4: the auth request of a connection that was given up comes late. */
START_TEST(older_connection_does_not_take_over) {
  ep_conn old = server_driver_open(driver), older_v1 = server_driver_open(driver);
  ep_conn new = enter2("a", "");
  say1(driver, old, "{'action':'auth','payload':'a','version':2,'instance':'i-a','expect':0}");
  hear1(driver, old,
        "{'action':'error','payload':{'code':'replaced','reason':'A newer connection of the same "
        "client id has taken over.'}}");
  ck_assert(server_driver_was_closed(driver, old));
  say(driver, new, "{'action':'ping','payload':1}");
  hear(driver, new, "{'action':'pong','payload':1}");
  server_driver_close(driver, new); /* its end changes nothing */
  say1(driver, older_v1, "{'action':'auth','payload':'a'}");
  hear_nothing(driver, older_v1);
  ck_assert(server_driver_was_closed(driver, older_v1));
}
END_TEST

START_TEST(presence_is_by_choice_in_v2) {
  ep_conn all = enter2("all", ",'presence':{}"), some = enter2("some", ",'presence':{'room':7}");
  ep_conn none = enter2("none", "");
  skip_frames(driver, all);
  ep_conn a = enter2("a", "");
  hear(driver, all, "{'action':'client.connect','payload':'a','session':{}}");
  say(driver, a, "{'action':'session.update','payload':{'room':7.0},'id':0}");
  hear(driver, a, "{'action':'message.confirm','payload':0}");
  const char *event =
      "{'action':'session.update','payload':{'uuid':'a','connected':true,'session':{'room':7.0}}}";
  hear(driver, all, event);
  hear(driver, some, event);
  server_driver_close(driver, a);
  hear(driver, all, "{'action':'client.disconnect','payload':'a'}");
  hear(driver, some, "{'action':'client.disconnect','payload':'a'}");
  hear_nothing(driver, none);
  say(driver, none, "{'action':'clients.list','payload':{'room':7}}");
  hear(driver, none,
       "{'action':'clients.list','payload':[{'uuid':'a','state':'disconnected','session':{'room':7."
       "0}}]}");
}
END_TEST

/* EP-ERR-1, EP-ERR-2, EP-ERR-3, EP-ERR-4, EP-JSON-1, EP-MSG-1 */
START_TEST(errors_of_v2) {
  ep_conn a = enter2("a", "");
  say(driver, a, "{'action':'fly'}");
  hear(driver, a,
       "{'action':'error','payload':{'code':'unknown-action','reason':'This action is not known "
       "here.'}}");
  say(driver, a, "{'payload':'fly'}");
  hear(driver, a,
       "{'action':'error','payload':{'code':'bad-message','reason':'The JSON is not a message of "
       "this protocol.'}}");
  say(driver, a, "{'action':'message.retry','payload':4}");
  hear(driver, a,
       "{'action':'error','payload':{'code':'unknown-id','reason':'There is no unconfirmed item "
       "with this id.','of':4}}");
  say(driver, a, "{'action':'error','payload':{'code':'malformed','reason':'you'}}");
  hear_nothing(driver, a);
  say(driver, a, "{'action':ping}");
  hear(driver, a,
       "{'action':'error','payload':{'code':'malformed','reason':'The frame is not JSON text in "
       "UTF-8.'}}");
  ck_assert(server_driver_was_closed(driver, a));
}
END_TEST

/* EP-ERR-3, EP-ERR-4, EP-MSG-4, EP-COMPAT-1 */
START_TEST(errors_of_v1_are_counted) {
  ep_conn a = fresh1("a");
  say1(driver, a, "{'action':'fly'}");
  say1(driver, a, "{'action':'ping'}");
  say1(driver, a, "{'payload':'fly'}");
  say1(driver, a, "{'action':'message.retry','payload':4}");
  for (int i = 0; i < 16; i++) say1(driver, a, "{'action':ping}");
  hear_nothing(driver, a);
  ck_assert_uint_eq(server_driver_counter(driver, "unknown"), 2);
  ck_assert_uint_eq(server_driver_counter(driver, "invalid"), 1);
  ck_assert_uint_eq(server_driver_counter(driver, "malformed"), 16);
  ck_assert(!server_driver_was_closed(driver, a));
  say1(driver, a, "{'action':ping}");
  ck_assert(server_driver_was_closed(driver, a));
  hear_nothing(driver, a);
}
END_TEST

/* EP-TIME-2, EP-TIME-3 */
START_TEST(silence_is_pinged_and_then_closed) {
  ep_conn a = enter2("a", ""), b = fresh1("b");
  server_driver_pass(driver, 4999);
  hear_nothing(driver, a);
  server_driver_pass(driver, 1);
  hear(driver, a, "{'action':'ping'}");
  server_driver_pass(driver, 6000);
  say(driver, a, "{'action':'pong'}");
  server_driver_pass(driver, 4999);
  hear_nothing(driver, a);
  server_driver_pass(driver, 1);
  hear(driver, a, "{'action':'ping'}");
  server_driver_pass(driver, 6999);
  hear_nothing(driver, a);
  ck_assert(!server_driver_was_closed(driver, a));
  server_driver_pass(driver, 1);
  hear(driver, a,
       "{'action':'error','payload':{'code':'idle','reason':'Nothing was heard for too long.'}}");
  ck_assert(server_driver_was_closed(driver, a));
  ck_assert(!server_driver_was_closed(driver, b));
}
END_TEST

/* EP-TIME-4 */
START_TEST(bye_and_stop) {
  ep_conn w = fresh1("w"), a = enter2("a", ""), b = enter2("b", "");
  skip_frames(driver, w);
  say(driver, a, "{'action':'bye'}");
  ck_assert(server_driver_was_closed(driver, a));
  hear1(driver, w, "{'action':'client.disconnect','payload':'a'}");
  ep_server_stop(server_driver_core(driver), server_driver_now(driver));
  server_driver_turn(driver);
  hear(driver, b,
       "{'action':'error','payload':{'code':'shutdown','reason':'The server is stopping.'}}");
  ck_assert(server_driver_was_closed(driver, b) && server_driver_was_closed(driver, w));
  ep_conn late;
  ep_peer peer = {.local = true};
  ck_assert_int_eq(ep_server_accept(server_driver_core(driver), &late, &peer, 0), EP_FULL);
}
END_TEST

/* EP-TIME-5 */
START_TEST(closing_ends_though_nobody_reads) {
  ep_conn a = enter2("a", "");
  server_driver_stall(driver, a, true);
  say(driver, a, "{'action':'ping'}"); /* its answer is never taken */
  say(driver, a, "{'action':'bye'}");
  server_driver_pass(driver, 1999);
  ck_assert(!server_driver_was_closed(driver, a));
  server_driver_pass(driver, 1);
  ck_assert(server_driver_was_closed(driver, a));
}
END_TEST

/* EP-ERR-5, EP-G5-1: what could not be stored was not said. */
START_TEST(failed_commit_confirms_nothing) {
  ep_conn a = enter2("a", ",'presence':{}"), old = auth1("old");
  ep_conn late = server_driver_open(driver);
  char frame[] = "{\"action\":\"message.new\",\"payload\":{\"to\":\"a\",\"id\":0,\"uid\":\"u\"}}\f";
  char auth[] =
      "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"auth\\\",\\\"payload\\\":"
      "\\\"late\\\","
      "\\\"version\\\":2,\\\"instance\\\":\\\"i\\\",\\\"expect\\\":0}\"}\f";
  skip_frames(driver, a);
  skip_frames(driver, old);
  server_driver_feed(driver, a, frame, sizeof frame - 1, SIZE_MAX);
  server_driver_feed(driver, late, auth, sizeof auth - 1, SIZE_MAX);
  server_driver_turn_failing(driver);
  hear(
      driver, a,
      "{'action':'error','payload':{'code':'failed','reason':'The server could not keep its state; "
      "connect again.'}}");
  hear_nothing(driver, a); /* nor of the arrival of late */
  hear_nothing(driver, old);
  hear_nothing(driver, late); /* its auth reply did not leave */
  ck_assert(server_driver_was_closed(driver, a) && server_driver_was_closed(driver, old));
  ck_assert(server_driver_was_closed(driver, late));
  ck_assert_uint_eq(server_driver_counter(driver, "commit-failed"), 1);
  server_driver_kill(driver, false);
  a = server_driver_open(driver);
  say1(driver, a,
       "{'action':'auth','payload':'a','version':2,'instance':'i-a','epoch':'" EPOCH
       "','expect':0}");
  hear1(driver, a,
        "{'action':'auth','payload':true,'version':2,'epoch':'" EPOCH
        "','expect':0,'window':4096," LIMITS "}");
  hear_nothing(driver, a);
}
END_TEST

/* EP-ERR-6, EP-ERR-5: with every allocation failing in turn nothing crashes, leaks or is half done.
 */
START_TEST(memory_runs_out_anywhere) {
  for (int on = 0; on < 2; on++) {
    bool reached = true;
    for (size_t fail_at = 1; reached; fail_at++)
      ck_assert(server_survives_failing_allocation(&reached, fail_at, on == 1));
  }
}
END_TEST

START_TEST(output_that_was_lost_closes) { ck_assert(server_closes_who_missed_output()); }
END_TEST

Suite *ep_suite_server(void) {
  Suite *suite = suite_create("server");
  TCase *tests = tcase_create("connections");
  tcase_add_checked_fixture(tests, server_setup, server_teardown);
  tcase_set_timeout(tests, 20);
  tcase_add_test(tests, two_v1_clients_see_each_other);
  tcase_add_test(tests, what_comes_before_auth_is_ignored);
  tcase_add_test(tests, who_does_not_authenticate_is_closed);
  tcase_add_test(tests, bad_auth_is_refused);
  tcase_add_test(tests, bad_second_auth_is_refused);
  tcase_add_test(tests, version_is_negotiated);
  tcase_add_test(tests, second_auth);
  tcase_add_test(tests, newer_connection_takes_over);
  tcase_add_test(tests, older_connection_does_not_take_over);
  tcase_add_test(tests, presence_is_by_choice_in_v2);
  tcase_add_test(tests, errors_of_v2);
  tcase_add_test(tests, errors_of_v1_are_counted);
  tcase_add_test(tests, silence_is_pinged_and_then_closed);
  tcase_add_test(tests, bye_and_stop);
  tcase_add_test(tests, closing_ends_though_nobody_reads);
  tcase_add_test(tests, failed_commit_confirms_nothing);
  tcase_add_test(tests, memory_runs_out_anywhere);
  tcase_add_test(tests, output_that_was_lost_closes);
  suite_add_tcase(suite, tests);
  suite_add_tcase(suite, ep_tests_server_limits());
  suite_add_tcase(suite, ep_tests_server_counts());
  suite_add_tcase(suite, ep_tests_server_large());
  suite_add_tcase(suite, ep_tests_server_output());
  suite_add_tcase(suite, ep_tests_server_refusals());
  suite_add_tcase(suite, ep_tests_server_ceiling());
  suite_add_tcase(suite, ep_tests_server_streams());
  suite_add_tcase(suite, ep_tests_server_routing());
  suite_add_tcase(suite, ep_tests_server_lossy());
  return suite;
}
