/* Floor 3, delivery. Numbers in records and commands: big-endian, so that byte order is number
 * order. Writers put into room that was reserved; readers never read past the end, and say so once.
 * Read first: base/bytes.h. */
#ifndef EP_DELIVERY_PACK_H
#define EP_DELIVERY_PACK_H

#include "base/bytes.h"

static inline uint8_t *ep_pack_u8(uint8_t *out, uint8_t number) {
  *out = number;
  return out + 1;
}

/* Written out, so that compilers see one store or load with the bytes swapped. */
static inline uint8_t *ep_pack_u32(uint8_t *out, uint32_t number) {
  out[0] = (uint8_t)(number >> 24);
  out[1] = (uint8_t)(number >> 16);
  out[2] = (uint8_t)(number >> 8);
  out[3] = (uint8_t)number;
  return out + 4;
}

static inline uint8_t *ep_pack_u64(uint8_t *out, uint64_t number) {
  return ep_pack_u32(ep_pack_u32(out, (uint32_t)(number >> 32)), (uint32_t)number);
}

static inline uint8_t *ep_pack_bytes(uint8_t *out, ep_bytes bytes) {
  if (bytes.len != 0) memcpy(out, bytes.data, bytes.len);
  return out + bytes.len;
}

/* What is left to read. bad: something was missing; everything read since is 0 or empty. */
typedef struct ep_unpack {
  ep_bytes left;
  bool bad;
} ep_unpack;

static inline ep_bytes ep_unpack_bytes(ep_unpack *in, size_t len) {
  if (in->bad || in->left.len < len) {
    in->bad = true;
    return EP_NOTHING;
  }
  ep_bytes out = {in->left.data, len};
  in->left = ep_bytes_from(in->left, len);
  return out;
}

static inline uint32_t ep_load_u32(const uint8_t *in) {
  return (uint32_t)in[0] << 24 | (uint32_t)in[1] << 16 | (uint32_t)in[2] << 8 | in[3];
}

static inline uint64_t ep_load_u64(const uint8_t *in) {
  return (uint64_t)ep_load_u32(in) << 32 | ep_load_u32(in + 4);
}

static inline uint8_t ep_unpack_u8(ep_unpack *in) {
  ep_bytes bytes = ep_unpack_bytes(in, 1);
  return in->bad ? 0 : bytes.data[0];
}

static inline uint32_t ep_unpack_u32(ep_unpack *in) {
  ep_bytes bytes = ep_unpack_bytes(in, 4);
  return in->bad ? 0 : ep_load_u32(bytes.data);
}

static inline uint64_t ep_unpack_u64(ep_unpack *in) {
  ep_bytes bytes = ep_unpack_bytes(in, 8);
  return in->bad ? 0 : ep_load_u64(bytes.data);
}

/* Bytes after their length in 4 bytes. */
static inline ep_bytes ep_unpack_string(ep_unpack *in) {
  return ep_unpack_bytes(in, ep_unpack_u32(in));
}

/* Everything was there, and nothing more. */
static inline bool ep_unpack_ended(const ep_unpack *in) { return !in->bad && in->left.len == 0; }

#endif
