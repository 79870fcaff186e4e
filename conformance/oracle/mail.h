/* What lies between streams: which message may be in which mailbox, with what content and in which
 * order (G1 to G5, G7). judge.c follows each connection and stream and tells this what it has made
 * sure of; this finds what is wrong across them.
 * Read first: judge.h. Then: match.h (who is addressed), order.h (one order for all). */
#ifndef MAIL_H
#define MAIL_H

#include "oracle/trace.h"

typedef struct mail mail;

/* What is wrong: the requirement, or guarantee, and two sentences (see judge_finding), with the
 * lines of the events that led there. */
typedef struct mail_fault {
  const char *requirement;
  char what[512], acceptable[512];
  uint64_t lead_up[16];
  size_t lead_up_count;
} mail_fault;

mail *mail_new(void); /* NULL: no memory */
void mail_free(mail *mail);
void mail_reset(mail *mail);

/* A client, by index 0, 1, 2, … in the order in which their first auth request arrived. From this
 * event on the server may know it (its session is {}). */
uint32_t mail_client(mail *mail, span id, uint64_t line);
/* The server has shown that it knows the client: its auth reply was written. */
void mail_known(mail *mail, uint32_t client, uint64_t line);

/* A session update of client has arrived: from now on the server may have applied it. Returns its
 * number, 1, 2, …; duplicates are not announced twice. */
uint64_t mail_session_arrived(mail *mail, uint32_t client, span session_json, uint64_t line);
/* Proof (a confirm, a session.update event, a list) that the server has applied number or a later
 * one. */
void mail_session_applied(mail *mail, uint32_t client, uint64_t number, uint64_t line);
/* The server dropped the update without applying it (it was refused, or discarded with its
 * connection). */
void mail_session_dropped(mail *mail, uint32_t client, uint64_t number, uint64_t line);

typedef struct mail_message {
  uint32_t sender;
  span uid;           /* unescaped */
  uint64_t id;        /* in the sender's up stream */
  uint64_t numbering; /* which numbering of that stream: counts renumberings */
  span to, payload;   /* raw JSON texts; payload empty: none */
  bool v2;            /* the sender's connection speaks EP/2 */
} mail_message;

/* A message has arrived at the server: from now on it may be accepted and routed. Returns a key.
 * The same message again (same sender and uid) gives the same key; with other content it sets
 * *fault (G1) and returns 0. */
uint64_t mail_arrived(mail *mail, const mail_message *message, uint64_t line, mail_fault *fault);
/* Proof that the server has accepted it, or refused it (`refused`: recipients by id, or count 0:
 * wholly). */
void mail_accepted(mail *mail, uint64_t key, uint64_t line);
void mail_refused(mail *mail, uint64_t key, const span *recipients, size_t count, uint64_t line);

/* The server wrote a copy that is new in recipient's mailbox (not a repetition under a number it
 * had). Returns its key; 0: *fault says what is wrong. */
typedef struct mail_copy {
  uint32_t recipient;
  span from, uid;   /* unescaped */
  span to, payload; /* raw JSON texts */
  uint64_t from_id;
  bool has_from_id;
} mail_copy;
uint64_t mail_copied(mail *mail, const mail_copy *copy, uint64_t line, mail_fault *fault);
/* The recipient has confirmed its copy and the confirm has arrived: it may be forgotten. */
void mail_settled(mail *mail, uint32_t recipient, uint64_t key, uint64_t line);

/* The server's state was lost, and all of this with it. What senders have not confirmed comes
 * again. */
void mail_lost(mail *mail, uint64_t line);

/* Copies that must still be written, because the message was accepted and the recipient was
 * certainly addressed. At the end of a healed trace each is a G5. */
size_t mail_missing(const mail *mail);
/* The first of them, as a fault (G5). False: none. */
bool mail_first_missing(const mail *mail, mail_fault *out);

#endif
