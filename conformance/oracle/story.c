/* Events are copied into rings, one ring for each reason to want them, so that what is about the
 * finding stays and of the rest the newest. story_end puts the rings together.
 * Read first: story.h. */
#define _GNU_SOURCE 1
#include "oracle/story.h"

#include <stdlib.h>
#include <string.h>

#include "oracle/frame.h"
#include "oracle/trace_copy.h"

/* Reasons, the strongest first; each has room for so many. */
typedef enum reason {
  GUILTY,
  LED,
  SAME_UID,
  WORLD,
  JOIN,
  ARRIVAL,
  SAME_CONN,
  WRITTEN,
  NONE
} reason;

static const size_t rooms[NONE] = {[GUILTY] = 8, [LED] = 64,     [SAME_UID] = 24, [WORLD] = 12,
                                   [JOIN] = 8,   [ARRIVAL] = 48, [SAME_CONN] = 8, [WRITTEN] = 128};

enum { COPY_MOST = 1 << 20, AUTH_TRIES = 4 };

typedef struct kept {
  story_event story;
  uint64_t place; /* in the trace, from 1 */
  char *copy;
  size_t copy_room;
} kept;

typedef struct ring {
  kept *slots;
  size_t count, next;
} ring;

/* Whose connection it is. Open addressing; conn 0: free. */
typedef struct owner {
  uint32_t conn;
  unsigned tries;
  char *client;
} owner;

struct story {
  const judge_finding *finding;
  uint64_t place;
  ring rings[NONE];
  kept *events; /* after story_end */
  size_t count;
  owner *owners;
  size_t owner_count, owner_room; /* room: a power of two */
  frame_parser parser;
};

story *story_new(const judge_finding *finding) {
  story *out = calloc(1, sizeof *out);
  if (out == NULL) return NULL;
  out->finding = finding;
  frame_parser_init(&out->parser);
  for (reason why = 0; why < NONE; why++) {
    out->rings[why].slots = calloc(rooms[why], sizeof(kept));
    if (out->rings[why].slots != NULL) continue;
    story_free(out);
    return NULL;
  }
  return out;
}

void story_free(story *s) {
  if (s == NULL) return;
  for (reason why = 0; why < NONE; why++) {
    ring *r = &s->rings[why];
    for (size_t i = 0; r->slots != NULL && i < rooms[why]; i++) free(r->slots[i].copy);
    free(r->slots);
  }
  for (size_t i = 0; i < s->owner_room; i++) free(s->owners[i].client);
  free(s->owners);
  free(s->events);
  frame_parser_free(&s->parser);
  free(s);
}

/* ---- Whose connection it is ------------------------------------------------------------------ */

static owner *owner_slot(const story *s, uint32_t conn) {
  size_t mask = s->owner_room - 1;
  size_t at = (conn * UINT32_C(2654435761)) & mask;
  while (s->owners[at].conn != 0 && s->owners[at].conn != conn) at = (at + 1) & mask;
  return &s->owners[at];
}

static bool owners_grow(story *s) {
  struct story bigger = {.owner_room = s->owner_room * 2 + 64};
  while ((bigger.owner_room & (bigger.owner_room - 1)) != 0) bigger.owner_room++;
  bigger.owners = calloc(bigger.owner_room, sizeof(owner));
  if (bigger.owners == NULL) return false;
  for (size_t i = 0; i < s->owner_room; i++) {
    if (s->owners[i].conn != 0) *owner_slot(&bigger, s->owners[i].conn) = s->owners[i];
  }
  free(s->owners);
  s->owners = bigger.owners;
  s->owner_room = bigger.owner_room;
  return true;
}

static owner *owner_of(story *s, uint32_t conn) {
  if (s->owner_count * 2 >= s->owner_room && !owners_grow(s)) return NULL;
  owner *out = owner_slot(s, conn);
  if (out->conn != 0) return out;
  out->conn = conn;
  s->owner_count++;
  return out;
}

static span owner_client(const owner *who) {
  return who->client != NULL ? span_of(who->client) : (span){NULL, 0};
}

/* Looks for an auth request. True: this event is one. */
static bool owner_learn(story *s, owner *who, const trace_event *event) {
  if (event->kind != TRACE_FRAME || event->dir != TRACE_C2S || event->bytes.len == 0) return false;
  if (who->client != NULL || who->tries == AUTH_TRIES || event->damaged) return false;
  who->tries++;
  frame f;
  if (!frame_parse(&s->parser, event->bytes, TRACE_C2S, &f)) return false;
  if (f.class != FRAME_OK || f.action != EP_ACTION_AUTH) return false;
  who->client = strndup(f.client.text, f.client.len);
  return true;
}

/* ---- Why an event is wanted ------------------------------------------------------------------ */

static bool mentions(const trace_event *event, const char *uid) {
  if (*uid == '\0') return false;
  if (event->kind != TRACE_FRAME) return span_is(event->uid, uid);
  return event->bytes.len > 0 &&
         memmem(event->bytes.text, event->bytes.len, uid, strlen(uid)) != NULL;
}

static bool is_of_world(const trace_event *event) {
  return event->kind == TRACE_CRASHED || event->kind == TRACE_RESTARTED ||
         event->kind == TRACE_HEALED || event->kind == TRACE_NOTE;
}

static bool is_same_frame(const trace_event *written, const trace_event *arrived) {
  if (written->at != TRACE_WRITTEN || written->conn != arrived->conn) return false;
  if (written->dir != arrived->dir) return false;
  if (arrived->n > 0 && written->n > 0) return written->n == arrived->n;
  return span_equal(written->bytes, arrived->bytes);
}

static bool is_arrival(const trace_event *event) {
  return event->kind == TRACE_FRAME && event->at == TRACE_ARRIVED;
}

/* The written frame that arrives with this event, among those kept for `why`. */
static kept *written_of(const story *s, reason why, const trace_event *arrived) {
  const ring *r = &s->rings[why];
  for (size_t i = 0; i < r->count; i++) {
    const trace_event *event = &r->slots[i].story.event;
    if (event->kind == TRACE_FRAME && is_same_frame(event, arrived)) return &r->slots[i];
  }
  return NULL;
}

static bool is_arrival_of_kept(const story *s, const trace_event *event) {
  if (!is_arrival(event)) return false;
  for (reason why = GUILTY; why < WRITTEN; why++) {
    if (written_of(s, why, event) != NULL) return true;
  }
  return false;
}

static bool has_led(const judge_finding *finding, uint64_t line) {
  for (size_t i = 0; i < finding->lead_up_count; i++) {
    if (finding->lead_up[i] == line) return true;
  }
  return false;
}

static reason reason_for(const story *s, const trace_event *event, span client, bool is_auth) {
  const judge_finding *finding = s->finding;
  if (finding->line != 0 && event->line == finding->line) return GUILTY;
  if (has_led(finding, event->line)) return LED;
  if (mentions(event, finding->uid)) return SAME_UID;
  if (is_of_world(event)) return WORLD;
  bool is_same_client = client.len > 0 && span_is(client, finding->client);
  bool is_same_conn = finding->conn != 0 && event->conn == finding->conn;
  if (is_auth && is_same_client) return JOIN;
  if (is_same_conn && event->kind != TRACE_FRAME) return JOIN;
  if (is_arrival_of_kept(s, event)) return ARRIVAL;
  if (is_same_conn || (finding->conn == 0 && is_same_client)) return SAME_CONN;
  bool is_written = event->kind == TRACE_FRAME && event->at == TRACE_WRITTEN;
  return is_written ? WRITTEN : NONE;
}

/* ---- Keeping --------------------------------------------------------------------------------- */

static kept *keep(story *s, reason why, const trace_event *event, uint64_t place) {
  trace_event small = *event;
  if (small.bytes.len > COPY_MOST) small.bytes.len = COPY_MOST;
  ring *r = &s->rings[why];
  kept *slot = &r->slots[r->next];
  size_t len = trace_copy_size(&small);
  if (len > slot->copy_room) {
    char *copy = realloc(slot->copy, len);
    if (copy == NULL) return NULL;
    slot->copy = copy;
    slot->copy_room = len;
  }
  r->next = (r->next + 1) % rooms[why];
  if (r->count < rooms[why]) r->count++;
  story_role role = why == GUILTY ? STORY_GUILTY : why == LED ? STORY_LED : STORY_AROUND;
  slot->story = (story_event){.event = trace_copy(slot->copy, &small), .role = role};
  slot->story.arrival = STORY_NEVER;
  slot->place = place;
  return slot;
}

/* An arrival is told together with the writing of what arrived. */
static bool keep_written_of(story *s, const trace_event *arrived) {
  const kept *written = written_of(s, WRITTEN, arrived);
  if (written == NULL || is_arrival_of_kept(s, arrived)) return true;
  return keep(s, ARRIVAL, &written->story.event, written->place) != NULL;
}

bool story_add(story *s, const trace_event *event) {
  const judge_finding *finding = s->finding;
  if (finding->line != 0 && event->line > finding->line) return false;
  s->place++;
  owner *who = event->conn != 0 ? owner_of(s, event->conn) : NULL;
  if (event->conn != 0 && who == NULL) return false;
  bool is_auth = who != NULL && owner_learn(s, who, event);
  span client = who != NULL ? owner_client(who) : event->client;
  reason why = reason_for(s, event, client, is_auth);
  if (why == NONE) return true;
  if (why != WRITTEN && is_arrival(event) && !keep_written_of(s, event)) return false;
  return keep(s, why, event, s->place) != NULL;
}

/* ---- The end --------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b) {
  uint64_t left = ((const kept *)a)->place;
  uint64_t right = ((const kept *)b)->place;
  return left < right ? -1 : left > right;
}

/* Whether a frame passed, or arrived, that was written behind this one on the same way. */
static bool overtakes(const trace_event *other, const trace_event *written) {
  if (other->kind != TRACE_FRAME || other->at == TRACE_WRITTEN) return false;
  if (other->conn != written->conn || other->dir != written->dir) return false;
  return other->at == TRACE_PASSED || other->n > written->n;
}

/* Connects what was written with where it first arrived. */
static void find_arrival(story *s, size_t at) {
  story_event *written = &s->events[at].story;
  if (written->event.kind != TRACE_FRAME || written->event.at != TRACE_WRITTEN) return;
  written->arrival = written->event.dropped ? STORY_NEVER : STORY_UNKNOWN;
  for (size_t i = at + 1; i < s->count; i++) {
    story_event *other = &s->events[i].story;
    if (overtakes(&other->event, &written->event)) written->arrival = STORY_NEVER;
    if (!is_arrival(&other->event) || !is_same_frame(&written->event, &other->event)) continue;
    written->arrival = i;
    if (other->event.bytes.len == 0) other->event.bytes = written->event.bytes;
    return;
  }
}

void story_end(story *s) {
  size_t most = 0;
  for (reason why = GUILTY; why < WRITTEN; why++) most += s->rings[why].count;
  s->events = calloc(most + 1, sizeof *s->events);
  if (s->events == NULL) return;
  for (reason why = GUILTY; why < WRITTEN; why++) {
    const ring *r = &s->rings[why];
    memcpy(s->events + s->count, r->slots, r->count * sizeof *r->slots);
    s->count += r->count;
  }
  qsort(s->events, s->count, sizeof *s->events, compare);
  uint64_t before = 0;
  for (size_t i = 0; i < s->count; i++) {
    kept *k = &s->events[i];
    k->story.left_out = k->place - before - 1;
    uint32_t conn = k->story.event.conn;
    k->story.client = conn != 0 ? owner_client(owner_slot(s, conn)) : k->story.event.client;
    before = k->place;
    find_arrival(s, i);
  }
}

size_t story_count(const story *s) { return s->count; }

const story_event *story_at(const story *s, size_t index) { return &s->events[index].story; }
