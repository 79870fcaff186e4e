/* generated from spec/protocol.md by spec/extract.awk; do not edit */
#ifndef EP_GEN_TABLES_H
#define EP_GEN_TABLES_H

#define EP_ACTIONS(X) \
    X(AUTH, "auth") \
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

typedef enum ep_action {
    EP_ACTION_UNKNOWN = 0,
    EP_ACTION_AUTH,
    EP_ACTION_SESSION_UPDATE,
    EP_ACTION_CLIENTS_LIST,
    EP_ACTION_CLIENT_CONNECT,
    EP_ACTION_CLIENT_DISCONNECT,
    EP_ACTION_MESSAGE_NEW,
    EP_ACTION_MESSAGE_CONFIRM,
    EP_ACTION_MESSAGE_RETRY,
    EP_ACTION_MESSAGE_RECEIPT,
    EP_ACTION_ERROR,
    EP_ACTION_PING,
    EP_ACTION_PONG,
    EP_ACTION_BYE,
    EP_ACTION_COUNT
} ep_action;

#define EP_ERRORS(X) \
    X(MALFORMED, "malformed", 1, "The frame is not JSON text in UTF-8.") \
    X(TOO_LARGE, "too-large", 0, "The frame is larger than this peer reads.") \
    X(TOO_DEEP, "too-deep", 0, "The JSON is nested deeper than this peer reads.") \
    X(BAD_MESSAGE, "bad-message", 0, "The JSON is not a message of this protocol.") \
    X(UNKNOWN_ACTION, "unknown-action", 0, "This action is not known here.") \
    X(BAD_AUTH, "bad-auth", 1,  \
        "The auth request has no usable client id, instance or expect.") \
    X(VERSION, "version", 1,  \
        "This version of the protocol is not allowed on this connection.") \
    X(UNAUTHORIZED, "unauthorized", 1, "The secret or the token is not the right one.") \
    X(TOO_MANY_CLIENTS, "too-many-clients", 1, "The server knows as many clients as it may.") \
    X(AUTH_TIMEOUT, "auth-timeout", 1, "No auth request came in time.") \
    X(OTHER_CLIENT, "other-client", 1,  \
        "This connection already belongs to another client id or version.") \
    X(REPLACED, "replaced", 1, "A newer connection of the same client id has taken over.") \
    X(IDLE, "idle", 1, "Nothing was heard for too long.") \
    X(SHUTDOWN, "shutdown", 1, "The server is stopping.") \
    X(FAILED, "failed", 1, "The server could not keep its state; connect again.") \
    X(UNKNOWN_ID, "unknown-id", 0, "There is no unconfirmed item with this id.") \
    X(BAD_TO, "bad-to", 0, "The address is neither a client id nor an object of scalars.") \
    X(BAD_SESSION, "bad-session", 0,  \
        "The session is not an object, or larger than the server keeps.") \
    X(MAILBOX_FULL, "mailbox-full", 0,  \
        "The mailbox of the named recipients is full; the others get the message.") \
    X(PARKED_FULL, "parked-full", 0,  \
        "Nobody matches, and no more messages can wait for somebody who does.") \

typedef enum ep_error {
    EP_ERROR_NONE = 0,
    EP_ERROR_MALFORMED,
    EP_ERROR_TOO_LARGE,
    EP_ERROR_TOO_DEEP,
    EP_ERROR_BAD_MESSAGE,
    EP_ERROR_UNKNOWN_ACTION,
    EP_ERROR_BAD_AUTH,
    EP_ERROR_VERSION,
    EP_ERROR_UNAUTHORIZED,
    EP_ERROR_TOO_MANY_CLIENTS,
    EP_ERROR_AUTH_TIMEOUT,
    EP_ERROR_OTHER_CLIENT,
    EP_ERROR_REPLACED,
    EP_ERROR_IDLE,
    EP_ERROR_SHUTDOWN,
    EP_ERROR_FAILED,
    EP_ERROR_UNKNOWN_ID,
    EP_ERROR_BAD_TO,
    EP_ERROR_BAD_SESSION,
    EP_ERROR_MAILBOX_FULL,
    EP_ERROR_PARKED_FULL,
    EP_ERROR_COUNT
} ep_error;

#define EP_LIMIT_FRAME 33554432u
#define EP_LIMIT_EARLY_FRAME 65536u
#define EP_LIMIT_DEPTH 256u
#define EP_LIMIT_MEMBERS 64u
#define EP_LIMIT_CLIENT_ID 128u
#define EP_LIMIT_UID 128u
#define EP_LIMIT_NAME 64u
#define EP_LIMIT_CREDENTIAL 256u
#define EP_LIMIT_SESSION 65536u
#define EP_LIMIT_SELECTOR 16u
#define EP_LIMIT_CONNECTIONS 10000u
#define EP_LIMIT_CLIENTS 1000000u
#define EP_LIMIT_LISTED 10000u
#define EP_LIMIT_WINDOW 4096u
#define EP_LIMIT_HELD 1024u
#define EP_LIMIT_HELD_BYTES 67108864u
#define EP_LIMIT_MAILBOX 100000u
#define EP_LIMIT_MAILBOX_BYTES 268435456u
#define EP_LIMIT_PARKED 100000u
#define EP_LIMIT_PARKED_BYTES 268435456u
#define EP_LIMIT_NOTICES 100000u
#define EP_LIMIT_NAMED 64u
#define EP_LIMIT_DEDUP 65536u
#define EP_LIMIT_MALFORMED 16u
#define EP_LIMIT_OUTPUT 16777216u
#define EP_LIMIT_OUTBOX 100000u
#define EP_LIMIT_OUTBOX_BYTES 268435456u

#define EP_LIMITS(X) \
    X(FRAME, "frame", 33554432u, "bytes", "skipped to its end byte in constant memory; EP/2: too-large") \
    X(EARLY_FRAME, "early_frame", 65536u, "bytes", "skipped, counted") \
    X(DEPTH, "depth", 256u, "levels",  \
        "server: confirmed and dropped when its uid can be read (EP/1), too-deep (EP/2); clie" \
        "nt: EP-LIM-10") \
    X(MEMBERS, "members", 64u, "members", "as depth, bad-message") \
    X(CLIENT_ID, "client_id", 128u, "bytes", "bad-auth; as an address bad-to") \
    X(UID, "uid", 128u, "bytes", "the message is unusable: bad-message") \
    X(NAME, "name", 64u, "bytes", "bad-auth") \
    X(CREDENTIAL, "credential", 256u, "bytes", "bad-auth") \
    X(SESSION, "session", 65536u, "bytes", "not taken over; EP/2: bad-session") \
    X(SELECTOR, "selector", 16u, "pairs", "bad-to") \
    X(CONNECTIONS, "connections", 10000u, "connections", "closed at once") \
    X(CLIENTS, "clients", 1000000u, "clients", "too-many-clients") \
    X(LISTED, "listed", 10000u, "clients", "the rest is counted in more") \
    X(WINDOW, "window", 4096u, "items", "the sender waits") \
    X(HELD, "held", 1024u, "items", "the highest id is dropped, unconfirmed (EP/2: EP-RECV-13)") \
    X(HELD_BYTES, "held_bytes", 67108864u, "bytes", "the same") \
    X(MAILBOX, "mailbox", 100000u, "messages", "EP/2: mailbox-full; EP/1: the sender waits") \
    X(MAILBOX_BYTES, "mailbox_bytes", 268435456u, "bytes", "the same") \
    X(PARKED, "parked", 100000u, "messages", "EP/2: parked-full; EP/1: the sender waits") \
    X(PARKED_BYTES, "parked_bytes", 268435456u, "bytes", "the same") \
    X(NOTICES, "notices", 100000u, "items",  \
        "a receipt is left out and counted in missed; the up stream waits before an item that" \
        " needs a refusal") \
    X(NAMED, "named", 64u, "clients", "the rest is in count") \
    X(DEDUP, "dedup", 65536u, "uids", "the oldest is forgotten") \
    X(MALFORMED, "malformed", 16u, "frames", "it is closed") \
    X(OUTPUT, "output", 16777216u, "bytes",  \
        "nothing more is read from it; presence is left out and made good by one clients.list") \
    X(OUTBOX, "outbox", 100000u, "items", "sending is refused to the application") \
    X(OUTBOX_BYTES, "outbox_bytes", 268435456u, "bytes", "the same") \

#define EP_TIMER_AUTH_MS 10000u
#define EP_TIMER_GAP_WAIT_MS 10000u
#define EP_TIMER_MAILBOX_WAIT_MS 60000u
#define EP_TIMER_PING_MS 5000u
#define EP_TIMER_IDLE_MS 12000u
#define EP_TIMER_RECONNECT_MS 500u
#define EP_TIMER_RECONNECT_MAX_MS 5000u
#define EP_TIMER_RESEND_V1_MS 2000u
#define EP_TIMER_RESEND_MS 200u
#define EP_TIMER_RESEND_MAX_MS 2000u
#define EP_TIMER_SETTLE_MS 50u
#define EP_TIMER_FRAME_TIME_MS 60000u
#define EP_TIMER_CLOSE_MS 2000u
#define EP_TIMER_HEAL_MS 20000u

#define EP_TIMERS(X) \
    X(AUTH, "auth", 10000u, "both", "from the open connection to its authentication") \
    X(GAP_WAIT, "gap_wait", 10000u, "EP/1, both", "how long a gap holds back what came after it") \
    X(MAILBOX_WAIT, "mailbox_wait", 60000u, "server", "how long a full mailbox makes an EP/1 sender wait") \
    X(PING, "ping", 5000u, "EP/2, both", "silence after which a ping is sent") \
    X(IDLE, "idle", 12000u, "EP/2, both", "silence after which the connection is given up") \
    X(RECONNECT, "reconnect", 500u, "client", "before the first new attempt") \
    X(RECONNECT_MAX, "reconnect_max", 5000u, "client", "the longest wait between attempts") \
    X(RESEND_V1, "resend_v1", 2000u, "client", "towards an EP/1 server, between repetitions of one message") \
    X(RESEND, "resend", 200u, "EP/2 lossy, both", "before the first repetition; doubled each time") \
    X(RESEND_MAX, "resend_max", 2000u, "EP/2 lossy, both", "the longest wait between repetitions") \
    X(SETTLE, "settle", 50u, "server with a store", "how long the confirms of recipients may wait to be stored") \
    X(FRAME_TIME, "frame_time", 60000u, "server", "from the first byte of a frame to its end byte") \
    X(CLOSE, "close", 2000u, "server", "to write what is left before a connection is closed") \
    X(HEAL, "heal", 20000u, "all", "the bound of G8") \

typedef enum ep_timer {
    EP_TIMER_AUTH,
    EP_TIMER_GAP_WAIT,
    EP_TIMER_MAILBOX_WAIT,
    EP_TIMER_PING,
    EP_TIMER_IDLE,
    EP_TIMER_RECONNECT,
    EP_TIMER_RECONNECT_MAX,
    EP_TIMER_RESEND_V1,
    EP_TIMER_RESEND,
    EP_TIMER_RESEND_MAX,
    EP_TIMER_SETTLE,
    EP_TIMER_FRAME_TIME,
    EP_TIMER_CLOSE,
    EP_TIMER_HEAL,
    EP_TIMER_COUNT
} ep_timer;

#define EP_COUNTERS(X) \
    X(CONNECTIONS, "connections", "connections accepted") \
    X(JOINED, "joined", "authentications that succeeded") \
    X(REFUSED_AUTH, "refused-auth", "authentications refused") \
    X(REPLACED, "replaced", "connections closed by a newer one of the same client") \
    X(ACCEPTED, "accepted", "messages accepted from senders") \
    X(ROUTED, "routed", "copies put into mailboxes") \
    X(CONFIRMED, "confirmed", "copies confirmed by recipients") \
    X(DUPLICATES, "duplicates", "items that had been accepted before") \
    X(HELD, "held", "items that came before their turn") \
    X(HELD_DROPPED, "held-dropped", "held items dropped unconfirmed") \
    X(GAPS_RELEASED, "gaps-released", "items released because a gap did not close (EP/1)") \
    X(PARKED, "parked", "messages for which nobody matched when they were accepted") \
    X(UNPARKED, "unparked", "parked messages routed later") \
    X(WAITS, "waits", "times a sender began to wait for a full mailbox") \
    X(MAILBOX_REFUSED, "mailbox-refused", "copies refused because a mailbox was full") \
    X(PARKED_REFUSED, "parked-refused", "messages refused because no more could be parked") \
    X(REFUSED, "refused", "messages refused for their address or form") \
    X(OVER_LIMIT, "over-limit", "messages over a limit") \
    X(RECEIPTS, "receipts", "receipts given") \
    X(RECEIPTS_MISSED, "receipts-missed", "receipts left out") \
    X(MALFORMED, "malformed", "frames that were not JSON") \
    X(TOO_LARGE, "too-large", "frames over the size limit") \
    X(INVALID, "invalid", "frames that were JSON and no message") \
    X(UNKNOWN, "unknown", "actions not known") \
    X(EARLY, "early", "frames before authentication") \
    X(PRESENCE_SKIPPED, "presence-skipped", "presence events left out for a slow reader") \
    X(REPEATS, "repeats", "items written again on request or by timer") \
    X(COMMIT_FAILED, "commit-failed", "turns whose records could not be stored") \
    X(SLOW_FRAMES, "slow-frames", "connections closed because one frame took too long") \
    X(RELIEVED, "relieved",  \
        "connections closed because memory was tight and they held most") \

typedef enum ep_counter {
    EP_COUNTER_CONNECTIONS,
    EP_COUNTER_JOINED,
    EP_COUNTER_REFUSED_AUTH,
    EP_COUNTER_REPLACED,
    EP_COUNTER_ACCEPTED,
    EP_COUNTER_ROUTED,
    EP_COUNTER_CONFIRMED,
    EP_COUNTER_DUPLICATES,
    EP_COUNTER_HELD,
    EP_COUNTER_HELD_DROPPED,
    EP_COUNTER_GAPS_RELEASED,
    EP_COUNTER_PARKED,
    EP_COUNTER_UNPARKED,
    EP_COUNTER_WAITS,
    EP_COUNTER_MAILBOX_REFUSED,
    EP_COUNTER_PARKED_REFUSED,
    EP_COUNTER_REFUSED,
    EP_COUNTER_OVER_LIMIT,
    EP_COUNTER_RECEIPTS,
    EP_COUNTER_RECEIPTS_MISSED,
    EP_COUNTER_MALFORMED,
    EP_COUNTER_TOO_LARGE,
    EP_COUNTER_INVALID,
    EP_COUNTER_UNKNOWN,
    EP_COUNTER_EARLY,
    EP_COUNTER_PRESENCE_SKIPPED,
    EP_COUNTER_REPEATS,
    EP_COUNTER_COMMIT_FAILED,
    EP_COUNTER_SLOW_FRAMES,
    EP_COUNTER_RELIEVED,
    EP_COUNTER_COUNT
} ep_counter;

#endif
