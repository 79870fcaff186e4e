/* Floor 6, programs. One run of one command: connects, tells what is the matter while the server is
 * away, hands the events to the command, and ends: when the command is done, when time is over, on
 * a signal.
 * Read first: epigeon_cli.h. */
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/epigeon_cli.h"
#include "cmd/epigeon_json.h"
#include "cmd/epigeon_print.h"
#include "cmd/options.h"
#include "cmd/trace.h"

enum {
  LOOK_MS = 100,        /* how often to look after a connection that does not come */
  SILENCE_MS = 3000,    /* how long it may take without a word */
  SAY_AGAIN_MS = 30000, /* how often the same trouble is told */
  END_MS = 3000         /* how long a clean end may take */
};

/* ---- The end --------------------------------------------------------------------------------- */

static void close_handles(cli *c) {
  uv_close((uv_handle_t *)&c->deadline, NULL);
  uv_close((uv_handle_t *)&c->watch, NULL);
  for (size_t i = 0; i < sizeof c->signals / sizeof c->signals[0]; i++) {
    uv_close((uv_handle_t *)&c->signals[i], NULL);
  }
}

static void on_closed(void *context) {
  cli *c = context;
  c->dialer = NULL;
  c->client = NULL;
  close_handles(c);
}

/* The server does not let us go: what is confirmed is confirmed, so nothing is lost by leaving. */
static void on_end_overdue(uv_timer_t *timer) {
  cli *c = timer->data;
  fflush(NULL);
  _Exit((int)c->exit_code);
}

void cli_finish(cli *c, cli_exit code) {
  if (c->finishing) return;
  c->finishing = true;
  c->exit_code = code;
  if (c->command->stop) c->command->stop(c);
  uv_timer_stop(&c->watch);
  uv_timer_start(&c->deadline, on_end_overdue, END_MS, 0);
  ep_dialer_close(c->dialer, on_closed, c);
}

/* Ends what is not done. */
static void give_up(cli *c, cli_exit code) {
  if (c->finishing) return;
  if (c->command->unfinished) c->command->unfinished(c);
  cli_finish(c, code);
}

static void on_deadline(uv_timer_t *timer) {
  cli *c = timer->data;
  cli_say("%g s are over", (double)c->options.timeout_ms / 1000);
  give_up(c, CLI_TIMED_OUT);
}

static void on_signal(uv_signal_t *handle, int signum) {
  cli *c = handle->data;
  (void)signum;
  if (c->finishing) _Exit((int)c->exit_code);
  give_up(c, c->command->interrupted);
}

/* ---- While the server is away ---------------------------------------------------------------- */

/* A sentence as the first half of one. */
static ep_bytes without_stop(ep_bytes sentence) {
  if (sentence.len > 0 && sentence.data[sentence.len - 1] == '.') sentence.len--;
  return sentence;
}

static void say_trouble(cli *c, const char *trouble, const char *what_now) {
  uint64_t now = uv_now(&c->uv);
  bool same = c->said_at != 0 && strcmp(trouble, c->said) == 0;
  if (same && now - c->said_at < SAY_AGAIN_MS) return;
  snprintf(c->said, sizeof c->said, "%s", trouble);
  c->said_at = now;
  ep_bytes half = without_stop(cli_bytes(trouble));
  cli_say("%.*s; %s", (int)half.len, (const char *)half.data, what_now);
}

static void on_watch(uv_timer_t *timer) {
  cli *c = timer->data;
  const char *trouble = ep_dialer_trouble(c->dialer);
  char silent[sizeof c->said];
  if (trouble[0] != '\0') {
    say_trouble(c, trouble, "trying again");
    return;
  }
  if (uv_now(&c->uv) - c->away_since < SILENCE_MS) return;
  snprintf(silent, sizeof silent, "%s has not answered yet", c->options.server);
  say_trouble(c, silent, "waiting");
}

static void watch_connection(cli *c) {
  if (uv_is_active((uv_handle_t *)&c->watch)) return;
  c->away_since = uv_now(&c->uv);
  uv_timer_start(&c->watch, on_watch, LOOK_MS, LOOK_MS);
}

/* ---- Events ---------------------------------------------------------------------------------- */

/* The loss of a good connection is told at once; an attempt that failed is, as trouble, by
 * on_watch. */
static void on_disconnected(cli *c, const ep_event *event) {
  if (c->version != 0) {
    fputs("epigeon: the connection is lost", stderr);
    if (event->reason.len > 0) fputs(": ", stderr);
    cli_put_text(stderr, without_stop(event->reason));
    fputs("; trying again\n", stderr);
    c->said_at = uv_now(&c->uv);
    c->said[0] = '\0';
  }
  c->version = 0;
  watch_connection(c);
}

static void on_authenticated(cli *c, const ep_event *event) {
  if (c->said_at != 0) cli_say("connected to %s", c->options.server);
  c->said_at = 0;
  c->version = event->version;
  uv_timer_stop(&c->watch);
}

static void on_error(cli *c, const ep_event *event) {
  fputs("epigeon: ", stderr);
  cli_put_text(stderr,
               event->reason.len > 0 ? event->reason : cli_bytes("The server reports an error."));
  if (event->code) fprintf(stderr, " (%s)", event->code);
  fputc('\n', stderr);
  if (event->final) give_up(c, CLI_FAILED);
}

/* A message that comes to a command that does not listen counts as received: it is at least shown.
 */
static void on_stray_message(cli *c, const ep_event *event) {
  bool listens = c->command == &cli_listen;
  bool passer_by = c->options.id == NULL && c->options.state == NULL;
  if (listens || passer_by || c->options.json) return;
  fputs("epigeon: meanwhile a message came. ", stderr);
  cli_put_message(stderr, event);
}

static void note(cli *c, const ep_event *event) {
  switch (event->type) {
    case EP_EVENT_DISCONNECTED: on_disconnected(c, event); return;
    case EP_EVENT_AUTHENTICATED: on_authenticated(c, event); return;
    case EP_EVENT_ERROR: on_error(c, event); return;
    case EP_EVENT_MESSAGE: on_stray_message(c, event); return;
    case EP_EVENT_LOST:
      if (c->version == 2) {
        cli_say("the state is an old copy: messages that came after it do not come again");
        return;
      }
      cli_say("%" PRIu64 " messages from number %" PRIu64 " on never came", event->count,
              event->id);
      return;
    default: return;
  }
}

static void on_event(void *context, ep_dialer *dialer, const ep_event *event) {
  cli *c = context;
  (void)dialer;
  bool prints_itself = event->type == EP_EVENT_PONG || (c->command->prints >> event->type & 1u);
  if (c->options.json && !prints_itself) {
    cli_put_event(stdout, event, ep_client_id(c->client));
    cli_flush();
  }
  note(c, event);
  if (!c->finishing) c->command->event(c, event);
}

/* ---- The beginning --------------------------------------------------------------------------- */

bool cli_set_session(cli *c, const char *session) {
  ep_bytes json = cli_bytes(session);
  ep_status status = ep_client_update_session(c->client, json, ep_loop_now(c->loop));
  if (status == EP_OK) return true;
  if (status == EP_INVALID_ARGUMENT)
    cli_say("the session %s", cli_json_trouble(json, true));
  else
    cli_say("the session cannot be set: %s", ep_status_sentence(status));
  cli_finish(c, status == EP_INVALID_ARGUMENT ? CLI_USAGE : CLI_FAILED);
  return false;
}

bool cli_settled(cli *c, const ep_event *event) {
  bool answered = c->asked && event->type == EP_EVENT_PONG;
  bool confirmed = ep_client_unconfirmed(c->client) == 0;
  if (c->version == 0) c->asked = false;
  if (c->version < 2) return c->version == 1 && confirmed;
  if (answered && c->asked_last) return true;
  if (answered || !c->asked || (confirmed && !c->asked_last)) {
    c->asked = ep_client_ping(c->client, ep_loop_now(c->loop)) == EP_OK;
    c->asked_last = confirmed;
  }
  return false;
}

bool cli_is_self(const cli *c, ep_bytes client_id) {
  ep_bytes self = cli_bytes(ep_client_id(c->client));
  return self.len == client_id.len && memcmp(self.data, client_id.data, self.len) == 0;
}

/* The first line of the file, if one is named. Says what is wrong with it. */
static cli_exit read_credential(char **out, const char *path, const char *what) {
  char message[512];
  if (path == NULL) return CLI_DONE;
  ep_status status = ep_options_credential(out, path, what, message, sizeof message);
  if (message[0] != '\0') cli_say("%s", message);
  if (status == EP_OK) return CLI_DONE;
  return status == EP_INVALID_ARGUMENT ? CLI_USAGE : CLI_FAILED;
}

static cli_exit dial_as(cli *c, const char *secret, const char *token) {
  const cli_options *o = &c->options;
  char message[512] = "";
  ep_dial_options how = {
      .server = o->server, .state = o->state, .on_event = on_event, .context = c};
  how.core.client_id = o->id;
  how.core.presence = o->presence;
  how.core.max_version = o->v1 ? 1 : 0;
  how.core.frame = o->frame;
  how.core.depth = o->depth;
  how.tls = o->tls;
  how.core.secret = secret;
  how.core.token = token;
  ep_surroundings_default(&how.core.surroundings);
  ep_trace_from_environment(&how.core.surroundings, EP_TRACE_CLIENT);
  ep_status status = ep_dial(&c->dialer, c->loop, &how, message, sizeof message);
  if (status == EP_OK) return CLI_DONE;
  if (strcmp(message, ep_status_sentence(EP_INVALID_ARGUMENT)) == 0 && o->id && o->state) {
    cli_say("%s keeps the state of another client than %s", o->state, o->id);
  } else {
    cli_say("%s", message[0] != '\0' ? message : ep_status_sentence(status));
  }
  return status == EP_INVALID_ARGUMENT ? CLI_USAGE : CLI_FAILED;
}

static cli_exit dial(cli *c) {
  char *secret = NULL, *token = NULL;
  cli_exit code = read_credential(&secret, c->options.secret_file, "secret");
  if (code == CLI_DONE) code = read_credential(&token, c->options.token_file, "token");
  if (code == CLI_DONE) code = dial_as(c, secret, token);
  free(secret);
  free(token);
  return code;
}

static void prepare(cli *c) {
  static const int signums[] = {SIGINT, SIGTERM, SIGHUP};
  uv_timer_init(&c->uv, &c->deadline);
  uv_timer_init(&c->uv, &c->watch);
  c->deadline.data = c->watch.data = c;
  for (size_t i = 0; i < sizeof c->signals / sizeof c->signals[0]; i++) {
    uv_signal_init(&c->uv, &c->signals[i]);
    c->signals[i].data = c;
    uv_signal_start(&c->signals[i], on_signal, signums[i]);
  }
}

static void work(cli *c) {
  prepare(c);
  c->exit_code = dial(c);
  if (c->exit_code != CLI_DONE) {
    close_handles(c);
  } else {
    c->client = ep_dialer_client(c->dialer);
    if (c->options.timeout_ms > 0)
      uv_timer_start(&c->deadline, on_deadline, c->options.timeout_ms, 0);
    watch_connection(c);
    c->command->start(c);
  }
  ep_loop_run(c->loop);
  if (c->own && c->command->end) c->command->end(c);
}

cli_exit cli_run(const cli_command *command, const cli_options *options) {
  cli *c = calloc(1, sizeof *c);
  if (c == NULL || uv_loop_init(&c->uv) != 0 || ep_loop_new(&c->loop, &c->uv) != EP_OK) {
    cli_say("%s", ep_status_sentence(EP_NO_MEMORY));
    free(c);
    return CLI_FAILED;
  }
  signal(SIGPIPE,
         SIG_IGN); /* a closed connection or reader is an error of the write, not our end */
  c->command = command;
  c->options = *options;
  work(c);
  cli_exit code = c->exit_code;
  ep_loop_free(c->loop);
  uv_run(&c->uv, UV_RUN_DEFAULT); /* the library's handles are closed in it */
  uv_loop_close(&c->uv);
  free(c);
  return code;
}
