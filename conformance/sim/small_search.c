/* epigeon-sim --small: depth-first search with saved states. Where two orders of independent steps
 * (each touches only one core) lead to the same state, that state is gone on from once: this is
 * all the reduction there is, and it leaves no state out.
 * Read first: small_search.h, small_state.c. Then: small_seen.c. */
#include "sim/small_search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/small_memory.h"
#include "sim/small_path.h"
#include "sim/small_seen.h"
#include "tables.h"

enum { DEPTH_MOST = 100, ALL_REGIONS = (1 << SMALL_REGIONS) - 1, END_STEPS = 3000 };

/* A state as it was before a step: the world, and the regions that the step can change. */
typedef struct saved {
  small_world world;
  small_tale tale;
  unsigned touched;
  size_t used[SMALL_REGIONS];
  uint8_t *bytes[SMALL_REGIONS];
  size_t room[SMALL_REGIONS];
} saved;

typedef struct search {
  small_count *count;
  small_failure *failure;
  uint64_t judge_every;
  saved levels[DEPTH_MOST + 2];
  small_step path[DEPTH_MOST + 2];
  unsigned depth;   /* the bound */
  small_seen seen;  /* digest, and how many more steps were looked at from there */
  small_seen ended; /* digest, and when the fair end from there comes */
} search;

static search searching;

static void save(saved *to, unsigned touched) {
  to->world = small;
  to->tale = small_telling;
  to->touched = touched;
  for (unsigned i = 0; i < SMALL_REGIONS; i++) {
    if ((touched >> i & 1) == 0) continue;
    const uint8_t *from = small_region(i, &to->used[i]);
    if (to->used[i] > to->room[i]) {
      to->room[i] = to->used[i] * 2;
      free(to->bytes[i]);
      to->bytes[i] = malloc(to->room[i]);
      if (to->bytes[i] == NULL) {
        fputs("epigeon-sim: there is not enough memory for the search\n", stderr);
        exit(2);
      }
    }
    memcpy(to->bytes[i], from, to->used[i]);
  }
}

static void put_back(const saved *from) {
  small = from->world;
  small_telling = from->tale;
  for (unsigned i = 0; i < SMALL_REGIONS; i++)
    if ((from->touched >> i & 1) != 0) small_restore(i, from->bytes[i], from->used[i]);
}

/* ---- What is wrong ---- */

static bool fail(const char *what, unsigned taken, const small_step *fair, size_t fair_count) {
  small_failure *failure = searching.failure;
  size_t most = sizeof failure->steps / sizeof *failure->steps;
  snprintf(failure->what, sizeof failure->what, "%s", what);
  failure->step_count = failure->free_count = taken;
  memcpy(failure->steps, searching.path, taken * sizeof *failure->steps);
  for (size_t i = 0; i < fair_count && failure->step_count < most; i++)
    failure->steps[failure->step_count++] = fair[i];
  return false;
}

static bool judge_path(bool whole, unsigned taken, const small_step *fair, size_t fair_count) {
  char what[1200];
  searching.count->judged++;
  const judge_finding *found = small_judge(whole);
  if (found == NULL) return true;
  snprintf(what, sizeof what, "%s: %s Acceptable: %s", found->requirement, found->what,
           found->acceptable);
  return fail(what, taken, fair, fair_count);
}

/* ---- To the end ---- */

static bool is_turn_of_judge(void) {
  return searching.judge_every > 0 && searching.count->paths % searching.judge_every == 0;
}

static bool check_end(uint64_t healed_ms, unsigned taken, const small_step *fair, size_t count) {
  bool v1 = small_scene_now->versions[0] == 1 || small_scene_now->versions[1] == 1;
  uint64_t bound = EP_TIMER_HEAL_MS + (v1 ? EP_TIMER_GAP_WAIT_MS + EP_TIMER_RESEND_V1_MS : 0);
  if (small.wrong != NULL) return fail(small.wrong, taken, fair, count);
  if (!small_finished())
    return fail("It does not finish, although nothing goes wrong any more (G5, G8).", taken, fair,
                count);
  if (small.now_ms - healed_ms > bound)
    return fail("It finishes later than the timer heal allows (EP-G8-1).", taken, fair, count);
  return true;
}

/* Goes on fairly, until all is finished, or a state comes of which the end is known; EP-G8-1. */
static bool go_to_end(unsigned taken, bool judged) {
  static small_step fair[END_STEPS];
  static uint64_t digests[END_STEPS];
  uint64_t healed_ms = small.now_ms, end_ms = 0;
  bool told = false, known = false;
  size_t count = 0, kept = 0;
  small.budget = (small_budget){.ticks = 0};
  while (small.wrong == NULL && !small_finished() && count < END_STEPS && !known) {
    digests[kept] = small_digest();
    known = !judged && small_seen_get(&searching.ended, digests[kept], &end_ms);
    if (!known) kept++;
    if (known || !small_fair(&fair[count])) break;
    bool gives = fair[count].kind == SMALL_GIVE || fair[count].kind == SMALL_JOIN;
    if (!told && fair[count].kind == SMALL_TICK) {
      told = true;
      healed_ms = small.now_ms;
      small_tell(&(trace_event){.kind = TRACE_HEALED}, SMALL_LINKS);
    }
    if (told && gives) break;
    small_take(fair[count++]);
  }
  if (!known) searching.count->ends++;
  if (known) return end_ms <= healed_ms + EP_TIMER_HEAL_MS * 2 || check_end(0, taken, fair, count);
  if (!check_end(healed_ms, taken, fair, count)) return false;
  for (size_t i = 0; i < kept; i++) small_seen_put(&searching.ended, digests[i], small.now_ms);
  if (!told) small_tell(&(trace_event){.kind = TRACE_HEALED}, SMALL_LINKS);
  return !judged || judge_path(true, taken, fair, count);
}

static bool end_path(unsigned taken) {
  saved *level = &searching.levels[taken];
  searching.count->paths++;
  save(level, ALL_REGIONS);
  bool good = go_to_end(taken, is_turn_of_judge());
  put_back(level);
  return good;
}

/* ---- The search ---- */

/* Whether to go on from this state with so many steps left. */
static bool is_new(unsigned left) {
  uint64_t digest = small_digest(), before;
  bool known = small_seen_get(&searching.seen, digest, &before);
  if (known && before >= left) return false;
  if (!known) searching.count->states++;
  small_seen_put(&searching.seen, digest, left);
  return true;
}

static bool explore(unsigned taken) {
  small_step choices[SMALL_CHOICES];
  if (taken > searching.count->longest) searching.count->longest = taken;
  if (small.wrong != NULL) return fail(small.wrong, taken, NULL, 0);
  if (!is_new(searching.depth - taken)) return true;
  size_t count = taken == searching.depth ? 0 : small_choices(choices);
  if (count == 0) return end_path(taken);
  for (size_t i = 0; i < count; i++) {
    saved *level = &searching.levels[taken];
    save(level, small_touches(choices[i]));
    searching.path[taken] = choices[i];
    searching.count->steps++;
    small_take(choices[i]);
    if (!explore(taken + 1)) return false;
    put_back(level);
  }
  return true;
}

bool small_search(small_count *count, small_failure *failure, const small_scene *scene,
                  small_plant plant, unsigned depth, uint64_t judge_every) {
  memset(count, 0, sizeof *count);
  searching.count = count;
  searching.failure = failure;
  searching.judge_every = judge_every;
  searching.depth = depth < DEPTH_MOST ? depth : DEPTH_MOST;
  small_seen_clear(&searching.seen);
  small_seen_clear(&searching.ended);
  small_begin(scene, plant);
  return explore(0);
}

void small_replay(const small_failure *failure, const small_scene *scene, small_plant plant) {
  enum { TOLD = 60 }; /* of steps that lead nowhere, these will do */
  char words[400];
  small_begin(scene, plant);
  for (size_t i = 0; i < failure->step_count; i++) {
    if (i == failure->free_count) {
      puts("    from here on nothing goes wrong any more");
      small_tell(&(trace_event){.kind = TRACE_HEALED}, SMALL_LINKS);
    }
    small_describe(words, sizeof words, failure->steps[i]);
    if (i < failure->free_count + TOLD) printf("%3zu %s\n", i + 1, words);
    small_take(failure->steps[i]);
  }
  if (failure->step_count > failure->free_count + TOLD) puts("    and so on");
}

void small_search_free(void) {
  for (size_t i = 0; i < sizeof searching.levels / sizeof *searching.levels; i++)
    for (unsigned region = 0; region < SMALL_REGIONS; region++) {
      free(searching.levels[i].bytes[region]);
      searching.levels[i].bytes[region] = NULL;
      searching.levels[i].room[region] = 0;
    }
  small_seen_free(&searching.seen);
  small_seen_free(&searching.ended);
}
