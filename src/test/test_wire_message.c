/* Unit tests of floor 2: typed messages, against the examples of the spec and what 1.0.2 wrote.
 * Read first: src/wire/message.h, test_wire.h. */
#include <stdio.h>
#include <string.h>

#include "test/test_wire.h"
#include "vectors.h"

static ep_bytes text_of(const char *text) { return ep_bytes_of(text, strlen(text)); }

static void bytes_are(ep_bytes ours, ep_bytes theirs) {
  ck_assert_msg(ep_bytes_equal(ours, theirs), "'%.*s'\nis not\n'%.*s'", (int)ours.len, ours.data,
                (int)theirs.len, theirs.data);
}

static ep_frame_result read_frame(test_reader *test, ep_bytes frame) {
  size_t used = 0;
  ep_frame_result result = ep_frame_read(&test->reader, &used, frame);
  ck_assert(result != EP_FRAME_READY || used == frame.len);
  return result;
}

/* The message of a frame, written again; nothing when it is none. */
static ep_error rewrite(test_reader *test, ep_buffer *out, ep_form form, ep_direction direction,
                        ep_bytes frame) {
  ep_message message;
  ep_error why;
  ep_buffer_clear(out);
  ck_assert_int_eq(read_frame(test, frame), EP_FRAME_READY);
  if (ep_message_decode(&test->reader, direction, &message, &why) == EP_DECODE_OK) {
    ep_message_encode(out, form, direction, &message);
  }
  return why;
}

/* ---- What 1.0.2 put on the wire ---- */

static const struct {
  ep_direction direction;
  const char *bytes;
} captured[] = {
    {EP_C2S,
     "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"auth\\\",\\\"payload\\\":\\\""
     "a684e6c4-6ecf-4a40-8afe-e2b88f703292\\\"}\"}\f"},
    {EP_S2C,
     "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"auth\\\",\\\"payload\\\":fals"
     "e}\"}\f"},
    {EP_S2C,
     "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"clients.list\\\",\\\"payload"
     "\\\":[{\\\"uuid\\\":\\\"a684e6c4-6ecf-4a40-8afe-e2b88f703292\\\",\\\"state\\\":\\\"c"
     "onnected\\\",\\\"session\\\":{}}]}\"}\f"},
    {EP_C2S,
     "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"session.update\\\",\\\"payloa"
     "d\\\":{\\\"name\\\":\\\"a\\\"}}\"}\f"},
    {EP_S2C,
     "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"session.update\\\",\\\"payloa"
     "d\\\":{\\\"uuid\\\":\\\"a684e6c4-6ecf-4a40-8afe-e2b88f703292\\\",\\\"connected\\\":t"
     "rue,\\\"session\\\":{\\\"name\\\":\\\"a\\\"}}}\"}\f"},
    {EP_S2C,
     "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"client.connect\\\",\\\"payloa"
     "d\\\":\\\"466faa47-6171-4a9c-9fa2-9fc773deafb7\\\"}\"}\f"},
    {EP_C2S,
     "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"clients.list\\\",\\\"payload"
     "\\\":\\\"\\\"}\"}\f"},
    {EP_S2C,
     "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"client.disconnect\\\",\\\"pay"
     "load\\\":\\\"a684e6c4-6ecf-4a40-8afe-e2b88f703292\\\"}\"}\f"},
    {EP_C2S,
     "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"message.new\\\",\\\"payload\\"
     "\":{\\\"from\\\":\\\"86025b50-a4b6-455a-b70a-3b6cd1e30637\\\",\\\"to\\\":\\\"587b19c"
     "9-bb29-4e21-8dbc-7cdd2e1d2aa0\\\",\\\"id\\\":0,\\\"uid\\\":\\\"45b18865-3c75-44a7-b6"
     "ad-b89459a4145c\\\",\\\"payload\\\":{\\\"hello\\\":1}}}\"}\f"},
    {EP_S2C,
     "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"message.confirm\\\",\\\"paylo"
     "ad\\\":\\\"45b18865-3c75-44a7-b6ad-b89459a4145c\\\"}\"}\f"},
    {EP_S2C,
     "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"message.new\\\",\\\"payload\\"
     "\":{\\\"from\\\":\\\"86025b50-a4b6-455a-b70a-3b6cd1e30637\\\",\\\"to\\\":\\\"587b19c"
     "9-bb29-4e21-8dbc-7cdd2e1d2aa0\\\",\\\"id\\\":0,\\\"uid\\\":\\\"45b18865-3c75-44a7-b6"
     "ad-b89459a4145c\\\",\\\"payload\\\":{\\\"hello\\\":1},\\\"fromId\\\":0}}\"}\f"},
    {EP_C2S,
     "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"message.confirm\\\",\\\"paylo"
     "ad\\\":\\\"45b18865-3c75-44a7-b6ad-b89459a4145c\\\"}\"}\f"},
    {EP_C2S,
     "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"message.new\\\",\\\"payload\\"
     "\":{\\\"from\\\":\\\"28debc53-91d1-457d-b37c-d987aa81ee5d\\\",\\\"to\\\":{\\\"name\\"
     "\":\\\"b\\\"},\\\"id\\\":0,\\\"uid\\\":\\\"d3e650f8-437d-4eb3-8b38-da73415695c4\\\"}"
     "}\"}\f"},
    {EP_C2S,
     "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"message.new\\\",\\\"payload\\"
     "\":{\\\"from\\\":\\\"28debc53-91d1-457d-b37c-d987aa81ee5d\\\",\\\"to\\\":{\\\"name\\"
     "\":\\\"b\\\"},\\\"id\\\":11,\\\"uid\\\":\\\"1e9a0863-b518-45b8-967e-ebfd7b67c927\\\""
     ",\\\"payload\\\":\\\"\303\251\360\237\230\200\\\\u0000\\\\f\\\\n\\\\\\\"\\\\\\\\\\\""
     "}}\"}\f"},
    {EP_C2S,
     "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"message.new\\\",\\\"payload\\"
     "\":{\\\"from\\\":\\\"28debc53-91d1-457d-b37c-d987aa81ee5d\\\",\\\"to\\\":{\\\"name\\"
     "\":\\\"b\\\"},\\\"id\\\":12,\\\"uid\\\":\\\"56024c76-2221-4972-9c29-5592423227f5\\\""
     ",\\\"payload\\\":\\\"\\\\ud800\\\"}}\"}\f"},
    {EP_S2C,
     "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"message.new\\\",\\\"payload\\"
     "\":{\\\"from\\\":\\\"28debc53-91d1-457d-b37c-d987aa81ee5d\\\",\\\"to\\\":{\\\"name\\"
     "\":\\\"b\\\"},\\\"id\\\":0,\\\"uid\\\":\\\"d3e650f8-437d-4eb3-8b38-da73415695c4\\\","
     "\\\"fromId\\\":0}}\"}\f"},
    {EP_S2C,
     "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"message.new\\\",\\\"payload\\"
     "\":{\\\"from\\\":\\\"28debc53-91d1-457d-b37c-d987aa81ee5d\\\",\\\"to\\\":{\\\"name\\"
     "\":\\\"b\\\"},\\\"id\\\":11,\\\"uid\\\":\\\"1e9a0863-b518-45b8-967e-ebfd7b67c927\\\""
     ",\\\"payload\\\":\\\"\303\251\360\237\230\200\\\\u0000\\\\f\\\\n\\\\\\\"\\\\\\\\\\\""
     ",\\\"fromId\\\":11}}\"}\f"},
    {EP_S2C,
     "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"message.new\\\",\\\"payload\\"
     "\":{\\\"from\\\":\\\"28debc53-91d1-457d-b37c-d987aa81ee5d\\\",\\\"to\\\":{\\\"name\\"
     "\":\\\"b\\\"},\\\"id\\\":12,\\\"uid\\\":\\\"56024c76-2221-4972-9c29-5592423227f5\\\""
     ",\\\"payload\\\":\\\"\\\\ud800\\\",\\\"fromId\\\":12}}\"}\f"}};

START_TEST(captured_frames_are_written_to_the_byte) {
  test_reader test;
  ep_buffer out;
  test_reader_init(&test);
  ep_buffer_init(&out, &test.allocator);
  for (size_t i = 0; i < sizeof captured / sizeof captured[0]; i++) {
    ep_bytes frame = text_of(captured[i].bytes);
    ck_assert_int_eq(rewrite(&test, &out, EP_ENVELOPED, captured[i].direction, frame),
                     EP_ERROR_NONE);
    bytes_are(ep_buffer_bytes(&out), frame);
  }
  ep_buffer_free(&out);
  test_reader_free(&test);
}
END_TEST

/* The same messages as rendered items: bare with their id, and in the envelope. */
START_TEST(items_are_what_messages_are) {
  test_reader test;
  ep_buffer item, written, whole;
  test_reader_init(&test);
  ep_buffer_init(&item, &test.allocator);
  ep_buffer_init(&written, &test.allocator);
  ep_buffer_init(&whole, &test.allocator);
  for (size_t i = 0; i < sizeof captured / sizeof captured[0]; i++) {
    ep_message message;
    ep_error why;
    ep_item_shape shape;
    ep_direction direction = captured[i].direction;
    ck_assert_int_eq(read_frame(&test, text_of(captured[i].bytes)), EP_FRAME_READY);
    ck_assert_int_eq(ep_message_decode(&test.reader, direction, &message, &why), EP_DECODE_OK);
    if (message.action != EP_ACTION_MESSAGE_NEW) continue;
    message.receipt = direction == EP_C2S && i % 2 == 0;
    ep_buffer_clear(&item);
    ep_buffer_append_literal(&item, "before");
    ep_message_render_item(&item, &shape, direction, &message);
    ck_assert_uint_eq(ep_buffer_len(&item), shape.len + 6);
    message.id = 9007199254740991;
    size_t most = 0;
    for (int form = EP_ENVELOPED; form <= EP_BARE; form++) {
      ep_buffer_clear(&written);
      ep_buffer_clear(&whole);
      ep_item_write(&written, (ep_form)form, ep_buffer_bytes(&item).data + 6, shape, message.id);
      ep_message_encode(&whole, (ep_form)form, direction, &message);
      bytes_are(ep_buffer_bytes(&written), ep_buffer_bytes(&whole));
      if (ep_buffer_len(&whole) - 1 > most) most = ep_buffer_len(&whole) - 1;
    }
    ck_assert_uint_eq(ep_item_frame_most(ep_buffer_bytes(&item).data + 6, shape), most);
    ck_assert_uint_ge(ep_item_frame_bound(shape), most);
  }
  ep_buffer_free(&item);
  ep_buffer_free(&written);
  ep_buffer_free(&whole);
  test_reader_free(&test);
}
END_TEST

START_TEST(other_items_are_what_messages_are) {
  static const struct {
    ep_direction direction;
    const char *frame;
  } items[] = {
      {EP_C2S, "{\"action\":\"session.update\",\"payload\":{\"room\":7},\"id\":3}\f"},
      {EP_S2C,
       "{\"action\":\"message.receipt\",\"payload\":{\"id\":5,\"of\":1,\"uid\":\"u\",\"by\":\"b\","
       "\"left\":0,\"missed\":2}}\f"},
      {EP_S2C,
       "{\"action\":\"error\",\"payload\":{\"code\":\"bad-to\",\"reason\":\"No.\",\"of\":1,"
       "\"uid\":\"u\",\"to\":[\"b\"],\"count\":1,\"id\":6}}\f"}};
  for (size_t i = 0; i < sizeof items / sizeof items[0]; i++) {
    test_reader test;
    ep_message message;
    ep_error why;
    ep_item_shape shape;
    ep_buffer item, written;
    test_reader_init(&test);
    ep_buffer_init(&item, &test.allocator);
    ep_buffer_init(&written, &test.allocator);
    ck_assert_int_eq(read_frame(&test, text_of(items[i].frame)), EP_FRAME_READY);
    ck_assert_int_eq(ep_message_decode(&test.reader, items[i].direction, &message, &why),
                     EP_DECODE_OK);
    ck_assert(message.has & EP_HAS_ID);
    ep_message_render_item(&item, &shape, items[i].direction, &message);
    ep_item_write(&written, EP_BARE, ep_buffer_bytes(&item).data, shape, message.id);
    bytes_are(ep_buffer_bytes(&written), text_of(items[i].frame));
    ep_buffer_free(&item);
    ep_buffer_free(&written);
    test_reader_free(&test);
  }
}
END_TEST

/* ---- The examples of the spec ---- */

/* Read, written, read, written: the two writings are the same, in both forms. */
static void stays_the_same(test_reader *test, ep_direction direction, ep_bytes frame) {
  for (int form = EP_ENVELOPED; form <= EP_BARE; form++) {
    ep_buffer first, second;
    ep_buffer_init(&first, &test->allocator);
    ep_buffer_init(&second, &test->allocator);
    rewrite(test, &first, (ep_form)form, direction, frame);
    ck_assert_uint_gt(ep_buffer_len(&first), 0);
    rewrite(test, &second, (ep_form)form, direction, ep_buffer_bytes(&first));
    bytes_are(ep_buffer_bytes(&second), ep_buffer_bytes(&first));
    ep_buffer_free(&first);
    ep_buffer_free(&second);
  }
}

static void example(const char *name, const char *verdict, ep_direction direction, ep_action action,
                    ep_bytes frame) {
  test_reader test;
  ep_message message;
  ep_error why = EP_ERROR_NONE;
  const char *found = "malformed";
  test_reader_init(&test);
  ep_frame_result result = read_frame(&test, frame);
  if (result == EP_FRAME_INVALID) found = "invalid";
  if (result == EP_FRAME_READY) {
    bool ok = ep_message_decode(&test.reader, direction, &message, &why) == EP_DECODE_OK;
    ck_assert_int_eq(ok, why == EP_ERROR_NONE);
    found = ok ? "ok" : "invalid";
    if (ok) ck_assert_msg(message.action == action, "%s: action %d", name, (int)message.action);
    if (ok && action != EP_ACTION_UNKNOWN) stays_the_same(&test, direction, frame);
  }
  if (strcmp(verdict, "refused") != 0) {
    ck_assert_msg(strcmp(found, verdict) == 0, "%s: %s, not %s", name, found, verdict);
  }
  test_reader_free(&test);
}

START_TEST(examples_of_the_spec) {
  size_t count = 0;
#define EXAMPLE(name, direction, verdict, action, bytes, len, line)               \
  count++;                                                                        \
  if (strcmp(#direction, "s2c") != 0) {                                           \
    example(name, #verdict, EP_C2S, EP_ACTION_##action, ep_bytes_of(bytes, len)); \
  }                                                                               \
  if (strcmp(#direction, "c2s") != 0) {                                           \
    example(name, #verdict, EP_S2C, EP_ACTION_##action, ep_bytes_of(bytes, len)); \
  }
  EP_VECTORS(EXAMPLE)
#undef EXAMPLE
  ck_assert_uint_gt(count, 30);
}
END_TEST

/* ---- Rules of validity ---- */

static ep_error decode(test_reader *test, ep_message *out, ep_direction direction,
                       const char *json) {
  static char frame[4096];
  ep_error why;
  if (test->reader.skipping) read_frame(test, EP_LITERAL("\f")); /* the end of a refused one */
  snprintf(frame, sizeof frame, "%s\f", json);
  ep_frame_result result = read_frame(test, text_of(frame));
  ck_assert_msg(
      result == EP_FRAME_READY || result == EP_FRAME_TOO_DEEP || result == EP_FRAME_TOO_MANY, "%s",
      json);
  ep_decode found = ep_message_decode(&test->reader, direction, out, &why);
  ck_assert_int_eq(found == EP_DECODE_OK, why == EP_ERROR_NONE);
  return why;
}

START_TEST(auth_rules) {
  static const struct {
    ep_error why;
    unsigned version;
    const char *members;
  } rules[] = {
      {EP_ERROR_NONE, 1, "\"payload\":\"a\",\"version\":1,\"instance\":7"},
      {EP_ERROR_NONE, 1, "\"payload\":\"a\",\"version\":\"2\""},
      {EP_ERROR_NONE, 1, "\"payload\":\"a\",\"version\":2.0"},
      {EP_ERROR_NONE, 1, "\"payload\":\"\\u0061 ~\""},
      {EP_ERROR_NONE, 3, "\"payload\":\"a\",\"version\":3,\"instance\":\"i\",\"expect\":0"},
      {EP_ERROR_BAD_AUTH, 1, "\"payload\":\"\""},
      {EP_ERROR_BAD_AUTH, 1, "\"payload\":\"\\u007f\""},
      {EP_ERROR_BAD_AUTH, 1, "\"payload\":\"\xc3\xa9\""},
      {EP_ERROR_BAD_AUTH, 1, "\"x\":0"},
      {EP_ERROR_BAD_AUTH, 2, "\"payload\":\"a\",\"version\":2,\"instance\":\"i\",\"expect\":-1"},
      {EP_ERROR_BAD_AUTH, 2, "\"payload\":\"a\",\"version\":2,\"instance\":\"\",\"expect\":0"},
      {EP_ERROR_BAD_AUTH, 2, "\"payload\":7,\"version\":2,\"instance\":\"i\",\"expect\":0"},
      {EP_ERROR_BAD_AUTH, 2,
       "\"payload\":\"a\",\"version\":2,\"instance\":\"i\",\"expect\":0,\"secret\":7"},
      {EP_ERROR_BAD_AUTH, 2,
       "\"payload\":\"a\",\"version\":2,\"instance\":\"i\",\"expect\":0,\"presence\":{\"a\":[]}"},
      {EP_ERROR_BAD_AUTH, 2,
       "\"payload\":\"a\",\"version\":2,\"instance\":\"i\",\"expect\":0,\"window\":1.5"}};
  test_reader test;
  test_reader_init(&test);
  for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
    char json[300];
    ep_message message;
    snprintf(json, sizeof json, "{\"action\":\"auth\",%s}", rules[i].members);
    ck_assert_msg(decode(&test, &message, EP_C2S, json) == rules[i].why, "%s", json);
    ck_assert_msg(message.version == rules[i].version, "%s", json);
  }
  test_reader_free(&test);
}
END_TEST

START_TEST(longest_names) {
  test_reader test;
  ep_message message;
  char json[1200];
  test_reader_init(&test);
  for (int len = 127; len <= 129; len++) { /* every byte spelled as an escape of six */
    size_t at = (size_t)sprintf(json, "{\"action\":\"auth\",\"payload\":\"");
    for (int i = 0; i < len; i++) at += (size_t)sprintf(json + at, "\\u0041");
    sprintf(json + at, "\"}");
    ck_assert_int_eq(decode(&test, &message, EP_C2S, json),
                     len <= (int)EP_LIMIT_CLIENT_ID ? EP_ERROR_NONE : EP_ERROR_BAD_AUTH);
    if (len <= (int)EP_LIMIT_CLIENT_ID) ck_assert_uint_eq(message.client.len, (size_t)len);
  }
  test_reader_free(&test);
}
END_TEST

START_TEST(message_flags) {
  static const struct {
    unsigned has;
    ep_to_kind to_kind;
    const char *members;
  } cases[] = {
      {EP_HAS_ID | EP_HAS_UID, EP_TO_CLIENT, "\"id\":0,\"uid\":\"u\",\"to\":\"b\""},
      {EP_HAS_UID | EP_HAS_PAYLOAD, EP_TO_CLIENT,
       "\"id\":1.0,\"uid\":\"u\",\"to\":\"b\",\"payload\":null"},
      {EP_HAS_ID, EP_TO_SELECTOR, "\"id\":7,\"uid\":\"\\n\",\"to\":{}"},
      {EP_HAS_ID, EP_TO_SELECTOR,
       "\"id\":7,\"uid\":8,\"to\":{\"a\":1,\"b\":null,\"c\":\"\",\"d\":false}"},
      {EP_HAS_ID, EP_TO_IMPOSSIBLE, "\"id\":7,\"uid\":\"\",\"to\":{\"a\":{}}"},
      {0, EP_TO_IMPOSSIBLE, "\"to\":[\"b\"]"},
      {0, EP_TO_IMPOSSIBLE, "\"to\":\"\""},
      {0, EP_TO_IMPOSSIBLE, "\"to\":\"\\ud800\""},
      {0, EP_TO_IMPOSSIBLE, "\"to\":null"},
      {0, EP_TO_NONE, "\"from\":7"},
      {0, EP_TO_IMPOSSIBLE,
       "\"to\":{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,\"h\":1,\"i\":1,\"j\":1,"
       "\"k\":1,"
       "\"l\":1,\"m\":1,\"n\":1,\"o\":1,\"p\":1,\"q\":1}"},
      {EP_HAS_ID | EP_HAS_UID | EP_HAS_FROM_ID, EP_TO_CLIENT,
       "\"id\":9,\"id\":9007199254740991,\"\\u0075id\":\"\\u0075\",\"to\":\"b\",\"fromId\":4"}};
  test_reader test;
  test_reader_init(&test);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char json[400];
    ep_message message;
    snprintf(json, sizeof json, "{\"action\":\"message.new\",\"payload\":{%s}}", cases[i].members);
    ck_assert_int_eq(decode(&test, &message, EP_S2C, json), EP_ERROR_NONE);
    ck_assert_msg(message.has == cases[i].has, "%s: %x", json, message.has);
    ck_assert_msg(message.to_kind == cases[i].to_kind, "%s", json);
    if (message.has & EP_HAS_UID) bytes_are(message.uid, EP_LITERAL("u"));
  }
  test_reader_free(&test);
}
END_TEST

/* A message whose payload has one member more than are kept. */
static const char *crowded(const char *action) {
  static char json[2000];
  int len = sprintf(json, "{\"action\":\"%s\",\"payload\":{\"uid\":\"u\"", action);
  for (int i = 0; i < (int)EP_LIMIT_MEMBERS; i++) len += sprintf(json + len, ",\"m%d\":0", i);
  strcpy(json + len, "}}");
  return json;
}

START_TEST(refused_messages_show_their_uid) {
  test_reader test;
  ep_message message;
  test_reader_init(&test);
  ep_frame_reader_set_limit(&test.reader, 10000, 3);
  const char *deep =
      "{\"action\":\"message.new\",\"payload\":{\"id\":5,\"uid\":\"u\",\"payload\":[[1]]}}";
  ck_assert_int_eq(decode(&test, &message, EP_C2S, deep), EP_ERROR_TOO_DEEP);
  ck_assert_uint_eq(message.has, EP_HAS_ID | EP_HAS_UID);
  bytes_are(message.uid, EP_LITERAL("u"));
  ck_assert_int_eq(decode(&test, &message, EP_C2S, crowded("message.new")), EP_ERROR_BAD_MESSAGE);
  ck_assert_uint_eq(message.has, EP_HAS_UID);
  /* The members of this payload are not read: there may be any number. */
  ck_assert_int_eq(decode(&test, &message, EP_C2S, crowded("session.update")), EP_ERROR_NONE);
  test_reader_free(&test);
}
END_TEST

START_TEST(actions_have_directions) {
  test_reader test;
  ep_message message;
  test_reader_init(&test);
  ck_assert_int_eq(decode(&test, &message, EP_C2S, "{\"action\":\"client.connect\"}"),
                   EP_ERROR_NONE);
  ck_assert_int_eq(message.action, EP_ACTION_UNKNOWN);
  bytes_are(message.name, EP_LITERAL("client.connect"));
  ck_assert_int_eq(decode(&test, &message, EP_C2S, "{\"action\":\"a\\\"b\"}"), EP_ERROR_NONE);
  bytes_are(message.name, EP_LITERAL("a\"b"));
  test_reader_free(&test);
}
END_TEST

START_TEST(extras_stay_out_of_the_envelope) {
  test_memory memory = {0};
  ep_allocator allocator = test_allocator(&memory);
  ep_buffer out;
  ep_buffer_init(&out, &allocator);
  ep_message message = {.action = EP_ACTION_MESSAGE_NEW,
                        .has = EP_HAS_ID | EP_HAS_UID,
                        .receipt = true,
                        .from = EP_LITERAL("a\"\\"),
                        .to = EP_LITERAL("b"),
                        .uid = EP_LITERAL("u")};
  ep_message_encode(&out, EP_ENVELOPED, EP_C2S, &message);
  bytes_are(
      ep_buffer_bytes(&out),
      EP_LITERAL(
          "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"message.new\\\",\\\"payload\\\":"
          "{\\\"from\\\":\\\"a\\\\\\\"\\\\\\\\\\\",\\\"to\\\":\\\"b\\\",\\\"id\\\":0,"
          "\\\"uid\\\":\\\"u\\\"}}\"}\f"));
  ep_buffer_clear(&out);
  ep_message_encode(&out, EP_BARE, EP_C2S, &message);
  bytes_are(
      ep_buffer_bytes(&out),
      EP_LITERAL(
          "{\"action\":\"message.new\",\"payload\":{\"from\":\"a\\\"\\\\\",\"to\":\"b\",\"id\":0,"
          "\"uid\":\"u\",\"receipt\":true}}\f"));
  ep_buffer_free(&out);
}
END_TEST

START_TEST(writing_without_memory) {
  static const char text[] = "{\"action\":\"x\",\"payload\":{\"id\":,\"p\":\"\"}}";
  ep_item_shape shape = {30, sizeof text - 3, sizeof text - 1};
  for (size_t fail_at = 1; fail_at < 4; fail_at++) {
    for (int form = EP_ENVELOPED; form <= EP_BARE; form++) {
      test_memory memory = {.fail_at = fail_at, .fail_on = true};
      ep_allocator allocator = test_allocator(&memory);
      ep_buffer out;
      ep_buffer_init(&out, &allocator);
      ep_item_write(&out, (ep_form)form, (const uint8_t *)text, shape, 12345);
      ck_assert_uint_eq(ep_buffer_len(&out) == 0, out.failed);
      ck_assert(out.failed || memory.calls < fail_at);
      ep_buffer_free(&out);
      ck_assert_uint_eq(memory.live, 0);
    }
  }
}
END_TEST

TCase *ep_tcase_message(void) {
  TCase *tcase = tcase_create("message");
  tcase_add_test(tcase, captured_frames_are_written_to_the_byte);
  tcase_add_test(tcase, items_are_what_messages_are);
  tcase_add_test(tcase, other_items_are_what_messages_are);
  tcase_add_test(tcase, examples_of_the_spec);
  tcase_add_test(tcase, auth_rules);
  tcase_add_test(tcase, longest_names);
  tcase_add_test(tcase, message_flags);
  tcase_add_test(tcase, refused_messages_show_their_uid);
  tcase_add_test(tcase, actions_have_directions);
  tcase_add_test(tcase, extras_stay_out_of_the_envelope);
  tcase_add_test(tcase, writing_without_memory);
  return tcase;
}
