/* A relay that cuts connections.
 * Read first: relay.h. */
#define _GNU_SOURCE 1
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ledger/plan.h"
#include "ledger/relay.h"

enum { PAIRS_MOST = 64, PIPE_LEN = 16 * 1024 };

/* One direction of a connection: what was read at one end and not yet written at the other. */
typedef struct half {
  char held[PIPE_LEN];
  size_t at, len;
  bool ended; /* nothing more comes */
} half;

typedef struct pair {
  int ends[2];    /* the client's socket, the server's; -1: not in use */
  half halves[2]; /* to the server, to the client */
} pair;

typedef struct relay_state {
  int listener, orders;
  unsigned server_port;
  uint64_t random;
  pair pairs[PAIRS_MOST];
} relay_state;

/* Both sides see a reset: nothing more arrives, whatever was under way. */
static void pair_cut(pair *p) {
  struct linger at_once = {1, 0};
  for (int i = 0; i < 2; i++) {
    (void)setsockopt(p->ends[i], SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    (void)close(p->ends[i]);
    p->ends[i] = -1;
  }
}

static void pair_close(pair *p) {
  for (int i = 0; i < 2; i++) {
    (void)close(p->ends[i]);
    p->ends[i] = -1;
  }
}

static struct sockaddr_in loopback(unsigned port) {
  struct sockaddr_in out = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return out;
}

static void take(relay_state *r) {
  int client = accept4(r->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (client < 0) return;
  pair *p = r->pairs;
  while (p < r->pairs + PAIRS_MOST && p->ends[0] >= 0) p++;
  int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in where = loopback(r->server_port);
  bool good = p < r->pairs + PAIRS_MOST && server >= 0 &&
              connect(server, (const struct sockaddr *)&where, sizeof where) == 0 &&
              fcntl(server, F_SETFL, O_NONBLOCK) == 0;
  if (!good) {
    (void)close(client);
    if (server >= 0) (void)close(server);
    return;
  }
  int yes = 1;
  (void)setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  (void)setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  p->ends[0] = client;
  p->ends[1] = server;
  for (int i = 0; i < 2; i++) p->halves[i].at = p->halves[i].len = p->halves[i].ended = 0;
}

static short wanted(const pair *p, int end) {
  const half *in = &p->halves[end], *out = &p->halves[1 - end];
  return (short)((in->at == in->len && !in->ended ? POLLIN : 0) |
                 (out->at < out->len ? POLLOUT : 0));
}

/* False: the connection is broken. */
static bool half_read(half *h, int fd) {
  ssize_t len = read(fd, h->held, sizeof h->held);
  if (len < 0) return errno == EAGAIN || errno == EINTR;
  h->at = 0;
  h->len = (size_t)len;
  h->ended = len == 0;
  return true;
}

static bool half_write(half *h, int fd) {
  ssize_t len = send(fd, h->held + h->at, h->len - h->at, MSG_NOSIGNAL);
  if (len < 0) return errno == EAGAIN || errno == EINTR;
  h->at += (size_t)len;
  return true;
}

static void pair_work(pair *p, const short got[2]) {
  for (int end = 0; end < 2; end++) {
    half *in = &p->halves[end], *out = &p->halves[1 - end];
    bool good = (got[end] & (POLLERR | POLLNVAL)) == 0;
    if (good && (got[end] & POLLOUT) != 0) good = half_write(out, p->ends[end]);
    bool reads = (got[end] & (POLLIN | POLLHUP)) != 0 && in->at == in->len && !in->ended;
    if (good && reads) good = half_read(in, p->ends[end]);
    bool over = in->ended && p->halves[1 - end].at == p->halves[1 - end].len;
    if (good && !over) continue;
    pair_close(p);
    return;
  }
}

/* False: the driver is gone. */
static bool obey(relay_state *r) {
  char order;
  unsigned open[PAIRS_MOST], count = 0;
  if (read(r->orders, &order, 1) != 1) return false;
  for (unsigned i = 0; i < PAIRS_MOST; i++) {
    if (r->pairs[i].ends[0] >= 0) open[count++] = i;
  }
  if (count != 0) pair_cut(&r->pairs[open[ledger_below(&r->random, count)]]);
  return true;
}

static void run(relay_state *r) {
  struct pollfd files[2 + 2 * PAIRS_MOST];
  for (;;) {
    files[0] = (struct pollfd){.fd = r->orders, .events = POLLIN};
    files[1] = (struct pollfd){.fd = r->listener, .events = POLLIN};
    for (int i = 0; i < 2 * PAIRS_MOST; i++) {
      const pair *p = &r->pairs[i / 2];
      files[2 + i] = (struct pollfd){.fd = p->ends[i % 2], .events = 0};
      if (p->ends[0] >= 0) files[2 + i].events = wanted(p, i % 2);
    }
    if (poll(files, 2 + 2 * PAIRS_MOST, -1) < 0) continue;
    for (int i = 0; i < PAIRS_MOST; i++) {
      short got[2] = {files[2 + 2 * i].revents, files[3 + 2 * i].revents};
      if (r->pairs[i].ends[0] >= 0 && (got[0] | got[1]) != 0) pair_work(&r->pairs[i], got);
    }
    if (files[1].revents != 0) take(r);
    if (files[0].revents != 0 && !obey(r)) return;
  }
}

static int listen_somewhere(unsigned *port) {
  struct sockaddr_in where = loopback(0);
  socklen_t len = sizeof where;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  if (bind(fd, (const struct sockaddr *)&where, sizeof where) != 0 || listen(fd, 64) != 0 ||
      getsockname(fd, (struct sockaddr *)&where, &len) != 0) {
    (void)close(fd);
    return -1;
  }
  *port = ntohs(where.sin_port);
  return fd;
}

static _Noreturn void run_in_child(int listener, int orders, unsigned server_port, uint64_t seed) {
  static relay_state r;
  (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
  r = (relay_state){.listener = listener, .orders = orders, .server_port = server_port};
  r.random = seed;
  for (int i = 0; i < PAIRS_MOST; i++) r.pairs[i].ends[0] = r.pairs[i].ends[1] = -1;
  run(&r);
  _exit(0);
}

bool ledger_relay_start(ledger_relay *relay, unsigned server_port, uint64_t seed) {
  int ends[2];
  int listener = listen_somewhere(&relay->port);
  if (listener < 0 || pipe2(ends, O_CLOEXEC) != 0) return false;
  relay->pid = fork();
  if (relay->pid < 0) return false;
  if (relay->pid == 0) {
    (void)close(ends[1]);
    run_in_child(listener, ends[0], server_port, seed);
  }
  (void)close(listener);
  (void)close(ends[0]);
  relay->orders = ends[1];
  return true;
}

void ledger_relay_cut(ledger_relay *relay) {
  char order = 'c';
  ssize_t written = write(relay->orders, &order, 1);
  (void)written; /* a relay that is gone is noticed by its clients */
}

void ledger_relay_stop(ledger_relay *relay) {
  (void)close(relay->orders);
  (void)waitpid(relay->pid, NULL, 0);
}
