/* Floor 5, net. Addresses as people write them: 127.0.0.1:9999, [::1]:9999, :9999, host:9999, each
 * also with tls: before it; unix:/run/e.sock; fd:3 and tls:fd:3 for a socket that was inherited.
 * Read first: epigeon.h (ep_serve_options). */
#ifndef EP_NET_ADDRESS_H
#define EP_NET_ADDRESS_H

#include <uv.h>

#include "epigeon.h"

enum { EP_ADDRESS_TEXT = 160 }; /* room for any address as text */

typedef enum ep_address_kind {
  EP_ADDRESS_ALL, /* no host: every address of this machine */
  EP_ADDRESS_IP,
  EP_ADDRESS_NAME, /* to be resolved */
  EP_ADDRESS_UNIX,
  EP_ADDRESS_FD /* a file descriptor that listens already */
} ep_address_kind;

typedef struct ep_address {
  ep_address_kind kind;
  struct sockaddr_storage ip; /* IP */
  unsigned port;              /* all but UNIX; FD: the descriptor */
  char name[256];             /* NAME, IP: the host as it is written; UNIX: the path */
  bool tls;
} ep_address;

/* False: message (at least 1 byte) receives one sentence. */
bool ep_address_parse(ep_address *out, const char *text, char *message, size_t message_len);

void ep_address_of_ip(struct sockaddr_storage *out, const char *ip,
                      unsigned port); /* ip: a literal */
void ep_address_write(char out[EP_ADDRESS_TEXT], const struct sockaddr *address);
unsigned ep_address_port(const struct sockaddr *address);
bool ep_address_is_loopback(const struct sockaddr *address);

#endif
