/* Floor 6, programs. The table of the server's options. The limits and timers bear the names that
 * the spec gives them.
 * Read first: cmd/epigeond_options.h. */
#include "cmd/epigeond_options.h"

#include <string.h>

#include "base/assert.h"

size_t epigeond_options(ep_option table[EPIGEOND_OPTIONS_MOST], epigeond_settings *settings) {
  epigeond_settings *s = settings;
  ep_server_config *c = &s->core;
  *s = (epigeond_settings){
      .data = "./epigeon-data", .store = "lmdb", .log_level = "info", .log = "text", .log_rate = 5};
  const ep_option all[] = {
      {"listen", EP_OPTION_LIST, &s->listen, "ADDR:PORT",
       "where to listen, also [V6]:PORT, :PORT, tls:ADDR:PORT, unix:PATH; repeatable",
       "127.0.0.1:9999"},
      {"tls-cert", EP_OPTION_TEXT, &s->tls.cert, "FILE",
       "certificate of the server, for tls: addresses, and those that lead to its CA", NULL},
      {"tls-key", EP_OPTION_TEXT, &s->tls.key, "FILE", "private key of the certificate", NULL},
      {"tls-ca", EP_OPTION_TEXT, &s->tls.ca, "FILE",
       "clients must show a certificate that this CA has signed", NULL},
      {"data", EP_OPTION_TEXT, &s->data, "DIR", "the directory of the store", "./epigeon-data"},
      {"store", EP_OPTION_TEXT, &s->store, "KIND", "lmdb, or memory: keep nothing on disk", "lmdb"},
      {"backup", EP_OPTION_TEXT, &s->backup, "DIR",
       "copy the store of --data into DIR, also while a server uses it, and exit", NULL},
      {"allow-v1-remote", EP_OPTION_FLAG, &s->allow_v1_remote, NULL,
       "EP/1 clients, who have no secret, also from other machines", NULL},
      {"token-file", EP_OPTION_TEXT, &s->token_file, "FILE",
       "EP/2 clients must show the first line of FILE to join", NULL},
      {"user", EP_OPTION_TEXT, &s->user, "NAME", "started as root: become this user", NULL},
      {"log-level", EP_OPTION_TEXT, &s->log_level, "LEVEL", "debug, info, warn or error", "info"},
      {"log", EP_OPTION_TEXT, &s->log, "FORM", "text, or json: one object a line", "text"},
      {"log-rate", EP_OPTION_NUMBER, &s->log_rate, "N",
       "lines a second of one kind; how many more there were is told", "5"},
      {"metrics", EP_OPTION_TEXT, &s->metrics, "ADDR:PORT",
       "serve Prometheus metrics there, at http://ADDR:PORT/metrics", NULL},
      {"metrics-remote", EP_OPTION_FLAG, &s->metrics_remote, NULL,
       "metrics also on an address that other machines reach", NULL},
      {"memory", EP_OPTION_SIZE, &c->memory, "BYTES",
       "what clients may make the server hold in memory", "half of the machine's"},
      {"connections", EP_OPTION_NUMBER, &c->connections, "N", "open connections", "10000"},
      {"connections-per-address", EP_OPTION_NUMBER, &s->connections_per_address, "N",
       "of these, from one address", "1000; from this machine, all"},
      {"clients", EP_OPTION_NUMBER, &c->clients, "N", "clients known", "1000000"},
      {"frame", EP_OPTION_SIZE, &c->frame, "BYTES", "the largest frame", "32MiB"},
      {"depth", EP_OPTION_NUMBER, &c->depth, "N", "the deepest nesting of JSON", "256"},
      {"session", EP_OPTION_SIZE, &c->session, "BYTES", "the largest session", "64KiB"},
      {"window", EP_OPTION_NUMBER, &c->window, "N", "items unconfirmed on one connection", "4096"},
      {"held", EP_OPTION_NUMBER, &c->held, "N", "items of one client held for a gap", "1024"},
      {"mailbox", EP_OPTION_NUMBER, &c->mailbox, "N", "messages waiting for one client", "100000"},
      {"mailbox-bytes", EP_OPTION_SIZE, &c->mailbox_bytes, "BYTES", "the same in bytes", "256MiB"},
      {"parked", EP_OPTION_NUMBER, &c->parked, "N", "messages waiting for somebody who matches",
       "100000"},
      {"parked-bytes", EP_OPTION_SIZE, &c->parked_bytes, "BYTES", "the same in bytes", "256MiB"},
      {"auth", EP_OPTION_DURATION, &c->auth_ms, "TIME", "wait for a client to say who it is",
       "10s"},
      {"frame-time", EP_OPTION_DURATION, &c->frame_time_ms, "TIME",
       "wait for the end of a frame that has begun", "60s"},
      {"gap-wait", EP_OPTION_DURATION, &c->gap_wait_ms, "TIME", "EP/1: wait for a gap to close",
       "10s"},
      {"mailbox-wait", EP_OPTION_DURATION, &c->mailbox_wait_ms, "TIME",
       "EP/1: how long a full mailbox makes its sender wait", "60s"},
      {"ping", EP_OPTION_DURATION, &c->ping_ms, "TIME", "EP/2: silence before a ping", "5s"},
      {"idle", EP_OPTION_DURATION, &c->idle_ms, "TIME", "EP/2: silence before the end", "12s"},
      {"check-config", EP_OPTION_COMMAND, &s->check_config, NULL,
       "say what is wrong with the settings, and do not start", NULL},
      {"help", EP_OPTION_COMMAND, &s->help, NULL, "this help", NULL},
      {"version", EP_OPTION_COMMAND, &s->version, NULL, "the version", NULL},
  };
  size_t count = sizeof all / sizeof *all;
  EP_ASSERT(count <= EPIGEOND_OPTIONS_MOST);
  memcpy(table, all, sizeof all);
  return count;
}
