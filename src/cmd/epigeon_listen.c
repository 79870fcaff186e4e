/* Floor 6, programs. `epigeon listen` prints messages, `epigeon watch` who comes and goes.
 * Read first: epigeon_cli.h. */
#include "cmd/epigeon_cli.h"
#include "cmd/epigeon_json.h"
#include "cmd/epigeon_print.h"

/* ---- Presence, of both ----------------------------------------------------------------------- */

static void put_client(ep_bytes client_id, const char *verb, ep_bytes session) {
  cli_put_text(stdout, client_id);
  printf(" %s", verb);
  if (session.len > 0) putchar(' ');
  cli_put_value(stdout, session);
  putchar('\n');
}

/* An entry of a list has its client id and state as JSON strings. */
static void put_listed(ep_bytes entry) {
  cli_put_value(stdout, cli_json_get(entry, "uuid"));
  fputs(" is ", stdout);
  cli_put_value(stdout, cli_json_get(entry, "state"));
  putchar(' ');
  cli_put_value(stdout, cli_json_get(entry, "session"));
  putchar('\n');
}

static void put_list(ep_bytes list) {
  ep_bytes entry;
  while (cli_json_item(&list, &entry)) put_listed(entry);
}

static void put_presence(const ep_event *event) {
  const ep_bytes nothing = {NULL, 0};
  switch (event->type) {
    case EP_EVENT_CLIENT_CONNECT: put_client(event->client_id, "has come", event->json); break;
    case EP_EVENT_CLIENT_DISCONNECT: put_client(event->client_id, "has gone", nothing); break;
    case EP_EVENT_SESSION_UPDATE:
      put_client(event->client_id, "has the session", event->json);
      break;
    case EP_EVENT_CLIENTS_LIST: put_list(event->json); break;
    default: return;
  }
  cli_flush();
}

/* Each connection begins with the list, which tells what was missed while there was none. A server
 * that speaks EP/1 sends it unasked. */
static void ask_for_list(cli *c, const ep_event *event) {
  if (event->type != EP_EVENT_AUTHENTICATED || event->version < 2) return;
  ep_client_list(c->client, cli_bytes(c->options.presence), ep_loop_now(c->loop));
}

static void take_presence(cli *c, const ep_event *event) {
  if (!c->options.json) put_presence(event);
  ask_for_list(c, event);
}

/* ---- listen ---------------------------------------------------------------------------------- */

static void start_listen(cli *c) {
  if (c->options.session) cli_set_session(c, c->options.session);
}

/* The message is out before this returns, for it counts as received by the library's next step. */
static void take_message(cli *c, const ep_event *event) {
  if (!c->options.json) {
    cli_put_message(stdout, event);
    cli_flush();
  }
  if (c->options.count > 0 && --c->options.count == 0) cli_finish(c, CLI_DONE);
}

static void on_listen(cli *c, const ep_event *event) {
  if (event->type == EP_EVENT_MESSAGE)
    take_message(c, event);
  else if (c->options.presence && !c->options.json)
    put_presence(event);
}

const cli_command cli_listen = {
    .name = "listen",
    .arguments = "[--session JSON] [--count N]",
    .help =
        "prints every message that comes, as FROM: PAYLOAD\n"
        "  --session JSON  the attributes of this client, an object: {\"room\":7}\n"
        "  --count N       end after N messages\n",
    .takes = CLI_TAKES_SESSION | CLI_TAKES_COUNT,
    .interrupted = CLI_DONE,
    .start = start_listen,
    .event = on_listen,
};

/* ---- watch ----------------------------------------------------------------------------------- */

static void start_watch(cli *c) { (void)c; }

const cli_command cli_watch = {
    .name = "watch",
    .arguments = "[SELECTOR]",
    .help =
        "prints who is there, comes, goes and changes its session\n"
        "  SELECTOR  only those whose session has all these pairs: {\"room\":7}\n"
        "            (a server that speaks EP/1 tells about everybody)\n",
    .takes = CLI_TAKES_WORD,
    .interrupted = CLI_DONE,
    .start = start_watch,
    .event = take_presence,
};
