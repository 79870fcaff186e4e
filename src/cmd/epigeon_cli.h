/* Floor 6, programs. What the files of the command-line client share: the options, the table of
 * commands, and the one run of one command from the first connection to the exit code. epigeon.c
 * starts it, epigeon_options.c reads the command line, epigeon_run.c connects and waits, and one
 * file for each group of commands does the rest: epigeon_send.c, epigeon_listen.c, epigeon_ask.c.
 * Read first: epigeon.h. */
#ifndef EP_CMD_EPIGEON_CLI_H
#define EP_CMD_EPIGEON_CLI_H

#include <stdio.h>
#include <uv.h>

#include "epigeon.h"

typedef enum cli_exit {
  CLI_DONE = 0,
  CLI_FAILED = 1, /* refused, or impossible */
  CLI_USAGE = 2,
  CLI_TIMED_OUT = 3,
  CLI_INTERRUPTED = 130
} cli_exit;

/* Options that only some commands take: a bit each. */
enum {
  CLI_TAKES_SESSION = 1 << 0,
  CLI_TAKES_COUNT = 1 << 1,
  CLI_TAKES_MESSAGE = 1 << 2, /* all the options of send */
  CLI_TAKES_WORD = 1 << 3,    /* one argument that is no option */
  CLI_NEEDS_WORD = 1 << 4
};

typedef struct cli_options {
  const char *server, *id, *state, *presence, *secret_file, *token_file;
  ep_tls_files tls;
  const char *to, *to_match, *file, *session;
  const char *word;      /* MESSAGE, SELECTOR or JSON; NULL: none */
  uint64_t timeout_ms;   /* 0: none */
  uint64_t count;        /* 0: not given */
  uint64_t frame, depth; /* what is read and sent */
  bool v1, json, receipt, json_payload;
} cli_options;

typedef struct cli cli;

typedef struct cli_command {
  const char *name;
  const char *arguments; /* for the usage line */
  const char *help;
  unsigned takes;
  unsigned prints; /* events, 1u << ep_event_type, that the command prints itself with --json */
  cli_exit interrupted;  /* the exit code after a signal */
  void (*start)(cli *c); /* after the dialer is made */
  void (*event)(cli *c, const ep_event *event);
  void (*unfinished)(
      cli *c);          /* may be NULL; says what is still open when time or patience is over */
  void (*stop)(cli *c); /* may be NULL; closes what keeps the loop running */
  void (*end)(cli *c);  /* may be NULL; gives back `own`, when nothing runs any more */
} cli_command;

extern const cli_command cli_listen, cli_send, cli_who, cli_watch, cli_session, cli_ping;

/* One run of one command. */
struct cli {
  const cli_command *command;
  cli_options options;
  uv_loop_t uv;
  ep_loop *loop;
  ep_dialer *dialer;
  ep_client *client;
  uv_timer_t deadline; /* --timeout; afterwards: the longest wait for a clean end */
  uv_timer_t watch;    /* looks after a connection that does not come */
  uv_signal_t signals[3];
  uint64_t away_since; /* ms of the loop; when the server was last lost or first sought */
  uint64_t said_at;    /* ms of the loop; when the trouble was last told; 0: not yet */
  char said[512];      /* the trouble told last */
  unsigned version;    /* of the protocol, on the connection that is open; 0: none is */
  bool asked;          /* a ping of cli_settled is on its way … */
  bool asked_last;     /* … and everything was confirmed before it was sent */
  bool finishing;
  cli_exit exit_code;
  void *own; /* of the command */
};

/* epigeon_options.c. Fills in `out` and the command. Returns false when there is nothing left to do
 * but to exit with *code. */
bool cli_options_read(cli_options *out, const cli_command **command, cli_exit *code, int argc,
                      char **argv);

/* epigeon_run.c. Runs the command to its end. */
cli_exit cli_run(const cli_command *command, const cli_options *options);
/* Ends the run: closes the connection politely, then cli_run returns code. The first call counts.
 */
void cli_finish(cli *c, cli_exit code);
/* Asks for a new whole session before anything else; false: not possible, said and finished. */
bool cli_set_session(cli *c, const char *session);
/* Ask after each event once nothing is left to send. True when the server has confirmed everything
 * and has had the occasion to refuse it: a refusal comes after the confirmation, and (EP/2) before
 * the answer to a ping that is sent then. */
bool cli_settled(cli *c, const ep_event *event);
/* Whether that is the client id of this run. */
bool cli_is_self(const cli *c, ep_bytes client_id);

#endif
