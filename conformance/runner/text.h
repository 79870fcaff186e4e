/* Bytes that grow, and memory that is there or ends the program with exit code 4.
 * A case runs in a process of its own, which ends with it: what it allocates is not freed before.
 * Read first: README.md, one folder up; then case.h. */
#ifndef TEXT_H
#define TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "oracle/trace.h"

typedef struct text {
  char *at; /* always ends with a zero byte that len does not count; NULL while empty */
  size_t len, room;
} text;

void *text_alloc(size_t size);
void *text_grow(void *old, size_t size);
char *text_copy(const char *from, size_t len);
char *text_same(const char *from);
/* As printf, into memory of its own. */
char *text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

void text_add(text *out, const char *bytes, size_t len);
void text_put(text *out, const char *words);
void text_putf(text *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
span text_span(const text *from);
/* The bytes as words; "" when nothing was added. */
const char *text_words(const text *from);

/* Without the blanks at both ends; writes a zero byte into words. */
char *text_trim(char *words);
bool text_begins(const char *words, const char *with);
/* Words that a person can read: control bytes and what is not UTF-8 as \xHH, 0x0C as the sign of a
 * form feed; at most `most` bytes of them, then how many there were. */
void text_show(text *out, span bytes, size_t most);

#endif
