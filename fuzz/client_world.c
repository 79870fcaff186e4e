/* Support of the harness client.c: the network, the clock, the store and the application around the
 * client. See client_world.h. */
#include "client_world.h"

#include "machine/client_internal.h"

static void fill_random(void *context, uint8_t *out, size_t len) {
  client_world *world = context;
  for (size_t i = 0; i < len; i++) {
    world->random = world->random * UINT64_C(6364136223846793005) + 1;
    out[i] = (uint8_t)(world->random >> 56);
  }
}

void client_world_trace(void *context, const ep_trace *line) {
  const client_world *world = context;
  FUZZ_MUST(world->core != NULL, "The core speaks before it is there.");
  fuzz_say(line);
}

static ep_status load(client_world *world) {
  for (size_t i = 0; i < world->store.count; i++) {
    ep_record record = fuzz_records_at(&world->store, i);
    ep_status status = ep_client_load(world->core, &record);
    if (status != EP_OK) return status;
  }
  return ep_client_loaded(world->core);
}

static ep_status try_to_start(client_world *world) {
  world->core = NULL;
  ep_status status = ep_client_new(&world->core, &world->config);
  return status == EP_OK && world->config.durable ? load(world) : status;
}

/* The first time memory is short, as `scarce` says: if that is too little, then it is not. */
static void start(client_world *world, bool may_refuse, unsigned scarce) {
  fuzz_scarce(&world->memory, scarce);
  ep_status status = try_to_start(world);
  world->memory.fail_at = 0;
  if (scarce != 0 && status == EP_NO_MEMORY) {
    ep_client_free(world->core);
    FUZZ_MUST(world->memory.live == 0, "The client kept memory.");
    status = try_to_start(world);
  }
  world->is_loaded = status == EP_OK;
  world->store.backwards = false;
  bool has_memory = status != EP_NO_MEMORY || world->memory.wants_all;
  FUZZ_MUST(world->core != NULL && has_memory, "The client does not start.");
  FUZZ_MUST(world->is_loaded || may_refuse, "What the client stored does not load.");
}

static void forget_connection(client_world *world) {
  ep_frame_reader_free(&world->up);
  ep_frame_reader_free(&world->down);
  ep_buffer_clear(&world->heard);
  world->open = world->greeted = world->any = false;
  world->version = 0;
  world->repeats = world->confirmed_to = 0;
}

void client_world_begin(client_world *world, const ep_client_config *config, fuzz_records *foreign,
                        unsigned scarce) {
  memset(world, 0, offsetof(client_world, told));
  if (foreign != NULL) world->store = *foreign;
  world->is_foreign = world->killed = foreign != NULL;
  world->now_ms = 1000;
  world->random = 42;
  world->config = *config;
  world->config.surroundings = (ep_surroundings){.allocator = {fuzz_resize, &world->memory},
                                                 .random = fill_random,
                                                 .trace = config->surroundings.trace,
                                                 .context = world};
  ep_frame_scratch_init(&world->scratch_up, &fuzz_unfailing);
  ep_frame_scratch_init(&world->scratch_down, &fuzz_unfailing);
  ep_frame_reader_init(&world->up, &fuzz_unfailing, &world->scratch_up);
  ep_frame_reader_init(&world->down, &fuzz_unfailing, &world->scratch_down);
  ep_frame_reader_set_limit(&world->down, config->frame != 0 ? config->frame : EP_LIMIT_FRAME,
                            config->depth != 0 ? (unsigned)config->depth : EP_LIMIT_DEPTH);
  ep_buffer_init(&world->heard, &fuzz_unfailing);
  start(world, world->is_foreign, scarce);
}

static void stop(client_world *world) {
  world->memory.fail_at = 0;
  ep_client_free(world->core);
  FUZZ_MUST(world->memory.live == 0, "The client kept memory.");
  forget_connection(world);
}

void client_world_end(client_world *world) {
  world->memory.fail_at = 0;
  if (world->is_loaded) {
    client_world_commit(world, true);
    client_world_take(world, 1000);
    client_watch_state(world);
    client_world_commit(world, true);
    client_world_kill(world, 0);
  }
  stop(world);
  fuzz_records_free(&world->store);
  ep_buffer_free(&world->heard);
  ep_frame_scratch_free(&world->scratch_up);
  ep_frame_scratch_free(&world->scratch_down);
  FUZZ_MUST(fuzz_own.live == 0, "The harness kept memory.");
}

void client_world_scarce(client_world *world, unsigned how) {
  fuzz_scarce(&world->memory, how);
  world->scarce = world->scarce || how != 0;
}

/* Nobody is a client with such a configuration. */
static void out_of_range(client_world *world, unsigned which) {
  ep_client *none;
  ep_client_config config = world->config;
  switch (which % 8) {
    case 0: config.client_id = "\n"; break;
    case 1: config.client_id = ""; break;
    case 2: config.secret = "\t"; break;
    case 3: config.token = "\x7f"; break;
    case 4: config.frame = UINT64_MAX; break;
    case 5: config.depth = UINT64_MAX; break;
    case 6: config.presence = "{"; break;
    default: config.presence = "{\"r\":[1]}"; break;
  }
  ep_status status = ep_client_new(&none, &config);
  FUZZ_MUST(status == EP_INVALID_ARGUMENT || (world->scarce && status == EP_NO_MEMORY),
            "A client begins with what is no configuration.");
}

void client_world_kill(client_world *world, unsigned scarce) {
  if (!world->config.durable) {
    out_of_range(world, scarce);
    return;
  }
  stop(world);
  world->killed = true;
  world->above = 0;
  start(world, false, scarce);
}

void client_world_follow(client_world *world, bool fails) {
  ep_want want = ep_client_wants(world->core);
  if (want == EP_WANT_CLOSE) {
    client_world_write(world, SIZE_MAX, 1);
    client_world_cut(world);
    return;
  }
  if (want != EP_WANT_OPEN) return;
  forget_connection(world); /* the client may have given an earlier one up by itself */
  if (fails) {
    ep_client_closed(world->core, world->now_ms);
    return;
  }
  world->open = true;
  ep_client_opened(world->core, world->now_ms);
}

void client_world_cut(client_world *world) {
  ep_client_closed(world->core, world->now_ms);
  forget_connection(world);
}

void client_world_feed(client_world *world, ep_bytes bytes) {
  if (!world->open || !world->greeted || ep_client_wants(world->core) != EP_WANT_NOTHING) return;
  client_world_write(world, SIZE_MAX, 100); /* what it wrote before it read this */
  uint8_t *copy = fuzz_copy(bytes);
  uint64_t above = world->above;
  uint32_t generation = world->core->generation;
  world->above = 0;
  client_watch_said(world, ep_bytes_of(copy, bytes.len));
  ep_client_receive(world->core, ep_bytes_of(copy, bytes.len), world->now_ms);
  if (world->core->generation == generation && world->above < above) world->above = above;
  free(copy);
}

void client_world_commit(client_world *world, bool stores) {
  if (!world->config.durable) return;
  ep_bytes batch = ep_client_records(world->core);
  if (batch.len == 0) return;
  FUZZ_MUST(ep_client_output(world->core, world->now_ms).len == 0,
            "Something leaves before its records are stored.");
  if (stores) fuzz_records_apply(&world->store, batch);
  ep_client_committed(world->core, stores);
}

void client_world_write(client_world *world, size_t most, unsigned times) {
  while (times-- > 0) {
    client_world_commit(world, true);
    ep_bytes out = ep_client_output(world->core, world->now_ms);
    if (out.len == 0) return;
    FUZZ_MUST(world->open, "Something is written without a connection.");
    bool is_lossy = world->config.transport == EP_LOSSY;
    if (is_lossy)
      FUZZ_MUST(memchr(out.data, EP_FRAME_END, out.len) == out.data + out.len - 1,
                "A lossy transport was given something else than one frame.");
    if (out.len > most && !is_lossy) out.len = most;
    client_watch_heard(world, out);
    ep_client_sent(world->core, out.len, world->now_ms);
  }
}

void client_world_pass(client_world *world, uint64_t ms) {
  uint64_t until = world->now_ms + ms, due;
  for (int more = 0; more < 64 && (due = ep_client_deadline(world->core)) <= until; more++) {
    if (due > world->now_ms) world->now_ms = due;
    for (int again = 0; again < 8 && ep_client_deadline(world->core) <= world->now_ms; again++)
      ep_client_tick(world->core, world->now_ms); /* one does a few of what is due */
    FUZZ_MUST(world->scarce || ep_client_deadline(world->core) > world->now_ms,
              "The deadline does not move.");
  }
  world->now_ms = until;
  ep_client_tick(world->core, until);
}

void client_world_take(client_world *world, unsigned events) {
  ep_event event;
  while (events-- > 0 && ep_client_next_event(world->core, &event, world->now_ms))
    client_watch_told(world, &event);
}

void client_world_send(client_world *world, unsigned how) {
  static const char *const payloads[] = {"1", "{\"a\":[true]}", "", "1,2", "\"\\ud800\"", " 7 "};
  static const char *const addresses[] = {NULL, "bob", "a\"b", ""};
  static const char *const selectors[] = {"{}", "{\"r\":1}", "{\"r\":[]}", "7"};
  const char *payload = payloads[how % 6], *selector = selectors[how / 24 % 4];
  ep_send send = {.to = addresses[how / 6 % 4], .receipt = how > 127};
  send.to_json = ep_bytes_of(selector, strlen(selector));
  send.payload_json = ep_bytes_of(payload, strlen(payload));
  char uid[37];
  ep_status status = ep_client_send(world->core, &send, uid, world->now_ms);
  if (status == EP_OK) world->sent++;
  FUZZ_MUST(status == EP_OK || status == EP_FULL || status == EP_INVALID_ARGUMENT || world->scarce,
            "Sending has an outcome that it cannot have.");
}
