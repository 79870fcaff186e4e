/* Floor 5, net. Listening sockets, and the sentences for what prevents them.
 * Read first: net/listener.h. */
#define _GNU_SOURCE 1
#include "net/listener.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/assert.h"

enum { BACKLOG = 1024 };

typedef struct words {
  char *text;
  size_t len;
} words;

static ep_status fail(words say, const char *address, int code) {
  if (code == UV_EADDRINUSE) {
    (void)snprintf(
        say.text, say.len,
        "The address %s is in use: stop the program that listens there, or choose another.",
        address);
  } else if (code == UV_EACCES || code == UV_EPERM) {
    (void)snprintf(say.text, say.len, "This user may not listen on %s: choose another address.",
                   address);
  } else if (code == UV_EADDRNOTAVAIL) {
    (void)snprintf(say.text, say.len, "The address %s is not one of this machine.", address);
  } else {
    (void)snprintf(say.text, say.len, "Listening on %s is not possible: %s.", address,
                   uv_strerror(code));
  }
  return code == UV_ENOMEM ? EP_NO_MEMORY : EP_SYSTEM;
}

static void on_connection(uv_stream_t *stream, int code) {
  ep_listener *listener = stream->data;
  if (code == 0) listener->waiting = true;
  listener->arrived(listener, code);
}

/* ---- Unix ------------------------------------------------------------------------------------ */

/* A socket file that nobody listens on is left over from a server that died: it goes. */
static int stale_remove(const char *path) {
  struct stat file;
  if (lstat(path, &file) != 0) return errno == ENOENT ? 0 : -errno;
  if (!S_ISSOCK(file.st_mode)) return UV_EEXIST;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -errno;
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  EP_ASSERT(strlen(path) < sizeof address.sun_path);
  memcpy(address.sun_path, path, strlen(path) + 1);
  int code = connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 ? 0 : errno;
  (void)close(fd);
  if (code != ECONNREFUSED) return UV_EADDRINUSE;
  return unlink(path) == 0 ? 0 : -errno;
}

static ep_status unix_open(ep_listener *listener, const ep_address *address, words say) {
  int code = stale_remove(address->name);
  if (code == UV_EEXIST) {
    (void)snprintf(say.text, say.len, "The file %s is there and is no socket: choose another path.",
                   address->name);
    return EP_SYSTEM;
  }
  if (code == 0) code = uv_pipe_bind(&listener->uv.pipe, address->name);
  if (code == UV_EACCES) { /* libuv says the same of a directory that is not there */
    (void)snprintf(
        say.text, say.len,
        "This user may not make %s, or the directory does not exist: choose another path.",
        address->name);
    return EP_SYSTEM;
  }
  if (code == 0) code = uv_listen(&listener->uv.stream, BACKLOG, on_connection);
  return code == 0 ? EP_OK : fail(say, address->name, code);
}

/* ---- TCP ------------------------------------------------------------------------------------- */

static int ip_listen(ep_listener *listener, const struct sockaddr *address) {
  int code = uv_tcp_bind(&listener->uv.tcp, address, 0); /* libuv sets SO_REUSEADDR */
  if (code == 0) code = uv_listen(&listener->uv.stream, BACKLOG, on_connection);
  if (code != 0) return code;
  struct sockaddr_storage bound;
  int len = sizeof bound;
  code = uv_tcp_getsockname(&listener->uv.tcp, (struct sockaddr *)&bound, &len);
  if (code == 0) listener->port = ep_address_port((const struct sockaddr *)&bound);
  return code;
}

/* IPv6 and, through it, IPv4; IPv4 alone where there is no IPv6. */
static int all_listen(ep_listener *listener, unsigned port) {
  struct sockaddr_storage address;
  ep_address_of_ip(&address, "::", port);
  int code = ip_listen(listener, (const struct sockaddr *)&address);
  if (code != UV_EAFNOSUPPORT && code != UV_EADDRNOTAVAIL) return code;
  ep_address_of_ip(&address, "0.0.0.0", port);
  return ip_listen(listener, (const struct sockaddr *)&address);
}

/* At start a name is resolved while everything else waits. */
static int name_listen(ep_listener *listener, const ep_address *address) {
  uv_getaddrinfo_t request;
  char port[8];
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
  (void)snprintf(port, sizeof port, "%u", address->port);
  int code = uv_getaddrinfo(listener->uv.handle.loop, &request, NULL, address->name, port, &hints);
  if (code != 0) return code;
  code = ip_listen(listener, request.addrinfo->ai_addr);
  uv_freeaddrinfo(request.addrinfo);
  return code;
}

static ep_status tcp_open(ep_listener *listener, const ep_address *address, const char *text,
                          words say) {
  int code = 0;
  if (address->kind == EP_ADDRESS_ALL) code = all_listen(listener, address->port);
  if (address->kind == EP_ADDRESS_IP)
    code = ip_listen(listener, (const struct sockaddr *)&address->ip);
  if (address->kind == EP_ADDRESS_NAME) code = name_listen(listener, address);
  return code == 0 ? EP_OK : fail(say, text, code);
}

/* ---- Inherited ------------------------------------------------------------------------------- */

/* What kind of socket that is; AF_UNSPEC: none that listens for streams. */
static sa_family_t fd_family(int fd) {
  struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
  socklen_t len = sizeof address;
  int listens = 0, kind = 0;
  socklen_t size = sizeof listens;
  if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || !listens) return AF_UNSPEC;
  if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &kind, &size) != 0 || kind != SOCK_STREAM)
    return AF_UNSPEC;
  return getsockname(fd, (struct sockaddr *)&address, &len) == 0 ? address.ss_family : AF_UNSPEC;
}

/* It is bound already; libuv makes it listen again, with our backlog. */
static int fd_open(ep_listener *listener, int fd) {
  struct sockaddr_storage bound;
  int len = sizeof bound;
  int code =
      listener->is_unix ? uv_pipe_open(&listener->uv.pipe, fd) : uv_tcp_open(&listener->uv.tcp, fd);
  if (code == 0) code = uv_listen(&listener->uv.stream, BACKLOG, on_connection);
  if (code != 0 || listener->is_unix) return code;
  code = uv_tcp_getsockname(&listener->uv.tcp, (struct sockaddr *)&bound, &len);
  if (code == 0) listener->port = ep_address_port((const struct sockaddr *)&bound);
  return code;
}

/* False: what is inherited is no socket that listens. */
static bool kind_find(ep_listener *listener, const ep_address *address) {
  listener->is_unix = address->kind == EP_ADDRESS_UNIX;
  listener->tls = address->tls;
  if (address->kind != EP_ADDRESS_FD) return true;
  sa_family_t family = fd_family((int)address->port);
  listener->is_unix = family == AF_UNIX;
  return family == AF_UNIX || family == AF_INET || family == AF_INET6;
}

ep_status ep_listener_open(ep_listener *listener, ep_loop *loop, const char *text, char *message,
                           size_t message_len) {
  EP_ASSERT(listener->arrived != NULL && listener->closed != NULL);
  EP_ASSERT(!listener->open);
  words say = {message, message_len};
  ep_address address;
  if (!ep_address_parse(&address, text, message, message_len)) return EP_INVALID_ARGUMENT;
  if (!kind_find(listener, &address)) {
    (void)snprintf(message, message_len, "The descriptor %s is no socket that listens.", text);
    return EP_INVALID_ARGUMENT;
  }
  int code = listener->is_unix ? uv_pipe_init(ep_loop_uv(loop), &listener->uv.pipe, 0)
                               : uv_tcp_init(ep_loop_uv(loop), &listener->uv.tcp);
  if (code != 0) return fail(say, text, code);
  listener->open = true;
  listener->uv.handle.data = listener;
  if (address.kind == EP_ADDRESS_FD) {
    code = fd_open(listener, (int)address.port);
    return code == 0 ? EP_OK : fail(say, text, code);
  }
  if (listener->is_unix) return unix_open(listener, &address, say);
  return tcp_open(listener, &address, text, say);
}

static void on_closed(uv_handle_t *handle) {
  ep_listener *listener = handle->data;
  listener->open = false;
  listener->closed(listener);
}

void ep_listener_close(ep_listener *listener) {
  EP_ASSERT(listener->open);
  if (!uv_is_closing(&listener->uv.handle)) uv_close(&listener->uv.handle, on_closed);
}
