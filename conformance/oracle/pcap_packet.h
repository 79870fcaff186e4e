/* Packets of a capture, down to the TCP segment in them.
 * Read first: RFC 9293 (TCP), the pages of libpcap on link-layer header types. */
#ifndef PCAP_PACKET_H
#define PCAP_PACKET_H

#include "oracle/trace.h"

/* One end of a connection; an IPv4 address is said as IPv6 does, ::ffff:a.b.c.d. */
typedef struct tcp_end {
  unsigned char address[16];
  uint16_t port;
} tcp_end;

typedef struct tcp_segment {
  tcp_end from, to;
  uint32_t seq;
  bool syn, ack, fin, rst;
  span data;   /* what was captured of it */
  size_t lost; /* bytes at its end that were sent and not captured */
} tcp_segment;

/* Whether packets of this link type (DLT_…) can be read. */
bool packet_knows(int link_type);
/* False: the packet holds no TCP segment that can be read. */
bool packet_read(int link_type, span packet, tcp_segment *out);

#endif
