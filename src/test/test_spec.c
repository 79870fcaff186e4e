/* The examples of the spec, as tests: every example frame has the verdict it claims, whole and cut
 * at every byte; every worked session is what the server core really answers. Read first:
 * spec/protocol.md, chapters 6 and 19. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "epigeon.h"
#include "sessions.h"
#include "test/server_driver.h"
#include "test/test_memory.h"
#include "vectors.h"
#include "wire/message.h"

typedef enum { ok, malformed, invalid, refused } verdict;
typedef enum { c2s, s2c, both } direction;

typedef struct {
  const char *name;
  direction direction;
  verdict verdict;
  ep_action action;
  const char *bytes;
  size_t len;
} vector;

static const vector vectors[] = {
#define VECTOR(name, way, result, action, bytes, len, line) \
  {name, way, result, EP_ACTION_##action, bytes, len},
    EP_VECTORS(VECTOR)
#undef VECTOR
};

enum { VECTORS = sizeof vectors / sizeof *vectors };

/* Feeds the frame in two pieces; what a piece leaves over is offered again. */
static ep_frame_result read_cut(ep_frame_reader *reader, const vector *v, size_t cut) {
  size_t used = 0;
  ep_frame_result result = ep_frame_read(reader, &used, ep_bytes_of(v->bytes, cut));
  if (result != EP_FRAME_MORE) return result;
  ck_assert_uint_eq(used, cut);
  result = ep_frame_read(reader, &used, ep_bytes_of(v->bytes + cut, v->len - cut));
  return result;
}

static verdict judge(const vector *v, ep_direction way, size_t cut, ep_action *action) {
  test_memory memory = {0};
  ep_allocator allocator = test_allocator(&memory);
  ep_frame_scratch scratch;
  ep_frame_reader reader;
  ep_frame_scratch_init(&scratch, &allocator);
  ep_frame_reader_init(&reader, &allocator, &scratch);
  ep_message message;
  ep_error why;
  verdict found = malformed;
  *action = EP_ACTION_UNKNOWN;
  switch (read_cut(&reader, v, cut)) {
    case EP_FRAME_READY:
      found = ep_message_decode(&reader, way, &message, &why) == EP_DECODE_OK ? ok : invalid;
      *action = message.action;
      break;
    case EP_FRAME_INVALID: found = invalid; break;
    case EP_FRAME_MALFORMED: found = malformed; break;
    case EP_FRAME_MORE: ck_abort_msg("%s: the frame did not end", v->name); break;
    default: found = refused; break;
  }
  ep_frame_reader_free(&reader);
  ep_frame_scratch_free(&scratch);
  ck_assert_uint_eq(memory.live, 0);
  return found;
}

/* By the examples of their chapters: EP-FRAME-1, EP-FRAME-2, EP-FRAME-3, EP-JSON-1, EP-JSON-2,
 * EP-JSON-3, EP-JSON-4, EP-JSON-5, EP-JSON-6, EP-MSG-1, EP-MSG-2, EP-MSG-3 */
START_TEST(example_has_its_verdict_at_every_cut) {
  const vector *v = &vectors[_i];
  for (int way = 0; way < 2; way++) {
    if (v->direction != both && (int)v->direction != way) continue;
    for (size_t cut = 0; cut < v->len; cut++) {
      ep_action action;
      verdict found = judge(v, way == 0 ? EP_C2S : EP_S2C, cut, &action);
      ck_assert_msg(found == v->verdict, "%s, cut at %zu: verdict %d, not %d", v->name, cut,
                    (int)found, (int)v->verdict);
      if (found == ok) ck_assert_msg(action == v->action, "%s: action %d", v->name, (int)action);
    }
  }
}
END_TEST

/* Plays what the client writes; compares what the server writes with the lines up to the next of
 * those. */
static void play(const struct ep_session *session, size_t piece) {
  server_driver *driver = server_driver_new();
  ep_conn conn = server_driver_open(driver);
  for (uint32_t i = 0; i < session->step_count; i++) {
    const struct ep_session_step *step = &session->steps[i];
    bool turn_ends = i + 1 == session->step_count || session->steps[i + 1].kind != step->kind;
    switch (step->kind) {
      case 'C':
        server_driver_feed(driver, conn, step->bytes, step->len, piece);
        if (turn_ends) server_driver_turn(driver);
        break;
      case 'S': {
        ep_bytes got = server_driver_take_frame(driver, conn);
        ck_assert_msg(got.len == step->len && memcmp(got.data, step->bytes, got.len) == 0,
                      "%s, line %u: the server wrote %.*s", session->name, step->line, (int)got.len,
                      (const char *)got.data);
        if (turn_ends) ck_assert_uint_eq(server_driver_take_frame(driver, conn).len, 0);
        break;
      }
      default:
        ck_assert_int_eq(step->kind, 'X');
        server_driver_close(driver, conn);
        conn = server_driver_open(driver);
        break;
    }
  }
  server_driver_free(driver);
}

START_TEST(worked_session_is_what_happens) {
  play(&EP_SESSIONS[_i], SIZE_MAX);
  play(&EP_SESSIONS[_i], 1);
  play(&EP_SESSIONS[_i], 7);
}
END_TEST

Suite *ep_suite_spec(void) {
  Suite *suite = suite_create("spec");
  TCase *tests = tcase_create("examples");
  tcase_add_loop_test(tests, example_has_its_verdict_at_every_cut, 0, VECTORS);
  tcase_add_loop_test(tests, worked_session_is_what_happens, 0, (int)EP_SESSION_COUNT);
  suite_add_tcase(suite, tests);
  return suite;
}
