/* Net: connections counted by address, and who of those that have just come is read when.
 * Read first: net/crowd.h, net/fair.h. */
#include <check.h>
#include <string.h>

#include "net/address.h"
#include "net/crowd.h"
#include "test/test_memory.h"
#include "test/test_net_world.h"

static test_memory plain;
static ep_allocator allocator;
static ep_crowd crowd;

static void begin(uint64_t most) {
  ep_hash_key key = {{1, 2, 3}};
  allocator = test_allocator(&plain);
  ep_crowd_init(&crowd, &allocator, &key, most);
}

static ep_status enter(ep_crowd_place **place, const char *ip) {
  struct sockaddr_storage address;
  ep_address_of_ip(&address, ip, 1);
  return ep_crowd_enter(&crowd, place, (const struct sockaddr *)&address);
}

static void end(void) {
  ep_crowd_free(&crowd);
  ck_assert_uint_eq(plain.live, 0);
}

/* EP-LIM-12: one below, at, and one above; and when one has gone. */
START_TEST(so_many_of_one_address) {
  ep_crowd_place *places[4];
  begin(2);
  ck_assert_int_eq(enter(&places[0], "192.0.2.1"), EP_OK);
  ck_assert_int_eq(enter(&places[1], "192.0.2.1"), EP_OK);
  ck_assert_int_eq(enter(&places[2], "192.0.2.1"), EP_FULL);
  ck_assert_ptr_null(places[2]);
  ck_assert_int_eq(enter(&places[3], "192.0.2.2"), EP_OK); /* somebody else */
  ck_assert_uint_eq(crowd.refused, 1);
  ep_crowd_leave(&crowd, places[0]);
  ck_assert_int_eq(enter(&places[0], "192.0.2.1"), EP_OK);
  for (int i = 0; i < 4; i++)
    if (i != 2) ep_crowd_leave(&crowd, places[i]);
  end();
}
END_TEST

/* IPv6: 64 bits are one subscriber; an IPv4 address is the same however it is written. */
START_TEST(what_one_address_is) {
  ep_crowd_place *place, *other;
  begin(1);
  ck_assert_int_eq(enter(&place, "2001:db8:0:1::1"), EP_OK);
  ck_assert_int_eq(enter(&other, "2001:db8:0:1:ffff::2"), EP_FULL);
  ck_assert_int_eq(enter(&other, "2001:db8:0:2::1"), EP_OK);
  ep_crowd_leave(&crowd, place);
  ep_crowd_leave(&crowd, other);
  ck_assert_int_eq(enter(&place, "192.0.2.1"), EP_OK);
  ck_assert_int_eq(enter(&other, "::ffff:192.0.2.1"), EP_FULL);
  ep_crowd_leave(&crowd, place);
  end();
}
END_TEST

/* Where nothing is said: so many of another machine, of this one as many as like. */
START_TEST(the_usual_number) {
  static ep_crowd_place *places[2 * EP_CROWD_USUAL + 1];
  ep_crowd_place *none;
  size_t count = 0;
  begin(0);
  for (int i = 0; i < EP_CROWD_USUAL; i++)
    ck_assert_int_eq(enter(&places[count++], "192.0.2.1"), EP_OK);
  ck_assert_int_eq(enter(&none, "192.0.2.1"), EP_FULL);
  for (int i = 0; i <= EP_CROWD_USUAL; i++)
    ck_assert_int_eq(enter(&places[count++], i % 2 == 0 ? "127.0.0.1" : "::1"), EP_OK);
  while (count > 0) ep_crowd_leave(&crowd, places[--count]);
  end();
}
END_TEST

START_TEST(without_memory) {
  ep_crowd_place *place;
  begin(1);
  for (size_t fail_at = 1; fail_at <= 2; fail_at++) {
    plain.fail_at = plain.calls + fail_at;
    ck_assert_int_eq(enter(&place, "192.0.2.1"), EP_NO_MEMORY);
    ck_assert_ptr_null(place);
  }
  plain.fail_at = 0;
  ck_assert_int_eq(enter(&place, "192.0.2.1"), EP_OK);
  ep_crowd_leave(&crowd, place);
  end();
}
END_TEST

/* ---- Who is read when: net/fair.h ------------------------------------------------------------ */

enum { NOT_NEW = 8, WORK_NS = 1000 };

/* Three connections that have just come, and some time for them. */
static ep_connection three[3];
static ep_fair fair;

static void fair_make(void) {
  memset(three, 0, sizeof three);
  fair = (ep_fair){.credit_ns = 1000000, .turn_ns = 1000000};
}

START_TEST(who_was_put_off_is_not_overtaken) {
  fair_make();
  ck_assert_uint_gt(ep_fair_may_read(&fair, &three[0], 1), 0);
  fair.credit_ns = -1;
  ck_assert_uint_eq(ep_fair_may_read(&fair, &three[1], 1), 0);
  ep_fair_put_off(&fair, &three[1]);
  fair.credit_ns = 1000000; /* there is time again, but for somebody else */
  ck_assert_uint_eq(ep_fair_may_read(&fair, &three[2], 1), 0);
  ep_fair_put_off(&fair, &three[2]);
  ck_assert_ptr_eq(fair.first, &three[1]);
  ep_fair_leave(&fair, &three[1]); /* as a turn does with who is next */
  three[1].fair.next_in = true;
  fair.credit_ns = -1; /* what others used meanwhile does not send it back */
  ck_assert_uint_gt(ep_fair_may_read(&fair, &three[1], 1), 0);
  ck_assert_uint_eq(ep_fair_may_read(&fair, &three[1], 1), 0); /* once */
  ep_fair_leave(&fair, &three[2]);
  ck_assert_ptr_null(fair.first);
}
END_TEST

START_TEST(what_others_send_to_a_new_one_is_not_its_own) {
  fair_make();
  ck_assert_uint_gt(ep_fair_may_read(&fair, &three[0], 1), 0);
  int64_t credit = fair.credit_ns;
  ep_fair_wrote(&fair, &three[0], WORK_NS); /* what it asked for */
  ck_assert_int_eq(fair.credit_ns, credit - WORK_NS);
  ep_fair_wrote(&fair, &three[0], WORK_NS);
  ck_assert_int_eq(fair.credit_ns, credit - WORK_NS);
  three[0].fair.reads = NOT_NEW; /* it shares because it holds much: then all of it counts */
  ep_fair_wrote(&fair, &three[0], WORK_NS);
  ck_assert_int_eq(fair.credit_ns, credit - 2 * WORK_NS);
  three[0].fair.shares = false;
  ep_fair_wrote(&fair, &three[0], WORK_NS);
  ck_assert_int_eq(fair.credit_ns, credit - 2 * WORK_NS);
}
END_TEST

TCase *ep_tests_net_crowd(void) {
  TCase *tests = tcase_create("crowd");
  tcase_add_test(tests, so_many_of_one_address);
  tcase_add_test(tests, what_one_address_is);
  tcase_add_test(tests, the_usual_number);
  tcase_add_test(tests, without_memory);
  tcase_add_test(tests, who_was_put_off_is_not_overtaken);
  tcase_add_test(tests, what_others_send_to_a_new_one_is_not_its_own);
  return tests;
}
