/* Makes the result model.
 * Read first: results.h. */
#include "runner/results.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

/* What is not UTF-8 is shown as people can read it. */
json_t *results_string(const char *from) {
  json_t *made = json_string(from == NULL ? "" : from);
  if (made != NULL) return made;
  text out = {0};
  text_show(&out, span_of(from), strlen(from));
  return json_string(text_words(&out));
}

const char *results_step_name(const json_t *run) {
  return json_is_true(json_object_get(run, "always")) ? "during" : "step";
}

const char *results_text(const json_t *of, const char *member) {
  const char *found = json_string_value(json_object_get(of, member));
  return found == NULL ? "" : found;
}

bool results_is(const json_t *run, verdict what) {
  return strcmp(results_text(run, "verdict"), verdict_name(what)) == 0;
}

bool results_is_bad(const json_t *run) {
  if (json_is_true(json_object_get(run, "expected"))) return false;
  return results_is(run, VERDICT_FAIL) || results_is(run, VERDICT_NON_STRICT) ||
         results_is(run, VERDICT_ERROR) || results_is(run, VERDICT_INCONCLUSIVE);
}

/* ---- One run ---- */

static json_t *requirements_of(const test_case *one) {
  json_t *list = json_array();
  for (size_t i = 0; i < one->requirement_count; i++) {
    const char *id = one->requirements[i];
    (void)json_array_append_new(
        list, json_pack("{s:s,s:s,s:s}", "id", id, "level", case_level_name(requirement_level(id)),
                        "sentence", requirement_sentence(id)));
  }
  return list;
}

static json_t *facts_of(const test_run *run, verdict what, const char *reason) {
  const test_case *one = run->of;
  json_t *made = json_object();
  (void)json_object_set_new(made, "id", results_string(run->id));
  (void)json_object_set_new(made, "case", results_string(one->id));
  (void)json_object_set_new(made, "title", results_string(one->title));
  (void)json_object_set_new(made, "prose", results_string(one->prose));
  (void)json_object_set_new(made, "file", results_string(one->file));
  (void)json_object_set_new(made, "line", json_integer(one->line));
  (void)json_object_set_new(made, "level", results_string(case_level_name(one->level)));
  (void)json_object_set_new(made, "role",
                            results_string(one->role == ROLE_SERVER ? "server" : "client"));
  (void)json_object_set_new(made, "version", json_integer(run->version));
  (void)json_object_set_new(made, "requirements", requirements_of(one));
  (void)json_object_set_new(made, "verdict", results_string(verdict_name(what)));
  (void)json_object_set_new(made, "reason", results_string(reason));
  (void)json_object_set_new(made, "expected", json_false());
  return made;
}

json_t *results_of_trouble(const test_run *run, verdict what, const char *reason) {
  json_t *made = facts_of(run, what, reason);
  (void)json_object_set_new(made, "ms", json_integer(0));
  (void)json_object_set_new(made, "steps", json_array());
  (void)json_object_set_new(made, "wire", json_array());
  (void)json_object_set_new(made, "endings", json_array());
  return made;
}

static json_t *wire_of(const play *p) {
  json_t *list = json_array();
  for (size_t i = 0; i < p->log_count; i++) {
    const log_line *one = wire_log_line(p, i);
    (void)json_array_append_new(
        list, json_pack("{s:f,s:s,s:i,s:s,s:s}", "ms", one->at_ms, "who", one->who, "connection",
                        (int)one->number, "what", one->what, "text", one->words));
  }
  return list;
}

/* How each connection ended is a verdict of its own: CLEAN, or UNCLEAN where the peer ended one
 * that no step said would end, or ended it with a reset. */
static json_t *endings_of(const play *p) {
  static const char *const how[] = {"open", "closed by the peer", "reset by the peer",
                                    "closed by the suite"};
  json_t *list = json_array();
  for (size_t i = 0; i < p->conn_count; i++) {
    const conn *c = p->conns[i];
    bool by_peer = c->end == END_BY_PEER || c->end == END_RESET;
    bool is_clean = !by_peer || (c->is_end_judged && c->end != END_RESET);
    (void)json_array_append_new(
        list, json_pack("{s:s,s:i,s:s,s:s}", "who", c->name, "connection", (int)c->number, "how",
                        how[c->end], "verdict", is_clean ? "CLEAN" : "UNCLEAN"));
  }
  return list;
}

json_t *results_of_play(const play *p) {
  json_t *made = facts_of(p->run, p->verdict, p->reason);
  if (p->requirement != NULL) {
    (void)json_object_set_new(made, "requirement", results_string(p->requirement));
    (void)json_object_set_new(made, "sentence",
                              results_string(requirement_sentence(p->requirement)));
    (void)json_object_set_new(made, "advice", results_string(results_advice(p->requirement)));
    (void)json_object_set_new(made, "always", json_boolean(p->is_breach));
    (void)json_object_set_new(made, "acceptable", results_string(p->acceptable));
    (void)json_object_set_new(made, "came", results_string(p->came));
  }
  if (p->verdict != VERDICT_PASS && p->now != NULL) {
    (void)json_object_set_new(made, "step", results_string(p->now->source));
    (void)json_object_set_new(made, "step_line", json_integer(p->now->line));
  }
  (void)json_object_set_new(made, "judged", json_integer(p->judged));
  (void)json_object_set_new(made, "ms", json_integer((json_int_t)(wire_now() - p->began_ms)));
  (void)json_object_set(made, "steps", p->steps);
  (void)json_object_set_new(made, "wire", wire_of(p));
  (void)json_object_set_new(made, "wire_left_out", json_integer((json_int_t)p->log_left_out));
  (void)json_object_set_new(made, "endings", endings_of(p));
  return made;
}

/* ---- The whole ---- */

json_t *results_make(const results_about *about, json_t *runs) {
  json_t *all = json_object(), *run;
  size_t i;
  (void)json_object_set_new(all, "schema", json_integer(1));
  (void)json_object_set_new(all, "suite", results_string("epigeon-conform " CONFORM_VERSION));
  (void)json_object_set_new(all, "target", results_string(about->target));
  (void)json_object_set_new(all, "role", results_string(about->role));
  (void)json_object_set_new(all, "seconds", json_real(about->seconds));
  json_array_foreach(runs, i, run) {
    const char *id = results_text(run, "id");
    (void)json_object_set_new(run, "command",
                              json_string(text_format("%s --select '%s'", about->command, id)));
  }
  (void)json_object_set_new(all, "stale", json_array());
  (void)json_object_set_new(all, "runs", runs);
  return all;
}

/* ---- Expected failures ---- */

/* Whether a pattern of the baseline names this run; a passing one is then unexpected. */
static bool expect_matching(json_t *all, const char *glob) {
  json_t *run;
  size_t i;
  bool found = false;
  json_array_foreach(json_object_get(all, "runs"), i, run) {
    bool names = fnmatch(glob, results_text(run, "id"), 0) == 0 ||
                 fnmatch(glob, results_text(run, "case"), 0) == 0;
    if (!names) continue;
    found = true;
    (void)json_object_set_new(run, "expected", json_true());
  }
  return found;
}

bool results_apply_baseline(json_t *all, const char *path, char **why) {
  char *content = case_load(path, NULL);
  if (content == NULL) {
    *why = text_format("The baseline %s cannot be read.", path);
    return false;
  }
  for (char *line = strtok(content, "\n"); line != NULL; line = strtok(NULL, "\n")) {
    char *remark = strchr(line, '#');
    if (remark != NULL) *remark = '\0';
    line = text_trim(line);
    if (*line == '\0') continue;
    if (!expect_matching(all, line))
      (void)json_array_append_new(json_object_get(all, "stale"), json_string(line));
  }
  return true;
}

/* ---- Counts and the exit code ---- */

static bool is_failure(const json_t *run, bool strict) {
  return results_is(run, VERDICT_FAIL) || (strict && results_is(run, VERDICT_NON_STRICT));
}

/* What one run adds to the reasons for each exit code. */
static void weigh(const json_t *run, bool strict, size_t reasons[EXIT_UNEXPECTED + 1]) {
  bool expected = json_is_true(json_object_get(run, "expected"));
  if (results_is(run, VERDICT_PASS)) {
    reasons[expected ? EXIT_UNEXPECTED : EXIT_CONFORMS]++;
  } else if (results_is(run, VERDICT_ERROR)) {
    reasons[EXIT_INTERNAL]++;
  } else if (results_is(run, VERDICT_INCONCLUSIVE)) {
    reasons[EXIT_INCONCLUSIVE]++;
  } else if (is_failure(run, strict)) {
    reasons[expected ? EXIT_CONFORMS : EXIT_FAILS]++;
  } else if (results_is(run, VERDICT_NON_STRICT)) {
    reasons[EXIT_CONFORMS]++;
  }
}

/* The gravest reason decides; nothing judged at all is inconclusive. */
static int exit_code(const size_t reasons[EXIT_UNEXPECTED + 1]) {
  if (reasons[EXIT_FAILS] > 0) return EXIT_FAILS;
  if (reasons[EXIT_INTERNAL] > 0) return EXIT_INTERNAL;
  if (reasons[EXIT_UNEXPECTED] > 0) return EXIT_UNEXPECTED;
  if (reasons[EXIT_INCONCLUSIVE] > 0 || reasons[EXIT_CONFORMS] == 0) return EXIT_INCONCLUSIVE;
  return EXIT_CONFORMS;
}

const char *results_outcome(const json_t *all) {
  static const char *const words[] = {"conforms",
                                      "does not conform",
                                      "",
                                      "",
                                      "could not be tested as it should: the suite had trouble",
                                      "was not tested enough to say so",
                                      "passes what the baseline expects to fail"};
  long long code = json_integer_value(json_object_get(all, "exit"));
  return code >= 0 && code <= EXIT_UNEXPECTED ? words[code] : "";
}

int results_conclude(json_t *all, bool strict) {
  json_t *run, *counts = json_object();
  size_t i, reasons[EXIT_UNEXPECTED + 1] = {0};
  size_t of[VERDICT_COUNT] = {0}, expected = 0;
  json_array_foreach(json_object_get(all, "runs"), i, run) {
    for (verdict v = VERDICT_PASS; v < VERDICT_COUNT; v++) of[v] += results_is(run, v);
    expected += json_is_true(json_object_get(run, "expected")) && !results_is(run, VERDICT_PASS);
    weigh(run, strict, reasons);
  }
  reasons[EXIT_UNEXPECTED] += json_array_size(json_object_get(all, "stale"));
  for (verdict v = VERDICT_PASS; v < VERDICT_COUNT; v++)
    (void)json_object_set_new(counts, verdict_name(v), json_integer((json_int_t)of[v]));
  int code = exit_code(reasons);
  (void)json_object_set_new(all, "counts", counts);
  (void)json_object_set_new(all, "expected", json_integer((json_int_t)expected));
  (void)json_object_set_new(all, "exit", json_integer(code));
  return code;
}
