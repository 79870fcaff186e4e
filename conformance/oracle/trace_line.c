/* From the members of a line to an event. Each kind of event takes the members it knows; what has
 * another type than it must have, or is missing, is told in a sentence.
 * Read first: trace_line.h. */
#include "oracle/trace_line.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "oracle/scan.h"

enum { LINE_DEPTH = 1024 };

/* The members, the frequent ones first. */
typedef enum member {
  T_MS,
  DIR,
  CONN,
  SEG,
  BYTES,
  AT,
  N,
  EVENT,
  APP,
  CLIENT,
  UID,
  FROM,
  TO,
  TO_TEXT,
  PAYLOAD,
  ID,
  CODE,
  DROPPED,
  DAMAGED,
  ORDERLY,
  REMOTE,
  VERSION,
  HEX,
  STATE,
  TRANSPORT,
  RUDE,
  NOTE,
  MEMBERS
} member;

#define NAME(text) \
  { text, sizeof text - 1 }
static const span names[MEMBERS] = {
    [T_MS] = NAME("t_ms"),
    [DIR] = NAME("dir"),
    [CONN] = NAME("conn"),
    [SEG] = NAME("seg"),
    [BYTES] = NAME("bytes"),
    [AT] = NAME("at"),
    [N] = NAME("n"),
    [EVENT] = NAME("event"),
    [APP] = NAME("app"),
    [CLIENT] = NAME("client"),
    [UID] = NAME("uid"),
    [FROM] = NAME("from"),
    [TO] = NAME("to"),
    [PAYLOAD] = NAME("payload"),
    [ID] = NAME("id"),
    [CODE] = NAME("code"),
    [DROPPED] = NAME("dropped"),
    [DAMAGED] = NAME("damaged"),
    [ORDERLY] = NAME("orderly"),
    [REMOTE] = NAME("remote"),
    [VERSION] = NAME("version"),
    [HEX] = NAME("hex"),
    [STATE] = NAME("state"),
    [RUDE] = NAME("rude"),
    [TRANSPORT] = NAME("transport"),
    [NOTE] = NAME("note"),
    [TO_TEXT] = NAME("to_text"),
};

/* A line on its way to an event. */
typedef struct reading {
  trace_line *line;
  span value[MEMBERS]; /* JSON texts; empty: not there */
  span bytes;          /* BYTES, escapes undone, if read_known_members did it */
} reading;

__attribute__((format(printf, 2, 3))) static bool refuse(reading *r, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(r->line->trouble, sizeof r->line->trouble, format, arguments);
  va_end(arguments);
  return false;
}

/* ---- Values ---------------------------------------------------------------------------------- */

static bool has(const reading *r, member which) { return r->value[which].len > 0; }

/* A string, escapes undone; the empty span when it is not there. */
static bool take_string(reading *r, member which, span *out) {
  span value = r->value[which];
  *out = (span){NULL, 0};
  if (value.len == 0) return true;
  if (scan_kind_of(value) != SCAN_STRING)
    return refuse(r, "%s must be a string", names[which].text);
  char *text = r->line->text + r->line->text_len;
  bool lone = false;
  size_t len = scan_unescape(text, value, &lone);
  if (lone) return refuse(r, "%s has half a surrogate pair; say it as hex", names[which].text);
  r->line->text_len += len;
  *out = (span){text, len};
  return true;
}

static bool take_number(reading *r, member which, uint64_t *out, bool *is_there) {
  *is_there = has(r, which);
  if (!*is_there || scan_id(r->value[which], out)) return true;
  return refuse(r, "%s must be a whole number, from 0 on", names[which].text);
}

static bool take_flag(reading *r, member which, bool *out) {
  scan_kind kind = scan_kind_of(r->value[which]);
  *out = kind == SCAN_TRUE;
  if (kind == SCAN_NOTHING || kind == SCAN_TRUE || kind == SCAN_FALSE) return true;
  return refuse(r, "%s must be true or false", names[which].text);
}

/* One of the words, by its place; words[0] stands for a member that is not there, NULL: it must
 * be. */
static bool take_word(reading *r, member which, const char *const *words, size_t count,
                      size_t *out) {
  span said;
  if (!take_string(r, which, &said)) return false;
  for (*out = 0; *out < count; ++*out) {
    const char *word = words[*out];
    if (word == NULL ? false : said.len == 0 ? *out == 0 : span_is(said, word)) return true;
  }
  return refuse(r, "%s is missing, or \"%.*s\" is not one of its words", names[which].text,
                (int)(said.len < 40 ? said.len : 40), said.len > 0 ? said.text : "");
}

#define TAKE_WORD(r, which, words, out) \
  take_word(r, which, words, sizeof(words) / sizeof *(words), out)

static bool take_conn(reading *r, trace_event *out) {
  uint64_t conn = 0;
  bool is_there = false;
  if (!take_number(r, CONN, &conn, &is_there)) return false;
  if (conn == 0 || conn > UINT32_MAX)
    return refuse(r, "conn is missing, or not from 1 to 4294967295");
  out->conn = (uint32_t)conn;
  return true;
}

static bool take_dir(reading *r, trace_event *out) {
  static const char *const words[] = {"", "c2s", "s2c"};
  size_t word = 0;
  if (!TAKE_WORD(r, DIR, words, &word)) return false;
  out->has_dir = word != 0;
  out->dir = word == 2 ? TRACE_S2C : TRACE_C2S;
  return true;
}

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = (char)(c | 0x20);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool take_hex(reading *r, span *out) {
  span digits;
  if (!take_string(r, HEX, &digits)) return false;
  char *text = r->line->text + r->line->text_len - digits.len;
  for (size_t i = 0; i + 1 < digits.len; i += 2) {
    int high = hex_digit(digits.text[i]);
    int low = hex_digit(digits.text[i + 1]);
    if (high < 0 || low < 0) return refuse(r, "hex must be pairs of hexadecimal digits");
    text[i / 2] = (char)(high * 16 + low);
  }
  if (digits.len % 2 != 0) return refuse(r, "hex must be pairs of hexadecimal digits");
  *out = (span){text, digits.len / 2};
  return true;
}

static bool take_bytes(reading *r, span *out) {
  if (has(r, HEX)) return take_hex(r, out);
  *out = r->bytes;
  return out->len > 0 || take_string(r, BYTES, out);
}

/* ---- Kinds of events ------------------------------------------------------------------------- */

static bool read_frame(reading *r, trace_event *out) {
  static const char *const places[] = {"passed", "written", "arrived"};
  size_t place = 0;
  bool dropped = false;
  bool has_n = false;
  out->kind = TRACE_FRAME;
  if (!take_conn(r, out) || !take_dir(r, out) || !TAKE_WORD(r, AT, places, &place)) return false;
  if (!take_flag(r, DROPPED, &dropped) || !take_flag(r, DAMAGED, &out->damaged)) return false;
  if (!take_number(r, N, &out->n, &has_n)) return false;
  if (!out->has_dir) return refuse(r, "dir is missing");
  out->at = (trace_at)place;
  if (dropped) {
    if (out->at == TRACE_ARRIVED) return refuse(r, "what was dropped cannot have arrived");
    out->at = TRACE_WRITTEN;
    out->dropped = true;
  }
  if (out->damaged && !has(r, AT)) out->at = TRACE_ARRIVED;
  if (out->damaged && out->at != TRACE_ARRIVED)
    return refuse(r, "damaged is only said of what arrived");
  if (!take_bytes(r, &out->bytes)) return false;
  if (out->bytes.len > 0) return true;
  return (out->at == TRACE_ARRIVED && has_n) || refuse(r, "bytes is missing, or empty");
}

static bool read_open(reading *r, trace_event *out) {
  static const char *const transports[] = {"stream", "lossy"};
  static const char *const rude[] = {"", "client", "server", "both"};
  size_t transport = 0;
  size_t who = 0;
  out->kind = TRACE_OPEN;
  if (!take_conn(r, out) || !TAKE_WORD(r, TRANSPORT, transports, &transport)) return false;
  if (!TAKE_WORD(r, RUDE, rude, &who) || !take_flag(r, REMOTE, &out->remote)) return false;
  out->lossy = transport == 1;
  out->rude_client = who == 1 || who == 3;
  out->rude_server = who == 2 || who == 3;
  return true;
}

static bool read_close(reading *r, trace_event *out) {
  out->kind = TRACE_CLOSE;
  return take_conn(r, out) && take_dir(r, out) && take_flag(r, ORDERLY, &out->orderly);
}

static bool read_failed(reading *r, trace_event *out) {
  uint64_t version = 0;
  bool says;
  out->kind = TRACE_FAILED;
  if (!take_conn(r, out) || !take_number(r, VERSION, &version, &says)) return false;
  out->speaks_v2 = version >= 2;
  return true;
}

static bool read_event(reading *r, trace_event *out) {
  static const char *const words[] = {NULL, "open", "close", "healed", "failed"};
  size_t word = 0;
  if (!TAKE_WORD(r, EVENT, words, &word)) return false;
  if (word == 1) return read_open(r, out);
  if (word == 2) return read_close(r, out);
  if (word == 4) return read_failed(r, out);
  out->kind = TRACE_HEALED;
  return true;
}

static bool read_message(reading *r, trace_event *out) {
  span said;
  if (!take_string(r, TO_TEXT, &said)) return false;
  if (said.len > 0 && scan_text(said, LINE_DEPTH - 1, &out->to_json) != SCAN_OK)
    return refuse(r, "to_text must be the text of a JSON value");
  if (has(r, TO)) out->to_json = r->value[TO];
  return take_string(r, FROM, &out->from) && take_string(r, PAYLOAD, &out->payload_json);
}

static bool read_state(reading *r, trace_event *out) {
  static const char *const states[] = {NULL, "kept", "lost", "old"};
  size_t state = 0;
  if (!TAKE_WORD(r, STATE, states, &state)) return false;
  out->state_lost = state == 2;
  out->state_old = state == 3;
  return true;
}

static bool read_application(reading *r, trace_event *out) {
  static const char *const words[] = {NULL,     "sent",    "delivered",  "confirmed", "refused",
                                      "stored", "connect", "disconnect", "crashed",   "restarted"};
  static const trace_kind kinds[] = {
      TRACE_NOTE,   TRACE_SENT,    TRACE_DELIVERED,  TRACE_CONFIRMED, TRACE_REFUSED,
      TRACE_STORED, TRACE_CONNECT, TRACE_DISCONNECT, TRACE_CRASHED,   TRACE_RESTARTED};
  size_t word = 0;
  if (!TAKE_WORD(r, APP, words, &word)) return false;
  out->kind = kinds[word];
  if (!take_string(r, CLIENT, &out->client) || !take_string(r, UID, &out->uid)) return false;
  if (!take_string(r, CODE, &out->code) || !take_number(r, ID, &out->id, &out->has_id))
    return false;
  if (out->kind == TRACE_CRASHED) return true;
  if (out->kind == TRACE_RESTARTED) return read_state(r, out);
  if (out->client.len == 0) return refuse(r, "client is missing");
  bool alone = out->kind == TRACE_CONNECT || out->kind == TRACE_DISCONNECT;
  if (alone || out->kind == TRACE_STORED) return true;
  if (out->uid.len == 0) return refuse(r, "uid is missing");
  return read_message(r, out);
}

/* ---- Members --------------------------------------------------------------------------------- */

static member member_named(span name) {
  member which = 0;
  while (which < MEMBERS && !span_equal(name, names[which])) which++;
  return which;
}

static void note_member(reading *r, const scan_member *found) {
  member which = member_named(found->name);
  if (found->escaped) {
    for (which = 0; which < MEMBERS && !scan_named(found, names[which]);) which++;
  }
  if (which < MEMBERS) r->value[which] = found->value;
}

static bool read_members(reading *r, span json) {
  scan_walk walk;
  scan_member found;
  scan_begin(&walk, json, LINE_DEPTH);
  scan_result result = scan_next_member(&walk, &found);
  for (; result == SCAN_OK; result = scan_next_member(&walk, &found)) note_member(r, &found);
  return result == SCAN_END || refuse(r, "it is not a JSON object");
}

/* ---- The same for nearly all lines, in a quarter of the time: compact, ASCII, no values but
 * numbers, true, false and strings. What is not certain is left to read_members. ---- */

/* What a byte in a string is: 0 itself; otherwise the end, or not simple. */
enum { SIMPLE = 0, QUOTE, BACKSLASH, OTHER };
#define OTHERS_8 OTHER, OTHER, OTHER, OTHER, OTHER, OTHER, OTHER, OTHER
#define OTHERS_32 OTHERS_8, OTHERS_8, OTHERS_8, OTHERS_8
static const unsigned char class_of[256] = {
    [0] = OTHERS_32,   ['"'] = QUOTE,     ['\\'] = BACKSLASH, [128] = OTHERS_32,
    [160] = OTHERS_32, [192] = OTHERS_32, [224] = OTHERS_32,
};
static const char escapes[256] = {
    ['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
    ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t',
};

/* Undoes a string, from behind its first quote, into the line's text. Returns the place behind its
 * last quote; NULL: not certain. */
static const char *known_bytes(reading *r, const char *at, const char *end) {
  char *from = r->line->text + r->line->text_len;
  char *to = from;
  for (;;) {
    while (at < end && class_of[(unsigned char)*at] == SIMPLE) *to++ = *at++;
    if (at == end) return NULL;
    if (*at == '"') break;
    if (*at != '\\' || end - at < 2) return NULL;
    *to = escapes[(unsigned char)at[1]];
    if (*to++ == '\0') return NULL;
    at += 2;
  }
  r->bytes = (span){from, (size_t)(to - from)};
  r->line->text_len += r->bytes.len;
  return r->bytes.len > 0 ? at + 1 : NULL;
}

/* Takes a number, a word, or a string without escapes. */
static const char *known_value(const char *at, const char *end) {
  const char *from = at;
  if (*at == '"') {
    for (at++; at < end && class_of[(unsigned char)*at] == SIMPLE;) at++;
    return at < end && *at == '"' ? at + 1 : NULL;
  }
  while (at < end && *at >= '0' && *at <= '9') at++;
  if (at > from) return *from != '0' || at == from + 1 ? at : NULL;
  if (end - at > 4 && memcmp(at, "true", 4) == 0) return at + 4;
  return end - at > 5 && memcmp(at, "false", 5) == 0 ? at + 5 : NULL;
}

/* Takes a member, from behind `{` or `,` to `,` or `}`. */
static const char *known_member(reading *r, const char *at, const char *end) {
  const char *name_end = known_value(at, end);
  if (*at != '"' || name_end == NULL || end - name_end < 3 || *name_end != ':') return NULL;
  member which = member_named((span){at + 1, (size_t)(name_end - at) - 2});
  const char *from = name_end + 1;
  if (which == BYTES)
    return *from == '"' && r->bytes.len == 0 ? known_bytes(r, from + 1, end) : NULL;
  at = known_value(from, end);
  if (at != NULL && which < MEMBERS) r->value[which] = (span){from, (size_t)(at - from)};
  return at;
}

static bool read_known_members(reading *r, span json) {
  const char *at = json.text;
  const char *end = json.text + json.len;
  do {
    at++;
    if (end - at < 2) return false;
    at = known_member(r, at, end);
  } while (at != NULL && at < end && *at == ',');
  return at != NULL && at + 1 == end && *at == '}';
}

/* ---- The line -------------------------------------------------------------------------------- */

static bool make_room(trace_line *line, size_t len) {
  line->text_len = 0;
  if (len <= line->text_room) return true;
  char *text = realloc(line->text, len);
  if (text == NULL) return false;
  line->text = text;
  line->text_room = len;
  return true;
}

bool trace_line_read(trace_line *line, span json, trace_event *out) {
  reading r = {.line = line};
  bool is_there = false;
  *out = (trace_event){.kind = TRACE_NOTE};
  if (!make_room(line, json.len)) return refuse(&r, "there is not enough memory for it");
  while (json.len > 0 && (*json.text == ' ' || *json.text == '\t')) json.text++, json.len--;
  if (json.len == 0 || *json.text != '{') return refuse(&r, "it is not a JSON object");
  if (!read_known_members(&r, json)) {
    r = (reading){.line = line};
    line->text_len = 0;
    if (!read_members(&r, json)) return false;
  }
  if (!take_number(&r, T_MS, &out->t_ms, &is_there)) return false;
  if (!is_there) return refuse(&r, "t_ms is missing");
  if (has(&r, EVENT)) return read_event(&r, out);
  if (has(&r, APP)) return read_application(&r, out);
  if (r.bytes.len > 0 || has(&r, BYTES) || has(&r, HEX) || has(&r, AT)) return read_frame(&r, out);
  if (!has(&r, NOTE)) return refuse(&r, "it has none of the members event, app, bytes, hex, note");
  return take_string(&r, NOTE, &out->note);
}

void trace_line_free(trace_line *line) {
  free(line->text);
  *line = (trace_line){.text = NULL};
}
