/* Support of the harness config.c: settings as a file.
 * Read first: src/cmd/options.h. */
#ifndef FUZZ_SETTINGS_H
#define FUZZ_SETTINGS_H

#include "cmd/options.h"

/* The file that says what was read, to be freed. */
char *settings_write(const ep_options *options, size_t *len);

#endif
