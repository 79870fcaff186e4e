/* What is decided beforehand, by a seed.
 * Read first: plan.h. */
#define _GNU_SOURCE 1
#include "ledger/plan.h"

#include <stdio.h>
#include <string.h>

uint64_t ledger_random(uint64_t *state) {
  uint64_t mixed = (*state += UINT64_C(0x9e3779b97f4a7c15));
  mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94d049bb133111eb);
  return mixed ^ (mixed >> 31);
}

uint64_t ledger_below(uint64_t *state, uint64_t bound) { return ledger_random(state) % bound; }

unsigned ledger_version_of(unsigned client) { return client % 3 == 2 ? 1 : 2; }

bool ledger_uses_relay(unsigned client) { return client % 2 == 1; }

void ledger_name_of(char out[LEDGER_NAME_LEN], unsigned client) {
  (void)snprintf(out, LEDGER_NAME_LEN, "client-%u", client);
}

void ledger_session_of(char out[LEDGER_JSON_LEN], unsigned client) {
  (void)snprintf(out, LEDGER_JSON_LEN, "{\"ring\":%u,\"all\":true}", client % LEDGER_RINGS);
}

static uint64_t state_of(const ledger_plan *plan, unsigned sender, uint32_t number) {
  uint64_t state = plan->seed ^ ((uint64_t)sender << 48) ^ ((uint64_t)number << 8);
  (void)ledger_random(&state);
  return state;
}

static unsigned ring_mask(const ledger_plan *plan, unsigned ring) {
  unsigned mask = 0;
  for (unsigned i = 0; i < plan->clients; i++) mask |= i % LEDGER_RINGS == ring ? 1u << i : 0;
  return mask;
}

/* Of ten messages six go to one client (perhaps the sender), three to a ring, one to everybody. */
ledger_message ledger_message_of(const ledger_plan *plan, unsigned sender, uint32_t number) {
  ledger_message out = {.mask = 0};
  uint64_t state = state_of(plan, sender, number);
  uint64_t kind = ledger_below(&state, 10);
  out.receipt = ledger_version_of(sender) == 2 && ledger_below(&state, 4) == 0;
  if (kind < 6) {
    unsigned to = (unsigned)ledger_below(&state, plan->clients);
    out.mask = 1u << to;
    ledger_name_of(out.to, to);
  } else if (kind < 9) {
    unsigned ring = (unsigned)ledger_below(&state, LEDGER_RINGS);
    out.mask = ring_mask(plan, ring);
    (void)snprintf(out.to_json, sizeof out.to_json, "{\"ring\":%u}", ring);
  } else {
    out.mask = (1u << plan->clients) - 1;
    out.to_all = true;
    (void)snprintf(out.to_json, sizeof out.to_json, "{\"all\":true}");
  }
  return out;
}

/* Most are short; some are longer than a segment, a few longer than a socket's buffer. */
static size_t fill_len(uint64_t *state) {
  uint64_t kind = ledger_below(state, 512);
  if (kind == 0) return (size_t)ledger_below(state, 200 * 1024);
  if (kind < 8) return (size_t)ledger_below(state, 20 * 1024);
  return (size_t)ledger_below(state, 280);
}

size_t ledger_payload_of(char out[LEDGER_PAYLOAD_MOST], const ledger_plan *plan, unsigned sender,
                         uint32_t number) {
  uint64_t state = state_of(plan, sender, number) + 1;
  size_t fill = fill_len(&state);
  int head =
      snprintf(out, LEDGER_PAYLOAD_MOST, "{\"from\":%u,\"n\":%u,\"fill\":\"", sender, number);
  char *at = out + head;
  uint64_t word = 0;
  for (size_t i = 0; i < fill; i++, word >>= 8) {
    if (i % 8 == 0) word = ledger_random(&state);
    *at++ = (char)('a' + (word & 0xff) % 26);
  }
  memcpy(at, "\"}", 2);
  return (size_t)(at + 2 - out);
}

bool ledger_payload_read(const char *payload, size_t len, unsigned *sender, uint32_t *number) {
  char head[64] = "";
  memcpy(head, payload, len < sizeof head - 1 ? len : sizeof head - 1);
  return sscanf(head, "{\"from\":%u,\"n\":%u,", sender, number) == 2;
}
