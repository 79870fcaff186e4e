/* Read first: adapter.h. */
#include "runner/adapter.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runner/target.h"

enum { END_MS = 60, START_MS = 10000 };

struct adapter {
  pid_t pid;
  int in, out; /* what it reads, what it writes; -1: closed */
  char *dir, *port;
  int keeper; /* has the port for as long as the case lasts */
  text said;  /* a line that has not ended yet */
  char **events;
  size_t count, first;
  bool is_unsupported;
  bool is_up; /* it has connected, or said something, since it was started */
};

/* A socket with this port, or any (NULL), which it then says. -1: there is none. */
static int have_port(char **port) {
  int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t len = sizeof at;
  (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  (void)setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  if (*port != NULL) at.sin_port = htons((uint16_t)strtoul(*port, NULL, 10));
  if (bind(fd, (struct sockaddr *)&at, len) != 0 ||
      getsockname(fd, (struct sockaddr *)&at, &len) != 0) {
    (void)close(fd);
    return -1;
  }
  (void)fcntl(fd, F_SETFL, O_NONBLOCK);
  (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
  if (*port == NULL) *port = text_format("%u", (unsigned)ntohs(at.sin_port));
  return fd;
}

static int listen_at(char **port) {
  int fd = have_port(port);
  if (fd < 0 || listen(fd, 16) == 0) return fd;
  (void)close(fd);
  return -1;
}

int adapter_listen(adapter *of) { return listen_at(&of->port); }

bool adapter_restart(adapter *of, play *p, char **why) {
  int in[2], out[2];
  if (pipe(in) != 0 || pipe(out) != 0)
    return *why = text_same("There are no more file descriptors."), false;
  char *command =
      target_command(p->setup->start, "host", "127.0.0.1", "port", of->port, "dir", of->dir, NULL);
  of->pid = target_spawn(command, text_format("%s.log", of->dir), in[0], out[1]);
  (void)close(in[0]);
  (void)close(out[1]);
  of->in = in[1];
  of->out = out[0];
  (void)fcntl(of->out, F_SETFL, O_NONBLOCK);
  of->said.len = 0;
  of->is_up = false;
  wire_note(p, NULL, "the adapter starts: %s", command);
  if (of->pid > 0) return true;
  *why = text_format("%s cannot be started.", command);
  return false;
}

adapter *adapter_start(play *p, char **why) {
  adapter *made = text_alloc(sizeof *made);
  made->in = made->out = -1;
  /* This one never listens: nobody else gets the port while the case stops listening. */
  made->keeper = have_port(&made->port);
  p->listener = made->keeper < 0 ? -1 : listen_at(&made->port);
  if (p->listener < 0) return *why = text_same("The suite cannot listen anywhere."), NULL;
  made->dir = text_format("%s/client-%lu", p->setup->folder, (unsigned long)getpid());
  (void)mkdir(made->dir, 0755);
  vars_setf(&p->names, "port", "%s", made->port);
  return adapter_restart(made, p, why) ? made : NULL;
}

void adapter_kill(adapter *of, play *p) {
  if (of->pid <= 0) return;
  wire_note(p, NULL, "the adapter is killed");
  (void)kill(-of->pid, SIGKILL);
  (void)waitpid(of->pid, NULL, 0);
  of->pid = 0;
  (void)close(of->in);
  adapter_read(of, p);
  if (of->out >= 0) (void)close(of->out);
  of->in = of->out = -1;
}

void adapter_end(adapter *of, play *p) {
  if (of->in >= 0) (void)close(of->in);
  of->in = -1;
  for (double until = wire_now() + END_MS; of->out >= 0 && wire_now() < until;) {
    wire_pump(p, until);
    if (of->is_unsupported) break;
  }
  if (of->pid <= 0) return;
  (void)kill(-of->pid, SIGKILL);
  (void)waitpid(of->pid, NULL, 0);
  of->pid = 0;
}

void adapter_connected(adapter *of) { of->is_up = true; }

double adapter_grace(const adapter *of) { return of->is_up || of->out < 0 ? 0 : START_MS; }

int adapter_fd(const adapter *of) { return of->out; }

/* In the log blanks stand for tabs. */
static void log_line_of(play *p, const char *what, const char *line) {
  char *shown = text_same(line);
  for (char *at = shown; *at != '\0'; at++) {
    if (*at == '\t') *at = ' ';
  }
  wire_log(p, NULL, what, span_of(shown));
  free(shown);
}

static void take_line(adapter *of, play *p, char *line) {
  if (*line == '\0') return;
  of->is_up = true;
  log_line_of(p, "event", line);
  if (text_begins(line, "unsupported")) of->is_unsupported = true;
  of->events = text_grow(of->events, (of->count + 1) * sizeof *of->events);
  of->events[of->count++] = text_same(line);
}

void adapter_read(adapter *of, play *p) {
  char bytes[65536];
  for (;;) {
    ssize_t got = read(of->out, bytes, sizeof bytes);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) break;
    if (got <= 0) {
      (void)close(of->out);
      of->out = -1;
      break;
    }
    text_add(&of->said, bytes, (size_t)got);
  }
  char *at = of->said.at, *end;
  while (at != NULL && (end = strchr(at, '\n')) != NULL) {
    *end = '\0';
    take_line(of, p, at);
    at = end + 1;
  }
  if (at == NULL || at == of->said.at) return;
  of->said.len -= (size_t)(at - of->said.at);
  memmove(of->said.at, at, of->said.len + 1);
}

bool adapter_write(adapter *of, play *p, char *const words[], size_t count) {
  text line = {0};
  for (size_t i = 0; i < count; i++) text_putf(&line, "%s%s", i == 0 ? "" : "\t", words[i]);
  log_line_of(p, "command", text_words(&line));
  text_put(&line, "\n");
  for (size_t at = 0; at < line.len;) {
    ssize_t put = of->in < 0 ? -1 : write(of->in, line.at + at, line.len - at);
    if (put < 0 && errno == EINTR && of->in >= 0) continue;
    if (put < 0) return false;
    at += (size_t)put;
  }
  return true;
}

const char *adapter_event(adapter *of, size_t *at) {
  return *at < of->count ? of->events[(*at)++] : NULL;
}

void adapter_consume(adapter *of, size_t at) { of->first = at; }

size_t adapter_first(const adapter *of) { return of->first; }

bool adapter_says_unsupported(const adapter *of) { return of->is_unsupported; }
