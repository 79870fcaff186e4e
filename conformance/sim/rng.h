/* Numbers by chance that are the same everywhere: splitmix64, as a stream and as a hash of what a
 * decision is about. No state is shared between decisions, so leaving one out changes no other.
 * Read first: nothing. */
#ifndef SIM_RNG_H
#define SIM_RNG_H

#include <stdbool.h>
#include <stdint.h>

typedef struct rng {
  uint64_t state;
} rng;

static inline uint64_t rng_mix(uint64_t x) {
  x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
  return x ^ (x >> 31);
}

static inline uint64_t rng_next(rng *dice) {
  dice->state += UINT64_C(0x9e3779b97f4a7c15);
  return rng_mix(dice->state);
}

/* 0 … below - 1; below 0 gives 0. */
static inline uint32_t rng_below(rng *dice, uint32_t below) {
  return (uint32_t)((rng_next(dice) >> 32) * below >> 32);
}

static inline uint32_t rng_between(rng *dice, uint32_t least, uint32_t most) {
  return least + rng_below(dice, most - least + 1);
}

/* True in `chance` of `of` cases. */
static inline bool rng_is(rng *dice, uint32_t chance, uint32_t of) {
  return rng_below(dice, of) < chance;
}

/* What the seed says about the n-th decision of a kind about something. */
static inline uint64_t rng_of(uint64_t seed, uint64_t what, uint64_t kind, uint64_t n) {
  uint64_t x = rng_mix(seed + UINT64_C(0x9e3779b97f4a7c15));
  x = rng_mix(x ^ what * UINT64_C(0xd6e8feb86659fd93));
  return rng_mix(x ^ (kind << 56 | n) * UINT64_C(0xa0761d6478bd642f));
}

/* A part of such a number as 0 … below - 1. */
static inline uint32_t rng_part(uint64_t number, uint32_t below) {
  return (uint32_t)((number >> 32) * below >> 32);
}

#endif
