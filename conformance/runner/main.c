/* epigeon-conform: whether somebody's e-pigeon server or client does what the protocol says.
 * Read first: conformance/README.md. Then: options.h, case.h, pool.h, play.h, results.h. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runner/options.h"
#include "runner/pool.h"

static int trouble(int code, const char *what) {
  (void)fprintf(stderr, "epigeon-conform: %s\n", what);
  return code;
}

/* ---- The cases ---- */

/* The folder in which the program lies, however it was called. */
static char *folder_of(const char *program) {
  char path[PATH_MAX];
  ssize_t len = readlink("/proc/self/exe", path, sizeof path);
  char *whole = len > 0 ? text_copy(path, (size_t)len) : text_same(program);
  char *slash = strrchr(whole, '/');
  if (slash == NULL) return text_same(".");
  *slash = '\0';
  return whole;
}

static bool is_same(const char *one, const char *other) {
  struct stat a, b;
  return stat(one, &a) == 0 && stat(other, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* The program's own: in the checkout where it was built, or where it was installed; else those
 * where the suite is called. */
static char *find_folder(const options *how, const char *program) {
  static const char here[] = "conformance/cases";
  if (how->folder != NULL) return text_same(how->folder);
  char *own = folder_of(program);
  char *places[] = {text_format("%s/../../%s", own, here),
                    text_format("%s/../share/epigeon/cases", own)};
  for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
    char *whole = realpath(places[i], NULL);
    if (whole != NULL) return is_same(whole, here) ? text_same(here) : whole;
  }
  return text_same(here);
}

static void list_runs(const test_run *runs, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const test_case *one = runs[i].of;
    (void)printf("%s\t%s\t%s\tEP/%u\t", runs[i].id, case_level_name(one->level),
                 one->role == ROLE_SERVER ? "server" : "client", runs[i].version);
    for (size_t k = 0; k < one->requirement_count; k++)
      (void)printf("%s%s", k == 0 ? "" : ",", one->requirements[k]);
    (void)printf("\t%s%s%s%s%s\t%s\n", one->needs_start ? "start " : "",
                 one->is_slow ? "slow " : "", one->is_lossy ? "lossy " : "",
                 one->is_alone ? "alone " : "", one->needs_token ? "token " : "", one->title);
  }
}

/* ---- The target ---- */

/* HOST:PORT, [V6]:PORT, unix:PATH */
static bool split_address(const char *address, play_setup *setup) {
  const char *colon = text_begins(address, "unix:") ? strchr(address, ':') : strrchr(address, ':');
  if (colon == NULL || colon == address || colon[1] == '\0') return false;
  bool braced = address[0] == '[' && colon[-1] == ']';
  setup->host = braced ? text_copy(address + 1, (size_t)(colon - address) - 2)
                       : text_copy(address, (size_t)(colon - address));
  setup->port = text_same(colon + 1);
  return true;
}

/* A running server is not the suite's alone; some cases need it to be. */
static void say_assumptions(const options *how, const test_run *runs, size_t count) {
  size_t alone = 0;
  for (size_t i = 0; i < count; i++) alone += runs[i].of->is_alone;
  if (alone == 0 || how->is_quiet) return;
  (void)fprintf(stderr,
                "epigeon-conform: %zu of %zu runs assume that nobody else uses %s and that nothing "
                "is stored there; --start gives each a fresh server.\n",
                alone, count, how->address);
}

/* The connection stays until the suite ends: a server of 1.0.2 does not survive one that says
 * nothing and closes. */
static bool is_reachable(const play_setup *setup, char **why) {
  return wire_connect(setup->host, setup->port, 5e3 * setup->slow, why) >= 0;
}

/* ---- The reports ---- */

static void put_json(FILE *out, const json_t *all) {
  (void)json_dumpf(all, out, JSON_INDENT(1));
  (void)fputc('\n', out);
}

static bool report(const char *path, void (*put)(FILE *, const json_t *), const json_t *all) {
  if (path == NULL) return true;
  FILE *out = strcmp(path, "-") == 0 ? stdout : fopen(path, "w");
  if (out == NULL) {
    (void)fprintf(stderr, "epigeon-conform: %s cannot be written: %s.\n", path, strerror(errno));
    return false;
  }
  put(out, all);
  bool good = fflush(out) == 0 && !ferror(out);
  if (out != stdout) good = fclose(out) == 0 && good;
  if (!good) (void)fprintf(stderr, "epigeon-conform: %s could not be written.\n", path);
  return good;
}

static bool report_all(const options *how, const json_t *all) {
  bool good = report(how->tap, results_tap, all);
  good = report(how->junit, results_junit, all) && good;
  good = report(how->json, put_json, all) && good;
  good = report(how->html, results_html, all) && good;
  return report(how->markdown, results_markdown, all) && good;
}

static void say_end(const options *how, const json_t *all) {
  const char *name;
  json_t *count;
  if (how->is_quiet) return;
  (void)fprintf(stderr, "epigeon-conform:");
  json_object_foreach(json_object_get(all, "counts"), name, count) {
    if (json_integer_value(count) > 0)
      (void)fprintf(stderr, " %lld %s", json_integer_value(count), name);
  }
  (void)fprintf(stderr, " in %.1f s\n", json_number_value(json_object_get(all, "seconds")));
}

/* ---- All of it ---- */

/* As many as this user may have open, for the case about the limit `connections`. */
static void allow_many_connections(void) {
  struct rlimit most;
  if (getrlimit(RLIMIT_NOFILE, &most) != 0) return;
  most.rlim_cur = most.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &most);
}

static char *make_folder(const options *how) {
  if (how->keep != NULL) {
    if (mkdir(how->keep, 0755) != 0 && errno != EEXIST) return NULL;
    return text_same(how->keep);
  }
  const char *temporary = getenv("TMPDIR");
  char *made = text_format("%s/epigeon-conform-XXXXXX", temporary == NULL ? "/tmp" : temporary);
  return mkdtemp(made);
}

static void remove_folder(const options *how, const char *folder) {
  if (how->keep != NULL) return;
  char *command = text_format("rm -rf '%s'", folder);
  if (system(command) != 0) (void)fprintf(stderr, "%s could not be removed.\n", folder);
}

static int run_all(const options *how, play_setup *setup, const test_run *runs, size_t count) {
  char *why = NULL;
  double began = wire_now();
  json_t *results = pool_run(how, setup, runs, count, &why);
  if (results == NULL) return trouble(pool_was_stopped() ? EXIT_INTERNAL : EXIT_UNREACHABLE, why);
  json_t *all =
      results_make(&(results_about){.target = how->start != NULL ? how->start : how->address,
                                    .command = how->repeat,
                                    .role = how->is_client ? "client" : "server",
                                    .seconds = (wire_now() - began) / 1e3},
                   results);
  if (how->baseline != NULL && !results_apply_baseline(all, how->baseline, &why))
    return trouble(EXIT_USAGE, why);
  int code = results_conclude(all, how->is_strict);
  bool good = report_all(how, all);
  say_end(how, all);
  return good ? code : EXIT_INTERNAL;
}

int main(int argc, char **argv) {
  options how;
  int code;
  char *why = NULL;
  case_list list = {0};
  if (options_read(&how, argc, argv, &code) != 0) return code;
  if (!case_read_folder(&list, find_folder(&how, argv[0])))
    return trouble(EXIT_USAGE, list.trouble);
  size_t count;
  test_run *runs = select_runs(&how, &list, &count);
  if (count == 0) return trouble(EXIT_USAGE, "No case is selected; --list says which there are.");
  if (how.lists) return list_runs(runs, count), EXIT_CONFORMS;
  (void)signal(SIGPIPE, SIG_IGN);
  allow_many_connections();
  play_setup setup = {
      .start = how.start, .slow = how.slow, .token = how.token, .version = how.version};
  setup.tag = text_format("%lx%x", (unsigned long)getpid(), (unsigned)(uint64_t)wire_now());
  if (how.address != NULL && !split_address(how.address, &setup))
    return trouble(EXIT_USAGE, "An address is written HOST:PORT or unix:PATH.");
  if (how.address != NULL && !is_reachable(&setup, &why)) return trouble(EXIT_UNREACHABLE, why);
  if (how.address != NULL) say_assumptions(&how, runs, count);
  setup.folder = make_folder(&how);
  if (setup.folder == NULL)
    return trouble(EXIT_INTERNAL, "There is no folder for what tested programs store.");
  code = run_all(&how, &setup, runs, count);
  remove_folder(&how, setup.folder);
  return code;
}
