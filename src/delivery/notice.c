/* Floor 3, delivery. What a sender is told in its own mailbox (EP/2): refusals and receipts.
 * Read first: delivery/registry_internal.h. */
#include "delivery/registry_internal.h"

enum { NOTICE_BYTES = 256 }; /* about what one takes */

bool ep_reg_notice_room(const ep_registry *registry, const ep_account *account) {
  EP_ASSERT(account->version == 2);
  if (account->down.notices == 0) return true;
  uint64_t bytes = registry->config.notices * NOTICE_BYTES;
  return account->down.notices <
         ep_memory_allow(registry->config.memory, bytes, EP_REG_PARTS) / NOTICE_BYTES;
}

static ep_item *notice_item(ep_registry *registry, ep_item_kind kind, const ep_message *message) {
  ep_item_shape shape;
  ep_buffer_clear(&registry->text);
  ep_message_render_item(&registry->text, &shape, EP_S2C, message);
  if (registry->text.failed) return NULL;
  return ep_item_new(registry->allocator, kind, ep_buffer_bytes(&registry->text), shape);
}

/* Rendering uses registry->text: a message rendered before must have become an item. */
ep_item *ep_reg_refusal_item(ep_registry *registry, const ep_upward *up, ep_error error,
                             ep_bytes to_json, uint64_t count) {
  const ep_command *command = up->command;
  ep_message message = {.action = EP_ACTION_ERROR,
                        .has = EP_HAS_ID | EP_HAS_OF,
                        .code = error,
                        .reason = ep_error_sentence(error),
                        .of = command->id,
                        .uid = command->uid,
                        .uid_json = command->uid_json,
                        .to_json = to_json,
                        .count = count};
  if (command->uid.len != 0) message.has |= EP_HAS_UID;
  ep_item *item = notice_item(registry, EP_ITEM_REFUSAL, &message);
  if (item != NULL) item->sender = up->account->index;
  return item;
}

void ep_reg_push_notice(ep_registry *registry, ep_account *account, ep_item *item) {
  EP_ASSERT(item->kind != EP_ITEM_MESSAGE && item->refs == 1);
  registry->urgent = true;
  item->sequence = registry->sequence++;
  item->waiting = 1;
  uint8_t *log = ep_reg_log_begin(registry, item, 1, 0);
  uint64_t slot = ep_outbox_push(&account->down, item);
  log = ep_reg_log_recipient(log, account, slot);
  ep_reg_log_end(registry, log);
  ep_reg_dirty(registry, account);
  ep_reg_emit(registry, EP_OUTCOME_MAIL, account);
}

static ep_step refuse_v1(ep_registry *registry, const ep_upward *up, ep_error error,
                         ep_counter counter) {
  size_t uid_len = up->command->uid_json.len;
  if (!ep_reg_accept_reserve(registry, up, 1, uid_len, 0)) return EP_STEP_NO_MEMORY;
  ep_reg_accept(registry, up);
  registry->tally.errors[error]++;
  ep_reg_note(registry, up->account, counter, 1, up->command->uid_json);
  return EP_STEP_DONE;
}

ep_step ep_reg_refuse(ep_registry *registry, ep_upward *up, ep_error error, ep_counter counter) {
  ep_account *account = up->account;
  if (account->version == 1) return refuse_v1(registry, up, error, counter);
  if (!ep_reg_notice_room(registry, account)) {
    registry->tally.limits[EP_BOUND_NOTICES]++;
    up->blocker = account;
    return EP_STEP_BLOCKED;
  }
  size_t uid_len = up->command->uid_json.len;
  ep_item *item = ep_reg_refusal_item(registry, up, error, EP_NOTHING, 0);
  if (item == NULL) return EP_STEP_NO_MEMORY;
  size_t records = ep_reg_log_size(registry, item->shape.len, 1, 0);
  if (!ep_outbox_reserve(&account->down) ||
      !ep_reg_accept_reserve(registry, up, 2, uid_len, records)) {
    ep_item_drop(registry->allocator, item);
    return EP_STEP_NO_MEMORY;
  }
  ep_reg_accept(registry, up);
  ep_reg_note(registry, account, counter, 1, up->command->uid_json);
  ep_reg_push_notice(registry, account, item);
  registry->tally.errors[error]++;
  return EP_STEP_DONE;
}

static ep_item *receipt_item(ep_registry *registry, const ep_item *of, const ep_account *sender,
                             const ep_account *by) {
  ep_message message = {.action = EP_ACTION_MESSAGE_RECEIPT,
                        .has = EP_HAS_ID | EP_HAS_OF | EP_HAS_UID,
                        .of = of->from_id,
                        .uid_json = ep_bytes_of(of->text + of->uid_at, of->uid_len),
                        .client = by->id,
                        .count = of->waiting - 1, /* without this one */
                        .missed = sender->missed};
  ep_item *item = notice_item(registry, EP_ITEM_RECEIPT, &message);
  if (item != NULL) item->sender = by->index;
  return item;
}

static ep_account *receipt_for(const ep_registry *registry, const ep_item *of) {
  EP_ASSERT(!of->receipt || of->sender < registry->count);
  ep_account *sender = of->receipt ? registry->accounts[of->sender] : NULL;
  return sender != NULL && sender->version == 2 ? sender : NULL;
}

bool ep_reg_receipt_make(ep_registry *registry, ep_item **out, const ep_item *of,
                         const ep_account *by) {
  ep_account *sender = receipt_for(registry, of);
  *out = NULL;
  if (sender == NULL || !ep_reg_notice_room(registry, sender)) return true;
  ep_item *item = receipt_item(registry, of, sender, by);
  if (item == NULL) return false;
  if (!ep_outbox_reserve(&sender->down)) {
    ep_item_drop(registry->allocator, item);
    return false;
  }
  *out = item;
  return true;
}

/* EP-RCPT-2: the limit `notices` leaves it out. */
static void receipt_miss(ep_registry *registry, ep_account *sender) {
  sender->missed++;
  registry->tally.limits[EP_BOUND_NOTICES]++;
  registry->counted[EP_COUNTER_RECEIPTS_MISSED]++;
  ep_reg_dirty(registry, sender);
}

void ep_reg_receipt_give(ep_registry *registry, ep_item *receipt, const ep_item *of) {
  ep_account *sender = receipt_for(registry, of);
  if (sender == NULL) return;
  if (receipt == NULL) {
    receipt_miss(registry, sender);
    return;
  }
  sender->missed = 0;
  ep_reg_push_notice(registry, sender, receipt);
  registry->counted[EP_COUNTER_RECEIPTS]++;
}
