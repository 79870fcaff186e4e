/* Connections: how they are opened, and the ways in which they end. Each side learns of an end by
 * itself: at once, late, or not at all (half-open).
 * Read first: world.h. Then: pipe.c, frames.c. */
#include <stdlib.h>

#include "sim/rude.h"

enum { BUFFER_HEALED = 4096 };

static bool happens(const sim *world, const sim_link *link, chance kind, uint64_t n,
                    plan_knob which) {
  uint64_t number = rng_of(world->plan->seed, link->key, kind, n);
  return !world->healed && rng_part(number, PLAN_CHANCES) < knob(world, which);
}

/* ---- Opening ---- */

void link_reset(sim_link *link) {
  sim_flow kept[2] = {link->flows[0], link->flows[1]};
  memset(link, 0, sizeof *link);
  for (int dir = 0; dir < 2; dir++) {
    link->flows[dir] = (sim_flow){.bytes = kept[dir].bytes, .room = kept[dir].room};
    link->flows[dir].ends = kept[dir].ends;
    link->flows[dir].end_room = kept[dir].end_room;
    link->flows[dir].segments = kept[dir].segments;
    link->flows[dir].segment_room = kept[dir].segment_room;
  }
}

static sim_link *link_new(sim *world) {
  if (world->link_count == world->link_room) {
    sim_fail(world, "there were more connections than the simulator keeps");
    return NULL;
  }
  sim_link *made = &world->links[world->link_count++];
  link_reset(made);
  made->conn = (uint32_t)world->link_count;
  made->client_side = SIDE_OPENING;
  return made;
}

static bool is_apart(const sim *world, const sim_link *link) {
  return link->client >= 0 && world->clients[link->client].process.apart_until > world->now;
}

sim_link *link_open(sim *world, sim_client *client, sim_raw *raw) {
  sim_link *made = link_new(world);
  if (made == NULL) return NULL;
  if (client != NULL) {
    made->client = client->process.index;
    made->key = (uint64_t)client->process.index << 20 | client->link_count++;
    made->lossy = client->plan->lossy;
    made->v1 = client->plan->version == 1;
    made->rude_server = client->plan->rude_server;
  } else {
    made->client = -1;
    made->raw = (uint32_t)(raw - world->raws);
    made->key = (uint64_t)(PLAN_CLIENTS_MOST + made->raw) << 20 | raw->link_count++;
    made->rude_client = true;
  }
  if (is_apart(world, made)) return made; /* no answer ever: its time limit ends the attempt */
  uint64_t latency = knob(world, PLAN_LATENCY);
  bool refused = happens(world, made, CHANCE_REFUSE, 0, PLAN_REFUSE);
  sim_put(world, world->now + latency, refused ? Q_OPENED : Q_REACH, made->conn, 0);
  return made;
}

void link_reach(sim *world, sim_link *link) {
  sim_server *server = &world->server;
  if (server->sealed) { /* it accepts when the store is done */
    sim_put(world, server->commit_at, Q_REACH, link->conn, 0);
    return;
  }
  uint64_t latency = knob(world, PLAN_LATENCY);
  if (server->process.alive && link->client_side == SIDE_OPENING) {
    if (server_accept(server, link)) {
      link->server_side = SIDE_OPEN;
      watch_open(world, link);
      rude_welcome(world, link);
    }
  }
  sim_put(world, world->now + latency, Q_OPENED, link->conn, 0);
}

void link_opened(sim *world, sim_link *link) {
  if (link->client_side != SIDE_OPENING) return;
  bool open = link->server_side != SIDE_NONE;
  link->client_side = open ? SIDE_OPEN : SIDE_CLOSED;
  if (link->client < 0) return;
  sim_client *client = &world->clients[link->client];
  if (open)
    client_opened(client, link);
  else
    client_lost(client, link);
}

/* ---- Writing ---- */

size_t link_room(sim *world, const sim_link *link, trace_dir dir) {
  if (link->lossy) return SIZE_MAX;
  const sim_flow *flow = &link->flows[dir];
  size_t on_way = flow->written - flow->taken, most = knob(world, PLAN_BUFFER);
  if (world->healed && most < BUFFER_HEALED) most = BUFFER_HEALED; /* or `heal` is too short */
  return on_way < most ? most - on_way : 0;
}

void link_write(sim *world, sim_link *link, trace_dir dir, ep_bytes bytes) {
  if (link->lossy)
    frames_write(world, link, dir, bytes);
  else
    pipe_write(world, link, dir, bytes);
}

/* ---- Ending ---- */

static void end_put(sim *world, sim_link *link, trace_dir dir, uint64_t at) {
  sim_flow *flow = &link->flows[dir];
  if (flow->end_sent) return;
  flow->ended = flow->end_sent = true;
  if (link->lossy)
    sim_put(world, at, Q_END, link->conn, dir);
  else
    pipe_end(world, link, dir, at);
}

/* `dir` is the direction in which the closed side wrote: its reader hears of the end. */
static void end_travel(sim *world, sim_link *link, trace_dir dir, ending how) {
  uint64_t number = rng_of(world->plan->seed, link->key, CHANCE_END, 16 + (uint64_t)dir);
  uint64_t at = world->now + knob(world, PLAN_LATENCY);
  sim_flow *flow = &link->flows[dir];
  if (flow->ended) return;
  flow->ended = true;
  if (how == ENDING_ABRUPT && happens(world, link, CHANCE_END, 8 + (uint64_t)dir, PLAN_END_CUT))
    pipe_lose(link, dir, rng_part(number, PLAN_CHANCES + 1));
  if (happens(world, link, CHANCE_END, 2 + (uint64_t)dir, PLAN_END_LATE))
    at += 1 + rng_part(number, 8000);
  if (happens(world, link, CHANCE_END, 4 + (uint64_t)dir, PLAN_END_NEVER)) {
    if (how == ENDING_ABRUPT || link->lossy) return; /* half-open */
  }
  end_put(world, link, dir, at);
}

void link_close(sim *world, sim_link *link, trace_dir by, ending how) {
  bool by_client = by == TRACE_C2S;
  if ((by_client ? link->client_side : link->server_side) == SIDE_CLOSED) return;
  if (by_client)
    link->client_side = SIDE_CLOSED;
  else
    link->server_side = SIDE_CLOSED;
  if (link->server_side == SIDE_NONE) return; /* it never came to be */
  watch_close(world, link, by, how == ENDING_DONE);
  trace_dir reads = by_client ? TRACE_S2C : TRACE_C2S;
  sim_flow *deaf = &link->flows[reads];
  deaf->deaf = true;
  deaf->taken = deaf->arrived;
  if (deaf->blocked) pipe_took(world, link, reads, 0);
  end_travel(world, link, by, how);
}

static void flow_end_now(sim *world, sim_link *link, trace_dir dir, uint32_t share) {
  if (link->flows[dir].end_sent) return;
  if (!link->lossy) pipe_lose(link, dir, share);
  end_put(world, link, dir, world->now + knob(world, PLAN_LATENCY));
}

/* Between both: nothing written from now on arrives in a direction that is cut, told or not. */
void link_cut(sim *world, sim_link *link, plan_cut how, uint32_t share) {
  bool tell_client = how == PLAN_CUT_BOTH || how == PLAN_CUT_CLIENT;
  bool tell_server = how == PLAN_CUT_BOTH || how == PLAN_CUT_SERVER;
  if (tell_client) flow_end_now(world, link, TRACE_S2C, share);
  if (tell_server) flow_end_now(world, link, TRACE_C2S, share);
  if (!tell_client) link->flows[TRACE_S2C].ended = true;
  if (!tell_server) link->flows[TRACE_C2S].ended = true;
}

void link_told(sim *world, sim_link *link, trace_dir dir) {
  sim_flow *flow = &link->flows[dir];
  if (flow->over || flow->deaf) return;
  flow->over = true;
  if (dir == TRACE_C2S) {
    link->hangup_due = true;
    server_pending(&world->server, link);
  } else if (link->client >= 0) {
    client_lost(&world->clients[link->client], link);
  } else {
    link_close(world, link, TRACE_C2S, ENDING_FINE);
  }
}

/* Faults are over. Streams flow again; what was half-open stays so, and the timers `idle` and
 * `auth` find it, but nothing of EP/1 would: there the transport notices now. Who slipped in wrong
 * frames goes, and the connection with it: its client can have been talked into anything. */
void link_heal(sim *world, sim_link *link) {
  if (link->rude_server) link_cut(world, link, PLAN_CUT_BOTH, 0);
  for (int i = 0; i < 2; i++) {
    trace_dir dir = i == 0 ? TRACE_C2S : TRACE_S2C;
    sim_flow *flow = &link->flows[dir];
    pipe_stall(world, link, dir, 0);
    bool waits_for_end = flow->ended && !flow->end_sent && !flow->deaf;
    if (waits_for_end && (link->v1 || link->rude_client))
      end_put(world, link, dir, world->now + knob(world, PLAN_LATENCY));
  }
}
