/* Floor 5, store. Looks at the pages of an LMDB file before LMDB does: LMDB believes what it reads,
 * and a damaged page can end the program, or lose records in silence.
 * Read first: store/store.h. Then: lmdb_check.c. */
#ifndef EP_STORE_LMDB_CHECK_H
#define EP_STORE_LMDB_CHECK_H

#include "base/bytes.h"
#include "store/store.h"

/* The file of the store at `place`, whose lock the caller has. 0: LMDB may open it (it is whole, or
 * not there yet, or of a kind that LMDB itself refuses); MDB_CORRUPTED; or an error of the system.
 * Reads every page in use but those of large values, whose hash is looked at when they are loaded.
 */
int ep_store_check_place(const ep_store_place *place);

/* The same for the bytes of a file. MDB_CORRUPTED, ENOMEM, or 0. */
int ep_store_check_image(ep_bytes image);

#endif
