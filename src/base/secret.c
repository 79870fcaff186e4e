/* Floor 1, base. See base/secret.h.
 * It has a file of its own, so that no compiler knows here what is done with the answer. */
#include "base/secret.h"

bool ep_equal_in_constant_time(ep_bytes secret, ep_bytes shown) {
  unsigned difference = secret.len == shown.len ? 0 : 1;
  for (size_t i = 0; i < secret.len; i++)
    difference |= secret.data[i] ^ (shown.len == 0 ? 0u : shown.data[i % shown.len]);
  return difference == 0;
}
