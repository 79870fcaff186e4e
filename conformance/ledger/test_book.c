/* Tests of the ledger itself: a run that is right gives an account without faults, and each kind of
 * fault is counted, as itself.
 * Read first: book.h. */
#define _GNU_SOURCE 1
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/book.h"

enum { CLIENTS = 4, MESSAGES = 60 };

static const ledger_plan plan = {11, CLIENTS};
static ledger_book book;

static void setup(void) { ledger_book_init(&book, &plan); }
static void teardown(void) { ledger_book_free(&book); }

static unsigned mask_of(unsigned sender, uint32_t number) {
  return ledger_message_of(&plan, sender, number).mask;
}

/* Message `number` of everybody is given, stored and confirmed. */
static void send_all(uint32_t number) {
  for (unsigned s = 0; s < CLIENTS; s++) {
    ledger_book_given(&book, s);
    ledger_book_kept(&book, s, number + 1);
    ledger_book_confirmed(&book, s, number);
  }
}

static void deliver(unsigned sender, uint32_t number) {
  for (unsigned r = 0; r < CLIENTS; r++) {
    if ((mask_of(sender, number) >> r & 1) != 0) ledger_book_delivered(&book, r, sender, number);
  }
}

static void deliver_all(uint32_t number) {
  for (unsigned s = 0; s < CLIENTS; s++) deliver(s, number);
}

/* A number from `from` on whose message is for client `to` alone, or, with `all`, for everybody. */
static uint32_t number_for(unsigned sender, uint32_t from, unsigned to, bool all) {
  unsigned wanted = all ? (1u << CLIENTS) - 1 : 1u << to;
  while (mask_of(sender, from) != wanted) from++;
  return from;
}

static void closes(uint64_t lost, uint64_t doubled, uint64_t reordered, uint64_t wrong) {
  bool right = ledger_book_close(&book);
  ck_assert_msg(book.account.lost == lost, "%s", book.first);
  ck_assert_msg(book.account.doubled == doubled, "%s", book.first);
  ck_assert_msg(book.account.reordered == reordered, "%s", book.first);
  ck_assert_msg(book.account.wrong == wrong, "%s", book.first);
  ck_assert_int_eq(right, lost + doubled + reordered + wrong == 0);
  ck_assert_int_eq(book.first[0] == '\0', right);
}

START_TEST(a_right_run_has_a_clean_account) {
  for (uint32_t n = 0; n < MESSAGES; n++) {
    send_all(n);
    ck_assert(!ledger_book_complete(&book));
    deliver_all(n);
    ck_assert(ledger_book_complete(&book));
  }
  ck_assert_uint_eq(book.account.given, CLIENTS * MESSAGES);
  ck_assert_uint_eq(book.account.confirmed, CLIENTS * MESSAGES);
  closes(0, 0, 0, 0);
}
END_TEST

/* Everything but one delivery; and whether the server had confirmed it makes no difference. */
START_TEST(what_is_missing_is_lost) {
  for (uint32_t n = 0; n < MESSAGES; n++) {
    for (unsigned s = 0; s < CLIENTS; s++) {
      ledger_book_given(&book, s);
      if (_i == 0) ledger_book_kept(&book, s, n + 1);
      if (_i == 1) ledger_book_confirmed(&book, s, n);
    }
  }
  uint32_t missing = number_for(2, 5, 1, false);
  for (uint32_t n = 0; n < MESSAGES; n++) {
    for (unsigned s = 0; s < CLIENTS; s++) {
      if (s != 2 || n != missing) deliver(s, n);
    }
  }
  ck_assert(!ledger_book_complete(&book));
  closes(1, 0, 0, 0);
}
END_TEST

START_TEST(a_second_delivery_is_doubled) {
  for (uint32_t n = 0; n < MESSAGES; n++) {
    send_all(n);
    deliver_all(n);
  }
  uint32_t number = number_for(0, 0, 3, false);
  ledger_book_delivered(&book, 3, 0, number);
  closes(0, 1, 0, 0);
}
END_TEST

/* Two messages of one sender to one receiver change places. */
START_TEST(an_older_one_after_a_newer_one_is_reordered) {
  uint32_t one = number_for(1, 0, 2, false), other = number_for(1, one + 1, 2, false);
  for (uint32_t n = 0; n <= other; n++) send_all(n);
  for (uint32_t n = 0; n <= other; n++) {
    for (unsigned s = 0; s < CLIENTS; s++) {
      if (s != 1 || (n != one && n != other)) deliver(s, n);
    }
  }
  uint64_t before = book.account.reordered;
  ck_assert_uint_eq(before, 0);
  ledger_book_delivered(&book, 2, 1, other);
  ledger_book_delivered(&book, 2, 1, one);
  ck_assert_uint_ge(book.account.reordered, 1);
  ck_assert(!ledger_book_close(&book));
  ck_assert_uint_eq(book.account.lost + book.account.doubled, 0);
}
END_TEST

/* Each receiver has each sender's messages in order, and yet two receivers disagree (G4). */
START_TEST(two_orders_for_two_receivers_are_reordered) {
  uint32_t one = number_for(0, 0, 0, true), other = number_for(1, 0, 0, true);
  for (uint32_t n = 0; n <= one; n++) ledger_book_given(&book, 0);
  for (uint32_t n = 0; n <= other; n++) ledger_book_given(&book, 1);
  for (unsigned r = 0; r < CLIENTS; r++) {
    ledger_book_delivered(&book, r, r == 2 ? 1 : 0, r == 2 ? other : one);
    ledger_book_delivered(&book, r, r == 2 ? 0 : 1, r == 2 ? one : other);
  }
  ck_assert_uint_eq(book.account.reordered, 0);
  ck_assert(!ledger_book_close(&book));
  ck_assert_uint_eq(book.account.reordered, CLIENTS - 1); /* 2 and each of the others */
}
END_TEST

/* EP-RECV-8: after a kill the last ones may come again, in their order, to the very last. */
START_TEST(what_a_killed_client_gets_again) {
  uint32_t n[4], from = 0;
  for (int i = 0; i < 4; i++, from = n[i - 1] + 1) n[i] = number_for(0, from, 3, false);
  for (uint32_t i = 0; i <= n[3]; i++) ledger_book_given(&book, 0);
  for (int i = 0; i < 3; i++) ledger_book_delivered(&book, 3, 0, n[i]);
  if (_i != 1) ledger_book_killed(&book, 3);
  ledger_book_delivered(&book, 3, 0, n[1]);
  if (_i == 2) ledger_book_delivered(&book, 3, 0, n[1]); /* and once more */
  if (_i != 3) ledger_book_delivered(&book, 3, 0, n[2]);
  ledger_book_delivered(&book, 3, 0, n[3]);
  static const struct {
    uint64_t again, doubled, reordered;
  } expected[] = {{2, 0, 0}, {0, 2, 0}, {2, 1, 0}, {1, 0, 1}};
  ck_assert_uint_eq(book.account.again, expected[_i].again);
  ck_assert_uint_eq(book.account.doubled, expected[_i].doubled);
  ck_assert_uint_eq(book.account.reordered, expected[_i].reordered);
}
END_TEST

/* What a client was given and had not stored when it was killed may never come; but not if it came
 * to one of its receivers, or something given later in the same life did. */
START_TEST(what_is_in_doubt) {
  uint32_t all = number_for(0, 0, 0, true);
  for (uint32_t n = 0; n <= all; n++) ledger_book_given(&book, 0);
  ledger_book_killed(&book, 0);
  ck_assert(ledger_book_complete(&book));
  if (_i == 1) ledger_book_delivered(&book, 1, 0, all);
  if (_i == 2) { /* of the next life: says nothing about the one before */
    uint32_t next = number_for(0, all + 1, 1, false);
    for (uint32_t n = all + 1; n <= next; n++) ledger_book_given(&book, 0);
    for (uint32_t n = all + 1; n <= next; n++) deliver(0, n);
  }
  ck_assert_int_eq(ledger_book_complete(&book), _i != 1);
  ck_assert_int_eq(ledger_book_close(&book), _i != 1);
  ck_assert_uint_eq(book.account.in_doubt, _i == 1 ? 0 : all + 1);
}
END_TEST

START_TEST(other_things_are_wrong) {
  send_all(0);
  if (_i == 0) ledger_book_delivered(&book, 1, 0, 7); /* never sent */
  if (_i == 1) ledger_book_altered(&book, 1);
  if (_i == 2) ledger_book_skipped(&book, 1, 3);
  if (_i == 3) ledger_book_receipt(&book, 0, 0, 9 % CLIENTS); /* nobody has it yet */
  if (_i == 4) {
    unsigned stranger = 0;
    while ((mask_of(0, 0) >> stranger & 1) != 0) stranger++;
    ledger_book_delivered(&book, stranger, 0, 0);
  }
  if (_i == 3) ck_assert_uint_eq(book.account.wrong, 0); /* it may come yet */
  if (_i != 3) ck_assert_uint_eq(book.account.wrong, 1);
  ck_assert(!ledger_book_close(&book));
  ck_assert_uint_eq(book.account.wrong, 1);
}
END_TEST

START_TEST(payloads_say_whose_they_are) {
  static char payload[LEDGER_PAYLOAD_MOST], other[LEDGER_PAYLOAD_MOST];
  for (uint32_t n = 0; n < 2000; n++) {
    unsigned sender = CLIENTS;
    uint32_t number = 0;
    size_t len = ledger_payload_of(payload, &plan, n % CLIENTS, n);
    ck_assert_uint_le(len, sizeof payload);
    ck_assert(ledger_payload_read(payload, len, &sender, &number));
    ck_assert_uint_eq(sender, n % CLIENTS);
    ck_assert_uint_eq(number, n);
    ck_assert_uint_eq(ledger_payload_of(other, &plan, sender, number), len);
    ck_assert_int_eq(memcmp(payload, other, len), 0);
    ck_assert_uint_ne(mask_of(sender, number), 0);
  }
  ck_assert(!ledger_payload_read("{\"text\":1}", 10, &(unsigned){0}, &(uint32_t){0}));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("ledger");
  TCase *tests = tcase_create("book");
  tcase_add_checked_fixture(tests, setup, teardown);
  tcase_add_test(tests, a_right_run_has_a_clean_account);
  tcase_add_loop_test(tests, what_is_missing_is_lost, 0, 2);
  tcase_add_test(tests, a_second_delivery_is_doubled);
  tcase_add_test(tests, an_older_one_after_a_newer_one_is_reordered);
  tcase_add_test(tests, two_orders_for_two_receivers_are_reordered);
  tcase_add_loop_test(tests, what_a_killed_client_gets_again, 0, 4);
  tcase_add_loop_test(tests, what_is_in_doubt, 0, 3);
  tcase_add_loop_test(tests, other_things_are_wrong, 0, 5);
  tcase_add_test(tests, payloads_say_whose_they_are);
  suite_add_tcase(suite, tests);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
