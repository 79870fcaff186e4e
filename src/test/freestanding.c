/* Test support: the server core as a WebAssembly module. Memory is one arena that is never given
 * back. Exports: input() where JavaScript puts bytes; say(len) plays them to a server as the bytes
 * of one client, and returns how many bytes of answer lie at output(). */
#include "base/assert.h"
#include "base/bytes.h"

#define EXPORT __attribute__((visibility("default")))

static uint8_t arena[8u << 20];
static size_t used;
static uint8_t in_bytes[65536], out_bytes[65536];
static ep_server *server;
static ep_conn conn;

_Noreturn void ep_panic(const char *file, int line, const char *claim) {
  (void)file, (void)line, (void)claim;
  __builtin_trap();
}

static void *take(void *context, void *block, size_t old_size, size_t new_size) {
  (void)context;
  if (new_size == 0 || used + new_size + 16 > sizeof arena) return NULL;
  uint8_t *made = arena + used;
  used += (new_size + 15) / 16 * 16;
  if (block != NULL) memcpy(made, block, old_size < new_size ? old_size : new_size);
  return made;
}

static void count_up(void *context, uint8_t *out, size_t len) {
  (void)context;
  for (size_t i = 0; i < len; i++) out[i] = (uint8_t)(i + 1);
}

EXPORT uint8_t *input(void) { return in_bytes; }
EXPORT uint8_t *output(void) { return out_bytes; }

static void start(void) {
  ep_server_config config = {.surroundings = {.allocator = {take, NULL}, .random = count_up}};
  ep_peer peer = {.local = true, .address = "page"};
  EP_ASSERT(ep_server_new(&server, &config) == EP_OK);
  EP_ASSERT(ep_server_accept(server, &conn, &peer, 1) == EP_OK);
}

EXPORT size_t say(size_t len) {
  if (server == NULL) start();
  (void)ep_server_receive(server, conn, ep_bytes_of(in_bytes, len), 1);
  (void)ep_server_records(server);
  ep_server_committed(server, true, 1);
  size_t written = 0;
  ep_ready ready;
  while (ep_server_next_ready(server, &ready, 1)) {
    EP_ASSERT(written + ready.output.len <= sizeof out_bytes);
    if (ready.output.len > 0) memcpy(out_bytes + written, ready.output.data, ready.output.len);
    written += ready.output.len;
    if (ready.close) return written;
    ep_server_sent(server, ready.conn, ready.output.len, 1);
  }
  return written;
}
