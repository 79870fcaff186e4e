/* Makes first inputs for the harnesses out of the examples and sessions of the spec, and out of the
 * stores of a server and a client that have done something.
 * usage: fuzz-seeds FOLDER   (which has a folder for each harness). Read first: README.md. */
#include "client_world.h"
#include "delivery/record.h"
#include "lines.h"
#include "server_world.h"
#include "sessions.h"
#include "vectors.h"

static const char *folder;

static void put(const char *target, const char *name, ep_bytes head, ep_bytes bytes) {
  char path[512];
  (void)snprintf(path, sizeof path, "%s/%s/%s", folder, target, name);
  FILE *file = fopen(path, "wb");
  FUZZ_MUST(file != NULL, path);
  (void)fwrite(head.data, 1, head.len, file);
  (void)fwrite(bytes.data, 1, bytes.len, file);
  FUZZ_MUST(fclose(file) == 0, path);
}

/* ---- Examples: one frame each ---------------------------------------------------------------- */

enum { c2s, s2c, both };

static void put_example(const char *name, int direction, const char *bytes, size_t len) {
  const uint8_t way = direction == s2c;
  put("frames", name, EP_LITERAL("\x40\x0f\x06\x00"), ep_bytes_of(bytes, len));
  put("messages", name, ep_bytes_of(&way, 1), ep_bytes_of(bytes, len - 1));
  put("json", name, EP_LITERAL("\x05"), ep_bytes_of(bytes, len - 1));
}

static void fill_members(void *context, ep_buffer *out, char letter, fuzz_input *in) {
  (void)context;
  (void)letter;
  fuzz_members(out, in);
}

/* More members in a payload than are looked at. */
static void put_crowded(void) {
  static const char *const lines[] = {
      "{'action':'auth','payload':{'a':1,%M}}",
      "{'action':'message.new','payload':{'from':'a','to':'b','id':0,'uid':'u',%M}}",
      "{'action':'message.receipt','payload':{'of':0,'uid':'u','by':'a','id':0,'left':0,%M}}",
      "{'action':'error','payload':{'code':'idle',%M}}",
      "{'action':'session.update','payload':{'uuid':'a','connected':true,'session':{},%M}}",
      "{'action':'ping','payload':{%M}}",
  };
  for (uint8_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    ep_buffer frame;
    char name[] = "crowded-a";
    name[8] = (char)('a' + i);
    ep_buffer_init(&frame, &fuzz_unfailing);
    fuzz_line(&frame, lines[i], false, fill_members, NULL, &(fuzz_input){(const uint8_t *)"?", 1});
    put_example(name, s2c, (const char *)ep_buffer_bytes(&frame).data, ep_buffer_len(&frame));
    ep_buffer_free(&frame);
  }
}

/* ---- Sessions: schedules --------------------------------------------------------------------- */

/* Steps that bring `bytes` as they are; `what` is the step of the harness that does so. */
static void add_bytes(ep_buffer *out, uint8_t what, ep_bytes bytes) {
  while (bytes.len > 0) {
    size_t len = bytes.len < 255 ? bytes.len : 255;
    ep_buffer_append_byte(out, what);
    ep_buffer_append_byte(out, (uint8_t)len);
    ep_buffer_append(out, ep_bytes_of(bytes.data, len));
    bytes = ep_bytes_from(bytes, len);
  }
}

static void put_session(const struct ep_session *session) {
  ep_buffer server, client;
  ep_buffer_init(&server, &fuzz_unfailing);
  ep_buffer_init(&client, &fuzz_unfailing);
  ep_buffer_append(&server, EP_LITERAL("\x01\x00\x00\x00")); /* durable; open */
  ep_buffer_append(&client, EP_LITERAL("\x01\x00\x80\x00")); /* durable; connect, write */
  for (uint32_t i = 0; i < session->step_count; i++) {
    const struct ep_session_step *step = &session->steps[i];
    ep_bytes bytes = ep_bytes_of(step->bytes, step->len);
    if (step->kind == 'C') {
      add_bytes(&server, 5 * 4, bytes);
      ep_buffer_append(&server, EP_LITERAL("\x08\x00")); /* a turn */
      ep_buffer_append(&client, EP_LITERAL("\x88\x01")); /* send, write */
    } else if (step->kind == 'S') {
      add_bytes(&client, 0x84, bytes);
      ep_buffer_append(&client, EP_LITERAL("\x87\x09")); /* take events, write */
    } else {
      ep_buffer_append(&server, EP_LITERAL("\x04\x00\x00\x00")); /* hang up, open */
      ep_buffer_append(&client, EP_LITERAL("\x02\x00\x06\x10")); /* cut, and time */
    }
  }
  put("server", session->name, EP_NOTHING, ep_buffer_bytes(&server));
  put("client", session->name, EP_NOTHING, ep_buffer_bytes(&client));
  put("frames", session->name, EP_LITERAL("\xff\x0f\x20\x00"), ep_buffer_bytes(&server));
  ep_buffer_free(&server);
  ep_buffer_free(&client);
}

/* ---- Schedules of the server: what a fuzzer would take long to find ----------------------------
 */

enum { SAY = 44, TURN = 8, PASS = 12, PASS_LONG = 16, STALL = 24, READ = 28, KILL = 32, LOOK = 40 };
enum { END = -1 };

/* Two bytes of configuration, then steps: see server.c. SAY + wire, line, what the line needs. */
static void put_schedule(const char *name, const int *steps) {
  ep_buffer out;
  ep_buffer_init(&out, &fuzz_unfailing);
  for (; *steps != END; steps++) ep_buffer_append_byte(&out, (uint8_t)*steps);
  put("server", name, EP_NOTHING, ep_buffer_bytes(&out));
  ep_buffer_free(&out);
}

/* More messages than are looked through one by one when a confirm comes out of order. */
static void put_many(void) {
  int steps[512] = {1, 0, SAY, 0, 0, TURN, 0, SAY + 1, 0, 1, TURN, 0}, at = 12;
  for (int uid = 1; uid <= 48; uid++) {
    const int send[] = {SAY + 1, 2, 0, 0, uid, 1};
    for (int i = 0; i < 6; i++) steps[at++] = send[i];
  }
  const int rest[] = {TURN,    0, SAY, 6, 3,  SAY,  6,    1,   SAY, 6, 3,  TURN, 0,
                      SAY + 1, 2, 0,   0, 60, 1,    TURN, 0,   SAY, 6, 0,  PASS, 9,
                      KILL,    0, SAY, 0, 0,  TURN, 0,    SAY, 6,   2, END};
  memcpy(steps + at, rest, sizeof rest);
  put_schedule("many", steps);
}

#define SCHEDULE(name, ...) put_schedule(name, (const int[]){__VA_ARGS__, END})
#define JOIN_V1(wire, id) SAY + (wire), 0, (id), TURN, 0
#define JOIN_V2(wire, id, how) SAY + (wire), 1, (id), (id), 0, (how), TURN, 0
#define SEND(wire, to, uid) SAY + (wire), 2, (to), 0, (uid), 1, TURN, 0
#define SEND_MATCH(wire, to, uid) SAY + (wire), 3, (to), 0, (uid), TURN, 0
#define SEND_LATER(wire, to, uid) SAY + (wire), 2, (to), 6, (uid), 1, TURN, 0
#define CONFIRM_UID(wire, which) SAY + (wire), 6, (which), TURN, 0
#define CONFIRM_ID(wire, which) SAY + (wire), 5, (which), TURN, 0
#define SESSION(wire, which) SAY + (wire), 4, 0, (which), TURN, 0

/* A session of numbers that are hard to read. */
static void put_numbers(void) {
  ep_buffer out;
  ep_buffer_init(&out, &fuzz_unfailing);
  ep_buffer_append(&out, EP_LITERAL("\x01\x00\x00\x00"));
  add_bytes(&out, 5 * 4,
            EP_LITERAL("{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"auth\\\","
                       "\\\"payload\\\":\\\"a\\\",\\\"version\\\":2,"
                       "\\\"instance\\\":\\\"i\\\",\\\"expect\\\":0}\"}\f"));
  ep_buffer_append(&out, EP_LITERAL("\x08\x00"));
  add_bytes(
      &out, 5 * 4,
      EP_LITERAL("{\"action\":\"session.update\",\"id\":0,\"payload\":{\"a\":1e999,\"b\":1.8e308,"
                 "\"c\":-1e-999,\"d\":9007199254740995,\"e\":9007199254740993.0,\"f\":4.9e-324,"
                 "\"g\":0.1e400,\"h\":1.7976931348623159e308}}\f"));
  ep_buffer_append(&out, EP_LITERAL("\x08\x00"));
  put("server", "numbers", EP_NOTHING, ep_buffer_bytes(&out));
  ep_buffer_free(&out);
}

static void put_schedules(void) {
  put_many();
  put_numbers();
  SCHEDULE("unordered-confirms", 1, 0, JOIN_V1(0, 0), JOIN_V1(1, 1), SEND(1, 0, 1), SEND(1, 0, 2),
           SEND(1, 0, 3), SEND(1, 0, 4), SEND(1, 0, 5), CONFIRM_UID(0, 1), CONFIRM_UID(0, 2), PASS,
           9, LOOK, 0, KILL, 0, JOIN_V1(0, 0), CONFIRM_UID(0, 4), CONFIRM_UID(0, 3),
           JOIN_V2(2, 0, 0), CONFIRM_ID(2, 1), KILL, 0);
  SCHEDULE("full-mailbox-v1", 9, 0, JOIN_V1(0, 0), JOIN_V1(1, 1), JOIN_V1(2, 2), SEND(1, 0, 1),
           SEND(2, 0, 2), SEND(1, 0, 3), SEND(2, 0, 4), SEND(1, 0, 5), CONFIRM_UID(0, 0), LOOK, 0,
           PASS_LONG, 130, SEND(1, 0, 6), SEND(2, 0, 7), KILL, 0, JOIN_V1(1, 1), SEND(1, 0, 8),
           SEND(1, 0, 9), PASS_LONG, 130);
  SCHEDULE("full-mailbox-v2", 9, 0, JOIN_V1(0, 0), JOIN_V2(1, 1, 0), SEND(1, 0, 1), SEND(1, 0, 2),
           SEND(1, 0, 3), SEND_MATCH(1, 0, 4), CONFIRM_ID(1, 2), KILL, 0, JOIN_V2(1, 1, 0));
  SCHEDULE("full-parking", 33, 0, JOIN_V1(0, 0), JOIN_V2(1, 1, 0), SEND_MATCH(0, 3, 1),
           SEND_MATCH(0, 3, 2), SEND_MATCH(1, 3, 3), SEND(0, 4, 4), SESSION(1, 3), PASS_LONG, 130,
           SEND_MATCH(0, 1, 5), KILL, 0, JOIN_V1(0, 0), SESSION(0, 1), JOIN_V1(2, 4));
  SCHEDULE("gaps", 1, 0, JOIN_V1(0, 0), SEND_LATER(0, 0, 1), SEND_LATER(0, 0, 2), SEND(0, 0, 3),
           SEND_LATER(0, 0, 4), PASS_LONG, 25, JOIN_V2(1, 1, 0), SEND_LATER(1, 0, 5),
           SEND_LATER(1, 0, 6), SEND(1, 0, 7), LOOK, 0, SEND(1, 0, 8), PASS_LONG, 25);
  SCHEDULE("receipts", 1, 4, JOIN_V2(0, 0, 18), JOIN_V2(1, 1, 2), SEND_MATCH(0, 0, 1),
           SEND_MATCH(0, 0, 2), CONFIRM_ID(1, 2), CONFIRM_ID(0, 2), CONFIRM_ID(1, 2), SAY + 0, 7, 2,
           TURN, 0, JOIN_V1(2, 0), KILL, 0, JOIN_V2(0, 0, 18), SESSION(0, 1), PASS_LONG, 30);
  SCHEDULE("lossy", 1, 0, 0, 1, JOIN_V2(0, 0, 0), 1, 1, JOIN_V2(1, 1, 0), SEND(0, 1, 1),
           SEND(0, 1, 2), PASS, 30, PASS, 60, SEND(0, 1, 3), PASS, 200, CONFIRM_ID(1, 2), PASS, 90,
           STALL + 1, 0, SEND(0, 1, 4), READ + 1, 1, READ + 1, 255, PASS_LONG, 15);
  SCHEDULE("credentials", 5, 1, JOIN_V2(0, 0, 5), JOIN_V2(1, 0, 13), JOIN_V2(1, 1, 0),
           JOIN_V2(2, 1, 1), JOIN_V2(3, 2, 1), JOIN_V1(3, 0), KILL, 0, JOIN_V2(0, 0, 5));
  SCHEDULE("slow-reader", 1, 0, JOIN_V1(0, 0), STALL, 0, JOIN_V2(1, 1, 16), SEND(1, 0, 1),
           SEND(1, 0, 2), READ, 3, SEND(1, 0, 3), READ, 255, JOIN_V1(2, 0), READ, 255, LOOK, 77);
}

/* ---- Stores ---------------------------------------------------------------------------------- */

static void put_records(const char *name, uint8_t whose, const fuzz_records *records) {
  ep_buffer out;
  ep_buffer_init(&out, &fuzz_unfailing);
  ep_buffer_append_byte(&out, whose);
  for (size_t i = 0; i < records->count; i++) {
    ep_record record = fuzz_records_at(records, i);
    ep_buffer_append_byte(&out, record.table);
    ep_buffer_append_byte(&out, (uint8_t)(record.key.len - 1));
    ep_buffer_append_byte(&out, (uint8_t)(record.value.len % 256));
    ep_buffer_append_byte(&out, (uint8_t)(record.value.len / 256));
    ep_buffer_append(&out, record.key);
    ep_buffer_append(&out, record.value);
  }
  put("state", name, EP_NOTHING, ep_buffer_bytes(&out));
  ep_buffer_free(&out);
}

/* The same as a copy of a running store, which begins a new epoch. */
static void put_copy(fuzz_records *records) {
  ep_buffer batch;
  ep_record mark = {.table = EP_TABLE_META, .key = EP_LITERAL("copy")};
  ep_buffer_init(&batch, &fuzz_unfailing);
  ep_record_write(&batch, &mark);
  fuzz_records_apply(records, ep_buffer_bytes(&batch));
  put_records("server-copy", 1, records);
  ep_buffer_free(&batch);
}

static void put_server_state(void) {
  static const char *const talk[] = {
      "{'action':'auth','payload':'a','version':2,'instance':'i','expect':0,'secret':'s'}",
      "{'action':'auth','payload':'b'}",
      "{'action':'session.update','id':0,'payload':{'r':1,'k':'x'}}",
      "{'action':'message.new','payload':{'to':'a','id':0,'uid':'u0','payload':[1.0]}}",
      "{'action':'message.new','payload':{'to':{},'id':1,'uid':'u1','payload':1,'receipt':true}}",
      "{'action':'message.new','payload':{'to':'a','id':1,'uid':'u2','payload':2}}",
      "{'action':'message.new','payload':{'to':{'r':9},'id':2,'uid':'u3','payload':3}}",
      "{'action':'message.new','payload':{'to':'c','id':2,'uid':'u4'}}",
      "{'action':'message.new','payload':{'to':[],'id':3,'uid':'u5'}}",
      "{'action':'message.new','payload':{'to':'b','id':3,'uid':'u6','payload':4}}",
      "{'action':'message.new','payload':{'to':'b','id':4,'uid':'u7','payload':5}}",
      "{'action':'message.confirm','payload':'u6'}",
  };
  static server_world world;
  fuzz_input none = {NULL, 0};
  ep_server_config config = {.durable = true, .frame = 4096, .depth = 16};
  config.surroundings.trace = server_world_trace;
  config.surroundings.digest = server_world_digest;
  server_world_begin(&world, &config, NULL, 0);
  for (size_t i = 0; i < sizeof talk / sizeof *talk; i++) {
    server_world_say(&world, &world.wires[i % 2], talk[i], false, &none);
    server_world_turn(&world, true);
    server_world_pass(&world, 60);
    char name[] = "server-a";
    name[7] = (char)('a' + i);
    put_records(name, 1, &world.store);
  }
  put_copy(&world.store);
  server_world_end(&world);
}

static void put_client_state(void) {
  static client_world world;
  fuzz_input none = {NULL, 0};
  ep_client_config config = {.client_id = "me", .durable = true};
  config.surroundings.trace = client_world_trace;
  client_world_begin(&world, &config, NULL, 0);
  (void)ep_client_update_session(world.core, EP_LITERAL("{\"r\":1}"), world.now_ms);
  for (unsigned i = 0; i < 4; i++) client_world_send(&world, 6 + i % 2);
  client_world_commit(&world, true);
  put_records("client-a", 0, &world.store);
  ep_client_connect(world.core, world.now_ms);
  client_world_follow(&world, false);
  client_world_write(&world, SIZE_MAX, 9);
  client_world_say(&world, "{'action':'auth','payload':true%e}", false, &none);
  client_world_say(&world, "{'action':'message.confirm','payload':1}", false, &none);
  client_world_say(&world,
                   "{'action':'message.new','payload':{'from':'b','to':'me','id':0,'uid':'u'}}",
                   false, &none);
  client_world_take(&world, 9);
  client_world_commit(&world, true);
  put_records("client-b", 0, &world.store);
  client_world_end(&world);
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
    return 2;
  }
  folder = argv[1];
#define PUT(name, direction, verdict, action, bytes, len, line) \
  put_example(name, direction, bytes, len);
  EP_VECTORS(PUT)
  for (unsigned i = 0; i < EP_SESSION_COUNT; i++) put_session(&EP_SESSIONS[i]);
  put_crowded();
  put_schedules();
  put_server_state();
  put_client_state();
  return 0;
}
