/* frame.[ch]: the examples of the spec, frames in any segments, and what examples do not show.
 * Read first: frame.h. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "oracle/frame.h"
#include "vectors.h"

typedef enum wanted { wanted_ok, wanted_invalid, wanted_malformed } wanted;
enum { way_c2s = 1, way_s2c = 2, way_both = 3 };

typedef struct vector {
  const char *name;
  int ways;
  wanted class;
  ep_action action;
  const char *bytes;
  size_t len;
} vector;

static const vector vectors[] = {
#define VECTOR(name, dir, class, action, bytes, len, line) \
  {name, way_##dir, wanted_##class, EP_ACTION_##action, bytes, len},
    EP_VECTORS(VECTOR)
#undef VECTOR
};

static frame_parser parser;
static frame got;

static void setup(void) { frame_parser_init(&parser); }

static void teardown(void) { frame_parser_free(&parser); }

static frame_class class_of(wanted class) {
  if (class == wanted_ok) return FRAME_OK;
  return class == wanted_invalid ? FRAME_INVALID : FRAME_MALFORMED;
}

static void parse(const char *text, trace_dir dir) {
  ck_assert(frame_parse(&parser, span_of(text), dir, &got));
}

static void parse_ok(const char *text, trace_dir dir) {
  parse(text, dir);
  ck_assert_msg(got.class == FRAME_OK, "%s: %s", text, got.why);
}

static void parse_wrong(const char *text, trace_dir dir, ep_error error) {
  parse(text, dir);
  ck_assert_msg(got.error == error, "%s is %s", text, frame_error_name(got.error));
  ck_assert_int_eq(got.class, error == EP_ERROR_MALFORMED ? FRAME_MALFORMED : FRAME_INVALID);
  ck_assert(got.why != NULL);
}

/* EP-FRAME-3, EP-JSON-1, EP-JSON-2, EP-JSON-3, EP-JSON-4, EP-JSON-5, EP-MSG-1 */
START_TEST(examples_of_the_spec) {
  const vector *v = &vectors[_i];
  for (int dir = TRACE_C2S; dir <= TRACE_S2C; dir++) {
    if ((v->ways >> dir & 1) == 0) continue;
    span bytes = {v->bytes, v->len};
    ck_assert(frame_parse(&parser, bytes, (trace_dir)dir, &got));
    ck_assert_msg(got.class == class_of(v->class), "%s: class %d", v->name, got.class);
    if (v->class == wanted_ok) ck_assert_msg(got.action == v->action, "%s", v->name);
  }
}
END_TEST

/* EP-FRAME-2: cut at every place, and all in one segment. */
START_TEST(any_segments) {
  static const char bytes[] = "{\"action\":\"ping\"}\f\f{\"action\":\"bye\"}\f{\"act";
  size_t len = sizeof bytes - 1;
  for (size_t chunk = 1; chunk <= len; chunk++) {
    frame_splitter splitter;
    span out;
    size_t frames = 0, total = 0;
    frame_splitter_init(&splitter, 1000);
    for (size_t at = 0; at < len; at += chunk) {
      size_t more = len - at < chunk ? len - at : chunk;
      ck_assert(frame_splitter_feed(&splitter, bytes + at, more));
      while (frame_splitter_next(&splitter, &out, NULL)) {
        ck_assert(memcmp(out.text, bytes + total, out.len) == 0);
        ck_assert_int_eq(out.text[out.len - 1], '\f');
        total += out.len;
        frames++;
      }
    }
    ck_assert_uint_eq(frames, 3);
    ck_assert_uint_eq(frame_splitter_rest(&splitter), len - total);
    frame_splitter_free(&splitter);
  }
}
END_TEST

/* EP-LIM-2: a frame over the limit takes no more memory than the limit. */
START_TEST(too_long_for_the_splitter) {
  for (size_t chunk = 1; chunk < 40; chunk++) {
    frame_splitter splitter;
    span out;
    size_t skipped = 0;
    const char *bytes = "{\"action\":\"ping\"}\f{}\f";
    frame_splitter_init(&splitter, 10);
    int frames = 0;
    for (size_t at = 0; at < strlen(bytes); at += chunk) {
      size_t more = strlen(bytes) - at < chunk ? strlen(bytes) - at : chunk;
      ck_assert(frame_splitter_feed(&splitter, bytes + at, more));
      ck_assert_uint_le(frame_splitter_rest(&splitter), 10 + more);
      while (frame_splitter_next(&splitter, &out, &skipped)) {
        ck_assert(span_is(out, frames == 0 ? "{\"action\":" : "{}\f"));
        ck_assert_uint_eq(skipped, frames == 0 ? 7 : 0);
        frames++;
      }
    }
    ck_assert_int_eq(frames, 2);
    frame_splitter_free(&splitter);
  }
}
END_TEST

/* EP-JSON-1, and section 4.4: what cannot be said in UTF-8, or holds a form feed. */
START_TEST(malformed_envelopes) {
  parse_wrong("{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"x\\ud800\\\"}\"}\f",
              TRACE_C2S, EP_ERROR_MALFORMED);
  parse_wrong("{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"x\\f\\\"}\"}\f", TRACE_C2S,
              EP_ERROR_MALFORMED);
  parse_wrong("{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"ping\\\"}", TRACE_C2S,
              EP_ERROR_MALFORMED);
  parse_wrong("{\"type\":\"_message_\",\"data\":7}\f", TRACE_C2S, EP_ERROR_BAD_MESSAGE);
  parse_wrong("{\"type\":\"_message_\",\"data\":\"{}\"}\f", TRACE_C2S, EP_ERROR_BAD_MESSAGE);
  parse_ok(
      "{\"action\":7,\"type\":\"\\u005fmessage_\",\"data\":\"{\\\"action\\\":\\\"ping\\\"}\"}\f",
      TRACE_C2S);
  ck_assert_int_eq(got.form, FRAME_ENVELOPED);
  ck_assert_int_eq(got.action, EP_ACTION_PING);
  parse_ok(
      "{\"action\":\"pong\",\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"ping\\\"}\"}\f",
      TRACE_C2S);
  ck_assert_int_eq(got.action, EP_ACTION_PONG);
}
END_TEST

/* Section 4.4: the enveloped form, to the byte. EP-FRAME-6. */
START_TEST(exact_spelling) {
  static const struct {
    const char *text;
    bool exact;
  } cases[] = {
      {"{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"ping\\\"}\"}\f", true},
      {"{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"\\\\n\\\\/é\\\"}\"}\f", true},
      {"{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"\\/\\\"}\"}\f", false},
      {"{\"type\":\"_message_\",\"data\":\"\\u007b\\\"action\\\":\\\"ping\\\"}\"}\f", false},
      {"{\"type\":\"_message_\",\"data\":\"{\\u0022action\\\":\\\"ping\\\"}\"}\f", false},
      {"{\"type\":\"_message_\",\"data\":\" {\\\"action\\\":\\\"ping\\\"}\"}\f", false},
      {"{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"ping\\\"}\"} \f", false},
      {"{\"data\":\"{\\\"action\\\":\\\"ping\\\"}\",\"type\":\"_message_\"}\f", false},
      {"{\"action\":\"ping\",\"payload\":\"a b\"}\f", true},
      {"{\"action\":\"ping\",\"payload\": 1}\f", false},
      {"{\"payload\":1,\"action\":\"ping\"}\f", false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    parse_ok(cases[i].text, TRACE_C2S);
    ck_assert_msg(got.exact == cases[i].exact, "%s", cases[i].text);
  }
}
END_TEST

START_TEST(members_of_a_message) {
  parse_ok(
      "{\"action\":\"message.new\",\"payload\":{\"from\":\"\\u0061da\",\"to\": {\"r\":1.0} "
      ",\"id\":41,"
      "\"uid\":\"u\\u002d0\",\"payload\":[1.0, 2],\"fromId\":7,\"receipt\":true,\"zz\":1}}\f",
      TRACE_S2C);
  ck_assert(span_is(got.from, "ada") && span_is(got.uid, "u-0"));
  ck_assert(span_is(got.uid_json, "\"u\\u002d0\""));
  ck_assert(span_is(got.to, "{\"r\":1.0}") && span_is(got.payload, "[1.0, 2]"));
  ck_assert_uint_eq(got.id, 41);
  ck_assert_uint_eq(got.from_id, 7);
  unsigned all = FRAME_HAS_FROM | FRAME_HAS_TO | FRAME_HAS_ID | FRAME_HAS_UID | FRAME_HAS_PAYLOAD |
                 FRAME_HAS_FROM_ID;
  ck_assert_uint_eq(got.has, all);
  ck_assert_uint_eq(got.inner, all | FRAME_HAS_RECEIPT);
  ck_assert_uint_eq(got.strangers, 2); /* EP-MSG-5: receipt and zz */
  ck_assert(span_is(got.stranger, "zz") && got.stranger_within);
}
END_TEST

/* EP-JSON-5, EP-MSG-2, EP-MSG-3: what is not in form is as if it were not there. */
START_TEST(members_not_in_form) {
  parse_ok(
      "{\"action\":\"message.new\",\"payload\":{\"to\":7,\"id\":1e1,\"uid\":\"\",\"from\":\"\\n\"}}"
      "\f",
      TRACE_C2S);
  ck_assert_uint_eq(got.has, FRAME_HAS_TO);
  parse_ok(
      "{\"action\":\"message.new\",\"payload\":{\"id\":9007199254740992,\"uid\":\"\\u00e9\"}}\f",
      TRACE_C2S);
  ck_assert_uint_eq(got.has, 0);
  parse_ok("{\"action\":\"message.new\",\"payload\":{\"id\":9007199254740991}}\f", TRACE_C2S);
  ck_assert_uint_eq(got.has, FRAME_HAS_ID);
  ck_assert_uint_eq(got.id, 9007199254740991u);
}
END_TEST

START_TEST(auth_requests) {
  parse_ok("{\"action\":\"auth\",\"payload\":\"ada\",\"version\":1,\"instance\":7}\f", TRACE_C2S);
  ck_assert_uint_eq(got.version, 1);
  parse_ok("{\"action\":\"auth\",\"payload\":\"ada\",\"version\":0}\f", TRACE_C2S);
  ck_assert_uint_eq(got.version, 1);
  parse_ok("{\"action\":\"auth\",\"payload\":\"ada\",\"version\":2.0}\f", TRACE_C2S);
  ck_assert_uint_eq(got.version, 1);
  parse_ok(
      "{\"action\":\"auth\",\"payload\":\"ada\",\"version\":7,\"instance\":\"i\",\"expect\":3,"
      "\"epoch\":\"e\",\"window\":9,\"presence\":{\"r\":1},\"secret\":\"s\",\"token\":\"t\"}\f",
      TRACE_C2S);
  ck_assert_uint_eq(got.version, 7);
  ck_assert(span_is(got.client, "ada") && span_is(got.instance, "i") && span_is(got.epoch, "e"));
  ck_assert(span_is(got.secret, "s") && span_is(got.token, "t"));
  ck_assert(span_is(got.presence, "{\"r\":1}"));
  ck_assert_uint_eq(got.expect, 3);
  ck_assert_uint_eq(got.window, 9);
  ck_assert(!got.arguable && got.strangers == 0);
}
END_TEST

/* EP-AUTH-5 */
START_TEST(auth_requests_not_usable) {
  static const char *const members[] = {
      "\"expect\":0",
      "\"instance\":\"\",\"expect\":0",
      "\"instance\":\"i\"",
      "\"instance\":\"i\",\"expect\":-1",
      "\"instance\":\"i\",\"expect\":0,\"epoch\":7",
      "\"instance\":\"i\",\"expect\":0,\"window\":\"7\"",
      "\"instance\":\"i\",\"expect\":0,\"presence\":{\"a\":[]}",
      "\"instance\":\"i\",\"expect\":0,\"presence\":\"bob\"",
      "\"instance\":\"i\",\"expect\":0,\"secret\":7",
  };
  char text[400];
  for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
    snprintf(text, sizeof text, "{\"action\":\"auth\",\"payload\":\"ada\",\"version\":2,%s}\f",
             members[i]);
    parse_wrong(text, TRACE_C2S, EP_ERROR_BAD_AUTH);
    ck_assert_uint_eq(got.version, 2);
  }
  parse_wrong("{\"action\":\"auth\",\"payload\":\"\"}\f", TRACE_C2S, EP_ERROR_BAD_AUTH);
  parse_wrong("{\"action\":\"auth\",\"payload\":1}\f", TRACE_S2C, EP_ERROR_BAD_AUTH);
}
END_TEST

START_TEST(auth_replies) {
  parse_ok(
      "{\"action\":\"auth\",\"payload\":true,\"version\":2,\"epoch\":\"e\",\"expect\":4,"
      "\"window\":5,\"limits\":{\"frame\":6,\"depth\":7,\"session\":8},\"instance\":1}\f",
      TRACE_S2C);
  ck_assert(got.known && span_is(got.epoch, "e"));
  ck_assert_uint_eq(got.limit_frame, 6);
  ck_assert_uint_eq(got.limit_depth, 7);
  ck_assert_uint_eq(got.limit_session, 8);
  ck_assert_uint_eq(got.strangers, 1);
  ck_assert(span_is(got.stranger, "instance") && !got.stranger_within);
}
END_TEST

START_TEST(sessions_and_lists) {
  frame_listed listed;
  scan_walk walk;
  parse_wrong("{\"action\":\"session.update\",\"payload\":[]}\f", TRACE_C2S, EP_ERROR_BAD_SESSION);
  parse_ok(
      "{\"action\":\"clients.list\",\"more\":3,\"payload\":[{\"uuid\":\"\\u0061\",\"state\":"
      "\"connected\",\"session\":{}},{\"uuid\":\"b\",\"state\":\"disconnected\",\"session\":{"
      "\"r\":7}},{\"uuid\":\"c\"}]}\f",
      TRACE_S2C);
  ck_assert_uint_eq(got.more, 3);
  scan_begin(&walk, got.list, SCAN_DEPTH_MOST);
  ck_assert_int_eq(frame_list_next(&parser, &walk, &listed), 1);
  ck_assert(span_is(listed.client, "a") && listed.connected && span_is(listed.session, "{}"));
  ck_assert_int_eq(frame_list_next(&parser, &walk, &listed), 1);
  ck_assert(span_is(listed.client, "b") && !listed.connected);
  ck_assert(span_is(listed.session, "{\"r\":7}"));
  ck_assert_int_eq(frame_list_next(&parser, &walk, &listed), -1);
}
END_TEST

/* An action that this direction does not have is an unknown one. */
START_TEST(directions) {
  parse_ok("{\"action\":\"client.connect\",\"payload\":7}\f", TRACE_C2S);
  ck_assert_int_eq(got.action, EP_ACTION_UNKNOWN);
  ck_assert(span_is(got.action_name, "client.connect"));
  parse_wrong("{\"action\":\"client.connect\",\"payload\":7}\f", TRACE_S2C, EP_ERROR_BAD_MESSAGE);
}
END_TEST

static char *nested(unsigned arrays) {
  char *text = malloc(2 * arrays + 100), *at = text;
  ck_assert_ptr_nonnull(text);
  at += sprintf(at, "{\"action\":\"ping\",\"payload\":");
  memset(at, '[', arrays);
  memset(at + arrays, ']', arrays);
  strcpy(at + 2 * arrays, "}\f");
  return text;
}

/* The limits `depth` and `members`: the frame is still read. */
START_TEST(over_limits) {
  static const unsigned arrays[] = {255, 256, 5000, 70000};
  for (int i = 0; i < 4; i++) {
    char *text = nested(arrays[i]);
    parse_ok(text, TRACE_C2S);
    ck_assert_int_eq(got.over_depth, i > 0);
    ck_assert_int_eq(got.arguable, i == 3);
    ck_assert_int_eq(got.action, EP_ACTION_PING);
    free(text);
  }
  for (unsigned count = 62; count <= 63; count++) {
    char text[1000] = "{\"action\":\"session.update\",\"payload\":{}";
    for (unsigned i = 0; i < count; i++) strcat(text, ",\"x\":0");
    parse_ok(strcat(text, "}\f"), TRACE_C2S);
    ck_assert_int_eq(got.over_members, count == 63);
    ck_assert(!got.session_over);
    strcpy(text, "{\"action\":\"session.update\",\"payload\":{\"x\":0,\"x\":0");
    for (unsigned i = 0; i < count; i++) strcat(text, ",\"x\":0");
    parse_ok(strcat(text, "}}\f"), TRACE_C2S);
    ck_assert_int_eq(got.session_over, count == 63);
    ck_assert(!got.over_members);
  }
}
END_TEST

Suite *oracle_suite_frame(void) {
  Suite *suite = suite_create("frame");
  TCase *tests = tcase_create("frame");
  tcase_add_checked_fixture(tests, setup, teardown);
  tcase_add_loop_test(tests, examples_of_the_spec, 0, sizeof vectors / sizeof *vectors);
  tcase_add_test(tests, any_segments);
  tcase_add_test(tests, too_long_for_the_splitter);
  tcase_add_test(tests, malformed_envelopes);
  tcase_add_test(tests, exact_spelling);
  tcase_add_test(tests, members_of_a_message);
  tcase_add_test(tests, members_not_in_form);
  tcase_add_test(tests, auth_requests);
  tcase_add_test(tests, auth_requests_not_usable);
  tcase_add_test(tests, auth_replies);
  tcase_add_test(tests, sessions_and_lists);
  tcase_add_test(tests, directions);
  tcase_add_test(tests, over_limits);
  suite_add_tcase(suite, tests);
  return suite;
}
