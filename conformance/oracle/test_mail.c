/* mail.[ch], what a copy says and in which order copies come: for each rule a behaviour that is
 * right and one that is wrong. Read first: mail.h, test_mail_words.h. */
#include "oracle/test_mail_words.h"

/* ---- G1: content ---- */

START_TEST(nobody_sent_it) {
  joins("ada");
  uint32_t bob = joins("bob");
  wrongly_gets(bob, "ada", "u-0", 0, "\"bob\"", "G1");
}
END_TEST

START_TEST(from_is_the_sender) { /* EP-G1-2 */
  uint32_t ada = joins("ada"), bob = joins("bob");
  joins("eve");
  sends(ada, "u-0", 0, "\"bob\"");
  wrongly_gets(bob, "eve", "u-0", 0, "\"bob\"", "EP-G1-2");
  gets(bob, "ada", "u-0", 0, "\"bob\"");
}
END_TEST

START_TEST(same_bytes) { /* EP-G1-1 */
  uint32_t ada = joins("ada"), bob = joins("bob");
  sends(ada, "u-0", 0, "\"bob\"");
  mail_copy copy = copy_of(bob, "ada", "u-0", 0, "\"bob\"");
  copy.payload = span_of("\"h\\u0069\"");
  wrong_copy(&copy, "EP-G1-1");
  copy.payload = (span){NULL, 0};
  wrong_copy(&copy, "EP-G1-1");
}
END_TEST

START_TEST(same_spelling) { /* EP-MSG-6 */
  uint32_t ada = joins("ada"), bob = joins("bob");
  mail_message message = message_of(ada, "u-0", 0, "\"bob\"");
  message.uid_json = span_of("\"u\\u002d0\"");
  sends_so(&message);
  wrongly_gets(bob, "ada", "u-0", 0, "\"\\u0062ob\"", "EP-MSG-6");
  mail_copy copy = copy_of(bob, "ada", "u-0", 0, "\"bob\"");
  copy.uid_json = span_of("\"u-0\"");
  wrong_copy(&copy, "EP-MSG-6");
  copy.uid_json = message.uid_json;
  ck_assert(mail_copied(m, &copy, ++line, &fault) != 0);
}
END_TEST

START_TEST(from_id_is_its_number) {
  uint32_t ada = joins("ada"), bob = joins("bob");
  sends(ada, "u-0", 7, "\"bob\"");
  wrongly_gets(bob, "ada", "u-0", 8, "\"bob\"", "G1");
}
END_TEST

START_TEST(uid_used_twice) { /* EP-MSG-3 */
  uint32_t ada = joins("ada"), bob = joins("bob");
  mail_message message = message_of(ada, "u-0", 0, "\"bob\"");
  uint64_t key = sends_so(&message);
  ck_assert_uint_eq(sends_so(&message), key);
  message.payload = span_of("8");
  ck_assert_uint_eq(mail_arrived(m, &message, ++line, &fault), 0);
  ck_assert_str_eq(fault.requirement, "EP-MSG-3");
  message.rude = true; /* then nothing is said about it any more */
  ck_assert(mail_arrived(m, &message, ++line, &fault) != 0);
  gets(bob, "ada", "u-0", 0, "9");
  missing(0, NULL);
}
END_TEST

/* ---- G2 ---- */

START_TEST(one_copy) { /* EP-G2-1 */
  uint32_t ada = joins("ada"), bob = joins("bob");
  sends(ada, "u-0", 0, "\"bob\"");
  uint64_t key = gets(bob, "ada", "u-0", 0, "\"bob\"");
  wrongly_gets(bob, "ada", "u-0", 0, "\"bob\"", "EP-G2-1");
  confirms(bob, key); /* and forgotten */
  wrongly_gets(bob, "ada", "u-0", 0, "\"bob\"", "EP-G2-1");
}
END_TEST

START_TEST(settled_and_sent_again) {
  uint32_t ada = joins("ada"), bob = joins("bob");
  sends_v1(ada, "u-0", 0, "\"bob\"");
  confirms(bob, gets(bob, "ada", "u-0", 0, "\"bob\""));
  ck_assert(sends_v1(ada, "u-0", 0, "\"bob\"") == MAIL_FORGOTTEN);
  sends(ada, "u-1", 1, "\"bob\"");
  confirms(bob, gets(bob, "ada", "u-1", 1, "\"bob\""));
  uint64_t key = sends(ada, "u-1", 1, "\"bob\"");
  ck_assert(key == MAIL_FORGOTTEN);
  accepted(key);
  missing(0, NULL);
}
END_TEST

/* G2 ends for what an EP/2 sender had to renumber: a second copy may come, and need not. */
START_TEST(renumbered) {
  uint32_t ada = joins("ada"), bob = joins("bob");
  mail_message message = message_of(ada, "u-0", 5, "\"bob\"");
  uint64_t first = sends_so(&message);
  accepted(first);
  message.numbering = 2;
  message.id = 0;
  uint64_t second = sends_so(&message);
  ck_assert(second != first);
  accepted(second);
  missing(1, "G5");
  gets(bob, "ada", "u-0", 5, "\"bob\"");
  missing(0, NULL);
  gets(bob, "ada", "u-0", 0, "\"bob\"");
  wrongly_gets(bob, "ada", "u-0", 0, "\"bob\"", "EP-G2-1");
}
END_TEST

START_TEST(renumbered_before_it_was_accepted) {
  uint32_t ada = joins("ada");
  joins("bob");
  mail_message message = message_of(ada, "u-0", 5, "\"bob\"");
  sends_so(&message);
  message.numbering = 2;
  message.id = 0;
  accepted(sends_so(&message));
  missing(1, "G5");
}
END_TEST

/* ---- G3 ---- */

START_TEST(order_of_a_sender) { /* EP-RECV-1 */
  uint32_t ada = joins("ada"), bob = joins("bob");
  sends(ada, "u-0", 0, "\"bob\"");
  sends(ada, "u-1", 1, "\"bob\"");
  gets(bob, "ada", "u-1", 1, "\"bob\"");
  wrongly_gets(bob, "ada", "u-0", 0, "\"bob\"", "EP-RECV-1");
}
END_TEST

/* EP/1: a gap may be given up, and then what was missing comes late; what had arrived does not. */
START_TEST(order_of_an_old_sender) {
  uint32_t ada = joins("ada"), bob = joins("bob");
  sends_v1(ada, "u-1", 1, "\"bob\"");
  sends_v1(ada, "u-0", 0, "\"bob\"");
  sends_v1(ada, "u-2", 2, "\"bob\"");
  gets(bob, "ada", "u-1", 1, "\"bob\"");
  gets(bob, "ada", "u-0", 0, "\"bob\"");
  sends_v1(ada, "u-3", 3, "\"bob\"");
  gets(bob, "ada", "u-3", 3, "\"bob\"");
  wrongly_gets(bob, "ada", "u-2", 2, "\"bob\"", "EP-RECV-1");
}
END_TEST

static void arrives_again(uint64_t key) { mail_arrived_again(m, key, ++line); }

/* EP/1: for want of room the server may have dropped what came first, and then gives a gap up. */
START_TEST(order_of_an_old_sender_without_room) {
  uint32_t ada = joins("ada"), bob = joins("bob");
  mail_held_limit(m, 1);
  sends_v1(ada, "u-1", 1, "\"bob\"");
  uint64_t dropped = sends_v1(ada, "u-2", 2, "\"bob\"");
  gets(bob, "ada", "u-1", 1, "\"bob\"");
  sends_v1(ada, "u-3", 3, "\"bob\"");
  gets(bob, "ada", "u-3", 3, "\"bob\"");
  arrives_again(dropped);
  gets(bob, "ada", "u-2", 2, "\"bob\"");
}
END_TEST

/* The same, but it was there: it came once only; or again, before the other; or there was room. */
START_TEST(order_of_an_old_sender_with_room) {
  uint32_t ada = joins("ada"), bob = joins("bob");
  bool once = _i == 0, early = _i == 1;
  if (_i < 2) mail_held_limit(m, 1);
  sends_v1(ada, "u-1", 1, "\"bob\"");
  uint64_t there = sends_v1(ada, "u-2", 2, "\"bob\"");
  gets(bob, "ada", "u-1", 1, "\"bob\"");
  if (early) arrives_again(there);
  sends_v1(ada, "u-3", 3, "\"bob\"");
  gets(bob, "ada", "u-3", 3, "\"bob\"");
  if (!once && !early) arrives_again(there);
  wrongly_gets(bob, "ada", "u-2", 2, "\"bob\"", "EP-RECV-1");
}
END_TEST

/* A parked message is ordered by the moment it is routed. */
START_TEST(parked_comes_later) {
  uint32_t ada = joins("ada"), bob = joins("bob");
  accepted(sends(ada, "u-0", 0, "{\"room\":7}"));
  sends(ada, "u-1", 1, "\"bob\"");
  gets(bob, "ada", "u-1", 1, "\"bob\"");
  missing(0, NULL);
  has_session(bob, "{\"room\":7}");
  missing(1, "EP-PARK-1");
  gets(bob, "ada", "u-0", 0, "{\"room\":7}");
}
END_TEST

START_TEST(parked_come_in_order) { /* EP-PARK-2 */
  uint32_t ada = joins("ada"), eve = joins("eve"), bob = joins("bob");
  accepted(sends(ada, "u-0", 0, "{\"room\":7}"));
  accepted(sends(eve, "v-0", 0, "{\"room\":7}"));
  session_arrives(bob, "{\"room\":7}");
  gets(bob, "eve", "v-0", 0, "{\"room\":7}");
  wrongly_gets(bob, "ada", "u-0", 0, "{\"room\":7}", "EP-PARK-2");
}
END_TEST

START_TEST(parked_of_one_sender_come_in_order) { /* EP-PARK-2 */
  uint32_t ada = joins("ada"), bob = joins("bob");
  sends(ada, "u-0", 0, "{\"room\":7}");
  sends(ada, "u-1", 1, "{\"room\":7}");
  session_arrives(bob, "{\"room\":7}");
  gets(bob, "ada", "u-1", 1, "{\"room\":7}");
  wrongly_gets(bob, "ada", "u-0", 0, "{\"room\":7}", "EP-PARK-2");
}
END_TEST

/* ---- G4 ---- */

START_TEST(one_order_for_all) { /* EP-G4-1 */
  uint32_t ada = joins("ada"), bob = joins("bob");
  sends(ada, "u-0", 0, "{}");
  sends(bob, "v-0", 0, "{}");
  gets(ada, "ada", "u-0", 0, "{}");
  gets(ada, "bob", "v-0", 0, "{}");
  gets(bob, "bob", "v-0", 0, "{}");
  wrongly_gets(bob, "ada", "u-0", 0, "{}", "EP-G4-1");
  ck_assert_uint_ge(fault.lead_up_count, 2);
}
END_TEST

START_TEST(same_order_is_right) {
  uint32_t ada = joins("ada"), bob = joins("bob");
  sends(ada, "u-0", 0, "{}");
  sends(bob, "v-0", 0, "{}");
  gets(ada, "bob", "v-0", 0, "{}");
  gets(bob, "bob", "v-0", 0, "{}");
  gets(bob, "ada", "u-0", 0, "{}");
  gets(ada, "ada", "u-0", 0, "{}");
  missing(0, NULL);
}
END_TEST

/* Routing is one moment: what was routed before another message arrived is before it everywhere. */
START_TEST(one_moment) { /* EP-G4-1 */
  uint32_t ada = joins("ada"), bob = joins("bob"), eve = joins("eve");
  session_arrives(bob, "{\"room\":7}");
  session_arrives(eve, "{\"room\":7}");
  sends(ada, "u-0", 0, "{\"room\":7}");
  gets(eve, "ada", "u-0", 0, "{\"room\":7}");
  sends(eve, "v-0", 0, "\"bob\"");
  gets(bob, "eve", "v-0", 0, "\"bob\"");
  missing(0, NULL);
  wrongly_gets(bob, "ada", "u-0", 0, "{\"room\":7}", "EP-G4-1");
}
END_TEST

START_TEST(late_copy) { /* EP-G4-1 */
  uint32_t ada = joins("ada"), bob = joins("bob"), eve = joins("eve");
  sends(ada, "u-0", 0, "{}");
  gets(eve, "ada", "u-0", 0, "{}");
  sends(eve, "v-0", 0, "\"bob\"");
  gets(bob, "eve", "v-0", 0, "\"bob\"");
  wrongly_gets(bob, "ada", "u-0", 0, "{}", "EP-G4-1");
}
END_TEST

Suite *oracle_suite_mail(void) {
  Suite *suite = suite_create("mail");
  TCase *tests = tcase_create("mail");
  tcase_add_checked_fixture(tests, setup, teardown);
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, nobody_sent_it);
  tcase_add_test(tests, from_is_the_sender);
  tcase_add_test(tests, same_bytes);
  tcase_add_test(tests, same_spelling);
  tcase_add_test(tests, from_id_is_its_number);
  tcase_add_test(tests, uid_used_twice);
  tcase_add_test(tests, one_copy);
  tcase_add_test(tests, settled_and_sent_again);
  tcase_add_test(tests, renumbered);
  tcase_add_test(tests, renumbered_before_it_was_accepted);
  tcase_add_test(tests, order_of_a_sender);
  tcase_add_test(tests, order_of_an_old_sender);
  tcase_add_test(tests, order_of_an_old_sender_without_room);
  tcase_add_loop_test(tests, order_of_an_old_sender_with_room, 0, 3);
  tcase_add_test(tests, parked_comes_later);
  tcase_add_test(tests, parked_come_in_order);
  tcase_add_test(tests, parked_of_one_sender_come_in_order);
  tcase_add_test(tests, one_order_for_all);
  tcase_add_test(tests, same_order_is_right);
  tcase_add_test(tests, one_moment);
  tcase_add_test(tests, late_copy);
  suite_add_tcase(suite, tests);
  return suite;
}
