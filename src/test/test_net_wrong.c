/* Tests of floor 5, net: when a socket, a file, a peer or the store does not do what it should.
 * Read first: test_net_world.h. */
#define _GNU_SOURCE 1
#include <check.h>
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

#include "net/address.h"
#include "test/test_net_world.h"

/* ---- What can be wrong ----------------------------------------------------------------------- */

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

enum { CALLERS = 6, ADMITTED = 3 };

static int callers[CALLERS];

/* What a caller finds: 0 at the end of the connection, -1 open and silent. */
static ssize_t caller_hears(int i) {
  char byte;
  return recv(callers[i], &byte, 1, MSG_DONTWAIT | MSG_PEEK);
}

static bool are_all_refused(void) {
  for (int i = ADMITTED; i < CALLERS; i++)
    if (caller_hears(i) != 0) return false;
  return true;
}

static bool are_none_left(void) { return ep_server_connections(ep_service_core(w.service)) == 0; }

START_TEST(connections_over_the_limit_are_closed) {
  ep_server_config few = {.connections = ADMITTED};
  serve("127.0.0.1:0", NULL, &few);
  for (int i = 0; i < CALLERS; i++) callers[i] = plain_connect();
  run_until(are_all_refused);
  ck_assert_uint_eq(ep_server_connections(ep_service_core(w.service)), ADMITTED);
  for (int i = 0; i < ADMITTED; i++) ck_assert_int_eq(caller_hears(i), -1);
  for (int i = 0; i < CALLERS; i++) (void)close(callers[i]);
  run_until(are_none_left);
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
      "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"auth\\\",\\\"payload\\\":"
      "\\\"slow\\\"}\"}\f";
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

static unsigned troubles, cures;

static void note_trouble(void *context, const char *sentence) {
  (void)context;
  if (sentence == NULL) {
    cures++;
    return;
  }
  troubles++;
  ck_assert_str_eq(sentence, ep_service_trouble(w.service));
  ck_assert_int_eq(sentence[strlen(sentence) - 1], '.');
}

static void note_failed(void *context) {
  (void)context;
  w.failed = true;
}

static bool has_trouble(void) { return troubles != 0; }
static bool is_confirmed(void) { return w.clients[0].confirmed == 1 && cures != 0; }

/* Alice sends what the store has no room for. */
static client *send_into_a_full_store(struct rlimit *was) {
  static uint8_t text[400000];
  memset(text, '1', sizeof text);
  (void)signal(SIGXFSZ, SIG_IGN);
  troubles = cures = 0;
  serve("127.0.0.1:0", w.data, NULL);
  ep_service_on_trouble(w.service, note_trouble, NULL);
  ep_service_on_failed(w.service, note_failed, NULL);
  client *alice = dial(0, "alice");
  (void)dial(1, "bob");
  run_until(are_two_in);
  ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, was), 0);
  struct rlimit least = {256 * 1024, was->rlim_max};
  ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &least), 0);
  send_to(alice, "bob", (ep_bytes){text, sizeof text});
  run_until(has_trouble);
  ck_assert_uint_eq(alice->confirmed, 0); /* EP-G5-1 */
  return alice;
}

START_TEST(store_that_is_full_makes_everybody_wait) {
  struct rlimit was;
  const client *alice = send_into_a_full_store(&was);
  run_for(2 * EP_STORE_AGAIN_MS + EP_STORE_AGAIN_MS / 2);
  ck_assert_uint_eq(troubles, 1); /* told once, tried more often */
  ck_assert_uint_ge(ep_service_counted(w.service).store_refused, 3);
  ck_assert(ep_service_counted(w.service).store_waits);
  ck_assert_uint_eq(alice->confirmed, 0);
  ck_assert_uint_eq(w.clients[1].messages, 0);
  ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &was), 0);
  run_until(is_confirmed);
  run_until(has_one);
  ck_assert_uint_eq(alice->disconnected, 0);
  ck_assert_str_eq(ep_service_trouble(w.service), "");
  ck_assert(!ep_service_counted(w.service).store_waits);
  ck_assert(!w.failed);
  client_close(&w.clients[0]);
  client_close(&w.clients[1]);
  service_stop();
}
END_TEST

START_TEST(store_that_stays_full_lets_the_service_stop) {
  struct rlimit was;
  const client *alice = send_into_a_full_store(&was);
  service_stop();
  ck_assert(w.failed);
  ck_assert_uint_eq(alice->confirmed, 0);
  ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &was), 0);
  client_close(&w.clients[0]);
  client_close(&w.clients[1]);
}
END_TEST

static void broken_commit(ep_store *store, ep_bytes batch, ep_store_done *done, void *context) {
  (void)store;
  (void)batch;
  done(context, false);
}

static const char *broken_trouble(const ep_store *store) {
  (void)store;
  return "The store is damaged.";
}

static bool broken_is_broken(const ep_store *store) {
  (void)store;
  return true;
}

static void broken_close(ep_store *store) { (void)store; }

static bool has_failed(void) { return w.failed; }

/* Waiting would not help: everybody is sent away (EP-ERR-5). */
START_TEST(store_that_is_broken_ends_the_service) {
  troubles = 0;
  serve("127.0.0.1:0", w.data, NULL);
  ep_service_on_trouble(w.service, note_trouble, NULL);
  ep_service_on_failed(w.service, note_failed, NULL);
  ep_store *before = w.service->store;
  ep_store broken = {before->load, broken_commit, broken_trouble, broken_is_broken, broken_close};
  ep_store_close(before);
  w.service->store = &broken;
  const client *alice = dial(0, "alice");
  run_until(has_failed);
  ck_assert_uint_eq(troubles, 0);
  ck_assert_uint_eq(alice->authenticated, 0);
  ck_assert_str_eq(ep_service_trouble(w.service), "The store is damaged.");
  service_stop();
  client_close(&w.clients[0]);
}
END_TEST

void add_net_wrong(Suite *suite) {
  TCase *wrong = with_world(suite, "wrong");
  tcase_add_test(wrong, refusals_have_sentences);
  tcase_add_test(wrong, dialing_nonsense_is_refused);
  tcase_add_test(wrong, stale_unix_socket_is_replaced_and_a_live_one_not);
  tcase_add_test(wrong, connections_over_the_limit_are_closed);
  tcase_add_test(wrong, without_files_it_neither_spins_nor_stops);
  tcase_add_test(wrong, bad_peers_disturb_nobody);
  tcase_add_test(wrong, store_that_is_full_makes_everybody_wait);
  tcase_add_test(wrong, store_that_is_broken_ends_the_service);
  tcase_add_test(wrong, store_that_stays_full_lets_the_service_stop);
}
