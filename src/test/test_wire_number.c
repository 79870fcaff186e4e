/* Unit tests of floor 2: decimal to double against strtod, and ids. EP_TEST_NUMBERS in the
 * environment says how many random numbers are tried.
 * Read first: src/wire/number.h. */
#include <stdio.h>
#include <string.h>

#include "test/test_wire.h"
#include "wire/number.h"

static uint64_t bits_of(double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

static void same_as_strtod(const char *text) {
  double ours = ep_number_parse(ep_bytes_of(text, strlen(text)));
  double theirs = strtod(text, NULL);
  ck_assert_msg(bits_of(ours) == bits_of(theirs), "%s: %a, not %a", text, ours, theirs);
}

START_TEST(hard_numbers) {
  static const char *const numbers[] = {"0",
                                        "-0",
                                        "0.0",
                                        "1",
                                        "-1",
                                        "0.1",
                                        "1e22",
                                        "1e23",
                                        "-1e-22",
                                        "123456789012345678901234567890",
                                        "9007199254740991",
                                        "9007199254740992",
                                        "9007199254740993",
                                        "9007199254740993.0000000001",
                                        "9007199254740995",
                                        "1.7976931348623157e308",
                                        "1.7976931348623158e308",
                                        "17976931348623159e292",
                                        "1.797693134862315807e308",
                                        "1.797693134862315808e308",
                                        "1e308",
                                        "1e309",
                                        "1e310",
                                        "-1e9999999",
                                        "2.2250738585072014e-308",
                                        "2.2250738585072011e-308",
                                        "2.2250738585072012e-308",
                                        "4.9406564584124654e-324",
                                        "4.9e-324",
                                        "2.4703282292062328e-324",
                                        "2.4703282292062327e-324",
                                        "2.4703282292062327208e-324",
                                        "2.47032822920623272088e-324",
                                        "1e-323",
                                        "1e-324",
                                        "1e-345",
                                        "1e-346",
                                        "1e-999999999999999999999999",
                                        "1e999999999999999999999999",
                                        "0e99999999999999999999",
                                        "0.000000000000000000000000000000000000000000000000001e51",
                                        "100000000000000000000000000000e-29",
                                        "6.9294956446009195e15",
                                        "3.7455744005952583e15",
                                        "8.10109172351e-10",
                                        "1.1e-400",
                                        "179769313486231580793e289",
                                        "5e-324",
                                        "7.5e-324",
                                        "1.5e-323",
                                        "2.2250738585072009e-308",
                                        "0.500000000000000166533453693773481063544750213623046875",
                                        "1.00000000000000011102230246251565404236316680908203125",
                                        "1.00000000000000011102230246251565404236316680908203124",
                                        "1.00000000000000011102230246251565404236316680908203126",
                                        "7.2057594037927933e16",
                                        "9223372036854775808",
                                        "18446744073709551616",
                                        "1448997445238699"};
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) same_as_strtod(numbers[i]);
}
END_TEST

/* The exact halfway point above `value`, written out, then one digit below and above. */
START_TEST(halfway_numbers) {
  static char text[2000];
  uint64_t seed = 5;
  for (int round = 0; round < 300; round++) {
    uint64_t bits = test_random(&seed) >> 2;             /* positive, below 2 */
    if (round % 3 == 0) bits &= (UINT64_C(1) << 53) - 1; /* around the smallest */
    double low, high;
    memcpy(&low, &bits, sizeof low);
    bits++;
    memcpy(&high, &bits, sizeof high);
    long double middle = ((long double)low + (long double)high) / 2; /* exact in 64 bits */
    snprintf(text, sizeof text, "%.1100Lf", middle);
    same_as_strtod(text);
    size_t len = strlen(text);
    text[len] = '1';
    text[len + 1] = 0;
    same_as_strtod(text);
  }
}
END_TEST

START_TEST(long_numbers) {
  enum { LONG = 3000 };
  static char text[LONG + 20];
  uint64_t seed = 9;
  for (int round = 0; round < 200; round++) {
    size_t point = test_random(&seed) % LONG;
    for (size_t i = 0; i < LONG; i++) text[i] = (char)('0' + test_random(&seed) % 10);
    if (round % 4 == 0) memset(text + 1, '0', LONG - 2);
    text[0] = '1';
    if (point > 1 && point < LONG - 1) text[point] = '.';
    sprintf(text + LONG, "e-%d", (int)(test_random(&seed) % 3300));
    same_as_strtod(text);
  }
}
END_TEST

START_TEST(random_numbers) {
  const char *wanted = getenv("EP_TEST_NUMBERS");
  long rounds = wanted != NULL ? atol(wanted) : 100000;
  uint64_t seed = 1;
  char text[64];
  for (long round = 0; round < rounds; round++) {
    uint64_t bits = test_random(&seed);
    double value;
    memcpy(&value, &bits, sizeof value);
    if ((bits >> 52 & 0x7ff) == 0x7ff) continue;
    snprintf(text, sizeof text, "%.*e", (int)(round % 20), value);
    same_as_strtod(text);
    snprintf(text, sizeof text, "%llu.%llue%d", (unsigned long long)(bits >> (round % 60)),
             (unsigned long long)(bits >> 40), (int)(round % 60) - 30);
    same_as_strtod(text);
  }
}
END_TEST

START_TEST(ids) {
  uint64_t id = 1;
  ck_assert(ep_number_id(&id, EP_LITERAL("0")) && id == 0);
  ck_assert(ep_number_id(&id, EP_LITERAL("10")) && id == 10);
  ck_assert(ep_number_id(&id, EP_LITERAL("9007199254740991")) && id == EP_ID_MAX);
  static const char *const none[] = {
      "",      "-1",   "-0", "01", "00", "1.0", "1e3", "9007199254740992", "18446744073709551617",
      "\"1\"", "null", "1 "};
  for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
    ck_assert(!ep_number_id(&id, ep_bytes_of(none[i], strlen(none[i]))));
  }
  ck_assert(id == EP_ID_MAX);
}
END_TEST

TCase *ep_tcase_number(void) {
  TCase *tcase = tcase_create("number");
  tcase_set_timeout(tcase, 120);
  tcase_add_test(tcase, hard_numbers);
  tcase_add_test(tcase, halfway_numbers);
  tcase_add_test(tcase, long_numbers);
  tcase_add_test(tcase, random_numbers);
  tcase_add_test(tcase, ids);
  return tcase;
}
