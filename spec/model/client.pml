/* One client: what its application asks, what it hears, what it writes. Its states and transitions
 * are those of chapter 16 (gen/machines.pml); here is what each action does.
 * Read first: network.pml. */

#define IS_OPEN(c) (at[c] != CONNECTIONS)
#define SERVED(c) (IS_OPEN(c) && conn_machine[at[c]] != S_GONE)

/* ---- Connections ---- */

inline C_DO_want_open() { skip }

/* The lowest connection that both sides are done with. */
#define IS_FREE(q) (conn_machine[q] == S_GONE && at[(q) / 2] != (q))
#define CAN_CONNECT(c) \
    (wants[c] && (machine[c] == C_IDLE || machine[c] == C_WAITING) && \
        (IS_FREE(2 * (c)) || IS_FREE(2 * (c) + 1)))

/* EP-AUTH-1. Written when the connection opens, and again by timer. */
inline C_DO_greet()
{
    frame = FRAME(AUTH, instance[c], epoch[c], (epoch[c] == 0 -> 0 : safe[c] EXPECT_TOO_MUCH));
    printf("EV cwrite %d %d ", c, at[c]);
    say(frame);
    put(UP(at[c]), frame)
}

inline connect(c)
{
    if
    :: IS_FREE(2 * c) -> at[c] = 2 * c
    :: else -> at[c] = 2 * c + 1
    fi;
    conn_machine[at[c]] = S_INITIAL;
    latest[c] = at[c];
    printf("EV connect %d %d\n", c, at[c]);
    if
    :: machine[c] == C_IDLE -> client_on_CONNECT(machine[c])
    :: else -> client_on_RECONNECT(machine[c])
    fi;
    client_on_OPENED(machine[c])
}

/* Whatever ends a connection ends here. What was held is unconfirmed and comes again. */
inline end_connection()
{
    CLEAR_WIRE(DOWN(at[c]));
    at[c] = CONNECTIONS;
    written[c] = 0;
    again[c] = 0;
    held[c] = 0;
    confirm_due[c] = 0;
    ask_due[c] = 0
}

inline C_DO_back_off() { end_connection() }
inline C_DO_hang_up() { end_connection() }
inline C_DO_rest() { skip }
inline C_DO_give_up() { wants[c] = 0; end_connection() } /* EP-CLI-4 */
inline C_DO_ignore() { skip }

inline C_DO_note_error() { skip }

/* EP/1 is not modelled: no state leads here. */
inline C_DO_resume_v1() { assert(false) }
inline C_DO_receive_v1() { assert(false) }
inline C_DO_resend_v1() { assert(false) }

/* EP-LOST-6 */
inline C_DO_start_over()
{
    instance[c]++;
    epoch[c] = 0;
    end_connection()
}

/* EP-LOST-10: the guard says that nothing leads here. */
inline C_DO_start_over_without() { assert(false) }

/* ---- Up ---- */

/* The first unconfirmed item is confirmed, and only so leaves. */
inline leave_outbox()
{
    told = told | BIT(first[c]);
    judge_told(first[c]);
    first[c]++;
    base[c]++;
    if
    :: written[c] > 0 -> written[c]--
    :: else
    fi
}

inline confirm_below(id)
{
    do
    :: UNCONFIRMED(c) > 0 && base[c] < id -> leave_outbox()
    :: else -> break
    od
}

/* EP-SEND-4: what was not written confirms nothing. */
inline C_DO_take_confirm()
{
    if
    :: A(got) >= base[c] && A(got) < base[c] + written[c] -> confirm_below(A(got) + 1)
    :: else
    fi
}

/* EP-SEND-6 */
inline C_DO_repeat_item() { again[c] = A(got) + 1 }
inline C_DO_refuse_unknown_id() { skip }

/* EP-SEND-7: the oldest. */
inline C_DO_repeat_unconfirmed() { again[c] = base[c] + 1 }

/* ---- The auth reply ---- */

/* EP-RES-1, EP-LOST-2 */
inline C_DO_resume_v2()
{
    if
    :: A(got) == epoch[c] EPOCH_IGNORED -> confirm_below(D(got))
    :: else ->
        base[c] = C_RENUMBERED;
        taken[c] = 0;
        safe[c] = 0;
        old[c] = queued[c]
    fi;
    epoch[c] = A(got)
}

/* ---- Down ---- */

/* EP-RECV-9: a message that was delivered before is confirmed in its turn, and not shown. */
inline enqueue(what)
{
    m = what;
    i = 0;
    do
    :: i < logged[c] && log[c * MESSAGES + i] == m DEDUP_BY_UID -> m = NOTHING; break
    :: i < logged[c] && !(log[c * MESSAGES + i] == m DEDUP_BY_UID) -> i++
    :: else -> break
    od;
    i = 0;
    do
    :: i < queued[c] && queue[c * QUEUE + i] == m DEDUP_BY_UID -> m = NOTHING; break
    :: i < queued[c] && !(queue[c * QUEUE + i] == m DEDUP_BY_UID) -> i++
    :: else -> break
    od;
    queue[c * QUEUE + queued[c]] = m;
    queued[c]++;
    taken[c]++;
    CONFIRM_ON_ARRIVAL(c)
}

/* EP-RECV-1, EP-RECV-2, EP-RECV-3, EP-RECV-4. */
inline C_DO_receive()
{
    judge_window(A(got) < safe[c] + WINDOW);
    if
    :: A(got) < taken[c] CLIENT_TAKES_AGAIN -> confirm_due[c] = 1
    :: A(got) > taken[c] CLIENT_TAKES_EARLY -> held[c] = B(got) + 1; ask_due[c] = 1
    :: else ->
        enqueue(B(got));
        if
        :: held[c] > 0 -> m = held[c] - 1; held[c] = 0; ask_due[c] = 0; enqueue(m)
        :: else
        fi
    fi
}

/* The application takes the next event; what it and the client then know is stored: EP-RECV-8. */
inline give(c)
{
    m = queue[c * QUEUE];
    queued[c]--;
    i = 0;
    do
    :: i < queued[c] -> queue[c * QUEUE + i] = queue[c * QUEUE + i + 1]; i++
    :: else -> break
    od;
    queue[c * QUEUE + queued[c]] = 0;
    if
    :: old[c] > 0 -> old[c]--
    :: else -> safe[c]++; confirm_due[c] = (machine[c] == C_V2)
    fi;
    printf("EV give %d %d\n", c, m);
    if
    :: m != NOTHING -> judge_delivery(c, m)
    :: else
    fi
}

/* ---- Hearing and writing ---- */

#define CAN_HEAR(c) (IS_OPEN(c) && fill[DOWN(at[c])] > 0)

inline client_hears(c, which, fate)
{
    take(DOWN(at[c]), which, fate);
    printf("EV down %d %d %d ", c, at[c], fate);
    say(got);
    if
    :: fate == LOST
    :: else ->
        if
        :: KIND(got) == AUTH -> client_on_AUTH_V2(machine[c])
        :: KIND(got) == ITEM -> client_on_MESSAGE_NEW(machine[c])
        :: KIND(got) == CONFIRM -> client_on_MESSAGE_CONFIRM(machine[c])
        :: KIND(got) == RETRY -> client_on_MESSAGE_RETRY(machine[c])
        :: else -> client_on_ERROR(machine[c])
        fi;
        printf("EV outbox %d %d\n", c, UNCONFIRMED(c))
    fi;
    judge_client(c)
}

#define ITEM_AT(c, id) FRAME(ITEM, id, first[c] + (id) - base[c], 0)
#define MAY_WRITE_NEW(c) (written[c] < UNCONFIRMED(c) && (written[c] < WINDOW WINDOW_IGNORED))
#define HAS_CONFIRM(c) (confirm_due[c] && C_CONFIRMS(c) > 0)
#define C_HAS_OUTPUT(c) \
    (machine[c] == C_V2 && (ask_due[c] || again[c] > 0 || HAS_CONFIRM(c) || MAY_WRITE_NEW(c)))
#define CAN_WRITE(c) (C_HAS_OUTPUT(c) && SERVED(c) && HAS_ROOM(UP(at[c])))

/* EP-SEND-2, EP-SEND-9; a confirm is for everything so far: EP-RECV-11. */
inline client_writes(c)
{
    if
    :: ask_due[c] -> frame = FRAME(RETRY, taken[c], 0, 0); ask_due[c] = 0
    :: else ->
        if
        :: again[c] > 0 && again[c] <= base[c] -> again[c] = 0; frame = 0 /* confirmed meanwhile */
        :: again[c] > base[c] -> frame = ITEM_AT(c, again[c] - 1); again[c] = 0
        :: else ->
            if
            :: HAS_CONFIRM(c) -> frame = FRAME(CONFIRM, C_CONFIRMS(c) - 1, 0, 0); confirm_due[c] = 0
            :: else ->
                frame = ITEM_AT(c, base[c] + written[c]);
                written[c]++;
                C_FORGET_ON_WRITE(c)
            fi
        fi
    fi;
    if
    :: frame != 0 ->
        printf("EV cwrite %d %d ", c, at[c]);
        say(frame);
        put(UP(at[c]), frame);
        printf("EV outbox %d %d\n", c, UNCONFIRMED(c))
    :: else
    fi;
    judge_client(c)
}

/* A timer runs when nothing else is going to happen on the connection; a timer that runs earlier
 * does what a doubled frame does. */
#define C_REPEATS(c) \
    (LOSSY && SERVED(c) && IS_QUIET(at[c]) && \
        (machine[c] == C_GREETING || (machine[c] == C_V2 && written[c] > 0)) CLIENT_NEVER_REPEATS)
inline client_repeats(c)
{
    printf("EV crepeat %d\n", c);
    client_on_REPEAT(machine[c])
}

inline app_sends(c)
{
    printf("EV send %d %d %d\n", c, next[c], TO(next[c]));
    sent = sent | BIT(next[c]);
    next[c]++
}

inline client_loses_connection(c)
{
    printf("EV cclosed %d %d\n", c, at[c]);
    client_on_CLOSED(machine[c])
}

inline forget_queue(c)
{
    do
    :: queued[c] > 0 -> queued[c]--; queue[c * QUEUE + queued[c]] = 0
    :: else -> break
    od;
    old[c] = 0
}

inline stop_client(c)
{
    if
    :: IS_OPEN(c) -> end_connection()
    :: else
    fi;
    machine[c] = C_INITIAL;
    forget_queue(c);
    taken[c] = safe[c]
}

/* It stops, and starts again from what it had stored: what the application had not taken comes
 * again. */
inline kill_client(c)
{
    printf("EV ckill %d\n", c);
    client_kills--;
    stop_client(c)
}

/* … or from nothing. */
inline lose_client(c)
{
    printf("EV close %d\n", c);
    client_losses--;
    stop_client(c);
    do
    :: first[c] < next[c] -> gone = gone | BIT(first[c]); first[c]++
    :: else -> break
    od;
    base[c] = 0;
    instance[c]++;
    epoch[c] = 0;
    taken[c] = 0;
    safe[c] = 0;
    do
    :: logged[c] > 0 -> logged[c]--; log[c * MESSAGES + logged[c]] = 0
    :: else -> break
    od
}
