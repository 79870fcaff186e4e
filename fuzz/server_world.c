/* Support of the harness server.c: the network, the clock and the store around the server. See
 * server_world.h. */
#include "server_world.h"

#include "machine/server_internal.h"

static void fill_random(void *context, uint8_t *out, size_t len) {
  server_world *world = context;
  for (size_t i = 0; i < len; i++) {
    world->random = world->random * UINT64_C(6364136223846793005) + 1;
    out[i] = (uint8_t)(world->random >> 56);
  }
}

/* Not SHA-256, but as good here: equal for equal input, and otherwise different. */
void server_world_digest(void *context, uint8_t out[32], ep_bytes in) {
  (void)context;
  memset(out, 0, 32);
  for (size_t i = 0; i < in.len; i++) out[i % 32] = (uint8_t)(out[i % 32] * 31 + in.data[i] + 1);
}

void server_world_trace(void *context, const ep_trace *line) {
  const server_world *world = context;
  FUZZ_MUST(world->core != NULL, "The core speaks before it is there.");
  fuzz_say(line);
}

static ep_status load(server_world *world) {
  for (size_t i = 0; world->config.durable && i < world->store.count; i++) {
    ep_record record = fuzz_records_at(&world->store, i);
    ep_status status = ep_server_load(world->core, &record);
    if (status != EP_OK) return status;
  }
  return ep_server_loaded(world->core);
}

static ep_status try_to_start(server_world *world) {
  world->core = NULL;
  ep_status status = ep_server_new(&world->core, &world->config);
  return status == EP_OK ? load(world) : status;
}

/* Nobody counts to 2^63: where a foreign state begins just before, what follows is refused. */
static bool counts_too_far(const server_world *world) {
  for (size_t i = 0; i < world->store.count; i++) {
    ep_record record = fuzz_records_at(&world->store, i);
    bool is_sequence = ep_bytes_equal(record.key, EP_LITERAL("sequence"));
    if (record.table == EP_TABLE_META && is_sequence) return record.value.data[0] > 0x7f;
  }
  return false;
}

/* The first time memory is short, as `scarce` says: if that is too little, then it is not. */
static void start(server_world *world, bool may_refuse, unsigned scarce) {
  fuzz_scarce(&world->memory, scarce);
  ep_status status = try_to_start(world);
  world->memory.fail_at = 0;
  if (scarce != 0 && status == EP_NO_MEMORY) {
    ep_server_free(world->core);
    FUZZ_MUST(world->memory.live == 0, "The server kept memory.");
    status = try_to_start(world);
  }
  world->is_loaded = status == EP_OK;
  world->store.backwards = false;
  bool has_memory = status != EP_NO_MEMORY || world->memory.wants_all;
  FUZZ_MUST(world->core != NULL && has_memory, "The server does not start.");
  if (world->is_foreign && !world->is_loaded) may_refuse |= counts_too_far(world);
  FUZZ_MUST(world->is_loaded || may_refuse, "What the server stored does not load.");
  world->broken = false;
  if (!world->is_loaded) return;
  world->kept = server_watch_copies(world);
  server_watch_mail(world);
}

void server_world_begin(server_world *world, const ep_server_config *config, fuzz_records *foreign,
                        unsigned scarce) {
  memset(world, 0, offsetof(server_world, wires));
  for (int i = 0; i < WIRES; i++) memset(&world->wires[i], 0, offsetof(fuzz_wire, rest));
  if (foreign != NULL) world->store = *foreign;
  world->is_foreign = foreign != NULL;
  world->now_ms = 1000;
  world->random = 42;
  world->config = *config;
  world->config.surroundings = (ep_surroundings){.allocator = {fuzz_resize, &world->memory},
                                                 .random = fill_random,
                                                 .digest = config->surroundings.digest,
                                                 .trace = config->surroundings.trace,
                                                 .context = world};
  ep_frame_scratch_init(&world->scratch_up, &fuzz_unfailing);
  ep_frame_scratch_init(&world->scratch_down, &fuzz_unfailing);
  start(world, world->is_foreign, scarce);
}

void server_world_scarce(server_world *world, unsigned how) {
  fuzz_scarce(&world->memory, how);
  world->scarce = world->scarce || how != 0;
}

/* Nobody is a server with such a configuration. */
static void out_of_range(server_world *world, unsigned which) {
  ep_server *none;
  ep_server_config config = world->config;
  uint64_t *const numbers[] = {&config.frame,   &config.depth,   &config.connections,
                               &config.clients, &config.mailbox, &config.parked,
                               &config.held,    &config.memory};
  *numbers[which % 8] = which % 8 == 7 ? 1 : UINT64_MAX;
  FUZZ_MUST(ep_server_new(&none, &config) == EP_INVALID_ARGUMENT,
            "A server begins with what is no configuration.");
}

/* It may have so many 128ths more than it uses, less one; 0: no ceiling. */
static void set_ceiling(server_world *world, unsigned above) {
  world->core->memory.most = above == 0 ? 0 : world->core->memory.used / 128 * (127 + above);
  world->scarce = true;
}

void server_world_look(server_world *world, unsigned how) {
  enum { MOST = 64 };
  const char *names[MOST];
  uint64_t values[MOST];
  ep_server_view view;
  ep_server_mailbox fullest[2];
  ep_note note;
  size_t count = ep_server_look(world->core, &view, fullest, how % 4 == 3 ? how % 3 : 2);
  FUZZ_MUST(view.mailbox_messages == server_watch_copies(world), "It counts other copies.");
  FUZZ_MUST(view.clients == ep_server_clients(world->core), "It counts other clients.");
  FUZZ_MUST(count <= 2 && (count < 2 || fullest[0].messages >= fullest[1].messages),
            "The fullest mailbox is another one.");
  size_t most = how % 16 == 14 ? how / 16 : MOST;
  count = ep_server_counters(world->core, names, values, most);
  count += ep_server_refusals(world->core, names, values, most);
  count += ep_server_limits(world->core, names, values, most);
  FUZZ_MUST((count > 0) == (most > 0) && count <= 3 * most, "More is counted than there is.");
  while (ep_server_next_note(world->core, &note))
    FUZZ_MUST(note.counter != NULL && note.address != NULL, "A note says nothing.");
  for (int i = 0; i < WIRES; i++)
    if (world->wires[i].conn != 0) (void)ep_server_is_heavy(world->core, world->wires[i].conn);
  if (how == 77) ep_server_stop(world->core, world->now_ms);
  if (how % 16 == 15) out_of_range(world, how / 16);
  if (how >= 128) set_ceiling(world, how - 128);
}

static void forget(fuzz_wire *wire) {
  if (wire->conn == 0) return;
  ep_frame_reader_free(&wire->up);
  ep_frame_reader_free(&wire->down);
  ep_buffer_free(&wire->heard);
  wire->conn = 0;
}

static void stop(server_world *world) {
  world->memory.fail_at = 0;
  ep_server_free(world->core);
  FUZZ_MUST(world->memory.live == 0, "The server kept memory.");
  for (int i = 0; i < WIRES; i++) forget(&world->wires[i]);
}

void server_world_end(server_world *world) {
  world->memory.fail_at = 0;
  if (world->is_loaded) server_world_turn(world, true);
  if (world->is_loaded) server_watch_mail(world);
  stop(world);
  fuzz_records_free(&world->store);
  ep_frame_scratch_free(&world->scratch_up);
  ep_frame_scratch_free(&world->scratch_down);
  FUZZ_MUST(fuzz_own.live == 0, "The harness kept memory.");
}

void server_world_kill(server_world *world, unsigned scarce) {
  stop(world);
  start(world, false, scarce);
}

void server_world_open(server_world *world, fuzz_wire *wire, bool lossy, bool local) {
  ep_peer peer = {.transport = lossy ? EP_LOSSY : EP_STREAM, .local = local, .address = "here"};
  ep_conn conn;
  if (wire->conn != 0) server_world_hang_up(world, wire);
  if (ep_server_accept(world->core, &conn, &peer, world->now_ms) != EP_OK) return;
  memset(wire, 0, offsetof(fuzz_wire, rest));
  wire->conn = conn;
  wire->lossy = lossy;
  ep_frame_reader_init(&wire->up, &fuzz_unfailing, &world->scratch_up);
  ep_frame_reader_set_limit(&wire->up, EP_LIMIT_EARLY_FRAME, (unsigned)world->config.depth);
  ep_frame_reader_init(&wire->down, &fuzz_unfailing, &world->scratch_down);
  ep_buffer_init(&wire->heard, &fuzz_unfailing);
}

void server_world_hang_up(server_world *world, fuzz_wire *wire) {
  if (wire->conn == 0) return;
  ep_server_hangup(world->core, wire->conn, world->now_ms);
  forget(wire);
}

/* Offers what the server has not taken yet. */
static void offer(server_world *world, fuzz_wire *wire) {
  if (wire->conn == 0 || wire->rest_len == 0) return;
  uint8_t *copy = fuzz_copy(ep_bytes_of(wire->rest, wire->rest_len));
  ep_bytes bytes = ep_bytes_of(copy, wire->rest_len);
  size_t taken = ep_server_receive(world->core, wire->conn, bytes, world->now_ms);
  FUZZ_MUST(taken <= bytes.len, "The server took more than there was.");
  server_watch_said(world, wire, ep_bytes_of(copy, taken));
  wire->rest_len -= taken;
  memmove(wire->rest, copy + taken, wire->rest_len);
  free(copy);
}

void server_world_feed(server_world *world, fuzz_wire *wire, ep_bytes bytes) {
  if (wire->conn == 0 || bytes.len == 0 || wire->rest_len + bytes.len > REST_MOST) return;
  memcpy(wire->rest + wire->rest_len, bytes.data, bytes.len);
  wire->rest_len += bytes.len;
  offer(world, wire);
}

static void take_ready(server_world *world, fuzz_wire *wire, const ep_ready *ready) {
  bool is_frame = ready->output.len == 0 || !wire->lossy ||
                  memchr(ready->output.data, EP_FRAME_END, ready->output.len) ==
                      ready->output.data + ready->output.len - 1;
  FUZZ_MUST(is_frame, "A lossy transport was given something else than one frame.");
  server_watch_heard(world, wire, ready->output);
  if (ready->close)
    server_world_hang_up(world, wire);
  else
    ep_server_sent(world->core, wire->conn, ready->output.len, world->now_ms);
}

static void collect(server_world *world) {
  ep_ready ready;
  while (ep_server_next_ready(world->core, &ready, world->now_ms)) {
    fuzz_wire *wire = world->wires;
    while (wire < world->wires + WIRES && wire->conn != ready.conn) wire++;
    FUZZ_MUST(wire < world->wires + WIRES, "A connection that nobody has is ready.");
    FUZZ_MUST(ready.output.len > 0 || ready.close, "A connection with nothing to do is ready.");
    FUZZ_MUST(!wire->is_waiting || ready.close, "More was given while some is on its way.");
    bool waits = wire->stalled && !wire->is_waiting && ready.output.len > 0;
    if (waits) wire->waiting = ready;
    if (wire->is_waiting) server_world_hang_up(world, wire); /* given up, EP-TIME-5 */
    if (wire->conn != 0 && !waits) take_ready(world, wire, &ready);
    wire->is_waiting = waits;
  }
}

void server_world_turn(server_world *world, bool stores) {
  for (int more = 0; more < 3; more++) {
    ep_bytes batch = ep_server_records(world->core);
    bool stored = stores || batch.len == 0;
    if (stored) fuzz_records_apply(&world->store, batch);
    if (!stored) world->broken = true;
    ep_server_committed(world->core, stored, world->now_ms);
    collect(world);
    for (int i = 0; i < WIRES; i++) offer(world, &world->wires[i]);
  }
}

void server_world_pass(server_world *world, uint64_t ms) {
  uint64_t until = world->now_ms + ms, due;
  for (int more = 0; more < 64 && (due = ep_server_deadline(world->core)) <= until; more++) {
    if (due > world->now_ms) world->now_ms = due;
    ep_server_tick(world->core, world->now_ms);
    server_world_turn(world, true);
    FUZZ_MUST(world->scarce || ep_server_deadline(world->core) > world->now_ms,
              "The deadline does not move.");
  }
  world->now_ms = until;
  ep_server_tick(world->core, until);
}

void server_world_unstall(server_world *world, fuzz_wire *wire, size_t len) {
  if (!wire->is_waiting || wire->conn == 0) return;
  ep_ready now = wire->waiting;
  if (len < now.output.len && !wire->lossy) {
    now.output.len = len;
    now.close = false;
    wire->waiting.output = ep_bytes_from(wire->waiting.output, len);
  } else {
    wire->is_waiting = false;
  }
  take_ready(world, wire, &now);
  collect(world);
}
