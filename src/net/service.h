/* Floor 5, net. A server that listens: the core, its store and its connections (epigeon.h says what
 * the calls do).
 *
 *   service.c      life: open, load, stop, free
 *   service_arrive.c who comes
 *   service_turn.c what the loop brings: bytes, turns
 *   fair.c         who is read when
 *
 * Read first: net/link.h, net/listener.h, store/store.h. */
#ifndef EP_NET_SERVICE_H
#define EP_NET_SERVICE_H

#include "base/hash.h"
#include "net/crowd.h"
#include "net/fair.h"
#include "net/link.h"
#include "net/listener.h"
#include "store/store.h"

enum { EP_LINGER_MS = 2000, EP_TROUBLE_LEN = 512, EP_STORE_AGAIN_MS = 1000 };

typedef struct ep_connection {
  ep_link link; /* first: a link of a service is one of these */
  ep_service *service;
  ep_conn conn;    /* its name in the core; 0: the core does not know it any more */
  bool closed;     /* libuv is done with the link */
  bool hangup_due; /* to be told to the core when it may be told something */
  size_t sent_due; /* the same: bytes written */
  bool in_paused, in_deferred, in_lingering;
  ep_fair_link fair;
  ep_crowd_place *place; /* among the connections of its address; NULL: it has none */
  uint8_t *rest;         /* bytes read and not taken by the core yet; reading is paused */
  size_t rest_len, rest_at;
  struct ep_connection *next, *previous; /* all connections of the service */
  struct ep_connection *next_paused;     /* those with a rest */
  struct ep_connection *next_deferred;   /* those with something due */
  struct ep_connection *next_lingering,
      *previous_lingering; /* shut by us, the peer not yet; oldest first */
  uint64_t linger_until_ms;
} ep_connection;

struct ep_service {
  ep_member member; /* first: a member of the loop is one of these */
  ep_loop *loop;
  ep_server *core;
  ep_store *store;
  ep_tls *tls; /* NULL: no address has TLS */
  ep_allocator allocator;
  void (*on_note)(void *context, const ep_note *note);
  void *context;
  ep_listener *listeners;
  size_t listener_count, listeners_open;
  ep_connection *connections, *paused, *deferred, *lingering, *last_lingering;
  ep_table by_conn; /* ep_connection by conn */
  uint64_t received_bytes, sent_bytes, refused_tls;
  ep_crowd crowd;
  ep_fair fair;
  bool rest_put_off; /* some rest was not offered to the core */
  bool dirty;        /* the core was given something since the last turn */
  bool committing;   /* between records and committed: the core is given nothing */
  bool in_turn;
  bool joined; /* the loop knows it */
  bool stopping, core_stopped;
  ep_bytes batch;          /* committing: what is to be stored */
  uint64_t offered_ns;     /* … since then */
  bool waiting;            /* committing: the store did not take it, and will be asked again */
  uint64_t store_again_ms; /* … then */
  bool waiting_told;       /* that is known outside: on_trouble was called with a sentence */
  uint64_t store_refused;
  void (*on_trouble)(void *context, const char *sentence);
  void *trouble_context;
  bool failed; /* a batch could not be stored, and never will be: there is no going on */
  bool told;   /* on_failed was called */
  void (*on_failed)(void *context);
  void *failed_context;
  void (*done)(void *context);
  void *done_context;
  char trouble[EP_TROUBLE_LEN];
};

/* Between the files of the service. */
extern const ep_link_handlers ep_service_link_handlers;
uint64_t ep_service_conn_hash(ep_conn conn);
void ep_service_arrived(ep_listener *listener, int code);
void ep_service_take_waiting(ep_service *service); /* who could not be accepted when they came */
bool ep_service_somebody_waits(const ep_service *service);
void ep_service_turn(ep_member *member, uint64_t now_ms);
uint64_t ep_service_deadline(const ep_member *member);
void ep_service_stop_core(ep_service *service);
void ep_service_free_if_over(ep_service *service);

#endif
