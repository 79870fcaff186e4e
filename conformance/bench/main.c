/* epigeon-bench: the command. Measures epigeond against raw relays of its own, in one run, on this
 * machine. Read first: README of the project, then suite.h (the table) and curves.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "curves.h"
#include "frame.h"
#include "options.h"
#include "server.h"
#include "suite.h"

#ifndef BENCH_VERSION
#define BENCH_VERSION "2.0.0"
#endif

static const char help[] =
    "usage: epigeon-bench [options]\n"
    "Measures epigeond against two raw bounds of its own, in the same run:\n"
    "  b1  a bare epoll relay: splits frames, forwards them, 60-byte confirms, coalesced writes\n"
    "  b3  b1 that appends each read batch to a file and fdatasyncs it before it goes on\n"
    "The server runs on one CPU, the driver on another. Order, loss and duplicates are checked.\n"
    "\n"
    "  --server PATH   the epigeond to measure (default: the one beside this program;\n"
    "                  none: the bounds alone)\n"
    "  --rounds N      median of N rounds, bounds and server in each (default 5)\n"
    "  --seconds S     length of one measurement (default 1)\n"
    "  --only PART     relay, fanout, curves or idle\n"
    "  --quick         one short round, short curves: does it work\n"
    "  --json FILE     the figures as JSON too (-: to standard output)\n"
    "  --dir DIR       where stores and the synced file go (default TMPDIR or /var/tmp; a disk)\n"
    "  --check         exit 1 when a ratio misses its target\n"
    "  --help, --version\n"
    "\n"
    "exit: 0 done; 1 a message lost, repeated or out of order, the server failed, or a missed\n"
    "target with --check; 2 a wrong option\n";

_Noreturn static void usage(const char *what, const char *value) {
  fprintf(stderr, "epigeon-bench: %s %s (see --help)\n", what, value);
  exit(2);
}

static double positive(const char *name, const char *text, double most) {
  char *end;
  double value = strtod(text, &end);
  if (end == text || *end || !(value > 0) || value > most) usage(name, text);
  return value;
}

static const char *server_beside(void) {
  static char path[PATH_MAX];
  ssize_t len = readlink("/proc/self/exe", path, sizeof path - sizeof "epigeond");
  if (len <= 0) return "epigeond";
  path[len] = '\0';
  strcpy(strrchr(path, '/') + 1, "epigeond");
  return path;
}

static const char *checked_part(const char *part) {
  static const char *const parts[] = {"relay", "fanout", "curves", "idle"};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    if (strcmp(part, parts[i]) == 0) return part;
  usage("--only knows relay, fanout, curves and idle, not", part);
}

static struct options parse(int argc, char **argv) {
  static const struct option names[] = {
      {"server", required_argument, NULL, 's'},
      {"rounds", required_argument, NULL, 'r'},
      {"seconds", required_argument, NULL, 't'},
      {"only", required_argument, NULL, 'o'},
      {"quick", no_argument, NULL, 'q'},
      {"json", required_argument, NULL, 'j'},
      {"dir", required_argument, NULL, 'd'},
      {"check", no_argument, NULL, 'c'},
      {"help", no_argument, NULL, 'h'},
      {"version", no_argument, NULL, 'V'},
      {NULL, 0, NULL, 0},
  };
  struct options options = {.server = server_beside(), .dir = getenv("TMPDIR")};
  int letter;
  while ((letter = getopt_long(argc, argv, "", names, NULL)) != -1) {
    switch (letter) {
      case 's': options.server = strcmp(optarg, "none") == 0 ? NULL : optarg; break;
      case 'r': options.rounds = (unsigned)positive("bad --rounds", optarg, 99); break;
      case 't': options.seconds = positive("bad --seconds", optarg, 60); break;
      case 'o': options.only = checked_part(optarg); break;
      case 'q': options.quick = true; break;
      case 'j': options.json = optarg; break;
      case 'd': options.dir = optarg; break;
      case 'c': options.check = true; break;
      case 'h': fputs(help, stdout); exit(0);
      case 'V': puts("epigeon-bench " BENCH_VERSION); exit(0);
      default: exit(2); /* getopt has said what is wrong */
    }
  }
  if (optind < argc) usage("unexpected", argv[optind]);
  if (options.check && !options.server) usage("--check needs a server, not --server", "none");
  if (!options.dir || !*options.dir) options.dir = "/var/tmp";
  if (options.rounds == 0) options.rounds = options.quick ? 1 : 5;
  if (options.seconds <= 0) options.seconds = options.quick ? 0.3 : 1;
  return options;
}

static bool wanted(const struct options *options, const char *part) {
  return !options->only || strcmp(options->only, part) == 0;
}

static void write_json(const struct options *options, json_t *report) {
  if (!options->json) return;
  FILE *out = strcmp(options->json, "-") == 0 ? stdout : fopen(options->json, "w");
  if (!out) die("cannot write %s: %s", options->json, strerror(errno));
  json_dumpf(report, out, JSON_INDENT(1) | JSON_REAL_PRECISION(6));
  fputc('\n', out);
  if (ferror(out) || (out != stdout && fclose(out))) die("cannot write %s", options->json);
}

int main(int argc, char **argv) {
  struct options options = parse(argc, argv);
  setvbuf(stdout, NULL, _IOLBF, 0);
  catch_signals();
  raise_open_files();
  if (options.server && strchr(options.server, '/') && access(options.server, X_OK))
    die("cannot run %s: %s (--server PATH or none)", options.server, strerror(errno));
  options.cpus = cpus_choose();
  workdir_make(options.dir);
  cpu_pin(options.cpus.driver);
  json_t *report = json_pack("{s:s, s:i, s:f}", "epigeon-bench", BENCH_VERSION, "rounds",
                             (int)options.rounds, "seconds", options.seconds);
  if (options.cpus.driver < 0)
    printf("one CPU only, shared: the ratios say little");
  else
    printf("server on CPU %d, driver on CPU %d", options.cpus.server, options.cpus.driver);
  printf("; %d-byte payload; files in %s\n", PAYLOAD_LEN, options.dir);
  others_busy();

  bool met = true;
  bool relay = wanted(&options, "relay");
  bool fanout = wanted(&options, "fanout");
  if (relay || fanout) met = suite_run(&options, relay, fanout, report);
  if (options.server && wanted(&options, "curves")) {
    if (!curves_clients(&options, report)) met = false;
    if (!curves_unconfirmed(&options, report)) met = false;
  }
  if (options.server && wanted(&options, "idle")) idle_run(&options, report); /* no ratio */
  double others = others_busy();
  if (others > 0.05)
    printf("\nother programs used %.0f %% of this machine meanwhile: trust no figure\n",
           100 * others);
  json_object_set_new(report, "others_busy", json_real(others));
  write_json(&options, report);
  json_decref(report);
  if (options.check) puts(met ? "\nall ratios met" : "\na ratio was MISSED");
  return options.check && !met ? 1 : 0;
}
