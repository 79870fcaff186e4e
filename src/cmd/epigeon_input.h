/* Floor 6, programs. Reads lines from a file descriptor (pipe, terminal, file) in the loop, and
 * stops reading whenever the reader of the lines has no room: memory stays within one line and one
 * block.
 * Read first: epigeon_cli.h. */
#ifndef EP_CMD_EPIGEON_INPUT_H
#define EP_CMD_EPIGEON_INPUT_H

#include <uv.h>

#include "epigeon.h"

typedef struct cli_input cli_input;

typedef struct cli_input_reader {
  /* A line without its end; number counts from 1. false: no room, give it again after
   * cli_input_resume. */
  bool (*line)(void *context, ep_bytes line, uint64_t number);
  /* A line longer than line_max; it was skipped. */
  void (*too_long)(void *context, uint64_t number);
  /* No more lines. error: 0, or the number of the system's error. */
  void (*end)(void *context, int error);
  void *context;
  size_t line_max; /* bytes */
} cli_input_reader;

/* Starts to read fd. NULL: no memory. */
cli_input *cli_input_new(uv_loop_t *loop, int fd, const cli_input_reader *reader);
/* Goes on after a line was refused; else does nothing. No line is given before this returns. */
void cli_input_resume(cli_input *input);
/* Stops; nothing is given any more. Memory goes back in a later turn of the loop. */
void cli_input_close(cli_input *input);

#endif
