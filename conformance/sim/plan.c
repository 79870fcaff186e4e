/* Plans as data: adding, sorting, leaving out, and the words for what is left out.
 * Read first: plan.h. */
#include "sim/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint32_t calm[] = {
#define PLAN_KNOB_CALM(name, text, value, unit) value,
    PLAN_KNOBS_X(PLAN_KNOB_CALM)
#undef PLAN_KNOB_CALM
};

static const char *const knob_names[] = {
#define PLAN_KNOB_NAME(name, text, value, unit) text,
    PLAN_KNOBS_X(PLAN_KNOB_NAME)
#undef PLAN_KNOB_NAME
};

static const char letters[] = "cafrk";

/* ---- Life ---- */

void plan_init(plan *p) {
  memset(p, 0, sizeof *p);
  plan_clear(p);
}

void plan_free(plan *p) {
  free(p->actions);
  free(p->faults);
  free(p->rudes);
  memset(p, 0, sizeof *p);
}

void plan_clear(plan *p) {
  p->client_count = p->action_count = p->fault_count = p->rude_count = 0;
  for (size_t i = 0; i < PLAN_KNOB_COUNT; i++) p->knobs[i] = (plan_knob_value){.value = calm[i]};
}

/* ---- Entries ---- */

static void *entry_add(void **entries, size_t *count, size_t *room, size_t size) {
  if (*count == *room) {
    size_t more = 2 * *room + 64;
    void *grown = realloc(*entries, more * size);
    if (grown == NULL) return NULL;
    *entries = grown;
    *room = more;
  }
  uint8_t *added = (uint8_t *)*entries + (*count)++ * size;
  return memset(added, 0, size);
}

plan_action *plan_add_action(plan *p) {
  void *entries = p->actions;
  plan_action *added = entry_add(&entries, &p->action_count, &p->action_room, sizeof *p->actions);
  p->actions = entries;
  return added;
}

plan_fault *plan_add_fault(plan *p) {
  void *entries = p->faults;
  plan_fault *added = entry_add(&entries, &p->fault_count, &p->fault_room, sizeof *p->faults);
  p->faults = entries;
  return added;
}

plan_rude *plan_add_rude(plan *p) {
  void *entries = p->rudes;
  plan_rude *added = entry_add(&entries, &p->rude_count, &p->rude_room, sizeof *p->rudes);
  p->rudes = entries;
  return added;
}

/* Stable, and the same with every C library. */
#define SORT(name, type)                                                                       \
  static void sort_##name(type *entries, size_t count) {                                       \
    for (size_t i = 1; i < count; i++) {                                                       \
      type moved = entries[i];                                                                 \
      size_t at = i;                                                                           \
      for (; at > 0 && entries[at - 1].t_ms > moved.t_ms; at--) entries[at] = entries[at - 1]; \
      entries[at] = moved;                                                                     \
    }                                                                                          \
  }
SORT(actions, plan_action)
SORT(faults, plan_fault)
SORT(rudes, plan_rude)
#undef SORT

void plan_sort(plan *p) {
  sort_actions(p->actions, p->action_count);
  sort_faults(p->faults, p->fault_count);
  sort_rudes(p->rudes, p->rude_count);
}

/* ---- Knobs ---- */

uint32_t plan_knob_of(const plan *p, plan_knob knob) {
  return p->knobs[knob].out ? calm[knob] : p->knobs[knob].value;
}

const char *plan_knob_name(plan_knob knob) { return knob_names[knob]; }

/* ---- Leaving out ---- */

size_t plan_count(const plan *p, plan_list list) {
  switch (list) {
    case PLAN_LIST_CLIENTS: return p->client_count;
    case PLAN_LIST_ACTIONS: return p->action_count;
    case PLAN_LIST_FAULTS: return p->fault_count;
    case PLAN_LIST_RUDES: return p->rude_count;
    case PLAN_LIST_KNOBS: return PLAN_KNOB_COUNT;
    default: return 0;
  }
}

static bool *out_of(plan *p, plan_list list, size_t index) {
  switch (list) {
    case PLAN_LIST_CLIENTS: return &p->clients[index].out;
    case PLAN_LIST_ACTIONS: return &p->actions[index].out;
    case PLAN_LIST_FAULTS: return &p->faults[index].out;
    case PLAN_LIST_RUDES: return &p->rudes[index].out;
    default: return &p->knobs[index].out;
  }
}

bool plan_is_out(const plan *p, plan_list list, size_t index) {
  switch (list) {
    case PLAN_LIST_CLIENTS: return p->clients[index].out;
    case PLAN_LIST_ACTIONS: return p->actions[index].out;
    case PLAN_LIST_FAULTS: return p->faults[index].out;
    case PLAN_LIST_RUDES: return p->rudes[index].out;
    default: return p->knobs[index].out;
  }
}

void plan_leave(plan *p, plan_list list, size_t index, bool out) { *out_of(p, list, index) = out; }

static bool leave_range(plan *p, char letter, size_t from, size_t to) {
  const char *found = memchr(letters, letter, PLAN_LIST_COUNT);
  if (found == NULL) return false;
  plan_list list = (plan_list)(found - letters);
  size_t count = plan_count(p, list);
  if (from > to || to >= count) return false;
  for (size_t i = from; i <= to; i++) plan_leave(p, list, i, true);
  return true;
}

static bool number_read(const char **text, size_t *out) {
  size_t number = 0;
  if (**text < '0' || **text > '9') return false;
  for (; **text >= '0' && **text <= '9' && number < 100000000; ++*text)
    number = number * 10 + (size_t)(**text - '0');
  *out = number;
  return true;
}

bool plan_without(plan *p, const char *text) {
  while (*text != '\0') {
    size_t from, to;
    char letter = *text++;
    if (letter == '\0' || !number_read(&text, &from)) return false;
    to = from;
    if (*text == '-') {
      text++;
      if (!number_read(&text, &to)) return false;
    }
    if (!leave_range(p, letter, from, to)) return false;
    if (*text == ',')
      text++;
    else if (*text != '\0')
      return false;
  }
  return true;
}

static size_t range_write(char *out, size_t out_len, size_t at, char letter, size_t from,
                          size_t to) {
  char words[64];
  const char *comma = at == 0 ? "" : ",";
  int len = from == to ? snprintf(words, sizeof words, "%s%c%zu", comma, letter, from)
                       : snprintf(words, sizeof words, "%s%c%zu-%zu", comma, letter, from, to);
  for (int i = 0; i < len; i++)
    if (at + (size_t)i + 1 < out_len) out[at + (size_t)i] = words[i];
  return at + (size_t)len;
}

size_t plan_without_text(const plan *p, char *out, size_t out_len) {
  size_t at = 0;
  for (int list = 0; list < PLAN_LIST_COUNT; list++) {
    size_t count = plan_count(p, (plan_list)list);
    for (size_t from = 0; from < count; from++) {
      size_t to = from;
      if (!plan_is_out(p, (plan_list)list, from)) continue;
      while (to + 1 < count && plan_is_out(p, (plan_list)list, to + 1)) to++;
      at = range_write(out, out_len, at, letters[list], from, to);
      from = to;
    }
  }
  if (out_len > 0) out[at < out_len ? at : out_len - 1] = '\0';
  return at;
}
