/* Floor 3, delivery. Up streams that wait: for a full mailbox or for room to park (EP/1), for room
 * for a notice (EP/2). What waits is tried again when there is room, and at last when it has waited
 * too long.
 * Read first: delivery/registry_internal.h. */
#include "delivery/registry_internal.h"

/* EP/2 waits for room for its own notices (EP-LIM-11): that is looked at whenever its own mailbox
 * changes, and has no end by time, so that it is in no list. */
static bool is_listed(const ep_account *account) { return account->version == 1; }

static ep_account **first_of(ep_registry *registry, ep_account *blocker) {
  return blocker == NULL ? &registry->parking.first : &blocker->first_waiter;
}

static ep_account **last_of(ep_registry *registry, ep_account *blocker) {
  return blocker == NULL ? &registry->parking.last : &blocker->last_waiter;
}

static void wait_begin(ep_registry *registry, ep_account *account, ep_account *blocker) {
  EP_ASSERT(account->next_waiter == NULL && account->previous_waiter == NULL);
  account->blocker = blocker;
  if (!is_listed(account)) return;
  ep_account **first = first_of(registry, blocker), **last = last_of(registry, blocker);
  account->previous_waiter = *last;
  if (*last == NULL)
    *first = account;
  else
    (*last)->next_waiter = account;
  *last = account;
}

static void wait_end(ep_registry *registry, ep_account *account) {
  if (is_listed(account)) {
    ep_account **first = first_of(registry, account->blocker);
    ep_account **last = last_of(registry, account->blocker);
    ep_account *next = account->next_waiter, *previous = account->previous_waiter;
    if (previous == NULL)
      *first = next;
    else
      previous->next_waiter = next;
    if (next == NULL)
      *last = previous;
    else
      next->previous_waiter = previous;
  }
  account->next_waiter = account->previous_waiter = NULL;
  account->blocker = NULL;
}

static void blocked_list(ep_registry *registry, ep_account *account) {
  account->previous_blocked = registry->blocked.last;
  if (registry->blocked.last == NULL)
    registry->blocked.first = account;
  else
    registry->blocked.last->next_blocked = account;
  registry->blocked.last = account;
}

static void blocked_unlist(ep_registry *registry, ep_account *account) {
  ep_account *next = account->next_blocked, *previous = account->previous_blocked;
  if (previous == NULL)
    registry->blocked.first = next;
  else
    previous->next_blocked = next;
  if (next == NULL)
    registry->blocked.last = previous;
  else
    next->previous_blocked = previous;
  account->next_blocked = account->previous_blocked = NULL;
}

void ep_reg_block(ep_registry *registry, const ep_upward *up, uint8_t *blob, size_t len) {
  ep_account *account = up->account;
  EP_ASSERT(account->blocked == NULL && account->link != 0);
  EP_ASSERT(account->version == 1 || up->blocker == account);
  account->blocked = blob;
  account->blocked_len = len;
  account->blocked_since_ms = registry->now_ms;
  if (is_listed(account)) blocked_list(registry, account);
  wait_begin(registry, account, up->blocker);
  ep_reg_tell(registry, account, EP_COUNTER_WAITS, 1, up->command->uid_json);
}

ep_step ep_reg_block_copy(ep_registry *registry, const ep_upward *up, ep_bytes bytes) {
  EP_ASSERT(bytes.len > 0);
  uint8_t *blob = registry->allocator->resize(registry->allocator->context, NULL, 0, bytes.len);
  if (blob == NULL) return EP_STEP_NO_MEMORY;
  memcpy(blob, bytes.data, bytes.len);
  ep_reg_block(registry, up, blob, bytes.len);
  return EP_STEP_BLOCKED;
}

void ep_reg_unblock(ep_registry *registry, ep_account *account) {
  EP_ASSERT(account->blocked != NULL);
  if (is_listed(account)) blocked_unlist(registry, account);
  wait_end(registry, account);
  registry->allocator->resize(registry->allocator->context, account->blocked, account->blocked_len,
                              0);
  account->blocked = NULL;
  account->blocked_len = 0;
}

bool ep_reg_retry_blocked(ep_registry *registry, ep_account *account, bool force) {
  EP_ASSERT(account->blocked != NULL);
  ep_command command;
  bool decoded = ep_command_decode(&command, ep_bytes_of(account->blocked, account->blocked_len));
  EP_ASSERT(decoded);
  ep_upward up = ep_reg_upward(registry, account, &command);
  up.force = force;
  ep_step step = ep_reg_item(registry, &up);
  if (step == EP_STEP_NO_MEMORY) ep_reg_failed(registry, account->link);
  if (step == EP_STEP_BLOCKED && up.blocker != account->blocker) {
    wait_end(registry, account); /* in the list of all that wait it keeps its place and its time */
    wait_begin(registry, account, up.blocker);
    return true;
  }
  if (step != EP_STEP_DONE) return false;
  ep_reg_unblock(registry, account);
  ep_reg_drain(registry, account);
  ep_reg_settle(registry, account);
  return true;
}

static bool mailbox_room(const ep_registry *registry, const ep_account *account) {
  uint64_t messages = ep_outbox_count(&account->down) - account->down.notices;
  return messages < registry->config.mailbox &&
         account->down.bytes < registry->config.mailbox_bytes;
}

void ep_reg_retry_waiters(ep_registry *registry, ep_account *mailbox) {
  bool for_notice = mailbox->blocked != NULL && mailbox->version == 2;
  if (for_notice && registry->failed_link == 0 && ep_reg_notice_room(registry, mailbox)) {
    EP_ASSERT(mailbox->blocker == mailbox);
    ep_reg_retry_blocked(registry, mailbox, false);
  }
  while (mailbox->first_waiter != NULL && mailbox_room(registry, mailbox)) {
    if (registry->failed_link != 0) return;
    if (!ep_reg_retry_blocked(registry, mailbox->first_waiter, false)) return;
  }
}

/* EP-PARK-1, EP-G8-1: what can be routed now needs no room to park. Each is tried once. */
static void retry_for_newcomer(ep_registry *registry) {
  uint32_t count = 0;
  for (ep_account *at = registry->parking.first; at != NULL; at = at->next_waiter) count++;
  ep_account *account = registry->parking.first;
  while (count-- != 0 && registry->failed_link == 0) {
    ep_account *next = account->next_waiter;
    ep_reg_retry_blocked(registry, account, false);
    account = next;
  }
}

void ep_reg_retry_parking(ep_registry *registry) {
  if (registry->somebody_came) retry_for_newcomer(registry);
  registry->somebody_came = false;
  while (registry->parking.first != NULL && registry->failed_link == 0) {
    if (registry->parked >= registry->config.parked) return;
    if (registry->parked_bytes >= registry->config.parked_bytes) return;
    if (!ep_reg_retry_blocked(registry, registry->parking.first, false)) return;
  }
}
