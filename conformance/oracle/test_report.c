/* Unit tests: what a report tells of a finding, in text, JSON and pictures; stories and tapes.
 * Read first: report.h, story.h, tape.h. */
#include <check.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "oracle/diagram.h"
#include "oracle/label.h"
#include "oracle/report.h"
#include "oracle/scan.h"
#include "oracle/tape.h"

Suite *oracle_suite_report(void);

/* ---- A small trace: ada's message 7 is lost, comes late, and is told twice to bob ---- */

#define FRAME(line_, conn_, dir_, at_, n_, text)                                              \
  {                                                                                           \
    .kind = TRACE_FRAME, .t_ms = (line_)*10, .line = (line_), .conn = (conn_), .dir = (dir_), \
    .has_dir = true, .at = (at_), .n = (n_), .bytes = {                                       \
      text,                                                                                   \
      sizeof text - 1                                                                         \
    }                                                                                         \
  }

#define MESSAGE(uid) \
  "{\"action\":\"message.new\",\"payload\":{\"to\":\"bob\",\"id\":0,\"uid\":\"" uid "\"}}\f"
#define COPY(uid)                                                                              \
  "{\"action\":\"message.new\",\"payload\":{\"from\":\"ada\",\"to\":\"bob\",\"id\":0,\"uid\":" \
  "\"" uid "\",\"fromId\":0}}\f"
#define AUTH(id) \
  "{\"action\":\"auth\",\"payload\":\"" id "\",\"version\":2,\"instance\":\"i\",\"expect\":0}\f"

enum { BUSY = 200 };

static const trace_event beginning[] = {
    {.kind = TRACE_OPEN, .t_ms = 10, .line = 1, .conn = 1, .lossy = true},
    {.kind = TRACE_OPEN, .t_ms = 20, .line = 2, .conn = 2, .lossy = true},
    FRAME(3, 1, TRACE_C2S, TRACE_PASSED, 1, AUTH("ada")),
    FRAME(4, 2, TRACE_C2S, TRACE_PASSED, 1, AUTH("bob")),
    FRAME(5, 1, TRACE_C2S, TRACE_WRITTEN, 2, MESSAGE("u-7")),
    FRAME(6, 1, TRACE_C2S, TRACE_WRITTEN, 3, MESSAGE("u-7")),
    FRAME(7, 1, TRACE_C2S, TRACE_ARRIVED, 3, ""),
    FRAME(8, 1, TRACE_C2S, TRACE_WRITTEN, 4, MESSAGE("u-7")),
    FRAME(9, 1, TRACE_C2S, TRACE_ARRIVED, 4, ""),
};
static const trace_event ending[] = {
    FRAME(300, 2, TRACE_S2C, TRACE_PASSED, 1, COPY("u-7")),
    {.kind = TRACE_CRASHED, .t_ms = 3010, .line = 301},
    {.kind = TRACE_RESTARTED, .t_ms = 3020, .line = 302, .state_lost = true},
    FRAME(303, 2, TRACE_S2C, TRACE_WRITTEN, 2, COPY("u-7")),
    FRAME(304, 2, TRACE_C2S, TRACE_PASSED, 2, COPY("u-7")),
};

static const judge_finding finding = {.line = 303,
                                      .t_ms = 3030,
                                      .conn = 2,
                                      .requirement = "EP-SEND-3",
                                      .sentence = "A sender MUST NOT <write> it again.",
                                      .what = "It wrote \"u-7\" & again.",
                                      .acceptable = "To wait.",
                                      .client = "bob",
                                      .uid = "u-7",
                                      .lead_up_count = 2,
                                      .lead_up = {7, 300}};

/* Gives every event of the trace to `add` until it has enough. */
static void tell(bool (*add)(void *to, const trace_event *event), void *to) {
  bool more = true;
  for (size_t i = 0; more && i < sizeof beginning / sizeof *beginning; i++)
    more = add(to, &beginning[i]);
  for (uint64_t line = 10; more && line < 10 + BUSY; line++) {
    trace_event busy = FRAME(line, 1, TRACE_C2S, TRACE_PASSED, 0, "{\"action\":\"ping\"}\f");
    more = add(to, &busy);
  }
  for (size_t i = 0; more && i < sizeof ending / sizeof *ending; i++) more = add(to, &ending[i]);
}

static bool add_to_story(void *to, const trace_event *event) { return story_add(to, event); }

static bool add_to_tape(void *to, const trace_event *event) {
  tape_add(to, event);
  return true;
}

static story *whole_story(void) {
  story *s = story_new(&finding);
  tell(add_to_story, s);
  story_end(s);
  return s;
}

static void assert_story(const story *s) {
  static const uint64_t lines[] = {4, 5, 6, 7, 8, 9, 300, 301, 302, 303};
  size_t at = 0;
  for (size_t i = 0; i < story_count(s); i++) {
    const story_event *event = story_at(s, i);
    if (event->event.line == 2) continue; /* the connection opens: there with a tape, too */
    ck_assert_uint_eq(event->event.line, lines[at++]);
    ck_assert_int_eq(event->role == STORY_GUILTY, event->event.line == 303);
    ck_assert_int_eq(event->role == STORY_LED, event->event.line == 7 || event->event.line == 300);
  }
  ck_assert_uint_eq(at, sizeof lines / sizeof *lines);
}

START_TEST(a_story_holds_what_matters) {
  story *s = whole_story();
  assert_story(s);
  ck_assert_uint_eq(story_count(s), 11);
  const story_event *lost = story_at(s, 2);
  const story_event *late = story_at(s, 3);
  ck_assert_uint_eq(lost->event.line, 5);
  ck_assert_uint_eq(lost->arrival, STORY_NEVER);
  ck_assert_uint_eq(story_at(s, 10)->arrival, STORY_UNKNOWN);
  ck_assert_uint_eq(late->arrival, 4);
  ck_assert(span_equal(story_at(s, 4)->event.bytes, late->event.bytes));
  ck_assert(span_is(late->client, "ada"));
  ck_assert(span_is(story_at(s, 7)->client, "bob"));
  ck_assert_uint_eq(story_at(s, 0)->left_out, 1);
  ck_assert_uint_eq(story_at(s, 7)->left_out, BUSY);
  story_free(s);
}
END_TEST

/* Of many connections each is known by its client. */
START_TEST(clients_are_known_by_their_connections) {
  enum { CLIENTS = 2000, ASKED = 7 };
  judge_finding of_one = {.conn = ASKED, .client = "c7", .requirement = "", .sentence = ""};
  story *s = story_new(&of_one);
  for (uint32_t conn = 1; conn <= CLIENTS; conn++) {
    char text[128];
    (void)snprintf(text, sizeof text, "{\"action\":\"auth\",\"payload\":\"c%u\"}\f",
                   (unsigned)conn);
    trace_event event = {.kind = TRACE_FRAME, .line = conn, .conn = conn, .bytes = span_of(text)};
    ck_assert(story_add(s, &event));
  }
  story_end(s);
  ck_assert_uint_eq(story_count(s), 1);
  ck_assert_uint_eq(story_at(s, 0)->event.conn, ASKED);
  ck_assert(span_is(story_at(s, 0)->client, "c7"));
  story_free(s);
}
END_TEST

/* ---- Tapes ----------------------------------------------------------------------------------- */

START_TEST(a_tape_tells_the_same_story) {
  tape *t = tape_new(1 << 20);
  tell(add_to_tape, t);
  story *s = story_new(&finding);
  tape_tell(t, s);
  assert_story(s);
  story_free(s);
  tape_free(t);
}
END_TEST

/* Of many events of many sizes the tape keeps the newest, unharmed. */
START_TEST(a_tape_keeps_the_newest) {
  enum { EVENTS = 5000, SIZE = 1 << 14 };
  static char bytes[SIZE];
  judge_finding all = {.line = 0, .conn = 1, .requirement = "", .sentence = ""};
  tape *t = tape_new(SIZE);
  size_t len = 1;
  for (uint64_t line = 1; line <= EVENTS; line++) {
    len = (len * 1103515245 + 12345) % 997;
    memset(bytes, (int)(line % 251), len);
    trace_event event = {.kind = TRACE_FRAME, .line = line, .conn = 1, .bytes = {bytes, len}};
    tape_add(t, &event);
    if (line % 100 != 0) continue;
    story *s = story_new(&all);
    tape_tell(t, s);
    ck_assert_uint_gt(story_count(s), 4);
    uint64_t expected = line - story_count(s) + 1;
    for (size_t i = 0; i < story_count(s); i++, expected++) {
      const trace_event *kept = &story_at(s, i)->event;
      ck_assert_uint_eq(kept->line, expected);
      for (size_t at = 0; at < kept->bytes.len; at++)
        ck_assert_int_eq((unsigned char)kept->bytes.text[at], (int)(expected % 251));
    }
    story_free(s);
  }
  tape_free(t);
}
END_TEST

START_TEST(a_tape_leaves_out_large_bytes) {
  enum { SIZE = 1 << 14 };
  static const char bytes[SIZE];
  judge_finding all = {.line = 0, .conn = 1, .requirement = "", .sentence = ""};
  trace_event event = {
      .kind = TRACE_FRAME, .line = 3, .conn = 1, .n = 5, .bytes = {bytes, SIZE / 2}};
  tape *t = tape_new(SIZE);
  tape_add(t, &event);
  story *s = story_new(&all);
  tape_tell(t, s);
  ck_assert_uint_eq(story_count(s), 1);
  ck_assert_uint_eq(story_at(s, 0)->event.bytes.len, 0);
  ck_assert_uint_eq(story_at(s, 0)->event.n, 5);
  story_free(s);
  tape_reset(t);
  s = story_new(&all);
  tape_tell(t, s);
  ck_assert_uint_eq(story_count(s), 0);
  story_free(s);
  tape_free(t);
}
END_TEST

/* ---- Reports --------------------------------------------------------------------------------- */

typedef struct text {
  FILE *file;
  char *text;
  size_t len;
} text;

static void text_begin(text *t) {
  *t = (text){.len = 0};
  t->file = open_memstream(&t->text, &t->len);
}

static void assert_has(const text *t, const char *words) {
  ck_assert_msg(strstr(t->text, words) != NULL, "no \"%s\" in:\n%s", words, t->text);
}

static report report_of(const story *s) {
  return (report){.file = "a.ndjson",
                  .verdict = JUDGE_REJECTED,
                  .finding = &finding,
                  .story = s,
                  .frames = 12,
                  .messages = 1};
}

START_TEST(a_report_says_what_happened) {
  story *s = whole_story();
  report r = report_of(s);
  text t;
  text_begin(&t);
  report_text(t.file, &r, true);
  (void)fclose(t.file);
  assert_has(&t, "a.ndjson: rejected (12 frames, 1 messages)\n");
  assert_has(&t, "  rule       EP-SEND-3: A sender MUST NOT <write> it again.\n");
  assert_has(&t, "  happened   It wrote \"u-7\" & again.\n");
  assert_has(&t, "  acceptable To wait.\n");
  assert_has(&t, "  where      line 303, at 3030 ms, connection 2\n");
  assert_has(&t, "  client     bob\n");
  assert_has(&t, "  message    u-7\n");
  assert_has(&t, "line 300, 3000 ms: message.new 0 u-7 from ada\n");
  assert_has(&t, "line 303, 3030 ms: message.new 0 u-7 from ada  <-- here\n");
  assert_has(&t, "server");
  free(t.text);
  story_free(s);
}
END_TEST

START_TEST(a_diagram_fits_its_page) {
  story *s = whole_story();
  text t;
  text_begin(&t);
  diagram_write(t.file, s);
  (void)fclose(t.file);
  assert_has(&t, "-X|"); /* lost */
  assert_has(&t, "-~|"); /* later, */
  assert_has(&t, "|~-"); /* here */
  assert_has(&t, "# killed");
  assert_has(&t, "# started again, state lost");
  assert_has(&t, ">>     303    3030ms");
  assert_has(&t, "... 200 more");
  size_t rows = 0;
  for (const char *at = t.text; *at != '\0'; rows++) {
    size_t len = strcspn(at, "\n");
    ck_assert_uint_le(len, DIAGRAM_COLUMNS);
    at += len + 1;
  }
  ck_assert_uint_eq(rows, 1 + story_count(s) + 3);
  free(t.text);
  story_free(s);
}
END_TEST

START_TEST(json_says_the_same) {
  story *s = whole_story();
  report r = report_of(s);
  r.unit = "packet";
  r.doubt = "Bytes are missing.";
  text t;
  text_begin(&t);
  ck_assert(report_json(t.file, &r));
  (void)fclose(t.file);
  json_t *root = json_loads(t.text, 0, NULL);
  ck_assert_ptr_nonnull(root);
  ck_assert_str_eq(json_string_value(json_object_get(root, "verdict")), "rejected");
  ck_assert_str_eq(json_string_value(json_object_get(root, "requirement")), "EP-SEND-3");
  ck_assert_str_eq(json_string_value(json_object_get(root, "what")), finding.what);
  ck_assert_str_eq(json_string_value(json_object_get(root, "unit")), "packet");
  ck_assert_str_eq(json_string_value(json_object_get(root, "doubt")), "Bytes are missing.");
  ck_assert_int_eq(json_integer_value(json_object_get(root, "line")), 303);
  ck_assert_uint_eq(json_array_size(json_object_get(root, "lead_up")), 2);
  json_t *events = json_object_get(root, "events");
  ck_assert_uint_eq(json_array_size(events), story_count(s));
  json_t *last = json_array_get(events, json_array_size(events) - 1);
  ck_assert_str_eq(json_string_value(json_object_get(last, "role")), "guilty");
  ck_assert_str_eq(json_string_value(json_object_get(last, "client")), "bob");
  ck_assert_uint_eq(strcspn(t.text, "\n"), t.len - 1);
  json_decref(root);
  free(t.text);
  story_free(s);
}
END_TEST

START_TEST(names_that_are_not_utf8_do_no_harm) {
  report r = {.file = "\xff", .verdict = JUDGE_ACCEPTED};
  text t;
  text_begin(&t);
  ck_assert(report_json(t.file, &r));
  ck_assert(report_trouble_json(t.file, "\xff", "It is gone."));
  (void)fclose(t.file);
  assert_has(&t, "{\"file\":\"?\",\"verdict\":\"accepted\"");
  assert_has(&t, "{\"file\":\"?\",\"verdict\":\"unreadable\",\"trouble\":\"It is gone.\"}");
  free(t.text);
}
END_TEST

START_TEST(a_picture_escapes_what_it_says) {
  story *s = whole_story();
  text t;
  text_begin(&t);
  ck_assert(svg_write(t.file, s, &finding));
  (void)fclose(t.file);
  assert_has(&t, "<title>It wrote &quot;u-7&quot; &amp; again.</title>");
  assert_has(&t, "A sender MUST NOT &lt;write&gt; it again.");
  assert_has(&t, "class=\"guilty\"");
  assert_has(&t, "prefers-color-scheme: dark");
  assert_has(&t, "</svg>\n");
  free(t.text);
  story_free(s);
}
END_TEST

/* ---- Labels ---------------------------------------------------------------------------------- */

static const struct {
  const char *frame, *says;
  trace_dir dir;
} labels[] = {
    {AUTH("ada"), "auth ada v2 expect 0", TRACE_C2S},
    {"{\"action\":\"auth\",\"payload\":true}\f", "auth true", TRACE_S2C},
    {MESSAGE("9f429b5d-22b7-4724-baf3-7624f1c70297"), "message.new 0 9f429b5d.. to \"bob\"",
     TRACE_C2S},
    {"{\"action\":\"message.confirm\",\"payload\":12}\f", "message.confirm 12", TRACE_C2S},
    {"{\"action\":\"message.confirm\",\"payload\":\"u-7\"}\f", "message.confirm u-7", TRACE_S2C},
    {"{\"action\":\"message.retry\",\"payload\":3}\f", "message.retry 3", TRACE_S2C},
    {"{\"action\":\"session.update\",\"payload\":{},\"id\":3}\f", "session.update 3", TRACE_C2S},
    {"{\"action\":\"message.receipt\",\"payload\":{\"id\":5,\"of\":1,\"uid\":\"u\",\"by\":\"bob\","
     "\"left\":0}}\f",
     "message.receipt 5 u of 1 by bob", TRACE_S2C},
    {"{\"action\":\"error\",\"payload\":{\"code\":\"replaced\",\"reason\":\"x\"}}\f",
     "error replaced", TRACE_S2C},
    {"{\"action\":\"client.connect\",\"payload\":\"bob\"}\f", "client.connect bob", TRACE_S2C},
    {"{\"action\":\"message.new\",\"payload\":1}\f", "invalid message.new", TRACE_C2S},
    {"{\"action\":\"\\u0007\"}\f", "?", TRACE_C2S},
    {"{\f", "malformed frame, 2 bytes", TRACE_C2S},
};

START_TEST(a_frame_has_a_label) {
  trace_event event = {
      .kind = TRACE_FRAME, .dir = labels[_i].dir, .bytes = span_of(labels[_i].frame)};
  frame_parser parser;
  frame_parser_init(&parser);
  label words = label_of(&parser, &event);
  ck_assert_str_eq(words.text, labels[_i].says);
  frame_parser_free(&parser);
}
END_TEST

Suite *oracle_suite_report(void) {
  Suite *suite = suite_create("report");
  TCase *stories = tcase_create("stories");
  tcase_add_test(stories, a_story_holds_what_matters);
  tcase_add_test(stories, clients_are_known_by_their_connections);
  tcase_add_test(stories, a_tape_tells_the_same_story);
  tcase_add_test(stories, a_tape_keeps_the_newest);
  tcase_add_test(stories, a_tape_leaves_out_large_bytes);
  suite_add_tcase(suite, stories);
  TCase *reports = tcase_create("reports");
  tcase_add_test(reports, a_report_says_what_happened);
  tcase_add_test(reports, a_diagram_fits_its_page);
  tcase_add_test(reports, json_says_the_same);
  tcase_add_test(reports, names_that_are_not_utf8_do_no_harm);
  tcase_add_test(reports, a_picture_escapes_what_it_says);
  tcase_add_loop_test(reports, a_frame_has_a_label, 0, sizeof labels / sizeof *labels);
  suite_add_tcase(suite, reports);
  return suite;
}
