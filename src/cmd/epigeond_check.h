/* Floor 6, programs. Whether the server could start with these settings, as far as that can be told
 * without starting it: nothing is bound, made or changed.
 * Read first: cmd/epigeond_options.h. */
#ifndef EP_CMD_EPIGEOND_CHECK_H
#define EP_CMD_EPIGEOND_CHECK_H

#include "cmd/epigeond_options.h"

/* The first of the settings that no server can have, as a sentence; NULL: there is none. Sets the
 * log's level, form and rate. */
const char *epigeond_wrong(const epigeond_settings *settings, char *message, size_t message_len);

/* Writes a sentence for each thing that is wrong to standard error. Returns how many. */
unsigned epigeond_check(const epigeond_settings *settings);

#endif
