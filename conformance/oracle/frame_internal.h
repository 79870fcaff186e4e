/* Between frame.c, which finds members, and frame_actions.c, which knows what they mean.
 * Read first: frame.h. */
#ifndef FRAME_INTERNAL_H
#define FRAME_INTERNAL_H

#include "oracle/frame.h"

/* The members of one object, raw, by name. */
typedef struct frame_members {
  span at[FRAME_FIELD_END];
  unsigned there; /* FRAME_HAS_… */
  unsigned count; /* all of them, doubled names twice */
  unsigned others;
  span other; /* the first name that no field has */
} frame_members;

/* Whether this action is written in this direction, and whether its payload is an object whose
 * members are read. */
bool frame_action_goes(ep_action action, trace_dir dir);
bool frame_reads_payload(ep_action action, trace_dir dir);

span frame_field_name(frame_field field);

/* Fills in everything about the action, its class included. */
void frame_read_action(frame_parser *parser, const frame_members *top, const frame_members *inner,
                       trace_dir dir, frame *out);

/* A string value, unescaped into the parser where that is needed; false: it is not one. */
bool frame_read_string(frame_parser *parser, span value, span *out);
/* The same, of 1 to `most` bytes of printable ASCII. */
bool frame_read_printable(frame_parser *parser, span value, size_t most, span *out);

#endif
