/* epigeon-sim --small: a world of one server, two clients and three messages, made of the real
 * cores, in which one thing happens after the other, and who explores it says what.
 *
 *     ada gives message 0 to everybody in group 1, herself included, and message 1 to bob
 *     bob gives message 2 to ada (scenes with `answer`: to everybody in group 1); he is there
 *         like ada, or (`late`) joins at any moment, so that message 1 may be parked
 *
 * Read first: small.h. Then: small_app.c (what is given and checked), small_choices.c (what can
 * happen), small_world.c (what happens then), small_net.c (frames on their way), small_state.c
 * (when two states are one). */
#ifndef SMALL_WORLD_H
#define SMALL_WORLD_H

#include "epigeon.h"

enum {
  SMALL_CLIENTS = 2,
  SMALL_MESSAGES = 3,
  SMALL_LINKS = 6,
  SMALL_LANE = 40,
  SMALL_STRAYS = 2,
  SMALL_RECORDS = 80,
  SMALL_CHOICES = 128
};

/* What may still go wrong, or how often something may still happen. */
typedef struct small_budget {
  uint8_t losses, doubles, delays; /* of frames, on a lossy transport */
  uint8_t cuts;                    /* of connections, on a stream */
  uint8_t server_kills, client_kills;
  uint8_t ticks; /* of a clock, before the end */
} small_budget;

/* Mistakes made on purpose, so that it can be seen that mistakes are found. */
typedef enum small_plant {
  SMALL_NO_PLANT,
  SMALL_FORGET, /* the server's store says that it has kept a batch and has not, once */
  SMALL_FORGE,  /* the network keeps a message and confirms it itself, once */
  SMALL_AGAIN   /* the application of bob is told a message twice */
} small_plant;

typedef struct small_scene {
  const char *name, *text;
  uint8_t versions[SMALL_CLIENTS];
  bool lossy;
  bool stores;    /* of the clients; the server always has one */
  bool turns;     /* the server's store takes its time: a step of its own */
  bool slow;      /* so do those of clients, and applications look at one event at a time */
  bool late;      /* bob joins when exploration says so; else he is there like ada */
  bool forgetful; /* a server that is killed has lost its store, too */
  bool answer;    /* message 2 goes to everybody in the group, too */
  small_budget budget;
  uint8_t quick, deep; /* depths */
} small_scene;

typedef enum small_dir { SMALL_UP, SMALL_DOWN } small_dir;

/* Frames on their way in one direction: texts by number. */
typedef struct small_lane {
  uint32_t frames[SMALL_LANE];
  uint8_t count;
  bool ended; /* nothing more will come after these */
  bool cut;   /* and the end may be noticed before them */
} small_lane;

typedef struct small_link {
  bool used, at_client, at_server, accepted;
  uint8_t client;
  uint8_t order; /* of opening: the server accepts in this order (EP-TAKE-4) */
  ep_conn conn;
  small_lane lanes[2];
} small_link;

/* A frame that the network has kept for itself, to hand it over at any time, or never. */
typedef struct small_stray {
  bool used;
  uint8_t link, dir;
  uint32_t frame;
} small_stray;

/* Records, by number, in the order of their keys. */
typedef struct small_store {
  uint32_t count;
  uint32_t records[SMALL_RECORDS];
} small_store;

/* What a client's application knows. */
typedef struct small_app {
  uint8_t given;                     /* how many of its messages */
  uint8_t got;                       /* messages, a bit for each */
  uint8_t confirmed;                 /* likewise */
  uint8_t order[SMALL_MESSAGES + 1]; /* of what it got, plus one; 0: nothing more */
  uint32_t uids[SMALL_MESSAGES];     /* of what it gave: texts by number */
} small_app;

typedef struct small_message {
  uint8_t sender, may, must; /* who may and who must get it: clients, a bit for each */
  const char *to, *to_json, *payload;
} small_message;

typedef struct small_client {
  ep_client *core;
  uint64_t random;
  bool joined;
  int8_t link; /* -1: none */
  bool killed;
  small_app app;    /* with what it was shown last, which counts as taken when it looks again */
  small_app taken;  /* without */
  small_app stored; /* as it will be after a kill */
  small_store store;
} small_client;

/* All of a state but the regions. */
typedef struct small_world {
  uint64_t now_ms;
  ep_server *server;
  uint64_t random;
  bool turn_due, planted;
  bool forgot; /* the server's state was lost: G3, G4 and G5 end there */
  small_store store;
  small_budget budget;
  small_link links[SMALL_LINKS];
  small_client clients[SMALL_CLIENTS];
  small_stray strays[SMALL_STRAYS];
  const char *wrong; /* what our own checks found: a sentence; NULL: nothing */
} small_world;

/* What is only for telling, and does not make states different. */
typedef struct small_tale {
  size_t events;                                /* of the trace */
  uint32_t opened;                              /* connections so far */
  uint32_t conns[SMALL_LINKS];                  /* their numbers in the trace */
  uint32_t written[SMALL_LINKS][2];             /* frames */
  uint32_t numbers[SMALL_LINKS][2][SMALL_LANE]; /* of the frames on their way */
  uint32_t stray_numbers[SMALL_STRAYS];
  uint64_t digests[3]; /* of the regions, as far as they are not stale: a bit for each */
  unsigned stale;
} small_tale;

extern small_world small;
extern small_tale small_telling;
extern const small_scene *small_scene_now;
extern small_plant small_planted;

typedef enum small_kind {
  SMALL_DELIVER, /* of: link, dir */
  SMALL_END,     /* likewise: a side notices that the connection is closed */
  SMALL_GIVE,    /* of: client: its application gives it the next message */
  SMALL_JOIN,    /* of: client */
  SMALL_TURN,    /* the server's store has kept what it was given */
  SMALL_KEEP,    /* of: client: likewise its own */
  SMALL_LOOK,    /* of: client: its application takes what it was shown, and is shown the next */
  SMALL_TICK,    /* of: region: time passes until its next deadline */
  SMALL_STRAY,   /* of: stray: is handed over */
  SMALL_LOSE,    /* from here on: faults. of: link, dir */
  SMALL_DOUBLE,
  SMALL_DELAY,
  SMALL_CUT,  /* of: link */
  SMALL_KILL, /* of: region: and it starts again with what its store has */
  SMALL_KINDS
} small_kind;

typedef struct small_step {
  uint8_t kind, of, dir;
} small_step;

/* The first state of the scene: those who are there are authenticated, and nothing is unfinished.
 */
void small_begin(const small_scene *scene, small_plant plant);
/* All that can happen now. */
size_t small_choices(small_step out[SMALL_CHOICES]);
void small_take(small_step step);
/* The regions that a step can change: a bit for each. */
unsigned small_touches(small_step step);
/* What happens next when nothing goes wrong any more and everybody gets a turn; false: nothing is
 * left to do until the next deadline, and there is none. */
bool small_fair(small_step *out);
/* Everything was given, delivered, confirmed, and nothing is on its way. */
bool small_finished(void);
/* States with equal digests have the same future; see small_state.c. */
uint64_t small_digest(void);
void small_describe(char *out, size_t out_len, small_step step);

/* small_app.c */
const char *small_client_name(unsigned client);
void small_wrong(const char *sentence);                   /* our own checks have found something */
const small_message *small_next_message(unsigned client); /* NULL: it has given all */
void small_note_given(unsigned client, const char *uid);
void small_after_kill(unsigned client);
bool small_is_showing(unsigned client); /* an event, which its application has not yet taken */
bool small_may_look(unsigned client);   /* it is shown something, or will be */
bool small_look(unsigned client);       /* false: there was nothing to be shown */
bool small_app_done(unsigned client);   /* all given, all confirmed, all it must get delivered */

/* small_net.c */
unsigned small_link_new(unsigned client);
void small_link_release(unsigned link); /* if both sides are done with it */
void small_write(unsigned link, small_dir dir, ep_bytes frames);
uint32_t small_lane_pop(unsigned link, small_dir dir, uint32_t *number);
void small_lane_end(unsigned link, small_dir dir, bool cut);
void small_lane_drop(unsigned link, small_dir dir);
void small_stray_put(unsigned link, small_dir dir, uint32_t frame, uint32_t number);

/* small_store.c */
void small_store_batch(small_store *store, ep_bytes batch);
ep_record small_store_record(const small_store *store, uint32_t at);

#endif
