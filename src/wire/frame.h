/* Floor 2, wire. Bytes in any chunks to frames, one a call; both forms, limits kept, nothing copied
 * that lies whole in one chunk.
 * Read first: wire/json.h, then spec/protocol.md, the chapter on frames. */
#ifndef EP_WIRE_FRAME_H
#define EP_WIRE_FRAME_H

#include "wire/json.h"
#include "wire/tally.h"

#define EP_FRAME_END 0x0C
#define EP_FRAME_MOST ((size_t)1 << 31) /* bytes: no limit `frame` is higher */

/* How a frame is spelled: EP/1 wraps the JSON text of the message into a string; EP/2 does not. */
typedef enum { EP_ENVELOPED, EP_BARE } ep_form;

typedef enum ep_frame_result {
  EP_FRAME_MORE,      /* all of `in` is used; the next frame has not ended yet */
  EP_FRAME_READY,     /* one frame: ep_frame_text and ep_frame_members show it */
  EP_FRAME_MALFORMED, /* not a JSON object in UTF-8, outside or inside the envelope */
  EP_FRAME_INVALID,   /* a JSON object, but neither an envelope nor a message */
  EP_FRAME_TOO_LARGE, /* longer than the limit */
  EP_FRAME_TOO_DEEP,  /* nested deeper than the limit; what came before can be read */
  EP_FRAME_TOO_MANY,  /* more members than EP_LIMIT_MEMBERS; what came before can be read */
  EP_FRAME_NO_MEMORY  /* the frame is lost; the reader goes on with the next one */
} ep_frame_result;

/* Room for strings of a message that were spelled with escapes. */
#define EP_FRAME_STRINGS 3072

/* Working memory that any number of readers of one thread share: what one frame needs while it is
 * looked at. What a reader shows is valid until the next ep_frame_read of ANY reader on the same
 * scratch. */
typedef struct ep_frame_scratch {
  ep_json json;
  ep_buffer inner; /* the text of an enveloped message, unescaped */
  uint32_t over;   /* limits that the message decoded last was over: EP_BOUND_BIT of each */
  size_t strings_len;
  uint8_t strings[EP_FRAME_STRINGS];
} ep_frame_scratch;

void ep_frame_scratch_init(ep_frame_scratch *out, const ep_allocator *allocator);
void ep_frame_scratch_free(ep_frame_scratch *scratch);

/* One direction of one connection. Between frames it owns no memory. */
typedef struct ep_frame_reader {
  const ep_allocator *allocator;
  ep_frame_scratch *scratch;
  size_t frame_most;
  unsigned depth_most;
  bool skipping; /* the rest of a refused frame, up to its end byte */
  bool shown;    /* the last call showed a frame: drop it first */
  ep_form form;
  ep_json *partial; /* own scan state, while a frame is partial */
  ep_buffer carry;  /* its bytes so far */
  ep_bytes text;    /* what is shown */
  const ep_json *members;
} ep_frame_reader;

/* Makes `out` a reader with the limits EP_LIMIT_FRAME and EP_LIMIT_DEPTH. `allocator` and `scratch`
 * must outlive it. Allocates nothing. */
void ep_frame_reader_init(ep_frame_reader *out, const ep_allocator *allocator,
                          ep_frame_scratch *scratch);

/* Gives back what a partial frame holds; the reader is as after init, its limits kept. */
void ep_frame_reader_free(ep_frame_reader *reader);

/* New limits, from the next byte on: `frame_most` bytes without the end byte (1 to EP_FRAME_MOST),
 * `depth_most` levels (1 to EP_JSON_DEPTH_MAX; from the next frame on). */
void ep_frame_reader_set_limit(ep_frame_reader *reader, size_t frame_most, unsigned depth_most);

/* Reads at most one frame. `*used` says how much of `in` is done with; the rest is for the next
 * call. `in` is borrowed until then: what is shown may lie in it. MORE means that all of it is used
 * (but for what is over 2 GiB). Call until MORE, even when nothing is left of `in`: a call with an
 * empty `in` gives back what the last frame held. Each refused frame is reported once, as soon as
 * it is seen; what is left of it is skipped by the following calls. An end byte with nothing but
 * white space before it is MALFORMED. Results do not depend on how the bytes are cut into chunks,
 * except NO_MEMORY. */
ep_frame_result ep_frame_read(ep_frame_reader *reader, size_t *used, ep_bytes in);

/* After READY, TOO_DEEP or TOO_MANY: the JSON text of the message, envelope undone, without the end
 * byte (white space around it is kept). After the two refusals, as far as it was scanned. */
static inline ep_bytes ep_frame_text(const ep_frame_reader *reader) { return reader->text; }

/* And its members. */
static inline const ep_json *ep_frame_members(const ep_frame_reader *reader) {
  return reader->members;
}

static inline ep_form ep_frame_form(const ep_frame_reader *reader) { return reader->form; }

#endif
