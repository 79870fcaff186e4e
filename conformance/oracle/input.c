/* Read first: input.h. */
#include "oracle/input.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "oracle/pcap.h"

struct input {
  FILE *file;
  bool is_capture;
  uint16_t port;
  trace_reader *trace;
  pcap_reader *pcap;
  char trouble[512], why[256];
};

/* Copies what can be read only once. NULL: it could not. */
static FILE *spool(FILE *from) {
  static char chunk[1 << 16];
  FILE *out = tmpfile();
  if (out == NULL) return NULL;
  size_t got = 0;
  while ((got = fread(chunk, 1, sizeof chunk, from)) > 0) {
    if (fwrite(chunk, 1, got, out) != got) break;
  }
  if (!ferror(from) && fflush(out) == 0 && !ferror(out)) return out;
  (void)fclose(out);
  return NULL;
}

static FILE *open_file(const char *path) {
  if (strcmp(path, "-") == 0) return spool(stdin);
  FILE *file = fopen(path, "rb");
  if (file == NULL || fseek(file, 0, SEEK_END) == 0) return file;
  FILE *copy = spool(file); /* a pipe */
  (void)fclose(file);
  return copy;
}

/* A FILE of its own for a reader that closes it; `file` itself is not read any more. */
static FILE *again(FILE *file) {
  int copy = dup(fileno(file));
  return copy >= 0 && lseek(copy, 0, SEEK_SET) == 0 ? fdopen(copy, "rb") : NULL;
}

bool input_rewind(input *in) {
  trace_reader_free(in->trace);
  pcap_reader_free(in->pcap);
  in->trace = NULL;
  in->pcap = NULL;
  (void)snprintf(in->trouble, sizeof in->trouble, "There is not enough memory.");
  if (!in->is_capture) {
    rewind(in->file);
    in->trace = trace_reader_new(in->file);
    return in->trace != NULL;
  }
  FILE *file = again(in->file);
  if (file != NULL) in->pcap = pcap_reader_new(file, in->port, in->trouble, sizeof in->trouble);
  return in->pcap != NULL;
}

input *input_open(const char *path, uint16_t port, char *trouble, size_t trouble_room) {
  (void)snprintf(trouble, trouble_room, "There is not enough memory.");
  input *out = calloc(1, sizeof *out);
  if (out == NULL) return NULL;
  out->port = port;
  out->file = open_file(path);
  char magic[4] = "";
  if (out->file == NULL) {
    (void)snprintf(trouble, trouble_room, "It cannot be read: %s.", strerror(errno));
    free(out);
    return NULL;
  }
  rewind(out->file);
  size_t len = fread(magic, 1, sizeof magic, out->file);
  out->is_capture = pcap_is_capture(magic, len);
  if (ferror(out->file)) {
    (void)snprintf(trouble, trouble_room, "It cannot be read: %s.", strerror(errno));
  } else if (!input_rewind(out)) {
    (void)snprintf(trouble, trouble_room, "%s", out->trouble);
  } else {
    return out;
  }
  input_close(out);
  return NULL;
}

void input_close(input *in) {
  if (in == NULL) return;
  trace_reader_free(in->trace);
  pcap_reader_free(in->pcap);
  (void)fclose(in->file);
  free(in);
}

int input_read(input *in, trace_event *out) {
  return in->is_capture ? pcap_read(in->pcap, out) : trace_read(in->trace, out);
}

const char *input_trouble(const input *in) {
  return in->is_capture ? pcap_trouble(in->pcap) : trace_reader_trouble(in->trace);
}

uint64_t input_incomplete(input *in, const char **why) {
  const char *said = "";
  uint64_t from = in->is_capture ? pcap_incomplete(in->pcap, &said) : 0;
  (void)snprintf(in->why, sizeof in->why, "%s", said);
  *why = in->why;
  return from;
}

const char *input_unit(const input *in) { return in->is_capture ? "packet" : "line"; }
