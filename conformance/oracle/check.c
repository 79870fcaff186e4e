/* epigeon-oracle check: judges files, one after the other. A file is read once to be judged, and
 * once more, when something was found, for what led to it.
 * Read first: README.md, judge.h, input.h, report.h. */
#include <stdlib.h>
#include <string.h>

#include "oracle/commands.h"
#include "oracle/diagram.h"
#include "oracle/input.h"
#include "oracle/report.h"

typedef struct check {
  uint16_t port;
  bool json, no_diagram, help;
  const char *svg;
  char **files;
  int file_count;
  judge *judge;
} check;

static void help(void) {
  (void)fputs(
      "usage: epigeon-oracle check [OPTION…] FILE…\n"
      "Judges what e-pigeon clients and servers did, as FILE tells it: a trace (see README.md), "
      "or\n"
      "a capture of packets (pcap, pcapng). FILE - is stdin.\n"
      "\n"
      "  --json          one JSON object for each file\n"
      "  --svg FILE      draw what was found, as a picture, into FILE\n"
      "  --no-diagram    no drawing in the text\n"
      "  --port N        captures: the port of the server (9999, or where all connections go)\n"
      "  --help          this help\n"
      "\n"
      "Exit: 0 all accepted; 1 something rejected; 2 used wrongly, or a file is not readable;\n"
      "5 inconclusive: nothing wrong, but the trace does not show whether all is well.\n",
      stdout);
}

/* ---- Options --------------------------------------------------------------------------------- */

static bool refuse(const char *sentence) {
  (void)fprintf(stderr, "%s See epigeon-oracle check --help.\n", sentence);
  return false;
}

static bool read_port(const char *text, uint16_t *out) {
  char *end = NULL;
  unsigned long port = strtoul(text, &end, 10);
  bool good = text[0] >= '1' && text[0] <= '9' && *end == '\0' && port <= UINT16_MAX;
  *out = (uint16_t)port;
  return good || refuse("A port is a number from 1 to 65535.");
}

/* An option that needs a value: --name VALUE or --name=VALUE. */
static const char *value_of(const char *name, char **argv, int argc, int *at) {
  size_t len = strlen(name);
  const char *said = argv[*at];
  if (strncmp(said, name, len) != 0) return NULL;
  if (said[len] == '=') return said + len + 1;
  if (said[len] != '\0') return NULL;
  if (*at + 1 == argc) return "";
  return argv[++*at];
}

static bool read_option(check *c, int argc, char **argv, int *at) {
  const char *said = argv[*at];
  const char *value = NULL;
  if (strcmp(said, "--json") == 0) return c->json = true;
  if (strcmp(said, "--no-diagram") == 0) return c->no_diagram = true;
  if (strcmp(said, "--help") == 0) return c->help = true;
  if ((value = value_of("--port", argv, argc, at)) != NULL) return read_port(value, &c->port);
  if ((value = value_of("--svg", argv, argc, at)) != NULL) {
    c->svg = value;
    return *value != '\0' || refuse("--svg needs the name of a file.");
  }
  (void)fprintf(stderr, "There is no option %s.", said);
  return refuse("");
}

static bool read_options(check *c, int argc, char **argv) {
  int at = 1;
  c->files = argv;
  for (bool is_over = false; at < argc; at++) {
    bool is_option = !is_over && argv[at][0] == '-' && argv[at][1] != '\0';
    if (!is_option) {
      c->files[c->file_count++] = argv[at];
    } else if (strcmp(argv[at], "--") == 0) {
      is_over = true;
    } else if (!read_option(c, argc, argv, &at)) {
      return false;
    }
  }
  if (c->help) return true;
  if (c->file_count == 0) return refuse("Say which traces to judge.");
  return c->svg == NULL || c->file_count == 1 || refuse("--svg draws one trace only.");
}

/* ---- Judging --------------------------------------------------------------------------------- */

/* Feeds the judge. False: the input is not readable, and its trouble says why. */
static bool judge_input(judge *j, input *in, judge_verdict *out, uint64_t *count) {
  trace_event event;
  uint64_t t_ms = 0;
  bool is_good = true;
  int got = 1;
  judge_reset(j);
  for (*count = 0; is_good && (got = input_read(in, &event)) == 1; ++*count) {
    t_ms = event.t_ms;
    is_good = judge_event(j, &event);
  }
  if (got == -1) return false;
  *out = judge_end(j, t_ms);
  return true;
}

static story *read_story(input *in, const judge_finding *finding) {
  trace_event event;
  story *out = story_new(finding);
  if (out == NULL || !input_rewind(in)) return out;
  while (input_read(in, &event) == 1 && story_add(out, &event)) {}
  story_end(out);
  return out;
}

/* What a capture does not hold can make right look wrong, and wrong right. */
static void doubt(report *r, input *in) {
  const char *why = NULL;
  uint64_t from = input_incomplete(in, &why);
  bool is_before = r->verdict == JUDGE_REJECTED && r->finding->line != 0 && r->finding->line < from;
  if (from == 0 || is_before) return;
  r->verdict = JUDGE_INCONCLUSIVE;
  r->doubt = why;
}

static int draw(const char *path, const report *r) {
  if (r->finding == NULL || r->story == NULL) return EXIT_ACCEPTED;
  FILE *file = fopen(path, "w");
  bool good = file != NULL && svg_write(file, r->story, r->finding);
  if (file != NULL && fclose(file) != 0) good = false;
  if (!good) (void)fprintf(stderr, "%s cannot be written: choose another file for --svg.\n", path);
  return good ? EXIT_ACCEPTED : EXIT_USAGE;
}

static int exit_of(judge_verdict verdict) {
  if (verdict == JUDGE_REJECTED) return EXIT_REJECTED;
  return verdict == JUDGE_INCONCLUSIVE ? EXIT_INCONCLUSIVE : EXIT_ACCEPTED;
}

static int tell(const check *c, const report *r) {
  if (!c->json)
    report_text(stdout, r, !c->no_diagram);
  else if (!report_json(stdout, r))
    return EXIT_USAGE;
  int drawn = c->svg != NULL ? draw(c->svg, r) : EXIT_ACCEPTED;
  return drawn != EXIT_ACCEPTED ? drawn : exit_of(r->verdict);
}

static int not_readable(const check *c, const char *file, const char *trouble) {
  if (c->json) (void)report_trouble_json(stdout, file, trouble);
  (void)fprintf(stderr, "%s: %s\n", file, trouble);
  return EXIT_USAGE;
}

static int judge_opened(const check *c, input *in, const char *name) {
  report r = {.file = name, .unit = input_unit(in)};
  uint64_t count = 0;
  if (!judge_input(c->judge, in, &r.verdict, &count))
    return not_readable(c, name, input_trouble(in));
  if (count == 0)
    return not_readable(c, name, "There is no event in it: record a trace first, see README.md.");
  r.finding = r.verdict == JUDGE_ACCEPTED ? NULL : judge_found(c->judge);
  r.frames = judge_frames(c->judge);
  r.messages = judge_messages(c->judge);
  doubt(&r, in);
  story *told = r.finding != NULL ? read_story(in, r.finding) : NULL;
  r.story = told;
  int out = tell(c, &r);
  story_free(told);
  return out;
}

static int judge_file(const check *c, const char *path) {
  char trouble[512];
  const char *name = strcmp(path, "-") == 0 ? "stdin" : path;
  input *in = input_open(path, c->port, trouble, sizeof trouble);
  if (in == NULL) return not_readable(c, name, trouble);
  int out = judge_opened(c, in, name);
  input_close(in);
  return out;
}

/* Which of two exit codes says more. */
static int worse(int a, int b) {
  static const int order[] = {EXIT_REJECTED, EXIT_USAGE, EXIT_INCONCLUSIVE};
  for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
    if (a == order[i] || b == order[i]) return order[i];
  }
  return EXIT_ACCEPTED;
}

int check_main(int argc, char **argv) {
  check c = {.port = 0};
  if (!read_options(&c, argc, argv)) return EXIT_USAGE;
  if (c.help) {
    help();
    return EXIT_ACCEPTED;
  }
  c.judge = judge_new();
  if (c.judge == NULL) {
    (void)fputs("There is not enough memory.\n", stderr);
    return EXIT_USAGE;
  }
  int out = EXIT_ACCEPTED;
  for (int i = 0; i < c.file_count; i++) out = worse(out, judge_file(&c, c.files[i]));
  judge_free(c.judge);
  if (fflush(stdout) == 0 && !ferror(stdout)) return out;
  (void)fputs("The report could not be written.\n", stderr);
  return worse(out, EXIT_USAGE);
}
