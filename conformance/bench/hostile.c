/* epigeon-hostile: what each kind of hostile connection writes. See hostile.h. */
#define _GNU_SOURCE
#include "hostile.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net.h"
#include "util.h"

enum {
  CHUNK = 64 * 1024,
  FRAME = 32 * 1024 * 1024 - 1024, /* within the limit `frame` */
  EARLY = 64 * 1024 - 1024,        /* within `early_frame` */
  SESSION = 65000,                 /* within `session` */
  DEEP = 1024 * 1024,
  HELD_PAYLOAD = 30000,
  MAIL_PAYLOAD = 4000,
  SLOW_MS = 100,
  BACK_MS = 20, /* after it was closed, until it comes back */
  EVENTS = 256,

  CROWD_NICE = 19
};

struct hog {
  enum hostile_kind kind;
  unsigned number;
  unsigned step;    /* of what it writes */
  uint64_t written; /* of this step's frame */
  uint64_t id;      /* of the next item */
  bool full;        /* the socket takes no more for now */
  uint64_t slow_at; /* HOSTILE_SLOW: when it writes its next byte */
  int fd;           /* -1: closed, until back_at */
  uint64_t back_at;
  size_t at, len; /* of out */
  char out[2 * CHUNK];
};

static struct hostile_counts *counts;
static char filler[CHUNK], brackets[CHUNK];
static uint64_t newcomers;

const char *hostile_name(enum hostile_kind kind) {
  static const char *const names[] = {
      "half a frame",   "half an early frame", "byte by byte",     "deep JSON",       "never reads",
      "large sessions", "over a gap",          "mail unconfirmed", "mail for nobody", "newcomers"};
  return names[kind];
}

/* ---- What they write ------------------------------------------------------------------------- */

static void put(struct hog *hog, const char *text) {
  size_t len = strlen(text);
  assert(hog->len + len <= sizeof hog->out);
  memcpy(hog->out + hog->len, text, len);
  hog->len += len;
}

static void put_filler(struct hog *hog, const char *from, size_t len) {
  assert(len <= CHUNK && hog->len + len <= sizeof hog->out);
  memcpy(hog->out + hog->len, from, len);
  hog->len += len;
}

static void put_auth(struct hog *hog) {
  char text[400], id[40];
  bool v1 = hog->kind == HOSTILE_UNREAD || hog->kind == HOSTILE_NEWCOMER;
  if (hog->kind == HOSTILE_NEWCOMER)
    snprintf(id, sizeof id, "new-%u-%llu", hog->number, (unsigned long long)newcomers++);
  else
    snprintf(id, sizeof id, "hog-%u", hog->number);
  snprintf(text, sizeof text,
           v1 ? "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"auth\\\",\\\"payload\\\":"
                "\\\"%s\\\"}\"}\f"
              : "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"auth\\\",\\\"payload\\\":"
                "\\\"%s\\\",\\\"version\\\":2,\\\"instance\\\":\\\"%llx\\\",\\\"expect\\\":0}\"}\f",
           id, (unsigned long long)now_ns());
  put(hog, text);
}

/* The beginning of a frame, then filler up to `most` bytes, and no end. */
static void put_endless(struct hog *hog, const char *head, const char *from, size_t most) {
  if (hog->written == 0) put(hog, head);
  size_t len = most - hog->written < CHUNK ? most - hog->written : CHUNK;
  put_filler(hog, from, len);
  hog->written += len;
}

static void put_message(struct hog *hog, const char *to, size_t payload_len) {
  char text[300];
  snprintf(text, sizeof text,
           "{\"action\":\"message.new\",\"payload\":{\"to\":\"%s\",\"id\":%llu,\"uid\":\"%u-%llu\","
           "\"payload\":\"",
           to, (unsigned long long)hog->id, hog->number, (unsigned long long)hog->id);
  hog->id++;
  put(hog, text);
  put_filler(hog, filler, payload_len);
  put(hog, "\"}}\f");
}

static void put_session(struct hog *hog, bool numbered) {
  char text[40] = "}\f";
  put(hog, "{\"action\":\"session.update\",\"payload\":{\"s\":\"");
  put_filler(hog, filler, SESSION);
  if (numbered) snprintf(text, sizeof text, ",\"id\":%llu}\f", (unsigned long long)hog->id++);
  put(hog, "\"}");
  put(hog, text);
}

static void put_deep(struct hog *hog) {
  put_endless(hog, "{\"action\":\"message.new\",\"payload\":{\"to\":\"x\",\"payload\":", brackets,
              DEEP);
  if (hog->written < DEEP) return;
  put(hog, "\f");
  hog->written = 0;
}

/* After the auth request, if it has one. */
static void put_more(struct hog *hog) {
  char self[40];
  snprintf(self, sizeof self, "hog-%u", hog->number);
  switch (hog->kind) {
    case HOSTILE_HALF:
      put_endless(hog, "{\"action\":\"ping\",\"payload\":\"", filler, FRAME);
      break;
    case HOSTILE_EARLY:
      put_endless(hog, "{\"action\":\"auth\",\"payload\":\"", filler, EARLY);
      break;
    case HOSTILE_SLOW:
      put(hog, hog->written++ == 0 ? "{\"action\":\"ping\",\"payload\":\"" : "s");
      break;
    case HOSTILE_DEEP: put_deep(hog); break;
    case HOSTILE_UNREAD: put(hog, "{\"action\":\"clients.list\",\"payload\":\"\"}\f"); break;
    case HOSTILE_SESSION: put_session(hog, true); break;
    case HOSTILE_HELD:
      if (hog->id == 0) hog->id = 2;
      put_message(hog, self, HELD_PAYLOAD);
      break;
    case HOSTILE_MAIL: put_message(hog, self, MAIL_PAYLOAD); break;
    case HOSTILE_PARKED: put_message(hog, "nobody at all", MAIL_PAYLOAD); break;
    default: put_session(hog, false); break;
  }
}

/* ---- Connections ----------------------------------------------------------------------------- */

static void hog_close(struct hog *hog) {
  close(hog->fd);
  hog->fd = -1;
  hog->back_at = now_ns() + BACK_MS * 1000000ull;
  counts->closed[hog->kind]++;
}

static void hog_open(struct hog *hog, int epoll, uint16_t port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  hog->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (hog->fd < 0) die("socket: %s", strerror(errno));
  hog->step = 0;
  hog->id = hog->written = 0;
  hog->at = hog->len = 0;
  hog->full = false;
  hog->slow_at = 0;
  if (connect(hog->fd, (struct sockaddr *)&address, sizeof address) && errno != EINPROGRESS) {
    counts->failed++;
    hog_close(hog);
    return;
  }
  bool reads = hog->kind != HOSTILE_UNREAD;
  struct epoll_event event = {.events = EPOLLOUT | EPOLLET | (reads ? EPOLLIN : 0u),
                              .data.ptr = hog};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, hog->fd, &event)) die("epoll_ctl: %s", strerror(errno));
  counts->opened[hog->kind]++;
}

/* True: nothing more to write for now. */
static bool is_done(const struct hog *hog) {
  if (hog->kind == HOSTILE_HALF) return hog->written >= FRAME;
  if (hog->kind == HOSTILE_EARLY) return hog->written >= EARLY;
  return hog->kind == HOSTILE_NEWCOMER && hog->step > 2;
}

static void fill(struct hog *hog) {
  hog->at = hog->len = 0;
  bool authenticates = hog->kind != HOSTILE_EARLY;
  if (hog->step++ == 0 && authenticates)
    put_auth(hog);
  else
    put_more(hog);
}

/* Writes a bounded part at a time, so that all kinds have their turn. False: it was closed. */
static bool hog_write(struct hog *hog) {
  for (unsigned parts = 0; parts < 4; parts++) {
    if (hog->at == hog->len) {
      if (is_done(hog)) {
        if (hog->kind != HOSTILE_NEWCOMER) return true;
        hog_close(hog);
        return false;
      }
      fill(hog);
    }
    ssize_t wrote = send(hog->fd, hog->out + hog->at, hog->len - hog->at, MSG_NOSIGNAL);
    if (wrote < 0 && (errno == EAGAIN || errno == ENOTCONN)) hog->full = true;
    if (hog->full) return true;
    if (wrote < 0) {
      hog_close(hog);
      return false;
    }
    hog->at += (size_t)wrote;
    counts->bytes[hog->kind] += (uint64_t)wrote;
    if (hog->kind != HOSTILE_SLOW || hog->step <= 2) continue;
    hog->slow_at = now_ns() + SLOW_MS * 1000000ull;
    return true;
  }
  return true;
}

static void hog_read(struct hog *hog) {
  static char nothing[256 * 1024];
  for (;;) {
    ssize_t got = recv(hog->fd, nothing, sizeof nothing, 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) {
      hog_close(hog);
      return;
    }
  }
}

_Noreturn static void crowd_run(struct hog *hogs, unsigned count, uint16_t port) {
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0) die("epoll_create1: %s", strerror(errno));
  for (;;) {
    struct epoll_event events[EVENTS];
    int ready = epoll_wait(epoll, events, EVENTS, 1);
    for (int i = 0; i < ready; i++) {
      struct hog *hog = events[i].data.ptr;
      if (hog->fd >= 0 && (events[i].events & (EPOLLERR | EPOLLHUP)) != 0) hog_close(hog);
      if (hog->fd >= 0 && (events[i].events & EPOLLIN) != 0) hog_read(hog);
      if ((events[i].events & EPOLLOUT) != 0) hog->full = false;
    }
    uint64_t now = now_ns();
    for (unsigned i = 0; i < count; i++) {
      struct hog *hog = &hogs[i];
      if (hog->fd < 0 && now >= hog->back_at) hog_open(hog, epoll, port);
      if (hog->fd >= 0 && !hog->full && now >= hog->slow_at) hog_write(hog);
    }
  }
}

void hostile_start(struct hostile *hostile, uint16_t port, unsigned count) {
  if (hostile->counts == NULL) {
    hostile->counts =
        mmap(NULL, sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (hostile->counts == MAP_FAILED) die("mmap: %s", strerror(errno));
  }
  fflush(NULL);
  hostile->pid = fork();
  if (hostile->pid < 0) die("fork: %s", strerror(errno));
  if (hostile->pid != 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (setpriority(PRIO_PROCESS, 0, CROWD_NICE)) die("setpriority: %s", strerror(errno));
  counts = hostile->counts;
  memset(filler, 'x', sizeof filler);
  memset(brackets, '[', sizeof brackets);
  struct hog *hogs = must_alloc(NULL, count * sizeof *hogs);
  for (unsigned i = 0; i < count; i++) {
    hogs[i].kind = (enum hostile_kind)(i % HOSTILE_KINDS);
    hogs[i].number = i;
    hogs[i].fd = -1;
    hogs[i].back_at = 0;
  }
  crowd_run(hogs, count, port);
}

void hostile_stop(struct hostile *hostile) {
  kill(hostile->pid, SIGKILL);
  waitpid(hostile->pid, NULL, 0);
  hostile->pid = 0;
}
