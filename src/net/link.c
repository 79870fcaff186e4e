/* Floor 5, net. Stream connections over libuv. With TLS what is read goes through a session, and
 * what is written too, in parts: the next is encrypted when the socket has taken the one before.
 * Read first: net/link.h. */
#define _GNU_SOURCE 1
#include "net/link.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "net/address.h"

enum { KEEPALIVE_S = 30 };

static void on_buffer(uv_handle_t *handle, size_t wanted, uv_buf_t *out) {
  (void)wanted;
  ep_link *link = handle->data;
  *out = ep_loop_read_buffer(link->loop);
  if (link->handlers->may_read == NULL) return;
  size_t most = link->handlers->may_read(link);
  if (most < out->len) out->len = most; /* libuv tells none by UV_ENOBUFS */
}

/* ---- TLS ------------------------------------------------------------------------------------- */

/* Encrypted bytes that the socket did not take at once. */
typedef struct flight {
  uv_write_t write;
  uint8_t bytes[];
} flight;

static bool is_writing(const ep_link *link) {
  return uv_stream_get_write_queue_size(&link->uv.stream) != 0;
}

static void on_flown(uv_write_t *write, int code);

/* What the socket does not take waits in libuv. */
static int output_keep(ep_link *link, ep_bytes left) {
  if (left.len > EP_LINK_WAITING_MOST - uv_stream_get_write_queue_size(&link->uv.stream))
    return UV_ENOBUFS; /* it makes us answer, and reads nothing */
  flight *waiting = malloc(sizeof *waiting + left.len);
  if (waiting == NULL) return UV_ENOMEM;
  memcpy(waiting->bytes, left.data, left.len);
  uv_buf_t buffer = uv_buf_init((char *)waiting->bytes, (unsigned)left.len);
  int code = uv_write(&waiting->write, &link->uv.stream, &buffer, 1, on_flown);
  if (code != 0) free(waiting);
  return code;
}

/* The output of the session goes to the socket. A libuv code. */
static int output_write(ep_link *link) {
  ep_bytes output = ep_buffer_bytes(&link->tls->output);
  if (output.len == 0) return 0;
  uv_buf_t buffer = uv_buf_init((char *)(uintptr_t)output.data, (unsigned)output.len);
  int taken = uv_try_write(&link->uv.stream, &buffer, 1);
  if (taken == UV_EAGAIN) taken = 0;
  if (taken < 0) return taken;
  bool all = (size_t)taken == output.len;
  int code = all ? 0 : output_keep(link, ep_bytes_from(output, (size_t)taken));
  ep_buffer_free(&link->tls->output); /* an idle connection keeps none */
  return code;
}

/* Encrypts and writes until all of `rest` is written or the socket is full. A libuv code. */
static int rest_write(ep_link *link) {
  while (link->rest.len != 0 && !is_writing(link)) {
    size_t len = link->rest.len < EP_TLS_PART ? link->rest.len : EP_TLS_PART;
    if (!ep_tls_write(link->tls, (ep_bytes){link->rest.data, len})) return UV_EPROTO;
    link->rest = ep_bytes_from(link->rest, len);
    int code = output_write(link);
    if (code != 0) return code;
  }
  return 0;
}

static void on_flown(uv_write_t *write, int code) {
  ep_link *link = write->handle->data;
  free(write); /* the first member of its flight */
  if (link->closing) return;
  if (code == 0) code = rest_write(link);
  if (code != 0) {
    link->handlers->ended(link, code);
    return;
  }
  size_t len = link->writing;
  if (len == 0 || link->rest.len != 0 || is_writing(link)) return;
  link->writing = 0;
  link->handlers->written(link, len);
}

static void secure_received(ep_link *link, ep_bytes raw) {
  bool greeting = link->tls->phase == EP_TLS_GREETING;
  if (!greeting && link->tls->phase != EP_TLS_OPEN) return; /* what comes after an end */
  ep_bytes plain;
  ep_tls_phase phase = ep_tls_receive(link->tls, raw, &plain);
  int code = output_write(link); /* the handshake, or an alert */
  if (code != 0 && phase != EP_TLS_FAILED) {
    link->handlers->ended(link, code);
    return;
  }
  bool secured = greeting && (phase == EP_TLS_OPEN || phase == EP_TLS_ENDED);
  if (secured && link->handlers->secured != NULL) link->handlers->secured(link);
  if (plain.len != 0 && !link->closing) link->handlers->received(link, plain);
  if (link->closing) return;
  if (phase == EP_TLS_ENDED) link->handlers->ended(link, UV_EOF);
  if (phase == EP_TLS_FAILED) link->handlers->ended(link, UV_EPROTO);
}

int ep_link_secure(ep_link *link, ep_tls *tls, const ep_address *server) {
  EP_ASSERT(link->tls == NULL && !link->heard && !link->closing);
  link->tls = ep_tls_begin(tls, server);
  return link->tls != NULL ? output_write(link) : UV_ENOMEM;
}

/* Our end is said too, if there is room for it: else it looks like a cut, and is one. */
static void secure_end(ep_link *link) {
  if (!link->finished && link->writing == 0 && !is_writing(link)) {
    ep_tls_finish(link->tls);
    (void)output_write(link);
  }
  ep_tls_end(link->tls);
  link->tls = NULL;
}

static const char *secure_words(const ep_link *link, int code) {
  bool ended = code == UV_EOF || code == UV_ECONNRESET || code == UV_EPIPE;
  if (code == UV_EPROTO) return link->tls->trouble;
  if (link->tls->phase != EP_TLS_GREETING)
    return code == UV_EOF && link->tls->phase == EP_TLS_OPEN ? "the connection was cut" : NULL;
  if (ended)
    return "it was closed in the TLS handshake: perhaps the other side speaks no TLS there";
  return code == UV_ETIMEDOUT
             ? "the TLS handshake took too long: perhaps the other side speaks no TLS there"
             : NULL;
}

/* ---- Without it ------------------------------------------------------------------------------ */

const char *ep_link_words(const ep_link *link, int code) {
  const char *words = link->tls != NULL ? secure_words(link, code) : NULL;
  if (words != NULL) return words;
  if (code == UV_EPROTO) return "TLS is spoken there: write the address as tls:HOST:PORT";
  return code == UV_EOF ? "the other side closed the connection" : uv_strerror(code);
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer) {
  ep_link *link = stream->data;
  if (len == 0 || link->closing) return;
  if (len == UV_ENOBUFS) {
    ep_link_read(link, false);
    link->handlers->put_off(link);
    return;
  }
  if (len < 0) {
    link->handlers->ended(link, (int)len);
    return;
  }
  ep_bytes bytes = {(const uint8_t *)buffer->base, (size_t)len};
  bool first = !link->heard;
  link->heard = true;
  if (link->tls != NULL)
    secure_received(link, bytes);
  else if (first && ep_tls_is(bytes))
    link->handlers->ended(link, UV_EPROTO);
  else
    link->handlers->received(link, bytes);
}

int ep_link_init(ep_link *link, ep_loop *loop, bool is_unix, const ep_link_handlers *handlers) {
  EP_ASSERT(handlers->received != NULL && handlers->closed != NULL);
  link->handlers = handlers;
  link->loop = loop;
  link->is_unix = is_unix;
  link->writing = 0;
  link->tls = NULL;
  link->rest = EP_NOTHING;
  link->heard = false;
  link->closing = false;
  link->finished = false;
  int code = is_unix ? uv_pipe_init(ep_loop_uv(loop), &link->uv.pipe, 0)
                     : uv_tcp_init(ep_loop_uv(loop), &link->uv.tcp);
  link->uv.handle.data = link;
  return code;
}

/* A socket that refuses this works all the same. */
void ep_link_tune(ep_link *link) {
  if (link->is_unix) return;
  (void)uv_tcp_nodelay(&link->uv.tcp, 1);
  (void)uv_tcp_keepalive(&link->uv.tcp, 1, KEEPALIVE_S);
}

void ep_link_read(ep_link *link, bool on) {
  if (link->closing) return;
  if (!on) {
    (void)uv_read_stop(&link->uv.stream);
    return;
  }
  int code = uv_read_start(&link->uv.stream, on_buffer, on_read);
  EP_ASSERT(code == 0 || code == UV_EALREADY || code == UV_ENOTCONN);
}

static void on_written(uv_write_t *write, int code) {
  ep_link *link = write->handle->data;
  size_t len = link->writing;
  link->writing = 0;
  if (link->closing) return;
  if (code != 0) {
    link->handlers->ended(link, code);
  } else {
    link->handlers->written(link, len);
  }
}

/* All of it counts as written when the last part is. */
static ssize_t secure_write(ep_link *link, ep_bytes bytes) {
  link->rest = bytes;
  int code = rest_write(link);
  if (code != 0) return code;
  if (link->rest.len == 0 && !is_writing(link)) return (ssize_t)bytes.len;
  link->writing = bytes.len;
  return 0;
}

ssize_t ep_link_write(ep_link *link, ep_bytes bytes) {
  EP_ASSERT(!link->closing && !link->finished && link->writing == 0);
  EP_ASSERT(bytes.len != 0);
  if (link->tls != NULL) return secure_write(link, bytes);
  uv_buf_t rest = {.base = (char *)(uintptr_t)bytes.data, .len = bytes.len};
  int taken = uv_try_write(&link->uv.stream, &rest, 1);
  if (taken == UV_EAGAIN) taken = 0;
  if (taken < 0 || (size_t)taken == bytes.len) return taken;
  rest.base += taken;
  rest.len -= (size_t)taken;
  link->writing = rest.len;
  int code = uv_write(&link->write, &link->uv.stream, &rest, 1, on_written);
  if (code == 0) return taken;
  link->writing = 0;
  return code;
}

static void on_shutdown(uv_shutdown_t *shutdown, int code) {
  (void)shutdown;
  (void)code; /* the peer is gone already: reading will tell */
}

void ep_link_finish(ep_link *link) {
  EP_ASSERT(link->writing == 0);
  if (link->closing || link->finished) return;
  link->finished = true;
  if (link->tls != NULL) {
    ep_tls_finish(link->tls);
    (void)output_write(link);
  }
  (void)uv_shutdown(&link->shutdown, &link->uv.stream, on_shutdown);
}

static void on_closed(uv_handle_t *handle) {
  ep_link *link = handle->data;
  link->handlers->closed(link);
}

void ep_link_close(ep_link *link) {
  if (link->closing) return;
  if (link->tls != NULL) secure_end(link);
  link->closing = true;
  uv_close(&link->uv.handle, on_closed);
}

bool ep_link_address(const ep_link *link, struct sockaddr_storage *out) {
  int len = sizeof *out;
  return !link->is_unix && uv_tcp_getpeername(&link->uv.tcp, (struct sockaddr *)out, &len) == 0;
}

bool ep_link_peer(const ep_link *link, char *out, size_t out_len) {
  struct sockaddr_storage peer;
  int len = sizeof peer;
  if (link->is_unix) {
    (void)snprintf(out, out_len, "unix");
    return true;
  }
  if (uv_tcp_getpeername(&link->uv.tcp, (struct sockaddr *)&peer, &len) != 0) {
    (void)snprintf(out, out_len, "?");
    return false;
  }
  char text[EP_ADDRESS_TEXT];
  ep_address_write(text, (const struct sockaddr *)&peer);
  (void)snprintf(out, out_len, "%s", text);
  return ep_address_is_loopback((const struct sockaddr *)&peer);
}
