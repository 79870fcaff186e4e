/* The part of a trace that a finding is about, copied: what led there, the guilty event, and what
 * happened around it to the same client, connection and message. Reports and diagrams show it.
 * Read first: trace.h, judge.h. Then: tape.h, for traces that cannot be read a second time. */
#ifndef STORY_H
#define STORY_H

#include "oracle/judge.h"
#include "oracle/trace.h"

typedef enum story_role {
  STORY_AROUND, /* neighbour: shows the circumstances */
  STORY_LED,    /* in judge_finding.lead_up */
  STORY_GUILTY  /* where it showed */
} story_role;

/* One event of a story; its spans stay valid as long as the story. */
typedef struct story_event {
  trace_event event;
  story_role role;
  span client;       /* whose connection or application it is; empty: not known, or the server */
  size_t arrival;    /* WRITTEN: the place in the story of its first arrival, or STORY_… */
  uint64_t left_out; /* events of the trace between the one before in the story and this */
} story_event;

#define STORY_NEVER SIZE_MAX         /* it was dropped, or overtaken by what was written later */
#define STORY_UNKNOWN (SIZE_MAX - 1) /* not as far as the story goes */

typedef struct story story;

/* The finding stays the caller's, and stays as it is until story_free. NULL: no memory. */
story *story_new(const judge_finding *finding);
void story_free(story *s);

/* Give it every event of the trace, in order, a second time (or from a tape); it copies what it
 * wants. False: no memory, or the rest does not matter any more. */
bool story_add(story *s, const trace_event *event);
/* After the last event: sorts and connects. Call it once. */
void story_end(story *s);

size_t story_count(const story *s);
const story_event *story_at(const story *s, size_t index);

#endif
