/* The client core, driven with bytes: both versions, in order, case by case.
 * Read first: test_client.h. Then: test_client_faults.c. */
#include "test/test_client.h"

#define AUTH2 "{'action':'auth','payload':'ada','version':2,'instance':'%s'"

static desk *fresh(void) {
  desk *d = desk_new();
  desk_begin(d);
  return d;
}

static void see_auth2(desk *d, const char *rest) {
  char text[512];
  snprintf(text, sizeof text, AUTH2 "%s", d->client->instance, rest);
  see1(d, text);
}

static void pull(desk *d) {
  while (ep_client_next_event(d->client, &d->event, d->now)) continue;
}

static void tell_down(desk *d, unsigned id, const char *uid) {
  char text[256];
  snprintf(text, sizeof text,
           "{'action':'message.new','payload':{'from':'bob','to':'ada','id':%u,'uid':'%s',"
           "'payload':'hi','fromId':3}}", id, uid);
  if (ep_client_in(d->client, EP_CLIENT_V2)) tell(d, text);
  else tell1(d, text);
}

static void see_up(desk *d, unsigned id, const char *payload) {
  char start[128], end[64];
  const char *frame = desk_frame(d);
  snprintf(start, sizeof start,
           "{\"action\":\"message.new\",\"payload\":{\"from\":\"ada\",\"to\":\"bob\",\"id\":%u,", id);
  snprintf(end, sizeof end, "\"payload\":%s}}", payload);
  ck_assert_msg(strncmp(frame, start, strlen(start)) == 0, "%s", frame);
  ck_assert_msg(strcmp(frame + strlen(frame) - strlen(end), end) == 0, "%s", frame);
}

/* ---- EP/2 ---- */

START_TEST(v2_joins) {
  desk *d = desk_new();
  d->config.presence = " {} ";
  d->config.secret = "s";
  d->config.token = "t";
  d->config.window = 5;
  desk_begin(d);
  ck_assert_uint_eq(strlen(d->client->instance), 16);
  desk_open(d);
  see_auth2(d, ",'expect':0,'window':5,'presence':{},'secret':'s','token':'t'}");
  see_nothing(d);
  tell1(d, "{'action':'auth','payload':false,'version':2,'epoch':'e1','expect':0,'window':4}");
  ck_assert(desk_event(d, EP_EVENT_AUTHENTICATED));
  ck_assert_uint_eq(d->event.version, 2);
  ck_assert(!d->event.known);
  ck_assert(ep_client_authenticated(d->client));
  see_nothing(d);
  desk_free(d);
}
END_TEST

START_TEST(v2_sends_and_is_confirmed) {
  char uid[37];
  desk *d = fresh();
  desk_join2(d, "e1", 0);
  ck_assert_int_eq(desk_send(d, "bob", " [1, 2.0] ", uid), EP_OK);
  see_up(d, 0, "[1, 2.0]");
  ep_send group = {.to_json = EP_LITERAL("{\"room\":7}"), .receipt = true};
  ck_assert_int_eq(ep_client_send(d->client, &group, NULL, d->now), EP_OK);
  ck_assert_ptr_nonnull(strstr(desk_frame(d), "\"to\":{\"room\":7},\"id\":1,"));
  ck_assert_ptr_nonnull(strstr(d->frame, "\"receipt\":true}}"));
  see_nothing(d);
  ck_assert_uint_eq(ep_client_unconfirmed(d->client), 2);
  tell(d, "{'action':'message.confirm','payload':7}"); /* never written: confirms nothing */
  ck_assert_uint_eq(ep_client_unconfirmed(d->client), 2);
  tell(d, "{'action':'message.confirm','payload':1}");
  ck_assert_uint_eq(ep_client_unconfirmed(d->client), 0);
  ck_assert(desk_event(d, EP_EVENT_CONFIRMED));
  ck_assert(bytes_are(d->event.uid, uid));
  ck_assert(desk_event(d, EP_EVENT_CONFIRMED));
  ck_assert(!desk_event(d, EP_EVENT_CONFIRMED));
  desk_free(d);
}
END_TEST

START_TEST(v2_receives) {
  desk *d = fresh();
  desk_join2(d, "e1", 0);
  tell_down(d, 0, "u-0");
  see_nothing(d); /* EP-RECV-8: nobody has it yet */
  ck_assert(desk_event(d, EP_EVENT_MESSAGE));
  ck_assert(bytes_are(d->event.client_id, "bob"));
  ck_assert(bytes_are(d->event.json, "\"hi\""));
  ck_assert(bytes_are(d->event.to_json, "\"ada\""));
  ck_assert(bytes_are(d->event.uid, "u-0"));
  ck_assert_uint_eq(d->event.from_id, 3);
  see_nothing(d);
  tell_down(d, 1, "u-1");
  tell(d, "{'action':'message.receipt','payload':{'id':2,'of':1,'uid':'x','by':'bob','left':4,'missed':2}}");
  tell(d, "{'action':'error','payload':{'code':'bad-to','reason':'No.','of':2,'uid':'y','id':3}}");
  ck_assert(desk_event(d, EP_EVENT_MESSAGE));
  ck_assert(desk_event(d, EP_EVENT_RECEIPT));
  ck_assert(bytes_are(d->event.client_id, "bob"));
  ck_assert_uint_eq(d->event.count, 4);
  ck_assert_uint_eq(d->event.missed, 2);
  ck_assert(desk_event(d, EP_EVENT_REFUSED));
  ck_assert_str_eq(d->event.code, "bad-to");
  see(d, "{'action':'message.confirm','payload':2}");
  desk_no_event(d);
  see(d, "{'action':'message.confirm','payload':3}");
  tell_down(d, 1, "u-1"); /* EP-RECV-2 */
  see(d, "{'action':'message.confirm','payload':3}");
  desk_no_event(d);
  desk_free(d);
}
END_TEST

START_TEST(v2_holds) {
  desk *d = fresh();
  desk_join2(d, "e1", 0);
  tell_down(d, 2, "u-2");
  see(d, "{'action':'message.retry','payload':0}");
  tell_down(d, 1, "u-1");
  see_nothing(d);
  pull(d);
  tell_down(d, 0, "u-0");
  for (unsigned i = 0; i < 3; i++) {
    ck_assert(desk_event(d, EP_EVENT_MESSAGE));
    ck_assert_uint_eq(d->event.id, i);
  }
  desk_no_event(d);
  see(d, "{'action':'message.confirm','payload':2}");
  desk_free(d);
}
END_TEST

START_TEST(v2_window) {
  desk *d = fresh();
  desk_join2(d, "e1", 0);
  for (int i = 0; i < 6; i++) desk_send(d, "bob", "1", NULL);
  for (unsigned i = 0; i < 4; i++) see_up(d, i, "1");
  see_nothing(d); /* EP-SEND-9 */
  tell(d, "{'action':'message.confirm','payload':0}");
  see_up(d, 4, "1");
  see_nothing(d);
  tell(d, "{'action':'message.retry','payload':2}");
  see_up(d, 2, "1");
  tell(d, "{'action':'message.retry','payload':5}");
  see(d, "{'action':'error','payload':{'code':'unknown-id','reason':'There is no unconfirmed item "
         "with this id.'}}");
  desk_free(d);
}
END_TEST

START_TEST(v2_resumes) {
  desk *d = fresh();
  desk_join2(d, "e1", 0);
  for (int i = 0; i < 3; i++) desk_send(d, "bob", "1", NULL);
  tell_down(d, 0, "u-0");
  tell_down(d, 1, "u-1");
  ck_assert(desk_event(d, EP_EVENT_MESSAGE));
  ck_assert(desk_event(d, EP_EVENT_MESSAGE)); /* the first is taken, the second not */
  see_all(d);
  ep_client_closed(d->client, d->now);
  desk_pass(d, 500);
  ck_assert_int_eq(ep_client_wants(d->client), EP_WANT_OPEN);
  ep_client_opened(d->client, d->now);
  see_auth2(d, ",'epoch':'e1','expect':1,'window':4096}");
  tell1(d, "{'action':'auth','payload':true,'version':2,'epoch':'e1','expect':2,'window':4}");
  see_up(d, 2, "1");
  see_nothing(d);
  tell_down(d, 1, "u-1");
  see(d, "{'action':'message.confirm','payload':0}");
  pull(d);
  see(d, "{'action':'message.confirm','payload':1}");
  ck_assert_uint_eq(ep_client_unconfirmed(d->client), 1);
  desk_free(d);
}
END_TEST

START_TEST(v2_other_epoch) {
  desk *d = fresh();
  ep_client_update_session(d->client, EP_LITERAL("{\"a\":0}"), d->now);
  ep_client_update_session(d->client, EP_LITERAL("{\"a\":1}"), d->now); /* takes its place */
  desk_send(d, "bob", "1", NULL);
  desk_send(d, "bob", "2", NULL);
  desk_join2(d, "e1", 0);
  see(d, "{'action':'session.update','payload':{'a':1},'id':0}");
  see_up(d, 1, "1");
  see_up(d, 2, "2");
  tell(d, "{'action':'message.confirm','payload':1}");
  tell_down(d, 0, "u-0");
  ck_assert(desk_event(d, EP_EVENT_MESSAGE));
  for (int again = 0; again < 3; again++) { /* EP-LOST-2, EP-LOST-3: once in front, not twice */
    ep_client_closed(d->client, d->now);
    desk_pass(d, 5000);
    ep_client_opened(d->client, d->now);
    see_all(d);
    char reply[128];
    snprintf(reply, sizeof reply,
             "{'action':'auth','payload':false,'version':2,'epoch':'f%d','expect':0}", again);
    tell1(d, reply);
    see(d, "{'action':'session.update','payload':{'a':1},'id':0}");
    see_up(d, 1, "2");
    see_nothing(d);
  }
  pull(d);
  see_nothing(d); /* the message is of the old numbering */
  tell_down(d, 0, "u-0"); /* EP-RECV-9: known, whatever its number */
  see(d, "{'action':'message.confirm','payload':0}");
  desk_no_event(d);
  desk_free(d);
}
END_TEST

START_TEST(v2_broken_servers) {
  desk *d = fresh();
  char instance[32];
  desk_join2(d, "e1", 0);
  desk_send(d, "bob", "1", NULL);
  see_all(d);
  ep_client_closed(d->client, d->now);
  desk_pass(d, 5000);
  ep_client_opened(d->client, d->now);
  tell1(d, "{'action':'auth','payload':true,'version':2,'epoch':'e1','expect':2}");
  ck_assert_int_eq(ep_client_wants(d->client), EP_WANT_CLOSE);
  ck_assert(desk_event(d, EP_EVENT_ERROR));
  ck_assert(!d->event.final);
  ck_assert(ep_client_in(d->client, EP_CLIENT_WAITING));
  strcpy(instance, d->client->instance);
  desk_pass(d, 5000);
  ep_client_opened(d->client, d->now);
  tell1(d, "{'action':'auth','payload':true,'version':2,'epoch':'e2','expect':3}");
  ck_assert(ep_client_in(d->client, EP_CLIENT_WAITING));
  ck_assert_str_ne(instance, d->client->instance);
  desk_pass(d, 5000);
  ep_client_opened(d->client, d->now);
  see_auth2(d, ",'expect':0,'window':4096}");
  tell1(d, "{'action':'auth','payload':true,'version':2,'epoch':'e2','expect':0}");
  see_up(d, 0, "1");
  desk_free(d);
}
END_TEST

START_TEST(v2_time) {
  desk *d = fresh();
  desk_join2(d, "e1", 0);
  desk_pass(d, EP_TIMER_PING_MS);
  see(d, "{'action':'ping'}");
  tell(d, "{'action':'pong'}");
  tell(d, "{'action':'ping','payload':{'x':1}}");
  see(d, "{'action':'pong','payload':{'x':1}}");
  ck_assert(!desk_event(d, EP_EVENT_PONG));
  ck_assert_int_eq(ep_client_ping(d->client, d->now), EP_OK);
  char pong[64];
  snprintf(pong, sizeof pong, "{'action':'pong','payload':%u}", (unsigned)d->now);
  see_all(d);
  d->now += 17;
  tell(d, pong);
  ck_assert(desk_event(d, EP_EVENT_PONG));
  ck_assert_uint_eq(d->event.count, 17);
  desk_pass(d, EP_TIMER_PING_MS);
  see(d, "{'action':'ping'}");
  desk_pass(d, EP_TIMER_IDLE_MS - EP_TIMER_PING_MS);
  ck_assert_int_eq(ep_client_wants(d->client), EP_WANT_CLOSE);
  ck_assert_ptr_nonnull(strstr(desk_frame(d), "\"ping\""));
  ck_assert_ptr_nonnull(strstr(desk_frame(d), "\"idle\""));
  ck_assert(desk_event(d, EP_EVENT_DISCONNECTED));
  desk_free(d);
}
END_TEST

START_TEST(v2_errors) {
  desk *d = fresh();
  desk_join2(d, "e1", 0);
  tell(d, "{'action':'message.recall'}");
  ck_assert_ptr_nonnull(strstr(desk_frame(d), "\"unknown-action\""));
  tell(d, "{'action':'message.confirm','payload':-1}");
  ck_assert_ptr_nonnull(strstr(desk_frame(d), "\"bad-message\""));
  tell(d, "{'action':'message.new','payload':{'from':'b','to':'ada','uid':'u'}}");
  ck_assert_ptr_nonnull(strstr(desk_frame(d), "\"bad-message\""));
  tell(d, "{'action':'error','payload':{'code':'brand-new'}}");
  ck_assert(desk_event(d, EP_EVENT_ERROR));
  ck_assert(bytes_are(d->event.reason, "brand-new"));
  see_nothing(d);
  tell(d, "{'action':'ping',}");
  ck_assert_ptr_nonnull(strstr(desk_frame(d), "\"malformed\""));
  ck_assert_int_eq(ep_client_wants(d->client), EP_WANT_CLOSE);
  desk_pass(d, 5000);
  ep_client_opened(d->client, d->now);
  tell(d, "{'action':'error','payload':{'code':'replaced','reason':'Gone.'}}");
  ck_assert(desk_event(d, EP_EVENT_ERROR));
  ck_assert(d->event.final);
  ck_assert_str_eq(d->event.code, "replaced");
  ck_assert(ep_client_in(d->client, EP_CLIENT_IDLE));
  ck_assert_uint_eq(ep_client_deadline(d->client), UINT64_MAX);
  desk_free(d);
}
END_TEST

START_TEST(v2_says_bye) {
  desk *d = fresh();
  desk_join2(d, "e1", 0);
  desk_send(d, "bob", "1", NULL);
  ep_client_disconnect(d->client, d->now);
  ck_assert_int_eq(ep_client_wants(d->client), EP_WANT_CLOSE);
  see(d, "{'action':'bye'}");
  see_nothing(d);
  ck_assert_uint_eq(ep_client_unconfirmed(d->client), 1);
  desk_join2(d, "e1", 0);
  see_up(d, 0, "1");
  tell(d, "{'action':'bye','payload':'later'}");
  ck_assert(desk_event(d, EP_EVENT_DISCONNECTED)); /* of the first connection */
  ck_assert(desk_event(d, EP_EVENT_DISCONNECTED));
  ck_assert(bytes_are(d->event.reason, "later"));
  desk_free(d);
}
END_TEST

START_TEST(v2_presence) {
  desk *d = fresh();
  ck_assert_int_eq(ep_client_list(d->client, EP_NOTHING, d->now), EP_WRONG_STATE);
  ck_assert_int_eq(ep_client_ping(d->client, d->now), EP_WRONG_STATE);
  desk_join2(d, "e1", 0);
  ck_assert_int_eq(ep_client_list(d->client, EP_LITERAL("[]"), d->now), EP_INVALID_ARGUMENT);
  ck_assert_int_eq(ep_client_list(d->client, EP_LITERAL("{\"a\":1}"), d->now), EP_OK);
  ck_assert_int_eq(ep_client_list(d->client, EP_NOTHING, d->now), EP_OK);
  see(d, "{'action':'clients.list','payload':{'a':1}}");
  see(d, "{'action':'clients.list','payload':''}");
  tell(d, "{'action':'clients.list','payload':[],'more':2}");
  ck_assert(desk_event(d, EP_EVENT_CLIENTS_LIST));
  ck_assert_uint_eq(d->event.count, 2);
  tell(d, "{'action':'client.connect','payload':'x','session':{'b':2}}");
  ck_assert(desk_event(d, EP_EVENT_CLIENT_CONNECT));
  ck_assert(bytes_are(d->event.json, "{\"b\":2}"));
  for (int i = 0; i < EP_CLIENT_SMALL_EVENTS + 3; i++) tell(d, "{'action':'client.disconnect','payload':'x'}");
  see_nothing(d);
  pull(d);
  see(d, "{'action':'clients.list','payload':''}"); /* three were left out */
  pull(d);
  see_nothing(d);
  desk_free(d);
}
END_TEST

/* ---- EP/1 ---- */

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

START_TEST(v1_fallback) {
  char uid[37], text[128];
  desk *d = fresh();
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
  see_nothing(d); /* EP-COMPAT-2 */
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
  desk *d = fresh();
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
  desk *d = fresh();
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
  desk *d = fresh();
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

START_TEST(v1_receives) {
  desk *d = fresh();
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
  desk *d = fresh();
  desk_join1(d, "false");
  see_all(d);
  tell_down(d, 1, "u-1");
  tell_down(d, 4, "u-4");
  pull(d);
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

START_TEST(v1_known_from_before) {
  desk *d = fresh();
  desk_join1(d, "true"); /* another run of this client was there */
  tell_down(d, 57, "u-57");
  ck_assert(desk_event(d, EP_EVENT_MESSAGE));
  tell_down(d, 58, "u-58");
  ck_assert(desk_event(d, EP_EVENT_MESSAGE));
  desk_free(d);
}
END_TEST

/* ---- The application, and time ---- */

START_TEST(arguments) {
  desk *d = desk_new();
  d->config.outbox = 3;
  desk_begin(d);
  static const char *const bad_payloads[] = {"{", "1 2", "1,\"to\":\"x\"", "1}}\f{", "nul", "\"\x01\"",
                                             "1,\"payload\":2", "\"\xff\"", "// x"};
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
  char *large = malloc(EP_LIMIT_SESSION + 16);
  memset(large, ' ', EP_LIMIT_SESSION + 16);
  large[0] = '{';
  large[EP_LIMIT_SESSION + 15] = '}';
  ck_assert_int_eq(ep_client_update_session(d->client, ep_bytes_of(large, EP_LIMIT_SESSION + 16), 0),
                   EP_INVALID_ARGUMENT);
  free(large);
  for (int i = 0; i < 3; i++) ck_assert_int_eq(desk_send(d, "bob", "", NULL), EP_OK);
  ck_assert_int_eq(desk_send(d, "bob", "1", NULL), EP_FULL);
  desk_join2(d, "e1", 0);
  see_all(d);
  tell(d, "{'action':'message.confirm','payload':2}");
  ck_assert_int_eq(desk_send(d, "bob", "1", NULL), EP_FULL); /* until the events are looked at */
  pull(d);
  ck_assert_int_eq(desk_send(d, "bob", "1", NULL), EP_OK);
  desk_free(d);
}
END_TEST

START_TEST(configurations) {
  desk *d = desk_new();
  ep_client *client;
  char name[EP_LIMIT_CLIENT_ID + 2];
  memset(name, 'x', sizeof name);
  name[sizeof name - 1] = 0;
  d->config.client_id = name;
  ck_assert_int_eq(ep_client_new(&client, &d->config), EP_INVALID_ARGUMENT);
  d->config.client_id = "ada";
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

START_TEST(reconnects) {
  desk *d = fresh();
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
  ep_client_opened(d->client, d->now);
  desk_pass(d, EP_TIMER_AUTH_MS); /* EP-AUTH-4: no answer */
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

/* Inputs that can only come at their time are given to the machine itself. */
static void give(desk *d, unsigned input, unsigned variant) {
  ep_message message = {.action = EP_ACTION_ERROR, .version = variant == 0 ? 1 : 2};
  ep_client_data data = {.message = &message, .why = EP_ERROR_BAD_MESSAGE};
  message.code = variant == 1 ? EP_ERROR_REPLACED : EP_ERROR_IDLE;
  message.has = variant == 2 ? EP_HAS_ID : 0;
  message.epoch = EP_LITERAL("e1");
  if (input == EP_CLIENT_IN_MESSAGE_RETRY) {
    message.has = EP_HAS_ID;
    message.id = variant == 0 ? 0 : 9;
  }
  if (input == EP_CLIENT_IN_MESSAGE_NEW || input == EP_CLIENT_IN_MESSAGE_RECEIPT) {
    message.has = EP_HAS_ID;
  }
  ep_client_step(d->client, (enum ep_client_input)input, &data);
}

static bool holds(const char *guard, unsigned input, unsigned variant, unsigned max_version) {
  if (strcmp(guard, "asked_v2") == 0) return max_version == 2;
  if (strcmp(guard, "is_final") == 0) return variant == 1;
  if (strcmp(guard, "has_id") == 0) return variant == 2;
  if (strcmp(guard, "is_unconfirmed") == 0) return variant == 0;
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
      for (unsigned variant = 0; variant < 3; variant++) {
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

void add_client_faults(TCase *tcase); /* test_client_faults.c */

Suite *ep_suite_client(void) {
  Suite *suite = suite_create("client");
  TCase *v2 = tcase_create("EP/2"), *v1 = tcase_create("EP/1"), *core = tcase_create("core");
  TCase *faults = tcase_create("faults");
  tcase_add_test(v2, v2_joins);
  tcase_add_test(v2, v2_sends_and_is_confirmed);
  tcase_add_test(v2, v2_receives);
  tcase_add_test(v2, v2_holds);
  tcase_add_test(v2, v2_window);
  tcase_add_test(v2, v2_resumes);
  tcase_add_test(v2, v2_other_epoch);
  tcase_add_test(v2, v2_broken_servers);
  tcase_add_test(v2, v2_time);
  tcase_add_test(v2, v2_errors);
  tcase_add_test(v2, v2_says_bye);
  tcase_add_test(v2, v2_presence);
  tcase_add_test(v1, v1_joins);
  tcase_add_test(v1, v1_fallback);
  tcase_add_test(v1, v1_repeats);
  tcase_add_test(v1, v1_many_runs);
  tcase_add_test(v1, v1_loses_its_server);
  tcase_add_test(v1, v1_receives);
  tcase_add_test(v1, v1_gap);
  tcase_add_test(v1, v1_known_from_before);
  tcase_add_test(core, arguments);
  tcase_add_test(core, configurations);
  tcase_add_test(core, reconnects);
  tcase_add_test(core, every_row);
  add_client_faults(faults);
  tcase_set_timeout(faults, 60);
  suite_add_tcase(suite, v2);
  suite_add_tcase(suite, v1);
  suite_add_tcase(suite, core);
  suite_add_tcase(suite, faults);
  return suite;
}
