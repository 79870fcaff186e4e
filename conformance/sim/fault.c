/* What goes wrong, when the plan says so.
 * Read first: plan.h (plan_trouble), world.h. */
#include "sim/world.h"

static sim_link *link_of(sim *world, uint32_t target) {
  if (target == PLAN_SERVER || world->clients[target].link == 0) return NULL;
  return &world->links[world->clients[target].link - 1];
}

static void kill(sim *world, const plan_fault *fault) {
  sim_process *process = process_of(world, fault->target);
  if (!process->alive || process->calls_left > 0) return;
  process->death = fault;
  process->calls_left = fault->calls;
  if (fault->calls == 0) process_die(process, fault);
}

static void stall(sim *world, const plan_fault *fault) {
  sim_link *link = link_of(world, fault->target);
  if (link == NULL) return;
  if ((fault->a & 1) != 0) pipe_stall(world, link, TRACE_C2S, world->now + fault->b);
  if ((fault->a & 2) != 0) pipe_stall(world, link, TRACE_S2C, world->now + fault->b);
}

static void partition(sim *world, const plan_fault *fault) {
  if (fault->target == PLAN_SERVER) return;
  sim_process *process = process_of(world, fault->target);
  process->apart_until = world->now + fault->a;
  sim_link *link = link_of(world, fault->target);
  if (link == NULL) return;
  pipe_stall(world, link, TRACE_C2S, process->apart_until);
  pipe_stall(world, link, TRACE_S2C, process->apart_until);
}

static void store(sim *world, const plan_fault *fault) {
  sim_process *process = process_of(world, fault->target);
  if (fault->a == 0)
    process->store_fails_once = true;
  else
    process->store_fails_until = world->now + fault->a;
}

static void memory(sim *world, const plan_fault *fault) {
  sim_process *process = process_of(world, fault->target);
  if (fault->a > 0) process->memory.fail_after = fault->a;
  if (fault->b == 0) return;
  process->memory.failing = true;
  sim_put(world, world->now + fault->b, Q_RELEASE, fault->target, 0);
}

static const char *const notes[PLAN_TROUBLE_COUNT] = {
    [PLAN_STOP] = "the operator stops the server",
    [PLAN_CUT] = "the connection is cut",
    [PLAN_STALL] = "nothing gets through for a while",
    [PLAN_PARTITION] = "the network is gone for a while",
    [PLAN_STORE] = "the store fails",
    [PLAN_CLOCK] = "the clock jumps forward",
    [PLAN_MEMORY] = "memory runs out",
};

void fault_begin(sim *world, const plan_fault *fault) {
  sim_process *process = process_of(world, fault->target);
  if (world->healed) return;
  if (notes[fault->kind] != NULL) watch_note(world, process, notes[fault->kind]);
  switch ((plan_trouble)fault->kind) {
    case PLAN_KILL: kill(world, fault); break;
    case PLAN_STOP: server_stop(&world->server, fault); break;
    case PLAN_CUT: {
      sim_link *link = link_of(world, fault->target);
      if (link != NULL) link_cut(world, link, (plan_cut)fault->a, fault->b);
      break;
    }
    case PLAN_STALL: stall(world, fault); break;
    case PLAN_PARTITION: partition(world, fault); break;
    case PLAN_STORE: store(world, fault); break;
    case PLAN_CLOCK:
      process->ahead_ms += fault->a;
      process_wake(process, world->now);
      break;
    case PLAN_MEMORY: memory(world, fault); break;
    case PLAN_TROUBLE_COUNT: break;
  }
}
