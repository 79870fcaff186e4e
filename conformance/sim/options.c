/* The command line. See options.h. */
#include "sim/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "epigeon.h"

enum {
  OPT_HELP = 1,
  OPT_VERSION,
  OPT_SEEDS,
  OPT_SEED,
  OPT_TRACE,
  OPT_LAYER,
  OPT_CLIENTS,
  OPT_MESSAGES,
  OPT_JOBS,
  OPT_CANARY,
  OPT_VERBOSE,
  OPT_KEEP_GOING,
  OPT_JSON,
  OPT_NO_SHRINK,
  OPT_WITHOUT,
  OPT_MALLOC
};

static const struct option table[] = {{"help", no_argument, NULL, OPT_HELP},
                                      {"version", no_argument, NULL, OPT_VERSION},
                                      {"seeds", required_argument, NULL, OPT_SEEDS},
                                      {"seed", required_argument, NULL, OPT_SEED},
                                      {"trace", required_argument, NULL, OPT_TRACE},
                                      {"layer", required_argument, NULL, OPT_LAYER},
                                      {"clients", required_argument, NULL, OPT_CLIENTS},
                                      {"messages", required_argument, NULL, OPT_MESSAGES},
                                      {"jobs", required_argument, NULL, OPT_JOBS},
                                      {"canary", no_argument, NULL, OPT_CANARY},
                                      {"verbose", no_argument, NULL, OPT_VERBOSE},
                                      {"keep-going", no_argument, NULL, OPT_KEEP_GOING},
                                      {"json", no_argument, NULL, OPT_JSON},
                                      {"no-shrink", no_argument, NULL, OPT_NO_SHRINK},
                                      {"without", required_argument, NULL, OPT_WITHOUT},
                                      {"malloc", no_argument, NULL, OPT_MALLOC},
                                      {NULL, 0, NULL, 0}};

static void help(void) {
  (void)puts(
      "Usage: epigeon-sim [--seeds A..B | --seed N] [OPTION]...\n"
      "Runs the cores of e-pigeon, client and server, in virtual time, with everything that can "
      "go\n"
      "wrong, and has the oracle judge what happens. Each seed is another mix; the same seed is\n"
      "always the same run.\n"
      "\n"
      "  --seeds A..B    the seeds to run (default 1..1000)\n"
      "  --seed N        one seed; says what it drew, and the digest of the run\n"
      "  --without LIST  leaves parts of the plan out: c (clients), a (actions), f (faults),\n"
      "                  r (rude acts), k (knobs), as in c1,a5-9,f3; needs --seed\n"
      "  --layer LAYER   stream, frame (lossy transport), or both (default)\n"
      "  --clients N     so many clients (default: drawn, 2 to 6)\n"
      "  --messages N    so many messages (default: drawn, 10 to 60)\n"
      "  --jobs N        so many processes at a time (default 1)\n"
      "  --keep-going    does not stop at the first seed that fails\n"
      "  --no-shrink     does not look for a smaller run that fails in the same way\n"
      "  --json          one line of JSON for each seed that fails, and nothing else\n"
      "  --trace FILE    writes what happens as a trace for epigeon-oracle; needs --seed\n"
      "  --canary        plants a bug that only the judge can notice: the exit status must be 1\n"
      "  --malloc        memory of the cores from malloc, really freed, leaks are found\n"
      "  --verbose       a line for each seed\n"
      "  --help, --version\n"
      "\n"
      "As the first word, with words of its own:\n"
      "  --small         small worlds, exhaustively\n"
      "  --coverage      which rows of the two machines, limits and timers the seeds reach\n"
      "  --kept DIR      runs the seeds that are kept\n"
      "\n"
      "Exit status: 0 all is well, 1 something is not, 2 the command line is wrong.");
}

static int wrong(const char *what) {
  (void)fprintf(stderr, "epigeon-sim: %s Try --help.\n", what);
  return 2;
}

static bool number(const char *text, uint64_t most, uint64_t *out) {
  uint64_t value = 0;
  if (*text == '\0') return false;
  for (; *text != '\0'; text++) {
    if (*text < '0' || *text > '9' || value > (UINT64_MAX - 9) / 10) return false;
    value = value * 10 + (uint64_t)(*text - '0');
  }
  *out = value;
  return value <= most;
}

static bool range(const char *text, options *out) {
  char first[24];
  const char *dots = strstr(text, "..");
  if (dots == NULL || (size_t)(dots - text) >= sizeof first) return false;
  memcpy(first, text, (size_t)(dots - text));
  first[dots - text] = '\0';
  return number(first, UINT64_MAX, &out->first) && number(dots + 2, UINT64_MAX, &out->last) &&
         out->first <= out->last;
}

static bool layer(const char *text, plan_layer *out) {
  if (strcmp(text, "stream") == 0)
    *out = PLAN_LAYER_STREAM;
  else if (strcmp(text, "frame") == 0)
    *out = PLAN_LAYER_FRAME;
  else if (strcmp(text, "both") == 0)
    *out = PLAN_LAYER_BOTH;
  else
    return false;
  return true;
}

static bool small(const char *text, uint64_t most, uint32_t *out) {
  uint64_t value;
  if (!number(text, most, &value) || value == 0) return false;
  *out = (uint32_t)value;
  return true;
}

static int take(options *out, int which, const char *text) {
  switch (which) {
    case OPT_HELP: help(); return 0;
    case OPT_VERSION: (void)puts("epigeon-sim " EP_VERSION); return 0;
    case OPT_SEEDS:
      return range(text, out) ? OPTIONS_RUN : wrong("--seeds takes a range like 1..1000.");
    case OPT_SEED:
      out->one = true;
      if (!number(text, UINT64_MAX, &out->first)) return wrong("--seed takes a number.");
      out->last = out->first;
      return OPTIONS_RUN;
    case OPT_LAYER:
      return layer(text, &out->size.layer) ? OPTIONS_RUN
                                           : wrong("--layer takes stream, frame or both.");
    case OPT_CLIENTS:
      return small(text, PLAN_CLIENTS_MOST, &out->size.clients)
                 ? OPTIONS_RUN
                 : wrong("--clients takes a number from 1 to 64.");
    case OPT_MESSAGES:
      return small(text, 1000000, &out->size.messages)
                 ? OPTIONS_RUN
                 : wrong("--messages takes a number from 1 to 1000000.");
    case OPT_JOBS:
      return small(text, OPTIONS_JOBS_MOST, &out->jobs)
                 ? OPTIONS_RUN
                 : wrong("--jobs takes a number from 1 to 256.");
    case OPT_TRACE: out->trace = text; return OPTIONS_RUN;
    case OPT_WITHOUT: out->without = text; return OPTIONS_RUN;
    case OPT_CANARY: out->canary = true; return OPTIONS_RUN;
    case OPT_VERBOSE: out->verbose = true; return OPTIONS_RUN;
    case OPT_KEEP_GOING: out->keep_going = true; return OPTIONS_RUN;
    case OPT_JSON:
      out->json = true;
      out->shrink = false;
      return OPTIONS_RUN;
    case OPT_NO_SHRINK: out->shrink = false; return OPTIONS_RUN;
    case OPT_MALLOC: out->use_malloc = true; return OPTIONS_RUN;
    default: return wrong("That option is not known.");
  }
}

int options_read(options *out, int argc, char **argv) {
  int which;
  *out = (options){.first = 1, .last = 1000, .jobs = 1, .shrink = true};
  out->size.layer = PLAN_LAYER_BOTH;
  opterr = 0;
  while ((which = getopt_long(argc, argv, "", table, NULL)) != -1) {
    int status = take(out, which, optarg);
    if (status != OPTIONS_RUN) return status;
  }
  if (optind != argc) return wrong("There is a word too many.");
  if (!out->one && out->trace != NULL) return wrong("--trace needs --seed.");
  if (!out->one && out->without != NULL) return wrong("--without needs --seed.");
  return OPTIONS_RUN;
}

void options_words(const options *given, char *out, size_t out_len) {
  static const char *const layers[] = {"", " --layer stream", " --layer frame", ""};
  char clients[40] = "", messages[40] = "";
  if (given->size.clients != 0)
    (void)snprintf(clients, sizeof clients, " --clients %u", given->size.clients);
  if (given->size.messages != 0)
    (void)snprintf(messages, sizeof messages, " --messages %u", given->size.messages);
  (void)snprintf(out, out_len, "%s%s%s%s", layers[given->size.layer], clients, messages,
                 given->canary ? " --canary" : "");
}
