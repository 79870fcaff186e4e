/* Messages that a case has written, compared with what the server makes of them; and who belongs to
 * the case at all, because other cases run at the same time on the same server. Read first:
 * watch.c. */
#include <stdlib.h>
#include <string.h>

#include "runner/play.h"

static char *text_of(span from) { return text_copy(from.text, from.len); }

enum { HASHES = 1 << 16 };

/* FNV-1a */
static size_t hash_of(span uid) {
  uint32_t hash = 2166136261u;
  for (size_t i = 0; i < uid.len; i++) hash = (hash ^ (unsigned char)uid.text[i]) * 16777619u;
  return (hash ^ hash >> 16) % HASHES;
}

void watch_sent(play *p, const conn *c, const frame *f) {
  if ((p->sent_count & (p->sent_count + 1)) == 0)
    p->sent = text_grow(p->sent, (p->sent_count * 2 + 2) * sizeof *p->sent);
  if (p->sent_last == NULL) p->sent_last = text_alloc(HASHES * sizeof *p->sent_last);
  size_t hash = hash_of(f->uid);
  p->sent[p->sent_count++] =
      (written){.uid = text_of(f->uid),
                .from = c->of == NULL ? NULL : c->of->id,
                .to = text_of(f->to),
                .payload = (f->has & FRAME_HAS_PAYLOAD) != 0 ? text_of(f->payload) : NULL,
                .id = f->id,
                .before = p->sent_last[hash]};
  p->sent_last[hash] = p->sent_count;
}

static written *chain(play *p, size_t at, const char *uid, size_t len) {
  for (; at != 0; at = p->sent[at - 1].before) {
    written *one = &p->sent[at - 1];
    if (strlen(one->uid) == len && memcmp(one->uid, uid, len) == 0) return one;
  }
  return NULL;
}

written *watch_newest(play *p, span uid) {
  if (p->sent_last == NULL) return NULL;
  return chain(p, p->sent_last[hash_of(uid)], uid.text, uid.len);
}

written *watch_before(play *p, const written *one) {
  return chain(p, one->before, one->uid, strlen(one->uid));
}

typedef enum difference { SAME, OTHER_ID, OTHER_FROM, OTHER_TO, OTHER_PAYLOAD } difference;

static bool is_text(const char *words, span bytes) {
  return strlen(words) == bytes.len && memcmp(words, bytes.text, bytes.len) == 0;
}

static difference compare(const written *one, const frame *f) {
  bool has_payload = (f->has & FRAME_HAS_PAYLOAD) != 0;
  if (has_payload != (one->payload != NULL)) return OTHER_PAYLOAD;
  if (has_payload && !is_text(one->payload, f->payload)) return OTHER_PAYLOAD;
  if (!is_text(one->to, f->to)) return OTHER_TO;
  if (one->from != NULL && !is_text(one->from, f->from)) return OTHER_FROM;
  return one->id == f->from_id ? SAME : OTHER_ID;
}

static void breach_of(play *p, const written *one, const frame *f, difference how) {
  text came = {0};
  switch (how) {
    case OTHER_PAYLOAD:
      text_show(&came, f->payload, 400);
      watch_breach(p, "EP-G1-1",
                   text_format("the payload as it was written: %.400s",
                               one->payload == NULL ? "absent" : one->payload),
                   text_format("payload %s", text_words(&came)));
      break;
    case OTHER_TO:
      text_show(&came, f->to, 400);
      watch_breach(p, "EP-MSG-6", text_format("`to` as it was written: %.400s", one->to),
                   text_format("to %s", text_words(&came)));
      break;
    case OTHER_FROM:
      text_show(&came, f->from, 400);
      watch_breach(p, "EP-G1-2", text_format("`from` is the writer: %s", one->from),
                   text_format("from %s", text_words(&came)));
      break;
    default:
      watch_breach(p, "EP-SEND-1",
                   text_format("`fromId` is the number in the sender's stream: %llu",
                               (unsigned long long)one->id),
                   text_format("fromId %llu", (unsigned long long)f->from_id));
  }
}

/* A uid can have been written more than once: whichever comes nearest is compared. */
void watch_mail(play *p, const frame *f) {
  const written *nearest = NULL;
  difference least = OTHER_PAYLOAD;
  for (written *one = watch_newest(p, f->uid); one != NULL; one = watch_before(p, one)) {
    difference how = compare(one, f);
    if (how == SAME) {
      nearest = NULL;
      least = SAME;
      break;
    }
    if (nearest == NULL || how < least) {
      nearest = one;
      least = how;
    }
  }
  if (nearest == NULL && least != SAME)
    wire_note(p, NULL, "what was written under this uid is not known, and not compared");
  if (nearest != NULL) breach_of(p, nearest, f, least);
  if (f->strangers != 0)
    watch_breach(p, "EP-MSG-5", text_same("from, to, id, uid, payload and fromId alone"),
                 text_format("a member `%.*s`", (int)f->stranger.len, f->stranger.text));
}

bool watch_is_ours(const play *p, span id) {
  for (size_t i = 0; i < p->client_count; i++) {
    if (is_text(p->clients[i]->id, id)) return true;
  }
  size_t len = 0;
  const char *tag = vars_get((vars *)&p->names, "tag", 3, &len);
  for (size_t i = 0; tag != NULL && i + len <= id.len; i++) {
    if (memcmp(id.text + i, tag, len) == 0) return true;
  }
  return false;
}

void watch_own_list(play *p, text *message) {
  span list = scan_member_of(text_span(message), "payload");
  if (scan_kind_of(list) != SCAN_ARRAY) return;
  text out = {0};
  scan_walk walk;
  span item;
  bool first = true;
  text_add(&out, message->at, (size_t)(list.text - message->at));
  text_put(&out, "[");
  scan_begin(&walk, list, SCAN_DEPTH_MOST);
  while (scan_next_item(&walk, &item) == SCAN_OK) {
    span uuid = scan_member_of(item, "uuid");
    if (uuid.len >= 2 && !watch_is_ours(p, (span){uuid.text + 1, uuid.len - 2})) continue;
    if (!first) text_put(&out, ",");
    text_add(&out, item.text, item.len);
    first = false;
  }
  text_put(&out, "]");
  const char *rest = list.text + list.len;
  text_add(&out, rest, (size_t)(message->at + message->len - rest));
  free(message->at);
  *message = out;
}
