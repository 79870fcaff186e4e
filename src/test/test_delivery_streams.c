/* Tests of floor 3, delivery: who is there, and the order of what a client sends.
 * Read first: test/test_delivery.h. */
#include <string.h>

#include "test/test_delivery.h"

static world *small(void) {
  ep_registry_config config = world_config();
  return world_new(&config);
}

START_TEST(join_and_leave) {
  world *w = small();
  said(join1(w, 1, "a"), "joined a");
  said(join2(w, 2, "b", "i1"), "joined b");
  said(leave(w, 1), "left a");
  said(leave(w, 1), "");
  said(join1(w, 3, "a"), "joined a known");
  said(join1(w, 3, "a"), "joined a known takeover"); /* the same connection again */
  said(join1(w, 4, "a"), "replaced 3; joined a known takeover");
  said(leave(w, 3), ""); /* it was replaced */
  said(message(w, 3, 0, "b", "u"), "");
  said(join1(w, 4, "b"), "refused 4 other-client");
  said(join1(w, 5, ""), "refused 5 bad-auth");
  said(join2(w, 5, "c", ""), "refused 5 bad-auth");
  ck_assert_uint_eq(ep_registry_count(w->registry), 2);
  ck_assert_uint_eq(account_of(w, "b")->index, 1);
  ck_assert_ptr_eq(ep_registry_account(w->registry, 0), account_of(w, "a"));
  world_free(w);
}
END_TEST

START_TEST(join_limit_of_clients) {
  ep_registry_config config = world_config();
  config.clients = 2;
  world *w = world_new(&config);
  said(join1(w, 1, "a"), "joined a");
  said(join1(w, 2, "b"), "joined b");
  said(join1(w, 3, "c"), "refused 3 too-many-clients");
  said(join1(w, 4, "b"), "replaced 2; joined b known takeover");
  world_free(w);
}
END_TEST

START_TEST(join_secrets) {
  world *w = small();
  ep_command join = {.kind = EP_COMMAND_JOIN,
                     .link = 1,
                     .version = 2,
                     .has_secret = true,
                     .client = EP_LITERAL("a"),
                     .instance = EP_LITERAL("i")};
  said(join1(w, 9, "a"), "joined a");
  memset(join.secret, 7, 32);
  said(apply(w, &join), "replaced 9; joined a known takeover"); /* claimed now */
  join.link = 2;
  join.secret[31] = 8;
  said(apply(w, &join), "refused 2 unauthorized");
  said(join2(w, 2, "a", "i"), "refused 2 unauthorized");
  said(join1(w, 2, "a"), "refused 2 unauthorized");
  join.secret[31] = 7;
  said(apply(w, &join), "replaced 1; joined a known takeover");
  world_free(w);
}
END_TEST

START_TEST(takeover_discards_what_was_not_processed) {
  world *w = small();
  join1(w, 1, "a");
  join1(w, 2, "b");
  said(message(w, 1, 2, "b", "u2"), ""); /* held */
  said(join1(w, 3, "a"), "replaced 1; joined a known takeover");
  ck_assert_uint_eq(account_of(w, "a")->up.count, 0);
  ck_assert_uint_eq(ep_registry_deadline(w->registry), UINT64_MAX);
  said(message(w, 3, 0, "b", "u0"), "confirm a \"u0\"; mail b");
  world_free(w);
}
END_TEST

START_TEST(instance_of_ep2) {
  world *w = small();
  join2(w, 1, "a", "i1");
  join2(w, 2, "b", "j1");
  said(message(w, 2, 0, "a", "u0"), "confirm b 0; mail a");
  said(message(w, 2, 1, "a", "u1"), "confirm b 1; mail a");
  said(message(w, 2, 2, "a", "u2"), "confirm b 2; mail a");
  said(message(w, 1, 0, "b", "v0"), "confirm a 0; mail b");
  account_of(w, "a")->down.cursor = 3;
  said(confirm_id(w, 1, 0), "mail a");
  leave(w, 1);
  said(rejoin2(w, 3, "a", "i1", "epoch-1", 4), "refused 3 bad-auth"); /* more than was ever sent */
  said(rejoin2(w, 3, "a", "i1", "epoch-1", 2), "joined a known; mail a; mail a");
  ck_assert_str_eq(mail(w, "a"), "2:u2");
  ck_assert_uint_eq(account_of(w, "a")->down.cursor, 2);
  ck_assert_uint_eq(account_of(w, "a")->up.expected, 1);
  said(rejoin2(w, 4, "a", "i1", "other", 9), "replaced 3; joined a known takeover; mail a");
  said(join2(w, 5, "a", "i2"), "replaced 4; joined a known takeover; mail a"); /* lost its state */
  ck_assert_str_eq(mail(w, "a"), "0:u2");
  ck_assert_uint_eq(account_of(w, "a")->up.expected, 0);
  said(join1(w, 6, "a"), "replaced 5; joined a known takeover; mail a");
  said(join2(w, 7, "a", "i2"),
       "replaced 6; joined a known takeover; mail a");      /* ep/1 had no name */
  said(message(w, 7, 0, "b", "v0"), "confirm a 0; mail b"); /* numbers begin again */
  world_free(w);
}
END_TEST

START_TEST(same_connection_again_leaves_streams_alone) {
  world *w = small();
  join2(w, 1, "a", "i1");
  message(w, 1, 0, "a", "u0");
  message(w, 1, 1, "a", "u1");
  message(w, 1, 3, "a", "u3");
  account_of(w, "a")->down.cursor = 2;
  said(rejoin2(w, 1, "a", "i1", "epoch-1", 1), "joined a known takeover; mail a; mail a");
  ck_assert_uint_eq(account_of(w, "a")->down.cursor, 2);
  ck_assert_uint_eq(account_of(w, "a")->up.count, 1);
  ck_assert_str_eq(mail(w, "a"), "1:u1");
  world_free(w);
}
END_TEST

START_TEST(ep1_numbers_go_on) {
  world *w = small();
  join1(w, 1, "a");
  said(message(w, 1, 0, "a", "u0"), "confirm a \"u0\"; mail a");
  said(message(w, 1, 1, "a", "u1"), "confirm a \"u1\"; mail a");
  leave(w, 1);
  said(join1(w, 2, "a"), "joined a known; mail a");
  ck_assert_uint_eq(account_of(w, "a")->up.expected, 2);
  ck_assert_str_eq(mail(w, "a"), "0:u0 1:u1");
  said(confirm_uid(w, 2, "u0"), "mail a");
  said(confirm_uid(w, 2, "u0"), ""); /* again */
  ck_assert_str_eq(mail(w, "a"), "1:u1");
  world_free(w);
}
END_TEST

START_TEST(ep2_order) {
  world *w = small();
  join2(w, 1, "a", "i");
  said(message(w, 1, 0, "a", "u0"), "confirm a 0; mail a");
  said(message(w, 1, 0, "a", "u0"), "confirm a 0"); /* a duplicate */
  said(message(w, 1, 3, "a", "u3"), "retry a 1");
  said(message(w, 1, 3, "a", "u3"), "");
  said(message(w, 1, 2, "a", "u2"), "");
  said(session(w, 1, 1, "{}"), "confirm a 1; session a; confirm a 2; mail a; confirm a 3; mail a");
  ck_assert_str_eq(mail(w, "a"), "0:u0 1:u2 2:u3");
  said(message(w, 1, 6, "a", "u6"), "retry a 4");
  said(message(w, 1, UINT64_MAX, "a", "u"), "");
  leave(w, 1);
  ck_assert_uint_eq(account_of(w, "a")->up.count, 0);
  ck_assert_uint_eq(ep_registry_counted(w->registry, EP_COUNTER_DUPLICATES), 1);
  ck_assert_uint_eq(ep_registry_counted(w->registry, EP_COUNTER_HELD), 3);
  world_free(w);
}
END_TEST

START_TEST(ep2_asks_again_when_the_gap_stays) {
  ep_registry_config config = world_config();
  config.held = 1000;
  world *w = world_new(&config);
  join2(w, 1, "a", "i");
  said(session(w, 1, 1, "{}"), "retry a 0");
  for (uint64_t id = 2; id <= 64; id++) said(session(w, 1, id, "{}"), "");
  said(session(w, 1, 65, "{}"), "retry a 0");
  said(session(w, 1, 66, "{}"), "");
  world_free(w);
}
END_TEST

START_TEST(held_is_bounded) {
  world *w = small();
  join2(w, 1, "a", "i");
  for (uint64_t id = 2; id < 6; id++) session(w, 1, id, "{}");
  said(session(w, 1, 6, "{}"), "note held-dropped a 1"); /* it is the highest itself */
  said(session(w, 1, 1, "{}"), "note held-dropped a 1"); /* 5 goes */
  said(session(w, 1, 0, "{}"),
       "confirm a 0; session a; confirm a 1; session a; confirm a 2; session a; confirm a 3; "
       "session a; confirm a 4; session a; retry a 5");
  world_free(w);
}
END_TEST

START_TEST(ep1_uid_tells_a_duplicate) {
  world *w = small();
  join1(w, 1, "a");
  join1(w, 2, "b");
  said(message(w, 1, 0, "b", "u0"), "confirm a \"u0\"; mail b");
  said(message(w, 1, 0, "b", "u0"), "confirm a \"u0\"");
  said(message(w, 1, 1, "b", "u0"), "confirm a \"u0\""); /* under another id: that id is used */
  said(message(w, 1, 2, "b", "u1"), "confirm a \"u1\"; mail b");
  said(message(w, 1, 0, "b", "u2"), "confirm a \"u2\"; mail b"); /* ids began again: it is new */
  ck_assert_str_eq(mail(w, "b"), "0:u0 1:u1 2:u2");
  ck_assert_uint_eq(account_of(w, "a")->up.expected, 3);
  world_free(w);
}
END_TEST

START_TEST(ep1_dedup_window) {
  ep_registry_config config = world_config();
  config.mailbox = 100;
  world *w = world_new(&config);
  join1(w, 1, "a");
  char uid[8] = "u?";
  for (uint64_t id = 0; id < 9; id++) {
    uid[1] = (char)('0' + id);
    message(w, 1, id, "a", uid);
  }
  said(message(w, 1, 0, "a", "u1"), "confirm a \"u1\"");
  said(message(w, 1, 0, "a", "u0"), "confirm a \"u0\"; mail a"); /* 8 later: it is forgotten */
  world_free(w);
}
END_TEST

START_TEST(ep1_gap_is_released) {
  world *w = small();
  join1(w, 1, "a");
  join1(w, 2, "b");
  said(message(w, 1, 2, "b", "u2"), "");
  ck_assert_uint_eq(ep_registry_deadline(w->registry), 11000);
  said(tick(w, 4000), "");
  said(message(w, 1, 4, "b", "u4"), "");
  said(message(w, 1, 2, "b", "x2"), ""); /* another message under a held id is not confirmed */
  ck_assert_uint_eq(ep_registry_deadline(w->registry), 11000);
  said(tick(w, 5999), "");
  said(tick(w, 1), "confirm a \"u2\"; mail b; confirm a \"u4\"; mail b; note gaps-released a 2");
  ck_assert_uint_eq(account_of(w, "a")->up.expected, 5);
  ck_assert_uint_eq(ep_registry_deadline(w->registry), UINT64_MAX);
  said(message(w, 1, 1, "b", "u1"), "confirm a \"u1\"; mail b"); /* late, and still genuine */
  world_free(w);
}
END_TEST

START_TEST(ep1_gap_that_closes) {
  world *w = small();
  join1(w, 1, "a");
  join1(w, 2, "b");
  message(w, 1, 1, "b", "u1");
  message(w, 1, 3, "b", "u3");
  tick(w, 5000);
  said(message(w, 1, 0, "b", "u0"), "confirm a \"u0\"; mail b; confirm a \"u1\"; mail b");
  ck_assert_uint_eq(ep_registry_deadline(w->registry), 16000); /* another gap: its own clock */
  said(message(w, 1, 2, "b", "u1"), "confirm a \"u1\"; confirm a \"u3\"; mail b");
  ck_assert_str_eq(mail(w, "b"), "0:u0 1:u1 2:u3");
  ck_assert_uint_eq(ep_registry_deadline(w->registry), UINT64_MAX);
  world_free(w);
}
END_TEST

START_TEST(ep1_refusals) {
  world *w = small();
  join1(w, 1, "a");
  said(refuse(w, 1, 0, EP_ERROR_BAD_TO, "u0"), "confirm a \"u0\"; note refused a 1");
  said(refuse(w, 1, 0, EP_ERROR_BAD_TO, "u0"), "confirm a \"u0\"");
  said(refuse(w, 1, UINT64_MAX, EP_ERROR_TOO_DEEP, "u1"), "confirm a \"u1\"; note over-limit a 1");
  ck_assert_uint_eq(account_of(w, "a")->up.expected, 1);
  said(refuse(w, 1, 2, EP_ERROR_TOO_LARGE, "u2"), ""); /* held */
  said(message(w, 1, 1, "{\"a\":[]}", "u3"),
       "confirm a \"u3\"; note refused a 1; confirm a \"u2\"; note over-limit a 1");
  said(refuse(w, 1, 3, EP_ERROR_BAD_TO, NULL), "");
  said(session(w, 1, 0, "[]"), "");
  said(session(w, 1, 0, "{\"a\":1}"), "session a");
  world_free(w);
}
END_TEST

START_TEST(ep2_refusals) {
  world *w = small();
  join2(w, 1, "a", "i");
  said(refuse(w, 1, 0, EP_ERROR_BAD_TO, "u0"), "confirm a 0; note refused a 1; mail a");
  has(mail(w, "a"),
      "{\"action\":\"error\",\"payload\":{\"code\":\"bad-to\",\"reason\":\"The address");
  has(mail(w, "a"), "\"of\":0,\"uid\":\"u0\"");
  said(session(w, 1, 1, "[]"), "confirm a 1; note refused a 1; mail a");
  has(mail(w, "a"), "\"bad-session\"");
  said(refuse(w, 1, 2, EP_ERROR_TOO_DEEP, NULL),
       "note waits a 1"); /* 2 notices are all it may have */
  said(refuse(w, 1, 2, EP_ERROR_TOO_DEEP, NULL), "");
  said(message(w, 1, 3, "a", "u3"), ""); /* held behind it */
  said(session(w, 1, 0, "{}"), "confirm a 0");
  ck_assert_uint_eq(ep_registry_deadline(w->registry), UINT64_MAX); /* it has no time-out */
  said(tick(w, 1000000), "");
  said(confirm_id(w, 1, 0),
       "mail a; confirm a 2; note over-limit a 1; mail a; confirm a 3; mail a");
  has(mail(w, "a"), " 3:u3");
  said(refuse(w, 1, 4, EP_ERROR_BAD_TO, NULL), "note waits a 1");
  leave(w, 1); /* what waits is dropped */
  ck_assert_uint_eq(account_of(w, "a")->up.expected, 4);
  world_free(w);
}
END_TEST

/* EP-RECV-13: on a stream transport nobody writes it again unasked. */
START_TEST(ep2_asks_for_what_it_dropped) {
  world *w = small();
  join2(w, 1, "a", "i");
  refuse(w, 1, 0, EP_ERROR_BAD_TO, NULL);
  refuse(w, 1, 1, EP_ERROR_BAD_TO, NULL);
  said(refuse(w, 1, 2, EP_ERROR_BAD_TO, NULL), "note waits a 1"); /* EP-LIM-11 */
  for (uint64_t id = 3; id < 7; id++) said(session(w, 1, id, "{}"), "");
  said(session(w, 1, 7, "{}"), "note held-dropped a 1");
  said(session(w, 1, 8, "{}"), "note held-dropped a 1");
  confirm_id(w, 1, 0);
  has(w->said, "confirm a 6; session a; retry a 7");
  said(session(w, 1, 7, "{}"), "confirm a 7; session a; retry a 8");
  said(session(w, 1, 8, "{}"), "confirm a 8; session a");
  world_free(w);
}
END_TEST

START_TEST(bad_commands_do_nothing) {
  world *w = small();
  join1(w, 1, "a");
  ep_registry_apply(w->registry, EP_NOTHING);
  uint8_t noise[300];
  uint64_t random = 99;
  for (int i = 0; i < 100000; i++) {
    size_t len = test_random(&random) % sizeof(noise);
    for (size_t b = 0; b < len; b++) noise[b] = (uint8_t)(test_random(&random) >> 20 & 9);
    ep_registry_apply(w->registry, ep_bytes_of(noise, len));
  }
  said(confirm_id(w, 1, 5), "");
  said(confirm_id(w, 1, UINT64_MAX), "");
  said(confirm_uid(w, 1, "none"), "");
  said(confirm_uid(w, 1, ""), "");
  said(message(w, 0, 5, "a", "u"), "");
  said(message(w, 1, UINT64_MAX, "a", "u"), "");
  said(message(w, 1, 0, "a", ""), "");
  world_free(w);
}
END_TEST

void add_delivery_streams(Suite *suite) {
  TCase *streams = tcase_create("streams");
  tcase_add_test(streams, join_and_leave);
  tcase_add_test(streams, join_limit_of_clients);
  tcase_add_test(streams, join_secrets);
  tcase_add_test(streams, takeover_discards_what_was_not_processed);
  tcase_add_test(streams, instance_of_ep2);
  tcase_add_test(streams, same_connection_again_leaves_streams_alone);
  tcase_add_test(streams, ep1_numbers_go_on);
  tcase_add_test(streams, ep2_order);
  tcase_add_test(streams, ep2_asks_again_when_the_gap_stays);
  tcase_add_test(streams, held_is_bounded);
  tcase_add_test(streams, ep1_uid_tells_a_duplicate);
  tcase_add_test(streams, ep1_dedup_window);
  tcase_add_test(streams, ep1_gap_is_released);
  tcase_add_test(streams, ep1_gap_that_closes);
  tcase_add_test(streams, ep1_refusals);
  tcase_add_test(streams, ep2_refusals);
  tcase_add_test(streams, ep2_asks_for_what_it_dropped);
  tcase_add_test(streams, bad_commands_do_nothing);
  suite_add_tcase(suite, streams);
}
