/* The client core and a stored state that somebody else has changed: what the protocol cannot say
 * is refused. Fuzzing found that it was loaded once (fuzz/README.md). Read first: test_client.h. */
#include "test/test_client.h"

/* A durable client of the server "e1" that has sent one message. */
static desk *desk_stored(void) {
  desk *d = desk_new();
  d->config.durable = true;
  desk_begin(d);
  desk_join2(d, "e1", 0);
  ck_assert_int_eq(desk_send(d, "bob", "7", NULL), EP_OK);
  desk_commit(d);
  ck_assert(desk_restart(d));
  return d;
}

/* The record that has this text in its value, and where. */
static stored *record_with(desk *d, const char *text, size_t *at) {
  for (size_t i = 0; i < d->stored_count; i++) {
    stored *s = &d->store[i];
    for (*at = 0; *at + strlen(text) <= s->value_len; ++*at)
      if (memcmp(s->value + *at, text, strlen(text)) == 0) return s;
  }
  ck_abort_msg("no record has %s", text);
  return NULL;
}

/* No server could read the auth request: a name is printable ASCII. */
START_TEST(epoch_is_printable) {
  static const uint8_t bytes[] = {'\n', 0, 0x1F, 0x7F, 0x80, 0xFF};
  size_t at;
  desk *d = desk_stored();
  stored *s = record_with(d, "e1", &at);
  for (size_t i = 0; i < sizeof bytes; i++) {
    s->value[at] = bytes[i];
    ck_assert(!desk_restart(d));
  }
  s->value[at] = 'f';
  ck_assert(desk_restart(d));
  desk_open(d);
  ck_assert_ptr_nonnull(strstr(desk_frame(d), "\\\"epoch\\\":\\\"f1\\\""));
  desk_free(d);
}
END_TEST

/* The value with the byte at `at` spelled as an escape; the place of the id moves with it. */
static void spell_as_escape(stored *s, size_t at) {
  enum { MORE = 5, HEAD = 4 };
  char escape[7];
  uint8_t *longer = malloc(s->value_len + MORE);
  ck_assert_ptr_nonnull(longer);
  (void)snprintf(escape, sizeof escape, "\\u%04x", s->value[at]);
  memcpy(longer, s->value, at);
  memcpy(longer + at, escape, sizeof escape - 1);
  memcpy(longer + at + sizeof escape - 1, s->value + at + 1, s->value_len - at - 1);
  if ((size_t)longer[3] + HEAD > at) longer[3] = (uint8_t)(longer[3] + MORE); /* below 251 */
  free(s->value);
  s->value = longer;
  s->value_len += MORE;
}

/* A uid is compared as it was made, and has no escapes. */
START_TEST(uid_has_no_escapes) {
  size_t at;
  desk *d = desk_stored();
  stored *s = record_with(d, "\"uid\":\"", &at);
  spell_as_escape(s, at + strlen("\"uid\":\""));
  ck_assert(!desk_restart(d));
  desk_free(d);
}
END_TEST

void add_client_stored(TCase *tcase) {
  tcase_add_test(tcase, epoch_is_printable);
  tcase_add_test(tcase, uid_has_no_escapes);
}
