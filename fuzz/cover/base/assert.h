/* What base/assert.h is while coverage is counted (-iquote fuzz/cover comes before -I src): that a
 * claim does not hold is nothing to be reached.
 * Read first: src/base/assert.h. */
#ifndef EP_BASE_ASSERT_H
#define EP_BASE_ASSERT_H

_Noreturn void ep_panic(const char *file, int line, const char *claim);

#define EP_ASSERT(claim) ((void)0)

#endif
