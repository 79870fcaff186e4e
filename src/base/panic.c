/* Floor 1, base. What a failed assert does on a hosted system: print where, and abort. The only
 * file of the core that needs a libc; other targets give their own ep_panic.
 * Read first: base/assert.h. */
#include "base/assert.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void ep_panic(const char *file, int line, const char *claim) {
  (void)fprintf(stderr, "%s:%d: this must hold and does not: %s\n", file, line, claim);
  abort();
}
