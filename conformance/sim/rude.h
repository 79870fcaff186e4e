/* Who breaks the rules. Read first: world.h, catalogue.h. */
#ifndef SIM_RUDE_H
#define SIM_RUDE_H

#include "sim/world.h"

void rude_begin(sim *world, uint32_t index, uint64_t tries); /* an act of the plan */
void rude_welcome(sim *world, sim_link *link); /* a connection was accepted: slip in first */
void rude_leave(sim *world);                   /* faults are over */

#endif
