/* The network: frames, and what a transport may do with them. A lossy one hands over any of the
 * frames under way (so their order is not kept and they lie here sorted), and may lose or double a
 * few; a stream hands over the first.
 * Read first: world.pml. */

#define AUTH 1    /* up: instance, epoch, expect; down, the reply: epoch, 0, expect */
#define ITEM 2    /* id, message */
#define CONFIRM 3 /* id */
#define RETRY 4   /* id */
#define REPLACED 5
#define FRAME(kind, a, b, d) ((kind) << 12 | (a) << 8 | (b) << 4 | (d))
#define KIND(f) ((f) >> 12)
#define A(f) ((f) >> 8 & 15)
#define B(f) ((f) >> 4 & 15)
#define D(f) ((f) & 15)

#define UP(q) (q)
#define DOWN(q) (CONNECTIONS + (q))
short wire[2 * CONNECTIONS * ROOM];
byte fill[2 * CONNECTIONS];
#define HAS_ROOM(w) (fill[w] < ROOM)

/* The names of the lines "EV …", which replay.c reads. */
inline say(f)
{
    if
    :: KIND(f) == AUTH -> printf("auth %d 0\n", D(f))
    :: KIND(f) == ITEM -> printf("item %d %d\n", A(f), B(f))
    :: KIND(f) == CONFIRM -> printf("confirm %d 0\n", A(f))
    :: KIND(f) == RETRY -> printf("retry %d 0\n", A(f))
    :: else -> printf("replaced 0 0\n")
    fi
}

inline put(where, what)
{
    w = where;
    frame = what;
    i = fill[w];
    do
    :: LOSSY && i > 0 && wire[w * ROOM + i - 1] > frame ->
        wire[w * ROOM + i] = wire[w * ROOM + i - 1];
        i--
    :: else -> break
    od;
    wire[w * ROOM + i] = frame;
    fill[w]++;
    i = 0
}

inline drop_frame(where, which)
{
    w = where;
    i = which;
    fill[w]--;
    do
    :: i < fill[w] -> wire[w * ROOM + i] = wire[w * ROOM + i + 1]; i++
    :: else -> break
    od;
    wire[w * ROOM + fill[w]] = 0;
    i = 0
}

inline clear(where)
{
    w = where;
    do
    :: fill[w] > 0 -> fill[w]--; wire[w * ROOM + fill[w]] = 0
    :: else -> break
    od
}

/* Which frame is next, and what becomes of it: it arrives, it arrives and stays, it is lost. */
#define ARRIVES 0
#define STAYS 1
#define LOST 2
inline choose(where, which, fate)
{
    if
    :: which = 0
    :: LOSSY && fill[where] > 1 -> which = 1
    :: LOSSY && fill[where] > 2 -> which = 2
    fi;
    if
    :: fate = ARRIVES
    :: LOSSY && doubles > 0 && MAY_FAIL -> fate = STAYS
    :: LOSSY && losses > 0 && MAY_FAIL -> fate = LOST
    fi
}

/* The frame is in `got` then. */
inline take(where, which, fate)
{
    got = wire[(where) * ROOM + which];
    if
    :: fate == STAYS -> doubles--
    :: fate == LOST -> losses--; drop_frame(where, which)
    :: else -> drop_frame(where, which)
    fi
}
