/* Support of the harness config.c: settings as a file.
 * Read first: src/cmd/options.h. */
#ifndef FUZZ_SETTINGS_H
#define FUZZ_SETTINGS_H

#include "cmd/options.h"

/* What `--config` is given. */
#define SETTINGS_FILE "/settings"

/* From now on that file has this content. It is not on disk: opening one is most of the time. */
void settings_place(const char *content, size_t len);

/* The file that says what was read, to be freed. */
char *settings_write(const ep_options *options, size_t *len);

#endif
