/* Floor 5, net. What a service does in a turn of the loop: sockets bring bytes to the core; then
 * what is to be stored is stored, and what may leave after that is written, once for each
 * connection.
 * Read first: net/service.h; epigeon.h (ep_server_records and on). */
#define _GNU_SOURCE 1
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "net/service.h"

static uint64_t now_of(const ep_service *service) { return ep_loop_now(service->loop); }

/* ---- Connections by their name in the core --------------------------------------------------- */

static uint64_t conn_hash(ep_conn conn) { return conn * UINT64_C(0x9e3779b97f4a7c15) >> 16; }

static bool conn_equal(const void *key, const void *entry) {
  return *(const ep_conn *)key == ((const ep_connection *)entry)->conn;
}

static ep_connection *connection_find(const ep_service *service, ep_conn conn) {
  return ep_table_find(&service->by_conn, conn_hash(conn), conn_equal, &conn);
}

/* ---- Ends ------------------------------------------------------------------------------------ */

static void rest_drop(ep_connection *connection) {
  free(connection->rest);
  connection->rest = NULL;
  connection->rest_len = connection->rest_at = 0;
}

static void linger_leave(ep_connection *connection) {
  ep_service *service = connection->service;
  if (!connection->in_lingering) return;
  connection->in_lingering = false;
  ep_connection *next = connection->next_lingering, *previous = connection->previous_lingering;
  if (next != NULL) next->previous_lingering = previous;
  if (previous != NULL) previous->next_lingering = next;
  if (service->lingering == connection) service->lingering = next;
  if (service->last_lingering == connection) service->last_lingering = previous;
}

/* Between records and committed the core must not be told anything: it is told afterwards. */
static void defer(ep_connection *connection) {
  ep_service *service = connection->service;
  if (connection->in_deferred) return;
  connection->in_deferred = true;
  connection->next_deferred = service->deferred;
  service->deferred = connection;
}

/* The core hears that the connection is gone. */
static void core_hangup(ep_connection *connection) {
  ep_service *service = connection->service;
  if (connection->conn == 0) return;
  if (service->committing) {
    connection->hangup_due = true;
    defer(connection);
    return;
  }
  void *gone = ep_table_remove(&service->by_conn, conn_hash(connection->conn), NULL, connection);
  EP_ASSERT(gone == connection);
  ep_server_hangup(service->core, connection->conn, now_of(service));
  connection->conn = 0;
  service->dirty = true;
}

/* Everything ends here. The memory goes when libuv is done with it and the core knows. */
static void connection_drop(ep_connection *connection) {
  linger_leave(connection);
  ep_link_close(&connection->link); /* before the core frees what was being written */
  core_hangup(connection);
}

/* All is written: the peer sees the end. What it still sends is read and dropped, so that the end,
 * not a reset, is what it sees; then it closes too, or the time is over. */
static void connection_finish(ep_connection *connection) {
  ep_service *service = connection->service;
  rest_drop(connection);
  core_hangup(connection);
  ep_link_finish(&connection->link);
  ep_link_read(&connection->link, true);
  connection->linger_until_ms = now_of(service) + EP_LINGER_MS;
  connection->in_lingering = true;
  connection->next_lingering = NULL;
  connection->previous_lingering = service->last_lingering;
  if (service->last_lingering != NULL)
    service->last_lingering->next_lingering = connection;
  else
    service->lingering = connection;
  service->last_lingering = connection;
}

static void on_ended(ep_link *link, int code) {
  (void)code;
  connection_drop((ep_connection *)(void *)link);
}

static void connection_free(ep_connection *connection) {
  ep_service *service = connection->service;
  EP_ASSERT(connection->closed && !connection->in_lingering);
  if (connection->in_paused || connection->in_deferred) return; /* freed where the list is walked */
  EP_ASSERT(connection->conn == 0);
  if (connection->next != NULL) connection->next->previous = connection->previous;
  if (connection->previous != NULL)
    connection->previous->next = connection->next;
  else
    service->connections = connection->next;
  rest_drop(connection);
  free(connection);
}

static void on_closed(ep_link *link) {
  ep_connection *connection = (ep_connection *)(void *)link;
  ep_service *service = connection->service;
  connection->closed = true;
  connection_free(connection);
  ep_service_free_if_over(service);
}

/* ---- Bytes ----------------------------------------------------------------------------------- */

static void pause_join(ep_connection *connection) {
  ep_service *service = connection->service;
  if (connection->in_paused) return;
  connection->in_paused = true;
  connection->next_paused = service->paused;
  service->paused = connection;
}

static void pause_with(ep_connection *connection, ep_bytes rest) {
  EP_ASSERT(connection->rest == NULL);
  connection->rest = malloc(rest.len);
  if (connection->rest == NULL) {
    connection_drop(connection);
    return;
  }
  memcpy(connection->rest, rest.data, rest.len);
  connection->rest_len = rest.len;
  connection->rest_at = 0;
  ep_link_read(&connection->link, false);
  pause_join(connection);
}

static void on_received(ep_link *link, ep_bytes bytes) {
  ep_connection *connection = (ep_connection *)(void *)link;
  ep_service *service = connection->service;
  if (connection->conn == 0) return; /* it lingers */
  size_t taken = 0;
  if (!service->committing) {
    taken = ep_server_receive(service->core, connection->conn, bytes, now_of(service));
    service->dirty = true;
  }
  EP_ASSERT(taken <= bytes.len);
  if (taken < bytes.len) pause_with(connection, (ep_bytes){bytes.data + taken, bytes.len - taken});
}

/* True: something was taken, so that a further turn makes sense. */
static bool rest_offer(ep_connection *connection) {
  ep_service *service = connection->service;
  ep_bytes rest = {connection->rest + connection->rest_at,
                   connection->rest_len - connection->rest_at};
  size_t taken = ep_server_receive(service->core, connection->conn, rest, now_of(service));
  EP_ASSERT(taken <= rest.len);
  connection->rest_at += taken;
  if (taken == rest.len) {
    rest_drop(connection);
    ep_link_read(&connection->link, true);
  }
  return taken != 0;
}

static void rests_offer(ep_service *service) {
  ep_connection *list = service->paused;
  service->paused = NULL;
  while (list != NULL) {
    ep_connection *connection = list;
    list = connection->next_paused;
    connection->in_paused = false;
    if (connection->closed) {
      connection_free(connection);
    } else if (connection->rest != NULL && connection->conn != 0) {
      if (rest_offer(connection)) service->dirty = true;
      if (connection->rest != NULL) pause_join(connection);
    }
  }
}

static void on_written(ep_link *link, size_t len) {
  ep_connection *connection = (ep_connection *)(void *)link;
  ep_service *service = connection->service;
  EP_ASSERT(connection->conn != 0 && len != 0);
  if (service->committing) {
    connection->sent_due = len;
    defer(connection);
    return;
  }
  ep_server_sent(service->core, connection->conn, len, now_of(service));
  service->dirty = true;
}

static void ready_write(ep_connection *connection, const ep_ready *ready) {
  ep_service *service = connection->service;
  if (ready->output.len == 0) return;
  ssize_t taken = ep_link_write(&connection->link, ready->output);
  if (taken < 0) {
    connection_drop(connection);
  } else if (taken > 0) {
    ep_server_sent(service->core, connection->conn, (size_t)taken, now_of(service));
  }
}

/* With output: write it first (the connection comes again when that is done). Without: close it. */
static void ready_handle(ep_service *service, const ep_ready *ready) {
  ep_connection *connection = connection_find(service, ready->conn);
  EP_ASSERT(connection != NULL);
  if (connection->link.writing != 0) {
    if (ready->close && ready->output.len == 0) connection_drop(connection);
    return;
  }
  ready_write(connection, ready);
  if (!ready->close || connection->link.closing || connection->link.writing != 0) return;
  connection_finish(connection);
}

/* ---- Arrivals -------------------------------------------------------------------------------- */

static const ep_link_handlers link_handlers = {on_received, on_written, on_ended, on_closed};

static ep_connection *connection_new(ep_service *service, const ep_listener *listener) {
  ep_connection *connection = calloc(1, sizeof *connection);
  if (connection == NULL) return NULL;
  if (ep_link_init(&connection->link, service->loop, listener->is_unix, &link_handlers) != 0) {
    free(connection);
    return NULL;
  }
  connection->service = service;
  connection->next = service->connections;
  if (connection->next != NULL) connection->next->previous = connection;
  service->connections = connection;
  return connection;
}

static bool core_accept(ep_connection *connection) {
  ep_service *service = connection->service;
  char address[64];
  ep_peer peer = {.transport = EP_STREAM, .address = address}; /* EP-SYS-2 */
  peer.local = ep_link_peer(&connection->link, address, sizeof address);
  if (!ep_table_reserve(&service->by_conn, 1)) return false;
  ep_conn conn = 0;
  service->dirty = true;
  if (ep_server_accept(service->core, &conn, &peer, now_of(service)) != EP_OK) return false;
  EP_ASSERT(conn != 0);
  connection->conn = conn;
  bool inserted = ep_table_insert(&service->by_conn, conn_hash(conn), connection);
  EP_ASSERT(inserted);
  return true;
}

static void connection_take(ep_service *service, ep_listener *listener) {
  ep_connection *connection = connection_new(service, listener);
  if (connection == NULL) return; /* it waits in libuv, as those after it, until there is memory */
  listener->waiting = false;
  if (uv_accept(&listener->uv.stream, &connection->link.uv.stream) != 0) {
    ep_link_close(&connection->link);
    return;
  }
  ep_link_tune(&connection->link);
  if (!core_accept(connection)) {
    ep_link_close(&connection->link);
    return;
  }
  ep_link_read(&connection->link, true);
}

/* Out of file descriptors libuv accepts and closes at once with one that it keeps back. */
void ep_service_arrived(ep_listener *listener, int code) {
  ep_service *service = listener->owner;
  if (code != 0 || service->committing || service->stopping) return;
  connection_take(service, listener);
}

static void arrivals_take(ep_service *service) {
  for (size_t i = 0; i < service->listener_count && !service->stopping; i++) {
    if (service->listeners[i].waiting) connection_take(service, &service->listeners[i]);
  }
}

/* ---- Turns ----------------------------------------------------------------------------------- */

static void notes_pull(ep_service *service) {
  ep_note note;
  while (ep_server_next_note(service->core, &note)) {
    if (service->on_note != NULL) service->on_note(service->context, &note);
  }
}

static void deferred_tell(ep_service *service) {
  while (service->deferred != NULL) {
    ep_connection *connection = service->deferred;
    service->deferred = connection->next_deferred;
    connection->in_deferred = false;
    if (connection->hangup_due) {
      core_hangup(connection);
    } else {
      ep_server_sent(service->core, connection->conn, connection->sent_due, now_of(service));
    }
    connection->sent_due = 0;
    if (connection->closed) connection_free(connection);
  }
}

static void on_committed(void *context, bool stored) {
  ep_service *service = context;
  EP_ASSERT(service->committing);
  service->committing = false;
  if (!stored && !service->failed) {
    service->failed = true;
    (void)snprintf(service->trouble, sizeof service->trouble, "%s",
                   ep_store_trouble(service->store));
  }
  ep_server_committed(service->core, stored, now_of(service));
  deferred_tell(service);
  if (service->stopping) ep_service_stop_core(service);
  ep_ready ready;
  while (ep_server_next_ready(service->core, &ready, now_of(service)))
    ready_handle(service, &ready);
  rests_offer(service);
  arrivals_take(service);
  notes_pull(service);
}

static void turn_end(ep_service *service) {
  service->dirty = false;
  service->committing = true;
  ep_bytes records = ep_server_records(service->core);
  if (records.len == 0) {
    on_committed(service, true);
  } else {
    ep_store_commit(service->store, records, on_committed, service);
  }
}

static void lingering_end(ep_service *service, uint64_t now_ms) {
  while (service->lingering != NULL && service->lingering->linger_until_ms <= now_ms) {
    connection_drop(service->lingering);
  }
}

static void failure_tell(ep_service *service) {
  if (!service->failed || service->told || service->on_failed == NULL) return;
  service->told = true;
  service->on_failed(service->failed_context);
}

void ep_service_turn(ep_member *member, uint64_t now_ms) {
  ep_service *service = (ep_service *)(void *)member;
  if (service->in_turn || service->committing) return;
  service->in_turn = true;
  lingering_end(service, now_ms);
  if (ep_server_deadline(service->core) <= now_ms) {
    ep_server_tick(service->core, now_ms);
    service->dirty = true;
  }
  while (service->dirty && !service->committing) turn_end(service);
  failure_tell(service);
  service->in_turn = false;
  ep_service_free_if_over(service);
}

uint64_t ep_service_deadline(const ep_member *member) {
  const ep_service *service = (const ep_service *)(const void *)member;
  if (service->committing) return UINT64_MAX;
  uint64_t due_ms = ep_server_deadline(service->core);
  if (service->lingering == NULL || service->lingering->linger_until_ms > due_ms) return due_ms;
  return service->lingering->linger_until_ms;
}
