/* Frames of one direction of one connection on their way, and what the reader asked of the writer.
 * Read first: judge_internal.h. */
#include "oracle/judge_internal.h"

#include <stdlib.h>
#include <string.h>

/* Letters of a lossy connection that are kept, because they can arrive again. */
enum { KEPT_MOST = 8192 };

static void move(span *part, char **to) {
  if (part->len) memcpy(*to, part->text, part->len);
  part->text = *to;
  *to += part->len;
}

void letter_own(struct letter *letter) {
  size_t len = letter->uid_text.len + letter->uid_json.len + letter->to.len + letter->content.len;
  letter->text = NULL;
  if (!len) return;
  char *at = letter->text = pool_resize(NULL, len);
  move(&letter->uid_text, &at);
  move(&letter->uid_json, &at);
  move(&letter->to, &at);
  move(&letter->content, &at);
}

void pipe_push(struct pipe *pipe, const struct letter *written) {
  if (pipe->first + pipe->count == pipe->room) {
    if (pipe->first >= pipe->room / 2 && pipe->first) {
      for (size_t i = 0; i < pipe->count; i++) pipe->letters[i] = pipe->letters[pipe->first + i];
      pipe->first = 0;
    } else {
      pipe->room = pipe->room ? pipe->room * 2 : 16;
      pipe->letters = pool_resize(pipe->letters, pipe->room * sizeof *pipe->letters);
    }
  }
  struct letter *letter = &pipe->letters[pipe->first + pipe->count++];
  *letter = *written;
  letter_own(letter);
}

static void drop_first(struct pipe *pipe) {
  free(pipe->letters[pipe->first].text);
  pipe->first++;
  pipe->count--;
  if (!pipe->count) pipe->first = 0;
}

struct letter *pipe_find(struct pipe *pipe, const trace_event *event, bool lossy) {
  uint64_t name = event->n ? 0 : pool_name(event->bytes, 0);
  struct letter *again = NULL;
  for (size_t i = 0; i < pipe->count; i++) {
    struct letter *letter = &pipe->letters[pipe->first + i];
    if (event->n ? letter->n != event->n : letter->bytes_name != name) continue;
    if (event->n || !letter->arrived) return letter;
    if (!again && lossy) again = letter;
  }
  return again;
}

bool pipe_is_next(const struct pipe *pipe, const struct letter *letter) {
  return pipe->count && letter == &pipe->letters[pipe->first];
}

void pipe_arrived(struct pipe *pipe, struct letter *letter, bool lossy) {
  letter->arrived = true;
  if (!lossy) drop_first(pipe); /* it was the next one */
  while (pipe->count > KEPT_MOST) drop_first(pipe);
}

void pipe_free(struct pipe *pipe) {
  while (pipe->count) drop_first(pipe);
  free(pipe->letters);
  free(pipe->wants);
  free(pipe->pings);
}

/* ---- What the reader asked for ---- */

static void add(uint64_t **list, size_t *count, size_t *room, uint64_t value) {
  if (*count == *room) {
    *room = *room ? *room * 2 : 4;
    *list = pool_resize(*list, *room * sizeof **list);
  }
  (*list)[(*count)++] = value;
}

static bool take(uint64_t *list, size_t *count, uint64_t value) {
  for (size_t i = 0; i < *count; i++) {
    if (list[i] != value) continue;
    list[i] = list[--*count];
    return true;
  }
  return false;
}

void pipe_want(struct pipe *pipe, struct want want) {
  if (pipe->wants_count == pipe->wants_room) {
    pipe->wants_room = pipe->wants_room ? pipe->wants_room * 2 : 4;
    pipe->wants = pool_resize(pipe->wants, pipe->wants_room * sizeof *pipe->wants);
  }
  pipe->wants[pipe->wants_count++] = want;
}

bool pipe_take_want(struct pipe *pipe, uint64_t id) {
  for (size_t i = 0; i < pipe->wants_count; i++) {
    if (pipe->wants[i].id != id) continue;
    pipe->wants[i] = pipe->wants[--pipe->wants_count];
    return true;
  }
  return false;
}

void pipe_ping(struct pipe *pipe, uint64_t payload) {
  add(&pipe->pings, &pipe->pings_count, &pipe->pings_room, payload);
}
bool pipe_take_ping(struct pipe *pipe, uint64_t payload) {
  return take(pipe->pings, &pipe->pings_count, payload);
}
