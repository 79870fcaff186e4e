/* epigeon-sim --small: what can happen, and what happens then. Read first: small_world.h. */
#include "sim/small_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/small_memory.h"
#include "sim/small_path.h"

small_world small;
small_tale small_telling;
const small_scene *small_scene_now;
small_plant small_planted;

static ep_bytes bytes_of(const char *text) {
  return (ep_bytes){(const uint8_t *)text, text == NULL ? 0 : strlen(text)};
}

/* Each core has its own chance, so that what one asks for does not change what another gets. */
static void fill_random(void *context, uint8_t *out, size_t len) {
  uint64_t *state = context;
  for (size_t i = 0; i < len; i++) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    out[i] = (uint8_t)(*state >> 56);
  }
}

static void tell_close(unsigned link, trace_dir who) {
  small_tell(&(trace_event){.kind = TRACE_CLOSE, .has_dir = true, .dir = who}, link);
}

/* ---- The server ---- */

static void start_server(void) {
  ep_server_config config = {.durable = true};
  small_wipe(SMALL_SERVER);
  config.surroundings.allocator = small_allocator(SMALL_SERVER);
  config.surroundings.random = fill_random;
  config.surroundings.context = &small.random;
  if (ep_server_new(&small.server, &config) != EP_OK) small_wrong("The server could not be made.");
  for (uint32_t i = 0; i < small.store.count; i++) {
    ep_record record = small_store_record(&small.store, i);
    if (ep_server_load(small.server, &record) != EP_OK)
      small_wrong("The server's store is damaged.");
  }
  if (ep_server_loaded(small.server) != EP_OK) small_wrong("The server's store is damaged.");
}

static void close_at_server(unsigned which) {
  small_link *link = &small.links[which];
  link->at_server = false;
  small_lane_drop(which, SMALL_UP);
  small_lane_end(which, SMALL_DOWN, false);
  tell_close(which, TRACE_S2C);
  small_link_release(which);
}

static unsigned link_of(ep_conn conn) {
  for (unsigned i = 0; i < SMALL_LINKS; i++)
    if (small.links[i].at_server && small.links[i].accepted && small.links[i].conn == conn)
      return i;
  return SMALL_LINKS;
}

static bool write_ready(void) {
  ep_ready ready;
  bool closed = false;
  while (ep_server_next_ready(small.server, &ready, small.now_ms)) {
    unsigned link = link_of(ready.conn);
    if (link == SMALL_LINKS) {
      small_wrong("The server wrote to a connection that is closed (EP-SYS-1).");
      return false;
    }
    small_write(link, SMALL_DOWN, ready.output);
    if (ready.close) {
      ep_server_hangup(small.server, ready.conn, small.now_ms);
      close_at_server(link);
      closed = true;
    } else {
      ep_server_sent(small.server, ready.conn, ready.output.len, small.now_ms);
    }
  }
  return closed;
}

static bool forgets(ep_bytes batch) {
  if (small_planted != SMALL_FORGET || small.planted || batch.len == 0) return false;
  small.planted = small_telling.opened > 1; /* bob's auth request, or what follows */
  return small.planted;
}

static void turn(void) {
  for (bool more = true; more;) {
    ep_bytes batch = ep_server_records(small.server);
    if (!forgets(batch)) small_store_batch(&small.store, batch);
    ep_server_committed(small.server, true, small.now_ms);
    more = write_ready();
  }
  small.turn_due = false;
}

static void after_server(void) {
  small.turn_due = true;
  if (!small_scene_now->turns) turn();
}

static bool forges(unsigned link, ep_bytes frame) {
  static const char new[] = "{\"action\":\"message.new\"",
                    text[] = "{\"action\":\"message.confirm\",\"payload\":1}\f";
  if (small_planted != SMALL_FORGE || small.planted || small.links[link].client != 0) return false;
  if (frame.len < sizeof new || memcmp(frame.data, new, sizeof new - 1) != 0) return false;
  small.planted = true;
  small_write(link, SMALL_DOWN, bytes_of(text));
  return true;
}

static void accept_one(small_link *link) {
  ep_peer peer = {.transport = small_scene_now->lossy ? EP_LOSSY : EP_STREAM, .local = true};
  link->accepted = true;
  if (ep_server_accept(small.server, &link->conn, &peer, small.now_ms) != EP_OK)
    small_wrong("The server did not take a connection.");
}

/* The server accepts when it first hears of a connection, and before it those opened earlier. */
static void accept_up_to(const small_link *heard) {
  while (!heard->accepted) {
    small_link *next = NULL;
    for (unsigned i = 0; i < SMALL_LINKS; i++) {
      small_link *link = &small.links[i];
      bool waits = link->used && link->at_server && !link->accepted;
      if (waits && (next == NULL || link->order < next->order)) next = link;
    }
    accept_one(next);
  }
}

static void hear_at_server(unsigned which, uint32_t frame, uint32_t number) {
  small_link *link = &small.links[which];
  ep_bytes bytes = small_text(frame);
  if (forges(which, bytes)) return;
  small_tell_frame(which, SMALL_UP, TRACE_ARRIVED, number, frame);
  accept_up_to(link);
  if (ep_server_receive(small.server, link->conn, bytes, small.now_ms) != bytes.len)
    small_wrong("The server did not take all of a frame.");
  after_server();
}

static void end_at_server(unsigned which) {
  small_link *link = &small.links[which];
  if (link->accepted) ep_server_hangup(small.server, link->conn, small.now_ms);
  bool accepted = link->accepted;
  close_at_server(which);
  if (accepted) after_server();
}

static void kill_server(void) {
  small_tell(&(trace_event){.kind = TRACE_CRASHED}, SMALL_LINKS);
  for (unsigned i = 0; i < SMALL_LINKS; i++) {
    small_link *link = &small.links[i];
    if (!link->used || !link->at_server) continue;
    link->at_server = false;
    small_lane_drop(i, SMALL_UP);
    small_lane_end(i, SMALL_DOWN, true);
    tell_close(i, TRACE_S2C);
    small_link_release(i);
  }
  small.turn_due = false;
  if (small_scene_now->forgetful) {
    memset(&small.store, 0, sizeof small.store);
    small.forgot = true;
  }
  start_server();
  small_tell(&(trace_event){.kind = TRACE_RESTARTED, .state_lost = small.forgot}, SMALL_LINKS);
}

/* ---- Clients ---- */

static void start_client(unsigned which) {
  small_client *client = &small.clients[which];
  ep_client_config config = {.client_id = small_client_name(which),
                             .durable = small_scene_now->stores};
  small_wipe(SMALL_CLIENT + which);
  config.max_version = small_scene_now->versions[which];
  config.transport = small_scene_now->lossy ? EP_LOSSY : EP_STREAM;
  config.surroundings.allocator = small_allocator(SMALL_CLIENT + which);
  config.surroundings.random = fill_random;
  config.surroundings.context = &client->random;
  if (ep_client_new(&client->core, &config) != EP_OK) small_wrong("A client could not be made.");
  client->link = -1;
  if (!config.durable) return;
  for (uint32_t i = 0; i < client->store.count; i++) {
    ep_record record = small_store_record(&client->store, i);
    if (ep_client_load(client->core, &record) != EP_OK) small_wrong("A client's store is damaged.");
  }
  if (ep_client_loaded(client->core) != EP_OK) small_wrong("A client's store is damaged.");
}

static void close_at_client(unsigned which, bool told) {
  small_client *client = &small.clients[which];
  unsigned link = (unsigned)client->link;
  client->link = -1;
  if (told) ep_client_closed(client->core, small.now_ms);
  small.links[link].at_client = false;
  small_lane_drop(link, SMALL_DOWN);
  small_lane_end(link, SMALL_UP, false);
  tell_close(link, TRACE_C2S);
  small_link_release(link);
}

static bool write_output(unsigned which) {
  small_client *client = &small.clients[which];
  bool any = false;
  ep_bytes out;
  while (client->link >= 0 && (out = ep_client_output(client->core, small.now_ms)).len > 0) {
    small_write((unsigned)client->link, SMALL_UP, out);
    ep_client_sent(client->core, out.len, small.now_ms);
    any = true;
  }
  return any;
}

static void keep(unsigned which) {
  small_client *client = &small.clients[which];
  if (!small_scene_now->stores) return;
  small_store_batch(&client->store, ep_client_records(client->core));
  ep_client_committed(client->core, true);
  client->stored = client->app;
  if (small_is_showing(which)) { /* not taken yet: it comes again */
    client->stored.got = client->taken.got;
    client->stored.confirmed = client->taken.confirmed;
    memcpy(client->stored.order, client->taken.order, sizeof client->stored.order);
  }
  if (!small_is_showing(which)) small_tell_app(TRACE_STORED, which, NULL);
}

static bool obey_wants(unsigned which) {
  small_client *client = &small.clients[which];
  ep_want want = ep_client_wants(client->core);
  if (want == EP_WANT_NOTHING) return false;
  if (want == EP_WANT_CLOSE) write_output(which);
  if (client->link >= 0) close_at_client(which, want == EP_WANT_CLOSE);
  if (want == EP_WANT_CLOSE) return true;
  client->link = (int8_t)small_link_new(which);
  ep_client_opened(client->core, small.now_ms);
  return true;
}

static void after_client(unsigned which) {
  do {
    while (!small_scene_now->slow && small_look(which)) continue;
    if (!small_scene_now->slow) keep(which);
  } while (obey_wants(which) || write_output(which));
  small_after_kill(which);
}

static void hear_at_client(unsigned which, uint32_t frame, uint32_t number) {
  unsigned client = small.links[which].client;
  small_tell_frame(which, SMALL_DOWN, TRACE_ARRIVED, number, frame);
  ep_client_receive(small.clients[client].core, small_text(frame), small.now_ms);
  after_client(client);
}

static void give(unsigned which) {
  small_client *client = &small.clients[which];
  const small_message *message = small_next_message(which);
  char uid[37], quoted[16];
  ep_send send = {.to = message->to, .to_json = bytes_of(message->to_json)};
  send.payload_json = bytes_of(message->payload);
  if (ep_client_send(client->core, &send, uid, small.now_ms) != EP_OK)
    small_wrong("A client did not take a message.");
  small_note_given(which, uid);
  snprintf(quoted, sizeof quoted, "\"%s\"", message->to == NULL ? "" : message->to);
  ep_event event = {.uid = bytes_of(uid), .json = send.payload_json};
  event.to_json = message->to == NULL ? send.to_json : bytes_of(quoted);
  small_tell_app(TRACE_SENT, which, &event);
  after_client(which);
}

static void join(unsigned which) {
  small.clients[which].joined = true;
  ep_client_connect(small.clients[which].core, small.now_ms);
  after_client(which);
}

/* What was not stored, its application has not done, and does again. */
static void kill_client(unsigned which) {
  small_client *client = &small.clients[which];
  small_tell_app(TRACE_CRASHED, which, NULL);
  if (client->link >= 0) {
    unsigned link = (unsigned)client->link;
    small.links[link].at_client = false;
    small_lane_drop(link, SMALL_DOWN);
    small_lane_end(link, SMALL_UP, true);
    tell_close(link, TRACE_C2S);
    small_link_release(link);
  }
  client->killed = true;
  client->app = client->taken = client->stored;
  start_client(which);
  small_tell_app(TRACE_RESTARTED, which, NULL);
  if (client->joined) ep_client_connect(client->core, small.now_ms);
  after_client(which);
}

/* ---- Steps ---- */

static void tick(unsigned region) {
  uint64_t due = region == SMALL_SERVER
                     ? ep_server_deadline(small.server)
                     : ep_client_deadline(small.clients[region - SMALL_CLIENT].core);
  if (due > small.now_ms) small.now_ms = due;
  if (region == SMALL_SERVER) {
    ep_server_tick(small.server, small.now_ms);
    after_server();
  } else {
    ep_client_tick(small.clients[region - SMALL_CLIENT].core, small.now_ms);
    after_client(region - SMALL_CLIENT);
  }
}

static void hear(unsigned link, small_dir dir, uint32_t frame, uint32_t number) {
  if (dir == SMALL_UP)
    hear_at_server(link, frame, number);
  else
    hear_at_client(link, frame, number);
}

static void end(unsigned link, small_dir dir) {
  unsigned client = small.links[link].client;
  if (dir == SMALL_UP) {
    end_at_server(link);
    return;
  }
  close_at_client(client, true);
  after_client(client);
}

static void take_frame(small_step step) {
  uint32_t number;
  small_dir dir = (small_dir)step.dir;
  uint32_t frame = small_lane_pop(step.of, dir, &number);
  if (step.kind == SMALL_DOUBLE || step.kind == SMALL_DELAY)
    small_stray_put(step.of, dir, frame, number);
  if (step.kind == SMALL_DELIVER || step.kind == SMALL_DOUBLE) hear(step.of, dir, frame, number);
}

static void take_stray(unsigned which) {
  small_stray stray = small.strays[which];
  memset(&small.strays[which], 0, sizeof small.strays[which]);
  hear(stray.link, (small_dir)stray.dir, stray.frame, small_telling.stray_numbers[which]);
}

static void cut(unsigned link) {
  small_lane_end(link, SMALL_UP, true);
  small_lane_end(link, SMALL_DOWN, true);
}

void small_take(small_step step) {
  small_telling.stale |= small_touches(step);
  switch (step.kind) {
    case SMALL_END: end(step.of, (small_dir)step.dir); break;
    case SMALL_GIVE: give(step.of); break;
    case SMALL_JOIN: join(step.of); break;
    case SMALL_TURN: turn(); break;
    case SMALL_KEEP:
      keep(step.of);
      after_client(step.of);
      break;
    case SMALL_LOOK:
      small_look(step.of);
      after_client(step.of);
      break;
    case SMALL_TICK:
      if (small.budget.ticks > 0) small.budget.ticks--;
      tick(step.of);
      break;
    case SMALL_STRAY: take_stray(step.of); break;
    case SMALL_CUT:
      small.budget.cuts--;
      cut(step.of);
      break;
    case SMALL_KILL:
      if (step.of == SMALL_SERVER) {
        small.budget.server_kills--;
        kill_server();
      } else {
        small.budget.client_kills--;
        kill_client(step.of - SMALL_CLIENT);
      }
      break;
    default:
      if (step.kind == SMALL_LOSE) small.budget.losses--;
      if (step.kind == SMALL_DOUBLE) small.budget.doubles--;
      if (step.kind == SMALL_DELAY) small.budget.delays--;
      take_frame(step);
  }
}

void small_begin(const small_scene *scene, small_plant plant) {
  small_step step;
  memset(&small, 0, sizeof small);
  memset(&small_telling, 0, sizeof small_telling);
  small_scene_now = scene;
  small_planted = plant;
  small.now_ms = 1000000;
  small.random = 1;
  start_server();
  for (unsigned i = 0; i < SMALL_CLIENTS; i++) {
    small.clients[i].random = 2 + i;
    start_client(i);
    if (ep_client_update_session(small.clients[i].core, bytes_of("{\"group\":1}"), small.now_ms) !=
        EP_OK)
      small_wrong("A client did not take its session.");
    keep(i);
  }
  small.clients[0].app.given = small.clients[1].app.given = SMALL_MESSAGES; /* not yet */
  join(0);
  if (!scene->late) join(1);
  while (small_fair(&step) && step.kind != SMALL_TICK && step.kind != SMALL_JOIN) small_take(step);
  for (unsigned i = 0; i < SMALL_CLIENTS; i++)
    small.clients[i].app.given = small.clients[i].stored.given = 0;
  small.budget = scene->budget;
  small_telling.stale = (1u << SMALL_REGIONS) - 1;
}
