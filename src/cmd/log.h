/* Floor 6, programs. Log lines on standard error, in one of two forms:
 *
 *   2026-01-31T12:00:00.123Z info listening on 127.0.0.1:9999
 *   2026-01-31T12:00:07.001Z warn refused-auth address=127.0.0.1:40112 code=unauthorized count=1
 *
 * time, level, event (words), then key=value; a value with spaces, quotes or control characters
 * stands between quotes, escaped as in JSON. Or, one object a line:
 *
 *   {"time":"2026-01-31T12:00:00.123Z","level":"info","event":"listening on 127.0.0.1:9999"}
 *
 * log.c writes lines, log_notes.c decides which notes of a server become one. */
#ifndef EP_CMD_LOG_H
#define EP_CMD_LOG_H

#include "epigeon.h"

typedef enum ep_log_level { EP_LOG_DEBUG, EP_LOG_INFO, EP_LOG_WARN, EP_LOG_ERROR } ep_log_level;

/* False: there is no such level. */
bool ep_log_set_level(const char *name);
bool ep_log_hears(ep_log_level level); /* lines of this level are written */

/* "text" or "json"; false: there is no such form. */
bool ep_log_set_form(const char *name);

/* A line: begin, any number of values, end. One line at a time. */
__attribute__((format(printf, 2, 3))) void ep_log_begin(ep_log_level level, const char *event, ...);
void ep_log_text(const char *key, const char *value);
void ep_log_bytes(const char *key, ep_bytes value); /* left out when empty */
void ep_log_number(const char *key, uint64_t value);
void ep_log_end(void);

/* How many lines a second the notes of one counter may take; at least 1. */
void ep_log_set_rate(uint64_t lines);

/* The note of a server as a line, if the rate leaves room. now_ms: any clock. */
void ep_log_note(const ep_note *note, uint64_t now_ms);

/* A line for each counter of which notes were left out: how many. Call it at ep_log_due, at the
 * end too. */
void ep_log_settle(uint64_t now_ms);
uint64_t ep_log_due(void);      /* when to settle; UINT64_MAX: nothing was left out */
uint64_t ep_log_left_out(void); /* notes left out, ever */

#endif
