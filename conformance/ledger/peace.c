/* The beginning of a run: everybody is there, and the server knows their sessions. And its end: no
 * faults any more, all that must arrive arrives; one clean restart; a last message of each to all,
 * behind which nothing can come any more.
 * Read first: run.h. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ledger/run.h"

enum { REPORTS_ROOM = 1 << 20, DISK_MEGABYTES = 64 };

/* ---- The beginning --------------------------------------------------------------------------- */

static bool place_make(ledger_run *run) {
  char file[600];
  (void)snprintf(run->disk, sizeof run->disk, "%s/disk", run->options->dir);
  if (mkdir(run->disk, 0700) != 0)
    return ledger_run_fail(run, "%s cannot be made: %s.", run->disk, strerror(errno));
  run->has_disk = run->options->own_disk && ledger_disk_mount(run->disk, DISK_MEGABYTES);
  (void)snprintf(run->server.data, sizeof run->server.data, "%.500s/store", run->disk);
  (void)snprintf(file, sizeof file, "%s/server.log", run->options->dir);
  run->server.log = fopen(file, "we");
  if (run->server.log == NULL)
    return ledger_run_fail(run, "%s cannot be written: %s.", file, strerror(errno));
  return true;
}

static bool pipe_make(ledger_run *run) {
  if (pipe2(run->reports, O_CLOEXEC) != 0 || fcntl(run->reports[0], F_SETFL, O_NONBLOCK) != 0)
    return ledger_run_fail(run, "There is no pipe to be had: %s.", strerror(errno));
  (void)fcntl(run->reports[1], F_SETPIPE_SZ, REPORTS_ROOM); /* else clients wait more often */
  return true;
}

static bool all_ready(const ledger_run *run) {
  for (unsigned i = 0; i < run->options->clients; i++) {
    if (!run->slots[i].ready) return false;
  }
  return true;
}

bool ledger_run_begin(ledger_run *run) {
  const ledger_options *options = run->options;
  ledger_plan plan = {options->seed, options->clients};
  ledger_book_init(&run->book, &plan);
  run->server.program = options->server;
  run->random = options->seed;
  if (!place_make(run) || !pipe_make(run) || !ledger_run_server_start(run)) return false;
  if (!ledger_relay_start(&run->relay, run->server.port, options->seed))
    return ledger_run_fail(run, "The relay cannot be started: %s.", strerror(errno));
  for (unsigned i = 0; i < options->clients; i++) {
    ledger_child *child = &run->slots[i].child;
    *child = (ledger_child){.plan = plan, .me = i};
    (void)snprintf(child->state, sizeof child->state, "%.480s/client-%u.state", options->dir, i);
    if (!ledger_run_client_start(run, i, false)) return false;
  }
  return ledger_run_await(run, all_ready, "Not all clients could join and set their sessions.");
}

/* ---- The end --------------------------------------------------------------------------------- */

static bool all_idle(const ledger_run *run) {
  for (unsigned i = 0; i < run->options->clients; i++) {
    if (!run->slots[i].idle) return false;
  }
  return true;
}

static bool all_fenced(const ledger_run *run) {
  for (unsigned i = 0; i < run->options->clients; i++) {
    if (!run->slots[i].fenced) return false;
  }
  return all_idle(run);
}

/* Until nothing is owed any more, or nothing has come for long: then it is lost, and there is no
 * need to wait for it a second time. */
static bool settle(ledger_run *run, ledger_condition *holds) {
  uint64_t delivered = 0, until_ms = 0;
  while (!holds(run) || !ledger_book_complete(&run->book)) {
    if (run->book.account.delivered != delivered || until_ms == 0) {
      delivered = run->book.account.delivered;
      until_ms = ledger_now_ms() + (uint64_t)run->options->patience_s * 1000;
    }
    if (ledger_now_ms() > until_ms) {
      run->gave_up = true;
      return true;
    }
    if (!ledger_run_pump(run, 20)) return false;
  }
  return true;
}

static bool server_stop(ledger_run *run) {
  int status = ledger_server_end(&run->server, SIGTERM);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return true;
  return ledger_run_fail(run, "The server was told to stop and ended with status %d: %s", status,
                         run->server.last);
}

static bool clients_end(ledger_run *run) {
  ledger_run_order(run, LEDGER_END);
  for (unsigned i = 0; i < run->options->clients; i++) {
    int status = 0;
    ledger_slot *slot = &run->slots[i];
    while (waitpid(slot->pid, &status, 0) < 0 && errno == EINTR) continue;
    slot->pid = 0;
    if (status != 0) return ledger_run_fail(run, "client-%u ended with status %d.", i, status);
  }
  return true;
}

bool ledger_run_finish(ledger_run *run) {
  ledger_run_order(run, LEDGER_STOP);
  if (!settle(run, all_idle)) return false;
  if (run->gave_up) return true;
  if (!server_stop(run) || !ledger_run_server_start(run)) return false;
  ledger_run_order(run, LEDGER_FENCE);
  return settle(run, all_fenced) && clients_end(run) && server_stop(run);
}

void ledger_run_clean(ledger_run *run) {
  for (unsigned i = 0; i < run->options->clients; i++) {
    if (run->slots[i].pid == 0) continue;
    (void)kill(run->slots[i].pid, SIGKILL);
    (void)waitpid(run->slots[i].pid, NULL, 0);
  }
  (void)ledger_server_end(&run->server, SIGKILL);
  if (run->relay.pid > 0) ledger_relay_stop(&run->relay);
  if (run->server.log != NULL) (void)fclose(run->server.log);
  if (run->has_disk) ledger_disk_unmount(run->disk);
  ledger_book_free(&run->book);
}
