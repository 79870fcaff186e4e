/* Whether a message matches a pattern, and where not.
 * Read first: pattern_tree.h. */
#include <string.h>

#include "runner/pattern.h"
#include "runner/pattern_tree.h"

/* Names that were captured are set when all of the message has matched. */
typedef struct match {
  vars *all;
  vars found;
  char *why;
  bool is_message; /* of the action message.new: some members compare by bytes (EP-G1-1) */
} match;

enum { SHOWN = 120 };

static bool differ(match *m, const char *path, const char *wanted, span got) {
  if (m->why != NULL) return false;
  text out = {0};
  text_putf(&out, "%s is ", *path == '\0' ? "the message" : path);
  text_show(&out, got, SHOWN);
  text_putf(&out, ", not %s", wanted);
  m->why = out.at;
  return false;
}

static bool is_missing(match *m, const char *path) {
  if (m->why == NULL) m->why = text_format("%s is missing", path);
  return false;
}

static char *shown(span raw) {
  text out = {0};
  text_show(&out, raw, SHOWN);
  return text_same(text_words(&out));
}

static span unquoted(span value) {
  if (scan_kind_of(value) != SCAN_STRING) return value;
  return (span){value.text + 1, value.len - 2};
}

static bool match_variable(match *m, const pattern *of, span value, const char *path) {
  size_t len = 0, name_len = strlen(of->name);
  const char *known = vars_get(m->all, of->name, name_len, &len);
  if (known == NULL) known = vars_get(&m->found, of->name, name_len, &len);
  span plain = unquoted(value);
  if (known == NULL) {
    vars_set(&m->found, of->name, plain.text, plain.len);
    return true;
  }
  span wanted = {known, len};
  if (span_equal(wanted, plain) || span_equal(wanted, value)) return true;
  return differ(m, path, text_format("$%s, which is %s", of->name, shown(wanted)), value);
}

static bool match_string(match *m, const pattern *of, span value, const char *path) {
  if (scan_kind_of(value) == SCAN_STRING) {
    char *plain = text_alloc(value.len + 1);
    size_t len = scan_unescape(plain, value, NULL);
    if (span_equal((span){plain, len}, of->plain)) return true;
  }
  return differ(m, path, shown(of->raw), value);
}

static bool match_value(match *m, const pattern *of, span value, const char *path, bool by_bytes);

/* How many values of the array `at` stands for are matched by children from `i` on. */
static bool match_items(match *m, const pattern *of, size_t i, const span *items, size_t count,
                        const char *path) {
  if (i == of->count) {
    if (count == 0) return true;
    return differ(m, path, "the end of the list", items[0]);
  }
  if (of->children[i].value->kind == PATTERN_OTHERS) {
    for (size_t skip = 0; skip <= count; skip++) {
      if (match_items(m, of, i + 1, items + skip, count - skip, path)) return true;
    }
    return false;
  }
  if (count == 0) return is_missing(m, text_format("%s[%zu]", path, i));
  char *deeper = text_format("%s[%zu]", path, i);
  if (!match_value(m, of->children[i].value, items[0], deeper, false)) return false;
  return match_items(m, of, i + 1, items + 1, count - 1, path);
}

static bool match_array(match *m, const pattern *of, span value, const char *path) {
  if (scan_kind_of(value) != SCAN_ARRAY) return differ(m, path, "a list", value);
  scan_walk walk;
  span item, *items = NULL;
  size_t count = 0;
  scan_begin(&walk, value, SCAN_DEPTH_MOST);
  while (scan_next_item(&walk, &item) == SCAN_OK) {
    items = text_grow(items, (count + 1) * sizeof *items);
    items[count++] = item;
  }
  vars before = m->found;
  if (match_items(m, of, 0, items, count, path)) return true;
  m->found = before;
  return false;
}

static const pattern *child_of(const pattern *of, const scan_member *member) {
  for (size_t i = 0; i < of->count; i++) {
    if (of->children[i].name == NULL) continue;
    if (scan_named(member, span_of(of->children[i].name))) return of->children[i].value;
  }
  return NULL;
}

/* Members of an object that the pattern does not name are there only where it is open. */
static bool has_no_others(match *m, const pattern *of, span value, const char *path) {
  scan_walk walk;
  scan_member member;
  scan_begin(&walk, value, SCAN_DEPTH_MOST);
  while (!of->is_open && scan_next_member(&walk, &member) == SCAN_OK) {
    if (child_of(of, &member) != NULL) continue;
    return differ(m,
                  text_format("%s%s%.*s", path, *path == '\0' ? "" : ".", (int)member.name.len,
                              member.name.text),
                  "expected at all", member.value);
  }
  return true;
}

/* to, uid and payload inside of message.new: EP-G1-1, EP-MSG-6. */
static bool compares_bytes(const match *m, const char *path, const char *name) {
  if (!m->is_message || strcmp(path, "payload") != 0) return false;
  return strcmp(name, "payload") == 0 || strcmp(name, "to") == 0 || strcmp(name, "uid") == 0;
}

static bool match_object(match *m, const pattern *of, span value, const char *path) {
  if (scan_kind_of(value) != SCAN_OBJECT) return differ(m, path, "an object", value);
  for (size_t i = 0; i < of->count; i++) {
    const pattern_child *child = &of->children[i];
    if (child->name == NULL) continue;
    span got = scan_member_of(value, child->name);
    char *deeper = text_format("%s%s%s", path, *path == '\0' ? "" : ".", child->name);
    if (got.len == 0) {
      if (child->value->kind == PATTERN_ANY_OR_ABSENT) continue;
      return is_missing(m, deeper);
    }
    bool by_bytes = compares_bytes(m, path, child->name);
    if (!match_value(m, child->value, got, deeper, by_bytes)) return false;
  }
  return has_no_others(m, of, value, path);
}

static bool match_value(match *m, const pattern *of, span value, const char *path, bool by_bytes) {
  if (of->kind == PATTERN_EXACT || (by_bytes && !of->is_wild)) {
    if (span_equal(of->raw, value)) return true;
    return differ(m, path, text_format("%s, byte for byte", shown(of->raw)), value);
  }
  switch (of->kind) {
    case PATTERN_ANY:
    case PATTERN_ANY_OR_ABSENT:
    case PATTERN_OTHERS: return true;
    case PATTERN_ANY_NUMBER:
      return scan_kind_of(value) == SCAN_NUMBER || differ(m, path, "a number", value);
    case PATTERN_ANY_STRING:
      return scan_kind_of(value) == SCAN_STRING || differ(m, path, "a string", value);
    case PATTERN_VARIABLE: return match_variable(m, of, value, path);
    case PATTERN_STRING: return match_string(m, of, value, path);
    case PATTERN_OBJECT: return match_object(m, of, value, path);
    case PATTERN_ARRAY: return match_array(m, of, value, path);
    default: return span_equal(of->raw, value) || differ(m, path, shown(of->raw), value);
  }
}

bool pattern_matches(const pattern *of, span message, vars *all, char **why) {
  match m = {.all = all};
  span action = scan_member_of(message, "action"), value;
  m.is_message = span_is(action, "\"message.new\"");
  *why = NULL;
  if (scan_text(message, SCAN_DEPTH_MOST, &value) != SCAN_OK) {
    *why = text_same("it is not JSON");
    return false;
  }
  if (!match_value(&m, of, value, "", false)) {
    *why = m.why != NULL ? m.why : text_same("the list has nothing like it");
    return false;
  }
  for (size_t i = 0; i < m.found.count; i++) {
    vars_set(all, m.found.list[i].name, m.found.list[i].value, m.found.list[i].len);
  }
  return true;
}
