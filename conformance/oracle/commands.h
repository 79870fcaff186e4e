/* The commands of epigeon-oracle, and what they exit with.
 * Read first: main.c. */
#ifndef COMMANDS_H
#define COMMANDS_H

enum { EXIT_ACCEPTED = 0, EXIT_REJECTED = 1, EXIT_USAGE = 2, EXIT_INCONCLUSIVE = 5 };

/* argv[0] is the command's name; each returns the exit code. */
int check_main(int argc, char **argv);
int proxy_main(int argc, char **argv);

#endif
