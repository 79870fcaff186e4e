/* epigeon-sim --coverage: the table of what can happen, and what of it has.
 * Read first: coverage.h. */
#include "sim/coverage.h"

#include <string.h>

#include "client_machine.h"
#include "server_machine.h"
#include "sim/coverage_never.h"
#include "tables.h"

typedef struct thing {
  coverage_class class;
  unsigned index; /* in its class */
  const char *name, *detail, *more;
  uint8_t state, input; /* of a row */
} thing;

#define ROW_OF(prefix, which, from, on, guard, action, line) \
  {.class = which,                                           \
   .name = #from,                                            \
   .detail = #on,                                            \
   .more = #guard " " #action,                               \
   .state = prefix##_##from,                                 \
   .input = prefix##_IN_##on},

static thing things[] = {
#define SERVER_ROW(from, on, guard, action, to, ids, line) \
  ROW_OF(EP_SERVER, COVERAGE_SERVER_ROW, from, on, guard, action, line)
#define CLIENT_ROW(from, on, guard, action, to, ids, line) \
  ROW_OF(EP_CLIENT, COVERAGE_CLIENT_ROW, from, on, guard, action, line)
    EP_SERVER_ROWS(SERVER_ROW) EP_CLIENT_ROWS(CLIENT_ROW)
#define ERROR_THING(id, text, closes, sentence) {.class = COVERAGE_ERROR, .name = text},
#define LIMIT_THING(id, text, value, unit, full) \
  {.class = COVERAGE_LIMIT, .name = text, .detail = full},
#define TIMER_THING(id, text, value, side, meaning) \
  {.class = COVERAGE_TIMER, .name = text, .detail = side},
#define COUNTER_THING(id, text, meaning) {.class = COVERAGE_COUNTER, .name = text},
        EP_ERRORS(ERROR_THING) EP_LIMITS(LIMIT_THING) EP_TIMERS(TIMER_THING)
            EP_COUNTERS(COUNTER_THING)};

enum { THINGS = sizeof things / sizeof *things, NAME_MOST = 48, WORDS = COVERAGE_MOST / 64 };
_Static_assert((int)THINGS <= (int)COVERAGE_MOST, "coverage.h has room for all");

static const char *const class_names[COVERAGE_CLASSES] = {"server row", "client row", "error",
                                                          "limit",      "timer",      "counter"};

static struct {
  bool on;
  char name[NAME_MOST];
  size_t first_of[COVERAGE_CLASSES + 1];
  uint64_t counts[COVERAGE_MOST];
  char firsts[COVERAGE_MOST][NAME_MOST];
  uint64_t reached[WORDS];
} now;

/* ---- What is never reached, and why ---- */

static bool lists(const char *names, const char *name) {
  size_t len = strlen(name);
  if (strcmp(names, "*") == 0) return true;
  for (const char *at = names; (at = strstr(at, name)) != NULL; at += len)
    if ((at == names || at[-1] == ' ') && (at[len] == ' ' || at[len] == 0)) return true;
  return false;
}

static bool matches(const coverage_never *never, const thing *t) {
  return never->class == t->class && lists(never->names, t->name) &&
         (never->details == NULL || lists(never->details, t->detail));
}

static const char *why_never(const thing *t) {
  for (size_t i = 0; i < coverage_never_count; i++)
    if (matches(&coverage_nevers[i], t)) return coverage_nevers[i].reason;
  return NULL;
}

/* ---- Recording ---- */

void coverage_begin(void) {
  if (now.on) return;
  now.on = true;
  for (size_t i = 0; i < THINGS; i++) {
    if (i == 0 || things[i].class != things[i - 1].class) now.first_of[things[i].class] = i;
    things[i].index = (unsigned)(i - now.first_of[things[i].class]);
  }
  now.first_of[COVERAGE_CLASSES] = THINGS;
}

bool coverage_is_on(void) { return now.on; }

void coverage_name(const char *name) {
  memset(now.name, 0, sizeof now.name);
  strncpy(now.name, name, sizeof now.name - 1);
  memset(now.reached, 0, sizeof now.reached);
}

void coverage_reach(coverage_class class, unsigned index) {
  size_t at = now.first_of[class] + index;
  if (!now.on || at >= now.first_of[class + 1]) return;
  if (now.counts[at]++ == 0) memcpy(now.firsts[at], now.name, sizeof now.name);
  now.reached[at / 64] |= UINT64_C(1) << at % 64;
}

const uint64_t *coverage_reached(void) { return now.reached; }

size_t coverage_missing(void) {
  size_t missing = 0;
  for (size_t i = 0; i < THINGS; i++)
    missing += (now.counts[i] == 0) == (why_never(&things[i]) == NULL);
  return missing;
}

/* ---- Printing ---- */

void coverage_describe(char *out, size_t out_len, size_t i) {
  const thing *t = &things[i];
  bool row = t->class <= COVERAGE_CLIENT_ROW;
  (void)snprintf(out, out_len, "%s %s%s%s%s%s", class_names[t->class], t->name, row ? " " : "",
                 row ? t->detail : "", row ? ": " : "", row ? t->more : "");
}

static void print_thing(FILE *out, size_t i) {
  const char *why = why_never(&things[i]);
  char name[96];
  coverage_describe(name, sizeof name, i);
  fprintf(out, "%-70s ", name);
  if (now.counts[i] > 0)
    fprintf(out, "%10llu  %s%s\n", (unsigned long long)now.counts[i], now.firsts[i],
            why != NULL ? "  THE TABLE SAYS NEVER" : "");
  else
    fprintf(out, "%10s  %s\n", why != NULL ? "never" : "MISSING", why != NULL ? why : "");
}

void coverage_print(FILE *out, bool only_missing) {
  size_t reached[COVERAGE_CLASSES] = {0}, all[COVERAGE_CLASSES] = {0}, never = 0;
  for (size_t i = 0; i < THINGS; i++) {
    bool impossible = why_never(&things[i]) != NULL;
    if (!only_missing || (now.counts[i] == 0) != impossible) print_thing(out, i);
    never += impossible;
    if (impossible) continue;
    all[things[i].class]++;
    reached[things[i].class] += now.counts[i] > 0;
  }
  for (unsigned class = 0; class < COVERAGE_CLASSES; class ++)
    fprintf(out, "%ss: %zu of %zu. ", class_names[class], reached[class], all[class]);
  fprintf(out, "%zu can never be reached, for the reasons given.\n", never);
}
