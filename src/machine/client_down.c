/* Floor 4, machine. The client's down stream: items become events in the order of their ids, once;
 * what comes too early is held.
 * Read first: client_internal.h, delivery/inbox.h, spec/protocol.md (receiving). Then:
 * client_events.c. */
#include "machine/client_internal.h"

void ep_client_down_closed(ep_client *client) {
  ep_inbox_drop_all(&client->inbox); /* it is unconfirmed, so it comes again */
  client->ask_at = client->gap_at = UINT64_MAX;
  client->came = 0;
}

/* Events that wait to be taken keep their old generation: their ids mean nothing any more. */
void ep_client_down_anew(ep_client *client) {
  ep_client_down_closed(client);
  client->inbox.expected = 0;
  client->safe = 0;
  client->adopt = false;
  client->generation++;
}

/* ---- One item becomes one event ---- */

/* A uid is told by who used it: two senders that chose the same one are two messages. */
static void print_of(ep_client *client, uint8_t print[16], const ep_message *message) {
  uint8_t name[EP_LIMIT_CLIENT_ID + 1 + EP_LIMIT_UID];
  size_t from_len = message->from.len;
  EP_ASSERT(from_len <= EP_LIMIT_CLIENT_ID && message->uid.len <= EP_LIMIT_UID);
  if (from_len != 0) memcpy(name, message->from.data, from_len);
  name[from_len] = 0;
  if (message->uid.len != 0) memcpy(name + from_len + 1, message->uid.data, message->uid.len);
  size_t len = from_len + 1 + message->uid.len;
  ep_fingerprint made = ep_fingerprint_of(&client->key, ep_bytes_of(name, len));
  memcpy(print, made.bytes, sizeof made.bytes);
}

static ep_client_event *item_event(const ep_client *client, const ep_message *message,
                                   bool silent) {
  ep_event event = {.type = EP_EVENT_MESSAGE, .id = message->id, .uid = message->uid};
  event.count = message->count;
  event.missed = message->missed;
  if (message->action == EP_ACTION_MESSAGE_RECEIPT) {
    event.type = EP_EVENT_RECEIPT;
    event.client_id = message->client;
  } else if (message->action == EP_ACTION_ERROR) {
    event.type = EP_EVENT_REFUSED;
    event.code = ep_error_name(message->code);
    event.reason = message->reason;
    event.json = message->to_json;
  } else if (!silent) {
    event.client_id = message->from;
    event.json = message->payload_json;
    event.to_json = message->to_json;
    event.from_id = message->from_id;
  }
  ep_client_event *made = ep_client_event_new(client, &event);
  if (made == NULL) return NULL;
  made->item = true;
  made->silent = silent;
  made->generation = client->generation;
  return made;
}

/* EP-LOST-9: the uid says whether it is that item still. False: no memory. */
static bool note_refused(ep_client *client, const ep_message *message) {
  uint64_t slot;
  unsigned needed = EP_HAS_OF | EP_HAS_UID;
  if (message->action != EP_ACTION_ERROR || (message->has & needed) != needed) return true;
  if (message->to_json.len != 0) return true; /* others get it */
  if (!ep_outbox_slot_of(&client->outbox, message->of, &slot)) return true;
  ep_item *item = ep_outbox_at(&client->outbox, slot);
  if (item->kind != EP_ITEM_MESSAGE || item->refused) return true;
  if (!ep_bytes_equal(ep_client_item_uid(item), message->uid)) return true;
  if (!ep_client_keep_room(client, 1, ep_client_item_record_size(item))) return false;
  item->refused = true;
  ep_client_keep_item(client, slot, item);
  ep_client_keep(client);
  return true;
}

/* EP-RECV-9, EP-RECV-5: a message that was delivered before is confirmed in its turn, and not
 * shown. */
static bool accept(ep_client *client, const ep_message *message) {
  uint8_t print[16];
  bool numbered = message->action == EP_ACTION_MESSAGE_NEW && message->uid.len != 0;
  if (ep_client_items_full(client)) {
    ep_client_fail(client, "the application does not take its events");
    return false;
  }
  if (numbered) print_of(client, print, message);
  bool known = numbered && ep_seen_has(&client->seen, print);
  bool fresh = numbered && !known;
  bool room = !fresh || ep_seen_reserve(&client->seen);
  ep_client_event *event = room ? item_event(client, message, known) : NULL;
  if (event != NULL && !note_refused(client, message)) {
    ep_client_resize(client, event, event->size, 0);
    event = NULL;
  }
  if (event == NULL) {
    ep_client_fail(client, "no memory");
    return false;
  }
  if (fresh) {
    event->fresh = true;
    event->seen = client->seen.total;
    memcpy(event->print, print, sizeof print);
    ep_seen_add(&client->seen, print);
  }
  ep_client_event_push(client, event);
  return true;
}

/* ---- What came too early ---- */

/* EP/2: something came that is behind the expected one. It is held; or it was dropped. */
static bool is_missing(const ep_client *client) { return client->came > client->inbox.expected; }

/* EP-RECV-4, EP-RECV-13: one question for each gap; on a lossy transport it is repeated. */
void ep_client_ask(ep_client *client) {
  ep_message retry = {.action = EP_ACTION_MESSAGE_RETRY, .has = EP_HAS_ID};
  if (!is_missing(client)) return;
  retry.id = client->inbox.expected;
  ep_client_write_or_fail(client, &retry);
  uint32_t wait = client->ask_ms * 2;
  client->ask_ms = wait < EP_TIMER_RESEND_MAX_MS ? wait : EP_TIMER_RESEND_MAX_MS;
  client->ask_at = client->transport == EP_LOSSY ? client->now + client->ask_ms : UINT64_MAX;
}

/* There is a gap that was not there before. EP-COMPAT-2: an EP/1 server is not asked. */
static void begin_gap(ep_client *client) {
  client->ask_at = client->gap_at = UINT64_MAX;
  if (ep_client_in(client, EP_CLIENT_V1)) {
    if (client->inbox.count != 0) client->gap_at = client->now + EP_TIMER_GAP_WAIT_MS;
  } else if (is_missing(client)) {
    client->ask_ms = EP_TIMER_RESEND_MS / 2;
    ep_client_ask(client);
  }
}

/* EP-RECV-3. It is kept as the frame it could have been. */
static void hold(ep_client *client, const ep_client_data *data) {
  uint32_t dropped;
  bool first = client->inbox.count == 0;
  ep_buffer *work = &client->work;
  ep_buffer_clear(work);
  ep_buffer_append(work, data->text);
  ep_buffer_append_byte(work, EP_FRAME_END);
  ep_hold result = EP_HOLD_NO_MEMORY;
  if (!work->failed) {
    result = ep_inbox_hold(&client->inbox, &dropped, data->message->id, ep_buffer_bytes(work));
  }
  if (work->capacity > EP_CLIENT_WRITE_BYTES) ep_buffer_free(work);
  if (result == EP_HOLD_NO_MEMORY)
    ep_client_fail(client, "no memory");
  else if (first)
    begin_gap(client);
}

static bool accept_held(ep_client *client, const ep_held *held) {
  ep_frame_reader reader;
  ep_message message;
  ep_error why;
  size_t used;
  ep_client_reader_init(client, &reader);
  ep_frame_result result = ep_frame_read(&reader, &used, ep_bytes_of(held->blob, held->len));
  bool done = result == EP_FRAME_READY;
  if (done) {
    ep_decode decoded = ep_message_decode(&reader, EP_S2C, &message, &why);
    EP_ASSERT(decoded == EP_DECODE_OK); /* as it was when it came */
    done = accept(client, &message);
  } else {
    ep_client_fail(client, "no memory");
  }
  ep_frame_reader_free(&reader);
  return done;
}

/* Goes on with what is held, as far as it is in order. */
static void drain(ep_client *client) {
  const ep_held *lowest;
  ep_inbox *inbox = &client->inbox;
  if (inbox->count == 0 && !is_missing(client)) return;
  while ((lowest = ep_inbox_lowest(inbox)) != NULL && lowest->id <= inbox->expected) {
    if (lowest->id == inbox->expected) {
      if (!accept_held(client, lowest)) return;
      inbox->expected++;
    }
    ep_inbox_drop_lowest(inbox);
  }
  begin_gap(client);
}

/* ---- The actions ---- */

/* EP/2: message.new, message.receipt and errors that are items. EP-RECV-1, EP-RCPT-1, EP-ERR-7. */
void ep_client_do_receive(ep_client *client, const ep_client_data *data) {
  const ep_message *message = data->message;
  ep_inbox *inbox = &client->inbox;
  if ((message->has & EP_HAS_ID) == 0) {
    ep_client_do_refuse_invalid(client, data);
    return;
  }
  if (message->id >= client->came) client->came = message->id + 1;
  if (message->id < inbox->expected) {
    client->confirm_due = true; /* EP-RECV-2: the confirmation may be what was lost */
  } else if (message->id > inbox->expected) {
    hold(client, data);
  } else if (accept(client, message)) {
    inbox->expected++;
    drain(client);
  }
}

/* EP-RECV-5. An id below the expected one with a uid that nobody has seen is a message like any
 * other. */
void ep_client_do_receive_v1(ep_client *client, const ep_client_data *data) {
  const ep_message *message = data->message;
  ep_inbox *inbox = &client->inbox;
  uint8_t print[16];
  unsigned needed = EP_HAS_ID | EP_HAS_UID;
  if ((message->has & needed) != needed) return;    /* nothing to confirm it by */
  if (client->adopt) inbox->expected = message->id; /* EP-RECV-12 */
  client->adopt = false;
  print_of(client, print, message);
  bool early = message->id > inbox->expected;
  if ((!early || ep_seen_has(&client->seen, print)) && !accept(client, message)) return;
  if (early) hold(client, data); /* a duplicate too: its id counts as used when its turn comes */
  if (message->id == inbox->expected) {
    inbox->expected++;
    drain(client);
  }
}

/* Numbers that will not come: from the expected one to the first that is there. */
void ep_client_tell_missing(ep_client *client) {
  const ep_inbox *inbox = &client->inbox;
  const ep_held *lowest = ep_inbox_lowest(inbox);
  ep_event lost = {.type = EP_EVENT_LOST, .id = inbox->expected, .count = 1};
  if (lowest != NULL) lost.count = lowest->id - inbox->expected;
  ep_client_tell(client, &lost);
}

/* EP-RECV-7 */
void ep_client_do_skip_gap(ep_client *client, const ep_client_data *data) {
  const ep_held *lowest;
  ep_inbox *inbox = &client->inbox;
  (void)data;
  while (!client->failed && (lowest = ep_inbox_lowest(inbox)) != NULL) {
    if (lowest->id > inbox->expected) {
      ep_client_tell_missing(client);
      inbox->expected = lowest->id;
    }
    drain(client);
  }
  if (!client->failed) begin_gap(client);
}
