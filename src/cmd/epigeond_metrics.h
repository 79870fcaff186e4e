/* Floor 6, programs. The server's metrics over HTTP: GET /metrics, nothing else.
 * Read first: net/metrics.h. */
#ifndef EP_CMD_EPIGEOND_METRICS_H
#define EP_CMD_EPIGEOND_METRICS_H

#include "epigeon.h"

typedef struct epigeond_metrics epigeond_metrics;

/* Is `text` an address that metrics may be served on: a literal ADDR:PORT, of this machine unless
 * `remote`? False: message says why not. */
bool epigeond_metrics_check(const char *text, bool remote, char *message, size_t message_len);

/* Serves from the loop's thread until it is closed; service must outlive it. Port 0 takes a free
 * one. */
ep_status epigeond_metrics_open(epigeond_metrics **out, ep_loop *loop, ep_service *service,
                                const char *text, char *message, size_t message_len);
unsigned epigeond_metrics_port(const epigeond_metrics *metrics);
void epigeond_metrics_close(epigeond_metrics *metrics); /* NULL: nothing */

#endif
