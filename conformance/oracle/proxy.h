/* epigeon-oracle proxy: passes bytes between clients and a server, writes every frame down, judges
 * it at once, and does wrong what it is asked to (faults.h).
 * Read first: trace.h, faults.h. Then: proxy_net.c, proxy_tap.c, proxy_lane.c, proxy_pair.c,
 * proxy.c. */
#ifndef PROXY_H
#define PROXY_H

#include <uv.h>

#include "oracle/faults.h"
#include "oracle/frame.h"
#include "oracle/trace.h"

/* ---- Where to listen and to connect (proxy_net.c) ---- */

typedef union side {
  uv_handle_t handle;
  uv_stream_t stream;
  uv_tcp_t tcp;
  uv_pipe_t pipe;
} side;

typedef struct place {
  bool is_path; /* of a Unix socket; else ip */
  struct sockaddr_storage ip;
  char text[512]; /* as it was given */
} place;

/* ADDR:PORT, [ADDR]:PORT, :PORT, unix:PATH. False: why receives one sentence. */
bool place_parse(uv_loop_t *loop, place *out, const char *text, char *why, size_t why_len);
/* These return what libuv returns. */
int place_listen(uv_loop_t *loop, const place *at, side *listener, uv_connection_cb on_connection);
int place_init(uv_loop_t *loop, const place *at, side *out);
int place_connect(const place *at, side *out, uv_connect_t *request, uv_connect_cb on_connected);
/* Where it listens now, with the port that the system chose. */
void place_name(const place *at, const side *listener, char *out, size_t out_len);

/* ---- What is written down and judged (proxy_tap.c) ---- */

struct tap;

/* file: of the trace; NULL: none. False from tap_flush: it could not be written. NULL: no memory,
 * or why receives the sentence that says why the file cannot be opened. */
struct tap *tap_open(const char *file, char *why, size_t why_len);
void tap_close(struct tap *tap);
void tap_event(struct tap *tap, trace_event *event, uint64_t t_ms);
bool tap_flush(struct tap *tap);
bool tap_has_found(const struct tap *tap);
/* Ends the trace, prints the verdict, and returns the exit code of the program: that of `check`. */
int tap_end(struct tap *tap, uint64_t t_ms);

/* ---- The proxy (proxy.c) ---- */

struct pair;

enum { PROXY_CHUNK = 65536 };

struct proxy {
  uv_loop_t loop;
  side listener;
  uv_signal_t interrupt, terminate;
  uv_timer_t duration, moments, patience; /* of --duration, of the script, of --once */
  uv_prepare_t turn;
  place listen, upstream;
  fault_plan *plan;
  struct tap *tap;
  struct pair *pairs;
  uint32_t accepted;
  uint64_t begun_ms, cut_ms; /* cut_ms: when it last cut a connection; 0: never */
  bool once, halt, quiet, stopping;
  char chunk[PROXY_CHUNK]; /* every socket is read into it */
};

uint64_t proxy_now(const struct proxy *proxy); /* ms since it began */
void proxy_stop(struct proxy *proxy);
void proxy_last_closed(struct proxy *proxy); /* no connection is open */
void proxy_healed(struct proxy *proxy);
/* One sentence on stderr; not with --quiet. */
__attribute__((format(printf, 2, 3))) void proxy_say(const struct proxy *proxy, const char *form,
                                                     ...);
/* Memory, or the end of the program with a sentence. */
_Noreturn void proxy_no_memory(void);
void *proxy_memory(void *old, size_t len);

/* ---- One connection and its two directions (proxy_pair.c, proxy_lane.c) ---- */

/* A frame that waits for its time. */
struct parcel {
  struct parcel *next;
  uint64_t n, due_ms;
  uint64_t left; /* held: frames that pass before it */
  size_t len;
  char bytes[];
};

struct lane {
  struct pair *pair;
  trace_dir dir;
  side *from, *to;
  frame_splitter splitter;
  uint64_t n; /* frames so far */
  struct parcel *first, **last, *held;
  size_t waiting; /* bytes of both */
  char *out;      /* passed on in this turn */
  size_t out_len, out_room;
  bool is_reading;
  bool has_ended; /* its end has been read */
  bool is_dead;   /* nobody takes what it passes */
  bool is_done;   /* its end has been passed on */
  uint64_t done_ms;
};

struct pair {
  struct proxy *proxy;
  struct pair *next;
  uint32_t number;
  side client, server;
  struct lane lanes[2]; /* by trace_dir */
  uv_timer_t timer;
  uv_connect_t connecting;
  faults_conn *faults; /* NULL: none */
  uint64_t still_until_ms;
  unsigned handles; /* not yet closed */
  bool is_connected, is_closing;
};

void pair_accept(struct proxy *proxy);
void pair_close(struct pair *pair);
/* A cut, a stall, or a heal; and the note of any fault, for people who read the trace. */
void pair_fault(struct pair *pair, fault what);
void pair_note(struct pair *pair, fault what, const char *where);
void pair_record(struct pair *pair, trace_event *event);
/* After anything has happened: writes, reads on or not, sets the timer, closes what is over. */
void pair_settle(struct pair *pair);

void lane_init(struct lane *lane, struct pair *pair, trace_dir dir);
void lane_free(struct lane *lane);
void lane_take(struct lane *lane, const char *bytes, size_t len);
void lane_end(struct lane *lane);     /* its end has been read, or its writer is gone */
void lane_release(struct lane *lane); /* what is due */
void lane_flush(struct lane *lane);
bool lane_has_room(const struct lane *lane);
/* When something will be due; UINT64_MAX: never. */
uint64_t lane_due_ms(const struct lane *lane);

#endif
