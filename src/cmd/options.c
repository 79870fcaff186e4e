/* Floor 6, programs. Options: reading the command line and the file, and the help.
 * Read first: cmd/options.h. */
#define _GNU_SOURCE 1
#include "cmd/options.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "wire/message.h"

enum { FROM_DEFAULT, FROM_FILE, FROM_COMMAND_LINE, LINE_LEN = 4096 };

enum {
  CREDENTIAL_ROOM = EP_LIMIT_CREDENTIAL + 1, /* a byte too many, or a carriage return */
  SAFE_LEN = 22                              /* 128 bits, at 6 of base64 in a character */
};

__attribute__((format(printf, 2, 3))) static bool refuse(ep_options *options, const char *format,
                                                         ...) {
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(options->message, sizeof options->message, format, arguments);
  va_end(arguments);
  return false;
}

/* ---- Values ---------------------------------------------------------------------------------- */

typedef struct unit {
  const char *name;
  uint64_t factor;
} unit;

static const unit counts[] = {{"", 1}, {NULL, 0}};
static const unit sizes[] = {{"", 1},          {"K", 1 << 10}, {"KiB", 1 << 10}, {"M", 1 << 20},
                             {"MiB", 1 << 20}, {"G", 1 << 30}, {"GiB", 1 << 30}, {NULL, 0}};
static const unit durations[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {NULL, 0}};

/* A number of at least 1 with one of the units behind it. */
static bool number_read(uint64_t *out, const char *text, const unit *units) {
  if (*text < '0' || *text > '9') return false;
  char *end = NULL;
  errno = 0;
  unsigned long long number = strtoull(text, &end, 10);
  if (errno != 0 || number == 0) return false;
  for (; units->name != NULL; units++) {
    if (strcmp(units->name, end) != 0) continue;
    *out = (uint64_t)number * units->factor;
    return *out / units->factor == number;
  }
  return false;
}

bool ep_options_number(uint64_t *out, const char *text) { return number_read(out, text, counts); }

bool ep_options_size(uint64_t *out, const char *text) { return number_read(out, text, sizes); }

static bool list_add(ep_option_list *list, const char *text, int source) {
  if (list->source != source) list->count = 0; /* what was given replaces what was not */
  list->source = source;
  const char **items = realloc(list->items, (list->count + 1) * sizeof *items);
  if (items == NULL) return false;
  list->items = items;
  list->items[list->count++] = text;
  return true;
}

bool ep_options_list_add(ep_option_list *list, const char *text) {
  return list_add(list, text, list->source);
}

static bool flag_read(bool *out, const char *text) {
  if (text == NULL || strcmp(text, "yes") == 0 || strcmp(text, "true") == 0) {
    *out = true;
    return true;
  }
  *out = false;
  return strcmp(text, "no") == 0 || strcmp(text, "false") == 0;
}

static bool value_set(ep_options *options, const ep_option *option, const char *text, int source) {
  bool good = false;
  const char *form = "yes or no";
  switch (option->kind) {
    case EP_OPTION_COMMAND:
    case EP_OPTION_FLAG: good = flag_read(option->value, text); break;
    case EP_OPTION_TEXT: *(const char **)option->value = text; return true;
    case EP_OPTION_LIST:
      if (list_add(option->value, text, source)) return true;
      return refuse(options, "There is not enough memory.");
    case EP_OPTION_NUMBER:
      form = "a number of at least 1";
      good = number_read(option->value, text, counts);
      break;
    case EP_OPTION_SIZE:
      form = "a number of bytes, as 1000, 64KiB or 32MiB";
      good = number_read(option->value, text, sizes);
      break;
    case EP_OPTION_DURATION:
      form = "a time with its unit, as 500ms, 10s or 2m";
      good = number_read(option->value, text, durations);
      break;
  }
  return good ||
         refuse(options, "The value of %s must be %s, not \"%s\".", option->name, form, text);
}

static const ep_option *option_find(const ep_options *options, const char *name, size_t len) {
  for (size_t i = 0; i < options->count; i++) {
    const ep_option *option = &options->table[i];
    if (strlen(option->name) == len && memcmp(option->name, name, len) == 0) return option;
  }
  return NULL;
}

/* ---- The file -------------------------------------------------------------------------------- */

static char *text_keep(ep_options *options, const char *text) {
  char **kept = realloc(options->kept, (options->kept_count + 1) * sizeof *kept);
  if (kept == NULL) return NULL;
  options->kept = kept;
  char *copy = strdup(text);
  if (copy != NULL) kept[options->kept_count++] = copy;
  return copy;
}

static char *trim(char *text) {
  while (*text == ' ' || *text == '\t') text++;
  size_t len = strlen(text);
  while (len > 0 && strchr(" \t\r\n", text[len - 1]) != NULL) len--;
  text[len] = '\0';
  return text;
}

static bool line_read(ep_options *options, const char *path, unsigned number, char *line) {
  line = trim(line);
  if (*line == '\0' || *line == '#') return true;
  char *equals = strchr(line, '=');
  if (equals == NULL) return refuse(options, "%s:%u: this is not NAME = VALUE.", path, number);
  *equals = '\0';
  const char *name = trim(line);
  const ep_option *option = option_find(options, name, strlen(name));
  if (option == NULL || option->kind == EP_OPTION_COMMAND) {
    return refuse(options, "%s:%u: there is no setting %s.", path, number, name);
  }
  const char *value = text_keep(options, trim(equals + 1));
  if (value == NULL) return refuse(options, "There is not enough memory.");
  if (value_set(options, option, value, FROM_FILE)) return true;
  char why[sizeof options->message];
  memcpy(why, options->message, sizeof why);
  return refuse(options, "%.200s:%u: %.250s", path, number, why);
}

static bool file_read(ep_options *options, const char *path) {
  FILE *file = fopen(path, "re");
  if (file == NULL)
    return refuse(options, "The file %s cannot be read: %s.", path, strerror(errno));
  char line[LINE_LEN];
  bool good = true;
  for (unsigned number = 1; good && fgets(line, sizeof line, file) != NULL; number++) {
    good = line_read(options, path, number, line);
  }
  if (good && ferror(file))
    good = refuse(options, "The file %s cannot be read: it breaks off.", path);
  (void)fclose(file);
  return good;
}

/* ---- The command line ------------------------------------------------------------------------ */

/* Takes one argument, or two, at *at. --config is only noted the first time, when `apply` is
 * false. */
static bool argument_read(ep_options *options, int argc, char **argv, int *at, bool apply) {
  const char *text = argv[(*at)++];
  if (strncmp(text, "--", 2) != 0 || text[2] == '\0') {
    return refuse(options, "What is \"%s\"? Options begin with --; see --help.", text);
  }
  const char *name = text + 2;
  const char *value = strchr(name, '=');
  size_t len = value != NULL ? (size_t)(value - name) : strlen(name);
  bool is_config = len == strlen("config") && memcmp(name, "config", len) == 0;
  const ep_option *option = option_find(options, name, len);
  if (option == NULL && !is_config)
    return refuse(options, "There is no option %s; see --help.", text);
  bool is_flag =
      !is_config && (option->kind == EP_OPTION_FLAG || option->kind == EP_OPTION_COMMAND);
  if (value != NULL) {
    value++;
  } else if (!is_flag) {
    if (*at == argc) return refuse(options, "The option %s needs a value; see --help.", text);
    value = argv[(*at)++];
  }
  if (is_config) {
    options->config = value;
    return true;
  }
  return !apply || value_set(options, option, value, FROM_COMMAND_LINE);
}

static bool arguments_read(ep_options *options, int argc, char **argv, bool apply) {
  for (int at = 1; at < argc;) {
    if (!argument_read(options, argc, argv, &at, apply)) return false;
  }
  return true;
}

bool ep_options_read(ep_options *options, int argc, char **argv) {
  EP_ASSERT(options->table != NULL && argc >= 1);
  if (!arguments_read(options, argc, argv, false)) return false;
  if (options->config != NULL && !file_read(options, options->config)) return false;
  return arguments_read(options, argc, argv, true);
}

void ep_options_free(ep_options *options) {
  for (size_t i = 0; i < options->kept_count; i++) free(options->kept[i]);
  free(options->kept);
  options->kept = NULL;
  options->kept_count = 0;
  for (size_t i = 0; i < options->count; i++) {
    if (options->table[i].kind != EP_OPTION_LIST) continue;
    ep_option_list *list = options->table[i].value;
    free(list->items);
    *list = (ep_option_list){.items = NULL};
  }
}

/* ---- Help ------------------------------------------------------------------------------------ */

void ep_options_help(const ep_options *options, FILE *out) {
  for (size_t i = 0; i < options->count; i++) {
    const ep_option *option = &options->table[i];
    char left[64];
    (void)snprintf(left, sizeof left, "--%s%s%s", option->name, option->word != NULL ? " " : "",
                   option->word != NULL ? option->word : "");
    (void)fprintf(out, "  %-24s %s", left, option->help);
    if (option->usual != NULL) (void)fprintf(out, " (%s)", option->usual);
    (void)fputc('\n', out);
  }
}

/* ---- Credentials ----------------------------------------------------------------------------- */

__attribute__((format(printf, 4, 5))) static ep_status told(ep_status status, char *message,
                                                            size_t message_len, const char *format,
                                                            ...) {
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(message, message_len, format, arguments);
  va_end(arguments);
  return status;
}

/* As much of the first line as a credential can be, and a little more; without its end. */
static size_t first_line(char line[CREDENTIAL_ROOM], const char *path) {
  FILE *file = fopen(path, "re");
  size_t len = 0;
  int c;
  if (file == NULL) return 0;
  while (len < CREDENTIAL_ROOM && (c = getc(file)) != EOF && c != '\n') line[len++] = (char)c;
  (void)fclose(file);
  return len > 0 && line[len - 1] == '\r' ? len - 1 : len;
}

ep_status ep_options_credential(char **out, const char *path, const char *what, char *message,
                                size_t message_len) {
  char line[CREDENTIAL_ROOM];
  size_t len = first_line(line, path);
  if (len == 0)
    return told(EP_SYSTEM, message, message_len,
                "The file %s cannot be read, or its first line is empty.", path);
  if (!ep_is_printable((ep_bytes){(const uint8_t *)line, len}, EP_LIMIT_CREDENTIAL))
    return told(EP_INVALID_ARGUMENT, message, message_len,
                "The %s, the first line of %s, must be 1 to %u characters of printable ASCII.",
                what, path, EP_LIMIT_CREDENTIAL);
  *out = strndup(line, len);
  if (*out == NULL) return told(EP_NO_MEMORY, message, message_len, "There is not enough memory.");
  message[0] = '\0';
  if (len >= SAFE_LEN) return EP_OK;
  return told(EP_OK, message, message_len,
              "The %s has %zu character%s; %u random ones or more cannot be guessed: openssl rand "
              "-base64 24 >FILE",
              what, len, len == 1 ? "" : "s", (unsigned)SAFE_LEN);
}
