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
  suite_add_tcase(suite, tests);
}
