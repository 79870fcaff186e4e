/* Tests of floor 3, delivery: to whom, who has room, what waits, what is parked, receipts.
 * Read first: test/test_delivery.h. */
#include <stdio.h>
#include <string.h>

#include "test/test_delivery.h"

static world *small(void) {
  ep_registry_config config = world_config();
  return world_new(&config);
}

static void fill(world *w, uint32_t link, uint64_t *id, const char *to, int count) {
  static int number;
  for (int i = 0; i < count; i++) {
    char uid[20];
    snprintf(uid, sizeof(uid), "f%d", number++);
    has(message(w, link, (*id)++, to, uid), "mail");
  }
}

START_TEST(to_a_client) {
  world *w = small();
  join1(w, 1, "a");
  join2(w, 2, "b", "i");
  said(message(w, 1, 0, "b", "u0"), "confirm a \"u0\"; mail b");
  leave(w, 2);
  said(message(w, 1, 1, "b", "u1"), "confirm a \"u1\"; mail b"); /* away, and known */
  said(message(w, 1, 2, "a", "u2"), "confirm a \"u2\"; mail a");
  ck_assert_str_eq(mail(w, "b"), "0:u0 1:u1");
  const ep_item *item = ep_outbox_at(&account_of(w, "b")->down, 1);
  char text[200] = "";
  memcpy(text, item->text, item->shape.len);
  ck_assert_str_eq(text,
                   "{\"action\":\"message.new\",\"payload\":{\"from\":\"a\",\"to\":\"b\","
                   "\"id\":,\"uid\":\"u1\",\"payload\":\"u1\",\"fromId\":1}}");
  ck_assert_uint_eq(item->refs, 1);
  ck_assert_uint_eq(item->from_id, 1);
  world_free(w);
}
END_TEST

START_TEST(to_all_who_match_all_pairs) {
  ep_registry_config config = world_config();
  config.mailbox = 100;
  world *w = world_new(&config);
  join1(w, 1, "a");
  join1(w, 2, "b");
  join1(w, 3, "c");
  session(w, 1, 0, "{\"room\":1,\"role\":\"x\"}");
  session(w, 2, 0, "{\"room\":1.0,\"role\":\"y\"}");
  session(w, 3, 0, "{\"room\":\"1\",\"role\":\"x\"}");
  said(message(w, 1, 0, "{\"room\":1}", "u0"), "confirm a \"u0\"; mail a; mail b");
  said(message(w, 1, 1, "{\"role\":\"x\",\"room\":1}", "u1"), "confirm a \"u1\"; mail a");
  said(message(w, 1, 2, "{}", "u2"), "confirm a \"u2\"; mail a; mail b; mail c");
  ck_assert_uint_eq(ep_outbox_at(&account_of(w, "c")->down, 0)->refs, 3);
  session(w, 2, 0, "{\"room\":2}");
  leave(w, 3);
  said(message(w, 2, 0, "{\"role\":\"x\"}", "u3"), "confirm b \"u3\"; mail a; mail c");
  ck_assert_uint_eq(ep_registry_counted(w->registry, EP_COUNTER_ROUTED), 8);
  ep_selector selector;
  ep_selector_init(&selector, &test_plain_allocator);
  ep_selector_compile(&selector, EP_LITERAL("{\"room\":2}"));
  ck_assert(ep_registry_matches(w->registry, account_of(w, "b"), &selector));
  ck_assert(!ep_registry_matches(w->registry, account_of(w, "a"), &selector));
  ep_selector_free(&selector);
  world_free(w);
}
END_TEST

START_TEST(parked_until_somebody_matches) {
  ep_registry_config config = world_config();
  config.parked = 10;
  world *w = world_new(&config);
  join2(w, 1, "a", "i");
  join2(w, 2, "b", "i");
  said(message(w, 1, 0, "c", "u0"), "confirm a 0");
  said(message(w, 1, 1, "{\"x\":1,\"y\":1}", "u1"), "confirm a 1");
  said(message(w, 2, 0, "{\"y\":1}", "u2"), "confirm b 0");
  said(message(w, 1, 2, "{\"x\":1}", "u3"), "confirm a 2");
  said(message(w, 1, 3, "c", "u4"), "confirm a 3");
  ck_assert_uint_eq(ep_registry_parked(w->registry), 5);
  said(session(w, 2, 1, "{\"x\":2}"), "confirm b 1; session b");
  said(session(w, 2, 2, "{\"x\":1,\"y\":1}"), "confirm b 2; session b; mail b");
  ck_assert_str_eq(mail(w, "b"), "0:u1 1:u2 2:u3"); /* in the order of acceptance */
  said(join1(w, 3, "c"), "joined c; mail c");
  ck_assert_str_eq(mail(w, "c"), "0:u0 1:u4");
  ck_assert_uint_eq(ep_registry_parked(w->registry), 0);
  ck_assert_uint_eq(ep_registry_counted(w->registry, EP_COUNTER_UNPARKED), 5);
  world_free(w);
}
END_TEST

START_TEST(parked_full) {
  world *w = small();
  join1(w, 1, "a");
  join2(w, 2, "b", "i");
  join1(w, 3, "c");
  message(w, 1, 0, "x", "u0");
  message(w, 1, 1, "y", "u1");
  said(message(w, 2, 0, "x", "v0"), "confirm b 0; note parked-refused b 1; mail b");
  has(mail(w, "b"), "\"parked-full\"");
  said(message(w, 1, 2, "{\"k\":0}", "u2"), "note waits a 1");
  said(message(w, 3, 0, "y", "w0"), "note waits c 1");
  said(session(w, 2, 1, "{\"k\":1}"), "confirm b 1; session b");
  said(join1(w, 4, "x"), "joined x; mail x; confirm a \"u2\"");
  ck_assert_uint_eq(ep_registry_parked(w->registry), 2);
  said(tick(w, 59999), "");
  said(tick(w, 1), "confirm c \"w0\"; note parked-refused c 1");
  said(message(w, 3, 1, "z", "w1"), "note waits c 1");
  said(join1(w, 5, "z"), "joined z; confirm c \"w1\"; mail z"); /* no need to park any more */
  said(message(w, 3, 2, "{\"k\":2}", "w2"), "note waits c 1");
  said(message(w, 1, 3, "{\"k\":3}", "u3"), "note waits a 1");
  said(session(w, 2, 2, "{\"k\":3}"), "confirm b 2; session b; confirm a \"u3\"; mail b");
  said(tick(w, 60000), "confirm c \"w2\"; note parked-refused c 1");
  world_free(w);
}
END_TEST

START_TEST(unparked_into_a_full_mailbox) {
  world *w = small();
  uint64_t id = 2;
  join1(w, 1, "a");
  join1(w, 2, "b");
  message(w, 1, 0, "{\"k\":1}", "u0");
  message(w, 1, 1, "{\"k\":1}", "u1");
  fill(w, 1, &id, "b", 3);
  said(session(w, 2, 0, "{\"k\":1}"), "session b; mail b"); /* order comes first */
  ck_assert_uint_eq(ep_outbox_count(&account_of(w, "b")->down), 5);
  world_free(w);
}
END_TEST

START_TEST(mailbox_full_ep1_waits) {
  world *w = small();
  uint64_t id = 0;
  join1(w, 1, "a");
  join1(w, 2, "b");
  join1(w, 3, "c");
  fill(w, 1, &id, "b", 3);
  said(message(w, 1, id, "b", "u0"), "note waits a 1");
  said(message(w, 1, id, "b", "u0"), ""); /* the one that waits */
  said(message(w, 1, id + 1, "c", "u1"), "");
  said(session(w, 1, 0, "{\"k\":1}"), "session a"); /* other actions are processed */
  said(message(w, 3, 0, "b", "v0"), "note waits c 1");
  ck_assert_uint_eq(ep_registry_deadline(w->registry), 61000);
  w->now_ms += 1000;
  char *first = strdup(mail(w, "b"));
  first[strcspn(first, " ")] = 0;
  said(confirm_uid(w, 2, first + 2), "mail b; confirm a \"u0\"; mail b; confirm a \"u1\"; mail c");
  free(first);
  said(tick(w, 58999), "");
  said(tick(w, 1), "confirm c \"v0\"; note mailbox-refused c 1");
  ck_assert_uint_eq(ep_registry_deadline(w->registry), UINT64_MAX);
  ck_assert_uint_eq(ep_outbox_count(&account_of(w, "b")->down), 3);
  world_free(w);
}
END_TEST

START_TEST(mailbox_full_of_one_of_many) {
  world *w = small();
  uint64_t id = 0;
  join1(w, 1, "a");
  join1(w, 2, "b");
  join1(w, 3, "c");
  join2(w, 4, "d", "i");
  fill(w, 1, &id, "b", 3);
  said(message(w, 4, 0, "{}", "v0"),
       "confirm d 0; note mailbox-refused d 1; mail a; mail c; mail d; mail d");
  has(mail(w, "d"), "0:v0 {\"action\":\"error\",\"payload\":{\"code\":\"mailbox-full\"");
  has(mail(w, "d"), "\"of\":0,\"uid\":\"v0\",\"to\":[\"b\"],\"count\":1,\"id\":}}");
  said(message(w, 1, id, "{}", "u0"), "note waits a 1");
  said(tick(w, 60000), "confirm a \"u0\"; note mailbox-refused a 1; mail a; mail c; mail d");
  said(message(w, 4, 1, "b", "v1"), "confirm d 1; note mailbox-refused d 1; mail d");
  said(message(w, 4, 2, "b", "v2"), "note waits d 1"); /* no room for a third refusal */
  said(message(w, 4, 3, "c", "v3"), "");
  said(confirm_id(w, 4, 1),
       "mail d; confirm d 2; note mailbox-refused d 1; mail d; confirm d 3; mail c");
  world_free(w);
}
END_TEST

START_TEST(waiting_moves_from_one_mailbox_to_another) {
  world *w = small();
  uint64_t id = 0, other = 0;
  join1(w, 1, "a");
  join2(w, 2, "b", "i");
  join2(w, 3, "c", "i");
  join1(w, 4, "d");
  session(w, 2, 0, "{\"k\":1}");
  session(w, 3, 0, "{\"k\":1}");
  fill(w, 1, &id, "b", 3);
  fill(w, 1, &id, "c", 3);
  said(message(w, 1, id, "{\"k\":1}", "u0"), "note waits a 1");
  w->now_ms += 30000;
  said(message(w, 4, other, "b", "v0"), "note waits d 1");
  /* a still lacks room at c: it makes way for d at b, and keeps its time */
  said(confirm_id(w, 2, 0), "mail b; confirm d \"v0\"; mail b");
  ck_assert_ptr_eq(account_of(w, "a")->blocker, account_of(w, "c"));
  ck_assert_uint_eq(ep_registry_deadline(w->registry), 61000);
  said(confirm_id(w, 3, 2), "mail c"); /* b is full again */
  ck_assert_ptr_eq(account_of(w, "a")->blocker, account_of(w, "b"));
  said(tick(w, 30000), "confirm a \"u0\"; note mailbox-refused a 1; mail c");
  world_free(w);
}
END_TEST

START_TEST(two_full_members_do_not_deadlock) {
  world *w = small();
  uint64_t a = 0, b = 0;
  join1(w, 1, "a");
  join1(w, 2, "b");
  fill(w, 1, &a, "b", 3);
  fill(w, 2, &b, "a", 3);
  said(message(w, 1, a++, "b", "x"), "note waits a 1");
  said(message(w, 2, b++, "b", "y"), "note waits b 1"); /* to itself */
  char *of_b = strdup(mail(w, "b"));
  for (char *uid = strtok(of_b, " "); uid != NULL; uid = strtok(NULL, " ")) {
    has(confirm_uid(w, 2, strchr(uid, ':') + 1), "mail b");
  }
  free(of_b);
  ck_assert_str_eq(mail(w, "b"), "3:x 4:y");
  world_free(w);
}
END_TEST

START_TEST(mailbox_bytes) {
  ep_registry_config config = world_config();
  config.mailbox_bytes = 10;
  world *w = world_new(&config);
  join2(w, 1, "a", "i");
  said(message(w, 1, 0, "a", "u0"), "confirm a 0; mail a"); /* an empty mailbox refuses nothing */
  said(message(w, 1, 1, "a", "u1"), "confirm a 1; note mailbox-refused a 1; mail a");
  world_free(w);
}
END_TEST

START_TEST(receipts) {
  world *w = small();
  join2(w, 1, "a", "i");
  join1(w, 2, "b");
  join2(w, 3, "c", "i");
  said(message_receipt(w, 1, 0, "{}", "u0"), "confirm a 0; mail a; mail b; mail c");
  said(confirm_uid(w, 2, "u0"), "mail a; mail b");
  has(mail(w, "a"),
      "{\"action\":\"message.receipt\",\"payload\":{\"id\":,\"of\":0,\"uid\":\"u0\","
      "\"by\":\"b\",\"left\":2}}");
  said(confirm_id(w, 1, 0), "mail a; mail a"); /* its own copy: from itself to itself */
  has(mail(w, "a"), "\"by\":\"a\",\"left\":1");
  said(confirm_id(w, 3, 0), "mail c"); /* two notices are all it may have */
  ck_assert_uint_eq(account_of(w, "a")->missed, 1);
  ck_assert_uint_eq(ep_registry_counted(w->registry, EP_COUNTER_RECEIPTS_MISSED), 1);
  confirm_id(w, 1, 2);
  message_receipt(w, 1, 1, "c", "u1");
  confirm_id(w, 3, 1);
  has(mail(w, "a"), "\"by\":\"c\",\"left\":0,\"missed\":1");
  ck_assert_uint_eq(account_of(w, "a")->missed, 0);
  said(message_receipt(w, 2, 0, "c", "u2"), "confirm b \"u2\"; mail c"); /* not for ep/1 */
  said(confirm_id(w, 3, 2), "mail c");
  world_free(w);
}
END_TEST

START_TEST(notices_are_not_for_ep1) {
  world *w = small();
  join2(w, 1, "a", "i");
  join1(w, 2, "b");
  refuse(w, 1, 0, EP_ERROR_BAD_TO, "u0");
  message(w, 2, 0, "a", "v0");
  refuse(w, 1, 1, EP_ERROR_BAD_TO, "u1");
  message(w, 2, 1, "a", "v1");
  said(join1(w, 3, "a"), "replaced 1; joined a known takeover; mail a");
  has(mail(w, "a"), "1:v0 {"); /* the first has confirmed itself */
  ck_assert_uint_eq(account_of(w, "a")->down.notices, 1);
  said(confirm_uid(w, 3, "v1"), "mail a");
  has(mail(w, "a"), "1:v0 {");
  has(mail(w, "a"), "(v1)"); /* confirmed out of order */
  said(confirm_uid(w, 3, "v0"), "mail a");
  ck_assert_str_eq(mail(w, "a"), "");
  world_free(w);
}
END_TEST

START_TEST(ep1_confirms_out_of_order) {
  world *w = small();
  join1(w, 1, "a");
  for (uint64_t id = 0; id < 3; id++) {
    char uid[3] = {'u', (char)('0' + id), 0};
    message(w, 1, id, "a", uid);
  }
  said(confirm_uid(w, 1, "u1"), "mail a");
  ck_assert_str_eq(mail(w, "a"), "0:u0 (u1) 2:u2");
  said(join1(w, 2, "a"), "replaced 1; joined a known takeover; mail a");
  ck_assert_str_eq(mail(w, "a"), "0:u0 (u1) 2:u2"); /* still known */
  join2(w, 3, "a", "i");
  ck_assert_str_eq(mail(w, "a"), "0:u0 1:u1 2:u2"); /* another stream: written again */
  confirm_id(w, 3, 2);
  ck_assert_str_eq(mail(w, "a"), "");
  ck_assert_uint_eq(ep_registry_counted(w->registry, EP_COUNTER_CONFIRMED), 3);
  world_free(w);
}
END_TEST

START_TEST(oldest_copy_of_a_doubled_uid) {
  world *w = small();
  join2(w, 1, "a", "i");
  join1(w, 2, "b");
  message(w, 1, 0, "b", "x");
  message(w, 1, 1, "b", "same");
  message(w, 1, 2, "b", "same");
  said(confirm_uid(w, 2, "same"), "mail b");
  ck_assert_str_eq(mail(w, "b"), "0:x (same) 2:same");
  world_free(w);
}
END_TEST

void add_delivery_routing(Suite *suite) {
  TCase *routing = tcase_create("routing");
  tcase_add_test(routing, to_a_client);
  tcase_add_test(routing, to_all_who_match_all_pairs);
  tcase_add_test(routing, parked_until_somebody_matches);
  tcase_add_test(routing, parked_full);
  tcase_add_test(routing, unparked_into_a_full_mailbox);
  tcase_add_test(routing, mailbox_full_ep1_waits);
  tcase_add_test(routing, mailbox_full_of_one_of_many);
  tcase_add_test(routing, waiting_moves_from_one_mailbox_to_another);
  tcase_add_test(routing, two_full_members_do_not_deadlock);
  tcase_add_test(routing, mailbox_bytes);
  tcase_add_test(routing, receipts);
  tcase_add_test(routing, notices_are_not_for_ep1);
  tcase_add_test(routing, ep1_confirms_out_of_order);
  tcase_add_test(routing, oldest_copy_of_a_doubled_uid);
  suite_add_tcase(suite, routing);
}
