/* Harness: the server machine with four clients. Whatever they say, however time passes, the store
 * fails and memory is short: what the server writes keeps the rules, and no message is lost.
 * Input: two bytes of configuration; then steps: what happens, where, and what it needs. */
#include "server_world.h"

static void step(server_world *world, fuzz_input *in) {
  unsigned what = fuzz_byte(in), more = fuzz_byte(in);
  fuzz_wire *wire = &world->wires[what % WIRES];
  switch (what / WIRES % 16) {
    case 0: server_world_open(world, wire, more & 1, !(more & 2)); break;
    case 1: server_world_hang_up(world, wire); break;
    case 2: server_world_turn(world, more % 16 != 15); break;
    case 3: server_world_pass(world, more * 10); break;
    case 4: server_world_pass(world, more * 500); break;
    case 5: server_world_feed(world, wire, fuzz_bytes(in, more)); break;
    case 6: wire->stalled = !wire->stalled; break;
    case 7: server_world_unstall(world, wire, more * 8 + 1); break;
    case 8: server_world_kill(world, more); break;
    case 9: server_world_scarce(world, more); break;
    case 10: server_world_look(world, more); break;
    default: server_world_speak(world, wire, more, in);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static server_world world;
  fuzz_input in = {data, size < 600 ? size : 600};
  unsigned one = fuzz_byte(&in), other = fuzz_byte(&in);
  ep_server_config config = {.durable = one & 1, .v1_remote = one & 2};
  config.token = one & 4 ? "c" : NULL;
  config.mailbox = one & 8 ? 2 : 100;
  config.mailbox_bytes = one & 16 ? 400 : 0;
  config.parked = one & 32 ? 1 : 4;
  config.parked_bytes = one & 64 ? 300 : 0;
  config.held = one & 128 ? 1 : 4;
  config.clients = other & 1 ? 2 : 0;
  config.connections = other & 2 ? 2 : 0;
  config.window = other & 4 ? 1 : 4;
  config.session = other & 8 ? 20 : 0;
  config.frame = other & 16 ? 120 : 4096;
  config.depth = other & 32 ? 6 : 16;
  config.surroundings.trace = other & 64 ? NULL : server_world_trace;
  config.surroundings.digest = other & 128 ? NULL : server_world_digest;
  server_world_begin(&world, &config, NULL, 0);
  while (in.left > 0) step(&world, &in);
  server_world_end(&world);
  return 0;
}
