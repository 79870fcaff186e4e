/* A ring of records, each an event and what its spans point to. A record never wraps around: where
 * it would not fit, the rest of the ring is left empty.
 * Read first: tape.h. */
#include "oracle/tape.h"

#include <stdalign.h>
#include <stdlib.h>

#include "oracle/trace_copy.h"

typedef struct record {
  trace_event event;
  size_t len; /* with all that belongs to it */
} record;

struct tape {
  char *bytes;
  size_t size;
  size_t first, next; /* the oldest record; where the newest ends */
  size_t edge;        /* first > next: where the records behind `first` end */
  size_t count;
};

tape *tape_new(size_t bytes) {
  tape *out = calloc(1, sizeof *out);
  if (out == NULL) return NULL;
  out->size = bytes;
  out->bytes = malloc(bytes);
  if (out->bytes != NULL) return out;
  free(out);
  return NULL;
}

void tape_free(tape *t) {
  if (t == NULL) return;
  free(t->bytes);
  free(t);
}

void tape_reset(tape *t) { t->first = t->next = t->count = 0; }

static record *record_at(const tape *t, size_t at) { return (record *)(t->bytes + at); }

static size_t after(const tape *t, size_t at) {
  size_t next = at + record_at(t, at)->len;
  return at >= t->next && next == t->edge ? 0 : next;
}

static size_t record_size(const trace_event *event) {
  const size_t mask = alignof(max_align_t) - 1;
  return (sizeof(record) + trace_copy_size(event) + mask) & ~mask;
}

/* Drops the oldest records until from..from+len is free. */
static void make_room(tape *t, size_t from, size_t len) {
  while (t->count > 0 && t->first >= from && t->first < from + len) {
    t->first = after(t, t->first);
    t->count--;
  }
}

void tape_add(tape *t, const trace_event *event) {
  trace_event small = *event;
  size_t len = record_size(event);
  if (len > t->size / 4) {
    small = (trace_event){.kind = event->kind,
                          .t_ms = event->t_ms,
                          .line = event->line,
                          .conn = event->conn,
                          .dir = event->dir,
                          .has_dir = event->has_dir,
                          .at = event->at,
                          .n = event->n};
    len = record_size(&small);
    if (len > t->size) return;
  }
  if (len > t->size - t->next) {
    make_room(t, t->next, t->size - t->next);
    t->edge = t->next;
    t->next = 0;
  }
  make_room(t, t->next, len);
  if (t->count == 0) t->first = t->next = 0;
  record *out = record_at(t, t->next);
  out->event = trace_copy((char *)(out + 1), &small);
  out->len = len;
  t->next += len;
  t->count++;
}

void tape_tell(const tape *t, story *s) {
  size_t at = t->first;
  for (size_t i = 0; i < t->count; i++) {
    if (!story_add(s, &record_at(t, at)->event)) break;
    at = after(t, at);
  }
  story_end(s);
}
