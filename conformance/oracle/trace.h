/* One event of a trace: what was written and what arrived on the connections between clients and a
 * server, and what their programs did. README.md describes the lines of a trace file.
 * Read first: README.md. */
#ifndef TRACE_H
#define TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Some bytes that somebody else owns. */
typedef struct span {
  const char *text;
  size_t len;
} span;

typedef enum trace_kind {
  TRACE_OPEN,   /* conn; transport, rude_client, rude_server */
  TRACE_CLOSE,  /* conn, dir: who closed (c2s: the client), when has_dir, orderly; once per side */
  TRACE_FAILED, /* the server cannot do what conn, of which it knows that it speaks_v2, asked: no
                   memory, or its store failed (EP-ERR-5) */
  TRACE_FRAME,  /* conn, dir, at, n, bytes */
  TRACE_SENT,   /* client's application gave it a message: uid, to_json, payload_json */
  TRACE_DELIVERED, /* client gave its application a message: from, uid, to_json, payload_json, id */
  TRACE_CONFIRMED, /* client told its application that the server has uid */
  TRACE_REFUSED,   /* client told its application that uid was refused; code */
  TRACE_STORED,    /* client's state, with all of the above so far, is safe */
  TRACE_CONNECT,   /* client's application wants a connection */
  TRACE_DISCONNECT, /* … wants none */
  TRACE_CRASHED,    /* client, or the server when client is empty, was killed */
  TRACE_RESTARTED,  /* client, or the server; state_lost, state_old */
  TRACE_HEALED,     /* from here on there are no more faults, and nobody gives anything new */
  TRACE_NOTE        /* words for people */
} trace_kind;

typedef enum trace_dir { TRACE_C2S, TRACE_S2C } trace_dir;

/* Where a frame was seen. A tap in the middle sees it once, on its way: PASSED stands for WRITTEN
 * and ARRIVED at one moment. A frame that was written and not passed on is WRITTEN; one that the
 * network repeats, or hands over late, ARRIVED. */
typedef enum trace_at { TRACE_PASSED, TRACE_WRITTEN, TRACE_ARRIVED } trace_at;

typedef struct trace_event {
  trace_kind kind;
  uint64_t t_ms;
  uint64_t line; /* number of the event, from 1 */
  uint32_t conn;
  trace_dir dir;
  bool has_dir;
  trace_at at;
  /* Which frame of its direction of its connection, counted from 1 as they were written; 0: not
   * said, and then an ARRIVED frame is the oldest one with the same bytes that has not arrived. */
  uint64_t n;
  span bytes;   /* with the end byte; may be empty for ARRIVED with n: the bytes written */
  bool dropped; /* WRITTEN: somebody threw it away on its way; false: not known */
  bool damaged; /* ARRIVED: not what was written, so it does not come from the peer */
  bool orderly; /* CLOSE: it wanted to, nobody had told it of an end, and nothing was left to write
                 */
  bool speaks_v2;   /* FAILED */
  bool remote;      /* OPEN: not from this machine, and EP/1 is not allowed there (EP-SEC-4) */
  bool lossy;       /* OPEN: whole frames can be lost, doubled, reordered */
  bool rude_client; /* OPEN: what this client does is not judged (it breaks rules on purpose) */
  bool rude_server;
  bool state_lost; /* RESTARTED */
  bool state_old;  /* RESTARTED, of a client: with an old copy of its state */
  span client, from, uid, code, note;
  span to_json, payload_json; /* JSON texts; payload_json empty: none */
  uint64_t id;
  bool has_id;
} trace_event;

/* Reads a trace, NDJSON, line by line. */
typedef struct trace_reader trace_reader;

/* The file stays the caller's. NULL: no memory. */
trace_reader *trace_reader_new(FILE *file);
void trace_reader_free(trace_reader *reader);
/* 1: *out is the next event, its spans valid until the next call; 0: the end; -1: the line is not
 * one of a trace, and trace_reader_trouble says why. Empty lines are passed over; members that are
 * not known are ignored. */
int trace_read(trace_reader *reader, trace_event *out);
const char *trace_reader_trouble(const trace_reader *reader); /* one sentence, with the line */

/* Writes one line. Returns false when the file could not be written. */
bool trace_write(FILE *file, const trace_event *event);

#endif
