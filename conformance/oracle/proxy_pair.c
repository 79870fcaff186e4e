/* Two connections as one: that of a client, and the one opened to the server for it. People see it
 * as one connection, with one number. Read first: proxy.h, proxy_lane.c. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "oracle/proxy.h"

enum { LINGER_MS = 2000 }; /* for one side to close when the other is gone */

static struct lane *lane_from(struct pair *pair, const uv_stream_t *stream) {
  return &pair->lanes[stream == &pair->client.stream ? TRACE_C2S : TRACE_S2C];
}

void pair_record(struct pair *pair, trace_event *event) {
  event->conn = pair->number;
  tap_event(pair->proxy->tap, event, proxy_now(pair->proxy));
}

void pair_note(struct pair *pair, fault what, const char *where) {
  char text[128];
  int len = snprintf(text, sizeof text, "fault: %s, connection %u, %s", fault_name(what.kind),
                     (unsigned)pair->number, where);
  trace_event event = {.kind = TRACE_NOTE, .note = {text, (size_t)len}};
  pair_record(pair, &event);
}

static void record_close(struct pair *pair, const struct lane *by) {
  trace_event event = {.kind = TRACE_CLOSE};
  if (by) {
    event.has_dir = true;
    event.dir = by->dir;
  }
  pair_record(pair, &event);
}

/* ---- The end ---- */

static void free_pair(struct pair *pair) {
  struct proxy *proxy = pair->proxy;
  struct pair **at = &proxy->pairs;
  while (*at != pair) at = &(*at)->next;
  *at = pair->next;
  lane_free(&pair->lanes[TRACE_C2S]);
  lane_free(&pair->lanes[TRACE_S2C]);
  faults_conn_free(pair->faults);
  free(pair);
  if (!proxy->pairs) proxy_last_closed(proxy);
}

static void on_closed(uv_handle_t *handle) {
  struct pair *pair = handle->data;
  if (--pair->handles == 0) free_pair(pair);
}

void pair_close(struct pair *pair) {
  if (pair->is_closing) return;
  pair->is_closing = true;
  const struct lane *lanes = pair->lanes;
  bool is_told = lanes[TRACE_C2S].has_ended && lanes[TRACE_S2C].has_ended;
  if (pair->is_connected && !is_told) record_close(pair, NULL);
  uv_close(&pair->client.handle, on_closed);
  uv_close(&pair->server.handle, on_closed);
  uv_close((uv_handle_t *)&pair->timer, on_closed);
}

void pair_fault(struct pair *pair, fault what) {
  uint64_t until_ms = proxy_now(pair->proxy) + what.amount;
  if (what.kind == FAULT_HEAL) {
    proxy_healed(pair->proxy);
  } else if (what.kind == FAULT_STALL) {
    if (until_ms > pair->still_until_ms) pair->still_until_ms = until_ms;
  } else if (pair->is_connected) {
    assert(what.kind == FAULT_CUT);
    pair->proxy->cut_ms = proxy_now(pair->proxy);
    lane_flush(&pair->lanes[TRACE_C2S]);
    lane_flush(&pair->lanes[TRACE_S2C]);
    pair_close(pair);
  }
}

/* ---- What is over, what is read, what comes next ---- */

static void on_shutdown(uv_shutdown_t *request, int status) {
  (void)status;
  free(request);
}

/* Passes the end of a direction on, once everything before it has passed. */
static void finish(struct lane *lane) {
  if (lane->is_done || !lane->has_ended || lane->first || lane->held) return;
  lane->is_done = true;
  lane->done_ms = proxy_now(lane->pair->proxy);
  if (lane->is_dead) return;
  uv_shutdown_t *request = proxy_memory(NULL, sizeof *request);
  if (uv_shutdown(request, &lane->to->stream, on_shutdown)) free(request);
}

/* Both directions are over, or one is and nobody reads the other. */
static bool is_over(const struct pair *pair) {
  uint64_t now_ms = proxy_now(pair->proxy);
  for (int dir = TRACE_C2S; dir <= TRACE_S2C; dir++) {
    const struct lane *lane = &pair->lanes[dir], *other = &pair->lanes[!dir];
    bool is_written = lane->is_dead || uv_stream_get_write_queue_size(&lane->to->stream) == 0;
    if (!lane->is_done || !is_written) continue;
    if (other->is_dead && (other->is_done || now_ms >= lane->done_ms + LINGER_MS)) return true;
    if (other->is_done && uv_stream_get_write_queue_size(&other->to->stream) == 0) return true;
  }
  return false;
}

static void on_room(uv_handle_t *handle, size_t wanted, uv_buf_t *out) {
  (void)wanted;
  const struct pair *pair = handle->data;
  *out = uv_buf_init(pair->proxy->chunk, PROXY_CHUNK);
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer) {
  struct pair *pair = stream->data;
  struct lane *lane = lane_from(pair, stream);
  if (len == 0) return;
  if (len > 0) {
    lane_take(lane, buffer->base, (size_t)len);
  } else {
    record_close(pair, lane);
    lane_end(lane);
    if (len != UV_EOF) pair->lanes[!lane->dir].is_dead = true;
  }
  pair_settle(pair);
}

static void read_or_not(struct lane *lane) {
  bool wanted = !lane->has_ended && lane_has_room(lane);
  if (wanted == lane->is_reading) return;
  lane->is_reading = wanted;
  if (wanted)
    uv_read_start(&lane->from->stream, on_room, on_read);
  else
    uv_read_stop(&lane->from->stream);
}

static void on_timer(uv_timer_t *timer) { pair_settle(timer->data); }

static void set_timer(struct pair *pair) {
  uint64_t due_ms = UINT64_MAX, now_ms = proxy_now(pair->proxy);
  for (int dir = TRACE_C2S; dir <= TRACE_S2C; dir++) {
    const struct lane *lane = &pair->lanes[dir];
    uint64_t lane_ms = lane_due_ms(lane);
    if (lane->is_done && lane->done_ms + LINGER_MS > now_ms && lane->done_ms + LINGER_MS < lane_ms)
      lane_ms = lane->done_ms + LINGER_MS;
    if (lane_ms < due_ms) due_ms = lane_ms;
  }
  if (due_ms == UINT64_MAX)
    uv_timer_stop(&pair->timer);
  else
    uv_timer_start(&pair->timer, on_timer, due_ms > now_ms ? due_ms - now_ms : 1, 0);
}

void pair_settle(struct pair *pair) {
  for (int dir = TRACE_C2S; dir <= TRACE_S2C && !pair->is_closing; dir++) {
    struct lane *lane = &pair->lanes[dir];
    lane_release(lane);
    if (pair->is_closing) return;
    lane_flush(lane);
    finish(lane);
  }
  if (pair->is_closing) return;
  if (is_over(pair)) {
    pair_close(pair);
    return;
  }
  read_or_not(&pair->lanes[TRACE_C2S]);
  read_or_not(&pair->lanes[TRACE_S2C]);
  set_timer(pair);
}

/* ---- The beginning ---- */

static void on_connected(uv_connect_t *request, int status) {
  struct pair *pair = request->data;
  const struct proxy *proxy = pair->proxy;
  if (status == UV_ECANCELED || pair->is_closing) return;
  if (status) {
    fprintf(stderr, "Connection %u: there is no connection to %s: %s.\n", (unsigned)pair->number,
            proxy->upstream.text, uv_strerror(status));
    pair_close(pair);
    return;
  }
  pair->is_connected = true;
  if (!proxy->upstream.is_path) uv_tcp_nodelay(&pair->server.tcp, 1);
  trace_event event = {.kind = TRACE_OPEN, .lossy = faults_are_lossy(proxy->plan)};
  pair_record(pair, &event);
  proxy_say(proxy, "Connection %u is open.", (unsigned)pair->number);
  /* The client is not read before the next turn of the loop. By then everything has been read that
   * the same client wrote on an older connection. */
  pair_settle(pair);
}

void pair_accept(struct proxy *proxy) {
  struct pair *pair = proxy_memory(NULL, sizeof *pair);
  memset(pair, 0, sizeof *pair);
  pair->proxy = proxy;
  pair->number = ++proxy->accepted;
  if (faults_any(proxy->plan)) {
    pair->faults = faults_conn_new(proxy->plan, pair->number);
    if (!pair->faults) proxy_no_memory();
  }
  lane_init(&pair->lanes[TRACE_C2S], pair, TRACE_C2S);
  lane_init(&pair->lanes[TRACE_S2C], pair, TRACE_S2C);
  place_init(&proxy->loop, &proxy->listen, &pair->client);
  place_init(&proxy->loop, &proxy->upstream, &pair->server);
  uv_timer_init(&proxy->loop, &pair->timer);
  pair->handles = 3;
  pair->client.handle.data = pair->server.handle.data = pair->timer.data = pair;
  pair->connecting.data = pair;
  pair->next = proxy->pairs;
  proxy->pairs = pair;
  int status = uv_accept(&proxy->listener.stream, &pair->client.stream);
  if (!status && !proxy->listen.is_path) uv_tcp_nodelay(&pair->client.tcp, 1);
  if (!status)
    status = place_connect(&proxy->upstream, &pair->server, &pair->connecting, on_connected);
  if (!status) return;
  fprintf(stderr, "Connection %u cannot be passed on: %s.\n", (unsigned)pair->number,
          uv_strerror(status));
  pair_close(pair);
}
