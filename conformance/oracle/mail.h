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
 * event on the server may know it (its session is {}). Later calls for the same id give the same
 * index and change nothing; after mail_lost such a call says again that the server may know it. */
uint32_t mail_client(mail *mail, span id, uint64_t line);
/* The server has shown that it knows the client: its auth reply was written. */
void mail_known(mail *mail, uint32_t client, uint64_t line);

/* A session update of client has arrived: from now on the server may have applied it. Returns its
 * number, 1, 2, …; duplicates are not announced twice. Sessions of one client are announced in the
 * order in which they take effect: in EP/2 when all before them in the stream has arrived, too. */
uint64_t mail_session_arrived(mail *mail, uint32_t client, span session_json, uint64_t line);
/* Proof (a confirm, a session.update event, a list) that the server has applied number or a later
 * one. */
void mail_session_applied(mail *mail, uint32_t client, uint64_t number, uint64_t line);
/* The server has certainly dropped the update without applying it (it was refused, or discarded
 * with its connection). */
void mail_session_dropped(mail *mail, uint32_t client, uint64_t number, uint64_t line);

typedef struct mail_message {
  uint32_t sender;
  span uid;           /* unescaped */
  uint64_t id;        /* in the sender's up stream */
  uint64_t numbering; /* which numbering of that stream: counts renumberings */
  span to, payload;   /* raw JSON texts; payload empty: none */
  span uid_json;      /* raw; empty: its spelling is not compared */
  uint64_t
      session; /* the newest of the sender before it in this numbering; 0: none, or not known */
  bool v2;     /* the sender's connection speaks EP/2 */
  bool rude;   /* what the sender does is not judged: it may contradict itself */
} mail_message;

/* The key of a message that is known to have been everywhere already: nothing more is expected of
 * it, and every call takes it. */
#define MAIL_FORGOTTEN UINT64_MAX

/* A message has arrived at the server: from now on it may be accepted and routed. Returns a key.
 * The same message again (same sender, uid and, in EP/2, numbering) gives the same key. With other
 * content it sets *fault (EP-MSG-3) and returns 0; if the sender is rude, no copy of that message
 * is judged any more. In another numbering of EP/2 it is a new item, with a key of its own, which
 * the server may take for new (G2 says when). */
uint64_t mail_arrived(mail *mail, const mail_message *message, uint64_t line, mail_fault *fault);
/* It has arrived again: the server may have dropped it before (EP-RECV-3). */
void mail_arrived_again(mail *mail, uint64_t key, uint64_t line);
/* The key of a message that has arrived, if it is still remembered; else 0. Of several numberings
 * the newest in which it had this id, or the newest. */
uint64_t mail_key(const mail *mail, uint32_t sender, span uid, uint64_t id);
/* Proof that the server has accepted it, or refused it (`refused`: recipients by id, or count 0:
 * wholly). */
void mail_accepted(mail *mail, uint64_t key, uint64_t line);
void mail_refused(mail *mail, uint64_t key, const span *recipients, size_t count, uint64_t line);
/* Its sender has taken it back: whether it was accepted, and who gets it, is not judged. */
void mail_withdrawn(mail *mail, uint64_t key);
/* Further recipients were refused that the error does not name (its `count` is above them). */
void mail_refused_others(mail *mail, uint64_t key, uint64_t line);

/* The server wrote a copy that is new in recipient's mailbox (not a repetition under a number it
 * had). Returns its key; 0: *fault says what is wrong. */
typedef struct mail_copy {
  uint32_t recipient;
  span from, uid;   /* unescaped */
  span to, payload; /* raw JSON texts */
  span uid_json;    /* raw; empty: its spelling is not compared */
  uint64_t from_id;
  bool has_from_id;
} mail_copy;
uint64_t mail_copied(mail *mail, const mail_copy *copy, uint64_t line, mail_fault *fault);
/* The recipient has confirmed its copy and the confirm has arrived: it may be forgotten. */
void mail_settled(mail *mail, uint32_t recipient, uint64_t key, uint64_t line);
/* The server may never have read the confirm of one copy, or have forgotten it, so that the copy
 * may lie in the mailbox still; or it certainly does not, after all. */
void mail_doubted(mail *mail, uint32_t recipient);
void mail_not_doubted(mail *mail, uint32_t recipient, uint64_t line);

/* The server's state was lost, and all of this with it. What senders have not confirmed comes
 * again. */
void mail_lost(mail *mail, uint64_t line);

/* An EP/1 sender's copy may have been refused in silence (EP-LIM-5) while its recipient's mailbox
 * held this many copies or more; the limit `mailbox` unless said otherwise. */
void mail_mailbox_limit(mail *mail, uint64_t copies);
/* The same for a message that nobody matched, while so many were parked or more. */
void mail_parked_limit(mail *mail, uint64_t messages);

/* Of more than so many messages of an EP/1 sender that wait for their turn the server may drop
 * some, which come again later; the limit `held` unless said otherwise. */
void mail_held_limit(mail *mail, uint64_t messages);

/* So long a message waits before it is refused in silence; 0 unless said otherwise. */
void mail_mailbox_wait(mail *mail, uint64_t ms);
/* It is so late now; only the wait needs to be told. */
void mail_clock(mail *mail, uint64_t t_ms);

/* Whether the client is away for good (killed, or gone without coming back): while it is, no copy
 * for it counts as missing. */
void mail_away(mail *mail, uint32_t client, bool away);

/* Copies that must still be written, because the message was accepted and the recipient was
 * certainly addressed. At the end of a healed trace each is a G5. */
size_t mail_missing(const mail *mail);
/* The first of them, as a fault (G5). False: none. */
bool mail_first_missing(const mail *mail, mail_fault *out);

#endif
