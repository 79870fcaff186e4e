/* Tests of the local sequencer (floor 3): what is submitted comes back, in that order.
 * Read first: delivery/sequencer.h. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "delivery/sequencer.h"

TCase *ep_case_sequencer(void);

static void *heap_resize(void *context, void *block, size_t old_size, size_t new_size) {
  (void)context;
  (void)old_size;
  if (new_size != 0) return realloc(block, new_size);
  free(block);
  return NULL;
}

static const ep_allocator heap = {heap_resize, NULL};

START_TEST(commands_come_back_in_order) {
  ep_sequencer_local local;
  ep_sequencer_local_init(&local, &heap);
  const ep_sequencer *sequencer = &local.sequencer;
  ep_bytes command = EP_NOTHING;
  uint64_t sent = 0, got = 0;
  for (uint64_t round = 0; round < 40; round++) {
    for (uint64_t i = 0; i <= round; i++, sent++) {
      ck_assert(ep_sequencer_submit_bytes(sequencer, ep_bytes_of(&sent, sizeof sent)));
    }
    for (uint64_t i = 0; i < round && ep_sequencer_next(sequencer, &command); i++, got++) {
      ck_assert_int_eq(memcmp(command.data, &got, sizeof got), 0);
      if (i % 3 != 0) continue; /* submitting while one is borrowed */
      ck_assert(ep_sequencer_submit_bytes(sequencer, ep_bytes_of(&sent, sizeof sent)));
      sent++;
      ck_assert_int_eq(memcmp(command.data, &got, sizeof got), 0);
    }
  }
  while (ep_sequencer_next(sequencer, &command)) {
    ck_assert_int_eq(memcmp(command.data, &got, sizeof got), 0);
    got++;
  }
  ck_assert_uint_eq(sent, got);
  ck_assert(!ep_sequencer_next(sequencer, &command));
  ep_sequencer_local_free(&local);
}
END_TEST

/* Gives memory so many times, then none. */
static void *meagre_resize(void *context, void *block, size_t old_size, size_t new_size) {
  int *left = context;
  if (new_size != 0 && (*left)-- <= 0) return NULL;
  return heap_resize(NULL, block, old_size, new_size);
}

START_TEST(no_memory_submits_nothing) {
  int left = _i;
  ep_allocator meagre = {meagre_resize, &left};
  ep_sequencer_local local;
  ep_sequencer_local_init(&local, &meagre);
  const ep_sequencer *sequencer = &local.sequencer;
  static const uint8_t text[100000];
  size_t taken = 0, got = 0;
  for (size_t i = 0; i < 20; i++) {
    taken += ep_sequencer_submit_bytes(sequencer, ep_bytes_of(text, i * 5000));
  }
  ep_bytes command;
  while (ep_sequencer_next(sequencer, &command)) got++;
  ck_assert_uint_eq(taken, got);
  ck_assert(taken == 20 || left < 0);
  ep_sequencer_local_free(&local);
}
END_TEST

START_TEST(small_commands_never_want_for_memory) {
  int left = 100;
  ep_allocator meagre = {meagre_resize, &left};
  ep_sequencer_local local;
  ep_sequencer_local_init(&local, &meagre);
  const ep_sequencer *sequencer = &local.sequencer;
  static const uint8_t text[100000];
  ep_bytes command;
  ck_assert(ep_sequencer_local_reserve(&local));
  for (unsigned round = 0; round < 20; round++) {
    left = round < 10 ? 1 : 0; /* a large one first: it must not take the place of the small */
    ep_sequencer_submit_bytes(sequencer, ep_bytes_of(text, sizeof text));
    while (ep_sequencer_next(sequencer, &command)) continue;
    for (unsigned i = 0; i < 4; i++) {
      ck_assert(ep_sequencer_submit_bytes(sequencer, ep_bytes_of(text, EP_SEQUENCER_SMALL)));
    }
    while (ep_sequencer_next(sequencer, &command)) ck_assert_uint_eq(command.len, 64);
  }
  ep_sequencer_local_free(&local);
}
END_TEST

TCase *ep_case_sequencer(void) {
  TCase *order = tcase_create("sequencer");
  tcase_add_test(order, commands_come_back_in_order);
  tcase_add_loop_test(order, no_memory_submits_nothing, 0, 40);
  tcase_add_test(order, small_commands_never_want_for_memory);
  return order;
}
