/* epigeon-bench: the frames it writes and the little it reads of those it gets. Hand-made on
 * purpose: it must cost less than the server that it measures, and share nothing with it. Frames
 * that do not look as expected are looked at again with jansson. Read first: spec/protocol.md,
 * frames and catalogue. */
#ifndef BENCH_FRAME_H
#define BENCH_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* RAW is the bare relay's: EP/2 message frames, confirms of 60 bytes that are only counted. */
enum proto { PROTO_RAW, PROTO_EP1, PROTO_EP2 };

enum { PAYLOAD_LEN = 256, UUID_LEN = 36, CONFIRM_LEN = 60, FRAME_MAX = 2048 };

extern const char raw_confirm[CONFIRM_LEN + 1];

/* A v4-shaped uuid that ends in the low 48 bits of number. */
void uuid_make(uint64_t group, uint64_t number, char out[UUID_LEN + 1]);

/* inner, enveloped or bare, with its end byte; returns its length. */
size_t frame_wrap(bool enveloped, const char *inner, char out[FRAME_MAX]);

/* A message.new frame of which only id and the number in its uid change. */
struct maker {
  char head[FRAME_MAX];
  char tail[FRAME_MAX];
  size_t head_len;
  size_t tail_len;
  size_t number_at; /* in tail: the last 12 digits of the uid */
};

void maker_init(struct maker *maker, enum proto proto, const char *from, const char *to_json);
size_t maker_size(const struct maker *maker); /* no frame is longer */
size_t maker_put(const struct maker *maker, uint64_t id, uint64_t number, char *out);

enum action {
  ACTION_OTHER,
  ACTION_AUTH,
  ACTION_SESSION,
  ACTION_MESSAGE,
  ACTION_CONFIRM,
  ACTION_PING,
  ACTION_ERROR,
  ACTION_BYE,
};
enum action frame_action(enum proto proto, const char *frame, size_t len);

/* Where the members of the last message lay: the next one is first looked at there. */
struct scan {
  size_t id_at;
  size_t uid_at;
  size_t payload_at;
};

struct message {
  const char *uid;
  uint64_t id;
  uint64_t number; /* from the uid */
};
/* False when the frame is no message of the bench, or its payload has changed. */
bool frame_message(struct scan *scan, enum proto proto, const char *frame, size_t len,
                   struct message *message);

/* EP/2: the id; EP/1: the number in the uid. */
bool frame_confirm(enum proto proto, const char *frame, size_t len, uint64_t *value);

size_t put_number(char *out, uint64_t number);

#endif
