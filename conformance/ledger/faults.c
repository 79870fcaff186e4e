/* What goes wrong, one kill of the server after the other: an ordinary one comes between 5 and 300
 * ms after the server has let somebody in, and before it perhaps a connection is cut, a client
 * killed. Every ninth time the disk is full first, every seventh time no commit works at all.
 * Read first: run.h. */
#define _GNU_SOURCE 1
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/run.h"

enum {
  KILL_FROM_MS = 5,
  KILL_TO_MS = 300,
  TROUBLE_MS = 3000,
  HELD_MS = 400,
  CURE_MS = 30000,
  FULL_EVERY = 9,
  SQUEEZED_EVERY = 7,
  PLANTED_MESSAGES = 200
};

static uint64_t between(ledger_run *run, uint64_t from, uint64_t to) {
  return from + ledger_below(&run->random, to - from + 1);
}

static bool one_in(ledger_run *run, uint64_t times) {
  return ledger_below(&run->random, times) == 0;
}

static unsigned any_client(ledger_run *run) {
  return (unsigned)ledger_below(&run->random, run->options->clients);
}

static bool has_answered(const ledger_run *run) { return run->answered; }

static bool await_answer(ledger_run *run) {
  return ledger_run_await(run, has_answered, "The server listens, and lets nobody in.");
}

/* ---- Ordinary -------------------------------------------------------------------------------- */

static bool cut_one(ledger_run *run) {
  ledger_relay_cut(&run->relay);
  run->counts.cuts++;
  return true;
}

/* Up to two things before the kill, each at a moment of its own. */
static bool kill_after_a_while(ledger_run *run) {
  uint64_t start_ms = ledger_now_ms();
  uint64_t kill_ms = between(run, KILL_FROM_MS, KILL_TO_MS);
  uint64_t first_ms = ledger_below(&run->random, kill_ms),
           second_ms = between(run, first_ms, kill_ms);
  bool cuts = one_in(run, 2), kills = one_in(run, 3);
  if (cuts && !(ledger_run_pump_until(run, start_ms + first_ms) && cut_one(run))) return false;
  if (kills && !(ledger_run_pump_until(run, start_ms + second_ms) &&
                 ledger_run_client_kill(run, any_client(run))))
    return false;
  if (!ledger_run_pump_until(run, start_ms + kill_ms)) return false;
  ledger_run_server_kill(run);
  return true;
}

/* ---- No room --------------------------------------------------------------------------------- */

/* A client that does not read while its mail grows. */
static void stall(ledger_run *run, unsigned client) {
  run->slots[client].stopped = kill(run->slots[client].pid, SIGSTOP) == 0;
  run->counts.stalled++;
}

static void wake(ledger_run *run, unsigned client) {
  if (run->slots[client].stopped) (void)kill(run->slots[client].pid, SIGCONT);
  run->slots[client].stopped = false;
}

/* Without a disk of our own: no file may grow beyond what the store has now. */
static void fill(ledger_run *run, bool squeezes) {
  char file[600];
  struct stat store;
  if (squeezes) {
    ledger_server_squeeze(&run->server, LEDGER_META_LEN);
  } else if (run->has_disk) {
    if (!ledger_disk_fill(run->disk)) (void)ledger_run_fail(run, "The disk cannot be filled.");
  } else {
    (void)snprintf(file, sizeof file, "%s/data.mdb", run->server.data);
    if (stat(file, &store) == 0) ledger_server_squeeze(&run->server, (size_t)store.st_size);
  }
}

static void make_room(ledger_run *run) {
  if (run->has_disk) ledger_disk_free(run->disk);
  ledger_server_release(&run->server);
}

/* Until the server says that its store takes nothing; a full disk may have had room in the file. */
static bool await_trouble(ledger_run *run, unsigned before) {
  uint64_t until_ms = ledger_now_ms() + TROUBLE_MS;
  while (run->server.troubles == before && ledger_now_ms() < until_ms) {
    if (!ledger_run_pump(run, 1)) return false;
  }
  return ledger_run_pump_until(run, ledger_now_ms() + between(run, 0, HELD_MS));
}

/* When it has said that its store takes nothing, it must say that it does again. */
static bool await_cure(ledger_run *run, bool in_trouble, unsigned before) {
  uint64_t until_ms = ledger_now_ms() + CURE_MS;
  while (in_trouble && run->server.cures == before) {
    if (!ledger_run_pump(run, 1)) return false;
    if (ledger_now_ms() > until_ms)
      return ledger_run_fail(run, "There is room again, and the server does not go on.");
  }
  return true;
}

static bool while_full(ledger_run *run, bool squeezes) {
  unsigned stalled = any_client(run), before = run->server.troubles, cures = run->server.cures;
  bool kills = one_in(run, 2);
  stall(run, stalled);
  fill(run, squeezes);
  *(squeezes ? &run->counts.squeezed : &run->counts.full) += 1;
  bool good = await_trouble(run, before);
  bool in_trouble = run->server.troubles != before;
  if (good && kills) {
    ledger_run_server_kill(run);
    run->counts.killed_while_full += in_trouble;
  }
  make_room(run);
  wake(run, stalled);
  if (!good || kills) return good;
  return await_cure(run, in_trouble, cures) && kill_after_a_while(run);
}

/* ---- The planted fault ----------------------------------------------------------------------- */

/* Mail waits for a client, and the store is thrown away: whoever does not notice that is no judge.
 */
static bool lose_the_store(ledger_run *run) {
  char file[600];
  unsigned stalled = any_client(run);
  uint64_t enough = run->book.account.confirmed + PLANTED_MESSAGES;
  stall(run, stalled);
  while (run->book.account.confirmed < enough) {
    if (!ledger_run_pump(run, 1)) return false;
  }
  ledger_run_server_kill(run);
  (void)snprintf(file, sizeof file, "%s/data.mdb", run->server.data);
  (void)unlink(file);
  wake(run, stalled);
  return true;
}

/* ---- One after the other --------------------------------------------------------------------- */

static bool once(ledger_run *run, unsigned number) {
  if (run->options->lose_store && number == run->options->kills / 2) return lose_the_store(run);
  if (number % FULL_EVERY == FULL_EVERY - 1) return while_full(run, false);
  if (number % SQUEEZED_EVERY == SQUEEZED_EVERY - 1) return while_full(run, true);
  return kill_after_a_while(run);
}

static void tell_progress(const ledger_run *run) {
  if (run->counts.kills % 50 != 0) return;
  (void)fprintf(stderr, "%u kills, %llu messages confirmed, %llu delivered\n", run->counts.kills,
                (unsigned long long)run->book.account.confirmed,
                (unsigned long long)run->book.account.delivered);
}

bool ledger_run_faults(ledger_run *run) {
  ledger_run_order(run, LEDGER_GO);
  for (unsigned number = 0; number < run->options->kills; number++) {
    if (!await_answer(run) || !once(run, number) || !ledger_run_server_start(run)) return false;
    tell_progress(run);
  }
  return true;
}
