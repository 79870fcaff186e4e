/* Test support. The linker puts this in the place of ep_equal_in_constant_time (test.mk). To
 * Valgrind the bytes of the secret are bytes of which nothing may be known: it complains of every
 * branch and every address that depends on them, hence of every comparison whose time tells
 * something (EP-SEC-3). Read first: base/secret.h. */
#include "base/secret.h"
#include "test/secret_watch.h"

#if defined(__has_include)
#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#endif
#endif
#ifndef VALGRIND_MAKE_MEM_UNDEFINED
#define VALGRIND_MAKE_MEM_UNDEFINED(bytes, len) ((void)(bytes), (void)(len))
#define VALGRIND_MAKE_MEM_DEFINED(bytes, len) ((void)(bytes), (void)(len))
#endif

bool __real_ep_equal_in_constant_time(ep_bytes secret, ep_bytes shown);
bool __wrap_ep_equal_in_constant_time(ep_bytes secret, ep_bytes shown);

unsigned secrets_compared;

bool __wrap_ep_equal_in_constant_time(ep_bytes secret, ep_bytes shown) {
  secrets_compared++;
  (void)VALGRIND_MAKE_MEM_UNDEFINED(secret.data, secret.len);
  bool equal = __real_ep_equal_in_constant_time(secret, shown);
  (void)VALGRIND_MAKE_MEM_DEFINED(secret.data, secret.len);
  (void)VALGRIND_MAKE_MEM_DEFINED(&equal, sizeof equal); /* the answer is told */
  return equal;
}
