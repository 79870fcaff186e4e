/* epigeon-oracle proxy: the command, and the loop in which everything happens.
 * Read first: README.md, proxy.h. */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "oracle/commands.h"
#include "oracle/proxy.h"

enum {
  WHY = 512,
  SECONDS_MOST = 1000000,
  PATIENCE_MS = EP_TIMER_RECONNECT_MAX_MS + 1000 /* after a cut, for somebody to come back */
};

static const char help[] =
    "Usage: epigeon-oracle proxy --listen ADDR:PORT --connect ADDR:PORT [OPTION…]\n"
    "Stands between clients and a server, passes everything on, and judges it at once.\n"
    "\n"
    "  --listen ADDR     where clients connect to: ADDR:PORT, [ADDR]:PORT, :PORT, unix:PATH;\n"
    "                    port 0 takes a free one\n"
    "  --connect ADDR    where the server is\n"
    "  --trace FILE      write down what passes, for 'epigeon-oracle check'\n"
    "  --faults MIX      do wrong at random: KIND[.c2s|.s2c][.ACTION]=CHANCE[:AMOUNT],…\n"
    "                    cut=P  stall=P:MS  delay=P:MS  drop=P  dup=P  hold=P:FRAMES\n"
    "  --seed N          which chances come true (1)\n"
    "  --script FILE     do wrong by rules, one a line: 'on message.confirm s2c nth 2: drop',\n"
    "                    'after 3 frames c2s conn 1: cut', 'at 1500 ms: stall 800'\n"
    "  --halt            end at the first finding\n"
    "  --once            end when all connections there were are closed, and whoever was cut had\n"
    "                    time to come back\n"
    "  --duration S      end after S seconds\n"
    "  --quiet           print findings and the verdict only\n"
    "  --help\n"
    "\n"
    "SIGINT and SIGTERM end it, too, with the verdict. Exit codes are those of 'check'.\n";

struct options {
  const char *listen, *connect, *trace, *mix, *script;
  uint64_t seed;
  double duration_s;
  bool halt, once, quiet;
};

/* ---- Options ---- */

__attribute__((format(printf, 1, 2))) static bool complain(const char *form, ...) {
  va_list words;
  va_start(words, form);
  fputs("epigeon-oracle proxy: ", stderr);
  vfprintf(stderr, form, words);
  fputc('\n', stderr);
  va_end(words);
  return false;
}

static bool parse_seed(const char *text, uint64_t *out) {
  char *end;
  errno = 0;
  *out = strtoull(text, &end, 10);
  if (*text >= '0' && *text <= '9' && *end == '\0' && errno == 0) return true;
  return complain("'%s' is no seed: write a number from 0 up.", text);
}

static bool parse_duration(const char *text, double *out) {
  char *end;
  *out = strtod(text, &end);
  if (end != text && *end == '\0' && *out > 0 && *out <= SECONDS_MOST) return true;
  return complain("'%s' is no duration: write seconds, above 0.", text);
}

static bool are_complete(const struct options *options) {
  if (!options->listen) return complain("Say where to listen, with --listen.");
  if (!options->connect) return complain("Say where the server is, with --connect.");
  return true;
}

/* 1: go on; 0: help was given; -1: wrong. */
static int parse(int argc, char **argv, struct options *out) {
  static const struct option names[] = {
      {"listen", required_argument, NULL, 'l'},   {"connect", required_argument, NULL, 'c'},
      {"trace", required_argument, NULL, 't'},    {"faults", required_argument, NULL, 'f'},
      {"seed", required_argument, NULL, 's'},     {"script", required_argument, NULL, 'p'},
      {"halt", no_argument, NULL, 'h'},           {"once", no_argument, NULL, 'o'},
      {"duration", required_argument, NULL, 'd'}, {"quiet", no_argument, NULL, 'q'},
      {"help", no_argument, NULL, '?' + 128},     {NULL, 0, NULL, 0},
  };
  *out = (struct options){.seed = 1};
  int letter;
  while ((letter = getopt_long(argc, argv, "", names, NULL)) != -1) {
    switch (letter) {
      case 'l': out->listen = optarg; break;
      case 'c': out->connect = optarg; break;
      case 't': out->trace = optarg; break;
      case 'f': out->mix = optarg; break;
      case 'p': out->script = optarg; break;
      case 'h': out->halt = true; break;
      case 'o': out->once = true; break;
      case 'q': out->quiet = true; break;
      case 's':
        if (!parse_seed(optarg, &out->seed)) return -1;
        break;
      case 'd':
        if (!parse_duration(optarg, &out->duration_s)) return -1;
        break;
      case '?' + 128: fputs(help, stdout); return 0;
      default: return -1; /* getopt_long has said what is wrong */
    }
  }
  if (optind < argc) complain("'%s' is not an option.", argv[optind]);
  return optind == argc && are_complete(out) ? 1 : -1;
}

/* ---- The loop ---- */

uint64_t proxy_now(const struct proxy *proxy) { return uv_now(&proxy->loop) - proxy->begun_ms; }

void proxy_say(const struct proxy *proxy, const char *form, ...) {
  if (proxy->quiet) return;
  va_list words;
  va_start(words, form);
  vfprintf(stderr, form, words);
  fputc('\n', stderr);
  va_end(words);
}

void proxy_no_memory(void) {
  complain("There is no memory left.");
  exit(EXIT_USAGE);
}

void *proxy_memory(void *old, size_t len) {
  void *memory = realloc(old, len);
  if (!memory) proxy_no_memory();
  return memory;
}

void proxy_stop(struct proxy *proxy) {
  if (proxy->stopping) return;
  proxy->stopping = true;
  for (struct pair *pair = proxy->pairs; pair; pair = pair->next) pair_close(pair);
  uv_close(&proxy->listener.handle, NULL);
  uv_close((uv_handle_t *)&proxy->interrupt, NULL);
  uv_close((uv_handle_t *)&proxy->terminate, NULL);
  uv_close((uv_handle_t *)&proxy->duration, NULL);
  uv_close((uv_handle_t *)&proxy->moments, NULL);
  uv_close((uv_handle_t *)&proxy->patience, NULL);
  uv_close((uv_handle_t *)&proxy->turn, NULL);
}

static void on_patience(uv_timer_t *timer) {
  struct proxy *proxy = timer->data;
  if (!proxy->pairs) proxy_stop(proxy);
}

void proxy_last_closed(struct proxy *proxy) {
  if (!proxy->once || proxy->stopping) return;
  uint64_t now_ms = proxy_now(proxy);
  uint64_t until_ms = proxy->cut_ms > 0 ? proxy->cut_ms + PATIENCE_MS : 0;
  if (until_ms <= now_ms)
    proxy_stop(proxy);
  else
    uv_timer_start(&proxy->patience, on_patience, until_ms - now_ms, 0);
}

void proxy_healed(struct proxy *proxy) {
  trace_event event = {.kind = TRACE_HEALED};
  tap_event(proxy->tap, &event, proxy_now(proxy));
}

static void on_signal(uv_signal_t *handle, int number) {
  (void)number;
  proxy_stop(handle->data);
}

static void on_duration(uv_timer_t *timer) { proxy_stop(timer->data); }

static void on_moment(uv_timer_t *timer);

static void set_moment(struct proxy *proxy) {
  uint64_t next_ms = faults_next_ms(proxy->plan), now_ms = proxy_now(proxy);
  if (next_ms == UINT64_MAX || proxy->stopping) return;
  uv_timer_start(&proxy->moments, on_moment, next_ms > now_ms ? next_ms - now_ms : 0, 0);
}

static void on_moment(uv_timer_t *timer) {
  struct proxy *proxy = timer->data;
  uint32_t number;
  for (;;) {
    fault what = faults_at(proxy->plan, proxy_now(proxy), &number);
    if (what.kind == FAULT_NONE) break;
    if (what.kind == FAULT_HEAL) {
      proxy_healed(proxy);
      continue;
    }
    for (struct pair *pair = proxy->pairs; pair; pair = pair->next) {
      if (pair->is_closing || (number != 0 && pair->number != number)) continue;
      pair_note(pair, what, "at its moment");
      pair_fault(pair, what);
    }
  }
  set_moment(proxy);
}

/* Before the loop sleeps. */
static void on_turn(uv_prepare_t *turn) {
  struct proxy *proxy = turn->data;
  bool must_halt = proxy->halt && tap_has_found(proxy->tap);
  if (!tap_flush(proxy->tap) || must_halt) proxy_stop(proxy);
}

static void on_connection(uv_stream_t *listener, int status) {
  struct proxy *proxy = listener->data;
  if (status)
    complain("A client could not be accepted: %s.", uv_strerror(status));
  else
    pair_accept(proxy);
}

/* ---- From the options to the loop ---- */

static bool load_faults(struct proxy *proxy, const struct options *options) {
  char why[WHY];
  proxy->plan = faults_new(options->seed);
  if (!proxy->plan) return complain("There is no memory left.");
  if (options->mix && !faults_add_mix(proxy->plan, options->mix, why, sizeof why))
    return complain("%s", why);
  if (!options->script) return true;
  FILE *file = fopen(options->script, "r");
  if (!file) return complain("%s cannot be read: %s.", options->script, strerror(errno));
  bool good = faults_add_script(proxy->plan, file, why, sizeof why);
  fclose(file);
  return good || complain("%s", why);
}

static void start_handles(struct proxy *proxy, const struct options *options) {
  uv_signal_init(&proxy->loop, &proxy->interrupt);
  uv_signal_init(&proxy->loop, &proxy->terminate);
  uv_timer_init(&proxy->loop, &proxy->duration);
  uv_timer_init(&proxy->loop, &proxy->moments);
  uv_timer_init(&proxy->loop, &proxy->patience);
  uv_prepare_init(&proxy->loop, &proxy->turn);
  proxy->interrupt.data = proxy->terminate.data = proxy->duration.data = proxy;
  proxy->moments.data = proxy->patience.data = proxy->turn.data = proxy;
  uv_signal_start(&proxy->interrupt, on_signal, SIGINT);
  uv_signal_start(&proxy->terminate, on_signal, SIGTERM);
  uv_prepare_start(&proxy->turn, on_turn);
  if (options->duration_s > 0)
    uv_timer_start(&proxy->duration, on_duration, (uint64_t)(options->duration_s * 1000), 0);
  set_moment(proxy);
}

static bool start(struct proxy *proxy, const struct options *options) {
  char why[WHY];
  proxy->listener.handle.data = proxy;
  int status = place_listen(&proxy->loop, &proxy->listen, &proxy->listener, on_connection);
  if (status)
    complain("%s cannot be listened on: %s.", proxy->listen.text, uv_strerror(status));
  else if (!(proxy->tap = tap_open(options->trace, why, sizeof why)))
    complain("%s", why);
  if (!proxy->tap) {
    uv_close(&proxy->listener.handle, NULL);
    return false;
  }
  start_handles(proxy, options);
  place_name(&proxy->listen, &proxy->listener, why, sizeof why);
  proxy_say(proxy, "Listening on %s, passing on to %s.", why, proxy->upstream.text);
  return true;
}

static void raise_open_files(void) {
  struct rlimit files;
  if (getrlimit(RLIMIT_NOFILE, &files)) return;
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files); /* if not, fewer connections */
}

static int run(struct proxy *proxy, const struct options *options) {
  char why[WHY];
  if (!place_parse(&proxy->loop, &proxy->listen, options->listen, why, sizeof why) ||
      !place_parse(&proxy->loop, &proxy->upstream, options->connect, why, sizeof why)) {
    complain("%s", why);
    return EXIT_USAGE;
  }
  if (!load_faults(proxy, options)) return EXIT_USAGE;
  bool is_started = start(proxy, options);
  uv_run(&proxy->loop, UV_RUN_DEFAULT);
  if (!is_started) return EXIT_USAGE;
  uv_update_time(&proxy->loop);
  return tap_end(proxy->tap, proxy_now(proxy));
}

int proxy_main(int argc, char **argv) {
  struct options options;
  int parsed = parse(argc, argv, &options);
  if (parsed <= 0) return parsed == 0 ? EXIT_SUCCESS : EXIT_USAGE;
  signal(SIGPIPE, SIG_IGN);
  raise_open_files();
  struct proxy *proxy = proxy_memory(NULL, sizeof *proxy);
  memset(proxy, 0, sizeof *proxy);
  proxy->halt = options.halt;
  proxy->once = options.once;
  proxy->quiet = options.quiet;
  if (uv_loop_init(&proxy->loop)) proxy_no_memory();
  proxy->begun_ms = uv_now(&proxy->loop);
  int code = run(proxy, &options);
  tap_close(proxy->tap);
  faults_free(proxy->plan);
  uv_loop_close(&proxy->loop);
  free(proxy);
  return code;
}
