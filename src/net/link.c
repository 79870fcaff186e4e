/* Floor 5, net. Stream connections over libuv.
 * Read first: net/link.h. */
#define _GNU_SOURCE 1
#include "net/link.h"

#include <stdio.h>

#include "base/assert.h"
#include "net/address.h"

enum { KEEPALIVE_S = 30 };

static void on_buffer(uv_handle_t *handle, size_t wanted, uv_buf_t *out) {
  (void)wanted;
  const ep_link *link = handle->data;
  *out = ep_loop_read_buffer(link->loop);
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer) {
  ep_link *link = stream->data;
  if (len == 0 || link->closing) return;
  if (len < 0) {
    link->handlers->ended(link, (int)len);
    return;
  }
  ep_bytes bytes = {(const uint8_t *)buffer->base, (size_t)len};
  link->handlers->received(link, bytes);
}

int ep_link_init(ep_link *link, ep_loop *loop, bool is_unix, const ep_link_handlers *handlers) {
  EP_ASSERT(handlers->received != NULL && handlers->closed != NULL);
  link->handlers = handlers;
  link->loop = loop;
  link->is_unix = is_unix;
  link->writing = 0;
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

ssize_t ep_link_write(ep_link *link, ep_bytes bytes) {
  EP_ASSERT(!link->closing && !link->finished && link->writing == 0);
  EP_ASSERT(bytes.len != 0);
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
  (void)uv_shutdown(&link->shutdown, &link->uv.stream, on_shutdown);
}

static void on_closed(uv_handle_t *handle) {
  ep_link *link = handle->data;
  link->handlers->closed(link);
}

void ep_link_close(ep_link *link) {
  if (link->closing) return;
  link->closing = true;
  uv_close(&link->uv.handle, on_closed);
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
