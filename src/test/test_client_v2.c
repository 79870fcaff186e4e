/* The client core, driven with bytes: EP/2.
 * Read first: test_client.h. */
#include "test/test_client.h"

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
  desk *d = desk_fresh();
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
  desk *d = desk_fresh();
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
  tell(d,
       "{'action':'message.receipt','payload':{'id':2,'of':1,'uid':'x','by':'bob','left':4,'missed'"
       ":2}}");
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
  desk *d = desk_fresh();
  desk_join2(d, "e1", 0);
  tell_down(d, 2, "u-2");
  see(d, "{'action':'message.retry','payload':0}");
  tell_down(d, 1, "u-1");
  see_nothing(d);
  take_all(d);
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

/* EP-LOST-9: refused, its confirm lost, then the server's state: it is not sent again. */
START_TEST(v2_refused_is_not_sent_again) {
  char uid[37], text[400];
  desk *d = desk_new();
  d->config.durable = true;
  desk_begin(d);
  desk_join2(d, "e1", 0);
  desk_send(d, "bob", "0", NULL);
  desk_send(d, "bob", "1", uid);
  desk_send(d, "bob", "2", NULL);
  desk_commit(d);
  see_all(d);
  snprintf(text, sizeof text,
           "{'action':'error','payload':{'code':'parked-full','reason':'r','of':1,'uid':'%s',"
           "'id':0}}",
           uid);
  tell(d, text);
  ck_assert(desk_event(d, EP_EVENT_REFUSED));
  ck_assert(bytes_are(d->event.uid, uid));
  desk_commit(d);
  ck_assert(desk_restart(d));
  desk_open(d);
  see_all(d);
  tell1(d, "{'action':'auth','payload':false,'version':2,'epoch':'e2','expect':0}");
  desk_commit(d);
  see_up(d, 0, "0");
  see_up(d, 1, "2");
  see_nothing(d);
  desk_free(d);
}
END_TEST

START_TEST(v2_window) {
  desk *d = desk_fresh();
  desk_join2(d, "e1", 0);
  for (int i = 0; i < 6; i++) desk_send(d, "bob", "1", NULL);
  for (unsigned i = 0; i < 4; i++) see_up(d, i, "1");
  see_nothing(d); /* EP-SEND-9 */
  tell(d, "{'action':'message.confirm','payload':0}");
  see_up(d, 4, "1");
  see_nothing(d);
  tell(d, "{'action':'message.retry','payload':2}");
  see_up(d, 2, "1");
  tell(d, "{'action':'message.retry','payload':5}"); /* EP-SEND-6: it comes in its turn */
  see_nothing(d);
  tell(d, "{'action':'message.retry','payload':6}");
  see(d,
      "{'action':'error','payload':{'code':'unknown-id','reason':'There is no unconfirmed item "
      "with this id.','of':6}}");
  tell(d, "{'action':'message.confirm','payload':6}");
  ck_assert_uint_eq(ep_client_unconfirmed(d->client), 5);
  tell(d, "{'action':'message.confirm','payload':5}"); /* EP-SEND-4: written or not */
  ck_assert_uint_eq(ep_client_unconfirmed(d->client), 0);
  desk_free(d);
}
END_TEST

START_TEST(v2_resumes) {
  desk *d = desk_fresh();
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
  take_all(d);
  see(d, "{'action':'message.confirm','payload':1}");
  ck_assert_uint_eq(ep_client_unconfirmed(d->client), 1);
  desk_free(d);
}
END_TEST

/* EP-G6-1, EP-LOST-2: what was written is not replaced, also when items before it have left. */
START_TEST(v2_written_session_stays) {
  char uid[37], refusal[160];
  desk *d = desk_fresh();
  desk_join2(d, "e1", 0);
  desk_send(d, "bob", "1", uid);
  ep_client_update_session(d->client, EP_LITERAL("{\"a\":1}"), d->now);
  see_up(d, 0, "1");
  see(d, "{'action':'session.update','payload':{'a':1},'id':1}");
  for (int again = 0; again < 2; again++) {
    char reply[128];
    ep_client_closed(d->client, d->now);
    desk_pass(d, 5000);
    ep_client_opened(d->client, d->now);
    see_all(d);
    snprintf(reply, sizeof reply,
             "{'action':'auth','payload':true,'version':2,'epoch':'f%d','expect':0}", again);
    tell1(d, reply);
    if (again == 0) { /* the second time the message is left out: EP-LOST-9 */
      see_up(d, 0, "1");
      snprintf(refusal, sizeof refusal,
               "{'action':'error','payload':{'code':'parked-full','reason':'r','of':0,'uid':'%s',"
               "'id':0}}",
               uid);
      tell(d, refusal);
    }
  }
  ep_client_update_session(d->client, EP_LITERAL("{\"a\":2}"), d->now);
  ep_client_update_session(d->client, EP_LITERAL("{\"a\":3}"), d->now); /* takes its place */
  see(d, "{'action':'session.update','payload':{'a':1},'id':0}");
  see(d, "{'action':'session.update','payload':{'a':3},'id':1}");
  see_nothing(d);
  desk_free(d);
}
END_TEST

START_TEST(v2_other_epoch) {
  desk *d = desk_fresh();
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
  take_all(d);
  see_nothing(d);         /* the message is of the old numbering */
  tell_down(d, 0, "u-0"); /* EP-RECV-9: known, whatever its number */
  see(d, "{'action':'message.confirm','payload':0}");
  desk_no_event(d);
  desk_free(d);
}
END_TEST

/* EP-LOST-6 */
START_TEST(v2_broken_servers) {
  desk *d = desk_fresh();
  char instance[32];
  desk_join2(d, "e1", 0);
  desk_send(d, "bob", "1", NULL);
  see_all(d);
  ep_client_closed(d->client, d->now);
  desk_pass(d, 5000);
  ep_client_opened(d->client, d->now);
  tell1(d, "{'action':'auth','payload':true,'version':2,'epoch':'e1','expect':2}");
  ck_assert_int_eq(ep_client_wants(d->client), EP_WANT_CLOSE);
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

/* From now on the server says nothing. */
static void see_silence(desk *d) {
  for (int i = 0; i < 2; i++) { /* EP-TIME-2 */
    desk_pass(d, EP_TIMER_PING_MS - 1);
    see_nothing(d);
    desk_pass(d, 1);
    see(d, "{'action':'ping'}");
  }
  desk_pass(d, EP_TIMER_IDLE_MS - 2 * EP_TIMER_PING_MS - 1); /* EP-TIME-3 */
  see_nothing(d);
  ck_assert_int_eq(ep_client_wants(d->client), EP_WANT_NOTHING);
  desk_pass(d, 1);
  ck_assert_int_eq(ep_client_wants(d->client), EP_WANT_CLOSE);
  ck_assert_ptr_nonnull(strstr(desk_frame(d), "\"idle\""));
  ck_assert(desk_event(d, EP_EVENT_DISCONNECTED));
}

START_TEST(v2_time) {
  desk *d = desk_fresh();
  desk_join2(d, "e1", 0);
  see_silence(d); /* since it took us */
  desk_free(d);
  d = desk_fresh();
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
  see_silence(d);
  desk_free(d);
}
END_TEST

/* EP-CLI-4, EP-ERR-1, EP-ERR-2 */
START_TEST(v2_errors) {
  desk *d = desk_fresh();
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
  desk *d = desk_fresh();
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
  desk *d = desk_fresh();
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
  for (int i = 0; i < EP_CLIENT_SMALL_EVENTS + 3; i++)
    tell(d, "{'action':'client.disconnect','payload':'x'}");
  see_nothing(d);
  take_all(d);
  see(d, "{'action':'clients.list','payload':''}"); /* three were left out */
  take_all(d);
  see_nothing(d);
  desk_free(d);
}
END_TEST

void add_client_v2(TCase *tcase) {
  tcase_add_test(tcase, v2_joins);
  tcase_add_test(tcase, v2_sends_and_is_confirmed);
  tcase_add_test(tcase, v2_receives);
  tcase_add_test(tcase, v2_holds);
  tcase_add_test(tcase, v2_refused_is_not_sent_again);
  tcase_add_test(tcase, v2_window);
  tcase_add_test(tcase, v2_resumes);
  tcase_add_test(tcase, v2_written_session_stays);
  tcase_add_test(tcase, v2_other_epoch);
  tcase_add_test(tcase, v2_broken_servers);
  tcase_add_test(tcase, v2_time);
  tcase_add_test(tcase, v2_errors);
  tcase_add_test(tcase, v2_says_bye);
  tcase_add_test(tcase, v2_presence);
}
