/* epigeon-bench: child processes and the work directory. See server.h. */
#define _GNU_SOURCE
#include "server.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net.h"
#include "relay.h"
#include "util.h"

enum { START_WAIT_MS = 20000, STOP_WAIT_MS = 10000, MAX_ARGS = 32 };

static char workdir[PATH_MAX - 64];
static pid_t running; /* one at a time; killed at exit */
static unsigned started;

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *ftw) {
  (void)info, (void)type, (void)ftw;
  return remove(path);
}

static void remove_tree(const char *path) { nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS); }

static void clean_up(void) {
  if (running > 0) {
    kill(running, SIGKILL);
    waitpid(running, NULL, 0);
  }
  running = 0;
  if (workdir[0]) remove_tree(workdir);
}

void workdir_make(const char *parent) {
  assert(!workdir[0]);
  char path[sizeof workdir];
  int len = snprintf(path, sizeof path, "%s/epigeon-bench.XXXXXX", parent);
  if (len < 0 || (size_t)len >= sizeof path || !mkdtemp(path))
    die("cannot make a directory in %s: %s", parent, strerror(errno));
  strcpy(workdir, path);
  atexit(clean_up);
}

/* In the child: nothing of the parent's is cleaned up here, and it does not outlive the parent. */
static void become_child(int cpu) {
  workdir[0] = '\0';
  running = 0;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  signal(SIGINT, SIG_IGN); /* the parent decides */
  signal(SIGTERM, SIG_DFL);
  cpu_pin(cpu);
}

static void start_relay(struct server *server, bool synced, int cpu) {
  char log[PATH_MAX + 16];
  snprintf(log, sizeof log, "%s/relay", server->dir);
  int listener = net_listen(&server->port);
  fflush(NULL);
  server->pid = fork();
  if (server->pid < 0) die("fork: %s", strerror(errno));
  if (server->pid == 0) {
    become_child(cpu);
    relay_run(listener, synced ? log : NULL);
  }
  close(listener);
}

static void exec_server(const struct server *server, const char *const *args, int cpu) {
  char log[PATH_MAX + 16];
  snprintf(log, sizeof log, "%s/log", server->dir);
  become_child(cpu);
  signal(SIGINT, SIG_DFL);
  signal(SIGPIPE, SIG_DFL);
  int null = open("/dev/null", O_RDWR);
  int out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (null < 0 || out < 0) _exit(127);
  dup2(null, 0);
  dup2(null, 1);
  dup2(out, 2);
  close(null);
  close(out);
  execvp(args[0], (char *const *)(uintptr_t)args);
  fprintf(stderr, "cannot run %s: %s\n", args[0], strerror(errno));
  _exit(127);
}

/* The end of the server's log, for a person who must know why. */
static void tail_of_log(const struct server *server, char *out, size_t cap) {
  char path[PATH_MAX + 16];
  snprintf(path, sizeof path, "%s/log", server->dir);
  FILE *log = fopen(path, "r");
  size_t len = 0;
  if (log) {
    if (fseek(log, -(long)(cap - 1), SEEK_END)) rewind(log);
    len = fread(out, 1, cap - 1, log);
    fclose(log);
  }
  out[len] = '\0';
}

/* 0: it is not there. */
static uint16_t port_from_log(const struct server *server, const char *before) {
  char text[4096];
  tail_of_log(server, text, sizeof text);
  const char *found = strstr(text, before);
  if (!found) return 0;
  const char *digits = found + strlen(before);
  char *end;
  unsigned long port = strtoul(digits, &end, 10);
  return end > digits && *end != '\0' && port < 65536 ? (uint16_t)port : 0;
}

static void wait_for_port(struct server *server) {
  char text[2000];
  for (int waited = 0; waited < START_WAIT_MS; waited += 5) {
    server->port = port_from_log(server, "listening on 127.0.0.1:");
    if (server->port) return;
    if (waitpid(server->pid, NULL, WNOHANG) == server->pid) {
      running = 0;
      tail_of_log(server, text, sizeof text);
      die("the server did not start:\n%s", text);
    }
    sleep_ms(5);
  }
  tail_of_log(server, text, sizeof text);
  die("the server says no \"listening on 127.0.0.1:PORT\":\n%s", text);
}

static void start_program(struct server *server, bool lmdb, const char *program,
                          const char *const *extra, int cpu) {
  char data[PATH_MAX + 16];
  snprintf(data, sizeof data, "%s/data", server->dir);
  const char *args[MAX_ARGS] = {program, "--listen", "127.0.0.1:0", lmdb ? "--data" : "--store",
                                lmdb ? data : "memory"};
  for (size_t i = 5; extra && *extra; i++) {
    assert(i + 1 < MAX_ARGS);
    args[i] = *extra++;
  }
  fflush(NULL);
  server->pid = fork();
  if (server->pid < 0) die("fork: %s", strerror(errno));
  if (server->pid == 0) exec_server(server, args, cpu);
  running = server->pid;
  wait_for_port(server);
}

void server_start(struct server *server, enum kind kind, const char *program,
                  const char *const *extra, int cpu) {
  assert(running == 0 && workdir[0]);
  *server = (struct server){0};
  snprintf(server->dir, sizeof server->dir, "%s/%u", workdir, ++started);
  if (mkdir(server->dir, 0700)) die("cannot make %s: %s", server->dir, strerror(errno));
  if (kind == KIND_RELAY || kind == KIND_RELAY_SYNCED)
    start_relay(server, kind == KIND_RELAY_SYNCED, cpu);
  else
    start_program(server, kind == KIND_SERVER_LMDB, program, extra, cpu);
  running = server->pid;
}

uint16_t server_metrics_port(const struct server *server) {
  for (int waited = 0; waited < START_WAIT_MS; waited += 5) {
    uint16_t port = port_from_log(server, "metrics at http://127.0.0.1:");
    if (port) return port;
    sleep_ms(5);
  }
  die("the server says no \"metrics at http://127.0.0.1:PORT\"");
}

uint64_t server_store_bytes(const struct server *server) {
  char path[PATH_MAX + 16];
  struct stat file;
  snprintf(path, sizeof path, "%s/data/data.mdb", server->dir);
  return stat(path, &file) == 0 ? (uint64_t)file.st_blocks * 512 : 0;
}

void server_stop(struct server *server) {
  assert(server->pid > 0 && running == server->pid);
  kill(server->pid, SIGTERM);
  int waited = 0;
  while (waitpid(server->pid, NULL, WNOHANG) == 0) {
    if (waited >= STOP_WAIT_MS) {
      fprintf(stderr, "epigeon-bench: the server ignores SIGTERM and is killed\n");
      kill(server->pid, SIGKILL);
      waitpid(server->pid, NULL, 0);
      break;
    }
    sleep_ms(2);
    waited += 2;
  }
  running = 0;
  server->pid = 0;
  remove_tree(server->dir);
}
