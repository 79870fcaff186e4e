/* Support of the harness store.c. See store_image.h. */
#include "store_image.h"

#include <fcntl.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "delivery/record.h"
#include "fuzz.h"

enum { COMMITS = 12, LARGE = 4200, IMAGE_MOST = 64 * STORE_PAGE };

static char folder[128], file[160], lock[168];
static int file_fd;
static uint8_t *file_map;
enum { NEVER, ONCE, STILL };
static uint8_t known[EP_TABLE_COUNT][256]; /* by table and number: was it stored, is it there? */
static uint64_t count;

static void note_done(void *context, bool stored) { *(bool *)context = stored; }

static bool commit(ep_store *store, ep_buffer *batch) {
  bool stored = false;
  ep_store_commit(store, ep_buffer_bytes(batch), note_done, &stored);
  ep_buffer_clear(batch);
  return stored;
}

/* The value follows from the key; every ninth is large. Made once. */
static ep_bytes value_of(uint8_t number) {
  static uint8_t values[256][LARGE];
  uint8_t *value = values[number];
  size_t len = number % 9 == 8 ? LARGE : 40 + number * 3u;
  for (size_t i = 0; i < len && value[len - 1] == 0; i++) value[i] = (uint8_t)(number + i % 7 + 1);
  return ep_bytes_of(value, len);
}

static void add(ep_buffer *batch, uint8_t table, uint8_t number, bool remove) {
  uint8_t key[8] = {0, 0, 0, 0, 0, 0, 0, number};
  ep_record record = {.table = table, .remove = remove, .key = {key, sizeof key}};
  if (!remove) record.value = value_of(number);
  ep_record_write(batch, &record);
}

/* Puts and removes, so that there are branch pages, large values and free pages. */
static void fill(ep_store *store) {
  ep_buffer batch;
  ep_buffer_init(&batch, &fuzz_unfailing);
  for (uint8_t i = 0; i < COMMITS; i++) {
    for (uint8_t n = 0; n < 5; n++) add(&batch, EP_TABLE_LOG, (uint8_t)(i * 5 + n), false);
    add(&batch, i % EP_TABLE_COUNT, i, false);
    memset(&known[EP_TABLE_LOG][i * 5], ONCE, 5);
    known[i % EP_TABLE_COUNT][i] = ONCE;
    if (i > 3) add(&batch, EP_TABLE_LOG, (uint8_t)((i - 3) * 5), true);
    FUZZ_MUST(commit(store, &batch), "The store to be damaged is not stored.");
  }
  ep_buffer_free(&batch);
}

static ep_status note(void *context, const ep_record *record) {
  (void)context;
  known[record->table][record->key.data[7]] = STILL;
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
  if (base == NULL && access("/dev/shm", W_OK) == 0) base = "/dev/shm"; /* in memory */
  char why[256];
  ep_store *store;
  (void)mallopt(M_MMAP_THRESHOLD, 1 << 17); /* LMDB zeroes 2 MB each time: let the system do it */
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
  struct stat what;
  if (len != 0) return ep_bytes_of(bytes, len);
  make();
  file_fd = open(file, O_RDWR | O_CLOEXEC);
  FUZZ_MUST(file_fd >= 0 && fstat(file_fd, &what) == 0, file);
  len = (size_t)what.st_size;
  FUZZ_MUST(len > 0 && len < sizeof bytes, "The store to be damaged is too large.");
  file_map = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, file_fd, 0);
  FUZZ_MUST(file_map != MAP_FAILED, file);
  memcpy(bytes, file_map, len);
  return ep_bytes_of(bytes, len);
}

/* Most pages are still as they should be: only the others are written. */
const char *store_image_place(ep_bytes bytes) {
  FUZZ_MUST(ftruncate(file_fd, (off_t)bytes.len) == 0, file);
  for (ep_bytes rest = bytes; rest.len > 0;) {
    size_t len = rest.len < STORE_PAGE ? rest.len : STORE_PAGE;
    uint8_t *at = file_map + (bytes.len - rest.len);
    if (memcmp(at, rest.data, len) != 0) memcpy(at, rest.data, len);
    rest = ep_bytes_from(rest, len);
  }
  return file;
}

bool store_image_has(const ep_record *record, bool still) {
  static const uint8_t zeros[7];
  if (record->key.len != 8 || memcmp(record->key.data, zeros, sizeof zeros) != 0) return false;
  uint8_t number = record->key.data[7];
  if (known[record->table][number] < (still ? STILL : ONCE)) return false;
  return ep_bytes_equal(value_of(number), record->value);
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
