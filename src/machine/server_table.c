/* Floor 4, machine. The guards and actions of the server machine, by the names of its table, and
 * the table itself, made of gen/server_machine.h. An action writes and submits; the next state is
 * the table's. Read first: spec/protocol.md chapter 15, server_internal.h. */
#include "base/secret.h"
#include "machine/server_internal.h"

/* ---- Guards ---- */

static bool always(ep_server_conn *conn, const ep_message *message) {
  (void)conn, (void)message;
  return true;
}

/* EP-SEC-4; EP-SEC-2: EP/1 cannot show a token. */
static bool may_speak_v1(ep_server_conn *conn, const ep_message *message) {
  (void)message;
  const ep_server *server = conn->server;
  return !conn->lossy && (conn->local || server->config.v1_remote) &&
         ep_buffer_len(&server->token) == 0;
}

static bool is_auth(ep_server_conn *conn, const ep_message *message) {
  (void)conn;
  return message->action == EP_ACTION_AUTH;
}

/* EP-ERR-3 */
static bool malformed_allowed(ep_server_conn *conn, const ep_message *message) {
  (void)message;
  return conn->malformed < EP_LIMIT_MALFORMED;
}

static bool speaks_v1(ep_server_conn *conn, const ep_message *message) {
  (void)message;
  return conn->version == 1;
}

/* EP-AUTH-9 */
static bool same_client(ep_server_conn *conn, const ep_message *message) {
  const ep_account *account = conn->account;
  ep_bytes instance = ep_bytes_of(account->instance, account->instance_len);
  return ep_bytes_equal(account->id, message->client) &&
         (conn->version == 1 || ep_bytes_equal(instance, message->instance));
}

static bool is_unconfirmed(ep_server_conn *conn, const ep_message *message) {
  uint64_t slot;
  return ep_outbox_slot_of(&conn->account->down, message->id, &slot) &&
         ep_outbox_at(&conn->account->down, slot) != NULL;
}

static bool has_id(ep_server_conn *conn, const ep_message *message) {
  (void)conn;
  return (message->has & EP_HAS_ID) != 0;
}

/* ---- Before authentication ---- */

static void ignore(ep_server_conn *conn, const ep_message *message) { (void)conn, (void)message; }

/* The core takes no bytes of a connection that is joining (EP-AUTH-8), so this is never reached by
 * a frame; the cell is defined all the same. */
static void defer(ep_server_conn *conn, const ep_message *message) { (void)conn, (void)message; }

static void ignore_early(ep_server_conn *conn, const ep_message *message) {
  (void)message;
  ep_server_count(conn->server, EP_COUNTER_EARLY, 1);
}

/* EP-SEC-2, EP-SEC-3. A server without a token takes any. */
static bool is_token(const ep_server *server, ep_bytes shown) {
  ep_bytes token = ep_buffer_bytes(&server->token);
  return token.len == 0 || ep_equal_in_constant_time(token, shown);
}

static void refuse_later(ep_server_conn *conn, ep_error error) {
  conn->trouble = error;
  conn->server->later = (ep_server_later){conn, EP_SERVER_IN_REFUSED};
}

/* EP-ERR-5: there is no memory to do what it asks. */
static void fail_later(ep_server_conn *conn) {
  conn->server->later = (ep_server_later){conn, EP_SERVER_IN_FAILED};
}

/* EP-PRES-5 */
static ep_status take_presence(ep_server_conn *conn, const ep_message *message) {
  conn->wants_presence = conn->version == 1 || message->presence_json.len > 0;
  if (message->presence_json.len == 0 || conn->version == 1) return EP_OK;
  return ep_selector_compile(&conn->presence, message->presence_json);
}

/* EP-AUTH-2 */
static void join(ep_server_conn *conn, const ep_message *message) {
  ep_server *server = conn->server;
  conn->version = message->version >= 2 ? 2 : 1;
  conn->window = (message->has & EP_HAS_WINDOW) != 0 ? message->window : EP_LIMIT_WINDOW;
  if (conn->window == 0) conn->window = 1;
  ep_status presence = take_presence(conn, message);
  if (presence == EP_NO_MEMORY) {
    fail_later(conn);
    return;
  }
  if (presence != EP_OK) {
    refuse_later(conn, EP_ERROR_BAD_AUTH);
    return;
  }
  bool no_digest = message->secret.len > 0 && server->around.digest == NULL;
  if (no_digest || !is_token(server, message->token)) {
    refuse_later(conn, EP_ERROR_UNAUTHORIZED); /* EP-SEC-2 */
    return;
  }
  ep_command command = {.kind = EP_COMMAND_JOIN, .version = conn->version, .id = conn->number};
  command.client = message->client;
  if (conn->version == 2) {
    command.instance = message->instance;
    command.epoch = message->epoch;
    command.expect = message->expect;
    command.has_epoch_expect = message->epoch.len > 0;
    command.has_secret = message->secret.len > 0;
    if (command.has_secret)
      server->around.digest(server->around.context, command.secret, message->secret);
  }
  ep_server_submit(conn, &command);
}

static void refuse_v1(ep_server_conn *conn, const ep_message *message) {
  (void)message;
  ep_server_note(conn, EP_COUNTER_REFUSED_AUTH, EP_ERROR_VERSION);
}

/* EP-AUTH-5 */
static void refuse_bad_auth(ep_server_conn *conn, const ep_message *message) {
  if (conn->version == 0) conn->version = message->version >= 2 ? 2 : 1;
  ep_server_write_error(conn, EP_ERROR_BAD_AUTH, NULL);
  ep_server_note(conn, EP_COUNTER_REFUSED_AUTH, EP_ERROR_BAD_AUTH);
}

static void count_malformed(ep_server_conn *conn, const ep_message *message) {
  (void)message;
  conn->malformed++;
  ep_server_count(conn->server, EP_COUNTER_MALFORMED, 1);
}

static void count_over_limit(ep_server_conn *conn, const ep_message *message) {
  (void)message;
  ep_server_count(conn->server, EP_COUNTER_TOO_LARGE, 1);
}

static void submit_refusal(ep_server_conn *conn, const ep_message *message, ep_error error);

/* EP-ERR-4; EP-LIM-3 for a message with too many members: its uid can be read. */
static void count_invalid(ep_server_conn *conn, const ep_message *message) {
  if (message->action == EP_ACTION_MESSAGE_NEW)
    submit_refusal(conn, message, EP_ERROR_BAD_MESSAGE);
  else
    ep_server_count(conn->server, EP_COUNTER_INVALID, 1);
}

static void count_unknown(ep_server_conn *conn, const ep_message *message) {
  (void)message;
  ep_server_count(conn->server, EP_COUNTER_UNKNOWN, 1);
}

static void cut(ep_server_conn *conn, const ep_message *message) { (void)conn, (void)message; }

static void leave(ep_server_conn *conn, const ep_message *message) { (void)conn, (void)message; }

static void abandon(ep_server_conn *conn, const ep_message *message) {
  (void)message;
  conn->abandoned = true; /* EP-TIME-5 */
  ep_server_mark(conn);
}

/* ---- Joining ---- */

static void write_auth_reply(ep_server_conn *conn, bool known) {
  ep_server *server = conn->server;
  ep_message reply = {.action = EP_ACTION_AUTH, .known = known, .version = conn->version};
  if (conn->version == 2) { /* EP-NEG-3; EP-NEG-2: nothing of it for EP/1 */
    ep_buffer *work = &server->work;
    ep_buffer_clear(work);
    ep_buffer_append_literal(work, "{\"frame\":");
    ep_buffer_append_u64(work, server->config.frame);
    ep_buffer_append_literal(work, ",\"depth\":");
    ep_buffer_append_u64(work, server->config.depth);
    ep_buffer_append_literal(work, ",\"session\":");
    ep_buffer_append_u64(work, server->config.session);
    ep_buffer_append_byte(work, '}');
    conn->pending.failed |= work->failed;
    reply.epoch = ep_registry_epoch(server->registry);
    reply.expect = conn->account->up.expected;
    reply.window = server->config.window;
    reply.limits_json = ep_buffer_bytes(work);
    reply.has = EP_HAS_EXPECT | EP_HAS_WINDOW;
  }
  ep_server_write(conn, &reply);
  conn->bare = conn->version == 2; /* EP-FRAME-5, from the next frame on */
}

/* EP-AUTH-6, EP-SEC-5; the items follow, as every connection that is marked gets what its mailbox
 * holds. */
static void welcome(ep_server_conn *conn, bool known) {
  ep_server *server = conn->server;
  ep_frame_reader_set_limit(&conn->reader, server->config.frame, (unsigned)server->config.depth);
  write_auth_reply(conn, known);
  if (!conn->wants_presence) return;
  ep_conn_list_put(&server->watchers, conn, EP_LINK_WATCH, server->now_ms);
  ep_server_write_list(conn, conn->version == 2 ? &conn->presence : NULL);
}

static void welcome_v1(ep_server_conn *conn, const ep_message *message) {
  welcome(conn, message->known);
}

static void welcome_v2(ep_server_conn *conn, const ep_message *message) {
  conn->account->down.repeat_at = EP_NEVER;
  if (conn->lossy)
    ep_conn_list_put(&conn->server->lossy, conn, EP_LINK_LOSSY, conn->server->now_ms);
  welcome(conn, message->known);
}

static void welcome_again(ep_server_conn *conn, const ep_message *message) {
  (void)message;
  write_auth_reply(conn, true);
}

/* EP-AUTH-7 */
static void say_refused(ep_server_conn *conn, const ep_message *message) {
  (void)message;
  ep_server_write_error(conn, conn->trouble, NULL);
  ep_server_note(conn, EP_COUNTER_REFUSED_AUTH, conn->trouble);
}

/* EP-AUTH-10 */
static void refuse_other(ep_server_conn *conn, const ep_message *message) {
  (void)message;
  ep_server_write_error(conn, EP_ERROR_OTHER_CLIENT, NULL);
  ep_server_note(conn, EP_COUNTER_REFUSED_AUTH, EP_ERROR_OTHER_CLIENT);
}

/* ---- Serving ---- */

/* An item that is not taken: EP/2 learns it by an item of its own, EP/1 by its confirm alone. */
static void submit_refusal(ep_server_conn *conn, const ep_message *message, ep_error error) {
  bool has_uid = (message->has & EP_HAS_UID) != 0;
  bool has_number = (message->has & EP_HAS_ID) != 0;
  if (conn->version == 2 && !has_number) { /* EP-ROUTE-3: it has no place in the stream */
    ep_server_write_error(conn, error, message);
    ep_server_count(conn->server, EP_COUNTER_INVALID, 1);
    return;
  }
  if (conn->version == 1 && !has_uid) {
    ep_server_count(conn->server, EP_COUNTER_INVALID, 1);
    return;
  }
  ep_command command = {.kind = EP_COMMAND_REFUSE, .error = error};
  command.id = has_number ? message->id : EP_NEVER;
  if (has_uid) {
    command.uid = message->uid;
    command.uid_json = message->uid_json;
  }
  ep_server_submit(conn, &command);
}

/* EP-SESS-4 */
static bool is_good_session(ep_server *server, ep_bytes session) {
  if (session.len > server->config.session) ep_server_reached(server, EP_BOUND_SESSION);
  if (session.len > ep_memory_allow(&server->memory, server->config.session, 4096)) return false;
  ep_json *json = (ep_json *)&server->scratch.json;
  ep_json_member member;
  unsigned count = 0;
  ep_json_members_begin(json, EP_JSON_DEPTH_MAX);
  while (ep_json_members_next(json, &member, session)) count++;
  if (count > EP_LIMIT_MEMBERS) ep_server_reached(server, EP_BOUND_MEMBERS);
  return count <= EP_LIMIT_MEMBERS;
}

/* EP-SESS-1, EP-SESS-2 */
static void submit_session(ep_server_conn *conn, const ep_message *message) {
  if (!is_good_session(conn->server, message->payload_json)) {
    if (conn->version == 2) {
      submit_refusal(conn, message, EP_ERROR_BAD_SESSION);
    } else {
      ep_server_count(conn->server, EP_COUNTER_OVER_LIMIT, 1);
      ep_server_refused(conn->server, EP_ERROR_BAD_SESSION);
    }
    return;
  }
  ep_command command = {.kind = EP_COMMAND_SESSION, .json = message->payload_json};
  command.id = message->id;
  ep_server_submit(conn, &command);
}

static void answer_list(ep_server_conn *conn, const ep_message *message) {
  if (conn->version == 1 || message->to_kind != EP_TO_SELECTOR) {
    ep_server_write_list(conn, NULL);
    return;
  }
  ep_selector selector;
  ep_selector_init(&selector, &conn->server->around.allocator);
  ep_status status = ep_selector_compile(&selector, message->to_json);
  if (status == EP_OK)
    ep_server_write_list(conn, &selector);
  else if (status == EP_NO_MEMORY)
    fail_later(conn);
  else
    ep_server_write_error(conn, EP_ERROR_BAD_TO, NULL);
  ep_selector_free(&selector);
}

/* EP-RECV-1; EP-ADDR-3 and EP-ROUTE-3 for what cannot be routed. */
static void submit_message(ep_server_conn *conn, const ep_message *message) {
  bool numbered = (message->has & EP_HAS_ID) != 0;
  bool named = (message->has & EP_HAS_UID) != 0;
  if (!numbered || !named) {
    submit_refusal(conn, message, EP_ERROR_BAD_MESSAGE);
    return;
  }
  if (message->to_kind != EP_TO_CLIENT && message->to_kind != EP_TO_SELECTOR) {
    submit_refusal(conn, message, EP_ERROR_BAD_TO);
    return;
  }
  ep_command command = {.kind = EP_COMMAND_MESSAGE, .id = message->id, .uid = message->uid};
  command.uid_json = message->uid_json;
  command.to_kind = message->to_kind;
  command.to = message->to;
  command.to_json = message->to_json;
  command.receipt = message->receipt && conn->version == 2;
  if ((message->has & EP_HAS_PAYLOAD) != 0) command.json = message->payload_json;
  ep_server_submit(conn, &command);
}

/* EP-LIM-3 */
static void submit_over_limit(ep_server_conn *conn, const ep_message *message) {
  if (message->action == EP_ACTION_MESSAGE_NEW || message->action == EP_ACTION_SESSION_UPDATE) {
    submit_refusal(conn, message, conn->trouble);
    return;
  }
  ep_server_write_error(conn, conn->trouble, NULL);
  ep_server_count(conn->server, EP_COUNTER_OVER_LIMIT, 1);
}

static void refuse_invalid(ep_server_conn *conn, const ep_message *message) {
  ep_error error = conn->trouble == EP_ERROR_NONE ? EP_ERROR_BAD_MESSAGE : conn->trouble;
  bool item =
      message->action == EP_ACTION_SESSION_UPDATE || message->action == EP_ACTION_MESSAGE_NEW;
  if (item) {
    submit_refusal(conn, message, error); /* EP-ERR-7: if it has an id, that is used up */
    return;
  }
  ep_server_write_error(conn, error, message);
  ep_server_count(conn->server, EP_COUNTER_INVALID, 1);
}

/* EP-SEND-4, EP-SEND-5 */
static void submit_confirm(ep_server_conn *conn, const ep_message *message) {
  bool numbered = (message->has & EP_HAS_ID) != 0;
  if (numbered != (conn->version == 2)) {
    refuse_invalid(conn, message);
    return;
  }
  ep_command command = {.kind = numbered ? EP_COMMAND_CONFIRM_ID : EP_COMMAND_CONFIRM_UID};
  command.id = message->id;
  command.uid = message->uid;
  ep_server_submit(conn, &command);
}

/* EP-SEND-6; what was not yet written on this connection comes in its turn. */
static void repeat_item(ep_server_conn *conn, const ep_message *message) {
  uint64_t slot;
  bool there = ep_outbox_slot_of(&conn->account->down, message->id, &slot);
  EP_ASSERT(there);
  if (slot >= conn->account->down.cursor) return;
  ep_server_write_item(conn, slot);
  ep_server_count(conn->server, EP_COUNTER_REPEATS, 1);
  ep_server_mark(conn);
}

static void refuse_unknown_id(ep_server_conn *conn, const ep_message *message) {
  ep_server_write_error(conn, EP_ERROR_UNKNOWN_ID, message);
}

static void repeat_unconfirmed(ep_server_conn *conn, const ep_message *message) {
  (void)message;
  ep_server_repeat(conn);
}

/* EP-TIME-2 */
static void answer_ping(ep_server_conn *conn, const ep_message *message) {
  ep_message pong = {.action = EP_ACTION_PONG, .has = message->has & EP_HAS_PAYLOAD};
  pong.payload_json = message->payload_json;
  ep_server_write(conn, &pong);
}

static void ping_peer(ep_server_conn *conn, const ep_message *message) {
  (void)message;
  ep_message ping = {.action = EP_ACTION_PING};
  ep_server_write(conn, &ping);
}

static void note_error(ep_server_conn *conn, const ep_message *message) {
  ep_server_note(conn, EP_COUNTER_INVALID, message->code);
}

static void refuse_unknown(ep_server_conn *conn, const ep_message *message) {
  (void)message;
  ep_server_count(conn->server, EP_COUNTER_UNKNOWN, 1);
  ep_server_write_error(conn, EP_ERROR_UNKNOWN_ACTION, NULL);
}

static void refuse_malformed(ep_server_conn *conn, const ep_message *message) {
  (void)message;
  ep_server_note(conn, EP_COUNTER_MALFORMED, EP_ERROR_MALFORMED);
  ep_server_write_error(conn, EP_ERROR_MALFORMED, NULL);
}

static void refuse_too_large(ep_server_conn *conn, const ep_message *message) {
  count_over_limit(conn, message);
  ep_server_write_error(conn, EP_ERROR_TOO_LARGE, NULL);
}

static void say_replaced(ep_server_conn *conn, const ep_message *message) {
  (void)message;
  ep_server_write_error(conn, EP_ERROR_REPLACED, NULL);
}

static void say_failed(ep_server_conn *conn, const ep_message *message) {
  (void)message;
  ep_server_write_error(conn, EP_ERROR_FAILED, NULL);
}

static void say_idle(ep_server_conn *conn, const ep_message *message) {
  (void)message;
  ep_server_write_error(conn, EP_ERROR_IDLE, NULL);
}

static void say_shutdown(ep_server_conn *conn, const ep_message *message) {
  (void)message;
  ep_server_write_error(conn, EP_ERROR_SHUTDOWN, NULL);
}

/* ---- The table ---- */

static void moved(void *context, const ep_machine_move *move) {
  const ep_server_conn *conn = context;
  ep_bytes client = conn->account != NULL ? conn->account->id : EP_NOTHING;
  ep_machine_trace(&conn->server->around, conn->id, client, move);
}

#define WRAP_GUARD(name) EP_MACHINE_GUARD(guard_##name, name)
#define WRAP_ACTION(name) EP_MACHINE_ACTION(action_##name, name)
EP_SERVER_GUARDS(WRAP_GUARD)
EP_SERVER_ACTIONS(WRAP_ACTION)

static const ep_machine_row rows[] = {
#define ROW(from, on, guard_name, action_name, to, ids, at) \
  {.guard = guard_##guard_name,                             \
   .action = action_##action_name,                          \
   .state = EP_SERVER_##from,                               \
   .input = EP_SERVER_IN_##on,                              \
   .next = EP_SERVER_##to,                                  \
   .line = at,                                              \
   .requirement = ids},
    EP_SERVER_ROWS(ROW)
#undef ROW
};

static const ep_machine_cell cells[] = {
#define CELL(state, input, first, count) {first, count},
    EP_SERVER_CELLS(CELL)
#undef CELL
};

static const char *const states[] = {
#define STATE(name, text) text,
    EP_SERVER_STATES(STATE)
#undef STATE
};

static const char *const inputs[] = {
#define INPUT(name, text) text,
    EP_SERVER_INPUTS(INPUT)
#undef INPUT
};

const ep_machine_rules ep_server_rules = {
    .rows = rows,
    .cells = cells,
    .states = states,
    .inputs = inputs,
    .state_count = EP_SERVER_STATE_COUNT,
    .input_count = EP_SERVER_INPUT_COUNT,
    .moved = moved,
};
