/* An event in a few words, printable ASCII, for reports and diagrams.
 * Read first: frame.h, story.h. */
#ifndef LABEL_H
#define LABEL_H

#include "oracle/frame.h"
#include "oracle/trace.h"

/* Of names as long as a UUID this much is shown, with ".." at the end. */
enum { LABEL_ROOM = 96, LABEL_UUID = 36, LABEL_UUID_SHOWN = 10 };

typedef struct label {
  char text[LABEL_ROOM];
} label;

/* "message.new 17 1f0c2b7a.. from ada". Long names are cut; the parser is only lent. */
label label_of(frame_parser *parser, const trace_event *event);

#endif
