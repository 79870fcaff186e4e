/* Floor 5, net. One stream connection, TCP or Unix: what service and dialer have in common. Reads
 * into the loop's buffer, writes at once what the socket takes and the rest when it can, without a
 * copy.
 * Read first: net/loop.h. */
#ifndef EP_NET_LINK_H
#define EP_NET_LINK_H

#include <uv.h>

#include "net/loop.h"

typedef struct ep_link ep_link;

/* Called from the loop. A handler may close the link. */
typedef struct ep_link_handlers {
  void (*received)(ep_link *link, ep_bytes bytes); /* borrowed for the call */
  void (*written)(ep_link *link, size_t len);      /* the rest of a write is written */
  void (*ended)(ep_link *link, int code);          /* end or failure (a libuv code): close it */
  void (*closed)(ep_link *link);                   /* the last call: the memory may go */
} ep_link_handlers;

/* Embedded, first, in what it belongs to. */
struct ep_link {
  union {
    uv_handle_t handle;
    uv_stream_t stream;
    uv_tcp_t tcp;
    uv_pipe_t pipe;
  } uv;
  const ep_link_handlers *handlers;
  ep_loop *loop;
  uv_write_t write;
  uv_shutdown_t shutdown;
  size_t writing; /* bytes of the rest that is being written; 0: nothing is */
  bool is_unix;
  bool closing;
  bool finished; /* the writing side is shut, or will be */
};

/* A new socket's handle; no connection yet. A libuv code. */
int ep_link_init(ep_link *link, ep_loop *loop, bool is_unix, const ep_link_handlers *handlers);

/* After it is connected: no delays, and notice when the peer's machine is gone. */
void ep_link_tune(ep_link *link);

void ep_link_read(ep_link *link, bool on);

/* Writes as much as the socket takes now: that is the result. The rest (which must stay where it
 * is) is written by and by, then written() is called; until then write nothing more. Negative: a
 * libuv code. */
ssize_t ep_link_write(ep_link *link, ep_bytes bytes);

/* Ends the writing side when nothing is being written; the peer sees an end. */
void ep_link_finish(ep_link *link);

/* Closes, whatever is under way; bytes given to write are not touched any more. closed()
 * follows. */
void ep_link_close(ep_link *link);

/* The address of the peer as text. Whether it is on this machine for sure. */
bool ep_link_peer(const ep_link *link, char *out, size_t out_len);

#endif
