/* Floor 6, programs. The commands that ask the server for something and end with the answer:
 * `epigeon who`, `epigeon session`, `epigeon ping`.
 * Read first: epigeon_cli.h. */
#include <inttypes.h>
#include <stdlib.h>

#include "cmd/epigeon_cli.h"
#include "cmd/epigeon_json.h"
#include "cmd/epigeon_print.h"

static void wait_for_events(cli *c) { (void)c; }

/* ---- who ------------------------------------------------------------------------------------- */

/* A server that speaks EP/1 lists everybody; then the choice is made here. */
static bool is_asked_for(const cli *c, ep_bytes entry) {
  if (c->version != 1 || c->options.word == NULL) return true;
  return cli_json_matches(cli_json_get(entry, "session"), cli_bytes(c->options.word));
}

static void put_entry(ep_bytes entry) {
  cli_put_value(stdout, cli_json_get(entry, "uuid"));
  fputs("  ", stdout);
  cli_put_value(stdout, cli_json_get(entry, "state"));
  fputs("  ", stdout);
  cli_put_value(stdout, cli_json_get(entry, "session"));
  putchar('\n');
}

static void put_entries(const cli *c, const ep_event *event) {
  ep_bytes rest = event->json, entry;
  bool first = true;
  if (c->options.json) fputs("{\"event\":\"clients.list\",\"clients\":[", stdout);
  while (cli_json_item(&rest, &entry)) {
    if (!is_asked_for(c, entry)) continue;
    if (!c->options.json)
      put_entry(entry);
    else {
      if (!first) putchar(',');
      cli_put_json(stdout, entry);
    }
    first = false;
  }
  if (c->options.json) printf("],\"more\":%" PRIu64 "}\n", event->count);
  cli_flush();
}

static void on_who(cli *c, const ep_event *event) {
  if (event->type == EP_EVENT_AUTHENTICATED) {
    ep_status status = ep_client_list(c->client, cli_bytes(c->options.word), ep_loop_now(c->loop));
    if (status != EP_INVALID_ARGUMENT) return;
    cli_say("the selector %s", cli_json_trouble(cli_bytes(c->options.word), true));
    cli_finish(c, CLI_USAGE);
  }
  if (event->type != EP_EVENT_CLIENTS_LIST) return;
  put_entries(c, event);
  if (event->count > 0)
    cli_say("the server knows %" PRIu64 " more; a SELECTOR makes the list shorter", event->count);
  cli_finish(c, CLI_DONE);
}

const cli_command cli_who = {
    .name = "who",
    .arguments = "[SELECTOR]",
    .help =
        "prints who is known: client id, connected or disconnected, session\n"
        "  SELECTOR  only those whose session has all these pairs: {\"room\":7}\n",
    .takes = CLI_TAKES_WORD,
    .prints = 1u << EP_EVENT_CLIENTS_LIST,
    .interrupted = CLI_INTERRUPTED,
    .start = wait_for_events,
    .event = on_who,
};

/* ---- session --------------------------------------------------------------------------------- */

static void start_session(cli *c) { cli_set_session(c, c->options.word); }

static void on_session(cli *c, const ep_event *event) {
  if (event->type == EP_EVENT_REFUSED) {
    cli_say_refused("the session", event);
    cli_finish(c, CLI_FAILED);
    return;
  }
  bool told = event->type == EP_EVENT_SESSION_UPDATE && cli_is_self(c, event->client_id);
  bool taken = c->version == 1 ? told : cli_settled(c, event); /* EP/1 tells everybody, us too */
  if (taken) cli_finish(c, CLI_DONE);
}

static void unfinished_session(cli *c) {
  bool kept = c->options.state != NULL;
  cli_say("the session is not confirmed yet%s",
          kept ? "; it is kept and sent by the next run" : "");
}

const cli_command cli_session = {
    .name = "session",
    .arguments = "JSON",
    .help =
        "sets the session of the client that --id or --state names\n"
        "  JSON  the whole new session, an object: {\"room\":7,\"name\":\"ada\"}\n",
    .takes = CLI_TAKES_WORD | CLI_NEEDS_WORD,
    .interrupted = CLI_INTERRUPTED,
    .start = start_session,
    .event = on_session,
    .unfinished = unfinished_session,
};

/* ---- ping ------------------------------------------------------------------------------------ */

enum { PING_COUNT = 4, PING_PAUSE_MS = 1000 };

typedef struct pinger {
  cli *c;
  uv_timer_t pause;
  uint64_t wanted, answers;
  uint64_t asked_at;       /* ns; 0: no ping is on its way */
  double least, most, sum; /* ms */
} pinger;

static void on_pause_over(uv_timer_t *timer) {
  pinger *p = timer->data;
  uint64_t now = uv_hrtime();
  if (ep_client_ping(p->c->client, ep_loop_now(p->c->loop)) == EP_OK) p->asked_at = now;
}

static void stop_ping(cli *c) {
  pinger *p = c->own;
  if (p) uv_close((uv_handle_t *)&p->pause, NULL);
}

static void end_ping(cli *c) { free(c->own); }

static void start_ping(cli *c) {
  pinger *p = calloc(1, sizeof *p);
  if (p == NULL) {
    cli_say("%s", ep_status_sentence(EP_NO_MEMORY));
    cli_finish(c, CLI_FAILED);
    return;
  }
  p->c = c;
  p->wanted = c->options.count > 0 ? c->options.count : PING_COUNT;
  uv_timer_init(&c->uv, &p->pause);
  p->pause.data = p;
  c->own = p;
}

static void put_summary(const pinger *p) {
  if (p->c->options.json || p->answers < 2) return;
  printf("%" PRIu64 " answers: least %.3f ms, mean %.3f ms, most %.3f ms\n", p->answers, p->least,
         p->sum / (double)p->answers, p->most);
  cli_flush();
}

static void take_pong(cli *c, pinger *p) {
  if (p->asked_at == 0) return;
  double ms = (double)(uv_hrtime() - p->asked_at) / 1e6;
  p->asked_at = 0;
  p->least = p->answers == 0 || ms < p->least ? ms : p->least;
  p->most = ms > p->most ? ms : p->most;
  p->sum += ms;
  p->answers++;
  if (c->options.json)
    printf("{\"event\":\"pong\",\"ms\":%.3f}\n", ms);
  else
    printf("%s answers in %.3f ms\n", c->options.server, ms);
  cli_flush();
  if (p->answers < p->wanted) {
    uv_timer_start(&p->pause, on_pause_over, PING_PAUSE_MS, 0);
    return;
  }
  put_summary(p);
  cli_finish(c, CLI_DONE);
}

static void on_ping(cli *c, const ep_event *event) {
  pinger *p = c->own;
  if (p == NULL) return;
  if (event->type == EP_EVENT_PONG) take_pong(c, p);
  if (event->type == EP_EVENT_DISCONNECTED) uv_timer_stop(&p->pause);
  if (event->type != EP_EVENT_AUTHENTICATED) return;
  if (event->version >= 2) {
    on_pause_over(&p->pause);
    return;
  }
  cli_say("%s speaks EP/1, which has no ping", c->options.server);
  cli_finish(c, CLI_FAILED);
}

static void unfinished_ping(cli *c) {
  if (c->own) put_summary(c->own);
}

const cli_command cli_ping = {
    .name = "ping",
    .arguments = "[--count N]",
    .help =
        "prints how long the server takes to answer\n"
        "  --count N  ask N times, once a second (4)\n",
    .takes = CLI_TAKES_COUNT,
    .interrupted = CLI_INTERRUPTED,
    .start = start_ping,
    .event = on_ping,
    .unfinished = unfinished_ping,
    .stop = stop_ping,
    .end = end_ping,
};
