/* Reads patterns into trees. Matching is in pattern_match.c.
 * Read first: pattern.h, pattern_tree.h. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "runner/pattern.h"
#include "runner/pattern_tree.h"

typedef struct reader {
  vars *all; /* NULL: only the form is checked */
  const char *at;
  char *why;
} reader;

static pattern *fail(reader *r, char *why) {
  if (r->why == NULL) r->why = why;
  return NULL;
}

static void skip_blanks(reader *r) { r->at += strspn(r->at, " \t"); }

static pattern *make(pattern_kind kind) {
  pattern *made = text_alloc(sizeof *made);
  made->kind = kind;
  return made;
}

/* The raw JSON of what is between two places, names replaced. */
static bool keep_raw(reader *r, const char *from, pattern *to) {
  char *raw = text_copy(from, (size_t)(r->at - from));
  text out = {0};
  if (r->all == NULL)
    text_put(&out, raw);
  else if (!vars_expand(r->all, raw, VARS_ALL, &out, &r->why))
    return false;
  to->raw = text_span(&out);
  free(raw);
  return true;
}

/* Goes behind a string. */
static bool skip_string(reader *r) {
  for (r->at++; *r->at != '"'; r->at++) {
    if (*r->at == '\0') return false;
    if (*r->at == '\\' && r->at[1] != '\0') r->at++;
  }
  r->at++;
  return true;
}

/* Goes behind any JSON value. */
static bool skip_value(reader *r) {
  unsigned depth = 0;
  do {
    skip_blanks(r);
    if (*r->at == '\0') return false;
    if (*r->at == '"') {
      if (!skip_string(r)) return false;
    } else if (strchr("{[", *r->at) != NULL) {
      depth++, r->at++;
    } else if (strchr("]}", *r->at) != NULL) {
      if (depth == 0) return false;
      depth--, r->at++;
    } else if (strchr(",:", *r->at) != NULL) {
      r->at++;
    } else {
      r->at += strcspn(r->at, " \t\"{}[],:");
    }
  } while (depth > 0);
  return true;
}

static pattern *read_string(reader *r) {
  const char *from = r->at;
  if (!skip_string(r)) return fail(r, text_same("A string of the pattern is not closed."));
  pattern *made = make(PATTERN_STRING);
  if (r->at == from + 2 && *r->at == '*') {
    r->at++;
    made->kind = PATTERN_ANY_STRING;
    made->is_wild = true;
    return made;
  }
  if (!keep_raw(r, from, made)) return NULL;
  char *plain = text_alloc(made->raw.len + 1);
  span value;
  if (r->all != NULL && scan_text(made->raw, 1, &value) != SCAN_OK)
    return fail(r, text_format("%s is not a JSON string.", made->raw.text));
  made->plain = (span){plain, r->all == NULL ? 0 : scan_unescape(plain, made->raw, NULL)};
  return made;
}

static void add_child(pattern *to, char *name, pattern *child) {
  to->children = text_grow(to->children, (to->count + 1) * sizeof *to->children);
  to->children[to->count++] = (pattern_child){name, child};
  to->is_wild = to->is_wild || child->is_wild;
}

static pattern *read_value(reader *r);

/* The name of a member, names replaced, escapes undone. */
static char *read_name(reader *r) {
  if (*r->at != '"') {
    (void)fail(r, text_format("A member's name was expected before `%s`.", r->at));
    return NULL;
  }
  pattern *name = read_string(r);
  if (name == NULL) return NULL;
  if (name->kind != PATTERN_STRING) {
    (void)fail(r, text_same("A member's name cannot be any string."));
    return NULL;
  }
  skip_blanks(r);
  if (*r->at != ':') {
    (void)fail(r, text_format("`:` was expected before `%s`.", r->at));
    return NULL;
  }
  r->at++;
  return text_copy(name->plain.text, name->plain.len);
}

static pattern *read_list(reader *r, pattern_kind kind, char closing) {
  pattern *made = make(kind);
  const char *from = r->at++;
  skip_blanks(r);
  while (*r->at != closing) {
    char *name = NULL;
    pattern *child;
    if (text_begins(r->at, "...")) {
      r->at += 3;
      child = make(PATTERN_OTHERS);
      child->is_wild = true;
      made->is_open = true;
    } else {
      if (kind == PATTERN_OBJECT && (name = read_name(r)) == NULL) return NULL;
      child = read_value(r);
    }
    if (child == NULL) return NULL;
    add_child(made, name, child);
    skip_blanks(r);
    if (*r->at == closing) break;
    if (*r->at != ',')
      return fail(r, text_format("`,` or `%c` was expected before `%s`.", closing, r->at));
    r->at++;
    skip_blanks(r);
    if (*r->at == closing) return fail(r, text_same("Nothing comes after the last comma."));
  }
  r->at++;
  if (!made->is_wild && !keep_raw(r, from, made)) return NULL;
  return made;
}

/* A number, true, false, null; or what $( … ) became. */
static pattern *read_scalar(reader *r) {
  const char *from = r->at;
  r->at += strcspn(r->at, " \t\"{}[],:");
  pattern *made = make(PATTERN_SCALAR);
  if (!keep_raw(r, from, made)) return NULL;
  span value;
  if (scan_text(made->raw, 1, &value) != SCAN_OK)
    return fail(r, text_format("`%.20s` is not a JSON value.", from));
  return made;
}

static pattern *read_variable(reader *r) {
  span name;
  size_t used = vars_name(r->at, &name);
  if (used == 0) return fail(r, text_format("`%s` does not begin with a name.", r->at));
  pattern *made = make(PATTERN_VARIABLE);
  made->name = text_copy(name.text, name.len);
  made->is_wild = true;
  r->at += used;
  return made;
}

static pattern *read_exact(reader *r) {
  r->at++;
  const char *from = r->at;
  if (!skip_value(r)) return fail(r, text_same("After `=` comes a JSON value."));
  pattern *made = make(PATTERN_EXACT);
  return keep_raw(r, from, made) ? made : NULL;
}

static pattern *read_value(reader *r) {
  skip_blanks(r);
  switch (*r->at) {
    case '{': return read_list(r, PATTERN_OBJECT, '}');
    case '[': return read_list(r, PATTERN_ARRAY, ']');
    case '"': return read_string(r);
    case '$': return read_variable(r);
    case '=': return read_exact(r);
    case '*':
    case '#': {
      pattern *made = make(*r->at == '#' ? PATTERN_ANY_NUMBER : PATTERN_ANY);
      r->at++;
      if (made->kind == PATTERN_ANY && *r->at == '?') {
        made->kind = PATTERN_ANY_OR_ABSENT;
        r->at++;
      }
      made->is_wild = true;
      return made;
    }
    default: return read_scalar(r);
  }
}

static pattern *read_all(reader *r) {
  pattern *made = read_value(r);
  if (made == NULL) return NULL;
  skip_blanks(r);
  if (*r->at != '\0') return fail(r, text_format("`%s` stands behind the pattern.", r->at));
  return made;
}

pattern *pattern_read(vars *all, const char *words, char **why) {
  text expanded = {0};
  if (!vars_expand(all, words, VARS_NUMBERS, &expanded, why)) return NULL;
  reader r = {.all = all, .at = text_words(&expanded)};
  pattern *made = read_all(&r);
  *why = r.why;
  return made;
}

const char *pattern_check(const char *words) {
  if (*words == '\0') return "There is no pattern after the sign.";
  if (strstr(words, "$(") != NULL) return NULL; /* known only when it is run */
  reader r = {.at = words};
  return read_all(&r) == NULL ? r.why : NULL;
}

const char *pattern_action(const pattern *of) {
  if (of->kind == PATTERN_EXACT) {
    span action = scan_member_of(of->raw, "action");
    return action.len < 2 ? NULL : text_copy(action.text + 1, action.len - 2);
  }
  if (of->kind != PATTERN_OBJECT) return NULL;
  for (size_t i = 0; i < of->count; i++) {
    const pattern_child *child = &of->children[i];
    if (child->name == NULL || strcmp(child->name, "action") != 0) continue;
    return child->value->kind == PATTERN_STRING ? child->value->plain.text : NULL;
  }
  return NULL;
}
