/* The unit tests of the oracle, run by `check`. ORACLE_SUITES comes from oracle.mk: X(NAME) for
 * each oracle_suite_NAME in a test_*.c here.
 * usage: oracle-tests [SUITE…]: all suites, or those named. Exit 0 when everything passed. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define X(name) Suite *oracle_suite_##name(void);
ORACLE_SUITES
#undef X

static const struct {
  const char *name;
  Suite *(*make)(void);
} suites[] = {
#define X(name) {#name, oracle_suite_##name},
    ORACLE_SUITES
#undef X
};

enum { SUITES = sizeof suites / sizeof *suites };

static int is_wanted(const char *name, int argc, char **argv) {
  for (int i = 1; i < argc; i++)
    if (strcmp(argv[i], name) == 0) return 1;
  return argc == 1;
}

static int is_known(const char *name) {
  for (int i = 0; i < SUITES; i++)
    if (strcmp(suites[i].name, name) == 0) return 1;
  return 0;
}

int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    if (is_known(argv[i])) continue;
    fprintf(stderr, "There is no suite %s.\n", argv[i]);
    return 2;
  }
  SRunner *runner = srunner_create(NULL);
  for (int i = 0; i < SUITES; i++) {
    if (is_wanted(suites[i].name, argc, argv)) srunner_add_suite(runner, suites[i].make());
  }
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  int run = srunner_ntests_run(runner);
  srunner_free(runner);
  return failed == 0 && run > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
