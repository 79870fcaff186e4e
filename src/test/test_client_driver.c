/* Test support. See test_client.h. */
#include "test/test_client.h"

static ep_allocator plain(void) {
  static test_memory memory;
  return (ep_allocator){test_memory_resize, &memory};
}

static ep_allocator plain_allocator;

/* ---- The desk ---- */

static void desk_random(void *context, uint8_t *out, size_t out_len) {
  desk *d = context;
  for (size_t i = 0; i < out_len; i++) {
    d->randoms = d->randoms * 6364136223846793005u + 1442695040888963407u;
    out[i] = (uint8_t)(d->randoms >> 56);
  }
}

desk *desk_new(void) {
  desk *d = malloc(sizeof *d);
  ck_assert_ptr_nonnull(d);
  memset(d, 0, offsetof(desk, store));
  d->frame[0] = '\0';
  plain_allocator = plain();
  d->now = 1000;
  d->randoms = 7;
  d->config.surroundings.allocator = (ep_allocator){test_memory_resize, &d->memory};
  d->config.surroundings.random = desk_random;
  d->config.surroundings.context = d;
  d->config.client_id = "ada";
  return d;
}

void desk_begin(desk *d) {
  ck_assert_int_eq(ep_client_new(&d->client, &d->config), EP_OK);
  if (!d->config.durable) return;
  ck_assert_int_eq(ep_client_loaded(d->client), EP_OK);
  desk_commit(d);
}

void desk_free(desk *d) {
  ep_client_free(d->client);
  ck_assert_uint_eq(d->memory.live, 0);
  for (size_t i = 0; i < d->stored_count; i++) free(d->store[i].value);
  free(d);
}

static int stored_order(const void *one, const void *other) {
  const stored *a = one, *b = other;
  if (a->table != b->table) return a->table < b->table ? -1 : 1;
  size_t common = a->key_len < b->key_len ? a->key_len : b->key_len;
  int order = memcmp(a->key, b->key, common);
  return order != 0 ? order : (int)a->key_len - (int)b->key_len;
}

static void store_one(desk *d, const ep_record *record) {
  size_t at = 0;
  for (; at < d->stored_count; at++) {
    stored *s = &d->store[at];
    if (s->table == record->table && s->key_len == record->key.len &&
        memcmp(s->key, record->key.data, s->key_len) == 0) {
      break;
    }
  }
  stored *s = &d->store[at];
  if (record->remove) {
    if (at == d->stored_count) return;
    free(s->value);
    *s = d->store[--d->stored_count];
    return;
  }
  if (at == d->stored_count)
    d->stored_count++;
  else
    free(s->value);
  ck_assert_uint_lt(d->stored_count, 4096);
  *s = (stored){.table = record->table, .key_len = record->key.len, .value_len = record->value.len};
  memcpy(s->key, record->key.data, record->key.len);
  s->value = malloc(record->value.len + 1);
  if (record->value.len != 0) memcpy(s->value, record->value.data, record->value.len);
}

void desk_commit(desk *d) {
  ep_record record;
  ep_bytes batch = ep_client_records(d->client);
  if (batch.len == 0) return;
  ck_assert_uint_eq(ep_client_output(d->client, d->now).len, 0);
  if (!d->store_fails) {
    while (ep_record_next(&batch, &record)) store_one(d, &record);
    ck_assert_uint_eq(batch.len, 0);
  }
  ep_client_committed(d->client, !d->store_fails);
}

bool desk_restart(desk *d) {
  ep_client_free(d->client);
  d->client = NULL;
  d->heard_len = 0;
  if (ep_client_new(&d->client, &d->config) != EP_OK) return false;
  qsort(d->store, d->stored_count, sizeof *d->store, stored_order);
  for (size_t i = 0; i < d->stored_count; i++) {
    const stored *s = &d->store[i];
    ep_record record = {.table = s->table};
    record.key = ep_bytes_of(s->key, s->key_len);
    record.value = ep_bytes_of(s->value, s->value_len);
    if (ep_client_load(d->client, &record) != EP_OK) return false;
  }
  if (ep_client_loaded(d->client) != EP_OK) return false;
  desk_commit(d);
  return true;
}

void desk_pass(desk *d, uint64_t ms) {
  d->now += ms;
  if (ep_client_deadline(d->client) <= d->now) ep_client_tick(d->client, d->now);
}

void desk_open(desk *d) {
  ep_client_connect(d->client, d->now);
  ck_assert_int_eq(ep_client_wants(d->client), EP_WANT_OPEN);
  ep_client_opened(d->client, d->now);
}

static void quote(char *out, const char *text) {
  for (; *text != 0; text++) *out++ = *text == '\'' ? '"' : *text;
  *out = 0;
}

static void envelope(char *out, const char *text) {
  out += sprintf(out, "{\"type\":\"_message_\",\"data\":\"");
  for (; *text != 0; text++) {
    if (*text == '"' || *text == '\\') *out++ = '\\';
    *out++ = *text;
  }
  strcpy(out, "\"}");
}

static void tell_frame(desk *d, const char *frame) {
  char line[1 << 15];
  size_t len = (size_t)snprintf(line, sizeof line, "%s\f", frame);
  ep_client_receive(d->client, ep_bytes_of(line, len), d->now);
}

void tell(desk *d, const char *text) {
  char bare[1 << 14];
  quote(bare, text);
  tell_frame(d, bare);
}

void tell1(desk *d, const char *text) {
  char bare[1 << 13], wrapped[1 << 14];
  quote(bare, text);
  envelope(wrapped, bare);
  tell_frame(d, wrapped);
}

static void collect(desk *d) {
  for (;;) {
    if (d->config.durable) desk_commit(d);
    ep_bytes out = ep_client_output(d->client, d->now);
    if (out.len == 0) return;
    size_t len = out.len > 7 ? out.len / 2 : out.len; /* in two parts, to see that the rest stays */
    ck_assert_uint_lt(d->heard_len + len, sizeof d->heard);
    memcpy(d->heard + d->heard_len, out.data, len);
    d->heard_len += len;
    ep_client_sent(d->client, len, d->now);
  }
}

const char *desk_frame(desk *d) {
  collect(d);
  d->frame[0] = 0;
  uint8_t *end = memchr(d->heard, '\f', d->heard_len);
  if (end == NULL) return d->frame;
  size_t len = (size_t)(end - d->heard);
  ck_assert_uint_lt(len, sizeof d->frame);
  memcpy(d->frame, d->heard, len);
  d->frame[len] = 0;
  d->heard_len -= len + 1;
  memmove(d->heard, end + 1, d->heard_len);
  return d->frame;
}

void see(desk *d, const char *text) {
  char bare[1 << 14];
  quote(bare, text);
  ck_assert_str_eq(desk_frame(d), bare);
}

void see1(desk *d, const char *text) {
  char bare[1 << 13], wrapped[1 << 14];
  quote(bare, text);
  envelope(wrapped, bare);
  ck_assert_str_eq(desk_frame(d), wrapped);
}

void see_nothing(desk *d) { ck_assert_str_eq(desk_frame(d), ""); }

void see_all(desk *d) {
  while (desk_frame(d)[0] != 0) continue;
}

bool desk_event(desk *d, ep_event_type type) {
  while (ep_client_next_event(d->client, &d->event, d->now)) {
    if (d->event.type == type) return true;
  }
  return false;
}

void desk_no_event(desk *d) { ck_assert(!ep_client_next_event(d->client, &d->event, d->now)); }

bool bytes_are(ep_bytes bytes, const char *text) {
  return ep_bytes_equal(bytes, ep_bytes_of(text, strlen(text)));
}

void desk_join2(desk *d, const char *epoch, unsigned expect) {
  char reply[256];
  desk_open(d);
  see_all(d);
  snprintf(reply, sizeof reply,
           "{'action':'auth','payload':true,'version':2,'epoch':'%s','expect':%u,'window':4}",
           epoch, expect);
  tell1(d, reply);
  ck_assert(ep_client_in(d->client, EP_CLIENT_V2));
}

void desk_join1(desk *d, const char *known) {
  char reply[64];
  desk_open(d);
  see_all(d);
  snprintf(reply, sizeof reply, "{'action':'auth','payload':%s}", known);
  tell1(d, reply);
  ck_assert(ep_client_in(d->client, EP_CLIENT_V1));
}

ep_status desk_send(desk *d, const char *to, const char *payload, char uid[37]) {
  ep_send send = {.to = to, .payload_json = ep_bytes_of(payload, strlen(payload))};
  return ep_client_send(d->client, &send, uid, d->now);
}

#define AUTH2 "{'action':'auth','payload':'ada','version':2,'instance':'%s'"

desk *desk_fresh(void) {
  desk *d = desk_new();
  desk_begin(d);
  return d;
}

void see_auth2(desk *d, const char *rest) {
  char text[512];
  snprintf(text, sizeof text, AUTH2 "%s", d->client->instance, rest);
  see1(d, text);
}

void take_all(desk *d) {
  while (ep_client_next_event(d->client, &d->event, d->now)) continue;
}

void tell_down(desk *d, unsigned id, const char *uid) {
  char text[256];
  snprintf(text, sizeof text,
           "{'action':'message.new','payload':{'from':'bob','to':'ada','id':%u,'uid':'%s',"
           "'payload':'hi','fromId':3}}",
           id, uid);
  if (ep_client_in(d->client, EP_CLIENT_V2))
    tell(d, text);
  else
    tell1(d, text);
}

void see_up(desk *d, unsigned id, const char *payload) {
  char start[128], end[64];
  const char *frame = desk_frame(d);
  snprintf(start, sizeof start,
           "{\"action\":\"message.new\",\"payload\":{\"from\":\"ada\",\"to\":\"bob\",\"id\":%u,",
           id);
  snprintf(end, sizeof end, "\"payload\":%s}}", payload);
  ck_assert_msg(strncmp(frame, start, strlen(start)) == 0, "%s", frame);
  ck_assert_msg(strcmp(frame + strlen(frame) - strlen(end), end) == 0, "%s", frame);
}

/* ---- The server ---- */

void peer_begin(peer *p, desk *d, unsigned version) {
  memset(p, 0, sizeof *p);
  p->desk = d;
  p->version = version;
  strcpy(p->epoch, "e1");
  ep_frame_scratch_init(&p->scratch, &plain_allocator);
  ep_frame_reader_init(&p->reader, &plain_allocator, &p->scratch);
  ep_buffer_init(&p->out, &plain_allocator);
}

void peer_free(peer *p) {
  ep_frame_reader_free(&p->reader);
  ep_frame_scratch_free(&p->scratch);
  ep_buffer_free(&p->out);
}

void peer_cut(peer *p) {
  ep_frame_reader_free(&p->reader);
  ep_buffer_clear(&p->out);
  p->in = false;
}

static void put(peer *p, const ep_message *message) {
  ep_form form = p->in && p->version == 2 ? EP_BARE : EP_ENVELOPED;
  ep_message_encode(&p->out, form, EP_S2C, message);
}

static void put_message(peer *p, int number) {
  char uid[32], payload[32];
  ep_message message = {.action = EP_ACTION_MESSAGE_NEW};
  message.has = EP_HAS_ID | EP_HAS_UID | EP_HAS_PAYLOAD | EP_HAS_FROM_ID;
  message.id = (uint64_t)(number - p->first);
  message.from = EP_LITERAL("bob");
  message.to = ep_client_text(p->desk->config.client_id);
  snprintf(uid, sizeof uid, "d-%d", number);
  snprintf(payload, sizeof payload, "%d", number);
  message.uid = ep_client_text(uid);
  message.payload_json = ep_client_text(payload);
  put(p, &message);
}

void peer_sends(peer *p) {
  ck_assert_int_lt(p->sent_count, PEER_ITEMS);
  p->sent_count++;
  if (p->in) put_message(p, p->sent_count - 1);
}

void peer_repeats(peer *p) {
  if (!p->in) return;
  for (int i = p->confirmed; i < p->sent_count; i++) {
    if (!p->confirmed_v1[i]) put_message(p, i);
  }
}

static void put_id(peer *p, ep_action action, uint64_t id) {
  ep_message message = {.action = action, .id = id, .has = EP_HAS_ID};
  put(p, &message);
}

static void peer_auth(peer *p, const ep_message *m) {
  ep_message reply = {.action = EP_ACTION_AUTH, .known = p->known, .version = 1};
  if (m->version >= 2 && p->version == 2) {
    if (!bytes_are(m->instance, p->instance)) {
      snprintf(p->instance, sizeof p->instance, "%.*s", (int)m->instance.len,
               (const char *)m->instance.data);
      p->up_next = 0;
      p->first = p->confirmed;
    } else if (bytes_are(m->epoch, p->epoch)) {
      ck_assert_uint_le(m->expect, (uint64_t)(p->sent_count - p->first));
      if (p->confirmed < p->first + (int)m->expect) p->confirmed = p->first + (int)m->expect;
    }
    reply.version = 2;
    reply.epoch = ep_client_text(p->epoch);
    reply.expect = p->up_next;
    reply.window = 8;
    reply.has = EP_HAS_EXPECT | EP_HAS_WINDOW;
  }
  bool again = p->in;
  p->in = false;
  put(p, &reply);
  p->in = true;
  p->known = true;
  if (!again) peer_repeats(p);
}

static void peer_accepts(peer *p, const ep_message *m) {
  char number[16] = "";
  ck_assert_uint_lt(p->accepted_count, PEER_ITEMS);
  memcpy(number, m->payload_json.data, m->payload_json.len);
  memcpy(p->accepted_uid[p->accepted_count], m->uid.data, m->uid.len);
  p->accepted[p->accepted_count++] = atoi(number);
}

static void peer_item(peer *p, const ep_message *m) {
  if (p->version == 1) {
    ep_message confirm = {.action = EP_ACTION_MESSAGE_CONFIRM, .uid = m->uid, .has = EP_HAS_UID};
    bool known = false;
    for (size_t i = 0; i < p->accepted_count; i++) {
      if (bytes_are(m->uid, p->accepted_uid[i])) known = true;
    }
    if (!known) peer_accepts(p, m);
    put(p, &confirm);
    return;
  }
  ck_assert_uint_ne(m->has & EP_HAS_ID, 0);
  if (m->id > p->up_next) {
    put_id(p, EP_ACTION_MESSAGE_RETRY, p->up_next);
    return;
  }
  if (m->id == p->up_next) {
    p->up_next++;
    if (m->action == EP_ACTION_MESSAGE_NEW) peer_accepts(p, m);
  }
  put_id(p, EP_ACTION_MESSAGE_CONFIRM, p->up_next - 1);
}

static void peer_confirm(peer *p, const ep_message *m) {
  if (p->version == 2) {
    ck_assert_uint_lt(m->id, (uint64_t)(p->sent_count - p->first));
    if (p->confirmed <= p->first + (int)m->id) p->confirmed = p->first + (int)m->id + 1;
    return;
  }
  char uid[64];
  snprintf(uid, sizeof uid, "%.*s", (int)m->uid.len, (const char *)m->uid.data);
  p->confirmed_v1[atoi(uid + 2)] = true;
  while (p->confirmed < p->sent_count && p->confirmed_v1[p->confirmed]) p->confirmed++;
}

static void peer_takes(peer *p, const ep_message *m) {
  if (!p->in && m->action != EP_ACTION_AUTH) {
    ck_assert(p->lossy);
    return;
  }
  switch (m->action) {
    case EP_ACTION_AUTH: peer_auth(p, m); break;
    case EP_ACTION_MESSAGE_NEW: peer_item(p, m); break;
    case EP_ACTION_SESSION_UPDATE:
      if (p->version == 2) peer_item(p, m);
      break;
    case EP_ACTION_MESSAGE_CONFIRM: peer_confirm(p, m); break;
    case EP_ACTION_MESSAGE_RETRY:
      ck_assert_uint_eq(p->version, 2);
      if (p->first + (int)m->id < p->sent_count) put_message(p, p->first + (int)m->id);
      break;
    case EP_ACTION_PING:
      put(p, &(ep_message){.action = EP_ACTION_PONG, .payload_json = m->payload_json});
      break;
    case EP_ACTION_PONG:
    case EP_ACTION_CLIENTS_LIST: break;
    case EP_ACTION_ERROR: /* we asked for something again, and it was confirmed meanwhile */
      ck_assert(p->lossy && m->code == EP_ERROR_UNKNOWN_ID);
      break;
    default: ck_abort_msg("the client wrote action %d", (int)m->action);
  }
}

void peer_hears(peer *p, ep_bytes bytes) {
  while (bytes.len > 0) {
    size_t used;
    ep_message message;
    ep_error why;
    ep_frame_result result = ep_frame_read(&p->reader, &used, bytes);
    bytes = ep_bytes_from(bytes, used);
    if (result == EP_FRAME_MORE) return;
    ck_assert_int_eq(result, EP_FRAME_READY);
    ck_assert_int_eq(ep_message_decode(&p->reader, EP_C2S, &message, &why), EP_DECODE_OK);
    peer_takes(p, &message);
  }
}
