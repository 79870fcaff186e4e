/* Floor 3, delivery. Where a message goes: to whom, who has room, and into their mailboxes. One
 * item is shared by all; every recipient gets it at the same place of the one order of all (G4).
 * Read first: delivery/registry_internal.h. Then: park.c, notice.c. */
#include "delivery/registry_internal.h"

/* The message on its way: what it will be, and for whom. registry->matches holds the recipients. */
typedef struct routing {
  ep_upward *up;
  ep_item_shape shape;
  uint32_t full; /* recipients without room */
  ep_account *first_full;
  ep_item *item;    /* NULL: everybody is full */
  ep_item *refusal; /* EP/2: names those who are full */
} routing;

static ep_status resolve_selector(ep_registry *registry, const ep_command *command) {
  ep_matches *matches = &registry->matches;
  ep_status status = ep_selector_compile(&registry->selector, command->to_json);
  if (status != EP_OK) return status;
  if (registry->selector.count != 0) {
    bool room = ep_index_collect(&registry->index, matches, &registry->selector);
    return room ? EP_OK : EP_NO_MEMORY;
  }
  if (!ep_matches_reserve(matches, registry->count)) return EP_NO_MEMORY;
  for (uint32_t i = 0; i < registry->count; i++) matches->items[i] = registry->accounts[i];
  matches->count = registry->count;
  return EP_OK;
}

/* EP-ROUTE-1, EP-G7-1 */
ep_status ep_reg_resolve(ep_registry *registry, const ep_command *command) {
  ep_matches *matches = &registry->matches;
  matches->count = 0;
  if (command->to_kind == EP_TO_SELECTOR) return resolve_selector(registry, command);
  bool named = command->to_kind == EP_TO_CLIENT && command->to.len >= 1 &&
               command->to.len <= EP_LIMIT_CLIENT_ID;
  if (!named) return EP_INVALID_ARGUMENT;
  ep_account *account = ep_registry_find(registry, command->to);
  if (account == NULL) return EP_OK;
  if (!ep_matches_reserve(matches, 1)) return EP_NO_MEMORY;
  matches->items[matches->count++] = account;
  return EP_OK;
}

static bool render(ep_registry *registry, ep_item_shape *shape, const ep_upward *up) {
  const ep_command *command = up->command;
  ep_message message = {.action = EP_ACTION_MESSAGE_NEW,
                        .has = EP_HAS_ID | EP_HAS_UID | EP_HAS_FROM_ID,
                        .from_id = command->id,
                        .uid = command->uid,
                        .uid_json = command->uid_json,
                        .from = up->account->id, /* EP-G1-2 */
                        .to_kind = command->to_kind,
                        .to = command->to,
                        .to_json = command->to_json,
                        .payload_json = command->json}; /* EP-G1-1 */
  if (command->json.len != 0) message.has |= EP_HAS_PAYLOAD;
  ep_buffer_clear(&registry->text);
  ep_message_render_item(&registry->text, shape, EP_S2C, &message);
  return !registry->text.failed;
}

/* EP-LIM-13: in its largest form, whoever will read it. Escaping at most doubles it, so that few
 * are large enough to be counted. */
static bool copy_too_large(const ep_registry *registry, ep_item_shape shape) {
  uint64_t most = registry->config.frame;
  if (ep_item_frame_bound(shape) <= most) return false;
  return ep_item_frame_most(ep_buffer_bytes(&registry->text).data, shape) > most;
}

/* The uid follows the hole of the id. */
static void item_set_uid(ep_item *item, ep_bytes uid_json) {
  ep_bytes between = EP_LITERAL(",\"uid\":");
  uint64_t at = (uint64_t)item->shape.hole + between.len;
  EP_ASSERT(at + uid_json.len <= item->shape.len);
  EP_ASSERT(uid_json.len == 0 || memcmp(item->text + at, uid_json.data, uid_json.len) == 0);
  item->uid_at = (uint32_t)at;
  item->uid_len = (uint32_t)uid_json.len;
}

ep_item *ep_reg_message_item(ep_registry *registry, const ep_upward *up, ep_item_shape shape) {
  ep_item *item =
      ep_item_new(registry->allocator, EP_ITEM_MESSAGE, ep_buffer_bytes(&registry->text), shape);
  if (item == NULL) return NULL;
  item->receipt = up->command->receipt && up->account->version == 2;
  item->sender = up->account->index;
  item->from_id = up->command->id;
  item->sequence = registry->sequence;
  memcpy(item->print, up->print.bytes, sizeof(item->print));
  item_set_uid(item, up->command->uid_json);
  if (registry->config.durable) ep_reg_item_print(registry, item); /* what is stored is complete */
  return item;
}

/* EP-LIM-12: who holds little is not refused because of those who hold much. */
static uint64_t mailbox_most(const ep_registry *registry) {
  const ep_memory *memory = registry->config.memory;
  uint64_t limit = registry->config.mailbox_bytes;
  uint64_t allowed = ep_memory_allow(memory, limit, EP_REG_PARTS);
  if (allowed == limit) return limit;
  uint64_t share = ep_memory_share(memory, registry->with_mail);
  share = share < limit ? share : limit;
  return allowed > share ? allowed : share;
}

/* A message is never refused by an empty mailbox. */
static bool mailbox_full(const ep_registry *registry, const ep_account *account, uint32_t size) {
  const ep_outbox *down = &account->down;
  uint64_t messages = ep_outbox_count(down) - down->notices;
  if (messages == 0) return false;
  return messages >= registry->config.mailbox || down->bytes + size > mailbox_most(registry);
}

static void tally_full(ep_registry *registry, const ep_account *full) {
  uint64_t messages = ep_outbox_count(&full->down) - full->down.notices;
  bool many = messages >= registry->config.mailbox;
  registry->tally.limits[many ? EP_BOUND_MAILBOX : EP_BOUND_MAILBOX_BYTES]++;
}

static void count_full(ep_registry *registry, routing *route) {
  const ep_matches *matches = &registry->matches;
  for (uint32_t i = 0; i < matches->count; i++) {
    ep_account *account = matches->items[i];
    if (!mailbox_full(registry, account, route->shape.len)) continue;
    if (route->full++ == 0) route->first_full = account;
  }
  if (route->full != 0) tally_full(registry, route->first_full);
}

/* EP-LIM-6, EP-LIM-5. Those who are full leave the list; the first of them are named in
 * registry->names. */
static void part_full(ep_registry *registry, const routing *route) {
  ep_matches *matches = &registry->matches;
  uint32_t kept = 0, named = 0;
  ep_buffer_clear(&registry->names);
  ep_buffer_append_byte(&registry->names, '[');
  for (uint32_t i = 0; i < matches->count; i++) {
    ep_account *account = matches->items[i];
    if (!mailbox_full(registry, account, route->shape.len)) {
      matches->items[kept++] = account;
    } else if (named < EP_LIMIT_NAMED) {
      if (named++ != 0) ep_buffer_append_byte(&registry->names, ',');
      ep_buffer_append_json_string(&registry->names, account->id);
    }
  }
  ep_buffer_append_byte(&registry->names, ']');
  EP_ASSERT(kept + route->full == matches->count);
  matches->count = kept;
  if (named < route->full) registry->tally.limits[EP_BOUND_NAMED]++;
}

static bool make_items(ep_registry *registry, routing *route) {
  if (registry->matches.count != 0) {
    route->item = ep_reg_message_item(registry, route->up, route->shape);
    if (route->item == NULL) return false;
  }
  if (route->full == 0 || route->up->account->version == 1) return true;
  if (registry->names.failed) return false;
  route->refusal = ep_reg_refusal_item(registry, route->up, EP_ERROR_MAILBOX_FULL,
                                       ep_buffer_bytes(&registry->names), route->full);
  return route->refusal != NULL;
}

/* One place in every mailbox, two where the sender gets a copy and a refusal. */
static bool reserve_places(const ep_registry *registry, const routing *route) {
  const ep_matches *matches = &registry->matches;
  for (uint32_t i = 0; i < matches->count; i++) {
    ep_account *account = matches->items[i];
    if (!ep_outbox_reserve(&account->down)) return false;
  }
  return route->refusal == NULL || ep_outbox_reserve_more(&route->up->account->down, 2);
}

static bool reserve_routing(ep_registry *registry, const routing *route) {
  size_t copies = registry->matches.count, effects = copies, uids = 0, records = 0;
  if (route->item != NULL) {
    records += ep_reg_log_size(registry, route->item->shape.len, copies, 0);
  }
  if (route->full != 0) {
    effects += 2;
    uids = route->up->command->uid_json.len;
  }
  if (route->refusal != NULL) {
    records += ep_reg_log_size(registry, route->refusal->shape.len, 1, 0);
  }
  return reserve_places(registry, route) &&
         ep_reg_accept_reserve(registry, route->up, effects, uids, records);
}

uint64_t ep_reg_push_mail(ep_registry *registry, ep_account *account, ep_item *item) {
  EP_ASSERT(item->kind == EP_ITEM_MESSAGE);
  registry->with_mail += account->down.bytes == 0;
  return ep_outbox_push(&account->down, item);
}

/* EP-G2-1, EP-G4-1. Into every mailbox, with the last reference to the last. */
static void put_copies(ep_registry *registry, ep_item *item) {
  const ep_matches *matches = &registry->matches;
  EP_ASSERT(matches->count > 0 && item->refs == 1);
  registry->sequence++;
  item->waiting = matches->count;
  item->refs = matches->count;
  for (uint32_t i = 0; i < matches->count; i++) {
    const ep_account *account = matches->items[i];
    if (account->version == 1) ep_reg_item_print(registry, item);
  }
  uint8_t *log = ep_reg_log_begin(registry, item, matches->count, 0);
  for (uint32_t i = 0; i < matches->count; i++) {
    ep_account *account = matches->items[i];
    uint64_t slot = ep_reg_push_mail(registry, account, item);
    log = ep_reg_log_recipient(log, account, slot);
    ep_reg_dirty(registry, account);
    ep_reg_emit(registry, EP_OUTCOME_MAIL, account);
  }
  ep_reg_log_end(registry, log);
  registry->counted[EP_COUNTER_ROUTED] += matches->count;
}

static void deliver(ep_registry *registry, const routing *route) {
  ep_reg_accept(registry, route->up);
  registry->counted[EP_COUNTER_ACCEPTED]++;
  if (route->full != 0) {
    registry->tally.errors[EP_ERROR_MAILBOX_FULL]++;
    ep_reg_note(registry, route->up->account, EP_COUNTER_MAILBOX_REFUSED, route->full,
                route->up->command->uid_json);
  }
  if (route->item != NULL) put_copies(registry, route->item);
  if (route->refusal != NULL) ep_reg_push_notice(registry, route->up->account, route->refusal);
}

static void drop_items(const ep_registry *registry, const routing *route) {
  if (route->item != NULL) ep_item_drop(registry->allocator, route->item);
  if (route->refusal != NULL) ep_item_drop(registry->allocator, route->refusal);
}

static ep_step route_message(ep_registry *registry, routing *route) {
  ep_upward *up = route->up;
  count_full(registry, route);
  if (route->full != 0 && up->account->version == 1 && !up->force) {
    up->blocker = route->first_full; /* EP-LIM-4 */
    return EP_STEP_BLOCKED;
  }
  if (route->full != 0 && up->account->version == 2 && !ep_reg_notice_room(registry, up->account)) {
    registry->tally.limits[EP_BOUND_NOTICES]++;
    up->blocker = up->account;
    return EP_STEP_BLOCKED;
  }
  if (route->full != 0) part_full(registry, route);
  if (!make_items(registry, route) || !reserve_routing(registry, route)) {
    drop_items(registry, route);
    return EP_STEP_NO_MEMORY;
  }
  deliver(registry, route);
  return EP_STEP_DONE;
}

ep_step ep_reg_message(ep_registry *registry, ep_upward *up) {
  EP_ASSERT(up->command->kind == EP_COMMAND_MESSAGE);
  if (up->command->uid.len == 0 || up->command->uid_json.len == 0) {
    return ep_reg_refuse(registry, up, EP_ERROR_BAD_MESSAGE, EP_COUNTER_REFUSED);
  }
  ep_status status = ep_reg_resolve(registry, up->command);
  if (status == EP_NO_MEMORY) return EP_STEP_NO_MEMORY;
  if (status != EP_OK) return ep_reg_refuse(registry, up, EP_ERROR_BAD_TO, EP_COUNTER_REFUSED);
  routing route = {.up = up};
  if (!render(registry, &route.shape, up)) return EP_STEP_NO_MEMORY;
  if (copy_too_large(registry, route.shape)) {
    registry->tally.limits[EP_BOUND_FRAME]++;
    return ep_reg_refuse(registry, up, EP_ERROR_TOO_LARGE, EP_COUNTER_OVER_LIMIT);
  }
  if (registry->matches.count == 0) return ep_reg_park(registry, up, route.shape);
  return route_message(registry, &route);
}
