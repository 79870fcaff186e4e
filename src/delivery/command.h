/* Floor 3, delivery. Commands: what changes the registry. A command is self-contained bytes, so
 * that the same order of commands can be applied anywhere, with the same result.
 * Read first: wire/message.h. Then: delivery/registry.h. */
#ifndef EP_DELIVERY_COMMAND_H
#define EP_DELIVERY_COMMAND_H

#include "wire/message.h"

typedef enum {
  EP_COMMAND_JOIN = 1, /* a connection authenticates */
  EP_COMMAND_LEAVE,    /* a connection is gone */
  EP_COMMAND_SESSION,  /* a new session; EP/2: an item of the up stream, with its id */
  EP_COMMAND_MESSAGE,  /* an item of the up stream: a message */
  EP_COMMAND_REFUSE, /* an item of the up stream that cannot be taken; error: why; uses up its id */
  EP_COMMAND_CONFIRM_ID,  /* EP/2: everything up to id */
  EP_COMMAND_CONFIRM_UID, /* EP/1 */
  EP_COMMAND_TICK         /* time has passed */
} ep_command_kind;

typedef struct ep_command {
  ep_command_kind kind;
  uint64_t now_ms;
  uint32_t link;         /* the connection that speaks */
  uint8_t version;       /* JOIN: 1 or 2 */
  bool receipt;          /* MESSAGE */
  bool has_epoch_expect; /* JOIN: expect belongs to `epoch` */
  bool has_secret;       /* JOIN */
  ep_to_kind to_kind;    /* MESSAGE */
  ep_error error;        /* REFUSE */
  uint64_t id;           /* SESSION (EP/2), MESSAGE, REFUSE, CONFIRM_ID; JOIN: grows with each
                            connection that is accepted */
  uint64_t expect;       /* JOIN */
  ep_bytes client;       /* JOIN: client id */
  ep_bytes instance;     /* JOIN, EP/2 */
  ep_bytes epoch;        /* JOIN, EP/2; empty: the client knows none */
  uint8_t secret[32];    /* JOIN: SHA-256 of the secret */
  ep_bytes uid;          /* MESSAGE, REFUSE (may be empty), CONFIRM_UID: unescaped */
  ep_bytes uid_json;     /* MESSAGE, REFUSE: as spelled */
  ep_bytes to;           /* MESSAGE: the client id, when to_kind says so */
  ep_bytes to_json;      /* MESSAGE: as spelled */
  ep_bytes json;         /* SESSION: the object; MESSAGE: the payload, empty when absent */
} ep_command;

void ep_command_encode(ep_buffer *out, const ep_command *command); /* out->failed: no memory */
bool ep_command_decode(ep_command *out,
                       ep_bytes bytes); /* borrows from bytes; false: not a command */

#endif
