/* Floor 4, machine. Memory that connections hold, and who gives way when it is tight (EP-LIM-1).
 * What can be let go of is an unfinished frame, what is held over a gap, output that nobody reads:
 * all of it is unconfirmed or made good, so that closing a connection loses nothing (EP-ERR-5).
 * Mailboxes cannot be let go of; they stop growing (ep_memory_allow). And what the server itself
 * works with, which one large message makes large.
 * Read first: server_internal.h, base/memory.h. */
#include "machine/server_internal.h"

/* More than a connection in good order holds. */
#define EP_HEAVY_IN (64u * 1024u)
#define EP_HEAVY_OUT (1024u * 1024u)

static uint64_t weight_in(const ep_server_conn *conn) {
  uint64_t weight = conn->reader.partial == NULL ? 0 : conn->reader.carry.capacity;
  if (conn->account != NULL) weight += conn->account->up.bytes + conn->account->blocked_len;
  return weight;
}

static uint64_t weight_out(const ep_server_conn *conn) {
  return conn->sending.capacity + conn->pending.capacity;
}

static uint64_t weight_of(const ep_server_conn *conn) { return weight_in(conn) + weight_out(conn); }

bool ep_server_conn_is_heavy(const ep_server_conn *conn) {
  return conn->reader.skipping || weight_in(conn) > EP_HEAVY_IN || weight_out(conn) > EP_HEAVY_OUT;
}

bool ep_server_is_heavy(ep_server *server, ep_conn id) {
  const ep_server_conn *conn = ep_server_conn_of(server, id);
  return conn != NULL && ep_server_conn_is_heavy(conn);
}

static bool may_close(const ep_server_conn *conn) {
  return conn != NULL && conn->machine.state < EP_SERVER_CLOSING && !conn->abandoned;
}

/* What it holds goes at once. One that reads is told so. */
static void close_heavy(ep_server_conn *conn) {
  bool reads = weight_out(conn) <= EP_HEAVY_IN;
  ep_server_note(conn, EP_COUNTER_RELIEVED, EP_ERROR_FAILED);
  ep_server_step(conn, EP_SERVER_IN_FAILED, NULL);
  ep_server_run(conn->server);
  ep_frame_reader_free(&conn->reader);
  ep_conn_list_take(conn, EP_LINK_FRAME);
  if (!reads) conn->abandoned = true;
  ep_server_mark(conn);
}

static uint64_t weight_of_average(const ep_server *server) {
  uint64_t sum = 0, count = 0;
  for (uint32_t slot = 1; slot < server->slot_count; slot++) {
    if (!may_close(server->slots[slot].conn)) continue;
    sum += weight_of(server->slots[slot].conn);
    count++;
  }
  return count == 0 ? 0 : sum / count;
}

/* Returns how much went. Output of an abandoned connection goes with it, at the end of the turn: it
 * is counted as gone. */
static uint64_t close_from(ep_server *server, uint64_t least, uint64_t wanted) {
  uint64_t gone = 0;
  for (uint32_t slot = 1; slot < server->slot_count && gone < wanted; slot++) {
    ep_server_conn *conn = server->slots[slot].conn;
    if (!may_close(conn) || weight_of(conn) < least) continue;
    gone += weight_of(conn);
    close_heavy(conn);
  }
  return gone;
}

/* Whoever holds at least twice the average goes first; when all hold about the same, whoever holds
 * the average; but nobody who holds so little that all with as little are no trouble. Looked at
 * again when a little more has been used, so that the walk costs little for each byte. */
void ep_server_relieve(ep_server *server) {
  const ep_memory *memory = &server->memory;
  if (!ep_memory_is_tight(memory)) {
    server->relieve_above = 0;
    return;
  }
  if (memory->used <= server->relieve_above || server->connections == 0) return;
  uint64_t average = weight_of_average(server);
  uint64_t least = memory->most / 4 / server->connections;
  uint64_t wanted = memory->used - (memory->most - memory->most / 4) + memory->most / 32;
  uint64_t gone = close_from(server, 2 * average > least ? 2 * average : least, wanted);
  if (gone < wanted) close_from(server, average > least ? average : least, wanted - gone);
  server->relieve_above = memory->used + memory->most / 128;
}

/* More than most turns need. */
#define EP_WORK_KEPT ((size_t)1 << 20)

/* After two large turns the next will be large, too: what it would take again at once stays. */
void ep_server_trim(ep_server *server) {
  bool large = ep_buffer_len(&server->records) > EP_WORK_KEPT, stays = large && server->was_large;
  server->was_large = large;
  ep_buffer_clear(&server->records);
  if (stays) return;
  ep_buffer_trim(&server->records, EP_WORK_KEPT);
  ep_buffer_clear(&server->work);
  ep_buffer_trim(&server->work, EP_WORK_KEPT);
  ep_registry_trim(server->registry, EP_WORK_KEPT);
}
