/* Read first: target.h. */
#include "runner/target.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
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

enum { START_MS = 20000, STOP_MS = 10000, LEAVE_MS = 500, STEP_US = 5000 };
enum { PORT_LEAST = 10000, PORTS = 22000 };
enum { TCP_LISTEN_STATE = 10 }; /* in /proc/net/tcp */

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

static bool is_free(unsigned port) {
  int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  bool good = bind(fd, (struct sockaddr *)&at, sizeof at) == 0;
  (void)close(fd);
  return good;
}

/* A port of this machine that nobody has now. It has to stay free while the server is killed and
 * started again: so it is none of those (from 32768) that systems give to whoever connects
 * somewhere, and another one for each folder: each suite and server has its own. */
static char *free_port(const char *dir) {
  unsigned first = 2166136261u;
  for (; *dir != '\0'; dir++) first = (first ^ (unsigned char)*dir) * 16777619u;
  for (unsigned i = 0; i < PORTS; i++) {
    unsigned port = PORT_LEAST + (first + i) % PORTS;
    if (is_free(port)) return text_format("%u", port);
  }
  return text_same("0");
}

target *target_new(const char *command, const char *folder, unsigned number, double slow) {
  target *made = text_alloc(sizeof *made);
  made->command = command;
  made->dir = text_format("%s/%u", folder, number);
  made->port = free_port(made->dir);
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

/* Whether the kernel's table of sockets has one that listens on the port; sets *known when there
 * is such a table. */
static bool is_listed(const char *table, unsigned port, bool *known) {
  char line[512];
  unsigned at, state;
  bool found = false;
  FILE *in = fopen(table, "r");
  if (in == NULL) return false;
  *known = true;
  while (!found && fgets(line, sizeof line, in) != NULL) {
    const char *address = strchr(line, ':') == NULL ? line : strchr(line, ':') + 1;
    found = sscanf(address, " %*[0-9A-F]:%X %*[0-9A-F]:%*X %X", &at, &state) == 2 && at == port &&
            state == TCP_LISTEN_STATE;
  }
  (void)fclose(in);
  return found;
}

/* Without a connection where that can be known: a server of 1.0.2 does not survive one that says
 * nothing and closes. */
static bool listens(const char *port) {
  bool known = false;
  unsigned number = (unsigned)strtoul(port, NULL, 10);
  if (is_listed("/proc/net/tcp", number, &known) || is_listed("/proc/net/tcp6", number, &known))
    return true;
  if (known) return false;
  char *nobody = NULL;
  int fd = wire_connect("127.0.0.1", port, 200, &nobody);
  if (fd >= 0) (void)close(fd);
  return fd >= 0;
}

bool target_start(target *of, char **why) {
  if (target_lives(of)) return *why = text_same("The server is running already."), false;
  char *command = target_command(of->command, "port", of->port, "dir", of->dir, NULL);
  of->pid = target_spawn(command, text_format("%s.log", of->dir), -1, -1);
  if (of->pid < 0) {
    of->pid = 0;
    return *why = text_format("%s cannot be started: %s.", command, strerror(errno)), false;
  }
  double until = wire_now() + START_MS * (of->slow > 1 ? of->slow : 1);
  while (wire_now() < until) {
    if (listens(of->port)) return true;
    if (!target_lives(of))
      return *why = text_format("`%s` ended at once; %s.log holds what it said.", command, of->dir),
             false;
    pause_a_little();
  }
  *why = text_format("`%s` does not accept connections on port %s.", command, of->port);
  return false;
}

char *target_last_words(const target *of) {
  size_t len = 0;
  char *said = case_load(text_format("%s.log", of->dir), &len);
  if (said == NULL) return text_same("");
  char *line = text_trim(said), *before = strrchr(line, '\n');
  return before == NULL ? line : before + 1;
}

static bool end(target *of, int signal_number, double within_ms) {
  if (!target_lives(of)) return true;
  (void)kill(-of->pid, signal_number);
  for (double until = wire_now() + within_ms; target_lives(of); pause_a_little()) {
    if (wire_now() > until) return false;
  }
  return true;
}

bool target_stays(target *of) {
  for (double until = wire_now() + LEAVE_MS * of->slow; target_lives(of); pause_a_little()) {
    if (wire_now() > until) return true;
  }
  return false;
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
