/* What applications gave to their clients and got from them, against what the wire shows.
 * Read first: judge_internal.h; spec/protocol.md, chapter 3. */
#include "oracle/judge_internal.h"

#include <stdlib.h>

struct app {
  pool_map sent;         /* uid to content, until it is confirmed or refused */
  pool_map sizes;        /* of these, bytes that a frame has at the most */
  pool_map heard;        /* of these, those whose confirm or refusal has arrived */
  pool_recent done;      /* uid and content: confirmed, refused, or forgotten when killed: G6 */
  pool_recent unsafe;    /* sent since the state was last safe */
  pool_recent delivered; /* from and uid */
  pool_recent perhaps;   /* the same, of what may be delivered again: G2 */
  uint64_t *fresh;       /* delivered since the state was last safe */
  size_t fresh_count, fresh_room;
  struct stream *down; /* where it delivers from */
  uint64_t cursor;     /* all messages below were delivered */
  bool again;          /* it was killed: deliveries may come again */
};

void app_free(struct app *app) {
  if (!app) return;
  pool_map_free(&app->sent);
  pool_map_free(&app->heard);
  pool_map_free(&app->sizes);
  pool_recent_free(&app->done);
  pool_recent_free(&app->unsafe);
  pool_recent_free(&app->delivered);
  pool_recent_free(&app->perhaps);
  free(app->fresh);
  stream_drop(&app->down);
  free(app);
}

/* What a frame holds beside the uid, the address and the payload of its message, at the most. */
enum { FRAME_MORE = 256 };

static struct app *app_of(struct client *client) {
  if (!client->app) client->app = pool_take(sizeof *client->app);
  return client->app;
}

static uint64_t delivery_name(uint64_t from, uint64_t uid) { return pool_mix(from, uid); }

/* ---- Up ---- */

bool app_gave(const struct client *client, uint64_t uid, uint64_t to, uint64_t payload) {
  if (!client->app) return true;
  uint64_t given = pool_mix(to, payload);
  uint64_t *content = pool_map_get(&client->app->sent, uid);
  if (content) return *content == given;
  return pool_recent_has(&client->app->done, pool_mix(uid, given));
}

/* It is confirmed or refused, or may be forgotten; it can still be written again. */
static void finish(struct app *app, uint64_t uid) {
  uint64_t *content = pool_map_get(&app->sent, uid);
  if (!content) return;
  pool_recent_add(&app->done, pool_mix(uid, *content), EP_LIMIT_DEDUP);
  pool_map_remove(&app->sent, uid);
  pool_map_remove(&app->heard, uid);
  pool_map_remove(&app->sizes, uid);
}

void app_heard(const struct client *client, uint64_t uid) {
  if (client->app && pool_map_get(&client->app->sent, uid))
    pool_map_put(&client->app->heard, uid, 1);
}

bool app_waits(const struct client *client, uint64_t uid) {
  return client->app && pool_map_get(&client->app->sent, uid);
}

static void sent(struct client *client, const trace_event *event) {
  uint64_t payload = event->payload_json.len ? pool_name(event->payload_json, 7) : 0;
  uint64_t uid = pool_name(event->uid, 2);
  struct app *app = app_of(client);
  pool_map_put(&app->sent, uid, pool_mix(pool_name(event->to_json, 6), payload));
  pool_map_put(&app->sizes, uid,
               FRAME_MORE + event->uid.len + event->to_json.len + event->payload_json.len);
  pool_recent_add(&app->unsafe, uid, EP_LIMIT_DEDUP);
}

static void told_confirmed(judge *j, struct client *client, const trace_event *event) {
  struct app *app = app_of(client);
  uint64_t uid = pool_name(event->uid, 2);
  const struct item *item = up_by_uid(client->up, uid);
  if (item && !item->confirm_arrived) {
    judge_wrong(j, "EP-G6-1", "Nothing before the server has confirmed the message.",
                "The client told its application that the server has a message, and no confirm of "
                "it has arrived.");
    judge_about(j, client, event->uid);
    judge_lead(j, item->written_line);
  }
  finish(app, uid);
}

/* ---- Down ---- */

static bool was_delivered(const struct app *app, const struct item *item) {
  uint64_t name = delivery_name(item->from, item->uid);
  return pool_recent_has(&app->delivered, name) || pool_recent_has(&app->perhaps, name);
}

/* Moves the cursor over all that needs no delivery. */
static void advance(struct app *app) {
  const struct stream *down = app->down;
  if (app->cursor < down->base) app->cursor = down->base;
  while (app->cursor < down->next) {
    const struct item *item = stream_at(down, app->cursor);
    if (item && item->kind == ITEM_MESSAGE && !was_delivered(app, item)) break;
    app->cursor++;
  }
}

static void follow(struct app *app, struct stream *down) {
  if (app->down != down) {
    stream_drop(&app->down);
    app->down = stream_hold(down);
    app->cursor = 0;
  }
  if (down) advance(app);
}

bool app_has_below(const struct client *client, const struct stream *down, uint64_t id) {
  struct app *app = client->app;
  if (!app || app->again || down != client->client_down) return true;
  follow(app, client->client_down);
  return app->cursor >= id;
}

bool app_had_below(const struct client *client, struct stream *down, uint64_t id) {
  if (!client->app) return true;
  follow(client->app, down);
  return client->app->cursor >= id;
}

/* The message in the down stream; *id is its number. */
static struct item *find(const struct stream *down, uint64_t from, uint64_t uid, uint64_t begin,
                         uint64_t *id) {
  for (*id = begin; *id < down->next; (*id)++) {
    struct item *item = stream_at(down, *id);
    if (item && item->kind == ITEM_MESSAGE && item->uid == uid && item->from == from) return item;
  }
  return NULL;
}

void app_leave(struct client *client, const struct stream *down) {
  if (!down) return;
  for (uint64_t id = down->base; id < down->next; id++) {
    const struct item *item = stream_at(down, id);
    if (!item || !item->arrivals || item->kind != ITEM_MESSAGE) continue;
    if (client->app && was_delivered(client->app, item)) continue;
    pool_map_put(&client->late, delivery_name(item->from, item->uid), item->payload);
  }
}

/* Whether it is one that had arrived in an older numbering, as it is. */
static bool is_late(struct client *client, uint64_t name, uint64_t payload) {
  const uint64_t *late = pool_map_get(&client->late, name);
  if (!late || *late != payload) return false;
  pool_map_remove(&client->late, name);
  return true;
}

static void check_delivery(judge *j, const struct client *client, const trace_event *event,
                           uint64_t from, uint64_t uid) {
  const struct app *app = client->app;
  const struct stream *down = app->down;
  uint64_t id;
  const struct item *item = find(down, from, uid, app->cursor, &id);
  if (!item) item = find(down, from, uid, down->base, &id);
  if (!item || !item->arrivals) {
    if (down->base || app->again) return; /* perhaps forgotten here */
    judge_wrong(j, "G1", "Only messages that have arrived.",
                "The client delivered a message that has not arrived on its connection.");
  } else if (item->payload != (event->payload_json.len ? pool_name(event->payload_json, 7) : 0)) {
    judge_wrong(j, "G1", "The payload as it arrived.",
                "The client delivered a message with another payload than that which arrived.");
    judge_lead(j, item->arrived_line);
  } else if (id > app->cursor && !client->old) { /* else this is where G3 ends */
    judge_wrong(j, "EP-RECV-1", "The messages in the order of their ids.",
                "The client delivered a message before an earlier one of its down stream.");
    judge_lead(j, item->arrived_line);
    item = stream_at(down, app->cursor);
    if (item) judge_lead(j, item->written_line);
  } else {
    return;
  }
  judge_about(j, client, event->uid);
}

static void keep_fresh(struct app *app, uint64_t name) {
  if (app->fresh_count == EP_LIMIT_DEDUP) return;
  if (app->fresh_count == app->fresh_room) {
    app->fresh_room = app->fresh_room ? app->fresh_room * 2 : 16;
    app->fresh = pool_resize(app->fresh, app->fresh_room * sizeof *app->fresh);
  }
  app->fresh[app->fresh_count++] = name;
}

static void delivered(judge *j, struct client *client, const trace_event *event) {
  struct app *app = app_of(client);
  uint64_t from = client_name(event->from), uid = pool_name(event->uid, 2);
  uint64_t name = delivery_name(from, uid);
  bool judged = client->client_v2 && !client->rude;
  if (judged && pool_recent_has(&app->delivered, name) && !pool_recent_has(&app->perhaps, name)) {
    judge_wrong(j, "EP-RECV-9", "Each message once.", "The client delivered a message twice.");
    judge_about(j, client, event->uid);
    return;
  }
  uint64_t payload = event->payload_json.len ? pool_name(event->payload_json, 7) : 0;
  bool late = is_late(client, name, payload);
  if (judged && client->client_down && !late) {
    follow(app, client->client_down);
    check_delivery(j, client, event, from, uid);
  }
  pool_recent_add(judged ? &app->delivered : &app->perhaps, name, EP_LIMIT_DEDUP);
  if (judged) keep_fresh(app, name);
}

/* ---- All ---- */

static void stored(struct client *client) {
  struct app *app = app_of(client);
  bool lived = client->crashed_line < client->up_line; /* or it may have stored the older one */
  if (lived) stream_drop(&client->up_before);
  app->fresh_count = 0;
  pool_map_clear(&app->unsafe.map);
  app->unsafe.at = 0;
}

static void finish_all(struct app *app, pool_map *uids, uint64_t above) {
  for (size_t i = 0; i < uids->room; i++)
    if (uids->slots[i].name && uids->slots[i].value > above) finish(app, uids->slots[i].name);
}

/* What it had heard and not told, it need not tell when it comes back; nor that a message was too
 * large for the server (EP-LIM-9). */
static void killed(struct client *client) {
  struct app *app = client->app;
  for (size_t i = 0; i < app->fresh_count; i++)
    pool_recent_add(&app->perhaps, app->fresh[i], EP_LIMIT_DEDUP);
  app->fresh_count = 0;
  pool_map heard = app->heard, sizes = app->sizes;
  app->heard = app->sizes = (pool_map){0};
  finish_all(app, &heard, 0);
  if (client->frame_most) finish_all(app, &sizes, client->frame_most);
  pool_map_free(&heard);
  pool_map_free(&sizes);
  for (size_t i = 0; i < app->unsafe.map.room; i++) {
    uint64_t uid = app->unsafe.map.slots[i].name;
    if (uid) finish(app, uid);
  }
  pool_recent_free(&app->unsafe);
  app->again = true;
}

/* It may have forgotten what it sent, and that it has delivered something. */
static void went_back(struct app *app) {
  pool_map sent = app->sent;
  app->sent = (pool_map){0};
  for (size_t i = 0; i < sent.room; i++)
    if (sent.slots[i].name)
      pool_recent_add(&app->done, pool_mix(sent.slots[i].name, sent.slots[i].value),
                      EP_LIMIT_DEDUP);
  pool_map_free(&sent);
  pool_map_clear(&app->heard);
  pool_map_clear(&app->sizes);
  for (size_t i = 0; i < app->delivered.map.room; i++) {
    uint64_t name = app->delivered.map.slots[i].name;
    if (name) pool_recent_add(&app->perhaps, name, EP_LIMIT_DEDUP);
  }
  stream_drop(&app->down);
}

void app_event(judge *j, const trace_event *event) {
  struct client *client = judge_client(j, event->client);
  switch (event->kind) {
    case TRACE_SENT: sent(client, event); break;
    case TRACE_DELIVERED: delivered(j, client, event); break;
    case TRACE_CONFIRMED: told_confirmed(j, client, event); break;
    case TRACE_REFUSED: finish(app_of(client), pool_name(event->uid, 2)); break;
    case TRACE_STORED: stored(client); break;
    case TRACE_CRASHED:
      if (client->app) killed(client);
      break;
    case TRACE_RESTARTED:
      if (!client->app) break;
      if (event->state_old) went_back(client->app);
      if (!event->state_lost) break;
      app_free(client->app);
      client->app = NULL;
      break;
    default: break;
  }
}

size_t app_unfinished(const struct client *client) {
  return client->app ? client->app->sent.count : 0;
}
