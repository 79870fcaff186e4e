/* The planted bug of --canary: a digit in the payload of one message is changed as it is put on the
 * wire, and told to the judge as what the server wrote. Both cores are content with it; only a
 * judge that compares what was delivered with what was sent can notice (EP-G1-1). Read first:
 * world.h. */
#include "sim/world.h"

enum { CANARY_AT = 3 }; /* the third copy of a message */

void canary_spoil(sim *world, trace_dir dir, uint8_t *frame, size_t len) {
  static const char bare[] = "\"n\":", enveloped[] = "\\\"n\\\":";
  if (!world->options->canary || dir != TRACE_S2C) return;
  for (size_t i = 0; i + sizeof enveloped < len; i++) {
    size_t skip = 0;
    if (memcmp(frame + i, bare, sizeof bare - 1) == 0) skip = sizeof bare - 1;
    if (memcmp(frame + i, enveloped, sizeof enveloped - 1) == 0) skip = sizeof enveloped - 1;
    if (skip == 0) continue;
    if (++world->canary_count == CANARY_AT) frame[i + skip] = frame[i + skip] == '1' ? '2' : '1';
    return;
  }
}
