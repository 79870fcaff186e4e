/* Floor 6, programs. The command line of the client: options may stand before and after the
 * command; what does not fit is told in one sentence.
 * Read first: epigeon_cli.h. */
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/epigeon_cli.h"
#include "cmd/epigeon_print.h"
#include "cmd/options.h"
#include "wire/frame.h"

static const cli_command *const commands[] = {&cli_listen, &cli_send,    &cli_who,
                                              &cli_watch,  &cli_session, &cli_ping};
#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

enum { ONE_WORD = 1, OPT_FIRST = 256 }; /* getopt's code for what is no option */

enum {
  OPT_SERVER = OPT_FIRST,
  OPT_ID,
  OPT_STATE,
  OPT_PRESENCE,
  OPT_V1,
  OPT_SECRET_FILE,
  OPT_TOKEN_FILE,
  OPT_TLS_CA,
  OPT_TLS_CERT,
  OPT_TLS_KEY,
  OPT_JSON,
  OPT_TIMEOUT,
  OPT_FRAME,
  OPT_DEPTH,
  OPT_HELP,
  OPT_VERSION,
  OPT_COUNT,
  OPT_SESSION,
  OPT_TO,
  OPT_TO_MATCH,
  OPT_FILE,
  OPT_RECEIPT,
  OPT_JSON_PAYLOAD
};

static const struct option longs[] = {
    {"server", required_argument, NULL, OPT_SERVER},
    {"id", required_argument, NULL, OPT_ID},
    {"state", required_argument, NULL, OPT_STATE},
    {"presence", required_argument, NULL, OPT_PRESENCE},
    {"v1", no_argument, NULL, OPT_V1},
    {"secret-file", required_argument, NULL, OPT_SECRET_FILE},
    {"token-file", required_argument, NULL, OPT_TOKEN_FILE},
    {"tls-ca", required_argument, NULL, OPT_TLS_CA},
    {"tls-cert", required_argument, NULL, OPT_TLS_CERT},
    {"tls-key", required_argument, NULL, OPT_TLS_KEY},
    {"json", no_argument, NULL, OPT_JSON},
    {"timeout", required_argument, NULL, OPT_TIMEOUT},
    {"frame", required_argument, NULL, OPT_FRAME},
    {"depth", required_argument, NULL, OPT_DEPTH},
    {"help", no_argument, NULL, OPT_HELP},
    {"version", no_argument, NULL, OPT_VERSION},
    {"count", required_argument, NULL, OPT_COUNT},
    {"session", required_argument, NULL, OPT_SESSION},
    {"to", required_argument, NULL, OPT_TO},
    {"to-match", required_argument, NULL, OPT_TO_MATCH},
    {"file", required_argument, NULL, OPT_FILE},
    {"receipt", no_argument, NULL, OPT_RECEIPT},
    {"json-payload", no_argument, NULL, OPT_JSON_PAYLOAD},
    {"raw-json", no_argument, NULL, OPT_JSON_PAYLOAD},
    {NULL, 0, NULL, 0},
};

static const char common_help[] =
    "Options of every command:\n"
    "  --server ADDR:PORT | tls:ADDR:PORT | unix:PATH  where the server is (127.0.0.1:9999)\n"
    "  --id CLIENT_ID        who to be (a random UUID)\n"
    "  --state FILE          keep the state of the client here, and go on from it\n"
    "  --presence SELECTOR   also hear who comes and goes of those who match, {} for all\n"
    "  --v1                  speak EP/1 only\n"
    "  --secret-file FILE    the secret of the client id is the first line of FILE\n"
    "  --token-file FILE     the join token is the first line of FILE\n"
    "  --tls-ca FILE         whom to believe that a tls: server is the right one (the system's "
    "CAs)\n"
    "  --tls-cert FILE, --tls-key FILE  our certificate and its key, if the server asks for one\n"
    "  --json                write one JSON object a line\n"
    "  --timeout SECONDS     do not wait longer\n"
    "  --frame BYTES         the largest frame that is read and sent, as 64MiB (32MiB)\n"
    "  --depth N             the deepest nesting of JSON that is read and sent (256)\n"
    "  --help, --version\n"
    "Exit codes: 0 done, 1 refused or failed, 2 wrong usage, 3 timed out.\n"
    "DEBUG=epigeon:* in the environment shows every frame and every change of state.\n";

/* ---- Help ------------------------------------------------------------------------------------ */

static void print_help(const cli_command *command) {
  if (command != NULL) {
    printf("Usage: epigeon [OPTION…] %s %s\n\n%s\n%s", command->name, command->arguments,
           command->help, common_help);
    return;
  }
  printf("Usage: epigeon [OPTION…] COMMAND …\n\nTalks to an e-pigeon server. Commands:\n");
  for (size_t i = 0; i < COMMAND_COUNT; i++) {
    int first_line = (int)strcspn(commands[i]->help, "\n");
    printf("  %-9s%.*s\n", commands[i]->name, first_line, commands[i]->help);
  }
  printf("  %-9s%s\n", "top", "Shows what a server does, from its metrics; comes first.");
  printf("epigeon COMMAND --help tells more about one.\n\n%s", common_help);
}

/* ---- Reading --------------------------------------------------------------------------------- */

typedef struct reading {
  cli_options *out;
  const cli_command *command;
  unsigned used; /* CLI_TAKES_… of the options given */
  bool help, version, failed;
} reading;

__attribute__((format(printf, 2, 3))) static void fail(reading *r, const char *format, ...) {
  if (r->failed) return;
  r->failed = true;
  va_list arguments;
  va_start(arguments, format);
  fputs("epigeon: ", stderr);
  vfprintf(stderr, format, arguments);
  fprintf(stderr, "\nepigeon %s%s--help tells more.\n", r->command ? r->command->name : "",
          r->command ? " " : "");
  va_end(arguments);
}

static void take_word(reading *r, const char *word) {
  if (r->command != NULL) {
    if (r->out->word != NULL) fail(r, "one argument too many: %s", word);
    r->out->word = word;
    r->used |= CLI_TAKES_WORD;
    return;
  }
  for (size_t i = 0; i < COMMAND_COUNT; i++) {
    if (strcmp(word, commands[i]->name) == 0) r->command = commands[i];
  }
  if (r->command == NULL) fail(r, "there is no command %s", word);
}

static void take_count(reading *r, const char *text) {
  char *end;
  unsigned long long count = strtoull(text, &end, 10);
  if (*end != '\0' || text[0] < '0' || text[0] > '9' || count == 0) {
    fail(r, "--count takes a number from 1 on, not %s", text);
  }
  r->out->count = count;
}

static void take_timeout(reading *r, const char *text) {
  char *end;
  double seconds = strtod(text, &end);
  if (end == text || *end != '\0' || !(seconds >= 0.001) || seconds > 1e9) {
    fail(r, "--timeout takes a number of seconds, not %s", text);
    return;
  }
  r->out->timeout_ms = (uint64_t)(seconds * 1000);
}

static void take_frame(reading *r, const char *text) {
  bool good = ep_options_size(&r->out->frame, text) && r->out->frame <= EP_FRAME_MOST;
  if (!good) fail(r, "--frame takes a number of bytes up to 2GiB, as 64MiB, not %s", text);
}

static void take_depth(reading *r, const char *text) {
  bool good = ep_options_number(&r->out->depth, text) && r->out->depth <= EP_JSON_DEPTH_MAX;
  if (!good) fail(r, "--depth takes a number from 1 to %d, not %s", EP_JSON_DEPTH_MAX, text);
}

/* Options of some commands only; false: it is none of them. */
static bool take_special(reading *r, int option, const char *value) {
  cli_options *o = r->out;
  switch (option) {
    case OPT_SESSION:
      o->session = value;
      r->used |= CLI_TAKES_SESSION;
      return true;
    case OPT_COUNT:
      take_count(r, value);
      r->used |= CLI_TAKES_COUNT;
      return true;
    case OPT_TO: o->to = value; break;
    case OPT_TO_MATCH: o->to_match = value; break;
    case OPT_FILE: o->file = value; break;
    case OPT_RECEIPT: o->receipt = true; break;
    case OPT_JSON_PAYLOAD: o->json_payload = true; break;
    default: return false;
  }
  r->used |= CLI_TAKES_MESSAGE;
  return true;
}

static void take_option(reading *r, int option, const char *value) {
  cli_options *o = r->out;
  if (take_special(r, option, value)) return;
  switch (option) {
    case ONE_WORD: take_word(r, value); return;
    case OPT_SERVER: o->server = value; return;
    case OPT_ID: o->id = value; return;
    case OPT_STATE: o->state = value; return;
    case OPT_PRESENCE: o->presence = value; return;
    case OPT_V1: o->v1 = true; return;
    case OPT_SECRET_FILE: o->secret_file = value; return;
    case OPT_TOKEN_FILE: o->token_file = value; return;
    case OPT_TLS_CA: o->tls.ca = value; return;
    case OPT_TLS_CERT: o->tls.cert = value; return;
    case OPT_TLS_KEY: o->tls.key = value; return;
    case OPT_JSON: o->json = true; return;
    case OPT_TIMEOUT: take_timeout(r, value); return;
    case OPT_FRAME: take_frame(r, value); return;
    case OPT_DEPTH: take_depth(r, value); return;
    case OPT_HELP:
    case 'h': r->help = true; return;
    case OPT_VERSION: r->version = true; return;
    default: r->failed = true; return; /* getopt has said why */
  }
}

/* ---- What fits together ---------------------------------------------------------------------- */

static void check_send(reading *r) {
  const cli_options *o = r->out;
  if ((o->to == NULL) == (o->to_match == NULL))
    fail(r, "send takes --to or --to-match, one of them");
  if (o->word != NULL && o->file != NULL) fail(r, "send takes a MESSAGE or a --file, not both");
  if (o->v1 && o->receipt) fail(r, "EP/1 has no receipts: --v1 and --receipt do not go together");
}

static void check(reading *r) {
  if (r->command == NULL) {
    fail(r, "a command is missing");
    return;
  }
  unsigned wrong = r->used & ~r->command->takes;
  const char *name = r->command->name;
  if (wrong & CLI_TAKES_WORD) fail(r, "%s takes no argument: %s", name, r->out->word);
  if (wrong & CLI_TAKES_COUNT) fail(r, "%s takes no --count", name);
  if (wrong & CLI_TAKES_SESSION) fail(r, "%s takes no --session", name);
  if (wrong & CLI_TAKES_MESSAGE) fail(r, "%s takes none of the options of send", name);
  if (r->command->takes & CLI_NEEDS_WORD && !r->out->word)
    fail(r, "%s takes an argument: %s", name, r->command->arguments);
  if (r->command == &cli_send) check_send(r);
  if (r->command == &cli_session && !r->out->id && !r->out->state) {
    fail(r, "session takes --id or --state: whose session is it?");
  }
}

static void add_defaults(const cli_command *command, cli_options *o) {
  if (o->server == NULL) o->server = "127.0.0.1:9999";
  if (o->frame == 0) o->frame = EP_LIMIT_FRAME;
  if (o->depth == 0) o->depth = EP_LIMIT_DEPTH;
  if (command != &cli_watch) return;
  if (o->word != NULL) o->presence = o->word;
  if (o->presence == NULL) o->presence = "{}";
}

bool cli_options_read(cli_options *out, const cli_command **command, cli_exit *code, int argc,
                      char **argv) {
  *out = (cli_options){0};
  reading r = {.out = out};
  int option;
  while (!r.failed && (option = getopt_long(argc, argv, "-h", longs, NULL)) != -1) {
    take_option(&r, option, optarg);
  }
  while (!r.failed && optind < argc) take_word(&r, argv[optind++]);
  if (!r.failed && r.help)
    print_help(r.command);
  else if (!r.failed && r.version)
    printf("epigeon %s\n", EP_VERSION);
  else if (!r.failed)
    check(&r);
  *command = r.command;
  *code = r.failed ? CLI_USAGE : CLI_DONE;
  if (r.failed || r.help || r.version) return false;
  add_defaults(r.command, out);
  return true;
}
