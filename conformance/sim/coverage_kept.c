/* epigeon-sim --kept, --coverage: seeds that are kept, and what they reach.
 * A kept seed is a file NAME.seed of two lines: a sentence that says what it shows, or which bug it
 * found, and the arguments of epigeon-sim that repeat it.
 * Read first: coverage.h, options.h. Then: coverage_choose.c. */
#include <dirent.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/coverage_kept.h"
#include "sim/options.h"
#include "sim/sim.h"
#include "tables.h"

enum { WORDS_MOST = 16, LINE_MOST = 4096, FILES_MOST = 1000, NAME_MOST = 256 };

typedef struct kept {
  char says[LINE_MOST], arguments[LINE_MOST];
} kept;

static bool read_line(char line[LINE_MOST], FILE *file) {
  if (fgets(line, LINE_MOST, file) == NULL) return false;
  size_t len = strcspn(line, "\n");
  bool whole = line[len] == '\n';
  line[len] = 0;
  return whole && len > 0;
}

static bool read_kept(kept *out, const char *path) {
  FILE *file = fopen(path, "r");
  if (file == NULL) return false;
  bool good = read_line(out->says, file) && read_line(out->arguments, file);
  fclose(file);
  return good;
}

/* The plan and the way to run it that these arguments ask for. */
static bool take_arguments(plan *drawn, sim_options *how, char *arguments) {
  char program[] = "epigeon-sim", *words[WORDS_MOST] = {program};
  int count = 1;
  options given;
  for (char *word = strtok(arguments, " "); word != NULL && count + 1 < WORDS_MOST;
       word = strtok(NULL, " "))
    words[count++] = word;
  optind = 0;
  if (options_read(&given, count, words) != OPTIONS_RUN || !given.one) return false;
  *how = (sim_options){.canary = given.canary, .use_malloc = given.use_malloc};
  if (!plan_draw(drawn, given.first, &given.size)) return false;
  return given.without == NULL || plan_without(drawn, given.without);
}

void coverage_end(const sim_result *result) {
  if (result->verdict == JUDGE_ACCEPTED && result->end_ms > result->heal_ms)
    coverage_reach(COVERAGE_TIMER, EP_TIMER_HEAL); /* EP-G8-1 */
}

static const char *trouble_of(const sim_result *first, const sim_result *second) {
  if (second->trouble != NULL) return second->trouble;
  if (second->verdict != JUDGE_ACCEPTED)
    return second->found != NULL ? second->found->what : "the judge did not accept it";
  return first->digest == second->digest ? NULL : "the second run was another one";
}

/* NULL: all is well. */
static const char *run_kept(sim *world, const char *path, const char *name) {
  kept file;
  plan drawn;
  sim_options how;
  sim_result first = {0}, second = {0};
  if (!read_kept(&file, path)) return "a sentence and a line of arguments are expected";
  plan_init(&drawn);
  const char *trouble = "its arguments are not those of one seed";
  if (take_arguments(&drawn, &how, file.arguments)) {
    coverage_name(name);
    sim_run(world, &drawn, &how, &first);
    sim_run(world, &drawn, &how, &second);
    coverage_end(&second);
    trouble = trouble_of(&first, &second);
  }
  plan_free(&drawn);
  return trouble;
}

static int by_name(const void *one, const void *other) { return strcmp(one, other); }

static size_t list_files(char (*names)[NAME_MOST], const char *dir) {
  DIR *listing = opendir(dir);
  struct dirent *entry;
  size_t count = 0;
  if (listing == NULL) return FILES_MOST;
  while ((entry = readdir(listing)) != NULL && count < FILES_MOST - 1) {
    size_t len = strlen(entry->d_name);
    if (len < 6 || len >= NAME_MOST || strcmp(entry->d_name + len - 5, ".seed") != 0) continue;
    memcpy(names[count++], entry->d_name, len + 1);
  }
  closedir(listing);
  qsort(names, count, NAME_MOST, by_name);
  return count;
}

int coverage_kept(const char *dir, unsigned *run_count) {
  static char names[FILES_MOST][NAME_MOST];
  char path[2 * LINE_MOST];
  int failed = 0;
  size_t count = list_files(names, dir);
  sim *world = sim_new();
  if (world == NULL || count == FILES_MOST) {
    sim_free(world);
    return -1;
  }
  for (size_t i = 0; i < count; i++) {
    snprintf(path, sizeof path, "%s/%s", dir, names[i]);
    names[i][strlen(names[i]) - 5] = 0;
    const char *trouble = run_kept(world, path, names[i]);
    if (trouble != NULL) printf("%s: %s\n", path, trouble);
    failed += trouble != NULL;
    ++*run_count;
  }
  sim_free(world);
  return failed;
}

/* ---- The command ---- */

static int tell_kept(const char *dir, bool table) {
  unsigned runs = 0, drills = 0;
  int failed = coverage_kept(dir, &runs);
  if (failed < 0) {
    fprintf(stderr, "epigeon-sim: the directory %s cannot be read; --kept takes one.\n", dir);
    return 2;
  }
  int undone = table ? coverage_drills(&drills) : 0;
  if (table) coverage_print(stdout, false);
  size_t missing = table ? coverage_missing() : 0;
  if (missing > 0) printf("%zu things above say MISSING, or that the table says never.\n", missing);
  unsigned wrong = (unsigned)failed + (unsigned)undone + (missing > 0 ? 1 : 0);
  unsigned all = runs + drills + (table ? 1 : 0);
  printf("%u passed, %u failed\n", all - wrong, wrong);
  return wrong == 0 ? 0 : 1;
}

/* --kept DIR; --coverage [DIR | SEEDS…]; --choose DIR SEEDS… */
int coverage_main(int argc, char **argv) {
  options given;
  const char *what = argv[0];
  bool chooses = strcmp(what, "--choose") == 0, dir = argc > 1 && argv[1][0] != '-';
  if (strcmp(what, "--kept") == 0 && argc == 2) return tell_kept(argv[1], false);
  if (strcmp(what, "--kept") == 0 || chooses != dir) {
    if (strcmp(what, "--coverage") == 0 && argc == 2) {
      coverage_begin();
      return tell_kept(argv[1], true);
    }
    fprintf(stderr, "epigeon-sim: %s takes a directory of kept seeds.\n", what);
    return 2;
  }
  coverage_begin();
  optind = 0;
  int status = options_read(&given, argc - chooses, argv + chooses);
  if (status != OPTIONS_RUN) return status;
  return coverage_seeds(chooses ? argv[1] : NULL, &given);
}
