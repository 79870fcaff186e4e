/* Floor 2, wire. The JSON scanner: the grammar of spec/protocol.md with actions tied to its tokens:
 * what it does not accept is malformed (EP-JSON-1); a lone surrogate escape passes (EP-JSON-4).
 * Built with: ragel -G2 -L -I gen -o gen/json.c src/wire/json.rl
 * Read first: wire/json.h, then gen/lexical.rl and gen/syntax.rl (from the spec). */
#include "wire/json.h"

#include "base/assert.h"
#include "base/skip.h"

/* Where the byte at `p` is. */
#define AT(p) ((uint32_t)((p) - text.data))

/* The member being read at this depth, when it is one that is recorded. */
static inline ep_json_member *member_open(ep_json *json, int depth) {
  if (depth == 1) return &json->top[json->top_count - 1];
  if (depth == 2 && json->inner_wanted) return &json->inner[json->inner_count - 1];
  return NULL;
}

/* A slot for the next member; NULL when it is not recorded. */
static inline ep_json_member *member_next(ep_json *json, int depth) {
  if (depth == 1) {
    if (json->top_count < EP_LIMIT_MEMBERS) return &json->top[json->top_count++];
    json->result = EP_JSON_TOO_MANY;
  } else if (depth == 2 && json->inner_wanted) {
    if (json->inner_count < EP_LIMIT_MEMBERS) return &json->inner[json->inner_count++];
    json->inner_more = true;
    json->inner_wanted = false;
  }
  return NULL;
}

static inline void name_end(ep_json *json, int depth, uint32_t at) {
  ep_json_member *member = member_next(json, depth);
  if (member == NULL) return;
  *member = (ep_json_member){
      .name = json->text_at, .name_end = at, .name_escaped = json->escaped};
}

static inline void value_begin(ep_json *json, int depth, uint32_t at, ep_json_kind kind) {
  ep_json_member *member = member_open(json, depth);
  if (member == NULL) return;
  member->value = at;
  member->kind = (uint8_t)kind;
}

static inline void value_end(ep_json *json, int depth, uint32_t at) {
  ep_json_member *member = member_open(json, depth);
  if (member == NULL) return;
  member->value_end = at;
  member->value_escaped = member->kind == EP_JSON_STRING && json->escaped;
}

/* Before an object or array is entered: is it the payload, whose members are wanted too? */
static inline void nested_begin(ep_json *json, int depth, ep_bytes text, ep_json_kind kind) {
  if (depth != 1) return;
  json->inner_wanted = false;
  if (kind != EP_JSON_OBJECT) return;
  if (!ep_json_name_is(&json->top[json->top_count - 1], text, EP_LITERAL("payload"))) return;
  json->inner_wanted = true;
  json->inner_more = false;
  json->inner_count = 0;
}

%%{
  machine epigeon_json;
  alphtype unsigned char;
  variable stack json->stack;

  include epigeon_lexical "lexical.rl";

  action skip { p = ep_skip(p + 1, pe, true) - 1; }
  action escaped { json->escaped = true; }
  action string_begin { json->escaped = false; }

  action name_begin { json->escaped = false; json->text_at = AT(p + 1); }
  action name_end {
    name_end(json, top, AT(p));
    if (json->result != EP_JSON_MORE) fbreak;
  }

  action value_begin { value_begin(json, top, AT(p), ep_json_kind_of(ep_bytes_of(p, 1))); }
  action value_last {
    value_end(json, top, AT(p + 1));
    if (json->pull && top == 1) pe = p + 1;
  }
  action value_after {
    value_end(json, top, AT(p));
    if (json->pull && top == 1) pe = p + 1;
  }

  action object_begin { nested_begin(json, top, text, EP_JSON_OBJECT); }
  action array_begin { nested_begin(json, top, text, EP_JSON_ARRAY); }
  action deeper {
    if (top == json->depth_most) {
      json->result = EP_JSON_TOO_DEEP;
      fbreak;
    }
  }
  action nested_end {
    if (top == 1) json->complete = true;
    value_end(json, top - 1, AT(p + 1));
    if (json->pull && top == 2) pe = p + 1;
  }
  action frame_end {
    json->result = EP_JSON_DONE;
    fbreak;
  }

  # The ties of the spec, with the actions above.
  char         = plain $skip | wide | escape >escaped;
  name         = quotation_mark @name_begin char* quotation_mark @name_end;
  string       = quotation_mark @string_begin char* quotation_mark;
  plain_value  = string >value_begin @value_last
               | number >value_begin %value_after
               | literal >value_begin @value_last;
  object       = begin_object >value_begin @object_begin @deeper @{ fcall rest_of_object; };
  array        = begin_array >value_begin @array_begin @deeper @{ fcall rest_of_array; };
  close_object = end_object @nested_end @{ fret; };
  close_array  = end_array @nested_end @{ fret; };
  close_frame  = end_of_frame @frame_end;

  include epigeon_syntax "syntax.rl";
}%%

%% write data nofinal noentry;

void ep_json_begin(ep_json *out, unsigned depth_most) {
  EP_ASSERT(depth_most >= 1);
  EP_ASSERT(depth_most <= EP_JSON_DEPTH_MAX);
  out->offset = 0;
  out->result = EP_JSON_MORE;
  out->state = epigeon_json_start;
  out->depth = 0;
  out->depth_most = (int)depth_most;
  out->text_at = 0;
  out->escaped = false;
  out->complete = false;
  out->pull = false;
  out->inner_wanted = false;
  out->inner_more = false;
  out->top_count = 0;
  out->inner_count = 0;
}

ep_json_result ep_json_scan(ep_json *json, ep_bytes text) {
  EP_ASSERT(json->offset <= text.len);
  EP_ASSERT(text.len < UINT32_MAX);
  if (json->result != EP_JSON_MORE || json->offset == text.len) return json->result;
  const uint8_t *p = text.data + json->offset;
  const uint8_t *pe = text.data + text.len;
  int cs = json->state;
  int top = json->depth;
  %% write exec;
  if (json->result == EP_JSON_TOO_DEEP || json->result == EP_JSON_TOO_MANY) p--;
  if (cs == epigeon_json_error) json->result = EP_JSON_MALFORMED;
  json->offset = AT(p);
  json->state = cs;
  json->depth = top;
  EP_ASSERT(top >= 0 && top <= json->depth_most);
  EP_ASSERT(json->offset <= text.len);
  return json->result;
}
