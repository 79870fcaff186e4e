/* Read first: pool.h. With --start each slot has a server of its own, so no case disturbs another;
 * on a server that runs already, cases marked `alone` run while no other does. */
#include "runner/pool.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "runner/target.h"

enum { JOBS_MOST = 64, CASE_MOST_MS = 240000 };

typedef struct slot {
  pid_t pid; /* 0: free */
  int fd;
  size_t run, turn; /* turn: how many were begun before */
  double began_ms;
  text said;
  target *server; /* with --start; NULL until it is needed */
  bool has_run;   /* the server was started at least once */
} slot;

/* What became of a run. It stays text until the end: a process that forks for each case does not
 * want a large heap. */
typedef struct outcome {
  char *said; /* IS_GOOD or IS_BAD, and the result as JSON */
  size_t len;
  int status;
  bool server_died, counts;
  char *server_said; /* last, when it died */
  char *trouble;     /* why it was not run, though its server had run before; NULL */
} outcome;

enum { IS_GOOD = '+', IS_BAD = '-' };

typedef struct pool {
  const options *how;
  play_setup *setup;
  const test_run *runs;
  size_t count;
  bool *begun;
  outcome *outcomes;
  slot slots[JOBS_MOST];
  size_t busy, done, bad, turns;
  size_t last_turn; /* what was begun later does not count: with --stop-at-first */
  bool is_alone;    /* the case that runs now is */
  unsigned servers;
  const char *gone; /* HOST:PORT: the run during which the server stopped to answer; NULL */
} pool;

static volatile sig_atomic_t stopped;

static void stop(int signal_number) { stopped = signal_number; }

bool pool_was_stopped(void) { return stopped != 0; }

/* ---- The process of one case ---- */

static void say(int fd, const json_t *result) {
  char *json = json_dumps(result, JSON_COMPACT);
  char *words =
      text_format("%c%s", results_is_bad(result) ? IS_BAD : IS_GOOD, json == NULL ? "" : json);
  size_t len = strlen(words);
  for (size_t at = 0; at < len;) {
    ssize_t put = write(fd, words + at, len - at);
    if (put < 0 && errno != EINTR) break;
    if (put > 0) at += (size_t)put;
  }
}

/* With --start: what it does, or what others left, would disturb. */
static bool wants_own_server(const test_case *one) { return one->needs_start || one->is_alone; }

/* A case that kills its server has one that nobody else uses. */
static json_t *play_with_server(pool *p, const test_run *run, unsigned number) {
  char *why = NULL;
  target *mine = target_new(p->how->start, p->setup->folder, number, p->how->slow);
  if (!target_start(mine, &why)) return results_of_trouble(run, VERDICT_ERROR, why);
  p->setup->host = "127.0.0.1";
  p->setup->port = mine->port;
  json_t *result = play_case(p->setup, run, mine);
  if (target_lives(mine)) (void)target_kill(mine, &why);
  return result;
}

/* A server that closed a connection may be about to end, and its end belongs to this case. */
static void let_it_end(const json_t *result) {
  const struct timespec moment = {.tv_nsec = 100000000};
  json_t *one;
  size_t i;
  if (!results_is_bad(result)) return;
  json_array_foreach(json_object_get(result, "endings"), i, one) {
    if (strstr(results_text(one, "how"), "by the peer") == NULL) continue;
    (void)nanosleep(&moment, NULL);
    return;
  }
}

static void be_case(pool *p, const slot *s, int fd, unsigned number) {
  const test_run *run = &p->runs[s->run];
  bool own = !p->how->is_client && p->how->start != NULL && wants_own_server(run->of);
  target_die_with_parent();
  (void)signal(SIGINT, SIG_DFL);
  (void)signal(SIGTERM, SIG_DFL);
  srand((unsigned)getpid() * 2654435761u + number);
  if (s->server != NULL) {
    p->setup->host = "127.0.0.1";
    p->setup->port = s->server->port;
  }
  json_t *result = own ? play_with_server(p, run, number) : play_case(p->setup, run, NULL);
  if (s->server != NULL) let_it_end(result);
  say(fd, result);
  (void)close(fd);
  _exit(0);
}

/* ---- Slots ---- */

static bool needs_slot_server(const pool *p, const test_run *run) {
  return !p->how->is_client && p->how->start != NULL && !wants_own_server(run->of);
}

static bool have_server(pool *p, slot *s, char **why) {
  if (s->server == NULL)
    s->server = target_new(p->how->start, p->setup->folder, p->servers++, p->how->slow);
  if (!target_lives(s->server) && !target_start(s->server, why)) return false;
  return s->has_run = true;
}

/* A server that ended, and does not come again in time, costs this run, not all. */
static bool leave_out(pool *p, const slot *s, size_t run, char *why) {
  if (!s->has_run) return false;
  p->begun[run] = p->outcomes[run].counts = true;
  p->outcomes[run].trouble = why;
  p->done++;
  p->bad++;
  return true;
}

static bool begin(pool *p, slot *s, size_t run, char **why) {
  int ends[2];
  unsigned number = p->servers++;
  if (needs_slot_server(p, &p->runs[run]) && !have_server(p, s, why))
    return leave_out(p, s, run, *why);
  if (pipe(ends) != 0) return *why = text_same("There are no more file descriptors."), false;
  s->run = run;
  s->turn = p->turns++;
  s->said.len = 0;
  s->began_ms = wire_now();
  p->begun[run] = true;
  s->pid = fork();
  if (s->pid == 0) {
    (void)close(ends[0]);
    be_case(p, s, ends[1], number);
  }
  (void)close(ends[1]);
  s->fd = ends[0];
  if (s->pid < 0) return *why = text_same("There can be no more processes."), false;
  p->busy++;
  p->is_alone = p->how->start == NULL && p->runs[run].of->is_alone;
  return true;
}

/* On a server that runs already, those that want to be alone come first, one after the other: later
 * its mailboxes may be full of what other cases left. Then slow ones, so that they end while the
 * others run; with --stop-at-first they come last. */
static bool next_run(const pool *p, size_t *out) {
  if (p->gone != NULL) return false;
  for (size_t i = 0; i < p->count && p->how->start == NULL; i++) {
    if (!p->begun[i] && p->runs[i].of->is_alone) return *out = i, p->busy == 0;
  }
  if (p->is_alone && p->busy > 0) return false;
  for (int turn = 0; turn < 2; turn++) {
    bool slow = (turn == 1) == p->how->stops;
    for (size_t i = 0; i < p->count; i++) {
      const test_case *one = p->runs[i].of;
      if (!p->begun[i] && (one->is_slow || wants_own_server(one)) == slow) return *out = i, true;
    }
  }
  return false;
}

static void progress(const pool *p, const char *id) {
  if (p->how->is_quiet || !isatty(STDERR_FILENO)) return;
  (void)fprintf(stderr, "\r\033[K%zu of %zu, %zu to look at   %.60s", p->done, p->count, p->bad,
                p->done == p->count ? "" : id);
  if (p->done == p->count) (void)fputs("\r\033[K", stderr);
}

/* Of several that did not pass the one that was begun first is reported, whichever ended first. */
static void stop_behind(pool *p, size_t turn) {
  if (turn > p->last_turn) return;
  p->last_turn = turn;
  for (unsigned i = 0; i < p->how->jobs; i++) {
    const slot *s = &p->slots[i];
    if (s->pid != 0 && s->turn > turn) (void)kill(s->pid, SIGKILL);
  }
}

/* A server that runs elsewhere and has ended cannot be started from here: what is left would fail
 * without saying anything. */
static void look_for_end(pool *p, const outcome *one, const test_run *run) {
  char *why = NULL;
  if (p->how->address == NULL || p->gone != NULL) return;
  if (strstr(one->said, "Nobody answers") == NULL) return;
  int fd = wire_connect(p->setup->host, p->setup->port, 5e3 * p->how->slow, &why);
  if (fd < 0) p->gone = run->id;
  if (fd >= 0) (void)close(fd);
}

static void finish(pool *p, slot *s) {
  outcome *one = &p->outcomes[s->run];
  const test_run *run = &p->runs[s->run];
  (void)close(s->fd);
  (void)waitpid(s->pid, &one->status, 0);
  one->said = text_copy(text_words(&s->said), s->said.len);
  one->len = s->said.len;
  bool bad = one->len == 0 || one->said[0] == IS_BAD;
  bool is_left =
      bad && strstr(one->said, "\"UNCLEAN\"") != NULL; /* perhaps on its way to its end */
  one->server_died =
      needs_slot_server(p, run) && !(is_left ? target_stays(s->server) : target_lives(s->server));
  if (one->server_died) one->server_said = target_last_words(s->server);
  s->pid = 0;
  p->busy--;
  p->done++;
  one->counts = s->turn <= p->last_turn;
  p->bad += bad;
  if (bad && p->how->stops) stop_behind(p, s->turn);
  if (bad) look_for_end(p, one, run);
  progress(p, run->id);
}

/* What a process has said as an item of the results. */
static json_t *result_of(const test_run *run, const outcome *one) {
  if (one->trouble != NULL) return results_of_trouble(run, VERDICT_ERROR, one->trouble);
  json_t *result = one->len < 2 ? NULL : json_loadb(one->said + 1, one->len - 1, 0, NULL);
  if (result == NULL)
    result = results_of_trouble(run, VERDICT_ERROR,
                                WIFSIGNALED(one->status)
                                    ? text_format("The suite's own process for this case ended by "
                                                  "signal %d.",
                                                  WTERMSIG(one->status))
                                    : "The suite's own process for this case gave no result.");
  if (one->server_died) {
    (void)json_object_set_new(result, "server_died", json_true());
    (void)json_object_set_new(result, "server_said", results_string(one->server_said));
  }
  return result;
}

static void read_slot(pool *p, slot *s) {
  char bytes[65536];
  ssize_t got = read(s->fd, bytes, sizeof bytes);
  if (got > 0)
    text_add(&s->said, bytes, (size_t)got);
  else if (got == 0 || errno != EINTR)
    finish(p, s);
}

static void wait_slots(pool *p) {
  struct pollfd fds[JOBS_MOST];
  slot *of[JOBS_MOST];
  nfds_t count = 0;
  for (unsigned i = 0; i < p->how->jobs; i++) {
    slot *s = &p->slots[i];
    if (s->pid == 0) continue;
    if (wire_now() - s->began_ms > CASE_MOST_MS * p->how->slow) (void)kill(s->pid, SIGKILL);
    of[count] = s;
    fds[count++] = (struct pollfd){.fd = s->fd, .events = POLLIN};
  }
  if (poll(fds, count, 1000) <= 0) return;
  for (nfds_t i = 0; i < count; i++) {
    if (fds[i].revents != 0) read_slot(p, of[i]);
  }
}

static bool fill_slots(pool *p, char **why) {
  for (unsigned i = 0; i < p->how->jobs; i++) {
    size_t run;
    if (p->slots[i].pid != 0) continue;
    if (p->last_turn < p->turns) return true;
    if (!next_run(p, &run)) return true;
    if (!begin(p, &p->slots[i], run, why)) return false;
  }
  return true;
}

static void end_servers(pool *p) {
  for (size_t i = 0; i < JOBS_MOST; i++) {
    char *why = NULL;
    if (p->slots[i].server != NULL && target_lives(p->slots[i].server))
      (void)target_kill(p->slots[i].server, &why);
  }
}

static json_t *never_begun(const pool *p, const test_run *run) {
  return results_of_trouble(
      run, VERDICT_INCONCLUSIVE,
      text_format("It was not run: %s no longer answers since about %s. Start the server again, or "
                  "let the suite do that with --start.",
                  p->how->address, p->gone));
}

json_t *pool_run(const options *how, play_setup *setup, const test_run *runs, size_t count,
                 char **why) {
  pool *p = text_alloc(sizeof *p);
  *p = (pool){.how = how, .setup = setup, .runs = runs, .count = count, .last_turn = SIZE_MAX};
  p->begun = text_alloc(count * sizeof *p->begun);
  p->outcomes = text_alloc(count * sizeof *p->outcomes);
  bool good = true;
  (void)signal(SIGINT, stop);
  (void)signal(SIGTERM, stop);
  while (good && p->done < count && stopped == 0 &&
         (p->busy > 0 || (p->gone == NULL && p->last_turn >= p->turns))) {
    good = fill_slots(p, why);
    if (good || p->busy > 0) wait_slots(p);
  }
  if (stopped != 0) {
    good = false;
    *why = text_same("Stopped by a signal.");
    for (unsigned i = 0; i < how->jobs; i++) {
      if (p->slots[i].pid != 0) (void)kill(p->slots[i].pid, SIGKILL);
    }
  }
  while (p->busy > 0) wait_slots(p);
  end_servers(p);
  json_t *results = json_array();
  for (size_t i = 0; good && i < count; i++) {
    if (!p->begun[i] && p->gone != NULL)
      (void)json_array_append_new(results, never_begun(p, &runs[i]));
    if (!p->outcomes[i].counts) continue;
    (void)json_array_append_new(results, result_of(&runs[i], &p->outcomes[i]));
  }
  return good ? results : NULL;
}
