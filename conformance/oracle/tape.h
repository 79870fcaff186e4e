/* The last events of a trace, copied as they happen, in a bounded piece of memory: for a trace that
 * is not in a file. Recording an event costs about as much as copying it.
 * Read first: story.h. */
#ifndef TAPE_H
#define TAPE_H

#include "oracle/story.h"

typedef struct tape tape;

/* Keeps as many of the newest events as fit into `bytes`. NULL: no memory. */
tape *tape_new(size_t bytes);
void tape_free(tape *t);
void tape_reset(tape *t);
/* An event that is larger than a quarter of the tape is kept without its bytes. */
void tape_add(tape *t, const trace_event *event);
/* Gives the kept events, oldest first, to the story, and ends it. */
void tape_tell(const tape *t, story *s);

#endif
