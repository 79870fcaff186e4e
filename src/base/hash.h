/* Floor 1, base. Keyed hashes (SipHash) and a hash table of pointers. Peers choose ids, so the
 * hash is keyed: nobody outside can make keys collide.
 * Read first: base/bytes.h. */
#ifndef EP_BASE_HASH_H
#define EP_BASE_HASH_H

#include "base/bytes.h"

/* Sixteen random bytes, chosen by whoever starts the program. */
typedef struct ep_hash_key {
  uint8_t bytes[16];
} ep_hash_key;

/* SipHash-1-3: 64 bits, for tables in memory. */
uint64_t ep_hash(const ep_hash_key *key, ep_bytes in);

/* SipHash-2-4-128: for fingerprints that stand for the thing itself (the uids remembered). */
typedef struct ep_fingerprint {
  uint8_t bytes[16];
} ep_fingerprint;

ep_fingerprint ep_fingerprint_of(const ep_hash_key *key, ep_bytes in);

typedef struct ep_table_slot {
  uint64_t hash;
  void *entry; /* NULL: free */
} ep_table_slot;

/* Entries are borrowed: whoever inserts them keeps and frees them. Open addressing, linear probing,
 * deletion by shifting back, a power of two, at most three quarters full. */
typedef struct ep_table {
  const ep_allocator *allocator;
  ep_table_slot *slots;
  size_t capacity;
  size_t count;
} ep_table;

/* Whether `entry` is the one that `key` means. Given NULL instead, a key is the entry itself. */
typedef bool ep_table_equal(const void *key, const void *entry);

/* Makes `out` an empty table that owns no memory. `allocator` must outlive it. */
void ep_table_init(ep_table *out, const ep_allocator *allocator);

/* Gives back the memory of the table (not the entries); it is empty and can be used again. */
void ep_table_free(ep_table *table);

/* Makes room for `more` further entries: their inserts cannot fail. False: no memory, nothing
 * changed. */
bool ep_table_reserve(ep_table *table, size_t more);

/* Adds an entry (not NULL). The caller knows that no equal one is there. False: no memory, nothing
 * changed; never after an ep_table_reserve that covers it. */
bool ep_table_insert(ep_table *table, uint64_t hash, void *entry);

/* The entry with this hash and key, or NULL. */
void *ep_table_find(const ep_table *table, uint64_t hash, ep_table_equal *equal, const void *key);

/* Takes the entry with this hash and key out and returns it, or NULL when there is none. */
void *ep_table_remove(ep_table *table, uint64_t hash, ep_table_equal *equal, const void *key);

/* Every entry once: start with *cursor 0, go on until NULL. The order means nothing, and must not
 * reach any output: it depends on the key. Nothing may be inserted or removed meanwhile. */
void *ep_table_next(const ep_table *table, size_t *cursor);

#endif
