/* Support of the harness server.c: what a server may write to whom. See server_world.h. */
#include "machine/server_internal.h"
#include "server_world.h"

/* ---- What clients say ------------------------------------------------------------------------ */

/* What must reach the receiver as it was sent: EP-G1-1, EP-G1-2, EP-MSG-6. */
static uint64_t fingerprint(ep_bytes from, const ep_message *message) {
  const ep_bytes parts[] = {from, message->uid_json, message->to_json, message->payload_json};
  uint64_t sum = 1;
  for (int i = 0; i < 4; i++) sum = fuzz_mix(sum, parts[i].data, parts[i].len);
  return sum;
}

static ep_bytes client_of(const fuzz_wire *wire) {
  return ep_bytes_of(wire->client, strlen(wire->client));
}

static void note_auth(const server_world *world, fuzz_wire *wire, const ep_message *message) {
  const ep_server_config *config = &world->config;
  if (wire->asked != 0) return;
  wire->asked = message->version >= 2 ? 2 : 1;
  if (message->client.len != 0) memcpy(wire->client, message->client.data, message->client.len);
  ep_frame_reader_set_limit(&wire->up, config->frame, (unsigned)config->depth);
}

static void note_said(server_world *world, fuzz_wire *wire) {
  ep_message message;
  ep_error why;
  (void)ep_message_decode(&wire->up, EP_C2S, &message, &why);
  if (message.action == EP_ACTION_AUTH) note_auth(world, wire, &message);
  if (message.action == EP_ACTION_MESSAGE_RETRY) wire->repeats++;
  if (message.action == EP_ACTION_MESSAGE_CONFIRM && message.id >= wire->confirmed_to)
    wire->confirmed_to = message.id + 1;
  if (message.action != EP_ACTION_MESSAGE_NEW || world->sent_count == SENT_MOST) return;
  world->sent[world->sent_count++] = fingerprint(client_of(wire), &message);
}

void server_watch_said(server_world *world, fuzz_wire *wire, ep_bytes bytes) {
  for (size_t used; wire->conn != 0; bytes = ep_bytes_from(bytes, used)) {
    ep_frame_result result = ep_frame_read(&wire->up, &used, bytes);
    if (result == EP_FRAME_MORE) return;
    if (result == EP_FRAME_READY) note_said(world, wire);
  }
}

/* ---- What the server writes ------------------------------------------------------------------ */

static void check_action(const fuzz_wire *wire, const ep_message *message) {
  bool is_early = wire->version == 0;
  FUZZ_MUST(wire->asked != 0, "Something is written before the auth request (EP-SEC-5).");
  FUZZ_MUST((message->form == EP_BARE) == (wire->version == 2),
            "A frame has the wrong form (EP-FRAME-4, EP-FRAME-5).");
  if (message->action == EP_ACTION_AUTH) return;
  if (message->action != EP_ACTION_ERROR)
    FUZZ_MUST(!is_early, "Something is written before the auth reply (EP-AUTH-6).");
  if (wire->asked == 2) return;
  bool is_known =
      message->action == EP_ACTION_CLIENTS_LIST || message->action == EP_ACTION_SESSION_UPDATE ||
      message->action == EP_ACTION_CLIENT_CONNECT ||
      message->action == EP_ACTION_CLIENT_DISCONNECT || message->action == EP_ACTION_MESSAGE_NEW ||
      message->action == EP_ACTION_MESSAGE_CONFIRM;
  FUZZ_MUST(is_known, "An EP/1 client gets what it does not know (EP-COMPAT-1).");
}

static void hear_auth(server_world *world, fuzz_wire *wire, const ep_message *message) {
  FUZZ_MUST((message->version >= 2) == (wire->asked == 2), "Another version was asked for.");
  wire->version = wire->asked;
  if (wire->version == 1) return;
  memcpy(world->epoch, message->epoch.data, message->epoch.len);
  world->epoch[message->epoch.len] = '\0';
  if (!wire->any) wire->next_up = message->expect;
}

static void check_item(fuzz_wire *wire, const ep_message *message) {
  bool is_new = !wire->any || message->id > wire->last;
  if (!is_new && !wire->lossy) {
    FUZZ_MUST(wire->repeats > 0, "An item is written twice on a stream (EP-SEND-3).");
    wire->repeats--;
  }
  if (!is_new) return;
  if (wire->any && wire->version == 2)
    FUZZ_MUST(message->id == wire->last + 1 || message->id <= wire->confirmed_to,
              "An item is left out (EP-SEND-1, EP-SEND-2).");
  wire->any = true;
  wire->last = message->id;
}

static void check_message(const server_world *world, fuzz_wire *wire, const ep_message *message) {
  check_item(wire, message);
  if (message->to_kind == EP_TO_CLIENT)
    FUZZ_MUST(ep_bytes_equal(message->to, client_of(wire)), "It is for somebody else (EP-G7-1).");
  char *uid = wire->uids[wire->uid_count++ % UIDS];
  memcpy(uid, message->uid.data, message->uid.len);
  uid[message->uid.len] = '\0';
  uint64_t sum = fingerprint(message->from, message);
  unsigned i = 0;
  while (i < world->sent_count && world->sent[i] != sum) i++;
  FUZZ_MUST(i < world->sent_count || i == SENT_MOST, "Nobody sent this (G1).");
}

static void hear_frame(server_world *world, fuzz_wire *wire, ep_bytes frame) {
  size_t used;
  ep_message message;
  ep_error why;
  FUZZ_MUST(ep_frame_read(&wire->down, &used, frame) == EP_FRAME_READY && used == frame.len,
            "The server writes what is not a frame.");
  FUZZ_MUST(ep_message_decode(&wire->down, EP_S2C, &message, &why) == EP_DECODE_OK,
            "The server writes a frame that is not a message.");
  check_action(wire, &message);
  if (message.action == EP_ACTION_AUTH) hear_auth(world, wire, &message);
  if (message.action == EP_ACTION_MESSAGE_NEW) check_message(world, wire, &message);
  if (message.action == EP_ACTION_MESSAGE_RECEIPT) check_item(wire, &message);
  if (message.action == EP_ACTION_ERROR && (message.has & EP_HAS_ID) != 0)
    check_item(wire, &message);
  if (message.action == EP_ACTION_MESSAGE_CONFIRM)
    FUZZ_MUST((message.has & (wire->asked == 2 ? EP_HAS_ID : EP_HAS_UID)) != 0,
              "A confirm has the form of the other version.");
}

void server_watch_heard(server_world *world, fuzz_wire *wire, ep_bytes bytes) {
  if (world->is_foreign) return; /* what was stored by others need not even be JSON */
  ep_buffer_append(&wire->heard, bytes);
  for (;;) {
    ep_bytes all = ep_buffer_bytes(&wire->heard);
    const uint8_t *end = all.len == 0 ? NULL : memchr(all.data, EP_FRAME_END, all.len);
    if (end == NULL) return;
    size_t len = (size_t)(end - all.data) + 1;
    hear_frame(world, wire, ep_bytes_of(all.data, len));
    ep_buffer_consume(&wire->heard, len);
  }
}

/* ---- What it keeps --------------------------------------------------------------------------- */

uint64_t server_watch_copies(const server_world *world) {
  ep_registry *registry = world->core->registry;
  uint64_t count = 0;
  for (uint32_t i = 0; i < ep_registry_count(registry); i++) {
    const ep_outbox *down = &ep_registry_account(registry, i)->down;
    for (uint64_t slot = down->base; slot < down->next; slot++)
      count += down->ring[slot & (down->capacity - 1)].item->kind == EP_ITEM_MESSAGE;
  }
  return count;
}

void server_watch_mail(const server_world *world) {
  const ep_registry *registry = world->core->registry;
  ep_registry_check(registry);
  uint64_t routed = ep_registry_counted(registry, EP_COUNTER_ROUTED);
  uint64_t confirmed = ep_registry_counted(registry, EP_COUNTER_CONFIRMED);
  FUZZ_MUST(world->kept + routed == confirmed + server_watch_copies(world),
            "A copy is neither in its mailbox nor confirmed (EP-G5-2).");
}
