/* A strict JSON scanner: one pass, no recursion, no memory of its own but one bit for each level.
 * Read first: scan.h. The functions follow the grammar of spec/protocol.md, chapter 4, upwards. */
#include "oracle/scan.h"

#include <string.h>

#define ID_MOST UINT64_C(9007199254740991)

span span_of(const char *text) { return (span){text, strlen(text)}; }

bool span_equal(span a, span b) {
  return a.len == b.len && (a.len == 0 || memcmp(a.text, b.text, a.len) == 0);
}

bool span_is(span a, const char *text) { return span_equal(a, span_of(text)); }

/* ---- Tokens. Each takes the place where the token begins and returns the place behind it; NULL:
 * it is not one. ---- */

static const char *skip_space(const char *at, const char *end) {
  while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r')) at++;
  return at;
}

static bool within(const char *at, const char *end, unsigned low, unsigned high) {
  return at < end && (unsigned char)*at >= low && (unsigned char)*at <= high;
}

static const char *tails(const char *at, const char *end, int count) {
  for (; count > 0; count--, at++) {
    if (!within(at, end, 0x80, 0xBF)) return NULL;
  }
  return at;
}

/* A character of more than one byte: UTF8_2, UTF8_3, UTF8_4. */
static const char *wide(const char *at, const char *end) {
  const char *next = at + 1;
  switch ((unsigned char)*at) {
    case 0xE0: return within(next, end, 0xA0, 0xBF) ? tails(next + 1, end, 1) : NULL;
    case 0xED: return within(next, end, 0x80, 0x9F) ? tails(next + 1, end, 1) : NULL;
    case 0xF0: return within(next, end, 0x90, 0xBF) ? tails(next + 1, end, 2) : NULL;
    case 0xF4: return within(next, end, 0x80, 0x8F) ? tails(next + 1, end, 2) : NULL;
    default: break;
  }
  if (within(at, end, 0xC2, 0xDF)) return tails(next, end, 1);
  if (within(at, end, 0xE1, 0xEF)) return tails(next, end, 2);
  if (within(at, end, 0xF1, 0xF3)) return tails(next, end, 3);
  return NULL;
}

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

static const char *escape(const char *at, const char *end) {
  if (end - at < 2) return NULL;
  if (at[1] != 'u') return at[1] != 0 && strchr("\"\\/bfnrt", at[1]) != NULL ? at + 2 : NULL;
  if (end - at < 6) return NULL;
  for (int i = 2; i < 6; i++) {
    if (hex_digit(at[i]) < 0) return NULL;
  }
  return at + 6;
}

/* Whether all eight bytes are `plain`: from 0x20 to 0x7F, neither `"` nor `\`. */
static bool eight_plain(const char *at) {
  const uint64_t ones = UINT64_C(0x0101010101010101);
  const uint64_t tops = ones * 0x80;
  uint64_t eight;
  memcpy(&eight, at, sizeof eight);
  uint64_t quote = eight ^ (ones * 0x22);
  uint64_t backslash = eight ^ (ones * 0x5C);
  uint64_t low = (eight - ones * 0x20) | (quote - ones) | (backslash - ones) | eight;
  return (low & tops) == 0;
}

static const char *string(const char *at, const char *end) {
  if (at == end || *at != '"') return NULL;
  at++;
  while (at != NULL && at < end) {
    while (end - at >= 8 && eight_plain(at)) at += 8;
    if (at == end) return NULL;
    unsigned char c = (unsigned char)*at;
    if (c == '"') return at + 1;
    if (c < 0x20) return NULL;
    if (c == '\\') {
      at = escape(at, end);
    } else {
      at = c < 0x80 ? at + 1 : wide(at, end);
    }
  }
  return NULL;
}

static const char *digits(const char *at, const char *end) {
  const char *start = at;
  while (within(at, end, '0', '9')) at++;
  return at == start ? NULL : at;
}

static const char *number(const char *at, const char *end) {
  if (*at == '-') at++;
  at = within(at, end, '0', '0') ? at + 1 : digits(at, end);
  if (at != NULL && at < end && *at == '.') at = digits(at + 1, end);
  if (at == NULL || at == end || (*at != 'e' && *at != 'E')) return at;
  at++;
  if (at < end && (*at == '+' || *at == '-')) at++;
  return digits(at, end);
}

static const char *literal(const char *at, const char *end, const char *word) {
  size_t len = strlen(word);
  return (size_t)(end - at) >= len && memcmp(at, word, len) == 0 ? at + len : NULL;
}

static const char *plain_value(const char *at, const char *end) {
  switch (*at) {
    case '"': return string(at, end);
    case 't': return literal(at, end, "true");
    case 'f': return literal(at, end, "false");
    case 'n': return literal(at, end, "null");
    default: return number(at, end);
  }
}

/* A member's name and its colon, with the white space around them. */
static const char *name_and_colon(const char *at, const char *end) {
  at = string(skip_space(at, end), end);
  if (at == NULL) return NULL;
  at = skip_space(at, end);
  return at < end && *at == ':' ? skip_space(at + 1, end) : NULL;
}

/* ---- Values ---- */

typedef struct nest {
  unsigned level, most;
  uint64_t objects[SCAN_DEPTH_MOST / 64]; /* one bit for each level: an object, or an array */
} nest;

static void open_level(nest *n, bool object) {
  uint64_t *word = &n->objects[n->level / 64];
  if (n->level % 64 == 0) *word = 0;
  uint64_t bit = UINT64_C(1) << (n->level % 64);
  *word = object ? *word | bit : *word & ~bit;
  n->level++;
}

static bool in_object(const nest *n) {
  unsigned top = n->level - 1;
  return (n->objects[top / 64] >> (top % 64) & 1) != 0;
}

/* Behind a value: closes what ends here, and goes to where the next value begins. Returns NULL when
 * the text is wrong; level 0 means that the outermost value has ended. */
static const char *behind_value(nest *n, const char *at, const char *end) {
  while (n->level > 0) {
    bool object = in_object(n);
    at = skip_space(at, end);
    if (at == end) return NULL;
    if (*at == ',') return object ? name_and_colon(at + 1, end) : skip_space(at + 1, end);
    if (*at != (object ? '}' : ']')) return NULL;
    n->level--;
    at++;
  }
  return at;
}

/* Behind an opening bracket: closes it at once, or goes to its first value. */
static const char *behind_bracket(nest *n, const char *at, const char *end, bool *value_due) {
  bool object = in_object(n);
  at = skip_space(at, end);
  *value_due = at == end || *at != (object ? '}' : ']');
  if (*value_due) return object ? name_and_colon(at, end) : at;
  n->level--;
  return behind_value(n, at + 1, end);
}

/* One value that begins at `at`; *behind is the place behind it. */
static scan_result value(const char *at, const char *end, unsigned depth, const char **behind) {
  nest n;
  n.level = 0;
  n.most = depth;
  while (at != NULL && at < end) {
    bool value_due = false;
    if (*at == '{' || *at == '[') {
      if (n.level == n.most) return SCAN_TOO_DEEP;
      open_level(&n, *at == '{');
      at = behind_bracket(&n, at + 1, end, &value_due);
    } else {
      at = plain_value(at, end);
      if (at != NULL) at = behind_value(&n, at, end);
    }
    if (value_due || n.level > 0) continue;
    *behind = at;
    return at == NULL ? SCAN_MALFORMED : SCAN_OK;
  }
  return SCAN_MALFORMED;
}

scan_result scan_text(span text, unsigned depth, span *out) {
  const char *end = text.text + text.len;
  const char *at = skip_space(text.text, end);
  const char *behind = NULL;
  scan_result result = value(at, end, depth, &behind);
  if (result != SCAN_OK) return result;
  *out = (span){at, (size_t)(behind - at)};
  return skip_space(behind, end) == end ? SCAN_OK : SCAN_MALFORMED;
}

/* ---- Members and items ---- */

void scan_begin(scan_walk *walk, span text, unsigned depth) {
  *walk = (scan_walk){.at = text.text, .end = text.text + text.len, .depth = depth, .first = true};
}

/* Goes to the next member or item. */
static scan_result advance(scan_walk *walk, char open, char close) {
  const char *at = skip_space(walk->at, walk->end);
  if (walk->first) {
    if (at == walk->end || *at != open) return SCAN_MALFORMED;
    at = skip_space(at + 1, walk->end);
  }
  if (at < walk->end && *at == close) {
    return skip_space(at + 1, walk->end) == walk->end ? SCAN_END : SCAN_MALFORMED;
  }
  if (!walk->first) {
    if (at == walk->end || *at != ',') return SCAN_MALFORMED;
    at = skip_space(at + 1, walk->end);
  }
  walk->first = false;
  walk->at = at;
  return SCAN_OK;
}

static scan_result take_value(scan_walk *walk, const char *at, span *out) {
  const char *behind = NULL;
  if (at == walk->end) return SCAN_MALFORMED;
  bool bracket = *at == '{' || *at == '[';
  if (bracket && walk->depth < 2) return SCAN_TOO_DEEP;
  scan_result result = SCAN_OK;
  if (bracket) {
    result = value(at, walk->end, walk->depth - 1, &behind);
  } else {
    behind = plain_value(at, walk->end);
    if (behind == NULL) result = SCAN_MALFORMED;
  }
  if (result != SCAN_OK) return result;
  *out = (span){at, (size_t)(behind - at)};
  walk->at = behind;
  return SCAN_OK;
}

scan_result scan_next_item(scan_walk *walk, span *out) {
  if (walk->result != SCAN_OK) return walk->result;
  walk->result = advance(walk, '[', ']');
  if (walk->result == SCAN_OK) walk->result = take_value(walk, walk->at, out);
  return walk->result;
}

scan_result scan_next_member(scan_walk *walk, scan_member *out) {
  if (walk->result != SCAN_OK) return walk->result;
  walk->result = advance(walk, '{', '}');
  if (walk->result != SCAN_OK) return walk->result;
  const char *name_end = string(walk->at, walk->end);
  const char *at = name_and_colon(walk->at, walk->end);
  if (at == NULL) return walk->result = SCAN_MALFORMED;
  out->name = (span){walk->at + 1, (size_t)(name_end - walk->at) - 2};
  out->escaped = memchr(out->name.text, '\\', out->name.len) != NULL;
  return walk->result = take_value(walk, at, &out->value);
}

scan_kind scan_kind_of(span value_text) {
  if (value_text.len == 0) return SCAN_NOTHING;
  switch (value_text.text[0]) {
    case '"': return SCAN_STRING;
    case 't': return SCAN_TRUE;
    case 'f': return SCAN_FALSE;
    case 'n': return SCAN_NULL;
    case '{': return SCAN_OBJECT;
    case '[': return SCAN_ARRAY;
    default: return SCAN_NUMBER;
  }
}

/* ---- Strings and ids ---- */

static unsigned four_digits(const char *at) {
  unsigned code = 0;
  for (int i = 0; i < 4; i++) code = code * 16 + (unsigned)hex_digit(at[i]);
  return code;
}

static size_t put_utf8(char *out, unsigned code) {
  unsigned char *to = (unsigned char *)out;
  if (code < 0x80) {
    to[0] = (unsigned char)code;
    return 1;
  }
  if (code < 0x800) {
    to[0] = (unsigned char)(0xC0 | code >> 6);
    to[1] = (unsigned char)(0x80 | (code & 0x3F));
    return 2;
  }
  if (code < 0x10000) {
    to[0] = (unsigned char)(0xE0 | code >> 12);
    to[1] = (unsigned char)(0x80 | (code >> 6 & 0x3F));
    to[2] = (unsigned char)(0x80 | (code & 0x3F));
    return 3;
  }
  to[0] = (unsigned char)(0xF0 | code >> 18);
  to[1] = (unsigned char)(0x80 | (code >> 12 & 0x3F));
  to[2] = (unsigned char)(0x80 | (code >> 6 & 0x3F));
  to[3] = (unsigned char)(0x80 | (code & 0x3F));
  return 4;
}

/* The character of the \u escape at *at, both halves of it where it has two. */
static unsigned escaped_code(const char **at, const char *end, bool *lone) {
  unsigned code = four_digits(*at + 2);
  *at += 6;
  if (code < 0xD800 || code > 0xDFFF) return code;
  if (code < 0xDC00 && end - *at >= 6 && (*at)[0] == '\\' && (*at)[1] == 'u') {
    unsigned low = four_digits(*at + 2);
    if (low >= 0xDC00 && low <= 0xDFFF) {
      *at += 6;
      return 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
  }
  *lone = true;
  return code;
}

static char short_escape(char letter) {
  switch (letter) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return letter;
  }
}

size_t scan_unescape(char *out, span value_text, bool *lone) {
  const char *at = value_text.text + 1, *end = value_text.text + value_text.len - 1;
  char *to = out;
  bool found = false;
  while (at < end) {
    const char *next = memchr(at, '\\', (size_t)(end - at));
    if (next == NULL) next = end;
    memcpy(to, at, (size_t)(next - at));
    to += next - at;
    at = next;
    if (at == end) break;
    if (at[1] == 'u') {
      to += put_utf8(to, escaped_code(&at, end, &found));
    } else {
      *to++ = short_escape(at[1]);
      at += 2;
    }
  }
  if (lone != NULL) *lone = found;
  return (size_t)(to - out);
}

/* Names that this protocol knows are short; spelled with \u everywhere they are six times that. */
enum { NAME_MOST = 128 };

bool scan_named(const scan_member *member, span name) {
  if (!member->escaped) return span_equal(member->name, name);
  if (member->name.len > 6 * name.len || name.len > NAME_MOST) return false;
  char room[6 * NAME_MOST + 2];
  span quoted = {member->name.text - 1, member->name.len + 2};
  span plain = {room, scan_unescape(room, quoted, NULL)};
  return span_equal(plain, name);
}

span scan_member_of(span object, const char *name) {
  span found = {NULL, 0}, wanted = span_of(name);
  scan_walk walk;
  scan_member member;
  if (scan_kind_of(object) != SCAN_OBJECT) return found;
  scan_begin(&walk, object, SCAN_DEPTH_MOST);
  while (scan_next_member(&walk, &member) == SCAN_OK) {
    if (scan_named(&member, wanted)) found = member.value;
  }
  return found;
}

bool scan_id(span value_text, uint64_t *out) {
  const char *at = value_text.text;
  uint64_t id = 0;
  if (value_text.len == 0 || value_text.len > 16) return false;
  if (at[0] == '0' && value_text.len > 1) return false;
  for (size_t i = 0; i < value_text.len; i++) {
    if (at[i] < '0' || at[i] > '9') return false;
    id = id * 10 + (uint64_t)(at[i] - '0');
  }
  if (id > ID_MOST) return false;
  *out = id;
  return true;
}

bool scan_printable(span text, size_t most) {
  if (text.len == 0 || text.len > most) return false;
  for (size_t i = 0; i < text.len; i++) {
    if (text.text[i] < 0x20 || text.text[i] > 0x7E) return false;
  }
  return true;
}
