/* generated from spec/protocol.md by spec/extract.awk; do not edit */

mtype = { S_GONE,
          S_CLOSING,
          S_V2,
          S_V1,
          S_JOINING,
          S_NEW };
#define S_INITIAL S_NEW
#define S_ROW_COUNT 174

inline server_on_AUTH_V1(state)
{
    if
    :: state == S_NEW ->
        /* row 0, line 896: EP-AUTH-2 */
        if :: (S_GUARD_may_speak_v1) -> S_DO_join(); state = S_JOINING
        :: else ->
        /* row 1, line 897: EP-SEC-4 */
        S_DO_refuse_v1(); state = S_CLOSING
        fi
    :: state == S_JOINING ->
        /* row 30, line 912: EP-AUTH-8 */
        S_DO_defer()
    :: state == S_V1 ->
        /* row 58, line 913: EP-AUTH-9 */
        if :: (S_GUARD_same_client) -> S_DO_welcome_again()
        :: else ->
        /* row 59, line 914: EP-AUTH-10 */
        S_DO_refuse_other(); state = S_CLOSING
        fi
    :: state == S_V2 ->
        /* row 89, line 930: EP-AUTH-10 */
        S_DO_refuse_other(); state = S_CLOSING
    :: state == S_CLOSING ->
        /* row 120, line 957: EP-ERR-6 */
        S_DO_ignore()
    :: state == S_GONE ->
        /* row 147, line 957: EP-ERR-6 */
        S_DO_ignore()
    fi
}

inline server_on_AUTH_V2(state)
{
    if
    :: state == S_NEW ->
        /* row 2, line 898: EP-AUTH-2 */
        S_DO_join(); state = S_JOINING
    :: state == S_JOINING ->
        /* row 31, line 912: EP-AUTH-8 */
        S_DO_defer()
    :: state == S_V1 ->
        /* row 60, line 914: EP-AUTH-10 */
        S_DO_refuse_other(); state = S_CLOSING
    :: state == S_V2 ->
        /* row 90, line 929: EP-AUTH-9 */
        if :: (S_GUARD_same_client) -> S_DO_welcome_again()
        :: else ->
        /* row 91, line 930: EP-AUTH-10 */
        S_DO_refuse_other(); state = S_CLOSING
        fi
    :: state == S_CLOSING ->
        /* row 121, line 957: EP-ERR-6 */
        S_DO_ignore()
    :: state == S_GONE ->
        /* row 148, line 957: EP-ERR-6 */
        S_DO_ignore()
    fi
}

inline server_on_SESSION_UPDATE(state)
{
    if
    :: state == S_NEW ->
        /* row 3, line 899: EP-AUTH-3 */
        S_DO_ignore_early()
    :: state == S_JOINING ->
        /* row 32, line 912: EP-AUTH-8 */
        S_DO_defer()
    :: state == S_V1 ->
        /* row 61, line 915: EP-SESS-1 */
        S_DO_submit_session()
    :: state == S_V2 ->
        /* row 92, line 931: EP-SESS-2 */
        if :: (S_GUARD_has_id) -> S_DO_submit_session()
        :: else ->
        /* row 93, line 932: EP-SESS-2 */
        S_DO_refuse_invalid()
        fi
    :: state == S_CLOSING ->
        /* row 122, line 957: EP-ERR-6 */
        S_DO_ignore()
    :: state == S_GONE ->
        /* row 149, line 957: EP-ERR-6 */
        S_DO_ignore()
    fi
}

inline server_on_CLIENTS_LIST(state)
{
    if
    :: state == S_NEW ->
        /* row 4, line 899: EP-AUTH-3 */
        S_DO_ignore_early()
    :: state == S_JOINING ->
        /* row 33, line 912: EP-AUTH-8 */
        S_DO_defer()
    :: state == S_V1 ->
        /* row 62, line 916: EP-PRES-4 */
        S_DO_answer_list()
    :: state == S_V2 ->
        /* row 94, line 933: EP-PRES-4 */
        S_DO_answer_list()
    :: state == S_CLOSING ->
        /* row 123, line 957: EP-ERR-6 */
        S_DO_ignore()
    :: state == S_GONE ->
        /* row 150, line 957: EP-ERR-6 */
        S_DO_ignore()
    fi
}

inline server_on_MESSAGE_NEW(state)
{
    if
    :: state == S_NEW ->
        /* row 5, line 899: EP-AUTH-3 */
        S_DO_ignore_early()
    :: state == S_JOINING ->
        /* row 34, line 912: EP-AUTH-8 */
        S_DO_defer()
    :: state == S_V1 ->
        /* row 63, line 917: EP-RECV-1 */
        S_DO_submit_message()
    :: state == S_V2 ->
        /* row 95, line 934: EP-RECV-1 */
        S_DO_submit_message()
    :: state == S_CLOSING ->
        /* row 124, line 957: EP-ERR-6 */
        S_DO_ignore()
    :: state == S_GONE ->
        /* row 151, line 957: EP-ERR-6 */
        S_DO_ignore()
    fi
}

inline server_on_MESSAGE_CONFIRM(state)
{
    if
    :: state == S_NEW ->
        /* row 6, line 899: EP-AUTH-3 */
        S_DO_ignore_early()
    :: state == S_JOINING ->
        /* row 35, line 912: EP-AUTH-8 */
        S_DO_defer()
    :: state == S_V1 ->
        /* row 64, line 918: EP-SEND-5 */
        S_DO_submit_confirm()
    :: state == S_V2 ->
        /* row 96, line 935: EP-SEND-4 */
        S_DO_submit_confirm()
    :: state == S_CLOSING ->
        /* row 125, line 957: EP-ERR-6 */
        S_DO_ignore()
    :: state == S_GONE ->
        /* row 152, line 957: EP-ERR-6 */
        S_DO_ignore()
    fi
}

inline server_on_MESSAGE_RETRY(state)
{
    if
    :: state == S_NEW ->
        /* row 7, line 899: EP-AUTH-3 */
        S_DO_ignore_early()
    :: state == S_JOINING ->
        /* row 36, line 912: EP-AUTH-8 */
        S_DO_defer()
    :: state == S_V1 ->
        /* row 65, line 919: EP-SEND-6 */
        if :: (S_GUARD_is_unconfirmed) -> S_DO_repeat_item()
        :: else ->
        /* row 66, line 920: EP-SEND-6 */
        S_DO_ignore()
        fi
    :: state == S_V2 ->
        /* row 97, line 936: EP-SEND-6 */
        if :: (S_GUARD_is_unconfirmed) -> S_DO_repeat_item()
        :: else ->
        /* row 98, line 937: EP-SEND-6 */
        S_DO_refuse_unknown_id()
        fi
    :: state == S_CLOSING ->
        /* row 126, line 957: EP-ERR-6 */
        S_DO_ignore()
    :: state == S_GONE ->
        /* row 153, line 957: EP-ERR-6 */
        S_DO_ignore()
    fi
}

inline server_on_PING(state)
{
    if
    :: state == S_NEW ->
        /* row 8, line 899: EP-AUTH-3 */
        S_DO_ignore_early()
    :: state == S_JOINING ->
        /* row 37, line 912: EP-AUTH-8 */
        S_DO_defer()
    :: state == S_V1 ->
        /* row 67, line 921: EP-COMPAT-1 */
        S_DO_count_unknown()
    :: state == S_V2 ->
        /* row 99, line 938: EP-TIME-2 */
        S_DO_answer_ping()
    :: state == S_CLOSING ->
        /* row 127, line 957: EP-ERR-6 */
        S_DO_ignore()
    :: state == S_GONE ->
        /* row 154, line 957: EP-ERR-6 */
        S_DO_ignore()
    fi
}

inline server_on_PONG(state)
{
    if
    :: state == S_NEW ->
        /* row 9, line 899: EP-AUTH-3 */
        S_DO_ignore_early()
    :: state == S_JOINING ->
        /* row 38, line 912: EP-AUTH-8 */
        S_DO_defer()
    :: state == S_V1 ->
        /* row 68, line 921: EP-COMPAT-1 */
        S_DO_count_unknown()
    :: state == S_V2 ->
        /* row 100, line 939: EP-TIME-2 */
        S_DO_ignore()
    :: state == S_CLOSING ->
        /* row 128, line 957: EP-ERR-6 */
        S_DO_ignore()
    :: state == S_GONE ->
        /* row 155, line 957: EP-ERR-6 */
        S_DO_ignore()
    fi
}

inline server_on_BYE(state)
{
    if
    :: state == S_NEW ->
        /* row 10, line 899: EP-AUTH-3 */
        S_DO_ignore_early()
    :: state == S_JOINING ->
        /* row 39, line 912: EP-AUTH-8 */
        S_DO_defer()
    :: state == S_V1 ->
        /* row 69, line 921: EP-COMPAT-1 */
        S_DO_count_unknown()
    :: state == S_V2 ->
        /* row 101, line 940: EP-TIME-4 */
        S_DO_cut(); state = S_CLOSING
    :: state == S_CLOSING ->
        /* row 129, line 957: EP-ERR-6 */
        S_DO_ignore()
    :: state == S_GONE ->
        /* row 156, line 957: EP-ERR-6 */
        S_DO_ignore()
    fi
}

inline server_on_ERROR(state)
{
    if
    :: state == S_NEW ->
        /* row 11, line 899: EP-AUTH-3 */
        S_DO_ignore_early()
    :: state == S_JOINING ->
        /* row 40, line 912: EP-AUTH-8 */
        S_DO_defer()
    :: state == S_V1 ->
        /* row 70, line 921: EP-COMPAT-1 */
        S_DO_count_unknown()
    :: state == S_V2 ->
        /* row 102, line 941: EP-ERR-1 */
        S_DO_note_error()
    :: state == S_CLOSING ->
        /* row 130, line 957: EP-ERR-6 */
        S_DO_ignore()
    :: state == S_GONE ->
        /* row 157, line 957: EP-ERR-6 */
        S_DO_ignore()
    fi
}

inline server_on_UNKNOWN(state)
{
    if
    :: state == S_NEW ->
        /* row 12, line 899: EP-AUTH-3 */
        S_DO_ignore_early()
    :: state == S_JOINING ->
        /* row 41, line 912: EP-AUTH-8 */
        S_DO_defer()
    :: state == S_V1 ->
        /* row 71, line 921: EP-COMPAT-1 */
        S_DO_count_unknown()
    :: state == S_V2 ->
        /* row 103, line 942: EP-ERR-2 */
        S_DO_refuse_unknown()
    :: state == S_CLOSING ->
        /* row 131, line 957: EP-ERR-6 */
        S_DO_ignore()
    :: state == S_GONE ->
        /* row 158, line 957: EP-ERR-6 */
        S_DO_ignore()
    fi
}

inline server_on_INVALID(state)
{
    if
    :: state == S_NEW ->
        /* row 13, line 900: EP-AUTH-5 */
        if :: (S_GUARD_is_auth) -> S_DO_refuse_bad_auth(); state = S_CLOSING
        :: else ->
        /* row 14, line 901: EP-AUTH-3 */
        S_DO_ignore_early()
        fi
    :: state == S_JOINING ->
        /* row 42, line 912: EP-AUTH-8 */
        S_DO_defer()
    :: state == S_V1 ->
        /* row 72, line 922: EP-AUTH-5 */
        if :: (S_GUARD_is_auth) -> S_DO_cut(); state = S_CLOSING
        :: else ->
        /* row 73, line 923: EP-ERR-4 */
        S_DO_count_invalid()
        fi
    :: state == S_V2 ->
        /* row 104, line 943: EP-AUTH-5 */
        if :: (S_GUARD_is_auth) -> S_DO_refuse_bad_auth(); state = S_CLOSING
        :: else ->
        /* row 105, line 944: EP-ERR-4 */
        S_DO_refuse_invalid()
        fi
    :: state == S_CLOSING ->
        /* row 132, line 957: EP-ERR-6 */
        S_DO_ignore()
    :: state == S_GONE ->
        /* row 159, line 957: EP-ERR-6 */
        S_DO_ignore()
    fi
}

inline server_on_MALFORMED(state)
{
    if
    :: state == S_NEW ->
        /* row 15, line 902: EP-ERR-3 */
        if :: (S_GUARD_malformed_allowed) -> S_DO_count_malformed()
        :: else ->
        /* row 16, line 903: EP-ERR-3 */
        S_DO_cut(); state = S_CLOSING
        fi
    :: state == S_JOINING ->
        /* row 43, line 912: EP-AUTH-8 */
        S_DO_defer()
    :: state == S_V1 ->
        /* row 74, line 924: EP-ERR-3 */
        if :: (S_GUARD_malformed_allowed) -> S_DO_count_malformed()
        :: else ->
        /* row 75, line 925: EP-ERR-3 */
        S_DO_cut(); state = S_CLOSING
        fi
    :: state == S_V2 ->
        /* row 106, line 945: EP-ERR-3 */
        S_DO_refuse_malformed(); state = S_CLOSING
    :: state == S_CLOSING ->
        /* row 133, line 957: EP-ERR-6 */
        S_DO_ignore()
    :: state == S_GONE ->
        /* row 160, line 957: EP-ERR-6 */
        S_DO_ignore()
    fi
}

inline server_on_OVERSIZE(state)
{
    if
    :: state == S_NEW ->
        /* row 17, line 904: EP-LIM-2 */
        S_DO_count_over_limit()
    :: state == S_JOINING ->
        /* row 44, line 912: EP-AUTH-8 */
        S_DO_defer()
    :: state == S_V1 ->
        /* row 76, line 926: EP-LIM-2 */
        S_DO_count_over_limit()
    :: state == S_V2 ->
        /* row 107, line 946: EP-LIM-2 */
        S_DO_refuse_too_large()
    :: state == S_CLOSING ->
        /* row 134, line 957: EP-ERR-6 */
        S_DO_ignore()
    :: state == S_GONE ->
        /* row 161, line 957: EP-ERR-6 */
        S_DO_ignore()
    fi
}

inline server_on_OVERDEEP(state)
{
    if
    :: state == S_NEW ->
        /* row 18, line 904: EP-LIM-2 */
        S_DO_count_over_limit()
    :: state == S_JOINING ->
        /* row 45, line 912: EP-AUTH-8 */
        S_DO_defer()
    :: state == S_V1 ->
        /* row 77, line 927: EP-LIM-3 */
        S_DO_submit_over_limit()
    :: state == S_V2 ->
        /* row 108, line 947: EP-LIM-3 */
        S_DO_submit_over_limit()
    :: state == S_CLOSING ->
        /* row 135, line 957: EP-ERR-6 */
        S_DO_ignore()
    :: state == S_GONE ->
        /* row 162, line 957: EP-ERR-6 */
        S_DO_ignore()
    fi
}

inline server_on_JOINED(state)
{
    if
    :: state == S_NEW ->
        /* row 19, line 957: EP-ERR-6 */
        S_DO_ignore()
    :: state == S_JOINING ->
        /* row 46, line 907: EP-AUTH-6 */
        if :: (S_GUARD_speaks_v1) -> S_DO_welcome_v1(); state = S_V1
        :: else ->
        /* row 47, line 908: EP-NEG-3 */
        S_DO_welcome_v2(); state = S_V2
        fi
    :: state == S_V1 ->
        /* row 78, line 957: EP-ERR-6 */
        S_DO_ignore()
    :: state == S_V2 ->
        /* row 109, line 957: EP-ERR-6 */
        S_DO_ignore()
    :: state == S_CLOSING ->
        /* row 136, line 957: EP-ERR-6 */
        S_DO_ignore()
    :: state == S_GONE ->
        /* row 163, line 957: EP-ERR-6 */
        S_DO_ignore()
    fi
}

inline server_on_REFUSED(state)
{
    if
    :: state == S_NEW ->
        /* row 20, line 957: EP-ERR-6 */
        S_DO_ignore()
    :: state == S_JOINING ->
        /* row 48, line 909: EP-AUTH-7 */
        S_DO_say_refused(); state = S_CLOSING
    :: state == S_V1 ->
        /* row 79, line 957: EP-ERR-6 */
        S_DO_ignore()
    :: state == S_V2 ->
        /* row 110, line 957: EP-ERR-6 */
        S_DO_ignore()
    :: state == S_CLOSING ->
        /* row 137, line 957: EP-ERR-6 */
        S_DO_ignore()
    :: state == S_GONE ->
        /* row 164, line 957: EP-ERR-6 */
        S_DO_ignore()
    fi
}

inline server_on_REPLACED(state)
{
    if
    :: state == S_NEW ->
        /* row 21, line 957: EP-ERR-6 */
        S_DO_ignore()
    :: state == S_JOINING ->
        /* row 49, line 910: EP-TAKE-1 */
        S_DO_say_replaced(); state = S_CLOSING
    :: state == S_V1 ->
        /* row 80, line 928: EP-TAKE-1, EP-COMPAT-1 */
        S_DO_cut(); state = S_CLOSING
    :: state == S_V2 ->
        /* row 111, line 948: EP-TAKE-1 */
        S_DO_say_replaced(); state = S_CLOSING
    :: state == S_CLOSING ->
        /* row 138, line 957: EP-ERR-6 */
        S_DO_ignore()
    :: state == S_GONE ->
        /* row 165, line 957: EP-ERR-6 */
        S_DO_ignore()
    fi
}

inline server_on_FAILED(state)
{
    if
    :: state == S_NEW ->
        /* row 22, line 906: EP-ERR-5 */
        S_DO_cut(); state = S_CLOSING
    :: state == S_JOINING ->
        /* row 50, line 911: EP-ERR-5 */
        S_DO_say_failed(); state = S_CLOSING
    :: state == S_V1 ->
        /* row 81, line 928: EP-TAKE-1, EP-COMPAT-1 */
        S_DO_cut(); state = S_CLOSING
    :: state == S_V2 ->
        /* row 112, line 949: EP-ERR-5 */
        S_DO_say_failed(); state = S_CLOSING
    :: state == S_CLOSING ->
        /* row 139, line 957: EP-ERR-6 */
        S_DO_ignore()
    :: state == S_GONE ->
        /* row 166, line 957: EP-ERR-6 */
        S_DO_ignore()
    fi
}

inline server_on_AUTH_TIMEOUT(state)
{
    if
    :: state == S_NEW ->
        /* row 23, line 905: EP-AUTH-4 */
        S_DO_cut(); state = S_CLOSING
    :: state == S_JOINING ->
        /* row 51, line 957: EP-ERR-6 */
        S_DO_ignore()
    :: state == S_V1 ->
        /* row 82, line 957: EP-ERR-6 */
        S_DO_ignore()
    :: state == S_V2 ->
        /* row 113, line 957: EP-ERR-6 */
        S_DO_ignore()
    :: state == S_CLOSING ->
        /* row 140, line 957: EP-ERR-6 */
        S_DO_ignore()
    :: state == S_GONE ->
        /* row 167, line 957: EP-ERR-6 */
        S_DO_ignore()
    fi
}

inline server_on_SILENCE(state)
{
    if
    :: state == S_NEW ->
        /* row 24, line 957: EP-ERR-6 */
        S_DO_ignore()
    :: state == S_JOINING ->
        /* row 52, line 957: EP-ERR-6 */
        S_DO_ignore()
    :: state == S_V1 ->
        /* row 83, line 957: EP-ERR-6 */
        S_DO_ignore()
    :: state == S_V2 ->
        /* row 114, line 950: EP-TIME-2 */
        S_DO_ping_peer()
    :: state == S_CLOSING ->
        /* row 141, line 957: EP-ERR-6 */
        S_DO_ignore()
    :: state == S_GONE ->
        /* row 168, line 957: EP-ERR-6 */
        S_DO_ignore()
    fi
}

inline server_on_IDLE(state)
{
    if
    :: state == S_NEW ->
        /* row 25, line 957: EP-ERR-6 */
        S_DO_ignore()
    :: state == S_JOINING ->
        /* row 53, line 957: EP-ERR-6 */
        S_DO_ignore()
    :: state == S_V1 ->
        /* row 84, line 957: EP-ERR-6 */
        S_DO_ignore()
    :: state == S_V2 ->
        /* row 115, line 951: EP-TIME-3 */
        S_DO_say_idle(); state = S_CLOSING
    :: state == S_CLOSING ->
        /* row 142, line 957: EP-ERR-6 */
        S_DO_ignore()
    :: state == S_GONE ->
        /* row 169, line 957: EP-ERR-6 */
        S_DO_ignore()
    fi
}

inline server_on_REPEAT(state)
{
    if
    :: state == S_NEW ->
        /* row 26, line 957: EP-ERR-6 */
        S_DO_ignore()
    :: state == S_JOINING ->
        /* row 54, line 957: EP-ERR-6 */
        S_DO_ignore()
    :: state == S_V1 ->
        /* row 85, line 957: EP-ERR-6 */
        S_DO_ignore()
    :: state == S_V2 ->
        /* row 116, line 952: EP-SEND-7 */
        S_DO_repeat_unconfirmed()
    :: state == S_CLOSING ->
        /* row 143, line 957: EP-ERR-6 */
        S_DO_ignore()
    :: state == S_GONE ->
        /* row 170, line 957: EP-ERR-6 */
        S_DO_ignore()
    fi
}

inline server_on_CLOSE_TIMEOUT(state)
{
    if
    :: state == S_NEW ->
        /* row 27, line 957: EP-ERR-6 */
        S_DO_ignore()
    :: state == S_JOINING ->
        /* row 55, line 957: EP-ERR-6 */
        S_DO_ignore()
    :: state == S_V1 ->
        /* row 86, line 957: EP-ERR-6 */
        S_DO_ignore()
    :: state == S_V2 ->
        /* row 117, line 957: EP-ERR-6 */
        S_DO_ignore()
    :: state == S_CLOSING ->
        /* row 144, line 956: EP-TIME-5 */
        S_DO_abandon()
    :: state == S_GONE ->
        /* row 171, line 957: EP-ERR-6 */
        S_DO_ignore()
    fi
}

inline server_on_HANGUP(state)
{
    if
    :: state == S_NEW ->
        /* row 28, line 955: EP-PRES-2 */
        S_DO_leave(); state = S_GONE
    :: state == S_JOINING ->
        /* row 56, line 955: EP-PRES-2 */
        S_DO_leave(); state = S_GONE
    :: state == S_V1 ->
        /* row 87, line 955: EP-PRES-2 */
        S_DO_leave(); state = S_GONE
    :: state == S_V2 ->
        /* row 118, line 955: EP-PRES-2 */
        S_DO_leave(); state = S_GONE
    :: state == S_CLOSING ->
        /* row 145, line 955: EP-PRES-2 */
        S_DO_leave(); state = S_GONE
    :: state == S_GONE ->
        /* row 172, line 957: EP-ERR-6 */
        S_DO_ignore()
    fi
}

inline server_on_STOP(state)
{
    if
    :: state == S_NEW ->
        /* row 29, line 954: EP-TIME-4 */
        S_DO_cut(); state = S_CLOSING
    :: state == S_JOINING ->
        /* row 57, line 954: EP-TIME-4 */
        S_DO_cut(); state = S_CLOSING
    :: state == S_V1 ->
        /* row 88, line 928: EP-TAKE-1, EP-COMPAT-1 */
        S_DO_cut(); state = S_CLOSING
    :: state == S_V2 ->
        /* row 119, line 953: EP-TIME-4 */
        S_DO_say_shutdown(); state = S_CLOSING
    :: state == S_CLOSING ->
        /* row 146, line 957: EP-ERR-6 */
        S_DO_ignore()
    :: state == S_GONE ->
        /* row 173, line 957: EP-ERR-6 */
        S_DO_ignore()
    fi
}

mtype = { C_V2,
          C_V1,
          C_GREETING,
          C_CONNECTING,
          C_WAITING,
          C_IDLE };
#define C_INITIAL C_IDLE
#define C_ROW_COUNT 191

inline client_on_CONNECT(state)
{
    if
    :: state == C_IDLE ->
        /* row 0, line 1012: EP-CLI-1 */
        C_DO_want_open(); state = C_CONNECTING
    :: state == C_WAITING ->
        /* row 30, line 1012: EP-CLI-1 */
        C_DO_want_open(); state = C_CONNECTING
    :: state == C_CONNECTING ->
        /* row 60, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_GREETING ->
        /* row 90, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_V1 ->
        /* row 123, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_V2 ->
        /* row 154, line 1059: EP-ERR-6 */
        C_DO_ignore()
    fi
}

inline client_on_DISCONNECT(state)
{
    if
    :: state == C_IDLE ->
        /* row 1, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_WAITING ->
        /* row 31, line 1014: EP-CLI-3 */
        C_DO_rest(); state = C_IDLE
    :: state == C_CONNECTING ->
        /* row 61, line 1018: EP-CLI-3 */
        C_DO_hang_up(); state = C_IDLE
    :: state == C_GREETING ->
        /* row 91, line 1018: EP-CLI-3 */
        C_DO_hang_up(); state = C_IDLE
    :: state == C_V1 ->
        /* row 124, line 1018: EP-CLI-3 */
        C_DO_hang_up(); state = C_IDLE
    :: state == C_V2 ->
        /* row 155, line 1054: EP-CLI-3 */
        C_DO_say_bye(); state = C_IDLE
    fi
}

inline client_on_SESSION(state)
{
    if
    :: state == C_IDLE ->
        /* row 2, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_WAITING ->
        /* row 32, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_CONNECTING ->
        /* row 62, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_GREETING ->
        /* row 92, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_V1 ->
        /* row 125, line 1058: EP-SESS-1 */
        C_DO_write_session()
    :: state == C_V2 ->
        /* row 156, line 1059: EP-ERR-6 */
        C_DO_ignore()
    fi
}

inline client_on_OPENED(state)
{
    if
    :: state == C_IDLE ->
        /* row 3, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_WAITING ->
        /* row 33, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_CONNECTING ->
        /* row 63, line 1015: EP-AUTH-1 */
        C_DO_greet(); state = C_GREETING
    :: state == C_GREETING ->
        /* row 93, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_V1 ->
        /* row 126, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_V2 ->
        /* row 157, line 1059: EP-ERR-6 */
        C_DO_ignore()
    fi
}

inline client_on_CLOSED(state)
{
    if
    :: state == C_IDLE ->
        /* row 4, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_WAITING ->
        /* row 34, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_CONNECTING ->
        /* row 64, line 1016: EP-CLI-2 */
        C_DO_back_off(); state = C_WAITING
    :: state == C_GREETING ->
        /* row 94, line 1026: EP-CLI-2 */
        C_DO_back_off(); state = C_WAITING
    :: state == C_V1 ->
        /* row 127, line 1026: EP-CLI-2 */
        C_DO_back_off(); state = C_WAITING
    :: state == C_V2 ->
        /* row 158, line 1026: EP-CLI-2 */
        C_DO_back_off(); state = C_WAITING
    fi
}

inline client_on_AUTH_V1(state)
{
    if
    :: state == C_IDLE ->
        /* row 5, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_WAITING ->
        /* row 35, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_CONNECTING ->
        /* row 65, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_GREETING ->
        /* row 95, line 1019: EP-NEG-4 */
        C_DO_resume_v1(); state = C_V1
    :: state == C_V1 ->
        /* row 128, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_V2 ->
        /* row 159, line 1059: EP-ERR-6 */
        C_DO_ignore()
    fi
}

inline client_on_AUTH_V2(state)
{
    if
    :: state == C_IDLE ->
        /* row 6, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_WAITING ->
        /* row 36, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_CONNECTING ->
        /* row 66, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_GREETING ->
        /* row 96, line 1020: EP-LOST-6 */
        if :: (C_GUARD_out_of_step) -> C_DO_start_over(); state = C_WAITING
        :: else ->
        /* row 97, line 1021: EP-RES-1 */
        if :: (C_GUARD_asked_v2) -> C_DO_resume_v2(); state = C_V2
        :: else ->
        /* row 98, line 1022: EP-NEG-4 */
        C_DO_resume_v1(); state = C_V1
        fi fi
    :: state == C_V1 ->
        /* row 129, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_V2 ->
        /* row 160, line 1059: EP-ERR-6 */
        C_DO_ignore()
    fi
}

inline client_on_SESSION_UPDATE(state)
{
    if
    :: state == C_IDLE ->
        /* row 7, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_WAITING ->
        /* row 37, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_CONNECTING ->
        /* row 67, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_GREETING ->
        /* row 99, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_V1 ->
        /* row 130, line 1028: EP-PRES-3 */
        C_DO_note_session()
    :: state == C_V2 ->
        /* row 161, line 1028: EP-PRES-3 */
        C_DO_note_session()
    fi
}

inline client_on_CLIENTS_LIST(state)
{
    if
    :: state == C_IDLE ->
        /* row 8, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_WAITING ->
        /* row 38, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_CONNECTING ->
        /* row 68, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_GREETING ->
        /* row 100, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_V1 ->
        /* row 131, line 1029: EP-PRES-4 */
        C_DO_note_list()
    :: state == C_V2 ->
        /* row 162, line 1029: EP-PRES-4 */
        C_DO_note_list()
    fi
}

inline client_on_CLIENT_CONNECT(state)
{
    if
    :: state == C_IDLE ->
        /* row 9, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_WAITING ->
        /* row 39, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_CONNECTING ->
        /* row 69, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_GREETING ->
        /* row 101, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_V1 ->
        /* row 132, line 1030: EP-PRES-1 */
        C_DO_note_arrival()
    :: state == C_V2 ->
        /* row 163, line 1030: EP-PRES-1 */
        C_DO_note_arrival()
    fi
}

inline client_on_CLIENT_DISCONNECT(state)
{
    if
    :: state == C_IDLE ->
        /* row 10, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_WAITING ->
        /* row 40, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_CONNECTING ->
        /* row 70, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_GREETING ->
        /* row 102, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_V1 ->
        /* row 133, line 1031: EP-PRES-2 */
        C_DO_note_departure()
    :: state == C_V2 ->
        /* row 164, line 1031: EP-PRES-2 */
        C_DO_note_departure()
    fi
}

inline client_on_MESSAGE_NEW(state)
{
    if
    :: state == C_IDLE ->
        /* row 11, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_WAITING ->
        /* row 41, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_CONNECTING ->
        /* row 71, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_GREETING ->
        /* row 103, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_V1 ->
        /* row 134, line 1032: EP-RECV-5 */
        C_DO_receive_v1()
    :: state == C_V2 ->
        /* row 165, line 1033: EP-LOST-11 */
        if :: (C_GUARD_is_below_resumed) -> C_DO_start_over(); state = C_WAITING
        :: else ->
        /* row 166, line 1034: EP-RECV-1 */
        C_DO_receive()
        fi
    fi
}

inline client_on_MESSAGE_CONFIRM(state)
{
    if
    :: state == C_IDLE ->
        /* row 12, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_WAITING ->
        /* row 42, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_CONNECTING ->
        /* row 72, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_GREETING ->
        /* row 104, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_V1 ->
        /* row 135, line 1035: EP-SEND-4, EP-SEND-5 */
        C_DO_take_confirm()
    :: state == C_V2 ->
        /* row 167, line 1035: EP-SEND-4, EP-SEND-5 */
        C_DO_take_confirm()
    fi
}

inline client_on_MESSAGE_RETRY(state)
{
    if
    :: state == C_IDLE ->
        /* row 13, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_WAITING ->
        /* row 43, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_CONNECTING ->
        /* row 73, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_GREETING ->
        /* row 105, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_V1 ->
        /* row 136, line 1036: EP-SEND-6 */
        if :: (C_GUARD_is_unconfirmed) -> C_DO_repeat_item()
        :: else ->
        /* row 137, line 1037: EP-SEND-6 */
        C_DO_ignore()
        fi
    :: state == C_V2 ->
        /* row 168, line 1036: EP-SEND-6 */
        if :: (C_GUARD_is_unconfirmed) -> C_DO_repeat_item()
        :: else ->
        /* row 169, line 1038: EP-SEND-6 */
        C_DO_refuse_unknown_id()
        fi
    fi
}

inline client_on_MESSAGE_RECEIPT(state)
{
    if
    :: state == C_IDLE ->
        /* row 14, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_WAITING ->
        /* row 44, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_CONNECTING ->
        /* row 74, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_GREETING ->
        /* row 106, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_V1 ->
        /* row 138, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_V2 ->
        /* row 170, line 1033: EP-LOST-11 */
        if :: (C_GUARD_is_below_resumed) -> C_DO_start_over(); state = C_WAITING
        :: else ->
        /* row 171, line 1039: EP-RCPT-1 */
        C_DO_receive()
        fi
    fi
}

inline client_on_ERROR(state)
{
    if
    :: state == C_IDLE ->
        /* row 15, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_WAITING ->
        /* row 45, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_CONNECTING ->
        /* row 75, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_GREETING ->
        /* row 107, line 1023: EP-CLI-4 */
        if :: (C_GUARD_is_final) -> C_DO_give_up(); state = C_IDLE
        :: else ->
        /* row 108, line 1024: EP-ERR-1 */
        C_DO_note_error()
        fi
    :: state == C_V1 ->
        /* row 139, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_V2 ->
        /* row 172, line 1033: EP-LOST-11 */
        if :: (C_GUARD_is_below_resumed) -> C_DO_start_over(); state = C_WAITING
        :: else ->
        /* row 173, line 1040: EP-ERR-7 */
        if :: (C_GUARD_has_id) -> C_DO_receive()
        :: else ->
        /* row 174, line 1041: EP-LOST-10 */
        if :: (C_GUARD_is_expected_unknown) -> C_DO_start_over_without(); state = C_WAITING
        :: else ->
        /* row 175, line 1042: EP-CLI-4 */
        if :: (C_GUARD_is_final) -> C_DO_give_up(); state = C_IDLE
        :: else ->
        /* row 176, line 1043: EP-ERR-1 */
        C_DO_note_error()
        fi fi fi fi
    fi
}

inline client_on_PING(state)
{
    if
    :: state == C_IDLE ->
        /* row 16, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_WAITING ->
        /* row 46, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_CONNECTING ->
        /* row 76, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_GREETING ->
        /* row 109, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_V1 ->
        /* row 140, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_V2 ->
        /* row 177, line 1044: EP-TIME-2 */
        C_DO_answer_ping()
    fi
}

inline client_on_PONG(state)
{
    if
    :: state == C_IDLE ->
        /* row 17, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_WAITING ->
        /* row 47, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_CONNECTING ->
        /* row 77, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_GREETING ->
        /* row 110, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_V1 ->
        /* row 141, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_V2 ->
        /* row 178, line 1045: EP-TIME-2 */
        C_DO_note_pong()
    fi
}

inline client_on_BYE(state)
{
    if
    :: state == C_IDLE ->
        /* row 18, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_WAITING ->
        /* row 48, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_CONNECTING ->
        /* row 78, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_GREETING ->
        /* row 111, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_V1 ->
        /* row 142, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_V2 ->
        /* row 179, line 1046: EP-TIME-4 */
        C_DO_give_up_connection(); state = C_WAITING
    fi
}

inline client_on_UNKNOWN(state)
{
    if
    :: state == C_IDLE ->
        /* row 19, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_WAITING ->
        /* row 49, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_CONNECTING ->
        /* row 79, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_GREETING ->
        /* row 112, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_V1 ->
        /* row 143, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_V2 ->
        /* row 180, line 1047: EP-ERR-2 */
        C_DO_refuse_unknown()
    fi
}

inline client_on_INVALID(state)
{
    if
    :: state == C_IDLE ->
        /* row 20, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_WAITING ->
        /* row 50, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_CONNECTING ->
        /* row 80, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_GREETING ->
        /* row 113, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_V1 ->
        /* row 144, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_V2 ->
        /* row 181, line 1048: EP-ERR-4 */
        C_DO_refuse_invalid()
    fi
}

inline client_on_MALFORMED(state)
{
    if
    :: state == C_IDLE ->
        /* row 21, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_WAITING ->
        /* row 51, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_CONNECTING ->
        /* row 81, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_GREETING ->
        /* row 114, line 1027: EP-ERR-3 */
        C_DO_give_up_connection(); state = C_WAITING
    :: state == C_V1 ->
        /* row 145, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_V2 ->
        /* row 182, line 1049: EP-ERR-3 */
        C_DO_refuse_malformed(); state = C_WAITING
    fi
}

inline client_on_OVERSIZE(state)
{
    if
    :: state == C_IDLE ->
        /* row 22, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_WAITING ->
        /* row 52, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_CONNECTING ->
        /* row 82, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_GREETING ->
        /* row 115, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_V1 ->
        /* row 146, line 1050: EP-LIM-10 */
        C_DO_note_over_limit()
    :: state == C_V2 ->
        /* row 183, line 1051: EP-LIM-10 */
        C_DO_refuse_over_limit()
    fi
}

inline client_on_OVERDEEP(state)
{
    if
    :: state == C_IDLE ->
        /* row 23, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_WAITING ->
        /* row 53, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_CONNECTING ->
        /* row 83, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_GREETING ->
        /* row 116, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_V1 ->
        /* row 147, line 1050: EP-LIM-10 */
        C_DO_note_over_limit()
    :: state == C_V2 ->
        /* row 184, line 1051: EP-LIM-10 */
        C_DO_refuse_over_limit()
    fi
}

inline client_on_RECONNECT(state)
{
    if
    :: state == C_IDLE ->
        /* row 24, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_WAITING ->
        /* row 54, line 1013: EP-CLI-2 */
        C_DO_want_open(); state = C_CONNECTING
    :: state == C_CONNECTING ->
        /* row 84, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_GREETING ->
        /* row 117, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_V1 ->
        /* row 148, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_V2 ->
        /* row 185, line 1059: EP-ERR-6 */
        C_DO_ignore()
    fi
}

inline client_on_AUTH_TIMEOUT(state)
{
    if
    :: state == C_IDLE ->
        /* row 25, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_WAITING ->
        /* row 55, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_CONNECTING ->
        /* row 85, line 1017: EP-AUTH-4 */
        C_DO_give_up_connection(); state = C_WAITING
    :: state == C_GREETING ->
        /* row 118, line 1017: EP-AUTH-4 */
        C_DO_give_up_connection(); state = C_WAITING
    :: state == C_V1 ->
        /* row 149, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_V2 ->
        /* row 186, line 1059: EP-ERR-6 */
        C_DO_ignore()
    fi
}

inline client_on_SILENCE(state)
{
    if
    :: state == C_IDLE ->
        /* row 26, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_WAITING ->
        /* row 56, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_CONNECTING ->
        /* row 86, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_GREETING ->
        /* row 119, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_V1 ->
        /* row 150, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_V2 ->
        /* row 187, line 1052: EP-TIME-2 */
        C_DO_ping_peer()
    fi
}

inline client_on_IDLE(state)
{
    if
    :: state == C_IDLE ->
        /* row 27, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_WAITING ->
        /* row 57, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_CONNECTING ->
        /* row 87, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_GREETING ->
        /* row 120, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_V1 ->
        /* row 151, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_V2 ->
        /* row 188, line 1053: EP-TIME-3 */
        C_DO_say_idle(); state = C_WAITING
    fi
}

inline client_on_REPEAT(state)
{
    if
    :: state == C_IDLE ->
        /* row 28, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_WAITING ->
        /* row 58, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_CONNECTING ->
        /* row 88, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_GREETING ->
        /* row 121, line 1025: EP-SEND-7 */
        C_DO_greet()
    :: state == C_V1 ->
        /* row 152, line 1055: EP-SEND-8 */
        C_DO_resend_v1()
    :: state == C_V2 ->
        /* row 189, line 1056: EP-SEND-7 */
        C_DO_repeat_unconfirmed()
    fi
}

inline client_on_GAP(state)
{
    if
    :: state == C_IDLE ->
        /* row 29, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_WAITING ->
        /* row 59, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_CONNECTING ->
        /* row 89, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_GREETING ->
        /* row 122, line 1059: EP-ERR-6 */
        C_DO_ignore()
    :: state == C_V1 ->
        /* row 153, line 1057: EP-RECV-7 */
        C_DO_skip_gap()
    :: state == C_V2 ->
        /* row 190, line 1059: EP-ERR-6 */
        C_DO_ignore()
    fi
}
