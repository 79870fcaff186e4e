/* The client core against the server core: three clients that write to each other and to everybody,
 * while connections are cut and the server is killed. Everybody gets everything, once, in the order
 * of each sender.
 * Read first: test_client.h, server_driver.h. */
#include "test/server_driver.h"
#include "test/test_client.h"

enum { MEMBERS = 3, EACH = 40 };

typedef struct member {
  desk *d;
  ep_conn conn;
  bool open;
  int sent, confirmed;
  int heard[MEMBERS]; /* of each sender */
} member;

typedef struct party {
  server_driver *server;
  member members[MEMBERS];
  unsigned chance, round;
  bool ready; /* everybody's session is known, so that everybody is addressed */
  ep_transport transport;
} party;

static unsigned roll(party *p) {
  p->chance = p->chance * 1103515245u + 12345u;
  return p->chance >> 16;
}

static void begin(party *p, unsigned seed, ep_transport transport,
                  const unsigned versions[MEMBERS]) {
  static const char *const names[MEMBERS] = {"m0", "m1", "m2"};
  ep_server_config config = {.durable = true};
  memset(p, 0, sizeof *p);
  p->server = server_driver_new_with(&config);
  p->chance = seed;
  p->transport = transport;
  for (unsigned i = 0; i < MEMBERS; i++) {
    desk *d = p->members[i].d = desk_new();
    d->config.client_id = names[i];
    d->config.max_version = versions[i];
    d->config.transport = transport;
    d->randoms = seed * 31 + i;
    desk_begin(d);
    ep_client_update_session(d->client, EP_LITERAL("{\"all\":true}"), d->now);
    ep_client_connect(d->client, d->now);
  }
}

static void finish(party *p) {
  for (unsigned i = 0; i < MEMBERS; i++) desk_free(p->members[i].d);
  server_driver_free(p->server);
}

static void hang_up(party *p, member *m, bool told) {
  if (!m->open) return;
  m->open = false;
  if (!told) server_driver_close(p->server, m->conn);
  ep_client_closed(m->d->client, m->d->now);
}

static void attach(party *p, member *m) {
  ep_want want = ep_client_wants(m->d->client);
  if (want != EP_WANT_NOTHING) hang_up(p, m, false);
  if (ep_client_wants(m->d->client) != EP_WANT_OPEN) return;
  m->conn = server_driver_open_as(p->server, p->transport, true);
  m->open = true;
  ep_client_opened(m->d->client, m->d->now);
}

static bool lost(party *p) { return p->transport == EP_LOSSY && roll(p) % 6 == 0; }

static void exchange(party *p, member *m) {
  ep_bytes out;
  while (m->open && (out = ep_client_output(m->d->client, m->d->now)).len > 0) {
    if (!lost(p)) server_driver_feed(p->server, m->conn, (const char *)out.data, out.len, 1000);
    ep_client_sent(m->d->client, out.len, m->d->now);
  }
  server_driver_turn(p->server);
  while (m->open && (out = server_driver_take_frame(p->server, m->conn)).len > 0) {
    if (!lost(p)) ep_client_receive(m->d->client, out, m->d->now);
  }
  if (m->open && server_driver_was_closed(p->server, m->conn)) hang_up(p, m, true);
}

static void talk(party *p, member *m) {
  char number[16];
  if (!p->ready || m->sent == EACH || roll(p) % 3 == 0) return;
  snprintf(number, sizeof number, "%d", m->sent);
  ep_send send = {.to_json = EP_LITERAL("{\"all\":true}")};
  send.payload_json = ep_client_text(number);
  ck_assert_int_eq(ep_client_send(m->d->client, &send, NULL, m->d->now), EP_OK);
  m->sent++;
}

static void listen_to(member *m) {
  ep_event event;
  while (ep_client_next_event(m->d->client, &event, m->d->now)) {
    if (event.type == EP_EVENT_CONFIRMED) m->confirmed++;
    ck_assert_int_ne(event.type, EP_EVENT_LOST);
    ck_assert_int_ne(event.type, EP_EVENT_REFUSED);
    if (event.type != EP_EVENT_MESSAGE) continue;
    char number[16] = "";
    memcpy(number, event.json.data, event.json.len);
    unsigned from = (unsigned)(event.client_id.data[1] - '0');
    ck_assert_int_eq(atoi(number), m->heard[from]);
    m->heard[from]++;
  }
}

static bool complete(const party *p) {
  for (unsigned i = 0; i < MEMBERS; i++) {
    if (p->members[i].confirmed != EACH) return false;
    for (unsigned j = 0; j < MEMBERS; j++) {
      if (p->members[i].heard[j] != EACH) return false;
    }
  }
  return true;
}

static bool all_ready(const party *p) {
  for (unsigned i = 0; i < MEMBERS; i++) {
    if (ep_client_unconfirmed(p->members[i].d->client) != 0) return false;
    if (!ep_client_authenticated(p->members[i].d->client)) return false;
  }
  return p->round > 10;
}

static void play(party *p, unsigned faults_until, unsigned last_round) {
  while (!complete(p)) {
    ck_assert_msg(p->round < last_round, "seed %u: heard %d %d %d", p->chance,
                  p->members[0].heard[0], p->members[0].heard[1], p->members[0].heard[2]);
    p->round++;
    p->ready = p->ready || all_ready(p);
    server_driver_pass(p->server, 50);
    if (p->ready && p->round < faults_until && roll(p) % 40 == 0) {
      for (unsigned i = 0; i < MEMBERS; i++) hang_up(p, &p->members[i], true);
      server_driver_kill(p->server, false);
    }
    for (unsigned i = 0; i < MEMBERS; i++) {
      member *m = &p->members[i];
      desk_pass(m->d, 50);
      attach(p, m);
      talk(p, m);
      exchange(p, m);
      listen_to(m);
      if (p->ready && p->round < faults_until && roll(p) % 10 == 0) hang_up(p, m, false);
    }
  }
}

/* A round is 50 ms. EP-G8-1 binds EP/2; an EP/1 gap may take its own time on top. */
enum { FAULTS_UNTIL = 200, HEALED = FAULTS_UNTIL + EP_TIMER_HEAL_MS / 50, HEALED_V1 = 3000 };

static void play_all(ep_transport transport, const unsigned versions[MEMBERS]) {
  bool v2 = versions[0] == 2 && versions[1] == 2 && versions[2] == 2;
  unsigned last_round = v2 ? HEALED : HEALED_V1;
  for (unsigned seed = 1; seed <= 20; seed++) {
    party *p = malloc(sizeof *p);
    begin(p, seed, transport, versions);
    play(p, FAULTS_UNTIL, last_round);
    finish(p);
    free(p);
  }
}

/* EP-G8-1, EP-G3 by EP-RECV-1: cut and killed, all of it arrives within the time of the spec.
 * EP-SYS-1, EP-SYS-2: both kinds of transport. */
START_TEST(all_v2) { play_all(EP_STREAM, (unsigned[]){2, 2, 2}); }
END_TEST

START_TEST(all_v2_lossy) { play_all(EP_LOSSY, (unsigned[]){2, 2, 2}); }
END_TEST

START_TEST(all_v1) { play_all(EP_STREAM, (unsigned[]){1, 1, 1}); }
END_TEST

START_TEST(mixed) { play_all(EP_STREAM, (unsigned[]){1, 2, 2}); }
END_TEST

void add_client_server(TCase *tcase) {
  tcase_add_test(tcase, all_v2);
  tcase_add_test(tcase, all_v2_lossy);
  tcase_add_test(tcase, all_v1);
  tcase_add_test(tcase, mixed);
}
