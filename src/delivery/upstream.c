/* Floor 3, delivery. What a client sends, put in order: EP/2 by number, EP/1 by number as far as
 * that can be trusted, and by uid. What comes too early is held; what cannot be taken yet blocks
 * the stream.
 * Read first: delivery/registry_internal.h. Then: waiting.c, which unblocks. */
#include "delivery/registry_internal.h"
#include "wire/number.h"

enum { ASK_AGAIN = 64 }; /* items held since RETRY was given, with the gap still there */

/* ---- Accepting ---- */

static bool remembers_uid(const ep_upward *up) {
  return up->account->version == 1 && up->command->uid.len != 0;
}

bool ep_reg_accept_reserve(ep_registry *registry, const ep_upward *up, size_t effects,
                           size_t uid_bytes, size_t record_bytes) {
  size_t uid_len = up->account->version == 1 ? up->command->uid_json.len : 0;
  size_t seen_size = remembers_uid(up) ? ep_reg_key_size(registry) : 0;
  if (remembers_uid(up) && !ep_seen_reserve(&up->account->seen)) return false;
  return ep_reg_reserve(registry, effects + 1, uid_bytes + uid_len, record_bytes + seen_size);
}

static void confirm_to_sender(ep_registry *registry, ep_account *account,
                              const ep_command *command) {
  if (account->version == 2) {
    ep_reg_emit(registry, EP_OUTCOME_CONFIRM, account)->number = command->id;
    return;
  }
  ep_effect *confirm = ep_reg_emit(registry, EP_OUTCOME_CONFIRM_UID, account);
  ep_reg_emit_uid(registry, confirm, command->uid_json);
}

void ep_reg_accept(ep_registry *registry, const ep_upward *up) {
  ep_account *account = up->account;
  EP_ASSERT(account->version == 1 || up->command->id == account->up.expected);
  registry->urgent = true;
  if (up->command->id == account->up.expected) account->up.expected++;
  if (remembers_uid(up)) {
    uint32_t position = ep_seen_add(&account->seen, up->print.bytes);
    ep_reg_seen_write(registry, account, position, &up->print);
    if (account->seen.total > account->seen.max) registry->tally.limits[EP_BOUND_DEDUP]++;
  }
  confirm_to_sender(registry, account, up->command);
  ep_reg_dirty(registry, account);
}

/* It had been accepted before: it is confirmed again. */
static ep_step duplicate(ep_registry *registry, const ep_upward *up) {
  if (!ep_reg_reserve(registry, 1, up->command->uid_json.len, 0)) return EP_STEP_NO_MEMORY;
  confirm_to_sender(registry, up->account, up->command);
  registry->counted[EP_COUNTER_DUPLICATES]++;
  if (up->account->version == 1 && up->command->id == up->account->up.expected) {
    up->account->up.expected++; /* the id counts as used */
    ep_reg_dirty(registry, up->account);
  }
  return EP_STEP_DONE;
}

static ep_counter refusal_counter(ep_error error) {
  bool over = error == EP_ERROR_TOO_LARGE || error == EP_ERROR_TOO_DEEP;
  return over ? EP_COUNTER_OVER_LIMIT : EP_COUNTER_REFUSED;
}

ep_step ep_reg_item(ep_registry *registry, ep_upward *up) {
  const ep_command *command = up->command;
  if (up->account->version == 1 && ep_seen_has(&up->account->seen, up->print.bytes)) {
    return duplicate(registry, up);
  }
  if (command->kind == EP_COMMAND_SESSION) return ep_reg_session(registry, up);
  if (command->kind == EP_COMMAND_MESSAGE) return ep_reg_message(registry, up);
  EP_ASSERT(command->kind == EP_COMMAND_REFUSE);
  return ep_reg_refuse(registry, up, command->error, refusal_counter(command->error));
}

ep_upward ep_reg_upward(const ep_registry *registry, ep_account *account,
                        const ep_command *command) {
  ep_upward up = {.account = account, .command = command};
  bool by_uid = account->version == 1 && command->uid.len != 0; /* EP/2 goes by numbers */
  if (by_uid) up.print = ep_reg_print(registry, command->uid);
  return up;
}

/* ---- Gaps ---- */

static void gap_stop(ep_registry *registry, ep_account *account) {
  if (!account->in_gap) return;
  ep_account *next = account->next_gap, *previous = account->previous_gap;
  if (previous == NULL)
    registry->gaps.first = next;
  else
    previous->next_gap = next;
  if (next == NULL)
    registry->gaps.last = previous;
  else
    next->previous_gap = previous;
  account->next_gap = account->previous_gap = NULL;
  account->in_gap = false;
}

static void gap_start(ep_registry *registry, ep_account *account) {
  EP_ASSERT(!account->in_gap);
  account->in_gap = true;
  account->gap_since_ms = registry->now_ms;
  account->gap_expected = account->up.expected;
  account->previous_gap = registry->gaps.last;
  if (registry->gaps.last == NULL)
    registry->gaps.first = account;
  else
    registry->gaps.last->next_gap = account;
  registry->gaps.last = account;
}

/* EP-RECV-4, EP-RECV-13: once per gap, and again when it stays while more comes. */
static void ask_for_gap(ep_registry *registry, ep_account *account) {
  bool asked = account->asked == account->up.expected + 1;
  if (asked && account->asked_held < ASK_AGAIN) return;
  if (!ep_reg_reserve(registry, 1, 0, 0)) return;
  ep_reg_emit(registry, EP_OUTCOME_RETRY, account)->number = account->up.expected;
  account->asked = account->up.expected + 1;
  account->asked_held = 0;
}

void ep_reg_settle(ep_registry *registry, ep_account *account) {
  if (account->version == 2) {
    bool missing = account->came > account->up.expected; /* held above it, or dropped */
    if (missing && account->blocked == NULL) ask_for_gap(registry, account);
    return;
  }
  bool gap = account->up.count != 0 && account->blocked == NULL;
  if (account->in_gap && (!gap || account->gap_expected != account->up.expected)) {
    gap_stop(registry, account);
  }
  if (gap && !account->in_gap) gap_start(registry, account);
}

void ep_reg_stream_drop(ep_registry *registry, ep_account *account) {
  ep_inbox_drop_all(&account->up);
  if (account->blocked != NULL) ep_reg_unblock(registry, account);
  gap_stop(registry, account);
  account->asked = 0;
  account->asked_held = 0;
  account->came = 0;
  EP_ASSERT(account->blocked == NULL && !account->in_gap);
}

/* ---- Going on with what is held ---- */

static ep_step held_next(ep_registry *registry, ep_account *account, const ep_held *held) {
  ep_command command;
  bool decoded = ep_command_decode(&command, ep_bytes_of(held->blob, held->len));
  EP_ASSERT(decoded && command.id == held->id);
  if (account->version == 2 && held->id < account->up.expected) return EP_STEP_DONE; /* had it */
  ep_upward up = ep_reg_upward(registry, account, &command);
  ep_step step = ep_reg_item(registry, &up);
  if (step != EP_STEP_BLOCKED) return step;
  ep_held taken;
  ep_reg_block(registry, &up, held->blob, held->len);
  ep_inbox_take_lowest(&account->up, &taken);
  EP_ASSERT(account->blocked == taken.blob);
  return EP_STEP_BLOCKED;
}

void ep_reg_drain(ep_registry *registry, ep_account *account) {
  while (account->blocked == NULL) {
    const ep_held *held = ep_inbox_lowest(&account->up);
    if (held == NULL || held->id > account->up.expected) break;
    ep_step step = held_next(registry, account, held);
    if (step == EP_STEP_NO_MEMORY) {
      ep_reg_failed(registry, account->link);
      ep_inbox_drop_all(&account->up); /* held is unconfirmed: after the next join it comes again */
    }
    if (step != EP_STEP_DONE) break;
    ep_inbox_drop_lowest(&account->up);
  }
}

/* EP-RECV-6: EP/1: the gap will not close any more. */
static void gap_release(ep_registry *registry, ep_account *account) {
  uint32_t before = account->up.count;
  EP_ASSERT(account->in_gap && before != 0 && account->blocked == NULL);
  while (registry->failed_link == 0 && account->blocked == NULL && account->up.count != 0) {
    uint64_t expected = account->up.expected, id = ep_inbox_lowest(&account->up)->id;
    account->up.expected = id;
    ep_reg_dirty(registry, account);
    ep_reg_drain(registry, account);
    if (registry->failed_link != 0 && account->up.expected == id) account->up.expected = expected;
  }
  uint32_t after = account->up.count + (account->blocked == NULL ? 0 : 1);
  EP_ASSERT(after <= before);
  if (after != before && registry->failed_link == 0) {
    ep_reg_tell(registry, account, EP_COUNTER_GAPS_RELEASED, before - after, EP_NOTHING);
  }
  gap_stop(registry, account);
  ep_reg_settle(registry, account);
}

/* ---- Receiving ---- */

static void hold(ep_registry *registry, ep_account *account, const ep_command *command,
                 ep_bytes bytes) {
  uint32_t dropped = 0;
  ep_hold outcome = ep_inbox_hold(&account->up, &dropped, command->id, bytes);
  if (outcome == EP_HOLD_NO_MEMORY) ep_reg_failed(registry, account->link);
  if (outcome == EP_HOLD_DROPPED) dropped++;
  if (outcome == EP_HOLD_KEPT) {
    registry->counted[EP_COUNTER_HELD]++;
    account->asked_held++;
  }
  if (dropped != 0) {
    ep_bytes uid = outcome == EP_HOLD_DROPPED ? command->uid_json : EP_NOTHING;
    ep_reg_tell(registry, account, EP_COUNTER_HELD_DROPPED, dropped, uid);
    bool many = account->up.count == account->up.max_count;
    registry->tally.limits[many ? EP_BOUND_HELD : EP_BOUND_HELD_BYTES] += dropped;
  }
}

/* Takes an item now, and what is held behind it; or it blocks the stream. */
static void take(ep_registry *registry, ep_upward *up, ep_bytes bytes) {
  ep_step step = ep_reg_item(registry, up);
  if (step == EP_STEP_BLOCKED) step = ep_reg_block_copy(registry, up, bytes);
  if (step == EP_STEP_NO_MEMORY) ep_reg_failed(registry, up->account->link);
  if (step == EP_STEP_DONE) ep_reg_drain(registry, up->account);
}

/* EP-RECV-1, EP-RECV-2, EP-RECV-3 */
static void receive_v2(ep_registry *registry, ep_upward *up, ep_bytes bytes) {
  ep_account *account = up->account;
  uint64_t id = up->command->id;
  if (id > EP_ID_MAX) return; /* without a number it is no item of a stream */
  if (id >= account->came) account->came = id + 1;
  if (id < account->up.expected) {
    if (duplicate(registry, up) != EP_STEP_DONE) ep_reg_failed(registry, account->link);
  } else if (id > account->up.expected) {
    hold(registry, account, up->command, bytes);
  } else if (account->blocked != NULL) {
    registry->counted[EP_COUNTER_DUPLICATES]++; /* it is the one that waits */
  } else {
    take(registry, up, bytes);
  }
}

static bool is_blocked_one(const ep_account *account, const ep_command *command) {
  ep_command blocked;
  bool decoded = ep_command_decode(&blocked, ep_bytes_of(account->blocked, account->blocked_len));
  EP_ASSERT(decoded);
  return ep_bytes_equal(blocked.uid, command->uid);
}

/* EP-RECV-5 */
static void receive_v1(ep_registry *registry, ep_upward *up, ep_bytes bytes) {
  ep_account *account = up->account;
  bool known = ep_seen_has(&account->seen, up->print.bytes);
  bool unnumbered = up->command->id > EP_ID_MAX;
  if (unnumbered && up->command->kind != EP_COMMAND_REFUSE) return;
  if (known || unnumbered) {
    if (ep_reg_item(registry, up) != EP_STEP_DONE)
      ep_reg_failed(registry, account->link);
    else
      ep_reg_drain(registry, account);
  } else if (account->blocked != NULL && is_blocked_one(account, up->command)) {
    registry->counted[EP_COUNTER_DUPLICATES]++; /* it is the one that waits */
  } else if (account->blocked != NULL || up->command->id > account->up.expected) {
    hold(registry, account, up->command, bytes);
  } else {
    take(registry, up, bytes);
  }
}

void ep_reg_receive(ep_registry *registry, ep_account *account, const ep_command *command,
                    ep_bytes bytes) {
  ep_upward up = ep_reg_upward(registry, account, command);
  if (account->version == 2) {
    receive_v2(registry, &up, bytes);
  } else if (command->kind == EP_COMMAND_SESSION) {
    if (ep_reg_session(registry, &up) != EP_STEP_DONE) ep_reg_failed(registry, account->link);
    return;
  } else {
    if (command->uid.len == 0) return; /* neither confirmed nor remembered: nothing can be done */
    receive_v1(registry, &up, bytes);
  }
  ep_reg_settle(registry, account);
}

void ep_reg_tick(ep_registry *registry) {
  uint64_t now_ms = registry->now_ms;
  const ep_registry_config *config = &registry->config;
  for (ep_account *account; (account = registry->gaps.first) != NULL;) {
    if (registry->failed_link != 0 || now_ms - account->gap_since_ms < config->gap_wait_ms) break;
    gap_release(registry, account);
  }
  for (ep_account *account; (account = registry->blocked.first) != NULL;) {
    if (registry->failed_link != 0) break;
    if (now_ms - account->blocked_since_ms < config->mailbox_wait_ms) break;
    if (!ep_reg_retry_blocked(registry, account, true)) break;
  }
}
