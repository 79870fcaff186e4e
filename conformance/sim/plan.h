/* What a seed draws: everything that happens in a run, as data. The network's small decisions (how
 * late, how cut, lost or not) are no part of it: they are hashes of the seed and of what they are
 * about (rng.h), so that leaving something out here does not change them for the rest.
 * Read first: README.md. Then: draw.c (where a plan comes from), run.c (what becomes of it). */
#ifndef SIM_PLAN_H
#define SIM_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  PLAN_TEXT = 256, /* added to a room: the room's name is a text, "1", not a number */
  PLAN_CLIENTS_MOST = 64,
  PLAN_SERVER = 255,  /* as the target of a fault: the server */
  PLAN_NOBODY = 254,  /* as the recipient of a message: an id that nobody has */
  PLAN_CHANCES = 1024 /* a chance is a number out of so many */
};

/* X(NAME, name, calm value, unit): what can be turned on or changed for a whole run. */
#define PLAN_KNOBS_X(X)                                                            \
  X(LATENCY, "latency", 2, "ms, at least, for each segment or frame")              \
  X(JITTER, "jitter", 0, "ms on top, at most")                                     \
  X(SEGMENT, "segment", 0, "bytes at most on their way together; 0: any")          \
  X(SLIVER, "sliver", 0, "bytes at most in one call of a core; 0: any")            \
  X(LATE, "late", 0, "chance that a segment or frame is late")                     \
  X(LATE_MS, "late-ms", 300, "how late, at most")                                  \
  X(BUFFER, "buffer", 65536, "bytes a stream holds between both ends")             \
  X(REFUSE, "refuse", 0, "chance that a connection cannot be opened")              \
  X(END_CUT, "end-cut", 0, "chance that a reset swallows what was in flight")      \
  X(END_LATE, "end-late", 0, "chance that an end is noticed late")                 \
  X(END_NEVER, "end-never", 0, "chance that an end is not noticed")                \
  X(LOSE, "lose", 0, "lossy: chance that a frame is lost")                         \
  X(DOUBLE, "double", 0, "lossy: chance that a frame arrives twice")               \
  X(REPLAY, "replay", 0, "lossy: chance that a frame arrives again seconds later") \
  X(DAMAGE, "damage", 0, "lossy: chance that a frame arrives malformed")           \
  X(TURN_MS, "turn-ms", 0, "ms that the server gathers input")                     \
  X(COMMIT_MS, "commit-ms", 0, "ms that storing takes")                            \
  X(VOLATILE, "volatile", 0, "1: the server has no store")                         \
  X(TOKEN, "token", 0, "1: the server wants a join token")                         \
  X(LIMIT_FRAME, "limit-frame", 0, "the limit frame; 0: default")                  \
  X(LIMIT_CONNECTIONS, "limit-connections", 0, "the limit connections")            \
  X(LIMIT_CLIENTS, "limit-clients", 0, "the limit clients")                        \
  X(LIMIT_WINDOW, "limit-window", 0, "the server's limit window")                  \
  X(LIMIT_HELD, "limit-held", 0, "the limit held")                                 \
  X(LIMIT_SESSION, "limit-session", 0, "the limit session")                        \
  X(LIMIT_MAILBOX, "limit-mailbox", 0, "the limit mailbox")                        \
  X(LIMIT_MAILBOX_BYTES, "limit-mailbox-bytes", 0, "the limit mailbox_bytes")      \
  X(LIMIT_PARKED, "limit-parked", 0, "the limit parked")                           \
  X(LIMIT_PARKED_BYTES, "limit-parked-bytes", 0, "the limit parked_bytes")         \
  X(MAILBOX_WAIT, "mailbox-wait", 0, "the timer mailbox_wait in ms; 0: default")   \
  X(LINGER, "linger", 0, "ms that a run goes on after everything has finished")    \
  X(PAYLOAD, "payload", 64, "bytes of a payload, at most")

typedef enum plan_knob {
#define PLAN_KNOB_ENUM(name, text, calm, unit) PLAN_##name,
  PLAN_KNOBS_X(PLAN_KNOB_ENUM)
#undef PLAN_KNOB_ENUM
      PLAN_KNOB_COUNT
} plan_knob;

typedef struct plan_client {
  uint32_t start_ms; /* its program starts, and connects */
  uint8_t version;   /* 1 or 2: the highest it speaks */
  bool lossy;        /* its connections are lossy (EP/2) */
  bool durable;      /* it has a store */
  bool secret;       /* it has a secret (EP/2) */
  uint8_t presence;  /* 0: of nobody; 1: of all; 2: of a room */
  uint32_t window;   /* 0: default */
  uint32_t outbox;   /* 0: default */
  uint32_t turn_ms;  /* how long its application leaves events lying */
  bool rude_server;  /* wrong frames are slipped in towards it (plan_rude) */
  bool out;          /* left out */
} plan_client;

/* What an application does. */
typedef enum plan_do {
  PLAN_SEND,       /* a: recipient (a client, PLAN_NOBODY); b: size; bit 31 of b: receipt */
  PLAN_SEND_ROOM,  /* a: room, to {"room":a}; b as above */
  PLAN_SEND_ALL,   /* to {} */
  PLAN_SEND_LATE,  /* a: to {"late":a}, a session that comes later, or never */
  PLAN_SEND_PAIR,  /* a: room | late << 16, to {"room":…,"late":…} */
  PLAN_SEND_WRONG, /* an address or payload that the library refuses: a says which */
  PLAN_SESSION,    /* a: room; b: late, 0 for none */
  PLAN_LIST,       /* a: room, 0 for everybody */
  PLAN_PING,
  PLAN_CONNECT,
  PLAN_DISCONNECT,
  PLAN_DO_COUNT
} plan_do;

typedef struct plan_action {
  uint32_t t_ms;
  uint8_t client;
  uint8_t kind; /* plan_do */
  uint32_t a, b;
  bool out;
} plan_action;

typedef enum plan_trouble {
  PLAN_KILL,  /* target dies after `calls` more calls; comes back after a ms; b: plan_death */
  PLAN_STOP,  /* the operator stops the server; it comes back after a ms */
  PLAN_CUT,   /* the connection of target ends; a: plan_cut; b: share of the bytes in flight lost */
  PLAN_STALL, /* nothing arrives for b ms; a: bit 0 from target, bit 1 to target */
  PLAN_PARTITION, /* target can neither write, read nor connect for a ms */
  PLAN_STORE,     /* target's store fails for a ms, or once (0) */
  PLAN_CLOCK,     /* target's clock jumps by a ms */
  PLAN_MEMORY,    /* a > 0: target's a-th allocation from now fails; b: so do all for b ms */
  PLAN_TROUBLE_COUNT
} plan_trouble;

/* Bits: the state is lost; what was being stored when it died is stored; it comes back with an old
 * copy of its state, that of (b >> 8) commits before. */
enum { PLAN_DEATH_LOST = 1, PLAN_DEATH_STORED = 2, PLAN_DEATH_OLD = 4, PLAN_DEATH_COMMITS = 8 };

typedef enum plan_cut {
  PLAN_CUT_BOTH,   /* both sides are told */
  PLAN_CUT_CLIENT, /* the client alone: half-open at the server, two live sockets of one client */
  PLAN_CUT_SERVER, /* the server alone */
  PLAN_CUT_NOBODY, /* half-open on both sides */
  PLAN_CUT_COUNT
} plan_cut;

typedef struct plan_fault {
  uint32_t t_ms;
  uint8_t target; /* a client, or PLAN_SERVER */
  uint8_t kind;   /* plan_trouble */
  uint32_t a, b, calls;
  bool out;
} plan_fault;

/* What breaks the rules: a raw client writes, or a frame is slipped in towards a client. */
typedef struct plan_rude {
  uint32_t t_ms;
  uint8_t actor; /* which raw client, 0, 1, …; towards: the client */
  bool towards;  /* slipped in towards a client whose rude_server is set */
  uint16_t what; /* line of the catalogue (rude.c) */
  uint32_t a;    /* for the line to use */
  bool out;
} plan_rude;

typedef struct plan_knob_value {
  uint32_t value;
  bool out; /* the calm value counts */
} plan_knob_value;

typedef struct plan {
  uint64_t seed;
  uint32_t heal_ms; /* from here on no faults; everybody is connected */
  plan_knob_value knobs[PLAN_KNOB_COUNT];
  plan_client clients[PLAN_CLIENTS_MOST];
  plan_action *actions; /* by time */
  plan_fault *faults;   /* by time */
  plan_rude *rudes;     /* by time */
  size_t client_count, action_count, fault_count, rude_count;
  size_t action_room, fault_room, rude_room;
} plan;

/* What can be left out, list by list. */
typedef enum plan_list {
  PLAN_LIST_CLIENTS, /* c */
  PLAN_LIST_ACTIONS, /* a */
  PLAN_LIST_FAULTS,  /* f */
  PLAN_LIST_RUDES,   /* r */
  PLAN_LIST_KNOBS,   /* k */
  PLAN_LIST_COUNT
} plan_list;

void plan_init(plan *plan);
void plan_free(plan *plan);
void plan_clear(plan *plan); /* empty and calm, keeping memory */

/* Appends a zeroed entry; NULL: no memory. */
plan_action *plan_add_action(plan *plan);
plan_fault *plan_add_fault(plan *plan);
plan_rude *plan_add_rude(plan *plan);
void plan_sort(plan *plan); /* by time; equal times in the order in which they were added */

uint32_t plan_knob_of(const plan *plan, plan_knob knob); /* the calm value when it is left out */
const char *plan_knob_name(plan_knob knob);

/* Leaving out, for a shrinker. */
size_t plan_count(const plan *plan, plan_list list);
bool plan_is_out(const plan *plan, plan_list list, size_t index);
void plan_leave(plan *plan, plan_list list, size_t index, bool out);

/* "c1,a5-9,f3": what is left out, as the option --without takes it. plan_without returns false
 * when the text is not of this form. plan_without_text returns the length that it needs. */
bool plan_without(plan *plan, const char *text);
size_t plan_without_text(const plan *plan, char *out, size_t out_len);

/* What draw needs to know beside the seed. */
typedef enum plan_layer {
  PLAN_LAYER_STREAM = 1,
  PLAN_LAYER_FRAME = 2,
  PLAN_LAYER_BOTH = 3
} plan_layer;

typedef struct plan_size {
  plan_layer layer;
  uint32_t clients;  /* 0: drawn, 2 to 6 */
  uint32_t messages; /* 0: drawn, 10 to 60 */
} plan_size;

/* The plan of a seed: the same for the same seed and size, always. False: no memory. */
bool plan_draw(plan *plan, uint64_t seed, const plan_size *size);

#endif
