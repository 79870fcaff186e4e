/* Support of the harness store.c. See store_image.h. */
#include "store_image.h"

#include <unistd.h>

#include "delivery/record.h"
#include "fuzz.h"

enum { COMMITS = 12, LARGE = 4200, IMAGE_MOST = 64 * STORE_PAGE };

static char folder[128], file[160], lock[168];
static ep_bytes values[EP_TABLE_COUNT][256]; /* values by table and number; empty: not there */
static uint64_t count;

static void note_done(void *context, bool stored) { *(bool *)context = stored; }

static bool commit(ep_store *store, ep_buffer *batch) {
  bool stored = false;
  ep_store_commit(store, ep_buffer_bytes(batch), note_done, &stored);
  ep_buffer_clear(batch);
  return stored;
}

/* A record whose value follows from its key; every ninth is large. */
static void add(ep_buffer *batch, uint8_t table, uint8_t number, bool remove) {
  uint8_t key[8] = {0, 0, 0, 0, 0, 0, 0, number};
  uint8_t value[LARGE];
  size_t len = number % 9 == 8 ? sizeof value : 40 + number * 3u;
  for (size_t i = 0; i < len; i++) value[i] = (uint8_t)(number + i % 7);
  ep_record record = {.table = table, .remove = remove, .key = {key, sizeof key}};
  if (!remove) record.value = ep_bytes_of(value, len);
  ep_record_write(batch, &record);
}

/* Puts and removes, so that there are branch pages, large values and free pages. */
static void fill(ep_store *store) {
  ep_buffer batch;
  ep_buffer_init(&batch, &fuzz_unfailing);
  for (uint8_t i = 0; i < COMMITS; i++) {
    for (uint8_t n = 0; n < 5; n++) add(&batch, EP_TABLE_LOG, (uint8_t)(i * 5 + n), false);
    add(&batch, i % EP_TABLE_COUNT, i, false);
    if (i > 3) add(&batch, EP_TABLE_LOG, (uint8_t)((i - 3) * 5), true);
    FUZZ_MUST(commit(store, &batch), "The store to be damaged is not stored.");
  }
  ep_buffer_free(&batch);
}

static ep_status note(void *context, const ep_record *record) {
  (void)context;
  values[record->table][record->key.data[7]] =
      ep_bytes_of(fuzz_copy(record->value), record->value.len);
  count++;
  return EP_OK;
}

static void leave(void) {
  (void)unlink(file);
  (void)unlink(lock);
  (void)rmdir(folder);
}

static void make(void) {
  const char *base = getenv("TMPDIR");
  char why[256];
  ep_store *store;
  (void)snprintf(folder, sizeof folder, "%.100s/ep-fuzz-XXXXXX", base != NULL ? base : "/tmp");
  FUZZ_MUST(mkdtemp(folder) != NULL, "There is no folder for the store: set TMPDIR.");
  (void)snprintf(file, sizeof file, "%s/store", folder);
  (void)snprintf(lock, sizeof lock, "%s.lock", file);
  (void)atexit(leave);
  const ep_store_place place = {.path = file};
  FUZZ_MUST(ep_store_open_lmdb(&store, &place, why, sizeof why) == EP_OK, why);
  fill(store);
  FUZZ_MUST(ep_store_load(store, note, NULL) == EP_OK, "The store to be damaged does not load.");
  ep_store_close(store);
}

ep_bytes store_image(void) {
  static uint8_t bytes[IMAGE_MOST];
  static size_t len;
  if (len != 0) return ep_bytes_of(bytes, len);
  make();
  FILE *in = fopen(file, "rb");
  FUZZ_MUST(in != NULL, file);
  len = fread(bytes, 1, sizeof bytes, in);
  FUZZ_MUST(len > 0 && len < sizeof bytes, "The store to be damaged is too large.");
  (void)fclose(in);
  return ep_bytes_of(bytes, len);
}

const char *store_image_place(ep_bytes bytes) {
  FILE *out = fopen(file, "wb");
  FUZZ_MUST(out != NULL, file);
  (void)fwrite(bytes.data, 1, bytes.len, out);
  FUZZ_MUST(fclose(out) == 0, file);
  return file;
}

bool store_image_has(const ep_record *record) {
  static const uint8_t zeros[7];
  if (record->key.len != 8 || memcmp(record->key.data, zeros, sizeof zeros) != 0) return false;
  ep_bytes value = values[record->table][record->key.data[7]];
  return value.len > 0 && ep_bytes_equal(value, record->value);
}

uint64_t store_image_count(void) { return count; }

void store_image_change(ep_store *store) {
  ep_buffer batch;
  ep_buffer_init(&batch, &fuzz_unfailing);
  for (uint8_t n = 0; n < 12; n++) add(&batch, EP_TABLE_LOG, (uint8_t)(n * 5), n % 2 == 0);
  for (uint8_t table = 0; table < EP_TABLE_COUNT; table++) add(&batch, table, 100, false);
  (void)commit(store, &batch);
  ep_buffer_free(&batch);
}
