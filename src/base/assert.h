/* Floor 1, base. Asserts for errors of the programmer, on in every build. What a peer or the
 * system does wrong is never an assert: that is a status. The default ep_panic (panic.c) prints
 * and aborts; a target without a libc brings its own. */
#ifndef EP_BASE_ASSERT_H
#define EP_BASE_ASSERT_H

/* Ends the program. `claim` is the source text of what did not hold. Must not return. */
_Noreturn void ep_panic(const char *file, int line, const char *claim);

#define EP_ASSERT(claim) ((claim) ? (void)0 : ep_panic(__FILE__, __LINE__, #claim))

#endif
