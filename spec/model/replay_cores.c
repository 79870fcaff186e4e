/* model-replay: the real cores, their stores (a sorted array each, whole batches), and what lies on
 * the wires between them.
 * Read first: replay.h. */
#include "replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const ids[CLIENTS] = {"c0", "c1"};

static void stop(const char *sentence) {
  fprintf(stderr, "model-replay: %s\n", sentence);
  exit(2);
}

/* ---- Surroundings ---- */

static void *resize(void *context, void *block, size_t old_size, size_t new_size) {
  (void)context, (void)old_size;
  if (new_size == 0) {
    free(block);
    return NULL;
  }
  void *made = realloc(block, new_size);
  if (made == NULL) stop("There is not enough memory.");
  return made;
}

/* Names only have to differ. */
static void count_up(void *context, uint8_t *out, size_t out_len) {
  replay_state *replay = context;
  memset(out, 0, out_len);
  for (size_t at = 0; at + sizeof replay->names <= out_len; at += sizeof replay->names) {
    replay->names++;
    memcpy(out + at, &replay->names, sizeof replay->names);
  }
}

static ep_surroundings surroundings(replay_state *replay) {
  return (ep_surroundings){.allocator = {.resize = resize}, .random = count_up, .context = replay};
}

/* ---- Stores ---- */

static int compare(const ep_record *one, const ep_record *other) {
  if (one->table != other->table) return one->table < other->table ? -1 : 1;
  size_t len = one->key.len < other->key.len ? one->key.len : other->key.len;
  int order = memcmp(one->key.data, other->key.data, len);
  if (order != 0) return order;
  return one->key.len == other->key.len ? 0 : one->key.len < other->key.len ? -1 : 1;
}

static ep_bytes copy(ep_bytes bytes) {
  uint8_t *made = resize(NULL, NULL, 0, bytes.len + 1);
  if (bytes.len != 0) memcpy(made, bytes.data, bytes.len);
  return (ep_bytes){made, bytes.len};
}

static void forget(replay_store *store, size_t at) {
  free((void *)(uintptr_t)store->records[at].record.key.data);
  free((void *)(uintptr_t)store->records[at].record.value.data);
  store->count--;
  memmove(&store->records[at], &store->records[at + 1],
          (store->count - at) * sizeof *store->records);
}

static void keep(replay_store *store, const ep_record *record) {
  size_t at = 0;
  while (at < store->count && compare(&store->records[at].record, record) < 0) at++;
  if (at < store->count && compare(&store->records[at].record, record) == 0) forget(store, at);
  if (record->remove) return;
  if (store->count == RECORDS_MOST) stop("A run of the model stores more than expected.");
  memmove(&store->records[at + 1], &store->records[at],
          (store->count - at) * sizeof *store->records);
  store->records[at].record =
      (ep_record){.table = record->table, .key = copy(record->key), .value = copy(record->value)};
  store->count++;
}

static void keep_all(replay_store *store, ep_bytes batch) {
  ep_record record;
  while (ep_record_next(&batch, &record)) keep(store, &record);
}

static void forget_all(replay_store *store) {
  while (store->count > 0) forget(store, store->count - 1);
}

/* ---- Frames ---- */

static bool has(const replay_frame *frame, const char *text) {
  return strstr(frame->bytes, text) != NULL;
}

static unsigned number_after(const replay_frame *frame, const char *text) {
  const char *at = strstr(frame->bytes, text);
  return at == NULL ? 0 : (unsigned)strtoul(at + strlen(text), NULL, 10);
}

static void look(const replay_state *replay, replay_frame *frame) {
  frame->kind = OTHER;
  if (has(frame, "\\\"action\\\":\\\"auth\\\"") || has(frame, "{\"action\":\"auth\"")) {
    frame->kind = AUTH;
    frame->id = number_after(frame, "expect\\\":");
  } else if (has(frame, "{\"action\":\"message.new\"")) {
    frame->kind = ITEM;
    frame->id = number_after(frame, "\"id\":");
    frame->message = MESSAGES;
    for (unsigned m = 0; m < MESSAGES; m++) {
      if (replay->message[m].sent && has(frame, replay->message[m].uid)) frame->message = m;
    }
  } else if (has(frame, "{\"action\":\"message.confirm\"")) {
    frame->kind = CONFIRM;
    frame->id = number_after(frame, "\"payload\":");
  } else if (has(frame, "{\"action\":\"message.retry\"")) {
    frame->kind = RETRY;
    frame->id = number_after(frame, "\"payload\":");
  } else if (has(frame, "\"code\":\"replaced\"")) {
    frame->kind = REPLACED;
  }
}

void frames_put(replay_frames *list, const replay_frame *frame) {
  if (list->count == FRAMES_MOST) { /* the oldest was never written: it counts as lost */
    memmove(&list->frame[0], &list->frame[1], (--list->count) * sizeof *list->frame);
  }
  list->frame[list->count++] = *frame;
}

static bool alike(const replay_frame *one, const replay_frame *other) {
  if (one->kind != other->kind) return false;
  if (one->kind == AUTH || one->kind == REPLACED) return true;
  return one->id == other->id && (one->kind != ITEM || one->message == other->message);
}

/* The newest: an auth reply says what is so now. */
bool frames_take(replay_frames *list, const replay_frame *like, replay_frame *out, bool keep) {
  for (size_t i = list->count; i > 0; i--) {
    if (!alike(&list->frame[i - 1], like)) continue;
    *out = list->frame[i - 1];
    if (keep) return true;
    list->count--;
    memmove(&list->frame[i - 1], &list->frame[i], (list->count - i + 1) * sizeof *list->frame);
    return true;
  }
  return false;
}

void frame_say(const replay_frame *frame, char *out, size_t out_len) {
  static const char *const names[] = {"auth", "item", "confirm", "retry", "replaced", "other"};
  if (frame->kind == ITEM)
    snprintf(out, out_len, "item %u (message %u)", frame->id, frame->message);
  else if (frame->kind == CONFIRM || frame->kind == RETRY)
    snprintf(out, out_len, "%s %u", names[frame->kind], frame->id);
  else
    snprintf(out, out_len, "%s", names[frame->kind]);
}

/* Cuts what a core wants to write into frames. */
static void offer(const replay_state *replay, replay_frames *list, ep_bytes bytes) {
  while (bytes.len > 0) {
    replay_frame made = {.kind = OTHER};
    const uint8_t *end = memchr(bytes.data, '\f', bytes.len);
    if (end == NULL) stop("A core wrote a part of a frame.");
    made.len = (size_t)(end - bytes.data) + 1;
    if (made.len >= FRAME_MOST) stop("A core wrote a frame that is larger than expected.");
    memcpy(made.bytes, bytes.data, made.len);
    look(replay, &made);
    frames_put(list, &made);
    bytes = (ep_bytes){bytes.data + made.len, bytes.len - made.len};
  }
}

/* ---- Clients ---- */

/* Each step of the model's client is stored before anything leaves. */
static void client_settles(replay_state *replay, client_side *client) {
  for (;;) {
    ep_bytes batch = ep_client_records(client->core);
    keep_all(&client->store, batch);
    if (batch.len != 0) ep_client_committed(client->core, true);
    ep_bytes output = ep_client_output(client->core, client->now);
    if (output.len == 0 && batch.len == 0) return;
    if (client->at != CONNECTIONS) offer(replay, &client->offered, output);
    ep_client_sent(client->core, output.len, client->now);
  }
}

static void client_begins(replay_state *replay, unsigned c) {
  client_side *client = &replay->client[c];
  ep_client_config config = {.surroundings = surroundings(replay), .client_id = ids[c]};
  config.transport = replay->lossy ? EP_LOSSY : EP_STREAM;
  config.durable = true;
  config.window = 2;
  ep_status status = ep_client_new(&client->core, &config);
  for (size_t i = 0; status == EP_OK && i < client->store.count; i++) {
    status = ep_client_load(client->core, &client->store.records[i].record);
  }
  if (status == EP_OK) status = ep_client_loaded(client->core);
  if (status != EP_OK) stop(ep_status_sentence(status));
  client->at = CONNECTIONS;
  client->holds = client->wanted = client->given_up = false;
  client->offered.count = 0;
  client_settles(replay, client);
}

void replay_send(replay_state *replay, unsigned c, unsigned m, unsigned to) {
  client_side *client = &replay->client[c];
  replay_message *message = &replay->message[m];
  ep_send send = {.payload_json = {(const uint8_t *)"\"x\"", 3}};
  if (to == EVERYBODY)
    send.to_json = (ep_bytes){(const uint8_t *)"{}", 2};
  else
    send.to = ids[to];
  if (ep_client_send(client->core, &send, message->uid, client->now) != EP_OK) {
    stop("A client did not take a message.");
  }
  message->sent = true;
  message->from = c;
  message->to = to;
  client_settles(replay, client);
}

/* Messages of an application's events; the others only tell that the client has given up. */
static bool next_message(replay_state *replay, client_side *client) {
  ep_event event;
  client->holds = false;
  while (!client->holds && ep_client_next_event(client->core, &event, client->now)) {
    if (event.type == EP_EVENT_ERROR && event.final) client->given_up = true;
    if (event.type != EP_EVENT_MESSAGE) continue;
    client->held = MESSAGES;
    for (unsigned m = 0; m < MESSAGES; m++) {
      const replay_message *message = &replay->message[m];
      if (!message->sent || event.uid.len != strlen(message->uid)) continue;
      if (memcmp(event.uid.data, message->uid, event.uid.len) == 0) client->held = m;
    }
    client->holds = true;
  }
  client_settles(replay, client);
  return client->holds;
}

/* A message counts as given when the application comes for the next one. */
bool replay_give(replay_state *replay, unsigned c, unsigned *m) {
  client_side *client = &replay->client[c];
  if (!client->holds && !next_message(replay, client)) return false;
  *m = client->held;
  if (*m < MESSAGES) client->shown[*m] = true;
  if (client->delivered_count == MESSAGES * 4) stop("A client delivers without end.");
  client->delivered[client->delivered_count++] = *m;
  next_message(replay, client);
  return true;
}

bool replay_connect(replay_state *replay, unsigned c, unsigned q) {
  client_side *client = &replay->client[c];
  ep_peer peer = {.transport = replay->lossy ? EP_LOSSY : EP_STREAM, .local = true, .address = ""};
  if (!client->wanted) ep_client_connect(client->core, client->now);
  client->wanted = true;
  for (int i = 0; i < 16 && ep_client_wants(client->core) != EP_WANT_OPEN; i++) {
    uint64_t next = ep_client_deadline(client->core);
    if (next == UINT64_MAX) break;
    client->now = next;
    ep_client_tick(client->core, client->now);
  }
  client->given_up = ep_client_wants(client->core) != EP_WANT_OPEN;
  if (client->given_up) return false;
  if (ep_server_accept(replay->server, &replay->conn[q], &peer, replay->now) != EP_OK) {
    stop("The server accepts no connection.");
  }
  client->at = q;
  client->offered.count = 0;
  replay->offered[q].count = replay->up[q].count = replay->down[q].count = 0;
  ep_client_opened(client->core, client->now);
  client_settles(replay, client);
  return true;
}

void replay_client_closed(replay_state *replay, unsigned c) {
  client_side *client = &replay->client[c];
  if (client->at == CONNECTIONS) return;
  replay->down[client->at].count = 0;
  client->at = CONNECTIONS;
  client->offered.count = 0;
  ep_client_closed(client->core, client->now);
  client_settles(replay, client);
}

void replay_restart_client(replay_state *replay, unsigned c, bool lost) {
  client_side *client = &replay->client[c];
  if (client->at != CONNECTIONS) replay->down[client->at].count = 0;
  ep_client_free(client->core);
  for (unsigned m = 0; lost && m < MESSAGES; m++) {
    if (replay->message[m].from == c) replay->message[m].gone = true;
  }
  if (lost) {
    forget_all(&client->store);
    client->delivered_count = 0;
  }
  client_begins(replay, c);
}

void replay_to_client(replay_state *replay, unsigned c, const replay_frame *frame) {
  client_side *client = &replay->client[c];
  ep_client_receive(client->core, (ep_bytes){(const uint8_t *)frame->bytes, frame->len},
                    client->now);
  client_settles(replay, client);
  if (ep_client_wants(client->core) == EP_WANT_CLOSE) client->at = CONNECTIONS;
}

/* Goes on to the time at which it writes again. */
void replay_client_timer(replay_state *replay, unsigned c) {
  client_side *client = &replay->client[c];
  uint64_t next = ep_client_deadline(client->core);
  if (next == UINT64_MAX) return;
  client->now = next;
  ep_client_tick(client->core, client->now);
  client_settles(replay, client);
}

/* ---- The server ---- */

static void server_begins(replay_state *replay) {
  enum { NEVER_MS = 1000000000 };
  ep_server_config config = {.surroundings = surroundings(replay), .durable = true, .window = 2};
  config.ping_ms = config.idle_ms = config.auth_ms = NEVER_MS;
  ep_status status = ep_server_new(&replay->server, &config);
  for (size_t i = 0; status == EP_OK && i < replay->store.count; i++) {
    status = ep_server_load(replay->server, &replay->store.records[i].record);
  }
  if (status == EP_OK) status = ep_server_loaded(replay->server);
  if (status != EP_OK) stop(ep_status_sentence(status));
  if (replay->store.count == 0) replay_commit(replay); /* its epoch */
}

static unsigned connection_of(const replay_state *replay, ep_conn conn) {
  unsigned q = 0;
  while (q < CONNECTIONS && replay->conn[q] != conn) q++;
  return q;
}

/* EP-G5-1: first the store, then what leaves. */
void replay_turn(replay_state *replay) {
  ep_ready ready;
  keep_all(&replay->store, ep_server_records(replay->server));
  ep_server_committed(replay->server, true, replay->now);
  while (ep_server_next_ready(replay->server, &ready, replay->now)) {
    unsigned q = connection_of(replay, ready.conn);
    offer(replay, &replay->offered[q], ready.output);
    if (ready.output.len > 0) {
      ep_server_sent(replay->server, ready.conn, ready.output.len, replay->now);
    } else {
      replay_hangup(replay, q);
    }
  }
}

/* Confirms of recipients may wait a while to be stored (the timer `settle`): not here. */
void replay_commit(replay_state *replay) {
  replay_turn(replay);
  replay->now += 60;
  replay_turn(replay);
}

void replay_hangup(replay_state *replay, unsigned q) {
  if (replay->conn[q] == 0) return;
  ep_server_hangup(replay->server, replay->conn[q], replay->now);
  replay->conn[q] = 0;
  replay->up[q].count = 0;
}

void replay_to_server(replay_state *replay, unsigned q, const replay_frame *frame) {
  ep_bytes bytes = {(const uint8_t *)frame->bytes, frame->len};
  if (replay->conn[q] == 0) return;
  ep_server_receive(replay->server, replay->conn[q], bytes, replay->now);
  if (!replay->stores) replay_turn(replay);
}

void replay_restart_server(replay_state *replay, bool lost) {
  ep_server_free(replay->server);
  for (unsigned q = 0; q < CONNECTIONS; q++) {
    replay->conn[q] = 0;
    replay->up[q].count = replay->offered[q].count = 0;
  }
  if (lost) forget_all(&replay->store);
  replay->server_lost = replay->server_lost || lost;
  replay->counted = lost; /* a server counts from its start, not what it has loaded */
  server_begins(replay);
}

size_t replay_boxes(const replay_state *replay) {
  const char *names[64];
  uint64_t values[64], routed = 0, confirmed = 0;
  size_t count = ep_server_counters(replay->server, names, values, 64);
  for (size_t i = 0; i < count; i++) {
    if (strcmp(names[i], "routed") == 0) routed = values[i];
    if (strcmp(names[i], "confirmed") == 0) confirmed = values[i];
  }
  return (size_t)(routed - confirmed);
}

void replay_server_timer(replay_state *replay) {
  replay_turn(replay);
  uint64_t next = ep_server_deadline(replay->server);
  if (next != UINT64_MAX && next > replay->now) replay->now = next;
  ep_server_tick(replay->server, replay->now);
  replay_turn(replay);
}

/* ---- All ---- */

void replay_begin(replay_state *replay, bool lossy, bool stores) {
  memset(replay, 0, sizeof *replay);
  replay->lossy = lossy;
  replay->stores = stores;
  replay->counted = true;
  server_begins(replay);
  for (unsigned c = 0; c < CLIENTS; c++) client_begins(replay, c);
}

void replay_end(replay_state *replay) {
  ep_server_free(replay->server);
  forget_all(&replay->store);
  for (unsigned c = 0; c < CLIENTS; c++) {
    ep_client_free(replay->client[c].core);
    forget_all(&replay->client[c].store);
  }
}
