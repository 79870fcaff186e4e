/* Floor 1, base. Counted memory. What a block costs is what a usual malloc takes for it.
 * Read first: base/memory.h. */
#include "base/memory.h"

#include "base/assert.h"

enum { BLOCK_HEAD = 8, BLOCK_LEAST = 32, BLOCK_STEP = 16, LARGE = 64 * 1024 };
enum { PLENTY = 4, TIGHT = 4, SCARCE = 8, SHORT = 16 }; /* parts of the ceiling */

static uint64_t cost(size_t size) {
  if (size == 0) return 0;
  uint64_t whole = ((uint64_t)size + BLOCK_HEAD + BLOCK_STEP - 1) / BLOCK_STEP * BLOCK_STEP;
  return whole < BLOCK_LEAST ? BLOCK_LEAST : whole;
}

static void *resize(ep_memory *memory, void *block, size_t old_size, size_t new_size) {
  void *out = memory->outer.resize(memory->outer.context, block, old_size, new_size);
  if (out == NULL && new_size != 0) return NULL;
  EP_ASSERT(memory->used >= cost(old_size));
  memory->used = memory->used - cost(old_size) + cost(new_size);
  if (memory->used > memory->peak) memory->peak = memory->used;
  return out;
}

/* EP-LIM-1 */
static bool is_over(const ep_memory *memory, size_t old_size, size_t new_size) {
  if (memory->most == 0 || new_size <= old_size) return false;
  uint64_t more = cost(new_size) - cost(old_size);
  uint64_t most = more > LARGE ? memory->most - memory->most / SHORT : memory->most;
  return memory->used + more > most;
}

static void *counted_resize(void *context, void *block, size_t old_size, size_t new_size) {
  ep_memory *memory = context;
  if (!is_over(memory, old_size, new_size)) return resize(memory, block, old_size, new_size);
  memory->refused++;
  return NULL;
}

static void *certain_resize(void *context, void *block, size_t old_size, size_t new_size) {
  return resize(context, block, old_size, new_size);
}

void ep_memory_init(ep_memory *out, const ep_allocator *outer, uint64_t most) {
  EP_ASSERT(outer->resize != NULL);
  *out = (ep_memory){.outer = *outer, .most = most};
  out->counted = (ep_allocator){counted_resize, out};
  out->certain = (ep_allocator){certain_resize, out};
}

uint64_t ep_memory_left(const ep_memory *memory) {
  if (memory->most == 0) return UINT64_MAX;
  return memory->used < memory->most ? memory->most - memory->used : 0;
}

static bool left_below(const ep_memory *memory, unsigned part) {
  return memory != NULL && memory->most != 0 && ep_memory_left(memory) < memory->most / part;
}

bool ep_memory_is_tight(const ep_memory *memory) { return left_below(memory, TIGHT); }

bool ep_memory_is_scarce(const ep_memory *memory) { return left_below(memory, SCARCE); }

bool ep_memory_is_short(const ep_memory *memory) { return left_below(memory, SHORT); }

uint64_t ep_memory_allow(const ep_memory *memory, uint64_t limit, uint64_t parts) {
  if (memory == NULL || memory->most == 0) return limit;
  uint64_t allowed = ep_memory_left(memory) / (ep_memory_is_tight(memory) ? parts : PLENTY);
  return allowed < limit ? allowed : limit;
}

uint64_t ep_memory_share(const ep_memory *memory, uint64_t holders) {
  EP_ASSERT(holders > 0);
  if (memory == NULL || memory->most == 0) return 0;
  uint64_t share = memory->most / TIGHT / holders, most = ep_memory_left(memory) / PLENTY;
  return share < most ? share : most;
}
