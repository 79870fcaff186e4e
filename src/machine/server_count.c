/* Floor 4, machine. What the server counts, notes for the log, and tells about itself.
 * Read first: server_internal.h, epigeon.h ("Things to count and to log"). */
#include "machine/server_internal.h"

/* ---- Counting ---- */

void ep_server_count(ep_server *server, ep_counter counter, uint64_t by) {
  server->counters[counter] += by;
}

void ep_server_refused(ep_server *server, ep_error error) {
  EP_ASSERT(error != EP_ERROR_NONE && error < EP_ERROR_COUNT);
  ep_registry_tally(server->registry)->errors[error]++;
}

void ep_server_reached(ep_server *server, ep_limit limit) {
  EP_ASSERT(limit < EP_BOUND_COUNT);
  ep_registry_tally(server->registry)->limits[limit]++;
}

void ep_server_note(ep_server_conn *conn, ep_counter counter, ep_error error) {
  ep_server *server = conn->server;
  ep_server_count(server, counter, 1);
  if (counter == EP_COUNTER_REFUSED_AUTH && conn->version != 2) ep_server_refused(server, error);
  struct ep_server_note *note = &server->notes[server->note_next++ % EP_NOTES];
  if (server->note_next - server->note_first > EP_NOTES) server->note_first++;
  memset(note, 0, sizeof *note);
  note->counter = counter;
  note->error = error;
  note->count = 1;
  memcpy(note->address, conn->address, sizeof note->address);
  if (conn->account == NULL) return;
  note->client_len = (uint8_t)conn->account->id.len;
  memcpy(note->client, conn->account->id.data, note->client_len);
}

/* ---- What nobody is told ---- */

/* A message of EP/1 with a usable uid is refused by the registry, which counts it. */
static ep_error untold_message(const ep_server_conn *conn, const ep_message *message) {
  if (conn->machine.state != EP_SERVER_V1) return EP_ERROR_NONE;
  bool item = message->action == EP_ACTION_MESSAGE_NEW && (message->has & EP_HAS_UID) != 0;
  if (item) return EP_ERROR_NONE;
  return conn->trouble == EP_ERROR_NONE ? EP_ERROR_BAD_MESSAGE : conn->trouble;
}

static ep_error untold(const ep_server_conn *conn, unsigned input, const ep_message *message) {
  if (conn->machine.state >= EP_SERVER_CLOSING) return EP_ERROR_NONE;
  switch (input) {
    case EP_SERVER_IN_MALFORMED: return EP_ERROR_MALFORMED;
    case EP_SERVER_IN_OVERSIZE: return EP_ERROR_TOO_LARGE;
    case EP_SERVER_IN_AUTH_TIMEOUT: return EP_ERROR_AUTH_TIMEOUT;
    case EP_SERVER_IN_REPLACED: return EP_ERROR_REPLACED;
    case EP_SERVER_IN_FAILED: return EP_ERROR_FAILED;
    case EP_SERVER_IN_STOP: return EP_ERROR_SHUTDOWN;
    case EP_SERVER_IN_UNKNOWN:
      return conn->machine.state == EP_SERVER_V1 ? EP_ERROR_UNKNOWN_ACTION : EP_ERROR_NONE;
    case EP_SERVER_IN_INVALID:
    case EP_SERVER_IN_OVERDEEP: return untold_message(conn, message);
    default: return EP_ERROR_NONE;
  }
}

void ep_server_tally_untold(ep_server_conn *conn, unsigned input, const ep_message *message) {
  ep_error error = untold(conn, input, message);
  if (error != EP_ERROR_NONE) ep_server_refused(conn->server, error);
  if (input == EP_SERVER_IN_MALFORMED && conn->malformed >= EP_LIMIT_MALFORMED)
    ep_server_reached(conn->server, EP_BOUND_MALFORMED);
}

/* ---- Telling ---- */

static const char *const counter_names[] = {
#define COUNTER(name, text, meaning) text,
    EP_COUNTERS(COUNTER)
#undef COUNTER
};

static const char *const limit_names[] = {
#define LIMIT(name, text, ...) text,
    EP_LIMITS(LIMIT)
#undef LIMIT
};

bool ep_server_next_note(ep_server *server, ep_note *out) {
  if (server->note_first == server->note_next) return false;
  const struct ep_server_note *note = &server->notes[server->note_first++ % EP_NOTES];
  *out = (ep_note){.counter = counter_names[note->counter], .address = note->address};
  out->client_id = ep_bytes_of(note->client, note->client_len);
  out->uid = ep_bytes_of(note->uid, note->uid_len);
  out->code = note->error == EP_ERROR_NONE ? NULL : ep_error_name(note->error);
  out->count = note->count;
  return true;
}

size_t ep_server_counters(const ep_server *server, const char **names, uint64_t *values,
                          size_t max) {
  size_t count = max < EP_COUNTER_COUNT ? max : EP_COUNTER_COUNT;
  for (size_t i = 0; i < count; i++) {
    names[i] = counter_names[i];
    values[i] = server->counters[i] + ep_registry_counted(server->registry, (ep_counter)i);
  }
  return count;
}

size_t ep_server_refusals(const ep_server *server, const char **codes, uint64_t *values,
                          size_t max) {
  const ep_tally *tally = ep_registry_tally(server->registry);
  size_t count = 0;
  for (unsigned i = EP_ERROR_NONE + 1; i < EP_ERROR_COUNT && count < max; i++) {
    codes[count] = ep_error_name((ep_error)i);
    values[count++] = tally->errors[i];
  }
  return count;
}

/* The two limits of an outbox are a client's. */
size_t ep_server_limits(const ep_server *server, const char **limits, uint64_t *values,
                        size_t max) {
  const ep_tally *tally = ep_registry_tally(server->registry);
  size_t count = 0;
  for (unsigned i = 0; i < EP_BOUND_COUNT && count < max; i++) {
    if (i == EP_BOUND_OUTBOX || i == EP_BOUND_OUTBOX_BYTES) continue;
    limits[count] = limit_names[i];
    values[count++] = tally->limits[i];
  }
  return count;
}

size_t ep_server_connections(const ep_server *server) { return server->connections; }

size_t ep_server_clients(const ep_server *server) { return ep_registry_count(server->registry); }

/* ---- Looking ---- */

static void look_at_conn(ep_server_view *out, const ep_server_conn *conn) {
  switch (conn->machine.state) {
    case EP_SERVER_V1: out->connections_v1++; break;
    case EP_SERVER_V2: out->connections_v2++; break;
    case EP_SERVER_CLOSING: out->connections_closing++; break;
    default: out->connections_new++; break;
  }
  out->output_bytes += ep_buffer_len(&conn->sending) + ep_buffer_len(&conn->pending);
}

static void look_at_client(ep_server_view *out, const ep_account *account) {
  const ep_outbox *down = &account->down;
  out->clients_connected += account->link != 0;
  out->mailbox_messages += ep_outbox_count(down) - down->notices;
  out->mailbox_bytes += down->bytes;
  out->notices += down->notices;
  out->held_items += account->up.count;
  out->held_bytes += account->up.bytes;
  out->waiting_senders += account->blocked != NULL;
}

/* Keeps the fullest sorted: a new one moves up from the end. */
static void rank(ep_server_mailbox *fullest, size_t *count, size_t max, const ep_account *account) {
  uint64_t messages = ep_outbox_count(&account->down);
  if (messages == 0 || max == 0) return;
  if (*count == max && fullest[max - 1].messages >= messages) return;
  if (*count < max) (*count)++;
  size_t at = *count - 1;
  for (; at > 0 && fullest[at - 1].messages < messages; at--) fullest[at] = fullest[at - 1];
  fullest[at] = (ep_server_mailbox){.client_id = account->id,
                                    .connected = account->link != 0,
                                    .messages = messages,
                                    .bytes = account->down.bytes};
}

size_t ep_server_look(const ep_server *server, ep_server_view *out, ep_server_mailbox *fullest,
                      size_t max) {
  const ep_registry *registry = server->registry;
  size_t count = 0;
  *out = (ep_server_view){.clients = ep_registry_count(registry)};
  for (uint32_t slot = 1; slot < server->slot_count; slot++)
    if (server->slots[slot].conn != NULL) look_at_conn(out, server->slots[slot].conn);
  for (uint32_t i = 0; i < out->clients; i++) {
    const ep_account *account = ep_registry_account(registry, i);
    look_at_client(out, account);
    rank(fullest, &count, max, account);
  }
  out->parked_messages = ep_registry_parked(registry);
  out->parked_bytes = ep_registry_parked_bytes(registry);
  out->memory_used = server->memory.used;
  out->memory_peak = server->memory.peak;
  out->memory_most = server->memory.most;
  out->memory_refused = server->memory.refused;
  return count;
}
