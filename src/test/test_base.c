/* Unit tests of floor 1: bytes, buffer, skip, hashes, table.
 * Read first: src/base/, test_memory.h. */
#include <check.h>
#include <stdio.h>

#include "base/assert.h"
#include "base/buffer.h"
#include "base/hash.h"
#include "base/secret.h"
#include "base/skip.h"
#include "test/secret_watch.h"
#include "test/test_memory.h"

Suite *ep_suite_base(void);

static const ep_hash_key counting_key = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}};

static bool buffer_holds(const ep_buffer *buffer, ep_bytes what) {
  return ep_bytes_equal(ep_buffer_bytes(buffer), what);
}

START_TEST(bytes_compare) {
  ck_assert(ep_bytes_equal(EP_NOTHING, EP_LITERAL("")));
  ck_assert(!ep_bytes_equal(EP_LITERAL("ab"), EP_LITERAL("ac")));
  ck_assert_int_lt(ep_bytes_compare(EP_LITERAL("ab"), EP_LITERAL("abc")), 0);
  ck_assert_int_gt(ep_bytes_compare(EP_LITERAL("b"), EP_LITERAL("abc")), 0);
  ck_assert_int_eq(ep_bytes_compare(EP_NOTHING, EP_NOTHING), 0);
  ck_assert(ep_bytes_equal(ep_bytes_from(EP_LITERAL("abc"), 1), EP_LITERAL("bc")));
}
END_TEST

static bool is_secret(const char *secret, const char *shown) {
  return ep_equal_in_constant_time(ep_bytes_of(secret, strlen(secret)),
                                   ep_bytes_of(shown, strlen(shown)));
}

/* EP-SEC-3: the time is what secret_watch.c has Valgrind look at. */
START_TEST(secrets_compare) {
  static const char secret[] = "0123456789abcdef0123456789abcdef"; /* as long as a SHA-256 */
  ck_assert(is_secret(secret, secret));
  for (size_t at = 0; at < sizeof secret - 1; at++) {
    char other[sizeof secret];
    memcpy(other, secret, sizeof secret);
    other[at] ^= (char)(1u << at % 7);
    ck_assert(!is_secret(secret, other));
    other[at] = '\0'; /* shorter */
    ck_assert(!is_secret(secret, other));
  }
  ck_assert(!is_secret(secret, "0123456789abcdef0123456789abcdef0"));
  ck_assert(!is_secret("abab", "ab"));
  ck_assert(!is_secret("ab", "abab"));
  ck_assert(is_secret("", ""));
  ck_assert(!is_secret("", "a"));
  ck_assert_uint_ne(secrets_compared, 0);
}
END_TEST

START_TEST(buffer_appends) {
  test_memory memory = {0};
  ep_allocator allocator = test_allocator(&memory);
  ep_buffer buffer;
  ep_buffer_init(&buffer, &allocator);
  ck_assert(buffer_holds(&buffer, EP_NOTHING));
  ck_assert_uint_eq(memory.blocks, 0);
  ep_buffer_append_literal(&buffer, "a=");
  ep_buffer_append_u64(&buffer, 0);
  ep_buffer_append_byte(&buffer, ';');
  ep_buffer_append_u64(&buffer, UINT64_MAX);
  ck_assert(buffer_holds(&buffer, EP_LITERAL("a=0;18446744073709551615")));
  ep_buffer_truncate(&buffer, 3);
  ep_buffer_consume(&buffer, 2);
  ck_assert(buffer_holds(&buffer, EP_LITERAL("0")));
  ep_buffer_clear(&buffer);
  ck_assert_uint_eq(ep_buffer_len(&buffer), 0);
  ck_assert_uint_eq(memory.blocks, 1);
  ep_buffer_free(&buffer);
  ck_assert_uint_eq(memory.live, 0);
}
END_TEST

START_TEST(buffer_escapes_as_json_stringify) {
  test_memory memory = {0};
  ep_allocator allocator = test_allocator(&memory);
  ep_buffer buffer;
  ep_buffer_init(&buffer, &allocator);
  ep_buffer_append_json_string(&buffer,
                               EP_LITERAL("a\"b\\c/\b\f\n\r\t\x01\x0b\x1f\x7f\xc3\xa9\0z"));
  ck_assert(
      buffer_holds(&buffer, EP_LITERAL("\"a\\\"b\\\\c/\\b\\f\\n\\r\\t\\u0001\\u000b\\u001f\x7f"
                                       "\xc3\xa9\\u0000z\"")));
  ep_buffer_free(&buffer);
}
END_TEST

static void escape_plainly(ep_buffer *out, ep_bytes in) {
  for (size_t i = 0; i < in.len; i++) {
    uint8_t escape[6];
    size_t len = ep_escape_write(escape, in.data[i]);
    ep_buffer_append(out, len == 0 ? ep_bytes_of(in.data + i, 1) : ep_bytes_of(escape, len));
  }
}

START_TEST(buffer_escapes_runs_of_any_length) {
  test_memory memory = {0};
  ep_allocator allocator = test_allocator(&memory);
  ep_buffer fast, plain;
  uint8_t in[3000];
  uint64_t seed = 7;
  ep_buffer_init(&fast, &allocator);
  ep_buffer_init(&plain, &allocator);
  for (size_t len = 0; len < sizeof in; len = len * 9 / 8 + 1) {
    for (size_t i = 0; i < len; i++) {
      uint64_t random = test_random(&seed);
      in[i] = random % 9 == 0 ? (uint8_t)(random >> 8) : 'x';
    }
    ep_buffer_clear(&fast);
    ep_buffer_clear(&plain);
    ep_buffer_append_escaped(&fast, ep_bytes_of(in, len));
    escape_plainly(&plain, ep_bytes_of(in, len));
    ck_assert(buffer_holds(&fast, ep_buffer_bytes(&plain)));
  }
  ep_buffer_free(&fast);
  ep_buffer_free(&plain);
  ck_assert_uint_eq(memory.live, 0);
}
END_TEST

/* A queue that always holds about 1 kB, through which 1 MB goes. */
START_TEST(buffer_as_a_queue_stays_small) {
  test_memory memory = {0};
  ep_allocator allocator = test_allocator(&memory);
  ep_buffer buffer;
  uint8_t next_in = 0, next_out = 0;
  ep_buffer_init(&buffer, &allocator);
  for (int turn = 0; turn < 100000; turn++) {
    for (int i = 0; i < 10; i++) ep_buffer_append_byte(&buffer, next_in++);
    if (ep_buffer_len(&buffer) < 1000) continue;
    bool same = true;
    for (int i = 0; i < 10; i++) same = same && ep_buffer_bytes(&buffer).data[i] == next_out++;
    ck_assert(same);
    ep_buffer_consume(&buffer, 10);
  }
  ck_assert_uint_le(memory.most, 8192);
  ep_buffer_free(&buffer);
  ck_assert_uint_eq(memory.live, 0);
}
END_TEST

START_TEST(buffer_failure_is_sticky) {
  test_memory memory = {.fail_at = 2};
  ep_allocator allocator = test_allocator(&memory);
  ep_buffer buffer;
  uint8_t block[100] = {0};
  ep_buffer_init(&buffer, &allocator);
  ep_buffer_append_literal(&buffer, "kept");
  ep_buffer_append(&buffer, ep_bytes_of(block, sizeof block));
  ck_assert(buffer.failed);
  ep_buffer_append_literal(&buffer, "!");
  ck_assert(buffer_holds(&buffer, EP_LITERAL("kept")));
  ck_assert_ptr_null(ep_buffer_reserve(&buffer, 1));
  ep_buffer_clear(&buffer);
  ep_buffer_append_literal(&buffer, "again");
  ck_assert(buffer_holds(&buffer, EP_LITERAL("again")));
  ep_buffer_free(&buffer);
  ck_assert_uint_eq(memory.live, 0);
}
END_TEST

START_TEST(buffer_keeps_below_its_most) {
  test_memory memory = {0};
  ep_allocator allocator = test_allocator(&memory);
  ep_buffer buffer;
  ep_buffer_init(&buffer, &allocator);
  buffer.most = 100;
  for (int i = 0; i < 100; i++) ep_buffer_append_byte(&buffer, 'x');
  ck_assert(!buffer.failed);
  ck_assert_uint_le(memory.live, 100);
  ep_buffer_append_byte(&buffer, 'x');
  ck_assert(buffer.failed);
  ck_assert_uint_eq(ep_buffer_len(&buffer), 100);
  ck_assert_ptr_null(ep_buffer_reserve(&buffer, SIZE_MAX));
  ep_buffer_free(&buffer);
  ck_assert_uint_eq(buffer.most, 100);
}
END_TEST

START_TEST(buffer_trims_what_it_does_not_need) {
  test_memory memory = {0};
  ep_allocator allocator = test_allocator(&memory);
  ep_buffer buffer;
  ep_buffer_init(&buffer, &allocator);
  ep_buffer_trim(&buffer, 100);
  ck_assert_uint_eq(memory.live, 0);
  for (int i = 0; i < 1000; i++) ep_buffer_append_literal(&buffer, "0123456789");
  ep_buffer_consume(&buffer, 9899);
  ep_buffer_trim(&buffer, 100); /* 101 bytes are left */
  ck_assert_uint_gt(memory.live, 10000);
  ep_buffer_consume(&buffer, 78);
  memory.fail_at = memory.calls + 1;
  ep_buffer_trim(&buffer, 100);
  ck_assert_uint_gt(memory.live, 10000);
  ck_assert(!buffer.failed && buffer_holds(&buffer, EP_LITERAL("78901234567890123456789")));
  ep_buffer_trim(&buffer, 100);
  ck_assert_uint_eq(memory.live, 100);
  ep_buffer_append_literal(&buffer, "!");
  ck_assert(buffer_holds(&buffer, EP_LITERAL("78901234567890123456789!")));
  ep_buffer_free(&buffer);
  ck_assert_uint_eq(memory.live, 0);
}
END_TEST

START_TEST(skip_finds_what_a_loop_finds) {
  uint8_t in[80];
  uint64_t seed = 11;
  for (int round = 0; round < 20000; round++) {
    size_t len = test_random(&seed) % sizeof in;
    for (size_t i = 0; i < len; i++) {
      uint64_t random = test_random(&seed);
      in[i] = random % 40 == 0 ? (uint8_t)(random >> 8) : (uint8_t)(0x23 + random % 0x39);
    }
    for (int high = 0; high < 2; high++) {
      ck_assert_ptr_eq(ep_skip(in, in + len, high), ep_skip_scalar(in, in + len, high));
    }
  }
  for (unsigned byte = 0; byte < 256; byte++) { /* every byte at every place of a vector */
    for (size_t at = 0; at < 16; at++) {
      for (size_t i = 0; i < 16; i++) in[i] = ' ';
      in[at] = (uint8_t)byte;
      ck_assert_ptr_eq(ep_skip(in, in + 16, true), ep_skip_scalar(in, in + 16, true));
      ck_assert_ptr_eq(ep_skip(in, in + 16, false), ep_skip_scalar(in, in + 16, false));
    }
  }
}
END_TEST

/* Key 00…0f, input 00…n-1. The 128-bit results are those of the authors (vectors.h); the others
 * were made with OpenSSL 3.0 (`openssl mac -macopt c-rounds:1 -macopt d-rounds:3 … siphash`). */
START_TEST(siphash_vectors) {
  static const struct {
    size_t len;
    uint8_t hash[8];
    uint8_t fingerprint[16];
  } vectors[] = {
      {0,
       {0xdc, 0xc4, 0x0f, 0x05, 0x58, 0x01, 0xac, 0xab},
       {0xa3, 0x81, 0x7f, 0x04, 0xba, 0x25, 0xa8, 0xe6, 0x6d, 0xf6, 0x72, 0x14, 0xc7, 0x55, 0x02,
        0x93}},
      {1,
       {0x93, 0xca, 0x57, 0x7d, 0xf3, 0x9b, 0xf4, 0xc9},
       {0xda, 0x87, 0xc1, 0xd8, 0x6b, 0x99, 0xaf, 0x44, 0x34, 0x76, 0x59, 0x11, 0x9b, 0x22, 0xfc,
        0x45}},
      {2,
       {0x4d, 0xd4, 0xc7, 0x4d, 0x02, 0x9b, 0xcb, 0x82},
       {0x81, 0x77, 0x22, 0x8d, 0xa4, 0xa4, 0x5d, 0xc7, 0xfc, 0xa3, 0x8b, 0xde, 0xf6, 0x0a, 0xff,
        0xe4}},
      {23,
       {0x23, 0xc1, 0xe6, 0xda, 0x7f, 0x0e, 0x5a, 0x52},
       {0xc9, 0xd1, 0x84, 0xdd, 0xd5, 0xa9, 0xf5, 0xe0, 0xcf, 0x8c, 0xe2, 0x9a, 0x9a, 0xbf, 0x69,
        0x1c}},
      {63,
       {0xa8, 0xb3, 0xbb, 0xb7, 0x62, 0x90, 0x19, 0x9d},
       {0x51, 0x50, 0xd1, 0x77, 0x2f, 0x50, 0x83, 0x4a, 0x50, 0x3e, 0x06, 0x9a, 0x97, 0x3f, 0xbd,
        0x7c}},
  };
  uint8_t in[64];
  for (size_t i = 0; i < sizeof in; i++) in[i] = (uint8_t)i;
  for (size_t v = 0; v < sizeof vectors / sizeof vectors[0]; v++) {
    uint64_t hash = ep_hash(&counting_key, ep_bytes_of(in, vectors[v].len));
    ep_fingerprint fingerprint = ep_fingerprint_of(&counting_key, ep_bytes_of(in, vectors[v].len));
    for (unsigned i = 0; i < 8; i++) {
      ck_assert_uint_eq((uint8_t)(hash >> (8 * i)), vectors[v].hash[i]);
    }
    ck_assert_mem_eq(fingerprint.bytes, vectors[v].fingerprint, 16);
  }
}
END_TEST

static bool number_is(const void *key, const void *entry) {
  return *(const int *)key == *(const int *)entry;
}

/* Few home slots, so that runs collide and wrap around. */
static uint64_t bad_hash(int number) { return (uint64_t)number % 7 + ((uint64_t)number << 32); }

enum { NUMBERS = 300 };

static void table_compare(const ep_table *table, const int *numbers, const bool *present) {
  size_t count = 0, seen = 0, cursor = 0;
  for (int i = 0; i < NUMBERS; i++) {
    void *found = ep_table_find(table, bad_hash(i), number_is, &i);
    ck_assert_ptr_eq(found, present[i] ? &numbers[i] : NULL);
    count += present[i];
  }
  for (int *entry; (entry = ep_table_next(table, &cursor)) != NULL; seen++) {
    ck_assert(present[*entry]);
  }
  ck_assert_uint_eq(table->count, count);
  ck_assert_uint_eq(seen, count);
}

START_TEST(table_against_a_plain_array) {
  test_memory memory = {0};
  ep_allocator allocator = test_allocator(&memory);
  ep_table table;
  int numbers[NUMBERS];
  bool present[NUMBERS] = {false};
  uint64_t seed = 3;
  for (int i = 0; i < NUMBERS; i++) numbers[i] = i;
  ep_table_init(&table, &allocator);
  for (int step = 0; step < 20000; step++) {
    int i = (int)(test_random(&seed) % NUMBERS);
    if (!present[i]) {
      ck_assert(ep_table_insert(&table, bad_hash(i), &numbers[i]));
    } else if (step % 2 == 0) {
      ck_assert_ptr_eq(ep_table_remove(&table, bad_hash(i), number_is, &i), &numbers[i]);
    } else {
      ck_assert_ptr_eq(ep_table_remove(&table, bad_hash(i), NULL, &numbers[i]), &numbers[i]);
    }
    present[i] = !present[i];
    if (step % 100 == 0) table_compare(&table, numbers, present);
  }
  int absent = NUMBERS;
  ck_assert_ptr_null(ep_table_remove(&table, bad_hash(absent), number_is, &absent));
  ep_table_free(&table);
  ck_assert_uint_eq(memory.live, 0);
}
END_TEST

START_TEST(table_reserved_insert_cannot_fail) {
  test_memory memory = {0};
  ep_allocator allocator = test_allocator(&memory);
  ep_table table;
  int numbers[1000];
  ep_table_init(&table, &allocator);
  ck_assert(ep_table_reserve(&table, 0));
  ck_assert_uint_eq(memory.calls, 0);
  ck_assert(ep_table_reserve(&table, 1000));
  memory.fail_at = memory.calls + 1;
  memory.fail_on = true;
  for (int i = 0; i < 1000; i++) ck_assert(ep_table_insert(&table, (uint64_t)i, &numbers[i]));
  ck_assert(!ep_table_reserve(&table, 100000));
  ck_assert(!ep_table_reserve(&table, SIZE_MAX / 2));
  ck_assert_ptr_eq(ep_table_find(&table, 999, NULL, &numbers[999]), &numbers[999]);
  ep_table_free(&table);
  ck_assert_uint_eq(memory.live, 0);
}
END_TEST

START_TEST(table_insert_without_memory_changes_nothing) {
  test_memory memory = {.fail_at = 1};
  ep_allocator allocator = test_allocator(&memory);
  ep_table table;
  int number;
  ep_table_init(&table, &allocator);
  ck_assert(!ep_table_insert(&table, 1, &number));
  ck_assert_ptr_null(ep_table_find(&table, 1, NULL, &number));
  ck_assert(ep_table_insert(&table, 1, &number));
  ep_table_free(&table);
  ck_assert_uint_eq(memory.live, 0);
}
END_TEST

START_TEST(assert_aborts) {
  fclose(stderr);
  ep_buffer buffer = {0};
  ep_buffer_consume(&buffer, 1);
}
END_TEST

Suite *ep_suite_base(void) {
  Suite *suite = suite_create("base");
  TCase *bytes = tcase_create("bytes");
  tcase_add_test(bytes, bytes_compare);
  tcase_add_test(bytes, secrets_compare);
  tcase_add_test(bytes, buffer_appends);
  tcase_add_test(bytes, buffer_escapes_as_json_stringify);
  tcase_add_test(bytes, buffer_escapes_runs_of_any_length);
  tcase_add_test(bytes, buffer_as_a_queue_stays_small);
  tcase_add_test(bytes, buffer_failure_is_sticky);
  tcase_add_test(bytes, buffer_keeps_below_its_most);
  tcase_add_test(bytes, buffer_trims_what_it_does_not_need);
  tcase_add_test(bytes, skip_finds_what_a_loop_finds);
  suite_add_tcase(suite, bytes);
  TCase *hashes = tcase_create("hashes");
  tcase_add_test(hashes, siphash_vectors);
  tcase_add_test(hashes, table_against_a_plain_array);
  tcase_add_test(hashes, table_reserved_insert_cannot_fail);
  tcase_add_test(hashes, table_insert_without_memory_changes_nothing);
  suite_add_tcase(suite, hashes);
  if (getenv("CK_FORK") == NULL) { /* an abort needs a process of its own */
    TCase *panics = tcase_create("panics");
    tcase_add_test_raise_signal(panics, assert_aborts, 6);
    suite_add_tcase(suite, panics);
  }
  return suite;
}
