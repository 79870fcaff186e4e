/* Support of the harness server.c: what stands for a % in the lines of clients. See server_world.h.
 */
#include "lines.h"
#include "server_world.h"

static const char *const clients[] = {"'a'", "'b'", "'c'", "'d'", "'e'", "''", "7", "'\\u0061'"};

static const char *const objects[] = {
    "{}",
    "{'r':1}",
    "{'r':1.0}",
    "{'r':2}",
    "{'r':1,'k':'x'}",
    "{'k':'\\u0078'}",
    "{'k':null}",
    "{'r':[1]}",
    "{'r':{'k':1}}",
    "{'r':true,'r':1e0}",
    "'no'",
    "7",
    ("{'a':1,'b':2,'c':3,'d':4,'e':5,'f':6,'g':7,'h':8,'i':9,'j':1,'k':2,'l':3,'m':4,'n':5,'o':6,"
     "'p':7,'q':8}"),
    "{'long':'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'}",
};

static void resume(server_world *world, ep_buffer *out, fuzz_input *in) {
  unsigned how = fuzz_byte(in);
  fuzz_text(out, "'expect':");
  ep_buffer_append_u64(out, how % 16);
  if (how < 16 || world->epoch[0] == '\0') return;
  fuzz_text(out, ",'epoch':'");
  fuzz_text(out, how < 224 ? world->epoch : "another");
  fuzz_text(out, "'");
}

static void options(ep_buffer *out, fuzz_input *in) {
  unsigned how = fuzz_byte(in);
  if (how & 1) fuzz_text(out, ",'token':'c'");
  if (how & 2) fuzz_text(out, how & 32 ? ",'window':0" : ",'window':1");
  if (how & 4) fuzz_text(out, how & 8 ? ",'secret':'x'" : ",'secret':'y'");
  if ((how & 16) == 0) return;
  fuzz_text(out, ",'presence':");
  FUZZ_CHOOSE(objects);
}

/* The uid of one of the last messages, the last one first. */
static void heard_uid(const fuzz_wire *wire, ep_buffer *out, fuzz_input *in) {
  const char *uid = wire->uids[(wire->uid_count - 1 - fuzz_byte(in)) % UIDS];
  ep_buffer_append_json_string(out, ep_bytes_of(uid, strlen(uid)));
}

typedef struct speaker {
  server_world *world;
  fuzz_wire *wire;
} speaker;

static void fill(void *context, ep_buffer *out, char letter, fuzz_input *in) {
  const speaker *who = context;
  switch (letter) {
    case 'c': FUZZ_CHOOSE(clients); break;
    case 's': FUZZ_CHOOSE(objects); break;
    case 'u': fuzz_uid(out, in); break;
    case 'M': fuzz_members(out, in); break;
    case 'i': fuzz_id(out, &who->wire->next_up, in); break;
    case 'e': resume(who->world, out, in); break;
    case 'm': options(out, in); break;
    case 'h':
      ep_buffer_append_u64(out,
                           who->wire->last + fuzz_byte(in) % 4 - (who->wire->last > 2 ? 2 : 0));
      break;
    default:
      FUZZ_MUST(letter == 'H', "A line has a hole that nothing fills.");
      heard_uid(who->wire, out, in);
  }
}

void server_world_say(server_world *world, fuzz_wire *wire, const char *line, bool other,
                      fuzz_input *in) {
  speaker who = {world, wire};
  ep_buffer frame;
  if (wire->conn == 0) server_world_open(world, wire, false, true);
  ep_buffer_init(&frame, &fuzz_unfailing);
  fuzz_line(&frame, line, (wire->version != 2) != other, fill, &who, in);
  server_world_feed(world, wire, ep_buffer_bytes(&frame));
  ep_buffer_free(&frame);
}

/* What clients say. */
static const char *const lines[] = {
    "{'action':'auth','payload':%c}",
    "{'action':'auth','payload':%c,'version':2,'instance':%c,%e%m}",
    "{'action':'message.new','payload':{'to':%c,%i'uid':%u,'payload':%s}}",
    "{'action':'message.new','payload':{'to':%s,%i'uid':%u,'payload':1,'receipt':true}}",
    "{'action':'session.update',%i'payload':%s}",
    "{'action':'message.confirm','payload':%h}",
    "{'action':'message.confirm','payload':%H}",
    "{'action':'message.retry','payload':%h}",
    "{'action':'clients.list','payload':%s}",
    "{'action':'ping','payload':%s}",
    "{'action':'pong'}",
    "{'action':'bye'}",
    "{'action':'message.new','payload':{'to':%s,%i'uid':%u,'payload':[[[[[[%s]]]]]]}}",
    "{'action':'error','payload':{'code':'idle'}}",
    "{'action':%c,'payload':%s}",
};
static const char *const rare[] = {
    "{'action':'message.new','payload':{'to':%s,%i'payload':1}}",
    "{'action':'message.new','payload':{'to':%s,%i'uid':%u,'payload':[%M]}}",
    "{'action':'message.new','payload':{'to':{%M},%i'uid':%u,%M}}",
    "{'action':'session.update',%i'payload':{%M}}",
    "{'action':'message.confirm','payload':%h,%M}",
    "{'action':'auth','payload':%c,'version':2,'instance':%c,%e%m,'receipts':true,%M}",
};
enum { LINES = sizeof lines / sizeof *lines, RARE = sizeof rare / sizeof *rare };

void server_world_speak(server_world *world, fuzz_wire *wire, unsigned which, fuzz_input *in) {
  const char *line = which < 228 ? lines[which % LINES] : rare[which % RARE];
  server_world_say(world, wire, line, which >= 240, in);
}
