/* Auth requests and replies: who is who, which numbering goes on and where, and what is lost.
 * Read first: judge_internal.h; spec/protocol.md, chapters 7, 8.3 and 8.4. */
#include "oracle/judge_internal.h"

enum { LOST_KEPT = 256 };

static const span no_uid = {"", 0};

static unsigned long long number(uint64_t value) { return (unsigned long long)value; }

static void lead_auth(judge *j, const struct conn *conn) {
  judge_about(j, conn->client, no_uid);
  judge_lead(j, conn->ask_line);
  judge_lead(j, conn->reply_line);
}

/* ---- The request, written by the client ---- */

static void check_expect(judge *j, const struct conn *conn) {
  const struct client *client = conn->client;
  struct stream *down = client->client_down;
  if (!conn->ask.epoch) {
    if (!conn->ask.expect) return;
    judge_wrong(j, "EP-NEG-1", "An expect of 0 where no epoch is given.",
                "The client expects id %llu and names no epoch.", number(conn->ask.expect));
    judge_about(j, client, no_uid);
    return;
  }
  if (!down || conn->ask.epoch != client->client_epoch ||
      conn->ask.instance != client->client_instance)
    return;
  if (conn->ask.expect > down->front) {
    judge_wrong(j, "EP-RECV-8", "An expect that is not above the items that have arrived.",
                "The client expects id %llu of its down stream, and the items from %llu on have "
                "not arrived.",
                number(conn->ask.expect), number(down->front));
  } else if (conn->ask.expect < down->confirmed && !client->crashed_line) {
    judge_wrong(j, "EP-RES-1", "The client's own expect: the id after all it has confirmed.",
                "The client expects id %llu of its down stream, and has confirmed all below %llu.",
                number(conn->ask.expect), number(down->confirmed));
    judge_lead(j, down->confirmed_line);
  } else if (!app_had_below(client, down, conn->ask.expect)) {
    judge_wrong(
        j, "EP-RECV-8", "An expect that is not above what its application has.",
        "The client expects id %llu of its down stream, and has not handed all below to its "
        "application.",
        number(conn->ask.expect));
  } else {
    return;
  }
  judge_about(j, client, no_uid);
}

void auth_asked(judge *j, struct conn *conn, const frame *f, struct letter *letter) {
  struct client *client = judge_client(j, f->client);
  bool v2 = f->version >= 2;
  letter->ask = (struct asking){.client = client,
                                .version = f->version,
                                .instance = v2 ? pool_name(f->instance, 4) : 0,
                                .epoch = f->has & FRAME_HAS_EPOCH ? pool_name(f->epoch, 5) : 0,
                                .expect = f->expect,
                                .window = EP_LIMIT_WINDOW,
                                .has_window = (f->has & FRAME_HAS_WINDOW) != 0,
                                .wants_presence = (f->has & FRAME_HAS_PRESENCE) != 0};
  if (letter->ask.has_window) letter->ask.window = f->window ? f->window : 1;
  if (conn->rude[TRACE_C2S] || conn->rude[TRACE_S2C]) client->rude = true;
  if (conn->asks++) return;
  conn->ask_line = j->line;
  conn->ask_ms = j->t_ms;
  conn->ask = letter->ask;
  conn->client = client;
  client->absent = false;
  client->client_conn = conn;
  if (v2 && letter->ask.wants_presence && match_address_of(f->presence) == MATCH_SELECTOR)
    conn->presence = match_read(f->presence);
  wish_asked(j, conn);
  if (!client->rude && v2) check_expect(j, conn);
}

static void enter_mail(judge *j, struct client *client) {
  if (client->in_mail) return;
  client->in_mail = true;
  client->mail = mail_client(j->mail, (span){client->id, client->id_len}, j->line);
}

void auth_ask_arrived(judge *j, struct conn *conn, const struct letter *letter) {
  struct client *client = letter->ask.client;
  client->asked_conn = conn->number;
  if (conn->asks_arrived++) return;
  conn->ask_arrived_line = j->line;
  conn->ask = letter->ask;
  conn->client = client;
  client->asked_count++;
  enter_mail(j, client);
  bool same = conn->ask.epoch && conn->ask.epoch == j->epoch &&
              conn->ask.instance == client->instance && !client->rude;
  if (same) down_confirmed_below(j, conn, client->down, conn->ask.expect, false);
}

/* ---- The server's state ---- */

/* An EP/1 client may go on with its numbering, whose messages the server knows no more. */
static void forget_arrivals(struct stream *up) {
  if (!up || !up->v1) return;
  for (uint64_t id = up->base; id < up->next; id++) {
    struct item *item = stream_at(up, id);
    if (!item) continue;
    item->arrivals = item->confirms = 0;
    item->mail = 0;
    item->confirmed = false;
  }
  up->front = up->base;
}

void server_lost(judge *j) {
  if (j->epoch) pool_recent_add(&j->lost_epochs, j->epoch, LOST_KEPT);
  j->epoch = 0;
  j->lost_line = j->line;
  for (size_t i = 0; i < j->clients_count; i++) {
    struct client *client = j->clients[i];
    client->known = client->server_v2 = false;
    client->set_line = 0;
    client->asked_count = 0;
    client->instance = 0;
    stream_drop(&client->server_up);
    down_leave(client);
    stream_drop(&client->down);
    forget_arrivals(client->up);
    forget_arrivals(client->up_before);
    notice_forget(client);
  }
  mail_lost(j->mail, j->line);
  for (size_t i = 0; i < j->clients_count; i++) j->clients[i]->in_mail = false;
}

/* Whether the reply shows a state that has been lost; wrong where the trace says that it was not.
 */
static void check_state(judge *j, const struct conn *conn, const frame *f) {
  const struct client *client = conn->client;
  uint64_t epoch = f->version >= 2 ? pool_name(f->epoch, 5) : 0;
  bool other = epoch && j->epoch && epoch != j->epoch;
  bool forgot = client->known && !f->known;
  if (epoch && pool_recent_has(&j->lost_epochs, epoch)) {
    judge_wrong(j, "EP-NEG-3", "A new epoch for a new state.",
                "The server says an epoch that it had before its state was lost.");
    lead_auth(j, conn);
    judge_lead(j, j->lost_line);
    return;
  }
  if (!other && !forgot) {
    if (epoch) j->epoch = epoch;
    return;
  }
  if (j->tells_restarts || (forgot && epoch && !other)) {
    judge_wrong(j, f->version >= 2 ? "EP-RES-2" : "EP-RES-4",
                "The same epoch, and true, for a client that the server knows.",
                "The server says %s to a client that it has authenticated before, and its state "
                "was not lost.",
                other ? "another epoch" : "auth false");
    lead_auth(j, conn);
    return;
  }
  server_lost(j);
  j->epoch = epoch;
}

/* ---- The reply, written by the server ---- */

static bool check_version(judge *j, const struct conn *conn, const frame *f) {
  if (!conn->asks_arrived) {
    judge_wrong(j, "EP-AUTH-6", "An auth reply after an auth request.",
                "The server wrote an auth reply, and no auth request had arrived.");
  } else if (conn->replies > conn->asks_arrived) {
    judge_wrong(j, "EP-AUTH-9", "One auth reply for each auth request.",
                "The server wrote auth reply %u, and %u auth requests had arrived.", conn->replies,
                conn->asks_arrived);
  } else if (conn->ask.version < 2 && f->version >= 2) {
    judge_wrong(j, "EP-NEG-2", "A reply without any member beside action and payload.",
                "The server answered an EP/1 auth request with an EP/2 reply.");
  } else if (conn->ask.version >= 2 && f->version != 2 && (f->version > 2 || j->speaks_v2)) {
    judge_wrong(j, "EP-NEG-3", "A reply with version 2.",
                "The server answered an EP/2 auth request with version %u.", f->version);
  } else if (f->version == 2 && ~f->has & (FRAME_HAS_WINDOW | FRAME_HAS_LIMITS)) {
    judge_wrong(j, "EP-NEG-3", "A reply with version, epoch, expect, window and limits.",
                "The auth reply has no %s.", f->has & FRAME_HAS_WINDOW ? "limits" : "window");
  } else {
    return true;
  }
  lead_auth(j, conn);
  return false;
}

/* The server goes on with the up stream of an instance it knows. */
static void check_reply_expect(judge *j, struct conn *conn, uint64_t expect) {
  struct client *client = conn->client;
  const struct stream *up = client->server_up;
  uint64_t least = up ? up->confirmed : 0, most = up ? up->front : 0;
  if (expect > most) {
    judge_wrong(j, "EP-G5-1", "An expect that is not above the items that have arrived.",
                "The server expects id %llu of the up stream, and the items from %llu on have not "
                "arrived.",
                number(expect), number(most));
  } else if (expect < least) {
    judge_wrong(j, "EP-RES-2", "An expect that is not below what the server has confirmed.",
                "The server expects id %llu of the up stream, and has confirmed all below %llu.",
                number(expect), number(least));
    judge_lead(j, up->confirmed_line);
  } else {
    if (up) up_accepted_below(j, client, client->server_up, expect);
    return;
  }
  lead_auth(j, conn);
}

/* An old copy of a client's state can have an instance of before; in between the server may have
 * known another, of a connection to which it wrote no reply. */
static bool is_same_instance(const struct conn *conn) {
  const struct client *client = conn->client;
  if (client->instance != conn->ask.instance) return false;
  return !client->old || !client->server_up || conn->reply_expect >= client->server_up->confirmed;
}

static void reply_v2(judge *j, struct conn *conn, bool stranger) {
  struct client *client = conn->client;
  bool same = is_same_instance(conn);
  bool same_epoch = conn->ask.epoch && conn->ask.epoch == conn->reply_epoch;
  if (stranger) {
    stream_drop(&client->down);
    client->down = stream_new(++client->numberings, false);
    if (same_epoch) stream_begin(client->down, conn->ask.expect);
    client->server_up_unknown = true;
  } else if (same) {
    if (client->server_up) up_discard_held(client->server_up);
    if (!client->server_up_unknown) check_reply_expect(j, conn, conn->reply_expect);
  } else {
    if (conn->reply_expect) {
      judge_wrong(j, "EP-LOST-1", "An expect of 0 for another instance.",
                  "The server expects id %llu of the up stream of an instance that is new to it.",
                  number(conn->reply_expect));
      lead_auth(j, conn);
    }
    stream_drop(&client->server_up);
    client->server_up_unknown = false;
    down_renumber(j, client, false);
  }
  client->instance = conn->ask.instance;
  conn->down = stream_hold(client->down);
  conn->down->v1 = false;
  conn->down_sure = same && same_epoch;
  conn->down_from = conn->ask.expect;
  if (conn->down_sure) down_confirmed_below(j, conn, conn->down, conn->ask.expect, true);
}

static void reply_v1(judge *j, struct conn *conn, bool stranger) {
  struct client *client = conn->client;
  if (client->instance && client->down) down_renumber(j, client, true); /* EP-LOST-7 */
  client->instance = 0;
  stream_drop(&client->server_up);
  client->server_up_unknown = false;
  notice_excuse(client); /* EP-LOST-8 */
  if (!client->down) {
    client->down = stream_new(++client->numberings, true);
    if (!stranger) stream_begin(client->down, 0);
  }
  client->down->v1 = true;
  conn->down = stream_hold(client->down);
}

/* EP-TAKE-4. Its auth request arrived after that of the newer connection was answered: its own
 * reply cannot have waited. */
static void check_newer(judge *j, const struct conn *conn) {
  const struct client *client = conn->client;
  if (!j->opens_in_order || !client->joined_open_line) return;
  if (conn->ask_arrived_line < client->joined_line) return;
  if (conn->open_line > client->joined_open_line) return;
  judge_wrong(j, "EP-TAKE-4", "The error replaced, and a close.",
              "The server let a connection join that it had accepted before another one that has "
              "joined as the same client.");
  lead_auth(j, conn);
  judge_lead(j, client->joined_open_line);
  judge_lead(j, client->joined_line);
}

static void take_over(judge *j, struct conn *conn) {
  struct client *client = conn->client;
  check_newer(j, conn);
  if (conn->open_line > client->joined_open_line) {
    client->joined_open_line = conn->open_line;
    client->joined_line = j->line;
  }
  client->server_v2 = conn->version == 2;
  struct conn *older = client->server_conn;
  bool closed = client->server_left_line > conn->ask_arrived_line; /* for this one, it seems */
  client->took_over = (older && older != conn) || closed;
  if (older && older != conn) down_doubt(j, client, older);
  if (older && older != conn && !older->replaced_line) {
    older->replaced_line = j->line;
    older->replaced_ms = j->t_ms;
  }
  client->server_conn = conn;
}

static void first_reply(judge *j, struct conn *conn, const frame *f) {
  struct client *client = conn->client;
  conn->reply_line = j->line;
  conn->version = f->version >= 2 ? 2 : 1;
  conn->reply_known = f->known;
  conn->reply_epoch = conn->version == 2 ? pool_name(f->epoch, 5) : 0;
  conn->reply_expect = f->expect;
  conn->reply_window = f->window ? f->window : 1;
  conn->reply_frame = f->limit_frame;
  conn->list_due = conn->version == 1 || conn->ask.wants_presence; /* EP-AUTH-6 */
  if (conn->version == 2) j->speaks_v2 = true;
  if (f->limit_session) judge_session_limit(j, f->limit_session);
  if (f->limit_frame > j->frame_most) j->frame_most = f->limit_frame;
  /* A client that the server has known from before the trace. */
  bool stranger = f->known && !client->known && !j->lost_line &&
                  (client->asked_count < 2 || conn->reply_expect);
  client->stranger = client->stranger || stranger;
  if (client->rude) {
    client->instance = 0;
  } else if (conn->version == 2) {
    reply_v2(j, conn, stranger);
  } else {
    reply_v1(j, conn, stranger);
  }
  client->known = true;
  enter_mail(j, client);
  mail_known(j->mail, client->mail, j->line);
  take_over(j, conn);
}

/* It had to wait for its turn on the wire, while a newer connection took the client over. */
static void late_reply(const judge *j, struct conn *conn, const frame *f) {
  conn->reply_line = conn->replaced_line = j->line;
  conn->replaced_ms = j->t_ms;
  conn->version = f->version >= 2 ? 2 : 1;
}

void auth_replied(judge *j, struct conn *conn, const frame *f) {
  conn->replies++;
  if (conn->rude[TRACE_S2C]) {
    if (conn->replies > 1) return;
    conn->version = f->version >= 2 ? 2 : 1;
    return;
  }
  if (!check_version(j, conn, f)) return;
  if (conn->replies == 1 && conn->ask_arrived_line < conn->client->joined_ask_line) {
    late_reply(j, conn, f);
    return;
  }
  if (conn->remote && f->version < 2) {
    judge_wrong(j, "EP-SEC-4", "A close.",
                "The server let a connection join in EP/1 that does not come from this machine.");
    lead_auth(j, conn);
    judge_lead(j, conn->open_line);
    return;
  }
  if (conn->replies == 1) {
    conn->client->joined_ask_line = conn->ask_arrived_line;
    check_state(j, conn, f);
    if (!j->wrong) first_reply(j, conn, f);
    return;
  }
  if (f->version >= 2 && !conn->client->server_up_unknown && !conn->client->rude &&
      conn->client->instance == conn->ask.instance)
    check_reply_expect(j, conn, f->expect);
}

/* ---- The reply, at the client ---- */

static void resume_v2(judge *j, struct conn *conn) {
  struct client *client = conn->client;
  bool own = conn->ask.epoch && conn->ask.epoch == conn->reply_epoch;
  if (!own && conn->reply_expect) {
    conn->out_of_step = true; /* EP-LOST-6 */
    return;
  }
  if (!own) {
    up_renumber(conn);
  } else if (!client->up) {
    client->up = stream_new(++client->numberings, false);
    stream_begin(client->up, conn->reply_expect);
  } else if (client->up->begun && conn->reply_expect > client->up->next) {
    conn->out_of_step = true;
    return;
  } else {
    up_known_below(j, client, client->up, conn->reply_expect);
  }
  client->up->v1 = false;
  conn->up = stream_hold(client->up);
  conn->up_from = conn->reply_expect;
  if (own) up_close_up(j, conn);
  if (client->instance == conn->ask.instance && client->server_up != conn->up) {
    stream_drop(&client->server_up);
    client->server_up = stream_hold(conn->up);
    client->server_up_unknown = false;
  }
  if (client->client_down != conn->down) app_leave(client, client->client_down);
  stream_drop(&client->client_down);
  client->client_down = stream_hold(conn->down);
  client->client_epoch = conn->reply_epoch;
  client->client_instance = conn->ask.instance;
}

static void resume_v1(struct conn *conn) {
  struct client *client = conn->client;
  if (client->up && client->joined && (!conn->reply_known || client->client_v2)) {
    up_renumber(conn); /* EP-LOST-4 */
    conn->renumbered = client->client_v2;
  } else if (!client->up) {
    client->up = stream_new(++client->numberings, true);
    if (!conn->reply_known) stream_begin(client->up, 0);
  }
  client->up->v1 = true;
  stream_drop(&conn->up);
  conn->up = stream_hold(client->up);
  conn->session_due = true; /* EP-RES-5 */
  up_resume_v1(conn);
}

void auth_reply_arrived(judge *j, struct conn *conn) {
  if (conn->reply_arrived || !conn->client || conn->rude[TRACE_S2C]) return;
  conn->reply_arrived = true;
  conn->reply_arrived_line = j->line;
  conn->reply_arrived_ms = j->t_ms;
  struct client *client = conn->client;
  if (client->rude) return;
  if (conn->version == 2) {
    resume_v2(j, conn);
  } else {
    resume_v1(conn);
  }
  client->client_v2 = conn->version == 2;
  if (conn->reply_frame) client->frame_most = conn->reply_frame;
  client->joined = true;
  client->forgot = false;
  wish_authenticated(client);
}
