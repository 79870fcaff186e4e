/* epigeon-bench: the epoll loop. See net.h. */
#define _GNU_SOURCE
#include "net.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util.h"

void loop_open(struct loop *loop) {
  *loop = (struct loop){.epoll = epoll_create1(EPOLL_CLOEXEC)};
  if (loop->epoll < 0) die("epoll: %s", strerror(errno));
  loop->buffer_cap = 2 * READ_CHUNK;
  loop->buffer = must_alloc(NULL, loop->buffer_cap);
}

void loop_close(struct loop *loop) {
  close(loop->epoll);
  free(loop->buffer);
  *loop = (struct loop){.epoll = -1};
}

static struct sockaddr_in loopback(unsigned last, uint16_t port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(0x7f000000u + last);
  return address;
}

int net_listen(uint16_t *port) {
  struct sockaddr_in address = loopback(1, 0);
  socklen_t len = sizeof address;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) || listen(fd, 1024) ||
      getsockname(fd, (struct sockaddr *)&address, &len))
    die("cannot listen: %s", strerror(errno));
  *port = ntohs(address.sin_port);
  return fd;
}

int net_connect(uint16_t port, unsigned source) {
  struct sockaddr_in from = loopback(1 + source, 0);
  struct sockaddr_in to = loopback(1, port);
  int on = 1;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) die("socket: %s", strerror(errno));
  if (source) { /* other source addresses, other port ranges: 100,000 connections find a port */
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&from, sizeof from)) die("bind: %s", strerror(errno));
  }
  int status;
  do {
    status = connect(fd, (struct sockaddr *)&to, sizeof to);
  } while (status && errno == EINTR);
  if (status) die("cannot connect to 127.0.0.1:%u: %s", port, strerror(errno));
  return fd;
}

void conn_open(struct conn *conn, struct loop *loop, int fd, const struct conn_hooks *hooks,
               void *user) {
  int on = 1;
  *conn = (struct conn){.loop = loop, .hooks = hooks, .user = user, .fd = fd};
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = conn};
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event)) die("epoll: %s", strerror(errno));
}

static void forget_dirty(struct conn *conn) {
  for (struct conn **at = &conn->loop->dirty; *at; at = &(*at)->next_dirty) {
    if (*at != conn) continue;
    *at = conn->next_dirty;
    break;
  }
  conn->is_dirty = false;
}

void conn_close(struct conn *conn) {
  if (conn->fd < 0) return;
  if (conn->is_dirty) forget_dirty(conn);
  close(conn->fd);
  conn->fd = -1;
  conn->rest_len = conn->out_len = conn->out_done = 0;
}

void conn_free(struct conn *conn) {
  if (!conn->loop) return;
  conn_close(conn);
  free(conn->rest);
  free(conn->out);
  *conn = (struct conn){.fd = -1};
}

static void conn_lost(struct conn *conn, const char *why) {
  conn_close(conn);
  conn->hooks->gone(conn, why);
}

char *conn_room(struct conn *conn, size_t len) {
  if (conn->out_len + len > conn->out_cap) {
    if (conn->out_done) {
      memmove(conn->out, conn->out + conn->out_done, conn_waiting(conn));
      conn->out_len -= conn->out_done;
      conn->out_done = 0;
    }
    while (conn->out_len + len > conn->out_cap) {
      conn->out_cap = conn->out_cap ? 2 * conn->out_cap : 1024;
      conn->out = must_alloc(conn->out, conn->out_cap);
    }
  }
  return conn->out + conn->out_len;
}

void conn_wrote(struct conn *conn, size_t len) {
  assert(conn->out_len + len <= conn->out_cap);
  conn->out_len += len;
  if (conn->is_dirty || conn->fd < 0) return;
  conn->is_dirty = true;
  conn->next_dirty = conn->loop->dirty;
  conn->loop->dirty = conn;
}

void conn_put(struct conn *conn, const void *data, size_t len) {
  memcpy(conn_room(conn, len), data, len);
  conn_wrote(conn, len);
}

static void want_room(struct conn *conn, bool wanted) {
  if (conn->waits_for_room == wanted) return;
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = conn};
  if (wanted) event.events |= EPOLLOUT;
  if (epoll_ctl(conn->loop->epoll, EPOLL_CTL_MOD, conn->fd, &event))
    die("epoll: %s", strerror(errno));
  conn->waits_for_room = wanted;
}

static void conn_flush(struct conn *conn) {
  size_t waiting = conn_waiting(conn);
  if (waiting == 0) return;
  ssize_t done = send(conn->fd, conn->out + conn->out_done, waiting, MSG_NOSIGNAL);
  if (done < 0 && errno != EAGAIN && errno != EINTR) {
    conn_lost(conn, strerror(errno));
    return;
  }
  if (done > 0) conn->out_done += (size_t)done;
  if (conn->out_done == conn->out_len) conn->out_done = conn->out_len = 0;
  want_room(conn, conn->out_len > 0);
}

void loop_flush(struct loop *loop) {
  while (loop->dirty) {
    struct conn *conn = loop->dirty;
    loop->dirty = conn->next_dirty;
    conn->is_dirty = false;
    if (!conn->waits_for_room) conn_flush(conn);
  }
}

static void keep_rest(struct conn *conn, const char *data, size_t len) {
  if (len > conn->rest_cap) {
    conn->rest_cap = len > 2048 ? 2 * len : 2048;
    conn->rest = must_alloc(conn->rest, conn->rest_cap);
  }
  if (len) memcpy(conn->rest, data, len);
  conn->rest_len = len;
}

/* Hands over the frames in data; what follows the last end byte is kept. */
static void split(struct conn *conn, const char *data, size_t len) {
  const char *last = memrchr(data, FRAME_END, len);
  size_t whole = last ? (size_t)(last - data) + 1 : 0;
  keep_rest(conn, data + whole, len - whole);
  if (whole && conn->hooks->batch) conn->hooks->batch(conn, data, whole);
  const char *at = data;
  const char *end = data + whole;
  while (at < end && conn->fd >= 0) {
    const char *stop = memchr(at, FRAME_END, (size_t)(end - at));
    assert(stop);
    conn->hooks->frame(conn, at, (size_t)(stop - at));
    at = stop + 1;
  }
}

static void conn_read(struct conn *conn) {
  struct loop *loop = conn->loop;
  size_t before = conn->rest_len;
  if (before + READ_CHUNK > loop->buffer_cap) {
    loop->buffer_cap = 2 * (before + READ_CHUNK);
    loop->buffer = must_alloc(loop->buffer, loop->buffer_cap);
  }
  if (before) memcpy(loop->buffer, conn->rest, before);
  ssize_t got = recv(conn->fd, loop->buffer + before, READ_CHUNK, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) {
    conn_lost(conn, got < 0 ? strerror(errno) : "closed by the other side");
    return;
  }
  loop->now = now_ns();
  split(conn, loop->buffer, before + (size_t)got);
}

void loop_turn(struct loop *loop, int timeout_ms) {
  struct epoll_event events[256];
  int count = epoll_wait(loop->epoll, events, 256, timeout_ms);
  loop->now = now_ns();
  check_signals();
  if (count < 0 && errno != EINTR) die("epoll: %s", strerror(errno));
  for (int i = 0; i < count; i++) {
    struct conn *conn = events[i].data.ptr;
    if (conn->fd < 0) continue;
    if (conn->hooks->ready) {
      conn->hooks->ready(conn);
      continue;
    }
    if (events[i].events & EPOLLOUT) conn_flush(conn);
    if (conn->fd >= 0 && (events[i].events & ~(uint32_t)EPOLLOUT)) conn_read(conn);
  }
}
