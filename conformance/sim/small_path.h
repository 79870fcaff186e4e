/* epigeon-sim --small: the trace of the path that led to the present state, for the judge and for
 * people. Read first: oracle/trace.h, small_world.h. */
#ifndef SMALL_PATH_H
#define SMALL_PATH_H

#include "oracle/judge.h"
#include "oracle/trace.h"
#include "sim/small_world.h"

/* Add an event at the end; its spans must stay valid (texts by number do). */
void small_tell(const trace_event *event, unsigned link);
void small_tell_frame(unsigned link, small_dir dir, trace_at at, uint32_t number, uint32_t text);
void small_tell_app(trace_kind kind, unsigned client, const ep_event *event);

/* Judges the first small_telling.events of the trace. `whole`: the path has come to its end. NULL:
 * nothing is wrong; else what, valid until the next call. */
const judge_finding *small_judge(bool whole);
bool small_write_trace(FILE *file);
void small_path_free(void);

#endif
