/* Who stands where in a sequence diagram: the server in the middle, clients left and right of it.
 * Read first: story.h. Used by diagram.c and svg.c. */
#ifndef LANES_H
#define LANES_H

#include "oracle/story.h"

enum { LANES_MOST = 6 };
#define LANES_NOWHERE SIZE_MAX

typedef struct lanes {
  span name[LANES_MOST]; /* empty: "others", all clients for whom there was no lane of their own */
  size_t count, server;
} lanes;

/* The lanes of a story; clients of the finding and of what led there come first. */
lanes lanes_of(const story *s);
/* The lane of the client, or the server, whom an event belongs to; NOWHERE: of nobody. */
size_t lanes_find(const lanes *l, const story_event *event);
/* The lane's name: printable, cut to `room` - 1 bytes. */
void lanes_name(const lanes *l, size_t lane, char *out, size_t room);

#endif
