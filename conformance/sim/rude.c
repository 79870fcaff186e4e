/* Who breaks the rules: raw clients that write lines of a catalogue, and frames that no correct
 * server writes, slipped in between a server's frames towards a client.
 * Read first: plan.h (plan_rude), catalogue.h. */
#include "sim/rude.h"

#include <stdio.h>
#include <stdlib.h>

#include "sim/catalogue.h"

enum { FRAME_ROOM = 4096, TRIES = 20, WAIT_MS = 7 };

/* ---- Frames from lines ---- */

typedef struct frame {
  uint8_t *bytes;
  size_t len, room;
} frame;

static bool frame_add(frame *to, const char *text, size_t len) {
  if (len == 0) return true;
  if (to->len + len > to->room) {
    size_t room = 2 * (to->len + len) + FRAME_ROOM;
    uint8_t *grown = realloc(to->bytes, room);
    if (grown == NULL) return false;
    to->bytes = grown;
    to->room = room;
  }
  memcpy(to->bytes + to->len, text, len);
  to->len += len;
  return true;
}

static bool frame_repeat(frame *to, const char *text, uint32_t times) {
  bool fine = true;
  for (uint32_t i = 0; i < times && fine; i++) fine = frame_add(to, text, strlen(text));
  return fine;
}

/* What stands for a % sign and a letter in a line. */
static bool frame_fill(sim *world, frame *to, char letter, const rude_words *words) {
  char text[96];
  switch (letter) {
    case 'i': (void)snprintf(text, sizeof text, "%s", words->id); break;
    case 'c': (void)snprintf(text, sizeof text, "c%u", words->client); break;
    case 'a': (void)snprintf(text, sizeof text, "%u", words->a); break;
    case 'u': (void)snprintf(text, sizeof text, "x-%s-%u", words->id, words->index); break;
    case 'n': (void)snprintf(text, sizeof text, "%u", words->next_id); break;
    case 'd': return frame_repeat(to, "[", 300) && frame_repeat(to, "]", 300);
    case 'm':
      for (uint32_t i = 0; i < 70; i++) {
        (void)snprintf(text, sizeof text, "\"m%u\":%u,", i, i);
        if (!frame_add(to, text, strlen(text))) return false;
      }
      return true;
    case 'l': return frame_repeat(to, "long", 40);
    case 'L': return frame_repeat(to, "larger and larger ", 4000 + words->a % 1000);
    case 'S': return frame_repeat(to, "some more ", 400);
    default: sim_fail(world, "the catalogue has a letter that nobody knows"); return false;
  }
  return frame_add(to, text, strlen(text));
}

static bool frame_put(frame *to, char byte, bool escape) {
  if (escape && (byte == '"' || byte == '\\') && !frame_add(to, "\\", 1)) return false;
  return frame_add(to, &byte, 1);
}

/* The line's text with ' for ", and what it leaves open filled in. */
static bool frame_bare(sim *world, frame *to, const char *line, const rude_words *words) {
  bool fine = true;
  for (; *line != '\0' && fine; line++) {
    if (*line == '%')
      fine = frame_fill(world, to, *++line, words);
    else
      fine = frame_put(to, *line == '\'' ? '"' : *line, false);
  }
  return fine;
}

static bool frame_make(sim *world, frame *to, const rude_line *line, const rude_words *words) {
  frame bare = {NULL, 0, 0};
  bool fine = frame_bare(world, &bare, line->text, words);
  if (line->form == FORM_ENVELOPED) {
    fine = fine && frame_repeat(to, "{\"type\":\"_message_\",\"data\":\"", 1);
    for (size_t i = 0; i < bare.len && fine; i++) fine = frame_put(to, (char)bare.bytes[i], true);
    fine = fine && frame_repeat(to, "\"}", 1);
  } else {
    fine = fine && frame_add(to, (const char *)bare.bytes, bare.len);
  }
  free(bare.bytes);
  return fine && (line->form == FORM_HALF || frame_add(to, "\f", 1));
}

/* ---- Raw clients ---- */

static sim_link *raw_link(sim *world, const sim_raw *raw) {
  if (raw->link == 0) return NULL;
  sim_link *link = &world->links[raw->link - 1];
  return link->client_side == SIDE_CLOSED ? NULL : link;
}

static void raw_open(sim *world, sim_raw *raw, const plan_rude *rude) {
  sim_link *link = raw_link(world, raw);
  if (link != NULL) link_close(world, link, TRACE_C2S, ENDING_ABRUPT);
  link = link_open(world, NULL, raw);
  if (link == NULL) return;
  raw->link = link->conn;
  raw->next_id = 0;
  link->remote = (rude->a & 3) == 3;
  link->lossy = knob(world, PLAN_LOSE) > 0 && (rude->a & 4) != 0;
}

static size_t polite_clients(const sim *world) {
  size_t count = 0;
  for (size_t i = 0; i < world->plan->client_count; i++)
    if (!world->plan->clients[i].out) count++;
  return count;
}

/* Where the server takes few clients, those who keep the rules come first. */
static bool may_join(const sim *world) {
  if (knob(world, PLAN_LIMIT_CLIENTS) == 0) return true;
  const sim_server *server = &world->server;
  return server->process.alive && ep_server_clients(server->core) >= polite_clients(world);
}

static void raw_write(sim *world, sim_link *link, const frame *made, const rude_line *line) {
  ep_bytes bytes = {made->bytes, made->len};
  if (link->lossy && line->form == FORM_HALF) return; /* there are only whole frames */
  if (link_room(world, link, TRACE_C2S) == 0) return;
  link_write(world, link, TRACE_C2S, bytes);
}

static void raw_say(sim *world, sim_raw *raw, const plan_rude *rude, uint32_t index) {
  const rude_line *line = &rude_lines[rude->what % rude_line_count];
  sim_link *link = raw_link(world, raw);
  rude_words words = {.id = raw->id, .a = rude->a, .index = index};
  uint32_t times = line->repeat > 0 ? line->repeat : 1;
  words.client = rude->a % (uint32_t)world->plan->client_count;
  if (line->joins && !may_join(world)) return;
  if (line->joins) raw->next_id = 0;
  for (uint32_t i = 0; i < times; i++) {
    frame made = {NULL, 0, 0};
    words.next_id = raw->next_id + line->skips + i;
    words.index = index * 100 + i;
    if (frame_make(world, &made, line, &words)) raw_write(world, link, &made, line);
    free(made.bytes);
  }
  if (line->counts) raw->next_id++;
}

static void raw_act(sim *world, const plan_rude *rude, uint32_t index, uint64_t tries) {
  sim_raw *raw = &world->raws[rude->actor % RAW_MOST];
  if (raw->id[0] == '\0')
    (void)snprintf(raw->id, sizeof raw->id, "r%u", (unsigned)(rude->actor % RAW_MOST));
  sim_link *link = raw_link(world, raw);
  if (rude->what == RUDE_OPEN) {
    raw_open(world, raw, rude);
  } else if (rude->what == RUDE_CLOSE || rude->what == RUDE_DROP) {
    ending how = rude->what == RUDE_CLOSE ? ENDING_FINE : ENDING_ABRUPT;
    if (link != NULL) link_close(world, link, TRACE_C2S, how);
  } else if (link != NULL && link->client_side == SIDE_OPEN) {
    raw_say(world, raw, rude, index);
  } else if (tries < TRIES) { /* it is not open yet */
    if (link == NULL) raw_open(world, raw, rude);
    sim_put(world, world->now + WAIT_MS, Q_RUDE, index, tries + 1);
  }
}

void rude_leave(sim *world) {
  for (size_t i = 0; i < RAW_MOST; i++) {
    sim_link *link = raw_link(world, &world->raws[i]);
    if (link != NULL) link_close(world, link, TRACE_C2S, ENDING_FINE);
  }
}

/* ---- Slipped in towards a client ---- */

static void slip(sim *world, sim_link *link, const plan_rude *rude, uint32_t index) {
  const rude_line *line = &slip_lines[rude->what % slip_line_count];
  rude_words words = {.id = "nobody", .a = rude->a, .index = index};
  frame made = {NULL, 0, 0};
  if (frame_make(world, &made, line, &words))
    link_write(world, link, TRACE_S2C, (ep_bytes){made.bytes, made.len});
  free(made.bytes);
}

/* Between two frames of the server. */
static bool between_frames(const sim_link *link) {
  const sim_flow *flow = &link->flows[TRACE_S2C];
  return link->lossy || flow->written == flow->frame_start;
}

static bool is_in(const sim_client *client) {
  return client->process.alive && ep_client_authenticated(client->core);
}

static void slip_act(sim *world, const plan_rude *rude, uint32_t index, uint64_t tries) {
  if (rude->actor >= world->plan->client_count) return;
  sim_client *client = &world->clients[rude->actor];
  if (client->plan->out || !client->plan->rude_server) return;
  if (slip_lines[rude->what % slip_line_count].first) { /* before the next auth reply */
    client->slip_first = index + 1;
    return;
  }
  sim_link *link = client->link == 0 ? NULL : &world->links[client->link - 1];
  if (link == NULL || link->server_side != SIDE_OPEN || !link->rude_server) return;
  if (slip_lines[rude->what % slip_line_count].known && !is_in(client)) return;
  if (between_frames(link))
    slip(world, link, rude, index);
  else if (tries < TRIES)
    sim_put(world, world->now + WAIT_MS, Q_RUDE, index, tries + 1);
}

void rude_welcome(sim *world, sim_link *link) {
  if (link->client < 0) return;
  sim_client *client = &world->clients[link->client];
  if (client->slip_first == 0 || world->healed) return;
  uint32_t index = client->slip_first - 1;
  client->slip_first = 0;
  slip(world, link, &world->plan->rudes[index], index);
}

void rude_begin(sim *world, uint32_t index, uint64_t tries) {
  const plan_rude *rude = &world->plan->rudes[index];
  if (world->healed) return;
  if (rude->towards)
    slip_act(world, rude, index, tries);
  else
    raw_act(world, rude, index, tries);
}
