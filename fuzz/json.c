/* Harness: the JSON scanner against jansson. The same texts are JSON objects (EP-JSON-1), their
 * members have the same kinds and values (EP-JSON-2, EP-JSON-3), and a scan cut in two says the
 * same. Input: the length of a piece; then a text. */
#include <jansson.h>

#include "fuzz.h"
#include "wire/json.h"
#include "wire/number.h"

enum { TEXT_MOST = 2048, NAME_MOST = 32 };
static json_t *read_by_jansson(ep_bytes text, bool *by_design) {
  json_error_t error;
  size_t flags = JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL;
  json_t *root = json_loadb((const char *)text.data, text.len, flags, &error);
  enum json_error_code code = root == NULL ? json_error_code(&error) : json_error_unknown;
  /* jansson refuses 1e999, "\\u0000" in a name, and lone surrogates, which a message may have
   * (EP-JSON-4); it does not see a zero byte behind a number. */
  *by_design = (text.len != 0 && memchr(text.data, 0, text.len) != NULL) ||
               code == json_error_numeric_overflow || code == json_error_null_byte_in_key ||
               (root == NULL && strncmp(error.text, "invalid Unicode", 15) == 0);
  return root;
}

static void compare_object(json_t *object, ep_bytes text);

static void compare_value(json_t *value, const ep_json_member *member, ep_bytes text) {
  static const json_type kinds[] = {JSON_NULL,   JSON_FALSE, JSON_TRUE,  JSON_REAL,
                                    JSON_STRING, JSON_ARRAY, JSON_OBJECT};
  ep_bytes json = ep_json_value(member, text);
  FUZZ_MUST(json_typeof(value) == kinds[member->kind], "A value has another kind.");
  if (member->kind == EP_JSON_OBJECT) compare_object(value, json);
  if (member->kind == EP_JSON_NUMBER) {
    double ours = ep_number_parse(json), theirs = json_real_value(value);
    FUZZ_MUST(memcmp(&ours, &theirs, sizeof ours) == 0, "A number has another value.");
  }
  if (member->kind != EP_JSON_STRING) return;
  size_t len;
  uint8_t room[TEXT_MOST];
  bool is_text = ep_json_unescape(room, &len, ep_json_inside(member, text), EP_SURROGATES_REFUSE);
  FUZZ_MUST(is_text && len == json_string_length(value), "A string has another length.");
  FUZZ_MUST(memcmp(room, json_string_value(value), len) == 0, "A string has another value.");
}

static void compare_object(json_t *object, ep_bytes text) {
  ep_json scan;
  const char *name;
  size_t len;
  json_t *value;
  ep_json_result result = ep_json_scan_all(&scan, EP_JSON_DEPTH_MAX, text);
  FUZZ_MUST(result == EP_JSON_DONE || result == EP_JSON_TOO_MANY, "An object within is malformed.");
  if (result == EP_JSON_TOO_MANY) return;
  json_object_keylen_foreach(object, name, len, value) {
    if (len > NAME_MOST) continue;
    const ep_json_member *member =
        ep_json_find(scan.top, scan.top_count, text, ep_bytes_of(name, len));
    FUZZ_MUST(member != NULL, "A member is missing.");
    compare_value(value, member, text);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_input in = {data, size};
  size_t piece = 1 + fuzz_byte(&in);
  ep_bytes text = fuzz_bytes(&in, TEXT_MOST);
  ep_json whole, pieces;
  bool by_design;
  json_t *root = read_by_jansson(text, &by_design);
  ep_json_result result = ep_json_scan_all(&whole, EP_JSON_DEPTH_MAX, text);
  if (result <= EP_JSON_MALFORMED && !by_design)
    FUZZ_MUST((result == EP_JSON_DONE) == json_is_object(root), "jansson judges otherwise.");
  if (result == EP_JSON_DONE && root != NULL) compare_object(root, text);
  json_decref(root);
  ep_json_begin(&pieces, EP_JSON_DEPTH_MAX);
  for (size_t end = piece; end < text.len; end += piece)
    (void)ep_json_scan(&pieces, ep_bytes_of(text.data, end));
  (void)ep_json_scan(&pieces, text);
  bool same = pieces.offset == whole.offset && pieces.top_count == whole.top_count;
  FUZZ_MUST(same, "A scan in pieces says something else.");
  return 0;
}
