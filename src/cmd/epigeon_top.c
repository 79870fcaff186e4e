/* Floor 6, programs. `epigeon top`: on a terminal a page that is written anew each second, until q
 * or Ctrl-C; elsewhere, or with --once, the page once, as plain text.
 * Exit codes: 0 done, 1 no metrics there, 2 wrong usage.
 * Read first: cmd/epigeon_top.h. */
#define _GNU_SOURCE 1
#include "cmd/epigeon_top.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

enum { DONE = 0, FAILED = 1, USAGE = 2, SECOND_MS = 1000 };

static const char usual_address[] = "127.0.0.1:9998";

static const char help[] =
    "Usage: epigeon top [--metrics ADDR:PORT] [--interval SECONDS] [--once]\n\n"
    "Shows what a server does: clients, queues, rates, what it refused and which limits it\n"
    "reached; each second anew, until q or Ctrl-C. The server must have been started with\n"
    "--metrics. Where the output is no terminal, or with --once, the page is written once.\n\n"
    "  --metrics ADDR:PORT   where the metrics are (127.0.0.1:9998)\n"
    "  --interval SECONDS    between two pages (1)\n"
    "  --once                one page, as plain text, without rates\n"
    "  --help\n"
    "Exit codes: 0 done, 1 no metrics there, 2 wrong usage.\n";

typedef struct top {
  const char *address;
  int interval_ms;
  bool once;
  struct termios terminal; /* as it was */
  bool raw;
} top;

static volatile sig_atomic_t asked_to_stop;

static void on_signal(int number) {
  if (number != SIGWINCH) asked_to_stop = 1; /* a new size only wakes the wait */
}

/* ---- The terminal ---------------------------------------------------------------------------- */

static void terminal_take(top *t) {
  struct sigaction action = {.sa_handler = on_signal};
  const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGWINCH};
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
    (void)sigaction(signals[i], &action, NULL);
  t->raw = tcgetattr(STDIN_FILENO, &t->terminal) == 0;
  if (t->raw) { /* keys come at once, and are not shown */
    struct termios keys = t->terminal;
    keys.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    (void)tcsetattr(STDIN_FILENO, TCSANOW, &keys);
  }
  (void)fputs("\x1b[?1049h\x1b[?25l", stdout); /* the other screen, no cursor */
}

static void terminal_give_back(const top *t) {
  (void)fputs("\x1b[?25h\x1b[?1049l", stdout);
  (void)fflush(stdout);
  if (t->raw) (void)tcsetattr(STDIN_FILENO, TCSANOW, &t->terminal);
}

static top_size terminal_size(void) {
  struct winsize size = {0};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0) return (top_size){80, 24};
  return (top_size){size.ws_col, size.ws_row};
}

/* Waits for the next page. True: time to go. */
static bool terminal_wait(const top *t) {
  struct pollfd keys = {.fd = t->raw ? STDIN_FILENO : -1, .events = POLLIN};
  char key = 0;
  int ready = poll(&keys, 1, t->interval_ms);
  if (ready > 0 && (read(STDIN_FILENO, &key, 1) != 1 || key == 'q')) return true;
  return asked_to_stop != 0;
}

/* ---- Pages ----------------------------------------------------------------------------------- */

static int show_once(const top *t) {
  static top_page page;
  char words[TOP_WORDS];
  if (!top_fetch(&page, t->address, words)) {
    (void)fprintf(stderr, "epigeon: %s\n", words);
    return FAILED;
  }
  top_view(stdout, t->address, &page, NULL, (top_size){0, 0});
  return fflush(stdout) == 0 ? DONE : FAILED;
}

static int show_live(top *t) {
  static top_page pages[2];
  unsigned now = 0;
  bool older = false;
  terminal_take(t);
  do {
    char words[TOP_WORDS];
    bool good = top_fetch(&pages[now], t->address, words);
    (void)fputs("\x1b[H", stdout);
    if (good)
      top_view(stdout, t->address, &pages[now], older ? &pages[1 - now] : NULL, terminal_size());
    else
      (void)printf("%s\x1b[K\n", words);
    (void)fputs("\x1b[J", stdout);
    if (fflush(stdout) != 0) break;
    older = good;
    if (good) now = 1 - now;
  } while (!terminal_wait(t));
  terminal_give_back(t);
  return DONE;
}

/* ---- Options --------------------------------------------------------------------------------- */

static int interval_of(const char *text) {
  char *end;
  double seconds = strtod(text, &end);
  if (end == text || *end != '\0' || !(seconds >= 0.1) || seconds > 3600) return 0;
  return (int)(seconds * SECOND_MS);
}

static int refuse(const char *what, const char *value) {
  (void)fprintf(stderr, "epigeon: %s%s\nepigeon top --help tells more.\n", what, value);
  return USAGE;
}

int cli_top(int argc, char **argv) {
  static const struct option longs[] = {{"metrics", required_argument, NULL, 'm'},
                                        {"interval", required_argument, NULL, 'i'},
                                        {"once", no_argument, NULL, 'o'},
                                        {"help", no_argument, NULL, 'h'},
                                        {NULL, 0, NULL, 0}};
  top t = {.address = usual_address, .interval_ms = SECOND_MS};
  int option;
  while ((option = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
    switch (option) {
      case 'm': t.address = optarg; break;
      case 'i':
        t.interval_ms = interval_of(optarg);
        if (t.interval_ms == 0)
          return refuse("--interval takes a number of seconds from 0.1 to 3600, not ", optarg);
        break;
      case 'o': t.once = true; break;
      case 'h': return fputs(help, stdout) >= 0 && fflush(stdout) == 0 ? DONE : FAILED;
      default: return USAGE;
    }
  }
  if (optind < argc) return refuse("top takes no argument: ", argv[optind]);
  return t.once || isatty(STDOUT_FILENO) != 1 ? show_once(&t) : show_live(&t);
}
