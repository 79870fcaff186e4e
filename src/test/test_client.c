/* The client core: what the application may ask, time, and every cell of the table of transitions.
 * Read first: test_client.h. Then: test_client_v2.c, test_client_v1.c, test_client_faults.c,
 * test_client_server.c. */
#include "test/test_client.h"

/* ---- The application, and time ---- */

START_TEST(arguments) {
  desk *d = desk_new();
  d->config.outbox = 3;
  desk_begin(d);
  static const char *const bad_payloads[] = {"{",   "1 2",      "1,\"to\":\"x\"",  "1}}\f{",
                                             "nul", "\"\x01\"", "1,\"payload\":2", "\"\xff\"",
                                             "// x"};
  for (size_t i = 0; i < sizeof bad_payloads / sizeof *bad_payloads; i++) {
    ck_assert_int_eq(desk_send(d, "bob", bad_payloads[i], NULL), EP_INVALID_ARGUMENT);
  }
  ck_assert_int_eq(desk_send(d, "", "1", NULL), EP_INVALID_ARGUMENT);
  ck_assert_int_eq(desk_send(d, "a\nb", "1", NULL), EP_INVALID_ARGUMENT);
  static const char *const bad_addresses[] = {"[]", "{\"a\":[]}", "7", "\"bob\"", "{}},1", "{"};
  for (size_t i = 0; i < sizeof bad_addresses / sizeof *bad_addresses; i++) {
    ep_send send = {.to_json = ep_client_text(bad_addresses[i])};
    ck_assert_int_eq(ep_client_send(d->client, &send, NULL, d->now), EP_INVALID_ARGUMENT);
  }
  ck_assert_int_eq(ep_client_send(d->client, &(ep_send){0}, NULL, d->now), EP_INVALID_ARGUMENT);
  ck_assert_int_eq(ep_client_update_session(d->client, EP_LITERAL("[]"), 0), EP_INVALID_ARGUMENT);
  ck_assert_int_eq(ep_client_update_session(d->client, EP_LITERAL("{},1"), 0), EP_INVALID_ARGUMENT);
  for (int i = 0; i < 3; i++) ck_assert_int_eq(desk_send(d, "bob", "", NULL), EP_OK);
  ck_assert_int_eq(desk_send(d, "bob", "1", NULL), EP_FULL);
  desk_join2(d, "e1", 0);
  see_all(d);
  tell(d, "{'action':'message.confirm','payload':2}");
  ck_assert_int_eq(desk_send(d, "bob", "1", NULL), EP_FULL); /* until the events are looked at */
  take_all(d);
  ck_assert_int_eq(desk_send(d, "bob", "1", NULL), EP_OK);
  desk_free(d);
}
END_TEST

/* One less than the limit, as much, one more. */
START_TEST(session_has_so_many_bytes) {
  for (size_t len = EP_LIMIT_SESSION - 1; len <= EP_LIMIT_SESSION + 1; len++) {
    desk *d = desk_fresh();
    char *session = malloc(len + 2);
    memset(session, ' ', len + 2); /* what is around it does not count */
    session[1] = '{';
    session[len] = '}';
    bool fits = len <= EP_LIMIT_SESSION;
    ck_assert_int_eq(ep_client_update_session(d->client, ep_bytes_of(session, len + 2), 0),
                     fits ? EP_OK : EP_INVALID_ARGUMENT);
    ck_assert_uint_eq(ep_client_unconfirmed(d->client), fits ? 1 : 0);
    free(session);
    desk_free(d);
  }
}
END_TEST

static void try_lengths(desk *d, const char **setting, size_t most) {
  const char *usual = *setting;
  char text[EP_LIMIT_CREDENTIAL + 2];
  ep_client *client;
  *setting = text;
  for (size_t len = most - 1; len <= most + 1; len++) {
    memset(text, 'x', len);
    text[len] = '\0';
    ep_status status = ep_client_new(&client, &d->config);
    ck_assert_int_eq(status, len <= most ? EP_OK : EP_INVALID_ARGUMENT);
    ep_client_free(client);
  }
  *setting = usual;
}

START_TEST(configurations) {
  desk *d = desk_new();
  ep_client *client;
  try_lengths(d, &d->config.client_id, EP_LIMIT_CLIENT_ID);
  try_lengths(d, &d->config.secret, EP_LIMIT_CREDENTIAL);
  try_lengths(d, &d->config.token, EP_LIMIT_CREDENTIAL);
  d->config.presence = "7";
  ck_assert_int_eq(ep_client_new(&client, &d->config), EP_INVALID_ARGUMENT);
  d->config.presence = NULL;
  d->config.secret = "";
  ck_assert_int_eq(ep_client_new(&client, &d->config), EP_INVALID_ARGUMENT);
  d->config.secret = NULL;
  d->config.client_id = NULL;
  desk_begin(d);
  ck_assert_uint_eq(strlen(ep_client_id(d->client)), 36);
  desk_free(d);
}
END_TEST

/* EP-CLI-1, EP-CLI-2, EP-CLI-3, EP-CLI-5 */
START_TEST(reconnects) {
  desk *d = desk_fresh();
  uint64_t waits[6] = {500, 1000, 2000, 4000, 5000, 5000};
  desk_open(d);
  for (size_t i = 0; i < 6; i++) { /* EP-CLI-2 */
    ep_client_closed(d->client, d->now);
    uint64_t wait = ep_client_deadline(d->client) - d->now;
    ck_assert_uint_le(wait, waits[i]);
    ck_assert_uint_ge(wait, waits[i] * 3 / 4 - 1);
    desk_pass(d, wait);
    ck_assert_int_eq(ep_client_wants(d->client), EP_WANT_OPEN);
  }
  desk_pass(d, 300); /* the time counts since the connection was asked for */
  ep_client_opened(d->client, d->now);
  desk_pass(d, EP_TIMER_AUTH_MS - 300 - 1); /* EP-AUTH-4: no answer */
  ck_assert(ep_client_in(d->client, EP_CLIENT_GREETING));
  ck_assert_int_eq(ep_client_wants(d->client), EP_WANT_NOTHING);
  desk_pass(d, 1);
  ck_assert_int_eq(ep_client_wants(d->client), EP_WANT_CLOSE);
  ck_assert(ep_client_in(d->client, EP_CLIENT_WAITING));
  ep_client_disconnect(d->client, d->now);
  ck_assert(ep_client_in(d->client, EP_CLIENT_IDLE));
  ck_assert_uint_eq(ep_client_deadline(d->client), UINT64_MAX);
  desk_free(d);
}
END_TEST

/* ---- Every cell of the table ---- */

typedef struct cell_row {
  const char *guard;
  uint8_t state, input, next;
} cell_row;

static const cell_row table_rows[] = {
#define ROW(state, input, guard, action, next, ids, line) \
  {#guard, EP_CLIENT_##state, EP_CLIENT_IN_##input, EP_CLIENT_##next},
    EP_CLIENT_ROWS(ROW)
#undef ROW
};

static bool taken[sizeof table_rows / sizeof *table_rows];

static desk *in_state(unsigned state, unsigned max_version) {
  desk *d = desk_new();
  d->config.max_version = max_version;
  d->config.transport = EP_LOSSY;
  desk_begin(d);
  if (state == EP_CLIENT_IDLE) return d;
  if (state == EP_CLIENT_V1) desk_join1(d, "false");
  if (state == EP_CLIENT_V2) desk_join2(d, "e1", 0);
  if (state >= EP_CLIENT_V1) {
    desk_send(d, "bob", "1", NULL);
    see_all(d);
    return d;
  }
  ep_client_connect(d->client, d->now);
  if (state == EP_CLIENT_GREETING) ep_client_opened(d->client, d->now);
  if (state == EP_CLIENT_WAITING) ep_client_closed(d->client, d->now);
  return d;
}

enum { PLAIN, OUT_OF_STEP_OR_FINAL, WITH_ID, UNKNOWN_ID, BELOW, VARIANTS };

/* Inputs that can only come at their time are given to the machine itself. */
static void give(desk *d, unsigned input, unsigned variant) {
  ep_message message = {.action = EP_ACTION_ERROR, .version = variant == PLAIN ? 1 : 2};
  ep_client_data data = {.message = &message, .why = EP_ERROR_BAD_MESSAGE};
  message.code = variant == OUT_OF_STEP_OR_FINAL ? EP_ERROR_REPLACED : EP_ERROR_IDLE;
  message.has = variant == WITH_ID || variant == BELOW ? EP_HAS_ID : 0;
  if (variant == BELOW) d->client->resumed_at = 1;
  if (variant == UNKNOWN_ID) {
    message.code = EP_ERROR_UNKNOWN_ID;
    message.has = EP_HAS_OF;
  }
  message.epoch = EP_LITERAL("e1");
  if (input == EP_CLIENT_IN_AUTH_V2 && variant == OUT_OF_STEP_OR_FINAL) {
    message.has = EP_HAS_EXPECT;
    message.expect = 7;
  }
  if (input == EP_CLIENT_IN_MESSAGE_RETRY) {
    message.has = EP_HAS_ID;
    message.id = variant == PLAIN ? 0 : 9;
  }
  if (input == EP_CLIENT_IN_MESSAGE_NEW || input == EP_CLIENT_IN_MESSAGE_RECEIPT) {
    message.has = EP_HAS_ID;
  }
  ep_client_step(d->client, (enum ep_client_input)input, &data);
}

static bool holds(const char *guard, unsigned input, unsigned variant, unsigned max_version) {
  if (strcmp(guard, "asked_v2") == 0) return max_version == 2;
  if (strcmp(guard, "out_of_step") == 0) return max_version == 2 && variant == OUT_OF_STEP_OR_FINAL;
  if (strcmp(guard, "is_final") == 0) return variant == OUT_OF_STEP_OR_FINAL;
  if (strcmp(guard, "has_id") == 0) return variant == WITH_ID || variant == BELOW;
  if (strcmp(guard, "is_unconfirmed") == 0) return variant == PLAIN;
  if (strcmp(guard, "is_expected_unknown") == 0) return variant == UNKNOWN_ID;
  if (strcmp(guard, "is_below_resumed") == 0) return variant == BELOW;
  ck_assert_str_eq(guard, "always");
  return input < EP_CLIENT_INPUT_COUNT;
}

static bool can_come(unsigned state, unsigned input) {
  return input != EP_CLIENT_IN_REPEAT || state != EP_CLIENT_V1;
}

static void try_cell(unsigned state, unsigned input, unsigned variant, unsigned max_version) {
  size_t row = 0;
  if (state == EP_CLIENT_V2 && max_version == 1) return;
  while (table_rows[row].state != state || table_rows[row].input != input ||
         !holds(table_rows[row].guard, input, variant, max_version)) {
    row++;
  }
  taken[row] = true;
  if (!can_come(state, input)) return; /* v1_repeats does it, in its time */
  desk *d = in_state(state, max_version);
  ck_assert_uint_eq(d->client->machine.state, state);
  give(d, input, variant);
  ck_assert_msg(d->client->machine.state == table_rows[row].next, "row %u", (unsigned)row);
  desk_free(d);
}

START_TEST(every_row) {
  for (unsigned state = 0; state < EP_CLIENT_STATE_COUNT; state++) {
    for (unsigned input = 0; input < EP_CLIENT_INPUT_COUNT; input++) {
      for (unsigned variant = 0; variant < VARIANTS; variant++) {
        try_cell(state, input, variant, 1);
        try_cell(state, input, variant, 2);
      }
    }
  }
  for (size_t i = 0; i < sizeof table_rows / sizeof *table_rows; i++) {
    ck_assert_msg(taken[i], "row %u was not taken", (unsigned)i);
  }
}
END_TEST

Suite *ep_suite_client(void) {
  Suite *suite = suite_create("client");
  TCase *v2 = tcase_create("EP/2"), *v1 = tcase_create("EP/1"), *core = tcase_create("core");
  TCase *faults = tcase_create("faults"), *together = tcase_create("with the server");
  add_client_v2(v2);
  add_client_limits(v2);
  add_client_copy(v2);
  add_client_v1(v1);
  tcase_add_test(core, arguments);
  tcase_add_test(core, session_has_so_many_bytes);
  tcase_add_test(core, configurations);
  tcase_add_test(core, reconnects);
  tcase_add_test(core, every_row);
  add_client_faults(faults);
  add_client_stored(faults);
  add_client_server(together);
  tcase_set_timeout(v2, 60);
  tcase_set_timeout(v1, 60);
  tcase_set_timeout(faults, 60);
  tcase_set_timeout(together, 60);
  suite_add_tcase(suite, v2);
  suite_add_tcase(suite, v1);
  suite_add_tcase(suite, core);
  suite_add_tcase(suite, faults);
  suite_add_tcase(suite, together);
  return suite;
}
