/* Floor 4, machine. What the client sends, as items: made from a message when the server would read
 * the same message, and what can be read from them again.
 * Read first: client_internal.h, delivery/item.h. */
#include "machine/client_internal.h"

/* A random v4 uuid as text. */
void ep_client_make_uid(ep_client *client, char uid[37]) {
  static const char hex[] = "0123456789abcdef";
  uint8_t bytes[16];
  size_t at = 0;
  client->surroundings.random(client->surroundings.context, bytes, sizeof bytes);
  bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x40);
  bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80);
  for (size_t i = 0; i < sizeof bytes; i++) {
    if (i == 4 || i == 6 || i == 8 || i == 10) uid[at++] = '-';
    uid[at++] = hex[bytes[i] >> 4];
    uid[at++] = hex[bytes[i] & 15];
  }
  uid[at] = 0;
  EP_ASSERT(at == 36);
}

static bool is_space(uint8_t byte) {
  return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

ep_bytes ep_client_trim(ep_bytes json) {
  while (json.len > 0 && is_space(json.data[0])) json = ep_bytes_from(json, 1);
  while (json.len > 0 && is_space(json.data[json.len - 1])) json.len--;
  return json;
}

/* Whether a text that was pasted into a message is one value of it still, and the same:
 * `1,"to":"x"` is not. */
static bool survived(const ep_message *meant, const ep_message *seen) {
  if (!ep_bytes_equal(meant->payload_json, seen->payload_json)) return false;
  if (!ep_bytes_equal(meant->presence_json, seen->presence_json)) return false;
  if (meant->to_json.len != 0) {
    return seen->to_kind == meant->to_kind && ep_bytes_equal(meant->to_json, seen->to_json);
  }
  return ep_bytes_equal(meant->to, seen->to);
}

/* Writes the message as a server would read it, and reads it. */
ep_status ep_client_check_message(ep_client *client, const ep_message *message) {
  ep_buffer *work = &client->work;
  ep_frame_reader reader;
  ep_message seen;
  ep_error why;
  size_t used;
  ep_buffer_clear(work);
  ep_message_encode(work, EP_BARE, EP_C2S, message);
  if (work->failed) return EP_NO_MEMORY;
  ep_client_reader_init(client, &reader);
  ep_frame_result result = ep_frame_read(&reader, &used, ep_buffer_bytes(work));
  ep_status status = result == EP_FRAME_NO_MEMORY ? EP_NO_MEMORY : EP_INVALID_ARGUMENT;
  if (result == EP_FRAME_READY && used == ep_buffer_len(work) &&
      ep_message_decode(&reader, EP_C2S, &seen, &why) == EP_DECODE_OK && survived(message, &seen)) {
    status = EP_OK;
  }
  bool session = message->action == EP_ACTION_SESSION_UPDATE;
  if (status == EP_OK && session && ep_frame_members(&reader)->inner_more) {
    status = EP_INVALID_ARGUMENT;
  }
  ep_frame_reader_free(&reader);
  return status;
}

/* The uid stands, with its quotes, soon after the hole for the id. */
static void note_uid(const ep_client *client, ep_item *item, ep_bytes uid) {
  uint32_t at = item->shape.hole;
  while (at + 1 + uid.len < item->shape.len &&
         memcmp(item->text + at + 1, uid.data, uid.len) != 0) {
    at++;
  }
  EP_ASSERT(at + uid.len + 2 <= item->shape.len && item->text[at] == '"');
  item->uid_at = at;
  item->uid_len = (uint32_t)uid.len + 2;
  ep_fingerprint print = ep_fingerprint_of(&client->key, uid);
  memcpy(item->print, print.bytes, sizeof item->print);
}

ep_item *ep_client_make_item(ep_client *client, ep_status *status, ep_item_kind kind,
                             const ep_message *message) {
  ep_item_shape shape;
  ep_buffer *work = &client->work;
  *status = ep_client_check_message(client, message);
  if (*status != EP_OK) return NULL;
  ep_buffer_clear(work);
  ep_message_render_item(work, &shape, EP_C2S, message);
  ep_item *item = NULL;
  if (!work->failed) item = ep_item_new(&client->allocator, kind, ep_buffer_bytes(work), shape);
  if (item == NULL)
    *status = EP_NO_MEMORY;
  else if (kind == EP_ITEM_MESSAGE)
    note_uid(client, item, message->uid);
  if (work->capacity > EP_CLIENT_WRITE_BYTES) ep_buffer_free(work);
  return item;
}

/* EP/1: enveloped, with a backslash before each quotation mark. */
uint64_t ep_client_frame_most(const ep_client *client, const ep_item *item) {
  bool may_grow = ep_item_frame_bound(item->shape) > client->peer_frame;
  if (client->peer_version == 1 && may_grow) return ep_item_frame_most(item->text, item->shape);
  return ep_item_size(item) + EP_U64_DIGITS;
}

/* The object inside the text of the item: the first brace after the one it begins with. */
ep_bytes ep_client_session_json(const ep_item *item) {
  if (item == NULL) return EP_LITERAL("{}");
  const uint8_t *from = memchr(item->text + 1, '{', item->shape.hole - 1);
  EP_ASSERT(item->kind == EP_ITEM_SESSION && from != NULL);
  static const char after[] = ",\"id\":";
  const uint8_t *end = item->text + item->shape.hole - (sizeof after - 1);
  EP_ASSERT(end > from && memcmp(end, after, sizeof after - 1) == 0);
  return ep_bytes_of(from, (size_t)(end - from));
}

ep_bytes ep_client_item_uid(const ep_item *item) {
  EP_ASSERT(item->kind == EP_ITEM_MESSAGE && item->uid_len > 2);
  return ep_bytes_of(item->text + item->uid_at + 1, item->uid_len - 2);
}
