/* Floor 4, machine. Connections of the server: their slots and names, and the lists they stand in.
 * Read first: server_internal.h. */
#include "machine/server_internal.h"

#define EP_SLOT_BITS 20u
#define EP_SLOT_MASK ((1u << EP_SLOT_BITS) - 1)

_Static_assert(EP_CONNECTIONS_MOST < EP_SLOT_MASK, "every connection has a slot");

/* ---- Lists of connections ---- */

void ep_conn_list_take(ep_server_conn *conn, ep_link_use use) {
  ep_conn_link *link = &conn->links[use];
  if (link->list == NULL) return;
  if (link->previous != NULL)
    link->previous->links[use].next = link->next;
  else
    link->list->first = link->next;
  if (link->next != NULL)
    link->next->links[use].previous = link->previous;
  else
    link->list->last = link->previous;
  *link = (ep_conn_link){.list = NULL};
}

void ep_conn_list_put(ep_conn_list *list, ep_server_conn *conn, ep_link_use use,
                      uint64_t since_ms) {
  ep_conn_list_take(conn, use);
  ep_conn_link *link = &conn->links[use];
  *link = (ep_conn_link){.list = list, .previous = list->last, .since_ms = since_ms};
  if (list->last != NULL)
    list->last->links[use].next = conn;
  else
    list->first = conn;
  list->last = conn;
}

/* ---- Connections ---- */

/* EP-SYS-1: a name that is stale means no connection, never another one. */
ep_server_conn *ep_server_conn_of(ep_server *server, ep_conn id) {
  uint32_t slot = id & EP_SLOT_MASK;
  if (slot == 0 || slot >= server->slot_count) return NULL;
  ep_server_conn *conn = server->slots[slot].conn;
  return conn != NULL && conn->id == id ? conn : NULL;
}

static bool grow_slots(ep_server *server) {
  const ep_allocator *allocator = &server->around.allocator;
  uint32_t from = server->slot_count, to = from == 0 ? 64 : from * 2;
  if (to > EP_SLOT_MASK) return false;
  ep_server_slot *grown = allocator->resize(allocator->context, server->slots, from * sizeof *grown,
                                            to * sizeof *grown);
  if (grown == NULL) return false;
  server->slots = grown;
  server->slot_count = to;
  memset(grown + from, 0, (to - from) * sizeof *grown);
  for (uint32_t slot = to - 1; slot >= from && slot > 0; slot--) {
    grown[slot].next_free = server->free_slot;
    server->free_slot = slot;
  }
  return true;
}

ep_server_conn *ep_server_conn_new(ep_server *server, const ep_peer *peer) {
  if (server->free_slot == 0 && !grow_slots(server)) return NULL;
  const ep_allocator *allocator = &server->around.allocator;
  ep_server_conn *conn = allocator->resize(allocator->context, NULL, 0, sizeof *conn);
  if (conn == NULL) return NULL;
  memset(conn, 0, sizeof *conn);
  uint32_t place = server->free_slot;
  ep_server_slot *slot = &server->slots[place];
  EP_ASSERT(place != 0 && slot->conn == NULL);
  server->free_slot = slot->next_free;
  slot->conn = conn;
  conn->server = server;
  conn->id = (slot->generation++ << EP_SLOT_BITS) | place;
  conn->number = ++server->accepted;
  conn->local = peer->local;
  conn->lossy = peer->transport == EP_LOSSY;
  for (size_t i = 0; peer->address != NULL && peer->address[i] != '\0' && i < 63; i++)
    conn->address[i] = peer->address[i];
  ep_machine_init(&conn->machine, &ep_server_rules);
  ep_frame_reader_init(&conn->reader, allocator, &server->scratch);
  ep_frame_reader_set_limit(&conn->reader, EP_LIMIT_EARLY_FRAME, (unsigned)server->config.depth);
  ep_selector_init(&conn->presence, allocator);
  ep_buffer_init(&conn->sending, allocator);
  ep_buffer_init(&conn->pending, allocator);
  return conn;
}

void ep_server_conn_free(ep_server_conn *conn) {
  ep_server *server = conn->server;
  uint32_t place = conn->id & EP_SLOT_MASK;
  ep_server_slot *slot = &server->slots[place];
  EP_ASSERT(slot->conn == conn);
  for (unsigned use = 0; use < EP_LINK_COUNT; use++) ep_conn_list_take(conn, (ep_link_use)use);
  ep_frame_reader_free(&conn->reader);
  ep_selector_free(&conn->presence);
  ep_buffer_free(&conn->sending);
  ep_buffer_free(&conn->pending);
  slot->conn = NULL;
  slot->next_free = server->free_slot;
  server->free_slot = place;
  server->connections--;
  server->around.allocator.resize(server->around.allocator.context, conn, sizeof *conn, 0);
}
