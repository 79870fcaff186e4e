/* epigeon-bench: one client of the server (or of the bare relay): connects, authenticates, keeps
 * both streams' numbers, confirms what it gets, and dies on a loss, a repetition or a change of
 * order. Read first: frame.h, net.h. */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include <stdbool.h>
#include <stdint.h>

#include "frame.h"
#include "net.h"

enum peer_state { PEER_CLOSED, PEER_AUTH, PEER_SESSION, PEER_READY };

struct peer {
  struct conn conn;
  struct scan scan;
  struct maker maker;
  enum proto proto;
  enum peer_state state;
  const char *session; /* JSON, or NULL for none */
  void *user;
  void (*on_message)(struct peer *peer, uint64_t number); /* optional */
  void (*on_confirm)(struct peer *peer, uint64_t confirmed);
  uint64_t up_next;      /* next id of ours */
  uint64_t up_base;      /* id of our first message */
  uint64_t sent;         /* messages */
  uint64_t confirmed;    /* messages of ours */
  uint64_t expect;       /* next id from the server */
  uint64_t acknowledged; /* ids below it are confirmed to the server */
  uint64_t window;       /* what the server lets us have unconfirmed */
  char id[UUID_LEN + 1];
  char instance[32];
};

/* A new identity; only conn, session, the callbacks and user may be set afterwards. */
void peer_init(struct peer *peer, enum proto proto);

/* Connects (again); state is PEER_READY once the server has answered and knows the session. */
void peer_connect(struct peer *peer, struct loop *loop, uint16_t port, unsigned source);
void peers_wait(struct loop *loop, struct peer *peers, unsigned count);

/* to_json: a client id with its quotes, or a selector. */
void peer_address(struct peer *peer, const char *to_json);
void peer_send(struct peer *peer);

/* EP/2 (the others confirm each message on receipt): all ids below next; everything received. */
void peer_confirm_below(struct peer *peer, uint64_t next);
void peer_confirm(struct peer *peer);

#endif
