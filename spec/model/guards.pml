/* The guards of the two machines. They stand before gen/machines.pml, where the preprocessor puts
 * them in. `got` is the frame that is read, `c` the client, `q` the connection.
 * Read first: world.pml, network.pml. */

#define UNCONFIRMED(c) (next[c] - first[c])

/* EP-LOST-6 */
#define C_GUARD_out_of_step \
    (A(got) == epoch[c] \
        -> (D(got) < base[c] || D(got) > base[c] + UNCONFIRMED(c)) \
        : D(got) > 0)
#define C_GUARD_asked_v2 true
#define C_GUARD_is_unconfirmed (A(got) >= base[c] && A(got) < base[c] + written[c])

#define C_GUARD_has_id false
/* No client goes on from an old copy of its state. */
#define C_GUARD_is_below_resumed false
#define C_GUARD_is_expected_unknown false
#define C_GUARD_is_final true /* `replaced` is the only plain error that is modelled */
#define S_GUARD_same_client (A(got) == known[c])
#define S_GUARD_is_unconfirmed (A(got) >= box_base[c] && A(got) < box_base[c] + box_written[c])
#define S_GUARD_speaks_v1 false /* EP/1 is not modelled */
