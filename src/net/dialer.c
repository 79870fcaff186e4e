/* Floor 5, net. The life and the turns of a dialer. In a turn: events go to the application,
 * records to the store, then output to the socket, until there is nothing more of any; so nothing
 * leaves that the store does not have. The core decides when to connect and when to try again.
 * Read first: net/dialer.h; epigeon.h (the client core). Then: attempt.c. */
#define _GNU_SOURCE 1
#include "net/dialer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "net/words.h"

static uint64_t now_of(const ep_dialer *dialer) { return ep_loop_now(dialer->loop); }

/* ---- What the connection brings -------------------------------------------------------------- */

void ep_dialer_opened(ep_dialer *dialer) {
  dialer->trouble[0] = '\0';
  dialer->give_up_ms = UINT64_MAX;
  ep_client_opened(dialer->core, now_of(dialer));
}

void ep_dialer_received(ep_dialer *dialer, ep_bytes bytes) {
  ep_client_receive(dialer->core, bytes, now_of(dialer));
}

void ep_dialer_written(ep_dialer *dialer, size_t len) {
  ep_client_sent(dialer->core, len, now_of(dialer));
}

static void trouble_say(ep_dialer *dialer, int code, const char *why) {
  if (why == NULL) why = uv_strerror(code);
  if (code == UV_ECONNREFUSED || (code == UV_ENOENT && dialer->address.kind == EP_ADDRESS_UNIX)) {
    why = "nobody listens there";
  }
  (void)snprintf(dialer->trouble, sizeof dialer->trouble, "No connection to %s: %s.",
                 dialer->server, why);
}

/* The core has said farewell to this connection itself when it wants it closed. */
void ep_dialer_lost(ep_dialer *dialer, int code, const char *why) {
  EP_ASSERT(dialer->attempt == NULL);
  dialer->give_up_ms = UINT64_MAX;
  trouble_say(dialer, code, why);
  ep_client_closed(dialer->core, now_of(dialer));
}

/* ---- A turn ---------------------------------------------------------------------------------- */

/* A message is confirmed when the next event is asked for. So the one in which the application
 * closes the dialer is, and what would come after it is not delivered any more: it comes again
 * another time. */
static bool events_deliver(ep_dialer *dialer) {
  ep_event event;
  bool any = false;
  while (ep_client_next_event(dialer->core, &event, now_of(dialer)) && !dialer->closing) {
    any = true;
    if (dialer->on_event != NULL) dialer->on_event(dialer->context, dialer, &event);
  }
  return any;
}

static void on_committed(void *context, bool stored) {
  bool *outcome = context;
  *outcome = stored;
}

/* The stores of a client commit before they return; nothing else could be allowed meanwhile. What
 * could not be stored (a full disk) is tried again after a pause. True: something was stored. */
static bool records_store(ep_dialer *dialer) {
  if (dialer->store_again_ms > now_of(dialer)) return false;
  ep_bytes records = ep_client_records(dialer->core);
  if (records.len == 0) return false;
  bool stored = false;
  ep_store_commit(dialer->store, records, on_committed, &stored);
  if (!stored) {
    (void)snprintf(dialer->trouble, sizeof dialer->trouble, "%s", ep_store_trouble(dialer->store));
  }
  dialer->store_again_ms = stored ? 0 : now_of(dialer) + EP_STORE_PAUSE_MS;
  ep_client_committed(dialer->core, stored);
  return stored;
}

/* For what we notice ourselves. code: of libuv. */
static void attempt_lost(ep_dialer *dialer, int code) {
  char why[EP_TLS_TROUBLE];
  bool linked = dialer->attempt != NULL && dialer->attempt->phase != EP_RESOLVING;
  (void)snprintf(why, sizeof why, "%s",
                 linked ? ep_link_words(&dialer->attempt->link, code) : uv_strerror(code));
  if (dialer->attempt != NULL) ep_attempt_abandon(dialer);
  ep_dialer_lost(dialer, code, why);
}

/* True: all of it was taken, so there may be more. */
static bool output_write(ep_dialer *dialer) {
  ep_attempt *attempt = dialer->attempt;
  if (attempt == NULL || attempt->phase != EP_CONNECTED || attempt->link.writing != 0) return false;
  ep_bytes output = ep_client_output(dialer->core, now_of(dialer));
  if (output.len == 0) return false;
  ssize_t taken = ep_link_write(&attempt->link, output);
  if (taken < 0) {
    attempt_lost(dialer, (int)taken);
    return true;
  }
  if (taken > 0) ep_client_sent(dialer->core, (size_t)taken, now_of(dialer));
  return (size_t)taken == output.len;
}

/* The core gave the connection up; what it has left to say (bye) is written first, if that is
 * possible. */
static bool close_follow(ep_dialer *dialer) {
  ep_attempt *attempt = dialer->attempt;
  if (attempt->phase == EP_CONNECTED && ep_client_output(dialer->core, now_of(dialer)).len != 0) {
    if (dialer->give_up_ms == UINT64_MAX) dialer->give_up_ms = now_of(dialer) + EP_CLOSE_MS;
    return false;
  }
  dialer->give_up_ms = UINT64_MAX;
  ep_attempt_abandon(dialer);
  return true;
}

static bool open_follow(ep_dialer *dialer) {
  ep_attempt *attempt = dialer->attempt;
  if (attempt != NULL && attempt->phase != EP_CONNECTED) return false; /* under way */
  if (attempt != NULL) ep_attempt_abandon(dialer);                     /* the one before */
  dialer->give_up_ms = now_of(dialer) + EP_CONNECT_MS;
  ep_attempt_start(dialer);
  return true;
}

/* True: something was done about it. */
static bool wants_follow(ep_dialer *dialer) {
  ep_want want = ep_client_wants(dialer->core);
  ep_attempt *attempt = dialer->attempt;
  if (want == EP_WANT_OPEN && !dialer->disconnected) return open_follow(dialer);
  if (attempt == NULL) return false;
  if (want == EP_WANT_CLOSE) return close_follow(dialer);
  if (attempt->phase == EP_CONNECTED && !dialer->disconnected) return false;
  dialer->give_up_ms = UINT64_MAX; /* the core changed its mind */
  ep_attempt_abandon(dialer);
  return true;
}

static void times_follow(ep_dialer *dialer, uint64_t now_ms) {
  if (ep_client_deadline(dialer->core) <= now_ms) ep_client_tick(dialer->core, now_ms);
  if (dialer->give_up_ms > now_ms) return;
  attempt_lost(dialer, UV_ETIMEDOUT);
}

static void dialer_free(ep_dialer *dialer) {
  void (*done)(void *context) = dialer->done;
  void *context = dialer->done_context;
  ep_loop_leave(dialer->loop, &dialer->member);
  ep_client_free(dialer->core);
  ep_store_close(dialer->store);
  ep_tls_free(dialer->tls);
  free(dialer->server);
  free(dialer);
  if (done != NULL) done(context);
}

static void dialer_work(ep_dialer *dialer) {
  for (bool more = true; more;) {
    more = !dialer->closing && events_deliver(dialer);
    if (records_store(dialer)) more = true;
    if (output_write(dialer)) more = true;
    if (wants_follow(dialer)) more = true;
  }
}

static void dialer_turn(ep_member *member, uint64_t now_ms) {
  ep_dialer *dialer = (ep_dialer *)(void *)member;
  if (dialer->in_turn) return;
  dialer->in_turn = true;
  times_follow(dialer, now_ms);
  dialer_work(dialer);
  if (dialer->closing && !dialer->disconnected) {
    dialer->disconnected = true; /* now that what was handed over is confirmed */
    ep_client_disconnect(dialer->core, now_ms);
    dialer_work(dialer);
  }
  dialer->in_turn = false;
  if (dialer->closing && dialer->attempt == NULL) dialer_free(dialer);
}

static uint64_t dialer_deadline(const ep_member *member) {
  const ep_dialer *dialer = (const ep_dialer *)(const void *)member;
  uint64_t due_ms = ep_client_deadline(dialer->core);
  if (dialer->store_again_ms != 0 && dialer->store_again_ms < due_ms)
    due_ms = dialer->store_again_ms;
  return dialer->give_up_ms < due_ms ? dialer->give_up_ms : due_ms;
}

/* ---- Life ------------------------------------------------------------------------------------ */

static ep_status core_load(void *context, const ep_record *record) {
  return ep_client_load(context, record);
}

static ep_status store_open(ep_dialer *dialer, const char *state, ep_words to) {
  if (state == NULL) {
    ep_status status = ep_store_open_memory(&dialer->store);
    return status == EP_OK ? EP_OK : ep_say(to, status, ep_status_sentence(status));
  }
  ep_store_place place = {.path = state};
  ep_status status = ep_store_open_lmdb(&dialer->store, &place, to.text, to.len);
  if (status != EP_OK) return status;
  status = ep_store_load(dialer->store, core_load, dialer->core);
  if (status == EP_OK) status = ep_client_loaded(dialer->core);
  if (status == EP_OK) return EP_OK;
  if (status == EP_INVALID_ARGUMENT)
    return ep_say(to, status,
                  "This state belongs to another client id: name another file or that id.");
  const char *trouble = ep_store_trouble(dialer->store);
  return ep_say(to, status, trouble[0] != '\0' ? trouble : ep_status_sentence(status));
}

static ep_status core_open(ep_dialer *dialer, const ep_dial_options *options, ep_words to) {
  ep_client_config config = options->core;
  config.durable = options->state != NULL;
  ep_status status = ep_client_new(&dialer->core, &config);
  if (status == EP_INVALID_ARGUMENT) {
    return ep_say(to, status,
                  "The client id, the secret, the token or the presence selector is not valid.");
  }
  return status == EP_OK ? EP_OK : ep_say(to, status, ep_status_sentence(status));
}

/* Certificates and an address without tls: somebody thinks that there is TLS, and there is not. */
static ep_status tls_open(ep_dialer *dialer, const ep_dial_options *options, ep_words to) {
  const ep_tls_files *files = &options->tls;
  if (dialer->address.tls) return ep_tls_new(&dialer->tls, files, false, to);
  if (files->cert == NULL && files->key == NULL && files->ca == NULL) return EP_OK;
  return ep_say(to, EP_INVALID_ARGUMENT,
                "Certificates are for TLS: write the address of the server as tls:HOST:PORT.");
}

static ep_status address_read(ep_dialer *dialer, const char *server, ep_words to) {
  if (!ep_address_parse(&dialer->address, server, to.text, to.len)) return EP_INVALID_ARGUMENT;
  if (dialer->address.kind != EP_ADDRESS_FD) return EP_OK;
  return ep_say(to, EP_INVALID_ARGUMENT, "A client cannot connect to fd: write HOST:PORT.");
}

static ep_status dialer_open(ep_dialer *dialer, const ep_dial_options *options, ep_words to) {
  ep_status status = address_read(dialer, options->server, to);
  if (status == EP_OK) status = tls_open(dialer, options, to);
  if (status != EP_OK) return status;
  dialer->server = strdup(options->server);
  if (dialer->server == NULL) return ep_say(to, EP_NO_MEMORY, ep_status_sentence(EP_NO_MEMORY));
  status = core_open(dialer, options, to);
  return status == EP_OK ? store_open(dialer, options->state, to) : status;
}

ep_status ep_dial(ep_dialer **out, ep_loop *loop, const ep_dial_options *options, char *message,
                  size_t message_len) {
  EP_ASSERT(out != NULL && loop != NULL && options != NULL && options->server != NULL);
  EP_ASSERT(message != NULL && message_len >= 1);
  ep_words to = {message, message_len};
  message[0] = '\0';
  *out = NULL;
  ep_dialer *dialer = calloc(1, sizeof *dialer);
  if (dialer == NULL) return ep_say(to, EP_NO_MEMORY, ep_status_sentence(EP_NO_MEMORY));
  dialer->member = (ep_member){.turn = dialer_turn, .deadline = dialer_deadline};
  dialer->loop = loop;
  dialer->give_up_ms = UINT64_MAX;
  dialer->on_event = options->on_event;
  dialer->context = options->context;
  ep_loop_join(loop, &dialer->member);
  ep_status status = dialer_open(dialer, options, to);
  if (status != EP_OK) {
    dialer_free(dialer);
    return status;
  }
  ep_client_connect(dialer->core, now_of(dialer));
  *out = dialer;
  return EP_OK;
}

ep_client *ep_dialer_client(ep_dialer *dialer) { return dialer->core; }

const char *ep_dialer_trouble(const ep_dialer *dialer) { return dialer->trouble; }

void ep_dialer_close(ep_dialer *dialer, void (*done)(void *context), void *context) {
  EP_ASSERT(dialer != NULL && !dialer->closing);
  dialer->closing = true;
  dialer->member.leaving = true;
  dialer->done = done;
  dialer->done_context = context;
  ep_loop_wake(dialer->loop); /* the rest is done in the next turn */
}
