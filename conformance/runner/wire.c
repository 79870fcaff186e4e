/* Bytes in and out of all connections of a case, and its log.
 * Read first: play.h. */
#include "runner/play.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "runner/adapter.h"

enum {
  FRAME_MOST = 96 << 20, /* more than any limit `frame` that is met */
  LOG_MOST = 4000,       /* lines of a log; half of them from its beginning */
  LOG_LINE_MOST = 4000,  /* bytes */
  SPLIT_PAUSE_NS = 150000,
  LAG_MS = 200,
  KEEP_UP_MS = 20
};

double wire_now(void) {
  struct timespec now;
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* ---- The log ---- */

/* Where the next line goes: when the log is full, over the oldest line after its first half. */
static log_line *next_line(play *p) {
  if (p->log == NULL) p->log = text_alloc(LOG_MOST * sizeof *p->log);
  if (p->log_count < LOG_MOST) return &p->log[p->log_count++];
  log_line *one = &p->log[LOG_MOST / 2 + p->log_left_out++ % (LOG_MOST / 2)];
  free(one->words);
  free(one->who);
  return one;
}

const log_line *wire_log_line(const play *p, size_t i) {
  if (i < LOG_MOST / 2) return &p->log[i];
  return &p->log[LOG_MOST / 2 + (i - LOG_MOST / 2 + p->log_left_out) % (LOG_MOST / 2)];
}

void wire_log(play *p, const conn *c, const char *what, span bytes) {
  text words = {0};
  text_show(&words, bytes, LOG_LINE_MOST);
  *next_line(p) = (log_line){.at_ms = wire_now() - p->began_ms,
                             .who = text_same(c == NULL ? "" : c->name),
                             .number = c == NULL ? 0 : c->number,
                             .what = what,
                             .words = text_same(text_words(&words))};
  free(words.at);
}

void wire_note(play *p, const conn *c, const char *format, ...) {
  char words[1024];
  va_list args;
  va_start(args, format);
  (void)vsnprintf(words, sizeof words, format, args);
  va_end(args);
  wire_log(p, c, "note", span_of(words));
}

/* ---- Opening and closing ---- */

conn *wire_new(play *p, const char *name, int fd) {
  conn *made = text_alloc(sizeof *made);
  made->name = text_same(name);
  made->fd = fd;
  made->number = (unsigned)p->conn_count + 1;
  p->acted_ms = wire_now();
  made->split_ns = (long)(SPLIT_PAUSE_NS * play_stretch(p));
  frame_splitter_init(&made->in, FRAME_MOST);
  p->conns = text_grow(p->conns, (p->conn_count + 1) * sizeof(conn *));
  p->conns[p->conn_count++] = made;
  int on = 1;
  (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  (void)fcntl(fd, F_SETFL, O_NONBLOCK);
  (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
  wire_note(p, made, "connection %u opens", made->number);
  return made;
}

static bool finish_connect(int fd, double within_ms) {
  struct pollfd one = {.fd = fd, .events = POLLOUT};
  int failed = 0;
  socklen_t len = sizeof failed;
  if (poll(&one, 1, (int)within_ms) != 1) return errno = ETIMEDOUT, false;
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &len) != 0) return false;
  errno = failed;
  return failed == 0;
}

static int connect_one(int family, const struct sockaddr *to, socklen_t len, double within_ms) {
  int fd = socket(family, SOCK_STREAM, 0);
  if (fd < 0) return -1;
  (void)fcntl(fd, F_SETFL, O_NONBLOCK);
  (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
  if (connect(fd, to, len) == 0) return fd;
  if ((errno == EINPROGRESS || errno == EINTR) && finish_connect(fd, within_ms)) return fd;
  int kept = errno;
  (void)close(fd);
  errno = kept;
  return -1;
}

static int connect_unix(const char *path, double within_ms) {
  struct sockaddr_un to = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof to.sun_path) return errno = ENAMETOOLONG, -1;
  memcpy(to.sun_path, path, strlen(path) + 1);
  return connect_one(AF_UNIX, (const struct sockaddr *)&to, sizeof to, within_ms);
}

int wire_connect(const char *host, const char *port, double within_ms, char **why) {
  int fd = -1;
  if (strcmp(host, "unix") == 0) {
    fd = connect_unix(port, within_ms);
  } else {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    int failed = getaddrinfo(host, port, &hints, &found);
    if (failed != 0) {
      *why = text_format("%s is no address: %s.", host, gai_strerror(failed));
      return -1;
    }
    for (struct addrinfo *at = found; at != NULL && fd < 0; at = at->ai_next)
      fd = connect_one(at->ai_family, at->ai_addr, at->ai_addrlen, within_ms);
    freeaddrinfo(found);
  }
  if (fd < 0) *why = text_format("Nobody answers at %s:%s (%s).", host, port, strerror(errno));
  return fd;
}

void wire_close(play *p, conn *c, bool reset) {
  if (c->fd < 0) return;
  struct linger now = {.l_onoff = 1, .l_linger = 0};
  if (reset) (void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  wire_note(p, c, "the suite %s connection %u", reset ? "cuts" : "closes", c->number);
  (void)close(c->fd);
  p->acted_ms = wire_now();
  c->fd = -1;
  if (c->end == END_OPEN) c->end = END_BY_SUITE;
}

/* ---- Reading and writing ---- */

static void peer_ended(play *p, conn *c, conn_end how) {
  wire_note(p, c, "connection %u was %s by the peer", c->number,
            how == END_RESET ? "reset" : "closed");
  (void)close(c->fd);
  c->fd = -1;
  c->end = how;
  c->end_ms = wire_now();
}

static void read_conn(play *p, conn *c) {
  static char bytes[1 << 18];
  for (int turn = 0; turn < 16 && c->fd >= 0; turn++) {
    ssize_t got = recv(c->fd, bytes, sizeof bytes, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
      peer_ended(p, c, got == 0 ? END_BY_PEER : END_RESET);
      return;
    }
    c->bytes_in += (uint64_t)got;
    if (!frame_splitter_feed(&c->in, bytes, (size_t)got)) abort();
    span whole;
    size_t skipped;
    while (frame_splitter_next(&c->in, &whole, &skipped)) {
      if (skipped == 0)
        watch_arrived(p, c, whole);
      else
        watch_breach(p, "EP-FRAME-1", text_same("frames of a size that can be read"),
                     text_format("a frame of more than %d bytes", FRAME_MOST));
    }
  }
}

static size_t unwritten(const conn *c) { return c->out.len - c->out_at; }

static void write_conn(conn *c) {
  while (c->fd >= 0 && unwritten(c) > 0) {
    size_t len = c->split != 0 && c->split < unwritten(c) ? c->split : unwritten(c);
    ssize_t put = send(c->fd, c->out.at + c->out_at, len, MSG_NOSIGNAL);
    if (put < 0 && (errno == EAGAIN || errno == EINTR)) return;
    /* That it is closed shows when it is read. */
    c->out_at = put < 0 ? c->out.len : c->out_at + (size_t)put;
    if (c->split != 0) {
      const struct timespec pause = {.tv_nsec = c->split_ns};
      (void)nanosleep(&pause, NULL);
    }
  }
  c->out.len = c->out_at = 0;
}

static void note_lag(play *p, double asked_ms) {
  double late = wire_now() - asked_ms;
  if (late > LAG_MS) p->lag_ms += late;
}

static void take_caller(play *p) {
  int fd = accept(p->listener, NULL, NULL);
  if (fd < 0) return;
  adapter_connected(p->app);
  if (p->waiting_count == sizeof p->waiting / sizeof *p->waiting) {
    (void)close(fd);
    return;
  }
  p->waiting[p->waiting_count++] = fd;
}

void wire_pump(play *p, double until_ms) {
  static struct pollfd *fds;
  static conn **of;
  static size_t room;
  if (room < p->conn_count + 2) {
    room = p->conn_count * 2 + 2;
    fds = text_grow(fds, room * sizeof *fds);
    of = text_grow(of, room * sizeof(conn *));
  }
  nfds_t count = 0;
  for (size_t i = 0; i < p->conn_count; i++) {
    conn *c = p->conns[i];
    if (c->fd < 0) continue;
    short events = (short)((c->is_not_reading ? 0 : POLLIN) |
                           (unwritten(c) > 0 && !c->is_batching ? POLLOUT : 0));
    of[count] = c;
    fds[count++] = (struct pollfd){.fd = c->fd, .events = events};
  }
  nfds_t conns = count;
  if (p->listener >= 0) fds[count++] = (struct pollfd){.fd = p->listener, .events = POLLIN};
  int app = p->app == NULL ? -1 : adapter_fd(p->app);
  if (app >= 0) fds[count++] = (struct pollfd){.fd = app, .events = POLLIN};
  double now = p->pumped_ms = wire_now(), left = until_ms - now;
  int timeout = left <= 0 ? 0 : left > 1e6 ? 1000000 : (int)left + 1;
  int ready = poll(fds, count, timeout);
  note_lag(p, now + timeout);
  if (ready <= 0) return;
  for (nfds_t i = 0; i < count; i++) {
    if (fds[i].revents == 0) continue;
    if (i < conns) {
      if ((fds[i].revents & POLLOUT) != 0) write_conn(of[i]);
      if ((fds[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0 && !of[i]->is_not_reading)
        read_conn(p, of[i]);
    } else if (fds[i].fd == p->listener) {
      take_caller(p);
    } else {
      adapter_read(p->app, p);
    }
  }
}

void wire_keep_up(play *p) {
  if (wire_now() - p->pumped_ms > KEEP_UP_MS) wire_pump(p, 0);
}

bool wire_flush(play *p, conn *c) {
  double until = wire_now() + 10e3 * p->setup->slow;
  write_conn(c);
  while (c->fd >= 0 && unwritten(c) > 0) {
    wire_pump(p, until);
    if (unwritten(c) > 0 && wire_now() > until)
      return play_late(
          p, text_same("what is written is read"),
          text_format("%s's connection took nothing for %.0f s", c->name, 10 * p->setup->slow));
  }
  return true;
}

bool wire_write(play *p, conn *c, span bytes) {
  p->acted_ms = wire_now();
  text_add(&c->out, bytes.text, bytes.len);
  if (c->is_batching) return true;
  return wire_flush(p, c);
}
