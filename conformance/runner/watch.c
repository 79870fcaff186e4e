/* What is checked on every frame that comes, whatever the case is about: that it is JSON, in the
 * right form, a message, in its place in the stream. And what is learned from each frame, in and
 * out. Read first: play.h, oracle/frame.h. */
#include <stdlib.h>
#include <string.h>

#include "runner/play.h"

void watch_breach(play *p, const char *requirement, char *acceptable, char *came) {
  if (p->breach != NULL) return;
  p->breach = requirement;
  p->breach_acceptable = acceptable;
  p->breach_came = came;
}

static char *show(span bytes) {
  text out = {0};
  text_show(&out, bytes, 400);
  return text_same(text_words(&out));
}

static bool is_server_tested(const play *p) { return p->of->role == ROLE_SERVER; }

/* ---- Form ---- */

static void check_form(play *p, const conn *c, const frame *f, span bytes) {
  if (f->class == FRAME_MALFORMED) {
    watch_breach(p, "EP-JSON-1", text_same("frames that are JSON objects in UTF-8"),
                 text_format("%s: %s", f->why, show(bytes)));
    return;
  }
  bool wants_bare = c->version == 2;
  if (f->form != (wants_bare ? FRAME_BARE : FRAME_ENVELOPED))
    watch_breach(p, wants_bare ? "EP-FRAME-5" : "EP-FRAME-4",
                 text_format("the %s form", wants_bare ? "bare" : "enveloped"), show(bytes));
  if (f->class == FRAME_INVALID && !f->arguable)
    watch_breach(p, "EP-MSG-1", text_same("messages of chapter 6"),
                 text_format("%s: %s", f->why, show(bytes)));
}

static bool is_v1_action(const play *p, ep_action action) {
  switch (action) {
    case EP_ACTION_AUTH:
    case EP_ACTION_SESSION_UPDATE:
    case EP_ACTION_CLIENTS_LIST:
    case EP_ACTION_MESSAGE_NEW:
    case EP_ACTION_MESSAGE_CONFIRM: return true;
    case EP_ACTION_CLIENT_CONNECT:
    case EP_ACTION_CLIENT_DISCONNECT: return is_server_tested(p);
    default: return false;
  }
}

/* EP-COMPAT-1, EP-COMPAT-2, EP-MSG-4: what a 1.0.2 peer could not live with. */
static void check_v1(play *p, const conn *c, const frame *f, span bytes) {
  if (c->version != 1) return;
  if (!is_v1_action(p, f->action)) {
    watch_breach(p, is_server_tested(p) ? "EP-COMPAT-1" : "EP-COMPAT-2",
                 text_same("actions of EP/1"), show(bytes));
  } else if (f->strangers != 0 && f->action != EP_ACTION_AUTH) {
    watch_breach(p, "EP-MSG-4", text_same("members of EP/1"), show(bytes));
  }
}

/* EP-SEC-5, EP-AUTH-6, EP-AUTH-3; EP-AUTH-1: what may come before the auth reply, and before the
 * auth request of a client. */
static void check_early(play *p, const conn *c, const frame *f, span bytes) {
  if (c->version != 0 || f->action == EP_ACTION_AUTH) return;
  if (!is_server_tested(p)) {
    if (!c->asked.is_asked)
      watch_breach(p, "EP-AUTH-1", text_same("an auth request as the first frame"), show(bytes));
    return;
  }
  switch (f->action) {
    case EP_ACTION_ERROR: return;
    case EP_ACTION_PONG:
    case EP_ACTION_MESSAGE_CONFIRM:
      watch_breach(p, "EP-AUTH-3", text_same("no answer before the auth reply"), show(bytes));
      return;
    case EP_ACTION_CLIENTS_LIST:
    case EP_ACTION_CLIENT_CONNECT:
    case EP_ACTION_CLIENT_DISCONNECT:
    case EP_ACTION_SESSION_UPDATE:
    case EP_ACTION_MESSAGE_NEW:
    case EP_ACTION_MESSAGE_RECEIPT:
      watch_breach(p, "EP-SEC-5",
                   text_same("nothing of clients, sessions or messages before the "
                             "auth reply"),
                   show(bytes));
      return;
    default:
      watch_breach(p, "EP-AUTH-6", text_same("the auth reply before all others"), show(bytes));
  }
}

/* ---- The stream ---- */

static bool is_item(const conn *c, const frame *f) {
  if ((f->has & FRAME_HAS_ID) == 0) return false;
  switch (f->action) {
    case EP_ACTION_MESSAGE_NEW:
    case EP_ACTION_MESSAGE_RECEIPT:
    case EP_ACTION_ERROR: return true;
    case EP_ACTION_SESSION_UPDATE: return c->version == 2;
    default: return false;
  }
}

/* EP-SEND-1, EP-SEND-2, EP-SEND-3; an EP/1 client may write again (EP-SEND-8). */
static void check_order(play *p, conn *c, const frame *f, span bytes) {
  if (!is_item(c, f) || c->version == 0) return;
  if (c->version == 1 && !is_server_tested(p)) return;
  if (c->has_next && f->id < c->next_item) {
    if (f->id < c->retry_below) return;
    watch_breach(p, "EP-SEND-3", text_format("item %llu", (unsigned long long)c->next_item),
                 text_format("an item written before on this connection: %s", show(bytes)));
    return;
  }
  if (c->has_next && f->id > c->next_item && c->version == 2)
    watch_breach(p, "EP-SEND-1", text_format("item %llu", (unsigned long long)c->next_item),
                 show(bytes));
  c->has_next = true;
  c->next_item = f->id + 1;
}

/* ---- What is learned ---- */

static char *text_of(span from) { return text_copy(from.text, from.len); }

/* The auth reply selects the version, and says where both streams go on. */
void watch_joined(play *p, conn *c, const frame *reply) {
  client *who = c->of;
  if (c->version != 0) return;
  c->version = reply->version >= 2 && c->asked.version >= 2 ? 2 : 1;
  const char *name = c->name;
  vars_setf(&p->names, text_format("%s_known", name), "%s", reply->known ? "true" : "false");
  if (who == NULL) return;
  if (c->version == 1) {
    if (!reply->known) who->next_up = 0;
    who->joined_instance = NULL;
    return;
  }
  char *epoch = text_of(reply->epoch);
  bool resumes = who->joined_instance != NULL && c->asked.instance != NULL &&
                 strcmp(who->joined_instance, c->asked.instance) == 0;
  bool has_epoch = c->asked.epoch != NULL && strcmp(c->asked.epoch, epoch) == 0;
  c->has_next = true;
  c->next_item = resumes && has_epoch ? c->asked.expect : 0;
  watch_resume_up(p, c, reply, resumes);
  /* With another epoch the server goes on where it is: EP-RES-3. */
  if (resumes && !has_epoch) c->has_next = false;
  if (!resumes || !has_epoch) who->next_down = 0;
  /* What was confirmed before need not come, whatever is expected now. */
  if (c->next_item < who->next_down) c->has_next = false;
  who->joined_instance = c->asked.instance;
  who->epoch = epoch;
  who->next_up = c->first_up = reply->expect;
  c->window = reply->window;
  vars_setf(&p->names, text_format("%s_epoch", name), "%s", epoch);
  vars_setf(&p->names, text_format("%s_expect", name), "%llu", (unsigned long long)reply->expect);
  vars_setf(&p->names, text_format("%s_window", name), "%llu", (unsigned long long)reply->window);
}

static void learn_confirm(conn *c, const frame *f) {
  c->confirm_frames++;
  if ((f->has & FRAME_HAS_UID) != 0) {
    c->confirmed_uids = text_grow(c->confirmed_uids, (c->confirmed_count + 1) * sizeof(char *));
    c->confirmed_uids[c->confirmed_count++] = text_of(f->uid);
  } else if ((f->has & FRAME_HAS_PAYLOAD) != 0) {
    if (!c->has_confirmed || f->id > c->confirmed) c->confirmed = f->id;
    c->has_confirmed = true;
  }
}

static void queue(conn *c, const frame *f, span message, span bytes) {
  if ((c->queue_count & (c->queue_count + 1)) == 0)
    c->queue = text_grow(c->queue, (c->queue_count * 2 + 2) * sizeof *c->queue);
  arrived *one = &c->queue[c->queue_count++];
  *one = (arrived){.text = text_of(message), .len = message.len, .at_ms = wire_now()};
  one->bytes_len = bytes.len - 1;
  one->bytes = text_copy(bytes.text, one->bytes_len);
  one->action = text_of(f->action_name);
  one->is_item = is_item(c, f);
  one->id = f->id;
  if (f->action == EP_ACTION_MESSAGE_NEW) one->uid = text_of(f->uid);
}

static void answer_ping(play *p, conn *c, const frame *f) {
  if (c->version != 2 || c->is_silent) return;
  text pong = {0};
  text_put(&pong, "{\"action\":\"pong\"");
  if ((f->has & FRAME_HAS_PAYLOAD) != 0) {
    text_put(&pong, ",\"payload\":");
    text_add(&pong, f->payload.text, f->payload.len);
  }
  text_put(&pong, "}\f");
  wire_log(p, c, "out", text_span(&pong));
  /* The next pump writes it: this may be within one. Not into a frame that has only begun. */
  text_add(c->raw.len > 0 ? &c->later : &c->out, pong.at, pong.len);
  free(pong.at);
}

static bool is_alien(const play *p, const frame *f) {
  switch (f->action) {
    case EP_ACTION_CLIENT_CONNECT:
    case EP_ACTION_CLIENT_DISCONNECT:
    case EP_ACTION_SESSION_UPDATE: return is_server_tested(p) && !watch_is_ours(p, f->client);
    default: return false;
  }
}

static void learn_asked(play *p, conn *c, const frame *f) {
  if (c->asked.is_asked && c->version != 0) return;
  c->asked = (auth_asked){.is_asked = true, .version = f->version, .expect = f->expect};
  c->asked.client = text_of(f->client);
  if ((f->has & FRAME_HAS_INSTANCE) != 0) c->asked.instance = text_of(f->instance);
  if ((f->has & FRAME_HAS_EPOCH) != 0) c->asked.epoch = text_of(f->epoch);
  c->asked.has_presence = (f->has & FRAME_HAS_PRESENCE) != 0;
  c->of = play_client(p, c->asked.client);
  if (!is_server_tested(p)) watch_resume_down(p, c, f);
}

/* A breach says in which frame it was seen. */
static void name_frame(play *p, const conn *c, const char *before, span bytes) {
  if (p->breach == before || strchr(p->breach_came, '{') != NULL) return;
  p->breach_came = text_format("%s, in this frame to %s: %s", p->breach_came, c->name, show(bytes));
}

void watch_arrived(play *p, conn *c, span bytes) {
  frame f;
  const char *before = p->breach;
  trace_dir dir = is_server_tested(p) ? TRACE_S2C : TRACE_C2S;
  wire_log(p, c, "in", bytes);
  if (!frame_parse(&p->parser, bytes, dir, &f)) abort();
  check_form(p, c, &f, bytes);
  if (f.class == FRAME_MALFORMED) return;
  check_early(p, c, &f, bytes);
  if (f.class == FRAME_OK) {
    p->heard++;
    check_v1(p, c, &f, bytes);
    check_order(p, c, &f, bytes);
    if (is_server_tested(p) && f.action == EP_ACTION_MESSAGE_NEW) watch_mail(p, &f);
    if (is_server_tested(p) && f.action == EP_ACTION_AUTH) watch_joined(p, c, &f);
    if (f.action == EP_ACTION_MESSAGE_CONFIRM) {
      watch_confirm(p, c, &f);
      learn_confirm(c, &f);
    }
  }
  name_frame(p, c, before, bytes);
  text message = {0};
  text_add(&message, f.text.text, f.text.len);
  if (f.action == EP_ACTION_CLIENTS_LIST && is_server_tested(p)) watch_own_list(p, &message);
  if (!is_alien(p, &f)) queue(c, &f, text_span(&message), bytes);
  if (!is_server_tested(p) && f.action == EP_ACTION_AUTH && f.class == FRAME_OK)
    learn_asked(p, c, &f);
  if (f.action == EP_ACTION_PING) answer_ping(p, c, &f);
  free(message.at);
}

/* ---- What the suite writes ---- */

/* The server's side of the stream, where the suite is the server. */
static void learn_welcome(conn *c, const frame *f) {
  if (c->version != 0) return;
  bool knows = c->asked.epoch != NULL && (f->has & FRAME_HAS_EPOCH) != 0 &&
               span_is(f->epoch, c->asked.epoch);
  if (c->of != NULL && (f->version >= 2 ? !knows : !f->known)) {
    c->of->next_up = 0;
    watch_start_over(c->of);
  }
  bool is_asked = !c->asked.is_asked || c->asked.version >= 2;
  c->version = f->version >= 2 && is_asked ? 2 : 1;
  c->has_next = c->version == 2;
  c->next_item = f->expect;
}

static void learn_counts(conn *c, const frame *f) {
  if (c->of == NULL) return;
  /* Without a uid it is not an item of EP/1: EP-ROUTE-3. */
  bool is_used = is_item(c, f) && (c->version == 2 || (f->has & FRAME_HAS_UID) != 0);
  if (is_used && f->id + 1 > c->of->next_up) c->of->next_up = f->id + 1;
  if (f->action != EP_ACTION_MESSAGE_CONFIRM || (f->has & FRAME_HAS_PAYLOAD) == 0) return;
  bool was_given = c->has_next && f->id < c->next_item;
  if (was_given && f->id + 1 > c->of->next_down) c->of->next_down = f->id + 1;
}

void watch_wrote(play *p, conn *c, span message) {
  frame f;
  text bytes = {0};
  text_add(&bytes, message.text, message.len);
  text_add(&bytes, "\f", 1);
  trace_dir dir = is_server_tested(p) ? TRACE_C2S : TRACE_S2C;
  bool is_parsed = frame_parse(&p->parser, text_span(&bytes), dir, &f);
  if (is_parsed) watch_count(p, c, &f);
  if (is_parsed && f.class == FRAME_OK) {
    if (f.action == EP_ACTION_AUTH && is_server_tested(p)) learn_asked(p, c, &f);
    if (f.action == EP_ACTION_AUTH && !is_server_tested(p)) learn_welcome(c, &f);
    if (f.action == EP_ACTION_MESSAGE_RETRY && f.id + 1 > c->retry_below) c->retry_below = f.id + 1;
    if (f.action == EP_ACTION_MESSAGE_NEW) watch_sent(p, c, &f);
    learn_counts(c, &f);
  }
  free(bytes.at);
}
