/* Floor 1, base. Comparing what a stranger shows with what is secret.
 * Read first: base/bytes.h. */
#ifndef EP_BASE_SECRET_H
#define EP_BASE_SECRET_H

#include "base/bytes.h"

/* EP-SEC-3. The time depends on the length of `secret` and on whether `shown` is empty, and on
 * nothing else: no branch and no address is made of the bytes. Under Valgrind the unit tests see
 * that. */
bool ep_equal_in_constant_time(ep_bytes secret, ep_bytes shown);

#endif
