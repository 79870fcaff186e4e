
/* #line 1 "src/wire/json.rl" */
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


/* #line 124 "src/wire/json.rl" */



/* #line 68 "gen/json.c" */
static const int epigeon_json_start = 1;
static const int epigeon_json_error = 0;


/* #line 127 "src/wire/json.rl" */

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
  
/* #line 98 "gen/json.c" */
	{
	if ( p == pe )
		goto _test_eof;
	goto _resume;

_again:
	switch ( cs ) {
		case 1: goto st1;
		case 0: goto st0;
		case 2: goto st2;
		case 84: goto st84;
		case 3: goto st3;
		case 4: goto st4;
		case 5: goto st5;
		case 6: goto st6;
		case 7: goto st7;
		case 8: goto st8;
		case 9: goto st9;
		case 85: goto st85;
		case 10: goto st10;
		case 11: goto st11;
		case 12: goto st12;
		case 13: goto st13;
		case 14: goto st14;
		case 15: goto st15;
		case 16: goto st16;
		case 17: goto st17;
		case 18: goto st18;
		case 19: goto st19;
		case 20: goto st20;
		case 21: goto st21;
		case 22: goto st22;
		case 23: goto st23;
		case 24: goto st24;
		case 25: goto st25;
		case 26: goto st26;
		case 27: goto st27;
		case 28: goto st28;
		case 29: goto st29;
		case 30: goto st30;
		case 31: goto st31;
		case 32: goto st32;
		case 33: goto st33;
		case 34: goto st34;
		case 35: goto st35;
		case 36: goto st36;
		case 37: goto st37;
		case 38: goto st38;
		case 39: goto st39;
		case 40: goto st40;
		case 41: goto st41;
		case 42: goto st42;
		case 43: goto st43;
		case 44: goto st44;
		case 45: goto st45;
		case 46: goto st46;
		case 47: goto st47;
		case 48: goto st48;
		case 49: goto st49;
		case 50: goto st50;
		case 51: goto st51;
		case 52: goto st52;
		case 53: goto st53;
		case 54: goto st54;
		case 55: goto st55;
		case 56: goto st56;
		case 57: goto st57;
		case 58: goto st58;
		case 59: goto st59;
		case 60: goto st60;
		case 61: goto st61;
		case 86: goto st86;
		case 62: goto st62;
		case 63: goto st63;
		case 64: goto st64;
		case 65: goto st65;
		case 66: goto st66;
		case 67: goto st67;
		case 68: goto st68;
		case 69: goto st69;
		case 70: goto st70;
		case 71: goto st71;
		case 72: goto st72;
		case 73: goto st73;
		case 74: goto st74;
		case 75: goto st75;
		case 76: goto st76;
		case 77: goto st77;
		case 78: goto st78;
		case 79: goto st79;
		case 80: goto st80;
		case 81: goto st81;
		case 82: goto st82;
		case 83: goto st83;
	default: break;
	}

	if ( ++p == pe )
		goto _test_eof;
_resume:
	switch ( cs )
	{
st1:
	if ( ++p == pe )
		goto _test_eof1;
case 1:
	switch( (*p) ) {
		case 13u: goto st1;
		case 32u: goto st1;
		case 123u: goto tr2;
	}
	if ( 9u <= (*p) && (*p) <= 10u )
		goto st1;
	goto st0;
st0:
cs = 0;
	goto _out;
tr2:
/* #line 82 "src/wire/json.rl" */
	{ value_begin(json, top, AT(p), ep_json_kind_of(ep_bytes_of(p, 1))); }
/* #line 92 "src/wire/json.rl" */
	{ nested_begin(json, top, text, EP_JSON_OBJECT); }
/* #line 94 "src/wire/json.rl" */
	{
    if (top == json->depth_most) {
      json->result = EP_JSON_TOO_DEEP;
      {p++; cs = 2; goto _out;}
    }
  }
/* #line 117 "src/wire/json.rl" */
	{ {( json->stack)[top++] = 2;goto st3;} }
	goto st2;
st2:
	if ( ++p == pe )
		goto _test_eof2;
case 2:
/* #line 230 "gen/json.c" */
	switch( (*p) ) {
		case 12u: goto tr4;
		case 13u: goto st2;
		case 32u: goto st2;
	}
	if ( 9u <= (*p) && (*p) <= 10u )
		goto st2;
	goto st0;
tr4:
/* #line 105 "src/wire/json.rl" */
	{
    json->result = EP_JSON_DONE;
    {p++; cs = 84; goto _out;}
  }
	goto st84;
st84:
	if ( ++p == pe )
		goto _test_eof84;
case 84:
/* #line 248 "gen/json.c" */
	goto st0;
st3:
	if ( ++p == pe )
		goto _test_eof3;
case 3:
	switch( (*p) ) {
		case 13u: goto st3;
		case 32u: goto st3;
		case 34u: goto tr6;
		case 125u: goto tr7;
	}
	if ( 9u <= (*p) && (*p) <= 10u )
		goto st3;
	goto st0;
tr6:
/* #line 76 "src/wire/json.rl" */
	{ json->escaped = false; json->text_at = AT(p + 1); }
	goto st4;
tr8:
/* #line 72 "src/wire/json.rl" */
	{ p = ep_skip(p + 1, pe, true) - 1; }
	goto st4;
st4:
	if ( ++p == pe )
		goto _test_eof4;
case 4:
/* #line 272 "gen/json.c" */
	switch( (*p) ) {
		case 34u: goto tr9;
		case 92u: goto tr10;
		case 224u: goto st45;
		case 237u: goto st47;
		case 240u: goto st48;
		case 244u: goto st50;
	}
	if ( (*p) < 194u ) {
		if ( 32u <= (*p) && (*p) <= 127u )
			goto tr8;
	} else if ( (*p) > 223u ) {
		if ( (*p) > 239u ) {
			if ( 241u <= (*p) && (*p) <= 243u )
				goto st49;
		} else if ( (*p) >= 225u )
			goto st46;
	} else
		goto st44;
	goto st0;
tr9:
/* #line 77 "src/wire/json.rl" */
	{
    name_end(json, top, AT(p));
    if (json->result != EP_JSON_MORE) {p++; cs = 5; goto _out;}
  }
	goto st5;
st5:
	if ( ++p == pe )
		goto _test_eof5;
case 5:
/* #line 302 "gen/json.c" */
	switch( (*p) ) {
		case 13u: goto st5;
		case 32u: goto st5;
		case 58u: goto st6;
	}
	if ( 9u <= (*p) && (*p) <= 10u )
		goto st5;
	goto st0;
st6:
	if ( ++p == pe )
		goto _test_eof6;
case 6:
	switch( (*p) ) {
		case 13u: goto st6;
		case 32u: goto st6;
		case 34u: goto tr20;
		case 45u: goto tr21;
		case 48u: goto tr22;
		case 91u: goto tr24;
		case 102u: goto tr25;
		case 110u: goto tr26;
		case 116u: goto tr27;
		case 123u: goto tr28;
	}
	if ( (*p) > 10u ) {
		if ( 49u <= (*p) && (*p) <= 57u )
			goto tr23;
	} else if ( (*p) >= 9u )
		goto st6;
	goto st0;
tr29:
/* #line 72 "src/wire/json.rl" */
	{ p = ep_skip(p + 1, pe, true) - 1; }
	goto st7;
tr20:
/* #line 82 "src/wire/json.rl" */
	{ value_begin(json, top, AT(p), ep_json_kind_of(ep_bytes_of(p, 1))); }
/* #line 74 "src/wire/json.rl" */
	{ json->escaped = false; }
	goto st7;
st7:
	if ( ++p == pe )
		goto _test_eof7;
case 7:
/* #line 343 "gen/json.c" */
	switch( (*p) ) {
		case 34u: goto tr30;
		case 92u: goto tr31;
		case 224u: goto st16;
		case 237u: goto st18;
		case 240u: goto st19;
		case 244u: goto st21;
	}
	if ( (*p) < 194u ) {
		if ( 32u <= (*p) && (*p) <= 127u )
			goto tr29;
	} else if ( (*p) > 223u ) {
		if ( (*p) > 239u ) {
			if ( 241u <= (*p) && (*p) <= 243u )
				goto st20;
		} else if ( (*p) >= 225u )
			goto st17;
	} else
		goto st15;
	goto st0;
tr28:
/* #line 82 "src/wire/json.rl" */
	{ value_begin(json, top, AT(p), ep_json_kind_of(ep_bytes_of(p, 1))); }
/* #line 92 "src/wire/json.rl" */
	{ nested_begin(json, top, text, EP_JSON_OBJECT); }
/* #line 94 "src/wire/json.rl" */
	{
    if (top == json->depth_most) {
      json->result = EP_JSON_TOO_DEEP;
      {p++; cs = 8; goto _out;}
    }
  }
/* #line 117 "src/wire/json.rl" */
	{ {( json->stack)[top++] = 8;goto st3;} }
	goto st8;
tr24:
/* #line 82 "src/wire/json.rl" */
	{ value_begin(json, top, AT(p), ep_json_kind_of(ep_bytes_of(p, 1))); }
/* #line 93 "src/wire/json.rl" */
	{ nested_begin(json, top, text, EP_JSON_ARRAY); }
/* #line 94 "src/wire/json.rl" */
	{
    if (top == json->depth_most) {
      json->result = EP_JSON_TOO_DEEP;
      {p++; cs = 8; goto _out;}
    }
  }
/* #line 118 "src/wire/json.rl" */
	{ {( json->stack)[top++] = 8;goto st51;} }
	goto st8;
tr30:
/* #line 83 "src/wire/json.rl" */
	{
    value_end(json, top, AT(p + 1));
    if (json->pull && top == 1) pe = p + 1;
  }
	goto st8;
tr48:
/* #line 87 "src/wire/json.rl" */
	{
    value_end(json, top, AT(p));
    if (json->pull && top == 1) pe = p + 1;
  }
	goto st8;
st8:
	if ( ++p == pe )
		goto _test_eof8;
case 8:
/* #line 401 "gen/json.c" */
	switch( (*p) ) {
		case 13u: goto st8;
		case 32u: goto st8;
		case 44u: goto st9;
		case 125u: goto tr7;
	}
	if ( 9u <= (*p) && (*p) <= 10u )
		goto st8;
	goto st0;
tr49:
/* #line 87 "src/wire/json.rl" */
	{
    value_end(json, top, AT(p));
    if (json->pull && top == 1) pe = p + 1;
  }
	goto st9;
st9:
	if ( ++p == pe )
		goto _test_eof9;
case 9:
/* #line 420 "gen/json.c" */
	switch( (*p) ) {
		case 13u: goto st9;
		case 32u: goto st9;
		case 34u: goto tr6;
	}
	if ( 9u <= (*p) && (*p) <= 10u )
		goto st9;
	goto st0;
tr7:
/* #line 100 "src/wire/json.rl" */
	{
    if (top == 1) json->complete = true;
    value_end(json, top - 1, AT(p + 1));
    if (json->pull && top == 2) pe = p + 1;
  }
/* #line 119 "src/wire/json.rl" */
	{ {cs = ( json->stack)[--top];goto _again;} }
	goto st85;
tr52:
/* #line 87 "src/wire/json.rl" */
	{
    value_end(json, top, AT(p));
    if (json->pull && top == 1) pe = p + 1;
  }
/* #line 100 "src/wire/json.rl" */
	{
    if (top == 1) json->complete = true;
    value_end(json, top - 1, AT(p + 1));
    if (json->pull && top == 2) pe = p + 1;
  }
/* #line 119 "src/wire/json.rl" */
	{ {cs = ( json->stack)[--top];goto _again;} }
	goto st85;
st85:
	if ( ++p == pe )
		goto _test_eof85;
case 85:
/* #line 452 "gen/json.c" */
	goto st0;
tr31:
/* #line 73 "src/wire/json.rl" */
	{ json->escaped = true; }
	goto st10;
st10:
	if ( ++p == pe )
		goto _test_eof10;
case 10:
/* #line 460 "gen/json.c" */
	switch( (*p) ) {
		case 34u: goto st7;
		case 47u: goto st7;
		case 92u: goto st7;
		case 98u: goto st7;
		case 102u: goto st7;
		case 110u: goto st7;
		case 114u: goto st7;
		case 116u: goto st7;
		case 117u: goto st11;
	}
	goto st0;
st11:
	if ( ++p == pe )
		goto _test_eof11;
case 11:
	if ( (*p) < 65u ) {
		if ( 48u <= (*p) && (*p) <= 57u )
			goto st12;
	} else if ( (*p) > 70u ) {
		if ( 97u <= (*p) && (*p) <= 102u )
			goto st12;
	} else
		goto st12;
	goto st0;
st12:
	if ( ++p == pe )
		goto _test_eof12;
case 12:
	if ( (*p) < 65u ) {
		if ( 48u <= (*p) && (*p) <= 57u )
			goto st13;
	} else if ( (*p) > 70u ) {
		if ( 97u <= (*p) && (*p) <= 102u )
			goto st13;
	} else
		goto st13;
	goto st0;
st13:
	if ( ++p == pe )
		goto _test_eof13;
case 13:
	if ( (*p) < 65u ) {
		if ( 48u <= (*p) && (*p) <= 57u )
			goto st14;
	} else if ( (*p) > 70u ) {
		if ( 97u <= (*p) && (*p) <= 102u )
			goto st14;
	} else
		goto st14;
	goto st0;
st14:
	if ( ++p == pe )
		goto _test_eof14;
case 14:
	if ( (*p) < 65u ) {
		if ( 48u <= (*p) && (*p) <= 57u )
			goto st7;
	} else if ( (*p) > 70u ) {
		if ( 97u <= (*p) && (*p) <= 102u )
			goto st7;
	} else
		goto st7;
	goto st0;
st15:
	if ( ++p == pe )
		goto _test_eof15;
case 15:
	if ( 128u <= (*p) && (*p) <= 191u )
		goto st7;
	goto st0;
st16:
	if ( ++p == pe )
		goto _test_eof16;
case 16:
	if ( 160u <= (*p) && (*p) <= 191u )
		goto st15;
	goto st0;
st17:
	if ( ++p == pe )
		goto _test_eof17;
case 17:
	if ( 128u <= (*p) && (*p) <= 191u )
		goto st15;
	goto st0;
st18:
	if ( ++p == pe )
		goto _test_eof18;
case 18:
	if ( 128u <= (*p) && (*p) <= 159u )
		goto st15;
	goto st0;
st19:
	if ( ++p == pe )
		goto _test_eof19;
case 19:
	if ( 144u <= (*p) && (*p) <= 191u )
		goto st17;
	goto st0;
st20:
	if ( ++p == pe )
		goto _test_eof20;
case 20:
	if ( 128u <= (*p) && (*p) <= 191u )
		goto st17;
	goto st0;
st21:
	if ( ++p == pe )
		goto _test_eof21;
case 21:
	if ( 128u <= (*p) && (*p) <= 143u )
		goto st17;
	goto st0;
tr21:
/* #line 82 "src/wire/json.rl" */
	{ value_begin(json, top, AT(p), ep_json_kind_of(ep_bytes_of(p, 1))); }
	goto st22;
st22:
	if ( ++p == pe )
		goto _test_eof22;
case 22:
/* #line 580 "gen/json.c" */
	if ( (*p) == 48u )
		goto st23;
	if ( 49u <= (*p) && (*p) <= 57u )
		goto st29;
	goto st0;
tr22:
/* #line 82 "src/wire/json.rl" */
	{ value_begin(json, top, AT(p), ep_json_kind_of(ep_bytes_of(p, 1))); }
	goto st23;
st23:
	if ( ++p == pe )
		goto _test_eof23;
case 23:
/* #line 592 "gen/json.c" */
	switch( (*p) ) {
		case 13u: goto tr48;
		case 32u: goto tr48;
		case 44u: goto tr49;
		case 46u: goto st24;
		case 69u: goto st26;
		case 101u: goto st26;
		case 125u: goto tr52;
	}
	if ( 9u <= (*p) && (*p) <= 10u )
		goto tr48;
	goto st0;
st24:
	if ( ++p == pe )
		goto _test_eof24;
case 24:
	if ( 48u <= (*p) && (*p) <= 57u )
		goto st25;
	goto st0;
st25:
	if ( ++p == pe )
		goto _test_eof25;
case 25:
	switch( (*p) ) {
		case 13u: goto tr48;
		case 32u: goto tr48;
		case 44u: goto tr49;
		case 69u: goto st26;
		case 101u: goto st26;
		case 125u: goto tr52;
	}
	if ( (*p) > 10u ) {
		if ( 48u <= (*p) && (*p) <= 57u )
			goto st25;
	} else if ( (*p) >= 9u )
		goto tr48;
	goto st0;
st26:
	if ( ++p == pe )
		goto _test_eof26;
case 26:
	switch( (*p) ) {
		case 43u: goto st27;
		case 45u: goto st27;
	}
	if ( 48u <= (*p) && (*p) <= 57u )
		goto st28;
	goto st0;
st27:
	if ( ++p == pe )
		goto _test_eof27;
case 27:
	if ( 48u <= (*p) && (*p) <= 57u )
		goto st28;
	goto st0;
st28:
	if ( ++p == pe )
		goto _test_eof28;
case 28:
	switch( (*p) ) {
		case 13u: goto tr48;
		case 32u: goto tr48;
		case 44u: goto tr49;
		case 125u: goto tr52;
	}
	if ( (*p) > 10u ) {
		if ( 48u <= (*p) && (*p) <= 57u )
			goto st28;
	} else if ( (*p) >= 9u )
		goto tr48;
	goto st0;
tr23:
/* #line 82 "src/wire/json.rl" */
	{ value_begin(json, top, AT(p), ep_json_kind_of(ep_bytes_of(p, 1))); }
	goto st29;
st29:
	if ( ++p == pe )
		goto _test_eof29;
case 29:
/* #line 670 "gen/json.c" */
	switch( (*p) ) {
		case 13u: goto tr48;
		case 32u: goto tr48;
		case 44u: goto tr49;
		case 46u: goto st24;
		case 69u: goto st26;
		case 101u: goto st26;
		case 125u: goto tr52;
	}
	if ( (*p) > 10u ) {
		if ( 48u <= (*p) && (*p) <= 57u )
			goto st29;
	} else if ( (*p) >= 9u )
		goto tr48;
	goto st0;
tr25:
/* #line 82 "src/wire/json.rl" */
	{ value_begin(json, top, AT(p), ep_json_kind_of(ep_bytes_of(p, 1))); }
	goto st30;
st30:
	if ( ++p == pe )
		goto _test_eof30;
case 30:
/* #line 692 "gen/json.c" */
	if ( (*p) == 97u )
		goto st31;
	goto st0;
st31:
	if ( ++p == pe )
		goto _test_eof31;
case 31:
	if ( (*p) == 108u )
		goto st32;
	goto st0;
st32:
	if ( ++p == pe )
		goto _test_eof32;
case 32:
	if ( (*p) == 115u )
		goto st33;
	goto st0;
st33:
	if ( ++p == pe )
		goto _test_eof33;
case 33:
	if ( (*p) == 101u )
		goto tr30;
	goto st0;
tr26:
/* #line 82 "src/wire/json.rl" */
	{ value_begin(json, top, AT(p), ep_json_kind_of(ep_bytes_of(p, 1))); }
	goto st34;
st34:
	if ( ++p == pe )
		goto _test_eof34;
case 34:
/* #line 723 "gen/json.c" */
	if ( (*p) == 117u )
		goto st35;
	goto st0;
st35:
	if ( ++p == pe )
		goto _test_eof35;
case 35:
	if ( (*p) == 108u )
		goto st36;
	goto st0;
st36:
	if ( ++p == pe )
		goto _test_eof36;
case 36:
	if ( (*p) == 108u )
		goto tr30;
	goto st0;
tr27:
/* #line 82 "src/wire/json.rl" */
	{ value_begin(json, top, AT(p), ep_json_kind_of(ep_bytes_of(p, 1))); }
	goto st37;
st37:
	if ( ++p == pe )
		goto _test_eof37;
case 37:
/* #line 747 "gen/json.c" */
	if ( (*p) == 114u )
		goto st38;
	goto st0;
st38:
	if ( ++p == pe )
		goto _test_eof38;
case 38:
	if ( (*p) == 117u )
		goto st33;
	goto st0;
tr10:
/* #line 73 "src/wire/json.rl" */
	{ json->escaped = true; }
	goto st39;
st39:
	if ( ++p == pe )
		goto _test_eof39;
case 39:
/* #line 764 "gen/json.c" */
	switch( (*p) ) {
		case 34u: goto st4;
		case 47u: goto st4;
		case 92u: goto st4;
		case 98u: goto st4;
		case 102u: goto st4;
		case 110u: goto st4;
		case 114u: goto st4;
		case 116u: goto st4;
		case 117u: goto st40;
	}
	goto st0;
st40:
	if ( ++p == pe )
		goto _test_eof40;
case 40:
	if ( (*p) < 65u ) {
		if ( 48u <= (*p) && (*p) <= 57u )
			goto st41;
	} else if ( (*p) > 70u ) {
		if ( 97u <= (*p) && (*p) <= 102u )
			goto st41;
	} else
		goto st41;
	goto st0;
st41:
	if ( ++p == pe )
		goto _test_eof41;
case 41:
	if ( (*p) < 65u ) {
		if ( 48u <= (*p) && (*p) <= 57u )
			goto st42;
	} else if ( (*p) > 70u ) {
		if ( 97u <= (*p) && (*p) <= 102u )
			goto st42;
	} else
		goto st42;
	goto st0;
st42:
	if ( ++p == pe )
		goto _test_eof42;
case 42:
	if ( (*p) < 65u ) {
		if ( 48u <= (*p) && (*p) <= 57u )
			goto st43;
	} else if ( (*p) > 70u ) {
		if ( 97u <= (*p) && (*p) <= 102u )
			goto st43;
	} else
		goto st43;
	goto st0;
st43:
	if ( ++p == pe )
		goto _test_eof43;
case 43:
	if ( (*p) < 65u ) {
		if ( 48u <= (*p) && (*p) <= 57u )
			goto st4;
	} else if ( (*p) > 70u ) {
		if ( 97u <= (*p) && (*p) <= 102u )
			goto st4;
	} else
		goto st4;
	goto st0;
st44:
	if ( ++p == pe )
		goto _test_eof44;
case 44:
	if ( 128u <= (*p) && (*p) <= 191u )
		goto st4;
	goto st0;
st45:
	if ( ++p == pe )
		goto _test_eof45;
case 45:
	if ( 160u <= (*p) && (*p) <= 191u )
		goto st44;
	goto st0;
st46:
	if ( ++p == pe )
		goto _test_eof46;
case 46:
	if ( 128u <= (*p) && (*p) <= 191u )
		goto st44;
	goto st0;
st47:
	if ( ++p == pe )
		goto _test_eof47;
case 47:
	if ( 128u <= (*p) && (*p) <= 159u )
		goto st44;
	goto st0;
st48:
	if ( ++p == pe )
		goto _test_eof48;
case 48:
	if ( 144u <= (*p) && (*p) <= 191u )
		goto st46;
	goto st0;
st49:
	if ( ++p == pe )
		goto _test_eof49;
case 49:
	if ( 128u <= (*p) && (*p) <= 191u )
		goto st46;
	goto st0;
st50:
	if ( ++p == pe )
		goto _test_eof50;
case 50:
	if ( 128u <= (*p) && (*p) <= 143u )
		goto st46;
	goto st0;
st51:
	if ( ++p == pe )
		goto _test_eof51;
case 51:
	switch( (*p) ) {
		case 13u: goto st51;
		case 32u: goto st51;
		case 34u: goto tr68;
		case 45u: goto tr69;
		case 48u: goto tr70;
		case 91u: goto tr72;
		case 93u: goto tr73;
		case 102u: goto tr74;
		case 110u: goto tr75;
		case 116u: goto tr76;
		case 123u: goto tr77;
	}
	if ( (*p) > 10u ) {
		if ( 49u <= (*p) && (*p) <= 57u )
			goto tr71;
	} else if ( (*p) >= 9u )
		goto st51;
	goto st0;
tr78:
/* #line 72 "src/wire/json.rl" */
	{ p = ep_skip(p + 1, pe, true) - 1; }
	goto st52;
tr68:
/* #line 82 "src/wire/json.rl" */
	{ value_begin(json, top, AT(p), ep_json_kind_of(ep_bytes_of(p, 1))); }
/* #line 74 "src/wire/json.rl" */
	{ json->escaped = false; }
	goto st52;
st52:
	if ( ++p == pe )
		goto _test_eof52;
case 52:
/* #line 911 "gen/json.c" */
	switch( (*p) ) {
		case 34u: goto tr79;
		case 92u: goto tr80;
		case 224u: goto st78;
		case 237u: goto st80;
		case 240u: goto st81;
		case 244u: goto st83;
	}
	if ( (*p) < 194u ) {
		if ( 32u <= (*p) && (*p) <= 127u )
			goto tr78;
	} else if ( (*p) > 223u ) {
		if ( (*p) > 239u ) {
			if ( 241u <= (*p) && (*p) <= 243u )
				goto st82;
		} else if ( (*p) >= 225u )
			goto st79;
	} else
		goto st77;
	goto st0;
tr77:
/* #line 82 "src/wire/json.rl" */
	{ value_begin(json, top, AT(p), ep_json_kind_of(ep_bytes_of(p, 1))); }
/* #line 92 "src/wire/json.rl" */
	{ nested_begin(json, top, text, EP_JSON_OBJECT); }
/* #line 94 "src/wire/json.rl" */
	{
    if (top == json->depth_most) {
      json->result = EP_JSON_TOO_DEEP;
      {p++; cs = 53; goto _out;}
    }
  }
/* #line 117 "src/wire/json.rl" */
	{ {( json->stack)[top++] = 53;goto st3;} }
	goto st53;
tr72:
/* #line 82 "src/wire/json.rl" */
	{ value_begin(json, top, AT(p), ep_json_kind_of(ep_bytes_of(p, 1))); }
/* #line 93 "src/wire/json.rl" */
	{ nested_begin(json, top, text, EP_JSON_ARRAY); }
/* #line 94 "src/wire/json.rl" */
	{
    if (top == json->depth_most) {
      json->result = EP_JSON_TOO_DEEP;
      {p++; cs = 53; goto _out;}
    }
  }
/* #line 118 "src/wire/json.rl" */
	{ {( json->stack)[top++] = 53;goto st51;} }
	goto st53;
tr79:
/* #line 83 "src/wire/json.rl" */
	{
    value_end(json, top, AT(p + 1));
    if (json->pull && top == 1) pe = p + 1;
  }
	goto st53;
tr92:
/* #line 87 "src/wire/json.rl" */
	{
    value_end(json, top, AT(p));
    if (json->pull && top == 1) pe = p + 1;
  }
	goto st53;
st53:
	if ( ++p == pe )
		goto _test_eof53;
case 53:
/* #line 969 "gen/json.c" */
	switch( (*p) ) {
		case 13u: goto st53;
		case 32u: goto st53;
		case 44u: goto st54;
		case 93u: goto tr73;
	}
	if ( 9u <= (*p) && (*p) <= 10u )
		goto st53;
	goto st0;
tr93:
/* #line 87 "src/wire/json.rl" */
	{
    value_end(json, top, AT(p));
    if (json->pull && top == 1) pe = p + 1;
  }
	goto st54;
st54:
	if ( ++p == pe )
		goto _test_eof54;
case 54:
/* #line 988 "gen/json.c" */
	switch( (*p) ) {
		case 13u: goto st54;
		case 32u: goto st54;
		case 34u: goto tr68;
		case 45u: goto tr69;
		case 48u: goto tr70;
		case 91u: goto tr72;
		case 102u: goto tr74;
		case 110u: goto tr75;
		case 116u: goto tr76;
		case 123u: goto tr77;
	}
	if ( (*p) > 10u ) {
		if ( 49u <= (*p) && (*p) <= 57u )
			goto tr71;
	} else if ( (*p) >= 9u )
		goto st54;
	goto st0;
tr69:
/* #line 82 "src/wire/json.rl" */
	{ value_begin(json, top, AT(p), ep_json_kind_of(ep_bytes_of(p, 1))); }
	goto st55;
st55:
	if ( ++p == pe )
		goto _test_eof55;
case 55:
/* #line 1013 "gen/json.c" */
	if ( (*p) == 48u )
		goto st56;
	if ( 49u <= (*p) && (*p) <= 57u )
		goto st62;
	goto st0;
tr70:
/* #line 82 "src/wire/json.rl" */
	{ value_begin(json, top, AT(p), ep_json_kind_of(ep_bytes_of(p, 1))); }
	goto st56;
st56:
	if ( ++p == pe )
		goto _test_eof56;
case 56:
/* #line 1025 "gen/json.c" */
	switch( (*p) ) {
		case 13u: goto tr92;
		case 32u: goto tr92;
		case 44u: goto tr93;
		case 46u: goto st57;
		case 69u: goto st59;
		case 93u: goto tr96;
		case 101u: goto st59;
	}
	if ( 9u <= (*p) && (*p) <= 10u )
		goto tr92;
	goto st0;
st57:
	if ( ++p == pe )
		goto _test_eof57;
case 57:
	if ( 48u <= (*p) && (*p) <= 57u )
		goto st58;
	goto st0;
st58:
	if ( ++p == pe )
		goto _test_eof58;
case 58:
	switch( (*p) ) {
		case 13u: goto tr92;
		case 32u: goto tr92;
		case 44u: goto tr93;
		case 69u: goto st59;
		case 93u: goto tr96;
		case 101u: goto st59;
	}
	if ( (*p) > 10u ) {
		if ( 48u <= (*p) && (*p) <= 57u )
			goto st58;
	} else if ( (*p) >= 9u )
		goto tr92;
	goto st0;
st59:
	if ( ++p == pe )
		goto _test_eof59;
case 59:
	switch( (*p) ) {
		case 43u: goto st60;
		case 45u: goto st60;
	}
	if ( 48u <= (*p) && (*p) <= 57u )
		goto st61;
	goto st0;
st60:
	if ( ++p == pe )
		goto _test_eof60;
case 60:
	if ( 48u <= (*p) && (*p) <= 57u )
		goto st61;
	goto st0;
st61:
	if ( ++p == pe )
		goto _test_eof61;
case 61:
	switch( (*p) ) {
		case 13u: goto tr92;
		case 32u: goto tr92;
		case 44u: goto tr93;
		case 93u: goto tr96;
	}
	if ( (*p) > 10u ) {
		if ( 48u <= (*p) && (*p) <= 57u )
			goto st61;
	} else if ( (*p) >= 9u )
		goto tr92;
	goto st0;
tr73:
/* #line 100 "src/wire/json.rl" */
	{
    if (top == 1) json->complete = true;
    value_end(json, top - 1, AT(p + 1));
    if (json->pull && top == 2) pe = p + 1;
  }
/* #line 120 "src/wire/json.rl" */
	{ {cs = ( json->stack)[--top];goto _again;} }
	goto st86;
tr96:
/* #line 87 "src/wire/json.rl" */
	{
    value_end(json, top, AT(p));
    if (json->pull && top == 1) pe = p + 1;
  }
/* #line 100 "src/wire/json.rl" */
	{
    if (top == 1) json->complete = true;
    value_end(json, top - 1, AT(p + 1));
    if (json->pull && top == 2) pe = p + 1;
  }
/* #line 120 "src/wire/json.rl" */
	{ {cs = ( json->stack)[--top];goto _again;} }
	goto st86;
st86:
	if ( ++p == pe )
		goto _test_eof86;
case 86:
/* #line 1120 "gen/json.c" */
	goto st0;
tr71:
/* #line 82 "src/wire/json.rl" */
	{ value_begin(json, top, AT(p), ep_json_kind_of(ep_bytes_of(p, 1))); }
	goto st62;
st62:
	if ( ++p == pe )
		goto _test_eof62;
case 62:
/* #line 1128 "gen/json.c" */
	switch( (*p) ) {
		case 13u: goto tr92;
		case 32u: goto tr92;
		case 44u: goto tr93;
		case 46u: goto st57;
		case 69u: goto st59;
		case 93u: goto tr96;
		case 101u: goto st59;
	}
	if ( (*p) > 10u ) {
		if ( 48u <= (*p) && (*p) <= 57u )
			goto st62;
	} else if ( (*p) >= 9u )
		goto tr92;
	goto st0;
tr74:
/* #line 82 "src/wire/json.rl" */
	{ value_begin(json, top, AT(p), ep_json_kind_of(ep_bytes_of(p, 1))); }
	goto st63;
st63:
	if ( ++p == pe )
		goto _test_eof63;
case 63:
/* #line 1150 "gen/json.c" */
	if ( (*p) == 97u )
		goto st64;
	goto st0;
st64:
	if ( ++p == pe )
		goto _test_eof64;
case 64:
	if ( (*p) == 108u )
		goto st65;
	goto st0;
st65:
	if ( ++p == pe )
		goto _test_eof65;
case 65:
	if ( (*p) == 115u )
		goto st66;
	goto st0;
st66:
	if ( ++p == pe )
		goto _test_eof66;
case 66:
	if ( (*p) == 101u )
		goto tr79;
	goto st0;
tr75:
/* #line 82 "src/wire/json.rl" */
	{ value_begin(json, top, AT(p), ep_json_kind_of(ep_bytes_of(p, 1))); }
	goto st67;
st67:
	if ( ++p == pe )
		goto _test_eof67;
case 67:
/* #line 1181 "gen/json.c" */
	if ( (*p) == 117u )
		goto st68;
	goto st0;
st68:
	if ( ++p == pe )
		goto _test_eof68;
case 68:
	if ( (*p) == 108u )
		goto st69;
	goto st0;
st69:
	if ( ++p == pe )
		goto _test_eof69;
case 69:
	if ( (*p) == 108u )
		goto tr79;
	goto st0;
tr76:
/* #line 82 "src/wire/json.rl" */
	{ value_begin(json, top, AT(p), ep_json_kind_of(ep_bytes_of(p, 1))); }
	goto st70;
st70:
	if ( ++p == pe )
		goto _test_eof70;
case 70:
/* #line 1205 "gen/json.c" */
	if ( (*p) == 114u )
		goto st71;
	goto st0;
st71:
	if ( ++p == pe )
		goto _test_eof71;
case 71:
	if ( (*p) == 117u )
		goto st66;
	goto st0;
tr80:
/* #line 73 "src/wire/json.rl" */
	{ json->escaped = true; }
	goto st72;
st72:
	if ( ++p == pe )
		goto _test_eof72;
case 72:
/* #line 1222 "gen/json.c" */
	switch( (*p) ) {
		case 34u: goto st52;
		case 47u: goto st52;
		case 92u: goto st52;
		case 98u: goto st52;
		case 102u: goto st52;
		case 110u: goto st52;
		case 114u: goto st52;
		case 116u: goto st52;
		case 117u: goto st73;
	}
	goto st0;
st73:
	if ( ++p == pe )
		goto _test_eof73;
case 73:
	if ( (*p) < 65u ) {
		if ( 48u <= (*p) && (*p) <= 57u )
			goto st74;
	} else if ( (*p) > 70u ) {
		if ( 97u <= (*p) && (*p) <= 102u )
			goto st74;
	} else
		goto st74;
	goto st0;
st74:
	if ( ++p == pe )
		goto _test_eof74;
case 74:
	if ( (*p) < 65u ) {
		if ( 48u <= (*p) && (*p) <= 57u )
			goto st75;
	} else if ( (*p) > 70u ) {
		if ( 97u <= (*p) && (*p) <= 102u )
			goto st75;
	} else
		goto st75;
	goto st0;
st75:
	if ( ++p == pe )
		goto _test_eof75;
case 75:
	if ( (*p) < 65u ) {
		if ( 48u <= (*p) && (*p) <= 57u )
			goto st76;
	} else if ( (*p) > 70u ) {
		if ( 97u <= (*p) && (*p) <= 102u )
			goto st76;
	} else
		goto st76;
	goto st0;
st76:
	if ( ++p == pe )
		goto _test_eof76;
case 76:
	if ( (*p) < 65u ) {
		if ( 48u <= (*p) && (*p) <= 57u )
			goto st52;
	} else if ( (*p) > 70u ) {
		if ( 97u <= (*p) && (*p) <= 102u )
			goto st52;
	} else
		goto st52;
	goto st0;
st77:
	if ( ++p == pe )
		goto _test_eof77;
case 77:
	if ( 128u <= (*p) && (*p) <= 191u )
		goto st52;
	goto st0;
st78:
	if ( ++p == pe )
		goto _test_eof78;
case 78:
	if ( 160u <= (*p) && (*p) <= 191u )
		goto st77;
	goto st0;
st79:
	if ( ++p == pe )
		goto _test_eof79;
case 79:
	if ( 128u <= (*p) && (*p) <= 191u )
		goto st77;
	goto st0;
st80:
	if ( ++p == pe )
		goto _test_eof80;
case 80:
	if ( 128u <= (*p) && (*p) <= 159u )
		goto st77;
	goto st0;
st81:
	if ( ++p == pe )
		goto _test_eof81;
case 81:
	if ( 144u <= (*p) && (*p) <= 191u )
		goto st79;
	goto st0;
st82:
	if ( ++p == pe )
		goto _test_eof82;
case 82:
	if ( 128u <= (*p) && (*p) <= 191u )
		goto st79;
	goto st0;
st83:
	if ( ++p == pe )
		goto _test_eof83;
case 83:
	if ( 128u <= (*p) && (*p) <= 143u )
		goto st79;
	goto st0;
	}
	_test_eof1: cs = 1; goto _test_eof; 
	_test_eof2: cs = 2; goto _test_eof; 
	_test_eof84: cs = 84; goto _test_eof; 
	_test_eof3: cs = 3; goto _test_eof; 
	_test_eof4: cs = 4; goto _test_eof; 
	_test_eof5: cs = 5; goto _test_eof; 
	_test_eof6: cs = 6; goto _test_eof; 
	_test_eof7: cs = 7; goto _test_eof; 
	_test_eof8: cs = 8; goto _test_eof; 
	_test_eof9: cs = 9; goto _test_eof; 
	_test_eof85: cs = 85; goto _test_eof; 
	_test_eof10: cs = 10; goto _test_eof; 
	_test_eof11: cs = 11; goto _test_eof; 
	_test_eof12: cs = 12; goto _test_eof; 
	_test_eof13: cs = 13; goto _test_eof; 
	_test_eof14: cs = 14; goto _test_eof; 
	_test_eof15: cs = 15; goto _test_eof; 
	_test_eof16: cs = 16; goto _test_eof; 
	_test_eof17: cs = 17; goto _test_eof; 
	_test_eof18: cs = 18; goto _test_eof; 
	_test_eof19: cs = 19; goto _test_eof; 
	_test_eof20: cs = 20; goto _test_eof; 
	_test_eof21: cs = 21; goto _test_eof; 
	_test_eof22: cs = 22; goto _test_eof; 
	_test_eof23: cs = 23; goto _test_eof; 
	_test_eof24: cs = 24; goto _test_eof; 
	_test_eof25: cs = 25; goto _test_eof; 
	_test_eof26: cs = 26; goto _test_eof; 
	_test_eof27: cs = 27; goto _test_eof; 
	_test_eof28: cs = 28; goto _test_eof; 
	_test_eof29: cs = 29; goto _test_eof; 
	_test_eof30: cs = 30; goto _test_eof; 
	_test_eof31: cs = 31; goto _test_eof; 
	_test_eof32: cs = 32; goto _test_eof; 
	_test_eof33: cs = 33; goto _test_eof; 
	_test_eof34: cs = 34; goto _test_eof; 
	_test_eof35: cs = 35; goto _test_eof; 
	_test_eof36: cs = 36; goto _test_eof; 
	_test_eof37: cs = 37; goto _test_eof; 
	_test_eof38: cs = 38; goto _test_eof; 
	_test_eof39: cs = 39; goto _test_eof; 
	_test_eof40: cs = 40; goto _test_eof; 
	_test_eof41: cs = 41; goto _test_eof; 
	_test_eof42: cs = 42; goto _test_eof; 
	_test_eof43: cs = 43; goto _test_eof; 
	_test_eof44: cs = 44; goto _test_eof; 
	_test_eof45: cs = 45; goto _test_eof; 
	_test_eof46: cs = 46; goto _test_eof; 
	_test_eof47: cs = 47; goto _test_eof; 
	_test_eof48: cs = 48; goto _test_eof; 
	_test_eof49: cs = 49; goto _test_eof; 
	_test_eof50: cs = 50; goto _test_eof; 
	_test_eof51: cs = 51; goto _test_eof; 
	_test_eof52: cs = 52; goto _test_eof; 
	_test_eof53: cs = 53; goto _test_eof; 
	_test_eof54: cs = 54; goto _test_eof; 
	_test_eof55: cs = 55; goto _test_eof; 
	_test_eof56: cs = 56; goto _test_eof; 
	_test_eof57: cs = 57; goto _test_eof; 
	_test_eof58: cs = 58; goto _test_eof; 
	_test_eof59: cs = 59; goto _test_eof; 
	_test_eof60: cs = 60; goto _test_eof; 
	_test_eof61: cs = 61; goto _test_eof; 
	_test_eof86: cs = 86; goto _test_eof; 
	_test_eof62: cs = 62; goto _test_eof; 
	_test_eof63: cs = 63; goto _test_eof; 
	_test_eof64: cs = 64; goto _test_eof; 
	_test_eof65: cs = 65; goto _test_eof; 
	_test_eof66: cs = 66; goto _test_eof; 
	_test_eof67: cs = 67; goto _test_eof; 
	_test_eof68: cs = 68; goto _test_eof; 
	_test_eof69: cs = 69; goto _test_eof; 
	_test_eof70: cs = 70; goto _test_eof; 
	_test_eof71: cs = 71; goto _test_eof; 
	_test_eof72: cs = 72; goto _test_eof; 
	_test_eof73: cs = 73; goto _test_eof; 
	_test_eof74: cs = 74; goto _test_eof; 
	_test_eof75: cs = 75; goto _test_eof; 
	_test_eof76: cs = 76; goto _test_eof; 
	_test_eof77: cs = 77; goto _test_eof; 
	_test_eof78: cs = 78; goto _test_eof; 
	_test_eof79: cs = 79; goto _test_eof; 
	_test_eof80: cs = 80; goto _test_eof; 
	_test_eof81: cs = 81; goto _test_eof; 
	_test_eof82: cs = 82; goto _test_eof; 
	_test_eof83: cs = 83; goto _test_eof; 

	_test_eof: {}
	_out: {}
	}

/* #line 155 "src/wire/json.rl" */
  if (json->result == EP_JSON_TOO_DEEP || json->result == EP_JSON_TOO_MANY) p--;
  if (cs == epigeon_json_error) json->result = EP_JSON_MALFORMED;
  json->offset = AT(p);
  json->state = cs;
  json->depth = top;
  EP_ASSERT(top >= 0 && top <= json->depth_most);
  EP_ASSERT(json->offset <= text.len);
  return json->result;
}
