/* Floor 6, programs. DEBUG=epigeon:* in the environment prints every frame and every change of
 * state on standard error; epigeon:server and epigeon:client one side only. Names are separated by
 * commas.
 *
 *   epigeon:server 12:00:00.123 #3 bob < {"action":"ping"}            (received)
 *   epigeon:server 12:00:00.123 #3 bob > {"action":"pong"}            (written)
 *   epigeon:server 12:00:00.123 #3 bob OPEN -> V2 on auth [EP-AUTH-1] */
#ifndef EP_CMD_TRACE_H
#define EP_CMD_TRACE_H

#include "epigeon.h"

typedef enum ep_trace_side { EP_TRACE_SERVER, EP_TRACE_CLIENT } ep_trace_side;

/* Sets surroundings->trace and its context when DEBUG asks for this side; leaves them alone
 * otherwise. */
void ep_trace_from_environment(ep_surroundings *surroundings, ep_trace_side side);

#endif
