/* match.[ch]: addresses, and selectors against sessions.
 * Read first: match.h. */
#include <check.h>

#include "oracle/match.h"

static match_answer answer_of(const char *selector, const char *session) {
  match_object *wanted = match_read(span_of(selector)), *found = match_read(span_of(session));
  match_answer answer = match_explain(wanted, found);
  ck_assert_int_eq(match_selects(wanted, found), answer == MATCH_YES);
  match_free(wanted);
  match_free(found);
  return answer;
}

/* EP-ADDR-1, EP-ADDR-2, EP-JSON-2, EP-JSON-3 */
START_TEST(selectors) {
  static const struct {
    const char *selector, *session;
    match_answer answer;
  } cases[] = {
      {"{}", "{}", MATCH_YES},
      {"{}", "{\"a\":1}", MATCH_YES},
      {"{\"a\":1}", "{}", MATCH_NO},
      {"{\"a\":1}", "{\"b\":1}", MATCH_NO},
      {"{\"a\":1}", "{\"b\":2,\"a\":1}", MATCH_YES},
      {"{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", MATCH_YES},
      {"{\"a\":1,\"b\":2}", "{\"b\":2}", MATCH_PARTLY},
      {"{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":3}", MATCH_PARTLY},
      {"{\"a\":1}", "{\"a\":1.0}", MATCH_YES},
      {"{\"a\":1}", "{\"a\":100e-2}", MATCH_YES},
      {"{\"a\":0}", "{\"a\":-0}", MATCH_YES},
      {"{\"a\":1e999}", "{\"a\":2e999}", MATCH_YES},
      {"{\"a\":1e999}", "{\"a\":-1e999}", MATCH_NO},
      {"{\"a\":9007199254740993}", "{\"a\":9007199254740992}", MATCH_YES},
      {"{\"a\":0.1}", "{\"a\":0.10000000000000001}", MATCH_YES},
      {"{\"a\":0.1}", "{\"a\":0.1000000000000001}", MATCH_NO},
      {"{\"a\":1}", "{\"a\":\"1\"}", MATCH_BY_TYPE},
      {"{\"a\":true}", "{\"a\":1}", MATCH_BY_TYPE},
      {"{\"a\":null}", "{\"a\":false}", MATCH_BY_TYPE},
      {"{\"a\":\"null\"}", "{\"a\":null}", MATCH_BY_TYPE},
      {"{\"a\":null}", "{}", MATCH_NO},
      {"{\"a\":null}", "{\"a\":null}", MATCH_YES},
      {"{\"a\":true}", "{\"a\":true}", MATCH_YES},
      {"{\"a\":true}", "{\"a\":false}", MATCH_NO},
      {"{\"a\":\"x\"}", "{\"\\u0061\":\"\\u0078\"}", MATCH_YES},
      {"{\"a\":\"\\ud800\"}", "{\"a\":\"\\uD800\"}", MATCH_YES},
      {"{\"a\":\"\\ud800\"}", "{\"a\":\"\\ud801\"}", MATCH_NO},
      {"{\"a\":\"\\ud83d\\ude00\"}", "{\"a\":\"😀\"}", MATCH_YES},
      {"{\"a\":\"x\\u0000y\"}", "{\"a\":\"x\\u0000z\"}", MATCH_NO},
      {"{\"a\":\"x\"}", "{\"a\":\"X\"}", MATCH_NO},
      {"{\"a\":1,\"a\":2}", "{\"a\":2}", MATCH_YES},
      {"{\"a\":2}", "{\"a\":2,\"a\":1}", MATCH_NO},
      {"{\"a\":1}", "{\"a\":[1]}", MATCH_NO},
      {"{\"a\":1}", "{\"a\":{}}", MATCH_NO},
      {"{\"\":1}", "{\"\":1}", MATCH_YES},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    match_answer answer = answer_of(cases[i].selector, cases[i].session);
    ck_assert_msg(answer == cases[i].answer, "%s, %s: %d", cases[i].selector, cases[i].session,
                  (int)answer);
  }
}
END_TEST

/* Arrays and objects equal nothing, themselves included (EP-ADDR-2). */
START_TEST(equal_to_nothing) {
  ck_assert_int_ne(answer_of("{\"a\":[]}", "{\"a\":[]}"), MATCH_YES);
  ck_assert_int_ne(answer_of("{\"a\":{}}", "{\"a\":{}}"), MATCH_YES);
}
END_TEST

/* EP-ADDR-3, EP-MSG-2 */
START_TEST(addresses) {
  static const struct {
    const char *to;
    match_address address;
  } cases[] = {
      {"\"bob\"", MATCH_CLIENT},        {"\"b\\u006fb\"", MATCH_CLIENT},
      {"\"\"", MATCH_IMPOSSIBLE},       {"\"b\\u00f6b\"", MATCH_IMPOSSIBLE},
      {"\"böb\"", MATCH_IMPOSSIBLE},    {"\"\\n\"", MATCH_IMPOSSIBLE},
      {"{}", MATCH_SELECTOR},           {"{\"a\":null,\"b\":\"x\"}", MATCH_SELECTOR},
      {"{\"a\":[]}", MATCH_IMPOSSIBLE}, {"{\"a\":1,\"b\":{}}", MATCH_IMPOSSIBLE},
      {"[]", MATCH_IMPOSSIBLE},         {"7", MATCH_IMPOSSIBLE},
      {"null", MATCH_IMPOSSIBLE},       {"", MATCH_IMPOSSIBLE},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    ck_assert_msg(match_address_of(span_of(cases[i].to)) == cases[i].address, "%s", cases[i].to);
  }
}
END_TEST

START_TEST(long_addresses) {
  for (int len = 127; len <= 129; len++) {
    char text[200], room[128];
    snprintf(text, sizeof text, "\"%0*d\"", len, 7);
    match_address wanted = len > 128 ? MATCH_IMPOSSIBLE : MATCH_CLIENT;
    ck_assert_int_eq(match_address_of(span_of(text)), wanted);
    ck_assert_uint_eq(match_client(span_of(text), room).len, len > 128 ? 0 : (size_t)len);
  }
  for (int pairs = 15; pairs <= 17; pairs++) {
    char text[400] = "{\"x\":0";
    size_t at = 6;
    for (int i = 1; i < pairs; i++) at += (size_t)sprintf(text + at, ",\"k%d\":%d", i, i);
    sprintf(text + at, "}");
    match_address wanted = pairs > 16 ? MATCH_ARGUABLE : MATCH_SELECTOR;
    ck_assert_int_eq(match_address_of(span_of(text)), wanted);
  }
}
END_TEST

Suite *oracle_suite_match(void) {
  Suite *suite = suite_create("match");
  TCase *tests = tcase_create("match");
  tcase_add_test(tests, selectors);
  tcase_add_test(tests, equal_to_nothing);
  tcase_add_test(tests, addresses);
  tcase_add_test(tests, long_addresses);
  suite_add_tcase(suite, tests);
  return suite;
}
