/* Floor 4, machine. From input to effect: commands go to the sequencer, come back in the order of
 * all, are applied to the registry, and what that led to is told to the connections concerned. Read
 * first: server_internal.h, delivery/registry.h. */
#include "machine/server_internal.h"

void ep_server_submit(ep_server_conn *conn, ep_command *command) {
  ep_server *server = conn->server;
  command->link = conn->id;
  command->now_ms = server->now_ms;
  ep_buffer *out = ep_sequencer_begin(&server->order.sequencer);
  if (out != NULL) ep_command_encode(out, command);
  if (out == NULL || !ep_sequencer_submit(&server->order.sequencer)) {
    EP_ASSERT(command->kind != EP_COMMAND_LEAVE); /* ep_sequencer_local_reserve */
    EP_ASSERT(server->later.conn == NULL); /* EP-ERR-5: not confirmed, and the connection goes */
    server->later = (ep_server_later){conn, EP_SERVER_IN_FAILED};
  }
}

static void on_joined(ep_server *server, const ep_outcome *outcome) {
  ep_server_conn *conn = ep_server_conn_of(server, outcome->link);
  if (conn == NULL || conn->machine.state != EP_SERVER_JOINING) return;
  conn->account = outcome->account;
  outcome->account->user = conn;
  ep_message known = {.known = outcome->known};
  ep_server_step(conn, EP_SERVER_IN_JOINED, &known);
  ep_server_count(server, EP_COUNTER_JOINED, 1);
  if (!outcome->takeover) ep_server_tell_arrival(server, outcome->account); /* EP-TAKE-3 */
}

static void on_refused(ep_server *server, const ep_outcome *outcome) {
  ep_server_conn *conn = ep_server_conn_of(server, outcome->link);
  if (conn == NULL) return;
  conn->trouble = outcome->error;
  ep_server_step(conn, EP_SERVER_IN_REFUSED, NULL);
}

/* EP-TAKE-1 */
static void on_replaced(ep_server *server, const ep_outcome *outcome) {
  ep_server_conn *conn = ep_server_conn_of(server, outcome->link);
  if (conn == NULL) return;
  conn->account = NULL;
  ep_server_count(server, EP_COUNTER_REPLACED, 1);
  ep_server_step(conn, EP_SERVER_IN_REPLACED, NULL);
}

static void on_failed(ep_server *server, const ep_outcome *outcome) {
  ep_server_conn *conn = ep_server_conn_of(server, outcome->link);
  if (conn != NULL) ep_server_step(conn, EP_SERVER_IN_FAILED, NULL);
}

static ep_server_conn *conn_of_account(const ep_account *account) {
  return account->link == 0 ? NULL : account->user;
}

/* EP-RECV-10, EP-ROUTE-2: before anything that the message leads to. */
static void on_confirm_uid(const ep_outcome *outcome) {
  ep_server_conn *conn = conn_of_account(outcome->account);
  if (conn == NULL) return;
  ep_message message = {.action = EP_ACTION_MESSAGE_CONFIRM, .has = EP_HAS_UID};
  message.uid_json = outcome->uid_json;
  ep_server_write(conn, &message);
}

/* EP-RECV-4 */
static void on_retry(const ep_outcome *outcome) {
  ep_server_conn *conn = conn_of_account(outcome->account);
  if (conn == NULL || conn->version != 2) return;
  ep_message message = {.action = EP_ACTION_MESSAGE_RETRY, .id = outcome->id, .has = EP_HAS_ID};
  ep_server_write(conn, &message);
}

static void on_note(ep_server *server, const ep_outcome *outcome) {
  ep_server_count(server, outcome->counter, outcome->count);
  struct ep_server_note *note = &server->notes[server->note_next++ % EP_NOTES];
  if (server->note_next - server->note_first > EP_NOTES) server->note_first++;
  memset(note, 0, sizeof *note);
  note->counter = outcome->counter;
  note->error = outcome->error;
  note->count = outcome->count;
  if (outcome->account != NULL) {
    note->client_len = (uint8_t)outcome->account->id.len;
    memcpy(note->client, outcome->account->id.data, note->client_len);
  }
  if (outcome->uid_json.len < 2) return;
  size_t uid_len = outcome->uid_json.len - 2; /* without its quotes */
  note->uid_len = (uint8_t)(uid_len > EP_LIMIT_UID ? EP_LIMIT_UID : uid_len);
  memcpy(note->uid, outcome->uid_json.data + 1, note->uid_len);
}

static void on_account(ep_server *server, const ep_outcome *outcome) {
  ep_server_conn *conn = conn_of_account(outcome->account);
  switch (outcome->kind) {
    case EP_OUTCOME_CONFIRM:
      if (conn != NULL) conn->confirm_due = true;
      break;
    case EP_OUTCOME_CONFIRM_UID: on_confirm_uid(outcome); break;
    case EP_OUTCOME_RETRY: on_retry(outcome); break;
    case EP_OUTCOME_LEFT: ep_server_tell_departure(server, outcome->account); break;
    case EP_OUTCOME_SESSION: ep_server_tell_session(server, outcome->account); break;
    default: EP_ASSERT(outcome->kind == EP_OUTCOME_MAIL); break;
  }
  if (conn != NULL) ep_server_mark(conn);
}

static void act_on(ep_server *server, const ep_outcome *outcome) {
  switch (outcome->kind) {
    case EP_OUTCOME_JOINED: on_joined(server, outcome); break;
    case EP_OUTCOME_REFUSED: on_refused(server, outcome); break;
    case EP_OUTCOME_REPLACED: on_replaced(server, outcome); break;
    case EP_OUTCOME_FAILED: on_failed(server, outcome); break;
    case EP_OUTCOME_NOTE: on_note(server, outcome); break;
    default: on_account(server, outcome); break;
  }
}

static bool step_later(ep_server *server) {
  ep_server_later later = server->later;
  if (later.conn == NULL) return false;
  server->later.conn = NULL;
  ep_server_step(later.conn, later.input, NULL);
  return true;
}

void ep_server_run(ep_server *server) {
  ep_bytes command;
  do {
    while (ep_sequencer_next(&server->order.sequencer, &command)) {
      ep_registry_apply(server->registry, command);
      ep_outcome outcome;
      while (ep_registry_next_outcome(server->registry, &outcome)) act_on(server, &outcome);
    }
  } while (step_later(server));
}
