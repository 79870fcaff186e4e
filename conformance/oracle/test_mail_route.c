/* mail.[ch], who gets a message and who does not: for each rule a behaviour that is right and one
 * that is wrong. Read first: mail.h, test_mail_words.h. */
#include "oracle/test_mail_words.h"

/* ---- G5 ---- */

START_TEST(accepted_and_missing) {
  uint32_t ada = joins("ada"), bob = joins("bob");
  uint64_t key = sends(ada, "u-0", 0, "\"bob\"");
  missing(0, NULL); /* it need not be accepted */
  accepted(key);
  missing(1, "G5");
  mail_away(m, bob, true);
  missing(0, NULL);
  mail_away(m, bob, false);
  gets(bob, "ada", "u-0", 0, "\"bob\"");
  missing(0, NULL);
}
END_TEST

START_TEST(all_of_a_room) {
  uint32_t ada = joins("ada"), bob = joins("bob"), eve = joins("eve");
  has_session(bob, "{\"room\":7}");
  has_session(eve, "{\"room\":7.0}"); /* EP-ADDR-2 */
  sends(ada, "u-0", 0, "{\"room\":7}");
  gets(bob, "ada", "u-0", 0, "{\"room\":7}");
  missing(1, "G5");
  gets(eve, "ada", "u-0", 0, "{\"room\":7}");
  missing(0, NULL);
}
END_TEST

START_TEST(the_sender_itself) { /* EP-ROUTE-1 */
  uint32_t ada = arrives("ada");
  uint64_t session = session_arrives(ada, "{\"room\":7}");
  mail_message message = message_of(ada, "u-0", 1, "{\"room\":7}");
  message.session = session;
  uint64_t key = sends_so(&message);
  accepted(key);
  missing(1, "EP-ROUTE-1");
  gets(ada, "ada", "u-0", 1, "{\"room\":7}");
  missing(0, NULL);
}
END_TEST

/* What comes after it is there: it will not come any more. */
START_TEST(missing_before_the_end) { /* EP-ROUTE-1 */
  uint32_t ada = joins("ada"), bob = joins("bob");
  char uid[20];
  sends(ada, "u-0", 0, "\"bob\"");
  for (unsigned i = 1; i <= 64; i++) {
    snprintf(uid, sizeof uid, "u-%u", i);
    sends(ada, uid, i, "\"bob\"");
    gets(bob, "ada", uid, i, "\"bob\"");
  }
  sends(ada, "u-65", 65, "\"bob\"");
  wrongly_gets(bob, "ada", "u-65", 65, "\"bob\"", "EP-ROUTE-1");
}
END_TEST

START_TEST(parked_until_somebody_matches) { /* EP-PARK-1 */
  uint32_t ada = joins("ada");
  accepted(sends(ada, "u-0", 0, "\"bob\""));
  missing(0, NULL);
  uint32_t bob = arrives("bob");
  missing(0, NULL);
  mail_known(m, bob, ++line);
  missing(1, "EP-PARK-1");
}
END_TEST

/* Two come at once: nobody knows which of them it was routed to, but one it was. */
START_TEST(parked_for_one_of_two) { /* EP-PARK-1 */
  uint32_t ada = joins("ada"), bob = joins("bob"), eve = joins("eve");
  accepted(sends(ada, "u-0", 0, "{\"room\":7}"));
  uint64_t one = session_arrives(bob, "{\"room\":7}");
  session_arrives(eve, "{\"room\":7}");
  missing(0, NULL);
  session_applied(bob, one);
  missing(1, "EP-PARK-1");
  mail_away(m, bob, true);
  mail_away(m, eve, true);
  missing(0, NULL);
  mail_away(m, eve, false);
  gets(eve, "ada", "u-0", 0, "{\"room\":7}");
  missing(0, NULL);
}
END_TEST

/* Later ones came to both: so it was refused to both, or to the one it was for. */
START_TEST(refused_and_overtaken) { /* EP-PARK-1 */
  uint32_t ada = joins("ada"), bob = joins("bob"), eve = joins("eve");
  span named[] = {span_of("joe"), span_of("bob")};
  uint64_t key = sends(ada, "u-0", 0, "{\"room\":7}");
  accepted(key);
  uint64_t one = session_arrives(bob, "{\"room\":7}");
  session_arrives(eve, "{\"room\":7}");
  session_applied(bob, one);
  sends(ada, "u-1", 1, "{}");
  gets(ada, "ada", "u-1", 1, "{}");
  gets(bob, "ada", "u-1", 1, "{}");
  gets(eve, "ada", "u-1", 1, "{}");
  missing(1, "EP-PARK-1");
  mail_refused(m, key, &named[0], 1, ++line);
  missing(1, "EP-PARK-1");
  mail_refused(m, key, &named[1], 1, ++line);
  missing(0, NULL);
}
END_TEST

START_TEST(refused_in_part) { /* EP-LIM-6 */
  uint32_t ada = joins("ada"), bob = joins("bob"), eve = joins("eve");
  span named = span_of("bob");
  uint64_t key = sends(ada, "u-0", 0, "{}");
  mail_refused(m, key, &named, 1, ++line);
  missing(2, "EP-ROUTE-1");
  wrongly_gets(bob, "ada", "u-0", 0, "{}", "EP-LIM-6");
  gets(eve, "ada", "u-0", 0, "{}");
  gets(ada, "ada", "u-0", 0, "{}");
  missing(0, NULL);
  key = sends(ada, "u-1", 1, "{}");
  accepted(key);
  mail_refused(m, key, &named, 1, ++line);
  mail_refused_others(m, key, ++line);
  missing(0, NULL);
}
END_TEST

START_TEST(refused_although_it_was_delivered) { /* EP-ERR-7 */
  uint32_t ada = joins("ada"), bob = joins("bob");
  uint64_t key = sends(ada, "u-0", 0, "{}");
  gets(bob, "ada", "u-0", 0, "{}");
  mail_refused(m, key, NULL, 0, ++line);
  missing(0, NULL);
  wrongly_gets(ada, "ada", "u-0", 0, "{}", "EP-ERR-7");
}
END_TEST

START_TEST(refused_wholly) { /* EP-ERR-7 */
  uint32_t ada = joins("ada"), bob = joins("bob");
  uint64_t key = sends(ada, "u-0", 0, "\"bob\"");
  mail_refused(m, key, NULL, 0, ++line);
  missing(0, NULL);
  ck_assert_uint_eq(mail_arrived(m,
                                 &(mail_message){.sender = ada,
                                                 .uid = span_of("u-0"),
                                                 .numbering = 1,
                                                 .to = span_of("\"bob\""),
                                                 .payload = span_of("\"hi\""),
                                                 .v2 = true},
                                 ++line, &fault),
                    MAIL_FORGOTTEN);
  mail_copy copy = copy_of(bob, "ada", "u-0", 0, "\"bob\"");
  ck_assert_uint_eq(mail_copied(m, &copy, ++line, &fault), 0);
}
END_TEST

/* EP-LIM-5: with an EP/1 sender a full mailbox refuses in silence. */
START_TEST(full_mailbox) {
  uint32_t ada = joins("ada"), bob = joins("bob");
  mail_mailbox_limit(m, 1);
  accepted(sends_v1(ada, "u-0", 0, "\"bob\""));
  accepted(sends_v1(ada, "u-1", 1, "\"bob\""));
  missing(1, "G5");
  gets(bob, "ada", "u-0", 0, "\"bob\"");
  missing(0, NULL);
}
END_TEST

/* ---- G7 ---- */

START_TEST(not_for_eve) { /* EP-G7-1 */
  uint32_t ada = joins("ada"), eve = joins("eve");
  joins("bob");
  sends(ada, "u-0", 0, "\"bob\"");
  wrongly_gets(eve, "ada", "u-0", 0, "\"bob\"", "EP-G7-1");
}
END_TEST

START_TEST(selectors) { /* EP-ADDR-1, EP-ADDR-2, EP-G7-1 */
  uint32_t ada = joins("ada"), bob = joins("bob"), eve = joins("eve"), joe = joins("joe");
  const char *to = "{\"room\":7,\"on\":true}";
  has_session(bob, "{\"room\":7}");
  has_session(eve, "{\"room\":\"7\",\"on\":true}");
  has_session(joe, "{\"x\":1}");
  sends(ada, "u-0", 0, to);
  wrongly_gets(bob, "ada", "u-0", 0, to, "EP-ADDR-1");
  wrongly_gets(eve, "ada", "u-0", 0, to, "EP-ADDR-2");
  wrongly_gets(joe, "ada", "u-0", 0, to, "EP-G7-1");
}
END_TEST

START_TEST(not_any_more) { /* EP-ROUTE-1 */
  uint32_t ada = joins("ada"), bob = joins("bob");
  has_session(bob, "{\"room\":7}");
  sends(ada, "u-0", 0, "{\"room\":7}");
  gets(bob, "ada", "u-0", 0, "{\"room\":7}");
  has_session(bob, "{}");
  sends(ada, "u-1", 1, "{\"room\":7}");
  wrongly_gets(bob, "ada", "u-1", 1, "{\"room\":7}", "EP-ROUTE-1");
}
END_TEST

/* While a session is on its way, a message may find the old one or the new one. */
START_TEST(between_two_sessions) {
  uint32_t ada = joins("ada"), bob = joins("bob"), eve = joins("eve");
  has_session(bob, "{\"room\":7}");
  has_session(eve, "{\"room\":7}");
  uint64_t left = session_arrives(bob, "{}");
  sends(ada, "u-0", 0, "{\"room\":7}");
  gets(eve, "ada", "u-0", 0, "{\"room\":7}");
  missing(0, NULL);
  gets(bob, "ada", "u-0", 0, "{\"room\":7}");
  session_applied(bob, left);
  sends(ada, "u-1", 1, "{\"room\":7}");
  gets(eve, "ada", "u-1", 1, "{\"room\":7}");
  missing(0, NULL);
  wrongly_gets(bob, "ada", "u-1", 1, "{\"room\":7}", "EP-ROUTE-1");
}
END_TEST

START_TEST(a_session_that_was_dropped) {
  uint32_t ada = joins("ada"), bob = joins("bob");
  has_session(bob, "{\"room\":7}");
  uint64_t left = session_arrives(bob, "{}");
  accepted(sends(ada, "u-0", 0, "{\"room\":7}"));
  missing(0, NULL);
  mail_session_dropped(m, bob, left, ++line);
  missing(1, "EP-PARK-1");
  gets(bob, "ada", "u-0", 0, "{\"room\":7}");
  missing(0, NULL);
}
END_TEST

START_TEST(impossible_address) { /* EP-ADDR-3 */
  uint32_t ada = joins("ada"), bob = joins("bob");
  sends(ada, "u-0", 0, "[\"bob\"]");
  wrongly_gets(bob, "ada", "u-0", 0, "[\"bob\"]", "EP-ADDR-3");
  accepted(sends(ada, "u-1", 1, "{\"a\":{}}"));
  missing(0, NULL);
}
END_TEST

/* ---- Memory, lost state ---- */

START_TEST(lost_state) {
  uint32_t ada = joins("ada"), bob = joins("bob");
  has_session(bob, "{\"room\":7}");
  accepted(sends(ada, "u-0", 0, "{\"room\":7}"));
  missing(1, "G5");
  mail_lost(m, ++line);
  missing(0, NULL);
  ck_assert_uint_eq(joins("bob"), bob);
  ck_assert_uint_eq(joins("ada"), ada);
  accepted(sends(ada, "u-0", 0, "{\"room\":7}"));
  missing(0, NULL); /* bob's session is {} again */
  accepted(sends(ada, "u-1", 1, "\"bob\""));
  missing(1, "G5");
}
END_TEST

/* A million copies: nothing piles up, and it takes no time. */
START_TEST(many) {
  enum { READERS = 50, MESSAGES = 20000 };
  uint32_t ada = joins("ada"), readers[READERS];
  char name[20];
  for (uint32_t i = 0; i < READERS; i++) {
    snprintf(name, sizeof name, "r%u", i);
    readers[i] = joins(name);
    has_session(readers[i], "{\"room\":7}");
  }
  for (unsigned i = 0; i < MESSAGES; i++) {
    snprintf(name, sizeof name, "u-%u", i);
    accepted(sends(ada, name, i, "{\"room\":7}"));
    for (int r = 0; r < READERS; r++) {
      confirms(readers[r], gets(readers[r], "ada", name, i, "{\"room\":7}"));
    }
  }
  missing(0, NULL);
}
END_TEST

Suite *oracle_suite_mail_route(void) {
  Suite *suite = suite_create("mail, routing");
  TCase *tests = tcase_create("mail, routing");
  tcase_add_checked_fixture(tests, setup, teardown);
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, accepted_and_missing);
  tcase_add_test(tests, all_of_a_room);
  tcase_add_test(tests, the_sender_itself);
  tcase_add_test(tests, missing_before_the_end);
  tcase_add_test(tests, parked_until_somebody_matches);
  tcase_add_test(tests, parked_for_one_of_two);
  tcase_add_test(tests, refused_and_overtaken);
  tcase_add_test(tests, refused_in_part);
  tcase_add_test(tests, refused_wholly);
  tcase_add_test(tests, refused_although_it_was_delivered);
  tcase_add_test(tests, full_mailbox);
  tcase_add_test(tests, not_for_eve);
  tcase_add_test(tests, selectors);
  tcase_add_test(tests, not_any_more);
  tcase_add_test(tests, between_two_sessions);
  tcase_add_test(tests, a_session_that_was_dropped);
  tcase_add_test(tests, impossible_address);
  tcase_add_test(tests, lost_state);
  tcase_add_test(tests, many);
  suite_add_tcase(suite, tests);
  return suite;
}
