/* Floor 5, net. What a service counts and holds, as text in the exposition format of Prometheus:
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 * Read first: epigeon.h (ep_server_counters and on). */
#ifndef EP_NET_METRICS_H
#define EP_NET_METRICS_H

#include "base/buffer.h"

#define EP_METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* Appends every metric. Looks at every client: not more than about once a second.
 * log_left_out: lines that the log's rate left out. out->failed: there is no memory. */
void ep_metrics_write(ep_buffer *out, ep_service *service, uint64_t log_left_out);

#endif
