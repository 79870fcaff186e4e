/* Support of the harness client.c: what stands for a % in the lines of a server. See
 * client_world.h.
 */
#include "client_world.h"
#include "lines.h"
#include "machine/client_internal.h"

static void number(ep_buffer *out, uint64_t value) { ep_buffer_append_u64(out, value); }

static void uid(ep_buffer *out, fuzz_input *in) {
  static const char *const odd[] = {"''", "7", "'\\u0075'", "'\\n'"};
  unsigned which = fuzz_byte(in);
  if (which >= 252) {
    fuzz_text(out, odd[which - 252]);
    return;
  }
  fuzz_text(out, "'u");
  number(out, which);
  fuzz_text(out, "'");
}

/* An id for the next item: mostly the one that is due. */
static void id(client_world *world, ep_buffer *out, fuzz_input *in) {
  static const char *const odd[] = {"", "'id':-1,", "'id':1.5,", "'id':9007199254740991,"};
  unsigned how = fuzz_byte(in);
  if (how >= 248) {
    fuzz_text(out, odd[how % 4]);
    return;
  }
  uint64_t next = how % 8 < 5 ? world->next_down++ : world->next_down + how % 8 - 4;
  if (how >= 240) next = how % 8;
  fuzz_text(out, "'id':");
  number(out, next);
  fuzz_text(out, ",");
}

/* What an EP/2 server says of the streams: mostly as the client knows them. */
static void resume(client_world *world, ep_buffer *out, fuzz_input *in) {
  static const char *const limits[] = {"", ",'limits':{'frame':120}", ",'limits':{'frame':7,'x':1}",
                                       ",'limits':{'frame':1e3}"};
  const ep_client *client = world->core;
  unsigned how = fuzz_byte(in), count = fuzz_byte(in);
  bool is_known = client->epoch_len > 0 && how % 8 != 7;
  uint64_t expect = is_known ? ep_outbox_id(&client->outbox, client->outbox.base) + count % 8 : 0;
  if (count >= 248) expect = count % 8;
  fuzz_text(out, ",'version':2,'epoch':'");
  if (is_known)
    ep_buffer_append(out, ep_bytes_of(client->epoch, client->epoch_len));
  else
    fuzz_text(out, how & 8 ? "e1" : "e2");
  fuzz_text(out, "','expect':");
  number(out, expect);
  if (how & 16) fuzz_text(out, ",'window':2");
  fuzz_text(out, limits[how / 64]);
  if (!is_known) world->next_down = 0;
}

/* An item of the up stream: near the last one that came. */
static void confirmed(const client_world *world, ep_buffer *out, fuzz_input *in) {
  unsigned how = fuzz_byte(in);
  uint64_t last = world->any ? world->last : 0;
  number(out, how < 224 ? (last > how % 4 ? last - how % 4 : 0) : last + how % 4);
}

static void confirmed_uid(const client_world *world, ep_buffer *out, fuzz_input *in) {
  const ep_outbox *outbox = &world->core->outbox;
  uint64_t count = outbox->next - outbox->base;
  unsigned how = fuzz_byte(in);
  const ep_item *item = count == 0 ? NULL : ep_outbox_at(outbox, outbox->base + how % count);
  ep_bytes name =
      item == NULL || item->kind != EP_ITEM_MESSAGE ? EP_LITERAL("none") : ep_client_item_uid(item);
  ep_buffer_append_json_string(out, name);
}

static void fill(void *context, ep_buffer *out, char letter, fuzz_input *in) {
  static const char *const senders[] = {"'bob'", "'eve'", "'me'", "7"};
  static const char *const objects[] = {"{}", "{'r':1}", "{'r':{'id':1}}", "[]", "7", "'x'"};
  static const char *const codes[] = {"'malformed'", "'bad-auth'", "'replaced'",     "'idle'",
                                      "'shutdown'",  "'bad-to'",   "'mailbox-full'", "'strange'"};
  client_world *world = context;
  switch (letter) {
    case 'c': fuzz_choice(out, senders, sizeof senders / sizeof *senders, in); break;
    case 's': fuzz_choice(out, objects, sizeof objects / sizeof *objects, in); break;
    case 'x': fuzz_choice(out, codes, sizeof codes / sizeof *codes, in); break;
    case 'b': fuzz_text(out, fuzz_byte(in) & 1 ? "true" : "false"); break;
    case 'u': uid(out, in); break;
    case 'i': id(world, out, in); break;
    case 'e': resume(world, out, in); break;
    case 'h': confirmed(world, out, in); break;
    default:
      FUZZ_MUST(letter == 'H', "A line has a hole that nothing fills.");
      confirmed_uid(world, out, in);
  }
}

void client_world_say(client_world *world, const char *line, bool other, fuzz_input *in) {
  ep_buffer frame;
  ep_buffer_init(&frame, &fuzz_unfailing);
  fuzz_line(&frame, line, (world->version != 2) != other, fill, world, in);
  client_world_feed(world, ep_buffer_bytes(&frame));
  ep_buffer_free(&frame);
}
