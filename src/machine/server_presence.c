/* Floor 4, machine. Who hears of whom: presence events and lists.
 * An event is rendered once in each form and copied to all who want it; who does not read fast
 * enough gets one list later instead. Read first: server_internal.h, spec/protocol.md chapter 10.
 */
#include "machine/server_internal.h"

/* A list is not longer than about this, however large the sessions: a frame that can be read. */
#define EP_LIST_BYTES (EP_LIMIT_OUTPUT / 16)
#define EP_LIST_TIGHT (EP_LIMIT_OUTPUT / 64)

/* EP-PRES-5 */
static bool wants(const ep_server_conn *conn, const ep_account *about) {
  if (conn->version == 1) return true;
  return ep_registry_matches(conn->server->registry, about, &conn->presence);
}

static bool is_slow(ep_server_conn *conn) {
  uint64_t most = ep_memory_allow(&conn->server->memory, EP_LIMIT_OUTPUT, 256);
  if (!conn->stale && ep_buffer_len(&conn->pending) <= most) return false;
  if (!conn->stale) ep_server_reached(conn->server, EP_BOUND_OUTPUT);
  conn->stale = true; /* EP-PRES-6 */
  ep_server_count(conn->server, EP_COUNTER_PRESENCE_SKIPPED, 1);
  return true;
}

static void tell(ep_server *server, const ep_account *about, const ep_message *message,
                 bool also_itself) {
  for (ep_server_conn *conn = server->watchers.first; conn != NULL;
       conn = conn->links[EP_LINK_WATCH].next) {
    if (conn->account == about && !also_itself) continue;
    if (!wants(conn, about) || is_slow(conn)) continue;
    ep_server_write(conn, message);
  }
}

/* EP-PRES-1 */
void ep_server_tell_arrival(ep_server *server, const ep_account *account) {
  ep_message message = {.action = EP_ACTION_CLIENT_CONNECT, .client = account->id};
  message.payload_json = ep_buffer_bytes(&account->session);
  message.has = EP_HAS_PAYLOAD;
  tell(server, account, &message, false);
}

/* EP-PRES-2 */
void ep_server_tell_departure(ep_server *server, const ep_account *account) {
  ep_message message = {.action = EP_ACTION_CLIENT_DISCONNECT, .client = account->id};
  tell(server, account, &message, false);
}

/* EP-PRES-3 */
void ep_server_tell_session(ep_server *server, const ep_account *account) {
  ep_message message = {.action = EP_ACTION_SESSION_UPDATE, .client = account->id};
  message.connected = account->link != 0;
  message.payload_json = ep_buffer_bytes(&account->session);
  message.has = EP_HAS_PAYLOAD;
  tell(server, account, &message, true);
}

static void append_entry(ep_buffer *out, const ep_account *account) {
  ep_buffer_append_literal(out, "{\"uuid\":");
  ep_buffer_append_json_string(out, account->id);
  if (account->link != 0)
    ep_buffer_append_literal(out, ",\"state\":\"connected\",\"session\":");
  else
    ep_buffer_append_literal(out, ",\"state\":\"disconnected\",\"session\":");
  ep_buffer_append(out, ep_buffer_bytes(&account->session));
  ep_buffer_append_byte(out, '}');
}

static bool is_listed(const ep_server *server, const ep_account *account,
                      const ep_selector *selector) {
  return selector == NULL || ep_registry_matches(server->registry, account, selector);
}

/* More than may be listed: those who are away are left out first. */
static uint64_t count_listed(const ep_server *server, const ep_selector *selector) {
  uint64_t count = 0;
  for (uint32_t i = 0; i < ep_registry_count(server->registry); i++)
    if (is_listed(server, ep_registry_account(server->registry, i), selector)) count++;
  return count;
}

/* EP-PRES-4 */
void ep_server_write_list(ep_server_conn *conn, const ep_selector *selector) {
  ep_server *server = conn->server;
  uint64_t matching = count_listed(server, selector), listed = 0;
  bool only_present = matching > EP_LIMIT_LISTED;
  if (only_present) ep_server_reached(server, EP_BOUND_LISTED);
  uint64_t most = ep_memory_is_tight(&server->memory) ? EP_LIST_TIGHT : EP_LIST_BYTES;
  ep_buffer *work = &server->work;
  ep_buffer_clear(work);
  ep_buffer_append_byte(work, '[');
  for (uint32_t i = 0; i < ep_registry_count(server->registry); i++) {
    const ep_account *account = ep_registry_account(server->registry, i);
    if (only_present && account->link == 0) continue;
    if (!is_listed(server, account, selector)) continue;
    if (listed == EP_LIMIT_LISTED || ep_buffer_len(work) >= most) break;
    if (listed++ > 0) ep_buffer_append_byte(work, ',');
    append_entry(work, account);
  }
  ep_buffer_append_byte(work, ']');
  ep_message message = {.action = EP_ACTION_CLIENTS_LIST, .has = EP_HAS_PAYLOAD};
  message.payload_json = ep_buffer_bytes(work);
  message.count = matching - listed;
  if (work->failed)
    conn->pending.failed = true; /* EP-ERR-5: it is closed */
  else
    ep_server_write(conn, &message);
  ep_server_mark(conn);
}
