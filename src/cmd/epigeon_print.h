/* Floor 6, programs. What the command-line client writes: results to stdout, as text for people or
 * as one JSON object a line for programs, and remarks to stderr. What comes from others is escaped
 * in text, so that no message can drive the terminal.
 * Read first: epigeon_cli.h. */
#ifndef EP_CMD_EPIGEON_PRINT_H
#define EP_CMD_EPIGEON_PRINT_H

#include <stdio.h>

#include "epigeon.h"

/* A remark: "epigeon: …" and the end of the line, on stderr. */
__attribute__((format(printf, 1, 2))) void cli_say(const char *format, ...);

/* The same for a refusal: what it is, why, and for whom. */
void cli_say_refused(const char *what, const ep_event *refusal);

/* Bytes of somebody else as text: control characters and direction marks as escapes. */
void cli_put_text(FILE *out, ep_bytes text);
/* A JSON text for people: a string without its quotes and escapes, anything else on one line. */
void cli_put_value(FILE *out, ep_bytes json);
/* A JSON text on one line, otherwise verbatim. */
void cli_put_json(FILE *out, ep_bytes json);
/* "FROM: payload", or what stands for a message without payload. */
void cli_put_message(FILE *out, const ep_event *message);

/* One line {"event":…}. self: the client id of this run. */
void cli_put_event(FILE *out, const ep_event *event, const char *self);
/* Members of such a line, for those who write one themselves: ,"key":value */
void cli_put_member_text(FILE *out, const char *key, ep_bytes text);
void cli_put_member_json(FILE *out, const char *key, ep_bytes json);
void cli_put_member_number(FILE *out, const char *key, uint64_t number);

/* Hands what was printed to whoever reads stdout. When that is impossible the program ends here, so
 * that nothing counts as received that nobody could read. */
void cli_flush(void);

#endif
