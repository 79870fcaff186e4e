/* Floor 5, net. TLS as a filter, with OpenSSL: bytes of the socket in, what they say out, and the
 * other way round. It knows no socket and no loop; net/link.c puts it between the two.
 *
 *   tls.c         what is the same for all connections: certificates, rules, what is wrong with a
 * file tls_session.c one connection
 *
 * Read first: epigeon.h (ep_tls_files), net/address.h. */
#ifndef EP_NET_TLS_H
#define EP_NET_TLS_H

#include <openssl/ssl.h>

#include "base/buffer.h"
#include "net/address.h"
#include "net/words.h"

enum {
  EP_TLS_PART = 64 * 1024,   /* so much is encrypted at a time, four records */
  EP_TLS_RECORD = 18 * 1024, /* no record is longer, header and all */
  EP_TLS_OUTPUT_MOST =
      256 * 1024, /* who makes us answer and reads nothing gets no more than that */
  EP_TLS_TROUBLE = 256
};

/* ---- What all connections share -------------------------------------------------------------- */

typedef struct ep_tls {
  SSL_CTX *context; /* of the connections that begin from now on */
  BIO_METHOD *method;
  char *cert, *key, *ca; /* names of the files, or NULL */
  bool server;
  uint8_t *plain; /* where one receive puts what it has decrypted */
  ep_allocator memory;
} ep_tls;

/* Reads the files. A server needs cert and key. `to` receives a sentence when the status is not OK,
 * else a warning or "". INVALID_ARGUMENT: cert or key is missing; SYSTEM: a file is not there or
 * not what it should be; NO_MEMORY. */
ep_status ep_tls_new(ep_tls **out, const ep_tls_files *files, bool server, ep_words to);
/* Reads them again, for connections that begin afterwards. Not OK: all stays as it was. */
ep_status ep_tls_reload(ep_tls *tls, ep_words to);
/* After its sessions. NULL is allowed. */
void ep_tls_free(ep_tls *tls);

/* Between tls.c and tls_session.c: how OpenSSL reads input and writes output; NULL: no memory. */
BIO_METHOD *ep_tls_method_new(void);

/* ---- One connection -------------------------------------------------------------------------- */

typedef enum ep_tls_phase {
  EP_TLS_GREETING, /* the handshake is not over */
  EP_TLS_OPEN,
  EP_TLS_ENDED, /* the peer has said that no more comes */
  EP_TLS_FAILED /* trouble says why; nothing more can be read or written */
} ep_tls_phase;

typedef struct ep_tls_session {
  ep_tls *tls;
  SSL *ssl;
  ep_tls_phase phase;
  bool heard;                   /* something has come */
  ep_bytes input;               /* what is left of what the socket brought */
  ep_buffer output;             /* for the socket */
  char trouble[EP_TLS_TROUBLE]; /* FAILED: a clause, as "its certificate has expired" */
} ep_tls_session;

/* server: whose certificate must be shown; NULL where we are the server. The first words of a
 * client are then in output. NULL: no memory. */
ep_tls_session *ep_tls_begin(ep_tls *tls, const ep_address *server);
/* NULL is allowed. */
void ep_tls_end(ep_tls_session *session);

/* Takes at most EP_READ_BUFFER_LEN bytes from the socket. plain receives what they say: good until
 * the next call for any session of this ep_tls. There may be output afterwards. */
ep_tls_phase ep_tls_receive(ep_tls_session *session, ep_bytes raw, ep_bytes *plain);

/* Puts at most EP_TLS_PART bytes, encrypted, into output. Only when OPEN. False: FAILED now. */
bool ep_tls_write(ep_tls_session *session, ep_bytes plain);

/* Puts the end (close_notify) into output, if the handshake is over and nothing has failed. */
void ep_tls_finish(ep_tls_session *session);

/* Whether a connection that begins with these bytes speaks TLS. No JSON text begins like that. */
bool ep_tls_is(ep_bytes begin);

#endif
