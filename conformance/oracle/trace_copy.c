/* Read first: trace_copy.h. */
#include "oracle/trace_copy.h"

#include <string.h>

size_t trace_copy_size(const trace_event *event) {
  return event->bytes.len + event->client.len + event->from.len + event->uid.len + event->code.len +
         event->note.len + event->to_json.len + event->payload_json.len;
}

static void move(char **to, span *what) {
  if (what->len == 0) return;
  memcpy(*to, what->text, what->len);
  what->text = *to;
  *to += what->len;
}

trace_event trace_copy(char *to, const trace_event *event) {
  trace_event out = *event;
  move(&to, &out.bytes);
  move(&to, &out.client);
  move(&to, &out.from);
  move(&to, &out.uid);
  move(&to, &out.code);
  move(&to, &out.note);
  move(&to, &out.to_json);
  move(&to, &out.payload_json);
  return out;
}
