/* Harness: the stored state of a server and of a client, as somebody else may have written it. It
 * is refused, or it is one that the core can live with: its invariants hold, it serves, and what it
 * stores then loads again.
 * Input: whose state; then records: table, key length, value length (2), key, value. */
#include "client_world.h"
#include "delivery/record.h"
#include "server_world.h"

enum { RECORDS_MOST = 64 };

static void read_records(fuzz_records *out, fuzz_input *in) {
  *out = (fuzz_records){NULL, 0, 0};
  ep_buffer batch;
  ep_buffer_init(&batch, &fuzz_unfailing);
  for (int i = 0; i < RECORDS_MOST && in->left > 4; i++) {
    uint8_t table = (uint8_t)(fuzz_byte(in) % EP_TABLE_COUNT);
    size_t key_len = 1 + fuzz_byte(in) % 64, value_len = fuzz_byte(in);
    value_len += (size_t)fuzz_byte(in) % 16 * 256;
    ep_record record = {.table = table, .key = fuzz_bytes(in, key_len)};
    if (record.key.len == 0) break;
    record.value = fuzz_bytes(in, value_len);
    ep_record_write(&batch, &record);
  }
  fuzz_records_apply(out, ep_buffer_bytes(&batch));
  ep_buffer_free(&batch);
}

static void serve(fuzz_records *records, fuzz_input *in) {
  static const char *const talk[] = {
      "{'action':'auth','payload':'a','version':2,'instance':'i','expect':0,'presence':{}}",
      "{'action':'auth','payload':'b'}",
      "{'action':'message.new','payload':{'to':{},'id':0,'uid':'u','payload':1,'receipt':true}}",
      "{'action':'message.confirm','payload':0}",
      "{'action':'session.update','id':1,'payload':{'r':1}}",
      "{'action':'clients.list','payload':''}",
  };
  static server_world world;
  ep_server_config config = {.durable = true, .mailbox = 3, .parked = 2, .depth = 16};
  config.frame = 4096;
  server_world_begin(&world, &config, records);
  for (size_t i = 0; world.is_loaded && i < sizeof talk / sizeof *talk; i++) {
    server_world_say(&world, &world.wires[i % 2], talk[i], i % 2 == 0 && i > 0, in);
    server_world_turn(&world, true);
  }
  if (world.is_loaded) server_world_pass(&world, 70000);
  if (world.is_loaded) server_world_kill(&world);
  server_world_end(&world);
}

static void dial(fuzz_records *records, fuzz_input *in) {
  static const char *const talk[] = {
      "{'action':'auth','payload':true%e}",
      "{'action':'message.confirm','payload':0}",
      "{'action':'message.new','payload':{'from':'b','to':'me','id':0,'uid':'u','fromId':0}}",
      "{'action':'message.retry','payload':1}",
  };
  static client_world world;
  ep_client_config config = {.client_id = "me", .durable = true};
  client_world_begin(&world, &config, records);
  if (world.is_loaded) ep_client_connect(world.core, world.now_ms);
  for (size_t i = 0; world.is_loaded && i < sizeof talk / sizeof *talk; i++) {
    client_world_follow(&world, false);
    client_world_write(&world, SIZE_MAX, 10);
    client_world_say(&world, talk[i], false, in);
    client_world_take(&world, 10);
  }
  client_world_end(&world);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_input in = {data, size < 4096 ? size : 4096};
  fuzz_records records;
  bool is_server = fuzz_byte(&in) & 1;
  read_records(&records, &in);
  if (is_server)
    serve(&records, &in);
  else
    dial(&records, &in);
  return 0;
}
