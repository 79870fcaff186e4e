/* epigeon-sim --small: the applications: what they give to their clients, and whether what they get
 * is right, as far as one can see from there. Read first: small_world.h. */
#include <string.h>

#include "sim/small_memory.h"
#include "sim/small_path.h"
#include "sim/small_world.h"

static const small_message scripts[2][SMALL_MESSAGES] = {
    {{.sender = 0, .may = 3, .must = 1, .to_json = "{\"group\":1}", .payload = "\"zero\""},
     {.sender = 0, .may = 2, .must = 2, .to = "bob", .payload = "\"one\""},
     {.sender = 1, .may = 1, .must = 1, .to = "ada", .payload = "\"two\""}},
    {{.sender = 0, .may = 3, .must = 3, .to_json = "{\"group\":1}", .payload = "\"zero\""},
     {.sender = 0, .may = 2, .must = 2, .to = "bob", .payload = "\"one\""},
     {.sender = 1, .may = 3, .must = 3, .to_json = "{\"group\":1}", .payload = "\"two\""}}};

static const small_message *message_at(unsigned m) {
  return &scripts[small_scene_now->answer ? 1 : 0][m];
}

static const char *const names[SMALL_CLIENTS] = {"ada", "bob"};

const char *small_client_name(unsigned client) { return names[client]; }

void small_wrong(const char *sentence) {
  if (small.wrong == NULL) small.wrong = sentence;
}

static bool says(ep_bytes bytes, const char *text) {
  return bytes.len == strlen(text) && memcmp(bytes.data, text, bytes.len) == 0;
}

const small_message *small_next_message(unsigned client) {
  unsigned at = 0;
  for (unsigned m = 0; m < SMALL_MESSAGES; m++)
    if (message_at(m)->sender == client && at++ == small.clients[client].app.given)
      return message_at(m);
  return NULL;
}

bool small_app_done(unsigned client) {
  const small_app *app = &small.clients[client].app;
  if (small_next_message(client) != NULL) return false;
  for (unsigned m = 0; m < SMALL_MESSAGES; m++) {
    const small_message *message = message_at(m);
    unsigned must = message->must;
    if (small_scene_now->late && m == 0) must = 1; /* bob may have come too late for it */
    if (small.forgot) must = 0;                    /* the judge knows more of this */
    if (message->sender == client && (app->confirmed >> m & 1) == 0) return false;
    if ((must >> client & 1) != 0 && (app->got >> m & 1) == 0) return false;
  }
  return true;
}

/* ---- What it is told ---- */

static unsigned message_of(const ep_event *event) {
  unsigned m = 0;
  while (m < SMALL_MESSAGES && !says(event->json, message_at(m)->payload)) m++;
  return m;
}

/* Where m came in the order of what this application got; SMALL_MESSAGES: it did not. */
static unsigned place_of(const small_app *app, unsigned m) {
  unsigned place = 0;
  while (place < SMALL_MESSAGES && app->order[place] != m + 1) place++;
  return place;
}

static void check_order(unsigned client, unsigned m) {
  const small_app *app = &small.clients[client].app, *other = &small.clients[1 - client].app;
  for (unsigned before = 0; before < SMALL_MESSAGES && !small.forgot; before++) {
    if (before == m || (app->got >> before & 1) == 0) continue;
    if (before > m && message_at(before)->sender == message_at(m)->sender)
      small_wrong("A message came after a later one of the same sender (G3).");
    unsigned there = place_of(other, before);
    if (there < SMALL_MESSAGES && place_of(other, m) < there)
      small_wrong("Two clients got two messages in opposite orders (G4).");
  }
}

static void check_message(unsigned client, const ep_event *event) {
  small_app *app = &small.clients[client].app;
  unsigned m = message_of(event), place = 0;
  small_tell_app(TRACE_DELIVERED, client, event);
  if (m == SMALL_MESSAGES || !says(event->client_id, names[message_at(m)->sender])) {
    small_wrong("A message was created or altered (G1).");
    return;
  }
  if ((message_at(m)->may >> client & 1) == 0) small_wrong("A message came to somebody else (G7).");
  if ((app->got >> m & 1) != 0) {
    small_wrong("A message came twice (G2).");
    return;
  }
  check_order(client, m);
  while (app->order[place] != 0) place++;
  app->order[place] = (uint8_t)(m + 1);
  app->got = (uint8_t)(app->got | 1u << m);
}

static void check_confirm(unsigned client, const ep_event *event) {
  small_app *app = &small.clients[client].app;
  uint32_t uid = small_intern(event->uid.data, event->uid.len);
  unsigned at = 0;
  small_tell_app(TRACE_CONFIRMED, client, event);
  for (unsigned m = 0; m < SMALL_MESSAGES; m++) {
    if (message_at(m)->sender != client || at == app->given) continue;
    if (app->uids[at++] != uid) continue;
    app->confirmed = (uint8_t)(app->confirmed | 1u << m);
    return;
  }
  small_wrong("A message was confirmed that was not given (G6).");
}

void small_note_given(unsigned client, const char *uid) {
  small_app *app = &small.clients[client].app;
  app->uids[app->given++] = small_intern(uid, strlen(uid));
}

/* Who was killed may have been before it was told of confirms that were stored. It sees by
 * ep_client_unconfirmed that the server has everything. */
void small_after_kill(unsigned which) {
  small_client *client = &small.clients[which];
  uint8_t given = 0;
  if (!client->killed || ep_client_unconfirmed(client->core) != 0 || small_may_look(which)) return;
  for (unsigned m = 0; m < SMALL_MESSAGES; m++) {
    if (message_at(m)->sender != which || given == client->app.given) continue;
    ep_event event = {.uid = small_text(client->app.uids[given++])};
    if ((client->app.confirmed >> m & 1) == 0) check_confirm(which, &event);
  }
}

/* Only after a pause in which nothing came is an error as it should be. */
static void check_error(const ep_event *event) {
  if (event->code == NULL || strcmp(event->code, "idle") != 0)
    small_wrong("A client was told of an error, and there is no reason to.");
}

static void take_event(unsigned client, const ep_event *event) {
  switch (event->type) {
    case EP_EVENT_MESSAGE:
      check_message(client, event);
      if (small_planted == SMALL_AGAIN && client == 1 && message_of(event) == 1)
        check_message(client, event);
      break;
    case EP_EVENT_CONFIRMED: check_confirm(client, event); break;
    case EP_EVENT_REFUSED: small_wrong("A message was refused, and there is no reason to."); break;
    case EP_EVENT_LOST: small_wrong("A client says that a message was lost (G5)."); break;
    case EP_EVENT_ERROR: check_error(event); break;
    default: break;
  }
}

/* EP-RECV-8: what was shown counts as handed over when the next is asked for. */
bool small_look(unsigned which) {
  small_client *client = &small.clients[which];
  ep_event event;
  client->taken = client->app;
  if (!ep_client_next_event(client->core, &event, small.now_ms)) return false;
  take_event(which, &event);
  return true;
}
