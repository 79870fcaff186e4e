/* The unit tests: one suite for each module, run by `check`.
 * usage: tests [SUITE…]: all suites, or those named. Exit 0 when everything passed. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *ep_suite_base(void);
Suite *ep_suite_wire(void);
Suite *ep_suite_delivery(void);
Suite *ep_suite_client(void);
Suite *ep_suite_server(void);
Suite *ep_suite_spec(void);
Suite *ep_suite_store(void);
Suite *ep_suite_net(void);
Suite *ep_suite_log(void);

static const struct {
  const char *name;
  Suite *(*make)(void);
} suites[] = {
    {"base", ep_suite_base},     {"wire", ep_suite_wire},     {"delivery", ep_suite_delivery},
    {"client", ep_suite_client}, {"server", ep_suite_server}, {"spec", ep_suite_spec},
    {"store", ep_suite_store},   {"net", ep_suite_net},       {"log", ep_suite_log},
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
  SRunner *runner = NULL;
  for (int i = 0; i < SUITES; i++) {
    if (!is_wanted(suites[i].name, argc, argv)) continue;
    if (runner == NULL)
      runner = srunner_create(suites[i].make());
    else
      srunner_add_suite(runner, suites[i].make());
  }
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  int run = srunner_ntests_run(runner);
  srunner_free(runner);
  return failed == 0 && run > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
