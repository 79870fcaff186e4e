/* Floor 3, delivery. The invariants of the registry, looked at from all sides; slow, for tests.
 * Read first: delivery/registry_internal.h. */
#include "delivery/registry_internal.h"

static void check_waiting(const ep_registry *registry, const ep_account *account) {
  if (account->blocked == NULL) {
    EP_ASSERT(account->blocker == NULL && account->blocked_len == 0);
    EP_ASSERT(account->next_waiter == NULL && account->previous_waiter == NULL);
    EP_ASSERT(account->next_blocked == NULL && account->previous_blocked == NULL);
    return;
  }
  EP_ASSERT(account->link != 0 && account->blocked_len != 0);
  EP_ASSERT(account->blocked_since_ms <= registry->now_ms);
  if (account->version == 2) {
    EP_ASSERT(account->blocker == account && account->next_blocked == NULL);
    return;
  }
  const ep_account *first =
      account->blocker == NULL ? registry->parking.first : account->blocker->first_waiter;
  EP_ASSERT(first != NULL && (account->previous_waiter != NULL || account == first));
}

static void check_account(const ep_registry *registry, const ep_account *account) {
  EP_ASSERT(registry->accounts[account->index] == account);
  EP_ASSERT(ep_registry_find(registry, account->id) == account);
  EP_ASSERT(account->link == 0 || ep_reg_by_link(registry, account->link) == account);
  EP_ASSERT((account->version == 1) == (account->instance_len == 0));
  EP_ASSERT(account->pairs.owner == account && !account->session.failed);
  ep_inbox_check(&account->up);
  ep_outbox_check(&account->down);
  if (account->seen.index != NULL) ep_seen_check(&account->seen);
  check_waiting(registry, account);
  bool waits = account->up.count != 0 && account->blocked == NULL;
  EP_ASSERT(account->up.count == 0 || account->link != 0);
  EP_ASSERT(account->in_gap == (waits && account->version == 1));
  if (waits) EP_ASSERT(account->up.held[account->up.first].id > account->up.expected);
  EP_ASSERT(registry->config.durable || !account->dirty);
}

/* A list of waiters: its links, its members. Returns its length. */
static uint32_t check_waiters(const ep_accounts *list, const ep_account *blocker) {
  const ep_account *previous = NULL;
  uint32_t count = 0;
  for (const ep_account *account = list->first; account; account = account->next_waiter) {
    EP_ASSERT(account->previous_waiter == previous && account->blocker == blocker);
    EP_ASSERT(account->blocked != NULL && account->version == 1);
    previous = account;
    count++;
  }
  EP_ASSERT(list->last == previous);
  return count;
}

static void check_blocked(const ep_registry *registry) {
  uint32_t listed = 0, waiting = check_waiters(&registry->parking, NULL);
  const ep_account *previous = NULL;
  for (const ep_account *account = registry->blocked.first; account;
       account = account->next_blocked) {
    EP_ASSERT(account->previous_blocked == previous && account->blocked != NULL);
    EP_ASSERT(previous == NULL || previous->blocked_since_ms <= account->blocked_since_ms);
    previous = account;
    listed++;
  }
  EP_ASSERT(registry->blocked.last == previous);
  for (uint32_t i = 0; i < registry->count; i++) {
    ep_account *account = registry->accounts[i];
    waiting += check_waiters(&(ep_accounts){account->first_waiter, account->last_waiter}, account);
  }
  EP_ASSERT(waiting == listed);
}

static void check_gaps(const ep_registry *registry) {
  const ep_account *previous = NULL;
  uint32_t listed = 0;
  for (const ep_account *account = registry->gaps.first; account; account = account->next_gap) {
    EP_ASSERT(account->in_gap && account->previous_gap == previous);
    EP_ASSERT(previous == NULL || previous->gap_since_ms <= account->gap_since_ms);
    EP_ASSERT(account->gap_expected == account->up.expected);
    previous = account;
    listed++;
  }
  EP_ASSERT(registry->gaps.last == previous);
  for (uint32_t i = 0; i < registry->count; i++) listed -= registry->accounts[i]->in_gap;
  EP_ASSERT(listed == 0);
}

/* What is parked matches nobody, is listed where it says, and lies in the order of acceptance. */
static void check_parked(const ep_registry *registry) {
  const ep_parked *previous = NULL;
  uint64_t count = 0, bytes = 0;
  for (const ep_parked *parked = registry->first_parked; parked; parked = parked->next) {
    EP_ASSERT(parked->previous == previous && parked->count > 0 && parked->item->parked);
    EP_ASSERT(previous == NULL || previous->item->sequence < parked->item->sequence);
    EP_ASSERT(parked->item->refs == 1);
    for (uint32_t i = 0; i < registry->count; i++) {
      bool all = true;
      for (uint32_t p = 0; p < parked->count; p++) {
        all = all && ep_pairs_have(&registry->accounts[i]->pairs, parked->postings[p]);
      }
      EP_ASSERT(!all);
    }
    count++;
    bytes += ep_item_size(parked->item);
    previous = parked;
  }
  EP_ASSERT(registry->last_parked == previous);
  EP_ASSERT(count == registry->parked && bytes == registry->parked_bytes);
}

static void check_items(const ep_registry *registry) {
  for (uint32_t i = 0; i < registry->count; i++) {
    const ep_outbox *down = &registry->accounts[i]->down;
    for (uint64_t slot = down->base; slot < down->next; slot++) {
      const ep_item *item = down->ring[slot & (down->capacity - 1)].item;
      EP_ASSERT(item->refs == item->waiting && !item->parked);
      EP_ASSERT(item->sequence < registry->sequence && item->sender < registry->count);
    }
  }
}

void ep_registry_check(const ep_registry *registry) {
  EP_ASSERT(registry->by_id.count == registry->count);
  EP_ASSERT(registry->effects_given <= registry->effects_count);
  uint32_t attached = 0, with_mail = 0;
  for (uint32_t i = 0; i < registry->count; i++) {
    check_account(registry, registry->accounts[i]);
    attached += registry->accounts[i]->link != 0;
    with_mail += registry->accounts[i]->down.bytes != 0;
  }
  EP_ASSERT(registry->by_link.count == attached && registry->with_mail == with_mail);
  ep_index_check(&registry->index);
  check_blocked(registry);
  check_gaps(registry);
  check_parked(registry);
  check_items(registry);
}
