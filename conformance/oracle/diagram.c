/* A sequence diagram in text: a row for each event, a column for each client and for the server.
 * Read first: diagram.h, lanes.h, label.h. */
#include "oracle/diagram.h"

#include <string.h>

#include "oracle/label.h"
#include "oracle/lanes.h"

enum { MARGIN = 22, PITCH_MOST = 44, EDGE = 10 };

typedef struct diagram {
  FILE *out;
  const story *s;
  lanes lanes;
  size_t pitch;
  frame_parser parser;
  char row[DIAGRAM_COLUMNS + 1];
} diagram;

static size_t column(const diagram *d, size_t lane) { return MARGIN + EDGE / 2 + lane * d->pitch; }

static void put(diagram *d, size_t at, const char *text) {
  for (; *text != '\0' && at < DIAGRAM_COLUMNS; at++, text++) d->row[at] = *text;
}

static void row_begin(diagram *d) {
  memset(d->row, ' ', DIAGRAM_COLUMNS);
  d->row[DIAGRAM_COLUMNS] = '\0';
  for (size_t lane = 0; lane < d->lanes.count; lane++) put(d, column(d, lane), "|");
}

static void row_end(diagram *d) {
  size_t len = DIAGRAM_COLUMNS;
  while (len > 0 && d->row[len - 1] == ' ') len--;
  (void)fprintf(d->out, "%.*s\n", (int)len, d->row);
}

static void put_margin(diagram *d, const story_event *event) {
  static const char *const marks[] = {
      [STORY_AROUND] = "  ", [STORY_LED] = "> ", [STORY_GUILTY] = ">>"};
  char text[MARGIN + 24];
  (void)snprintf(text, sizeof text, "%s%8llu %7llums", marks[event->role],
                 (unsigned long long)event->event.line, (unsigned long long)event->event.t_ms);
  put(d, 0, text);
}

/* An arrow from..to with the label on it; the ends say what happens there. */
static void put_arrow(diagram *d, size_t from, size_t to, const char *text, char tail, char head) {
  size_t left = (from < to ? from : to) + 1;
  size_t right = (from < to ? to : from) - 1;
  for (size_t at = left; at <= right; at++) d->row[at] = '-';
  if (tail != '-') d->row[from < to ? left : right] = tail;
  d->row[from < to ? right : left] = head == '>' && to < from ? '<' : head;
  size_t room = right - left + 1;
  size_t len = strlen(text);
  if (room < 8) return;
  if (len > room - 4) { /* as many whole words as fit */
    for (len = room - 4; len > 1 && text[len] != ' ';) len--;
  }
  size_t at = left + (room - len) / 2;
  d->row[at - 1] = ' ';
  memcpy(d->row + at, text, len);
  d->row[at + len] = ' ';
}

static void put_frame(diagram *d, const story_event *event, size_t lane, const char *text) {
  bool is_up = event->event.dir == TRACE_C2S;
  size_t from = column(d, is_up ? lane : d->lanes.server);
  size_t to = column(d, is_up ? d->lanes.server : lane);
  switch (event->event.at) {
    case TRACE_PASSED: put_arrow(d, from, to, text, '-', '>'); break;
    case TRACE_WRITTEN:
      put_arrow(d, from, to, text, '-', event->arrival == STORY_NEVER ? 'X' : '~');
      break;
    case TRACE_ARRIVED: put_arrow(d, from, to, text, '~', '>'); break;
  }
}

/* Words beside a lane: to its right, or to its left where the right has no room. */
static void put_beside(diagram *d, size_t lane, char mark, const char *text) {
  size_t at = column(d, lane);
  size_t len = strlen(text);
  d->row[at] = mark;
  size_t from = at + 2 + len < DIAGRAM_COLUMNS ? at + 2
                : at > len + 1 + MARGIN        ? at - 1 - len
                                               : MARGIN;
  if (from < at && from + len > at) len = at - from - 1;
  for (size_t i = 0; i < len && from + i < DIAGRAM_COLUMNS; i++) d->row[from + i] = text[i];
}

static void put_connection(diagram *d, size_t lane, const char *text) {
  size_t from = column(d, lane);
  size_t to = column(d, d->lanes.server);
  put_arrow(d, from, to, text, ' ', ' ');
  for (size_t at = (from < to ? from : to) + 1; at < (from < to ? to : from); at++) {
    if (d->row[at] == '-') d->row[at] = at % 2 == 0 ? '.' : ' ';
  }
}

static void put_world(diagram *d, const trace_event *event, const char *text) {
  char words[DIAGRAM_COLUMNS + LABEL_ROOM];
  if (event->kind == TRACE_NOTE)
    (void)snprintf(words, sizeof words, "(%.*s)",
                   (int)(event->note.len < 60 ? event->note.len : 60), event->note.text);
  else
    (void)snprintf(words, sizeof words, "-- %s --", text);
  for (char *c = words; *c != '\0'; c++) {
    if (*c < 0x20 || *c > 0x7E) *c = '?';
  }
  put(d, MARGIN + 1, words);
}

static void put_event(diagram *d, const story_event *event) {
  label words = label_of(&d->parser, &event->event);
  size_t lane = lanes_find(&d->lanes, event);
  row_begin(d);
  put_margin(d, event);
  switch (event->event.kind) {
    case TRACE_FRAME: put_frame(d, event, lane, words.text); break;
    case TRACE_OPEN:
    case TRACE_CLOSE:
    case TRACE_FAILED: put_connection(d, lane, words.text); break;
    case TRACE_CRASHED:
    case TRACE_RESTARTED: put_beside(d, lane, '#', words.text); break;
    case TRACE_HEALED:
    case TRACE_NOTE: put_world(d, &event->event, words.text); break;
    default: put_beside(d, lane, '*', words.text); break;
  }
  row_end(d);
}

static void put_gap(diagram *d, uint64_t left_out) {
  char words[64];
  (void)snprintf(words, sizeof words, "... %llu more", (unsigned long long)left_out);
  row_begin(d);
  put(d, 2, words);
  row_end(d);
}

static void put_names(diagram *d) {
  memset(d->row, ' ', DIAGRAM_COLUMNS);
  put(d, 2, "    line      time");
  for (size_t lane = 0; lane < d->lanes.count; lane++) {
    char name[24];
    lanes_name(&d->lanes, lane, name, d->pitch < sizeof name ? d->pitch : sizeof name);
    size_t half = strlen(name) / 2;
    put(d, column(d, lane) > half + MARGIN ? column(d, lane) - half : MARGIN, name);
  }
  row_end(d);
}

void diagram_write(FILE *out, const story *s) {
  diagram d = {.out = out, .s = s, .lanes = lanes_of(s)};
  size_t gaps = d.lanes.count > 1 ? d.lanes.count - 1 : 1;
  d.pitch = (DIAGRAM_COLUMNS - MARGIN - EDGE) / gaps;
  if (d.pitch > PITCH_MOST) d.pitch = PITCH_MOST;
  d.row[DIAGRAM_COLUMNS] = '\0';
  frame_parser_init(&d.parser);
  put_names(&d);
  for (size_t i = 0; i < story_count(s); i++) {
    const story_event *event = story_at(s, i);
    if (event->left_out > 0) put_gap(&d, event->left_out);
    put_event(&d, event);
  }
  frame_parser_free(&d.parser);
}
