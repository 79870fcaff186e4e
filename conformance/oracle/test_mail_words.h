/* A trace for the tests of mail.h, in few words: each call is one event. Only for one test file at
 * a time, which gets its own of everything. Read first: mail.h. */
#ifndef TEST_MAIL_WORDS_H
#define TEST_MAIL_WORDS_H

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "oracle/mail.h"
#include "oracle/scan.h"

static mail *m;       /* the one that is tested */
static uint64_t line; /* of the last event */
static mail_fault fault;

static inline void setup(void) {
  m = mail_new();
  line = 0;
}

static inline void teardown(void) { mail_free(m); }

static inline uint32_t arrives(const char *id) { return mail_client(m, span_of(id), ++line); }

/* A client that the server certainly knows. */
static inline uint32_t joins(const char *id) {
  uint32_t client = arrives(id);
  mail_known(m, client, ++line);
  return client;
}

static inline uint64_t session_arrives(uint32_t client, const char *session) {
  return mail_session_arrived(m, client, span_of(session), ++line);
}

static inline void session_applied(uint32_t client, uint64_t number) {
  mail_session_applied(m, client, number, ++line);
}

static inline void has_session(uint32_t client, const char *session) {
  session_applied(client, session_arrives(client, session));
}

static inline mail_message message_of(uint32_t sender, const char *uid, uint64_t id,
                                      const char *to) {
  return (mail_message){.sender = sender,
                        .uid = span_of(uid),
                        .id = id,
                        .numbering = 1,
                        .to = span_of(to),
                        .payload = span_of("\"hi\""),
                        .v2 = true};
}

static inline uint64_t sends_so(const mail_message *message) {
  uint64_t key = mail_arrived(m, message, ++line, &fault);
  ck_assert_msg(key != 0, "%s: %s", fault.requirement, fault.what);
  return key;
}

static inline uint64_t sends(uint32_t sender, const char *uid, uint64_t id, const char *to) {
  mail_message message = message_of(sender, uid, id, to);
  return sends_so(&message);
}

static inline uint64_t sends_v1(uint32_t sender, const char *uid, uint64_t id, const char *to) {
  mail_message message = message_of(sender, uid, id, to);
  message.v2 = false;
  return sends_so(&message);
}

static inline void accepted(uint64_t key) { mail_accepted(m, key, ++line); }

static inline mail_copy copy_of(uint32_t to, const char *from, const char *uid, uint64_t from_id,
                                const char *address) {
  return (mail_copy){.recipient = to,
                     .from = span_of(from),
                     .uid = span_of(uid),
                     .to = span_of(address),
                     .payload = span_of("\"hi\""),
                     .from_id = from_id,
                     .has_from_id = true};
}

static inline uint64_t gets(uint32_t to, const char *from, const char *uid, uint64_t from_id,
                            const char *address) {
  mail_copy copy = copy_of(to, from, uid, from_id, address);
  uint64_t key = mail_copied(m, &copy, ++line, &fault);
  ck_assert_msg(key != 0, "%s at line %llu: %s", fault.requirement, (unsigned long long)line,
                fault.what);
  return key;
}

static inline void wrong_copy(const mail_copy *copy, const char *requirement) {
  ck_assert_uint_eq(mail_copied(m, copy, ++line, &fault), 0);
  ck_assert_str_eq(fault.requirement, requirement);
  ck_assert_uint_gt(strlen(fault.what), 10);
  ck_assert_uint_gt(strlen(fault.acceptable), 10);
}

static inline void wrongly_gets(uint32_t to, const char *from, const char *uid, uint64_t from_id,
                                const char *address, const char *requirement) {
  mail_copy copy = copy_of(to, from, uid, from_id, address);
  wrong_copy(&copy, requirement);
}

static inline void confirms(uint32_t client, uint64_t key) { mail_settled(m, client, key, ++line); }

static inline void missing(size_t count, const char *requirement) {
  ck_assert_uint_eq(mail_missing(m), count);
  ck_assert_int_eq(mail_first_missing(m, &fault), count > 0);
  if (count > 0) ck_assert_str_eq(fault.requirement, requirement);
}

#endif
