/* One direction of a stream connection: what is written arrives in order, cut into segments as the
 * seed says, late, or, after a reset, not to its end. The buffer holds what is on its way and what
 * the reader has not taken; when it is full the writer waits.
 * Read first: world.h. Then: link.c. */
#include <stdlib.h>

#include "sim/world.h"

/* ---- Bytes ---- */

static void flow_compact(sim_flow *flow) {
  size_t keep = flow->taken < flow->frame_start ? flow->taken : flow->frame_start;
  size_t gone = keep - flow->start;
  if (gone == 0 || gone < flow->room / 2) return;
  memmove(flow->bytes, flow->bytes + gone, flow->written - keep);
  flow->start = keep;
}

bool flow_add(sim_flow *flow, ep_bytes bytes) {
  if (flow->written - flow->start + bytes.len > flow->room) flow_compact(flow);
  if (flow->written - flow->start + bytes.len > flow->room) {
    size_t room = 2 * flow->room + bytes.len + 2048;
    uint8_t *grown = realloc(flow->bytes, room);
    if (grown == NULL) return false;
    flow->bytes = grown;
    flow->room = room;
  }
  memcpy(flow->bytes + (flow->written - flow->start), bytes.data, bytes.len);
  flow->written += bytes.len;
  return true;
}

bool flow_add_end(sim_flow *flow) {
  if (flow->written_count == flow->end_room) {
    size_t room = 2 * flow->end_room + 64;
    size_t *grown = realloc(flow->ends, room * sizeof *grown);
    if (grown == NULL) return false;
    flow->ends = grown;
    flow->end_room = room;
  }
  flow->ends[flow->written_count++] = flow->written;
  flow->frame_start = flow->written;
  return true;
}

ep_bytes flow_frame(const sim_flow *flow, uint32_t n) {
  size_t from = n == 1 ? 0 : flow->ends[n - 2];
  return (ep_bytes){flow->bytes + (from - flow->start), flow->ends[n - 1] - from};
}

/* ---- Segments ---- */

static segment *segment_add(sim_flow *flow) {
  if (flow->segment_first > 0 && flow->segment_first == flow->segment_count)
    flow->segment_first = flow->segment_count = 0;
  if (flow->segment_count == flow->segment_room) {
    size_t room = 2 * flow->segment_room + 32;
    segment *grown = realloc(flow->segments, room * sizeof *grown);
    if (grown == NULL) return NULL;
    flow->segments = grown;
    flow->segment_room = room;
  }
  segment *added = &flow->segments[flow->segment_count++];
  *added = (segment){.end = flow->written};
  return added;
}

static uint64_t chance_of(const sim *world, const sim_link *link, trace_dir dir, chance kind) {
  const sim_flow *flow = &link->flows[dir];
  return rng_of(world->plan->seed, link->key << 1 | (uint64_t)dir, kind, flow->portion_count);
}

static uint64_t arrival(sim *world, const sim_link *link, trace_dir dir) {
  uint64_t at = world->now + knob(world, PLAN_LATENCY);
  uint32_t jitter = knob(world, PLAN_JITTER), late = knob(world, PLAN_LATE);
  if (jitter > 0) at += rng_part(chance_of(world, link, dir, CHANCE_LATENCY), jitter + 1);
  if (late > 0 && !world->healed) {
    uint64_t number = chance_of(world, link, dir, CHANCE_LATE);
    if ((number & (PLAN_CHANCES - 1)) < late) at += rng_part(number, knob(world, PLAN_LATE_MS) + 1);
  }
  uint64_t last = link->flows[dir].last_at;
  return at > last ? at : last;
}

static void expect(sim *world, sim_link *link, trace_dir dir) {
  sim_flow *flow = &link->flows[dir];
  if (flow->waits || flow->segment_first == flow->segment_count) return;
  uint64_t at = flow->segments[flow->segment_first].at;
  if (at < flow->stalled_until) at = flow->stalled_until;
  flow->waits = true;
  sim_put(world, at > world->now ? at : world->now, Q_ARRIVAL, link->conn, dir);
}

/* What was just written, up to `end`, is on its way: in one piece, or in some. */
static void send_portion(sim *world, sim_link *link, trace_dir dir, size_t from) {
  sim_flow *flow = &link->flows[dir];
  uint32_t most = knob(world, PLAN_SEGMENT);
  while (from < flow->written) {
    size_t len = flow->written - from;
    flow->portion_count++;
    if (most > 0) {
      size_t cut = 1 + rng_part(chance_of(world, link, dir, CHANCE_SEGMENT), most);
      if (cut < len) len = cut;
    }
    from += len;
    segment *added = segment_add(flow);
    if (added == NULL) {
      sim_fail(world, "there is not enough memory");
      return;
    }
    *added = (segment){.end = from, .at = arrival(world, link, dir)};
    flow->last_at = added->at;
  }
  expect(world, link, dir);
}

void pipe_write(sim *world, sim_link *link, trace_dir dir, ep_bytes bytes) {
  sim_flow *flow = &link->flows[dir];
  size_t from = flow->written;
  while (bytes.len > 0) {
    const uint8_t *end = memchr(bytes.data, FRAME_END, bytes.len);
    size_t len = end == NULL ? bytes.len : (size_t)(end - bytes.data) + 1;
    bool fine = flow_add(flow, (ep_bytes){bytes.data, len});
    if (fine && end != NULL) fine = flow_add_end(flow);
    if (!fine) {
      sim_fail(world, "there is not enough memory");
      return;
    }
    if (end != NULL) {
      size_t start = flow->written_count == 1 ? 0 : flow->ends[flow->written_count - 2];
      uint8_t *frame = flow->bytes + (start - flow->start);
      canary_spoil(world, dir, frame, flow->written - start);
      watch_written(world, link, dir, flow->written_count,
                    (ep_bytes){frame, flow->written - start});
    }
    bytes = (ep_bytes){bytes.data + len, bytes.len - len};
  }
  if (!flow->ended) send_portion(world, link, dir, from);
}

/* ---- Arriving ---- */

void pipe_took(sim *world, sim_link *link, trace_dir dir, size_t len) {
  sim_flow *flow = &link->flows[dir];
  flow->taken += len;
  while (flow->taken_count < flow->written_count && flow->ends[flow->taken_count] <= flow->taken)
    watch_arrived(world, link, dir, ++flow->taken_count, (ep_bytes){NULL, 0});
  if (flow->blocked && len > 0) {
    flow->blocked = false;
    if (dir == TRACE_S2C)
      server_pending(&world->server, link);
    else if (link->client >= 0)
      process_wake(&world->clients[link->client].process, world->now);
  }
}

static void hand_over(sim *world, sim_link *link, trace_dir dir) {
  sim_flow *flow = &link->flows[dir];
  if (flow->deaf) { /* nobody reads: dropped, without having arrived */
    flow->taken = flow->arrived;
    return;
  }
  if (dir == TRACE_C2S) {
    server_pending(&world->server, link);
  } else if (link->client >= 0) {
    client_received(&world->clients[link->client], link, pipe_ready(flow));
  } else {
    pipe_took(world, link, dir, flow->arrived - flow->taken);
  }
}

void pipe_arrive(sim *world, sim_link *link, trace_dir dir) {
  sim_flow *flow = &link->flows[dir];
  bool last = false;
  flow->waits = false;
  if (world->now >= flow->stalled_until) {
    while (flow->segment_first < flow->segment_count && !last &&
           flow->segments[flow->segment_first].at <= world->now) {
      const segment *next = &flow->segments[flow->segment_first++];
      flow->arrived = next->end;
      last = next->last;
    }
    if (flow->arrived > flow->taken) hand_over(world, link, dir);
    if (last) link_told(world, link, dir);
  }
  if (!last) expect(world, link, dir);
}

/* ---- Ends ---- */

void pipe_end(sim *world, sim_link *link, trace_dir dir, uint64_t at) {
  sim_flow *flow = &link->flows[dir];
  segment *added = segment_add(flow);
  if (added == NULL) {
    sim_fail(world, "there is not enough memory");
    return;
  }
  if (at < flow->last_at) at = flow->last_at;
  size_t end = flow->segment_count > flow->segment_first + 1
                   ? flow->segments[flow->segment_count - 2].end
                   : flow->arrived;
  *added = (segment){.end = end, .at = at, .last = true};
  flow->last_at = at;
  expect(world, link, dir);
}

/* A reset: of what is in flight, `share` of PLAN_CHANCES is lost, from the end. */
void pipe_lose(sim_link *link, trace_dir dir, uint32_t share) {
  sim_flow *flow = &link->flows[dir];
  size_t in_flight = flow->written - flow->arrived;
  size_t end = flow->written - in_flight * share / PLAN_CHANCES;
  while (flow->segment_first < flow->segment_count) {
    segment *newest = &flow->segments[flow->segment_count - 1];
    size_t from = flow->segment_count - 1 > flow->segment_first ? newest[-1].end : flow->arrived;
    if (newest->end > end) newest->end = end;
    if (from < end) break;
    flow->segment_count--;
  }
}

/* Until 0: it flows again. */
void pipe_stall(sim *world, sim_link *link, trace_dir dir, uint64_t until) {
  sim_flow *flow = &link->flows[dir];
  if (until > flow->stalled_until) flow->stalled_until = until;
  if (until > 0 || flow->stalled_until == 0) return;
  flow->stalled_until = 0;
  flow->waits = false; /* the arrival that is in the queue finds nothing to do */
  expect(world, link, dir);
}
