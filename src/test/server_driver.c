/* Test support. See server_driver.h. */
#include "test/server_driver.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "delivery/record.h"
#include "test/test_memory.h"

enum { WIRES = 4096 };

typedef struct {
  ep_conn conn;
  ep_buffer received; /* by the client */
  bool closed, stalled;
  ep_ready waiting; /* given to a reader that is stalled */
} wire;

typedef struct stored {
  struct stored *next;
  uint8_t table;
  uint8_t key[64];
  size_t key_len, value_len;
  uint8_t *value;
} stored;

struct server_driver {
  test_memory memory;
  ep_server_config config;
  ep_server *core;
  uint64_t now_ms;
  uint64_t random;
  unsigned random_calls;
  wire wires[WIRES];
  size_t wire_count;
  stored *store;   /* sorted by table and key */
  ep_buffer frame; /* taken last */
  ep_allocator plain;
  test_memory plain_memory;
};

static void fill_random(void *context, uint8_t *out, size_t len) {
  server_driver *driver = context;
  static const uint8_t epoch[8] = {0x5f, 0x3c, 0x9a, 0x1e, 0x7b, 0x2d, 0x40, 0x68};
  if (driver->random_calls++ == 0 && len == sizeof epoch) {
    memcpy(out, epoch, len);
    return;
  }
  for (size_t i = 0; i < len; i++) out[i] = (uint8_t)(test_random(&driver->random) >> 32);
}

/* Not SHA-256, but as good for a test: equal for equal input, and otherwise different. */
static void digest(void *context, uint8_t out[32], ep_bytes in) {
  (void)context;
  memset(out, 0, 32);
  for (size_t i = 0; i < in.len; i++) out[i % 32] = (uint8_t)(out[i % 32] * 31 + in.data[i] + 1);
}

static void start_core(server_driver *driver) {
  ck_assert_int_eq(ep_server_new(&driver->core, &driver->config), EP_OK);
  for (stored *s = driver->store; s != NULL; s = s->next) {
    ep_record record = {.table = s->table};
    record.key = ep_bytes_of(s->key, s->key_len);
    record.value = ep_bytes_of(s->value, s->value_len);
    ck_assert_int_eq(ep_server_load(driver->core, &record), EP_OK);
  }
  ck_assert_int_eq(ep_server_loaded(driver->core), EP_OK);
}

server_driver *server_driver_new_with(const ep_server_config *config) {
  server_driver *driver = calloc(1, sizeof *driver);
  ck_assert_ptr_nonnull(driver);
  driver->now_ms = 1000000;
  driver->random = 42;
  driver->plain = test_allocator(&driver->plain_memory);
  ep_buffer_init(&driver->frame, &driver->plain);
  driver->config = *config;
  driver->config.surroundings.allocator = test_allocator(&driver->memory);
  driver->config.surroundings.random = fill_random;
  driver->config.surroundings.digest = digest;
  driver->config.surroundings.context = driver;
  start_core(driver);
  return driver;
}

server_driver *server_driver_new(void) {
  ep_server_config config = {.durable = true};
  return server_driver_new_with(&config);
}

static void forget_store(server_driver *driver) {
  while (driver->store != NULL) {
    stored *gone = driver->store;
    driver->store = gone->next;
    free(gone->value);
    free(gone);
  }
}

void server_driver_free(server_driver *driver) {
  ep_server_free(driver->core);
  ck_assert_uint_eq(driver->memory.live, 0);
  for (size_t i = 0; i < driver->wire_count; i++) ep_buffer_free(&driver->wires[i].received);
  ep_buffer_free(&driver->frame);
  forget_store(driver);
  free(driver);
}

ep_server *server_driver_core(server_driver *driver) { return driver->core; }

uint64_t server_driver_now(const server_driver *driver) { return driver->now_ms; }

static wire *wire_of(server_driver *driver, ep_conn conn) {
  for (size_t i = driver->wire_count; i-- > 0;)
    if (driver->wires[i].conn == conn) return &driver->wires[i];
  ck_abort_msg("no such connection");
  return NULL;
}

ep_conn server_driver_open_as(server_driver *driver, ep_transport transport, bool local) {
  ep_peer peer = {.transport = transport, .local = local, .address = "test"};
  ck_assert_uint_lt(driver->wire_count, WIRES);
  wire *w = &driver->wires[driver->wire_count++];
  ep_buffer_init(&w->received, &driver->plain);
  ck_assert_int_eq(ep_server_accept(driver->core, &w->conn, &peer, driver->now_ms), EP_OK);
  return w->conn;
}

ep_conn server_driver_open(server_driver *driver) {
  return server_driver_open_as(driver, EP_STREAM, true);
}

void server_driver_feed(server_driver *driver, ep_conn conn, const char *bytes, size_t len,
                        size_t piece) {
  for (size_t at = 0; at < len;) {
    size_t now = len - at < piece ? len - at : piece;
    uint8_t *copy = malloc(now); /* so that reading past the end shows */
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, bytes + at, now);
    size_t taken = ep_server_receive(driver->core, conn, ep_bytes_of(copy, now), driver->now_ms);
    free(copy);
    ck_assert_uint_eq(taken, now);
    at += now;
  }
}

static void put(server_driver *driver, const ep_record *record) {
  stored **at = &driver->store;
  int order = -1;
  for (; *at != NULL; at = &(*at)->next) {
    order = (int)(*at)->table - (int)record->table;
    if (order == 0) order = ep_bytes_compare(ep_bytes_of((*at)->key, (*at)->key_len), record->key);
    if (order >= 0) break;
  }
  if (*at != NULL && order == 0) {
    stored *old = *at;
    *at = old->next;
    free(old->value);
    free(old);
  }
  if (record->remove) return;
  stored *made = calloc(1, sizeof *made);
  ck_assert_ptr_nonnull(made);
  made->table = record->table;
  ck_assert_uint_le(record->key.len, sizeof made->key);
  made->key_len = record->key.len;
  memcpy(made->key, record->key.data, record->key.len);
  made->value_len = record->value.len;
  made->value = malloc(record->value.len + 1);
  if (record->value.len > 0) memcpy(made->value, record->value.data, record->value.len);
  made->next = *at;
  *at = made;
}

static void deliver(server_driver *driver, wire *w, const ep_ready *ready) {
  ep_buffer_append(&w->received, ready->output);
  if (ready->close) {
    w->closed = true;
    ep_server_hangup(driver->core, ready->conn, driver->now_ms);
  } else {
    ep_server_sent(driver->core, ready->conn, ready->output.len, driver->now_ms);
  }
}

static void collect(server_driver *driver) {
  ep_ready ready;
  while (ep_server_next_ready(driver->core, &ready, driver->now_ms)) {
    wire *w = wire_of(driver, ready.conn);
    if (w->stalled && (ready.output.len > 0 || !ready.close))
      w->waiting = ready;
    else
      deliver(driver, w, &ready);
  }
}

static void turn(server_driver *driver, bool stores) {
  for (int more = 0; more < 3; more++) {
    ep_bytes records = ep_server_records(driver->core);
    ep_record record;
    while (stores && ep_record_next(&records, &record)) put(driver, &record);
    ep_server_committed(driver->core, stores, driver->now_ms);
    collect(driver);
  }
}

void server_driver_turn(server_driver *driver) { turn(driver, true); }

void server_driver_turn_failing(server_driver *driver) { turn(driver, false); }

ep_bytes server_driver_take_frame(server_driver *driver, ep_conn conn) {
  wire *w = wire_of(driver, conn);
  ep_bytes all = ep_buffer_bytes(&w->received);
  if (all.len == 0) return EP_NOTHING;
  const uint8_t *end = memchr(all.data, 0x0C, all.len);
  ck_assert_ptr_nonnull(end);
  size_t len = (size_t)(end - all.data) + 1;
  ep_buffer_clear(&driver->frame);
  ep_buffer_append(&driver->frame, ep_bytes_of(all.data, len));
  ep_buffer_append_byte(&driver->frame, 0); /* for strstr */
  ep_buffer_consume(&w->received, len);
  return ep_bytes_of(ep_buffer_bytes(&driver->frame).data, len);
}

bool server_driver_was_closed(server_driver *driver, ep_conn conn) {
  return wire_of(driver, conn)->closed;
}

void server_driver_close(server_driver *driver, ep_conn conn) {
  ep_server_hangup(driver->core, conn, driver->now_ms);
  server_driver_turn(driver);
}

void server_driver_pass(server_driver *driver, uint64_t ms) {
  uint64_t until = driver->now_ms + ms;
  for (;;) {
    uint64_t deadline = ep_server_deadline(driver->core);
    if (deadline > until) break;
    if (deadline > driver->now_ms) driver->now_ms = deadline;
    ep_server_tick(driver->core, driver->now_ms);
    server_driver_turn(driver);
    ck_assert_msg(ep_server_deadline(driver->core) > driver->now_ms, "the deadline does not move");
  }
  driver->now_ms = until;
  server_driver_turn(driver);
}

void server_driver_stall(server_driver *driver, ep_conn conn, bool stalled) {
  wire *w = wire_of(driver, conn);
  w->stalled = stalled;
  if (stalled || w->waiting.conn == 0) return;
  ep_ready ready = w->waiting;
  w->waiting.conn = 0;
  deliver(driver, w, &ready);
  server_driver_turn(driver);
}

void server_driver_kill(server_driver *driver, bool lost) {
  ep_server_free(driver->core);
  ck_assert_uint_eq(driver->memory.live, 0);
  for (size_t i = 0; i < driver->wire_count; i++) {
    driver->wires[i].conn = 0;
    ep_buffer_free(&driver->wires[i].received);
  }
  driver->wire_count = 0;
  if (lost) forget_store(driver);
  start_core(driver);
}

size_t server_driver_stored(const server_driver *driver) {
  size_t count = 0;
  for (const stored *s = driver->store; s != NULL; s = s->next) count++;
  return count;
}

uint64_t server_driver_counter(server_driver *driver, const char *name) {
  const char *names[64];
  uint64_t values[64];
  size_t count = ep_server_counters(driver->core, names, values, 64);
  for (size_t i = 0; i < count; i++)
    if (strcmp(names[i], name) == 0) return values[i];
  ck_abort_msg("no counter %s", name);
  return 0;
}

/* ---- Lines ---- */

static void with_quotes(ep_buffer *out, const char *text) {
  for (; *text != '\0'; text++) ep_buffer_append_byte(out, *text == '\'' ? '"' : (uint8_t)*text);
}

static void frame_of(server_driver *driver, ep_buffer *out, const char *text, bool enveloped) {
  ep_buffer inner;
  ep_buffer_init(out, &driver->plain);
  ep_buffer_init(&inner, &driver->plain);
  with_quotes(&inner, text);
  if (enveloped) ep_buffer_append_literal(out, "{\"type\":\"_message_\",\"data\":\"");
  if (enveloped)
    ep_buffer_append_escaped(out, ep_buffer_bytes(&inner));
  else
    ep_buffer_append(out, ep_buffer_bytes(&inner));
  if (enveloped) ep_buffer_append_literal(out, "\"}");
  ep_buffer_append_byte(out, 0x0C);
  ep_buffer_free(&inner);
}

static void say_form(server_driver *driver, ep_conn conn, const char *text, bool enveloped) {
  ep_buffer frame;
  frame_of(driver, &frame, text, enveloped);
  ep_bytes bytes = ep_buffer_bytes(&frame);
  server_driver_feed(driver, conn, (const char *)bytes.data, bytes.len, SIZE_MAX);
  server_driver_turn(driver);
  ep_buffer_free(&frame);
}

static void hear_form(server_driver *driver, ep_conn conn, const char *text, bool enveloped) {
  ep_buffer frame;
  frame_of(driver, &frame, text, enveloped);
  ep_bytes expected = ep_buffer_bytes(&frame);
  ep_bytes got = server_driver_take_frame(driver, conn);
  ck_assert_msg(ep_bytes_equal(got, expected), "heard %.*s\ninstead of %.*s", (int)got.len,
                (const char *)got.data, (int)expected.len, (const char *)expected.data);
  ep_buffer_free(&frame);
}

void say(server_driver *driver, ep_conn conn, const char *text) {
  say_form(driver, conn, text, false);
}

void say1(server_driver *driver, ep_conn conn, const char *text) {
  say_form(driver, conn, text, true);
}

void hear(server_driver *driver, ep_conn conn, const char *text) {
  hear_form(driver, conn, text, false);
}

void hear1(server_driver *driver, ep_conn conn, const char *text) {
  hear_form(driver, conn, text, true);
}

void hear_nothing(server_driver *driver, ep_conn conn) {
  ep_bytes got = server_driver_take_frame(driver, conn);
  ck_assert_msg(got.len == 0, "heard %.*s", (int)got.len, (const char *)got.data);
}

void skip_frames(server_driver *driver, ep_conn conn) {
  while (server_driver_take_frame(driver, conn).len > 0) continue;
}
