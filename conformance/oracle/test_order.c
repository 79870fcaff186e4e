/* order.[ch]: against a check that tries all total orders.
 * Read first: order.h. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "oracle/order.h"

enum { MESSAGES = 5, MAILBOXES = 3, STEPS = MESSAGES * MAILBOXES };

typedef struct step {
  int mailbox, message;
} step;

/* xorshift: the same numbers everywhere. */
static uint32_t next_random(uint32_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 17;
  *state ^= *state << 5;
  return *state;
}

/* ---- The slow check ---- */

/* Whether the total order `place` (of each message) explains the first `count` steps. */
static bool explains(const int *place, const step *steps, int count) {
  for (int i = 0; i < count; i++) {
    for (int j = i + 1; j < count; j++) {
      bool same = steps[i].mailbox == steps[j].mailbox;
      if (same && place[steps[i].message] > place[steps[j].message]) return false;
    }
  }
  return true;
}

static bool some_order_explains(int *place, int given, const step *steps, int count) {
  if (given == MESSAGES) return explains(place, steps, count);
  for (int i = 0; i < MESSAGES; i++) {
    bool taken = false;
    for (int j = 0; j < given; j++) taken = taken || place[j] == i;
    place[given] = i;
    if (!taken && some_order_explains(place, given + 1, steps, count)) return true;
  }
  return false;
}

/* ---- Random mailboxes ---- */

/* Every message in some mailboxes, once each; mostly in one order. */
static int make_steps(step *steps, uint32_t *random) {
  int count = 0;
  for (int message = 0; message < MESSAGES; message++) {
    for (int mailbox = 0; mailbox < MAILBOXES; mailbox++) {
      if (next_random(random) % 3 != 0) steps[count++] = (step){mailbox, message};
    }
  }
  for (int swaps = (int)(next_random(random) % 12); swaps > 0 && count > 1; swaps--) {
    int at = (int)(next_random(random) % (unsigned)(count - 1));
    int with = next_random(random) % 4 == 0 ? (int)(next_random(random) % (unsigned)count) : at + 1;
    step other = steps[at];
    steps[at] = steps[with];
    steps[with] = other;
  }
  return count;
}

static bool comes_again(const step *steps, int from, int count, int message) {
  for (int i = from; i < count; i++) {
    if (steps[i].message == message) return true;
  }
  return false;
}

/* Whether some message stands before another in one mailbox, as a conflict claims. */
static bool stands_before(const step *steps, int count, uint32_t mailbox, uint64_t first,
                          uint64_t second) {
  bool seen = false;
  for (int i = 0; i < count; i++) {
    if (steps[i].mailbox != (int)mailbox) continue;
    if (steps[i].message == (int)first) seen = true;
    if (steps[i].message == (int)second) return seen;
  }
  return false;
}

static bool run(order *o, const step *steps, int count, bool forget) {
  order_node nodes[MESSAGES] = {0};
  order_conflict conflict;
  order_reset(o);
  for (int i = 0; i < count; i++) {
    int message = steps[i].message, place[MESSAGES];
    if (nodes[message] == 0) nodes[message] = order_add(o, (uint64_t)message);
    bool right = order_append(o, (uint32_t)steps[i].mailbox, nodes[message], &conflict);
    ck_assert_int_eq(right, some_order_explains(place, 0, steps, i + 1));
    if (!right) {
      ck_assert(stands_before(steps, i + 1, conflict.mailbox, conflict.first, conflict.second));
      ck_assert(!conflict.direct || stands_before(steps, i + 1, conflict.other_mailbox,
                                                  conflict.second, conflict.first));
      return false;
    }
    if (forget && !comes_again(steps, i + 1, count, message)) order_complete(o, nodes[message]);
  }
  if (forget) ck_assert_uint_eq(order_live(o), 0);
  return true;
}

START_TEST(as_all_total_orders_say) {
  uint32_t random = 2463534242u + (uint32_t)_i;
  order *o = order_new();
  int right = 0, wrong = 0;
  for (int i = 0; i < 400; i++) {
    step steps[STEPS];
    int count = make_steps(steps, &random);
    bool kept = run(o, steps, count, false);
    ck_assert_int_eq(run(o, steps, count, true), kept);
    if (kept) {
      right++;
    } else {
      wrong++;
    }
  }
  ck_assert_int_gt(right, 50);
  ck_assert_int_gt(wrong, 50);
  order_free(o);
}
END_TEST

START_TEST(two_messages_two_mailboxes) {
  order *o = order_new();
  order_node a = order_add(o, 10), b = order_add(o, 20);
  order_conflict conflict;
  ck_assert(order_append(o, 0, a, &conflict));
  ck_assert(order_append(o, 0, b, &conflict));
  ck_assert(order_append(o, 7, b, &conflict));
  ck_assert(!order_append(o, 7, a, &conflict));
  ck_assert_uint_eq(conflict.first, 20);
  ck_assert_uint_eq(conflict.second, 10);
  ck_assert_uint_eq(conflict.mailbox, 7);
  ck_assert_uint_eq(conflict.other_mailbox, 0);
  ck_assert(conflict.direct);
  order_free(o);
}
END_TEST

/* What is between two messages may be forgotten; what it said about them is not. */
START_TEST(forgotten_between) {
  order *o = order_new();
  order_node first = order_add(o, 1), last = order_add(o, 99);
  order_conflict conflict;
  ck_assert(order_append(o, 0, first, &conflict));
  for (uint64_t i = 2; i < 50; i++) {
    order_node between = order_add(o, i);
    ck_assert(order_append(o, 0, between, &conflict));
    order_complete(o, between);
  }
  ck_assert(order_append(o, 0, last, &conflict));
  ck_assert_uint_eq(order_live(o), 2);
  ck_assert(order_append(o, 1, last, &conflict));
  ck_assert(!order_append(o, 1, first, &conflict));
  ck_assert_uint_eq(conflict.first, 99);
  ck_assert_uint_eq(conflict.second, 1);
  order_free(o);
}
END_TEST

/* A mailbox that stays behind keeps what it has not got, and no more than that. */
START_TEST(memory_is_bounded) {
  order *o = order_new();
  order_conflict conflict;
  order_node previous = 0;
  for (uint64_t i = 0; i < 100000; i++) {
    order_node node = order_add(o, i);
    ck_assert(order_append(o, 0, node, &conflict));
    if (previous != 0) {
      ck_assert(order_append(o, 1, previous, &conflict));
      order_complete(o, previous);
    }
    ck_assert_uint_le(order_live(o), 3);
    previous = node;
  }
  order_free(o);
}
END_TEST

Suite *oracle_suite_order(void) {
  Suite *suite = suite_create("order");
  TCase *tests = tcase_create("order");
  tcase_set_timeout(tests, 60);
  tcase_add_loop_test(tests, as_all_total_orders_say, 0, 10);
  tcase_add_test(tests, two_messages_two_mailboxes);
  tcase_add_test(tests, forgotten_between);
  tcase_add_test(tests, memory_is_bounded);
  suite_add_tcase(suite, tests);
  return suite;
}
