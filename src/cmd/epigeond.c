/* Floor 6, programs. epigeond, the server: options in, a service on a loop, log lines out, and a
 * clean stop when it is told to.
 * Exit codes: 0 stopped cleanly, 1 could not start or had to stop, 2 wrong usage.
 * Read first: epigeon.h (runners). Then: cmd/epigeond_options.c, net/service.h. */
#define _GNU_SOURCE 1
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/assert.h"
#include "cmd/epigeond_check.h"
#include "cmd/epigeond_metrics.h"
#include "cmd/epigeond_options.h"
#include "cmd/epigeond_system.h"
#include "cmd/log.h"
#include "cmd/trace.h"
#include "net/loop.h"
#include "net/service.h"
#include "store/store.h"

enum {
  EXIT_USAGE = 2,
  USUAL_CONNECTIONS = 10000,
  FILES_BESIDE = 64,
  COUNTERS_MOST = 64,
  LARGE_BLOCK = 256 * 1024
};

static const char usual_listen[] = "127.0.0.1:9999";

typedef struct daemon {
  epigeond_settings settings;
  char *token;
  ep_loop *loop;
  ep_service *service;
  epigeond_metrics *metrics; /* NULL: nobody wants them */
  uv_timer_t log_settle;     /* says what the log's rate has left out */
  uv_signal_t term, interrupt, hangup, count;
  bool at_terminal; /* somebody started it there, and sees what it logs */
  bool stopping;
  int exit_code;
} daemon_state;

/* ---- Lines ----------------------------------------------------------------------------------- */

static void on_log_settle(uv_timer_t *timer) { ep_log_settle(uv_now(timer->loop)); }

static void on_note(void *context, const ep_note *note) {
  daemon_state *d = context;
  uint64_t now_ms = ep_loop_now(d->loop), due_ms = ep_log_due();
  ep_log_note(note, now_ms);
  if (due_ms == ep_log_due() || d->stopping) return;
  (void)uv_timer_start(&d->log_settle, on_log_settle, ep_log_due() - now_ms, 0);
}

/* Every counter that is not 0, in one line. */
static void log_counters(const daemon_state *d, const char *event) {
  const char *names[COUNTERS_MOST];
  uint64_t values[COUNTERS_MOST];
  ep_server *core = ep_service_core(d->service);
  size_t count = ep_server_counters(core, names, values, COUNTERS_MOST);
  ep_log_begin(EP_LOG_INFO, "%s", event);
  ep_log_number("open", ep_server_connections(core));
  ep_log_number("clients", ep_server_clients(core));
  for (size_t i = 0; i < count; i++) {
    if (values[i] != 0) ep_log_number(names[i], values[i]);
  }
  ep_log_end();
}

/* The address as it was given, but for the port, which is the real one. */
static void log_address(const char *text, unsigned port) {
  const char *colon = strrchr(text, ':');
  bool inherited = strncmp(text, "fd:", 3) == 0 || strncmp(text, "tls:fd:", 7) == 0;
  if (port == 0 || inherited) {
    ep_log_begin(EP_LOG_INFO, "listening on %s", text);
    if (port != 0) ep_log_number("port", port);
  } else {
    ep_log_begin(EP_LOG_INFO, "listening on %.*s:%u", (int)(colon - text), text, port);
  }
  ep_log_end();
}

static void log_listening(const daemon_state *d) {
  for (size_t i = 0; i < d->settings.listen.count; i++) {
    log_address(d->settings.listen.items[i], ep_service_port(d->service, i));
  }
}

static void log_started(const daemon_state *d) {
  const epigeond_settings *s = &d->settings;
  bool on_disk = strcmp(s->store, "lmdb") == 0;
  ep_log_begin(EP_LOG_INFO, "epigeond started");
  ep_log_text("version", EP_VERSION);
  ep_log_text("store", s->store);
  if (on_disk) ep_log_text("data", s->data);
  ep_log_number("clients", ep_server_clients(ep_service_core(d->service)));
  ep_log_number("pid", (uint64_t)getpid());
  ep_log_end();
  log_listening(d);
}

/* ---- The end --------------------------------------------------------------------------------- */

static void on_stopped(void *context) {
  daemon_state *d = context;
  d->service = NULL;
  uv_close((uv_handle_t *)&d->term, NULL);
  uv_close((uv_handle_t *)&d->interrupt, NULL);
  uv_close((uv_handle_t *)&d->hangup, NULL);
  uv_close((uv_handle_t *)&d->count, NULL);
  uv_close((uv_handle_t *)&d->log_settle, NULL);
}

static void stop(daemon_state *d) {
  if (d->stopping) return;
  d->stopping = true;
  ep_log_settle(ep_log_due());
  log_counters(d, "stopping");
  epigeond_metrics_close(d->metrics);
  ep_service_stop(d->service, on_stopped, d);
}

static void on_stop_signal(uv_signal_t *handle, int number) {
  daemon_state *d = handle->data;
  (void)number;
  if (d->stopping) _exit(EXIT_FAILURE); /* asked twice: at once */
  stop(d);
}

static void on_count_signal(uv_signal_t *handle, int number) {
  (void)number;
  const daemon_state *d = handle->data;
  if (!d->stopping) log_counters(d, "counters");
}

static void log_sentence(ep_log_level level, const char *sentence) {
  ep_log_begin(level, "%s", sentence);
  ep_log_end();
}

/* Certificates are renewed while the server runs. Who closes the terminal of a server wants it
 * gone. */
static void on_hangup_signal(uv_signal_t *handle, int number) {
  (void)number;
  daemon_state *d = handle->data;
  char message[512];
  if (d->stopping) return;
  if (d->at_terminal && !isatty(STDERR_FILENO)) {
    stop(d);
    return;
  }
  ep_status status = ep_service_reload(d->service, message, sizeof message);
  if (status == EP_OK) log_sentence(EP_LOG_INFO, "certificates read again");
  if (message[0] != '\0')
    log_sentence(status == EP_OK || status == EP_WRONG_STATE ? EP_LOG_WARN : EP_LOG_ERROR, message);
}

static void on_trouble(void *context, const char *sentence) {
  (void)context;
  if (sentence != NULL) {
    ep_log_begin(EP_LOG_ERROR, "%s Until then everybody waits.", sentence);
  } else {
    ep_log_begin(EP_LOG_WARN, "the store takes what it is given again");
  }
  ep_log_end();
}

static void on_failed(void *context) {
  daemon_state *d = context;
  log_sentence(EP_LOG_ERROR, ep_service_trouble(d->service));
  d->exit_code = EXIT_FAILURE;
  stop(d);
}

/* ---- The start ------------------------------------------------------------------------------- */

static int complain(const char *sentence, int code) {
  (void)fprintf(stderr, "epigeond: %s\n", sentence);
  return code;
}

/* As many files as connections may be open, if that is allowed. */
static void raise_files(uint64_t connections) {
  struct rlimit files;
  uint64_t needed = (connections != 0 ? connections : USUAL_CONNECTIONS) + FILES_BESIDE;
  if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= needed) return;
  struct rlimit more = {needed, files.rlim_max > needed ? files.rlim_max : needed};
  if (setrlimit(RLIMIT_NOFILE, &more) == 0) return;
  more = (struct rlimit){files.rlim_max, files.rlim_max};
  if (setrlimit(RLIMIT_NOFILE, &more) == 0) files.rlim_cur = files.rlim_max;
  if (files.rlim_cur >= needed) return;
  ep_log_begin(EP_LOG_WARN, "fewer files than connections may be open");
  ep_log_number("files", files.rlim_cur);
  ep_log_number("needed", needed);
  ep_log_end();
}

static void watch_signal(daemon_state *d, uv_signal_t *handle, uv_signal_cb act, int number) {
  int code = uv_signal_init(ep_loop_uv(d->loop), handle);
  if (code == 0) code = uv_signal_start(handle, act, number);
  EP_ASSERT(code == 0);
  handle->data = d;
}

/* Half of what the machine, or the container, has. */
static uint64_t usual_memory(void) {
  uint64_t whole = uv_get_total_memory(), part = uv_get_constrained_memory();
  uint64_t half = (part != 0 && part < whole ? part : whole) / 2;
  return half > EP_MEMORY_LEAST ? half : EP_MEMORY_LEAST;
}

/* Freed memory goes back to the system: blocks of this size and more are maps of their own. */
static void tune_memory(void) { (void)mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK); }

static bool metrics_open(daemon_state *d, char *message, size_t message_len) {
  const char *text = d->settings.metrics;
  if (text == NULL) return true;
  if (epigeond_metrics_open(&d->metrics, d->loop, d->service, text, message, message_len) != EP_OK)
    return false;
  ep_log_begin(EP_LOG_INFO, "metrics at http://%.*s:%u/metrics", (int)(strrchr(text, ':') - text),
               text, epigeond_metrics_port(d->metrics));
  ep_log_end();
  return true;
}

static ep_status on_bound(void *context, char *message, size_t message_len) {
  const epigeond_settings *s = &((const daemon_state *)context)->settings;
  if (s->user == NULL) return EP_OK;
  const char *data = strcmp(s->store, "lmdb") == 0 ? s->data : NULL;
  return epigeond_become(s->user, data, message, message_len);
}

static int serve(daemon_state *d) {
  char message[512];
  epigeond_settings *s = &d->settings;
  ep_serve_options how = {.listen = s->listen.items, .listen_count = s->listen.count};
  how.data = strcmp(s->store, "lmdb") == 0 ? s->data : NULL;
  how.core = s->core;
  how.core.token = d->token;
  how.core.v1_remote = s->allow_v1_remote;
  ep_surroundings_default(&how.core.surroundings);
  ep_trace_from_environment(&how.core.surroundings, EP_TRACE_SERVER);
  if (how.core.memory == 0) how.core.memory = usual_memory();
  how.connections_per_address = s->connections_per_address;
  how.tls = s->tls;
  how.on_note = on_note;
  how.on_bound = on_bound;
  how.context = d;
  raise_files(s->core.connections);
  tune_memory();
  ep_status status = ep_serve(&d->service, d->loop, &how, message, sizeof message);
  if (status != EP_OK)
    return complain(message, status == EP_INVALID_ARGUMENT ? EXIT_USAGE : EXIT_FAILURE);
  if (message[0] != '\0') log_sentence(EP_LOG_WARN, message);
  ep_service_on_trouble(d->service, on_trouble, d);
  ep_service_on_failed(d->service, on_failed, d);
  watch_signal(d, &d->term, on_stop_signal, SIGTERM);
  watch_signal(d, &d->interrupt, on_stop_signal, SIGINT);
  watch_signal(d, &d->hangup, on_hangup_signal, SIGHUP);
  watch_signal(d, &d->count, on_count_signal, SIGUSR1);
  int code = uv_timer_init(ep_loop_uv(d->loop), &d->log_settle);
  EP_ASSERT(code == 0);
  log_started(d);
  if (!metrics_open(d, message, sizeof message)) {
    log_sentence(EP_LOG_ERROR, message);
    d->exit_code = EXIT_FAILURE;
    stop(d);
  }
  ep_loop_run(d->loop);
  ep_log_begin(EP_LOG_INFO, "stopped");
  ep_log_end();
  return d->exit_code;
}

static int take_token(daemon_state *d) {
  char message[512];
  const char *path = d->settings.token_file;
  if (path == NULL) return EXIT_SUCCESS;
  ep_status status = ep_options_credential(&d->token, path, "token", message, sizeof message);
  if (status != EP_OK)
    return complain(message, status == EP_INVALID_ARGUMENT ? EXIT_USAGE : EXIT_FAILURE);
  if (message[0] != '\0') log_sentence(EP_LOG_WARN, message);
  return EXIT_SUCCESS;
}

static int run(daemon_state *d) {
  d->at_terminal = isatty(STDERR_FILENO) == 1;
  (void)signal(SIGPIPE, SIG_IGN);
  (void)signal(SIGXFSZ, SIG_IGN); /* a full disk is told by write */
  int code = take_token(d);
  if (code != EXIT_SUCCESS) return code;
  if (ep_loop_new(&d->loop, NULL) != EP_OK)
    return complain("There is no event loop to be had.", EXIT_FAILURE);
  code = serve(d);
  ep_loop_free(d->loop);
  free(d->token);
  return code;
}

static int check(const epigeond_settings *settings) {
  if (epigeond_check(settings) != 0) return EXIT_USAGE;
  return printf("The settings are good.\n") > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Instead of serving. */
static int back_up(const epigeond_settings *s) {
  char message[512];
  ep_status status = ep_store_backup(s->data, s->backup, message, sizeof message);
  if (status != EP_OK) return complain(message, EXIT_FAILURE);
  (void)printf(
      "The store %s was copied to %s: start a server with --data %s to go on from there.\n",
      s->data, s->backup, s->backup);
  return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int help(const ep_options *options) {
  (void)printf(
      "Usage: epigeond [OPTION VALUE]...\n\n"
      "The e-pigeon server: takes messages from clients, keeps them, and delivers them in one\n"
      "order, once, also to those who come back later.\n\n");
  (void)printf("  %-24s %s\n", "--config FILE",
               "settings as NAME = VALUE lines, with the names below");
  ep_options_help(options, stdout);
  (void)printf(
      "\nSIGTERM and SIGINT stop it cleanly, SIGHUP reads the certificates again, SIGUSR1 logs "
      "its\n"
      "counters. DEBUG=epigeon:* in the environment prints every frame and every change of state.\n"
      "It listens on sockets that systemd hands over (those named tls with TLS).\n"
      "Exit codes: 0 stopped cleanly, 1 could not start or had to stop, 2 wrong usage or "
      "settings.\n");
  return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int start(daemon_state *d, ep_options *options, int argc, char **argv) {
  if (!ep_options_read(options, argc, argv)) return complain(options->message, EXIT_USAGE);
  if (d->settings.help) return help(options);
  if (d->settings.version)
    return printf("epigeond %s\n", EP_VERSION) > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
  ep_option_list *listen = &d->settings.listen;
  bool good = epigeond_inherit(listen);
  if (good && listen->count == 0) good = ep_options_list_add(listen, usual_listen);
  if (!good) return complain(ep_status_sentence(EP_NO_MEMORY), EXIT_FAILURE);
  if (d->settings.check_config) return check(&d->settings);
  char message[512];
  const char *wrong = epigeond_wrong(&d->settings, message, sizeof message);
  if (wrong != NULL) return complain(wrong, EXIT_USAGE);
  return d->settings.backup != NULL ? back_up(&d->settings) : run(d);
}

int main(int argc, char **argv) {
  static daemon_state d;
  ep_option table[EPIGEOND_OPTIONS_MOST];
  ep_options options = {.table = table, .count = epigeond_options(table, &d.settings)};
  int code = start(&d, &options, argc, argv);
  ep_options_free(&options);
  return code;
}
