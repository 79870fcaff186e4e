/* Unit tests of floor 2: the JSON scanner, and what is done with the text it accepted.
 * Read first: src/wire/json.h. */
#include <stdio.h>
#include <string.h>

#include "test/test_wire.h"

enum { DEPTH = 8 };

static ep_json_result scan_whole(ep_json *json, ep_bytes text) {
  return ep_json_scan_all(json, DEPTH, text);
}

/* Scans byte by byte, each time from a fresh copy: offsets must be all that is kept. */
static ep_json_result scan_bytewise(ep_json *json, ep_bytes text) {
  ep_json_begin(json, DEPTH);
  for (size_t len = 1; len <= text.len && json->result == EP_JSON_MORE; len++) {
    uint8_t *copy = malloc(len);
    memcpy(copy, text.data, len);
    ep_json_scan(json, ep_bytes_of(copy, len));
    free(copy);
  }
  if (json->result == EP_JSON_DONE) return EP_JSON_MALFORMED;
  if (json->result != EP_JSON_MORE) return json->result;
  return json->complete ? EP_JSON_DONE : EP_JSON_MALFORMED;
}

static void same_members(const ep_json_member *one, const ep_json_member *other, unsigned count) {
  for (unsigned i = 0; i < count; i++) {
    ck_assert_uint_eq(one[i].name, other[i].name);
    ck_assert_uint_eq(one[i].name_end, other[i].name_end);
    ck_assert_uint_eq(one[i].value, other[i].value);
    ck_assert_uint_eq(one[i].value_end, other[i].value_end);
    ck_assert_uint_eq(one[i].kind, other[i].kind);
    ck_assert_uint_eq(one[i].name_escaped, other[i].name_escaped);
    ck_assert_uint_eq(one[i].value_escaped, other[i].value_escaped);
  }
}

static ep_json_result scan(ep_json *json, ep_bytes text) {
  ep_json slow;
  ep_json_result result = scan_whole(json, text);
  ck_assert_int_eq(scan_bytewise(&slow, text), result);
  ck_assert_uint_eq(slow.offset, json->offset);
  ck_assert_uint_eq(slow.top_count, json->top_count);
  ck_assert_uint_eq(slow.inner_count, json->inner_count);
  same_members(slow.top, json->top, json->top_count);
  same_members(slow.inner, json->inner, json->inner_count);
  return result;
}

static ep_bytes text_of(const char *text) { return ep_bytes_of(text, strlen(text)); }

START_TEST(accepts) {
  static const char *const texts[] = {
      "{}",
      " \t\r\n{ } \n",
      "{\"\":\"\"}",
      "{\"a\":1,\"a\":2}",
      "{\"a\":[]}",
      "{\"a\":[1,2,[3,{\"b\":[ ]}]]}",
      "{\"a\":-0,\"b\":0.5,\"c\":1e9,\"d\":1E+9,\"e\":-12.50e-07}",
      "{\"a\":true,\"b\":false,\"c\":null}",
      "{ \"a\" : [ true , false ] , \"b\" : { \"c\" : 0 } }",
      "{\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\ude00\":\"\\ud800\"}",
      "{\"a\":"
      "\"\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\""
      "}",
      "{\"0123456789abcdef0123456789abcdef\":\"0123456789abcde\\n0123456789abcdef\"}"};
  ep_json json;
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    ck_assert_msg(scan(&json, text_of(texts[i])) == EP_JSON_DONE, "%s", texts[i]);
  }
}
END_TEST

START_TEST(refuses) {
  static const char *const texts[] = {"",
                                      " ",
                                      "{",
                                      "}",
                                      "[]",
                                      "1",
                                      "\"a\"",
                                      "null",
                                      "{}{}",
                                      "{},",
                                      "{\"a\"}",
                                      "{\"a\":}",
                                      "{a:1}",
                                      "{\"a\":1,}",
                                      "{,}",
                                      "{\"a\" 1}",
                                      "{\"a\":1 \"b\":2}",
                                      "{\"a\":[1,]}",
                                      "{\"a\":[,1]}",
                                      "{\"a\":[1 2]}",
                                      "{\"a\":[1}",
                                      "{\"a\":{]}",
                                      "{\"a\":01}",
                                      "{\"a\":+1}",
                                      "{\"a\":.5}",
                                      "{\"a\":1.}",
                                      "{\"a\":1e}",
                                      "{\"a\":1e+}",
                                      "{\"a\":-}",
                                      "{\"a\":--1}",
                                      "{\"a\":0x1}",
                                      "{\"a\":1.5.2}",
                                      "{\"a\":NaN}",
                                      "{\"a\":Infinity}",
                                      "{\"a\":True}",
                                      "{\"a\":tru}",
                                      "{\"a\":truee}",
                                      "{\"a\":nul l}",
                                      "{\"a\":\"\\x\"}",
                                      "{\"a\":\"\\u12g4\"}",
                                      "{\"a\":\"\\u123\"}",
                                      "{\"a\":\"\\U0041\"}",
                                      "{\"a\":\"\\\"}",
                                      "{\"a\":\"\n\"}",
                                      "{\"a\":\"\t\"}",
                                      "{\"a\":\"\x1f\"}",
                                      "{\"a\":\"x}",
                                      "{'a':1}",
                                      "{\"a\":1}//",
                                      "{/**/}",
                                      "\xef\xbb\xbf{}",
                                      "{\"a\":\"\x0c\"}",
                                      "{}\x0c",
                                      "{\x0c}",
                                      "{\x0b}",
                                      "{\xc2\xa0}"};
  ep_json json;
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
    ck_assert_msg(scan(&json, text_of(texts[i])) == EP_JSON_MALFORMED, "%s", texts[i]);
  }
  ck_assert_int_eq(scan(&json, EP_LITERAL("{\"a\":\"\0\"}")), EP_JSON_MALFORMED);
}
END_TEST

/* By the table of the Unicode standard, decoded: a second opinion. */
static bool utf8_ok(const uint8_t *in, size_t len) {
  static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  for (size_t i = 0; i < len;) {
    size_t need = in[i] < 0x80 ? 1 : in[i] < 0xc0 ? 0 : in[i] < 0xe0 ? 2 : in[i] < 0xf0 ? 3 : 4;
    if (need == 0 || in[i] >= 0xf8 || i + need > len) return false;
    uint32_t code = need == 1 ? in[i] : in[i] & (0x7fu >> need);
    for (size_t k = 1; k < need; k++) {
      if ((in[i + k] & 0xc0) != 0x80) return false;
      code = code << 6 | (in[i + k] & 0x3fu);
    }
    if (code < least[need] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return false;
    i += need;
  }
  return true;
}

START_TEST(utf8_is_exact) {
  static const uint8_t tails[] = {'a', 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0};
  uint8_t text[] = "{\"a\":\"....\"}";
  ep_json json;
  for (unsigned first = 0x80; first < 0x100; first++) {
    for (unsigned n = 0; n < sizeof tails * sizeof tails * sizeof tails; n++) {
      text[6] = (uint8_t)first;
      text[7] = tails[n % sizeof tails];
      text[8] = tails[n / sizeof tails % sizeof tails];
      text[9] = tails[n / sizeof tails / sizeof tails];
      bool ok = scan_whole(&json, ep_bytes_of(text, sizeof text - 1)) == EP_JSON_DONE;
      ck_assert_msg(ok == utf8_ok(text + 6, 4), "%02x %02x %02x %02x", text[6], text[7], text[8],
                    text[9]);
    }
  }
}
END_TEST

/* `{"a":` and then `levels - 1` arrays or objects, closed again. */
static size_t nest(char *out, int levels, bool objects) {
  size_t len = 0;
  for (int i = 0; i < levels; i++) {
    const char *open = objects || i == 0 ? "{\"a\":" : "[";
    len += strlen(strcpy(out + len, open));
  }
  out[len++] = '0';
  for (int i = levels; i > 0; i--) out[len++] = objects || i == 1 ? '}' : ']';
  return len;
}

START_TEST(depth_is_bounded) {
  static char text[6 * EP_JSON_DEPTH_MAX + 20];
  static ep_json json;
  for (int objects = 0; objects < 2; objects++) {
    for (int levels = 1; levels <= DEPTH + 2; levels++) {
      size_t len = nest(text, levels, objects);
      ck_assert_int_eq(scan(&json, ep_bytes_of(text, len)),
                       levels <= DEPTH ? EP_JSON_DONE : EP_JSON_TOO_DEEP);
    }
    size_t len = nest(text, EP_JSON_DEPTH_MAX, objects);
    ep_bytes deepest = ep_bytes_of(text, len);
    ck_assert_int_eq(ep_json_scan_all(&json, EP_JSON_DEPTH_MAX, deepest), EP_JSON_DONE);
    ck_assert_int_eq(ep_json_scan_all(&json, EP_JSON_DEPTH_MAX - 1, deepest), EP_JSON_TOO_DEEP);
  }
}
END_TEST

/* `{"a":0,"a":1,…}` inside `before` and `after`. */
static ep_bytes many(const char *before, int members, const char *after) {
  static char text[20 * (EP_LIMIT_MEMBERS + 200)];
  size_t len = strlen(strcpy(text, before));
  text[len++] = '{';
  for (int i = 0; i < members; i++) {
    len += (size_t)sprintf(text + len, "%s\"a%d\":%d", i == 0 ? "" : ",", i, i);
  }
  text[len++] = '}';
  strcpy(text + len, after);
  return text_of(text);
}

START_TEST(members_are_bounded) {
  const int most = EP_LIMIT_MEMBERS;
  ep_json json;
  ck_assert_int_eq(scan(&json, many("", most, "")), EP_JSON_DONE);
  ck_assert_uint_eq(json.top_count, EP_LIMIT_MEMBERS);
  ck_assert_int_eq(scan(&json, many("", most + 1, "")), EP_JSON_TOO_MANY);
  ck_assert_int_eq(scan(&json, many("{\"payload\":", most, "}")), EP_JSON_DONE);
  ck_assert_uint_eq(json.inner_count, EP_LIMIT_MEMBERS);
  ck_assert(!json.inner_more);
  ck_assert_int_eq(scan(&json, many("{\"payload\":", most + 1, "}")), EP_JSON_DONE);
  ck_assert(json.inner_more);
  ck_assert_int_eq(scan(&json, many("{\"other\":", most + 1, "}")), EP_JSON_DONE);
  ck_assert(!json.inner_more && json.inner_count == 0);
}
END_TEST

static void member_is(const ep_json_member *member, ep_bytes text, const char *name,
                      const char *value) {
  ck_assert_ptr_nonnull(member);
  ck_assert(ep_json_name_is(member, text, text_of(name)));
  ck_assert(ep_bytes_equal(ep_json_value(member, text), text_of(value)));
  ck_assert_int_eq(member->kind, ep_json_kind_of(text_of(value)));
}

START_TEST(members_are_recorded) {
  ep_bytes text = EP_LITERAL(
      " { \"x\" : 1 ,\"payload\":{\"old\":0}, \"p\\u0061yload\" : {\"id\":12 "
      ",\"to\":{\"k\":[1,{}]},"
      "\"uid\":\"a\\\"b\",\"n\":null},\"y\":{\"id\":3},\"l\":[{\"id\":4}],\"z\":\"\"} ");
  ep_json json;
  ck_assert_int_eq(scan(&json, text), EP_JSON_DONE);
  ck_assert_uint_eq(json.top_count, 6);
  ck_assert_uint_eq(json.inner_count, 4);
  member_is(&json.top[0], text, "x", "1");
  member_is(ep_json_find(json.top, json.top_count, text, EP_LITERAL("payload")), text, "payload",
            "{\"id\":12 ,\"to\":{\"k\":[1,{}]},\"uid\":\"a\\\"b\",\"n\":null}");
  member_is(&json.inner[0], text, "id", "12");
  member_is(&json.inner[1], text, "to", "{\"k\":[1,{}]}");
  member_is(&json.inner[2], text, "uid", "\"a\\\"b\"");
  ck_assert(json.inner[2].value_escaped && !json.inner[2].name_escaped);
  ck_assert(json.top[2].name_escaped && !json.top[2].value_escaped);
  member_is(&json.inner[3], text, "n", "null");
  member_is(&json.top[4], text, "l", "[{\"id\":4}]");
  ck_assert_ptr_null(ep_json_find(json.top, json.top_count, text, EP_LITERAL("id")));
}
END_TEST

START_TEST(members_one_a_call) {
  ep_bytes text = many("", 300, " ");
  ep_json json;
  ep_json_member member;
  int count = 0;
  ep_json_members_begin(&json, DEPTH);
  for (; ep_json_members_next(&json, &member, text); count++) {
    char name[12], value[12];
    sprintf(name, "a%d", count);
    sprintf(value, "%d", count);
    member_is(&member, text, name, value);
  }
  ck_assert_int_eq(count, 300);
  ck_assert_int_eq(json.result, EP_JSON_DONE);
}
END_TEST

static int pull(ep_json *json, const char *text) {
  ep_json_member member;
  int count = 0;
  ep_json_members_begin(json, DEPTH);
  while (ep_json_members_next(json, &member, text_of(text))) count++;
  return count;
}

START_TEST(members_one_a_call_with_errors) {
  ep_json json;
  ck_assert_int_eq(pull(&json, "{}"), 0);
  ck_assert_int_eq(json.result, EP_JSON_DONE);
  ck_assert_int_eq(pull(&json, "{\"a\":{\"b\":1},\"c\":[2],\"d\":\"\",\"e\":-1}"), 4);
  ck_assert_int_eq(json.result, EP_JSON_DONE);
  ck_assert_int_eq(pull(&json, "{\"a\":1,\"b\"}"), 1);
  ck_assert_int_eq(json.result, EP_JSON_MALFORMED);
  ck_assert_int_eq(pull(&json, "{\"a\":1"), 0);
  ck_assert_int_eq(json.result, EP_JSON_MALFORMED);
  ck_assert_int_eq(pull(&json, "{\"a\":1}\x0c"), 1);
  ck_assert_int_eq(json.result, EP_JSON_MALFORMED);
  ck_assert_int_eq(pull(&json, "{\"a\":[[[[[[[[[]]]]]]]]]}"), 0);
  ck_assert_int_eq(json.result, EP_JSON_TOO_DEEP);
}
END_TEST

static bool unescapes(const char *spelled, ep_surrogates surrogates, const char *to) {
  ep_bytes in = text_of(spelled);
  uint8_t *room = malloc(in.len + 1);
  size_t len = 0;
  bool done = ep_json_unescape(room, &len, in, surrogates);
  bool same = done && ep_bytes_equal(ep_bytes_of(room, len), text_of(to));
  free(room);
  return to == NULL ? !done : same;
}

START_TEST(escapes_are_undone) {
  ck_assert(unescapes("", EP_SURROGATES_REFUSE, ""));
  ck_assert(unescapes("a\\\"\\\\\\/\\b\\f\\n\\r\\t", EP_SURROGATES_REFUSE, "a\"\\/\b\f\n\r\t"));
  ck_assert(unescapes("\\u0041\\u00E9\\u20aC", EP_SURROGATES_REFUSE, "A\xc3\xa9\xe2\x82\xac"));
  ck_assert(unescapes("\\ud83d\\uDE00", EP_SURROGATES_REFUSE, "\xf0\x9f\x98\x80"));
  ck_assert(unescapes("x\\ud83d", EP_SURROGATES_KEEP, "x\xed\xa0\xbd"));
  ck_assert(unescapes("\\ude00\\ud83d", EP_SURROGATES_KEEP, "\xed\xb8\x80\xed\xa0\xbd"));
  ck_assert(unescapes("\\ud83d\\ud83d\\ude00", EP_SURROGATES_KEEP, "\xed\xa0\xbd\xf0\x9f\x98\x80"));
  ck_assert(unescapes("0123456789abcdef0\\n123456789abcdef01234", EP_SURROGATES_KEEP,
                      "0123456789abcdef0\n123456789abcdef01234"));
  ck_assert(unescapes("\\ud83d", EP_SURROGATES_REFUSE, NULL));
  ck_assert(unescapes("\\ude00\\ud83d", EP_SURROGATES_REFUSE, NULL));
  ck_assert(unescapes("\\ud83dx", EP_SURROGATES_REFUSE, NULL));
  ck_assert(unescapes("\\ud83d\\n", EP_SURROGATES_REFUSE, NULL));
}
END_TEST

static bool same_key(const char *one, const char *other) {
  test_memory memory = {0};
  ep_allocator allocator = test_allocator(&memory);
  ep_buffer a, b;
  ep_buffer_init(&a, &allocator);
  ep_buffer_init(&b, &allocator);
  ck_assert(ep_json_scalar_key(&a, text_of(one)));
  ck_assert(ep_json_scalar_key(&b, text_of(other)));
  bool same = ep_bytes_equal(ep_buffer_bytes(&a), ep_buffer_bytes(&b));
  ep_buffer_free(&a);
  ep_buffer_free(&b);
  return same;
}

START_TEST(scalars_have_keys) {
  test_memory memory = {0};
  ep_allocator allocator = test_allocator(&memory);
  ep_buffer out;
  ck_assert(same_key("1", "1.0") && same_key("1", "100e-2") && same_key("0", "-0.0e5"));
  ck_assert(same_key("9007199254740993", "9007199254740992") && same_key("1e400", "1e999"));
  ck_assert(same_key("\"a\\u0062\\/\"", "\"ab/\"") && same_key("\"\\ud800\"", "\"\\uD800\""));
  ck_assert(same_key("\"\\ud83d\\ude00\"", "\"\xf0\x9f\x98\x80\"") && same_key("true", "true"));
  ck_assert(!same_key("1", "\"1\"") && !same_key("1", "2") && !same_key("1e400", "-1e400"));
  ck_assert(!same_key("true", "false") && !same_key("null", "false") && !same_key("\"\"", "null"));
  ck_assert(!same_key("\"true\"", "true") && !same_key("\"\\ud800\"", "\"\\ud801\""));
  ep_buffer_init(&out, &allocator);
  ck_assert(!ep_json_scalar_key(&out, EP_LITERAL("{}")));
  ck_assert(!ep_json_scalar_key(&out, EP_LITERAL("[1]")));
  ck_assert_uint_eq(ep_buffer_len(&out), 0);
  memory.fail_at = 1;
  ck_assert(ep_json_scalar_key(&out, EP_LITERAL("\"a\"")) && out.failed);
}
END_TEST

TCase *ep_tcase_json(void) {
  TCase *tcase = tcase_create("json");
  tcase_set_timeout(tcase, 120);
  tcase_add_test(tcase, accepts);
  tcase_add_test(tcase, refuses);
  tcase_add_test(tcase, utf8_is_exact);
  tcase_add_test(tcase, depth_is_bounded);
  tcase_add_test(tcase, members_are_bounded);
  tcase_add_test(tcase, members_are_recorded);
  tcase_add_test(tcase, members_one_a_call);
  tcase_add_test(tcase, members_one_a_call_with_errors);
  tcase_add_test(tcase, escapes_are_undone);
  tcase_add_test(tcase, scalars_have_keys);
  return tcase;
}
