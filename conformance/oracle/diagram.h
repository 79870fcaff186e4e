/* A story as a sequence diagram: diagram.c in text, svg.c as a picture.
 * Read first: story.h. */
#ifndef DIAGRAM_H
#define DIAGRAM_H

#include "oracle/judge.h"
#include "oracle/story.h"

enum { DIAGRAM_COLUMNS = 100 };

/* Printable ASCII, at most DIAGRAM_COLUMNS wide. */
void diagram_write(FILE *out, const story *s);

/* A stand-alone SVG. False: it could not be written. */
bool svg_write(FILE *out, const story *s, const judge_finding *finding);

#endif
