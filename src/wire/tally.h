/* Floor 2, wire. How often each error code was the answer, and how often each limit of the spec was
 * reached. One tally for a server: whoever decides, counts there.
 * Read first: spec/protocol.md, chapters 12 and 14. */
#ifndef EP_WIRE_TALLY_H
#define EP_WIRE_TALLY_H

#include <stdint.h>

#include "tables.h"

typedef enum ep_limit {
#define EP_LIMIT_ENUM(name, ...) EP_BOUND_##name,
  EP_LIMITS(EP_LIMIT_ENUM)
#undef EP_LIMIT_ENUM
      EP_BOUND_COUNT
} ep_limit;

_Static_assert(EP_BOUND_COUNT <= 32, "a bit for each limit");
#define EP_BOUND_BIT(name) (UINT32_C(1) << EP_BOUND_##name)

typedef struct ep_tally {
  uint64_t errors[EP_ERROR_COUNT]; /* [EP_ERROR_NONE] stays 0 */
  uint64_t limits[EP_BOUND_COUNT];
} ep_tally;

#endif
