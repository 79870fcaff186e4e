/* Read first: lanes.h. */
#include "oracle/lanes.h"

#include <string.h>

#include "oracle/label.h"
#include "oracle/scan.h"

enum { CLIENTS_MOST = LANES_MOST - 1 };

/* Clients in the order in which they get a lane. */
typedef struct clients {
  span name[CLIENTS_MOST];
  size_t count;
  bool others;
} clients;

static void add(clients *c, span name) {
  for (size_t i = 0; i < c->count; i++) {
    if (span_equal(c->name[i], name)) return;
  }
  if (c->count < CLIENTS_MOST)
    c->name[c->count++] = name;
  else
    c->others = true;
}

static bool is_of_a_client(const trace_event *event) {
  return event->conn != 0 || event->client.len > 0;
}

lanes lanes_of(const story *s) {
  clients c = {.count = 0};
  for (int pass = 0; pass < 2; pass++) {
    for (size_t i = 0; i < story_count(s); i++) {
      const story_event *event = story_at(s, i);
      bool is_first = event->role != STORY_AROUND;
      if (is_first == (pass == 0) && is_of_a_client(&event->event)) add(&c, event->client);
    }
  }
  if (c.others) c.name[CLIENTS_MOST - 1] = (span){NULL, 0};
  lanes out = {.count = c.count + 1, .server = (c.count + 1) / 2};
  for (size_t i = 0; i < c.count; i++) out.name[i < out.server ? i : i + 1] = c.name[i];
  return out;
}

size_t lanes_find(const lanes *l, const story_event *event) {
  trace_kind kind = event->event.kind;
  if (!is_of_a_client(&event->event)) {
    bool is_server = kind == TRACE_CRASHED || kind == TRACE_RESTARTED;
    return is_server ? l->server : LANES_NOWHERE;
  }
  size_t others = LANES_NOWHERE;
  for (size_t i = 0; i < l->count; i++) {
    if (i == l->server) continue;
    if (span_equal(l->name[i], event->client)) return i;
    if (l->name[i].len == 0) others = i;
  }
  return others;
}

void lanes_name(const lanes *l, size_t lane, char *out, size_t room) {
  span name = l->name[lane];
  if (lane == l->server)
    name = span_of("server");
  else if (name.len == 0)
    name = span_of("others");
  if (name.len == LABEL_UUID && room > LABEL_UUID_SHOWN) room = LABEL_UUID_SHOWN + 1;
  size_t len = name.len < room - 1 ? name.len : room - 1;
  for (size_t i = 0; i < len; i++)
    out[i] = (char)(name.text[i] >= 0x20 && name.text[i] < 0x7F ? name.text[i] : '?');
  out[len] = '\0';
  if (name.len > len && len > 2) memcpy(out + len - 2, "..", 2);
}
