/* Floor 2, wire. Writes the JSON text of a message, escaped once more when it goes into an
 * envelope. Private to wire: message.c and item.c encode with it.
 * Read first: wire/message.h. */
#ifndef EP_WIRE_WRITER_H
#define EP_WIRE_WRITER_H

#include "wire/message.h"

typedef struct ep_writer {
  ep_buffer *out;
  ep_form form;
  ep_direction direction;
  ep_item_shape *shape; /* not NULL: an item is rendered; its id is a hole */
  size_t base;          /* where in `out` the text begins */
} ep_writer;

/* JSON text as it is. */
static inline void ep_write(ep_writer *writer, ep_bytes json) {
  if (writer->form == EP_BARE) {
    ep_buffer_append(writer->out, json);
  } else {
    ep_buffer_append_escaped(writer->out, json);
  }
}

#define ep_write_literal(writer, json) ep_write((writer), EP_LITERAL(json))

/* Bytes as a JSON string. */
void ep_write_string(ep_writer *writer, ep_bytes bytes);

void ep_write_number(ep_writer *writer, uint64_t number);

/* `before` and then the value: nothing at all when the value is empty. */
void ep_write_json_member(ep_writer *writer, ep_bytes before, ep_bytes json);
void ep_write_string_member(ep_writer *writer, ep_bytes before, ep_bytes bytes);

/* The number of an item, or the hole for it. */
void ep_write_id(ep_writer *writer, uint64_t id);

/* What follows is left out in the enveloped form (of an item: when it is written). Returns whether
 * it is to be written now. */
bool ep_write_beyond_v1(ep_writer *writer);

/* The JSON text of `message`, from brace to brace. */
void ep_write_message(ep_writer *writer, const ep_message *message);

extern const ep_bytes ep_envelope_begin;
extern const ep_bytes ep_envelope_end; /* the end byte included */

#endif
