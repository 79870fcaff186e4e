/* epigeon-bench: the bare relay, the measure of all others. One thread, one epoll loop; splits what
 * senders write with memchr(0x0C), forwards every frame to every receiver, confirms it to its
 * sender with 60 bytes and takes a confirm of 60 bytes from each receiver; one write per connection
 * and turn. It parses, checks, numbers and keeps nothing. b3 also appends each read batch to a file
 * and fdatasyncs it first. See relay.h. */
#define _GNU_SOURCE
#include "relay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "frame.h"
#include "net.h"
#include "util.h"

enum { RELAY_CONNS = 1024 };

enum side { SIDE_UNKNOWN, SIDE_SENDER, SIDE_RECEIVER };

struct relay_conn {
  struct conn conn;
  enum side side;
};

static struct {
  struct loop loop;
  struct conn listener;
  struct relay_conn *receivers[RELAY_CONNS];
  unsigned receiver_count;
  int log; /* -1: b1 */
} relay;

/* An orderly end of the connection ends the relay's interest, never the relay. */
static void relay_gone(struct conn *conn, const char *why) {
  (void)why;
  for (unsigned i = 0; i < relay.receiver_count; i++)
    if (&relay.receivers[i]->conn == conn)
      relay.receivers[i] = relay.receivers[--relay.receiver_count];
}

static void relay_hello(struct relay_conn *self, const char *frame) {
  self->side = frame[0] == 'R' ? SIDE_RECEIVER : SIDE_SENDER;
  if (self->side == SIDE_RECEIVER) {
    if (relay.receiver_count == RELAY_CONNS) die("relay: too many receivers");
    relay.receivers[relay.receiver_count++] = self;
  }
  conn_put(&self->conn, "ok\f", 3);
}

static void relay_frame(struct conn *conn, const char *frame, size_t len) {
  struct relay_conn *self = conn->user;
  if (self->side == SIDE_SENDER) {
    for (unsigned i = 0; i < relay.receiver_count; i++)
      conn_put(&relay.receivers[i]->conn, frame, len + 1); /* with its end byte */
    conn_put(conn, raw_confirm, CONFIRM_LEN);
  } else if (self->side == SIDE_UNKNOWN) {
    relay_hello(self, frame);
  }
}

static void relay_batch(struct conn *conn, const char *data, size_t len) {
  const struct relay_conn *self = conn->user;
  if (relay.log < 0 || self->side != SIDE_SENDER) return;
  for (size_t done = 0; done < len;) {
    ssize_t wrote = write(relay.log, data + done, len - done);
    if (wrote < 0) die("relay: cannot append: %s", strerror(errno));
    done += (size_t)wrote;
  }
  if (fdatasync(relay.log)) die("relay: fdatasync: %s", strerror(errno));
}

static const struct conn_hooks relay_hooks = {
    .batch = relay_batch, .frame = relay_frame, .gone = relay_gone};

static void relay_accept(struct conn *listener) {
  int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC);
  if (fd < 0) return;
  struct relay_conn *self = must_alloc(NULL, sizeof *self);
  self->side = SIDE_UNKNOWN;
  conn_open(&self->conn, &relay.loop, fd, &relay_hooks, self);
}

static const struct conn_hooks listener_hooks = {.ready = relay_accept};

_Noreturn void relay_run(int listener, const char *log_path) {
  relay.log = -1;
  if (log_path) {
    relay.log = open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (relay.log < 0) die("relay: cannot open %s: %s", log_path, strerror(errno));
  }
  loop_open(&relay.loop);
  conn_open(&relay.listener, &relay.loop, listener, &listener_hooks, NULL);
  for (;;) {
    loop_turn(&relay.loop, -1);
    loop_flush(&relay.loop);
  }
}
