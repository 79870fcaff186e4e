/* One page that needs nothing else: what was tested, what came of it, and for each run its
 * evidence. Read first: results.h. */
#include <stdlib.h>
#include <string.h>

#include "runner/results.h"

enum { LINES = 60, BYTES = 300 }; /* of the log of a run that passed, and of each line of it */

static void put_head(FILE *out, const json_t *all) {
  (void)fputs(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n<title>e-pigeon "
      "conformance</title>\n"
      "<style>\n"
      ":root { color-scheme: light dark; --ground: #fff; --ink: #1c2024; --soft: #667; --line: "
      "#ccd;"
      " --good: #157a3c; --bad: #b3261e; --odd: #8a5a00 }\n"
      "@media (prefers-color-scheme: dark) { :root { --ground: #16191d; --ink: #e8eaed;"
      " --soft: #a3abb6; --line: #3b424c; --good: #6fd08c; --bad: #ff8a80; --odd: #f0bf63 } }\n"
      "body { font: 15px/1.5 system-ui, sans-serif; max-width: 1100px; margin: 2em auto;"
      " padding: 0 1em; background: var(--ground); color: var(--ink) }\n"
      "details { border-top: 1px solid var(--line); padding: .3em 0 }\n"
      "summary { cursor: pointer } summary b { display: inline-block; width: 9em }\n"
      ".PASS summary b { color: var(--good) } .FAIL summary b, .ERROR summary b"
      " { color: var(--bad) }\n"
      ".NON-STRICT summary b, .INCONCLUSIVE summary b { color: var(--odd) }\n"
      ".SKIP summary b, .UNSUPPORTED summary b"
      " { color: var(--soft) }\n"
      "blockquote { margin: .5em 0; padding-left: 1em; border-left: 3px solid var(--line) }\n"
      "blockquote.broken { border-color: var(--bad) } .bad, .broken b { color: var(--bad) }\n"
      "dl { display: grid; grid-template-columns: max-content 1fr; gap: .3em 1em; margin: 1em 0 }\n"
      "dt { color: var(--soft) } dd { margin: 0; overflow-wrap: anywhere }\n"
      "pre { overflow: auto; font: 12px/1.45 ui-monospace, monospace; background: #8881;"
      " padding: .6em } .wire { max-height: 30em }\n"
      "table { border-collapse: collapse } td, th { text-align: left; padding: .1em .8em .1em 0;"
      " vertical-align: top }\n"
      ".counts td, .counts th, .mend td:nth-child(2) { text-align: right; padding-left: 1em }\n"
      ".mend td, .mend th { padding: .3em 1em .3em 0; border-bottom: 1px solid var(--line) }\n"
      "a { color: inherit } .died { color: var(--bad) } p code { overflow-wrap: anywhere }\n"
      "div.picture { overflow: auto; max-height: 40em }\n"
      "svg text { font: 11px ui-monospace, monospace; fill: var(--ink) }\n"
      "svg .time, svg .note { fill: var(--soft) } svg .name { font-weight: bold }\n"
      "svg .lane { stroke: var(--line) } svg .out { stroke: var(--ink) }\n"
      "svg .in { stroke: var(--good) } svg .picture-head { fill: var(--ink) }\n"
      "</style></head><body>\n"
      "<svg width=\"0\" height=\"0\" style=\"position:absolute\"><defs><marker id=\"head\" "
      "viewBox=\"0 "
      "0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\"><path "
      "d=\"M0 "
      "1L9 5L0 9z\" class=\"picture-head\"/></marker></defs></svg>\n",
      out);
  (void)fprintf(out, "<h1>The %s %s</h1>\n<p>", results_text(all, "role"), results_outcome(all));
  results_xml(out, text_format("%s, testing %s, %.1f s, exit code %lld.",
                               results_text(all, "suite"), results_text(all, "target"),
                               json_number_value(json_object_get(all, "seconds")),
                               json_integer_value(json_object_get(all, "exit"))));
  (void)fputs("</p>\n", out);
}

static void put_counts(FILE *out, const json_t *all) {
  const char *name;
  json_t *count, *stale;
  size_t i;
  (void)fputs("<table class=\"counts\"><tr>", out);
  json_object_foreach(json_object_get(all, "counts"), name, count)(void)
      fprintf(out, "<th>%s</th>", name);
  (void)fputs("</tr><tr>", out);
  json_object_foreach(json_object_get(all, "counts"), name, count)(void)
      fprintf(out, "<td>%lld</td>", json_integer_value(count));
  (void)fputs("</tr></table>\n", out);
  json_array_foreach(json_object_get(all, "stale"), i, stale) {
    (void)fputs("<p>The baseline names ", out);
    results_xml(out, json_string_value(stale));
    (void)fputs(", which is no run of these.</p>\n", out);
  }
}

/* What stands between two ` is code, as in the documents. */
static void put_words(FILE *out, const char *words) {
  bool in_code = false;
  for (const char *end; (end = strchr(words, '`')) != NULL; words = end + 1) {
    results_xml(out, text_copy(words, (size_t)(end - words)));
    (void)fputs(in_code ? "</code>" : "<code>", out);
    in_code = !in_code;
  }
  results_xml(out, words);
  if (in_code) (void)fputs("</code>", out);
}

static void put_fact(FILE *out, const char *name, const char *words) {
  if (*words == '\0') return;
  (void)fprintf(out, "<dt>%s</dt><dd><code>", name);
  results_xml(out, words);
  (void)fputs("</code></dd>\n", out);
}

static void put_requirement(FILE *out, const char *id, const char *sentence, bool is_broken) {
  (void)fprintf(out, "<blockquote%s><b>%s%s</b> ", is_broken ? " class=\"broken\"" : "", id,
                is_broken ? " is broken:" : "");
  put_words(out, sentence);
  (void)fputs("</blockquote>\n", out);
}

/* What the case is about, and, where that is something else, what was broken. */
static void put_requirements(FILE *out, const json_t *run) {
  const char *broken = results_text(run, "requirement");
  bool is_named = *broken == '\0';
  json_t *one;
  size_t i;
  json_array_foreach(json_object_get(run, "requirements"), i, one) {
    const char *id = results_text(one, "id");
    bool is_broken = strcmp(id, broken) == 0;
    put_requirement(out, id, results_text(one, "sentence"), is_broken);
    is_named = is_named || is_broken;
  }
  if (!is_named) put_requirement(out, broken, results_text(run, "sentence"), true);
}

static void put_steps(FILE *out, const json_t *run) {
  json_t *one;
  size_t i;
  (void)fputs("<pre>", out);
  json_array_foreach(json_object_get(run, "steps"), i, one) {
    const char *came = results_text(one, "verdict");
    bool is_good = strcmp(came, "done") == 0 || strcmp(came, "PASS") == 0;
    (void)fprintf(out, "%s%-13s", is_good ? "" : "<b class=\"bad\">", came);
    results_xml(out, results_text(one, "text"));
    (void)fputs(is_good ? "\n" : "</b>\n", out);
  }
  (void)fputs("</pre>\n", out);
}

/* The whole text, or its beginning, which does not end within a character. */
static void put_cut(FILE *out, const char *words, bool is_whole) {
  size_t len = strlen(words), shown = is_whole || len < BYTES ? len : BYTES;
  while (shown < len && ((unsigned char)words[shown] & 0xC0) == 0x80) shown++;
  char *beginning = text_copy(words, shown);
  results_xml(out, beginning);
  free(beginning);
  if (shown < len) (void)fprintf(out, "… (%zu bytes)", len);
}

static void put_wire(FILE *out, const json_t *run) {
  json_t *line, *wire = json_object_get(run, "wire");
  size_t i, count = json_array_size(wire), shown = count;
  bool is_whole = results_is_bad(run);
  if (!is_whole && count > LINES) shown = LINES;
  (void)fputs("<pre class=\"wire\">", out);
  for (i = 0; i < shown; i++) {
    line = json_array_get(wire, i);
    (void)fprintf(out, "%9.1f  %-6s ", json_number_value(json_object_get(line, "ms")),
                  results_text(line, "what"));
    results_xml(out, results_text(line, "who"));
    (void)fputs("  ", out);
    put_cut(out, results_text(line, "text"), is_whole);
    (void)fputc('\n', out);
  }
  if (shown < count)
    (void)fprintf(out, "… %zu more lines; the JSON report has them\n", count - shown);
  (void)fputs("</pre>\n", out);
}

static void put_endings(FILE *out, const json_t *run) {
  json_t *one;
  size_t i;
  json_array_foreach(json_object_get(run, "endings"), i, one) {
    if (strcmp(results_text(one, "verdict"), "CLEAN") == 0) continue;
    (void)fputs("<p>Ending: ", out);
    results_xml(out, text_format("%s's connection was %s, which no step asks for.",
                                 results_text(one, "who"), results_text(one, "how")));
    (void)fputs("</p>\n", out);
  }
}

static void put_run(FILE *out, const json_t *run, bool is_open) {
  bool is_bad = results_is_bad(run);
  (void)fprintf(out, "<details class=\"%s\"%s><summary><b>%s%s</b> ", results_text(run, "verdict"),
                is_open ? " open" : "", results_text(run, "verdict"),
                json_is_true(json_object_get(run, "expected")) ? ", expected" : "");
  put_words(out, text_format("%s — %s", results_text(run, "id"), results_text(run, "title")));
  (void)fputs("</summary>\n", out);
  put_requirements(out, run);
  (void)fputs("<p>", out);
  put_words(out, results_text(run, "prose"));
  (void)fputs("</p>\n<dl>", out);
  put_fact(out, "acceptable", results_text(run, "acceptable"));
  put_fact(out, "came", results_text(run, "came"));
  if (*results_text(run, "came") == '\0') put_fact(out, "why", results_text(run, "reason"));
  put_fact(out, results_step_name(run), results_text(run, "step"));
  if (json_is_true(json_object_get(run, "server_died")))
    put_fact(out, "the server said last", results_text(run, "server_said"));
  put_fact(out, "repeat", results_text(run, "command"));
  (void)fputs("</dl>\n", out);
  put_endings(out, run);
  put_steps(out, run);
  put_wire(out, run);
  /* Of a thousand vectors that passed nobody looks at the picture. */
  if (is_bad || !text_begins(results_text(run, "case"), "json-vectors/")) {
    (void)fputs("<div class=\"picture\">", out);
    results_diagram(out, run);
    (void)fputs("</div>", out);
  }
  (void)fputs("</details>\n", out);
}

/* ---- By requirement ---- */

static void put_overview(FILE *out, const results_group *groups, size_t count) {
  if (count == 0) return;
  (void)fputs(
      "<h2>What to mend</h2>\n<table class=\"mend\"><tr><th>requirement</th><th>runs</th>"
      "<th>what to do</th></tr>\n",
      out);
  for (size_t i = 0; i < count; i++) {
    const results_group *one = &groups[i];
    (void)fprintf(out, "<tr%s><td><a href=\"#%s\">%s</a></td><td>%zu</td><td>",
                  one->is_end ? " class=\"died\"" : "", one->name, one->title,
                  json_array_size(one->runs));
    put_words(out, *one->advice != '\0' ? one->advice : one->sentence);
    (void)fputs("</td></tr>\n", out);
  }
  (void)fputs("</table>\n", out);
}

/* The first of its runs is open: one example explains more than ten. */
static void put_group(FILE *out, const results_group *group) {
  json_t *run;
  size_t i, count = json_array_size(group->runs);
  (void)fprintf(out, "<h2 id=\"%s\">%s: %zu %s</h2>\n", group->name, group->title, count,
                count == 1 ? "run" : "runs");
  if (*group->sentence != '\0') {
    (void)fputs("<blockquote>", out);
    put_words(out, group->sentence);
    (void)fputs("</blockquote>\n<p>", out);
    put_words(out, group->advice);
    (void)fputs("</p>\n", out);
  }
  json_array_foreach(group->runs, i, run) put_run(out, run, i == 0);
}

void results_html(FILE *out, const json_t *all) {
  json_t *run, *runs = json_object_get(all, "runs");
  size_t i, count;
  const results_group *groups = results_groups(all, &count);
  put_head(out, all);
  put_counts(out, all);
  put_overview(out, groups, count);
  for (i = 0; i < count; i++) put_group(out, &groups[i]);
  (void)fputs("<h2>Others</h2>\n", out);
  json_array_foreach(runs, i, run) {
    if (!results_is_bad(run)) put_run(out, run, false);
  }
  (void)fputs("</body></html>\n", out);
}
