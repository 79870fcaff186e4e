/* Harness: the oracle's trace reader, and its judge behind it. A trace (the input) is read as
 * events, or refused with a sentence; white space changes nothing; what is written is read as the
 * same events; and the judge comes to a verdict, whatever the trace says. */
#include "fuzz.h"
#include "oracle/judge.h"
#include "oracle/trace.h"

enum { TRACE_MOST = 8192, EVENTS_MOST = 512 };

typedef struct reading {
  uint64_t events[EVENTS_MOST]; /* a fingerprint for each */
  size_t count;
  int end; /* what the reader said last */
} reading;

static uint64_t fingerprint(const trace_event *e) {
  const uint64_t numbers[] = {e->kind,   e->t_ms, e->conn,        e->dir,         e->has_dir,
                              e->at,     e->n,    e->dropped,     e->damaged,     e->lossy,
                              e->has_id, e->id,   e->rude_client, e->rude_server, e->state_lost};
  const span texts[] = {e->bytes, e->client, e->from,    e->uid,
                        e->code,  e->note,   e->to_json, e->payload_json};
  uint64_t sum = fuzz_mix(1, numbers, sizeof numbers);
  for (int i = 0; i < 8; i++) sum = fuzz_mix(sum, texts[i].text, texts[i].len);
  return sum;
}

/* Reads a trace; writes its events to `copy` and tells them to `of`, where these are there. */
static void read_trace(reading *out, ep_bytes text, FILE *copy, judge *of) {
  trace_event event;
  FILE *file = fmemopen((void *)(uintptr_t)text.data, text.len, "rb");
  trace_reader *reader = trace_reader_new(file);
  uint64_t t_ms = 0;
  out->count = 0;
  while ((out->end = trace_read(reader, &event)) == 1 && out->count < EVENTS_MOST) {
    FUZZ_MUST(event.t_ms >= t_ms, "Time goes back.");
    t_ms = event.t_ms;
    out->events[out->count++] = fingerprint(&event);
    if (copy != NULL) FUZZ_MUST(trace_write(copy, &event), "An event is not written.");
    if (of != NULL) (void)judge_event(of, &event);
  }
  bool is_said = trace_reader_trouble(reader)[0] != '\0';
  FUZZ_MUST(out->end != -1 || is_said, "A trace is refused without a sentence.");
  if (of != NULL) (void)judge_end(of, t_ms);
  trace_reader_free(reader);
  (void)fclose(file);
}

/* The same lines, spelled otherwise. */
static size_t respell(uint8_t *out, ep_bytes text) {
  size_t len = 0;
  for (size_t i = 0; i < text.len; i++) {
    out[len++] = text.data[i];
    if (text.data[i] == '{' && (i == 0 || text.data[i - 1] == '\n')) out[len++] = ' ';
  }
  return len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static reading said[3];
  static judge *of;
  static uint8_t other[2 * TRACE_MOST];
  if (size == 0 || size > TRACE_MOST) return 0;
  if (of == NULL) of = judge_new();
  judge_reset(of);
  char *written = NULL;
  size_t written_len = 0, other_len = respell(other, ep_bytes_of(data, size));
  FILE *copy = open_memstream(&written, &written_len);
  read_trace(&said[0], ep_bytes_of(data, size), copy, of);
  (void)fclose(copy);
  read_trace(&said[1], ep_bytes_of(other, other_len), NULL, NULL);
  size_t count = said[0].count, len = count * sizeof said[0].events[0];
  bool same = count == said[1].count && memcmp(said[0].events, said[1].events, len) == 0;
  FUZZ_MUST(same && said[0].end == said[1].end, "A trace is read otherwise with white space.");
  if (count > 0) read_trace(&said[2], ep_bytes_of(written, written_len), NULL, NULL);
  FUZZ_MUST(
      count == 0 || (said[2].count == count && memcmp(said[0].events, said[2].events, len) == 0),
      "What was written is read as other events.");
  free(written);
  return 0;
}
