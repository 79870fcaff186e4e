/* Reports. The text says first what happened, then shows it.
 * Read first: report.h, diagram.h. */
#include "oracle/report.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "oracle/diagram.h"
#include "oracle/label.h"

static const char *verdict_name(judge_verdict verdict) {
  switch (verdict) {
    case JUDGE_ACCEPTED: return "accepted";
    case JUDGE_REJECTED: return "rejected";
    case JUDGE_INCONCLUSIVE: return "inconclusive";
  }
  return "";
}

static const char *unit(const report *r) { return r->unit != NULL ? r->unit : "line"; }

static unsigned long long number(uint64_t value) { return value; }

/* ---- For people ------------------------------------------------------------------------------ */

/* A sentence in lines of at most 100 letters, each behind an indent. */
static void put_wrapped(FILE *out, const char *head, const char *text) {
  enum { WIDTH = 100 };
  size_t indent = strlen(head);
  size_t at = indent;
  (void)fputs(head, out);
  while (*text != '\0') {
    size_t len = strcspn(text, " ");
    if (at > indent && at + 1 + len > WIDTH) {
      (void)fprintf(out, "\n%*s", (int)indent, "");
      at = indent;
    }
    if (at > indent) (void)fputc(' ', out), at++;
    for (size_t i = 0; i < len; i++) {
      char c = text[i];
      (void)fputc((unsigned char)c < 0x20 || c == 0x7F ? '?' : c, out);
    }
    at += len;
    text += len;
    while (*text == ' ') text++;
  }
  (void)fputc('\n', out);
}

static void put_place(FILE *out, const report *r) {
  const judge_finding *finding = r->finding;
  char where[256];
  if (finding->line == 0)
    (void)snprintf(where, sizeof where, "the end of the trace");
  else
    (void)snprintf(where, sizeof where, "%s %llu, at %llu ms", unit(r), number(finding->line),
                   number(finding->t_ms));
  size_t len = strlen(where);
  if (finding->conn != 0)
    (void)snprintf(where + len, sizeof where - len, ", connection %u", (unsigned)finding->conn);
  put_wrapped(out, "  where      ", where);
  if (finding->client[0] != '\0') put_wrapped(out, "  client     ", finding->client);
  if (finding->uid[0] != '\0') put_wrapped(out, "  message    ", finding->uid);
}

static void put_lead_up(FILE *out, const report *r) {
  frame_parser parser;
  frame_parser_init(&parser);
  bool is_first = true;
  for (size_t i = 0; r->story != NULL && i < story_count(r->story); i++) {
    const story_event *event = story_at(r->story, i);
    if (event->role == STORY_AROUND) continue;
    label words = label_of(&parser, &event->event);
    const char *mark = event->role == STORY_GUILTY ? "  <-- here" : "";
    (void)fprintf(out, "%s %s %llu, %llu ms: %s%s\n", is_first ? "  events    " : "            ",
                  unit(r), number(event->event.line), number(event->event.t_ms), words.text, mark);
    is_first = false;
  }
  frame_parser_free(&parser);
}

void report_text(FILE *out, const report *r, bool diagram) {
  const judge_finding *finding = r->finding;
  (void)fprintf(out, "%s: %s (%llu frames, %llu messages)\n", r->file, verdict_name(r->verdict),
                number(r->frames), number(r->messages));
  if (r->doubt != NULL) put_wrapped(out, "  in doubt   ", r->doubt);
  if (finding == NULL) return;
  char rule[1024];
  (void)snprintf(rule, sizeof rule, "%s: %s", finding->requirement, finding->sentence);
  put_wrapped(out, "  rule       ", rule);
  put_wrapped(out, r->verdict == JUDGE_REJECTED ? "  happened   " : "  undecided  ", finding->what);
  if (finding->acceptable[0] != '\0') put_wrapped(out, "  acceptable ", finding->acceptable);
  put_place(out, r);
  put_lead_up(out, r);
  if (!diagram || r->story == NULL || story_count(r->story) == 0) return;
  (void)fputc('\n', out);
  diagram_write(out, r->story);
}

/* ---- For programs ---------------------------------------------------------------------------- */

/* A string; what is not UTF-8 in it becomes "?". */
static json_t *json_text(const char *text) {
  json_t *out = json_string(text);
  if (out != NULL) return out;
  char *copy = strdup(text);
  if (copy == NULL) return NULL;
  for (char *c = copy; *c != '\0'; c++) {
    if ((unsigned char)*c >= 0x80) *c = '?';
  }
  out = json_string(copy);
  free(copy);
  return out;
}

static json_t *json_number(uint64_t value) { return json_integer((json_int_t)value); }

static json_t *json_event(frame_parser *parser, const story_event *event) {
  static const char *const roles[] = {
      [STORY_AROUND] = "around", [STORY_LED] = "led", [STORY_GUILTY] = "guilty"};
  label words = label_of(parser, &event->event);
  json_t *out = json_object();
  (void)json_object_set_new(out, "line", json_number(event->event.line));
  (void)json_object_set_new(out, "t_ms", json_number(event->event.t_ms));
  (void)json_object_set_new(out, "conn", json_number(event->event.conn));
  (void)json_object_set_new(
      out, "client",
      json_stringn(event->client.len > 0 ? event->client.text : "", event->client.len));
  (void)json_object_set_new(out, "role", json_string(roles[event->role]));
  (void)json_object_set_new(out, "says", json_text(words.text));
  return out;
}

static json_t *json_events(const story *s) {
  frame_parser parser;
  frame_parser_init(&parser);
  json_t *out = json_array();
  for (size_t i = 0; s != NULL && i < story_count(s); i++)
    (void)json_array_append_new(out, json_event(&parser, story_at(s, i)));
  frame_parser_free(&parser);
  return out;
}

static bool put_object(FILE *out, json_t *object) {
  bool good = object != NULL && json_dumpf(object, out, JSON_COMPACT) == 0;
  good = good && fputc('\n', out) != EOF;
  json_decref(object);
  return good;
}

static void put_finding(json_t *out, const judge_finding *finding) {
  (void)json_object_set_new(out, "requirement", json_text(finding->requirement));
  (void)json_object_set_new(out, "sentence", json_text(finding->sentence));
  (void)json_object_set_new(out, "what", json_text(finding->what));
  (void)json_object_set_new(out, "acceptable", json_text(finding->acceptable));
  (void)json_object_set_new(out, "line", json_number(finding->line));
  (void)json_object_set_new(out, "t_ms", json_number(finding->t_ms));
  (void)json_object_set_new(out, "conn", json_number(finding->conn));
  (void)json_object_set_new(out, "client", json_text(finding->client));
  (void)json_object_set_new(out, "uid", json_text(finding->uid));
  json_t *lead_up = json_array();
  for (size_t i = 0; i < finding->lead_up_count; i++)
    (void)json_array_append_new(lead_up, json_number(finding->lead_up[i]));
  (void)json_object_set_new(out, "lead_up", lead_up);
}

bool report_json(FILE *out, const report *r) {
  json_t *object = json_object();
  (void)json_object_set_new(object, "file", json_text(r->file));
  (void)json_object_set_new(object, "verdict", json_string(verdict_name(r->verdict)));
  (void)json_object_set_new(object, "frames", json_number(r->frames));
  (void)json_object_set_new(object, "messages", json_number(r->messages));
  (void)json_object_set_new(object, "unit", json_string(unit(r)));
  if (r->doubt != NULL) (void)json_object_set_new(object, "doubt", json_text(r->doubt));
  if (r->finding != NULL) put_finding(object, r->finding);
  if (r->finding != NULL) (void)json_object_set_new(object, "events", json_events(r->story));
  return put_object(out, object);
}

bool report_trouble_json(FILE *out, const char *file, const char *trouble) {
  json_t *object = json_object();
  (void)json_object_set_new(object, "file", json_text(file));
  (void)json_object_set_new(object, "verdict", json_string("unreadable"));
  (void)json_object_set_new(object, "trouble", json_text(trouble));
  return put_object(out, object);
}
