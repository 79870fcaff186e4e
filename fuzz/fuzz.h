/* What the harnesses share: claims that end the program, the input as a row of decisions, and
 * memory that is counted and can run out. Read first: README.md. */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"

enum { UID_ROOM = 130 }; /* for a uid or a client id, and a zero byte */

/* What libFuzzer, AFL++ and main.c call, once for each input. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the program with a sentence: the fuzzer keeps the input. */
static inline _Noreturn void fuzz_fail(const char *file, int line, const char *sentence) {
  fprintf(stderr, "%s:%d: %s\n", file, line, sentence);
  abort();
}

#define FUZZ_MUST(claim, sentence) ((claim) ? (void)0 : fuzz_fail(__FILE__, __LINE__, sentence))

/* The input: decisions are taken off its front. Where it is used up they are 0. */
typedef struct fuzz_input {
  const uint8_t *at;
  size_t left;
} fuzz_input;

static inline unsigned fuzz_byte(fuzz_input *in) {
  if (in->left == 0) return 0;
  in->left--;
  return *in->at++;
}

/* The next `len` bytes, or what is left. */
static inline ep_bytes fuzz_bytes(fuzz_input *in, size_t len) {
  if (len > in->left) len = in->left;
  ep_bytes out = ep_bytes_of(in->at, len);
  in->at += len;
  in->left -= len;
  return out;
}

/* No input is so long that a core needs a block of this size for it: only a state that lies about
 * the length of a mailbox makes it want one. */
#define FUZZ_BLOCK_MOST ((size_t)64 << 20)

/* Memory for the code under test. */
typedef struct fuzz_memory {
  size_t live;    /* bytes given out */
  size_t calls;   /* requests that could have failed */
  size_t fail_at; /* this request fails, the first being 1; 0: none does */
  size_t fails;   /* and so many behind it */
  bool wants_all; /* a block of FUZZ_BLOCK_MOST or more was asked for, and refused */
} fuzz_memory;

static inline void *fuzz_resize(void *context, void *block, size_t old_size, size_t new_size) {
  fuzz_memory *memory = context;
  FUZZ_MUST((block == NULL) == (old_size == 0), "A block was given back with another size.");
  if (new_size == 0) {
    memory->live -= old_size;
    free(block);
    return NULL;
  }
  memory->calls++;
  if (new_size >= FUZZ_BLOCK_MOST) memory->wants_all = true;
  if (new_size >= FUZZ_BLOCK_MOST) return NULL;
  bool is_due = memory->fail_at != 0 && memory->calls >= memory->fail_at;
  if (is_due && memory->calls - memory->fail_at <= memory->fails) return NULL;
  void *moved = realloc(block, new_size);
  if (moved != NULL) memory->live += new_size - old_size;
  return moved;
}

/* A request soon, or some, will fail: six bits say when, two how many. 0: none. */
static inline void fuzz_scarce(fuzz_memory *memory, unsigned how) {
  static const size_t many[] = {0, 1, 7, 200};
  memory->fail_at = how == 0 ? 0 : memory->calls + 1 + how % 64;
  memory->fails = many[how / 64 % 4];
}

/* For the harness itself. */
static fuzz_memory fuzz_own;
static const ep_allocator fuzz_unfailing = {fuzz_resize, &fuzz_own};

/* With FUZZ_SAY in the environment what a core sees and does is printed, for a person who replays
 * an input. */
static inline void fuzz_say(const ep_trace *line) {
  static int says = -1;
  if (says < 0) says = getenv("FUZZ_SAY") != NULL;
  if (says == 0) return;
  if (line->kind == EP_TRACE_STATE)
    fprintf(stderr, "%u: %s -> %s at %s\n", line->conn, line->from, line->to, line->input);
  else
    fprintf(stderr, "%u: %s %.*s\n", line->conn, line->kind == EP_TRACE_RECEIVED ? "<" : ">",
            (int)line->frame.len, (const char *)line->frame.data);
}

/* A fingerprint of bytes, on top of that of others. */
static inline uint64_t fuzz_mix(uint64_t sum, const void *bytes, size_t len) {
  const uint8_t *at = bytes;
  sum = (sum ^ len) * UINT64_C(0x9E3779B97F4A7C15);
  for (size_t i = 0; i < len; i++) sum = (sum ^ at[i]) * UINT64_C(0x100000001B3);
  return sum;
}

/* An exact copy, so that the sanitizer sees a byte too many that is read. To be freed. */
static inline uint8_t *fuzz_copy(ep_bytes in) {
  uint8_t *copy = malloc(in.len == 0 ? 1 : in.len);
  FUZZ_MUST(copy != NULL, "There is no memory for the harness.");
  if (in.len != 0) memcpy(copy, in.data, in.len);
  return copy;
}

#endif
