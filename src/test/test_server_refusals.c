/* The server core: each error code of chapter 12 is counted, and it alone, in EP/2 and in EP/1,
 * where nobody is told. Read first: test_server_talk.h, machine/server_count.c. */
#include <check.h>
#include <string.h>

#include "test/test_server.h"
#include "test/test_server_talk.h"

#define X50 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define MESSAGE(to, id) \
  "{'action':'message.new','payload':{'to':" to ",'id':" id ",'uid':'u" id "'}}"
#define SESSION "{'action':'session.update','payload':{'s':'" X50 "'},'id':0}"

/* A client a of this version says so much, and some time goes by; or it comes about otherwise. */
typedef struct refusal {
  const char *code;
  int version;
  const char *said[2];
  uint64_t wait_ms;
  void (*otherwise)(int version);
} refusal;

static ep_conn enter(int version) { return version == 1 ? fresh1("a") : enter2("a", ""); }

static void comes_twice(int version) {
  enter(version);
  enter(version);
}

static void one_more_comes(int version) {
  enter(version);
  (void)(version == 1 ? auth1("b") : auth2("b", ",'expect':0"));
}

static void comes_from_afar(int version) {
  ck_assert_int_eq(version, 1);
  say1(driver, server_driver_open_as(driver, EP_STREAM, false), "{'action':'auth','payload':'a'}");
}

static void has_not_the_secret(int version) {
  server_driver_close(driver, enter2("a", ",'secret':'right'"));
  (void)(version == 1 ? auth1("a") : auth2("a", ",'expect':0,'secret':'wrong'"));
}

static void says_nothing(int version) {
  (void)version;
  server_driver_open(driver);
  server_driver_pass(driver, 10000);
}

static void ends_no_frame(int version) {
  server_driver_feed(driver, enter(version), "{", 1, 1);
  server_driver_pass(driver, 60000);
}

static void server_stops(int version) {
  enter(version);
  ep_server_stop(server_driver_core(driver), server_driver_now(driver));
  server_driver_turn(driver);
}

static void store_fails(int version) {
  enter(version);
  server_driver_turn_failing(driver);
}

static const refusal refusals[] = {
    {.code = "malformed", .version = 1, .said = {"{"}},
    {.code = "malformed", .version = 2, .said = {"{"}},
    {.code = "too-large", .version = 1, .said = {"{'action':'" X50 X50 X50 X50 X50 X50 "'}"}},
    {.code = "too-large", .version = 2, .said = {"{'action':'" X50 X50 X50 X50 X50 X50 "'}"}},
    {.code = "too-deep", .version = 1, .said = {"{'action':'clients.list','payload':[[[[[]]]]]}"}},
    {.code = "too-deep", .version = 2, .said = {"{'action':'clients.list','payload':[[[[[]]]]]}"}},
    {.code = "bad-message", .version = 1, .said = {"{'payload':7}"}},
    {.code = "bad-message", .version = 2, .said = {"{'payload':7}"}},
    {.code = "unknown-action", .version = 1, .said = {"{'action':'fly'}"}},
    {.code = "unknown-action", .version = 2, .said = {"{'action':'fly'}"}},
    {.code = "bad-auth", .version = 1, .said = {"{'action':'auth','payload':7}"}},
    {.code = "bad-auth", .version = 2, .said = {"{'action':'auth','payload':7}"}},
    {.code = "version", .version = 1, .otherwise = comes_from_afar},
    {.code = "unauthorized", .version = 1, .otherwise = has_not_the_secret},
    {.code = "unauthorized", .version = 2, .otherwise = has_not_the_secret},
    {.code = "too-many-clients", .version = 1, .otherwise = one_more_comes},
    {.code = "too-many-clients", .version = 2, .otherwise = one_more_comes},
    {.code = "auth-timeout", .otherwise = says_nothing},
    {.code = "other-client", .version = 1, .said = {"{'action':'auth','payload':'b'}"}},
    {.code = "other-client", .version = 2, .said = {"{'action':'auth','payload':'a'}"}},
    {.code = "replaced", .version = 1, .otherwise = comes_twice},
    {.code = "replaced", .version = 2, .otherwise = comes_twice},
    {.code = "idle", .version = 1, .otherwise = ends_no_frame},
    {.code = "idle", .version = 2, .wait_ms = 12000},
    {.code = "shutdown", .version = 1, .otherwise = server_stops},
    {.code = "shutdown", .version = 2, .otherwise = server_stops},
    {.code = "failed", .version = 1, .otherwise = store_fails},
    {.code = "failed", .version = 2, .otherwise = store_fails},
    {.code = "unknown-id", .version = 2, .said = {"{'action':'message.retry','payload':4}"}},
    {.code = "bad-to", .version = 1, .said = {MESSAGE("7", "0")}},
    {.code = "bad-to", .version = 2, .said = {MESSAGE("7", "0")}},
    {.code = "bad-session", .version = 1, .said = {SESSION}},
    {.code = "bad-session", .version = 2, .said = {SESSION}},
    {.code = "mailbox-full",
     .version = 1,
     .said = {MESSAGE("'a'", "0"), MESSAGE("'a'", "1")},
     .wait_ms = 60000},
    {.code = "mailbox-full", .version = 2, .said = {MESSAGE("'a'", "0"), MESSAGE("'a'", "1")}},
    {.code = "parked-full",
     .version = 1,
     .said = {MESSAGE("'x'", "0"), MESSAGE("'x'", "1")},
     .wait_ms = 60000},
    {.code = "parked-full", .version = 2, .said = {MESSAGE("'x'", "0"), MESSAGE("'x'", "1")}},
};
enum { REFUSALS = sizeof refusals / sizeof *refusals, CODES = 64 };

static void play(const refusal *played) {
  ep_conn conn = played->otherwise == NULL ? enter(played->version) : 0;
  for (int i = 0; i < 2 && played->said[i] != NULL; i++)
    (played->version == 1 ? say1 : say)(driver, conn, played->said[i]);
  if (played->otherwise != NULL) played->otherwise(played->version);
  server_driver_pass(driver, played->wait_ms);
}

START_TEST(code_is_counted) {
  const refusal *played = &refusals[_i];
  const char *codes[CODES];
  uint64_t values[CODES];
  restart_with(&(ep_server_config){.durable = true,
                                   .frame = 300,
                                   .depth = 5,
                                   .session = 50,
                                   .clients = 1,
                                   .mailbox = 1,
                                   .parked = 1});
  play(played);
  size_t count = ep_server_refusals(server_driver_core(driver), codes, values, CODES);
  for (size_t i = 0; i < count; i++)
    ck_assert_msg(values[i] == (strcmp(codes[i], played->code) == 0), "%s in EP/%d counts %s %u",
                  played->code, played->version, codes[i], (unsigned)values[i]);
}
END_TEST

/* None is left out above. */
START_TEST(every_code_is_counted) {
  const char *codes[CODES];
  uint64_t values[CODES];
  size_t count = ep_server_refusals(server_driver_core(driver), codes, values, CODES);
  ck_assert_uint_lt(count, CODES);
  for (size_t i = 0, found; i < count; i++) {
    for (found = 0; found < REFUSALS && strcmp(refusals[found].code, codes[i]) != 0;) found++;
    ck_assert_msg(found < REFUSALS, "nothing makes the server count %s", codes[i]);
  }
}
END_TEST

TCase *ep_tests_server_refusals(void) {
  TCase *tests = tcase_create("refusals");
  tcase_add_checked_fixture(tests, server_setup, server_teardown);
  tcase_set_timeout(tests, 20);
  tcase_add_loop_test(tests, code_is_counted, 0, REFUSALS);
  tcase_add_test(tests, every_code_is_counted);
  return tests;
}
