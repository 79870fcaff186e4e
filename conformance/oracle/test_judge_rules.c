/* Rules of one connection, each with a trace that breaks it and a twin that does not: forms,
 * authentication, negotiation, errors, receipts, presence, applications.
 * Read first: test_judge.h. Then: test_judge_streams.c. */
#include "oracle/test_judge.h"

#define TWO JOIN("1", "ada") JOIN("2", "bob")
#define SELF "1> " NEW("ada", "0", "u") "1< " CONFIRM("0")
#define RECEIPT(id, of, by, left)                                                      \
  "{'action':'message.receipt','payload':{'id':" id ",'of':" of ",'uid':'u','by':'" by \
  "','left':" left "}}\n"
#define TO_BOB \
  TWO "1> " ASKING("bob", "0", "u") "1< " CONFIRM("0") "2< " COPY("ada", "bob", "0", "u", "0")
#define ERROR(code, more) "{'action':'error','payload':{'code':'" code "','reason':'.'" more "}}\n"

#define ASK_ADA(c) ASK(c, "ada", "'instance':'i','expect':0")
#define JOINED(c) ASK_ADA(c) REPLY(c, "false", "e", "0")

#define BOB_CAME "1<< {'action':'client.connect','payload':'bob'}\n"
#define BOB_WENT "1<< {'action':'client.disconnect','payload':'bob'}\n"
#define AGAIN_BOB(c) c "+\n" ASK1(c, "bob") REPLY1(c, "true") LIST1(c)
#define WANTING(presence)                                                  \
  "1+\n" ASK("1", "ada", "'instance':'i','expect':0,'presence':" presence) \
      REPLY("1", "false", "e", "0")
#define BOB_IN(room) "1< {'action':'client.connect','payload':'bob','session':{'room':" room "}}\n"
#define RESUMED(c, expect) \
  ASK(c, "ada", "'instance':'i','expect':0,'epoch':'e'") REPLY(c, "true", "e", expect)
#define HEARD \
  "sent ada u bob\nstored ada\n" JOIN("1", "ada") "1> " NEW("bob", "0", "u") "1< " CONFIRM("0")
/* The server's state is lost before bob's application takes what had arrived. */
#define LATER                                                                                 \
  TO_BOB "crash\n1-\n2-\nlost\n3+\n" ASK("3", "bob", "'instance':'i','expect':0,'epoch':'e'") \
      REPLY("3", "false", "f", "0")

#define SETS                                                                                   \
  JOIN1("1", "ada")                                                                            \
  "2+\n" ASK1("2", "bob") REPLY1("2", "false") LIST_BOTH("2") SESSION1("2") SHOWN1("2", "bob") \
      BOB_CAME SHOWN1("1", "bob")
#define BOB_SETS "2>> {'action':'session.update','payload':{'room':7}}\n"
#define SHOWN_TO                                                                      \
  "<< {'action':'session.update','payload':{'uuid':'bob','connected':true,'session':" \
  "{'room':7}}}\n"
#define LISTED(id) "{'uuid':'" id "','state':'connected','session':{}}"
#define LIST_BOTH(c) \
  c "<< {'action':'clients.list','payload':[" LISTED("ada") "," LISTED("bob") "]}\n"
#define LIST_ASKED "1>> {'action':'clients.list','payload':''}\n"
#define LIST_OF(room) "1> {'action':'clients.list','payload':{'room':" room "}}\n"
#define ASKS SETS LIST_ASKED
#define HEALED "heal\n@20000\n"

#define TRY(c) c "+\n" ASK_ADA(c) c "-\n"
#define WANTED "connect ada\n"
#define STOPPED WANTED JOIN("1", "ada") "1< " ERROR("unauthorized", "") "1-\n@1000\n"

/* A copy of 102 bytes. */
#define FRAMES_OF(limit) \
  "1+\n" ASK("1", "ada", "'instance':'i','expect':0")                                         \
      "1<< {'action':'auth','payload':false,'version':2,'epoch':'e','expect':0,'window':3,"   \
      "'limits':{'frame':" limit ",'depth':9,'session':1000}}\n1> " NEW("ada", "0", "u") "1< " \
      CONFIRM("0") "1< " COPY("ada", "ada", "0", "u", "0")

const rule_case rule_cases[] = {
    {"EP-LIM-13", FRAMES_OF("102"), FRAMES_OF("101")},
    {"EP-FRAME-1", JOIN("1", "ada") "1> {'action':'ping'}\n",
     JOIN("1", "ada") "1r> {'action':'ping'}\n"},
    {"EP-FRAME-4", "1+\n" ASK1("1", "ada"), "1+\n1> {'action':'auth','payload':'ada'}\n"},
    {"EP-FRAME-4", JOIN1("1", "ada"), JOIN1("1", "ada") "1> " NEW("ada", "0", "u")},
    {"EP-FRAME-5", JOIN("1", "ada") "1> {'action':'ping'}\n",
     JOIN("1", "ada") "1>> {'action':'ping'}\n"},
    {"EP-FRAME-5", JOIN("1", "ada") "1< {'action':'ping'}\n",
     JOIN("1", "ada") "1<< {'action':'ping'}\n"},
    {"EP-JSON-1", JOIN("1", "ada"), JOIN("1", "ada") "1< {'action':'ping',}\n"},
    {"EP-JSON-5", JOIN("1", "ada") "1> " NEW("ada", "0", "u"),
     JOIN("1", "ada") "1> " NEW("ada", "0.0", "u")},
    {"EP-MSG-1", JOIN("1", "ada"), JOIN("1", "ada") "1> {'payload':1}\n"},
    {"EP-MSG-2", "1+\n" ASK1("1", "ada"), "1+\n1>> {'action':'auth','payload':''}\n"},
    {"EP-MSG-3", JOIN("1", "ada") "1> " NEW("ada", "0", "u") "1> " NEW("ada", "1", "v"),
     JOIN("1", "ada") "1> " NEW("ada", "0", "u") "1> " NEW("ada", "1", "u")},
    {"EP-MSG-4", JOIN1("1", "ada") "1>> " NEW("ada", "0", "u"),
     JOIN1("1", "ada") "1>> " ASKING("ada", "0", "u")},
    {"EP-MSG-5", JOIN("1", "ada") SELF "1< " COPY("ada", "ada", "0", "u", "0"),
     JOIN("1", "ada") SELF "1< {'action':'message.new','payload':{'from':'ada','to':'ada','id':0,"
                           "'uid':'u','payload':'u','fromId':0,'more':1}}\n"},
    {"EP-COMPAT-1", JOIN1("1", "ada") "1<< {'action':'client.connect','payload':'bob'}\n",
     JOIN1("1", "ada") "1<< {'action':'ping'}\n"},
    {"EP-COMPAT-2", JOIN1("1", "ada"), JOIN1("1", "ada") "1>> " RETRY("0")},

    {"EP-AUTH-1", "1+\n" ASK1("1", "ada"), "1+\n1>> " NEW("bob", "0", "u")},
    {"EP-AUTH-3", "1+rude\n1>> " NEW("bob", "0", "u"),
     "1+rude\n1>> " NEW("bob", "0", "u") "1<< " CONFIRM("'u'")},
    {"EP-AUTH-6", "1+\n" ASK1("1", "ada") REPLY1("1", "true") LIST1("1"),
     "1+\n" ASK1("1", "ada") REPLY1("1", "true") "1<< " COPY("ada", "ada", "0", "u", "0")},
    {"EP-AUTH-8", "1+\n" ASK1("1", "ada") "1>> " NEW("bob", "0", "u"),
     "1+\n" ASK1("1", "ada") "1>> " NEW("bob", "0", "u") "1<< " CONFIRM("'u'")},
    {"EP-AUTH-9", JOIN("1", "ada"),
     JOIN("1", "ada") "1< {'action':'auth','payload':true,'version':2,'epoch':'e','expect':0,"
                      "'window':3," LIMITS "}\n"},
    {"EP-SEC-5", "1+\n" ASK1("1", "ada"), "1+\n" ASK1("1", "ada") LIST1("1")},
    {"EP-NEG-1", "1+\n" ASK("1", "ada", "'instance':'i','expect':0"),
     "1+\n" ASK("1", "ada", "'instance':'i'")},
    {"EP-NEG-1", "1+\n" ASK("1", "ada", "'instance':'i','expect':3,'epoch':'e'"),
     "1+\n" ASK("1", "ada", "'instance':'i','expect':3")},
    {"EP-NEG-2", JOIN1("1", "ada"), "1+\n" ASK1("1", "ada") REPLY("1", "false", "e", "0")},
    {"EP-NEG-3", JOIN("1", "ada"),
     JOIN("1", "ada") "2+\n" ASK("2", "bob", "'instance':'i','expect':0") REPLY1("2", "false")},
    {"EP-TAKE-1",
     JOIN("1", "ada") "2+\n" ASK("2", "ada", "'instance':'j','expect':0")
         REPLY("2", "true", "e", "0") "1< " ERROR("replaced", ""),
     JOIN("1", "ada") "2+\n" ASK("2", "ada", "'instance':'j','expect':0")
         REPLY("2", "true", "e", "0") "@4000\n1< {'action':'ping'}\n"},
    {"EP-TAKE-1", JOIN("1", "ada"), JOIN("1", "ada") "1< " ERROR("replaced", "")},
    {"EP-TAKE-1", "1+\n2+\n" JOINED("2") "2-\n" ASK_ADA("1") "1<< " ERROR("replaced", ""),
     "2+\n" JOINED("2") "2-\n@6000\n1+\n" ASK_ADA("1") "1<< " ERROR("replaced", "")},
    {"EP-TAKE-4", "1+\n2+\n" JOINED("2") ASK_ADA("1") REPLY("1", "true", "e", "0"),
     "opens in order\n1+\n2+\n" JOINED("2") ASK_ADA("1") REPLY("1", "true", "e", "0")},

    {"EP-SEC-4", "1+\n" ASK1("1", "ada") REPLY1("1", "false"),
     "1+remote\n" ASK1("1", "ada") REPLY1("1", "false")},
    {"EP-SEC-4", "1+remote\n" JOINED("1"), "1+remote\n" ASK1("1", "ada") REPLY1("1", "false")},

    /* Closed at all, closed with a word; not when there was no way to say it. */
    {"EP-ERR-5", JOIN1("1", "ada") "1!\n1-done\nheal\n@20000\n",
     JOIN1("1", "ada") "1!\nheal\n@20000\n"},
    {"EP-ERR-5", JOIN("1", "ada") "1!2\n@2000\n1< {'action':'ping'}\n",
     JOIN("1", "ada") "1!2\n@3001\n1< {'action':'ping'}\n"},
    {"EP-ERR-5", "1+\n1!\n@3000\n1-\n", "1+\n1!\n@3001\n1-\n"},
    {"EP-ERR-5", "1+\n" ASK_ADA("1") "1!2\n1<< " ERROR("failed", "") "1-done\n",
     "1+\n" ASK_ADA("1") "1!2\n1-done\n"},
    {"EP-ERR-5", JOIN("1", "ada") "1!2\n1< " ERROR("failed", "") "1-done\n",
     JOIN("1", "ada") "1!2\n1-done\n"},
    {"EP-ERR-5", JOIN("1", "ada") "1!2\n1-\n", JOIN("1", "ada") "1!2\n1-done\n"},
    {"EP-ERR-5", JOIN("1", "ada") "1< " ERROR("failed", "") "1-done\n",
     JOIN("1", "ada") "1< " ERROR("failed", "") "1< {'action':'ping'}\n"},
    {"EP-ERR-5", JOIN("1", "ada") "1< " ERROR("idle", "") "1!2\n1-done\n",
     JOIN("1", "ada") "1!2\n1< {'action':'ping'}\n1-done\n"},
    {"EP-TIME-4", JOIN("1", "ada") "1> {'action':'bye'}\n1-done\n", JOIN("1", "ada") "1-done\n"},
    {"EP-TIME-4", JOIN("1", "ada") "1< " ERROR("idle", "") "1-done\n",
     JOIN("1", "ada") "1> {'action':'ping'}\n1< {'action':'pong'}\n1-done\n"},
    {"EP-ERR-5", JOIN("1", "ada") "1!2\ncrash\n1-done\n@4000\n2+\n",
     JOIN("1", "ada") "1!2\n@4000\n2+\n1-done\n"},

    {"EP-ERR-1", JOIN1("1", "ada"), JOIN1("1", "ada") "1<< " ERROR("bad-message", "")},
    {"EP-ERR-3",
     "1+rude\n" ASK("1", "ada", "'instance':'i','expect':0")
         REPLY("1", "false", "e", "0") "1> {'action':\n1< " ERROR("malformed", ""),
     "1+rude\n" ASK("1", "ada", "'instance':'i','expect':0")
         REPLY("1", "false", "e", "0") "1> {'action':\n1< " ERROR("malformed",
                                                                  "") "1< {'action':'ping'}\n"},
    {"EP-FRAME-2", JOIN("1", "ada"), JOIN("1", "ada") "1< " ERROR("malformed", "")},
    {"EP-ERR-4", JOIN("1", "ada") "1< " ERROR("bad-message", ""),
     JOIN("1", "ada") "1< " ERROR("no-such-code", "")},
    {"EP-ERR-7", JOIN("1", "ada") SELF "1< " ERROR("bad-to", ",'of':0,'uid':'u','id':0"),
     JOIN("1", "ada") SELF "1< " ERROR("bad-to", ",'of':1,'id':0")},
    {"EP-SESS-2", JOIN("1", "ada") "1> {'action':'session.update','payload':{},'id':0}\n",
     JOIN("1", "ada") "1> {'action':'session.update','payload':{}}\n"},
    {"EP-NEG-3", JOIN("1", "ada"),
     "1+\n" ASK_ADA(
         "1") "1<< {'action':'auth','payload':false,'version':2,'epoch':'e','expect':0," LIMITS
              "}\n"},
    {"EP-TIME-3", JOIN("1", "ada") "heal\n@13000\n1-\n", JOIN("1", "ada") "heal\n@15000\n1-\n"},
    {"EP-PRES-5", WANTING("{'room':7}") BOB_IN("7"), WANTING("{'room':7}") BOB_IN("8")},
    {"EP-TAKE-3", JOIN1("1", "ada") JOIN1("2", "bob") BOB_CAME AGAIN_BOB("3") "3-\n",
     JOIN1("1", "ada") JOIN1("2", "bob") BOB_CAME AGAIN_BOB("3") BOB_CAME},
    {"EP-PRES-2",
     JOIN1("1", "ada") JOIN1("2", "bob") BOB_CAME "2-\n" AGAIN_BOB("3") BOB_WENT BOB_CAME,
     JOIN1("1", "ada") JOIN1("2", "bob") BOB_CAME "2-\n" AGAIN_BOB("3") BOB_CAME},
    {"EP-TIME-2",
     JOIN("1", "ada") "1> {'action':'ping','payload':1}\n1< {'action':'pong','payload':1}\n",
     JOIN("1", "ada") "1> {'action':'ping','payload':1}\n1< {'action':'pong','payload':2}\n"},
    {"EP-TIME-2", JOIN("1", "ada") "heal\n1> {'action':'ping'}\n@4000\n1< {'action':'pong'}\n1-\n",
     JOIN("1", "ada") "heal\n1> {'action':'ping'}\n@4000\n1-\n"},
    {"EP-CLI-3", JOIN("1", "ada") "1> {'action':'bye'}\n1-\n",
     JOIN("1", "ada") "1> {'action':'bye'}\n1> {'action':'ping'}\n"},
    {"EP-PRES-3", SETS BOB_SETS "1" SHOWN_TO "2" SHOWN_TO HEALED,
     SETS BOB_SETS "2" SHOWN_TO HEALED},
    {"EP-PRES-3", SETS "1" SHOWN_TO BOB_SETS LIST_ASKED LIST_BOTH("1") "2" SHOWN_TO HEALED,
     SETS "1" SHOWN_TO BOB_SETS "2" SHOWN_TO HEALED},
    {"EP-PRES-3", SETS BOB_SETS HEALED, "session 100\n" SETS BOB_SETS HEALED},
    {"EP-PRES-4", ASKS LIST_BOTH("1") HEALED, ASKS HEALED},
    {"EP-PRES-4", JOIN("1", "ada") LIST_OF("[]") "1< " ERROR("bad-to", "") HEALED,
     JOIN("1", "ada") LIST_OF("7") "1< " ERROR("bad-to", "") HEALED},
    {"EP-PRES-4", JOIN1("1", "ada") LIST_ASKED "1-\n" HEALED, ASKS HEALED},
    {"EP-CLI-2", WANTED TRY("1") "@500\n" TRY("2") "@1500\n" TRY("3"),
     WANTED TRY("1") TRY("2") TRY("3")},
    {"EP-CLI-2", WANTED TRY("1") WANTED TRY("2") WANTED TRY("3"),
     WANTED TRY("1") TRY("2") "@900\n" TRY("3") "@1500\n" TRY("4")},
    {"EP-CLI-2", "clock jumps 1\n" WANTED TRY("1") TRY("2") TRY("3"),
     WANTED TRY("1") TRY("2") TRY("3")},
    {"EP-CLI-2", WANTED JOIN("1", "ada") "disconnect ada\n1-\n" WANTED TRY("2"),
     WANTED JOIN("1", "ada") "disconnect ada\n1-\n" TRY("2")},
    {"EP-CLI-2", WANTED JOIN("1", "ada") "1-\ndisconnect ada\nheal\n@20000\n",
     WANTED JOIN("1", "ada") "1-\nheal\n@20000\n"},
    {"EP-G8-1",
     JOIN("1", "ada") SELF "1< " COPY("ada", "ada", "0", "u", "0") "1> " ERROR("too-large", "")
         HEALED,
     JOIN("1", "ada") SELF "1< " COPY("ada", "ada", "0", "u", "0") HEALED},
    {"EP-CLI-4", STOPPED WANTED TRY("2"), STOPPED TRY("2")},
    {"EP-CLI-4", "memory fails\n" STOPPED TRY("2"), STOPPED TRY("2")},
    {"EP-PRES-5",
     JOIN("1", "ada") "1> {'action':'clients.list','payload':''}\n"
                      "1< {'action':'clients.list','payload':[]}\n",
     JOIN("1", "ada") "1< {'action':'clients.list','payload':[]}\n"},
    {"EP-PRES-5",
     "1+\n" ASK("1", "ada", "'instance':'i','expect':0,'presence':{}")
         REPLY("1", "false", "e", "0") "1< {'action':'client.connect','payload':'bob'}\n",
     JOIN("1", "ada") "1< {'action':'client.connect','payload':'bob'}\n"},

    {"EP-PRES-1", JOIN1("1", "ada") "1<< {'action':'client.connect','payload':'bob'}\n",
     JOIN1("1", "ada") "1<< {'action':'client.connect','payload':'ada'}\n"},

    {"EP-RCPT-1", TO_BOB "2> " CONFIRM("0") "1< " RECEIPT("0", "0", "bob", "0"),
     TO_BOB "1< " RECEIPT("0", "0", "bob", "0")},
    {"EP-RCPT-1", TO_BOB "2> " CONFIRM("0"),
     TO_BOB "2> " CONFIRM("0") "1< " RECEIPT("0", "1", "bob", "0")},
    {"EP-RCPT-1", TO_BOB "2> " CONFIRM("0") "1< " RECEIPT("0", "0", "bob", "1"),
     TO_BOB
     "2> " CONFIRM("0") "1< " RECEIPT("0", "0", "bob", "1") "1< " RECEIPT("1", "0", "bob", "0")},
    {"EP-RCPT-1", TO_BOB "2> " CONFIRM("0") "heal\n@19999\n",
     TO_BOB "2> " CONFIRM("0") "heal\n@20000\n"},

    {"G1", "sent ada u ada\n" JOIN("1", "ada") "1> " NEW("ada", "0", "u"),
     "sent ada v ada\n" JOIN("1", "ada") "1> " NEW("ada", "0", "u")},
    {"EP-G6-1", "sent ada u ada\n" JOIN("1", "ada") SELF "confirmed ada u\n",
     "sent ada u ada\n" JOIN("1", "ada") "1> " NEW("ada", "0", "u") "confirmed ada u\n"},
    {"EP-G6-1", HEARD "crash ada\n1-\nkept ada\n2+\n" RESUMED("2", "1") "heal\n@20000\n",
     HEARD "heal\n@20000\n"},
    {"G1", LATER "delivered bob u ada\n", LATER "delivered bob v ada\n"},
    {"EP-RECV-8", TO_BOB "delivered bob u ada\n2> " CONFIRM("0"),
     "stored bob\n" TO_BOB "2> " CONFIRM("0")},
    {"EP-RECV-9", TO_BOB "delivered bob u ada\n",
     TO_BOB "delivered bob u ada\ndelivered bob u ada\n"},
    {"G1", TO_BOB "delivered bob u ada\n", TWO "delivered bob u ada\n"},
    {"EP-RECV-1",
     TO_BOB "1> " NEW("bob", "1", "v") "1< " CONFIRM("1") "2< " COPY(
         "ada", "bob", "1", "v", "1") "delivered bob u ada\ndelivered bob v ada\n",
     TO_BOB "1> " NEW("bob", "1", "v") "1< " CONFIRM("1") "2< " COPY("ada", "bob", "1", "v",
                                                                     "1") "delivered bob v ada\n"},
};
const int rule_case_count = (int)(sizeof rule_cases / sizeof *rule_cases);
