/* Hostile JSON is data: each line of json-vectors.tsv becomes a case in the language of all others.
 * The file says at its beginning what its columns mean. Read first: case.h;
 * conformance/cases/json-vectors.tsv. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runner/case.h"

enum { COLUMNS = 5 };

typedef struct vector {
  char *verdict, *code; /* code: the second word of the verdict, or "" */
  char *name, *requirement, *place;
  char *bytes; /* as a raw step takes them */
} vector;

/* A step of the case; each was spelled here, so that it is right is a matter of this file. */
static void add(test_case *one, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(test_case *one, const char *format, ...) {
  va_list args, again;
  va_start(args, format);
  va_copy(again, args);
  int len = vsnprintf(NULL, 0, format, args);
  char *line = text_alloc((size_t)len + 1);
  (void)vsnprintf(line, (size_t)len + 1, format, again);
  va_end(again);
  va_end(args);
  const char *trouble = step_add(one, line, one->line);
  if (trouble != NULL) {
    (void)fprintf(stderr, "epigeon-conform: `%s`: %s\n", line, trouble);
    abort();
  }
  free(line);
}

static bool is(const char *one, const char *other) { return strcmp(one, other) == 0; }

/* ---- A value: payload of a ping, and of a message to oneself ---- */

#define PING "{\"action\":\"ping\",\"payload\":%s}"
#define MESSAGE                                                                                    \
  "{\"action\":\"message.new\",\"payload\":{\"to\":\"$me\",\"id\":0,\"uid\":\"$u0\",\"payload\":%" \
  "s}}"

static void add_value(test_case *one, const vector *v) {
  bool is_ok = is(v->verdict, "ok");
  const char *bytes = v->bytes;
  add(one, "me: join $v");
  add(one, "EP/2: me>> raw " PING "\\x0c", bytes);
  if (is_ok) {
    add(one, "EP/2: me< {\"action\":\"pong\",...}");
  } else {
    add(one, "EP/2: me: closed after error malformed");
    add(one, "EP/2: me: join v2");
  }
  add(one, "EP/2: me>> raw " MESSAGE "\\x0c", bytes);
  add(one, "EP/1: me>> escaped " MESSAGE, bytes);
  if (is_ok) {
    add(one, "EP/2: me: confirmed 0");
    add(one, "EP/1: me: confirmed $u0");
    add(one, "me: gets $u0");
    return;
  }
  add(one, "EP/2: me: closed after error malformed");
  add(one, "EP/1: me: open still");
  add(one, "EP/1: me! * for 0 ms");
  add(one, "EP/1: me! {\"action\":\"message.confirm\",...} for 0 ms");
}

/* ---- A frame on a connection that is authenticated ---- */

/* That the id of a refused item counts as used (EP-ERR-7) shows with the next one. */
static void add_refused(test_case *one, const vector *v) {
  bool is_item = strstr(v->bytes, "\"id\":$id") != NULL;
  if (*v->code == '\0')
    add(one, "me< {\"action\":\"error\",...}");
  else
    add(one, "me: refused %s%s", v->code, is_item ? " of 0" : "");
  add(one, "me: open still");
  if (!is_item) return;
  add(one,
      "me> {\"action\":\"message.new\",\"payload\":{\"to\":\"$me\",\"id\":1,\"uid\":\"next-$tag\","
      "\"payload\":1}}");
  add(one, "me: confirmed 1");
  add(one, "me: gets next-$tag");
}

static void add_ok_frame(test_case *one, const vector *v) {
  if (is(v->code, "pong")) {
    add(one, "me< {\"action\":\"pong\",...}");
  } else if (is(v->code, "list")) {
    add(one, "me< {\"action\":\"clients.list\",...}");
  } else if (is(v->code, "closed")) {
    add(one, "me: closed");
  } else {
    bool is_message = strstr(v->bytes, "$u0") != NULL;
    if (is(v->code, "confirm")) {
      add(one, "EP/2: me: confirmed 0");
      add(one, "EP/1: me: confirmed $u0");
      if (is_message) add(one, "me: gets $u0");
    }
    add(one, "me: open still");
    add(one, "me! {\"action\":\"error\",...} for 0 ms"); /* a refused item is confirmed, too */
    if (is(v->code, "quiet")) add(one, "me! * for 0 ms");
  }
}

static void add_frame(test_case *one, const vector *v) {
  add(one, "let id = 0");
  add(one, "me: join $v");
  add(one, "me>> raw %s\\x0c", v->bytes);
  if (is(v->verdict, "ok")) {
    add_ok_frame(one, v);
  } else if (is(v->place, "frame1")) {
    if (is(v->code, "confirm")) add(one, "me: confirmed $u0");
    add(one, "me: open still");
    add(one, "me! * for 0 ms");
    if (*v->code == '\0') add(one, "me! {\"action\":\"message.confirm\",...} for 0 ms");
  } else if (is(v->verdict, "malformed")) {
    add(one, "EP/2: me: closed after error malformed");
    add(one, "EP/1: me: open still");
    add(one, "EP/1: me! * for 0 ms");
  } else {
    add_refused(one, v);
  }
}

/* ---- The first frame of a connection ---- */

static void add_auth(test_case *one, const vector *v) {
  bool is_closed = is(v->verdict, "invalid") && *v->code == '\0';
  if (is_closed) add(one, "you: join v2"); /* who closes everything, closes this, too */
  add(one, "me: open");
  add(one, "me>> raw %s\\x0c", v->bytes);
  if (is(v->code, "v1")) {
    add(one, "me< {\"action\":\"auth\",\"payload\":*}");
  } else if (is(v->code, "v2")) {
    add(one, "me< {\"action\":\"auth\",\"version\":2,...}");
  } else if (is(v->code, "bad-auth")) {
    add(one, "me: closed after error bad-auth");
  } else if (is_closed) {
    add(one, "me! * for 100 ms");
    add(one, "me: closed");
  } else {
    add(one, "me! * for 30 ms");
    add(one, "me: auth v2");
    add(one, "me< {\"action\":\"auth\",\"version\":2,...}");
  }
}

/* ---- The file ---- */

/* In the file a backslash is itself but before x and two digits; in a raw step also \f is
 * something. */
static char *as_raw(const char *bytes) {
  text out = {0};
  text_add(&out, "", 0);
  for (; *bytes != '\0'; bytes++) {
    if (bytes[0] == '\\' && bytes[1] == 'f')
      text_put(&out, "\\x5c");
    else
      text_add(&out, bytes, 1);
  }
  return out.at;
}

/* NULL, or what is wrong with the line. */
static const char *read_vector(char *line, vector *out) {
  char *column[COLUMNS] = {line};
  for (int i = 1; i < COLUMNS; i++) {
    char *tab = strchr(column[i - 1], '\t');
    if (tab == NULL) return "A vector has five columns with tabs between them.";
    *tab = '\0';
    column[i] = tab + 1;
  }
  char *blank = strchr(column[0], ' ');
  if (blank != NULL) *blank = '\0';
  *out = (vector){.verdict = column[0],
                  .code = blank == NULL ? column[0] + strlen(column[0]) : blank + 1,
                  .name = column[1],
                  .requirement = column[2],
                  .place = column[3],
                  .bytes = as_raw(column[4])};
  if (!is(out->verdict, "malformed") && !is(out->verdict, "invalid") &&
      !is(out->verdict, "refused") && !is(out->verdict, "ok"))
    return "The verdict is malformed, invalid, refused or ok.";
  if (!is(out->place, "value") && !is(out->place, "frame") && !is(out->place, "frame1") &&
      !is(out->place, "auth"))
    return "The place is value, frame, frame1 or auth.";
  if (is(out->place, "value") && !is(out->verdict, "ok") && !is(out->verdict, "malformed"))
    return "In the place of a value the verdict is malformed or ok.";
  if (requirement_sentence(out->requirement) == NULL) return "The spec has no such requirement.";
  return NULL;
}

static void choose_versions(test_case *one, const vector *v) {
  bool is_value = is(v->place, "value");
  bool is_malformed_frame = is(v->place, "frame") && is(v->verdict, "malformed");
  bool is_v1 = is(v->place, "frame1") || (is(v->place, "auth") && is(v->code, "v1"));
  one->in_v1 = is_value || is_malformed_frame || is_v1;
  one->in_v2 = !is_v1;
}

static bool add_vector(case_list *list, const char *path, unsigned line, const vector *v) {
  char *id = text_format("json-vectors/%s", v->name);
  for (size_t i = 0; i < list->count; i++) {
    if (is(list->cases[i].id, id))
      return case_fail(list, path, line, "There is a vector %s already.", v->name);
  }
  test_case *one = case_add(list);
  *one = (test_case){
      .id = id,
      .title = text_format("%s: %s %s", v->name, v->verdict, v->code),
      .file = text_same(path),
      .prose = text_format("Bytes in the place `%s` that are %s.", v->place, v->verdict),
      .line = line};
  case_add_requirement(one, v->requirement);
  choose_versions(one, v);
  if (is(v->place, "value"))
    add_value(one, v);
  else if (is(v->place, "auth"))
    add_auth(one, v);
  else
    add_frame(one, v);
  return true;
}

bool case_read_vectors(case_list *list, const char *path) {
  size_t len = 0;
  char *content = case_load(path, &len);
  if (content == NULL || strlen(content) != len)
    return case_fail(list, path, 0, "The vectors cannot be read, or hold a zero byte.");
  unsigned number = 0;
  for (char *at = content; at != NULL && *at != '\0';) {
    vector v;
    char *end = strchr(at, '\n');
    if (end != NULL) *end = '\0';
    number++;
    if (*at != '\0' && *at != '#') {
      const char *trouble = read_vector(at, &v);
      if (trouble != NULL) return case_fail(list, path, number, "%s", trouble);
      if (!add_vector(list, path, number, &v)) return false;
    }
    at = end == NULL ? NULL : end + 1;
  }
  return true;
}
