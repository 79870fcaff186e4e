/* epigeon-load: who sends what to whom, when; whether all of it came, once and in order; how long
 * it took.
 *
 * Senders keep to a timetable whatever the server does (an open loop), and what is measured begins
 * when a message was meant to be sent: a server that stands still for a second is not excused
 * because nobody could write to it.
 *
 * Whether all came is a sum: for each sender, a random-looking number of (message, recipient) is
 * added up when a copy is due, and again when one comes. In the end both sums must be the same.
 * Read first: load_client.h, hist.h. */
#ifndef BENCH_LOAD_TRAFFIC_H
#define BENCH_LOAD_TRAFFIC_H

#include "hist.h"
#include "load_client.h"

enum { GROUP = 10, SPECIALS = 3, PHASES_MOST = 8, SIZES = 4 };

enum load_mode { LOAD_REST, LOAD_TIMETABLE, LOAD_FLOOD };

/* What was sent between begin and end, if that was by the timetable. */
struct phase {
  uint64_t begin_ns, end_ns;
  struct hist latency[SIZES]; /* ns, at ordinary recipients */
  struct hist confirm;        /* ns, at the sender, any size */
  uint64_t copies, bytes;     /* that came, to everybody */
};

struct sender {
  struct client *client;
  uint64_t *stamps;                /* when message n was due, at n % STAMPS */
  uint64_t due_sum, got_sum;       /* of the copies */
  uint64_t confirmed, confirmed_0; /* messages; and how many before the phase */
};

struct traffic {
  struct crew crew;
  unsigned ordinary, senders; /* clients without the special ones; the first of them send */
  struct client *clients;     /* the ordinary, then the special ones */
  struct sender *sender;
  uint64_t *due;  /* when each sender sends next */
  uint32_t *last; /* of each recipient and sender: id of the last message that came */
  enum load_mode mode;
  uint64_t pause_ns;    /* between two messages of a sender, on average */
  uint64_t largest_due; /* the next of 16 MiB */
  uint64_t until_ns;    /* what was due before it is sent, and no more */
  uint64_t random;
  uint64_t sent, due_copies, got_copies, refused;
  uint64_t special_due[SPECIALS], special_got[SPECIALS];
  struct phase *phases; /* PHASES_MOST */
  unsigned phase_count;
};

extern const char *const size_names[SIZES];

/* Connects everybody. rate: messages a second of each sender. */
void traffic_open(struct traffic *traffic, uint16_t port, unsigned connections, unsigned senders,
                  double rate);
/* Closes all connections; the figures stay. */
void traffic_leave(struct traffic *traffic);
void traffic_free(struct traffic *traffic);

/* One turn of the loop. */
void traffic_turn(struct traffic *traffic);
void traffic_mode(struct traffic *traffic, enum load_mode mode);

/* The flood, until everybody is in it. */
void traffic_flood(struct traffic *traffic);

struct phase *phase_begin(struct traffic *traffic);
void phase_end(struct traffic *traffic);

struct client *traffic_special(struct traffic *traffic, unsigned index);
/* Until all special ones have what is theirs, until everything sent has come; dies when nothing
 * comes for 30 s. */
void traffic_catch_up(struct traffic *traffic);
void traffic_drain(struct traffic *traffic);

/* How many senders' sums differ. */
unsigned traffic_incomplete(const struct traffic *traffic);

/* Of what each sender had confirmed since phase_begin: Jain's index, and the least against the
 * most. */
struct fairness {
  double jain, least_of_most;
  uint64_t messages;
};
struct fairness traffic_fairness(const struct traffic *traffic);

#endif
