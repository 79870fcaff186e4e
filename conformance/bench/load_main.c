/* epigeon-load: the command. Thousands of clients, of which many send, for minutes, messages of 64
 * bytes to 16 MiB: how long do they take, does the server grow, is it fair, and what do receivers
 * that stand still do to the others? Every bound is a ratio of two figures of the same run.
 *
 * A run: the timetable for as long as was asked for; a flood, in which everybody sends as much as
 * is confirmed; then the timetable again, in turns without and with three receivers that behave
 * badly. Read first: load_traffic.h, load_watch.h. */
#define _GNU_SOURCE
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load_traffic.h"
#include "load_watch.h"
#include "server.h"
#include "util.h"

enum {
  MIB = 1024 * 1024,
  TURNS = 5,
  SPARE_FILES = 64,
  PART_LEAST_S = 2,
  METRICS_MS = 1100,
  WARM_UP_S = 2
};

/* On a machine that is so busy the system's scheduler decides who is slow, not the server. */
static const double OTHERS_MOST = 0.2;
static const double GROWTH_MOST = 1.1, GROWTH_SLACK = 64.0 * MIB; /* four of the largest messages */
static const double JAIN_LEAST = 0.95, SHARE_LEAST = 0.5;
static const double SLOWER_MOST = 1.5;

static const char help[] =
    "usage: epigeon-load --server PATH [options]\n"
    "Thousands of clients on one epigeond: latency from the moment a message was due, growth of "
    "the\n"
    "server, fairness between senders, and what receivers that stand still do to the others. "
    "Prints\n"
    "tables, and whether each bound is kept.\n"
    "\n"
    "  --server PATH     the epigeond\n"
    "  --connections N   clients, three of which behave badly in the end (default 10000)\n"
    "  --senders N       of these that send (default 1000)\n"
    "  --rate R          messages a second of each sender (default 5)\n"
    "  --minutes M       of the timetable (default 10); the whole run takes about a third more\n"
    "  --store KIND      memory or lmdb (default memory)\n"
    "  --dir DIR         where the store goes (default TMPDIR or /var/tmp; a disk)\n"
    "  --no-speed        do not judge times; nor are they judged when other programs use more "
    "than\n"
    "                    a fifth of the CPU time\n"
    "\n"
    "exit: 0 all is well; 1 a bound is not kept, or a message was lost, repeated, changed or out "
    "of\n"
    "order; 2 a wrong option\n";

struct options {
  const char *server, *dir;
  unsigned connections, senders;
  double rate, seconds;
  bool lmdb, judge_speed;
};

struct run {
  const struct options *options;
  struct server server;
  struct watch watch;
  struct traffic traffic;
  struct holding holding[QUARTERS];
  double core_at_rest[3]; /* bytes; everybody connected, after the timetable, in the end */
  struct fairness timetable, flood;
  double flood_s, server_busy, driver_busy;
  unsigned passed, failed;
};

static void judge(struct run *run, bool good, const char *what) {
  printf("%s: %s\n", good ? "passed" : "FAILED", what);
  run->passed += good;
  run->failed += !good;
}

/* What the core holds when nothing is under way. */
static double core_at_rest(struct run *run) {
  sleep_ms(METRICS_MS);
  return watch_metric(&run->watch, "epigeon_memory_bytes");
}

/* ---- The run --------------------------------------------------------------------------------- */

static void turns_for(struct run *run, double seconds) {
  uint64_t end = now_ns() + (uint64_t)(seconds * 1e9);
  while (run->traffic.crew.now < end) {
    traffic_turn(&run->traffic);
    watch_tick(&run->watch, run->traffic.crew.now);
  }
}

static void play_timetable(struct run *run) {
  traffic_mode(&run->traffic, LOAD_TIMETABLE);
  turns_for(run, WARM_UP_S); /* with one of the largest */
  uint64_t begin = now_ns(), server = process_cpu_ns(run->server.pid), driver = own_cpu_ns();
  phase_begin(&run->traffic);
  for (unsigned i = 0; i < QUARTERS; i++) {
    progress("timetable, quarter %u of %d", i + 1, QUARTERS);
    turns_for(run, run->options->seconds / QUARTERS);
    run->holding[i] = watch_sum(&run->watch);
  }
  phase_end(&run->traffic);
  double wall = (double)(now_ns() - begin);
  run->server_busy = (double)(process_cpu_ns(run->server.pid) - server) / wall;
  run->driver_busy = (double)(own_cpu_ns() - driver) / wall;
  traffic_drain(&run->traffic);
  run->timetable = traffic_fairness(&run->traffic);
}

static double short_part(const struct run *run) {
  double part = run->options->seconds / 20;
  return part > PART_LEAST_S ? part : PART_LEAST_S;
}

static void play_flood(struct run *run) {
  progress("flood");
  run->flood_s = short_part(run);
  traffic_flood(&run->traffic);
  phase_begin(&run->traffic);
  turns_for(run, run->flood_s);
  phase_end(&run->traffic);
  run->flood = traffic_fairness(&run->traffic);
  traffic_drain(&run->traffic);
}

/* In turns without and with. After a turn with, the three behave again and get what has waited for
 * them. */
static void play_bad_receivers(struct run *run) {
  static const enum client_manner manners[SPECIALS] = {MANNER_SILENT, MANNER_DEAD, MANNER_SLOW};
  traffic_mode(&run->traffic, LOAD_TIMETABLE);
  for (unsigned turn = 0; turn < TURNS; turn++) {
    progress("bad receivers, turn %u of %d", turn + 1, TURNS);
    bool with = turn % 2 == 1;
    for (unsigned i = 0; with && i < SPECIALS; i++)
      client_behave(traffic_special(&run->traffic, i), manners[i]);
    turns_for(run, 1);
    phase_begin(&run->traffic);
    turns_for(run, short_part(run));
    phase_end(&run->traffic);
    for (unsigned i = 0; with && i < SPECIALS; i++)
      client_behave(traffic_special(&run->traffic, i), MANNER_GOOD);
    traffic_catch_up(&run->traffic);
  }
  progress("the last ones");
  traffic_drain(&run->traffic);
  progress("%s", "");
}

/* ---- What is said of it ---------------------------------------------------------------------- */

static double ms(const struct hist *hist, double quantile) {
  return (double)hist_at(hist, quantile) / 1e6;
}

static void print_row(const char *name, const struct hist *hist) {
  printf("| %s | %" PRIu64 " | %.2f | %.2f | %.2f | %.2f | %.2f |\n", name, hist->total,
         ms(hist, 0.5), ms(hist, 0.9), ms(hist, 0.99), ms(hist, 0.999), ms(hist, 1));
}

static void say_latency(const struct run *run) {
  const struct options *options = run->options;
  const struct phase *phase = &run->traffic.phases[0];
  double seconds = (double)(phase->end_ns - phase->begin_ns) / 1e9;
  printf("%u clients, %u of them send %.0f messages a second together; store: %s\n\n",
         options->connections, options->senders, options->rate * options->senders,
         options->lmdb ? "lmdb" : "memory");
  printf(
      "| ms from when it was due | copies | p50 | p90 | p99 | p99.9 | max |\n"
      "|---|---|---|---|---|---|---|\n");
  for (unsigned i = 0; i < SIZES; i++) print_row(size_names[i], &phase->latency[i]);
  print_row("confirmed to the sender", &phase->confirm);
  printf("\n%.0f copies and %.1f MiB a second; CPU: server %.0f %%, this program %.0f %%\n",
         (double)phase->copies / seconds, (double)phase->bytes / MIB / seconds,
         run->server_busy * 100, run->driver_busy * 100);
}

/* A tenth more is no growth, nor is what the largest messages under way take. */
static void judge_growth(struct run *run, const char *name, double from, double to, double slack) {
  char what[160];
  double most = from * GROWTH_MOST + slack;
  snprintf(what, sizeof what, "%s went from %.1f to %.1f MiB, at most to %.1f", name, from / MIB,
           to / MIB, most / MIB);
  judge(run, to <= most, what);
}

static void say_growth(struct run *run) {
  const struct holding *held = run->holding;
  printf("\n| the server, MiB | 1/4 | 1/2 | 3/4 | end |\n|---|---|---|---|---|\n");
#define ROW(name, member)                                                            \
  printf("| %s | %.1f | %.1f | %.1f | %.1f |\n", name, (double)held[0].member / MIB, \
         (double)held[1].member / MIB, (double)held[2].member / MIB, (double)held[3].member / MIB)
  ROW("memory of the process, without files", memory);
  ROW("memory of the core", core);
  ROW("in mailboxes", mailbox);
  ROW("waiting for sockets", output);
  if (run->options->lmdb) ROW("store on the disk", store);
#undef ROW
  const double *rest = run->core_at_rest;
  printf(
      "\n| the core at rest, MiB | all connected | after the timetable | in the end "
      "|\n|---|---|---|---|\n"
      "| memory | %.1f | %.1f | %.1f |\n\n",
      rest[0] / MIB, rest[1] / MIB, rest[2] / MIB);
  judge_growth(run, "memory", held[0].memory, held[3].memory, GROWTH_SLACK);
  judge_growth(run, "the core at rest", rest[1], rest[2], MIB);
  if (!run->options->lmdb) return;
  judge_growth(run, "the store", (double)held[0].store, (double)held[3].store, GROWTH_SLACK);
}

static void say_fairness(struct run *run) {
  char what[160];
  const struct {
    const char *name;
    const struct fairness *of;
  } rows[] = {{"the timetable", &run->timetable}, {"the flood", &run->flood}};
  printf(
      "\n| confirmed, by sender | messages | Jain's index | least of most |\n|---|---|---|---|\n");
  for (unsigned i = 0; i < 2; i++)
    printf("| %s | %" PRIu64 " | %.4f | %.2f |\n", rows[i].name, rows[i].of->messages,
           rows[i].of->jain, rows[i].of->least_of_most);
  printf("\nin the flood %.0f messages a second\n", (double)run->flood.messages / run->flood_s);
  snprintf(what, sizeof what,
           "in the flood Jain's index is %.4f, at least %.2f; who had least had %.2f of who had "
           "most, at least %.2f",
           run->flood.jain, JAIN_LEAST, run->flood.least_of_most, SHARE_LEAST);
  judge(run, run->flood.jain >= JAIN_LEAST && run->flood.least_of_most >= SHARE_LEAST, what);
}

static void say_bad_receivers(struct run *run, bool judge_speed, double others) {
  const struct phase *turns = &run->traffic.phases[2];
  double ratios[TURNS / 2];
  char what[160];
  printf(
      "\n| one never reads, one is dead, one is slow: ms, others, 64 B to 1 KiB | p50 | p99 | "
      "p99.9 | p99 of the slower turn beside it |\n"
      "|---|---|---|---|---|\n");
  for (unsigned i = 0; i < TURNS; i++) {
    const struct hist *hist = &turns[i].latency[0];
    char ratio[32] = "";
    if (i % 2 == 1) {
      double before = ms(&turns[i - 1].latency[0], 0.99),
             after = ms(&turns[i + 1].latency[0], 0.99);
      ratios[i / 2] = ms(hist, 0.99) / (before > after ? before : after);
      snprintf(ratio, sizeof ratio, "%.2f", ratios[i / 2]);
    }
    printf("| %s | %.2f | %.2f | %.2f | %s |\n", i % 2 == 1 ? "with them" : "without",
           ms(hist, 0.5), ms(hist, 0.99), ms(hist, 0.999), ratio);
  }
  double ratio = median(ratios, TURNS / 2);
  printf("\n%" PRIu64 " copies were refused because the mailbox of one of them was full\n",
         run->traffic.refused);
  snprintf(what, sizeof what,
           "p99 of the others with them is %.2f of that without (median), at most %.2f", ratio,
           SLOWER_MOST);
  if (judge_speed)
    judge(run, ratio <= SLOWER_MOST, what);
  else
    printf("not judged: %s; other programs used %.0f %% of the CPU time\n", what, others * 100);
}

static void say_complete(struct run *run) {
  char what[160];
  const struct traffic *traffic = &run->traffic;
  unsigned differ = traffic_incomplete(traffic);
  snprintf(what, sizeof what,
           "%" PRIu64 " messages in %" PRIu64
           " copies: nothing lost, repeated, changed or out of order",
           traffic->sent, traffic->got_copies);
  judge(run, differ == 0 && traffic->got_copies == traffic->due_copies, what);
  double left = watch_metric(&run->watch, "epigeon_mailbox_messages");
  snprintf(what, sizeof what, "in the end %.0f messages are in mailboxes", left);
  judge(run, left == 0, what);
}

static int run_all(const struct options *options) {
  char connections[16];
  snprintf(connections, sizeof connections, "%u", options->connections + SPARE_FILES);
  const char *extra[] = {"--metrics", "127.0.0.1:0", "--connections", connections, "--log-rate",
                         "1",         NULL};
  struct run *run = must_alloc(NULL, sizeof *run);
  *run = (struct run){.options = options};
  struct cpus cpus = cpus_choose();
  workdir_make(options->dir);
  (void)others_busy();
  server_start(&run->server, options->lmdb ? KIND_SERVER_LMDB : KIND_SERVER_MEMORY, options->server,
               extra, cpus.server);
  cpu_pin(cpus.driver);
  watch_open(&run->watch, &run->server);
  progress("connecting");
  traffic_open(&run->traffic, run->server.port, options->connections, options->senders,
               options->rate);
  run->core_at_rest[0] = core_at_rest(run);
  play_timetable(run);
  run->core_at_rest[1] = core_at_rest(run);
  play_flood(run);
  play_bad_receivers(run);
  run->core_at_rest[2] = core_at_rest(run);
  say_latency(run);
  say_growth(run);
  say_fairness(run);
  say_complete(run);
  traffic_leave(&run->traffic);
  server_stop(&run->server);
  double others = others_busy();
  say_bad_receivers(run, options->judge_speed && others <= OTHERS_MOST, others);
  traffic_free(&run->traffic);
  watch_close(&run->watch);
  unsigned passed = run->passed, failed = run->failed;
  free(run);
  printf("%u passed, %u failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}

/* ---- Options --------------------------------------------------------------------------------- */

static double number(const char *text, double least, double most) {
  char *end;
  double value = strtod(text, &end);
  if (end != text && *end == '\0' && value >= least && value <= most) return value;
  fprintf(stderr, "epigeon-load: not a number from %g to %g: %s (see --help)\n", least, most, text);
  exit(2);
}

static bool is_lmdb(const char *kind) {
  if (strcmp(kind, "lmdb") == 0) return true;
  if (strcmp(kind, "memory") == 0) return false;
  fprintf(stderr, "epigeon-load: the store must be memory or lmdb, not %s (see --help)\n", kind);
  exit(2);
}

static struct options parse(int argc, char **argv) {
  static const struct option longs[] = {
      {"server", required_argument, NULL, 'S'},  {"connections", required_argument, NULL, 'c'},
      {"senders", required_argument, NULL, 's'}, {"rate", required_argument, NULL, 'r'},
      {"minutes", required_argument, NULL, 'm'}, {"store", required_argument, NULL, 'k'},
      {"dir", required_argument, NULL, 'd'},     {"no-speed", no_argument, NULL, 'n'},
      {"help", no_argument, NULL, 'h'},          {NULL, 0, NULL, 0}};
  const char *dir = getenv("TMPDIR");
  struct options options = {.dir = dir != NULL ? dir : "/var/tmp",
                            .connections = 10000,
                            .senders = 1000,
                            .rate = 5,
                            .seconds = 600,
                            .judge_speed = true};
  int option;
  while ((option = getopt_long(argc, argv, "", longs, NULL)) != -1) {
    switch (option) {
      case 'S': options.server = optarg; break;
      case 'c': options.connections = (unsigned)number(optarg, 10, 1000000); break;
      case 's': options.senders = (unsigned)number(optarg, 1, 100000); break;
      case 'r': options.rate = number(optarg, 0.01, 1000); break;
      case 'm': options.seconds = 60 * number(optarg, 0.05, 1440); break;
      case 'k': options.lmdb = is_lmdb(optarg); break;
      case 'd': options.dir = optarg; break;
      case 'n': options.judge_speed = false; break;
      case 'h': fputs(help, stdout); exit(0);
      default: exit(2);
    }
  }
  if (options.server != NULL && optind == argc && options.senders <= options.connections - SPECIALS)
    return options;
  fputs(
      "epigeon-load: say which --server, and no more senders than connections less three (see "
      "--help)\n",
      stderr);
  exit(2);
}

int main(int argc, char **argv) {
  struct options options = parse(argc, argv);
  catch_signals();
  size_t files = raise_open_files();
  if (files < options.connections + SPARE_FILES) {
    fprintf(stderr,
            "epigeon-load: %zu open files are allowed and %u are needed: raise that with `ulimit "
            "-Hn` as root, or "
            "ask for fewer connections.\n",
            files, options.connections + SPARE_FILES);
    return 1;
  }
  return run_all(&options);
}
