/* Floor 4, machine. The client's table of transitions, as spec/protocol.md has it: its guards, its
 * small actions, and how gen/client_machine.h becomes the rules that run.
 * Read first: machine/table.h, spec/protocol.md (the client machine). Then: client_resume.c. */
#include "machine/client_internal.h"
#include "wire/number.h"

/* ---- Guards: they only look ---- */

static bool if_always(const ep_client *client, const ep_client_data *data) {
  (void)client, (void)data;
  return true;
}

/* EP-LOST-6: what the reply says does not fit what this client knows. What it has never written, no
 * server can have from it: if this is an old copy of the state, from what it wrote later. */
static bool if_out_of_step(const ep_client *client, const ep_client_data *data) {
  const ep_outbox *box = &client->outbox;
  EP_ASSERT(client->written >= box->base && client->written <= box->next);
  const ep_message *reply = data->message;
  ep_bytes known = ep_bytes_of(client->epoch, client->epoch_len);
  if (client->max_version < 2) return false;
  if (!ep_bytes_equal(reply->epoch, known)) return reply->expect != 0;
  return reply->expect < ep_outbox_id(box, box->base) ||
         reply->expect > ep_outbox_id(box, client->written);
}

static bool if_asked_v2(const ep_client *client, const ep_client_data *data) {
  (void)data;
  return client->max_version >= 2;
}

/* EP-CLI-4: what would be answered in the same way again. */
static bool if_is_final(const ep_client *client, const ep_client_data *data) {
  (void)client;
  switch (data->message->code) {
    case EP_ERROR_BAD_AUTH:
    case EP_ERROR_VERSION:
    case EP_ERROR_UNAUTHORIZED:
    case EP_ERROR_OTHER_CLIENT:
    case EP_ERROR_REPLACED: return true;
    default: return false;
  }
}

static bool if_is_unconfirmed(const ep_client *client, const ep_client_data *data) {
  uint64_t slot;
  if ((data->message->has & EP_HAS_ID) == 0) return false;
  return ep_outbox_slot_of(&client->outbox, data->message->id, &slot);
}

static bool if_has_id(const ep_client *client, const ep_client_data *data) {
  (void)client;
  return (data->message->has & EP_HAS_ID) != 0;
}

/* EP-LOST-11: the server numbers for another instance, a later one than this old copy has. */
static bool if_is_below_resumed(const ep_client *client, const ep_client_data *data) {
  const ep_message *item = data->message;
  return (item->has & EP_HAS_ID) != 0 && item->id < client->resumed_at;
}

/* EP-LOST-10: the server let the item go that comes next: it was confirmed, in a later life of this
 * client than the one that its state remembers. */
static bool if_is_expected_unknown(const ep_client *client, const ep_client_data *data) {
  const ep_message *error = data->message;
  return error->code == EP_ERROR_UNKNOWN_ID && (error->has & EP_HAS_OF) != 0 &&
         error->of == client->inbox.expected;
}

/* ---- Actions: connections ---- */

/* EP-CLI-1 */
void ep_client_do_want_open(ep_client *client, const ep_client_data *data) {
  (void)data;
  ep_buffer_clear(&client->out);
  ep_buffer_clear(&client->control);
  client->want = EP_WANT_OPEN;
  client->reconnect_at = UINT64_MAX;
  client->auth_at = client->now + EP_TIMER_AUTH_MS; /* EP-AUTH-4 */
}

void ep_client_do_rest(ep_client *client, const ep_client_data *data) {
  (void)data;
  client->reconnect_at = UINT64_MAX;
}

/* EP-AUTH-1, EP-NEG-1: the first frame of a connection. */
void ep_client_do_greet(ep_client *client, const ep_client_data *data) {
  (void)data;
  bool first = ep_client_in(client, EP_CLIENT_CONNECTING);
  bool lossy = client->transport == EP_LOSSY;
  if (first) {
    client->open = true;
    ep_client_tell(client, &(ep_event){.type = EP_EVENT_CONNECTED});
  }
  ep_message auth = {.action = EP_ACTION_AUTH, .client = ep_client_id_bytes(client), .version = 1};
  if (client->max_version >= 2) {
    auth.version = 2;
    auth.instance = ep_client_text(client->instance);
    auth.epoch = ep_bytes_of(client->epoch, client->epoch_len);
    auth.expect = client->epoch_len == 0 ? 0 : client->safe;
    if (first) client->resumed_at = auth.expect; /* it can be the one that is answered */
    auth.window = client->window;
    auth.has = EP_HAS_EXPECT | EP_HAS_WINDOW;
    auth.presence_json = client->presence;
    auth.secret = client->secret;
    auth.token = client->token;
  }
  ep_client_write_or_fail(client, &auth);
  uint32_t wait = first ? EP_TIMER_RESEND_MS : client->auth_repeat_ms * 2; /* EP-SEND-7 */
  client->auth_repeat_ms = wait < EP_TIMER_RESEND_MAX_MS ? wait : EP_TIMER_RESEND_MAX_MS;
  client->auth_repeat_at = lossy ? client->now + client->auth_repeat_ms : UINT64_MAX;
}

/* EP-CLI-2, EP-CLI-5. A little less than the table says, so that clients that lost one server
 * together do not come back together. */
static void pause_then_try(ep_client *client) {
  uint32_t wait = client->reconnect_ms;
  client->reconnect_at = client->now + wait - ep_client_random(client) % (wait / 4 + 1);
  client->reconnect_ms =
      wait < EP_TIMER_RECONNECT_MAX_MS / 2 ? wait * 2 : EP_TIMER_RECONNECT_MAX_MS;
}

/* EP-G8-1: a connection that is dead, and the longest pause after it, leave time to deliver. */
_Static_assert(EP_TIMER_IDLE_MS + EP_TIMER_RECONNECT_MAX_MS < EP_TIMER_HEAL_MS, "see EP-G8-1");

/* The transport closed it; or this client gives it up because it cannot go on (ep_client_fail). */
void ep_client_do_back_off(ep_client *client, const ep_client_data *data) {
  (void)data;
  ep_bytes reason = client->failed ? ep_client_text(client->failure) : EP_LITERAL("closed");
  ep_client_end_connection(client, client->failed ? EP_WANT_CLOSE : EP_WANT_NOTHING, reason, false);
  pause_then_try(client);
}

void ep_client_do_start_over(ep_client *client, const ep_client_data *data) {
  EP_ASSERT(data->message != NULL);
  ep_client_rename(client);
  ep_client_end_connection(client, EP_WANT_CLOSE,
                           EP_LITERAL("the server remembers another state of this client"), false);
  pause_then_try(client);
}

/* EP-LOST-10 */
void ep_client_do_start_over_without(ep_client *client, const ep_client_data *data) {
  ep_client_tell_missing(client);
  ep_client_do_start_over(client, data);
}

void ep_client_do_give_up_connection(ep_client *client, const ep_client_data *data) {
  ep_bytes reason = EP_LITERAL("no answer in time");
  if (data != NULL) reason = EP_LITERAL("the server does not speak this protocol");
  if (data != NULL && data->message != NULL && data->message->action == EP_ACTION_BYE) {
    reason = data->message->reason.len != 0 ? data->message->reason : EP_LITERAL("bye");
  }
  ep_client_end_connection(client, EP_WANT_CLOSE, reason, false);
  pause_then_try(client);
}

/* EP-CLI-4 */
void ep_client_do_give_up(ep_client *client, const ep_client_data *data) {
  const ep_message *error = data->message;
  ep_client_tell_error(client, error->code, error->code_name, error->reason, true);
  ep_client_end_connection(client, EP_WANT_CLOSE, error->code_name, false);
}

/* EP-CLI-3 */
void ep_client_do_hang_up(ep_client *client, const ep_client_data *data) {
  (void)data;
  ep_client_end_connection(client, EP_WANT_CLOSE, EP_LITERAL("disconnect"), false);
}

/* EP-TIME-4: what waits to be written may be cut short, but never within a frame: `out` stays. */
void ep_client_do_say_bye(ep_client *client, const ep_client_data *data) {
  (void)data;
  ep_client_write(client, &(ep_message){.action = EP_ACTION_BYE});
  ep_client_end_connection(client, EP_WANT_CLOSE, EP_LITERAL("disconnect"), true);
}

void ep_client_do_ignore(ep_client *client, const ep_client_data *data) {
  (void)client, (void)data; /* EP-ERR-6 */
}

/* ---- Actions: presence, as the application asked to be told (EP-PRES-1 to EP-PRES-4) ---- */

static void tell_presence(ep_client *client, const ep_message *message, ep_event_type type) {
  ep_event event = {.type = type, .client_id = message->client, .json = message->payload_json};
  ep_client_tell(client, &event);
}

void ep_client_do_note_session(ep_client *client, const ep_client_data *data) {
  tell_presence(client, data->message, EP_EVENT_SESSION_UPDATE);
}

void ep_client_do_note_arrival(ep_client *client, const ep_client_data *data) {
  tell_presence(client, data->message, EP_EVENT_CLIENT_CONNECT);
}

void ep_client_do_note_departure(ep_client *client, const ep_client_data *data) {
  tell_presence(client, data->message, EP_EVENT_CLIENT_DISCONNECT);
}

void ep_client_do_note_list(ep_client *client, const ep_client_data *data) {
  const ep_message *list = data->message;
  ep_event event = {
      .type = EP_EVENT_CLIENTS_LIST, .json = list->payload_json, .count = list->count};
  ep_client_tell(client, &event);
}

/* ---- Actions: errors, pings ---- */

/* EP-ERR-1: told to the application, never answered. */
void ep_client_do_note_error(ep_client *client, const ep_client_data *data) {
  const ep_message *error = data->message;
  ep_client_tell_error(client, error->code, error->code_name, error->reason, false);
}

/* EP-SEND-6: the error names the id that was asked for. */
void ep_client_do_refuse_unknown_id(ep_client *client, const ep_client_data *data) {
  ep_message error = {.action = EP_ACTION_ERROR, .code = EP_ERROR_UNKNOWN_ID, .has = EP_HAS_OF};
  error.reason = ep_error_sentence(EP_ERROR_UNKNOWN_ID);
  error.of = data->message->id;
  ep_client_write_or_fail(client, &error);
}

void ep_client_do_refuse_unknown(ep_client *client, const ep_client_data *data) {
  (void)data;
  ep_client_say_error(client, EP_ERROR_UNKNOWN_ACTION); /* EP-ERR-2 */
}

void ep_client_do_refuse_invalid(ep_client *client, const ep_client_data *data) {
  ep_client_say_error(client, data->why == EP_ERROR_NONE ? EP_ERROR_BAD_MESSAGE : data->why);
}

/* EP-LIM-10: if it was an item, it waits at the server, and whoever runs this client must know. */
void ep_client_do_note_over_limit(ep_client *client, const ep_client_data *data) {
  ep_bytes reason =
      EP_LITERAL("The server wrote an object of more members than this client reads.");
  if (data->why == EP_ERROR_TOO_LARGE) {
    reason = EP_LITERAL(
        "The server wrote a frame larger than this client reads; a message in it "
        "waits until the client reads larger ones.");
  } else if (data->why == EP_ERROR_TOO_DEEP) {
    reason = EP_LITERAL(
        "The server wrote JSON nested deeper than this client reads; a message of "
        "it waits until the client reads deeper ones.");
  }
  ep_client_tell_error(client, data->why, EP_NOTHING, reason, false);
}

void ep_client_do_refuse_over_limit(ep_client *client, const ep_client_data *data) {
  ep_client_do_note_over_limit(client, data);
  ep_client_say_error(client, data->why);
}

/* EP-ERR-3 */
void ep_client_do_refuse_malformed(ep_client *client, const ep_client_data *data) {
  (void)data;
  ep_client_say_error(client, EP_ERROR_MALFORMED);
  ep_client_end_connection(client, EP_WANT_CLOSE, ep_error_sentence(EP_ERROR_MALFORMED), true);
  pause_then_try(client);
}

/* EP-TIME-2 */
void ep_client_do_answer_ping(ep_client *client, const ep_client_data *data) {
  ep_message pong = {.action = EP_ACTION_PONG, .payload_json = data->message->payload_json};
  ep_client_write_or_fail(client, &pong);
}

void ep_client_do_ping_peer(ep_client *client, const ep_client_data *data) {
  (void)data;
  ep_client_write_or_fail(client, &(ep_message){.action = EP_ACTION_PING});
  client->ping_at = client->now + EP_TIMER_PING_MS;
}

/* Only pings of the application carry a payload: the time at which they were written. */
void ep_client_do_note_pong(ep_client *client, const ep_client_data *data) {
  uint64_t asked;
  ep_bytes payload = data->message->payload_json;
  if (payload.len == 0 || !ep_number_id(&asked, payload) || asked > client->now) return;
  ep_client_tell(client, &(ep_event){.type = EP_EVENT_PONG, .count = client->now - asked});
}

/* EP-TIME-3 */
void ep_client_do_say_idle(ep_client *client, const ep_client_data *data) {
  (void)data;
  ep_client_say_error(client, EP_ERROR_IDLE);
  ep_client_end_connection(client, EP_WANT_CLOSE, ep_error_sentence(EP_ERROR_IDLE), true);
  pause_then_try(client);
}

/* ---- The table ---- */

#define WRAP(name) EP_MACHINE_GUARD(guard_##name, if_##name)
EP_CLIENT_GUARDS(WRAP)
#undef WRAP
#define WRAP(name) EP_MACHINE_ACTION(action_##name, ep_client_do_##name)
EP_CLIENT_ACTIONS(WRAP)
#undef WRAP

static const ep_machine_row rows[] = {
#define ROW(from, in, guarded, act, to, ids, where)                                    \
  {guard_##guarded, action_##act, EP_CLIENT_##from, EP_CLIENT_IN_##in, EP_CLIENT_##to, \
   (where),         (ids)},
    EP_CLIENT_ROWS(ROW)
#undef ROW
};

static const ep_machine_cell cells[] = {
#define CELL(state, input, at, length) {(at), (length)},
    EP_CLIENT_CELLS(CELL)
#undef CELL
};

#define NAME(id, name) name,
static const char *const states[] = {EP_CLIENT_STATES(NAME)};
static const char *const inputs[] = {EP_CLIENT_INPUTS(NAME)};
#undef NAME

static void moved(void *context, const ep_machine_move *move) {
  const ep_client *client = context;
  ep_machine_trace(&client->surroundings, 0, ep_client_id_bytes(client), move);
}

const ep_machine_rules ep_client_rules = {
    .rows = rows,
    .cells = cells,
    .states = states,
    .inputs = inputs,
    .state_count = EP_CLIENT_STATE_COUNT,
    .input_count = EP_CLIENT_INPUT_COUNT,
    .moved = moved,
};
