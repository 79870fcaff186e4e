/* Test support of floor 2: the parts of its suite, and a reader on a checking allocator.
 * Read first: test_memory.h. */
#ifndef EP_TEST_WIRE_H
#define EP_TEST_WIRE_H

#include <check.h>

#include "test/test_memory.h"
#include "wire/message.h"

typedef struct test_reader {
  test_memory memory;
  ep_allocator allocator;
  ep_frame_scratch scratch;
  ep_frame_reader reader;
} test_reader;

static inline void test_reader_init(test_reader *out) {
  out->memory = (test_memory){0};
  out->allocator = test_allocator(&out->memory);
  ep_frame_scratch_init(&out->scratch, &out->allocator);
  ep_frame_reader_init(&out->reader, &out->allocator, &out->scratch);
}

/* Frees it and checks that nothing is left. */
static inline void test_reader_free(test_reader *test) {
  ep_frame_reader_free(&test->reader);
  ep_frame_scratch_free(&test->scratch);
  ck_assert_uint_eq(test->memory.live, 0);
  ck_assert_uint_eq(test->memory.blocks, 0);
}

TCase *ep_tcase_json(void);
TCase *ep_tcase_number(void);
TCase *ep_tcase_message(void);
Suite *ep_suite_wire(void);

#endif
