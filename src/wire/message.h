/* Floor 2, wire. Typed messages: what one frame says, both ways. Decoding and encoding of one
 * message type sit side by side in message.c.
 * Read first: base/bytes.h, then spec/protocol.md chapter 6 (the message catalogue). */
#ifndef EP_WIRE_MESSAGE_H
#define EP_WIRE_MESSAGE_H

#include "base/buffer.h"
#include "base/bytes.h"
#include "tables.h"
#include "wire/frame.h"

/* Who wrote the frame: the same action means different things in the two directions. */
typedef enum { EP_C2S, EP_S2C } ep_direction;

/* What kind of address `to` is. */
typedef enum { EP_TO_NONE, EP_TO_CLIENT, EP_TO_SELECTOR, EP_TO_IMPOSSIBLE } ep_to_kind;

/* Members of a message that were present and usable. */
enum {
  EP_HAS_ID = 1 << 0,
  EP_HAS_UID = 1 << 1,
  EP_HAS_EXPECT = 1 << 2,
  EP_HAS_WINDOW = 1 << 3,
  EP_HAS_PAYLOAD = 1 << 4,
  EP_HAS_OF = 1 << 5,
  EP_HAS_FROM_ID = 1 << 6
};

/* One message. Every ep_bytes is borrowed: from the frame buffer when decoded (valid until the next
 * call on that frame reader), from the caller when encoded. `_json` members hold JSON text exactly
 * as spelled; the others hold unescaped bytes. */
typedef struct ep_message {
  ep_action action;       /* EP_ACTION_UNKNOWN: `name` says which */
  ep_form form;           /* how the frame was spelled */
  unsigned has;           /* EP_HAS_… */
  ep_bytes name;          /* the action as received, unescaped */
  unsigned version;       /* auth: 1, or what the version member says (at least 2) */
  bool known;             /* auth s2c: its boolean payload */
  bool receipt;           /* message.new c2s: a receipt is wanted */
  bool connected;         /* session.update s2c */
  ep_bytes client;        /* auth c2s, client.*, session.update s2c; message.receipt: `by` */
  ep_bytes instance;      /* auth c2s, EP/2 */
  ep_bytes epoch;         /* auth, EP/2; empty when absent */
  ep_bytes secret;        /* auth c2s; empty when absent */
  ep_bytes token;         /* auth c2s; empty when absent */
  ep_bytes presence_json; /* auth c2s: a selector; empty when absent */
  ep_bytes limits_json;   /* auth s2c */
  uint64_t expect;        /* auth, EP/2: the next id wanted */
  uint64_t window;        /* auth, EP/2 */
  uint64_t id;      /* number in the stream; message.confirm EP/2 and message.retry: the id meant */
  uint64_t of;      /* message.receipt, error: the id of the message spoken of */
  uint64_t from_id; /* message.new s2c: fromId */
  uint64_t count;   /* error: recipients refused; message.receipt: `left`; clients.list: `more` */
  uint64_t missed;  /* message.receipt: receipts left out before this one */
  ep_bytes uid;     /* message.new, message.confirm EP/1, message.receipt, error */
  ep_bytes uid_json;     /* the same as spelled, with its quotes */
  ep_bytes from;         /* message.new */
  ep_to_kind to_kind;    /* message.new: what `to_json` is; clients.list c2s: only objects count */
  ep_bytes to;           /* message.new: the client id when to_kind is EP_TO_CLIENT */
  ep_bytes to_json;      /* message.new, error (array of names), clients.list c2s */
  ep_bytes payload_json; /* message.new, ping, pong: as spelled; clients.list s2c: the array;
                            session.update: the session object; client.connect EP/2: the session */
  ep_error code;         /* error: EP_ERROR_NONE when `code` is not one that this version knows */
  ep_bytes code_name;    /* error */
  ep_bytes reason;       /* error, bye */
} ep_message;

/* What a decoder found. */
typedef enum {
  EP_DECODE_OK,      /* a message of the catalogue (or an unknown action, named) */
  EP_DECODE_INVALID, /* JSON, but not a message: error says BAD_MESSAGE, BAD_AUTH, BAD_SESSION… */
} ep_decode;

/* Reads the message that `reader` shows. After READY the whole of it; after TOO_DEEP or TOO_MANY
 * what was scanned before the refusal, so that the uid of a refused message can be confirmed.
 * `direction` is that of the frame. `*out` is filled in both cases: with INVALID it holds what was
 * usable (action, has, id, uid).
 * `*why` is EP_ERROR_NONE with OK. Strings spelled with escapes are unescaped into the reader's
 * scratch; `name`, `code_name` and `reason` stay as spelled when they do not fit there. */
ep_decode ep_message_decode(const ep_frame_reader *reader, ep_direction direction, ep_message *out,
                            ep_error *why);

/* Appends the whole frame, end byte included. `message->form` is not looked at. In the enveloped
 * form exactly the bytes of 1.0.2, and only what 1.0.2 knows, plus, for auth with version >= 2, the
 * extra members. What is empty or not in `has` is left out. `to`, `uid` are quoted where `to_json`,
 * `uid_json` are empty. Memory: out->failed, and then the buffer holds a part of the frame. */
void ep_message_encode(ep_buffer *out, ep_form form, ep_direction direction,
                       const ep_message *message);

/* Where a rendered stream item is cut. The id's digits belong at `hole`; in the enveloped form what
 * lies between `v1_end` and the two closing braces at the end of the text is left out. */
typedef struct ep_item_shape {
  uint32_t hole;
  uint32_t v1_end;
  uint32_t len;
} ep_item_shape;

/* Appends the bare JSON text of a stream item (message.new, session.update c2s, message.receipt,
 * error) with nothing where its id belongs, and tells the shape. One rendering serves all
 * recipients. message->id and EP_HAS_ID are not looked at. Memory: out->failed. */
void ep_message_render_item(ep_buffer *out, ep_item_shape *shape, ep_direction direction,
                            const ep_message *message);

/* Appends the frame of an item with its id. `text` is the shape.len bytes that were rendered; they
 * must not lie in `out`. In the enveloped form only message.new makes sense. Memory: out->failed,
 * and then the buffer is as it was. */
void ep_item_write(ep_buffer *out, ep_form form, const uint8_t *text, ep_item_shape shape,
                   uint64_t id);

/* Bytes of the largest frame that item can be, whatever its id and its form, without the end byte;
 * and a bound of that, which needs no look at the text. */
uint64_t ep_item_frame_most(const uint8_t *text, ep_item_shape shape);
uint64_t ep_item_frame_bound(ep_item_shape shape);

/* Name and sentence of an error of the spec; static. The name is "", the sentence empty, for
 * EP_ERROR_NONE. */
const char *ep_error_name(ep_error error);
ep_bytes ep_error_sentence(ep_error error);

/* Whether `in` can be a client id or a uid: 1 to `most` bytes of printable ASCII. */
bool ep_is_printable(ep_bytes in, size_t most);

#endif
