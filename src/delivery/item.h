/* Floor 3, delivery. One thing that travels in a stream: a message, a session update, a receipt or
 * a refusal. Its text is rendered once, with a hole for its number, and shared by all who get it.
 * Read first: wire/message.h (ep_item_shape). Then: delivery/outbox.h. */
#ifndef EP_DELIVERY_ITEM_H
#define EP_DELIVERY_ITEM_H

#include "wire/message.h"

typedef enum { EP_ITEM_MESSAGE, EP_ITEM_SESSION, EP_ITEM_RECEIPT, EP_ITEM_REFUSAL } ep_item_kind;

typedef struct ep_item {
  uint32_t refs;     /* outboxes (and the list of the parked) that hold it */
  uint8_t kind;      /* ep_item_kind */
  bool receipt;      /* the sender wants to know who has it */
  bool parked;       /* nobody matches yet */
  bool refused;      /* client: the server has said no to it, for everybody */
  uint32_t sender;   /* server: index of the account that sent it */
  uint64_t from_id;  /* server: its number in the sender's stream */
  uint64_t sequence; /* server: its place in the order of all; key in the log */
  uint32_t waiting;  /* server: recipients that have not confirmed it */
  uint8_t print[16]; /* fingerprint of its uid (messages) */
  uint32_t uid_at;   /* where the uid, as spelled and with its quotes, lies in text (messages) */
  uint32_t uid_len;
  ep_item_shape shape;
  uint8_t text[]; /* shape.len bytes */
} ep_item;

/* A new item with one reference and a copy of text; NULL when there is no memory. */
ep_item *ep_item_new(const ep_allocator *allocator, ep_item_kind kind, ep_bytes text,
                     ep_item_shape shape);
ep_item *ep_item_share(ep_item *item);                           /* one reference more */
bool ep_item_drop(const ep_allocator *allocator, ep_item *item); /* one less; true: it is gone */
size_t ep_item_size(const ep_item *item);                        /* bytes that a limit counts */

#endif
