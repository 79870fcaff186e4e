/* Floor 6, programs. Looks at addresses, files, certificates and limits, without using them.
 * Read first: cmd/epigeond_check.h. */
#define _GNU_SOURCE 1
#include "cmd/epigeond_check.h"

#include <errno.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/epigeond_metrics.h"
#include "cmd/log.h"
#include "net/address.h"
#include "net/tls.h"
#include "wire/frame.h"

enum { SENTENCE_LEN = 512, PATH_LEN = 4096 };

static bool on_disk(const epigeond_settings *s) { return strcmp(s->store, "lmdb") == 0; }

/* The limits that have a most, and where that is. */
static const char *limit_wrong(const ep_server_config *core) {
  if (core->frame > EP_FRAME_MOST) return "The limit frame must be at most 2GiB.";
  if (core->depth > EP_JSON_DEPTH_MAX) return "The limit depth must be at most 1024.";
  return NULL;
}

const char *epigeond_wrong(const epigeond_settings *s, char *message, size_t message_len) {
  const char *limit = limit_wrong(&s->core);
  if (limit != NULL) return limit;
  if (!on_disk(s) && strcmp(s->store, "memory") != 0) return "The store must be lmdb or memory.";
  if (s->backup != NULL && !on_disk(s))
    return "A store in memory cannot be copied: --backup goes with --store lmdb.";
  if (!ep_log_set_level(s->log_level)) return "The log level must be debug, info, warn or error.";
  if (!ep_log_set_form(s->log)) return "The form of the log must be text or json.";
  ep_log_set_rate(s->log_rate);
  if (s->metrics == NULL) return NULL;
  return epigeond_metrics_check(s->metrics, s->metrics_remote, message, message_len) ? NULL
                                                                                     : message;
}

/* ---- Looking at one thing after the other ---------------------------------------------------- */

static unsigned tell(const char *sentence) {
  (void)fprintf(stderr, "epigeond: %s\n", sentence);
  return 1;
}

__attribute__((format(printf, 1, 2))) static unsigned tell_of(const char *format, ...) {
  char sentence[SENTENCE_LEN];
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(sentence, sizeof sentence, format, arguments);
  va_end(arguments);
  return tell(sentence);
}

/* The directory that `path` lies in. */
static void parent_of(char out[PATH_LEN], const char *path) {
  (void)snprintf(out, PATH_LEN, "%s", path);
  size_t len = strlen(out);
  while (len > 1 && out[len - 1] == '/') out[--len] = '\0';
  char *slash = strrchr(out, '/');
  if (slash == NULL)
    (void)snprintf(out, PATH_LEN, ".");
  else
    slash[slash == out ? 1 : 0] = '\0';
}

static unsigned check_place(const char *path, const char *what) {
  struct stat found;
  if (stat(path, &found) != 0)
    return tell_of("The directory %s for %s does not exist.", path, what);
  if (!S_ISDIR(found.st_mode)) return tell_of("%s, for %s, is not a directory.", path, what);
  if (access(path, W_OK | X_OK) == 0) return 0;
  return tell_of("This user may not write into the directory %s, for %s.", path, what);
}

static unsigned check_data(const epigeond_settings *s) {
  char parent[PATH_LEN];
  struct stat found;
  if (!on_disk(s)) return 0;
  if (stat(s->data, &found) == 0) return check_place(s->data, "the store");
  if (errno != ENOENT) return tell_of("The directory %s cannot be reached.", s->data);
  parent_of(parent, s->data);
  return check_place(parent, "the store");
}

static unsigned check_listen(const epigeond_settings *s, bool *tls) {
  unsigned wrong = 0;
  for (size_t i = 0; i < s->listen.count; i++) {
    char message[SENTENCE_LEN], parent[PATH_LEN];
    ep_address address;
    if (!ep_address_parse(&address, s->listen.items[i], message, sizeof message)) {
      wrong += tell(message);
      continue;
    }
    *tls |= address.tls;
    if (address.kind != EP_ADDRESS_UNIX) continue;
    parent_of(parent, address.name);
    wrong += check_place(parent, "the socket");
  }
  return wrong;
}

static unsigned check_tls(const epigeond_settings *s, bool wanted) {
  char message[SENTENCE_LEN] = "";
  ep_tls *tls = NULL;
  if (!wanted && s->tls.cert == NULL && s->tls.key == NULL && s->tls.ca == NULL) return 0;
  if (!wanted)
    return tell("Certificates are for TLS, but no address to listen on begins with tls:.");
  ep_status status = ep_tls_new(&tls, &s->tls, true, (ep_words){message, sizeof message});
  ep_tls_free(tls);
  return status == EP_OK ? 0 : tell(message);
}

static unsigned check_limits(const epigeond_settings *s) {
  if (limit_wrong(&s->core) != NULL) return 0; /* epigeond_wrong has told it */
  ep_server *core = NULL;
  ep_server_config config = s->core;
  ep_surroundings_default(&config.surroundings);
  ep_status status = ep_server_new(&core, &config);
  if (status == EP_OK) ep_server_free(core);
  if (status == EP_INVALID_ARGUMENT) return tell("A limit of the server is out of its range.");
  return status == EP_OK ? 0 : tell(ep_status_sentence(status));
}

static unsigned check_token(const epigeond_settings *s) {
  char message[SENTENCE_LEN], *token = NULL;
  if (s->token_file == NULL) return 0;
  ep_status status = ep_options_credential(&token, s->token_file, "token", message, sizeof message);
  free(token);
  if (status != EP_OK) return tell(message);
  if (message[0] != '\0') (void)tell(message); /* a server can have it all the same */
  return 0;
}

static unsigned check_user(const epigeond_settings *s) {
  if (s->user == NULL || getpwnam(s->user) != NULL) return 0;
  return tell_of("There is no user %s.", s->user);
}

unsigned epigeond_check(const epigeond_settings *s) {
  char message[SENTENCE_LEN];
  bool tls = false;
  const char *settings = epigeond_wrong(s, message, sizeof message);
  unsigned wrong = settings != NULL ? tell(settings) : 0;
  wrong += check_listen(s, &tls);
  wrong += check_tls(s, tls);
  wrong += check_limits(s);
  wrong += check_token(s);
  wrong += check_data(s);
  return wrong + check_user(s);
}
