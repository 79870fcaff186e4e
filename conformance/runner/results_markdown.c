/* A summary in Markdown: what a person reads first, or a job posts.
 * Read first: results.h. */
#include <string.h>

#include "runner/results.h"

/* In a cell of a table. */
static void put_cell(FILE *out, const char *words, size_t most) {
  size_t len = 0;
  for (const char *at = words; *at != '\0' && len < most; at++, len++) {
    if (*at == '|' || *at == '<' || *at == '`' || *at == '\\' || *at == '*' || *at == '_')
      (void)fputc('\\', out);
    (void)fputc(*at == '\n' ? ' ' : *at, out);
  }
  while (len > 0 && ((unsigned char)words[len] & 0xC0) == 0x80) (void)fputc(words[len++], out);
  if (words[len] != '\0') (void)fputs("…", out);
}

/* In a block of code, which it cannot end. */
static void put_block(FILE *out, const char *words) {
  (void)fprintf(out, "~~~~\n%s\n~~~~\n", words);
}

static void put_counts(FILE *out, const json_t *all) {
  const char *name;
  json_t *count;
  (void)fputs("| verdict | runs |\n|---|---:|\n", out);
  json_object_foreach(json_object_get(all, "counts"), name, count) {
    if (json_integer_value(count) > 0)
      (void)fprintf(out, "| %s | %lld |\n", name, json_integer_value(count));
  }
  (void)fputc('\n', out);
}

static void put_bad(FILE *out, const json_t *run) {
  (void)fprintf(out, "### %s: %s\n\n", results_text(run, "verdict"), results_text(run, "id"));
  put_cell(out, results_text(run, "title"), 300);
  (void)fputs(".\n\n", out);
  if (*results_text(run, "requirement") != '\0') {
    (void)fprintf(out, "> **%s** ", results_text(run, "requirement"));
    put_cell(out, results_text(run, "sentence"), 600);
    (void)fputs("\n\n", out);
  }
  if (*results_text(run, "step") != '\0')
    put_block(out, text_format("step        %s\nacceptable  %s\ncame        %s\n%s\nrepeat      %s",
                               results_text(run, "step"), results_text(run, "acceptable"),
                               results_text(run, "came"), results_text(run, "reason"),
                               results_text(run, "command")));
  else
    put_block(out, results_text(run, "reason"));
  (void)fputc('\n', out);
}

static void put_others(FILE *out, const json_t *runs) {
  json_t *run;
  size_t i;
  bool has_head = false;
  json_array_foreach(runs, i, run) {
    if (results_is_bad(run) || results_is(run, VERDICT_PASS)) continue;
    if (!has_head)
      (void)fputs("## Left out or expected\n\n| run | verdict | why |\n|---|---|---|\n", out);
    has_head = true;
    (void)fprintf(out, "| %s | %s%s | ", results_text(run, "id"), results_text(run, "verdict"),
                  json_is_true(json_object_get(run, "expected")) ? ", expected" : "");
    put_cell(out, results_text(run, "reason"), 200);
    (void)fputs(" |\n", out);
  }
}

void results_markdown(FILE *out, const json_t *all) {
  json_t *run, *runs = json_object_get(all, "runs"), *stale;
  size_t i;
  static const char *const words[] = {"conforms",
                                      "does not conform",
                                      "",
                                      "",
                                      "could not be tested as it should: the suite had trouble",
                                      "was not tested enough to say so",
                                      "passes what the baseline expects to fail"};
  long long code = json_integer_value(json_object_get(all, "exit"));
  (void)fprintf(out, "# The %s %s\n\n", results_text(all, "role"),
                code >= 0 && code <= EXIT_UNEXPECTED ? words[code] : "");
  (void)fprintf(out, "%s, against `%s`, %zu runs in %.1f s.\n\n", results_text(all, "suite"),
                results_text(all, "target"), json_array_size(runs),
                json_number_value(json_object_get(all, "seconds")));
  put_counts(out, all);
  json_array_foreach(json_object_get(all, "stale"), i, stale)(void) fprintf(
      out, "The baseline names `%s`, which is no run of these.\n\n", json_string_value(stale));
  json_array_foreach(runs, i, run) {
    if (results_is_bad(run)) put_bad(out, run);
  }
  put_others(out, runs);
}
