/* The rules behind faults.h, as faults_parse.c reads them and faults.c follows them.
 * Read first: faults.h. */
#ifndef FAULTS_RULES_H
#define FAULTS_RULES_H

#include "oracle/faults.h"
#include "oracle/frame.h"

enum { FAULT_ACTION_MOST = 32 };

typedef enum fault_when {
  WHEN_CHANCE, /* of a mix: each frame, with a probability */
  WHEN_ON,     /* on a frame */
  WHEN_AFTER,  /* after `count` frames */
  WHEN_AT      /* at a moment */
} fault_when;

typedef struct fault_rule {
  fault_when when;
  fault what;
  double chance;
  bool has_dir;
  trace_dir dir;
  uint32_t conn;                      /* 0: each */
  char action[FAULT_ACTION_MOST + 1]; /* "": any frame */
  uint64_t count;                     /* ON: only this one of those, 0: each; AFTER: frames */
  uint64_t at_ms;
  bool done; /* AT */
} fault_rule;

struct fault_plan {
  uint64_t seed;
  fault_rule *rules;
  size_t count, room;
  frame_parser parser; /* of actions */
  bool healed;
};

/* False: no memory. */
bool faults_add(fault_plan *plan, const fault_rule *rule);

#endif
