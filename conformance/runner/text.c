/* Read first: text.h. */
#include "runner/text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *text_grow(void *old, size_t size) {
  void *grown = realloc(old, size == 0 ? 1 : size);
  if (grown != NULL) return grown;
  (void)fputs("epigeon-conform: There is not enough memory.\n", stderr);
  _Exit(4);
}

void *text_alloc(size_t size) {
  void *made = text_grow(NULL, size);
  memset(made, 0, size);
  return made;
}

char *text_copy(const char *from, size_t len) {
  char *made = text_grow(NULL, len + 1);
  if (len > 0) memcpy(made, from, len);
  made[len] = '\0';
  return made;
}

char *text_same(const char *from) { return text_copy(from, strlen(from)); }

void text_add(text *out, const char *bytes, size_t len) {
  if (out->len + len + 1 > out->room) {
    size_t room = out->room == 0 ? 64 : out->room;
    while (room < out->len + len + 1) room *= 2;
    out->at = text_grow(out->at, room);
    out->room = room;
  }
  if (len > 0) memcpy(out->at + out->len, bytes, len);
  out->len += len;
  out->at[out->len] = '\0';
}

void text_put(text *out, const char *words) { text_add(out, words, strlen(words)); }

static void put_args(text *out, const char *format, va_list args) {
  va_list again;
  va_copy(again, args);
  int len = vsnprintf(NULL, 0, format, args);
  if (len > 0) {
    char *made = text_grow(NULL, (size_t)len + 1);
    (void)vsnprintf(made, (size_t)len + 1, format, again);
    text_add(out, made, (size_t)len);
    free(made);
  }
  va_end(again);
}

void text_putf(text *out, const char *format, ...) {
  va_list args;
  va_start(args, format);
  put_args(out, format, args);
  va_end(args);
}

char *text_format(const char *format, ...) {
  text out = {0};
  va_list args;
  va_start(args, format);
  put_args(&out, format, args);
  va_end(args);
  return out.at != NULL ? out.at : text_same("");
}

span text_span(const text *from) { return (span){from->at != NULL ? from->at : "", from->len}; }

const char *text_words(const text *from) { return from->at != NULL ? from->at : ""; }

char *text_trim(char *words) {
  while (isspace((unsigned char)*words)) words++;
  size_t len = strlen(words);
  while (len > 0 && isspace((unsigned char)words[len - 1])) len--;
  words[len] = '\0';
  return words;
}

bool text_begins(const char *words, const char *with) {
  return strncmp(words, with, strlen(with)) == 0;
}

/* How many bytes of well-formed UTF-8 stand at `at`: 0 when it is not. */
static size_t utf8_len(const unsigned char *at, size_t left) {
  if (at[0] < 0x80) return 1;
  size_t len = at[0] >= 0xF0 ? 4 : at[0] >= 0xE0 ? 3 : 2;
  if (at[0] < 0xC2 || at[0] > 0xF4 || left < len) return 0;
  for (size_t i = 1; i < len; i++) {
    if ((at[i] & 0xC0) != 0x80) return 0;
  }
  if (at[0] == 0xE0 && at[1] < 0xA0) return 0;
  if (at[0] == 0xED && at[1] > 0x9F) return 0;
  if (at[0] == 0xF0 && at[1] < 0x90) return 0;
  if (at[0] == 0xF4 && at[1] > 0x8F) return 0;
  return len;
}

void text_show(text *out, span bytes, size_t most) {
  const unsigned char *at = (const unsigned char *)bytes.text;
  size_t i = 0;
  while (i < bytes.len && i < most) {
    size_t len = utf8_len(at + i, bytes.len - i);
    if (at[i] == 0x0C)
      text_put(out, "␌");
    else if (len == 0 || at[i] < 0x20 || at[i] == 0x7F)
      text_putf(out, "\\x%02x", at[i]);
    else
      text_add(out, bytes.text + i, len);
    i += len == 0 ? 1 : len;
  }
  if (i < bytes.len) text_putf(out, "… (%zu bytes in all)", bytes.len);
}
