/* Floor 5, net. Who is read when. A turn of the loop reads everybody who has written; but those who
 * have only just come, and those who hold much (ep_server_is_heavy), get together no more than a
 * quarter of the server's time, in small pieces, as long as anybody else has something to say: so
 * that no crowd of them can slow the others down much. Who comes when that time is used up is put
 * off to a later turn, the first first.
 * Read first: net/service.h. */
#ifndef EP_NET_FAIR_H
#define EP_NET_FAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/loop.h"

struct ep_connection;

typedef struct ep_fair {
  uint64_t others_ms;          /* when somebody else was read last */
  uint64_t worked_ns, idle_ns; /* of this thread, at the last turn */
  int64_t credit_ns;           /* what the quarter may use now; below 0: nobody of it is read */
  int64_t turn_ns;             /* the same, of this turn */
  uint64_t stored_ns; /* in the store since the last turn: nobody could be served meanwhile */
  uint64_t put_off;   /* how often somebody was */
  bool rested;        /* there was nothing to do since then */
  bool alone;         /* nobody else has said anything lately */
  struct ep_connection *first, *last; /* put off, the first first */
} ep_fair;

typedef struct ep_fair_link {
  struct ep_connection *next, *previous;
  bool waits;    /* put off: it is in the list */
  bool next_in;  /* it was, and it is its turn: nobody who comes now goes before */
  bool owes;     /* it has said something, and nothing was written to it since */
  bool shares;   /* it is one of the quarter, for now */
  uint8_t reads; /* how often it was read, while it was new */
} ep_fair_link;

/* A turn begins: who was put off first is read again. */
void ep_fair_turn(ep_fair *fair, ep_loop *loop);
/* The time of the quarter is used up: nobody new is let in. */
bool ep_fair_is_used_up(const ep_fair *fair);
/* How many bytes of a connection may be read, 0: none now. */
size_t ep_fair_may_read(ep_fair *fair, struct ep_connection *connection, uint64_t now_ms);
void ep_fair_put_off(ep_fair *fair, struct ep_connection *connection);
void ep_fair_leave(ep_fair *fair, struct ep_connection *connection); /* it ends */

/* Around what is done for one of the quarter. */
uint64_t ep_fair_begin(void);
void ep_fair_end(ep_fair *fair, uint64_t begin_ns);
/* Preparing and writing output took so long; so long everybody waited for the store. */
void ep_fair_wrote(ep_fair *fair, struct ep_connection *connection, uint64_t took_ns);
void ep_fair_stored(ep_fair *fair, uint64_t stored_ns);

#endif
