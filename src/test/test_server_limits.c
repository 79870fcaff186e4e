/* The server core, as its clients see it: limits, credentials.
 * Read first: test_server_talk.h, spec/protocol.md chapters 14 and 17. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tables.h"
#include "test/secret_watch.h"
#include "test/test_server.h"
#include "test/test_server_talk.h"

/* EP-LIM-2: one more than the limit is skipped, the limit itself passes. */
START_TEST(frame_over_the_limit_is_skipped) {
  ep_server_config config = {.frame = 1000};
  server_driver_free(driver);
  driver = server_driver_new_with(&config);
  ep_conn a = enter2("a", "");
  char frame[1100];
  for (size_t len = 1000; len <= 1001; len++) {
    size_t at = (size_t)snprintf(frame, sizeof frame, "{\"action\":\"ping\",\"payload\":\"");
    memset(frame + at, 'x', sizeof frame - at);
    memcpy(frame + len - 2, "\"}\f", 3);
    server_driver_feed(driver, a, frame, len + 1, 64);
    server_driver_turn(driver);
    ep_bytes got = server_driver_take_frame(driver, a);
    const char *start = len == 1000 ? "{\"action\":\"pong\""
                                    : "{\"action\":\"error\",\"payload\":{\"code\":\"too-large\"";
    ck_assert_msg(got.len > strlen(start) && memcmp(got.data, start, strlen(start)) == 0, "%.*s",
                  (int)got.len, (const char *)got.data);
  }
  say(driver, a, "{'action':'ping'}");
  hear(driver, a, "{'action':'pong'}");
}
END_TEST

/* Bytes of the copy that `to` gets of a message from `from` with `len` bytes of payload, each of
 * which is `\\`; 0: it is refused. Copies are as long as ids are short. */
static size_t copy_of(ep_conn from, ep_conn to, const char *name, int id, size_t len) {
  char text[1200];
  size_t at = (size_t)snprintf(text, sizeof text,
                               "{'action':'message.new','payload':{'to':'%s','id':%d,'uid':'u%d',"
                               "'payload':'",
                               name, id, id);
  for (size_t i = 0; i < len; i++) at += (size_t)snprintf(text + at, 3, "%s", "\\\\");
  memcpy(text + at, "'}}", 4);
  say(driver, from, text);
  hear_confirm2(from, id);
  size_t frame = server_driver_take_frame(driver, to).len;
  return frame == 0 ? 0 : frame - 1; /* without its end byte */
}

static void hear_too_large(ep_conn conn, int of, int id) {
  char text[300];
  snprintf(text, sizeof text,
           "{'action':'error','payload':{'code':'too-large','reason':'The frame is larger than "
           "this peer reads.','of':%d,'uid':'u%d','id':%d}}",
           of, of, id);
  hear(driver, conn, text);
}

/* EP-LIM-13: enveloped, under an id of 16 digits, it is as long as the limit says; and not one byte
 * more, whoever it is for, or whether there is anybody. */
START_TEST(copy_over_the_frame_limit) {
  enum { LONGER = 15 }; /* an id of 16 digits, where the copies have one of 1 */
  ep_server_config config = {.frame = 600};
  restart_with(&config);
  ep_conn a = enter2("a", ""), b = fresh1("b");
  skip_frames(driver, b);
  size_t len = 1, one = copy_of(a, b, "b", 0, len);
  len += (600 - LONGER - one) / 4; /* enveloped, a backslash and its own take four */
  config.frame = one + LONGER + 4 * (len - 1);
  restart_with(&config);
  a = enter2("a", "");
  b = fresh1("b");
  skip_frames(driver, b);
  ck_assert_uint_eq(copy_of(a, b, "b", 0, len), config.frame - LONGER);
  ck_assert_uint_eq(copy_of(a, b, "b", 1, len + 1), 0);
  hear_too_large(a, 1, 0);
  ck_assert_uint_eq(copy_of(a, b, "nobody", 2, len), 0);
  hear_too_large(a, 2, 1);
  ck_assert_uint_eq(refused("too-large"), 2);
  ck_assert_uint_eq(reached("frame"), 2);
  ck_assert_uint_eq(server_driver_counter(driver, "parked"), 0);
  config.frame--;
  restart_with(&config);
  a = enter2("a", "");
  b = fresh1("b");
  skip_frames(driver, b);
  ck_assert_uint_eq(copy_of(a, b, "b", 0, len), 0);
  hear_too_large(a, 0, 0);
}
END_TEST

/* EP-LIM-13, EP/1: confirmed, dropped, counted; and an impossible address is that first. */
START_TEST(copy_over_the_frame_limit_v1) {
  ep_server_config config = {.frame = 300};
  restart_with(&config);
  ep_conn a = fresh1("a"), b = enter2("b", "");
  char text[300];
  skip_frames(driver, a);
  snprintf(text, sizeof text,
           "{'action':'message.new','payload':{'to':'a','id':0,'uid':'u7','payload':'%0165d'}}", 0);
  say1(driver, a, text);
  hear_confirm1(a, 7);
  hear_nothing(driver, a);
  ck_assert_uint_eq(server_driver_counter(driver, "over-limit"), 1);
  snprintf(text, sizeof text,
           "{'action':'message.new','payload':{'to':[],'id':0,'uid':'u7','payload':'%0160d'}}", 0);
  say(driver, b, text);
  hear_confirm2(b, 0);
  ck_assert_uint_eq(refused("bad-to"), 1);
}
END_TEST

static void say_deep(ep_conn conn, bool enveloped, int depth, const char *id, const char *uid) {
  char text[1200];
  size_t at = (size_t)snprintf(
      text, sizeof text, "{'action':'message.new','payload':{'to':'a',%s'uid':'%s','payload':", id,
      uid);
  for (int i = 0; i < depth - 2; i++) text[at++] = '[';
  for (int i = 0; i < depth - 2; i++) text[at++] = ']';
  memcpy(text + at, "}}", 3);
  (enveloped ? say1 : say)(driver, conn, text);
}

/* EP-LIM-3 */
START_TEST(message_nested_too_deep) {
  ep_conn a = fresh1("a"), b = enter2("b", "");
  skip_frames(driver, a);
  say_deep(a, true, 257, "'id':0,", "deep");
  hear1(driver, a, "{'action':'message.confirm','payload':'deep'}");
  hear_nothing(driver, a);
  say_deep(a, true, 256, "'id':1,", "good");
  hear1(driver, a, "{'action':'message.confirm','payload':'good'}");
  say_deep(b, false, 257, "'id':0,", "deep");
  hear(driver, b, "{'action':'message.confirm','payload':0}");
  hear(driver, b,
       "{'action':'error','payload':{'code':'too-deep','reason':'The JSON is nested deeper than "
       "this peer reads.','of':0,'uid':'deep','id':0}}");
}
END_TEST

/* The limit `depth`, before authentication too. */
START_TEST(depth_of_an_auth_request) {
  ep_server_config config = {.depth = 4};
  server_driver_free(driver);
  driver = server_driver_new_with(&config);
  ep_conn a = server_driver_open(driver);
  say(driver, a, "{'action':'auth','payload':'a','x':[[[[1]]]]}");
  hear_nothing(driver, a);
  ck_assert(!server_driver_was_closed(driver, a));
  say(driver, a, "{'action':'auth','payload':'a','x':[[[1]]]}");
  hear1(driver, a, "{'action':'auth','payload':false}");
}
END_TEST

/* EP-LIM-7 */
START_TEST(connections_are_limited) {
  ep_server_config config = {.connections = 2};
  server_driver_free(driver);
  driver = server_driver_new_with(&config);
  ep_conn a = server_driver_open(driver), third;
  server_driver_open(driver);
  ep_peer peer = {.local = true};
  ck_assert_int_eq(ep_server_accept(server_driver_core(driver), &third, &peer, 0), EP_FULL);
  server_driver_close(driver, a);
  server_driver_open(driver);
}
END_TEST

/* EP-SESS-4 */
START_TEST(session_over_the_limit) {
  ep_server_config config = {.session = 20};
  server_driver_free(driver);
  driver = server_driver_new_with(&config);
  ep_conn a = enter2("a", ""), b = fresh1("b");
  say(driver, a, "{'action':'session.update','payload':{'name':'0123456789abc'},'id':0}");
  hear(driver, a, "{'action':'message.confirm','payload':0}");
  hear(driver, a,
       "{'action':'error','payload':{'code':'bad-session','reason':'The session is not an object, "
       "or larger than the server keeps.','of':0,'id':0}}");
  say(driver, a, "{'action':'session.update','payload':{'name':'012345678'},'id':1}");
  hear(driver, a, "{'action':'message.confirm','payload':1}");
  skip_frames(driver, b);
  say1(driver, b, "{'action':'session.update','payload':{'name':'0123456789abc'}}");
  hear_nothing(driver, b);
  ck_assert_uint_eq(server_driver_counter(driver, "over-limit"), 1);
}
END_TEST

/* EP-SEC-1, EP-SEC-3 */
START_TEST(secret_is_claimed_at_first_auth) {
  unsigned compared = secrets_compared;
  ep_conn a = enter2("a", ",'secret':'xyzzy'");
  server_driver_close(driver, a);
  const char *const wrong[] = {"", ",'secret':'xyzzz'", ",'secret':'xyzzyx'"};
  for (int i = 0; i < 3; i++) {
    char text[300];
    ep_conn thief = server_driver_open(driver);
    snprintf(text, sizeof text,
             "{'action':'auth','payload':'a','version':2,'instance':'i','expect':0%s}", wrong[i]);
    say1(driver, thief, text);
    hear1(driver, thief,
          "{'action':'error','payload':{'code':'unauthorized','reason':'The secret or the token is "
          "not the right one.'}}");
    ck_assert(server_driver_was_closed(driver, thief));
    ck_assert_uint_eq(secrets_compared,
                      compared + (unsigned)i); /* EP-SEC-3; the first shows none */
  }
  ep_conn thief = server_driver_open(driver);
  say1(driver, thief, "{'action':'auth','payload':'a'}");
  hear_nothing(driver, thief);
  ck_assert(server_driver_was_closed(driver, thief));
  server_driver_kill(driver, false);
  a = enter2("a", ",'secret':'xyzzy'");
  say(driver, a, "{'action':'ping'}");
  hear(driver, a, "{'action':'pong'}");
}
END_TEST

/* EP-SEC-2 */
START_TEST(token_is_required) {
  unsigned compared = secrets_compared;
  ep_server_config config = {.token = "sesame"};
  server_driver_free(driver);
  driver = server_driver_new_with(&config);
  const char *const wrong[] = {"", ",'token':'sesam'", ",'token':'sesamesesame'",
                               ",'token':'sesamE'"};
  for (int i = 0; i < 4; i++) {
    ep_conn a = enter2("a", wrong[i]);
    ck_assert(server_driver_was_closed(driver, a));
    ck_assert_uint_eq(secrets_compared, compared + (unsigned)i + 1); /* EP-SEC-3 */
  }
  ck_assert(server_driver_was_closed(driver, fresh1("a")));
  ck_assert(!server_driver_was_closed(driver, enter2("a", ",'token':'sesame'")));
}
END_TEST

/* Nobody could show another, and an empty one would let in everybody. */
START_TEST(token_is_1_to_256_printable_characters) {
  char token[EP_LIMIT_CREDENTIAL + 2], rest[sizeof token + 16];
  ep_server *core;
  ep_server_config config = {.token = token};
  ep_surroundings_default(&config.surroundings);
  memset(token, 'x', sizeof token);
  token[EP_LIMIT_CREDENTIAL + 1] = '\0';
  ck_assert_int_eq(ep_server_new(&core, &config), EP_INVALID_ARGUMENT);
  token[EP_LIMIT_CREDENTIAL] = '\0';
  server_driver_free(driver);
  driver = server_driver_new_with(&config);
  snprintf(rest, sizeof rest, ",'token':'%s'", token);
  ck_assert(!server_driver_was_closed(driver, enter2("a", rest)));
  ck_assert(server_driver_was_closed(driver, enter2("b", "")));
  token[EP_LIMIT_CREDENTIAL - 1] = '\t';
  ck_assert_int_eq(ep_server_new(&core, &config), EP_INVALID_ARGUMENT);
  token[0] = '\0';
  ck_assert_int_eq(ep_server_new(&core, &config), EP_INVALID_ARGUMENT);
}
END_TEST

/* EP-SEC-4 */
START_TEST(v1_is_for_local_connections) {
  ep_conn a = server_driver_open_as(driver, EP_STREAM, false);
  say1(driver, a, "{'action':'auth','payload':'a'}");
  hear_nothing(driver, a);
  ck_assert(server_driver_was_closed(driver, a));
  ep_server_config config = {.v1_remote = true};
  server_driver_free(driver);
  driver = server_driver_new_with(&config);
  a = server_driver_open_as(driver, EP_STREAM, false);
  say1(driver, a, "{'action':'auth','payload':'a'}");
  hear1(driver, a, "{'action':'auth','payload':false}");
}
END_TEST

TCase *ep_tests_server_limits(void) {
  TCase *tests = tcase_create("limits");
  tcase_add_checked_fixture(tests, server_setup, server_teardown);
  tcase_add_test(tests, frame_over_the_limit_is_skipped);
  tcase_add_test(tests, copy_over_the_frame_limit);
  tcase_add_test(tests, copy_over_the_frame_limit_v1);
  tcase_add_test(tests, message_nested_too_deep);
  tcase_add_test(tests, depth_of_an_auth_request);
  tcase_add_test(tests, connections_are_limited);
  tcase_add_test(tests, session_over_the_limit);
  tcase_add_test(tests, secret_is_claimed_at_first_auth);
  tcase_add_test(tests, token_is_required);
  tcase_add_test(tests, token_is_1_to_256_printable_characters);
  tcase_add_test(tests, v1_is_for_local_connections);
  return tests;
}
