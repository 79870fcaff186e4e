/* epigeon-sim --small: when two states are one.
 *
 * The digest is taken over everything that decides what can happen: small_world, and every byte of
 * the regions, where the cores have all their memory. Equal bytes at equal addresses are equal
 * states, so leaving out the second of two is sound, but for 64-bit digests that are equal by
 * chance (with ten million states: one in 300,000).
 *
 * Left out are only bytes that a core writes and never reads before it writes them again, so they
 * decide nothing: working memory of one call (ep_frame_scratch), the client's copy of the clock,
 * the server's counters, and what lies in a buffer before its start and after its end. Padding is
 * not left out, so two compilers can count different numbers of states.
 *
 * Read first: small_world.h, src/machine/server_internal.h, src/machine/client_internal.h. */
#include <string.h>

#include "delivery/registry_internal.h"
#include "machine/client_internal.h"
#include "machine/server_internal.h"
#include "sim/small_memory.h"
#include "sim/small_world.h"

/* ---- A fast hash: four lanes of multiply and rotate ---- */

typedef struct mixer {
  uint64_t lanes[4];
} mixer;

static uint64_t mix(uint64_t lane, uint64_t word) {
  lane = (lane ^ word) * 0x9E3779B97F4A7C15u;
  return lane << 31 | lane >> 33;
}

static void add_bytes(mixer *m, const uint8_t *bytes, size_t len) {
  uint64_t words[4];
  for (; len >= sizeof words; bytes += sizeof words, len -= sizeof words) {
    memcpy(words, bytes, sizeof words);
    for (unsigned i = 0; i < 4; i++) m->lanes[i] = mix(m->lanes[i], words[i]);
  }
  memset(words, 0, sizeof words);
  memcpy(words, bytes, len);
  words[3] ^= (uint64_t)len << 56;
  for (unsigned i = 0; i < 4; i++) m->lanes[i] = mix(m->lanes[i], words[i]);
}

static uint64_t finish(const mixer *m) {
  uint64_t hash = 0;
  for (unsigned i = 0; i < 4; i++) {
    hash = mix(hash, m->lanes[i]);
    hash = (hash ^ hash >> 32) * 0xD6E8FEB86659FD93u;
  }
  return hash ^ hash >> 29;
}

/* ---- What decides nothing is made zero ---- */

static void scrub(ep_buffer *buffer) {
  if (buffer->block == NULL) return;
  memset(buffer->block, 0, buffer->start);
  memset(buffer->block + buffer->end, 0, buffer->capacity - buffer->end);
}

static void scrub_scratch(ep_frame_scratch *scratch) {
  ep_buffer inner = scratch->inner;
  scrub(&inner);
  memset(scratch, 0, sizeof *scratch);
  scratch->inner = inner;
}

/* Between calls a reader of a whole frame shows nothing that anybody looks at. */
static void scrub_reader(ep_frame_reader *reader) {
  scrub(&reader->carry);
  if (reader->partial != NULL || reader->shown) return;
  reader->text = EP_NOTHING;
  reader->members = NULL;
}

/* Nothing of the last command's outcome is left to be told. */
static void scrub_outcome(ep_registry *registry) {
  if (registry->effects_given != registry->effects_count) return;
  registry->effects_given = registry->effects_count = 0;
  if (registry->effects != NULL)
    memset(registry->effects, 0, registry->effects_capacity * sizeof *registry->effects);
  ep_buffer_clear(&registry->uids);
  ep_buffer_clear(&registry->text);
  ep_buffer_clear(&registry->names);
}

static void scrub_registry(ep_registry *registry) {
  scrub_outcome(registry);
  scrub(&registry->uids);
  scrub(&registry->text);
  scrub(&registry->names);
  scrub(&registry->records);
  memset(registry->counted, 0, sizeof registry->counted);
}

/* Nothing is in the order: it may as well begin anew. */
static void scrub_order(ep_sequencer_local *order) {
  if (order->head != order->tail) return;
  order->head = order->tail = 0;
  for (size_t i = 0; i < order->capacity; i++) {
    ep_buffer_clear(&order->ring[i]);
    scrub(&order->ring[i]);
  }
}

static void scrub_server(ep_server *server) {
  scrub_registry(server->registry);
  scrub_order(&server->order);
  ep_buffer_clear(&server->work);
  scrub(&server->work);
  scrub(&server->records);
  scrub_scratch(&server->scratch);
  for (unsigned i = 0; i < server->spare_count; i++) scrub(&server->spares[i]);
  for (uint32_t i = 1; i < server->slot_count; i++) {
    ep_server_conn *conn = server->slots[i].conn;
    if (conn == NULL) continue;
    scrub(&conn->sending);
    scrub(&conn->pending);
    scrub_reader(&conn->reader);
  }
  memset(server->counters, 0, sizeof server->counters);
  server->note_first = server->note_next = 0;
}

static void scrub_client(ep_client *client) {
  scrub(&client->control);
  scrub(&client->out);
  scrub(&client->work);
  scrub(&client->records);
  scrub_scratch(&client->scratch);
  scrub_reader(&client->reader);
  client->now = 0; /* every call says it anew */
}

static uint64_t digest_of(unsigned region) {
  mixer m = {{1, 2, 3, 4}};
  size_t used;
  if (region == SMALL_SERVER)
    scrub_server(small.server);
  else
    scrub_client(small.clients[region - SMALL_CLIENT].core);
  const uint8_t *bytes = small_region(region, &used);
  add_bytes(&m, bytes, used);
  return finish(&m);
}

uint64_t small_digest(void) {
  mixer m = {{5, 6, 7, 8}};
  for (unsigned i = 0; i < SMALL_REGIONS; i++) {
    if ((small_telling.stale >> i & 1) != 0) small_telling.digests[i] = digest_of(i);
  }
  small_telling.stale = 0;
  add_bytes(&m, (const uint8_t *)small_telling.digests, sizeof small_telling.digests);
  add_bytes(&m, (const uint8_t *)&small, sizeof small);
  return finish(&m);
}
