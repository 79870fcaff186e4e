/* Floor 2, wire. Members by name, values checked.
 * Read first: wire/fields.h. */
#include "wire/fields.h"

#include "base/assert.h"
#include "wire/number.h"

enum { NAME_LONGEST = 9, SPELLED_MOST = 6 };

static const ep_bytes field_names[EP_FIELD_END] = {
#define FIELD_NAME(id, name) {(const uint8_t *)(name), sizeof(name) - 1},
    EP_FIELDS(FIELD_NAME)
#undef FIELD_NAME
};

/* The first field whose name has at least this many bytes. */
static const uint8_t field_first[NAME_LONGEST + 2] = {
    EP_FIELD_BY,       EP_FIELD_BY,        EP_FIELD_BY,     EP_FIELD_UID,
    EP_FIELD_CODE,     EP_FIELD_COUNT,     EP_FIELD_ACTION, EP_FIELD_PAYLOAD,
    EP_FIELD_INSTANCE, EP_FIELD_CONNECTED, EP_FIELD_END};

static ep_field field_of(ep_bytes name) {
  if (name.len > NAME_LONGEST) return EP_FIELD_END;
  for (unsigned i = field_first[name.len]; i < field_first[name.len + 1]; i++) {
    if (field_names[i].data[0] != name.data[0]) continue; /* most names differ there */
    if (memcmp(field_names[i].data, name.data, name.len) == 0) return (ep_field)i;
  }
  return EP_FIELD_END;
}

static ep_field field_of_escaped(ep_bytes spelled) {
  uint8_t room[NAME_LONGEST * SPELLED_MOST];
  size_t len;
  if (spelled.len > sizeof room) return EP_FIELD_END;
  if (!ep_json_unescape(room, &len, spelled, EP_SURROGATES_REFUSE)) return EP_FIELD_END;
  return field_of(ep_bytes_of(room, len));
}

void ep_fields_collect(ep_fields *out, ep_frame_scratch *scratch, ep_bytes text,
                       const ep_json_member *members, unsigned count) {
  EP_ASSERT(count <= EP_LIMIT_MEMBERS);
  *out = (ep_fields){.text = text, .scratch = scratch};
  /* EP-JSON-2: the last of a name counts; EP-JSON-3: escapes undone; EP-JSON-6: others are ignored
   */
  for (unsigned i = 0; i < count; i++) {
    ep_bytes name = ep_json_name(&members[i], text);
    ep_field field = members[i].name_escaped ? field_of_escaped(name) : field_of(name);
    if (field != EP_FIELD_END) out->at[field] = &members[i];
  }
}

bool ep_field_is(const ep_fields *fields, ep_field field, ep_json_kind kind) {
  const ep_json_member *member = fields->at[field];
  return member != NULL && member->value_end != 0 && member->kind == kind;
}

ep_bytes ep_field_json(const ep_fields *fields, ep_field field) {
  const ep_json_member *member = fields->at[field];
  if (member == NULL || member->value_end == 0) return EP_NOTHING;
  return ep_json_value(member, fields->text);
}

bool ep_field_string(const ep_fields *fields, ep_bytes *out, ep_field field) {
  if (!ep_field_is(fields, field, EP_JSON_STRING)) return false;
  *out = ep_json_inside(fields->at[field], fields->text);
  if (!fields->at[field]->value_escaped) return true;
  ep_frame_scratch *scratch = fields->scratch;
  uint8_t *room = scratch->strings + scratch->strings_len;
  size_t len;
  if (out->len > EP_FRAME_STRINGS - scratch->strings_len) return false;
  if (!ep_json_unescape(room, &len, *out, EP_SURROGATES_REFUSE)) return false;
  scratch->strings_len += len;
  *out = ep_bytes_of(room, len);
  return true;
}

ep_bytes ep_field_words(const ep_fields *fields, ep_field field) {
  ep_bytes words = EP_NOTHING;
  if (ep_field_string(fields, &words, field)) return words;
  return words; /* as spelled, or nothing */
}

/* EP-MSG-2, EP-MSG-3. Eight bytes at once: each at most 0x7e, and none below 0x20. */
static bool eight_printable(const uint8_t *at) {
  const uint64_t ones = UINT64_C(0x0101010101010101);
  uint64_t eight;
  memcpy(&eight, at, sizeof eight);
  uint64_t above = (eight | (eight + ones)) & (ones * 0x80);
  uint64_t from_space = ((eight | ones * 0x80) - ones * 0x20) & (ones * 0x80);
  return above == 0 && from_space == ones * 0x80;
}

bool ep_is_printable(ep_bytes in, size_t most) {
  if (in.len == 0 || in.len > most) return false;
  size_t i = 0;
  for (; in.len - i >= 8; i += 8) {
    if (!eight_printable(in.data + i)) return false;
  }
  for (; i < in.len; i++) {
    if (in.data[i] < 0x20 || in.data[i] > 0x7e) return false;
  }
  return true;
}

static uint32_t bound_of(ep_field field, size_t most) {
  if (most == EP_LIMIT_NAME) return EP_BOUND_BIT(NAME);
  if (most == EP_LIMIT_CREDENTIAL) return EP_BOUND_BIT(CREDENTIAL);
  return field == EP_FIELD_UID ? EP_BOUND_BIT(UID) : EP_BOUND_BIT(CLIENT_ID);
}

static bool read_printable(const ep_fields *fields, ep_bytes *out, ep_field field, size_t most,
                           uint32_t bound) {
  ep_bytes found = EP_NOTHING;
  if (!ep_field_is(fields, field, EP_JSON_STRING)) return false;
  bool longer = ep_json_inside(fields->at[field], fields->text).len > most * SPELLED_MOST;
  if (!longer && !ep_field_string(fields, &found, field)) return false;
  if (longer || found.len > most) fields->scratch->over |= bound;
  if (longer || !ep_is_printable(found, most)) return false;
  *out = found;
  return true;
}

bool ep_field_printable(const ep_fields *fields, ep_bytes *out, ep_field field, size_t most) {
  return read_printable(fields, out, field, most, bound_of(field, most));
}

bool ep_field_uid(const ep_fields *fields, ep_bytes *out, ep_field field) {
  return read_printable(fields, out, field, EP_LIMIT_UID, EP_BOUND_BIT(UID));
}

bool ep_field_id(const ep_fields *fields, uint64_t *out, ep_field field) {
  if (!ep_field_is(fields, field, EP_JSON_NUMBER)) return false;
  return ep_number_id(out, ep_field_json(fields, field));
}

/* An object of at most EP_LIMIT_SELECTOR members, scalars all. */
static bool is_selector(const ep_fields *fields, ep_bytes json) {
  ep_json scan;
  ep_json_member member;
  unsigned pairs = 0;
  ep_json_members_begin(&scan, EP_JSON_DEPTH_MAX);
  while (ep_json_members_next(&scan, &member, json)) {
    if (member.kind == EP_JSON_ARRAY || member.kind == EP_JSON_OBJECT) return false;
    if (++pairs <= EP_LIMIT_SELECTOR) continue;
    fields->scratch->over |= EP_BOUND_BIT(SELECTOR);
    return false;
  }
  EP_ASSERT(scan.result == EP_JSON_DONE);
  return true;
}

ep_to_kind ep_field_to(const ep_fields *fields, ep_bytes *out, ep_field field) {
  if (ep_field_json(fields, field).len == 0) return EP_TO_NONE;
  if (ep_field_printable(fields, out, field, EP_LIMIT_CLIENT_ID)) return EP_TO_CLIENT;
  if (!ep_field_is(fields, field, EP_JSON_OBJECT)) return EP_TO_IMPOSSIBLE;
  return is_selector(fields, ep_field_json(fields, field)) ? EP_TO_SELECTOR : EP_TO_IMPOSSIBLE;
}
