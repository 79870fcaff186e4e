/* Judges a trace against spec/protocol.md: feed it one event after the other, then ask. It accepts
 * every legal behaviour; it predicts nothing. It shares no code with what it judges.
 * Read first: README.md, trace.h. */
#ifndef JUDGE_H
#define JUDGE_H

#include "oracle/trace.h"

typedef struct judge judge;

typedef enum judge_verdict {
  JUDGE_ACCEPTED,    /* nothing was wrong, and nothing is unfinished */
  JUDGE_REJECTED,    /* judge_finding says what was wrong */
  JUDGE_INCONCLUSIVE /* nothing was wrong so far, but the trace does not show whether all is well */
} judge_verdict;

enum { JUDGE_LEAD_UP = 32 };

/* The first thing wrong, or (INCONCLUSIVE) what could not be decided. */
typedef struct judge_finding {
  uint64_t line; /* of the event where it showed; 0: at the end of the trace */
  uint64_t t_ms;
  uint32_t conn; /* 0: none */
  const char
      *requirement;     /* "EP-SEND-3", or a guarantee "G5" where the end of the trace shows it */
  const char *sentence; /* of the spec */
  char what[512];       /* what happened, one sentence */
  char acceptable[512]; /* what would have been acceptable, one sentence */
  char client[132];     /* the client concerned, or "" */
  char uid[132];        /* the message concerned, or "" */
  size_t lead_up_count; /* events that led there, oldest first, without `line` itself */
  uint64_t lead_up[JUDGE_LEAD_UP];
} judge_finding;

judge *judge_new(void); /* NULL: no memory */
void judge_free(judge *judge);
/* Back to an empty trace, keeping memory for the next one. */
void judge_reset(judge *judge);

/* The server's limit `mailbox` is lower than the spec's: an EP/1 sender's copy for a mailbox of so
 * many copies may be refused in silence (EP-LIM-5). Holds until judge_reset. */
void judge_mailbox_limit(judge *judge, uint64_t copies);
/* The same for its limit `parked`: so many parked messages. For a lower `mailbox_bytes` or
 * `parked_bytes` say 1: what a server counts for one of them is its own affair. */
void judge_parked_limit(judge *judge, uint64_t messages);
/* Its limit `held`: of so many messages of an EP/1 sender that wait, it may drop the next. */
void judge_held_limit(judge *judge, uint64_t messages);
/* Its limit `session`, where no auth reply tells it: larger sessions may be left out in silence. */
void judge_session_limit(judge *judge, uint64_t bytes);
/* The server accepts connections in the order of their TRACE_OPEN (EP-TAKE-4); a trace from outside
 * tells that order only roughly. Holds until judge_reset. */
void judge_opens_in_order(judge *judge);

/* The server's timer `mailbox_wait`, on the clock of the trace: nothing is refused in silence
 * before it has passed. Unless this is called it can have any value: whoever runs a server may set
 * it. */
void judge_mailbox_wait(judge *judge, uint64_t ms);

/* Clocks of clients jump forward so often in the trace, and repetitions come early by that. */
void judge_clock_jumps(judge *judge, unsigned times);

/* Clients run out of memory in the trace: what arrived may not have been read. */
void judge_memory_fails(judge *judge);
/* The server can run out of memory, or its store fail: it closes connections without a word when
 * it cannot even write the error (EP-ERR-5), and that is not held against it (EP-TIME-4). */
void judge_server_fails(judge *judge);

/* Takes the next event; t_ms and line must not go back. False: this or an earlier event was wrong
 * (events after the first wrong one are not judged). */
bool judge_event(judge *judge, const trace_event *event);

/* The trace ends, at t_ms. Call it once, last. G5 and G8 are judged here: what is unfinished is
 * wrong when a TRACE_HEALED came at least the timer `heal` before, and undecided otherwise. */
judge_verdict judge_end(judge *judge, uint64_t t_ms);

/* What is unfinished now: items not confirmed, copies not delivered, connections not
 * authenticated. 0: judge_end would not miss anything. A simulator stops here. */
size_t judge_unfinished(const judge *judge);

/* NULL: nothing found. Valid until judge_reset or judge_free. */
const judge_finding *judge_found(const judge *judge);

uint64_t judge_frames(const judge *judge);   /* judged so far */
uint64_t judge_messages(const judge *judge); /* different messages seen */

#endif
