/* Unit tests: the faults of the proxy, by chance and by script.
 * Read first: faults.h. */
#include <check.h>
#include <string.h>

#include "oracle/faults.h"

Suite *oracle_suite_faults(void);

enum { FRAMES = 20000, WHY = 256 };

#define SPAN(text) \
  { (text), sizeof(text) - 1 }
static const span confirm = SPAN("{\"action\":\"message.confirm\",\"payload\":7}\f");
static const span enveloped = SPAN(
    "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"message.confirm\\\",\\\"payload\\\":"
    "\\\"u\\\"}\"}\f");
static const span other = SPAN("{\"action\":\"ping\"}\f");

static char why[WHY];

static fault_plan *plan_of_mix(uint64_t seed, const char *mix) {
  fault_plan *plan = faults_new(seed);
  ck_assert_ptr_nonnull(plan);
  ck_assert_msg(faults_add_mix(plan, mix, why, sizeof why), "%s", why);
  return plan;
}

static bool add_script(fault_plan *plan, const char *text) {
  FILE *file = tmpfile();
  ck_assert_ptr_nonnull(file);
  ck_assert_int_ge(fputs(text, file), 0);
  rewind(file);
  bool good = faults_add_script(plan, file, why, sizeof why);
  (void)fclose(file);
  return good;
}

static fault_plan *plan_of_script(const char *text) {
  fault_plan *plan = faults_new(1);
  ck_assert_ptr_nonnull(plan);
  ck_assert_msg(add_script(plan, text), "%s", why);
  return plan;
}

/* What each frame of a connection meets: a letter for each. */
static void choices(fault_plan *plan, uint32_t number, trace_dir dir, char out[FRAMES + 1]) {
  faults_conn *conn = faults_conn_new(plan, number);
  ck_assert_ptr_nonnull(conn);
  for (int n = 0; n < FRAMES; n++)
    out[n] = fault_name(faults_on_frame(conn, dir, (uint64_t)n + 1, other).kind)[0];
  out[FRAMES] = '\0';
  faults_conn_free(conn);
}

static int count_of(const char *text, char letter) {
  int count = 0;
  for (; *text; text++) count += *text == letter;
  return count;
}

/* ---- Chance ---- */

START_TEST(a_seed_decides) {
  static char first[FRAMES + 1], second[FRAMES + 1];
  const char *mix = "cut=0.01,hold=0.05:3";
  fault_plan *plan = plan_of_mix(7, mix), *same = plan_of_mix(7, mix), *else_ = plan_of_mix(8, mix);
  choices(plan, 1, TRACE_C2S, first);
  choices(same, 2, TRACE_C2S, second); /* what another connection did before changes nothing */
  ck_assert_str_ne(first, second);
  choices(same, 1, TRACE_C2S, second);
  ck_assert_str_eq(first, second);
  choices(plan, 1, TRACE_S2C, second);
  ck_assert_str_ne(first, second);
  choices(else_, 1, TRACE_C2S, second);
  ck_assert_str_ne(first, second);
  faults_free(plan);
  faults_free(same);
  faults_free(else_);
}
END_TEST

START_TEST(chances_come_true_as_often_as_they_should) {
  static char met[FRAMES + 1];
  fault_plan *plan = plan_of_mix(1, "cut=0,drop=0.01,dup=0.1,stall=1:5");
  choices(plan, 1, TRACE_S2C, met);
  ck_assert_int_eq(count_of(met, 'c'), 0);
  int drops = 0, dups = 0;
  faults_conn *conn = faults_conn_new(plan, 1);
  for (uint64_t n = 1; n <= FRAMES; n++) {
    fault what = faults_on_frame(conn, TRACE_S2C, n, other);
    drops += what.kind == FAULT_DROP;
    dups += what.kind == FAULT_DUP;
    ck_assert(what.kind != FAULT_STALL || what.amount == 5);
    ck_assert_uint_lt(faults_part(conn, TRACE_S2C, n, 10), 10);
  }
  ck_assert_int_gt(drops, FRAMES / 100 * 8 / 10);
  ck_assert_int_lt(drops, FRAMES / 100 * 12 / 10);
  ck_assert_int_gt(dups, FRAMES / 10 * 9 / 10);
  ck_assert_int_lt(dups, FRAMES / 10 * 11 / 10);
  faults_conn_free(conn);
  faults_free(plan);
}
END_TEST

static fault_kind met_by(fault_plan *plan, trace_dir dir, span bytes) {
  faults_conn *conn = faults_conn_new(plan, 1);
  ck_assert_ptr_nonnull(conn);
  fault what = faults_on_frame(conn, dir, 1, bytes);
  faults_conn_free(conn);
  return what.kind;
}

START_TEST(a_mix_is_narrowed_to_a_direction_and_an_action) {
  fault_plan *plan = plan_of_mix(1, "dup.s2c.message.confirm=1,drop.c2s=1");
  ck_assert(faults_are_lossy(plan));
  ck_assert_int_eq(met_by(plan, TRACE_S2C, confirm), FAULT_DUP);
  ck_assert_int_eq(met_by(plan, TRACE_S2C, enveloped), FAULT_DUP);
  ck_assert_int_eq(met_by(plan, TRACE_S2C, other), FAULT_NONE);
  ck_assert_int_eq(met_by(plan, TRACE_C2S, confirm), FAULT_DROP);
  faults_free(plan);
  plan = plan_of_mix(1, "delay.message.confirm=1:20");
  ck_assert(!faults_are_lossy(plan));
  ck_assert_int_eq(met_by(plan, TRACE_S2C, confirm), FAULT_DELAY);
  ck_assert_int_eq(met_by(plan, TRACE_C2S, enveloped), FAULT_DELAY);
  ck_assert_int_eq(met_by(plan, TRACE_C2S, other), FAULT_NONE);
  faults_free(plan);
}
END_TEST

static const struct {
  const char *mix, *why;
} wrong_mixes[] = {
    {"", "The mix of faults is empty."},
    {"drop", "'drop' does not say how often: write 'drop=0.01'."},
    {"drop=0.1,", "A part of the mix is empty."},
    {"eat=0.1", "'eat' is none of cut, stall, delay, drop, dup, hold."},
    {"heal=0.1", "'heal' is none of cut, stall, delay, drop, dup, hold."},
    {"drop=2", "'2' is no probability: give drop one between 0 and 1."},
    {"drop=-0.1", "'-0.1' is no probability: give drop one between 0 and 1."},
    {"drop=nan", "'nan' is no probability: give drop one between 0 and 1."},
    {"drop=0.1x", "'0.1x' is no probability: give drop one between 0 and 1."},
    {"drop=0.1:3", "drop takes no number, but '3' was given."},
    {"stall=0.1", "stall needs a number of milliseconds, 1 to 3600000, not ''."},
    {"hold=0.1:0", "hold needs a number of frames, 1 to 3600000, not '0'."},
    {"delay=0.1:5s", "delay needs a number of milliseconds, 1 to 3600000, not '5s'."},
    {"drop.c2s.=0.1", "'' is no action."},
};

START_TEST(a_wrong_mix_is_told) {
  fault_plan *plan = faults_new(1);
  ck_assert(!faults_add_mix(plan, wrong_mixes[_i].mix, why, sizeof why));
  ck_assert_str_eq(why, wrong_mixes[_i].why);
  faults_free(plan);
}
END_TEST

/* ---- Scripts ---- */

START_TEST(a_script_counts_frames) {
  fault_plan *plan = plan_of_script(
      "# a comment\n"
      "\n"
      "on message.confirm s2c nth 2: drop  # and another\n"
      "on frame c2s conn 2: delay 30\n"
      "after 3 frames c2s: cut\n");
  ck_assert(faults_any(plan));
  faults_conn *first = faults_conn_new(plan, 1), *second = faults_conn_new(plan, 2);
  ck_assert_int_eq(faults_on_frame(first, TRACE_S2C, 1, confirm).kind, FAULT_NONE);
  ck_assert_int_eq(faults_on_frame(first, TRACE_S2C, 2, other).kind, FAULT_NONE);
  ck_assert_int_eq(faults_on_frame(second, TRACE_S2C, 1, confirm).kind, FAULT_NONE);
  ck_assert_int_eq(faults_on_frame(first, TRACE_S2C, 3, enveloped).kind, FAULT_DROP);
  ck_assert_int_eq(faults_on_frame(first, TRACE_S2C, 4, confirm).kind, FAULT_NONE);
  ck_assert_int_eq(faults_on_frame(first, TRACE_C2S, 1, other).kind, FAULT_NONE);
  fault late = faults_on_frame(second, TRACE_C2S, 1, other);
  ck_assert_int_eq(late.kind, FAULT_DELAY);
  ck_assert_uint_eq(late.amount, 30);
  for (int i = 1; i <= 4; i++) {
    ck_assert_int_eq(faults_after_frame(first, TRACE_S2C).kind, FAULT_NONE);
    ck_assert_int_eq(faults_after_frame(first, TRACE_C2S).kind, i == 3 ? FAULT_CUT : FAULT_NONE);
  }
  faults_conn_free(first);
  faults_conn_free(second);
  faults_free(plan);
}
END_TEST

START_TEST(moments_come_in_order_until_all_is_healed) {
  fault_plan *plan = plan_of_script(
      "at 900 ms: heal\n"
      "at 500 ms conn 3: stall 70\n"
      "at 200 ms conn *: cut\n"
      "at 950 ms: cut\n"
      "on frame: drop\n");
  uint32_t number = 9;
  ck_assert_uint_eq(faults_next_ms(plan), 200);
  ck_assert_int_eq(faults_at(plan, 199, &number).kind, FAULT_NONE);
  ck_assert_int_eq(faults_at(plan, 600, &number).kind, FAULT_CUT);
  ck_assert_uint_eq(number, 0);
  fault stall = faults_at(plan, 600, &number);
  ck_assert_int_eq(stall.kind, FAULT_STALL);
  ck_assert_uint_eq(stall.amount, 70);
  ck_assert_uint_eq(number, 3);
  ck_assert_int_eq(faults_at(plan, 600, &number).kind, FAULT_NONE);
  ck_assert_int_eq(met_by(plan, TRACE_C2S, other), FAULT_DROP);
  ck_assert_uint_eq(faults_next_ms(plan), 900);
  ck_assert_int_eq(faults_at(plan, 1000, &number).kind, FAULT_HEAL);
  ck_assert_uint_eq(faults_next_ms(plan), UINT64_MAX);
  ck_assert_int_eq(faults_at(plan, 1000, &number).kind, FAULT_NONE);
  ck_assert_int_eq(met_by(plan, TRACE_C2S, other), FAULT_NONE);
  faults_free(plan);
}
END_TEST

static const struct {
  const char *line, *why;
} wrong_lines[] = {
    {"after 3 frames cut", "There is no colon between when and what."},
    {": cut", "Nothing says when."},
    {"on frame:", "Nothing says what is to happen."},
    {"when 3 frames: cut", "'when' is none of on, after, at."},
    {"on: drop", "on what? Write 'on frame', or 'on' and an action."},
    {"after frames: cut", "after how many? Write 'after 3 frames'."},
    {"after 0 frames: cut", "after how many? Write 'after 3 frames'."},
    {"after 3 bytes: cut", "after how many? Write 'after 3 frames'."},
    {"at 5 s: cut", "at which moment? Write 'at 1500 ms'."},
    {"at 5 ms c2s: cut", "'c2s' is not understood there."},
    {"on ping conn 0: drop", "'0' is no connection: they count from 1, and * is each."},
    {"on ping nth 0: drop", "'0' does not say which: nth counts from 1."},
    {"after 3 frames nth 2: cut", "'nth' is not understood there."},
    {"on ping conn: drop", "'conn' is not understood there."},
    {"on ping: eat", "'eat' is none of cut, stall, delay, drop, dup, hold, heal."},
    {"on ping: drop 3", "drop takes no number, but '3' was given."},
    {"on ping: stall 3 4", "'4' is not understood there."},
    {"after 3 frames: drop", "drop needs a frame: write 'on frame nth 4: drop'."},
    {"at 3 ms: hold 2", "hold needs a frame: write 'on frame nth 4: hold'."},
    {"on ping: heal", "heal needs a moment: write 'at 5000 ms: heal'."},
};

START_TEST(a_wrong_line_is_told) {
  fault_plan *plan = faults_new(1);
  char text[WHY], expected[WHY];
  (void)snprintf(text, sizeof text, "on frame: drop\n%s\n", wrong_lines[_i].line);
  (void)snprintf(expected, sizeof expected, "Line 2 of the script: %s", wrong_lines[_i].why);
  ck_assert(!add_script(plan, text));
  ck_assert_str_eq(why, expected);
  faults_free(plan);
}
END_TEST

START_TEST(a_line_that_is_too_long_is_told) {
  fault_plan *plan = faults_new(1);
  char text[1024];
  memset(text, ' ', sizeof text);
  memcpy(text + sizeof text - 8, "\non a:\n", 8);
  ck_assert(!add_script(plan, text));
  ck_assert_str_eq(why, "Line 1 of the script: The line is too long.");
  ck_assert(!faults_any(plan));
  faults_free(plan);
}
END_TEST

Suite *oracle_suite_faults(void) {
  Suite *suite = suite_create("faults");
  TCase *chance = tcase_create("chance");
  tcase_add_test(chance, a_seed_decides);
  tcase_add_test(chance, chances_come_true_as_often_as_they_should);
  tcase_add_test(chance, a_mix_is_narrowed_to_a_direction_and_an_action);
  tcase_add_loop_test(chance, a_wrong_mix_is_told, 0, sizeof wrong_mixes / sizeof *wrong_mixes);
  suite_add_tcase(suite, chance);
  TCase *script = tcase_create("script");
  tcase_add_test(script, a_script_counts_frames);
  tcase_add_test(script, moments_come_in_order_until_all_is_healed);
  tcase_add_loop_test(script, a_wrong_line_is_told, 0, sizeof wrong_lines / sizeof *wrong_lines);
  tcase_add_test(script, a_line_that_is_too_long_is_told);
  suite_add_tcase(suite, script);
  return suite;
}
