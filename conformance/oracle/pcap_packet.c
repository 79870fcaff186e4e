/* Ethernet, Linux cooked, loopback or bare IP; then IPv4 or IPv6; then TCP. Each step takes its
 * header off the packet; what is too short or of another kind is passed over.
 * Read first: pcap_packet.h. */
#include "oracle/pcap_packet.h"

#include <pcap/dlt.h>
#include <string.h>

enum {
  TYPE_IPV4 = 0x0800,
  TYPE_IPV6 = 0x86DD,
  TYPE_VLAN = 0x8100,
  TYPE_PROVIDER_VLAN = 0x88A8,
  PROTOCOL_TCP = 6
};

static unsigned byte(span s, size_t at) { return (unsigned char)s.text[at]; }
static unsigned two(span s, size_t at) { return byte(s, at) << 8 | byte(s, at + 1); }
static uint32_t four(span s, size_t at) { return (uint32_t)two(s, at) << 16 | two(s, at + 2); }

/* Takes bytes off the beginning. False: there are not so many. */
static bool cut(span *s, size_t len) {
  if (s->len < len) return false;
  s->text += len;
  s->len -= len;
  return true;
}

/* ---- Links ----------------------------------------------------------------------------------- */

static bool cut_ethernet(span *s) {
  if (s->len < 14) return false;
  unsigned type = two(*s, 12);
  if (!cut(s, 14)) return false;
  while ((type == TYPE_VLAN || type == TYPE_PROVIDER_VLAN) && s->len >= 4) {
    type = two(*s, 2);
    if (!cut(s, 4)) return false;
  }
  return type == TYPE_IPV4 || type == TYPE_IPV6;
}

static bool cut_link(int link_type, span *s) {
  switch (link_type) {
    case DLT_EN10MB: return cut_ethernet(s);
    case DLT_LINUX_SLL: return cut(s, 16);
    case DLT_LINUX_SLL2: return cut(s, 20);
    case DLT_NULL:
    case DLT_LOOP: return cut(s, 4);
    case DLT_RAW:
    case DLT_IPV4:
    case DLT_IPV6: return true;
    default: return false;
  }
}

bool packet_knows(int link_type) {
  span packet = {"\0\0\0\0\0\0\0\0\0\0\0\0\x08\0\0\0\0\0\0\0", 20};
  return cut_link(link_type, &packet);
}

/* ---- IP -------------------------------------------------------------------------------------- */

static void note_ipv4(tcp_end *out, span s, size_t at) {
  static const unsigned char prefix[12] = {[10] = 0xFF, [11] = 0xFF};
  memcpy(out->address, prefix, sizeof prefix);
  memcpy(out->address + 12, s.text + at, 4);
}

/* What the packet says it holds behind a header of `header` bytes; the rest is padding, or was not
 * captured (*lost). A length of 0 comes from a network card that cuts packets itself. */
static bool cut_ip(span *s, size_t header, size_t said, size_t *lost) {
  if (said != 0 && said < header) return false;
  if (said != 0 && s->len > said) s->len = said;
  *lost = said > s->len ? said - s->len : 0;
  return cut(s, header);
}

static bool cut_ipv4(span *s, tcp_segment *out) {
  if (s->len < 20) return false;
  size_t header = (byte(*s, 0) & 0x0F) * 4;
  bool is_fragment = (two(*s, 6) & 0x3FFF) != 0;
  if (header < 20 || is_fragment || byte(*s, 9) != PROTOCOL_TCP) return false;
  note_ipv4(&out->from, *s, 12);
  note_ipv4(&out->to, *s, 16);
  return cut_ip(s, header, two(*s, 2), &out->lost);
}

static bool cut_ipv6(span *s, tcp_segment *out) {
  enum { HOP_BY_HOP = 0, ROUTING = 43, DESTINATION = 60 };
  if (s->len < 40) return false;
  unsigned next = byte(*s, 6);
  size_t said = two(*s, 4);
  memcpy(out->from.address, s->text + 8, 16);
  memcpy(out->to.address, s->text + 24, 16);
  if (!cut_ip(s, 40, said == 0 ? 0 : said + 40, &out->lost)) return false;
  while (next == HOP_BY_HOP || next == ROUTING || next == DESTINATION) {
    if (s->len < 8) return false;
    next = byte(*s, 0);
    if (!cut(s, (byte(*s, 1) + 1) * 8)) return false;
  }
  return next == PROTOCOL_TCP;
}

/* ---- TCP ------------------------------------------------------------------------------------- */

bool packet_read(int link_type, span packet, tcp_segment *out) {
  enum { FIN = 0x01, SYN = 0x02, RST = 0x04, ACK = 0x10 };
  span s = packet;
  *out = (tcp_segment){.lost = 0};
  if (!cut_link(link_type, &s) || s.len == 0) return false;
  unsigned version = byte(s, 0) >> 4;
  bool good = version == 4 ? cut_ipv4(&s, out) : version == 6 && cut_ipv6(&s, out);
  if (!good || s.len < 20) return false;
  out->from.port = (uint16_t)two(s, 0);
  out->to.port = (uint16_t)two(s, 2);
  out->seq = four(s, 4);
  unsigned flags = byte(s, 13);
  out->syn = (flags & SYN) != 0;
  out->ack = (flags & ACK) != 0;
  out->fin = (flags & FIN) != 0;
  out->rst = (flags & RST) != 0;
  size_t header = (size_t)(byte(s, 12) >> 4) * 4;
  if (header < 20 || !cut(&s, header)) return false;
  out->data = s;
  return true;
}
