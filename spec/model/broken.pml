/* What a wrong implementation would do: each -DBROKEN_x changes one thing, and the search must find
 * that a guarantee breaks. Without any of them every hook here does what the spec says.
 * Read first: world.pml. */

#define EXPECT_TOO_MUCH
#define EPOCH_IGNORED
#define INSTANCE_IGNORED
#define FOREIGN_EXPECT
#define C_RENUMBERED 0
#define S_RENUMBERED 0
#define DEDUP_BY_UID
#define CLIENT_TAKES_AGAIN
#define CLIENT_TAKES_EARLY
#define SERVER_TAKES_AGAIN
#define CONFIRM_HELD(c) skip
#define S_CONFIRMS(c) expected[c]
#define C_CONFIRMS(c) safe[c]
#define CONFIRM_ON_ARRIVAL(c) skip
#define WINDOW_IGNORED
#define C_FORGET_ON_WRITE(c) skip
#define S_FORGET_ON_WRITE(c) skip
#define CLIENT_NEVER_REPEATS
#define SERVER_NEVER_REPEATS
#define CONFIRM_BEFORE_STORE
#define HELD_SURVIVES(r) server_held[r] = 0
#define TAKE_OVER(x) server_on_REPLACED(conn_machine[x]); hang_up(x)
#define OLDER_TAKES_OVER
#define ROUTED_TO_ALL(r)
#define COPY_FOR_EACH_KEY(r, what) skip
#define TWO_ORDERS(r) skip
#define PARKED(x) parked[x]
#define RESEND_ALIVE(r) skip
#define CLEAR_WIRE(x) clear(x)
#define BODY(what) what

#ifdef BROKEN_RESUME_OFF_BY_ONE /* the client asks for the item after the next one */
#undef EXPECT_TOO_MUCH
#define EXPECT_TOO_MUCH + 1
#endif
#ifdef BROKEN_EPOCH_IGNORED /* the client goes on with a server that lost its state */
#undef EPOCH_IGNORED
#define EPOCH_IGNORED || epoch[c] != 0
#endif
#ifdef BROKEN_INSTANCE_IGNORED /* the server goes on with a client that lost its state */
#undef INSTANCE_IGNORED
#define INSTANCE_IGNORED || known[c] != 0
#endif
#ifdef BROKEN_FOREIGN_EXPECT /* the server believes an `expect` counted in another epoch */
#undef FOREIGN_EXPECT
#define FOREIGN_EXPECT || true
#endif
#ifdef BROKEN_NO_RENUMBER_UP /* the client keeps its numbers for a server that lost its state */
#undef C_RENUMBERED
#define C_RENUMBERED base[c]
#endif
#ifdef BROKEN_NO_RENUMBER_DOWN /* the server keeps its numbers for a client that lost its state */
#undef S_RENUMBERED
#define S_RENUMBERED box_base[c]
#endif
#ifdef BROKEN_NO_UID_DEDUP /* the client goes by numbers alone */
#undef DEDUP_BY_UID
#define DEDUP_BY_UID && false
#endif
#ifdef BROKEN_NO_DEDUP /* the server accepts what it has accepted before */
#undef SERVER_TAKES_AGAIN
#define SERVER_TAKES_AGAIN && false
#endif
#ifdef BROKEN_NO_ORDER /* the client delivers in the order of arrival */
#undef CLIENT_TAKES_EARLY
#define CLIENT_TAKES_EARLY && false
#undef CLIENT_TAKES_AGAIN
#define CLIENT_TAKES_AGAIN && false
#endif
#ifdef BROKEN_CONFIRM_HIGHEST /* the server confirms the highest id seen */
#undef CONFIRM_HELD
#define CONFIRM_HELD(c) accept_due[c] = 1
#undef S_CONFIRMS
#define S_CONFIRMS(c) (server_held[c] > 0 -> expected[c] + 2 : expected[c])
#endif
#ifdef BROKEN_CONFIRM_BEFORE_DELIVERY /* the client confirms what its application has not taken */
#undef C_CONFIRMS
#define C_CONFIRMS(c) taken[c]
#undef CONFIRM_ON_ARRIVAL
#define CONFIRM_ON_ARRIVAL(c) confirm_due[c] = 1
#endif
#ifdef BROKEN_WINDOW_IGNORED /* both sides write all they have */
#undef WINDOW_IGNORED
#define WINDOW_IGNORED || true
#endif
#ifdef BROKEN_CLIENT_FORGETS_ON_WRITE
#undef C_FORGET_ON_WRITE
#define C_FORGET_ON_WRITE(c) first[c]++; base[c]++; written[c]--
#endif
#ifdef BROKEN_SERVER_FORGETS_ON_WRITE
#undef S_FORGET_ON_WRITE
#define S_FORGET_ON_WRITE(c) leave_box(c)
#endif
#ifdef BROKEN_CLIENT_NEVER_REPEATS
#undef CLIENT_NEVER_REPEATS
#define CLIENT_NEVER_REPEATS && false
#endif
#ifdef BROKEN_SERVER_NEVER_REPEATS
#undef SERVER_NEVER_REPEATS
#define SERVER_NEVER_REPEATS && false
#endif
#ifdef BROKEN_CONFIRM_BEFORE_STORE
#undef CONFIRM_BEFORE_STORE
#define CONFIRM_BEFORE_STORE || true
#endif
#ifdef BROKEN_HELD_SURVIVES /* what was held for one connection is still there on the next */
#undef HELD_SURVIVES
#define HELD_SURVIVES(r) skip
#endif
#ifdef BROKEN_TAKEOVER /* the older connection goes on beside the newer one */
#undef TAKE_OVER
#define TAKE_OVER(x) skip
#endif
#ifdef BROKEN_OLDER_TAKES_OVER /* whoever authenticates last is taken for the newer one */
#undef OLDER_TAKES_OVER
#define OLDER_TAKES_OVER && false
#endif
#ifdef BROKEN_ROUTED_TO_ALL /* a copy for everybody */
#undef ROUTED_TO_ALL
#define ROUTED_TO_ALL(r) || IS_KNOWN(r)
#endif
#ifdef BROKEN_COPY_FOR_EACH_KEY /* a recipient that matches in two ways gets two copies */
#undef COPY_FOR_EACH_KEY
#define COPY_FOR_EACH_KEY(r, what) put_in_box(r, what)
#endif
#ifdef BROKEN_TWO_ORDERS /* client 1 gets its own messages first */
#undef TWO_ORDERS
#define TWO_ORDERS(r)                                                                           \
    if                                                                                          \
    :: r == 1 && boxed[1] - box_written[1] > 1 &&                                               \
            FROM(box[BOX + boxed[1] - 1]) == 1 && FROM(box[BOX + boxed[1] - 2]) == 0 ->         \
        w = box[BOX + boxed[1] - 1];                                                            \
        box[BOX + boxed[1] - 1] = box[BOX + boxed[1] - 2];                                      \
        box[BOX + boxed[1] - 2] = w                                                             \
    :: else                                                                                     \
    fi
#endif
#ifdef BROKEN_PARKED_REVERSED /* the newest of the parked messages goes first */
#undef PARKED
#define PARKED(x) parked[parked_count - 1 - (x)]
#endif
#ifdef BROKEN_RESEND_ALIVE /* the server repeats on a live stream, to a client like 1.0.2's */
#undef RESEND_ALIVE
#define RESEND_ALIVE(r)                                              \
    if                                                               \
    :: box_written[r] > 0 -> box_again[r] = box_base[r] + 1          \
    :: else                                                          \
    fi
#undef CLIENT_TAKES_AGAIN
#define CLIENT_TAKES_AGAIN && false
#undef DEDUP_BY_UID
#define DEDUP_BY_UID && false
#endif
#ifdef BROKEN_FRAMES_CROSS /* the transport hands frames of one connection to the next: EP-SYS-1 */
#undef CLEAR_WIRE
#define CLEAR_WIRE(x) skip
#endif
#ifdef BROKEN_BODIES_MIXED /* the server repeats an item with the body of another message */
#undef BODY
#define BODY(what) (((what) + 1) % MESSAGES)
#endif
