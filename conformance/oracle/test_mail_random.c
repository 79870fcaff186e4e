/* mail.[ch] against a small server of our own, whose inside it cannot see: whatever a right server
 * does must be accepted, however late its proofs come; and each kind of mistake must be found.
 * Read first: mail.h. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "oracle/mail.h"
#include "oracle/scan.h"

enum { CLIENTS = 4, SENT_MOST = 40, QUEUE = 400, STEPS = 1500, NOBODY = -1 };

typedef enum mistake {
  NONE,
  LOSES,    /* a copy */
  DOUBLES,  /* a copy */
  SWAPS,    /* two copies in a mailbox, of one sender */
  LEAKS,    /* a copy to somebody not addressed */
  ANY_PAIR, /* one pair is enough for a match */
  REVERSES, /* what was parked */
  ALTERS,   /* a payload */
  MISTAKES
} mistake;

/* ---- Sessions and addresses ---- */

typedef struct attributes {
  int room; /* NOBODY: not there */
  bool on;
} attributes;

static const attributes nothing = {NOBODY, false};

typedef struct address {
  attributes wanted;
  int client; /* NOBODY: a selector */
} address;

static void say(char *out, size_t room, attributes a) {
  if (a.room == NOBODY) {
    snprintf(out, room, a.on ? "{\"on\":true}" : "{}");
  } else {
    snprintf(out, room, a.on ? "{\"room\":%d,\"on\":true}" : "{\"room\":%d}", a.room);
  }
}

static bool matches(attributes wanted, attributes session, bool any_pair) {
  bool room = wanted.room == session.room, on = session.on;
  bool has_room = wanted.room != NOBODY, has_on = wanted.on;
  if (any_pair && has_room && has_on) return room || on;
  return (!has_room || room) && (!has_on || on);
}

/* ---- The world ---- */

typedef struct sent {
  int sender;
  unsigned id;
  address to;
  unsigned numbering;
  uint64_t key;
  bool accepted;
  char uid[20], to_json[40];
} sent;

typedef struct input { /* of the server; an item of a client's up stream */
  bool joins, is_session, confirmed;
  attributes session;
  uint64_t number; /* of the session */
  int message;     /* index in all */
  int item;        /* index in the client's items */
} input;

typedef struct proof {
  bool known, applied;
  uint64_t number;
  int message;
  int item; /* which is confirmed by it */
} proof;

typedef struct copy {
  int message;
  bool altered;
} copy;

typedef struct peer {
  char id[4];
  bool v2, arrived, known;
  uint32_t mail;
  attributes session;
  unsigned next_id, numbering;
  uint64_t newest_session;
  attributes wanted_session;
  input items[QUEUE];
  int item_count;
  input inputs[QUEUE];
  int input_first, input_count;
  proof proofs[QUEUE];
  int proof_first, proof_count;
  copy mailbox[QUEUE];
  int mailbox_first, mailbox_count;
  uint64_t keys[QUEUE]; /* copies written, not confirmed */
  int key_first, key_count;
} peer;

static struct world {
  mail *mail;
  uint64_t line;
  mail_fault fault;
  bool wrong;
  mistake mistake;
  bool mistaken;
  uint32_t random;
  peer peers[CLIENTS];
  sent all[CLIENTS * QUEUE];
  int all_count, uids;
  int parked[CLIENTS * QUEUE];
  int parked_count;
} w;

/* xorshift: the same numbers everywhere. */
static unsigned below(unsigned limit) {
  w.random ^= w.random << 13;
  w.random ^= w.random >> 17;
  w.random ^= w.random << 5;
  return w.random % limit;
}

/* Whether the mistake is made now: once in a while, and then it is noted. */
static bool errs(mistake kind) {
  if (w.mistake != kind || below(4) != 0) return false;
  w.mistaken = true;
  return true;
}

/* ---- What the server does inside ---- */

static bool is_addressed(const sent *message, const peer *to) {
  if (!to->known) return false;
  if (message->to.client != NOBODY) return &w.peers[message->to.client] == to;
  bool right = matches(message->to.wanted, to->session, false);
  bool any = w.mistake == ANY_PAIR && matches(message->to.wanted, to->session, true);
  if (any && !right) w.mistaken = true;
  return right || any;
}

static void put(peer *to, int message) {
  to->mailbox[to->mailbox_count++] = (copy){message, errs(ALTERS)};
  if (errs(DOUBLES)) to->mailbox[to->mailbox_count++] = (copy){message, false};
}

static bool route(int at) {
  const sent *message = &w.all[at];
  bool any = false;
  for (int i = 0; i < CLIENTS; i++) {
    if (is_addressed(message, &w.peers[i])) {
      any = true;
      if (!errs(LOSES)) put(&w.peers[i], at);
    }
  }
  for (int i = 0; i < CLIENTS && any; i++) {
    bool leak = w.peers[i].known && !is_addressed(message, &w.peers[i]) && errs(LEAKS);
    if (leak) put(&w.peers[i], at);
  }
  return any;
}

static void route_parked(void) {
  int kept = 0, count = w.parked_count, routed = 0, matched[CLIENTS * QUEUE];
  for (int i = 0; i < count; i++) {
    bool any = false;
    for (int to = 0; to < CLIENTS; to++) {
      any = any || is_addressed(&w.all[w.parked[i]], &w.peers[to]);
    }
    if (any) {
      matched[routed++] = w.parked[i];
    } else {
      w.parked[kept++] = w.parked[i];
    }
  }
  w.parked_count = kept;
  bool reverse = routed > 1 && errs(REVERSES);
  for (int i = 0; i < routed; i++) route(matched[reverse ? routed - 1 - i : i]);
}

static void process(peer *from) {
  input in = from->inputs[from->input_first++];
  proof out = {.message = NOBODY, .item = in.item};
  if (in.joins) {
    from->known = true;
    out.known = true;
    route_parked();
  } else if (in.is_session) {
    from->session = in.session;
    out.applied = true;
    out.number = in.number;
    route_parked();
  } else {
    out.message = in.message;
    bool again = w.all[in.message].accepted; /* EP/1: its uid is known */
    w.all[in.message].accepted = true;
    if (!again && !route(in.message)) w.parked[w.parked_count++] = in.message;
  }
  from->proofs[from->proof_count++] = out;
}

/* ---- What can be seen ---- */

static void send_item(peer *from, input item) {
  item.item = from->item_count;
  from->items[from->item_count++] = item;
  from->inputs[from->input_count++] = item;
}

static void send_session(peer *from, attributes session) {
  char text[40];
  say(text, sizeof text, session);
  from->newest_session = mail_session_arrived(w.mail, from->mail, span_of(text), ++w.line);
  from->wanted_session = session;
  from->next_id++;
  send_item(from, (input){.is_session = true, .session = session, .number = from->newest_session});
}

/* The message arrives, perhaps not for the first time. */
static void arrives(const peer *from, sent *message) {
  mail_message m = {.sender = from->mail,
                    .uid = span_of(message->uid),
                    .id = message->id,
                    .numbering = message->numbering,
                    .to = span_of(message->to_json),
                    .payload = span_of(message->uid + 2),
                    .session = below(2) == 0 ? from->newest_session : 0,
                    .v2 = from->v2};
  message->key = mail_arrived(w.mail, &m, ++w.line, &w.fault);
  ck_assert_uint_ne(message->key, 0);
}

static void send_message(peer *from) {
  sent *message = &w.all[w.all_count];
  *message = (sent){.sender = (int)(from - w.peers), .id = from->next_id++};
  message->numbering = from->numbering;
  message->to = (address){{(int)below(3) - 1, below(3) == 0}, NOBODY};
  snprintf(message->uid, sizeof message->uid, "u-%d", w.uids++);
  say(message->to_json, sizeof message->to_json, message->to.wanted);
  if (below(3) == 0) {
    message->to.client = (int)below(CLIENTS);
    snprintf(message->to_json, sizeof message->to_json, "\"c%d\"", message->to.client);
  }
  arrives(from, message);
  send_item(from, (input){.message = w.all_count++});
}

static void send_something(peer *from) {
  if (!from->arrived) {
    from->mail = mail_client(w.mail, span_of(from->id), ++w.line);
    from->arrived = true;
    from->inputs[from->input_count++] = (input){.joins = true, .item = NOBODY};
  } else if (from->item_count < SENT_MOST) {
    if (below(4) == 0) {
      send_session(from, (attributes){(int)below(3) - 1, below(2) == 0});
    } else {
      send_message(from);
    }
  }
}

static void show_proof(peer *to) {
  if (to->proof_first == to->proof_count) return;
  proof out = to->proofs[to->proof_first++];
  if (out.item != NOBODY) to->items[out.item].confirmed = true;
  if (out.known) mail_known(w.mail, to->mail, ++w.line);
  if (out.applied) mail_session_applied(w.mail, to->mail, out.number, ++w.line);
  if (out.message != NOBODY) mail_accepted(w.mail, w.all[out.message].key, ++w.line);
}

/* ---- Cut connections: what the server had not processed is gone (EP-TAKE-2) ---- */

/* EP/2, the server goes on where it was: its reply confirms what it has. EP/1: so far as is known.
 */
static void resume(peer *one, int item_count) {
  if (!one->v2) send_session(one, one->wanted_session);
  for (int i = 0; i < item_count; i++) {
    input item = one->items[i];
    if (item.confirmed || (item.is_session && !one->v2)) continue;
    if (!item.is_session && below(2) == 0) arrives(one, &w.all[item.message]);
    item.item = i;
    one->inputs[one->input_count++] = item;
  }
}

/* EP/2, another instance: what is not confirmed gets new numbers, and is new to the server. */
static void renumber(peer *one, int item_count) {
  one->numbering++;
  one->next_id = 0;
  one->newest_session = 0; /* what came before in the old numbering may never take effect */
  for (int i = 0; i < item_count; i++) {
    input *item = &one->items[i];
    if (item->confirmed) continue;
    item->confirmed = true; /* its copy takes its place */
    if (item->is_session) {
      send_session(one, item->session);
      continue;
    }
    sent *message = &w.all[w.all_count];
    *message = w.all[item->message];
    message->numbering = one->numbering;
    message->id = one->next_id++;
    message->accepted = false;
    arrives(one, message);
    send_item(one, (input){.message = w.all_count++});
  }
}

static void reconnect(peer *one) {
  int item_count = one->item_count;
  bool fresh = one->v2 && below(3) == 0;
  if (!one->known || item_count + SENT_MOST > QUEUE / 2) return;
  one->input_first = one->input_count;
  while (one->v2 && !fresh && one->proof_first < one->proof_count) show_proof(one);
  one->proof_first = one->proof_count;
  mail_known(w.mail, one->mail, ++w.line);
  if (fresh) {
    renumber(one, item_count);
  } else {
    resume(one, item_count);
  }
}

static void maybe_swap(peer *to) {
  int at = to->mailbox_first;
  if (at + 1 >= to->mailbox_count) return;
  copy *one = &to->mailbox[at], *other = &to->mailbox[at + 1], kept = *one;
  if (w.all[one->message].sender != w.all[other->message].sender || !errs(SWAPS)) return;
  *one = *other;
  *other = kept;
}

static void show_copy(peer *to) {
  maybe_swap(to);
  if (to->mailbox_first == to->mailbox_count) return;
  copy out = to->mailbox[to->mailbox_first++];
  const sent *message = &w.all[out.message];
  mail_copy shown = {.recipient = to->mail,
                     .from = span_of(w.peers[message->sender].id),
                     .uid = span_of(message->uid),
                     .to = span_of(message->to_json),
                     .payload = span_of(out.altered ? "null" : message->uid + 2),
                     .from_id = message->id,
                     .has_from_id = true};
  uint64_t key = mail_copied(w.mail, &shown, ++w.line, &w.fault);
  w.wrong = key == 0;
  to->keys[to->key_count++] = key;
}

static void confirm(peer *from) {
  if (from->key_first == from->key_count) return;
  mail_settled(w.mail, from->mail, from->keys[from->key_first++], ++w.line);
}

/* ---- Running it ---- */

static void begin(mail *m, uint32_t seed, mistake kind) {
  memset(&w, 0, sizeof w);
  w.mail = m;
  w.random = seed * 2654435761u + 1;
  w.mistake = kind;
  mail_reset(m);
  for (int i = 0; i < CLIENTS; i++) {
    snprintf(w.peers[i].id, sizeof w.peers[i].id, "c%d", i % 10);
    w.peers[i].session = nothing;
    w.peers[i].wanted_session = nothing;
    w.peers[i].numbering = 1;
    w.peers[i].v2 = below(2) == 0;
  }
}

static void finish(void) {
  for (int i = 0; i < CLIENTS; i++) {
    while (w.peers[i].input_first < w.peers[i].input_count) process(&w.peers[i]);
    while (w.peers[i].proof_first < w.peers[i].proof_count) show_proof(&w.peers[i]);
  }
  for (int i = 0; i < CLIENTS; i++) {
    peer *to = &w.peers[i];
    while (!w.wrong && to->mailbox_first < to->mailbox_count) show_copy(to);
    while (to->key_first < to->key_count) confirm(to);
  }
}

/* Returns whether the oracle found something wrong. */
static bool run(mail *m, uint32_t seed, mistake kind) {
  begin(m, seed, kind);
  for (int i = 0; i < STEPS && !w.wrong; i++) {
    peer *one = &w.peers[below(CLIENTS)];
    if (below(60) == 0) reconnect(one);
    switch (below(6)) {
      case 0: send_something(one); break;
      case 1:
        if (one->input_first < one->input_count) process(one);
        break;
      case 2: show_proof(one); break;
      case 3:
      case 4: show_copy(one); break;
      default: confirm(one); break;
    }
  }
  if (!w.wrong) finish();
  return w.wrong || mail_first_missing(m, &w.fault);
}

START_TEST(a_right_server) {
  mail *m = mail_new();
  for (uint32_t seed = 1; seed <= 150; seed++) {
    bool wrong = run(m, seed + 1000 * (uint32_t)_i, NONE);
    ck_assert_msg(!wrong, "seed %u, line %llu: %s: %s", seed, (unsigned long long)w.line,
                  w.fault.requirement, w.fault.what);
    ck_assert_uint_eq(mail_missing(m), 0);
  }
  mail_free(m);
}
END_TEST

/* Not each mistake shows: what may have been so may have been right. Most do. */
START_TEST(a_wrong_server) {
  mail *m = mail_new();
  int made = 0, found = 0;
  for (uint32_t seed = 1; seed <= 100; seed++) {
    bool wrong = run(m, seed, (mistake)_i);
    ck_assert(w.mistaken || !wrong);
    made += w.mistaken;
    found += wrong;
  }
  ck_assert_int_gt(made, 40);
  int most_of = _i == REVERSES ? 3 : 9; /* nobody sees in which order two senders were accepted */
  ck_assert_msg(found * 10 >= made * most_of, "mistake %d: %d of %d found", _i, found, made);
  mail_free(m);
}
END_TEST

Suite *oracle_suite_mail_random(void) {
  Suite *suite = suite_create("mail, at random");
  TCase *tests = tcase_create("mail, at random");
  tcase_set_timeout(tests, 120);
  tcase_add_loop_test(tests, a_right_server, 0, 4);
  tcase_add_loop_test(tests, a_wrong_server, NONE + 1, MISTAKES);
  suite_add_tcase(suite, tests);
  return suite;
}
