/* Floor 5, net. Who comes: connections are accepted, as far as limits and the time for it allow.
 * Read first: net/service.h, net/fair.h. */
#define _GNU_SOURCE 1
#include <stdlib.h>

#include "base/assert.h"
#include "net/service.h"

static ep_connection *connection_new(ep_service *service, const ep_listener *listener) {
  ep_connection *connection = calloc(1, sizeof *connection);
  if (connection == NULL) return NULL;
  if (ep_link_init(&connection->link, service->loop, listener->is_unix,
                   &ep_service_link_handlers) != 0) {
    free(connection);
    return NULL;
  }
  connection->service = service;
  connection->next = service->connections;
  if (connection->next != NULL) connection->next->previous = connection;
  service->connections = connection;
  return connection;
}

/* EP-LIM-12 */
static bool address_has_room(ep_connection *connection) {
  struct sockaddr_storage address;
  if (!ep_link_address(&connection->link, &address)) return true;
  return ep_crowd_enter(&connection->service->crowd, &connection->place,
                        (const struct sockaddr *)&address) == EP_OK;
}

static bool core_accept(ep_connection *connection) {
  ep_service *service = connection->service;
  char address[64];
  ep_peer peer = {.transport = EP_STREAM, .address = address}; /* EP-SYS-2 */
  peer.local = ep_link_peer(&connection->link, address, sizeof address);
  if (!ep_table_reserve(&service->by_conn, 1)) return false;
  ep_conn conn = 0;
  service->dirty = true;
  if (ep_server_accept(service->core, &conn, &peer, ep_loop_now(service->loop)) != EP_OK)
    return false;
  EP_ASSERT(conn != 0);
  connection->conn = conn;
  bool inserted = ep_table_insert(&service->by_conn, ep_service_conn_hash(conn), connection);
  EP_ASSERT(inserted);
  return true;
}

/* The core hears of it now, so that a handshake counts in the time to authenticate (EP-AUTH-4) and
 * in the connections (EP-LIM-7); it gets bytes when the handshake is over. */
static void connection_take(ep_service *service, ep_listener *listener) {
  uint64_t begin_ns = ep_fair_begin();
  ep_connection *connection = connection_new(service, listener);
  if (connection == NULL) return; /* it waits in libuv, as those after it, until there is memory */
  listener->waiting = false;
  if (uv_accept(&listener->uv.stream, &connection->link.uv.stream) != 0) {
    ep_link_close(&connection->link);
    return;
  }
  ep_link_tune(&connection->link);
  bool room = address_has_room(connection);
  bool secure =
      !listener->tls || (room && ep_link_secure(&connection->link, service->tls, NULL) == 0);
  if (!room || !secure || !core_accept(connection)) {
    ep_link_close(&connection->link);
    return;
  }
  ep_link_read(&connection->link, true);
  ep_fair_end(&service->fair, begin_ns);
}

/* Out of file descriptors libuv accepts and closes at once with one that it keeps back. */
void ep_service_arrived(ep_listener *listener, int code) {
  ep_service *service = listener->owner;
  if (code != 0 || service->committing || service->stopping) return;
  if (ep_fair_is_used_up(&service->fair)) return; /* it waits in libuv, as those after it */
  connection_take(service, listener);
}

void ep_service_take_waiting(ep_service *service) {
  for (size_t i = 0; i < service->listener_count && !service->stopping; i++) {
    bool waits = service->listeners[i].waiting && !ep_fair_is_used_up(&service->fair);
    if (waits) connection_take(service, &service->listeners[i]);
  }
}

bool ep_service_somebody_waits(const ep_service *service) {
  for (size_t i = 0; i < service->listener_count && !service->stopping; i++) {
    if (service->listeners[i].waiting) return true;
  }
  return false;
}
