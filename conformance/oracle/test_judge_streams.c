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
    {"EP-RECV-1", ONE BACK("i", "e", "1"), ONE BACK("i", "e", "2")},
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
    {"EP-LOST-4",
     ADA1 V1UP("0", "u") V1UP("1", "v") V1BACK("false") SESSION1("2") V1UP2("0", "u")
         V1UP2("1", "v"),
     ADA1 V1UP("0", "u") V1UP("1", "v") V1BACK("false") SESSION1("2") V1UP2("0", "v")},
    {"EP-LOST-9", REFUSED "1-\n2+\n" BACK_AFTER_LOSS "2> " NEW("ada", "0", "v"),
     REFUSED "1-\n2+\n" BACK_AFTER_LOSS "2> " NEW("ada", "0", "u") "2> " NEW("ada", "1", "v")},
    {"EP-LOST-6", STALE "3-\n", STALE "3> " NEW("ada", "1", "w")},
    {"EP-G6-1",
     ADA UP("0", "u") "crash ada\nkept ada\n" BACK("i", "e", "0") AGAIN("0") UP2("0", "u"),
     ADA UP("0", "u") "crash ada\nkept ada\n" BACK("i", "e", "0") AGAIN("0") UP2("0", "w")},
};
const int stream_case_count = (int)(sizeof stream_cases / sizeof *stream_cases);
