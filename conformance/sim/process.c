/* What all simulated programs have in common: memory of their own, a clock that can jump, a store
 * that can fail, turns in virtual time, and death between any two calls of their core.
 * Read first: world.h. Then: client.c, server.c. */
#include "sim/world.h"

sim_process *process_of(sim *world, uint32_t index) {
  return index == PLAN_SERVER ? &world->server.process : &world->clients[index].process;
}

void process_begin(sim_process *process, sim *world, uint8_t index) {
  sim_store store = process->store;
  memset(process, 0, sizeof *process);
  process->world = world;
  process->index = index;
  process->store = store;
  process->wake_at = NEVER;
  store_clear(&process->store);
  arena_init(&process->memory, &world->pool, world->options->use_malloc);
}

uint64_t process_now(const sim_process *process) { return process->world->now + process->ahead_ms; }

/* ---- Surroundings of a core ---- */

/* Each life of each process has numbers of its own: what others do does not change them. */
static void fill_random(void *context, uint8_t *out, size_t out_len) {
  sim_process *process = context;
  uint64_t what = (uint64_t)process->index << 32 | process->life;
  for (size_t i = 0; i < out_len; i++) {
    if (i % 8 == 0) process->randoms++;
    uint64_t number = rng_of(process->world->plan->seed, what, CHANCE_CORE, process->randoms);
    out[i] = (uint8_t)(number >> (8 * (i % 8)));
  }
}

/* Not SHA-256; here nobody tries to find a text for a digest. */
static void digest(void *context, uint8_t out[32], ep_bytes in) {
  uint64_t number = in.len;
  (void)context;
  for (size_t i = 0; i < in.len; i++) number = rng_mix(number ^ in.data[i]);
  for (size_t i = 0; i < 32; i++) out[i] = (uint8_t)(rng_mix(number + i / 8) >> (8 * (i % 8)));
}

ep_surroundings process_surroundings(sim_process *process) {
  ep_surroundings around = {.random = fill_random, .digest = digest, .context = process};
  around.allocator = (ep_allocator){arena_resize, &process->memory};
  return around;
}

sim_process *process_with(const ep_surroundings *around) {
  return around->random == fill_random ? around->context : NULL;
}

bool process_can_store(sim_process *process) {
  if (process->store_fails_once) {
    process->store_fails_once = false;
    return false;
  }
  return process->store_fails_until <= process->world->now;
}

/* ---- Turns ---- */

void process_wake(sim_process *process, uint64_t t_ms) {
  sim *world = process->world;
  if (t_ms < world->now) t_ms = world->now;
  if (!process->alive || process->wake_at <= t_ms) return;
  process->wake_at = t_ms;
  sim_put(world, t_ms, process->index == PLAN_SERVER ? Q_SERVER : Q_CLIENT, process->index, 0);
}

void process_wake_by(sim_process *process, uint64_t deadline) {
  if (deadline == NEVER) return;
  process_wake(process, deadline > process->ahead_ms ? deadline - process->ahead_ms : 0);
}

/* ---- Life and death ---- */

void process_start(sim_process *process) {
  process->alive = true;
  process->life++;
  process->randoms = 0;
  process->wake_at = NEVER;
}

static void state_leave(sim_process *process, bool lost) {
  process->lost = lost;
  process->old = false;
  if (lost) store_clear(&process->store);
  if (!process->memory.use_malloc) {
    bool failing = process->memory.failing;
    arena_reset(&process->memory);
    process->memory.failing = failing;
  } else if (process->memory.live != 0) {
    sim_fail(process->world, "a core was freed and did not give all its memory back");
  }
  process->failures_seen = 0;
  process->memory.failures = process->memory.fail_after = 0;
}

void process_die(sim_process *process, const plan_fault *how) {
  sim *world = process->world;
  uint32_t flags = how == NULL ? 0 : how->b;
  if (!process->alive) return;
  process->calls_left = 0;
  watch_crashed(world, process);
  process->alive = false;
  bool durable;
  if (process->index == PLAN_SERVER) {
    sim_server *server = &world->server;
    durable = knob(world, PLAN_VOLATILE) == 0;
    if (server->sealed && (flags & PLAN_DEATH_STORED) != 0 && process_can_store(process))
      (void)store_commit(&process->store, server->batch);
    server_gone(server);
  } else {
    durable = world->clients[process->index].plan->durable;
    client_gone(&world->clients[process->index]);
  }
  state_leave(process, !durable || (flags & PLAN_DEATH_LOST) != 0);
  process->old = durable && (flags & PLAN_DEATH_OLD) != 0;
  if (process->old) store_go_back(&process->store, flags >> PLAN_DEATH_COMMITS);
  uint64_t away = how == NULL ? 200 : how->a;
  process_restart_at(process, world->now + away);
}

/* It could not begin for want of memory. */
void process_give_up_start(sim_process *process) {
  bool lost = process->lost, old = process->old;
  process->alive = false;
  state_leave(process, false);
  process->lost = lost;
  process->old = old;
  process_restart_at(process, process->world->now + 100);
}

bool process_call(sim_process *process) {
  if (process->calls_left == 0 || --process->calls_left > 0) return true;
  process_die(process, process->death);
  return false;
}

void process_restart_at(sim_process *process, uint64_t t_ms) {
  sim_put(process->world, t_ms, Q_RESTART, process->index, process->life);
}
