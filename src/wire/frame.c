/* Floor 2, wire. The frame reader: whole frames in place, partial frames in a carry buffer,
 * refused frames skipped in constant memory; then the envelope.
 * Read first: wire/frame.h. */
#include "wire/frame.h"

#include "base/assert.h"

/* More than this is not kept for the next enveloped message. */
#define INNER_KEPT ((size_t)1 << 20)

void ep_frame_scratch_init(ep_frame_scratch *out, const ep_allocator *allocator) {
  ep_json_begin(&out->json, 1);
  ep_buffer_init(&out->inner, allocator);
  out->strings_len = 0;
  out->over = 0;
}

void ep_frame_scratch_free(ep_frame_scratch *scratch) {
  ep_buffer_free(&scratch->inner);
  scratch->strings_len = 0;
}

void ep_frame_reader_init(ep_frame_reader *out, const ep_allocator *allocator,
                          ep_frame_scratch *scratch) {
  EP_ASSERT(scratch != NULL);
  *out = (ep_frame_reader){.allocator = allocator, .scratch = scratch};
  ep_buffer_init(&out->carry, allocator);
  ep_frame_reader_set_limit(out, EP_LIMIT_FRAME, EP_LIMIT_DEPTH);
}

/* Gives back what a partial frame holds. */
static void carry_free(ep_frame_reader *reader) {
  ep_buffer_free(&reader->carry);
  if (reader->partial == NULL) return;
  reader->allocator->resize(reader->allocator->context, reader->partial, sizeof(ep_json), 0);
  reader->partial = NULL;
}

/* Forgets the frame shown by the last call. */
static void shown_drop(ep_frame_reader *reader) {
  if (!reader->shown) return;
  reader->shown = false;
  reader->text = EP_NOTHING;
  reader->members = NULL;
  if (reader->scratch->inner.capacity > INNER_KEPT) ep_buffer_free(&reader->scratch->inner);
  carry_free(reader);
}

void ep_frame_reader_free(ep_frame_reader *reader) {
  shown_drop(reader);
  carry_free(reader);
  reader->skipping = false;
}

void ep_frame_reader_set_limit(ep_frame_reader *reader, size_t frame_most, unsigned depth_most) {
  EP_ASSERT(frame_most >= 1 && frame_most <= EP_FRAME_MOST);
  EP_ASSERT(depth_most >= 1 && depth_most <= EP_JSON_DEPTH_MAX);
  reader->frame_most = frame_most;
  reader->depth_most = depth_most;
  reader->carry.most = frame_most + 1;
}

/* Scans, but never more than the limit and one end byte. `*large`: there is more than that. */
static ep_json_result scan_limited(const ep_frame_reader *reader, bool *large, ep_json *json,
                                   ep_bytes text) {
  size_t most = reader->frame_most;
  *large = false;
  if (text.len <= most) return ep_json_scan(json, text);
  if (json->offset <= most) {
    ep_json_result result = ep_json_scan(json, ep_bytes_of(text.data, most));
    if (result != EP_JSON_MORE) return result;
    if (text.data[most] == EP_FRAME_END) {
      return ep_json_scan(json, ep_bytes_of(text.data, most + 1));
    }
  }
  *large = true;
  return json->result;
}

static ep_frame_result shown_set(ep_frame_reader *reader, ep_frame_result result, ep_form form,
                                 const ep_json *json, ep_bytes text) {
  reader->form = form;
  reader->members = json;
  reader->text = text;
  return result;
}

static const ep_json_member *string_member(const ep_json *json, ep_bytes text, ep_bytes name) {
  const ep_json_member *found = ep_json_find(json->top, json->top_count, text, name);
  bool usable = found != NULL && found->kind == EP_JSON_STRING && found->value_end != 0;
  return usable ? found : NULL;
}

/* Undoes the envelope: scans the message that the string `data` holds. */
/* EP-FRAME-3: either form, at any time. */
static ep_frame_result envelope_open(ep_frame_reader *reader, ep_bytes data) {
  ep_frame_scratch *scratch = reader->scratch;
  size_t len;
  ep_buffer_clear(&scratch->inner);
  uint8_t *room = ep_buffer_reserve(&scratch->inner, data.len);
  if (room == NULL) return EP_FRAME_NO_MEMORY;
  if (!ep_json_unescape(room, &len, data, EP_SURROGATES_REFUSE)) return EP_FRAME_MALFORMED;
  ep_json *json = &scratch->json;
  ep_bytes text = ep_bytes_of(room, len);
  ep_json_result result = ep_json_scan_all(json, reader->depth_most, text);
  if (result == EP_JSON_DONE) return shown_set(reader, EP_FRAME_READY, EP_ENVELOPED, json, text);
  if (result == EP_JSON_MALFORMED) return EP_FRAME_MALFORMED;
  text.len = json->offset;
  return shown_set(reader, result == EP_JSON_TOO_DEEP ? EP_FRAME_TOO_DEEP : EP_FRAME_TOO_MANY,
                   EP_ENVELOPED, json, text);
}

/* A complete object: which of the two forms is it? */
static ep_frame_result frame_open(ep_frame_reader *reader, const ep_json *json, ep_bytes text) {
  if (string_member(json, text, EP_LITERAL("action")) != NULL) {
    return shown_set(reader, EP_FRAME_READY, EP_BARE, json, text);
  }
  const ep_json_member *type = string_member(json, text, EP_LITERAL("type"));
  const ep_json_member *data = string_member(json, text, EP_LITERAL("data"));
  if (type == NULL || data == NULL) return EP_FRAME_INVALID;
  if (!ep_json_escaped_is(ep_json_inside(type, text), EP_LITERAL("_message_"))) {
    return EP_FRAME_INVALID;
  }
  return envelope_open(reader, ep_json_inside(data, text));
}

/* The scan has come to an end at json->offset of `text`: what is it? */
static ep_frame_result frame_finish(ep_frame_reader *reader, const ep_json *json, ep_bytes text,
                                    bool large) {
  ep_bytes scanned = ep_bytes_of(text.data, json->offset);
  reader->shown = true;
  if (json->result == EP_JSON_DONE) {
    scanned.len--;
    return frame_open(reader, json, scanned);
  }
  reader->skipping = true;
  if (large) return EP_FRAME_TOO_LARGE;
  if (json->result == EP_JSON_MALFORMED) return EP_FRAME_MALFORMED;
  return shown_set(reader, json->result == EP_JSON_TOO_DEEP ? EP_FRAME_TOO_DEEP : EP_FRAME_TOO_MANY,
                   EP_BARE, json, scanned);
}

/* The frame is lost for want of memory; what is left of it will be skipped. */
static ep_frame_result frame_lose(ep_frame_reader *reader) {
  carry_free(reader);
  reader->skipping = true;
  return EP_FRAME_NO_MEMORY;
}

/* Keeps a frame that does not end in this chunk. */
static ep_frame_result partial_keep(ep_frame_reader *reader, const ep_json *json, ep_bytes text) {
  const ep_allocator *allocator = reader->allocator;
  ep_buffer_append(&reader->carry, text);
  if (reader->carry.failed) return frame_lose(reader);
  reader->partial = allocator->resize(allocator->context, NULL, 0, sizeof(ep_json));
  if (reader->partial == NULL) return frame_lose(reader);
  *reader->partial = *json;
  return EP_FRAME_MORE;
}

/* A frame begins in this chunk. */
static ep_frame_result read_in_place(ep_frame_reader *reader, size_t *used, ep_bytes in) {
  ep_json *json = &reader->scratch->json;
  bool large;
  ep_json_begin(json, reader->depth_most);
  ep_json_result result = scan_limited(reader, &large, json, in);
  *used = json->offset;
  if (result == EP_JSON_MORE && !large) return partial_keep(reader, json, in);
  return frame_finish(reader, json, in, large);
}

/* A frame goes on in this chunk. JSON holds no raw end byte: the first one is the end of the frame.
 */
static ep_frame_result read_carried(ep_frame_reader *reader, size_t *used, ep_bytes in) {
  ep_json *json = reader->partial;
  size_t before = ep_buffer_len(&reader->carry);
  EP_ASSERT(json->offset == before);
  const uint8_t *end = memchr(in.data, EP_FRAME_END, in.len);
  if (end != NULL) in.len = (size_t)(end - in.data) + 1;
  size_t room = reader->frame_most + 1 > before ? reader->frame_most + 1 - before : 0;
  if (in.len > room) in.len = room;
  ep_buffer_append(&reader->carry, in);
  if (reader->carry.failed) return frame_lose(reader);
  bool large;
  ep_bytes text = ep_buffer_bytes(&reader->carry);
  ep_json_result result = scan_limited(reader, &large, json, text);
  *used = json->offset - before;
  if (result == EP_JSON_MORE && !large) return EP_FRAME_MORE;
  return frame_finish(reader, json, text, large);
}

/* Skips what is left of a refused frame. Returns how many bytes; clears `skipping` at the end byte.
 */
static size_t skip_rest(ep_frame_reader *reader, ep_bytes in) {
  const uint8_t *end = memchr(in.data, EP_FRAME_END, in.len);
  if (end == NULL) return in.len;
  reader->skipping = false;
  return (size_t)(end - in.data) + 1;
}

ep_frame_result ep_frame_read(ep_frame_reader *reader, size_t *used, ep_bytes in) {
  size_t skipped = 0;
  *used = 0;
  shown_drop(reader);
  if (in.len > EP_FRAME_MOST) in.len = EP_FRAME_MOST;
  if (reader->skipping && in.len != 0) skipped = skip_rest(reader, in);
  *used = skipped;
  if (skipped == in.len) return EP_FRAME_MORE;
  in = ep_bytes_from(in, skipped);
  size_t read = 0;
  ep_frame_result result =
      reader->partial != NULL ? read_carried(reader, &read, in) : read_in_place(reader, &read, in);
  *used += read;
  EP_ASSERT(read <= in.len);
  return result;
}
