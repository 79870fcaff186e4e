/* Unit tests of floor 2: the frame reader, and the suite of the floor.
 * Read first: src/wire/frame.h, test_wire.h. */
#include <stdio.h>
#include <string.h>

#include "test/test_wire.h"

static ep_bytes text_of(const char *text) { return ep_bytes_of(text, strlen(text)); }

static char *copy_of(ep_bytes in) {
  char *copy = malloc(in.len + 1);
  if (in.len != 0) memcpy(copy, in.data, in.len);
  copy[in.len] = 0;
  return copy;
}

static const char *const result_names[] = {"more",      "ready",    "malformed", "invalid",
                                           "too large", "too deep", "too many",  "no memory"};

/* What a reader says about one chunk, as lines of text. The chunk is gone afterwards. */
static void read_chunk(test_reader *test, ep_buffer *log, ep_bytes in) {
  uint8_t *copy = (uint8_t *)copy_of(in);
  ep_bytes rest = ep_bytes_of(copy, in.len);
  for (;;) {
    size_t used;
    ep_frame_result result = ep_frame_read(&test->reader, &used, rest);
    ck_assert_uint_le(used, rest.len);
    rest = ep_bytes_from(rest, used);
    if (result == EP_FRAME_MORE) break;
    ep_buffer_append(log, text_of(result_names[result]));
    ep_bytes text = ep_frame_text(&test->reader);
    if (result == EP_FRAME_READY) {
      const ep_json *json = ep_frame_members(&test->reader);
      ep_buffer_append(log,
                       ep_frame_form(&test->reader) == EP_BARE ? text_of(" ") : text_of(" E "));
      ep_buffer_append_u64(log, json->top_count * 100 + json->inner_count);
    }
    ep_buffer_append(log, text_of(":"));
    ep_buffer_append(log, text);
    ep_buffer_append(log, text_of("\n"));
  }
  ck_assert_uint_eq(rest.len, 0);
  free(copy);
}

/* Reads `stream` cut into chunks: the first of `first` bytes, the others of `size`. */
static char *read_cut(ep_bytes stream, size_t frame_most, size_t first, size_t size) {
  test_reader test;
  test_memory memory = {0};
  ep_allocator allocator = test_allocator(&memory);
  ep_buffer log;
  test_reader_init(&test);
  ep_buffer_init(&log, &allocator);
  ep_frame_reader_set_limit(&test.reader, frame_most, 6);
  for (size_t next = first; stream.len != 0; next = size) {
    if (next > stream.len) next = stream.len;
    read_chunk(&test, &log, ep_bytes_of(stream.data, next));
    ck_assert_uint_le(test.memory.most, 2 * (frame_most + 1) + sizeof(ep_json) + 64);
    stream = ep_bytes_from(stream, next);
  }
  char *said = copy_of(ep_buffer_bytes(&log));
  ep_buffer_free(&log);
  test_reader_free(&test);
  return said;
}

#define ENVELOPE(data) "{\"type\":\"_message_\",\"data\":\"" data "\"}\f"

static const char stream[] =
    "{\"action\":\"a\",\"payload\":{\"x\":1,\"y\":[{}]}}\f"
    " \n{\"payload\" : \"\xc3\xa9\xf0\x9f\x98\x80\\n\" , \"action\":\"\" }\t\f" /* */
    ENVELOPE("{\\\"action\\\":\\\"m\\\",\\\"payload\\\":"
             "{\\\"t\\\":\\\"\\\\\\\"\\\\ud800\\\\n\\\"}}")
    "\f"                                                   /* nothing */
    "  \f"                                                 /* white space */
    "{\"action\":\"broken\",}\f"                           /* seen before the end */
    "{\"action\":\"broken\"\f"                             /* seen at the end */
    "{\"data\":\"{\\u007b}\",\"x\":[],\"type\":\"\\u005fmessage_\"}\f"
    "{ \"data\" : \"{\\ud83d\\ude00}\", \"type\":\"_message_\"}\f" /* inside not JSON */
    ENVELOPE("{\\\"a\\\":\\\"\\ud83d\\ude00\\u00e9\\\"}")          /* */
    ENVELOPE("{\\\"a\\\":\\\"\\ud83d\\\"}")                        /* not UTF-8 */
    ENVELOPE("{\\\"a\\\":\\\"\\f\\\"}")                            /* raw control inside */
    ENVELOPE("{}\\f")                                      /* */
    ENVELOPE("[]")                                         /* */
    ENVELOPE("")                                           /* */
    "{\"type\":\"_other_\",\"data\":\"{}\"}\f"             /* JSON, but no message */
    "{\"action\":1}\f"                                     /* */
    "{\"action\":\"a\",\"action\":2}\f"                    /* the last counts */
    "{\"action\":\"a\",\"payload\":[[[[[]]]]]}\f"          /* as deep as may be */
    "{\"action\":\"a\",\"payload\":[[[[[[]]]]]],\"z\":1}\f" /* too deep */
    ENVELOPE("{\\\"action\\\":\\\"a\\\",\\\"payload\\\":"
             "{\\\"uid\\\":\\\"u\\\",\\\"p\\\":[[[[[]]]]]}}")
    "{\"action\":\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}\f" /* too large */
    "{\"action\":\"last\"}\f{\"action\":";

static const char expected[] =
    "ready 202:{\"action\":\"a\",\"payload\":{\"x\":1,\"y\":[{}]}}\n"
    "ready 200: \n{\"payload\" : \"\xc3\xa9\xf0\x9f\x98\x80\\n\" , \"action\":\"\" }\t\n"
    "ready E 201:{\"action\":\"m\",\"payload\":{\"t\":\"\\\"\\ud800\\n\"}}\n"
    "malformed:\n"
    "malformed:\n"
    "malformed:\n"
    "malformed:\n"
    "malformed:\n"
    "malformed:\n"
    "ready E 100:{\"a\":\"\xf0\x9f\x98\x80\xc3\xa9\"}\n"
    "malformed:\n"
    "malformed:\n"
    "malformed:\n"
    "malformed:\n"
    "malformed:\n"
    "invalid:\n"
    "invalid:\n"
    "invalid:\n"
    "ready 200:{\"action\":\"a\",\"payload\":[[[[[]]]]]}\n"
    "too deep:{\"action\":\"a\",\"payload\":[[[[[\n"
    "too deep:{\"action\":\"a\",\"payload\":{\"uid\":\"u\",\"p\":[[[[\n"
    "too large:\n"
    "ready 100:{\"action\":\"last\"}\n";

enum { STREAM_MOST = 130 };

START_TEST(frames_in_one_piece) {
  char *said = read_cut(ep_bytes_of(stream, sizeof stream - 1), STREAM_MOST, sizeof stream, 1);
  ck_assert_str_eq(said, expected);
  free(said);
}
END_TEST

START_TEST(frames_in_chunks_of_any_size) {
  for (size_t size = 1; size < 200; size++) {
    char *said = read_cut(ep_bytes_of(stream, sizeof stream - 1), STREAM_MOST, size, size);
    ck_assert_str_eq(said, expected);
    free(said);
  }
}
END_TEST

START_TEST(frames_cut_at_every_place) {
  for (size_t first = 1; first < sizeof stream; first++) {
    char *said =
        read_cut(ep_bytes_of(stream, sizeof stream - 1), STREAM_MOST, first, sizeof stream);
    ck_assert_str_eq(said, expected);
    free(said);
  }
}
END_TEST

/* A frame of `len` bytes without its end. */
static ep_bytes frame_of(size_t len) {
  static char text[400];
  const char *begin = "{\"action\":\"";
  ck_assert_uint_lt(len, sizeof text - 3);
  memset(text, 'x', sizeof text);
  memcpy(text, begin, strlen(begin));
  memcpy(text + len - 2, "\"}\f", 3);
  return ep_bytes_of(text, len + 1);
}

START_TEST(frame_limit_is_exact) {
  for (size_t len = 95; len <= 105; len++) {
    for (size_t size = 1; size < 110; size++) {
      char *said = read_cut(frame_of(len), 100, size, size);
      ck_assert_int_eq(strcmp(said, "too large:\n") == 0, len > 100);
      ck_assert_int_eq(strncmp(said, "ready", 5) == 0, len <= 100);
      free(said);
    }
  }
}
END_TEST

START_TEST(frame_limit_can_change_under_a_partial_frame) {
  test_reader test;
  size_t used;
  test_reader_init(&test);
  ep_frame_reader_set_limit(&test.reader, 300, 5);
  ep_bytes frame = frame_of(250);
  ck_assert_int_eq(ep_frame_read(&test.reader, &used, ep_bytes_of(frame.data, 120)), EP_FRAME_MORE);
  ep_frame_reader_set_limit(&test.reader, 100, 5);
  frame = ep_bytes_from(frame, 120);
  ck_assert_int_eq(ep_frame_read(&test.reader, &used, frame), EP_FRAME_TOO_LARGE);
  frame = ep_bytes_from(frame, used);
  ck_assert_int_eq(ep_frame_read(&test.reader, &used, frame), EP_FRAME_MORE);
  ck_assert_uint_eq(used, frame.len);
  ck_assert_uint_eq(test.memory.live, 0);
  ck_assert_int_eq(ep_frame_read(&test.reader, &used, frame_of(50)), EP_FRAME_READY);
  test_reader_free(&test);
}
END_TEST

START_TEST(idle_reader_owns_nothing) {
  test_reader test;
  size_t used;
  test_reader_init(&test);
  ck_assert_uint_lt(sizeof test.reader, 256);
  ep_bytes frame = frame_of(200);
  for (int round = 0; round < 3; round++) {
    ck_assert_int_eq(ep_frame_read(&test.reader, &used, frame), EP_FRAME_READY);
    ck_assert_uint_eq(test.memory.blocks, 0); /* whole: in place */
    ck_assert_ptr_eq(ep_frame_text(&test.reader).data, frame.data);
    ck_assert_int_eq(ep_frame_read(&test.reader, &used, ep_bytes_of(frame.data, 9)), EP_FRAME_MORE);
    ck_assert_uint_eq(test.memory.blocks, 2); /* partial: its bytes and its scan */
    ck_assert_int_eq(ep_frame_read(&test.reader, &used, ep_bytes_from(frame, 9)), EP_FRAME_READY);
    ck_assert_int_eq(ep_frame_read(&test.reader, &used, EP_NOTHING), EP_FRAME_MORE);
    ck_assert_uint_eq(test.memory.blocks, 0);
  }
  test_reader_free(&test);
}
END_TEST

START_TEST(readers_share_a_scratch) {
  test_reader test;
  ep_frame_reader other;
  size_t used;
  test_reader_init(&test);
  ep_frame_reader_init(&other, &test.allocator, &test.scratch);
  ep_bytes one = EP_LITERAL("{\"action\":\"one\",\"payload\":{\"id\":1}}\f");
  ep_bytes two = EP_LITERAL("{\"b\":[],\"action\":\"two\"}\f");
  for (size_t i = 0; i < one.len || i < two.len; i++) {
    if (i < one.len) {
      ep_frame_result result = ep_frame_read(&test.reader, &used, ep_bytes_of(one.data + i, 1));
      ck_assert_int_eq(result, i == one.len - 1 ? EP_FRAME_READY : EP_FRAME_MORE);
    }
    if (i < two.len) {
      ep_frame_result result = ep_frame_read(&other, &used, ep_bytes_of(two.data + i, 1));
      ck_assert_int_eq(result, i == two.len - 1 ? EP_FRAME_READY : EP_FRAME_MORE);
      if (result == EP_FRAME_READY) ck_assert_uint_eq(ep_frame_members(&other)->top_count, 2);
    }
  }
  ck_assert_uint_eq(ep_frame_members(&test.reader)->inner_count, 1);
  ep_frame_reader_free(&other);
  test_reader_free(&test);
}
END_TEST

START_TEST(large_frame_grows_by_doubling) {
  enum { LARGE = 1 << 22 };
  test_reader test;
  size_t used;
  char *text = malloc(LARGE);
  memset(text, 'x', LARGE);
  memcpy(text, "{\"action\":\"", 11);
  memcpy(text + LARGE - 3, "\"}\f", 3);
  test_reader_init(&test);
  for (size_t at = 0; at < LARGE; at += 65536) {
    ep_frame_result result = ep_frame_read(&test.reader, &used, ep_bytes_of(text + at, 65536));
    ck_assert_int_eq(result, at + 65536 == LARGE ? EP_FRAME_READY : EP_FRAME_MORE);
  }
  ck_assert_uint_lt(test.memory.calls, 20);
  ep_bytes seen = ep_frame_text(&test.reader);
  ck_assert(ep_bytes_equal(seen, ep_bytes_of(text, LARGE - 1)));
  free(text);
  test_reader_free(&test);
}
END_TEST

/* Every allocation fails once: that frame is lost and said to be, all others arrive, nothing leaks.
 */
START_TEST(frames_without_memory) {
  ep_bytes frames = EP_LITERAL(
      "{\"action\":\"one\"}\f" ENVELOPE("{\\\"action\\\":\\\"two\\\"}") "{\"action\":\"three\"}\f");
  size_t refusals = 0;
  for (size_t fail_at = 1; fail_at < 12; fail_at++) {
    test_reader test;
    size_t ready = 0, lost = 0, used;
    test_reader_init(&test);
    test.memory.fail_at = fail_at;
    for (size_t at = 0; at < frames.len; at += 7) {
      size_t len = frames.len - at < 7 ? frames.len - at : 7;
      ep_bytes in = ep_bytes_of(frames.data + at, len);
      ep_frame_result result;
      while ((result = ep_frame_read(&test.reader, &used, in)) != EP_FRAME_MORE) {
        ready += result == EP_FRAME_READY;
        lost += result == EP_FRAME_NO_MEMORY;
        in = ep_bytes_from(in, used);
      }
    }
    ck_assert_uint_eq(ready + lost, 3);
    refusals += lost;
    ck_assert_uint_eq(lost, test.memory.calls >= fail_at);
    test_reader_free(&test);
  }
  ck_assert_uint_gt(refusals, 5);
}
END_TEST

START_TEST(too_many_members) {
  char text[2000] = "{\"action\":\"a\"";
  for (int i = 0; i < (int)EP_LIMIT_MEMBERS; i++) sprintf(text + strlen(text), ",\"m%d\":0", i);
  strcat(text, "}\f{\"action\":\"b\"}\f");
  char *said = read_cut(text_of(text), 2000, 2000, 1);
  ck_assert(strstr(said, "too many:{\"action\":\"a\",\"m0\":0") == said);
  ck_assert(strstr(said, "\nready 100:{\"action\":\"b\"}\n") != NULL);
  free(said);
}
END_TEST

static TCase *tcase_frame(void) {
  TCase *tcase = tcase_create("frame");
  tcase_set_timeout(tcase, 120);
  tcase_add_test(tcase, frames_in_one_piece);
  tcase_add_test(tcase, frames_in_chunks_of_any_size);
  tcase_add_test(tcase, frames_cut_at_every_place);
  tcase_add_test(tcase, frame_limit_is_exact);
  tcase_add_test(tcase, frame_limit_can_change_under_a_partial_frame);
  tcase_add_test(tcase, idle_reader_owns_nothing);
  tcase_add_test(tcase, readers_share_a_scratch);
  tcase_add_test(tcase, large_frame_grows_by_doubling);
  tcase_add_test(tcase, frames_without_memory);
  tcase_add_test(tcase, too_many_members);
  return tcase;
}

Suite *ep_suite_wire(void) {
  Suite *suite = suite_create("wire");
  suite_add_tcase(suite, ep_tcase_json());
  suite_add_tcase(suite, ep_tcase_number());
  suite_add_tcase(suite, tcase_frame());
  suite_add_tcase(suite, ep_tcase_message());
  return suite;
}
