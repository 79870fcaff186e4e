/* Tests of the log: how many lines a second the notes of one counter get, what is told of those
 * left out, and what becomes of bytes that are not text. Lines go to standard error, which a file
 * stands in for here. Read first: cmd/log.h. */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "cmd/log.h"

static FILE *file;
static int standard_error;
static char said[65536];

static void log_begins(void) {
  file = tmpfile();
  standard_error = dup(STDERR_FILENO);
  ck_assert(file != NULL && standard_error >= 0);
  ck_assert_int_ge(dup2(fileno(file), STDERR_FILENO), 0);
}

static void log_is_over(void) {
  ck_assert_int_ge(dup2(standard_error, STDERR_FILENO), 0);
  (void)close(standard_error);
  (void)fclose(file);
}

/* How often the log has this so far. */
static unsigned times(const char *text) {
  unsigned count = 0;
  ssize_t len = pread(fileno(file), said, sizeof said - 1, 0);
  ck_assert_int_ge(len, 0);
  said[len] = '\0';
  for (const char *at = said; (at = strstr(at, text)) != NULL; at++) count++;
  return count;
}

static void note(const char *counter, uint64_t now_ms) {
  ep_note one = {.counter = counter, .address = "", .count = 1};
  ep_log_note(&one, now_ms);
}

START_TEST(rate_lines_a_second) {
  uint64_t before = ep_log_left_out();
  ep_log_set_rate(3);
  for (int i = 0; i < 3; i++) note("three", 1000);
  ck_assert_uint_eq(ep_log_left_out() - before, 0);
  ck_assert_uint_eq(ep_log_due(), UINT64_MAX);
  ck_assert_uint_eq(times(" warn three count=1\n"), 3);

  note("three", 1000);
  ck_assert_uint_eq(ep_log_left_out() - before, 1);
  ck_assert_uint_eq(ep_log_due(), 2000);
  note("three", 1999);
  ck_assert_uint_eq(ep_log_left_out() - before, 2);
  ck_assert_uint_eq(ep_log_due(), 2000);
  ck_assert_uint_eq(times(" warn three count=1\n"), 3);

  note("three", 2000);
  ck_assert_uint_eq(ep_log_left_out() - before, 2);
  ck_assert_uint_eq(times(" warn three count=1\n"), 4);
  ep_log_settle(2000);
}
END_TEST

START_TEST(rate_of_each_counter) {
  uint64_t before = ep_log_left_out();
  ep_log_set_rate(1);
  note("one", 5000);
  note("another", 5000);
  ck_assert_uint_eq(ep_log_left_out() - before, 0);
  note("another", 5001);
  ck_assert_uint_eq(ep_log_left_out() - before, 1);
  ck_assert_uint_eq(times(" warn one count=1\n"), 1);
  ck_assert_uint_eq(times(" warn another count=1\n"), 1);
  ep_log_settle(6000);
}
END_TEST

START_TEST(left_out_is_told) {
  ep_log_set_rate(1);
  for (int i = 0; i < 4; i++) note("told", 7500);
  for (int i = 0; i < 3; i++) note("told too", 7600);
  ck_assert_uint_eq(ep_log_due(), 8000);
  ep_log_settle(7999);
  ck_assert_uint_eq(times("lines left out"), 0);
  ep_log_settle(8000);
  ck_assert_uint_eq(times(" warn lines left out of=told count=3\n"), 1);
  ck_assert_uint_eq(times(" warn lines left out of=\"told too\" count=2\n"), 1);
  ck_assert_uint_eq(ep_log_due(), UINT64_MAX);
  for (int i = 0; i < 2; i++) note("told", 8000); /* what was told is not told again */
  ep_log_settle(9000);
  ck_assert_uint_eq(times("lines left out"), 3);
  ck_assert_uint_eq(times("lines left out of=told count=1\n"), 1);
}
END_TEST

/* What is not loud enough takes no room. */
START_TEST(level_of_notes) {
  uint64_t before = ep_log_left_out();
  ep_log_set_rate(1);
  ck_assert(ep_log_set_level("info"));
  for (int i = 0; i < 5; i++) note("accepted", 10000);
  note("joined", 10000);
  ck_assert_uint_eq(times("accepted"), 0);
  ck_assert_uint_eq(times(" info joined count=1\n"), 1);
  ck_assert(ep_log_set_level("warn"));
  note("replaced", 10000);
  ck_assert_uint_eq(times("replaced"), 0);
  ck_assert(ep_log_set_level("debug"));
  note("accepted", 10000);
  ck_assert_uint_eq(times(" debug accepted count=1\n"), 1);
  ck_assert_uint_eq(ep_log_left_out() - before, 0);
  ck_assert(!ep_log_set_level("loud"));
  ck_assert(ep_log_set_level("info"));
}
END_TEST

/* Bytes, and how a line shows them between quotes. */
static const struct {
  const char *bytes, *shown;
} texts[] = {
    {"\xff", "\\ufffd"},     /* in no UTF-8 */
    {"a\x80z", "a\\ufffdz"}, /* goes on, but nothing began */
    {"\xc3", "\\ufffd"},     /* breaks off */
    {"\xe2\x82 \xf0\x9f\x98", "\\ufffd\\ufffd \\ufffd\\ufffd\\ufffd"},
    {"\xc0\xaf", "\\ufffd\\ufffd"}, /* longer than need be */
    {"\xe0\x80\xaf", "\\ufffd\\ufffd\\ufffd"},
    {"\xf0\x80\x80\xaf", "\\ufffd\\ufffd\\ufffd\\ufffd"},
    {"\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd"},            /* half of a pair of UTF-16 */
    {"\xf4\x90\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd"}, /* beyond U+10FFFF */
    {"\xf5\x80\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd"},
    {"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 \xf4\x8f\xbf\xbf",
     "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80 \xf4\x8f\xbf\xbf"},
    {"\"\\\n\x7f", "\\\"\\\\\\u000a\\u007f"},
};

START_TEST(bytes_that_are_no_text) {
  static const char *const forms[] = {"text", "json"};
  const char *bytes = texts[_i].bytes;
  char wanted[256];
  ck_assert(!ep_log_set_form("xml"));
  for (size_t i = 0; i < 2; i++) {
    ck_assert(ep_log_set_form(forms[i]));
    ep_log_begin(EP_LOG_WARN, "bytes");
    ep_log_bytes("client", ep_bytes_of(bytes, strlen(bytes)));
    ep_log_end();
  }
  ck_assert(ep_log_set_form("text"));
  (void)snprintf(wanted, sizeof wanted, " client=\"%s\"\n", texts[_i].shown);
  ck_assert_uint_eq(times(wanted), 1);
  (void)snprintf(wanted, sizeof wanted, ",\"client\":\"%s\"}\n", texts[_i].shown);
  ck_assert_uint_eq(times(wanted), 1);
}
END_TEST

Suite *ep_suite_log(void);

Suite *ep_suite_log(void) {
  Suite *suite = suite_create("log");
  TCase *lines = tcase_create("lines");
  tcase_add_checked_fixture(lines, log_begins, log_is_over);
  tcase_add_test(lines, rate_lines_a_second);
  tcase_add_test(lines, rate_of_each_counter);
  tcase_add_test(lines, left_out_is_told);
  tcase_add_test(lines, level_of_notes);
  tcase_add_loop_test(lines, bytes_that_are_no_text, 0, (int)(sizeof texts / sizeof *texts));
  suite_add_tcase(suite, lines);
  return suite;
}
