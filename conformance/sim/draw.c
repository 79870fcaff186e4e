/* From a seed to a plan. Each seed draws its own mix: which kinds of trouble there are at all, how
 * often, who takes part, what they do. What is drawn for one part (clients, faults, …) comes from
 * numbers of its own.
 * Read first: plan.h. */
#include "sim/catalogue.h"
#include "sim/plan.h"
#include "sim/rng.h"

enum {
  PART_KNOBS = 1,
  PART_LIMITS,
  PART_CLIENTS,
  PART_ACTIONS,
  PART_FAULTS,
  PART_RUDES,
  PART_OLD = 8, /* the plans of the kept seeds have none */
  ROOMS = 3,
  LATES = 3
};

static rng part_of(uint64_t seed, uint64_t part) { return (rng){rng_of(seed, part, 0, 0)}; }

static void set(plan *p, plan_knob knob, uint32_t value) { p->knobs[knob].value = value; }

/* Now and then, something of it. */
static void perhaps(plan *p, rng *dice, uint32_t chance, plan_knob knob, uint32_t least,
                    uint32_t most) {
  bool on = rng_is(dice, chance, 100);
  uint32_t value = rng_between(dice, least, most);
  if (on) set(p, knob, value);
}

/* ---- The network and the programs ---- */

static void draw_knobs(plan *p, plan_layer layer) {
  rng dice = part_of(p->seed, PART_KNOBS);
  set(p, PLAN_LATENCY, rng_is(&dice, 20, 100) ? 0 : rng_between(&dice, 1, 80));
  perhaps(p, &dice, 60, PLAN_JITTER, 1, 100);
  perhaps(p, &dice, 40, PLAN_SEGMENT, 16, 1500);
  perhaps(p, &dice, 10, PLAN_SLIVER, 1, 40);
  perhaps(p, &dice, 40, PLAN_LATE, 5, 200);
  perhaps(p, &dice, 60, PLAN_LATE_MS, 10, 3000);
  perhaps(p, &dice, 25, PLAN_BUFFER, 100, 3000);
  perhaps(p, &dice, 30, PLAN_REFUSE, 50, 600);
  perhaps(p, &dice, 50, PLAN_END_CUT, 100, 1000);
  perhaps(p, &dice, 30, PLAN_END_LATE, 50, 700);
  perhaps(p, &dice, 30, PLAN_END_NEVER, 50, 500);
  perhaps(p, &dice, 50, PLAN_TURN_MS, 1, 20);
  perhaps(p, &dice, 50, PLAN_COMMIT_MS, 1, 60);
  perhaps(p, &dice, 20, PLAN_VOLATILE, 1, 1);
  perhaps(p, &dice, 30, PLAN_PAYLOAD, 100, 2500);
  perhaps(p, &dice, 10, PLAN_LINGER, 3000, 40000);
  if ((layer & PLAN_LAYER_FRAME) == 0) return;
  perhaps(p, &dice, 70, PLAN_LOSE, 10, 500);
  perhaps(p, &dice, 50, PLAN_DOUBLE, 10, 300);
  perhaps(p, &dice, 30, PLAN_REPLAY, 5, 100);
  perhaps(p, &dice, 20, PLAN_DAMAGE, 2, 40);
}

static void draw_limits(plan *p) {
  rng dice = part_of(p->seed, PART_LIMITS);
  if (rng_is(&dice, 40, 100)) return; /* all as by default */
  perhaps(p, &dice, 30, PLAN_LIMIT_WINDOW, 1, 10);
  perhaps(p, &dice, 20, PLAN_LIMIT_HELD, 1, 6);
  perhaps(p, &dice, 25, PLAN_LIMIT_MAILBOX, 2, 20);
  perhaps(p, &dice, 10, PLAN_LIMIT_MAILBOX_BYTES, 600, 6000);
  perhaps(p, &dice, 20, PLAN_LIMIT_PARKED, 1, 6);
  perhaps(p, &dice, 10, PLAN_LIMIT_PARKED_BYTES, 400, 3000);
  perhaps(p, &dice, 60, PLAN_MAILBOX_WAIT, 500, 5000);
  perhaps(p, &dice, 10, PLAN_LIMIT_SESSION, 20, 200);
  bool v1 = false;
  for (size_t i = 0; i < p->client_count; i++) v1 = v1 || p->clients[i].version == 1;
  uint32_t fits = 600 + 2 * p->knobs[PLAN_PAYLOAD].value; /* EP/1 cannot say that it does not */
  perhaps(p, &dice, 15, PLAN_LIMIT_FRAME, v1 ? fits : 400, v1 ? 2 * fits : 2000);
  perhaps(p, &dice, 10, PLAN_LIMIT_CONNECTIONS, (uint32_t)p->client_count + 1,
          (uint32_t)p->client_count + 4);
}

/* ---- Who takes part ---- */

static void draw_client(plan_client *client, rng *dice, bool lossy, bool v1) {
  client->version = v1 && !lossy ? 1 : 2;
  client->lossy = lossy;
  client->durable = rng_is(dice, 50, 100);
  client->secret = rng_is(dice, 20, 100);
  client->presence = (uint8_t)rng_below(dice, 3);
  bool small_window = rng_is(dice, 20, 100), small_outbox = rng_is(dice, 10, 100);
  client->window = small_window ? rng_between(dice, 1, 6) : 0;
  client->outbox = small_outbox ? rng_between(dice, 1, 8) : 0;
  client->turn_ms = rng_is(dice, 20, 100) ? rng_between(dice, 1, 1500) : 0;
  client->start_ms = rng_is(dice, 25, 100) ? rng_below(dice, 8000) : rng_below(dice, 50);
  client->rude_server = false;
}

static void draw_clients(plan *p, const plan_size *size) {
  rng dice = part_of(p->seed, PART_CLIENTS);
  uint32_t count = rng_between(&dice, 2, 6);
  if (size->clients != 0) count = size->clients;
  if (count > PLAN_CLIENTS_MOST) count = PLAN_CLIENTS_MOST;
  uint32_t v1_share = rng_is(&dice, 50, 100) ? rng_between(&dice, 10, 100) : 0;
  uint32_t lossy_share = rng_is(&dice, 60, 100) ? 100 : rng_between(&dice, 10, 90);
  bool lossy_run = size->layer == PLAN_LAYER_FRAME || rng_is(&dice, 50, 100);
  if ((size->layer & PLAN_LAYER_FRAME) == 0) lossy_run = false;
  if (size->layer == PLAN_LAYER_FRAME) lossy_share = 100;
  bool any_v1 = false;
  p->client_count = count;
  for (uint32_t i = 0; i < count; i++) {
    rng own = {rng_of(p->seed, PART_CLIENTS, 1, i)};
    bool lossy = rng_is(&own, lossy_share, 100) && lossy_run;
    bool v1 = rng_is(&own, v1_share, 100);
    p->clients[i] = (plan_client){0};
    draw_client(&p->clients[i], &own, lossy, v1);
    any_v1 = any_v1 || p->clients[i].version == 1;
  }
  if (!any_v1 && rng_is(&dice, 15, 100)) set(p, PLAN_TOKEN, 1); /* EP/1 has none to show */
}

/* ---- What they do ---- */

static plan_action *act(plan *p, uint32_t t_ms, uint32_t client, plan_do kind) {
  plan_action *action = plan_add_action(p);
  if (action == NULL) return NULL;
  action->t_ms = t_ms;
  action->client = (uint8_t)client;
  action->kind = (uint8_t)kind;
  return action;
}

/* How often each kind of address is taken, in a hundred. */
typedef struct mix {
  uint32_t direct, room, all, late, nobody, receipt, size_most;
} mix;

static bool draw_message(plan *p, rng *dice, const mix *of, uint32_t t_ms, uint32_t client) {
  uint32_t which = rng_below(dice, of->direct + of->room + of->all + of->late + of->nobody);
  uint32_t peer = rng_below(dice, (uint32_t)p->client_count);
  uint32_t room = rng_between(dice, 1, ROOMS), late = rng_between(dice, 1, LATES);
  uint32_t size = rng_below(dice, of->size_most + 1);
  bool receipt = rng_is(dice, of->receipt, 100);
  bool pair = rng_is(dice, 25, 100), is_text = rng_is(dice, 20, 100);
  plan_do kind = PLAN_SEND_LATE;
  uint32_t a = late;
  if (is_text) room |= PLAN_TEXT;
  if (which < of->direct) {
    kind = PLAN_SEND;
    a = peer;
  } else if ((which -= of->direct) < of->room) {
    kind = pair ? PLAN_SEND_PAIR : PLAN_SEND_ROOM;
    a = pair ? room | late << 16 : room;
  } else if ((which -= of->room) < of->all) {
    kind = PLAN_SEND_ALL;
    a = 0;
  } else if (which - of->all < of->nobody) {
    kind = PLAN_SEND;
    a = PLAN_NOBODY;
  }
  plan_action *action = act(p, t_ms, client, kind);
  if (action == NULL) return false;
  action->a = a;
  action->b = size | (receipt ? UINT32_C(1) << 31 : 0);
  return true;
}

static bool draw_session(plan *p, rng *dice, uint32_t t_ms, uint32_t client) {
  plan_action *action = act(p, t_ms, client, PLAN_SESSION);
  if (action == NULL) return false;
  action->a = rng_between(dice, 1, ROOMS);
  if (rng_is(dice, 15, 100)) action->a |= PLAN_TEXT;
  bool late = rng_is(dice, 30, 100);
  uint32_t which = rng_between(dice, 1, LATES);
  action->b = late ? which : 0;
  return true;
}

/* Away for a while. */
static bool draw_absence(plan *p, rng *dice, uint32_t t_ms, uint32_t client) {
  uint32_t away = rng_between(dice, 1, 6000);
  return act(p, t_ms, client, PLAN_DISCONNECT) != NULL &&
         act(p, t_ms + away, client, PLAN_CONNECT) != NULL;
}

static bool draw_other(plan *p, rng *dice, uint32_t t_ms, uint32_t client) {
  uint32_t which = rng_below(dice, 10), a = rng_below(dice, ROOMS + 1);
  if (which < 4) return draw_session(p, dice, t_ms, client);
  if (which < 6) return draw_absence(p, dice, t_ms, client);
  plan_do kind = which < 8 ? PLAN_LIST : which < 9 ? PLAN_PING : PLAN_SEND_WRONG;
  plan_action *action = act(p, t_ms, client, kind);
  if (action == NULL) return false;
  action->a = kind == PLAN_SEND_WRONG ? rng_below(dice, 8) : a;
  return true;
}

static mix draw_mix(plan *p, rng *dice) {
  mix made = {.size_most = p->knobs[PLAN_PAYLOAD].value};
  made.direct = rng_between(dice, 1, 60);
  made.room = rng_is(dice, 70, 100) ? rng_between(dice, 5, 60) : 0;
  made.all = rng_is(dice, 40, 100) ? rng_between(dice, 5, 40) : 0;
  made.late = rng_is(dice, 50, 100) ? rng_between(dice, 3, 30) : 0;
  made.nobody = rng_is(dice, 30, 100) ? rng_between(dice, 1, 10) : 0;
  made.receipt = rng_is(dice, 50, 100) ? rng_between(dice, 5, 100) : 0;
  return made;
}

static bool draw_actions(plan *p, const plan_size *size, uint32_t span_ms) {
  rng dice = part_of(p->seed, PART_ACTIONS);
  uint32_t clients = (uint32_t)p->client_count;
  uint32_t count = rng_between(&dice, 10, 60);
  if (size->messages != 0) count = size->messages;
  mix shares = draw_mix(p, &dice);
  uint32_t others = rng_is(&dice, 80, 100) ? rng_between(&dice, 1, 40) : 0;
  bool bursts = rng_is(&dice, 40, 100);
  uint32_t t_ms = 0;
  for (uint32_t i = 0; i < clients; i++) {
    if (rng_is(&dice, 85, 100) && !draw_session(p, &dice, p->clients[i].start_ms, i)) return false;
  }
  for (uint32_t i = 0; i < count; i++) {
    bool again = bursts && i > 0 && rng_is(&dice, 70, 100); /* at the same moment */
    uint32_t next = 20 + rng_below(&dice, span_ms), client = rng_below(&dice, clients);
    if (!again) t_ms = next;
    if (!draw_message(p, &dice, &shares, t_ms, client)) return false;
    uint32_t other_ms = 20 + rng_below(&dice, span_ms), who = rng_below(&dice, clients);
    if (rng_is(&dice, others, 100) && !draw_other(p, &dice, other_ms, who)) return false;
  }
  return true;
}

/* ---- What goes wrong ---- */

static void draw_death(plan_fault *fault, rng *dice, bool may_lose) {
  fault->a = rng_is(dice, 60, 100) ? rng_between(dice, 1, 500) : rng_between(dice, 1, 8000);
  fault->calls = rng_is(dice, 70, 100) ? rng_between(dice, 1, 60) : 0;
  fault->b = rng_is(dice, 50, 100) ? PLAN_DEATH_STORED : 0;
  if (rng_is(dice, 20, 100) && may_lose) fault->b |= PLAN_DEATH_LOST;
}

static void draw_trouble(plan_fault *fault, rng *dice, plan_trouble kind, bool may_lose) {
  fault->kind = (uint8_t)kind;
  switch (kind) {
    case PLAN_KILL: draw_death(fault, dice, may_lose); break;
    case PLAN_STOP: fault->a = rng_between(dice, 1, 4000); break;
    case PLAN_CUT:
      fault->a = rng_below(dice, PLAN_CUT_COUNT);
      fault->b = rng_is(dice, 50, 100) ? rng_below(dice, PLAN_CHANCES + 1) : 0;
      break;
    case PLAN_STALL:
      fault->a = rng_between(dice, 1, 3);
      fault->b = rng_between(dice, 10, 9000);
      break;
    case PLAN_PARTITION: fault->a = rng_between(dice, 50, 9000); break;
    case PLAN_STORE: fault->a = rng_is(dice, 60, 100) ? 0 : rng_between(dice, 10, 3000); break;
    case PLAN_CLOCK:
      fault->a = rng_is(dice, 50, 100) ? rng_between(dice, 1, 2000) : rng_between(dice, 1, 70000);
      break;
    case PLAN_MEMORY:
      fault->a = rng_is(dice, 70, 100) ? rng_between(dice, 1, 40) : 0;
      fault->b = fault->a == 0 ? rng_between(dice, 1, 1000) : 0;
      break;
    case PLAN_TROUBLE_COUNT: break;
  }
}

static bool draw_faults(plan *p, uint32_t span_ms) {
  rng dice = part_of(p->seed, PART_FAULTS);
  uint32_t kinds[PLAN_TROUBLE_COUNT] = {0};
  if (rng_is(&dice, 10, 100)) return true; /* the network alone */
  for (uint32_t kind = 0; kind < PLAN_TROUBLE_COUNT; kind++)
    kinds[kind] = rng_is(&dice, kind == PLAN_MEMORY || kind == PLAN_CLOCK ? 20 : 35, 100);
  bool may_lose = rng_is(&dice, 30, 100);
  uint32_t count = rng_between(&dice, 1, 16), server_share = rng_between(&dice, 0, 60);
  for (uint32_t i = 0; i < count; i++) {
    rng own = {rng_of(p->seed, PART_FAULTS, 1, i)};
    uint32_t kind = rng_below(&own, PLAN_TROUBLE_COUNT);
    if (kinds[kind] == 0) continue;
    plan_fault *fault = plan_add_fault(p);
    if (fault == NULL) return false;
    fault->t_ms = rng_below(&own, span_ms);
    bool server = rng_is(&own, server_share, 100) || kind == PLAN_STOP;
    uint32_t client = rng_below(&own, (uint32_t)p->client_count);
    fault->target = (uint8_t)(server ? PLAN_SERVER : client);
    draw_trouble(fault, &own, (plan_trouble)kind, may_lose);
  }
  return true;
}

/* An EP/2 client's state is brought back from an old copy. Drawn apart: plans without it stay as
 * they were. */
static bool draw_old_copies(plan *p, uint32_t span_ms) {
  rng dice = part_of(p->seed, PART_OLD);
  if (!rng_is(&dice, 6, 100)) return true;
  uint32_t count = rng_between(&dice, 1, 3);
  for (uint32_t i = 0; i < count; i++) {
    uint32_t target = rng_below(&dice, (uint32_t)p->client_count);
    uint32_t t_ms = rng_below(&dice, span_ms), away = rng_between(&dice, 1, 3000);
    uint32_t calls = rng_below(&dice, 60), commits = rng_between(&dice, 1, 6);
    if (!p->clients[target].durable || p->clients[target].version == 1) continue;
    plan_fault *fault = plan_add_fault(p);
    if (fault == NULL) return false;
    fault->t_ms = t_ms;
    fault->target = (uint8_t)target;
    fault->kind = PLAN_KILL;
    fault->a = away;
    fault->b = PLAN_DEATH_OLD | commits << PLAN_DEATH_COMMITS;
    fault->calls = calls;
  }
  return true;
}

/* ---- Who breaks the rules ---- */

static bool draw_rude(plan *p, uint32_t t_ms, uint8_t actor, bool towards, uint32_t what,
                      uint32_t a) {
  plan_rude *rude = plan_add_rude(p);
  if (rude == NULL) return false;
  *rude = (plan_rude){.t_ms = t_ms, .actor = actor, .towards = towards, .a = a};
  rude->what = (uint16_t)what;
  return true;
}

/* Opens, says who it is (mostly), and goes on from there. */
static bool draw_raw(plan *p, rng *dice, uint8_t actor, uint32_t span_ms) {
  uint32_t t_ms = rng_below(dice, span_ms), count = rng_between(dice, 1, 25);
  uint32_t joins = rng_below(dice, 100), a = (uint32_t)(rng_next(dice) & 0xffff);
  if (!draw_rude(p, t_ms, actor, false, RUDE_OPEN, a)) return false;
  for (uint32_t i = 0; i < count; i++) {
    uint32_t what = rng_below(dice, (uint32_t)rude_line_count), other = rng_below(dice, 60);
    uint32_t join = rng_below(dice, (uint32_t)rude_join_count);
    t_ms += rng_below(dice, 200);
    a = rng_below(dice, 12);
    if (i == 0 && joins < 85) what = join;
    if (i > 0 && other == 0) what = RUDE_OPEN;
    if (i > 0 && other == 1) what = RUDE_CLOSE;
    if (i > 0 && other == 2) what = RUDE_DROP;
    if (!draw_rude(p, t_ms, actor, false, what, a)) return false;
  }
  return true;
}

static bool draw_rudes(plan *p, uint32_t span_ms) {
  rng dice = part_of(p->seed, PART_RUDES);
  uint32_t raws = rng_is(&dice, 30, 100) ? rng_between(&dice, 1, 3) : 0;
  uint32_t slips = rng_is(&dice, 25, 100) ? rng_between(&dice, 1, 12) : 0;
  bool few_clients = rng_is(&dice, 20, 100);
  if (raws > 0 && few_clients) set(p, PLAN_LIMIT_CLIENTS, (uint32_t)p->client_count + 1);
  for (uint32_t i = 0; i < raws; i++) {
    rng own = {rng_of(p->seed, PART_RUDES, 1, i)};
    if (!draw_raw(p, &own, (uint8_t)i, span_ms)) return false;
  }
  if (slips == 0) return true;
  uint32_t victims = rng_between(&dice, 1, 3);
  for (uint32_t i = 0; i < slips; i++) {
    uint32_t client = rng_below(&dice, (uint32_t)p->client_count) % victims;
    uint32_t t_ms = rng_below(&dice, span_ms);
    uint32_t what = rng_below(&dice, (uint32_t)slip_line_count), a = rng_below(&dice, 12);
    p->clients[client].rude_server = true;
    if (!draw_rude(p, t_ms, (uint8_t)client, true, what, a)) return false;
  }
  if (rng_is(&dice, 30, 100)) p->heal_ms += 12000; /* longer than the timer gap_wait */
  return true;
}

/* Many messages through a window of one item would not be finished in time: nobody's fault. */
static void widen_windows(plan *p, uint32_t messages) {
  uint32_t least = messages / 30;
  for (size_t i = 0; i < p->client_count; i++) {
    uint32_t *window = &p->clients[i].window;
    if (*window != 0 && *window < least) *window = least;
  }
  uint32_t *limit = &p->knobs[PLAN_LIMIT_WINDOW].value;
  if (*limit != 0 && *limit < least) *limit = least;
}

bool plan_draw(plan *p, uint64_t seed, const plan_size *size) {
  plan_clear(p);
  p->seed = seed;
  rng dice = part_of(seed, 0);
  uint32_t span_ms = rng_is(&dice, 50, 100) ? 2000 : rng_between(&dice, 200, 20000);
  if (size->messages > 60) span_ms = span_ms / 60 * size->messages;
  draw_clients(p, size);
  draw_knobs(p, size->layer);
  draw_limits(p);
  widen_windows(p, size->messages);
  if (!draw_actions(p, size, span_ms) || !draw_faults(p, span_ms)) return false;
  if (!draw_old_copies(p, span_ms)) return false;
  p->heal_ms = span_ms + 1000;
  for (size_t i = 0; i < p->action_count; i++)
    if (p->actions[i].t_ms >= p->heal_ms) p->heal_ms = p->actions[i].t_ms + 1;
  if (!draw_rudes(p, span_ms)) return false;
  plan_sort(p);
  return true;
}
