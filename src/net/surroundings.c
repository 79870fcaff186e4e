/* Floor 5, net. What the cores need from a usual system: memory, random bytes, SHA-256. And the
 * sentences of the statuses.
 * Read first: epigeon.h (ep_surroundings). */
#define _GNU_SOURCE 1
#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/assert.h"
#include "epigeon.h"

static void *memory_resize(void *context, void *block, size_t old_size, size_t new_size) {
  (void)context;
  (void)old_size;
  if (new_size != 0) return realloc(block, new_size);
  free(block);
  return NULL;
}

static void system_random(void *context, uint8_t *out, size_t out_len) {
  (void)context;
  while (out_len != 0) {
    ssize_t got = getrandom(out, out_len, 0);
    if (got < 0 && errno == EINTR) continue;
    EP_ASSERT(got > 0); /* without random bytes nothing can be kept apart: there is no going on */
    out += got;
    out_len -= (size_t)got;
  }
}

static void sha256(void *context, uint8_t out[32], ep_bytes in) {
  (void)context;
  unsigned len = 0;
  int good =
      EVP_Digest(in.len != 0 ? (const void *)in.data : "", in.len, out, &len, EVP_sha256(), NULL);
  EP_ASSERT(good == 1 && len == 32);
}

void ep_surroundings_default(ep_surroundings *out) {
  EP_ASSERT(out != NULL);
  *out = (ep_surroundings){
      .allocator = {memory_resize, NULL}, .random = system_random, .digest = sha256};
}

const char *ep_status_sentence(ep_status status) {
  static const char *const sentences[] = {
#define SENTENCE(name, sentence) sentence,
      EP_STATUSES(SENTENCE)
#undef SENTENCE
  };
  EP_ASSERT((unsigned)status < EP_STATUS_COUNT);
  return sentences[status];
}
