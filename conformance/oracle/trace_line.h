/* One line of a trace file as an event. The bytes of a frame's line come out as they are there:
 * they can be several frames, or a part of one (trace.c puts that right).
 * Read first: README.md (the lines), trace.h, scan.h. */
#ifndef TRACE_LINE_H
#define TRACE_LINE_H

#include "oracle/trace.h"

typedef struct trace_line {
  char *text; /* strings of the line, escapes undone; the event's spans lie here or in the line */
  size_t text_len, text_room;
  char trouble[256]; /* what is wrong, without the number of the line */
} trace_line;

/* True: *out is filled in, but for its number (line). False: trouble says why. */
bool trace_line_read(trace_line *line, span json, trace_event *out);
void trace_line_free(trace_line *line);

#endif
