/* Floor 4, machine. What a durable client keeps: its streams and its sessions, as records.
 *   META "client"               format, id, instance, epoch, key, server's version, numbers of both
 * streams
 *   META "confirmed", "session" two sessions, as JSON text
 *   LOG slot                    an unconfirmed item: where its id belongs, and whether it was
 *                               refused (top bit), its text
 *   CONFIRMED slot              it was confirmed before its turn (EP/1)
 *   SEEN place in the ring      the fingerprint of a message that was taken
 * The numbers are written once a turn, with the records they go with.
 * Read first: client_internal.h, delivery/record.h. */
#include "delivery/pack.h"
#include "delivery/record.h"
#include "machine/client_internal.h"
#include "wire/number.h"

enum { STATE_FORMAT = 1, KEY_MOST = 16, PRINT_LEN = 16, HEAD_MOST = 512 };

#define REFUSED (UINT32_C(1) << 31)

static const char key_client[] = "client", key_confirmed[] = "confirmed", key_session[] = "session";

/* ---- Writing ---- */

bool ep_client_keep_room(ep_client *client, size_t records, size_t bytes) {
  if (!client->durable) return true;
  size_t room = records * ep_record_size(KEY_MOST, 4) + bytes;
  if (ep_buffer_reserve(&client->records, room) != NULL) return true;
  client->records.failed = false;
  return false;
}

/* Into the room that was made. */
static uint8_t *begin(ep_client *client, ep_table_id table, bool remove, ep_bytes key, size_t len) {
  size_t size = ep_record_size(key.len, len);
  uint8_t *at = ep_buffer_reserve(&client->records, size);
  EP_ASSERT(at != NULL && key.len <= KEY_MOST);
  uint8_t *value = ep_record_begin(at, (uint8_t)table, remove, key, len);
  ep_buffer_commit(&client->records, size);
  return value;
}

void ep_client_keep(ep_client *client) { client->dirty = client->durable; }

size_t ep_client_item_record_size(const ep_item *item) { return 4 + item->shape.len; }

static ep_bytes slot_key(uint8_t key[8], uint64_t slot) {
  ep_pack_u64(key, slot);
  return ep_bytes_of(key, 8);
}

void ep_client_keep_item(ep_client *client, uint64_t slot, const ep_item *item) {
  uint8_t key[8];
  if (!client->durable) return;
  size_t len = ep_client_item_record_size(item);
  uint8_t *to = begin(client, EP_TABLE_LOG, false, slot_key(key, slot), len);
  EP_ASSERT(item->shape.hole < REFUSED);
  to = ep_pack_u32(to, item->shape.hole | (item->refused ? REFUSED : 0));
  ep_pack_bytes(to, ep_bytes_of(item->text, item->shape.len));
}

void ep_client_forget_item(ep_client *client, uint64_t slot, bool marked) {
  uint8_t key[8];
  if (!client->durable) return;
  begin(client, EP_TABLE_LOG, true, slot_key(key, slot), 0);
  if (marked) begin(client, EP_TABLE_CONFIRMED, true, slot_key(key, slot), 0);
}

void ep_client_keep_mark(ep_client *client, uint64_t slot) {
  uint8_t key[8];
  if (!client->durable) return;
  begin(client, EP_TABLE_CONFIRMED, false, slot_key(key, slot), 0);
  ep_client_keep(client);
}

void ep_client_keep_seen(ep_client *client, uint64_t number, const uint8_t print[16]) {
  uint8_t key[4];
  if (!client->durable) return;
  ep_pack_u32(key, (uint32_t)(number % client->seen.max));
  uint8_t *to = begin(client, EP_TABLE_SEEN, false, ep_bytes_of(key, sizeof key), PRINT_LEN);
  ep_pack_bytes(to, ep_bytes_of(print, PRINT_LEN));
}

static uint8_t *pack_string(uint8_t *to, ep_bytes string) {
  return ep_pack_bytes(ep_pack_u32(to, (uint32_t)string.len), string);
}

static size_t pack_client(const ep_client *client, uint8_t *out) {
  uint8_t *to = ep_pack_u32(out, STATE_FORMAT);
  to = pack_string(to, ep_client_id_bytes(client));
  to = pack_string(to, ep_client_text(client->instance));
  to = pack_string(to, ep_bytes_of(client->epoch, client->epoch_len));
  to = ep_pack_bytes(to, ep_bytes_of(client->key.bytes, sizeof client->key.bytes));
  to = ep_pack_u8(to, client->peer_version);
  to = ep_pack_u8(to, client->adopt);
  to = ep_pack_u64(to, client->safe);
  to = ep_pack_u64(to, client->outbox.base);
  to = ep_pack_u64(to, client->outbox.next);
  to = ep_pack_u64(to, client->outbox.shift);
  to = ep_pack_u64(to, client->seen_taken);
  return (size_t)(to - out);
}

static void keep_session(ep_client *client, const char *key, const ep_item *item) {
  ep_bytes json = ep_client_session_json(item);
  ep_pack_bytes(begin(client, EP_TABLE_META, false, ep_client_text(key), json.len), json);
}

static bool keep_numbers(ep_client *client) {
  uint8_t numbers[HEAD_MOST];
  size_t len = pack_client(client, numbers);
  EP_ASSERT(len <= sizeof numbers);
  size_t sessions = ep_client_session_json(client->session).len +
                    ep_client_session_json(client->session_confirmed).len;
  if (!ep_client_keep_room(client, 3, len + sessions)) return false;
  uint8_t *to = begin(client, EP_TABLE_META, false, ep_client_text(key_client), len);
  ep_pack_bytes(to, ep_bytes_of(numbers, len));
  if (client->confirmed_dirty) keep_session(client, key_confirmed, client->session_confirmed);
  if (client->session_dirty) keep_session(client, key_session, client->session);
  client->dirty = client->confirmed_dirty = client->session_dirty = false;
  return true;
}

bool ep_client_waits_for_store(const ep_client *client) {
  return client->durable && (client->dirty || ep_buffer_len(&client->records) > 0);
}

ep_bytes ep_client_records(ep_client *client) {
  if (!client->durable) return EP_NOTHING;
  if (client->dirty && !keep_numbers(client))
    return EP_NOTHING; /* output waits; the next call tries again */
  return ep_buffer_bytes(&client->records);
}

/* Not stored: the records are kept and offered again, and until then nothing leaves. */
void ep_client_committed(ep_client *client, bool stored) {
  EP_ASSERT(!client->dirty);
  if (stored) {
    bool large = client->records.capacity > EP_CLIENT_WRITE_BYTES * 16;
    ep_buffer_clear(&client->records);
    if (large) ep_buffer_free(&client->records);
    return;
  }
  if (client->open) {
    ep_client_tell_error(client, EP_ERROR_FAILED, EP_NOTHING,
                         EP_LITERAL("The state could not be stored."), false);
  }
  ep_client_fail(client, "the state could not be stored");
  ep_client_mend(client);
}

/* ---- Beginning ---- */

ep_status ep_client_begin_state(ep_client *client) {
  char uid[37];
  ep_client_random_name(client, client->instance);
  client->surroundings.random(client->surroundings.context, client->key.bytes,
                              sizeof client->key.bytes);
  if (client->id_len == 0) {
    ep_client_make_uid(client, uid);
    memcpy(client->id, uid, sizeof uid);
    client->id_len = sizeof uid - 1;
  }
  ep_outbox_restore(&client->outbox, 1, 1, 1); /* slot 0: see put_session_first */
  client->written = 1;
  ep_client_keep(client);
  return EP_OK;
}

/* ---- Loading: nothing that was stored is trusted ---- */

static bool take_name(char *out, uint8_t *len, ep_bytes name, size_t most) {
  if (!ep_is_printable(name, most)) return false;
  memcpy(out, name.data, name.len);
  out[name.len] = 0;
  if (len != NULL) *len = (uint8_t)name.len;
  return true;
}

static ep_status load_client(ep_client *client, ep_bytes value) {
  ep_unpack in = {value, false};
  if (ep_unpack_u32(&in) != STATE_FORMAT) return in.bad ? EP_DAMAGED : EP_OTHER_FORMAT;
  ep_bytes id = ep_unpack_string(&in), instance = ep_unpack_string(&in);
  ep_bytes epoch = ep_unpack_string(&in), key = ep_unpack_bytes(&in, sizeof client->key.bytes);
  uint8_t peer_version = ep_unpack_u8(&in), adopt = ep_unpack_u8(&in);
  uint64_t safe = ep_unpack_u64(&in), base = ep_unpack_u64(&in), next = ep_unpack_u64(&in);
  uint64_t shift = ep_unpack_u64(&in), seen = ep_unpack_u64(&in);
  if (!ep_unpack_ended(&in) || client->loaded_meta || peer_version > 2 || adopt > 1)
    return EP_DAMAGED;
  if (shift > base || base > next || next - base > EP_OUTBOX_MOST) return EP_DAMAGED;
  if (safe > EP_ID_MAX || next - shift > EP_ID_MAX) return EP_DAMAGED;
  if (epoch.len != 0 && !ep_is_printable(epoch, EP_LIMIT_NAME)) return EP_DAMAGED;
  if (!ep_is_printable(id, EP_LIMIT_CLIENT_ID)) return EP_DAMAGED;
  if (!take_name(client->instance, NULL, instance, EP_LIMIT_NAME)) return EP_DAMAGED;
  client->other_id = client->id_len != 0 && !ep_bytes_equal(id, ep_client_id_bytes(client));
  if (client->id_len == 0) take_name(client->id, &client->id_len, id, EP_LIMIT_CLIENT_ID);
  client->epoch_len = (uint8_t)epoch.len;
  if (epoch.len != 0) memcpy(client->epoch, epoch.data, epoch.len);
  memcpy(client->key.bytes, key.data, sizeof client->key.bytes);
  client->peer_version = peer_version;
  client->adopt = adopt == 1;
  client->safe = client->inbox.expected = safe;
  client->seen_taken = seen;
  ep_outbox_restore(&client->outbox, base, next, shift);
  client->written = next; /* nobody knows what was written */
  client->loaded_meta = true;
  return EP_OK;
}

static ep_status load_session(ep_client *client, ep_item **at, ep_bytes json) {
  ep_status status;
  ep_message message = {.action = EP_ACTION_SESSION_UPDATE, .payload_json = json};
  message.has = EP_HAS_ID | EP_HAS_PAYLOAD;
  if (json.len == 0 || *at != NULL) return EP_DAMAGED;
  ep_item *item = ep_client_make_item(client, &status, EP_ITEM_SESSION, &message);
  if (item == NULL) return status == EP_INVALID_ARGUMENT ? EP_DAMAGED : status;
  *at = item;
  return EP_OK;
}

static ep_status load_meta(ep_client *client, ep_bytes key, ep_bytes value) {
  if (ep_bytes_equal(key, ep_client_text(key_client))) return load_client(client, value);
  if (!client->loaded_meta) return EP_DAMAGED;
  if (ep_bytes_equal(key, ep_client_text(key_session))) {
    return load_session(client, &client->session, value);
  }
  if (ep_bytes_equal(key, ep_client_text(key_confirmed))) {
    return load_session(client, &client->session_confirmed, value);
  }
  return EP_DAMAGED;
}

/* As ep_client_make_uid makes them. */
static bool is_own_uid(const ep_message *message) {
  return (message->has & EP_HAS_UID) != 0 && message->uid.len == 36 && message->uid_json.len == 38;
}

/* The item that this message is; it must be spelled as it was stored. */
static ep_status remake(ep_client *client, ep_item **out, const ep_message *message, uint32_t hole,
                        ep_bytes text) {
  ep_status status;
  bool session = message->action == EP_ACTION_SESSION_UPDATE;
  if (!session && message->action != EP_ACTION_MESSAGE_NEW) return EP_DAMAGED;
  if (!session && !is_own_uid(message)) return EP_DAMAGED;
  *out = ep_client_make_item(client, &status, session ? EP_ITEM_SESSION : EP_ITEM_MESSAGE, message);
  if (*out == NULL) return status == EP_INVALID_ARGUMENT ? EP_DAMAGED : status;
  const ep_item *item = *out;
  if (item->shape.hole == hole && ep_bytes_equal(text, ep_bytes_of(item->text, item->shape.len))) {
    return EP_OK;
  }
  ep_item_drop(&client->allocator, *out);
  return EP_DAMAGED;
}

/* With a number in its place the text is a frame, and is read like one. */
static ep_status load_text(ep_client *client, ep_item **out, uint32_t hole, ep_bytes text) {
  ep_buffer frame;
  ep_frame_scratch scratch;
  ep_frame_reader reader;
  ep_message message;
  ep_error why;
  size_t used;
  ep_buffer_init(&frame, &client->allocator);
  ep_buffer_append(&frame, ep_bytes_of(text.data, hole));
  ep_buffer_append_literal(&frame, "0");
  ep_buffer_append(&frame, ep_bytes_from(text, hole));
  ep_buffer_append_byte(&frame, EP_FRAME_END);
  ep_status status = EP_NO_MEMORY;
  if (!frame.failed) {
    ep_frame_scratch_init(&scratch,
                          &client->allocator); /* the check of the item uses the other one */
    ep_frame_reader_init(&reader, &client->allocator, &scratch);
    ep_frame_result result = ep_frame_read(&reader, &used, ep_buffer_bytes(&frame));
    if (result != EP_FRAME_NO_MEMORY) status = EP_DAMAGED;
    if (result == EP_FRAME_READY && used == ep_buffer_len(&frame) &&
        ep_message_decode(&reader, EP_C2S, &message, &why) == EP_DECODE_OK) {
      status = remake(client, out, &message, hole, text);
    }
    ep_frame_reader_free(&reader);
    ep_frame_scratch_free(&scratch);
  }
  ep_buffer_free(&frame);
  return status;
}

static ep_status load_item(ep_client *client, ep_bytes key, ep_bytes value) {
  ep_item *item;
  ep_unpack in = {value, false}, name = {key, false};
  uint64_t slot = ep_unpack_u64(&name);
  uint32_t head = ep_unpack_u32(&in), hole = head & ~REFUSED;
  if (!ep_unpack_ended(&name) || in.bad || hole > in.left.len) return EP_DAMAGED;
  ep_status status = load_text(client, &item, hole, in.left);
  if (status != EP_OK) return status;
  item->refused = (head & REFUSED) != 0;
  status = ep_outbox_place(&client->outbox, slot, item);
  if (status == EP_OK) return EP_OK;
  ep_item_drop(&client->allocator, item);
  return status == EP_FULL ? EP_DAMAGED : status;
}

static ep_status load_mark(ep_client *client, ep_bytes key, ep_bytes value) {
  ep_unpack name = {key, false};
  uint64_t slot = ep_unpack_u64(&name);
  if (!ep_unpack_ended(&name) || value.len != 0 || slot <= client->outbox.base) return EP_DAMAGED;
  if (client->outbox.ring == NULL || ep_outbox_at(&client->outbox, slot) == NULL) return EP_DAMAGED;
  ep_outbox_mark(&client->outbox, slot);
  return EP_OK;
}

static ep_status load_seen(ep_client *client, ep_bytes key, ep_bytes value) {
  ep_unpack name = {key, false};
  uint32_t position = ep_unpack_u32(&name);
  if (!ep_unpack_ended(&name) || value.len != PRINT_LEN) return EP_DAMAGED;
  if (position >= client->seen.max || position >= client->seen_taken) return EP_DAMAGED;
  return ep_seen_load(&client->seen, position, value.data) ? EP_OK : EP_NO_MEMORY;
}

ep_status ep_client_load(ep_client *client, const ep_record *record) {
  EP_ASSERT(client->durable && !client->loaded);
  if (record->remove) return EP_DAMAGED;
  if (record->table == EP_TABLE_META) return load_meta(client, record->key, record->value);
  if (!client->loaded_meta) return EP_DAMAGED;
  switch (record->table) {
    case EP_TABLE_LOG: return load_item(client, record->key, record->value);
    case EP_TABLE_CONFIRMED: return load_mark(client, record->key, record->value);
    case EP_TABLE_SEEN: return load_seen(client, record->key, record->value);
    default: return EP_DAMAGED;
  }
}

/* Slot 0 is for a session that was put in front. */
static bool slot_zero_usable(const ep_client *client) {
  const ep_outbox_slot *front = ep_outbox_front(&client->outbox);
  if (client->outbox.base != 0) return true;
  return front != NULL && front->item->kind == EP_ITEM_SESSION;
}

ep_status ep_client_loaded(ep_client *client) {
  EP_ASSERT(client->durable && !client->loaded);
  client->loaded = true;
  if (!client->loaded_meta) return ep_client_begin_state(client);
  if (client->other_id) return EP_INVALID_ARGUMENT;
  if (!ep_outbox_whole(&client->outbox) || !slot_zero_usable(client)) return EP_DAMAGED;
  return ep_seen_loaded(&client->seen, client->seen_taken) ? EP_OK : EP_DAMAGED;
}
