/* Floor 3, delivery. Messages for which nobody matches yet. Each refers to the postings of its
 * address, and is listed at one of them, the rarest: who comes to have that pair (or that client
 * id) finds it there, so that the parked are never looked through as a whole.
 * Read first: delivery/registry_internal.h. */
#include "delivery/registry_internal.h"

enum { CLIENT_KEY_HEAD = 4 };

/* The posting key of a client id: no pair's, since no name is that long. */
static ep_bytes client_key(uint8_t out[CLIENT_KEY_HEAD + EP_LIMIT_CLIENT_ID], ep_bytes id) {
  EP_ASSERT(id.len <= EP_LIMIT_CLIENT_ID);
  memset(out, 0xff, CLIENT_KEY_HEAD);
  if (id.len != 0) memcpy(out + CLIENT_KEY_HEAD, id.data, id.len);
  return ep_bytes_of(out, CLIENT_KEY_HEAD + id.len);
}

static size_t parked_size(uint32_t count) {
  return sizeof(ep_parked) + count * sizeof(ep_posting *);
}

static void parked_release(ep_registry *registry, ep_parked *parked) {
  for (uint32_t i = 0; i < parked->count; i++) {
    ep_index_release(&registry->index, parked->postings[i]);
  }
  registry->allocator->resize(registry->allocator->context, parked, parked_size(parked->capacity),
                              0);
}

/* Refers to every posting of the address. registry->selector is compiled when it is one. */
static ep_parked *parked_new(ep_registry *registry, ep_to_kind kind, ep_bytes to) {
  uint8_t room[CLIENT_KEY_HEAD + EP_LIMIT_CLIENT_ID];
  bool client = kind == EP_TO_CLIENT;
  uint32_t count = client ? 1 : registry->selector.count;
  EP_ASSERT(count > 0);
  ep_parked *parked =
      registry->allocator->resize(registry->allocator->context, NULL, 0, parked_size(count));
  if (parked == NULL) return NULL;
  *parked = (ep_parked){.capacity = count};
  for (uint32_t i = 0; i < count; i++) {
    ep_bytes key = client ? client_key(room, to) : ep_selector_pair_bytes(&registry->selector, i);
    ep_posting *posting = ep_index_acquire(&registry->index, key);
    if (posting == NULL) {
      parked_release(registry, parked);
      return NULL;
    }
    parked->postings[parked->count++] = posting;
    if (posting->count < parked->postings[0]->count) {
      parked->postings[i] = parked->postings[0];
      parked->postings[0] = posting;
    }
  }
  return parked;
}

static void parked_link(ep_registry *registry, ep_parked *parked) {
  ep_posting *posting = parked->postings[0];
  parked->previous = registry->last_parked;
  if (registry->last_parked == NULL)
    registry->first_parked = parked;
  else
    registry->last_parked->next = parked;
  registry->last_parked = parked;
  parked->previous_here = posting->last;
  if (posting->last == NULL)
    posting->first = parked;
  else
    posting->last->next_here = parked;
  posting->last = parked;
  registry->parked++;
  registry->parked_bytes += ep_item_size(parked->item);
}

static void parked_unlink(ep_registry *registry, ep_parked *parked) {
  ep_posting *posting = parked->postings[0];
  if (parked->previous == NULL)
    registry->first_parked = parked->next;
  else
    parked->previous->next = parked->next;
  if (parked->next == NULL)
    registry->last_parked = parked->previous;
  else
    parked->next->previous = parked->previous;
  if (parked->previous_here == NULL)
    posting->first = parked->next_here;
  else
    parked->previous_here->next_here = parked->next_here;
  if (parked->next_here == NULL)
    posting->last = parked->previous_here;
  else
    parked->next_here->previous_here = parked->previous_here;
  registry->parked--;
  registry->parked_bytes -= ep_item_size(parked->item);
}

bool ep_reg_parked_enter(ep_registry *registry, ep_item *item, ep_to_kind kind, ep_bytes to) {
  ep_parked *parked = parked_new(registry, kind, to);
  if (parked == NULL) return false;
  parked->item = item;
  item->parked = true;
  parked_link(registry, parked);
  return true;
}

void ep_reg_parked_free(ep_registry *registry) {
  for (ep_parked *parked; (parked = registry->first_parked) != NULL;) {
    parked_unlink(registry, parked);
    ep_item_drop(registry->allocator, parked->item);
    parked_release(registry, parked);
  }
}

/* ---- Parking ---- */

static bool parking_full(const ep_registry *registry, uint32_t size) {
  if (registry->parked >= registry->config.parked) return true;
  uint64_t most =
      ep_memory_allow(registry->config.memory, registry->config.parked_bytes, EP_REG_PARTS);
  return registry->parked != 0 && registry->parked_bytes + size > most;
}

static ep_step park_refuse(ep_registry *registry, ep_upward *up) {
  bool many = registry->parked >= registry->config.parked;
  registry->tally.limits[many ? EP_BOUND_PARKED : EP_BOUND_PARKED_BYTES]++;
  if (up->account->version == 2 || up->force) {
    return ep_reg_refuse(registry, up, EP_ERROR_PARKED_FULL, EP_COUNTER_PARKED_REFUSED);
  }
  up->blocker = NULL;
  return EP_STEP_BLOCKED;
}

/* EP-PARK-1 */
ep_step ep_reg_park(ep_registry *registry, ep_upward *up, ep_item_shape shape) {
  const ep_command *command = up->command;
  if (parking_full(registry, shape.len)) return park_refuse(registry, up);
  ep_bytes to = command->to_kind == EP_TO_CLIENT ? command->to : command->to_json;
  size_t records = ep_reg_log_size(registry, shape.len, 0, to.len);
  if (!ep_reg_accept_reserve(registry, up, 0, 0, records)) return EP_STEP_NO_MEMORY;
  ep_item *item = ep_reg_message_item(registry, up, shape);
  if (item == NULL) return EP_STEP_NO_MEMORY;
  if (!ep_reg_parked_enter(registry, item, command->to_kind, to)) {
    ep_item_drop(registry->allocator, item);
    return EP_STEP_NO_MEMORY;
  }
  ep_reg_accept(registry, up);
  registry->sequence++;
  registry->counted[EP_COUNTER_ACCEPTED]++;
  registry->counted[EP_COUNTER_PARKED]++;
  uint8_t *log = ep_reg_log_begin(registry, item, 0, to.len);
  ep_reg_log_end(registry, ep_reg_log_to(log, command->to_kind, to));
  return EP_STEP_DONE;
}

/* ---- Unparking ---- */

static bool unparking_add(ep_registry *registry, ep_parked *parked) {
  ep_matches *list = &registry->unparking;
  if (!ep_matches_reserve(list, list->count + 1)) return false;
  list->items[list->count++] = parked;
  return true;
}

bool ep_reg_unparking_client(ep_registry *registry, ep_bytes id) {
  uint8_t room[CLIENT_KEY_HEAD + EP_LIMIT_CLIENT_ID];
  registry->unparking.count = 0;
  const ep_posting *posting = ep_index_find(&registry->index, client_key(room, id));
  if (posting == NULL) return true;
  for (ep_parked *parked = posting->first; parked != NULL; parked = parked->next_here) {
    if (!unparking_add(registry, parked)) return false;
  }
  return true;
}

static bool all_matched(const ep_parked *parked, const ep_pairs *pairs) {
  for (uint32_t i = 0; i < parked->count; i++) {
    if (!ep_pairs_have(pairs, parked->postings[i])) return false;
  }
  return true;
}

/* EP-PARK-2 */
static bool accepted_before(const ep_matches *list, uint32_t one, uint32_t other) {
  const ep_parked *a = list->items[one], *b = list->items[other];
  return a->item->sequence < b->item->sequence;
}

static void unparking_swap(ep_matches *list, uint32_t one, uint32_t other) {
  void *item = list->items[one];
  list->items[one] = list->items[other];
  list->items[other] = item;
}

static void unparking_sift(ep_matches *list, uint32_t root, uint32_t count) {
  for (uint32_t child = 2 * root + 1; child < count; child = 2 * root + 1) {
    if (child + 1 < count && accepted_before(list, child, child + 1)) child++;
    if (!accepted_before(list, root, child)) return;
    unparking_swap(list, root, child);
    root = child;
  }
}

static void unparking_sort(ep_matches *list) {
  for (uint32_t root = list->count / 2; root > 0; root--) {
    unparking_sift(list, root - 1, list->count);
  }
  for (uint32_t last = list->count; last > 1; last--) {
    unparking_swap(list, 0, last - 1);
    unparking_sift(list, 0, last - 1);
  }
}

bool ep_reg_unparking_pairs(ep_registry *registry, const ep_pairs *pairs) {
  registry->unparking.count = 0;
  for (uint32_t i = 0; i < pairs->count; i++) {
    ep_parked *parked = pairs->items[i].posting->first;
    for (; parked != NULL; parked = parked->next_here) {
      if (all_matched(parked, pairs) && !unparking_add(registry, parked)) return false;
    }
  }
  unparking_sort(&registry->unparking);
  return true;
}

size_t ep_reg_unparking_record_size(const ep_registry *registry) {
  size_t size = 0;
  for (uint32_t i = 0; i < registry->unparking.count; i++) {
    const ep_parked *parked = registry->unparking.items[i];
    size += ep_reg_log_size(registry, parked->item->shape.len, 1, 0);
  }
  return size;
}

/* They go in even when the mailbox is full: order comes first, and the limits of the parked bound
 * it. */
void ep_reg_unpark(ep_registry *registry, ep_account *account) {
  for (uint32_t i = 0; i < registry->unparking.count; i++) {
    ep_parked *parked = registry->unparking.items[i];
    ep_item *item = parked->item;
    EP_ASSERT(item->parked && item->refs == 1);
    parked_unlink(registry, parked);
    parked_release(registry, parked);
    item->parked = false;
    item->waiting = 1;
    if (account->version == 1) ep_reg_item_print(registry, item);
    uint8_t *log = ep_reg_log_begin(registry, item, 1, 0);
    uint64_t slot = ep_reg_push_mail(registry, account, item);
    ep_reg_log_end(registry, ep_reg_log_recipient(log, account, slot));
    registry->counted[EP_COUNTER_UNPARKED]++;
    registry->counted[EP_COUNTER_ROUTED]++;
  }
  if (registry->unparking.count != 0) ep_reg_dirty(registry, account);
  registry->unparking.count = 0;
}
