/* Floor 6, programs. `epigeon`, the command-line client of e-pigeon: listen, send, who, watch,
 * session, ping; and top, which looks at a server from outside.
 * Read first: epigeon_cli.h. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cmd/epigeon_cli.h"
#include "cmd/epigeon_print.h"
#include "cmd/epigeon_top.h"

/* Takes the places of stdin, stdout and stderr where they are closed, so that no socket gets them.
 */
static void fill_standard_places(void) {
  int fd;
  do fd = open("/dev/null", O_RDWR);
  while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd > STDERR_FILENO) close(fd);
}

int main(int argc, char **argv) {
  fill_standard_places();
  if (argc > 1 && strcmp(argv[1], "top") == 0) return cli_top(argc - 1, argv + 1);
  cli_options options;
  const cli_command *command;
  cli_exit code;
  if (cli_options_read(&options, &command, &code, argc, argv)) code = cli_run(command, &options);
  cli_flush();
  return (int)code;
}
