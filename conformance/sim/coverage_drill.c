/* epigeon-sim --coverage: drills for what a seed cannot do: limits that are too large for one, each
 * made full once with raw frames and nothing else around the server's core, and a moment that is
 * too short. What must be answered is in the spec, chapter 14.
 *
 * Read first: coverage.h. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "epigeon.h"
#include "sim/coverage.h"
#include "tables.h"

/* ---- A server, and nothing around it ---- */

typedef struct yard {
  ep_server *server;
  const char *wanted; /* looked for in what the server writes to `ear` */
  ep_conn ear, deaf;  /* deaf: what is written to it is not taken */
  ep_ready kept;      /* for the deaf one */
  unsigned found;
  uint64_t randoms;
} yard;

static void *resize(void *context, void *block, size_t old_size, size_t new_size) {
  (void)context, (void)old_size;
  if (new_size != 0) return realloc(block, new_size);
  free(block);
  return NULL;
}

static void fill_random(void *context, uint8_t *out, size_t len) {
  yard *y = context;
  for (size_t i = 0; i < len; i++) {
    y->randoms = y->randoms * 6364136223846793005u + 1442695040888963407u;
    out[i] = (uint8_t)(y->randoms >> 56);
  }
}

static bool yard_begin(yard *y, ep_server_config config) {
  memset(y, 0, sizeof *y);
  config.surroundings.allocator.resize = resize;
  config.surroundings.random = fill_random;
  config.surroundings.context = y;
  return ep_server_new(&y->server, &config) == EP_OK && ep_server_loaded(y->server) == EP_OK;
}

static void yard_end(yard *y) { ep_server_free(y->server); }

static unsigned count_text(ep_bytes in, const char *text) {
  size_t len = strlen(text);
  unsigned count = 0;
  for (size_t at = 0; at + len <= in.len; at++)
    if (in.data[at] == (uint8_t)text[0] && memcmp(in.data + at, text, len) == 0) count++;
  return count;
}

static void turn(yard *y) {
  ep_ready ready;
  for (bool more = true; more;) {
    more = false;
    ep_server_records(y->server);
    ep_server_committed(y->server, true, 0);
    while (ep_server_next_ready(y->server, &ready, 0)) {
      if (ready.conn == y->ear && y->wanted != NULL)
        y->found += count_text(ready.output, y->wanted);
      if (ready.conn == y->deaf && !ready.close) {
        y->kept = ready;
        continue;
      }
      more = ready.close || more;
      if (ready.close)
        ep_server_hangup(y->server, ready.conn, 0);
      else
        ep_server_sent(y->server, ready.conn, ready.output.len, 0);
    }
  }
}

static ep_conn open_one(yard *y) {
  ep_conn conn = 0;
  ep_peer peer = {.transport = EP_STREAM, .local = true};
  return ep_server_accept(y->server, &conn, &peer, 0) == EP_OK ? conn : 0;
}

static void say_bytes(yard *y, ep_conn conn, const void *bytes, size_t len) {
  ep_server_receive(y->server, conn, (ep_bytes){bytes, len}, 0);
}

/* A frame, with ' for ", and its end byte. */
__attribute__((format(printf, 3, 4))) static void say(yard *y, ep_conn conn, const char *format,
                                                      ...) {
  char text[1024];
  va_list list;
  va_start(list, format);
  int len = vsnprintf(text, sizeof text - 1, format, list);
  va_end(list);
  for (int i = 0; i < len; i++)
    if (text[i] == '\'') text[i] = '"';
  text[len] = 0x0C;
  say_bytes(y, conn, text, (size_t)len + 1);
}

static ep_conn join(yard *y, const char *id, const char *more) {
  ep_conn conn = open_one(y);
  say(y, conn, "{'action':'auth','payload':'%s','version':2,'instance':'i','expect':0%s}", id,
      more);
  turn(y);
  return conn;
}

static uint64_t counter(const yard *y, ep_counter which) {
  const char *names[EP_COUNTER_COUNT];
  uint64_t values[EP_COUNTER_COUNT];
  ep_server_counters(y->server, names, values, EP_COUNTER_COUNT);
  return values[which];
}

/* ---- The drills. True: it was answered as it must be. ---- */

/* The rest of a long list is counted. */
static bool listed(yard *y) {
  char id[16];
  for (unsigned i = 0; i < EP_LIMIT_LISTED + 1; i++) {
    (void)snprintf(id, sizeof id, "c%u", i);
    ep_server_hangup(y->server, join(y, id, ""), 0);
    turn(y);
  }
  y->ear = join(y, "ada", "");
  y->wanted = "\"more\":10001";
  say(y, y->ear, "{'action':'clients.list','payload':''}");
  turn(y);
  return y->found == 1;
}

/* Receipts that do not fit are counted in the next one (EP-RCPT-2). */
static bool notices(yard *y) {
  enum { MORE = 3 };
  ep_conn bob = join(y, "bob", "");
  y->ear = join(y, "ada", "");
  y->wanted = "\"missed\":3}";
  for (unsigned i = 0; i < EP_LIMIT_NOTICES + MORE; i++) {
    say(y, y->ear,
        "{'action':'message.new','payload':{'to':'bob','id':%u,'uid':'u%u','receipt':true}}", i, i);
    say(y, bob, "{'action':'message.confirm','payload':%u}", i);
    if (i % 1000 == 0) turn(y);
  }
  turn(y);
  unsigned last = EP_LIMIT_NOTICES + MORE;
  say(y, y->ear, "{'action':'message.confirm','payload':%u}", EP_LIMIT_NOTICES - 1);
  say(y, y->ear, "{'action':'message.new','payload':{'to':'bob','id':%u,'uid':'u','receipt':true}}",
      last);
  say(y, bob, "{'action':'message.confirm','payload':%u}", last);
  turn(y);
  return y->found == 1 && counter(y, EP_COUNTER_RECEIPTS_MISSED) == MORE;
}

/* A refusal names so many recipients, and counts the rest. */
static bool named(yard *y) {
  char id[16];
  for (unsigned i = 0; i < EP_LIMIT_NAMED + 6; i++) {
    (void)snprintf(id, sizeof id, "c%u", i);
    join(y, id, ",\"window\":1");
  }
  y->ear = join(y, "ada", "");
  y->wanted = "\"count\":71";
  for (unsigned i = 0; i < 2; i++)
    say(y, y->ear, "{'action':'message.new','payload':{'to':{},'id':%u,'uid':'u%u'}}", i, i);
  say(y, y->ear, "{'action':'message.confirm','payload':0}");
  turn(y);
  return y->found == 1;
}

/* The oldest of the uids of an EP/1 sender is forgotten: it is a new message (EP-RECV-5). */
static bool dedup(yard *y) {
  static const char form[] = "{'action':'message.new','payload':{'to':'ada','id':%u,'uid':'u%u'}}";
  ep_conn ada = open_one(y);
  say(y, ada, "{'action':'auth','payload':'ada'}");
  turn(y);
  for (unsigned i = 0; i < EP_LIMIT_DEDUP + 1; i++) {
    say(y, ada, form, i, i);
    say(y, ada, "{'action':'message.confirm','payload':'u%u'}", i);
    if (i % 1000 == 0) turn(y);
  }
  turn(y);
  uint64_t before = counter(y, EP_COUNTER_ACCEPTED);
  say(y, ada, form, EP_LIMIT_DEDUP + 1, 1); /* still known */
  say(y, ada, form, EP_LIMIT_DEDUP + 2, 0); /* no longer */
  turn(y);
  return counter(y, EP_COUNTER_ACCEPTED) == before + 1;
}

/* Of what is held, the highest id is dropped (EP-RECV-3, limit held_bytes). */
static bool held_bytes(yard *y) {
  const size_t len = 25u << 20;
  char *text = malloc(len + 256);
  if (text == NULL) return false;
  ep_conn ada = join(y, "ada", "");
  for (unsigned id = 1; id <= 3; id++) {
    int head = snprintf(text, 128,
                        "{\"action\":\"message.new\",\"payload\":{\"to\":\"ada\",\"id\":%u,\"uid\":"
                        "\"u%u\",\"payload\":\"",
                        id, id);
    memset(text + head, 'x', len);
    memcpy(text + head + len, "\"}}\f", 4);
    say_bytes(y, ada, text, (size_t)head + len + 4);
  }
  free(text);
  turn(y);
  return counter(y, EP_COUNTER_HELD_DROPPED) == 1;
}

/* A slow reader gets one list instead of what it missed (EP-PRES-6). */
static bool output(yard *y) {
  const size_t len = 60000;
  char *text = malloc(len + 256);
  if (text == NULL) return false;
  y->ear = join(y, "ada", ",\"presence\":{}");
  y->wanted = "\"action\":\"clients.list\"";
  ep_conn bob = join(y, "bob", "");
  y->deaf = y->ear;
  for (unsigned id = 0; id < 400; id++) {
    int head =
        snprintf(text, 128, "{\"action\":\"session.update\",\"id\":%u,\"payload\":{\"x\":\"", id);
    memset(text + head, 'a' + (int)(id % 26), len);
    memcpy(text + head + len, "\"}}\f", 4);
    say_bytes(y, bob, text, (size_t)head + len + 4);
    turn(y);
  }
  free(text);
  bool skipped = counter(y, EP_COUNTER_PRESENCE_SKIPPED) > 0 && y->found == 0;
  y->deaf = 0;
  ep_server_sent(y->server, y->ear, y->kept.output.len, 0);
  turn(y);
  return skipped && y->found == 1;
}

static ep_client *new_client(yard *y, ep_client_config config) {
  ep_client *client = NULL;
  config.client_id = "ada";
  config.surroundings.allocator.resize = resize;
  config.surroundings.random = fill_random;
  config.surroundings.context = y;
  return ep_client_new(&client, &config) == EP_OK ? client : NULL;
}

/* Whose application gives more than fits is told (limits outbox and outbox_bytes). */
static bool outbox(yard *y) {
  static uint8_t digits[4000];
  ep_client *client = new_client(y, (ep_client_config){.outbox = 2, .outbox_bytes = 4000});
  if (client == NULL) return false;
  memset(digits, '1', sizeof digits);
  ep_send small = {.to = "bob", .payload_json = {digits, 1}}, large = small;
  large.payload_json.len = sizeof digits;
  bool good = ep_client_send(client, &small, NULL, 0) == EP_OK;
  good = ep_client_send(client, &large, NULL, 0) == EP_FULL && good; /* by bytes */
  good = ep_client_send(client, &small, NULL, 0) == EP_OK && good;
  good = ep_client_send(client, &small, NULL, 0) == EP_FULL && good; /* by items */
  ep_client_free(client);
  return good;
}

/* A transport that opens in the very moment after the client gave it up changes nothing
 * (EP-ERR-6). */
static bool opened_late(yard *y) {
  ep_client *client = new_client(y, (ep_client_config){.outbox = 0});
  if (client == NULL) return false;
  ep_client_connect(client, 0);
  ep_client_tick(client, EP_TIMER_AUTH_MS);
  bool good = ep_client_wants(client) == EP_WANT_CLOSE;
  ep_client_opened(client, EP_TIMER_AUTH_MS);
  good = good && ep_client_wants(client) == EP_WANT_CLOSE;
  good = good && ep_client_output(client, EP_TIMER_AUTH_MS).len == 0;
  ep_client_free(client);
  return good;
}

static void tell(ep_client *client, const char *frames) {
  ep_client_receive(client, (ep_bytes){(const uint8_t *)frames, strlen(frames)}, 0);
}

#define WELCOME                                                                                    \
  "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"auth\\\",\\\"payload\\\":true,"          \
  "\\\"version\\\":2,\\\"epoch\\\":\\\"e\\\",\\\"expect\\\":0,\\\"window\\\":9,\\\"limits\\\":{}}" \
  "\"}\f"
#define ITEM_0                                                                                   \
  "{\"action\":\"message.new\",\"payload\":{\"from\":\"b\",\"to\":\"c\",\"id\":0,\"uid\":\"u\"," \
  "\"fromId\":0}}\f"

static void welcome(ep_client *client) {
  ep_client_connect(client, 0);
  ep_client_tick(client, EP_TIMER_RECONNECT_MAX_MS);
  ep_client_opened(client, EP_TIMER_RECONNECT_MAX_MS);
  tell(client, WELCOME);
}

/* An old copy of a client's state resumes, and the server counts for a later instance (EP-LOST-11).
 * It takes several programs that end at the right moments for a seed to get there. */
static bool old_instance(yard *y) {
  static const char *const below[] = {
      ITEM_0,
      "{\"action\":\"message.receipt\",\"payload\":{\"id\":0,\"of\":0,\"uid\":\"u\",\"by\":\"b\","
      "\"left\":0}}\f",
      "{\"action\":\"error\",\"payload\":{\"code\":\"bad-to\",\"reason\":\".\",\"of\":0,\"id\":0}}"
      "\f"};
  bool good = true;
  for (size_t i = 0; i < sizeof below / sizeof *below; i++) {
    ep_event event;
    ep_client *client = new_client(y, (ep_client_config){.outbox = 0});
    if (client == NULL) return false;
    welcome(client);
    tell(client, ITEM_0);
    while (ep_client_next_event(client, &event, 0)) continue;
    ep_client_closed(client, 0);
    welcome(client);
    tell(client, below[i]);
    good = good && ep_client_wants(client) == EP_WANT_CLOSE;
    ep_client_free(client);
  }
  return good;
}

int coverage_drills(unsigned *run_count) {
  static const struct {
    const char *name;
    bool (*run)(yard *y);
    uint64_t mailbox;
  } drills[] = {
      {"drill listed", listed, 0},
      {"drill notices", notices, 0},
      {"drill named", named, 1},
      {"drill dedup", dedup, 0},
      {"drill held_bytes", held_bytes, 0},
      {"drill output", output, 0},
      {"drill outbox", outbox, 0},
      {"drill opened late", opened_late, 0},
      {"drill old instance", old_instance, 0},
  };
  int failed = 0;
  for (size_t i = 0; i < sizeof drills / sizeof *drills; i++) {
    yard y;
    coverage_name(drills[i].name);
    bool good = yard_begin(&y, (ep_server_config){.mailbox = drills[i].mailbox});
    good = good && drills[i].run(&y);
    yard_end(&y);
    if (!good) printf("%s: this was not answered as the spec says\n", drills[i].name);
    failed += !good;
    ++*run_count;
  }
  return failed;
}
