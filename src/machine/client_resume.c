/* Floor 4, machine. What an auth reply means for the streams: both go on, or one side lost its
 * state and the items are numbered anew. Nothing unconfirmed is thrown away (EP-LOST-5).
 * Read first: client_up.c, spec/protocol.md (resuming, lost state). */
#include "machine/client_internal.h"
#include "wire/number.h"

static void tell_authenticated(ep_client *client, unsigned version, bool known) {
  ep_event event = {.type = EP_EVENT_AUTHENTICATED, .version = version, .known = known};
  client->auth_at = client->auth_repeat_at = UINT64_MAX;
  ep_client_tell(client, &event);
}

/* A new name for the state of the streams: whoever has an older one numbers anew. */
void ep_client_rename(ep_client *client) {
  ep_client_random_name(client, client->instance);
  client->epoch_len = 0;
  ep_client_keep(client);
}

static void number_anew(ep_client *client) {
  ep_outbox_renumber(&client->outbox);
  ep_client_down_anew(client);
  client->resumed_at = 0;
  ep_client_keep(client);
}

/* ---- Closing up ---- */

typedef bool leaving(const ep_client *client, const ep_item *item);

/* EP-LOST-9 */
static bool is_refused(const ep_client *client, const ep_item *item) {
  (void)client;
  return item->refused;
}

/* In EP/1 sessions are not numbered. */
static bool is_session_or_refused(const ep_client *client, const ep_item *item) {
  return item->kind == EP_ITEM_SESSION || is_refused(client, item);
}

/* EP-LIM-9 */
static bool is_too_large(const ep_client *client, const ep_item *item) {
  return ep_client_frame_most(client, item) > client->peer_frame;
}

static bool goes(const ep_client *client, const ep_outbox_slot *slot, leaving *leaves) {
  return slot->confirmed || leaves(client, slot->item);
}

/* Whether there are items that must not be numbered: what leaves, and what was confirmed. */
static bool has_holes(const ep_client *client, leaving *leaves, size_t *record_bytes) {
  const ep_outbox *box = &client->outbox;
  bool found = false;
  *record_bytes = 0;
  for (uint64_t at = box->base; at < box->next; at++) {
    const ep_outbox_slot *slot = &box->ring[at & (box->capacity - 1)];
    if (goes(client, slot, leaves))
      found = true;
    else
      *record_bytes += ep_client_item_record_size(slot->item);
  }
  return found;
}

/* Takes those items out and lets the others close up, so that they can be numbered anew: once
 * around. What was written moves, and counts as written where it is then. */
static bool close_up(ep_client *client, leaving *leaves) {
  ep_outbox *box = &client->outbox;
  ep_outbox_slot front;
  size_t record_bytes;
  uint64_t count = ep_outbox_count(box), written = client->written;
  if (!has_holes(client, leaves, &record_bytes)) return true;
  if (!ep_outbox_reserve(box)) return false;
  if (!ep_client_keep_room(client, (size_t)count * 3, record_bytes)) return false;
  for (uint64_t i = 0; i < count; i++) {
    const ep_outbox_slot *slot = ep_outbox_front(box);
    bool confirmed = slot->confirmed;
    if (!goes(client, slot, leaves)) {
      ep_item *item = ep_item_share(slot->item);
      uint64_t moved = ep_outbox_push(box, item);
      ep_client_keep_item(client, moved, item);
      if (box->base < written) client->written = moved + 1;
    }
    ep_outbox_pop(box, &front);
    ep_client_forget_item(client, box->base - 1, confirmed);
    ep_item_drop(&client->allocator, front.item);
  }
  if (client->written < box->base) client->written = box->base;
  ep_client_keep(client);
  return true;
}

/* ---- EP/2 ---- */

/* EP-LOST-3: in front of everything, unless a newer session stands there already. Slots begin at 1
 * and a second session is put in front only after the first was confirmed, so there always is a
 * slot. */
static bool put_session_first(ep_client *client) {
  ep_outbox *box = &client->outbox;
  ep_item *item = client->session_confirmed;
  const ep_outbox_slot *front = ep_outbox_front(box);
  if (item == NULL || ep_bytes_equal(ep_client_session_json(item), EP_LITERAL("{}"))) return true;
  if (front != NULL && front->item->kind == EP_ITEM_SESSION) return true;
  if (!ep_outbox_reserve(box)) return false;
  if (!ep_client_keep_room(client, 1, ep_client_item_record_size(item))) return false;
  EP_ASSERT(box->base > 0 && box->cursor == box->base && box->shift == box->base);
  box->base--;
  box->cursor = box->shift = box->base;
  box->ring[box->base & (box->capacity - 1)] = (ep_outbox_slot){ep_item_share(item), false};
  box->bytes += ep_item_size(item);
  ep_client_keep_item(client, box->base, item);
  return true;
}

/* EP-LOST-2 */
static void begin_epoch(ep_client *client, const ep_message *reply) {
  EP_ASSERT(reply->expect == 0); /* else it starts over */
  bool room = close_up(client, is_refused);
  if (room) number_anew(client);
  if (!room || !put_session_first(client)) {
    client->epoch_len = 0; /* so that the next reply does this again */
    ep_client_fail(client, "no memory");
    return;
  }
  client->epoch_len = (uint8_t)reply->epoch.len;
  memcpy(client->epoch, reply->epoch.data, reply->epoch.len);
}

/* EP-RES-1 */
static void go_on(ep_client *client, const ep_message *reply) {
  ep_outbox *box = &client->outbox;
  uint64_t first = ep_outbox_id(box, box->base), end = ep_outbox_id(box, box->next);
  ep_outbox_rewind(box);
  EP_ASSERT(reply->expect >= first && reply->expect <= end); /* else it starts over */
  while (ep_outbox_id(box, box->base) < reply->expect) {
    if (ep_client_confirm_front(client)) continue;
    ep_client_fail(client, "no memory");
    return;
  }
  ep_client_confirmed_marked(client);
}

/* EP-LIM-8 */
static void take_limits(ep_client *client, ep_bytes limits_json) {
  ep_json *json = &client->scratch.json;
  ep_json_member member;
  uint64_t frame;
  client->peer_frame = EP_LIMIT_FRAME;
  if (limits_json.len == 0 || ep_json_kind_of(limits_json) != EP_JSON_OBJECT) return;
  ep_json_members_begin(json, EP_JSON_DEPTH_MAX);
  while (ep_json_members_next(json, &member, limits_json)) {
    if (!ep_json_name_is(&member, limits_json, EP_LITERAL("frame"))) continue;
    if (ep_number_id(&frame, ep_json_value(&member, limits_json))) client->peer_frame = frame;
  }
}

/* One event for each item that leaves; false: no memory, and nothing was told. */
static bool tell_too_large(ep_client *client) {
  const ep_outbox *box = &client->outbox;
  ep_client_event *first = NULL, **last = &first;
  bool room = true;
  for (uint64_t at = box->base; room && at < box->next; at++) {
    const ep_item *item = ep_outbox_at(box, at);
    if (item == NULL || !is_too_large(client, item)) continue;
    ep_event event = {.type = EP_EVENT_REFUSED, .code = ep_error_name(EP_ERROR_TOO_LARGE)};
    event.reason = ep_error_sentence(EP_ERROR_TOO_LARGE);
    if (item->kind == EP_ITEM_MESSAGE) event.uid = ep_client_item_uid(item);
    *last = ep_client_event_new(client, &event);
    room = *last != NULL;
    if (room) last = &(*last)->next;
  }
  while (first != NULL) {
    ep_client_event *event = first;
    first = event->next;
    event->next = NULL;
    if (room)
      ep_client_event_push(client, event);
    else
      ep_client_resize(client, event, event->size, 0);
  }
  return room;
}

/* EP-LIM-9: the server could not even say which item it was that it skipped. */
static void drop_too_large(ep_client *client) {
  ep_outbox *box = &client->outbox;
  size_t record_bytes;
  if (client->failed || !has_holes(client, is_too_large, &record_bytes)) return;
  uint64_t first_id = ep_outbox_id(box, box->base);
  if (!ep_outbox_reserve(box) || !tell_too_large(client) || !close_up(client, is_too_large)) {
    ep_client_fail(client, "no memory");
    return;
  }
  ep_outbox_rewind(box);
  box->shift = box->base - first_id;
}

void ep_client_do_resume_v2(ep_client *client, const ep_client_data *data) {
  const ep_message *reply = data->message;
  EP_ASSERT(reply->epoch.len >= 1 && reply->epoch.len <= EP_LIMIT_NAME);
  tell_authenticated(client, 2, reply->known);
  client->peer_version = 2;
  client->peer_window = (reply->has & EP_HAS_WINDOW) != 0 ? reply->window : EP_LIMIT_WINDOW;
  if (client->peer_window == 0) client->peer_window = 1; /* nothing could ever be sent */
  take_limits(client, reply->limits_json);
  client->ping_at = client->now + EP_TIMER_PING_MS;
  client->idle_at = client->now + EP_TIMER_IDLE_MS;
  if (ep_bytes_equal(reply->epoch, ep_bytes_of(client->epoch, client->epoch_len))) {
    go_on(client, reply);
  } else {
    begin_epoch(client, reply);
  }
  drop_too_large(client);
  if (!client->failed) client->reconnect_ms = EP_TIMER_RECONNECT_MS;
  ep_client_keep(client);
}

/* ---- EP/1 ---- */

/* EP-NEG-4, EP-LOST-4, EP-RES-5. A server that was not ours before, but knows the client id, counts
 * on from where another run of this client was: the first id that comes is the one to expect. */
void ep_client_do_resume_v1(ep_client *client, const ep_client_data *data) {
  bool known = data->message->known;
  bool same = client->peer_version == 1 && known;
  tell_authenticated(client, 1, known);
  if (!same && !close_up(client, is_session_or_refused)) {
    if (client->peer_version == 1) client->peer_version = 0; /* the next reply does this again */
    ep_client_keep(client);
    ep_client_fail(client, "no memory");
    return;
  }
  if (same) {
    ep_outbox_rewind(&client->outbox);
    ep_client_confirmed_marked(client);
  } else {
    if (client->peer_version == 2) ep_client_rename(client);
    number_anew(client);
    client->adopt = known;
  }
  client->peer_version = 1;
  client->peer_window = EP_CLIENT_V1_WINDOW;
  ep_client_set_session(client, &client->session_confirmed, client->session);
  client->confirmed_dirty = true;
  if (!same) drop_too_large(client); /* EP-LIM-8: what was queued for EP/2 can be larger now */
  if (!client->failed) client->reconnect_ms = EP_TIMER_RECONNECT_MS;
  ep_client_keep(client);
  ep_client_do_write_session(client, data);
}
