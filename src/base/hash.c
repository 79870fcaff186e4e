/* Floor 1, base. SipHash (Aumasson and Bernstein) with 64 and 128 bits of output.
 * Read first: base/hash.h. */
#include "base/assert.h"
#include "base/hash.h"

typedef struct {
  uint64_t v0, v1, v2, v3;
} sip;

static inline uint64_t rotate(uint64_t word, unsigned by) {
  return (word << by) | (word >> (64 - by));
}

/* Eight bytes, the first one lowest. */
static inline uint64_t word_at(const uint8_t *bytes) {
  uint64_t word;
  memcpy(&word, bytes, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  word = __builtin_bswap64(word);
#endif
  return word;
}

static inline void sip_rounds(sip *s, int rounds) {
  for (int i = 0; i < rounds; i++) {
    s->v0 += s->v1;
    s->v1 = rotate(s->v1, 13) ^ s->v0;
    s->v0 = rotate(s->v0, 32);
    s->v2 += s->v3;
    s->v3 = rotate(s->v3, 16) ^ s->v2;
    s->v0 += s->v3;
    s->v3 = rotate(s->v3, 21) ^ s->v0;
    s->v2 += s->v1;
    s->v1 = rotate(s->v1, 17) ^ s->v2;
    s->v2 = rotate(s->v2, 32);
  }
}

static inline sip sip_start(const ep_hash_key *key) {
  uint64_t k0 = word_at(key->bytes);
  uint64_t k1 = word_at(key->bytes + 8);
  return (sip){k0 ^ UINT64_C(0x736f6d6570736575), k1 ^ UINT64_C(0x646f72616e646f6d),
               k0 ^ UINT64_C(0x6c7967656e657261), k1 ^ UINT64_C(0x7465646279746573)};
}

static inline void sip_take(sip *s, uint64_t word, int rounds) {
  s->v3 ^= word;
  sip_rounds(s, rounds);
  s->v0 ^= word;
}

static inline void sip_update(sip *s, ep_bytes in, int rounds) {
  size_t whole = in.len & ~(size_t)7;
  for (size_t at = 0; at < whole; at += 8) sip_take(s, word_at(in.data + at), rounds);
  uint64_t last = (uint64_t)in.len << 56;
  for (size_t at = whole; at < in.len; at++) last |= (uint64_t)in.data[at] << (8 * (at - whole));
  sip_take(s, last, rounds);
}

static inline uint64_t sip_result(const sip *s) { return s->v0 ^ s->v1 ^ s->v2 ^ s->v3; }

uint64_t ep_hash(const ep_hash_key *key, ep_bytes in) {
  EP_ASSERT(key != NULL);
  sip s = sip_start(key);
  sip_update(&s, in, 1);
  s.v2 ^= 0xff;
  sip_rounds(&s, 3);
  return sip_result(&s);
}

static void word_write(uint8_t *out, uint64_t word) {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  word = __builtin_bswap64(word);
#endif
  memcpy(out, &word, sizeof(word));
}

ep_fingerprint ep_fingerprint_of(const ep_hash_key *key, ep_bytes in) {
  EP_ASSERT(key != NULL);
  ep_fingerprint out;
  sip s = sip_start(key);
  s.v1 ^= 0xee;
  sip_update(&s, in, 2);
  s.v2 ^= 0xee;
  sip_rounds(&s, 4);
  word_write(out.bytes, sip_result(&s));
  s.v1 ^= 0xdd;
  sip_rounds(&s, 4);
  word_write(out.bytes + 8, sip_result(&s));
  return out;
}
