/* Rules of the two streams, each with a trace that breaks it and a twin that does not: numbering,
 * repeating, confirming, resuming, lost state.
 * Read first: test_judge.h. */
#include "oracle/test_judge.h"

#define ADA JOIN("1", "ada")
#define UP(id, uid) "1> " NEW("ada", id, uid)
#define OK(id) "1< " CONFIRM(id)
#define DOWN(id, uid) "1< " COPY("ada", "ada", id, uid, id)
#define ONE ADA UP("0", "u") OK("0") DOWN("0", "u")
#define TWO ADA UP("0", "u") UP("1", "v") OK("1") DOWN("0", "u") DOWN("1", "v")
/* ada comes back on connection 2. */
#define BACK(instance, epoch, expect) \
  "1-\n2+\n" ASK("2", "ada",          \
                 "'instance':'" instance "','epoch':'" epoch "','expect':" expect ",'window':3")
#define AGAIN(expect) REPLY("2", "true", "e", expect)
#define UP2(id, uid) "2> " NEW("ada", id, uid)
#define DOWN2(id, uid, from_id) "2< " COPY("ada", "ada", id, uid, from_id)
#define ROOM(id) "{'action':'session.update','payload':{'room':7},'id':" id "}\n"

#define ADA1 JOIN1("1", "ada")
#define V1UP(id, uid) "1>> " NEW("ada", id, uid)
#define V1OK(uid) "1<< " CONFIRM("'" uid "'")
#define V1DOWN(id, uid) "1<< " COPY("ada", "ada", id, uid, id)
#define V1BACK(known) "1-\n2+\n" ASK1("2", "ada") REPLY1("2", known) LIST1("2")
#define V1UP2(id, uid) "2>> " NEW("ada", id, uid)
#define V1DOWN2(id, uid) "2<< " COPY("ada", "ada", id, uid, id)

#define LOSSY \
  "1~\n" ASK("1", "ada", "'instance':'i','expect':0,'window':3") REPLY("1", "false", "e", "0")

/* The client was killed, and remembers an older epoch than it had been told. */
#define STALE                                                               \
  ADA BACK("i", "e", "0") REPLY("2", "false", "f", "0")                     \
      UP2("0", "u") "2< " CONFIRM("0") "crash ada\nkept ada\n2-\n3+\n" ASK( \
          "3", "ada", "'instance':'i','epoch':'e','expect':0") REPLY("3", "true", "f", "1")

/* Item 0 was refused, and its confirm was lost; item 1 was not answered. */
#define REFUSED \
  ADA UP("0", "u") UP("1", "v") "1w< " CONFIRM("0")                                             \
      "1< {'action':'error','payload':{'code':'parked-full','reason':'.','of':0,'uid':'u','id':0}}\n" \
      "@1000\n"
#define BACK_AFTER_LOSS \
  ASK("2", "ada", "'instance':'i','epoch':'e','expect':1") REPLY("2", "false", "f", "0")

/* A session over the limit was confirmed, and refused; then the server's state is lost. */
#define LARGE_SESSION \
  "1+\n" ASK("1", "ada", "'instance':'i','expect':0") REPLY_SMALL("1", "false", "e") "1> " ROOM("0") \
      OK("0") "1< {'action':'error','payload':{'code':'bad-session','reason':'.','of':0,'id':0}}\n"  \
      "@1000\n" BACK("i", "e", "1") REPLY_SMALL("2", "false", "f")
#define REPLY_SMALL(c, known, epoch)                                      \
  c "<< {'action':'auth','payload':" known ",'version':2,'epoch':'" epoch \
    "','expect':0,"                                                       \
    "'window':3,'limits':{'frame':120,'depth':9,'session':5}}\n"
#define LARGE "0123456789012345678901234567890123456789" /* a uid, and the payload */

/* EP/1: the second message may have been refused in silence, for want of room to park it. */
#define NO_ROOM \
  ADA1 "1>> " NEW("bob", "0", "u") V1OK("u") "1>> " NEW("bob", "1", "v") V1OK("v") "2+\n" ASK1( \
      "2", "bob") REPLY1("2", "false")                                                       \
      "2<< {'action':'clients.list','payload':[{'uuid':'ada','state':'connected','session':{}}]}\n" \
      "1<< {'action':'client.connect','payload':'bob'}\n" SESSION1("2") SHOWN1("1", "bob") SHOWN1("2", "bob") "2<< " COPY("ada", "bob", "0", "u", "0") "2>> " CONFIRM("'u'") "heal\n@20000\n"

/* EP/1: the second message may have been refused in silence, for want of room in the mailbox. */
#define FULL                                             \
  ADA1 V1UP("0", "u") V1OK("u") V1UP("1", "v") V1OK("v") \
      V1DOWN("0", "u") "1>> " CONFIRM("'u'") "heal\n@20000\n"

/* EP/1: bob's mailbox may have been full for the second message, if the server has not read what he
 * confirmed before his connection ended. */
#define BOB_IS(what) "1<< {'action':'client." what "','payload':'bob'}\n"
#define CONFIRMS "2> " CONFIRM("0")
#define SETS_ROOM \
  "2> " ROOM("0") "2< " CONFIRM("0") "1<< {'action':'session.update','payload':{'uuid':'bob'," \
                                     "'connected':true,'session':{'room':7}}}\n"
#define LEAVES(last)                                                                \
  "mailbox 1\n" ADA1 JOIN("2", "bob") BOB_IS("connect") "1>> " NEW("bob", "0", "u") \
      V1OK("u") "2< " COPY("ada", "bob", "0", "u", "0") last                        \
      "2-\n" BOB_IS("disconnect") "1>> " NEW("bob", "1", "v")                       \
          V1OK("v") "3+\n" ASK("3", "bob", "'instance':'i','epoch':'e','expect':1") \
              REPLY("3", "true", "e", "1") BOB_IS("connect") "heal\n@20000\n"

/* EP/1: the server's state is lost; the client, killed before it had stored what that means, goes
 * on with the ids it had. */
#define KILLED(before)                                                                  \
  ADA1 V1UP("0", "u") V1OK("u") V1UP("1", "v") "crash\n1-\nlost\n2+\n" ASK1("2", "ada") \
      REPLY1("2", "false") before "crash ada\n2-\nkept ada\n3+\n" ASK1("3", "ada")      \
          REPLY1("3", "true") LIST1("3") SESSION1("3")
#define GIVEN "sent ada u ada\nsent ada v ada\n"
#define GOES_ON KILLED("") "3>> " NEW("ada", "1", "v")

#define AUTH_ADA \
  "{'action':'auth','payload':'ada','version':2,'instance':'i','expect':0,'window':3}\n"

#define LOST_STATE "crash\nlost\n" BACK("i", "e", "0")

/* ada's state is brought back from before she confirmed both items; another item comes. */
#define UNKNOWN(id) "{'action':'error','payload':{'code':'unknown-id','reason':'.','of':" id "}}\n"
#define ASKS_IN_VAIN(c) c "> " RETRY("0") c "< " UNKNOWN("0")
#define WENT_BACK                                                              \
  TWO "1> " CONFIRM("1") "crash ada\nold ada\n" BACK("i", "e", "0") AGAIN("2") \
      UP2("2", "w") "2< " CONFIRM("2") DOWN2("2", "w", "2") ASKS_IN_VAIN("2")
/* … or from before she took another instance. */
#define WENT_BACK_FAR                                                                       \
  ONE "1> " CONFIRM("0") "1-\n2+\n" ASK("2", "ada", "'instance':'j','expect':0,'window':3") \
      AGAIN("0") UP2("0", "v") "2< " CONFIRM("0")                                           \
          DOWN2("0", "v", "0") "crash ada\n2-\nold ada\n3+\n" ASK(                          \
              "3", "ada", "'instance':'i','epoch':'e','expect':1")                          \
              REPLY("3", "true", "e", "0") "3< " COPY("ada", "ada", "0", "v", "0")

#define FULL_FOR_ADA(uid)                                                              \
  "{'action':'error','payload':{'code':'mailbox-full','reason':'.','of':0,'uid':'" uid \
  "','to':['ada'],'count':1,'id':0}}\n"

/* A newer connection takes ada over, with another instance. */
#define TAKEN_OVER                      \
  ADA UP("0", "u") UP("1", "v") OK("1") \
      DOWN("0", "u") "2+\n" ASK("2", "ada", "'instance':'j','expect':0") AGAIN("0")
#define AGAIN_BOTH DOWN2("0", "u", "0") DOWN2("1", "v", "1")

/* The server's state is lost after it has, or has not, given ada what she sent. */
#define V1_LOST_WITH(given)                                                    \
  ADA1 V1UP("0", "u") V1OK("u") given "crash\n1-\nlost\n2+\n" ASK1("2", "ada") \
      REPLY1("2", "false") LIST1("2") SESSION1("2")

#define OFTEN_1 V1UP("0", "u")
#define OFTEN ADA1 OFTEN_1 OFTEN_1 OFTEN_1 OFTEN_1 OFTEN_1 V1OK("u")

/* EP/1: the second message may have been dropped for want of room, and its gap given up. */
#define V1DROPPED                                                                 \
  ADA1 V1UP("0", "u") V1UP("1", "v") V1OK("u") V1DOWN("0", "u") V1UP("2", "w")    \
      V1OK("w") "1<< " COPY("ada", "ada", "1", "w", "2") "@2000\n" V1UP("1", "v") \
          V1OK("v") "1<< " COPY("ada", "ada", "2", "v", "1")

#define CONFIRMED_ONCE ADA1 V1UP("0", "u") V1OK("u") "@1000\n" V1BACK("true") SESSION1("2")
#define V1LOST \
  "@3000\ncrash\nlost\n2-\n3+\n" ASK1("3", "ada") REPLY1("3", "false") LIST1("3") SESSION1("3")
#define V1UP3(id, uid) "3>> " NEW("ada", id, uid)

#define BAD_SESSION(of)                                                                       \
  "2< {'action':'error','payload':{'code':'bad-session','reason':'It is too large.','of':" of \
  ",'id':0}}\n"

/* What ada sends to room 7 is accepted when the server has shown that eve, who is rude, is in room
 * 8; bob comes to room 7 later. */
#define EVE_IN(room, id) "2> {'action':'session.update','payload':{'room':" room "},'id':" id "}\n"
#define EVE_THEN_BOB(sessions) \
  ADA "2+rude\n" ASK("2", "eve", "'instance':'i','expect':0") REPLY("2", "false", "e", "0") "3+\n" ASK1( \
      "3", "bob") REPLY1("3", "false")                                                             \
      "3<< {'action':'clients.list','payload':[{'uuid':'ada','state':'connected','session':{}}]}\n" SESSION1( \
          "3") SHOWN1("3", "bob") sessions                                                         \
      "3<< {'action':'session.update','payload':{'uuid':'eve','connected':true,"                   \
      "'session':{'room':8}}}\n"                                                                   \
      "1> {'action':'message.new','payload':{'to':{'room':7},'id':0,'uid':'u','payload':1}}\n" OK( \
          "0") "3>> {'action':'session.update','payload':{'room':7}}\n"                            \
               "3<< {'action':'session.update','payload':{'uuid':'bob','connected':true,"          \
               "'session':{'room':7}}}\nheal\n@20000\n"

const rule_case stream_cases[] = {
    /* Sending. */
    {"EP-SEND-1", ADA UP("0", "u") UP("1", "v"), ADA UP("0", "u") UP("2", "v")},
    {"EP-SEND-1", ADA UP("0", "u"), ADA UP("1", "u")},
    {"EP-SEND-1", LOSSY UP("0", "u") UP("0", "u"), LOSSY UP("0", "u") UP("0", "v")},
    {"EP-SEND-1", TWO, ADA UP("0", "u") OK("0") DOWN("1", "u")},
    {"EP-SEND-2", TWO "1> " CONFIRM("0") BACK("i", "e", "1") AGAIN("2") DOWN2("1", "v", "1"),
     ADA UP("0", "u") UP("1", "v") UP("2", "w") BACK("i", "e", "0") AGAIN("0") UP2("0", "u")
         UP2("2", "w")},
    {"EP-SEND-3", ADA UP("0", "u") "1< " RETRY("0") UP("0", "u"), ADA UP("0", "u") UP("0", "u")},
    {"EP-SEND-3", ONE "1> " RETRY("0") DOWN("0", "u"), ONE DOWN("0", "u")},
    {"EP-SEND-3", LOSSY UP("0", "u") UP("0", "u") UP("0", "u"),
     ADA UP("0", "u") "1< " RETRY("0") UP("0", "u") UP("0", "u")},
    {"EP-SEND-3", ADA1 V1UP("0", "u") "@2000\n" V1UP("0", "u"),
     ADA1 V1UP("0", "u") V1UP("0", "u") V1UP("0", "u") V1UP("0", "u")},
    {"EP-SEND-9", ADA UP("0", "u") UP("1", "v") UP("2", "w") OK("0") UP("3", "x"),
     ADA UP("0", "u") UP("1", "v") UP("2", "w") UP("3", "x")},
    {"EP-SEND-9",
     TWO UP("2", "w") OK("2") DOWN("2", "w") UP("3", "x") OK("3") "1> " CONFIRM("0") DOWN("3", "x"),
     TWO UP("2", "w") OK("2") DOWN("2", "w") UP("3", "x") OK("3") DOWN("3", "x")},

    /* Confirming. */
    {"EP-G5-1", ADA UP("0", "u") OK("0"), ADA OK("0")},
    {"EP-G5-1", ADA "1w> " NEW("ada", "0", "u") "1a> 2\n" OK("0"),
     ADA "1w> " NEW("ada", "0", "u") OK("0")},
    {"EP-G5-1", ADA1 V1UP("0", "u") V1OK("u"), ADA1 V1OK("u")},
    {"EP-RECV-3", LOSSY "1w> " NEW("ada", "0", "u") UP("1", "v") "1a> 2\n" OK("1"),
     LOSSY "1w> " NEW("ada", "0", "u") UP("1", "v") OK("1")},
    {"EP-RECV-8", ONE "1> " CONFIRM("0"), ONE "1> " CONFIRM("1")},
    {"EP-RECV-8", ADA1 V1UP("0", "u") V1OK("u") V1DOWN("0", "u") "1>> " CONFIRM("'u'"),
     ADA1 V1UP("0", "u") V1OK("u") "1>> " CONFIRM("'u'")},
    {"EP-RECV-8", V1_LOST_WITH(V1DOWN("0", "u")) "2>> " CONFIRM("'u'"),
     V1_LOST_WITH("1w<< " COPY("ada", "ada", "0", "u", "0")) "2>> " CONFIRM("'u'")},
    {"EP-RECV-10", ADA1 V1UP("0", "u") V1OK("u") "@2000\n" V1UP("0", "u") V1OK("u"),
     ADA1 V1UP("0", "u") V1OK("u") V1OK("u")},
    {"EP-ROUTE-2", ONE, ADA UP("0", "u") DOWN("0", "u")},
    {"EP-MSG-4", ADA1 V1UP("0", "u") V1OK("u"), ADA1 V1UP("0", "u") "1<< " CONFIRM("0")},

    /* Resuming. */
    {"EP-RES-1", ADA UP("0", "u") BACK("i", "e", "0") AGAIN("0") UP2("0", "u"),
     ADA UP("0", "u") UP("1", "v") BACK("i", "e", "0") AGAIN("0") UP2("1", "v")},
    {"EP-RES-1", TWO BACK("i", "e", "2") AGAIN("2") UP2("2", "w"),
     TWO BACK("i", "e", "2") AGAIN("2") UP2("1", "v")},
    {"EP-RES-1", TWO "1> " CONFIRM("0") BACK("i", "e", "1") AGAIN("2"),
     TWO "1> " CONFIRM("1") BACK("i", "e", "1") AGAIN("2")},
    {"EP-RECV-8", ONE BACK("i", "e", "1"), ONE BACK("i", "e", "2")},
    {"EP-RECV-8", ONE "delivered ada u ada\n" BACK("i", "e", "1"),
     ONE "stored ada\n" BACK("i", "e", "1")},
    {"EP-SEND-6", ADA UP("0", "u") "1< " RETRY("0") UP("0", "u") "@4000\n1> {'action':'ping'}\n",
     ADA UP("0", "u") "1< " RETRY("0") "@4000\n1> {'action':'ping'}\n"},
    {"EP-SEND-6", ONE "1> " RETRY("0") DOWN("0", "u") "@4000\n1< {'action':'ping'}\n",
     ONE "1> " RETRY("0") "@4000\n1< {'action':'ping'}\n"},
    {"EP-SEND-7", "1~\n1w>> " AUTH_ADA "@500\n1w>> " AUTH_ADA "@6000\n1-\n",
     "1~\n1w>> " AUTH_ADA "@6000\n1-\n"},
    {"EP-G5-1", TWO BACK("i", "e", "0") AGAIN("2"), TWO BACK("i", "e", "0") AGAIN("3")},
    {"EP-RES-2", TWO BACK("i", "e", "0") AGAIN("2"), TWO BACK("i", "e", "0") AGAIN("1")},
    {"EP-RES-2", TWO BACK("i", "e", "1") AGAIN("2") DOWN2("1", "v", "1"),
     TWO BACK("i", "e", "1") AGAIN("2") DOWN2("0", "u", "0")},
    {"EP-RES-2", TWO BACK("i", "e", "0") AGAIN("2") DOWN2("0", "u", "0"),
     TWO BACK("i", "e", "0") AGAIN("2") DOWN2("1", "v", "1")},
    {"EP-RES-2", ONE BACK("i", "e", "0") AGAIN("1"),
     ONE BACK("i", "e", "0") REPLY("2", "false", "e", "1")},
    {"EP-G1-1", ONE BACK("i", "e", "0") AGAIN("1") DOWN2("0", "u", "0"),
     ONE BACK("i", "e", "0") AGAIN(
         "1") "2< {'action':'message.new','payload':{'from':'ada','to':'ada','id':0,'uid':'u',"
              "'payload':'U','fromId':0}}\n"},
    {"EP-RES-4",
     ADA1 V1UP("0", "u") V1UP("1", "v") V1OK("u") V1OK("v") V1DOWN("0", "u") V1DOWN("1", "v")
         V1BACK("true") V1DOWN2("0", "u") V1DOWN2("1", "v"),
     ADA1 V1UP("0", "u") V1UP("1", "v") V1OK("u") V1OK("v") V1DOWN("0", "u") V1DOWN("1", "v")
         V1BACK("true") V1DOWN2("1", "v")},
    {"EP-RES-5", ADA1 V1UP("0", "u") V1BACK("true") SESSION1("2") V1UP2("0", "u"),
     ADA1 V1UP("0", "u") V1BACK("true") V1UP2("0", "u")},
    {"EP-RES-5",
     ADA1 V1UP("0", "u") V1UP("1", "v") V1BACK("true") SESSION1("2") V1UP2("0", "u")
         V1UP2("1", "v"),
     ADA1 V1UP("0", "u") V1UP("1", "v") V1BACK("true") SESSION1("2") V1UP2("1", "v")},

    /* Lost state. */
    {"EP-LOST-1", TWO BACK("j", "e", "0") AGAIN("0") DOWN2("0", "u", "0") DOWN2("1", "v", "1"),
     TWO BACK("j", "e", "0") AGAIN("2")},
    {"EP-LOST-1", TWO "1> " CONFIRM("0") BACK("j", "e", "0") AGAIN("0") DOWN2("0", "v", "1"),
     TWO BACK("j", "e", "0") AGAIN("0") DOWN2("0", "v", "1") DOWN2("1", "u", "0")},
    {"EP-LOST-2",
     ADA UP("0", "u") UP("1", "v") BACK("i", "e", "0") REPLY("2", "false", "f", "0") UP2("0", "u")
         UP2("1", "v"),
     ADA UP("0", "u") UP("1", "v") BACK("i", "e", "0") REPLY("2", "false", "f", "0") UP2("0", "v")},
    {"EP-LOST-5",
     ADA UP("0", "u") BACK("i", "e", "0") REPLY("2", "false", "f", "0") UP2("0", "u") UP2("1", "w"),
     ADA UP("0", "u") BACK("i", "e", "0") REPLY("2", "false", "f", "0") UP2("0", "w")},
    {"EP-LOST-3",
     ADA "1> " ROOM("0") OK("0") "@1000\n" BACK("i", "e", "0")
         REPLY("2", "false", "f", "0") "2> " ROOM("0") UP2("1", "u"),
     ADA "1> " ROOM("0") OK("0") "@1000\n" BACK("i", "e", "0") REPLY("2", "false", "f", "0")
         UP2("0", "u")},
    {"EP-LOST-3", LARGE_SESSION "2> " ROOM("0") "2> " NEW("ada", "1", "u"),
     LARGE_SESSION "2> " NEW("ada", "0", "u")},
    {"EP-LOST-4",
     ADA1 V1UP("0", "u") V1UP("1", "v") V1BACK("false") SESSION1("2") V1UP2("0", "u")
         V1UP2("1", "v"),
     ADA1 V1UP("0", "u") V1UP("1", "v") V1BACK("false") SESSION1("2") V1UP2("0", "v")},
    /* From EP/2 to EP/1. */
    {"EP-SEND-1",
     ADA UP("0", "u") OK("0") UP("1", "v") V1BACK("true") SESSION1("2") V1UP2("0", "v"),
     ADA UP("0", "u") OK("0") UP("1", "v") V1BACK("true") SESSION1("2") V1UP2("1", "v")},
    {"EP-LOST-1", TWO "1> " CONFIRM("0") V1BACK("true") "2<< " COPY("ada", "ada", "0", "v", "1"),
     TWO V1BACK("true") "2<< " COPY("ada", "ada", "0", "v", "1") "2<< " COPY("ada", "ada", "1", "u",
                                                                             "0")},
    {"EP-LOST-10",
     WENT_BACK "2-\n3+\n" ASK("3", "ada", "'instance':'k','expect':0,'window':3")
         REPLY("3", "true", "e", "0") "3< " COPY("ada", "ada", "0", "w", "2"),
     WENT_BACK "@6000\n2-\n"},
    {"EP-LOST-10",
     WENT_BACK "2-\n3+\n" ASK("3", "ada", "'instance':'i','epoch':'e','expect':0,'window':3")
         REPLY("3", "true", "e", "3") "3< " COPY("ada", "ada", "2", "w", "2"),
     WENT_BACK "2-\n3+\n" ASK("3", "ada", "'instance':'i','epoch':'e','expect':0,'window':3")
         REPLY("3", "true", "e", "3") "3< " COPY("ada", "ada", "2", "w", "2") ASKS_IN_VAIN("3")},
    {"EP-LOST-11", WENT_BACK_FAR "3-\n", WENT_BACK_FAR "@6000\n3-\n"},
    {"EP-LOST-9", REFUSED "1-\n2+\n" BACK_AFTER_LOSS "2> " NEW("ada", "0", "v"),
     REFUSED "1-\n2+\n" BACK_AFTER_LOSS "2> " NEW("ada", "0", "u") "2> " NEW("ada", "1", "v")},
    {"EP-LIM-9",
     ADA UP("0", LARGE) UP("1", "v") BACK("i", "e", "0") REPLY_SMALL("2", "true", "e") UP2("0", "v")
         UP2("1", "w"),
     ADA UP("0", LARGE) UP("1", "v") BACK("i", "e", "0") REPLY_SMALL("2", "true", "e")
         UP2("0", LARGE)},
    {"EP-LIM-9",
     ADA UP("0", LARGE) UP("1", "v") BACK("i", "e", "0") REPLY_SMALL("2", "false", "f")
         UP2("0", "v") UP2("1", "w"),
     ADA UP("0", LARGE) UP("1", "v") BACK("i", "e", "0") REPLY_SMALL("2", "false", "f")
         UP2("0", LARGE)},
    {"EP-LOST-5",
     ADA UP("0", LARGE) UP("1", "v") BACK("i", "e", "0") REPLY_SMALL("2", "true", "e")
         UP2("0", "v"),
     ADA UP("0", LARGE) UP("1", "v") BACK("i", "e", "0") REPLY_SMALL("2", "true", "e")
         UP2("0", "w")},
    {"EP-PARK-1", "parked 1\n" NO_ROOM, "parked 2\n" NO_ROOM},
    {"EP-RECV-1", "held 1\n" V1DROPPED, "held 2\n" V1DROPPED},
    {"EP-ROUTE-1", "mailbox 1\n" FULL, "mailbox 2\n" FULL},
    {"G5", LEAVES(SETS_ROOM CONFIRMS), LEAVES(CONFIRMS SETS_ROOM)},
    {"EP-RECV-3", GOES_ON "@10000\n3<< " CONFIRM("'v'") "3<< " COPY("ada", "ada", "0", "v", "1"),
     GOES_ON "3<< " CONFIRM("'v'")},
    /* … or has stored it, and not said so. */
    {"EP-SEND-1", KILLED("") "3>> " NEW("ada", "0", "v"), KILLED("") "3>> " NEW("ada", "5", "w")},
    {"EP-SEND-1", GIVEN KILLED("") "stored ada\n3>> " NEW("ada", "1", "v"),
     GIVEN KILLED("stored ada\n") "3>> " NEW("ada", "1", "v")},
    {"EP-ERR-7", ADA UP("0", "u") OK("0") BACK("j", "e", "0") AGAIN("0") "2< " FULL_FOR_ADA("u"),
     ADA UP("0", "u") OK("0") BACK("j", "e", "0") AGAIN("0") "2< " FULL_FOR_ADA("w")},
    {"EP-G2-1", TAKEN_OVER "1< " COPY("ada", "ada", "1", "v", "1") AGAIN_BOTH,
     TAKEN_OVER AGAIN_BOTH DOWN2("2", "v", "1")},
    {"EP-NEG-3", ADA LOST_STATE REPLY("2", "false", "f", "0"),
     ADA LOST_STATE REPLY("2", "false", "e", "0")},
    {"EP-RECV-10", ADA1 V1UP("0", "u") "1A>> 3 " NEW("ada", "0", "u") V1OK("u") V1OK("u"),
     ADA1 V1UP("0", "u") V1OK("u") V1OK("u")},
    {"EP-RECV-3",
     ADA "1w> " NEW("ada", "0", "u") "1w> " NEW("ada", "1", "v") "1a> 3\n1a> 2\n" OK("1"),
     ADA "1w> " NEW("ada", "0", "u") "1w> " NEW("ada", "1", "v") "1a> 3\n" OK("1")},
    {"EP-LOST-6", STALE "3-\n", STALE "3> " NEW("ada", "1", "w")},
    {"EP-G6-1",
     ADA UP("0", "u") "crash ada\nkept ada\n" BACK("i", "e", "0") AGAIN("0") UP2("0", "u"),
     ADA UP("0", "u") "crash ada\nkept ada\n" BACK("i", "e", "0") AGAIN("0") UP2("0", "w")},
    {"EP-SEND-3", "clock jumps 2\n" OFTEN, OFTEN},
    /* Memory ran out while a confirm was read: the message is written again, now and later. */
    {"EP-LOST-5",
     CONFIRMED_ONCE V1UP2("0", "u") V1UP2("1", "w") V1LOST V1UP3("0", "u") V1UP3("1", "w"),
     CONFIRMED_ONCE V1UP2("1", "w") V1LOST V1UP3("0", "u") V1UP3("1", "w")},
    /* Her second session was taken before her first, so that she is in room 7, perhaps. */
    {"EP-PARK-1", EVE_THEN_BOB(EVE_IN("7", "1") EVE_IN("8", "0")),
     EVE_THEN_BOB(EVE_IN("7", "0") EVE_IN("8", "1"))},
    /* The session of an older instance is refused to the new one. */
    {"EP-ERR-7",
     ADA "1> " ROOM("0") "crash ada\nlost ada\n" BACK("j", "e", "0") AGAIN("0") BAD_SESSION("0"),
     ADA "1> " ROOM("0") "crash ada\nlost ada\n" BACK("j", "e", "0") AGAIN("0") BAD_SESSION("1")},
};
const int stream_case_count = (int)(sizeof stream_cases / sizeof *stream_cases);
