/* Floor 6, programs. The table of the server's options. The limits and timers bear the names that
 * the spec gives them.
 * Read first: cmd/epigeond_options.h. */
#include "cmd/epigeond_options.h"

#include <string.h>

#include "base/assert.h"

size_t epigeond_options(ep_option table[EPIGEOND_OPTIONS_MOST], epigeond_settings *settings) {
  epigeond_settings *s = settings;
  ep_server_config *c = &s->core;
  *s = (epigeond_settings){.data = "./epigeon-data", .store = "lmdb", .log_level = "info"};
  const ep_option all[] = {
      {"listen", EP_OPTION_LIST, &s->listen, "ADDR:PORT",
       "where to listen, also [V6]:PORT, :PORT, unix:PATH; repeatable", "127.0.0.1:9999"},
      {"data", EP_OPTION_TEXT, &s->data, "DIR", "the directory of the store", "./epigeon-data"},
      {"store", EP_OPTION_TEXT, &s->store, "KIND", "lmdb, or memory: keep nothing on disk", "lmdb"},
      {"allow-v1-remote", EP_OPTION_FLAG, &s->allow_v1_remote, NULL,
       "EP/1 clients, who have no secret, also from other machines", NULL},
      {"token-file", EP_OPTION_TEXT, &s->token_file, "FILE",
       "EP/2 clients must show the first line of FILE to join", NULL},
      {"log-level", EP_OPTION_TEXT, &s->log_level, "LEVEL", "debug, info, warn or error", "info"},
      {"connections", EP_OPTION_NUMBER, &c->connections, "N", "open connections", "10000"},
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
      {"gap-wait", EP_OPTION_DURATION, &c->gap_wait_ms, "TIME", "EP/1: wait for a gap to close",
       "10s"},
      {"mailbox-wait", EP_OPTION_DURATION, &c->mailbox_wait_ms, "TIME",
       "EP/1: how long a full mailbox makes its sender wait", "60s"},
      {"ping", EP_OPTION_DURATION, &c->ping_ms, "TIME", "EP/2: silence before a ping", "5s"},
      {"idle", EP_OPTION_DURATION, &c->idle_ms, "TIME", "EP/2: silence before the end", "12s"},
      {"help", EP_OPTION_COMMAND, &s->help, NULL, "this help", NULL},
      {"version", EP_OPTION_COMMAND, &s->version, NULL, "the version", NULL},
  };
  size_t count = sizeof all / sizeof *all;
  EP_ASSERT(count <= EPIGEOND_OPTIONS_MOST);
  memcpy(table, all, sizeof all);
  return count;
}
