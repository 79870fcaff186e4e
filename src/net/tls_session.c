/* Floor 5, net. One TLS connection: what OpenSSL reads and writes, and a clause for each way in
 * which it can go wrong. The clauses are for the one who runs this program; the other side gets no
 * more than the alerts of TLS.
 * Read first: net/tls.h. */
#define _GNU_SOURCE 1
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "base/assert.h"
#include "net/loop.h"
#include "net/tls.h"

enum {
  ALERT = 0x15, /* the first bytes of records */
  HANDSHAKE = 0x16
};

/* ---- What OpenSSL reads and writes ----------------------------------------------------------- */

static int on_bio_read(BIO *bio, char *out, int out_len) {
  ep_tls_session *session = BIO_get_data(bio);
  BIO_clear_retry_flags(bio);
  size_t len = session->input.len < (size_t)out_len ? session->input.len : (size_t)out_len;
  if (len == 0) {
    BIO_set_retry_read(bio);
    return -1;
  }
  memcpy(out, session->input.data, len);
  session->input = ep_bytes_from(session->input, len);
  return (int)len;
}

static int on_bio_write(BIO *bio, const char *in, int in_len) {
  ep_tls_session *session = BIO_get_data(bio);
  BIO_clear_retry_flags(bio);
  ep_buffer_append(&session->output, ep_bytes_of(in, (size_t)in_len));
  return session->output.failed ? -1 : in_len;
}

static long on_bio_control(BIO *bio, int command, long number, void *data) {
  (void)bio, (void)number, (void)data;
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD *ep_tls_method_new(void) {
  BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "e-pigeon");
  if (method == NULL) return NULL;
  (void)BIO_meth_set_read(method, on_bio_read);
  (void)BIO_meth_set_write(method, on_bio_write);
  (void)BIO_meth_set_ctrl(method, on_bio_control);
  return method;
}

/* ---- What went wrong ------------------------------------------------------------------------- */

static const char *verify_words(long result) {
  switch (result) {
    case X509_V_ERR_CERT_HAS_EXPIRED: return "its certificate has expired";
    case X509_V_ERR_CERT_NOT_YET_VALID: return "its certificate is not valid yet";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: return "its certificate is not for this address";
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return "its certificate is not signed by a CA that is trusted here (tls-ca names one)";
    default: return X509_verify_cert_error_string(result);
  }
}

static const char *alert_words(int alert) {
  switch (alert) {
    case SSL_AD_CERTIFICATE_REQUIRED:
      return "the other side asks for a certificate (tls-cert and tls-key)";
    case SSL_AD_CERTIFICATE_EXPIRED: return "the other side says that our certificate has expired";
    case SSL_AD_UNKNOWN_CA: return "the other side does not trust the CA of our certificate";
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
    case SSL_AD_CERTIFICATE_UNKNOWN: return "the other side does not take our certificate";
    case SSL_AD_PROTOCOL_VERSION: return "the other side speaks no TLS 1.2 or higher there";
    default: return NULL;
  }
}

static const char *error_words(const ep_tls_session *session, unsigned long error) {
  int reason = ERR_GET_REASON(error);
  if (session->output.failed) return "it reads nothing, or there is not enough memory";
  if (ERR_GET_LIB(error) != ERR_LIB_SSL) return ERR_reason_error_string(error);
  if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED)
    return verify_words(SSL_get_verify_result(session->ssl));
  if (reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE)
    return "it shows no certificate, and one is asked for";
  if (reason == SSL_R_NO_SHARED_CIPHER || reason == SSL_R_UNSUPPORTED_PROTOCOL)
    return "it speaks no version of TLS, or cipher, that is spoken here";
  const char *words =
      reason >= SSL_AD_REASON_OFFSET ? alert_words(reason - SSL_AD_REASON_OFFSET) : NULL;
  return words != NULL ? words : ERR_reason_error_string(error);
}

static void fail(ep_tls_session *session, const char *words) {
  session->phase = EP_TLS_FAILED;
  (void)snprintf(session->trouble, sizeof session->trouble, "%s",
                 words != NULL ? words : "TLS failed");
}

/* After a call of OpenSSL that did not do all: waiting for more input, at the end, or failed. */
static void judge(ep_tls_session *session, int result) {
  switch (SSL_get_error(session->ssl, result)) {
    case SSL_ERROR_WANT_READ: break;
    case SSL_ERROR_ZERO_RETURN: session->phase = EP_TLS_ENDED; break;
    default: fail(session, error_words(session, ERR_peek_error())); break;
  }
  ERR_clear_error();
}

/* ---- Life ------------------------------------------------------------------------------------ */

/* Whose certificate it must be: that of the name, or of the address, in the address. */
static bool server_name(ep_tls_session *session, const ep_address *server) {
  const char *name = server->kind == EP_ADDRESS_ALL ? "127.0.0.1" : server->name;
  if (server->kind != EP_ADDRESS_NAME)
    return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session->ssl), name) == 1;
  return SSL_set1_host(session->ssl, name) == 1 &&
         SSL_set_tlsext_host_name(session->ssl, name) == 1;
}

static bool session_open(ep_tls_session *session, const ep_address *server) {
  session->ssl = SSL_new(session->tls->context);
  BIO *bio = session->ssl != NULL ? BIO_new(session->tls->method) : NULL;
  if (bio == NULL) return false;
  BIO_set_data(bio, session);
  BIO_set_init(bio, 1);
  SSL_set_bio(session->ssl, bio, bio); /* and owns it */
  if (server == NULL) {
    SSL_set_accept_state(session->ssl);
    return true;
  }
  SSL_set_connect_state(session->ssl);
  if (!server_name(session, server)) return false;
  judge(session, SSL_do_handshake(session->ssl));
  return session->phase == EP_TLS_GREETING;
}

ep_tls_session *ep_tls_begin(ep_tls *tls, const ep_address *server) {
  EP_ASSERT(tls->server == (server == NULL));
  ep_tls_session *session = calloc(1, sizeof *session);
  if (session == NULL) return NULL;
  session->tls = tls;
  ep_buffer_init(&session->output, &tls->memory);
  session->output.most = EP_TLS_OUTPUT_MOST;
  ERR_clear_error();
  if (session_open(session, server)) return session;
  ERR_clear_error();
  ep_tls_end(session);
  return NULL;
}

void ep_tls_end(ep_tls_session *session) {
  if (session == NULL) return;
  SSL_free(session->ssl);
  ep_buffer_free(&session->output);
  free(session);
}

/* ---- Bytes ----------------------------------------------------------------------------------- */

bool ep_tls_is(ep_bytes begin) {
  return begin.len != 0 && (begin.data[0] == HANDSHAKE || begin.data[0] == ALERT);
}

/* Somebody who speaks no TLS. OpenSSL would close without a word; a client of ours understands an
 * alert (internal_error is the one that claims nothing). */
static void refuse_plain(ep_tls_session *session) {
  static const uint8_t alert[] = {ALERT, 3, 1, 0, 2, SSL3_AL_FATAL, SSL_AD_INTERNAL_ERROR};
  if (session->tls->server) ep_buffer_append(&session->output, ep_bytes_of(alert, sizeof alert));
  fail(session, session->tls->server ? "it speaks no TLS"
                                     : "the other side speaks no TLS there: leave out tls:");
}

static void greet(ep_tls_session *session) {
  int result = SSL_do_handshake(session->ssl);
  if (result == 1)
    session->phase = EP_TLS_OPEN;
  else
    judge(session, result);
}

ep_tls_phase ep_tls_receive(ep_tls_session *session, ep_bytes raw, ep_bytes *plain) {
  EP_ASSERT(session->phase == EP_TLS_GREETING || session->phase == EP_TLS_OPEN);
  EP_ASSERT(raw.len != 0 && raw.len <= EP_READ_BUFFER_LEN);
  *plain = EP_NOTHING;
  if (!session->heard && !ep_tls_is(raw)) {
    refuse_plain(session);
    return session->phase;
  }
  session->heard = true;
  session->input = raw;
  ERR_clear_error();
  if (session->phase == EP_TLS_GREETING) greet(session);
  size_t len = 0, most = EP_READ_BUFFER_LEN + EP_TLS_RECORD;
  while (session->phase == EP_TLS_OPEN) {
    size_t got = 0;
    EP_ASSERT(len < most); /* what is decrypted is shorter than what it came from */
    int result = SSL_read_ex(session->ssl, session->tls->plain + len, most - len, &got);
    len += got;
    if (result == 1) continue;
    judge(session, result);
    break;
  }
  *plain = ep_bytes_of(session->tls->plain, len);
  return session->phase;
}

bool ep_tls_write(ep_tls_session *session, ep_bytes plain) {
  EP_ASSERT(session->phase == EP_TLS_OPEN && plain.len != 0 && plain.len <= EP_TLS_PART);
  size_t written = 0;
  ERR_clear_error();
  int result = SSL_write_ex(session->ssl, plain.data, plain.len, &written);
  if (result == 1) {
    EP_ASSERT(written == plain.len); /* output takes all, or fails */
    return true;
  }
  fail(session, error_words(session, ERR_peek_error()));
  ERR_clear_error();
  return false;
}

void ep_tls_finish(ep_tls_session *session) {
  bool greeted = session->phase == EP_TLS_OPEN || session->phase == EP_TLS_ENDED;
  if (!greeted || session->output.failed) return;
  ERR_clear_error();
  (void)SSL_shutdown(session->ssl);
  ERR_clear_error();
}
