/* Support of the harness client.c: what a client may write, and what it tells its application. See
 * client_world.h. */
#include "client_world.h"
#include "machine/client_internal.h"

/* ---- What the server says -------------------------------------------------------------------- */

static void note_said(client_world *world) {
  ep_message message;
  ep_error why;
  bool is_usable = ep_message_decode(&world->down, EP_S2C, &message, &why) == EP_DECODE_OK;
  if (message.action == EP_ACTION_MESSAGE_RETRY) world->repeats++;
  if ((message.has & EP_HAS_ID) != 0 && message.action != EP_ACTION_MESSAGE_RETRY &&
      message.id >= world->above)
    world->above = message.id + 1;
  if (message.action == EP_ACTION_MESSAGE_CONFIRM && message.id >= world->confirmed_to)
    world->confirmed_to = message.id + 1;
  if (is_usable && message.action == EP_ACTION_AUTH && world->version == 0)
    world->version = message.version >= 2 && world->config.max_version != 1 ? 2 : 1;
}

void client_watch_said(client_world *world, ep_bytes bytes) {
  for (size_t used;; bytes = ep_bytes_from(bytes, used)) {
    ep_frame_result result = ep_frame_read(&world->down, &used, bytes);
    if (result == EP_FRAME_MORE) return;
    if (result == EP_FRAME_READY) note_said(world);
  }
}

/* ---- What the client writes ------------------------------------------------------------------ */

static void check_action(const client_world *world, const ep_message *message) {
  FUZZ_MUST(world->greeted || message->action == EP_ACTION_AUTH,
            "The first frame is not an auth request (EP-AUTH-1).");
  if (message->action == EP_ACTION_AUTH) {
    FUZZ_MUST((message->version >= 2) == (world->config.max_version != 1),
              "It asks for a version that it was told not to speak.");
    FUZZ_MUST(message->form == EP_ENVELOPED, "An auth request is bare (EP-FRAME-4).");
    return;
  }
  FUZZ_MUST(world->version != 0, "Something is written before the auth reply.");
  FUZZ_MUST((message->form == EP_BARE) == (world->version == 2),
            "A frame has the wrong form (EP-FRAME-4, EP-FRAME-5).");
  if (world->version == 2) return;
  bool is_known =
      message->action == EP_ACTION_SESSION_UPDATE || message->action == EP_ACTION_CLIENTS_LIST ||
      message->action == EP_ACTION_MESSAGE_NEW || message->action == EP_ACTION_MESSAGE_CONFIRM;
  FUZZ_MUST(is_known, "An EP/1 server gets what it does not know (EP-COMPAT-2).");
}

static void check_item(client_world *world, const ep_message *message) {
  bool is_new = !world->any || message->id > world->last;
  bool is_once = world->version == 2 && world->config.transport == EP_STREAM;
  FUZZ_MUST((message->has & EP_HAS_ID) != 0, "An item has no id.");
  if (!is_new && is_once) {
    FUZZ_MUST(world->repeats > 0, "An item is written twice on a stream (EP-SEND-3).");
    world->repeats--;
  }
  if (!is_new) return;
  if (world->any && world->version == 2)
    FUZZ_MUST(message->id == world->last + 1 || message->id <= world->confirmed_to,
              "An item is left out (EP-SEND-1, EP-SEND-2).");
  world->any = true;
  world->last = message->id;
}

static void hear_frame(client_world *world, ep_bytes frame) {
  size_t used;
  ep_message message;
  ep_error why;
  FUZZ_MUST(ep_frame_read(&world->up, &used, frame) == EP_FRAME_READY && used == frame.len,
            "The client writes what is not a frame.");
  FUZZ_MUST(ep_message_decode(&world->up, EP_C2S, &message, &why) == EP_DECODE_OK,
            "The client writes a frame that is not a message.");
  check_action(world, &message);
  if (message.action == EP_ACTION_AUTH && !world->greeted) {
    world->greeted = true;
    world->next_down = message.expect;
    if (world->above < message.expect) world->above = message.expect;
  }
  if (message.action == EP_ACTION_MESSAGE_NEW) check_item(world, &message);
  if (message.action == EP_ACTION_SESSION_UPDATE && world->version == 2)
    check_item(world, &message);
  if (message.action == EP_ACTION_MESSAGE_CONFIRM && world->version == 2)
    FUZZ_MUST((message.has & EP_HAS_ID) != 0 && message.id < world->above,
              "It confirms what it was not given (EP-RECV-8).");
}

void client_watch_heard(client_world *world, ep_bytes bytes) {
  ep_buffer_append(&world->heard, bytes);
  for (;;) {
    ep_bytes all = ep_buffer_bytes(&world->heard);
    const uint8_t *end = all.len == 0 ? NULL : memchr(all.data, EP_FRAME_END, all.len);
    if (end == NULL) return;
    size_t len = (size_t)(end - all.data) + 1;
    hear_frame(world, ep_bytes_of(all.data, len));
    ep_buffer_consume(&world->heard, len);
  }
}

/* ---- What it tells --------------------------------------------------------------------------- */

/* EP-RECV-5, EP-RECV-9 */
static void told_message(client_world *world, const ep_event *event) {
  char name[UID_ROOM + 32];
  int len = snprintf(name, sizeof name, "%.*s %.*s", (int)event->client_id.len,
                     (const char *)event->client_id.data, (int)event->uid.len,
                     (const char *)event->uid.data);
  if (event->uid.len == 0) return; /* nothing tells that it is the same */
  if (world->killed || world->told_count == TOLD_MOST || len >= (int)sizeof name) return;
  for (unsigned i = 0; i < world->told_count; i++)
    FUZZ_MUST(strcmp(world->told[i], name) != 0, "A message is delivered twice (G2).");
  memcpy(world->told[world->told_count++], name, sizeof name);
}

void client_watch_told(client_world *world, const ep_event *event) {
  FUZZ_MUST(event->type <= EP_EVENT_PONG, "There is no such event.");
  if (event->type == EP_EVENT_MESSAGE) told_message(world, event);
  world->confirmed += event->type == EP_EVENT_CONFIRMED;
  world->refused += event->type == EP_EVENT_REFUSED;
}

void client_watch_state(client_world *world) {
  const ep_client *client = world->core;
  uint64_t kept = 0;
  ep_outbox_check(&client->outbox);
  ep_inbox_check(&client->inbox);
  if (client->seen.index != NULL) ep_seen_check(&client->seen);
  for (uint64_t slot = client->outbox.base; slot < client->outbox.next; slot++) {
    const ep_item *item = ep_outbox_at(&client->outbox, slot);
    kept += item != NULL && item->kind == EP_ITEM_MESSAGE;
  }
  if (world->killed || world->scarce) return; /* what it told the dead is not told again */
  FUZZ_MUST(kept + world->confirmed <= world->sent, "More is kept and confirmed than was sent.");
  FUZZ_MUST(kept + world->confirmed + world->refused >= world->sent,
            "A message is neither kept nor confirmed nor refused (EP-G6-1).");
}
