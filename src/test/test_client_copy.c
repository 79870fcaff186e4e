/* The client core, driven with bytes: a state that was brought back from an old copy (EP-LOST-6,
 * EP-LOST-10, EP-LOST-11).
 * Read first: test_client.h. */
#include "test/test_client.h"

/* A durable client that has had messages 0 and 1, and is known to have them. */
static desk *desk_kept(void) {
  desk *d = desk_new();
  d->config.durable = true;
  desk_begin(d);
  desk_join2(d, "e1", 0);
  tell_down(d, 0, "u-0");
  tell_down(d, 1, "u-1");
  take_all(d);
  see(d, "{'action':'message.confirm','payload':1}");
  return d;
}

/* The program ends, and begins with what is stored; it resumes as far as that goes. */
static void come_back(desk *d, unsigned expect) {
  ck_assert(desk_restart(d));
  desk_join2(d, "e1", expect);
}

/* It has left the connection, and greets the next as one that knows nothing. */
static void see_new_life(desk *d, const char *instance) {
  ck_assert_int_eq(ep_client_wants(d->client), EP_WANT_CLOSE);
  ck_assert(ep_client_in(d->client, EP_CLIENT_WAITING));
  ck_assert_str_ne(d->client->instance, instance);
  desk_pass(d, EP_TIMER_RECONNECT_MS);
  ck_assert_int_eq(ep_client_wants(d->client), EP_WANT_OPEN);
  ep_client_opened(d->client, d->now);
  see_auth2(d, ",'expect':0,'window':4096}");
}

static const char *welcome =
    "{'action':'auth','payload':true,'version':2,'epoch':'e1','expect':0,'window':4}";

/* EP-LOST-10: told, with what it sends kept, and what the server still has taken. */
START_TEST(copy_expects_what_is_gone) {
  char instance[EP_LIMIT_NAME + 1];
  desk *d = desk_kept();
  desk_send(d, "bob", "7", NULL);
  desk_commit(d);
  come_back(d, 0);
  strcpy(instance, d->client->instance);
  see_up(d, 0, "7");
  tell_down(d, 5, "u-5"); /* 2, 3 and 4 were confirmed in the life that is forgotten */
  see(d, "{'action':'message.retry','payload':2}");
  tell(d, "{'action':'error','payload':{'code':'unknown-id','reason':'r','of':3}}");
  tell(d, "{'action':'error','payload':{'code':'idle','reason':'r','of':2}}");
  tell(d, "{'action':'error','payload':{'code':'unknown-id','reason':'r'}}");
  ck_assert(ep_client_authenticated(d->client));
  tell(d, "{'action':'error','payload':{'code':'unknown-id','reason':'r','of':2}}");
  ck_assert(desk_event(d, EP_EVENT_LOST));
  ck_assert_uint_eq(d->event.id, 2);
  ck_assert_uint_eq(d->event.count, 3);
  ck_assert(desk_event(d, EP_EVENT_DISCONNECTED));
  see_new_life(d, instance);
  tell1(d, welcome);
  see_up(d, 0, "7"); /* EP-LOST-5 */
  tell_down(d, 0, "u-5");
  ck_assert(desk_event(d, EP_EVENT_MESSAGE));
  ck_assert(bytes_are(d->event.uid, "u-5"));
  desk_no_event(d);
  see(d, "{'action':'message.confirm','payload':0}");
  desk_free(d);
}
END_TEST

/* EP-LOST-10: nothing could be held, so that only one is certain. */
START_TEST(copy_holds_nothing) {
  desk *d = desk_kept();
  come_back(d, 0);
  tell(d, "{'action':'error','payload':{'code':'unknown-id','reason':'r','of':2}}");
  ck_assert(desk_event(d, EP_EVENT_LOST));
  ck_assert_uint_eq(d->event.id, 2);
  ck_assert_uint_eq(d->event.count, 1);
  ck_assert(ep_client_in(d->client, EP_CLIENT_WAITING));
  desk_free(d);
}
END_TEST

/* EP-LOST-10: what the life before has stored of the new instance is gone on with. */
START_TEST(copy_is_killed) {
  char instance[EP_LIMIT_NAME + 1];
  desk *d = desk_kept();
  come_back(d, 0);
  tell(d, "{'action':'error','payload':{'code':'unknown-id','reason':'r','of':2}}");
  desk_commit(d);
  strcpy(instance, d->client->instance);
  ck_assert(desk_restart(d));
  ck_assert_str_eq(d->client->instance, instance);
  desk_open(d);
  see_auth2(d, ",'expect':0,'window':4096}");
  desk_free(d);
}
END_TEST

/* EP-LOST-11: the server numbers for a later instance, from 0. */
START_TEST(copy_of_another_instance) {
  char instance[EP_LIMIT_NAME + 1];
  desk *d = desk_kept();
  come_back(d, 0);
  strcpy(instance, d->client->instance);
  tell_down(d, 1, "v-1");
  ck_assert(!desk_event(d, EP_EVENT_MESSAGE));
  see_new_life(d, instance);
  tell1(d, welcome);
  tell_down(d, 0, "v-0");
  tell_down(d, 1, "v-1");
  ck_assert(desk_event(d, EP_EVENT_MESSAGE));
  ck_assert(bytes_are(d->event.uid, "v-0"));
  ck_assert(desk_event(d, EP_EVENT_MESSAGE));
  ck_assert(bytes_are(d->event.uid, "v-1"));
  desk_free(d);
}
END_TEST

/* EP-LOST-11: another epoch has numbers of its own. */
START_TEST(another_epoch_begins_at_0) {
  desk *d = desk_kept();
  ck_assert(desk_restart(d));
  desk_join2(d, "e2", 0);
  tell_down(d, 0, "v-0");
  ck_assert(desk_event(d, EP_EVENT_MESSAGE));
  ck_assert(ep_client_authenticated(d->client));
  desk_free(d);
}
END_TEST

/* EP-LOST-6: the server has items 0 and 1 from a life that this one knows nothing of; the two that
 * wait here are not they. */
START_TEST(copy_never_wrote_that) {
  char instance[EP_LIMIT_NAME + 1];
  desk *d = desk_kept();
  ck_assert(desk_restart(d));
  strcpy(instance, d->client->instance);
  desk_send(d, "bob", "7", NULL);
  desk_send(d, "bob", "8", NULL);
  desk_open(d);
  see_all(d);
  tell1(d, "{'action':'auth','payload':true,'version':2,'epoch':'e1','expect':2,'window':4}");
  ck_assert(!desk_event(d, EP_EVENT_CONFIRMED));
  see_new_life(d, instance);
  tell1(d, welcome);
  see_up(d, 0, "7");
  see_up(d, 1, "8");
  ck_assert_uint_eq(ep_client_unconfirmed(d->client), 2);
  desk_free(d);
}
END_TEST

void add_client_copy(TCase *tcase) {
  tcase_add_test(tcase, copy_expects_what_is_gone);
  tcase_add_test(tcase, copy_holds_nothing);
  tcase_add_test(tcase, copy_is_killed);
  tcase_add_test(tcase, copy_of_another_instance);
  tcase_add_test(tcase, another_epoch_begins_at_0);
  tcase_add_test(tcase, copy_never_wrote_that);
}
