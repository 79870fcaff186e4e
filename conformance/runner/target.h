/* A server to be tested that the suite starts by itself, and can kill and start again.
 * Read first: conformance/README.md (--start). */
#ifndef TARGET_H
#define TARGET_H

#include <stdbool.h>
#include <sys/types.h>

#include "runner/text.h"

typedef struct target {
  const char *command; /* with {port} and {dir} */
  char *port;          /* a free one, kept for all of its starts */
  char *dir;           /* a folder of its own, kept too */
  pid_t pid;           /* 0: not running */
  double slow;
} target;

/* A target that is not running yet. folder: where its own folder, and what it says, go. */
target *target_new(const char *command, const char *folder, unsigned number, double slow);
/* Starts it, and waits until it accepts connections. False: *why is a sentence. */
bool target_start(target *of, char **why);
bool target_kill(target *of, char **why); /* kill -9 */
bool target_stop(target *of, char **why); /* SIGTERM, and waits for its end */
/* The last line that it wrote; "" none. */
char *target_last_words(const target *of);
/* Whether it still runs. */
bool target_lives(target *of);

/* The same, half a second later: a server that ends because of what it read takes a moment for it.
 */
bool target_stays(target *of);
/* A command with {name}s replaced, to be run by sh -c; names and values in pairs, NULL ends them.
 */
char *target_command(const char *command, ...);
/* Called by a new process: it ends when the one that made it does, however that ends. */
void target_die_with_parent(void);
/* Starts a command in a group of its own; what it says goes to log_path. -1: it could not. */
pid_t target_spawn(const char *command, const char *log_path, int in, int out);

#endif
