/* epigeon-sim --coverage: what no input can reach, and why. Read first: coverage_never.h. */
#include "sim/coverage_never.h"

#define SERVER_FRAMES                                                                           \
  "AUTH_V1 AUTH_V2 SESSION_UPDATE CLIENTS_LIST MESSAGE_NEW MESSAGE_CONFIRM MESSAGE_RETRY PING " \
  "PONG BYE ERROR UNKNOWN INVALID MALFORMED OVERSIZE OVERDEEP"
#define CLIENT_FRAMES                                                                            \
  "AUTH_V1 AUTH_V2 SESSION_UPDATE CLIENTS_LIST CLIENT_CONNECT CLIENT_DISCONNECT MESSAGE_NEW "    \
  "MESSAGE_CONFIRM MESSAGE_RETRY MESSAGE_RECEIPT ERROR PING PONG BYE UNKNOWN INVALID MALFORMED " \
  "OVERSIZE OVERDEEP"
#define OTHER_CLOCK "the clock of this timer does not run in this state"
#define NOT_ASKED "the registry answers only a connection that is joining"

const coverage_never coverage_nevers[] = {
    {COVERAGE_SERVER_ROW, "NEW", "JOINED REFUSED", NOT_ASKED},
    {COVERAGE_SERVER_ROW, "NEW", "REPLACED", "nobody takes over who has no client yet"},
    {COVERAGE_SERVER_ROW, "NEW", "SILENCE IDLE REPEAT CLOSE_TIMEOUT", OTHER_CLOCK},
    {COVERAGE_SERVER_ROW, "JOINING", SERVER_FRAMES, "the core takes no bytes while it is joining"},
    {COVERAGE_SERVER_ROW, "JOINING", "REPLACED HANGUP STOP AUTH_TIMEOUT",
     "the local sequencer answers within the same call"},
    {COVERAGE_SERVER_ROW, "JOINING", "SILENCE IDLE REPEAT CLOSE_TIMEOUT", OTHER_CLOCK},
    {COVERAGE_SERVER_ROW, "V1 V2 CLOSING", "JOINED REFUSED", NOT_ASKED},
    {COVERAGE_SERVER_ROW, "V1", "AUTH_TIMEOUT SILENCE IDLE REPEAT CLOSE_TIMEOUT", OTHER_CLOCK},
    {COVERAGE_SERVER_ROW, "V2", "AUTH_TIMEOUT CLOSE_TIMEOUT", OTHER_CLOCK},
    {COVERAGE_SERVER_ROW, "CLOSING", SERVER_FRAMES, "the core hears nothing more"},
    {COVERAGE_SERVER_ROW, "CLOSING", "REPLACED", "its client was taken off it"},
    {COVERAGE_SERVER_ROW, "CLOSING", "AUTH_TIMEOUT SILENCE IDLE REPEAT", OTHER_CLOCK},
    {COVERAGE_SERVER_ROW, "GONE", "*", "the connection is freed in the call that enters it"},
    {COVERAGE_CLIENT_ROW, "IDLE WAITING CONNECTING", CLIENT_FRAMES,
     "the core takes no bytes before it was told that the transport is open"},
    {COVERAGE_CLIENT_ROW, "IDLE", "RECONNECT AUTH_TIMEOUT SILENCE IDLE REPEAT GAP", OTHER_CLOCK},
    {COVERAGE_CLIENT_ROW, "WAITING", "AUTH_TIMEOUT SILENCE IDLE REPEAT GAP", OTHER_CLOCK},
    {COVERAGE_CLIENT_ROW, "CONNECTING", "RECONNECT SILENCE IDLE REPEAT GAP", OTHER_CLOCK},
    {COVERAGE_CLIENT_ROW, "GREETING", "RECONNECT SILENCE IDLE GAP", OTHER_CLOCK},
    {COVERAGE_CLIENT_ROW, "V1", "RECONNECT AUTH_TIMEOUT SILENCE IDLE", OTHER_CLOCK},
    {COVERAGE_CLIENT_ROW, "V2", "RECONNECT AUTH_TIMEOUT GAP", OTHER_CLOCK},
    {COVERAGE_CLIENT_ROW, "GREETING V1 V2", "OVERSIZE",
     "nobody in a simulation writes a frame of 32 MiB to a client"},
    {COVERAGE_CLIENT_ROW, "GREETING V1 V2", "OPENED",
     "who runs a client says opened only while it is wanted, and not said yet"},
    {COVERAGE_ERROR, "version auth-timeout", NULL,
     "who would be told speaks EP/1, or nothing yet: it is not written to (EP-ERR-1)"},
    {COVERAGE_TIMER, "frame_time", NULL, "no peer in a simulation is about one frame for so long"},
    {COVERAGE_COUNTER, "slow-frames", NULL, "as the timer frame_time"},
    {COVERAGE_COUNTER, "relieved", NULL, "a server in a simulation has no ceiling of its memory"},
};

const size_t coverage_never_count = sizeof coverage_nevers / sizeof *coverage_nevers;
