/* Which fault meets which frame: see faults.h. Chance is a hash, not a sequence: what one
 * connection does changes nothing on another.
 * Read first: faults.h, faults_rules.h. */
#include "oracle/faults.h"

#include <assert.h>
#include <stdlib.h>

#include "oracle/faults_rules.h"

enum { NOT_CHANCE = 64 }; /* beside the kinds of faults */

struct faults_conn {
  fault_plan *plan;
  uint32_t number;
  uint64_t counts[]; /* of each rule */
};

const char *fault_name(fault_kind kind) {
  static const char *const names[] = {"none", "cut", "stall", "delay",
                                      "drop", "dup", "hold",  "heal"};
  assert((size_t)kind < sizeof names / sizeof *names);
  return names[kind];
}

fault_plan *faults_new(uint64_t seed) {
  fault_plan *plan = calloc(1, sizeof *plan);
  if (!plan) return NULL;
  plan->seed = seed;
  frame_parser_init(&plan->parser);
  return plan;
}

void faults_free(fault_plan *plan) {
  if (!plan) return;
  frame_parser_free(&plan->parser);
  free(plan->rules);
  free(plan);
}

bool faults_add(fault_plan *plan, const fault_rule *rule) {
  if (plan->count == plan->room) {
    size_t room = plan->room ? 2 * plan->room : 8;
    fault_rule *rules = realloc(plan->rules, room * sizeof *rules);
    if (!rules) return false;
    plan->rules = rules;
    plan->room = room;
  }
  plan->rules[plan->count++] = *rule;
  return true;
}

bool faults_any(const fault_plan *plan) { return plan->count > 0; }

bool faults_are_lossy(const fault_plan *plan) {
  for (size_t i = 0; i < plan->count; i++) {
    fault_kind kind = plan->rules[i].what.kind;
    if (kind == FAULT_DROP || kind == FAULT_DUP || kind == FAULT_HOLD) return true;
  }
  return false;
}

faults_conn *faults_conn_new(fault_plan *plan, uint32_t number) {
  faults_conn *conn = calloc(1, sizeof *conn + plan->count * sizeof *conn->counts);
  if (!conn) return NULL;
  conn->plan = plan;
  conn->number = number;
  return conn;
}

void faults_conn_free(faults_conn *conn) { free(conn); }

/* splitmix64, one step for each word. */
static uint64_t mixed(uint64_t hash, uint64_t word) {
  hash += word + 0x9e3779b97f4a7c15u;
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9u;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebu;
  return hash ^ (hash >> 31);
}

static uint64_t hash_of(const faults_conn *conn, trace_dir dir, uint64_t n, unsigned what) {
  return mixed(mixed(mixed(mixed(conn->plan->seed, conn->number), dir), n), what);
}

static bool by_chance(const fault_rule *rule, const faults_conn *conn, trace_dir dir, uint64_t n) {
  return (double)(hash_of(conn, dir, n, rule->what.kind) >> 11) * 0x1p-53 < rule->chance;
}

size_t faults_part(const faults_conn *conn, trace_dir dir, uint64_t n, size_t len) {
  return len > 0 ? (size_t)(hash_of(conn, dir, n, NOT_CHANCE) % len) : 0;
}

/* Whether the message in a frame, of either form, has this action. */
static bool has_action(fault_plan *plan, span bytes, trace_dir dir, const char *action) {
  frame read;
  return frame_parse(&plan->parser, bytes, dir, &read) && span_is(read.action_name, action);
}

static bool is_about(const fault_rule *rule, const faults_conn *conn, trace_dir dir) {
  return (rule->conn == 0 || rule->conn == conn->number) && (!rule->has_dir || rule->dir == dir);
}

fault faults_on_frame(faults_conn *conn, trace_dir dir, uint64_t n, span bytes) {
  fault first = {.kind = FAULT_NONE};
  if (conn->plan->healed) return first;
  for (size_t i = 0; i < conn->plan->count; i++) {
    const fault_rule *rule = &conn->plan->rules[i];
    if ((rule->when != WHEN_ON && rule->when != WHEN_CHANCE) || !is_about(rule, conn, dir))
      continue;
    if (rule->when == WHEN_CHANCE && !by_chance(rule, conn, dir, n)) continue;
    if (rule->action[0] && !has_action(conn->plan, bytes, dir, rule->action)) continue;
    uint64_t nth = ++conn->counts[i]; /* each rule counts, whichever comes first */
    bool is_it = rule->count == 0 || rule->count == nth;
    if (is_it && first.kind == FAULT_NONE) first = rule->what;
  }
  return first;
}

fault faults_after_frame(faults_conn *conn, trace_dir dir) {
  fault first = {.kind = FAULT_NONE};
  if (conn->plan->healed) return first;
  for (size_t i = 0; i < conn->plan->count; i++) {
    const fault_rule *rule = &conn->plan->rules[i];
    if (rule->when != WHEN_AFTER || !is_about(rule, conn, dir)) continue;
    if (++conn->counts[i] == rule->count && first.kind == FAULT_NONE) first = rule->what;
  }
  if (first.kind == FAULT_HEAL) conn->plan->healed = true;
  return first;
}

static fault_rule *next_rule(const fault_plan *plan) {
  fault_rule *next = NULL;
  for (size_t i = 0; i < plan->count && !plan->healed; i++) {
    fault_rule *rule = &plan->rules[i];
    if (rule->when == WHEN_AT && !rule->done && (!next || rule->at_ms < next->at_ms)) next = rule;
  }
  return next;
}

fault faults_at(fault_plan *plan, uint64_t now_ms, uint32_t *number) {
  fault_rule *rule = next_rule(plan);
  if (!rule || rule->at_ms > now_ms) return (fault){.kind = FAULT_NONE};
  rule->done = true;
  *number = rule->conn;
  if (rule->what.kind == FAULT_HEAL) plan->healed = true;
  return rule->what;
}

uint64_t faults_next_ms(const fault_plan *plan) {
  const fault_rule *rule = next_rule(plan);
  return rule ? rule->at_ms : UINT64_MAX;
}
