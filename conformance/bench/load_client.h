/* epigeon-load: one EP/2 client of the crowd, as small as it can be: 10,000 of them fit into one
 * process. It writes a large payload and checks one as the bytes go by, and never holds one; it
 * dies on a loss, a repetition, a change of order or a changed byte. It can be told to behave
 * badly. Read first: spec/protocol.md, util.h. */
#ifndef BENCH_LOAD_CLIENT_H
#define BENCH_LOAD_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HEAD_MOST = 1024 }; /* of a frame so much is kept: all of it but a payload */

enum client_state { CLIENT_AWAY, CLIENT_JOINING, CLIENT_READY };

enum client_manner {
  MANNER_GOOD,
  MANNER_SLOW,   /* reads 1 KiB a second */
  MANNER_SILENT, /* writes pings and reads nothing */
  MANNER_DEAD /* neither reads nor writes: its machine is gone, and the network does not say so */
};

/* A message of the load. Its uid says all of this, so that nothing has to be remembered. */
struct letter {
  unsigned from;   /* number of the sender */
  uint64_t id;     /* in its up stream */
  uint64_t due_ns; /* when it was meant to be sent */
  size_t len;      /* of the payload */
};

struct client;

struct crew { /* what all clients share */
  int epoll;
  uint16_t port;
  uint64_t now; /* when something was read last */
  char *buffer; /* for reading */
  void *context;
  void (*on_letter)(void *context, struct client *client, const struct letter *letter);
  void (*on_confirm)(void *context, struct client *client, uint64_t before, uint64_t after);
  void (*on_refused)(void *context, struct client *client, uint64_t id, unsigned by);
};

struct client {
  struct crew *crew;
  unsigned number;
  int fd; /* -1: none */
  enum client_state state;
  enum client_manner manner;
  bool was_bad;     /* ever: when it is thrown out it comes back */
  char session[32]; /* JSON */
  char epoch[72];

  uint64_t up_next;      /* id of our next item; the session is item 0 */
  uint64_t up_confirmed; /* items below it are */
  uint64_t window;
  uint64_t expect, acknowledged; /* of the down stream */

  char *out; /* frames that the socket has not taken */
  size_t out_at, out_len, out_cap;
  size_t bulk_at, bulk_len,
      bulk_left;      /* a payload that is written between out[bulk_at - 1] and out[bulk_at] */
  uint32_t waits_for; /* of epoll */

  size_t frame_len, payload_at; /* of the frame that is being read; payload_at 0: not known */
  struct letter letter;
  char head[HEAD_MOST + 1];

  uint64_t next_ns; /* when one that behaves badly does something */
};

void crew_open(struct crew *crew, uint16_t port);
void crew_close(struct crew *crew);
/* Waits until `until_ns` at most, reads and writes what can be. */
void crew_turn(struct crew *crew, uint64_t until_ns);

void client_init(struct client *client, struct crew *crew, unsigned number, const char *session);
void client_connect(struct client *client);
void client_close(struct client *client);
void client_behave(struct client *client, enum client_manner manner);
/* To be called now and then for one that behaves badly, or has. */
void client_tick(struct client *client, uint64_t now);

/* Whether a letter can be given to it now; then give it one. `to` is JSON. Returns its id. */
bool client_has_room(const struct client *client, uint64_t window);
uint64_t client_send(struct client *client, const char *to, uint64_t due_ns, size_t len);

#endif
