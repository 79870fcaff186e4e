/* Harness: the stored state of a server and of a client, as somebody else may have written it. It
 * is refused, or it is one that the core can live with: its invariants hold, it serves, and what it
 * stores then loads again.
 * Input: whose state, and how much memory there is to load it; then records: table, key length,
 * value length (2), key, value. */
#include "client_world.h"
#include "server_world.h"

static void serve(fuzz_records *records, fuzz_input *in, unsigned scarce) {
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
  config.surroundings.trace = server_world_trace;
  server_world_begin(&world, &config, records, scarce);
  for (size_t i = 0; world.is_loaded && i < sizeof talk / sizeof *talk; i++) {
    server_world_say(&world, &world.wires[i % 2], talk[i], i % 2 == 0 && i > 0, in);
    server_world_turn(&world, true);
  }
  if (world.is_loaded) server_world_pass(&world, 70000);
  if (world.is_loaded) server_world_kill(&world, 0);
  server_world_end(&world);
}

static void dial(fuzz_records *records, fuzz_input *in, unsigned scarce) {
  static const char *const talk[] = {
      "{'action':'auth','payload':true%e}",
      "{'action':'message.confirm','payload':0}",
      "{'action':'message.new','payload':{'from':'b','to':'me','id':0,'uid':'u','fromId':0}}",
      "{'action':'message.retry','payload':1}",
  };
  static client_world world;
  ep_client_config config = {.client_id = "me", .durable = true};
  config.surroundings.trace = client_world_trace;
  client_world_begin(&world, &config, records, scarce);
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
  fuzz_records records = {.all = NULL};
  unsigned who = fuzz_byte(&in);
  fuzz_records_read(&records, &in);
  records.backwards = who == 255;
  if (who & 1)
    serve(&records, &in, who / 2);
  else
    dial(&records, &in, who / 2);
  return 0;
}
