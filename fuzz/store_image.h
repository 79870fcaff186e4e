/* Support of the harness store.c: the file of a store that has been used, to be damaged.
 * Read first: src/store/store.h. */
#ifndef FUZZ_STORE_IMAGE_H
#define FUZZ_STORE_IMAGE_H

#include "base/bytes.h"
#include "store/store.h"

enum { STORE_PAGE = 4096 };

/* The bytes of the file, made by the first call. */
ep_bytes store_image(void);
/* Puts bytes into a file of their own; returns its path. */
const char *store_image_place(ep_bytes bytes);
/* Whether a record was once stored, or is there still; how many are there. */
bool store_image_has(const ep_record *record, bool still);
uint64_t store_image_count(void);
/* Commits a few changes; whether they are stored does not matter. */
void store_image_change(ep_store *store);

#endif
