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
     72, 1111},
    {'S',
     "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"auth\\\",\\\"payload\\\":fals"
     "e}\"}\f",
     70, 1112},
    {'S',
     "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"clients.list\\\",\\\"payload"
     "\\\":[{\\\"uuid\\\":\\\"ada\\\",\\\"state\\\":\\\"connected\\\",\\\"session\\\":{}}]"
     "}\"}\f",
     132, 1113},
    {'C',
     "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"session.update\\\",\\\"payloa"
     "d\\\":{\\\"name\\\":\\\"a\\\"}}\"}\f",
     91, 1114},
    {'S',
     "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"session.update\\\",\\\"payloa"
     "d\\\":{\\\"uuid\\\":\\\"ada\\\",\\\"connected\\\":true,\\\"session\\\":{\\\"name\\\""
     ":\\\"a\\\"}}}\"}\f",
     141, 1115},
    {'C',
     "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"message.new\\\",\\\"payload\\"
     "\":{\\\"from\\\":\\\"ada\\\",\\\"to\\\":{\\\"name\\\":\\\"a\\\"},\\\"id\\\":0,\\\"ui"
     "d\\\":\\\"u-0\\\",\\\"payload\\\":\\\"note\\\"}}\"}\f",
     160, 1116},
    {'S',
     "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"message.confirm\\\",\\\"paylo"
     "ad\\\":\\\"u-0\\\"}\"}\f",
     83, 1117},
    {'S',
     "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"message.new\\\",\\\"payload\\"
     "\":{\\\"from\\\":\\\"ada\\\",\\\"to\\\":{\\\"name\\\":\\\"a\\\"},\\\"id\\\":0,\\\"ui"
     "d\\\":\\\"u-0\\\",\\\"payload\\\":\\\"note\\\",\\\"fromId\\\":0}}\"}\f",
     173, 1118},
    {'C',
     "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"message.confirm\\\",\\\"paylo"
     "ad\\\":\\\"u-0\\\"}\"}\f",
     83, 1119},
};

static const struct ep_session_step ep_session_2_steps[] = {
    {'C',
     "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"auth\\\",\\\"payload\\\":\\\""
     "ada\\\",\\\"version\\\":2,\\\"instance\\\":\\\"9d1f0c2b7a5e4863\\\",\\\"expect\\\":0"
     "}\"}\f",
     133, 1125},
    {'S',
     "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"auth\\\",\\\"payload\\\":fals"
     "e,\\\"version\\\":2,\\\"epoch\\\":\\\"5f3c9a1e7b2d4068\\\",\\\"expect\\\":0,\\\"wind"
     "ow\\\":4096,\\\"limits\\\":{\\\"frame\\\":33554432,\\\"depth\\\":256,\\\"session\\\""
     ":65536}}\"}\f",
     208, 1126},
    {'C',
     "{\"action\":\"session.update\",\"payload\":{\"room\":7},\"id\":0}\f",
     56, 1127},
    {'S',
     "{\"action\":\"message.confirm\",\"payload\":0}\f",
     41, 1128},
    {'C',
     "{\"action\":\"message.new\",\"payload\":{\"to\":{\"room\":7.0},\"id\":1,\"uid\":\"u-"
     "1\",\"payload\":{\"text\":\"hi\"},\"receipt\":true}}\f",
     113, 1129},
    {'S',
     "{\"action\":\"message.confirm\",\"payload\":1}\f",
     41, 1130},
    {'S',
     "{\"action\":\"message.new\",\"payload\":{\"from\":\"ada\",\"to\":{\"room\":7.0},\"id"
     "\":0,\"uid\":\"u-1\",\"payload\":{\"text\":\"hi\"},\"fromId\":1}}\f",
     122, 1131},
    {'C',
     "{\"action\":\"message.confirm\",\"payload\":0}\f",
     41, 1132},
    {'S',
     "{\"action\":\"message.receipt\",\"payload\":{\"id\":1,\"of\":1,\"uid\":\"u-1\",\"by"
     "\":\"ada\",\"left\":0}}\f",
     87, 1133},
    {'C',
     "{\"action\":\"message.confirm\",\"payload\":1}\f",
     41, 1134},
};

static const struct ep_session_step ep_session_3_steps[] = {
    {'C',
     "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"auth\\\",\\\"payload\\\":\\\""
     "ada\\\",\\\"version\\\":2,\\\"instance\\\":\\\"9d1f0c2b7a5e4863\\\",\\\"expect\\\":0"
     "}\"}\f",
     133, 1140},
    {'S',
     "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"auth\\\",\\\"payload\\\":fals"
     "e,\\\"version\\\":2,\\\"epoch\\\":\\\"5f3c9a1e7b2d4068\\\",\\\"expect\\\":0,\\\"wind"
     "ow\\\":4096,\\\"limits\\\":{\\\"frame\\\":33554432,\\\"depth\\\":256,\\\"session\\\""
     ":65536}}\"}\f",
     208, 1141},
    {'C',
     "{\"action\":\"message.new\",\"payload\":{\"to\":\"bob\",\"id\":1,\"uid\":\"u-1\",\"p"
     "ayload\":\"second\"}}\f",
     86, 1142},
    {'S',
     "{\"action\":\"message.retry\",\"payload\":0}\f",
     39, 1143},
    {'C',
     "{\"action\":\"message.new\",\"payload\":{\"to\":\"bob\",\"id\":0,\"uid\":\"u-0\",\"p"
     "ayload\":\"first\"}}\f",
     85, 1144},
    {'S',
     "{\"action\":\"message.confirm\",\"payload\":1}\f",
     41, 1145},
    {'C',
     "{\"action\":\"message.new\",\"payload\":{\"to\":\"bob\",\"id\":0,\"uid\":\"u-0\",\"p"
     "ayload\":\"first\"}}\f",
     85, 1146},
    {'S',
     "{\"action\":\"message.confirm\",\"payload\":1}\f",
     41, 1147},
    {'C',
     "{\"action\":\"message.new\",\"payload\":{\"to\":[\"bob\"],\"id\":2,\"uid\":\"u-2\","
     "\"payload\":\"third\"}}\f",
     87, 1148},
    {'S',
     "{\"action\":\"message.confirm\",\"payload\":2}\f",
     41, 1149},
    {'S',
     "{\"action\":\"error\",\"payload\":{\"code\":\"bad-to\",\"reason\":\"The address is n"
     "either a client id nor an object of scalars.\",\"of\":2,\"uid\":\"u-2\",\"id\":0}}\f",
     145, 1150},
    {'C',
     "{\"action\":\"message.confirm\",\"payload\":0}\f",
     41, 1151},
    {'C',
     "{\"action\":\"ping\",\"payload\":\"x\"}\f",
     32, 1152},
    {'S',
     "{\"action\":\"pong\",\"payload\":\"x\"}\f",
     32, 1153},
    {'C',
     "{\"action\":\"message.recall\"}\f",
     28, 1154},
    {'S',
     "{\"action\":\"error\",\"payload\":{\"code\":\"unknown-action\",\"reason\":\"This act"
     "ion is not known here.\"}}\f",
     97, 1155},
};

static const struct ep_session_step ep_session_4_steps[] = {
    {'C',
     "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"auth\\\",\\\"payload\\\":\\\""
     "ada\\\",\\\"version\\\":2,\\\"instance\\\":\\\"9d1f0c2b7a5e4863\\\",\\\"expect\\\":0"
     "}\"}\f",
     133, 1164},
    {'S',
     "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"auth\\\",\\\"payload\\\":fals"
     "e,\\\"version\\\":2,\\\"epoch\\\":\\\"5f3c9a1e7b2d4068\\\",\\\"expect\\\":0,\\\"wind"
     "ow\\\":4096,\\\"limits\\\":{\\\"frame\\\":33554432,\\\"depth\\\":256,\\\"session\\\""
     ":65536}}\"}\f",
     208, 1165},
    {'C',
     "{\"action\":\"message.new\",\"payload\":{\"to\":\"ada\",\"id\":0,\"uid\":\"u-0\",\"p"
     "ayload\":\"one\"}}\f",
     83, 1166},
    {'C',
     "{\"action\":\"message.new\",\"payload\":{\"to\":\"ada\",\"id\":1,\"uid\":\"u-1\",\"p"
     "ayload\":\"two\"}}\f",
     83, 1167},
    {'S',
     "{\"action\":\"message.confirm\",\"payload\":1}\f",
     41, 1168},
    {'S',
     "{\"action\":\"message.new\",\"payload\":{\"from\":\"ada\",\"to\":\"ada\",\"id\":0,\""
     "uid\":\"u-0\",\"payload\":\"one\",\"fromId\":0}}\f",
     107, 1169},
    {'S',
     "{\"action\":\"message.new\",\"payload\":{\"from\":\"ada\",\"to\":\"ada\",\"id\":1,\""
     "uid\":\"u-1\",\"payload\":\"two\",\"fromId\":1}}\f",
     107, 1170},
    {'X',
     "cut",
     3, 1171},
    {'C',
     "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"auth\\\",\\\"payload\\\":\\\""
     "ada\\\",\\\"version\\\":2,\\\"instance\\\":\\\"9d1f0c2b7a5e4863\\\",\\\"epoch\\\":\\"
     "\"5f3c9a1e7b2d4068\\\",\\\"expect\\\":1}\"}\f",
     164, 1172},
    {'S',
     "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"auth\\\",\\\"payload\\\":true"
     ",\\\"version\\\":2,\\\"epoch\\\":\\\"5f3c9a1e7b2d4068\\\",\\\"expect\\\":2,\\\"windo"
     "w\\\":4096,\\\"limits\\\":{\\\"frame\\\":33554432,\\\"depth\\\":256,\\\"session\\\":"
     "65536}}\"}\f",
     207, 1173},
    {'S',
     "{\"action\":\"message.new\",\"payload\":{\"from\":\"ada\",\"to\":\"ada\",\"id\":1,\""
     "uid\":\"u-1\",\"payload\":\"two\",\"fromId\":1}}\f",
     107, 1174},
    {'C',
     "{\"action\":\"message.confirm\",\"payload\":1}\f",
     41, 1175},
};

static const struct ep_session EP_SESSIONS[] = {
    {"v1-self", ep_session_1_steps, 9},
    {"v2-receipt", ep_session_2_steps, 10},
    {"v2-gap", ep_session_3_steps, 16},
    {"v2-resume", ep_session_4_steps, 12},
};
#define EP_SESSION_COUNT 4u

#endif
