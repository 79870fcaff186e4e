/* Linked around ep_machine_step of a server or client, for mutation.sh: each cell of the machine
 * that an input reaches is written to the file $MUTATION_REACHED once, as "STATE INPUT".
 * Read first: README.md, src/machine/table.h. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "machine/table.h"

const ep_machine_row *__real_ep_machine_step(ep_machine *machine, unsigned input, void *context,
                                             const void *data);
const ep_machine_row *__wrap_ep_machine_step(ep_machine *machine, unsigned input, void *context,
                                             const void *data);

enum { STATES_MOST = 16, INPUTS_MOST = 64 };

static void note(const char *state, const char *input) {
  char line[128];
  const char *path = getenv("MUTATION_REACHED");
  if (path == NULL) return;
  int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0644);
  int len = snprintf(line, sizeof line, "%s %s\n", state, input);
  if (fd < 0 || write(fd, line, (size_t)len) != len) abort();
  (void)close(fd);
}

const ep_machine_row *__wrap_ep_machine_step(ep_machine *machine, unsigned input, void *context,
                                             const void *data) {
  static bool seen[STATES_MOST][INPUTS_MOST];
  const ep_machine_rules *rules = machine->rules;
  if (machine->state >= STATES_MOST || input >= INPUTS_MOST) abort();
  bool *known = &seen[machine->state][input];
  if (!*known) note(rules->states[machine->state], rules->inputs[input]);
  *known = true;
  return __real_ep_machine_step(machine, input, context, data);
}
