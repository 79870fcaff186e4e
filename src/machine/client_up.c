/* Floor 4, machine. The client's up stream: what the application sends is queued as items, written
 * in order within the server's window, repeated where the version or the transport asks for it, and
 * leaves when it is confirmed.
 * Read first: client_internal.h, delivery/outbox.h, spec/protocol.md (sending). */
#include "machine/client_internal.h"

/* ---- What may be queued ---- */

/* Confirmations that the application has not looked at count too: they are bounded like what they
 * confirm. */
static bool outbox_full(const ep_client *client, size_t more) {
  uint64_t count = ep_outbox_count(&client->outbox) + client->confirmed_events;
  if (count >= client->outbox_most) return true;
  if (client->outbox.bytes >= client->outbox_bytes_most) return true;
  return ep_outbox_count(&client->outbox) > 0 &&
         more > client->outbox_bytes_most - client->outbox.bytes;
}

/* Takes over the reference to item, whatever comes of it. */
static ep_status queue(ep_client *client, ep_item *item) {
  ep_status status = EP_OK;
  if (ep_client_frame_most(client, item) > client->peer_frame)
    status = EP_INVALID_ARGUMENT; /* EP-LIM-8 */
  else if (outbox_full(client, ep_item_size(item)))
    status = EP_FULL;
  size_t size = ep_client_item_record_size(item);
  if (status == EP_OK &&
      !(ep_outbox_reserve(&client->outbox) && ep_client_keep_room(client, 1, size))) {
    status = EP_NO_MEMORY;
  }
  if (status != EP_OK) {
    ep_item_drop(&client->allocator, item);
    return status;
  }
  uint64_t slot = ep_outbox_push(&client->outbox, item); /* EP-SEND-1, EP-G6-1 */
  ep_client_keep_item(client, slot, item);
  ep_client_keep(client);
  return EP_OK;
}

ep_status ep_client_send(ep_client *client, const ep_send *send, char uid[37], uint64_t now_ms) {
  char own_uid[37];
  ep_status status;
  EP_ASSERT(send != NULL && (client->loaded || !client->durable));
  client->now = now_ms > client->now ? now_ms : client->now;
  if (send->to == NULL && send->to_json.len == 0) return EP_INVALID_ARGUMENT;
  if (send->to != NULL && !ep_is_printable(ep_client_text(send->to), EP_LIMIT_CLIENT_ID)) {
    return EP_INVALID_ARGUMENT;
  }
  if (outbox_full(client, 0)) return EP_FULL;
  ep_client_make_uid(client, own_uid);
  ep_message message = {.action = EP_ACTION_MESSAGE_NEW, .has = EP_HAS_ID | EP_HAS_UID};
  message.from = ep_client_id_bytes(client);
  message.uid = ep_client_text(own_uid);
  message.receipt = send->receipt;
  message.payload_json = ep_client_trim(send->payload_json);
  if (message.payload_json.len != 0) message.has |= EP_HAS_PAYLOAD;
  message.to_kind = send->to != NULL ? EP_TO_CLIENT : EP_TO_SELECTOR;
  if (send->to != NULL)
    message.to = ep_client_text(send->to);
  else
    message.to_json = ep_client_trim(send->to_json);
  ep_item *item = ep_client_make_item(client, &status, EP_ITEM_MESSAGE, &message);
  if (item == NULL) return status;
  item->receipt = send->receipt;
  status = queue(client, item);
  if (status == EP_OK && uid != NULL) memcpy(uid, own_uid, sizeof own_uid);
  return status;
}

/* ---- Sessions ---- */

void ep_client_set_session(const ep_client *client, ep_item **at, ep_item *item) {
  ep_item *old = *at;
  *at = item == NULL ? NULL : ep_item_share(item);
  if (old != NULL) ep_item_drop(&client->allocator, old);
}

/* Several updates before anybody has seen the first are one: the newest takes its place. What was
 * written is an item, also when the server has lost it since (EP-G6-1, EP-LOST-2). False also when
 * there is no room for a longer one: queue() says so. */
static bool coalesce(ep_client *client, ep_item *item) {
  ep_outbox *box = &client->outbox;
  if (box->next == box->base || box->next - 1 < client->written) return false;
  ep_outbox_slot *tail = &box->ring[(box->next - 1) & (box->capacity - 1)];
  if (tail->item->kind != EP_ITEM_SESSION || box->next - 1 < box->cursor) return false;
  if (ep_client_frame_most(client, item) > client->peer_frame) return false; /* EP-LIM-8 */
  size_t bytes = box->bytes - ep_item_size(tail->item) + ep_item_size(item);
  if (ep_outbox_count(box) > 1 && bytes > client->outbox_bytes_most) return false;
  if (!ep_client_keep_room(client, 1, ep_client_item_record_size(item))) return false;
  box->bytes = bytes;
  ep_item_drop(&client->allocator, tail->item);
  tail->item = ep_item_share(item);
  ep_client_keep_item(client, box->next - 1, item);
  return true;
}

/* Towards an EP/1 server a session is not an item: it is written at once, and after every auth
 * reply. */
static bool sessions_are_items(const ep_client *client) {
  return client->max_version >= 2 && client->peer_version != 1;
}

ep_status ep_client_update_session(ep_client *client, ep_bytes session_json, uint64_t now_ms) {
  ep_status status;
  EP_ASSERT(client->loaded || !client->durable);
  client->now = now_ms > client->now ? now_ms : client->now;
  ep_message message = {.action = EP_ACTION_SESSION_UPDATE, .has = EP_HAS_ID | EP_HAS_PAYLOAD};
  message.payload_json = ep_client_trim(session_json);
  if (message.payload_json.len > EP_LIMIT_SESSION) return EP_INVALID_ARGUMENT;
  ep_item *item = ep_client_make_item(client, &status, EP_ITEM_SESSION, &message);
  if (item == NULL) return status;
  if (sessions_are_items(client) && !coalesce(client, item)) {
    status = queue(client, ep_item_share(item));
  }
  if (status == EP_OK) {
    ep_client_set_session(client, &client->session, item);
    client->session_dirty = true;
    ep_client_keep(client);
    if (!sessions_are_items(client)) {
      ep_client_set_session(client, &client->session_confirmed, item);
      client->confirmed_dirty = true;
    }
  }
  ep_item_drop(&client->allocator, item);
  if (status == EP_OK) ep_client_step(client, EP_CLIENT_IN_SESSION, NULL);
  return status;
}

/* EP-SESS-1: also when it is `{}`. */
void ep_client_do_write_session(ep_client *client, const ep_client_data *data) {
  (void)data;
  ep_message update = {.action = EP_ACTION_SESSION_UPDATE};
  update.payload_json = ep_client_session_json(client->session);
  update.has = EP_HAS_PAYLOAD;
  ep_client_write_or_fail(client, &update);
}

size_t ep_client_unconfirmed(const ep_client *client) {
  return (size_t)(ep_outbox_count(&client->outbox) - client->outbox.unordered);
}

/* ---- Confirmed ---- */

static ep_client_event *confirmed_event(const ep_client *client, const ep_item *item) {
  ep_event event = {.type = EP_EVENT_CONFIRMED};
  event.uid = ep_client_item_uid(item);
  return ep_client_event_new(client, &event);
}

/* EP-G6-1: it leaves only now. */
bool ep_client_confirm_front(ep_client *client) {
  ep_outbox_slot front;
  const ep_outbox_slot *slot = ep_outbox_front(&client->outbox);
  ep_client_event *event = NULL;
  EP_ASSERT(slot != NULL);
  bool told = slot->item->kind == EP_ITEM_MESSAGE && !slot->confirmed;
  if (!ep_client_keep_room(client, 2, 0)) return false;
  if (told && (event = confirmed_event(client, slot->item)) == NULL) return false;
  if (event != NULL) ep_client_event_push(client, event);
  ep_outbox_pop(&client->outbox, &front);
  ep_client_forget_item(client, client->outbox.base - 1, front.confirmed);
  if (client->written < client->outbox.base) client->written = client->outbox.base;
  if (front.item->kind == EP_ITEM_SESSION) {
    ep_client_set_session(client, &client->session_confirmed, front.item);
    client->confirmed_dirty = true;
  }
  ep_item_drop(&client->allocator, front.item);
  ep_client_keep(client);
  return true;
}

void ep_client_confirmed_marked(ep_client *client) {
  const ep_outbox_slot *front;
  while ((front = ep_outbox_front(&client->outbox)) != NULL && front->confirmed) {
    if (ep_client_confirm_front(client)) continue;
    ep_client_fail(client, "no memory");
    return;
  }
}

/* EP-SEND-4: cumulative; an id that no item has had confirms nothing. */
static void take_confirm_id(ep_client *client, const ep_message *message) {
  uint64_t slot, base = client->outbox.base;
  if (!ep_outbox_slot_of(&client->outbox, message->id, &slot)) return;
  while (client->outbox.base <= slot) {
    if (ep_client_confirm_front(client)) continue;
    ep_client_fail(client, "no memory");
    return;
  }
  if (client->outbox.base != base) ep_client_restart_repeats(client);
}

/* EP-SEND-5 */
static void take_confirm_uid(ep_client *client, const ep_message *message) {
  uint64_t slot;
  ep_outbox *box = &client->outbox;
  if ((message->has & EP_HAS_UID) == 0) return;
  ep_fingerprint print = ep_fingerprint_of(&client->key, message->uid);
  if (!ep_outbox_find_print(box, print.bytes, &slot)) return;
  bool done = false;
  if (slot == box->base) {
    done = ep_client_confirm_front(client);
    if (done) ep_client_confirmed_marked(client);
  } else if (ep_client_keep_room(client, 1, 0)) {
    ep_client_event *event = confirmed_event(client, ep_outbox_at(box, slot));
    done = event != NULL;
    if (done) {
      ep_client_event_push(client, event);
      ep_outbox_mark(box, slot);
      ep_client_keep_mark(client, slot);
    }
  }
  if (!done) ep_client_fail(client, "no memory");
}

void ep_client_do_take_confirm(ep_client *client, const ep_client_data *data) {
  if (!ep_client_in(client, EP_CLIENT_V2))
    take_confirm_uid(client, data->message);
  else if ((data->message->has & EP_HAS_ID) != 0)
    take_confirm_id(client, data->message);
  else
    ep_client_do_refuse_invalid(client, data); /* EP-ERR-4: here a uid confirms nothing */
}

/* ---- Written again ---- */

void ep_client_stop_repeats(ep_client *client) {
  client->job_at = client->job_end = 0;
  client->run_count = 0;
  client->outbox.repeat_at = UINT64_MAX;
}

/* EP-SEND-7, lossy: something has arrived, so the wait is the short one again. */
void ep_client_restart_repeats(ep_client *client) {
  ep_outbox *box = &client->outbox;
  if (client->transport != EP_LOSSY || !ep_client_in(client, EP_CLIENT_V2)) return;
  box->repeat_ms = EP_TIMER_RESEND_MS;
  box->repeat_at = box->cursor > box->base ? client->now + box->repeat_ms : UINT64_MAX;
}

void ep_client_do_repeat_unconfirmed(ep_client *client, const ep_client_data *data) {
  ep_outbox *box = &client->outbox;
  (void)data;
  if (client->ask_at <= client->now) ep_client_ask(client);
  if (box->repeat_at > client->now) return;
  uint32_t wait = box->repeat_ms * 2;
  box->repeat_ms = wait < EP_TIMER_RESEND_MAX_MS ? wait : EP_TIMER_RESEND_MAX_MS;
  box->repeat_at = box->cursor > box->base ? client->now + box->repeat_ms : UINT64_MAX;
  client->job_at = box->base;
  client->job_end =
      box->base + EP_CLIENT_BURST < box->cursor ? box->base + EP_CLIENT_BURST : box->cursor;
}

/* EP-SEND-8. Runs of slots, in the order in which they were last written; the oldest is due
 * first. */
static void arm_runs(ep_client *client) {
  bool busy = client->job_at < client->job_end;
  client->outbox.repeat_at = UINT64_MAX;
  if (client->run_count == 0 || busy) return;
  client->outbox.repeat_at = client->runs[client->run_first].last + EP_TIMER_RESEND_V1_MS;
}

static void note_run(ep_client *client, uint64_t slot) {
  enum { NEAR_MS = 50 };
  uint32_t tail = (client->run_first + client->run_count - 1) % EP_CLIENT_RUNS;
  ep_client_run *run = &client->runs[tail];
  if (client->run_count > 0 && run->end == slot && client->now - run->began < NEAR_MS) {
    run->end = slot + 1;
    run->last = client->now;
    return;
  }
  if (client->run_count == EP_CLIENT_RUNS) { /* all in one: some are repeated a little late */
    run->first = client->outbox.base;
    run->end = client->outbox.cursor;
    run->began = run->last = client->now;
    client->run_first = tail;
    client->run_count = 1;
    return;
  }
  run = &client->runs[(client->run_first + client->run_count++) % EP_CLIENT_RUNS];
  *run = (ep_client_run){slot, slot + 1, client->now, client->now};
}

void ep_client_do_resend_v1(ep_client *client, const ep_client_data *data) {
  (void)data;
  EP_ASSERT(client->run_count > 0 && client->job_at >= client->job_end);
  client->job_at = client->runs[client->run_first].first;
  client->job_end = client->runs[client->run_first].end;
  client->run_first = (client->run_first + 1) % EP_CLIENT_RUNS;
  client->run_count--;
  if (client->job_at < client->outbox.base) client->job_at = client->outbox.base;
  arm_runs(client);
}

/* ---- Writing ---- */

static bool write_slot(ep_client *client, ep_buffer *out, uint64_t slot) {
  const ep_item *item = ep_outbox_at(&client->outbox, slot);
  if (item == NULL) return true; /* confirmed meanwhile */
  EP_ASSERT(item->kind == EP_ITEM_MESSAGE || ep_client_in(client, EP_CLIENT_V2));
  size_t before = ep_buffer_len(out);
  uint64_t id = ep_outbox_id(&client->outbox, slot);
  ep_item_write(out, ep_client_form(client), item->text, item->shape, id);
  if (out->failed) {
    out->failed = false;
    ep_buffer_truncate(out, before);
    ep_client_fail(client, "no memory");
    return false;
  }
  ep_bytes frame = ep_bytes_from(ep_buffer_bytes(out), before);
  ep_client_trace_frame(client, EP_TRACE_WRITTEN, ep_bytes_of(frame.data, frame.len - 1));
  if (ep_client_in(client, EP_CLIENT_V1))
    note_run(client, slot);
  else if (client->outbox.repeat_at == UINT64_MAX)
    ep_client_restart_repeats(client);
  return true;
}

/* EP-SEND-6. It goes at once, before what was not written yet; that goes in its turn. */
void ep_client_do_repeat_item(ep_client *client, const ep_client_data *data) {
  uint64_t slot;
  if (!ep_outbox_slot_of(&client->outbox, data->message->id, &slot)) return;
  if (slot >= client->outbox.cursor) return;
  if (ep_buffer_len(&client->control) > EP_LIMIT_OUTPUT) return; /* it will be asked for again */
  write_slot(client, &client->control, slot);
}

/* EP-SEND-2, EP-SEND-3, EP-SEND-9: first what is to be repeated, then what is next, within the
 * window. */
static bool next_slot(ep_client *client, uint64_t *slot) {
  ep_outbox *box = &client->outbox;
  if (!ep_client_authenticated(client)) return false;
  if (client->job_at < box->base) client->job_at = box->base;
  if (client->job_at < client->job_end) {
    *slot = client->job_at++;
    return true;
  }
  if (box->cursor == box->next || box->cursor - box->base >= client->peer_window) return false;
  *slot = box->cursor++;
  if (client->written < box->cursor) client->written = box->cursor;
  return true;
}

/* EP-RECV-11: one for all that was taken since the last. EP-RECV-8: and not more. */
static void write_confirm(ep_client *client) {
  if (!client->confirm_due || !ep_client_in(client, EP_CLIENT_V2) || client->safe == 0) return;
  ep_message confirm = {.action = EP_ACTION_MESSAGE_CONFIRM, .has = EP_HAS_ID};
  confirm.id = client->safe - 1;
  ep_client_write_or_fail(client, &confirm);
  client->confirm_due = false;
}

static void take_control(ep_client *client) {
  ep_buffer *control = &client->control, *out = &client->out;
  if (client->transport == EP_STREAM || ep_buffer_len(control) == 0) {
    ep_buffer empty = *out;
    *out = *control;
    *control = empty;
    return;
  }
  ep_bytes frames = ep_buffer_bytes(control);
  const uint8_t *end = memchr(frames.data, EP_FRAME_END, frames.len);
  EP_ASSERT(end != NULL);
  size_t len = (size_t)(end - frames.data) + 1;
  ep_buffer_append(out, ep_bytes_of(frames.data, len));
  if (out->failed) {
    ep_buffer_clear(out);
    ep_client_fail(client, "no memory");
    return;
  }
  ep_buffer_consume(control, len);
}

void ep_client_fill(ep_client *client) {
  uint64_t slot;
  size_t most = client->transport == EP_LOSSY ? 1 : EP_CLIENT_WRITE_BYTES; /* one frame, or many */
  EP_ASSERT(ep_buffer_len(&client->out) == 0);
  write_confirm(client);
  if (!client->failed) take_control(client);
  while (!client->failed && ep_buffer_len(&client->out) < most && next_slot(client, &slot)) {
    write_slot(client, &client->out, slot);
  }
  if (ep_client_in(client, EP_CLIENT_V1)) arm_runs(client);
}
