/* The guarantees of chapter 3, as assertions over what only the judge knows. Each failed one says
 * first which it is ("EV broken …").
 * Read first: world.pml. */

mtype = { G1, G2, G3, G4, G5, G6, G7, G8, EP_SEND_9, EP_G2_1 };

inline judge(holds, name)
{
    if
    :: !(holds) -> printf("EV broken %e\n", name); assert(false)
    :: else
    fi
}

/* Client r gives x to its application. What it was given before it lost its state counts in the
 * orders as what it was given then. A message that a server which lost its state routes anew, to
 * those who match then, comes to them in the order of that routing. */
#define IS_REPEATED(r, x) ((shown[r] & BIT(x)) != 0)
#define IS_ROUTED_ANEW(x) (new_order && TO(x) == EVERYBODY && (rerouted & BIT(x)) != 0)
inline judge_delivery(r, x)
{
    judge((sent & BIT(x)) != 0, G1);
    judge((may[x] & BIT(r)) != 0, G7);
    i = 0;
    do
    :: i < logged[r] ->
        judge(log[r * MESSAGES + i] != x, G2);
        judge(IS_REPEATED(r, x) || IS_ROUTED_ANEW(x) || FROM(log[r * MESSAGES + i]) != FROM(x) ||
            log[r * MESSAGES + i] < x, G3);
        i++
    :: else -> break
    od;
    log[r * MESSAGES + logged[r]] = x;
    logged[r]++;
    if
    :: !IS_REPEATED(r, x) -> judge_one_order(r, (1 - r))
    :: else
    fi;
    shown[r] = shown[r] | BIT(x)
}

/* What came to r last may not stand before anything at s that came to r earlier: then r and s had
 * two messages in opposite orders. */
inline judge_one_order(r, s)
{
    i = 0;
    do
    :: !new_order && i < logged[s] && log[s * MESSAGES + i] != m -> i++
    :: !new_order && i < logged[s] && log[s * MESSAGES + i] == m ->
        i++;
        do
        :: i < logged[s] ->
            j = 0;
            do
            :: j + 1 < logged[r] ->
                judge(log[r * MESSAGES + j] != log[s * MESSAGES + i], G4);
                j++
            :: else -> break
            od;
            i++
        :: else -> break
        od
    :: else -> break
    od;
    i = 0;
    j = 0
}

/* A copy comes into a mailbox: EP-G2-1. */
inline judge_copy(r, x)
{
    k = 0;
    do
    :: k < boxed[r] -> judge(box[r * BOX + k] != x, EP_G2_1); k++
    :: else -> break
    od
}

/* No peer sees an item beyond the window that it announced. */
inline judge_window(holds) { judge(holds, EP_SEND_9) }

/* The sender learns that x was accepted: it was (and what is owed then is looked at in the end). */
inline judge_told(x) { judge((accepted & BIT(x)) != 0, G5) }

/* A client has, of what was sent, everything that was not confirmed and not lost with it. */
inline judge_client(c)
{
    i = FIRST(c);
    do
    :: i < first[c] -> judge(((told | gone) & BIT(i)) != 0, G6); i++
    :: else -> break
    od;
    i = 0
}

/* Faults have stopped and nothing can happen any more. */
inline judge_end()
{
    i = 0;
    do
    :: i < MESSAGES ->
        j = 0;
        do
        :: j < CLIENTS ->
            judge((told & BIT(i)) == 0 || (must[i] & BIT(j)) == 0 || (shown[j] & BIT(i)) != 0, G5);
            j++
        :: else -> break
        od;
        i++
    :: else -> break
    od;
    i = 0;
    do
    :: i < CLIENTS ->
        judge(machine[i] == C_V2, G8);
        judge(first[i] == next[i], G8);
        judge(boxed[i] == 0 && queued[i] == 0, G8);
        i++
    :: else -> break
    od;
    judge(parked_count == 0, G8);
    i = 0;
    j = 0;
    finished = 1
}
