/* The server under test, as a process.
 * Read first: server.h. Then: disk.c. */
#define _GNU_SOURCE 1
#include "ledger/server.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static _Noreturn void become(const ledger_server *server, int lines) {
  char listen[32];
  (void)snprintf(listen, sizeof listen, "127.0.0.1:%u", server->port);
  (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
  (void)dup2(lines, STDERR_FILENO);
  (void)execl(server->program, server->program, "--listen", listen, "--data", server->data,
              (char *)NULL);
  static const char sentence[] = "The server cannot be started: is its path right?\n";
  ssize_t written = write(STDERR_FILENO, sentence, sizeof sentence - 1);
  _exit(written > 0 ? 127 : 126);
}

bool ledger_server_start(ledger_server *server) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return false;
  server->pid = fork();
  if (server->pid == 0) become(server, ends[1]);
  (void)close(ends[1]);
  server->lines = ends[0];
  server->listening = false;
  server->line_len = 0;
  if (server->pid > 0 && fcntl(server->lines, F_SETFL, O_NONBLOCK) == 0) return true;
  (void)close(server->lines);
  server->pid = 0;
  return false;
}

static void line_take(ledger_server *server) {
  server->line[server->line_len] = '\0';
  server->line_len = 0;
  (void)fprintf(server->log, "%s\n", server->line);
  memcpy(server->last, server->line, sizeof server->last);
  const char *at = strstr(server->line, "listening on 127.0.0.1:");
  if (at != NULL) {
    server->listening = true;
    server->port = (unsigned)strtoul(strrchr(at, ':') + 1, NULL, 10);
  }
  if (strstr(server->line, "no room left for the store") != NULL ||
      strstr(server->line, "could not be written whole") != NULL)
    server->troubles++;
  if (strstr(server->line, "the store takes what it is given again") != NULL) server->cures++;
}

void ledger_server_read(ledger_server *server) {
  char bytes[4096];
  ssize_t len;
  while (server->pid != 0 && (len = read(server->lines, bytes, sizeof bytes)) > 0) {
    for (ssize_t i = 0; i < len; i++) {
      if (bytes[i] == '\n') {
        line_take(server);
      } else if (server->line_len + 1 < sizeof server->line) {
        server->line[server->line_len++] = bytes[i];
      }
    }
  }
}

static void is_over(ledger_server *server) {
  ledger_server_read(server);
  (void)close(server->lines);
  server->pid = 0;
  server->listening = false;
}

int ledger_server_end(ledger_server *server, int signal_number) {
  int status = 0;
  if (server->pid == 0) return 0;
  (void)kill(server->pid, signal_number);
  while (waitpid(server->pid, &status, 0) < 0 && errno == EINTR) continue;
  is_over(server);
  return status;
}

bool ledger_server_is_gone(ledger_server *server, int *status) {
  if (server->pid == 0 || waitpid(server->pid, status, WNOHANG) != server->pid) return false;
  is_over(server);
  return true;
}

static void limit(const ledger_server *server, rlim_t most) {
  struct rlimit files = {most, RLIM_INFINITY};
  if (server->pid != 0) (void)prlimit(server->pid, RLIMIT_FSIZE, &files, NULL);
}

void ledger_server_squeeze(const ledger_server *server, size_t most) { limit(server, most); }

void ledger_server_release(const ledger_server *server) { limit(server, RLIM_INFINITY); }
