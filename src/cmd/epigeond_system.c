/* Floor 6, programs. Sockets from systemd, by the protocol of sd_listen_fds(3), and the way from
 * root to a user who may do less.
 * Read first: cmd/epigeond_system.h. */
#define _GNU_SOURCE 1
#include "cmd/epigeond_system.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/words.h"

enum { FIRST_FD = 3, FDS_MOST = 32, ADDRESS_LEN = 16 };

/* ---- Sockets from systemd -------------------------------------------------------------------- */

static long number_of(const char *variable) {
  const char *text = getenv(variable);
  return text != NULL ? strtol(text, NULL, 10) : 0;
}

/* Takes one name off a list with colons between. */
static bool name_is_tls(const char **names) {
  size_t len = strcspn(*names, ":");
  bool found = len == strlen("tls") && memcmp(*names, "tls", len) == 0;
  *names += len + ((*names)[len] == ':');
  return found;
}

bool epigeond_inherit(ep_option_list *listen) {
  static char addresses[FDS_MOST][ADDRESS_LEN];
  const char *names = getenv("LISTEN_FDNAMES");
  if (names == NULL) names = "";
  long count = number_of("LISTEN_PID") == (long)getpid() ? number_of("LISTEN_FDS") : 0;
  if (count > FDS_MOST) count = FDS_MOST;
  for (int i = 0; i < count; i++) {
    int fd = FIRST_FD + i;
    (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    const char *form = name_is_tls(&names) ? "tls:fd:%d" : "fd:%d";
    (void)snprintf(addresses[i], ADDRESS_LEN, form, fd);
    if (!ep_options_list_add(listen, addresses[i])) return false;
  }
  (void)unsetenv("LISTEN_PID");
  (void)unsetenv("LISTEN_FDS");
  (void)unsetenv("LISTEN_FDNAMES");
  return true;
}

/* ---- Rights ---------------------------------------------------------------------------------- */

__attribute__((format(printf, 2, 3))) static ep_status fail(ep_words say, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(say.text, say.len, format, arguments);
  va_end(arguments);
  return EP_SYSTEM;
}

ep_status epigeond_become(const char *user, const char *data, char *message, size_t message_len) {
  ep_words say = {message, message_len};
  const struct passwd *who = getpwnam(user);
  if (who == NULL) return fail(say, "There is no user %s.", user);
  if (geteuid() == who->pw_uid) return EP_OK;
  if (geteuid() != 0)
    return fail(say, "Only root can become %s: start it as root, or leave out --user.", user);
  bool made = data != NULL && mkdir(data, S_IRWXU) == 0;
  if (made && lchown(data, who->pw_uid, who->pw_gid) != 0)
    return fail(say, "The directory %s cannot be given to %s: %s.", data, user, strerror(errno));
  bool done =
      initgroups(user, who->pw_gid) == 0 && setgid(who->pw_gid) == 0 && setuid(who->pw_uid) == 0;
  if (!done) return fail(say, "Becoming %s is not possible: %s.", user, strerror(errno));
  if (setuid(0) == 0) return fail(say, "The rights of root cannot be given up for good.");
  return EP_OK;
}
