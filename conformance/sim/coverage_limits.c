/* epigeon-sim --coverage: the limits and counters of the streams. Like coverage_wrap.c: between the
 * cores and some of their functions; looks, and changes nothing.
 * Read first: coverage_wrap.c. */
#include "delivery/registry_internal.h"
#include "machine/client_internal.h"
#include "machine/server_internal.h"
#include "sim/coverage.h"

typedef enum limit {
#define LIMIT(name, text, value, unit, full) LIMIT_##name,
  EP_LIMITS(LIMIT)
#undef LIMIT
} limit;

static void reach_limit(limit which) { coverage_reach(COVERAGE_LIMIT, which); }

/* ---- Connections, and the turns of the server ---- */

ep_status __real_ep_server_accept(ep_server *server, ep_conn *out, const ep_peer *peer,
                                  uint64_t now_ms);
ep_status __wrap_ep_server_accept(ep_server *server, ep_conn *out, const ep_peer *peer,
                                  uint64_t now_ms);
ep_bytes __real_ep_server_records(ep_server *server);
ep_bytes __wrap_ep_server_records(ep_server *server);
void __real_ep_server_committed(ep_server *server, bool stored, uint64_t now_ms);
void __wrap_ep_server_committed(ep_server *server, bool stored, uint64_t now_ms);

ep_status __wrap_ep_server_accept(ep_server *server, ep_conn *out, const ep_peer *peer,
                                  uint64_t now_ms) {
  ep_status status = __real_ep_server_accept(server, out, peer, now_ms);
  bool full = server->connections >= server->config.connections;
  if (coverage_is_on() && status == EP_FULL && full) reach_limit(LIMIT_CONNECTIONS);
  return status;
}

/* Counters only grow while a server lives. */
static void note_counters(const ep_server *server) {
  static const ep_server *last;
  static uint64_t before[EP_COUNTER_COUNT];
  const char *names[EP_COUNTER_COUNT];
  uint64_t values[EP_COUNTER_COUNT];
  size_t count = ep_server_counters(server, names, values, EP_COUNTER_COUNT);
  for (size_t i = 0; i < count; i++) {
    bool moved = server != last || values[i] != before[i];
    if (moved && values[i] > 0) coverage_reach(COVERAGE_COUNTER, (unsigned)i);
    if (moved && values[i] > 0 && i == EP_COUNTER_PRESENCE_SKIPPED) reach_limit(LIMIT_OUTPUT);
    if (moved && values[i] > 0 && i == EP_COUNTER_GAPS_RELEASED)
      coverage_reach(COVERAGE_TIMER, EP_TIMER_GAP_WAIT);
    before[i] = values[i];
  }
  last = server;
}

ep_bytes __wrap_ep_server_records(ep_server *server) {
  bool waited = server->settle_since_ms != EP_NEVER;
  uint64_t wait_ms = waited ? server->now_ms - server->settle_since_ms : 0;
  ep_bytes records = __real_ep_server_records(server);
  if (!coverage_is_on()) return records;
  if (waited && wait_ms >= EP_TIMER_SETTLE_MS && server->settle_since_ms == EP_NEVER)
    coverage_reach(COVERAGE_TIMER, EP_TIMER_SETTLE);
  return records;
}

void __wrap_ep_server_committed(ep_server *server, bool stored, uint64_t now_ms) {
  __real_ep_server_committed(server, stored, now_ms);
  if (coverage_is_on()) note_counters(server);
}

/* ---- Mailboxes and what is parked ---- */

void __real_ep_reg_note(ep_registry *registry, ep_account *account, ep_counter counter,
                        uint64_t count, ep_bytes uid_json);
void __wrap_ep_reg_note(ep_registry *registry, ep_account *account, ep_counter counter,
                        uint64_t count, ep_bytes uid_json);

/* Of two limits that have one answer, the one that is narrower than its default, or that is
 * reached. */
static void note_either(bool narrower, bool reached, limit items, limit bytes) {
  if (!narrower || reached) reach_limit(items);
  if (narrower && !reached) reach_limit(bytes);
}

static bool has_full_mailbox(const ep_registry *registry) {
  for (uint32_t i = 0; i < registry->count; i++) {
    const ep_outbox *down = &registry->accounts[i]->down;
    if (ep_outbox_count(down) - down->notices >= registry->config.mailbox) return true;
  }
  return false;
}

void __wrap_ep_reg_note(ep_registry *registry, ep_account *account, ep_counter counter,
                        uint64_t count, ep_bytes uid_json) {
  __real_ep_reg_note(registry, account, counter, count, uid_json);
  if (!coverage_is_on()) return;
  const ep_registry_config *config = &registry->config;
  if (counter == EP_COUNTER_MAILBOX_REFUSED) {
    note_either(config->mailbox_bytes < EP_LIMIT_MAILBOX_BYTES, has_full_mailbox(registry),
                LIMIT_MAILBOX, LIMIT_MAILBOX_BYTES);
    if (account->version == 1) coverage_reach(COVERAGE_TIMER, EP_TIMER_MAILBOX_WAIT);
  }
  if (counter == EP_COUNTER_PARKED_REFUSED)
    note_either(config->parked_bytes < EP_LIMIT_PARKED_BYTES, registry->parked >= config->parked,
                LIMIT_PARKED, LIMIT_PARKED_BYTES);
}

/* ---- Held, seen ---- */

ep_hold __real_ep_inbox_hold(ep_inbox *in, uint32_t *dropped, uint64_t id, ep_bytes blob);
ep_hold __wrap_ep_inbox_hold(ep_inbox *in, uint32_t *dropped, uint64_t id, ep_bytes blob);
uint32_t __real_ep_seen_add(ep_seen *seen, const uint8_t print[16]);
uint32_t __wrap_ep_seen_add(ep_seen *seen, const uint8_t print[16]);

ep_hold __wrap_ep_inbox_hold(ep_inbox *in, uint32_t *dropped, uint64_t id, ep_bytes blob) {
  bool full = in->count >= in->max_count;
  ep_hold result = __real_ep_inbox_hold(in, dropped, id, blob);
  if (!coverage_is_on()) return result;
  if (result == EP_HOLD_DROPPED || (result == EP_HOLD_KEPT && *dropped > 0))
    reach_limit(full ? LIMIT_HELD : LIMIT_HELD_BYTES);
  return result;
}

uint32_t __wrap_ep_seen_add(ep_seen *seen, const uint8_t print[16]) {
  if (coverage_is_on() && seen->total >= seen->max) reach_limit(LIMIT_DEDUP);
  return __real_ep_seen_add(seen, print);
}

/* ---- Clients ---- */

ep_status __real_ep_client_send(ep_client *client, const ep_send *send, char uid[37],
                                uint64_t now_ms);
ep_status __wrap_ep_client_send(ep_client *client, const ep_send *send, char uid[37],
                                uint64_t now_ms);
ep_bytes __real_ep_client_output(ep_client *client, uint64_t now_ms);
ep_bytes __wrap_ep_client_output(ep_client *client, uint64_t now_ms);

ep_status __wrap_ep_client_send(ep_client *client, const ep_send *send, char uid[37],
                                uint64_t now_ms) {
  ep_status status = __real_ep_client_send(client, send, uid, now_ms);
  if (coverage_is_on() && status == EP_FULL)
    reach_limit(client->outbox.bytes + send->payload_json.len >= client->outbox_bytes_most
                    ? LIMIT_OUTBOX_BYTES
                    : LIMIT_OUTBOX);
  return status;
}

ep_bytes __wrap_ep_client_output(ep_client *client, uint64_t now_ms) {
  ep_bytes output = __real_ep_client_output(client, now_ms);
  const ep_outbox *box = &client->outbox;
  bool waits = ep_client_in(client, EP_CLIENT_V2) && box->cursor < box->next &&
               box->cursor - box->base >= client->peer_window;
  if (coverage_is_on() && waits && output.len == 0) reach_limit(LIMIT_WINDOW);
  return output;
}
