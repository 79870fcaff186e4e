/* Floor 3, delivery. Commands as bytes: a fixed head, then the strings that are there, each after
 * its length.
 * Read first: delivery/command.h. */
#include "delivery/command.h"

#include "base/assert.h"
#include "delivery/pack.h"

enum {
  STRINGS = 8,
  HEAD =
      7 + 4 + 3 * 8, /* kind, version, flags, to_kind, error (2), strings, link, now, id, expect */
  SECRET = 32,
  FLAG_RECEIPT = 1,
  FLAG_EPOCH_EXPECT = 2,
  FLAG_SECRET = 4
};

/* In the order of their bits. */
static const ep_bytes *string_of(const ep_command *command, unsigned i) {
  static const size_t offsets[STRINGS] = {
      offsetof(ep_command, client),  offsetof(ep_command, instance), offsetof(ep_command, epoch),
      offsetof(ep_command, uid),     offsetof(ep_command, uid_json), offsetof(ep_command, to),
      offsetof(ep_command, to_json), offsetof(ep_command, json)};
  return (const ep_bytes *)(const void *)((const uint8_t *)command + offsets[i]);
}

/* Which strings are there, and how many bytes they take. */
static unsigned strings_present(const ep_command *command, size_t *size) {
  unsigned present = 0;
  for (unsigned i = 0; i < STRINGS; i++) {
    size_t len = string_of(command, i)->len;
    if (len == 0) continue;
    EP_ASSERT(len <= UINT32_MAX);
    present |= 1u << i;
    *size += 4 + len;
  }
  return present;
}

static unsigned flags_of(const ep_command *command) {
  return (command->receipt ? FLAG_RECEIPT : 0u) |
         (command->has_epoch_expect ? FLAG_EPOCH_EXPECT : 0u) |
         (command->has_secret ? FLAG_SECRET : 0u);
}

void ep_command_encode(ep_buffer *out, const ep_command *command) {
  EP_ASSERT(command->kind >= EP_COMMAND_JOIN && command->kind <= EP_COMMAND_TICK);
  size_t size = HEAD + (command->has_secret ? SECRET : 0);
  unsigned present = strings_present(command, &size);
  uint8_t *at = ep_buffer_reserve(out, size);
  if (at == NULL) return;
  const uint8_t *end = at + size;
  at = ep_pack_u8(at, (uint8_t)command->kind);
  at = ep_pack_u8(at, command->version);
  at = ep_pack_u8(at, (uint8_t)flags_of(command));
  at = ep_pack_u8(at, (uint8_t)command->to_kind);
  at = ep_pack_u8(at, (uint8_t)((unsigned)command->error >> 8));
  at = ep_pack_u8(at, (uint8_t)command->error);
  at = ep_pack_u8(at, (uint8_t)present);
  at = ep_pack_u32(at, command->link);
  at = ep_pack_u64(at, command->now_ms);
  at = ep_pack_u64(at, command->id);
  at = ep_pack_u64(at, command->expect);
  if (command->has_secret) at = ep_pack_bytes(at, ep_bytes_of(command->secret, SECRET));
  for (unsigned i = 0; present >> i != 0; i++) {
    if ((present >> i & 1) == 0) continue;
    at = ep_pack_u32(at, (uint32_t)string_of(command, i)->len);
    at = ep_pack_bytes(at, *string_of(command, i));
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

static bool strings_decode(ep_command *out, ep_unpack *in, unsigned present) {
  for (unsigned i = 0; present >> i != 0; i++) {
    if ((present >> i & 1) == 0) continue;
    ep_bytes string = ep_unpack_string(in);
    if (string.len == 0) return false; /* one spelling for each command */
    memcpy((uint8_t *)out + ((const uint8_t *)string_of(out, i) - (const uint8_t *)out), &string,
           sizeof(string));
  }
  return ep_unpack_ended(in);
}

bool ep_command_decode(ep_command *out, ep_bytes bytes) {
  ep_unpack in = {bytes, false};
  ep_bytes head = ep_unpack_bytes(&in, HEAD);
  if (in.bad) return false;
  const uint8_t *at = head.data;
  unsigned error = (unsigned)at[4] << 8 | at[5];
  *out = (ep_command){.version = at[1]};
  if (!names_valid(out, at[0], at[2], at[3], error)) return false;
  out->kind = (ep_command_kind)at[0];
  out->receipt = (at[2] & FLAG_RECEIPT) != 0;
  out->has_epoch_expect = (at[2] & FLAG_EPOCH_EXPECT) != 0;
  out->has_secret = (at[2] & FLAG_SECRET) != 0;
  out->to_kind = (ep_to_kind)at[3];
  out->error = (ep_error)error;
  out->link = ep_load_u32(at + 7);
  out->now_ms = ep_load_u64(at + 11);
  out->id = ep_load_u64(at + 19);
  out->expect = ep_load_u64(at + 27);
  ep_bytes secret = ep_unpack_bytes(&in, out->has_secret ? SECRET : 0);
  if (secret.len == SECRET) memcpy(out->secret, secret.data, SECRET);
  return strings_decode(out, &in, at[6]);
}
