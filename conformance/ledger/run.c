/* The processes of a run, and what they say.
 * Read first: run.h. Then: faults.c. */
#define _GNU_SOURCE 1
#include "ledger/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { AWAIT_MS = 60000, PUMP_MS = 20 };

uint64_t ledger_now_ms(void) {
  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

bool ledger_run_fail(ledger_run *run, const char *format, ...) {
  if (run->wrong[0] != '\0') return false;
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(run->wrong, sizeof run->wrong, format, arguments);
  va_end(arguments);
  return false;
}

/* ---- What clients say ------------------------------------------------------------------------ */

static void take_report(ledger_run *run, const ledger_report *report) {
  ledger_book *book = &run->book;
  ledger_slot *slot = &run->slots[report->client];
  unsigned me = report->client;
  switch ((ledger_report_kind)report->kind) {
    case LEDGER_UP: run->answered = run->answered || run->server.listening; break;
    case LEDGER_READY: slot->ready = true; break;
    case LEDGER_GIVEN:
      ledger_book_given(book, me);
      slot->idle = false;
      break;
    case LEDGER_KEPT: ledger_book_kept(book, me, report->number); break;
    case LEDGER_CONFIRMED: ledger_book_confirmed(book, me, report->number); break;
    case LEDGER_REFUSED: ledger_book_refused(book, me, report->number); break;
    case LEDGER_RECEIPT: ledger_book_receipt(book, me, report->number, report->other); break;
    case LEDGER_DELIVERED: ledger_book_delivered(book, me, report->other, report->number); break;
    case LEDGER_ALTERED: ledger_book_altered(book, me); break;
    case LEDGER_SKIPPED: ledger_book_skipped(book, me, report->number); break;
    case LEDGER_FENCED:
      slot->fenced = true;
      slot->idle = false;
      break;
    case LEDGER_IDLE: slot->idle = true; break;
  }
}

static void take_reports(ledger_run *run) {
  ledger_report reports[512];
  ssize_t len;
  while ((len = read(run->reports[0], reports, sizeof reports)) > 0) {
    size_t count = (size_t)len / sizeof *reports;
    for (size_t i = 0; i < count; i++) take_report(run, &reports[i]);
  }
}

/* ---- Pumping --------------------------------------------------------------------------------- */

static bool all_live(ledger_run *run) {
  int status = 0;
  if (ledger_server_is_gone(&run->server, &status)) {
    return ledger_run_fail(run, "The server ended by itself (status %d): %s", status,
                           run->server.last);
  }
  for (unsigned i = 0; i < run->options->clients; i++) {
    ledger_slot *slot = &run->slots[i];
    if (slot->pid == 0 || waitpid(slot->pid, &status, WNOHANG) != slot->pid) continue;
    slot->pid = 0;
    return ledger_run_fail(run, "client-%u ended by itself (status %d).", i, status);
  }
  return true;
}

bool ledger_run_pump(ledger_run *run, int wait_ms) {
  struct pollfd files[2] = {
      {.fd = run->reports[0], .events = POLLIN},
      {.fd = run->server.pid != 0 ? run->server.lines : -1, .events = POLLIN}};
  (void)poll(files, 2, wait_ms);
  ledger_server_read(&run->server);
  take_reports(run);
  return all_live(run);
}

bool ledger_run_pump_until(ledger_run *run, uint64_t until_ms) {
  for (uint64_t now; (now = ledger_now_ms()) < until_ms;) {
    uint64_t wait = until_ms - now < PUMP_MS ? until_ms - now : PUMP_MS;
    if (!ledger_run_pump(run, (int)wait)) return false;
  }
  return true;
}

bool ledger_run_await(ledger_run *run, ledger_condition *holds, const char *otherwise) {
  uint64_t until_ms = ledger_now_ms() + AWAIT_MS;
  while (!holds(run)) {
    if (!ledger_run_pump(run, PUMP_MS)) return false;
    if (ledger_now_ms() > until_ms) return ledger_run_fail(run, "%s", otherwise);
  }
  return true;
}

/* ---- Processes ------------------------------------------------------------------------------- */

static bool is_listening(const ledger_run *run) { return run->server.listening; }

bool ledger_run_server_start(ledger_run *run) {
  run->answered = false;
  if (!ledger_server_start(&run->server))
    return ledger_run_fail(run, "The server cannot be started: %s.", strerror(errno));
  return ledger_run_await(run, is_listening, "The server was started and does not listen.");
}

void ledger_run_server_kill(ledger_run *run) {
  (void)ledger_server_end(&run->server, SIGKILL);
  run->counts.kills++;
  take_reports(run);
}

bool ledger_run_client_start(ledger_run *run, unsigned client, bool goes) {
  ledger_slot *slot = &run->slots[client];
  ledger_child *child = &slot->child;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    return ledger_run_fail(run, "There is no pipe to be had: %s.", strerror(errno));
  child->next = run->book.clients[client].given_count;
  child->goes = goes;
  child->reports = run->reports[1];
  child->orders = ends[0];
  child->port = ledger_uses_relay(client) ? run->relay.port : run->server.port;
  slot->orders = ends[1];
  slot->pid = ledger_child_start(child);
  child->life++;
  (void)close(ends[0]);
  if (slot->pid > 0) return true;
  slot->pid = 0;
  return ledger_run_fail(run, "A client cannot be started: %s.", strerror(errno));
}

/* What it had said is read before it is started again: it goes on from there. */
bool ledger_run_client_kill(ledger_run *run, unsigned client) {
  ledger_slot *slot = &run->slots[client];
  (void)kill(slot->pid, SIGKILL);
  while (waitpid(slot->pid, NULL, 0) < 0 && errno == EINTR) continue;
  slot->pid = 0;
  slot->stopped = false;
  (void)close(slot->orders);
  take_reports(run);
  ledger_book_killed(&run->book, client);
  run->counts.client_kills++;
  return ledger_run_client_start(run, client, true);
}

void ledger_run_order(ledger_run *run, char order) {
  for (unsigned i = 0; i < run->options->clients; i++) {
    ssize_t written = write(run->slots[i].orders, &order, 1);
    if (written != 1) (void)ledger_run_fail(run, "client-%u does not listen any more.", i);
  }
}
