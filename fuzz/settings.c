/* Support of the harness config.c. See settings.h. */
#include "settings.h"

#include "fuzz.h"

/* The linker gives every call of fopen to the first of these (fuzz.mk). */
FILE *__wrap_fopen(const char *path, const char *mode);
FILE *__real_fopen(const char *path, const char *mode);

static const char *placed;
static size_t placed_len;

void settings_place(const char *content, size_t len) {
  placed = content;
  placed_len = len;
}

FILE *__wrap_fopen(const char *path, const char *mode) {
  if (strcmp(path, SETTINGS_FILE) != 0) return __real_fopen(path, mode);
  return fmemopen((void *)(uintptr_t)placed, placed_len, "r");
}

static void write_setting(FILE *out, const ep_option *option) {
  const ep_option_list *list = option->value;
  const char *unit = option->kind == EP_OPTION_DURATION ? "ms" : "";
  if (option->kind == EP_OPTION_COMMAND) return;
  if (option->kind == EP_OPTION_FLAG) {
    fprintf(out, "%s = %s\n", option->name, *(const bool *)option->value ? "yes" : "no");
  } else if (option->kind == EP_OPTION_LIST) {
    for (size_t i = 0; i < list->count; i++) fprintf(out, "%s=%s\n", option->name, list->items[i]);
  } else if (option->kind == EP_OPTION_TEXT) {
    const char *text = *(const char *const *)option->value;
    if (text != NULL) fprintf(out, "%s=%s\n", option->name, text);
  } else if (*(const uint64_t *)option->value != 0) { /* 0: nothing was said */
    unsigned long long number = *(const uint64_t *)option->value;
    fprintf(out, "\t%s =%llu%s \r\n#\n", option->name, number, unit);
  }
}

char *settings_write(const ep_options *options, size_t *len) {
  char *text = NULL;
  FILE *out = open_memstream(&text, len);
  for (size_t i = 0; i < options->count; i++) write_setting(out, &options->table[i]);
  (void)fclose(out);
  return text;
}
