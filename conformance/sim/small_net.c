/* epigeon-sim --small: connections, and the frames on their way. Read first: small_world.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/small_memory.h"
#include "sim/small_path.h"
#include "sim/small_world.h"

static void full(const char *what) {
  fprintf(stderr, "epigeon-sim: the small world has no room for more %s\n", what);
  exit(2);
}

unsigned small_link_new(unsigned client) {
  unsigned link = 0;
  while (link < SMALL_LINKS && small.links[link].used) link++;
  if (link == SMALL_LINKS) full("connections");
  uint8_t last = 0;
  for (unsigned i = 0; i < SMALL_LINKS; i++)
    if (small.links[i].used && small.links[i].order > last) last = small.links[i].order;
  small.links[link] = (small_link){.used = true, .at_client = true, .at_server = true};
  small.links[link].client = (uint8_t)client;
  small.links[link].order = (uint8_t)(last + 1);
  memset(small_telling.written[link], 0, sizeof small_telling.written[link]);
  small_telling.conns[link] = ++small_telling.opened;
  small_tell(&(trace_event){.kind = TRACE_OPEN, .lossy = small_scene_now->lossy}, link);
  return link;
}

void small_link_release(unsigned which) {
  small_link *link = &small.links[which];
  if (link->at_client || link->at_server) return;
  for (unsigned i = 0; i < SMALL_STRAYS; i++)
    if (small.strays[i].used && small.strays[i].link == which)
      small.strays[i] = (small_stray){.used = false};
  memset(link, 0, sizeof *link);
}

void small_lane_drop(unsigned link, small_dir dir) {
  small_lane *lane = &small.links[link].lanes[dir];
  memset(lane->frames, 0, sizeof lane->frames);
  lane->count = 0;
}

void small_lane_end(unsigned link, small_dir dir, bool cut) {
  small.links[link].lanes[dir].ended = true;
  if (cut) small.links[link].lanes[dir].cut = true;
}

static void write_one(unsigned which, small_dir dir, ep_bytes frame) {
  small_link *link = &small.links[which];
  small_lane *lane = &link->lanes[dir];
  uint32_t number = ++small_telling.written[which][dir];
  uint32_t text = small_intern(frame.data, frame.len);
  small_tell_frame(which, dir, TRACE_WRITTEN, number, text);
  bool heard = dir == SMALL_UP ? link->at_server : link->at_client;
  if (!heard || lane->ended) return;
  if (lane->count == SMALL_LANE) full("frames");
  small_telling.numbers[which][dir][lane->count] = number;
  lane->frames[lane->count++] = text;
}

void small_write(unsigned link, small_dir dir, ep_bytes bytes) {
  while (bytes.len > 0) {
    const uint8_t *end = memchr(bytes.data, 0x0C, bytes.len);
    if (end == NULL) {
      small.wrong = "A core wrote bytes that do not end with a frame's end byte.";
      return;
    }
    size_t len = (size_t)(end - bytes.data) + 1;
    write_one(link, dir, (ep_bytes){bytes.data, len});
    bytes = (ep_bytes){bytes.data + len, bytes.len - len};
  }
}

uint32_t small_lane_pop(unsigned link, small_dir dir, uint32_t *number) {
  small_lane *lane = &small.links[link].lanes[dir];
  uint32_t *numbers = small_telling.numbers[link][dir];
  uint32_t frame = lane->frames[0];
  *number = numbers[0];
  lane->count--;
  memmove(lane->frames, lane->frames + 1, lane->count * sizeof *lane->frames);
  memmove(numbers, numbers + 1, lane->count * sizeof *numbers);
  lane->frames[lane->count] = 0;
  return frame;
}

void small_stray_put(unsigned link, small_dir dir, uint32_t frame, uint32_t number) {
  unsigned at = 0;
  while (at < SMALL_STRAYS && small.strays[at].used) at++;
  if (at == SMALL_STRAYS) full("frames kept back");
  small.strays[at] = (small_stray){true, (uint8_t)link, (uint8_t)dir, frame};
  small_telling.stray_numbers[at] = number;
}
