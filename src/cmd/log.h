/* Floor 6, programs. Log lines for a person and for a machine, on standard error:
 *
 *   2026-01-31T12:00:00.123Z info listening on 127.0.0.1:9999
 *   2026-01-31T12:00:07.001Z warn refused-auth address=127.0.0.1:40112 code=unauthorized count=1
 *
 * time, level, event (words), then key=value; a value with spaces, quotes or control characters
 * stands between quotes, escaped as in JSON. */
#ifndef EP_CMD_LOG_H
#define EP_CMD_LOG_H

#include "epigeon.h"

typedef enum ep_log_level { EP_LOG_DEBUG, EP_LOG_INFO, EP_LOG_WARN, EP_LOG_ERROR } ep_log_level;

/* False: there is no such level. */
bool ep_log_set_level(const char *name);

/* A line: begin, any number of values, end. One line at a time. */
__attribute__((format(printf, 2, 3))) void ep_log_begin(ep_log_level level, const char *event, ...);
void ep_log_text(const char *key, const char *value);
void ep_log_bytes(const char *key, ep_bytes value); /* left out when empty */
void ep_log_number(const char *key, uint64_t value);
void ep_log_end(void);

/* The note of a server as a line: at most a few a second of each counter; the next one after that
 * says how many were left out. now_ms: any clock. */
void ep_log_note(const ep_note *note, uint64_t now_ms);

#endif
