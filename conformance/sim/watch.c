/* What happens is told: to the judge, to the digest, to a trace file.
 * Read first: oracle/trace.h, oracle/judge.h. */
#include <stdio.h>

#include "sim/world.h"

static span span_of(ep_bytes bytes) { return (span){(const char *)bytes.data, bytes.len}; }

static span text_of(const char *text) { return (span){text, strlen(text)}; }

/* ---- The digest ---- */

static uint64_t digest_bytes(uint64_t digest, span bytes) {
  const char *at = bytes.text;
  size_t left = bytes.len;
  digest = rng_mix(digest ^ bytes.len);
  for (; left > 0;) {
    uint64_t word = 0;
    size_t len = left < 8 ? left : 8;
    if (len == 8) {
      memcpy(&word, at, 8);
    } else {
      for (size_t i = 0; i < len; i++) word |= (uint64_t)(uint8_t)at[i] << (8 * i);
    }
    digest = (digest ^ word) * UINT64_C(0x9fb21c651e98df25);
    digest ^= digest >> 29;
    at += len;
    left -= len;
  }
  return digest;
}

static void digest_event(sim *world, const trace_event *event) {
  uint64_t flags = (uint64_t)event->kind << 16 | (uint64_t)event->dir << 8 |
                   (uint64_t)event->at << 4 | (uint64_t)event->damaged << 1 |
                   (uint64_t)event->state_lost | (uint64_t)event->state_old << 2;
  uint64_t digest = rng_mix(world->digest ^ event->t_ms);
  digest = rng_mix(digest ^ flags ^ (uint64_t)event->conn << 32 ^ event->n << 48);
  const span *spans[] = {&event->bytes, &event->client,  &event->from,
                         &event->uid,   &event->to_json, &event->payload_json};
  for (size_t i = 0; i < sizeof spans / sizeof *spans; i++)
    if (spans[i]->len > 0) digest = digest_bytes(digest, *spans[i]);
  world->digest = digest;
}

static void tell(sim *world, trace_event *event) {
  event->t_ms = world->now;
  event->line = ++world->line;
  digest_event(world, event);
  if (world->options->trace != NULL && !trace_write(world->options->trace, event))
    sim_fail(world, "the trace could not be written");
  if (!judge_event(world->judge, event)) world->stopped = true;
}

/* ---- Events ---- */

void watch_open(sim *world, const sim_link *link) {
  trace_event event = {.kind = TRACE_OPEN, .conn = link->conn, .lossy = link->lossy};
  event.rude_client = link->rude_client;
  event.rude_server = link->rude_server;
  event.remote = link->remote; /* EP-SEC-4: config_of allows EP/1 on this machine alone */
  tell(world, &event);
}

void watch_close(sim *world, const sim_link *link, trace_dir dir, bool orderly) {
  trace_event event = {.kind = TRACE_CLOSE, .conn = link->conn, .dir = dir, .has_dir = true};
  event.orderly = orderly;
  tell(world, &event);
}

void watch_failed(sim *world, const sim_link *link, bool speaks_v2) {
  trace_event event = {.kind = TRACE_FAILED, .conn = link->conn, .speaks_v2 = speaks_v2};
  tell(world, &event);
}

static trace_event frame_event(const sim_link *link, trace_dir dir, trace_at at, uint32_t n,
                               ep_bytes bytes) {
  trace_event event = {.kind = TRACE_FRAME, .conn = link->conn, .dir = dir, .has_dir = true};
  event.at = at;
  event.n = n;
  event.bytes = span_of(bytes);
  return event;
}

void watch_written(sim *world, const sim_link *link, trace_dir dir, uint32_t n, ep_bytes frame) {
  trace_event event = frame_event(link, dir, TRACE_WRITTEN, n, frame);
  world->frames++;
  tell(world, &event);
}

void watch_arrived(sim *world, const sim_link *link, trace_dir dir, uint32_t n, ep_bytes damaged) {
  trace_event event = frame_event(link, dir, TRACE_ARRIVED, n, damaged);
  event.damaged = damaged.len > 0;
  tell(world, &event);
}

void watch_sent(sim *world, const sim_client *client, ep_bytes uid, ep_bytes to, ep_bytes payload) {
  trace_event event = {.kind = TRACE_SENT, .client = text_of(client->id), .uid = span_of(uid)};
  event.to_json = span_of(to);
  event.payload_json = span_of(payload);
  tell(world, &event);
}

void watch_event(sim *world, const sim_client *client, const ep_event *event) {
  trace_event told = {.client = text_of(client->id), .uid = span_of(event->uid)};
  if (event->uid.len == 0) return;
  switch (event->type) {
    case EP_EVENT_MESSAGE:
      told.kind = TRACE_DELIVERED;
      told.from = span_of(event->client_id);
      told.to_json = span_of(event->to_json);
      told.payload_json = span_of(event->json);
      told.id = event->id;
      told.has_id = true;
      world->delivered++;
      break;
    case EP_EVENT_CONFIRMED: told.kind = TRACE_CONFIRMED; break;
    case EP_EVENT_REFUSED:
      told.kind = TRACE_REFUSED;
      told.code = text_of(event->code);
      break;
    default: return;
  }
  tell(world, &told);
}

void watch_stored(sim *world, const sim_client *client) {
  trace_event event = {.kind = TRACE_STORED, .client = text_of(client->id)};
  tell(world, &event);
}

void watch_wants(sim *world, const sim_client *client, bool connection) {
  trace_event event = {.kind = connection ? TRACE_CONNECT : TRACE_DISCONNECT};
  event.client = text_of(client->id);
  tell(world, &event);
}

static span name_of(sim *world, const sim_process *process) {
  if (process->index == PLAN_SERVER) return (span){"", 0};
  return text_of(world->clients[process->index].id);
}

void watch_crashed(sim *world, const sim_process *process) {
  trace_event event = {.kind = TRACE_CRASHED, .client = name_of(world, process)};
  tell(world, &event);
}

void watch_restarted(sim *world, const sim_process *process) {
  trace_event event = {.kind = TRACE_RESTARTED, .client = name_of(world, process)};
  event.state_lost = process->lost;
  event.state_old = process->old;
  tell(world, &event);
}

void watch_healed(sim *world) {
  trace_event event = {.kind = TRACE_HEALED};
  tell(world, &event);
}

void watch_note(sim *world, const sim_process *whose, const char *note) {
  char words[96];
  bool server = whose->index == PLAN_SERVER;
  (void)snprintf(words, sizeof words, "%s: %s",
                 server ? "the server" : world->clients[whose->index].id, note);
  trace_event event = {.kind = TRACE_NOTE, .note = text_of(words)};
  tell(world, &event);
}
