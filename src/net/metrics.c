/* Floor 5, net. The metrics: a family for each counter of the spec, one for all error codes, one
 * for all limits, one for each thing that can be measured now.
 * Read first: net/metrics.h. */
#define _GNU_SOURCE 1
#include "net/metrics.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/assert.h"
#include "tables.h"

enum { NAMES_MOST = 64, NAME_LEN = 96, FULLEST = 10 };

static void text(ep_buffer *out, const char *words) {
  ep_buffer_append(out, (ep_bytes){(const uint8_t *)words, strlen(words)});
}

/* ---- Families and samples -------------------------------------------------------------------- */

static void family(ep_buffer *out, const char *name, const char *type, const char *help) {
  text(out, "# HELP ");
  text(out, name);
  text(out, " ");
  text(out, help);
  text(out, "\n# TYPE ");
  text(out, name);
  text(out, " ");
  text(out, type);
  text(out, "\n");
}

/* A label's value may hold anything; three characters are escaped. */
static void label_value(ep_buffer *out, ep_bytes value) {
  text(out, "\"");
  for (size_t i = 0; i < value.len; i++) {
    uint8_t c = value.data[i];
    if (c == '\n') {
      text(out, "\\n");
      continue;
    }
    if (c == '"' || c == '\\') text(out, "\\");
    ep_buffer_append_byte(out, c);
  }
  text(out, "\"");
}

static void value(ep_buffer *out, uint64_t number) {
  text(out, " ");
  ep_buffer_append_u64(out, number);
  text(out, "\n");
}

static void labelled(ep_buffer *out, const char *name, const char *label, const char *of,
                     uint64_t number) {
  text(out, name);
  text(out, "{");
  text(out, label);
  text(out, "=");
  label_value(out, (ep_bytes){(const uint8_t *)of, strlen(of)});
  text(out, "}");
  value(out, number);
}

static void single(ep_buffer *out, const char *name, const char *type, const char *help,
                   uint64_t number) {
  family(out, name, type, help);
  text(out, name);
  value(out, number);
}

/* ---- Counters -------------------------------------------------------------------------------- */

static const char *const counter_helps[] = {
#define COUNTER_HELP(name, word, meaning) meaning,
    EP_COUNTERS(COUNTER_HELP)
#undef COUNTER_HELP
};

/* refused-auth: epigeon_refused_auth_total. */
static void counter_name(char out[NAME_LEN], const char *word) {
  (void)snprintf(out, NAME_LEN, "epigeon_%s_total", word);
  for (char *c = out; *c != '\0'; c++) {
    if (*c == '-') *c = '_';
  }
}

static void write_counters(ep_buffer *out, const ep_server *core) {
  const char *names[NAMES_MOST];
  uint64_t values[NAMES_MOST];
  size_t count = ep_server_counters(core, names, values, NAMES_MOST);
  _Static_assert((int)EP_COUNTER_COUNT < (int)NAMES_MOST, "there is a place for each counter");
  EP_ASSERT(count == EP_COUNTER_COUNT);
  for (size_t i = 0; i < count; i++) {
    char name[NAME_LEN];
    counter_name(name, names[i]);
    single(out, name, "counter", counter_helps[i], values[i]);
  }
}

static void write_errors(ep_buffer *out, const ep_server *core) {
  static const char name[] = "epigeon_errors_total";
  const char *codes[NAMES_MOST];
  uint64_t values[NAMES_MOST];
  family(out, name, "counter",
         "Requests refused, by error code; EP/1 peers count too, though they are told nothing");
  size_t count = ep_server_refusals(core, codes, values, NAMES_MOST);
  for (size_t i = 0; i < count; i++) labelled(out, name, "code", codes[i], values[i]);
}

static void write_limits(ep_buffer *out, const ep_server *core) {
  static const char name[] = "epigeon_limit_reached_total";
  const char *limits[NAMES_MOST];
  uint64_t values[NAMES_MOST];
  family(out, name, "counter", "Times a limit of chapter 14 was reached");
  size_t count = ep_server_limits(core, limits, values, NAMES_MOST);
  for (size_t i = 0; i < count; i++) labelled(out, name, "limit", limits[i], values[i]);
}

static void write_own_counters(ep_buffer *out, const ep_service *service, uint64_t left_out) {
  ep_service_counts counts = ep_service_counted(service);
  single(out, "epigeon_crowded_total", "counter",
         "connections refused because their address had too many", counts.crowded);
  single(out, "epigeon_put_off_total", "counter",
         "times that reading a connection that is new or holds much was put off", counts.put_off);
  single(out, "epigeon_refused_tls_total", "counter",
         "connections that TLS refused, or that spoke it where it is not asked for",
         counts.refused_tls);
  single(out, "epigeon_received_bytes_total", "counter", "bytes read from clients",
         counts.received_bytes);
  single(out, "epigeon_sent_bytes_total", "counter", "bytes written to clients", counts.sent_bytes);
  single(out, "epigeon_store_refused_total", "counter",
         "batches that the store did not take when they were offered, as when the disk is full",
         counts.store_refused);
  single(out, "epigeon_store_waits", "gauge",
         "1 while everybody waits for the store to take a batch", counts.store_waits);
  single(out, "epigeon_log_left_out_total", "counter", "log lines left out by the log's rate",
         left_out);
}

/* ---- Gauges ---------------------------------------------------------------------------------- */

static void write_connections(ep_buffer *out, const ep_server_view *view) {
  static const char conns[] = "epigeon_connections", clients[] = "epigeon_clients";
  family(out, conns, "gauge", "open connections");
  labelled(out, conns, "state", "new", view->connections_new);
  labelled(out, conns, "state", "v1", view->connections_v1);
  labelled(out, conns, "state", "v2", view->connections_v2);
  labelled(out, conns, "state", "closing", view->connections_closing);
  family(out, clients, "gauge", "known clients");
  labelled(out, clients, "state", "connected", view->clients_connected);
  labelled(out, clients, "state", "away", view->clients - view->clients_connected);
}

static void write_queues(ep_buffer *out, const ep_server_view *view) {
  const struct {
    const char *name, *help;
    uint64_t value;
  } gauges[] = {
      {"epigeon_mailbox_messages", "messages in mailboxes, unconfirmed by their recipients",
       view->mailbox_messages},
      {"epigeon_mailbox_bytes", "the same in bytes, as the limit counts them", view->mailbox_bytes},
      {"epigeon_notices", "receipts and refusals in mailboxes", view->notices},
      {"epigeon_parked_messages", "messages that nobody matches", view->parked_messages},
      {"epigeon_parked_bytes", "the same in bytes", view->parked_bytes},
      {"epigeon_held_items", "items that wait for a gap to close", view->held_items},
      {"epigeon_held_bytes", "the same in bytes", view->held_bytes},
      {"epigeon_waiting_senders", "clients whose up stream waits for room", view->waiting_senders},
      {"epigeon_output_bytes", "bytes waiting to be written to connections", view->output_bytes},
      {"epigeon_memory_bytes", "memory that the core holds", view->memory_used},
      {"epigeon_memory_peak_bytes", "the most that it held", view->memory_peak},
      {"epigeon_memory_limit_bytes", "the ceiling of it; 0: none", view->memory_most},
  };
  for (size_t i = 0; i < sizeof gauges / sizeof *gauges; i++)
    single(out, gauges[i].name, "gauge", gauges[i].help, gauges[i].value);
  single(out, "epigeon_memory_refused_total", "counter", "blocks of memory refused by the ceiling",
         view->memory_refused);
}

static void write_fullest(ep_buffer *out, const ep_server_mailbox *fullest, size_t count) {
  static const char name[] = "epigeon_client_mailbox_items";
  family(out, name, "gauge", "items waiting for one client: the ten fullest mailboxes");
  for (size_t i = 0; i < count; i++) {
    text(out, name);
    text(out, "{client=");
    label_value(out, fullest[i].client_id);
    text(out, fullest[i].connected ? ",state=\"connected\"}" : ",state=\"away\"}");
    value(out, fullest[i].messages);
  }
}

/* ---- The process ----------------------------------------------------------------------------- */

static uint64_t resident_bytes(void) {
  unsigned long pages = 0;
  FILE *file = fopen("/proc/self/statm", "re");
  if (file == NULL) return 0;
  if (fscanf(file, "%*u %lu", &pages) != 1) pages = 0;
  (void)fclose(file);
  return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void write_process(ep_buffer *out) {
  struct rusage used;
  char number[64];
  int code = getrusage(RUSAGE_SELF, &used);
  EP_ASSERT(code == 0);
  long seconds = used.ru_utime.tv_sec + used.ru_stime.tv_sec;
  long micros = used.ru_utime.tv_usec + used.ru_stime.tv_usec;
  (void)snprintf(number, sizeof number, "process_cpu_seconds_total %ld.%06ld\n",
                 seconds + micros / 1000000, micros % 1000000);
  family(out, "process_cpu_seconds_total", "counter", "user and system time");
  text(out, number);
  single(out, "process_resident_memory_bytes", "gauge", "resident memory", resident_bytes());
  family(out, "epigeon_build_info", "gauge", "the version that runs");
  labelled(out, "epigeon_build_info", "version", EP_VERSION, 1);
}

void ep_metrics_write(ep_buffer *out, ep_service *service, uint64_t log_left_out) {
  const ep_server *core = ep_service_core(service);
  ep_server_view view;
  ep_server_mailbox fullest[FULLEST];
  size_t count = ep_server_look(core, &view, fullest, FULLEST);
  write_process(out);
  write_connections(out, &view);
  write_queues(out, &view);
  write_fullest(out, fullest, count);
  write_counters(out, core);
  write_errors(out, core);
  write_limits(out, core);
  write_own_counters(out, service, log_left_out);
}
