/* The simulated world: one server, clients, the connections between them, and the queue of what
 * will happen. What the files of the simulator share; sim.h is for everybody else.
 *   draw.c     from a seed to a plan
 *   run.c      from a plan to a run: the queue, healing, the end
 *   link.c     connections: opening, ending
 *   pipe.c     one direction of a stream: bytes, segments, stalls
 *   frames.c   one direction of a lossy connection: whole frames
 *   process.c  what clients and the server have in common: memory, clock, store, dying
 *   client.c   a client's program around its core; server.c the server's
 *   fault.c    what goes wrong by plan; rude.c who breaks the rules
 *   watch.c    telling the judge, the trace and the digest
 * Read first: plan.h, sim.h. */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <string.h>

#include "epigeon.h"
#include "sim/arena.h"
#include "sim/plan.h"
#include "sim/queue.h"
#include "sim/rng.h"
#include "sim/sim.h"
#include "sim/store.h"

enum {
  RAW_MOST = 8, /* raw clients */
  ID_ROOM = 16, /* bytes of a client id */
  FRAME_END = 0x0C,
  START_MS = 1000, /* virtual time begins here */
  HEAL_MS = 20000, /* EP-G8-1 */
};

#define NEVER UINT64_MAX

/* Kinds of queue entries. */
typedef enum happening {
  Q_ARRIVAL, /* a: link, b: direction: bytes of a stream */
  Q_FRAME,   /* a: link, b: what arrives, see frames.c */
  Q_REACH,   /* a: link: the wish to connect reaches the server */
  Q_OPENED,  /* a: link: the client learns that it is connected, or is not */
  Q_END,     /* a: link, b: direction: the end of a lossy connection */
  Q_CLIENT,  /* a: client: a turn */
  Q_SERVER,  /* a turn */
  Q_RESTART, /* a: target, b: its life */
  Q_ACTION,  /* a: index in the plan; so are the next two */
  Q_FAULT,
  Q_RUDE,
  Q_RELEASE, /* a: target: memory is there again */
  Q_AGAIN,   /* a: client: its application connects after a final error; b: its life */
  Q_HEAL
} happening;

/* What the decisions of rng_of are about. */
typedef enum chance {
  CHANCE_LATENCY,
  CHANCE_LATE,
  CHANCE_SEGMENT,
  CHANCE_REFUSE,
  CHANCE_END,
  CHANCE_FRAME,
  CHANCE_DAMAGE,
  CHANCE_CORE,
  CHANCE_COMMIT,
  CHANCE_PAYLOAD,
  CHANCE_BUSY
} chance;

/* ---- Processes ---- */

typedef struct sim_process {
  sim *world;
  uint8_t index;       /* of the client, or PLAN_SERVER */
  bool began;          /* it has lived */
  bool alive, lost;    /* lost: with its last life its state went */
  bool old;            /* its state was brought back from an old copy */
  uint32_t life;       /* how often it started */
  uint32_t calls_left; /* 0: it is not about to die; n: it dies before the n-th call from now */
  const plan_fault *death;
  uint64_t ahead_ms; /* of the true time */
  uint64_t wake_at;  /* the turn that is in the queue; NEVER: none */
  uint64_t randoms;
  sim_arena memory;
  sim_store store;
  uint64_t store_fails_until;
  bool store_fails_once;
  uint64_t apart_until;   /* partition */
  uint64_t failures_seen; /* of memory, up to the last turn */
} sim_process;

/* ---- Connections ---- */

typedef struct segment {
  size_t end; /* offset in the stream */
  uint64_t at;
  bool last; /* the stream ends behind it */
} segment;

/* One direction of a connection. Offsets count from the first byte ever written. */
typedef struct sim_flow {
  uint8_t *bytes;
  size_t room, start; /* bytes[0] has offset start */
  size_t written, arrived, taken;
  size_t frame_start; /* of the frame that is being written */
  size_t *ends;       /* of the frames written: frame n ends at ends[n - 1] */
  size_t end_room;
  uint32_t written_count, taken_count; /* frames */
  segment *segments;
  size_t segment_first, segment_count, segment_room;
  uint32_t portion_count;
  uint64_t last_at, stalled_until;
  bool waits;    /* an arrival is in the queue */
  bool ended;    /* what is written from now on does not arrive */
  bool end_sent; /* the reader is going to hear of the end */
  bool deaf;     /* the reader is gone: what arrives is lost */
  bool over;     /* the reader knows the end */
  bool blocked;  /* the writer waits for room */
} sim_flow;

typedef enum side { SIDE_NONE, SIDE_OPENING, SIDE_OPEN, SIDE_CLOSED } side;

typedef struct sim_link {
  uint32_t conn;  /* in traces: 1, 2, … */
  uint64_t key;   /* for rng_of: whose it is, and the how-many-th */
  int32_t client; /* index; -1: of a raw client */
  uint32_t raw;
  bool lossy, v1, rude_client, rude_server;
  bool remote; /* not from this machine */
  side client_side, server_side;
  ep_conn at_server;
  bool in_pending; /* in the server's list */
  bool paused;     /* the server's core has not taken everything */
  bool hangup_due;
  ep_bytes owed; /* the server's output that found no room */
  bool owed_close;
  uint64_t give_up_at; /* the client closes it, written out or not */
  sim_flow flows[2];   /* by trace_dir */
} sim_link;

/* ---- Who is there ---- */

typedef struct sim_client {
  sim_process process;
  const plan_client *plan;
  char id[ID_ROOM], secret[ID_ROOM];
  ep_client *core;
  uint32_t link; /* index + 1; 0: none */
  uint32_t link_count;
  bool showing;               /* the last event may not count as taken yet */
  bool wants;                 /* its application wants to be connected */
  const plan_action *session; /* the last one it set */
  uint64_t busy_until;        /* until then its application leaves events lying */
  uint32_t heard;             /* events */
  uint32_t slip_first;        /* index + 1 of a rude act for its next connection */
} sim_client;

typedef struct sim_raw {
  char id[ID_ROOM];
  uint32_t link, link_count;
  uint32_t next_id; /* of its stream */
} sim_raw;

typedef struct sim_server {
  sim_process process;
  ep_server *core;
  bool sealed, dirty;
  bool stopping, told_stop; /* by the operator; its core knows */
  bool gave_up;             /* its core could not commit: its program ends */
  uint64_t failures_seen;   /* of memory, when it last gave out what it had to write */
  const plan_fault *stop;
  uint64_t exit_at, commits;
  ep_bytes batch; /* being stored */
  uint64_t commit_at;
  uint32_t *pending; /* links with something to do, as they came */
  size_t pending_count, pending_room;
} sim_server;

struct sim {
  const plan *plan;
  const sim_options *options;
  judge *judge;
  sim_queue queue;
  uint64_t now; /* virtual */
  bool healed, stopped;
  uint64_t finished_at; /* when the judge first had nothing unfinished; 0: not yet */
  const char *trouble;
  uint64_t digest, line;
  uint64_t steps, delivered, frames;
  arena_pool pool;
  sim_client clients[PLAN_CLIENTS_MOST];
  sim_raw raws[RAW_MOST];
  sim_server server;
  sim_link *links; /* never moved in a run */
  size_t link_count, link_room;
  uint8_t *work; /* for building JSON */
  size_t work_room;
  uint32_t canary_count;
};

/* A healed network is also fast: within the timer `heal` as much must fit as the plan can leave,
 * one item at a time where the window is 1. */
static inline uint32_t knob(const sim *world, plan_knob which) {
  enum { HEALED_MOST_MS = 20 };
  uint32_t value = plan_knob_of(world->plan, which);
  bool travels = which == PLAN_LATENCY || which == PLAN_JITTER;
  return world->healed && travels && value > HEALED_MOST_MS ? HEALED_MOST_MS : value;
}

/* run.c */
void sim_put(sim *world, uint64_t t_ms, happening kind, uint32_t a, uint64_t b);
void sim_fail(sim *world, const char *trouble); /* the run ends; trouble is static */

/* watch.c: events, in the order in which they happen. */
void watch_open(sim *world, const sim_link *link);
void watch_close(sim *world, const sim_link *link, trace_dir dir, bool orderly);
void watch_failed(sim *world, const sim_link *link,
                  bool speaks_v2); /* the server cannot do what it asked */
void watch_written(sim *world, const sim_link *link, trace_dir dir, uint32_t n, ep_bytes frame);
void watch_arrived(sim *world, const sim_link *link, trace_dir dir, uint32_t n, ep_bytes damaged);
void watch_sent(sim *world, const sim_client *client, ep_bytes uid, ep_bytes to, ep_bytes payload);
void watch_event(sim *world, const sim_client *client, const ep_event *event);
void watch_stored(sim *world, const sim_client *client);
void watch_wants(sim *world, const sim_client *client, bool connection);
void watch_crashed(sim *world, const sim_process *process);
void watch_restarted(sim *world, const sim_process *process);
void watch_healed(sim *world);
void watch_note(sim *world, const sim_process *whose, const char *note);

/* process.c */
void process_begin(sim_process *process, sim *world, uint8_t index);
void process_start(sim_process *process); /* a new life; its core is to be made */
uint64_t process_now(const sim_process *process);
/* A call of its core is about to be made. False: it has died instead. */
bool process_call(sim_process *process);
void process_wake(sim_process *process, uint64_t t_ms);        /* a turn, then or earlier */
void process_wake_by(sim_process *process, uint64_t deadline); /* of its core, by its own clock */
bool process_can_store(sim_process *process);
ep_surroundings process_surroundings(sim_process *process);
/* Dies now. The state is kept or lost as the fault says; NULL: it is kept. */
void process_die(sim_process *process, const plan_fault *how);
void process_give_up_start(sim_process *process);
void process_restart_at(sim_process *process, uint64_t t_ms);
sim_process *process_of(sim *world, uint32_t index);

/* client.c */
void client_start(sim_client *client);
void client_turn(sim_client *client);
void client_received(sim_client *client, sim_link *link, ep_bytes bytes);
void client_opened(sim_client *client, sim_link *link);
void client_lost(sim_client *client, sim_link *link);
void client_gone(sim_client *client); /* its process has died */

/* app.c */
void client_act(sim_client *client, const plan_action *action, uint32_t index);
void client_say_session(sim_client *client); /* the last one again */
void client_connect(sim_client *client);     /* its application wants a connection */

/* server.c */
void server_start(sim_server *server);
void server_turn(sim_server *server);
bool server_accept(sim_server *server, sim_link *link);
void server_pending(sim_server *server, sim_link *link); /* something to do for it */
bool server_takes_frame(sim_server *server, sim_link *link, ep_bytes frame);
void server_stop(sim_server *server, const plan_fault *fault);
void server_gone(sim_server *server);
/* Its core gives `failed` to the machine of that connection. */
void server_failed(sim_server *server, ep_conn conn, bool speaks_v2);
/* The process with these surroundings; NULL: those of somebody else. */
sim_process *process_with(const ep_surroundings *around);

/* link.c */
sim_link *link_open(sim *world, sim_client *client, sim_raw *raw);
void link_reach(sim *world, sim_link *link);
void link_opened(sim *world, sim_link *link);
void link_write(sim *world, sim_link *link, trace_dir dir, ep_bytes bytes);
size_t link_room(sim *world, const sim_link *link, trace_dir dir);
/* A side has closed: properly (all it wrote arrives), or not. */
typedef enum ending {
  ENDING_FINE,
  ENDING_ABRUPT,
  ENDING_DONE /* fine, and because it wanted to: all that it had to write is written */
} ending;
void link_close(sim *world, sim_link *link, trace_dir by, ending how);
void link_cut(sim *world, sim_link *link, plan_cut how, uint32_t share);
void link_told(sim *world, sim_link *link, trace_dir dir); /* dir's reader learns of the end */
void link_heal(sim *world, sim_link *link);
void link_reset(sim_link *link);

/* pipe.c */
void pipe_write(sim *world, sim_link *link, trace_dir dir, ep_bytes bytes);
void pipe_arrive(sim *world, sim_link *link, trace_dir dir);
void pipe_took(sim *world, sim_link *link, trace_dir dir, size_t len); /* the reader's core did */
void pipe_end(sim *world, sim_link *link, trace_dir dir, uint64_t at);
void pipe_lose(sim_link *link, trace_dir dir, uint32_t share); /* in flight */
void pipe_stall(sim *world, sim_link *link, trace_dir dir, uint64_t until);
static inline ep_bytes pipe_ready(const sim_flow *flow) {
  return (ep_bytes){flow->bytes + (flow->taken - flow->start), flow->arrived - flow->taken};
}
bool flow_add(sim_flow *flow, ep_bytes bytes);
bool flow_add_end(sim_flow *flow); /* a frame ends at `written` */
ep_bytes flow_frame(const sim_flow *flow, uint32_t n);

/* canary.c */
void canary_spoil(sim *world, trace_dir dir, uint8_t *frame, size_t len);

/* frames.c */
void frames_write(sim *world, sim_link *link, trace_dir dir, ep_bytes frame);
void frames_arrive(sim *world, sim_link *link, uint64_t what);

/* fault.c */
void fault_begin(sim *world, const plan_fault *fault);

#endif
