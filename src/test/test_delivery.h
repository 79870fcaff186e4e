/* Test support for floor 3: a registry, commands in one line, outcomes and mailboxes as text.
 * Read first: delivery/registry.h. */
#ifndef EP_TEST_DELIVERY_H
#define EP_TEST_DELIVERY_H

#include <check.h>

#include "delivery/record.h"
#include "delivery/registry.h"
#include "test/test_memory.h"

typedef struct world {
  test_memory memory;
  ep_allocator allocator;
  ep_registry_config config;
  ep_registry *registry;
  uint64_t now_ms;
  ep_buffer command;  /* the last one, encoded; from an allocator of its own */
  char said[1 << 16]; /* what the last command led to */
  char mail[1 << 16];
} world;

extern ep_allocator test_plain_allocator; /* malloc, never refuses */

/* Small limits: a mailbox of 3, 2 parked, 2 notices, 4 held; gap 10 s, mailbox 60 s. */
ep_registry_config world_config(void);
world *world_new(const ep_registry_config *config);
void world_free(world *w); /* checks the registry, and that no memory is left */

/* Applies and tells the outcomes: "confirm a 0; mail b". Each checks the registry afterwards. */
const char *apply(world *w, const ep_command *command);
const char *join1(world *w, uint32_t link, const char *client);
const char *join2(world *w, uint32_t link, const char *client, const char *instance);
const char *rejoin2(world *w, uint32_t link, const char *client, const char *instance,
                    const char *epoch, uint64_t expect);
const char *leave(world *w, uint32_t link);
const char *session(world *w, uint32_t link, uint64_t id, const char *json);
/* to: a client id, or an object. payload is the uid too. */
const char *message(world *w, uint32_t link, uint64_t id, const char *to, const char *uid);
const char *message_receipt(world *w, uint32_t link, uint64_t id, const char *to, const char *uid);
const char *refuse(world *w, uint32_t link, uint64_t id, ep_error error, const char *uid);
const char *confirm_id(world *w, uint32_t link, uint64_t id);
const char *confirm_uid(world *w, uint32_t link, const char *uid);
const char *tick(world *w, uint64_t after_ms);

ep_account *account_of(world *w, const char *client);
/* What is unconfirmed: "0:u1 1:u2", notices as their text, "(u3)" confirmed out of order. */
const char *mail(world *w, const char *client);

/* One random command at a time, in the terms of the model; test_delivery_random.c. */
struct m_command;
struct model;
void random_command(struct m_command *out, const struct model *m, uint64_t *random);
const char *apply_random(world *w, const struct m_command *command); /* the confirms */
void compare_with_model(const struct model *m, const world *w);
ep_registry_config random_config(void);

/* Everything that must survive a restart, in a canonical order; malloc'd. */
char *dump(const ep_registry *registry);

#define said(call, text) ck_assert_str_eq((call), (text))
#define has(call, text) ck_assert_ptr_nonnull(strstr((call), (text)))

void add_delivery_parts(Suite *suite);   /* test_delivery_parts.c */
void add_delivery_streams(Suite *suite); /* test_delivery_streams.c */
void add_delivery_routing(Suite *suite); /* test_delivery_routing.c */
void add_delivery_random(Suite *suite);  /* test_delivery_random.c */
void add_delivery_persist(Suite *suite); /* test_delivery_persist.c */

#endif
