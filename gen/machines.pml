/* generated from spec/protocol.md by spec/extract.awk; do not edit */

mtype = { S_GONE,
          S_CLOSING,
          S_V2,
          S_V1,
          S_JOINING,
          S_NEW };
mtype = { S_IN_STOP,
          S_IN_HANGUP,
          S_IN_CLOSE_TIMEOUT,
          S_IN_REPEAT,
          S_IN_IDLE,
          S_IN_SILENCE,
          S_IN_AUTH_TIMEOUT,
          S_IN_FAILED,
          S_IN_REPLACED,
          S_IN_REFUSED,
          S_IN_JOINED,
          S_IN_OVERDEEP,
          S_IN_OVERSIZE,
          S_IN_MALFORMED,
          S_IN_INVALID,
          S_IN_UNKNOWN,
          S_IN_ERROR,
          S_IN_BYE,
          S_IN_PONG,
          S_IN_PING,
          S_IN_MESSAGE_RETRY,
          S_IN_MESSAGE_CONFIRM,
          S_IN_MESSAGE_NEW,
          S_IN_CLIENTS_LIST,
          S_IN_SESSION_UPDATE,
          S_IN_AUTH_V2,
          S_IN_AUTH_V1 };
#define S_INITIAL S_NEW
#define S_ROW_COUNT 172

inline server_in_NEW(state, input)
{
    if
    :: input == S_IN_AUTH_V1 ->
        /* row 0, line 857: EP-AUTH-2 */
        if :: (S_GUARD_may_speak_v1) -> S_DO_join(); state = S_JOINING
        :: else ->
        /* row 1, line 858: EP-SEC-4 */
        S_DO_refuse_v1(); state = S_CLOSING
        fi
    :: input == S_IN_AUTH_V2 ->
        /* row 2, line 859: EP-AUTH-2 */
        S_DO_join(); state = S_JOINING
    :: input == S_IN_SESSION_UPDATE ->
        /* row 3, line 860: EP-AUTH-3 */
        S_DO_ignore_early()
    :: input == S_IN_CLIENTS_LIST ->
        /* row 4, line 860: EP-AUTH-3 */
        S_DO_ignore_early()
    :: input == S_IN_MESSAGE_NEW ->
        /* row 5, line 860: EP-AUTH-3 */
        S_DO_ignore_early()
    :: input == S_IN_MESSAGE_CONFIRM ->
        /* row 6, line 860: EP-AUTH-3 */
        S_DO_ignore_early()
    :: input == S_IN_MESSAGE_RETRY ->
        /* row 7, line 860: EP-AUTH-3 */
        S_DO_ignore_early()
    :: input == S_IN_PING ->
        /* row 8, line 860: EP-AUTH-3 */
        S_DO_ignore_early()
    :: input == S_IN_PONG ->
        /* row 9, line 860: EP-AUTH-3 */
        S_DO_ignore_early()
    :: input == S_IN_BYE ->
        /* row 10, line 860: EP-AUTH-3 */
        S_DO_ignore_early()
    :: input == S_IN_ERROR ->
        /* row 11, line 860: EP-AUTH-3 */
        S_DO_ignore_early()
    :: input == S_IN_UNKNOWN ->
        /* row 12, line 860: EP-AUTH-3 */
        S_DO_ignore_early()
    :: input == S_IN_INVALID ->
        /* row 13, line 861: EP-AUTH-5 */
        if :: (S_GUARD_is_auth) -> S_DO_refuse_bad_auth(); state = S_CLOSING
        :: else ->
        /* row 14, line 862: EP-AUTH-3 */
        S_DO_ignore_early()
        fi
    :: input == S_IN_MALFORMED ->
        /* row 15, line 863: EP-ERR-3 */
        if :: (S_GUARD_malformed_allowed) -> S_DO_count_malformed()
        :: else ->
        /* row 16, line 864: EP-ERR-3 */
        S_DO_cut(); state = S_CLOSING
        fi
    :: input == S_IN_OVERSIZE ->
        /* row 17, line 865: EP-LIM-2 */
        S_DO_count_over_limit()
    :: input == S_IN_OVERDEEP ->
        /* row 18, line 865: EP-LIM-2 */
        S_DO_count_over_limit()
    :: input == S_IN_JOINED ->
        /* row 19, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_REFUSED ->
        /* row 20, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_REPLACED ->
        /* row 21, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_FAILED ->
        /* row 22, line 867: EP-ERR-5 */
        S_DO_cut(); state = S_CLOSING
    :: input == S_IN_AUTH_TIMEOUT ->
        /* row 23, line 866: EP-AUTH-4 */
        S_DO_cut(); state = S_CLOSING
    :: input == S_IN_SILENCE ->
        /* row 24, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_IDLE ->
        /* row 25, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_REPEAT ->
        /* row 26, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_CLOSE_TIMEOUT ->
        /* row 27, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_HANGUP ->
        /* row 28, line 914: EP-PRES-2 */
        S_DO_leave(); state = S_GONE
    :: input == S_IN_STOP ->
        /* row 29, line 913: EP-TIME-4 */
        S_DO_cut(); state = S_CLOSING
    fi
}

inline server_in_JOINING(state, input)
{
    if
    :: input == S_IN_AUTH_V1 ->
        /* row 30, line 873: EP-AUTH-8 */
        S_DO_defer()
    :: input == S_IN_AUTH_V2 ->
        /* row 31, line 873: EP-AUTH-8 */
        S_DO_defer()
    :: input == S_IN_SESSION_UPDATE ->
        /* row 32, line 873: EP-AUTH-8 */
        S_DO_defer()
    :: input == S_IN_CLIENTS_LIST ->
        /* row 33, line 873: EP-AUTH-8 */
        S_DO_defer()
    :: input == S_IN_MESSAGE_NEW ->
        /* row 34, line 873: EP-AUTH-8 */
        S_DO_defer()
    :: input == S_IN_MESSAGE_CONFIRM ->
        /* row 35, line 873: EP-AUTH-8 */
        S_DO_defer()
    :: input == S_IN_MESSAGE_RETRY ->
        /* row 36, line 873: EP-AUTH-8 */
        S_DO_defer()
    :: input == S_IN_PING ->
        /* row 37, line 873: EP-AUTH-8 */
        S_DO_defer()
    :: input == S_IN_PONG ->
        /* row 38, line 873: EP-AUTH-8 */
        S_DO_defer()
    :: input == S_IN_BYE ->
        /* row 39, line 873: EP-AUTH-8 */
        S_DO_defer()
    :: input == S_IN_ERROR ->
        /* row 40, line 873: EP-AUTH-8 */
        S_DO_defer()
    :: input == S_IN_UNKNOWN ->
        /* row 41, line 873: EP-AUTH-8 */
        S_DO_defer()
    :: input == S_IN_INVALID ->
        /* row 42, line 873: EP-AUTH-8 */
        S_DO_defer()
    :: input == S_IN_MALFORMED ->
        /* row 43, line 873: EP-AUTH-8 */
        S_DO_defer()
    :: input == S_IN_OVERSIZE ->
        /* row 44, line 873: EP-AUTH-8 */
        S_DO_defer()
    :: input == S_IN_OVERDEEP ->
        /* row 45, line 873: EP-AUTH-8 */
        S_DO_defer()
    :: input == S_IN_JOINED ->
        /* row 46, line 868: EP-AUTH-6 */
        if :: (S_GUARD_speaks_v1) -> S_DO_welcome_v1(); state = S_V1
        :: else ->
        /* row 47, line 869: EP-NEG-3 */
        S_DO_welcome_v2(); state = S_V2
        fi
    :: input == S_IN_REFUSED ->
        /* row 48, line 870: EP-AUTH-7 */
        S_DO_say_refused(); state = S_CLOSING
    :: input == S_IN_REPLACED ->
        /* row 49, line 871: EP-TAKE-1 */
        S_DO_say_replaced(); state = S_CLOSING
    :: input == S_IN_FAILED ->
        /* row 50, line 872: EP-ERR-5 */
        S_DO_say_failed(); state = S_CLOSING
    :: input == S_IN_AUTH_TIMEOUT ->
        /* row 51, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_SILENCE ->
        /* row 52, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_IDLE ->
        /* row 53, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_REPEAT ->
        /* row 54, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_CLOSE_TIMEOUT ->
        /* row 55, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_HANGUP ->
        /* row 56, line 914: EP-PRES-2 */
        S_DO_leave(); state = S_GONE
    :: input == S_IN_STOP ->
        /* row 57, line 913: EP-TIME-4 */
        S_DO_cut(); state = S_CLOSING
    fi
}

inline server_in_V1(state, input)
{
    if
    :: input == S_IN_AUTH_V1 ->
        /* row 58, line 874: EP-AUTH-9 */
        if :: (S_GUARD_same_client) -> S_DO_welcome_again()
        :: else ->
        /* row 59, line 875: EP-AUTH-10 */
        S_DO_refuse_other(); state = S_CLOSING
        fi
    :: input == S_IN_AUTH_V2 ->
        /* row 60, line 875: EP-AUTH-10 */
        S_DO_refuse_other(); state = S_CLOSING
    :: input == S_IN_SESSION_UPDATE ->
        /* row 61, line 876: EP-SESS-1 */
        S_DO_submit_session()
    :: input == S_IN_CLIENTS_LIST ->
        /* row 62, line 877: EP-PRES-4 */
        S_DO_answer_list()
    :: input == S_IN_MESSAGE_NEW ->
        /* row 63, line 878: EP-RECV-1 */
        S_DO_submit_message()
    :: input == S_IN_MESSAGE_CONFIRM ->
        /* row 64, line 879: EP-SEND-5 */
        S_DO_submit_confirm()
    :: input == S_IN_MESSAGE_RETRY ->
        /* row 65, line 880: EP-SEND-6 */
        if :: (S_GUARD_is_unconfirmed) -> S_DO_repeat_item()
        :: else ->
        /* row 66, line 881: EP-SEND-6 */
        S_DO_ignore()
        fi
    :: input == S_IN_PING ->
        /* row 67, line 882: EP-COMPAT-1 */
        S_DO_count_unknown()
    :: input == S_IN_PONG ->
        /* row 68, line 882: EP-COMPAT-1 */
        S_DO_count_unknown()
    :: input == S_IN_BYE ->
        /* row 69, line 882: EP-COMPAT-1 */
        S_DO_count_unknown()
    :: input == S_IN_ERROR ->
        /* row 70, line 882: EP-COMPAT-1 */
        S_DO_count_unknown()
    :: input == S_IN_UNKNOWN ->
        /* row 71, line 882: EP-COMPAT-1 */
        S_DO_count_unknown()
    :: input == S_IN_INVALID ->
        /* row 72, line 883: EP-ERR-4 */
        S_DO_count_invalid()
    :: input == S_IN_MALFORMED ->
        /* row 73, line 884: EP-ERR-3 */
        if :: (S_GUARD_malformed_allowed) -> S_DO_count_malformed()
        :: else ->
        /* row 74, line 885: EP-ERR-3 */
        S_DO_cut(); state = S_CLOSING
        fi
    :: input == S_IN_OVERSIZE ->
        /* row 75, line 886: EP-LIM-2 */
        S_DO_count_over_limit()
    :: input == S_IN_OVERDEEP ->
        /* row 76, line 887: EP-LIM-3 */
        S_DO_submit_over_limit()
    :: input == S_IN_JOINED ->
        /* row 77, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_REFUSED ->
        /* row 78, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_REPLACED ->
        /* row 79, line 888: EP-TAKE-1, EP-COMPAT-1 */
        S_DO_cut(); state = S_CLOSING
    :: input == S_IN_FAILED ->
        /* row 80, line 888: EP-TAKE-1, EP-COMPAT-1 */
        S_DO_cut(); state = S_CLOSING
    :: input == S_IN_AUTH_TIMEOUT ->
        /* row 81, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_SILENCE ->
        /* row 82, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_IDLE ->
        /* row 83, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_REPEAT ->
        /* row 84, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_CLOSE_TIMEOUT ->
        /* row 85, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_HANGUP ->
        /* row 86, line 914: EP-PRES-2 */
        S_DO_leave(); state = S_GONE
    :: input == S_IN_STOP ->
        /* row 87, line 888: EP-TAKE-1, EP-COMPAT-1 */
        S_DO_cut(); state = S_CLOSING
    fi
}

inline server_in_V2(state, input)
{
    if
    :: input == S_IN_AUTH_V1 ->
        /* row 88, line 890: EP-AUTH-10 */
        S_DO_refuse_other(); state = S_CLOSING
    :: input == S_IN_AUTH_V2 ->
        /* row 89, line 889: EP-AUTH-9 */
        if :: (S_GUARD_same_client) -> S_DO_welcome_again()
        :: else ->
        /* row 90, line 890: EP-AUTH-10 */
        S_DO_refuse_other(); state = S_CLOSING
        fi
    :: input == S_IN_SESSION_UPDATE ->
        /* row 91, line 891: EP-SESS-2 */
        if :: (S_GUARD_has_id) -> S_DO_submit_session()
        :: else ->
        /* row 92, line 892: EP-SESS-2 */
        S_DO_refuse_invalid()
        fi
    :: input == S_IN_CLIENTS_LIST ->
        /* row 93, line 893: EP-PRES-4 */
        S_DO_answer_list()
    :: input == S_IN_MESSAGE_NEW ->
        /* row 94, line 894: EP-RECV-1 */
        S_DO_submit_message()
    :: input == S_IN_MESSAGE_CONFIRM ->
        /* row 95, line 895: EP-SEND-4 */
        S_DO_submit_confirm()
    :: input == S_IN_MESSAGE_RETRY ->
        /* row 96, line 896: EP-SEND-6 */
        if :: (S_GUARD_is_unconfirmed) -> S_DO_repeat_item()
        :: else ->
        /* row 97, line 897: EP-SEND-6 */
        S_DO_refuse_unknown_id()
        fi
    :: input == S_IN_PING ->
        /* row 98, line 898: EP-TIME-2 */
        S_DO_answer_ping()
    :: input == S_IN_PONG ->
        /* row 99, line 899: EP-TIME-2 */
        S_DO_ignore()
    :: input == S_IN_BYE ->
        /* row 100, line 900: EP-TIME-4 */
        S_DO_cut(); state = S_CLOSING
    :: input == S_IN_ERROR ->
        /* row 101, line 901: EP-ERR-1 */
        S_DO_note_error()
    :: input == S_IN_UNKNOWN ->
        /* row 102, line 902: EP-ERR-2 */
        S_DO_refuse_unknown()
    :: input == S_IN_INVALID ->
        /* row 103, line 903: EP-ERR-4 */
        S_DO_refuse_invalid()
    :: input == S_IN_MALFORMED ->
        /* row 104, line 904: EP-ERR-3 */
        S_DO_refuse_malformed(); state = S_CLOSING
    :: input == S_IN_OVERSIZE ->
        /* row 105, line 905: EP-LIM-2 */
        S_DO_refuse_too_large()
    :: input == S_IN_OVERDEEP ->
        /* row 106, line 906: EP-LIM-3 */
        S_DO_submit_over_limit()
    :: input == S_IN_JOINED ->
        /* row 107, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_REFUSED ->
        /* row 108, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_REPLACED ->
        /* row 109, line 907: EP-TAKE-1 */
        S_DO_say_replaced(); state = S_CLOSING
    :: input == S_IN_FAILED ->
        /* row 110, line 908: EP-ERR-5 */
        S_DO_say_failed(); state = S_CLOSING
    :: input == S_IN_AUTH_TIMEOUT ->
        /* row 111, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_SILENCE ->
        /* row 112, line 909: EP-TIME-2 */
        S_DO_ping_peer()
    :: input == S_IN_IDLE ->
        /* row 113, line 910: EP-TIME-3 */
        S_DO_say_idle(); state = S_CLOSING
    :: input == S_IN_REPEAT ->
        /* row 114, line 911: EP-SEND-7 */
        S_DO_repeat_unconfirmed()
    :: input == S_IN_CLOSE_TIMEOUT ->
        /* row 115, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_HANGUP ->
        /* row 116, line 914: EP-PRES-2 */
        S_DO_leave(); state = S_GONE
    :: input == S_IN_STOP ->
        /* row 117, line 912: EP-TIME-4 */
        S_DO_say_shutdown(); state = S_CLOSING
    fi
}

inline server_in_CLOSING(state, input)
{
    if
    :: input == S_IN_AUTH_V1 ->
        /* row 118, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_AUTH_V2 ->
        /* row 119, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_SESSION_UPDATE ->
        /* row 120, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_CLIENTS_LIST ->
        /* row 121, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_MESSAGE_NEW ->
        /* row 122, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_MESSAGE_CONFIRM ->
        /* row 123, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_MESSAGE_RETRY ->
        /* row 124, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_PING ->
        /* row 125, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_PONG ->
        /* row 126, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_BYE ->
        /* row 127, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_ERROR ->
        /* row 128, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_UNKNOWN ->
        /* row 129, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_INVALID ->
        /* row 130, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_MALFORMED ->
        /* row 131, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_OVERSIZE ->
        /* row 132, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_OVERDEEP ->
        /* row 133, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_JOINED ->
        /* row 134, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_REFUSED ->
        /* row 135, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_REPLACED ->
        /* row 136, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_FAILED ->
        /* row 137, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_AUTH_TIMEOUT ->
        /* row 138, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_SILENCE ->
        /* row 139, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_IDLE ->
        /* row 140, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_REPEAT ->
        /* row 141, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_CLOSE_TIMEOUT ->
        /* row 142, line 915: EP-TIME-5 */
        S_DO_abandon()
    :: input == S_IN_HANGUP ->
        /* row 143, line 914: EP-PRES-2 */
        S_DO_leave(); state = S_GONE
    :: input == S_IN_STOP ->
        /* row 144, line 916: EP-ERR-6 */
        S_DO_ignore()
    fi
}

inline server_in_GONE(state, input)
{
    if
    :: input == S_IN_AUTH_V1 ->
        /* row 145, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_AUTH_V2 ->
        /* row 146, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_SESSION_UPDATE ->
        /* row 147, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_CLIENTS_LIST ->
        /* row 148, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_MESSAGE_NEW ->
        /* row 149, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_MESSAGE_CONFIRM ->
        /* row 150, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_MESSAGE_RETRY ->
        /* row 151, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_PING ->
        /* row 152, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_PONG ->
        /* row 153, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_BYE ->
        /* row 154, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_ERROR ->
        /* row 155, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_UNKNOWN ->
        /* row 156, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_INVALID ->
        /* row 157, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_MALFORMED ->
        /* row 158, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_OVERSIZE ->
        /* row 159, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_OVERDEEP ->
        /* row 160, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_JOINED ->
        /* row 161, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_REFUSED ->
        /* row 162, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_REPLACED ->
        /* row 163, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_FAILED ->
        /* row 164, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_AUTH_TIMEOUT ->
        /* row 165, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_SILENCE ->
        /* row 166, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_IDLE ->
        /* row 167, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_REPEAT ->
        /* row 168, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_CLOSE_TIMEOUT ->
        /* row 169, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_HANGUP ->
        /* row 170, line 916: EP-ERR-6 */
        S_DO_ignore()
    :: input == S_IN_STOP ->
        /* row 171, line 916: EP-ERR-6 */
        S_DO_ignore()
    fi
}

inline server_step(state, input)
{
    if
    :: state == S_NEW -> server_in_NEW(state, input)
    :: state == S_JOINING -> server_in_JOINING(state, input)
    :: state == S_V1 -> server_in_V1(state, input)
    :: state == S_V2 -> server_in_V2(state, input)
    :: state == S_CLOSING -> server_in_CLOSING(state, input)
    :: state == S_GONE -> server_in_GONE(state, input)
    fi
}

mtype = { C_V2,
          C_V1,
          C_GREETING,
          C_CONNECTING,
          C_WAITING,
          C_IDLE };
mtype = { C_IN_GAP,
          C_IN_REPEAT,
          C_IN_IDLE,
          C_IN_SILENCE,
          C_IN_AUTH_TIMEOUT,
          C_IN_RECONNECT,
          C_IN_OVERSIZE,
          C_IN_MALFORMED,
          C_IN_INVALID,
          C_IN_UNKNOWN,
          C_IN_BYE,
          C_IN_PONG,
          C_IN_PING,
          C_IN_ERROR,
          C_IN_MESSAGE_RECEIPT,
          C_IN_MESSAGE_RETRY,
          C_IN_MESSAGE_CONFIRM,
          C_IN_MESSAGE_NEW,
          C_IN_CLIENT_DISCONNECT,
          C_IN_CLIENT_CONNECT,
          C_IN_CLIENTS_LIST,
          C_IN_SESSION_UPDATE,
          C_IN_AUTH_V2,
          C_IN_AUTH_V1,
          C_IN_CLOSED,
          C_IN_OPENED,
          C_IN_SESSION,
          C_IN_DISCONNECT,
          C_IN_CONNECT };
#define C_INITIAL C_IDLE
#define C_ROW_COUNT 181

inline client_in_IDLE(state, input)
{
    if
    :: input == C_IN_CONNECT ->
        /* row 0, line 970: EP-CLI-1 */
        C_DO_want_open(); state = C_CONNECTING
    :: input == C_IN_DISCONNECT ->
        /* row 1, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_SESSION ->
        /* row 2, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_OPENED ->
        /* row 3, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_CLOSED ->
        /* row 4, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_AUTH_V1 ->
        /* row 5, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_AUTH_V2 ->
        /* row 6, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_SESSION_UPDATE ->
        /* row 7, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_CLIENTS_LIST ->
        /* row 8, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_CLIENT_CONNECT ->
        /* row 9, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_CLIENT_DISCONNECT ->
        /* row 10, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_MESSAGE_NEW ->
        /* row 11, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_MESSAGE_CONFIRM ->
        /* row 12, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_MESSAGE_RETRY ->
        /* row 13, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_MESSAGE_RECEIPT ->
        /* row 14, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_ERROR ->
        /* row 15, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_PING ->
        /* row 16, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_PONG ->
        /* row 17, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_BYE ->
        /* row 18, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_UNKNOWN ->
        /* row 19, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_INVALID ->
        /* row 20, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_MALFORMED ->
        /* row 21, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_OVERSIZE ->
        /* row 22, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_RECONNECT ->
        /* row 23, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_AUTH_TIMEOUT ->
        /* row 24, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_SILENCE ->
        /* row 25, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_IDLE ->
        /* row 26, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_REPEAT ->
        /* row 27, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_GAP ->
        /* row 28, line 1014: EP-ERR-6 */
        C_DO_ignore()
    fi
}

inline client_in_WAITING(state, input)
{
    if
    :: input == C_IN_CONNECT ->
        /* row 29, line 970: EP-CLI-1 */
        C_DO_want_open(); state = C_CONNECTING
    :: input == C_IN_DISCONNECT ->
        /* row 30, line 972: EP-CLI-3 */
        C_DO_rest(); state = C_IDLE
    :: input == C_IN_SESSION ->
        /* row 31, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_OPENED ->
        /* row 32, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_CLOSED ->
        /* row 33, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_AUTH_V1 ->
        /* row 34, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_AUTH_V2 ->
        /* row 35, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_SESSION_UPDATE ->
        /* row 36, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_CLIENTS_LIST ->
        /* row 37, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_CLIENT_CONNECT ->
        /* row 38, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_CLIENT_DISCONNECT ->
        /* row 39, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_MESSAGE_NEW ->
        /* row 40, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_MESSAGE_CONFIRM ->
        /* row 41, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_MESSAGE_RETRY ->
        /* row 42, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_MESSAGE_RECEIPT ->
        /* row 43, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_ERROR ->
        /* row 44, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_PING ->
        /* row 45, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_PONG ->
        /* row 46, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_BYE ->
        /* row 47, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_UNKNOWN ->
        /* row 48, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_INVALID ->
        /* row 49, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_MALFORMED ->
        /* row 50, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_OVERSIZE ->
        /* row 51, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_RECONNECT ->
        /* row 52, line 971: EP-CLI-2 */
        C_DO_want_open(); state = C_CONNECTING
    :: input == C_IN_AUTH_TIMEOUT ->
        /* row 53, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_SILENCE ->
        /* row 54, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_IDLE ->
        /* row 55, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_REPEAT ->
        /* row 56, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_GAP ->
        /* row 57, line 1014: EP-ERR-6 */
        C_DO_ignore()
    fi
}

inline client_in_CONNECTING(state, input)
{
    if
    :: input == C_IN_CONNECT ->
        /* row 58, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_DISCONNECT ->
        /* row 59, line 976: EP-CLI-3 */
        C_DO_hang_up(); state = C_IDLE
    :: input == C_IN_SESSION ->
        /* row 60, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_OPENED ->
        /* row 61, line 973: EP-AUTH-1 */
        C_DO_greet(); state = C_GREETING
    :: input == C_IN_CLOSED ->
        /* row 62, line 974: EP-CLI-2 */
        C_DO_back_off(); state = C_WAITING
    :: input == C_IN_AUTH_V1 ->
        /* row 63, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_AUTH_V2 ->
        /* row 64, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_SESSION_UPDATE ->
        /* row 65, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_CLIENTS_LIST ->
        /* row 66, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_CLIENT_CONNECT ->
        /* row 67, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_CLIENT_DISCONNECT ->
        /* row 68, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_MESSAGE_NEW ->
        /* row 69, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_MESSAGE_CONFIRM ->
        /* row 70, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_MESSAGE_RETRY ->
        /* row 71, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_MESSAGE_RECEIPT ->
        /* row 72, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_ERROR ->
        /* row 73, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_PING ->
        /* row 74, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_PONG ->
        /* row 75, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_BYE ->
        /* row 76, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_UNKNOWN ->
        /* row 77, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_INVALID ->
        /* row 78, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_MALFORMED ->
        /* row 79, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_OVERSIZE ->
        /* row 80, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_RECONNECT ->
        /* row 81, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_AUTH_TIMEOUT ->
        /* row 82, line 975: EP-AUTH-4 */
        C_DO_give_up_connection(); state = C_WAITING
    :: input == C_IN_SILENCE ->
        /* row 83, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_IDLE ->
        /* row 84, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_REPEAT ->
        /* row 85, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_GAP ->
        /* row 86, line 1014: EP-ERR-6 */
        C_DO_ignore()
    fi
}

inline client_in_GREETING(state, input)
{
    if
    :: input == C_IN_CONNECT ->
        /* row 87, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_DISCONNECT ->
        /* row 88, line 976: EP-CLI-3 */
        C_DO_hang_up(); state = C_IDLE
    :: input == C_IN_SESSION ->
        /* row 89, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_OPENED ->
        /* row 90, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_CLOSED ->
        /* row 91, line 984: EP-CLI-2 */
        C_DO_back_off(); state = C_WAITING
    :: input == C_IN_AUTH_V1 ->
        /* row 92, line 977: EP-NEG-4 */
        C_DO_resume_v1(); state = C_V1
    :: input == C_IN_AUTH_V2 ->
        /* row 93, line 978: EP-LOST-6 */
        if :: (C_GUARD_out_of_step) -> C_DO_start_over(); state = C_WAITING
        :: else ->
        /* row 94, line 979: EP-RES-1 */
        if :: (C_GUARD_asked_v2) -> C_DO_resume_v2(); state = C_V2
        :: else ->
        /* row 95, line 980: EP-NEG-4 */
        C_DO_resume_v1(); state = C_V1
        fi fi
    :: input == C_IN_SESSION_UPDATE ->
        /* row 96, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_CLIENTS_LIST ->
        /* row 97, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_CLIENT_CONNECT ->
        /* row 98, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_CLIENT_DISCONNECT ->
        /* row 99, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_MESSAGE_NEW ->
        /* row 100, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_MESSAGE_CONFIRM ->
        /* row 101, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_MESSAGE_RETRY ->
        /* row 102, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_MESSAGE_RECEIPT ->
        /* row 103, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_ERROR ->
        /* row 104, line 981: EP-CLI-4 */
        if :: (C_GUARD_is_final) -> C_DO_give_up(); state = C_IDLE
        :: else ->
        /* row 105, line 982: EP-ERR-1 */
        C_DO_note_error()
        fi
    :: input == C_IN_PING ->
        /* row 106, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_PONG ->
        /* row 107, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_BYE ->
        /* row 108, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_UNKNOWN ->
        /* row 109, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_INVALID ->
        /* row 110, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_MALFORMED ->
        /* row 111, line 985: EP-ERR-3 */
        C_DO_give_up_connection(); state = C_WAITING
    :: input == C_IN_OVERSIZE ->
        /* row 112, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_RECONNECT ->
        /* row 113, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_AUTH_TIMEOUT ->
        /* row 114, line 975: EP-AUTH-4 */
        C_DO_give_up_connection(); state = C_WAITING
    :: input == C_IN_SILENCE ->
        /* row 115, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_IDLE ->
        /* row 116, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_REPEAT ->
        /* row 117, line 983: EP-SEND-7 */
        C_DO_greet()
    :: input == C_IN_GAP ->
        /* row 118, line 1014: EP-ERR-6 */
        C_DO_ignore()
    fi
}

inline client_in_V1(state, input)
{
    if
    :: input == C_IN_CONNECT ->
        /* row 119, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_DISCONNECT ->
        /* row 120, line 976: EP-CLI-3 */
        C_DO_hang_up(); state = C_IDLE
    :: input == C_IN_SESSION ->
        /* row 121, line 1013: EP-SESS-1 */
        C_DO_write_session()
    :: input == C_IN_OPENED ->
        /* row 122, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_CLOSED ->
        /* row 123, line 984: EP-CLI-2 */
        C_DO_back_off(); state = C_WAITING
    :: input == C_IN_AUTH_V1 ->
        /* row 124, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_AUTH_V2 ->
        /* row 125, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_SESSION_UPDATE ->
        /* row 126, line 986: EP-PRES-3 */
        C_DO_note_session()
    :: input == C_IN_CLIENTS_LIST ->
        /* row 127, line 987: EP-PRES-4 */
        C_DO_note_list()
    :: input == C_IN_CLIENT_CONNECT ->
        /* row 128, line 988: EP-PRES-1 */
        C_DO_note_arrival()
    :: input == C_IN_CLIENT_DISCONNECT ->
        /* row 129, line 989: EP-PRES-2 */
        C_DO_note_departure()
    :: input == C_IN_MESSAGE_NEW ->
        /* row 130, line 990: EP-RECV-5 */
        C_DO_receive_v1()
    :: input == C_IN_MESSAGE_CONFIRM ->
        /* row 131, line 992: EP-SEND-4, EP-SEND-5 */
        C_DO_take_confirm()
    :: input == C_IN_MESSAGE_RETRY ->
        /* row 132, line 993: EP-SEND-6 */
        if :: (C_GUARD_is_unconfirmed) -> C_DO_repeat_item()
        :: else ->
        /* row 133, line 994: EP-SEND-6 */
        C_DO_ignore()
        fi
    :: input == C_IN_MESSAGE_RECEIPT ->
        /* row 134, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_ERROR ->
        /* row 135, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_PING ->
        /* row 136, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_PONG ->
        /* row 137, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_BYE ->
        /* row 138, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_UNKNOWN ->
        /* row 139, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_INVALID ->
        /* row 140, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_MALFORMED ->
        /* row 141, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_OVERSIZE ->
        /* row 142, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_RECONNECT ->
        /* row 143, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_AUTH_TIMEOUT ->
        /* row 144, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_SILENCE ->
        /* row 145, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_IDLE ->
        /* row 146, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_REPEAT ->
        /* row 147, line 1010: EP-SEND-8 */
        C_DO_resend_v1()
    :: input == C_IN_GAP ->
        /* row 148, line 1012: EP-RECV-7 */
        C_DO_skip_gap()
    fi
}

inline client_in_V2(state, input)
{
    if
    :: input == C_IN_CONNECT ->
        /* row 149, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_DISCONNECT ->
        /* row 150, line 1009: EP-CLI-3 */
        C_DO_say_bye(); state = C_IDLE
    :: input == C_IN_SESSION ->
        /* row 151, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_OPENED ->
        /* row 152, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_CLOSED ->
        /* row 153, line 984: EP-CLI-2 */
        C_DO_back_off(); state = C_WAITING
    :: input == C_IN_AUTH_V1 ->
        /* row 154, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_AUTH_V2 ->
        /* row 155, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_SESSION_UPDATE ->
        /* row 156, line 986: EP-PRES-3 */
        C_DO_note_session()
    :: input == C_IN_CLIENTS_LIST ->
        /* row 157, line 987: EP-PRES-4 */
        C_DO_note_list()
    :: input == C_IN_CLIENT_CONNECT ->
        /* row 158, line 988: EP-PRES-1 */
        C_DO_note_arrival()
    :: input == C_IN_CLIENT_DISCONNECT ->
        /* row 159, line 989: EP-PRES-2 */
        C_DO_note_departure()
    :: input == C_IN_MESSAGE_NEW ->
        /* row 160, line 991: EP-RECV-1 */
        C_DO_receive()
    :: input == C_IN_MESSAGE_CONFIRM ->
        /* row 161, line 992: EP-SEND-4, EP-SEND-5 */
        C_DO_take_confirm()
    :: input == C_IN_MESSAGE_RETRY ->
        /* row 162, line 993: EP-SEND-6 */
        if :: (C_GUARD_is_unconfirmed) -> C_DO_repeat_item()
        :: else ->
        /* row 163, line 995: EP-SEND-6 */
        C_DO_refuse_unknown_id()
        fi
    :: input == C_IN_MESSAGE_RECEIPT ->
        /* row 164, line 996: EP-RCPT-1 */
        C_DO_receive()
    :: input == C_IN_ERROR ->
        /* row 165, line 997: EP-ERR-7 */
        if :: (C_GUARD_has_id) -> C_DO_receive()
        :: else ->
        /* row 166, line 998: EP-CLI-4 */
        if :: (C_GUARD_is_final) -> C_DO_give_up(); state = C_IDLE
        :: else ->
        /* row 167, line 999: EP-ERR-1 */
        C_DO_note_error()
        fi fi
    :: input == C_IN_PING ->
        /* row 168, line 1000: EP-TIME-2 */
        C_DO_answer_ping()
    :: input == C_IN_PONG ->
        /* row 169, line 1001: EP-TIME-2 */
        C_DO_note_pong()
    :: input == C_IN_BYE ->
        /* row 170, line 1002: EP-TIME-4 */
        C_DO_give_up_connection(); state = C_WAITING
    :: input == C_IN_UNKNOWN ->
        /* row 171, line 1003: EP-ERR-2 */
        C_DO_refuse_unknown()
    :: input == C_IN_INVALID ->
        /* row 172, line 1004: EP-ERR-4 */
        C_DO_refuse_invalid()
    :: input == C_IN_MALFORMED ->
        /* row 173, line 1005: EP-ERR-3 */
        C_DO_refuse_malformed(); state = C_WAITING
    :: input == C_IN_OVERSIZE ->
        /* row 174, line 1006: EP-LIM-2 */
        C_DO_refuse_too_large()
    :: input == C_IN_RECONNECT ->
        /* row 175, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_AUTH_TIMEOUT ->
        /* row 176, line 1014: EP-ERR-6 */
        C_DO_ignore()
    :: input == C_IN_SILENCE ->
        /* row 177, line 1007: EP-TIME-2 */
        C_DO_ping_peer()
    :: input == C_IN_IDLE ->
        /* row 178, line 1008: EP-TIME-3 */
        C_DO_say_idle(); state = C_WAITING
    :: input == C_IN_REPEAT ->
        /* row 179, line 1011: EP-SEND-7 */
        C_DO_repeat_unconfirmed()
    :: input == C_IN_GAP ->
        /* row 180, line 1014: EP-ERR-6 */
        C_DO_ignore()
    fi
}

inline client_step(state, input)
{
    if
    :: state == C_IDLE -> client_in_IDLE(state, input)
    :: state == C_WAITING -> client_in_WAITING(state, input)
    :: state == C_CONNECTING -> client_in_CONNECTING(state, input)
    :: state == C_GREETING -> client_in_GREETING(state, input)
    :: state == C_V1 -> client_in_V1(state, input)
    :: state == C_V2 -> client_in_V2(state, input)
    fi
}
