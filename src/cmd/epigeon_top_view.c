/* Floor 6, programs. The page of `epigeon top`: one line after the other, cut to the width.
 * Read first: cmd/epigeon_top.h. */
#include <stdarg.h>
#include <string.h>

#include "cmd/epigeon_top.h"

enum { LINE_LEN = 512 };

typedef struct view {
  FILE *out;
  const top_page *page, *older;
  top_size size;
  unsigned rows;
} view;

__attribute__((format(printf, 2, 3))) static void line(view *v, const char *format, ...) {
  char text[LINE_LEN];
  if (v->size.rows != 0 && v->rows + 1 >= v->size.rows) return;
  v->rows++;
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  if (v->size.columns != 0 && strlen(text) > v->size.columns) text[v->size.columns] = '\0';
  (void)fprintf(v->out, "%s%s\n", text, v->size.rows != 0 ? "\x1b[K" : "");
}

static double of(const view *v, const char *key) { return top_value(v->page, key); }

/* Per second since the older page; below 0: there is none. */
static double rate(const view *v, const char *key) {
  if (v->older == NULL || v->page->at_s <= v->older->at_s) return -1;
  double more = top_value(v->page, key) - top_value(v->older, key);
  return more < 0 ? 0 : more / (v->page->at_s - v->older->at_s); /* the server began anew */
}

/* 1234567 as 1.23M, 12 as 12. */
static const char *number(char out[16], double value) {
  static const char units[] = " kMGT";
  unsigned unit = 0;
  for (; value >= 10000 && unit < 4; unit++) value /= 1000;
  (void)snprintf(out, 16, unit == 0 ? "%.0f" : "%.1f%c", value, units[unit]);
  return out;
}

static const char *bytes(char out[16], double value) {
  static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  unsigned unit = 0;
  for (; value >= 1024 && unit < 4; unit++) value /= 1024;
  (void)snprintf(out, 16, value < 10 && unit > 0 ? "%.1f %s" : "%.0f %s", value, units[unit]);
  return out;
}

static const char *rate_text(char out[16], double value) {
  if (value < 0)
    (void)snprintf(out, 16, "-");
  else
    number(out, value);
  return out;
}

/* ---- Parts of the page ----------------------------------------------------------------------- */

static void put_head(view *v, const char *address) {
  char used[16], most[16], resident[16], cpu[16] = "-";
  double busy = rate(v, "process_cpu_seconds_total");
  if (busy >= 0) (void)snprintf(cpu, sizeof cpu, "%.0f %%", busy * 100);
  line(v, "e-pigeon at %s   CPU %s   memory %s of %s, resident %s", address, cpu,
       bytes(used, of(v, "epigeon_memory_bytes")), bytes(most, of(v, "epigeon_memory_limit_bytes")),
       bytes(resident, of(v, "process_resident_memory_bytes")));
  line(v, "clients      %.0f connected, %.0f away", of(v, "epigeon_clients{state=\"connected\"}"),
       of(v, "epigeon_clients{state=\"away\"}"));
  line(v, "connections  %.0f EP/2, %.0f EP/1, %.0f new, %.0f closing",
       of(v, "epigeon_connections{state=\"v2\"}"), of(v, "epigeon_connections{state=\"v1\"}"),
       of(v, "epigeon_connections{state=\"new\"}"),
       of(v, "epigeon_connections{state=\"closing\"}"));
}

static void put_queues(view *v) {
  char a[16], b[16];
  line(v, "%s", "");
  line(v, "queues");
  line(v, "  mailboxes  %10s messages  %10s", number(a, of(v, "epigeon_mailbox_messages")),
       bytes(b, of(v, "epigeon_mailbox_bytes")));
  line(v, "  parked     %10s messages  %10s", number(a, of(v, "epigeon_parked_messages")),
       bytes(b, of(v, "epigeon_parked_bytes")));
  line(v, "  held       %10s items     %10s", number(a, of(v, "epigeon_held_items")),
       bytes(b, of(v, "epigeon_held_bytes")));
  line(v, "  notices    %10s items", number(a, of(v, "epigeon_notices")));
  line(v, "  output     %10s %-9s %10s", "", "", bytes(a, of(v, "epigeon_output_bytes")));
  line(v, "  waiting    %10s senders", number(a, of(v, "epigeon_waiting_senders")));
}

static void put_rate(view *v, const char *name, const char *key) {
  char a[16], b[16];
  line(v, "  %-22s %10s %12s", name, rate_text(a, rate(v, key)), number(b, of(v, key)));
}

static void put_rates(view *v) {
  static const char *const rows[][2] = {
      {"accepted", "epigeon_accepted_total"},       {"routed", "epigeon_routed_total"},
      {"confirmed", "epigeon_confirmed_total"},     {"receipts", "epigeon_receipts_total"},
      {"joined", "epigeon_joined_total"},           {"bytes read", "epigeon_received_bytes_total"},
      {"bytes written", "epigeon_sent_bytes_total"}};
  line(v, "%s", "");
  line(v, "%-24s %10s %12s", "flow", "a second", "in all");
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) put_rate(v, rows[i][0], rows[i][1]);
}

/* Of a family with one label: those that are not 0. `epigeon_errors_total{code="bad-to"}`: bad-to
 */
static void put_family(view *v, const char *title, const char *family) {
  bool any = false;
  for (size_t i = 0; i < v->page->count; i++) {
    const top_sample *sample = &v->page->samples[i];
    const char *quote = strchr(sample->key, '"');
    if (strncmp(sample->key, family, strlen(family)) != 0 || quote == NULL) continue;
    if (sample->value == 0) continue;
    char name[32];
    (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(quote + 1, "\""), quote + 1);
    if (!any) line(v, "%s", "");
    if (!any) line(v, "%-24s %10s %12s", title, "a second", "in all");
    any = true;
    put_rate(v, name, sample->key);
  }
}

static void put_fullest(view *v) {
  static const char family[] = "epigeon_client_mailbox_items{client=\"";
  bool any = false;
  for (size_t i = 0; i < v->page->count; i++) {
    const char *key = v->page->samples[i].key;
    const char *end = strstr(key, "\",state=\"");
    if (strncmp(key, family, sizeof family - 1) != 0 || end == NULL) continue;
    char number_text[16];
    const char *id = key + sizeof family - 1, *state = end + strlen("\",state=\"");
    if (!any) line(v, "%s", "");
    if (!any) line(v, "fullest mailboxes");
    any = true;
    line(v, "  %10s  %-9.*s  %.*s", number(number_text, v->page->samples[i].value),
         (int)strcspn(state, "\""), state, (int)(end - id), id);
  }
}

void top_view(FILE *out, const char *address, const top_page *page, const top_page *older,
              top_size size) {
  view v = {.out = out, .page = page, .older = older, .size = size};
  put_head(&v, address);
  put_rates(&v);
  put_queues(&v);
  put_fullest(&v);
  put_family(&v, "refused", "epigeon_errors_total{");
  put_family(&v, "limits reached", "epigeon_limit_reached_total{");
}
