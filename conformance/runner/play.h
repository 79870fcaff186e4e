/* One case while it runs: its connections, what it knows of its clients, and what became of it.
 * A case runs alone in its process and is read like a script: each step waits, with poll, until
 * what it wants has come or its time is over. Read first: case.h, vars.h. Then: wire.c (bytes),
 * watch.c (each frame), play.c (each step). */
#ifndef PLAY_H
#define PLAY_H

#include <stdint.h>

#include <jansson.h>

#include "oracle/frame.h"
#include "runner/case.h"
#include "runner/pattern.h"
#include "runner/vars.h"

typedef enum verdict {
  VERDICT_PASS,
  VERDICT_FAIL,
  VERDICT_NON_STRICT,
  VERDICT_UNSUPPORTED,
  VERDICT_SKIP,
  VERDICT_INCONCLUSIVE,
  VERDICT_ERROR,
  VERDICT_COUNT
} verdict;
const char *verdict_name(verdict one);

/* What the steps of a case know of one client id: in the role server the suite is that client. */
typedef struct client {
  char *id;
  char *instance;        /* the one that is written by `join` */
  char *epoch;           /* last told; "" */
  char *joined_instance; /* that the server took last; NULL: none, or EP/1 since */
  uint64_t next_up;      /* the id of the next item that `sends` writes */
  uint64_t next_down;    /* one after the last item that was confirmed */
  /* What the suite has written of the stream towards the tested peer: every id below `whole`, and
   * these above it. Only that can be confirmed. */
  uint64_t whole, *above;
  size_t above_count;
  unsigned unanswered; /* connections with items behind an auth request that has no reply yet */
  bool is_unsure;      /* an id was written so that it cannot be known here */
} client;

/* A frame that came and was not consumed. */
typedef struct arrived {
  char *text; /* the message, without envelope and end byte */
  size_t len;
  char *bytes; /* the frame as it came, without its end byte */
  size_t bytes_len;
  char *action; /* unescaped; "" none */
  bool is_item;
  uint64_t id;
  char *uid; /* message.new; NULL */
  double at_ms;
} arrived;

typedef enum conn_end {
  END_OPEN,    /* it is not closed */
  END_BY_PEER, /* in order */
  END_RESET,   /* by the peer, with a reset */
  END_BY_SUITE
} conn_end;

typedef struct auth_asked {
  bool is_asked;
  unsigned version;
  char *client, *instance, *epoch;
  uint64_t expect;
  bool has_presence;
} auth_asked;

typedef struct conn {
  char *name;      /* in the case */
  unsigned number; /* of the connections of the case, from 1 */
  int fd;          /* -1: closed */
  conn_end end;
  bool is_end_judged; /* a step has said that it is to be closed */
  double end_ms;
  client *of;
  unsigned version; /* 0 until the auth reply */
  auth_asked asked;
  frame_splitter in;
  text out;
  size_t out_at;   /* written so far */
  size_t split;    /* bytes of each write; 0: all at once */
  long split_ns;   /* the pause after each of them */
  text raw;        /* what raw writes have begun and not ended: a frame to be */
  text later;      /* pongs, until it has ended */
  uint64_t *early; /* items written behind the auth request, before its reply */
  size_t early_count;
  bool is_batching, holds_back, is_silent, is_not_reading;
  arrived *queue;
  size_t queue_at, queue_count;
  uint64_t bytes_in;
  uint64_t window;   /* EP/2: how many items the peer takes unconfirmed */
  uint64_t first_up; /* the first item of ours on this connection */
  bool has_next;     /* the id that the next item on this connection must have is known */
  uint64_t next_item;
  uint64_t retry_below;    /* ids below it were asked for again */
  unsigned confirm_frames; /* since the first item that was written on it */
  bool has_confirmed;      /* EP/2: the peer has confirmed up to `confirmed` */
  uint64_t confirmed;
  char **confirmed_uids; /* EP/1: not yet used up by a step */
  size_t confirmed_count;
} conn;

/* A message that this case has written, to compare with what comes out (G1). */
typedef struct written {
  char *uid, *from, *to, *payload; /* raw JSON; payload NULL: absent */
  uint64_t id;
  bool is_confirmed; /* EP/1: one confirm of the uid was for this one */
  size_t before;     /* the one before with the same hash of uid: its place, from 1; 0: none */
} written;

typedef struct log_line {
  double at_ms;
  char *who; /* of the connection, or "" for the suite */
  unsigned number;
  const char *what; /* in, out, note */
  char *words;
} log_line;

/* How and with what the suite was called: what all cases share. */
typedef struct play_setup {
  const char *host, *port; /* role server: where it listens; "unix" and a path */
  const char *start;       /* the command that starts the tested program; NULL */
  const char *folder;      /* for {dir} */
  double slow;
  const char *token; /* of the tested server; NULL */
  unsigned version;  /* the one that is tested alone; 0: both */
  char *tag;         /* of this run of the suite */
} play_setup;

typedef struct target target;   /* the tested server, when the suite started it */
typedef struct adapter adapter; /* the tested client */

typedef struct play {
  const play_setup *setup;
  const test_run *run;
  const test_case *of;
  vars names;
  double began_ms;
  conn **conns;
  size_t conn_count;
  client **clients;
  size_t client_count;
  written *sent;
  size_t sent_count;
  size_t *sent_last; /* for each hash of uids: the last one written, from 1; 0: none */
  text odd;          /* EP/1: what was written and is no message of chapter 6, but may have a uid */
  log_line *log;
  size_t log_count, log_left_out; /* left out: after the first half, which stays */
  frame_parser parser;
  target *server;
  adapter *app;
  int listener;    /* role client; -1: not listening */
  int waiting[16]; /* accepted and not yet taken by a step */
  size_t waiting_count;

  const step *now;
  double step_began_ms, lag_ms, pumped_ms;
  double last_came_ms; /* when the last thing that a step waited for came */
  double acted_ms;     /* when the suite last opened, wrote on or ended a connection */
  double after_ms;     /* from when `after` of this step counts */
  unsigned judged;
  unsigned heard; /* messages that came from what is tested */
  json_t *steps;
  /* What the watch found wrong on a frame; the next judging step reports it. */
  const char *breach;
  bool is_breach; /* and the verdict is about it */
  char *breach_acceptable, *breach_came;

  verdict verdict;
  const char *requirement;
  char *acceptable, *came, *reason;
} play;

/* ---- play.c ---- */

/* Runs the case; the result is an object of the result model (results.h). */
json_t *play_case(const play_setup *setup, const test_run *run, target *server);
/* Ends the case: always returns false. */
bool play_fail(play *p, const char *requirement, char *acceptable, char *came);
bool play_end(play *p, verdict what, char *reason);
/* The requirement that the step of now shows. */
const char *play_requirement(const play *p);
/* Names replaced; NULL ends the case with an ERROR. */
char *play_expand(play *p, const char *words, size_t *len);
bool play_number(play *p, const char *words, int64_t *out);
/* The time at which the step of now has waited long enough. */
bool play_deadline(play *p, double *out);
/* Called when it has: a failure, or, when this machine did not let the suite run, no verdict. */
bool play_late(play *p, char *acceptable, char *came);
/* How much longer the suite's own pauses are: --slow, where that is above 1. */
double play_stretch(const play *p);
/* Whether a later step says that this connection is to be closed. */
bool play_expects_close(const play *p, const conn *c);
/* False after a breach, which ends the case. */
bool play_is_clean(play *p);
client *play_client(play *p, const char *id);
conn *play_conn(play *p, const char *name); /* the newest of that name; NULL */

/* ---- wire.c ---- */

double wire_now(void); /* ms */
void wire_log(play *p, const conn *c, const char *what, span bytes);
/* Line i of the log, of log_count. */
const log_line *wire_log_line(const play *p, size_t i);
void wire_note(play *p, const conn *c, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
conn *wire_new(play *p, const char *name, int fd);
/* Connects to HOST:PORT or unix:PATH within the time. -1: *why says why not. */
int wire_connect(const char *host, const char *port, double within_ms, char **why);
/* Reads and writes what can be until something has happened or the time has come. */
void wire_pump(play *p, double until_ms);
/* The same without waiting, when it was not done for a while: others are pinged meanwhile. */
void wire_keep_up(play *p);
/* Writes bytes as the connection is split; waits until they are with the kernel. */
bool wire_write(play *p, conn *c, span bytes);
bool wire_flush(play *p, conn *c);
void wire_close(play *p, conn *c, bool reset);

/* ---- watch.c ---- */

/* Each whole frame that came, and each that is written. */
void watch_arrived(play *p, conn *c, span frame);
void watch_wrote(play *p, conn *c, span message);
void watch_breach(play *p, const char *requirement, char *acceptable, char *came);
void watch_joined(play *p, conn *c, const frame *reply);

/* ---- watch_mail.c ---- */

void watch_sent(play *p, const conn *c, const frame *f);
void watch_mail(play *p, const frame *f);
/* The newest message written under a uid, and the one before it with the same; NULL: none. */
written *watch_newest(play *p, span uid);
written *watch_before(play *p, const written *one);
/* Whether a client id is of this case. */
bool watch_is_ours(const play *p, span id);
/* clients.list without the clients of other cases; the text may be replaced. */
void watch_own_list(play *p, text *message);

/* ---- watch_confirm.c ---- */

/* What was written of a stream, each frame once. */
void watch_count(play *p, conn *c, const frame *f);
/* A confirm that came: of something that was written. */
void watch_confirm(play *p, conn *c, const frame *f);
/* The stream goes on, or begins: with an auth reply, or an auth request of a client. */
void watch_resume_up(play *p, conn *c, const frame *reply, bool resumes);
void watch_resume_down(play *p, conn *c, const frame *request);
void watch_start_over(client *of);

/* ---- frames.c ---- */

/* Writes a message in the form that the connection speaks, or in that of form. */
bool frames_write(play *p, conn *c, const char *message, size_t len);
/* \xHH, \f and the sign of a form feed become bytes. */
void frames_unescape(text *out, const char *words, size_t len);
bool frames_write_as(play *p, conn *c, const char *form, const char *words);
/* The frame of a message in an envelope, without its end byte. */
void frames_envelope(text *out, span message);
/* The next frame that counts for a step that asks for `action` (NULL: none in particular). NULL:
 * it did not come in time, or the connection ended, or the case did. */
arrived *frames_next(play *p, conn *c, const char *action, double until_ms);
/* The same, without waiting and without throwing away what does not count; *at goes on. */
arrived *frames_look(play *p, conn *c, const char *action, size_t *at);
void frames_drop(conn *c, const arrived *one);
char *frames_show(const arrived *one);

/* ---- the steps ---- */

bool play_step_expect(play *p, conn *c);
bool play_step_any_order(play *p, conn *c, size_t *index);
bool play_step_not(play *p, conn *c);
bool play_step_bytes(play *p, conn *c);
bool play_step_command(play *p);
bool play_step_app(play *p);
/* A command of a connection that exists; NULL where it must not. */
bool play_join(play *p, conn *c, const char *rest, bool waits);
bool play_items(play *p, conn *c, int which, const char *rest);
/* Waits for a confirm of an id or uid. */
bool play_confirmed(play *p, conn *c, const char *rest);
bool play_srv(play *p, int which, const char *rest, bool *is_done);

#endif
