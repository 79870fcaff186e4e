/* Floor 3, delivery. What the files of the registry share; nobody else includes this.
 * registry.c applies commands; join.c who is there; upstream.c the order of what a client sends;
 * route.c where a message goes; park.c what waits for somebody to match; notice.c receipts and
 * refusals; confirm.c what leaves a mailbox, and who waited for that; persist.c and load.c the
 * records.
 *
 * Everything happens in steps. A step first reserves whatever it needs, then changes things and
 * cannot fail: so that without memory a step has not happened at all.
 * Read first: delivery/registry.h. */
#ifndef EP_DELIVERY_REGISTRY_INTERNAL_H
#define EP_DELIVERY_REGISTRY_INTERNAL_H

#include "base/assert.h"
#include "delivery/registry.h"

/* While memory is tight who holds much may hold one part in so many of what is left. */
enum { EP_REG_PARTS = 256 };

/* A message for which nobody matches yet. */
typedef struct ep_parked {
  ep_item *item;
  struct ep_parked *next, *previous;           /* all, in the order of acceptance */
  struct ep_parked *next_here, *previous_here; /* those listed at the same posting */
  uint32_t count, capacity;
  ep_posting *postings[]; /* of its selector, or of the client id; it is listed at the first */
} ep_parked;

/* An outcome as it is kept: of a message to many there are many. */
typedef struct ep_effect {
  uint8_t kind;
  bool known, takeover;
  uint8_t code; /* ep_error or ep_counter */
  uint32_t link;
  ep_account *account;
  uint64_t number; /* id or count */
  uint32_t uid_at, uid_len;
} ep_effect;

typedef struct ep_accounts {
  ep_account *first, *last;
} ep_accounts;

/* What has been loaded so far: keys must ascend. */
typedef struct ep_loading {
  bool any, unknown;
  bool copy;     /* what is loaded was copied from a store */
  unsigned meta; /* which of them were there */
  uint8_t table;
  uint8_t last[64];
  size_t last_len;
} ep_loading;

struct ep_registry {
  const ep_allocator *allocator;
  ep_registry_config config;
  ep_hash_key key;
  uint8_t epoch[EP_LIMIT_NAME];
  size_t epoch_len;
  uint64_t now_ms;
  uint64_t sequence;     /* of the next item */
  ep_account **accounts; /* in order of first authentication */
  uint32_t count, capacity;
  ep_table by_id, by_link;
  ep_index index;
  ep_parked *first_parked, *last_parked;
  uint64_t parked, parked_bytes;
  uint32_t with_mail;  /* accounts whose mailbox has a message */
  ep_accounts gaps;    /* EP/1: a gap holds something back; oldest first */
  ep_accounts blocked; /* EP/1: the up stream waits; oldest first */
  ep_accounts parking; /* of those, who waits for room to park */
  bool somebody_came;  /* who is new, or has a new session, may be whom they wait for */
  ep_account *dirty;
  ep_effect *effects; /* of the current apply */
  uint32_t effects_count, effects_capacity, effects_given;
  ep_buffer uids;       /* bytes that effects point to */
  uint32_t failed_link; /* no memory: this connection must go */
  ep_buffer text;       /* an item being rendered */
  ep_buffer names;      /* the recipients a refusal names */
  ep_selector selector;
  ep_matches matches;   /* recipients of the current message */
  ep_matches unparking; /* parked messages that match now */
  ep_buffer records;    /* log, confirmed, seen: since the last seal */
  bool meta_written;
  bool urgent; /* something may leave only when the records are stored */
  uint64_t sequence_written;
  ep_loading loading;
  uint64_t counted[EP_COUNTER_COUNT];
  ep_tally tally;
};

typedef enum { EP_STEP_DONE, EP_STEP_BLOCKED, EP_STEP_NO_MEMORY } ep_step;

/* An item of an up stream on its way. */
typedef struct ep_upward {
  ep_account *account;
  const ep_command *command;
  bool force;           /* it has waited long enough: what is full is left out */
  ep_fingerprint print; /* of its uid */
  ep_account *blocker;  /* BLOCKED: what for; NULL: room to park */
} ep_upward;

/* registry.c */
bool ep_reg_reserve(ep_registry *registry, size_t effects, size_t uid_bytes, size_t record_bytes);
ep_effect *ep_reg_emit(ep_registry *registry, ep_outcome_kind kind, ep_account *account);
void ep_reg_emit_uid(ep_registry *registry, ep_effect *effect, ep_bytes uid_json);
void ep_reg_note(ep_registry *registry, ep_account *account, ep_counter counter, uint64_t count,
                 ep_bytes uid_json);
/* The same as a step of its own: without memory it is only counted. */
void ep_reg_tell(ep_registry *registry, ep_account *account, ep_counter counter, uint64_t count,
                 ep_bytes uid_json);
void ep_reg_failed(ep_registry *registry, uint32_t link);
void ep_reg_dirty(ep_registry *registry, ep_account *account);
ep_fingerprint ep_reg_print(const ep_registry *registry, ep_bytes uid);
/* EP/1 recipients name a message by its uid: makes its fingerprint, if nobody needed it before. */
void ep_reg_item_print(const ep_registry *registry, ep_item *item);

/* join.c */
ep_account *ep_reg_by_link(const ep_registry *registry, uint32_t link);
void ep_reg_join(ep_registry *registry, const ep_command *command);
void ep_reg_leave(ep_registry *registry, const ep_command *command);
ep_account *ep_reg_account_new(ep_registry *registry, ep_bytes id); /* known to nobody yet */
void ep_reg_account_free(ep_registry *registry, ep_account *account);
bool ep_reg_account_reserve(ep_registry *registry);
void ep_reg_account_enter(ep_registry *registry, ep_account *account);

/* upstream.c */
void ep_reg_receive(ep_registry *registry, ep_account *account, const ep_command *command,
                    ep_bytes bytes);
void ep_reg_tick(ep_registry *registry);
ep_upward ep_reg_upward(const ep_registry *registry, ep_account *account,
                        const ep_command *command);
ep_step ep_reg_item(ep_registry *registry, ep_upward *up);     /* one step, whatever it is */
void ep_reg_drain(ep_registry *registry, ep_account *account); /* what is held and in order now */
void ep_reg_settle(ep_registry *registry,
                   ep_account *account); /* last, after a change of a stream */
void ep_reg_stream_drop(ep_registry *registry, ep_account *account); /* held and blocked */
/* Accepting is part of the step that takes an item: its number is used, the sender is told. */
bool ep_reg_accept_reserve(ep_registry *registry, const ep_upward *up, size_t effects,
                           size_t uid_bytes, size_t record_bytes);
void ep_reg_accept(ep_registry *registry, const ep_upward *up);

/* waiting.c */
void ep_reg_block(ep_registry *registry, const ep_upward *up, uint8_t *blob,
                  size_t len); /* owns blob */
ep_step ep_reg_block_copy(ep_registry *registry, const ep_upward *up, ep_bytes bytes);
void ep_reg_unblock(ep_registry *registry, ep_account *account);
/* Tries the blocked item again. True: it no longer waits for what it waited for. */
bool ep_reg_retry_blocked(ep_registry *registry, ep_account *account, bool force);
void ep_reg_retry_waiters(ep_registry *registry, ep_account *mailbox);
void ep_reg_retry_parking(ep_registry *registry); /* there may be room, or somebody who matches */

/* session.c */
ep_step ep_reg_session(ep_registry *registry, ep_upward *up);

/* route.c */
/* Who a message is for, into registry->matches: the client named, or every known client that
 * matches, the sender and those away included. NO_MEMORY; INVALID_ARGUMENT: it is no address. */
ep_status ep_reg_resolve(ep_registry *registry, const ep_command *command);
ep_step ep_reg_message(ep_registry *registry, ep_upward *up);
ep_item *ep_reg_message_item(ep_registry *registry, const ep_upward *up, ep_item_shape shape);
/* Into the mailbox, where there is a place; takes over one reference. Returns the slot. */
uint64_t ep_reg_push_mail(ep_registry *registry, ep_account *account, ep_item *item);

/* park.c */
/* The message is rendered in registry->text. */
ep_step ep_reg_park(ep_registry *registry, ep_upward *up, ep_item_shape shape);
bool ep_reg_parked_enter(ep_registry *registry, ep_item *item, ep_to_kind kind, ep_bytes to);
/* Lists in registry->unparking, in order, what waits for these pairs, or for this client id. */
bool ep_reg_unparking_pairs(ep_registry *registry, const ep_pairs *pairs);
bool ep_reg_unparking_client(ep_registry *registry, ep_bytes id);
size_t ep_reg_unparking_record_size(const ep_registry *registry);
void ep_reg_unpark(ep_registry *registry,
                   ep_account *account); /* room in account->down is reserved */
void ep_reg_parked_free(ep_registry *registry);

/* notice.c */
bool ep_reg_notice_room(const ep_registry *registry, const ep_account *account);
ep_step ep_reg_refuse(ep_registry *registry, ep_upward *up, ep_error error, ep_counter counter);
/* What a refusal says; to_json and count may be empty and 0. NULL: no memory. */
ep_item *ep_reg_refusal_item(ep_registry *registry, const ep_upward *up, ep_error error,
                             ep_bytes to_json, uint64_t count);
void ep_reg_push_notice(ep_registry *registry, ep_account *account,
                        ep_item *item); /* all is reserved */
/* EP-RCPT-1: what the sender of `of` is told when `by` confirms it; *out is NULL when it is told
 * nothing, or the limit `notices` leaves it out. False: no memory. Between the two the step
 * reserves one effect and the record of *out. */
bool ep_reg_receipt_make(ep_registry *registry, ep_item **out, const ep_item *of,
                         const ep_account *by);
void ep_reg_receipt_give(ep_registry *registry, ep_item *receipt, const ep_item *of);

/* confirm.c */
void ep_reg_confirm_id(ep_registry *registry, ep_account *account, uint64_t id);
void ep_reg_confirm_uid(ep_registry *registry, ep_account *account, ep_bytes uid);
bool ep_reg_skip_notices(ep_registry *registry,
                         ep_account *account); /* EP/1: at the front of its mailbox */
bool ep_reg_unconfirm(ep_registry *registry,
                      ep_account *account); /* reserves for renumbering, EP/1 marks */
void ep_reg_renumber(ep_registry *registry, ep_account *account);

/* load.c */
enum { EP_REG_FORMAT = 1 }; /* of the records */

/* persist.c: sizes in a batch; writers need that much reserved, and do nothing unless durable */
size_t ep_reg_log_size(const ep_registry *registry, size_t text_len, size_t recipients,
                       size_t to_len);
uint8_t *ep_reg_log_begin(ep_registry *registry, const ep_item *item, uint32_t recipients,
                          size_t to_len);
uint8_t *ep_reg_log_recipient(uint8_t *at, const ep_account *account, uint64_t slot);
uint8_t *ep_reg_log_to(uint8_t *at, ep_to_kind kind, ep_bytes to);
void ep_reg_log_end(ep_registry *registry, uint8_t *at);
size_t ep_reg_key_size(
    const ep_registry *registry); /* a record without value, or with a fingerprint */
void ep_reg_log_remove(ep_registry *registry, uint64_t sequence);
void ep_reg_confirmed_write(ep_registry *registry, const ep_account *account, uint64_t slot,
                            bool remove);
void ep_reg_seen_write(ep_registry *registry, const ep_account *account, uint32_t position,
                       const ep_fingerprint *print);

#endif
