/* epigeon-bench: settings, contestants, targets, rounds, table. A ratio is the median over the
 * rounds of (the contestant's rate / the rate of its bound in the same round). See suite.h. */
#define _GNU_SOURCE
#include "suite.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver.h"
#include "server.h"

enum { SETTINGS = 4, CONTESTANTS = 6, MAX_ROUNDS = 99 };

static const struct setting {
  const char *name;
  unsigned receivers;
  unsigned window;
} settings[SETTINGS] = {
    {"relay, window 1", 1, 1},
    {"relay, window 64", 1, 64},
    {"relay, window 1024", 1, 1024},
    {"fan-out 1 to 50, window 16", 50, 16},
};

static const struct contestant {
  const char *name;
  enum kind kind;
  enum proto proto;
  int bound; /* index of its bound; -1: is one */
} contestants[CONTESTANTS] = {
    {"b1", KIND_RELAY, PROTO_RAW, -1},
    {"b3", KIND_RELAY_SYNCED, PROTO_RAW, -1},
    {"EP/2 memory", KIND_SERVER_MEMORY, PROTO_EP2, 0},
    {"EP/2 LMDB", KIND_SERVER_LMDB, PROTO_EP2, 1},
    {"EP/1 memory", KIND_SERVER_MEMORY, PROTO_EP1, 0},
    {"EP/1 LMDB", KIND_SERVER_LMDB, PROTO_EP1, 1},
};

/* What has been promised: at least this share of the bound, at most this CPU time (0: nothing
 * said). */
static const struct target {
  double ratio;
  double cpu;
} targets[SETTINGS][CONTESTANTS] = {
    [1] = {[2] = {0.5, 0}, [3] = {0.5, 0}, [4] = {0.3, 0}},
    [2] = {[2] = {0.2, 1.0}, [3] = {0.25, 0}},
    [3] = {[2] = {0.35, 0}},
};

/* All rounds of one contestant in one setting. */
struct tally {
  double rate[MAX_ROUNDS];
  double ratio[MAX_ROUNDS];
  double cpu[MAX_ROUNDS];
  double rss[MAX_ROUNDS];
  double server_busy[MAX_ROUNDS];
  double driver_busy[MAX_ROUNDS];
  struct hist receipt;
  struct hist confirm;
};

static struct tally tallies[SETTINGS][CONTESTANTS];

static void run_one(const struct options *options, const struct setting *setting,
                    const struct contestant *contestant, struct tally *tally, unsigned round) {
  static struct result result;
  struct server server;
  server_start(&server, contestant->kind, options->server, NULL, options->cpus.server);
  struct cell cell = {.proto = contestant->proto,
                      .port = server.port,
                      .pid = server.pid,
                      .receivers = setting->receivers,
                      .window = setting->window,
                      .seconds = options->seconds};
  driver_run(&cell, &result);
  server_stop(&server);
  tally->rate[round] = result.rate;
  tally->cpu[round] = result.server_cpu;
  tally->rss[round] = (double)result.rss;
  tally->server_busy[round] = result.server_busy;
  tally->driver_busy[round] = result.driver_busy;
  hist_merge(&tally->receipt, &result.receipt);
  hist_merge(&tally->confirm, &result.confirm);
}

static void run_round(const struct options *options, unsigned first, unsigned last,
                      unsigned round) {
  for (unsigned s = first; s < last; s++) {
    for (unsigned c = 0; c < CONTESTANTS; c++) {
      const struct contestant *contestant = &contestants[c];
      struct tally *tally = &tallies[s][c];
      if (contestant->bound >= 0 && !options->server) continue;
      progress("round %u of %u: %s, %s", round + 1, options->rounds, settings[s].name,
               contestant->name);
      run_one(options, &settings[s], contestant, tally, round);
      if (contestant->bound >= 0)
        tally->ratio[round] = tally->rate[round] / tallies[s][contestant->bound].rate[round];
    }
  }
  progress("%s", "");
}

static double micros(const struct hist *hist, double quantile) {
  return (double)hist_at(hist, quantile) / 1e3;
}

/* One row; false when its ratio misses the target. */
static bool print_row(const struct options *options, unsigned s, unsigned c, json_t *cells) {
  struct tally *tally = &tallies[s][c];
  const struct target *target = &targets[s][c];
  size_t rounds = options->rounds;
  double rate = median(tally->rate, rounds);
  double cpu = median(tally->cpu, rounds);
  double rss = median(tally->rss, rounds);
  bool server = contestants[c].bound >= 0;
  double ratio = server ? median(tally->ratio, rounds) : 0;
  double p50 = micros(&tally->receipt, 0.5), p99 = micros(&tally->receipt, 0.99);
  double c50 = micros(&tally->confirm, 0.5), c99 = micros(&tally->confirm, 0.99);
  double busy[2] = {median(tally->server_busy, rounds), median(tally->driver_busy, rounds)};
  bool met = ratio >= target->ratio;
  bool cpu_met = target->cpu <= 0 || cpu <= target->cpu;

  printf("  %-12s %9.0f %8.0f %8.0f %8.0f %8.0f %7.2f %4.0f %4.0f", contestants[c].name, rate, p50,
         p99, c50, c99, cpu, 100 * busy[0], 100 * busy[1]);
  if (server) printf(" %7.1f  %.2f %s", rss / 1e6, ratio, contestants[contestants[c].bound].name);
  if (target->ratio > 0) printf("  >= %.2f %s", target->ratio, met ? "met" : "MISSED");
  if (target->cpu > 0) printf(", CPU <= %.1f %s", target->cpu, cpu_met ? "met" : "MISSED");
  putchar('\n');

  json_t *row = json_pack("{s:s, s:s, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:b}", "setting",
                          settings[s].name, "who", contestants[c].name, "per_second", rate,
                          "receipt_p50_us", p50, "receipt_p99_us", p99, "confirm_p50_us", c50,
                          "confirm_p99_us", c99, "cpu_s_per_million", cpu, "server_busy", busy[0],
                          "driver_busy", busy[1], "met", met && cpu_met);
  if (server) {
    json_object_set_new(row, "rss_bytes", json_real(rss));
    json_object_set_new(row, "ratio", json_real(ratio));
  }
  if (target->ratio > 0) json_object_set_new(row, "ratio_target", json_real(target->ratio));
  if (target->cpu > 0) json_object_set_new(row, "cpu_target", json_real(target->cpu));
  json_array_append_new(cells, row);
  return met;
}

bool suite_run(const struct options *options, bool relay, bool fanout, json_t *report) {
  assert(options->rounds > 0 && options->rounds <= MAX_ROUNDS);
  unsigned first = relay ? 0 : SETTINGS - 1;
  unsigned last = fanout ? SETTINGS : SETTINGS - 1;
  for (unsigned round = 0; round < options->rounds; round++) run_round(options, first, last, round);

  bool met = true;
  json_t *cells = json_array();
  for (unsigned s = first; s < last; s++) {
    printf("\n%s\n  %-12s %9s %8s %8s %8s %8s %7s %4s %4s %7s  %s\n", settings[s].name, "",
           s == SETTINGS - 1 ? "deliv./s" : "msg/s", "rcv p50", "rcv p99", "cnf p50", "cnf p99",
           "CPU s/M", "srv%", "drv%", "RSS MB", "ratio  target");
    for (unsigned c = 0; c < CONTESTANTS; c++) {
      if (contestants[c].bound >= 0 && !options->server) continue;
      if (!print_row(options, s, c, cells)) met = false;
    }
  }
  puts(
      "\n  rcv, cnf: microseconds from sending to receipt by the receiver, and to the confirm at "
      "the"
      " sender.\n  CPU s/M: the server's CPU seconds per million deliveries. srv%, drv%: how busy"
      " its CPU and the\n  driver's were. ratio: to the bound of the same round.");
  printf(
      "  Everything is the median of %u rounds of %.1f s, latencies are of all rounds together.\n",
      options->rounds, options->seconds);
  json_object_set_new(report, "cells", cells);
  return met;
}
