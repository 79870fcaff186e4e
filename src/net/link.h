/* Floor 5, net. One stream connection, TCP or Unix, with or without TLS: what service and dialer
 * have in common. Reads into the loop's buffer, writes at once what the socket takes and the rest
 * when it can, without a copy but that of encryption.
 * Read first: net/loop.h, net/tls.h. */
#ifndef EP_NET_LINK_H
#define EP_NET_LINK_H

#include <uv.h>

#include "net/loop.h"
#include "net/tls.h"

/* What TLS has to say of itself, and the socket does not take, in bytes. */
enum { EP_LINK_WAITING_MOST = 512 * 1024 };

typedef struct ep_link ep_link;

/* Called from the loop. A handler may close the link. */
typedef struct ep_link_handlers {
  void (*received)(ep_link *link, ep_bytes bytes); /* borrowed for the call */
  void (*written)(ep_link *link, size_t len);      /* the rest of a write is written */
  /* End or failure: close it. code: of libuv; UV_EPROTO: TLS failed, or is spoken by one side
   * only. */
  void (*ended)(ep_link *link, int code);
  void (*secured)(ep_link *link); /* TLS: the handshake is over; may be NULL */
  void (*closed)(ep_link *link);  /* the last call: the memory may go */
  /* Asked before each read: how many bytes at most (NULL: the whole buffer). After 0: put_off, and
   * nothing more is read before ep_link_read. */
  size_t (*may_read)(ep_link *link);
  void (*put_off)(ep_link *link);
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
  size_t writing;      /* bytes of the rest that is being written; 0: nothing is */
  ep_tls_session *tls; /* NULL: the bytes go as they are */
  ep_bytes rest;       /* TLS: what is given to write and not encrypted yet */
  bool heard;          /* something has come */
  bool is_unix;
  bool closing;
  bool finished; /* the writing side is shut, or will be */
};

/* A new socket's handle; no connection yet. A libuv code. */
int ep_link_init(ep_link *link, ep_loop *loop, bool is_unix, const ep_link_handlers *handlers);

/* After it is connected: no delays, and notice when the peer's machine is gone. */
void ep_link_tune(ep_link *link);

/* After it is connected, before anything is read: TLS from the first byte on. server as in
 * ep_tls_begin. A libuv code. */
int ep_link_secure(ep_link *link, ep_tls *tls, const ep_address *server);

void ep_link_read(ep_link *link, bool on);

/* Writes as much as the socket takes now: that is the result. The rest (which must stay where it
 * is) is written by and by, then written() is called; until then write nothing more. Negative: a
 * libuv code. */
ssize_t ep_link_write(ep_link *link, ep_bytes bytes);

/* Why it ended, before it is closed: a clause, as "nobody listens there". code: of ended(). */
const char *ep_link_words(const ep_link *link, int code);

/* Ends the writing side when nothing is being written; the peer sees an end. */
void ep_link_finish(ep_link *link);

/* Closes, whatever is under way; bytes given to write are not touched any more. closed()
 * follows. */
void ep_link_close(ep_link *link);

/* The address of the peer. False: it has none, as with a Unix socket. */
bool ep_link_address(const ep_link *link, struct sockaddr_storage *out);

/* The address of the peer as text. Whether it is on this machine for sure. */
bool ep_link_peer(const ep_link *link, char *out, size_t out_len);

#endif
