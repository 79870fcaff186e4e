/* Copies an event with all that its spans point to into one piece of memory.
 * Read first: trace.h. */
#ifndef TRACE_COPY_H
#define TRACE_COPY_H

#include "oracle/trace.h"

size_t trace_copy_size(const trace_event *event);
/* `to` holds trace_copy_size(event) bytes, and as long as it does the result is good. */
trace_event trace_copy(char *to, const trace_event *event);

#endif
