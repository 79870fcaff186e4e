/* One order for all (EP-G4-1). Every mailbox shows messages in an order; as long as one total order
 * of messages explains all of them, the graph whose edges are "comes right before in a mailbox" has
 * no cycle. This keeps that graph, and finds the first copy that closes a cycle.
 * Read first: spec/protocol.md, chapter 3 (G4). */
#ifndef ORDER_H
#define ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct order order;
typedef uint32_t order_node; /* 0: none */

order *order_new(void);
void order_free(order *order);
void order_reset(order *order);

/* A message that more than one mailbox may get. One that only one mailbox can get needs no node:
 * nothing but its neighbours there can be said about it. */
order_node order_add(order *order, uint64_t label);

/* No one order explains it: `mailbox` has `first` before `second`, but `other_mailbox` has `second`
 * before a message that, by what else was seen (or, when `direct`, in that same mailbox), comes
 * before `first` or is it. */
typedef struct order_conflict {
  uint64_t first, second;
  uint32_t mailbox, other_mailbox;
  bool direct;
} order_conflict;

/* The message is the next one in this mailbox (mailboxes: 0, 1, 2, …). False: see *conflict; then
 * nothing was added. */
bool order_append(order *order, uint32_t mailbox, order_node node, order_conflict *conflict);

/* No further mailbox will get it. The node is not to be used again: what it still says about others
 * is kept, and forgotten when it cannot matter any more. */
void order_complete(order *order, order_node node);

/* How many nodes are kept. */
size_t order_live(const order *order);

#endif
