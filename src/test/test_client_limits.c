/* The client core, driven with bytes: limits, the server's and its own.
 * Read first: test_client.h, test_client_v2.c, spec/protocol.md chapter 14. */
#include "test/test_client.h"

/* EP-LIM-8 */
START_TEST(v2_frame_limit) {
  desk *d = desk_fresh();
  ep_client_connect(d->client, d->now);
  ep_client_opened(d->client, d->now);
  tell1(d,
        "{'action':'auth','payload':true,'version':2,'epoch':'e1','expect':0,'limits':{'depth':256,"
        "'frame':300}}");
  char payload[302];
  memset(payload, 'x', sizeof payload);
  payload[0] = payload[sizeof payload - 1] = '"';
  ep_send send = {.to = "bob", .payload_json = ep_bytes_of(payload, sizeof payload)};
  ck_assert_int_eq(ep_client_send(d->client, &send, NULL, d->now), EP_INVALID_ARGUMENT);
  ck_assert_uint_eq(ep_client_unconfirmed(d->client), 0);
  send.payload_json = EP_LITERAL("1");
  ck_assert_int_eq(ep_client_send(d->client, &send, NULL, d->now), EP_OK);
  desk_free(d);
}
END_TEST

static const char small_server[] =
    "{'action':'auth','payload':true,'version':2,'epoch':'e1','expect':%s,'limits':{'frame':200}}";

static void join_small_server(desk *d, const char *expect) {
  char reply[sizeof small_server + 8];
  snprintf(reply, sizeof reply, small_server, expect);
  desk_open(d);
  see_all(d);
  tell1(d, reply);
  desk_commit(d);
}

/* EP-LIM-9: what was queued for a server that takes less is refused, what follows closes up. */
START_TEST(v2_too_large_for_this_server) {
  char large[202], uid[37];
  memset(large, '7', sizeof large - 1);
  large[sizeof large - 1] = '\0';
  desk *d = desk_new();
  d->config.durable = true;
  desk_begin(d);
  desk_send(d, "bob", "1", NULL);
  desk_send(d, "bob", large, uid);
  desk_send(d, "bob", "2", NULL);
  desk_send(d, "bob", large, NULL);
  desk_commit(d);
  join_small_server(d, "0");
  ck_assert(desk_event(d, EP_EVENT_REFUSED));
  ck_assert(bytes_are(d->event.uid, uid));
  ck_assert_str_eq(d->event.code, "too-large");
  ck_assert(desk_event(d, EP_EVENT_REFUSED));
  ck_assert(!desk_event(d, EP_EVENT_REFUSED));
  see_up(d, 0, "1");
  see_up(d, 1, "2");
  see_nothing(d);
  ck_assert(desk_restart(d)); /* and so it stays; the server has taken one */
  ck_assert_uint_eq(ep_client_unconfirmed(d->client), 2);
  join_small_server(d, "1");
  ck_assert(desk_event(d, EP_EVENT_CONFIRMED));
  see_up(d, 1, "2");
  desk_send(d, "bob", "3", NULL);
  desk_commit(d);
  see_up(d, 2, "3");
  ck_assert(!desk_event(d, EP_EVENT_REFUSED));
  desk_free(d);
}
END_TEST

/* The same where the limit shrinks between two connections, behind what is confirmed. */
START_TEST(v2_server_takes_less_than_before) {
  char large[202];
  memset(large, '7', sizeof large - 1);
  large[sizeof large - 1] = '\0';
  desk *d = desk_fresh();
  desk_join2(d, "e1", 0);
  for (int i = 0; i < 3; i++) desk_send(d, "bob", i == 1 ? large : "1", NULL);
  see_all(d);
  ep_client_closed(d->client, d->now);
  desk_pass(d, EP_TIMER_RECONNECT_MS);
  ep_client_opened(d->client, d->now);
  see_all(d);
  tell1(d,
        "{'action':'auth','payload':true,'version':2,'epoch':'e1','expect':1,'limits':"
        "{'frame':200}}");
  ck_assert(desk_event(d, EP_EVENT_CONFIRMED));
  ck_assert(desk_event(d, EP_EVENT_REFUSED));
  see_up(d, 1, "1");
  see_nothing(d);
  tell(d, "{'action':'message.confirm','payload':1}");
  ck_assert_uint_eq(ep_client_unconfirmed(d->client), 0);
  desk_free(d);
}
END_TEST

/* What the server wrote was refused with `code`, and the application told. */
static void see_refused(desk *d, const char *code) {
  char start[64];
  snprintf(start, sizeof start, "{\"action\":\"error\",\"payload\":{\"code\":\"%s\"", code);
  ck_assert_int_eq(strncmp(desk_frame(d), start, strlen(start)), 0);
  see_nothing(d);
  ck_assert(desk_event(d, EP_EVENT_ERROR));
  ck_assert_str_eq(d->event.code, code);
  ck_assert(!d->event.final);
}

/* EP-LIM-10: nothing is lost, and nobody waits without knowing it. */
START_TEST(v2_over_its_limits) {
  static const char deep[] =
      "{'action':'message.new','payload':{'from':'bob','to':'ada','id':%d,'uid':'u','payload':[[[%s"
      "]]],'fromId':3}}";
  char text[600];
  desk *d = desk_new();
  d->config.depth = 5;
  d->config.frame = 400;
  desk_begin(d);
  desk_join2(d, "e1", 0);
  for (int i = 0; i < 2; i++) { /* each time it comes */
    snprintf(text, sizeof text, deep, 0, "{}");
    tell(d, text);
    see_refused(d, "too-deep");
  }
  snprintf(text, sizeof text, "{'action':'ping','payload':'%0*d'}", 400, 0);
  tell(d, text);
  see_refused(d, "too-large");
  size_t at = (size_t)snprintf(text, sizeof text, "{'action':'ping'");
  for (unsigned i = 0; i < EP_LIMIT_MEMBERS; i++) {
    at += (size_t)snprintf(text + at, sizeof text - at, ",'':0");
  }
  snprintf(text + at, sizeof text - at, "}");
  tell(d, text);
  see_refused(d, "bad-message");
  tell_down(d, 1, "u-1"); /* it waits behind the one that cannot be read */
  see(d, "{'action':'message.retry','payload':0}");
  desk_no_event(d);
  snprintf(text, sizeof text, deep, 0, "0");
  tell(d, text);
  ck_assert(desk_event(d, EP_EVENT_MESSAGE));
  ck_assert(desk_event(d, EP_EVENT_MESSAGE));
  ck_assert(bytes_are(d->event.uid, "u-1"));
  desk_free(d);
}
END_TEST

START_TEST(v2_reads_as_much_as_it_is_told) {
  desk *d = desk_new();
  d->config.depth = EP_JSON_DEPTH_MAX + 1;
  ck_assert_int_eq(ep_client_new(&d->client, &d->config), EP_INVALID_ARGUMENT);
  d->config.depth = 300; /* more than the limit is where nobody says another */
  d->config.frame = EP_FRAME_MOST + 1;
  ck_assert_int_eq(ep_client_new(&d->client, &d->config), EP_INVALID_ARGUMENT);
  d->config.frame = EP_FRAME_MOST;
  desk_begin(d);
  desk_join2(d, "e1", 0);
  char text[800];
  int head = snprintf(text, sizeof text,
                      "{'action':'message.new','payload':{'from':'bob','to':'ada','id':1,'uid':"
                      "'u-1','fromId':3,'payload':");
  memset(text + head, '[', 298);
  memset(text + head + 298, ']', 298);
  memcpy(text + head + 596, "}}", 3);
  tell(d, text); /* held, and read once more */
  tell_down(d, 0, "u-0");
  ck_assert(desk_event(d, EP_EVENT_MESSAGE));
  ck_assert(desk_event(d, EP_EVENT_MESSAGE));
  ck_assert_uint_eq(d->event.json.len, 596);
  desk_free(d);
}
END_TEST

/* A client that has one message, and room in its outbox for `more` bytes behind it. */
static desk *desk_with_room(size_t more) {
  desk *d = desk_new();
  d->config.outbox_bytes = 1; /* one always fits, or nothing could be sent at all */
  desk_begin(d);
  ck_assert_int_eq(desk_send(d, "bob", "1", NULL), EP_OK);
  ck_assert_int_eq(desk_send(d, "bob", "1", NULL), EP_FULL);
  size_t one = d->client->outbox.bytes;
  desk_free(d);
  d = desk_new();
  d->config.outbox_bytes = one + more;
  desk_begin(d);
  ck_assert_int_eq(desk_send(d, "bob", "1", NULL), EP_OK);
  ck_assert_uint_eq(d->client->outbox.bytes, one);
  return d;
}

/* The limit outbox_bytes: one byte less room than a message takes, as much, and one more. */
START_TEST(outbox_has_so_many_bytes) {
  desk *d = desk_with_room(0);
  size_t one = d->client->outbox.bytes;
  ck_assert_int_eq(desk_send(d, "bob", "1", NULL), EP_FULL);
  desk_free(d);
  for (size_t room = one - 1; room <= one + 1; room++) {
    d = desk_with_room(room);
    ck_assert_int_eq(desk_send(d, "bob", "123", NULL), EP_FULL);
    ck_assert_int_eq(desk_send(d, "bob", "12", NULL), room > one ? EP_OK : EP_FULL);
    ck_assert_int_eq(desk_send(d, "bob", "1", NULL), room == one ? EP_OK : EP_FULL);
    ck_assert_uint_eq(ep_client_unconfirmed(d->client), room < one ? 1 : 2);
    desk_join2(d, "e1", 0);
    tell(d, "{'action':'message.confirm','payload':0}"); /* there is room again */
    ck_assert_int_eq(desk_send(d, "bob", "1", NULL), EP_OK);
    ck_assert_int_eq(desk_send(d, "bob", "1", NULL), EP_FULL);
    desk_free(d);
  }
}
END_TEST

/* A session counts as a message does. */
START_TEST(outbox_counts_sessions) {
  desk *d = desk_with_room(20);
  ep_bytes session = EP_LITERAL("{\"room\":7}");
  ck_assert_int_eq(ep_client_update_session(d->client, session, d->now), EP_FULL);
  desk_free(d);
  d = desk_with_room(200);
  size_t before = d->client->outbox.bytes;
  ck_assert_int_eq(ep_client_update_session(d->client, session, d->now), EP_OK);
  ck_assert_uint_gt(d->client->outbox.bytes, before);
  desk_free(d);
}
END_TEST

/* ---- The limit frame, to the byte ---- */

/* A ping whose frame has `len` bytes without its end byte. */
static void tell_ping_of(desk *d, size_t len) {
  static const char start[] = "{\"action\":\"ping\",\"payload\":\"", end[] = "\"}\f";
  char *frame = malloc(len + 1);
  memset(frame, 'x', len);
  memcpy(frame, start, sizeof start - 1);
  memcpy(frame + len + 1 - (sizeof end - 1), end, sizeof end - 1);
  ep_client_receive(d->client, ep_bytes_of(frame, len + 1), d->now);
  free(frame);
}

/* EP-LIM-10 */
START_TEST(frame_is_read_up_to_the_limit) {
  desk *d = desk_new();
  d->config.frame = 400;
  desk_begin(d);
  desk_join2(d, "e1", 0);
  for (size_t len = 399; len <= 401; len++) {
    tell_ping_of(d, len);
    if (len > 400) {
      see_refused(d, "too-large");
    } else {
      ck_assert_uint_eq(strlen(desk_frame(d)), len); /* the pong */
      see_nothing(d);
    }
  }
  tell_ping_of(d, 400);
  ck_assert_uint_eq(strlen(desk_frame(d)), 400);
  desk_free(d);
}
END_TEST

/* What the frame of the only item may be long. */
static uint64_t only_item_most(const desk *d) {
  ck_assert_uint_eq(ep_client_unconfirmed(d->client), 1);
  return ep_client_frame_most(d->client, ep_outbox_at(&d->client->outbox, d->client->outbox.base));
}

static ep_status send_text(desk *d, size_t len) {
  char *payload = malloc(len);
  memset(payload, 'x', len);
  payload[0] = payload[len - 1] = '"';
  ep_send send = {.to = "bob", .payload_json = ep_bytes_of(payload, len)};
  ep_status status = ep_client_send(d->client, &send, NULL, d->now);
  free(payload);
  return status;
}

/* How much longer a message's frame may be than its payload. */
static size_t frame_around_payload(void) {
  desk *d = desk_fresh();
  ck_assert_int_eq(send_text(d, 10), EP_OK);
  size_t around = only_item_most(d) - 10;
  desk_free(d);
  return around;
}

/* The server says which limit it has. */
static void join_server_with_frame(desk *d, size_t frame) {
  char reply[160];
  snprintf(reply, sizeof reply,
           "{'action':'auth','payload':true,'version':2,'epoch':'e1','expect':0,'limits':{'frame':"
           "%zu}}",
           frame);
  desk_open(d);
  see_all(d);
  tell1(d, reply);
}

/* EP-LIM-8: while no server has said otherwise, the default counts. */
START_TEST(item_is_numbered_up_to_the_limit) {
  size_t around = frame_around_payload();
  for (size_t frame = EP_LIMIT_FRAME - 1; frame <= EP_LIMIT_FRAME + 1; frame++) {
    desk *d = desk_fresh();
    bool fits = frame <= EP_LIMIT_FRAME;
    ck_assert_int_eq(send_text(d, frame - around), fits ? EP_OK : EP_INVALID_ARGUMENT);
    ck_assert_uint_eq(ep_client_unconfirmed(d->client), fits ? 1 : 0);
    if (fits) ck_assert_uint_eq(only_item_most(d), frame);
    desk_free(d);
  }
  for (size_t frame = 299; frame <= 301; frame++) {
    desk *d = desk_fresh();
    join_server_with_frame(d, 300);
    ck_assert_int_eq(send_text(d, frame - around), frame <= 300 ? EP_OK : EP_INVALID_ARGUMENT);
    desk_free(d);
  }
}
END_TEST

static ep_status wear(desk *d, size_t len) {
  char session[400];
  ck_assert_uint_lt(len, sizeof session);
  memset(session, ' ', len);
  session[0] = '{';
  session[len - 1] = '}';
  return ep_client_update_session(d->client, ep_bytes_of(session, len), d->now);
}

/* EP-LIM-8, where a session takes the place of one that is not yet written. */
START_TEST(session_in_the_place_of_another) {
  desk *d = desk_fresh();
  ck_assert_int_eq(wear(d, 10), EP_OK);
  size_t around = only_item_most(d) - 10;
  desk_free(d);
  for (size_t frame = 299; frame <= 301; frame++) {
    d = desk_fresh();
    join_server_with_frame(d, 300);
    ck_assert_int_eq(wear(d, 10), EP_OK);
    ck_assert_int_eq(wear(d, frame - around), frame <= 300 ? EP_OK : EP_INVALID_ARGUMENT);
    ck_assert_uint_eq(only_item_most(d), frame <= 300 ? frame : 10 + around);
    desk_free(d);
  }
}
END_TEST

/* The same for the limit outbox_bytes, which the only item may be over. */
START_TEST(session_in_a_full_outbox) {
  desk *d = desk_fresh();
  ck_assert_int_eq(wear(d, 10), EP_OK);
  size_t session = d->client->outbox.bytes;
  desk_free(d);
  d = desk_with_room(session);
  ck_assert_int_eq(wear(d, 10), EP_OK);
  size_t full = d->client->outbox.bytes;
  ck_assert_int_eq(wear(d, 11), EP_FULL);
  ck_assert_int_eq(wear(d, 9), EP_OK);
  ck_assert_uint_eq(d->client->outbox.bytes, full - 1);
  ck_assert_int_eq(wear(d, 10), EP_OK);
  ck_assert_uint_eq(d->client->outbox.bytes, full);
  desk_free(d);
  d = desk_new();
  d->config.outbox_bytes = 1;
  desk_begin(d);
  ck_assert_int_eq(wear(d, 10), EP_OK);
  ck_assert_int_eq(wear(d, 11), EP_OK);
  ck_assert_uint_eq(d->client->outbox.bytes, session + 1);
  desk_free(d);
}
END_TEST

/* EP-LIM-9: what was queued is as long as the server takes, or one byte longer. */
START_TEST(queued_item_is_as_long_as_the_limit) {
  size_t around = frame_around_payload();
  for (size_t frame = 300; frame <= 301; frame++) {
    desk *d = desk_fresh();
    ck_assert_int_eq(send_text(d, frame - around), EP_OK);
    ck_assert_uint_eq(only_item_most(d), frame);
    join_server_with_frame(d, 300);
    ck_assert(desk_event(d, EP_EVENT_REFUSED) == (frame > 300));
    ck_assert_uint_eq(ep_client_unconfirmed(d->client), frame > 300 ? 0 : 1);
    ck_assert((desk_frame(d)[0] == '\0') == (frame > 300));
    desk_free(d);
  }
}
END_TEST

/* ---- What nobody takes ---- */

/* EP-LIM-1: a server that asks and does not read. */
START_TEST(answers_that_nobody_reads) {
  enum { PING = 1 << 20, PINGS = EP_LIMIT_OUTPUT / PING };
  for (int more = -1; more <= 1; more++) {
    desk *d = desk_fresh();
    desk_join2(d, "e1", 0);
    take_all(d);
    tell_ping_of(d, (size_t)(PING - 1 + more)); /* and the end byte */
    for (int i = 1; i < PINGS; i++) tell_ping_of(d, PING - 1);
    ck_assert_uint_eq(ep_buffer_len(&d->client->control), (size_t)((int)EP_LIMIT_OUTPUT + more));
    ck_assert_int_eq(ep_client_wants(d->client), EP_WANT_NOTHING);
    tell_ping_of(d, PING - 1);
    ck_assert_int_eq(ep_client_wants(d->client), more > 0 ? EP_WANT_CLOSE : EP_WANT_NOTHING);
    if (more > 0) {
      ck_assert(desk_event(d, EP_EVENT_DISCONNECTED));
      ck_assert(bytes_are(d->event.reason, "the server does not read"));
    } else { /* who reads is answered */
      ep_bytes out;
      while ((out = ep_client_output(d->client, d->now)).len != 0)
        ep_client_sent(d->client, out.len, d->now);
      tell(d, "{'action':'ping'}");
      see(d, "{'action':'pong'}");
    }
    desk_free(d);
  }
}
END_TEST

static void reconnect(desk *d) {
  ck_assert_int_eq(ep_client_wants(d->client), EP_WANT_CLOSE);
  ep_client_closed(d->client, d->now);
  desk_pass(d, EP_TIMER_RECONNECT_MAX_MS);
  ep_client_opened(d->client, d->now);
  see_auth2(d, ",'epoch':'e1','expect':0,'window':4096}");
  tell1(d, "{'action':'auth','payload':true,'version':2,'epoch':'e1','expect':0,'window':4}");
}

/* EP-LIM-1, EP-RECV-8: as many messages as a mailbox may have wait for the application. */
START_TEST(messages_that_nobody_takes) {
  desk *d = desk_fresh();
  desk_join2(d, "e1", 0);
  take_all(d);
  char uid[16];
  unsigned id = 0;
  for (; id < EP_LIMIT_MAILBOX; id++) {
    snprintf(uid, sizeof uid, "u-%u", id);
    tell_down(d, id, uid);
    ck_assert_int_eq(ep_client_wants(d->client), EP_WANT_NOTHING);
  }
  see_nothing(d);
  for (int i = 0; i < 2; i++) { /* as often as it comes */
    tell_down(d, id, "one more");
    see_nothing(d);
    reconnect(d);
    see_nothing(d);
  }
  ck_assert(desk_event(d, EP_EVENT_MESSAGE));
  ck_assert(bytes_are(d->event.uid, "u-0"));
  ck_assert(desk_event(d, EP_EVENT_MESSAGE)); /* the first is taken */
  see(d, "{'action':'message.confirm','payload':0}");
  tell_down(d, id, "one more");
  ck_assert_int_eq(ep_client_wants(d->client), EP_WANT_NOTHING);
  for (unsigned i = 2; i < EP_LIMIT_MAILBOX; i++) ck_assert(desk_event(d, EP_EVENT_MESSAGE));
  ck_assert(desk_event(d, EP_EVENT_MESSAGE));
  ck_assert(bytes_are(d->event.uid, "one more"));
  ck_assert(!desk_event(d, EP_EVENT_MESSAGE));
  see(d, "{'action':'message.confirm','payload':100000}");
  desk_free(d);
}
END_TEST

/* The same with the bytes of a full mailbox: it is told that so many wait. */
START_TEST(bytes_that_nobody_takes) {
  for (uint64_t waiting = EP_LIMIT_MAILBOX_BYTES - 1; waiting <= EP_LIMIT_MAILBOX_BYTES;
       waiting++) {
    desk *d = desk_fresh();
    desk_join2(d, "e1", 0);
    take_all(d);
    ck_assert_uint_eq(d->client->event_bytes, 0);
    d->client->event_bytes = waiting;
    tell_down(d, 0, "u-0");
    bool fits = waiting < EP_LIMIT_MAILBOX_BYTES;
    ck_assert_int_eq(ep_client_wants(d->client), fits ? EP_WANT_NOTHING : EP_WANT_CLOSE);
    if (fits) {
      tell_down(d, 1, "u-1");
      ck_assert_int_eq(ep_client_wants(d->client), EP_WANT_CLOSE);
    }
    d->client->event_bytes -= waiting;
    ck_assert(desk_event(d, EP_EVENT_MESSAGE) == fits);
    ck_assert(!desk_event(d, EP_EVENT_MESSAGE));
    desk_free(d);
  }
}
END_TEST

void add_client_limits(TCase *tcase) {
  tcase_add_test(tcase, frame_is_read_up_to_the_limit);
  tcase_add_test(tcase, item_is_numbered_up_to_the_limit);
  tcase_add_test(tcase, session_in_the_place_of_another);
  tcase_add_test(tcase, session_in_a_full_outbox);
  tcase_add_test(tcase, queued_item_is_as_long_as_the_limit);
  tcase_add_test(tcase, answers_that_nobody_reads);
  tcase_add_test(tcase, messages_that_nobody_takes);
  tcase_add_test(tcase, bytes_that_nobody_takes);
  tcase_add_test(tcase, outbox_has_so_many_bytes);
  tcase_add_test(tcase, outbox_counts_sessions);
  tcase_add_test(tcase, v2_frame_limit);
  tcase_add_test(tcase, v2_too_large_for_this_server);
  tcase_add_test(tcase, v2_server_takes_less_than_before);
  tcase_add_test(tcase, v2_over_its_limits);
  tcase_add_test(tcase, v2_reads_as_much_as_it_is_told);
}
