/* Reads the faults that a person asked for: a mix on the command line, or a script.
 *   mix:    KIND[.c2s|.s2c][.ACTION]=CHANCE[:AMOUNT],…
 *   script: on frame|ACTION [c2s|s2c] [conn N] [nth N]: KIND [AMOUNT]
 *           after N frames [c2s|s2c] [conn N]: KIND [AMOUNT]
 *           at N ms [conn N]: KIND [AMOUNT]
 * Read first: faults.h, faults_rules.h. */
#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "oracle/faults.h"
#include "oracle/faults_rules.h"

enum { WORD_MOST = 64, LINE_MOST = 256, AMOUNT_MOST = 3600000 };

typedef struct reader {
  const char *at;
  char *why;
  size_t why_len;
} reader;

__attribute__((format(printf, 2, 3))) static bool wrong(const reader *in, const char *form, ...) {
  va_list words;
  va_start(words, form);
  vsnprintf(in->why, in->why_len, form, words);
  va_end(words);
  return false;
}

/* The next word of a line, in out; false: there is none. */
static bool word(reader *in, char out[WORD_MOST]) {
  in->at += strspn(in->at, " \t\r");
  size_t len = strcspn(in->at, " \t\r");
  if (len == 0 || len >= WORD_MOST) return false;
  memcpy(out, in->at, len);
  out[len] = '\0';
  in->at += len;
  return true;
}

static bool number(const char *text, uint64_t most, uint64_t *out) {
  if (!*text || strspn(text, "0123456789") != strlen(text)) return false;
  errno = 0;
  unsigned long long value = strtoull(text, NULL, 10);
  if (errno || value > most) return false;
  *out = value;
  return true;
}

static bool direction(const char *text, trace_dir *out) {
  if (strcmp(text, "c2s") != 0 && strcmp(text, "s2c") != 0) return false;
  *out = text[0] == 'c' ? TRACE_C2S : TRACE_S2C;
  return true;
}

static bool kind_named(const char *text, fault_kind *out) {
  for (fault_kind kind = FAULT_CUT; kind <= FAULT_HEAL; kind++) {
    if (strcmp(text, fault_name(kind)) != 0) continue;
    *out = kind;
    return true;
  }
  return false;
}

static const char *unit_of(fault_kind kind) {
  switch (kind) {
    case FAULT_STALL:
    case FAULT_DELAY: return "milliseconds";
    case FAULT_HOLD: return "frames";
    default: return NULL;
  }
}

/* amount may be "": none was given. */
static bool set_amount(const reader *in, fault *what, const char *amount) {
  const char *name = fault_name(what->kind), *unit = unit_of(what->kind);
  if (!unit)
    return *amount ? wrong(in, "%s takes no number, but '%s' was given.", name, amount) : true;
  if (number(amount, AMOUNT_MOST, &what->amount) && what->amount > 0) return true;
  return wrong(in, "%s needs a number of %s, 1 to %d, not '%s'.", name, unit, AMOUNT_MOST, amount);
}

static bool set_action(const reader *in, fault_rule *rule, const char *action) {
  size_t len = strlen(action);
  if (len == 0 || len > FAULT_ACTION_MOST) return wrong(in, "'%s' is no action.", action);
  memcpy(rule->action, action, len + 1);
  return true;
}

/* One part of a mix, which it takes to pieces. */
static bool mix_part(const reader *in, char *part, fault_rule *rule) {
  if (!*part) return wrong(in, "A part of the mix is empty.");
  char *chance = strchr(part, '=');
  if (!chance) return wrong(in, "'%s' does not say how often: write '%s=0.01'.", part, part);
  *chance++ = '\0';
  char *amount = strchr(chance, ':');
  if (amount) *amount++ = '\0';
  char *where = strchr(part, '.');
  if (where) *where++ = '\0';
  if (!kind_named(part, &rule->what.kind) || rule->what.kind == FAULT_HEAL)
    return wrong(in, "'%s' is none of cut, stall, delay, drop, dup, hold.", part);
  char *end;
  rule->chance = strtod(chance, &end);
  if (end == chance || *end || !(rule->chance >= 0 && rule->chance <= 1))
    return wrong(in, "'%s' is no probability: give %s one between 0 and 1.", chance, part);
  if (!set_amount(in, &rule->what, amount ? amount : "")) return false;
  if (!where) return true;
  char *action = strchr(where, '.');
  if (action) *action = '\0';
  rule->has_dir = direction(where, &rule->dir);
  if (action) *action = '.';
  if (rule->has_dir && !action) return true;
  return set_action(in, rule, rule->has_dir ? action + 1 : where);
}

bool faults_add_mix(fault_plan *plan, const char *mix, char *why, size_t why_len) {
  reader in = {.why = why, .why_len = why_len};
  if (!*mix) return wrong(&in, "The mix of faults is empty.");
  char *copy = strdup(mix), *rest = copy, *part;
  bool good = copy || wrong(&in, "There is no memory for the faults.");
  while (good && rest) {
    part = rest;
    rest = strchr(part, ',');
    if (rest) *rest++ = '\0';
    fault_rule rule = {.when = WHEN_CHANCE};
    good = mix_part(&in, part, &rule);
    if (good && !faults_add(plan, &rule)) good = wrong(&in, "There is no memory for the faults.");
  }
  free(copy);
  return good;
}

/* [c2s|s2c] [conn N] [nth N], in any order, to the end of the line. */
static bool narrowed(reader *in, fault_rule *rule) {
  char text[WORD_MOST], value[WORD_MOST];
  while (word(in, text)) {
    uint64_t conn;
    if (rule->when != WHEN_AT && direction(text, &rule->dir)) {
      rule->has_dir = true;
    } else if (strcmp(text, "conn") == 0 && word(in, value)) {
      if (strcmp(value, "*") == 0) continue;
      if (!number(value, UINT32_MAX, &conn) || conn == 0)
        return wrong(in, "'%s' is no connection: they count from 1, and * is each.", value);
      rule->conn = (uint32_t)conn;
    } else if (rule->when == WHEN_ON && strcmp(text, "nth") == 0 && word(in, value)) {
      if (!number(value, UINT64_MAX, &rule->count) || rule->count == 0)
        return wrong(in, "'%s' does not say which: nth counts from 1.", value);
    } else {
      return wrong(in, "'%s' is not understood there.", text);
    }
  }
  return true;
}

/* When: what stands before the colon. */
static bool script_when(reader *in, fault_rule *rule) {
  char text[WORD_MOST], value[WORD_MOST], unit[WORD_MOST];
  if (!word(in, text)) return wrong(in, "Nothing says when.");
  bool has_value = word(in, value);
  if (strcmp(text, "on") == 0) {
    rule->when = WHEN_ON;
    if (!has_value) return wrong(in, "on what? Write 'on frame', or 'on' and an action.");
    if (strcmp(value, "frame") != 0 && !set_action(in, rule, value)) return false;
  } else if (strcmp(text, "after") == 0) {
    rule->when = WHEN_AFTER;
    if (!has_value || !number(value, UINT64_MAX, &rule->count) || rule->count == 0 ||
        !word(in, unit) || (strcmp(unit, "frames") != 0 && strcmp(unit, "frame") != 0))
      return wrong(in, "after how many? Write 'after 3 frames'.");
  } else if (strcmp(text, "at") == 0) {
    rule->when = WHEN_AT;
    if (!has_value || !number(value, UINT64_MAX, &rule->at_ms) || !word(in, unit) ||
        strcmp(unit, "ms") != 0)
      return wrong(in, "at which moment? Write 'at 1500 ms'.");
  } else {
    return wrong(in, "'%s' is none of on, after, at.", text);
  }
  return narrowed(in, rule);
}

/* What: what stands behind the colon. */
static bool script_what(reader *in, fault_rule *rule) {
  char text[WORD_MOST], amount[WORD_MOST] = "", more[WORD_MOST];
  if (!word(in, text)) return wrong(in, "Nothing says what is to happen.");
  if (!kind_named(text, &rule->what.kind))
    return wrong(in, "'%s' is none of cut, stall, delay, drop, dup, hold, heal.", text);
  bool is_of_frame = rule->what.kind != FAULT_CUT && rule->what.kind != FAULT_STALL &&
                     rule->what.kind != FAULT_HEAL;
  if (is_of_frame && rule->when != WHEN_ON)
    return wrong(in, "%s needs a frame: write 'on frame nth 4: %s'.", text, text);
  if (rule->what.kind == FAULT_HEAL && rule->when == WHEN_ON)
    return wrong(in, "heal needs a moment: write 'at 5000 ms: heal'.");
  bool has_amount = word(in, amount);
  if (has_amount && word(in, more)) return wrong(in, "'%s' is not understood there.", more);
  return set_amount(in, &rule->what, amount);
}

static bool script_line(reader *in, char *line, fault_rule *rule) {
  char *colon = strchr(line, ':');
  if (!colon) return wrong(in, "There is no colon between when and what.");
  *colon = '\0';
  in->at = line;
  if (!script_when(in, rule)) return false;
  in->at = colon + 1;
  return script_what(in, rule);
}

bool faults_add_script(fault_plan *plan, FILE *file, char *why, size_t why_len) {
  char line[LINE_MOST], trouble[LINE_MOST];
  reader in = {.why = trouble, .why_len = sizeof trouble};
  for (unsigned at = 1; fgets(line, sizeof line, file); at++) {
    fault_rule rule = {0};
    size_t len = strlen(line);
    bool good = len < sizeof line - 1 || wrong(&in, "The line is too long.");
    line[strcspn(line, "#\n")] = '\0';
    if (good && line[strspn(line, " \t\r")] == '\0') continue;
    good = good && script_line(&in, line, &rule);
    if (good && !faults_add(plan, &rule)) good = wrong(&in, "There is no memory for it.");
    if (good) continue;
    snprintf(why, why_len, "Line %u of the script: %s", at, trouble);
    return false;
  }
  if (!ferror(file)) return true;
  snprintf(why, why_len, "The script cannot be read.");
  return false;
}
