/* Floor 4, machine. What the files of the server machine share; nobody else includes it.
 * server.c is the public face and the time, server_conn.c the connections, server_table.c the rows'
 * guards and actions, server_outcome.c what the registry decided, server_presence.c who hears of
 * whom, server_output.c what leaves, server_memory.c who gives way when memory is tight,
 * server_count.c what is counted. Read first: delivery/registry.h, machine/table.h. */
#ifndef EP_MACHINE_SERVER_INTERNAL_H
#define EP_MACHINE_SERVER_INTERNAL_H

#include "base/assert.h"
#include "base/memory.h"
#include "delivery/registry.h"
#include "delivery/sequencer.h"
#include "machine/table.h"
#include "server_machine.h"
#include "wire/frame.h"

#define EP_NEVER UINT64_MAX

typedef struct ep_server_conn ep_server_conn;

/* Connections in the order in which something began: with one waiting time for all, the first is
 * always the next one due. */
typedef struct ep_conn_list {
  ep_server_conn *first, *last;
} ep_conn_list;

typedef struct ep_conn_link {
  ep_conn_list *list; /* NULL: in none */
  ep_server_conn *next, *previous;
  uint64_t since_ms;
} ep_conn_link;

/* Which of its lists a connection is in: one for its clock, one for what it has to do, two for what
 * is told to it, and one while a frame of it is unfinished. */
typedef enum {
  EP_LINK_CLOCK,
  EP_LINK_READY,
  EP_LINK_WATCH,
  EP_LINK_LOSSY,
  EP_LINK_FRAME,
  EP_LINK_COUNT
} ep_link_use;

struct ep_server_conn {
  struct ep_server *server;
  ep_conn id;
  uint64_t number; /* in the order in which connections were accepted */
  ep_machine machine;
  ep_frame_reader reader;
  ep_account *account; /* from joining to closing, unless somebody took over */
  uint8_t version;     /* 0 until an auth request was read */
  bool local, lossy;
  bool bare;        /* the auth reply has selected EP/2 */
  bool greeted;     /* … and has left */
  bool confirm_due; /* EP/2: tell the up stream's progress */
  bool stale;       /* presence was left out: owes a list */
  bool abandoned;   /* close without writing what is left */
  bool wants_presence;
  ep_error trouble; /* why it was refused */
  uint32_t malformed;
  uint64_t window;      /* EP/2: of the peer */
  uint64_t mailed;      /* lossy: down.base when progress was last seen */
  ep_selector presence; /* EP/2, while wants_presence */
  ep_buffer sending;    /* leaves now: what next_ready gives out */
  size_t given;         /* bytes of it that were given out and are not yet sent */
  ep_buffer pending;    /* follows it */
  ep_conn_link links[EP_LINK_COUNT];
  char address[64];
};

/* A machine's input that came up while an action ran. */
typedef struct ep_server_later {
  ep_server_conn *conn; /* NULL: none */
  uint8_t input;
} ep_server_later;

typedef struct ep_server_slot {
  ep_server_conn *conn; /* NULL: free */
  uint32_t generation;  /* tells its connections apart */
  uint32_t next_free;
} ep_server_slot;

#define EP_NOTES 256
#define EP_SPARES 8

struct ep_server {
  ep_surroundings around; /* its allocator is memory.counted */
  ep_memory memory;
  uint64_t relieve_above; /* memory used: look again who is to give way when it is more than this */
  ep_server_config config;
  ep_buffer token;
  ep_registry *registry;
  ep_sequencer_local order;
  ep_frame_scratch scratch;
  ep_buffer work; /* rendering */
  ep_buffer records;
  uint64_t now_ms;
  bool sealed, stopping;
  bool was_large;           /* the records of the last turn: see ep_server_trim */
  uint64_t settle_since_ms; /* since when records that are not urgent wait; EP_NEVER: none do */
  bool broken, given_up;    /* the store failed; everybody was closed because of it */
  ep_server_slot *slots;    /* by the low bits of ep_conn; [0] is unused */
  uint32_t slot_count;
  uint32_t free_slot; /* the first free one, 0: none */
  size_t connections;
  ep_conn_list unauthenticated, heard, pinged, closing; /* clocks */
  ep_conn_list ready, watchers, lossy;
  ep_conn_list unfinished; /* the frame that came in part longest ago first */
  ep_server_later later;
  ep_buffer spares[EP_SPARES]; /* blocks of drained buffers, for the next one that fills */
  unsigned spare_count;
  uint64_t accepted; /* connections, ever */
  uint64_t counters[EP_COUNTER_COUNT];
  struct ep_server_note {
    ep_counter counter;
    ep_error error;
    uint64_t count;
    char address[64];
    uint8_t client[EP_LIMIT_CLIENT_ID], uid[EP_LIMIT_UID];
    uint8_t client_len, uid_len;
  } * notes; /* a ring of EP_NOTES */
  uint64_t note_first, note_next;
};

/* server.c */
void ep_server_step(ep_server_conn *conn, unsigned input, const ep_message *message);

/* server_conn.c */
#define EP_CONNECTIONS_MOST 500000u
ep_server_conn *ep_server_conn_of(ep_server *server, ep_conn id);           /* NULL: gone */
ep_server_conn *ep_server_conn_new(ep_server *server, const ep_peer *peer); /* NULL: no memory */
void ep_server_conn_free(ep_server_conn *conn);
void ep_conn_list_put(ep_conn_list *list, ep_server_conn *conn, ep_link_use use, uint64_t since_ms);
void ep_conn_list_take(ep_server_conn *conn, ep_link_use use);

/* server_table.c */
extern const ep_machine_rules ep_server_rules;

/* server_outcome.c: applies what was submitted, until nothing is left, and acts on the outcomes. */
void ep_server_run(ep_server *server);
void ep_server_submit(ep_server_conn *conn, ep_command *command); /* fills in link and time */

/* server_presence.c */
void ep_server_tell_arrival(ep_server *server, const ep_account *account);
void ep_server_tell_departure(ep_server *server, const ep_account *account);
void ep_server_tell_session(ep_server *server, const ep_account *account);
void ep_server_write_list(ep_server_conn *conn, const ep_selector *selector); /* NULL: all */

/* server_memory.c */
/* While memory is tight: those who hold most are closed, until it is not. */
void ep_server_relieve(ep_server *server);
/* A turn is over, its records are stored: what only something large in it needed goes back. */
void ep_server_trim(ep_server *server);
/* Why it must not be read as fast as others: it holds much. */
bool ep_server_conn_is_heavy(const ep_server_conn *conn);

/* server_count.c */
void ep_server_count(ep_server *server, ep_counter counter, uint64_t by);
/* Counts, and keeps a line for the log. */
void ep_server_note(ep_server_conn *conn, ep_counter counter, ep_error error);
void ep_server_refused(ep_server *server, ep_error error); /* an error code was the answer */
void ep_server_reached(ep_server *server, ep_limit limit);
/* The same for an input of a connection that is told nothing, since it does not speak EP/2. */
void ep_server_tally_untold(ep_server_conn *conn, unsigned input, const ep_message *message);

/* server_output.c */
void ep_server_write(ep_server_conn *conn, const ep_message *message);
void ep_server_write_error(ep_server_conn *conn, ep_error error, const ep_message *about);
void ep_server_write_item(ep_server_conn *conn, uint64_t slot);
void ep_server_repeat(ep_server_conn *conn); /* lossy: the oldest unconfirmed items again */
ep_form ep_server_form(const ep_server_conn *conn);
void ep_server_mark(ep_server_conn *conn); /* it has something to do */
void ep_server_give_back(ep_server *server, ep_buffer *buffer);

#endif
