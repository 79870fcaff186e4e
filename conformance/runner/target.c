/* Read first: target.h. */
#include "runner/target.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "runner/play.h"

enum { START_MS = 10000, STOP_MS = 10000, STEP_US = 5000 };

static void pause_a_little(void) {
  const struct timespec time = {.tv_nsec = STEP_US * 1000};
  (void)nanosleep(&time, NULL);
}

char *target_command(const char *command, ...) {
  char *made = text_same(command);
  va_list pairs;
  va_start(pairs, command);
  for (const char *name; (name = va_arg(pairs, const char *)) != NULL;) {
    const char *value = va_arg(pairs, const char *);
    char *sign = text_format("{%s}", name);
    text out = {0};
    const char *at = made;
    for (const char *found; (found = strstr(at, sign)) != NULL; at = found + strlen(sign)) {
      text_add(&out, at, (size_t)(found - at));
      text_put(&out, value);
    }
    text_put(&out, at);
    free(made);
    free(sign);
    made = out.at;
  }
  va_end(pairs);
  return made;
}

void target_die_with_parent(void) {
#ifdef __linux__
  (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
}

pid_t target_spawn(const char *command, const char *log_path, int in, int out) {
  pid_t pid = fork();
  if (pid != 0) {
    if (pid > 0) (void)setpgid(pid, pid);
    return pid;
  }
  (void)setpgid(0, 0);
  target_die_with_parent();
  int log = open(log_path, O_WRONLY | O_CREAT | O_APPEND, 0644);
  int nothing = open("/dev/null", O_RDWR);
  (void)dup2(in >= 0 ? in : nothing, STDIN_FILENO);
  (void)dup2(out >= 0 ? out : log, STDOUT_FILENO);
  (void)dup2(log, STDERR_FILENO);
  for (int fd = 3; fd < 256; fd++) (void)close(fd);
  (void)execl("/bin/sh", "sh", "-c", text_format("exec %s", command), (char *)NULL);
  _exit(127);
}

/* A port of this machine that nobody listens on now. */
static char *free_port(void) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t len = sizeof at;
  int on = 1;
  (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  bool good = bind(fd, (struct sockaddr *)&at, len) == 0 &&
              getsockname(fd, (struct sockaddr *)&at, &len) == 0;
  (void)close(fd);
  return good ? text_format("%u", (unsigned)ntohs(at.sin_port)) : text_same("0");
}

target *target_new(const char *command, const char *folder, unsigned number, double slow) {
  target *made = text_alloc(sizeof *made);
  made->command = command;
  made->port = free_port();
  made->dir = text_format("%s/%u", folder, number);
  made->slow = slow;
  (void)mkdir(made->dir, 0755);
  return made;
}

bool target_lives(target *of) {
  if (of->pid == 0) return false;
  if (waitpid(of->pid, NULL, WNOHANG) == 0) return true;
  of->pid = 0;
  return false;
}

bool target_start(target *of, char **why) {
  if (target_lives(of)) return *why = text_same("The server is running already."), false;
  char *command = target_command(of->command, "port", of->port, "dir", of->dir, NULL);
  of->pid = target_spawn(command, text_format("%s.log", of->dir), -1, -1);
  if (of->pid < 0) {
    of->pid = 0;
    return *why = text_format("%s cannot be started: %s.", command, strerror(errno)), false;
  }
  double until = wire_now() + START_MS * of->slow;
  while (wire_now() < until) {
    char *nobody = NULL;
    int fd = wire_connect("127.0.0.1", of->port, 200, &nobody);
    if (fd >= 0) {
      (void)close(fd);
      return true;
    }
    if (!target_lives(of))
      return *why = text_format("`%s` ended at once; %s.log holds what it said.", command, of->dir),
             false;
    pause_a_little();
  }
  *why = text_format("`%s` does not accept connections on port %s.", command, of->port);
  return false;
}

static bool end(target *of, int signal_number, double within_ms) {
  if (!target_lives(of)) return true;
  (void)kill(-of->pid, signal_number);
  for (double until = wire_now() + within_ms; target_lives(of); pause_a_little()) {
    if (wire_now() > until) return false;
  }
  return true;
}

bool target_kill(target *of, char **why) {
  if (!target_lives(of)) return *why = text_same("The server is not running."), false;
  return end(of, SIGKILL, STOP_MS);
}

bool target_stop(target *of, char **why) {
  if (!target_lives(of)) return *why = text_same("The server is not running."), false;
  if (end(of, SIGTERM, STOP_MS * of->slow)) return true;
  (void)end(of, SIGKILL, STOP_MS);
  *why = text_format("The server did not stop within %d s of SIGTERM.", STOP_MS / 1000);
  return false;
}
