/* epigeon-sim: delta debugging over what a plan can leave out. Read first: shrink.h. */
#include "sim/shrink.h"

#include <stdlib.h>
#include <string.h>

#include "oracle/report.h"
#include "oracle/story.h"

enum { RUNS_MOST = 3000 };

typedef struct shrinking {
  shrink_result *out;
  sim *world;
  plan *p;
  sim_options options;
  unsigned most_runs;
} shrinking;

/* ---- One run ---- */

static void say_what(char what[160], const sim_result *result) {
  const char *said = "";
  if (result->trouble != NULL)
    said = result->trouble;
  else if (result->found != NULL && result->verdict != JUDGE_ACCEPTED)
    said = result->found->requirement;
  snprintf(what, 160, "%s", said);
}

static bool fails_alike(shrinking *s) {
  sim_result result;
  char what[160];
  s->out->runs++;
  sim_run(s->world, s->p, &s->options, &result);
  say_what(what, &result);
  return strcmp(what, s->out->what) == 0;
}

/* ---- Lists ---- */

static void leave(shrinking *s, plan_list list, const size_t *places, size_t count, bool out) {
  for (size_t i = 0; i < count; i++) plan_leave(s->p, list, places[i], out);
}

static bool can_change(const plan *p, plan_list list, size_t index) {
  if (plan_is_out(p, list, index)) return false;
  if (list != PLAN_LIST_KNOBS) return true;
  plan calm;
  plan_init(&calm);
  bool differs = plan_knob_of(p, (plan_knob)index) != plan_knob_of(&calm, (plan_knob)index);
  plan_free(&calm);
  return differs;
}

static size_t list_what_is_in(const plan *p, plan_list list, size_t *places) {
  size_t count = 0;
  for (size_t i = 0; i < plan_count(p, list); i++)
    if (can_change(p, list, i)) places[count++] = i;
  return count;
}

/* Tries to leave out pieces of `size`; true: some could go. */
static bool drop_pieces(shrinking *s, plan_list list, size_t *places, size_t size) {
  size_t count = list_what_is_in(s->p, list, places);
  bool any = false;
  for (size_t at = 0; at < count && s->out->runs < s->most_runs; at += size) {
    size_t piece = count - at < size ? count - at : size;
    leave(s, list, places + at, piece, true);
    if (fails_alike(s))
      any = true;
    else
      leave(s, list, places + at, piece, false);
  }
  return any;
}

static bool shrink_list(shrinking *s, plan_list list) {
  size_t room = plan_count(s->p, list) + 1;
  size_t *places = malloc(room * sizeof *places);
  bool any = false;
  if (places == NULL) return false;
  for (size_t size = list_what_is_in(s->p, list, places); size > 0; size /= 2)
    if (drop_pieces(s, list, places, size)) any = true;
  free(places);
  return any;
}

static size_t count_in(const plan *p, plan_list list) {
  size_t count = 0;
  for (size_t i = 0; i < plan_count(p, list); i++) count += can_change(p, list, i);
  return count;
}

/* What a client that is left out would have done does not happen: it is no part of the plan. */
static void tidy(plan *p) {
  for (size_t i = 0; i < p->action_count; i++)
    if (p->clients[p->actions[i].client].out) p->actions[i].out = true;
  for (size_t i = 0; i < p->fault_count; i++)
    if (p->faults[i].target != PLAN_SERVER && p->clients[p->faults[i].target].out)
      p->faults[i].out = true;
  for (size_t i = 0; i < p->rude_count; i++)
    if (p->rudes[i].towards && p->clients[p->rudes[i].actor].out) p->rudes[i].out = true;
}

void shrink(shrink_result *out, sim *world, plan *p, const sim_options *options,
            unsigned most_runs) {
  static const plan_list order[] = {PLAN_LIST_FAULTS, PLAN_LIST_RUDES, PLAN_LIST_CLIENTS,
                                    PLAN_LIST_ACTIONS, PLAN_LIST_KNOBS};
  shrinking s = {.out = out, .world = world, .p = p, .options = *options, .most_runs = most_runs};
  sim_result result;
  memset(out, 0, sizeof *out);
  s.options.trace = NULL;
  sim_run(world, p, &s.options, &result);
  say_what(out->what, &result);
  out->failed = out->what[0] != 0;
  for (bool any = out->failed; any && out->runs < most_runs;) {
    any = false;
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
      if (shrink_list(&s, order[i])) any = true;
      if (order[i] == PLAN_LIST_CLIENTS) tidy(p);
    }
  }
  out->clients = count_in(p, PLAN_LIST_CLIENTS);
  out->actions = count_in(p, PLAN_LIST_ACTIONS);
  out->faults = count_in(p, PLAN_LIST_FAULTS);
  out->rudes = count_in(p, PLAN_LIST_RUDES);
  out->knobs = count_in(p, PLAN_LIST_KNOBS);
}

/* ---- Telling ---- */

static void tell_story(FILE *out, sim *world, const plan *p, sim_options options) {
  sim_result result;
  trace_event event;
  FILE *file = tmpfile();
  options.trace = file;
  sim_run(world, p, &options, &result);
  trace_reader *reader = file == NULL ? NULL : trace_reader_new(file);
  story *told = reader == NULL || result.found == NULL ? NULL : story_new(result.found);
  if (told != NULL) {
    rewind(file);
    while (trace_read(reader, &event) == 1 && story_add(told, &event)) continue;
    story_end(told);
    report words = {.file = "the simulated run", .verdict = result.verdict};
    words.finding = result.found;
    words.story = told;
    words.frames = result.frames;
    words.messages = result.messages;
    words.unit = "event";
    report_text(out, &words, true);
    story_free(told);
  } else if (result.trouble != NULL) {
    fprintf(out, "The simulator says: %s\n", result.trouble);
  }
  if (reader != NULL) trace_reader_free(reader);
  if (file != NULL) fclose(file);
}

void shrink_and_tell(FILE *out, sim *world, plan *p, const sim_options *options,
                     const char *words) {
  shrink_result small;
  shrink(&small, world, p, options, RUNS_MOST);
  if (!small.failed) {
    fputs("This run does not fail: there is nothing to shrink.\n", out);
    return;
  }
  size_t len = plan_without_text(p, NULL, 0);
  char *without = malloc(len + 1);
  if (without == NULL) return;
  plan_without_text(p, without, len + 1);
  const char *option = len > 0 ? " --without " : "";
  fprintf(out,
          "Shrunk in %u runs; left of the plan: clients %zu, actions %zu, faults %zu, rude acts "
          "%zu, knobs that are not calm %zu:\n",
          small.runs, small.clients, small.actions, small.faults, small.rudes, small.knobs);
  fprintf(out, "  epigeon-sim --seed %llu%s%s%s\n\n", (unsigned long long)p->seed, words, option,
          without);
  tell_story(out, world, p, *options);
  fprintf(out,
          "\nTo keep it, write conformance/sim/seeds/NAME.seed:\n"
          "  What the failure was: %s.\n  --seed %llu%s%s%s\n",
          small.what, (unsigned long long)p->seed, words, option, without);
  free(without);
}
