/* Harness: the client machine and a server that says anything. However time passes, connections
 * end, the store fails and memory is short: what the client writes keeps the rules, no message is
 * delivered twice, and none that was sent is forgotten.
 * Input: a byte of configuration; then steps: what happens, and what it needs. */
#include "client_world.h"

static void change_session(client_world *world, unsigned how) {
  static const char *const sessions[] = {"{}", "{\"r\":1}", "{\"r\":2,\"k\":{\"id\":1}}", "[]"};
  ep_bytes json = ep_bytes_of(sessions[how % 4], strlen(sessions[how % 4]));
  (void)ep_client_update_session(world->core, json, world->now_ms);
}

static void list(client_world *world, unsigned how) {
  static const char *const selectors[] = {"{\"r\":1}", "", "7"};
  const char *selector = selectors[how % 3];
  (void)ep_client_list(world->core, ep_bytes_of(selector, strlen(selector)), world->now_ms);
}

static void step(client_world *world, fuzz_input *in) {
  unsigned what = fuzz_byte(in), more = fuzz_byte(in);
  switch (what % 32) {
    case 0: ep_client_connect(world->core, world->now_ms); break;
    case 1: ep_client_disconnect(world->core, world->now_ms); break;
    case 2: client_world_cut(world); break;
    case 3: client_world_write(world, more + 1, 8); break;
    case 4: client_world_feed(world, fuzz_bytes(in, more)); break;
    case 5: client_world_pass(world, more * 10); break;
    case 6: client_world_pass(world, more * 200); break;
    case 7: client_world_take(world, more); break;
    case 8: client_world_send(world, more); break;
    case 9: client_world_scarce(world, more); break;
    case 10: change_session(world, more); break;
    case 11: (void)ep_client_ping(world->core, world->now_ms); break;
    case 12: list(world, more); break;
    case 13: client_world_commit(world, more % 8 != 7); break;
    case 14: client_world_kill(world, more); break;
    default: client_world_speak(world, more, in);
  }
  client_world_follow(world, more == 255);
  if (what & 128) client_world_write(world, SIZE_MAX, 100);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static client_world world;
  fuzz_input in = {data, size < 600 ? size : 600};
  unsigned one = fuzz_byte(&in), other = fuzz_byte(&in);
  ep_client_config config = {.client_id = "me", .durable = one & 1, .max_version = 2};
  config.transport = one & 2 ? EP_LOSSY : EP_STREAM;
  if ((one & 6) == 4) config.max_version = 1;
  config.window = one & 8 ? 1 : 0;
  config.outbox = one & 16 ? 3 : 0;
  config.outbox_bytes = one & 32 ? 500 : 0;
  config.secret = one & 64 ? "s" : NULL;
  config.presence = one & 128 ? "{\"r\":1}" : NULL;
  config.token = other & 1 ? "t" : NULL;
  if (other & 2) config.client_id = NULL;
  if (other & 4) config.frame = 400;
  if (other & 8) config.depth = 6;
  config.surroundings.trace = other & 16 ? NULL : client_world_trace;
  client_world_begin(&world, &config, NULL, other / 32);
  while (in.left > 0) step(&world, &in);
  client_world_end(&world);
  return 0;
}
