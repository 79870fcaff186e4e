/* Floor 5, store. Records in LMDB: one table of the environment for each ep_table_id, one write
 * transaction, synced, for each batch. A value is followed by eight bytes of hash, so that a
 * damaged one is found when it is loaded.
 * Read first: store/store.h, store/lmdb_files.h. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/hash.h"
#include "store/lmdb_check.h"
#include "store/lmdb_files.h"
#include "store/store.h"

/* The number of the store's format. It covers the tables and what is in the records, of servers and
 * clients alike: whatever of it changes, this number is raised. */
#define FORMAT 1

enum { SUM_LEN = 8, MAP_DIRECTORY = 256 << 20, MAP_FILE = 16 << 20, TROUBLE_LEN = 512 };

static const char *const table_names[EP_TABLE_COUNT] = {"meta", "clients", "log", "confirmed",
                                                        "seen"};
static const char format_table[] = "format";

typedef struct ep_lmdb {
  ep_store store; /* first: a store is one of these */
  MDB_env *env;
  MDB_dbi tables[EP_TABLE_COUNT];
  int lock_fd;
  char *path; /* what sentences call it */
  bool committing;
  bool broken; /* the map is gone, or LMDB found damage: no commit is tried any more */
  char trouble[TROUBLE_LEN];
} ep_lmdb;

static ep_lmdb *lmdb_of(ep_store *store) {
  EP_ASSERT(store != NULL);
  return (ep_lmdb *)(void *)store;
}

static ep_store_words words_of(ep_lmdb *lmdb) {
  return (ep_store_words){lmdb->trouble, sizeof lmdb->trouble};
}

static MDB_val val_of(ep_bytes bytes) {
  return (MDB_val){bytes.len, (void *)(uintptr_t)bytes.data};
}

static uint64_t sum_of(ep_bytes key, ep_bytes value) {
  static const ep_hash_key fixed = {{'e', 'p', 'i', 'g', 'e', 'o', 'n'}};
  return ep_hash(&fixed, key) ^ ep_hash(&fixed, value);
}

static void sum_write(uint8_t *out, uint64_t sum) {
  for (unsigned i = 0; i < SUM_LEN; i++) out[i] = (uint8_t)(sum >> (8 * i));
}

/* ---- Commit ---------------------------------------------------------------------------------- */

/* Log records come in the order of their keys but for rare exceptions: they go behind the last. */
static int record_place(MDB_cursor *cursor, uint8_t table, MDB_val *key, MDB_val *data) {
  if (table == EP_TABLE_LOG) {
    int code = mdb_cursor_put(cursor, key, data, MDB_RESERVE | MDB_APPEND);
    if (code != MDB_KEYEXIST) return code;
  }
  return mdb_cursor_put(cursor, key, data, MDB_RESERVE);
}

static int record_put(MDB_cursor *cursor, const ep_record *record) {
  MDB_val key = val_of(record->key);
  MDB_val data = {record->value.len + SUM_LEN, NULL};
  int code = record_place(cursor, record->table, &key, &data);
  if (code != 0) return code;
  uint8_t *to = data.mv_data;
  if (record->value.len != 0) memcpy(to, record->value.data, record->value.len);
  sum_write(to + record->value.len, sum_of(record->key, record->value));
  return 0;
}

static int record_remove(MDB_cursor *cursor, const ep_record *record) {
  MDB_val key = val_of(record->key);
  int code = mdb_cursor_get(cursor, &key, NULL, MDB_SET);
  if (code == MDB_NOTFOUND) return 0;
  return code != 0 ? code : mdb_cursor_del(cursor, 0);
}

/* One cursor for each table the batch touches. They end with the transaction. */
static int batch_write(ep_lmdb *lmdb, MDB_txn *txn, ep_bytes batch) {
  MDB_cursor *cursors[EP_TABLE_COUNT] = {NULL};
  ep_record record;
  while (ep_record_next(&batch, &record)) {
    EP_ASSERT(record.table < EP_TABLE_COUNT);
    EP_ASSERT(record.key.len >= 1 && record.key.len <= 64);
    MDB_cursor **cursor = &cursors[record.table];
    int code = *cursor != NULL ? 0 : mdb_cursor_open(txn, lmdb->tables[record.table], cursor);
    if (code == 0)
      code = record.remove ? record_remove(*cursor, &record) : record_put(*cursor, &record);
    if (code != 0) return code;
  }
  EP_ASSERT(batch.len == 0);
  return 0;
}

static int batch_try(ep_lmdb *lmdb, ep_bytes batch) {
  MDB_txn *txn = NULL;
  int code = mdb_txn_begin(lmdb->env, NULL, 0, &txn);
  if (code != 0) return code;
  code = batch_write(lmdb, txn, batch);
  if (code == 0) return mdb_txn_commit(txn);
  mdb_txn_abort(txn);
  return code;
}

/* Twice the address space, and room for the batch whatever it is. When that fails LMDB has no map
 * any more. */
static int map_grow(ep_lmdb *lmdb, size_t batch_len) {
  MDB_envinfo info;
  int code = mdb_env_info(lmdb->env, &info);
  if (code != 0) return code;
  if (info.me_mapsize > SIZE_MAX / 4 || batch_len > SIZE_MAX / 8) return MDB_MAP_FULL;
  size_t size = info.me_mapsize * 2;
  while (size < info.me_mapsize + batch_len * 2) size *= 2;
  code = mdb_env_set_mapsize(lmdb->env, size);
  lmdb->broken = code != 0;
  return code;
}

/* A copy that was interrupted keeps its place among the readers, and with it every page freed
 * since: before the store grows, such places are given back. */
static int batch_commit(ep_lmdb *lmdb, ep_bytes batch) {
  for (;;) {
    int code = batch_try(lmdb, batch);
    if (code == 0) return 0;
    (void)mdb_reader_check(lmdb->env, NULL);
    if (code != MDB_MAP_FULL) return code;
    code = map_grow(lmdb, batch.len);
    if (code != 0) return code;
  }
}

static void lmdb_commit(ep_store *store, ep_bytes batch, ep_store_done *done, void *context) {
  ep_lmdb *lmdb = lmdb_of(store);
  EP_ASSERT(!lmdb->committing);
  if (lmdb->broken) {
    done(context, false);
    return;
  }
  lmdb->committing = true;
  lmdb->trouble[0] = '\0';
  int code = batch.len == 0 ? 0 : batch_commit(lmdb, batch);
  if (code != 0 && ep_store_fail(words_of(lmdb), lmdb->path, code) == EP_DAMAGED)
    lmdb->broken = true;
  if (code == MDB_PANIC) lmdb->broken = true; /* LMDB has given up this environment */
  lmdb->committing = false;
  done(context, code == 0);
}

/* ---- Load ------------------------------------------------------------------------------------ */

static bool value_open(ep_bytes key, MDB_val data, ep_bytes *out) {
  if (data.mv_size < SUM_LEN) return false;
  *out = ep_bytes_of(data.mv_data, data.mv_size - SUM_LEN);
  uint8_t sum[SUM_LEN];
  sum_write(sum, sum_of(key, *out));
  return memcmp(sum, out->data + out->len, SUM_LEN) == 0;
}

static ep_status table_load(ep_lmdb *lmdb, MDB_cursor *cursor, uint8_t table, ep_store_each *each,
                            void *context) {
  MDB_val key, data;
  int code;
  while ((code = mdb_cursor_get(cursor, &key, &data, MDB_NEXT)) == 0) {
    ep_record record = {.table = table, .key = ep_bytes_of(key.mv_data, key.mv_size)};
    if (!value_open(record.key, data, &record.value)) {
      return ep_store_fail(words_of(lmdb), lmdb->path, MDB_CORRUPTED);
    }
    ep_status status = each(context, &record);
    if (status != EP_OK) return status;
  }
  return code == MDB_NOTFOUND ? EP_OK : ep_store_fail(words_of(lmdb), lmdb->path, code);
}

static ep_status tables_load(ep_lmdb *lmdb, MDB_txn *txn, ep_store_each *each, void *context) {
  ep_status status = EP_OK;
  for (uint8_t table = 0; status == EP_OK && table < EP_TABLE_COUNT; table++) {
    MDB_cursor *cursor = NULL;
    int code = mdb_cursor_open(txn, lmdb->tables[table], &cursor);
    if (code != 0) return ep_store_fail(words_of(lmdb), lmdb->path, code);
    status = table_load(lmdb, cursor, table, each, context);
    mdb_cursor_close(cursor);
  }
  return status;
}

static ep_status lmdb_load(ep_store *store, ep_store_each *each, void *context) {
  ep_lmdb *lmdb = lmdb_of(store);
  EP_ASSERT(!lmdb->committing);
  lmdb->trouble[0] = '\0';
  MDB_txn *txn = NULL;
  int code = mdb_txn_begin(lmdb->env, NULL, MDB_RDONLY, &txn);
  if (code != 0) return ep_store_fail(words_of(lmdb), lmdb->path, code);
  ep_status status = tables_load(lmdb, txn, each, context);
  mdb_txn_abort(txn);
  return status;
}

/* ---- Open and close -------------------------------------------------------------------------- */

static const char *lmdb_trouble(const ep_store *store) {
  return ((const ep_lmdb *)(const void *)store)->trouble;
}

static bool lmdb_is_broken(const ep_store *store) {
  return ((const ep_lmdb *)(const void *)store)->broken;
}

static void lmdb_close(ep_store *store) {
  ep_lmdb *lmdb = lmdb_of(store);
  EP_ASSERT(!lmdb->committing);
  if (lmdb->env != NULL) mdb_env_close(lmdb->env);
  if (lmdb->lock_fd >= 0) (void)close(lmdb->lock_fd);
  free(lmdb->path);
  free(lmdb);
}

static ep_lmdb *lmdb_new(const char *path) {
  ep_lmdb *lmdb = calloc(1, sizeof *lmdb);
  if (lmdb == NULL) return NULL;
  lmdb->store = (ep_store){lmdb_load, lmdb_commit, lmdb_trouble, lmdb_is_broken, lmdb_close};
  lmdb->lock_fd = -1;
  lmdb->path = strdup(path);
  if (lmdb->path != NULL) return lmdb;
  free(lmdb);
  return NULL;
}

static int env_open(ep_lmdb *lmdb, const ep_store_place *place) {
  int code = ep_store_check_place(place);
  if (code == 0) code = mdb_env_create(&lmdb->env);
  if (code != 0) return code;
  uint64_t usual = place->directory ? MAP_DIRECTORY : MAP_FILE;
  code = mdb_env_set_mapsize(lmdb->env, (size_t)(place->map_size != 0 ? place->map_size : usual));
  if (code == 0) code = mdb_env_set_maxdbs(lmdb->env, EP_TABLE_COUNT + 1);
  if (code != 0) return code;
  /* Our own lock keeps other processes off; LMDB's stays where copies of a running store are
   * made. */
  unsigned flags = place->directory ? 0 : MDB_NOSUBDIR | MDB_NOLOCK;
  code = mdb_env_open(lmdb->env, place->path, flags, 0600);
  return code != 0 ? code : ep_store_check_length(lmdb->env);
}

/* Decimal digits, or it is nothing that we wrote. */
static int format_compare(ep_lmdb *lmdb, MDB_val value, ep_status *status) {
  char text[16] = "", *end = text;
  if (value.mv_size == 0 || value.mv_size >= sizeof text) return MDB_INVALID;
  memcpy(text, value.mv_data, value.mv_size);
  unsigned long format = strtoul(text, &end, 10);
  if (end != text + value.mv_size || text[0] < '0' || text[0] > '9') return MDB_INVALID;
  if (format == FORMAT) return 0;
  ep_store_say(
      words_of(lmdb),
      "The store %s has format %lu, of %s version of e-pigeon, and this version (%s) reads "
      "format %d: use that version, or choose another place.",
      lmdb->path, format, format < FORMAT ? "an older" : "a newer", EP_VERSION, FORMAT);
  *status = EP_OTHER_FORMAT;
  return 0;
}

/* A new environment gets the format; an old one must have this one. *status: what else is wrong. */
static int format_settle(ep_lmdb *lmdb, MDB_txn *txn, bool *is_new, ep_status *status) {
  MDB_dbi main_table, table;
  MDB_stat shape;
  int code = mdb_dbi_open(txn, NULL, 0, &main_table);
  if (code == 0) code = mdb_stat(txn, main_table, &shape);
  if (code != 0) return code;
  MDB_val key = {sizeof "format" - 1, (void *)(uintptr_t) "format"};
  char text[16];
  int len = snprintf(text, sizeof text, "%d", FORMAT);
  MDB_val value = {(size_t)len, text};
  *is_new = shape.ms_entries == 0;
  code = mdb_dbi_open(txn, format_table, *is_new ? MDB_CREATE : 0, &table);
  if (code == MDB_NOTFOUND || code == MDB_INCOMPATIBLE) return MDB_INVALID;
  if (code != 0) return code;
  if (*is_new) return mdb_put(txn, table, &key, &value, 0);
  code = mdb_get(txn, table, &key, &value);
  if (code != 0) return code == MDB_NOTFOUND ? MDB_INVALID : code;
  return format_compare(lmdb, value, status);
}

/* All are made with the environment: one that is not there later has lost its name. */
static int tables_open(ep_lmdb *lmdb, MDB_txn *txn, bool is_new) {
  for (unsigned i = 0; i < EP_TABLE_COUNT; i++) {
    int code = mdb_dbi_open(txn, table_names[i], is_new ? MDB_CREATE : 0, &lmdb->tables[i]);
    if (code != 0) return code == MDB_NOTFOUND ? MDB_CORRUPTED : code;
  }
  return 0;
}

static int contents_open(ep_lmdb *lmdb, ep_status *status) {
  MDB_txn *txn = NULL;
  bool is_new = false;
  int code = mdb_txn_begin(lmdb->env, NULL, 0, &txn);
  if (code != 0) return code;
  code = format_settle(lmdb, txn, &is_new, status);
  if (code == 0 && *status == EP_OK) code = tables_open(lmdb, txn, is_new);
  if (code == 0 && *status == EP_OK) return mdb_txn_commit(txn);
  mdb_txn_abort(txn);
  return code;
}

static ep_status lmdb_open(ep_lmdb *lmdb, const ep_store_place *place) {
  ep_status status = ep_store_lock(place, &lmdb->lock_fd, words_of(lmdb));
  if (status != EP_OK) return status;
  int code = env_open(lmdb, place);
  if (code == 0) code = contents_open(lmdb, &status);
  if (code != 0) return ep_store_fail(words_of(lmdb), lmdb->path, code);
  if (status == EP_OK) ep_store_sync_names(place);
  return status;
}

ep_status ep_store_open_lmdb(ep_store **out, const ep_store_place *place, char *message,
                             size_t message_len) {
  EP_ASSERT(out != NULL && place != NULL && place->path != NULL);
  EP_ASSERT(message != NULL && message_len >= 1);
  *out = NULL;
  message[0] = '\0';
  ep_lmdb *lmdb = lmdb_new(place->name != NULL ? place->name : place->path);
  if (lmdb == NULL)
    return ep_store_fail((ep_store_words){message, message_len}, place->path, ENOMEM);
  ep_status status = lmdb_open(lmdb, place);
  if (status == EP_OK) {
    *out = &lmdb->store;
    return EP_OK;
  }
  ep_store_say((ep_store_words){message, message_len}, "%s", lmdb->trouble);
  lmdb_close(&lmdb->store);
  return status;
}
