/* Floor 6, programs. What the server has from the system that starts it: sockets that listen
 * already, and rights that it gives up.
 * Read first: cmd/epigeond.c. */
#ifndef EP_CMD_EPIGEOND_SYSTEM_H
#define EP_CMD_EPIGEOND_SYSTEM_H

#include "cmd/options.h"
#include "epigeon.h"

/* Adds the sockets that systemd hands over (LISTEN_FDS) to the addresses to listen on: as fd:3, and
 * those whose name is tls (LISTEN_FDNAMES) as tls:fd:3. Takes the variables out of the environment.
 * False: no memory. */
bool epigeond_inherit(ep_option_list *listen);

/* Becomes `user`, for good. The directory `data` (NULL: none) is made for that user if it is not
 * there. SYSTEM: message receives a sentence. */
ep_status epigeond_become(const char *user, const char *data, char *message, size_t message_len);

#endif
