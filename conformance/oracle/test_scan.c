/* scan.[ch]: against jansson on generated texts, and what jansson cannot be asked.
 * Read first: scan.h. */
#include <check.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "oracle/scan.h"

enum { DEPTH = 100, ROOM = 4000 };

static bool is_json(const char *text) {
  span value;
  return scan_text(span_of(text), DEPTH, &value) == SCAN_OK;
}

/* xorshift: the same numbers everywhere. */
static uint32_t random_state;

static unsigned below(unsigned limit) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 17;
  random_state ^= random_state << 5;
  return random_state % limit;
}

/* ---- Texts that are nearly JSON ---- */

typedef struct text {
  char bytes[ROOM];
  size_t len;
} text;

static void put(text *out, const char *bytes) {
  size_t len = strlen(bytes);
  if (out->len + len >= ROOM) return;
  memcpy(out->bytes + out->len, bytes, len);
  out->len += len;
}

static void put_some(text *out, const char *const *choices, unsigned count) {
  put(out, choices[below(count)]);
}

#define PUT_SOME(out, choices) put_some(out, choices, sizeof(choices) / sizeof *(choices))

static void put_space(text *out) {
  static const char *const spaces[] = {"", "", "", "", " ", "\t", "\n", "\r\n"};
  PUT_SOME(out, spaces);
}

static void put_string(text *out) {
  static const char *const parts[] = {"a",
                                      "room",
                                      "\\n",
                                      "\\u0041",
                                      "\\\"",
                                      "\\\\",
                                      "\\/",
                                      "é",
                                      "€",
                                      "😀",
                                      "\x7f",
                                      "longer than eight",
                                      "\\u00e9",
                                      "\\ud83d\\ude00",
                                      "{}",
                                      "[,]",
                                      "\\b\\f\\t\\r",
                                      "'"};
  put(out, "\"");
  for (unsigned i = below(5); i > 0; i--) PUT_SOME(out, parts);
  put(out, "\"");
}

static void put_value(text *out, unsigned depth) {
  static const char *const plain[] = {"0",    "-0",   "7",     "1.0",  "-12.5e3", "1E+2",
                                      "1e-5", "true", "false", "null", "10",      "0.125"};
  unsigned kind = below(depth == 0 ? 2 : 4);
  if (kind == 0) {
    PUT_SOME(out, plain);
    return;
  }
  if (kind == 1) {
    put_string(out);
    return;
  }
  put(out, kind == 2 ? "[" : "{");
  put_space(out);
  for (unsigned i = below(4), first = 1; i > 0; i--, first = 0) {
    if (!first) put(out, ",");
    put_space(out);
    if (kind == 3) {
      put_string(out);
      put_space(out);
      put(out, ":");
      put_space(out);
    }
    put_value(out, depth - 1);
    put_space(out);
  }
  put(out, kind == 2 ? "]" : "}");
}

static void make_text(text *out) {
  out->len = 0;
  put_space(out);
  put_value(out, 4);
  put_space(out);
}

/* Changes, takes out or puts in a byte. */
static void damage(text *out) {
  static const char bytes[] =
      "{}[],:\"\\/ 0123456789eE+-.tfnu\x01\x1f\x20\x7f\x80\xbf\xc0\xc2\xe0\xed\xf0\xf4";
  if (out->len == 0) return;
  size_t at = below((unsigned)out->len);
  char byte = bytes[below(sizeof bytes - 1)];
  switch (below(3)) {
    case 0: out->bytes[at] = byte; break;
    case 1:
      memmove(out->bytes + at, out->bytes + at + 1, out->len - at - 1);
      out->len--;
      break;
    default:
      memmove(out->bytes + at + 1, out->bytes + at, out->len - at);
      out->bytes[at] = byte;
      out->len++;
      break;
  }
}

/* ---- Comparing ---- */

/* jansson refuses what RFC 8259 allows: a lone surrogate escape, and a number out of range. */
static bool jansson_is_stricter(const json_error_t *error) {
  enum json_error_code code = json_error_code(error);
  bool surrogate = strstr(error->text, "invalid Unicode") != NULL;
  return code == json_error_numeric_overflow || surrogate;
}

static void compare_value(json_t *theirs, span ours);

static void compare_string(json_t *theirs, span ours) {
  char room[ROOM];
  bool lone;
  size_t len = scan_unescape(room, ours, &lone);
  ck_assert(!lone);
  ck_assert_uint_eq(len, json_string_length(theirs));
  ck_assert_mem_eq(room, json_string_value(theirs), len);
}

static void compare_object(json_t *theirs, span ours) {
  scan_walk walk;
  scan_member member;
  scan_begin(&walk, ours, DEPTH);
  while (scan_next_member(&walk, &member) == SCAN_OK) {
    char name[ROOM];
    span quoted = {member.name.text - 1, member.name.len + 2};
    name[scan_unescape(name, quoted, NULL)] = '\0';
    json_t *last = json_object_get(theirs, name);
    ck_assert_ptr_nonnull(last);
    compare_value(last, scan_member_of(ours, name)); /* EP-JSON-2, EP-JSON-3 */
  }
  ck_assert_int_eq(walk.result, SCAN_END);
}

static void compare_array(json_t *theirs, span ours) {
  scan_walk walk;
  span item;
  size_t count = 0;
  scan_begin(&walk, ours, DEPTH);
  while (scan_next_item(&walk, &item) == SCAN_OK)
    compare_value(json_array_get(theirs, count++), item);
  ck_assert_int_eq(walk.result, SCAN_END);
  ck_assert_uint_eq(count, json_array_size(theirs));
}

static void compare_value(json_t *theirs, span ours) {
  switch (scan_kind_of(ours)) {
    case SCAN_STRING:
      ck_assert(json_is_string(theirs));
      compare_string(theirs, ours);
      break;
    case SCAN_OBJECT:
      ck_assert(json_is_object(theirs));
      compare_object(theirs, ours);
      break;
    case SCAN_ARRAY:
      ck_assert(json_is_array(theirs));
      compare_array(theirs, ours);
      break;
    case SCAN_NUMBER: ck_assert(json_is_number(theirs)); break;
    case SCAN_TRUE: ck_assert(json_is_true(theirs)); break;
    case SCAN_FALSE: ck_assert(json_is_false(theirs)); break;
    default: ck_assert(json_is_null(theirs)); break;
  }
}

/* EP-JSON-1 */
START_TEST(as_jansson_says) {
  unsigned right = 0, wrong = 0;
  random_state = 88172645u + (unsigned)_i;
  for (int i = 0; i < 4000; i++) {
    text made;
    json_error_t error;
    span value;
    make_text(&made);
    for (unsigned times = below(3); times > 0; times--) damage(&made);
    scan_result ours = scan_text((span){made.bytes, made.len}, DEPTH, &value);
    json_t *theirs = json_loadb(made.bytes, made.len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
    if (theirs == NULL && ours == SCAN_OK && jansson_is_stricter(&error)) continue;
    ck_assert_msg((ours == SCAN_OK) == (theirs != NULL), "%.*s: %s", (int)made.len, made.bytes,
                  theirs == NULL ? error.text : "accepted");
    if (theirs == NULL) {
      wrong++;
      continue;
    }
    compare_value(theirs, value);
    json_decref(theirs);
    right++;
  }
  ck_assert_uint_gt(right, 500);
  ck_assert_uint_gt(wrong, 500);
}
END_TEST

/* EP-JSON-1 */
START_TEST(not_json) {
  static const char *const texts[] = {
      "",
      " ",
      "\xef\xbb\xbf{}",
      "{} {}",
      "{",
      "[1,]",
      "{\"a\":1,}",
      "[,1]",
      "{a:1}",
      "{'a':1}",
      "{\"a\"}",
      "{\"a\":}",
      "01",
      "1.",
      ".5",
      "+1",
      "-",
      "1e",
      "1e+",
      "0x1",
      "nul",
      "True",
      "\"",
      "\"\\\"",
      "\"\\x\"",
      "\"\\u12\"",
      "\"\\u123g\"",
      "\"\t\"",
      "[1}",
      "{]",
      "// c\n1",
      "\"\x80\"",
      "\"\xc0\xaf\"",
      "\"\xed\xa0\x80\"",
      "\"\xf4\x90\x80\x80\"",
      "\"\xf5\x80\x80\x80\"",
      "\"\xe0\x9f\xbf\"",
      "\"\xc3\"",
      "1 2",
      "\f1",
      "NaN",
      "Infinity",
      "{\"a\":1 \"b\":2}",
      "[1 2]",
      "\"\xff\"",
  };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    ck_assert_msg(!is_json(texts[i]), "%s", texts[i]);
  }
}
END_TEST

START_TEST(json) {
  static const char *const texts[] = {
      "1e999",    "\"\\ud800\"",          "\"\\udc00\\ud800\"", "-0.0e-0",
      "\"\x7f\"", "\"\xf4\x8f\xbf\xbf\"", "\"\xed\x9f\xbf\"",   "\"\xef\xbf\xbf\"",
      " [ ] ",    "\"\\u0000\"",          "{\"\":{}}",          "123456789012345678901234567890"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    ck_assert_msg(is_json(texts[i]), "%s", texts[i]);
  }
  ck_assert(!is_json("\"\\"));
}
END_TEST

START_TEST(depth) {
  char room[400];
  span value;
  for (unsigned levels = 1; levels <= 150; levels++) {
    memset(room, '[', levels);
    memset(room + levels, ']', levels);
    span nested = {room, 2 * (size_t)levels};
    ck_assert_int_eq(scan_text(nested, DEPTH, &value), levels > DEPTH ? SCAN_TOO_DEEP : SCAN_OK);
    scan_walk walk;
    scan_begin(&walk, nested, DEPTH);
    scan_result wanted = levels > DEPTH ? SCAN_TOO_DEEP : levels == 1 ? SCAN_END : SCAN_OK;
    ck_assert_int_eq(scan_next_item(&walk, &value), wanted);
  }
  ck_assert_int_eq(scan_text(span_of("[[[}"), 2, &value), SCAN_TOO_DEEP);
  ck_assert_int_eq(scan_text(span_of("{\"a\":[{}"), 3, &value), SCAN_MALFORMED);
}
END_TEST

START_TEST(members) {
  span object = span_of("{\"a\":1, \"\\u0061\" : [2] , \"b\":\"x\",\"long\":{\"a\":3}}");
  ck_assert(span_is(scan_member_of(object, "a"), "[2]"));
  ck_assert(span_is(scan_member_of(object, "b"), "\"x\""));
  ck_assert_uint_eq(scan_member_of(object, "c").len, 0);
  ck_assert_uint_eq(scan_member_of(span_of("[1]"), "a").len, 0);
  scan_walk walk;
  scan_member member;
  scan_begin(&walk, span_of("{\"a\":1,\"b\" 2}"), DEPTH);
  ck_assert_int_eq(scan_next_member(&walk, &member), SCAN_OK);
  ck_assert_int_eq(scan_next_member(&walk, &member), SCAN_MALFORMED);
  ck_assert_int_eq(scan_next_member(&walk, &member), SCAN_MALFORMED);
}
END_TEST

/* EP-JSON-5 */
START_TEST(ids) {
  static const struct {
    const char *text;
    bool usable;
    uint64_t id;
  } cases[] = {
      {"0", true, 0},      {"7", true, 7},     {"9007199254740991", true, 9007199254740991},
      {"-1", false, 0},    {"-0", false, 0},   {"9007199254740992", false, 0},
      {"1.0", false, 0},   {"1e1", false, 0},  {"12345678901234567890", false, 0},
      {"\"1\"", false, 0}, {"null", false, 0}, {"", false, 0},
      {"00", false, 0}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    uint64_t id = 0;
    ck_assert_msg(scan_id(span_of(cases[i].text), &id) == cases[i].usable, "%s", cases[i].text);
    ck_assert_uint_eq(id, cases[i].id);
  }
}
END_TEST

/* EP-JSON-4: a lone surrogate is told apart from everything else. */
START_TEST(surrogates) {
  char room[100];
  bool lone;
  ck_assert_uint_eq(scan_unescape(room, span_of("\"\\ud83d\\ude00\""), &lone), 4);
  ck_assert(!lone && memcmp(room, "😀", 4) == 0);
  ck_assert_uint_eq(scan_unescape(room, span_of("\"\\ud83dx\""), &lone), 4);
  ck_assert(lone && memcmp(room, "\xed\xa0\xbdx", 4) == 0);
  ck_assert_uint_eq(scan_unescape(room, span_of("\"\\ude00\\ud83d\""), &lone), 6);
  ck_assert(lone);
  ck_assert_uint_eq(scan_unescape(room, span_of("\"\\ud83d\\ud83d\\ude00\""), &lone), 7);
  ck_assert(lone);
}
END_TEST

Suite *oracle_suite_scan(void) {
  Suite *suite = suite_create("scan");
  TCase *tests = tcase_create("scan");
  tcase_set_timeout(tests, 60);
  tcase_add_loop_test(tests, as_jansson_says, 0, 5);
  tcase_add_test(tests, not_json);
  tcase_add_test(tests, json);
  tcase_add_test(tests, depth);
  tcase_add_test(tests, members);
  tcase_add_test(tests, ids);
  tcase_add_test(tests, surrogates);
  suite_add_tcase(suite, tests);
  return suite;
}
