/* epigeon-sim --small: the scenes, the options, what is printed. Read first: small.h. */
#include "sim/small.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sim/small_memory.h"
#include "sim/small_path.h"
#include "sim/small_search.h"

static const small_scene scenes[] = {
    {.name = "stream",
     .text = "bob comes late, one connection is cut",
     .versions = {2, 2},
     .late = true,
     .budget = {.cuts = 1},
     .quick = 60,
     .deep = 60},
    {.name = "order",
     .text = "both write to both, one connection is cut",
     .versions = {1, 2},
     .answer = true,
     .budget = {.cuts = 1},
     .quick = 60,
     .deep = 60},
    {.name = "old",
     .text = "bob comes late, one connection is cut",
     .versions = {1, 1},
     .late = true,
     .budget = {.cuts = 1},
     .quick = 11,
     .deep = 60},
    {.name = "lossy",
     .text = "lossy transport: one frame lost, one doubled, one delayed",
     .versions = {2, 2},
     .lossy = true,
     .late = true,
     .budget = {.losses = 1, .doubles = 1, .delays = 1, .ticks = 2},
     .quick = 6,
     .deep = 10},
    {.name = "killed",
     .text = "the server is killed once, at any moment of storing",
     .versions = {2, 2},
     .turns = true,
     .late = true,
     .budget = {.server_kills = 1, .ticks = 1},
     .quick = 10,
     .deep = 15},
    {.name = "lost",
     .text = "the server is killed once and loses its state",
     .versions = {2, 2},
     .late = true,
     .forgetful = true,
     .budget = {.server_kills = 1},
     .quick = 60,
     .deep = 60},
    {.name = "dead",
     .text = "one client with a store is killed once, while storing or handing over",
     .versions = {2, 2},
     .stores = true,
     .slow = true,
     .budget = {.client_kills = 1, .ticks = 1},
     .quick = 7,
     .deep = 13},
    {.name = "all",
     .text = "lossy transport: one frame lost, one doubled, the server killed, a client "
             "with a store killed",
     .versions = {2, 2},
     .lossy = true,
     .stores = true,
     .late = true,
     .answer = true,
     .budget = {.losses = 1, .doubles = 1, .server_kills = 1, .client_kills = 1, .ticks = 1},
     .quick = 5,
     .deep = 8},
};

enum { SCENES = sizeof scenes / sizeof *scenes };

typedef struct options {
  const char *scene; /* NULL: all */
  unsigned depth;    /* 0: each scene's own */
  unsigned version;  /* 0: as the scene says */
  bool deep;
  uint64_t judge_every; /* 0: as many as there is time for */
  small_plant plant;
  const char *trace;
} options;

static void print_help(void) {
  puts(
      "Usage: epigeon-sim --small [--deep] [--scene NAME] [--depth N] [--version 1|2]\n"
      "                         [--judge-every N] [--plant forget|forge|again] [--trace FILE]\n"
      "Goes through every order of what can happen in a world of two clients and three messages,\n"
      "up to a depth. Scenes:");
  for (size_t i = 0; i < SCENES; i++) printf("  %-8s %s\n", scenes[i].name, scenes[i].text);
}

static bool take_number(unsigned *out, const char *text) {
  char *end;
  unsigned long number = text == NULL ? 0 : strtoul(text, &end, 10);
  if (text == NULL || *text == 0 || *end != 0 || number > 1000000) return false;
  *out = (unsigned)number;
  return true;
}

static bool take_plant(small_plant *out, const char *text) {
  static const char *const plants[] = {"", "forget", "forge", "again"};
  for (unsigned i = 1; i < sizeof plants / sizeof *plants && text != NULL; i++)
    if (strcmp(text, plants[i]) == 0) {
      *out = (small_plant)i;
      return true;
    }
  return false;
}

static bool take_option(options *out, const char *name, const char *value) {
  unsigned number = 0;
  if (strcmp(name, "--scene") == 0) return (out->scene = value) != NULL;
  if (strcmp(name, "--trace") == 0) return (out->trace = value) != NULL;
  if (strcmp(name, "--depth") == 0) return take_number(&out->depth, value) && out->depth > 0;
  if (strcmp(name, "--plant") == 0) return take_plant(&out->plant, value);
  if (strcmp(name, "--version") == 0)
    return take_number(&out->version, value) && out->version > 0 && out->version < 3;
  if (strcmp(name, "--judge-every") == 0 && take_number(&number, value) && number > 0) {
    out->judge_every = number;
    return true;
  }
  return false;
}

/* 0: go on; else what main returns, plus one. */
static int take_options(options *out, int argc, char **argv) {
  for (int i = 0; i < argc; i++) {
    if (strcmp(argv[i], "--help") == 0) {
      print_help();
      return 1;
    }
    if (strcmp(argv[i], "--deep") == 0) {
      out->deep = true;
      continue;
    }
    if (!take_option(out, argv[i], i + 1 < argc ? argv[i + 1] : NULL)) {
      fprintf(stderr, "epigeon-sim: --small does not take \"%s\"; see epigeon-sim --small --help\n",
              argv[i]);
      return 3;
    }
    i++;
  }
  return 0;
}

/* What may happen at most, and how often. */
static void tell_bounds(const small_scene *scene, unsigned depth) {
  const small_budget *b = &scene->budget;
  const struct {
    unsigned most;
    const char *what;
  } bounds[] = {{b->losses, "frame lost"},          {b->doubles, "frame doubled"},
                {b->delays, "frame delayed"},       {b->cuts, "connection cut"},
                {b->server_kills, "server killed"}, {b->client_kills, "client killed"},
                {b->ticks, "jump of the clock"}};
  printf("%-8s ada speaks EP/%u, bob EP/%u; %s.\n         At most: steps %u", scene->name,
         scene->versions[0], scene->versions[1], scene->text, depth);
  for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++)
    if (bounds[i].most > 0) printf(", %s %u", bounds[i].what, bounds[i].most);
  puts(".");
}

static double seconds_since(clock_t then) { return (double)(clock() - then) / CLOCKS_PER_SEC; }

static void tell_failure(const small_failure *failure, const small_scene *scene,
                         const options *given) {
  printf("WRONG: %s\nThe steps that lead there:\n", failure->what);
  small_replay(failure, scene, given->plant);
  if (given->trace == NULL) return;
  FILE *file = fopen(given->trace, "w");
  if (file == NULL || !small_write_trace(file))
    fprintf(stderr, "epigeon-sim: the trace could not be written to %s\n", given->trace);
  if (file != NULL) fclose(file);
}

/* What was found deep down may be found sooner: the shortest way to it is told. */
static void find_shortest(small_failure *failure, const small_scene *scene, const options *given) {
  small_count count;
  unsigned depth = 0;
  while (small_search(&count, failure, scene, given->plant, depth, given->judge_every)) depth++;
}

static bool play(const small_scene *scene, const options *given) {
  static small_failure failure;
  small_count count;
  clock_t began = clock();
  unsigned depth = given->depth != 0 ? given->depth : given->deep ? scene->deep : scene->quick;
  bool good = small_search(&count, &failure, scene, given->plant, depth, given->judge_every);
  tell_bounds(scene, depth);
  printf(
      "         %llu states, %llu steps, %llu paths (%llu followed to the end, %llu judged), the "
      "longest %u steps%s; %.1f s\n",
      (unsigned long long)count.states, (unsigned long long)count.steps,
      (unsigned long long)count.paths, (unsigned long long)count.ends,
      (unsigned long long)count.judged, count.longest,
      good && count.longest < depth ? ": this is all of it" : "", seconds_since(began));
  if (!good) find_shortest(&failure, scene, given);
  if (!good) tell_failure(&failure, scene, given);
  fflush(stdout);
  return good;
}

int small_main(int argc, char **argv) {
  options given = {.judge_every = 10};
  unsigned passed = 0, failed = 0;
  int stop = take_options(&given, argc, argv);
  if (stop != 0) return stop - 1;
  for (size_t i = 0; i < SCENES; i++) {
    small_scene scene = scenes[i];
    if (given.scene != NULL && strcmp(given.scene, scene.name) != 0) continue;
    if (given.version != 0 && scene.lossy && given.version == 1) continue;
    for (unsigned c = 0; c < SMALL_CLIENTS && given.version != 0; c++)
      scene.versions[c] = (uint8_t)given.version;
    if (play(&scene, &given))
      passed++;
    else
      failed++;
  }
  small_search_free();
  small_path_free();
  if (passed + failed == 0) {
    fputs("epigeon-sim: there is no such scene; see epigeon-sim --small --help\n", stderr);
    return 2;
  }
  printf("%u passed, %u failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}
