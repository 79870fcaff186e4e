/* The client core against a small server while things go wrong: cuts at every byte, frames lost,
 * doubled and reordered, every allocation refused, the client killed at every turn, what was stored
 * damaged. The promise is the same each time: both sides get everything, once, in order.
 * Read first: test_client.h. */
#include "test/test_client.h"

enum { TURN_MS = 50, TURNS_MOST = 4000, ON_THEIR_WAY = 4096 };

typedef struct letter {
  uint64_t at;
  bool up;
  size_t len;
  uint8_t *frame;
} letter;

typedef struct run {
  desk *d;
  peer p;
  int want;                      /* messages each way */
  int sent, shown, confirmed;    /* by the client's application */
  int sent_kept, shown_kept;     /* as of the last commit */
  bool holding;                  /* the last event shown is a message, not yet taken */
  size_t up_budget, down_budget; /* bytes until the connection is cut */
  bool open;
  unsigned chance;
  letter letters[ON_THEIR_WAY];
  size_t letter_count;
  unsigned turns;
} run;

static run *run_new(unsigned version, int want, const ep_client_config *like) {
  run *r = calloc(1, sizeof *r);
  r->d = desk_new();
  r->d->config.transport = like->transport;
  r->d->config.durable = like->durable;
  r->d->config.max_version = like->max_version;
  desk_begin(r->d);
  peer_begin(&r->p, r->d, version);
  r->p.lossy = like->transport == EP_LOSSY;
  r->want = want;
  r->up_budget = r->down_budget = SIZE_MAX;
  r->chance = 1;
  return r;
}

static void run_free(run *r) {
  for (size_t i = 0; i < r->letter_count; i++) free(r->letters[i].frame);
  peer_free(&r->p);
  desk_free(r->d);
  free(r);
}

static unsigned roll(run *r) {
  r->chance = r->chance * 1103515245u + 12345u;
  return r->chance >> 16;
}

static void cut(run *r) {
  peer_cut(&r->p);
  for (size_t i = 0; i < r->letter_count; i++) free(r->letters[i].frame);
  r->letter_count = 0;
  r->open = false;
  ep_client_closed(r->d->client, r->d->now);
}

static void connect_or_close(run *r) {
  ep_want want = ep_client_wants(r->d->client);
  if (want == EP_WANT_CLOSE && r->open) cut(r);
  if (want != EP_WANT_OPEN) return;
  if (r->open) cut(r);
  if (ep_client_wants(r->d->client) != EP_WANT_OPEN) return;
  ep_client_opened(r->d->client, r->d->now);
  r->open = true;
}

static void offer(run *r) {
  char number[16];
  if (r->sent < r->want) {
    snprintf(number, sizeof number, "%d", r->sent);
    if (desk_send(r->d, "bob", number, NULL) == EP_OK) r->sent++;
    if (r->sent == 2) ep_client_update_session(r->d->client, EP_LITERAL("{\"a\":1}"), r->d->now);
  }
  if (r->p.sent_count < r->want) peer_sends(&r->p);
}

static void commit(run *r) {
  if (!r->d->config.durable) return;
  desk_commit(r->d);
  r->sent_kept = r->sent;
  r->shown_kept = r->shown - (r->holding ? 1 : 0);
}

/* ---- A stream transport ---- */

static void carry_up(run *r) {
  for (;;) {
    ep_bytes out = ep_client_output(r->d->client, r->d->now);
    if (out.len == 0 || !r->open) return;
    size_t len = out.len < r->up_budget ? out.len : r->up_budget;
    peer_hears(&r->p, ep_bytes_of(out.data, len));
    ep_client_sent(r->d->client, len, r->d->now);
    if (r->up_budget != SIZE_MAX) r->up_budget -= len;
    if (r->up_budget == 0) {
      r->up_budget = SIZE_MAX;
      cut(r);
      return;
    }
  }
}

static void carry_down(run *r) {
  while (r->open && ep_buffer_len(&r->p.out) > 0) {
    ep_bytes in = ep_buffer_bytes(&r->p.out);
    size_t len = in.len < 37 ? in.len : 37;
    if (len > r->down_budget) len = r->down_budget;
    if (len > 0) ep_client_receive(r->d->client, ep_bytes_of(in.data, len), r->d->now);
    ep_buffer_consume(&r->p.out, len);
    if (r->down_budget != SIZE_MAX) r->down_budget -= len;
    if (r->down_budget == 0) {
      r->down_budget = SIZE_MAX;
      cut(r);
    } else if (ep_client_wants(r->d->client) == EP_WANT_CLOSE) {
      cut(r);
    }
  }
}

/* ---- A lossy one ---- */

static void post(run *r, bool up, ep_bytes frame) {
  unsigned copies = roll(r) % 5 == 0 ? 0 : 1 + (roll(r) % 8 == 0);
  while (copies-- > 0 && r->letter_count < ON_THEIR_WAY) {
    letter *l = &r->letters[r->letter_count++];
    *l = (letter){r->d->now + roll(r) % 200, up, frame.len, malloc(frame.len)};
    memcpy(l->frame, frame.data, frame.len);
  }
}

static void post_all(run *r) {
  ep_bytes out;
  while (r->open && (out = ep_client_output(r->d->client, r->d->now)).len > 0) {
    ck_assert_ptr_eq(memchr(out.data, '\f', out.len), out.data + out.len - 1); /* one whole frame */
    post(r, true, out);
    ep_client_sent(r->d->client, out.len, r->d->now);
  }
  while (ep_buffer_len(&r->p.out) > 0) {
    ep_bytes in = ep_buffer_bytes(&r->p.out);
    size_t len = (size_t)((uint8_t *)memchr(in.data, '\f', in.len) - in.data) + 1;
    post(r, false, ep_bytes_of(in.data, len));
    ep_buffer_consume(&r->p.out, len);
  }
}

static void deliver(run *r) {
  for (size_t i = 0; r->open && i < r->letter_count;) {
    letter l = r->letters[i];
    if (l.at > r->d->now) {
      i++;
      continue;
    }
    r->letters[i] = r->letters[--r->letter_count];
    if (l.up)
      peer_hears(&r->p, ep_bytes_of(l.frame, l.len));
    else
      ep_client_receive(r->d->client, ep_bytes_of(l.frame, l.len), r->d->now);
    free(l.frame);
  }
  if (r->turns % 6 == 0) peer_repeats(&r->p);
}

/* ---- All of it ---- */

static void look(run *r) {
  ep_event event;
  for (int i = 0; i < 3; i++) {
    bool more = ep_client_next_event(r->d->client, &event, r->d->now);
    r->holding = more && event.type == EP_EVENT_MESSAGE;
    if (!more) return;
    if (event.type == EP_EVENT_CONFIRMED) r->confirmed++;
    if (event.type != EP_EVENT_MESSAGE) continue;
    char number[16] = "";
    memcpy(number, event.json.data, event.json.len);
    ck_assert_int_eq(atoi(number), r->shown); /* in order, none twice, none missing */
    r->shown++;
  }
}

static void turn(run *r) {
  r->turns++;
  desk_pass(r->d, TURN_MS);
  connect_or_close(r);
  offer(r);
  commit(r);
  if (r->d->config.transport == EP_LOSSY) {
    post_all(r);
    deliver(r);
  } else {
    carry_up(r);
    carry_down(r);
  }
  look(r);
  commit(r);
  ep_outbox_check(&r->d->client->outbox);
  ep_inbox_check(&r->d->client->inbox);
}

static bool finished(const run *r) {
  return (int)r->p.accepted_count == r->want && r->shown == r->want && r->p.confirmed == r->want &&
         ep_client_unconfirmed(r->d->client) == 0;
}

static void run_all(run *r, bool count_confirmed) {
  if (r->turns == 0) ep_client_connect(r->d->client, r->d->now);
  while (!finished(r) || (count_confirmed && r->confirmed < r->want)) {
    ck_assert_msg(r->turns < TURNS_MOST, "sent %d accepted %d shown %d confirmed %d", r->sent,
                  (int)r->p.accepted_count, r->shown, r->p.confirmed);
    turn(r);
  }
  for (int i = 0; i < r->want; i++) ck_assert_int_eq(r->p.accepted[i], i);
  if (count_confirmed) ck_assert_int_eq(r->confirmed, r->want);
}

static void cut_everywhere(unsigned version, bool durable) {
  ep_client_config config = {.durable = durable};
  bool used = true;
  for (size_t at = 1; used; at++) {
    run *r = run_new(version, 4, &config);
    r->up_budget = at;
    run_all(r, true);
    used = r->up_budget == SIZE_MAX;
    run_free(r);
    r = run_new(version, 4, &config);
    r->down_budget = at;
    run_all(r, true);
    used = used || r->down_budget == SIZE_MAX;
    run_free(r);
  }
}

START_TEST(cuts_v2) { cut_everywhere(2, false); }
END_TEST

START_TEST(cuts_v1) { cut_everywhere(1, false); }
END_TEST

START_TEST(cuts_durable) { cut_everywhere(2, true); }
END_TEST

START_TEST(loss) {
  ep_client_config config = {.transport = EP_LOSSY};
  for (unsigned seed = 1; seed <= 40; seed++) {
    run *r = run_new(2, 100, &config);
    r->chance = seed;
    run_all(r, true);
    run_free(r);
  }
}
END_TEST

START_TEST(loss_and_cuts) {
  ep_client_config config = {.transport = EP_LOSSY};
  for (unsigned seed = 1; seed <= 20; seed++) {
    run *r = run_new(2, 60, &config);
    r->chance = seed;
    while (r->turns < 200) {
      if (r->turns == 0) ep_client_connect(r->d->client, r->d->now);
      turn(r);
      if (r->open && roll(r) % 15 == 0) cut(r);
    }
    run_all(r, true);
    run_free(r);
  }
}
END_TEST

/* One allocation fails: the n-th, for every n. */
static void refuse_each(unsigned version, const ep_client_config *config) {
  for (size_t at = 1;; at++) {
    run *r = run_new(version, 5, config);
    size_t before = r->d->memory.calls;
    r->d->memory.fail_at = before + at;
    run_all(r, true);
    bool reached = r->d->memory.calls >= before + at;
    run_free(r);
    if (!reached) return;
  }
}

START_TEST(memory_v2) { refuse_each(2, &(ep_client_config){0}); }
END_TEST

START_TEST(memory_v1) { refuse_each(1, &(ep_client_config){0}); }
END_TEST

START_TEST(memory_durable) { refuse_each(2, &(ep_client_config){.durable = true}); }
END_TEST

START_TEST(memory_lossy) { refuse_each(2, &(ep_client_config){.transport = EP_LOSSY}); }
END_TEST

/* From the n-th on all fail, for a while: nothing is lost that was accepted. */
START_TEST(memory_gone_for_a_while) {
  for (size_t at = 1; at < 200; at += 3) {
    run *r = run_new(2, 5, &(ep_client_config){0});
    r->d->memory.fail_at = r->d->memory.calls + at;
    r->d->memory.fail_on = true;
    ep_client_connect(r->d->client, r->d->now);
    while (r->turns < 60) turn(r);
    r->d->memory.fail_at = 0;
    run_all(r, true);
    run_free(r);
  }
}
END_TEST

START_TEST(memory_while_made) {
  for (size_t at = 1; at < 10; at++) {
    desk *d = desk_new();
    d->config.presence = "{}";
    d->config.secret = "s";
    d->memory.fail_at = at;
    ep_status status = ep_client_new(&d->client, &d->config);
    ck_assert(status == EP_NO_MEMORY || (status == EP_OK && d->memory.calls < at));
    desk_free(d);
  }
}
END_TEST

/* ---- A durable client ---- */

static void kill_client(run *r) {
  if (r->open) cut(r);
  ck_assert(desk_restart(r->d));
  r->sent = r->sent_kept;
  r->shown = r->shown_kept;
  r->holding = false;
  ep_client_connect(r->d->client, r->d->now);
}

static void kill_everywhere(unsigned version) {
  ep_client_config config = {.durable = true};
  for (unsigned at = 1; at < 60; at++) {
    run *r = run_new(version, 6, &config);
    ep_client_connect(r->d->client, r->d->now);
    while (r->turns < at) turn(r);
    kill_client(r);
    while (r->turns < at + 7) turn(r);
    kill_client(r);
    run_all(r, false);
    run_free(r);
  }
}

/* EP-G6-1: what was given to the client is there after a kill at every step, until it is confirmed.
 */
START_TEST(kills_v2) { kill_everywhere(2); }
END_TEST

START_TEST(kills_v1) { kill_everywhere(1); }
END_TEST

START_TEST(store_that_fails) {
  ep_client_config config = {.durable = true};
  run *r = run_new(2, 6, &config);
  ep_client_connect(r->d->client, r->d->now);
  while (r->turns < 3) turn(r);
  r->d->store_fails = true;
  size_t accepted = r->p.accepted_count;
  while (r->turns < 40) turn(r);
  ck_assert_uint_eq(r->p.accepted_count, accepted); /* nothing leaves that was not stored */
  r->d->store_fails = false;
  run_all(r, true);
  run_free(r);
}
END_TEST

static desk *stored_desk(void) {
  desk *d = desk_new();
  d->config.durable = true;
  desk_begin(d);
  ep_client_update_session(d->client, EP_LITERAL("{\"a\":1}"), d->now);
  desk_join1(d, "false");
  for (int i = 0; i < 3; i++) {
    char uid[37], text[128];
    desk_send(d, "bob", "[\"x\"]", uid);
    see_all(d);
    snprintf(text, sizeof text, "{'action':'message.confirm','payload':'%s'}", uid);
    if (i == 1) tell1(d, text);
  }
  tell1(
      d,
      "{'action':'message.new','payload':{'from':'bob','to':'ada','id':0,'uid':'u','payload':1}}");
  while (ep_client_next_event(d->client, &d->event, d->now)) continue;
  see_all(d);
  return d;
}

START_TEST(restored) {
  desk *d = stored_desk();
  char instance[32];
  strcpy(instance, d->client->instance);
  ck_assert(desk_restart(d));
  ck_assert_str_eq(d->client->instance, instance);
  ck_assert_uint_eq(ep_client_unconfirmed(d->client), 2);
  desk_open(d);
  see_all(d);
  tell1(d, "{'action':'auth','payload':true}");
  see1(d, "{'action':'session.update','payload':{'a':1}}");
  ck_assert_ptr_nonnull(strstr(desk_frame(d), "\\\"id\\\":0,"));
  ck_assert_ptr_nonnull(strstr(desk_frame(d), "\\\"id\\\":2,"));
  tell1(
      d,
      "{'action':'message.new','payload':{'from':'bob','to':'ada','id':0,'uid':'u','payload':1}}");
  ck_assert(!desk_event(d, EP_EVENT_MESSAGE));
  see1(d, "{'action':'message.confirm','payload':'u'}");
  d->config.client_id = "eve";
  ck_assert(!desk_restart(d));
  d->config.client_id = NULL;
  ck_assert(desk_restart(d));
  ck_assert_str_eq(ep_client_id(d->client), "ada");
  desk_free(d);
}
END_TEST

/* The server becomes an EP/2 server, and the session goes in front of everything. */
START_TEST(restored_in_front) {
  desk *d = desk_new();
  d->config.durable = true;
  desk_begin(d);
  desk_join1(d, "false");
  ep_client_update_session(d->client, EP_LITERAL("{\"a\":1}"), d->now);
  ep_client_closed(d->client, d->now);
  desk_pass(d, 500);
  ep_client_opened(d->client, d->now);
  tell1(d, "{'action':'auth','payload':true,'version':2,'epoch':'e1','expect':0}");
  see_all(d);
  ck_assert_uint_eq(d->client->outbox.base, 0);
  ck_assert(desk_restart(d));
  desk_join2(d, "e2", 0);
  see(d, "{'action':'session.update','payload':{'a':1},'id':0}");
  see_nothing(d);
  desk_free(d);
}
END_TEST

START_TEST(damaged) {
  desk *d = stored_desk();
  unsigned refused = 0;
  ck_assert(desk_restart(d)); /* puts the records in order */
  for (size_t i = 0; i < d->stored_count; i++) {
    for (size_t at = 0; at < d->store[i].value_len; at++) {
      for (unsigned bit = 0; bit < 8; bit++) {
        d->store[i].value[at] ^= (uint8_t)(1u << bit);
        if (!desk_restart(d)) refused++;
        d->store[i].value[at] ^= (uint8_t)(1u << bit);
      }
    }
  }
  ck_assert_uint_gt(refused, 100);
  desk_free(d);
}
END_TEST

START_TEST(cut_short) {
  desk *d = stored_desk();
  ck_assert(desk_restart(d));
  for (size_t i = 0; i < d->stored_count; i++) {
    size_t len = d->store[i].value_len;
    for (size_t shorter = 0; shorter < len; shorter++) {
      d->store[i].value_len = shorter;
      ck_assert(!desk_restart(d));
    }
    d->store[i].value_len = len;
  }
  ck_assert(desk_restart(d));
  desk_free(d);
}
END_TEST

void add_client_faults(TCase *tcase) {
  tcase_add_test(tcase, cuts_v2);
  tcase_add_test(tcase, cuts_v1);
  tcase_add_test(tcase, cuts_durable);
  tcase_add_test(tcase, loss);
  tcase_add_test(tcase, loss_and_cuts);
  tcase_add_test(tcase, memory_v2);
  tcase_add_test(tcase, memory_v1);
  tcase_add_test(tcase, memory_durable);
  tcase_add_test(tcase, memory_lossy);
  tcase_add_test(tcase, memory_gone_for_a_while);
  tcase_add_test(tcase, memory_while_made);
  tcase_add_test(tcase, kills_v2);
  tcase_add_test(tcase, kills_v1);
  tcase_add_test(tcase, store_that_fails);
  tcase_add_test(tcase, restored);
  tcase_add_test(tcase, restored_in_front);
  tcase_add_test(tcase, damaged);
  tcase_add_test(tcase, cut_short);
}
