/* epigeon-hostile: the command. Ordinary clients talk while a hostile crowd does what it can: does
 * the server's memory stay below its ceiling, and how much slower are the ordinary ones? Both are
 * measured in one run: quiet, hostile, quiet, hostile, quiet; each hostile phase is compared with
 * the quiet ones before and after it, and the median counts. The crowd has only the CPU time that
 * the ordinary clients leave, so that it is the server that is measured, and not who gets the CPU.
 * Read first: hostile.h, driver.h. */
#define _GNU_SOURCE
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver.h"
#include "hostile.h"
#include "server.h"
#include "util.h"

/* On a machine that is so busy the system's scheduler decides who is slow, not the server. */
static const double OTHERS_MOST = 0.2;

enum { MIB = 1024 * 1024, PHASES_MOST = 21, BESIDE_MIB = 64, RECEIVERS = 8, WINDOW = 64 };

/* An ordinary sender looks whether its messages arrive: this many of them are less than the part of
 * memory that the server keeps for each mailbox. */
enum { AHEAD = 256 };

static const char help[] =
    "usage: epigeon-hostile --server PATH [options]\n"
    "Lets a crowd of hostile connections loose on a server, while ordinary clients talk, and "
    "looks\n"
    "whether its memory stays below the ceiling (and 64 MiB beside it: the program, the blocks\n"
    "that malloc keeps, sockets), and whether the ordinary ones keep at least half of their "
    "speed.\n"
    "\n"
    "  --server PATH     the epigeond\n"
    "  --connections N   hostile ones (default 1000)\n"
    "  --memory MIB      the ceiling (default 256)\n"
    "  --rounds N        quiet and hostile phases (default 5)\n"
    "  --seconds S       of each (default 2)\n"
    "  --no-speed        do not judge the speed; nor is it judged when other programs use more "
    "than\n"
    "                    a fifth of the CPU time\n"
    "\n"
    "exit: 0 all is well; 1 too much memory, too slow, or a message was lost, repeated or out of\n"
    "order; 2 a wrong option\n";

struct options {
  const char *server;
  unsigned connections, memory_mib, rounds;
  double seconds;
  bool judge_speed;
};

struct run {
  const struct options *options;
  struct server server;
  struct hostile hostile;
};

static void begin_phase(void *context, unsigned phase) {
  struct run *run = context;
  if (run->hostile.pid != 0) hostile_stop(&run->hostile);
  if (phase % 2 == 1) hostile_start(&run->hostile, run->server.port, run->options->connections);
}

static double print_phases(const struct result *results, unsigned count) {
  double ratios[PHASES_MOST];
  unsigned rounds = 0;
  printf(
      "| phase | messages/s | of the quiet ones beside it | server CPU | receipt p99 ms |\n"
      "|---|---|---|---|---|\n");
  for (unsigned i = 0; i < count; i++) {
    const struct result *r = &results[i];
    char ratio[32] = "";
    if (i % 2 == 1) {
      double before = results[i - 1].rate, after = results[i + 1].rate;
      ratios[rounds] = r->rate / ((before + after) / 2);
      snprintf(ratio, sizeof ratio, "%.2f", ratios[rounds++]);
    }
    printf("| %s | %.0f | %s | %.0f %% | %.2f |\n", i % 2 == 1 ? "hostile" : "quiet", r->rate,
           ratio, r->server_busy * 100, (double)hist_at(&r->receipt, 0.99) / 1e6);
  }
  return median(ratios, rounds);
}

static void print_crowd(const struct hostile_counts *counts) {
  printf("\n| hostile | connected | closed | MiB written |\n|---|---|---|---|\n");
  for (unsigned i = 0; i < HOSTILE_KINDS; i++)
    printf("| %s | %" PRIu64 " | %" PRIu64 " | %.1f |\n", hostile_name((enum hostile_kind)i),
           counts->opened[i], counts->closed[i], (double)counts->bytes[i] / MIB);
}

static bool judge(bool good, const char *what) {
  printf("%s: %s\n", good ? "passed" : "FAILED", what);
  return good;
}

static int run_all(const struct options *options) {
  static struct result results[PHASES_MOST];
  char memory[32], what[160];
  snprintf(memory, sizeof memory, "%uMiB", options->memory_mib);
  const char *extra[] = {"--memory", memory, "--log-rate", "1", NULL};
  struct run run = {.options = options};
  struct cpus cpus = cpus_choose();
  const char *dir = getenv("TMPDIR");
  workdir_make(dir != NULL ? dir : "/tmp");
  (void)others_busy();
  server_start(&run.server, KIND_SERVER_MEMORY, options->server, extra, cpus.server);
  cpu_pin(cpus.driver); /* and the crowd with it: the server has a CPU of its own */
  struct cell cell = {.proto = PROTO_EP2, .port = run.server.port, .pid = run.server.pid};
  cell.receivers = RECEIVERS;
  cell.window = WINDOW;
  cell.ahead = AHEAD;
  cell.seconds = options->seconds;
  struct phases phases = {2 * options->rounds + 1, options->seconds / 2, begin_phase, &run};
  driver_phases(&cell, &phases, results);
  double ratio = print_phases(results, phases.count);
  print_crowd(run.hostile.counts);
  double most = (double)process_rss_peak(run.server.pid) / MIB;
  server_stop(&run.server);
  double others = others_busy();
  printf("\n");
  snprintf(what, sizeof what, "memory at most %.0f MiB, below %u + %u MiB", most,
           options->memory_mib, BESIDE_MIB);
  unsigned failed = !judge(most > 0 && most < options->memory_mib + BESIDE_MIB, what);
  snprintf(what, sizeof what, "speed %.2f of the quiet one (median), at least 0.50", ratio);
  bool judges_speed = options->judge_speed && others <= OTHERS_MOST;
  if (judges_speed)
    failed += !judge(ratio >= 0.5, what);
  else
    printf("not judged: %s; other programs used %.0f %% of the CPU time\n", what, others * 100);
  judge(true, "nothing lost, repeated or out of order at the ordinary clients");
  unsigned judged = judges_speed ? 3 : 2;
  printf("%u passed, %u failed\n", judged - failed, failed);
  return failed == 0 ? 0 : 1;
}

static unsigned long number(const char *text, unsigned long most) {
  char *end;
  unsigned long value = strtoul(text, &end, 10);
  if (end == text || *end != '\0' || value == 0 || value > most) {
    fprintf(stderr, "epigeon-hostile: not a number from 1 to %lu: %s (see --help)\n", most, text);
    exit(2);
  }
  return value;
}

int main(int argc, char **argv) {
  static const struct option longs[] = {
      {"server", required_argument, NULL, 's'},  {"connections", required_argument, NULL, 'c'},
      {"memory", required_argument, NULL, 'm'},  {"rounds", required_argument, NULL, 'r'},
      {"seconds", required_argument, NULL, 't'}, {"no-speed", no_argument, NULL, 'n'},
      {"help", no_argument, NULL, 'h'},          {NULL, 0, NULL, 0}};
  struct options options = {
      .connections = 1000, .memory_mib = 256, .rounds = 5, .seconds = 2, .judge_speed = true};
  int option;
  while ((option = getopt_long(argc, argv, "", longs, NULL)) != -1) {
    switch (option) {
      case 's': options.server = optarg; break;
      case 'c': options.connections = (unsigned)number(optarg, 100000); break;
      case 'm': options.memory_mib = (unsigned)number(optarg, 1 << 20); break;
      case 'r': options.rounds = (unsigned)number(optarg, (PHASES_MOST - 1) / 2); break;
      case 't': options.seconds = (double)number(optarg, 600); break;
      case 'n': options.judge_speed = false; break;
      case 'h': fputs(help, stdout); return 0;
      default: return 2;
    }
  }
  if (options.server == NULL || optind < argc) {
    fputs("epigeon-hostile: say which --server (see --help)\n", stderr);
    return 2;
  }
  catch_signals();
  raise_open_files();
  return run_all(&options);
}
