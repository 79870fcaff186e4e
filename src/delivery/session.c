/* Floor 3, delivery. A client's session changes, and with it who matches what.
 * Read first: delivery/registry_internal.h. */
#include "delivery/registry_internal.h"

/* What can fail: the copy of the text, the pairs, what they let go of the parked. */
static bool session_prepare(ep_registry *registry, const ep_upward *up, ep_buffer *text,
                            ep_pairs *pairs) {
  ep_buffer_append(text, up->command->json);
  if (text->failed || !ep_index_prepare(&registry->index, pairs, &registry->selector)) return false;
  size_t records = 0;
  bool room = ep_reg_unparking_pairs(registry, pairs) &&
              ep_outbox_reserve_more(&up->account->down, registry->unparking.count);
  if (room) records = ep_reg_unparking_record_size(registry);
  if (room && ep_reg_accept_reserve(registry, up, 2, 0, records)) return true;
  ep_index_abandon(&registry->index, pairs);
  return false;
}

ep_step ep_reg_session(ep_registry *registry, ep_upward *up) {
  ep_account *account = up->account;
  ep_status status = ep_selector_compile_session(&registry->selector, up->command->json);
  if (status == EP_NO_MEMORY) return EP_STEP_NO_MEMORY;
  if (status != EP_OK && account->version == 1) return EP_STEP_DONE; /* not taken over */
  if (status != EP_OK) {
    return ep_reg_refuse(registry, up, EP_ERROR_BAD_SESSION, EP_COUNTER_REFUSED);
  }
  ep_buffer text;
  ep_pairs pairs;
  ep_buffer_init(&text, registry->allocator);
  if (!session_prepare(registry, up, &text, &pairs)) {
    ep_buffer_free(&text);
    return EP_STEP_NO_MEMORY;
  }
  if (account->version == 2) ep_reg_accept(registry, up);
  ep_buffer_free(&account->session);
  account->session = text;
  ep_index_enter(&registry->index, &account->pairs, &pairs);
  ep_reg_dirty(registry, account);
  ep_reg_emit(registry, EP_OUTCOME_SESSION, account);
  registry->somebody_came = true;
  bool mail = registry->unparking.count != 0;
  ep_reg_unpark(registry, account);
  if (mail) ep_reg_emit(registry, EP_OUTCOME_MAIL, account);
  return EP_STEP_DONE;
}
