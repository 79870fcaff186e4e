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

enum { SHOWN = 3, WORDS_MOST = 500 }; /* runs of one requirement that are shown whole */

/* A long frame is cut: the command brings it back. */
static void put_line(text *out, const char *name, const char *words) {
  size_t len = strlen(words), shown = len < WORDS_MOST ? len : WORDS_MOST;
  while (shown < len && ((unsigned char)words[shown] & 0xC0) == 0x80) shown++;
  if (len > 0) text_putf(out, "%-10s  %.*s%s\n", name, (int)shown, words, shown < len ? "…" : "");
}

static void put_bad(FILE *out, const json_t *run) {
  text block = {0};
  (void)fprintf(out, "### %s: %s\n\n", results_text(run, "verdict"), results_text(run, "id"));
  put_cell(out, results_text(run, "title"), 300);
  (void)fputs(".\n\n", out);
  if (json_is_true(json_object_get(run, "server_died"))) {
    put_line(&block, "rule", results_text(run, "requirement"));
    put_line(&block, "it said", results_text(run, "server_said"));
  }
  put_line(&block, results_step_name(run), results_text(run, "step"));
  put_line(&block, "acceptable", results_text(run, "acceptable"));
  put_line(&block, "came", results_text(run, "came"));
  if (*results_text(run, "came") == '\0') put_line(&block, "why", results_text(run, "reason"));
  text_putf(&block, "%-10s  %s", "repeat", results_text(run, "command"));
  put_block(out, text_words(&block));
  (void)fputc('\n', out);
}

/* One line for each requirement: where to begin. */
static void put_overview(FILE *out, const results_group *groups, size_t count) {
  if (count == 0) return;
  (void)fputs("## What to mend\n\n| requirement | runs | what to do |\n|---|---:|---|\n", out);
  for (size_t i = 0; i < count; i++) {
    const results_group *one = &groups[i];
    (void)fprintf(out, "| %s | %zu | %s |\n", one->title, json_array_size(one->runs),
                  *one->advice != '\0' ? one->advice : one->sentence);
  }
  (void)fputc('\n', out);
}

/* Those that are not shown whole. */
static void put_likewise(FILE *out, const results_group *group) {
  size_t count = json_array_size(group->runs);
  if (count <= SHOWN) return;
  (void)fputs("Likewise:\n\n", out);
  for (size_t i = SHOWN; i < count; i++) {
    const json_t *run = json_array_get(group->runs, i);
    (void)fprintf(out, "- `%s`", results_text(run, "id"));
    if (group->is_end) {
      (void)fprintf(out, " (%s): ", results_text(run, "requirement"));
      put_cell(out, results_text(run, "server_said"), 200);
    }
    (void)fputc('\n', out);
  }
  (void)fputc('\n', out);
}

static void put_group(FILE *out, const results_group *group) {
  json_t *run;
  size_t i, count = json_array_size(group->runs);
  (void)fprintf(out, "## %s: %zu %s\n\n", group->title, count, count == 1 ? "run" : "runs");
  if (*group->sentence != '\0') (void)fprintf(out, "> %s\n\n", group->sentence);
  if (*group->advice != '\0') (void)fprintf(out, "%s\n\n", group->advice);
  json_array_foreach(group->runs, i, run) {
    if (i < SHOWN) put_bad(out, run);
  }
  put_likewise(out, group);
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
  json_t *runs = json_object_get(all, "runs"), *stale;
  size_t i;
  (void)fprintf(out, "# The %s %s\n\n", results_text(all, "role"), results_outcome(all));
  (void)fprintf(out, "%s, against `%s`, %zu runs in %.1f s.\n\n", results_text(all, "suite"),
                results_text(all, "target"), json_array_size(runs),
                json_number_value(json_object_get(all, "seconds")));
  put_counts(out, all);
  json_array_foreach(json_object_get(all, "stale"), i, stale)(void) fprintf(
      out, "The baseline names `%s`, which is no run of these.\n\n", json_string_value(stale));
  size_t count;
  const results_group *groups = results_groups(all, &count);
  put_overview(out, groups, count);
  for (i = 0; i < count; i++) put_group(out, &groups[i]);
  put_others(out, runs);
}
