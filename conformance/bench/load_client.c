/* epigeon-load: one client. Read first: load_client.h. The first half writes, the second reads. */
#define _GNU_SOURCE
#include "load_client.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "net.h"
#include "util.h"

enum {
  PERIOD = 64 * 1024, /* after so many bytes a payload begins again */
  CHUNK = 256 * 1024,
  SOURCES = 16,         /* addresses of this machine that connections come from */
  BAD_ROOM = 64 * 1024, /* what the system keeps for one that does not read */
  SLOW_BYTES = 102,     /* ten times a second */
  SLOW_NS = 100 * 1000 * 1000,
  PING_NS = 2000 * 1000 * 1000,
  OUT_KEPT = 16 * 1024
};

static char pattern[2 * PERIOD]; /* any PERIOD bytes of it lie in one piece */

static void pattern_make(void) {
  uint32_t state = 1;
  for (size_t i = 0; i < PERIOD; i++) {
    state = state * 1664525u + 1013904223u;
    pattern[i] = pattern[i + PERIOD] = (char)('a' + (state >> 24) % 26);
  }
}

/* ---- Writing --------------------------------------------------------------------------------- */

static void want(struct client *client, uint32_t events) {
  if (client->waits_for == events || client->fd < 0) return;
  struct epoll_event event = {.events = events, .data.ptr = client};
  if (epoll_ctl(client->crew->epoll, EPOLL_CTL_MOD, client->fd, &event))
    die("epoll: %s", strerror(errno));
  client->waits_for = events;
}

static void put(struct client *client, const char *text, size_t len) {
  if (client->out_len + len > client->out_cap) {
    while (client->out_len + len > client->out_cap)
      client->out_cap = client->out_cap ? 2 * client->out_cap : 1024;
    client->out = must_alloc(client->out, client->out_cap);
  }
  memcpy(client->out + client->out_len, text, len);
  client->out_len += len;
}

static void put_text(struct client *client, const char *text) { put(client, text, strlen(text)); }

/* What is to be written next: frames up to a payload, a piece of the payload, the frames behind it.
 */
static size_t next_part(const struct client *client, const char **part) {
  size_t end = client->bulk_left ? client->bulk_at : client->out_len;
  *part = client->out + client->out_at;
  if (client->out_at < end || client->bulk_left == 0) return end - client->out_at;
  *part = pattern + (client->bulk_len - client->bulk_left) % PERIOD;
  return client->bulk_left < PERIOD ? client->bulk_left : PERIOD;
}

static void part_written(struct client *client, size_t len) {
  bool in_frames = !client->bulk_left || client->out_at < client->bulk_at;
  if (in_frames)
    client->out_at += len;
  else
    client->bulk_left -= len;
  if (client->bulk_left || client->out_at < client->out_len) return;
  client->out_at = client->out_len = 0;
  if (client->out_cap <= OUT_KEPT) return;
  free(client->out);
  client->out = NULL;
  client->out_cap = 0;
}

static void client_lost(struct client *client, const char *why);

static void flush(struct client *client) {
  const char *part;
  size_t len;
  while (client->fd >= 0 && (len = next_part(client, &part)) > 0) {
    ssize_t done = send(client->fd, part, len, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (done < 0 && errno == EAGAIN) {
      want(client, client->waits_for | EPOLLOUT);
      return;
    }
    if (done < 0) {
      client_lost(client, strerror(errno));
      return;
    }
    part_written(client, (size_t)done);
  }
  want(client, client->waits_for & ~(uint32_t)EPOLLOUT);
}

bool client_has_room(const struct client *client, uint64_t window) {
  uint64_t most = window < client->window ? window : client->window;
  return client->state == CLIENT_READY && client->bulk_left == 0 &&
         client->up_next - client->up_confirmed < most;
}

uint64_t client_send(struct client *client, const char *to, uint64_t due_ns, size_t len) {
  char text[256];
  assert(client->bulk_left == 0);
  uint64_t id = client->up_next++;
  snprintf(text, sizeof text,
           "{\"action\":\"message.new\",\"payload\":{\"to\":%s,\"id\":%" PRIu64
           ",\"uid\":\"%x.%" PRIx64 ".%" PRIx64 ".%zx\",\"payload\":\"",
           to, id, client->number, id, due_ns, len);
  put_text(client, text);
  if (len <= PERIOD) {
    put(client, pattern, len);
  } else {
    client->bulk_at = client->out_len;
    client->bulk_len = client->bulk_left = len;
  }
  put_text(client, "\"}}\f");
  flush(client);
  return id;
}

static void acknowledge(struct client *client) {
  char text[80];
  if (client->acknowledged == client->expect || client->fd < 0) return;
  client->acknowledged = client->expect;
  snprintf(text, sizeof text, "{\"action\":\"message.confirm\",\"payload\":%" PRIu64 "}\f",
           client->expect - 1);
  put_text(client, text);
}

/* ---- Reading --------------------------------------------------------------------------------- */

_Noreturn static void wrong(const struct client *client, const char *what) {
  die("client %u: %s: %.300s", client->number, what, client->head);
}

static uint64_t number_after(const struct client *client, const char *key, int base,
                             const char **end) {
  char *stop;
  const char *at = strstr(client->head, key);
  if (at == NULL) wrong(client, "a member is missing");
  at += strlen(key);
  uint64_t value = strtoull(at, &stop, base);
  if (stop == at) wrong(client, "no number where one should be");
  if (end != NULL) *end = stop;
  return value;
}

/* EP-SEND-2, EP-RECV-1: the next item of the down stream, and no other. */
static void take_id(struct client *client) {
  uint64_t id = number_after(client, "\"id\":", 10, NULL);
  if (id != client->expect)
    wrong(client, id < client->expect ? "REPEATED or out of order" : "LOST or out of order");
  client->expect++;
}

static void read_letter(struct client *client) {
  struct letter *letter = &client->letter;
  const char *at;
  char *stop;
  letter->from = (unsigned)number_after(client, "\"uid\":\"", 16, &at);
  letter->id = strtoull(at + 1, &stop, 16);
  letter->due_ns = strtoull(stop + 1, &stop, 16);
  letter->len = strtoull(stop + 1, &stop, 16);
  if (number_after(client, "\"from\":\"c", 10, NULL) != letter->from)
    wrong(client, "`from` is not the sender");
  static const char key[] = "\"payload\":\"";
  const char *payload = strstr(client->head, key);
  if (payload == NULL) wrong(client, "a message without its payload");
  client->payload_at = (size_t)(payload - client->head) + sizeof key - 1;
}

/* `len` bytes of the frame, the first of which is its byte `at`: so far as they are payload, are
 * they right? */
static void check_payload(const struct client *client, size_t at, const char *data, size_t len) {
  size_t begin = client->payload_at, end = begin + client->letter.len;
  size_t from = at > begin ? at : begin, to = at + len < end ? at + len : end;
  while (from < to) {
    size_t some = to - from < PERIOD ? to - from : PERIOD;
    if (memcmp(data + (from - at), pattern + (from - begin) % PERIOD, some) != 0)
      wrong(client, "the payload has CHANGED");
    from += some;
  }
}

static bool is_action(const struct client *client, const char *action) {
  static const char start[] = "{\"action\":\"";
  size_t len = strlen(action);
  return strncmp(client->head, start, sizeof start - 1) == 0 &&
         strncmp(client->head + sizeof start - 1, action, len) == 0 &&
         client->head[sizeof start - 1 + len] == '"';
}

static void got_auth(struct client *client) {
  static const char key[] = "\\\"epoch\\\":\\\"";
  const char *epoch = strstr(client->head, key);
  if (epoch == NULL || strstr(client->head, "\\\"version\\\":2") == NULL)
    wrong(client, "the server does not speak EP/2");
  snprintf(client->epoch, sizeof client->epoch, "%.*s", (int)strcspn(epoch + sizeof key - 1, "\\"),
           epoch + sizeof key - 1);
  client->window = number_after(client, "\\\"window\\\":", 10, NULL);
  if (number_after(client, "\\\"expect\\\":", 10, NULL) != client->up_next)
    wrong(client, "the server expects another item");
  client->state = CLIENT_READY;
  if (client->up_next > 0) return;
  char text[128];
  snprintf(text, sizeof text, "{\"action\":\"session.update\",\"payload\":%s,\"id\":0}\f",
           client->session);
  client->up_next = 1;
  put_text(client, text);
}

static void got_confirm(struct client *client) {
  uint64_t before = client->up_confirmed;
  uint64_t after = number_after(client, "\"payload\":", 10, NULL) + 1;
  if (after > client->up_next) wrong(client, "confirmed, and never sent");
  if (after <= before) return; /* after a reconnection it is said again */
  client->up_confirmed = after;
  client->crew->on_confirm(client->crew->context, client, before, after);
}

static void got_error(struct client *client) {
  if (strstr(client->head, "\"code\":\"mailbox-full\"") == NULL) wrong(client, "refused");
  take_id(client);
  const char *at;
  uint64_t id = number_after(client, "\"of\":", 10, NULL);
  unsigned by = (unsigned)number_after(client, "\"to\":[\"c", 10, &at);
  client->crew->on_refused(client->crew->context, client, id, by);
  while (strncmp(at, "\",\"c", 4) == 0) {
    by = (unsigned)strtoul(at + 4, (char **)(uintptr_t)&at, 10);
    client->crew->on_refused(client->crew->context, client, id, by);
  }
}

static void got_message(struct client *client) {
  if (client->payload_at == 0) {
    read_letter(client);
    check_payload(client, 0, client->head, client->frame_len);
  }
  size_t end = client->payload_at + client->letter.len;
  if (client->frame_len < end + sizeof "\",\"fromId\":0}}" - 1) wrong(client, "the payload is cut");
  take_id(client);
  client->crew->on_letter(client->crew->context, client, &client->letter);
}

static void frame_over(struct client *client) {
  client->head[client->frame_len < HEAD_MOST ? client->frame_len : HEAD_MOST] = '\0';
  if (is_action(client, "message.new")) {
    got_message(client);
  } else if (is_action(client, "message.confirm")) {
    got_confirm(client);
  } else if (is_action(client, "ping")) {
    client->head[sizeof "{\"action\":\"p" - 1] = 'o';
    put(client, client->head, client->frame_len);
    put(client, "\f", 1);
  } else if (is_action(client, "error")) {
    got_error(client);
  } else if (client->state == CLIENT_JOINING) {
    got_auth(client);
  } else if (!is_action(client, "pong")) {
    wrong(client, "nobody asked for this");
  }
  client->frame_len = client->payload_at = 0;
}

/* Some bytes of one frame. */
static void frame_more(struct client *client, const char *data, size_t len) {
  if (client->frame_len < HEAD_MOST) {
    size_t kept = HEAD_MOST - client->frame_len < len ? HEAD_MOST - client->frame_len : len;
    memcpy(client->head + client->frame_len, data, kept);
    client->frame_len += kept;
    data += kept;
    len -= kept;
  }
  if (len == 0) return;
  if (client->payload_at == 0) {
    client->head[HEAD_MOST] = '\0';
    if (!is_action(client, "message.new")) wrong(client, "a long frame that is no message");
    read_letter(client);
    check_payload(client, 0, client->head, HEAD_MOST);
  }
  check_payload(client, client->frame_len, data, len);
  client->frame_len += len;
}

static void receive(struct client *client, size_t most) {
  struct crew *crew = client->crew;
  ssize_t got = recv(client->fd, crew->buffer, most, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) {
    client_lost(client, got < 0 ? strerror(errno) : "closed by the server");
    return;
  }
  crew->now = now_ns();
  const char *at = crew->buffer, *end = at + got;
  while (at < end) {
    const char *stop = memchr(at, FRAME_END, (size_t)(end - at));
    frame_more(client, at, (size_t)((stop ? stop : end) - at));
    if (stop) frame_over(client);
    at = stop ? stop + 1 : end;
  }
  acknowledge(client);
  flush(client);
}

/* ---- Its life -------------------------------------------------------------------------------- */

void client_init(struct client *client, struct crew *crew, unsigned number, const char *session) {
  *client = (struct client){.crew = crew, .number = number, .fd = -1};
  snprintf(client->session, sizeof client->session, "%s", session);
}

static uint32_t reads(const struct client *client) {
  return client->manner == MANNER_GOOD ? EPOLLIN : EPOLLRDHUP;
}

void client_connect(struct client *client) {
  char text[400], epoch[120] = "";
  int on = 1, room = BAD_ROOM;
  assert(client->fd < 0);
  client->fd = net_connect(client->crew->port, client->number % SOURCES);
  setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (client->manner != MANNER_GOOD)
    setsockopt(client->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  client->waits_for = reads(client);
  struct epoll_event event = {.events = client->waits_for, .data.ptr = client};
  if (epoll_ctl(client->crew->epoll, EPOLL_CTL_ADD, client->fd, &event))
    die("epoll: %s", strerror(errno));
  client->state = CLIENT_JOINING;
  client->frame_len = client->payload_at = 0;
  client->out_at = client->out_len = client->bulk_left = 0;
  client->acknowledged = client->expect;
  if (client->epoch[0]) snprintf(epoch, sizeof epoch, "\\\"epoch\\\":\\\"%s\\\",", client->epoch);
  snprintf(
      text, sizeof text,
      "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"auth\\\",\\\"payload\\\":\\\"c%u\\\","
      "\\\"version\\\":2,\\\"instance\\\":\\\"load\\\",%s\\\"expect\\\":%" PRIu64 "}\"}\f",
      client->number, epoch, client->expect);
  put_text(client, text);
  flush(client);
}

void client_close(struct client *client) {
  if (client->fd >= 0) close(client->fd);
  client->fd = -1;
  client->state = CLIENT_AWAY;
  free(client->out);
  client->out = NULL;
  client->out_at = client->out_len = client->out_cap = client->bulk_left = 0;
}

/* Who has ever behaved badly comes back: also when it behaves again by then. A system that has no
 * room for what comes may drop that, and with it the news that our pings have arrived; so they stay
 * behind, and the server ends the connection. */
static void client_lost(struct client *client, const char *why) {
  if (!client->was_bad) die("client %u was cut off: %s", client->number, why);
  client_close(client);
  client->next_ns = now_ns() + SLOW_NS;
}

void client_behave(struct client *client, enum client_manner manner) {
  bool was_dead = client->manner == MANNER_DEAD;
  client->manner = manner;
  client->was_bad = client->was_bad || manner != MANNER_GOOD;
  client->next_ns = 0;
  if (was_dead) client_close(client);
  if (client->fd < 0) {
    client_connect(client);
    return;
  }
  int room = manner == MANNER_GOOD ? 16 * BAD_ROOM : BAD_ROOM;
  setsockopt(client->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  want(client, reads(client) | (client->waits_for & EPOLLOUT));
  if (manner == MANNER_DEAD && epoll_ctl(client->crew->epoll, EPOLL_CTL_DEL, client->fd, NULL))
    die("epoll: %s", strerror(errno));
}

void client_tick(struct client *client, uint64_t now) {
  bool good = client->manner == MANNER_GOOD, slow = client->manner == MANNER_SLOW;
  if (client->manner == MANNER_DEAD || (good && client->fd >= 0) || now < client->next_ns) return;
  client->next_ns = now + (slow ? SLOW_NS : PING_NS);
  if (client->fd < 0) {
    client_connect(client);
    return;
  }
  if (client->state == CLIENT_READY && client->out_len == 0)
    put_text(client, "{\"action\":\"ping\"}\f");
  if (slow)
    receive(client, SLOW_BYTES);
  else
    flush(client);
}

void crew_open(struct crew *crew, uint16_t port) {
  pattern_make();
  crew->port = port;
  crew->epoll = epoll_create1(EPOLL_CLOEXEC);
  if (crew->epoll < 0) die("epoll: %s", strerror(errno));
  crew->buffer = must_alloc(NULL, CHUNK);
  crew->now = now_ns();
}

void crew_close(struct crew *crew) {
  close(crew->epoll);
  free(crew->buffer);
}

void crew_turn(struct crew *crew, uint64_t until_ns) {
  struct epoll_event events[256];
  uint64_t now = now_ns();
  uint64_t pause_ns = until_ns > now ? until_ns - now : 0;
  struct timespec pause = {.tv_sec = (time_t)(pause_ns / 1000000000u),
                           .tv_nsec = (long)(pause_ns % 1000000000u)};
  int count = epoll_pwait2(crew->epoll, events, 256, &pause, NULL);
  check_signals();
  if (count < 0 && errno != EINTR) die("epoll: %s", strerror(errno));
  crew->now = now_ns();
  for (int i = 0; i < count; i++) {
    struct client *client = events[i].data.ptr;
    if (client->fd >= 0 && (events[i].events & EPOLLOUT)) flush(client);
    if (client->fd < 0 || !(events[i].events & ~(uint32_t)EPOLLOUT)) continue;
    if (client->manner == MANNER_GOOD)
      receive(client, CHUNK);
    else
      client_lost(client, "closed by the server");
  }
}
