/* What the proxy makes of what it sees: a line of the trace, and a judgement.
 * Read first: proxy.h, judge.h, tape.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "oracle/commands.h"
#include "oracle/judge.h"
#include "oracle/proxy.h"
#include "oracle/report.h"
#include "oracle/story.h"
#include "oracle/tape.h"

enum {
  TAPE_LEN = 16 << 20, /* what a diagram can look back to */
  PIECE_MOST = 4096    /* what a killed program writes whole or not at all */
};

struct tap {
  judge *judge;
  tape *tape;
  uint64_t line;
  bool is_told, is_broken;
  const char *file; /* of the trace; NULL: none */
  int fd;
  FILE *lines; /* of this turn of the loop, in memory */
  char *text;
  size_t text_len;
};

struct tap *tap_open(const char *file, char *why, size_t why_len) {
  struct tap *tap = proxy_memory(NULL, sizeof *tap);
  *tap = (struct tap){.judge = judge_new(), .tape = tape_new(TAPE_LEN), .file = file, .fd = -1};
  tap->lines = open_memstream(&tap->text, &tap->text_len);
  if (!tap->judge || !tap->tape || !tap->lines) proxy_no_memory();
  if (!file) return tap;
  tap->fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (tap->fd >= 0) return tap;
  snprintf(why, why_len, "%.200s cannot be written: %s.", file, strerror(errno));
  tap_close(tap);
  return NULL;
}

void tap_close(struct tap *tap) {
  if (!tap) return;
  if (tap->fd >= 0) close(tap->fd);
  fclose(tap->lines);
  free(tap->text);
  tape_free(tap->tape);
  judge_free(tap->judge);
  free(tap);
}

/* ---- The trace ---- */

/* How much of the lines is written at once: whole lines, few enough that a program that is killed
 * does not leave half of one. */
static size_t piece_of(const char *lines, size_t len) {
  if (len <= PIECE_MOST) return len;
  for (size_t at = PIECE_MOST; at > 0; at--)
    if (lines[at - 1] == '\n') return at;
  const char *end = memchr(lines, '\n', len);
  return end ? (size_t)(end - lines) + 1 : len;
}

static bool write_all(int fd, const char *bytes, size_t len) {
  while (len > 0) {
    ssize_t written = write(fd, bytes, len);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes += written;
    len -= (size_t)written;
  }
  return true;
}

bool tap_flush(struct tap *tap) {
  if (tap->is_broken) return false;
  if (tap->fd < 0 || fflush(tap->lines) || tap->text_len == 0) return true;
  for (size_t at = 0, piece; at < tap->text_len; at += piece) {
    piece = piece_of(tap->text + at, tap->text_len - at);
    if (write_all(tap->fd, tap->text + at, piece)) continue;
    fprintf(stderr, "epigeon-oracle proxy: %s cannot be written: %s.\n", tap->file,
            strerror(errno));
    tap->is_broken = true;
    return false;
  }
  rewind(tap->lines);
  return true;
}

/* ---- The judgement ---- */

bool tap_has_found(const struct tap *tap) { return judge_found(tap->judge) != NULL; }

static report report_of(const struct tap *tap, judge_verdict verdict, const story *told) {
  return (report){.file = "proxy",
                  .verdict = verdict,
                  .finding = judge_found(tap->judge),
                  .story = told,
                  .frames = judge_frames(tap->judge),
                  .messages = judge_messages(tap->judge)};
}

/* At once, with what led there; the proxy goes on. */
static void tell_finding(struct tap *tap) {
  tap->is_told = true;
  story *told = story_new(judge_found(tap->judge));
  if (!told) proxy_no_memory();
  tape_tell(tap->tape, told);
  report found = report_of(tap, JUDGE_REJECTED, told);
  report_text(stdout, &found, true);
  fflush(stdout);
  story_free(told);
}

void tap_event(struct tap *tap, trace_event *event, uint64_t t_ms) {
  event->t_ms = t_ms;
  event->line = ++tap->line;
  if (tap->fd >= 0 && !trace_write(tap->lines, event)) proxy_no_memory();
  tape_add(tap->tape, event);
  if (!judge_event(tap->judge, event) && !tap->is_told) tell_finding(tap);
}

int tap_end(struct tap *tap, uint64_t t_ms) {
  trace_event event = {.kind = TRACE_NOTE, .note = span_of("the proxy ends")};
  tap_event(tap, &event, t_ms);
  bool is_whole = tap_flush(tap);
  judge_verdict verdict = judge_end(tap->judge, t_ms);
  report end = report_of(tap, verdict, NULL);
  if (tap->is_told) end.finding = NULL; /* in all its length */
  report_text(stdout, &end, false);
  fflush(stdout);
  if (!is_whole) return EXIT_USAGE;
  static const int codes[] = {[JUDGE_ACCEPTED] = EXIT_ACCEPTED,
                              [JUDGE_REJECTED] = EXIT_REJECTED,
                              [JUDGE_INCONCLUSIVE] = EXIT_INCONCLUSIVE};
  return codes[verdict];
}
