/* Floor 4, machine. The client: its public calls, its connections and its time.
 * Every call tells the time first, steps the machine with what happened, and leaves what is to be
 * written in two buffers: `control` collects frames that are not items, `out` is the portion that
 * is being written.
 * Read first: epigeon.h (the client core), client_internal.h. Then: client_table.c. */
#include "machine/client_internal.h"

/* ---- Small things the other files use ---- */

static void clock_set(ep_client *client, uint64_t now_ms) {
  EP_ASSERT(client->loaded || !client->durable); /* load, then loaded, before anything else */
  if (now_ms > client->now) client->now = now_ms;
}

uint64_t ep_client_random(ep_client *client) {
  uint8_t bytes[8];
  uint64_t number = 0;
  client->surroundings.random(client->surroundings.context, bytes, sizeof bytes);
  for (unsigned i = 0; i < sizeof bytes; i++) number = number << 8 | bytes[i];
  return number;
}

static char hex_digit(uint64_t number) { return "0123456789abcdef"[number & 15]; }

void ep_client_random_name(ep_client *client, char out[EP_CLIENT_INSTANCE_LEN + 1]) {
  uint64_t number = ep_client_random(client);
  for (unsigned i = 0; i < EP_CLIENT_INSTANCE_LEN; i++) out[i] = hex_digit(number >> (4 * i));
  out[EP_CLIENT_INSTANCE_LEN] = 0;
}

void ep_client_trace_frame(ep_client *client, ep_trace_kind kind, ep_bytes frame) {
  if (client->surroundings.trace == NULL) return;
  ep_trace line = {.kind = kind, .client_id = ep_client_id_bytes(client), .frame = frame};
  client->surroundings.trace(client->surroundings.context, &line);
}

/* Nothing may be left half done: everything before this either happened or can be asked for
 * again. */
void ep_client_fail(ep_client *client, const char *reason) {
  EP_ASSERT(reason != NULL);
  client->failed = true;
  client->failure = reason;
}

/* The connection is given up as if the transport had closed it, so that EP-RES-1 or EP-RES-5
 * repairs what could not be done. */
void ep_client_mend(ep_client *client) {
  if (!client->failed) return;
  ep_machine_step(&client->machine, EP_CLIENT_IN_CLOSED, client, NULL);
  client->failed = false;
}

void ep_client_step(ep_client *client, enum ep_client_input input, const ep_client_data *data) {
  ep_machine_step(&client->machine, input, client, data);
  ep_client_mend(client);
}

bool ep_client_write(ep_client *client, const ep_message *message) {
  ep_buffer *control = &client->control;
  size_t before = ep_buffer_len(control);
  ep_message_encode(control, ep_client_form(client), EP_C2S, message);
  if (control->failed) {
    control->failed = false;
    ep_buffer_truncate(control, before);
    return false;
  }
  ep_bytes frame = ep_bytes_from(ep_buffer_bytes(control), before);
  ep_client_trace_frame(client, EP_TRACE_WRITTEN, ep_bytes_of(frame.data, frame.len - 1));
  return true;
}

/* EP-LIM-1: a peer that makes us answer and does not read is not waited for. */
void ep_client_write_or_fail(ep_client *client, const ep_message *message) {
  if (ep_buffer_len(&client->control) > EP_LIMIT_OUTPUT) {
    ep_client_fail(client, "the server does not read");
  } else if (!ep_client_write(client, message)) {
    ep_client_fail(client, "no memory");
  }
}

void ep_client_say_error(ep_client *client, ep_error code) {
  EP_ASSERT(ep_client_in(client, EP_CLIENT_V2)); /* EP-COMPAT-2, EP-ERR-1 */
  ep_message error = {.action = EP_ACTION_ERROR, .code = code};
  error.reason = ep_error_sentence(code);
  ep_client_write_or_fail(client, &error);
}

/* Whatever ends a connection ends here. */
void ep_client_end_connection(ep_client *client, ep_want want, ep_bytes reason, bool keep_output) {
  if (client->open) {
    ep_client_tell(client, &(ep_event){.type = EP_EVENT_DISCONNECTED, .reason = reason});
  }
  client->open = false;
  client->want = want;
  client->confirm_due = false;
  client->auth_at = client->auth_repeat_at = UINT64_MAX;
  client->ping_at = client->idle_at = UINT64_MAX;
  ep_client_stop_repeats(client);
  ep_client_down_closed(client);
  if (keep_output) return;
  ep_buffer_clear(&client->out);
  ep_buffer_clear(&client->control);
}

/* ---- Making one ---- */

void ep_client_reader_init(ep_client *client, ep_frame_reader *out) {
  ep_frame_reader_init(out, &client->allocator, &client->scratch);
  ep_frame_reader_set_limit(out, client->frame_most, client->depth_most);
}

static ep_bytes keep_string(ep_client *client, const char *text) {
  if (text == NULL) return EP_NOTHING;
  ep_bytes bytes = ep_client_trim(ep_client_text(text));
  ep_buffer_append(&client->strings, bytes);
  return bytes; /* points into the configuration: own_strings corrects it */
}

static void own_strings(ep_client *client) {
  ep_bytes own = ep_buffer_bytes(&client->strings);
  ep_bytes *strings[] = {&client->secret, &client->token, &client->presence};
  for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
    if (strings[i]->len == 0) continue;
    strings[i]->data = own.data;
    own = ep_bytes_from(own, strings[i]->len);
  }
}

static bool usable_name(const char *text, size_t most) {
  return text == NULL || ep_is_printable(ep_client_text(text), most);
}

/* The presence wanted is a selector: whatever a server accepts as one. */
static ep_status check_presence(ep_client *client) {
  if (client->presence.len == 0) return EP_OK;
  ep_message auth = {.action = EP_ACTION_AUTH, .version = 2, .has = EP_HAS_EXPECT};
  auth.client = auth.instance = EP_LITERAL("x");
  auth.presence_json = client->presence;
  return ep_client_check_message(client, &auth);
}

static bool take_limits(ep_client *client, const ep_client_config *config) {
  if (config->frame > EP_FRAME_MOST || config->depth > EP_JSON_DEPTH_MAX) return false;
  if (config->frame != 0) client->frame_most = (size_t)config->frame;
  if (config->depth != 0) client->depth_most = (unsigned)config->depth;
  ep_client_reader_init(client, &client->reader);
  return true;
}

static ep_status configure(ep_client *client, const ep_client_config *config) {
  if (!usable_name(config->client_id, EP_LIMIT_CLIENT_ID)) return EP_INVALID_ARGUMENT;
  if (!usable_name(config->secret, EP_LIMIT_CREDENTIAL)) return EP_INVALID_ARGUMENT;
  if (!usable_name(config->token, EP_LIMIT_CREDENTIAL)) return EP_INVALID_ARGUMENT;
  if (!take_limits(client, config)) return EP_INVALID_ARGUMENT;
  client->max_version = config->max_version == 1 ? 1 : 2;
  client->transport = config->transport;
  client->durable = config->durable;
  client->window = config->window != 0 ? config->window : EP_LIMIT_WINDOW;
  client->peer_frame = EP_LIMIT_FRAME;
  client->outbox_most = config->outbox != 0 ? config->outbox : EP_LIMIT_OUTBOX;
  client->outbox_bytes_most =
      config->outbox_bytes != 0 ? config->outbox_bytes : EP_LIMIT_OUTBOX_BYTES;
  if (client->outbox_most > EP_OUTBOX_MOST / 4) client->outbox_most = EP_OUTBOX_MOST / 4;
  if (config->client_id != NULL) {
    ep_bytes id = ep_client_text(config->client_id);
    client->id_len = (uint8_t)id.len;
    memcpy(client->id, id.data, id.len);
  }
  client->secret = keep_string(client, config->secret);
  client->token = keep_string(client, config->token);
  client->presence = keep_string(client, config->presence);
  if (client->strings.failed) return EP_NO_MEMORY;
  own_strings(client);
  return check_presence(client);
}

static void init(ep_client *client, const ep_surroundings *surroundings) {
  *client = (ep_client){.allocator = surroundings->allocator, .surroundings = *surroundings};
  const ep_allocator *allocator = &client->allocator;
  ep_machine_init(&client->machine, &ep_client_rules);
  ep_buffer_init(&client->strings, allocator);
  ep_buffer_init(&client->control, allocator);
  ep_buffer_init(&client->out, allocator);
  ep_buffer_init(&client->work, allocator);
  ep_buffer_init(&client->records, allocator);
  ep_outbox_init(&client->outbox, allocator);
  ep_inbox_init(&client->inbox, allocator, EP_LIMIT_HELD, EP_LIMIT_HELD_BYTES);
  ep_seen_init(&client->seen, allocator, EP_LIMIT_DEDUP);
  ep_frame_scratch_init(&client->scratch, allocator);
  client->frame_most = EP_LIMIT_FRAME;
  client->depth_most = EP_LIMIT_DEPTH;
  ep_client_reader_init(client, &client->reader);
  client->reconnect_ms = EP_TIMER_RECONNECT_MS;
  client->reconnect_at = client->auth_at = client->auth_repeat_at = UINT64_MAX;
  client->ping_at = client->idle_at = client->ask_at = client->gap_at = UINT64_MAX;
}

ep_status ep_client_new(ep_client **out, const ep_client_config *config) {
  EP_ASSERT(out != NULL && config != NULL);
  const ep_surroundings *given = &config->surroundings;
  EP_ASSERT(given->allocator.resize != NULL && given->random != NULL);
  ep_client *client = given->allocator.resize(given->allocator.context, NULL, 0, sizeof *client);
  *out = NULL;
  if (client == NULL) return EP_NO_MEMORY;
  init(client, given);
  ep_status status = configure(client, config);
  if (status == EP_OK && !client->durable) status = ep_client_begin_state(client);
  if (status != EP_OK) {
    ep_client_free(client);
    return status;
  }
  *out = client;
  return EP_OK;
}

void ep_client_free(ep_client *client) {
  if (client == NULL) return;
  ep_allocator allocator = client->allocator;
  ep_client_set_session(client, &client->session, NULL);
  ep_client_set_session(client, &client->session_confirmed, NULL);
  ep_client_events_free(client);
  ep_frame_reader_free(&client->reader);
  ep_frame_scratch_free(&client->scratch);
  ep_seen_free(&client->seen);
  ep_inbox_free(&client->inbox);
  ep_outbox_free(&client->outbox);
  ep_buffer_free(&client->records);
  ep_buffer_free(&client->work);
  ep_buffer_free(&client->out);
  ep_buffer_free(&client->control);
  ep_buffer_free(&client->strings);
  allocator.resize(allocator.context, client, sizeof *client, 0);
}

const char *ep_client_id(const ep_client *client) { return client->id; }

/* ---- What the application asks ---- */

void ep_client_connect(ep_client *client, uint64_t now_ms) {
  clock_set(client, now_ms);
  if (ep_client_in(client, EP_CLIENT_IDLE)) client->reconnect_ms = EP_TIMER_RECONNECT_MS;
  ep_client_step(client, EP_CLIENT_IN_CONNECT, NULL);
}

void ep_client_disconnect(ep_client *client, uint64_t now_ms) {
  clock_set(client, now_ms);
  ep_client_step(client, EP_CLIENT_IN_DISCONNECT, NULL);
}

bool ep_client_authenticated(const ep_client *client) {
  return ep_client_in(client, EP_CLIENT_V1) || ep_client_in(client, EP_CLIENT_V2);
}

ep_status ep_client_list(ep_client *client, ep_bytes selector_json, uint64_t now_ms) {
  clock_set(client, now_ms);
  if (!ep_client_authenticated(client)) return EP_WRONG_STATE;
  ep_message list = {.action = EP_ACTION_CLIENTS_LIST};
  if (selector_json.len != 0) {
    list.to_kind = EP_TO_SELECTOR;
    list.to_json = ep_client_trim(selector_json);
    ep_status status = ep_client_check_message(client, &list);
    if (status != EP_OK) return status;
  }
  return ep_client_write(client, &list) ? EP_OK : EP_NO_MEMORY;
}

ep_status ep_client_ping(ep_client *client, uint64_t now_ms) {
  uint8_t digits[EP_U64_DIGITS];
  clock_set(client, now_ms);
  if (!ep_client_in(client, EP_CLIENT_V2)) return EP_WRONG_STATE;
  ep_message ping = {.action = EP_ACTION_PING, .has = EP_HAS_PAYLOAD};
  ping.payload_json = ep_bytes_of(digits, ep_u64_write(digits, client->now));
  return ep_client_write(client, &ping) ? EP_OK : EP_NO_MEMORY;
}

/* ---- What the transport does ---- */

ep_want ep_client_wants(const ep_client *client) { return client->want; }

void ep_client_opened(ep_client *client, uint64_t now_ms) {
  clock_set(client, now_ms);
  ep_frame_reader_free(&client->reader);
  if (client->want == EP_WANT_OPEN) client->want = EP_WANT_NOTHING;
  ep_client_step(client, EP_CLIENT_IN_OPENED, NULL);
}

void ep_client_closed(ep_client *client, uint64_t now_ms) {
  clock_set(client, now_ms);
  if (client->want == EP_WANT_CLOSE) {
    client->want = EP_WANT_NOTHING;
    ep_buffer_clear(&client->out);
    ep_buffer_clear(&client->control);
  }
  ep_client_step(client, EP_CLIENT_IN_CLOSED, NULL);
}

static enum ep_client_input input_of(const ep_message *message) {
  switch (message->action) {
    case EP_ACTION_AUTH: return message->version >= 2 ? EP_CLIENT_IN_AUTH_V2 : EP_CLIENT_IN_AUTH_V1;
    case EP_ACTION_SESSION_UPDATE: return EP_CLIENT_IN_SESSION_UPDATE;
    case EP_ACTION_CLIENTS_LIST: return EP_CLIENT_IN_CLIENTS_LIST;
    case EP_ACTION_CLIENT_CONNECT: return EP_CLIENT_IN_CLIENT_CONNECT;
    case EP_ACTION_CLIENT_DISCONNECT: return EP_CLIENT_IN_CLIENT_DISCONNECT;
    case EP_ACTION_MESSAGE_NEW: return EP_CLIENT_IN_MESSAGE_NEW;
    case EP_ACTION_MESSAGE_CONFIRM: return EP_CLIENT_IN_MESSAGE_CONFIRM;
    case EP_ACTION_MESSAGE_RETRY: return EP_CLIENT_IN_MESSAGE_RETRY;
    case EP_ACTION_MESSAGE_RECEIPT: return EP_CLIENT_IN_MESSAGE_RECEIPT;
    case EP_ACTION_ERROR: return EP_CLIENT_IN_ERROR;
    case EP_ACTION_PING: return EP_CLIENT_IN_PING;
    case EP_ACTION_PONG: return EP_CLIENT_IN_PONG;
    case EP_ACTION_BYE: return EP_CLIENT_IN_BYE;
    default: return EP_CLIENT_IN_UNKNOWN;
  }
}

static void take_message(ep_client *client) {
  ep_message message;
  ep_client_data data = {.message = &message, .text = ep_frame_text(&client->reader)};
  ep_client_trace_frame(client, EP_TRACE_RECEIVED, data.text); /* its envelope is off */
  bool valid = ep_message_decode(&client->reader, EP_S2C, &message, &data.why) == EP_DECODE_OK;
  ep_client_step(client, valid ? input_of(&message) : EP_CLIENT_IN_INVALID, &data);
}

static void take_frame(ep_client *client, ep_frame_result result) {
  switch (result) {
    case EP_FRAME_READY: take_message(client); break;
    case EP_FRAME_MALFORMED:
      ep_client_step(client, EP_CLIENT_IN_MALFORMED, &(ep_client_data){.why = EP_ERROR_MALFORMED});
      break;
    case EP_FRAME_INVALID:
      ep_client_step(client, EP_CLIENT_IN_INVALID, &(ep_client_data){.why = EP_ERROR_BAD_MESSAGE});
      break;
    case EP_FRAME_TOO_LARGE:
      ep_client_step(client, EP_CLIENT_IN_OVERSIZE, &(ep_client_data){.why = EP_ERROR_TOO_LARGE});
      break;
    case EP_FRAME_TOO_DEEP:
      ep_client_step(client, EP_CLIENT_IN_OVERDEEP, &(ep_client_data){.why = EP_ERROR_TOO_DEEP});
      break;
    case EP_FRAME_TOO_MANY:
      ep_client_step(client, EP_CLIENT_IN_OVERDEEP, &(ep_client_data){.why = EP_ERROR_BAD_MESSAGE});
      break;
    default: ep_client_fail(client, "no memory"); ep_client_mend(client);
  }
}

/* EP-FRAME-2. What is left after the connection was given up is nobody's. */
void ep_client_receive(ep_client *client, ep_bytes bytes, uint64_t now_ms) {
  clock_set(client, now_ms);
  if (ep_client_in(client, EP_CLIENT_V2)) {
    client->ping_at = client->now + EP_TIMER_PING_MS;
    client->idle_at = client->now + EP_TIMER_IDLE_MS;
  }
  while (client->open && bytes.len > 0) {
    size_t used;
    ep_frame_result result = ep_frame_read(&client->reader, &used, bytes);
    EP_ASSERT(used <= bytes.len);
    if (result != EP_FRAME_MORE) take_frame(client, result);
    bytes = ep_bytes_from(bytes, used);
  }
  ep_client_settle_silent(client);
  ep_client_mend(client);
}

ep_bytes ep_client_output(ep_client *client, uint64_t now_ms) {
  clock_set(client, now_ms);
  if (ep_client_waits_for_store(client)) return EP_NOTHING;
  if (ep_buffer_len(&client->out) == 0) {
    ep_client_fill(client);
    ep_client_mend(client);
  }
  return ep_buffer_bytes(&client->out);
}

void ep_client_sent(ep_client *client, size_t len, uint64_t now_ms) {
  clock_set(client, now_ms);
  if (len > ep_buffer_len(&client->out)) len = ep_buffer_len(&client->out); /* it was given up */
  ep_buffer_consume(&client->out, len);
  if (ep_buffer_len(&client->out) == 0) ep_buffer_clear(&client->out);
}

/* ---- Time ---- */

/* The timers, and the inputs they are. None is running in a state that does not want it. */
static uint64_t due(const ep_client *client, enum ep_client_input *input) {
  uint64_t repeat_at = client->auth_repeat_at;
  if (client->outbox.repeat_at < repeat_at) repeat_at = client->outbox.repeat_at;
  if (client->ask_at < repeat_at) repeat_at = client->ask_at;
  struct {
    uint64_t at;
    enum ep_client_input input;
  } timers[] = {
      {client->idle_at, EP_CLIENT_IN_IDLE},
      {client->reconnect_at, EP_CLIENT_IN_RECONNECT},
      {client->auth_at, EP_CLIENT_IN_AUTH_TIMEOUT},
      {client->ping_at, EP_CLIENT_IN_SILENCE},
      {repeat_at, EP_CLIENT_IN_REPEAT},
      {client->gap_at, EP_CLIENT_IN_GAP},
  };
  size_t next = 0;
  for (size_t i = 1; i < sizeof timers / sizeof *timers; i++) {
    if (timers[i].at < timers[next].at) next = i;
  }
  *input = timers[next].input;
  return timers[next].at;
}

void ep_client_tick(ep_client *client, uint64_t now_ms) {
  enum ep_client_input input;
  clock_set(client, now_ms);
  for (unsigned i = 0; i < 16 && due(client, &input) <= client->now; i++) {
    ep_client_step(client, input, NULL);
  }
}

uint64_t ep_client_deadline(const ep_client *client) {
  enum ep_client_input input;
  return due(client, &input);
}
