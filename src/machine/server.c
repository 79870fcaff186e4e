/* Floor 4, machine. The server core's public face: connections, bytes, time, turns.
 *
 *   bytes → frame reader → message → state machine → command → sequencer → registry.apply
 *         → records to store, outcomes → frames → bytes
 *
 * Read first: epigeon.h (the calls), server_internal.h (the files). Then: server_table.c. */
#include "machine/server_internal.h"

/* ---- Connections ---- */

/* EP-LIM-7 */
ep_status ep_server_accept(ep_server *server, ep_conn *out, const ep_peer *peer, uint64_t now_ms) {
  EP_ASSERT(!server->sealed);
  server->now_ms = now_ms;
  if (server->stopping || server->broken) return EP_FULL;
  bool full = server->connections >= server->config.connections;
  if (full) ep_server_reached(server, EP_BOUND_CONNECTIONS);
  if (full || ep_memory_is_short(&server->memory)) return EP_FULL;
  ep_server_conn *conn = ep_server_conn_new(server, peer);
  if (conn == NULL) return EP_NO_MEMORY;
  server->connections++;
  ep_server_count(server, EP_COUNTER_CONNECTIONS, 1);
  ep_conn_list_put(&server->unauthenticated, conn, EP_LINK_CLOCK, now_ms);
  *out = conn->id;
  return EP_OK;
}

/* ---- Steps ---- */

/* A client is taken off a connection that closes (spec, chapter 15), unless it was taken over. */
static void detach(ep_server_conn *conn) {
  ep_conn_list_take(conn, EP_LINK_WATCH);
  ep_conn_list_take(conn, EP_LINK_LOSSY);
  if (conn->account == NULL) return;
  conn->account = NULL;
  ep_command command = {.kind = EP_COMMAND_LEAVE};
  ep_server_submit(conn, &command);
}

static void enter_clock(ep_server_conn *conn) {
  ep_server *server = conn->server;
  switch (conn->machine.state) {
    case EP_SERVER_V1: ep_conn_list_take(conn, EP_LINK_CLOCK); break;
    case EP_SERVER_V2: ep_conn_list_put(&server->heard, conn, EP_LINK_CLOCK, server->now_ms); break;
    case EP_SERVER_CLOSING:
      ep_conn_list_put(&server->closing, conn, EP_LINK_CLOCK, server->now_ms);
      ep_server_mark(conn);
      break;
    default: break;
  }
}

void ep_server_step(ep_server_conn *conn, unsigned input, const ep_message *message) {
  uint8_t before = conn->machine.state;
  if (conn->version != 2) ep_server_tally_untold(conn, input, message);
  ep_machine_step(&conn->machine, input, conn, message);
  if (conn->machine.state == before) return;
  enter_clock(conn);
  if (conn->machine.state >= EP_SERVER_CLOSING) detach(conn);
}

static unsigned input_of_action(const ep_message *message) {
  switch (message->action) {
    case EP_ACTION_AUTH: return message->version >= 2 ? EP_SERVER_IN_AUTH_V2 : EP_SERVER_IN_AUTH_V1;
    case EP_ACTION_SESSION_UPDATE: return EP_SERVER_IN_SESSION_UPDATE;
    case EP_ACTION_CLIENTS_LIST: return EP_SERVER_IN_CLIENTS_LIST;
    case EP_ACTION_MESSAGE_NEW: return EP_SERVER_IN_MESSAGE_NEW;
    case EP_ACTION_MESSAGE_CONFIRM: return EP_SERVER_IN_MESSAGE_CONFIRM;
    case EP_ACTION_MESSAGE_RETRY: return EP_SERVER_IN_MESSAGE_RETRY;
    case EP_ACTION_ERROR: return EP_SERVER_IN_ERROR;
    case EP_ACTION_PING: return EP_SERVER_IN_PING;
    case EP_ACTION_PONG: return EP_SERVER_IN_PONG;
    case EP_ACTION_BYE: return EP_SERVER_IN_BYE;
    default: return EP_SERVER_IN_UNKNOWN;
  }
}

static void trace_received(const ep_server_conn *conn) {
  const ep_surroundings *around = &conn->server->around;
  if (around->trace == NULL) return;
  ep_trace line = {.kind = EP_TRACE_RECEIVED, .conn = conn->id};
  if (conn->account != NULL) line.client_id = conn->account->id;
  line.frame = ep_frame_text(&conn->reader);
  around->trace(around->context, &line);
}

/* What a frame is to the machine: one of its inputs, and for most of them a message. */
static unsigned decode(ep_server_conn *conn, ep_frame_result result, ep_message *message) {
  if (result != EP_FRAME_READY) *message = (ep_message){.action = EP_ACTION_UNKNOWN};
  switch (result) {
    case EP_FRAME_MALFORMED: return EP_SERVER_IN_MALFORMED;
    case EP_FRAME_TOO_LARGE:
      ep_server_reached(conn->server,
                        conn->account == NULL ? EP_BOUND_EARLY_FRAME : EP_BOUND_FRAME);
      return EP_SERVER_IN_OVERSIZE;
    case EP_FRAME_NO_MEMORY: return EP_SERVER_IN_FAILED;
    case EP_FRAME_INVALID: conn->trouble = EP_ERROR_BAD_MESSAGE; return EP_SERVER_IN_INVALID;
    default: break;
  }
  trace_received(conn);
  ep_error why;
  ep_decode decoded = ep_message_decode(&conn->reader, EP_C2S, message, &why);
  conn->trouble = why;
  for (unsigned i = 0; i < EP_BOUND_COUNT && conn->server->scratch.over >> i != 0; i++)
    if ((conn->server->scratch.over >> i & 1) != 0) ep_server_reached(conn->server, (ep_limit)i);
  if (result == EP_FRAME_READY)
    return decoded == EP_DECODE_OK ? input_of_action(message) : EP_SERVER_IN_INVALID;
  conn->trouble = result == EP_FRAME_TOO_DEEP ? EP_ERROR_TOO_DEEP : EP_ERROR_BAD_MESSAGE;
  return EP_SERVER_IN_OVERDEEP;
}

/* More output than this, and a connection is served again in a later turn. */
#define EP_MUCH_OUTPUT (1024u * 1024u)

/* EP-LIM-1: who does not read is not asked for more, once the limit `output` waits for it. */
static bool takes_bytes(const ep_server_conn *conn) {
  return conn->machine.state != EP_SERVER_JOINING && conn->machine.state < EP_SERVER_CLOSING &&
         ep_buffer_len(&conn->pending) <= EP_LIMIT_OUTPUT;
}

/* The timer `frame_time` runs from the first byte of a frame to its end byte (EP-TIME-6). */
static void watch_frame(ep_server_conn *conn, bool ended) {
  bool unfinished = conn->reader.partial != NULL || conn->reader.skipping;
  if (!unfinished || conn->machine.state >= EP_SERVER_CLOSING)
    ep_conn_list_take(conn, EP_LINK_FRAME);
  else if (ended || conn->links[EP_LINK_FRAME].list == NULL)
    ep_conn_list_put(&conn->server->unfinished, conn, EP_LINK_FRAME, conn->server->now_ms);
}

size_t ep_server_receive(ep_server *server, ep_conn id, ep_bytes bytes, uint64_t now_ms) {
  EP_ASSERT(!server->sealed);
  server->now_ms = now_ms;
  ep_server_conn *conn = ep_server_conn_of(server, id);
  if (conn == NULL) return bytes.len;
  if (conn->machine.state == EP_SERVER_V2) /* EP-TIME-2, EP-TIME-3 */
    ep_conn_list_put(&server->heard, conn, EP_LINK_CLOCK, now_ms);
  size_t taken = 0, before = ep_buffer_len(&conn->pending);
  bool ended = false;
  while (takes_bytes(conn)) { /* EP-AUTH-8 */
    size_t used = 0;
    ep_frame_result result = ep_frame_read(&conn->reader, &used, ep_bytes_from(bytes, taken));
    taken += used;
    if (result == EP_FRAME_MORE) break;
    ended = true;
    ep_message message;
    unsigned input = decode(conn, result, &message);
    ep_server_step(conn, input, &message);
    ep_server_run(server);
    if (ep_buffer_len(&conn->pending) > before + EP_MUCH_OUTPUT) break;
  }
  bool full = ep_buffer_len(&conn->pending) > EP_LIMIT_OUTPUT;
  if (full && before <= EP_LIMIT_OUTPUT) ep_server_reached(server, EP_BOUND_OUTPUT);
  watch_frame(conn, ended);
  ep_server_relieve(server);
  return conn->machine.state == EP_SERVER_CLOSING ? bytes.len : taken;
}

void ep_server_hangup(ep_server *server, ep_conn id, uint64_t now_ms) {
  EP_ASSERT(!server->sealed);
  server->now_ms = now_ms;
  ep_server_conn *conn = ep_server_conn_of(server, id);
  if (conn == NULL) return;
  ep_server_step(conn, EP_SERVER_IN_HANGUP, NULL);
  EP_ASSERT(conn->machine.state == EP_SERVER_GONE);
  ep_server_run(server);
  ep_server_conn_free(conn);
}

void ep_server_stop(ep_server *server, uint64_t now_ms) {
  EP_ASSERT(!server->sealed);
  server->now_ms = now_ms;
  server->stopping = true;
  for (uint32_t slot = 1; slot < server->slot_count; slot++) {
    if (server->slots[slot].conn == NULL) continue;
    ep_server_step(server->slots[slot].conn, EP_SERVER_IN_STOP, NULL);
    ep_server_run(server);
  }
}

/* ---- Time ---- */

static uint64_t due(const ep_conn_list *list, uint64_t wait_ms) {
  return list->first == NULL ? EP_NEVER : list->first->links[EP_LINK_CLOCK].since_ms + wait_ms;
}

static uint64_t frame_due(const ep_server *server) {
  const ep_server_conn *conn = server->unfinished.first;
  return conn == NULL ? EP_NEVER
                      : conn->links[EP_LINK_FRAME].since_ms + server->config.frame_time_ms;
}

static uint64_t lossy_due(const ep_server *server) {
  uint64_t first = EP_NEVER;
  for (const ep_server_conn *conn = server->lossy.first; conn != NULL;
       conn = conn->links[EP_LINK_LOSSY].next)
    if (conn->account->down.repeat_at < first) first = conn->account->down.repeat_at;
  return first;
}

static uint64_t earlier(uint64_t one, uint64_t other) { return one < other ? one : other; }

uint64_t ep_server_deadline(const ep_server *server) {
  uint64_t first = ep_registry_deadline(server->registry);
  if (server->settle_since_ms != EP_NEVER)
    first = earlier(first, server->settle_since_ms + EP_TIMER_SETTLE_MS);
  first = earlier(first, due(&server->unauthenticated, server->config.auth_ms));
  first = earlier(first, due(&server->heard, server->config.ping_ms));
  first = earlier(first, due(&server->pinged, server->config.idle_ms));
  first = earlier(first, due(&server->closing, EP_TIMER_CLOSE_MS));
  first = earlier(first, frame_due(server));
  return earlier(first, lossy_due(server));
}

static void tick_list(ep_server *server, ep_conn_list *list, uint64_t wait_ms, unsigned input) {
  while (due(list, wait_ms) <= server->now_ms) {
    ep_server_conn *conn = list->first;
    uint64_t since_ms = conn->links[EP_LINK_CLOCK].since_ms;
    ep_conn_list_take(conn, EP_LINK_CLOCK);
    if (list == &server->heard) ep_conn_list_put(&server->pinged, conn, EP_LINK_CLOCK, since_ms);
    ep_server_step(conn, input, NULL);
    ep_server_run(server);
  }
}

/* EP-TIME-6. EP/1 has no word for it. */
static void tick_unfinished(ep_server *server) {
  while (frame_due(server) <= server->now_ms) {
    ep_server_conn *conn = server->unfinished.first;
    ep_conn_list_take(conn, EP_LINK_FRAME);
    ep_server_note(conn, EP_COUNTER_SLOW_FRAMES, EP_ERROR_IDLE);
    if (conn->machine.state == EP_SERVER_V2) {
      ep_server_step(conn, EP_SERVER_IN_IDLE, NULL);
      ep_server_run(server);
    } else {
      ep_server_refused(server, EP_ERROR_IDLE);
      conn->abandoned = true;
      ep_server_mark(conn);
    }
  }
}

static void tick_lossy(ep_server *server) {
  ep_server_conn *next;
  for (ep_server_conn *conn = server->lossy.first; conn != NULL; conn = next) {
    next = conn->links[EP_LINK_LOSSY].next;
    if (conn->account->down.repeat_at <= server->now_ms)
      ep_server_step(conn, EP_SERVER_IN_REPEAT, NULL);
  }
}

static void tick_registry(ep_server *server) {
  if (ep_registry_deadline(server->registry) > server->now_ms) return;
  ep_command command = {.kind = EP_COMMAND_TICK, .now_ms = server->now_ms};
  ep_buffer *out = ep_sequencer_begin(&server->order.sequencer);
  if (out == NULL) return; /* the next tick tries again */
  ep_command_encode(out, &command);
  if (ep_sequencer_submit(&server->order.sequencer)) ep_server_run(server);
}

void ep_server_tick(ep_server *server, uint64_t now_ms) {
  EP_ASSERT(!server->sealed);
  server->now_ms = now_ms;
  tick_list(server, &server->unauthenticated, server->config.auth_ms, EP_SERVER_IN_AUTH_TIMEOUT);
  tick_list(server, &server->heard, server->config.ping_ms, EP_SERVER_IN_SILENCE);
  tick_list(server, &server->pinged, server->config.idle_ms, EP_SERVER_IN_IDLE);
  tick_list(server, &server->closing, EP_TIMER_CLOSE_MS, EP_SERVER_IN_CLOSE_TIMEOUT);
  tick_unfinished(server);
  tick_lossy(server);
  tick_registry(server);
}

/* ---- Turns ---- */

/* Records that nothing waits for may wait a little themselves, and go with the next ones that
 * cannot. */
static bool may_settle_later(ep_server *server) {
  if (ep_registry_is_urgent(server->registry) || server->stopping) return false;
  if (!ep_registry_has_records(server->registry)) return true;
  if (server->settle_since_ms == EP_NEVER) server->settle_since_ms = server->now_ms;
  return server->now_ms - server->settle_since_ms < EP_TIMER_SETTLE_MS;
}

/* EP-G5-1: nothing of a turn leaves before its records are stored. */
ep_bytes ep_server_records(ep_server *server) {
  EP_ASSERT(!server->sealed);
  server->sealed = true;
  EP_ASSERT(ep_buffer_len(&server->records) == 0);
  if (may_settle_later(server)) return EP_NOTHING;
  server->settle_since_ms = EP_NEVER;
  if (!ep_registry_seal(server->registry, &server->records)) server->broken = true;
  return server->broken ? EP_NOTHING : ep_buffer_bytes(&server->records);
}

/* EP-ERR-5: what has not left yet never leaves. Only who has been told that frames are bare can be
 * told more (EP-FRAME-5). */
static void close_unwritten(ep_server *server) {
  for (uint32_t slot = 1; slot < server->slot_count; slot++) {
    ep_server_conn *conn = server->slots[slot].conn;
    if (conn == NULL) continue;
    ep_buffer_clear(&conn->pending);
    if (!conn->greeted || conn->machine.state == EP_SERVER_CLOSING) conn->abandoned = true;
    ep_server_step(conn, EP_SERVER_IN_FAILED, NULL);
    ep_server_run(server);
    ep_server_mark(conn);
  }
}

void ep_server_committed(ep_server *server, bool stored, uint64_t now_ms) {
  EP_ASSERT(server->sealed);
  server->sealed = false;
  server->now_ms = now_ms;
  ep_server_trim(server);
  if (!stored) server->broken = true; /* EP-ERR-5: what was decided in memory is not true */
  if (!server->broken || server->given_up) return;
  server->given_up = true;
  ep_server_count(server, EP_COUNTER_COMMIT_FAILED, 1);
  close_unwritten(server);
}

/* ---- Making and unmaking ---- */

static uint64_t or_default(uint64_t value, uint64_t otherwise) {
  return value == 0 ? otherwise : value;
}

static void take_config(ep_server *server, const ep_server_config *config) {
  server->config = *config;
  ep_server_config *own = &server->config;
  own->frame = or_default(own->frame, EP_LIMIT_FRAME);
  own->depth = or_default(own->depth, EP_LIMIT_DEPTH);
  own->connections = or_default(own->connections, EP_LIMIT_CONNECTIONS);
  own->clients = or_default(own->clients, EP_LIMIT_CLIENTS);
  own->window = or_default(own->window, EP_LIMIT_WINDOW);
  own->held = or_default(own->held, EP_LIMIT_HELD);
  own->session = or_default(own->session, EP_LIMIT_SESSION);
  own->mailbox = or_default(own->mailbox, EP_LIMIT_MAILBOX);
  own->mailbox_bytes = or_default(own->mailbox_bytes, EP_LIMIT_MAILBOX_BYTES);
  own->parked = or_default(own->parked, EP_LIMIT_PARKED);
  own->parked_bytes = or_default(own->parked_bytes, EP_LIMIT_PARKED_BYTES);
  own->auth_ms = or_default(own->auth_ms, EP_TIMER_AUTH_MS);
  own->gap_wait_ms = or_default(own->gap_wait_ms, EP_TIMER_GAP_WAIT_MS);
  own->mailbox_wait_ms = or_default(own->mailbox_wait_ms, EP_TIMER_MAILBOX_WAIT_MS);
  own->frame_time_ms = or_default(own->frame_time_ms, EP_TIMER_FRAME_TIME_MS);
  own->ping_ms = or_default(own->ping_ms, EP_TIMER_PING_MS);
  own->idle_ms = or_default(own->idle_ms, EP_TIMER_IDLE_MS);
}

static ep_registry *new_registry(ep_server *server) {
  const ep_server_config *config = &server->config;
  ep_registry_config inner = {.durable = config->durable};
  uint8_t random[8], epoch[16];
  server->around.random(server->around.context, random, sizeof random);
  server->around.random(server->around.context, inner.key, sizeof inner.key);
  for (size_t i = 0; i < sizeof epoch; i++)
    epoch[i] = (uint8_t) "0123456789abcdef"[(random[i / 2] >> (i % 2 == 0 ? 4 : 0)) & 15];
  inner.epoch = epoch;
  inner.epoch_len = sizeof epoch;
  inner.clients = config->clients;
  inner.mailbox = config->mailbox;
  inner.frame = config->frame;
  inner.mailbox_bytes = config->mailbox_bytes;
  inner.parked = config->parked;
  inner.parked_bytes = config->parked_bytes;
  inner.notices = EP_LIMIT_NOTICES;
  inner.held = config->held;
  inner.held_bytes = EP_LIMIT_HELD_BYTES;
  inner.dedup = EP_LIMIT_DEDUP;
  inner.gap_wait_ms = config->gap_wait_ms;
  inner.mailbox_wait_ms = config->mailbox_wait_ms;
  inner.memory = &server->memory;
  return ep_registry_new(&server->around.allocator, &inner);
}

/* A token of another form would let nobody in, or everybody. */
static bool usable_token(const char *token) {
  if (token == NULL) return true;
  size_t len = 0;
  while (len <= EP_LIMIT_CREDENTIAL && token[len] != '\0') len++;
  return ep_is_printable(ep_bytes_of(token, len), EP_LIMIT_CREDENTIAL);
}

/* What no server can be made with; 0 stands for a default. */
static bool in_range(const ep_server_config *config) {
  if (config->depth > EP_JSON_DEPTH_MAX || config->connections > EP_CONNECTIONS_MOST) return false;
  if (config->frame > EP_FRAME_MOST || config->held > UINT32_MAX / 8) return false;
  if (config->mailbox > EP_OUTBOX_MOST / 4 || config->parked > EP_OUTBOX_MOST / 4) return false;
  return config->clients <= UINT32_MAX / 4 &&
         (config->memory == 0 || config->memory >= EP_MEMORY_LEAST);
}

static void *allocate(const ep_allocator *allocator, size_t size) {
  void *block = allocator->resize(allocator->context, NULL, 0, size);
  if (block != NULL) memset(block, 0, size);
  return block;
}

ep_status ep_server_new(ep_server **out, const ep_server_config *config) {
  const ep_allocator *allocator = &config->surroundings.allocator;
  EP_ASSERT(allocator->resize != NULL && config->surroundings.random != NULL);
  if (!in_range(config) || !usable_token(config->token)) return EP_INVALID_ARGUMENT;
  ep_server *server = allocate(allocator, sizeof *server);
  if (server == NULL) return EP_NO_MEMORY;
  server->around = config->surroundings;
  take_config(server, config);
  ep_memory_init(&server->memory, allocator, config->memory);
  server->around.allocator = server->memory.counted;
  allocator = &server->around.allocator;
  server->settle_since_ms = EP_NEVER;
  ep_buffer_init(&server->token, allocator);
  ep_buffer_init(&server->work, allocator);
  ep_buffer_init(&server->records, &server->memory.certain); /* without them there is no going on */
  ep_frame_scratch_init(&server->scratch, allocator);
  ep_sequencer_local_init(&server->order, allocator);
  server->notes = allocate(allocator, EP_NOTES * sizeof *server->notes);
  server->registry = new_registry(server);
  bool ordered = ep_sequencer_local_reserve(&server->order);
  for (const char *c = config->token; c != NULL && *c != '\0'; c++)
    ep_buffer_append_byte(&server->token, (uint8_t)*c);
  if (server->registry == NULL || server->notes == NULL || server->token.failed || !ordered) {
    ep_server_free(server);
    return EP_NO_MEMORY;
  }
  *out = server;
  return EP_OK;
}

static void release(ep_server *server, void *block, size_t size) {
  if (block != NULL)
    server->around.allocator.resize(server->around.allocator.context, block, size, 0);
}

void ep_server_free(ep_server *server) {
  if (server == NULL) return;
  for (uint32_t slot = 1; slot < server->slot_count; slot++)
    if (server->slots[slot].conn != NULL) ep_server_conn_free(server->slots[slot].conn);
  release(server, server->slots, server->slot_count * sizeof *server->slots);
  while (server->spare_count > 0) ep_buffer_free(&server->spares[--server->spare_count]);
  if (server->registry != NULL) ep_registry_free(server->registry);
  ep_sequencer_local_free(&server->order);
  ep_frame_scratch_free(&server->scratch);
  ep_buffer_free(&server->token);
  ep_buffer_free(&server->work);
  ep_buffer_free(&server->records);
  release(server, server->notes, EP_NOTES * sizeof *server->notes);
  ep_allocator allocator = server->memory.outer;
  allocator.resize(allocator.context, server, sizeof *server, 0);
}

ep_status ep_server_load(ep_server *server, const ep_record *record) {
  return ep_registry_load(server->registry, record);
}

ep_status ep_server_loaded(ep_server *server) { return ep_registry_loaded(server->registry); }
