/* One numbering of one stream: a ring of items from the oldest that matters to the newest, and what
 * a new numbering still has to repeat of the one before.
 * Read first: judge_internal.h. */
#include "oracle/judge_internal.h"

#include <stdlib.h>
#include <string.h>

struct stream *stream_new(uint64_t number, bool v1) {
  struct stream *stream = pool_take(sizeof *stream);
  stream->references = 1;
  stream->number = number;
  stream->v1 = v1;
  return stream;
}

struct stream *stream_hold(struct stream *stream) {
  if (stream) stream->references++;
  return stream;
}

static void free_owed(struct stream *stream) {
  for (size_t i = stream->owed_at; i < stream->owed_count; i++) free(stream->owed[i].text);
  free(stream->owed);
}

void stream_drop(struct stream **place) {
  struct stream *stream = *place;
  *place = NULL;
  if (!stream || --stream->references) return;
  stream_forget_below(stream, stream->next);
  free_owed(stream);
  free(stream->ring);
  pool_map_free(&stream->uids);
  free(stream);
}

struct item *stream_at(const struct stream *stream, uint64_t id) {
  if (!stream || id < stream->base || id >= stream->next) return NULL;
  struct item *item = &stream->ring[id & (stream->room - 1)];
  return item->content ? item : NULL;
}

static void make_room(struct stream *stream, uint64_t count) {
  if (count <= stream->room) return;
  size_t room = stream->room ? stream->room : 16;
  while (room < count) room *= 2;
  struct item *ring = pool_take(room * sizeof *ring);
  for (uint64_t id = stream->base; id < stream->next; id++)
    ring[id & (room - 1)] = stream->ring[id & (stream->room - 1)];
  free(stream->ring);
  stream->ring = ring;
  stream->room = room;
}

struct item *stream_append(struct stream *stream, uint64_t id) {
  if (!stream->begun) stream_begin(stream, id);
  make_room(stream, id - stream->base + 1);
  for (; stream->next <= id; stream->next++)
    stream->ring[stream->next & (stream->room - 1)] = (struct item){0};
  return &stream->ring[id & (stream->room - 1)];
}

void stream_begin(struct stream *stream, uint64_t id) {
  stream->begun = true;
  stream->base = stream->next = stream->front = stream->confirmed = stream->known = id;
}

void stream_note_uid(struct stream *stream, uint64_t id) {
  uint64_t uid = stream_at(stream, id)->uid, *at = pool_map_get(&stream->uids, uid);
  if (!at) {
    pool_map_put(&stream->uids, uid, id);
    return;
  }
  struct item *last = stream_at(stream, *at);
  while (last->same) last = stream_at(stream, last->same - 1);
  last->same = id + 1;
}

static void item_forget(struct stream *stream, struct item *item, uint64_t id) {
  uint64_t *at = pool_map_get(&stream->uids, item->uid);
  bool here = item->uid && at && *at == id;
  if (here && item->same) *at = item->same - 1;
  if (here && !item->same) pool_map_remove(&stream->uids, item->uid);
  free(item->text);
  item->text = NULL;
  item_hold(item, NULL);
}

void stream_forget_below(struct stream *stream, uint64_t id) {
  if (id > stream->next) id = stream->next;
  for (; stream->base < id; stream->base++)
    item_forget(stream, &stream->ring[stream->base & (stream->room - 1)], stream->base);
}

struct owed *stream_owe(struct stream *stream, const struct item *item, bool must) {
  if (!(stream->owed_count & (stream->owed_count + 1))) /* full at 0, 1, 3, 7, … */
    stream->owed = pool_resize(stream->owed, 2 * (stream->owed_count + 1) * sizeof *stream->owed);
  stream->owed[stream->owed_count++] = (struct owed){.content = item->content,
                                                     .uid = item->uid,
                                                     .payload = item->payload,
                                                     .mail = item->mail,
                                                     .line = item->written_line,
                                                     .text = pool_copy(item_uid(item)),
                                                     .uid_len = item->text ? item->uid_len : 0,
                                                     .kind = item->kind,
                                                     .len = item->len,
                                                     .must = must};
  return &stream->owed[stream->owed_count - 1];
}

void stream_owe_rest(struct stream *stream, const struct stream *before) {
  for (size_t i = before->owed_at; i < before->owed_count; i++) {
    const struct owed *old = &before->owed[i];
    struct item item = {.content = old->content,
                        .uid = old->uid,
                        .payload = old->payload,
                        .mail = old->mail,
                        .written_line = old->line,
                        .text = old->text,
                        .uid_len = old->uid_len,
                        .len = old->len,
                        .kind = old->kind};
    stream_owe(stream, &item, old->must)->must_not = old->must_not;
  }
}

static uint64_t least(uint64_t a, uint64_t b) { return a < b ? a : b; }

void stream_cut(struct stream *stream, uint64_t id, struct stream *rest) {
  for (uint64_t i = id; i < stream->next; i++) {
    struct item *item = stream_at(stream, i);
    if (item) item_forget(stream, item, i);
  }
  stream->next = id;
  stream->front = least(stream->front, id);
  stream->confirmed = least(stream->confirmed, id);
  stream->known = least(stream->known, id);
  free_owed(stream);
  stream->owed = rest->owed;
  stream->owed_at = rest->owed_at;
  stream->owed_count = rest->owed_count;
  rest->owed = NULL;
  rest->owed_at = rest->owed_count = 0;
  stream_drop(&rest);
}

bool stream_owes(const struct stream *stream, uint64_t content) {
  for (size_t at = stream->owed_at; at < stream->owed_count; at++) {
    if (stream->owed[at].content == content) return true;
    if (stream->owed[at].must) return false;
  }
  return false;
}

/* A session can be owed twice, of which only the later one must come. */
static size_t better_match(const struct stream *stream, size_t at) {
  for (size_t i = at; i < stream->owed_count; i++) {
    if (stream->owed[i].must) return stream->owed[i].content == stream->owed[at].content ? i : at;
  }
  return at;
}

const struct owed *stream_pay(judge *j, struct stream *stream, uint64_t content,
                              const char *order) {
  size_t at = stream->owed_at, must = 0;
  const struct owed *missed = NULL;
  for (; at < stream->owed_count && stream->owed[at].content != content; at++) {
    if (!stream->owed[at].must) continue;
    must++;
    if (!missed) missed = &stream->owed[at];
  }
  bool found = at < stream->owed_count;
  if (found) at = better_match(stream, at);
  if (missed) {
    judge_wrong(j, found ? order : "EP-LOST-5",
                "First the unconfirmed items of the numbering before, all of them, in their order.",
                "In its new numbering a stream goes on without %zu unconfirmed item%s of the "
                "numbering before, which must come first.",
                must, must == 1 ? "" : "s");
    judge_about(j, NULL, (span){missed->text, missed->text ? missed->uid_len : 0});
    judge_lead(j, missed->line);
    return NULL;
  }
  if (found && stream->owed[at].must_not) {
    judge_wrong(j, stream->owed[at].must_not, "Nothing: the message was refused.",
                "The client sends a message again that was refused, or is too large.");
    judge_lead(j, stream->owed[at].line);
    return NULL;
  }
  for (size_t i = stream->owed_at; i < at; i++) free(stream->owed[i].text);
  stream->owed_at = at;
  if (!found) return NULL;
  free(stream->owed[at].text);
  stream->owed[at].text = NULL;
  stream->owed_at++;
  return &stream->owed[at];
}

/* ---- Items ---- */

void item_keep_uid(struct item *item, span uid) {
  free(item->text);
  item->text = pool_copy(uid);
  item->uid_len = (uint32_t)uid.len;
}

span item_uid(const struct item *item) {
  return item->text ? (span){item->text, item->uid_len} : (span){"", 0};
}

void item_hold(struct item *item, const struct letter *letter) {
  if (item->held) free(item->held->text);
  free(item->held);
  item->held = NULL;
  if (!letter) return;
  item->held = pool_take(sizeof *item->held);
  *item->held = *letter;
  letter_own(item->held);
}
