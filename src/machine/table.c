/* Floor 4, machine. See table.h.
 * Read first: table.h. */
#include "machine/table.h"

#include "base/assert.h"

void ep_machine_init(ep_machine *out, const ep_machine_rules *rules) {
  EP_ASSERT(rules->state_count > 0 && rules->input_count > 0);
  *out = (ep_machine){.rules = rules};
}

static const ep_machine_row *choose(const ep_machine *machine, unsigned input, void *context,
                                    const void *data) {
  const ep_machine_rules *rules = machine->rules;
  ep_machine_cell cell = rules->cells[machine->state * (size_t)rules->input_count + input];
  EP_ASSERT(cell.count > 0);
  const ep_machine_row *row = &rules->rows[cell.first];
  const ep_machine_row *last = row + cell.count - 1;
  while (row < last && row->guard != NULL && !row->guard(context, data)) row++;
  return row;
}

/* The one place where a state changes. */
static void enter(ep_machine *machine, const ep_machine_row *row, void *context) {
  const ep_machine_rules *rules = machine->rules;
  EP_ASSERT(row->state == machine->state);
  EP_ASSERT(row->next < rules->state_count);
  machine->state = row->next;
  if (row->next == row->state || rules->moved == NULL) return;
  ep_machine_move move = {rules->states[row->state], rules->states[row->next],
                          rules->inputs[row->input], row->requirement};
  rules->moved(context, &move);
}

const ep_machine_row *ep_machine_step(ep_machine *machine, unsigned input, void *context,
                                      const void *data) {
  EP_ASSERT(!machine->stepping);
  EP_ASSERT(input < machine->rules->input_count);
  machine->stepping = true;
  const ep_machine_row *row = choose(machine, input, context, data);
  EP_ASSERT(row->input == input);
  row->action(context, data);
  enter(machine, row, context);
  machine->stepping = false;
  return row;
}

void ep_machine_trace(const ep_surroundings *surroundings, uint32_t conn, ep_bytes client_id,
                      const ep_machine_move *move) {
  if (surroundings->trace == NULL) return;
  ep_trace line = {.kind = EP_TRACE_STATE, .conn = conn, .client_id = client_id};
  line.from = move->from;
  line.to = move->to;
  line.input = move->input;
  line.requirement = move->requirement;
  surroundings->trace(surroundings->context, &line);
}
