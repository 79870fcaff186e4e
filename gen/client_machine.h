/* generated from spec/protocol.md by spec/extract.awk; do not edit */
#ifndef EP_GEN_CLIENT_MACHINE_H
#define EP_GEN_CLIENT_MACHINE_H

#define EP_CLIENT_STATES(X) \
    X(IDLE, "idle") \
    X(WAITING, "waiting") \
    X(CONNECTING, "connecting") \
    X(GREETING, "greeting") \
    X(V1, "v1") \
    X(V2, "v2") \

typedef enum ep_client_state {
    EP_CLIENT_IDLE,
    EP_CLIENT_WAITING,
    EP_CLIENT_CONNECTING,
    EP_CLIENT_GREETING,
    EP_CLIENT_V1,
    EP_CLIENT_V2,
    EP_CLIENT_STATE_COUNT
} ep_client_state;

#define EP_CLIENT_INPUTS(X) \
    X(CONNECT, "connect") \
    X(DISCONNECT, "disconnect") \
    X(SESSION, "session") \
    X(OPENED, "opened") \
    X(CLOSED, "closed") \
    X(AUTH_V1, "auth.v1") \
    X(AUTH_V2, "auth.v2") \
    X(SESSION_UPDATE, "session.update") \
    X(CLIENTS_LIST, "clients.list") \
    X(CLIENT_CONNECT, "client.connect") \
    X(CLIENT_DISCONNECT, "client.disconnect") \
    X(MESSAGE_NEW, "message.new") \
    X(MESSAGE_CONFIRM, "message.confirm") \
    X(MESSAGE_RETRY, "message.retry") \
    X(MESSAGE_RECEIPT, "message.receipt") \
    X(ERROR, "error") \
    X(PING, "ping") \
    X(PONG, "pong") \
    X(BYE, "bye") \
    X(UNKNOWN, "unknown") \
    X(INVALID, "invalid") \
    X(MALFORMED, "malformed") \
    X(OVERSIZE, "oversize") \
    X(OVERDEEP, "overdeep") \
    X(RECONNECT, "reconnect") \
    X(AUTH_TIMEOUT, "auth-timeout") \
    X(SILENCE, "silence") \
    X(IDLE, "idle") \
    X(REPEAT, "repeat") \
    X(GAP, "gap") \

typedef enum ep_client_input {
    EP_CLIENT_IN_CONNECT,
    EP_CLIENT_IN_DISCONNECT,
    EP_CLIENT_IN_SESSION,
    EP_CLIENT_IN_OPENED,
    EP_CLIENT_IN_CLOSED,
    EP_CLIENT_IN_AUTH_V1,
    EP_CLIENT_IN_AUTH_V2,
    EP_CLIENT_IN_SESSION_UPDATE,
    EP_CLIENT_IN_CLIENTS_LIST,
    EP_CLIENT_IN_CLIENT_CONNECT,
    EP_CLIENT_IN_CLIENT_DISCONNECT,
    EP_CLIENT_IN_MESSAGE_NEW,
    EP_CLIENT_IN_MESSAGE_CONFIRM,
    EP_CLIENT_IN_MESSAGE_RETRY,
    EP_CLIENT_IN_MESSAGE_RECEIPT,
    EP_CLIENT_IN_ERROR,
    EP_CLIENT_IN_PING,
    EP_CLIENT_IN_PONG,
    EP_CLIENT_IN_BYE,
    EP_CLIENT_IN_UNKNOWN,
    EP_CLIENT_IN_INVALID,
    EP_CLIENT_IN_MALFORMED,
    EP_CLIENT_IN_OVERSIZE,
    EP_CLIENT_IN_OVERDEEP,
    EP_CLIENT_IN_RECONNECT,
    EP_CLIENT_IN_AUTH_TIMEOUT,
    EP_CLIENT_IN_SILENCE,
    EP_CLIENT_IN_IDLE,
    EP_CLIENT_IN_REPEAT,
    EP_CLIENT_IN_GAP,
    EP_CLIENT_INPUT_COUNT
} ep_client_input;

#define EP_CLIENT_GUARDS(X) \
    X(always) \
    X(out_of_step) \
    X(asked_v2) \
    X(is_final) \
    X(is_unconfirmed) \
    X(is_below_resumed) \
    X(has_id) \
    X(is_expected_unknown) \

#define EP_CLIENT_ACTIONS(X) \
    X(want_open) \
    X(ignore) \
    X(rest) \
    X(hang_up) \
    X(greet) \
    X(back_off) \
    X(give_up_connection) \
    X(resume_v1) \
    X(start_over) \
    X(resume_v2) \
    X(give_up) \
    X(note_error) \
    X(write_session) \
    X(note_session) \
    X(note_list) \
    X(note_arrival) \
    X(note_departure) \
    X(receive_v1) \
    X(take_confirm) \
    X(repeat_item) \
    X(note_over_limit) \
    X(resend_v1) \
    X(skip_gap) \
    X(say_bye) \
    X(receive) \
    X(refuse_unknown_id) \
    X(start_over_without) \
    X(answer_ping) \
    X(note_pong) \
    X(refuse_unknown) \
    X(refuse_invalid) \
    X(refuse_malformed) \
    X(refuse_over_limit) \
    X(ping_peer) \
    X(say_idle) \
    X(repeat_unconfirmed) \

#define EP_CLIENT_ROWS(X) \
    X(IDLE, CONNECT, always, want_open, CONNECTING, "EP-CLI-1", 1012) \
    X(IDLE, DISCONNECT, always, ignore, IDLE, "EP-ERR-6", 1059) \
    X(IDLE, SESSION, always, ignore, IDLE, "EP-ERR-6", 1059) \
    X(IDLE, OPENED, always, ignore, IDLE, "EP-ERR-6", 1059) \
    X(IDLE, CLOSED, always, ignore, IDLE, "EP-ERR-6", 1059) \
    X(IDLE, AUTH_V1, always, ignore, IDLE, "EP-ERR-6", 1059) \
    X(IDLE, AUTH_V2, always, ignore, IDLE, "EP-ERR-6", 1059) \
    X(IDLE, SESSION_UPDATE, always, ignore, IDLE, "EP-ERR-6", 1059) \
    X(IDLE, CLIENTS_LIST, always, ignore, IDLE, "EP-ERR-6", 1059) \
    X(IDLE, CLIENT_CONNECT, always, ignore, IDLE, "EP-ERR-6", 1059) \
    X(IDLE, CLIENT_DISCONNECT, always, ignore, IDLE, "EP-ERR-6", 1059) \
    X(IDLE, MESSAGE_NEW, always, ignore, IDLE, "EP-ERR-6", 1059) \
    X(IDLE, MESSAGE_CONFIRM, always, ignore, IDLE, "EP-ERR-6", 1059) \
    X(IDLE, MESSAGE_RETRY, always, ignore, IDLE, "EP-ERR-6", 1059) \
    X(IDLE, MESSAGE_RECEIPT, always, ignore, IDLE, "EP-ERR-6", 1059) \
    X(IDLE, ERROR, always, ignore, IDLE, "EP-ERR-6", 1059) \
    X(IDLE, PING, always, ignore, IDLE, "EP-ERR-6", 1059) \
    X(IDLE, PONG, always, ignore, IDLE, "EP-ERR-6", 1059) \
    X(IDLE, BYE, always, ignore, IDLE, "EP-ERR-6", 1059) \
    X(IDLE, UNKNOWN, always, ignore, IDLE, "EP-ERR-6", 1059) \
    X(IDLE, INVALID, always, ignore, IDLE, "EP-ERR-6", 1059) \
    X(IDLE, MALFORMED, always, ignore, IDLE, "EP-ERR-6", 1059) \
    X(IDLE, OVERSIZE, always, ignore, IDLE, "EP-ERR-6", 1059) \
    X(IDLE, OVERDEEP, always, ignore, IDLE, "EP-ERR-6", 1059) \
    X(IDLE, RECONNECT, always, ignore, IDLE, "EP-ERR-6", 1059) \
    X(IDLE, AUTH_TIMEOUT, always, ignore, IDLE, "EP-ERR-6", 1059) \
    X(IDLE, SILENCE, always, ignore, IDLE, "EP-ERR-6", 1059) \
    X(IDLE, IDLE, always, ignore, IDLE, "EP-ERR-6", 1059) \
    X(IDLE, REPEAT, always, ignore, IDLE, "EP-ERR-6", 1059) \
    X(IDLE, GAP, always, ignore, IDLE, "EP-ERR-6", 1059) \
    X(WAITING, CONNECT, always, want_open, CONNECTING, "EP-CLI-1", 1012) \
    X(WAITING, DISCONNECT, always, rest, IDLE, "EP-CLI-3", 1014) \
    X(WAITING, SESSION, always, ignore, WAITING, "EP-ERR-6", 1059) \
    X(WAITING, OPENED, always, ignore, WAITING, "EP-ERR-6", 1059) \
    X(WAITING, CLOSED, always, ignore, WAITING, "EP-ERR-6", 1059) \
    X(WAITING, AUTH_V1, always, ignore, WAITING, "EP-ERR-6", 1059) \
    X(WAITING, AUTH_V2, always, ignore, WAITING, "EP-ERR-6", 1059) \
    X(WAITING, SESSION_UPDATE, always, ignore, WAITING, "EP-ERR-6", 1059) \
    X(WAITING, CLIENTS_LIST, always, ignore, WAITING, "EP-ERR-6", 1059) \
    X(WAITING, CLIENT_CONNECT, always, ignore, WAITING, "EP-ERR-6", 1059) \
    X(WAITING, CLIENT_DISCONNECT, always, ignore, WAITING, "EP-ERR-6", 1059) \
    X(WAITING, MESSAGE_NEW, always, ignore, WAITING, "EP-ERR-6", 1059) \
    X(WAITING, MESSAGE_CONFIRM, always, ignore, WAITING, "EP-ERR-6", 1059) \
    X(WAITING, MESSAGE_RETRY, always, ignore, WAITING, "EP-ERR-6", 1059) \
    X(WAITING, MESSAGE_RECEIPT, always, ignore, WAITING, "EP-ERR-6", 1059) \
    X(WAITING, ERROR, always, ignore, WAITING, "EP-ERR-6", 1059) \
    X(WAITING, PING, always, ignore, WAITING, "EP-ERR-6", 1059) \
    X(WAITING, PONG, always, ignore, WAITING, "EP-ERR-6", 1059) \
    X(WAITING, BYE, always, ignore, WAITING, "EP-ERR-6", 1059) \
    X(WAITING, UNKNOWN, always, ignore, WAITING, "EP-ERR-6", 1059) \
    X(WAITING, INVALID, always, ignore, WAITING, "EP-ERR-6", 1059) \
    X(WAITING, MALFORMED, always, ignore, WAITING, "EP-ERR-6", 1059) \
    X(WAITING, OVERSIZE, always, ignore, WAITING, "EP-ERR-6", 1059) \
    X(WAITING, OVERDEEP, always, ignore, WAITING, "EP-ERR-6", 1059) \
    X(WAITING, RECONNECT, always, want_open, CONNECTING, "EP-CLI-2", 1013) \
    X(WAITING, AUTH_TIMEOUT, always, ignore, WAITING, "EP-ERR-6", 1059) \
    X(WAITING, SILENCE, always, ignore, WAITING, "EP-ERR-6", 1059) \
    X(WAITING, IDLE, always, ignore, WAITING, "EP-ERR-6", 1059) \
    X(WAITING, REPEAT, always, ignore, WAITING, "EP-ERR-6", 1059) \
    X(WAITING, GAP, always, ignore, WAITING, "EP-ERR-6", 1059) \
    X(CONNECTING, CONNECT, always, ignore, CONNECTING, "EP-ERR-6", 1059) \
    X(CONNECTING, DISCONNECT, always, hang_up, IDLE, "EP-CLI-3", 1018) \
    X(CONNECTING, SESSION, always, ignore, CONNECTING, "EP-ERR-6", 1059) \
    X(CONNECTING, OPENED, always, greet, GREETING, "EP-AUTH-1", 1015) \
    X(CONNECTING, CLOSED, always, back_off, WAITING, "EP-CLI-2", 1016) \
    X(CONNECTING, AUTH_V1, always, ignore, CONNECTING, "EP-ERR-6", 1059) \
    X(CONNECTING, AUTH_V2, always, ignore, CONNECTING, "EP-ERR-6", 1059) \
    X(CONNECTING, SESSION_UPDATE, always, ignore, CONNECTING, "EP-ERR-6", 1059) \
    X(CONNECTING, CLIENTS_LIST, always, ignore, CONNECTING, "EP-ERR-6", 1059) \
    X(CONNECTING, CLIENT_CONNECT, always, ignore, CONNECTING, "EP-ERR-6", 1059) \
    X(CONNECTING, CLIENT_DISCONNECT, always, ignore, CONNECTING, "EP-ERR-6", 1059) \
    X(CONNECTING, MESSAGE_NEW, always, ignore, CONNECTING, "EP-ERR-6", 1059) \
    X(CONNECTING, MESSAGE_CONFIRM, always, ignore, CONNECTING, "EP-ERR-6", 1059) \
    X(CONNECTING, MESSAGE_RETRY, always, ignore, CONNECTING, "EP-ERR-6", 1059) \
    X(CONNECTING, MESSAGE_RECEIPT, always, ignore, CONNECTING, "EP-ERR-6", 1059) \
    X(CONNECTING, ERROR, always, ignore, CONNECTING, "EP-ERR-6", 1059) \
    X(CONNECTING, PING, always, ignore, CONNECTING, "EP-ERR-6", 1059) \
    X(CONNECTING, PONG, always, ignore, CONNECTING, "EP-ERR-6", 1059) \
    X(CONNECTING, BYE, always, ignore, CONNECTING, "EP-ERR-6", 1059) \
    X(CONNECTING, UNKNOWN, always, ignore, CONNECTING, "EP-ERR-6", 1059) \
    X(CONNECTING, INVALID, always, ignore, CONNECTING, "EP-ERR-6", 1059) \
    X(CONNECTING, MALFORMED, always, ignore, CONNECTING, "EP-ERR-6", 1059) \
    X(CONNECTING, OVERSIZE, always, ignore, CONNECTING, "EP-ERR-6", 1059) \
    X(CONNECTING, OVERDEEP, always, ignore, CONNECTING, "EP-ERR-6", 1059) \
    X(CONNECTING, RECONNECT, always, ignore, CONNECTING, "EP-ERR-6", 1059) \
    X(CONNECTING, AUTH_TIMEOUT, always, give_up_connection, WAITING, "EP-AUTH-4", 1017) \
    X(CONNECTING, SILENCE, always, ignore, CONNECTING, "EP-ERR-6", 1059) \
    X(CONNECTING, IDLE, always, ignore, CONNECTING, "EP-ERR-6", 1059) \
    X(CONNECTING, REPEAT, always, ignore, CONNECTING, "EP-ERR-6", 1059) \
    X(CONNECTING, GAP, always, ignore, CONNECTING, "EP-ERR-6", 1059) \
    X(GREETING, CONNECT, always, ignore, GREETING, "EP-ERR-6", 1059) \
    X(GREETING, DISCONNECT, always, hang_up, IDLE, "EP-CLI-3", 1018) \
    X(GREETING, SESSION, always, ignore, GREETING, "EP-ERR-6", 1059) \
    X(GREETING, OPENED, always, ignore, GREETING, "EP-ERR-6", 1059) \
    X(GREETING, CLOSED, always, back_off, WAITING, "EP-CLI-2", 1026) \
    X(GREETING, AUTH_V1, always, resume_v1, V1, "EP-NEG-4", 1019) \
    X(GREETING, AUTH_V2, out_of_step, start_over, WAITING, "EP-LOST-6", 1020) \
    X(GREETING, AUTH_V2, asked_v2, resume_v2, V2, "EP-RES-1", 1021) \
    X(GREETING, AUTH_V2, always, resume_v1, V1, "EP-NEG-4", 1022) \
    X(GREETING, SESSION_UPDATE, always, ignore, GREETING, "EP-ERR-6", 1059) \
    X(GREETING, CLIENTS_LIST, always, ignore, GREETING, "EP-ERR-6", 1059) \
    X(GREETING, CLIENT_CONNECT, always, ignore, GREETING, "EP-ERR-6", 1059) \
    X(GREETING, CLIENT_DISCONNECT, always, ignore, GREETING, "EP-ERR-6", 1059) \
    X(GREETING, MESSAGE_NEW, always, ignore, GREETING, "EP-ERR-6", 1059) \
    X(GREETING, MESSAGE_CONFIRM, always, ignore, GREETING, "EP-ERR-6", 1059) \
    X(GREETING, MESSAGE_RETRY, always, ignore, GREETING, "EP-ERR-6", 1059) \
    X(GREETING, MESSAGE_RECEIPT, always, ignore, GREETING, "EP-ERR-6", 1059) \
    X(GREETING, ERROR, is_final, give_up, IDLE, "EP-CLI-4", 1023) \
    X(GREETING, ERROR, always, note_error, GREETING, "EP-ERR-1", 1024) \
    X(GREETING, PING, always, ignore, GREETING, "EP-ERR-6", 1059) \
    X(GREETING, PONG, always, ignore, GREETING, "EP-ERR-6", 1059) \
    X(GREETING, BYE, always, ignore, GREETING, "EP-ERR-6", 1059) \
    X(GREETING, UNKNOWN, always, ignore, GREETING, "EP-ERR-6", 1059) \
    X(GREETING, INVALID, always, ignore, GREETING, "EP-ERR-6", 1059) \
    X(GREETING, MALFORMED, always, give_up_connection, WAITING, "EP-ERR-3", 1027) \
    X(GREETING, OVERSIZE, always, ignore, GREETING, "EP-ERR-6", 1059) \
    X(GREETING, OVERDEEP, always, ignore, GREETING, "EP-ERR-6", 1059) \
    X(GREETING, RECONNECT, always, ignore, GREETING, "EP-ERR-6", 1059) \
    X(GREETING, AUTH_TIMEOUT, always, give_up_connection, WAITING, "EP-AUTH-4", 1017) \
    X(GREETING, SILENCE, always, ignore, GREETING, "EP-ERR-6", 1059) \
    X(GREETING, IDLE, always, ignore, GREETING, "EP-ERR-6", 1059) \
    X(GREETING, REPEAT, always, greet, GREETING, "EP-SEND-7", 1025) \
    X(GREETING, GAP, always, ignore, GREETING, "EP-ERR-6", 1059) \
    X(V1, CONNECT, always, ignore, V1, "EP-ERR-6", 1059) \
    X(V1, DISCONNECT, always, hang_up, IDLE, "EP-CLI-3", 1018) \
    X(V1, SESSION, always, write_session, V1, "EP-SESS-1", 1058) \
    X(V1, OPENED, always, ignore, V1, "EP-ERR-6", 1059) \
    X(V1, CLOSED, always, back_off, WAITING, "EP-CLI-2", 1026) \
    X(V1, AUTH_V1, always, ignore, V1, "EP-ERR-6", 1059) \
    X(V1, AUTH_V2, always, ignore, V1, "EP-ERR-6", 1059) \
    X(V1, SESSION_UPDATE, always, note_session, V1, "EP-PRES-3", 1028) \
    X(V1, CLIENTS_LIST, always, note_list, V1, "EP-PRES-4", 1029) \
    X(V1, CLIENT_CONNECT, always, note_arrival, V1, "EP-PRES-1", 1030) \
    X(V1, CLIENT_DISCONNECT, always, note_departure, V1, "EP-PRES-2", 1031) \
    X(V1, MESSAGE_NEW, always, receive_v1, V1, "EP-RECV-5", 1032) \
    X(V1, MESSAGE_CONFIRM, always, take_confirm, V1, "EP-SEND-4, EP-SEND-5", 1035) \
    X(V1, MESSAGE_RETRY, is_unconfirmed, repeat_item, V1, "EP-SEND-6", 1036) \
    X(V1, MESSAGE_RETRY, always, ignore, V1, "EP-SEND-6", 1037) \
    X(V1, MESSAGE_RECEIPT, always, ignore, V1, "EP-ERR-6", 1059) \
    X(V1, ERROR, always, ignore, V1, "EP-ERR-6", 1059) \
    X(V1, PING, always, ignore, V1, "EP-ERR-6", 1059) \
    X(V1, PONG, always, ignore, V1, "EP-ERR-6", 1059) \
    X(V1, BYE, always, ignore, V1, "EP-ERR-6", 1059) \
    X(V1, UNKNOWN, always, ignore, V1, "EP-ERR-6", 1059) \
    X(V1, INVALID, always, ignore, V1, "EP-ERR-6", 1059) \
    X(V1, MALFORMED, always, ignore, V1, "EP-ERR-6", 1059) \
    X(V1, OVERSIZE, always, note_over_limit, V1, "EP-LIM-10", 1050) \
    X(V1, OVERDEEP, always, note_over_limit, V1, "EP-LIM-10", 1050) \
    X(V1, RECONNECT, always, ignore, V1, "EP-ERR-6", 1059) \
    X(V1, AUTH_TIMEOUT, always, ignore, V1, "EP-ERR-6", 1059) \
    X(V1, SILENCE, always, ignore, V1, "EP-ERR-6", 1059) \
    X(V1, IDLE, always, ignore, V1, "EP-ERR-6", 1059) \
    X(V1, REPEAT, always, resend_v1, V1, "EP-SEND-8", 1055) \
    X(V1, GAP, always, skip_gap, V1, "EP-RECV-7", 1057) \
    X(V2, CONNECT, always, ignore, V2, "EP-ERR-6", 1059) \
    X(V2, DISCONNECT, always, say_bye, IDLE, "EP-CLI-3", 1054) \
    X(V2, SESSION, always, ignore, V2, "EP-ERR-6", 1059) \
    X(V2, OPENED, always, ignore, V2, "EP-ERR-6", 1059) \
    X(V2, CLOSED, always, back_off, WAITING, "EP-CLI-2", 1026) \
    X(V2, AUTH_V1, always, ignore, V2, "EP-ERR-6", 1059) \
    X(V2, AUTH_V2, always, ignore, V2, "EP-ERR-6", 1059) \
    X(V2, SESSION_UPDATE, always, note_session, V2, "EP-PRES-3", 1028) \
    X(V2, CLIENTS_LIST, always, note_list, V2, "EP-PRES-4", 1029) \
    X(V2, CLIENT_CONNECT, always, note_arrival, V2, "EP-PRES-1", 1030) \
    X(V2, CLIENT_DISCONNECT, always, note_departure, V2, "EP-PRES-2", 1031) \
    X(V2, MESSAGE_NEW, is_below_resumed, start_over, WAITING, "EP-LOST-11", 1033) \
    X(V2, MESSAGE_NEW, always, receive, V2, "EP-RECV-1", 1034) \
    X(V2, MESSAGE_CONFIRM, always, take_confirm, V2, "EP-SEND-4, EP-SEND-5", 1035) \
    X(V2, MESSAGE_RETRY, is_unconfirmed, repeat_item, V2, "EP-SEND-6", 1036) \
    X(V2, MESSAGE_RETRY, always, refuse_unknown_id, V2, "EP-SEND-6", 1038) \
    X(V2, MESSAGE_RECEIPT, is_below_resumed, start_over, WAITING, "EP-LOST-11", 1033) \
    X(V2, MESSAGE_RECEIPT, always, receive, V2, "EP-RCPT-1", 1039) \
    X(V2, ERROR, is_below_resumed, start_over, WAITING, "EP-LOST-11", 1033) \
    X(V2, ERROR, has_id, receive, V2, "EP-ERR-7", 1040) \
    X(V2, ERROR, is_expected_unknown, start_over_without, WAITING, "EP-LOST-10", 1041) \
    X(V2, ERROR, is_final, give_up, IDLE, "EP-CLI-4", 1042) \
    X(V2, ERROR, always, note_error, V2, "EP-ERR-1", 1043) \
    X(V2, PING, always, answer_ping, V2, "EP-TIME-2", 1044) \
    X(V2, PONG, always, note_pong, V2, "EP-TIME-2", 1045) \
    X(V2, BYE, always, give_up_connection, WAITING, "EP-TIME-4", 1046) \
    X(V2, UNKNOWN, always, refuse_unknown, V2, "EP-ERR-2", 1047) \
    X(V2, INVALID, always, refuse_invalid, V2, "EP-ERR-4", 1048) \
    X(V2, MALFORMED, always, refuse_malformed, WAITING, "EP-ERR-3", 1049) \
    X(V2, OVERSIZE, always, refuse_over_limit, V2, "EP-LIM-10", 1051) \
    X(V2, OVERDEEP, always, refuse_over_limit, V2, "EP-LIM-10", 1051) \
    X(V2, RECONNECT, always, ignore, V2, "EP-ERR-6", 1059) \
    X(V2, AUTH_TIMEOUT, always, ignore, V2, "EP-ERR-6", 1059) \
    X(V2, SILENCE, always, ping_peer, V2, "EP-TIME-2", 1052) \
    X(V2, IDLE, always, say_idle, WAITING, "EP-TIME-3", 1053) \
    X(V2, REPEAT, always, repeat_unconfirmed, V2, "EP-SEND-7", 1056) \
    X(V2, GAP, always, ignore, V2, "EP-ERR-6", 1059) \

#define EP_CLIENT_CELLS(X) \
    X(IDLE, CONNECT, 0, 1) \
    X(IDLE, DISCONNECT, 1, 1) \
    X(IDLE, SESSION, 2, 1) \
    X(IDLE, OPENED, 3, 1) \
    X(IDLE, CLOSED, 4, 1) \
    X(IDLE, AUTH_V1, 5, 1) \
    X(IDLE, AUTH_V2, 6, 1) \
    X(IDLE, SESSION_UPDATE, 7, 1) \
    X(IDLE, CLIENTS_LIST, 8, 1) \
    X(IDLE, CLIENT_CONNECT, 9, 1) \
    X(IDLE, CLIENT_DISCONNECT, 10, 1) \
    X(IDLE, MESSAGE_NEW, 11, 1) \
    X(IDLE, MESSAGE_CONFIRM, 12, 1) \
    X(IDLE, MESSAGE_RETRY, 13, 1) \
    X(IDLE, MESSAGE_RECEIPT, 14, 1) \
    X(IDLE, ERROR, 15, 1) \
    X(IDLE, PING, 16, 1) \
    X(IDLE, PONG, 17, 1) \
    X(IDLE, BYE, 18, 1) \
    X(IDLE, UNKNOWN, 19, 1) \
    X(IDLE, INVALID, 20, 1) \
    X(IDLE, MALFORMED, 21, 1) \
    X(IDLE, OVERSIZE, 22, 1) \
    X(IDLE, OVERDEEP, 23, 1) \
    X(IDLE, RECONNECT, 24, 1) \
    X(IDLE, AUTH_TIMEOUT, 25, 1) \
    X(IDLE, SILENCE, 26, 1) \
    X(IDLE, IDLE, 27, 1) \
    X(IDLE, REPEAT, 28, 1) \
    X(IDLE, GAP, 29, 1) \
    X(WAITING, CONNECT, 30, 1) \
    X(WAITING, DISCONNECT, 31, 1) \
    X(WAITING, SESSION, 32, 1) \
    X(WAITING, OPENED, 33, 1) \
    X(WAITING, CLOSED, 34, 1) \
    X(WAITING, AUTH_V1, 35, 1) \
    X(WAITING, AUTH_V2, 36, 1) \
    X(WAITING, SESSION_UPDATE, 37, 1) \
    X(WAITING, CLIENTS_LIST, 38, 1) \
    X(WAITING, CLIENT_CONNECT, 39, 1) \
    X(WAITING, CLIENT_DISCONNECT, 40, 1) \
    X(WAITING, MESSAGE_NEW, 41, 1) \
    X(WAITING, MESSAGE_CONFIRM, 42, 1) \
    X(WAITING, MESSAGE_RETRY, 43, 1) \
    X(WAITING, MESSAGE_RECEIPT, 44, 1) \
    X(WAITING, ERROR, 45, 1) \
    X(WAITING, PING, 46, 1) \
    X(WAITING, PONG, 47, 1) \
    X(WAITING, BYE, 48, 1) \
    X(WAITING, UNKNOWN, 49, 1) \
    X(WAITING, INVALID, 50, 1) \
    X(WAITING, MALFORMED, 51, 1) \
    X(WAITING, OVERSIZE, 52, 1) \
    X(WAITING, OVERDEEP, 53, 1) \
    X(WAITING, RECONNECT, 54, 1) \
    X(WAITING, AUTH_TIMEOUT, 55, 1) \
    X(WAITING, SILENCE, 56, 1) \
    X(WAITING, IDLE, 57, 1) \
    X(WAITING, REPEAT, 58, 1) \
    X(WAITING, GAP, 59, 1) \
    X(CONNECTING, CONNECT, 60, 1) \
    X(CONNECTING, DISCONNECT, 61, 1) \
    X(CONNECTING, SESSION, 62, 1) \
    X(CONNECTING, OPENED, 63, 1) \
    X(CONNECTING, CLOSED, 64, 1) \
    X(CONNECTING, AUTH_V1, 65, 1) \
    X(CONNECTING, AUTH_V2, 66, 1) \
    X(CONNECTING, SESSION_UPDATE, 67, 1) \
    X(CONNECTING, CLIENTS_LIST, 68, 1) \
    X(CONNECTING, CLIENT_CONNECT, 69, 1) \
    X(CONNECTING, CLIENT_DISCONNECT, 70, 1) \
    X(CONNECTING, MESSAGE_NEW, 71, 1) \
    X(CONNECTING, MESSAGE_CONFIRM, 72, 1) \
    X(CONNECTING, MESSAGE_RETRY, 73, 1) \
    X(CONNECTING, MESSAGE_RECEIPT, 74, 1) \
    X(CONNECTING, ERROR, 75, 1) \
    X(CONNECTING, PING, 76, 1) \
    X(CONNECTING, PONG, 77, 1) \
    X(CONNECTING, BYE, 78, 1) \
    X(CONNECTING, UNKNOWN, 79, 1) \
    X(CONNECTING, INVALID, 80, 1) \
    X(CONNECTING, MALFORMED, 81, 1) \
    X(CONNECTING, OVERSIZE, 82, 1) \
    X(CONNECTING, OVERDEEP, 83, 1) \
    X(CONNECTING, RECONNECT, 84, 1) \
    X(CONNECTING, AUTH_TIMEOUT, 85, 1) \
    X(CONNECTING, SILENCE, 86, 1) \
    X(CONNECTING, IDLE, 87, 1) \
    X(CONNECTING, REPEAT, 88, 1) \
    X(CONNECTING, GAP, 89, 1) \
    X(GREETING, CONNECT, 90, 1) \
    X(GREETING, DISCONNECT, 91, 1) \
    X(GREETING, SESSION, 92, 1) \
    X(GREETING, OPENED, 93, 1) \
    X(GREETING, CLOSED, 94, 1) \
    X(GREETING, AUTH_V1, 95, 1) \
    X(GREETING, AUTH_V2, 96, 3) \
    X(GREETING, SESSION_UPDATE, 99, 1) \
    X(GREETING, CLIENTS_LIST, 100, 1) \
    X(GREETING, CLIENT_CONNECT, 101, 1) \
    X(GREETING, CLIENT_DISCONNECT, 102, 1) \
    X(GREETING, MESSAGE_NEW, 103, 1) \
    X(GREETING, MESSAGE_CONFIRM, 104, 1) \
    X(GREETING, MESSAGE_RETRY, 105, 1) \
    X(GREETING, MESSAGE_RECEIPT, 106, 1) \
    X(GREETING, ERROR, 107, 2) \
    X(GREETING, PING, 109, 1) \
    X(GREETING, PONG, 110, 1) \
    X(GREETING, BYE, 111, 1) \
    X(GREETING, UNKNOWN, 112, 1) \
    X(GREETING, INVALID, 113, 1) \
    X(GREETING, MALFORMED, 114, 1) \
    X(GREETING, OVERSIZE, 115, 1) \
    X(GREETING, OVERDEEP, 116, 1) \
    X(GREETING, RECONNECT, 117, 1) \
    X(GREETING, AUTH_TIMEOUT, 118, 1) \
    X(GREETING, SILENCE, 119, 1) \
    X(GREETING, IDLE, 120, 1) \
    X(GREETING, REPEAT, 121, 1) \
    X(GREETING, GAP, 122, 1) \
    X(V1, CONNECT, 123, 1) \
    X(V1, DISCONNECT, 124, 1) \
    X(V1, SESSION, 125, 1) \
    X(V1, OPENED, 126, 1) \
    X(V1, CLOSED, 127, 1) \
    X(V1, AUTH_V1, 128, 1) \
    X(V1, AUTH_V2, 129, 1) \
    X(V1, SESSION_UPDATE, 130, 1) \
    X(V1, CLIENTS_LIST, 131, 1) \
    X(V1, CLIENT_CONNECT, 132, 1) \
    X(V1, CLIENT_DISCONNECT, 133, 1) \
    X(V1, MESSAGE_NEW, 134, 1) \
    X(V1, MESSAGE_CONFIRM, 135, 1) \
    X(V1, MESSAGE_RETRY, 136, 2) \
    X(V1, MESSAGE_RECEIPT, 138, 1) \
    X(V1, ERROR, 139, 1) \
    X(V1, PING, 140, 1) \
    X(V1, PONG, 141, 1) \
    X(V1, BYE, 142, 1) \
    X(V1, UNKNOWN, 143, 1) \
    X(V1, INVALID, 144, 1) \
    X(V1, MALFORMED, 145, 1) \
    X(V1, OVERSIZE, 146, 1) \
    X(V1, OVERDEEP, 147, 1) \
    X(V1, RECONNECT, 148, 1) \
    X(V1, AUTH_TIMEOUT, 149, 1) \
    X(V1, SILENCE, 150, 1) \
    X(V1, IDLE, 151, 1) \
    X(V1, REPEAT, 152, 1) \
    X(V1, GAP, 153, 1) \
    X(V2, CONNECT, 154, 1) \
    X(V2, DISCONNECT, 155, 1) \
    X(V2, SESSION, 156, 1) \
    X(V2, OPENED, 157, 1) \
    X(V2, CLOSED, 158, 1) \
    X(V2, AUTH_V1, 159, 1) \
    X(V2, AUTH_V2, 160, 1) \
    X(V2, SESSION_UPDATE, 161, 1) \
    X(V2, CLIENTS_LIST, 162, 1) \
    X(V2, CLIENT_CONNECT, 163, 1) \
    X(V2, CLIENT_DISCONNECT, 164, 1) \
    X(V2, MESSAGE_NEW, 165, 2) \
    X(V2, MESSAGE_CONFIRM, 167, 1) \
    X(V2, MESSAGE_RETRY, 168, 2) \
    X(V2, MESSAGE_RECEIPT, 170, 2) \
    X(V2, ERROR, 172, 5) \
    X(V2, PING, 177, 1) \
    X(V2, PONG, 178, 1) \
    X(V2, BYE, 179, 1) \
    X(V2, UNKNOWN, 180, 1) \
    X(V2, INVALID, 181, 1) \
    X(V2, MALFORMED, 182, 1) \
    X(V2, OVERSIZE, 183, 1) \
    X(V2, OVERDEEP, 184, 1) \
    X(V2, RECONNECT, 185, 1) \
    X(V2, AUTH_TIMEOUT, 186, 1) \
    X(V2, SILENCE, 187, 1) \
    X(V2, IDLE, 188, 1) \
    X(V2, REPEAT, 189, 1) \
    X(V2, GAP, 190, 1) \

#endif
