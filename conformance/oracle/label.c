/* Read first: label.h. */
#include "oracle/label.h"

#include <stdarg.h>
#include <string.h>

enum { NAME_MOST = 14 };

/* Names that may be long, or hold anything. */
typedef struct shown {
  char text[NAME_MOST + 3];
} shown;

static shown show(span text, size_t most) {
  shown out = {""};
  size_t len = text.len < most ? text.len : most;
  for (size_t i = 0; i < len; i++) {
    char c = text.text[i];
    out.text[i] = (char)(c >= 0x20 && c < 0x7F ? c : '?');
  }
  if (text.len > most) memcpy(out.text + most - 2, "..", 2);
  return out;
}

/* Of a UUID the first group will do. */
static shown name(span text) {
  return show(text, text.len == LABEL_UUID ? LABEL_UUID_SHOWN : NAME_MOST);
}

__attribute__((format(printf, 2, 3))) static void add(label *out, const char *format, ...) {
  size_t len = strlen(out->text);
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(out->text + len, sizeof out->text - len, format, arguments);
  va_end(arguments);
}

static unsigned long long number(uint64_t value) { return value; }

/* Members that are in the frame, each in the form in which one would say it. */
static void add_members(label *out, const frame *f) {
  unsigned has = f->has;
  if ((has & FRAME_HAS_ID) != 0) add(out, " %llu", number(f->id));
  if (f->action == EP_ACTION_MESSAGE_CONFIRM || f->action == EP_ACTION_MESSAGE_RETRY) {
    if ((has & FRAME_HAS_ID) == 0 && (has & FRAME_HAS_UID) == 0) add(out, " %llu", number(f->id));
  }
  if ((has & FRAME_HAS_UID) != 0) add(out, " %s", name(f->uid).text);
  if ((has & FRAME_HAS_CODE) != 0) add(out, " %s", name(f->code).text);
  if ((has & FRAME_HAS_OF) != 0) add(out, " of %llu", number(f->of));
}

static void add_auth(label *out, const frame *f, trace_dir dir) {
  if (dir == TRACE_C2S)
    add(out, " %s", name(f->client).text);
  else
    add(out, " %s", f->known ? "true" : "false");
  if (f->version < 2) return;
  add(out, " v%u", f->version);
  if ((f->has & FRAME_HAS_EXPECT) != 0) add(out, " expect %llu", number(f->expect));
}

static void add_message(label *out, const frame *f, trace_dir dir) {
  if (dir == TRACE_C2S)
    add(out, " to %s", name(f->to).text);
  else
    add(out, " from %s", name(f->from).text);
}

static label label_frame(frame_parser *parser, const trace_event *event) {
  label out = {""};
  frame f;
  if (event->damaged) add(&out, "damaged: ");
  if (event->bytes.len == 0) {
    add(&out, "frame %llu", number(event->n));
    return out;
  }
  if (!frame_parse(parser, event->bytes, event->dir, &f) || f.class == FRAME_MALFORMED) {
    add(&out, "malformed frame, %zu bytes", event->bytes.len);
    return out;
  }
  add(&out, "%s%s", f.class == FRAME_INVALID ? "invalid " : "", show(f.action_name, 16).text);
  if (f.class == FRAME_INVALID) return out;
  if (f.action == EP_ACTION_AUTH) {
    add_auth(&out, &f, event->dir);
    return out;
  }
  add_members(&out, &f);
  if (f.action == EP_ACTION_MESSAGE_NEW) add_message(&out, &f, event->dir);
  if (f.action == EP_ACTION_MESSAGE_RECEIPT) add(&out, " by %s", name(f.client).text);
  if (f.action == EP_ACTION_CLIENT_CONNECT || f.action == EP_ACTION_CLIENT_DISCONNECT)
    add(&out, " %s", name(f.client).text);
  return out;
}

static label label_close(const trace_event *event) {
  label out = {""};
  const char *who = !event->has_dir           ? ""
                    : event->dir == TRACE_C2S ? ", by the client"
                                              : ", by the server";
  add(&out, "connection %u closes%s", (unsigned)event->conn, who);
  return out;
}

label label_of(frame_parser *parser, const trace_event *event) {
  label out = {""};
  switch (event->kind) {
    case TRACE_FRAME: return label_frame(parser, event);
    case TRACE_CLOSE: return label_close(event);
    case TRACE_OPEN:
      add(&out, "connection %u opens%s", (unsigned)event->conn, event->lossy ? ", lossy" : "");
      break;
    case TRACE_FAILED:
      add(&out, "the server cannot do what connection %u asked", (unsigned)event->conn);
      break;
    case TRACE_SENT: add(&out, "application: send %s", name(event->uid).text); break;
    case TRACE_DELIVERED:
      add(&out, "application gets %s from %s", name(event->uid).text, name(event->from).text);
      break;
    case TRACE_CONFIRMED: add(&out, "application told: %s is safe", name(event->uid).text); break;
    case TRACE_REFUSED:
      add(&out, "application told: %s refused, %s", name(event->uid).text, name(event->code).text);
      break;
    case TRACE_STORED: add(&out, "state stored"); break;
    case TRACE_CONNECT: add(&out, "application wants a connection"); break;
    case TRACE_DISCONNECT: add(&out, "application wants no connection"); break;
    case TRACE_CRASHED: add(&out, "killed"); break;
    case TRACE_RESTARTED:
      add(&out, "started again, state %s",
          event->state_lost  ? "lost"
          : event->state_old ? "brought back from an old copy"
                             : "kept");
      break;
    case TRACE_HEALED: add(&out, "faults stop here"); break;
    case TRACE_NOTE: add(&out, "%s", show(event->note, NAME_MOST).text); break;
  }
  return out;
}
