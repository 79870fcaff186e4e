/* Floor 4, machine. Runs a state machine from its transition table, for client and server alike.
 * The tables are those of spec/protocol.md, made into gen/client_machine.h and
 * gen/server_machine.h.
 * Read first: spec/protocol.md, the chapter of the machine. Then: client_table.c. */
#ifndef EP_MACHINE_TABLE_H
#define EP_MACHINE_TABLE_H

#include "base/bytes.h"

/* Both get the context the machine was stepped with, and the data of the input (whatever the owner
 * makes of it: a message, or NULL). A guard only looks. An action cannot fail: what goes wrong in
 * it, it keeps in the context, and the owner steps again when the action is done. Neither may step
 * the machine or free it. */
typedef bool ep_machine_guard(void *context, const void *data);
typedef void ep_machine_action(void *context, const void *data);

typedef struct ep_machine_row {
  ep_machine_guard *guard; /* NULL: always holds */
  ep_machine_action *action;
  uint8_t state, input; /* the cell it stands in */
  uint8_t next;         /* entered AFTER the action ran */
  uint16_t line;        /* in spec/protocol.md */
  const char *requirement;
} ep_machine_row;

typedef struct ep_machine_cell {
  uint16_t first, count; /* rows */
} ep_machine_cell;

/* A change of state, for those who watch. */
typedef struct ep_machine_move {
  const char *from, *to, *input, *requirement;
} ep_machine_move;

typedef struct ep_machine_rules {
  const ep_machine_row *rows;
  const ep_machine_cell *cells; /* state * input_count + input */
  const char *const *states;    /* names */
  const char *const *inputs;
  uint8_t state_count, input_count;
  void (*moved)(void *context, const ep_machine_move *move); /* may be NULL */
} ep_machine_rules;

typedef struct ep_machine {
  const ep_machine_rules *rules;
  uint8_t state;
  bool stepping;
} ep_machine;

/* Puts `out` into the first state of the table. `rules` must outlive it. */
void ep_machine_init(ep_machine *out, const ep_machine_rules *rules);

/* Takes the first row of the cell (state, input) whose guard holds: runs its action, then enters
 * its next state; if that is another one, tells rules->moved. The only function that changes a
 * state. Returns the row taken. */
const ep_machine_row *ep_machine_step(ep_machine *machine, unsigned input, void *context,
                                      const void *data);

/* Passes a move on to surroundings->trace, if there is one. */
void ep_machine_trace(const ep_surroundings *surroundings, uint32_t conn, ep_bytes client_id,
                      const ep_machine_move *move);

/* How a machine makes its rules out of gen/X_machine.h: the functions take their own types of
 * context and data, and these wrap them into the types above, without casts:
 *     #define WRAP(name) EP_MACHINE_ACTION(action_##name, ep_server_do_##name)
 *     EP_SERVER_ACTIONS(WRAP)
 * likewise for the guards, and then the rows, the cells and the names are four arrays.
 * client_table.c shows all of it. */
#define EP_MACHINE_GUARD(wrapper, function) \
  static bool wrapper(void *context, const void *data) { return function(context, data); }
#define EP_MACHINE_ACTION(wrapper, function) \
  static void wrapper(void *context, const void *data) { function(context, data); }

#endif
