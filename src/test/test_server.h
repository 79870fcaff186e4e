/* Test support. What the files of the server's tests share. */
#ifndef EP_TEST_TEST_SERVER_H
#define EP_TEST_TEST_SERVER_H

#include <check.h>

#include "epigeon.h"

TCase *ep_tests_server_limits(void);   /* test_server_limits.c */
TCase *ep_tests_server_counts(void);   /* test_server_counts.c */
TCase *ep_tests_server_large(void);    /* test_server_large.c */
TCase *ep_tests_server_output(void);   /* test_server_output.c */
TCase *ep_tests_server_refusals(void); /* test_server_refusals.c */
TCase *ep_tests_server_ceiling(void);  /* test_server_ceiling.c */
TCase *ep_tests_server_streams(void);  /* test_server_streams.c */
TCase *ep_tests_server_routing(void);  /* test_server_routing.c */
TCase *ep_tests_server_lossy(void);    /* test_server_lossy.c */
/* Plays a conversation in which the fail_at-th allocation fails (and all after it, if `on`);
 * reached: there was such an allocation. False: memory leaked, or a message was confirmed and not
 * delivered. */
bool server_survives_failing_allocation(bool *reached, size_t fail_at, bool on);
/* False: a connection for which output was lost for want of memory was not closed. */
bool server_closes_who_missed_output(void);

#endif
