/* One direction of a TCP connection: segments in any order, doubled or overlapping, become bytes
 * in order.
 * Read first: RFC 9293, section 3.4 (sequence numbers). */
#ifndef TCP_H
#define TCP_H

#include "oracle/trace.h"

typedef struct tcp_held tcp_held;

typedef struct tcp_stream {
  bool begun;     /* next is known */
  uint32_t next;  /* the sequence number of the byte that comes next */
  tcp_held *held; /* segments that came before their turn, in order */
  size_t held_count, held_bytes;
} tcp_stream;

void tcp_free(tcp_stream *stream);
/* The stream's first byte has this number. */
void tcp_begin(tcp_stream *stream, uint32_t seq);
/* Takes a segment. False: no memory. */
bool tcp_add(tcp_stream *stream, uint32_t seq, span data);
/* The bytes that are next; false: they have not come. Valid until the next call. */
bool tcp_next(tcp_stream *stream, span *out);
/* Gives up bytes that never came: goes on with the first that did. Returns how many are missing; 0:
 * nothing waits. */
size_t tcp_skip(tcp_stream *stream);

#endif
