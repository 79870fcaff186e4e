/* Harness: what is read, written and read again is the same message; what is written says nothing
 * that was not read; an item, rendered once, is the frame of its message.
 * Input: who wrote it; then one frame without its end byte. */
#include "compare.h"
#include "fuzz.h"

typedef struct reading {
  ep_frame_scratch scratch;
  ep_frame_reader reader;
  ep_message message; /* points into the frame and the scratch */
} reading;

static bool read_frame(reading *out, const ep_buffer *frame, ep_direction direction) {
  size_t used;
  ep_error why;
  ep_frame_scratch_init(&out->scratch, &fuzz_unfailing);
  ep_frame_reader_init(&out->reader, &fuzz_unfailing, &out->scratch);
  ep_frame_result result = ep_frame_read(&out->reader, &used, ep_buffer_bytes(frame));
  if (result != EP_FRAME_READY && result < EP_FRAME_TOO_DEEP) return false;
  ep_decode decoded = ep_message_decode(&out->reader, direction, &out->message, &why);
  FUZZ_MUST(decoded == EP_DECODE_INVALID || result == EP_FRAME_READY,
            "A frame over a limit is a message (EP-LIM-3).");
  return decoded == EP_DECODE_OK;
}

static void check_item(const ep_message *message, ep_direction direction, ep_form form) {
  ep_buffer text, item, frame;
  ep_item_shape shape;
  bool is_item = message->action == EP_ACTION_MESSAGE_NEW || message->action == EP_ACTION_ERROR ||
                 message->action == EP_ACTION_MESSAGE_RECEIPT;
  if (!is_item || (message->has & EP_HAS_ID) == 0) return;
  ep_buffer_init(&text, &fuzz_unfailing);
  ep_buffer_init(&item, &fuzz_unfailing);
  ep_buffer_init(&frame, &fuzz_unfailing);
  ep_message_render_item(&text, &shape, direction, message);
  ep_item_write(&item, form, ep_buffer_bytes(&text).data, shape, message->id);
  ep_message_encode(&frame, form, direction, message);
  FUZZ_MUST(ep_bytes_equal(ep_buffer_bytes(&item), ep_buffer_bytes(&frame)),
            "An item is not the frame of its message.");
  ep_buffer_free(&text);
  ep_buffer_free(&item);
  ep_buffer_free(&frame);
}

/* EP-G1-1, EP-MSG-6: written in both forms, and read again. */
static void check_round(const reading *first, ep_direction direction) {
  for (ep_form form = EP_ENVELOPED; form <= EP_BARE; form++) {
    ep_buffer frame;
    reading again;
    ep_buffer_init(&frame, &fuzz_unfailing);
    ep_message_encode(&frame, form, direction, &first->message);
    FUZZ_MUST(read_frame(&again, &frame, direction), "What was written cannot be read.");
    FUZZ_MUST(ep_frame_form(&again.reader) == form, "It was written in the other form.");
    if (form == EP_BARE) compare_messages(&first->message, &again.message);
    if (first->message.action != EP_ACTION_CLIENTS_LIST)
      compare_texts(ep_frame_text(&first->reader), ep_frame_text(&again.reader));
    if (form == EP_BARE || first->message.action == EP_ACTION_MESSAGE_NEW)
      check_item(&first->message, direction, form);
    ep_frame_reader_free(&again.reader);
    ep_frame_scratch_free(&again.scratch);
    ep_buffer_free(&frame);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_input in = {data, size};
  ep_direction direction = fuzz_byte(&in) & 1 ? EP_S2C : EP_C2S;
  reading first;
  ep_buffer frame;
  ep_buffer_init(&frame, &fuzz_unfailing);
  ep_buffer_append(&frame, fuzz_bytes(&in, EP_FRAME_STRINGS)); /* all strings of a frame fit */
  ep_buffer_append_byte(&frame, EP_FRAME_END);
  if (read_frame(&first, &frame, direction) && compare_is_whole(&first.message))
    check_round(&first, direction);
  ep_frame_reader_free(&first.reader);
  ep_frame_scratch_free(&first.scratch);
  ep_buffer_free(&frame);
  FUZZ_MUST(fuzz_own.live == 0, "The reader kept memory.");
  return 0;
}
