/* Harness: bytes to frames. However the bytes are cut (EP-FRAME-2), and however little memory there
 * is, the reader says the same; each end byte ends one frame; no limit is passed.
 * Input: frame limit, depth limit, chunk size, the request that fails; then a stream. */
#include "fuzz.h"
#include "wire/frame.h"

static fuzz_memory memory;
typedef struct said {
  ep_buffer log;       /* what a reader said */
  size_t frames, lost; /* lost: 1: some, for want of memory */
} said;

static size_t count_ends(ep_bytes in) {
  size_t count = 0;
  for (size_t i = 0; i < in.len; i++) count += in.data[i] == EP_FRAME_END;
  return count;
}

static void note(said *out, const ep_frame_reader *reader, ep_frame_result result) {
  ep_bytes text = ep_frame_text(reader);
  out->frames++;
  ep_buffer_append_u64(&out->log, result);
  if (result == EP_FRAME_NO_MEMORY) out->lost = 1;
  if (ep_frame_members(reader) == NULL) return;
  FUZZ_MUST(count_ends(text) == 0 && text.len <= reader->frame_most,
            "A frame holds an end byte, or is longer than the limit (EP-LIM-2).");
  ep_buffer_append_u64(&out->log, ep_frame_members(reader)->top_count * 2 + ep_frame_form(reader));
  ep_buffer_append_u64(&out->log, ep_frame_members(reader)->inner_count);
  ep_buffer_append(&out->log, text);
}

static void read_chunk(said *out, ep_frame_reader *reader, ep_bytes chunk) {
  uint8_t *copy = fuzz_copy(chunk);
  ep_bytes rest = {copy, chunk.len};
  ep_frame_result result = EP_FRAME_READY;
  while (result != EP_FRAME_MORE) {
    size_t used;
    result = ep_frame_read(reader, &used, rest);
    FUZZ_MUST(used <= rest.len, "The reader used more than there was.");
    rest = ep_bytes_from(rest, used);
    if (result != EP_FRAME_MORE) note(out, reader, result);
  }
  FUZZ_MUST(rest.len == 0, "The reader wants more and left some.");
  free(copy);
}

static said read_stream(ep_bytes stream, size_t chunk, const size_t limits[2], size_t fail) {
  static const ep_allocator allocator = {fuzz_resize, &memory};
  said out = {.frames = 0};
  ep_frame_scratch scratch;
  ep_frame_reader reader;
  ep_buffer_init(&out.log, &fuzz_unfailing);
  memory = (fuzz_memory){.fail_at = fail, .fails = fail};
  ep_frame_scratch_init(&scratch, &allocator);
  ep_frame_reader_init(&reader, &allocator, &scratch);
  ep_frame_reader_set_limit(&reader, limits[0], (unsigned)limits[1]);
  for (; stream.len > chunk; stream = ep_bytes_from(stream, chunk))
    read_chunk(&out, &reader, ep_bytes_of(stream.data, chunk));
  read_chunk(&out, &reader, stream);
  ep_frame_reader_free(&reader);
  ep_frame_scratch_free(&scratch);
  FUZZ_MUST(memory.live == 0, "The reader kept memory.");
  return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_input in = {data, size};
  const size_t limits[2] = {1 + fuzz_byte(&in) * 8, 1 + fuzz_byte(&in) % 16};
  size_t chunk = 1 + fuzz_byte(&in), fail = fuzz_byte(&in);
  ep_bytes stream = fuzz_bytes(&in, 4096);
  size_t ends = count_ends(stream);
  said read[] = {read_stream(stream, SIZE_MAX, limits, 0), read_stream(stream, chunk, limits, 0),
                 read_stream(stream, chunk, limits, fail)};
  FUZZ_MUST(ep_bytes_equal(ep_buffer_bytes(&read[0].log), ep_buffer_bytes(&read[1].log)),
            "What was read depends on how the bytes were cut (EP-FRAME-2).");
  FUZZ_MUST(read[0].frames - ends <= 1, "An end byte must end one frame (EP-FRAME-1).");
  FUZZ_MUST(read[2].frames - read[1].frames <= read[2].lost, "No word of a frame that was lost.");
  for (int i = 0; i < 3; i++) ep_buffer_free(&read[i].log);
  return 0;
}
