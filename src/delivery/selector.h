/* Floor 3, delivery. Addresses by attribute: {key: value} pairs in a canonical spelling, and the
 * index from a pair to the accounts whose session has it. Finding all who match costs the size of
 * the smallest posting (the accounts that have the rarest pair), never the number of clients;
 * leaving a posting is O(1).
 * Read first: wire/json.h (ep_json_scalar_key). */
#ifndef EP_DELIVERY_SELECTOR_H
#define EP_DELIVERY_SELECTOR_H

#include "base/hash.h"
#include "wire/json.h"

typedef struct ep_selector_pair {
  uint32_t at; /* in bytes: length of the name, the name unescaped, the scalar's key */
  uint32_t name_len;
  uint32_t len; /* of all three */
  bool scalar;  /* false: an array or object, which equals nothing */
} ep_selector_pair;

/* A compiled object: its pairs in a canonical order, of doubled names only the last. Reused freely.
 * */
typedef struct ep_selector {
  ep_buffer bytes;
  ep_selector_pair *pairs;
  uint32_t count, capacity;
} ep_selector;

void ep_selector_init(ep_selector *out, const ep_allocator *allocator);
void ep_selector_free(ep_selector *selector);
/* Forgets what is compiled. The memory above `kept` bytes that a large object has left goes back.
 */
void ep_selector_trim(ep_selector *selector, size_t kept);
/* Compiles an address. OK; NO_MEMORY; INVALID_ARGUMENT: not an object of at most EP_LIMIT_SELECTOR
 * scalars. */
ep_status ep_selector_compile(ep_selector *selector, ep_bytes json);
/* Compiles a session: any object; what is not a scalar matches nothing. INVALID_ARGUMENT: not an
 * object. */
ep_status ep_selector_compile_session(ep_selector *selector, ep_bytes json);
/* The canonical bytes of one pair: equal pairs have equal bytes. */
ep_bytes ep_selector_pair_bytes(const ep_selector *selector, uint32_t i);

struct ep_parked;
struct ep_pairs;

typedef struct ep_posting_entry {
  struct ep_pairs *pairs; /* of an account that has this pair */
  uint32_t pair;          /* which of its pairs it is */
} ep_posting_entry;

/* One pair, who has it, and what waits for somebody to have it. */
typedef struct ep_posting {
  uint32_t users; /* pairs of accounts, prepared or entered, and selectors that refer to it */
  uint32_t count, capacity;
  uint32_t reserved; /* prepared and not yet entered */
  ep_posting_entry *entries;
  struct ep_parked *first, *last; /* for the owner of the index */
  uint64_t hash;
  uint32_t key_len;
  uint8_t key[];
} ep_posting;

typedef struct ep_pair {
  ep_posting *posting;
  uint32_t place; /* in posting->entries */
} ep_pair;

/* An account's pairs in the index. Does not move while it has pairs. */
typedef struct ep_pairs {
  void *owner;    /* the account */
  ep_pair *items; /* sorted by posting */
  uint32_t count;
} ep_pairs;

bool ep_pairs_have(const ep_pairs *pairs, const ep_posting *posting);

typedef struct ep_index {
  const ep_allocator *allocator;
  ep_hash_key key;
  ep_table postings;
} ep_index;

void ep_index_init(ep_index *out, const ep_allocator *allocator, const ep_hash_key *key);
void ep_index_free(ep_index *index); /* every posting must have been released */
void ep_index_check(const ep_index *index);
/* The posting of a pair, or NULL: nobody has it and nothing refers to it. */
ep_posting *ep_index_find(const ep_index *index, ep_bytes pair);
/* The same, made when it is not there, with one user more; NULL: no memory. */
ep_posting *ep_index_acquire(ep_index *index, ep_bytes pair);
void ep_index_release(ep_index *index, ep_posting *posting);

/* Changes the pairs of an account in two steps. Prepare does all that can fail and changes nothing
 * that can be seen; then either enter (old pairs leave) or abandon, before anything else is
 * prepared. */
bool ep_index_prepare(ep_index *index, ep_pairs *prepared, const ep_selector *session);
void ep_index_enter(ep_index *index, ep_pairs *account, ep_pairs *prepared);
void ep_index_abandon(ep_index *index, ep_pairs *prepared);
void ep_index_leave(ep_index *index, ep_pairs *account); /* no pairs any more */

bool ep_index_matches(const ep_index *index, const ep_pairs *account, const ep_selector *selector);

/* A growing list of owners. */
typedef struct ep_matches {
  const ep_allocator *allocator;
  void **items;
  uint32_t count, capacity;
} ep_matches;

bool ep_matches_reserve(ep_matches *matches, uint32_t capacity);
void ep_matches_free(ep_matches *matches);
/* Everybody who matches a selector of at least one pair, in the order of the smallest posting.
 * False: no memory. */
bool ep_index_collect(const ep_index *index, ep_matches *out, const ep_selector *selector);

#endif
