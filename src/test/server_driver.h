/* Test support. The server core with a make-believe network, clock and store, so that a test says
 * what clients write and looks at what the server writes. Read first: epigeon.h. */
#ifndef EP_TEST_SERVER_DRIVER_H
#define EP_TEST_SERVER_DRIVER_H

#include "epigeon.h"

typedef struct server_driver server_driver;

/* Random bytes are 5f 3c 9a 1e 7b 2d 40 68 at first: the epoch that the spec's examples use. */
server_driver *server_driver_new(void);
server_driver *server_driver_new_with(
    const ep_server_config *config);            /* surroundings are filled in */
void server_driver_free(server_driver *driver); /* checks that all memory came back */
ep_server *server_driver_core(server_driver *driver);

ep_conn server_driver_open(server_driver *driver);
ep_conn server_driver_open_as(server_driver *driver, ep_transport transport, bool local);
/* Gives the bytes to the server in pieces of at most `piece`; no turn ends by it. */
void server_driver_feed(server_driver *driver, ep_conn conn, const char *bytes, size_t len,
                        size_t piece);
/* Ends the turn: stores, commits, collects what the server writes to everybody. */
void server_driver_turn(server_driver *driver);
void server_driver_turn_failing(server_driver *driver); /* the store refuses the turn's records */
/* The next frame written to conn, end byte included, valid until the next call; empty: none. */
ep_bytes server_driver_take_frame(server_driver *driver, ep_conn conn);
bool server_driver_was_closed(server_driver *driver, ep_conn conn); /* by the server */
void server_driver_close(server_driver *driver, ep_conn conn);      /* by the client */
void server_driver_pass(server_driver *driver, uint64_t ms);        /* time passes, a turn ends */
uint64_t server_driver_now(const server_driver *driver);
/* Stops reading from this connection: nothing of its output is taken. */
void server_driver_stall(server_driver *driver, ep_conn conn, bool stalled);
/* The server is killed; what was committed is loaded into a new one (lost: or not even that). */
void server_driver_kill(server_driver *driver, bool lost);
size_t server_driver_stored(const server_driver *driver); /* records in the store */
uint64_t server_driver_counter(server_driver *driver, const char *name);

/* In one line: text is a frame without its end byte, with ' for ". */
void say(server_driver *driver, ep_conn conn, const char *text);  /* bare, and the turn ends */
void say1(server_driver *driver, ep_conn conn, const char *text); /* the same, enveloped */
void hear(server_driver *driver, ep_conn conn,
          const char *text); /* the next frame is exactly this */
void hear1(server_driver *driver, ep_conn conn, const char *text); /* the same, enveloped */
void hear_nothing(server_driver *driver, ep_conn conn);
void skip_frames(server_driver *driver, ep_conn conn); /* drops what was written so far */

#endif
