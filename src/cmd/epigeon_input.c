/* Floor 6, programs. See epigeon_input.h. A pipe or a terminal is waited for with uv_poll; a file,
 * which cannot be waited for, is read block by block in turns of the loop. What was read and not
 * yet taken is a run of bytes [start, end) of one block that grows to the longest line.
 * Read first: epigeon_input.h. */
#include "cmd/epigeon_input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK_LEN (64u << 10)

struct cli_input {
  cli_input_reader reader;
  int fd;
  uv_poll_t poll; /* in use when `waits` */
  uv_idle_t turn;
  bool waits; /* the system can tell when there is something to read */
  bool ended, paused, closed, skipping;
  char *block;
  size_t start, looked, end, capacity; /* [start, looked) has no line end */
  uint64_t lines;
  unsigned handles; /* not yet given back by the loop */
};

static void on_turn(uv_idle_t *turn);
static void on_readable(uv_poll_t *poll, int status, int events);

/* ---- Waiting --------------------------------------------------------------------------------- */

static void wait_for_more(cli_input *in) {
  if (!in->waits) return; /* then the next turn reads */
  uv_idle_stop(&in->turn);
  uv_poll_start(&in->poll, UV_READABLE, on_readable);
}

static void work_next_turn(cli_input *in) {
  if (in->waits) uv_poll_stop(&in->poll);
  uv_idle_start(&in->turn, on_turn);
}

static void pause_here(cli_input *in) {
  in->paused = true;
  if (in->waits) uv_poll_stop(&in->poll);
  uv_idle_stop(&in->turn);
}

static void finish(cli_input *in, int error) {
  pause_here(in);
  in->paused = false;
  in->ended = true;
  in->reader.end(in->reader.context, error);
}

/* ---- Lines ----------------------------------------------------------------------------------- */

/* Gives the line that ends at `stop`; false: no room for it now. */
static bool give(cli_input *in, size_t stop) {
  size_t len = stop - in->start;
  if (in->skipping || len > in->reader.line_max) {
    in->reader.too_long(in->reader.context, in->lines + 1);
    in->skipping = false;
  } else {
    ep_bytes line = {(const uint8_t *)in->block + in->start, len};
    if (!in->reader.line(in->reader.context, line, in->lines + 1)) return false;
  }
  in->lines++;
  return true;
}

/* Gives all whole lines. false: stopped, because there is no room or the reader closed the input.
 */
static bool give_lines(cli_input *in) {
  while (in->start < in->end && !in->closed) {
    char *line_end = memchr(in->block + in->looked, '\n', in->end - in->looked);
    if (line_end == NULL) {
      in->looked = in->end;
      break;
    }
    size_t stop = (size_t)(line_end - in->block);
    in->looked = stop;
    if (!give(in, stop)) {
      pause_here(in);
      return false;
    }
    in->start = in->looked = stop + 1;
  }
  return !in->closed;
}

/* What stands after the last line end is a line, too. */
static void give_last(cli_input *in) {
  if (in->start < in->end || in->skipping) {
    if (!give(in, in->end)) {
      pause_here(in);
      return;
    }
    in->start = in->end;
  }
  if (!in->closed) finish(in, 0);
}

/* ---- Bytes ----------------------------------------------------------------------------------- */

/* Makes room for one more block; what cannot become a line any more is dropped. */
static bool make_room(cli_input *in) {
  if (in->skipping || in->end - in->start > in->reader.line_max) {
    in->skipping = true;
    in->start = in->looked = in->end;
  }
  if (in->start > 0) {
    memmove(in->block, in->block + in->start, in->end - in->start);
    in->looked -= in->start;
    in->end -= in->start;
    in->start = 0;
  }
  if (in->capacity - in->end >= BLOCK_LEN) return true;
  size_t capacity = in->capacity * 2 + BLOCK_LEN;
  char *block = realloc(in->block, capacity);
  if (block == NULL) return false;
  in->block = block;
  in->capacity = capacity;
  return true;
}

/* Reads once. 1: something came; 0: nothing now; -1: the input is over (told). */
static int read_block(cli_input *in) {
  if (!make_room(in)) {
    finish(in, ENOMEM);
    return -1;
  }
  ssize_t got = read(in->fd, in->block + in->end, BLOCK_LEN);
  if (got > 0) {
    in->end += (size_t)got;
    return 1;
  }
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
  if (got < 0) {
    finish(in, errno);
    return -1;
  }
  in->ended = true;
  return 1;
}

static void on_turn(uv_idle_t *turn) {
  cli_input *in = turn->data;
  if (!give_lines(in)) return;
  if (in->ended) {
    give_last(in);
    return;
  }
  if (in->waits)
    wait_for_more(in);
  else
    read_block(in);
}

static void on_readable(uv_poll_t *poll, int status, int events) {
  cli_input *in = poll->data;
  (void)events;
  if (status < 0) {
    finish(in, -status);
    return;
  }
  if (read_block(in) <= 0) return;
  if (in->ended)
    work_next_turn(in);
  else
    give_lines(in);
}

/* ---- Begin and end --------------------------------------------------------------------------- */

/* libuv makes what it polls non-blocking, and with it the terminal that stdout and the shell share;
 * one read after the news that there is something to read blocks nobody, so it is set back. */
static bool can_wait(cli_input *in, uv_loop_t *loop) {
  int flags = fcntl(in->fd, F_GETFL);
  bool waits = uv_poll_init(loop, &in->poll, in->fd) == 0;
  if (flags >= 0) fcntl(in->fd, F_SETFL, flags);
  return waits;
}

cli_input *cli_input_new(uv_loop_t *loop, int fd, const cli_input_reader *reader) {
  cli_input *in = calloc(1, sizeof *in);
  if (in == NULL) return NULL;
  in->reader = *reader;
  in->fd = fd;
  in->waits = can_wait(in, loop);
  in->poll.data = in->turn.data = in;
  uv_idle_init(loop, &in->turn);
  in->handles = in->waits ? 2 : 1;
  work_next_turn(in);
  return in;
}

void cli_input_resume(cli_input *in) {
  if (!in->paused || in->closed) return;
  in->paused = false;
  work_next_turn(in);
}

static void on_closed(uv_handle_t *handle) {
  cli_input *in = handle->data;
  if (--in->handles > 0) return;
  free(in->block);
  free(in);
}

void cli_input_close(cli_input *in) {
  if (in->closed) return;
  in->closed = true;
  uv_close((uv_handle_t *)&in->turn, on_closed);
  if (in->waits) uv_close((uv_handle_t *)&in->poll, on_closed);
}
