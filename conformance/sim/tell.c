/* Words about runs. See tell.h. */
#include "sim/tell.h"

#include <stdio.h>

void tell_command(const options *given, uint64_t seed) {
  char words[128];
  options_words(given, words, sizeof words);
  (void)printf("to repeat: epigeon-sim --seed %llu%s%s%s\n", (unsigned long long)seed, words,
               given->without != NULL ? " --without " : "",
               given->without != NULL ? given->without : "");
}

static void tell_plan(const plan *drawn) {
  (void)printf("plan: %zu clients, %zu actions, %zu faults, %zu rude acts, heals at %u ms\n",
               drawn->client_count, drawn->action_count, drawn->fault_count, drawn->rude_count,
               drawn->heal_ms);
  for (size_t i = 0; i < drawn->client_count; i++) {
    const plan_client *c = &drawn->clients[i];
    (void)printf("  c%zu: EP/%d %s%s%s%s\n", i, c->version, c->lossy ? "lossy" : "stream",
                 c->durable ? " durable" : "", c->rude_server ? " rude-server" : "",
                 c->out ? " (left out)" : "");
  }
  for (size_t i = 0; i < PLAN_KNOB_COUNT; i++) {
    if (drawn->knobs[i].value == 0) continue;
    (void)printf("  k%zu %s = %u%s\n", i, plan_knob_name((plan_knob)i), drawn->knobs[i].value,
                 drawn->knobs[i].out ? " (left out)" : "");
  }
}

static void tell_faults(const plan *drawn) {
  static const char *const kinds[] = {"kill",      "stop",  "cut",   "stall",
                                      "partition", "store", "clock", "memory"};
  for (size_t i = 0; i < drawn->fault_count; i++) {
    const plan_fault *f = &drawn->faults[i];
    (void)printf("  f%zu %u ms: %s ", i, f->t_ms, kinds[f->kind]);
    if (f->target == PLAN_SERVER)
      (void)printf("server");
    else
      (void)printf("c%u", f->target);
    (void)printf(" a=%u b=%u calls=%u%s\n", f->a, f->b, f->calls, f->out ? " (left out)" : "");
  }
}

void tell_run(const options *given, const plan *drawn, const sim_result *result) {
  if (given->one) {
    tell_plan(drawn);
    tell_faults(drawn);
  }
  (void)printf(
      "seed %llu digest %016llx: %llu ms, %llu steps, %llu events, %llu frames, "
      "%llu messages, %llu delivered\n",
      (unsigned long long)drawn->seed, (unsigned long long)result->digest,
      (unsigned long long)result->end_ms, (unsigned long long)result->steps,
      (unsigned long long)result->events, (unsigned long long)result->frames,
      (unsigned long long)result->messages, (unsigned long long)result->delivered);
}

static void put_json(const char *name, const char *text) {
  (void)printf(",\"%s\":\"", name);
  for (; *text != '\0'; text++) {
    if (*text == '"' || *text == '\\') (void)putchar('\\');
    (void)putchar((unsigned char)*text < 0x20 ? ' ' : *text);
  }
  (void)putchar('"');
}

static void tell_json(const plan *drawn, const sim_result *result) {
  const judge_finding *found = result->found;
  (void)printf("{\"seed\":%llu", (unsigned long long)drawn->seed);
  put_json("requirement", found != NULL ? found->requirement : "");
  put_json("what", result->trouble != NULL ? result->trouble : found != NULL ? found->what : "");
  put_json("verdict", result->verdict == JUDGE_INCONCLUSIVE ? "inconclusive" : "rejected");
  (void)puts("}");
}

void tell_failure(const options *given, const plan *drawn, const sim_result *result) {
  const judge_finding *found = result->found;
  if (given->json) {
    tell_json(drawn, result);
    return;
  }
  (void)printf("seed %llu FAILED\n", (unsigned long long)drawn->seed);
  if (result->trouble != NULL) (void)printf("  the simulator says: %s\n", result->trouble);
  if (found != NULL) {
    (void)printf(
        "  %s %s\n  %s\n  what: %s\n  acceptable: %s\n  at %llu ms, event %llu, "
        "connection %u, client \"%s\", uid \"%s\"\n",
        result->verdict == JUDGE_INCONCLUSIVE ? "undecided:" : "against", found->requirement,
        found->sentence, found->what, found->acceptable, (unsigned long long)found->t_ms,
        (unsigned long long)found->line, found->conn, found->client, found->uid);
  }
  tell_command(given, drawn->seed);
}
