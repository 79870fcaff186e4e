/* The addresses of the proxy: TCP by name or number, Unix sockets by path.
 * Read first: proxy.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oracle/proxy.h"

enum { BACKLOG = 512, HOST_MOST = 256 };

static const char unix_prefix[] = "unix:";

/* Host (empty: every address of this machine) and port of ADDR:PORT or [ADDR]:PORT. */
static bool host_and_port(const char *text, char host[HOST_MOST], const char **port) {
  const char *colon = strrchr(text, ':');
  if (!colon || colon[1] == '\0' || strspn(colon + 1, "0123456789") != strlen(colon + 1))
    return false;
  if (strlen(colon + 1) > 5 || atoi(colon + 1) > UINT16_MAX) return false;
  size_t len = (size_t)(colon - text);
  if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
    text++;
    len -= 2;
  } else if (memchr(text, ':', len)) {
    return false;
  }
  if (len >= HOST_MOST) return false;
  memcpy(host, text, len);
  host[len] = '\0';
  *port = colon + 1;
  return true;
}

static bool resolve(uv_loop_t *loop, place *out, const char *host, const char *port, char *why,
                    size_t why_len) {
  uv_getaddrinfo_t request;
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
  int status = uv_getaddrinfo(loop, &request, NULL, *host ? host : NULL, port, &hints);
  if (status) {
    snprintf(why, why_len, "%s cannot be found: %s.", out->text, uv_strerror(status));
    return false;
  }
  memcpy(&out->ip, request.addrinfo->ai_addr, request.addrinfo->ai_addrlen);
  uv_freeaddrinfo(request.addrinfo);
  return true;
}

bool place_parse(uv_loop_t *loop, place *out, const char *text, char *why, size_t why_len) {
  memset(out, 0, sizeof *out);
  int len = snprintf(out->text, sizeof out->text, "%s", text);
  out->is_path = strncmp(text, unix_prefix, sizeof unix_prefix - 1) == 0;
  char host[HOST_MOST];
  const char *port;
  bool fits = len > 0 && (size_t)len < sizeof out->text;
  if (fits && out->is_path && text[sizeof unix_prefix - 1]) return true;
  if (fits && !out->is_path && host_and_port(text, host, &port))
    return resolve(loop, out, host, port, why, why_len);
  snprintf(why, why_len,
           "'%.100s' is no address: write one like 127.0.0.1:9999, [::1]:9999, unix:/run/e.sock.",
           text);
  return false;
}

int place_init(uv_loop_t *loop, const place *at, side *out) {
  return at->is_path ? uv_pipe_init(loop, &out->pipe, 0) : uv_tcp_init(loop, &out->tcp);
}

int place_listen(uv_loop_t *loop, const place *at, side *listener, uv_connection_cb on_connection) {
  int status = place_init(loop, at, listener);
  if (status) return status;
  if (at->is_path)
    status = uv_pipe_bind(&listener->pipe, at->text + sizeof unix_prefix - 1);
  else
    status = uv_tcp_bind(&listener->tcp, (const struct sockaddr *)&at->ip, 0);
  return status ? status : uv_listen(&listener->stream, BACKLOG, on_connection);
}

int place_connect(const place *at, side *out, uv_connect_t *request, uv_connect_cb on_connected) {
  if (!at->is_path)
    return uv_tcp_connect(request, &out->tcp, (const struct sockaddr *)&at->ip, on_connected);
  uv_pipe_connect(request, &out->pipe, at->text + sizeof unix_prefix - 1, on_connected);
  return 0;
}

void place_name(const place *at, const side *listener, char *out, size_t out_len) {
  struct sockaddr_storage ip;
  int len = sizeof ip;
  char host[HOST_MOST] = "";
  snprintf(out, out_len, "%s", at->text);
  if (at->is_path || uv_tcp_getsockname(&listener->tcp, (struct sockaddr *)&ip, &len)) return;
  uv_ip_name((const struct sockaddr *)&ip, host, sizeof host);
  bool is_v6 = ip.ss_family == AF_INET6;
  unsigned port =
      is_v6 ? ((struct sockaddr_in6 *)&ip)->sin6_port : ((struct sockaddr_in *)&ip)->sin_port;
  snprintf(out, out_len, is_v6 ? "[%s]:%u" : "%s:%u", host, (unsigned)ntohs((uint16_t)port));
}
