/* Tests of floor 5, net: the loop, its service and its clients.
 * Read first: test_net_world.h. */
#define _GNU_SOURCE 1
#include "test/test_net_world.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "net/address.h"

world w;

void world_make(void) {
  memset(&w, 0, sizeof w);
  (void)signal(SIGPIPE, SIG_IGN);
  (void)snprintf(w.where, sizeof w.where, "/tmp/ep-net-XXXXXX");
  ck_assert_ptr_nonnull(mkdtemp(w.where));
  (void)snprintf(w.data, sizeof w.data, "%s/data", w.where);
  ck_assert_int_eq(ep_loop_new(&w.loop, NULL), EP_OK);
}

void world_drop(void) {
  char command[160];
  ep_loop_free(w.loop);
  (void)snprintf(command, sizeof command, "rm -rf %s", w.where);
  ck_assert_int_eq(system(command), 0);
}

ep_status try_serve(ep_service **out, const char *listen, const char *data,
                    const ep_server_config *core) {
  ep_serve_options how = {.listen = &listen, .listen_count = 1, .data = data};
  if (core != NULL) how.core = *core;
  ep_surroundings_default(&how.core.surroundings);
  return ep_serve(out, w.loop, &how, w.said, sizeof w.said);
}

void serve(const char *listen, const char *data, const ep_server_config *core) {
  w.service_gone = false;
  ck_assert_msg(try_serve(&w.service, listen, data, core) == EP_OK, "%s", w.said);
  unsigned port = ep_service_port(w.service, 0);
  if (port == 0)
    (void)snprintf(w.address, sizeof w.address, "%s", listen);
  else
    (void)snprintf(w.address, sizeof w.address, "127.0.0.1:%u", port);
}

void send_to(client *from, const char *to, ep_bytes payload) {
  ep_send how = {.to = to, .payload_json = payload};
  ck_assert_int_eq(ep_client_send(ep_dialer_client(from->dialer), &how, NULL, ep_loop_now(w.loop)),
                   EP_OK);
}

void client_gone(void *context) {
  ((client *)context)->gone = true;
  ep_loop_stop(w.loop); /* so that a turn that waits for sockets does not wait for nothing */
}

static void on_message(client *c, const ep_event *event) {
  c->messages++;
  c->bytes += event->json.len;
  size_t len = event->json.len < sizeof c->last - 1 ? event->json.len : sizeof c->last - 1;
  memcpy(c->last, event->json.data, len);
  c->last[len] = '\0';
  if (c->answer.len != 0) {
    char from[129] = {0};
    memcpy(from, event->client_id.data, event->client_id.len);
    send_to(c, from, c->answer);
  }
  if (c->messages == c->close_after) ep_dialer_close(c->dialer, client_gone, c);
}

static void on_event(void *context, ep_dialer *dialer, const ep_event *event) {
  client *c = context;
  ck_assert_ptr_eq(dialer, c->dialer);
  switch (event->type) {
    case EP_EVENT_AUTHENTICATED: c->authenticated++; break;
    case EP_EVENT_DISCONNECTED: c->disconnected++; break;
    case EP_EVENT_CONFIRMED: c->confirmed++; break;
    case EP_EVENT_ERROR: c->errors++; break;
    case EP_EVENT_MESSAGE: on_message(c, event); break;
    default: break;
  }
}

client *dial_at(unsigned index, const char *id, const char *server, const char *state) {
  client *c = &w.clients[index];
  *c = (client){.dialer = NULL};
  ep_dial_options how = {.server = server, .state = state, .on_event = on_event, .context = c};
  how.core.client_id = id;
  ep_surroundings_default(&how.core.surroundings);
  ck_assert_msg(ep_dial(&c->dialer, w.loop, &how, w.said, sizeof w.said) == EP_OK, "%s", w.said);
  return c;
}

client *dial(unsigned index, const char *id) { return dial_at(index, id, w.address, NULL); }

static void on_limit(uv_timer_t *timer) {
  (void)timer;
  w.late = true;
}

void run_until(bool (*until)(void)) {
  w.late = false;
  ck_assert_int_eq(uv_timer_init(ep_loop_uv(w.loop), &w.limit), 0);
  ck_assert_int_eq(uv_timer_start(&w.limit, on_limit, WAIT_MS, 0), 0);
  while (!until() && !w.late) (void)uv_run(ep_loop_uv(w.loop), UV_RUN_ONCE);
  uv_close((uv_handle_t *)&w.limit, NULL);
  (void)uv_run(ep_loop_uv(w.loop), UV_RUN_NOWAIT);
  ck_assert_msg(until(), "it did not happen in time");
}

static bool pause_over(void) { return w.late; }

void run_for(uint64_t pause_ms) {
  w.late = false;
  ck_assert_int_eq(uv_timer_init(ep_loop_uv(w.loop), &w.limit), 0);
  ck_assert_int_eq(uv_timer_start(&w.limit, on_limit, pause_ms, 0), 0);
  while (!pause_over()) (void)uv_run(ep_loop_uv(w.loop), UV_RUN_ONCE);
  uv_close((uv_handle_t *)&w.limit, NULL);
  (void)uv_run(ep_loop_uv(w.loop), UV_RUN_NOWAIT);
}

static bool is_service_gone(void) { return w.service_gone; }
static void service_gone(void *context) {
  (void)context;
  w.service_gone = true;
  ep_loop_stop(w.loop);
}

void service_stop(void) {
  ep_service_stop(w.service, service_gone, NULL);
  run_until(is_service_gone);
}

static unsigned awaited; /* index of a client */
static bool is_client_gone(void) { return w.clients[awaited].gone; }

void client_close(client *c) {
  awaited = (unsigned)(c - w.clients);
  ep_dialer_close(c->dialer, client_gone, c);
  run_until(is_client_gone);
}

bool are_two_in(void) { return w.clients[0].authenticated != 0 && w.clients[1].authenticated != 0; }
bool has_one(void) { return w.clients[1].messages >= 1; }
bool has_answer(void) { return w.clients[0].messages >= 1; }

int plain_connect(void) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_storage address;
  ep_address_of_ip(&address, "127.0.0.1", ep_service_port(w.service, 0));
  ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof(struct sockaddr_in)), 0);
  return fd;
}

TCase *with_world(Suite *suite, const char *name) {
  TCase *tests = tcase_create(name);
  tcase_add_checked_fixture(tests, world_make, world_drop);
  tcase_set_timeout(tests, 120);
  suite_add_tcase(suite, tests);
  return tests;
}
