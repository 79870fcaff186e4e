/* Floor 5, net. The loop that services and dialers share: their work of one turn, one read buffer,
 * one timer for the earliest of all deadlines.
 * Read first: epigeon.h (runners). Then: net/link.h, net/service.c, net/dialer.c. */
#ifndef EP_NET_LOOP_H
#define EP_NET_LOOP_H

#include <uv.h>

#include "epigeon.h"

enum { EP_READ_BUFFER_LEN = 256 * 1024 };

/* What takes part in the loop. turn is called at least twice in each turn of the loop: when the
 * sockets have been read, and before the loop sleeps. It does what there is to do, deadlines that
 * have passed included, and may leave the loop (and free itself). */
typedef struct ep_member {
  void (*turn)(struct ep_member *member, uint64_t now_ms);
  uint64_t (*deadline)(const struct ep_member *member);
  struct ep_member *next, *previous;
  bool leaving; /* it was closed, and leaves when its sockets are */
} ep_member;

/* The member has its first turn soon. */
void ep_loop_join(ep_loop *loop, ep_member *member);
void ep_loop_leave(ep_loop *loop, ep_member *member);

/* Makes the loop alive until every member has had a turn. */
void ep_loop_wake(ep_loop *loop);

uv_loop_t *ep_loop_uv(ep_loop *loop);

/* The buffer into which every socket of the loop is read; its contents are good for one
 * callback. */
uv_buf_t ep_loop_read_buffer(ep_loop *loop);

#endif
