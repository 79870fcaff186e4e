/* epigeon-sim --small: the trace of a path. Read first: small_path.h. */
#include "sim/small_path.h"

#include <stdlib.h>
#include <string.h>

#include "sim/small_memory.h"

static trace_event *events;
static size_t room;
static judge *referee;

void small_tell(const trace_event *event, unsigned link) {
  size_t at = small_telling.events++;
  if (at == room) {
    room = room == 0 ? 1024 : room * 2;
    trace_event *grown = realloc(events, room * sizeof *events);
    if (grown == NULL) {
      fputs("epigeon-sim: there is not enough memory for the path\n", stderr);
      exit(2);
    }
    events = grown;
  }
  events[at] = *event;
  events[at].t_ms = small.now_ms;
  events[at].line = at + 1;
  if (link < SMALL_LINKS) events[at].conn = small_telling.conns[link];
}

static span span_of(ep_bytes bytes) {
  ep_bytes kept = small_text(small_intern(bytes.data, bytes.len));
  return (span){(const char *)kept.data, kept.len};
}

void small_tell_frame(unsigned link, small_dir dir, trace_at at, uint32_t number, uint32_t text) {
  trace_event event = {.kind = TRACE_FRAME, .has_dir = true, .at = at, .n = number};
  event.dir = dir == SMALL_UP ? TRACE_C2S : TRACE_S2C;
  event.bytes = span_of(small_text(text));
  small_tell(&event, link);
}

void small_tell_app(trace_kind kind, unsigned client, const ep_event *about) {
  const char *name = small_client_name(client);
  trace_event event = {.kind = kind, .client = {name, strlen(name)}};
  if (about != NULL) {
    event.uid = span_of(about->uid);
    event.from = span_of(about->client_id);
    event.to_json = span_of(about->to_json);
    event.payload_json = span_of(about->json);
    event.id = about->id;
    event.has_id = kind == TRACE_DELIVERED;
    if (about->code != NULL) event.code = (span){about->code, strlen(about->code)};
  }
  small_tell(&event, SMALL_LINKS);
}

const judge_finding *small_judge(bool whole) {
  if (referee == NULL) referee = judge_new();
  if (referee == NULL) {
    fputs("epigeon-sim: there is not enough memory for the judge\n", stderr);
    exit(2);
  }
  judge_reset(referee);
  for (size_t i = 0; i < small_telling.events; i++)
    if (!judge_event(referee, &events[i])) return judge_found(referee);
  if (!whole || judge_end(referee, small.now_ms) == JUDGE_ACCEPTED) return NULL;
  return judge_found(referee);
}

bool small_write_trace(FILE *file) {
  for (size_t i = 0; i < small_telling.events; i++)
    if (!trace_write(file, &events[i])) return false;
  return fflush(file) == 0;
}

void small_path_free(void) {
  if (referee != NULL) judge_free(referee);
  referee = NULL;
  free(events);
  events = NULL;
  room = 0;
}
