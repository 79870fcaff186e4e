/* Tests of floor 5, net: service and dialer over real sockets, in one loop; what they do when a socket, a
 * file or the store does not do what it should.
 * Read first: epigeon.h (runners), net/service.h. */
#define _GNU_SOURCE 1
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "net/address.h"
#include "net/service.h"

Suite *ep_suite_net(void);

/* ---- One loop with everything in it ---------------------------------------------------------------- */

enum { CLIENTS_MOST = 8, WAIT_MS = 20000 };

typedef struct client {
  ep_dialer *dialer;
  unsigned authenticated, disconnected, messages, confirmed, errors;
  uint64_t bytes;           /* of payloads */
  ep_bytes answer;          /* sent from within on_event, for each message */
  unsigned close_after;     /* messages after which the dialer is closed in on_event; 0: never */
  char last[64];            /* the last payload, cut */
  bool gone;
} client;

static struct world {
  char where[64];
  char data[80];
  char address[128]; /* of the service */
  char said[512];
  ep_loop *loop;
  ep_service *service;
  client clients[CLIENTS_MOST];
  uv_timer_t limit;
  bool service_gone, late, failed;
} w;

static void world_make(void) {
  memset(&w, 0, sizeof w);
  (void)signal(SIGPIPE, SIG_IGN);
  (void)snprintf(w.where, sizeof w.where, "/tmp/ep-net-XXXXXX");
  ck_assert_ptr_nonnull(mkdtemp(w.where));
  (void)snprintf(w.data, sizeof w.data, "%s/data", w.where);
  ck_assert_int_eq(ep_loop_new(&w.loop, NULL), EP_OK);
}

static void world_drop(void) {
  char command[160];
  ep_loop_free(w.loop);
  (void)snprintf(command, sizeof command, "rm -rf %s", w.where);
  ck_assert_int_eq(system(command), 0);
}

static ep_status try_serve(ep_service **out, const char *listen, const char *data,
                           const ep_server_config *core) {
  ep_serve_options how = {.listen = &listen, .listen_count = 1, .data = data};
  if (core != NULL) how.core = *core;
  ep_surroundings_default(&how.core.surroundings);
  return ep_serve(out, w.loop, &how, w.said, sizeof w.said);
}

static void serve(const char *listen, const char *data, const ep_server_config *core) {
  w.service_gone = false;
  ck_assert_msg(try_serve(&w.service, listen, data, core) == EP_OK, "%s", w.said);
  unsigned port = ep_service_port(w.service, 0);
  if (port == 0) (void)snprintf(w.address, sizeof w.address, "%s", listen);
  else (void)snprintf(w.address, sizeof w.address, "127.0.0.1:%u", port);
}

static void send_to(client *from, const char *to, ep_bytes payload) {
  ep_send how = {.to = to, .payload_json = payload};
  ck_assert_int_eq(ep_client_send(ep_dialer_client(from->dialer), &how, NULL, ep_loop_now(w.loop)),
                   EP_OK);
}

static void client_gone(void *context) {
  ((client *)context)->gone = true;
  ep_loop_stop(w.loop); /* so that a turn that waits for sockets does not wait for nothing */
}

static void on_message(client *c, const ep_event *event) {
  c->messages++;
  c->bytes += event->json.len;
  size_t len = event->json.len < sizeof c->last - 1 ? event->json.len : sizeof c->last - 1;
  memcpy(c->last, event->json.data, len);
  c->last[len] = '\0';
  if (c->answer.len != 0) {
    char from[129] = {0};
    memcpy(from, event->client_id.data, event->client_id.len);
    send_to(c, from, c->answer);
  }
  if (c->messages == c->close_after) ep_dialer_close(c->dialer, client_gone, c);
}

static void on_event(void *context, ep_dialer *dialer, const ep_event *event) {
  client *c = context;
  ck_assert_ptr_eq(dialer, c->dialer);
  switch (event->type) {
    case EP_EVENT_AUTHENTICATED: c->authenticated++; break;
    case EP_EVENT_DISCONNECTED: c->disconnected++; break;
    case EP_EVENT_CONFIRMED: c->confirmed++; break;
    case EP_EVENT_ERROR: c->errors++; break;
    case EP_EVENT_MESSAGE: on_message(c, event); break;
    default: break;
  }
}

static client *dial_at(unsigned index, const char *id, const char *server, const char *state) {
  client *c = &w.clients[index];
  *c = (client){.dialer = NULL};
  ep_dial_options how = {.server = server, .state = state, .on_event = on_event, .context = c};
  how.core.client_id = id;
  ep_surroundings_default(&how.core.surroundings);
  ck_assert_msg(ep_dial(&c->dialer, w.loop, &how, w.said, sizeof w.said) == EP_OK, "%s", w.said);
  return c;
}

static client *dial(unsigned index, const char *id) { return dial_at(index, id, w.address, NULL); }

static void on_limit(uv_timer_t *timer) {
  (void)timer;
  w.late = true;
}

/* Runs the loop until `until` holds; fails when that takes too long. */
static void run_until(bool (*until)(void)) {
  w.late = false;
  ck_assert_int_eq(uv_timer_init(ep_loop_uv(w.loop), &w.limit), 0);
  ck_assert_int_eq(uv_timer_start(&w.limit, on_limit, WAIT_MS, 0), 0);
  while (!until() && !w.late) (void)uv_run(ep_loop_uv(w.loop), UV_RUN_ONCE);
  uv_close((uv_handle_t *)&w.limit, NULL);
  (void)uv_run(ep_loop_uv(w.loop), UV_RUN_NOWAIT);
  ck_assert_msg(until(), "it did not happen in time");
}

static bool pause_over(void) { return w.late; }

static void run_for(uint64_t pause_ms) {
  w.late = false;
  ck_assert_int_eq(uv_timer_init(ep_loop_uv(w.loop), &w.limit), 0);
  ck_assert_int_eq(uv_timer_start(&w.limit, on_limit, pause_ms, 0), 0);
  while (!pause_over()) (void)uv_run(ep_loop_uv(w.loop), UV_RUN_ONCE);
  uv_close((uv_handle_t *)&w.limit, NULL);
  (void)uv_run(ep_loop_uv(w.loop), UV_RUN_NOWAIT);
}

static bool is_service_gone(void) { return w.service_gone; }
static void service_gone(void *context) {
  (void)context;
  w.service_gone = true;
  ep_loop_stop(w.loop);
}

static void service_stop(void) {
  ep_service_stop(w.service, service_gone, NULL);
  run_until(is_service_gone);
}

static unsigned awaited; /* index of a client */
static bool is_client_gone(void) { return w.clients[awaited].gone; }

static void client_close(client *c) {
  awaited = (unsigned)(c - w.clients);
  ep_dialer_close(c->dialer, client_gone, c);
  run_until(is_client_gone);
}

static bool are_two_in(void) {
  return w.clients[0].authenticated != 0 && w.clients[1].authenticated != 0;
}
static bool has_one(void) { return w.clients[1].messages >= 1; }
static bool has_answer(void) { return w.clients[0].messages >= 1; }

/* ---- Addresses -------------------------------------------------------------------------------------- */

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
  } cases[] = {{"127.3.2.1", true, "127.3.2.1:7"},         {"10.0.0.1", false, "10.0.0.1:7"},
               {"::1", true, "[::1]:7"},                   {"::2", false, "[::2]:7"},
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

/* ---- Talking ---------------------------------------------------------------------------------------- */

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

static bool has_large(void) { return w.clients[1].bytes >= 60 * 1000 * 1000; }

/* More than any socket takes at once, in both legs. */
START_TEST(large_messages_arrive) {
  serve("127.0.0.1:0", NULL, NULL);
  client *alice = dial(0, "alice");
  (void)dial(1, "bob");
  run_until(are_two_in);
  size_t len = 20 * 1000 * 1000;
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
  ck_assert_uint_le(bob->messages, 2); /* without state the bob of before and this one are two instances */
  ck_assert_str_eq(bob->last, "2");
  client_close(&w.clients[0]);
  client_close(&w.clients[1]);
  service_stop();
}
END_TEST

/* ---- A loop of the application's -------------------------------------------------------------------- */

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

/* ---- What can be wrong ------------------------------------------------------------------------------ */

static void refused(const char *listen, const char *data, const char *word) {
  ep_service *service = NULL;
  ck_assert_int_ne(try_serve(&service, listen, data, NULL), EP_OK);
  ck_assert_ptr_null(service);
  ck_assert_msg(strstr(w.said, word) != NULL, "%s", w.said);
  ck_assert_int_eq(w.said[strlen(w.said) - 1], '.');
}

START_TEST(refusals_have_sentences) {
  char text[128];
  serve("127.0.0.1:0", w.data, NULL);
  refused(w.address, NULL, "in use");
  refused("127.0.0.1:0", w.data, "in use by process");
  refused("192.0.2.1:9999", NULL, "not one of this machine");
  refused("nonsense", NULL, "no port");
  refused("no.such.host.invalid:1", NULL, "not possible");
  (void)snprintf(text, sizeof text, "unix:%s/no/where", w.where);
  refused(text, NULL, "does not exist");
  (void)snprintf(text, sizeof text, "unix:%s", w.where);
  refused(text, NULL, "is no socket");
  service_stop();
}
END_TEST

START_TEST(dialing_nonsense_is_refused) {
  ep_dialer *dialer = NULL;
  ep_dial_options how = {.server = "nonsense"};
  ep_surroundings_default(&how.core.surroundings);
  ck_assert_int_eq(ep_dial(&dialer, w.loop, &how, w.said, sizeof w.said), EP_INVALID_ARGUMENT);
  how.server = "127.0.0.1:1";
  how.core.client_id = "\n";
  ck_assert_int_eq(ep_dial(&dialer, w.loop, &how, w.said, sizeof w.said), EP_INVALID_ARGUMENT);
  ck_assert_ptr_null(dialer);
}
END_TEST

static int unix_listen(const char *path) {
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
  ck_assert_int_eq(listen(fd, 1), 0);
  return fd;
}

START_TEST(stale_unix_socket_is_replaced_and_a_live_one_not) {
  char path[100], text[120];
  (void)snprintf(path, sizeof path, "%s/e.sock", w.where);
  (void)snprintf(text, sizeof text, "unix:%s", path);
  int fd = unix_listen(path);
  refused(text, NULL, "in use");
  ck_assert_int_eq(close(fd), 0); /* the file stays, as after kill -9 */
  serve(text, NULL, NULL);
  refused(text, NULL, "in use");
  service_stop();
  struct stat file;
  ck_assert_int_ne(lstat(path, &file), 0);
}
END_TEST

/* A plain socket connected to the service. */
static int plain_connect(void) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_storage address;
  ep_address_of_ip(&address, "127.0.0.1", ep_service_port(w.service, 0));
  ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof(struct sockaddr_in)), 0);
  return fd;
}

START_TEST(connections_over_the_limit_are_closed) {
  ep_server_config few = {.connections = 3};
  int fds[6];
  char byte;
  serve("127.0.0.1:0", NULL, &few);
  for (int i = 0; i < 6; i++) fds[i] = plain_connect();
  run_for(50);
  ck_assert_uint_eq(ep_server_connections(ep_service_core(w.service)), 3);
  for (int i = 0; i < 6; i++) {
    ssize_t got = recv(fds[i], &byte, 1, MSG_DONTWAIT);
    ck_assert_int_eq(got, i < 3 ? -1 : 0); /* open, and silent; or at its end */
    (void)close(fds[i]);
  }
  run_for(50);
  ck_assert_uint_eq(ep_server_connections(ep_service_core(w.service)), 0);
  service_stop();
}
END_TEST

static double cpu_seconds(void) {
  struct timespec used;
  ck_assert_int_eq(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used), 0);
  return (double)used.tv_sec + 1e-9 * (double)used.tv_nsec;
}

START_TEST(without_files_it_neither_spins_nor_stops) {
  struct rlimit was, few;
  int fds[20];
  serve("127.0.0.1:0", NULL, NULL);
  for (int i = 0; i < 20; i++) fds[i] = plain_connect();
  int next = dup(fds[0]);
  (void)close(next);
  ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &was), 0);
  few = (struct rlimit){(rlim_t)next + 5, was.rlim_max};
  ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
  double before = cpu_seconds();
  run_for(300);
  ck_assert_double_lt(cpu_seconds() - before, 0.15);
  ck_assert_uint_le(ep_server_connections(ep_service_core(w.service)), 6);
  ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &was), 0);
  for (int i = 0; i < 20; i++) (void)close(fds[i]);
  (void)dial(0, "alice");
  (void)dial(1, "bob");
  run_until(are_two_in); /* it still accepts */
  client_close(&w.clients[0]);
  client_close(&w.clients[1]);
  service_stop();
}
END_TEST

/* One who sends nonsense and one who never reads disturb nobody, and are gone in the end. */
START_TEST(bad_peers_disturb_nobody) {
  static const char hello[] =
      "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"auth\\\",\\\"payload\\\":\\\"slow\\\"}\"}\f";
  serve("127.0.0.1:0", NULL, NULL);
  int slow = plain_connect(), mad = plain_connect();
  ck_assert_int_eq(write(slow, hello, sizeof hello - 1), sizeof hello - 1);
  for (int i = 0; i < 40; i++) ck_assert_int_eq(send(mad, "?\f", 2, MSG_NOSIGNAL), 2);
  client *alice = dial(0, "alice");
  (void)dial(1, "bob");
  run_until(are_two_in);
  static uint8_t text[100000];
  memset(text, '1', sizeof text);
  for (int i = 0; i < 200; i++) send_to(alice, "slow", (ep_bytes){text, sizeof text});
  send_to(alice, "bob", EP_LITERAL("1"));
  run_until(has_one);
  ck_assert_uint_eq(ep_server_connections(ep_service_core(w.service)), 3); /* mad is gone */
  client_close(&w.clients[0]);
  client_close(&w.clients[1]);
  service_stop(); /* slow has output that it never takes */
  (void)close(slow);
  (void)close(mad);
}
END_TEST

static void note_failed(void *context) {
  (void)context;
  w.failed = true;
}

static bool has_failed(void) { return w.failed; }

START_TEST(store_that_is_full_ends_the_service_with_a_sentence) {
  struct rlimit was, least;
  (void)signal(SIGXFSZ, SIG_IGN);
  serve("127.0.0.1:0", w.data, NULL);
  ep_service_on_failed(w.service, note_failed, NULL);
  client *alice = dial(0, "alice");
  (void)dial(1, "bob");
  run_until(are_two_in);
  client_close(&w.clients[1]);
  ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &was), 0);
  least = (struct rlimit){256 * 1024, was.rlim_max};
  ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &least), 0);
  static uint8_t text[400000];
  memset(text, '1', sizeof text);
  send_to(alice, "bob", (ep_bytes){text, sizeof text});
  run_until(has_failed);
  ck_assert_uint_eq(alice->confirmed, 0);
  ck_assert_str_ne(ep_service_trouble(w.service), "");
  ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &was), 0);
  service_stop();
  client_close(&w.clients[0]);
}
END_TEST

/* ---- A store that commits later --------------------------------------------------------------------- */

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
  late = (late_store){.store = {before->load, late_commit, before->trouble, late_close}};
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
  ck_assert_uint_ge(late.commits, 4);
  client_close(&w.clients[0]);
  client_close(&w.clients[1]);
  service_stop();
}
END_TEST

/* ---- Suite ------------------------------------------------------------------------------------------ */

static TCase *with_world(Suite *suite, const char *name) {
  TCase *tests = tcase_create(name);
  tcase_add_checked_fixture(tests, world_make, world_drop);
  tcase_set_timeout(tests, 60);
  suite_add_tcase(suite, tests);
  return tests;
}

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
  TCase *wrong = with_world(suite, "wrong");
  tcase_add_test(wrong, refusals_have_sentences);
  tcase_add_test(wrong, dialing_nonsense_is_refused);
  tcase_add_test(wrong, stale_unix_socket_is_replaced_and_a_live_one_not);
  tcase_add_test(wrong, connections_over_the_limit_are_closed);
  tcase_add_test(wrong, without_files_it_neither_spins_nor_stops);
  tcase_add_test(wrong, bad_peers_disturb_nobody);
  tcase_add_test(wrong, store_that_is_full_ends_the_service_with_a_sentence);
  return suite;
}
