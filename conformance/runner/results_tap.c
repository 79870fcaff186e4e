/* TAP 14: a line for each run, and evidence in YAML below those that need it.
 * Read first: results.h. */
#include <string.h>

#include "runner/results.h"

/* A value as a double-quoted YAML scalar; every JSON string is one. */
static void put_scalar(FILE *out, const char *name, const char *value) {
  if (*value == '\0') return;
  char *quoted = json_dumps(json_string(value), JSON_ENCODE_ANY);
  (void)fprintf(out, "  %s: %s\n", name, quoted == NULL ? "\"\"" : quoted);
}

static void put_wire(FILE *out, const json_t *run) {
  json_t *line;
  size_t i;
  (void)fputs("  wire:\n", out);
  json_array_foreach(json_object_get(run, "wire"), i, line) {
    const char *what = results_text(line, "what");
    char *words = text_format("%.1f %s %s %s", json_number_value(json_object_get(line, "ms")),
                              results_text(line, "who"),
                              strcmp(what, "in") == 0    ? "<"
                              : strcmp(what, "out") == 0 ? ">"
                                                         : "-",
                              results_text(line, "text"));
    char *quoted = json_dumps(json_string(words), JSON_ENCODE_ANY);
    (void)fprintf(out, "    - %s\n", quoted == NULL ? "\"\"" : quoted);
  }
}

static void put_evidence(FILE *out, const json_t *run) {
  static const char *const members[] = {"verdict",    "requirement", "sentence", "advice", "step",
                                        "acceptable", "came",        "reason",   "command"};
  (void)fputs("  ---\n", out);
  for (size_t i = 0; i < sizeof members / sizeof *members; i++)
    put_scalar(out, members[i], results_text(run, members[i]));
  if (json_is_true(json_object_get(run, "server_died")))
    put_scalar(
        out, "server",
        text_format("ended by itself in this run; it said: %s", results_text(run, "server_said")));
  (void)fprintf(out, "  at: {file: \"%s\", line: %lld}\n", results_text(run, "file"),
                json_integer_value(json_object_get(run, "step_line")));
  put_wire(out, run);
  (void)fputs("  ...\n", out);
}

/* ok, not ok, and the directive. `# TODO` is TAP 14's own word for what may fail, no note of ours.
 */
static void put_run(FILE *out, size_t number, const json_t *run) {
  bool expected = json_is_true(json_object_get(run, "expected"));
  bool is_left_out = results_is(run, VERDICT_SKIP) || results_is(run, VERDICT_UNSUPPORTED);
  bool is_ok = is_left_out || results_is(run, VERDICT_PASS);
  (void)fprintf(out, "%s %zu - %s", is_ok ? "ok" : "not ok", number, results_text(run, "id"));
  if (is_left_out)
    (void)fprintf(out, " # SKIP %s: %s", results_text(run, "verdict"), results_text(run, "reason"));
  else if (expected || results_is(run, VERDICT_NON_STRICT))
    (void)fprintf(out, " # TODO %s", expected ? "expected by the baseline" : "NON-STRICT");
  (void)fputc('\n', out);
  if (!is_ok) put_evidence(out, run);
}

void results_tap(FILE *out, const json_t *all) {
  json_t *run, *runs = json_object_get(all, "runs"), *stale;
  size_t i;
  (void)fprintf(out, "TAP version 14\n1..%zu\n", json_array_size(runs));
  json_array_foreach(runs, i, run) put_run(out, i + 1, run);
  json_array_foreach(json_object_get(all, "stale"), i, stale)(void) fprintf(
      out, "# The baseline names %s, which is no case that was run.\n", json_string_value(stale));
  (void)fputc('#', out);
  const char *name;
  json_t *count;
  json_object_foreach(json_object_get(all, "counts"), name, count)(void)
      fprintf(out, " %lld %s%s", json_integer_value(count), name,
              strcmp(name, verdict_name(VERDICT_ERROR)) == 0 ? "\n" : ",");
}
