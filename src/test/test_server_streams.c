/* The server core, as its clients see it: order, duplicates, resumption, lost state, kills.
 * Read first: test_server_talk.h, spec/protocol.md chapters 3 and 8. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "test/test_server.h"
#include "test/test_server_talk.h"

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
  b = auth2("b", ",'expect':0");
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
  server_driver_pass(driver, 9999);
  hear_nothing(driver, b);
  server_driver_pass(driver, 1);
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
  hear(driver, a, "{'action':'message.retry','payload':4}"); /* EP-RECV-13: it was dropped */
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
  b = auth2("b", ",'epoch':'" EPOCH "','expect':3");
  hear1(driver, b, WELCOME("true", "0"));
  for (int i = 3; i < 6; i++) hear_message(b, false, "a", "'b'", i, i, i);
  hear_nothing(driver, b);
  server_driver_close(driver, a);
  a = auth2("a", ",'epoch':'" EPOCH "','expect':0");
  hear1(driver, a, WELCOME("true", "6"));
}
END_TEST

/* EP-RES-3 */
START_TEST(expect_from_the_future_is_refused) {
  fresh2("a");
  ep_conn a = auth2("a", ",'epoch':'" EPOCH "','expect':1");
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
  b = auth1("b");
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
  a = auth2("a", ",'epoch':'" EPOCH "','expect':0");
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
    snprintf(text, sizeof text,
             "{'action':'message.new','payload':{'to':'a','id':%d,'uid':'u%d'%s%s}}", more, more,
             members, more ? ",'last':0" : "");
    say(driver, a, text);
    hear_confirm2(a, more);
    if (more == 0) (void)server_driver_take_frame(driver, a);
  }
  hear(driver, a,
       "{'action':'error','payload':{'code':'bad-message','reason':'The JSON is not a message of "
       "this "
       "protocol.','of':1,'uid':'u1','id':1}}");
  snprintf(text, sizeof text,
           "{'action':'message.new','payload':{'to':'a','id':0,'uid':'u1'%s,'x':0}}", members);
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
  ep_conn a = fresh2("a"), b = auth2("b", ",'expect':0,'window':2");
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
  const int waits[] = {200, 400, 800, 1600, 2000, 2000}; /* `resend`, to `resend_max` */
  for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
    server_driver_pass(driver, (uint64_t)waits[i] - 1);
    hear_nothing(driver, b);
    server_driver_pass(driver, 1);
    hear_message(b, false, "a", "'b'", 1, 1, 1);
    hear_message(b, false, "a", "'b'", 2, 2, 2);
    say(driver, b, "{'action':'pong'}");
  }
  confirm2(b, 2);
  server_driver_pass(driver, 4000);
  hear_nothing(driver, b);
}
END_TEST

/* The timer `settle`: what only recipients confirmed is stored a little later. */
START_TEST(confirms_of_recipients_settle) {
  ep_conn a = fresh2("a"), b = fresh2("b");
  send2(a, "'b'", 0, 0);
  size_t before = server_driver_stored(driver);
  confirm2(b, 0);
  server_driver_pass(driver, 49);
  ck_assert_uint_eq(server_driver_stored(driver), before);
  server_driver_pass(driver, 1);
  ck_assert_uint_lt(server_driver_stored(driver), before);
}
END_TEST

/* EP-G3 by EP-RECV-1, EP-G4-1, EP-G5-1: killed at every turn, nothing is lost, doubled or out of
 * order. */
START_TEST(killed_at_every_turn) {
  for (int kill_at = 0; kill_at < 12; kill_at++) {
    ep_conn a = fresh2("a"), b = fresh2("b");
    int sent = 0, got = 0, turn = 0;
    while (got < 6) {
      if (turn++ == kill_at) {
        char more[100];
        server_driver_kill(driver, false);
        a = auth2("a", ",'epoch':'" EPOCH "','expect':0");
        ep_bytes reply = server_driver_take_frame(driver, a);
        const char *expect = strstr((const char *)reply.data, "expect\\\":");
        ck_assert_ptr_nonnull(expect);
        int said = atoi(expect + 9);
        ck_assert_msg(said == sent, "%d was confirmed, the server knows %d", sent, said);
        snprintf(more, sizeof more, ",'epoch':'" EPOCH "','expect':%d", got);
        b = auth2("b", more);
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
    server_teardown();
    server_setup();
  }
}
END_TEST

/* EP-LOST-2, EP-G8-1: a server without its state tells by another epoch */
START_TEST(server_that_lost_its_state) {
  ep_conn a = fresh2("a");
  send2(a, "'a'", 0, 0);
  server_driver_kill(driver, true);
  a = auth2("a", ",'epoch':'" EPOCH "','expect':0");
  ep_bytes reply = server_driver_take_frame(driver, a);
  ck_assert_ptr_null(strstr((const char *)reply.data, EPOCH));
  hear_nothing(driver, a);
  send2(a, "'a'", 0, 0);
  hear_confirm2(a, 0);
  hear_message(a, false, "a", "'a'", 0, 0, 0);
}
END_TEST

TCase *ep_tests_server_streams(void) {
  TCase *tests = tcase_create("streams");
  tcase_add_checked_fixture(tests, server_setup, server_teardown);
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
  tcase_add_test(tests, confirms_of_recipients_settle);
  tcase_add_test(tests, killed_at_every_turn);
  tcase_add_test(tests, server_that_lost_its_state);
  return tests;
}
