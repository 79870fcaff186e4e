/* Floor 2, wire. What can be done with JSON text once the scanner has accepted it: look members
 * up, undo escapes, tell equal scalars.
 * Read first: wire/json.h. */
#include "base/assert.h"
#include "base/skip.h"
#include "wire/json.h"
#include "wire/number.h"

ep_json_result ep_json_scan_all(ep_json *json, unsigned depth_most, ep_bytes text) {
  ep_json_begin(json, depth_most);
  ep_json_result result = ep_json_scan(json, text);
  if (result == EP_JSON_DONE) json->result = EP_JSON_MALFORMED; /* an end byte inside */
  if (result == EP_JSON_MORE) json->result = json->complete ? EP_JSON_DONE : EP_JSON_MALFORMED;
  return json->result;
}

void ep_json_members_begin(ep_json *out, unsigned depth_most) {
  ep_json_begin(out, depth_most);
  out->pull = true;
}

bool ep_json_members_next(ep_json *json, ep_json_member *out, ep_bytes text) {
  EP_ASSERT(json->pull);
  if (json->result != EP_JSON_MORE) return false;
  json->top_count = 0;
  ep_json_result result = ep_json_scan(json, text);
  if (result != EP_JSON_MORE && result != EP_JSON_DONE) return false;
  if (result == EP_JSON_DONE) json->result = EP_JSON_MALFORMED; /* an end byte inside */
  if (json->top_count == 1 && json->top[0].value_end != 0) {
    *out = json->top[0];
    return true;
  }
  EP_ASSERT(json->offset == text.len || json->result == EP_JSON_MALFORMED);
  if (json->result == EP_JSON_MORE) {
    json->result = json->complete ? EP_JSON_DONE : EP_JSON_MALFORMED;
  }
  return false;
}

const ep_json_member *ep_json_find(const ep_json_member *members, unsigned count, ep_bytes text,
                                   ep_bytes name) {
  EP_ASSERT(count <= EP_LIMIT_MEMBERS);
  for (unsigned i = count; i > 0; i--) {
    if (ep_json_name_is(&members[i - 1], text, name)) return &members[i - 1];
  }
  return NULL;
}

static uint32_t hex_value(const uint8_t *digits) {
  uint32_t value = 0;
  for (unsigned i = 0; i < 4; i++) {
    uint8_t digit = digits[i];
    uint32_t nibble = digit <= '9' ? digit - (uint32_t)'0' : (digit | 0x20u) - (uint32_t)'a' + 10;
    value = value << 4 | nibble;
  }
  return value;
}

/* `code` in UTF-8, a lone surrogate in the three bytes it would have. */
static size_t utf8_write(uint8_t *out, uint32_t code) {
  if (code < 0x80) {
    out[0] = (uint8_t)code;
    return 1;
  }
  if (code < 0x800) {
    out[0] = (uint8_t)(0xC0 | code >> 6);
    out[1] = (uint8_t)(0x80 | (code & 0x3F));
    return 2;
  }
  if (code < 0x10000) {
    out[0] = (uint8_t)(0xE0 | code >> 12);
    out[1] = (uint8_t)(0x80 | (code >> 6 & 0x3F));
    out[2] = (uint8_t)(0x80 | (code & 0x3F));
    return 3;
  }
  out[0] = (uint8_t)(0xF0 | code >> 18);
  out[1] = (uint8_t)(0x80 | (code >> 12 & 0x3F));
  out[2] = (uint8_t)(0x80 | (code >> 6 & 0x3F));
  out[3] = (uint8_t)(0x80 | (code & 0x3F));
  return 4;
}

static bool is_surrogate(uint32_t code) { return code >= 0xD800 && code <= 0xDFFF; }

/* The character of the `\u` escape at `at`, and of its partner when it has one. Returns how many
 * bytes of the spelling it takes. */
static size_t unicode_read(uint32_t *code, const uint8_t *at, const uint8_t *end) {
  EP_ASSERT(end - at >= 6 && at[1] == 'u');
  *code = hex_value(at + 2);
  if (*code < 0xD800 || *code > 0xDBFF) return 6;
  if (end - at < 12 || at[6] != '\\' || at[7] != 'u') return 6;
  uint32_t low = hex_value(at + 8);
  if (low < 0xDC00 || low > 0xDFFF) return 6;
  *code = 0x10000 + ((*code - 0xD800) << 10) + (low - 0xDC00);
  return 12;
}

static uint8_t short_escape(uint8_t letter) {
  switch (letter) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return letter; /* `"`, `\`, `/` */
  }
}

/* Copies up to the next escape; returns how many bytes. `out` has room for end - from bytes. */
static size_t copy_plain(uint8_t *out, const uint8_t *from, const uint8_t *end) {
  const uint8_t *at = from;
#if EP_SKIP_SSE2
  while (end - at >= 16) {
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
    _mm_storeu_si128((__m128i *)(void *)out, bytes);
    unsigned stops = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
    if (stops != 0) return (size_t)(at - from) + (size_t)__builtin_ctz(stops);
    at += 16;
    out += 16;
  }
#endif
  while (at < end && *at != '\\') *out++ = *at++;
  return (size_t)(at - from);
}

bool ep_json_unescape(uint8_t *out, size_t *len, ep_bytes spelled, ep_surrogates surrogates) {
  EP_ASSERT(out != spelled.data || spelled.len == 0);
  const uint8_t *at = spelled.data;
  const uint8_t *end = at + spelled.len;
  uint8_t *to = out;
  for (;;) {
    size_t plain = copy_plain(to, at, end);
    at += plain;
    to += plain;
    if (at == end) break;
    if (at[1] != 'u') {
      *to++ = short_escape(at[1]);
      at += 2;
      continue;
    }
    uint32_t code;
    at += unicode_read(&code, at, end);
    if (surrogates == EP_SURROGATES_REFUSE && is_surrogate(code)) return false;
    to += utf8_write(to, code);
  }
  *len = (size_t)(to - out);
  EP_ASSERT(*len <= spelled.len);
  return true;
}

bool ep_json_escaped_is(ep_bytes spelled, ep_bytes plain) {
  enum { LONGEST = 32, SPELLED_MOST = 6 };
  uint8_t room[LONGEST * SPELLED_MOST];
  size_t len;
  EP_ASSERT(plain.len <= LONGEST);
  if (spelled.len > plain.len * SPELLED_MOST) return false;
  if (!ep_json_unescape(room, &len, spelled, EP_SURROGATES_KEEP)) return false;
  return ep_bytes_equal(ep_bytes_of(room, len), plain);
}

static void number_key(ep_buffer *out, ep_bytes json) {
  double number = ep_number_parse(json);
  uint64_t bits;
  uint8_t key[9] = {'#'};
  if (number == 0) number = 0; /* -0 */
  memcpy(&bits, &number, sizeof bits);
  for (unsigned i = 0; i < 8; i++) key[8 - i] = (uint8_t)(bits >> (8 * i));
  ep_buffer_append(out, ep_bytes_of(key, sizeof key));
}

static void string_key(ep_buffer *out, ep_bytes json) {
  EP_ASSERT(json.len >= 2);
  uint8_t *to = ep_buffer_reserve(out, json.len);
  size_t len;
  if (to == NULL) return;
  *to = '"';
  ep_bytes inside = ep_bytes_of(json.data + 1, json.len - 2);
  bool kept = ep_json_unescape(to + 1, &len, inside, EP_SURROGATES_KEEP);
  EP_ASSERT(kept);
  ep_buffer_commit(out, len + 1);
}

bool ep_json_scalar_key(ep_buffer *out, ep_bytes json) {
  EP_ASSERT(json.len > 0);
  switch (ep_json_kind_of(json)) {
    case EP_JSON_NULL:
    case EP_JSON_TRUE:
    case EP_JSON_FALSE: ep_buffer_append_byte(out, json.data[0]); return true;
    case EP_JSON_NUMBER: number_key(out, json); return true;
    case EP_JSON_STRING: string_key(out, json); return true;
    case EP_JSON_ARRAY:
    case EP_JSON_OBJECT: break;
  }
  return false;
}
