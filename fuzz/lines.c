/* Support of the harnesses server.c, client.c and state.c: frames out of lines. See lines.h. */
#include "lines.h"

enum { LINE_USUAL = 512 };

static void add(ep_buffer *out, const char *text, size_t len) {
  uint8_t *to = len == 0 ? NULL : ep_buffer_reserve(out, len);
  if (to == NULL) return;
  for (size_t i = 0; i < len; i++) to[i] = text[i] == '\'' ? '"' : (uint8_t)text[i];
  ep_buffer_commit(out, len);
}

void fuzz_text(ep_buffer *out, const char *text) { add(out, text, strlen(text)); }

static void fill(ep_buffer *out, const char *line, fuzz_hole *hole, void *context, fuzz_input *in) {
  (void)ep_buffer_reserve(out, LINE_USUAL);
  for (;;) {
    size_t len = strcspn(line, "%");
    add(out, line, len);
    if (line[len] == '\0') return;
    hole(context, out, line[len + 1], in);
    line += len + 2;
  }
}

void fuzz_line(ep_buffer *out, const char *line, bool enveloped, fuzz_hole *hole, void *context,
               fuzz_input *in) {
  ep_buffer inner;
  if (!enveloped) {
    fill(out, line, hole, context, in);
  } else {
    ep_buffer_init(&inner, &fuzz_unfailing);
    fill(&inner, line, hole, context, in);
    (void)ep_buffer_reserve(out, 2 * LINE_USUAL);
    fuzz_text(out, "{'type':'_message_','data':'");
    ep_buffer_append_escaped(out, ep_buffer_bytes(&inner));
    fuzz_text(out, "'}");
    ep_buffer_free(&inner);
  }
  ep_buffer_append_byte(out, 0x0C);
  FUZZ_MUST(!out->failed, "There is no memory for the harness.");
}

void fuzz_choice(ep_buffer *out, const char *const *texts, size_t count, fuzz_input *in) {
  fuzz_text(out, texts[fuzz_byte(in) % count]);
}

void fuzz_uid(ep_buffer *out, fuzz_input *in) {
  static const char *const odd[] = {"''", "7", "'\\u0075'", "'\\n'"};
  unsigned which = fuzz_byte(in);
  if (which >= 252) {
    fuzz_text(out, odd[which - 252]);
    return;
  }
  fuzz_text(out, "'u");
  ep_buffer_append_u64(out, which);
  fuzz_text(out, "'");
}

void fuzz_id(ep_buffer *out, uint64_t *next, fuzz_input *in) {
  static const char *const odd[] = {"", "'id':-1,", "'id':1.5,", "'id':9007199254740991,"};
  unsigned how = fuzz_byte(in);
  if (how >= 248) {
    fuzz_text(out, odd[how % 4]);
    return;
  }
  uint64_t id = how % 8 < 5 ? (*next)++ : *next + how % 8 - 4;
  if (how >= 240) id = how % 8;
  fuzz_text(out, "'id':");
  ep_buffer_append_u64(out, id);
  fuzz_text(out, ",");
}

void fuzz_members(ep_buffer *out, fuzz_input *in) {
  static const char *const names[] = {"'id':7", "'uid':'m'", "'to':{}", "'payload':{}"};
  unsigned how = fuzz_byte(in);
  for (unsigned i = 0; i < 40 + how % 64; i++) {
    fuzz_text(out, i == 0 ? "'a" : ",'a");
    ep_buffer_append_u64(out, i);
    fuzz_text(out, "':0");
  }
  fuzz_text(out, ",");
  fuzz_text(out, names[how / 64]);
}
