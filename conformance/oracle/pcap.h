/* Reads a capture of packets (pcap or pcapng, as tcpdump and Wireshark write them) as a trace.
 * Read first: trace.h, tcp.h, pcap_packet.h. */
#ifndef PCAP_H
#define PCAP_H

#include "oracle/trace.h"

typedef struct pcap_reader pcap_reader;

/* Whether a file that begins with these bytes is a capture. */
bool pcap_is_capture(const char *bytes, size_t len);

/* The file, of which nothing was read, becomes the reader's and is closed with it (also when this
 * fails). port: the server's;
 * 0: 9999, or where all connections go. NULL: trouble (at least 256 bytes) says why. */
pcap_reader *pcap_reader_new(FILE *file, uint16_t port, char *trouble, size_t trouble_room);
void pcap_reader_free(pcap_reader *reader);

/* As trace_read; `line` is the number of the packet. */
int pcap_read(pcap_reader *reader, trace_event *out);
const char *pcap_trouble(const pcap_reader *reader);

/* The packet from which on the capture, as far as it was read, does not hold everything, 0: none;
 * and why, a sentence. What is judged from there on is uncertain. */
uint64_t pcap_incomplete(pcap_reader *reader, const char **why);

#endif
