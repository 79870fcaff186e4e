/* Reads a trace file: cuts it into lines, has each made an event, and cuts or joins the bytes of
 * frames so that each event is one frame, however the tap that wrote the file saw them.
 * Read first: trace.h, trace_line.h. Beside it: trace_write.c. */
#include "oracle/trace.h"

#include <stdlib.h>
#include <string.h>

#include "oracle/trace_line.h"

enum { CHUNK = 1 << 20, END_OF_FRAME = 0x0C };

/* Bytes of a frame whose end has not come yet. */
typedef struct part {
  uint32_t conn;
  trace_dir dir;
  trace_at at;
  char *text;
  size_t len, room;
} part;

struct trace_reader {
  FILE *file;
  char *chunk; /* of the file; lines begin..end are not read yet */
  size_t begin, end, room;
  bool at_end;
  uint64_t number, t_ms;
  trace_line line;
  trace_event event; /* of the line; its bytes are what was not given yet */
  bool is_rest;      /* there are some */
  part *parts;       /* those that wait now; few at any moment */
  size_t part_count, part_room;
  char *joined; /* a part and its end, while the caller looks at it */
  char trouble[320];
};

trace_reader *trace_reader_new(FILE *file) {
  trace_reader *reader = calloc(1, sizeof *reader);
  if (reader == NULL) return NULL;
  reader->file = file;
  reader->room = CHUNK;
  reader->chunk = malloc(CHUNK);
  if (reader->chunk != NULL) return reader;
  free(reader);
  return NULL;
}

void trace_reader_free(trace_reader *reader) {
  if (reader == NULL) return;
  for (size_t i = 0; i < reader->part_count; i++) free(reader->parts[i].text);
  free(reader->parts);
  free(reader->joined);
  trace_line_free(&reader->line);
  free(reader->chunk);
  free(reader);
}

const char *trace_reader_trouble(const trace_reader *reader) { return reader->trouble; }

static int fail(trace_reader *reader, const char *what) {
  (void)snprintf(reader->trouble, sizeof reader->trouble, "Line %llu is not a line of a trace: %s.",
                 (unsigned long long)reader->number, what);
  return -1;
}

/* ---- Lines ----------------------------------------------------------------------------------- */

/* Reads more of the file behind what is there. False: no memory, or nothing more came. */
static bool fill(trace_reader *reader) {
  if (reader->begin > 0) {
    memmove(reader->chunk, reader->chunk + reader->begin, reader->end - reader->begin);
    reader->end -= reader->begin;
    reader->begin = 0;
  }
  if (reader->end == reader->room) {
    char *more = realloc(reader->chunk, reader->room * 2);
    if (more == NULL) return false;
    reader->chunk = more;
    reader->room *= 2;
  }
  size_t got = fread(reader->chunk + reader->end, 1, reader->room - reader->end, reader->file);
  reader->end += got;
  reader->at_end = got == 0;
  return got > 0;
}

/* 1: *out is the next line; 0: the end; -1: the file cannot be read, or memory is short. */
static int next_line(trace_reader *reader, span *out) {
  size_t seen = 0;
  const char *newline = NULL;
  while (newline == NULL) {
    const char *from = reader->chunk + reader->begin;
    size_t len = reader->end - reader->begin;
    newline = memchr(from + seen, '\n', len - seen);
    seen = len;
    if (newline != NULL || fill(reader)) continue;
    if (!reader->at_end) return fail(reader, "there is not enough memory for it");
    if (ferror(reader->file)) return fail(reader, "the file cannot be read further");
    if (len == 0) return 0;
    newline = reader->chunk + reader->end;
  }
  const char *text = reader->chunk + reader->begin;
  *out = (span){text, (size_t)(newline - text)};
  reader->begin += out->len + (reader->begin + out->len < reader->end);
  if (out->len > 0 && out->text[out->len - 1] == '\r') out->len--;
  reader->number++;
  return 1;
}

/* ---- Frames ---------------------------------------------------------------------------------- */

static part *part_find(trace_reader *reader, const trace_event *event) {
  for (size_t i = 0; i < reader->part_count; i++) {
    part *p = &reader->parts[i];
    if (p->conn == event->conn && p->dir == event->dir && p->at == event->at) return p;
  }
  return NULL;
}

static part *part_new(trace_reader *reader, const trace_event *event) {
  if (reader->part_count == reader->part_room) {
    size_t room = reader->part_room * 2 + 8;
    part *more = realloc(reader->parts, room * sizeof *more);
    if (more == NULL) return NULL;
    reader->parts = more;
    reader->part_room = room;
  }
  part *out = &reader->parts[reader->part_count++];
  *out = (part){.conn = event->conn, .dir = event->dir, .at = event->at};
  return out;
}

static void part_remove(trace_reader *reader, part *p) {
  free(p->text);
  *p = reader->parts[--reader->part_count];
}

static bool part_add(part *p, span bytes) {
  if (p->len + bytes.len > p->room) {
    size_t room = (p->len + bytes.len) * 2;
    char *more = realloc(p->text, room);
    if (more == NULL) return false;
    p->text = more;
    p->room = room;
  }
  memcpy(p->text + p->len, bytes.text, bytes.len);
  p->len += bytes.len;
  return true;
}

/* What a closed side had begun to say will have no end. */
static void parts_drop(trace_reader *reader, const trace_event *event) {
  for (size_t i = reader->part_count; i-- > 0;) {
    part *p = &reader->parts[i];
    bool is_concerned = event->kind == TRACE_OPEN || !event->has_dir || p->dir == event->dir;
    if (p->conn == event->conn && is_concerned) part_remove(reader, p);
  }
}

/* The next frame in the bytes of the line. 1: *out is it; 0: a part of one is left, and kept. */
static int next_frame(trace_reader *reader, trace_event *out) {
  trace_event *event = &reader->event;
  span bytes = event->bytes;
  const char *end = memchr(bytes.text, END_OF_FRAME, bytes.len);
  span piece = {bytes.text, end != NULL ? (size_t)(end + 1 - bytes.text) : bytes.len};
  event->bytes = (span){bytes.text + piece.len, bytes.len - piece.len};
  reader->is_rest = event->bytes.len > 0;
  part *p = reader->part_count > 0 ? part_find(reader, event) : NULL;
  *out = *event;
  out->bytes = piece;
  if (end != NULL && event->n > 0) event->n++;
  if (end != NULL && p == NULL) return 1;
  if (p == NULL) p = part_new(reader, event);
  if (p == NULL || !part_add(p, piece)) return fail(reader, "there is not enough memory for it");
  if (end == NULL) return 0;
  free(reader->joined);
  reader->joined = p->text;
  p->text = NULL;
  out->bytes = (span){reader->joined, p->len};
  part_remove(reader, p);
  return 1;
}

/* ---- Events ---------------------------------------------------------------------------------- */

/* 1: the event of the next line is in reader->event; 0: the end; -1: trouble. */
static int next_event(trace_reader *reader) {
  span text = {NULL, 0};
  int got = 1;
  do {
    got = next_line(reader, &text);
  } while (got == 1 && text.len == 0);
  if (got != 1) return got;
  if (!trace_line_read(&reader->line, text, &reader->event))
    return fail(reader, reader->line.trouble);
  if (reader->event.t_ms < reader->t_ms)
    return fail(reader, "its t_ms is below that of the line before");
  reader->t_ms = reader->event.t_ms;
  reader->event.line = reader->number;
  return 1;
}

int trace_read(trace_reader *reader, trace_event *out) {
  for (int got = 0; got == 0;) {
    if (!reader->is_rest) {
      got = next_event(reader);
      if (got != 1) return got;
      trace_kind kind = reader->event.kind;
      if (kind == TRACE_OPEN || kind == TRACE_CLOSE) parts_drop(reader, &reader->event);
      bool is_whole = kind != TRACE_FRAME || reader->event.damaged || reader->event.bytes.len == 0;
      *out = reader->event;
      if (is_whole) return 1;
    }
    got = next_frame(reader, out);
    if (got != 0) return got;
  }
  return 0;
}
