/* Steps with a pattern: < <? <& and ! of connections.
 * Read first: play.h, pattern.h. */
#include <string.h>

#include "runner/play.h"

static pattern *read_pattern(play *p, const char *words) {
  char *why = NULL;
  pattern *made = pattern_read(&p->names, words, &why);
  if (made == NULL)
    (void)play_end(p, VERDICT_ERROR, text_format("%s:%u: %s", p->of->file, p->now->line, why));
  return made;
}

static span text_of(const arrived *one) { return (span){one->text, one->len}; }

static bool nothing_came(play *p, const conn *c, const char *wanted) {
  if (!play_is_clean(p)) return false;
  char *acceptable = text_format("%s", wanted);
  if (c->end == END_BY_PEER || c->end == END_RESET)
    return play_fail(p, play_requirement(p), acceptable,
                     text_format("the end of %s's connection", c->name));
  return play_late(p, acceptable,
                   text_format("nothing for %.0f ms", wire_now() - p->step_began_ms));
}

bool play_step_expect(play *p, conn *c) {
  double until;
  char *why;
  pattern *wanted = read_pattern(p, p->now->words);
  if (wanted == NULL || !play_deadline(p, &until)) return false;
  bool is_optional = p->now->kind == STEP_MAY_COME;
  const char *action = pattern_action(wanted);
  if (is_optional) {
    size_t before = c->queue_at;
    arrived *one = frames_next(p, c, action, until);
    if (one != NULL && !pattern_matches(wanted, text_of(one), &p->names, &why))
      c->queue_at = before;
    return play_is_clean(p);
  }
  arrived *one = frames_next(p, c, action, until);
  if (one == NULL) return nothing_came(p, c, p->now->words);
  if (!play_is_clean(p)) return false;
  if (pattern_matches(wanted, text_of(one), &p->names, &why)) return true;
  return play_fail(p, play_requirement(p), text_same(p->now->words),
                   text_format("%s (%s)", frames_show(one), why));
}

/* ---- <& : all of them, in any order ---- */

enum { TOGETHER_MOST = 64 };

typedef struct together {
  pattern *wanted[TOGETHER_MOST];
  const step *of[TOGETHER_MOST];
  bool has_come[TOGETHER_MOST];
  size_t count;
} together;

static bool read_together(play *p, size_t *index, together *all) {
  const char *who = p->now->who;
  for (size_t i = *index; i < p->of->step_count; i++) {
    const step *one = &p->of->steps[i];
    if (one->version != 0 && one->version != p->run->version) continue;
    if (one->kind != STEP_ANY_ORDER || strcmp(one->who, who) != 0) break;
    if (all->count == TOGETHER_MOST) break;
    p->now = one;
    all->of[all->count] = one;
    if ((all->wanted[all->count++] = read_pattern(p, one->words)) == NULL) return false;
    *index = i;
  }
  return true;
}

/* Whether a frame is one of those still missing; the action of one that is decides what counts. */
static bool take_one(play *p, together *all, const arrived *one) {
  char *why;
  for (size_t i = 0; i < all->count; i++) {
    if (all->has_come[i]) continue;
    if (!pattern_matches(all->wanted[i], text_of(one), &p->names, &why)) continue;
    all->has_come[i] = true;
    return true;
  }
  return false;
}

static const char *missing(const together *all) {
  text out = {0};
  for (size_t i = 0; i < all->count; i++) {
    if (!all->has_come[i]) text_putf(&out, "%s%s", out.len == 0 ? "" : " and ", all->of[i]->words);
  }
  return text_words(&out);
}

static arrived *next_of_any(play *p, conn *c, const together *all, double until) {
  for (;;) {
    while (c->queue_at < c->queue_count) {
      arrived *one = &c->queue[c->queue_at];
      for (size_t i = 0; i < all->count; i++) {
        const char *action = pattern_action(all->wanted[i]);
        if (action != NULL && strcmp(action, one->action) == 0) return c->queue_at++, one;
      }
      size_t at = c->queue_at;
      if (frames_look(p, c, NULL, &at) == one) return c->queue_at++, one;
      c->queue_at++;
    }
    if (p->breach != NULL || c->end != END_OPEN || wire_now() >= until) return NULL;
    wire_pump(p, until);
  }
}

bool play_step_any_order(play *p, conn *c, size_t *index) {
  together all = {.count = 0};
  double until;
  if (!read_together(p, index, &all) || !play_deadline(p, &until)) return false;
  p->judged += (unsigned)all.count - 1;
  for (size_t came = 0; came < all.count; came++) {
    arrived *one = next_of_any(p, c, &all, until);
    if (one == NULL) return nothing_came(p, c, missing(&all));
    p->last_came_ms = one->at_ms;
    if (!play_is_clean(p)) return false;
    if (!take_one(p, &all, one))
      return play_fail(p, play_requirement(p), text_same(missing(&all)), frames_show(one));
  }
  return true;
}

/* ---- ! : nothing like it ---- */

bool play_step_not(play *p, conn *c) {
  int64_t ms;
  char *why;
  pattern *unwanted = read_pattern(p, p->now->words);
  if (unwanted == NULL || !play_number(p, p->now->during, &ms)) return false;
  double until = p->step_began_ms + (double)ms;
  size_t at = c->queue_at;
  for (;;) {
    arrived *one;
    while ((one = frames_look(p, c, pattern_action(unwanted), &at)) != NULL) {
      if (pattern_matches(unwanted, text_of(one), &p->names, &why))
        return play_fail(p, play_requirement(p),
                         text_format("nothing like %s for %lld ms", p->now->words, (long long)ms),
                         frames_show(one));
    }
    if (!play_is_clean(p)) return false;
    if (c->end != END_OPEN && !play_expects_close(p, c))
      return play_fail(p, play_requirement(p), text_format("%s's connection stays open", c->name),
                       text_same("it was closed"));
    if (wire_now() >= until) return true;
    wire_pump(p, until);
  }
}
