/* Tests of floor 3, delivery: records and what they bring back; no memory at any point.
 * Read first: test/test_delivery.h, delivery/persist.c. */
#include <stdio.h>
#include <string.h>

#include "delivery/registry_internal.h"
#include "test/test_delivery.h"
#include "test/test_delivery_model.h"

/* ---- A store: every record, sorted by table and key ---- */

typedef struct row {
  uint8_t table, key[64], *value;
  size_t key_len, value_len;
} row;

typedef struct store {
  row rows[20000];
  int count;
} store;

static int compare_rows(const row *one, uint8_t table, ep_bytes key) {
  if (one->table != table) return one->table < table ? -1 : 1;
  return ep_bytes_compare(ep_bytes_of(one->key, one->key_len), key);
}

static void store_record(store *s, const ep_record *record) {
  int at = 0, high = s->count;
  while (at < high) {
    int middle = (at + high) / 2;
    if (compare_rows(&s->rows[middle], record->table, record->key) < 0)
      at = middle + 1;
    else
      high = middle;
  }
  bool there = at < s->count && compare_rows(&s->rows[at], record->table, record->key) == 0;
  if (there) {
    free(s->rows[at].value);
    memmove(&s->rows[at], &s->rows[at + 1], (size_t)(--s->count - at) * sizeof(row));
  }
  if (record->remove) return;
  ck_assert_int_lt(s->count, 20000);
  memmove(&s->rows[at + 1], &s->rows[at], (size_t)(s->count++ - at) * sizeof(row));
  row *r = &s->rows[at];
  *r = (row){.table = record->table, .key_len = record->key.len, .value_len = record->value.len};
  memcpy(r->key, record->key.data, record->key.len);
  r->value = malloc(record->value.len + 1);
  if (record->value.len != 0) memcpy(r->value, record->value.data, record->value.len);
}

static void store_free(store *s) {
  for (int i = 0; i < s->count; i++) free(s->rows[i].value);
  s->count = 0;
}

static void seal(world *w, store *s) {
  ep_buffer out;
  ep_record record;
  ep_buffer_init(&out, &w->allocator);
  w->memory.fail_at = w->memory.calls + 1;
  if (ep_registry_seal(w->registry, &out)) ck_assert(!w->config.durable);
  w->memory.fail_at = 0;
  ep_buffer_free(&out);
  ck_assert(ep_registry_seal(w->registry, &out)); /* nothing was lost */
  ep_bytes batch = ep_buffer_bytes(&out);
  while (ep_record_next(&batch, &record)) store_record(s, &record);
  ck_assert_uint_eq(batch.len, 0);
  ep_buffer_clear(&out);
  ck_assert(ep_registry_seal(w->registry, &out));
  ck_assert_uint_eq(ep_buffer_len(&out), 0); /* nothing has changed since */
  ep_buffer_free(&out);
}

static ep_status load(ep_registry *registry, const store *s) {
  for (int i = 0; i < s->count; i++) {
    const row *r = &s->rows[i];
    ep_record record = {r->table, false, ep_bytes_of(r->key, r->key_len),
                        ep_bytes_of(r->value, r->value_len)};
    ep_status status = ep_registry_load(registry, &record);
    if (status != EP_OK) return status;
  }
  return ep_registry_loaded(registry);
}

/* ---- Everything that must survive, as text ---- */

static char *dump_text(char *at, const char *name, const void *data, size_t len) {
  const uint8_t *bytes = data;
  at += sprintf(at, " %s=", name);
  for (size_t i = 0; i < len; i++) {
    *at++ = "0123456789abcdef"[bytes[i] >> 4];
    *at++ = "0123456789abcdef"[bytes[i] & 15];
  }
  *at = '\0';
  return at;
}

static char *dump_item(char *at, const ep_item *item) {
  at += sprintf(at, " item %d %d %d %u %u %u %u %u %u %llu %llu", item->kind, item->receipt,
                item->parked, item->sender, item->waiting, item->refs, item->uid_at,
                item->shape.hole, item->shape.v1_end, (unsigned long long)item->from_id,
                (unsigned long long)item->sequence);
  at = dump_text(at, "print", item->print, 16);
  return at + sprintf(at, " %.*s\n", (int)item->shape.len, (const char *)item->text);
}

static char *dump_account(char *at, const ep_account *a) {
  ep_bytes session = ep_buffer_bytes(&a->session);
  at += sprintf(at, "account %.*s v%d claimed %d expected %llu base %llu next %llu shift %llu",
                (int)a->id.len, (const char *)a->id.data, a->version, a->claimed,
                (unsigned long long)a->up.expected, (unsigned long long)a->down.base,
                (unsigned long long)a->down.next, (unsigned long long)a->down.shift);
  at += sprintf(at, " seen %llu missed %llu bytes %llu notices %u unordered %llu pairs %u",
                (unsigned long long)a->seen.total, (unsigned long long)a->missed,
                (unsigned long long)a->down.bytes, a->down.notices,
                (unsigned long long)a->down.unordered, a->pairs.count);
  at = dump_text(at, "instance", a->instance, a->instance_len);
  at = dump_text(at, "secret", a->secret, 32);
  at = dump_text(at, "session", session.data, session.len);
  for (uint32_t i = 0; i < a->seen.max && i < a->seen.total; i++) {
    at = dump_text(at, "uid", a->seen.ring[i], 16);
  }
  at += sprintf(at, "\n");
  for (uint64_t slot = a->down.base; slot < a->down.next; slot++) {
    const ep_outbox_slot *place = &a->down.ring[slot & (a->down.capacity - 1)];
    at += sprintf(at, "%llu%s", (unsigned long long)slot, place->confirmed ? " confirmed" : "");
    at = dump_item(at, place->item);
  }
  return at;
}

char *dump(const ep_registry *registry) {
  char *text = malloc(1 << 20), *at = text;
  at += sprintf(at, "sequence %llu parked %llu %llu", (unsigned long long)registry->sequence,
                (unsigned long long)registry->parked, (unsigned long long)registry->parked_bytes);
  at = dump_text(at, "epoch", registry->epoch, registry->epoch_len);
  at = dump_text(at, "key", &registry->key, 16);
  at += sprintf(at, "\n");
  for (uint32_t i = 0; i < registry->count; i++) at = dump_account(at, registry->accounts[i]);
  for (const ep_parked *p = registry->first_parked; p != NULL; p = p->next)
    at = dump_item(at, p->item);
  ck_assert_int_lt(at - text, 1 << 20);
  return text;
}

static void loads_back(world *w, const store *s) {
  ep_registry_config config = w->config;
  memset(config.key, 1, sizeof(config.key)); /* those of the store count */
  config.epoch = (const uint8_t *)"another";
  config.dedup = 3;
  world *again = world_new(&config);
  ck_assert_int_eq(load(again->registry, s), EP_OK);
  ep_registry_check(again->registry);
  char *one = dump(w->registry), *other = dump(again->registry);
  if (strcmp(one, other) != 0) ck_assert_str_eq(one, other);
  free(one);
  free(other);
  world_free(again);
}

START_TEST(what_was_sealed_comes_back) {
  static model m;
  static store s;
  uint64_t random = 4711 + (uint64_t)_i;
  ep_registry_config config = random_config();
  config.durable = true;
  world *w = world_new(&config);
  m_command command;
  memset(&m, 0, sizeof(m));
  for (int step = 0; step < 1500; step++) {
    random_command(&command, &m, &random);
    model_apply(&m, &command);
    apply_random(w, &command);
    if (test_random(&random) % 5 < 2) continue;
    seal(w, &s);
    loads_back(w, &s);
  }
  seal(w, &s);
  loads_back(w, &s);
  store_free(&s);
  world_free(w);
}
END_TEST

/* Goes on after a restart: held and blocked are gone, everything else is as it was. */
START_TEST(goes_on_after_a_restart) {
  static store s;
  ep_registry_config config = random_config();
  config.durable = true;
  world *w = world_new(&config), *again = world_new(&config);
  join1(w, 1, "a");
  join2(w, 2, "b", "i");
  session(w, 2, 0, "{\"k\":1}");
  message(w, 1, 0, "{\"k\":1}", "u0");
  message_receipt(w, 2, 1, "a", "v0");
  message(w, 1, 1, "c", "u1");
  message(w, 1, 2, "{\"k\":2}", "u2");
  seal(w, &s);
  ck_assert_int_eq(load(again->registry, &s), EP_OK);
  said(join1(again, 7, "a"), "joined a known; mail a");
  said(message(again, 7, 0, "b", "u0"), "confirm a \"u0\""); /* known */
  said(confirm_uid(again, 7, "v0"), "mail b; mail a");
  said(join1(again, 8, "c"), "joined c; mail c");
  said(rejoin2(again, 9, "b", "i", "epoch-1", 1), "joined b known; mail b; mail b");
  has(mail(again, "b"), "message.receipt");
  said(session(again, 9, 2, "{\"k\":2}"), "confirm b 2; session b; mail b");
  has(mail(again, "b"), " 2:u2");
  seal(again, &s);
  loads_back(again, &s);
  store_free(&s);
  world_free(w);
  world_free(again);
}
END_TEST

/* What ep_store_backup adds. */
static void mark_copy(store *s) {
  store_record(s, &(ep_record){.table = EP_TABLE_META, .key = EP_LITERAL("copy")});
}

/* A client knows more than the state that was brought back: it is not refused (EP-RES-3), and gets
 * what it had not confirmed in a new numbering (EP-LOST-1). */
START_TEST(a_copy_begins_a_new_epoch) {
  static store s;
  ep_registry_config config = random_config();
  config.durable = true;
  world *w = world_new(&config);
  config.epoch = (const uint8_t *)"epoch-2";
  world *again = world_new(&config);
  join1(w, 1, "a");
  join2(w, 2, "b", "i");
  message(w, 1, 0, "b", "u0");
  message(w, 1, 1, "b", "u1");
  confirm_id(w, 2, 0);
  seal(w, &s);
  mark_copy(&s);
  ck_assert_int_eq(load(again->registry, &s), EP_OK);
  ck_assert(ep_bytes_equal(ep_registry_epoch(again->registry), EP_LITERAL("epoch-2")));
  said(rejoin2(again, 7, "b", "i", "epoch-1", 9), "joined b known; mail b");
  ck_assert_str_eq(mail(again, "b"), "0:u1");
  said(join1(again, 8, "a"), "joined a known");
  said(message(again, 8, 1, "b", "u1"), "confirm a \"u1\""); /* known */
  seal(again, &s);
  loads_back(again, &s); /* as epoch-2: it is a copy no more */
  store_free(&s);
  world_free(w);
  world_free(again);
}
END_TEST

static void busy(world *w, store *s, int steps, uint64_t seed) {
  static model m;
  m_command command;
  uint64_t random = seed;
  memset(&m, 0, sizeof(m));
  for (int step = 0; step < steps; step++) {
    random_command(&command, &m, &random);
    model_apply(&m, &command);
    apply_random(w, &command);
  }
  seal(w, s);
}

START_TEST(damaged_records_are_refused) {
  static store s;
  ep_registry_config config = random_config();
  config.durable = true;
  world *w = world_new(&config);
  uint64_t random = 31 + (uint64_t)_i;
  int refused = 0;
  busy(w, &s, 300, random);
  for (int i = 0; i < 3000; i++) {
    world *again = world_new(&config);
    row *r = &s.rows[test_random(&random) % (uint64_t)s.count], before = *r;
    uint8_t *value = malloc(r->value_len + 1);
    memcpy(value, r->value, r->value_len);
    int how = (int)(test_random(&random) % 4);
    if (how == 0)
      r->value_len = r->value_len == 0 ? 0 : test_random(&random) % r->value_len;
    else if (how == 1)
      r->key[test_random(&random) % r->key_len] ^= (uint8_t)(1 << (i % 8));
    else if (how == 2)
      r->table = (uint8_t)(test_random(&random) % 7);
    else if (r->value_len != 0)
      r->value[test_random(&random) % r->value_len] ^= (uint8_t)(1 << (i % 8));
    ep_status status = load(again->registry, &s);
    if (status == EP_OK) {
      join1(again, 1, "c0");
      join2(again, 2, "c1", "i1");
      confirm_id(again, 2, 0);
      leave(again, 1);
      world_free(again);
    } else {
      refused++;
      ep_registry_free(again->registry);
      ck_assert_uint_eq(again->memory.live, 0);
      ep_buffer_free(&again->command);
      free(again);
    }
    memcpy(before.value, value, before.value_len);
    *r = before;
    free(value);
  }
  ck_assert_int_gt(refused, 1000);
  loads_back(w, &s);
  store_free(&s);
  world_free(w);
}
END_TEST

START_TEST(format_of_another_version) {
  static store s;
  ep_registry_config config = random_config();
  config.durable = true;
  world *w = world_new(&config), *again = world_new(&config);
  join1(w, 1, "a");
  seal(w, &s);
  for (int i = 0; i < s.count; i++) {
    if (memcmp(s.rows[i].key, "format", 6) == 0) s.rows[i].value[7] = 2;
  }
  ck_assert_int_eq(load(again->registry, &s), EP_OTHER_FORMAT);
  store_free(&s);
  world_free(w);
  world_free(again);
}
END_TEST

START_TEST(loading_without_memory) {
  static store s;
  ep_registry_config config = random_config();
  config.durable = true;
  world *w = world_new(&config);
  busy(w, &s, 400, 5);
  mark_copy(&s);
  ep_status status = EP_NO_MEMORY;
  for (size_t fail = 1; status != EP_OK; fail++) {
    world *again = world_new(&config);
    again->memory.fail_at = again->memory.calls + fail;
    status = load(again->registry, &s);
    ck_assert(status == EP_OK || status == EP_NO_MEMORY);
    again->memory.fail_at = 0;
    ep_registry_free(again->registry);
    ck_assert_uint_eq(again->memory.live, 0);
    ep_buffer_free(&again->command);
    free(again);
  }
  store_free(&s);
  world_free(w);
}
END_TEST

/* Some allocation of a command fails, from here on or once. Either nothing has happened but FAILED,
 * and then the command can simply be given again; or a part has, and the registry is consistent. */
static bool apply_failing(world *w, const m_command *command, uint64_t *random) {
  char *before = dump(w->registry);
  w->memory.fail_at = w->memory.calls + 1 + test_random(random) % 8;
  w->memory.fail_on = test_random(random) % 2 == 0;
  size_t fail_at = w->memory.fail_at;
  apply_random(w, command);
  bool failed = w->memory.calls >= fail_at;
  w->memory.fail_at = 0;
  bool nothing = strncmp(w->said, "failed ", 7) == 0;
  if (nothing) {
    char *after = dump(w->registry);
    if (strcmp(before, after) != 0) printf("%s---\n%s", before, after);
    ck_assert_int_eq(strcmp(before, after), 0);
    free(after);
    nothing = command->kind != 't'; /* what was held is gone then */
    if (nothing) apply_random(w, command);
  }
  free(before);
  return nothing || !failed;
}

START_TEST(without_memory_nothing_breaks) {
  static model m;
  static store s;
  uint64_t random = 1234567 + (uint64_t)_i;
  int whole = 0;
  for (int round = 0; round < 60; round++) {
    ep_registry_config config = random_config();
    config.durable = true;
    world *w = world_new(&config);
    m_command command;
    memset(&m, 0, sizeof(m));
    bool same = true;
    for (int step = 0; step < 300 && same; step++) {
      random_command(&command, &m, &random);
      model_apply(&m, &command);
      if (test_random(&random) % 4 != 0) {
        apply_random(w, &command);
      } else {
        same = apply_failing(w, &command, &random);
        whole += same;
      }
      if (same) compare_with_model(&m, w);
    }
    seal(w, &s);
    loads_back(w, &s);
    store_free(&s);
    world_free(w);
  }
  ck_assert_int_gt(whole, 500);
}
END_TEST

START_TEST(a_new_registry_without_memory) {
  ep_registry_config config = world_config();
  for (size_t fail = 1; fail < 10; fail++) {
    test_memory memory = {.fail_at = fail, .fail_on = true};
    ep_allocator allocator = test_allocator(&memory);
    ep_registry *registry = ep_registry_new(&allocator, &config);
    ck_assert(registry != NULL || memory.calls >= fail);
    ep_registry_free(registry);
    ck_assert_uint_eq(memory.live, 0);
  }
}
END_TEST

void add_delivery_persist(Suite *suite) {
  TCase *persist = tcase_create("persist");
  tcase_set_timeout(persist, 120);
  tcase_add_loop_test(persist, what_was_sealed_comes_back, 0, 4);
  tcase_add_test(persist, goes_on_after_a_restart);
  tcase_add_test(persist, a_copy_begins_a_new_epoch);
  tcase_add_loop_test(persist, damaged_records_are_refused, 0, 2);
  tcase_add_test(persist, format_of_another_version);
  tcase_add_test(persist, loading_without_memory);
  tcase_add_loop_test(persist, without_memory_nothing_breaks, 0, 4);
  tcase_add_test(persist, a_new_registry_without_memory);
  suite_add_tcase(suite, persist);
}
