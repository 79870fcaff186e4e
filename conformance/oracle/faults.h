/* What a proxy does wrong on purpose, and when: by chance from a seed, or by a script. Every choice
 * follows from the seed, the connection, the direction and the number of the frame alone, so the
 * same frames meet the same faults again. README.md describes mixes and scripts.
 * Read first: README.md. Then: faults_parse.c, faults.c. */
#ifndef FAULTS_H
#define FAULTS_H

#include "oracle/trace.h"

typedef enum fault_kind {
  FAULT_NONE,
  FAULT_CUT,   /* the connection ends, in the middle of this frame */
  FAULT_STALL, /* the whole connection stands still, amount: ms */
  FAULT_DELAY, /* this frame, and what comes after it in its direction, passes amount ms later */
  FAULT_DROP,  /* this frame does not pass */
  FAULT_DUP,   /* this frame passes twice */
  FAULT_HOLD,  /* this frame passes after the next amount frames of its direction */
  FAULT_HEAL   /* there are no more faults from here on */
} fault_kind;

typedef struct fault {
  fault_kind kind;
  uint64_t amount;
} fault;

enum { FAULT_HOLD_MS = 1000 }; /* a held frame passes at the latest after this time */

typedef struct fault_plan fault_plan;

/* NULL: no memory. */
fault_plan *faults_new(uint64_t seed);
void faults_free(fault_plan *plan);

/* Adds the faults of a mix ("cut=0.001,drop.s2c=0.01"), or of a script. False: why receives one
 * sentence. */
bool faults_add_mix(fault_plan *plan, const char *mix, char *why, size_t why_len);
bool faults_add_script(fault_plan *plan, FILE *file, char *why, size_t why_len);

/* Whether anything has been added. */
bool faults_any(const fault_plan *plan);
/* Whether a connection that meets them can lose, double or reorder frames, and so is a lossy
 * transport for the judge, whatever its peers believe. */
bool faults_are_lossy(const fault_plan *plan);

/* What is counted for one connection; number: from 1. NULL: no memory. */
typedef struct faults_conn faults_conn;
faults_conn *faults_conn_new(fault_plan *plan, uint32_t number);
void faults_conn_free(faults_conn *conn);

/* Frame n (from 1) of a direction has come; bytes with the end byte. */
fault faults_on_frame(faults_conn *conn, trace_dir dir, uint64_t n, span bytes);
/* A frame of this direction has been passed on: a cut, a stall or a heal, or none. */
fault faults_after_frame(faults_conn *conn, trace_dir dir);
/* How much of a frame of len bytes passes before a cut: 0 to len - 1. */
size_t faults_part(const faults_conn *conn, trace_dir dir, uint64_t n, size_t len);

/* Takes the next rule for a moment that has come; *number receives its connection, 0: every one.
 * FAULT_NONE: there is none at now_ms. */
fault faults_at(fault_plan *plan, uint64_t now_ms, uint32_t *number);
/* When the next one comes; UINT64_MAX: never. */
uint64_t faults_next_ms(const fault_plan *plan);

/* "drop", …, as in a mix or a script. */
const char *fault_name(fault_kind kind);

#endif
