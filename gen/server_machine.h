/* generated from spec/protocol.md by spec/extract.awk; do not edit */
#ifndef EP_GEN_SERVER_MACHINE_H
#define EP_GEN_SERVER_MACHINE_H

#define EP_SERVER_STATES(X) \
    X(NEW, "new") \
    X(JOINING, "joining") \
    X(V1, "v1") \
    X(V2, "v2") \
    X(CLOSING, "closing") \
    X(GONE, "gone") \

typedef enum ep_server_state {
    EP_SERVER_NEW,
    EP_SERVER_JOINING,
    EP_SERVER_V1,
    EP_SERVER_V2,
    EP_SERVER_CLOSING,
    EP_SERVER_GONE,
    EP_SERVER_STATE_COUNT
} ep_server_state;

#define EP_SERVER_INPUTS(X) \
    X(AUTH_V1, "auth.v1") \
    X(AUTH_V2, "auth.v2") \
    X(SESSION_UPDATE, "session.update") \
    X(CLIENTS_LIST, "clients.list") \
    X(MESSAGE_NEW, "message.new") \
    X(MESSAGE_CONFIRM, "message.confirm") \
    X(MESSAGE_RETRY, "message.retry") \
    X(PING, "ping") \
    X(PONG, "pong") \
    X(BYE, "bye") \
    X(ERROR, "error") \
    X(UNKNOWN, "unknown") \
    X(INVALID, "invalid") \
    X(MALFORMED, "malformed") \
    X(OVERSIZE, "oversize") \
    X(OVERDEEP, "overdeep") \
    X(JOINED, "joined") \
    X(REFUSED, "refused") \
    X(REPLACED, "replaced") \
    X(FAILED, "failed") \
    X(AUTH_TIMEOUT, "auth-timeout") \
    X(SILENCE, "silence") \
    X(IDLE, "idle") \
    X(REPEAT, "repeat") \
    X(CLOSE_TIMEOUT, "close-timeout") \
    X(HANGUP, "hangup") \
    X(STOP, "stop") \

typedef enum ep_server_input {
    EP_SERVER_IN_AUTH_V1,
    EP_SERVER_IN_AUTH_V2,
    EP_SERVER_IN_SESSION_UPDATE,
    EP_SERVER_IN_CLIENTS_LIST,
    EP_SERVER_IN_MESSAGE_NEW,
    EP_SERVER_IN_MESSAGE_CONFIRM,
    EP_SERVER_IN_MESSAGE_RETRY,
    EP_SERVER_IN_PING,
    EP_SERVER_IN_PONG,
    EP_SERVER_IN_BYE,
    EP_SERVER_IN_ERROR,
    EP_SERVER_IN_UNKNOWN,
    EP_SERVER_IN_INVALID,
    EP_SERVER_IN_MALFORMED,
    EP_SERVER_IN_OVERSIZE,
    EP_SERVER_IN_OVERDEEP,
    EP_SERVER_IN_JOINED,
    EP_SERVER_IN_REFUSED,
    EP_SERVER_IN_REPLACED,
    EP_SERVER_IN_FAILED,
    EP_SERVER_IN_AUTH_TIMEOUT,
    EP_SERVER_IN_SILENCE,
    EP_SERVER_IN_IDLE,
    EP_SERVER_IN_REPEAT,
    EP_SERVER_IN_CLOSE_TIMEOUT,
    EP_SERVER_IN_HANGUP,
    EP_SERVER_IN_STOP,
    EP_SERVER_INPUT_COUNT
} ep_server_input;

#define EP_SERVER_GUARDS(X) \
    X(may_speak_v1) \
    X(always) \
    X(is_auth) \
    X(malformed_allowed) \
    X(speaks_v1) \
    X(same_client) \
    X(is_unconfirmed) \
    X(has_id) \

#define EP_SERVER_ACTIONS(X) \
    X(join) \
    X(refuse_v1) \
    X(ignore_early) \
    X(refuse_bad_auth) \
    X(count_malformed) \
    X(cut) \
    X(count_over_limit) \
    X(ignore) \
    X(leave) \
    X(defer) \
    X(welcome_v1) \
    X(welcome_v2) \
    X(say_refused) \
    X(say_replaced) \
    X(say_failed) \
    X(welcome_again) \
    X(refuse_other) \
    X(submit_session) \
    X(answer_list) \
    X(submit_message) \
    X(submit_confirm) \
    X(repeat_item) \
    X(count_unknown) \
    X(count_invalid) \
    X(submit_over_limit) \
    X(refuse_invalid) \
    X(refuse_unknown_id) \
    X(answer_ping) \
    X(note_error) \
    X(refuse_unknown) \
    X(refuse_malformed) \
    X(refuse_too_large) \
    X(ping_peer) \
    X(say_idle) \
    X(repeat_unconfirmed) \
    X(say_shutdown) \
    X(abandon) \

#define EP_SERVER_ROWS(X) \
    X(NEW, AUTH_V1, may_speak_v1, join, JOINING, "EP-AUTH-2", 896) \
    X(NEW, AUTH_V1, always, refuse_v1, CLOSING, "EP-SEC-4", 897) \
    X(NEW, AUTH_V2, always, join, JOINING, "EP-AUTH-2", 898) \
    X(NEW, SESSION_UPDATE, always, ignore_early, NEW, "EP-AUTH-3", 899) \
    X(NEW, CLIENTS_LIST, always, ignore_early, NEW, "EP-AUTH-3", 899) \
    X(NEW, MESSAGE_NEW, always, ignore_early, NEW, "EP-AUTH-3", 899) \
    X(NEW, MESSAGE_CONFIRM, always, ignore_early, NEW, "EP-AUTH-3", 899) \
    X(NEW, MESSAGE_RETRY, always, ignore_early, NEW, "EP-AUTH-3", 899) \
    X(NEW, PING, always, ignore_early, NEW, "EP-AUTH-3", 899) \
    X(NEW, PONG, always, ignore_early, NEW, "EP-AUTH-3", 899) \
    X(NEW, BYE, always, ignore_early, NEW, "EP-AUTH-3", 899) \
    X(NEW, ERROR, always, ignore_early, NEW, "EP-AUTH-3", 899) \
    X(NEW, UNKNOWN, always, ignore_early, NEW, "EP-AUTH-3", 899) \
    X(NEW, INVALID, is_auth, refuse_bad_auth, CLOSING, "EP-AUTH-5", 900) \
    X(NEW, INVALID, always, ignore_early, NEW, "EP-AUTH-3", 901) \
    X(NEW, MALFORMED, malformed_allowed, count_malformed, NEW, "EP-ERR-3", 902) \
    X(NEW, MALFORMED, always, cut, CLOSING, "EP-ERR-3", 903) \
    X(NEW, OVERSIZE, always, count_over_limit, NEW, "EP-LIM-2", 904) \
    X(NEW, OVERDEEP, always, count_over_limit, NEW, "EP-LIM-2", 904) \
    X(NEW, JOINED, always, ignore, NEW, "EP-ERR-6", 957) \
    X(NEW, REFUSED, always, ignore, NEW, "EP-ERR-6", 957) \
    X(NEW, REPLACED, always, ignore, NEW, "EP-ERR-6", 957) \
    X(NEW, FAILED, always, cut, CLOSING, "EP-ERR-5", 906) \
    X(NEW, AUTH_TIMEOUT, always, cut, CLOSING, "EP-AUTH-4", 905) \
    X(NEW, SILENCE, always, ignore, NEW, "EP-ERR-6", 957) \
    X(NEW, IDLE, always, ignore, NEW, "EP-ERR-6", 957) \
    X(NEW, REPEAT, always, ignore, NEW, "EP-ERR-6", 957) \
    X(NEW, CLOSE_TIMEOUT, always, ignore, NEW, "EP-ERR-6", 957) \
    X(NEW, HANGUP, always, leave, GONE, "EP-PRES-2", 955) \
    X(NEW, STOP, always, cut, CLOSING, "EP-TIME-4", 954) \
    X(JOINING, AUTH_V1, always, defer, JOINING, "EP-AUTH-8", 912) \
    X(JOINING, AUTH_V2, always, defer, JOINING, "EP-AUTH-8", 912) \
    X(JOINING, SESSION_UPDATE, always, defer, JOINING, "EP-AUTH-8", 912) \
    X(JOINING, CLIENTS_LIST, always, defer, JOINING, "EP-AUTH-8", 912) \
    X(JOINING, MESSAGE_NEW, always, defer, JOINING, "EP-AUTH-8", 912) \
    X(JOINING, MESSAGE_CONFIRM, always, defer, JOINING, "EP-AUTH-8", 912) \
    X(JOINING, MESSAGE_RETRY, always, defer, JOINING, "EP-AUTH-8", 912) \
    X(JOINING, PING, always, defer, JOINING, "EP-AUTH-8", 912) \
    X(JOINING, PONG, always, defer, JOINING, "EP-AUTH-8", 912) \
    X(JOINING, BYE, always, defer, JOINING, "EP-AUTH-8", 912) \
    X(JOINING, ERROR, always, defer, JOINING, "EP-AUTH-8", 912) \
    X(JOINING, UNKNOWN, always, defer, JOINING, "EP-AUTH-8", 912) \
    X(JOINING, INVALID, always, defer, JOINING, "EP-AUTH-8", 912) \
    X(JOINING, MALFORMED, always, defer, JOINING, "EP-AUTH-8", 912) \
    X(JOINING, OVERSIZE, always, defer, JOINING, "EP-AUTH-8", 912) \
    X(JOINING, OVERDEEP, always, defer, JOINING, "EP-AUTH-8", 912) \
    X(JOINING, JOINED, speaks_v1, welcome_v1, V1, "EP-AUTH-6", 907) \
    X(JOINING, JOINED, always, welcome_v2, V2, "EP-NEG-3", 908) \
    X(JOINING, REFUSED, always, say_refused, CLOSING, "EP-AUTH-7", 909) \
    X(JOINING, REPLACED, always, say_replaced, CLOSING, "EP-TAKE-1", 910) \
    X(JOINING, FAILED, always, say_failed, CLOSING, "EP-ERR-5", 911) \
    X(JOINING, AUTH_TIMEOUT, always, ignore, JOINING, "EP-ERR-6", 957) \
    X(JOINING, SILENCE, always, ignore, JOINING, "EP-ERR-6", 957) \
    X(JOINING, IDLE, always, ignore, JOINING, "EP-ERR-6", 957) \
    X(JOINING, REPEAT, always, ignore, JOINING, "EP-ERR-6", 957) \
    X(JOINING, CLOSE_TIMEOUT, always, ignore, JOINING, "EP-ERR-6", 957) \
    X(JOINING, HANGUP, always, leave, GONE, "EP-PRES-2", 955) \
    X(JOINING, STOP, always, cut, CLOSING, "EP-TIME-4", 954) \
    X(V1, AUTH_V1, same_client, welcome_again, V1, "EP-AUTH-9", 913) \
    X(V1, AUTH_V1, always, refuse_other, CLOSING, "EP-AUTH-10", 914) \
    X(V1, AUTH_V2, always, refuse_other, CLOSING, "EP-AUTH-10", 914) \
    X(V1, SESSION_UPDATE, always, submit_session, V1, "EP-SESS-1", 915) \
    X(V1, CLIENTS_LIST, always, answer_list, V1, "EP-PRES-4", 916) \
    X(V1, MESSAGE_NEW, always, submit_message, V1, "EP-RECV-1", 917) \
    X(V1, MESSAGE_CONFIRM, always, submit_confirm, V1, "EP-SEND-5", 918) \
    X(V1, MESSAGE_RETRY, is_unconfirmed, repeat_item, V1, "EP-SEND-6", 919) \
    X(V1, MESSAGE_RETRY, always, ignore, V1, "EP-SEND-6", 920) \
    X(V1, PING, always, count_unknown, V1, "EP-COMPAT-1", 921) \
    X(V1, PONG, always, count_unknown, V1, "EP-COMPAT-1", 921) \
    X(V1, BYE, always, count_unknown, V1, "EP-COMPAT-1", 921) \
    X(V1, ERROR, always, count_unknown, V1, "EP-COMPAT-1", 921) \
    X(V1, UNKNOWN, always, count_unknown, V1, "EP-COMPAT-1", 921) \
    X(V1, INVALID, is_auth, cut, CLOSING, "EP-AUTH-5", 922) \
    X(V1, INVALID, always, count_invalid, V1, "EP-ERR-4", 923) \
    X(V1, MALFORMED, malformed_allowed, count_malformed, V1, "EP-ERR-3", 924) \
    X(V1, MALFORMED, always, cut, CLOSING, "EP-ERR-3", 925) \
    X(V1, OVERSIZE, always, count_over_limit, V1, "EP-LIM-2", 926) \
    X(V1, OVERDEEP, always, submit_over_limit, V1, "EP-LIM-3", 927) \
    X(V1, JOINED, always, ignore, V1, "EP-ERR-6", 957) \
    X(V1, REFUSED, always, ignore, V1, "EP-ERR-6", 957) \
    X(V1, REPLACED, always, cut, CLOSING, "EP-TAKE-1, EP-COMPAT-1", 928) \
    X(V1, FAILED, always, cut, CLOSING, "EP-TAKE-1, EP-COMPAT-1", 928) \
    X(V1, AUTH_TIMEOUT, always, ignore, V1, "EP-ERR-6", 957) \
    X(V1, SILENCE, always, ignore, V1, "EP-ERR-6", 957) \
    X(V1, IDLE, always, ignore, V1, "EP-ERR-6", 957) \
    X(V1, REPEAT, always, ignore, V1, "EP-ERR-6", 957) \
    X(V1, CLOSE_TIMEOUT, always, ignore, V1, "EP-ERR-6", 957) \
    X(V1, HANGUP, always, leave, GONE, "EP-PRES-2", 955) \
    X(V1, STOP, always, cut, CLOSING, "EP-TAKE-1, EP-COMPAT-1", 928) \
    X(V2, AUTH_V1, always, refuse_other, CLOSING, "EP-AUTH-10", 930) \
    X(V2, AUTH_V2, same_client, welcome_again, V2, "EP-AUTH-9", 929) \
    X(V2, AUTH_V2, always, refuse_other, CLOSING, "EP-AUTH-10", 930) \
    X(V2, SESSION_UPDATE, has_id, submit_session, V2, "EP-SESS-2", 931) \
    X(V2, SESSION_UPDATE, always, refuse_invalid, V2, "EP-SESS-2", 932) \
    X(V2, CLIENTS_LIST, always, answer_list, V2, "EP-PRES-4", 933) \
    X(V2, MESSAGE_NEW, always, submit_message, V2, "EP-RECV-1", 934) \
    X(V2, MESSAGE_CONFIRM, always, submit_confirm, V2, "EP-SEND-4", 935) \
    X(V2, MESSAGE_RETRY, is_unconfirmed, repeat_item, V2, "EP-SEND-6", 936) \
    X(V2, MESSAGE_RETRY, always, refuse_unknown_id, V2, "EP-SEND-6", 937) \
    X(V2, PING, always, answer_ping, V2, "EP-TIME-2", 938) \
    X(V2, PONG, always, ignore, V2, "EP-TIME-2", 939) \
    X(V2, BYE, always, cut, CLOSING, "EP-TIME-4", 940) \
    X(V2, ERROR, always, note_error, V2, "EP-ERR-1", 941) \
    X(V2, UNKNOWN, always, refuse_unknown, V2, "EP-ERR-2", 942) \
    X(V2, INVALID, is_auth, refuse_bad_auth, CLOSING, "EP-AUTH-5", 943) \
    X(V2, INVALID, always, refuse_invalid, V2, "EP-ERR-4", 944) \
    X(V2, MALFORMED, always, refuse_malformed, CLOSING, "EP-ERR-3", 945) \
    X(V2, OVERSIZE, always, refuse_too_large, V2, "EP-LIM-2", 946) \
    X(V2, OVERDEEP, always, submit_over_limit, V2, "EP-LIM-3", 947) \
    X(V2, JOINED, always, ignore, V2, "EP-ERR-6", 957) \
    X(V2, REFUSED, always, ignore, V2, "EP-ERR-6", 957) \
    X(V2, REPLACED, always, say_replaced, CLOSING, "EP-TAKE-1", 948) \
    X(V2, FAILED, always, say_failed, CLOSING, "EP-ERR-5", 949) \
    X(V2, AUTH_TIMEOUT, always, ignore, V2, "EP-ERR-6", 957) \
    X(V2, SILENCE, always, ping_peer, V2, "EP-TIME-2", 950) \
    X(V2, IDLE, always, say_idle, CLOSING, "EP-TIME-3", 951) \
    X(V2, REPEAT, always, repeat_unconfirmed, V2, "EP-SEND-7", 952) \
    X(V2, CLOSE_TIMEOUT, always, ignore, V2, "EP-ERR-6", 957) \
    X(V2, HANGUP, always, leave, GONE, "EP-PRES-2", 955) \
    X(V2, STOP, always, say_shutdown, CLOSING, "EP-TIME-4", 953) \
    X(CLOSING, AUTH_V1, always, ignore, CLOSING, "EP-ERR-6", 957) \
    X(CLOSING, AUTH_V2, always, ignore, CLOSING, "EP-ERR-6", 957) \
    X(CLOSING, SESSION_UPDATE, always, ignore, CLOSING, "EP-ERR-6", 957) \
    X(CLOSING, CLIENTS_LIST, always, ignore, CLOSING, "EP-ERR-6", 957) \
    X(CLOSING, MESSAGE_NEW, always, ignore, CLOSING, "EP-ERR-6", 957) \
    X(CLOSING, MESSAGE_CONFIRM, always, ignore, CLOSING, "EP-ERR-6", 957) \
    X(CLOSING, MESSAGE_RETRY, always, ignore, CLOSING, "EP-ERR-6", 957) \
    X(CLOSING, PING, always, ignore, CLOSING, "EP-ERR-6", 957) \
    X(CLOSING, PONG, always, ignore, CLOSING, "EP-ERR-6", 957) \
    X(CLOSING, BYE, always, ignore, CLOSING, "EP-ERR-6", 957) \
    X(CLOSING, ERROR, always, ignore, CLOSING, "EP-ERR-6", 957) \
    X(CLOSING, UNKNOWN, always, ignore, CLOSING, "EP-ERR-6", 957) \
    X(CLOSING, INVALID, always, ignore, CLOSING, "EP-ERR-6", 957) \
    X(CLOSING, MALFORMED, always, ignore, CLOSING, "EP-ERR-6", 957) \
    X(CLOSING, OVERSIZE, always, ignore, CLOSING, "EP-ERR-6", 957) \
    X(CLOSING, OVERDEEP, always, ignore, CLOSING, "EP-ERR-6", 957) \
    X(CLOSING, JOINED, always, ignore, CLOSING, "EP-ERR-6", 957) \
    X(CLOSING, REFUSED, always, ignore, CLOSING, "EP-ERR-6", 957) \
    X(CLOSING, REPLACED, always, ignore, CLOSING, "EP-ERR-6", 957) \
    X(CLOSING, FAILED, always, ignore, CLOSING, "EP-ERR-6", 957) \
    X(CLOSING, AUTH_TIMEOUT, always, ignore, CLOSING, "EP-ERR-6", 957) \
    X(CLOSING, SILENCE, always, ignore, CLOSING, "EP-ERR-6", 957) \
    X(CLOSING, IDLE, always, ignore, CLOSING, "EP-ERR-6", 957) \
    X(CLOSING, REPEAT, always, ignore, CLOSING, "EP-ERR-6", 957) \
    X(CLOSING, CLOSE_TIMEOUT, always, abandon, CLOSING, "EP-TIME-5", 956) \
    X(CLOSING, HANGUP, always, leave, GONE, "EP-PRES-2", 955) \
    X(CLOSING, STOP, always, ignore, CLOSING, "EP-ERR-6", 957) \
    X(GONE, AUTH_V1, always, ignore, GONE, "EP-ERR-6", 957) \
    X(GONE, AUTH_V2, always, ignore, GONE, "EP-ERR-6", 957) \
    X(GONE, SESSION_UPDATE, always, ignore, GONE, "EP-ERR-6", 957) \
    X(GONE, CLIENTS_LIST, always, ignore, GONE, "EP-ERR-6", 957) \
    X(GONE, MESSAGE_NEW, always, ignore, GONE, "EP-ERR-6", 957) \
    X(GONE, MESSAGE_CONFIRM, always, ignore, GONE, "EP-ERR-6", 957) \
    X(GONE, MESSAGE_RETRY, always, ignore, GONE, "EP-ERR-6", 957) \
    X(GONE, PING, always, ignore, GONE, "EP-ERR-6", 957) \
    X(GONE, PONG, always, ignore, GONE, "EP-ERR-6", 957) \
    X(GONE, BYE, always, ignore, GONE, "EP-ERR-6", 957) \
    X(GONE, ERROR, always, ignore, GONE, "EP-ERR-6", 957) \
    X(GONE, UNKNOWN, always, ignore, GONE, "EP-ERR-6", 957) \
    X(GONE, INVALID, always, ignore, GONE, "EP-ERR-6", 957) \
    X(GONE, MALFORMED, always, ignore, GONE, "EP-ERR-6", 957) \
    X(GONE, OVERSIZE, always, ignore, GONE, "EP-ERR-6", 957) \
    X(GONE, OVERDEEP, always, ignore, GONE, "EP-ERR-6", 957) \
    X(GONE, JOINED, always, ignore, GONE, "EP-ERR-6", 957) \
    X(GONE, REFUSED, always, ignore, GONE, "EP-ERR-6", 957) \
    X(GONE, REPLACED, always, ignore, GONE, "EP-ERR-6", 957) \
    X(GONE, FAILED, always, ignore, GONE, "EP-ERR-6", 957) \
    X(GONE, AUTH_TIMEOUT, always, ignore, GONE, "EP-ERR-6", 957) \
    X(GONE, SILENCE, always, ignore, GONE, "EP-ERR-6", 957) \
    X(GONE, IDLE, always, ignore, GONE, "EP-ERR-6", 957) \
    X(GONE, REPEAT, always, ignore, GONE, "EP-ERR-6", 957) \
    X(GONE, CLOSE_TIMEOUT, always, ignore, GONE, "EP-ERR-6", 957) \
    X(GONE, HANGUP, always, ignore, GONE, "EP-ERR-6", 957) \
    X(GONE, STOP, always, ignore, GONE, "EP-ERR-6", 957) \

#define EP_SERVER_CELLS(X) \
    X(NEW, AUTH_V1, 0, 2) \
    X(NEW, AUTH_V2, 2, 1) \
    X(NEW, SESSION_UPDATE, 3, 1) \
    X(NEW, CLIENTS_LIST, 4, 1) \
    X(NEW, MESSAGE_NEW, 5, 1) \
    X(NEW, MESSAGE_CONFIRM, 6, 1) \
    X(NEW, MESSAGE_RETRY, 7, 1) \
    X(NEW, PING, 8, 1) \
    X(NEW, PONG, 9, 1) \
    X(NEW, BYE, 10, 1) \
    X(NEW, ERROR, 11, 1) \
    X(NEW, UNKNOWN, 12, 1) \
    X(NEW, INVALID, 13, 2) \
    X(NEW, MALFORMED, 15, 2) \
    X(NEW, OVERSIZE, 17, 1) \
    X(NEW, OVERDEEP, 18, 1) \
    X(NEW, JOINED, 19, 1) \
    X(NEW, REFUSED, 20, 1) \
    X(NEW, REPLACED, 21, 1) \
    X(NEW, FAILED, 22, 1) \
    X(NEW, AUTH_TIMEOUT, 23, 1) \
    X(NEW, SILENCE, 24, 1) \
    X(NEW, IDLE, 25, 1) \
    X(NEW, REPEAT, 26, 1) \
    X(NEW, CLOSE_TIMEOUT, 27, 1) \
    X(NEW, HANGUP, 28, 1) \
    X(NEW, STOP, 29, 1) \
    X(JOINING, AUTH_V1, 30, 1) \
    X(JOINING, AUTH_V2, 31, 1) \
    X(JOINING, SESSION_UPDATE, 32, 1) \
    X(JOINING, CLIENTS_LIST, 33, 1) \
    X(JOINING, MESSAGE_NEW, 34, 1) \
    X(JOINING, MESSAGE_CONFIRM, 35, 1) \
    X(JOINING, MESSAGE_RETRY, 36, 1) \
    X(JOINING, PING, 37, 1) \
    X(JOINING, PONG, 38, 1) \
    X(JOINING, BYE, 39, 1) \
    X(JOINING, ERROR, 40, 1) \
    X(JOINING, UNKNOWN, 41, 1) \
    X(JOINING, INVALID, 42, 1) \
    X(JOINING, MALFORMED, 43, 1) \
    X(JOINING, OVERSIZE, 44, 1) \
    X(JOINING, OVERDEEP, 45, 1) \
    X(JOINING, JOINED, 46, 2) \
    X(JOINING, REFUSED, 48, 1) \
    X(JOINING, REPLACED, 49, 1) \
    X(JOINING, FAILED, 50, 1) \
    X(JOINING, AUTH_TIMEOUT, 51, 1) \
    X(JOINING, SILENCE, 52, 1) \
    X(JOINING, IDLE, 53, 1) \
    X(JOINING, REPEAT, 54, 1) \
    X(JOINING, CLOSE_TIMEOUT, 55, 1) \
    X(JOINING, HANGUP, 56, 1) \
    X(JOINING, STOP, 57, 1) \
    X(V1, AUTH_V1, 58, 2) \
    X(V1, AUTH_V2, 60, 1) \
    X(V1, SESSION_UPDATE, 61, 1) \
    X(V1, CLIENTS_LIST, 62, 1) \
    X(V1, MESSAGE_NEW, 63, 1) \
    X(V1, MESSAGE_CONFIRM, 64, 1) \
    X(V1, MESSAGE_RETRY, 65, 2) \
    X(V1, PING, 67, 1) \
    X(V1, PONG, 68, 1) \
    X(V1, BYE, 69, 1) \
    X(V1, ERROR, 70, 1) \
    X(V1, UNKNOWN, 71, 1) \
    X(V1, INVALID, 72, 2) \
    X(V1, MALFORMED, 74, 2) \
    X(V1, OVERSIZE, 76, 1) \
    X(V1, OVERDEEP, 77, 1) \
    X(V1, JOINED, 78, 1) \
    X(V1, REFUSED, 79, 1) \
    X(V1, REPLACED, 80, 1) \
    X(V1, FAILED, 81, 1) \
    X(V1, AUTH_TIMEOUT, 82, 1) \
    X(V1, SILENCE, 83, 1) \
    X(V1, IDLE, 84, 1) \
    X(V1, REPEAT, 85, 1) \
    X(V1, CLOSE_TIMEOUT, 86, 1) \
    X(V1, HANGUP, 87, 1) \
    X(V1, STOP, 88, 1) \
    X(V2, AUTH_V1, 89, 1) \
    X(V2, AUTH_V2, 90, 2) \
    X(V2, SESSION_UPDATE, 92, 2) \
    X(V2, CLIENTS_LIST, 94, 1) \
    X(V2, MESSAGE_NEW, 95, 1) \
    X(V2, MESSAGE_CONFIRM, 96, 1) \
    X(V2, MESSAGE_RETRY, 97, 2) \
    X(V2, PING, 99, 1) \
    X(V2, PONG, 100, 1) \
    X(V2, BYE, 101, 1) \
    X(V2, ERROR, 102, 1) \
    X(V2, UNKNOWN, 103, 1) \
    X(V2, INVALID, 104, 2) \
    X(V2, MALFORMED, 106, 1) \
    X(V2, OVERSIZE, 107, 1) \
    X(V2, OVERDEEP, 108, 1) \
    X(V2, JOINED, 109, 1) \
    X(V2, REFUSED, 110, 1) \
    X(V2, REPLACED, 111, 1) \
    X(V2, FAILED, 112, 1) \
    X(V2, AUTH_TIMEOUT, 113, 1) \
    X(V2, SILENCE, 114, 1) \
    X(V2, IDLE, 115, 1) \
    X(V2, REPEAT, 116, 1) \
    X(V2, CLOSE_TIMEOUT, 117, 1) \
    X(V2, HANGUP, 118, 1) \
    X(V2, STOP, 119, 1) \
    X(CLOSING, AUTH_V1, 120, 1) \
    X(CLOSING, AUTH_V2, 121, 1) \
    X(CLOSING, SESSION_UPDATE, 122, 1) \
    X(CLOSING, CLIENTS_LIST, 123, 1) \
    X(CLOSING, MESSAGE_NEW, 124, 1) \
    X(CLOSING, MESSAGE_CONFIRM, 125, 1) \
    X(CLOSING, MESSAGE_RETRY, 126, 1) \
    X(CLOSING, PING, 127, 1) \
    X(CLOSING, PONG, 128, 1) \
    X(CLOSING, BYE, 129, 1) \
    X(CLOSING, ERROR, 130, 1) \
    X(CLOSING, UNKNOWN, 131, 1) \
    X(CLOSING, INVALID, 132, 1) \
    X(CLOSING, MALFORMED, 133, 1) \
    X(CLOSING, OVERSIZE, 134, 1) \
    X(CLOSING, OVERDEEP, 135, 1) \
    X(CLOSING, JOINED, 136, 1) \
    X(CLOSING, REFUSED, 137, 1) \
    X(CLOSING, REPLACED, 138, 1) \
    X(CLOSING, FAILED, 139, 1) \
    X(CLOSING, AUTH_TIMEOUT, 140, 1) \
    X(CLOSING, SILENCE, 141, 1) \
    X(CLOSING, IDLE, 142, 1) \
    X(CLOSING, REPEAT, 143, 1) \
    X(CLOSING, CLOSE_TIMEOUT, 144, 1) \
    X(CLOSING, HANGUP, 145, 1) \
    X(CLOSING, STOP, 146, 1) \
    X(GONE, AUTH_V1, 147, 1) \
    X(GONE, AUTH_V2, 148, 1) \
    X(GONE, SESSION_UPDATE, 149, 1) \
    X(GONE, CLIENTS_LIST, 150, 1) \
    X(GONE, MESSAGE_NEW, 151, 1) \
    X(GONE, MESSAGE_CONFIRM, 152, 1) \
    X(GONE, MESSAGE_RETRY, 153, 1) \
    X(GONE, PING, 154, 1) \
    X(GONE, PONG, 155, 1) \
    X(GONE, BYE, 156, 1) \
    X(GONE, ERROR, 157, 1) \
    X(GONE, UNKNOWN, 158, 1) \
    X(GONE, INVALID, 159, 1) \
    X(GONE, MALFORMED, 160, 1) \
    X(GONE, OVERSIZE, 161, 1) \
    X(GONE, OVERDEEP, 162, 1) \
    X(GONE, JOINED, 163, 1) \
    X(GONE, REFUSED, 164, 1) \
    X(GONE, REPLACED, 165, 1) \
    X(GONE, FAILED, 166, 1) \
    X(GONE, AUTH_TIMEOUT, 167, 1) \
    X(GONE, SILENCE, 168, 1) \
    X(GONE, IDLE, 169, 1) \
    X(GONE, REPEAT, 170, 1) \
    X(GONE, CLOSE_TIMEOUT, 171, 1) \
    X(GONE, HANGUP, 172, 1) \
    X(GONE, STOP, 173, 1) \

#endif
