/* A sequence diagram as a picture: SVG that needs nothing else, and is readable on light and dark
 * backgrounds. Time goes down; an arrow slants where a frame arrived later than it was written.
 * Read first: diagram.h, lanes.h, label.h. */
#include <string.h>

#include "oracle/diagram.h"
#include "oracle/label.h"
#include "oracle/lanes.h"

enum {
  MARGIN = 150,
  PITCH = 320,
  EDGE = 120,
  ROW = 30,
  LINE = 18,
  LETTERS = 96 /* of the words at the top, in a line */
};

typedef struct svg {
  FILE *out;
  const story *s;
  lanes lanes;
  frame_parser parser;
  unsigned top, y; /* where the rows begin; where the row is */
} svg;

/* Text that may hold anything, as XML text. */
static void write_text(FILE *out, const char *text) {
  for (; *text != '\0'; text++) {
    switch (*text) {
      case '&': (void)fputs("&amp;", out); break;
      case '<': (void)fputs("&lt;", out); break;
      case '>': (void)fputs("&gt;", out); break;
      case '"': (void)fputs("&quot;", out); break;
      default: (void)fputc(*text >= 0x20 && *text < 0x7F ? *text : '?', out);
    }
  }
}

static unsigned lane_x(size_t lane) { return MARGIN + EDGE + (unsigned)lane * PITCH; }

static const char *role_class(story_role role) {
  static const char *const classes[] = {
      [STORY_AROUND] = "around", [STORY_LED] = "led", [STORY_GUILTY] = "guilty"};
  return classes[role];
}

static void put_words(svg *v, unsigned x, unsigned y, const char *anchor, const char *class,
                      const char *words) {
  (void)fprintf(v->out, "<text x=\"%u\" y=\"%u\" text-anchor=\"%s\" class=\"%s\">", x, y, anchor,
                class);
  write_text(v->out, words);
  (void)fputs("</text>\n", v->out);
}

/* ---- Rows ------------------------------------------------------------------------------------ */

static unsigned row_y(const svg *v, size_t index) {
  unsigned y = v->top;
  for (size_t i = 0; i <= index; i++) y += story_at(v->s, i)->left_out > 0 ? ROW * 2 : ROW;
  return y;
}

static void put_cross(svg *v, unsigned x, unsigned y, const char *class) {
  (void)fprintf(v->out, "<path d=\"M%u %ul12 12m0 -12l-12 12\" class=\"%s\"/>\n", x - 6, y - 6,
                class);
}

/* An arrow, or (dashed) what is known of one; a frame that got lost ends in a cross. */
static void put_line(svg *v, unsigned from_x, unsigned from_y, unsigned to_x, unsigned to_y,
                     const char *class, bool is_dashed, bool is_lost) {
  (void)fprintf(v->out, "<line x1=\"%u\" y1=\"%u\" x2=\"%u\" y2=\"%u\" class=\"%s\"", from_x,
                from_y, to_x, to_y, class);
  if (is_dashed) (void)fputs(" stroke-dasharray=\"2 3\"", v->out);
  if (!is_lost) (void)fprintf(v->out, " marker-end=\"url(#head-%s)\"", class);
  (void)fputs("/>\n", v->out);
  if (is_lost) put_cross(v, to_x, to_y, class);
}

/* A frame that was written, and where it arrived. What did not arrive ends on its way. */
static void put_written(svg *v, const story_event *event, const char *words) {
  bool is_up = event->event.dir == TRACE_C2S;
  unsigned client = lane_x(lanes_find(&v->lanes, event));
  unsigned server = lane_x(v->lanes.server);
  unsigned from = is_up ? client : server;
  unsigned to = is_up ? server : client;
  bool is_written = event->event.at == TRACE_WRITTEN;
  bool is_lost = is_written && event->arrival == STORY_NEVER;
  bool is_short = is_lost || (is_written && event->arrival == STORY_UNKNOWN);
  unsigned end_y = is_written && !is_short ? row_y(v, event->arrival) : v->y;
  const char *class = role_class(event->role);
  if (is_short) to = from < to ? from + (to - from) * 3 / 4 : from - (from - to) * 3 / 4;
  put_line(v, from, v->y, to, end_y, class, false, is_lost);
  if (end_y == v->y) {
    put_words(v, (from + to) / 2, v->y - 6, "middle", class, words);
    return;
  }
  /* Above a slanted arrow, where it begins, there is room on the side to which it does not fall. */
  put_words(v, from < to ? from + 10 : from - 10, v->y - 6, from < to ? "start" : "end", class,
            words);
}

/* A frame that arrived and was written somewhere else than in this story, or arrived before. */
static void put_arrival(svg *v, const story_event *event, const char *words) {
  bool is_up = event->event.dir == TRACE_C2S;
  unsigned client = lane_x(lanes_find(&v->lanes, event));
  unsigned server = lane_x(v->lanes.server);
  unsigned middle = (client + server) / 2;
  const char *class = role_class(event->role);
  put_line(v, middle, v->y, is_up ? server : client, v->y, class, true, false);
  put_words(v, middle, v->y - 6, "middle", class, words);
}

static bool is_first_arrival(const svg *v, size_t index) {
  for (size_t i = 0; i < index; i++) {
    if (story_at(v->s, i)->arrival == index) return true;
  }
  return false;
}

static void put_frame(svg *v, const story_event *event, size_t index, const char *words) {
  if (event->event.at != TRACE_ARRIVED) {
    put_written(v, event, words);
    return;
  }
  if (!is_first_arrival(v, index)) {
    put_arrival(v, event, words);
    return;
  }
  if (event->role == STORY_AROUND) return;
  size_t lane = event->event.dir == TRACE_C2S ? v->lanes.server : lanes_find(&v->lanes, event);
  put_words(v, lane_x(lane) + 10, v->y + 4, "start", role_class(event->role), words);
}

/* What happens at one lane. */
static void put_mark(svg *v, const story_event *event, const char *words) {
  size_t lane = lanes_find(&v->lanes, event);
  unsigned x = lane_x(lane);
  const char *class = role_class(event->role);
  if (event->event.kind == TRACE_CRASHED)
    put_cross(v, x, v->y, class);
  else
    (void)fprintf(v->out, "<circle cx=\"%u\" cy=\"%u\" r=\"5\" class=\"%s\"/>\n", x, v->y, class);
  bool is_last = lane + 1 == v->lanes.count;
  put_words(v, is_last ? x - 12 : x + 12, v->y + 4, is_last ? "end" : "start", class, words);
}

static void put_connection(svg *v, const story_event *event, const char *words) {
  unsigned client = lane_x(lanes_find(&v->lanes, event));
  unsigned server = lane_x(v->lanes.server);
  (void)fprintf(v->out,
                "<line x1=\"%u\" y1=\"%u\" x2=\"%u\" y2=\"%u\" class=\"%s\" "
                "stroke-dasharray=\"1 5\"/>\n",
                client, v->y, server, v->y, role_class(event->role));
  put_words(v, (client + server) / 2, v->y - 6, "middle", role_class(event->role), words);
}

static void put_event(svg *v, size_t index) {
  const story_event *event = story_at(v->s, index);
  label words = label_of(&v->parser, &event->event);
  char place[64];
  v->y = row_y(v, index);
  (void)snprintf(place, sizeof place, "line %llu, %llu ms", (unsigned long long)event->event.line,
                 (unsigned long long)event->event.t_ms);
  put_words(v, 10, v->y + 4, "start", role_class(event->role), place);
  if (event->left_out > 0) {
    (void)snprintf(place, sizeof place, "%llu more", (unsigned long long)event->left_out);
    put_words(v, 10, v->y + 4 - ROW, "start", "gap", place);
  }
  switch (event->event.kind) {
    case TRACE_FRAME: put_frame(v, event, index, words.text); break;
    case TRACE_OPEN:
    case TRACE_CLOSE:
    case TRACE_FAILED: put_connection(v, event, words.text); break;
    case TRACE_HEALED:
    case TRACE_NOTE: put_words(v, MARGIN + EDGE + 12, v->y + 4, "start", "gap", words.text); break;
    default: put_mark(v, event, words.text); break;
  }
}

/* ---- The rest -------------------------------------------------------------------------------- */

/* How many letters of the words fit into a line at the top. */
static size_t line_len(const char *words) {
  size_t len = strlen(words);
  if (len <= LETTERS) return len;
  for (len = LETTERS; len > LETTERS / 2 && words[len] != ' ';) len--;
  return len;
}

/* Words at the top, in lines; returns where the next line is. */
static unsigned put_title(svg *v, unsigned y, const char *class, const char *words) {
  while (*words != '\0') {
    char line[LETTERS + 1];
    size_t len = line_len(words);
    memcpy(line, words, len);
    line[len] = '\0';
    put_words(v, 10, y, "start", class, line);
    y += LINE;
    words += len;
    while (*words == ' ') words++;
  }
  return y;
}

static unsigned title_lines(const char *words) {
  unsigned lines = 0;
  for (; *words != '\0'; lines++) {
    words += line_len(words);
    while (*words == ' ') words++;
  }
  return lines;
}

/* Colours on light ground, and on dark; a marker has the colour of its arrow. */
static void put_style(svg *v) {
  (void)fputs(
      "<style>\n"
      "text { font: 13px system-ui, sans-serif; fill: #1b1f24 }\n"
      "text.name, text.verdict, text.guilty { font-weight: bold }\n"
      "line, path, circle { fill: none } .guilty { stroke-width: 2 }\n"
      ".ground { fill: #ffffff } .lane { stroke: #c3c8d0 } text.gap, text.around { fill: #5d6570 "
      "}\n"
      ".around { stroke: #5d6570 } .led { stroke: #1f5fbf } .guilty { stroke: #c8102e }\n"
      "text.around, text.led, text.guilty { stroke: none } text.led, .head.led { fill: #1f5fbf }\n"
      "text.guilty, .head.guilty { fill: #c8102e } .head.around { fill: #5d6570 }\n"
      "@media (prefers-color-scheme: dark) {\n"
      "text { fill: #e8eaed } .ground { fill: #16191d } .lane { stroke: #474d57 }\n"
      "text.gap, text.around { fill: #a3abb6 } .around { stroke: #a3abb6 }\n"
      ".led { stroke: #7db3ff } .guilty { stroke: #ff7a86 }\n"
      "text.led, .head.led { fill: #7db3ff } text.guilty, .head.guilty { fill: #ff7a86 }\n"
      ".head.around { fill: #a3abb6 }\n"
      "}\n"
      "</style>\n<defs>\n",
      v->out);
  for (story_role role = STORY_AROUND; role <= STORY_GUILTY; role++) {
    const char *class = role_class(role);
    (void)fprintf(v->out,
                  "<marker id=\"head-%s\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" "
                  "markerWidth=\"9\" markerHeight=\"9\" markerUnits=\"userSpaceOnUse\" "
                  "orient=\"auto\"><path d=\"M0 1L9 5L0 9z\" class=\"head %s\"/></marker>\n",
                  class, class);
  }
  (void)fputs("</defs>\n", v->out);
}

static void put_lanes(svg *v, unsigned bottom) {
  for (size_t lane = 0; lane < v->lanes.count; lane++) {
    char name[32];
    lanes_name(&v->lanes, lane, name, sizeof name);
    unsigned x = lane_x(lane);
    put_words(v, x, v->top - 8, "middle", "name", name);
    (void)fprintf(v->out, "<line x1=\"%u\" y1=\"%u\" x2=\"%u\" y2=\"%u\" class=\"lane\"/>\n", x,
                  v->top, x, bottom);
  }
}

/* What the head says, line by line. */
typedef struct head {
  const char *class;
  char words[1024];
} head;

enum { HEADS = 4 };

static void heads_of(const judge_finding *finding, head out[HEADS]) {
  static const char *const classes[HEADS] = {"verdict", "gap", "guilty", "name"};
  for (int i = 0; i < HEADS; i++) out[i].class = classes[i];
  (void)snprintf(out[0].words, sizeof out->words, "%s", finding->requirement);
  (void)snprintf(out[1].words, sizeof out->words, "%s", finding->sentence);
  (void)snprintf(out[2].words, sizeof out->words, "%s", finding->what);
  (void)snprintf(out[3].words, sizeof out->words, "%s%s",
                 finding->acceptable[0] != '\0' ? "Acceptable: " : "", finding->acceptable);
}

bool svg_write(FILE *out, const story *s, const judge_finding *finding) {
  svg v = {.out = out, .s = s, .lanes = lanes_of(s)};
  size_t count = story_count(s);
  head heads[HEADS];
  heads_of(finding, heads);
  v.top = ROW * 3;
  for (int i = 0; i < HEADS; i++) v.top += title_lines(heads[i].words) * LINE;
  unsigned bottom = (count > 0 ? row_y(&v, count - 1) : v.top) + ROW;
  frame_parser_init(&v.parser);
  unsigned wide = lane_x(v.lanes.count - 1) + EDGE;
  if (wide < 720) wide = 720;
  (void)fprintf(out,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %u %u\" width=\"%u\" "
                "height=\"%u\" role=\"img\">\n<title>",
                wide, bottom + ROW, wide, bottom + ROW);
  write_text(out, finding->what);
  (void)fputs("</title>\n", out);
  put_style(&v);
  (void)fprintf(out, "<rect width=\"%u\" height=\"%u\" class=\"ground\"/>\n", wide, bottom + ROW);
  unsigned y = ROW;
  for (int i = 0; i < HEADS; i++) y = put_title(&v, y, heads[i].class, heads[i].words);
  put_lanes(&v, bottom);
  for (size_t i = 0; i < count; i++) put_event(&v, i);
  (void)fputs("</svg>\n", out);
  frame_parser_free(&v.parser);
  return !ferror(out);
}
