/* What mail*.c share. Time is the line of the event that is being judged. The central idea: of what
 * the server does inside, only bounds can be seen. A session is in effect at the earliest from its
 * arrival, at the latest from the proof that it was applied; a message is routed between its
 * arrival and the first proof. So for each message there are clients who may get it, and clients
 * who must. Read first: mail.h, match.h, order.h. */
#ifndef MAIL_INTERNAL_H
#define MAIL_INTERNAL_H

#include "oracle/judge_pool.h"
#include "oracle/mail.h"
#include "oracle/match.h"
#include "oracle/order.h"

/* A session that may be in effect. */
typedef struct mail_value {
  uint64_t number;
  match_object *object;
} mail_value;

typedef enum copy_state {
  COPY_MAY,     /* nobody knows whether it will come */
  COPY_MUST,    /* it must come */
  COPY_WRITTEN, /* it is in the mailbox */
  COPY_SETTLED, /* and confirmed */
  COPY_REFUSED, /* an error said that it will not come */
  COPY_NOT      /* it cannot come: something that was routed later is there */
} copy_state;

/* The copy of an item for one client. */
typedef struct mail_entry {
  struct mail_item *item;
  uint32_t client;
  copy_state state;
  struct mail_entry *next, *before; /* of the same client, MAY or MUST, in the order of routing */
  bool excused;                     /* the mailbox was perhaps full: a refusal may come late */
  uint64_t overtaken_line;          /* 0, or where something came that must come after it */
} mail_entry;

typedef struct mail_party {
  char *id;
  size_t id_len;
  uint64_t name;
  bool maybe, known;  /* to the server */
  bool away;          /* for good: nothing is missing */
  size_t owed;        /* copies that must come */
  mail_value *values; /* possibly in effect, oldest first; never empty */
  size_t values_count, values_room;
  uint64_t applied, sessions; /* numbers: an older one is not in effect; the newest given out */
  mail_entry *first, *last;   /* waiting copies */
  mail_entry *overtaken;      /* the first of them that something else overtook */
  unsigned copies_since;
  uint64_t newest_arrival,
      newest_copy;                 /* of the copies in its mailbox the one that was sent last */
  uint64_t outstanding, full_line; /* copies not settled; when they were last too many */
  uint64_t doubtful;               /* copies settled that the server may still have */
  /* As a sender, EP/1: messages that arrived and were not seen to be accepted; when one was perhaps
   * dropped for want of room among them. */
  uint64_t untaken, untaken_line;
  /* As a sender, EP/2: below accepted_next all has been accepted. */
  uint64_t accepted_numbering, accepted_next;
  struct mail_item *unaccepted, *unaccepted_last; /* in the order of numberings and ids */
} mail_party;

/* Whether a client matches an address, over time. */
typedef struct mail_member {
  uint32_t client;
  bool possible;
  uint64_t possible_until;              /* line; if it is not possible now */
  uint64_t certain_since;               /* line; 0: not certain now */
  uint64_t newest_arrival, newest_copy; /* of the copies with this address in its mailbox */
} mail_member;

typedef struct mail_address {
  uint64_t name;
  char *text;
  size_t len;
  match_address kind;
  uint64_t client_name;   /* CLIENT */
  match_object *selector; /* otherwise */
  mail_member *members;
  size_t members_count, members_room;
  pool_map by_client;                         /* index and 1, to index in members */
  size_t certain;                             /* members that are certain now */
  size_t uses;                                /* items with this address */
  struct mail_item *unrouted, *unrouted_last; /* as far as was seen; in the order of arrival */
  struct mail_address *next, *before;
} mail_address;

typedef struct mail_text {
  uint64_t name; /* of sender and uid */
  uint32_t sender;
  char *uid, *uid_json, *payload;
  size_t uid_len, uid_json_len, payload_len;
  mail_address *address;
  bool loose;              /* who gets it, and when, is not judged */
  bool contradicted;       /* by its rude sender: what a copy says is not judged either */
  bool perhaps;            /* it may be one that was forgotten, and come to nobody */
  struct mail_item *items; /* oldest first */
} mail_text;

enum { MAIL_IDS = 4 };

/* A message under one numbering (EP/1: all of them). */
typedef struct mail_item {
  uint64_t key;
  mail_text *text;
  struct mail_item *sibling;
  bool v2, rude;
  bool unsure; /* whether it is accepted cannot be said: a rude sender used its id twice */
  uint64_t numbering, ids[MAIL_IDS];
  size_t ids_count;
  unsigned arrivals;
  uint64_t arrival, accepted_line, routed_line; /* 0: not seen */
  uint64_t newest_arrival;                      /* the same as arrival, if it did not come again */
  uint64_t arrival_ms, accepted_ms;
  uint64_t session; /* of the sender, before it; 0: not known */
  bool refused;
  bool maybe_parked;
  mail_entry *entries; /* once routed: by client */
  size_t entries_count;
  size_t open, pending; /* entries: not settled; not written */
  bool somebody;        /* somebody must get it, and nobody knows who */
  order_node node;
  struct mail_item *next_unrouted, *before_unrouted;
  struct mail_item *next_unaccepted, *before_unaccepted;
} mail_item;

/* The newest message, in its sender's order, of one sender in one mailbox. */
typedef struct mail_pair {
  bool v2, rude;
  uint64_t numbering, id, arrival, copy_line;
  uint64_t there_since; /* the latest arrival with which the server has kept it */
  unsigned arrivals;
  const mail_address *address; /* compared, never followed */
} mail_pair;

struct mail {
  mail_party *parties;
  size_t parties_count, parties_room;
  pool_map party_names;
  mail_address *addresses; /* newest first */
  size_t idle;             /* addresses without uses */
  pool_map address_names;
  pool_map texts; /* by name; values are pointers */
  pool_map items; /* by key; values are pointers */
  uint64_t next_key;
  pool_recent past; /* names of texts that were forgotten */
  pool_map pair_names;
  mail_pair *pairs;
  size_t pairs_count, pairs_room;
  order *order;
  size_t missing;         /* copies that must come to somebody who is not away */
  mail_item **somebodies; /* items with `somebody` */
  size_t somebodies_count, somebodies_room;
  uint64_t mailbox_limit, parked_limit, held_limit, mailbox_wait, now_ms;
  uint64_t unrouted, parked_full_line; /* items not routed; when they were last too many */
  uint64_t now;                        /* the line of the event */
};

void *mail_room(void *array, size_t *room, size_t needed, size_t size);

/* ---- mail_address.c ---- */

mail_address *mail_address_take(mail *m, span to, uint64_t line);
void mail_address_leave(mail *m, mail_address *address);
void mail_address_free(mail *m, mail_address *address);
mail_member *mail_member_of(const mail_address *address, uint32_t client);
/* Something about the client has changed: who matches what is worked out again, and what was parked
 * for that is routed. */
void mail_party_changed(mail *m, uint32_t client, uint64_t line);
/* Whether the sender of the item certainly matches when it is routed, by the order of its own
 * stream: what it wrote before the item is in effect. */
bool mail_sender_matches(const mail *m, const mail_item *item);

/* ---- mail_route.c ---- */

/* The item was routed by now: who may have a copy, and who must, is fixed. */
void mail_route(mail *m, mail_item *item, uint64_t line);
void mail_mark_accepted(mail *m, mail_item *item, uint64_t line);
/* The same, and routed if somebody certainly matches. An item whose address is impossible may be
 * gone afterwards. */
void mail_accept(mail *m, mail_item *item, uint64_t line);
/* An EP/2 copy was seen: all before it in its numbering is accepted. */
void mail_accept_before(mail *m, mail_item *item, uint64_t line);
mail_entry *mail_entry_of(const mail_item *item, uint32_t client);
void mail_nobody_needed(mail *m, mail_item *item);
/* One copy less may be in its mailbox: of those not settled, or of the doubtful. */
void mail_leave_mailbox(mail *m, mail_party *party, uint64_t *copies);
/* Who gets this message is not judged any more. */
void mail_let_loose(mail *m, mail_text *text);
void mail_entry_becomes(mail *m, mail_entry *entry, copy_state state);
/* Takes the message out of memory when nothing more can happen to it. */
void mail_maybe_forget(mail *m, mail_text *text);

/* ---- mail_fault.c ---- */

void mail_fault_say(mail_fault *fault, const char *requirement, const char *acceptable,
                    const char *what, ...) __attribute__((format(printf, 4, 5)));
/* How many bytes of it are shown to people. */
int mail_shown(span text);
void mail_fault_line(mail_fault *fault, uint64_t line);
/* Nobody sent it. */
void mail_fault_unknown(const mail *m, const mail_copy *copy, mail_fault *fault);
/* It is not addressed to who got it. */
void mail_fault_not_addressed(const mail *m, const mail_item *item, uint32_t client,
                              mail_fault *fault);
void mail_fault_missing(const mail *m, const mail_item *item, const mail_entry *entry,
                        mail_fault *fault);

#endif
