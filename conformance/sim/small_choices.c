/* epigeon-sim --small: what can happen next: everything (small_choices), or what a fair world does
 * (small_fair). Read first: small_world.h. */
#include <stdio.h>
#include <string.h>

#include "machine/client_internal.h"
#include "sim/small_memory.h"
#include "sim/small_world.h"

static bool must_keep(unsigned client) {
  return small_scene_now->stores && small_scene_now->slow &&
         ep_client_waits_for_store(small.clients[client].core);
}

bool small_is_showing(unsigned client) { return small.clients[client].core->current != NULL; }

bool small_may_look(unsigned client) {
  return small_is_showing(client) || small.clients[client].core->first != NULL;
}

static bool may_end(const small_link *link, small_dir dir) {
  const small_lane *lane = &link->lanes[dir];
  bool there = dir == SMALL_UP ? link->at_server : link->at_client;
  return link->used && there && lane->ended && (lane->cut || lane->count == 0);
}

static bool may_deliver(const small_link *link, small_dir dir) {
  bool there = dir == SMALL_UP ? link->at_server : link->at_client;
  return link->used && there && link->lanes[dir].count > 0;
}

static uint64_t deadline_of(unsigned region) {
  return region == SMALL_SERVER ? ep_server_deadline(small.server)
                                : ep_client_deadline(small.clients[region - SMALL_CLIENT].core);
}

/* Who is next when time passes; SMALL_REGIONS: nobody waits for anything. */
static uint64_t next_deadline(void) {
  uint64_t first = UINT64_MAX;
  for (unsigned i = 0; i < SMALL_REGIONS; i++)
    if (deadline_of(i) < first) first = deadline_of(i);
  return first;
}

static void add(small_step *out, size_t *count, small_kind kind, unsigned of, unsigned dir) {
  if (*count < SMALL_CHOICES)
    out[(*count)++] = (small_step){(uint8_t)kind, (uint8_t)of, (uint8_t)dir};
}

static void add_frames(small_step *out, size_t *count) {
  for (unsigned i = 0; i < SMALL_LINKS; i++) {
    const small_link *link = &small.links[i];
    for (unsigned dir = 0; dir < 2; dir++) {
      if (may_deliver(link, (small_dir)dir)) {
        add(out, count, SMALL_DELIVER, i, dir);
        if (small.budget.losses > 0) add(out, count, SMALL_LOSE, i, dir);
        if (small.budget.doubles > 0) add(out, count, SMALL_DOUBLE, i, dir);
        if (small.budget.delays > 0) add(out, count, SMALL_DELAY, i, dir);
      }
      if (may_end(link, (small_dir)dir)) add(out, count, SMALL_END, i, dir);
    }
    if (link->at_client && link->at_server && link->accepted && !link->lanes[0].cut &&
        small.budget.cuts > 0)
      add(out, count, SMALL_CUT, i, 0);
  }
  for (unsigned i = 0; i < SMALL_STRAYS; i++)
    if (small.strays[i].used) {
      const small_link *link = &small.links[small.strays[i].link];
      if (small.strays[i].dir == SMALL_UP ? link->at_server : link->at_client)
        add(out, count, SMALL_STRAY, i, 0);
    }
}

size_t small_choices(small_step out[SMALL_CHOICES]) {
  size_t count = 0;
  add_frames(out, &count);
  if (small.turn_due && small_scene_now->turns) add(out, &count, SMALL_TURN, 0, 0);
  for (unsigned i = 0; i < SMALL_CLIENTS; i++) {
    if (must_keep(i)) add(out, &count, SMALL_KEEP, i, 0);
    if (small_scene_now->slow && small_may_look(i)) add(out, &count, SMALL_LOOK, i, 0);
    if (small_next_message(i) != NULL) add(out, &count, SMALL_GIVE, i, 0);
    if (!small.clients[i].joined) add(out, &count, SMALL_JOIN, i, 0);
    if (small.budget.client_kills > 0) add(out, &count, SMALL_KILL, SMALL_CLIENT + i, 0);
  }
  if (small.budget.server_kills > 0) add(out, &count, SMALL_KILL, SMALL_SERVER, 0);
  uint64_t due = next_deadline();
  for (unsigned i = 0; i < SMALL_REGIONS && small.budget.ticks > 0 && due != UINT64_MAX; i++)
    if (deadline_of(i) == due) add(out, &count, SMALL_TICK, i, 0);
  return count;
}

static bool choose(small_step *out, small_kind kind, unsigned of, unsigned dir) {
  *out = (small_step){(uint8_t)kind, (uint8_t)of, (uint8_t)dir};
  return true;
}

static bool fair_frame(small_step *out) {
  for (unsigned i = 0; i < SMALL_STRAYS; i++) {
    if (!small.strays[i].used) continue;
    const small_link *link = &small.links[small.strays[i].link];
    if (small.strays[i].dir == SMALL_UP ? link->at_server : link->at_client)
      return choose(out, SMALL_STRAY, i, 0);
  }
  for (unsigned i = 0; i < SMALL_LINKS; i++)
    for (unsigned dir = 0; dir < 2; dir++) {
      if (may_deliver(&small.links[i], (small_dir)dir)) return choose(out, SMALL_DELIVER, i, dir);
      if (may_end(&small.links[i], (small_dir)dir)) return choose(out, SMALL_END, i, dir);
    }
  return false;
}

/* The order is fixed, and all but ticks come to an end by themselves: so everybody gets a turn. */
bool small_fair(small_step *out) {
  if (small.turn_due && small_scene_now->turns) return choose(out, SMALL_TURN, 0, 0);
  for (unsigned i = 0; i < SMALL_CLIENTS; i++) {
    if (must_keep(i)) return choose(out, SMALL_KEEP, i, 0);
    if (small_scene_now->slow && small_may_look(i)) return choose(out, SMALL_LOOK, i, 0);
  }
  if (fair_frame(out)) return true;
  for (unsigned i = 0; i < SMALL_CLIENTS; i++) {
    if (small_next_message(i) != NULL) return choose(out, SMALL_GIVE, i, 0);
    if (!small.clients[i].joined) return choose(out, SMALL_JOIN, i, 0);
  }
  uint64_t due = next_deadline();
  for (unsigned i = 0; i < SMALL_REGIONS && due != UINT64_MAX; i++)
    if (deadline_of(i) == due) return choose(out, SMALL_TICK, i, 0);
  return false;
}

bool small_finished(void) {
  for (unsigned i = 0; i < SMALL_CLIENTS; i++) {
    const small_client *client = &small.clients[i];
    if (!small_app_done(i)) return false;
    if (ep_client_unconfirmed(client->core) != 0 || !ep_client_authenticated(client->core))
      return false;
    if (must_keep(i) || small_may_look(i)) return false;
  }
  for (unsigned i = 0; i < SMALL_LINKS; i++) {
    const small_link *link = &small.links[i];
    if (link->lanes[0].count + link->lanes[1].count > 0) return false;
    if (link->lanes[0].ended || link->lanes[1].ended) return false;
  }
  return !small.turn_due;
}

unsigned small_touches(small_step step) {
  const unsigned server = 1u << SMALL_SERVER;
  switch (step.kind) {
    case SMALL_DELIVER:
    case SMALL_DOUBLE:
    case SMALL_END:
      return step.dir == SMALL_UP ? server : 1u << (SMALL_CLIENT + small.links[step.of].client);
    case SMALL_STRAY: {
      const small_stray *stray = &small.strays[step.of];
      return stray->dir == SMALL_UP ? server
                                    : 1u << (SMALL_CLIENT + small.links[stray->link].client);
    }
    case SMALL_GIVE:
    case SMALL_JOIN:
    case SMALL_LOOK:
    case SMALL_KEEP: return 1u << (SMALL_CLIENT + step.of);
    case SMALL_TURN: return server;
    case SMALL_TICK:
    case SMALL_KILL: return 1u << step.of;
    default: return 0;
  }
}

/* ---- In words ---- */

static const char *place_of(unsigned region) {
  return region == SMALL_SERVER ? "the server" : small_client_name(region - SMALL_CLIENT);
}

void small_describe(char *out, size_t out_len, small_step step) {
  static const char *const verbs[SMALL_KINDS] = {
      "arrives",    "closed",     "is given a message", "joins",        "the server's store keeps",
      "keeps",      "looks",      "time passes for",    "late arrival", "is lost",
      "is doubled", "is delayed", "connection is cut",  "is killed"};
  const char *verb = verbs[step.kind];
  if (step.kind == SMALL_STRAY || step.kind == SMALL_TURN) {
    snprintf(out, out_len, "%s", verb);
  } else if (step.kind == SMALL_GIVE || step.kind == SMALL_JOIN || step.kind == SMALL_KEEP ||
             step.kind == SMALL_LOOK) {
    snprintf(out, out_len, "%s %s", small_client_name(step.of), verb);
  } else if (step.kind == SMALL_TICK || step.kind == SMALL_KILL) {
    snprintf(out, out_len, "%s %s", place_of(step.of), verb);
  } else {
    const small_link *link = &small.links[step.of];
    const char *client = small_client_name(link->client);
    bool frame =
        step.kind != SMALL_END && step.kind != SMALL_CUT && link->lanes[step.dir].count > 0;
    ep_bytes text = frame ? small_text(link->lanes[step.dir].frames[0]) : (ep_bytes){NULL, 0};
    snprintf(out, out_len, "%s%s%s %s: %.*s", step.dir == SMALL_UP ? client : "server",
             step.dir == SMALL_UP ? " > " : " > ", step.dir == SMALL_UP ? "server" : client, verb,
             (int)(text.len > 0 ? text.len - 1 : 0), (const char *)text.data);
  }
}
