/* epigeon-load: the traffic. See load_traffic.h. */
#define _GNU_SOURCE
#include "load_traffic.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

enum {
  JOINING_MOST = 256, /* at a time */
  STAMPS = 1024,
  FLOOD_WINDOW = 4,
  FLOOD_BEGINS = 16, /* when everybody has had so many confirmed */
  SMALL_LEAST = 64,
  SMALL_MOST = 1024,
  MEDIUM = 64 * 1024,
  LARGE = 1024 * 1024,
  LARGEST = 16 * 1024 * 1024
};

static const uint64_t SECOND = 1000000000u;
static const uint64_t LARGEST_EVERY_NS = 4 * (uint64_t)1000000000u;
static const uint64_t STALL_NS = 30 * (uint64_t)1000000000u;
static const uint64_t IDLE_NS = 20 * 1000 * 1000;

const char *const size_names[SIZES] = {"64 B to 1 KiB", "64 KiB", "1 MiB", "16 MiB"};

static unsigned size_of(size_t len) {
  if (len <= SMALL_MOST) return 0;
  if (len <= MEDIUM) return 1;
  return len <= LARGE ? 2 : 3;
}

static uint64_t mix(uint64_t value) { /* splitmix64 */
  value += 0x9e3779b97f4a7c15u;
  value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9u;
  value = (value ^ value >> 27) * 0x94d049bb133111ebu;
  return value ^ value >> 31;
}

static uint64_t draw(struct traffic *traffic, uint64_t below) {
  return mix(traffic->random++) % below;
}

static uint64_t copy_of(uint64_t id, unsigned recipient) { return mix(mix(id) ^ recipient); }

static struct phase *phase_at(struct traffic *traffic, uint64_t ns) {
  for (unsigned i = 0; i < traffic->phase_count; i++)
    if (ns >= traffic->phases[i].begin_ns && ns < traffic->phases[i].end_ns)
      return &traffic->phases[i];
  return NULL;
}

/* ---- What comes ------------------------------------------------------------------------------ */

static void on_letter(void *context, struct client *client, const struct letter *letter) {
  struct traffic *traffic = context;
  if (letter->from >= traffic->senders) die("a message of a client that sends none");
  uint32_t *last = &traffic->last[(size_t)client->number * traffic->senders + letter->from];
  if (letter->id <= *last)
    die("client %u has message %" PRIu64 " of %u behind %" PRIu32 ": out of order", client->number,
        letter->id, letter->from, *last);
  *last = (uint32_t)letter->id;
  traffic->sender[letter->from].got_sum += copy_of(letter->id, client->number);
  traffic->got_copies++;
  bool special = client->number >= traffic->ordinary;
  if (special) traffic->special_got[client->number - traffic->ordinary]++;
  struct phase *phase = phase_at(traffic, letter->due_ns);
  if (phase == NULL) return;
  phase->copies++;
  phase->bytes += letter->len;
  if (!special)
    hist_add(&phase->latency[size_of(letter->len)], traffic->crew.now - letter->due_ns, 1);
}

static void on_confirm(void *context, struct client *client, uint64_t before, uint64_t after) {
  struct traffic *traffic = context;
  if (client->number >= traffic->senders) return;
  struct sender *sender = &traffic->sender[client->number];
  for (uint64_t id = before ? before : 1; id < after; id++) { /* 0 is the session */
    uint64_t due = sender->stamps[id % STAMPS];
    struct phase *phase = phase_at(traffic, due);
    sender->confirmed++;
    if (phase != NULL) hist_add(&phase->confirm, traffic->crew.now - due, 1);
  }
}

static void on_refused(void *context, struct client *client, uint64_t id, unsigned by) {
  struct traffic *traffic = context;
  traffic->sender[client->number].due_sum -= copy_of(id, by);
  traffic->due_copies--;
  traffic->refused++;
  if (by >= traffic->ordinary) traffic->special_due[by - traffic->ordinary]--;
}

/* ---- What goes ------------------------------------------------------------------------------- */

static size_t draw_size(struct traffic *traffic, uint64_t due) {
  if (due >= traffic->largest_due) {
    traffic->largest_due += LARGEST_EVERY_NS;
    return LARGEST;
  }
  uint64_t lot = draw(traffic, 1000);
  if (lot == 0) return LARGE;
  if (lot <= 10) return MEDIUM;
  return SMALL_LEAST + draw(traffic, SMALL_MOST - SMALL_LEAST + 1);
}

static void owe(struct traffic *traffic, struct sender *sender, uint64_t id, unsigned recipient) {
  sender->due_sum += copy_of(id, recipient);
  traffic->due_copies++;
  if (recipient >= traffic->ordinary) traffic->special_due[recipient - traffic->ordinary]++;
}

/* To one in nine of ten cases, else to a group; a small one in one of 17 cases to a special client.
 */
static void send_one(struct traffic *traffic, struct sender *sender, uint64_t due, size_t len) {
  char to[40];
  unsigned first = (unsigned)draw(traffic, traffic->ordinary), count = 1;
  bool small = len <= SMALL_MOST;
  if (small && draw(traffic, 17) == 0) {
    first = traffic->ordinary + (unsigned)draw(traffic, SPECIALS);
  } else if (len < LARGEST && draw(traffic, 10) == 0) {
    first -= first % GROUP;
    count = traffic->ordinary - first < GROUP ? traffic->ordinary - first : GROUP;
  }
  if (count == 1)
    snprintf(to, sizeof to, "\"c%u\"", first);
  else
    snprintf(to, sizeof to, "{\"group\":%u}", first / GROUP);
  sender->stamps[sender->client->up_next % STAMPS] = due;
  uint64_t id = client_send(sender->client, to, due, len);
  traffic->sent++;
  for (unsigned i = 0; i < count; i++) owe(traffic, sender, id, first + i);
}

static void flood(struct traffic *traffic) {
  for (unsigned i = 0; i < traffic->senders; i++) {
    struct sender *sender = &traffic->sender[i];
    while (client_has_room(sender->client, FLOOD_WINDOW)) {
      char to[40];
      unsigned recipient = (unsigned)draw(traffic, traffic->ordinary);
      snprintf(to, sizeof to, "\"c%u\"", recipient);
      sender->stamps[sender->client->up_next % STAMPS] = 0; /* in no phase */
      uint64_t id = client_send(sender->client, to, 0, SMALL_LEAST);
      traffic->sent++;
      owe(traffic, sender, id, recipient);
    }
  }
}

/* Sends what is due; returns when the next is. */
static uint64_t keep_timetable(struct traffic *traffic) {
  uint64_t now = now_ns(), next = now + IDLE_NS;
  for (unsigned i = 0; i < traffic->senders; i++) {
    struct sender *sender = &traffic->sender[i];
    uint64_t most = now < traffic->until_ns ? now : traffic->until_ns;
    while (traffic->due[i] <= most && client_has_room(sender->client, STAMPS)) {
      send_one(traffic, sender, traffic->due[i], draw_size(traffic, traffic->due[i]));
      traffic->due[i] += draw(traffic, 2 * traffic->pause_ns);
    }
    bool waits = traffic->due[i] <= now; /* for room: that is told by epoll */
    if (!waits && traffic->due[i] < next) next = traffic->due[i];
  }
  return next;
}

void traffic_turn(struct traffic *traffic) {
  uint64_t next = now_ns() + IDLE_NS;
  if (traffic->mode == LOAD_TIMETABLE) next = keep_timetable(traffic);
  if (traffic->mode == LOAD_FLOOD) flood(traffic);
  crew_turn(&traffic->crew, next);
  for (unsigned i = 0; i < SPECIALS; i++)
    client_tick(traffic_special(traffic, i), traffic->crew.now);
}

void traffic_mode(struct traffic *traffic, enum load_mode mode) {
  uint64_t now = now_ns();
  traffic->mode = mode;
  traffic->until_ns = UINT64_MAX;
  if (mode != LOAD_TIMETABLE) return;
  traffic->largest_due = now;
  for (unsigned i = 0; i < traffic->senders; i++)
    traffic->due[i] = now + draw(traffic, 2 * traffic->pause_ns);
}

/* ---- Phases ---------------------------------------------------------------------------------- */

static void count_from_here(struct traffic *traffic) {
  for (unsigned i = 0; i < traffic->senders; i++)
    traffic->sender[i].confirmed_0 = traffic->sender[i].confirmed;
}

struct phase *phase_begin(struct traffic *traffic) {
  assert(traffic->phase_count < PHASES_MOST);
  struct phase *phase = &traffic->phases[traffic->phase_count++];
  memset(phase, 0, sizeof *phase);
  phase->begin_ns = now_ns();
  phase->end_ns = UINT64_MAX;
  count_from_here(traffic);
  return phase;
}

void phase_end(struct traffic *traffic) {
  traffic->phases[traffic->phase_count - 1].end_ns = now_ns();
}

static bool specials_have_all(const struct traffic *traffic) {
  for (unsigned i = 0; i < SPECIALS; i++)
    if (traffic->special_got[i] + 10 < traffic->special_due[i])
      return false; /* some are under way */
  return true;
}

/* What was due before the end is sent too, however late that is. */
static bool all_have_all(const struct traffic *traffic) {
  if (traffic->got_copies < traffic->due_copies) return false;
  for (unsigned i = 0; i < traffic->senders; i++) {
    const struct client *client = traffic->sender[i].client;
    if (client->up_confirmed < client->up_next) return false;
    if (traffic->mode == LOAD_TIMETABLE && traffic->due[i] <= traffic->until_ns) return false;
  }
  return true;
}

static void wait_until(struct traffic *traffic, bool (*done)(const struct traffic *)) {
  uint64_t got = traffic->got_copies, since = now_ns();
  while (!done(traffic)) {
    traffic_turn(traffic);
    if (traffic->got_copies != got) since = traffic->crew.now;
    got = traffic->got_copies;
    if (traffic->crew.now > since + STALL_NS)
      die("LOST: %" PRIu64 " of %" PRIu64 " copies have come, and for 30 s no more", got,
          traffic->due_copies);
  }
}

static bool all_flood(const struct traffic *traffic) {
  for (unsigned i = 0; i < traffic->senders; i++)
    if (traffic->sender[i].confirmed < traffic->sender[i].confirmed_0 + FLOOD_BEGINS) return false;
  return true;
}

void traffic_flood(struct traffic *traffic) {
  count_from_here(traffic);
  traffic_mode(traffic, LOAD_FLOOD);
  wait_until(traffic, all_flood);
}

void traffic_catch_up(struct traffic *traffic) { wait_until(traffic, specials_have_all); }

void traffic_drain(struct traffic *traffic) {
  if (traffic->mode == LOAD_FLOOD) traffic->mode = LOAD_REST;
  traffic->until_ns = now_ns();
  wait_until(traffic, all_have_all);
  traffic->mode = LOAD_REST;
}

unsigned traffic_incomplete(const struct traffic *traffic) {
  unsigned differ = 0;
  for (unsigned i = 0; i < traffic->senders; i++)
    differ += traffic->sender[i].due_sum != traffic->sender[i].got_sum;
  return differ;
}

struct fairness traffic_fairness(const struct traffic *traffic) {
  double sum = 0, squares = 0, least = 1e300, most = 0;
  for (unsigned i = 0; i < traffic->senders; i++) {
    double share = (double)(traffic->sender[i].confirmed - traffic->sender[i].confirmed_0);
    sum += share;
    squares += share * share;
    if (share < least) least = share;
    if (share > most) most = share;
  }
  if (most == 0) return (struct fairness){0};
  return (struct fairness){.jain = sum * sum / (squares * traffic->senders),
                           .least_of_most = least / most,
                           .messages = (uint64_t)sum};
}

/* ---- Begin and end --------------------------------------------------------------------------- */

struct client *traffic_special(struct traffic *traffic, unsigned index) {
  return &traffic->clients[traffic->ordinary + index];
}

static bool is_in(const struct client *client) {
  return client->state == CLIENT_READY && client->up_confirmed > 0;
}

static void connect_all(struct traffic *traffic) {
  unsigned count = traffic->ordinary + SPECIALS, begun = 0, in = 0;
  uint64_t since = now_ns();
  while (in < count) {
    while (begun < count && begun < in + JOINING_MOST) {
      char session[32];
      if (begun < traffic->ordinary)
        snprintf(session, sizeof session, "{\"group\":%u}", begun / GROUP);
      else
        snprintf(session, sizeof session, "{\"special\":true}");
      client_init(&traffic->clients[begun], &traffic->crew, begun, session);
      client_connect(&traffic->clients[begun++]);
    }
    traffic_turn(traffic);
    unsigned before = in;
    while (in < begun && is_in(&traffic->clients[in])) in++;
    if (in > before) since = traffic->crew.now;
    if (traffic->crew.now > since + STALL_NS) die("client %u does not get in", in);
  }
}

void traffic_open(struct traffic *traffic, uint16_t port, unsigned connections, unsigned senders,
                  double rate) {
  assert(connections > SPECIALS && senders <= connections - SPECIALS);
  *traffic = (struct traffic){.ordinary = connections - SPECIALS, .senders = senders, .random = 1};
  traffic->pause_ns = (uint64_t)((double)SECOND / rate);
  traffic->clients = calloc(connections, sizeof *traffic->clients);
  traffic->sender = calloc(senders, sizeof *traffic->sender);
  traffic->due = calloc(senders, sizeof *traffic->due);
  traffic->last = calloc((size_t)connections * senders, sizeof *traffic->last);
  traffic->phases = calloc(PHASES_MOST, sizeof *traffic->phases);
  if (!traffic->clients || !traffic->sender || !traffic->due || !traffic->last || !traffic->phases)
    die("out of memory");
  for (unsigned i = 0; i < senders; i++) {
    traffic->sender[i].client = &traffic->clients[i];
    traffic->sender[i].stamps = must_alloc(NULL, STAMPS * sizeof(uint64_t));
  }
  crew_open(&traffic->crew, port);
  traffic->crew.context = traffic;
  traffic->crew.on_letter = on_letter;
  traffic->crew.on_confirm = on_confirm;
  traffic->crew.on_refused = on_refused;
  connect_all(traffic);
}

void traffic_leave(struct traffic *traffic) {
  for (unsigned i = 0; i < traffic->ordinary + SPECIALS; i++) client_close(&traffic->clients[i]);
}

void traffic_free(struct traffic *traffic) {
  for (unsigned i = 0; i < traffic->senders; i++) free(traffic->sender[i].stamps);
  crew_close(&traffic->crew);
  free(traffic->clients);
  free(traffic->sender);
  free(traffic->due);
  free(traffic->last);
  free(traffic->phases);
}
