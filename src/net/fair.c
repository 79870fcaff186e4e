/* Floor 5, net. The quarter of the time that is shared.
 * Read first: net/fair.h. */
#define _GNU_SOURCE 1
#include "net/fair.h"

#include <time.h>

#include "base/assert.h"
#include "net/service.h"

enum {
  NEW_READS = 8,              /* who has been read less often is new */
  LATELY_MS = 1000,           /* others who said something in this time are there */
  QUARTER = 4,                /* what is used is made good by so many times as much of others' */
  ALONE_NS = 2 * 1000 * 1000, /* nobody else is there: so much of a turn, for those who may come */
  PIECE_BYTES = 16 * 1024,    /* of one read */
  READ_NS = 10 * 1000,        /* that reading it takes, about */
  AGAIN = 4,                  /* put off, and tried again in one turn */
  AGAIN_ALONE = 64
};

/* The time this thread has worked. */
uint64_t ep_fair_begin(void) {
  struct timespec now;
  int code = clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  EP_ASSERT(code == 0);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void ep_fair_end(ep_fair *fair, uint64_t begin_ns) { fair->debt_ns += ep_fair_begin() - begin_ns; }

void ep_fair_leave(ep_fair *fair, ep_connection *connection) {
  ep_fair_link *link = &connection->fair;
  if (!link->waits) return;
  link->waits = false;
  if (link->next != NULL)
    link->next->fair.previous = link->previous;
  else
    fair->last = link->previous;
  if (link->previous != NULL)
    link->previous->fair.next = link->next;
  else
    fair->first = link->next;
}

void ep_fair_put_off(ep_fair *fair, ep_connection *connection) {
  ep_fair_link *link = &connection->fair;
  EP_ASSERT(!link->waits);
  fair->put_off++;
  link->waits = true;
  link->next = NULL;
  link->previous = fair->last;
  if (fair->last != NULL)
    fair->last->fair.next = connection;
  else
    fair->first = connection;
  fair->last = connection;
}

bool ep_fair_is_used_up(const ep_fair *fair) {
  return fair->debt_ns > (fair->alone ? ALONE_NS : 0);
}

void ep_fair_turn(ep_fair *fair, ep_loop *loop) {
  if (fair->debt_ns == 0 && fair->first == NULL) {
    fair->rested = true;
    return;
  }
  uint64_t clock_ns = ep_fair_begin() + uv_metrics_idle_time(ep_loop_uv(loop));
  uint64_t paid = fair->rested ? 0 : (clock_ns - fair->clock_ns) / QUARTER;
  fair->rested = false;
  fair->clock_ns = clock_ns;
  fair->alone = ep_loop_now(loop) - fair->others_ms > LATELY_MS;
  fair->debt_ns -= fair->alone || paid > fair->debt_ns ? fair->debt_ns : paid;
  unsigned again = fair->alone ? AGAIN_ALONE : AGAIN;
  for (; again > 0 && fair->first != NULL && !ep_fair_is_used_up(fair); again--) {
    ep_connection *connection = fair->first;
    ep_fair_leave(fair, connection);
    ep_link_read(&connection->link, true);
  }
}

size_t ep_fair_may_read(ep_fair *fair, ep_connection *connection, uint64_t now_ms) {
  ep_fair_link *link = &connection->fair;
  bool over = connection->conn == 0; /* what still comes is dropped */
  link->shares = link->reads < NEW_READS || over ||
                 ep_server_is_heavy(connection->service->core, connection->conn);
  if (!link->shares) {
    fair->others_ms = now_ms;
    return EP_READ_BUFFER_LEN;
  }
  if (ep_fair_is_used_up(fair)) return 0;
  if (link->reads < NEW_READS) link->reads++;
  fair->debt_ns += READ_NS;
  return fair->alone ? EP_READ_BUFFER_LEN : PIECE_BYTES;
}
