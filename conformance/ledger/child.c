/* A client process, on the public library.
 * Read first: child.h, src/epigeon.h. */
#define _GNU_SOURCE 1
#include "ledger/child.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <uv.h>

#include "epigeon.h"

enum { IN_FLIGHT = 48, BURST = 8, PACE_MS = 2, FILES_MOST = 1024 };

typedef struct flying {
  char uid[37];
  uint32_t number;
} flying;

typedef struct app {
  const ledger_child *how;
  uv_loop_t uv;
  uv_timer_t pace;
  uv_poll_t orders;
  ep_loop *loop;
  ep_dialer *dialer;
  uint64_t random;
  uint32_t next, kept;
  bool making, fencing, fenced, ready, session_seen, closing;
  flying flying[IN_FLIGHT]; /* what was sent in this life, the latest ones */
  size_t flying_at;
} app;

static _Noreturn void give_up(const app *a, const char *sentence) {
  (void)fprintf(stderr, "epigeon-ledger: client-%u: %s\n", a->how->me, sentence);
  _exit(1);
}

static void report(const app *a, ledger_report_kind kind, uint32_t number, unsigned other) {
  ledger_report line;
  memset(&line, 0, sizeof line);
  line.kind = (uint8_t)kind;
  line.client = (uint8_t)a->how->me;
  line.other = (uint8_t)other;
  line.number = number;
  if (write(a->how->reports, &line, sizeof line) != sizeof line) _exit(1); /* the driver is gone */
}

/* ---- Sending --------------------------------------------------------------------------------- */

static ep_bytes bytes_of(const char *text, size_t len) {
  return (ep_bytes){(const uint8_t *)text, len};
}

static void send_next(app *a) {
  static char payload[LEDGER_PAYLOAD_MOST];
  uint32_t number = a->next++;
  ledger_message message = ledger_message_of(&a->how->plan, a->how->me, number);
  size_t len = ledger_payload_of(payload, &a->how->plan, a->how->me, number);
  flying *slot = &a->flying[a->flying_at++ % IN_FLIGHT];
  ep_send what = {.to = message.to[0] != '\0' ? message.to : NULL,
                  .to_json = bytes_of(message.to_json, strlen(message.to_json)),
                  .payload_json = bytes_of(payload, len),
                  .receipt = message.receipt};
  report(a, LEDGER_GIVEN, number, 0);
  ep_status status =
      ep_client_send(ep_dialer_client(a->dialer), &what, slot->uid, ep_loop_now(a->loop));
  if (status != EP_OK) give_up(a, ep_status_sentence(status));
  slot->number = number;
  if (a->fencing && message.to_all) a->fenced = true;
}

/* What was sent in the last tick is in the state file by now: each turn of the loop ends with it.
 */
static void report_kept(app *a) {
  if (a->kept == a->next) return;
  a->kept = a->next;
  report(a, LEDGER_KEPT, a->kept, 0);
}

static void become_ready(app *a) {
  bool has = ledger_version_of(a->how->me) == 1
                 ? a->session_seen
                 : ep_client_unconfirmed(ep_dialer_client(a->dialer)) == 0;
  if (a->ready || !has || !ep_client_authenticated(ep_dialer_client(a->dialer))) return;
  a->ready = true;
  report(a, LEDGER_READY, 0, 0);
}

static void send_some(app *a) {
  size_t unconfirmed = ep_client_unconfirmed(ep_dialer_client(a->dialer));
  uint64_t most = ledger_below(&a->random, BURST);
  for (; most > 0 && unconfirmed < IN_FLIGHT; most--, unconfirmed++) send_next(a);
}

static void on_pace(uv_timer_t *timer) {
  app *a = timer->data;
  if (a->closing) return;
  report_kept(a);
  become_ready(a);
  if (a->making) send_some(a);
  if (a->fencing && !a->fenced) {
    while (!a->fenced) send_next(a);
    report(a, LEDGER_FENCED, 0, 0);
  }
  bool quiet = !a->making && ep_client_unconfirmed(ep_dialer_client(a->dialer)) == 0;
  if (quiet && a->kept == a->next) report(a, LEDGER_IDLE, 0, 0);
  uint64_t pause = quiet ? 20 : PACE_MS;
  if (uv_timer_start(timer, on_pace, pause, 0) != 0) give_up(a, "There is no timer to be had.");
}

/* ---- Events ---------------------------------------------------------------------------------- */

static bool same(ep_bytes bytes, const char *text, size_t len) {
  return bytes.len == len && (len == 0 || memcmp(bytes.data, text, len) == 0);
}

/* It must be, to the byte, what its sender was to send (EP-G1-1, EP-G1-2). */
static void on_message(app *a, const ep_event *event) {
  static char expected[LEDGER_PAYLOAD_MOST];
  char name[LEDGER_NAME_LEN];
  unsigned sender;
  uint32_t number;
  if (!ledger_payload_read((const char *)event->json.data, event->json.len, &sender, &number)) {
    report(a, LEDGER_ALTERED, 0, 0);
    return;
  }
  size_t len = ledger_payload_of(expected, &a->how->plan, sender, number);
  ledger_name_of(name, sender);
  bool right = same(event->json, expected, len) && same(event->client_id, name, strlen(name));
  report(a, right ? LEDGER_DELIVERED : LEDGER_ALTERED, number, sender);
}

/* The number of a message that was sent in this life. */
static bool number_of(const app *a, ep_bytes uid, uint32_t *out) {
  for (size_t i = 0; i < IN_FLIGHT; i++) {
    if (!same(uid, a->flying[i].uid, 36)) continue;
    *out = a->flying[i].number;
    return true;
  }
  return false;
}

static unsigned client_of(ep_bytes id) {
  char name[LEDGER_NAME_LEN];
  for (unsigned i = 0; i < LEDGER_CLIENTS_MOST; i++) {
    ledger_name_of(name, i);
    if (same(id, name, strlen(name))) return i;
  }
  return LEDGER_CLIENTS_MOST;
}

static void on_event(void *context, ep_dialer *dialer, const ep_event *event) {
  app *a = context;
  uint32_t number = 0;
  (void)dialer;
  switch (event->type) {
    case EP_EVENT_AUTHENTICATED: report(a, LEDGER_UP, 0, 0); break;
    case EP_EVENT_SESSION_UPDATE:
      if (client_of(event->client_id) == a->how->me) a->session_seen = true;
      break;
    case EP_EVENT_MESSAGE: on_message(a, event); break;
    case EP_EVENT_CONFIRMED:
      if (number_of(a, event->uid, &number)) report(a, LEDGER_CONFIRMED, number, 0);
      break;
    case EP_EVENT_REFUSED:
      if (!number_of(a, event->uid, &number)) give_up(a, "The server refused what is not known.");
      report(a, LEDGER_REFUSED, number, 0);
      break;
    case EP_EVENT_RECEIPT:
      if (number_of(a, event->uid, &number))
        report(a, LEDGER_RECEIPT, number, client_of(event->client_id));
      break;
    case EP_EVENT_LOST: report(a, LEDGER_SKIPPED, (uint32_t)event->count, 0); break;
    case EP_EVENT_ERROR:
      if (event->final) give_up(a, event->code != NULL ? event->code : "a final error");
      break;
    default: break;
  }
}

/* ---- Life ------------------------------------------------------------------------------------ */

static void end(app *a) {
  if (a->closing) return;
  a->closing = true;
  ep_dialer_close(a->dialer, NULL, NULL);
  uv_close((uv_handle_t *)&a->pace, NULL);
  uv_close((uv_handle_t *)&a->orders, NULL);
}

static void on_order(uv_poll_t *poll, int status, int events) {
  app *a = poll->data;
  char order = 0;
  (void)events;
  if (status != 0 || read(a->how->orders, &order, 1) != 1) _exit(1); /* the driver is gone */
  if (order == LEDGER_GO) a->making = true;
  if (order == LEDGER_STOP) a->making = false;
  if (order == LEDGER_FENCE) a->fencing = true;
  if (order == LEDGER_END) end(a);
}

static void dial(app *a) {
  char message[256], name[LEDGER_NAME_LEN], session[LEDGER_JSON_LEN], server[32];
  ledger_name_of(name, a->how->me);
  ledger_session_of(session, a->how->me);
  (void)snprintf(server, sizeof server, "127.0.0.1:%u", a->how->port);
  ep_dial_options options = {.server = server, .state = a->how->state, .on_event = on_event};
  options.context = a;
  options.core.client_id = name;
  options.core.max_version = ledger_version_of(a->how->me);
  ep_surroundings_default(&options.core.surroundings);
  if (ep_dial(&a->dialer, a->loop, &options, message, sizeof message) != EP_OK) give_up(a, message);
  if (a->how->life != 0) return; /* its session is in its state file */
  ep_status status = ep_client_update_session(
      ep_dialer_client(a->dialer), bytes_of(session, strlen(session)), ep_loop_now(a->loop));
  if (status != EP_OK) give_up(a, ep_status_sentence(status));
}

static void watch(app *a) {
  int code = uv_timer_init(&a->uv, &a->pace);
  if (code == 0) code = uv_timer_start(&a->pace, on_pace, PACE_MS, 0);
  if (code == 0) code = uv_poll_init(&a->uv, &a->orders, a->how->orders);
  if (code == 0) code = uv_poll_start(&a->orders, UV_READABLE, on_order);
  if (code != 0) give_up(a, uv_strerror(code));
  a->pace.data = a->orders.data = a;
}

static int run(const ledger_child *how) {
  static app a;
  a = (app){.how = how, .next = how->next, .kept = how->next, .making = how->goes};
  a.ready = how->life != 0;
  a.random = how->plan.seed + how->me * 1000003U + how->life;
  if (uv_loop_init(&a.uv) != 0 || ep_loop_new(&a.loop, &a.uv) != EP_OK)
    give_up(&a, "There is no event loop to be had.");
  dial(&a);
  watch(&a);
  ep_loop_run(a.loop);
  ep_loop_free(a.loop);
  (void)uv_run(&a.uv, UV_RUN_DEFAULT);
  return uv_loop_close(&a.uv) == 0 ? 0 : 1;
}

pid_t ledger_child_start(const ledger_child *child) {
  pid_t pid = fork();
  if (pid != 0) return pid;
  (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
  (void)signal(SIGPIPE, SIG_IGN);
  for (int fd = STDERR_FILENO + 1; fd < FILES_MOST; fd++) {
    if (fd != child->reports && fd != child->orders) (void)close(fd);
  }
  _exit(run(child));
}
