/* A client's program: its core, a connection, a store, and an application that takes events and
 * does what the plan says. The order of a turn is that of the runner (src/net/dialer.c): events to
 * the application, records to the store, output to the network, then what the core wants. Read
 * first: world.h, epigeon.h (the client core). Then: app.c. */
#include "sim/world.h"

enum { ROUNDS_MOST = 100000, CLOSE_MS = 2000, STORE_AGAIN_MS = 100, AGAIN_MS = 1000 };

static sim_link *link_of(sim_client *client) {
  return client->link == 0 ? NULL : &client->process.world->links[client->link - 1];
}

static uint64_t now_of(const sim_client *client) { return process_now(&client->process); }

static bool call(sim_client *client) { return process_call(&client->process); }

/* ---- Beginning and end ---- */

static ep_status core_load(void *context, const ep_record *record) {
  return ep_client_load(context, record);
}

static ep_status core_make(sim_client *client) {
  const sim *world = client->process.world;
  const plan_client *wanted = client->plan;
  ep_client_config config = {.surroundings = process_surroundings(&client->process)};
  config.client_id = client->id;
  config.secret = wanted->secret && wanted->version == 2 ? client->secret : NULL;
  config.token = knob(world, PLAN_TOKEN) != 0 ? "come in" : NULL;
  config.presence = wanted->presence == 0 ? NULL : wanted->presence == 1 ? "{}" : "{\"room\":1}";
  config.max_version = wanted->version;
  config.transport = wanted->lossy ? EP_LOSSY : EP_STREAM;
  config.durable = wanted->durable;
  config.window = wanted->window;
  config.outbox = wanted->outbox;
  ep_status status = ep_client_new(&client->core, &config);
  if (status != EP_OK || !wanted->durable) return status;
  status = store_load(&client->process.store, core_load, client->core);
  return status == EP_OK ? ep_client_loaded(client->core) : status;
}

static void core_free(sim_client *client) {
  if (client->process.memory.use_malloc) ep_client_free(client->core);
  client->core = NULL;
}

void client_start(sim_client *client) {
  sim_process *process = &client->process;
  sim *world = process->world;
  bool first = !process->began;
  process_start(process);
  ep_status status = core_make(client);
  if (status != EP_OK) { /* there was no memory: its supervisor tries again */
    if (status != EP_NO_MEMORY) sim_fail(world, "a client could not read its own state");
    core_free(client);
    process_give_up_start(process);
    return;
  }
  process->began = true;
  if (!first) watch_restarted(world, process);
  if (first || process->lost || process->old) client_say_session(client);
  if (client->wants) client_connect(client);
  process_wake(process, world->now);
}

void client_gone(sim_client *client) {
  sim_link *link = link_of(client);
  client->link = 0;
  client->showing = false;
  core_free(client);
  if (link != NULL) link_close(client->process.world, link, TRACE_C2S, ENDING_ABRUPT);
}

/* ---- What the network brings ---- */

static void wake(sim_client *client) {
  uint32_t slow_ms = client->process.world->healed ? 0 : client->plan->turn_ms;
  process_wake(&client->process, client->process.world->now + slow_ms);
}

void client_received(sim_client *client, sim_link *link, ep_bytes bytes) {
  sim *world = client->process.world;
  uint32_t sliver = link->lossy ? 0 : knob(world, PLAN_SLIVER);
  if (!client->process.alive || link_of(client) != link) return;
  while (bytes.len > 0) {
    size_t len = sliver > 0 && sliver < bytes.len ? sliver : bytes.len;
    if (!call(client)) return;
    if (!link->lossy) pipe_took(world, link, TRACE_S2C, len);
    ep_client_receive(client->core, (ep_bytes){bytes.data, len}, now_of(client));
    bytes = (ep_bytes){bytes.data + len, bytes.len - len};
  }
  wake(client);
}

void client_opened(sim_client *client, sim_link *link) {
  if (!client->process.alive || link_of(client) != link || !call(client)) return;
  ep_client_opened(client->core, now_of(client));
  process_wake(&client->process, client->process.world->now);
}

void client_lost(sim_client *client, sim_link *link) {
  sim *world = client->process.world;
  if (!client->process.alive || link_of(client) != link || !call(client)) return;
  client->link = 0;
  link_close(world, link, TRACE_C2S, ENDING_FINE);
  ep_client_closed(client->core, now_of(client));
  process_wake(&client->process, world->now);
}

/* ---- A turn. Each part returns false when the process has died. ---- */

static void application_hears(sim_client *client, const ep_event *event) {
  sim *world = client->process.world;
  watch_event(world, client, event);
  if (event->type != EP_EVENT_ERROR || !event->final) return;
  sim_put(world, world->now + AGAIN_MS, Q_AGAIN, client->process.index, client->process.life);
}

/* Its application is busy: events lie, while the core goes on reading and writing. */
static bool is_busy(const sim_client *client) {
  const sim *world = client->process.world;
  return !world->healed && world->now < client->busy_until;
}

static void perhaps_busy(sim_client *client) {
  sim *world = client->process.world;
  uint64_t dice = rng_of(world->plan->seed, client->process.index, CHANCE_BUSY, client->heard++);
  if (client->plan->turn_ms == 0 || rng_part(dice, 100) >= 20) return;
  client->busy_until = world->now + client->plan->turn_ms;
  process_wake(&client->process, client->busy_until);
}

static bool take_events(sim_client *client, bool *more) {
  ep_event event;
  while (!is_busy(client)) {
    if (!call(client)) return false;
    bool shown = ep_client_next_event(client->core, &event, now_of(client));
    /* Without memory it can return false and keep what was shown for the next call. */
    if (!shown && client->process.memory.failures == client->process.failures_seen)
      client->showing = false;
    if (!shown) return true;
    client->showing = *more = true;
    application_hears(client, &event);
    perhaps_busy(client);
  }
  return true;
}

static bool store_records(sim_client *client, bool *more) {
  sim_process *process = &client->process;
  if (!call(client)) return false;
  ep_bytes records = ep_client_records(client->core);
  if (records.len == 0) return true;
  if (!call(client)) return false;
  bool stored = process_can_store(process) && store_commit(&process->store, records);
  if (stored && !client->showing) watch_stored(process->world, client);
  if (!call(client)) return false;
  ep_client_committed(client->core, stored);
  if (stored)
    *more = true;
  else
    process_wake(process, process->world->now + STORE_AGAIN_MS);
  return true;
}

static bool write_output(sim_client *client, bool *more) {
  sim *world = client->process.world;
  sim_link *link = link_of(client);
  if (link == NULL || link->client_side != SIDE_OPEN) return true;
  size_t room = link_room(world, link, TRACE_C2S);
  link->flows[TRACE_C2S].blocked = room == 0;
  if (room == 0) return true;
  if (!call(client)) return false;
  ep_bytes output = ep_client_output(client->core, now_of(client));
  if (output.len == 0) return true;
  size_t len = output.len < room ? output.len : room;
  link_write(world, link, TRACE_C2S, (ep_bytes){output.data, len});
  if (!call(client)) return false;
  ep_client_sent(client->core, len, now_of(client));
  *more = true;
  return true;
}

static void leave_link(sim_client *client, ending how) {
  sim_link *link = link_of(client);
  client->link = 0;
  link_close(client->process.world, link, TRACE_C2S, how);
}

static void follow_close(sim_client *client, bool *more) {
  sim_link *link = link_of(client);
  uint64_t now = client->process.world->now;
  bool has_output =
      link->client_side == SIDE_OPEN && ep_client_output(client->core, now_of(client)).len > 0;
  if (has_output && link->give_up_at == 0) link->give_up_at = now + CLOSE_MS;
  if (has_output && link->give_up_at > now) {
    process_wake(&client->process, link->give_up_at);
    return;
  }
  leave_link(client, has_output ? ENDING_ABRUPT : ENDING_FINE);
  *more = true;
}

static void follow_open(sim_client *client, bool *more) {
  sim_link *link = link_of(client);
  if (link != NULL && link->client_side == SIDE_OPENING) return; /* under way */
  if (link != NULL) leave_link(client, ENDING_ABRUPT);           /* the one before */
  struct sim_link *made = link_open(client->process.world, client, NULL);
  if (made == NULL) return;
  client->link = made->conn;
  *more = true;
}

static bool follow_wants(sim_client *client, bool *more) {
  if (!call(client)) return false;
  ep_want want = ep_client_wants(client->core);
  sim_link *link = link_of(client);
  if (want == EP_WANT_OPEN)
    follow_open(client, more);
  else if (link != NULL && want == EP_WANT_CLOSE)
    follow_close(client, more);
  else if (link != NULL && link->client_side == SIDE_OPENING)
    leave_link(client, ENDING_ABRUPT); /* the core changed its mind */
  return true;
}

static bool tick(sim_client *client) {
  if (ep_client_deadline(client->core) > now_of(client)) return true;
  if (!call(client)) return false;
  ep_client_tick(client->core, now_of(client));
  return true;
}

void client_turn(sim_client *client) {
  sim_process *process = &client->process;
  bool more = true;
  if (!process->alive || !tick(client)) return;
  for (unsigned rounds = 0; more && !process->world->stopped; rounds++) {
    more = false;
    process->failures_seen = process->memory.failures;
    if (!take_events(client, &more) || !store_records(client, &more)) return;
    if (!write_output(client, &more) || !follow_wants(client, &more)) return;
    if (rounds == ROUNDS_MOST) sim_fail(process->world, "a client's turn does not end");
  }
  if (is_busy(client)) process_wake(process, client->busy_until);
  process_wake_by(process, ep_client_deadline(client->core));
}
