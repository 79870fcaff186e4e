/* model-replay: does to the real cores, step by step, what a run of the model did, and looks
 * whether they offer the frames and deliver the messages that the model says.
 * replay.c reads the steps; replay_cores.c holds the cores, their stores and what lies on the
 * wires. Read first: README.md. */
#ifndef MODEL_REPLAY_H
#define MODEL_REPLAY_H

#include "epigeon.h"

enum {
  CLIENTS = 2,
  CONNECTIONS = 4, /* two of each client, as in world.pml */
  MESSAGES = 8,
  EVERYBODY = 9,
  NOTHING = 15,
  FRAME_MOST = 2048,
  FRAMES_MOST = 64,
  RECORDS_MOST = 256
};

typedef enum frame_kind { AUTH, ITEM, CONFIRM, RETRY, REPLACED, OTHER } frame_kind;

/* A frame as the model sees it, and its bytes. */
typedef struct replay_frame {
  frame_kind kind;
  unsigned id;      /* ITEM, CONFIRM, RETRY; AUTH: `expect` */
  unsigned message; /* ITEM */
  size_t len;
  char bytes[FRAME_MOST];
} replay_frame;

typedef struct replay_frames {
  replay_frame frame[FRAMES_MOST];
  size_t count;
} replay_frames;

typedef struct stored {
  ep_record record; /* its own key and value */
} stored;

typedef struct replay_store {
  stored records[RECORDS_MOST]; /* by table, then key */
  size_t count;
} replay_store;

typedef struct client_side {
  ep_client *core;
  replay_store store;
  uint64_t now;
  unsigned at;   /* its connection; CONNECTIONS: none */
  bool wanted;   /* connect was called */
  bool holds;    /* the application holds a message that it has not finished with … */
  unsigned held; /* … this one */
  bool given_up;
  unsigned delivered[MESSAGES * 4], delivered_count; /* since it lost its state */
  bool shown[MESSAGES];                              /* ever */
  replay_frames offered;                             /* what the core wants to write */
} client_side;

typedef struct replay_message {
  bool sent, gone; /* gone: its sender lost it */
  unsigned from, to;
  char uid[37];
} replay_message;

typedef struct replay_state {
  bool lossy, stores;
  bool unstored; /* the model's server is about to write what it has not stored */
  ep_server *server;
  bool counted; /* replay_boxes says how many copies wait in all mailboxes */
  replay_store store;
  uint64_t now;
  unsigned names; /* random names given out so far */
  bool server_lost;
  ep_conn conn[CONNECTIONS]; /* 0: none */
  replay_frames offered[CONNECTIONS];
  replay_frames up[CONNECTIONS], down[CONNECTIONS]; /* under way */
  client_side client[CLIENTS];
  replay_message message[MESSAGES];
} replay_state;

/* replay_cores.c */
void replay_begin(replay_state *replay, bool lossy, bool stores);
void replay_end(replay_state *replay);
void replay_send(replay_state *replay, unsigned c, unsigned m, unsigned to);
bool replay_connect(replay_state *replay, unsigned c, unsigned q); /* false: it gave up */
void replay_client_closed(replay_state *replay, unsigned c);
void replay_hangup(replay_state *replay, unsigned q);
void replay_restart_client(replay_state *replay, unsigned c, bool lost);
void replay_restart_server(replay_state *replay, bool lost);
void replay_to_client(replay_state *replay, unsigned c, const replay_frame *frame);
void replay_to_server(replay_state *replay, unsigned q, const replay_frame *frame);
void replay_turn(replay_state *replay); /* the server stores what must be, and writes */
void replay_commit(replay_state *replay);
void replay_client_timer(replay_state *replay, unsigned c);
void replay_server_timer(replay_state *replay);
size_t replay_boxes(const replay_state *replay);
bool replay_give(replay_state *replay, unsigned c, unsigned *m); /* false: there is no message */

/* Takes the frame that looks like this one out of the list; false: there is none. */
bool frames_take(replay_frames *list, const replay_frame *like, replay_frame *out, bool keep);
void frames_put(replay_frames *list, const replay_frame *frame);
void frame_say(const replay_frame *frame, char *out, size_t out_len);

#endif
