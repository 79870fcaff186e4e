/* Floor 5, net. Addresses: text to and from what sockets take.
 * Read first: net/address.h. */
#define _GNU_SOURCE 1
#include "net/address.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "base/assert.h"

static bool refuse(char *message, size_t message_len, const char *text, const char *why) {
  (void)snprintf(message, message_len, "The address %s %s.", text, why);
  return false;
}

static bool parse_port(unsigned *out, const char *text) {
  unsigned port = 0;
  if (*text == '\0') return false;
  for (; *text != '\0'; text++) {
    if (*text < '0' || *text > '9') return false;
    port = port * 10 + (unsigned)(*text - '0');
    if (port > 65535) return false;
  }
  *out = port;
  return true;
}

static bool take_name(ep_address *out, const char *from, size_t len) {
  if (len == 0 || len >= sizeof out->name) return false;
  memcpy(out->name, from, len);
  out->name[len] = '\0';
  return true;
}

static bool parse_unix(ep_address *out, const char *text, char *message, size_t message_len) {
  const char *path = text + strlen("unix:");
  if (*path == '\0') return refuse(message, message_len, text, "has no path");
  if (strlen(path) >= sizeof((struct sockaddr_un *)NULL)->sun_path) {
    return refuse(message, message_len, text, "is longer than a Unix socket's path may be");
  }
  out->kind = EP_ADDRESS_UNIX;
  return take_name(out, path, strlen(path));
}

/* The host is in out->name: an address in digits, or a name. */
static bool settle_host(ep_address *out, bool brackets) {
  struct sockaddr_in6 *six = (struct sockaddr_in6 *)&out->ip;
  struct sockaddr_in *four = (struct sockaddr_in *)&out->ip;
  out->kind = EP_ADDRESS_IP;
  if (brackets) return uv_ip6_addr(out->name, (int)out->port, six) == 0;
  if (uv_ip4_addr(out->name, (int)out->port, four) == 0) return true;
  out->kind = EP_ADDRESS_NAME;
  return true;
}

static bool starts(const char *text, const char *with) {
  return strncmp(text, with, strlen(with)) == 0;
}

bool ep_address_parse(ep_address *out, const char *text, char *message, size_t message_len) {
  EP_ASSERT(out != NULL && text != NULL && message != NULL && message_len >= 1);
  *out = (ep_address){.kind = EP_ADDRESS_ALL, .tls = starts(text, "tls:")};
  if (out->tls) text += strlen("tls:");
  if (starts(text, "unix:")) {
    if (out->tls) return refuse(message, message_len, text, "is on this machine: leave out tls:");
    return parse_unix(out, text, message, message_len);
  }
  if (starts(text, "fd:")) {
    out->kind = EP_ADDRESS_FD;
    return parse_port(&out->port, text + strlen("fd:")) ||
           refuse(message, message_len, text, "has no number: write it as fd:NUMBER");
  }
  const char *colon = strrchr(text, ':');
  if (colon == NULL || !parse_port(&out->port, colon + 1)) {
    return refuse(message, message_len, text, "has no port: write it as HOST:PORT");
  }
  size_t len = (size_t)(colon - text);
  if (len == 0) return true;
  bool brackets = text[0] == '[' && text[len - 1] == ']';
  if (!brackets && memchr(text, ':', len) != NULL) {
    return refuse(message, message_len, text, "is of IPv6: write it as [ADDRESS]:PORT");
  }
  bool good = brackets ? len > 2 && take_name(out, text + 1, len - 2) : take_name(out, text, len);
  if (good && settle_host(out, brackets)) return true;
  return refuse(message, message_len, text, "is not an address");
}

void ep_address_of_ip(struct sockaddr_storage *out, const char *ip, unsigned port) {
  memset(out, 0, sizeof *out);
  if (uv_ip4_addr(ip, (int)port, (struct sockaddr_in *)out) == 0) return;
  int code = uv_ip6_addr(ip, (int)port, (struct sockaddr_in6 *)out);
  EP_ASSERT(code == 0);
}

unsigned ep_address_port(const struct sockaddr *address) {
  if (address->sa_family == AF_INET) {
    return ntohs(((const struct sockaddr_in *)(const void *)address)->sin_port);
  }
  if (address->sa_family == AF_INET6) {
    return ntohs(((const struct sockaddr_in6 *)(const void *)address)->sin6_port);
  }
  return 0;
}

void ep_address_write(char out[EP_ADDRESS_TEXT], const struct sockaddr *address) {
  char host[INET6_ADDRSTRLEN] = "?";
  if (address->sa_family == AF_INET6) {
    (void)uv_ip6_name((const struct sockaddr_in6 *)(const void *)address, host, sizeof host);
    (void)snprintf(out, EP_ADDRESS_TEXT, "[%s]:%u", host, ep_address_port(address));
    return;
  }
  if (address->sa_family == AF_INET) {
    (void)uv_ip4_name((const struct sockaddr_in *)(const void *)address, host, sizeof host);
  }
  (void)snprintf(out, EP_ADDRESS_TEXT, "%s:%u", host, ep_address_port(address));
}

bool ep_address_is_loopback(const struct sockaddr *address) {
  static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (address->sa_family == AF_INET) {
    return ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr) >> 24 == 127;
  }
  if (address->sa_family != AF_INET6) return false;
  const struct in6_addr *six = &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr;
  if (memcmp(six->s6_addr, mapped, sizeof mapped) == 0) return six->s6_addr[12] == 127;
  return IN6_IS_ADDR_LOOPBACK(six);
}
