/* Tests of floor 3, delivery: the parts, each alone: inbox, outbox, seen, selector, command,
 * record.
 * Read first: test/test_delivery.h. */
#include <stdio.h>
#include <string.h>

#include "delivery/record.h"
#include "test/test_delivery.h"

static ep_bytes bytes_of(const char *text) { return ep_bytes_of(text, strlen(text)); }

START_TEST(inbox_keeps_order_and_drops_the_highest) {
  test_memory memory = {0};
  ep_allocator allocator = test_allocator(&memory);
  ep_inbox in;
  uint32_t dropped;
  ep_inbox_init(&in, &allocator, 3, 10);
  ck_assert_int_eq(ep_inbox_hold(&in, &dropped, 7, bytes_of("7")), EP_HOLD_KEPT);
  ck_assert_int_eq(ep_inbox_hold(&in, &dropped, 5, bytes_of("5")), EP_HOLD_KEPT);
  ck_assert_int_eq(ep_inbox_hold(&in, &dropped, 5, bytes_of("x")), EP_HOLD_KNOWN);
  ck_assert_int_eq(ep_inbox_hold(&in, &dropped, 9, bytes_of("9")), EP_HOLD_KEPT);
  ck_assert_int_eq(ep_inbox_hold(&in, &dropped, 11, bytes_of("11")), EP_HOLD_DROPPED);
  ck_assert_int_eq(ep_inbox_hold(&in, &dropped, 6, bytes_of("6")), EP_HOLD_KEPT);
  ck_assert_uint_eq(dropped, 1);
  ep_inbox_check(&in);
  ck_assert_uint_eq(ep_inbox_lowest(&in)->id, 5);
  ck_assert_int_eq(ep_inbox_hold(&in, &dropped, 1, bytes_of("123456789")), EP_HOLD_KEPT);
  ck_assert_uint_eq(dropped, 2); /* 10 bytes at most: 7 and 6 went */
  ck_assert_int_eq(ep_inbox_hold(&in, &dropped, 0, bytes_of("12345678901")), EP_HOLD_DROPPED);
  ep_inbox_drop_lowest(&in);
  ep_held held;
  ck_assert(ep_inbox_take_lowest(&in, &held));
  ck_assert_uint_eq(held.id, 5);
  allocator.resize(allocator.context, held.blob, held.len, 0);
  ck_assert(!ep_inbox_take_lowest(&in, &held));
  ep_inbox_hold(&in, &dropped, 1, bytes_of("1234"));
  ep_inbox_hold(&in, &dropped, 9, bytes_of("1234"));
  ck_assert_int_eq(ep_inbox_hold(&in, &dropped, 5, bytes_of("1234567")), EP_HOLD_DROPPED);
  ck_assert_uint_eq(dropped, 1); /* 9 went for it, and 1 is lower */
  ck_assert_uint_eq(ep_inbox_lowest(&in)->id, 1);
  ep_inbox_drop_lowest(&in);
  for (uint64_t id = 0; id < 100; id++) {
    ck_assert_int_eq(ep_inbox_hold(&in, &dropped, id, bytes_of("a")), EP_HOLD_KEPT);
    ck_assert_int_eq(ep_inbox_hold(&in, &dropped, id + 1000, bytes_of("a")), EP_HOLD_KEPT);
    ep_inbox_check(&in);
    ck_assert_uint_eq(ep_inbox_lowest(&in)->id, id);
    ep_inbox_drop_lowest(&in);
    if (id % 3 == 2)
      ep_inbox_drop_all(&in);
    else if (in.count == 2)
      ep_inbox_drop_lowest(&in);
  }
  ep_inbox_free(&in);
  ck_assert_uint_eq(memory.live, 0);
}
END_TEST

static ep_item *item_of(const ep_allocator *allocator, const char *uid, ep_item_kind kind) {
  ep_item_shape shape = {1, 2, (uint32_t)strlen(uid) + 4};
  char text[64];
  snprintf(text, sizeof(text), "{%s}}}", uid);
  ep_item *item = ep_item_new(allocator, kind, ep_bytes_of(text, shape.len), shape);
  memset(item->print, 0, sizeof(item->print));
  memcpy(item->print, uid, strlen(uid) < 16 ? strlen(uid) : 16);
  return item;
}

typedef struct gone_log {
  const ep_allocator *allocator;
  char text[256];
} gone_log;

static void pop_into(gone_log *log, ep_outbox *box) {
  ep_outbox_slot gone;
  ck_assert(ep_outbox_pop(box, &gone));
  size_t at = strlen(log->text);
  snprintf(log->text + at, sizeof(log->text) - at, "%llu%c ", (unsigned long long)box->base - 1,
           gone.item->text[1]);
  ep_item_drop(log->allocator, gone.item);
}

/* As the registry confirms for an EP/1 client: in whatever order. */
static bool confirm_print(gone_log *log, ep_outbox *box, const uint8_t print[16], uint64_t *slot) {
  if (!ep_outbox_find_print(box, print, slot)) return false;
  if (*slot != box->base) {
    ep_outbox_mark(box, *slot);
    return true;
  }
  do {
    pop_into(log, box);
  } while (ep_outbox_front(box) != NULL && ep_outbox_front(box)->confirmed);
  return true;
}

START_TEST(outbox_numbers_confirms_and_renumbers) {
  test_memory memory = {0};
  ep_allocator allocator = test_allocator(&memory);
  gone_log log = {.allocator = &allocator};
  ep_outbox box;
  uint64_t slot;
  ep_outbox_init(&box, &allocator);
  const char *uids[] = {"a", "b", "c", "d", "e", "f"};
  for (int i = 0; i < 6; i++) {
    ck_assert(ep_outbox_reserve(&box));
    ep_outbox_push(&box, item_of(&allocator, uids[i], i == 4 ? EP_ITEM_RECEIPT : EP_ITEM_MESSAGE));
    ep_outbox_check(&box);
  }
  ck_assert_uint_eq(box.notices, 1);
  ck_assert_uint_eq(box.bytes, 25);
  box.cursor = 4;
  ck_assert(!ep_outbox_slot_of(&box, 6, &slot));
  ck_assert(!ep_outbox_slot_of(&box, UINT64_MAX, &slot));
  pop_into(&log, &box);
  pop_into(&log, &box);
  ck_assert_str_eq(log.text, "0a 1b ");
  ck_assert(!ep_outbox_slot_of(&box, 1, &slot));
  uint8_t print[16] = "d";
  ck_assert(confirm_print(&log, &box, print, &slot));
  ck_assert_uint_eq(slot, 3);
  ck_assert(!confirm_print(&log, &box, print, &slot));
  ck_assert_ptr_null(ep_outbox_at(&box, 3));
  ck_assert_uint_eq(box.unordered, 1);
  ep_outbox_check(&box);
  ep_outbox_renumber(&box);
  ck_assert_uint_eq(box.cursor, 2);
  ck_assert_uint_eq(ep_outbox_id(&box, 2), 0);
  ck_assert_ptr_nonnull(ep_outbox_at(&box, 3)); /* is written again */
  ck_assert(confirm_print(&log, &box, print, &slot));
  print[0] = 'c';
  log.text[0] = 0;
  ck_assert(confirm_print(&log, &box, print, &slot));
  ck_assert_str_eq(log.text, "2c 3d ");
  ck_assert(ep_outbox_slot_of(&box, 2, &slot) && slot == 4);
  ep_outbox_check(&box);
  ep_outbox_free(&box);
  ck_assert_uint_eq(memory.live, 0);
}
END_TEST

/* Confirms in any order against a plain list, many uids twice: the index must find the oldest. */
START_TEST(outbox_finds_prints_out_of_order) {
  test_memory memory = {0};
  ep_allocator allocator = test_allocator(&memory);
  gone_log log = {.allocator = &allocator};
  uint64_t random = 7;
  static int expected[20000];
  uint64_t pushed = 0, slot;
  ep_outbox box;
  ep_outbox_init(&box, &allocator);
  for (int step = 0; step < 40000; step++) {
    uint64_t what = test_random(&random);
    int uid = (int)(what >> 8 & 127);
    char name[16];
    snprintf(name, sizeof(name), "u%d", uid);
    memory.fail_at =
        (what >> 40 & 15) == 0 ? memory.calls + 1 : 0; /* the index cannot grow now and then */
    bool push = (what & 3) != 0 ? step / 2000 % 2 == 0 : step / 2000 % 2 == 1;
    if (push && pushed < 20000) {
      if (!ep_outbox_reserve(&box)) continue;
      memory.fail_at = 0;
      ep_outbox_push(&box, item_of(&allocator, name, EP_ITEM_MESSAGE));
      expected[pushed++] = uid;
    } else {
      uint8_t print[16] = {0};
      memcpy(print, name, strlen(name));
      uint64_t oldest = 0;
      while (oldest < pushed && expected[oldest] != uid) oldest++;
      bool found = confirm_print(&log, &box, print, &slot);
      log.text[0] = 0;
      ck_assert_int_eq(found, oldest < pushed);
      if (!found) continue;
      ck_assert_uint_eq(slot, oldest);
      expected[oldest] = -1;
    }
    if (step % 50 == 0) ep_outbox_check(&box);
    memory.fail_at = 0;
    if ((what >> 20) % 5000 == 0) ep_outbox_rewind(&box);
  }
  ep_outbox_free(&box);
  ck_assert_uint_eq(memory.live, 0);
}
END_TEST

START_TEST(seen_forgets_the_oldest) {
  test_memory memory = {0};
  ep_allocator allocator = test_allocator(&memory);
  ep_seen seen, again;
  ep_seen_init(&seen, &allocator, 100);
  ep_seen_init(&again, &allocator, 100);
  for (uint64_t i = 0; i < 1000; i++) {
    uint8_t print[16] = {0}, old[16] = {0};
    uint64_t mixed = i % 7; /* few homes, so that entries pile up */
    memcpy(print, &mixed, 8);
    memcpy(print + 8, &i, 8);
    ck_assert(!ep_seen_has(&seen, print));
    memory.fail_at = memory.calls + 1 + i % 2;
    while (!ep_seen_reserve(&seen)) memory.fail_at = 0;
    memory.fail_at = 0;
    ck_assert_uint_eq(ep_seen_add(&seen, print), i % 100);
    ck_assert(ep_seen_has(&seen, print));
    ep_seen_check(&seen);
    for (uint64_t j = i < 110 ? 0 : i - 110; j <= i; j++) {
      mixed = j % 7;
      memcpy(old, &mixed, 8);
      memcpy(old + 8, &j, 8);
      ck_assert_int_eq(ep_seen_has(&seen, old), j + 100 > i);
    }
  }
  for (uint32_t i = 0; i < 100; i++) ck_assert(ep_seen_load(&again, i, seen.ring[i]));
  ck_assert(!ep_seen_load(&again, 100, seen.ring[0]));
  ck_assert(!ep_seen_loaded(&again, 99));
  ck_assert(ep_seen_loaded(&again, 1000));
  ck_assert(ep_seen_has(&again, seen.ring[5]));
  ep_seen_free(&again);
  ep_seen_free(&seen);
  ck_assert_uint_eq(memory.live, 0);
}
END_TEST

static bool matches(const char *session, const char *selector) {
  ep_selector one, other;
  ep_index index;
  ep_hash_key key = {{1, 2, 3}};
  int owner = 0;
  ep_pairs pairs = {.owner = &owner}, prepared;
  ep_selector_init(&one, &test_plain_allocator);
  ep_selector_init(&other, &test_plain_allocator);
  ep_index_init(&index, &test_plain_allocator, &key);
  ck_assert_int_eq(ep_selector_compile_session(&one, bytes_of(session)), EP_OK);
  ck_assert(ep_index_prepare(&index, &prepared, &one));
  ep_index_enter(&index, &pairs, &prepared);
  ck_assert_int_eq(ep_selector_compile(&other, bytes_of(selector)), EP_OK);
  bool result = ep_index_matches(&index, &pairs, &other);
  ep_index_check(&index);
  ep_index_leave(&index, &pairs);
  ep_index_free(&index);
  ep_selector_free(&one);
  ep_selector_free(&other);
  return result;
}

START_TEST(selectors_compare_typed) {
  ck_assert(matches("{\"a\":1}", "{\"a\":1.0}"));
  ck_assert(matches("{\"a\":1}", "{\"a\":100e-2}"));
  ck_assert(!matches("{\"a\":1}", "{\"a\":\"1\"}"));
  ck_assert(matches("{\"a\":-0}", "{\"a\":0}"));
  ck_assert(matches("{\"a\":null,\"b\":false}", "{\"b\":false,\"a\":null}"));
  ck_assert(!matches("{\"a\":null}", "{\"a\":false}"));
  ck_assert(!matches("{\"a\":0}", "{\"a\":false}"));
  ck_assert(!matches("{}", "{\"a\":null}"));
  ck_assert(matches("{\"a\":\"\\u0041\"}", "{\"\\u0061\":\"A\"}"));
  ck_assert(matches("{\"a\":\"\\ud800\"}", "{\"a\":\"\\ud800\"}"));
  ck_assert(!matches("{\"a\":\"\\ud800\"}", "{\"a\":\"\\ud801\"}"));
  ck_assert(matches("{\"a\":1,\"a\":2}", "{\"a\":2}")); /* of doubled names the last counts */
  ck_assert(!matches("{\"a\":1,\"a\":2}", "{\"a\":1}"));
  ck_assert(!matches("{\"a\":1,\"a\":[]}", "{\"a\":1}"));
  ck_assert(matches("{\"a\":1}", "{\"a\":3,\"a\":1}"));
  ck_assert(matches("{\"a\":1,\"b\":2,\"c\":{}}", "{}"));
  ck_assert(!matches("{\"a\":1,\"b\":2}", "{\"a\":1,\"b\":3}"));
  ck_assert(!matches("{\"ab\":\"c\"}", "{\"a\":\"bc\"}"));
}
END_TEST

START_TEST(selectors_refuse_what_is_no_address) {
  ep_selector selector;
  char text[1000] = "{";
  ep_selector_init(&selector, &test_plain_allocator);
  const char *bad[] = {"", "1", "[]", "{", "{\"a\":[]}", "{\"a\":{}}", "{\"a\":1}x", "\"a\""};
  for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
    ck_assert_int_eq(ep_selector_compile(&selector, bytes_of(bad[i])), EP_INVALID_ARGUMENT);
  }
  for (int i = 0; i < 17; i++) {
    if (i == 16) {
      strcat(text, "}");
      ck_assert_int_eq(ep_selector_compile(&selector, bytes_of(text)), EP_OK);
      text[strlen(text) - 1] = 0;
    }
    snprintf(text + strlen(text), 40, "%s\"k%d\":%d", i == 0 ? "" : ",", i, i);
  }
  strcat(text, "}");
  ck_assert_int_eq(ep_selector_compile(&selector, bytes_of(text)), EP_INVALID_ARGUMENT);
  ck_assert_int_eq(ep_selector_compile_session(&selector, bytes_of(text)), EP_OK);
  ck_assert_uint_eq(selector.count, 17);
  ep_selector_free(&selector);
}
END_TEST

START_TEST(commands_survive_encoding) {
  ep_buffer out;
  ep_command in = {.kind = EP_COMMAND_JOIN,
                   .now_ms = 1u << 20,
                   .link = 77,
                   .version = 2,
                   .receipt = true,
                   .has_epoch_expect = true,
                   .has_secret = true,
                   .to_kind = EP_TO_SELECTOR,
                   .error = EP_ERROR_BAD_TO,
                   .id = 1234567890123,
                   .expect = 98765,
                   .client = bytes_of("client"),
                   .instance = bytes_of("i"),
                   .epoch = bytes_of("e"),
                   .uid = bytes_of("u"),
                   .uid_json = bytes_of("\"u\""),
                   .to = bytes_of("to"),
                   .to_json = bytes_of("{}"),
                   .json = bytes_of("[1]")};
  ep_command back;
  memset(in.secret, 9, 32);
  ep_buffer_init(&out, &test_plain_allocator);
  ep_command_encode(&out, &in);
  ep_bytes bytes = ep_buffer_bytes(&out);
  ck_assert(ep_command_decode(&back, bytes));
  ck_assert(back.kind == in.kind && back.now_ms == in.now_ms && back.link == in.link);
  ck_assert(back.version == 2 && back.receipt && back.has_epoch_expect && back.has_secret);
  ck_assert(back.to_kind == in.to_kind && back.error == in.error && back.id == in.id);
  ck_assert(back.expect == in.expect && memcmp(back.secret, in.secret, 32) == 0);
  ck_assert(ep_bytes_equal(back.client, in.client) && ep_bytes_equal(back.json, in.json));
  ck_assert(ep_bytes_equal(back.instance, in.instance) && ep_bytes_equal(back.epoch, in.epoch));
  ck_assert(ep_bytes_equal(back.uid, in.uid) && ep_bytes_equal(back.uid_json, in.uid_json));
  ck_assert(ep_bytes_equal(back.to, in.to) && ep_bytes_equal(back.to_json, in.to_json));
  for (size_t len = 0; len < bytes.len; len++) {
    uint8_t *cut = malloc(len + 1);
    memcpy(cut, bytes.data, len);
    ck_assert(!ep_command_decode(&back, ep_bytes_of(cut, len)));
    free(cut);
  }
  ep_buffer_append_byte(&out, 0);
  ck_assert(!ep_command_decode(&back, ep_buffer_bytes(&out)));
  ep_buffer_free(&out);
}
END_TEST

START_TEST(records_survive_a_batch) {
  ep_buffer out;
  ep_record record;
  ep_buffer_init(&out, &test_plain_allocator);
  ep_record_write(&out, &(ep_record){EP_TABLE_LOG, false, bytes_of("key"), bytes_of("value")});
  ep_record_write(&out, &(ep_record){EP_TABLE_SEEN, true, bytes_of("k"), EP_NOTHING});
  ep_bytes batch = ep_buffer_bytes(&out), whole = batch;
  ck_assert(ep_record_next(&batch, &record));
  ck_assert(record.table == EP_TABLE_LOG && !record.remove);
  ck_assert(ep_bytes_equal(record.key, bytes_of("key")));
  ck_assert(ep_bytes_equal(record.value, bytes_of("value")));
  ck_assert(ep_record_next(&batch, &record));
  ck_assert(record.table == EP_TABLE_SEEN && record.remove && record.value.len == 0);
  ck_assert(!ep_record_next(&batch, &record));
  whole.len--;
  ck_assert(ep_record_next(&whole, &record));
  ck_assert(!ep_record_next(&whole, &record));
  ep_buffer_free(&out);
}
END_TEST

void add_delivery_parts(Suite *suite) {
  TCase *parts = tcase_create("parts");
  tcase_set_timeout(parts, 60);
  tcase_add_test(parts, inbox_keeps_order_and_drops_the_highest);
  tcase_add_test(parts, outbox_numbers_confirms_and_renumbers);
  tcase_add_test(parts, outbox_finds_prints_out_of_order);
  tcase_add_test(parts, seen_forgets_the_oldest);
  tcase_add_test(parts, selectors_compare_typed);
  tcase_add_test(parts, selectors_refuse_what_is_no_address);
  tcase_add_test(parts, commands_survive_encoding);
  tcase_add_test(parts, records_survive_a_batch);
  suite_add_tcase(suite, parts);
}
