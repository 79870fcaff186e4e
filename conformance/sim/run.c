/* A run: the plan becomes entries of the queue, the queue moves time, faults end, and everything
 * must finish.
 * Read first: world.h. */
#include <stdio.h>
#include <stdlib.h>

#include "sim/rude.h"

enum {
  LINKS_MOST = 4096,
  MAILBOX_WAIT_MS = 60000,
  SESSION_MOST = 65536,
  V1_WAITS_MS = 12000,
  STEPS_MOST = 2 * 1000 * 1000
};

void sim_put(sim *world, uint64_t t_ms, happening kind, uint32_t a, uint64_t b) {
  if (!queue_put(&world->queue, t_ms, kind, a, b)) sim_fail(world, "there is not enough memory");
}

void sim_fail(sim *world, const char *trouble) {
  if (world->trouble == NULL) world->trouble = trouble;
  world->stopped = true;
}

/* ---- Making ---- */

sim *sim_new(void) {
  sim *world = calloc(1, sizeof *world);
  if (world == NULL) return NULL;
  world->judge = judge_new();
  world->links = calloc(LINKS_MOST, sizeof *world->links);
  world->link_room = LINKS_MOST;
  if (world->judge != NULL && world->links != NULL) return world;
  sim_free(world);
  return NULL;
}

void sim_free(sim *world) {
  if (world == NULL) return;
  judge_free(world->judge);
  for (size_t i = 0; world->links != NULL && i < world->link_room; i++) {
    for (int dir = 0; dir < 2; dir++) {
      free(world->links[i].flows[dir].bytes);
      free(world->links[i].flows[dir].ends);
      free(world->links[i].flows[dir].segments);
    }
  }
  for (size_t i = 0; i < PLAN_CLIENTS_MOST; i++) store_free(&world->clients[i].process.store);
  store_free(&world->server.process.store);
  arena_pool_free(&world->pool);
  queue_free(&world->queue);
  free(world->server.pending);
  free(world->links);
  free(world->work);
  free(world);
}

judge *sim_judge(sim *world) { return world->judge; }

/* ---- Setting up ---- */

static void set_up_clients(sim *world) {
  const plan *p = world->plan;
  for (size_t i = 0; i < p->client_count; i++) {
    sim_client *client = &world->clients[i];
    sim_process kept = client->process;
    memset(client, 0, sizeof *client);
    client->process = kept;
    process_begin(&client->process, world, (uint8_t)i);
    client->plan = &p->clients[i];
    client->wants = true;
    (void)snprintf(client->id, sizeof client->id, "c%u", (unsigned)i);
    (void)snprintf(client->secret, sizeof client->secret, "secret %u", (unsigned)i);
    if (!client->plan->out)
      sim_put(world, START_MS + client->plan->start_ms, Q_RESTART, (uint32_t)i, 0);
  }
}

static void set_up_server(sim *world) {
  sim_server *server = &world->server;
  struct sim_server kept = *server;
  memset(server, 0, sizeof *server);
  server->process = kept.process;
  server->pending = kept.pending;
  server->pending_room = kept.pending_room;
  process_begin(&server->process, world, PLAN_SERVER);
  sim_put(world, START_MS, Q_RESTART, PLAN_SERVER, 0);
}

static bool takes_part(const plan *p, uint32_t client) {
  return client < p->client_count && !p->clients[client].out;
}

static void set_up_plan(sim *world) {
  const plan *p = world->plan;
  for (size_t i = 0; i < p->action_count; i++) {
    const plan_action *action = &p->actions[i];
    if (!action->out && takes_part(p, action->client))
      sim_put(world, START_MS + action->t_ms, Q_ACTION, (uint32_t)i, 0);
  }
  for (size_t i = 0; i < p->fault_count; i++) {
    const plan_fault *fault = &p->faults[i];
    if (!fault->out && (fault->target == PLAN_SERVER || takes_part(p, fault->target)))
      sim_put(world, START_MS + fault->t_ms, Q_FAULT, (uint32_t)i, 0);
  }
  for (size_t i = 0; i < p->rude_count; i++) {
    const plan_rude *rude = &p->rudes[i];
    if (!rude->out) sim_put(world, START_MS + rude->t_ms, Q_RUDE, (uint32_t)i, 0);
  }
  sim_put(world, START_MS + p->heal_ms, Q_HEAL, 0, 0);
}

/* How often the clock jumps forward, or memory fails: of the server, or of clients. */
static unsigned troubles(const sim *world, plan_trouble kind, bool of_server) {
  unsigned count = 0;
  for (size_t i = 0; i < world->plan->fault_count; i++) {
    const plan_fault *fault = &world->plan->faults[i];
    bool fits = (fault->target == PLAN_SERVER) == of_server;
    if (!fault->out && fault->kind == kind && fits) count++;
  }
  return count;
}

/* What the judge cannot know by itself: lower limits of the server (EP-LIM-5), and that an opened
 * connection is told when the server accepts it (EP-TAKE-4). */
static void tell_limits(const sim *world) {
  uint64_t mailbox = knob(world, PLAN_LIMIT_MAILBOX), parked = knob(world, PLAN_LIMIT_PARKED);
  if (knob(world, PLAN_LIMIT_MAILBOX_BYTES) != 0) mailbox = 1;
  if (knob(world, PLAN_LIMIT_PARKED_BYTES) != 0) parked = 1;
  uint64_t wait = knob(world, PLAN_MAILBOX_WAIT), session = knob(world, PLAN_LIMIT_SESSION);
  uint64_t held = knob(world, PLAN_LIMIT_HELD);
  if (wait == 0) wait = MAILBOX_WAIT_MS;
  judge_mailbox_wait(world->judge, troubles(world, PLAN_CLOCK, true) > 0 ? 0 : wait);
  judge_clock_jumps(world->judge, troubles(world, PLAN_CLOCK, false));
  if (troubles(world, PLAN_MEMORY, false) > 0) judge_memory_fails(world->judge);
  if (troubles(world, PLAN_MEMORY, true) > 0 || troubles(world, PLAN_STORE, true) > 0)
    judge_server_fails(world->judge);
  judge_session_limit(world->judge, session == 0 ? SESSION_MOST : session);
  if (held != 0) judge_held_limit(world->judge, held);
  if (mailbox != 0) judge_mailbox_limit(world->judge, mailbox);
  if (parked != 0) judge_parked_limit(world->judge, parked);
  judge_opens_in_order(world->judge);
}

static void set_up(sim *world, const plan *p, const sim_options *options) {
  world->plan = p;
  world->options = options;
  judge_reset(world->judge);
  tell_limits(world);
  queue_clear(&world->queue);
  world->now = START_MS;
  world->healed = world->stopped = false;
  world->trouble = NULL;
  world->digest = p->seed;
  world->line = world->steps = world->delivered = world->frames = 0;
  world->link_count = 0;
  world->finished_at = 0;
  world->canary_count = 0;
  memset(world->raws, 0, sizeof world->raws);
  set_up_server(world);
  set_up_clients(world);
  set_up_plan(world);
}

/* ---- What happens ---- */

static void restart(sim *world, uint32_t target, uint64_t life) {
  sim_process *process = process_of(world, target);
  if (process->alive || process->life != life) return;
  if (target == PLAN_SERVER)
    server_start(&world->server);
  else
    client_start(&world->clients[target]);
}

static void connect_again(sim *world, uint32_t index) {
  sim_client *client = &world->clients[index];
  if (!client->process.alive || !client->wants || !process_call(&client->process)) return;
  client_connect(client);
  process_wake(&client->process, world->now);
}

static void process_heal(sim_process *process) {
  process->calls_left = 0;
  process->memory.failing = false;
  process->memory.fail_after = 0;
  process->store_fails_once = false;
  process->store_fails_until = 0;
  process->apart_until = 0;
}

/* Faults are over: everybody is there, wants a connection, and gives nothing new. */
static void heal(sim *world) {
  world->healed = true;
  process_heal(&world->server.process);
  rude_leave(world);
  restart(world, PLAN_SERVER, world->server.process.life);
  for (size_t i = 0; i < world->link_count; i++) link_heal(world, &world->links[i]);
  for (uint32_t i = 0; i < world->plan->client_count; i++) {
    sim_client *client = &world->clients[i];
    process_heal(&client->process);
    client->wants = true;
    if (client->plan->out) continue;
    if (client->process.alive)
      connect_again(world, i);
    else
      restart(world, i, client->process.life);
  }
  watch_healed(world);
}

static void handle(sim *world, const queue_entry *entry) {
  sim_link *link = entry->kind <= Q_END ? &world->links[entry->a - 1] : NULL;
  switch ((happening)entry->kind) {
    case Q_ARRIVAL: pipe_arrive(world, link, (trace_dir)entry->b); break;
    case Q_FRAME: frames_arrive(world, link, entry->b); break;
    case Q_REACH: link_reach(world, link); break;
    case Q_OPENED: link_opened(world, link); break;
    case Q_END: link_told(world, link, (trace_dir)entry->b); break;
    case Q_CLIENT: {
      sim_client *client = &world->clients[entry->a];
      if (client->process.wake_at != entry->t_ms) break;
      client->process.wake_at = NEVER;
      client_turn(client);
      break;
    }
    case Q_SERVER:
      if (world->server.process.wake_at != entry->t_ms) break;
      world->server.process.wake_at = NEVER;
      server_turn(&world->server);
      break;
    case Q_RESTART: restart(world, entry->a, entry->b); break;
    case Q_ACTION: {
      const plan_action *action = &world->plan->actions[entry->a];
      client_act(&world->clients[action->client], action, entry->a);
      break;
    }
    case Q_FAULT: fault_begin(world, &world->plan->faults[entry->a]); break;
    case Q_RUDE: rude_begin(world, entry->a, entry->b); break;
    case Q_RELEASE: process_of(world, entry->a)->memory.failing = false; break;
    case Q_AGAIN:
      if (world->clients[entry->a].process.life == entry->b) connect_again(world, entry->a);
      break;
    case Q_HEAL: heal(world); break;
  }
}

/* ---- The run ---- */

static uint64_t bound(const sim *world) {
  uint64_t end = START_MS + world->plan->heal_ms + HEAL_MS + 1 + knob(world, PLAN_LINGER);
  for (size_t i = 0; i < world->plan->client_count; i++) {
    if (world->plan->clients[i].version == 1 && !world->plan->clients[i].out)
      return end + V1_WAITS_MS;
  }
  return end;
}

/* Everything has finished, and has had some time to show that it stays so. */
static bool is_over(sim *world) {
  if (!world->healed || judge_unfinished(world->judge) > 0) return false;
  if (world->finished_at == 0) world->finished_at = world->now;
  return world->now >= world->finished_at + knob(world, PLAN_LINGER);
}

static void play(sim *world) {
  queue_entry entry;
  uint64_t end = bound(world);
  while (!world->stopped && queue_take(&world->queue, &entry)) {
    if (entry.t_ms > world->now && is_over(world)) return;
    if (entry.t_ms > end) {
      world->now = end;
      return;
    }
    world->now = entry.t_ms;
    handle(world, &entry);
    if (++world->steps > STEPS_MOST) sim_fail(world, "the run does not end");
  }
  if (!world->stopped && judge_unfinished(world->judge) > 0) world->now = end; /* all is quiet */
}

static void close_down(sim *world) {
  for (size_t i = 0; i <= world->plan->client_count; i++) {
    sim_process *process =
        i < world->plan->client_count ? &world->clients[i].process : &world->server.process;
    if (process->memory.use_malloc && i < world->plan->client_count) {
      ep_client_free(world->clients[i].core);
      world->clients[i].core = NULL;
    } else if (process->memory.use_malloc) {
      ep_server_free(world->server.core);
      world->server.core = NULL;
    } else {
      arena_reset(&process->memory);
    }
    if (process->memory.live != 0)
      sim_fail(world, "a core was freed and did not give all its memory back");
  }
  for (size_t i = 0; i < world->link_count; i++) link_reset(&world->links[i]);
}

void sim_run(sim *world, const plan *p, const sim_options *options, sim_result *out) {
  set_up(world, p, options);
  play(world);
  memset(out, 0, sizeof *out);
  out->verdict = judge_end(world->judge, world->now);
  out->found = judge_found(world->judge);
  close_down(world);
  out->trouble = world->trouble;
  out->digest = world->digest;
  out->end_ms = world->now;
  out->heal_ms = START_MS + p->heal_ms;
  out->steps = world->steps;
  out->events = world->line;
  out->frames = world->frames;
  out->messages = judge_messages(world->judge);
  out->delivered = world->delivered;
}
