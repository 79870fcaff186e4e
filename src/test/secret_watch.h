/* Test support. Every comparison of a secret in the tests goes through secret_watch.c, which counts
 * it and has Valgrind look at it. Read first: base/secret.h. */
#ifndef EP_TEST_SECRET_WATCH_H
#define EP_TEST_SECRET_WATCH_H

extern unsigned secrets_compared; /* calls of ep_equal_in_constant_time */

#endif
