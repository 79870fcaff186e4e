/* Floor 5, net. A client that connects: the core, its store and at most one connection (epigeon.h
 * says what the calls do).
 *
 *   dialer.c  life, turns: events out, records stored, output written
 *   attempt.c one connection, from its address to its end
 *
 * Read first: net/link.h, store/store.h. */
#ifndef EP_NET_DIALER_H
#define EP_NET_DIALER_H

#include "net/address.h"
#include "net/link.h"
#include "store/store.h"

enum {
  EP_DIALER_TROUBLE = 512,
  EP_CONNECT_MS = 10000,
  EP_CLOSE_MS = 2000,
  EP_STORE_PAUSE_MS = 500
};

typedef enum ep_attempt_phase { EP_RESOLVING, EP_CONNECTING, EP_CONNECTED } ep_attempt_phase;

/* One connection. It outlives its dialer for as long as libuv needs it. */
typedef struct ep_attempt {
  ep_link link;      /* first: a link of a dialer is one of these */
  ep_dialer *dialer; /* NULL: abandoned */
  ep_loop *loop;
  ep_attempt_phase phase;
  uv_connect_t connect;
  uv_getaddrinfo_t resolve;
  struct addrinfo *found, *at; /* what a name means, and which of it is tried */
} ep_attempt;

struct ep_dialer {
  ep_member member; /* first: a member of the loop is one of these */
  ep_loop *loop;
  ep_client *core;
  ep_store *store;
  ep_address address;
  ep_tls *tls;  /* NULL: none */
  char *server; /* the address as it was given */
  ep_attempt *attempt;
  uint64_t
      give_up_ms; /* when to give up connecting, or writing before a close; UINT64_MAX: never */
  void (*on_event)(void *context, ep_dialer *dialer, const ep_event *event);
  void *context;
  uint64_t store_again_ms; /* the store failed: when to try again; 0: it did not */
  bool in_turn;
  bool closing;      /* the application wants it gone */
  bool disconnected; /* the core has been told so */
  void (*done)(void *context);
  void *done_context;
  char trouble[EP_DIALER_TROUBLE];
};

/* Begins an attempt to connect. Ends in ep_dialer_opened or ep_dialer_lost. */
void ep_attempt_start(ep_dialer *dialer);
/* Closes the connection, or gives up making one; the dialer hears no more of it. */
void ep_attempt_abandon(ep_dialer *dialer);

/* From attempt.c to dialer.c. */
void ep_dialer_opened(ep_dialer *dialer);
void ep_dialer_received(ep_dialer *dialer, ep_bytes bytes);
void ep_dialer_written(ep_dialer *dialer, size_t len);
/* The attempt is over and forgotten. code: of libuv; why: a clause, or NULL: what libuv says. */
void ep_dialer_lost(ep_dialer *dialer, int code, const char *why);

#endif
