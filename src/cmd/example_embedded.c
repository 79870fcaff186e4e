/* Floor 6, programs. A server and two clients inside one application: bob listens, ada speaks. This
 * is the whole of what an application needs; build it with `cc example_embedded.c -lepigeon`.
 * Read first: epigeon.h. Whoever knows the npm module finds its names here:
 *
 *   server.serve(port)                      ep_serve
 *   server.stop()                           ep_service_stop
 *   new client, client.connect(host, port)  ep_dial; it also connects again by itself
 *   client.disconnect()                     ep_dialer_close, or ep_client_disconnect for a pause
 *   client.updateSession(session)           ep_client_update_session
 *   client.sendMessage(uuid, payload)       ep_client_send with .to
 *   client.sendMessage({key: value}, …)     ep_client_send with .to_json
 *   on('connected')                         EP_EVENT_CONNECTED
 *   on('disconnected')                      EP_EVENT_DISCONNECTED
 *   on('authenticated')                     EP_EVENT_AUTHENTICATED
 *   on('session.update')                    EP_EVENT_SESSION_UPDATE
 *   on('message')                           EP_EVENT_MESSAGE
 *   on('client.connect')                    EP_EVENT_CLIENT_CONNECT
 *   on('client.disconnect')                 EP_EVENT_CLIENT_DISCONNECT */
#include <stdio.h>
#include <string.h>

#include "epigeon.h"

typedef struct app {
  ep_loop *loop;
  ep_service *service;
  ep_dialer *bob, *ada;
  int open; /* dialers not yet closed */
  bool arrived;
} app;

static ep_bytes json(const char *text) { return (ep_bytes){(const uint8_t *)text, strlen(text)}; }

/* ---- The end --------------------------------------------------------------------------------- */

/* First the clients go, then the server. The loop ends by itself when nothing is left. */
static void on_client_closed(void *context) {
  app *a = context;
  if (--a->open == 0) ep_service_stop(a->service, NULL, NULL);
}

static void close_clients(app *a) {
  ep_dialer_close(a->bob, on_client_closed, a);
  ep_dialer_close(a->ada, on_client_closed, a);
}

/* ---- Events ---------------------------------------------------------------------------------- */

/* They come one at a time, and what an event points to is borrowed: print or copy it now. */
static void on_bob(void *context, ep_dialer *dialer, const ep_event *event) {
  app *a = context;
  (void)dialer;
  if (event->type != EP_EVENT_MESSAGE) return;
  printf("bob has a message from %.*s: %.*s\n", (int)event->client_id.len,
         (const char *)event->client_id.data, (int)event->json.len, (const char *)event->json.data);
  a->arrived = true;
}

/* The server tells a sender that its message is kept (CONFIRMED) and, where asked, who has it
 * (RECEIPT). */
static void on_ada(void *context, ep_dialer *dialer, const ep_event *event) {
  app *a = context;
  (void)dialer;
  if (event->type == EP_EVENT_CONFIRMED) printf("ada knows that the server keeps it\n");
  if (event->type != EP_EVENT_RECEIPT) return;
  printf("ada knows that %.*s has it\n", (int)event->client_id.len,
         (const char *)event->client_id.data);
  close_clients(a);
}

/* ---- The beginning --------------------------------------------------------------------------- */

static bool serve(app *a, char *message, size_t message_len) {
  static const char *const listen[] = {"127.0.0.1:0"}; /* port 0: any that is free */
  ep_serve_options how = {.listen = listen, .listen_count = 1};
  /* how.data = "./epigeon-data" would keep everything across restarts. */
  ep_surroundings_default(&how.core.surroundings);
  return ep_serve(&a->service, a->loop, &how, message, message_len) == EP_OK;
}

static bool dial(ep_dialer **out, app *a, const char *id,
                 void (*on_event)(void *, ep_dialer *, const ep_event *), char *message,
                 size_t message_len) {
  char server[32];
  snprintf(server, sizeof server, "127.0.0.1:%u", ep_service_port(a->service, 0));
  ep_dial_options how = {.server = server, .on_event = on_event, .context = a};
  how.core.client_id = id;
  ep_surroundings_default(&how.core.surroundings);
  if (ep_dial(out, a->loop, &how, message, message_len) != EP_OK) return false;
  a->open++;
  return true;
}

/* Both calls work before there is a connection, too: what they ask for is kept until the server has
 * it. The message may even be sent before bob's session is known: the server keeps it until
 * somebody matches. */
static bool speak(app *a) {
  uint64_t now = ep_loop_now(a->loop);
  ep_send greeting = {.to_json = json("{\"room\":7}"),
                      .payload_json = json("{\"text\":\"hello\"}"),
                      .receipt = true};
  return ep_client_update_session(ep_dialer_client(a->bob), json("{\"room\":7}"), now) == EP_OK &&
         ep_client_send(ep_dialer_client(a->ada), &greeting, NULL, now) == EP_OK;
}

int main(void) {
  app a = {0};
  char message[256] = "something is missing";
  bool ready = ep_loop_new(&a.loop, NULL) == EP_OK && serve(&a, message, sizeof message) &&
               dial(&a.bob, &a, "bob", on_bob, message, sizeof message) &&
               dial(&a.ada, &a, "ada", on_ada, message, sizeof message) && speak(&a);
  if (!ready) {
    fprintf(stderr, "%s\n", message);
    return 1;
  }
  ep_loop_run(a.loop);
  ep_loop_free(a.loop);
  return a.arrived ? 0 : 1;
}
