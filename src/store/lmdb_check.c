/* Floor 5, store. See lmdb_check.h. Pages are as LMDB 0.9 writes them (data version 1, 64 bits, the
 * byte order of the machine): two meta pages, the newer one counts. Each has the roots of two
 * trees: the free pages, and the tables by name; a table's root lies in the value of its name. A
 * tree has branch pages, and leaf pages all at one depth; a large value lies in a run of overflow
 * pages. Read first: lmdb_check.h. */
#define _GNU_SOURCE 1
#include "store/lmdb_check.h"

#include <errno.h>
#include <fcntl.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
  PAGE_HEAD = 16,
  NODE_HEAD = 8,
  META_SIZE = 136,
  TREE_SIZE = 48,
  DEPTH_MOST = 32,
  PAGE_LEAST = 512,
  PAGE_MOST = 65536,
  KEY_MOST = 511
};

enum { IS_BRANCH = 1, IS_LEAF = 2, IS_OVERFLOW = 4, IS_META = 8 }; /* flags of pages */
enum { BIG_VALUE = 1, IS_TABLE = 2 };                              /* flags of nodes */

#define MAGIC UINT32_C(0xBEEFC0DE)
#define NO_PAGE UINT64_MAX

typedef struct tree {
  uint32_t page_size; /* of the free tree only */
  uint16_t flags, depth;
  uint64_t branches, leaves, overflows, entries, root;
} tree;

typedef struct meta {
  tree free, tables;
  uint64_t last_page, number; /* the number of the transaction */
} meta;

/* What is seen on the way through one tree. */
typedef struct walk {
  ep_bytes image;
  size_t page_size;
  uint64_t limit;  /* behind the last page that the newer meta page knows */
  uint64_t pages;  /* the same, or as many as there are whole in the image */
  uint8_t *used;   /* one bit for each page before the limit */
  uint64_t absent; /* free pages that are not in the image: never written, at the end of the file */
  tree found;      /* counted on the way */
  unsigned depth;  /* at which leaves lie */
  bool is_free;    /* the tree of free pages: its keys are numbers, its values lists of pages */
  bool is_names;   /* the tree of tables */
  bool any, equal; /* a key was seen; the next one may be equal to it */
  ep_bytes last;   /* that key */
  uint64_t newest; /* no list of free pages is newer than the meta page */
} walk;

static uint16_t load_u16(const uint8_t *at) {
  uint16_t out;
  memcpy(&out, at, sizeof out);
  return out;
}

static uint32_t load_u32(const uint8_t *at) {
  uint32_t out;
  memcpy(&out, at, sizeof out);
  return out;
}

static uint64_t load_u64(const uint8_t *at) {
  uint64_t out;
  memcpy(&out, at, sizeof out);
  return out;
}

static const uint8_t *page_at(const walk *w, uint64_t page) {
  return w->image.data + page * w->page_size;
}

static tree tree_load(const uint8_t *at) {
  return (tree){.page_size = load_u32(at),
                .flags = load_u16(at + 4),
                .depth = load_u16(at + 6),
                .branches = load_u64(at + 8),
                .leaves = load_u64(at + 16),
                .overflows = load_u64(at + 24),
                .entries = load_u64(at + 32),
                .root = load_u64(at + 40)};
}

/* Each page has one use. */
static bool page_take(walk *w, uint64_t page) {
  if (page < 2 || page >= w->limit) return false;
  uint8_t bit = (uint8_t)(1u << (page % 8));
  if ((w->used[page / 8] & bit) != 0) return false;
  w->used[page / 8] |= bit;
  return true;
}

/* Keys ascend through the whole tree; what leads to a page may be equal to its first key. */
static bool key_follows(walk *w, ep_bytes key, bool leads) {
  if (key.len == 0 || key.len > KEY_MOST) return false;
  int order = -1;
  if (w->any && w->is_free) {
    uint64_t last = load_u64(w->last.data), next = load_u64(key.data);
    order = last < next ? -1 : last > next;
  } else if (w->any) {
    order = ep_bytes_compare(w->last, key);
  }
  if (order > 0 || (order == 0 && !w->equal)) return false;
  w->any = true;
  w->equal = leads;
  w->last = key;
  return true;
}

/* ---- Values ---------------------------------------------------------------------------------- */

/* A run can be longer than its value needs: it had a larger one before. */
static bool overflow_right(walk *w, uint64_t page, size_t len) {
  if (page < 2 || page >= w->pages) return false;
  const uint8_t *at = page_at(w, page);
  uint64_t count = load_u32(at + 12), needed = (PAGE_HEAD - 1 + (uint64_t)len) / w->page_size + 1;
  if (load_u64(at) != page || load_u16(at + 10) != IS_OVERFLOW) return false;
  if (count < needed || count > w->pages - page) return false;
  for (uint64_t i = 0; i < count; i++)
    if (!page_take(w, page + i)) return false;
  w->found.overflows += count;
  return true;
}

static const uint8_t *value_of(const walk *w, const uint8_t *node, size_t key_len) {
  const uint8_t *at = node + NODE_HEAD + key_len;
  if ((load_u16(node + 4) & BIG_VALUE) == 0) return at;
  return page_at(w, load_u64(at)) + PAGE_HEAD;
}

/* A list of free pages: how many, then their numbers, descending. Its key is the transaction that
 * freed them; LMDB would read a list of transaction 0 again and again. */
static bool list_right(walk *w, const uint8_t *value, size_t len) {
  uint64_t count = len < 8 ? UINT64_MAX : load_u64(value);
  uint64_t last = w->limit, freed_by = load_u64(w->last.data);
  if (len % 8 != 0 || freed_by == 0 || freed_by > w->newest || count > len / 8 - 1) return false;
  for (uint64_t i = 1; i <= count; i++) {
    uint64_t page = load_u64(value + i * 8);
    if (page >= last || !page_take(w, page)) return false;
    w->absent += page >= w->pages;
    last = page;
  }
  return true;
}

static bool table_right(walk *names, ep_bytes value);

static bool value_right(walk *w, const uint8_t *node, size_t key_len, size_t len) {
  unsigned flags = load_u16(node + 4);
  if ((flags & BIG_VALUE) != 0 && !overflow_right(w, load_u64(node + NODE_HEAD + key_len), len))
    return false;
  const uint8_t *value = value_of(w, node, key_len);
  if (w->is_names) return flags == IS_TABLE && table_right(w, ep_bytes_of(value, len));
  if ((flags & ~(unsigned)BIG_VALUE) != 0) return false;
  return !w->is_free || (key_len == 8 && list_right(w, value, len));
}

/* ---- Pages ----------------------------------------------------------------------------------- */

static bool tree_page_right(walk *w, uint64_t page, unsigned depth);

static bool leaf_node_right(walk *w, const uint8_t *node, const uint8_t *end) {
  size_t key_len = load_u16(node + 6);
  size_t len = load_u16(node) | (size_t)load_u16(node + 2) << 16;
  size_t here = (load_u16(node + 4) & BIG_VALUE) != 0 ? 8 : len;
  size_t room = (size_t)(end - node) - NODE_HEAD;
  if (key_len > room || here > room - key_len) return false;
  w->found.entries++;
  if (w->is_free && key_len != 8) return false;
  return key_follows(w, ep_bytes_of(node + NODE_HEAD, key_len), false) &&
         value_right(w, node, key_len, len);
}

/* The first key of a branch page is never looked at. */
static bool branch_node_right(walk *w, const uint8_t *node, const uint8_t *end, bool first,
                              unsigned depth) {
  size_t key_len = load_u16(node + 6);
  uint64_t child =
      load_u16(node) | (uint64_t)load_u16(node + 2) << 16 | (uint64_t)load_u16(node + 4) << 32;
  if (key_len > (size_t)(end - node) - NODE_HEAD) return false;
  if (w->is_free && !first && key_len != 8) return false;
  if (!first && !key_follows(w, ep_bytes_of(node + NODE_HEAD, key_len), true)) return false;
  return tree_page_right(w, child, depth + 1);
}

static bool nodes_right(walk *w, const uint8_t *page, unsigned depth) {
  size_t lower = load_u16(page + 12), upper = load_u16(page + 14);
  bool is_leaf = depth == w->depth;
  if (lower < PAGE_HEAD || lower % 2 != 0 || upper < lower || upper > w->page_size) return false;
  size_t count = (lower - PAGE_HEAD) / 2;
  if (count < (is_leaf ? 1u : 2u)) return false;
  for (size_t i = 0; i < count; i++) {
    size_t at = load_u16(page + PAGE_HEAD + i * 2);
    if (at < upper || at % 2 != 0 || at + NODE_HEAD > w->page_size) return false;
    const uint8_t *node = page + at, *end = page + w->page_size;
    bool right =
        is_leaf ? leaf_node_right(w, node, end) : branch_node_right(w, node, end, i == 0, depth);
    if (!right) return false;
  }
  return true;
}

static bool tree_page_right(walk *w, uint64_t page, unsigned depth) {
  if (page >= w->pages || !page_take(w, page)) return false;
  const uint8_t *at = page_at(w, page);
  bool is_leaf = depth == w->depth;
  if (load_u64(at) != page || load_u16(at + 8) != 0) return false;
  if (load_u16(at + 10) != (is_leaf ? IS_LEAF : IS_BRANCH)) return false;
  w->found.branches += !is_leaf;
  w->found.leaves += is_leaf;
  return nodes_right(w, at, depth);
}

/* ---- Trees ----------------------------------------------------------------------------------- */

/* Goes through a tree: everything in it is right, and is as much as its root says. */
static bool tree_right(walk *w, const tree *said) {
  w->found = (tree){.page_size = said->page_size};
  w->depth = said->depth;
  if (said->root == NO_PAGE || said->depth == 0)
    return said->root == NO_PAGE && said->depth == 0 && said->entries == 0;
  if (said->depth > DEPTH_MOST || !tree_page_right(w, said->root, 1)) return false;
  return w->found.branches == said->branches && w->found.leaves == said->leaves &&
         w->found.overflows == said->overflows && w->found.entries == said->entries;
}

static bool table_right(walk *names, ep_bytes value) {
  walk own = {.image = names->image,
              .page_size = names->page_size,
              .limit = names->limit,
              .pages = names->pages,
              .used = names->used};
  if (value.len != TREE_SIZE) return false;
  tree said = tree_load(value.data);
  return said.page_size == 0 && said.flags == 0 && tree_right(&own, &said);
}

/* The free pages of a meta page. A transaction frees at least the root that it replaces, under its
 * own number: the newest list tells which transaction this is. The first replaces nothing. */
static bool free_right(walk *w, const meta *m) {
  walk own = *w;
  own.is_free = true;
  own.newest = m->number;
  if (!tree_right(&own, &m->free)) return false;
  w->absent = own.absent;
  return m->number < 2 || (own.any && load_u64(own.last.data) == m->number);
}

static bool meta_trees_right(walk *w, const meta *newer, const meta *older) {
  walk names = *w;
  names.is_names = true;
  if (!free_right(w, newer) || !tree_right(&names, &newer->tables)) return false;
  if (w->absent != w->limit - w->pages) return false;
  memset(w->used, 0, (size_t)(w->limit / 8 + 1));
  return free_right(w, older);
}

/* ---- Meta pages ------------------------------------------------------------------------------ */

static meta meta_load(const uint8_t *page) {
  return (meta){.free = tree_load(page + PAGE_HEAD + 24),
                .tables = tree_load(page + PAGE_HEAD + 24 + TREE_SIZE),
                .last_page = load_u64(page + PAGE_HEAD + 24 + 2 * TREE_SIZE),
                .number = load_u64(page + PAGE_HEAD + 32 + 2 * TREE_SIZE)};
}

/* What LMDB itself looks at. */
static bool is_known(const uint8_t *page) {
  return (load_u16(page + 10) & IS_META) != 0 && load_u32(page + PAGE_HEAD) == MAGIC &&
         load_u32(page + PAGE_HEAD + 4) == 1;
}

static bool head_right(const uint8_t *page, uint64_t number) {
  return is_known(page) && load_u64(page) == number && load_u16(page + 10) == IS_META;
}

/* The transactions of the two follow each other, each in its place; at first both are 0. */
static bool numbers_right(const meta metas[2]) {
  uint64_t even = metas[0].number, odd = metas[1].number;
  if (even % 2 != 0 || (odd % 2 == 0 && odd != 0)) return false;
  return even - odd == 1 || odd - even == 1 || (even == 0 && odd == 0);
}

static bool flags_right(const meta *m) {
  return (m->free.flags & ~(unsigned)MDB_NOSUBDIR) == MDB_INTEGERKEY && m->tables.flags == 0;
}

static int check_trees(ep_bytes image, size_t page_size, const meta metas[2]) {
  const meta *newer = &metas[metas[1].number > metas[0].number];
  const meta *older = &metas[newer == metas];
  walk w = {.image = image, .page_size = page_size, .pages = image.len / page_size};
  if (newer->last_page < 1 || newer->last_page >= UINT64_MAX / PAGE_MOST) return MDB_CORRUPTED;
  w.limit = newer->last_page + 1;
  if (w.pages > w.limit) w.pages = w.limit;
  if (w.limit - w.pages > image.len / 8) return MDB_CORRUPTED; /* as many are in no list */
  w.used = calloc(1, (size_t)(w.limit / 8 + 1));
  if (w.used == NULL) return ENOMEM;
  bool right = meta_trees_right(&w, newer, older);
  free(w.used);
  return right ? 0 : MDB_CORRUPTED;
}

int ep_store_check_image(ep_bytes image) {
  meta metas[2];
  if (image.len < PAGE_HEAD + META_SIZE || !is_known(image.data)) return 0; /* LMDB says so */
  metas[0] = meta_load(image.data);
  size_t page_size = metas[0].free.page_size;
  if (page_size < PAGE_LEAST || page_size > PAGE_MOST || (page_size & (page_size - 1)) != 0)
    return MDB_CORRUPTED;
  if (image.len < 2 * page_size || !head_right(image.data, 0) ||
      !head_right(image.data + page_size, 1))
    return MDB_CORRUPTED;
  metas[1] = meta_load(image.data + page_size);
  if (metas[1].free.page_size != page_size || !flags_right(&metas[0]) || !flags_right(&metas[1]) ||
      !numbers_right(metas))
    return MDB_CORRUPTED;
  return check_trees(image, page_size, metas);
}

/* ---- The file -------------------------------------------------------------------------------- */

static int check_open_file(int fd) {
  struct stat file;
  if (fstat(fd, &file) != 0) return errno;
  if (file.st_size == 0 || !S_ISREG(file.st_mode)) return 0;
  size_t len = (size_t)file.st_size;
  void *image = mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
  if (image == MAP_FAILED) return errno;
  int code = ep_store_check_image(ep_bytes_of(image, len));
  (void)munmap(image, len);
  return code;
}

int ep_store_check_place(const ep_store_place *place) {
  static const char name[] = "/data.mdb";
  size_t len = strlen(place->path) + sizeof name;
  char *path = malloc(len);
  if (path == NULL) return ENOMEM;
  (void)snprintf(path, len, "%s%s", place->path, place->directory ? name : "");
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  int code = fd >= 0 ? check_open_file(fd) : errno == ENOENT ? 0 : errno;
  if (fd >= 0) (void)close(fd);
  free(path);
  return code;
}
