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

uint64_t ep_service_conn_hash(ep_conn conn) { return conn * UINT64_C(0x9e3779b97f4a7c15) >> 16; }

static bool conn_equal(const void *key, const void *entry) {
  return *(const ep_conn *)key == ((const ep_connection *)entry)->conn;
}

static ep_connection *connection_find(const ep_service *service, ep_conn conn) {
  return ep_table_find(&service->by_conn, ep_service_conn_hash(conn), conn_equal, &conn);
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
  void *gone =
      ep_table_remove(&service->by_conn, ep_service_conn_hash(connection->conn), NULL, connection);
  EP_ASSERT(gone == connection);
  ep_server_hangup(service->core, connection->conn, now_of(service));
  connection->conn = 0;
  service->dirty = true;
}

/* Everything ends here. The memory goes when libuv is done with it and the core knows. */
static void connection_drop(ep_connection *connection) {
  linger_leave(connection);
  ep_fair_leave(&connection->service->fair, connection);
  ep_link_close(&connection->link); /* before the core frees what was being written */
  core_hangup(connection);
}

/* All is written: the peer sees the end. What it still sends is read and dropped, so that the end,
 * not a reset, is what it sees; then it closes too, or the time is over. */
static void connection_finish(ep_connection *connection) {
  ep_service *service = connection->service;
  rest_drop(connection);
  ep_fair_leave(&service->fair, connection);
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

/* Who is not let in by TLS, or speaks it where it is not asked for, is counted and told to the log.
 */
static void refusal_note(const ep_connection *connection) {
  ep_service *service = connection->service;
  char address[64];
  (void)ep_link_peer(&connection->link, address, sizeof address);
  ep_note note = {.counter = "refused-tls", .address = address, .count = 1};
  note.reason = connection->link.tls != NULL ? connection->link.tls->trouble
                                             : "it speaks TLS at an address without tls:";
  service->refused_tls++;
  if (service->on_note != NULL) service->on_note(service->context, &note);
}

/* A peer that TLS refuses gets an alert, and an end, so that it can read the alert. */
static void on_ended(ep_link *link, int code) {
  ep_connection *connection = (ep_connection *)(void *)link;
  if (code == UV_EPROTO) refusal_note(connection);
  if (code == UV_EPROTO && !connection->in_lingering && link->writing == 0) {
    connection_finish(connection);
  } else {
    connection_drop(connection);
  }
}

static void connection_free(ep_connection *connection) {
  ep_service *service = connection->service;
  EP_ASSERT(connection->closed && !connection->in_lingering && !connection->fair.waits);
  if (connection->in_paused || connection->in_deferred) return; /* freed where the list is walked */
  EP_ASSERT(connection->conn == 0);
  if (connection->next != NULL) connection->next->previous = connection->previous;
  if (connection->previous != NULL)
    connection->previous->next = connection->next;
  else
    service->connections = connection->next;
  rest_drop(connection);
  if (connection->place != NULL) ep_crowd_leave(&service->crowd, connection->place);
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

static size_t core_receive(ep_connection *connection, ep_bytes bytes) {
  ep_service *service = connection->service;
  bool shares = connection->fair.shares;
  uint64_t begin_ns = shares ? ep_fair_begin() : 0;
  size_t taken = ep_server_receive(service->core, connection->conn, bytes, now_of(service));
  if (shares) ep_fair_end(&service->fair, begin_ns);
  return taken;
}

static size_t may_read(ep_link *link) {
  ep_connection *connection = (ep_connection *)(void *)link;
  ep_service *service = connection->service;
  return ep_fair_may_read(&service->fair, connection, now_of(service));
}

static void on_put_off(ep_link *link) {
  ep_connection *connection = (ep_connection *)(void *)link;
  ep_fair_put_off(&connection->service->fair, connection);
}

static void on_received(ep_link *link, ep_bytes bytes) {
  ep_connection *connection = (ep_connection *)(void *)link;
  ep_service *service = connection->service;
  service->received_bytes += bytes.len;
  if (connection->conn == 0 || connection->in_lingering) return;
  size_t taken = 0;
  if (!service->committing) {
    taken = core_receive(connection, bytes);
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
  if (connection->fair.shares && ep_fair_is_used_up(&service->fair)) {
    service->rest_put_off = true;
    return false;
  }
  size_t taken = core_receive(connection, rest);
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
  service->sent_bytes += len;
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
    service->sent_bytes += (uint64_t)taken;
    ep_server_sent(service->core, connection->conn, (size_t)taken, now_of(service));
  }
}

/* With output: write it first (the connection comes again when that is done). Without: close it. */
static ep_connection *ready_handle(ep_service *service, const ep_ready *ready) {
  ep_connection *connection = connection_find(service, ready->conn);
  EP_ASSERT(connection != NULL);
  if (connection->link.writing != 0) {
    if (ready->close && ready->output.len == 0) connection_drop(connection);
    return connection;
  }
  ready_write(connection, ready);
  bool goes_on = !ready->close || connection->link.closing || connection->link.writing != 0;
  if (!goes_on) connection_finish(connection);
  return connection;
}

const ep_link_handlers ep_service_link_handlers = {.received = on_received,
                                                   .written = on_written,
                                                   .ended = on_ended,
                                                   .closed = on_closed,
                                                   .may_read = may_read,
                                                   .put_off = on_put_off};

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

/* Output is charged to the connection whose it is, from its being prepared on. */
static void ready_write_all(ep_service *service) {
  ep_ready ready;
  uint64_t begin_ns = uv_hrtime(); /* it costs less than the time worked, and says about the same */
  while (ep_server_next_ready(service->core, &ready, now_of(service))) {
    ep_connection *connection = ready_handle(service, &ready);
    uint64_t end_ns = uv_hrtime();
    ep_fair_wrote(&service->fair, connection, end_ns - begin_ns);
    begin_ns = end_ns;
  }
}

static void trouble_say(ep_service *service, const char *sentence) {
  (void)snprintf(service->trouble, sizeof service->trouble, "%s", sentence);
}

/* A full disk is no reason to throw anybody out: the batch is offered again, and until it is stored
 * nothing that follows from it leaves (EP-G5-1) and nothing more is taken. Connections wait. */
static bool may_wait(const ep_service *service) {
  return !service->stopping && !ep_store_is_broken(service->store);
}

static void on_committed(ep_service *service, bool stored) {
  EP_ASSERT(service->committing);
  if (!stored && !service->failed) trouble_say(service, ep_store_trouble(service->store));
  if (!stored) service->store_refused++;
  service->waiting = !stored && may_wait(service);
  if (service->waiting) {
    service->store_again_ms = now_of(service) + EP_STORE_AGAIN_MS;
    return;
  }
  service->committing = false;
  if (!stored) service->failed = true;
  if (!service->failed) service->trouble[0] = '\0';
  ep_server_committed(service->core, stored, now_of(service));
  deferred_tell(service);
  if (service->stopping) ep_service_stop_core(service);
  ready_write_all(service);
  rests_offer(service);
  ep_service_take_waiting(service);
  notes_pull(service);
}

static void on_batch_committed(void *context, bool stored) {
  ep_service *service = context;
  ep_fair_stored(&service->fair, uv_hrtime() - service->offered_ns);
  on_committed(service, stored);
}

static void batch_offer(ep_service *service) {
  service->offered_ns = uv_hrtime();
  ep_store_commit(service->store, service->batch, on_batch_committed, service);
}

static void turn_end(ep_service *service) {
  service->dirty = false;
  service->committing = true;
  service->batch = ep_server_records(service->core);
  if (service->batch.len == 0) {
    on_committed(service, true);
  } else {
    batch_offer(service);
  }
}

/* The records are the core's, and stay as they are until it is told. */
static void store_again(ep_service *service, uint64_t now_ms) {
  if (!service->waiting || service->store_again_ms > now_ms) return;
  service->waiting = false;
  batch_offer(service);
}

static void lingering_end(ep_service *service, uint64_t now_ms) {
  while (service->lingering != NULL && service->lingering->linger_until_ms <= now_ms) {
    connection_drop(service->lingering);
  }
}

static void trouble_tell(ep_service *service) {
  if (service->waiting == service->waiting_told) return;
  if (service->failed) return; /* that is told instead */
  service->waiting_told = service->waiting;
  if (service->on_trouble == NULL) return;
  service->on_trouble(service->trouble_context, service->waiting ? service->trouble : NULL);
}

static void failure_tell(ep_service *service) {
  if (!service->failed || service->told || service->on_failed == NULL) return;
  service->told = true;
  service->on_failed(service->failed_context);
}

static void turn_work(ep_service *service, uint64_t now_ms) {
  lingering_end(service, now_ms);
  if (ep_server_deadline(service->core) <= now_ms) {
    ep_server_tick(service->core, now_ms);
    service->dirty = true;
  }
  ep_fair_turn(&service->fair, service->loop);
  if (service->rest_put_off) service->dirty = true;
  service->rest_put_off = false;
  ep_service_take_waiting(service);
  while (service->dirty && !service->committing) turn_end(service);
}

void ep_service_turn(ep_member *member, uint64_t now_ms) {
  ep_service *service = (ep_service *)(void *)member;
  if (service->in_turn) return;
  service->in_turn = true;
  store_again(service, now_ms);
  if (!service->committing) turn_work(service, now_ms);
  trouble_tell(service);
  failure_tell(service);
  service->in_turn = false;
  ep_service_free_if_over(service);
}

uint64_t ep_service_deadline(const ep_member *member) {
  const ep_service *service = (const ep_service *)(const void *)member;
  if (service->waiting) return service->store_again_ms;
  if (service->committing) return UINT64_MAX;
  bool put_off =
      service->fair.first != NULL || service->rest_put_off || ep_service_somebody_waits(service);
  if (put_off) return 0; /* the next turn is soon */
  uint64_t due_ms = ep_server_deadline(service->core);
  if (service->lingering == NULL || service->lingering->linger_until_ms > due_ms) return due_ms;
  return service->lingering->linger_until_ms;
}
