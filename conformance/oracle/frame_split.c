/* Where frames begin and end: bytes in any segments, whole frames out.
 * Read first: frame.h. */
#include <stdlib.h>
#include <string.h>

#include "oracle/frame.h"

enum { END_OF_FRAME = 0x0C, FIRST_ROOM = 4096 };

void frame_splitter_init(frame_splitter *splitter, size_t most) {
  *splitter = (frame_splitter){.most = most};
}

void frame_splitter_free(frame_splitter *splitter) {
  free(splitter->bytes);
  *splitter = (frame_splitter){.most = splitter->most};
}

/* Moves what is not yet given to the front. */
static void drop_given(frame_splitter *splitter) {
  if (splitter->at == 0) return;
  splitter->len -= splitter->at;
  splitter->seen -= splitter->at;
  if (splitter->len != 0) {
    memmove(splitter->bytes, splitter->bytes + splitter->at, splitter->len);
  }
  splitter->at = 0;
}

bool frame_splitter_feed(frame_splitter *splitter, const char *bytes, size_t len) {
  if (len == 0) return true;
  drop_given(splitter);
  if (splitter->room - splitter->len < len) {
    size_t room = splitter->room == 0 ? FIRST_ROOM : splitter->room;
    while (room - splitter->len < len) room *= 2;
    char *grown = realloc(splitter->bytes, room);
    if (grown == NULL) return false;
    splitter->bytes = grown;
    splitter->room = room;
  }
  memcpy(splitter->bytes + splitter->len, bytes, len);
  splitter->len += len;
  return true;
}

/* Keeps the first `most` bytes of a frame whose end has not come yet, and counts the others. */
static void skip_surplus(frame_splitter *splitter) {
  size_t have = splitter->len - splitter->at;
  if (have <= splitter->most) return;
  splitter->skipped += have - splitter->most;
  splitter->len = splitter->at + splitter->most;
  splitter->seen = splitter->len;
}

bool frame_splitter_next(frame_splitter *splitter, span *out, size_t *skipped) {
  if (skipped != NULL) *skipped = 0;
  if (splitter->seen == splitter->len) return false;
  char *from = splitter->bytes + splitter->seen;
  char *end = memchr(from, END_OF_FRAME, splitter->len - splitter->seen);
  if (end == NULL) {
    splitter->seen = splitter->len;
    skip_surplus(splitter);
    return false;
  }
  size_t len = (size_t)(end - splitter->bytes) - splitter->at;
  size_t surplus = splitter->skipped + (len > splitter->most ? len - splitter->most : 0);
  *out = (span){splitter->bytes + splitter->at, surplus == 0 ? len + 1 : splitter->most};
  if (skipped != NULL) *skipped = surplus;
  splitter->at += len + 1;
  splitter->seen = splitter->at;
  splitter->skipped = 0;
  return true;
}

size_t frame_splitter_rest(const frame_splitter *splitter) { return splitter->len - splitter->at; }
