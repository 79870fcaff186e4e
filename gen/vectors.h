/* generated from spec/protocol.md by spec/extract.awk; do not edit */
#ifndef EP_GEN_VECTORS_H
#define EP_GEN_VECTORS_H

#define EP_VECTORS(X) \
    X("envelope-auth", c2s, ok, AUTH, \
        "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":\\\"auth\\\",\\\"payload\\\":\\\"" \
        "a684e6c4-6ecf-4a40-8afe-e2b88f703292\\\"}\"}\f", 105, 232) \
    X("envelope-other-order", c2s, ok, AUTH, \
        "{ \"data\" : \"{\\\"action\\\":\\\"auth\\\",\\\"payload\\\":\\\"ada\\\"}\", \"more\"" \
        " : [1], \"type\" : \"_message_\" }\f", 93, 236) \
    X("envelope-of-nothing", c2s, malformed, UNKNOWN, \
        "\f", 1, 240) \
    X("envelope-wrong-type", c2s, invalid, UNKNOWN, \
        "{\"type\":\"_other_\",\"data\":\"{\\\"action\\\":\\\"auth\\\",\\\"payload\\\":\\\"ad" \
        "a\\\"}\"}\f", 70, 244) \
    X("envelope-inner-not-json", c2s, malformed, UNKNOWN, \
        "{\"type\":\"_message_\",\"data\":\"{\\\"action\\\":auth}\"}\f", 48, 248) \
    X("json-lone-surrogate", c2s, ok, MESSAGE_NEW, \
        "{\"action\":\"message.new\",\"payload\":{\"to\":\"bob\",\"id\":0,\"uid\":\"u-0\",\"p" \
        "ayload\":\"\\ud83d\"}}\f", 86, 266) \
    X("json-member-twice", c2s, ok, PING, \
        "{\"action\":\"pong\",\"action\":\"ping\"}\f", 34, 270) \
    X("json-escaped-name", c2s, ok, PING, \
        "{\"\\u0061ction\":\"ping\"}\f", 23, 274) \
    X("json-trailing-comma", c2s, malformed, UNKNOWN, \
        "{\"action\":\"ping\",}\f", 19, 278) \
    X("json-leading-zero", c2s, malformed, UNKNOWN, \
        "{\"action\":\"ping\",\"payload\":01}\f", 31, 282) \
    X("json-not-an-object", c2s, malformed, UNKNOWN, \
        "[\"ping\"]\f", 9, 286) \
    X("json-overlong-utf8", c2s, malformed, UNKNOWN, \
        "{\"action\":\"ping\",\"payload\":\"\300\257\"}\f", 33, 290) \
    X("auth-v1", c2s, ok, AUTH, \
        "{\"action\":\"auth\",\"payload\":\"a684e6c4-6ecf-4a40-8afe-e2b88f703292\"}\f", 67, 343) \
    X("auth-v2", c2s, ok, AUTH, \
        "{\"action\":\"auth\",\"payload\":\"ada\",\"version\":2,\"instance\":\"9d1f0c2b7a5e48" \
        "63\",\"expect\":0,\"presence\":{}}\f", 101, 347) \
    X("auth-v2-resume", c2s, ok, AUTH, \
        "{\"action\":\"auth\",\"payload\":\"ada\",\"version\":2,\"instance\":\"9d1f0c2b7a5e48" \
        "63\",\"epoch\":\"5f3c9a1e7b2d4068\",\"expect\":17,\"window\":256}\f", 128, 351) \
    X("auth-without-instance", c2s, invalid, UNKNOWN, \
        "{\"action\":\"auth\",\"payload\":\"ada\",\"version\":2,\"expect\":0}\f", 57, 355) \
    X("auth-number", c2s, invalid, UNKNOWN, \
        "{\"action\":\"auth\",\"payload\":7}\f", 30, 359) \
    X("auth-reply-v1", s2c, ok, AUTH, \
        "{\"action\":\"auth\",\"payload\":false}\f", 34, 363) \
    X("auth-reply-v2", s2c, ok, AUTH, \
        "{\"action\":\"auth\",\"payload\":true,\"version\":2,\"epoch\":\"5f3c9a1e7b2d4068\"," \
        "\"expect\":4,\"window\":4096,\"limits\":{\"frame\":33554432,\"depth\":256,\"session" \
        "\":65536}}\f", 153, 367) \
    X("session-v1", c2s, ok, SESSION_UPDATE, \
        "{\"action\":\"session.update\",\"payload\":{\"name\":\"ada\",\"room\":7}}\f", 62, 377) \
    X("session-v2", c2s, ok, SESSION_UPDATE, \
        "{\"action\":\"session.update\",\"payload\":{\"room\":7},\"id\":3}\f", 56, 381) \
    X("session-not-object", c2s, invalid, UNKNOWN, \
        "{\"action\":\"session.update\",\"payload\":\"ada\"}\f", 44, 385) \
    X("session-event", s2c, ok, SESSION_UPDATE, \
        "{\"action\":\"session.update\",\"payload\":{\"uuid\":\"ada\",\"connected\":true,\"se" \
        "ssion\":{\"room\":7}}}\f", 91, 389) \
    X("list-ask", c2s, ok, CLIENTS_LIST, \
        "{\"action\":\"clients.list\",\"payload\":\"\"}\f", 39, 399) \
    X("list-ask-selected", c2s, ok, CLIENTS_LIST, \
        "{\"action\":\"clients.list\",\"payload\":{\"room\":7}}\f", 47, 403) \
    X("list-reply", s2c, ok, CLIENTS_LIST, \
        "{\"action\":\"clients.list\",\"payload\":[{\"uuid\":\"ada\",\"state\":\"connected\"," \
        "\"session\":{\"room\":7}}]}\f", 94, 407) \
    X("list-reply-not-array", s2c, invalid, UNKNOWN, \
        "{\"action\":\"clients.list\",\"payload\":{}}\f", 39, 411) \
    X("arrival", s2c, ok, CLIENT_CONNECT, \
        "{\"action\":\"client.connect\",\"payload\":\"ada\",\"session\":{\"room\":7}}\f", 65, 419) \
    X("departure", s2c, ok, CLIENT_DISCONNECT, \
        "{\"action\":\"client.disconnect\",\"payload\":\"ada\"}\f", 47, 423) \
    X("departure-without-client", s2c, invalid, UNKNOWN, \
        "{\"action\":\"client.disconnect\"}\f", 31, 427) \
    X("arrival-of-a-number", s2c, invalid, UNKNOWN, \
        "{\"action\":\"client.connect\",\"payload\":7,\"session\":{}}\f", 53, 431) \
    X("message-up", c2s, ok, MESSAGE_NEW, \
        "{\"action\":\"message.new\",\"payload\":{\"from\":\"ada\",\"to\":\"bob\",\"id\":0,\"" \
        "uid\":\"9f429b5d-22b7-4724-baf3-7624f1c70297\",\"payload\":{\"text\":\"hi\"}}}\f", 137, 444) \
    X("message-up-group", c2s, ok, MESSAGE_NEW, \
        "{\"action\":\"message.new\",\"payload\":{\"to\":{\"room\":7,\"on\":true},\"id\":1,\"" \
        "uid\":\"u-1\",\"payload\":[1.0,null],\"receipt\":true}}\f", 118, 448) \
    X("message-up-absent-payload", c2s, ok, MESSAGE_NEW, \
        "{\"action\":\"message.new\",\"payload\":{\"from\":\"ada\",\"to\":\"bob\",\"id\":2,\"" \
        "uid\":\"u-2\"}}\f", 80, 452) \
    X("message-not-object", c2s, invalid, UNKNOWN, \
        "{\"action\":\"message.new\",\"payload\":\"hi\"}\f", 40, 456) \
    X("message-down", s2c, ok, MESSAGE_NEW, \
        "{\"action\":\"message.new\",\"payload\":{\"from\":\"ada\",\"to\":\"bob\",\"id\":0,\"" \
        "uid\":\"u-0\",\"payload\":\"hi\",\"fromId\":0}}\f", 106, 460) \
    X("confirm-v1", both, ok, MESSAGE_CONFIRM, \
        "{\"action\":\"message.confirm\",\"payload\":\"9f429b5d-22b7-4724-baf3-7624f1c70297\"" \
        "}\f", 78, 470) \
    X("confirm-v2", both, ok, MESSAGE_CONFIRM, \
        "{\"action\":\"message.confirm\",\"payload\":41}\f", 42, 474) \
    X("confirm-fraction", both, invalid, UNKNOWN, \
        "{\"action\":\"message.confirm\",\"payload\":4.5}\f", 43, 478) \
    X("retry", both, ok, MESSAGE_RETRY, \
        "{\"action\":\"message.retry\",\"payload\":42}\f", 40, 482) \
    X("retry-negative", both, invalid, UNKNOWN, \
        "{\"action\":\"message.retry\",\"payload\":-1}\f", 40, 486) \
    X("receipt", s2c, ok, MESSAGE_RECEIPT, \
        "{\"action\":\"message.receipt\",\"payload\":{\"id\":5,\"of\":1,\"uid\":\"u-1\",\"by" \
        "\":\"bob\",\"left\":0}}\f", 87, 496) \
    X("receipt-without-uid", s2c, invalid, UNKNOWN, \
        "{\"action\":\"message.receipt\",\"payload\":{\"id\":5,\"of\":1,\"by\":\"bob\",\"left" \
        "\":0}}\f", 75, 500) \
    X("error", s2c, ok, ERROR, \
        "{\"action\":\"error\",\"payload\":{\"code\":\"unknown-action\",\"reason\":\"This act" \
        "ion is not known here.\"}}\f", 97, 511) \
    X("error-of-item", s2c, ok, ERROR, \
        "{\"action\":\"error\",\"payload\":{\"code\":\"mailbox-full\",\"reason\":\"The mailbo" \
        "x of the named recipients is full; the others get the message.\",\"of\":1,\"uid\":\"" \
        "u-1\",\"to\":[\"bob\"],\"count\":1,\"id\":6}}\f", 186, 515) \
    X("error-without-code", s2c, invalid, UNKNOWN, \
        "{\"action\":\"error\",\"payload\":{\"reason\":\"no\"}}\f", 45, 519) \
    X("ping", both, ok, PING, \
        "{\"action\":\"ping\",\"payload\":17}\f", 31, 523) \
    X("pong", both, ok, PONG, \
        "{\"action\":\"pong\",\"payload\":17}\f", 31, 527) \
    X("bye", both, ok, BYE, \
        "{\"action\":\"bye\"}\f", 17, 531) \
    X("ping-unquoted", both, malformed, UNKNOWN, \
        "{\"action\":ping}\f", 16, 535) \
    X("pong-without-value", both, malformed, UNKNOWN, \
        "{\"action\":\"pong\",\"payload\":}\f", 29, 539) \
    X("bye-not-closed", both, malformed, UNKNOWN, \
        "{\"action\":\"bye\"\f", 16, 543) \
    X("unknown-action", both, ok, UNKNOWN, \
        "{\"action\":\"message.recall\",\"payload\":3}\f", 40, 547) \
    X("no-action", both, invalid, UNKNOWN, \
        "{\"payload\":3}\f", 14, 551) \

#endif
