/* Unit tests: the lines of a trace file, read and written.
 * Read first: README.md (the lines), trace.h. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "oracle/scan.h"
#include "oracle/trace.h"

Suite *oracle_suite_trace(void);

/* A trace in memory. */
static FILE *file_of(const char *text) {
  FILE *file = tmpfile();
  ck_assert_ptr_nonnull(file);
  ck_assert_int_ge(fputs(text, file), 0);
  rewind(file);
  return file;
}

typedef struct trial {
  FILE *file;
  trace_reader *reader;
  trace_event event;
} trial;

static trial begin(const char *text) {
  trial out = {.file = file_of(text)};
  out.reader = trace_reader_new(out.file);
  ck_assert_ptr_nonnull(out.reader);
  return out;
}

static void end(trial *t) {
  trace_reader_free(t->reader);
  (void)fclose(t->file);
}

static void next(trial *t) {
  ck_assert_msg(trace_read(t->reader, &t->event) == 1, "%s", trace_reader_trouble(t->reader));
}

static void assert_span(span got, const char *wanted) {
  ck_assert_msg(span_is(got, wanted), "got '%.*s', not '%s'", (int)got.len,
                got.len > 0 ? got.text : "", wanted);
}

static void next_frame(trial *t, uint32_t conn, trace_dir dir, trace_at at, const char *bytes) {
  next(t);
  ck_assert_int_eq(t->event.kind, TRACE_FRAME);
  ck_assert_uint_eq(t->event.conn, conn);
  ck_assert_int_eq(t->event.dir, dir);
  ck_assert_int_eq(t->event.at, at);
  assert_span(t->event.bytes, bytes);
}

static void assert_over(trial *t) { ck_assert_int_eq(trace_read(t->reader, &t->event), 0); }

/* ---- Reading --------------------------------------------------------------------------------- */

START_TEST(a_capture_is_read) {
  trial t = begin(
      "{\"t_ms\":7,\"event\":\"open\",\"conn\":1}\n"
      "\n"
      "\r\n"
      "{\"t_ms\":8,\"dir\":\"c2s\",\"conn\":1,\"seg\":1,\"bytes\":\"{\\\"a\\\":\\\"\\u00e9\\\"}"
      "\\f\"}\n"
      "{\"t_ms\":9,\"dir\":\"s2c\",\"conn\":1,\"seg\":7,\"dropped\":true,\"bytes\":\"{}\\f\"}\r\n"
      "{\"t_ms\":9,\"dir\":\"s2c\",\"conn\":1,\"delayed_ms\":3,\"bytes\":\"{}\\f\"}\n"
      "{\"t_ms\":10,\"note\":\"b connects\"}\n"
      "{\"t_ms\":11,\"event\":\"close\",\"dir\":\"s2c\",\"conn\":1}\n"
      "{\"t_ms\":12,\"event\":\"close\",\"conn\":4294967295}");
  next(&t);
  ck_assert_int_eq(t.event.kind, TRACE_OPEN);
  ck_assert(!t.event.lossy && !t.event.rude_client && !t.event.rude_server);
  next_frame(&t, 1, TRACE_C2S, TRACE_PASSED, "{\"a\":\"\xc3\xa9\"}\f");
  ck_assert_uint_eq(t.event.t_ms, 8);
  ck_assert_uint_eq(t.event.line, 4);
  ck_assert_uint_eq(t.event.n, 0);
  next_frame(&t, 1, TRACE_S2C, TRACE_WRITTEN, "{}\f");
  next_frame(&t, 1, TRACE_S2C, TRACE_PASSED, "{}\f");
  next(&t);
  ck_assert_int_eq(t.event.kind, TRACE_NOTE);
  assert_span(t.event.note, "b connects");
  next(&t);
  ck_assert_int_eq(t.event.kind, TRACE_CLOSE);
  ck_assert(t.event.has_dir && t.event.dir == TRACE_S2C);
  next(&t);
  ck_assert_int_eq(t.event.kind, TRACE_CLOSE);
  ck_assert(!t.event.has_dir);
  ck_assert_uint_eq(t.event.conn, UINT32_MAX);
  assert_over(&t);
  end(&t);
}
END_TEST

START_TEST(what_applications_do_is_read) {
  trial t = begin(
      "{\"t_ms\":1,\"app\":\"sent\",\"client\":\"ada\",\"uid\":\"u-1\",\"to\":{\"room\": 7},"
      "\"payload\":\"{\\\"x\\\": 1.0}\"}\n"
      "{\"t_ms\":2,\"app\":\"delivered\",\"client\":\"bob\",\"from\":\"ada\",\"uid\":\"u-1\","
      "\"to\":\"bob\",\"id\":0}\n"
      "{\"t_ms\":3,\"app\":\"confirmed\",\"client\":\"ada\",\"uid\":\"u-1\"}\n"
      "{\"t_ms\":3,\"app\":\"refused\",\"client\":\"ada\",\"uid\":\"u-2\",\"code\":\"bad-to\"}\n"
      "{\"t_ms\":3,\"app\":\"stored\",\"client\":\"ada\"}\n"
      "{\"t_ms\":3,\"app\":\"connect\",\"client\":\"ada\"}\n"
      "{\"t_ms\":3,\"app\":\"disconnect\",\"client\":\"bob\"}\n"
      "{\"t_ms\":4,\"app\":\"crashed\"}\n"
      "{\"t_ms\":5,\"app\":\"restarted\",\"state\":\"kept\"}\n"
      "{\"t_ms\":5,\"app\":\"restarted\",\"client\":\"ada\",\"state\":\"lost\"}\n"
      "{\"t_ms\":5,\"app\":\"restarted\",\"client\":\"ada\",\"state\":\"old\"}\n"
      "{\"t_ms\":6,\"event\":\"healed\"}\n");
  next(&t);
  ck_assert_int_eq(t.event.kind, TRACE_SENT);
  assert_span(t.event.client, "ada");
  assert_span(t.event.to_json, "{\"room\": 7}");
  assert_span(t.event.payload_json, "{\"x\": 1.0}");
  ck_assert(!t.event.has_id);
  next(&t);
  ck_assert_int_eq(t.event.kind, TRACE_DELIVERED);
  assert_span(t.event.from, "ada");
  assert_span(t.event.to_json, "\"bob\"");
  assert_span(t.event.payload_json, "");
  ck_assert(t.event.has_id && t.event.id == 0);
  next(&t);
  ck_assert_int_eq(t.event.kind, TRACE_CONFIRMED);
  assert_span(t.event.uid, "u-1");
  next(&t);
  ck_assert_int_eq(t.event.kind, TRACE_REFUSED);
  assert_span(t.event.code, "bad-to");
  next(&t);
  ck_assert_int_eq(t.event.kind, TRACE_STORED);
  next(&t);
  ck_assert_int_eq(t.event.kind, TRACE_CONNECT);
  assert_span(t.event.client, "ada");
  next(&t);
  ck_assert_int_eq(t.event.kind, TRACE_DISCONNECT);
  assert_span(t.event.client, "bob");
  next(&t);
  ck_assert_int_eq(t.event.kind, TRACE_CRASHED);
  assert_span(t.event.client, "");
  next(&t);
  ck_assert(t.event.kind == TRACE_RESTARTED && !t.event.state_lost);
  next(&t);
  ck_assert(t.event.kind == TRACE_RESTARTED && t.event.state_lost && !t.event.state_old);
  next(&t);
  ck_assert(t.event.kind == TRACE_RESTARTED && !t.event.state_lost && t.event.state_old);
  next(&t);
  ck_assert_int_eq(t.event.kind, TRACE_HEALED);
  assert_over(&t);
  end(&t);
}
END_TEST

START_TEST(a_lossy_connection_is_read) {
  trial t = begin(
      "{\"t_ms\":1,\"event\":\"open\",\"conn\":1,\"transport\":\"lossy\",\"rude\":\"both\"}\n"
      "{\"t_ms\":1,\"dir\":\"c2s\",\"conn\":1,\"at\":\"written\",\"n\":1,\"bytes\":\"{}\\f\"}\n"
      "{\"t_ms\":1,\"dir\":\"c2s\",\"conn\":1,\"at\":\"arrived\",\"n\":1}\n"
      "{\"t_ms\":1,\"dir\":\"c2s\",\"conn\":1,\"damaged\":true,\"hex\":\"FF0c7b\"}\n");
  next(&t);
  ck_assert(t.event.lossy && t.event.rude_client && t.event.rude_server);
  next_frame(&t, 1, TRACE_C2S, TRACE_WRITTEN, "{}\f");
  next_frame(&t, 1, TRACE_C2S, TRACE_ARRIVED, "");
  ck_assert_uint_eq(t.event.n, 1);
  next_frame(&t, 1, TRACE_C2S, TRACE_ARRIVED, "\xff\x0c{");
  ck_assert(t.event.damaged);
  end(&t);
}
END_TEST

START_TEST(segments_become_frames) {
  trial t = begin(
      "{\"t_ms\":1,\"dir\":\"c2s\",\"conn\":1,\"n\":5,\"bytes\":\"{1}\\f{2}\\f{\"}\n"
      "{\"t_ms\":2,\"dir\":\"s2c\",\"conn\":1,\"bytes\":\"{9\"}\n"
      "{\"t_ms\":3,\"dir\":\"c2s\",\"conn\":2,\"bytes\":\"{8}\\f\"}\n"
      "{\"t_ms\":4,\"dir\":\"c2s\",\"conn\":1,\"n\":7,\"bytes\":\"3\"}\n"
      "{\"t_ms\":5,\"dir\":\"c2s\",\"conn\":1,\"n\":7,\"bytes\":\"}\\f{4}\\f\"}\n"
      "{\"t_ms\":6,\"event\":\"close\",\"dir\":\"s2c\",\"conn\":1}\n"
      "{\"t_ms\":7,\"event\":\"open\",\"conn\":1}\n"
      "{\"t_ms\":8,\"dir\":\"s2c\",\"conn\":1,\"bytes\":\"{5}\\f\"}\n"
      "{\"t_ms\":9,\"dir\":\"s2c\",\"conn\":1,\"at\":\"written\",\"bytes\":\"{6\"}\n"
      "{\"t_ms\":9,\"dir\":\"s2c\",\"conn\":1,\"at\":\"arrived\",\"bytes\":\"{6\"}\n"
      "{\"t_ms\":9,\"dir\":\"s2c\",\"conn\":1,\"at\":\"arrived\",\"bytes\":\"}\\f\"}\n"
      "{\"t_ms\":9,\"dir\":\"s2c\",\"conn\":1,\"at\":\"written\",\"bytes\":\"}\\f\"}\n");
  next_frame(&t, 1, TRACE_C2S, TRACE_PASSED, "{1}\f");
  ck_assert_uint_eq(t.event.n, 5);
  next_frame(&t, 1, TRACE_C2S, TRACE_PASSED, "{2}\f");
  ck_assert_uint_eq(t.event.n, 6);
  next_frame(&t, 2, TRACE_C2S, TRACE_PASSED, "{8}\f");
  next_frame(&t, 1, TRACE_C2S, TRACE_PASSED, "{3}\f");
  ck_assert_uint_eq(t.event.line, 5);
  ck_assert_uint_eq(t.event.n, 7);
  next_frame(&t, 1, TRACE_C2S, TRACE_PASSED, "{4}\f");
  ck_assert_uint_eq(t.event.n, 8);
  next(&t);
  next(&t);
  next_frame(&t, 1, TRACE_S2C, TRACE_PASSED, "{5}\f");
  next_frame(&t, 1, TRACE_S2C, TRACE_ARRIVED, "{6}\f");
  next_frame(&t, 1, TRACE_S2C, TRACE_WRITTEN, "{6}\f");
  assert_over(&t);
  end(&t);
}
END_TEST

START_TEST(long_lines_are_read) {
  enum { LONG = 3 << 20 };
  FILE *file = tmpfile();
  ck_assert_ptr_nonnull(file);
  (void)fputs("{\"t_ms\":1,\"dir\":\"c2s\",\"conn\":1,\"bytes\":\"", file);
  for (int i = 0; i < LONG; i++) (void)fputc('x', file);
  (void)fputs("\\f\"}\n{\"t_ms\":2,\"note\":\"after\"}\n", file);
  rewind(file);
  trial t = {.file = file, .reader = trace_reader_new(file)};
  next(&t);
  ck_assert_uint_eq(t.event.bytes.len, LONG + 1);
  next(&t);
  assert_span(t.event.note, "after");
  assert_over(&t);
  end(&t);
}
END_TEST

/* ---- What is not a trace --------------------------------------------------------------------- */

static const struct {
  const char *line, *trouble;
} wrong[] = {
    {"hello", "it is not a JSON object"},
    {"[1]", "it is not a JSON object"},
    {"{\"t_ms\":1,\"note\":\"x\"} x", "it is not a JSON object"},
    {"{\"t_ms\":1,\"note\":\"x\"", "it is not a JSON object"},
    {"{\"note\":\"x\"}", "t_ms is missing"},
    {"{\"t_ms\":-1,\"note\":\"x\"}", "t_ms must be a whole number"},
    {"{\"t_ms\":1.5,\"note\":\"x\"}", "t_ms must be a whole number"},
    {"{\"t_ms\":1}", "it has none of the members"},
    {"{\"t_ms\":1,\"note\":7}", "note must be a string"},
    {"{\"t_ms\":1,\"event\":\"burst\"}", "\"burst\" is not one of its words"},
    {"{\"t_ms\":1,\"event\":\"open\"}", "conn is missing"},
    {"{\"t_ms\":1,\"event\":\"open\",\"conn\":4294967296}", "conn is missing, or not from 1"},
    {"{\"t_ms\":1,\"event\":\"open\",\"conn\":1,\"transport\":\"udp\"}", "\"udp\" is not"},
    {"{\"t_ms\":1,\"event\":\"open\",\"conn\":1,\"rude\":\"ada\"}", "\"ada\" is not"},
    {"{\"t_ms\":1,\"event\":\"open\",\"conn\":1,\"remote\":1}", "remote must be true or false"},
    {"{\"t_ms\":1,\"event\":\"close\",\"conn\":1,\"orderly\":1}", "orderly must be true or false"},
    {"{\"t_ms\":1,\"event\":\"failed\"}", "conn is missing"},
    {"{\"t_ms\":1,\"event\":\"failed\",\"conn\":1,\"version\":-1}",
     "version must be a whole number"},
    {"{\"t_ms\":1,\"bytes\":\"{}\\f\",\"conn\":1}", "dir is missing"},
    {"{\"t_ms\":1,\"bytes\":\"{}\\f\",\"dir\":\"c2s\"}", "conn is missing"},
    {"{\"t_ms\":1,\"bytes\":\"{}\\f\",\"dir\":\"up\",\"conn\":1}", "\"up\" is not"},
    {"{\"t_ms\":1,\"bytes\":\"\",\"dir\":\"c2s\",\"conn\":1}", "bytes is missing, or empty"},
    {"{\"t_ms\":1,\"at\":\"arrived\",\"dir\":\"c2s\",\"conn\":1}", "bytes is missing, or empty"},
    {"{\"t_ms\":1,\"bytes\":\"\\ud83d\\f\",\"dir\":\"c2s\",\"conn\":1}", "half a surrogate pair"},
    {"{\"t_ms\":1,\"hex\":\"7b7\",\"dir\":\"c2s\",\"conn\":1}", "pairs of hexadecimal"},
    {"{\"t_ms\":1,\"hex\":\"7g\",\"dir\":\"c2s\",\"conn\":1}", "pairs of hexadecimal"},
    {"{\"t_ms\":1,\"bytes\":\"{}\\f\",\"dir\":\"c2s\",\"conn\":1,\"dropped\":1}", "true or false"},
    {"{\"t_ms\":1,\"bytes\":\"{}\\f\",\"dir\":\"c2s\",\"conn\":1,\"dropped\":true,"
     "\"at\":\"arrived\"}",
     "what was dropped cannot have arrived"},
    {"{\"t_ms\":1,\"bytes\":\"{}\\f\",\"dir\":\"c2s\",\"conn\":1,\"damaged\":true,"
     "\"at\":\"written\"}",
     "damaged is only said of what arrived"},
    {"{\"t_ms\":1,\"app\":\"sent\",\"uid\":\"u\"}", "client is missing"},
    {"{\"t_ms\":1,\"app\":\"sent\",\"client\":\"ada\"}", "uid is missing"},
    {"{\"t_ms\":1,\"app\":\"restarted\"}", "state is missing"},
    {"{\"t_ms\":1,\"app\":\"died\"}", "\"died\" is not one of its words"},
    {"{\"t_ms\":1,\"note\":\"\xc0\xaf\"}", "it is not a JSON object"},
    {"{\"t_ms\":1,\"note\":\"\x80\"}", "it is not a JSON object"},
};

START_TEST(what_is_no_trace_is_told) {
  char text[512];
  (void)snprintf(text, sizeof text, "{\"t_ms\":1,\"note\":\"x\"}\n%s\n", wrong[_i].line);
  trial t = begin(text);
  next(&t);
  ck_assert_int_eq(trace_read(t.reader, &t.event), -1);
  const char *trouble = trace_reader_trouble(t.reader);
  ck_assert_msg(strncmp(trouble, "Line 2 ", 7) == 0, "%s", trouble);
  ck_assert_msg(strstr(trouble, wrong[_i].trouble) != NULL, "%s", trouble);
  end(&t);
}
END_TEST

START_TEST(time_does_not_go_back) {
  trial t = begin("{\"t_ms\":2,\"note\":\"x\"}\n{\"t_ms\":1,\"note\":\"x\"}\n");
  next(&t);
  ck_assert_int_eq(trace_read(t.reader, &t.event), -1);
  ck_assert_ptr_nonnull(strstr(trace_reader_trouble(t.reader), "t_ms is below"));
  end(&t);
}
END_TEST

/* ---- Writing --------------------------------------------------------------------------------- */

static const char *const lines[] = {
    "{\"t_ms\":1,\"event\":\"open\",\"conn\":1}",
    "{\"t_ms\":1,\"event\":\"open\",\"conn\":1,\"transport\":\"lossy\",\"rude\":\"client\"}",
    "{\"t_ms\":1,\"event\":\"open\",\"conn\":1,\"rude\":\"server\"}",
    "{\"t_ms\":1,\"event\":\"open\",\"conn\":1,\"rude\":\"both\"}",
    "{\"t_ms\":1,\"event\":\"open\",\"conn\":1,\"remote\":true}",
    "{\"t_ms\":1,\"event\":\"close\",\"conn\":1}",
    "{\"t_ms\":1,\"event\":\"close\",\"dir\":\"s2c\",\"conn\":1,\"orderly\":true}",
    "{\"t_ms\":1,\"event\":\"failed\",\"conn\":1}",
    "{\"t_ms\":1,\"event\":\"failed\",\"conn\":1,\"version\":2}",
    "{\"t_ms\":1,\"event\":\"close\",\"dir\":\"s2c\",\"conn\":1}",
    "{\"t_ms\":1,\"event\":\"healed\"}",
    "{\"t_ms\":1,\"note\":\"\\\"\\\\\\b\\f\\n\\r\\t\\u0000\\u001f\xf0\x9f\x98\x80\"}",
    "{\"t_ms\":1,\"dir\":\"c2s\",\"conn\":1,\"bytes\":\"{\\\"a\\\":\xc3\xa9}\\f\"}",
    "{\"t_ms\":1,\"dir\":\"s2c\",\"conn\":1,\"at\":\"written\",\"n\":9,\"bytes\":\"{}\\f\"}",
    "{\"t_ms\":1,\"dir\":\"s2c\",\"conn\":1,\"dropped\":true,\"bytes\":\"{}\\f\"}",
    "{\"t_ms\":1,\"dir\":\"s2c\",\"conn\":1,\"at\":\"arrived\",\"n\":9}",
    "{\"t_ms\":1,\"dir\":\"s2c\",\"conn\":1,\"at\":\"arrived\",\"damaged\":true,\"hex\":\"ff\"}",
    "{\"t_ms\":1,\"dir\":\"c2s\",\"conn\":1,\"hex\":\"7beda0807d0c\"}",
    "{\"t_ms\":1,\"dir\":\"c2s\",\"conn\":1,\"hex\":\"7bc0af7d0c\"}",
    "{\"t_ms\":1,\"dir\":\"c2s\",\"conn\":1,\"hex\":\"7bf48fbf0c\"}",
    "{\"t_ms\":1,\"app\":\"sent\",\"client\":\"a\",\"uid\":\"u\",\"to\":[1],\"payload\":\"[1 ]\"}",
    "{\"t_ms\":1,\"app\":\"sent\",\"client\":\"ada\",\"uid\":\"u\",\"to_text\":\"{\\n\\r}\"}",
    "{\"t_ms\":1,\"app\":\"delivered\",\"client\":\"ada\",\"from\":\"bob\",\"uid\":\"u\",\"id\":0}",
    "{\"t_ms\":1,\"app\":\"confirmed\",\"client\":\"ada\",\"uid\":\"u\"}",
    "{\"t_ms\":1,\"app\":\"refused\",\"client\":\"ada\",\"uid\":\"u\",\"code\":\"bad-to\"}",
    "{\"t_ms\":1,\"app\":\"stored\",\"client\":\"ada\"}",
    "{\"t_ms\":1,\"app\":\"crashed\"}",
    "{\"t_ms\":1,\"app\":\"restarted\",\"client\":\"ada\",\"state\":\"lost\"}",
    "{\"t_ms\":1,\"app\":\"restarted\",\"state\":\"kept\"}",
    "{\"t_ms\":1,\"app\":\"restarted\",\"client\":\"ada\",\"state\":\"old\"}",
};

START_TEST(what_was_read_is_written_the_same) {
  trial t = begin(lines[_i]);
  next(&t);
  char *text = NULL;
  size_t len = 0;
  FILE *file = open_memstream(&text, &len);
  ck_assert(trace_write(file, &t.event));
  (void)fclose(file);
  ck_assert_int_eq(text[len - 1], '\n');
  text[len - 1] = '\0';
  ck_assert_str_eq(text, lines[_i]);
  free(text);
  end(&t);
}
END_TEST

Suite *oracle_suite_trace(void) {
  Suite *suite = suite_create("trace");
  TCase *reading = tcase_create("reading");
  tcase_add_test(reading, a_capture_is_read);
  tcase_add_test(reading, what_applications_do_is_read);
  tcase_add_test(reading, a_lossy_connection_is_read);
  tcase_add_test(reading, segments_become_frames);
  tcase_add_test(reading, long_lines_are_read);
  tcase_add_loop_test(reading, what_is_no_trace_is_told, 0, sizeof wrong / sizeof *wrong);
  tcase_add_test(reading, time_does_not_go_back);
  suite_add_tcase(suite, reading);
  TCase *writing = tcase_create("writing");
  tcase_add_loop_test(writing, what_was_read_is_written_the_same, 0, sizeof lines / sizeof *lines);
  suite_add_tcase(suite, writing);
  return suite;
}
