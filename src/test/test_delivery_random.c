/* Tests of floor 3, delivery: the registry against a naive model of it, under random commands.
 * Read first: test/test_delivery_model.h. */
#include <stdio.h>
#include <string.h>

#include "test/test_delivery.h"
#include "test/test_delivery_model.h"

ep_registry_config random_config(void) {
  ep_registry_config config = world_config();
  config.mailbox = M_MAILBOX;
  config.notices = M_NOTICES;
  config.parked = M_PARKED;
  config.held = M_HELD;
  config.dedup = M_SEEN;
  config.gap_wait_ms = M_GAP;
  config.mailbox_wait_ms = M_WAIT;
  return config;
}

static int below(uint64_t *random, int limit) { return (int)(test_random(random) >> 33) % limit; }

static void random_keys(int keys[M_KEYS], uint64_t *random) {
  for (int k = 0; k < M_KEYS; k++) keys[k] = below(random, M_VALUES + 1) - 1;
}

/* Mostly sensible, often not: ids near what is expected, uids near those used. */
static void random_item(m_command *c, const m_account *account, uint64_t *random) {
  static int uids = 1;
  int step = below(random, 12);
  c->id = account->expected;
  if (step == 0 && c->id > 0) c->id--;
  if (step == 1) c->id += (uint64_t)below(random, 6);
  c->uid = below(random, 8) == 0 && uids > 5 ? uids - below(random, 5) : ++uids;
  c->kind = step == 2 ? 'r' : step == 3 ? 's' : 'm';
  c->receipt = below(random, 4) == 0;
  c->to = below(random, 3) == 0 ? -1 : below(random, M_ACCOUNTS);
  random_keys(c->keys, random);
  if (account->version == 1 && c->kind == 's') c->uid = 0;
}

static void random_confirm(m_command *c, const m_account *account, uint64_t *random) {
  uint64_t count = account->next - account->base;
  uint64_t slot = account->base + (uint64_t)below(random, (int)count + 2);
  if (below(random, 3) != 0) slot = account->base;
  c->kind = account->version == 1 ? 'u' : 'i';
  c->id = slot - account->shift;
  c->uid = slot < account->next && account->mail[slot].kind == 'm' ? account->mail[slot].uid : 9999;
}

static void random_join(m_command *c, const model *m, uint64_t *random) {
  const m_account *account = &m->accounts[c->account];
  c->kind = 'j';
  c->link = below(random, 6) == 0 ? account->link : (uint32_t)below(random, 1000) + 1;
  if (c->link == 0) c->link = 1001;
  c->version = below(random, 5) != 0 && account->exists ? account->version : 1 + below(random, 2);
  c->instance = c->version == 1          ? 0
                : below(random, 4) == 0  ? 1 + below(random, 3)
                : account->instance == 0 ? 1
                                         : account->instance;
  c->expects = below(random, 2) == 0;
  uint64_t first = account->base - account->shift;
  c->expect = first + (uint64_t)below(random, (int)(account->next - account->base) + 2);
}

void random_command(m_command *c, const model *m, uint64_t *random) {
  *c = (m_command){.now = m->now + (uint64_t)below(random, 40), .kind = 't'};
  c->account = below(random, M_ACCOUNTS);
  const m_account *account = &m->accounts[c->account];
  int what = below(random, 100);
  c->link = account->link;
  if (what < 2 || (account->link == 0 && what < 10))
    random_join(c, m, random);
  else if (account->link == 0 || what < 4)
    c->now += (uint64_t)below(random, 1500);
  else if (what < 5)
    c->kind = 'l';
  else if (what < 60)
    random_item(c, account, random);
  else
    random_confirm(c, account, random);
}

static ep_bytes keys_json(char out[64], const int keys[M_KEYS]) {
  char *at = out;
  *at++ = '{';
  for (int k = 0; k < M_KEYS; k++) {
    if (keys[k] >= 0) at += sprintf(at, "%s\"k%d\":%d", at[-1] == '{' ? "" : ",", k, keys[k]);
  }
  *at++ = '}';
  return ep_bytes_of(out, (size_t)(at - out));
}

static ep_command_kind kind_of(char kind) {
  switch (kind) {
    case 'j': return EP_COMMAND_JOIN;
    case 'l': return EP_COMMAND_LEAVE;
    case 's': return EP_COMMAND_SESSION;
    case 'm': return EP_COMMAND_MESSAGE;
    case 'r': return EP_COMMAND_REFUSE;
    case 'i': return EP_COMMAND_CONFIRM_ID;
    case 'u': return EP_COMMAND_CONFIRM_UID;
    default: return EP_COMMAND_TICK;
  }
}

/* "confirm c3 17" and "confirm c3 "u17"" become "3:17 ". */
static const char *confirms_of(world *w) {
  static char log[1 << 16];
  char *at = log;
  *at = 0;
  for (const char *said = w->said; (said = strstr(said, "confirm c")) != NULL; said += 9) {
    const char *what = strchr(said + 9, ' ') + 1;
    what += strspn(what, "\"u");
    at += sprintf(at, "%d:%.*s ", atoi(said + 9), (int)strspn(what, "0123456789"), what);
  }
  return log;
}

const char *apply_random(world *w, const m_command *c) {
  char client[8], uid[16], uid_json[20], to[8], to_json[64], instance[8], json[64];
  sprintf(client, "c%d", c->account);
  sprintf(uid, "u%d", c->uid);
  sprintf(uid_json, "\"u%d\"", c->uid);
  sprintf(instance, "i%d", c->instance);
  sprintf(to, "c%d", c->to);
  ep_command command = {.kind = kind_of(c->kind),
                        .now_ms = c->now,
                        .link = c->link,
                        .id = c->id,
                        .expect = c->expect,
                        .has_epoch_expect = c->expects,
                        .receipt = c->receipt,
                        .error = EP_ERROR_BAD_TO,
                        .version = (uint8_t)c->version,
                        .epoch = EP_LITERAL("epoch-1")};
  if (c->kind == 'j') command.client = ep_bytes_of(client, strlen(client));
  if (c->instance != 0) command.instance = ep_bytes_of(instance, strlen(instance));
  if (c->uid != 0) {
    command.uid = ep_bytes_of(uid, strlen(uid));
    command.uid_json = ep_bytes_of(uid_json, strlen(uid_json));
  }
  command.json = c->kind == 's' ? keys_json(json, c->keys) : EP_LITERAL("[1,2]");
  command.to_kind = c->to < 0 ? EP_TO_SELECTOR : EP_TO_CLIENT;
  if (c->to >= 0) command.to = ep_bytes_of(to, strlen(to));
  sprintf(to_json, "\"%s\"", to);
  command.to_json = c->to < 0 ? keys_json(to_json, c->keys) : ep_bytes_of(to_json, strlen(to_json));
  apply(w, &command);
  return confirms_of(w);
}

/* As ck_assert, which writes to a pipe each time. */
#define agree(claim) ((claim) ? (void)0 : ck_abort_msg("the model does not agree: %s", #claim))

static void compare_mail(const m_mail *expected, const ep_item *item, bool confirmed) {
  char text[600] = "", uid[24], left[24], missed[24];
  memcpy(text, item->text, item->shape.len);
  sprintf(uid, "\"uid\":\"u%d\"", expected->uid);
  const ep_item_kind kind = expected->kind == 'm'   ? EP_ITEM_MESSAGE
                            : expected->kind == 'r' ? EP_ITEM_RECEIPT
                                                    : EP_ITEM_REFUSAL;
  agree(item->kind == kind);
  agree(confirmed == expected->confirmed);
  if (expected->uid != 0) agree(strstr(text, uid) != NULL);
  if (kind != EP_ITEM_RECEIPT) return;
  sprintf(left, "\"left\":%d", expected->sender);
  sprintf(missed, ",\"missed\":%d", expected->message);
  agree(strstr(text, left) != NULL);
  agree((strstr(text, ",\"missed\"") != NULL) == (expected->message != 0));
  agree(expected->message == 0 || strstr(text, missed) != NULL);
}

static void compare_account(const m_account *expected, const ep_account *account) {
  const ep_outbox *down = &account->down;
  agree(account->link == expected->link);
  agree((int)account->version == expected->version);
  agree(account->up.expected == expected->expected);
  agree((int)account->up.count == expected->held_count);
  for (uint32_t i = 0; i < account->up.count; i++) {
    agree(account->up.held[account->up.first + i].id == expected->held[i].id);
  }
  agree((account->blocked != NULL) == expected->blocked);
  agree(account->in_gap == expected->in_gap);
  if (expected->blocked && expected->blocker >= 0) {
    agree(account->blocker->id.data[1] - '0' == expected->blocker);
  }
  agree(down->base == expected->base && down->next == expected->next);
  agree(down->shift == expected->shift && account->missed == expected->missed);
  agree(account->seen.total == expected->seen_total);
  for (uint64_t slot = down->base; slot < down->next; slot++) {
    const ep_outbox_slot *at = &down->ring[slot & (down->capacity - 1)];
    compare_mail(&expected->mail[slot], at->item, at->confirmed);
  }
}

void compare_with_model(const model *m, const world *w) {
  agree((int)ep_registry_count(w->registry) == m->count);
  agree((int)ep_registry_parked(w->registry) == m->parked_count);
  for (int i = 0; i < m->count; i++) {
    const ep_account *account = ep_registry_account(w->registry, (uint32_t)i);
    agree(account->id.data[1] - '0' == m->order[i]);
    compare_account(&m->accounts[m->order[i]], account);
  }
}

/* G4: two mailboxes never show two messages in opposite orders. The whole history is in the model.
 * */
static void check_one_order(const model *m) {
  for (int a = 0; a < M_ACCOUNTS; a++) {
    for (int b = 0; b < M_ACCOUNTS; b++) {
      const m_account *one = &m->accounts[a], *other = &m->accounts[b];
      uint64_t from = 0;
      for (uint64_t s = 0; s < one->next; s++) {
        uint64_t t = 0;
        if (one->mail[s].kind != 'm') continue;
        while (t < other->next &&
               (other->mail[t].kind != 'm' || other->mail[t].message != one->mail[s].message)) {
          t++;
        }
        if (t == other->next) continue;
        agree(t >= from);
        from = t;
      }
    }
  }
}

START_TEST(registry_agrees_with_the_model) {
  static model m;
  uint64_t random = 0x9E3779B97F4A7C15u + (uint64_t)_i;
  ep_registry_config config = random_config();
  world *w = world_new(&config);
  m_command command;
  memset(&m, 0, sizeof(m));
  for (int step = 0; step < 4000; step++) {
    random_command(&command, &m, &random);
    model_apply(&m, &command);
    if (strcmp(apply_random(w, &command), m.log) != 0) ck_assert_str_eq(confirms_of(w), m.log);
    compare_with_model(&m, w);
  }
  ck_assert_int_gt(m.messages, 200);
  check_one_order(&m);
  world_free(w);
}
END_TEST

void add_delivery_random(Suite *suite) {
  TCase *random = tcase_create("random");
  tcase_set_timeout(random, 120);
  tcase_add_loop_test(random, registry_agrees_with_the_model, 0, 25);
  suite_add_tcase(suite, random);
}
