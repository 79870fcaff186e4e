/* The server's program: its core, a store, its ends of the connections. The order of a turn is that
 * of the runner (src/net/service_turn.c): input, records to the store, and what may leave once they
 * are there. While the store works, time passes and input waits.
 * Read first: world.h, epigeon.h (the server core). */
#include <stdlib.h>

#include "sim/world.h"

enum { EXIT_MS = 3000, CORE_COUNTERS = 64 };

static uint64_t now_of(const sim_server *server) { return process_now(&server->process); }

static bool call(sim_server *server) { return process_call(&server->process); }

static sim *world_of(sim_server *server) { return server->process.world; }

/* ---- Beginning and end ---- */

static ep_status core_load(void *context, const ep_record *record) {
  return ep_server_load(context, record);
}

static ep_server_config config_of(sim_server *server) {
  sim *world = world_of(server);
  ep_server_config config = {.surroundings = process_surroundings(&server->process)};
  config.token = knob(world, PLAN_TOKEN) != 0 ? "come in" : NULL;
  config.durable = knob(world, PLAN_VOLATILE) == 0;
  config.frame = knob(world, PLAN_LIMIT_FRAME);
  config.connections = knob(world, PLAN_LIMIT_CONNECTIONS);
  config.clients = knob(world, PLAN_LIMIT_CLIENTS);
  config.window = knob(world, PLAN_LIMIT_WINDOW);
  config.held = knob(world, PLAN_LIMIT_HELD);
  config.session = knob(world, PLAN_LIMIT_SESSION);
  config.mailbox = knob(world, PLAN_LIMIT_MAILBOX);
  config.mailbox_bytes = knob(world, PLAN_LIMIT_MAILBOX_BYTES);
  config.parked = knob(world, PLAN_LIMIT_PARKED);
  config.parked_bytes = knob(world, PLAN_LIMIT_PARKED_BYTES);
  config.mailbox_wait_ms = knob(world, PLAN_MAILBOX_WAIT);
  return config;
}

static ep_status core_make(sim_server *server) {
  ep_server_config config = config_of(server);
  ep_status status = ep_server_new(&server->core, &config);
  if (status != EP_OK) return status;
  status = store_load(&server->process.store, core_load, server->core);
  return status == EP_OK ? ep_server_loaded(server->core) : status;
}

static void core_free(sim_server *server) {
  if (server->process.memory.use_malloc) ep_server_free(server->core);
  server->core = NULL;
}

void server_start(sim_server *server) {
  sim_process *process = &server->process;
  sim *world = process->world;
  bool first = !process->began;
  process_start(process);
  server->sealed = server->dirty = server->stopping = server->gave_up = false;
  server->failures_seen = 0;
  server->pending_count = 0;
  ep_status status = core_make(server);
  if (status != EP_OK) {
    if (status != EP_NO_MEMORY) sim_fail(world, "the server could not read its own state");
    core_free(server);
    process_give_up_start(process);
    return;
  }
  process->began = true;
  if (!first) watch_restarted(world, process);
  server->dirty = true;
  process_wake(process, world->now);
}

void server_gone(sim_server *server) {
  sim *world = world_of(server);
  core_free(server);
  server->sealed = false;
  for (size_t i = 0; i < world->link_count; i++) {
    sim_link *link = &world->links[i];
    link->owed = (ep_bytes){NULL, 0};
    link->in_pending = link->hangup_due = false;
    if (link->server_side == SIDE_OPEN) link_close(world, link, TRACE_S2C, ENDING_ABRUPT);
  }
  server->pending_count = 0;
}

void server_stop(sim_server *server, const plan_fault *fault) {
  sim_process *process = &server->process;
  if (!process->alive || server->stopping) return;
  server->stopping = true;
  server->stop = fault;
  server->exit_at = world_of(server)->now + EXIT_MS;
  process_wake(process, server->exit_at);
  if (!server->sealed) {
    if (!call(server)) return;
    ep_server_stop(server->core, now_of(server));
    server->told_stop = true;
  }
  server->dirty = true;
  process_wake(process, world_of(server)->now);
}

/* ---- What the network brings ---- */

static void dirty(sim_server *server) {
  server->dirty = true;
  process_wake(&server->process, world_of(server)->now + knob(world_of(server), PLAN_TURN_MS));
}

bool server_accept(sim_server *server, sim_link *link) {
  ep_peer peer = {.local = !link->remote, .address = "simulated"};
  peer.transport = link->lossy ? EP_LOSSY : EP_STREAM;
  if (!call(server)) return false;
  ep_status status = ep_server_accept(server->core, &link->at_server, &peer, now_of(server));
  dirty(server);
  return status == EP_OK;
}

void server_pending(sim_server *server, sim_link *link) {
  if (!server->process.alive || link->server_side != SIDE_OPEN || link->in_pending) return;
  if (server->pending_count == server->pending_room) {
    size_t room = 2 * server->pending_room + 64;
    uint32_t *grown = realloc(server->pending, room * sizeof *grown);
    if (grown == NULL) {
      sim_fail(world_of(server), "there is not enough memory");
      return;
    }
    server->pending = grown;
    server->pending_room = room;
  }
  link->in_pending = true;
  server->pending[server->pending_count++] = link->conn - 1;
  dirty(server);
}

bool server_takes_frame(sim_server *server, sim_link *link, ep_bytes frame) {
  if (!server->process.alive || link->server_side != SIDE_OPEN || !call(server)) return false;
  size_t taken = ep_server_receive(server->core, link->at_server, frame, now_of(server));
  dirty(server);
  return taken == frame.len;
}

/* ---- Ends of connections ---- */

static void leave(sim_server *server, sim_link *link, ending how) {
  link->owed = (ep_bytes){NULL, 0};
  link->hangup_due = false;
  ep_server_hangup(server->core, link->at_server, now_of(server));
  server->dirty = true;
  link_close(world_of(server), link, TRACE_S2C, how);
}

/* ---- A turn. What returns bool returns false when the process has died. ---- */

static bool take_bytes(sim_server *server, sim_link *link) {
  sim *world = world_of(server);
  uint32_t sliver = knob(world, PLAN_SLIVER);
  sim_flow *flow = &link->flows[TRACE_C2S];
  while (flow->arrived > flow->taken) {
    ep_bytes ready = pipe_ready(flow);
    if (sliver > 0 && ready.len > sliver) ready.len = sliver;
    if (!call(server)) return false;
    size_t taken = ep_server_receive(server->core, link->at_server, ready, now_of(server));
    pipe_took(world, link, TRACE_C2S, taken);
    server->dirty = true;
    if (taken == ready.len) continue;
    server_pending(server, link); /* the rest after the next commit */
    return true;
  }
  if (!link->hangup_due) return true;
  if (!call(server)) return false;
  leave(server, link, ENDING_FINE);
  return true;
}

static bool flush(sim_server *server, sim_link *link) {
  sim *world = world_of(server);
  while (link->owed.len > 0) {
    size_t room = link_room(world, link, TRACE_S2C);
    size_t len = link->owed.len < room ? link->owed.len : room;
    link->flows[TRACE_S2C].blocked = len < link->owed.len;
    if (len == 0) return true;
    link_write(world, link, TRACE_S2C, (ep_bytes){link->owed.data, len});
    link->owed = (ep_bytes){link->owed.data + len, link->owed.len - len};
    if (!call(server)) return false;
    ep_server_sent(server->core, link->at_server, len, now_of(server));
  }
  return true;
}

static bool take_input(sim_server *server) {
  sim *world = world_of(server);
  size_t count = server->pending_count;
  if (count == 0) return true;
  for (size_t i = 0; i < count; i++) {
    sim_link *link = &world->links[server->pending[i]];
    link->in_pending = false;
    if (link->server_side != SIDE_OPEN) continue;
    if (!flush(server, link) || !take_bytes(server, link)) return false;
  }
  memmove(server->pending, server->pending + count,
          (server->pending_count - count) * sizeof *server->pending);
  server->pending_count -= count;
  return true;
}

static sim_link *link_of(sim *world, ep_conn conn) {
  for (size_t i = world->link_count; i-- > 0;) {
    sim_link *link = &world->links[i];
    if (link->server_side == SIDE_OPEN && link->at_server == conn) return link;
  }
  return NULL;
}

static bool handle_ready(sim_server *server, const ep_ready *ready) {
  sim_link *link = link_of(world_of(server), ready->conn);
  if (link == NULL) {
    sim_fail(world_of(server), "the server named a connection that is closed");
    return true;
  }
  if (link->owed.len > 0) {
    if (ready->close && ready->output.len == 0) leave(server, link, ENDING_ABRUPT);
    return true;
  }
  link->owed = ready->output;
  if (!flush(server, link)) return false;
  ending how = server->gave_up ? ENDING_FINE : ENDING_DONE;
  if (ready->close && link->owed.len == 0) leave(server, link, how);
  return true;
}

/* A core that could not commit cannot go on: its program ends, and is started again. */
static bool gave_up(sim_server *server, bool stored) {
  const char *names[CORE_COUNTERS];
  uint64_t values[CORE_COUNTERS];
  if (!stored) return true;
  if (server->process.memory.failures == 0) return false;
  size_t count = ep_server_counters(server->core, names, values, CORE_COUNTERS);
  for (size_t i = 0; i < count; i++)
    if (strcmp(names[i], "commit-failed") == 0) return values[i] > 0;
  return false;
}

/* Only of one whom it could tell so: in a turn in which memory failed this once, and nothing that
 * it wrote before is left. One that gives up as a whole ends with all its connections. */
void server_failed(sim_server *server, ep_conn conn, bool speaks_v2) {
  const sim_arena *memory = &server->process.memory;
  sim_link *link = link_of(world_of(server), conn);
  bool once = memory->failures == server->failures_seen + 1 && memory->fail_after == 0;
  if (link == NULL || memory->failing || !once || link->owed.len > 0) return;
  watch_failed(world_of(server), link, speaks_v2);
}

static bool give_out(sim_server *server) {
  ep_ready ready;
  ep_note note;
  for (;;) {
    if (!call(server)) return false;
    if (!ep_server_next_ready(server->core, &ready, now_of(server))) break;
    if (!handle_ready(server, &ready)) return false;
  }
  while (ep_server_next_note(server->core, &note)) continue;
  server->failures_seen = server->process.memory.failures;
  return true;
}

static bool finish(sim_server *server) {
  sim_process *process = &server->process;
  sim *world = world_of(server);
  bool stored = true;
  if (server->batch.len > 0)
    stored = process_can_store(process) && store_commit(&process->store, server->batch);
  server->batch = (ep_bytes){NULL, 0};
  if (!call(server)) return false;
  server->sealed = false;
  ep_server_committed(server->core, stored, now_of(server));
  server->gave_up = gave_up(server, stored);
  if (server->stopping && !server->told_stop) {
    server->told_stop = true;
    ep_server_stop(server->core, now_of(server));
    server->dirty = true;
  }
  if (!give_out(server)) return false;
  bool over = server->stopping && (ep_server_connections(server->core) == 0 && !server->dirty);
  if (server->stopping && world->now >= server->exit_at) over = true;
  if (!over && !server->gave_up) return true;
  process_die(process, server->stopping ? server->stop : NULL);
  return false;
}

static bool seal(sim_server *server) {
  sim *world = world_of(server);
  uint32_t most = knob(world, PLAN_COMMIT_MS);
  if (!call(server)) return false;
  server->dirty = false;
  server->batch = ep_server_records(server->core);
  server->sealed = true;
  server->commit_at = world->now;
  if (server->batch.len == 0 || most == 0) return true;
  uint64_t number = rng_of(world->plan->seed, PLAN_SERVER, CHANCE_COMMIT, ++server->commits);
  server->commit_at += rng_part(number, most + 1);
  return true;
}

void server_turn(sim_server *server) {
  sim_process *process = &server->process;
  sim *world = world_of(server);
  if (!process->alive) return;
  if (!server->sealed) {
    if (!call(server)) return;
    if (ep_server_deadline(server->core) <= now_of(server)) {
      ep_server_tick(server->core, now_of(server));
      server->dirty = true;
    }
    if (!take_input(server) || !seal(server)) return;
  }
  if (server->commit_at <= world->now && !finish(server)) return;
  if (server->sealed) {
    process_wake(process, server->commit_at);
  } else if (server->dirty || server->pending_count > 0) {
    process_wake(process, world->now);
  } else {
    process_wake_by(process, ep_server_deadline(server->core));
    if (server->stopping) process_wake(process, server->exit_at);
  }
}
