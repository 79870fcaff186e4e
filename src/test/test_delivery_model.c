/* A naive model of the registry, written from the rules and not from the code: plain arrays, O(n²).
 * Read first: test/test_delivery_model.h. */
#include "test/test_delivery_model.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static void retry_waiters(model *m, int box);

static void log_confirm(model *m, int a, const m_command *c) {
  size_t at = strlen(m->log);
  unsigned long long what = m->accounts[a].version == 2 ? c->id : (unsigned long long)c->uid;
  snprintf(m->log + at, sizeof(m->log) - at, "%d:%llu ", a, what);
}

static bool seen(const m_account *a, int uid) {
  for (uint64_t i = 0; i < a->seen_total && i < M_SEEN; i++) {
    if (a->seen[i] == uid) return true;
  }
  return false;
}

static void accept(model *m, int a, const m_command *c) {
  m_account *account = &m->accounts[a];
  if (c->id == account->expected) account->expected++;
  if (account->version == 1) account->seen[account->seen_total++ % M_SEEN] = c->uid;
  log_confirm(m, a, c);
}

static int notices(const m_account *a) {
  int count = 0;
  for (uint64_t s = a->base; s < a->next; s++) count += a->mail[s].kind != 'm';
  return count;
}

static bool full(const m_account *a) { return (int)(a->next - a->base) - notices(a) >= M_MAILBOX; }

static void put(m_account *a, m_mail mail) {
  ck_assert(a->next < M_MAIL);
  a->mail[a->next++] = mail;
}

static int recipients(const model *m, const m_command *c, int out[M_ACCOUNTS]) {
  int count = 0, smallest = -1;
  if (c->to >= 0) {
    if (m->accounts[c->to].exists) out[count++] = c->to;
    return count;
  }
  for (int k = 0; k < M_KEYS; k++) {
    if (c->keys[k] < 0) continue;
    bool fewer = smallest < 0 ||
                 m->having_count[k][c->keys[k]] < m->having_count[smallest][c->keys[smallest]];
    if (fewer) smallest = k;
  }
  int all = smallest < 0 ? m->count : m->having_count[smallest][c->keys[smallest]];
  for (int i = 0; i < all; i++) {
    int a = smallest < 0 ? m->order[i] : m->having[smallest][c->keys[smallest]][i];
    bool match = true;
    for (int k = 0; k < M_KEYS; k++) {
      match = match && (c->keys[k] < 0 || m->accounts[a].keys[k] == c->keys[k]);
    }
    if (match) out[count++] = a;
  }
  return count;
}

enum { DONE, BLOCKED };

static int refuse(model *m, int a, const m_command *c, int *blocker) {
  m_account *account = &m->accounts[a];
  *blocker = a;
  if (account->version == 2 && notices(account) >= M_NOTICES) return BLOCKED;
  accept(m, a, c);
  if (account->version == 2) put(account, (m_mail){'e', c->uid, a, -1, false, false});
  return DONE;
}

static int send(model *m, int a, const m_command *c, bool force, int *blocker) {
  m_account *account = &m->accounts[a];
  int to[M_ACCOUNTS], count = recipients(m, c, to), filled = 0;
  if (count == 0) {
    if (m->parked_count == M_PARKED && account->version == 1 && !force) {
      *blocker = -1;
      return BLOCKED;
    }
    if (m->parked_count == M_PARKED) return refuse(m, a, c, blocker);
    accept(m, a, c);
    m->parked[m->parked_count] = (m_parked){*c, a, m->messages++};
    m->parked[m->parked_count++].command.receipt = c->receipt && account->version == 2;
    return DONE;
  }
  for (int i = count; i-- > 0;) {
    if (!full(&m->accounts[to[i]])) continue;
    filled++;
    *blocker = to[i];
  }
  if (filled != 0 && account->version == 1 && !force) return BLOCKED;
  if (filled != 0 && account->version == 2) *blocker = a;
  if (filled != 0 && account->version == 2 && notices(account) >= M_NOTICES) return BLOCKED;
  bool was_full[M_ACCOUNTS];
  for (int i = 0; i < count; i++) was_full[i] = full(&m->accounts[to[i]]);
  accept(m, a, c);
  for (int i = 0; i < count; i++) {
    bool receipt = c->receipt && account->version == 2;
    if (was_full[i]) continue;
    put(&m->accounts[to[i]], (m_mail){'m', c->uid, a, m->messages, receipt, false});
  }
  m->messages++;
  if (filled != 0 && account->version == 2)
    put(account, (m_mail){'e', c->uid, a, -1, false, false});
  return DONE;
}

static void unpark(model *m, int a, bool by_id) {
  for (int i = 0; i < m->parked_count;) {
    const m_parked *p = &m->parked[i];
    bool match = by_id ? p->command.to == a : p->command.to < 0;
    for (int k = 0; !by_id && k < M_KEYS; k++) {
      match = match && (p->command.keys[k] < 0 || p->command.keys[k] == m->accounts[a].keys[k]);
    }
    if (!match) {
      i++;
      continue;
    }
    bool receipt = p->command.receipt;
    put(&m->accounts[a], (m_mail){'m', p->command.uid, p->sender, p->message, receipt, false});
    memmove(&m->parked[i], &m->parked[i + 1], (size_t)(--m->parked_count - i) * sizeof(m_parked));
  }
}

static int change_session(model *m, int a, const m_command *c) {
  m_account *account = &m->accounts[a];
  if (account->version == 2) accept(m, a, c);
  for (int k = 0; k < M_KEYS; k++) {
    if (account->keys[k] < 0) continue;
    int *list = m->having[k][account->keys[k]], *count = &m->having_count[k][account->keys[k]];
    int i = 0;
    while (list[i] != a) i++;
    list[i] = list[--*count];
  }
  for (int k = 0; k < M_KEYS; k++) {
    account->keys[k] = c->keys[k];
    if (c->keys[k] >= 0) m->having[k][c->keys[k]][m->having_count[k][c->keys[k]]++] = a;
  }
  unpark(m, a, false);
  m->came = true;
  return DONE;
}

static int item(model *m, int a, const m_command *c, bool force, int *blocker) {
  m_account *account = &m->accounts[a];
  if (account->version == 1 && seen(account, c->uid)) {
    log_confirm(m, a, c);
    if (c->id == account->expected) account->expected++;
    return DONE;
  }
  if (c->kind == 's') return change_session(m, a, c);
  return c->kind == 'm' ? send(m, a, c, force, blocker) : refuse(m, a, c, blocker);
}

static void block(model *m, int a, const m_command *c, int blocker) {
  m_account *account = &m->accounts[a];
  account->blocked = true;
  account->head = *c;
  account->blocker = blocker;
  account->since = m->now;
  account->turn = account->block_turn = m->turns++;
}

static void settle(model *m, m_account *account) {
  bool gap = account->version == 1 && account->held_count != 0 && !account->blocked;
  if (!gap || account->gap_expected != account->expected) account->in_gap = false;
  if (!gap || account->in_gap) return;
  account->in_gap = true;
  account->gap_since = m->now;
  account->gap_turn = m->turns++;
  account->gap_expected = account->expected;
}

static void drain(model *m, int a) {
  m_account *account = &m->accounts[a];
  while (!account->blocked && account->held_count != 0 &&
         account->held[0].id <= account->expected) {
    m_command c = account->held[0];
    account->held_count--;
    memmove(account->held, account->held + 1, (size_t)account->held_count * sizeof(m_command));
    int blocker;
    if (account->version == 2 && c.id < account->expected) continue;
    if (item(m, a, &c, false, &blocker) == BLOCKED) block(m, a, &c, blocker);
  }
}

static void hold(m_account *account, const m_command *c) {
  int at = 0;
  while (at < account->held_count && account->held[at].id < c->id) at++;
  if (at < account->held_count && account->held[at].id == c->id) return;
  memmove(account->held + at + 1, account->held + at,
          (size_t)(account->held_count - at) * sizeof(m_command));
  account->held[at] = *c;
  if (account->held_count < M_HELD) account->held_count++;
}

static void receive(model *m, int a, const m_command *c) {
  m_account *account = &m->accounts[a];
  int blocker;
  if (account->version == 1 && c->kind == 's') {
    change_session(m, a, c);
    return;
  }
  bool first = account->version == 2 ? c->id < account->expected : seen(account, c->uid);
  if (first) {
    if (account->version == 2)
      log_confirm(m, a, c);
    else
      item(m, a, c, false, &blocker);
    drain(m, a);
  } else if (account->blocked &&
             (account->version == 2 ? c->id == account->expected : c->uid == account->head.uid)) {
    return;
  } else if (account->blocked || c->id > account->expected) {
    hold(account, c);
  } else if (item(m, a, c, false, &blocker) == DONE) {
    drain(m, a);
  } else {
    block(m, a, c, blocker);
  }
  settle(m, account);
}

/* True: it no longer waits for what it waited for. */
static bool retry(model *m, int a, bool force) {
  m_account *account = &m->accounts[a];
  m_command c = account->head;
  int blocker;
  if (item(m, a, &c, force, &blocker) == BLOCKED) {
    if (blocker == account->blocker) return false;
    account->blocker = blocker;
    account->turn = m->turns++;
    return true;
  }
  account->blocked = false;
  drain(m, a);
  settle(m, account);
  return true;
}

static int next_waiter(const model *m, int blocker) {
  int first = -1;
  for (int a = 0; a < M_ACCOUNTS; a++) {
    const m_account *account = &m->accounts[a];
    if (!account->blocked || account->version != 1 || account->blocker != blocker) continue;
    if (first < 0 || account->turn < m->accounts[first].turn) first = a;
  }
  return first;
}

static void retry_waiters(model *m, int box) {
  m_account *account = &m->accounts[box];
  if (account->blocked && account->version == 2 && notices(account) < M_NOTICES)
    retry(m, box, false);
  for (int a; (a = next_waiter(m, box)) >= 0 && !full(account);) {
    if (!retry(m, a, false)) return;
  }
}

static int left_of(const model *m, int message) {
  int left = 0;
  for (int a = 0; a < M_ACCOUNTS; a++) {
    const m_account *account = &m->accounts[a];
    for (uint64_t s = account->base; s < account->next; s++) {
      left += account->mail[s].kind == 'm' && account->mail[s].message == message;
    }
  }
  return left;
}

static void pop(model *m, m_account *account) {
  const m_mail *gone = &account->mail[account->base++];
  if (gone->kind != 'm' || !gone->receipt) return;
  m_account *sender = &m->accounts[gone->sender];
  if (sender->version != 2) return;
  if (notices(sender) >= M_NOTICES) {
    sender->missed++;
    return;
  }
  put(sender,
      (m_mail){'r', gone->uid, left_of(m, gone->message), (int)sender->missed, false, false});
  sender->missed = 0;
}

static void skip(model *m, m_account *account) {
  while (account->base < account->next) {
    const m_mail *front = &account->mail[account->base];
    if (!front->confirmed && (account->version == 2 || front->kind == 'm')) return;
    pop(m, account);
  }
}

static void confirm_id(model *m, int a, uint64_t id) {
  m_account *account = &m->accounts[a];
  uint64_t slot = id + account->shift;
  if (slot < account->base || slot >= account->next) return;
  while (account->base <= slot) pop(m, account);
  skip(m, account);
  retry_waiters(m, a);
}

static void confirm_uid(model *m, int a, int uid) {
  m_account *account = &m->accounts[a];
  for (uint64_t s = account->base; s < account->next; s++) {
    m_mail *mail = &account->mail[s];
    if (mail->kind != 'm' || mail->confirmed || mail->uid != uid) continue;
    if (s == account->base)
      pop(m, account);
    else
      mail->confirmed = true;
    skip(m, account);
    retry_waiters(m, a);
    return;
  }
}

static void drop_stream(m_account *account) {
  account->held_count = 0;
  account->blocked = account->in_gap = false;
}

static void join(model *m, const m_command *c) {
  m_account *account = &m->accounts[c->account];
  bool known = account->exists;
  for (int a = 0; a < M_ACCOUNTS; a++) {
    if (a != c->account && m->accounts[a].link == c->link) return;
  }
  bool expects = c->version == 2 && known && c->expects && account->instance == c->instance;
  if (expects && c->expect > account->next - account->shift) return;
  bool again = account->link == c->link && account->version == c->version &&
               account->instance == c->instance;
  if (!known) {
    *account = (m_account){.exists = true, .keys = {-1, -1}, .version = c->version};
    m->order[m->count++] = c->account;
    m->came = true;
  }
  account->link = c->link;
  if (!again) {
    drop_stream(account);
    account->version = c->version;
    if (account->instance != c->instance) {
      account->instance = c->instance;
      account->expected = 0;
      account->shift = account->base;
      for (uint64_t s = account->base; s < account->next; s++) account->mail[s].confirmed = false;
    }
  }
  if (!known) unpark(m, c->account, true);
  if (account->version == 1) skip(m, account);
  if (expects && c->expect > 0) confirm_id(m, c->account, c->expect - 1);
}

static void tick(model *m) {
  for (;;) {
    int first = -1;
    for (int a = 0; a < M_ACCOUNTS; a++) {
      const m_account *x = &m->accounts[a];
      if (!x->in_gap || m->now - x->gap_since < M_GAP) continue;
      if (first < 0 || x->gap_turn < m->accounts[first].gap_turn) first = a;
    }
    if (first < 0) break;
    m_account *account = &m->accounts[first];
    while (account->held_count != 0 && !account->blocked) {
      account->expected = account->held[0].id;
      drain(m, first);
    }
    account->in_gap = false;
    settle(m, account);
  }
  uint64_t since = 0;
  for (;;) { /* oldest first; of equal age, who began to wait first */
    int first = -1;
    for (int a = 0; a < M_ACCOUNTS; a++) {
      const m_account *x = &m->accounts[a];
      if (!x->blocked || x->version != 1 || m->now - x->since < M_WAIT) continue;
      if (first < 0 || x->since < m->accounts[first].since ||
          (x->since == m->accounts[first].since && x->block_turn < m->accounts[first].block_turn)) {
        first = a;
      }
    }
    if (first < 0) break;
    ck_assert_uint_ge(m->accounts[first].since, since);
    since = m->accounts[first].since;
    ck_assert(retry(m, first, true));
  }
}

/* Each that waits for room to park, once, in the order in which they began to wait. */
static void retry_for_newcomer(model *m) {
  uint64_t before = m->turns;
  uint64_t after = 0;
  while (m->came) {
    int next = -1;
    for (int a = 0; a < M_ACCOUNTS; a++) {
      const m_account *x = &m->accounts[a];
      bool waits = x->blocked && x->version == 1 && x->blocker == -1 && x->turn < before;
      if (!waits || x->turn < after) continue;
      if (next < 0 || x->turn < m->accounts[next].turn) next = a;
    }
    if (next < 0) break;
    after = m->accounts[next].turn + 1;
    retry(m, next, false);
  }
  m->came = false;
}

int model_by_link(const model *m, uint32_t link) {
  for (int a = 0; a < M_ACCOUNTS; a++) {
    if (m->accounts[a].exists && m->accounts[a].link == link) return a;
  }
  return -1;
}

void model_apply(model *m, const m_command *c) {
  m->log[0] = 0;
  m->now = c->now;
  if (c->kind == 't') {
    tick(m);
  } else if (c->kind == 'j') {
    join(m, c);
  } else {
    int a = model_by_link(m, c->link);
    if (a < 0) return;
    if (c->kind == 'l') {
      drop_stream(&m->accounts[a]);
      m->accounts[a].link = 0;
    } else if (c->kind == 'i') {
      confirm_id(m, a, c->id);
    } else if (c->kind == 'u') {
      confirm_uid(m, a, c->uid);
    } else {
      receive(m, a, c);
    }
  }
  retry_for_newcomer(m);
  while (m->parked_count < M_PARKED) {
    int a = next_waiter(m, -1);
    if (a < 0 || !retry(m, a, false)) break;
  }
}
