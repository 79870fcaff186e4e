/* Floor 4, machine. The client's events: a queue, each event one block with its bytes behind it.
 * The bounds: items stay unconfirmed until they are taken, so the server's window and the limits
 * `mailbox` and `mailbox_bytes` bound them; confirmations count against `outbox`; all others are
 * left out above EP_CLIENT_SMALL_EVENTS, and presence that was left out is made good by one
 * clients.list.
 * Read first: client_internal.h. */
#include "machine/client_internal.h"
#include "wire/number.h"

static void copy(ep_bytes *bytes, uint8_t **to) {
  if (bytes->len != 0) memcpy(*to, bytes->data, bytes->len);
  bytes->data = *to;
  *to += bytes->len;
}

/* NULL: no memory. */
ep_client_event *ep_client_event_new(const ep_client *client, const ep_event *event) {
  size_t size = sizeof(ep_client_event) + event->client_id.len + event->json.len +
                event->to_json.len + event->uid.len + event->reason.len;
  ep_client_event *made = ep_client_resize(client, NULL, 0, size);
  if (made == NULL) return NULL;
  *made = (ep_client_event){.event = *event, .size = size};
  uint8_t *to = (uint8_t *)made + sizeof(ep_client_event);
  copy(&made->event.client_id, &to);
  copy(&made->event.json, &to);
  copy(&made->event.to_json, &to);
  copy(&made->event.uid, &to);
  copy(&made->event.reason, &to);
  EP_ASSERT(to == (uint8_t *)made + size);
  return made;
}

static uint64_t *counter_of(ep_client *client, const ep_client_event *event) {
  ep_event_type type = event->event.type;
  if (event->item) return &client->item_events;
  /* A refusal that is no item is the client's own: EP-LIM-9. */
  bool outbox = type == EP_EVENT_CONFIRMED || type == EP_EVENT_REFUSED;
  return outbox ? &client->confirmed_events : &client->small_events;
}

void ep_client_event_push(ep_client *client, ep_client_event *event) {
  EP_ASSERT(event->next == NULL);
  if (client->last == NULL)
    client->first = event;
  else
    client->last->next = event;
  client->last = event;
  ++*counter_of(client, event);
  client->event_bytes += event->size;
}

static void event_free(ep_client *client, ep_client_event *event) {
  EP_ASSERT(client->event_bytes >= event->size && *counter_of(client, event) > 0);
  --*counter_of(client, event);
  client->event_bytes -= event->size;
  ep_client_resize(client, event, event->size, 0);
}

static ep_client_event *event_pop(ep_client *client) {
  ep_client_event *event = client->first;
  if (event == NULL) return NULL;
  client->first = event->next;
  if (client->first == NULL) client->last = NULL;
  event->next = NULL;
  return event;
}

void ep_client_events_free(ep_client *client) {
  ep_client_event *event;
  if (client->current != NULL) event_free(client, client->current);
  client->current = NULL;
  while ((event = event_pop(client)) != NULL) event_free(client, event);
  EP_ASSERT(client->event_bytes == 0 && client->item_events == 0);
}

bool ep_client_items_full(const ep_client *client) {
  return client->item_events >= EP_LIMIT_MAILBOX || client->event_bytes >= EP_LIMIT_MAILBOX_BYTES;
}

static bool is_presence(ep_event_type type) {
  return type == EP_EVENT_SESSION_UPDATE || type == EP_EVENT_CLIENT_CONNECT ||
         type == EP_EVENT_CLIENT_DISCONNECT || type == EP_EVENT_CLIENTS_LIST;
}

void ep_client_tell(ep_client *client, const ep_event *event) {
  bool full = client->small_events >= EP_CLIENT_SMALL_EVENTS ||
              client->event_bytes >= EP_LIMIT_MAILBOX_BYTES;
  ep_client_event *made = full ? NULL : ep_client_event_new(client, event);
  if (made != NULL) {
    ep_client_event_push(client, made);
    return;
  }
  if (is_presence(event->type)) client->presence_missed = true;
  if (event->type == EP_EVENT_ERROR && event->final) client->final_code = event->code;
}

/* A code of the spec is told as the static text it is; one that we do not know as reason. */
void ep_client_tell_error(ep_client *client, ep_error code, ep_bytes name, ep_bytes reason,
                          bool final) {
  ep_event event = {.type = EP_EVENT_ERROR, .code = ep_error_name(code), .final = final};
  event.reason = code == EP_ERROR_NONE && reason.len == 0 ? name : reason;
  ep_client_tell(client, &event);
}

/* ---- Taken ---- */

static bool confirm_v1(ep_client *client, const ep_event *event) {
  ep_message confirm = {.action = EP_ACTION_MESSAGE_CONFIRM, .uid = event->uid, .has = EP_HAS_UID};
  return !ep_client_in(client, EP_CLIENT_V1) || ep_client_write(client, &confirm);
}

/* EP-RECV-8: the application has it, so it may be confirmed. False: no memory, and nothing has
 * changed. */
static bool settle(ep_client *client, const ep_client_event *event) {
  if (!event->item) return true;
  bool valid = event->generation == client->generation;
  if (!ep_client_keep_room(client, 1, sizeof event->print)) return false;
  if (valid && client->peer_version == 1 && !confirm_v1(client, &event->event)) return false;
  if (event->fresh) {
    EP_ASSERT(event->seen == client->seen_taken);
    ep_client_keep_seen(client, event->seen, event->print);
    client->seen_taken = event->seen + 1;
  }
  uint64_t id = event->event.id;
  if (valid && client->safe <= id && id < EP_ID_MAX) client->safe = id + 1; /* EP-JSON-5 */
  if (valid) client->confirm_due = client->peer_version == 2;
  ep_client_keep(client);
  return true;
}

void ep_client_settle_silent(ep_client *client) {
  while (client->current == NULL && client->first != NULL && client->first->silent) {
    if (!settle(client, client->first)) return; /* the next call tries again */
    event_free(client, event_pop(client));
  }
}

static void make_good(ep_client *client) {
  if (!client->presence_missed || client->small_events != 0) return;
  if (!ep_client_authenticated(client) || client->list_again_at > client->now) return;
  if (ep_client_write(client, &(ep_message){.action = EP_ACTION_CLIENTS_LIST})) {
    client->presence_missed = false;
    client->list_again_at = client->now + EP_TIMER_PING_MS;
  }
}

bool ep_client_next_event(ep_client *client, ep_event *out, uint64_t now_ms) {
  EP_ASSERT(out != NULL && (client->loaded || !client->durable));
  if (now_ms > client->now) client->now = now_ms;
  if (client->current != NULL) {
    if (!settle(client, client->current)) return false;
    event_free(client, client->current);
    client->current = NULL;
  }
  ep_client_settle_silent(client);
  make_good(client);
  if (client->first != NULL && client->first->silent) return false;
  client->current = event_pop(client);
  if (client->current != NULL) {
    *out = client->current->event;
    return true;
  }
  if (client->final_code == NULL) return false;
  *out = (ep_event){.type = EP_EVENT_ERROR, .final = true, .code = client->final_code};
  client->final_code = NULL;
  return true;
}
