/* Floor 3, delivery. Commands as bytes: a fixed head, then the strings, each after its length.
 * Read first: delivery/command.h. */
#include "delivery/command.h"

#include "base/assert.h"
#include "delivery/pack.h"

enum {
  STRINGS = 8,
  HEAD = 6 + 4 + 3 * 8, /* kind, version, flags, to_kind, error (2), link, now, id, expect */
  SECRET = 32,
  FLAG_RECEIPT = 1,
  FLAG_EPOCH_EXPECT = 2,
  FLAG_SECRET = 4
};

static void strings_of(const ep_command *command, ep_bytes out[STRINGS]) {
  const ep_bytes strings[STRINGS] = {command->client, command->instance, command->epoch,
                                     command->uid, command->uid_json, command->to,
                                     command->to_json, command->json};
  memcpy(out, strings, sizeof(strings));
}

void ep_command_encode(ep_buffer *out, const ep_command *command) {
  EP_ASSERT(command->kind >= EP_COMMAND_JOIN && command->kind <= EP_COMMAND_TICK);
  ep_bytes strings[STRINGS];
  strings_of(command, strings);
  size_t size = HEAD + (command->has_secret ? SECRET : 0) + 4 * STRINGS;
  for (unsigned i = 0; i < STRINGS; i++) size += strings[i].len;
  uint8_t *at = ep_buffer_reserve(out, size);
  if (at == NULL) return;
  const uint8_t *end = at + size;
  at = ep_pack_u8(at, (uint8_t)command->kind);
  at = ep_pack_u8(at, command->version);
  at = ep_pack_u8(at, (uint8_t)((command->receipt ? FLAG_RECEIPT : 0) |
                                (command->has_epoch_expect ? FLAG_EPOCH_EXPECT : 0) |
                                (command->has_secret ? FLAG_SECRET : 0)));
  at = ep_pack_u8(at, (uint8_t)command->to_kind);
  at = ep_pack_u8(at, (uint8_t)((unsigned)command->error >> 8));
  at = ep_pack_u8(at, (uint8_t)command->error);
  at = ep_pack_u32(at, command->link);
  at = ep_pack_u64(at, command->now_ms);
  at = ep_pack_u64(at, command->id);
  at = ep_pack_u64(at, command->expect);
  if (command->has_secret) at = ep_pack_bytes(at, ep_bytes_of(command->secret, SECRET));
  for (unsigned i = 0; i < STRINGS; i++) {
    EP_ASSERT(strings[i].len <= UINT32_MAX);
    at = ep_pack_u32(at, (uint32_t)strings[i].len);
    at = ep_pack_bytes(at, strings[i]);
  }
  EP_ASSERT(at == end);
  ep_buffer_commit(out, size);
}

/* The numbers that name something must name it. */
static bool names_valid(const ep_command *command, uint8_t kind, uint8_t flags, unsigned to_kind,
                        unsigned error) {
  if (kind < EP_COMMAND_JOIN || kind > EP_COMMAND_TICK || flags > 7) return false;
  if (to_kind > EP_TO_IMPOSSIBLE || error >= EP_ERROR_COUNT) return false;
  return kind != EP_COMMAND_JOIN || command->version == 1 || command->version == 2;
}

bool ep_command_decode(ep_command *out, ep_bytes bytes) {
  ep_unpack in = {bytes, false};
  uint8_t kind = ep_unpack_u8(&in);
  out->version = ep_unpack_u8(&in);
  uint8_t flags = ep_unpack_u8(&in);
  unsigned to_kind = ep_unpack_u8(&in);
  unsigned error = (unsigned)ep_unpack_u8(&in) << 8;
  error |= ep_unpack_u8(&in);
  if (!names_valid(out, kind, flags, to_kind, error)) return false;
  out->kind = (ep_command_kind)kind;
  out->receipt = (flags & FLAG_RECEIPT) != 0;
  out->has_epoch_expect = (flags & FLAG_EPOCH_EXPECT) != 0;
  out->has_secret = (flags & FLAG_SECRET) != 0;
  out->to_kind = (ep_to_kind)to_kind;
  out->error = (ep_error)error;
  out->link = ep_unpack_u32(&in);
  out->now_ms = ep_unpack_u64(&in);
  out->id = ep_unpack_u64(&in);
  out->expect = ep_unpack_u64(&in);
  memset(out->secret, 0, SECRET);
  ep_bytes secret = ep_unpack_bytes(&in, out->has_secret ? SECRET : 0);
  if (secret.len == SECRET) memcpy(out->secret, secret.data, SECRET);
  ep_bytes *strings[STRINGS] = {&out->client, &out->instance, &out->epoch, &out->uid,
                                &out->uid_json, &out->to, &out->to_json, &out->json};
  for (unsigned i = 0; i < STRINGS; i++) *strings[i] = ep_unpack_string(&in);
  return ep_unpack_ended(&in);
}
