/* Connections in a capture. A packet is taken to its connection and direction; what TCP then has
 * in order is cut into frames. The side that sent the SYN is the client; a connection whose begin
 * was not captured is followed from its next end of a frame on.
 * Read first: pcap.h. */
#include "oracle/pcap.h"

#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "oracle/frame.h"
#include "oracle/pcap_packet.h"
#include "oracle/tcp.h"

enum {
  PORT = 9999,
  BUCKETS = 4096,
  HELD_MOST = 1024,
  HELD_BYTES_MOST = 8 << 20,
  QUEUE = 4,
  FRAME_MOST = INT32_MAX
};

typedef struct direction {
  tcp_stream tcp;
  frame_splitter splitter;
  bool is_skipping; /* up to the next end of a frame, after a gap */
  bool has_fin, is_closed;
  uint32_t fin;
  uint64_t gap; /* the packet since which bytes are waited for, 0: none */
} direction;

typedef struct connection {
  struct connection *next; /* in its bucket */
  tcp_end client, server;
  uint32_t number, first_seq;
  bool is_over;
  direction way[2]; /* by trace_dir */
} connection;

struct pcap_reader {
  pcap_t *pcap;
  int link_type;
  uint16_t port;
  connection *buckets[BUCKETS];
  uint32_t connections;
  uint64_t packet, first_ms, t_ms;
  trace_event queue[QUEUE]; /* events that are not frames, before those of `active` */
  size_t queued, given;
  connection *active; /* whose frames and end come next */
  trace_dir active_dir;
  uint64_t incomplete;
  char why[200], note[200], trouble[256];
};

/* ---- Which port ------------------------------------------------------------------------------ */

bool pcap_is_capture(const char *bytes, size_t len) {
  static const char magics[][4] = {"\xD4\xC3\xB2\xA1", "\xA1\xB2\xC3\xD4", "\x4D\x3C\xB2\xA1",
                                   "\xA1\xB2\x3C\x4D", "\x0A\x0D\x0D\x0A"};
  for (size_t i = 0; i < sizeof magics / sizeof *magics; i++) {
    if (len >= 4 && memcmp(bytes, magics[i], 4) == 0) return true;
  }
  return false;
}

/* The ports to which connections were opened, as far as it matters. */
typedef struct ports {
  bool has_usual, has_others;
  uint16_t first;
} ports;

static void ports_note(ports *p, const tcp_segment *s) {
  if (s->from.port == PORT || s->to.port == PORT) p->has_usual = true;
  if (!s->syn || s->ack) return;
  if (p->first != 0 && p->first != s->to.port) p->has_others = true;
  p->first = s->to.port;
}

/* Looks through the whole capture. 0: trouble. */
static uint16_t find_port(pcap_t *pcap, char *trouble, size_t room) {
  struct pcap_pkthdr *header = NULL;
  const unsigned char *bytes = NULL;
  ports p = {.first = 0};
  int link_type = pcap_datalink(pcap);
  while (pcap_next_ex(pcap, &header, &bytes) == 1) {
    tcp_segment s;
    if (packet_read(link_type, (span){(const char *)bytes, header->caplen}, &s)) ports_note(&p, &s);
  }
  if (p.has_usual) return PORT;
  if (p.first != 0 && !p.has_others) return p.first;
  (void)snprintf(trouble, room,
                 "The capture holds no connection to port %d: say which port is the server's with "
                 "--port.",
                 PORT);
  return 0;
}

static pcap_t *open_capture(FILE *file, char *trouble, size_t room) {
  char why[PCAP_ERRBUF_SIZE] = "";
  pcap_t *pcap = pcap_fopen_offline(file, why);
  if (pcap == NULL) {
    (void)fclose(file);
    (void)snprintf(trouble, room, "The capture cannot be read: %.200s.", why);
    return NULL;
  }
  if (packet_knows(pcap_datalink(pcap))) return pcap;
  (void)snprintf(trouble, room,
                 "The capture is of a kind of link that is not read here (%.60s): capture on "
                 "Ethernet, \"any\" or loopback.",
                 pcap_datalink_val_to_name(pcap_datalink(pcap)));
  pcap_close(pcap);
  return NULL;
}

pcap_reader *pcap_reader_new(FILE *file, uint16_t port, char *trouble, size_t trouble_room) {
  (void)snprintf(trouble, trouble_room, "There is not enough memory.");
  if (port == 0) {
    int copy = dup(fileno(file));
    FILE *again = copy >= 0 ? fdopen(copy, "rb") : NULL;
    pcap_t *pcap = again != NULL ? open_capture(again, trouble, trouble_room) : NULL;
    if (pcap != NULL) port = find_port(pcap, trouble, trouble_room);
    if (pcap != NULL) pcap_close(pcap);
    (void)lseek(fileno(file), 0, SEEK_SET); /* nothing was read through `file` itself */
  }
  pcap_reader *out = port != 0 ? calloc(1, sizeof *out) : NULL;
  if (out == NULL) {
    (void)fclose(file);
    return NULL;
  }
  out->port = port;
  out->pcap = open_capture(file, trouble, trouble_room);
  if (out->pcap != NULL) {
    out->link_type = pcap_datalink(out->pcap);
    return out;
  }
  free(out);
  return NULL;
}

static void connection_free(connection *c) {
  for (int dir = 0; dir < 2; dir++) {
    tcp_free(&c->way[dir].tcp);
    frame_splitter_free(&c->way[dir].splitter);
  }
  free(c);
}

void pcap_reader_free(pcap_reader *reader) {
  if (reader == NULL) return;
  for (size_t i = 0; i < BUCKETS; i++) {
    while (reader->buckets[i] != NULL) {
      connection *c = reader->buckets[i];
      reader->buckets[i] = c->next;
      connection_free(c);
    }
  }
  pcap_close(reader->pcap);
  free(reader);
}

const char *pcap_trouble(const pcap_reader *reader) { return reader->trouble; }

/* ---- Events ---------------------------------------------------------------------------------- */

static trace_event *queue_event(pcap_reader *reader, trace_kind kind, const connection *c) {
  trace_event *out = &reader->queue[reader->queued++];
  *out = (trace_event){.kind = kind, .line = reader->packet, .t_ms = reader->t_ms};
  if (c != NULL) out->conn = c->number;
  return out;
}

static const char no_beginning[] = "The capture does not hold the beginning of";
static const char not_all[] = "The capture does not hold all bytes of";

/* From this packet on the capture does not tell everything. */
static void set_incomplete(pcap_reader *reader, const connection *c, uint64_t packet,
                           const char *what) {
  if (reader->incomplete != 0 && reader->incomplete <= packet) return;
  reader->incomplete = packet;
  (void)snprintf(reader->why, sizeof reader->why, "%s connection %u, from packet %llu on.", what,
                 (unsigned)c->number, (unsigned long long)packet);
}

static void note_incomplete(pcap_reader *reader, const connection *c, uint64_t packet,
                            const char *what) {
  set_incomplete(reader, c, packet, what);
  (void)snprintf(reader->note, sizeof reader->note, "%s connection %u.", what, (unsigned)c->number);
  queue_event(reader, TRACE_NOTE, NULL)->note = (span){reader->note, strlen(reader->note)};
}

/* Bytes that are waited for now are as good as lost: what comes meanwhile stands on its own. */
uint64_t pcap_incomplete(pcap_reader *reader, const char **why) {
  for (size_t i = 0; i < BUCKETS; i++) {
    for (const connection *c = reader->buckets[i]; c != NULL; c = c->next) {
      for (int dir = 0; dir < 2; dir++) {
        if (c->way[dir].gap != 0) set_incomplete(reader, c, c->way[dir].gap, not_all);
      }
    }
  }
  *why = reader->why;
  return reader->incomplete;
}

/* ---- Connections ----------------------------------------------------------------------------- */

static bool is_end(const tcp_end *a, const tcp_end *b) {
  return a->port == b->port && memcmp(a->address, b->address, sizeof a->address) == 0;
}

static size_t bucket_of(const tcp_end *client, const tcp_end *server) {
  uint32_t sum = client->port * 31U + server->port;
  for (size_t i = 0; i < sizeof client->address; i++)
    sum = sum * 33U + (client->address[i] ^ (unsigned)server->address[i] << 3);
  return (sum ^ sum >> 12) % BUCKETS;
}

static connection *connection_find(const pcap_reader *reader, const tcp_end *client,
                                   const tcp_end *server) {
  connection *c = reader->buckets[bucket_of(client, server)];
  while (c != NULL && !(is_end(&c->client, client) && is_end(&c->server, server))) c = c->next;
  return c;
}

static connection *connection_new(pcap_reader *reader, const tcp_end *client,
                                  const tcp_end *server) {
  connection *out = calloc(1, sizeof *out);
  if (out == NULL) return NULL;
  connection **bucket = &reader->buckets[bucket_of(client, server)];
  *out = (connection){.next = *bucket, .client = *client, .server = *server};
  out->number = ++reader->connections;
  for (int dir = 0; dir < 2; dir++) frame_splitter_init(&out->way[dir].splitter, FRAME_MOST);
  *bucket = out;
  return out;
}

static void connection_remove(pcap_reader *reader, connection *gone) {
  connection **place = &reader->buckets[bucket_of(&gone->client, &gone->server)];
  while (*place != gone) place = &(*place)->next;
  *place = gone->next;
  connection_free(gone);
}

/* A connection opens with this packet, from its client. A SYN that was repeated changes nothing. */
static connection *take_syn(pcap_reader *reader, connection *c, const tcp_segment *s) {
  if (c != NULL && c->first_seq == s->seq && !c->is_over) return c;
  if (c != NULL) {
    if (!c->is_over) queue_event(reader, TRACE_CLOSE, c);
    connection_remove(reader, c);
  }
  c = connection_new(reader, &s->from, &s->to);
  if (c == NULL) return NULL;
  c->first_seq = s->seq;
  queue_event(reader, TRACE_OPEN, c);
  return c;
}

/* The begin of this connection was before that of the capture, or was lost. */
static connection *take_middle(pcap_reader *reader, const tcp_end *client, const tcp_end *server) {
  connection *c = connection_new(reader, client, server);
  if (c == NULL) return NULL;
  c->way[TRACE_C2S].is_skipping = c->way[TRACE_S2C].is_skipping = true;
  note_incomplete(reader, c, reader->packet, no_beginning);
  return c;
}

/* ---- Segments -------------------------------------------------------------------------------- */

/* Gives up a gap when too much waits behind it. */
static void look_at_gap(pcap_reader *reader, connection *c, direction *way, bool is_end) {
  bool is_much = way->tcp.held_count > HELD_MOST || way->tcp.held_bytes > HELD_BYTES_MOST;
  if (!is_much && !is_end) return;
  if (tcp_skip(&way->tcp) == 0) return;
  note_incomplete(reader, c, way->gap != 0 ? way->gap : reader->packet, not_all);
  way->is_skipping = true;
  frame_splitter_free(&way->splitter);
  frame_splitter_init(&way->splitter, FRAME_MOST);
}

/* What is in order now goes to the splitter; after a gap only from the next end of a frame on. */
static bool feed(direction *way, span bytes) {
  if (way->is_skipping) {
    const char *end = memchr(bytes.text, 0x0C, bytes.len);
    if (end == NULL) return true;
    way->is_skipping = false;
    size_t skipped = (size_t)(end + 1 - bytes.text);
    bytes = (span){bytes.text + skipped, bytes.len - skipped};
  }
  return bytes.len == 0 || frame_splitter_feed(&way->splitter, bytes.text, bytes.len);
}

static bool take_segment(pcap_reader *reader, const tcp_segment *s) {
  bool is_up = s->to.port == reader->port && !(s->syn && s->ack);
  bool is_down = s->from.port == reader->port;
  if (!is_up && !is_down) return true;
  const tcp_end *client = is_up ? &s->from : &s->to;
  const tcp_end *server = is_up ? &s->to : &s->from;
  connection *c = connection_find(reader, client, server);
  if (s->syn && !s->ack)
    c = take_syn(reader, c, s);
  else if (c == NULL && s->data.len > 0)
    c = take_middle(reader, client, server);
  else if (c == NULL)
    return true;
  if (c == NULL) return false;
  direction *way = &c->way[is_up ? TRACE_C2S : TRACE_S2C];
  bool begins = s->syn || s->fin || s->rst;
  if (begins && !way->tcp.begun) tcp_begin(&way->tcp, s->seq + s->syn);
  if (!tcp_add(&way->tcp, s->seq + s->syn, s->data)) return false;
  size_t len = s->data.len + s->lost;
  if (s->fin) {
    way->has_fin = true;
    way->fin = s->seq + s->syn + (uint32_t)len;
  }
  look_at_gap(reader, c, way, s->rst);
  span bytes;
  while (tcp_next(&way->tcp, &bytes)) {
    if (!feed(way, bytes)) return false;
  }
  if (way->tcp.held == NULL)
    way->gap = 0;
  else if (way->gap == 0)
    way->gap = reader->packet;
  if (s->rst) {
    c->is_over = way->has_fin = true;
    way->fin = way->tcp.next;
  }
  reader->active = c;
  reader->active_dir = is_up ? TRACE_C2S : TRACE_S2C;
  return true;
}

/* ---- Reading --------------------------------------------------------------------------------- */

static int fail(pcap_reader *reader, const char *what) {
  (void)snprintf(reader->trouble, sizeof reader->trouble, "After packet %llu: %.200s.",
                 (unsigned long long)reader->packet, what);
  return -1;
}

/* The next packet, taken to its connection. 1, 0: the end, -1. */
static int next_packet(pcap_reader *reader) {
  struct pcap_pkthdr *header = NULL;
  const unsigned char *bytes = NULL;
  int got = pcap_next_ex(reader->pcap, &header, &bytes);
  if (got == PCAP_ERROR_BREAK) return 0;
  if (got != 1) return fail(reader, pcap_geterr(reader->pcap));
  uint64_t ms = (uint64_t)header->ts.tv_sec * 1000 + (uint64_t)header->ts.tv_usec / 1000;
  if (reader->packet++ == 0) reader->first_ms = ms;
  if (ms > reader->first_ms + reader->t_ms) reader->t_ms = ms - reader->first_ms;
  reader->queued = reader->given = 0;
  tcp_segment s;
  if (!packet_read(reader->link_type, (span){(const char *)bytes, header->caplen}, &s)) return 1;
  return take_segment(reader, &s) ? 1 : fail(reader, "there is not enough memory");
}

/* A frame, or the end, of the active direction. */
static bool next_of_active(pcap_reader *reader, trace_event *out) {
  connection *c = reader->active;
  if (c == NULL) return false;
  direction *way = &c->way[reader->active_dir];
  *out = (trace_event){.kind = TRACE_FRAME,
                       .line = reader->packet,
                       .t_ms = reader->t_ms,
                       .conn = c->number,
                       .dir = reader->active_dir,
                       .has_dir = true};
  if (frame_splitter_next(&way->splitter, &out->bytes, NULL)) return true;
  reader->active = NULL;
  if (!way->has_fin || way->is_closed || way->tcp.next != way->fin) return false;
  way->is_closed = true;
  c->is_over = c->is_over || (c->way[TRACE_C2S].is_closed && c->way[TRACE_S2C].is_closed);
  out->kind = TRACE_CLOSE;
  out->bytes = (span){NULL, 0};
  return true;
}

int pcap_read(pcap_reader *reader, trace_event *out) {
  for (;;) {
    if (reader->given < reader->queued) {
      *out = reader->queue[reader->given++];
      return 1;
    }
    if (next_of_active(reader, out)) return 1;
    int got = next_packet(reader);
    if (got != 1) return got;
  }
}
