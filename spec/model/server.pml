/* The server: one machine for each connection (chapter 15, gen/machines.pml), and what all share:
 * who is known, how far each up stream is accepted, the mailboxes, what is parked, what is stored.
 * Here is what each action does.
 * Read first: client.pml. */

#define OWNER(q) ((q) / 2)
#define ATTACHED(q) (link[OWNER(q)] == (q))
#define IS_KNOWN(c) (known[c] != 0)

/* Where nothing can be lost any more, nothing needs to be stored. */
#define NEEDS_STORE (server_kills > 0)
inline change(how)
{
    if
    :: NEEDS_STORE && unstored < how -> unstored = how
    :: else
    fi
}

/* ---- Mailboxes and routing ---- */

inline put_in_box(r, what)
{
    judge_copy(r, what);
    box[r * BOX + boxed[r]] = what;
    boxed[r]++;
    TWO_ORDERS(r)
}

/* EP-G5-2: only what is confirmed leaves. */
inline leave_box(r)
{
    boxed[r]--;
    i = 0;
    do
    :: i < boxed[r] -> box[r * BOX + i] = box[r * BOX + i + 1]; i++
    :: else -> break
    od;
    box[r * BOX + boxed[r]] = 0;
    box_base[r]++;
    if
    :: box_written[r] > 0 -> box_written[r]--
    :: else
    fi
}

#define ADDRESSED(r, what) \
    (IS_KNOWN(r) && (TO(what) == EVERYBODY || TO(what) == (r)) ROUTED_TO_ALL(r))

/* EP-ROUTE-1, EP-G4-1: at one moment to all. EP-PARK-1. `must` is what that owes to whom. */
inline route(what)
{
    may[what] = may[what] | (TO(what) != EVERYBODY -> BIT(TO(what)) : 0);
    must[what] = (TO(what) != EVERYBODY -> BIT(TO(what)) : 0);
    if
    :: TO(what) != EVERYBODY && !IS_KNOWN(TO(what)) -> parked[parked_count] = what; parked_count++
    :: else ->
        j = 0;
        do
        :: j < CLIENTS && ADDRESSED(j, what) ->
            if
            :: TO(what) == EVERYBODY ->
                may[what] = may[what] | BIT(j);
                must[what] = must[what] | BIT(j)
            :: else
            fi;
            put_in_box(j, what);
            COPY_FOR_EACH_KEY(j, what);
            j++
        :: j < CLIENTS && !ADDRESSED(j, what) -> j++
        :: else -> break
        od;
        j = 0
    fi
}

/* EP-PARK-1, EP-PARK-2: in the order in which they were accepted. */
inline unpark()
{
    j = 0;
    i = 0;
    do
    :: i < parked_count && TO(PARKED(i)) == c -> put_in_box(c, PARKED(i)); i++
    :: i < parked_count && TO(PARKED(i)) != c -> parked[j] = PARKED(i); j++; i++
    :: else -> break
    od;
    do
    :: parked_count > j -> parked_count--; parked[parked_count] = 0
    :: else -> break
    od;
    j = 0
}

/* ---- The up stream ---- */

inline accept(what)
{
    rerouted = rerouted | (accepted & BIT(what));
    accepted = accepted | BIT(what);
    route(what);
    expected[c]++;
    accept_due[c] = 1;
    change(2)
}

/* EP-RECV-1, EP-RECV-2, EP-RECV-3, EP-RECV-4 */
inline S_DO_submit_message()
{
    judge_window(A(got) < expected[c] + WINDOW);
    if
    :: A(got) < expected[c] SERVER_TAKES_AGAIN -> accept_due[c] = 1
    :: A(got) > expected[c] ->
        server_held[c] = B(got) + 1;
        server_ask_due[c] = 1;
        CONFIRM_HELD(c)
    :: else ->
        accept(B(got));
        if
        :: server_held[c] > 0 ->
            m = server_held[c] - 1;
            server_held[c] = 0;
            server_ask_due[c] = 0;
            accept(m)
        :: else
        fi
    fi
}

/* ---- The down stream ---- */

inline confirm_box_below(r, id)
{
    do
    :: boxed[r] > 0 && box_base[r] < id -> leave_box(r); change(1)
    :: else -> break
    od
}

/* EP-SEND-4 */
inline S_DO_submit_confirm()
{
    if
    :: A(got) < box_base[c] + boxed[c] -> confirm_box_below(c, A(got) + 1);
        RESEND_ALIVE(c)
    :: else
    fi
}

inline S_DO_repeat_item() { box_again[c] = A(got) + 1 }
inline S_DO_refuse_unknown_id() { skip }
inline S_DO_repeat_unconfirmed() { box_again[c] = box_base[c] + 1 }
inline S_DO_ignore() { skip }
inline S_DO_ignore_early() { skip }
inline S_DO_defer() { skip }
inline S_DO_refuse_other() { skip }

/* ---- Joining ---- */

/* EP-TAKE-2, and what belongs to one connection. */
inline drop_stream(r)
{
    HELD_SURVIVES(r);
    box_written[r] = 0;
    box_again[r] = 0;
    accept_due[r] = 0;
    server_ask_due[r] = 0;
    welcome_due[r] = 0
}

/* EP-RES-2, EP-LOST-1 */
inline begin_streams()
{
    drop_stream(c);
    if
    :: A(got) == known[c] INSTANCE_IGNORED ->
        if
        :: B(got) == server_epoch FOREIGN_EXPECT -> confirm_box_below(c, D(got))
        :: else
        fi
    :: else ->
        expected[c] = 0;
        box_base[c] = S_RENUMBERED
    fi
}

/* EP/1 is not modelled. */
inline S_DO_welcome_v1() { assert(false) }

inline S_DO_join() { skip }
inline S_DO_welcome_v2() { welcome_due[c] = 1 }
inline S_DO_welcome_again() { welcome_due[c] = 1 }
inline S_DO_say_refused() { skip }
inline S_DO_cut() { skip }
inline S_DO_leave() { skip }

/* The connection is gone, and with it what was under way to the server. EP-TAKE-2 */
inline hang_up(x)
{
    server_on_HANGUP(conn_machine[x]);
    CLEAR_WIRE(UP(x));
    outdated[x] = 0;
    if
    :: link[OWNER(x)] == x -> link[OWNER(x)] = CONNECTIONS; drop_stream(OWNER(x))
    :: else
    fi
}

inline server_loses_connection(x)
{
    printf("EV shangup %d %d\n", OWNER(x), x);
    hang_up(x)
}

/* To a client that is still there. */
inline S_DO_say_replaced()
{
    if
    :: at[c] == j && HAS_ROOM(DOWN(j)) -> put(DOWN(j), FRAME(REPLACED, 0, 0, 0))
    :: else
    fi
}

/* EP-TAKE-4: a connection that was opened before one that has joined is the older one. */
#define IS_OUTDATED(q) (outdated[q] OLDER_TAKES_OVER)
#define OTHER(q) (4 * OWNER(q) + 1 - (q))

/* The registry takes the auth request: EP-TAKE-1, EP-TAKE-2, EP-AUTH-6. */
inline join()
{
    j = link[c];
    link[c] = q;
    if
    :: latest[c] == q && conn_machine[OTHER(q)] != S_GONE -> outdated[OTHER(q)] = 1
    :: else
    fi;
    if
    :: j != CONNECTIONS && j != q ->
        TAKE_OVER(j)
    :: else
    fi;
    begin_streams();
    if
    :: !IS_KNOWN(c) -> known[c] = A(got); unpark()
    :: else -> known[c] = A(got)
    fi;
    change(2);
    server_on_JOINED(conn_machine[q])
}

/* ---- Reading and writing ---- */

inline server_hears(which, fate)
{
    take(UP(q), which, fate);
    printf("EV up %d %d %d ", c, q, fate);
    say(got);
    if
    :: fate == LOST
    :: else ->
        if
        :: KIND(got) == AUTH ->
            server_on_AUTH_V2(conn_machine[q]);
            if
            :: conn_machine[q] == S_JOINING && IS_OUTDATED(q) ->
                server_on_REFUSED(conn_machine[q]);
                hang_up(q)
            :: conn_machine[q] == S_JOINING && !IS_OUTDATED(q) -> join()
            :: else
            fi
        :: KIND(got) == ITEM -> server_on_MESSAGE_NEW(conn_machine[q])
        :: KIND(got) == CONFIRM -> server_on_MESSAGE_CONFIRM(conn_machine[q])
        :: else -> server_on_MESSAGE_RETRY(conn_machine[q])
        fi;
        printf("EV boxes %d\n", boxed[0] + boxed[1])
    fi
}

#define IN_BOX(c, id) box[(c) * BOX + (id) - box_base[c]]
#define HAS_NEW(c) (box_written[c] < boxed[c] && (box_written[c] < WINDOW WINDOW_IGNORED))
#define S_HAS_OUTPUT(c) \
    (welcome_due[c] || server_ask_due[c] || box_again[c] > 0 || HAS_ACCEPTED(c) || HAS_NEW(c))
#define HAS_ACCEPTED(c) (accept_due[c] && S_CONFIRMS(c) > 0)
#define CAN_ANSWER(q) \
    (conn_machine[q] == S_V2 && ATTACHED(q) && at[OWNER(q)] == (q) && HAS_ROOM(DOWN(q)) && \
        S_HAS_OUTPUT(OWNER(q)) && (unstored < 2 CONFIRM_BEFORE_STORE))

/* EP-AUTH-6, EP-ROUTE-2, EP-SEND-2, EP-SEND-9, EP-RECV-11; EP-G5-1: nothing unless it is stored. */
inline server_writes()
{
    frame = 0;
    if
    :: welcome_due[c] ->
        frame = FRAME(AUTH, server_epoch, 0, expected[c]);
        welcome_due[c] = 0
    :: !welcome_due[c] && server_ask_due[c] ->
        frame = FRAME(RETRY, expected[c], 0, 0);
        server_ask_due[c] = 0
    :: else ->
        if
        :: box_again[c] > 0 ->
            if
            :: box_again[c] > box_base[c] ->
                m = IN_BOX(c, box_again[c] - 1);
                frame = FRAME(ITEM, box_again[c] - 1, BODY(m), 0)
            :: else /* confirmed meanwhile */
            fi;
            box_again[c] = 0
        :: box_again[c] == 0 && HAS_ACCEPTED(c) ->
            frame = FRAME(CONFIRM, S_CONFIRMS(c) - 1, 0, 0);
            accept_due[c] = 0
        :: else ->
            m = IN_BOX(c, box_base[c] + box_written[c]);
            frame = FRAME(ITEM, box_base[c] + box_written[c], m, 0);
            box_written[c]++;
            S_FORGET_ON_WRITE(c)
        fi
    fi;
    if
    :: frame != 0 ->
        if
        :: unstored == 2 -> printf("EV unstored\n") /* only where CONFIRM_BEFORE_STORE is broken */
        :: else
        fi;
        printf("EV swrite %d %d ", c, q);
        say(frame);
        put(DOWN(q), frame);
        printf("EV boxes %d\n", boxed[0] + boxed[1])
    :: else
    fi
}

/* Nothing under way, nobody about to write, and the application has taken everything. */
#define IS_QUIET(q) \
    (fill[UP(q)] == 0 && fill[DOWN(q)] == 0 && at[OWNER(q)] == (q) && !C_HAS_OUTPUT(OWNER(q)) && \
        queued[OWNER(q)] == 0 && !(ATTACHED(q) && S_HAS_OUTPUT(OWNER(q))) && unstored < 2)
/* A client that is still greeting ignores items, so that repeating one for it changes nothing. */
#define S_REPEATS(q) \
    (LOSSY && conn_machine[q] == S_V2 && ATTACHED(q) && IS_QUIET(q) && \
        box_written[OWNER(q)] > 0 && machine[OWNER(q)] == C_V2 SERVER_NEVER_REPEATS)

inline server_repeats()
{
    printf("EV srepeat %d %d\n", c, q);
    server_on_REPEAT(conn_machine[q])
}

/* ---- The store ---- */

inline commit()
{
    printf("EV commit\n");
    i = 0;
    do
    :: i < CLIENTS ->
        store_known[i] = known[i];
        store_expected[i] = expected[i];
        store_boxed[i] = boxed[i];
        store_base[i] = box_base[i];
        i++
    :: else -> break
    od;
    i = 0;
    do
    :: i < CLIENTS * BOX -> store_box[i] = box[i]; i++
    :: else -> break
    od;
    i = 0;
    do
    :: i < BOX -> store_parked[i] = parked[i]; i++
    :: else -> break
    od;
    store_parked_count = parked_count;
    unstored = 0
}

inline load()
{
    i = 0;
    do
    :: i < CLIENTS ->
        known[i] = store_known[i];
        expected[i] = store_expected[i];
        boxed[i] = store_boxed[i];
        box_base[i] = store_base[i];
        i++
    :: else -> break
    od;
    i = 0;
    do
    :: i < CLIENTS * BOX -> box[i] = store_box[i]; i++
    :: else -> break
    od;
    i = 0;
    do
    :: i < BOX -> parked[i] = store_parked[i]; i++
    :: else -> break
    od;
    parked_count = store_parked_count;
    unstored = 0
}

/* Nothing reads the store any more: its values are all the same to the rest of the search. */
inline forget_store()
{
    i = 0;
    do
    :: i < CLIENTS ->
        store_known[i] = 0;
        store_expected[i] = 0;
        store_boxed[i] = 0;
        store_base[i] = 0;
        i++
    :: else -> break
    od;
    i = 0;
    do
    :: i < CLIENTS * BOX -> store_box[i] = 0; i++
    :: else -> break
    od;
    i = 0;
    do
    :: i < BOX -> store_parked[i] = 0; i++
    :: else -> break
    od;
    store_parked_count = 0;
    unstored = 0
}

inline hang_up_all()
{
    j = 0;
    do
    :: j < CONNECTIONS && conn_machine[j] != S_GONE -> hang_up(j); j++
    :: j < CONNECTIONS && conn_machine[j] == S_GONE -> j++
    :: else -> break
    od
}

inline kill_server()
{
    printf("EV skill\n");
    server_kills--;
    hang_up_all();
    j = 0;
    do
    :: j < CLIENTS -> server_held[j] = 0; j++
    :: else -> break
    od;
    load();
    if
    :: server_kills == 0 -> forget_store()
    :: else
    fi
}

/* A new state of the server, with a new epoch, and nothing in it. */
inline lose_server()
{
    printf("EV slose\n");
    server_losses--;
    hang_up_all();
    forget_store();
    load();
    if
    :: NEEDS_STORE -> commit()
    :: else
    fi;
    j = 0;
    do
    :: j < CLIENTS -> server_held[j] = 0; j++
    :: else -> break
    od;
    server_epoch++;
    new_order = 1;
    i = 0;
    do
    :: i < MESSAGES -> must[i] = 0; i++
    :: else -> break
    od
}
