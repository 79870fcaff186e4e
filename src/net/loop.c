/* Floor 5, net. The loop. libuv runs timers, then prepare, sleeps and reads sockets, then check:
 * the members' turns are run in prepare (what timers and the application led to leaves before the
 * sleep) and in check (what the sockets brought is handled once for all of them).
 * Read first: net/loop.h. */
#define _GNU_SOURCE 1
#include "net/loop.h"

#include <stdlib.h>

#include "base/assert.h"

enum { OWN_HANDLES = 3 };

struct ep_loop {
  uv_loop_t *uv;
  uv_loop_t own; /* uv points here, or to a loop of the application */
  uv_prepare_t prepare;
  uv_check_t check;
  uv_timer_t timer;
  uint64_t armed_ms; /* what the timer is set to; UINT64_MAX: it is not */
  ep_member *members;
  ep_member *next; /* whose turn comes after this one */
  unsigned handles_open;
  char *read_buffer;
};

/* ---- Turns ----------------------------------------------------------------------------------- */

static void members_turn(ep_loop *loop) {
  uint64_t now_ms = uv_now(loop->uv);
  for (ep_member *member = loop->members; member != NULL; member = loop->next) {
    loop->next = member->next;
    member->turn(member, now_ms);
  }
}

static void on_timer(uv_timer_t *timer) {
  ep_loop *loop = timer->data;
  loop->armed_ms = UINT64_MAX; /* the turn comes with prepare */
}

/* The members have had their turn, so what is due now is not due for them: the timer waits at least
 * 1 ms, and a deadline that stays behind costs no more than that. */
static void timer_arm(ep_loop *loop) {
  uint64_t due_ms = UINT64_MAX;
  for (ep_member *member = loop->members; member != NULL; member = member->next) {
    uint64_t deadline_ms = member->deadline(member);
    if (deadline_ms < due_ms) due_ms = deadline_ms;
  }
  if (due_ms == loop->armed_ms) return;
  loop->armed_ms = due_ms;
  if (due_ms == UINT64_MAX) {
    (void)uv_timer_stop(&loop->timer);
    return;
  }
  uint64_t now_ms = uv_now(loop->uv);
  int code = uv_timer_start(&loop->timer, on_timer, due_ms > now_ms ? due_ms - now_ms : 1, 0);
  EP_ASSERT(code == 0);
}

static void on_prepare(uv_prepare_t *prepare) {
  ep_loop *loop = prepare->data;
  members_turn(loop);
  timer_arm(loop);
}

static void on_check(uv_check_t *check) { members_turn(check->data); }

/* ---- Members --------------------------------------------------------------------------------- */

void ep_loop_join(ep_loop *loop, ep_member *member) {
  EP_ASSERT(member->turn != NULL && member->deadline != NULL);
  member->previous = NULL;
  member->next = loop->members;
  if (member->next != NULL) member->next->previous = member;
  loop->members = member;
  ep_loop_wake(loop);
}

void ep_loop_wake(ep_loop *loop) {
  loop->armed_ms = 0;
  int code = uv_timer_start(&loop->timer, on_timer, 0, 0);
  EP_ASSERT(code == 0);
}

void ep_loop_leave(ep_loop *loop, ep_member *member) {
  if (loop->next == member) loop->next = member->next;
  if (member->next != NULL) member->next->previous = member->previous;
  if (member->previous != NULL) {
    member->previous->next = member->next;
  } else {
    EP_ASSERT(loop->members == member);
    loop->members = member->next;
  }
}

uv_loop_t *ep_loop_uv(ep_loop *loop) { return loop->uv; }

uv_buf_t ep_loop_read_buffer(ep_loop *loop) {
  return uv_buf_init(loop->read_buffer, EP_READ_BUFFER_LEN);
}

/* ---- Life ------------------------------------------------------------------------------------ */

static void handles_init(ep_loop *loop) {
  (void)uv_loop_configure(loop->uv, UV_METRICS_IDLE_TIME); /* for net/fair.c */
  int code = uv_prepare_init(loop->uv, &loop->prepare);
  if (code == 0) code = uv_check_init(loop->uv, &loop->check);
  if (code == 0) code = uv_timer_init(loop->uv, &loop->timer);
  if (code == 0) code = uv_prepare_start(&loop->prepare, on_prepare);
  if (code == 0) code = uv_check_start(&loop->check, on_check);
  EP_ASSERT(code == 0); /* libuv has no way to fail here */
  loop->prepare.data = loop->check.data = loop->timer.data = loop;
  uv_unref((uv_handle_t *)&loop->prepare);
  uv_unref((uv_handle_t *)&loop->check);
  loop->handles_open = OWN_HANDLES;
}

ep_status ep_loop_new(ep_loop **out, void *uv_loop) {
  EP_ASSERT(out != NULL);
  *out = NULL;
  ep_loop *loop = calloc(1, sizeof *loop);
  if (loop == NULL) return EP_NO_MEMORY;
  loop->armed_ms = UINT64_MAX;
  loop->read_buffer = malloc(EP_READ_BUFFER_LEN);
  loop->uv = uv_loop != NULL ? uv_loop : &loop->own;
  int code = loop->read_buffer == NULL ? UV_ENOMEM : 0;
  if (code == 0 && uv_loop == NULL) code = uv_loop_init(&loop->own);
  if (code != 0) {
    free(loop->read_buffer);
    free(loop);
    return code == UV_ENOMEM ? EP_NO_MEMORY : EP_SYSTEM;
  }
  handles_init(loop);
  *out = loop;
  return EP_OK;
}

void ep_loop_run(ep_loop *loop) {
  EP_ASSERT(loop != NULL);
  uv_update_time(loop->uv);
  on_prepare(&loop->prepare); /* what was asked since the last run makes the loop alive */
  (void)uv_run(loop->uv, UV_RUN_DEFAULT);
}

void ep_loop_stop(ep_loop *loop) { uv_stop(loop->uv); }

uint64_t ep_loop_now(const ep_loop *loop) { return uv_now(loop->uv); }

static void on_handle_closed(uv_handle_t *handle) {
  ep_loop *loop = handle->data;
  if (--loop->handles_open != 0 || loop->uv == &loop->own) return;
  free(loop->read_buffer);
  free(loop);
}

static void members_leave(ep_loop *loop) {
  for (ep_member *member = loop->members; member != NULL; member = member->next) {
    EP_ASSERT(member->leaving);
  }
  if (loop->members != NULL && loop->uv == &loop->own) ep_loop_run(loop);
  EP_ASSERT(loop->members == NULL);
}

/* A loop of the application's frees it in the next turn that the application lets it run. */
void ep_loop_free(ep_loop *loop) {
  if (loop == NULL) return;
  members_leave(loop);
  uv_close((uv_handle_t *)&loop->prepare, on_handle_closed);
  uv_close((uv_handle_t *)&loop->check, on_handle_closed);
  uv_close((uv_handle_t *)&loop->timer, on_handle_closed);
  if (loop->uv != &loop->own) return;
  (void)uv_run(loop->uv, UV_RUN_DEFAULT);
  EP_ASSERT(loop->handles_open == 0);
  int code = uv_loop_close(loop->uv);
  EP_ASSERT(code == 0);
  free(loop->read_buffer);
  free(loop);
}
