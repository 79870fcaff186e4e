/* epigeon.h: the whole public interface of e-pigeon, client and server.
 *
 * Two layers. The cores (ep_client, ep_server) are sans-IO: bytes, time and calls go in; bytes,
 * records and events are pulled out. They know no socket, clock or file, never block, and call only
 * what their configuration gives them. The runners (ep_loop, ep_serve, ep_dial) connect the cores
 * to sockets and stores with libuv; most applications need only these and the calls on ep_client.
 *
 * Rules that hold everywhere: one thread at a time per object. Times are milliseconds of any clock
 * that does not go back. `ep_bytes` given to a call are borrowed for that call; those returned are
 * borrowed until the next call on the same object, unless said otherwise. A programmer's error (a
 * NULL that is not allowed, a call in the wrong order) ends the program with a sentence; everything
 * that a peer or the system can cause is a status. */
#ifndef EPIGEON_H
#define EPIGEON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Words ---- */

#define EP_VERSION "2.0.0"

/* X(name, sentence) */
#define EP_STATUSES(X)                                                                \
  X(OK, "All is well.")                                                               \
  X(NO_MEMORY, "There is not enough memory.")                                         \
  X(FULL, "A limit is reached; try again when something has been confirmed.")         \
  X(INVALID_ARGUMENT, "An argument is not what the call takes.")                      \
  X(WRONG_STATE, "The call does not fit the state of the object.")                    \
  X(DAMAGED, "The stored state is damaged and was not used.")                         \
  X(OTHER_FORMAT, "The stored state was written by another version of this program.") \
  X(SYSTEM, "The operating system refused; the message says what.")

typedef enum ep_status {
#define EP_STATUS_ENUM(name, sentence) EP_##name,
  EP_STATUSES(EP_STATUS_ENUM)
#undef EP_STATUS_ENUM
      EP_STATUS_COUNT
} ep_status;

const char *ep_status_sentence(ep_status status); /* static text */

/* Some bytes that somebody else owns. Not zero-terminated. */
typedef struct ep_bytes {
  const uint8_t *data;
  size_t len;
} ep_bytes;

/* Where memory comes from. resize(context, NULL, 0, n) allocates, resize(context, p, n, m) resizes,
 * resize(context, p, n, 0) frees and returns NULL. NULL for m > 0 means that there is none. */
typedef struct ep_allocator {
  void *(*resize)(void *context, void *block, size_t old_size, size_t new_size);
  void *context;
} ep_allocator;

/* What a transport promises about the frames of one connection. A frame of one connection is never
 * seen on another. */
typedef enum ep_transport {
  EP_STREAM, /* all bytes arrive, in order, or the connection ends: TCP, Unix sockets, TLS */
  EP_LOSSY   /* whole frames can be lost, doubled, reordered */
} ep_transport;

/* One line for a person who watches: a frame, or a change of state. */
typedef enum ep_trace_kind { EP_TRACE_RECEIVED, EP_TRACE_WRITTEN, EP_TRACE_STATE } ep_trace_kind;

typedef struct ep_trace {
  ep_trace_kind kind;
  uint32_t conn;           /* server: the connection; client: 0 */
  ep_bytes client_id;      /* empty while not known */
  ep_bytes frame;          /* RECEIVED, WRITTEN: the frame without its end byte */
  const char *from, *to;   /* STATE: names of the spec */
  const char *input;       /* STATE: what led there */
  const char *requirement; /* STATE: ids of the requirements obeyed */
} ep_trace;

/* What a core needs from its surroundings. */
typedef struct ep_surroundings {
  ep_allocator allocator;
  void (*random)(void *context, uint8_t *out, size_t out_len); /* unpredictable bytes */
  /* SHA-256. A server without it refuses secrets; a client does not use it. */
  void (*digest)(void *context, uint8_t out[32], ep_bytes in);
  void (*trace)(void *context, const ep_trace *line); /* may be NULL */
  void *context;
} ep_surroundings;

/* ---- Records: what a core asks a store to keep ---- */

/* A core that is `durable` says what to keep as records: put or remove a key in one of a few
 * tables. A store keeps a batch of records whole or not at all. */
typedef enum ep_table_id {
  EP_TABLE_META,
  EP_TABLE_CLIENTS,
  EP_TABLE_LOG,
  EP_TABLE_CONFIRMED,
  EP_TABLE_SEEN,
  EP_TABLE_COUNT
} ep_table_id;

typedef struct ep_record {
  uint8_t table; /* ep_table_id */
  bool remove;   /* the key goes; value is empty */
  ep_bytes key;  /* 1 to 64 bytes; numbers big-endian, so that byte order is number order */
  ep_bytes value;
} ep_record;

/* Takes the next record off a batch (which it shortens); false at its end. */
bool ep_record_next(ep_bytes *batch, ep_record *out);

/* ---- The client core ---- */

typedef struct ep_client ep_client;

/* Members that are 0 or NULL take the default of the spec. */
typedef struct ep_client_config {
  ep_surroundings surroundings;
  const char *client_id; /* 1 to 128 printable ASCII bytes; NULL: a random v4 uuid */
  const char *secret;    /* NULL: none */
  const char *token;     /* join token; NULL: none */
  /* JSON object: presence of those who match ("{}": of all); NULL: of nobody. Towards an EP/1
   * server everybody's presence comes, asked for or not (EP-PRES-5). */
  const char *presence;
  unsigned max_version; /* 1: speak EP/1 only */
  ep_transport transport;
  bool durable;
  uint64_t window; /* items written to us and unconfirmed */
  uint64_t outbox; /* items kept until confirmed */
  uint64_t outbox_bytes;
  /* What is read and sent: bytes of a frame (at most 2 GiB), levels of JSON (at most 1024). They
   * are raised with those of the server: what cannot be read waits there (EP-LIM-10). */
  uint64_t frame, depth;
} ep_client_config;

/* NO_MEMORY; INVALID_ARGUMENT: client_id, secret, token, presence, frame or depth. Strings are
 * copied. */
ep_status ep_client_new(ep_client **out, const ep_client_config *config);
void ep_client_free(ep_client *client);
const char *ep_client_id(const ep_client *client); /* lives as long as client */

/* What the application asks. */

/* Wants a connection, and a new one whenever it ends, until disconnect (EP-CLI-1, EP-CLI-2). */
void ep_client_connect(ep_client *client, uint64_t now_ms);
/* Says bye and closes (EP-CLI-3). What is unconfirmed is kept for the next connect. */
void ep_client_disconnect(ep_client *client, uint64_t now_ms);
/* The whole new session (EP-SESS-1, EP-SESS-2). INVALID_ARGUMENT: not one JSON object, or over a
 * limit; FULL; NO_MEMORY.
 */
ep_status ep_client_update_session(ep_client *client, ep_bytes session_json, uint64_t now_ms);

typedef struct ep_send {
  const char *to;        /* a client id … */
  ep_bytes to_json;      /* … or, where `to` is NULL, a JSON object of scalars */
  ep_bytes payload_json; /* one JSON text, carried unchanged; empty: no payload */
  bool receipt;          /* tell who has it (EP/2) */
} ep_send;

/* Queues a message (copied), to be kept until confirmed (EP-SEND-1, EP-G6-1); works without a
 * connection too.
 * uid (may be NULL) receives the uid that later events name.
 * INVALID_ARGUMENT: address or payload, or larger than the server takes (EP-LIM-8); FULL: outbox or
 * outbox_bytes; NO_MEMORY. */
ep_status ep_client_send(ep_client *client, const ep_send *send, char uid[37], uint64_t now_ms);
/* Asks for the list of those who match (EP/2; empty: all). WRONG_STATE: not authenticated. */
ep_status ep_client_list(ep_client *client, ep_bytes selector_json, uint64_t now_ms);
/* EP/2: a PONG event follows (EP-TIME-2). WRONG_STATE: not authenticated, or EP/1. */
ep_status ep_client_ping(ep_client *client, uint64_t now_ms);
/* Messages and session updates queued and not yet confirmed. */
size_t ep_client_unconfirmed(const ep_client *client);
bool ep_client_authenticated(const ep_client *client);

/* What the transport does. */

typedef enum ep_want { EP_WANT_NOTHING, EP_WANT_OPEN, EP_WANT_CLOSE } ep_want;

/* OPEN: open a connection, then call opened, or closed if that failed. CLOSE: write the output,
 * close the connection; no call of closed is needed. */
ep_want ep_client_wants(const ep_client *client);
void ep_client_opened(ep_client *client, uint64_t now_ms);
void ep_client_closed(ep_client *client, uint64_t now_ms);
void ep_client_receive(ep_client *client, ep_bytes bytes, uint64_t now_ms);
/* Bytes to write (EP_LOSSY: one whole frame); the same until sent() was called for all of them. */
ep_bytes ep_client_output(ep_client *client, uint64_t now_ms);
void ep_client_sent(ep_client *client, size_t len, uint64_t now_ms);
void ep_client_tick(ep_client *client, uint64_t now_ms);
uint64_t ep_client_deadline(const ep_client *client); /* when to tick; UINT64_MAX: no need */

/* Events. */

typedef enum ep_event_type {
  EP_EVENT_CONNECTED,         /* the transport is open */
  EP_EVENT_DISCONNECTED,      /* reason */
  EP_EVENT_AUTHENTICATED,     /* version, known */
  EP_EVENT_SESSION_UPDATE,    /* client_id, json: session */
  EP_EVENT_CLIENT_CONNECT,    /* client_id, json: session (EP/2) or empty */
  EP_EVENT_CLIENT_DISCONNECT, /* client_id */
  EP_EVENT_CLIENTS_LIST,      /* json: array of {uuid, state, session}; count: how many more */
  EP_EVENT_MESSAGE,   /* client_id: from; to_json, json: payload (empty: none), uid, id, from_id */
  EP_EVENT_CONFIRMED, /* uid: the server has it and keeps it */
  EP_EVENT_RECEIPT,   /* uid, client_id: who has it; count: who has not; missed */
  EP_EVENT_REFUSED,   /* uid, code, reason, json: array of refused recipients or empty; count.
                         `too-large`: queued before this server's limit was known (EP-LIM-9), or its
                         copy would be over that limit (EP-LIM-13) */
  EP_EVENT_LOST,      /* id, count: numbers that will not come. EP/1: they were skipped. EP/2: the
                         state was brought back from an old copy, and what came after it does not
                         come again; count: at least so many (EP-LOST-10) */
  EP_EVENT_ERROR,     /* code, reason; final: the client will not connect again by itself */
  EP_EVENT_PONG       /* count: round trip in ms */
} ep_event_type;

typedef struct ep_event {
  ep_event_type type;
  unsigned version;
  bool known;
  bool final;
  ep_bytes client_id;
  ep_bytes json;
  ep_bytes to_json;
  ep_bytes uid;
  ep_bytes reason;
  const char *code; /* an error code of the spec; static */
  uint64_t id;
  uint64_t from_id;
  uint64_t count;
  uint64_t missed;
} ep_event;

/* The next event; false: none. What it points to is valid until the next call. A message counts as
 * handed over, and is confirmed, by the NEXT call (EP-RECV-8): finish with it first. A durable
 * client that is killed before its records are stored gives its last events again. A CONFIRMED that
 * nobody took before the kill does not come again: what ep_client_unconfirmed() no longer counts
 * after loading is confirmed. */
bool ep_client_next_event(ep_client *client, ep_event *out, uint64_t now_ms);

/* The store of a durable client. Load every stored record, by table, in key order, then loaded(),
 * before anything else. DAMAGED, OTHER_FORMAT: free the client; NO_MEMORY. */
ep_status ep_client_load(ep_client *client, const ep_record *record);
ep_status ep_client_loaded(ep_client *client);
/* What must be stored before output that follows from it may leave; empty: nothing. After it was
 * stored (or not) call committed; nothing else in between. */
ep_bytes ep_client_records(ep_client *client);
void ep_client_committed(ep_client *client, bool stored);

/* ---- The server core ---- */

typedef struct ep_server ep_server;
typedef uint32_t ep_conn; /* names a connection; never 0; not used again soon after it is closed */

/* Members that are 0 or NULL take the default of the spec. */
typedef struct ep_server_config {
  ep_surroundings surroundings;
  /* EP/2 clients must show it: 1 to 256 printable ASCII bytes; NULL: none. */
  const char *token;
  bool durable;
  bool v1_remote; /* EP/1 also from connections that are not local */
  uint64_t frame, depth, connections, clients, window, held, session;
  uint64_t mailbox, mailbox_bytes, parked, parked_bytes;
  uint64_t auth_ms, gap_wait_ms, mailbox_wait_ms, ping_ms, idle_ms, frame_time_ms;
  /* Bytes that the core may allocate, at least EP_MEMORY_LEAST; 0: no ceiling. Long before it is
   * reached mailboxes count as full, and the connections that hold most are closed (EP-LIM-12,
   * EP-ERR-5). */
  uint64_t memory;
} ep_server_config;

#define EP_MEMORY_LEAST (UINT64_C(16) << 20)

ep_status ep_server_new(ep_server **out,
                        const ep_server_config *config); /* NO_MEMORY, INVALID_ARGUMENT */
void ep_server_free(ep_server *server);
ep_status ep_server_load(ep_server *server, const ep_record *record); /* as ep_client_load */
ep_status ep_server_loaded(ep_server *server);

typedef struct ep_peer {
  ep_transport transport;
  bool local;          /* loopback or Unix socket */
  const char *address; /* for log lines; copied, cut to 63 bytes */
} ep_peer;

/* A connection was accepted. FULL: too many, close it (EP-LIM-7); NO_MEMORY: close it. */
ep_status ep_server_accept(ep_server *server, ep_conn *out, const ep_peer *peer, uint64_t now_ms);
/* Bytes of a client, cut anywhere (EP-FRAME-2). Returns how many it took. Fewer than given: offer
 * the rest again after the next committed() (EP-AUTH-8). */
size_t ep_server_receive(ep_server *server, ep_conn conn, ep_bytes bytes, uint64_t now_ms);
/* The connection is gone (or was closed because next_ready said so). conn is not valid afterwards.
 */
void ep_server_hangup(ep_server *server, ep_conn conn, uint64_t now_ms);
void ep_server_tick(ep_server *server, uint64_t now_ms);
uint64_t ep_server_deadline(const ep_server *server);

/* Ends a turn (EP-G5-1): what must be stored before what the turn leads to may leave (empty:
 * nothing). Call it after each batch of input, store the records, then committed(); nothing else in
 * between, and the records are valid up to there. stored = false: the server closes all
 * connections; it cannot go on. */
ep_bytes ep_server_records(ep_server *server);
void ep_server_committed(ep_server *server, bool stored, uint64_t now_ms);

typedef struct ep_ready {
  ep_conn conn;
  ep_bytes
      output; /* valid until all of it is sent() or the connection hung up; EP_LOSSY: one frame */
  bool close; /* close it, when output is written */
} ep_ready;

/* A connection with something to do; each is given once until something new happens to it. */
bool ep_server_next_ready(ep_server *server, ep_ready *out, uint64_t now_ms);
/* So many bytes of the output were written. More may be ready then. */
void ep_server_sent(ep_server *server, ep_conn conn, size_t len, uint64_t now_ms);
/* Refuses new connections, tells everybody, closes all (EP-TIME-4). */
void ep_server_stop(ep_server *server, uint64_t now_ms);

/* Things to count and to log. */
typedef struct ep_note {
  /* Name of the counter in the spec; static. Or, from ep_serve, "refused-tls": a connection that
   * TLS did not let in. */
  const char *counter;
  const char *address; /* of the connection, or "" */
  ep_bytes client_id;  /* or empty */
  ep_bytes uid;
  const char *code;   /* error code, or NULL; static */
  const char *reason; /* refused-tls: a clause, valid during the call; else NULL */
  uint64_t count;
} ep_note;
bool ep_server_next_note(ep_server *server, ep_note *out);
size_t ep_server_counters(const ep_server *server, const char **names, uint64_t *values,
                          size_t max);
/* How often each error code was the answer, or would have been to an EP/2 peer; how often each
 * limit of the spec that a server keeps was reached. As ep_server_counters. */
size_t ep_server_refusals(const ep_server *server, const char **codes, uint64_t *values,
                          size_t max);
size_t ep_server_limits(const ep_server *server, const char **limits, uint64_t *values, size_t max);
size_t ep_server_connections(const ep_server *server);
size_t ep_server_clients(const ep_server *server);

/* How things stand now. */
typedef struct ep_server_view {
  uint64_t connections_new, connections_v1, connections_v2, connections_closing;
  uint64_t clients, clients_connected;
  uint64_t mailbox_messages, mailbox_bytes; /* in sum; a message to many counts for each of them */
  uint64_t notices;                         /* receipts and refusals in mailboxes */
  uint64_t parked_messages, parked_bytes;
  uint64_t held_items, held_bytes;
  uint64_t waiting_senders;
  uint64_t output_bytes; /* waiting to be written */
  uint64_t memory_used, memory_peak, memory_most, memory_refused;
} ep_server_view;

/* A client with mail waiting. */
typedef struct ep_server_mailbox {
  ep_bytes client_id; /* lives as long as the server */
  bool connected;
  uint64_t messages, bytes;
} ep_server_mailbox;

/* Looks at every client and connection: not to be called all the time. Fills in the `max` fullest
 * mailboxes, the fullest first; returns how many there are of them. */
size_t ep_server_look(const ep_server *server, ep_server_view *out, ep_server_mailbox *fullest,
                      size_t max);

/* Whether this connection holds so much (an unfinished frame, items out of order, output that it
 * does not read) that reading it can wait until others have been read. */
bool ep_server_is_heavy(ep_server *server, ep_conn conn);

/* ---- The runners: sockets, stores and time with libuv ---- */

typedef struct ep_loop ep_loop;
typedef struct ep_service ep_service; /* a server that listens */
typedef struct ep_dialer ep_dialer;   /* a client that connects */

/* uv_loop: the uv_loop_t of an application that has one, or NULL for a loop of its own. */
ep_status ep_loop_new(ep_loop **out, void *uv_loop);
void ep_loop_run(ep_loop *loop); /* until ep_loop_stop, or nothing is left to do */
void ep_loop_stop(ep_loop *loop);
/* Services and dialers must have been closed. A loop that the application brought must run once
 * more afterwards, so that libuv lets go of its handles. */
void ep_loop_free(ep_loop *loop);
uint64_t ep_loop_now(const ep_loop *loop);

/* Fills in malloc, the system's random bytes and SHA-256. */
void ep_surroundings_default(ep_surroundings *out);

/* TLS, for addresses that begin with "tls:". Names of files in PEM form, or NULL; copied. */
typedef struct ep_tls_files {
  const char *cert; /* our certificate, and after it those that lead to its CA. A server needs it */
  const char *key;  /* its private key, without a passphrase */
  /* Whose signature the other side's certificate must have. Server: every client must show such a
   * certificate; NULL: none is asked for. Client: NULL: a CA that the system trusts. */
  const char *ca;
} ep_tls_files;

typedef struct ep_serve_options {
  /* "127.0.0.1:9999", "[::1]:9999", ":9999" (all), with TLS "tls:127.0.0.1:9999" and so on,
   * "unix:/run/e.sock", "fd:3" or "tls:fd:3" for a socket that was inherited. */
  const char *const *listen;
  size_t listen_count;
  ep_tls_files tls;
  const char *data;      /* directory of the store, made if absent; NULL: in memory only */
  ep_server_config core; /* surroundings must be filled in; durable follows from data */
  /* Open connections of one address (IPv6: of one /64); 0: 1,000, and of this machine as many as
   * there may be at all (EP-LIM-12). */
  uint64_t connections_per_address;
  void (*on_note)(void *context, const ep_note *note); /* may be NULL */
  /* Called, if not NULL, when the addresses are bound and the files of TLS read, before the store
   * is opened: here a program that was started as root becomes somebody else. message as below. */
  ep_status (*on_bound)(void *context, char *message, size_t message_len);
  void *context;
} ep_serve_options;

/* message: at least 1 byte; receives one sentence when the status is not OK, else a warning about a
 * certificate or "". */
ep_status ep_serve(ep_service **out, ep_loop *loop, const ep_serve_options *options, char *message,
                   size_t message_len);
unsigned ep_service_port(const ep_service *service, size_t listen_index); /* 0: a Unix socket */
ep_server *ep_service_core(ep_service *service);
/* What the core does not see. */
typedef struct ep_service_counts {
  uint64_t crowded;     /* connections refused: their address had too many */
  uint64_t put_off;     /* times a connection that is new or holds much had to wait to be read */
  uint64_t refused_tls; /* connections that TLS refused, or that spoke TLS at another address */
  uint64_t received_bytes, sent_bytes;
  uint64_t store_refused; /* batches that the store did not take when they were offered */
  bool store_waits;       /* … and one of them waits until it does: see ep_service_on_trouble */
} ep_service_counts;
ep_service_counts ep_service_counted(const ep_service *service);
/* Reads the files of TLS again, for connections that come afterwards. message as for ep_serve. When
 * the status is not OK all stays as it was; WRONG_STATE: no address has TLS. */
ep_status ep_service_reload(ep_service *service, char *message, size_t message_len);
/* on_trouble is called from the loop with a sentence when the store does not take what it is given
 * (a full disk), and with NULL when it takes it again. In between the store is asked again every
 * second; nothing is confirmed or delivered that is not stored (EP-G5-1), nothing more is read,
 * everybody waits, and nothing is lost. */
void ep_service_on_trouble(ep_service *service,
                           void (*on_trouble)(void *context, const char *sentence), void *context);
/* on_failed is called (once, from the loop) when the store will not keep what it was given: it is
 * damaged, or the service was stopped while it waited. Every connection is closed then (EP-ERR-5),
 * and stopping is what is left to do. */
void ep_service_on_failed(ep_service *service, void (*on_failed)(void *context), void *context);
/* Why, in both cases: a sentence, or "". Valid until the next turn of the loop. */
const char *ep_service_trouble(const ep_service *service);
/* Accepts no more, commits, tells everybody, closes, frees service; then calls done (may be NULL).
 */
void ep_service_stop(ep_service *service, void (*done)(void *context), void *context);

typedef struct ep_dial_options {
  const char *server;    /* "127.0.0.1:9999", "host:9999", "tls:host:9999", "unix:/run/e.sock" */
  ep_tls_files tls;      /* the server's certificate must be for the host in `server` */
  const char *state;     /* file of the client's state, made if absent; NULL: in memory only */
  ep_client_config core; /* surroundings must be filled in; durable follows from state */
  void (*on_event)(void *context, ep_dialer *dialer, const ep_event *event);
  void *context;
} ep_dial_options;

ep_status ep_dial(ep_dialer **out, ep_loop *loop, const ep_dial_options *options, char *message,
                  size_t message_len);
/* The core to call ep_client_send and the like on, at any time in the loop's thread; what it has to
 * write is written in the next turn. */
ep_client *ep_dialer_client(ep_dialer *dialer);
/* Why the last attempt to connect failed: a sentence, or "". */
const char *ep_dialer_trouble(const ep_dialer *dialer);
/* Confirms what was handed over, disconnects, frees dialer; then calls done (may be NULL). No event
 * comes after this call. */
void ep_dialer_close(ep_dialer *dialer, void (*done)(void *context), void *context);

#ifdef __cplusplus
}
#endif

#endif
