/* JUnit XML, as CI servers read it, and the escaping of XML.
 * Read first: results.h. */
#include <string.h>

#include "runner/results.h"

void results_xml(FILE *out, const char *words) {
  for (const unsigned char *at = (const unsigned char *)words; *at != '\0'; at++) {
    switch (*at) {
      case '&': (void)fputs("&amp;", out); break;
      case '<': (void)fputs("&lt;", out); break;
      case '>': (void)fputs("&gt;", out); break;
      case '"': (void)fputs("&quot;", out); break;
      default:
        if (*at >= 0x20 || *at == '\n' || *at == '\t') (void)fputc(*at, out);
    }
  }
}

static void put_attribute(FILE *out, const char *name, const char *value) {
  (void)fprintf(out, " %s=\"", name);
  results_xml(out, value);
  (void)fputc('"', out);
}

static void put_wire(FILE *out, const json_t *run) {
  json_t *line;
  size_t i;
  json_array_foreach(json_object_get(run, "wire"), i, line) {
    (void)fprintf(out, "%8.1f ", json_number_value(json_object_get(line, "ms")));
    results_xml(out, results_text(line, "who"));
    (void)fprintf(out, " %s ", results_text(line, "what"));
    results_xml(out, results_text(line, "text"));
    (void)fputc('\n', out);
  }
}

static void put_failure(FILE *out, const json_t *run) {
  static const char *const members[] = {"sentence", "step", "acceptable", "came", "command"};
  const char *element =
      results_is(run, VERDICT_FAIL) || results_is(run, VERDICT_NON_STRICT) ? "failure" : "error";
  (void)fprintf(out, "    <%s", element);
  put_attribute(out, "type", results_text(run, "verdict"));
  put_attribute(
      out, "message",
      text_format("%s %s", results_text(run, "requirement"), results_text(run, "reason")));
  (void)fputs(">", out);
  for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
    if (*results_text(run, members[i]) == '\0') continue;
    (void)fprintf(out, "%s: ", members[i]);
    results_xml(out, results_text(run, members[i]));
    (void)fputc('\n', out);
  }
  put_wire(out, run);
  (void)fprintf(out, "</%s>\n", element);
}

static void put_run(FILE *out, const json_t *run) {
  (void)fputs("  <testcase", out);
  put_attribute(out, "name", results_text(run, "id"));
  put_attribute(out, "classname", text_format("epigeon.%s", results_text(run, "role")));
  (void)fprintf(out, " time=\"%.3f\">\n",
                (double)json_integer_value(json_object_get(run, "ms")) / 1e3);
  if (results_is_bad(run)) {
    put_failure(out, run);
  } else if (!results_is(run, VERDICT_PASS)) {
    bool expected = json_is_true(json_object_get(run, "expected"));
    (void)fputs("    <skipped", out);
    put_attribute(
        out, "message",
        text_format("%s%s: %s", results_text(run, "verdict"),
                    expected ? ", as the baseline says" : "", results_text(run, "reason")));
    (void)fputs("/>\n", out);
  }
  (void)fputs("  </testcase>\n", out);
}

void results_junit(FILE *out, const json_t *all) {
  json_t *run, *runs = json_object_get(all, "runs");
  size_t i, failures = 0, errors = 0, skipped = 0;
  json_array_foreach(runs, i, run) {
    bool fails = results_is(run, VERDICT_FAIL) || results_is(run, VERDICT_NON_STRICT);
    bool is_bad = results_is_bad(run);
    failures += is_bad && fails;
    errors += is_bad && !fails;
    skipped += !is_bad && !results_is(run, VERDICT_PASS);
  }
  (void)fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite", out);
  put_attribute(out, "name", "epigeon-conform");
  (void)fprintf(out,
                " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\" time=\"%.3f\">\n",
                json_array_size(runs), failures, errors, skipped,
                json_number_value(json_object_get(all, "seconds")));
  json_array_foreach(runs, i, run) put_run(out, run);
  (void)fputs("</testsuite>\n", out);
}
