/* Floor 5, net. The quarter of the time that is shared.
 * Read first: net/fair.h. */
#define _GNU_SOURCE 1
#include "net/fair.h"

#include <time.h>

#include "base/assert.h"
#include "net/service.h"

enum {
  NEW_READS = 8,               /* who has been read less often is new */
  LATELY_MS = 1000,            /* others who said something in this time are there */
  QUARTER = 4,                 /* what is used is made good by so many times as much of others' */
  CREDIT_NS = 250 * 1000,      /* a quarter of the millisecond that the loop sleeps at least */
  DEBT_NS = 500 * 1000 * 1000, /* what is beyond that is forgotten: new ones wait 2 s at most */
  ALONE_NS = 2 * 1000 * 1000,  /* nobody else is there: so much of a turn, for those who may come */
  PIECE_BYTES = 16 * 1024,     /* of one read */
  READ_NS = 10 * 1000,         /* that reading it takes, about */
  TURN_NS = 60 * 1000,         /* of one turn, beside a quarter of what the one before has worked */
  AGAIN_NS = 15 * 1000         /* that one who was put off takes, about, when it is its turn */
};

/* The time this thread has worked. */
uint64_t ep_fair_begin(void) {
  struct timespec now;
  int code = clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  EP_ASSERT(code == 0);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void used(ep_fair *fair, uint64_t used_ns) {
  fair->credit_ns -= (int64_t)used_ns;
  fair->turn_ns -= (int64_t)used_ns;
}

void ep_fair_end(ep_fair *fair, uint64_t begin_ns) { used(fair, ep_fair_begin() - begin_ns); }

/* Who is new has not caused all that is written to it: others send, too. What is written after it
 * has said something counts. */
void ep_fair_wrote(ep_fair *fair, ep_connection *connection, uint64_t took_ns) {
  ep_fair_link *link = &connection->fair;
  if (link->shares && (link->owes || link->reads >= NEW_READS)) used(fair, took_ns);
  link->owes = false;
}

void ep_fair_stored(ep_fair *fair, uint64_t stored_ns) { fair->stored_ns += stored_ns; }

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

bool ep_fair_is_used_up(const ep_fair *fair) { return fair->credit_ns < 0 || fair->turn_ns < 0; }

/* A quarter of the time since the last turn may be used. Of idle time no more than a little is
 * kept, and used bit by bit: others may come at any moment. Of the time that was worked, for
 * whomever, and spent in the store all is due now. */
static void credit_add(ep_fair *fair, ep_loop *loop) {
  uint64_t worked_ns = ep_fair_begin(), idle_ns = uv_metrics_idle_time(ep_loop_uv(loop));
  uint64_t idle = fair->rested ? 0 : idle_ns - fair->idle_ns;
  uint64_t busy = fair->rested ? 0 : worked_ns - fair->worked_ns + fair->stored_ns;
  int64_t due = (int64_t)(busy / QUARTER);
  fair->alone = ep_loop_now(loop) - fair->others_ms > LATELY_MS;
  if (fair->credit_ns < -DEBT_NS) fair->credit_ns = -DEBT_NS;
  fair->credit_ns += due + (int64_t)(idle / QUARTER);
  if (fair->credit_ns > CREDIT_NS + due) fair->credit_ns = CREDIT_NS + due;
  fair->turn_ns = TURN_NS + due;
  if (fair->alone) fair->credit_ns = fair->turn_ns = ALONE_NS;
  fair->worked_ns = worked_ns;
  fair->idle_ns = idle_ns;
}

void ep_fair_turn(ep_fair *fair, ep_loop *loop) {
  bool rests = fair->credit_ns >= CREDIT_NS && fair->first == NULL;
  fair->turn_ns = TURN_NS;
  if (!rests) credit_add(fair, loop);
  fair->rested = rests;
  fair->stored_ns = 0;
  int64_t left = fair->credit_ns < fair->turn_ns ? fair->credit_ns : fair->turn_ns;
  for (; left >= 0 && fair->first != NULL; left -= AGAIN_NS) {
    ep_connection *connection = fair->first;
    ep_fair_leave(fair, connection);
    connection->fair.next_in = true;
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
  bool next_in = link->next_in;
  link->next_in = false;
  if (!next_in && (fair->first != NULL || ep_fair_is_used_up(fair))) return 0;
  if (link->reads < NEW_READS) link->reads++;
  link->owes = true;
  used(fair, READ_NS);
  return fair->alone ? EP_READ_BUFFER_LEN : PIECE_BYTES;
}
