/* The adapter of the reference client: what it takes to have a client tested by epigeon-conform. It
 * reads commands and writes events, one a line, words separated by tabs (conformance/README.md,
 * "Testing a client"); started as adapter-epigeon HOST PORT DIR. Read first: src/epigeon.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "epigeon.h"

static ep_loop *loop;
static ep_dialer *dialer; /* made by the first command that needs it */
static char server[256], state[4096];
static bool durable;
static unsigned max_version; /* 0: what the client asks for by itself */
static unsigned slow_ms;     /* that the application takes for each message */

#define BYTES(bytes) (int)(bytes).len, (const char *)(bytes).data
#define IS(command) (strcmp(words[0], command) == 0)

static void on_event(void *context, ep_dialer *from, const ep_event *e) {
  unsigned long long id = e->id, count = e->count, missed = e->missed;
  (void)context, (void)from;
  if (e->type == EP_EVENT_MESSAGE && slow_ms > 0) uv_sleep(slow_ms);
  if (e->type == EP_EVENT_CONNECTED) puts("connected");
  if (e->type == EP_EVENT_DISCONNECTED) puts("disconnected");
  if (e->type == EP_EVENT_AUTHENTICATED) printf("authenticated\t%sknown\n", e->known ? "" : "un");
  if (e->type == EP_EVENT_SESSION_UPDATE)
    printf("session\t%.*s\t%.*s\n", BYTES(e->client_id), BYTES(e->json));
  if (e->type == EP_EVENT_CLIENT_CONNECT) printf("arrived\t%.*s\n", BYTES(e->client_id));
  if (e->type == EP_EVENT_CLIENT_DISCONNECT) printf("gone\t%.*s\n", BYTES(e->client_id));
  if (e->type == EP_EVENT_CLIENTS_LIST) printf("list\t%.*s\t%llu\n", BYTES(e->json), count);
  if (e->type == EP_EVENT_MESSAGE)
    printf("message\t%.*s%.*s%.*s\n", BYTES(e->client_id), e->json.len > 0, "\t", BYTES(e->json));
  if (e->type == EP_EVENT_CONFIRMED) printf("confirmed\t%.*s\n", BYTES(e->uid));
  if (e->type == EP_EVENT_RECEIPT)
    printf("receipt\t%.*s\t%.*s\t%llu\t%llu\n", BYTES(e->uid), BYTES(e->client_id), count, missed);
  if (e->type == EP_EVENT_REFUSED) printf("refused\t%.*s\t%s\n", BYTES(e->uid), e->code);
  if (e->type == EP_EVENT_PONG) printf("pong\t%llu\n", count);
  if (e->type == EP_EVENT_LOST) printf("lost\t%llu\t%llu\n", id, count);
  if (e->type == EP_EVENT_ERROR) printf("error\t%s\t%s\n", e->code, e->final ? "final" : "goes-on");
}

static ep_client *the_client(void) {
  char message[256];
  ep_dial_options how = {.server = server, .state = durable ? state : NULL, .on_event = on_event};
  if (dialer != NULL) return ep_dialer_client(dialer);
  how.core = (ep_client_config){.client_id = "adapter", .max_version = max_version};
  ep_surroundings_default(&how.core.surroundings);
  if (ep_dial(&dialer, loop, &how, message, sizeof message) != EP_OK) exit(1);
  ep_client_disconnect(ep_dialer_client(dialer), ep_loop_now(loop)); /* until it is told */
  return ep_dialer_client(dialer);
}

static ep_bytes json(const char *text) { return (ep_bytes){(const uint8_t *)text, strlen(text)}; }

static ep_status send_message(char *words[4], uint64_t now) {
  ep_send what = {.payload_json = json(words[2]), .receipt = *words[3] != '\0'};
  if (*words[1] == '{') what.to_json = json(words[1]);
  if (*words[1] != '{') what.to = strtok(words[1], "\""); /* the suite's need no escapes */
  return ep_client_send(the_client(), &what, NULL, now);
}

static ep_status obey(char *words[4], uint64_t now) {
  if (IS("connect")) return ep_client_connect(the_client(), now), EP_OK;
  if (IS("disconnect")) return ep_client_disconnect(the_client(), now), EP_OK;
  if (IS("send")) return send_message(words, now);
  if (IS("session")) return ep_client_update_session(the_client(), json(words[1]), now);
  if (IS("slow")) return slow_ms = (unsigned)atoi(words[1]), EP_OK;
  if (IS("ping")) return ep_client_ping(the_client(), now);
  if (IS("version")) return max_version = (unsigned)atoi(words[1]), EP_OK;
  if (IS("durable")) return durable = true, EP_OK;
  return puts("unsupported"), EP_OK;
}

static void on_readable(uv_poll_t *poll, int error, int events) {
  static char *line;
  static size_t capacity;
  char *words[4];
  (void)poll, (void)error, (void)events;
  if (getline(&line, &capacity, stdin) < 0) exit(0);
  char *rest = strtok(line, "\n");
  for (size_t i = 0; i < 4; i++) words[i] = rest == NULL ? "" : strsep(&rest, "\t");
  ep_status status = obey(words, ep_loop_now(loop));
  if (status != EP_OK) printf("failed\t%s\n", ep_status_sentence(status));
}

int main(int argc, char **argv) {
  uv_poll_t input;
  if (argc != 4) return puts("usage: adapter-epigeon HOST PORT DIR"), 2;
  snprintf(server, sizeof server, "%s:%s", argv[1], argv[2]);
  snprintf(state, sizeof state, "%s/state", argv[3]);
  setvbuf(stdout, NULL, _IOLBF, 0);
  setvbuf(stdin, NULL, _IONBF, 0); /* so that what poll does not see is not kept anywhere else */
  if (ep_loop_new(&loop, uv_default_loop()) != EP_OK) return 1;
  uv_poll_init(uv_default_loop(), &input, fileno(stdin));
  uv_poll_start(&input, UV_READABLE, on_readable);
  return ep_loop_run(loop), 0;
}
