/* Tests of floor 5, store: what was committed is there after reopening, whole batches only,
 * whatever happens in between; each thing that can be wrong has its sentence.
 * Read first: store/store.h. */
#define _GNU_SOURCE 1
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "delivery/record.h"
#include "store/store.h"

Suite *ep_suite_store(void);
TCase *ep_case_sequencer(void);   /* test_sequencer.c */
TCase *ep_case_store_check(void); /* test_store_check.c */
TCase *ep_case_backup(void);      /* test_backup.c */

static void *heap_resize(void *context, void *block, size_t old_size, size_t new_size) {
  (void)context;
  (void)old_size;
  if (new_size != 0) return realloc(block, new_size);
  free(block);
  return NULL;
}

static const ep_allocator heap = {heap_resize, NULL};

static char where[64]; /* a directory of this test, gone afterwards */
static char place_path[96];
static char said[256];

static void place_make(void) {
  (void)snprintf(where, sizeof where, "/tmp/ep-store-XXXXXX");
  ck_assert_ptr_nonnull(mkdtemp(where));
  (void)snprintf(place_path, sizeof place_path, "%s/state", where);
}

static void place_drop(void) {
  char command[160];
  (void)snprintf(command, sizeof command, "rm -rf %s", where);
  ck_assert_int_eq(system(command), 0);
}

static ep_status try_open(ep_store **out, bool directory, uint64_t map_size) {
  ep_store_place place = {.path = place_path, .directory = directory, .map_size = map_size};
  return ep_store_open_lmdb(out, &place, said, sizeof said);
}

static ep_store *open_or_fail(bool directory) {
  ep_store *store = NULL;
  ck_assert_msg(try_open(&store, directory, 0) == EP_OK, "%s", said);
  return store;
}

/* ---- Batches: record i of a batch b has key b*1000+i and a value that follows from it -------- */

static void key_write(uint8_t key[8], uint64_t number) {
  for (int i = 0; i < 8; i++) key[i] = (uint8_t)(number >> (8 * (7 - i)));
}

static void batch_add(ep_buffer *out, uint8_t table, uint64_t number, size_t value_len) {
  uint8_t key[8];
  key_write(key, number);
  uint8_t *value = malloc(value_len + 1);
  memset(value, (int)(number % 251), value_len + 1);
  ep_record record = {table, false, {key, 8}, {value, value_len}};
  ep_record_write(out, &record);
  free(value);
}

static void batch_take(ep_buffer *out, uint8_t table, uint64_t number) {
  uint8_t key[8];
  key_write(key, number);
  ep_record record = {.table = table, .remove = true, .key = {key, 8}};
  ep_record_write(out, &record);
}

static void note_done(void *context, bool stored) { *(int *)context = stored ? 1 : 0; }

static bool commit(ep_store *store, ep_buffer *batch) {
  int stored = -1;
  ep_store_commit(store, ep_buffer_bytes(batch), note_done, &stored);
  ck_assert_int_ne(stored, -1);
  ep_buffer_clear(batch);
  return stored == 1;
}

typedef struct seen {
  uint64_t count, bytes, last;
  uint8_t table;
} seen;

static ep_status see(void *context, const ep_record *record) {
  seen *all = context;
  uint64_t number = 0;
  ck_assert_uint_eq(record->key.len, 8);
  for (size_t i = 0; i < 8; i++) number = number << 8 | record->key.data[i];
  ck_assert(!record->remove);
  ck_assert(all->count == 0 || record->table > all->table ||
            (record->table == all->table && number > all->last));
  size_t same = 0;
  while (same < record->value.len && record->value.data[same] == number % 251) same++;
  ck_assert_uint_eq(same, record->value.len);
  *all = (seen){all->count + 1, all->bytes + record->value.len, number, record->table};
  return EP_OK;
}

static seen load(ep_store *store) {
  seen all = {0, 0, 0, 0};
  ck_assert_msg(ep_store_load(store, see, &all) == EP_OK, "%s", ep_store_trouble(store));
  return all;
}

/* ---- Keeping --------------------------------------------------------------------------------- */

START_TEST(reopened_store_has_what_was_committed) {
  ep_buffer batch;
  ep_buffer_init(&batch, &heap);
  ep_store *store = open_or_fail(_i == 0);
  ck_assert_uint_eq(load(store).count, 0);
  for (uint8_t table = 0; table < EP_TABLE_COUNT; table++)
    batch_add(&batch, table, 7, table * 100U);
  for (uint64_t i = 100; i < 200; i++) batch_add(&batch, EP_TABLE_LOG, i, 400);
  batch_add(&batch, EP_TABLE_LOG, 50, 400); /* not in ascending order */
  batch_add(&batch, EP_TABLE_LOG, 150, 10); /* again, with another value */
  ck_assert(commit(store, &batch));
  batch_take(&batch, EP_TABLE_LOG, 100);
  batch_take(&batch, EP_TABLE_LOG, 199);
  batch_take(&batch, EP_TABLE_LOG, 5000); /* never was there */
  batch_add(&batch, EP_TABLE_LOG, 200, 0);
  ck_assert(commit(store, &batch));
  ck_assert(commit(store, &batch)); /* nothing */
  ep_store_close(store);
  store = open_or_fail(_i == 0);
  seen all = load(store);
  ck_assert_uint_eq(all.count, EP_TABLE_COUNT + 100);
  ck_assert_uint_eq(all.bytes, 1000 + 98 * 400 + 10);
  ck_assert_str_eq(ep_store_trouble(store), "");
  ep_store_close(store);
  ep_buffer_free(&batch);
}
END_TEST

START_TEST(map_grows_and_keeps_large_records) {
  ep_buffer batch;
  ep_buffer_init(&batch, &heap);
  ep_store *store = NULL;
  ck_assert_int_eq(try_open(&store, true, 256 * 1024), EP_OK);
  for (uint64_t i = 0; i < 20; i++) {
    batch_add(&batch, EP_TABLE_LOG, i, 100 * 1000);
    ck_assert_msg(commit(store, &batch), "%s", ep_store_trouble(store));
  }
  batch_add(&batch, EP_TABLE_LOG, 20, 40 * 1000 * 1000);
  ck_assert_msg(commit(store, &batch), "%s", ep_store_trouble(store));
  ep_store_close(store);
  ck_assert_int_eq(try_open(&store, true, 256 * 1024), EP_OK);
  ck_assert_uint_eq(load(store).bytes, 42 * 1000 * 1000);
  ep_store_close(store);
  ep_buffer_free(&batch);
}
END_TEST

static ep_status stop_at_once(void *context, const ep_record *record) {
  (void)record;
  ++*(int *)context;
  return EP_OTHER_FORMAT;
}

START_TEST(loading_ends_where_each_says_so) {
  ep_buffer batch;
  ep_buffer_init(&batch, &heap);
  ep_store *store = open_or_fail(true);
  for (uint64_t i = 0; i < 3; i++) batch_add(&batch, EP_TABLE_META, i, 4);
  ck_assert(commit(store, &batch));
  int count = 0;
  ck_assert_int_eq(ep_store_load(store, stop_at_once, &count), EP_OTHER_FORMAT);
  ck_assert_int_eq(count, 1);
  ep_store_close(store);
  ep_buffer_free(&batch);
}
END_TEST

START_TEST(memory_store_commits_and_keeps_nothing) {
  ep_buffer batch;
  ep_buffer_init(&batch, &heap);
  ep_store *store = NULL;
  ck_assert_int_eq(ep_store_open_memory(&store), EP_OK);
  batch_add(&batch, EP_TABLE_LOG, 1, 10);
  ck_assert(commit(store, &batch));
  ck_assert_uint_eq(load(store).count, 0);
  ck_assert_str_eq(ep_store_trouble(store), "");
  ep_store_close(store);
  ep_store_close(NULL);
  ep_buffer_free(&batch);
}
END_TEST

/* ---- kill -9 --------------------------------------------------------------------------------- */

enum { KILLED_BATCH = 20 };

/* Commits batches for ever and tells after each how many there are; the log keeps the last 50. */
static void commit_until_killed(int out) {
  ep_buffer batch;
  ep_buffer_init(&batch, &heap);
  ep_store *store = NULL;
  if (try_open(&store, true, 256 * 1024) != EP_OK) _exit(1);
  for (uint64_t b = 0;; b++) {
    for (uint64_t i = 0; i < KILLED_BATCH; i++) batch_add(&batch, EP_TABLE_LOG, b * 1000 + i, 400);
    for (uint64_t i = 0; b >= 50 && i < KILLED_BATCH; i++) {
      batch_take(&batch, EP_TABLE_LOG, (b - 50) * 1000 + i);
    }
    if (!commit(store, &batch)) _exit(1);
    if (write(out, &b, sizeof b) != sizeof b) _exit(1);
  }
}

/* The last batch that the child told of before it is killed after `wait_us`. */
static uint64_t run_and_kill(unsigned wait_us) {
  int ends[2];
  ck_assert_int_eq(pipe(ends), 0);
  pid_t child = fork();
  ck_assert_int_ne(child, -1);
  if (child == 0) commit_until_killed(ends[1]);
  (void)close(ends[1]);
  uint64_t told = 0, next = 0;
  ck_assert_int_eq(read(ends[0], &told, sizeof told), sizeof told);
  (void)usleep(wait_us);
  ck_assert_int_eq(kill(child, SIGKILL), 0);
  while (read(ends[0], &next, sizeof next) == sizeof next) told = next;
  (void)close(ends[0]);
  ck_assert_int_eq(waitpid(child, NULL, 0), child);
  return told;
}

START_TEST(killed_process_leaves_whole_batches) {
  uint64_t told = run_and_kill(5000U + 7919U * (unsigned)_i);
  ep_store *store = open_or_fail(true);
  seen all = load(store);
  ck_assert_uint_eq(all.count % KILLED_BATCH, 0);
  ck_assert_uint_eq(all.last % 1000, KILLED_BATCH - 1);
  ck_assert_uint_ge(all.last / 1000, told); /* one more may have been stored and not yet told */
  ck_assert_uint_le(all.last / 1000, told + 1);
  ck_assert_uint_le(all.count, 50 * KILLED_BATCH);
  ep_store_close(store);
}
END_TEST

/* ---- What can be wrong ----------------------------------------------------------------------- */

static void refused(bool directory, ep_status status, const char *word) {
  ep_store *store = NULL;
  ck_assert_int_eq(try_open(&store, directory, 0), status);
  ck_assert_ptr_null(store);
  ck_assert_msg(strstr(said, word) != NULL, "%s", said);
  ck_assert_int_eq(said[strlen(said) - 1], '.');
}

START_TEST(second_opener_is_refused) {
  ep_store *store = open_or_fail(_i == 0);
  refused(_i == 0, EP_SYSTEM, "in use by process");
  ep_store_close(store);
  ep_store_close(open_or_fail(_i == 0));
}
END_TEST

START_TEST(second_process_is_refused) {
  int ends[2];
  char byte = 0;
  ck_assert_int_eq(pipe(ends), 0);
  pid_t child = fork();
  if (child == 0) {
    ep_store *other = NULL;
    if (read(ends[0], &byte, 1) != 1) _exit(2); /* until the store is open */
    _exit(try_open(&other, true, 0) == EP_SYSTEM ? 0 : 1);
  }
  ep_store *store = open_or_fail(true);
  ck_assert_int_eq(write(ends[1], &byte, 1), 1);
  int end = -1;
  ck_assert_int_eq(waitpid(child, &end, 0), child);
  ck_assert_int_eq(end, 0);
  ep_store_close(store);
  (void)close(ends[0]);
  (void)close(ends[1]);
}
END_TEST

START_TEST(missing_parent_is_named) {
  (void)snprintf(place_path, sizeof place_path, "%s/no/where", where);
  refused(true, EP_SYSTEM, "does not exist");
  refused(false, EP_SYSTEM, "does not exist");
}
END_TEST

START_TEST(no_permission_is_named) {
  if (geteuid() == 0) {
    ck_assert_int_eq(chmod(where, 0700), 0);
    ck_assert_int_eq(seteuid(65534), 0); /* nobody */
  } else {
    ck_assert_int_eq(chmod(where, 0500), 0);
  }
  refused(true, EP_SYSTEM, "may not write");
  if (getuid() == 0) ck_assert_int_eq(seteuid(0), 0);
  ck_assert_int_eq(chmod(where, 0700), 0);
}
END_TEST

static void file_write(const char *path, const char *text, size_t len) {
  FILE *file = fopen(path, "wb");
  ck_assert_ptr_nonnull(file);
  ck_assert_uint_eq(fwrite(text, 1, len, file), len);
  ck_assert_int_eq(fclose(file), 0);
}

START_TEST(foreign_file_is_refused) {
  static char text[10000];
  memset(text, 'x', sizeof text);
  file_write(place_path, text, _i == 0 ? sizeof text : 10);
  refused(false, EP_DAMAGED, "not a store");
}
END_TEST

/* Puts one value into a table of the environment at place_path. */
static void foreign_put(const char *table, const char *key_text, const char *text) {
  MDB_env *env;
  MDB_txn *txn;
  MDB_dbi dbi;
  ck_assert_int_eq(mdb_env_create(&env), 0);
  ck_assert_int_eq(mdb_env_set_maxdbs(env, 8), 0);
  ck_assert_int_eq(mdb_env_open(env, place_path, MDB_NOSUBDIR | MDB_NOLOCK, 0600), 0);
  ck_assert_int_eq(mdb_txn_begin(env, NULL, 0, &txn), 0);
  ck_assert_int_eq(mdb_dbi_open(txn, table, MDB_CREATE, &dbi), 0);
  MDB_val key = {strlen(key_text), (void *)(uintptr_t)key_text};
  MDB_val value = {strlen(text), (void *)(uintptr_t)text};
  ck_assert_int_eq(mdb_put(txn, dbi, &key, &value, 0), 0);
  ck_assert_int_eq(mdb_txn_commit(txn), 0);
  mdb_env_close(env);
}

START_TEST(other_database_is_refused) {
  foreign_put("recipes", "soup", "hot");
  refused(false, EP_DAMAGED, "not a store");
}
END_TEST

START_TEST(other_format_is_refused) {
  ep_store_close(open_or_fail(false));
  static const struct {
    const char *number, *word;
    ep_status status;
  } formats[] = {{"0", "has format 0, of an older version", EP_OTHER_FORMAT},
                 {"27", "has format 27, of a newer version", EP_OTHER_FORMAT},
                 {"27", "reads format 1: use that version", EP_OTHER_FORMAT},
                 {"one", "not a store", EP_DAMAGED},
                 {"1 ", "not a store", EP_DAMAGED},
                 {"", "not a store", EP_DAMAGED}};
  foreign_put("format", "format", formats[_i].number);
  refused(false, formats[_i].status, formats[_i].word);
}
END_TEST

static ep_status see_any(void *context, const ep_record *record) {
  (void)context;
  (void)record;
  return EP_OK;
}

START_TEST(damaged_value_is_found) {
  ep_store_close(open_or_fail(false));
  foreign_put("log", "12345678", _i == 0 ? "short" : "a value whose hash is wrong");
  ep_store *store = open_or_fail(false);
  ck_assert_int_eq(ep_store_load(store, see_any, NULL), EP_DAMAGED);
  ck_assert_ptr_nonnull(strstr(ep_store_trouble(store), "damaged"));
  ep_store_close(store);
}
END_TEST

/* Cut anywhere: refused, or found when it is loaded; never a crash, never less than was
 * committed. */
START_TEST(shortened_file_is_found) {
  ep_buffer batch;
  ep_buffer_init(&batch, &heap);
  ep_store *store = open_or_fail(false);
  for (uint64_t i = 0; i < 300; i++) batch_add(&batch, EP_TABLE_LOG, i, i == 150 ? 50000 : 400);
  ck_assert(commit(store, &batch));
  ep_store_close(store);
  struct stat file;
  ck_assert_int_eq(stat(place_path, &file), 0);
  off_t len = file.st_size * (_i + 1) / 10;
  ck_assert_int_eq(truncate(place_path, len), 0);
  ep_status status = try_open(&store, false, 0);
  ck_assert_msg(status == EP_DAMAGED, "cut to %ld: %d %s", (long)len, (int)status, said);
  ep_buffer_free(&batch);
}
END_TEST

/* With room for nothing more a batch is refused whole, and what was there stays. With room again it
 * is taken. */
START_TEST(full_disk_refuses_the_batch) {
  ep_buffer batch;
  ep_buffer_init(&batch, &heap);
  ep_store *store = open_or_fail(true);
  for (uint64_t i = 0; i < 100; i++) batch_add(&batch, EP_TABLE_LOG, i, 400);
  ck_assert(commit(store, &batch));
  (void)signal(SIGXFSZ, SIG_IGN);
  struct rlimit was, least;
  ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &was), 0);
  least = (struct rlimit){256 * 1024, was.rlim_max};
  ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &least), 0);
  bool stored = true;
  uint64_t next = 1000;
  for (; stored && next < 100000; next += 1000) {
    for (uint64_t i = 0; i < 100; i++) batch_add(&batch, EP_TABLE_LOG, next + i, 400);
    stored = commit(store, &batch);
  }
  ck_assert(!stored);
  const char *why = ep_store_trouble(store);
  ck_assert_msg(strstr(why, "no room") != NULL || strstr(why, "is full") != NULL, "%s", why);
  ck_assert(!ep_store_is_broken(store));
  ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &was), 0);
  next -= 1000; /* there is room again: what was refused can be given again */
  for (uint64_t i = 0; i < 100; i++) batch_add(&batch, EP_TABLE_LOG, next + i, 400);
  ck_assert(commit(store, &batch));
  next += 1000;
  ep_store_close(store);
  store = open_or_fail(true);
  ck_assert_uint_eq(load(store).count, 100 * (next / 1000));
  ep_store_close(store);
  ep_buffer_free(&batch);
}
END_TEST

static TCase *with_place(Suite *suite, const char *name) {
  TCase *tests = tcase_create(name);
  tcase_add_checked_fixture(tests, place_make, place_drop);
  tcase_set_timeout(tests, 120);
  suite_add_tcase(suite, tests);
  return tests;
}

Suite *ep_suite_store(void) {
  Suite *suite = suite_create("store");
  TCase *keeping = with_place(suite, "keeping");
  tcase_add_loop_test(keeping, reopened_store_has_what_was_committed, 0, 2);
  tcase_add_test(keeping, map_grows_and_keeps_large_records);
  tcase_add_test(keeping, loading_ends_where_each_says_so);
  tcase_add_test(keeping, memory_store_commits_and_keeps_nothing);
  tcase_add_loop_test(keeping, killed_process_leaves_whole_batches, 0, 6);
  TCase *wrong = with_place(suite, "wrong");
  tcase_add_loop_test(wrong, second_opener_is_refused, 0, 2);
  tcase_add_test(wrong, second_process_is_refused);
  tcase_add_test(wrong, missing_parent_is_named);
  tcase_add_test(wrong, no_permission_is_named);
  tcase_add_loop_test(wrong, foreign_file_is_refused, 0, 2);
  tcase_add_test(wrong, other_database_is_refused);
  tcase_add_loop_test(wrong, other_format_is_refused, 0, 6);
  tcase_add_loop_test(wrong, damaged_value_is_found, 0, 2);
  tcase_add_loop_test(wrong, shortened_file_is_found, 0, 9);
  tcase_add_test(wrong, full_disk_refuses_the_batch);
  suite_add_tcase(suite, ep_case_sequencer());
  suite_add_tcase(suite, ep_case_store_check());
  suite_add_tcase(suite, ep_case_backup());
  return suite;
}
