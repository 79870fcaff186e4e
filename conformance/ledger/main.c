/* epigeon-ledger: kills a server under load, hundreds of times, and keeps a ledger of what was
 * sent; at the end what arrived must agree with it.
 * Exit codes: 0 nothing lost, doubled, reordered; 1 something was; 2 wrong usage, or the run could
 * not be made.
 * Read first: README.md. Then: run.h. */
#define _GNU_SOURCE 1
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ledger/run.h"

enum {
  EXIT_WRONG = 1,
  EXIT_USAGE = 2,
  USUAL_KILLS = 500,
  USUAL_CLIENTS = 6,
  USUAL_PATIENCE = 45,
  CLIENTS_LEAST = 3
};

static const char usage[] =
    "Usage: epigeon-ledger [OPTION VALUE]...\n\n"
    "Starts a server and clients, kills the server under load, again and again, fills its disk,\n"
    "cuts connections, kills clients; then compares what arrived with a ledger of what was "
    "sent.\n\n"
    "  --server PATH   the server to test (build/plain/epigeond)\n"
    "  --kills N       how often it is killed (500)\n"
    "  --clients N     how many clients send to each other, 3 to 16 (6)\n"
    "  --seed N        decides who sends what to whom, and which faults come (the time)\n"
    "  --dir DIR       an empty directory for state files and the log (a new one in /tmp)\n"
    "  --no-mount      the store lies on the disk of DIR, not on a small one of its own\n"
    "  --patience N    seconds without any arrival after which the rest is lost (45)\n"
    "  --lose-store    plant a fault: throw the store away at one of the kills\n"
    "  --help          this help\n\n"
    "Exit codes: 0 all is well, 1 something was lost, doubled or out of order, 2 wrong usage, or\n"
    "the run could not be made.\n";

/* ---- Options --------------------------------------------------------------------------------- */

static bool number_read(uint64_t *out, const char *text, uint64_t least, uint64_t most) {
  char *end = NULL;
  if (*text < '0' || *text > '9') return false;
  *out = strtoull(text, &end, 10);
  return *end == '\0' && *out >= least && *out <= most;
}

static bool flag_read(ledger_options *options, const char *name) {
  if (strcmp(name, "--help") == 0) return options->help = true;
  if (strcmp(name, "--lose-store") == 0) return options->lose_store = true;
  if (strcmp(name, "--no-mount") != 0) return false;
  options->own_disk = false;
  return true;
}

static bool value_read(ledger_options *options, const char *name, const char *value) {
  uint64_t number = 0;
  if (strcmp(name, "--server") == 0) {
    options->server = value;
  } else if (strcmp(name, "--dir") == 0 && strlen(value) < 400) {
    options->dir = value;
  } else if (strcmp(name, "--kills") == 0 && number_read(&number, value, 1, 1000000)) {
    options->kills = (unsigned)number;
  } else if (strcmp(name, "--patience") == 0 && number_read(&number, value, 1, 3600)) {
    options->patience_s = (unsigned)number;
  } else if (strcmp(name, "--clients") == 0 &&
             number_read(&number, value, CLIENTS_LEAST, LEDGER_CLIENTS_MOST)) {
    options->clients = (unsigned)number;
  } else if (strcmp(name, "--seed") != 0 || !number_read(&options->seed, value, 0, UINT64_MAX)) {
    return false;
  }
  return true;
}

static bool options_read(ledger_options *options, int argc, char **argv) {
  for (int at = 1; at < argc; at++) {
    if (flag_read(options, argv[at])) continue;
    if (at + 1 == argc || !value_read(options, argv[at], argv[at + 1])) {
      (void)fprintf(stderr, "epigeon-ledger: What is \"%s\"? See --help.\n", argv[at]);
      return false;
    }
    at++;
  }
  return true;
}

/* ---- The account ----------------------------------------------------------------------------- */

static void print_account(const ledger_run *run) {
  const ledger_account *a = &run->book.account;
  const ledger_counts *c = &run->counts;
  (void)printf("%" PRIu64 " messages given, %" PRIu64 " kept, %" PRIu64 " confirmed, %" PRIu64
               " in doubt (their client was killed before it kept them)\n",
               a->given, a->kept, a->confirmed, a->in_doubt);
  (void)printf("%" PRIu64 " deliveries, %" PRIu64
               " of them again to a client that was killed while it took them\n",
               a->delivered + a->again, a->again);
  (void)printf(
      "%u kills of clients, %u connections cut, %u clients stalled, disk full %u times, no commit "
      "possible %u times\n",
      c->client_kills, c->cuts, c->stalled, c->full, c->squeezed);
  (void)printf(
      "the server said %u times that its store takes nothing, and %u times that it does "
      "again; %u times it was killed in between\n",
      run->server.troubles, run->server.cures, c->killed_while_full);
  if (a->wrong + a->refused != 0) {
    (void)printf("%" PRIu64 " wrong, %" PRIu64 " refused\n", a->wrong, a->refused);
  }
  if (run->book.first[0] != '\0') (void)printf("first: %s\n", run->book.first);
  (void)printf("%u kills: %" PRIu64 " lost, %" PRIu64 " doubled, %" PRIu64 " reordered\n", c->kills,
               a->lost, a->doubled, a->reordered);
}

static int run_it(ledger_run *run) {
  int code = EXIT_USAGE;
  bool whole = ledger_run_begin(run) && ledger_run_faults(run) && ledger_run_finish(run);
  if (whole && run->wrong[0] == '\0') {
    code = ledger_book_close(&run->book) ? EXIT_SUCCESS : EXIT_WRONG;
    print_account(run);
  } else {
    (void)fprintf(stderr, "epigeon-ledger: %s\n", run->wrong);
  }
  if (code != EXIT_SUCCESS) {
    (void)fprintf(stderr,
                  "epigeon-ledger: seed %" PRIu64 "; what the server said is in %s/server.log\n",
                  run->options->seed, run->options->dir);
  }
  ledger_run_clean(run);
  return code;
}

static bool remove_dir(const char *dir) {
  char command[64];
  (void)snprintf(command, sizeof command, "rm -rf '%s'", dir);
  return system(command) == 0;
}

int main(int argc, char **argv) {
  static ledger_run run;
  char made[] = "/tmp/epigeon-ledger-XXXXXX";
  ledger_options options = {.server = "build/plain/epigeond", .seed = (uint64_t)time(NULL)};
  options.kills = USUAL_KILLS;
  options.clients = USUAL_CLIENTS;
  options.patience_s = USUAL_PATIENCE;
  options.own_disk = true;
  if (!options_read(&options, argc, argv)) return EXIT_USAGE;
  if (options.help) return fputs(usage, stdout) >= 0 ? EXIT_SUCCESS : EXIT_USAGE;
  (void)signal(SIGPIPE, SIG_IGN);
  bool own_dir = options.dir == NULL;
  if (own_dir) options.dir = mkdtemp(made);
  if (options.dir == NULL) {
    (void)fprintf(stderr, "epigeon-ledger: There is no directory to be had in /tmp.\n");
    return EXIT_USAGE;
  }
  run.options = &options;
  (void)printf("seed %" PRIu64 "\n", options.seed);
  (void)fflush(stdout);
  int code = run_it(&run);
  if (own_dir && code == EXIT_SUCCESS && !remove_dir(options.dir)) code = EXIT_USAGE;
  return code;
}
