/* Tests of floor 5, store: the pages of an LMDB file are looked at before LMDB believes them. What
 * LMDB writes passes; whatever one damaged bit makes of it is refused, or changes nothing. Read
 * first: store/lmdb_check.h. */
#define _GNU_SOURCE 1
#include <check.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "delivery/record.h"
#include "store/lmdb_check.h"
#include "test/test_memory.h"

TCase *ep_case_store_check(void);

enum { COMMITS = 60, IMAGE_MOST = 1 << 21, PAGE = 4096, PAGE_HEAD = 16 };

static test_memory memory;
static char folder[64];
static ep_store_place place;
static char path[96];
static uint64_t state;

static void make_place(bool directory) {
  (void)snprintf(folder, sizeof folder, "/tmp/ep-check-XXXXXX");
  ck_assert_ptr_nonnull(mkdtemp(folder));
  (void)snprintf(path, sizeof path, "%s/state", folder);
  place = (ep_store_place){.path = path, .directory = directory};
  state = 42;
}

static void drop_place(void) {
  char command[96];
  (void)snprintf(command, sizeof command, "rm -rf %s", folder);
  ck_assert_int_eq(system(command), 0);
}

static ep_store *open_store(void) {
  ep_store *store = NULL;
  char why[256];
  ck_assert_msg(ep_store_open_lmdb(&store, &place, why, sizeof why) == EP_OK, "%s", why);
  return store;
}

/* One record, or its removal: new ones at the end of the log, any others anywhere, some large. */
static void add(ep_buffer *batch, uint64_t number) {
  static uint8_t value[20000];
  uint64_t chance = test_random(&state) >> 32;
  uint8_t key[8] = {0};
  uint64_t name = chance % 3 == 0 ? chance % 997 : number;
  for (int i = 0; i < 8; i++) key[7 - i] = (uint8_t)(name >> (8 * i));
  ep_record record = {.table = chance % 5 == 0 ? EP_TABLE_SEEN : EP_TABLE_LOG, .key = {key, 8}};
  record.remove = chance % 7 < 2;
  if (!record.remove)
    record.value = ep_bytes_of(value, chance % 40 == 0 ? sizeof value : chance % 500);
  ep_record_write(batch, &record);
}

static void note_done(void *context, bool stored) { *(bool *)context = stored; }

static void commit(ep_store *store, unsigned count) {
  static uint64_t number;
  ep_allocator allocator = test_allocator(&memory);
  ep_buffer batch;
  bool stored = false;
  ep_buffer_init(&batch, &allocator);
  for (unsigned i = 0; i < count; i++) add(&batch, number++);
  ep_store_commit(store, ep_buffer_bytes(&batch), note_done, &stored);
  ck_assert_msg(stored, "%s", ep_store_trouble(store));
  ep_buffer_free(&batch);
}

START_TEST(what_lmdb_writes_is_right) {
  make_place(_i == 0);
  ck_assert_int_eq(ep_store_check_place(&place), 0); /* there is nothing yet */
  ep_store *store = open_store();
  for (unsigned i = 0; i < COMMITS; i++) {
    ck_assert_int_eq(ep_store_check_place(&place), 0);
    commit(store, (unsigned)(test_random(&state) >> 40) % 50);
  }
  ep_store_close(store);
  ep_store_close(open_store());
  drop_place();
}
END_TEST

static ep_status count_record(void *context, const ep_record *record) {
  (void)record;
  ++*(int *)context;
  return EP_OK;
}

static void write_image(const uint8_t *image, size_t len) {
  FILE *file = fopen(path, "wb");
  ck_assert_ptr_nonnull(file);
  ck_assert_uint_eq(fwrite(image, 1, len, file), len);
  ck_assert_int_eq(fclose(file), 0);
}

static void check_damage_is_told(const uint8_t *image, size_t len) {
  ep_store *store = NULL;
  char why[256];
  write_image(image, len);
  ck_assert_int_eq(ep_store_open_lmdb(&store, &place, why, sizeof why), EP_DAMAGED);
  ck_assert_ptr_nonnull(strstr(why, "is damaged"));
}

/* How many records there are; -1: the store is refused as damaged, at once or when it is loaded. */
static int load_all(void) {
  int count = 0;
  char why[256];
  ep_store *store = NULL;
  ep_status status = ep_store_open_lmdb(&store, &place, why, sizeof why);
  if (status == EP_OK) status = ep_store_load(store, count_record, &count);
  ck_assert_msg(status == EP_OK || status == EP_DAMAGED, "%s", why);
  ep_store_close(store);
  return status == EP_OK ? count : -1;
}

static size_t make_image(uint8_t *image) {
  make_place(false);
  ep_store *store = open_store();
  for (unsigned i = 0; i < 12; i++) commit(store, 20);
  ep_store_close(store);
  FILE *file = fopen(path, "rb");
  ck_assert_ptr_nonnull(file);
  size_t len = fread(image, 1, IMAGE_MOST, file);
  ck_assert_int_eq(fclose(file), 0);
  ck_assert_uint_lt(len, IMAGE_MOST);
  return len;
}

/* Of the heads of all pages, and of the first places of nodes, a bit of each seven is damaged, on
 * each page others. */
START_TEST(damaged_bit_is_refused_or_changes_nothing) {
  static uint8_t image[IMAGE_MOST];
  size_t len = make_image(image);
  int stored = load_all();
  unsigned refused = 0;
  for (size_t page = 0; page < len / PAGE; page++) {
    for (unsigned bit = (unsigned)(page % 7); bit < (PAGE_HEAD + 4) * 8; bit += 7) {
      uint8_t *byte = &image[page * PAGE + bit / 8];
      *byte ^= (uint8_t)(1u << bit % 8);
      int code = ep_store_check_image(ep_bytes_of(image, len));
      if (code == 0 && page >= 2) {
        write_image(image, len);
        int found = load_all();
        ck_assert_msg(found == stored || found == -1, "page %zu, bit %u: %d", page, bit, found);
      }
      refused += code == MDB_CORRUPTED;
      *byte ^= (uint8_t)(1u << bit % 8);
    }
  }
  ck_assert_uint_gt(refused, 100);
  drop_place();
}
END_TEST

/* The roots of the trees, how much is in them, and which of the two is the newer. */
START_TEST(damaged_meta_page_is_refused) {
  static uint8_t image[IMAGE_MOST];
  size_t len = make_image(image);
  ck_assert_int_eq(ep_store_check_image(ep_bytes_of(image, len)), 0);
  uint64_t numbers[2];
  for (int i = 0; i < 2; i++) memcpy(&numbers[i], image + i * PAGE + 144, 8);
  size_t newer = numbers[1] > numbers[0] ? PAGE : 0;
  for (size_t at = 88 + 8; at < 152; at++) {
    image[newer + at] ^= 2;
    ck_assert_msg(ep_store_check_image(ep_bytes_of(image, len)) == MDB_CORRUPTED, "byte %zu", at);
    image[newer + at] ^= 2;
  }
  uint64_t next = numbers[newer != 0] + 1; /* the transaction before is taken for the newest */
  memcpy(image + PAGE - newer + 144, &next, 8);
  ck_assert_int_eq(ep_store_check_image(ep_bytes_of(image, len)), MDB_CORRUPTED);
  memcpy(image + PAGE - newer + 144, &numbers[newer == 0], 8);
  image[newer + 144] ^= 2;
  check_damage_is_told(image, len);
  drop_place();
}
END_TEST

/* It is not taken for a table that was never made. */
START_TEST(table_that_lost_its_name_is_missed) {
  static const char name[] = "clients";
  static uint8_t image[IMAGE_MOST];
  size_t len = make_image(image);
  unsigned renamed = 0;
  for (size_t at = 0; at + sizeof name <= len; at++) {
    if (memcmp(image + at, name, sizeof name - 1) != 0) continue;
    image[at + sizeof name - 2] = 't'; /* the order is still right */
    renamed++;
  }
  ck_assert_uint_gt(renamed, 0);
  ck_assert_int_eq(ep_store_check_image(ep_bytes_of(image, len)), 0);
  check_damage_is_told(image, len);
  drop_place();
}
END_TEST

TCase *ep_case_store_check(void) {
  TCase *tests = tcase_create("pages");
  tcase_set_timeout(tests, 300);
  tcase_add_loop_test(tests, what_lmdb_writes_is_right, 0, 2);
  tcase_add_test(tests, damaged_bit_is_refused_or_changes_nothing);
  tcase_add_test(tests, damaged_meta_page_is_refused);
  tcase_add_test(tests, table_that_lost_its_name_is_missed);
  return tests;
}
