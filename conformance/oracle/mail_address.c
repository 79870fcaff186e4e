/* Who matches an address, at which times: possibly, and certainly.
 * Read first: mail_internal.h. */
#include <stdlib.h>
#include <string.h>

#include "oracle/mail_internal.h"

enum { IDLE_MOST = 1024, FIRST_ROOM = 8 };

void *mail_room(void *array, size_t *room, size_t needed, size_t size) {
  if (*room >= needed) return array;
  size_t more = *room == 0 ? FIRST_ROOM : *room;
  while (more < needed) more *= 2;
  char *grown = pool_resize(array, more * size);
  memset(grown + *room * size, 0, (more - *room) * size);
  *room = more;
  return grown;
}

mail_member *mail_member_of(const mail_address *address, uint32_t client) {
  uint64_t *at = pool_map_get(&address->by_client, (uint64_t)client + 1);
  return at == NULL ? NULL : &address->members[*at];
}

static mail_member *new_member(mail_address *address, uint32_t client) {
  address->members = mail_room(address->members, &address->members_room, address->members_count + 1,
                               sizeof *address->members);
  pool_map_put(&address->by_client, (uint64_t)client + 1, address->members_count);
  mail_member *member = &address->members[address->members_count++];
  *member = (mail_member){.client = client};
  return member;
}

/* Whether the values of a client from number `from` on match: one of them, and all of them. */
static void try_values(const mail_address *address, const mail_party *party, uint64_t from,
                       bool *some, bool *all) {
  *some = false;
  *all = true;
  for (size_t i = 0; i < party->values_count; i++) {
    if (party->values[i].number < from) continue;
    if (match_selects(address->selector, party->values[i].object)) {
      *some = true;
    } else {
      *all = false;
    }
  }
}

static void evaluate(const mail_address *address, const mail_party *party, bool *possible,
                     bool *certain) {
  *possible = false;
  *certain = false;
  if (!party->maybe || address->kind == MATCH_IMPOSSIBLE) return;
  if (address->kind == MATCH_CLIENT) {
    *possible = party->name == address->client_name;
    *certain = *possible && party->known;
    return;
  }
  try_values(address, party, 0, possible, certain);
  *certain = *certain && *possible && party->known;
}

static void update(mail *m, mail_address *address, uint32_t client, uint64_t line) {
  bool possible, certain;
  evaluate(address, &m->parties[client], &possible, &certain);
  mail_member *member = mail_member_of(address, client);
  if (member == NULL) {
    if (!possible) return;
    member = new_member(address, client);
  }
  if (member->possible && !possible) member->possible_until = line;
  member->possible = possible;
  if (certain && member->certain_since == 0) address->certain++;
  if (!certain && member->certain_since != 0) address->certain--;
  if (!certain) {
    member->certain_since = 0;
  } else if (member->certain_since == 0) {
    member->certain_since = line;
  }
}

/* EP-PARK-1: whoever certainly matches now has had all that was accepted routed. */
static void route_parked(mail *m, mail_address *address, uint64_t line) {
  mail_item *next;
  for (mail_item *item = address->unrouted; item != NULL; item = next) {
    next = item->next_unrouted;
    if (item->accepted_line != 0) mail_route(m, item, line);
  }
}

void mail_party_changed(mail *m, uint32_t client, uint64_t line) {
  mail_address *next;
  for (mail_address *address = m->addresses; address != NULL; address = next) {
    next = address->next;
    if (address->kind == MATCH_IMPOSSIBLE) continue;
    update(m, address, client, line);
    if (address->certain > 0) route_parked(m, address, line);
  }
}

/* When the item is routed, the sender's session is the one it set last before the item, or a later
 * one; unless that one was dropped, or is too old to be remembered. */
static bool own_values(const mail *m, const mail_item *item, bool *some, bool *all) {
  const mail_party *sender = &m->parties[item->text->sender];
  bool there = false;
  if (item->session < sender->applied) return false;
  for (size_t i = 0; i < sender->values_count && !there; i++) {
    there = sender->values[i].number == item->session;
  }
  if (!there) return false;
  try_values(item->text->address, sender, item->session, some, all);
  return true;
}

bool mail_sender_matches(const mail *m, const mail_item *item) {
  const mail_address *address = item->text->address;
  bool some, all;
  if (address->kind == MATCH_IMPOSSIBLE) return false;
  if (address->kind == MATCH_CLIENT) {
    return address->client_name == m->parties[item->text->sender].name;
  }
  return own_values(m, item, &some, &all) && some && all;
}

/* ---- Addresses that were used ---- */

static uint64_t client_name_of(span to) {
  char room[128];
  return pool_name(match_client(to, room), 0);
}

static mail_address *new_address(mail *m, span to, uint64_t name, uint64_t line) {
  mail_address *address = pool_take(sizeof *address);
  address->name = name;
  address->text = pool_copy(to);
  address->len = to.len;
  address->kind = match_address_of(to);
  if (address->kind == MATCH_CLIENT) {
    address->client_name = client_name_of(to);
    uint64_t *party = pool_map_get(&m->party_names, address->client_name);
    if (party != NULL) update(m, address, (uint32_t)*party, line);
  } else if (address->kind != MATCH_IMPOSSIBLE) {
    address->selector = match_read(to);
    for (size_t i = 0; i < m->parties_count; i++) update(m, address, (uint32_t)i, line);
  }
  return address;
}

void mail_address_free(mail *m, mail_address *address) {
  if (address->before != NULL) {
    address->before->next = address->next;
  } else {
    m->addresses = address->next;
  }
  if (address->next != NULL) address->next->before = address->before;
  pool_map_remove(&m->address_names, address->name);
  pool_map_free(&address->by_client);
  match_free(address->selector);
  free(address->members);
  free(address->text);
  free(address);
}

static void free_idle(mail *m) {
  mail_address *next;
  for (mail_address *at = m->addresses; at != NULL; at = next) {
    next = at->next;
    if (at->uses == 0) mail_address_free(m, at);
  }
  m->idle = 0;
}

/* Certain since an address was first used means certain before, too: lines begin at 1. */
mail_address *mail_address_take(mail *m, span to, uint64_t line) {
  uint64_t name = pool_name(to, 1);
  uint64_t *known = pool_map_get(&m->address_names, name);
  if (known != NULL) {
    mail_address *address = (mail_address *)(uintptr_t)*known;
    if (address->uses++ == 0) m->idle--;
    return address;
  }
  if (m->idle > IDLE_MOST) free_idle(m);
  mail_address *address = new_address(m, to, name, line);
  address->uses = 1;
  address->next = m->addresses;
  if (m->addresses != NULL) m->addresses->before = address;
  m->addresses = address;
  pool_map_put(&m->address_names, name, (uint64_t)(uintptr_t)address);
  return address;
}

/* Addresses are only freed when another is taken: whoever goes through them meets no gap. */
void mail_address_leave(mail *m, mail_address *address) {
  if (--address->uses == 0) m->idle++;
}
