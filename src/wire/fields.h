/* Floor 2, wire. The members of a message by name, and their values checked: what message.c
 * decodes with. Private to wire.
 * Read first: wire/frame.h, wire/message.h. */
#ifndef EP_WIRE_FIELDS_H
#define EP_WIRE_FIELDS_H

#include "wire/message.h"

/* Every member name that this protocol reads, the shortest first. */
/* clang-format off */
#define EP_FIELDS(X)                                                                      \
  X(BY, "by") X(ID, "id") X(OF, "of") X(TO, "to")                                         \
  X(UID, "uid")                                                                           \
  X(CODE, "code") X(FROM, "from") X(LEFT, "left") X(MORE, "more") X(UUID, "uuid")         \
  X(COUNT, "count") X(EPOCH, "epoch") X(TOKEN, "token")                                   \
  X(ACTION, "action") X(EXPECT, "expect") X(FROM_ID, "fromId") X(LIMITS, "limits")        \
  X(MISSED, "missed") X(REASON, "reason") X(SECRET, "secret") X(WINDOW, "window")         \
  X(PAYLOAD, "payload") X(RECEIPT, "receipt") X(SESSION, "session") X(VERSION, "version") \
  X(INSTANCE, "instance") X(PRESENCE, "presence")                                         \
  X(CONNECTED, "connected")

typedef enum ep_field {
#define EP_FIELD_ENUM(id, name) EP_FIELD_##id,
  EP_FIELDS(EP_FIELD_ENUM)
#undef EP_FIELD_ENUM
  EP_FIELD_END
} ep_field;
/* clang-format on */

/* The members of one object by field: the last of each name, NULL where there is none. */
typedef struct ep_fields {
  ep_bytes text;
  ep_frame_scratch *scratch;
  const ep_json_member *at[EP_FIELD_END];
} ep_fields;

void ep_fields_collect(ep_fields *out, ep_frame_scratch *scratch, ep_bytes text,
                       const ep_json_member *members, unsigned count);

/* The kinds below are asked of complete values only: a field whose value was not read to its end,
 * or that is not there, is none of them. */
bool ep_field_is(const ep_fields *fields, ep_field field, ep_json_kind kind);

/* The value as spelled; nothing when it is not there. */
ep_bytes ep_field_json(const ep_fields *fields, ep_field field);

/* The bytes of a string, unescaped. False: not a string, or no room in the scratch, or a lone
 * surrogate. */
bool ep_field_string(const ep_fields *fields, ep_bytes *out, ep_field field);

/* The bytes of any string: as ep_field_string, or as spelled where that fails. Nothing: not a
 * string. */
ep_bytes ep_field_words(const ep_fields *fields, ep_field field);

/* A string of 1 to `most` bytes of printable ASCII. One that is longer is told in scratch->over. */
bool ep_field_printable(const ep_fields *fields, ep_bytes *out, ep_field field, size_t most);

/* The same for a uid, whatever field it is in. */
bool ep_field_uid(const ep_fields *fields, ep_bytes *out, ep_field field);

/* A number that can be an id: see ep_number_id. */
bool ep_field_id(const ep_fields *fields, uint64_t *out, ep_field field);

/* What kind of address a field is; `*out` is the client id when it is one. */
ep_to_kind ep_field_to(const ep_fields *fields, ep_bytes *out, ep_field field);

#endif
