/* Floor 5, net. The life of a service: it is bound to its addresses, then its store is loaded into
 * the core, then the loop brings who has connected; in the end it says so to everybody, and goes
 * when the last connection is gone.
 * Read first: net/service.h. Then: service_turn.c. */
#define _GNU_SOURCE 1
#include "net/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "net/words.h"

/* ---- Start ----------------------------------------------------------------------------------- */

static ep_status core_load(void *context, const ep_record *record) {
  return ep_server_load(context, record);
}

static ep_status store_open(ep_service *service, const char *data, ep_words to) {
  if (data == NULL) {
    ep_status status = ep_store_open_memory(&service->store);
    return status == EP_OK ? EP_OK : ep_say(to, status, ep_status_sentence(status));
  }
  ep_store_place place = {.path = data, .directory = true};
  ep_status status = ep_store_open_lmdb(&service->store, &place, to.text, to.len);
  if (status != EP_OK) return status;
  status = ep_store_load(service->store, core_load, service->core);
  if (status == EP_OK) status = ep_server_loaded(service->core);
  if (status == EP_OK) return EP_OK;
  const char *trouble = ep_store_trouble(service->store);
  return ep_say(to, status, trouble[0] != '\0' ? trouble : ep_status_sentence(status));
}

static ep_status core_open(ep_service *service, const ep_serve_options *options, ep_words to) {
  ep_server_config config = options->core;
  config.durable = options->data != NULL;
  ep_status status = ep_server_new(&service->core, &config);
  if (status == EP_INVALID_ARGUMENT)
    return ep_say(to, status,
                  "A limit of the server is out of its range, or its token is not 1 to 256 "
                  "characters of printable ASCII.");
  return status == EP_OK ? EP_OK : ep_say(to, status, ep_status_sentence(status));
}

static void on_listener_closed(ep_listener *listener) {
  ep_service *service = listener->owner;
  service->listeners_open--;
  ep_service_free_if_over(service);
}

static ep_status listeners_open(ep_service *service, const ep_serve_options *options, ep_words to) {
  service->listeners = calloc(options->listen_count, sizeof *service->listeners);
  if (service->listeners == NULL) return ep_say(to, EP_NO_MEMORY, ep_status_sentence(EP_NO_MEMORY));
  service->listener_count = options->listen_count;
  for (size_t i = 0; i < options->listen_count; i++) {
    ep_listener *listener = &service->listeners[i];
    listener->owner = service;
    listener->arrived = ep_service_arrived;
    listener->closed = on_listener_closed;
    ep_status status =
        ep_listener_open(listener, service->loop, options->listen[i], to.text, to.len);
    service->listeners_open += listener->open;
    if (status != EP_OK) return status;
  }
  return EP_OK;
}

static void crowd_init(ep_service *service, const ep_serve_options *options) {
  const ep_surroundings *around = &options->core.surroundings;
  ep_hash_key key;
  around->random(around->context, key.bytes, sizeof key.bytes);
  ep_crowd_init(&service->crowd, &service->allocator, &key, options->connections_per_address);
}

/* Certificates and no address with tls: somebody thinks that there is TLS, and there is not. */
static ep_status tls_open(ep_service *service, const ep_serve_options *options, ep_words to) {
  const ep_tls_files *files = &options->tls;
  bool wanted = false;
  for (size_t i = 0; i < options->listen_count; i++)
    if (strncmp(options->listen[i], "tls:", 4) == 0) wanted = true;
  if (wanted) return ep_tls_new(&service->tls, files, true, to);
  if (files->cert == NULL && files->key == NULL && files->ca == NULL) return EP_OK;
  return ep_say(to, EP_INVALID_ARGUMENT,
                "Certificates are for TLS, but no address to listen on begins with tls:.");
}

static ep_status service_open(ep_service *service, const ep_serve_options *options, ep_words to) {
  char warning[EP_TROUBLE_LEN];
  ep_status status = core_open(service, options, to);
  if (status == EP_OK) status = tls_open(service, options, to);
  (void)snprintf(warning, sizeof warning, "%s", to.text);
  if (status == EP_OK) status = listeners_open(service, options, to);
  if (status == EP_OK && options->on_bound != NULL)
    status = options->on_bound(options->context, to.text, to.len);
  if (status == EP_OK) status = store_open(service, options->data, to);
  return status == EP_OK ? ep_say(to, EP_OK, warning) : status;
}

ep_status ep_serve(ep_service **out, ep_loop *loop, const ep_serve_options *options, char *message,
                   size_t message_len) {
  EP_ASSERT(out != NULL && loop != NULL && options != NULL && message != NULL && message_len >= 1);
  EP_ASSERT(options->listen_count >= 1);
  ep_words to = {message, message_len};
  message[0] = '\0';
  *out = NULL;
  ep_service *service = calloc(1, sizeof *service);
  if (service == NULL) return ep_say(to, EP_NO_MEMORY, ep_status_sentence(EP_NO_MEMORY));
  service->member = (ep_member){.turn = ep_service_turn, .deadline = ep_service_deadline};
  service->loop = loop;
  service->on_note = options->on_note;
  service->context = options->context;
  service->allocator = options->core.surroundings.allocator;
  ep_table_init(&service->by_conn, &service->allocator);
  crowd_init(service, options);
  ep_status status = service_open(service, options, to);
  if (status != EP_OK) {
    ep_service_stop(service, NULL, NULL);
    return status;
  }
  service->joined = true;
  ep_loop_join(loop, &service->member);
  *out = service;
  return EP_OK;
}

/* ---- Questions ------------------------------------------------------------------------------- */

unsigned ep_service_port(const ep_service *service, size_t listen_index) {
  EP_ASSERT(listen_index < service->listener_count);
  return service->listeners[listen_index].port;
}

ep_server *ep_service_core(ep_service *service) { return service->core; }

ep_service_counts ep_service_counted(const ep_service *service) {
  return (ep_service_counts){.crowded = service->crowd.refused,
                             .put_off = service->fair.put_off,
                             .refused_tls = service->refused_tls,
                             .received_bytes = service->received_bytes,
                             .sent_bytes = service->sent_bytes,
                             .store_refused = service->store_refused,
                             .store_waits = service->waiting_told};
}

ep_status ep_service_reload(ep_service *service, char *message, size_t message_len) {
  EP_ASSERT(message != NULL && message_len >= 1);
  ep_words to = {message, message_len};
  if (service->tls != NULL) return ep_tls_reload(service->tls, to);
  return ep_say(to, EP_WRONG_STATE, "No address has TLS: there are no certificates to read.");
}

const char *ep_service_trouble(const ep_service *service) { return service->trouble; }

void ep_service_on_failed(ep_service *service, void (*on_failed)(void *context), void *context) {
  service->on_failed = on_failed;
  service->failed_context = context;
}

void ep_service_on_trouble(ep_service *service,
                           void (*on_trouble)(void *context, const char *sentence), void *context) {
  service->on_trouble = on_trouble;
  service->trouble_context = context;
}

/* ---- End ------------------------------------------------------------------------------------- */

/* Between records and committed the core must not be told: then it is told afterwards. */
void ep_service_stop_core(ep_service *service) {
  EP_ASSERT(service->stopping);
  if (!service->joined || service->committing || service->core_stopped) return;
  service->core_stopped = true;
  ep_server_stop(service->core, ep_loop_now(service->loop));
  service->dirty = true;
}

void ep_service_stop(ep_service *service, void (*done)(void *context), void *context) {
  EP_ASSERT(service != NULL && !service->stopping);
  service->stopping = true;
  service->member.leaving = true;
  service->done = done;
  service->done_context = context;
  for (size_t i = 0; i < service->listener_count; i++) {
    if (service->listeners[i].open) ep_listener_close(&service->listeners[i]);
  }
  ep_service_stop_core(service);
  if (service->waiting) { /* a last try, in the next turn */
    service->store_again_ms = 0;
    ep_loop_wake(service->loop);
  }
  ep_service_free_if_over(service);
}

static void service_free(ep_service *service) {
  void (*done)(void *context) = service->done;
  void *context = service->done_context;
  if (service->joined) ep_loop_leave(service->loop, &service->member);
  ep_server_free(service->core);
  ep_store_close(service->store);
  ep_tls_free(service->tls);
  ep_table_free(&service->by_conn);
  ep_crowd_free(&service->crowd);
  free(service->listeners);
  free(service);
  if (done != NULL) done(context);
}

void ep_service_free_if_over(ep_service *service) {
  if (!service->stopping || service->in_turn || service->committing) return;
  if (service->listeners_open != 0 || service->connections != NULL) return;
  if (service->dirty) {
    ep_service_turn(&service->member, ep_loop_now(service->loop)); /* comes back here */
  } else {
    service_free(service);
  }
}
