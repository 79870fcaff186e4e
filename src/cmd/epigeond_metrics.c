/* Floor 6, programs. libmicrohttpd inside the loop: it has one epoll descriptor for all its
 * sockets, which the loop watches; everything happens in the loop's thread. What is answered is at
 * most a second old, so that asking often costs nothing.
 * Read first: cmd/epigeond_metrics.h. */
#define _GNU_SOURCE 1
#include "cmd/epigeond_metrics.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "cmd/log.h"
#include "net/address.h"
#include "net/loop.h"
#include "net/metrics.h"

enum { FRESH_MS = 1000, CONNECTIONS = 16, PATIENCE_S = 10, HANDLES = 2 };

struct epigeond_metrics {
  struct MHD_Daemon *http;
  ep_loop *loop;
  ep_service *service;
  uv_poll_t poll;
  uv_timer_t timer;
  unsigned handles_open;
  ep_allocator allocator;
  ep_buffer page;
  uint64_t page_ms; /* when it was written */
  unsigned port;
};

/* ---- Answers --------------------------------------------------------------------------------- */

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned status, ep_bytes body,
                              const char *type) {
  struct MHD_Response *response = MHD_create_response_from_buffer(
      body.len, (void *)(uintptr_t)body.data, MHD_RESPMEM_MUST_COPY);
  if (response == NULL) return MHD_NO;
  (void)MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
  if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
    (void)MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, MHD_HTTP_METHOD_GET);
  enum MHD_Result result = MHD_queue_response(connection, status, response);
  MHD_destroy_response(response);
  return result;
}

static bool page_refresh(epigeond_metrics *m) {
  uint64_t now_ms = ep_loop_now(m->loop);
  if (ep_buffer_len(&m->page) != 0 && now_ms - m->page_ms < FRESH_MS) return true;
  ep_buffer_clear(&m->page);
  ep_metrics_write(&m->page, m->service, ep_log_left_out());
  m->page_ms = now_ms;
  return !m->page.failed;
}

/* Called once for the head of a request, and again while its body comes: none is wanted. */
static enum MHD_Result on_request(void *context, struct MHD_Connection *connection,
                                  const char *path, const char *method, const char *version,
                                  const char *body, size_t *body_len, void **request) {
  static const char plain[] = "text/plain; charset=utf-8";
  epigeond_metrics *m = context;
  (void)version, (void)body, (void)body_len, (void)request;
  if (strcmp(method, MHD_HTTP_METHOD_GET) != 0)
    return answer(connection, MHD_HTTP_METHOD_NOT_ALLOWED, EP_LITERAL("Only GET is answered.\n"),
                  plain);
  if (strcmp(path, "/metrics") != 0)
    return answer(connection, MHD_HTTP_NOT_FOUND, EP_LITERAL("The metrics are at /metrics.\n"),
                  plain);
  if (!page_refresh(m)) return MHD_NO;
  return answer(connection, MHD_HTTP_OK, ep_buffer_bytes(&m->page), EP_METRICS_TYPE);
}

/* ---- The loop -------------------------------------------------------------------------------- */

static void on_timer(uv_timer_t *timer);

static void run(epigeond_metrics *m) {
  MHD_UNSIGNED_LONG_LONG wait_ms = 0;
  (void)MHD_run(m->http);
  if (MHD_get_timeout(m->http, &wait_ms) == MHD_YES)
    (void)uv_timer_start(&m->timer, on_timer, wait_ms, 0);
  else
    (void)uv_timer_stop(&m->timer);
}

static void on_timer(uv_timer_t *timer) { run(timer->data); }

static void on_poll(uv_poll_t *poll, int status, int events) {
  (void)status, (void)events;
  run(poll->data);
}

static void on_closed(uv_handle_t *handle) {
  epigeond_metrics *m = handle->data;
  if (--m->handles_open != 0) return;
  ep_buffer_free(&m->page);
  free(m);
}

/* ---- Life ------------------------------------------------------------------------------------ */

static bool refuse(char *message, size_t message_len, const char *text, const char *why) {
  (void)snprintf(message, message_len, "The address %s for metrics %s.", text, why);
  return false;
}

static bool address_read(ep_address *out, const char *text, bool remote, char *message,
                         size_t message_len) {
  if (!ep_address_parse(out, text, message, message_len)) return false;
  if (out->kind != EP_ADDRESS_IP)
    return refuse(message, message_len, text, "must be written as numbers, as 127.0.0.1:9998");
  if (remote || ep_address_is_loopback((const struct sockaddr *)&out->ip)) return true;
  return refuse(message, message_len, text,
                "is one that others can reach, and they are for anybody who asks: choose "
                "127.0.0.1, or say --metrics-remote");
}

bool epigeond_metrics_check(const char *text, bool remote, char *message, size_t message_len) {
  ep_address address;
  return address_read(&address, text, remote, message, message_len);
}

static bool http_start(epigeond_metrics *m, const ep_address *address) {
  unsigned flags = MHD_USE_EPOLL;
  if (address->ip.ss_family == AF_INET6) flags |= MHD_USE_IPv6;
  m->http = MHD_start_daemon(flags, (uint16_t)address->port, NULL, NULL, on_request, m,
                             MHD_OPTION_SOCK_ADDR, (const struct sockaddr *)&address->ip,
                             MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS,
                             MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)PATIENCE_S,
                             MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u, MHD_OPTION_END);
  if (m->http == NULL) return false;
  m->port = MHD_get_daemon_info(m->http, MHD_DAEMON_INFO_BIND_PORT)->port;
  return true;
}

static void loop_join(epigeond_metrics *m) {
  int fd = MHD_get_daemon_info(m->http, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
  int code = uv_poll_init(ep_loop_uv(m->loop), &m->poll, fd);
  if (code == 0) code = uv_timer_init(ep_loop_uv(m->loop), &m->timer);
  if (code == 0) code = uv_poll_start(&m->poll, UV_READABLE, on_poll);
  EP_ASSERT(code == 0); /* the descriptor is good, and libuv has no other way to fail here */
  m->poll.data = m->timer.data = m;
  m->handles_open = HANDLES;
}

ep_status epigeond_metrics_open(epigeond_metrics **out, ep_loop *loop, ep_service *service,
                                const char *text, char *message, size_t message_len) {
  ep_address address;
  ep_surroundings around;
  *out = NULL;
  if (!ep_address_parse(&address, text, message, message_len)) return EP_INVALID_ARGUMENT;
  epigeond_metrics *m = calloc(1, sizeof *m);
  if (m == NULL || address.kind != EP_ADDRESS_IP || !http_start(m, &address)) {
    (void)snprintf(message, message_len, "The metrics cannot be served on %s: %s.", text,
                   strerror(errno));
    free(m);
    return EP_SYSTEM;
  }
  ep_surroundings_default(&around);
  m->allocator = around.allocator;
  ep_buffer_init(&m->page, &m->allocator);
  m->loop = loop;
  m->service = service;
  loop_join(m);
  *out = m;
  return EP_OK;
}

unsigned epigeond_metrics_port(const epigeond_metrics *metrics) { return metrics->port; }

void epigeond_metrics_close(epigeond_metrics *metrics) {
  if (metrics == NULL) return;
  (void)uv_poll_stop(&metrics->poll);
  MHD_stop_daemon(metrics->http);
  uv_close((uv_handle_t *)&metrics->poll, on_closed);
  uv_close((uv_handle_t *)&metrics->timer, on_closed);
}
