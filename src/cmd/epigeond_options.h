/* Floor 6, programs. The settings of the server.
 * Read first: cmd/options.h. */
#ifndef EP_CMD_EPIGEOND_OPTIONS_H
#define EP_CMD_EPIGEOND_OPTIONS_H

#include "cmd/options.h"
#include "epigeon.h"

typedef struct epigeond_settings {
  ep_option_list listen;
  const char *data, *store, *backup, *token_file, *log_level, *log, *user, *metrics;
  uint64_t log_rate, connections_per_address;
  ep_tls_files tls;
  bool allow_v1_remote, metrics_remote, check_config, help, version;
  ep_server_config core;
} epigeond_settings;

enum { EPIGEOND_OPTIONS_MOST = 48 };

/* Fills in the defaults, and a table that points into `settings`. Returns how many options there
 * are. */
size_t epigeond_options(ep_option table[EPIGEOND_OPTIONS_MOST], epigeond_settings *settings);

#endif
