/* Support: frames out of lines with holes, so that a fuzzer need not spell JSON. In a line ' stands
 * for ", and % with a letter for something that the harness fills in.
 * Read first: fuzz.h. */
#ifndef FUZZ_LINES_H
#define FUZZ_LINES_H

#include "fuzz.h"

/* Appends what the letter stands for, as JSON with ' for ". */
typedef void fuzz_hole(void *context, ep_buffer *out, char letter, fuzz_input *in);

/* Appends text with ' for ". */
static inline void fuzz_text(ep_buffer *out, const char *text) {
  for (; *text != '\0'; text++) ep_buffer_append_byte(out, *text == '\'' ? '"' : (uint8_t)*text);
}

/* Appends the frame of a line, end byte included. */
static inline void fuzz_line(ep_buffer *out, const char *line, bool enveloped, fuzz_hole *hole,
                             void *context, fuzz_input *in) {
  ep_buffer inner;
  ep_buffer_init(&inner, &fuzz_unfailing);
  for (; *line != '\0'; line++) {
    char text[2] = {*line, '\0'};
    if (*line == '%')
      hole(context, &inner, *++line, in);
    else
      fuzz_text(&inner, text);
  }
  if (enveloped) {
    fuzz_text(out, "{'type':'_message_','data':'");
    ep_buffer_append_escaped(out, ep_buffer_bytes(&inner));
    fuzz_text(out, "'}");
  } else {
    ep_buffer_append(out, ep_buffer_bytes(&inner));
  }
  ep_buffer_append_byte(out, 0x0C);
  ep_buffer_free(&inner);
}

/* Appends one of `count` texts. */
static inline void fuzz_choice(ep_buffer *out, const char *const *texts, size_t count,
                               fuzz_input *in) {
  fuzz_text(out, texts[fuzz_byte(in) % count]);
}

#endif
