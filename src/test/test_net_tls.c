/* Tests of floor 5, net: the TLS filter without a socket. Two sessions talk to each other, their
 * bytes cut into parts of any size. Certificates are made here.
 * Read first: net/tls.h, test_net_world.h. */
#define _GNU_SOURCE 1
#include <check.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/tls.h"
#include "test/test_net_world.h"

enum { PAYLOAD = 200000, VALID_S = 3600 };

static struct {
  char cert[100], key[100], said[512];
  ep_tls *server, *client;
  ep_address address; /* of the server, as the client knows it */
  ep_tls_session *at_server, *at_client;
  uint8_t *payload, *got;
  size_t got_len;
} t;

/* ---- Before and after ------------------------------------------------------------------------ */

/* A certificate that signs itself, for 127.0.0.1. */
static void certificate_make(void) {
  EVP_PKEY *key = EVP_EC_gen("P-256");
  X509 *cert = X509_new();
  ck_assert(key != NULL && cert != NULL);
  X509_EXTENSION *names = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "IP:127.0.0.1");
  ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
  X509_gmtime_adj(X509_getm_notBefore(cert), -VALID_S);
  X509_gmtime_adj(X509_getm_notAfter(cert), VALID_S);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
                             (const unsigned char *)"test", -1, -1, 0);
  X509_set_version(cert, X509_VERSION_3);
  X509_set_issuer_name(cert, X509_get_subject_name(cert));
  ck_assert_int_eq(X509_add_ext(cert, names, -1), 1);
  ck_assert_int_eq(X509_set_pubkey(cert, key), 1);
  ck_assert_int_ne(X509_sign(cert, key, EVP_sha256()), 0);
  FILE *file = fopen(t.cert, "we");
  ck_assert_int_eq(PEM_write_X509(file, cert), 1);
  ck_assert_int_eq(fclose(file), 0);
  file = fopen(t.key, "we");
  ck_assert_int_eq(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), 1);
  ck_assert_int_eq(fclose(file), 0);
  X509_EXTENSION_free(names);
  X509_free(cert);
  EVP_PKEY_free(key);
}

static void both_make(void) {
  world_make();
  memset(&t, 0, sizeof t);
  (void)snprintf(t.cert, sizeof t.cert, "%s/cert", w.where);
  (void)snprintf(t.key, sizeof t.key, "%s/key", w.where);
  certificate_make();
  ep_words to = {t.said, sizeof t.said};
  ep_tls_files ours = {.cert = t.cert, .key = t.key}, theirs = {.ca = t.cert};
  ck_assert_msg(ep_tls_new(&t.server, &ours, true, to) == EP_OK, "%s", t.said);
  ck_assert_msg(ep_tls_new(&t.client, &theirs, false, to) == EP_OK, "%s", t.said);
  ck_assert(ep_address_parse(&t.address, "tls:127.0.0.1:1", t.said, sizeof t.said));
  t.payload = malloc(PAYLOAD);
  t.got = malloc(PAYLOAD);
  for (size_t i = 0; i < PAYLOAD; i++) t.payload[i] = (uint8_t)(i * 31 + i / 251);
}

static void both_begin(void) {
  t.at_server = ep_tls_begin(t.server, NULL);
  t.at_client = ep_tls_begin(t.client, &t.address);
  ck_assert(t.at_server != NULL && t.at_client != NULL);
}

static void both_end(void) {
  ep_tls_end(t.at_server);
  ep_tls_end(t.at_client);
  t.at_server = t.at_client = NULL;
}

static void both_drop(void) {
  both_end();
  ep_tls_free(t.server);
  ep_tls_free(t.client);
  free(t.payload);
  free(t.got);
  world_drop();
}

/* ---- Talk ------------------------------------------------------------------------------------ */

/* What `from` has for its socket goes to `to`, at most `most` bytes at a time. */
static void carry(ep_tls_session *from, ep_tls_session *to, size_t most) {
  while (ep_buffer_len(&from->output) != 0 && to->phase <= EP_TLS_OPEN) {
    ep_bytes raw = ep_buffer_bytes(&from->output), plain;
    if (raw.len > most) raw.len = most;
    (void)ep_tls_receive(to, raw, &plain);
    ep_buffer_consume(&from->output, raw.len);
    ck_assert_uint_le(t.got_len + plain.len, PAYLOAD);
    if (plain.len != 0) memcpy(t.got + t.got_len, plain.data, plain.len);
    t.got_len += plain.len;
  }
}

static void greet(size_t most) {
  both_begin();
  for (int i = 0; i < 4; i++) {
    carry(t.at_client, t.at_server, most);
    carry(t.at_server, t.at_client, most);
  }
  ck_assert_int_eq(t.at_server->phase, EP_TLS_OPEN);
  ck_assert_int_eq(t.at_client->phase, EP_TLS_OPEN);
}

static void say(ep_tls_session *from, ep_tls_session *to, size_t most) {
  t.got_len = 0;
  for (size_t at = 0, len; at < PAYLOAD; at += len) {
    len = PAYLOAD - at < EP_TLS_PART ? PAYLOAD - at : EP_TLS_PART;
    ck_assert(ep_tls_write(from, ep_bytes_of(t.payload + at, len)));
    carry(from, to, most);
  }
  ck_assert_uint_eq(t.got_len, PAYLOAD);
  ck_assert_mem_eq(t.got, t.payload, PAYLOAD);
}

/* EP-FRAME-2 */
START_TEST(bytes_are_the_same_however_they_are_cut) {
  static const size_t parts[] = {1, 2, 7, 1000, 16384, EP_READ_BUFFER_LEN};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    greet(parts[i]);
    say(t.at_client, t.at_server, parts[i]);
    say(t.at_server, t.at_client, parts[i]);
    ep_tls_finish(t.at_client);
    carry(t.at_client, t.at_server, parts[i]);
    ck_assert_int_eq(t.at_server->phase, EP_TLS_ENDED);
    both_end();
  }
}
END_TEST

START_TEST(what_was_said_before_the_end_is_read) {
  greet(EP_READ_BUFFER_LEN);
  t.got_len = 0;
  ck_assert(ep_tls_write(t.at_server, EP_LITERAL("last words")));
  ep_tls_finish(t.at_server);
  carry(t.at_server, t.at_client, EP_READ_BUFFER_LEN);
  ck_assert_int_eq(t.at_client->phase, EP_TLS_ENDED);
  ck_assert_uint_eq(t.got_len, strlen("last words"));
}
END_TEST

/* ---- What is wrong --------------------------------------------------------------------------- */

START_TEST(a_changed_byte_is_noticed) {
  for (size_t at = 0; at < 40; at += 3) {
    greet(EP_READ_BUFFER_LEN);
    t.got_len = 0;
    ck_assert(ep_tls_write(t.at_client, EP_LITERAL("twenty-one bytes here")));
    if (at < 3 || at >= 5) { /* a length that is not the right one is waited for */
      t.at_client->output.block[t.at_client->output.start + at] ^= 1;
      carry(t.at_client, t.at_server, EP_READ_BUFFER_LEN);
      ck_assert_int_eq(t.at_server->phase, EP_TLS_FAILED);
      ck_assert_str_ne(t.at_server->trouble, "");
    }
    ck_assert_uint_eq(t.got_len, 0);
    both_end();
  }
}
END_TEST

START_TEST(who_speaks_no_tls_is_told_so) {
  ep_bytes plain;
  both_begin();
  ck_assert(!ep_tls_is(EP_LITERAL("{\"action\"")));
  ck_assert(ep_tls_is(ep_buffer_bytes(&t.at_client->output)));
  ck_assert_int_eq(ep_tls_receive(t.at_server, EP_LITERAL("{"), &plain), EP_TLS_FAILED);
  ck_assert(ep_tls_is(ep_buffer_bytes(&t.at_server->output))); /* an alert */
  ck_assert_int_eq(ep_tls_receive(t.at_client, EP_LITERAL("{"), &plain), EP_TLS_FAILED);
  ck_assert_ptr_nonnull(strstr(t.at_client->trouble, "leave out tls:"));
}
END_TEST

START_TEST(the_name_must_be_right) {
  static const char *const others[] = {"tls:127.0.0.2:1", "tls:localhost:1", "tls:[::1]:1"};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
    ck_assert(ep_address_parse(&t.address, others[i], t.said, sizeof t.said));
    both_begin();
    carry(t.at_client, t.at_server, EP_READ_BUFFER_LEN);
    carry(t.at_server, t.at_client, EP_READ_BUFFER_LEN);
    ck_assert_int_eq(t.at_client->phase, EP_TLS_FAILED);
    ck_assert_str_eq(t.at_client->trouble, "its certificate is not for this address");
    carry(t.at_client, t.at_server, EP_READ_BUFFER_LEN); /* the alert */
    ck_assert_int_eq(t.at_server->phase, EP_TLS_FAILED);
    both_end();
  }
}
END_TEST

/* Sessions that were begun keep the certificate of their beginning. */
START_TEST(files_are_read_again) {
  ep_words to = {t.said, sizeof t.said};
  greet(EP_READ_BUFFER_LEN);
  certificate_make();
  ck_assert_int_eq(ep_tls_reload(t.server, to), EP_OK);
  say(t.at_client, t.at_server, EP_READ_BUFFER_LEN);
  both_end();
  both_begin(); /* the client trusts the one before */
  carry(t.at_client, t.at_server, EP_READ_BUFFER_LEN);
  carry(t.at_server, t.at_client, EP_READ_BUFFER_LEN);
  ck_assert_int_eq(t.at_client->phase, EP_TLS_FAILED);
  both_end();
  ck_assert_int_eq(ep_tls_reload(t.client, to), EP_OK);
  greet(EP_READ_BUFFER_LEN);
  ck_assert_int_eq(unlink(t.key), 0);
  ck_assert_int_eq(ep_tls_reload(t.server, to), EP_SYSTEM);
  ck_assert_ptr_nonnull(strstr(t.said, "cannot be read"));
  both_end();
  greet(EP_READ_BUFFER_LEN);
}
END_TEST

START_TEST(addresses_with_tls) {
  ep_address address;
  ck_assert(ep_address_parse(&address, "tls:[::1]:9443", t.said, sizeof t.said));
  ck_assert(address.tls && address.kind == EP_ADDRESS_IP && address.port == 9443);
  ck_assert(ep_address_parse(&address, "tls::9443", t.said, sizeof t.said));
  ck_assert(address.tls && address.kind == EP_ADDRESS_ALL);
  ck_assert(ep_address_parse(&address, "tls:fd:3", t.said, sizeof t.said));
  ck_assert(address.tls && address.kind == EP_ADDRESS_FD && address.port == 3);
  ck_assert(ep_address_parse(&address, "localhost:9443", t.said, sizeof t.said));
  ck_assert(!address.tls);
  ck_assert(!ep_address_parse(&address, "tls:unix:/x", t.said, sizeof t.said));
  ck_assert(!ep_address_parse(&address, "tls:localhost", t.said, sizeof t.said));
  ck_assert(!ep_address_parse(&address, "fd:three", t.said, sizeof t.said));
}
END_TEST

/* ---- One who makes us answer and reads nothing (EP-LIM-1) ------------------------------------ */

/* The client asks for so many answers, each a record as long as its request. Returns that length.
 */
static size_t ask(unsigned count) {
  size_t before = ep_buffer_len(&t.at_client->output);
  for (unsigned i = 0; i < count; i++) {
    ck_assert_int_eq(SSL_key_update(t.at_client->ssl, SSL_KEY_UPDATE_REQUESTED), 1);
    ck_assert_int_eq(SSL_do_handshake(t.at_client->ssl), 1);
  }
  return (ep_buffer_len(&t.at_client->output) - before) / count;
}

/* Of what a session says and the socket has not taken: one answer below the most, the most, one
 * above. */
START_TEST(answers_in_a_session_are_bounded) {
  static const uint8_t untaken[EP_TLS_OUTPUT_MOST];
  for (int over = -1; over <= 1; over++) {
    greet(EP_READ_BUFFER_LEN);
    carry(t.at_server, t.at_client, EP_READ_BUFFER_LEN);
    size_t one = ask((unsigned)(5 + over)), room = 4 * one;
    ep_bytes asked = ep_buffer_bytes(&t.at_client->output), plain;
    ep_buffer_append(&t.at_server->output, ep_bytes_of(untaken, EP_TLS_OUTPUT_MOST - room));
    (void)ep_tls_receive(t.at_server, asked, &plain);
    ck_assert_uint_le(ep_buffer_len(&t.at_server->output), EP_TLS_OUTPUT_MOST);
    ck_assert_int_eq(t.at_server->phase, over > 0 ? EP_TLS_FAILED : EP_TLS_OPEN);
    if (over > 0) ck_assert_ptr_nonnull(strstr(t.at_server->trouble, "reads nothing"));
    both_end();
  }
}
END_TEST

static int deaf; /* the socket of one who does not read */

static void deaf_asks(unsigned count) {
  (void)ask(count);
  ep_bytes raw = ep_buffer_bytes(&t.at_client->output);
  ck_assert_int_eq(send(deaf, raw.data, raw.len, MSG_NOSIGNAL), (ssize_t)raw.len);
  ep_buffer_consume(&t.at_client->output, raw.len);
}

static bool deaf_is_in(void) {
  uint8_t raw[4096];
  ep_bytes plain;
  ssize_t got = recv(deaf, raw, sizeof raw, MSG_DONTWAIT);
  if (got > 0) (void)ep_tls_receive(t.at_client, ep_bytes_of(raw, (size_t)got), &plain);
  ep_bytes greeting = ep_buffer_bytes(&t.at_client->output);
  if (greeting.len != 0 && send(deaf, greeting.data, greeting.len, MSG_NOSIGNAL) > 0)
    ep_buffer_consume(&t.at_client->output, greeting.len);
  const ep_connection *connection = w.service->connections;
  return connection != NULL && connection->link.tls->phase == EP_TLS_OPEN &&
         t.at_client->phase == EP_TLS_OPEN;
}

static size_t deaf_waited; /* bytes that waited for its socket, when it was looked at last */

static bool is_cut_off(void) {
  const ep_connection *connection = w.service->connections;
  if (connection == NULL) return true;
  deaf_waited = uv_stream_get_write_queue_size(&connection->link.uv.stream);
  ck_assert_uint_le(deaf_waited, EP_LINK_WAITING_MOST);
  deaf_asks(1);
  return false;
}

static void on_untaken(uv_write_t *write, int code) { (void)write, (void)code; }

/* So much waits for the socket already. */
static void fill_socket(size_t len) {
  static uint8_t untaken[EP_LINK_WAITING_MOST];
  static uv_write_t write;
  uv_buf_t buffer = uv_buf_init((char *)untaken, (unsigned)len);
  uv_stream_t *stream = &w.service->connections->link.uv.stream;
  ck_assert_int_eq(uv_write(&write, stream, &buffer, 1, on_untaken), 0);
}

static void serve_tls(void) {
  static const char *const address = "tls:127.0.0.1:0";
  ep_serve_options how = {.listen = &address, .listen_count = 1, .core = {.auth_ms = 600000}};
  how.tls = (ep_tls_files){.cert = t.cert, .key = t.key};
  ep_surroundings_default(&how.core.surroundings);
  ck_assert_msg(ep_serve(&w.service, w.loop, &how, w.said, sizeof w.said) == EP_OK, "%s", w.said);
}

START_TEST(answers_that_wait_for_a_socket_are_bounded) {
  int room = 4096;
  serve_tls();
  t.at_client = ep_tls_begin(t.client, &t.address);
  deaf = plain_connect();
  ck_assert_int_eq(setsockopt(deaf, SOL_SOCKET, SO_RCVBUF, &room, sizeof room), 0);
  run_until(deaf_is_in);
  size_t one = ask(1);
  (void)uv_send_buffer_size(&w.service->connections->link.uv.handle, &room);
  fill_socket(EP_LINK_WAITING_MOST - one);
  run_until(is_cut_off);
  ck_assert_uint_gt(deaf_waited + 8 * one, EP_LINK_WAITING_MOST); /* and not before */
  (void)close(deaf);
  service_stop();
}
END_TEST

void add_net_tls(Suite *suite) {
  TCase *tests = tcase_create("tls");
  tcase_add_checked_fixture(tests, both_make, both_drop);
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, bytes_are_the_same_however_they_are_cut);
  tcase_add_test(tests, what_was_said_before_the_end_is_read);
  tcase_add_test(tests, a_changed_byte_is_noticed);
  tcase_add_test(tests, who_speaks_no_tls_is_told_so);
  tcase_add_test(tests, the_name_must_be_right);
  tcase_add_test(tests, files_are_read_again);
  tcase_add_test(tests, addresses_with_tls);
  tcase_add_test(tests, answers_in_a_session_are_bounded);
  tcase_add_test(tests, answers_that_wait_for_a_socket_are_bounded);
  suite_add_tcase(suite, tests);
}
