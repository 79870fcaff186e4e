/* How the judge remembers a trace: clients, the numberings of their streams, connections. Each is
 * told from both ends: what a writer wrote, and what may have arrived at the reader.
 * Read first: judge.h, frame.h, mail.h. */
#ifndef JUDGE_INTERNAL_H
#define JUDGE_INTERNAL_H

#include "oracle/frame.h"
#include "oracle/judge.h"
#include "oracle/judge_pool.h"
#include "oracle/mail.h"
#include "oracle/match.h"

typedef enum item_kind { ITEM_MESSAGE, ITEM_SESSION, ITEM_RECEIPT, ITEM_REFUSAL } item_kind;

/* One item under one number. */
struct item {
  uint64_t content; /* name of all it says but its id; 0: this number was not seen (a hole) */
  uint64_t payload; /* name of its payload text */
  uint64_t uid;     /* name of its uid */
  uint64_t same;    /* down: one above the id of the next with this uid; 0: none */
  uint64_t from;    /* down, a message: name of its sender */
  uint64_t to;      /* EP/1, up: name of the client it is for; 0: a selector */
  char *text;       /* its uid, for people */
  uint32_t uid_len;
  size_t len;        /* up: bytes of its bare frame, without the end byte */
  uint32_t writings; /* EP/1, up: how often it was written on `conn` */
  uint32_t arrivals; /* how often it may have arrived */
  uint32_t confirms; /* EP/1, up: how often the server confirmed it */
  uint32_t conn;     /* on which it was last written */
  uint32_t first_conn, confirm_conn;
  uint64_t written_line, arrived_line, confirmed_line;
  uint64_t written_ms, arrived_ms, confirmed_ms;
  uint64_t arrived_n;  /* up: which frame of first_conn brought it first */
  uint64_t confirm_n;  /* which frame of confirm_conn carried the confirm */
  uint64_t mail;       /* key of the message (up), of the copy (down); 0: none */
  uint64_t session;    /* up, a session: its number in mail.h */
  struct letter *held; /* up: it arrived, and cannot be taken before others arrive */
  item_kind kind;
  bool confirmed;       /* the reader has written a confirm of it */
  bool confirm_arrived; /* the writer may know that */
  bool settled;         /* the writer certainly knows that */
  bool doubted;         /* down: the server may not have taken the confirm in (mail_doubted) */
  uint64_t refused_ms;  /* up: when a refusal of all of it arrived; 0: none */
  bool refused;         /* up: its refusal has arrived, so that the client may forget it */
  bool v2, over;        /* over: a session that may be refused */
  bool unheard;         /* EP/1, up: written again after its confirm had arrived */
};

/* What a new numbering must begin with: items of the one before. */
struct owed {
  uint64_t content, uid, payload, mail, line;
  char *text;
  uint32_t uid_len;
  item_kind kind;
  bool must;            /* false: the writer may know that it was confirmed, or leave it out */
  const char *must_not; /* it must be left out, and which requirement says so; or NULL */
  size_t len;
};

/* One numbering of one stream. */
struct stream {
  unsigned references;
  uint64_t number; /* which numbering of this stream of the client, from 1 */
  bool v1;
  bool begun;        /* base and next are known */
  struct item *ring; /* the items base to next - 1 */
  size_t room;
  uint64_t base, next;
  uint64_t front;     /* all below may have arrived */
  uint64_t confirmed; /* EP/2: the reader has written that it has all below */
  uint64_t known;     /* EP/2: the writer may know that */
  size_t doubted;     /* so many items are */
  uint64_t confirmed_line;
  struct owed *owed;
  size_t owed_count, owed_at;
  bool session_due; /* EP-LOST-3: the first item is a session */
  pool_map uids;    /* uid to id; down: of the oldest message that has it */
};

/* What the application of a client wants (judge_wish.c), since it said so last. */
struct wish {
  bool told; /* the trace tells it */
  bool wants;
  bool opened; /* an attempt to connect was seen */
  uint64_t line, ms;
  uint64_t opened_line, opened_ms; /* the newest attempt */
  unsigned failures;               /* attempts since it was authenticated last */
  uint64_t early_ms;               /* so much earlier than it may it has come, all in all */
  uint64_t stopped_line;           /* EP-CLI-4: where the error arrived */
};

struct client {
  uint64_t name;
  char *id;
  uint32_t id_len;
  bool stranger; /* the server knew it before the trace began */
  bool in_mail;
  uint32_t mail;       /* index in mail.h */
  bool rude;           /* a connection of this id was rude: only its messages are followed */
  pool_recent loose;   /* rude: its copies that the server wrote */
  uint32_t asked_conn; /* the newest connection on which its auth request arrived */
  /* One above when the newest connection opened that may have joined, and that has ended. */
  uint64_t ended_open_ms;
  /* The connection accepted last that has joined, by its opening, and its reply. */
  uint64_t joined_open_line, joined_line;
  uint64_t joined_ask_line; /* where the newest auth request that was answered had arrived */
  /* What the server knows. */
  bool known;           /* it has written an auth reply to it since its state began */
  unsigned asked_count; /* connections on which an auth request arrived, since its state began */
  uint64_t instance;    /* name of the instance of the last EP/2 reply; 0: none */
  bool server_v2;       /* the newest connection spoke EP/2 */
  bool took_over;       /* and took the client over from an older one */
  uint64_t server_left_line; /* where the server closed its newest connection */
  struct conn *server_conn;  /* the newest connection with a reply; NULL: none, or closed */
  bool server_up_unknown;    /* it began before the trace */
  struct stream *server_up;  /* the numbering in which it counts the up stream; NULL: not known */
  struct stream *down;
  /* What the client knows. */
  struct stream *up;
  struct stream *up_before;               /* EP/1: the numbering before, with which it may go on */
  uint64_t up_line;                       /* where the reply arrived that asked for the newer one */
  struct stream *client_down;             /* the numbering of client_epoch */
  uint64_t client_epoch, client_instance; /* names: what it knows since its last auth reply */
  bool client_v2;                         /* the version of its last auth reply */
  bool joined;                            /* it has been authenticated, since its state began */
  bool forgot;                       /* its state was lost, and it has not authenticated since */
  uint64_t over_instance, over_line; /* the name of one to be left, and where it was told so */
  bool old; /* its state was brought back from an old copy: it may know less than it wrote */
  struct conn *client_conn; /* the newest connection that it opened */
  uint64_t session; /* name of the last session that was confirmed to it; 0: {} or not known */
  uint64_t session_line, session_ms;
  /* EP/1: name and number of the newest that arrived, and where. */
  uint64_t event_session, event_number, event_line;
  uint64_t left_ms; /* when its last authenticated connection ended */
  uint64_t numberings;
  bool reads_less;   /* than the server writes (EP-LIM-10): items may wait for another client */
  bool dead, absent; /* killed and not started again; it said goodbye */
  uint64_t crashed_line, restarted_line;
  struct app *app;     /* what its application was told; NULL: the trace does not show that */
  uint64_t frame_most; /* the limit `frame` that it was told last; 0: none */
  pool_map late;  /* messages of an older down numbering that may still be delivered: payloads */
  pool_map asked; /* messages with a receipt: uid to index in `tickets` */
  struct ticket *tickets;
  size_t tickets_count, tickets_room;
  bool receipts_missed;
  /* Where its newest session arrived that the server has taken, or (EP/1) must take while the
   * connection set_conn lives; line 0: not known. */
  uint64_t set_line;
  uint32_t set_conn;
  pool_recent stale; /* EP/1: uids that arrived in older numberings, and may be confirmed late */
  struct wish wish;
  uint64_t ended_ms;       /* when it closed its last connection */
  uint64_t sessions_below; /* one above the highest id under which a session update arrived */
};

/* A message whose sender asked for receipts. */
struct ticket {
  uint64_t uid, of, of_before;
  uint64_t line;
  char *uid_text;
  uint32_t uid_len;
  struct ticket_recipient {
    uint64_t client; /* name */
    uint64_t line;   /* where its confirm arrived; 0: it has not */
    uint64_t ms;     /* when */
    bool due;        /* a receipt is certainly owed */
    bool given;
  } * recipients;
  size_t count, room;
  uint64_t left; /* of the newest receipt */
  bool any;
};

/* What an auth request says. */
struct asking {
  struct client *client;
  unsigned version;
  uint64_t instance, epoch, expect, window; /* the first two are names; 0: none */
  bool has_window, wants_presence;
};

/* A frame that was written, until it cannot arrive any more. */
struct letter {
  uint64_t n, bytes_name, line;
  ep_action action;
  frame_class class;
  bool arrived;
  bool arguable;
  bool v1_confirm; /* message.confirm: by uid */
  bool has_id;
  uint64_t id, uid; /* uid: a name */
  uint64_t payload; /* ping, pong: name of the payload */
  bool has_payload, session_over;
  bool final;   /* error: the client must not connect again by itself (EP-CLI-4) */
  bool unknown; /* error: unknown-id of `of` */
  uint64_t of;
  bool refusable; /* clients.list: it may be answered by an error */
  bool partly;    /* error: `to` names the recipients refused */
  struct asking ask;
  span uid_text, uid_json, to, content; /* content: the payload of a message, a session */
  char *text;                           /* owns these four, or NULL while they lie in the frame */
};

/* A message.retry that has arrived at the writer. */
struct want {
  uint64_t id, ms, line;
  bool due; /* it had been written on this connection */
};

struct pipe {
  struct letter *letters; /* first to first + count - 1, in the order of n */
  size_t room, first, count;
  uint64_t written;       /* frames written */
  uint64_t arrived;       /* frames that arrived */
  uint64_t heard_ms;      /* when the last of them did, or something damaged */
  bool noise;             /* something damaged, malformed or invalid arrived */
  bool closed;            /* the writer has closed */
  bool silent;            /* it wrote something that closes: it must not write more */
  const char *silent_why; /* the requirement */
  uint64_t silent_line, closed_line;
  struct want *wants; /* items that the reader asked for */
  size_t wants_count, wants_room;
  uint64_t *pings; /* payloads of pings of the reader that may have arrived */
  size_t pings_count, pings_room;
  uint64_t ping_ms, ping_line; /* when the first of them arrived, or the last was answered */
  uint64_t first_id, next_id;  /* EP/2: items first_id to next_id - 1 were written here */
  bool items;
};

struct conn {
  uint32_t number;
  bool begun; /* its opening was seen */
  bool lossy, remote, rude[2];
  uint64_t open_line, open_ms;
  struct pipe way[2];
  struct client *client;
  /* The auth request. */
  unsigned asks, asks_arrived;
  uint64_t ask_line, ask_ms, ask_arrived_line;
  struct asking ask;    /* the first that arrived; until then the first that was written */
  unsigned bad_version; /* of a request that is not usable */
  /* The auth reply. */
  unsigned replies;
  uint64_t reply_line;
  unsigned version; /* 0: none yet */
  bool reply_known, reply_arrived;
  uint64_t reply_epoch, reply_expect, reply_window, reply_frame;
  uint64_t reply_arrived_line, reply_arrived_ms;
  match_object *presence; /* EP/2: whose presence it asked for; NULL: nobody's, or not judged */
  bool list_due;          /* EP-AUTH-6 */
  bool out_of_step;       /* EP-LOST-6 */
  bool session_due;       /* EP-RES-5 */
  bool renumbered;        /* the client spoke EP/2 before, and numbers its messages anew */
  unsigned lists_asked, lists_written;
  uint64_t list_line, list_ms; /* where the first arrived that is not answered; line 0: none */
  pool_map view;               /* EP/1: whom the server has shown, and how (judge_presence.c) */
  bool view_partial;
  pool_map sessions;    /* EP/1: where it has written the newest session.update of whom */
  uint64_t listed_line; /* and the newest clients.list */
  struct stream *up, *down;
  uint64_t up_from;        /* EP/2: the id with which the up stream goes on */
  uint64_t sessions_below; /* rude, EP/2: one above the highest id of a session that arrived */
  uint64_t down_from;      /* EP/2: the down stream goes on with this id, if down_sure */
  bool down_sure;
  /* The server has certainly processed the first processed_n frames of the client, at the latest
   * when processed_ms was; and has stored what the first ripe_n said. */
  uint64_t processed_n, processed_ms, ripe_n;
  uint64_t resume_at;                  /* EP/1: messages below were written again, or confirmed */
  uint64_t replaced_ms, replaced_line; /* a newer connection has taken over; line 0: no */
  bool refused;                        /* the server wrote an error that refuses the auth request */
  uint64_t asked_for;                  /* one above the id in the client's last message.retry */
  /* The client must start over with another instance (EP-LOST-10, EP-LOST-11); line 0: no. */
  uint64_t over_line, over_ms;
  const char *over_why;
  uint64_t failed_ms, failed_line; /* the server could not do what it asked; line 0: it can */
  bool failed_v2;                  /* and knew that it speaks EP/2 */
};

struct judge {
  bool wrong, undecided;
  bool opens_in_order;             /* judge_opens_in_order */
  unsigned jumps;                  /* judge_clock_jumps */
  bool memory_fails, server_fails; /* judge_memory_fails, judge_server_fails */
  judge_finding finding;
  uint64_t line, t_ms; /* of the event that is judged */
  uint32_t conn;
  uint64_t frames;
  frame_parser parser;
  mail *mail;
  pool_map conn_names, client_names;
  struct conn **conns;
  size_t conns_count, conns_room;
  struct client **clients;
  size_t clients_count, clients_room;
  pool_recent gone; /* numbers of connections that both sides closed */
  pool_recent uids; /* of the last messages: none is counted twice */
  uint64_t messages;
  /* The server. */
  uint64_t epoch;          /* name; 0: not seen yet */
  pool_recent lost_epochs; /* of states that were lost */
  bool speaks_v2;
  uint64_t frame_most;   /* the largest limit `frame` that its auth replies said; 0: none */
  uint64_t session_most; /* the limit `session`, as its auth replies say */
  bool session_told;     /* they have said so */
  bool tells_restarts;   /* the trace says when the server stops and starts */
  bool server_down;
  uint64_t server_crash_line, server_crash_ms;
  uint64_t lost_line; /* where its state was last lost */
  uint64_t healed_line, healed_ms;
};

/* ---- judge.c ---- */

/* Something is wrong; only the first time counts. `acceptable` may hold no %. */
void judge_wrong(judge *j, const char *requirement, const char *acceptable, const char *what, ...)
    __attribute__((format(printf, 4, 5)));
/* More about what judge_wrong has just said. */
void judge_about(judge *j, const struct client *client, span uid);
void judge_lead(judge *j, uint64_t line); /* 0: nothing */
/* The fault that mail.h found. */
void judge_mail_wrong(judge *j, const mail_fault *fault);
/* What cannot be decided; only the first time counts. */
void judge_undecided(judge *j, const char *what, ...) __attribute__((format(printf, 2, 3)));
struct client *judge_client(judge *j, span id); /* made when it is not there */
struct client *judge_client_by_name(const judge *j, uint64_t name);
struct conn *judge_conn(const judge *j, uint32_t number);
uint64_t client_name(span id);

/* ---- judge_stream.c: one numbering ---- */

struct stream *stream_new(uint64_t number, bool v1);
struct stream *stream_hold(struct stream *stream); /* one more owner; NULL may be held */
void stream_drop(struct stream **stream);          /* one less; sets it to NULL */
struct item *stream_at(const struct stream *stream,
                       uint64_t id); /* NULL: not kept (any more, or yet) */
struct item *stream_append(struct stream *stream,
                           uint64_t id); /* zeroed; id >= next; numbers between are holes */
void stream_begin(struct stream *stream, uint64_t id);    /* the first number is id */
void stream_note_uid(struct stream *stream, uint64_t id); /* down: it can be found by its uid */
void stream_forget_below(struct stream *stream, uint64_t id);
struct owed *stream_owe(struct stream *stream, const struct item *item, bool must);
void stream_owe_rest(struct stream *stream,
                     const struct stream *before); /* what `before` still owed */
/* Forgets the items from id on; what is owed is then what `rest`, which it takes, owes. */
void stream_cut(struct stream *stream, uint64_t id, struct stream *rest);
/* Whether an item is the next that is owed, those that need not come apart. */
bool stream_owes(const struct stream *stream, uint64_t content);
/* A new item is written: it is the next that is owed, or nothing is owed any more. Says what is
 * wrong otherwise: `order` where it is another that is owed, EP-LOST-5 where none. Returns what was
 * owed, or NULL. */
const struct owed *stream_pay(judge *j, struct stream *stream, uint64_t content, const char *order);
void item_keep_uid(struct item *item, span uid);
void item_hold(struct item *item, const struct letter *letter); /* NULL: no longer */
span item_uid(const struct item *item);

/* ---- judge_conn.c: what one connection shows by itself ---- */

void conn_open(judge *j, const trace_event *event);
void conn_close(judge *j, const trace_event *event);
void conn_frame(judge *j, const trace_event *event);
void conn_free(struct conn *conn);
void conn_failed(judge *j, const trace_event *event);
/* The server has processed the first n frames of the client. */
void conn_processed(const judge *j, struct conn *conn, uint64_t n);

/* ---- judge_form.c: forms of frames ---- */

void form_check(judge *j, struct conn *conn, trace_dir dir, const frame *f, span bytes);

/* ---- judge_pipe.c: frames on their way ---- */

void pipe_push(struct pipe *pipe, const struct letter *written); /* copies the texts */
void letter_own(struct letter *letter); /* gives it copies of the texts, to be freed with `text` */
struct letter *pipe_find(struct pipe *pipe, const trace_event *event,
                         bool lossy); /* NULL: nobody wrote it */
/* Whether no other letter is on its way before this one. */
bool pipe_is_next(const struct pipe *pipe, const struct letter *letter);
void pipe_arrived(struct pipe *pipe, struct letter *letter, bool lossy);
void pipe_free(struct pipe *pipe);
void pipe_want(struct pipe *pipe, struct want want);
bool pipe_take_want(struct pipe *pipe, uint64_t id);
void pipe_ping(struct pipe *pipe, uint64_t payload);
bool pipe_take_ping(struct pipe *pipe, uint64_t payload);

/* ---- judge_due.c: what does not come ---- */

void due_check(judge *j, const struct conn *conn);
void due_closed(judge *j, const struct conn *conn); /* one side is about to have closed it */
/* The client must start over: `requirement` says so. */
void due_start_over(judge *j, struct conn *conn, const char *requirement);
/* EP-ERR-5: whether it is open too long since the server could not do what it asked. */
void due_failed(judge *j, const struct conn *conn);
/* EP-ERR-5: the server is about to have closed it. */
void due_told(judge *j, const struct conn *conn, bool orderly);
/* A frame was written, and all before it has arrived. */
void due_written(judge *j, const struct conn *conn, trace_dir dir);

/* ---- judge_auth.c: auth requests and replies ---- */

void auth_asked(judge *j, struct conn *conn, const frame *f, struct letter *letter);
void auth_ask_arrived(judge *j, struct conn *conn, const struct letter *letter);
void auth_replied(judge *j, struct conn *conn, const frame *f);
void auth_reply_arrived(judge *j, struct conn *conn);
void server_lost(judge *j); /* the server's state is gone */

/* ---- judge_up.c: the up stream ---- */

void up_written(judge *j, struct conn *conn, const frame *f, struct letter *letter);
void up_arrived(judge *j, struct conn *conn, const struct letter *letter);
void up_confirm_written(judge *j, struct conn *conn, const frame *f);
void up_confirm_arrived(judge *j, struct conn *conn, const struct letter *letter);
/* The server has accepted all below id. */
void up_accepted_below(judge *j, struct client *client, struct stream *stream, uint64_t id);
/* Begins the numbering that the client writes after an auth reply. */
void up_renumber(struct conn *conn);
void up_resume_v1(struct conn *conn);
/* EP-LIM-9: from the first item on that may be too large for the server, others close up. */
void up_close_up(judge *j, const struct conn *conn);
/* The client may know that all below id is confirmed. */
void up_known_below(judge *j, struct client *client, struct stream *stream, uint64_t id);
struct item *up_by_uid(struct stream *stream, uint64_t uid);
/* What was held for its turn is discarded with its connection: EP-TAKE-2. */
void up_discard_held(struct stream *stream);

/* ---- judge_down.c: the down stream ---- */

void down_written(judge *j, struct conn *conn, const frame *f);
void down_arrived(judge *j, struct conn *conn, const struct letter *letter);
void down_confirm_written(judge *j, struct conn *conn, const frame *f);
void down_confirm_arrived(judge *j, struct conn *conn, const struct letter *letter);
void down_confirmed_below(judge *j, struct conn *conn, struct stream *down, uint64_t id,
                          bool certain);
void down_renumber(judge *j, struct client *client, bool v1);
/* The client leaves the numbering: its application may still take what has arrived in it. */
void down_leave(struct client *client);
/* Confirms that arrived may be lost: those of a connection that the server gives up; NULL: those
 * that are not certainly stored, when the server has started again. */
void down_doubt(judge *j, struct client *client, const struct conn *conn);

/* ---- judge_notice.c: receipts and refusals ---- */

void notice_asked(judge *j, struct client *client, const frame *f);
void notice_confirmed(judge *j, struct client *recipient, const struct item *item, bool due);
void notice_receipt(judge *j, struct conn *conn, const frame *f);
void notice_refusal(judge *j, struct conn *conn, const frame *f);
/* The client may know of a refusal. */
void notice_refusal_arrived(const judge *judge, struct client *client, const struct letter *letter);
void notice_loose_refusal(judge *j, const struct conn *conn, const frame *f); /* of a rude client */
void notice_excuse(struct client *client); /* what is owed need not come any more */
void notice_forget(struct client *client);
bool notice_missing(judge *j, struct client *client); /* a receipt that never came; says so */

/* ---- judge_presence.c: sessions and lists the server shows ---- */

void presence_written(judge *j, struct conn *conn, const frame *f);

/* How many clients an EP/1 client has been shown wrongly, as things are now; with `tell` the first
 * is wrong (EP-PRES-1, EP-PRES-2). */
size_t presence_wrong(judge *judge, bool tell);
/* The client asks for a list. */
void presence_asked(const judge *judge, struct conn *conn, const struct letter *letter);
/* Whether an answer to that is due, and has not come; with `tell` that is wrong (EP-PRES-4). */
bool presence_unanswered(judge *judge, const struct conn *conn, bool tell);

/* ---- judge_app.c: what applications did ---- */

void app_event(judge *j, const trace_event *event);
void app_free(struct app *app);
/* Whether client may confirm all below id of its down stream: its application has it. */
bool app_has_below(const struct client *client, const struct stream *down, uint64_t id);
/* The client leaves this down numbering: what has arrived can still be delivered. */
void app_leave(struct client *client, const struct stream *down);
/* The client may know that this message is confirmed, or refused. */
void app_heard(const struct client *client, uint64_t uid);
/* Whether its application was not told yet that the message is confirmed or refused. */
bool app_waits(const struct client *client, uint64_t uid);
/* Whether its application ever had all below id; before it was killed, perhaps. */
bool app_had_below(const struct client *client, struct stream *down, uint64_t id);
size_t app_unfinished(const struct client *client);
/* Whether the application gave this message to its client, as far as the trace shows. */
bool app_gave(const struct client *client, uint64_t uid, uint64_t to, uint64_t payload);

/* ---- judge_wish.c: connecting again ---- */

void wish_event(judge *j, struct client *client, bool wants);
void wish_forgotten(struct client *client); /* killed */
void wish_asked(judge *j, const struct conn *conn);
void wish_authenticated(struct client *client);
/* An error after which it must stop arrived; before it, it heard something at heard_ms. */
void wish_error_arrived(const judge *j, const struct conn *conn, uint64_t heard_ms);
bool wish_waits(const struct client *client);
void wish_judge_end(judge *j, const struct client *client);

/* ---- judge_end.c ---- */

size_t end_unfinished(const judge *j);
void end_judge(judge *j);

#endif
