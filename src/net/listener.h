/* Floor 5, net. A socket that listens, TCP or Unix, made here or inherited.
 * Read first: net/address.h, net/loop.h. */
#ifndef EP_NET_LISTENER_H
#define EP_NET_LISTENER_H

#include <uv.h>

#include "net/address.h"
#include "net/loop.h"

typedef struct ep_listener ep_listener;

/* Embedded. `arrived` is called when somebody has connected: accept at once, or, when nothing may
 * be taken now, later with the same uv_accept; no further call comes before that. code: not 0 when
 * a connection could not be taken (a libuv code). */
struct ep_listener {
  union {
    uv_handle_t handle;
    uv_stream_t stream;
    uv_tcp_t tcp;
    uv_pipe_t pipe;
  } uv;
  void (*arrived)(ep_listener *listener, int code);
  void (*closed)(ep_listener *listener);
  void *owner;
  bool is_unix;
  bool tls;     /* who connects must speak TLS */
  bool waiting; /* somebody has connected and was not accepted yet */
  bool open;    /* there is a handle, which needs closing */
  unsigned port;
};

/* Binds and listens. The handlers must be set. message receives one sentence when the status is not
 * OK; close it also then, if it is open. */
ep_status ep_listener_open(ep_listener *listener, ep_loop *loop, const char *text, char *message,
                           size_t message_len);

/* closed() follows. A Unix socket's file goes. */
void ep_listener_close(ep_listener *listener);

#endif
