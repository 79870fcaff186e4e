/* The wire log of a run as a sequence diagram: SVG that stands in the page.
 * Read first: results.h. */
#include <stdlib.h>
#include <string.h>

#include "runner/results.h"

enum {
  LANE = 340,
  LEFT = 70,
  TOP = 34,
  ROW = 22,
  LANES_MOST = 12,
  ROWS_MOST = 200,
  ROWS_FEW = 40,
  LABEL = 40 /* characters, in the room between two lanes */
};

typedef struct diagram {
  char *names[LANES_MOST];
  size_t count;
  unsigned y;
} diagram;

/* Connections each have a lane; the tested program has the middle of the picture, between them. */
static size_t lane_of(diagram *d, const json_t *line) {
  const char *who = results_text(line, "who");
  for (size_t i = 0; i < d->count; i++) {
    if (strcmp(d->names[i], who) == 0) return i;
  }
  if (d->count == LANES_MOST) return LANES_MOST - 1;
  d->names[d->count] = text_same(who);
  return d->count++;
}

static unsigned lane_x(size_t lane) { return LEFT + 60 + (unsigned)lane * LANE; }

/* What a frame is in a few words: its action and what identifies it. */
static char *label_of(const char *words) {
  const char *action = strstr(words, "action");
  if (action == NULL) return text_copy(words, strlen(words) < LABEL ? strlen(words) : LABEL - 2);
  action += strcspn(action, ":") + 1;
  action += strspn(action, "\\\" ");
  size_t len = strcspn(action, "\\\"");
  text out = {0};
  text_add(&out, action, len);
  const char *rest = strstr(action + len, "payload");
  if (rest == NULL) return out.at;
  rest += strcspn(rest, ":") + 1;
  text_put(&out, " ");
  for (; *rest != '\0' && out.len < LABEL && !text_begins(rest, "␌"); rest++) {
    if (*rest != '\\' && *rest != '"' && ((unsigned char)*rest & 0x80) == 0)
      text_add(&out, rest, 1);
  }
  while (out.len > 0 && out.at[out.len - 1] == '}') out.at[--out.len] = '\0';
  return out.at;
}

static void put_note(FILE *out, const diagram *d, size_t lane, const char *words) {
  (void)fprintf(out, "<text class=\"note\" x=\"%u\" y=\"%u\">", lane_x(lane) + 8, d->y);
  results_xml(out, text_copy(words, strlen(words) < LABEL ? strlen(words) : LABEL));
  (void)fputs("</text>", out);
}

static void put_arrow(FILE *out, const diagram *d, size_t lane, bool goes_out, const char *words) {
  unsigned from = lane_x(lane), to = from + LANE - 60;
  (void)fprintf(out,
                "<path class=\"%s\" d=\"M%u %uH%u\" marker-end=\"url(#head)\"/>"
                "<text x=\"%u\" y=\"%u\">",
                goes_out ? "out" : "in", goes_out ? from : to, d->y, goes_out ? to - 2 : from + 2,
                from + 8, d->y - 4);
  results_xml(out, label_of(words));
  (void)fputs("</text>", out);
}

static void put_line(FILE *out, diagram *d, const json_t *line) {
  const char *what = results_text(line, "what"), *words = results_text(line, "text");
  size_t lane = lane_of(d, line);
  (void)fprintf(out, "<text class=\"time\" x=\"4\" y=\"%u\">%.0f ms</text>", d->y,
                json_number_value(json_object_get(line, "ms")));
  if (strcmp(what, "in") == 0 || strcmp(what, "out") == 0)
    put_arrow(out, d, lane, what[0] == 'o', words);
  else
    put_note(out, d, lane, words);
  (void)fputc('\n', out);
  d->y += ROW;
}

static void put_lanes(FILE *out, const diagram *d, const char *tested) {
  for (size_t i = 0; i < d->count; i++) {
    unsigned x = lane_x(i);
    (void)fprintf(out,
                  "<path class=\"lane\" d=\"M%u %dV%u\"/><path class=\"lane\" d=\"M%u %dV%u\"/>", x,
                  TOP - 10, d->y, x + LANE - 60, TOP - 10, d->y);
    (void)fprintf(out, "<text class=\"name\" x=\"%u\" y=\"14\">", x - 10);
    results_xml(out, *d->names[i] == '\0' ? "suite" : d->names[i]);
    (void)fprintf(out, "</text><text class=\"name\" x=\"%u\" y=\"14\">%s</text>\n", x + LANE - 90,
                  tested);
  }
}

void results_diagram(FILE *out, const json_t *run) {
  diagram d = {.y = TOP + 10};
  json_t *line, *wire = json_object_get(run, "wire");
  size_t i, count = json_array_size(wire);
  size_t most = results_is_bad(run) ? ROWS_MOST : ROWS_FEW;
  size_t skip = count > most ? count - most : 0;
  json_array_foreach(wire, i, line) {
    if (i >= skip) (void)lane_of(&d, line);
  }
  unsigned wide = lane_x(d.count == 0 ? 0 : d.count - 1) + LANE;
  unsigned high = TOP + 30 + (unsigned)(count - skip) * ROW;
  (void)fprintf(out, "<svg viewBox=\"0 0 %u %u\" width=\"%u\" height=\"%u\" role=\"img\">\n", wide,
                high, wide, high);
  (void)fputs("<title>What passed on the wire</title>\n", out);
  json_array_foreach(wire, i, line) {
    if (i >= skip) put_line(out, &d, line);
  }
  put_lanes(out, &d, results_text(run, "role"));
  (void)fputs("</svg>\n", out);
}
