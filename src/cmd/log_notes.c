/* Floor 6, programs. Which notes of a server become log lines: by level, and so many a second of
 * each counter that nobody outside can fill the disk. What is left out is counted and told.
 * Read first: cmd/log.h. */
#include <stddef.h>
#include <string.h>

#include "cmd/log.h"

enum { KINDS_MOST = 64, USUAL_RATE = 5, SECOND_MS = 1000 };

/* Of one counter. */
typedef struct rate {
  const char *counter;
  uint64_t second; /* the one that `lines` counts */
  uint64_t lines;
  uint64_t left_out; /* and not yet told */
} rate;

static rate rates[KINDS_MOST];
static uint64_t most = USUAL_RATE, left_out_ever, due_ms = UINT64_MAX;

void ep_log_set_rate(uint64_t lines) { most = lines; }

uint64_t ep_log_due(void) { return due_ms; }

uint64_t ep_log_left_out(void) { return left_out_ever; }

/* How loud a counter is: what goes on all the time, what an operator likes to know, what is
 * wrong. */
static ep_log_level note_level(const char *counter) {
  static const char *const usual[] = {"connections", "accepted", "routed",     "confirmed",
                                      "parked",      "unparked", "duplicates", "receipts",
                                      "held",        "repeats"};
  static const char *const known[] = {"joined", "replaced", "waits", "early", "presence-skipped"};
  for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
    if (strcmp(usual[i], counter) == 0) return EP_LOG_DEBUG;
  }
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    if (strcmp(known[i], counter) == 0) return EP_LOG_INFO;
  }
  return EP_LOG_WARN;
}

static rate *rate_of(const char *counter) {
  for (size_t i = 0; i < KINDS_MOST; i++) {
    if (rates[i].counter == NULL) rates[i].counter = counter;
    if (strcmp(rates[i].counter, counter) == 0) return &rates[i];
  }
  return NULL;
}

/* Whether one more line fits into this second. */
static bool rate_allows(rate *of, uint64_t now_ms) {
  if (of->second != now_ms / SECOND_MS) {
    of->second = now_ms / SECOND_MS;
    of->lines = 0;
  }
  if (of->lines < most) {
    of->lines++;
    return true;
  }
  of->left_out++;
  left_out_ever++;
  if (due_ms == UINT64_MAX) due_ms = (of->second + 1) * SECOND_MS;
  return false;
}

void ep_log_note(const ep_note *note, uint64_t now_ms) {
  ep_log_level level = note_level(note->counter);
  if (!ep_log_hears(level)) return;
  rate *of = rate_of(note->counter);
  if (of == NULL || !rate_allows(of, now_ms)) return;
  ep_log_begin(level, "%s", note->counter);
  if (note->address != NULL && note->address[0] != '\0') ep_log_text("address", note->address);
  ep_log_bytes("client", note->client_id);
  ep_log_bytes("uid", note->uid);
  if (note->code != NULL) ep_log_text("code", note->code);
  if (note->reason != NULL) ep_log_text("reason", note->reason);
  ep_log_number("count", note->count);
  ep_log_end();
}

void ep_log_settle(uint64_t now_ms) {
  if (now_ms < due_ms) return;
  due_ms = UINT64_MAX;
  for (size_t i = 0; i < KINDS_MOST && rates[i].counter != NULL; i++) {
    if (rates[i].left_out == 0) continue;
    ep_log_begin(note_level(rates[i].counter), "lines left out");
    ep_log_text("of", rates[i].counter);
    ep_log_number("count", rates[i].left_out);
    ep_log_end();
    rates[i].left_out = 0;
  }
}
