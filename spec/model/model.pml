/* The whole model: the machines of the spec, the world, the faults, and what must hold.
 * Read first: README.md. */

#include "world.pml"
#include "broken.pml"
#include "network.pml"
#include "guards.pml"
#include "../../gen/machines.pml"
#include "guarantees.pml"
#include "client.pml"
#include "server.pml"

proctype client(byte c)
{
    byte which, fate;
end:
    do
    :: d_step { next[c] < END(c) -> app_sends(c); rest() }
    :: d_step { CAN_CONNECT(c) -> connect(c); rest() }
    :: atomic {
        CAN_HEAR(c) -> choose(DOWN(at[c]), which, fate);
        d_step { client_hears(c, which, fate); which = 0; fate = 0; rest() }
       }
    :: d_step { queued[c] > 0 -> give(c); rest() }
    :: d_step { CAN_WRITE(c) -> client_writes(c); rest() }
    :: d_step { C_REPEATS(c) -> client_repeats(c); rest() }
    :: d_step { IS_OPEN(c) && !SERVED(c) -> client_loses_connection(c); rest() }
    /* Faults. One side notices first that a connection has ended, the other at any time after. */
    :: d_step {
        cuts > 0 && MAY_FAIL && SERVED(c) -> cuts--; client_loses_connection(c); rest()
       }
    :: d_step {
        cuts > 0 && MAY_FAIL && SERVED(c) -> cuts--; server_loses_connection(at[c]); rest()
       }
    :: d_step { client_kills > 0 && MAY_FAIL && machine[c] != C_IDLE -> kill_client(c); rest() }
    :: d_step { client_losses > 0 && MAY_FAIL && machine[c] != C_IDLE -> lose_client(c); rest() }
    od
}

proctype connection(byte q)
{
    byte c = OWNER(q);
    byte which, fate;
end:
    do
    :: atomic {
        conn_machine[q] != S_GONE && fill[UP(q)] > 0 -> choose(UP(q), which, fate);
        d_step { server_hears(which, fate); which = 0; fate = 0; rest() }
       }
    :: d_step { CAN_ANSWER(q) -> server_writes(); rest() }
    :: d_step { S_REPEATS(q) -> server_repeats(); rest() }
    :: d_step {
        conn_machine[q] != S_GONE && (at[c] != q || conn_machine[q] == S_CLOSING) ->
            server_loses_connection(q);
            rest()
       }
    od
}

proctype store()
{
end:
    do
    :: d_step { unstored > 0 -> commit(); rest() }
    od
}

inline heal()
{
    printf("EV heal\n");
    losses = 0;
    doubles = 0;
    cuts = 0;
    server_kills = 0;
    server_losses = 0;
    client_kills = 0;
    client_losses = 0;
    forget_store()
}

proctype server_faults()
{
    do
    :: d_step { server_kills > 0 && MAY_FAIL -> kill_server(); rest() }
    :: d_step { server_losses > 0 && MAY_FAIL -> lose_server(); rest() }
    :: d_step { MAY_HEAL -> heal(); rest() }; break
    od
}

inline begin()
{
    printf("EV world %d %d\n", LOSSY, NEEDS_STORE);
    i = 0;
    do
    :: i < CLIENTS ->
        machine[i] = C_INITIAL;
        at[i] = CONNECTIONS;
        wants[i] = 1;
        link[i] = CONNECTIONS;
        instance[i] = 1;
        next[i] = FIRST(i);
        first[i] = FIRST(i);
        do
        :: !LATE && next[i] < END(i) -> app_sends(i)
        :: else -> break
        od;
        i++
    :: else -> break
    od;
    i = 0;
    do
    :: i < CONNECTIONS -> conn_machine[i] = S_GONE; i++
    :: else -> break
    od;
    rest()
}

proctype monitor()
{
    timeout;
    d_step { printf("EV end\n"); judge_end() }
}

init
{
    d_step {
        begin();
    }
    atomic {
        run client(0);
        run client(1);
        run connection(0);
        run connection(1);
        run connection(2);
        run connection(3);
        run store();
        run server_faults();
        run monitor()
    }
}

/* G8: when faults stop, everything unfinished finishes. */
ltl g8 { <> finished }
