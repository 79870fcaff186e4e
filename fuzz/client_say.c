/* Support of the harness client.c: what stands for a % in the lines of a server. See
 * client_world.h.
 */
#include "client_world.h"
#include "lines.h"
#include "machine/client_internal.h"

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
  ep_buffer_append_u64(out, expect);
  if (how & 16) fuzz_text(out, ",'window':2");
  fuzz_text(out, limits[how / 64]);
  if (!is_known) world->next_down = 0;
}

/* An item of the up stream: near the last one that came. */
static void confirmed(const client_world *world, ep_buffer *out, fuzz_input *in) {
  unsigned how = fuzz_byte(in);
  uint64_t last = world->any ? world->last : 0;
  ep_buffer_append_u64(out, how < 224 ? (last > how % 4 ? last - how % 4 : 0) : last + how % 4);
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

/* The id and the uid of an item that was written. */
static void refused(const client_world *world, ep_buffer *out, fuzz_input *in) {
  const ep_outbox *outbox = &world->core->outbox;
  fuzz_input again = *in;
  uint64_t count = outbox->next - outbox->base;
  fuzz_text(out, "'of':");
  ep_buffer_append_u64(
      out, count == 0 ? 0 : ep_outbox_id(outbox, outbox->base + fuzz_byte(&again) % count));
  fuzz_text(out, ",'uid':");
  confirmed_uid(world, out, in);
}

static void fill(void *context, ep_buffer *out, char letter, fuzz_input *in) {
  static const char *const senders[] = {"'bob'", "'eve'", "'me'", "7"};
  static const char *const objects[] = {"{}", "{'r':1}", "{'r':{'id':1}}", "[]", "7", "'x'"};
  static const char *const codes[] = {"'malformed'", "'bad-auth'", "'replaced'",     "'idle'",
                                      "'shutdown'",  "'bad-to'",   "'mailbox-full'", "'strange'"};
  client_world *world = context;
  switch (letter) {
    case 'c': FUZZ_CHOOSE(senders); break;
    case 's': FUZZ_CHOOSE(objects); break;
    case 'x': FUZZ_CHOOSE(codes); break;
    case 'b': fuzz_text(out, fuzz_byte(in) & 1 ? "true" : "false"); break;
    case 'u': fuzz_uid(out, in); break;
    case 'M': fuzz_members(out, in); break;
    case 'r': refused(world, out, in); break;
    case 'i': fuzz_id(out, &world->next_down, in); break;
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

/* What a server says. */
static const char *const lines[] = {
    "{'action':'auth','payload':%b}",
    "{'action':'auth','payload':%b%e}",
    "{'action':'message.new','payload':{'from':%c,'to':'me',%i'uid':%u,'payload':%s,'fromId':3}}",
    "{'action':'message.new','payload':{'from':%c,'to':%s,%i'uid':%u}}",
    "{'action':'message.receipt','payload':{%i'of':%h,'uid':%H,'by':%c,'left':0,'missed':1}}",
    "{'action':'error','payload':{%i'code':%x,'reason':'x','of':%h,'uid':%H}}",
    "{'action':'error','payload':{%i'code':%x,'of':%h,'uid':%H,'to':['bob'],'count':1}}",
    "{'action':'error','payload':{'code':%x,'reason':'no'}}",
    "{'action':'message.confirm','payload':%h}",
    "{'action':'message.confirm','payload':%H}",
    "{'action':'message.retry','payload':%h}",
    "{'action':'clients.list','payload':[{'uuid':%c,'state':'connected','session':%s}],'more':1}",
    "{'action':'client.connect','payload':%c,'session':%s}",
    "{'action':'client.disconnect','payload':%c}",
    "{'action':'session.update','payload':{'uuid':%c,'connected':%b,'session':%s}}",
    "{'action':'ping','payload':%s}",
    "{'action':'pong','payload':%h}",
    "{'action':'bye','payload':%s}",
    "{'action':%x,'payload':%s}",
};
static const char *const rare[] = {
    "{'action':'message.new','payload':{'from':%c,'to':'me',%i'payload':%s}}",
    "{'action':'message.new','payload':{'from':%c,'to':'me',%i'uid':%u,'x':[[[[[[[%s]]]]]]]}}",
    "{'action':'message.new','payload':{'from':%c,'to':'me',%i'uid':%u,%M}}",
    "{'action':'error','payload':{%i'code':%x,'reason':'x',%r}}",
    "{'action':'error','payload':{'code':%x,%r}}",
    "{'action':'auth','payload':true%e,'window':0,'limits':[1],%M}",
    "{'action':'message.confirm','payload':%h,%M}",
};
enum { LINES = sizeof lines / sizeof *lines, RARE = sizeof rare / sizeof *rare };

void client_world_speak(client_world *world, unsigned which, fuzz_input *in) {
  const char *line = which < 228 ? lines[which % LINES] : rare[which % RARE];
  client_world_say(world, line, which >= 240, in);
}
