/* Traces as scripts, for the tests of the judge: one event a line, ' for ".
 *
 *   1+  1~  1+rude  1+remote  connection 1 opens: on a stream, lossy, with a rude client, from afar
 *   1> TEXT   its client writes a bare frame, and it arrives; 1>> TEXT an enveloped one
 *   1< TEXT   its server does; 1<< TEXT
 *   1w> TEXT  it is written and does not arrive (yet); w>>, w<, w<< likewise
 *   1a> N     frame N of the client arrives; 1a< N of the server
 *   1A>> N TEXT  frame N, which is TEXT, arrives again
 *   1r> TEXT  it is written as it stands, without an end byte
 *   1-        both sides close; 1-done: the server does, as it wants
 *   1!  1!2   the server cannot do what it asked; it knows that it speaks EP/2
 *   @MS       it is so late now
 *   sent, delivered, confirmed, refused: CLIENT UID [JSON]   heal
 *   stored, connect, disconnect: CLIENT
 *   crash [CLIENT]   kept [CLIENT]   lost [CLIENT]   (restarts, with and without its state)
 *   old CLIENT       (restarts, with an old copy of it)
 *   parked N, mailbox N, held N, session N: the judge is told that limit of the server
 *   opens in order: that, too
 *   clock jumps N, memory fails: of clients
 *
 * Read first: judge.h. */
#ifndef TEST_JUDGE_H
#define TEST_JUDGE_H

#include "oracle/judge.h"

/* Gives a whole script to the judge, and its end. */
judge_verdict script_judge(judge *judge, const char *script);

typedef struct rule_case {
  const char *requirement;
  const char *good; /* not rejected */
  const char *bad;  /* rejected, because of requirement */
} rule_case;

/* test_judge_rules.c, test_judge_streams.c */
extern const rule_case rule_cases[], stream_cases[];
extern const int rule_case_count, stream_case_count;

/* ---- Beginnings, and frames ---- */

#define LIMITS "'limits':{'frame':1000,'depth':9,'session':1000}"
#define ASK(c, id, more) c ">> {'action':'auth','payload':'" id "','version':2," more "}\n"
#define REPLY(c, known, epoch, expect)                                                         \
  c "<< {'action':'auth','payload':" known ",'version':2,'epoch':'" epoch "','expect':" expect \
    ",'window':3," LIMITS "}\n"
#define JOIN(c, id) \
  c "+\n" ASK(c, id, "'instance':'i','expect':0,'window':3") REPLY(c, "false", "e", "0")
#define ASK1(c, id) c ">> {'action':'auth','payload':'" id "'}\n"
#define REPLY1(c, known) c "<< {'action':'auth','payload':" known "}\n"
#define LIST1(c) c "<< {'action':'clients.list','payload':[]}\n"
#define SESSION1(c) c ">> {'action':'session.update','payload':{}}\n"
#define SHOWN1(c, id) \
  c "<< {'action':'session.update','payload':{'uuid':'" id "','connected':true,'session':{}}}\n"
#define JOIN1(c, id) c "+\n" ASK1(c, id) REPLY1(c, "false") LIST1(c) SESSION1(c) SHOWN1(c, id)
#define NEW(to, id, uid)                                                                         \
  "{'action':'message.new','payload':{'to':'" to "','id':" id ",'uid':'" uid "','payload':'" uid \
  "'}}\n"
#define ASKING(to, id, uid)                                                                      \
  "{'action':'message.new','payload':{'to':'" to "','id':" id ",'uid':'" uid "','payload':'" uid \
  "','receipt':true}}\n"
#define COPY(from, to, id, uid, from_id)                                                       \
  "{'action':'message.new','payload':{'from':'" from "','to':'" to "','id':" id ",'uid':'" uid \
  "','payload':'" uid "','fromId':" from_id "}}\n"
#define CONFIRM(what) "{'action':'message.confirm','payload':" what "}\n"
#define RETRY(id) "{'action':'message.retry','payload':" id "}\n"

#endif
