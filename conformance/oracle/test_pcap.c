/* Unit tests: captures of packets. The captures are written here, packet by packet.
 * Read first: pcap.h, tcp.h. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "oracle/pcap.h"
#include "oracle/scan.h"
#include "oracle/tcp.h"

Suite *oracle_suite_pcap(void);

/* ---- Writing captures ------------------------------------------------------------------------ */

enum { FIN = 0x01, SYN = 0x02, RST = 0x04, ACK = 0x10 };
enum { ETHERNET = 1, BARE = 101, COOKED = 113, LOOPBACK = 0, COOKED_2 = 276 };
enum { CLIENT = 40000, SERVER = 9999 };

typedef struct writer {
  FILE *file;
  unsigned link, ms, server; /* server: its port */
  bool v6;
} writer;

static void put(FILE *file, uint64_t value, int len) {
  for (int i = 0; i < len; i++) (void)fputc((int)(value >> (8 * i)) & 0xFF, file);
}

static void put_big(unsigned char *to, uint32_t value, int len) {
  for (int i = 0; i < len; i++) to[i] = (unsigned char)(value >> (8 * (len - 1 - i)));
}

static writer begin(unsigned link) {
  writer out = {.file = tmpfile(), .link = link, .server = SERVER};
  ck_assert_ptr_nonnull(out.file);
  put(out.file, 0xA1B2C3D4, 4);
  put(out.file, 2, 2);
  put(out.file, 4, 2);
  put(out.file, 0, 8);
  put(out.file, 65535, 4);
  put(out.file, link, 4);
  return out;
}

/* The header of the link; returns its length. */
static size_t put_link(const writer *w, unsigned char *to) {
  unsigned type = w->v6 ? 0x86DD : 0x0800;
  memset(to, 0, 20);
  switch (w->link) {
    case ETHERNET: put_big(to + 12, type, 2); return 14;
    case COOKED: put_big(to + 14, type, 2); return 16;
    case COOKED_2: put_big(to, type, 2); return 20;
    case LOOPBACK: put_big(to, 2, 4); return 4;
    default: return 0;
  }
}

static size_t put_ip(const writer *w, unsigned char *to, size_t tcp_len, bool is_up) {
  memset(to, 0, 40);
  if (w->v6) {
    to[0] = 0x60;
    put_big(to + 4, (uint32_t)tcp_len, 2);
    to[6] = 6;
    to[23] = is_up ? 1 : 2;
    to[39] = is_up ? 2 : 1;
    return 40;
  }
  to[0] = 0x45;
  put_big(to + 2, (uint32_t)(20 + tcp_len), 2);
  to[9] = 6;
  to[15] = is_up ? 1 : 2;
  to[19] = is_up ? 2 : 1;
  return 20;
}

/* One packet; `cut` bytes at its end are not captured. */
static void packet_cut(writer *w, trace_dir dir, unsigned client, uint32_t seq, int flags,
                       const char *data, size_t cut) {
  unsigned char bytes[2048];
  size_t len = strlen(data);
  bool is_up = dir == TRACE_C2S;
  size_t at = put_link(w, bytes);
  at += put_ip(w, bytes + at, 20 + len, is_up);
  memset(bytes + at, 0, 20);
  put_big(bytes + at, is_up ? client : w->server, 2);
  put_big(bytes + at + 2, is_up ? w->server : client, 2);
  put_big(bytes + at + 4, seq, 4);
  bytes[at + 12] = 5 << 4;
  bytes[at + 13] = (unsigned char)flags;
  memcpy(bytes + at + 20, data, len);
  at += 20 + len;
  if (w->link == ETHERNET && at < 60) { /* frames are padded there */
    memset(bytes + at, 0x0C, 60 - at);
    at = 60;
  }
  put(w->file, w->ms / 1000, 4);
  put(w->file, w->ms % 1000 * 1000, 4);
  put(w->file, (uint32_t)(at - cut), 4);
  put(w->file, (uint32_t)at, 4);
  (void)fwrite(bytes, 1, at - cut, w->file);
  w->ms += 5;
}

static void packet(writer *w, trace_dir dir, uint32_t seq, int flags, const char *data) {
  packet_cut(w, dir, CLIENT, seq, flags, data, 0);
}

/* SYN and its answer; the first bytes then have the numbers 1001 and 5001. */
static void opened(writer *w) {
  packet(w, TRACE_C2S, 1000, SYN, "");
  packet(w, TRACE_S2C, 5000, SYN | ACK, "");
}

/* ---- Reading them ---------------------------------------------------------------------------- */

typedef struct trial {
  pcap_reader *reader;
  trace_event event;
} trial;

static trial read_with_port(writer *w, uint16_t port) {
  char trouble[256];
  rewind(w->file);
  trial out = {.reader = pcap_reader_new(w->file, port, trouble, sizeof trouble)};
  ck_assert_msg(out.reader != NULL, "%s", trouble);
  return out;
}

static trial read_it(writer *w) { return read_with_port(w, 0); }

static void next(trial *t, trace_kind kind) {
  ck_assert_msg(pcap_read(t->reader, &t->event) == 1, "%s", pcap_trouble(t->reader));
  ck_assert_int_eq(t->event.kind, kind);
}

static void next_frame(trial *t, uint32_t conn, trace_dir dir, const char *bytes) {
  next(t, TRACE_FRAME);
  ck_assert_uint_eq(t->event.conn, conn);
  ck_assert_int_eq(t->event.dir, dir);
  ck_assert_msg(span_is(t->event.bytes, bytes), "%.*s", (int)t->event.bytes.len,
                t->event.bytes.text);
}

static void next_close(trial *t, trace_dir dir) {
  next(t, TRACE_CLOSE);
  ck_assert(t->event.has_dir && t->event.dir == dir);
}

static void assert_over(trial *t, bool is_complete) {
  const char *why = NULL;
  ck_assert_int_eq(pcap_read(t->reader, &t->event), 0);
  ck_assert_int_eq(pcap_incomplete(t->reader, &why) == 0, is_complete);
  pcap_reader_free(t->reader);
}

/* ---- Links ----------------------------------------------------------------------------------- */

static const struct {
  unsigned link;
  bool v6;
} links[] = {{ETHERNET, false}, {ETHERNET, true}, {COOKED, false}, {COOKED, true},
             {COOKED_2, false}, {COOKED_2, true}, {BARE, false},   {BARE, true},
             {LOOPBACK, false}, {LOOPBACK, true}};

START_TEST(a_connection_is_followed) {
  writer w = begin(links[_i].link);
  w.v6 = links[_i].v6;
  opened(&w);
  packet(&w, TRACE_C2S, 1001, ACK, "{1}\f{2}\f{");
  packet(&w, TRACE_S2C, 5001, ACK, "{a}\f");
  packet(&w, TRACE_C2S, 1010, ACK, "3}\f");
  packet(&w, TRACE_C2S, 1013, ACK | FIN, "");
  packet(&w, TRACE_S2C, 5005, ACK | FIN, "{b}\f");
  trial t = read_it(&w);
  next(&t, TRACE_OPEN);
  ck_assert_uint_eq(t.event.conn, 1);
  ck_assert_uint_eq(t.event.line, 1);
  next_frame(&t, 1, TRACE_C2S, "{1}\f");
  ck_assert_uint_eq(t.event.t_ms, 10);
  ck_assert_uint_eq(t.event.line, 3);
  next_frame(&t, 1, TRACE_C2S, "{2}\f");
  next_frame(&t, 1, TRACE_S2C, "{a}\f");
  next_frame(&t, 1, TRACE_C2S, "{3}\f");
  next_close(&t, TRACE_C2S);
  next_frame(&t, 1, TRACE_S2C, "{b}\f");
  next_close(&t, TRACE_S2C);
  assert_over(&t, true);
}
END_TEST

START_TEST(an_unknown_link_is_told) {
  char trouble[256];
  writer w = begin(105);
  rewind(w.file);
  ck_assert_ptr_null(pcap_reader_new(w.file, SERVER, trouble, sizeof trouble));
  ck_assert_ptr_nonnull(strstr(trouble, "kind of link"));
}
END_TEST

START_TEST(captures_are_known_by_their_begin) {
  ck_assert(pcap_is_capture("\xD4\xC3\xB2\xA1", 4));
  ck_assert(pcap_is_capture("\x0A\x0D\x0D\x0A\x1c", 5));
  ck_assert(!pcap_is_capture("{\"t_ms\":1}", 10));
  ck_assert(!pcap_is_capture("\xD4\xC3\xB2", 3));
}
END_TEST

/* ---- Segments -------------------------------------------------------------------------------- */

START_TEST(segments_come_in_any_order) {
  writer w = begin(BARE);
  opened(&w);
  packet(&w, TRACE_C2S, 1009, ACK, "{3}\f");
  packet(&w, TRACE_C2S, 1001, ACK, "{1}\f");
  packet(&w, TRACE_C2S, 1001, ACK, "{1}\f");         /* again */
  packet(&w, TRACE_C2S, 1003, ACK, "}\f{2}\f{3}\f"); /* over what is there, and beyond */
  packet(&w, TRACE_C2S, 1012, ACK, "\f{4}\f");
  packet(&w, TRACE_C2S, 1016, ACK, ""); /* keep-alive */
  trial t = read_it(&w);
  next(&t, TRACE_OPEN);
  next_frame(&t, 1, TRACE_C2S, "{1}\f");
  ck_assert_uint_eq(t.event.line, 4);
  next_frame(&t, 1, TRACE_C2S, "{2}\f");
  next_frame(&t, 1, TRACE_C2S, "{3}\f");
  next_frame(&t, 1, TRACE_C2S, "{4}\f");
  assert_over(&t, true);
}
END_TEST

START_TEST(numbers_wrap_around) {
  writer w = begin(BARE);
  packet(&w, TRACE_C2S, UINT32_MAX - 2, SYN, "");
  packet(&w, TRACE_C2S, 2, ACK, "{2}\f");
  packet(&w, TRACE_C2S, UINT32_MAX - 1, ACK, "{1}\f");
  trial t = read_it(&w);
  next(&t, TRACE_OPEN);
  next_frame(&t, 1, TRACE_C2S, "{1}\f");
  next_frame(&t, 1, TRACE_C2S, "{2}\f");
  assert_over(&t, true);
}
END_TEST

START_TEST(a_gap_leaves_doubt) {
  writer w = begin(BARE);
  opened(&w);
  packet(&w, TRACE_C2S, 1001, ACK, "{1}\f");
  packet(&w, TRACE_C2S, 1009, ACK, "{3}\f");
  packet(&w, TRACE_S2C, 5001, ACK, "{a}\f");
  const char *why = NULL;
  trial t = read_it(&w);
  next(&t, TRACE_OPEN);
  next_frame(&t, 1, TRACE_C2S, "{1}\f");
  ck_assert_uint_eq(pcap_incomplete(t.reader, &why), 0);
  next_frame(&t, 1, TRACE_S2C, "{a}\f");
  ck_assert_uint_eq(pcap_incomplete(t.reader, &why), 4);
  ck_assert_str_eq(why, "The capture does not hold all bytes of connection 1, from packet 4 on.");
  assert_over(&t, false);
}
END_TEST

START_TEST(after_a_gap_it_goes_on_with_a_frame) {
  writer w = begin(BARE);
  opened(&w);
  packet(&w, TRACE_C2S, 1001, ACK, "{1}\f");
  uint32_t seq = 1006;
  for (int i = 0; i < 1100; i++, seq += 4) packet(&w, TRACE_C2S, seq, ACK, "2}\f{");
  trial t = read_it(&w);
  next(&t, TRACE_OPEN);
  next_frame(&t, 1, TRACE_C2S, "{1}\f");
  next(&t, TRACE_NOTE);
  for (int i = 0; i < 1099; i++) next_frame(&t, 1, TRACE_C2S, "{2}\f");
  assert_over(&t, false);
}
END_TEST

START_TEST(a_cut_packet_leaves_doubt) {
  writer w = begin(BARE);
  opened(&w);
  packet_cut(&w, TRACE_C2S, CLIENT, 1001, ACK, "{1}\f", 2);
  packet(&w, TRACE_C2S, 1005, ACK | FIN, "{2}\f");
  trial t = read_it(&w);
  next(&t, TRACE_OPEN);
  assert_over(&t, false);
}
END_TEST

START_TEST(a_capture_may_begin_in_the_middle) {
  writer w = begin(BARE);
  packet(&w, TRACE_S2C, 7000, ACK, "a}\f{b}\f");
  packet(&w, TRACE_C2S, 3000, ACK, "1}");
  packet(&w, TRACE_C2S, 3002, ACK, "\f{2}\f");
  trial t = read_it(&w);
  next(&t, TRACE_NOTE);
  next_frame(&t, 1, TRACE_S2C, "{b}\f");
  next_frame(&t, 1, TRACE_C2S, "{2}\f");
  assert_over(&t, false);
}
END_TEST

/* ---- Connections ----------------------------------------------------------------------------- */

START_TEST(a_reset_ends_a_connection) {
  writer w = begin(BARE);
  opened(&w);
  packet(&w, TRACE_S2C, 5001, RST, "");
  packet(&w, TRACE_C2S, 2000, SYN, ""); /* the same ports again */
  packet(&w, TRACE_C2S, 2001, ACK, "{1}\f");
  packet(&w, TRACE_C2S, 2000, SYN, ""); /* repeated */
  packet(&w, TRACE_C2S, 4000, SYN, ""); /* its end was not seen */
  trial t = read_it(&w);
  next(&t, TRACE_OPEN);
  next_close(&t, TRACE_S2C);
  next(&t, TRACE_OPEN);
  ck_assert_uint_eq(t.event.conn, 2);
  next_frame(&t, 2, TRACE_C2S, "{1}\f");
  next(&t, TRACE_CLOSE);
  ck_assert(!t.event.has_dir);
  ck_assert_uint_eq(t.event.conn, 2);
  next(&t, TRACE_OPEN);
  ck_assert_uint_eq(t.event.conn, 3);
  assert_over(&t, true);
}
END_TEST

START_TEST(connections_are_told_apart) {
  writer w = begin(BARE);
  packet_cut(&w, TRACE_C2S, 40001, 10, SYN, "", 0);
  packet_cut(&w, TRACE_C2S, 40002, 10, SYN, "", 0);
  packet_cut(&w, TRACE_C2S, 40002, 11, ACK, "{2", 0);
  packet_cut(&w, TRACE_C2S, 40001, 11, ACK, "{1}\f", 0);
  packet_cut(&w, TRACE_C2S, 40002, 13, ACK, "}\f", 0);
  trial t = read_it(&w);
  next(&t, TRACE_OPEN);
  next(&t, TRACE_OPEN);
  next_frame(&t, 1, TRACE_C2S, "{1}\f");
  next_frame(&t, 2, TRACE_C2S, "{2}\f");
  assert_over(&t, true);
}
END_TEST

START_TEST(only_the_port_asked_for_is_read) {
  writer w = begin(BARE);
  opened(&w);
  packet(&w, TRACE_C2S, 1001, ACK, "{1}\f");
  trial t = read_with_port(&w, 80);
  assert_over(&t, true);
}
END_TEST

START_TEST(the_port_is_found) {
  writer w = begin(BARE);
  w.server = 80;
  opened(&w);
  packet(&w, TRACE_C2S, 1001, ACK, "{1}\f");
  trial t = read_it(&w);
  next(&t, TRACE_OPEN);
  next_frame(&t, 1, TRACE_C2S, "{1}\f");
  assert_over(&t, true);
}
END_TEST

START_TEST(of_several_ports_one_must_be_named) {
  char trouble[256];
  writer w = begin(BARE);
  w.server = 80;
  opened(&w);
  w.server = 81;
  opened(&w);
  rewind(w.file);
  ck_assert_ptr_null(pcap_reader_new(w.file, 0, trouble, sizeof trouble));
  ck_assert_ptr_nonnull(strstr(trouble, "--port"));
}
END_TEST

START_TEST(no_connection_is_told) {
  char trouble[256];
  writer w = begin(BARE);
  rewind(w.file);
  ck_assert_ptr_null(pcap_reader_new(w.file, 0, trouble, sizeof trouble));
  ck_assert_ptr_nonnull(strstr(trouble, "--port"));
}
END_TEST

/* A capture may be anything: it is read to its end without harm. */
START_TEST(damaged_packets_do_no_harm) {
  uint32_t random = (uint32_t)_i * 2654435761U + 1;
  writer w = begin(links[_i % 10].link);
  w.v6 = links[_i % 10].v6;
  opened(&w);
  for (int i = 0; i < 40; i++) packet(&w, (trace_dir)(i % 2), 1001, ACK, "{1}\f{2}\f{3}\f");
  long size = ftell(w.file);
  for (int i = 0; i < 200; i++) {
    random = random * 1664525 + 1013904223;
    (void)fseek(w.file, 24 + (long)(random >> 8) % (size - 24), SEEK_SET);
    (void)fputc((int)(random >> 24), w.file);
  }
  char trouble[256];
  trace_event event;
  rewind(w.file);
  pcap_reader *reader = pcap_reader_new(w.file, SERVER, trouble, sizeof trouble);
  ck_assert_ptr_nonnull(reader);
  uint64_t last = 0;
  while (pcap_read(reader, &event) == 1) {
    ck_assert_uint_ge(event.line, last);
    last = event.line;
  }
  pcap_reader_free(reader);
}
END_TEST

Suite *oracle_suite_pcap(void) {
  Suite *suite = suite_create("pcap");
  TCase *all = tcase_create("pcap");
  tcase_add_loop_test(all, a_connection_is_followed, 0, sizeof links / sizeof *links);
  tcase_add_test(all, an_unknown_link_is_told);
  tcase_add_test(all, captures_are_known_by_their_begin);
  tcase_add_test(all, segments_come_in_any_order);
  tcase_add_test(all, numbers_wrap_around);
  tcase_add_test(all, a_gap_leaves_doubt);
  tcase_add_test(all, after_a_gap_it_goes_on_with_a_frame);
  tcase_add_test(all, a_cut_packet_leaves_doubt);
  tcase_add_test(all, a_capture_may_begin_in_the_middle);
  tcase_add_test(all, a_reset_ends_a_connection);
  tcase_add_test(all, connections_are_told_apart);
  tcase_add_test(all, only_the_port_asked_for_is_read);
  tcase_add_test(all, the_port_is_found);
  tcase_add_test(all, of_several_ports_one_must_be_named);
  tcase_add_test(all, no_connection_is_told);
  tcase_add_loop_test(all, damaged_packets_do_no_harm, 0, 100);
  suite_add_tcase(suite, all);
  return suite;
}
