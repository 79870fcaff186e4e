/* Read first: options.h. */
#include "runner/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
  OPT_HELP = 1,
  OPT_START,
  OPT_LIST,
  OPT_SELECT,
  OPT_EXCLUDE,
  OPT_LEVEL,
  OPT_ROLE,
  OPT_VERSION,
  OPT_STRICT,
  OPT_SLOW,
  OPT_JOBS,
  OPT_CASES,
  OPT_BASELINE,
  OPT_TAP,
  OPT_JUNIT,
  OPT_JSON,
  OPT_HTML,
  OPT_MARKDOWN,
  OPT_KEEP,
  OPT_LIMIT,
  OPT_TIMER,
  OPT_STOP,
  OPT_TOKEN,
  OPT_TOKEN_FILE,
  OPT_QUIET
};

static const struct option table[] = {{"help", no_argument, NULL, OPT_HELP},
                                      {"start", required_argument, NULL, OPT_START},
                                      {"list", no_argument, NULL, OPT_LIST},
                                      {"select", required_argument, NULL, OPT_SELECT},
                                      {"exclude", required_argument, NULL, OPT_EXCLUDE},
                                      {"level", required_argument, NULL, OPT_LEVEL},
                                      {"role", required_argument, NULL, OPT_ROLE},
                                      {"version", optional_argument, NULL, OPT_VERSION},
                                      {"strict", no_argument, NULL, OPT_STRICT},
                                      {"slow", required_argument, NULL, OPT_SLOW},
                                      {"jobs", required_argument, NULL, OPT_JOBS},
                                      {"cases", required_argument, NULL, OPT_CASES},
                                      {"baseline", required_argument, NULL, OPT_BASELINE},
                                      {"tap", required_argument, NULL, OPT_TAP},
                                      {"junit", required_argument, NULL, OPT_JUNIT},
                                      {"json", required_argument, NULL, OPT_JSON},
                                      {"html", required_argument, NULL, OPT_HTML},
                                      {"markdown", required_argument, NULL, OPT_MARKDOWN},
                                      {"keep", required_argument, NULL, OPT_KEEP},
                                      {"limit", required_argument, NULL, OPT_LIMIT},
                                      {"timer", required_argument, NULL, OPT_TIMER},
                                      {"stop-at-first", no_argument, NULL, OPT_STOP},
                                      {"token", required_argument, NULL, OPT_TOKEN},
                                      {"token-file", required_argument, NULL, OPT_TOKEN_FILE},
                                      {"quiet", no_argument, NULL, OPT_QUIET},
                                      {NULL, 0, NULL, 0}};

static void help(FILE *out) {
  (void)fputs(
      "usage: epigeon-conform server HOST:PORT [OPTION…]     tests a server that runs there\n"
      "       epigeon-conform server --start CMD [OPTION…]   starts, kills and restarts one:\n"
      "                                                      {port} and {dir} in CMD are replaced\n"
      "       epigeon-conform client --start CMD [OPTION…]   tests a client, by an adapter: "
      "{host},\n"
      "                                                      {port} and {dir} in CMD are replaced\n"
      "       epigeon-conform --list [OPTION…]               says which cases there are\n"
      "\n"
      "  --select GLOB, --exclude GLOB   cases by name (streams/gap-*) or requirement "
      "(EP-RECV-4);\n"
      "                                  several with commas, or repeated\n"
      "  --level must|should|may         cases of this level and stricter ones\n"
      "  --role server|client            with --list\n"
      "  --version 1|2                   cases of EP/1 or EP/2 alone\n"
      "  --baseline FILE                 names of runs that are expected to fail\n"
      "  --strict                        a SHOULD that does not hold is a failure, too\n"
      "  --tap, --junit, --json, --html, --markdown FILE   the results (- is the standard\n"
      "                                  output; --tap - when nothing else is said)\n"
      "  --limit NAME=N, --timer NAME=MS how the tested program was configured, where not as the\n"
      "                                  specification says\n"
      "  --token TEXT, --token-file FILE the join token of the tested server; a file: its first "
      "line\n"
      "  --slow FACTOR                   waits so many times as long for what must come, and "
      "makes\n"
      "                                  its own pauses so much longer\n"
      "  --jobs N                        so many cases at a time (8)\n"
      "  --stop-at-first                 ends with the first run that does not pass\n"
      "  --cases FOLDER                  other cases\n"
      "  --keep FOLDER                   keeps what tested programs store and say\n"
      "  --quiet                         no progress on a terminal\n"
      "  --help, --version\n"
      "\n"
      "Exit: 0 conforms, 1 does not, 2 used wrongly or nothing selected, 3 nobody answers,\n"
      "4 trouble of the suite itself, 5 inconclusive, 6 something passed that was expected to "
      "fail.\n",
      out);
}

static int wrong(int *code, const char *what) {
  (void)fprintf(stderr, "epigeon-conform: %s Try --help.\n", what);
  *code = EXIT_USAGE;
  return 1;
}

static bool add_list(const char *list[], size_t *count, char *words) {
  for (char *one = strtok(words, ","); one != NULL; one = strtok(NULL, ",")) {
    if (*count == OPTIONS_LIST_MOST) return false;
    list[(*count)++] = one;
  }
  return true;
}

static bool read_setting(char *words, bool is_timer) {
  char *equals = strchr(words, '='), *end;
  if (equals == NULL) return false;
  *equals = '\0';
  long long value = strtoll(equals + 1, &end, 10);
  bool good = end != equals + 1 && *end == '\0' && value >= 0 &&
              vars_configure(words, (int64_t)value, is_timer);
  *equals = '=';
  return good;
}

static bool read_level(options *out, const char *word) {
  static const char *const names[] = {"must", "should", "may"};
  for (int i = 0; i < 3; i++) {
    if (strcmp(word, names[i]) == 0) return out->level = i, true;
  }
  return false;
}

static bool read_role(options *out, const char *word) {
  out->is_client = strcmp(word, "client") == 0;
  out->is_role_given = true;
  return out->is_client || strcmp(word, "server") == 0;
}

static bool read_number(const char *word, double least, double most, double *out) {
  char *end;
  *out = strtod(word, &end);
  return end != word && *end == '\0' && *out >= least && *out <= most;
}

/* EP-SEC-2: 1 to 256 bytes of printable ASCII. */
static const char *read_token(options *out, const char *token) {
  size_t len = strlen(token);
  for (size_t i = 0; i < len; i++) {
    if (token[i] < 0x20 || token[i] > 0x7E) return "A token is printable ASCII.";
  }
  if (len == 0 || len > 256) return "A token has 1 to 256 characters.";
  out->token = token;
  return NULL;
}

static const char *read_token_file(options *out, const char *path) {
  char *content = case_load(path, NULL);
  if (content == NULL) return "The file of --token-file cannot be read.";
  content[strcspn(content, "\r\n")] = '\0';
  return read_token(out, content);
}

static const char *read_report(options *out, int which, const char *word) {
  switch (which) {
    case OPT_TAP: out->tap = word; break;
    case OPT_JUNIT: out->junit = word; break;
    case OPT_JSON: out->json = word; break;
    case OPT_HTML: out->html = word; break;
    case OPT_MARKDOWN: out->markdown = word; break;
    case OPT_BASELINE: out->baseline = word; break;
    case OPT_CASES: out->folder = word; break;
    case OPT_KEEP: out->keep = word; break;
    default: return "That option is not known.";
  }
  return NULL;
}

/* NULL, or what is wrong. */
static const char *read_option(options *out, int which, char *word) {
  double number;
  switch (which) {
    case OPT_START: out->start = word; return NULL;
    case OPT_LIST: out->lists = true; return NULL;
    case OPT_STRICT: out->is_strict = true; return NULL;
    case OPT_QUIET: out->is_quiet = true; return NULL;
    case OPT_STOP: out->stops = true; return NULL;
    case OPT_TOKEN: return read_token(out, word);
    case OPT_TOKEN_FILE: return read_token_file(out, word);
    case OPT_SELECT:
      return add_list(out->select, &out->select_count, word) ? NULL : "That is too much to select.";
    case OPT_EXCLUDE:
      return add_list(out->exclude, &out->exclude_count, word) ? NULL : "Too much is excluded.";
    case OPT_LEVEL: return read_level(out, word) ? NULL : "--level is must, should or may.";
    case OPT_ROLE: return read_role(out, word) ? NULL : "--role is server or client.";
    case OPT_VERSION:
      if (text_begins(word, "EP/")) word += 3;
      if (strcmp(word, "1") != 0 && strcmp(word, "2") != 0) return "--version is 1 or 2.";
      out->version = (unsigned)(word[0] - '0');
      return NULL;
    case OPT_SLOW:
      return read_number(word, 0.1, 1000, &out->slow) ? NULL : "--slow is a number from 0.1.";
    case OPT_JOBS:
      if (!read_number(word, 1, 64, &number)) return "--jobs is a number from 1 to 64.";
      out->jobs = (unsigned)number;
      return NULL;
    case OPT_LIMIT: return read_setting(word, false) ? NULL : "The spec has no limit of that name.";
    case OPT_TIMER: return read_setting(word, true) ? NULL : "The spec has no timer of that name.";
    default: return read_report(out, which, word);
  }
}

static void add_repeat(text *repeat, const char *word) {
  bool is_plain = strspn(word,
                         "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                         "-_./:=,") == strlen(word);
  text_putf(repeat, is_plain && *word != '\0' ? " %s" : " '%s'", word);
}

/* What repeats one case: how the suite was called, but not which cases and which reports. */
static bool is_repeated(int which) {
  switch (which) {
    case OPT_START:
    case OPT_SLOW:
    case OPT_CASES:
    case OPT_TOKEN:
    case OPT_TOKEN_FILE:
    case OPT_LIMIT:
    case OPT_TIMER: return true;
    default: return false;
  }
}

static int read_words(options *out, int argc, char **argv, text *repeat, int *code) {
  for (int i = optind; i < argc; i++) {
    if (strcmp(argv[i], "server") == 0 || strcmp(argv[i], "client") == 0) {
      if (out->is_role_given && out->is_client != (argv[i][0] == 'c'))
        return wrong(code, "Say server or client, not both.");
      (void)read_role(out, argv[i]);
    } else if (out->address == NULL && strchr(argv[i], ':') != NULL) {
      out->address = argv[i];
      add_repeat(repeat, argv[i]);
    } else {
      return wrong(code, text_format("`%s` is neither server, client nor HOST:PORT.", argv[i]));
    }
  }
  return 0;
}

static int check(const options *out, int *code) {
  if (out->lists) return 0;
  if (!out->is_role_given) return wrong(code, "Say what is tested: server or client.");
  if (out->is_client && out->start == NULL)
    return wrong(code, "A client is tested by an adapter: --start 'CMD {host} {port}'.");
  if (out->is_client && out->address != NULL)
    return wrong(code, "The suite chooses the address for a client.");
  if (!out->is_client && (out->start == NULL) == (out->address == NULL))
    return wrong(code, "Say where the server is, HOST:PORT, or how to --start it, not both.");
  return 0;
}

int options_read(options *out, int argc, char **argv, int *code) {
  text repeat = {0};
  *out = (options){.level = -1, .slow = 1, .jobs = 8};
  *code = EXIT_CONFORMS;
  for (int which; (which = getopt_long(argc, argv, "", table, NULL)) != -1;) {
    if (which == '?') return wrong(code, "That is not how it is called.");
    if (which == OPT_HELP) return help(stdout), 1;
    if (which == OPT_VERSION && optarg == NULL && optind < argc && argv[optind][0] != '-' &&
        (strlen(argv[optind]) == 1 || text_begins(argv[optind], "EP/")))
      optarg = argv[optind++];
    if (which == OPT_VERSION && optarg == NULL)
      return (void)puts("epigeon-conform " CONFORM_VERSION), 1;
    const char *trouble = read_option(out, which, optarg);
    if (trouble != NULL) return wrong(code, trouble);
    if (!is_repeated(which)) continue;
    for (const struct option *at = table; at->name != NULL; at++) {
      if (at->val == which) add_repeat(&repeat, text_format("--%s", at->name));
    }
    add_repeat(&repeat, optarg);
  }
  if (read_words(out, argc, argv, &repeat, code) != 0 || check(out, code) != 0) return 1;
  out->repeat = text_format("epigeon-conform %s%s", out->is_client ? "client" : "server",
                            text_words(&repeat));
  if (out->tap == NULL && out->junit == NULL && out->json == NULL && out->html == NULL &&
      out->markdown == NULL)
    out->tap = "-";
  return 0;
}
