/* A file to judge, whatever it is: a trace, or a capture of packets. It can be read twice.
 * Read first: trace.h, pcap.h. */
#ifndef INPUT_H
#define INPUT_H

#include "oracle/trace.h"

typedef struct input input;

/* path: "-" is stdin. port: see pcap_reader_new. NULL: trouble (at least 512 bytes) says why. */
input *input_open(const char *path, uint16_t port, char *trouble, size_t trouble_room);
void input_close(input *in);
/* As trace_read. */
int input_read(input *in, trace_event *out);
const char *input_trouble(const input *in);
/* Back to the first event. */
bool input_rewind(input *in);
/* The line or packet, of those read so far, from which on the file does not tell everything, 0:
 * none; and why: valid until the input is closed. */
uint64_t input_incomplete(input *in, const char **why);
/* What an event's `line` counts: "line" or "packet". */
const char *input_unit(const input *in);

#endif
