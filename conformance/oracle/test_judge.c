/* Unit tests: the judge. For each rule a trace that breaks it, and its twin that does not.
 * Read first: test_judge.h (how the traces are written). */
#include "oracle/test_judge.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "oracle/scan.h"

Suite *oracle_suite_judge(void);

/* ---- Scripts ---- */

typedef struct play {
  judge *judge;
  uint64_t t_ms, line;
  char text[4096]; /* of this line, " for ' */
  char bytes[8192];
} play;

static void give(play *p, trace_event event) {
  event.t_ms = p->t_ms;
  event.line = p->line;
  (void)judge_event(p->judge, &event);
}

static span rest_of(const char *text) { return (span){text, strlen(text)}; }

/* The frame: as it is, or in the envelope of chapter 4.4. */
static span frame_of(play *p, const char *text, bool enveloped) {
  char *out = p->bytes;
  if (enveloped) out += sprintf(out, "{\"type\":\"_message_\",\"data\":\"");
  for (; *text; text++) {
    if (enveloped && (*text == '"' || *text == '\\')) *out++ = '\\';
    *out++ = *text;
  }
  if (enveloped) out += sprintf(out, "\"}");
  *out++ = 0x0C;
  return (span){p->bytes, (size_t)(out - p->bytes)};
}

static void play_conn(play *p, char *text) {
  char *at;
  trace_event event = {.conn = (uint32_t)strtoul(text, &at, 10)};
  if (*at == '+' || *at == '~') {
    event.kind = TRACE_OPEN;
    event.lossy = *at == '~';
    event.rude_client = strcmp(at + 1, "rude") == 0;
    event.remote = strcmp(at + 1, "remote") == 0;
    give(p, event);
    return;
  }
  if (*at == '-') {
    event.kind = TRACE_CLOSE;
    event.has_dir = event.orderly = strcmp(at + 1, "done") == 0;
    event.dir = TRACE_S2C;
    give(p, event);
    return;
  }
  if (*at == '!') {
    event.kind = TRACE_FAILED;
    event.speaks_v2 = at[1] == '2';
    give(p, event);
    return;
  }
  char mode = strchr("waAr", *at) ? *at++ : 'p';
  event.kind = TRACE_FRAME;
  event.has_dir = true;
  event.dir = *at == '>' ? TRACE_C2S : TRACE_S2C;
  bool enveloped = at[1] == at[0];
  char *frame = at + (enveloped ? 3 : 2);
  event.at = mode == 'w' ? TRACE_WRITTEN : mode == 'a' ? TRACE_ARRIVED : TRACE_PASSED;
  if (mode == 'A') {
    event.at = TRACE_ARRIVED;
    event.n = strtoul(frame, &frame, 10);
    frame++;
  }
  event.bytes = frame_of(p, frame, enveloped);
  if (mode == 'r') event.bytes.len--;
  if (mode == 'a') {
    event.bytes = (span){"", 0};
    event.n = strtoul(frame, NULL, 10);
  }
  give(p, event);
}

static bool play_limit(play *p, const char *text) {
  unsigned long long most;
  if (sscanf(text, "parked %llu", &most) == 1) {
    judge_parked_limit(p->judge, most);
  } else if (sscanf(text, "mailbox %llu", &most) == 1) {
    judge_mailbox_limit(p->judge, most);
  } else if (sscanf(text, "held %llu", &most) == 1) {
    judge_held_limit(p->judge, most);
  } else if (sscanf(text, "clock jumps %llu", &most) == 1) {
    judge_clock_jumps(p->judge, (unsigned)most);
  } else if (sscanf(text, "session %llu", &most) == 1) {
    judge_session_limit(p->judge, most);
  } else if (strcmp(text, "opens in order") == 0) {
    judge_opens_in_order(p->judge);
  } else if (strcmp(text, "memory fails") == 0) {
    judge_memory_fails(p->judge);
  } else {
    return false;
  }
  return true;
}

static void play_words(play *p, char *text) {
  static const struct {
    const char *word;
    trace_kind kind;
    bool lost;
  } words[] = {{"sent", TRACE_SENT, false},
               {"delivered", TRACE_DELIVERED, false},
               {"confirmed", TRACE_CONFIRMED, false},
               {"refused", TRACE_REFUSED, false},
               {"stored", TRACE_STORED, false},
               {"connect", TRACE_CONNECT, false},
               {"disconnect", TRACE_DISCONNECT, false},
               {"crash", TRACE_CRASHED, false},
               {"kept", TRACE_RESTARTED, false},
               {"lost", TRACE_RESTARTED, true},
               {"old", TRACE_RESTARTED, false},
               {"heal", TRACE_HEALED, false}};
  trace_event event = {0};
  char *word = strtok(text, " ");
  size_t i = 0;
  while (strcmp(words[i].word, word) != 0) ck_assert_uint_lt(++i, sizeof words / sizeof *words);
  event.kind = words[i].kind;
  event.state_lost = words[i].lost;
  event.state_old = strcmp(word, "old") == 0;
  char *client = strtok(NULL, " "), *uid = strtok(NULL, " "), *other = strtok(NULL, " ");
  if (client) event.client = rest_of(client);
  if (uid) event.uid = rest_of(uid);
  char payload[256];
  if (uid) {
    (void)snprintf(payload, sizeof payload, "\"%s\"", uid);
    event.payload_json = rest_of(payload);
  }
  char to[256];
  if (other && event.kind == TRACE_SENT) {
    (void)snprintf(to, sizeof to, "\"%s\"", other);
    event.to_json = rest_of(to);
  } else if (other) {
    event.from = rest_of(other);
  }
  give(p, event);
}

judge_verdict script_judge(judge *j, const char *script) {
  play p = {.judge = j};
  while (*script) {
    size_t len = strcspn(script, "\n");
    ck_assert_uint_lt(len, sizeof p.text);
    for (size_t i = 0; i < len; i++) p.text[i] = script[i] == '\'' ? '"' : script[i];
    p.text[len] = 0;
    script += len + (script[len] == '\n');
    p.line++;
    if (p.text[0] == '@') {
      p.t_ms = strtoul(p.text + 1, NULL, 10);
    } else if (p.text[0] >= '0' && p.text[0] <= '9') {
      play_conn(&p, p.text);
    } else if (!play_limit(&p, p.text)) {
      play_words(&p, p.text);
    }
  }
  return judge_end(j, p.t_ms);
}

/* ---- Rules ---- */

static void check_case(const rule_case *rule) {
  judge *j = judge_new();
  judge_verdict verdict = script_judge(j, rule->good);
  const judge_finding *found = judge_found(j);
  ck_assert_msg(verdict != JUDGE_REJECTED, "%s, the good trace: line %llu, %s: %s",
                rule->requirement, (unsigned long long)found->line, found->requirement,
                found->what);
  judge_reset(j);
  verdict = script_judge(j, rule->bad);
  found = judge_found(j);
  ck_assert_msg(verdict == JUDGE_REJECTED, "%s: the bad trace was not rejected, after:\n%s",
                rule->requirement, rule->bad);
  ck_assert_msg(strcmp(found->requirement, rule->requirement) == 0,
                "%s: the bad trace was rejected at line %llu for %s: %s", rule->requirement,
                (unsigned long long)found->line, found->requirement, found->what);
  ck_assert_msg(found->sentence[0] && found->what[0] && found->acceptable[0],
                "%s: the finding does not say all it should", rule->requirement);
  for (size_t i = 1; i < found->lead_up_count; i++)
    ck_assert_uint_lt(found->lead_up[i - 1], found->lead_up[i]);
  judge_free(j);
}

START_TEST(each_rule_rejects_its_breach_alone) { check_case(&rule_cases[_i]); }
END_TEST

START_TEST(each_rule_of_streams_rejects_its_breach_alone) { check_case(&stream_cases[_i]); }
END_TEST

/* ---- Captures of real 1.0.2 peers ---- */

typedef struct capture {
  const char *name;
  judge_verdict verdict;
  const char *requirement;
} capture;

static const capture captures[] = {
    {"01_connect_auth_two_clients", JUDGE_ACCEPTED, NULL},
    {"02_reconnect_known_uuid", JUDGE_ACCEPTED, NULL},
    {"04_message_to_uuid", JUDGE_ACCEPTED, NULL},
    {"05_group_one_key", JUDGE_ACCEPTED, NULL},
    /* The server writes again on the same connection what was not confirmed. */
    {"08_confirm_dropped_resend", JUDGE_REJECTED, "EP-SEND-3"},
    /* A hand-made client writes message.retry, which EP/1 reads and does not write. */
    {"09_message_retry", JUDGE_REJECTED, "EP-COMPAT-2"},
    {"10_payload_types", JUDGE_ACCEPTED, NULL}};

START_TEST(captures_of_real_peers_are_judged_as_they_are) {
  char path[256];
  (void)snprintf(path, sizeof path, "src/test/node/captures/%s.ndjson", captures[_i].name);
  FILE *file = fopen(path, "r");
  ck_assert_msg(file != NULL, "%s cannot be read", path);
  trace_reader *reader = trace_reader_new(file);
  judge *j = judge_new();
  trace_event event = {0};
  while (trace_read(reader, &event) == 1) (void)judge_event(j, &event);
  judge_verdict verdict = judge_end(j, event.t_ms);
  const judge_finding *found = judge_found(j);
  ck_assert_msg(verdict == captures[_i].verdict, "%s: %s", path, found ? found->what : "accepted");
  if (captures[_i].requirement) ck_assert_str_eq(found->requirement, captures[_i].requirement);
  judge_free(j);
  trace_reader_free(reader);
  (void)fclose(file);
}
END_TEST

/* ---- The end of a trace ---- */

#define UNCONFIRMED JOIN("1", "ada") "1> " NEW("ada", "0", "u")

START_TEST(what_is_unfinished_is_undecided_until_it_had_time_to_heal) {
  judge *j = judge_new();
  ck_assert_int_eq(script_judge(j, JOIN("1", "ada")), JUDGE_ACCEPTED);
  judge_reset(j);
  ck_assert_int_eq(script_judge(j, UNCONFIRMED), JUDGE_INCONCLUSIVE);
  ck_assert_uint_gt(judge_unfinished(j), 0);
  judge_reset(j);
  ck_assert_int_eq(script_judge(j, UNCONFIRMED "heal\n@19999\n"), JUDGE_INCONCLUSIVE);
  judge_reset(j);
  ck_assert_int_eq(script_judge(j, UNCONFIRMED "heal\n@20000\n"), JUDGE_REJECTED);
  ck_assert_str_eq(judge_found(j)->requirement, "EP-G8-1");
  ck_assert_str_eq(judge_found(j)->uid, "u");
  ck_assert_str_eq(judge_found(j)->client, "ada");
  judge_free(j);
}
END_TEST

START_TEST(nothing_is_owed_to_the_dead) {
  judge *j = judge_new();
  ck_assert_int_eq(script_judge(j, UNCONFIRMED "crash ada\n1-\nheal\n@20000\n"), JUDGE_ACCEPTED);
  judge_reset(j);
  ck_assert_int_eq(script_judge(j, UNCONFIRMED "1> {'action':'bye'}\n1-\nheal\n@20000\n"),
                   JUDGE_ACCEPTED);
  judge_free(j);
}
END_TEST

START_TEST(what_was_wrong_first_counts) {
  judge *j = judge_new();
  const char *twice = JOIN("1", "ada") "1< " CONFIRM("0") "1< {'action':'pong'}\n";
  ck_assert_int_eq(script_judge(j, twice), JUDGE_REJECTED);
  ck_assert_str_eq(judge_found(j)->requirement, "EP-G5-1");
  ck_assert_uint_eq(judge_found(j)->line, 4);
  ck_assert_uint_eq(judge_found(j)->conn, 1);
  ck_assert_uint_eq(judge_frames(j), 3);
  judge_free(j);
}
END_TEST

Suite *oracle_suite_judge(void) {
  Suite *suite = suite_create("judge");
  TCase *all = tcase_create("judge");
  tcase_add_loop_test(all, each_rule_rejects_its_breach_alone, 0, rule_case_count);
  tcase_add_loop_test(all, each_rule_of_streams_rejects_its_breach_alone, 0, stream_case_count);
  tcase_add_loop_test(all, captures_of_real_peers_are_judged_as_they_are, 0,
                      (int)(sizeof captures / sizeof *captures));
  tcase_add_test(all, what_is_unfinished_is_undecided_until_it_had_time_to_heal);
  tcase_add_test(all, nothing_is_owed_to_the_dead);
  tcase_add_test(all, what_was_wrong_first_counts);
  suite_add_tcase(suite, all);
  return suite;
}
