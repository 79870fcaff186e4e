/* Floor 6, programs. `epigeon send`: one message (argument or file) or one for each line of stdin,
 * until all are confirmed, or received. Only so many are on their way at once; then reading pauses.
 * Read first: epigeon_cli.h, epigeon_input.h. */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/epigeon_cli.h"
#include "cmd/epigeon_input.h"
#include "cmd/epigeon_json.h"
#include "cmd/epigeon_print.h"
#include "tables.h"

enum { IN_FLIGHT = 16384, RESUME_BELOW = 8192 };

typedef enum sending { SENT, NO_ROOM, IMPOSSIBLE } sending;

typedef struct sender {
  cli *c;
  cli_input *input; /* NULL: one message only */
  char *payload;    /* of the one message, while there is no room for it */
  size_t payload_len;
  json_t *unconfirmed; /* uid → number of its line */
  json_t *unreceived;  /* the same, with --receipt */
  json_t *recent[2];   /* the same, confirmed not long ago: it can still be refused */
  uint64_t sent, confirmed, refused, missed;
  bool ended;  /* nothing more will be sent */
  bool failed; /* something could not be sent, or was refused */
} sender;

/* ---- What is on its way ---------------------------------------------------------------------- */

static size_t in_flight(const sender *s) {
  size_t unconfirmed = json_object_size(s->unconfirmed),
         unreceived = json_object_size(s->unreceived);
  return unconfirmed > unreceived ? unconfirmed : unreceived;
}

/* A uid as a key; uids are short and printable. */
static const char *key_of(ep_bytes uid, char out[129]) {
  size_t len = uid.len < 128 ? uid.len : 128;
  if (len > 0) memcpy(out, uid.data, len);
  out[len] = '\0';
  return out;
}

/* Takes a uid off; the number of its line, 0: it was not there. */
static uint64_t take_off(json_t *from, ep_bytes uid) {
  char key[129];
  json_t *number = json_object_get(from, key_of(uid, key));
  uint64_t line = (uint64_t)json_integer_value(number);
  if (number) json_object_del(from, key);
  return line;
}

static void name_message(const sender *s, uint64_t line, ep_bytes uid, char out[160]) {
  char key[129];
  if (s->input == NULL)
    snprintf(out, 160, "the message");
  else if (line > 0)
    snprintf(out, 160, "line %" PRIu64, line);
  else
    snprintf(out, 160, "message %s", key_of(uid, key));
}

static void note_sent(sender *s, const char *uid, uint64_t line) {
  s->sent++;
  json_object_set_new(s->unconfirmed, uid, json_integer((json_int_t)line));
  if (s->c->options.receipt)
    json_object_set_new(s->unreceived, uid, json_integer((json_int_t)line));
  if (!s->c->options.json) return;
  fputs("{\"event\":\"sent\"", stdout);
  cli_put_member_number(stdout, "line", line);
  cli_put_member_text(stdout, "uid", cli_bytes(uid));
  fputs("}\n", stdout);
  cli_flush();
}

/* ---- Sending --------------------------------------------------------------------------------- */

static bool is_client_id(const char *to) {
  size_t len = strlen(to);
  for (size_t i = 0; i < len; i++) {
    if (to[i] < 0x20 || to[i] > 0x7e) return false;
  }
  return 1 <= len && len <= 128;
}

/* Says which argument was wrong, and whose fault that is. */
static void say_invalid(sender *s, const char *name, ep_bytes payload) {
  const cli_options *o = &s->c->options;
  bool bad_to = o->to ? !is_client_id(o->to) : !cli_json_is_selector(cli_bytes(o->to_match));
  if (!bad_to)
    cli_say("%s %s", name, cli_json_trouble(payload, false));
  else if (o->to)
    cli_say("%s is not a client id: 1 to 128 printable ASCII characters", o->to);
  else
    cli_say("--to-match takes an object of strings, numbers, true, false and null: {\"room\":7}");
  if (bad_to) cli_finish(s->c, CLI_USAGE);
}

static sending send_payload(sender *s, ep_bytes payload, uint64_t line) {
  const cli_options *o = &s->c->options;
  ep_send message = {.to = o->to,
                     .to_json = cli_bytes(o->to_match),
                     .payload_json = payload,
                     .receipt = o->receipt};
  char uid[37];
  ep_status status = ep_client_send(s->c->client, &message, uid, ep_loop_now(s->c->loop));
  if (status == EP_OK) {
    note_sent(s, uid, line);
    return SENT;
  }
  if (status == EP_FULL && ep_client_unconfirmed(s->c->client) > 0) return NO_ROOM;
  char name[160];
  name_message(s, line, (ep_bytes){NULL, 0}, name);
  s->failed = true;
  if (status == EP_INVALID_ARGUMENT)
    say_invalid(s, name, payload);
  else
    cli_say("%s cannot be sent: %s", name, ep_status_sentence(status));
  return IMPOSSIBLE;
}

static sending send_text(sender *s, ep_bytes text, uint64_t line) {
  if (s->c->options.json_payload) return send_payload(s, text, line);
  size_t len;
  char *json = cli_json_encode(text, &len);
  if (json == NULL) {
    cli_say("line %" PRIu64 " is not UTF-8", line);
    s->failed = true;
    return IMPOSSIBLE;
  }
  sending result = send_payload(s, (ep_bytes){(const uint8_t *)json, len}, line);
  free(json);
  return result;
}

/* ---- The end of it --------------------------------------------------------------------------- */

static void put_result(const sender *s) {
  bool received = s->c->options.receipt;
  uint64_t refused = s->refused < s->confirmed ? s->refused : s->confirmed;
  uint64_t good = s->confirmed - refused;
  printf("%" PRIu64 " message%s %s", good, good == 1 ? "" : "s",
         received ? "received" : "confirmed");
  if (s->refused > 0) printf(", %" PRIu64 " refused", s->refused);
  putchar('\n');
  cli_flush();
}

static void end_well(sender *s) {
  cli *c = s->c;
  bool cannot_tell = c->options.receipt && c->version == 1 && s->sent > 0;
  bool missing = s->missed > 0 && json_object_size(s->unreceived) > 0;
  if (cannot_tell)
    cli_say("confirmed; but %s speaks EP/1 and cannot tell who has it", c->options.server);
  if (missing) cli_say("the server left out %" PRIu64 " receipts: not all is known", s->missed);
  if (!c->options.json && !cannot_tell) put_result(s);
  cli_finish(c, s->failed || cannot_tell || missing ? CLI_FAILED : CLI_DONE);
}

/* Ends when everything is known that can become known. */
static void end_if_done(sender *s, const ep_event *event) {
  bool can_tell = s->c->version != 1;
  if (!s->ended || json_object_size(s->unconfirmed) > 0) return;
  if (can_tell && json_object_size(s->unreceived) > s->missed) return;
  if (cli_settled(s->c, event)) end_well(s);
}

/* EP-LIM-8: what is larger than frames usually may be has to wait until the server has said what it
 * takes. */
static bool must_wait(const sender *s) {
  enum { AROUND = 4096 };
  return s->c->version == 0 && s->payload_len > EP_LIMIT_FRAME - AROUND;
}

static void go_on(sender *s) {
  if (s->payload != NULL && !must_wait(s)) {
    ep_bytes payload = {(const uint8_t *)s->payload, s->payload_len};
    if (send_payload(s, payload, 1) == NO_ROOM) return;
    free(s->payload);
    s->payload = NULL;
    s->ended = true;
  }
  if (s->input != NULL && in_flight(s) < RESUME_BELOW) cli_input_resume(s->input);
}

/* ---- Events ---------------------------------------------------------------------------------- */

/* The newer of two halves; a full one becomes the older, and that is forgotten. */
static void remember(sender *s, ep_bytes uid, uint64_t line) {
  char key[129];
  if (json_object_size(s->recent[0]) >= RESUME_BELOW) {
    json_t *older = s->recent[1];
    s->recent[1] = s->recent[0];
    s->recent[0] = older;
    json_object_clear(older);
  }
  json_object_set_new(s->recent[0], key_of(uid, key), json_integer((json_int_t)line));
}

static void on_confirmed(sender *s, const ep_event *event) {
  uint64_t line = take_off(s->unconfirmed, event->uid);
  if (line == 0) return; /* of an earlier run */
  s->confirmed++;
  remember(s, event->uid, line);
}

static void on_receipt(sender *s, const ep_event *event) {
  char key[129], name[160];
  json_t *number = json_object_get(s->unreceived, key_of(event->uid, key));
  s->missed += event->missed;
  if (number == NULL) return; /* of an earlier run */
  if (!s->c->options.json) {
    name_message(s, (uint64_t)json_integer_value(number), event->uid, name);
    if (s->input != NULL) printf("%s: ", name);
    cli_put_text(stdout, event->client_id);
    printf(" has it\n");
    cli_flush();
  }
  if (event->count == 0) take_off(s->unreceived, event->uid);
}

/* What is refused, even if only to some, is not waited for. */
static void on_refused(sender *s, const ep_event *event) {
  char name[160];
  take_off(s->unreceived, event->uid);
  uint64_t unconfirmed = take_off(s->unconfirmed, event->uid), line = unconfirmed;
  for (int i = 0; line == 0 && i < 2; i++) line = take_off(s->recent[i], event->uid);
  name_message(s, line, event->uid, name);
  cli_say_refused(name, event);
  if (unconfirmed > 0) s->confirmed++;
  s->refused++;
  s->failed = true;
}

static void on_send(cli *c, const ep_event *event) {
  sender *s = c->own;
  switch (event->type) {
    case EP_EVENT_CONFIRMED: on_confirmed(s, event); break;
    case EP_EVENT_RECEIPT: on_receipt(s, event); break;
    case EP_EVENT_REFUSED: on_refused(s, event); break;
    case EP_EVENT_AUTHENTICATED:
    case EP_EVENT_DISCONNECTED:
    case EP_EVENT_PONG: break;
    default: return;
  }
  go_on(s);
  end_if_done(s, event);
}

static void say_open(const char *what, size_t open, uint64_t sent) {
  if (open > 0) cli_say("%zu of %" PRIu64 " messages are not %s yet", open, sent, what);
}

static void unfinished_send(cli *c) {
  sender *s = c->own;
  size_t unconfirmed = ep_client_unconfirmed(c->client);
  if (s->input == NULL && s->payload != NULL) cli_say("the message was not sent");
  say_open("confirmed", json_object_size(s->unconfirmed), s->sent);
  say_open("received by all who should have them", json_object_size(s->unreceived), s->sent);
  if (unconfirmed == 0) return;
  if (c->options.state)
    cli_say("what is not confirmed is kept in %s and sent by the next run", c->options.state);
  else
    cli_say("what is not confirmed is given up with this run (--state FILE would keep it)");
}

/* ---- Lines ----------------------------------------------------------------------------------- */

static bool take_line(void *context, ep_bytes line, uint64_t number) {
  sender *s = context;
  if (in_flight(s) >= IN_FLIGHT) return false;
  if (s->c->options.json_payload && line.len == 0) return true;
  return send_text(s, line, number) != NO_ROOM;
}

static void skip_line(void *context, uint64_t number) {
  sender *s = context;
  s->failed = true;
  cli_say("line %" PRIu64 " is longer than a message may be, and is left out", number);
}

static void on_input_end(void *context, int error) {
  sender *s = context;
  s->ended = true;
  if (error != 0) {
    cli_say("cannot read stdin: %s", strerror(error));
    s->failed = true;
  }
  bool nothing = s->sent == 0 && ep_client_unconfirmed(s->c->client) == 0;
  if (nothing)
    end_well(s);
  else
    end_if_done(s, &(ep_event){.type = EP_EVENT_CONNECTED});
}

static void start_lines(sender *s) {
  cli_input_reader reader = {take_line, skip_line, on_input_end, s, (size_t)s->c->options.frame};
  s->input = cli_input_new(&s->c->uv, STDIN_FILENO, &reader);
  if (s->input == NULL)
    cli_finish(s->c, CLI_FAILED);
  else if (isatty(STDIN_FILENO))
    cli_say("one message a line; Ctrl-D ends");
}

/* ---- One message ----------------------------------------------------------------------------- */

/* The whole file, of `most` bytes at most; NULL: said why not. */
static char *read_file(const char *path, size_t most, size_t *out_len) {
  FILE *file = fopen(path, "rb");
  char *data = file ? malloc(most + 1) : NULL;
  size_t len = data ? fread(data, 1, most + 1, file) : 0;
  bool failed = data == NULL || ferror(file);
  if (failed)
    cli_say("cannot read %s: %s", path, strerror(errno));
  else if (len > most)
    cli_say("%s is larger than a message may be", path);
  if (file) fclose(file);
  if (failed || len > most) {
    free(data);
    return NULL;
  }
  *out_len = len;
  return data;
}

static char *read_argument(const cli_options *o, size_t *out_len) {
  ep_bytes word = cli_bytes(o->word);
  char *payload = o->json_payload ? strdup(o->word) : cli_json_encode(word, out_len);
  if (payload == NULL)
    cli_say("the message is not UTF-8");
  else if (o->json_payload)
    *out_len = word.len;
  return payload;
}

static void start_one(sender *s) {
  const cli_options *o = &s->c->options;
  size_t most = (size_t)o->frame;
  s->payload =
      o->file ? read_file(o->file, most, &s->payload_len) : read_argument(o, &s->payload_len);
  if (s->payload == NULL) {
    cli_finish(s->c, CLI_FAILED);
    return;
  }
  go_on(s);
  if (s->ended && s->failed) cli_finish(s->c, o->file ? CLI_FAILED : CLI_USAGE);
}

static void start_send(cli *c) {
  sender *s = calloc(1, sizeof *s);
  if (s == NULL) {
    cli_say("%s", ep_status_sentence(EP_NO_MEMORY));
    cli_finish(c, CLI_FAILED);
    return;
  }
  s->c = c;
  s->unconfirmed = json_object();
  s->unreceived = json_object();
  s->recent[0] = json_object();
  s->recent[1] = json_object();
  c->own = s;
  if (c->options.word || c->options.file)
    start_one(s);
  else
    start_lines(s);
}

static void stop_send(cli *c) {
  sender *s = c->own;
  if (s && s->input) cli_input_close(s->input);
}

static void end_send(cli *c) {
  sender *s = c->own;
  json_decref(s->unconfirmed);
  json_decref(s->unreceived);
  json_decref(s->recent[0]);
  json_decref(s->recent[1]);
  free(s->payload);
  free(s);
}

const cli_command cli_send = {
    .name = "send",
    .arguments =
        "(--to CLIENT_ID | --to-match JSON) [--receipt] [--json-payload] [MESSAGE | --file FILE]",
    .help =
        "sends messages and waits until the server has confirmed them\n"
        "  --to CLIENT_ID   to this client\n"
        "  --to-match JSON  to all whose session has all these pairs: {\"room\":7}, {} for all\n"
        "  --receipt        wait until everybody has it, and print who\n"
        "  --file FILE      send the JSON text in FILE\n"
        "  --json-payload   MESSAGE, or each line, is one JSON text\n"
        "  MESSAGE          a text; without it and --file every line of stdin is a message\n",
    .takes = CLI_TAKES_WORD | CLI_TAKES_MESSAGE,
    .interrupted = CLI_INTERRUPTED,
    .start = start_send,
    .event = on_send,
    .unfinished = unfinished_send,
    .stop = stop_send,
    .end = end_send,
};
