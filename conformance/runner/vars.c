/* Read first: vars.h. */
#include "runner/vars.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tables.h"

/* ---- Limits and timers of the spec, by name ---- */

static struct {
  const char *name;
  int64_t value;
  bool is_timer;
} settings[] = {
#define LIMIT_ROW(id, name, value, unit, full) {name, value, false},
    EP_LIMITS(LIMIT_ROW)
#undef LIMIT_ROW
#define TIMER_ROW(id, name, value, side, meaning) {name, value, true},
        EP_TIMERS(TIMER_ROW)
#undef TIMER_ROW
};

enum { SETTINGS = sizeof settings / sizeof *settings };

bool vars_configure(const char *name, int64_t value, bool is_timer) {
  for (size_t i = 0; i < SETTINGS; i++) {
    if (settings[i].is_timer != is_timer || strcmp(settings[i].name, name) != 0) continue;
    settings[i].value = value;
    return true;
  }
  return false;
}

static bool setting_of(span name, int64_t *out) {
  for (size_t i = 0; i < SETTINGS; i++) {
    if (strlen(settings[i].name) != name.len) continue;
    if (memcmp(settings[i].name, name.text, name.len) != 0) continue;
    *out = settings[i].value;
    return true;
  }
  return false;
}

/* ---- Names ---- */

void vars_set(vars *all, const char *name, const char *value, size_t len) {
  for (size_t i = 0; i < all->count; i++) {
    if (strcmp(all->list[i].name, name) != 0) continue;
    all->list[i].value = text_copy(value, len);
    all->list[i].len = len;
    return;
  }
  all->list = text_grow(all->list, (all->count + 1) * sizeof *all->list);
  all->list[all->count++] = (var){text_same(name), text_copy(value, len), len};
}

void vars_setf(vars *all, const char *name, const char *format, ...) {
  va_list args;
  char words[512];
  va_start(args, format);
  int len = vsnprintf(words, sizeof words, format, args);
  va_end(args);
  vars_set(all, name, words, len < 0 ? 0 : strlen(words));
}

static const var *find(const vars *all, const char *name, size_t len) {
  for (size_t i = 0; i < all->count; i++) {
    if (strlen(all->list[i].name) == len && memcmp(all->list[i].name, name, len) == 0) {
      return &all->list[i];
    }
  }
  return NULL;
}

const char *vars_get(vars *all, const char *name, size_t name_len, size_t *len) {
  const var *found = find(all, name, name_len);
  if (found == NULL && name_len > 1 && name[0] == 'u') {
    if (!isdigit((unsigned char)name[1]) && !isupper((unsigned char)name[1])) return NULL;
    const var *stem = find(all, "u", 1);
    if (stem == NULL) return NULL;
    static char uid[256];
    int made = snprintf(uid, sizeof uid, "%s%.*s", stem->value, (int)name_len - 1, name + 1);
    *len = made < 0 ? 0 : (size_t)made;
    return uid;
  }
  if (found == NULL) return NULL;
  *len = found->len;
  return found->value;
}

size_t vars_name(const char *at, span *name) {
  bool braced = at[1] == '{';
  const char *from = at + (braced ? 2 : 1);
  size_t len = 0;
  if (!isalpha((unsigned char)*from)) return 0;
  while (isalnum((unsigned char)from[len]) || from[len] == '_') len++;
  if (braced && from[len] != '}') return 0;
  *name = (span){from, len};
  return (size_t)(from - at) + len + (braced ? 1 : 0);
}

/* ---- Numbers ---- */

typedef struct reader {
  vars *all;
  const char *at;
  char *why;
} reader;

static bool fail(reader *r, char *why) {
  if (r->why == NULL) r->why = why;
  return false;
}

static void skip_blanks(reader *r) { r->at += strspn(r->at, " "); }

static bool read_sum(reader *r, int64_t *out);

static bool read_value(reader *r, int64_t *out) {
  skip_blanks(r);
  span name = {r->at, 0};
  if (*r->at == '(' || text_begins(r->at, "$(")) {
    r->at += *r->at == '(' ? 1 : 2;
    if (!read_sum(r, out)) return false;
    skip_blanks(r);
    if (*r->at != ')') return fail(r, text_format("`(` is not closed before `%s`.", r->at));
    r->at++;
    return true;
  }
  if (isdigit((unsigned char)*r->at)) {
    char *end;
    *out = (int64_t)strtoll(r->at, &end, 10);
    r->at = end;
    return true;
  }
  if (*r->at == '$') {
    size_t used = vars_name(r->at, &name), len = 0;
    const char *value = used == 0 ? NULL : vars_get(r->all, name.text, name.len, &len);
    if (value == NULL) return fail(r, text_format("`%s` is not set here.", r->at));
    char *end;
    *out = (int64_t)strtoll(value, &end, 10);
    if (end == value || *end != '\0')
      return fail(r, text_format("$%.*s is not a number.", (int)name.len, name.text));
    r->at += used;
    return true;
  }
  while (islower((unsigned char)r->at[name.len]) || isdigit((unsigned char)r->at[name.len]) ||
         r->at[name.len] == '_')
    name.len++;
  if (name.len == 0 || !setting_of(name, out))
    return fail(
        r, text_format("`%s` does not begin with a number, a limit, a timer or a name.", r->at));
  r->at += name.len;
  return true;
}

static bool read_product(reader *r, int64_t *out) {
  if (!read_value(r, out)) return false;
  for (skip_blanks(r); *r->at == '*'; skip_blanks(r)) {
    int64_t factor;
    r->at++;
    if (!read_value(r, &factor)) return false;
    *out *= factor;
  }
  return true;
}

static bool read_sum(reader *r, int64_t *out) {
  if (!read_product(r, out)) return false;
  for (skip_blanks(r); *r->at == '+' || *r->at == '-'; skip_blanks(r)) {
    int64_t term;
    bool minus = *r->at++ == '-';
    if (!read_product(r, &term)) return false;
    *out += minus ? -term : term;
  }
  return true;
}

/* ---- Texts ---- */

/* "TEXT" with \" and \\ , so many times; # in it is the number of the turn. */
static bool read_repeated(reader *r, int64_t count, text *out) {
  text once = {0}, expanded = {0};
  r->at++;
  for (; *r->at != '"'; r->at++) {
    if (*r->at == '\0') return fail(r, text_same("A text after `x` is not closed."));
    if (*r->at == '\\' && r->at[1] != '\0') r->at++;
    text_add(&once, r->at, 1);
  }
  r->at++;
  if (!vars_expand(r->all, text_words(&once), VARS_ALL, &expanded, &r->why)) return false;
  bool is_counted = strchr(text_words(&expanded), '#') != NULL;
  for (int64_t turn = 0; turn < count; turn++) {
    if (!is_counted) text_add(out, expanded.at, expanded.len);
    for (const char *at = text_words(&expanded); is_counted && *at != '\0'; at++) {
      if (*at == '#')
        text_putf(out, "%lld", (long long)turn);
      else
        text_add(out, at, 1);
    }
  }
  free(once.at);
  free(expanded.at);
  return true;
}

/* What stands between `$(` and `)`; r->at is behind the latter then. */
static bool read_parentheses(reader *r, text *out) {
  int64_t number;
  r->at += 2;
  if (!read_sum(r, &number)) return false;
  if (text_begins(r->at, "x \"")) {
    r->at += 2;
    if (!read_repeated(r, number, out)) return false;
  } else {
    text_putf(out, "%lld", (long long)number);
  }
  skip_blanks(r);
  if (*r->at != ')') return fail(r, text_format("`$(` is not closed before `%s`.", r->at));
  r->at++;
  return true;
}

bool vars_expand(vars *all, const char *in, vars_what what, text *out, char **why) {
  reader r = {.all = all, .at = in};
  text_add(out, "", 0);
  while (*r.at != '\0') {
    span name;
    size_t used;
    if (*r.at != '$') {
      size_t plain = strcspn(r.at, "$");
      text_add(out, r.at, plain);
      r.at += plain;
    } else if (r.at[1] == '(') {
      if (!read_parentheses(&r, out)) break;
    } else if (what == VARS_NUMBERS || (used = r.at[1] == '$' ? 2 : vars_name(r.at, &name)) == 0) {
      size_t both = r.at[1] == '$' ? 2 : 1;
      text_add(out, r.at, both);
      r.at += both;
    } else if (r.at[1] == '$') {
      text_add(out, "$", 1);
      r.at += 2;
    } else {
      size_t len = 0;
      const char *value = vars_get(all, name.text, name.len, &len);
      if (value == NULL) {
        (void)fail(&r, text_format("$%.*s is not set here.", (int)name.len, name.text));
        break;
      }
      text_add(out, value, len);
      r.at += used;
    }
  }
  *why = r.why;
  return r.why == NULL;
}

bool vars_number(vars *all, const char *in, int64_t *out, char **why) {
  text expanded = {0};
  if (!vars_expand(all, in, VARS_ALL, &expanded, why)) return false;
  char *end;
  *out = (int64_t)strtoll(text_words(&expanded), &end, 10);
  if (end != expanded.at && *end == '\0') return true;
  *why = text_format("`%s` is not a whole number.", text_words(&expanded));
  return false;
}
