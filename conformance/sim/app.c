/* What the applications of clients do, as the plan says: messages in many spellings, sessions,
 * lists, pings, connecting and disconnecting.
 * Read first: plan.h, client.c. */
#include <stdio.h>
#include <stdlib.h>

#include "sim/world.h"

static ep_bytes text(const char *words) {
  return (ep_bytes){(const uint8_t *)words, strlen(words)};
}

/* ---- Payloads ---- */

static bool work_room(sim *world, size_t len) {
  if (world->work_room >= len) return true;
  uint8_t *grown = realloc(world->work, 2 * len);
  if (grown == NULL) return false;
  world->work = grown;
  world->work_room = 2 * len;
  return true;
}

/* All of these must arrive as the bytes they are (EP-G1-1). */
static const char *const spellings[] = {
    "{\"n\":%u,\"x\":\"",
    "{\"n\":%u, \"twice\":1,\"twice\":1.0,\t\"x\" : \"\\u00e9\\ud83d\\/",
    "{ \"n\":%u,\"deep\":[[[{}]]],\"x\":\"\xc3\xa9\xf0\x9f\x95\x8a",
    "{\"n\":%u,\"e\":1e3,\"z\":-0.0,\"x\":\"\\\\\\\"\\u0041\\/",
};

static ep_bytes payload_of(sim *world, uint32_t index, uint32_t size) {
  uint64_t number = rng_of(world->plan->seed, index, CHANCE_PAYLOAD, 0);
  if (!work_room(world, size + 128)) return (ep_bytes){NULL, 0};
  char *out = (char *)world->work;
  uint32_t spelling = rng_part(number, 10);
  if (spelling == 9) return (ep_bytes){NULL, 0};
  if (spelling == 8) return text((number & 1) != 0 ? "1.0" : "null");
  int head = snprintf(out, 128, spellings[spelling < 4 ? spelling : 0], index);
  size_t len = (size_t)head;
  for (uint32_t i = 0; i < size; i++) out[len++] = (char)('a' + (index + i) % 26);
  memcpy(out + len, "\"}", 2);
  return (ep_bytes){world->work, len + 2};
}

/* ---- Messages ---- */

/* The same number in three spellings; or a text, which is no number (EP-ADDR-2). */
static void name_of(uint32_t value, uint32_t spelling, char out[16]) {
  static const char *const ends[] = {"", ".0", "e0"};
  if ((value & PLAN_TEXT) != 0)
    (void)snprintf(out, 16, "\"%u\"", value & 0xff);
  else
    (void)snprintf(out, 16, "%u%s", value & 0xff, ends[spelling % 3]);
}

static void address(const sim *world, const plan_action *action, char *out, size_t room) {
  char one[16], other[16];
  name_of(action->a & 0xffff, action->t_ms, one);
  name_of(action->a >> 16, action->t_ms / 3, other);
  const char *blank = action->t_ms % 4 == 0 ? " " : "";
  switch ((plan_do)action->kind) {
    case PLAN_SEND: {
      const char *id = action->a == PLAN_NOBODY ? "nobody" : world->clients[action->a].id;
      (void)snprintf(out, room, "\"%s\"", id);
      break;
    }
    case PLAN_SEND_ALL: (void)snprintf(out, room, "{%s}", blank); break;
    case PLAN_SEND_ROOM: (void)snprintf(out, room, "{\"room\":%s%s}", blank, one); break;
    case PLAN_SEND_PAIR:
      (void)snprintf(out, room, "{\"late\":%s,%s\"room\":%s}", other, blank, one);
      break;
    default: (void)snprintf(out, room, "{\"late\":%s%s}", one, blank); break;
  }
}

static void send_message(sim_client *client, const plan_action *action, uint32_t index) {
  sim *world = client->process.world;
  char to[64], id[32] = "", uid[37];
  address(world, action, to, sizeof to);
  ep_send send = {.to_json = text(to)};
  send.payload_json = payload_of(world, index, action->b & 0x7fffffff);
  send.receipt = action->b >> 31 != 0;
  if (action->kind == PLAN_SEND) {
    memcpy(id, to + 1, strlen(to) - 2);
    send.to = id;
  }
  ep_status status = ep_client_send(client->core, &send, uid, process_now(&client->process));
  if (status == EP_OK) {
    watch_sent(world, client, text(uid), text(to), send.payload_json);
  } else if (status != EP_FULL && status != EP_NO_MEMORY && status != EP_INVALID_ARGUMENT) {
    sim_fail(world, "ep_client_send returned a status that it does not name");
  }
}

/* What a careful library does not even number. */
static void send_wrong(sim_client *client, const plan_action *action) {
  static const char *const wrong[][2] = {{"[1]", "1"},          {"{\"room\":{}}", "1"},
                                         {"{\"room\":1}", "{"}, {"{\"room\":1}", "01"},
                                         {"\"\"", "1"},         {"7", "1"},
                                         {"{\"room\":[]}", ""}, {"{\"a\":1", "1"}};
  const char *const *pair = wrong[action->a % (sizeof wrong / sizeof *wrong)];
  ep_send send = {.to_json = text(pair[0]), .payload_json = text(pair[1])};
  ep_status status = ep_client_send(client->core, &send, NULL, process_now(&client->process));
  if (status == EP_OK)
    sim_fail(client->process.world, "ep_client_send took an address or payload that is none");
}

/* ---- The rest ---- */

void client_say_session(sim_client *client) {
  char session[128], room[16];
  const plan_action *wanted = client->session;
  if (wanted == NULL) return;
  name_of(wanted->a, wanted->t_ms, room);
  if (wanted->b == 0)
    (void)snprintf(session, sizeof session, "{\"room\":%s}", room);
  else
    (void)snprintf(session, sizeof session, "{\"who\":\"%s\",\"room\":%s, \"late\":%u}", client->id,
                   room, wanted->b);
  (void)ep_client_update_session(client->core, text(session), process_now(&client->process));
}

void client_connect(sim_client *client) {
  watch_wants(client->process.world, client, true);
  ep_client_connect(client->core, process_now(&client->process));
}

static void ask_list(sim_client *client, uint32_t room) {
  char selector[32];
  (void)snprintf(selector, sizeof selector, "{\"room\":%u}", room);
  ep_bytes wanted = room == 0 ? (ep_bytes){NULL, 0} : text(selector);
  (void)ep_client_list(client->core, wanted, process_now(&client->process));
}

void client_act(sim_client *client, const plan_action *action, uint32_t index) {
  sim_process *process = &client->process;
  if (action->kind == PLAN_SESSION) client->session = action;
  if (action->kind == PLAN_CONNECT) client->wants = true;
  if (action->kind == PLAN_DISCONNECT) client->wants = false;
  if (!process->alive || !process_call(process)) return;
  uint64_t now = process_now(process);
  switch ((plan_do)action->kind) {
    case PLAN_SEND:
    case PLAN_SEND_ROOM:
    case PLAN_SEND_ALL:
    case PLAN_SEND_LATE:
    case PLAN_SEND_PAIR: send_message(client, action, index); break;
    case PLAN_SEND_WRONG: send_wrong(client, action); break;
    case PLAN_SESSION: client_say_session(client); break;
    case PLAN_LIST: ask_list(client, action->a); break;
    case PLAN_PING: (void)ep_client_ping(client->core, now); break;
    case PLAN_CONNECT: client_connect(client); break;
    case PLAN_DISCONNECT:
      watch_wants(process->world, client, false);
      ep_client_disconnect(client->core, now);
      break;
    case PLAN_DO_COUNT: break;
  }
  process_wake(process, process->world->now);
}
