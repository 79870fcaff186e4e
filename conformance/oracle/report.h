/* What was found about one trace, for people and for programs.
 * Read first: judge.h, story.h. */
#ifndef REPORT_H
#define REPORT_H

#include "oracle/judge.h"
#include "oracle/story.h"

typedef struct report {
  const char *file; /* what was judged, as people call it */
  judge_verdict verdict;
  const judge_finding *finding; /* NULL: none (ACCEPTED) */
  const story *story;           /* NULL: none */
  uint64_t frames, messages;
  const char *unit;  /* what an event's `line` counts; NULL: "line" */
  const char *doubt; /* why the verdict is uncertain, beside the finding; NULL: it is not */
} report;

/* The verdict, and what led to it; `diagram`: with a sequence diagram. */
void report_text(FILE *out, const report *r, bool diagram);

/* One JSON object in one line; README.md describes it. False: no memory, or not written. */
bool report_json(FILE *out, const report *r);
/* The same for a file that could not be judged; trouble is a sentence. */
bool report_trouble_json(FILE *out, const char *file, const char *trouble);

#endif
