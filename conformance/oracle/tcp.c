/* Read first: tcp.h. */
#include "oracle/tcp.h"

#include <stdlib.h>
#include <string.h>

/* A segment that waits, or (the first in the list, once its turn has come) is being looked at. */
struct tcp_held {
  tcp_held *after;
  uint32_t seq;
  bool is_done;
  size_t len;
  char data[];
};

/* How far a is behind b, around the end of the numbers too. */
static int32_t distance(uint32_t a, uint32_t b) { return (int32_t)(a - b); }

static void drop_first(tcp_stream *stream) {
  tcp_held *first = stream->held;
  stream->held = first->after;
  stream->held_count--;
  stream->held_bytes -= first->len;
  free(first);
}

void tcp_free(tcp_stream *stream) {
  while (stream->held != NULL) drop_first(stream);
  stream->begun = false;
}

void tcp_begin(tcp_stream *stream, uint32_t seq) {
  tcp_free(stream);
  stream->begun = true;
  stream->next = seq;
}

bool tcp_add(tcp_stream *stream, uint32_t seq, span data) {
  if (data.len == 0 || data.len > INT32_MAX) return true;
  if (!stream->begun) tcp_begin(stream, seq);
  tcp_held **place = &stream->held;
  while (*place != NULL && distance((*place)->seq, seq) <= 0) {
    if ((*place)->seq == seq && (*place)->len >= data.len && !(*place)->is_done) return true;
    place = &(*place)->after;
  }
  tcp_held *held = malloc(sizeof *held + data.len);
  if (held == NULL) return false;
  *held = (tcp_held){.after = *place, .seq = seq, .len = data.len};
  memcpy(held->data, data.text, data.len);
  *place = held;
  stream->held_count++;
  stream->held_bytes += data.len;
  return true;
}

bool tcp_next(tcp_stream *stream, span *out) {
  while (stream->held != NULL) {
    tcp_held *first = stream->held;
    int32_t behind = distance(stream->next, first->seq);
    if (first->is_done || behind >= (int32_t)first->len) {
      drop_first(stream);
      continue;
    }
    if (behind < 0) return false;
    *out = (span){first->data + behind, first->len - (size_t)behind};
    stream->next += (uint32_t)out->len;
    first->is_done = true;
    return true;
  }
  return false;
}

size_t tcp_skip(tcp_stream *stream) {
  while (stream->held != NULL && stream->held->is_done) drop_first(stream);
  if (stream->held == NULL) return 0;
  int32_t missing = distance(stream->held->seq, stream->next);
  if (missing <= 0) return 0;
  stream->next = stream->held->seq;
  return (size_t)missing;
}
