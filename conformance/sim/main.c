/* epigeon-sim: runs seeds, one after the other or in several processes, and says what failed.
 * Read first: epigeon-sim.1, sim.h. Then: options.c, tell.c. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sim/coverage.h"
#include "sim/options.h"
#include "sim/shrink.h"
#include "sim/sim.h"
#include "sim/small.h"
#include "sim/tell.h"

static const options *given;
static uint64_t current; /* the seed that is running */

/* A core's own assert: the run cannot go on, and the seed is what is needed. */
_Noreturn void ep_panic(const char *file, int line, const char *claim);
_Noreturn void ep_panic(const char *file, int line, const char *claim) {
  (void)printf("%s:%d: this must hold and does not: %s\n", file, line, claim);
  if (given != NULL) tell_command(given, current);
  (void)fflush(stdout);
  abort();
}

typedef struct tally {
  uint64_t runs, failed, steps, frames, messages, delivered;
  double began, told;
} tally;

static double seconds(void) {
  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void progress(tally *sum, uint64_t seed) {
  double now = seconds();
  if (now - sum->told < (isatty(STDERR_FILENO) ? 1 : 60)) return;
  sum->told = now;
  (void)fprintf(stderr, "seed %llu, %llu runs, %.0f a minute, %llu failed\n",
                (unsigned long long)seed, (unsigned long long)sum->runs,
                60 * (double)sum->runs / (now - sum->began), (unsigned long long)sum->failed);
}

static void add(tally *sum, const sim_result *result) {
  sum->runs++;
  sum->steps += result->steps;
  sum->frames += result->frames;
  sum->messages += result->messages;
  sum->delivered += result->delivered;
}

static bool run_one(sim *world, plan *drawn, uint64_t seed, const sim_options *how, tally *sum) {
  sim_result result;
  current = seed;
  if (!plan_draw(drawn, seed, &given->size)) {
    (void)fprintf(stderr, "epigeon-sim: there is not enough memory.\n");
    exit(2);
  }
  if (given->without != NULL && !plan_without(drawn, given->without)) {
    (void)fprintf(stderr, "epigeon-sim: --without does not fit the plan of this seed.\n");
    exit(2);
  }
  sim_run(world, drawn, how, &result);
  add(sum, &result);
  bool fine = result.trouble == NULL && result.verdict == JUDGE_ACCEPTED;
  if ((given->one || given->verbose) && !given->json) tell_run(given, drawn, &result);
  if (fine) return true;
  sum->failed++;
  tell_failure(given, drawn, &result);
  if (given->shrink && !given->keep_going) {
    char words[128];
    options_words(given, words, sizeof words);
    shrink_and_tell(stdout, world, drawn, how, words);
  }
  return false;
}

/* Seeds first, first + step, … to last. */
static bool run_range(uint64_t first, uint64_t last, uint64_t step, FILE *trace, tally *sum) {
  plan drawn;
  sim *world = sim_new();
  sim_options how = {.trace = trace, .use_malloc = given->use_malloc, .canary = given->canary};
  plan_init(&drawn);
  if (world == NULL) {
    (void)fprintf(stderr, "epigeon-sim: there is not enough memory.\n");
    exit(2);
  }
  sum->began = sum->told = seconds();
  for (uint64_t seed = first; seed <= last && seed >= first; seed += step) {
    bool fine = run_one(world, &drawn, seed, &how, sum);
    if (!fine && !given->keep_going) break;
    progress(sum, seed);
  }
  plan_free(&drawn);
  sim_free(world);
  return sum->failed == 0;
}

static void tell_sum(const tally *sum) {
  double took = seconds() - sum->began;
  (void)printf(
      "%llu runs, %llu failed; %llu frames, %llu messages, %llu deliveries; %.0f runs a minute\n",
      (unsigned long long)sum->runs, (unsigned long long)sum->failed,
      (unsigned long long)sum->frames, (unsigned long long)sum->messages,
      (unsigned long long)sum->delivered, 60 * (double)sum->runs / (took > 0 ? took : 1));
}

static int run_job(unsigned job) {
  tally sum = {0};
  bool good = run_range(given->first + job, given->last, given->jobs, NULL, &sum);
  if (!given->json) tell_sum(&sum);
  (void)fflush(stdout);
  return good ? 0 : 1;
}

static void end_jobs(const pid_t *jobs) {
  for (unsigned job = 0; job < given->jobs; job++)
    if (jobs[job] > 0) (void)kill(jobs[job], SIGTERM);
}

/* The first that fails ends the others, unless they are to keep going. */
static int wait_for_jobs(pid_t *jobs) {
  int status, result = 0;
  pid_t over;
  while ((over = wait(&status)) > 0) {
    for (unsigned job = 0; job < given->jobs; job++)
      if (jobs[job] == over) jobs[job] = 0;
    if (status == 0) continue;
    if (result == 0 && !given->keep_going) end_jobs(jobs);
    result = 1;
  }
  return result;
}

static int run_jobs(void) {
  static pid_t jobs[OPTIONS_JOBS_MOST];
  (void)fflush(stdout);
  for (unsigned job = 0; job < given->jobs; job++) {
    jobs[job] = fork();
    if (jobs[job] == 0) _exit(run_job(job));
    if (jobs[job] > 0) continue;
    (void)fprintf(stderr, "epigeon-sim: the system allows no further process.\n");
    end_jobs(jobs);
    return 2;
  }
  return wait_for_jobs(jobs);
}

static const char *const of_coverage[] = {"--coverage", "--kept", "--choose"};

int main(int argc, char **argv) {
  static options read;
  FILE *trace = NULL;
  tally sum = {0};
  if (argc > 1 && strcmp(argv[1], "--small") == 0) return small_main(argc - 2, argv + 2);
  for (size_t i = 0; i < sizeof of_coverage / sizeof *of_coverage; i++)
    if (argc > 1 && strcmp(argv[1], of_coverage[i]) == 0) return coverage_main(argc - 1, argv + 1);
  int status = options_read(&read, argc, argv);
  if (status != OPTIONS_RUN) return status;
  given = &read;
  if (given->jobs > 1 && !given->one) return run_jobs();
  if (given->trace != NULL && (trace = fopen(given->trace, "w")) == NULL) {
    (void)fprintf(stderr, "epigeon-sim: %s cannot be written; name another file.\n", given->trace);
    return 2;
  }
  bool fine = run_range(given->first, given->last, 1, trace, &sum);
  if (trace != NULL && fclose(trace) != 0) fine = false;
  if (!given->one && !given->json) tell_sum(&sum);
  return fine ? 0 : 1;
}
