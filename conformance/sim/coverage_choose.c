/* epigeon-sim --choose: out of many seeds a few that reach all that the many reach, as files to
 * keep. Read first: coverage_kept.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/coverage_kept.h"

enum { WORDS = COVERAGE_MOST / 64 };

typedef struct candidate {
  uint64_t seed;
  uint64_t reached[WORDS]; /* nothing, when the run was not as it should be */
} candidate;

static void run_seed(sim *world, plan *drawn, const options *given, candidate *out) {
  sim_options how = {.trace = NULL};
  sim_result result;
  char name[32];
  snprintf(name, sizeof name, "seed %llu", (unsigned long long)out->seed);
  coverage_name(name);
  if (!plan_draw(drawn, out->seed, &given->size)) return;
  sim_run(world, drawn, &how, &result);
  coverage_end(&result);
  if (result.trouble != NULL || result.verdict != JUDGE_ACCEPTED)
    printf("seed %llu fails and is not chosen\n", (unsigned long long)out->seed);
  else
    memcpy(out->reached, coverage_reached(), sizeof out->reached);
}

static size_t count_new(const uint64_t *of, const uint64_t *have, size_t *first) {
  size_t count = 0;
  for (size_t i = 0; i < COVERAGE_MOST; i++) {
    if (((of[i / 64] & ~have[i / 64]) >> i % 64 & 1) == 0) continue;
    if (count++ == 0) *first = i;
  }
  return count;
}

static bool write_seed(const char *dir, unsigned number, const options *given, uint64_t seed,
                       size_t adds, size_t first) {
  char path[4096], words[128], thing[96], more[32] = "";
  coverage_describe(thing, sizeof thing, first);
  options_words(given, words, sizeof words);
  snprintf(path, sizeof path, "%s/coverage-%02u.seed", dir, number);
  if (adds > 1) snprintf(more, sizeof more, " and %zu more", adds - 1);
  FILE *file = fopen(path, "w");
  if (file == NULL) return false;
  fprintf(file, "Reaches %s%s that no seed before it reaches.\n", thing, more);
  fprintf(file, "--seed %llu%s\n", (unsigned long long)seed, words);
  return fclose(file) == 0;
}

/* Always the one that adds most, until none adds anything. */
static int write_choice(const char *dir, const options *given, const candidate *all, size_t count) {
  uint64_t have[WORDS] = {0};
  for (unsigned number = 1;; number++) {
    size_t best = 0, most = 0, first = 0, ignored;
    for (size_t i = 0; i < count; i++) {
      size_t adds = count_new(all[i].reached, have, &ignored);
      if (adds <= most) continue;
      most = adds;
      best = i;
    }
    if (most == 0) return 0;
    count_new(all[best].reached, have, &first);
    if (!write_seed(dir, number, given, all[best].seed, most, first)) {
      fprintf(stderr, "epigeon-sim: no file can be written in %s.\n", dir);
      return 2;
    }
    for (size_t i = 0; i < WORDS; i++) have[i] |= all[best].reached[i];
  }
}

int coverage_seeds(const char *dir, const options *given) {
  size_t count = (size_t)(given->last - given->first + 1);
  candidate *all = calloc(count, sizeof *all);
  sim *world = sim_new();
  plan drawn;
  int status = 2;
  plan_init(&drawn);
  if (all != NULL && world != NULL) {
    for (size_t i = 0; i < count; i++) {
      all[i].seed = given->first + i;
      run_seed(world, &drawn, given, &all[i]);
    }
    status = dir == NULL ? 0 : write_choice(dir, given, all, count);
    coverage_print(stdout, dir != NULL);
  } else {
    fputs("epigeon-sim: there is not enough memory for so many seeds.\n", stderr);
  }
  plan_free(&drawn);
  sim_free(world);
  free(all);
  return status;
}
