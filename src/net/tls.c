/* Floor 5, net. What all TLS connections of a service or a dialer share: the files and the rules.
 * Whatever is wrong with a file is said in one sentence that names it.
 * Read first: net/tls.h. Then: tls_session.c. */
#define _GNU_SOURCE 1
#include "net/tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "base/assert.h"
#include "net/loop.h"

#define FORWARD_SECRET "ECDHE+AESGCM:ECDHE+CHACHA20" /* of TLS 1.2; those of 1.3 all are */

__attribute__((format(printf, 2, 3))) static ep_status refuse(ep_words to, const char *format,
                                                              ...) {
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(to.text, to.len, format, arguments);
  va_end(arguments);
  ERR_clear_error();
  return EP_SYSTEM;
}

static ep_status no_memory(ep_words to) {
  ERR_clear_error();
  return ep_say(to, EP_NO_MEMORY, ep_status_sentence(EP_NO_MEMORY));
}

/* ---- Files ----------------------------------------------------------------------------------- */

static ep_status file_look(const char *path, const char *what, ep_words to) {
  FILE *file = fopen(path, "re");
  if (file == NULL) return refuse(to, "The %s %s cannot be read: %s.", what, path, strerror(errno));
  (void)fclose(file);
  return EP_OK;
}

static ep_status cert_use(SSL_CTX *context, const char *path, ep_words to) {
  ep_status status = file_look(path, "certificate", to);
  if (status != EP_OK) return status;
  if (SSL_CTX_use_certificate_chain_file(context, path) == 1) return EP_OK;
  return refuse(to, "The file %s holds no certificate in PEM form that can be used.", path);
}

/* Nobody is there to be asked. */
static int on_passphrase(char *out, int out_len, int writing, void *asked) {
  (void)out, (void)out_len, (void)writing;
  *(bool *)asked = true;
  return -1;
}

static ep_status key_use(SSL_CTX *context, const ep_tls *tls, ep_words to) {
  bool asked = false;
  ep_status status = file_look(tls->key, "key", to);
  if (status != EP_OK) return status;
  SSL_CTX_set_default_passwd_cb(context, on_passphrase);
  SSL_CTX_set_default_passwd_cb_userdata(context, &asked);
  bool read = SSL_CTX_use_PrivateKey_file(context, tls->key, SSL_FILETYPE_PEM) == 1;
  SSL_CTX_set_default_passwd_cb_userdata(context, NULL);
  SSL_CTX_set_default_passwd_cb(context, NULL);
  if (asked) {
    return refuse(to, "The key %s has a passphrase: store it without one, readable by nobody else.",
                  tls->key);
  }
  if (!read && ERR_GET_LIB(ERR_peek_last_error()) != ERR_LIB_X509)
    return refuse(to, "The file %s holds no private key in PEM form.", tls->key);
  if (read && SSL_CTX_check_private_key(context) == 1) return EP_OK;
  return refuse(to, "The key %s does not belong to the certificate %s.", tls->key, tls->cert);
}

/* Whom we believe. A server that is given a CA lets in only whom that CA has signed. */
static ep_status ca_use(SSL_CTX *context, const ep_tls *tls, ep_words to) {
  if (tls->ca == NULL)
    return tls->server || SSL_CTX_set_default_verify_paths(context) == 1 ? EP_OK : no_memory(to);
  ep_status status = file_look(tls->ca, "CA certificate", to);
  if (status != EP_OK) return status;
  STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(tls->ca);
  if (names == NULL || SSL_CTX_load_verify_file(context, tls->ca) != 1) {
    sk_X509_NAME_pop_free(names, X509_NAME_free);
    return refuse(to, "The file %s holds no CA certificate in PEM form.", tls->ca);
  }
  if (tls->server)
    SSL_CTX_set_client_CA_list(context, names);
  else
    sk_X509_NAME_pop_free(names, X509_NAME_free);
  return EP_OK;
}

static void cert_warn(const SSL_CTX *context, const ep_tls *tls, ep_words to) {
  const X509 *cert = SSL_CTX_get0_certificate(context);
  if (cert == NULL) return;
  const char *what = NULL;
  if (X509_cmp_current_time(X509_get0_notAfter(cert)) < 0) what = "has expired";
  if (X509_cmp_current_time(X509_get0_notBefore(cert)) > 0) what = "is not valid yet";
  if (what == NULL) return;
  (void)snprintf(to.text, to.len, "The certificate %s %s: the other side will refuse it.",
                 tls->cert, what);
}

static ep_status files_use(SSL_CTX *context, const ep_tls *tls, ep_words to) {
  if ((tls->cert == NULL) != (tls->key == NULL))
    return ep_say(to, EP_INVALID_ARGUMENT,
                  "A certificate and its key are needed together (tls-cert and tls-key).");
  if (tls->server && tls->cert == NULL)
    return ep_say(to, EP_INVALID_ARGUMENT,
                  "A server needs a certificate and its key for TLS (tls-cert and tls-key).");
  ep_status status = ca_use(context, tls, to);
  if (status != EP_OK || tls->cert == NULL) return status;
  status = cert_use(context, tls->cert, to);
  if (status == EP_OK) status = key_use(context, tls, to);
  if (status == EP_OK) cert_warn(context, tls, to);
  return status;
}

/* ---- Rules ----------------------------------------------------------------------------------- */

/* TLS 1.2 or higher, no sessions to come back to, no renegotiation. Idle connections keep no
 * buffers. */
static bool rules_set(SSL_CTX *context, const ep_tls *tls) {
  int verify = SSL_VERIFY_NONE;
  if (!tls->server) verify = SSL_VERIFY_PEER;
  if (tls->server && tls->ca != NULL) verify = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  SSL_CTX_set_verify(context, verify, NULL);
  (void)SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
  (void)SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  (void)SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
         SSL_CTX_set_num_tickets(context, 0) == 1 &&
         SSL_CTX_set_cipher_list(context, FORWARD_SECRET) == 1;
}

ep_status ep_tls_reload(ep_tls *tls, ep_words to) {
  ERR_clear_error();
  to.text[0] = '\0';
  SSL_CTX *context = SSL_CTX_new(tls->server ? TLS_server_method() : TLS_client_method());
  if (context == NULL || !rules_set(context, tls)) {
    SSL_CTX_free(context);
    return no_memory(to);
  }
  ep_status status = files_use(context, tls, to);
  if (status != EP_OK) {
    SSL_CTX_free(context);
    return status;
  }
  SSL_CTX_free(tls->context); /* sessions that use it keep it */
  tls->context = context;
  return EP_OK;
}

/* ---- Life ------------------------------------------------------------------------------------ */

static bool name_keep(char **out, const char *path) {
  if (path == NULL) return true;
  *out = strdup(path);
  return *out != NULL;
}

ep_status ep_tls_new(ep_tls **out, const ep_tls_files *files, bool server, ep_words to) {
  EP_ASSERT(out != NULL && files != NULL);
  *out = NULL;
  ep_tls *tls = calloc(1, sizeof *tls);
  if (tls == NULL) return no_memory(to);
  ep_surroundings around;
  ep_surroundings_default(&around);
  tls->memory = around.allocator;
  tls->server = server;
  tls->method = ep_tls_method_new();
  tls->plain = malloc(EP_READ_BUFFER_LEN + EP_TLS_RECORD);
  bool good = tls->method != NULL && tls->plain != NULL && name_keep(&tls->cert, files->cert) &&
              name_keep(&tls->key, files->key) && name_keep(&tls->ca, files->ca);
  ep_status status = good ? ep_tls_reload(tls, to) : no_memory(to);
  if (status != EP_OK) {
    ep_tls_free(tls);
    return status;
  }
  *out = tls;
  return EP_OK;
}

void ep_tls_free(ep_tls *tls) {
  if (tls == NULL) return;
  SSL_CTX_free(tls->context);
  BIO_meth_free(tls->method);
  free(tls->plain);
  free(tls->cert);
  free(tls->key);
  free(tls->ca);
  free(tls);
}
