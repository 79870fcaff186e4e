/* Floor 4, machine. What leaves the server: frames into a connection's buffer, items out of
 * mailboxes as fast as the reader reads, and the list of connections that have something to do.
 * Read first: server_internal.h, delivery/outbox.h. */
#include "machine/server_internal.h"

/* Enough for one write to be worth its system call; more waits in the mailbox, where it is shared.
 */
#define EP_FILL_BYTES (256u * 1024u)
#define EP_FILL_TIGHT (32u * 1024u)
#define EP_KEEP_BYTES (512u * 1024u)
#define EP_REPEAT_ITEMS 64u

void ep_server_mark(ep_server_conn *conn) {
  if (conn->links[EP_LINK_READY].list != NULL) return;
  ep_conn_list_put(&conn->server->ready, conn, EP_LINK_READY, conn->server->now_ms);
}

/* EP-FRAME-4, EP-FRAME-5: enveloped until EP/2 is selected, bare from then on. */
ep_form ep_server_form(const ep_server_conn *conn) { return conn->bare ? EP_BARE : EP_ENVELOPED; }

/* A drained buffer's block serves the next connection that writes: an idle one owns none. */
void ep_server_give_back(ep_server *server, ep_buffer *buffer) {
  EP_ASSERT(ep_buffer_len(buffer) == 0);
  bool keep = buffer->block != NULL && !buffer->failed && buffer->capacity <= EP_KEEP_BYTES &&
              buffer->capacity >= 4096 && server->spare_count < EP_SPARES;
  if (!keep) {
    ep_buffer_free(buffer);
    return;
  }
  ep_buffer_clear(buffer);
  server->spares[server->spare_count++] = *buffer;
  ep_buffer_init(buffer, buffer->allocator);
}

/* A buffer that failed stays so: what it has lost must close the connection (EP-ERR-5). */
static void take_spare(ep_server *server, ep_buffer *buffer) {
  if (buffer->block != NULL || buffer->failed || server->spare_count == 0) return;
  *buffer = server->spares[--server->spare_count];
}

static void trace_written(const ep_server_conn *conn, size_t from) {
  const ep_surroundings *around = &conn->server->around;
  if (around->trace == NULL || conn->pending.failed) return;
  ep_bytes all = ep_buffer_bytes(&conn->pending);
  ep_trace line = {.kind = EP_TRACE_WRITTEN, .conn = conn->id};
  if (conn->account != NULL) line.client_id = conn->account->id;
  line.frame = ep_bytes_of(all.data + from, all.len - from - 1);
  around->trace(around->context, &line);
}

void ep_server_write(ep_server_conn *conn, const ep_message *message) {
  EP_ASSERT(conn->version != 0);
  take_spare(conn->server, &conn->pending);
  size_t from = ep_buffer_len(&conn->pending);
  ep_message_encode(&conn->pending, ep_server_form(conn), EP_S2C, message);
  trace_written(conn, from);
  ep_server_mark(conn);
}

/* EP-ERR-1: to EP/2 peers only. */
void ep_server_write_error(ep_server_conn *conn, ep_error error, const ep_message *about) {
  if (conn->version != 2) return;
  ep_message message = {.action = EP_ACTION_ERROR, .code = error};
  message.reason = ep_error_sentence(error);
  if (about != NULL && (about->has & EP_HAS_ID) != 0) {
    message.of = about->id;
    message.has |= EP_HAS_OF;
  }
  if (about != NULL && (about->has & EP_HAS_UID) != 0) {
    message.uid = about->uid;
    message.uid_json = about->uid_json;
    message.has |= EP_HAS_UID;
  }
  ep_server_write(conn, &message);
  ep_server_refused(conn->server, error);
}

/* Notices are for EP/2 only (EP-COMPAT-1, EP-MSG-4). */
static bool is_for(const ep_server_conn *conn, const ep_item *item) {
  return conn->version == 2 || item->kind == EP_ITEM_MESSAGE;
}

void ep_server_write_item(ep_server_conn *conn, uint64_t slot) {
  ep_outbox *down = &conn->account->down;
  ep_item *item = ep_outbox_at(down, slot);
  if (item == NULL || !is_for(conn, item)) return;
  take_spare(conn->server, &conn->pending);
  size_t from = ep_buffer_len(&conn->pending);
  ep_item_write(&conn->pending, ep_server_form(conn), item->text, item->shape,
                ep_outbox_id(down, slot));
  trace_written(conn, from);
}

/* EP-SEND-4, EP-RECV-11: one confirm for all that was accepted in this turn. */
static void write_confirm(ep_server_conn *conn) {
  conn->confirm_due = false;
  if (conn->account->up.expected == 0) return;
  ep_message message = {.action = EP_ACTION_MESSAGE_CONFIRM, .has = EP_HAS_ID};
  message.id = conn->account->up.expected - 1;
  ep_server_write(conn, &message);
}

/* EP-SEND-7: on a lossy transport progress, or the lack of it, sets the clock. */
static void wind_repeat_clock(ep_server_conn *conn) {
  ep_outbox *down = &conn->account->down;
  if (!conn->lossy || conn->version != 2) return;
  if (down->base == down->cursor) {
    down->repeat_at = EP_NEVER;
    return;
  }
  if (down->repeat_at != EP_NEVER && conn->mailed == down->base) return;
  conn->mailed = down->base;
  down->repeat_ms = EP_TIMER_RESEND_MS;
  down->repeat_at = conn->server->now_ms + down->repeat_ms;
}

static size_t fill_most(const ep_server *server) {
  return ep_memory_is_tight(&server->memory) ? EP_FILL_TIGHT : EP_FILL_BYTES;
}

/* EP-SEND-2, EP-SEND-9: in order, within the peer's window; EP-SEND-3: the cursor never goes back
 * while the connection lives. */
static void fill(ep_server_conn *conn) {
  ep_outbox *down = &conn->account->down;
  uint64_t end = down->next;
  if (conn->version == 2 && end - down->base > conn->window) end = down->base + conn->window;
  while (down->cursor < end && ep_buffer_len(&conn->pending) < fill_most(conn->server) &&
         !conn->pending.failed)
    ep_server_write_item(conn, down->cursor++);
  wind_repeat_clock(conn);
  if (end < down->next) ep_server_reached(conn->server, EP_BOUND_WINDOW);
}

static bool is_serving(const ep_server_conn *conn) {
  return conn->account != NULL &&
         (conn->machine.state == EP_SERVER_V1 || conn->machine.state == EP_SERVER_V2);
}

static void prepare(ep_server_conn *conn) {
  if (is_serving(conn)) {
    if (conn->confirm_due) write_confirm(conn);
    if (conn->stale && ep_buffer_len(&conn->pending) < EP_LIMIT_OUTPUT / 2) {
      conn->stale = false; /* EP-PRES-6 */
      ep_server_write_list(conn, conn->version == 2 ? &conn->presence : NULL);
    }
    fill(conn);
  }
  if (conn->pending.failed) conn->abandoned = true; /* EP-ERR-5 */
}

static ep_bytes output_of(ep_server_conn *conn) {
  if (ep_buffer_len(&conn->sending) == 0) {
    ep_server_give_back(conn->server, &conn->sending);
    ep_buffer swap = conn->sending;
    conn->sending = conn->pending;
    conn->pending = swap;
    conn->greeted = conn->bare;
  }
  ep_bytes all = ep_buffer_bytes(&conn->sending);
  if (!conn->lossy || all.len == 0) return all;
  const uint8_t *end = memchr(all.data, EP_FRAME_END, all.len);
  EP_ASSERT(end != NULL);
  return ep_bytes_of(all.data, (size_t)(end - all.data) + 1);
}

bool ep_server_next_ready(ep_server *server, ep_ready *out, uint64_t now_ms) {
  EP_ASSERT(!server->sealed);
  server->now_ms = now_ms;
  ep_server_conn *conn;
  while ((conn = server->ready.first) != NULL) {
    ep_conn_list_take(conn, EP_LINK_READY);
    bool in_flight = conn->given > 0;
    if (!in_flight && !conn->abandoned) prepare(conn);
    bool closing = conn->machine.state == EP_SERVER_CLOSING || conn->abandoned;
    if (in_flight && !conn->abandoned) continue; /* sent() will mark it again */
    *out = (ep_ready){.conn = conn->id, .close = closing};
    if (!conn->abandoned) { /* EP-TIME-5: when abandoned, nothing is waited for */
      out->output = output_of(conn);
      conn->given = out->output.len;
      size_t left = ep_buffer_len(&conn->sending) + ep_buffer_len(&conn->pending) - conn->given;
      if (left > 0) out->close = false; /* lossy: frame by frame */
    }
    if (out->output.len > 0 || out->close) return true;
  }
  return false;
}

static bool has_more(const ep_server_conn *conn) {
  if (ep_buffer_len(&conn->sending) > 0) return conn->given == 0;
  if (ep_buffer_len(&conn->pending) > 0 || conn->machine.state == EP_SERVER_CLOSING) return true;
  if (!is_serving(conn)) return false;
  const ep_outbox *down = &conn->account->down;
  bool room = conn->version == 1 || down->cursor - down->base < conn->window;
  return conn->stale || conn->confirm_due || (down->cursor < down->next && room);
}

void ep_server_sent(ep_server *server, ep_conn id, size_t len, uint64_t now_ms) {
  EP_ASSERT(!server->sealed);
  server->now_ms = now_ms;
  ep_server_conn *conn = ep_server_conn_of(server, id);
  if (conn == NULL) return;
  EP_ASSERT(len <= conn->given);
  conn->given -= len;
  ep_buffer_consume(&conn->sending, len);
  if (ep_buffer_len(&conn->sending) == 0) ep_server_give_back(server, &conn->sending);
  if (has_more(conn)) ep_server_mark(conn);
}

/* EP-SEND-7: the oldest unconfirmed items once more; EP-LIM-1: as many as are worth a write, and
 * none while so much waits already. */
void ep_server_repeat(ep_server_conn *conn) {
  ep_outbox *down = &conn->account->down;
  uint64_t slot = down->base, end = down->base + EP_REPEAT_ITEMS;
  if (end > down->cursor) end = down->cursor;
  for (; slot < end && ep_buffer_len(&conn->pending) < fill_most(conn->server); slot++)
    ep_server_write_item(conn, slot);
  ep_server_count(conn->server, EP_COUNTER_REPEATS, slot - down->base);
  down->repeat_ms *= 2;
  if (down->repeat_ms > EP_TIMER_RESEND_MAX_MS) down->repeat_ms = EP_TIMER_RESEND_MAX_MS;
  down->repeat_at = down->base == down->cursor ? EP_NEVER : conn->server->now_ms + down->repeat_ms;
  ep_server_mark(conn);
}
