/* Tests of floor 5, net: addresses; service and dialer talk over real sockets, in one loop.
 * Read first: test_net_world.h, net/service.h, net/dialer.h. Then: test_net_wrong.c. */
#define _GNU_SOURCE 1
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/address.h"
#include "net/dialer.h"
#include "test/test_net_world.h"

Suite *ep_suite_net(void);

/* ---- Addresses ------------------------------------------------------------------------------- */

START_TEST(addresses_are_read) {
  static const struct {
    const char *text;
    int kind; /* -1: refused */
    unsigned port;
    const char *name;
  } cases[] = {
      {"127.0.0.1:9999", EP_ADDRESS_IP, 9999, "127.0.0.1"},
      {"[::1]:1", EP_ADDRESS_IP, 1, "::1"},
      {":80", EP_ADDRESS_ALL, 80, ""},
      {"localhost:0", EP_ADDRESS_NAME, 0, "localhost"},
      {"unix:/run/e.sock", EP_ADDRESS_UNIX, 0, "/run/e.sock"},
      {"", -1, 0, NULL},
      {"localhost", -1, 0, NULL},
      {"localhost:", -1, 0, NULL},
      {"localhost:65536", -1, 0, NULL},
      {"localhost:-1", -1, 0, NULL},
      {"localhost:1x", -1, 0, NULL},
      {"::1:9999", -1, 0, NULL},
      {"[]:9999", -1, 0, NULL},
      {"[nonsense]:9999", -1, 0, NULL},
      {"unix:", -1, 0, NULL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    ep_address address;
    char said[256] = "";
    bool good = ep_address_parse(&address, cases[i].text, said, sizeof said);
    ck_assert_msg(good == (cases[i].kind >= 0), "%s: %s", cases[i].text, said);
    if (!good) {
      ck_assert_int_eq(said[strlen(said) - 1], '.');
      continue;
    }
    ck_assert_int_eq((int)address.kind, cases[i].kind);
    ck_assert_uint_eq(address.port, cases[i].port);
    ck_assert_str_eq(address.name, cases[i].name);
  }
}
END_TEST

START_TEST(loopback_is_known) {
  static const struct {
    const char *ip;
    bool loopback;
    const char *text;
  } cases[] = {{"127.3.2.1", true, "127.3.2.1:7"},
               {"10.0.0.1", false, "10.0.0.1:7"},
               {"::1", true, "[::1]:7"},
               {"::2", false, "[::2]:7"},
               {"::ffff:127.0.0.1", true, "[::ffff:127.0.0.1]:7"},
               {"::ffff:10.0.0.1", false, "[::ffff:10.0.0.1]:7"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct sockaddr_storage address;
    char text[EP_ADDRESS_TEXT];
    ep_address_of_ip(&address, cases[i].ip, 7);
    ck_assert(ep_address_is_loopback((struct sockaddr *)&address) == cases[i].loopback);
    ep_address_write(text, (struct sockaddr *)&address);
    ck_assert_str_eq(text, cases[i].text);
  }
}
END_TEST

/* ---- Talking --------------------------------------------------------------------------------- */

static const char *listen_text(int kind) {
  static char text[128];
  static const char *const ips[] = {"127.0.0.1:0", ":0", "localhost:0"};
  if (kind < 3) return ips[kind];
  (void)snprintf(text, sizeof text, "unix:%s/e.sock", w.where);
  return text;
}

START_TEST(messages_go_both_ways) {
  serve(listen_text(_i), NULL, NULL);
  client *alice = dial(0, "alice"), *bob = dial(1, "bob");
  bob->answer = EP_LITERAL("\"fine\""); /* sent from within on_event */
  run_until(are_two_in);
  send_to(alice, "bob", EP_LITERAL("\"how are you\""));
  run_until(has_answer);
  ck_assert_str_eq(bob->last, "\"how are you\"");
  ck_assert_str_eq(alice->last, "\"fine\"");
  ck_assert_str_eq(ep_dialer_trouble(alice->dialer), "");
  client_close(alice);
  client_close(bob);
  service_stop();
}
END_TEST

static bool has_large(void) { return w.clients[1].bytes >= 24 * 1000 * 1000; }

/* More than any socket takes at once, in both legs. */
START_TEST(large_messages_arrive) {
  serve("127.0.0.1:0", NULL, NULL);
  client *alice = dial(0, "alice");
  (void)dial(1, "bob");
  run_until(are_two_in);
  size_t len = 8 * 1000 * 1000;
  uint8_t *text = malloc(len);
  memset(text, 'x', len);
  text[0] = text[len - 1] = '"';
  for (int i = 0; i < 3; i++) send_to(alice, "bob", (ep_bytes){text, len});
  free(text);
  run_until(has_large);
  client_close(&w.clients[0]);
  client_close(&w.clients[1]);
  service_stop();
}
END_TEST

static bool has_thousand(void) { return w.clients[1].messages >= 1000; }

START_TEST(stop_tells_everybody_and_restart_finds_them) {
  char port[128];
  serve("127.0.0.1:0", w.data, NULL);
  (void)snprintf(port, sizeof port, "%s", w.address);
  client *alice = dial(0, "alice");
  client *bob = dial(1, "bob");
  run_until(are_two_in);
  client_close(bob);
  for (int i = 0; i < 1000; i++) send_to(alice, "bob", EP_LITERAL("[1,2,3]"));
  service_stop();
  ck_assert_uint_ge(alice->disconnected, 1);
  serve(port, w.data, NULL); /* the same port again, at once */
  (void)dial(1, "bob");
  run_until(has_thousand);
  run_for(50);
  ck_assert_uint_eq(w.clients[1].messages, 1000);
  client_close(&w.clients[0]);
  client_close(&w.clients[1]);
  service_stop();
}
END_TEST

static bool has_three(void) { return w.clients[1].messages >= 3; }

/* A client that ends without a connection finds its messages in its file. */
START_TEST(client_state_survives) {
  char state[96], server[128];
  (void)snprintf(state, sizeof state, "%s/alice", w.where);
  (void)snprintf(server, sizeof server, "unix:%s/e.sock", w.where);
  client *alice = dial_at(0, "alice", server, state);
  for (int i = 0; i < 3; i++) send_to(alice, "bob", EP_LITERAL("1"));
  run_for(30);
  ck_assert_ptr_nonnull(strstr(ep_dialer_trouble(alice->dialer), "nobody listens"));
  ep_dialer *other = NULL;
  ep_dial_options again = {.server = server, .state = state};
  ep_surroundings_default(&again.core.surroundings);
  ck_assert_int_eq(ep_dial(&other, w.loop, &again, w.said, sizeof w.said), EP_SYSTEM);
  ck_assert_ptr_nonnull(strstr(w.said, "in use"));
  client_close(alice);
  serve(server, NULL, NULL);
  (void)dial(1, "bob");
  alice = dial_at(0, NULL, server, state);
  ck_assert_uint_eq(ep_client_unconfirmed(ep_dialer_client(alice->dialer)), 3);
  run_until(has_three);
  client_close(&w.clients[0]);
  client_close(&w.clients[1]);
  service_stop();
}
END_TEST

static bool is_bob_gone(void) { return w.clients[1].gone; }

/* The message in which the application closes is confirmed; the one after it comes again. */
START_TEST(closing_in_an_event_confirms_what_was_handed_over) {
  serve("127.0.0.1:0", NULL, NULL);
  client *alice = dial(0, "alice"), *bob = dial(1, "bob");
  run_until(are_two_in);
  bob->close_after = 1;
  send_to(alice, "bob", EP_LITERAL("1"));
  send_to(alice, "bob", EP_LITERAL("2"));
  run_until(is_bob_gone);
  ck_assert_uint_eq(bob->messages, 1);
  bob = dial(1, "bob");
  run_until(has_one);
  run_for(50);
  ck_assert_uint_le(bob->messages,
                    2); /* without state the bob of before and this one are two instances */
  ck_assert_str_eq(bob->last, "2");
  client_close(&w.clients[0]);
  client_close(&w.clients[1]);
  service_stop();
}
END_TEST

/* ---- A loop of the application's ------------------------------------------------------------- */

START_TEST(application_may_bring_its_loop) {
  uv_loop_t own;
  ep_loop *kept = w.loop;
  ck_assert_int_eq(uv_loop_init(&own), 0);
  ck_assert_int_eq(ep_loop_new(&w.loop, &own), EP_OK);
  serve("127.0.0.1:0", NULL, NULL);
  client *alice = dial(0, "alice");
  (void)dial(1, "bob");
  run_until(are_two_in);
  send_to(alice, "bob", EP_LITERAL("1"));
  run_until(has_one);
  client_close(&w.clients[0]);
  client_close(&w.clients[1]);
  service_stop();
  ep_loop_free(w.loop);
  (void)uv_run(&own, UV_RUN_DEFAULT);
  ck_assert_int_eq(uv_loop_close(&own), 0);
  w.loop = kept;
}
END_TEST

START_TEST(loop_runs_until_nothing_is_left) {
  client *alice = dial_at(0, "alice", "127.0.0.1:1", NULL);
  ep_dialer_close(alice->dialer, client_gone, alice);
  ep_loop_run(w.loop);
  ck_assert(alice->gone);
  ep_loop_run(w.loop); /* nothing: returns */
}
END_TEST

/* ---- A store that commits later -------------------------------------------------------------- */

typedef struct late_store {
  ep_store store; /* first */
  uv_timer_t timer;
  ep_store_done *done;
  void *context;
  unsigned commits;
} late_store;

static late_store late;

static void on_late(uv_timer_t *timer) {
  (void)timer;
  ep_store_done *done = late.done;
  late.done = NULL;
  done(late.context, true);
}

static void late_commit(ep_store *store, ep_bytes batch, ep_store_done *done, void *context) {
  (void)store;
  ck_assert_uint_ne(batch.len, 0);
  ck_assert(late.done == NULL);
  late.done = done;
  late.context = context;
  late.commits++;
  ck_assert_int_eq(uv_timer_start(&late.timer, on_late, 3, 0), 0);
}

static void late_close(ep_store *store) {
  (void)store;
  uv_close((uv_handle_t *)&late.timer, NULL);
}

START_TEST(late_commits_hold_back_what_follows) {
  serve("127.0.0.1:0", w.data, NULL);
  ep_store *before = w.service->store;
  late = (late_store){
      .store = {before->load, late_commit, before->trouble, before->is_broken, late_close}};
  ck_assert_int_eq(uv_timer_init(ep_loop_uv(w.loop), &late.timer), 0);
  ep_store_close(before);
  w.service->store = &late.store;
  client *alice = dial(0, "alice"), *bob = dial(1, "bob");
  bob->answer = EP_LITERAL("2");
  run_until(are_two_in);
  for (int i = 0; i < 1000; i++) send_to(alice, "bob", EP_LITERAL("[1,2,3]"));
  run_until(has_thousand);
  int fd = plain_connect(); /* comes and goes while a commit is under way */
  ck_assert_int_eq(close(fd), 0);
  ck_assert_uint_ge(late.commits, 3); /* who has come, messages, confirms */
  client_close(&w.clients[0]);
  client_close(&w.clients[1]);
  service_stop();
}
END_TEST

/* ---- A client's store that fails --------------------------------------------------------------
 */

static unsigned full_commits;

static void full_commit(ep_store *store, ep_bytes batch, ep_store_done *done, void *context) {
  (void)store;
  (void)batch;
  full_commits++;
  done(context, false);
}

static const char *full_trouble(const ep_store *store) {
  (void)store;
  return "The disk is full.";
}

static bool full_is_broken(const ep_store *store) {
  (void)store;
  return false;
}

static void full_close(ep_store *store) { (void)store; }

static bool has_tried_often(void) { return full_commits >= 3; }

/* The loop goes on, and it is tried again after a pause each time. */
START_TEST(full_disk_does_not_spin) {
  serve("127.0.0.1:0", NULL, NULL);
  char state[96];
  (void)snprintf(state, sizeof state, "%s/alice", w.where);
  client *alice = dial_at(0, "alice", w.address, state);
  ep_store *before = alice->dialer->store;
  ep_store full = {before->load, full_commit, full_trouble, full_is_broken, full_close};
  ep_store_close(before);
  alice->dialer->store = &full;
  full_commits = 0;
  uint64_t began = ep_loop_now(w.loop);
  send_to(alice, "bob", EP_LITERAL("1"));
  run_until(has_tried_often);
  ck_assert_uint_ge(ep_loop_now(w.loop) - began, 2 * EP_STORE_PAUSE_MS);
  ck_assert_uint_le(full_commits, 4);
  client_close(&w.clients[0]);
  service_stop();
}
END_TEST

/* ---- Suite ----------------------------------------------------------------------------------- */

Suite *ep_suite_net(void) {
  Suite *suite = suite_create("net");
  TCase *addresses = tcase_create("addresses");
  tcase_add_test(addresses, addresses_are_read);
  tcase_add_test(addresses, loopback_is_known);
  suite_add_tcase(suite, addresses);
  TCase *talking = with_world(suite, "talking");
  tcase_add_loop_test(talking, messages_go_both_ways, 0, 4);
  tcase_add_test(talking, large_messages_arrive);
  tcase_add_test(talking, stop_tells_everybody_and_restart_finds_them);
  tcase_add_test(talking, client_state_survives);
  tcase_add_test(talking, closing_in_an_event_confirms_what_was_handed_over);
  tcase_add_test(talking, application_may_bring_its_loop);
  tcase_add_test(talking, loop_runs_until_nothing_is_left);
  tcase_add_test(talking, late_commits_hold_back_what_follows);
  tcase_add_test(talking, full_disk_does_not_spin);
  suite_add_tcase(suite, ep_tests_net_crowd());
  add_net_wrong(suite);
  add_net_tls(suite);
  return suite;
}
