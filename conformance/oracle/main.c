/* epigeon-oracle: judges what e-pigeon clients and servers did, from traces (check) or live
 * (proxy).
 * Read first: README.md. Then: check.c, proxy.c. */
#include <stdio.h>
#include <string.h>

#include "oracle/commands.h"

static void help(FILE *out) {
  (void)fputs(
      "usage: epigeon-oracle check [OPTION…] FILE…   judges traces and captures of packets\n"
      "       epigeon-oracle proxy [OPTION…]         stands between clients and a server,\n"
      "                                              records and judges what passes\n"
      "       epigeon-oracle --help | --version\n"
      "\n"
      "Each command has its own --help. Exit: 0 accepted, 1 rejected, 2 used wrongly or not\n"
      "readable, 5 inconclusive.\n",
      out);
}

int main(int argc, char **argv) {
  const char *command = argc > 1 ? argv[1] : "";
  if (strcmp(command, "check") == 0) return check_main(argc - 1, argv + 1);
  if (strcmp(command, "proxy") == 0) return proxy_main(argc - 1, argv + 1);
  if (strcmp(command, "--help") == 0) {
    help(stdout);
    return EXIT_ACCEPTED;
  }
  if (strcmp(command, "--version") == 0) {
    (void)puts("epigeon-oracle " ORACLE_VERSION);
    return EXIT_ACCEPTED;
  }
  if (argc > 1)
    (void)fprintf(stderr, "There is no command %s; see epigeon-oracle --help.\n", command);
  else
    help(stderr);
  return EXIT_USAGE;
}
