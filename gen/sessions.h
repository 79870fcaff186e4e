/* generated from spec/protocol.md by spec/extract.awk; do not edit */
#ifndef EP_GEN_SESSIONS_H
#define EP_GEN_SESSIONS_H

#include <stdint.h>

struct ep_session_step {
    char kind; /* 'C' and 'S' are frames of the client and the server */
    const char *bytes;
    uint32_t len;
    uint32_t line; /* in spec/protocol.md */
};

struct ep_session {
    const char *name;
    const struct ep_session_step *steps;
    uint32_t step_count;
};

static const struct ep_session_step ep_session_1_steps[] = {
    {'C',
     "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"auth\\\",\\\"payload\\\":\\\""
     "ada\\\"}\"}\f",
     72, 1090},
    {'S',
     "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"auth\\\",\\\"payload\\\":fals"
     "e}\"}\f",
     70, 1091},
    {'S',
     "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"clients.list\\\",\\\"payload"
     "\\\":[{\\\"uuid\\\":\\\"ada\\\",\\\"state\\\":\\\"connected\\\",\\\"session\\\":{}}]"
     "}\"}\f",
     132, 1092},
    {'C',
     "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"session.update\\\",\\\"payloa"
     "d\\\":{\\\"name\\\":\\\"a\\\"}}\"}\f",
     91, 1093},
    {'S',
     "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"session.update\\\",\\\"payloa"
     "d\\\":{\\\"uuid\\\":\\\"ada\\\",\\\"connected\\\":true,\\\"session\\\":{\\\"name\\\""
     ":\\\"a\\\"}}}\"}\f",
     141, 1094},
    {'C',
     "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"message.new\\\",\\\"payload\\"
     "\":{\\\"from\\\":\\\"ada\\\",\\\"to\\\":{\\\"name\\\":\\\"a\\\"},\\\"id\\\":0,\\\"ui"
     "d\\\":\\\"u-0\\\",\\\"payload\\\":\\\"note\\\"}}\"}\f",
     160, 1095},
    {'S',
     "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"message.confirm\\\",\\\"paylo"
     "ad\\\":\\\"u-0\\\"}\"}\f",
     83, 1096},
    {'S',
     "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"message.new\\\",\\\"payload\\"
     "\":{\\\"from\\\":\\\"ada\\\",\\\"to\\\":{\\\"name\\\":\\\"a\\\"},\\\"id\\\":0,\\\"ui"
     "d\\\":\\\"u-0\\\",\\\"payload\\\":\\\"note\\\",\\\"fromId\\\":0}}\"}\f",
     173, 1097},
    {'C',
     "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"message.confirm\\\",\\\"paylo"
     "ad\\\":\\\"u-0\\\"}\"}\f",
     83, 1098},
};

static const struct ep_session_step ep_session_2_steps[] = {
    {'C',
     "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"auth\\\",\\\"payload\\\":\\\""
     "ada\\\",\\\"version\\\":2,\\\"instance\\\":\\\"9d1f0c2b7a5e4863\\\",\\\"expect\\\":0"
     "}\"}\f",
     133, 1104},
    {'S',
     "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"auth\\\",\\\"payload\\\":fals"
     "e,\\\"version\\\":2,\\\"epoch\\\":\\\"5f3c9a1e7b2d4068\\\",\\\"expect\\\":0,\\\"wind"
     "ow\\\":4096,\\\"limits\\\":{\\\"frame\\\":33554432,\\\"depth\\\":256,\\\"session\\\""
     ":65536}}\"}\f",
     208, 1105},
    {'C',
     "{\"action\":\"session.update\",\"payload\":{\"room\":7},\"id\":0}\f",
     56, 1106},
    {'S',
     "{\"action\":\"message.confirm\",\"payload\":0}\f",
     41, 1107},
    {'C',
     "{\"action\":\"message.new\",\"payload\":{\"to\":{\"room\":7.0},\"id\":1,\"uid\":\"u-"
     "1\",\"payload\":{\"text\":\"hi\"},\"receipt\":true}}\f",
     113, 1108},
    {'S',
     "{\"action\":\"message.confirm\",\"payload\":1}\f",
     41, 1109},
    {'S',
     "{\"action\":\"message.new\",\"payload\":{\"from\":\"ada\",\"to\":{\"room\":7.0},\"id"
     "\":0,\"uid\":\"u-1\",\"payload\":{\"text\":\"hi\"},\"fromId\":1}}\f",
     122, 1110},
    {'C',
     "{\"action\":\"message.confirm\",\"payload\":0}\f",
     41, 1111},
    {'S',
     "{\"action\":\"message.receipt\",\"payload\":{\"id\":1,\"of\":1,\"uid\":\"u-1\",\"by"
     "\":\"ada\",\"left\":0}}\f",
     87, 1112},
    {'C',
     "{\"action\":\"message.confirm\",\"payload\":1}\f",
     41, 1113},
};

static const struct ep_session_step ep_session_3_steps[] = {
    {'C',
     "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"auth\\\",\\\"payload\\\":\\\""
     "ada\\\",\\\"version\\\":2,\\\"instance\\\":\\\"9d1f0c2b7a5e4863\\\",\\\"expect\\\":0"
     "}\"}\f",
     133, 1119},
    {'S',
     "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"auth\\\",\\\"payload\\\":fals"
     "e,\\\"version\\\":2,\\\"epoch\\\":\\\"5f3c9a1e7b2d4068\\\",\\\"expect\\\":0,\\\"wind"
     "ow\\\":4096,\\\"limits\\\":{\\\"frame\\\":33554432,\\\"depth\\\":256,\\\"session\\\""
     ":65536}}\"}\f",
     208, 1120},
    {'C',
     "{\"action\":\"message.new\",\"payload\":{\"to\":\"bob\",\"id\":1,\"uid\":\"u-1\",\"p"
     "ayload\":\"second\"}}\f",
     86, 1121},
    {'S',
     "{\"action\":\"message.retry\",\"payload\":0}\f",
     39, 1122},
    {'C',
     "{\"action\":\"message.new\",\"payload\":{\"to\":\"bob\",\"id\":0,\"uid\":\"u-0\",\"p"
     "ayload\":\"first\"}}\f",
     85, 1123},
    {'S',
     "{\"action\":\"message.confirm\",\"payload\":1}\f",
     41, 1124},
    {'C',
     "{\"action\":\"message.new\",\"payload\":{\"to\":\"bob\",\"id\":0,\"uid\":\"u-0\",\"p"
     "ayload\":\"first\"}}\f",
     85, 1125},
    {'S',
     "{\"action\":\"message.confirm\",\"payload\":1}\f",
     41, 1126},
    {'C',
     "{\"action\":\"message.new\",\"payload\":{\"to\":[\"bob\"],\"id\":2,\"uid\":\"u-2\","
     "\"payload\":\"third\"}}\f",
     87, 1127},
    {'S',
     "{\"action\":\"message.confirm\",\"payload\":2}\f",
     41, 1128},
    {'S',
     "{\"action\":\"error\",\"payload\":{\"code\":\"bad-to\",\"reason\":\"The address is n"
     "either a client id nor an object of scalars.\",\"of\":2,\"uid\":\"u-2\",\"id\":0}}\f",
     145, 1129},
    {'C',
     "{\"action\":\"message.confirm\",\"payload\":0}\f",
     41, 1130},
    {'C',
     "{\"action\":\"ping\",\"payload\":\"x\"}\f",
     32, 1131},
    {'S',
     "{\"action\":\"pong\",\"payload\":\"x\"}\f",
     32, 1132},
    {'C',
     "{\"action\":\"message.recall\"}\f",
     28, 1133},
    {'S',
     "{\"action\":\"error\",\"payload\":{\"code\":\"unknown-action\",\"reason\":\"This act"
     "ion is not known here.\"}}\f",
     97, 1134},
};

static const struct ep_session_step ep_session_4_steps[] = {
    {'C',
     "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"auth\\\",\\\"payload\\\":\\\""
     "ada\\\",\\\"version\\\":2,\\\"instance\\\":\\\"9d1f0c2b7a5e4863\\\",\\\"expect\\\":0"
     "}\"}\f",
     133, 1143},
    {'S',
     "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"auth\\\",\\\"payload\\\":fals"
     "e,\\\"version\\\":2,\\\"epoch\\\":\\\"5f3c9a1e7b2d4068\\\",\\\"expect\\\":0,\\\"wind"
     "ow\\\":4096,\\\"limits\\\":{\\\"frame\\\":33554432,\\\"depth\\\":256,\\\"session\\\""
     ":65536}}\"}\f",
     208, 1144},
    {'C',
     "{\"action\":\"message.new\",\"payload\":{\"to\":\"ada\",\"id\":0,\"uid\":\"u-0\",\"p"
     "ayload\":\"one\"}}\f",
     83, 1145},
    {'C',
     "{\"action\":\"message.new\",\"payload\":{\"to\":\"ada\",\"id\":1,\"uid\":\"u-1\",\"p"
     "ayload\":\"two\"}}\f",
     83, 1146},
    {'S',
     "{\"action\":\"message.confirm\",\"payload\":1}\f",
     41, 1147},
    {'S',
     "{\"action\":\"message.new\",\"payload\":{\"from\":\"ada\",\"to\":\"ada\",\"id\":0,\""
     "uid\":\"u-0\",\"payload\":\"one\",\"fromId\":0}}\f",
     107, 1148},
    {'S',
     "{\"action\":\"message.new\",\"payload\":{\"from\":\"ada\",\"to\":\"ada\",\"id\":1,\""
     "uid\":\"u-1\",\"payload\":\"two\",\"fromId\":1}}\f",
     107, 1149},
    {'X',
     "cut",
     3, 1150},
    {'C',
     "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"auth\\\",\\\"payload\\\":\\\""
     "ada\\\",\\\"version\\\":2,\\\"instance\\\":\\\"9d1f0c2b7a5e4863\\\",\\\"epoch\\\":\\"
     "\"5f3c9a1e7b2d4068\\\",\\\"expect\\\":1}\"}\f",
     164, 1151},
    {'S',
     "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"auth\\\",\\\"payload\\\":true"
     ",\\\"version\\\":2,\\\"epoch\\\":\\\"5f3c9a1e7b2d4068\\\",\\\"expect\\\":2,\\\"windo"
     "w\\\":4096,\\\"limits\\\":{\\\"frame\\\":33554432,\\\"depth\\\":256,\\\"session\\\":"
     "65536}}\"}\f",
     207, 1152},
    {'S',
     "{\"action\":\"message.new\",\"payload\":{\"from\":\"ada\",\"to\":\"ada\",\"id\":1,\""
     "uid\":\"u-1\",\"payload\":\"two\",\"fromId\":1}}\f",
     107, 1153},
    {'C',
     "{\"action\":\"message.confirm\",\"payload\":1}\f",
     41, 1154},
};

static const struct ep_session EP_SESSIONS[] = {
    {"v1-self", ep_session_1_steps, 9},
    {"v2-receipt", ep_session_2_steps, 10},
    {"v2-gap", ep_session_3_steps, 16},
    {"v2-resume", ep_session_4_steps, 12},
};
#define EP_SESSION_COUNT 4u

#endif
