/* Harness: a store on disk, damaged. It is refused with a sentence, at once or when it is loaded;
 * or it holds nothing that was never stored, and, where the damage is in one place, just what was
 * there (in two it can be the transaction before). What it was trusted with afterwards does not end
 * the program either. Input: places to be damaged: page, offset (2), how, and a byte or a number.
 */
#include "fuzz.h"
#include "store/lmdb_check.h"
#include "store_image.h"

typedef struct seeing {
  uint64_t seen;
  bool once; /* the damage is in one place */
} seeing;

static ep_status see(void *context, const ep_record *record) {
  seeing *of = context;
  FUZZ_MUST(store_image_has(record, of->once), "A record is loaded that was not stored.");
  of->seen++;
  return EP_OK;
}

/* Damages `image` in one place. Returns its length, which may be less then. */
static size_t damage(uint8_t *image, size_t len, fuzz_input *in) {
  size_t page = fuzz_byte(in) % (len / STORE_PAGE), at = page * STORE_PAGE;
  at += fuzz_byte(in);
  at += fuzz_byte(in) % 16 * 256;
  unsigned how = fuzz_byte(in), byte = fuzz_byte(in);
  switch (how % 8) {
    case 0: image[at] = (uint8_t)byte; break;
    case 1: image[at] ^= (uint8_t)(1u << byte % 8); break;
    case 2: image[at] = (uint8_t)(image[at] + (byte & 1 ? 1 : 255)); break;
    case 3: memset(image + page * STORE_PAGE, 0, STORE_PAGE); break;
    case 4:
      memmove(image + page * STORE_PAGE, image + byte % (len / STORE_PAGE) * STORE_PAGE,
              STORE_PAGE);
      break;
    case 5: return at > 0 ? at : 1;
    default: {
      ep_bytes bytes = fuzz_bytes(in, byte % 16);
      if (bytes.len <= len - at && bytes.len > 0) memcpy(image + at, bytes.data, bytes.len);
    }
  }
  return len;
}

/* Opens the file as a server does, loads it, and stores something in it. */
static void use(const char *path, bool once) {
  char why[256];
  ep_store *store;
  seeing of = {0, once};
  const ep_store_place place = {.path = path};
  ep_status status = ep_store_open_lmdb(&store, &place, why, sizeof why);
  FUZZ_MUST(status == EP_OK || why[strlen(why) - 1] == '.', "No sentence says what is wrong.");
  if (status != EP_OK) return;
  status = ep_store_load(store, see, &of);
  const char *trouble = ep_store_trouble(store);
  FUZZ_MUST(status == EP_OK || trouble[0] != '\0', "No sentence says what is wrong.");
  if (status == EP_OK && once)
    FUZZ_MUST(of.seen == store_image_count(), "A record is lost, and no word of it.");
  if (status == EP_OK) store_image_change(store);
  ep_store_close(store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static uint8_t *image;
  fuzz_input in = {data, size};
  ep_bytes whole = store_image();
  if (image == NULL) image = malloc(whole.len);
  memcpy(image, whole.data, whole.len);
  size_t len = whole.len, times = 0;
  while (in.left > 0 && times++ < 8) len = damage(image, len < STORE_PAGE ? whole.len : len, &in);
  if (ep_bytes_equal(ep_bytes_of(image, len), whole)) return 0; /* nothing is damaged */
  int code = ep_store_check_image(ep_bytes_of(image, len));
  bool is_sample = size > 4 && data[4] % 32 == 0; /* the sentence of some that are refused */
  if (code == 0 || is_sample) use(store_image_place(ep_bytes_of(image, len)), times <= 1);
  return 0;
}
