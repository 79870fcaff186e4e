/* Floor 2, wire. The writer, whole frames, and stream items: rendered once, written with each
 * recipient's id.
 * Read first: wire/writer.h, wire/message.h. */
#include "base/assert.h"
#include "base/skip.h"
#include "wire/writer.h"

const ep_bytes ep_envelope_begin = {(const uint8_t *)"{\"type\":\"_message_\",\"data\":\"", 28};
const ep_bytes ep_envelope_end = {(const uint8_t *)"\"}\x0C", 3};

void ep_write_string(ep_writer *writer, ep_bytes bytes) {
  const uint8_t *at = bytes.data;
  const uint8_t *end = bytes.len == 0 ? at : at + bytes.len;
  ep_write_literal(writer, "\"");
  while (at < end) {
    uint8_t escape[6];
    const uint8_t *stop = ep_skip(at, end, false);
    ep_write(writer, ep_bytes_of(at, (size_t)(stop - at)));
    if (stop == end) break;
    ep_write(writer, ep_bytes_of(escape, ep_escape_write(escape, *stop)));
    at = stop + 1;
  }
  ep_write_literal(writer, "\"");
}

void ep_write_number(ep_writer *writer, uint64_t number) {
  ep_buffer_append_u64(writer->out, number);
}

void ep_write_json_member(ep_writer *writer, ep_bytes before, ep_bytes json) {
  if (json.len == 0) return;
  ep_write(writer, before);
  ep_write(writer, json);
}

void ep_write_string_member(ep_writer *writer, ep_bytes before, ep_bytes bytes) {
  if (bytes.len == 0) return;
  ep_write(writer, before);
  ep_write_string(writer, bytes);
}

static uint32_t writer_at(const ep_writer *writer) {
  size_t at = ep_buffer_len(writer->out) - writer->base;
  EP_ASSERT(at <= UINT32_MAX);
  return (uint32_t)at;
}

void ep_write_id(ep_writer *writer, uint64_t id) {
  if (writer->shape == NULL) {
    ep_write_number(writer, id);
  } else {
    writer->shape->hole = writer_at(writer);
  }
}

bool ep_write_beyond_v1(ep_writer *writer) {
  if (writer->shape != NULL) writer->shape->v1_end = writer_at(writer);
  return writer->form == EP_BARE;
}

void ep_message_encode(ep_buffer *out, ep_form form, ep_direction direction,
                       const ep_message *message) {
  ep_writer writer = {.out = out, .form = form, .direction = direction};
  if (form == EP_ENVELOPED) ep_buffer_append(out, ep_envelope_begin);
  ep_write_message(&writer, message);
  if (form == EP_ENVELOPED) {
    ep_buffer_append(out, ep_envelope_end);
  } else {
    ep_buffer_append_byte(out, EP_FRAME_END);
  }
}

void ep_message_render_item(ep_buffer *out, ep_item_shape *shape, ep_direction direction,
                            const ep_message *message) {
  ep_writer writer = {.out = out,
                      .form = EP_BARE,
                      .direction = direction,
                      .shape = shape,
                      .base = ep_buffer_len(out)};
  *shape = (ep_item_shape){0, 0, 0};
  ep_write_message(&writer, message);
  if (out->failed) return;
  shape->len = writer_at(&writer);
  if (shape->v1_end == 0) shape->v1_end = shape->len - 1;
  EP_ASSERT(shape->hole > 0 && shape->hole <= shape->v1_end);
  EP_ASSERT(shape->v1_end < shape->len);
}

static void item_write_bare(ep_buffer *out, const uint8_t *text, ep_item_shape shape, uint64_t id) {
  uint8_t *to = ep_buffer_reserve(out, (size_t)shape.len + EP_U64_DIGITS + 1);
  if (to == NULL) return;
  memcpy(to, text, shape.hole);
  size_t digits = ep_u64_write(to + shape.hole, id);
  memcpy(to + shape.hole + digits, text + shape.hole, shape.len - shape.hole);
  to[shape.len + digits] = EP_FRAME_END; /* EP-FRAME-1 */
  ep_buffer_commit(out, shape.len + digits + 1);
}

static void item_write_enveloped(ep_buffer *out, const uint8_t *text, ep_item_shape shape,
                                 uint64_t id) {
  size_t before = ep_buffer_len(out);
  EP_ASSERT(shape.v1_end + 2 <= shape.len);
  ep_buffer_append(out, ep_envelope_begin);
  ep_buffer_append_escaped(out, ep_bytes_of(text, shape.hole));
  ep_buffer_append_u64(out, id);
  ep_buffer_append_escaped(out, ep_bytes_of(text + shape.hole, shape.v1_end - shape.hole));
  ep_buffer_append_literal(out, "}}");
  ep_buffer_append(out, ep_envelope_end);
  if (out->failed) ep_buffer_truncate(out, before);
}

enum { ID_DIGITS = 16 }; /* of the longest id (EP-JSON-5) */

/* What is not message: the envelope without its end byte, and the two braces that v1_end leaves. */
static uint64_t around_enveloped(void) {
  return ep_envelope_begin.len + ID_DIGITS + 2 + ep_envelope_end.len - 1;
}

uint64_t ep_item_frame_most(const uint8_t *text, ep_item_shape shape) {
  const uint8_t *at = text, *end = text + shape.v1_end;
  uint64_t most = around_enveloped() + shape.v1_end;
  while ((at = ep_skip(at, end, false)) < end) {
    uint8_t escape[6];
    most += ep_escape_write(escape, *at++) - 1;
  }
  uint64_t bare = (uint64_t)shape.len + ID_DIGITS;
  return most > bare ? most : bare;
}

uint64_t ep_item_frame_bound(ep_item_shape shape) {
  return around_enveloped() + 2 * (uint64_t)shape.len;
}

void ep_item_write(ep_buffer *out, ep_form form, const uint8_t *text, ep_item_shape shape,
                   uint64_t id) {
  EP_ASSERT(shape.hole <= shape.v1_end);
  EP_ASSERT(shape.v1_end < shape.len);
  if (form == EP_BARE) {
    item_write_bare(out, text, shape, id);
  } else {
    item_write_enveloped(out, text, shape, id);
  }
}
