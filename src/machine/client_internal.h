/* Floor 4, machine. What the files of the client share; nobody else includes this.
 *   client.c         the public calls, connections, time
 *   client_table.c   the table of transitions; guards and small actions
 *   client_item.c    what it sends, as items
 *   client_up.c      what the application sends: queue, write, repeat, confirmed
 *   client_resume.c  what an auth reply means for both streams
 *   client_down.c    what the server sends: order, gaps, duplicates
 *   client_events.c  the queue of events, and what happens when the application has taken one
 *   client_state.c   records: what a durable client keeps
 * Read first: spec/protocol.md, the chapters on streams and on the client machine. */
#ifndef EP_MACHINE_CLIENT_INTERNAL_H
#define EP_MACHINE_CLIENT_INTERNAL_H

#include "base/assert.h"
#include "base/hash.h"
#include "client_machine.h"
#include "delivery/inbox.h"
#include "delivery/outbox.h"
#include "delivery/seen.h"
#include "machine/table.h"
#include "wire/message.h"

enum {
  EP_CLIENT_V1_WINDOW = 256,      /* 1.0.2 servers double and reorder when more is on its way */
  EP_CLIENT_BURST = 64,           /* items repeated at a time on a lossy transport */
  EP_CLIENT_WRITE_BYTES = 65536,  /* output is made in portions of about this size */
  EP_CLIENT_SMALL_EVENTS = 10000, /* events kept that are not items */
  EP_CLIENT_RUNS = 32,
  EP_CLIENT_INSTANCE_LEN = 16
};

/* What an input comes with. */
typedef struct ep_client_data {
  const ep_message *message; /* NULL: not a message */
  ep_bytes text;             /* the message as JSON text, for holding */
  ep_error why;              /* `invalid`, `oversize`, `overdeep`: what is wrong */
} ep_client_data;

/* An event that waits to be taken, and its bytes behind it. */
typedef struct ep_client_event {
  struct ep_client_event *next;
  ep_event event;
  size_t size;         /* of the block */
  bool item;           /* an item of the down stream: confirmed when it was taken */
  bool silent;         /* a duplicate: confirmed in its turn, and not shown */
  bool fresh;          /* its uid was not seen before: it is remembered when it was taken */
  uint32_t generation; /* of the down stream's numbering */
  uint64_t seen;       /* fresh: how many uids had been seen before it */
  uint8_t print[16];
} ep_client_event;

/* Slots written one after the other to an EP/1 server, for EP-SEND-8. */
typedef struct ep_client_run {
  uint64_t first, end;
  uint64_t began, last; /* when the first and the last of them was written */
} ep_client_run;

struct ep_client {
  ep_machine machine;
  ep_allocator allocator;
  ep_surroundings surroundings;

  /* Configuration. The strings lie in `strings`. */
  ep_buffer strings;
  ep_bytes secret, token, presence;
  unsigned max_version;
  ep_transport transport;
  bool durable;
  uint64_t window, outbox_most, outbox_bytes_most;
  size_t frame_most; /* bytes of a frame that is read */
  unsigned depth_most;
  uint8_t id_len;
  char id[EP_LIMIT_CLIENT_ID + 1];

  /* The state of the streams: what outlives connections, and what a durable client keeps. */
  char instance[EP_LIMIT_NAME + 1];
  uint8_t epoch_len;
  uint8_t epoch[EP_LIMIT_NAME];
  uint8_t peer_version; /* of the last server that took us; 0: none did */
  ep_hash_key key;      /* of the fingerprints */
  ep_outbox outbox;
  uint64_t written;    /* slots below it were perhaps written, under whatever number */
  ep_inbox inbox;      /* inbox.expected: the next id that becomes an event */
  uint64_t safe;       /* the next id that the application has not taken */
  uint64_t resumed_at; /* EP/2: the expect of the auth request */
  uint64_t came;       /* EP/2: one more than the highest id that came on this connection */
  uint32_t generation; /* changes when the down stream is numbered anew */
  ep_seen seen;
  uint64_t seen_taken;        /* seen.total as far as the application has taken the messages */
  ep_item *session;           /* as the application wants it; NULL: {} */
  ep_item *session_confirmed; /* as the server last took it; NULL: {} */

  /* The connection. */
  ep_want want;
  bool open;           /* CONNECTED was told */
  bool failed;         /* give the connection up when the step is done */
  const char *failure; /* why */
  bool confirm_due;    /* EP/2 */
  bool adopt;          /* EP/1: the first id that comes is the expected one */
  uint64_t peer_window;
  uint64_t peer_frame; /* the largest frame the server takes, as far as we know */
  ep_frame_scratch scratch;
  ep_frame_reader reader;
  ep_buffer control; /* frames that are not items and wait to be written */
  ep_buffer out;     /* what ep_client_output shows: not touched until all of it is sent */
  ep_buffer work;
  uint64_t job_at, job_end; /* slots to be written again */
  uint32_t run_count, run_first;
  ep_client_run runs[EP_CLIENT_RUNS];

  /* Time. UINT64_MAX: not running. */
  uint64_t now, reconnect_at, auth_at, auth_repeat_at, ping_at, idle_at, ask_at, gap_at;
  uint32_t reconnect_ms, auth_repeat_ms, ask_ms;

  /* Events. */
  ep_client_event *first, *last;
  ep_client_event *current; /* shown, not yet taken */
  uint64_t item_events, confirmed_events, small_events, event_bytes;
  bool presence_missed;   /* events were left out: ask for the list */
  uint64_t list_again_at; /* not before: there may be no memory for the answer either */
  const char *final_code; /* a final error that there was no memory to queue */

  /* Records. */
  bool loaded, loaded_meta, other_id;
  bool dirty, session_dirty, confirmed_dirty;
  ep_buffer records; /* not yet committed */
};

static inline ep_bytes ep_client_id_bytes(const ep_client *client) {
  return ep_bytes_of(client->id, client->id_len);
}

static inline bool ep_client_in(const ep_client *client, enum ep_client_state state) {
  return client->machine.state == (uint8_t)state;
}

/* EP-FRAME-4, EP-FRAME-5 */
static inline ep_form ep_client_form(const ep_client *client) {
  return ep_client_in(client, EP_CLIENT_V2) ? EP_BARE : EP_ENVELOPED;
}

/* The actions of the table. */
#define EP_CLIENT_DECLARE(name) \
  void ep_client_do_##name(ep_client *client, const ep_client_data *data);
EP_CLIENT_ACTIONS(EP_CLIENT_DECLARE)
#undef EP_CLIENT_DECLARE

extern const ep_machine_rules ep_client_rules;

/* client.c */
void ep_client_step(ep_client *client, enum ep_client_input input, const ep_client_data *data);
void ep_client_fail(ep_client *client,
                    const char *reason);  /* inside a step or before ep_client_mend */
void ep_client_mend(ep_client *client);   /* gives a failed connection up */
void ep_client_rename(ep_client *client); /* a new instance: client_resume.c */
void ep_client_end_connection(ep_client *client, ep_want want, ep_bytes reason, bool keep_output);
bool ep_client_write(ep_client *client,
                     const ep_message *message); /* false: no memory, nothing done */
void ep_client_write_or_fail(ep_client *client, const ep_message *message);
void ep_client_say_error(ep_client *client, ep_error code);
void ep_client_trace_frame(ep_client *client, ep_trace_kind kind, ep_bytes frame);
void ep_client_random_name(ep_client *client, char out[EP_CLIENT_INSTANCE_LEN + 1]);
uint64_t ep_client_random(ep_client *client);
void ep_client_reader_init(ep_client *client, ep_frame_reader *out); /* with its own limits */

/* client_item.c */
/* Whether a server could read it as it stands: INVALID_ARGUMENT, NO_MEMORY. */
ep_status ep_client_check_message(ep_client *client, const ep_message *message);
/* The message as an item, checked; NULL: *status says why. */
ep_item *ep_client_make_item(ep_client *client, ep_status *status, ep_item_kind kind,
                             const ep_message *message);
void ep_client_make_uid(ep_client *client, char uid[37]);
/* Bytes of its frame, whatever its id, for the server that was there last. */
uint64_t ep_client_frame_most(const ep_client *client, const ep_item *item);
ep_bytes ep_client_item_uid(const ep_item *item);     /* of a message, without quotes */
ep_bytes ep_client_session_json(const ep_item *item); /* NULL: {} */
ep_bytes ep_client_trim(ep_bytes json);               /* white space around it */

/* client_up.c */
void ep_client_fill(ep_client *client); /* more into `out`, which is empty */
bool ep_client_confirm_front(
    ep_client *client); /* the oldest item is confirmed; false: no memory */
void ep_client_confirmed_marked(ep_client *client); /* then those that were so before their turn */
void ep_client_set_session(const ep_client *client, ep_item **at, ep_item *item); /* shares item */
void ep_client_stop_repeats(ep_client *client);
void ep_client_restart_repeats(ep_client *client);

/* client_down.c */
void ep_client_down_anew(ep_client *client);   /* the down stream begins at 0 again */
void ep_client_down_closed(ep_client *client); /* what is held goes */
void ep_client_ask(ep_client *client);
void ep_client_tell_missing(ep_client *client); /* LOST: what will not come before what is held */

/* client_events.c */
ep_client_event *ep_client_event_new(const ep_client *client, const ep_event *event);
void ep_client_event_push(ep_client *client, ep_client_event *event);
void ep_client_tell(ep_client *client, const ep_event *event); /* one that may be left out */
void ep_client_tell_error(ep_client *client, ep_error code, ep_bytes name, ep_bytes reason,
                          bool final);
bool ep_client_items_full(const ep_client *client);
void ep_client_settle_silent(ep_client *client);
void ep_client_events_free(ep_client *client);

/* client_state.c. All may be called when the client is not durable: then they do nothing, and
 * succeed. */
bool ep_client_keep_room(ep_client *client, size_t records,
                         size_t bytes); /* the next cannot fail */
size_t ep_client_item_record_size(const ep_item *item);
void ep_client_keep_item(ep_client *client, uint64_t slot, const ep_item *item);
void ep_client_forget_item(ep_client *client, uint64_t slot, bool marked);
void ep_client_keep_mark(ep_client *client, uint64_t slot);
void ep_client_keep_seen(ep_client *client, uint64_t number, const uint8_t print[16]);
void ep_client_keep(ep_client *client); /* the numbers have changed */
bool ep_client_waits_for_store(const ep_client *client);
ep_status ep_client_begin_state(ep_client *client); /* a new one */

static inline ep_bytes ep_client_text(const char *text) {
  size_t len = 0;
  while (text[len] != 0) len++;
  return ep_bytes_of(text, len);
}

static inline void *ep_client_resize(const ep_client *client, void *block, size_t old_size,
                                     size_t new_size) {
  return client->allocator.resize(client->allocator.context, block, old_size, new_size);
}

#endif
