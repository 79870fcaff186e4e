/* A peer confirms only what was written to it. So it is known here what the suite has written of
 * each stream without a gap (EP/2), and which uids (EP/1); a confirm of more is a breach, whatever
 * the case is about. In doubt a confirm counts as right. Read first: watch.c. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "runner/play.h"

static bool is_server_tested(const play *p) { return p->of->role == ROLE_SERVER; }

/* Who confirms what is not there yet has not accepted it (a server), or not handed it over. */
static const char *requirement(const play *p) {
  return is_server_tested(p) ? "EP-G5-1" : "EP-RECV-8";
}

static bool is_within(span where, span what) {
  for (size_t i = 0; i + what.len <= where.len; i++) {
    if (memcmp(where.text + i, what.text, what.len) == 0) return true;
  }
  return false;
}

/* ---- EP/2: ids ---- */

/* One id more; those above the first gap wait until it is closed. */
static void add_id(client *of, uint64_t id) {
  if (id < of->whole) return;
  if (id > of->whole) {
    of->above = text_grow(of->above, (of->above_count + 1) * sizeof *of->above);
    of->above[of->above_count++] = id;
    return;
  }
  of->whole++;
  for (size_t i = 0; i < of->above_count;) {
    if (of->above[i] > of->whole) {
      i++;
      continue;
    }
    bool is_next = of->above[i] == of->whole;
    of->above[i] = of->above[--of->above_count];
    if (is_next) {
      of->whole++;
      i = 0;
    }
  }
}

/* Behind an auth request, whose reply says where the stream goes on: EP-AUTH-8. */
static void add_early(conn *c, uint64_t id) {
  if (c->early_count == 0) c->of->unanswered++;
  c->early = text_grow(c->early, (c->early_count + 1) * sizeof *c->early);
  c->early[c->early_count++] = id;
}

static void add(conn *c, uint64_t id) {
  if (c->version == 0)
    add_early(c, id);
  else
    add_id(c->of, id);
}

/* What is no message can be an item all the same, and be refused under its id (EP-ROUTE-3). Every
 * number that stands where an id can is one; a spelling that hides it makes the stream unsure. */
static void add_odd_ids(conn *c, span message) {
  static const char name[] = "\"id\"";
  const size_t width = sizeof name - 1;
  if (is_within(message, span_of("\\u"))) c->of->is_unsure = true;
  for (size_t i = 0; i + width < message.len; i++) {
    if (memcmp(message.text + i, name, width) != 0) continue;
    size_t at = i + width;
    while (at < message.len && strchr(" \t\r\n:", message.text[at]) != NULL) at++;
    uint64_t id = 0;
    size_t digits = 0;
    for (; at < message.len && isdigit((unsigned char)message.text[at]) && digits < 16; at++) {
      id = id * 10 + (uint64_t)(message.text[at] - '0');
      digits++;
    }
    if (digits > 0) add(c, id);
  }
}

static bool is_item(const frame *f) {
  if ((f->has & FRAME_HAS_ID) == 0) return false;
  return f->action == EP_ACTION_MESSAGE_NEW || f->action == EP_ACTION_SESSION_UPDATE ||
         f->action == EP_ACTION_MESSAGE_RECEIPT || f->action == EP_ACTION_ERROR;
}

void watch_count(play *p, conn *c, const frame *f) {
  if (c->of == NULL || !c->asked.is_asked || f->class == FRAME_MALFORMED) return;
  if (f->class == FRAME_INVALID) {
    text_add(&p->odd, f->text.text, f->text.len);
    add_odd_ids(c, f->text);
  } else if (is_item(f) && c->version != 1) {
    add(c, f->id);
  }
}

void watch_start_over(client *of) {
  of->whole = 0;
  of->above_count = 0;
}

/* ---- EP/2: where a stream goes on ---- */

static void check_expect(play *p, const conn *c, uint64_t expect, uint64_t most,
                         const char *which) {
  if (expect <= most || c->of->is_unsure || c->of->unanswered > 0) return;
  watch_breach(p, which, text_format("`expect` of at most %llu", (unsigned long long)most),
               text_format("`expect` %llu: that was never written", (unsigned long long)expect));
}

/* EP-LOST-1: another instance than the one that joined last begins at 0. */
void watch_resume_up(play *p, conn *c, const frame *reply, bool resumes) {
  client *of = c->of;
  if (c->early_count > 0) of->unanswered--;
  check_expect(p, c, reply->expect, resumes ? of->whole : 0, resumes ? "EP-G5-1" : "EP-LOST-1");
  of->above_count = 0;
  of->whole = reply->expect;
  for (size_t i = 0; i < c->early_count; i++) add_id(of, c->early[i]);
}

void watch_resume_down(play *p, conn *c, const frame *request) {
  size_t len = 0;
  const char *epoch = vars_get(&p->names, "epoch", strlen("epoch"), &len);
  bool knows = (request->has & FRAME_HAS_EPOCH) != 0 && span_is(request->epoch, epoch);
  if (knows && request->version >= 2) check_expect(p, c, request->expect, c->of->whole, "EP-RES-1");
}

/* ---- Confirms ---- */

static void breach(play *p, const char *which, const char *acceptable, const frame *f) {
  text came = {0};
  text_show(&came, f->text, 400);
  watch_breach(p, which, text_same(acceptable), text_same(text_words(&came)));
}

static void check_id(play *p, const conn *c, const frame *f) {
  if ((f->has & FRAME_HAS_PAYLOAD) == 0) {
    breach(p, "EP-SEND-4", "in EP/2 a confirm of an id", f);
    return;
  }
  if (c->of->is_unsure || f->id < c->of->whole) return;
  breach(p, requirement(p),
         c->of->whole == 0 ? "no confirm, since no item was written that could be confirmed"
                           : text_format("confirms up to %llu, the last item that was written "
                                         "without a gap before it",
                                         (unsigned long long)c->of->whole - 1),
         f);
}

/* EP-RECV-10: one confirm for each time that the message was written, the oldest first. */
static void check_uid(play *p, const conn *c, const frame *f) {
  if ((f->has & FRAME_HAS_UID) == 0) {
    breach(p, "EP-SEND-5", "in EP/1 a confirm of a uid", f);
    return;
  }
  written *oldest = NULL;
  for (written *one = watch_newest(p, f->uid); one != NULL; one = watch_before(p, one)) {
    bool is_mine = one->from != NULL && strcmp(one->from, c->of->id) == 0;
    if (is_mine && !one->is_confirmed) oldest = one;
  }
  if (oldest != NULL) {
    oldest->is_confirmed = true;
  } else if (p->odd.len == 0 || !is_within(text_span(&p->odd), f->uid)) {
    breach(p, is_server_tested(p) ? "EP-RECV-10" : "EP-RECV-8",
           "one confirm for each time that a message was written under its uid", f);
  }
}

void watch_confirm(play *p, conn *c, const frame *f) {
  if (c->of == NULL || c->version == 0) return;
  if (c->version == 2)
    check_id(p, c, f);
  else
    check_uid(p, c, f);
}
