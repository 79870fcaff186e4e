/* epigeon-sim --coverage: what stands between the cores and a few of their functions. The linker
 * lets a call of F come to __wrap_F, and a call of __real_F to F. Each of these calls the real one
 * and looks; none changes anything.
 * Read first: coverage.h, src/machine/server_internal.h, src/machine/client_internal.h. */
#include <string.h>

#include "delivery/registry_internal.h"
#include "machine/client_internal.h"
#include "machine/server_internal.h"
#include "sim/coverage.h"
#include "sim/world.h"

/* The limits, in the order of the table. */
typedef enum limit {
#define LIMIT(name, text, value, unit, full) LIMIT_##name,
  EP_LIMITS(LIMIT)
#undef LIMIT
} limit;

static void reach_limit(limit which) { coverage_reach(COVERAGE_LIMIT, which); }

/* ---- Rows and timers ---- */

const ep_machine_row *__real_ep_machine_step(ep_machine *machine, unsigned input, void *context,
                                             const void *data);
const ep_machine_row *__wrap_ep_machine_step(ep_machine *machine, unsigned input, void *context,
                                             const void *data);

static void reach_timer(ep_timer timer) { coverage_reach(COVERAGE_TIMER, timer); }

static void note_server_row(const ep_machine_row *row, const ep_server_conn *conn) {
  bool cut = row->next == EP_SERVER_CLOSING;
  switch (row->input) {
    case EP_SERVER_IN_AUTH_TIMEOUT: reach_timer(EP_TIMER_AUTH); break;
    case EP_SERVER_IN_SILENCE: reach_timer(EP_TIMER_PING); break;
    case EP_SERVER_IN_IDLE: reach_timer(EP_TIMER_IDLE); break;
    case EP_SERVER_IN_CLOSE_TIMEOUT: reach_timer(EP_TIMER_CLOSE); break;
    case EP_SERVER_IN_REPEAT:
      reach_timer(conn->account->down.repeat_ms < EP_TIMER_RESEND_MAX_MS ? EP_TIMER_RESEND
                                                                         : EP_TIMER_RESEND_MAX);
      break;
    case EP_SERVER_IN_MALFORMED:
      if (cut && row->state != EP_SERVER_V2) reach_limit(LIMIT_MALFORMED);
      break;
    default: break;
  }
}

static void note_client_row(const ep_machine_row *row, const ep_client *client) {
  switch (row->input) {
    case EP_CLIENT_IN_AUTH_TIMEOUT: reach_timer(EP_TIMER_AUTH); break;
    case EP_CLIENT_IN_SILENCE: reach_timer(EP_TIMER_PING); break;
    case EP_CLIENT_IN_IDLE: reach_timer(EP_TIMER_IDLE); break;
    case EP_CLIENT_IN_GAP: reach_timer(EP_TIMER_GAP_WAIT); break;
    case EP_CLIENT_IN_RECONNECT: reach_timer(EP_TIMER_RECONNECT); break;
    case EP_CLIENT_IN_REPEAT:
      if (row->state == EP_CLIENT_V1)
        reach_timer(EP_TIMER_RESEND_V1);
      else
        reach_timer(client->outbox.repeat_ms < EP_TIMER_RESEND_MAX_MS ? EP_TIMER_RESEND
                                                                      : EP_TIMER_RESEND_MAX);
      break;
    case EP_CLIENT_IN_CLOSED: {
      bool pauses = row->next == EP_CLIENT_WAITING && client->reconnect_at != UINT64_MAX;
      uint64_t pause = pauses ? client->reconnect_at - client->now : 0;
      if (pause > EP_TIMER_RECONNECT_MAX_MS / 4 * 3 - 2) reach_timer(EP_TIMER_RECONNECT_MAX);
      break;
    }
    default: break;
  }
}

/* EP-ERR-5: the judge is told of what a server cannot do, before it does anything about it. One
 * that closes already has nothing to do about it. */
static void note_failed(const ep_machine *machine, const ep_server_conn *conn) {
  sim_process *process = process_with(&conn->server->around);
  if (process != NULL && machine->state < EP_SERVER_CLOSING && !conn->abandoned)
    server_failed(&process->world->server, conn->id, conn->version == 2);
}

const ep_machine_row *__wrap_ep_machine_step(ep_machine *machine, unsigned input, void *context,
                                             const void *data) {
  bool fails = input == EP_SERVER_IN_FAILED && machine->rules == &ep_server_rules;
  if (fails) note_failed(machine, context);
  const ep_machine_row *row = __real_ep_machine_step(machine, input, context, data);
  if (!coverage_is_on()) return row;
  bool server = machine->rules == &ep_server_rules;
  coverage_reach(server ? COVERAGE_SERVER_ROW : COVERAGE_CLIENT_ROW,
                 (unsigned)(row - machine->rules->rows));
  if (server)
    note_server_row(row, context);
  else
    note_client_row(row, context);
  return row;
}

/* ---- What is written ---- */

void __real_ep_message_encode(ep_buffer *out, ep_form form, ep_direction direction,
                              const ep_message *message);
void __wrap_ep_message_encode(ep_buffer *out, ep_form form, ep_direction direction,
                              const ep_message *message);
void __real_ep_message_render_item(ep_buffer *out, ep_item_shape *shape, ep_direction direction,
                                   const ep_message *message);
void __wrap_ep_message_render_item(ep_buffer *out, ep_item_shape *shape, ep_direction direction,
                                   const ep_message *message);

static void note_written(const ep_message *message) {
  if (message->action == EP_ACTION_CLIENTS_LIST && message->count > 0) reach_limit(LIMIT_LISTED);
  if (message->action == EP_ACTION_MESSAGE_RECEIPT && message->missed > 0)
    reach_limit(LIMIT_NOTICES);
  if (message->action != EP_ACTION_ERROR || message->code == EP_ERROR_NONE) return;
  coverage_reach(COVERAGE_ERROR, message->code - 1u);
  if (message->code == EP_ERROR_BAD_SESSION) reach_limit(LIMIT_SESSION);
  if (message->code == EP_ERROR_TOO_MANY_CLIENTS) reach_limit(LIMIT_CLIENTS);
  if (message->count > EP_LIMIT_NAMED) reach_limit(LIMIT_NAMED);
}

void __wrap_ep_message_encode(ep_buffer *out, ep_form form, ep_direction direction,
                              const ep_message *message) {
  __real_ep_message_encode(out, form, direction, message);
  if (coverage_is_on()) note_written(message);
}

void __wrap_ep_message_render_item(ep_buffer *out, ep_item_shape *shape, ep_direction direction,
                                   const ep_message *message) {
  __real_ep_message_render_item(out, shape, direction, message);
  if (coverage_is_on()) note_written(message);
}

/* ---- What is read, and is too large ---- */

ep_frame_result __real_ep_frame_read(ep_frame_reader *reader, size_t *used, ep_bytes in);
ep_frame_result __wrap_ep_frame_read(ep_frame_reader *reader, size_t *used, ep_bytes in);
ep_decode __real_ep_message_decode(const ep_frame_reader *reader, ep_direction direction,
                                   ep_message *out, ep_error *why);
ep_decode __wrap_ep_message_decode(const ep_frame_reader *reader, ep_direction direction,
                                   ep_message *out, ep_error *why);

ep_frame_result __wrap_ep_frame_read(ep_frame_reader *reader, size_t *used, ep_bytes in) {
  bool early = reader->frame_most == EP_LIMIT_EARLY_FRAME;
  ep_frame_result result = __real_ep_frame_read(reader, used, in);
  if (!coverage_is_on()) return result;
  if (result == EP_FRAME_TOO_LARGE) reach_limit(early ? LIMIT_EARLY_FRAME : LIMIT_FRAME);
  if (result == EP_FRAME_TOO_DEEP) reach_limit(LIMIT_DEPTH);
  if (result == EP_FRAME_TOO_MANY) reach_limit(LIMIT_MEMBERS);
  return result;
}

/* Whether the text has `"name":"` and then a string of more than `most` bytes. */
static bool has_long(ep_bytes text, const char *name, size_t most) {
  size_t len = strlen(name);
  for (size_t at = 0; at + len + 5 < text.len; at++) {
    if (text.data[at] != '"' || memcmp(text.data + at + 1, name, len) != 0) continue;
    if (memcmp(text.data + at + 1 + len, "\":\"", 3) != 0) continue;
    const uint8_t *from = text.data + at + len + 4;
    const uint8_t *end = memchr(from, '"', text.len - at - len - 4);
    if (end != NULL && (size_t)(end - from) > most) return true;
  }
  return false;
}

static size_t count_pairs(ep_bytes json) {
  size_t pairs = 0;
  for (size_t i = 0; i < json.len; i++) pairs += json.data[i] == ':';
  return pairs;
}

static void note_refused(ep_bytes text, const ep_message *message, bool valid) {
  if (message->action == EP_ACTION_AUTH && !valid) {
    if (has_long(text, "payload", EP_LIMIT_CLIENT_ID)) reach_limit(LIMIT_CLIENT_ID);
    if (has_long(text, "instance", EP_LIMIT_NAME)) reach_limit(LIMIT_NAME);
    if (has_long(text, "secret", EP_LIMIT_CREDENTIAL)) reach_limit(LIMIT_CREDENTIAL);
    if (has_long(text, "token", EP_LIMIT_CREDENTIAL)) reach_limit(LIMIT_CREDENTIAL);
  }
  if (message->action != EP_ACTION_MESSAGE_NEW) return;
  if ((message->has & EP_HAS_UID) == 0 && has_long(text, "uid", EP_LIMIT_UID))
    reach_limit(LIMIT_UID);
  if (message->to_kind == EP_TO_IMPOSSIBLE && count_pairs(message->to_json) > EP_LIMIT_SELECTOR)
    reach_limit(LIMIT_SELECTOR);
}

ep_decode __wrap_ep_message_decode(const ep_frame_reader *reader, ep_direction direction,
                                   ep_message *out, ep_error *why) {
  ep_decode decoded = __real_ep_message_decode(reader, direction, out, why);
  if (coverage_is_on() && direction == EP_C2S)
    note_refused(ep_frame_text(reader), out, decoded == EP_DECODE_OK);
  return decoded;
}
