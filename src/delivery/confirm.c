/* Floor 3, delivery. What a client has received leaves its mailbox; the sender is told if it asked,
 * and who waited for the room goes on.
 * Read first: delivery/registry_internal.h. */
#include "delivery/registry_internal.h"

static void leave(ep_registry *registry, ep_account *account, const ep_outbox_slot *gone) {
  ep_item *item = gone->item;
  EP_ASSERT(item->waiting > 0);
  item->waiting--;
  if (gone->confirmed) {
    ep_reg_confirmed_write(registry, account, account->down.base - 1, true);
  }
  if (item->refs == 1) ep_reg_log_remove(registry, item->sequence);
  if (item->kind == EP_ITEM_MESSAGE) registry->counted[EP_COUNTER_CONFIRMED]++;
  ep_item_drop(registry->allocator, item);
}

static bool leave_reserve(ep_registry *registry, const ep_item *receipt) {
  size_t records = 2 * ep_reg_key_size(registry);
  if (receipt != NULL) records += ep_reg_log_size(registry, receipt->shape.len, 1, 0);
  return ep_reg_reserve(registry, 1, 0, records);
}

/* One step: the front of the mailbox is confirmed, and only so leaves it (EP-G5-2). False: no
 * memory, and it is still there. */
static bool front_leaves(ep_registry *registry, ep_account *account) {
  ep_outbox_slot gone;
  const ep_outbox_slot *front = ep_outbox_front(&account->down);
  EP_ASSERT(front != NULL);
  const ep_item *item =
      front->item; /* its slot may move: the receipt may be for the same mailbox */
  ep_item *receipt;
  if (!ep_reg_receipt_make(registry, &receipt, item, account)) return false;
  if (!leave_reserve(registry, receipt)) {
    if (receipt != NULL) ep_item_drop(registry->allocator, receipt);
    return false;
  }
  ep_reg_receipt_give(registry, receipt, item);
  (void)ep_outbox_pop(&account->down, &gone);
  registry->with_mail -= gone.item->kind == EP_ITEM_MESSAGE && account->down.bytes == 0;
  leave(registry, account, &gone);
  ep_reg_dirty(registry, account);
  return true;
}

/* EP/1: what is not for such a client confirms itself, and what was confirmed out of order is done
 * with. */
bool ep_reg_skip_notices(ep_registry *registry, ep_account *account) {
  const ep_outbox_slot *front;
  while ((front = ep_outbox_front(&account->down)) != NULL) {
    bool notice = account->version == 1 && front->item->kind != EP_ITEM_MESSAGE;
    if (!front->confirmed && !notice) return true;
    if (notice) registry->counted[EP_COUNTER_RECEIPTS_MISSED]++; /* EP-LOST-8 */
    if (!front_leaves(registry, account)) return false;
  }
  return true;
}

/* After items have left: there is room in the window, and in the mailbox. Those that left before
 * memory ran out are confirmed, the others come again. */
static void mailbox_settle(ep_registry *registry, ep_account *account, uint64_t base, bool done) {
  bool room = ep_reg_reserve(registry, 1, 0, 0);
  if (room && (done || account->down.base != base)) {
    ep_reg_emit(registry, EP_OUTCOME_MAIL, account);
  }
  if (!room || !done) ep_reg_failed(registry, account->link);
  ep_reg_retry_waiters(registry, account);
}

void ep_reg_confirm_id(ep_registry *registry, ep_account *account, uint64_t id) {
  ep_outbox *down = &account->down;
  if (id > UINT64_MAX - down->shift) return;
  uint64_t slot = id + down->shift, base = down->base;
  if (slot < base || slot >= down->next) return; /* confirmed before, or never sent */
  bool done = true;
  while (done && down->base <= slot) done = front_leaves(registry, account);
  mailbox_settle(registry, account, base, done && ep_reg_skip_notices(registry, account));
}

static bool confirm_unordered(ep_registry *registry, ep_account *account, uint64_t slot) {
  if (!ep_reg_reserve(registry, 1, 0, ep_reg_key_size(registry))) return false;
  ep_outbox_mark(&account->down, slot);
  ep_reg_confirmed_write(registry, account, slot, false);
  return true;
}

void ep_reg_confirm_uid(ep_registry *registry, ep_account *account, ep_bytes uid) {
  ep_fingerprint print = ep_reg_print(registry, uid);
  uint64_t slot, base = account->down.base;
  if (!ep_outbox_find_print(&account->down, print.bytes, &slot)) return; /* confirmed before */
  bool done = true;
  if (slot == base) {
    done = front_leaves(registry, account) && ep_reg_skip_notices(registry, account);
  } else {
    done = confirm_unordered(registry, account, slot);
  }
  mailbox_settle(registry, account, base, done);
}

/* ---- Renumbering ---- */

bool ep_reg_unconfirm(ep_registry *registry, ep_account *account) {
  if (account->down.unordered == 0) return true;
  size_t size = (size_t)account->down.unordered * ep_reg_key_size(registry);
  return ep_reg_reserve(registry, 0, 0, size);
}

void ep_reg_renumber(ep_registry *registry, ep_account *account) {
  ep_outbox *down = &account->down;
  for (uint64_t slot = down->base; down->unordered != 0 && slot < down->next; slot++) {
    if (ep_outbox_at(down, slot) == NULL) ep_reg_confirmed_write(registry, account, slot, true);
  }
  ep_outbox_renumber(down);
  EP_ASSERT(down->shift == down->base && down->unordered == 0);
}
