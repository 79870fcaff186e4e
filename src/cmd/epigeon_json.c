/* Floor 6, programs. See epigeon_json.h. The first half walks over JSON that the library has
 * checked, so it needs to know only where strings and brackets end; the second half asks jansson.
 * Read first: epigeon_json.h. */
#include "cmd/epigeon_json.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

ep_bytes cli_bytes(const char *text) {
  return text == NULL ? (ep_bytes){NULL, 0} : (ep_bytes){(const uint8_t *)text, strlen(text)};
}

static void drop(ep_bytes *rest, size_t len) {
  rest->data += len;
  rest->len -= len;
}

static bool is_space(uint8_t byte) {
  return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static void skip_space(ep_bytes *rest) {
  while (rest->len > 0 && is_space(rest->data[0])) drop(rest, 1);
}

/* The length of the string at the front, with its quotes. */
static size_t string_len(ep_bytes rest) {
  for (size_t at = 1; at < rest.len; at++) {
    if (rest.data[at] == '\\')
      at++;
    else if (rest.data[at] == '"')
      return at + 1;
  }
  return rest.len;
}

/* The length of the array or object at the front. */
static size_t nested_len(ep_bytes rest) {
  size_t depth = 0;
  for (size_t at = 0; at < rest.len; at++) {
    uint8_t byte = rest.data[at];
    if (byte == '"')
      at += string_len((ep_bytes){rest.data + at, rest.len - at}) - 1;
    else if (byte == '{' || byte == '[')
      depth++;
    else if ((byte == '}' || byte == ']') && --depth == 0)
      return at + 1;
  }
  return rest.len;
}

static bool ends_plain(uint8_t byte) { return byte == ',' || byte == ']' || byte == '}'; }

static size_t plain_len(ep_bytes rest) {
  size_t at = 0;
  while (at < rest.len && !is_space(rest.data[at]) && !ends_plain(rest.data[at])) at++;
  return at;
}

/* Takes the value off the front; false: there is none, but an end. */
static bool take_value(ep_bytes *rest, ep_bytes *value) {
  if (rest->len == 0 || rest->data[0] == ']' || rest->data[0] == '}') return false;
  uint8_t first = rest->data[0];
  size_t len = plain_len(*rest);
  if (first == '"') len = string_len(*rest);
  if (first == '{' || first == '[') len = nested_len(*rest);
  *value = (ep_bytes){rest->data, len};
  drop(rest, len);
  return len > 0;
}

/* Steps over what stands before an item: the opening bracket before the first, a comma before
 * others. */
static bool next(ep_bytes *rest, uint8_t bracket) {
  skip_space(rest);
  if (rest->len == 0 || (rest->data[0] != ',' && rest->data[0] != bracket)) return false;
  drop(rest, 1);
  skip_space(rest);
  return true;
}

bool cli_json_item(ep_bytes *rest, ep_bytes *value) {
  return next(rest, '[') && take_value(rest, value);
}

bool cli_json_member(ep_bytes *rest, ep_bytes *key, ep_bytes *value) {
  if (!next(rest, '{') || rest->len == 0 || rest->data[0] != '"' || !take_value(rest, key))
    return false;
  skip_space(rest);
  if (rest->len > 0 && rest->data[0] == ':') drop(rest, 1);
  skip_space(rest);
  return take_value(rest, value);
}

ep_bytes cli_json_get(ep_bytes object, const char *name) {
  ep_bytes key, value, found = {NULL, 0};
  size_t name_len = strlen(name);
  while (cli_json_member(&object, &key, &value)) {
    if (key.len == name_len + 2 && memcmp(key.data + 1, name, name_len) == 0) found = value;
  }
  return found;
}

static json_t *parse(ep_bytes json, json_error_t *error) {
  const size_t flags = JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL;
  return json_loadb((const char *)json.data, json.len, flags, error);
}

static char *copy(const char *text, size_t len) {
  char *out = malloc(len + 1);
  if (out == NULL) return NULL;
  if (len > 0) memcpy(out, text, len);
  out[len] = '\0';
  return out;
}

char *cli_json_decode(ep_bytes json, size_t *out_len) {
  skip_space(&json);
  if (json.len == 0 || json.data[0] != '"') return NULL;
  json_error_t error;
  json_t *value = parse(json, &error);
  if (!json_is_string(value)) {
    json_decref(value);
    return NULL;
  }
  *out_len = json_string_length(value);
  char *out = copy(json_string_value(value), *out_len);
  json_decref(value);
  return out;
}

char *cli_json_encode(ep_bytes text, size_t *out_len) {
  json_t *value = json_stringn(text.len == 0 ? "" : (const char *)text.data, text.len);
  if (value == NULL) return NULL;
  char *out = json_dumps(value, JSON_ENCODE_ANY);
  json_decref(value);
  if (out != NULL) *out_len = strlen(out);
  return out;
}

static bool is_scalar(const json_t *value) {
  return !json_is_object(value) && !json_is_array(value);
}

bool cli_json_is_selector(ep_bytes text) {
  json_error_t error;
  json_t *object = parse(text, &error);
  bool fits = json_is_object(object);
  const char *key;
  json_t *value;
  json_object_foreach(object, key, value) fits = fits && is_scalar(value);
  json_decref(object);
  return fits;
}

bool cli_json_matches(ep_bytes session, ep_bytes selector) {
  json_error_t error;
  json_t *has = parse(session, &error);
  json_t *wanted = parse(selector, &error);
  bool matches = json_is_object(has) && json_is_object(wanted);
  const char *key;
  json_t *value;
  json_object_foreach(wanted, key, value) {
    matches = matches && is_scalar(value) && json_equal(json_object_get(has, key), value);
  }
  json_decref(has);
  json_decref(wanted);
  return matches;
}

const char *cli_json_trouble(ep_bytes text, bool object) {
  static char sentence[JSON_ERROR_TEXT_LENGTH + 64];
  json_error_t error;
  json_t *value = parse(text, &error);
  if (value == NULL) {
    snprintf(sentence, sizeof sentence, "is not JSON: line %d, column %d: %s", error.line,
             error.column, error.text);
    return sentence;
  }
  bool wrong = object && !json_is_object(value);
  json_decref(value);
  return wrong ? "is JSON, but not an object" : "is larger or deeper than a message may be";
}
