/* Support: frames out of lines with holes, so that a fuzzer need not spell JSON. In a line ' stands
 * for ", and % with a letter for something that the harness fills in.
 * Read first: fuzz.h. */
#ifndef FUZZ_LINES_H
#define FUZZ_LINES_H

#include "fuzz.h"

/* Appends what the letter stands for, as JSON with ' for ". */
typedef void fuzz_hole(void *context, ep_buffer *out, char letter, fuzz_input *in);

/* Appends the frame of a line, end byte included. */
void fuzz_line(ep_buffer *out, const char *line, bool enveloped, fuzz_hole *hole, void *context,
               fuzz_input *in);

/* ---- For holes ---- */

/* Text with ' for ". */
void fuzz_text(ep_buffer *out, const char *text);
/* One of `count` texts. */
void fuzz_choice(ep_buffer *out, const char *const *texts, size_t count, fuzz_input *in);
/* A uid: often a new one, sometimes an old one or none that can be. */
void fuzz_uid(ep_buffer *out, fuzz_input *in);
/* More members than are looked at, some of them with names that are known. */
void fuzz_members(ep_buffer *out, fuzz_input *in);
/* The member `id` of the next item, with a comma: mostly the one that is due, which `next` counts.
 */
void fuzz_id(ep_buffer *out, uint64_t *next, fuzz_input *in);

#define FUZZ_CHOOSE(texts) fuzz_choice(out, texts, sizeof texts / sizeof *texts, in)

#endif
