/* The form of a frame: bytes, bare or enveloped, which action and which members may be written to
 * this peer now.
 * Read first: frame.h, judge_internal.h; spec/protocol.md, chapters 4, 6 and 18. */
#include "oracle/judge_internal.h"

#include <string.h>

static const char *side(trace_dir dir) { return dir == TRACE_C2S ? "The client" : "The server"; }

/* Which requirement a message that is not in form breaks. */
static const char *invalid_requirement(const frame *f, trace_dir dir) {
  if (!f->action_name.len) return "EP-MSG-1";
  switch (f->action) {
    case EP_ACTION_AUTH:
      if (dir == TRACE_S2C) return "EP-NEG-3";
      return f->has & FRAME_HAS_PAYLOAD ? "EP-NEG-1" : "EP-MSG-2";
    case EP_ACTION_MESSAGE_NEW:
      if (!(f->has & FRAME_HAS_ID) || (dir == TRACE_S2C && !(f->has & FRAME_HAS_FROM_ID)))
        return "EP-JSON-5";
      return "EP-MSG-3";
    case EP_ACTION_MESSAGE_CONFIRM:
    case EP_ACTION_MESSAGE_RETRY:
    case EP_ACTION_MESSAGE_RECEIPT: return "EP-JSON-5";
    case EP_ACTION_CLIENT_CONNECT:
    case EP_ACTION_CLIENT_DISCONNECT: return "EP-MSG-2";
    case EP_ACTION_ERROR: return "EP-ERR-7";
    default: return "EP-MSG-1";
  }
}

static void check_class(judge *j, trace_dir dir, const frame *f, span bytes) {
  const char *end = memchr(bytes.text, 0x0C, bytes.len);
  if (!bytes.len || end != bytes.text + bytes.len - 1) {
    judge_wrong(j, "EP-FRAME-1", "One byte 0x0C, at the end of the frame.",
                "%s wrote a frame that does not end with its only byte 0x0C.", side(dir));
    return;
  }
  if (f->class == FRAME_OK && f->action == EP_ACTION_MESSAGE_NEW && dir == TRACE_C2S) {
    bool id = f->has & FRAME_HAS_ID, uid = f->has & FRAME_HAS_UID;
    if (id && uid) return;
    judge_wrong(j, id ? "EP-MSG-3" : "EP-JSON-5", "A message with a usable id and uid.",
                "The client wrote a message without a usable %s.", id ? "uid" : "id");
    return;
  }
  if (f->arguable || f->class == FRAME_OK) return;
  if (f->class == FRAME_MALFORMED) {
    judge_wrong(j, "EP-JSON-1", "JSON text (RFC 8259) in UTF-8, an object.",
                "%s wrote a frame that is malformed: %s", side(dir), f->why);
    return;
  }
  judge_wrong(j, invalid_requirement(f, dir), "A message in the form of chapter 6.",
              "%s wrote a message that is not in form: %s", side(dir), f->why);
}

static void check_envelope(judge *j, const struct conn *conn, trace_dir dir, const frame *f) {
  bool bare = f->form == FRAME_BARE;
  if (conn->version != 2) {
    if (bare)
      judge_wrong(j, "EP-FRAME-4", "The enveloped form, until the auth reply selects EP/2.",
                  "%s wrote the bare form on a connection that does not speak EP/2%s.", side(dir),
                  conn->version ? "" : " yet");
  } else if (!bare && (dir == TRACE_S2C || (f->action != EP_ACTION_AUTH && !conn->lossy))) {
    judge_wrong(j, "EP-FRAME-5", "The bare form, after an auth reply that selected EP/2.",
                "%s wrote the enveloped form on a connection that speaks EP/2.", side(dir));
  } else {
    return;
  }
  judge_lead(j, conn->reply_line);
}

/* EP-COMPAT-1, EP-COMPAT-2 */
static bool in_v1(ep_action action, trace_dir dir) {
  switch (action) {
    case EP_ACTION_AUTH:
    case EP_ACTION_SESSION_UPDATE:
    case EP_ACTION_CLIENTS_LIST:
    case EP_ACTION_MESSAGE_NEW:
    case EP_ACTION_MESSAGE_CONFIRM: return true;
    case EP_ACTION_CLIENT_CONNECT:
    case EP_ACTION_CLIENT_DISCONNECT: return dir == TRACE_S2C;
    default: return false;
  }
}

/* EP-MSG-4: only what the chapters give to EP/1. */
static bool members_of_v1(const frame *f, trace_dir dir) {
  if (f->strangers || (f->top & ~(unsigned)(FRAME_HAS_ACTION | FRAME_HAS_PAYLOAD))) return false;
  if (f->action == EP_ACTION_MESSAGE_NEW && dir == TRACE_C2S) return !f->receipt;
  return true;
}

static void check_v1(judge *j, const struct conn *conn, trace_dir dir, const frame *f) {
  const char *name = frame_action_name(f->action);
  if (!in_v1(f->action, dir)) {
    bool error = f->action == EP_ACTION_ERROR;
    judge_wrong(j,
                error              ? "EP-ERR-1"
                : dir == TRACE_C2S ? "EP-COMPAT-2"
                                   : "EP-COMPAT-1",
                "Only what EP/1 knows.", "%s wrote %.*s to an EP/1 peer.", side(dir),
                (int)(f->action_name.len > 64 ? 64 : f->action_name.len), f->action_name.text);
  } else if (!members_of_v1(f, dir)) {
    bool reply = f->action == EP_ACTION_AUTH && dir == TRACE_S2C;
    judge_wrong(j, reply ? "EP-NEG-2" : "EP-MSG-4", "Only the members that EP/1 has.",
                "%s wrote %s to an EP/1 peer with members that EP/1 does not have.", side(dir),
                name);
  } else {
    return;
  }
  judge_lead(j, conn->ask_line);
  judge_lead(j, conn->reply_line);
}

static void check_v2(judge *j, const struct conn *conn, trace_dir dir, const frame *f) {
  if (f->action == EP_ACTION_UNKNOWN && f->class == FRAME_OK)
    judge_wrong(j, "EP-ERR-2", "An action of chapter 6.",
                "%s wrote the action %.*s, which chapter 6 does not have in this direction.",
                side(dir), (int)(f->action_name.len > 64 ? 64 : f->action_name.len),
                f->action_name.text);
  if (f->action == EP_ACTION_MESSAGE_NEW && dir == TRACE_S2C && f->strangers)
    judge_wrong(j, "EP-MSG-5", "from, to, id, uid, payload and fromId.",
                "The server wrote a message with the member %.*s.",
                (int)(f->stranger.len > 64 ? 64 : f->stranger.len), f->stranger.text);
  if (f->action == EP_ACTION_ERROR && dir == TRACE_S2C && frame_error_of(f->code) == EP_ERROR_NONE)
    judge_wrong(j, "EP-ERR-4", "A code of chapter 12.",
                "The server wrote an error with a code that chapter 12 does not have.");
  if (f->action == EP_ACTION_SESSION_UPDATE && dir == TRACE_C2S && !(f->has & FRAME_HAS_ID))
    judge_wrong(j, "EP-SESS-2", "A session.update with an id, in EP/2.",
                "The client wrote a session.update without an id on a connection that speaks "
                "EP/2.");
  judge_lead(j, conn->reply_line);
}

/* Before the reply the request says which version the client speaks. */
static void check_unanswered(judge *j, const struct conn *conn, const frame *f) {
  if (f->action == EP_ACTION_AUTH) return;
  if (f->action == EP_ACTION_ERROR) {
    if (conn->ask.version >= 2 || conn->bad_version >= 2) return;
    judge_wrong(j, "EP-ERR-1", "Nothing, and a close.",
                "The server wrote an error to a peer that has not said that it speaks EP/2.");
  } else if (f->action == EP_ACTION_MESSAGE_CONFIRM) {
    judge_wrong(j, conn->asks_arrived ? "EP-AUTH-8" : "EP-AUTH-3",
                "No confirm before the auth reply.",
                "The server wrote a message.confirm before the auth reply of the connection.");
  } else {
    judge_wrong(j, "EP-SEC-5", "The auth reply first.",
                "The server wrote %s before the auth reply of the connection.",
                frame_action_name(f->action));
  }
  judge_lead(j, conn->open_line);
  judge_lead(j, conn->ask_line);
}

/* EP-LIM-13. Its end byte does not count. */
static void check_size(judge *j, const struct conn *conn, const frame *f, span bytes) {
  if (f->action != EP_ACTION_MESSAGE_NEW || !j->frame_most || bytes.len - 1 <= j->frame_most)
    return;
  judge_wrong(j, "EP-LIM-13", "The error too-large, to its sender.",
              "The server wrote a message in a frame of %llu bytes, and its limit is %llu.",
              (unsigned long long)bytes.len - 1, (unsigned long long)j->frame_most);
  judge_about(j, conn->client, f->uid);
  judge_lead(j, conn->reply_line);
}

void form_check(judge *j, struct conn *conn, trace_dir dir, const frame *f, span bytes) {
  if (conn->rude[dir]) return;
  check_class(j, dir, f, bytes);
  if (f->class == FRAME_MALFORMED || conn->rude[TRACE_S2C]) return;
  bool reply = dir == TRACE_S2C && f->action == EP_ACTION_AUTH && !conn->replies;
  if (!reply || f->form == FRAME_BARE) check_envelope(j, conn, dir, f);
  if (dir == TRACE_S2C && !conn->version && !reply) check_unanswered(j, conn, f);
  unsigned version = reply ? f->version : conn->version;
  if (dir == TRACE_C2S && f->action == EP_ACTION_AUTH) return;
  if (dir == TRACE_C2S && !conn->version) version = conn->ask.version >= 2 ? 0 : 1;
  if (dir == TRACE_S2C) check_size(j, conn, f, bytes);
  if (version == 1) check_v1(j, conn, dir, f);
  if (version == 2 && !reply) check_v2(j, conn, dir, f);
}
