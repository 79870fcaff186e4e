/* Floor 5, net. One connection of a dialer: a name is resolved, its addresses are tried one by one;
 * with TLS it is open when the handshake is over.
 * Read first: net/dialer.h. */
#define _GNU_SOURCE 1
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "net/dialer.h"

static ep_attempt *attempt_of(ep_link *link) { return (ep_attempt *)(void *)link; }

static void attempt_free(ep_attempt *attempt) {
  if (attempt->found != NULL) uv_freeaddrinfo(attempt->found);
  free(attempt);
}

/* The dialer forgets it first: what it does then may start the next. */
static void attempt_lose(ep_attempt *attempt, int code, const char *why) {
  ep_dialer *dialer = attempt->dialer;
  attempt->dialer = NULL;
  if (dialer == NULL) return;
  EP_ASSERT(dialer->attempt == attempt);
  dialer->attempt = NULL;
  ep_dialer_lost(dialer, code, why);
}

static void on_received(ep_link *link, ep_bytes bytes) {
  ep_attempt *attempt = attempt_of(link);
  if (attempt->dialer != NULL) ep_dialer_received(attempt->dialer, bytes);
}

static void on_written(ep_link *link, size_t len) {
  ep_attempt *attempt = attempt_of(link);
  if (attempt->dialer != NULL) ep_dialer_written(attempt->dialer, len);
}

static void on_ended(ep_link *link, int code) {
  attempt_lose(attempt_of(link), code, ep_link_words(link, code));
  ep_link_close(link);
}

static void attempt_open(ep_attempt *attempt) {
  attempt->phase = EP_CONNECTED;
  if (attempt->dialer != NULL) ep_dialer_opened(attempt->dialer);
}

static void on_secured(ep_link *link) { attempt_open(attempt_of(link)); }

static void connect_next(ep_attempt *attempt);

/* After a failure to connect the next address is tried, if there is one. */
static void on_closed(ep_link *link) {
  ep_attempt *attempt = attempt_of(link);
  if (attempt->dialer != NULL) {
    connect_next(attempt);
  } else {
    attempt_free(attempt);
  }
}

static const ep_link_handlers handlers = {.received = on_received,
                                          .written = on_written,
                                          .ended = on_ended,
                                          .secured = on_secured,
                                          .closed = on_closed};

/* Connected: now the handshake, if there is to be one. A libuv code. */
static int attempt_greet(ep_attempt *attempt) {
  ep_dialer *dialer = attempt->dialer;
  ep_link_tune(&attempt->link);
  int code =
      dialer->tls != NULL ? ep_link_secure(&attempt->link, dialer->tls, &dialer->address) : 0;
  if (code != 0) return code;
  ep_link_read(&attempt->link, true);
  if (dialer->tls == NULL) attempt_open(attempt);
  return 0;
}

static void on_connect(uv_connect_t *connect, int code) {
  ep_attempt *attempt = connect->data;
  if (attempt->dialer == NULL || attempt->link.closing) return;
  if (code == 0) {
    code = attempt_greet(attempt);
    if (code == 0) return;
    attempt->at = NULL; /* no other address is better */
  }
  if (attempt->at == NULL) attempt_lose(attempt, code, NULL);
  ep_link_close(&attempt->link);
}

/* False: not even begun, and no handle is open. */
static int connect_to(ep_attempt *attempt, const struct sockaddr *address) {
  int code = ep_link_init(&attempt->link, attempt->loop, address == NULL, &handlers);
  if (code != 0) return code;
  attempt->connect.data = attempt;
  if (address == NULL) {
    uv_pipe_connect(&attempt->connect, &attempt->link.uv.pipe, attempt->dialer->address.name,
                    on_connect);
    return 0;
  }
  code = uv_tcp_connect(&attempt->connect, &attempt->link.uv.tcp, address, on_connect);
  if (code == 0) return 0;
  if (attempt->at == NULL) attempt_lose(attempt, code, NULL);
  ep_link_close(&attempt->link); /* on_closed goes on */
  return 0;
}

static void attempt_fail(ep_attempt *attempt, int code) {
  attempt_lose(attempt, code, NULL);
  attempt_free(attempt);
}

/* attempt->at is the address to try; NULL afterwards: it was the last. */
static void connect_next(ep_attempt *attempt) {
  EP_ASSERT(attempt->at != NULL);
  const struct sockaddr *address = attempt->at->ai_addr;
  attempt->at = attempt->at->ai_next;
  attempt->phase = EP_CONNECTING;
  int code = connect_to(attempt, address);
  if (code != 0) attempt_fail(attempt, code);
}

static void on_resolved(uv_getaddrinfo_t *resolve, int code, struct addrinfo *found) {
  ep_attempt *attempt = resolve->data;
  attempt->found = found;
  attempt->at = found;
  if (attempt->dialer == NULL || code != 0) {
    attempt_fail(attempt, code);
    return;
  }
  connect_next(attempt);
}

static int resolve_begin(ep_attempt *attempt, const ep_address *address) {
  char port[8];
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
  (void)snprintf(port, sizeof port, "%u", address->port);
  attempt->phase = EP_RESOLVING;
  attempt->resolve.data = attempt;
  return uv_getaddrinfo(ep_loop_uv(attempt->loop), &attempt->resolve, on_resolved, address->name,
                        port, &hints);
}

static int attempt_begin(ep_attempt *attempt, const ep_address *address) {
  struct sockaddr_storage here;
  attempt->phase = EP_CONNECTING;
  switch (address->kind) {
    case EP_ADDRESS_NAME: return resolve_begin(attempt, address);
    case EP_ADDRESS_UNIX: return connect_to(attempt, NULL);
    case EP_ADDRESS_ALL:
      ep_address_of_ip(&here, "127.0.0.1", address->port);
      return connect_to(attempt, (const struct sockaddr *)&here);
    default: return connect_to(attempt, (const struct sockaddr *)&address->ip);
  }
}

void ep_attempt_start(ep_dialer *dialer) {
  EP_ASSERT(dialer->attempt == NULL);
  ep_attempt *attempt = calloc(1, sizeof *attempt);
  if (attempt == NULL) {
    ep_dialer_lost(dialer, UV_ENOMEM, NULL);
    return;
  }
  attempt->dialer = dialer;
  attempt->loop = dialer->loop;
  dialer->attempt = attempt;
  int code = attempt_begin(attempt, &dialer->address);
  if (code != 0) attempt_fail(attempt, code);
}

void ep_attempt_abandon(ep_dialer *dialer) {
  ep_attempt *attempt = dialer->attempt;
  EP_ASSERT(attempt != NULL && attempt->dialer == dialer);
  dialer->attempt = NULL;
  attempt->dialer = NULL;
  if (attempt->phase == EP_RESOLVING) {
    (void)uv_cancel((uv_req_t *)&attempt->resolve); /* on_resolved comes in any case */
  } else {
    ep_link_close(&attempt->link);
  }
}
