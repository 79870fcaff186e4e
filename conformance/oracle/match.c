/* Addresses, and objects compared member by member, by type and value.
 * Read first: match.h. */
#include "oracle/match.h"

#include <stdlib.h>
#include <string.h>

#include "tables.h"

/* ---- What an address is ---- */

/* EP-ADDR-3, and the limit `selector`. */
static match_address selector_or_not(span to) {
  scan_walk walk;
  scan_member member;
  unsigned spelled = 0;
  scan_begin(&walk, to, SCAN_DEPTH_MOST);
  while (scan_next_member(&walk, &member) == SCAN_OK) {
    scan_kind kind = scan_kind_of(member.value);
    if (kind == SCAN_OBJECT || kind == SCAN_ARRAY) return MATCH_IMPOSSIBLE;
    spelled++;
  }
  return spelled > EP_LIMIT_SELECTOR ? MATCH_ARGUABLE : MATCH_SELECTOR;
}

/* EP-MSG-2 */
span match_client(span to, char *room) {
  char raw[6 * EP_LIMIT_CLIENT_ID + 2];
  span nobody = {NULL, 0};
  if (scan_kind_of(to) != SCAN_STRING || to.len > sizeof raw) return nobody;
  span id = {raw, scan_unescape(raw, to, NULL)};
  if (!scan_printable(id, EP_LIMIT_CLIENT_ID)) return nobody;
  memcpy(room, raw, id.len);
  return (span){room, id.len};
}

match_address match_address_of(span to) {
  char room[EP_LIMIT_CLIENT_ID];
  if (scan_kind_of(to) == SCAN_OBJECT) return selector_or_not(to);
  return match_client(to, room).len == 0 ? MATCH_IMPOSSIBLE : MATCH_CLIENT;
}

/* ---- Objects ---- */

typedef struct pair {
  span name;
  scan_kind kind;
  span string;   /* STRING: without escapes; otherwise as spelled */
  double number; /* NUMBER */
} pair;

struct match_object {
  size_t count;
  pair *pairs; /* sorted by name, no name twice */
  char *bytes;
};

static int compare_spans(span a, span b) {
  int order = memcmp(a.text, b.text, a.len < b.len ? a.len : b.len);
  if (order != 0) return order;
  return a.len < b.len ? -1 : a.len > b.len;
}

static int compare_pairs(const void *a, const void *b) {
  const pair *one = a, *other = b;
  int order = compare_spans(one->name, other->name);
  if (order != 0) return order;
  /* The same name twice: their values lie in the order in which they were spelled. */
  return one->string.text < other->string.text ? -1 : 1;
}

/* EP-JSON-2: of a name that occurs twice the last counts. */
static void keep_last(match_object *object) {
  size_t kept = 0;
  for (size_t i = 0; i < object->count; i++) {
    bool again = i + 1 < object->count &&
                 compare_spans(object->pairs[i].name, object->pairs[i + 1].name) == 0;
    if (!again) object->pairs[kept++] = object->pairs[i];
  }
  object->count = kept;
}

static span copied(char **at, span text) {
  span copy = {*at, text.len};
  memcpy(*at, text.text, text.len);
  *at += text.len;
  return copy;
}

static void read_pair(pair *out, char **at, const scan_member *member) {
  span quoted = {member->name.text - 1, member->name.len + 2};
  out->name = (span){*at, scan_unescape(*at, quoted, NULL)}; /* EP-JSON-3 */
  *at += out->name.len;
  out->kind = scan_kind_of(member->value);
  if (out->kind == SCAN_STRING) {
    out->string = (span){*at, scan_unescape(*at, member->value, NULL)};
    *at += out->string.len;
    return;
  }
  out->string = copied(at, member->value);
  *(*at)++ = '\0';
  if (out->kind == SCAN_NUMBER) out->number = strtod(out->string.text, NULL);
}

match_object *match_read(span text) {
  scan_walk walk;
  scan_member member;
  match_object *object = calloc(1, sizeof *object);
  if (object == NULL) return NULL;
  scan_begin(&walk, text, SCAN_DEPTH_MOST);
  while (scan_next_member(&walk, &member) == SCAN_OK) object->count++;
  object->pairs = calloc(object->count + 1, sizeof *object->pairs);
  object->bytes = malloc(text.len + object->count + 1);
  if (object->pairs == NULL || object->bytes == NULL) {
    match_free(object);
    return NULL;
  }
  char *at = object->bytes;
  pair *next = object->pairs;
  scan_begin(&walk, text, SCAN_DEPTH_MOST);
  while (scan_next_member(&walk, &member) == SCAN_OK) read_pair(next++, &at, &member);
  if (object->count > 1) {
    qsort(object->pairs, object->count, sizeof *object->pairs, compare_pairs);
  }
  keep_last(object);
  return object;
}

void match_free(match_object *object) {
  if (object == NULL) return;
  free(object->pairs);
  free(object->bytes);
  free(object);
}

/* ---- Comparing ---- */

/* EP-ADDR-2 */
static bool equal(const pair *a, const pair *b) {
  if (a->kind != b->kind) return false;
  switch (a->kind) {
    case SCAN_STRING: return span_equal(a->string, b->string);
    case SCAN_NUMBER: return !(a->number < b->number) && !(a->number > b->number);
    case SCAN_TRUE:
    case SCAN_FALSE:
    case SCAN_NULL: return true;
    default: return false;
  }
}

static bool is_scalar(const pair *a) { return a->kind != SCAN_OBJECT && a->kind != SCAN_ARRAY; }

/* What a server that forgets about types might take a value for: true for 1, "7" for 7. */
static double loosely(const pair *a) {
  if (a->kind == SCAN_TRUE) return 1;
  return a->kind == SCAN_NUMBER ? a->number : 0;
}

static bool equal_loosely(const pair *a, const pair *b) {
  if (!is_scalar(a) || !is_scalar(b)) return a->kind == b->kind;
  if (a->kind == SCAN_STRING || b->kind == SCAN_STRING) return span_equal(a->string, b->string);
  double one = loosely(a), other = loosely(b);
  return !(one < other) && !(one > other);
}

static const pair *find(const match_object *object, span name) {
  size_t low = 0, high = object->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    int order = compare_spans(object->pairs[middle].name, name);
    if (order == 0) return &object->pairs[middle];
    if (order < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return NULL;
}

/* EP-ADDR-1 */
bool match_selects(const match_object *selector, const match_object *session) {
  for (size_t i = 0; i < selector->count; i++) {
    const pair *wanted = &selector->pairs[i];
    const pair *found = find(session, wanted->name);
    if (found == NULL || !equal(wanted, found)) return false;
  }
  return true;
}

match_answer match_explain(const match_object *selector, const match_object *session) {
  size_t same = 0, alike = 0;
  for (size_t i = 0; i < selector->count; i++) {
    const pair *wanted = &selector->pairs[i];
    const pair *found = find(session, wanted->name);
    if (found == NULL) continue;
    if (equal(wanted, found)) {
      same++;
    } else if (equal_loosely(wanted, found)) {
      alike++;
    }
  }
  if (same == selector->count) return MATCH_YES;
  if (same + alike == selector->count) return MATCH_BY_TYPE;
  return same > 0 ? MATCH_PARTLY : MATCH_NO;
}
