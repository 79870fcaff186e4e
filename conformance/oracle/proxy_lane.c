/* One direction of a connection. Without faults bytes pass as they come, and frames are only looked
 * at; with faults a frame passes when it is whole, and perhaps not then.
 * Read first: proxy.h, faults.h. Then: proxy_pair.c. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "oracle/proxy.h"

enum {
  FRAME_MOST = 64 << 20, /* a longer frame is not kept whole */
  WAITING_MOST = 1 << 20,
  UNWRITTEN_MOST = 1 << 18 /* bytes that wait in memory before reading pauses */
};

void lane_init(struct lane *lane, struct pair *pair, trace_dir dir) {
  memset(lane, 0, sizeof *lane);
  lane->pair = pair;
  lane->dir = dir;
  lane->from = dir == TRACE_C2S ? &pair->client : &pair->server;
  lane->to = dir == TRACE_C2S ? &pair->server : &pair->client;
  lane->last = &lane->first;
  frame_splitter_init(&lane->splitter, FRAME_MOST);
}

static void free_parcels(struct parcel *first) {
  while (first) {
    struct parcel *next = first->next;
    free(first);
    first = next;
  }
}

static void drop_waiting(struct lane *lane) {
  free_parcels(lane->first);
  free_parcels(lane->held);
  lane->first = lane->held = NULL;
  lane->last = &lane->first;
  lane->waiting = 0;
}

/* Nobody takes what this direction passes. */
static void lose_reader(struct lane *lane) {
  lane->is_dead = true;
  drop_waiting(lane);
}

void lane_free(struct lane *lane) {
  drop_waiting(lane);
  frame_splitter_free(&lane->splitter);
  free(lane->out);
}

bool lane_has_room(const struct lane *lane) {
  if (lane->is_dead) return true;
  return lane->waiting < WAITING_MOST &&
         uv_stream_get_write_queue_size(&lane->to->stream) < UNWRITTEN_MOST;
}

/* ---- Writing ---- */

typedef struct writing {
  uv_write_t request;
  char bytes[];
} writing;

static void on_written(uv_write_t *request, int status) {
  struct lane *lane = request->data;
  free(request); /* it begins a writing */
  if (status == UV_ECANCELED) return;
  if (status) lose_reader(lane);
  pair_settle(lane->pair);
}

/* Bytes that leave when this callback is over. */
static void put(struct lane *lane, const char *bytes, size_t len) {
  if (lane->is_dead) return;
  if (lane->out_room - lane->out_len < len) {
    lane->out_room = 2 * (lane->out_len + len);
    lane->out = proxy_memory(lane->out, lane->out_room);
  }
  memcpy(lane->out + lane->out_len, bytes, len);
  lane->out_len += len;
}

void lane_flush(struct lane *lane) {
  size_t len = lane->out_len;
  lane->out_len = 0;
  if (len == 0 || lane->is_dead || lane->pair->is_closing) return;
  assert(len <= UINT32_MAX);
  uv_buf_t buffer = uv_buf_init(lane->out, (unsigned)len);
  int written = uv_try_write(&lane->to->stream, &buffer, 1);
  if (written < 0 && written != UV_EAGAIN) {
    lose_reader(lane);
    return;
  }
  size_t done = written > 0 ? (size_t)written : 0;
  if (done == len) return;
  writing *rest = proxy_memory(NULL, sizeof *rest + len - done);
  memcpy(rest->bytes, lane->out + done, len - done);
  buffer = uv_buf_init(rest->bytes, (unsigned)(len - done));
  rest->request.data = lane;
  if (uv_write(&rest->request, &lane->to->stream, &buffer, 1, on_written) == 0) return;
  free(rest);
  lose_reader(lane);
}

/* ---- Frames ---- */

static void record(const struct lane *lane, trace_at at, uint64_t n, span bytes) {
  trace_event event = {
      .kind = TRACE_FRAME, .dir = lane->dir, .has_dir = true, .at = at, .n = n, .bytes = bytes};
  pair_record(lane->pair, &event);
}

static struct parcel *new_parcel(uint64_t n, span bytes, uint64_t due_ms) {
  struct parcel *parcel = proxy_memory(NULL, sizeof *parcel + bytes.len);
  parcel->next = NULL;
  parcel->n = n;
  parcel->due_ms = due_ms;
  parcel->left = 0;
  parcel->len = bytes.len;
  memcpy(parcel->bytes, bytes.text, bytes.len);
  return parcel;
}

static void queue(struct lane *lane, struct parcel *parcel) {
  *lane->last = parcel;
  lane->last = &parcel->next;
  lane->waiting += parcel->len;
}

static void hold(struct lane *lane, struct parcel *parcel) {
  struct parcel **last = &lane->held;
  while (*last) last = &(*last)->next;
  *last = parcel;
  lane->waiting += parcel->len;
}

/* Takes a held frame out, the first whose turn it is: others have passed, or it was long enough. */
static struct parcel *unhold(struct lane *lane, uint64_t now_ms) {
  for (struct parcel **at = &lane->held; *at; at = &(*at)->next) {
    if ((*at)->left > 0 && (*at)->due_ms > now_ms) continue;
    struct parcel *found = *at;
    *at = found->next;
    found->next = NULL;
    found->due_ms = 0;
    lane->waiting -= found->len;
    return found;
  }
  return NULL;
}

/* For people who read the trace: what was done wrong on purpose. */
static void note(const struct lane *lane, fault what, const char *when, uint64_t n) {
  char where[64];
  snprintf(where, sizeof where, "%s %s frame %llu", when, lane->dir == TRACE_C2S ? "c2s" : "s2c",
           (unsigned long long)n);
  pair_note(lane->pair, what, where);
}

static void suffer_after(struct lane *lane, uint64_t n) {
  fault what = faults_after_frame(lane->pair->faults, lane->dir);
  if (what.kind == FAULT_NONE) return;
  note(lane, what, "after", n);
  pair_fault(lane->pair, what);
}

static void pass(struct lane *lane, trace_at at, uint64_t n, span bytes) {
  record(lane, at, n, bytes);
  put(lane, bytes.text, bytes.len);
}

/* Passes a frame, and what was held until it had passed. */
static void pass_counted(struct lane *lane, trace_at at, uint64_t n, span bytes) {
  struct pair *pair = lane->pair;
  pass(lane, at, n, bytes);
  for (struct parcel *held = lane->held; held; held = held->next)
    if (held->left > 0) held->left--;
  for (struct parcel *held = unhold(lane, 0); held; held = unhold(lane, 0)) {
    pass(lane, TRACE_ARRIVED, held->n, (span){held->bytes, held->len});
    free(held);
  }
  if (pair->faults) suffer_after(lane, n);
}

static bool must_wait(const struct lane *lane) {
  return lane->first || proxy_now(lane->pair->proxy) < lane->pair->still_until_ms;
}

/* Lets a frame pass, now or after what waits. */
static void let_pass(struct lane *lane, uint64_t n, span bytes) {
  if (!must_wait(lane)) {
    pass_counted(lane, TRACE_PASSED, n, bytes);
    return;
  }
  record(lane, TRACE_WRITTEN, n, bytes);
  queue(lane, new_parcel(n, bytes, 0));
}

/* The same, twice. */
static void let_pass_twice(struct lane *lane, uint64_t n, span bytes) {
  record(lane, TRACE_WRITTEN, n, bytes);
  if (must_wait(lane)) {
    queue(lane, new_parcel(n, bytes, 0));
    queue(lane, new_parcel(n, bytes, 0));
    return;
  }
  pass(lane, TRACE_ARRIVED, n, bytes);
  pass_counted(lane, TRACE_ARRIVED, n, bytes);
}

void lane_release(struct lane *lane) {
  uint64_t now_ms = proxy_now(lane->pair->proxy);
  for (struct parcel *held = unhold(lane, now_ms); held; held = unhold(lane, now_ms))
    queue(lane, held);
  while (lane->first && lane->first->due_ms <= now_ms && now_ms >= lane->pair->still_until_ms) {
    struct parcel *parcel = lane->first;
    lane->first = parcel->next;
    if (!lane->first) lane->last = &lane->first;
    lane->waiting -= parcel->len;
    span bytes = {parcel->bytes, parcel->len};
    if (parcel->n > 0)
      pass_counted(lane, TRACE_ARRIVED, parcel->n, bytes);
    else
      put(lane, bytes.text, bytes.len); /* the beginning of a frame that does not end */
    free(parcel);
    if (lane->pair->is_closing) return;
  }
}

/* A frame meets a fault. */
static void suffer(struct lane *lane, fault what, uint64_t n, span bytes) {
  struct pair *pair = lane->pair;
  uint64_t now_ms = proxy_now(pair->proxy);
  struct parcel *parcel;
  note(lane, what, "on", n);
  switch (what.kind) {
    case FAULT_DUP: let_pass_twice(lane, n, bytes); return;
    case FAULT_STALL:
      pair_fault(pair, what);
      let_pass(lane, n, bytes);
      return;
    default: break;
  }
  record(lane, TRACE_WRITTEN, n, bytes);
  switch (what.kind) {
    case FAULT_CUT:
      if (!must_wait(lane))
        put(lane, bytes.text, faults_part(pair->faults, lane->dir, n, bytes.len));
      pair_fault(pair, what);
      return;
    case FAULT_DELAY: queue(lane, new_parcel(n, bytes, now_ms + what.amount)); return;
    case FAULT_HOLD:
      parcel = new_parcel(n, bytes, now_ms + FAULT_HOLD_MS);
      parcel->left = what.amount;
      hold(lane, parcel);
      return;
    default: assert(what.kind == FAULT_DROP); return;
  }
}

static void take_frame(struct lane *lane, span bytes, size_t skipped) {
  struct pair *pair = lane->pair;
  uint64_t n = ++lane->n;
  if (lane->is_dead) {
    record(lane, TRACE_WRITTEN, n, bytes);
    return;
  }
  if (!pair->faults) {
    record(lane, TRACE_PASSED, n, bytes); /* its bytes pass with the others */
    return;
  }
  if (skipped > 0) {
    fprintf(stderr, "Connection %u is cut: a frame of %zu bytes is too large to meet faults.\n",
            (unsigned)pair->number, bytes.len + skipped);
    pair_fault(pair, (fault){.kind = FAULT_CUT});
    return;
  }
  fault what = faults_on_frame(pair->faults, lane->dir, n, bytes);
  if (what.kind == FAULT_NONE)
    let_pass(lane, n, bytes);
  else
    suffer(lane, what, n, bytes);
}

void lane_take(struct lane *lane, const char *bytes, size_t len) {
  span whole;
  size_t skipped;
  if (!frame_splitter_feed(&lane->splitter, bytes, len)) proxy_no_memory();
  while (!lane->pair->is_closing && frame_splitter_next(&lane->splitter, &whole, &skipped))
    take_frame(lane, whole, skipped);
  if (!lane->pair->faults) put(lane, bytes, len);
}

void lane_end(struct lane *lane) {
  lane->has_ended = true;
  for (struct parcel *held = unhold(lane, UINT64_MAX); held; held = unhold(lane, UINT64_MAX))
    queue(lane, held);
  size_t rest = frame_splitter_rest(&lane->splitter);
  if (!lane->pair->faults || rest == 0) return;
  /* a frame that was not ended passes as it is, after all others */
  span bytes = {lane->splitter.bytes + lane->splitter.at, rest};
  queue(lane, new_parcel(0, bytes, 0));
}

uint64_t lane_due_ms(const struct lane *lane) {
  uint64_t due_ms = UINT64_MAX;
  uint64_t still_ms = lane->pair->still_until_ms;
  if (lane->first) due_ms = lane->first->due_ms > still_ms ? lane->first->due_ms : still_ms;
  for (const struct parcel *held = lane->held; held; held = held->next)
    if (held->due_ms < due_ms) due_ms = held->due_ms;
  return due_ms;
}
