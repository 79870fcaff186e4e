/* The client core, driven with bytes: EP/1.
 * Read first: test_client.h. */
#include "test/test_client.h"

START_TEST(v1_joins) {
  desk *d = desk_new();
  d->config.max_version = 1;
  desk_begin(d);
  ep_client_update_session(d->client, EP_LITERAL("{\"a\":1}"), d->now);
  ep_send group = {.to_json = EP_LITERAL("{\"room\":7}"), .receipt = true};
  ep_client_send(d->client, &group, NULL, d->now);
  desk_open(d);
  see1(d, "{'action':'auth','payload':'ada'}");
  see_nothing(d);
  tell1(d, "{'action':'auth','payload':false,'version':2,'epoch':'e','expect':0}");
  ck_assert(desk_event(d, EP_EVENT_AUTHENTICATED));
  ck_assert_uint_eq(d->event.version, 1);
  see1(d, "{'action':'session.update','payload':{'a':1}}");
  ck_assert_ptr_nonnull(strstr(desk_frame(d), "\\\"id\\\":0,"));
  ck_assert_ptr_null(strstr(d->frame, "receipt"));
  ep_client_update_session(d->client, EP_LITERAL("{\"a\":2}"), d->now);
  see1(d, "{'action':'session.update','payload':{'a':2}}");
  ck_assert_int_eq(ep_client_ping(d->client, d->now), EP_WRONG_STATE);
  desk_pass(d, 1000);
  see_nothing(d);
  desk_free(d);
}
END_TEST

/* EP-NEG-4 */
START_TEST(v1_fallback) {
  char uid[37], text[128];
  desk *d = desk_fresh();
  desk_send(d, "bob", "1", NULL);
  ep_client_update_session(d->client, EP_LITERAL("{\"a\":1}"), d->now);
  desk_send(d, "bob", "2", uid);
  desk_open(d);
  see_auth2(d, ",'expect':0,'window':4096}");
  tell1(d, "{'action':'auth','payload':false}");
  see1(d, "{'action':'session.update','payload':{'a':1}}");
  ck_assert_ptr_nonnull(strstr(desk_frame(d), "\\\"id\\\":0,"));
  ck_assert_ptr_nonnull(strstr(desk_frame(d), "\\\"id\\\":1,")); /* the session left no hole */
  see_nothing(d);
  snprintf(text, sizeof text, "{'action':'message.confirm','payload':'%s'}", uid);
  tell1(d, text);
  ck_assert_uint_eq(ep_client_unconfirmed(d->client), 1);
  ck_assert(desk_event(d, EP_EVENT_CONFIRMED));
  ck_assert(bytes_are(d->event.uid, uid));
  tell1(d, "{'action':'message.retry','payload':0}");
  ck_assert_ptr_nonnull(strstr(desk_frame(d), "\\\"id\\\":0,"));
  tell1(d, "{'action':'message.retry','payload':1}");
  tell1(d, "{'action':'what.is.this'}");
  tell(d, "{not json");
  see_nothing(d);                      /* EP-COMPAT-2 */
  ep_client_closed(d->client, d->now); /* and the server becomes an EP/2 server */
  desk_pass(d, 500);
  ep_client_opened(d->client, d->now);
  see_auth2(d, ",'expect':0,'window':4096}");
  tell1(d, "{'action':'auth','payload':true,'version':2,'epoch':'e1','expect':0}");
  see(d, "{'action':'session.update','payload':{'a':1},'id':0}");
  see_up(d, 1, "1");
  see_nothing(d);
  desk_free(d);
}
END_TEST

START_TEST(v1_repeats) {
  desk *d = desk_fresh();
  desk_join1(d, "false");
  see1(d, "{'action':'session.update','payload':{}}");
  desk_send(d, "bob", "1", NULL);
  see_all(d);
  desk_pass(d, 1000);
  desk_send(d, "bob", "2", NULL);
  see_all(d);
  desk_pass(d, 999);
  see_nothing(d);
  for (int i = 0; i < 3; i++) { /* EP-SEND-8 */
    desk_pass(d, 1);
    ck_assert_ptr_nonnull(strstr(desk_frame(d), "\\\"id\\\":0,"));
    see_nothing(d);
    desk_pass(d, 1000);
    ck_assert_ptr_nonnull(strstr(desk_frame(d), "\\\"id\\\":1,"));
    see_nothing(d);
    desk_pass(d, 999);
    see_nothing(d);
  }
  ep_client_closed(d->client, d->now);
  desk_pass(d, 500);
  ep_client_opened(d->client, d->now);
  see_all(d);
  tell1(d, "{'action':'auth','payload':true}"); /* EP-RES-5 */
  see1(d, "{'action':'session.update','payload':{}}");
  ck_assert_ptr_nonnull(strstr(desk_frame(d), "\\\"id\\\":0,"));
  ck_assert_ptr_nonnull(strstr(desk_frame(d), "\\\"id\\\":1,"));
  see_nothing(d);
  desk_free(d);
}
END_TEST

START_TEST(v1_many_runs) {
  desk *d = desk_fresh();
  desk_join1(d, "false");
  see_all(d);
  for (unsigned i = 0; i < 50; i++) { /* more runs than there are places for */
    desk_send(d, "bob", "1", NULL);
    see_all(d);
    desk_pass(d, 60);
  }
  unsigned count = 0;
  for (unsigned i = 0; i < 300; i++) {
    desk_pass(d, 20);
    while (desk_frame(d)[0] != 0) count++;
  }
  ck_assert_uint_ge(count, 50);
  ck_assert_uint_le(count, 200);
  desk_free(d);
}
END_TEST

START_TEST(v1_loses_its_server) {
  char uid[37], text[128];
  desk *d = desk_fresh();
  desk_join1(d, "false");
  for (int i = 0; i < 3; i++) desk_send(d, "bob", "1", i == 1 ? uid : NULL);
  see_all(d);
  snprintf(text, sizeof text, "{'action':'message.confirm','payload':'%s'}", uid);
  tell1(d, text);
  ep_client_closed(d->client, d->now);
  desk_pass(d, 500);
  ep_client_opened(d->client, d->now);
  see_all(d);
  tell1(d, "{'action':'auth','payload':false}"); /* EP-LOST-4: what was confirmed stays so */
  see1(d, "{'action':'session.update','payload':{}}");
  ck_assert_ptr_nonnull(strstr(desk_frame(d), "\\\"id\\\":0,"));
  ck_assert_ptr_nonnull(strstr(desk_frame(d), "\\\"id\\\":1,"));
  see_nothing(d);
  desk_free(d);
}
END_TEST

/* The same, and at every allocation in turn there is no memory for it: it is done at the next
 * reply, by which the new server knows us. */
START_TEST(v1_loses_its_server_and_memory) {
  char uid[37], text[128];
  bool reached = true;
  for (size_t at = 1; reached; at++) {
    desk *d = desk_new();
    d->config.durable = true;
    d->config.max_version = 1;
    desk_begin(d);
    desk_join1(d, "false");
    for (int i = 0; i < 30; i++) { /* stored one by one, to be stored at once later */
      desk_send(d, "bob", "1", i == 1 ? uid : NULL);
      see_all(d);
    }
    snprintf(text, sizeof text, "{'action':'message.confirm','payload':'%s'}", uid);
    tell1(d, text);
    ep_client_closed(d->client, d->now);
    desk_pass(d, 500);
    ep_client_opened(d->client, d->now);
    see_all(d);
    take_all(d);
    d->memory.fail_at = d->memory.calls + at;
    tell1(d, "{'action':'auth','payload':false}");
    reached = d->memory.calls >= d->memory.fail_at;
    d->memory.fail_at = 0;
    bool told = desk_event(d, EP_EVENT_AUTHENTICATED);
    if (!ep_client_in(d->client, EP_CLIENT_V1)) {
      ep_client_closed(d->client, d->now);
      desk_pass(d, EP_TIMER_RECONNECT_MAX_MS);
      ep_client_opened(d->client, d->now);
      see_all(d);
      tell1(d, "{'action':'auth','payload':true}");
    }
    see1(d, "{'action':'session.update','payload':{}}");
    if (told) ck_assert_ptr_nonnull(strstr(desk_frame(d), "\\\"id\\\":0,"));
    if (told) ck_assert_ptr_nonnull(strstr(desk_frame(d), "\\\"id\\\":1,"));
    desk_free(d);
  }
}
END_TEST

START_TEST(v1_receives) {
  desk *d = desk_fresh();
  desk_join1(d, "false");
  see_all(d);
  tell_down(d, 0, "u-0");
  see_nothing(d);
  ck_assert(desk_event(d, EP_EVENT_MESSAGE));
  see_nothing(d);
  tell_down(d, 0, "u-0"); /* again, before it was taken */
  see_nothing(d);
  desk_no_event(d);
  see1(d, "{'action':'message.confirm','payload':'u-0'}");
  see1(d, "{'action':'message.confirm','payload':'u-0'}");
  tell_down(d, 0, "u-9"); /* EP-RECV-5: another message under an old id */
  ck_assert(desk_event(d, EP_EVENT_MESSAGE));
  ck_assert(bytes_are(d->event.uid, "u-9"));
  tell_down(d, 1, "u-0"); /* a known uid: the id is used up */
  tell_down(d, 2, "u-2");
  ck_assert(desk_event(d, EP_EVENT_MESSAGE));
  ck_assert(bytes_are(d->event.uid, "u-2"));
  desk_no_event(d);
  desk_free(d);
}
END_TEST

START_TEST(v1_gap) {
  desk *d = desk_fresh();
  desk_join1(d, "false");
  see_all(d);
  tell_down(d, 1, "u-1");
  tell_down(d, 4, "u-4");
  take_all(d);
  see_nothing(d);
  desk_pass(d, EP_TIMER_GAP_WAIT_MS - 1);
  desk_no_event(d);
  desk_pass(d, 1); /* EP-RECV-7 */
  ck_assert(ep_client_next_event(d->client, &d->event, d->now));
  ck_assert_int_eq(d->event.type, EP_EVENT_LOST);
  ck_assert_uint_eq(d->event.id, 0);
  ck_assert_uint_eq(d->event.count, 1);
  ck_assert(ep_client_next_event(d->client, &d->event, d->now));
  ck_assert(bytes_are(d->event.uid, "u-1"));
  ck_assert(ep_client_next_event(d->client, &d->event, d->now));
  ck_assert_uint_eq(d->event.id, 2);
  ck_assert_uint_eq(d->event.count, 2);
  ck_assert(ep_client_next_event(d->client, &d->event, d->now));
  ck_assert(bytes_are(d->event.uid, "u-4"));
  tell_down(d, 0, "u-0"); /* it came after all */
  ck_assert(desk_event(d, EP_EVENT_MESSAGE));
  tell_down(d, 5, "u-5");
  ck_assert(desk_event(d, EP_EVENT_MESSAGE));
  desk_no_event(d);
  desk_free(d);
}
END_TEST

/* EP-RECV-12 */
START_TEST(v1_known_from_before) {
  desk *d = desk_fresh();
  desk_join1(d, "true"); /* another run of this client was there */
  tell_down(d, 57, "u-57");
  ck_assert(desk_event(d, EP_EVENT_MESSAGE));
  tell_down(d, 58, "u-58");
  ck_assert(desk_event(d, EP_EVENT_MESSAGE));
  desk_free(d);
}
END_TEST

/* EP-LIM-10: told to nobody but the application, and not confirmed. */
START_TEST(v1_over_its_limits) {
  desk *d = desk_new();
  d->config.depth = 4;
  desk_begin(d);
  desk_join1(d, "false");
  see_all(d);
  tell1(d,
        "{'action':'message.new','payload':{'from':'bob','to':'ada','id':0,'uid':'u-0','payload':"
        "[[[]]],'fromId':3}}");
  see_nothing(d);
  ck_assert(desk_event(d, EP_EVENT_ERROR));
  ck_assert_str_eq(d->event.code, "too-deep");
  tell_down(d, 1, "u-1");
  desk_no_event(d);
  desk_pass(d, EP_TIMER_GAP_WAIT_MS);
  ck_assert(desk_event(d, EP_EVENT_LOST));
  ck_assert(desk_event(d, EP_EVENT_MESSAGE));
  ck_assert(bytes_are(d->event.uid, "u-1"));
  desk_free(d);
}
END_TEST

/* EP-RECV-5, EP-RECV-9: two senders that chose one uid; and what came in the other version. */
START_TEST(v1_knows_what_came_in_v2) {
  desk *d = desk_fresh();
  desk_join2(d, "e1", 0);
  tell_down(d, 0, "u-0");
  ck_assert(desk_event(d, EP_EVENT_MESSAGE));
  ep_client_closed(d->client, d->now);
  desk_pass(d, 500);
  desk_join1(d, "true");
  see_all(d);
  tell_down(d, 7, "u-0");
  tell1(d,
        "{'action':'message.new','payload':{'from':'cid','to':'ada','id':8,'uid':'u-0','payload':1,"
        "'fromId':3}}");
  ck_assert(desk_event(d, EP_EVENT_MESSAGE));
  ck_assert(bytes_are(d->event.client_id, "cid"));
  desk_no_event(d);
  desk_free(d);
}
END_TEST

/* EP-LIM-8: in an envelope each of these bytes has a backslash before it. */
START_TEST(v1_frame_limit) {
  enum { LEN = EP_LIMIT_FRAME / 2 };
  char uid[37], *text = malloc(LEN);
  ck_assert_ptr_nonnull(text);
  text[0] = text[LEN - 1] = '"';
  for (size_t i = 1; i + 1 < LEN; i += 2) memcpy(text + i, "\\\"", 2);
  desk *d = desk_fresh();
  ep_send send = {.to = "bob", .payload_json = ep_bytes_of(text, LEN)};
  ck_assert_int_eq(ep_client_send(d->client, &send, uid, d->now), EP_OK); /* it may become EP/2 */
  desk_send(d, "bob", "1", NULL);
  desk_open(d);
  see_all(d);
  tell1(d, "{'action':'auth','payload':false}");
  ck_assert(desk_event(d, EP_EVENT_REFUSED));
  ck_assert(bytes_are(d->event.uid, uid));
  ck_assert_str_eq(d->event.code, "too-large");
  see1(d, "{'action':'session.update','payload':{}}");
  ck_assert_ptr_nonnull(strstr(desk_frame(d), "\\\"id\\\":0,"));
  see_nothing(d);
  ck_assert_int_eq(ep_client_send(d->client, &send, NULL, d->now), EP_INVALID_ARGUMENT);
  memset(text + 1, 'x', LEN - 2);
  ck_assert_int_eq(ep_client_send(d->client, &send, NULL, d->now), EP_OK);
  free(text);
  desk_free(d);
}
END_TEST

void add_client_v1(TCase *tcase) {
  tcase_add_test(tcase, v1_joins);
  tcase_add_test(tcase, v1_fallback);
  tcase_add_test(tcase, v1_repeats);
  tcase_add_test(tcase, v1_many_runs);
  tcase_add_test(tcase, v1_loses_its_server);
  tcase_add_test(tcase, v1_loses_its_server_and_memory);
  tcase_add_test(tcase, v1_receives);
  tcase_add_test(tcase, v1_gap);
  tcase_add_test(tcase, v1_known_from_before);
  tcase_add_test(tcase, v1_over_its_limits);
  tcase_add_test(tcase, v1_knows_what_came_in_v2);
  tcase_add_test(tcase, v1_frame_limit);
}
