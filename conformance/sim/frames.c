/* One direction of a lossy connection: whole frames, each of which arrives once, never, twice, much
 * later again, out of order, or damaged, as the seed says about it. A frame arrives on the
 * connection on which it was written, or not at all (EP-SYS-1).
 * Read first: world.h. */
#include <stdlib.h>

#include "sim/world.h"

/* What a Q_FRAME entry says: direction, damaged, number. */
enum { FRAME_DAMAGED = 2, FRAME_SHIFT = 2 };

static void copy_put(sim *world, const sim_link *link, trace_dir dir, uint32_t n, uint64_t after) {
  uint64_t key = link->key << 1 | (uint64_t)dir;
  uint64_t number =
      rng_of(world->plan->seed, key, CHANCE_DAMAGE, (uint64_t)n << 16 | after % 65536);
  uint64_t what = (uint64_t)n << FRAME_SHIFT | (uint64_t)dir;
  if (!world->healed && rng_part(number, PLAN_CHANCES) < knob(world, PLAN_DAMAGE))
    what |= FRAME_DAMAGED;
  sim_put(world, world->now + after, Q_FRAME, link->conn, what);
}

void frames_write(sim *world, sim_link *link, trace_dir dir, ep_bytes frame) {
  sim_flow *flow = &link->flows[dir];
  if (!flow_add(flow, frame) || !flow_add_end(flow)) {
    sim_fail(world, "there is not enough memory");
    return;
  }
  uint32_t n = flow->written_count;
  canary_spoil(world, dir, flow->bytes + flow->written - frame.len, frame.len);
  frame = flow_frame(flow, n);
  watch_written(world, link, dir, n, frame);
  if (flow->ended) return;
  uint64_t number = rng_of(world->plan->seed, link->key << 1 | (uint64_t)dir, CHANCE_FRAME, n);
  rng dice = {number};
  uint32_t latency = knob(world, PLAN_LATENCY), jitter = knob(world, PLAN_JITTER);
  uint64_t after = latency + rng_below(&dice, jitter + 1);
  if (world->healed) {
    copy_put(world, link, dir, n, after);
    return;
  }
  if (rng_is(&dice, knob(world, PLAN_LATE), PLAN_CHANCES))
    after += rng_below(&dice, knob(world, PLAN_LATE_MS) + 1);
  if (!rng_is(&dice, knob(world, PLAN_LOSE), PLAN_CHANCES)) copy_put(world, link, dir, n, after);
  if (rng_is(&dice, knob(world, PLAN_DOUBLE), PLAN_CHANCES))
    copy_put(world, link, dir, n, after + 1 + rng_below(&dice, jitter + 20));
  if (!rng_is(&dice, knob(world, PLAN_REPLAY), PLAN_CHANCES)) return;
  after += 500 + rng_below(&dice, 5000);
  bool in_time = world->now + after < START_MS + world->plan->heal_ms; /* it is a fault, too */
  if (in_time) copy_put(world, link, dir, n, after);
}

/* The end byte stays: without it the next frame would be damaged, too. */
static ep_bytes damaged(sim *world, ep_bytes frame) {
  if (frame.len > world->work_room) {
    uint8_t *grown = realloc(world->work, frame.len * 2);
    if (grown == NULL) return frame;
    world->work = grown;
    world->work_room = frame.len * 2;
  }
  memcpy(world->work, frame.data, frame.len);
  world->work[(frame.len - 1) / 2] = 0x01; /* stands nowhere in JSON */
  return (ep_bytes){world->work, frame.len};
}

void frames_arrive(sim *world, sim_link *link, uint64_t what) {
  trace_dir dir = (trace_dir)(what & 1);
  uint32_t n = (uint32_t)(what >> FRAME_SHIFT);
  sim_flow *flow = &link->flows[dir];
  if (flow->deaf || flow->over) return;
  if (world->now < flow->stalled_until) { /* a lossy network loses what it cannot pass on */
    if (!world->healed) return;
  }
  ep_bytes frame = flow_frame(flow, n), wrong = {NULL, 0};
  if ((what & FRAME_DAMAGED) != 0 && frame.len > 1) frame = wrong = damaged(world, frame);
  if (dir == TRACE_C2S) {
    if (world->server.sealed) { /* the program reads it when the store is done */
      sim_put(world, world->server.commit_at, Q_FRAME, link->conn, what);
    } else if (server_takes_frame(&world->server, link, frame)) {
      watch_arrived(world, link, dir, n, wrong);
    }
    return;
  }
  watch_arrived(world, link, dir, n, wrong);
  if (link->client >= 0) client_received(&world->clients[link->client], link, frame);
}
