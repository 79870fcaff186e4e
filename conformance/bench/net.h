/* epigeon-bench: one epoll loop with framed connections, used by the relay and by the driver alike:
 * big reads into a shared buffer, frames split with memchr(0x0C), everything written during a turn
 * leaves in one write per connection at its end. Read first: util.h. */
#ifndef BENCH_NET_H
#define BENCH_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FRAME_END = 0x0c, READ_CHUNK = 1024 * 1024 };

struct conn;

struct conn_hooks {
  void (*ready)(struct conn *conn); /* instead of reading: a listening socket */
  /* Whole frames just read, before they are handed over one by one; optional. */
  void (*batch)(struct conn *conn, const char *data, size_t len);
  void (*frame)(struct conn *conn, const char *frame, size_t len); /* without its end byte */
  void (*gone)(struct conn *conn, const char *why);
};

struct loop {
  int epoll;
  char *buffer;
  size_t buffer_cap;
  struct conn *dirty;
  uint64_t now; /* when the last wait or read returned */
};

/* A connection belongs to its caller, who keeps it until the turn in which it closed is over. */
struct conn {
  struct loop *loop;
  const struct conn_hooks *hooks;
  void *user;
  struct conn *next_dirty;
  char *rest; /* the beginning of a frame that has not ended yet */
  size_t rest_len;
  size_t rest_cap;
  char *out;
  size_t out_len;
  size_t out_done;
  size_t out_cap;
  int fd; /* -1: closed */
  bool is_dirty;
  bool waits_for_room;
};

void loop_open(struct loop *loop);
void loop_close(struct loop *loop);
void loop_turn(struct loop *loop, int timeout_ms); /* waits, reads, calls the hooks */
void loop_flush(struct loop *loop);                /* writes what the turn produced */

int net_listen(uint16_t *port);                  /* 127.0.0.1, any port */
int net_connect(uint16_t port, unsigned source); /* from 127.0.0.(1 + source) */
void conn_open(struct conn *conn, struct loop *loop, int fd, const struct conn_hooks *hooks,
               void *user);
void conn_close(struct conn *conn);
void conn_free(struct conn *conn); /* closes, and gives the buffers back */

/* Room for len bytes at the end of the output; conn_wrote() says how many were used. */
char *conn_room(struct conn *conn, size_t len);
void conn_wrote(struct conn *conn, size_t len);
void conn_put(struct conn *conn, const void *data, size_t len);

static inline size_t conn_waiting(const struct conn *conn) {
  return conn->out_len - conn->out_done;
}

#endif
