/* Tests of floor 5, store: copies of a store that is being written to are whole; where there is
 * nothing to be copied, or no place for it, nothing is left behind.
 * Read first: store/store.h, store/backup.c. */
#define _GNU_SOURCE 1
#include <check.h>
#include <lmdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"
#include "delivery/record.h"
#include "store/store.h"

TCase *ep_case_backup(void);

enum { BATCH = 50, BATCHES_KEPT = 40, VALUE_LEN = 300, COPIES = 5 };

static char where[64]; /* a directory of this test, gone afterwards */
static char from[96], to[96], said[512];

static void place_make(void) {
  (void)snprintf(where, sizeof where, "/tmp/ep-backup-XXXXXX");
  ck_assert_ptr_nonnull(mkdtemp(where));
  (void)snprintf(from, sizeof from, "%s/live", where);
  (void)snprintf(to, sizeof to, "%s/copy", where);
}

static void place_drop(void) {
  char command[160];
  (void)snprintf(command, sizeof command, "rm -rf %s", where);
  ck_assert_int_eq(system(command), 0);
}

/* ---- A store that is written to -------------------------------------------------------------- */

static void note_stored(void *context, bool stored) { *(bool *)context = stored; }

/* Batch b puts BATCH records and takes those of a batch long ago. */
static bool batch_commit(ep_store *store, uint32_t b) {
  static uint8_t bytes[2 * BATCH * (EP_RECORD_HEAD + 8 + VALUE_LEN)];
  uint8_t *at = bytes;
  bool stored = false;
  for (uint32_t i = 0; i < 2 * BATCH; i++) {
    bool removes = i >= BATCH;
    uint32_t of = removes ? b - BATCHES_KEPT : b;
    if (removes && b < BATCHES_KEPT) break;
    uint8_t key[8] = {
        0, 0, 0, 0, (uint8_t)(of >> 16), (uint8_t)(of >> 8), (uint8_t)of, (uint8_t)(i % BATCH)};
    at = ep_record_begin(at, EP_TABLE_LOG, removes, ep_bytes_of(key, 8), removes ? 0 : VALUE_LEN);
    if (removes) continue;
    memset(at, (int)(of & 0xff), VALUE_LEN);
    at += VALUE_LEN;
  }
  ep_store_commit(store, ep_bytes_of(bytes, (size_t)(at - bytes)), note_stored, &stored);
  return stored;
}

static ep_store *open_at(const char *path) {
  ep_store *store = NULL;
  ep_store_place place = {.path = path, .directory = true, .map_size = 256 * 1024};
  ck_assert_msg(ep_store_open_lmdb(&store, &place, said, sizeof said) == EP_OK, "%s", said);
  return store;
}

static void commit_until_killed(int out) {
  ep_store *store = open_at(from);
  for (uint32_t b = 0; batch_commit(store, b); b++) {
    if (write(out, "", 1) != 1) _exit(1);
  }
  _exit(1);
}

typedef struct contents {
  unsigned log, copy_marks;
  uint8_t last_key[8];
} contents;

static ep_status see(void *context, const ep_record *record) {
  contents *c = context;
  if (record->table == EP_TABLE_META) {
    c->copy_marks += ep_bytes_equal(record->key, EP_LITERAL("copy"));
    return EP_OK;
  }
  ck_assert_uint_eq(record->value.len, VALUE_LEN);
  c->log++;
  memcpy(c->last_key, record->key.data, 8);
  return EP_OK;
}

static contents contents_of(const char *path) {
  contents c = {0};
  ep_store *store = open_at(path);
  ck_assert_int_eq(ep_store_load(store, see, &c), EP_OK);
  ep_store_close(store);
  return c;
}

/* Another process writes all the time. */
START_TEST(copy_of_a_live_store_is_whole) {
  int ends[2];
  char bytes[2 * BATCHES_KEPT];
  ck_assert_int_eq(pipe(ends), 0);
  pid_t writer = fork();
  ck_assert_int_ne(writer, -1);
  if (writer == 0) commit_until_killed(ends[1]);
  (void)close(ends[1]);
  for (int copy = 0; copy < COPIES; copy++) {
    (void)snprintf(to, sizeof to, "%s/copy%d", where, copy);
    for (size_t told = 0; told < sizeof bytes;) {
      ssize_t len = read(ends[0], bytes, sizeof bytes - told);
      ck_assert_int_gt(len, 0);
      told += (size_t)len;
    }
    ck_assert_msg(ep_store_backup(from, to, said, sizeof said) == EP_OK, "%s", said);
    contents c = contents_of(to);
    ck_assert_uint_eq(c.log, BATCH * BATCHES_KEPT);
    ck_assert_uint_eq(c.last_key[7], BATCH - 1);
    ck_assert_uint_eq(c.copy_marks, 1);
  }
  ck_assert_int_eq(kill(writer, SIGKILL), 0);
  ck_assert_int_eq(waitpid(writer, NULL, 0), writer);
  (void)close(ends[0]);
  ck_assert_uint_eq(contents_of(from).copy_marks, 0); /* the live one is no copy */
}
END_TEST

/* ---- Interrupted ----------------------------------------------------------------------------- */

/* A process that is killed while it copies: it reads one state, and never ends. */
static void read_until_killed(int out) {
  MDB_env *env;
  MDB_txn *reading;
  bool reads = mdb_env_create(&env) == 0 && mdb_env_open(env, from, MDB_RDONLY, 0600) == 0 &&
               mdb_txn_begin(env, NULL, MDB_RDONLY, &reading) == 0;
  if (!reads || write(out, "", 1) != 1) _exit(1);
  for (;;) (void)pause();
}

/* No page that was in use then could be used again; unless somebody notices that it is gone. */
START_TEST(killed_copy_does_not_make_the_store_grow) {
  int ends[2];
  char byte, path[160];
  struct stat file;
  ep_store *store = open_at(from);
  uint32_t b = 0;
  for (; b < BATCHES_KEPT; b++) ck_assert(batch_commit(store, b));
  ck_assert_int_eq(pipe(ends), 0);
  pid_t reader = fork();
  ck_assert_int_ne(reader, -1);
  if (reader == 0) read_until_killed(ends[1]);
  ck_assert_int_eq(read(ends[0], &byte, 1), 1);
  ck_assert_int_eq(kill(reader, SIGKILL), 0);
  ck_assert_int_eq(waitpid(reader, NULL, 0), reader);
  (void)snprintf(path, sizeof path, "%s/data.mdb", from);
  for (; b < 10 * BATCHES_KEPT; b++) ck_assert(batch_commit(store, b));
  ck_assert_int_eq(stat(path, &file), 0);
  ck_assert_int_lt(file.st_size, 4 * 1024 * 1024); /* what is kept takes less than 1 MB */
  ep_store_close(store);
  (void)close(ends[0]);
  (void)close(ends[1]);
}
END_TEST

START_TEST(part_of_an_interrupted_copy_is_replaced) {
  char part[160];
  ep_store *store = open_at(from);
  ck_assert(batch_commit(store, 0));
  ep_store_close(store);
  ck_assert_int_eq(mkdir(to, 0700), 0);
  (void)snprintf(part, sizeof part, "%s/data.mdb.part", to);
  FILE *file = fopen(part, "wb");
  ck_assert_ptr_nonnull(file);
  for (int i = 0; i < 100000; i++) ck_assert_int_ge(fputs("half a copy ", file), 0);
  ck_assert_int_eq(fclose(file), 0);
  ck_assert_msg(ep_store_backup(from, to, said, sizeof said) == EP_OK, "%s", said);
  ck_assert_uint_eq(contents_of(to).log, BATCH);
  ck_assert_int_ne(access(part, F_OK), 0);
}
END_TEST

/* ---- What can be wrong ----------------------------------------------------------------------- */

static bool exists(const char *directory, const char *name) {
  char path[160];
  (void)snprintf(path, sizeof path, "%s/%s", directory, name);
  return access(path, F_OK) == 0;
}

static void refused(ep_status status, const char *word) {
  ck_assert_int_eq(ep_store_backup(from, to, said, sizeof said), status);
  ck_assert_msg(strstr(said, word) != NULL, "%s", said);
  ck_assert_int_eq(said[strlen(said) - 1], '.');
  ck_assert(!exists(to, "data.mdb.part"));
  ck_assert(!exists(to, "data.mdb.part.lock"));
}

static void make_store(void) {
  ep_store *store = open_at(from);
  for (uint32_t b = 0; b < 4; b++) ck_assert(batch_commit(store, b));
  ep_store_close(store);
}

START_TEST(no_store_no_copy) {
  refused(EP_SYSTEM, "There is no store in");
  ck_assert_int_eq(mkdir(from, 0700), 0);
  refused(EP_SYSTEM, "There is no store in");
  ck_assert(!exists(to, "data.mdb"));
}
END_TEST

START_TEST(copy_overwrites_nothing) {
  make_store();
  ck_assert_int_eq(ep_store_backup(from, to, said, sizeof said), EP_OK);
  refused(EP_SYSTEM, "already");
  ck_assert_uint_eq(contents_of(to).log, 4 * BATCH);
}
END_TEST

START_TEST(damaged_store_gives_no_copy) {
  char path[160];
  make_store();
  (void)snprintf(path, sizeof path, "%s/data.mdb", from);
  FILE *file = fopen(path, "r+b");
  ck_assert_ptr_nonnull(file);
  static char bytes[1 << 20];
  size_t len = fread(bytes, 1, sizeof bytes, file);
  for (size_t at = 2 * 4096; at + 64 < len; at++) {
    if (memcmp(bytes + at, "\3\3\3\3\3\3\3\3", 8) == 0)
      bytes[at + 3] = 4; /* in all values of batch 3 */
  }
  rewind(file);
  ck_assert_uint_eq(fwrite(bytes, 1, len, file), len);
  ck_assert_int_eq(fclose(file), 0);
  refused(EP_DAMAGED, "live is damaged");
  ck_assert(!exists(to, "data.mdb"));
}
END_TEST

START_TEST(full_disk_gives_no_copy) {
  struct rlimit was, least;
  make_store();
  (void)signal(SIGXFSZ, SIG_IGN);
  ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &was), 0);
  least = (struct rlimit){(rlim_t)(4096 * (2 + _i * 8)), was.rlim_max};
  ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &least), 0);
  refused(EP_SYSTEM, "There is no room left for the store");
  ck_assert_msg(strstr(said, to) != NULL, "%s", said);
  ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &was), 0);
  ck_assert(!exists(to, "data.mdb"));
  ck_assert_int_eq(ep_store_backup(from, to, said, sizeof said), EP_OK);
}
END_TEST

TCase *ep_case_backup(void) {
  TCase *tests = tcase_create("backup");
  tcase_add_checked_fixture(tests, place_make, place_drop);
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, copy_of_a_live_store_is_whole);
  tcase_add_test(tests, killed_copy_does_not_make_the_store_grow);
  tcase_add_test(tests, part_of_an_interrupted_copy_is_replaced);
  tcase_add_test(tests, no_store_no_copy);
  tcase_add_test(tests, copy_overwrites_nothing);
  tcase_add_test(tests, damaged_store_gives_no_copy);
  tcase_add_loop_test(tests, full_disk_gives_no_copy, 0, 3);
  return tests;
}
